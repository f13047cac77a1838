//! Lists that take each thing once: what is asked before something is added says by what entries are told apart.

use crate::rule::FileView;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tree::{BinaryOp, Kind};

/// By what the entries of a list are told apart: `if (!list.some((known) => known.name === part.name)) list.push(part)`
/// keeps as many as there are names.
pub(super) fn told_apart_by(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<NodeId> {
    if op.op != Op::Grow(Growth::Push) {
        return None;
    }
    let (model, tree) = (file.model, &file.model.file.tree);
    let mut tests = tree.within_function(op.node).filter(|&at| tree.kind(at) == Kind::If);
    tests.find_map(|at| {
        let test = tree.first(at).filter(|&test| !tree.contains(test, op.node))?;
        tree.subtree(test).find_map(|asked| {
            let value = model.file.value_of(asked);
            compared(model, value.unwrap_or(asked), &op.holder)
        })
    })
}

/// What a call looks for in a list.
fn compared(model: &Model<'_>, call: NodeId, list: &Place) -> Option<NodeId> {
    let tree = &model.file.tree;
    let (object, method) = tree.method_call(call)?;
    let wanted = tree.arg(call, 0).filter(|_| model.file.place(object) == *list)?;
    match method {
        "includes" | "indexOf" => Some(wanted),
        "some" | "find" | "findIndex" => {
            let entry =
                model.file.params(tree.function(wanted)?).next().and_then(|param| tree.binding(param))?;
            let element = list.clone().with(Step::Element)?;
            let is_of_entry = |side: NodeId| {
                let place = model.file.place(side);
                place.root == Root::Binding(entry) || place.starts_with(&element)
            };
            tree.subtree(wanted).filter(|&node| tree.binary_op(node) == Some(BinaryOp::Equal)).find_map(
                |equal| {
                    let (one, other) = (tree.first(equal)?, tree.child(equal, 1)?);
                    match (is_of_entry(one), is_of_entry(other)) {
                        (true, false) => Some(other),
                        (false, true) => Some(one),
                        _ => None,
                    }
                },
            )
        }
        _ => None,
    }
}
