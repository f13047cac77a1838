//! Writers that report completion before anybody has taken what they were given.

use super::sink::{self, Sink};
use crate::claim::{LocalClaim, Note};
use crate::finding::Role;
use crate::rule::FileView;
use crate::unbounded_queue;
use outlive_semantic::access::Usage;
use outlive_semantic::accumulate;
use outlive_semantic::catalog::Container;
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tree::Kind;

/// Who takes the chunk.
struct Taker {
    shown: String,
    advice: String,
    conventions: u8,
    /// Completion counts only if it is reported before this.
    before: Option<NodeId>,
}

/// A `_write` that hands a chunk on, or puts it aside, and reports completion at once.
pub(super) fn callback(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let inside = |func| Some((func, accumulate::completion(model, func)?));
    let (func, callback) = model.file.enclosing(tree.func(call)).find_map(inside)?;
    let chunk = model.file.params(func).next().and_then(|param| tree.binding(param))?;
    if !forwards(model, call, chunk) {
        return None;
    }
    let name = tree.text(model.file.binding(callback).name);
    let Taker { shown, advice, conventions, before } = taker(file, call, func, name)?;
    let at_once = reported(file, func, callback, before)?;
    Some(LocalClaim {
        message: format!(
            "`{name}` is called before `{shown}` has taken the chunk: the writer is never slowed down"
        ),
        help: format!("call `{name}` {advice}"),
        subject: format!("{shown} {name}"),
        conventions,
        notes: vec![Note {
            role: Role::ReleasedHereOnly,
            message: "completion is reported here".to_owned(),
            span: tree.span(at_once),
        }],
        ..LocalClaim::default()
    })
}

/// What a call hands the chunk to, if that takes its time.
fn taker(file: &FileView<'_, '_>, call: NodeId, func: FuncId, callback: &str) -> Option<Taker> {
    let model = file.model;
    if let Some(sink) = sink::of(model, call) {
        return sink_taker(file, func, sink);
    }
    let tree = &model.file.tree;
    let callee = tree.callee(call)?;
    let shown = model.file.display(&model.file.place(callee));
    let advice = format!("when the promise of `{shown}` settles");
    if sink::is_awaited(model, call) && tree.func(call) == func {
        return Some(Taker { shown, advice, conventions: 0, before: Some(call) });
    }
    let is_async = || model.function_of(callee).is_some_and(|func| model.file.function(func).is_async);
    let is_own = model.callee_name(callee) == Some(callback);
    let whole = chained(model, call);
    let is_promise = || whole != call || is_async();
    // How long it takes nobody knows.
    (!is_own && tree.is_discarded(whole) && !sink::is_awaited(model, whole) && is_promise())
        .then_some(Taker { shown, advice, conventions: 1, before: None })
}

/// The whole of what is done with the promise of a call: `save(chunk).then(report).catch(fail)`.
fn chained(model: &Model<'_>, call: NodeId) -> NodeId {
    let tree = &model.file.tree;
    let next = |&of: &NodeId| {
        let outer = tree.parent(of).and_then(|member| tree.parent(member))?;
        let (object, method) = tree.method_call(outer)?;
        (object == of && matches!(method, "then" | "catch" | "finally")).then_some(outer)
    };
    std::iter::successors(Some(call), next).last().unwrap_or(call)
}

fn sink_taker(file: &FileView<'_, '_>, func: FuncId, sink: Sink<'_>) -> Option<Taker> {
    let model = file.model;
    // A transform pushes into itself: the stream paces that.
    if sink.place.path.is_empty() && matches!(sink.place.root, Root::This(_) | Root::Receiver(_))
        || sink::mentions_gauge(file, func, &sink)
    {
        return None;
    }
    let list = model
        .model_of(model.place_ty(&sink.place))
        .is_some_and(|ty| model.catalog.model(ty).container == Some(Container::Array));
    if list {
        // A list takes what is pushed at once; who works it off does not.
        let waits = unbounded_queue::taken_one_by_one(file, &sink.place, func)?;
        let is_own = model.file.is_within(model.file.tree.func(waits), func);
        if is_own || unbounded_queue::is_depth_tested(file, &sink.place) {
            return None;
        }
        let advice = "when the chunk was worked off, or while the list is short".to_owned();
        return Some(Taker { shown: sink.shown, advice, conventions: 1, before: None });
    }
    let advice = format!("from the callback of `{}.{}`, or when it drains", sink.shown, sink.method);
    Some(Taker { conventions: u8::from(!sink.proved), shown: sink.shown, advice, before: None })
}

/// Where completion is reported in the same run; none if a later one may be meant.
fn reported(
    file: &FileView<'_, '_>,
    func: FuncId,
    callback: BindingId,
    before: Option<NodeId>,
) -> Option<NodeId> {
    let model = file.model;
    let tree = &model.file.tree;
    let place = Place::root(Root::Binding(callback));
    let mut at_once = None;
    for access in file.accesses.of(&place) {
        match access.usage {
            // A failure ends the stream.
            Usage::Called(node) if tree.arg(node, 0).is_some_and(|error| !model.is_nothing(error)) => {}
            Usage::Called(node) => match before {
                Some(before) if node > before || !is_statement(model, func, node) => {}
                _ if !is_same_run(model, access.func, func) => return None,
                _ => at_once = at_once.or(Some(node)),
            },
            // Kept for later, or handed to the sink: it is paced on that way.
            Usage::Stored(_) | Usage::Assigned(_) | Usage::Argument { .. } => return None,
            _ => {}
        }
    }
    at_once
}

/// Whether a call is a statement of the function's own body, not of a branch that may leave it.
fn is_statement(model: &Model<'_>, func: FuncId, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let statement = tree.parent(call).filter(|&parent| tree.kind(parent) == Kind::ExprStmt);
    statement.and_then(|statement| tree.parent(statement)) == model.file.body(func)
}

/// Whether an argument of the call is the chunk, or made from it.
pub(super) fn forwards(model: &Model<'_>, call: NodeId, chunk: BindingId) -> bool {
    let tree = &model.file.tree;
    let mentions = |node: NodeId| tree.subtree(node).any(|n| model.file.binding_of(n) == Some(chunk));
    tree.args(call).any(|arg| mentions(arg) || model.file.value_of(arg).is_some_and(mentions))
}

/// The same run: the function itself, or what it awaits.
fn is_same_run(model: &Model<'_>, inner: FuncId, outer: FuncId) -> bool {
    inner == outer || model.is_immediately_invoked(inner) && model.file.is_within(inner, outer)
}
