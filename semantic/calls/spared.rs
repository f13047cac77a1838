//! Work that an application would do again only after its own end: `activate` makes a window where there is none, and who
//! quits with the last window never gets there.

use crate::catalog::SparedRow;
use crate::index::{FuncId, NodeId};
use crate::model::Model;
use crate::tables::BindingKind;
use crate::tested::{self, Told};
use crate::tree::{BinaryOp, Kind};

/// Whether a call stands in a listener that a row speaks of, behind a test that something is missing, and the listener of the
/// other event always ends the application.
pub(super) fn is_spared(model: &Model<'_>, call: NodeId) -> bool {
    let [handed] = model.handed(model.file.tree.func(call)) else { return false };
    let rows = model.rows(handed.call);
    let mut spared = rows.iter().filter_map(|row| row.spared_by.as_ref());
    spared.any(|row| is_behind_absence(model, call) && is_ended(model, handed.call, row))
}

/// Whether a node runs only where something is missing: `if (window === null)`, `if (windows.length) return;`.
fn is_behind_absence(model: &Model<'_>, node: NodeId) -> bool {
    tested::around(model, node).any(|told| match told {
        Told::Branch(test, outcome) => any_absence(model, tested::parts(model, test, outcome)),
        Told::Behind { block, statement } => {
            let before = tested::leaving_tests(model, block).into_iter().filter(|&(at, ..)| at < statement);
            any_absence(model, before.map(|(_, test, outcome)| (test, outcome)))
        }
    })
}

fn any_absence(model: &Model<'_>, known: impl IntoIterator<Item = (NodeId, bool)>) -> bool {
    known.into_iter().any(|(test, outcome)| tells_absence(model, test, outcome))
}

/// What the event itself says, in parameters, is news each time.
fn tells_absence(model: &Model<'_>, test: NodeId, outcome: bool) -> bool {
    let tree = &model.file.tree;
    let is_handed = |node: NodeId| {
        let binding = model.file.binding_of(node);
        binding.is_some_and(|binding| model.file.binding(binding).kind == BindingKind::Param)
    };
    let is_none = |side: NodeId| model.is_nothing(side) || tree.number(side) == Some(0.0);
    let is_absence = match tree.kind(test) {
        Kind::Binary => {
            let wanted = if outcome { BinaryOp::Equal } else { BinaryOp::NotEqual };
            tree.binary_op(test) == Some(wanted) && tree.children(test).any(is_none)
        }
        Kind::Identifier | Kind::Member => !outcome,
        Kind::Call => !outcome && tree.args(test).next().is_none(),
        _ => false,
    };
    is_absence && !tree.subtree(test).any(is_handed)
}

/// Whether the file gives the same receiver a listener of the row's event that always calls what ends the application.
fn is_ended(model: &Model<'_>, added: NodeId, row: &SparedRow) -> bool {
    let tree = &model.file.tree;
    let Some((app, _)) = tree.method_call(added) else { return false };
    let is_app = |object: NodeId| model.ty(object) == model.ty(app);
    let listens = |call: NodeId| {
        let event = tree.arg(call, 0).and_then(|event| model.file.constant_name(event));
        tree.method_call(call).is_some_and(|(object, _)| is_app(object))
            && event.is_some_and(|event| tree.text(event) == row.event)
    };
    let ends = |object: NodeId, method: &str| row.calls.iter().any(|end| end == method) && is_app(object);
    let listeners = tree.ids().filter(|&node| tree.kind(node) == Kind::Call && listens(node));
    listeners.filter_map(|call| tree.arg(call, 1)).any(|listener| match model.function_of(listener) {
        Some(func) => always_calls(model, func, &ends),
        None => {
            let method = tree.name(listener).filter(|_| tree.kind(listener) == Kind::Member);
            method.zip(tree.first(listener)).is_some_and(|(method, object)| ends(object, method))
        }
    })
}

/// Whether a function makes such a call in each run: behind no test, and with none before it that leaves.
fn always_calls(model: &Model<'_>, func: FuncId, ends: &dyn Fn(NodeId, &str) -> bool) -> bool {
    let tree = &model.file.tree;
    let Some(body) = model.file.body(func) else { return false };
    let is_end = |node: NodeId| {
        tree.func(node) == func && tree.method_call(node).is_some_and(|(object, method)| ends(object, method))
    };
    tree.subtree(body).filter(|&node| is_end(node)).any(|node| is_always_run(model, node))
}

fn is_always_run(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let mut is_always = !tree.within_function(node).any(|around| {
        matches!(tree.kind(around), Kind::Switch | Kind::For | Kind::ForOf | Kind::ForIn | Kind::Try)
    });
    is_always &= tested::around(model, node).all(|told| match told {
        Told::Branch(..) => false,
        Told::Behind { block, statement } => tree
            .children(block)
            .take_while(|&before| before < statement)
            .all(|before| !leaves(model, before, tree.func(node))),
    });
    is_always
}

/// Whether a statement may leave its function.
fn leaves(model: &Model<'_>, statement: NodeId, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let is_way_out = |node: NodeId| matches!(tree.kind(node), Kind::Return | Kind::Throw);
    tree.subtree(statement).any(|node| is_way_out(node) && tree.func(node) == func)
}
