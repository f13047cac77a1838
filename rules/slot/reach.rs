//! Whether one function runs another, and who runs it.

use crate::rule::FileView;
use outlive_semantic::calls::{self, Target};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use rustc_hash::FxHashSet;

/// The functions of the file that call a function.
pub(crate) fn callers(file: &FileView<'_, '_>, func: FuncId) -> Vec<FuncId> {
    let model = file.model;
    let mut out: Vec<FuncId> = model.calls_of(func).iter().map(|&call| model.file.tree.func(call)).collect();
    out.extend(model.handed(func).iter().map(|handed| model.file.tree.func(handed.call)));
    out.retain(|&caller| !model.file.is_within(caller, func));
    out.sort_unstable();
    out.dedup();
    out
}

/// Functions that somebody looks for.
pub(crate) struct Wanted {
    pub(super) funcs: FxHashSet<FuncId>,
    /// These, and those they stand in: whoever runs a function is taken to run what stands in it.
    around: FxHashSet<FuncId>,
}

impl Wanted {
    /// To look for these.
    pub(crate) fn of(model: &Model<'_>, funcs: impl IntoIterator<Item = FuncId>) -> Self {
        let funcs: FxHashSet<FuncId> = funcs.into_iter().collect();
        let around = funcs.iter().flat_map(|&func| model.file.enclosing(func)).collect();
        Self { funcs, around }
    }
}

/// Whether a function, or one it calls in this file, is among the wanted ones.
pub(crate) fn reaches(model: &Model<'_>, from: FuncId, wanted: &Wanted, fuel: u32) -> bool {
    reaches_within(model, from, wanted, fuel, &mut FxHashSet::default())
}

fn reaches_within(
    model: &Model<'_>,
    from: FuncId,
    wanted: &Wanted,
    fuel: u32,
    seen: &mut FxHashSet<FuncId>,
) -> bool {
    if wanted.around.contains(&from) {
        return true;
    }
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    if !seen.insert(from) {
        return false;
    }
    let tree = &model.file.tree;
    let Some(body) = model.file.body(from) else { return false };
    tree.subtree(body).any(|node| {
        if !tree.is_call(node) {
            return false;
        }
        let callee = tree.callee(node).and_then(|callee| calls::callee_target(model, node, callee));
        let direct = match callee {
            Some(Target::Function(next)) => reaches_within(model, next, wanted, fuel, seen),
            _ => held_functions(model, node).any(|next| reaches_within(model, next, wanted, fuel, seen)),
        };
        // What is taken away is not run: `removeEventListener('scroll', onScroll)`.
        let name = tree.callee(node).and_then(|callee| model.callee_name(callee)).unwrap_or_default();
        let takes_away = name == "off" || name.starts_with("remove") || name.starts_with("un");
        direct
            || !takes_away
                && tree.args(node).any(|arg| {
                    model
                        .function_of(arg)
                        .is_some_and(|next| next != from && reaches_within(model, next, wanted, fuel, seen))
                })
    })
}

/// Whether a call runs one of the wanted functions, or what it runs does.
pub(super) fn runs_wanted(model: &Model<'_>, call: NodeId, wanted: &Wanted) -> bool {
    let tree = &model.file.tree;
    let called =
        tree.callee(call).filter(|_| tree.is_call(call)).and_then(|callee| model.function_of(callee));
    let mut ran = called.into_iter().chain(held_functions(model, call));
    ran.any(|func| reaches(model, func, wanted, 3))
}

/// The functions that a called variable is given one after the other: `let done = () => {}; … done = () => clear(timer)`.
fn held_functions(model: &Model<'_>, call: NodeId) -> impl Iterator<Item = FuncId> {
    let callee = model.file.tree.callee(call).and_then(|callee| model.file.binding_of(callee));
    let values = callee.into_iter().flat_map(|binding| model.file.binding(binding).values.iter());
    values.filter_map(|&value| model.function_of(value))
}
