//! Observables that end by themselves: after one value, with the answer to a request.

use crate::catalog::ModelId;
use crate::index::{FuncId, NodeId};
use crate::model::Model;

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

/// Whether an observable is piped through an operator after which it ends: `source.pipe(filter(f), take(1)).pipe(…)`.
fn chain_completes(model: &Model<'_>, source: NodeId) -> bool {
    let tree = &model.file.tree;
    let mut at = source;
    while let Some((object, method)) = tree.method_call(at) {
        if method == "pipe" && tree.args(at).any(|operator| completes(model, operator)) {
            return true;
        }
        at = object;
    }
    false
}
