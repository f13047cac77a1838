//! What an expression depends on: whether running it again, on the next call or the next turn of a loop, gives the same.

use crate::index::{BindingId, FuncId, NodeId};
use crate::model::Model;
use crate::tables::{BindingKind, FunctionKind};
use crate::tree::{Kind, flag};
use crate::{constant, guard};

/// Array methods whose callback is one turn of a loop.
const EACH: &[&str] =
    &["forEach", "map", "filter", "some", "every", "find", "findIndex", "flatMap", "reduce", "sort"];

/// Whether an expression depends on nothing that differs from one run of its function to the next. Calls are trusted
/// where `is_pure` says so.
#[must_use]
pub fn across_calls(model: &Model<'_>, expr: NodeId, is_pure: &dyn Fn(NodeId) -> bool) -> bool {
    let steady =
        |binding: BindingId| constant::is_settled(model, binding) || is_local_constant(model, binding);
    is_steady(model, expr, &steady, is_pure)
}

/// Whether an expression depends on nothing that differs from one turn of a loop to the next.
#[must_use]
pub fn across_turns(model: &Model<'_>, expr: NodeId, turn: NodeId) -> bool {
    let tree = &model.file.tree;
    let steady = |binding: BindingId| {
        let row = model.file.binding(binding);
        let is_outside = !tree.contains(turn, row.node);
        let is_fixed =
            row.kind == BindingKind::Param || matches!(row.kind, BindingKind::Const | BindingKind::Import);
        is_outside && (is_fixed && row.values.len() <= 1 || model.file.sole_value(binding).is_some())
    };
    is_steady(model, expr, &steady, &|_| false)
}

/// What runs once for each turn of the innermost loop around a node: the loop, or a callback of an array method.
#[must_use]
pub fn turn(model: &Model<'_>, node: NodeId) -> Option<NodeId> {
    if let Some(around) = guard::enclosing_loop(model, node) {
        return Some(around);
    }
    let tree = &model.file.tree;
    let function = tree.ancestors(node).find(|&around| tree.kind(around) == Kind::Function)?;
    let (call, 0) = tree.argument_of(function)? else { return None };
    let (_, method) = tree.method_call(call)?;
    EACH.contains(&method).then_some(function)
}

/// A local constant whose value is a constant of the source; an object, only if nobody reaches into it by its name.
fn is_local_constant(model: &Model<'_>, binding: BindingId) -> bool {
    let tree = &model.file.tree;
    let row = model.file.binding(binding);
    let Some(value) = model.file.sole_value(binding).filter(|_| row.kind != BindingKind::Param) else {
        return false;
    };
    if tree.kind(value) == Kind::Identifier || !constant::is_constant(model, value) {
        return false;
    }
    let is_touched = row.references.iter().any(|reference| {
        let node = model.file.references[reference.index()].node;
        tree.parent(node)
            .is_some_and(|parent| matches!(tree.kind(parent), Kind::Member | Kind::Index | Kind::Assign))
    });
    !is_touched || !matches!(tree.kind(value), Kind::Object | Kind::Array | Kind::New)
}

fn is_steady(
    model: &Model<'_>,
    expr: NodeId,
    steady: &dyn Fn(BindingId) -> bool,
    is_pure: &dyn Fn(NodeId) -> bool,
) -> bool {
    let tree = &model.file.tree;
    let home = tree.func(expr);
    tree.subtree(expr).all(|node| match tree.kind(node) {
        Kind::Identifier => match model.file.binding_of(node) {
            Some(binding) => is_own(model, binding, expr) || steady(binding),
            None => model.file.global_of(node).is_some_and(|name| {
                name == "undefined" || name.starts_with(char::is_uppercase) || name == "vm"
            }),
        },
        Kind::This | Kind::Super | Kind::Await | Kind::Yield | Kind::MetaProperty => {
            tree.func(node) != home && !captures_this(model, tree.func(node))
        }
        // What an inner function does when it runs is its own affair.
        Kind::Call | Kind::New | Kind::ImportCall => tree.func(node) != home || is_pure(node),
        Kind::Member => !tree.has(node, flag::OPTIONAL) || tree.func(node) != home,
        Kind::Index | Kind::Assign | Kind::Update => tree.func(node) != home,
        _ => true,
    })
}

fn is_own(model: &Model<'_>, binding: BindingId, expr: NodeId) -> bool {
    model.file.tree.contains(expr, model.file.binding(binding).node)
}

/// An arrow's `this` is that of the function around it.
fn captures_this(model: &Model<'_>, func: FuncId) -> bool {
    model.file.function(func).kind == FunctionKind::Arrow
}
