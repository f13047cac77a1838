//! What a call acquired, the one slot that holds it, and whose that is.

use super::reach::Wanted;
use crate::rule::FileView;
use outlive_semantic::calls;
use outlive_semantic::handle::{Escape, Handle, Release, ReleasePatterns};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::project::Owner;

/// What a call acquired, where it is kept, and the releases of it that can run.
pub(crate) struct Held<'h, 'v, 'a> {
    pub(crate) file: &'h FileView<'v, 'a>,
    pub(crate) call: NodeId,
    pub(crate) handle: &'h Handle,
    pub(crate) releases: &'h [&'h Release],
    pub(crate) patterns: &'h ReleasePatterns,
    /// The one slot that holds it.
    pub(super) slot: Option<Place>,
    /// The functions that release it.
    pub(super) releasing: Wanted,
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
pub(super) fn effect_around(model: &Model<'_>, func: FuncId) -> Option<FuncId> {
    model.file.enclosing(func).skip(1).find(|&around| is_effect_callback(model, around))
}

/// Whether a function is handed to `useEffect` or its like.
pub(crate) fn is_effect_callback(model: &Model<'_>, func: FuncId) -> bool {
    model.handed(func).iter().any(|handed| {
        let callee = model.file.tree.callee(handed.call).and_then(|callee| model.callee_name(callee));
        handed.arg == 0 && callee.is_some_and(|name| calls::takes_effect(model, name))
    })
}

/// Whether a function cleans up by where it stands: an effect returns it, or it is handed to what runs at the end of a
/// component: `onUnmounted(() => …)`.
pub(crate) fn is_cleanup(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let at_end = || {
        model.handed(func).iter().any(|handed| {
            let name = tree.callee(handed.call).and_then(|callee| model.callee_name(callee));
            handed.arg == 0 && name.is_some_and(|name| ends_component(model, name))
        })
    };
    let returned = || {
        let effect = model.file.function(func).parent.filter(|&effect| is_effect_callback(model, effect));
        let values = effect.map(|effect| model.returned_values(effect)).unwrap_or_default();
        values.iter().any(|&value| model.function_of(value) == Some(func))
    };
    at_end() || returned()
}

/// Whether what a function of this name is handed runs when a component ends: `onScopeDispose`, `onBeforeUnmount`.
pub(super) fn ends_component(model: &Model<'_>, name: &str) -> bool {
    model.catalog.runs_at_end(name) || name.contains("Unmount")
}
