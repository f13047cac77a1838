//! Calls that give the same thing each time, as far as their callers can tell: `Client.get()`, `getStore()`.

use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::Kind;

/// The getter that gave what a path starts from: a function that anybody can name, and that is told nothing. None if there
/// is none.
pub(crate) fn getter(model: &Model<'_>, place: &Place) -> Option<Place> {
    let tree = &model.file.tree;
    let call = match place.root {
        Root::Value(node) => node,
        Root::Binding(binding) => model.file.sole_value(binding)?,
        _ => return None,
    };
    let callee = tree.callee(call).filter(|_| tree.kind(call) == Kind::Call)?;
    if tree.args(call).next().is_some() || !gives_what_is_there(model.callee_name(callee)?) {
        return None;
    }
    if model.function_of(callee).is_some_and(|func| makes(model, func)) {
        return None;
    }
    let getter = model.file.place(callee);
    let is_shared = match getter.root {
        Root::Module(_) | Root::Global(_) | Root::Exports | Root::Class(_) => true,
        Root::Binding(binding) => model.file.binding(binding).func.index() == 0,
        Root::This(_) | Root::Value(_) | Root::Receiver(_) => false,
    };
    is_shared.then_some(getter)
}

/// The variable of the module that a function of the file fills once and gives to whoever waits for it, where a path starts from
/// what that function gave: `async function connect() { if (shared) return shared; … }`. The path from there.
pub(crate) fn kept(model: &Model<'_>, place: &Place) -> Option<Place> {
    let tree = &model.file.tree;
    let given = match place.root {
        Root::Value(node) => node,
        Root::Binding(binding) => match model.file.binding(binding).kind {
            BindingKind::Param => settled(model, binding)?,
            _ => model.file.sole_value(binding)?,
        },
        _ => return None,
    };
    let call = tree.awaited(given);
    let callee = tree.callee(call).filter(|_| tree.kind(call) == Kind::Call)?;
    let func = model.function_of(callee).filter(|&func| !model.file.function(func).is_generator)?;
    let kept = kept_by(model, func)?;
    place.path.iter().copied().try_fold(kept, Place::with)
}

/// The promise of whose value a parameter is told: `connect().then((shared) => …)`.
fn settled(model: &Model<'_>, param: BindingId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let row = model.file.binding(param);
    let func = tree.parent(row.node).filter(|&func| tree.kind(func) == Kind::Function)?;
    let (call, 0) = tree.argument_of(func)? else { return None };
    let (promise, "then") = tree.method_call(call)? else { return None };
    (tree.node(row.node).slot == 0 && row.opaque_writes == 0).then_some(promise)
}

/// The one variable of the module that all that a function returns is, or has been put into.
fn kept_by(model: &Model<'_>, func: FuncId) -> Option<Place> {
    let tree = &model.file.tree;
    let returned = model.returned_values(func);
    let places = returned.iter().map(|&value| model.file.place(tree.awaited(value)));
    let kept = places.clone().find(|place| is_of_module(model, place))?;
    let is_it = |(&value, place): (&NodeId, Place)| {
        // What is made while others wait for it: `return new Promise((done) => (socket.onopen = () => done(socket)))`.
        place == kept
            || matches!(tree.kind(value), Kind::Null)
            || tree.kind(value) == Kind::New && is_promise(model, value)
            || is_put_into(model, &place, &kept)
    };
    returned.iter().zip(places).all(is_it).then_some(kept)
}

/// Whether a place is a variable of the module, or a field of one.
fn is_of_module(model: &Model<'_>, place: &Place) -> bool {
    let Root::Binding(binding) = place.root else { return false };
    let row = model.file.binding(binding);
    row.func.index() == 0
        && matches!(row.kind, BindingKind::Var | BindingKind::Let | BindingKind::Const)
        && !place.path.contains(&Step::Element)
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
            || model.values(kept).iter().any(|&value| model.file.binding_of(value) == Some(binding)))
}

/// Whether a name says that what is there is given, and nothing made. What is current differs from place to place.
fn gives_what_is_there(name: &str) -> bool {
    let is_word = |rest: &str| rest.starts_with(|first: char| first.is_ascii_uppercase());
    let of = name.strip_prefix("get");
    of.is_some_and(|rest| rest.is_empty() || is_word(rest) && !rest.starts_with("Current"))
        || matches!(name, "instance" | "shared" | "sharedInstance")
}

fn makes(model: &Model<'_>, func: FuncId) -> bool {
    let is_made = |&value: &NodeId| model.file.tree.kind(value) == Kind::New;
    model.returned_values(func).iter().any(is_made)
}
