//! Whether two expressions are the same thing: what pairs an addition with its removal.

use crate::index::NodeId;
use crate::model::{Given, Model};
use crate::pending;
use crate::place::{Place, Root};
use crate::tables::BindingKind;
use crate::tree::Kind;
use std::rc::Rc;

/// What is known of the identity of a value.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub enum Identity {
    /// A new object each time the expression runs: an inline function, `f.bind(this)`, a literal. Nobody else has it.
    Fresh(NodeId),
    /// The value at a place.
    At(Place),
    /// A constant string or number.
    Constant(String),
    /// Anything.
    Unknown,
}

/// How two identities compare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Match {
    /// The same value.
    Must,
    /// Perhaps.
    May,
    /// Never the same value.
    Never,
}

/// The identity of an expression's value.
#[must_use]
pub fn identity(model: &Model<'_>, expr: NodeId) -> Identity {
    let tree = &model.file.tree;
    match tree.kind(expr) {
        Kind::Function | Kind::Object | Kind::Array | Kind::Class | Kind::New | Kind::Regex => {
            Identity::Fresh(expr)
        }
        Kind::String => Identity::Constant(tree.name(expr).unwrap_or_default().to_owned()),
        Kind::Number => Identity::Constant(tree.number(expr).unwrap_or_default().to_string()),
        Kind::Call => call_identity(model, expr),
        Kind::Identifier | Kind::Member | Kind::This => {
            if let Some(name) = model.file.constant_name(expr) {
                return Identity::Constant(tree.text(name).to_owned());
            }
            let place = model.file.place(expr);
            if let Some(constant) = constant_member(model, &place) {
                return constant;
            }
            match place.root {
                Root::Value(node) if place.path.is_empty() && node != expr => identity(model, node),
                _ => Identity::At(place),
            }
        }
        Kind::Assign => tree.child(expr, 1).map_or(Identity::Unknown, |value| match identity(model, value) {
            // `el.on('x', this.f = () => …)`: the field has it.
            Identity::Fresh(_) | Identity::Unknown => {
                tree.first(expr).map_or(Identity::Unknown, |target| Identity::At(model.file.place(target)))
            }
            known => known,
        }),
        _ => Identity::Unknown,
    }
}

/// `EVENTS.opened` of `const EVENTS = { opened: 'door:opened' }`, which nothing else is written to.
fn constant_member(model: &Model<'_>, place: &Place) -> Option<Identity> {
    let Root::Binding(binding) = place.root else { return None };
    let is_table = !place.path.is_empty() && model.file.sole_value(binding).is_some();
    match model.values(place)[..] {
        [only] if is_table && model.file.tree.kind(only) == Kind::String => Some(identity(model, only)),
        _ => None,
    }
}

/// `f.bind(this)` and wrappers such as `debounce(f)` make a new function each time; other calls may return anything.
fn call_identity(model: &Model<'_>, call: NodeId) -> Identity {
    let tree = &model.file.tree;
    if let Some((_, method)) = tree.method_call(call)
        && matches!(method, "bind" | "partial")
    {
        return Identity::Fresh(call);
    }
    let name = tree.callee(call).and_then(|callee| model.callee_name(callee));
    if name.is_some_and(|name| model.catalog.calls_named(name).any(|row| row.wraps && !row.memoizes)) {
        return Identity::Fresh(call);
    }
    let place = model.file.place(call);
    if place.root == Root::Value(call) { Identity::Unknown } else { Identity::At(place) }
}

/// Compares what was added with what is removed.
#[must_use]
pub fn compare(model: &Model<'_>, added: &Identity, removed: &Identity) -> Match {
    match (added, removed) {
        (Identity::Constant(a), Identity::Constant(b)) => {
            if a == b {
                Match::Must
            } else {
                Match::Never
            }
        }
        (Identity::Fresh(a), Identity::Fresh(b)) if a == b => Match::Must,
        (Identity::Fresh(_), Identity::Fresh(_)) => Match::Never,
        // A function literal that was added can be named only by the variable it is also assigned to.
        (Identity::Fresh(node), Identity::At(place)) | (Identity::At(place), Identity::Fresh(node)) => {
            if holds(model, place, *node) {
                Match::Must
            } else {
                Match::Never
            }
        }
        (Identity::At(a), Identity::At(b)) if a == b => Match::Must,
        (Identity::At(a), Identity::At(b)) => compare_places(model, a, b),
        (Identity::Unknown, Identity::Fresh(_)) | (Identity::Fresh(_), Identity::Unknown) => Match::Never,
        _ => Match::May,
    }
}

/// Whether a place is given exactly this value somewhere, or names the function expression itself.
fn holds(model: &Model<'_>, place: &Place, node: NodeId) -> bool {
    if model.values(place).contains(&node) {
        return true;
    }
    // `on('x', function handler() { off('x', handler) })`
    match (place.root, place.path.is_empty()) {
        (Root::Binding(binding), true) => model.file.binding(binding).node == node,
        _ => false,
    }
}

/// Two different places hold different values if both are functions or constants that nothing else is assigned to.
fn compare_places(model: &Model<'_>, a: &Place, b: &Place) -> Match {
    // One is assigned from the other: `this.onX = this.onX.bind(this)` is one place; `this.h = handler` is two names.
    if given(model, a).named.contains(b) || given(model, b).named.contains(a) {
        return Match::Must;
    }
    if is_settled(model, a) && is_settled(model, b) { Match::Never } else { Match::May }
}

/// Whether a place surely holds a function of its own: any other place of which this is true holds another one.
#[must_use]
pub fn is_alone(model: &Model<'_>, place: &Place) -> bool {
    is_settled(model, place) && given(model, place).named.is_empty()
}

/// Whether a place is a function or constant that nothing else is assigned to.
fn is_settled(model: &Model<'_>, place: &Place) -> bool {
    let is_declared = match (place.root, place.path.is_empty()) {
        (Root::Binding(binding), true) => {
            let row = model.file.binding(binding);
            row.kind == BindingKind::Function
                // Each promise has functions of its own to be settled by.
                || row.kind == BindingKind::Param && pending::is_executor(model, row.func)
                || model.file.sole_value(binding).is_some_and(|v| is_function(model, v))
        }
        (Root::This(class), false) if place.path.len() == 1 => {
            let name = place.last_field();
            let is_method = name.and_then(|name| model.instance_method(class, name)).is_some();
            is_method && model.values(place).len() <= 1
        }
        _ => false,
    };
    // A field that is only ever given functions made there: `this.moved = this.onMove.bind(this)`.
    is_declared || given(model, place).is_made
}

fn given(model: &Model<'_>, place: &Place) -> Rc<Given> {
    if let Some(known) = model.given.borrow().get(place) {
        return Rc::clone(known);
    }
    let values = model.values(place);
    let others = values.iter().filter(|&&value| !matches!(identity(model, value), Identity::Fresh(_)));
    let named: Box<[Place]> = others.map(|&value| model.file.place(value)).collect();
    let found = Rc::new(Given { is_made: !values.is_empty() && named.is_empty(), named });
    model.given.borrow_mut().insert(place.clone(), Rc::clone(&found));
    found
}

fn is_function(model: &Model<'_>, node: NodeId) -> bool {
    model.file.tree.kind(node) == Kind::Function
}
