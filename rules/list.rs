//! Lists of disposers: `this.subscriptions.add(…)`, `this.undo.set(key, …)`, of which somebody has to dispose in turn.

use crate::claim::Note;
use crate::finding::Role;
use crate::rule::FileView;
use outlive_semantic::access::{Access, Usage};
use outlive_semantic::handle::Handle;
use outlive_semantic::index::NodeId;
use outlive_semantic::listeners::{self, Registration};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tree::Kind;

/// The list that what a registration returns is put on, if nobody ever disposes of that: the code around makes it, and all
/// that is done with it is to add.
pub(crate) fn forgotten(file: &FileView<'_, '_>, handle: &Handle) -> Option<Place> {
    let is_on_list = |place: &Place| place.path.last() == Some(&Step::Element);
    let mut lists = handle.places.iter().filter(|place| is_on_list(place)).filter_map(Place::parent);
    let list = lists.next().filter(|_| handle.places.iter().all(is_on_list))?;
    (lists.next().is_none() && handle.escapes.is_empty() && is_only_added_to(file, &list)).then_some(list)
}

/// The list that a registration is handed, `onDidChange(f, this, list)`, if nobody ever disposes of that.
pub(crate) fn forgotten_argument(file: &FileView<'_, '_>, registration: &Registration) -> Option<Place> {
    let list = file.model.file.place(listeners::handed_list(file.model, registration.call)?);
    is_only_added_to(file, &list).then_some(list)
}

/// Why a listener stays although its disposer is kept.
pub(crate) fn note(model: &Model<'_>, registration: &Registration, list: &Place) -> Note {
    let message = format!("its disposer is put on `{}`, of which nobody disposes", model.file.display(list));
    Note { role: Role::NeverRuns, message, span: model.file.tree.span(registration.call) }
}

/// Whether the code around makes a list, and does nothing with it but add.
fn is_only_added_to(file: &FileView<'_, '_>, list: &Place) -> bool {
    let ask = || is_made_and_added_to(file, list);
    *file.only_added_to.borrow_mut().entry(list.clone()).or_insert_with(ask)
}

fn is_made_and_added_to(file: &FileView<'_, '_>, list: &Place) -> bool {
    let model = file.model;
    let is_own = match list.root {
        Root::This(_) => list.path.len() == 1,
        Root::Binding(binding) => list.path.is_empty() && !model.file.is_exported(binding),
        _ => false,
    };
    let values = model.values(list);
    let is_made = |value: &NodeId| matches!(model.file.tree.kind(*value), Kind::New | Kind::Array);
    is_own
        && !values.is_empty()
        && values.iter().all(is_made)
        && file.accesses.below(list).all(|access| adds(file, access))
}

/// Whether a use of a list makes it, or puts one more thing on it.
fn adds(file: &FileView<'_, '_>, access: &Access) -> bool {
    match access.usage {
        Usage::Method { name, .. } => matches!(file.model.file.tree.text(name), "add" | "push" | "set"),
        Usage::Argument { call, index } => index == 2 && file.registration(call).is_some(),
        Usage::Assigned(_) | Usage::Read | Usage::Tested(_) => true,
        _ => false,
    }
}
