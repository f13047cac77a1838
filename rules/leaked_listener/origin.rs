//! Where the target of a registration comes from: what the registration makes itself ends with it.

use crate::claim::Origin;
use crate::ending;
use crate::slot;
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::listeners::Registration;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::Kind;

/// Whether the target is something that the instance did not make.
pub(super) fn is_outer(registration: &Registration, origin: Origin) -> bool {
    match origin {
        Origin::PassedToConstructor => true,
        Origin::Named => matches!(
            registration.place.root,
            Root::Global(_) | Root::Module(_) | Root::Binding(_) | Root::Class(_)
        ),
        Origin::Passed | Origin::Fetched => false,
    }
}

/// Whether a function is, or is part of, a method that ends its instance: it runs once.
pub(super) fn is_teardown(model: &Model<'_>, func: FuncId) -> bool {
    model.file.enclosing(func).any(|func| {
        let row = model.file.function(func);
        row.class.is_some() && model.file.function_name(func).is_some_and(ending::is_end)
    })
}

/// Where the target comes from; none if it is made by the very code that listens to it.
pub(super) fn origin(model: &Model<'_>, registration: &Registration) -> Option<Origin> {
    let place = &registration.place;
    match place.root {
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            if row.kind == BindingKind::Param {
                return Some(match model.constructs(row.func) {
                    Some(_) => Origin::PassedToConstructor,
                    None if runs_with(model, registration.func, row.func) => Origin::Passed,
                    None => Origin::Named,
                });
            }
            if is_made_before(model, registration) {
                return None;
            }
            if row.func != registration.func || row.func.index() == 0 {
                return Some(Origin::Named);
            }
            // A local of the same function: known to live longer by one of its values, or by its type.
            let elsewhere = row.values.iter().any(|&value| {
                !matches!(model.file.place(value).root, Root::Value(_))
                    && model.file.tree.kind(value) != Kind::Null
            });
            if elsewhere && row.values.len() > 1 {
                return Some(Origin::Named);
            }
            let ty = model.model_of(model.ty(registration.target));
            ty.and_then(|ty| model.catalog.model(ty).life).map(|_| Origin::Named)
        }
        Root::This(_) => {
            let is_field = !place.path.is_empty();
            if is_field && is_passed_to_constructor(model, place) {
                return Some(Origin::PassedToConstructor);
            }
            if is_field && is_made_before(model, registration) {
                return None;
            }
            Some(Origin::Named)
        }
        Root::Value(_) => {
            let ty = model.model_of(model.ty(registration.target));
            ty.and_then(|ty| model.catalog.model(ty).life).map(|_| Origin::Named)
        }
        Root::Receiver(_) => None,
        Root::Module(_) | Root::Global(_) | Root::Exports | Root::Class(_) => Some(Origin::Named),
    }
}

/// Whether a function runs as a part of another, now: the same, or `new Promise(…)` in it.
fn runs_with(model: &Model<'_>, inner: FuncId, outer: FuncId) -> bool {
    model.file.is_within(inner, outer)
        && model
            .file
            .enclosing(inner)
            .take_while(|&func| func != outer)
            .all(|func| slot::is_executor(model, func) || model.is_immediately_invoked(func))
}

/// The field of the instance that a path starts with.
fn own_field(place: &Place) -> Option<Place> {
    let first = place.path.first().filter(|_| matches!(place.root, Root::This(_)))?;
    Place::root(place.root).with(*first)
}

/// A field whose only value is (part of) a parameter of the constructor.
fn is_passed_to_constructor(model: &Model<'_>, place: &Place) -> bool {
    let Some(field) = own_field(place) else { return false };
    let values = model.values(&field);
    let from_parameter = |value: NodeId| param_of(model, &model.file.place(value)).is_some();
    !values.is_empty() && values.iter().all(|&value| from_parameter(value) || model.is_nothing(value))
}

/// The parameter of the constructor that a path starts from, directly or by the field that keeps it.
pub(super) fn constructor_param(model: &Model<'_>, place: &Place) -> Option<Place> {
    match own_field(place) {
        None => param_of(model, place),
        Some(field) => {
            model.values(&field).iter().find_map(|&value| param_of(model, &model.file.place(value)))
        }
    }
}

/// The parameter that a path starts from.
fn param_of(model: &Model<'_>, place: &Place) -> Option<Place> {
    match place.root {
        Root::Binding(binding) if is_param(model, binding) => Some(Place::root(place.root)),
        _ => None,
    }
}

pub(super) fn is_param(model: &Model<'_>, binding: BindingId) -> bool {
    model.file.binding(binding).kind == BindingKind::Param
}

/// `this.xhr = new XMLHttpRequest(); this.xhr.upload.addEventListener(…)`, `socket = io(url); socket.on(…)`: each run
/// listens to one of its own.
pub(super) fn is_made_before(model: &Model<'_>, registration: &Registration) -> bool {
    let tree = &model.file.tree;
    let place = &registration.place;
    let holder = match (place.root, place.path.first()) {
        (Root::Binding(_), _) => Place::root(place.root),
        (_, Some(first)) => Place { root: place.root, path: std::iter::once(*first).collect() },
        _ => return false,
    };
    let is_made = |value: NodeId| match tree.kind(value) {
        Kind::New => true,
        Kind::Call => {
            let is_known =
                model.model_of(model.ty(value)).is_some_and(|ty| model.catalog.model(ty).life.is_none());
            is_known || is_found_below(model, value) || is_made_of_markup(model, value)
        }
        _ => false,
    };
    model.values(&holder).iter().any(|&value| {
        let block = tree.ancestors(value).find(|&around| tree.kind(around) == Kind::Block);
        is_made(value)
            && tree.func(value) == registration.func
            && tree.span(value).end <= tree.span(registration.call).start
            && block.is_some_and(|block| tree.contains(block, registration.call))
    })
}

/// `$('<div>').appendTo(parent)`: jQuery makes an element of markup, and its methods give it back.
fn is_made_of_markup(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let innermost = std::iter::successors(Some(call), |&call| {
        tree.method_call(call).map(|(object, _)| object).filter(|&object| tree.is_call(object))
    });
    innermost.last().is_some_and(|made| {
        let callee = tree.callee(made).and_then(|callee| model.callee_name(callee));
        let text = tree.arg(made, 0).filter(|&text| tree.kind(text) == Kind::String);
        matches!(callee, Some("$" | "jQuery"))
            && text.and_then(|text| tree.name(text)).is_some_and(|text| text.trim_start().starts_with('<'))
    })
}

/// `container.querySelector(…)`: a part of something that was made for this run, more often than not.
fn is_found_below(model: &Model<'_>, call: NodeId) -> bool {
    model.file.tree.method_call(call).is_some_and(|(object, method)| {
        let is_query = matches!(method, "querySelector" | "getElementsByClassName" | "getElementsByTagName");
        is_query && model.path_of(&model.file.place(object)).as_deref() != Some("document")
    })
}
