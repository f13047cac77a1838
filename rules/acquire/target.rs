//! What keeps an acquired thing.

use crate::claim::{Origin, Target};
use crate::rule::Claims;
use outlive_semantic::calls;
use outlive_semantic::index::{BindingId, ClassId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tables::{BindingKind, Type};
use outlive_semantic::tree::Kind;

impl Target {
    /// The target at a place of the file.
    pub(crate) fn of(model: &Model<'_>, place: &Place, shown: String, claims: &mut Claims<'_>) -> Self {
        let origin = match place.root {
            Root::Binding(binding) if model.file.binding(binding).kind == BindingKind::Param => {
                match model.constructs(model.file.binding(binding).func) {
                    Some(class) if is_injected(model, class, binding) => Origin::Named,
                    Some(_) => Origin::PassedToConstructor,
                    None => Origin::Passed,
                }
            }
            Root::Binding(binding) if is_fetched(model, binding) => Origin::Fetched,
            Root::Value(node) if model.file.tree.kind(node) == Kind::Call => Origin::Fetched,
            _ => Origin::Named,
        };
        let place = claims.names.place(model, place);
        Self { place, shown, origin, is_own: false, given: None, part: None }
    }
}

/// Whether a parameter is a service that a framework hands to a component it makes: one that the component does not provide
/// itself.
fn is_injected(model: &Model<'_>, class: ClassId, param: BindingId) -> bool {
    let tree = &model.file.tree;
    let Some(Type::Named(name, _)) = model.file.binding(param).ty.map(|ty| model.file.ty(ty)) else {
        return false;
    };
    let decorators = &model.file.class(class).decorators;
    let mut lists = decorators.iter().filter_map(|&decorator| calls::provided(model, decorator)).peekable();
    let is_it = |list: NodeId| {
        tree.subtree(list).any(|node| model.callee_name(node).is_some_and(|of| of == tree.text(*name)))
    };
    lists.peek().is_some() && !lists.flatten().any(is_it)
}

/// A variable of a function that holds what some call returned.
fn is_fetched(model: &Model<'_>, binding: BindingId) -> bool {
    let row = model.file.binding(binding);
    let value = model.file.sole_value(binding);
    let made = value.map(|value| model.file.tree.kind(value));
    row.func.index() != 0 && matches!(made, Some(Kind::Call | Kind::Await))
}
