//! What functions keep and give to whoever asks: `async function connect() { if (shared) return shared; … }`.

use crate::index::{BindingId, FuncId, NodeId};
use crate::model::Model;
use crate::place::{Place, Root, Step};
use crate::tables::BindingKind;
use crate::tree::Kind;
use crate::{guard, tested};

/// The one thing that all that a function returns is, or has been put into, where that is there before the function is
/// called, or made by its first call alone: a variable of the module, a field of its instance, or an entry of such: `let room =
/// rooms.get(name); if (!room) { room = new Room(); rooms.set(name, room); } return room`.
#[must_use]
pub fn lent(model: &Model<'_>, func: FuncId) -> Option<Place> {
    let tree = &model.file.tree;
    if model.file.function(func).is_generator {
        return None;
    }
    let returned = model.returned_values(func);
    if returned.iter().any(|&value| is_taken_out(model, value)) {
        return None;
    }
    let places = returned.iter().map(|&value| model.file.place(tree.awaited(value)));
    let kept = places.clone().find(|place| lasts(model, place))?;
    let is_it = |(&value, place): (&NodeId, Place)| {
        // What is made while others wait for it: `return new Promise((done) => (socket.onopen = () => done(socket)))`.
        place == kept
            || model.is_nothing(value)
            || tree.kind(value) == Kind::New && is_promise(model, value)
            || is_put_into(model, &place, &kept)
    };
    (returned.iter().zip(places).all(is_it) && !is_made_anew(model, func, &kept)).then_some(kept)
}

/// Whether a path leads to what is there before a function runs, and after: a variable of the module or a field of one, of an
/// instance, of what the file exports or imports.
fn lasts(model: &Model<'_>, place: &Place) -> bool {
    let is_field = !place.path.is_empty();
    match place.root {
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            let is_variable = matches!(row.kind, BindingKind::Var | BindingKind::Let | BindingKind::Const);
            let has_fields = matches!(row.kind, BindingKind::Class | BindingKind::Function);
            row.func.index() == 0 && (is_variable || is_field && has_fields)
        }
        Root::This(_) | Root::Class(_) | Root::Exports | Root::Module(_) => is_field,
        Root::Receiver(_) | Root::Global(_) | Root::Value(_) => false,
    }
}

/// Whether the table no longer has what a value is: `queue.shift()`.
fn is_taken_out(model: &Model<'_>, value: NodeId) -> bool {
    let tree = &model.file.tree;
    let takes = |value: NodeId| {
        tree.subtree(value)
            .any(|call| matches!(tree.method_call(call), Some((_, "pop" | "shift" | "splice"))))
    };
    let of_variable = model.file.binding_of(value).map(|binding| model.file.binding(binding).values.iter());
    takes(value) || of_variable.into_iter().flatten().any(|&given| takes(given))
}

fn is_promise(model: &Model<'_>, made: NodeId) -> bool {
    model.file.tree.callee(made).and_then(|callee| model.callee_name(callee)) == Some("Promise")
}

/// Whether what a variable holds is also kept at a place: `const socket = (state.socket = open())`, `shared = socket`.
fn is_put_into(model: &Model<'_>, place: &Place, kept: &Place) -> bool {
    let tree = &model.file.tree;
    let Root::Binding(binding) = place.root else { return false };
    let of_chain = model.file.sole_value(binding).filter(|&value| tree.kind(value) == Kind::Assign);
    let is_chained =
        of_chain.and_then(|assign| tree.first(assign)).is_some_and(|to| model.file.place(to) == *kept);
    place.path.is_empty()
        && (is_chained
            || is_entered(model, binding, kept)
            || model.values(kept).iter().any(|&value| model.file.binding_of(value) == Some(binding)))
}

/// Whether what a variable holds is entered into the table of which an entry is kept: `rooms.set(name, room)`.
fn is_entered(model: &Model<'_>, binding: BindingId, kept: &Place) -> bool {
    let tree = &model.file.tree;
    let Some(table) = kept.parent().filter(|_| kept.path.last() == Some(&Step::Element)) else {
        return false;
    };
    let is_entry = |node: NodeId| {
        let (call, index) = tree.argument_of(node)?;
        let (object, method) = tree.method_call(call)?;
        let adds = matches!((method, index), ("set", 1) | ("add" | "push" | "unshift", 0));
        Some(adds && model.file.place(object) == table)
    };
    let mut references = model.file.binding(binding).references.iter();
    references.any(|at| is_entry(model.file.references[at.index()].node) == Some(true))
}

/// Whether each call puts another thing there: `page = await browser.newPage(); return page`.
fn is_made_anew(model: &Model<'_>, func: FuncId, kept: &Place) -> bool {
    let tree = &model.file.tree;
    let is_entry = kept.path.last() == Some(&Step::Element);
    model.assignments(kept).iter().filter(|&&at| tree.func(at) == func).any(|&at| {
        tree.child(at, 1).is_some_and(|value| {
            let is_first = guard::once_guard(model, value).is_some()
                || is_entry && tested::is_asked_for(model, kept, at);
            !model.is_nothing(value) && !is_first
        })
    })
}
