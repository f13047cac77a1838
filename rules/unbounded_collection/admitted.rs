//! Keys that are let in only if another table has them: there are no more of them than it has.

use super::{present, told};
use crate::rule::FileView;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tested::{self, Told};

const GROWTHS: [Growth; 5] = [Growth::Set, Growth::Add, Growth::Push, Growth::Key, Growth::Rebuild];

/// The table that is asked before, in the same function: `if (!allowed.has(k)) return;`, `if (allowed.has(k)) …`,
/// `const load = loaders.get(k); if (!load) throw …`. While that function runs again and again nothing is put into it.
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
            .flat_map(|(test, outcome)| present::entries(model, test, outcome))
            .find_map(|(table, of)| (of == key && others(&table)).then_some(table)),
        Told::Behind { block, statement } => {
            let told = told::by(file, block);
            told.tables_with(&key, statement).find(|table| others(table)).cloned()
        }
    })
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
