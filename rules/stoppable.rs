//! What comes again until something else stops it: the conditions under which code that arms itself anew leaves off.

use crate::rule::FileView;
use outlive_semantic::guard;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::Root;
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::{Kind, UnaryOp};

/// The arming stands under a condition that something else can change: a flag, a state, a count.
pub(crate) fn is_stoppable(file: &FileView<'_, '_>, call: NodeId, func: FuncId) -> bool {
    is_asked(file, call, func) || is_stoppable_function(file, func)
}

/// Whether a call stands under such a condition inside a function.
pub(crate) fn is_asked(file: &FileView<'_, '_>, call: NodeId, func: FuncId) -> bool {
    let tree = &file.model.file.tree;
    let mut child = call;
    for parent in tree.ancestors(call) {
        match tree.kind(parent) {
            Kind::Function if tree.function(parent) == Some(func) => break,
            Kind::If | Kind::Conditional | Kind::Logical
                if tree.node(child).slot > 0
                    && tree.first(parent).is_some_and(|test| {
                        asks_state(file.model, test) || asks_progress(file.model, test)
                    }) =>
            {
                return true;
            }
            Kind::Switch | Kind::Catch => return true,
            _ => {}
        }
        child = parent;
    }
    false
}

/// Whether a test compares what the function was handed or has counted, as recursion that ends does: `rest.length > 0`,
/// `tries < 5`, `active > 0`.
fn asks_progress(model: &Model<'_>, test: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_param = |node: NodeId| {
        let binding = model.file.binding_of(node);
        binding.is_some_and(|binding| {
            let row = model.file.binding(binding);
            let is_counted = row.func == tree.func(node) && (row.opaque_writes > 0 || row.values.len() > 1);
            row.kind == BindingKind::Param || is_counted
        })
    };
    tree.subtree(test)
        .filter(|&node| tree.kind(node) == Kind::Binary)
        .any(|comparison| tree.subtree(comparison).any(is_param))
}

/// Whether a test asks something that other code can change: a field of whatever it is, a variable from outside, the
/// result of a call on the object.
pub(crate) fn asks_state(model: &Model<'_>, test: NodeId) -> bool {
    asks_in_sight(model, test) || asks_answer(model, test)
}

/// Whether a test is a variable of its function that has the answer: `more = !done() || queue.length > 0; if (more) …`.
fn asks_answer(model: &Model<'_>, test: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_question = |value: NodeId| {
        matches!(tree.kind(value), Kind::Logical | Kind::Binary) || tree.unary_op(value) == Some(UnaryOp::Not)
    };
    tree.subtree(test).filter_map(|node| model.file.binding_of(node)).any(|binding| {
        let row = model.file.binding(binding);
        let mut values = row.values.iter().filter(|&&value| is_question(value));
        row.func == tree.func(test) && values.any(|&value| asks_in_sight(model, value))
    })
}

fn asks_in_sight(model: &Model<'_>, test: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.subtree(test).any(|node| match tree.kind(node) {
        Kind::This | Kind::Member => true,
        Kind::Identifier => match model.file.binding_of(node) {
            Some(binding) => {
                let row = model.file.binding(binding);
                row.func != tree.func(node) && row.kind != BindingKind::Param
            }
            None => !matches!(model.file.global_of(node), Some("undefined")),
        },
        _ => false,
    })
}

/// Whether a test asks what the function has just been given by a call: `const job = queue.shift(); if (!job) return;`.
fn asks_what_is_left(model: &Model<'_>, test: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.subtree(test).filter(|&node| tree.kind(node) == Kind::Identifier).any(|node| {
        let Root::Value(made) = model.file.place(node).root else { return false };
        tree.kind(made) == Kind::Call && tree.func(made) == tree.func(test)
    })
}

/// The function can return early.
pub(crate) fn is_stoppable_function(file: &FileView<'_, '_>, func: FuncId) -> bool {
    let tree = &file.model.file.tree;
    let Some(body) = file.model.file.body(func) else { return false };
    tree.subtree(body).any(|node| {
        tree.kind(node) == Kind::If
            && tree.func(node) == func
            && tree.first(node).is_some_and(|test| {
                asks_state(file.model, test)
                    || asks_progress(file.model, test)
                    || asks_what_is_left(file.model, test)
            })
            && tree.child(node, 1).is_some_and(|then| guard::always_leaves(file.model, then))
    })
}
