//! What is written to, and whether anybody asks how much of it waits.

use super::source;
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::place::{Place, Root};
use outlive_semantic::rate::Life;
use outlive_semantic::tree::{Kind, LogicalOp};

/// Words that show that somebody looks at how much waits.
const GAUGES: &[&str] = &[
    "bufferedAmount",
    "writableLength",
    "writableNeedDrain",
    "desiredSize",
    "drain",
    "_writableState",
    "bufferSize",
    "writableHighWaterMark",
    "highWaterMark",
    "bufferedAmountLowThreshold",
    "pause",
    "ready",
    "needDrain",
    "canPush",
    "awaitDrain",
];

/// What is written to.
pub(super) struct Sink<'m> {
    pub(super) place: Place,
    pub(super) shown: String,
    pub(super) method: &'m str,
    /// Its type is known to buffer.
    pub(super) proved: bool,
    /// Its type is known, and nothing is known about its buffering.
    pub(super) other: bool,
    /// How to wait for it, where a row says so.
    pub(super) advice: Option<&'m str>,
    /// It leads to a client or another peer, which may be slow or gone.
    pub(super) is_peer: bool,
}

/// The sink of a call whose result is thrown away: `stream.write(x)`, `socket.send(x)`, `queue.push(x)`.
pub(super) fn of<'m>(model: &Model<'m>, call: NodeId) -> Option<Sink<'m>> {
    let tree = &model.file.tree;
    let (object, method) = tree.method_call(call)?;
    let advice = model.rows(call).iter().find_map(|row| row.sends.as_deref());
    let is_known = advice.is_some() || matches!(method, "write" | "send" | "push" | "enqueue");
    if !is_known || !is_ignored(model, call, advice.is_some()) || takes_callback(model, call) {
        return None;
    }
    let ty = model.ty(object);
    let of = model.model_of(ty);
    let row = of.map(|of| model.catalog.model(of));
    let proved = advice.is_some() || method == "write" && row.is_some_and(|row| row.writable);
    if matches!(ty, Ty::Finite | Ty::Text | Ty::Number | Ty::Function(_)) {
        return None;
    }
    let place = model.file.place(object);
    let is_stdio = model.path_of(&place).is_some_and(|path| path.starts_with("process.std"));
    if is_stdio || matches!(place.root, Root::Value(_)) {
        return None;
    }
    let is_peer = row
        .is_some_and(|row| matches!(row.life, Some(Life::Request | Life::Connection)) || row.holds.is_some());
    let is_peer = is_peer || method == "send" && advice.is_some();
    let shown = model.file.display(&place);
    Some(Sink { place, shown, method, proved, other: of.is_some() && !proved, advice, is_peer })
}

/// Whether nobody waits for what a call returns. Of a promise an error may be reported: that is no wait either.
fn is_ignored(model: &Model<'_>, call: NodeId, is_promise: bool) -> bool {
    let tree = &model.file.tree;
    let reported = || {
        let caught = tree.parent(call).and_then(|member| tree.parent(member))?;
        matches!(tree.method_call(caught), Some((of, "catch")) if of == call).then_some(caught)
    };
    let whole = if is_promise { reported().unwrap_or(call) } else { call };
    let is_body = || body_of(model, whole).is_some_and(|func| source::returns_to_nobody(model, func));
    (tree.is_discarded(whole) || is_body()) && !is_awaited(model, whole)
}

/// The arrow function whose body a call is.
fn body_of(model: &Model<'_>, call: NodeId) -> Option<FuncId> {
    model.file.tree.function(model.file.tree.parent(call)?)
}

pub(super) fn is_awaited(model: &Model<'_>, call: NodeId) -> bool {
    model.file.tree.parent(call).is_some_and(|parent| model.file.tree.kind(parent) == Kind::Await)
}

/// A completion callback paces the writer, if it does more than report an error.
fn takes_callback(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.args(call).skip(1).any(|arg| match tree.kind(arg) {
        Kind::Function => !only_reports(model, arg),
        Kind::Identifier | Kind::Member => {
            matches!(model.ty(arg), Ty::Function(_)) || names_callback(model, arg)
        }
        _ => false,
    })
}

fn names_callback(model: &Model<'_>, node: NodeId) -> bool {
    matches!(model.callee_name(node), Some("cb" | "callback" | "done" | "next" | "resolve" | "fn"))
}

/// `(error) => { if (error) … }`, `(error) => error && …`: whatever it does is done with errors.
fn only_reports(model: &Model<'_>, function: NodeId) -> bool {
    let tree = &model.file.tree;
    let Some(func) = tree.function(function) else { return false };
    let Some(error) = model.file.params(func).next().and_then(|param| tree.binding(param)) else {
        return false;
    };
    let Some(body) = model.file.body(func) else { return false };
    let mut statements = tree.children(body);
    let only = match (tree.kind(body), statements.next(), statements.next()) {
        (Kind::Block, Some(only), None) if tree.kind(only) == Kind::ExprStmt => tree.first(only),
        (Kind::Block, only, None) => only,
        (Kind::Block, ..) => None,
        _ => Some(body),
    };
    only.is_some_and(|only| {
        let is_test = match tree.kind(only) {
            Kind::If => tree.child(only, 2).is_none_or(|other| tree.kind(other) == Kind::Empty),
            _ => tree.logical_op(only) == Some(LogicalOp::And),
        };
        is_test && tree.first(only).is_some_and(|test| model.file.binding_of(test) == Some(error))
    })
}

/// The outermost function around that is not the module.
pub(super) fn outermost(model: &Model<'_>, func: FuncId) -> FuncId {
    model.file.enclosing(func).filter(|func| func.index() != 0).last().unwrap_or(func)
}

/// Whether code around asks how much waits, or stops the source.
pub(super) fn mentions_gauge(file: &FileView<'_, '_>, func: FuncId, sink: &Sink<'_>) -> bool {
    let model = file.model;
    let is_gauge = |name: &str| GAUGES.contains(&name);
    mentions(model, model.file.function(func).node, &is_gauge)
        || file.accesses.below(&sink.place).any(|access| {
            let named = match access.usage {
                Usage::Method { name, .. } => Some(name),
                _ => access.place.last_field(),
            };
            named.is_some_and(|name| is_gauge(model.file.tree.text(name)))
        })
}

/// Whether a member or a string below a node has one of certain names.
pub(super) fn mentions(model: &Model<'_>, node: NodeId, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    let tree = &model.file.tree;
    tree.subtree(node).any(|n| {
        let name = match tree.kind(n) {
            Kind::Member | Kind::String => tree.name(n),
            _ => None,
        };
        name.is_some_and(is_wanted)
    })
}

/// Whether the file names anything of the kind: somebody may look there.
pub(super) fn names_any(model: &Model<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| model.file.tree.names().find(name).is_some())
}
