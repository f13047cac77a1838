//! What the rules about acquired things share: following the handle, looking for its release, judging what is left.

mod handover;
mod paths;
mod place_taken;
mod request;
mod settle;

use crate::claim::{AcquireClaim, Gap, LateClaim, Note, Origin, Undo};
use crate::finding::Role;
use crate::rule::{Claims, FileView, Meta};
use crate::slot::{self, Held};
use crate::{ending, factory, mend, observed, owned, returned, unaborted};
use outlive_semantic::access::{Access, Usage};
use outlive_semantic::calls;
use outlive_semantic::catalog::{AcquireRow, Handle as Where, ModelId};
use outlive_semantic::handle::{self, Escape, Handle, Release, ReleasePatterns};
use outlive_semantic::index::{BindingId, ClassId, FuncId, NameId, NodeId};
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::summary::TypeRow;
use outlive_semantic::tables::{BindingKind, Type};
use outlive_semantic::tree::{Kind, Tree};
use outlive_semantic::{guard, listeners, model};
use rustc_hash::FxHashMap;

pub(crate) use crate::claim::Target;
use handover::{escape_phrase, handovers, hands_to_callback, hands_to_unknown, shared_place};
pub(crate) use handover::{hands_over, is_shared};
pub(crate) use paths::{error_param, executed_by, gap, is_continuation, is_set, owner};
use paths::{is_using, lost_race};
pub(crate) use settle::{settle, settle_all};

impl Target {
    /// The target at a place of the file.
    pub(crate) fn of(model: &Model<'_>, place: &Place, shown: String, claims: &mut Claims<'_>) -> Self {
        let origin = match place.root {
            Root::Binding(binding) if model.file.binding(binding).kind == BindingKind::Param => {
                match model.constructs(model.file.binding(binding).func) {
                    Some(class) if is_injected(model, class, binding) => Origin::Named,
                    Some(_) => Origin::PassedToConstructor,
                    None => Origin::Passed,
                }
            }
            Root::Binding(binding) if is_fetched(model, binding) => Origin::Fetched,
            Root::Value(node) if model.file.tree.kind(node) == Kind::Call => Origin::Fetched,
            _ => Origin::Named,
        };
        let place = claims.names.place(model, place);
        Self { place, shown, origin, is_own: false, given: None }
    }
}

/// Whether a parameter is a service that a framework hands to a component it makes: one that the component does not provide
/// itself.
fn is_injected(model: &Model<'_>, class: ClassId, param: BindingId) -> bool {
    let tree = &model.file.tree;
    let Some(Type::Named(name, _)) = model.file.binding(param).ty.map(|ty| model.file.ty(ty)) else {
        return false;
    };
    let decorators = &model.file.class(class).decorators;
    let mut lists = decorators.iter().filter_map(|&decorator| calls::provided(model, decorator)).peekable();
    let is_it = |list: NodeId| {
        tree.subtree(list).any(|node| model.callee_name(node).is_some_and(|of| of == tree.text(*name)))
    };
    lists.peek().is_some() && !lists.flatten().any(is_it)
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
    if !file.may_acquire(call) {
        return;
    }
    let (func, at) = (file.model.file.tree.func(call), file.model.file.tree.span(call));
    if let Some(row) = row(file, meta, call) {
        if let Some(body) = acquired(file, meta, call, row, claims) {
            claims.add(meta.id, func, at, body);
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
            let body = LateClaim { receiver, of, acquired };
            claims.add(meta.id, func, at, body);
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
    let unaborted =
        row.ended_by.iter().any(|name| name == SIGNAL).then(|| unaborted_signal(file, call)).flatten();
    let ends: Vec<&str> = row
        .ended_by
        .iter()
        .map(String::as_str)
        .filter(|name| unaborted.is_none() || *name != SIGNAL)
        .collect();
    let is_ended = names_option(file.model, call, &ends);
    let needed = needed(file.model, call, &row.needs);
    if is_ended
        || needed == Some(false)
        || !has_values(file.model, call, &row.needs_value)
        || row.only_one_at.is_some_and(|at| !place_taken::differs(file.model, call, at))
        || row.handle == Where::Result && hands_to_callback(file.model, call)
    {
        return None;
    }
    let mut patterns = ReleasePatterns {
        ends_itself: row.ends_itself,
        with_owner: ends_of_owner(file, call, &row.ended_with),
        ..ReleasePatterns::parse(&row.release)
    };
    let mut handle = held(file, call, row.handle)?;
    for (at, functions) in [&row.release_by_first, &row.release_by_second].into_iter().enumerate() {
        if !functions.is_empty() {
            if gives_back_constants(file.model, call, at, functions) {
                return None;
            }
            patterns.functions.extend_from_slice(functions);
            handle.places.extend(named_by(file.model, call, at));
        }
    }
    if may_end_itself(file, call, &handle, row) {
        return None;
    }
    if row.of_receiver && is_taken_beside(file, call) {
        return file
            .drop(meta, call, || "it ends with what it was taken from, which this function took".to_owned());
    }
    let acquired = Acquired { meta, call, what: row.what.clone(), patterns: &patterns };
    if needed == Some(true) && row.peer_ends.is_empty() {
        factory::note_given(file, &acquired, &handle, claims);
    }
    let mut body = claim_handle(file, acquired, &handle, claims)?;
    body.is_one_for_each = row.only_one_at.is_some_and(|at| place_taken::is_told(file.model, call, at));
    body.may_be_released |= needed.is_none() || row.doubtful;
    body.notes.extend(unaborted);
    if row.of_receiver {
        body.target = receiver(file, call, claims);
    }
    // What may end by itself need not be given back on every way.
    (row.peer_ends.is_empty() || body.partial.is_none()).then_some(body)
}

/// Whether something may end without its holder: others can reach it, and connect again when it is gone, or its own
/// function is told when it goes.
fn may_end_itself(file: &FileView<'_, '_>, call: NodeId, handle: &Handle, row: &AcquireRow) -> bool {
    let tree = &file.model.file.tree;
    let is_end =
        |name: &str| row.peer_ends.iter().any(|end| end == name || name.strip_prefix("on") == Some(end));
    let hears = |usage: Usage| match usage {
        Usage::Method { call, .. } => {
            tree.arg(call, 0).and_then(|event| tree.string(event)).is_some_and(is_end)
        }
        _ => false,
    };
    let is_outer = |place: &Place| match place.root {
        Root::Binding(binding) => {
            !place.path.is_empty() || file.model.file.binding(binding).func != tree.func(call)
        }
        _ => true,
    };
    !row.peer_ends.is_empty()
        && handle.places.iter().any(|place| {
            is_outer(place)
                || file.accesses.of(place).any(|access| hears(access.usage))
                || file.accesses.below(place).any(|access| {
                    let is_assigned = matches!(access.usage, Usage::Assigned(_));
                    is_assigned && access.place.last_field().is_some_and(|name| is_end(tree.text(name)))
                })
        })
}

/// Whether some argument behind the first may be a function.
fn may_hand_function(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_plain = |arg: NodeId| {
        matches!(
            tree.kind(arg),
            Kind::Object | Kind::Array | Kind::String | Kind::Number | Kind::Bool | Kind::Null
        )
    };
    tree.args(call).skip(1).any(|arg| !is_plain(arg))
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

/// Whether options of a call are what a row wants them to be, by their access paths.
fn has_values(model: &Model<'_>, call: NodeId, wanted: &FxHashMap<String, Vec<String>>) -> bool {
    let tree = &model.file.tree;
    wanted.iter().all(|(name, values)| {
        let value = tree.args(call).find_map(|arg| listeners::option(model, Some(arg), name));
        let path = value.and_then(|value| model.api_path(value));
        path.is_some_and(|path| values.iter().any(|value| *value == *path))
    })
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
    let is_import = |name| model::package_path(tree.text(name)).is_none();
    match place.root {
        Root::Module(name) if is_import(name) => Some(TypeRow::Same(claims.names.place_id(model, &place))),
        Root::This(_) if !place.path.is_empty() => Some(TypeRow::Same(claims.names.place_id(model, &place))),
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            if row.kind == BindingKind::Param {
                return None;
            }
            if row.func.index() == 0 {
                return Some(TypeRow::Same(claims.names.place_id(model, &place)));
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
    let value = tree.awaited(value);
    let callee = model.file.place(tree.callee(value)?);
    let is_named = matches!(callee.root, Root::Module(_) | Root::This(_));
    let callee = is_named.then(|| claims.names.place_id(model, &callee))?;
    Some(if tree.kind(value) == Kind::New { TypeRow::InstanceOf(callee) } else { TypeRow::ResultOf(callee) })
}

/// The row of the catalog that says what a call acquires.
pub(crate) fn row<'a>(file: &FileView<'_, 'a>, meta: &'static Meta, call: NodeId) -> Option<&'a AcquireRow> {
    if !file.may_acquire(call) {
        return None;
    }
    let rows = file.model.rows(call);
    let mut acquired = rows.iter().filter_map(|row| row.acquires.as_ref());
    acquired.find(|row| row.rule == meta.id && (!row.needs_function || may_hand_function(file.model, call)))
}

/// Whether what a constant names may be given back under the same constant, `unwatchFile('motd')`: the file has the function.
fn gives_back_constants(model: &Model<'_>, call: NodeId, at: usize, functions: &[String]) -> bool {
    let tree = &model.file.tree;
    let last = |path: &str| tree.names().find(path.rsplit('.').next().unwrap_or(path)).is_some();
    tree.arg(call, at).is_some_and(|arg| tree.string(arg).is_some())
        && functions.iter().any(|path| last(path))
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

/// The name of what a call is told of: who has that can give back what the call acquired.
fn named_by(model: &Model<'_>, call: NodeId, at: usize) -> Option<Place> {
    let place = model.file.place(model.file.tree.arg(call, at)?);
    (!matches!(place.root, Root::Value(_))).then_some(place)
}

/// What a call is asked of, with which ends what it gives: in `page.target().createCDPSession()` the page.
fn asked_of(tree: &Tree, call: NodeId) -> Option<NodeId> {
    let mut of = tree.method_call(call)?.0;
    while let Some((inner, _)) = tree.method_call(of) {
        of = inner;
    }
    Some(of)
}

/// Whether what a call is asked of was acquired by the same function: whether that stays is said of it.
fn is_taken_beside(file: &FileView<'_, '_>, call: NodeId) -> bool {
    let (model, tree) = (file.model, &file.model.file.tree);
    let binding = asked_of(tree, call).and_then(|of| model.file.binding_of(of));
    let value = binding.and_then(|binding| model.file.sole_value(binding)).map(|value| tree.awaited(value));
    value.is_some_and(|value| {
        tree.func(value) == tree.func(call)
            && tree.is_call(value)
            && model.rows(value).iter().any(|row| row.acquires.is_some())
    })
}

/// The same, as that whose life counts.
fn receiver(file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) -> Option<Target> {
    let model = file.model;
    let place = model.file.place(asked_of(&model.file.tree, call)?);
    let shown = model.file.display(&place);
    Some(Target::of(model, &place, shown, claims))
}

/// How far what something was taken from is followed to what that was taken from.
const MAX_OWNERS: usize = 4;

/// Where the function that has taken something ends what it took it from, `await browser.close()`, what that came from, or
/// what it is about: `context.newCDPSession(page)`.
fn ends_of_owner(file: &FileView<'_, '_>, call: NodeId, methods: &[String]) -> Vec<Release> {
    let (model, tree) = (file.model, &file.model.file.tree);
    let mut out = Vec::new();
    if methods.is_empty() {
        return out;
    }
    let mut ends = |of: NodeId| {
        let place = model.file.place(of);
        for access in file.accesses.of(&place).filter(|access| access.func == tree.func(call)) {
            let Usage::Method { name, call: node } = access.usage else { continue };
            if methods.iter().any(|method| method == tree.text(name)) {
                out.push(Release { node, func: access.func, place: place.clone() });
            }
        }
    };
    tree.args(call).filter(|&arg| tree.kind(arg) == Kind::Identifier).for_each(&mut ends);
    let mut at = Some(call);
    for _ in 0..MAX_OWNERS {
        let Some((owner, _)) = at.and_then(|at| tree.method_call(at)) else { break };
        ends(owner);
        let binding = model.file.binding_of(owner);
        let value = binding.and_then(|binding| model.file.sole_value(binding)).unwrap_or(owner);
        at = Some(tree.awaited(value));
    }
    out
}

/// The option by which what is aborted ends.
const SIGNAL: &str = "signal";

/// Why a signal among the options of a call ends nothing.
fn unaborted_signal(file: &FileView<'_, '_>, call: NodeId) -> Option<Note> {
    file.model.file.tree.args(call).find_map(|arg| unaborted::controller(file, arg))
}

/// `{ signal }` and its like in the options of the call.
fn names_option(model: &Model<'_>, call: NodeId, names: &[&str]) -> bool {
    let names_it = |arg, name| listeners::option(model, Some(arg), name).is_some();
    model.file.tree.args(call).any(|arg| names.iter().any(|name| names_it(arg, name)))
}

/// Whether an expression calls or constructs something of a package or of the platform.
fn is_made_by_package(model: &Model<'_>, value: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.is_call(value) && tree.callee(value).is_some_and(|callee| model.api_path(callee).is_some())
}

/// Where a call leaves what it acquires; none if the call itself takes care of it, or nobody can tell.
fn held(file: &FileView<'_, '_>, call: NodeId, at: Where) -> Option<Handle> {
    let (model, tree) = (file.model, &file.model.file.tree);
    let last = tree.args(call).last();
    let callback = last.and_then(|arg| model.function_of(arg));
    let result = || handle::follow(model, file.accesses, call);
    match (at, callback) {
        // Whether what a wrapper was handed is the callback, only its callers know.
        (Where::ResultAlone, None) if last.is_some_and(|last| is_callers(model, last)) => None,
        (Where::Result, _) | (Where::ResultAlone | Where::Either, None) => Some(result()),
        (Where::Parts, _) => Some(handle::with_parts(model, file.accesses, result())),
        (Where::ResultAlone, Some(_)) => None,
        (Where::Request, _) => Some(request::held(model, file.accesses, result())),
        (Where::Either, Some(func)) => {
            let bindings = model.file.params(func).skip(1).take(2).filter_map(|param| tree.binding(param));
            let places: Vec<Place> = bindings.map(|binding| Place::root(Root::Binding(binding))).collect();
            (!places.is_empty()).then(|| handle::follow_places(model, file.accesses, places))
        }
        (Where::Receiver, _) => {
            let (object, _) = tree.method_call(call)?;
            let place = model.file.place(object);
            // `createServer(serve).listen(0)`: made here, by a package.
            if matches!(place.root, Root::Value(_)) && is_made_by_package(model, object) {
                return Some(handle::follow(model, file.accesses, object));
            }
            let is_own = match place.root {
                Root::Binding(binding) => model.file.binding(binding).kind != BindingKind::Param,
                root => matches!(root, Root::This(_)),
            };
            is_own.then(|| handle::follow_places(model, file.accesses, [place]))
        }
    }
}

/// Whether an argument is a parameter of the function around, which may be a function for all that is known.
fn is_callers(model: &Model<'_>, arg: NodeId) -> bool {
    let binding = model.file.binding_of(arg);
    binding.is_some_and(|binding| model.file.binding(binding).kind == BindingKind::Param)
        && matches!(model.ty(arg), Ty::Unknown | Ty::Function(_))
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

/// What a call acquired.
pub(crate) struct Acquired<'q> {
    /// The rule that asks.
    pub(crate) meta: &'static Meta,
    /// The call.
    pub(crate) call: NodeId,
    /// What it is, in words: "file handle".
    pub(crate) what: String,
    /// How such a thing is given back.
    pub(crate) patterns: &'q ReleasePatterns,
}

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
    Some(AcquireClaim { release: release_names(patterns), undo: undo(patterns), ..claim })
}

/// `source.subscribe(take).unsubscribe()`
fn ends_at_once(model: &Model<'_>, call: NodeId, patterns: &ReleasePatterns) -> bool {
    let tree = &model.file.tree;
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
        notes,
        fixes,
        what: acquired.what,
    })
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
    let on_given = owned::is_on_given(model, call);
    for release in releases {
        let what = || format!("its {what} stays");
        owned::note_held(file, (func, span), release.func, on_given, what, claims);
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
    returned::note(file, meta.id, call, &undone_in, (format!("the {what}"), None), claims);
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

/// The last names of the functions and methods that release.
fn releasing(patterns: &ReleasePatterns) -> impl Iterator<Item = &str> {
    let functions = patterns.functions.iter().map(|name| name.rsplit('.').next().unwrap_or(name));
    functions.chain(patterns.methods.iter().map(String::as_str))
}

/// What to write to release, in the words that need nothing imported.
fn undo(patterns: &ReleasePatterns) -> Option<Undo> {
    let function = patterns.functions.iter().find(|name| !name.contains('.')).cloned().map(Undo::Function);
    function.or_else(|| patterns.methods.first().cloned().map(Undo::Method))
}

/// The same, for claims.
pub(crate) fn release_names(patterns: &ReleasePatterns) -> Vec<String> {
    releasing(patterns).map(str::to_owned).collect()
}
