//! What one file says about a listener: who may take it away, and whether it is worth a claim.

use super::origin::{self, constructor_param, is_outer, is_teardown, of_given, of_kept, of_receiver, origin};
use super::signal::{Disposer, disposer, has_signal, signal_use, unaborted_signal};
use super::target_end::{begins_anew_at_its_end, begins_beside, ends_target};
use super::{META, again, effect, ends, given, keyed, once, partner, signal};
use crate::claim::{Gap, ListenerClaim, Note, Only, Origin};
use crate::finding::Role;
use crate::getter::asked;
use crate::pairing::{compare_events, matches, same_target};
use crate::rule::{Claims, FileView};
use crate::{ending, list, overwritten, owned};
use outlive_semantic::access::Usage;
use outlive_semantic::catalog::{AcquireRow, Handle};
use outlive_semantic::given::given_before;
use outlive_semantic::guard;
use outlive_semantic::identity::{self, Identity, Match};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::listeners::{Registration, Removal};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tree::{Kind, Tree, UnaryOp};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;

/// Events of servers of net, tls, http and what is built on them: somebody connects, or tries to.
const SERVER_EVENTS: &[&str] =
    &["connection", "secureConnection", "upgrade", "clientError", "tlsClientError"];

/// Events that fire once in the life of a page, and are listened to by what sets the page up.
const ONCE_PER_PAGE: &[&str] = &["DOMContentLoaded", "beforeinstallprompt", "appinstalled"];

/// So many calls of a function are looked at for what they were given before.
const CALLERS: usize = 16;

/// The claim about one registration; none if the listener surely goes away, or the target with it.
pub(super) fn claim(
    file: &FileView<'_, '_>,
    registration: &Registration,
    claims: &mut Claims<'_>,
) -> Option<ListenerClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let kept = of_kept(model, registration);
    let is_unnamed = matches!(registration.place.root, Root::Value(_));
    let shown = shown_target(model, kept.as_ref().filter(|_| is_unnamed).unwrap_or(registration));
    let renamed = of_receiver(model, registration);
    let registration = renamed.as_ref().unwrap_or(registration);
    let given = of_given(model, registration).or(kept);
    let target = given.as_ref().unwrap_or(registration);
    let rerun = effect::runs_again(file, target);
    let asked = asked(model, &target.place).filter(|_| rerun.is_none());
    let known = origin(model, target);
    let must_be_kept = known.is_none();
    let origin = known.or_else(|| asked.as_ref().map(|_| Origin::Fetched));
    let origin = origin.or_else(|| rerun.as_ref().map(|_| Origin::Named));
    let origin = origin.filter(|_| !is_of_call(model, registration) && !is_filled_here(model, registration));
    let Some(origin) = origin else {
        return file.drop(&META, registration.call, || {
            "the target is made by the code that listens to it".to_owned()
        });
    };
    let Staying { removed, partial, loser, is_listed } = staying(file, registration, origin, claims)?;
    let forgotten = partner::forgotten(file, registration).filter(|_| partial.is_none());
    let turn = again::endless_loop(model, registration);
    let method = tree.callee(registration.call).and_then(|callee| model.callee_name(callee));
    let class = ending::class_around(model, registration.func);
    Some(ListenerClaim {
        target: claims.names.place(model, &target.place),
        shown,
        model: model.model_of(model.ty(registration.target)).or_else(|| origin::socket(file, registration)),
        origin,
        asked: asked.map(|of| (claims.names.place(model, &of), must_be_kept)),
        handed: constructor_param(model, &target.place).map(|param| claims.names.place(model, &param)),
        event: constant_event(&registration.event),
        is_last: is_end_of_process(model, registration),
        greets: is_event_of(registration, SERVER_EVENTS),
        method: method.unwrap_or_default().to_owned(),
        listener: shown_listener(model, registration.listener),
        proved: registration.proved,
        signal: signal_use(file, registration),
        is_of_request: signal::is_of_request(model, registration),
        in_loop: guard::enclosing_loop(model, registration.call).is_some(),
        once: guard::once_guard_of_method(model, registration.call)
            .map(|flag| claims.names.place(model, &flag)),
        per_key: keyed::is_once_per_key(file, registration),
        may_be_removed: removed.maybe && removed.by.is_empty(),
        partial,
        class: class.map(|class| (class, file.end_method(class).map(|(name, _)| name.to_owned()))),
        is_forgotten: forgotten.is_some(),
        is_listed,
        is_per_call: again::answers_caller(model, registration),
        reruns: rerun.is_some(),
        again: rerun.or_else(|| again::evidence(file, registration, turn)).or(forgotten).or(loser),
        is_endless: turn.is_some(),
        is_of_hook: again::is_of_hook(model, registration.func),
        is_making: origin::is_initializer(model, registration.func),
        restarts: again::restarts(model, registration),
        notes: removed.notes,
    })
}

/// Whether the variable that is listened to is given a new object right before, `x = new X(); x.on(…)`, here or by each
/// caller in the file: `x = new X(); listen();`.
fn is_of_call(model: &Model<'_>, registration: &Registration) -> bool {
    let Some(binding) = again::base(model, registration.target) else { return false };
    let place = Place::root(Root::Binding(binding));
    let is_new = |&value: &NodeId| origin::is_made_here(model, value);
    let is_given_before = |call: NodeId| given_before(model, &place, call).iter().any(is_new);
    let is_given_by_callers = || {
        let func = registration.func;
        let calls = model.calls_of(func);
        let is_ours = model.file.function(func).binding.is_some_and(|name| !model.file.is_exported(name));
        is_ours
            && model.handed(func).is_empty()
            && (1..=CALLERS).contains(&calls.len())
            && calls.iter().all(|&call| is_given_before(call))
    };
    is_given_before(registration.call) || is_given_by_callers()
}

/// `if (!this.watchers[path]) { this.watchers[path] = watch(path); this.watchers[path].on(…) }`: there was none before.
fn is_filled_here(model: &Model<'_>, registration: &Registration) -> bool {
    let (tree, place) = (&model.file.tree, &registration.place);
    let is_absent = |test: NodeId| {
        tree.unary_op(test) == Some(UnaryOp::Not)
            && tree.first(test).is_some_and(|asked| model.file.place(asked) == *place)
    };
    let is_filled = |branch: NodeId| {
        model.assignments(place).iter().any(|&assign| {
            tree.contains(branch, assign)
                && assign < registration.call
                && tree.child(assign, 1).is_some_and(|value| !model.is_nothing(value))
        })
    };
    tree.within_function(registration.call).filter(|&at| tree.kind(at) == Kind::If).any(|decision| {
        let branch = tree.child(decision, 1).filter(|&branch| tree.contains(branch, registration.call));
        tree.first(decision).is_some_and(is_absent) && branch.is_some_and(is_filled)
    })
}

/// What is known of a listener that stays, on some way at least.
struct Staying<'f> {
    removed: Removed<'f>,
    /// What takes it away does not on this way.
    partial: Option<Gap>,
    /// The other one of a pair took place.
    loser: Option<Note>,
    /// Its disposer is put on a list of which nobody disposes.
    is_listed: bool,
}

fn staying<'f>(
    file: &FileView<'f, '_>,
    registration: &Registration,
    origin: Origin,
    claims: &mut Claims<'_>,
) -> Option<Staying<'f>> {
    let model = file.model;
    let dropped = |reason: &str| file.drop(&META, registration.call, || reason.to_owned());
    let loser = partner::forgotten_event(file, registration).or_else(|| partner::loser(file, registration));
    let outrun = partner::outrun(file, registration);
    if let Some(reason) = passing(model, registration, loser.is_some() || outrun.is_some()) {
        return dropped(reason);
    }
    if origin::hands_on(model, registration) {
        given::note_wrapper(file, registration, claims);
        return dropped("a method of that kind hands on what its callers listen with");
    }
    let unaborted = unaborted_signal(file, registration);
    if unaborted.is_none() && has_signal(file, registration) {
        return dropped("a signal takes it away");
    }
    let gives = |row: &AcquireRow| row.handle != Handle::Receiver;
    if model.rows(registration.call).iter().any(|row| row.acquires.as_ref().is_some_and(gives)) {
        return dropped("what the call returns is followed by the rule for it");
    }
    let mut notes: Vec<Note> = unaborted.into_iter().chain(outrun).collect();
    let mut is_listed = false;
    let mut partial = match disposer(file, registration) {
        Disposer::None => None,
        Disposer::Gap(gap) => Some(gap),
        Disposer::Forgotten(list) => {
            is_listed = true;
            notes.push(list::note(model, registration, &list));
            None
        }
        Disposer::Kept => {
            note_listed(file, registration, origin, claims);
            return dropped("what the call returns is kept: it may remove the listener");
        }
    };
    if once::is_deduplicated(model, registration) {
        return dropped("the target keeps a function of the module only once");
    }
    let removed = Removed::of(file, registration, notes);
    if let Some(removal) = removed.by.first() {
        let Some(gap) = ends::gap(file, registration, &removed.by) else {
            note_removed(file, registration, origin, removal, claims);
            given::note_removed(file, registration, &removed.by, claims);
            return file.drop_for(&META, registration.call, removal.call, "it is removed");
        };
        if matches!(gap.only, Some(Only::EachConnection(..))) {
            note_removed(file, registration, origin, removal, claims);
            given::note_removed(file, registration, &removed.by, claims);
        }
        partial = Some(gap);
    }
    if let Some(reason) = ended_with_target(file, registration, &removed) {
        return dropped(reason);
    }
    if removed.maybe {
        given::note_wrapper(file, registration, claims);
    }
    Some(Staying { removed, partial, loser, is_listed })
}

fn is_event_of(registration: &Registration, events: &[&str]) -> bool {
    matches!(&registration.event, Identity::Constant(event) if events.contains(&event.as_str()))
}

/// Why a listener does not stay, or is the last that is ever added, whoever removes it.
fn passing(model: &Model<'_>, registration: &Registration, may_lose: bool) -> Option<&'static str> {
    if is_event_of(registration, ONCE_PER_PAGE) {
        Some("the event fires once in the life of a page")
    } else if !may_lose && once::fires_once(model, registration) {
        Some("it is taken away when the event fires")
    } else if is_teardown(model, registration.func) {
        Some("it is added while the owner ends")
    } else if keyed::is_counted(model, registration) {
        Some("the target is asked whether somebody listens already")
    } else if signal::ends_what_is_made(model, registration) {
        Some("the signal ends what is made here")
    } else {
        None
    }
}

/// Why a target that lives on does not keep the listener, or why it is another target each time.
fn ended_with_target(
    file: &FileView<'_, '_>,
    registration: &Registration,
    removed: &Removed<'_>,
) -> Option<&'static str> {
    if keyed::is_once_per_target(file, registration) {
        Some("a table remembers to which targets it was added")
    } else if is_what_changed(file.model, registration) {
        Some("each change brings another target")
    } else if begins_beside(file, registration) {
        Some("the function lets the target begin, which it does once")
    } else if begins_anew_at_its_end(file, registration) {
        Some("when the target ends, the function runs again and listens to another one")
    } else if is_ended_beside(file, registration) {
        Some("the target is ended right beside it")
    } else if removed.by.is_empty() && ends_target(file, registration) {
        Some("the target itself is ended by its owner")
    } else {
        None
    }
}

/// What the removals of a file have to do with one listener.
struct Removed<'f> {
    /// Those that take it away.
    by: Vec<&'f Removal>,
    /// Whether others may.
    maybe: bool,
    /// What there is to be said about those that are meant to, and do not.
    notes: Vec<Note>,
}

impl<'f> Removed<'f> {
    fn of<'a>(file: &FileView<'f, 'a>, registration: &Registration, notes: Vec<Note>) -> Self {
        let mut out = Self { by: Vec::new(), maybe: false, notes };
        let own = file.position(registration.call).unwrap_or(usize::MAX);
        let mut at = file.pairs().next_of_event(own, 0);
        while let Some((position, removal)) = at.and_then(|at| Some((at, file.removals.get(at)?))) {
            match matches_at(file, (own, registration), (position, removal)) {
                Match::Must | Match::May
                    if ending::is_never(file, (removal.func, removal.call), "removed", &mut out.notes) => {}
                Match::Must => match overwritten::before_both(file.model, registration, removal) {
                    Some(place) => note_of_the_new(file.model, &place, removal, &mut out.notes),
                    None => out.by.push(removal),
                },
                Match::May => out.maybe = true,
                Match::Never => note_mismatch(file.model, registration, removal, &mut out.notes),
            }
            // What takes another function away is only worth a look while there is something to be said about it.
            let all_said = out.notes.len() >= MAX_MISMATCHES;
            let pairs = file.pairs();
            let next = position + 1;
            at = if all_said { pairs.next_removal(own, next) } else { pairs.next_of_event(own, next) };
        }
        out
    }
}

/// `reaction(() => this.webview, () => this.webview.on(…))`: what runs when a value has changed finds another one there.
fn is_what_changed(model: &Model<'_>, registration: &Registration) -> bool {
    let tree = &model.file.tree;
    let closure = model.file.function(registration.func).node;
    let Some((call, 1)) = tree.argument_of(closure) else { return false };
    let name = tree.callee(call).and_then(|callee| model.callee_name(callee));
    let watched = tree.arg(call, 0).and_then(|watched| model.function_of(watched));
    let watches = |name: &str| model.catalog.calls_named(name).any(|row| row.watches);
    let (true, Some(watched)) = (name.is_some_and(watches), watched) else { return false };
    let [value] = model.returned_values(watched)[..] else { return false };
    let value = model.file.place(value);
    !value.path.is_empty() && registration.place.prefixes().any(|place| place == value)
}

/// In which functions and blocks what a path names is ended: each listener on it asks.
#[derive(Default)]
struct EndedIn(RefCell<FxHashMap<Place, FxHashSet<(FuncId, NodeId)>>>);

/// `stream.end(); stream.on('finish', done)`: whoever waits for the end of what it ends itself adds the last listener.
fn is_ended_beside(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let Some(block) = block_of(&file.model.file.tree, registration.call) else { return false };
    let known = file.memos.of::<EndedIn>();
    let mut known = known.0.borrow_mut();
    let place = &registration.place;
    let ended = known.entry(place.clone()).or_insert_with(|| ended_in(file, place));
    ended.contains(&(registration.func, block))
}

/// The functions and blocks that have a call as a statement by which what a path names ends, or by which what is piped into
/// it does: `archive.pipe(this.file)`, and `archive.finalize()`.
fn ended_in(file: &FileView<'_, '_>, place: &Place) -> FxHashSet<(FuncId, NodeId)> {
    let sources = file.accesses.of(place).filter_map(|access| piped_into(file.model, access.usage));
    let sources: Vec<Place> = sources.map(|source| file.model.file.place(source)).take(SOURCES).collect();
    // Nothing that is piped into it ends what belongs to the process.
    let is_standard = || file.model.path_of(place).is_some_and(|path| path.starts_with("process.std"));
    let is_piped = !sources.is_empty() && !is_standard();
    let mut out = FxHashSet::default();
    add_ends(file, place, is_piped, &mut out);
    for source in sources.iter().filter(|_| is_piped) {
        add_ends(file, source, false, &mut out);
    }
    out
}

/// So many streams that are piped into one are looked at.
const SOURCES: usize = 4;

/// The stream that ends what it is piped into: `source.pipe(place)`.
fn piped_into(model: &Model<'_>, usage: Usage) -> Option<NodeId> {
    let tree = &model.file.tree;
    let Usage::Argument { call, index: 0 } = usage else { return None };
    let (source, _) = tree.method_call(call).filter(|&(_, method)| method == "pipe")?;
    let ends = tree.arg(call, 1).and_then(|options| tree.property(options, "end"));
    ends.is_none_or(|ends| tree.is_true(ends)).then_some(source)
}

/// Adds where calls end what a path names: as statements of which blocks. What is piped into it is all that it gets.
fn add_ends(file: &FileView<'_, '_>, place: &Place, or_piped: bool, out: &mut FxHashSet<(FuncId, NodeId)>) {
    let tree = &file.model.file.tree;
    let names = ["end", "destroy", "close", "terminate", "kill", "finalize"];
    let ends = file.accesses.of(place).filter_map(|access| {
        let call = match access.usage {
            Usage::Method { name, call } => names.contains(&tree.text(name)).then_some(call),
            Usage::Argument { call, .. } if or_piped => piped_into(file.model, access.usage).map(|_| call),
            _ => None,
        };
        Some((access.func, block_of(tree, call?)?))
    });
    out.extend(ends);
}

/// The block that a call is a statement of.
fn block_of(tree: &Tree, call: NodeId) -> Option<NodeId> {
    let mut around = std::iter::once(call).chain(tree.ancestors(call)).take(3);
    around.find_map(|node| tree.parent(node).filter(|&block| tree.kind(block) == Kind::Block))
}

/// Notes what an instance keeps on something from outside until it is ended.
fn note_removed(
    file: &FileView<'_, '_>,
    registration: &Registration,
    origin: Origin,
    removal: &Removal,
    claims: &mut Claims<'_>,
) {
    let model = file.model;
    if is_outer(registration, origin) {
        let at = model.file.site(registration.call);
        let target = shown_target(model, registration);
        let what = || format!("its listener stays on `{target}`");
        let site = (registration.func, at);
        if origin == Origin::PassedToConstructor {
            owned::note_held_on_given(file, site, removal.func, what, claims);
        } else {
            owned::note_held(file, site, removal.func, owned::Basis::Other, what, claims);
        }
    }
}

/// The same, where a list of the instance has what takes the listener away.
fn note_listed(
    file: &FileView<'_, '_>,
    registration: &Registration,
    origin: Origin,
    claims: &mut Claims<'_>,
) {
    if is_outer(registration, origin) && origin != Origin::PassedToConstructor {
        let what = || format!("its listener stays on `{}`", shown_target(file.model, registration));
        owned::note_listed(file, (registration.func, registration.call), what, claims);
    }
}

/// So many removals that match nothing are told of.
const MAX_MISMATCHES: usize = 3;

/// Whether a removal takes a listener away; of both it is known where they stand.
fn matches_at(
    file: &FileView<'_, '_>,
    (at, registration): (usize, &Registration),
    (position, removal): (usize, &Removal),
) -> Match {
    if file.pairs().is_another(at, position) {
        return Match::Never;
    }
    matches(file.model, registration, removal)
}

/// A removal through what this run was handed takes nothing from what an earlier one was.
fn note_of_the_new(model: &Model<'_>, place: &Place, removal: &Removal, notes: &mut Vec<Note>) {
    let message = format!(
        "by then `{}` is the new one: what was added to or for the last stays",
        model.file.display(place)
    );
    notes.push(Note { role: Role::NeverMatches, message, span: model.file.site(removal.call) });
}

/// A removal of the same event from the same target that can never match is worth pointing at.
fn note_mismatch(model: &Model<'_>, registration: &Registration, removal: &Removal, notes: &mut Vec<Note>) {
    let same_event = removal
        .event
        .as_ref()
        .is_some_and(|event| compare_events(model, &registration.event, event) == Match::Must);
    if !same_event
        || same_target(model, &registration.place, &removal.place) == Match::Never
        || notes.len() >= MAX_MISMATCHES
    {
        return;
    }
    let Some(listener) = removal.listener else { return };
    let message = match identity::identity(model, listener) {
        Identity::Fresh(_) => "this removes a function made here, which was never added".to_owned(),
        _ => match overwritten::since_added(model, registration, removal) {
            Some(place) => format!("by then `{}` has another value", model.file.display(&place)),
            None => "this removes another function".to_owned(),
        },
    };
    let span = model.file.site(removal.call);
    notes.push(Note { role: Role::NeverMatches, message, span });
}

pub(super) fn shown_target(model: &Model<'_>, registration: &Registration) -> String {
    let is_unnamed = matches!(registration.place.root, Root::Value(_));
    if is_unnamed
        && registration.place.path.is_empty()
        && model.file.tree.method_call(registration.call).is_none()
    {
        return "window".to_owned();
    }
    // `const [map] = useState(…)`: the variable says more than where it is from.
    let variable = model.file.binding_of(registration.target).filter(|_| is_unnamed);
    match variable {
        Some(variable) => model.file.tree.text(model.file.binding(variable).name).to_owned(),
        None => model.file.display(&registration.place),
    }
}

/// Whether a process emits an event when it is about to end.
pub(super) fn is_end_of_process(model: &Model<'_>, registration: &Registration) -> bool {
    let Identity::Constant(event) = &registration.event else {
        // What a process is told of once under names from elsewhere are signals.
        return registration.once && is_of_process(model, registration);
    };
    let signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK", "SIGQUIT"];
    let others = ["exit", "beforeExit", "uncaughtException", "unhandledRejection"];
    signals.contains(&event.as_str()) || others.contains(&event.as_str())
}

pub(super) fn is_of_process(model: &Model<'_>, registration: &Registration) -> bool {
    model.path_of(&registration.place).as_deref() == Some("process")
}

pub(super) fn constant_event(event: &Identity) -> Option<String> {
    match event {
        Identity::Constant(event) => Some(event.clone()),
        _ => None,
    }
}

pub(super) fn shown_event(event: Option<&str>) -> String {
    event.map_or_else(|| "the listener".to_owned(), |event| format!("the `{event}` listener"))
}

fn shown_listener(model: &Model<'_>, listener: NodeId) -> String {
    match identity::identity(model, listener) {
        Identity::At(place) => model.file.display(&place),
        _ => String::new(),
    }
}
