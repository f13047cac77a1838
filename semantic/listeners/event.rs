//! Events that are methods of their own: `workspace.onDidOpen(f)`, `emitter.event(f)`, `store.onDidChange('key', f)`. They
//! take the listener and return what disposes of it.

use super::{Registration, is_surely_function};
use crate::identity::Identity;
use crate::index::NodeId;
use crate::model::Model;
use crate::place::{Place, Root};
use crate::tree::Kind;

/// Whether a method stands for one event, takes the listener alone and returns what disposes of it:
/// `workspace.onDidOpen(f)`, `emitter.event(f)`, `model.onDirtyChanged(f)`.
#[must_use]
pub fn is_event_method(name: &str) -> bool {
    name == "event" || is_told_before_or_after(name) || is_change(name)
}

/// `onDidOpen`, `onWillSave`: nothing but editors and what is built like them calls its events so.
fn is_told_before_or_after(name: &str) -> bool {
    let after = name.strip_prefix("onDid").or_else(|| name.strip_prefix("onWill"));
    after.is_some_and(|event| event.starts_with(|first: char| first.is_ascii_uppercase()))
}

/// `onDirtyChanged`: others call a setter of the one function to run so.
fn is_change(name: &str) -> bool {
    let event = name.strip_prefix("on").filter(|event| event.ends_with("Changed"));
    event.is_some_and(|event| event.starts_with(|first: char| first.is_ascii_uppercase()))
}

/// Whether what a method of this name adds is a listener, and surely so; none if it is not.
fn proof(model: &Model<'_>, object: NodeId, method: &str) -> Option<bool> {
    let is_named = |name: &String| model.file.tree.names().find(name).is_some();
    let knows_disposables = || model.catalog.disposables().iter().any(is_named);
    match method {
        "event" => Some(is_made_emitter(model, &model.file.place(object))),
        _ if is_told_before_or_after(method) => Some(true),
        _ => (is_change(method) && knows_disposables()).then_some(false),
    }
}

/// The registration that a method of its own event makes.
pub(super) fn by_method(
    model: &Model<'_>,
    call: NodeId,
    object: NodeId,
    method: &str,
) -> Option<Registration> {
    if !is_event_method(method) {
        return None;
    }
    let listener = keyed(model, call).or_else(|| alone(model, call))?;
    let proved = proof(model, object, method)?;
    Some(registration(model, call, (object, model.file.place(object)), method, listener, proved))
}

/// `onDidOpen(f)` of another module, `const onOpened = opened.event; … onOpened(f)`.
pub(super) fn by_function(model: &Model<'_>, call: NodeId) -> Option<Registration> {
    let callee = model.file.tree.callee(call)?;
    let name = model.callee_name(callee)?;
    let place = model.file.place(callee);
    let emitter = place.parent().filter(|emitter| {
        place.last_field().is_some_and(|field| model.file.tree.text(field) == "event")
            && is_made_emitter(model, emitter)
    });
    let is_imported = matches!(place.root, Root::Module(_)) && is_told_before_or_after(name);
    let target = emitter.or_else(|| is_imported.then_some(place))?;
    let listener = alone(model, call)?;
    Some(registration(model, call, (callee, target), name, listener, true))
}

fn registration(
    model: &Model<'_>,
    call: NodeId,
    (target, place): (NodeId, Place),
    event: &str,
    listener: NodeId,
    proved: bool,
) -> Registration {
    let event = Identity::Constant(event.to_owned());
    let func = model.file.tree.func(call);
    Registration {
        call,
        target,
        place,
        event,
        listener,
        family: None,
        proved,
        once: false,
        options: None,
        func,
    }
}

/// The listener that stands alone, or before a `this` and a list of disposers: the editors' own events take those too.
fn alone(model: &Model<'_>, call: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let is_receiver = |node: NodeId| tree.kind(node) == Kind::This || model.is_nothing(node);
    let is_alone = tree.arg(call, 3).is_none() && tree.arg(call, 1).is_none_or(is_receiver);
    tree.arg(call, 0).filter(|&listener| is_alone && is_surely_function(model, listener))
}

/// The listener that stands behind the name of what it is about: `config.onDidChange('editor.fontSize', f)`.
fn keyed(model: &Model<'_>, call: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let is_key = |node: NodeId| matches!(tree.kind(node), Kind::String | Kind::Template);
    let is_keyed = tree.arg(call, 0).is_some_and(is_key) && tree.arg(call, 2).is_none();
    tree.arg(call, 1).filter(|&listener| is_keyed && is_surely_function(model, listener))
}

/// The list that a method of its own event is handed to put the disposer on: `workspace.onDidOpen(f, null, list)`.
#[must_use]
pub fn handed_list(model: &Model<'_>, call: NodeId) -> Option<NodeId> {
    let (_, method) = model.file.tree.method_call(call)?;
    model.file.tree.arg(call, 2).filter(|_| is_event_method(method))
}

/// Whether a value is made by the constructor of something called an emitter.
fn is_made_emitter(model: &Model<'_>, place: &Place) -> bool {
    let tree = &model.file.tree;
    model.values(place).iter().any(|&value| {
        let class = (tree.kind(value) == Kind::New).then(|| tree.callee(value)).flatten();
        class.and_then(|class| model.callee_name(class)).is_some_and(|name| name.ends_with("Emitter"))
    })
}
