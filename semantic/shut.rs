//! Conditions that never hold: variables that are set only behind the very test that asks for them.

use crate::guard;
use crate::index::{BindingId, NodeId};
use crate::model::Model;
use crate::tables::{BindingKind, FunctionKind};
use crate::tree::{Kind, LogicalOp, UnaryOp};
use rustc_hash::FxHashSet;

/// How many statements of a block are looked at for a test that leaves it: such tests stand at its top.
const TOP: usize = 16;

/// The flags of a file that look as if somebody set them and are never set: `let closed = false;`, and in the one function
/// that ever sets it `if (!closed) return; closed = true;`.
#[derive(Default)]
pub struct Shut(FxHashSet<BindingId>);

impl Shut {
    /// Those of a file.
    #[must_use]
    pub fn of(model: &Model<'_>) -> Self {
        let flags = (0..model.file.bindings.len()).map(BindingId::from_index);
        Self(flags.filter(|&flag| is_never_set(model, flag)).collect())
    }

    /// The flag without which a node does not run, and which is never set.
    #[must_use]
    pub fn around(&self, model: &Model<'_>, node: NodeId) -> Option<BindingId> {
        if self.0.is_empty() { None } else { asked(model, node, &|flag| self.0.contains(&flag)) }
    }
}

/// Whether all that ever sets a variable stands behind a test of it, and it starts unset.
fn is_never_set(model: &Model<'_>, flag: BindingId) -> bool {
    let row = model.file.binding(flag);
    if !matches!(row.kind, BindingKind::Var | BindingKind::Let) || row.opaque_writes > 0 {
        return false;
    }
    let is_unset = |value: NodeId| model.is_nothing(value) || model.file.tree.boolean(value) == Some(false);
    let mut setting = row.values.iter().copied().filter(|&value| !is_unset(value)).peekable();
    // Markup sets what the script of a component declares, another script what a script declares for all.
    let may_be_set_elsewhere = || match model.file.function(row.func).kind {
        FunctionKind::Setup => true,
        FunctionKind::Module => !model.file.is_module || model.file.is_exported(flag),
        _ => false,
    };
    setting.peek().is_some()
        && !may_be_set_elsewhere()
        && setting.all(|value| asked(model, value, &|other| other == flag).is_some())
}

/// A variable of a kind without which a node does not run, by the tests around it in its function.
fn asked(model: &Model<'_>, node: NodeId, is_it: &dyn Fn(BindingId) -> bool) -> Option<BindingId> {
    let tree = &model.file.tree;
    let mut child = node;
    tree.within_function(node).find_map(|parent| {
        let inner = std::mem::replace(&mut child, parent);
        let test = || tree.first(parent).filter(|&test| test != inner);
        match (tree.kind(parent), tree.node(inner).slot) {
            (Kind::If | Kind::Conditional, 1) => holding(model, test()?, is_it),
            (Kind::If | Kind::Conditional, 2) => failing(model, test()?, is_it),
            (Kind::Logical, 1) => match tree.logical_op(parent)? {
                LogicalOp::And => holding(model, test()?, is_it),
                LogicalOp::Or => failing(model, test()?, is_it),
                LogicalOp::Nullish => None,
            },
            (Kind::Block, _) => {
                let before = tree.children(parent).take(TOP).take_while(|&statement| statement < inner);
                before
                    .filter(|&statement| leaves(model, statement))
                    .find_map(|statement| failing(model, tree.first(statement)?, is_it))
            }
            _ => None,
        }
    })
}

/// `if (…) return;`
fn leaves(model: &Model<'_>, statement: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.kind(statement) == Kind::If
        && tree.child(statement, 2).is_none()
        && tree.child(statement, 1).is_some_and(|then| guard::always_leaves(model, then))
}

/// A variable that is set if a test holds: `flag`, `flag && …`.
fn holding(model: &Model<'_>, test: NodeId, is_it: &dyn Fn(BindingId) -> bool) -> Option<BindingId> {
    let tree = &model.file.tree;
    match tree.kind(test) {
        Kind::Identifier => model.file.binding_of(test).filter(|&flag| is_it(flag)),
        Kind::Unary if tree.unary_op(test) == Some(UnaryOp::Not) => failing(model, tree.first(test)?, is_it),
        Kind::Logical if tree.logical_op(test) == Some(LogicalOp::And) => {
            tree.children(test).find_map(|part| holding(model, part, is_it))
        }
        _ => None,
    }
}

/// A variable that is set if a test fails: `!flag`, `!flag || …`.
fn failing(model: &Model<'_>, test: NodeId, is_it: &dyn Fn(BindingId) -> bool) -> Option<BindingId> {
    let tree = &model.file.tree;
    match tree.kind(test) {
        Kind::Unary if tree.unary_op(test) == Some(UnaryOp::Not) => holding(model, tree.first(test)?, is_it),
        Kind::Logical if tree.logical_op(test) == Some(LogicalOp::Or) => {
            tree.children(test).find_map(|part| failing(model, part, is_it))
        }
        _ => None,
    }
}
