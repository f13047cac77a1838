//! Calls that give the same thing each time, as far as their callers can tell: `Client.get()`, `getStore()`.

use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
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
