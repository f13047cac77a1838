//! Whether what a call acquired is released, handed on, or left: the claim about it.

use super::acquired::{self, Acquired, release_names};
use super::handover::{escape_phrase, handed_abroad, handovers, shared_place};
use super::paths::{gap, is_using, lost_race};
use crate::claim::{AcquireClaim, Gap, Note};
use crate::finding::Role;
use crate::owned::held;
use crate::returned::undo;
use crate::rule::{Claims, FileView};
use crate::slot::{self, Held};
use crate::{ending, mend, observed};
use outlive_semantic::access::{self, Access, Usage};
use outlive_semantic::handle::{self, Escape, Handle, Release, ReleasePatterns};
use outlive_semantic::index::{FuncId, NameId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tree::Kind;
use outlive_semantic::{calls, guard};

/// The claim about one acquired thing; none if it is surely given back or handed to somebody who may do so.
pub(crate) fn claim(
    file: &FileView<'_, '_>,
    acquired: Acquired<'_>,
    claims: &mut Claims<'_>,
) -> Option<AcquireClaim> {
    let handle = file.follow(acquired.call);
    claim_handle(file, acquired, &handle, claims)
}

/// Whether what a call gives goes where somebody may release it, whatever is known of its releases: [`claim_held`] makes no
/// claim about it. That is told without looking for releases.
pub(crate) fn surely_leaves(model: &Model<'_>, call: NodeId, handle: &Handle) -> bool {
    let leaves = |escape: &Escape| match *escape {
        Escape::Returned(_) => true,
        Escape::Elsewhere(node) => model.file.tree.kind(node) != Kind::JsxAttribute,
        Escape::Argument { .. } => false,
    };
    handle.escapes.iter().any(leaves) && !slot::is_waited_for(model, call)
}

/// The claim about what is known to be at some places.
pub(crate) fn claim_handle(
    file: &FileView<'_, '_>,
    acquired: Acquired<'_>,
    handle: &Handle,
    claims: &mut Claims<'_>,
) -> Option<AcquireClaim> {
    let patterns = acquired.patterns;
    let claim = claim_held(file, acquired, handle, claims)?;
    Some(AcquireClaim { release: release_names(patterns), undo: acquired::undo(patterns), ..claim })
}

/// `source.subscribe(take).unsubscribe()`, `for await (const entry of await opendir(path))`
fn ends_at_once(model: &Model<'_>, call: NodeId, patterns: &ReleasePatterns) -> bool {
    let tree = &model.file.tree;
    let value = tree.parent(call).filter(|&parent| tree.kind(parent) == Kind::Await).unwrap_or(call);
    if patterns.iterated && matches!(access::usage(model.file, value), Usage::Iterated(_)) {
        return true;
    }
    let member = tree.parent(call).filter(|&parent| tree.kind(parent) == Kind::Member);
    let is_called = |member: NodeId| tree.parent(member).is_some_and(|at| tree.callee(at) == Some(member));
    let method = member.filter(|&member| is_called(member)).and_then(|member| tree.name(member));
    method.is_some_and(|method| patterns.is_method(method))
}

/// The same, where only the project knows how such a thing is given back: the names of its releases are left out.
pub(crate) fn claim_held(
    file: &FileView<'_, '_>,
    acquired: Acquired<'_>,
    handle: &Handle,
    claims: &mut Claims<'_>,
) -> Option<AcquireClaim> {
    let Acquired { meta, call, ref what, patterns } = acquired;
    let model = file.model;
    if let Some(reason) = kept_by_whom(file, call, handle, patterns) {
        return file.drop(meta, call, || reason.to_owned());
    }
    let releases = handle::releases(model, file.accesses, handle, patterns);
    if releases.is_empty() && patterns.only_if_sibling {
        return None;
    }
    let mut notes = Vec::new();
    let living: Vec<&Release> = releases
        .iter()
        .filter(|release| !ending::is_never(file, (release.func, release.node), "released", &mut notes))
        .collect();
    let held = Held::new(file, call, handle, &living, patterns);
    let mut handed = Vec::new();
    // What its own component ends is the component's: whoever else is told of it does not end it.
    if slot::kept_after_end(&held).is_none() {
        let (later, now) = handovers(file, meta, handle, &releases, &living, patterns);
        if let Some(escape) = now.first() {
            note_ended(file, call, &releases, what, claims);
            return file.drop_for(meta, call, escape.node(), escape_phrase(escape));
        }
        handed = later.iter().map(|(callee, index)| (claims.names.place(model, callee), *index)).collect();
    }
    let listed = if releases.is_empty() { lists_handed_on(file, handle, claims) } else { Vec::new() };
    let mut partial = None;
    if let Some(release) = living.first() {
        let Some(gap) = unreleased(&held) else {
            if patterns.only_if_sibling {
                return None;
            }
            note_released(file, &acquired, &living, claims);
            return file.drop_for(meta, call, release.node, "it is released");
        };
        notes.extend(only_releases(model, &living));
        partial = Some(gap);
    }
    let one_each = partial.as_ref().filter(|gap| gap.one_each).and_then(|_| held.owner());
    let shared = shared_place(model, handle);
    let shown = shared.or(handle.places.first()).map(|place| model.file.display(place)).unwrap_or_default();
    let class = ending::class_around(model, model.file.tree.func(call));
    let class = class.map(|class| (class, file.end_method(class).map(|(name, _)| name.to_owned())));
    let fixes = match (&partial, &*living) {
        (Some(_), [release]) => mend::finally(model, call, release.node).into_iter().collect(),
        _ => Vec::new(),
    };
    Some(AcquireClaim {
        handle: shared.map(|place| claims.names.place(model, place)),
        shown,
        target: None,
        release: Vec::new(),
        undo: None,
        in_loop: guard::enclosing_loop(model, call).is_some(),
        runs_out: false,
        rearms: patterns.rearms,
        ends_itself: patterns.ends_itself,
        is_refilled: handle.places.iter().any(|place| is_refilled(model, place)),
        once: guard::once_guard_of_method(model, call).map(|flag| claims.names.place(model, &flag)),
        may_be_released: is_released_in_entry(file, handle, patterns) || is_wrapped_for_caller(file, handle),
        is_one_for_each: false,
        partial,
        one_each,
        class,
        handed,
        listed,
        notes,
        fixes,
        what: acquired.what,
    })
}

/// The functions of other files that are handed a list on which it stands: `disposeAll(this.disposables)`.
fn lists_handed_on(file: &FileView<'_, '_>, handle: &Handle, claims: &mut Claims<'_>) -> Vec<(Place, u16)> {
    let model = file.model;
    let is_on_list = |place: &&Place| place.path.last() == Some(&Step::Element);
    let lists = handle.places.iter().filter(is_on_list).filter_map(Place::parent);
    let handed = lists.flat_map(|list| {
        let uses = file.accesses.of(&list).map(|access| access.usage);
        let handed = uses.filter_map(|usage| match usage {
            Usage::Argument { call, index } => handed_abroad(model, call, index),
            _ => None,
        });
        handed.collect::<Vec<_>>()
    });
    handed.map(|(callee, index)| (claims.names.place(model, &callee), index)).collect()
}

/// Why nobody needs to look for a release: the language gives it back, or others of the file do under another name.
fn kept_by_whom(
    file: &FileView<'_, '_>,
    call: NodeId,
    handle: &Handle,
    patterns: &ReleasePatterns,
) -> Option<&'static str> {
    if ends_at_once(file.model, call, patterns) {
        Some("it is released at once")
    } else if handle.places.iter().any(|place| is_using(file.model, place)) {
        Some("`using` releases it")
    } else if handle.places.iter().any(|place| calls::ends_field(file.model, place, &patterns.methods)) {
        Some("a decorator ends it")
    } else if is_released_by_name(file, handle, patterns) {
        Some("a field of that name is released in this file")
    } else if is_put_aside(file, call, handle) {
        Some("what was there before is put aside first")
    } else {
        None
    }
}

/// How many releases of one thing are shown: a class may have thousands.
const MAX_RELEASES: usize = 3;

/// Where it is released, as part of the path.
fn only_releases(model: &Model<'_>, living: &[&Release]) -> impl Iterator<Item = Note> {
    let message = match living.len() {
        0..=MAX_RELEASES => "the only release".to_owned(),
        count => format!("one of {count} releases"),
    };
    living.iter().take(MAX_RELEASES).map(move |release| {
        let span = model.file.tree.span(release.node);
        Note { role: Role::ReleasedHereOnly, message: message.clone(), span }
    })
}

/// `const old = agents.fetch; agents.fetch = new Agent(); …`: the function that fills the field has what was there under
/// another name, and does more with it than looking.
fn is_put_aside(file: &FileView<'_, '_>, call: NodeId, handle: &Handle) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    let func = tree.func(call);
    let is_field = |place: &&Place| !place.path.is_empty() && !place.path.contains(&Step::Element);
    let mut aliases =
        handle.places.iter().filter(is_field).flat_map(|place| {
            file.accesses.of(place).filter(|access| access.func == func && access.node < call)
        });
    aliases.any(|access| {
        let Usage::Aliased(_) = access.usage else { return false };
        let declarator = tree.ancestors(access.node).find(|&at| tree.kind(at) == Kind::Declarator);
        let binding = declarator.and_then(|at| tree.first(at)).and_then(|name| tree.binding(name));
        let Some(binding) = binding else { return false };
        // A name that gets one value may stand for the field itself.
        let alias = Place::root(Root::Binding(binding));
        let by_name = file.accesses.of(&alias);
        let by_field =
            file.accesses.of(&access.place).filter(|used| model.file.binding_of(used.node) == Some(binding));
        by_name.chain(by_field).any(|used| {
            matches!(
                used.usage,
                Usage::Method { .. } | Usage::Argument { .. } | Usage::Stored(_) | Usage::Returned(_)
            )
        })
    })
}

/// Whether a place may hold one thing after another: a field, a variable that is assigned again.
fn is_refilled(model: &Model<'_>, place: &Place) -> bool {
    match place.root {
        Root::Binding(binding) if place.path.is_empty() => model.file.sole_value(binding).is_none(),
        _ => true,
    }
}

/// Whether what stands in a field of an entry is given back as the field of something else, which may be the entry:
/// `clearInterval(state.interval)` of a `state` that is handed in.
fn is_released_in_entry(file: &FileView<'_, '_>, handle: &Handle, patterns: &ReleasePatterns) -> bool {
    let mut fields = handle.places.iter().filter_map(|place| {
        let at = place.path.iter().position(|step| *step == Step::Element)?;
        (at + 1 < place.path.len()).then(|| place.last_field()).flatten()
    });
    fields.next().is_some_and(|field| {
        releases_in_field(file, field, patterns).any(|access| {
            let is_handed = matches!(access.usage, Usage::Argument { index: 0, .. });
            is_handed && access.place.last_field() == Some(field)
        })
    })
}

/// Whether the function gives its caller something from outside the file that has it too: `return new Dialect({ database: this.database })`.
/// Who ends the one may end the other.
fn is_wrapped_for_caller(file: &FileView<'_, '_>, handle: &Handle) -> bool {
    let (model, tree) = (file.model, &file.model.file.tree);
    let is_ours = |made: NodeId| tree.callee(made).is_some_and(|callee| model.class_of(callee).is_some());
    let is_returned = |made: NodeId| tree.parent(made).is_some_and(|at| tree.kind(at) == Kind::Return);
    let mut named = handle.places.iter().flat_map(|place| file.accesses.of(place));
    // An argument, or a property of one.
    named.any(|access| {
        let mut around = tree.ancestors(access.node).take(3);
        let made = around.find(|&at| !matches!(tree.kind(at), Kind::Property | Kind::Object));
        made.is_some_and(|made| tree.kind(made) == Kind::New && is_returned(made) && !is_ours(made))
    })
}

/// So many uses of fields of one name are looked at: each acquired thing asks.
const USES: usize = 512;

/// Whether it is kept in a field of something that others of the file have under another name (a `this` that nobody
/// knows, a parameter), and a field of that name is released elsewhere in the file: `clearTimers(session)`.
fn is_released_by_name(file: &FileView<'_, '_>, handle: &Handle, patterns: &ReleasePatterns) -> bool {
    let tree = &file.model.file.tree;
    let is_of_another = |place: &&Place| match place.root {
        Root::Receiver(_) => true,
        Root::Binding(_) => !place.path.is_empty(),
        _ => false,
    };
    // Every box of a framework has these.
    let is_telling = |field: &NameId| !matches!(tree.text(*field), "value" | "current");
    handle.places.iter().filter(is_of_another).filter_map(Place::field).filter(is_telling).any(|field| {
        releases_in_field(file, field, patterns).any(|access| !handle.places.contains(&access.place))
    })
}

/// What releases something that stands in a field of this name, whoever's that is.
fn releases_in_field<'f>(
    file: &'f FileView<'_, '_>,
    field: NameId,
    patterns: &'f ReleasePatterns,
) -> impl Iterator<Item = &'f Access> {
    let (model, tree) = (file.model, &file.model.file.tree);
    file.accesses.in_field(field).take(USES).filter(move |access| {
        let name = match access.usage {
            Usage::Method { name, .. } => Some(tree.text(name)),
            Usage::Argument { call, .. } => tree.callee(call).and_then(|callee| model.callee_name(callee)),
            _ => None,
        };
        name.is_some_and(|name| patterns.is_function(name) || patterns.is_method(name))
    })
}

/// The way on which what a call acquired is not released although it is on others, by how it ends.
fn unreleased(held: &Held<'_, '_, '_>) -> Option<Gap> {
    if !held.patterns.only_if_sibling {
        return leftover(held);
    }
    if held.patterns.is_short {
        let missed = || missed_by_component(held).filter(|_| held.patterns.lingers);
        return slot::forgotten_sibling(held).or_else(missed);
    }
    // It ends by itself: only a race whose loser is forgotten is worth a word, and an effect without cleanup.
    slot::missed_by_settlement(held, false)
        .or_else(|| lost_race(held))
        .or_else(|| slot::missed_by_effect(held))
        .or_else(|| missed_by_component(held))
        .or_else(|| slot::forgotten_sibling(held))
        .or_else(|| slot::missed_by_handler(held))
}

/// What a component clears elsewhere, and not when it goes.
fn missed_by_component(held: &Held<'_, '_, '_>) -> Option<Gap> {
    slot::missed_by_cleanup(held)
        .or_else(|| slot::missed_in_effect(held))
        .or_else(|| slot::missed_by_unmount(held).map(|gap| Gap { passes: true, ..gap }))
}

/// Whoever else has it: a class that gives it back in the method that ends its instances holds it until then.
fn note_ended<'r>(
    file: &FileView<'_, '_>,
    call: NodeId,
    releases: impl IntoIterator<Item = &'r Release>,
    what: &str,
    claims: &mut Claims<'_>,
) {
    let model = file.model;
    if observed::may_go_with_its_nodes(file, call) {
        return;
    }
    let (func, span) = (model.file.tree.func(call), model.file.tree.span(call));
    let basis = held::basis(model, call);
    for release in releases {
        let what = || format!("its {what} stays");
        held::note_held(file, (func, span), release.func, basis, what, claims);
    }
}

/// It is released if somebody runs what releases it: the project asks who makes the instance that holds it, and who calls
/// what its function gives back.
fn note_released(
    file: &FileView<'_, '_>,
    acquired: &Acquired<'_>,
    living: &[&Release],
    claims: &mut Claims<'_>,
) {
    let &Acquired { meta, call, ref what, .. } = acquired;
    let Some(first) = living.first() else { return };
    note_ended(file, call, Some(*first), what, claims);
    let undone_in: Vec<FuncId> = living.iter().map(|release| release.func).collect();
    undo::note(file, meta.id, call, &undone_in, (format!("the {what}"), None), claims);
}

/// The way on which what a call returned is not released although it is on others.
pub(crate) fn leftover(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let patterns = held.patterns;
    // A subscription goes on after its callback has run; a timer does not.
    let stays = patterns.called;
    // What surely happens says more than what may be thrown on the way.
    let (sure, weak) = match gap(held) {
        Some(gap) if gap.is_weak => (None, Some(gap)),
        found => (found, None),
    };
    let rejects = || slot::missed_by_rejection(held).filter(|_| stays || !patterns.ends_itself);
    sure.or_else(|| weak.and_then(|weak| rejects().or(Some(weak))))
        .or_else(|| slot::overwritten(held).filter(|_| !patterns.ends_itself))
        .or_else(|| slot::overwritten_entry(held).filter(|_| !patterns.ends_itself && !patterns.expires))
        .or_else(|| slot::missed_by_end(held))
        .or_else(|| slot::emptied(held).filter(|_| !patterns.ends_itself))
        .or_else(|| slot::missed_by_settlement(held, stays))
        .or_else(rejects)
        .or_else(|| slot::missed_by_handler(held))
        .or_else(|| slot::armed_after_release(held))
        .or_else(|| slot::kept_after_end(held))
        .or_else(|| ending::uncovered(held.file, &held.releases.iter().map(|release| release.func).collect()))
        .or_else(|| slot::released_for_the_next(held).filter(|_| !patterns.expires && !patterns.ends_itself))
        .or_else(|| {
            let releasing = held.releases.iter().map(|release| release.func);
            ending::not_everywhere(held.file, held.call, releasing)
        })
}
