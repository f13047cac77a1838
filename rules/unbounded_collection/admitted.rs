//! Keys that are let in only if another table has them: there are no more of them than it has.

use super::told;
use crate::rule::FileView;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tested::{self, Told};

const GROWTHS: [Growth; 5] = [Growth::Set, Growth::Add, Growth::Push, Growth::Key, Growth::Rebuild];

/// The table that is asked before, in the same function: `if (!allowed.has(k)) return;`, `if (allowed.has(k)) …`. While
/// that function runs again and again nothing is put into it.
pub(super) fn by(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<Place> {
    let model = file.model;
    let key = model.file.place(op.key?);
    if matches!(key.root, Root::Value(_)) {
        return None;
    }
    let others = |table: &Place| *table != op.holder && is_settled(file, table, op);
    tested::around(model, op.node).find_map(|told| match told {
        Told::Branch(test, outcome) => tested::parts(model, test, outcome)
            .into_iter()
            .filter(|&(_, outcome)| outcome)
            .filter_map(|(test, _)| table_asked(model, test))
            .find_map(|(table, of)| (of == key && others(&table)).then_some(table)),
        Told::Behind { block, statement } => {
            let told = told::by(file, block);
            told.tables_with(&key, statement).find(|table| others(table)).cloned()
        }
    })
}

/// The table of `allowed.has(k)`, `allowed.includes(k)`, and the key.
pub(super) fn table_asked(model: &Model<'_>, test: NodeId) -> Option<(Place, Place)> {
    let tree = &model.file.tree;
    let (object, method) = tree.method_call(test)?;
    let key = tree.arg(test, 0).filter(|_| matches!(method, "has" | "includes"))?;
    Some((model.file.place(object), model.file.place(key)))
}

/// Whether a table is a variable of the module, or of a function around, which alone fills it.
fn is_settled(file: &FileView<'_, '_>, table: &Place, op: &CollectionOp) -> bool {
    let Root::Binding(binding) = table.root else { return false };
    let lowered = file.model.file;
    let row = lowered.binding(binding);
    let is_around = row.func != op.func && lowered.is_within(op.func, row.func);
    let mut growths = GROWTHS.iter().flat_map(|&growth| file.ops_on(table, Op::Grow(growth)));
    table.path.is_empty() && is_around && growths.all(|growth| growth.func == row.func)
}
