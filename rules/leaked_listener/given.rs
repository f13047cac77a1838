//! Functions that add a listener and leave its removal to their callers: what they return alone takes it away, or only the
//! same function does.

use super::META;
use super::candidate::{constant_event, shown_event, shown_target};
use super::origin::is_teardown;
use crate::ending::takes_away;
use crate::pairing::same_target;
use crate::returned;
use crate::rule::{Claims, FileView};
use outlive_semantic::growth::{CollectionOp, Op};
use outlive_semantic::identity::Match;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::listeners::{Registration, Removal};
use outlive_semantic::model::Model;

/// Notes that a function adds a listener which only what it returns removes, if that is so.
pub(super) fn note_removed(
    file: &FileView<'_, '_>,
    registration: &Registration,
    removing: &[&Removal],
    claims: &mut Claims<'_>,
) {
    let undone_in: Vec<FuncId> = removing.iter().map(|removal| removal.func).collect();
    let added = (shown_added(file.model, registration), Some(&registration.place));
    returned::note(file, META.id, registration.call, &undone_in, added, claims);
}

/// Notes that a function adds what it is handed as the listener, if another of the file removes what that is handed.
pub(super) fn note_wrapper(file: &FileView<'_, '_>, registration: &Registration, claims: &mut Claims<'_>) {
    if is_half_of_a_wrapper(file, registration) {
        let added = (shown_added(file.model, registration), &registration.place);
        returned::note_wrapper(file, META.id, registration.call, registration.listener, added, claims);
    }
}

/// Notes that a function puts a listener it is handed into a collection, and returns what alone takes it out again.
pub(super) fn note_kept(file: &FileView<'_, '_>, op: &CollectionOp, claims: &mut Claims<'_>) {
    let model = file.model;
    let is_listener = |value: NodeId| returned::own_param(model, op.func, value).is_some();
    if !matches!(op.op, Op::Grow(_)) || !op.value.or(op.key).is_some_and(is_listener) {
        return;
    }
    // `queue = []` when all of them have been run: entries are not there to stay.
    let is_emptied = |reset: &CollectionOp| {
        let is_setup = reset.func.index() == 0 || model.constructs(reset.func).is_some();
        !is_setup && !is_teardown(model, reset.func)
    };
    if file.ops_on(&op.holder, Op::Reset).any(is_emptied) {
        return;
    }
    let releases = file.ops_on(&op.holder, Op::Release).map(|release| release.func);
    let (removers, undone_in): (Vec<FuncId>, Vec<FuncId>) = releases
        .filter(|&func| !is_teardown(model, func))
        .partition(|&func| is_remover(model, op.func, func));
    let what = format!("the entry in `{}`", model.file.display(&op.holder));
    if removers.is_empty() {
        returned::note(file, META.id, op.node, &undone_in, (what, Some(&op.holder)), claims);
    } else if undone_in.iter().all(|&func| model.file.is_within(func, op.func))
        && let Some(listener) = op.value.or(op.key)
    {
        returned::note_wrapper(file, META.id, op.node, listener, (what, &op.holder), claims);
    }
}

/// Whether a function is told by a parameter what to take away: the counterpart of the one that adds.
fn is_remover(model: &Model<'_>, adder: FuncId, func: FuncId) -> bool {
    let name =
        model.file.function_name(func).filter(|_| func != adder && model.file.params(func).next().is_some());
    name.is_some_and(|name| name.starts_with("off") || takes_away(model.catalog, name))
}

/// Whether a function adds its parameter as the listener, and the file has another that removes its own parameter from
/// the same target: `addWindowListener(event, f)` and `removeWindowListener(event, f)`.
fn is_half_of_a_wrapper(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let model = file.model;
    returned::own_param(model, registration.func, registration.listener).is_some()
        && file.removals.iter().any(|removal| {
            let is_param = |listener: NodeId| returned::own_param(model, removal.func, listener).is_some();
            removal.func != registration.func
                && removal.listener.is_some_and(is_param)
                && same_target(model, &registration.place, &removal.place) == Match::Must
        })
}

/// "the `resize` listener on `window`"
fn shown_added(model: &Model<'_>, registration: &Registration) -> String {
    let event = constant_event(&registration.event);
    format!("{} on `{}`", shown_event(event.as_deref()), shown_target(model, registration))
}
