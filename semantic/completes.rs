//! Observables that end by themselves: after one value, with the answer to a request.

use crate::catalog::ModelId;
use crate::index::{FuncId, NodeId};
use crate::model::{Model, Ty};
use crate::rate::Life;
use crate::tree::Kind;

/// The type of rows that says of an observable no more than that it ends soon.
const ENDING: &str = "rxjs.Ending";

/// Whether a call is one after which an observable ends by itself: an operator like `take(1)`, a source that gives one
/// value, a request.
#[must_use]
pub fn completes(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let Some(name) = tree.callee(call).and_then(|callee| model.callee_name(callee)) else { return false };
    let mut rows = model.catalog.calls_named(name).filter_map(|row| row.completes.as_ref());
    rows.any(|row| row.up_to.is_none_or(|count| tree.args(call).count() <= count))
}

/// What a function gives whose callers need not end what they subscribe to.
pub(crate) fn returned(model: &Model<'_>, func: FuncId) -> Option<ModelId> {
    let values = model.returned_values(func);
    let ends = !values.is_empty() && values.iter().all(|&value| chain_completes(model, value));
    ends.then(|| model.catalog.find_type(ENDING))?
}

/// The one value that a function returns beside those that end by themselves: `return known ? of(known) : this.load()`.
pub(crate) fn sole_open(model: &Model<'_>, func: FuncId) -> Option<NodeId> {
    let values = model.returned_values(func);
    let mut open = values.iter().copied().filter(|&value| !chain_completes(model, value));
    open.next().filter(|_| open.next().is_none())
}

/// What a call gives before it is piped: `this.api.load().pipe(map(f))` ends as `this.api.load()` does.
pub(crate) fn before_pipes(model: &Model<'_>, value: NodeId) -> NodeId {
    let tree = &model.file.tree;
    let piped =
        |at: NodeId| tree.method_call(at).filter(|&(_, method)| method == "pipe").map(|(object, _)| object);
    let source = std::iter::successors(Some(value), |&at| piped(at)).last().unwrap_or(value);
    if tree.kind(source) == Kind::Call { source } else { value }
}

/// Whether a type is that of observables, of which some end by themselves.
pub(crate) fn may_end(model: &Model<'_>, of: ModelId) -> bool {
    model.catalog.returned(of, "pipe") == Some(of)
}

/// Whether a value is an observable that rows say ends with what was asked for.
fn is_answer(model: &Model<'_>, value: NodeId) -> bool {
    let Ty::Model(of) = model.ty(value) else { return false };
    model.catalog.model(of).life == Some(Life::Call) && model.catalog.returned(of, "pipe").is_some()
}

/// Whether an observable is piped through an operator after which it ends, `source.pipe(filter(f), take(1)).pipe(…)`, is one
/// value or a list as it is, `of(known)`, or the answer to a request.
fn chain_completes(model: &Model<'_>, source: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_plain = tree.kind(source) == Kind::Call && tree.method_call(source).is_none();
    if is_plain && completes(model, source) || is_answer(model, source) {
        return true;
    }
    let mut at = source;
    while let Some((object, method)) = tree.method_call(at) {
        if method == "pipe" && tree.args(at).any(|operator| completes(model, operator)) {
            return true;
        }
        at = object;
    }
    false
}
