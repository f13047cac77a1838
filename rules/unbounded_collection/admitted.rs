//! Keys that are let in only if another table has them: there are no more of them than it has.

use crate::rule::FileView;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tested;

const GROWTHS: [Growth; 5] = [Growth::Set, Growth::Add, Growth::Push, Growth::Key, Growth::Rebuild];

/// The table that is asked before, in the same function: `if (!allowed.has(k)) return;`, `if (allowed.has(k)) …`. While
/// that function runs again and again nothing is put into it.
pub(super) fn by(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<Place> {
    let model = file.model;
    let key = model.file.place(op.key?);
    if matches!(key.root, Root::Value(_)) {
        return None;
    }
    let asked = tested::known_at(model, op.node).into_iter().filter(|&(_, outcome)| outcome);
    asked
        .filter_map(|(test, _)| table_asked(model, test, &key))
        .find(|table| *table != op.holder && is_settled(file, table, op))
}

/// The table of `allowed.has(k)`, `allowed.includes(k)`.
fn table_asked(model: &Model<'_>, test: NodeId, key: &Place) -> Option<Place> {
    let tree = &model.file.tree;
    let (object, method) = tree.method_call(test)?;
    let is_key = tree.arg(test, 0).is_some_and(|arg| model.file.place(arg) == *key);
    (is_key && matches!(method, "has" | "includes")).then(|| model.file.place(object))
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
