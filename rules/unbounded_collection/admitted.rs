//! Keys that are let in only if another table has them: there are no more of them than it has.

use super::present;
use crate::rule::FileView;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tested;
use outlive_semantic::tree::{BinaryOp, Kind};

const GROWTHS: [Growth; 5] = [Growth::Set, Growth::Add, Growth::Push, Growth::Key, Growth::Rebuild];

/// The table that is asked before, in the same function: `if (!allowed.has(k)) return;`, `if (allowed.has(k)) …`,
/// `const load = loaders.get(k); if (!load) throw …`. While that function runs again and again nothing is put into it.
pub(super) fn by(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<Place> {
    let model = file.model;
    let key = model.file.place(op.key?);
    if matches!(key.root, Root::Value(_)) {
        return None;
    }
    let has_it = |table: &Place, test: (NodeId, bool)| {
        *table != op.holder && is_settled(file, table, op) && present::is_there(model, (table, &key), test)
    };
    tested::known_at(model, op.node)
        .into_iter()
        .find_map(|test| tables_asked(model, test.0, &key).into_iter().find(|table| has_it(table, test)))
}

/// The tables that a test asks for a key, or in which a variable that it tests was looked up.
fn tables_asked(model: &Model<'_>, test: NodeId, key: &Place) -> Vec<Place> {
    let tree = &model.file.tree;
    let is_key = |node: Option<NodeId>| node.is_some_and(|node| model.file.place(node) == *key);
    let table = |node: NodeId| match tree.kind(node) {
        Kind::Index if is_key(tree.child(node, 1)) => tree.first(node),
        Kind::Binary if tree.binary_op(node) == Some(BinaryOp::In) && is_key(tree.first(node)) => {
            tree.child(node, 1)
        }
        Kind::Call if is_key(tree.arg(node, 0)) => tree.method_call(node).map(|(object, _)| object),
        _ => None,
    };
    let looked_up = |node: NodeId| match tree.kind(node) {
        Kind::Identifier => model.file.value_of(node),
        _ => Some(node),
    };
    tree.subtree(test).filter_map(looked_up).filter_map(table).map(|table| model.file.place(table)).collect()
}

/// Whether a table is a variable of the module, or of a function around, which alone fills it, or a field that only the
/// constructor fills.
fn is_settled(file: &FileView<'_, '_>, table: &Place, op: &CollectionOp) -> bool {
    let lowered = file.model.file;
    let mut growths = GROWTHS.iter().flat_map(|&growth| file.ops_on(table, Op::Grow(growth)));
    match table.root {
        Root::Binding(binding) => {
            let row = lowered.binding(binding);
            let is_around = row.func != op.func && lowered.is_within(op.func, row.func);
            table.path.is_empty() && is_around && growths.all(|growth| growth.func == row.func)
        }
        Root::This(_) => {
            table.path.len() == 1 && growths.all(|growth| file.model.constructs(growth.func).is_some())
        }
        _ => false,
    }
}
