//! Calls that give the same thing each time, as far as their callers can tell: `Client.get()`, `getStore()`.

use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::lent::lent;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::Kind;

/// The getter that gave what a path starts from: a function that anybody can name, and that is told nothing. None if there
/// is none.
pub(crate) fn getter(model: &Model<'_>, place: &Place) -> Option<Place> {
    let given = match place.root {
        Root::Value(node) => node,
        Root::Binding(binding) => model.file.sole_value(binding)?,
        _ => return None,
    };
    getter_called(model, given)
}

/// The same, where the path may start from what the caller waits for: `const client = await getClient()`. Whether one thing was
/// asked for twice can be told then, not whether that was there before.
pub(crate) fn awaited_getter(model: &Model<'_>, place: &Place) -> Option<Place> {
    getter_called(model, call_behind(model, place)?)
}

fn getter_called(model: &Model<'_>, call: NodeId) -> Option<Place> {
    let tree = &model.file.tree;
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
/// what that function gave: `async function connect() { if (shared) return shared; … }`. The path from there; what an entry of a
/// table holds may be given anew each time.
pub(crate) fn kept(model: &Model<'_>, place: &Place) -> Option<Place> {
    let callee = model.file.tree.callee(call_behind(model, place)?)?;
    let kept = lent(model, model.function_of(callee)?)?;
    let is_variable = matches!(kept.root, Root::Binding(_));
    let is_whole = place.path.is_empty() || !kept.path.contains(&Step::Element);
    (is_variable && is_whole).then(|| place.path.iter().copied().try_fold(kept, Place::with)).flatten()
}

/// The function of another file, or method, of whose result a path starts: what that keeps and gives to whoever asks, the whole
/// project can tell. The path may start from a field that holds nothing but that: `this.bus = getBus()`.
pub(crate) fn asked(model: &Model<'_>, place: &Place) -> Option<Place> {
    let call = call_behind(model, place).or_else(|| call_of_field(model, place))?;
    let callee = model.file.place(model.file.tree.callee(call)?);
    let may_be_known = match callee.root {
        Root::Module(_) | Root::Exports | Root::Global(_) => true,
        Root::Binding(_) | Root::This(_) | Root::Class(_) => !callee.path.is_empty(),
        Root::Value(_) | Root::Receiver(_) => false,
    };
    may_be_known.then_some(callee)
}

/// The call of whose result a path starts, whether or not somebody waits for that.
fn call_behind(model: &Model<'_>, place: &Place) -> Option<NodeId> {
    let tree = &model.file.tree;
    let given = match place.root {
        Root::Value(node) => node,
        Root::Binding(binding) => match model.file.binding(binding).kind {
            BindingKind::Param => settled(model, binding)?,
            _ => model.file.sole_value(binding)?,
        },
        _ => return None,
    };
    Some(tree.awaited(given)).filter(|&call| tree.kind(call) == Kind::Call)
}

/// The call that gives a field the only value it ever has.
fn call_of_field(model: &Model<'_>, place: &Place) -> Option<NodeId> {
    let field = place.trunk().filter(|field| matches!(field.root, Root::This(_)))?;
    let values = model.values(&field);
    let [given] = values[..] else { return None };
    let call = model.file.tree.awaited(given);
    (model.file.tree.kind(call) == Kind::Call).then_some(call)
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
