//! What grows: a collection the rows or the language know, or something of unknown type that is used as one.

use crate::rule::Claims;
use outlive_semantic::catalog::{Container, ModelId};
use outlive_semantic::growth::{self, CollectionOp, Growth, Keys};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tables::ClassKind;
use outlive_semantic::tree::{Kind, Span};

/// What the keys are drawn from, where this file cannot tell whether there are few.
pub(super) fn drawn_from(
    model: &Model<'_>,
    op: &CollectionOp,
    keys: Keys,
    claims: &mut Claims<'_>,
) -> Vec<Place> {
    let places = if keys == Keys::Open { growth::drawn_from(model, op) } else { Vec::new() };
    places.iter().map(|place| claims.names.place(model, place)).collect()
}

/// The container that grows, as far as this file knows; none if it cannot be one, or holds nothing alive.
pub(super) fn container_of(
    model: &Model<'_>,
    op: &CollectionOp,
    growth: Growth,
) -> Option<(Option<Container>, Option<ModelId>)> {
    let ty = model.place_ty(&op.holder);
    let known = model.model_of(ty);
    if evicts(model, ty, growth) {
        return None;
    }
    // `cache[key] = value` is a plain property of the cache, and nothing that the cache does takes it away.
    if growth == Growth::Key && is_library_cache(model, &op.holder) {
        return Some((Some(Container::Object), None));
    }
    let container = known.and_then(|id| model.catalog.model(id).container);
    match (known, container) {
        // `weak[key] = value` is a plain property of the object, and strong.
        (_, Some(Container::Weak | Container::Map | Container::Set)) if growth == Growth::Key => {
            Some((Some(Container::Object), known))
        }
        (_, Some(Container::Weak | Container::Bounded)) => None,
        (_, Some(container)) => match growth.needs() {
            Some(needed) if needed != container => {
                (growth == Growth::Key && container == Container::Array).then_some((Some(container), known))
            }
            _ => Some((Some(container), known)),
        },
        // A string or a function that grows by reassignment.
        (Some(id), None) if matches!(growth, Growth::Append | Growth::Rebuild | Growth::Wrap) => {
            model.catalog.is_a(id, "String").then_some((None, known))
        }
        (Some(_), None) => None,
        (None, None) => unknown_container(model, op, growth, ty),
    }
}

/// `lists.get(request).push(…)` of a `WeakMap`: the list goes with the request.
pub(super) fn is_held_weakly(model: &Model<'_>, holder: &Place) -> bool {
    let is_weak = |place: &Place| {
        let known = model.model_of(model.place_ty(place));
        known.is_some_and(|id| model.catalog.model(id).container == Some(Container::Weak))
    };
    let is_entry = |place: &Place| place.path.last() == Some(&Step::Element);
    holder.prefixes().filter(is_entry).filter_map(|entry| entry.parent()).any(|table| is_weak(&table))
}

/// Whether a place holds a cache of a library, which evicts only what went in by its own methods.
pub(super) fn is_library_cache(model: &Model<'_>, place: &Place) -> bool {
    let is_cache = |value: &NodeId| {
        model.file.tree.kind(*value) == Kind::New && model.rows(*value).iter().any(|row| row.caches.is_some())
    };
    model.values(place).iter().any(is_cache)
}

fn unknown_container(
    model: &Model<'_>,
    op: &CollectionOp,
    growth: Growth,
    ty: Ty,
) -> Option<(Option<Container>, Option<ModelId>)> {
    match (ty, growth) {
        (Ty::Text | Ty::Finite, Growth::Append) => Some((None, None)),
        (Ty::Instance(class), Growth::Key) => {
            // `const table = { get(k) { return this[k] } }`
            let is_object = model.file.class(class).kind == ClassKind::Object;
            is_object.then_some((Some(Container::Object), None))
        }
        (Ty::Unknown | Ty::Function(_), Growth::Wrap) => Some((None, None)),
        (Ty::Unknown, Growth::Append | Growth::Rebuild) => None,
        // Nothing but an array has these methods.
        (Ty::Unknown, Growth::Push)
            if matches!(model.file.tree.method_call(op.node), Some((_, "splice" | "unshift")))
                && !op.holder.path.is_empty() =>
        {
            Some((Some(Container::Array), None))
        }
        (Ty::Unknown, Growth::Push) if falls_back_to_list(model, op) => Some((Some(Container::Array), None)),
        // Only another file can say; the link asks it.
        (Ty::Unknown, _) => {
            matches!(op.holder.root, Root::Module(_) | Root::This(_) | Root::Exports | Root::Global(_))
                .then_some((None, None))
                .or_else(|| (!op.holder.path.is_empty()).then_some((None, None)))
                .or_else(|| is_made_elsewhere(model, &op.holder).then_some((None, None)))
        }
        _ => None,
    }
}

/// `const users = new Registry()`, where what is called or constructed is imported.
fn is_made_elsewhere(model: &Model<'_>, place: &Place) -> bool {
    let tree = &model.file.tree;
    let Root::Binding(binding) = place.root else { return false };
    let Some(value) = model.file.sole_value(binding) else { return false };
    let callee = tree.callee(tree.awaited(value));
    callee.is_some_and(|callee| matches!(model.file.place(callee).root, Root::Module(_)))
}

/// `class Cache extends Map { set(key, value) { if (this.size >= 100) this.delete(…); … } }`: what makes room by itself.
fn evicts(model: &Model<'_>, ty: Ty, growth: Growth) -> bool {
    let tree = &model.file.tree;
    let method = match growth {
        Growth::Set => "set",
        Growth::Add => "add",
        Growth::Push => "push",
        _ => return false,
    };
    let Ty::Instance(class) = ty else { return false };
    let own = tree.names().find(method).and_then(|name| model.instance_method(class, name));
    let makes_room = |call: NodeId| {
        tree.method_call(call).is_some_and(|(object, name)| {
            tree.kind(object) == Kind::This && matches!(name, "delete" | "clear" | "shift" | "pop" | "splice")
        })
    };
    own.is_some_and(|func| tree.subtree(model.file.function(func).node).any(makes_room))
}

/// `const list = table[key] || []`: what stands in for it says what it is.
fn falls_back_to_list(model: &Model<'_>, op: &CollectionOp) -> bool {
    let tree = &model.file.tree;
    let value = model.file.value_of(op.target);
    let is_default = |value: NodeId| {
        tree.kind(value) == Kind::Logical
            && tree.child(value, 1).is_some_and(|other| tree.kind(other) == Kind::Array)
    };
    value.unwrap_or(op.target) != op.target && value.is_some_and(is_default)
}

/// Writing to an array by index fills it, it does not grow without bound.
pub(super) fn is_bounded_index(growth: Growth, keys: Keys, container: Option<Container>) -> bool {
    growth == Growth::Key && container == Some(Container::Array) && keys != Keys::Open
}

/// Where the collection is declared: the binding, or the first place a field gets a value.
pub(super) fn declaration(model: &Model<'_>, holder: &Place) -> Option<Span> {
    let mut owner = holder.clone();
    while owner.path.last() == Some(&Step::Element) {
        owner = owner.parent()?;
    }
    if owner.path.is_empty()
        && let Root::Binding(binding) = owner.root
    {
        return Some(model.file.binding(binding).span);
    }
    let value = model.values(&owner).first().copied()?;
    let statement = model.file.tree.parent(value)?;
    Some(model.file.tree.span(statement))
}
