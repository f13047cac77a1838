//! What a variable or a field holds at a node, because the code right before gave it that: `this.a = new A();
//! this.a.on(…)` listens to another one in each run, however long `this` lives.

use crate::index::NodeId;
use crate::model::Model;
use crate::place::{Place, Root};
use crate::tree::{AssignOp, Kind};

/// The values that the variable or field a path starts with is given before a node, in a block around it and by the
/// same function.
#[must_use]
pub fn given_before(model: &Model<'_>, place: &Place, at: NodeId) -> Vec<NodeId> {
    let holder = match place.root {
        Root::Binding(_) => Place::root(place.root),
        Root::Global(_) if place.path.is_empty() => place.clone(),
        _ => match place.trunk() {
            Some(field) => field,
            None => return Vec::new(),
        },
    };
    held_before(model, &holder, at)
}

/// The values that a variable or a field is given before a node, in a block around it and by the same function.
fn held_before(model: &Model<'_>, holder: &Place, at: NodeId) -> Vec<NodeId> {
    let tree = &model.file.tree;
    // Nobody keeps count of what a variable is given that nobody declares.
    let values = match holder.root {
        Root::Global(_) if holder.path.is_empty() => assigned_here(model, holder, at),
        _ => model.values(holder).to_vec(),
    };
    // `this.socket ??= new Socket()` may give nothing.
    let is_sure = |value: NodeId| {
        tree.parent(value).is_none_or(|parent| {
            tree.kind(parent) != Kind::Assign || tree.assign_op(parent) == AssignOp::Plain
        })
    };
    let is_before = |&value: &NodeId| {
        let block = tree.ancestors(value).find(|&around| tree.kind(around) == Kind::Block);
        is_sure(value)
            && tree.func(value) == tree.func(at)
            && tree.span(value).end <= tree.span(at).start
            && block.is_some_and(|block| tree.contains(block, at))
    };
    values.into_iter().filter(is_before).collect()
}

/// The same of all that the path leads through: `player.embed` of `player.embed.track`.
#[must_use]
pub fn parts_given_before(model: &Model<'_>, place: &Place, at: NodeId) -> Vec<NodeId> {
    let whole = |part: &Place| !matches!(part.root, Root::This(_)) || !part.path.is_empty();
    place.prefixes().filter(whole).flat_map(|part| held_before(model, &part, at)).collect()
}

/// What the function of a node itself assigns to a path.
fn assigned_here(model: &Model<'_>, place: &Place, at: NodeId) -> Vec<NodeId> {
    let tree = &model.file.tree;
    let Some(body) = model.file.body(tree.func(at)) else { return Vec::new() };
    tree.subtree(body)
        .filter(|&node| tree.kind(node) == Kind::Assign)
        .filter(|&node| tree.first(node).is_some_and(|target| model.file.place(target) == *place))
        .filter_map(|node| tree.child(node, 1))
        .collect()
}
