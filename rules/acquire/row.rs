//! What rows of the catalog say that a call acquires.

use super::acquired::Acquired;
use super::given::note_given;
use super::handover::{hands_to_callback, hands_to_unknown};
use super::release::claim_handle;
use super::{place_taken, request};
use crate::claim::{AcquireClaim, LateClaim, Note, Target};
use crate::rule::{Claims, FileView, Meta};
use crate::unaborted;
use outlive_semantic::access::Usage;
use outlive_semantic::catalog::{AcquireRow, Handle as Where, ModelId};
use outlive_semantic::handle::{self, Handle, Release, ReleasePatterns};
use outlive_semantic::index::NodeId;
use outlive_semantic::listeners;
use outlive_semantic::model::{self, Model, Ty};
use outlive_semantic::place::{Place, Root};
use outlive_semantic::summary::TypeRow;
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::{Kind, Tree};
use rustc_hash::FxHashMap;

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
        note_given(file, &acquired, &handle, claims);
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

/// The row of the catalog that says what a call acquires.
pub(crate) fn row<'a>(file: &FileView<'_, 'a>, meta: &'static Meta, call: NodeId) -> Option<&'a AcquireRow> {
    if !file.may_acquire(call) {
        return None;
    }
    let rows = file.model.rows(call);
    let mut acquired = rows.iter().filter_map(|row| row.acquires.as_ref());
    acquired.find(|row| row.rule == meta.id && (!row.needs_function || may_hand_function(file.model, call)))
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

/// Whether what a constant names may be given back under the same constant, `unwatchFile('motd')`: the file has the function.
fn gives_back_constants(model: &Model<'_>, call: NodeId, at: usize, functions: &[String]) -> bool {
    let tree = &model.file.tree;
    let last = |path: &str| tree.names().find(path.rsplit('.').next().unwrap_or(path)).is_some();
    tree.arg(call, at).is_some_and(|arg| tree.string(arg).is_some())
        && functions.iter().any(|path| last(path))
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
