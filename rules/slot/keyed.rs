//! A handle put into a table under a key where one that is still armed may stand: the only way to it is gone then.

use super::again::hears_again;
use super::held::Held;
use super::reach::{callers, reaches};
use crate::claim::Gap;
use crate::rule::FileView;
use outlive_semantic::access::{Access, Usage};
use outlive_semantic::catalog::When;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::guard;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tree::Kind;

/// `timers.set(id, setInterval(…))`, `timers[id] = …` in code that comes again for the same key, and that neither asks for
/// nor gives back what stands there.
pub(crate) fn overwritten_entry(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let (file, model) = (held.file, held.file.model);
    let func = model.file.tree.func(held.call);
    let entry = entry(held)?;
    let key = entry.key.filter(|&key| is_told(model, key, 4))?;
    if guard::once_guard(model, held.call).is_some() || reaches(model, func, &held.releasing, 4) {
        return None;
    }
    let is_driven = comes_again(file, &entry.holder, func, 3)?;
    let gap = Gap { repeats: true, ..Gap::new("before another takes its place under the same key", None) };
    Some(Gap { is_weak: !is_driven || is_of_itself(model, key), ..gap })
}

/// The insertion that puts what is held into a table which is there before and after.
fn entry(held: &Held<'_, '_, '_>) -> Option<CollectionOp> {
    let (file, model) = (held.file, held.file.model);
    let func = model.file.tree.func(held.call);
    let stores = |op: &&CollectionOp| {
        let is_it =
            |value: NodeId| value == held.call || held.handle.places.contains(&model.file.place(value));
        op.func == func && op.value.is_some_and(is_it)
    };
    let tables = held.handle.places.iter().filter(|place| place.path.last() == Some(&Step::Element));
    tables.filter_map(Place::parent).filter(|table| is_lasting(model, table, func)).find_map(|table| {
        let stored = |growth| file.ops_on(&table, Op::Grow(growth)).find(stores).cloned();
        stored(Growth::Set).or_else(|| stored(Growth::Key))
    })
}

/// Whether a table is there before and after a run of a function.
fn is_lasting(model: &Model<'_>, table: &Place, func: FuncId) -> bool {
    match table.root {
        Root::This(_) => !table.path.is_empty(),
        Root::Binding(binding) => table.path.is_empty() && model.file.binding(binding).func != func,
        _ => false,
    }
}

/// Whether a key is what the function is told: a parameter, a part of one, or a text made of these. What is made for the
/// entry, a counter or an id, was never used before.
fn is_told(model: &Model<'_>, key: NodeId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let tree = &model.file.tree;
    match tree.kind(key) {
        Kind::Template => {
            tree.children(key).all(|part| tree.kind(part) == Kind::String || is_told(model, part, fuel))
        }
        // `for (const cell of cells) listeners.set(cell.handle, …)`: each has its own.
        Kind::Member | Kind::Index if model.file.place(key).path.contains(&Step::Element) => false,
        Kind::Member | Kind::Index => tree.first(key).is_some_and(|object| is_told(model, object, fuel)),
        Kind::Identifier => model.file.binding_of(key).is_some_and(|binding| {
            match model.file.sole_value(binding) {
                Some(value) => is_told(model, value, fuel),
                // A parameter, or a part of a pattern.
                None => model.file.binding(binding).values.is_empty(),
            }
        }),
        Kind::Call => {
            matches!(tree.method_call(key), Some((_, "parse" | "toString")))
                && tree.args(key).all(|arg| is_told(model, arg, fuel))
        }
        _ => false,
    }
}

/// Whether a key is what the thing that is told calls itself, `message.id`: the next one is called otherwise.
fn is_of_itself(model: &Model<'_>, key: NodeId) -> bool {
    let place = model.file.place(key);
    matches!(place.root, Root::Binding(_)) && place.path.len() == 1
}

/// Whether a function, or who calls it, is driven again and again; none if each of them looks into the table first, or takes
/// something out of it.
fn comes_again(file: &FileView<'_, '_>, table: &Place, func: FuncId, fuel: u32) -> Option<bool> {
    let fuel = fuel.checked_sub(1)?;
    let model = file.model;
    let owner = match table.root {
        Root::Binding(binding) => model.file.binding(binding).func,
        _ => FuncId::from_index(0),
    };
    for at in model.file.enclosing(func).take_while(|&at| at != owner && at.index() != 0) {
        if looks_into(file, table, at) {
            return None;
        }
        if hears_again(file, at) || is_driven(model, at) {
            return Some(true);
        }
    }
    let callers = callers(file, func);
    if callers.is_empty() {
        return Some(false);
    }
    callers.into_iter().filter_map(|caller| comes_again(file, table, caller, fuel)).max()
}

/// Whether a function does anything with a table but to put things in.
fn looks_into(file: &FileView<'_, '_>, table: &Place, func: FuncId) -> bool {
    let model = file.model;
    let puts = |access: &Access| match access.usage {
        Usage::Method { name, .. } => model.file.tree.text(name) == "set" && access.place == *table,
        Usage::Assigned(_) => access.place != *table,
        _ => false,
    };
    file.accesses.below(table).any(|access| model.file.is_within(access.func, func) && !puts(access))
}

/// Whether rows say that a function runs for each event, request or message.
fn is_driven(model: &Model<'_>, func: FuncId) -> bool {
    model.handed(func).iter().any(|handed| {
        let rows = model.callback_rows(handed);
        rows.iter().any(|(_, callback)| matches!(callback.runs, When::At(rate) if rate.is_hot()))
    })
}
