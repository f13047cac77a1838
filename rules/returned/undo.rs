//! Functions that do something which only what they return undoes.

use crate::claim::{Keeper, UndoClaim};
use crate::rule::{Claims, FileView};
use outlive_semantic::calls;
use outlive_semantic::handle::{self, Escape};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};

/// Notes that a function does something at `site` which only what it returns undoes: `undone_in` are the functions that
/// do. `keeper` is what holds it until then; none for the process itself.
pub(crate) fn note(
    file: &FileView<'_, '_>,
    rule: &'static str,
    site: NodeId,
    undone_in: &[FuncId],
    (what, keeper): (String, Option<&Place>),
    claims: &mut Claims<'_>,
) {
    let model = file.model;
    let func = model.file.tree.func(site);
    let is_returned = |&undo: &FuncId| {
        let closure = model.file.enclosing(undo).find(|&at| model.file.function(at).parent == Some(func));
        closure.is_some_and(|closure| is_only_returned(file, func, closure))
    };
    if func.index() == 0 || undone_in.is_empty() || !undone_in.iter().all(is_returned) {
        return;
    }
    let keeper = keeper_of(model, func, keeper, claims);
    push(rule, func, (file, site), UndoClaim { what, keeper, listener: None }, claims);
}

/// Notes that a function adds a parameter of its own as the listener, and that another one takes off what it is handed:
/// what is added through the first comes off only if the very same function is handed to the second.
pub(crate) fn note_wrapper(
    file: &FileView<'_, '_>,
    rule: &'static str,
    site: NodeId,
    listener: NodeId,
    (what, keeper): (String, &Place),
    claims: &mut Claims<'_>,
) {
    let model = file.model;
    let func = model.file.tree.func(site);
    let Some(listener) = own_param(model, func, listener) else { return };
    let keeper = keeper_of(model, func, Some(keeper), claims);
    push(rule, func, (file, site), UndoClaim { what, keeper, listener: Some(listener) }, claims);
}

fn push(
    rule: &'static str,
    func: FuncId,
    (file, site): (&FileView<'_, '_>, NodeId),
    undo: UndoClaim,
    claims: &mut Claims<'_>,
) {
    let at = file.model.file.tree.span(site);
    claims.add(rule, func, at, undo);
}

/// The position of the parameter of a function that an expression names.
pub(crate) fn own_param(model: &Model<'_>, func: FuncId, expr: NodeId) -> Option<u16> {
    param_of(model, func, &model.file.place(expr))
}

/// The same of a place.
pub(crate) fn param_of(model: &Model<'_>, func: FuncId, place: &Place) -> Option<u16> {
    let Root::Binding(binding) = place.root else { return None };
    let (of, position) = calls::param_position(model, binding)?;
    (of == func && place.path.is_empty()).then_some(position)
}

/// What keeps it, as those who call the function see it.
fn keeper_of(model: &Model<'_>, func: FuncId, place: Option<&Place>, claims: &mut Claims<'_>) -> Keeper {
    let Some(place) = place else { return Keeper::Process };
    match place.root {
        Root::This(_) => Keeper::Receiver,
        Root::Binding(binding) => match calls::param_position(model, binding) {
            Some((of, position)) if of == func => Keeper::Param(position),
            _ => Keeper::Shared(claims.names.place(model, place)),
        },
        _ => Keeper::Shared(claims.names.place(model, place)),
    }
}

/// Whether all that becomes of a closure is that the function which makes it returns it.
fn is_only_returned(file: &FileView<'_, '_>, func: FuncId, closure: FuncId) -> bool {
    let model = file.model;
    let row = model.file.function(closure);
    let mut handle = handle::follow(model, file.accesses, row.node);
    if let Some(binding) = row.binding {
        let named = handle::follow_places(model, file.accesses, [Place::root(Root::Binding(binding))]);
        handle.places.extend(named.places);
        handle.escapes.extend(named.escapes);
    }
    let tree = &model.file.tree;
    let is_return = |escape: &Escape| match escape {
        Escape::Returned(at) => tree.func(*at) == func || tree.function(*at) == Some(func),
        _ => false,
    };
    let is_own = |place: &Place| match place.root {
        Root::Binding(binding) => [func, closure].contains(&model.file.binding(binding).func),
        _ => false,
    };
    model.calls_of(closure).is_empty()
        && !handle.escapes.is_empty()
        && handle.escapes.iter().all(is_return)
        && handle.places.iter().all(is_own)
}
