//! What the rules about acquired things share: following the handle, looking for its release, judging what is left.

use crate::claim::{AcquireClaim, Body, Claim, Gap, LateClaim, Note, Origin};
use crate::ending;
use crate::factory;
use crate::finding::{Doubt, Finding, Retainer, Role};
use crate::lifetime;
use crate::mend;
use crate::owned;
use crate::returned;
use crate::rule::{Claims, FileView, Meta, ProjectView};
use crate::shown;
use crate::slot;
use outlive_semantic::access::Usage;
use outlive_semantic::calls;
use outlive_semantic::catalog::{AcquireRow, Handle as Where, ModelId};
use outlive_semantic::flow::{Edge, Exit, Flow, Way, contradicts};
use outlive_semantic::growth;
use outlive_semantic::guard;
use outlive_semantic::handle::{self, Escape, Handle, Release, ReleasePatterns};
use outlive_semantic::index::{BindingId, ClassId, FuncId, NameId, NodeId};
use outlive_semantic::listeners;
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::project::{Answer, FileId, Lives, Owner, Project, RateInfo, model_of};
use outlive_semantic::rate::Rate;
use outlive_semantic::reach::{self, Dead};
use outlive_semantic::summary::{TypeRow, What};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::{BinaryOp, Kind};
use rustc_hash::FxHashSet;

pub(crate) use crate::claim::Target;

impl Target {
    /// The target at a place of the file.
    pub(crate) fn of(model: &Model<'_>, place: &Place, shown: String, claims: &mut Claims<'_>) -> Self {
        let origin = match place.root {
            Root::Binding(binding) if model.file.binding(binding).kind == BindingKind::Param => {
                match model.constructs(model.file.binding(binding).func) {
                    Some(_) => Origin::PassedToConstructor,
                    None => Origin::Passed,
                }
            }
            Root::Binding(binding) if is_fetched(model, binding) => Origin::Fetched,
            Root::Value(node) if model.file.tree.kind(node) == Kind::Call => Origin::Fetched,
            _ => Origin::Named,
        };
        Self { place: claims.names.place(model, place), shown, origin }
    }
}

/// A variable of a function that holds what some call returned.
pub(crate) fn is_fetched(model: &Model<'_>, binding: BindingId) -> bool {
    let row = model.file.binding(binding);
    let value = model.file.sole_value(binding);
    let made = value.map(|value| model.file.tree.kind(value));
    row.func.index() != 0 && matches!(made, Some(Kind::Call | Kind::Await))
}

/// The words of one finding.
pub(crate) struct Text {
    /// The message.
    pub(crate) message: String,
    /// The help.
    pub(crate) help: String,
    /// What the acquired thing keeps, or costs.
    pub(crate) keeps: String,
}

/// Makes a claim where a row of the catalog says that a call acquires something for this rule.
pub(crate) fn visit(file: &FileView<'_, '_>, meta: &'static Meta, call: NodeId, claims: &mut Claims<'_>) {
    let (func, at) = (file.model.file.tree.func(call), file.model.file.tree.span(call));
    if let Some(row) = row(file.model, meta, call) {
        if let Some(body) = acquired(file, meta, call, row, claims) {
            claims.list.push(Claim { rule: meta.id, func, at, body: Body::Acquire(body) });
        }
        return;
    }
    let Some((receiver, rows)) = late_rows(file.model, meta, call, claims) else { return };
    for (of, row) in rows {
        let known = claims.list.len();
        let body = file.trace.quietly(|| acquired(file, meta, call, row, claims));
        // What instances hold is only known where the type is.
        claims.list.truncate(known);
        if let Some(acquired) = body {
            let body = Body::Late(LateClaim { receiver: receiver.clone(), of, acquired });
            claims.list.push(Claim { rule: meta.id, func, at, body });
        }
    }
}

/// The claim about what a row says is acquired.
fn acquired(
    file: &FileView<'_, '_>,
    meta: &'static Meta,
    call: NodeId,
    row: &AcquireRow,
    claims: &mut Claims<'_>,
) -> Option<AcquireClaim> {
    if row.handle == Where::Either && hands_to_unknown(file.model, call) {
        return None;
    }
    let is_ended = names_option(file.model, call, &row.ended_by);
    let needed = needed(file.model, call, &row.needs);
    if is_ended || needed == Some(false) || row.handle == Where::Result && hands_to_callback(file.model, call)
    {
        return None;
    }
    let patterns = ReleasePatterns::parse(&row.release);
    let handle = held(file, call, row.handle)?;
    if needed == Some(true) {
        factory::note_given(file, meta, call, &handle, &row.what, &patterns, claims);
    }
    let mut body = claim_handle(file, meta, call, &handle, row.what.clone(), &patterns, claims)?;
    body.may_be_released |= needed.is_none();
    Some(body)
}

/// Whether the options say that the row holds; none if they say it with a value that is only known at run time.
fn needed(model: &Model<'_>, call: NodeId, names: &[String]) -> Option<bool> {
    if names.is_empty() {
        return Some(true);
    }
    let tree = &model.file.tree;
    let value = tree
        .args(call)
        .find_map(|arg| names.iter().find_map(|name| listeners::option(model, Some(arg), name)));
    match value.map(|value| (value, tree.kind(value))) {
        None => Some(false),
        Some((value, Kind::Bool)) => tree.boolean(value),
        Some((_, Kind::Object | Kind::Number)) => Some(true),
        Some(_) => None,
    }
}

/// The rows that hold if a receiver which another file makes turns out to be of their type: an imported pool.
fn late_rows<'a>(
    model: &Model<'a>,
    meta: &'static Meta,
    call: NodeId,
    claims: &mut Claims<'_>,
) -> Option<(TypeRow, Vec<(ModelId, &'a AcquireRow)>)> {
    let (object, method) = model.file.tree.method_call(call)?;
    let rows: Vec<_> =
        model.catalog.acquired_by_method(method).filter(|(_, row)| row.rule == meta.id).collect();
    if rows.is_empty() || model.ty(object) != Ty::Unknown {
        return None;
    }
    Some((made_elsewhere(model, object, claims)?, rows))
}

/// What another file can say about the type of an expression.
fn made_elsewhere(model: &Model<'_>, expr: NodeId, claims: &mut Claims<'_>) -> Option<TypeRow> {
    let tree = &model.file.tree;
    let place = model.file.place(expr);
    let is_import = |name| outlive_semantic::model::package_path(tree.text(name)).is_none();
    match place.root {
        Root::Module(name) if is_import(name) => Some(TypeRow::Same(claims.names.place(model, &place))),
        Root::This(_) if !place.path.is_empty() => Some(TypeRow::Same(claims.names.place(model, &place))),
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            if row.kind == BindingKind::Param {
                return None;
            }
            if row.func.index() == 0 {
                return Some(TypeRow::Same(claims.names.place(model, &place)));
            }
            let value = model.file.sole_value(binding).filter(|_| place.path.is_empty())?;
            result_of(model, value, claims)
        }
        Root::Value(value) if place.path.is_empty() => result_of(model, value, claims),
        _ => None,
    }
}

fn result_of(model: &Model<'_>, value: NodeId, claims: &mut Claims<'_>) -> Option<TypeRow> {
    let tree = &model.file.tree;
    let value = if tree.kind(value) == Kind::Await { tree.first(value)? } else { value };
    let callee = model.file.place(tree.callee(value)?);
    let is_named = matches!(callee.root, Root::Module(_) | Root::This(_));
    let callee = is_named.then(|| claims.names.place(model, &callee))?;
    Some(if tree.kind(value) == Kind::New { TypeRow::InstanceOf(callee) } else { TypeRow::ResultOf(callee) })
}

/// The row of the catalog that says what a call acquires.
pub(crate) fn row<'a>(model: &Model<'a>, meta: &'static Meta, call: NodeId) -> Option<&'a AcquireRow> {
    model.rows(call).iter().filter_map(|row| row.acquires.as_ref()).find(|row| row.rule == meta.id)
}

/// `pool.getConnection((error, connection) => …)`: the callback has it, and the call returns nothing.
fn hands_to_callback(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let Some(callback) = tree.args(call).last().and_then(|arg| model.function_of(arg)) else { return false };
    let params: Vec<NodeId> = model.file.params(callback).collect();
    let is_error = |node: NodeId| {
        let name = tree.binding(node).map(|binding| tree.text(model.file.binding(binding).name));
        matches!(name, Some("e" | "er" | "err" | "error"))
    };
    tree.is_discarded(call) && params.len() >= 2 && is_error(params[0])
}

/// `pool.getConnection(done)`: whoever gave the callback gets it.
fn hands_to_unknown(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_unknown = |arg: NodeId| match tree.kind(arg) {
        Kind::Identifier | Kind::Member => model.function_of(arg).is_none() && is_callback(model, arg),
        _ => false,
    };
    tree.is_discarded(call) && tree.args(call).last().is_some_and(is_unknown)
}

/// Whether a name is one that callbacks have.
fn is_callback(model: &Model<'_>, arg: NodeId) -> bool {
    let name = model.callee_name(arg).unwrap_or_default();
    matches!(name, "cb" | "done" | "next" | "fn") || name.to_ascii_lowercase().ends_with("callback")
}

/// `{ signal }` and its like in the options of the call.
fn names_option(model: &Model<'_>, call: NodeId, names: &[String]) -> bool {
    let names_it = |arg, name| listeners::option(model, Some(arg), name).is_some();
    model.file.tree.args(call).any(|arg| names.iter().any(|name| names_it(arg, name)))
}

/// Where a call leaves what it acquires; none if the call itself takes care of it, or nobody can tell.
fn held(file: &FileView<'_, '_>, call: NodeId, at: Where) -> Option<Handle> {
    let (model, tree) = (file.model, &file.model.file.tree);
    let last = tree.args(call).last();
    let callback = last.and_then(|arg| model.function_of(arg));
    let result = || handle::follow(model, file.accesses, call);
    match (at, callback) {
        (Where::Result, _) | (Where::ResultAlone | Where::Either, None) => Some(result()),
        (Where::Parts, _) => Some(handle::with_parts(model, file.accesses, result())),
        (Where::ResultAlone, Some(_)) => None,
        (Where::Either, Some(func)) => {
            let bindings = model.file.params(func).skip(1).take(2).filter_map(|param| tree.binding(param));
            let places: Vec<Place> = bindings.map(|binding| Place::root(Root::Binding(binding))).collect();
            (!places.is_empty()).then(|| handle::follow_places(model, file.accesses, places))
        }
        (Where::Receiver, _) => {
            let (object, _) = tree.method_call(call)?;
            let place = model.file.place(object);
            let is_own = match place.root {
                Root::Binding(binding) => model.file.binding(binding).kind != BindingKind::Param,
                root => matches!(root, Root::This(_)),
            };
            is_own.then(|| handle::follow_places(model, file.accesses, [place]))
        }
    }
}

/// Judges the claims of one rule.
pub(crate) fn settle_all(
    claims: &[(FileId, &Claim)],
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
    text: impl Fn(&AcquireClaim) -> Text,
) -> Vec<Finding> {
    claims
        .iter()
        .filter_map(|(file, claim)| match &claim.body {
            Body::Acquire(body) => settle(view, meta, *file, claim, body, &text),
            Body::Late(late) if is_of_type(view.project, *file, late) => {
                settle(view, meta, *file, claim, &late.acquired, &text)
            }
            _ => None,
        })
        .collect()
}

/// Whether the receiver is of the type that the row speaks of.
fn is_of_type(project: &Project<'_>, file: FileId, late: &LateClaim) -> bool {
    let of = model_of(project, project.resolved_type(file, &late.receiver));
    of.is_some_and(|of| project.catalog.model(of).ancestors.contains(&late.of))
}

/// What to do about it, in the words of the release that the row names first.
pub(crate) fn help(body: &AcquireClaim) -> String {
    let release = body.release.first().map(String::as_str).unwrap_or_default();
    let shown = if body.shown.is_empty() { "it" } else { &body.shown };
    match (&body.partial, &body.class) {
        (Some(_), _) => format!("put the `{release}` of `{shown}` into a `finally`"),
        (None, Some((_, Some(end)))) => format!("keep it in a field and call `{release}` on it in `{end}`"),
        _ => format!("call `{release}` on `{shown}` when it is no longer needed"),
    }
}

/// The claim about one acquired thing; none if it is surely given back or handed to somebody who may do so.
pub(crate) fn claim(
    file: &FileView<'_, '_>,
    meta: &'static Meta,
    call: NodeId,
    what: String,
    patterns: &ReleasePatterns,
    claims: &mut Claims<'_>,
) -> Option<AcquireClaim> {
    let handle = file.follow(call);
    claim_handle(file, meta, call, &handle, what, patterns, claims)
}

/// The claim about what is known to be at some places.
pub(crate) fn claim_handle(
    file: &FileView<'_, '_>,
    meta: &'static Meta,
    call: NodeId,
    handle: &Handle,
    what: String,
    patterns: &ReleasePatterns,
    claims: &mut Claims<'_>,
) -> Option<AcquireClaim> {
    let claim = claim_held(file, meta, call, handle, what, patterns, claims)?;
    Some(AcquireClaim { release: release_names(patterns), ..claim })
}

/// The same, where only the project knows how such a thing is given back: the names of its releases are left out.
pub(crate) fn claim_held(
    file: &FileView<'_, '_>,
    meta: &'static Meta,
    call: NodeId,
    handle: &Handle,
    what: String,
    patterns: &ReleasePatterns,
    claims: &mut Claims<'_>,
) -> Option<AcquireClaim> {
    let model = file.model;
    let mut notes = Vec::new();
    if handle.places.iter().any(|place| is_using(model, place)) {
        return file.drop(meta, call, || "`using` releases it".to_owned());
    }
    if is_released_by_name(file, handle, patterns) {
        return file.drop(meta, call, || "a field of that name is released in this file".to_owned());
    }
    let releases = handle::releases(model, file.accesses, handle, patterns);
    if releases.is_empty() && patterns.only_if_sibling {
        return None;
    }
    let living: Vec<&Release> =
        releases.iter().filter(|release| !never_runs(file, release, &mut notes)).collect();
    let mut handed = Vec::new();
    // What its own component ends is the component's: whoever else is told of it does not end it.
    if slot::kept_after_end(file, call, handle, &living).is_none() {
        let (later, now) = handovers(file, meta, handle, &releases, &living, patterns);
        if let Some(escape) = now.first() {
            note_ended(model, call, &releases, &what, claims);
            return file.drop_for(meta, call, escape.node(), escape_phrase(escape));
        }
        handed = later.iter().map(|(callee, index)| (claims.names.place(model, callee), *index)).collect();
    }
    let mut partial = None;
    if let Some(release) = living.first() {
        let Some(gap) = unreleased(file, call, handle, &living, patterns) else {
            if patterns.only_if_sibling {
                return None;
            }
            let (func, span) = (model.file.tree.func(call), model.file.tree.span(call));
            owned::note_held(model, (func, span), release.func, || format!("its {what} stays"), claims);
            let undone_in: Vec<FuncId> = living.iter().map(|release| release.func).collect();
            returned::note(file, meta.id, call, &undone_in, (format!("the {what}"), None), claims);
            return file.drop_for(meta, call, release.node, "it is released");
        };
        for release in &living {
            let span = model.file.tree.span(release.node);
            notes.push(Note { role: Role::ReleasedHereOnly, message: "the only release".to_owned(), span });
        }
        partial = Some(gap);
    }
    let one_each = partial.as_ref().filter(|gap| gap.one_each).and_then(|_| slot::owner(model, call, handle));
    let shared = shared_place(model, handle);
    let shown = shared.or(handle.places.first()).map(|place| model.file.display(place)).unwrap_or_default();
    let func = model.file.tree.func(call);
    let class = ending::class_around(model, func);
    let class = class.map(|class| (class, file.end_method(class).map(|(name, _)| name.to_owned())));
    let fixes = match (&partial, &*living) {
        (Some(_), [release]) => mend::finally(model, call, release.node).into_iter().collect(),
        _ => Vec::new(),
    };
    Some(AcquireClaim {
        what,
        handle: shared.map(|place| claims.names.place(model, place)),
        shown,
        target: None,
        release: Vec::new(),
        in_loop: guard::enclosing_loop(model, call).is_some(),
        once: guard::once_guard(model, call).map(|flag| claims.names.place(model, &flag)),
        may_be_released: false,
        partial,
        one_each,
        class,
        handed,
        notes,
        fixes,
    })
}

/// Whether it is kept in a field of something that others of the file have under another name (a `this` that nobody
/// knows, a parameter), and a field of that name is released elsewhere in the file: `clearTimers(session)`.
fn is_released_by_name(file: &FileView<'_, '_>, handle: &Handle, patterns: &ReleasePatterns) -> bool {
    let model = file.model;
    let is_of_another = |place: &&Place| match place.root {
        Root::Receiver(_) => true,
        Root::Binding(_) => !place.path.is_empty(),
        _ => false,
    };
    // Every box of a framework has these.
    let is_telling = |field: &NameId| !matches!(model.file.tree.text(*field), "value" | "current");
    let is_release = |name: &str| releasing(patterns).any(|release| release == name);
    handle.places.iter().filter(is_of_another).filter_map(Place::field).filter(is_telling).any(|field| {
        file.accesses.in_field(field).any(|access| {
            let name = match access.usage {
                Usage::Method { name, .. } => Some(model.file.tree.text(name)),
                Usage::Argument { call, .. } => {
                    model.file.tree.callee(call).and_then(|callee| model.callee_name(callee))
                }
                _ => None,
            };
            name.is_some_and(is_release) && !handle.places.contains(&access.place)
        })
    })
}

/// The ways out of sight on which it may be released: to functions of other files, of which the project can tell, and
/// all others.
fn handovers<'h>(
    file: &FileView<'_, '_>,
    meta: &'static Meta,
    handle: &'h Handle,
    releases: &[Release],
    living: &[&Release],
    patterns: &ReleasePatterns,
) -> (Vec<(Place, u16)>, Vec<&'h Escape>) {
    let (mut later, mut now) = (Vec::new(), Vec::new());
    let keeps = |escape: &&Escape| {
        let is_used = meta.id == "per-call-client" && is_used(file.model, escape);
        let is_shown = living.is_empty() && shown::is_shown(file.model, escape, patterns);
        let stays = is_used || is_shown || is_lent(file.model, escape, handle, living);
        !stays && hands_over(file, escape, releases)
    };
    for escape in handle.escapes.iter().filter(keeps) {
        match handed_abroad(file.model, escape) {
            Some(to) => later.push(to),
            None => now.push(escape),
        }
    }
    (later, now)
}

/// `http.get(url, { agent })`: a request goes through a client and leaves it as it is.
fn is_used(model: &Model<'_>, escape: &Escape) -> bool {
    let Escape::Argument { call, .. } = *escape else { return false };
    let path = model.file.tree.callee(call).and_then(|callee| model.api_path(callee));
    path.is_some_and(|path| {
        REQUESTS.iter().any(|known| {
            path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    })
}

/// Functions that send one request, and their variants for methods.
const REQUESTS: &[&str] = &[
    "http.get",
    "http.request",
    "https.get",
    "https.request",
    "fetch",
    "node-fetch",
    "cross-fetch",
    "undici.fetch",
    "undici.request",
    "undici.stream",
    "axios",
    "got",
    "superagent",
];

/// Whether a function is only lent the thing: whoever calls it releases it after that, on every way that does not throw.
fn is_lent(model: &Model<'_>, escape: &Escape, handle: &Handle, living: &[&Release]) -> bool {
    let Escape::Argument { call, .. } = *escape else { return false };
    let func = model.file.tree.func(call);
    let stops: FxHashSet<NodeId> =
        living.iter().filter(|release| release.func == func).map(|release| release.node).collect();
    if stops.is_empty() || stops.contains(&call) {
        return false;
    }
    let Some(flow) = Flow::of(model, func) else { return false };
    let goes_well =
        |edge| !matches!(edge, Edge::Throw | Edge::MayThrow) && !contradicts(model, edge, &handle.places);
    flow.points(call).first().is_some_and(|&start| flow.escape(start, &stops, &goes_well).is_none())
}

/// The way on which what a call acquired is not released although it is on others, by how it ends.
fn unreleased(
    file: &FileView<'_, '_>,
    call: NodeId,
    handle: &Handle,
    living: &[&Release],
    patterns: &ReleasePatterns,
) -> Option<Gap> {
    if !patterns.only_if_sibling {
        return leftover(file, call, handle, living, patterns);
    }
    // It ends by itself: only a race whose loser is forgotten is worth a word, and an effect without cleanup.
    slot::missed_by_settlement(file, call, handle, living, false)
        .or_else(|| lost_race(file.model, call, handle, living))
        .or_else(|| slot::missed_by_effect(file, call, handle, living, patterns))
        .or_else(|| slot::missed_by_handler(file, call, handle, living, patterns))
}

/// Whoever else has it: a class that gives it back in the method that ends its instances holds it until then.
fn note_ended(model: &Model<'_>, call: NodeId, releases: &[Release], what: &str, claims: &mut Claims<'_>) {
    let (func, span) = (model.file.tree.func(call), model.file.tree.span(call));
    for release in releases {
        owned::note_held(model, (func, span), release.func, || format!("its {what} stays"), claims);
    }
}

/// The function of another file that is handed the thing, which may do no more than look at it.
fn handed_abroad(model: &Model<'_>, escape: &Escape) -> Option<(Place, u16)> {
    let Escape::Argument { call, index } = *escape else { return None };
    let tree = &model.file.tree;
    let callee = tree.callee(call).filter(|_| tree.kind(call) == Kind::Call)?;
    let calls::Target::Place(place) = calls::callee_target(model, call, callee)? else { return None };
    let is_ours = match place.root {
        Root::Module(name) => outlive_semantic::model::package_path(tree.text(name)).is_none(),
        Root::This(_) | Root::Exports => true,
        _ => false,
    };
    let index = u16::try_from(index).ok()?;
    is_ours.then_some((place, index))
}

/// The way on which what a call returned is not released although it is on others.
pub(crate) fn leftover(
    file: &FileView<'_, '_>,
    call: NodeId,
    handle: &Handle,
    living: &[&Release],
    patterns: &ReleasePatterns,
) -> Option<Gap> {
    // A subscription goes on after its callback has run; a timer does not.
    let stays = patterns.called;
    gap(file.model, call, handle, living)
        .or_else(|| slot::overwritten(file, call, handle, living))
        .or_else(|| slot::missed_by_end(file, call, handle, living, patterns))
        .or_else(|| slot::missed_by_settlement(file, call, handle, living, stays))
        .or_else(|| slot::missed_by_handler(file, call, handle, living, patterns))
        .or_else(|| slot::armed_after_release(file, call, handle, living, patterns))
        .or_else(|| slot::kept_after_end(file, call, handle, living))
        .or_else(|| {
            slot::released_for_the_next(file.model, call, handle, living).filter(|_| !patterns.expires)
        })
}

fn is_using(model: &Model<'_>, place: &Place) -> bool {
    matches!(place.root, Root::Binding(binding) if place.path.is_empty() && model.file.binding(binding).kind == BindingKind::Using)
}

/// The way out of the function on which a local handle is not released, if its releases all stand in that function.
fn gap(model: &Model<'_>, call: NodeId, handle: &Handle, releases: &[&Release]) -> Option<Gap> {
    // A callback that gives back what it was armed by ends it by itself.
    if releases.iter().any(|release| model.file.tree.contains(call, release.node))
        && callback_of(model, call, handle).is_none()
    {
        return None;
    }
    // What it is handed to was judged before: only releases and code that looks are left.
    let owner = owner(model, handle)?;
    if owner != model.file.tree.func(call)
        && let Some(callback) = callback_of(model, call, handle)
    {
        return gap_in(model, callback, None, handle, releases);
    }
    let call = executed_by(model, call);
    (owner == model.file.tree.func(call)).then(|| gap_in(model, owner, Some(call), handle, releases))?
}

/// The function whose variables alone hold the thing.
pub(crate) fn owner(model: &Model<'_>, handle: &Handle) -> Option<FuncId> {
    let mut owners = handle.places.iter().map(|place| match place.root {
        Root::Binding(binding) if place.path.is_empty() => Some(model.file.binding(binding).func),
        _ => None,
    });
    let first = owners.next()??;
    owners.all(|owner| owner == Some(first)).then_some(first)
}

/// The callback that is handed what the call acquires: `pool.getConnection((error, connection) => …)`,
/// `acquire().then((it) => …)`.
fn callback_of(model: &Model<'_>, call: NodeId, handle: &Handle) -> Option<FuncId> {
    let owner = owner(model, handle)?;
    let is_param = handle.places.iter().any(|place| match place.root {
        Root::Binding(binding) => model.file.binding(binding).kind == BindingKind::Param,
        _ => false,
    });
    let hands = |to: NodeId| to == call || model.file.tree.contains(to, call);
    (is_param && model.handed(owner).iter().any(|handed| hands(handed.call))).then_some(owner)
}

/// The way out of one function that passes no release, from the acquiring call on, or from the start of a callback.
fn gap_in(
    model: &Model<'_>,
    func: FuncId,
    call: Option<NodeId>,
    handle: &Handle,
    releases: &[&Release],
) -> Option<Gap> {
    let tree = &model.file.tree;
    let flow = Flow::of(model, func)?;
    let mut stops: FxHashSet<NodeId> = FxHashSet::default();
    let mut inner = None;
    for release in releases {
        stops.insert(release.node);
        // A closure that releases takes over when it is made; one that was made before may take over at any time.
        let closure = tree
            .ancestors(release.node)
            .find(|&node| tree.kind(node) == Kind::Function && tree.func(node) == func);
        let Some(closure) = closure else { continue };
        if call.is_some_and(|call| closure < call) || is_hoisted(model, closure) {
            return None;
        }
        stops.insert(closure);
        let continuation = tree.function(closure).filter(|&closure| is_continuation(model, closure));
        inner = inner
            .or_else(|| continuation.and_then(|closure| gap_in(model, closure, None, handle, releases)))
            .filter(|gap| !gap.is_weak);
    }
    let start = match call {
        Some(call) => *flow.points(acquired_at(model, call)).first()?,
        None => flow.entry(),
    };
    // In the callback that is handed the thing there is none if there is an error.
    let is_owner = owner(model, handle) == Some(func);
    let error = error_param(model, func).filter(|_| call.is_none() && is_owner);
    let mut nothing_else = handle.places.clone();
    nothing_else.retain(|_| call.is_some() || is_owner);
    let feasible = |edge| {
        !contradicts(model, edge, &nothing_else) && !error.is_some_and(|error| is_set(model, edge, error))
    };
    let mut found = flow.escape(start, &stops, &feasible);
    // What could not be opened holds nothing.
    if let Some(opened) = found.as_ref().and_then(|way| opening(model, handle, way)) {
        found = flow.points(opened).first().and_then(|&start| flow.escape(start, &stops, &feasible));
    }
    let Some(way) = found else { return inner };
    let survives = way.exit != Exit::Throw || model.file.function(func).is_async;
    // A call that only may throw, in code that the process may not survive: two doubts.
    if way.is_weak && !survives {
        return inner;
    }
    let at = way.at.map(|node| tree.span(node));
    let how = match way.exit {
        Exit::Return => "when the function returns early",
        Exit::Throw if way.at.is_some_and(|node| tree.kind(node) == Kind::Await) => {
            "when what is awaited here rejects"
        }
        Exit::Throw => "when this throws",
        Exit::End => "on every branch",
    };
    let gap =
        Gap { how: how.to_owned(), at, is_weak: way.is_weak || !survives, repeats: false, one_each: false };
    inner.filter(|_| gap.is_weak).or(Some(gap))
}

/// The `await client.connect()` by whose rejection a function is left.
fn opening(model: &Model<'_>, handle: &Handle, way: &Way) -> Option<NodeId> {
    let tree = &model.file.tree;
    let wait = way.at.filter(|&at| way.exit == Exit::Throw && tree.kind(at) == Kind::Await)?;
    let (object, method) = tree.method_call(tree.first(wait)?)?;
    let opens = matches!(method, "connect" | "open" | "initialize" | "init" | "ready");
    (opens && handle.places.contains(&model.file.place(object))).then_some(wait)
}

/// A function that goes on with the work once something is done, and runs once: the error-first callback of a call.
fn is_continuation(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    error_param(model, func).is_some()
        && matches!(model.handed(func), [handed] if {
            let is_last = tree.args(handed.call).last().is_some_and(|last| tree.function(last) == Some(func));
            let listens = tree.method_call(handed.call).is_some_and(|(_, name)| matches!(name, "on" | "once"));
            is_last && !listens
        })
}

/// The first parameter of an error-first callback.
pub(crate) fn error_param(model: &Model<'_>, func: FuncId) -> Option<BindingId> {
    let tree = &model.file.tree;
    let binding = tree.binding(model.file.params(func).next()?)?;
    let name = tree.text(model.file.binding(binding).name).to_ascii_lowercase();
    (matches!(name.as_str(), "e" | "er" | "failed" | "failure" | "ex") || name.contains("err"))
        .then_some(binding)
}

/// Whether an edge is taken only if a variable holds something.
pub(crate) fn is_set(model: &Model<'_>, edge: Edge, binding: BindingId) -> bool {
    let tree = &model.file.tree;
    let (test, outcome) = match edge {
        Edge::True(test) => (test, true),
        Edge::False(test) => (test, false),
        _ => return false,
    };
    let names = |node: NodeId| model.file.binding_of(node) == Some(binding);
    match tree.kind(test) {
        Kind::Identifier => outcome && names(test),
        Kind::Binary => {
            let (Some(left), Some(right)) = (tree.first(test), tree.child(test, 1)) else { return false };
            let is_test = names(left) && model.is_nothing(right) || names(right) && model.is_nothing(left);
            let is_kind = names(left) && !model.is_nothing(right);
            match tree.binary_op(test) {
                Some(BinaryOp::Equal) => is_test && !outcome,
                Some(BinaryOp::NotEqual) => is_test && outcome,
                _ => is_kind && outcome,
            }
        }
        // `error.code`, `error instanceof …`: whoever asks has an error.
        Kind::Member => outcome && tree.first(test).is_some_and(names),
        _ => false,
    }
}

/// The way out of the function by a race that rejects: the loser is released only where the race is won.
fn lost_race(model: &Model<'_>, call: NodeId, handle: &Handle, releases: &[&Release]) -> Option<Gap> {
    let tree = &model.file.tree;
    let func = tree.func(executed_by(model, call));
    let is_race = |node: NodeId| {
        let raced = tree.first(node).and_then(|raced| tree.callee(raced));
        let path = raced.and_then(|callee| model.api_path(callee));
        tree.kind(node) == Kind::Await && matches!(path.as_deref(), Some("Promise.race" | "Promise.any"))
    };
    gap(model, call, handle, releases).filter(|gap| {
        let mut within = tree.subtree(model.file.function(func).node);
        within.any(|node| Some(tree.span(node)) == gap.at && is_race(node))
    })
}

/// A function declaration is made before anything else of its function runs.
fn is_hoisted(model: &Model<'_>, function: NodeId) -> bool {
    let func = model.file.tree.function(function);
    func.and_then(|func| model.file.function(func).binding).is_some_and(|binding| {
        let row = model.file.binding(binding);
        row.kind == BindingKind::Function && row.node == function
    })
}

/// What is acquired while a promise is made is acquired by whoever makes the promise.
fn executed_by(model: &Model<'_>, call: NodeId) -> NodeId {
    let func = model.file.tree.func(call);
    let made = model.handed(func).first().filter(|_| slot::is_executor(model, func));
    made.map_or(call, |handed| handed.call)
}

/// The point from which the thing is held: the `await` of a call that yields a promise, else the call.
fn acquired_at(model: &Model<'_>, call: NodeId) -> NodeId {
    let tree = &model.file.tree;
    tree.parent(call).filter(|&parent| tree.kind(parent) == Kind::Await).unwrap_or(call)
}

/// The last names of the functions and methods that release.
fn releasing(patterns: &ReleasePatterns) -> impl Iterator<Item = &str> {
    let functions = patterns.functions.iter().map(|name| name.rsplit('.').next().unwrap_or(name));
    functions.chain(patterns.methods.iter().map(String::as_str))
}

/// The same, for claims.
pub(crate) fn release_names(patterns: &ReleasePatterns) -> Vec<String> {
    releasing(patterns).map(str::to_owned).collect()
}

/// Whether a way out of sight may end in a release: not the release calls themselves, nor code that only looks.
pub(crate) fn hands_over(file: &FileView<'_, '_>, escape: &Escape, releases: &[Release]) -> bool {
    let model = file.model;
    match escape {
        Escape::Argument { call, index } => {
            let is_release = releases.iter().any(|release| release.node == *call);
            let path = model.file.tree.callee(*call).and_then(|callee| model.api_path(callee));
            let only_looks = path
                .is_some_and(|path| path.starts_with("console.") || LOOKERS.contains(&&*path))
                || growth::is_only_looked_at(model, file.accesses, *call, *index);
            !is_release && !only_looks
        }
        Escape::Returned(_) | Escape::Elsewhere(_) => true,
    }
}

/// Why what goes there is not followed.
fn escape_phrase(escape: &Escape) -> &'static str {
    match escape {
        Escape::Returned(_) => "it is returned: who gets it may release it",
        Escape::Argument { .. } => "it is handed to code that may release it",
        Escape::Elsewhere(_) => "it is put where it may be released",
    }
}

/// Functions that only look at what they are handed.
const LOOKERS: &[&str] = &[
    "String",
    "Boolean",
    "Number",
    "JSON.stringify",
    "assert",
    "assert.ok",
    "assert.equal",
    "Symbol",
    "isNaN",
    "URL.createObjectURL",
    "window.URL.createObjectURL",
    "fs.readSync",
    "fs.writeSync",
    "fs.fstatSync",
    "fs.ftruncateSync",
    "fs.fsyncSync",
    "fs.fdatasyncSync",
    "fs.futimesSync",
    "fs.fchmodSync",
    "fs.read",
    "fs.write",
    "fs.fstat",
    "fs.ftruncate",
    "fs.fsync",
];

/// The first name under which others can reach the thing. A part of a value is not reached in other ways than the value.
fn shared_place<'h>(model: &Model<'_>, handle: &'h Handle) -> Option<&'h Place> {
    handle.places.iter().find(|&place| {
        let is_part = handle.places.iter().any(|whole| whole != place && place.starts_with(whole));
        is_shared(model, place) && !is_part && !matches!(place.root, Root::Value(_))
    })
}

/// Whether other files, or other functions through a field, can reach what is at a place.
pub(crate) fn is_shared(model: &Model<'_>, place: &Place) -> bool {
    match place.root {
        Root::Binding(binding) => !place.path.is_empty() || model.file.binding(binding).func.index() == 0,
        _ => true,
    }
}

fn never_runs(file: &FileView<'_, '_>, release: &Release, notes: &mut Vec<Note>) -> bool {
    let dead = file
        .model
        .file
        .enclosing(release.func)
        .find_map(|func| reach::dead(file.model, file.accesses, func).map(|dead| (func, dead)));
    let Some((func, dead)) = dead else { return false };
    let name = file.model.file.function_name(func).unwrap_or("its function");
    let message = match dead {
        Dead::NoCaller => format!("released in `{name}`, which nobody calls"),
        Dead::Misspelt(hook) => format!("released in `{name}`, which is never called: the hook is `{hook}`"),
    };
    notes.push(Note { role: Role::NeverRuns, message, span: file.model.file.tree.span(release.node) });
    true
}

/// Judges one claim with the whole project in sight.
pub(crate) fn settle(
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
    file: FileId,
    claim: &Claim,
    body: &AcquireClaim,
    text: impl Fn(&AcquireClaim) -> Text,
) -> Option<Finding> {
    let project = view.project;
    let mut doubt = Doubt::default();
    if body.partial.as_ref().is_some_and(|gap| gap.is_weak) {
        doubt.unknown();
    }
    if let Some(once) = &body.once {
        let flag = project.canonical(file, once);
        let is_lasting = matches!(project.life(&flag), Lives::Process | Lives::Singleton(..));
        if is_lasting || body.handle.is_some() && repeats_per_owner(project, file, claim, body) == Answer::No
        {
            return view.drop(file, claim, || "a flag lets it happen once".to_owned());
        }
    }
    match repeats_per_owner(project, file, claim, body) {
        Answer::Yes => {}
        Answer::Assumed => doubt.assume(),
        Answer::Unknown => doubt.unknown(),
        Answer::No => {
            return view.drop(file, claim, || {
                format!("the function runs {}", project.rate(file, claim.func).phrase())
            });
        }
    }
    if let Some(target) = &body.target {
        match target_outlives(project, file, claim, body, target) {
            Answer::Yes | Answer::Assumed => {}
            Answer::Unknown => doubt.unknown(),
            Answer::No => {
                return view.drop(file, claim, || format!("`{}` does not outlive it", target.shown));
            }
        }
    }
    let keeps = body.handed.iter().find(|(to, index)| !project.only_looks(file, to, *index, &body.release));
    if keeps.is_some() {
        return view.drop(file, claim, || "it is handed to code that may release it".to_owned());
    }
    // `loadUsers()` connects as often as somebody wants the users.
    let loads = project.summary(file).functions[claim.func.index()].name.starts_with("load");
    // What starts an instance that ends starts it as often as there are instances.
    let ends = body
        .class
        .as_ref()
        .is_some_and(|(class, end)| end.is_some() || ending::ends_in_project(project, file, *class));
    if body.partial.is_none() && !ends && !loads && lifetime::is_startup(project, file, claim.func) {
        doubt.unknown();
    }
    if body.may_be_released || is_released_elsewhere(project, file, body) {
        doubt.unknown();
    }
    // A timeout ends by itself, and a chain that nothing keeps often lasts as long as the page on purpose.
    let is_driven = project.rate(file, claim.func).rate.is_some_and(|rate| rate > Rate::Call);
    let is_timeout = body.shown.is_empty() && body.what.contains("timeout") && body.partial.is_none();
    if is_timeout && !is_driven && body.class.is_none() {
        doubt.unknown();
    }
    let Some(confidence) = doubt.confidence() else {
        return view.drop(file, claim, || {
            let rate = project.rate(file, claim.func).phrase();
            format!("too much is in doubt ({}); the function runs {rate}", doubt.phrase())
        });
    };
    let words = text(body);
    let mut retainers = vec![Retainer { role: Role::Acquired, message: words.keeps, file, span: claim.at }];
    if let Some(gap) = &body.partial
        && let Some(span) = gap.at
    {
        let message = format!("not released {}", gap.how);
        retainers.push(Retainer { role: Role::Holder, message, file, span });
    }
    retainers.extend(body.notes.iter().map(|note| note.retainer(file)));
    retainers.extend(lifetime::repeats_retainer(project, file, claim.func));
    Some(Finding {
        rule: meta.id,
        severity: meta.severity,
        confidence,
        message: words.message,
        help: words.help,
        file,
        span: claim.at,
        retainers,
        fixes: body.fixes.clone(),
        scope: project.function_name(file, claim.func),
        subject: format!("{} {}", body.what, body.shown),
    })
}

/// Whether the acquisition happens again and again in one process.
fn repeats_per_owner(project: &Project<'_>, file: FileId, claim: &Claim, body: &AcquireClaim) -> Answer {
    let info = match body.one_each {
        // Each owner leaves one behind, however often its code runs.
        Some(Owner::Class(class)) => project.class_rate(file, class),
        Some(Owner::Run(func)) => project.rate(file, func),
        None => project.rate(file, claim.func),
    };
    let answer = match info {
        RateInfo { rate: None, .. } => Answer::Unknown,
        info if info.is_once() => Answer::No,
        RateInfo { rate: Some(Rate::Call), .. } => Answer::Assumed,
        RateInfo { certain: true, .. } => Answer::Yes,
        _ => Answer::Assumed,
    };
    if body.partial.as_ref().is_some_and(|gap| gap.repeats) && answer == Answer::Unknown {
        return Answer::Assumed;
    }
    // What a variable of one run holds is nothing of the instance.
    let is_of_run = body.partial.is_some() && body.handle.is_none() || body.one_each.is_some();
    let Some((class, end)) = body.class.as_ref().filter(|_| !is_of_run) else { return answer };
    let ends = end.is_some() || ending::ends_in_project(project, file, *class);
    // Code of an instance runs as often as instances are made; that they end by themselves shows in an end method.
    let made = project.class_rate(file, *class);
    match (made.rate, ends) {
        (Some(rate), _) if rate <= Rate::Once && !made.in_loop && info.is_once() => Answer::No,
        (Some(rate), _) if rate >= Rate::Component && made.certain => answer,
        (_, true) => match answer {
            Answer::Unknown => Answer::Assumed,
            known => known,
        },
        (_, false) if body.partial.as_ref().is_some_and(|gap| gap.repeats) => answer,
        (_, false) => match answer {
            Answer::Yes => Answer::Assumed,
            Answer::Assumed => Answer::Unknown,
            known => known,
        },
    }
}

/// Whether what keeps the acquired thing outlives the code that acquires it.
fn target_outlives(
    project: &Project<'_>,
    file: FileId,
    claim: &Claim,
    body: &AcquireClaim,
    target: &Target,
) -> Answer {
    let spot = project.canonical(file, &target.place);
    let lives = project.life(&spot);
    match (lives, &body.class) {
        // What an instance holds in a field and did not make may be anybody's; what it made ends with it.
        (Lives::With(..), Some((class, _))) if is_component(project, file, *class) => {
            if is_injected(project, file, *class, &target.place) { Answer::Assumed } else { Answer::Unknown }
        }
        (_, _) if target.origin == Origin::Fetched => {
            if is_component_code(project, file, claim) {
                Answer::Assumed
            } else {
                Answer::Unknown
            }
        }
        (Lives::Unknown, _) if target.origin == Origin::Named && is_component_code(project, file, claim) => {
            Answer::Assumed
        }
        _ => project.outlives(lives, file, claim.func, body.in_loop),
    }
}

fn is_component(project: &Project<'_>, file: FileId, class: ClassId) -> bool {
    project.class_rate(file, class).rate == Some(Rate::Component)
}

/// The code runs for each component: what it takes from elsewhere is mostly made to be shared.
fn is_component_code(project: &Project<'_>, file: FileId, claim: &Claim) -> bool {
    project.rate(file, claim.func).rate == Some(Rate::Component)
}

/// A field that is never given anything but a parameter of the constructor: a service, a parent. What a getter gives is
/// mostly another field of the instance.
fn is_injected(project: &Project<'_>, file: FileId, class: ClassId, place: &Place) -> bool {
    let field = match (place.root, place.path.first()) {
        (Root::This(of), Some(Step::Field(name))) if of == class => project.symbol(project.name(file, *name)),
        _ => None,
    };
    let Some(field) = field else { return true };
    match project.field_row(file, class, field) {
        Some(row) => matches!(row, TypeRow::Same(_) | TypeRow::Annotated(_) | TypeRow::Unknown),
        None => project.method(file, class, field).is_none(),
    }
}

/// Another file, or another class of the family, releases what is at the same spot.
fn is_released_elsewhere(project: &Project<'_>, file: FileId, body: &AcquireClaim) -> bool {
    let Some(handle) = &body.handle else { return false };
    let spot = project.canonical(file, handle);
    // The releases of this file are known to the claim; the ones it has leave a gap.
    project.uses(&spot).iter().filter(|found| found.file != file).any(|found| match &found.row.what {
        What::Method(name, _) | What::Argument(name) => {
            let name = project.name(found.file, *name);
            body.release.iter().any(|release| release == name)
        }
        _ => false,
    })
}
