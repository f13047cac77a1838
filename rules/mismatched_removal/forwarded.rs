//! Facades that add a wrapper of what they are handed, and take away what they are handed.

use super::note_added;
use crate::claim::LocalClaim;
use crate::pairing::same_target;
use crate::returned;
use crate::rule::FileView;
use outlive_semantic::identity::{Identity, Match};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::listeners::{Registration, Removal};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::Kind;

/// `on(event, listener) { bus.on(event, listener.bind(this)); }` beside `off(event, listener) { bus.off(event, listener); }`:
/// who calls the second hands over what the first never added.
pub(super) fn mismatch(file: &FileView<'_, '_>, removal: &Removal) -> Option<LocalClaim> {
    let model = file.model;
    let removed = own_param(model, removal.func, removal.listener?)?;
    let name = model.file.function_name(removal.func).filter(|name| model.catalog.removes(name))?;
    let added = file.registrations.iter().find(|added| {
        is_same_event(model, added, removal)
            && same_target(model, &added.place, &removal.place) == Match::Must
            && is_counterpart(model, added.func, removal.func)
            && wrapped(model, added) == Some(removed)
    })?;
    let target = model.file.display(&removal.place);
    let adds = model.file.function_name(added.func).unwrap_or_default();
    Some(LocalClaim {
        message: format!(
            "this removes nothing from `{target}`: `{adds}` adds a function that it makes around the one it is handed, and `{name}` removes the one it is handed"
        ),
        help: format!(
            "keep what `{adds}` makes under the function it is handed, and let `{name}` remove that"
        ),
        subject: format!("{target} {adds} {name}"),
        notes: vec![note_added(model, added)],
        ..LocalClaim::default()
    })
}

/// Whether two functions are a way to listen and its counterpart, by their names, of one class, object or module.
fn is_counterpart(model: &Model<'_>, adds: FuncId, removes: FuncId) -> bool {
    let (one, other) = (model.file.function(adds), model.file.function(removes));
    // What listens once takes its wrapper away itself.
    let is_adder = |name: &str| model.catalog.families_adding(name).next().is_some() && !listens_once(name);
    adds != removes
        && (one.class, one.parent) == (other.class, other.parent)
        && model.file.function_name(adds).is_some_and(is_adder)
}

fn listens_once(name: &str) -> bool {
    name.to_ascii_lowercase().contains("once")
}

/// Whether both are about one constant event, or about the one that their functions are handed at the same position.
fn is_same_event(model: &Model<'_>, added: &Registration, removal: &Removal) -> bool {
    match (&added.event, removal.event.as_ref()) {
        (Identity::Constant(added), Some(Identity::Constant(removed))) => added == removed,
        (Identity::At(one), Some(Identity::At(other))) => {
            let position = param_of(model, added.func, one);
            position.is_some() && position == param_of(model, removal.func, other)
        }
        _ => false,
    }
}

/// The position of the parameter around which a wrapper is made that nobody but the target gets.
fn wrapped(model: &Model<'_>, added: &Registration) -> Option<u16> {
    let tree = &model.file.tree;
    let made = match model.file.binding_of(added.listener) {
        Some(binding) if model.file.binding(binding).references.len() == 1 => {
            model.file.sole_value(binding)?
        }
        Some(_) => return None,
        None => added.listener,
    };
    match tree.kind(made) {
        Kind::Call => {
            let (inner, "bind") = tree.method_call(made)? else { return None };
            own_param(model, added.func, inner)
        }
        Kind::Function => {
            let body = tree.subtree(made).filter(|&node| tree.kind(node) == Kind::Call);
            let mut called = body.filter_map(|call| own_param(model, added.func, callee_of(model, call)?));
            called.next()
        }
        _ => None,
    }
}

/// What a call runs: `f` of `f(…)`, `f.call(…)` and `f.apply(…)`.
fn callee_of(model: &Model<'_>, call: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    match tree.method_call(call) {
        Some((object, "call" | "apply")) => Some(object),
        _ => tree.callee(call),
    }
}

/// The position of the parameter of a function that an expression names, if it still is what was handed over.
fn own_param(model: &Model<'_>, func: FuncId, expr: NodeId) -> Option<u16> {
    (model.file.tree.kind(expr) == Kind::Identifier)
        .then(|| param_of(model, func, &model.file.place(expr)))?
}

fn param_of(model: &Model<'_>, func: FuncId, place: &Place) -> Option<u16> {
    let Root::Binding(binding) = place.root else { return None };
    let row = model.file.binding(binding);
    let is_as_handed = row.kind == BindingKind::Param && row.values.is_empty() && row.opaque_writes == 0;
    returned::param_of(model, func, place).filter(|_| is_as_handed)
}
