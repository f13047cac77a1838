//! Handles kept in a single slot, a field or a variable of a factory: overwritten while still armed, or out of reach of
//! the code that ends their owner.

mod again;
mod ends;
mod keyed;
mod rearmed;
mod settlement;

pub(crate) use ends::{
    emptied, forgotten_sibling, is_waited_for, kept_after_end, left_by_watcher, missed_by_cleanup,
    missed_by_effect, missed_by_end, missed_by_handler, missed_by_unmount, missed_in_effect,
};
pub(crate) use keyed::overwritten_entry;
pub(crate) use rearmed::{
    armed_after_release, begun_after_cleanup, is_handed_to_new, overwritten, released_for_the_next,
};
pub(crate) use settlement::{
    kept_by_rejection, kept_by_settlement, missed_by_rejection, missed_by_settlement,
};

use crate::rule::FileView;
use outlive_semantic::calls::{self, Target};
use outlive_semantic::handle::{Escape, Handle, Release, ReleasePatterns};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::project::Owner;
use rustc_hash::FxHashSet;

/// What a call acquired, where it is kept, and the releases of it that can run.
pub(crate) struct Held<'h, 'v, 'a> {
    pub(crate) file: &'h FileView<'v, 'a>,
    pub(crate) call: NodeId,
    pub(crate) handle: &'h Handle,
    pub(crate) releases: &'h [&'h Release],
    pub(crate) patterns: &'h ReleasePatterns,
    /// The one slot that holds it.
    slot: Option<Place>,
    /// The functions that release it.
    releasing: Wanted,
}

impl<'h, 'v, 'a> Held<'h, 'v, 'a> {
    pub(crate) fn new(
        file: &'h FileView<'v, 'a>,
        call: NodeId,
        handle: &'h Handle,
        releases: &'h [&'h Release],
        patterns: &'h ReleasePatterns,
    ) -> Self {
        let slot = slot(file.model, call, handle);
        let releasing = Wanted::of(file.model, releases.iter().map(|release| release.func));
        Self { file, call, handle, releases, patterns, slot, releasing }
    }

    /// What the slot lives as long as: an instance, the component of a ref, a run of the function around.
    pub(crate) fn owner(&self) -> Option<Owner> {
        match self.slot.as_ref()?.root {
            Root::This(class) => Some(Owner::Class(class)),
            Root::Binding(binding) => Some(Owner::Run(self.file.model.file.binding(binding).func)),
            _ => None,
        }
    }
}

/// The one slot that outlives the function and holds the handle.
fn slot(model: &Model<'_>, call: NodeId, handle: &Handle) -> Option<Place> {
    let func = model.file.tree.func(call);
    let mut slots = handle.places.iter().filter(|place| match place.root {
        Root::Binding(binding) => {
            let owner = model.file.binding(binding).func;
            // What a callback further in is handed is no slot.
            place.path.is_empty() && owner != func && model.file.is_within(func, owner)
                || component_of_ref(model, place).is_some()
        }
        Root::This(_) => place.path.len() == 1,
        _ => false,
    });
    let slot = slots.next()?;
    let is_single = slots.next().is_none() && !slot.path.contains(&Step::Element);
    (is_single && handle.escapes.iter().all(|escape| matches!(escape, Escape::Argument { .. })))
        .then(|| slot.clone())
}

/// The component that a place is the box of: `ref.current` of `const ref = useRef()`.
pub(crate) fn component_of_ref(model: &Model<'_>, place: &Place) -> Option<FuncId> {
    let tree = &model.file.tree;
    let (Root::Binding(binding), [Step::Field(name)]) = (place.root, &place.path[..]) else { return None };
    let made = model.file.sole_value(binding).and_then(|value| tree.callee(value));
    let mut rows = made.and_then(|made| model.callee_name(made)).map(|made| model.catalog.calls_named(made));
    let is_ref =
        rows.as_mut().is_some_and(|rows| rows.any(|row| row.keeps_in.as_deref() == Some(tree.text(*name))));
    let func = model.file.binding(binding).func;
    (is_ref && func.index() != 0).then_some(func)
}

/// The effect in which a function stands, but which it is not.
fn effect_around(model: &Model<'_>, func: FuncId) -> Option<FuncId> {
    model.file.enclosing(func).skip(1).find(|&around| is_effect_callback(model, around))
}

/// Whether a function is handed to `useEffect` or its like.
pub(crate) fn is_effect_callback(model: &Model<'_>, func: FuncId) -> bool {
    model.handed(func).iter().any(|handed| {
        let callee = model.file.tree.callee(handed.call).and_then(|callee| model.callee_name(callee));
        handed.arg == 0 && callee.is_some_and(|name| calls::takes_effect(model, name))
    })
}

/// The functions of the file that call a function.
fn callers(file: &FileView<'_, '_>, func: FuncId) -> Vec<FuncId> {
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
    funcs: FxHashSet<FuncId>,
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
fn runs_wanted(model: &Model<'_>, call: NodeId, wanted: &Wanted) -> bool {
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
