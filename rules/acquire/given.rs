//! Functions that return what a call in them acquires.

use super::acquired::{Acquired, release_names};
use super::paths::owner;
use crate::claim::GivenClaim;
use crate::rule::{Claims, FileView};
use outlive_semantic::handle::{Escape, Handle};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;

/// Notes that a function returns what a call in it acquires.
pub(crate) fn note_given(
    file: &FileView<'_, '_>,
    acquired: &Acquired<'_>,
    handle: &Handle,
    claims: &mut Claims<'_>,
) {
    let &Acquired { meta, call, ref what, patterns } = acquired;
    let Some(func) = giver(file.model, call, handle) else { return };
    let given = GivenClaim {
        what: what.clone(),
        release: release_names(patterns),
        ends_itself: patterns.ends_itself,
    };
    let at = file.model.file.tree.span(call);
    claims.add(meta.id, func, at, given);
}

/// The function that returns what a call in it gave, and keeps nothing of it.
pub(crate) fn giver(model: &Model<'_>, call: NodeId, handle: &Handle) -> Option<FuncId> {
    let tree = &model.file.tree;
    let func = tree.func(call);
    let returns = |escape: &Escape| match escape {
        Escape::Returned(at) => tree.func(*at) == func || tree.function(*at) == Some(func),
        _ => false,
    };
    let is_local = handle.places.is_empty() || owner(model, handle) == Some(func);
    (!handle.escapes.is_empty() && is_local && handle.escapes.iter().all(returns)).then_some(func)
}
