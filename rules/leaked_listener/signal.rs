//! The ways a registration can be undone that it carries itself: a signal, or the disposer that it returns.

use crate::acquire;
use crate::claim::{Gap, Note, SignalUse};
use crate::ending::takes_away;
use crate::list;
use crate::returned;
use crate::rule::FileView;
use crate::slot::Held;
use crate::unaborted;
use outlive_semantic::calls;
use outlive_semantic::guard;
use outlive_semantic::handle;
use outlive_semantic::identity::Identity;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::listeners::{self, Registration};
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::pending;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tree::Kind;

/// What a listener on an abort signal is for; none if the target is something else.
pub(super) fn signal_use(file: &FileView<'_, '_>, registration: &Registration) -> Option<SignalUse> {
    if !is_signal(file, registration) {
        return None;
    }
    let model = file.model;
    let ends_by_itself = model.file.enclosing(registration.func).any(|func| {
        let row = model.file.function(func);
        row.is_async
            && row.class.is_none_or(|_| !model.file.function_name(func).is_some_and(calls::is_startup_name))
            || pending::is_executor(model, func)
    });
    let ends_by_itself = ends_by_itself || forwards_abort(model, registration.listener);
    Some(if ends_by_itself { SignalUse::Operation } else { SignalUse::Ongoing })
}

/// Whether the target is the signal of a request, which each request brings along: `request.signal.addEventListener(…)`.
pub(super) fn is_of_request(model: &Model<'_>, registration: &Registration) -> bool {
    let tree = &model.file.tree;
    let target = registration.target;
    let Some(owner) = tree.first(target).filter(|_| tree.name(target) == Some("signal")) else {
        return false;
    };
    matches!(model.callee_name(owner), Some("request" | "req"))
        && guard::enclosing_loop(model, registration.call).is_none()
}

/// Whether a constructor listens to a signal for the end of what it makes: `signal.addEventListener('abort', () =>
/// observer.disconnect())`. The signal is then how the owner ends it.
pub(super) fn ends_what_is_made(model: &Model<'_>, registration: &Registration) -> bool {
    let is_abort = matches!(&registration.event, Identity::Constant(event) if event == "abort");
    if !is_abort || model.constructs(registration.func).is_none() {
        return false;
    }
    let is_end =
        |&callee: &NodeId| model.callee_name(callee).is_some_and(|name| takes_away(model.catalog, name));
    let called = called_by(model, registration.listener);
    !called.is_empty() && called.iter().all(is_end)
}

/// What a listener calls: `close` of `() => server.close()`, and of `server.close.bind(server)`.
fn called_by(model: &Model<'_>, listener: NodeId) -> Vec<NodeId> {
    let tree = &model.file.tree;
    if let Some((callee, "bind")) = tree.method_call(listener) {
        return vec![callee];
    }
    let body = model.function_of(listener).and_then(|func| model.file.body(func));
    body.into_iter().flat_map(|body| tree.subtree(body)).filter_map(|node| tree.callee(node)).collect()
}

/// Whether a listener only hands the abort on to a controller of this call: `() => controller.abort()`.
fn forwards_abort(model: &Model<'_>, listener: NodeId) -> bool {
    let tree = &model.file.tree;
    let [callee] = called_by(model, listener)[..] else { return false };
    let is_bound = tree.callee(listener).is_some();
    let is_ours = |object: NodeId| matches!(model.file.place(object).root, Root::Binding(_) | Root::Value(_));
    tree.kind(callee) == Kind::Member
        && tree.name(callee) == Some("abort")
        && (is_bound || tree.first(callee).is_some_and(is_ours))
}

/// Whether the target is an abort signal: by its type, or because it has the one event and the members of one.
fn is_signal(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let model = file.model;
    if let Some(ty) = model.model_of(model.ty(registration.target)) {
        return model.catalog.is_a(ty, "AbortSignal");
    }
    let tree = &model.file.tree;
    let is_abort = matches!(&registration.event, Identity::Constant(event) if event == "abort");
    let listens = tree.method_call(registration.call).is_some_and(|(_, method)| method == "addEventListener");
    if !is_abort || !listens {
        return false;
    }
    let place = &registration.place;
    let last = place.last_field().or_else(|| match place.root {
        Root::Binding(binding) if place.path.is_empty() => Some(model.file.binding(binding).name),
        _ => None,
    });
    // The name that the web platform gives it in every options bag, or a member that only signals have.
    last.is_some_and(|name| tree.text(name).to_ascii_lowercase().ends_with("signal"))
        || ["aborted", "throwIfAborted"].iter().any(|member| {
            let member = tree.names().find(member).and_then(|name| place.clone().with(Step::Field(name)));
            member.is_some_and(|member| file.accesses.of(&member).next().is_some())
        })
}

/// The controller behind `{ signal }`, if nobody can ever abort it.
pub(super) fn unaborted_signal(file: &FileView<'_, '_>, registration: &Registration) -> Option<Note> {
    unaborted::controller(file, registration.options?)
}

/// `{ signal }` on an event target, unless it is known to be ignored.
pub(super) fn has_signal(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let model = file.model;
    let row = registration.family.and_then(|family| model.catalog.emitter(family));
    let takes_options = row.map(|row| row.takes_options);
    let is_named = listeners::option(model, registration.options, "signal").is_some();
    // An options object from elsewhere may hold a signal.
    let is_hidden = |options: NodeId| {
        !matches!(model.file.tree.kind(options), Kind::Bool | Kind::Object)
            && model.ty(options) != Ty::Finite
            && listeners::capture(model, Some(options)).is_none()
    };
    is_named && takes_options != Some(false)
        || takes_options == Some(true) && registration.options.is_some_and(is_hidden)
}

/// What becomes of the value that a registration returns.
pub(super) enum Disposer {
    /// There is none, or nobody keeps it.
    None,
    /// It is called, returned, stored or handed on: it may remove the listener.
    Kept,
    /// It removes the listener, except on this way.
    Gap(Gap),
    /// It is put on a list of which nobody disposes.
    Forgotten(Place),
}

pub(super) fn disposer(file: &FileView<'_, '_>, registration: &Registration) -> Disposer {
    if listeners::handed_list(file.model, registration.call).is_some() {
        return list::forgotten_argument(file, registration).map_or(Disposer::Kept, Disposer::Forgotten);
    }
    if !returns_something(file, registration) {
        return Disposer::None;
    }
    let model = file.model;
    let handle = file.follow(registration.call);
    let patterns = returned::disposal(file);
    let releases = handle::releases(model, file.accesses, &handle, &patterns);
    if handle.places.is_empty()
        || handle.escapes.iter().any(|escape| acquire::hands_over(file, escape, &releases))
    {
        return Disposer::Kept;
    }
    let living: Vec<_> = releases.iter().collect();
    if living.iter().any(|release| is_told_of_cancel(model, release.func)) {
        return Disposer::Kept;
    }
    if living.is_empty() {
        // A name that is never used again, here or anywhere.
        let is_private = handle.places.iter().all(|place| !acquire::is_shared(model, place));
        return match list::forgotten(file, &handle) {
            Some(list) => Disposer::Forgotten(list),
            None if is_private => Disposer::None,
            None => Disposer::Kept,
        };
    }
    let held = Held::new(file, registration.call, &handle, &living, &patterns);
    acquire::leftover(&held).map_or(Disposer::Kept, Disposer::Gap)
}

/// Whether a function is what a cancellation runs, `token.onCancellationRequested(() => …)`: whoever makes the token cancels
/// what is left behind.
fn is_told_of_cancel(model: &Model<'_>, func: FuncId) -> bool {
    model.handed(func).iter().any(|handed| {
        let name = model.file.tree.callee(handed.call).and_then(|callee| model.callee_name(callee));
        name.is_some_and(|name| name.starts_with("onCancel"))
    })
}

/// Whether a call is all that a short function consists of, and nobody looks at what that returns:
/// `ready.then((client) => client.on('error', log))`, `sockets.forEach((socket) => socket.on('data', parse))`.
fn is_given_to_nobody(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let func = tree.func(call);
    if model.file.body(func) != Some(call) {
        return false;
    }
    let Some((taker, 0)) = tree.argument_of(model.file.function(func).node) else { return false };
    let Some((_, method)) = tree.method_call(taker) else { return false };
    let chain = std::iter::successors(Some(taker), |&at| {
        let next = tree.parent(at).and_then(|member| tree.parent(member))?;
        tree.method_call(next).filter(|&(object, name)| object == at && name == "catch").map(|_| next)
    });
    method == "forEach" || method == "then" && chain.last().is_some_and(|last| tree.is_discarded(last))
}

/// Whether the value of a registration is used, and may be a disposer.
fn returns_something(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    if tree.is_discarded(registration.call) || is_given_to_nobody(model, registration.call) {
        return false;
    }
    let row = registration.family.and_then(|family| model.catalog.emitter(family));
    let returns_self = row.is_some_and(|row| !row.returns_disposer);
    let method = tree.method_call(registration.call).map(|(_, method)| method);
    // An event target returns nothing; something else with a method of that name may well return a subscription.
    let is_typed = model.model_of(model.ty(registration.target)).is_some();
    if method == Some("addEventListener") && row.is_some_and(|row| row.name == "dom") {
        return !is_typed;
    }
    // A chain on the emitter itself hands nothing over.
    let is_chained = tree.parent(registration.call).is_some_and(|parent| tree.kind(parent) == Kind::Member);
    !(is_chained || returns_self && registration.proved)
}
