//! Loops that take the next item before the work on the last is done.

use super::limiter::is_limited;
use crate::claim::LocalClaim;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::tree::{Kind, flag};
use outlive_semantic::{guard, work};

/// `for await (const item of stream) handle(item)`: the loop takes the next before the last is done.
pub(super) fn not_awaited(model: &Model<'_>, call: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    if model.awaited_loops().is_empty() {
        return None;
    }
    let each = guard::enclosing_loop(model, call)?;
    if tree.kind(each) != Kind::ForOf || !tree.has(each, flag::AWAIT) {
        return None;
    }
    let left = work::left_behind(model, call).filter(|left| left.known)?;
    let func = tree.callee(left.call).and_then(|callee| model.function_of(callee))?;
    let is_slowed = || is_limited(model, model.file.function(func).node) || is_limited(model, call);
    if is_slowed() || waits(model, each) || work::is_told(model, call) {
        return None;
    }
    let name = model.file.function_name(func).unwrap_or("the work").to_owned();
    Some(LocalClaim {
        message: format!(
            "`{name}` is not awaited: the loop takes the next item while any number are still at work"
        ),
        help: format!("await `{name}`, or limit how many run at once"),
        subject: name,
        unknowns: 1,
        ..LocalClaim::default()
    })
}

/// Whether the body of a loop awaits something: that slows it down.
fn waits(model: &Model<'_>, each: NodeId) -> bool {
    let tree = &model.file.tree;
    let body = tree.child(each, 2);
    body.is_some_and(|body| model.waits(tree.func(each)).iter().any(|&wait| tree.contains(body, wait)))
}
