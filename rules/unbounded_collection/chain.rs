//! Functions that are wrapped again and again: each keeps the one before.

use super::missed::settled_by;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::{ClassId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::Root;
use outlive_semantic::words::words;

/// Whether the code itself shows that a function is wrapped more than once: each link settles a promise of one who waits, or
/// what the constructor has called is called again.
pub(super) fn is_wrapped_again(model: &Model<'_>, op: &CollectionOp) -> bool {
    op.op == Op::Grow(Growth::Wrap) && (settled_by(model, op).is_some() || is_done_again(model, op))
}

/// `constructor() { this.reset(); }` and `reset() { this.find = memo(this.find); }`: who resets wraps what is wrapped.
fn is_done_again(model: &Model<'_>, op: &CollectionOp) -> bool {
    let Root::This(class) = op.holder.root else { return false };
    let called_first = |&call: &NodeId| model.constructs(model.file.tree.func(call)) == Some(class);
    let (first, later): (Vec<NodeId>, Vec<NodeId>) =
        model.calls_of(op.func).iter().partition(|call| called_first(call));
    let is_for_later = || is_offered(model, class, op.func) && begins_anew(model, op.func);
    !first.is_empty() && (!later.is_empty() || is_for_later())
}

/// Whether a function has what is there begin anew, by the first word of its name.
fn begins_anew(model: &Model<'_>, func: FuncId) -> bool {
    let first = model.file.function_name(func).and_then(|name| words(name).into_iter().next());
    matches!(
        first.as_deref(),
        Some("reset" | "clear" | "refresh" | "reload" | "rebuild" | "invalidate" | "update")
    )
}

/// Whether a function is a method that others can call.
fn is_offered(model: &Model<'_>, class: ClassId, func: FuncId) -> bool {
    let mut members = model.file.class(class).members.iter();
    members.any(|member| member.func == Some(func) && !member.is_private)
}
