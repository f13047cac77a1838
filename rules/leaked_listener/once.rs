//! Listeners that the target lets go by itself: `once`, and functions that it keeps only once.

use super::candidate::is_of_process;
use crate::slot::{self, Wanted};
use outlive_semantic::calls;
use outlive_semantic::catalog::Catalog;
use outlive_semantic::guard;
use outlive_semantic::identity::{self, Identity};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::listeners::{self, Registration};
use outlive_semantic::model::Model;
use outlive_semantic::pending;
use outlive_semantic::place::Root;
use outlive_semantic::tree::Kind;

/// Events of the platform, and words for ends, that may well never fire while the process is healthy. Those of libraries
/// are rows.
const RARE_EVENTS: &[&str] = &[
    "abort",
    "exit",
    "beforeExit",
    "SIGTERM",
    "SIGINT",
    "SIGHUP",
    "uncaughtException",
    "unhandledRejection",
    "close",
    "error",
    "disconnect",
    "disconnected",
    "destroy",
    "destroyed",
    "terminated",
    "shutdown",
    "end",
    "drain",
    "timeout",
    "finish",
    "aborted",
    "cancel",
    "canceled",
    "cancelled",
    "connect",
    "unload",
    "beforeunload",
    "pagehide",
];

/// Whether an event may well never fire: one of these, or what tells of an error of any kind.
fn is_rare(catalog: &Catalog, event: &str) -> bool {
    RARE_EVENTS.contains(&event) || catalog.is_rare(event) || event.to_ascii_lowercase().ends_with("error")
}

/// The same of the event of a listener, if it is known.
pub(super) fn is_of_rare(model: &Model<'_>, registration: &Registration) -> bool {
    matches!(&registration.event, Identity::Constant(event) if is_rare(model.catalog, event))
}

/// `once` and `{ once: true }` take the listener away when the event fires, if it does.
pub(super) fn fires_once(model: &Model<'_>, registration: &Registration) -> bool {
    let by_option = listeners::option(model, registration.options, "once")
        .is_some_and(|value| model.file.tree.kind(value) == Kind::Bool);
    if !registration.once && !by_option {
        return false;
    }
    match &registration.event {
        Identity::Constant(event) if is_rare(model.catalog, event) => {
            is_awaited(model, registration)
                || is_all_that_is_awaited(model, registration)
                || is_asked_for(model, registration, event)
                || waits_for_itself(model, registration)
                || is_said_before_the_next(model, registration, event)
        }
        Identity::Constant(_) => true,
        _ => !is_of_process(model, registration),
    }
}

/// What a promise waits for: `stream.once('drain', resolve)` next to `stream.once('error', reject)`. It is the other one
/// that stays.
fn is_awaited(model: &Model<'_>, registration: &Registration) -> bool {
    let Identity::At(place) = identity::identity(model, registration.listener) else { return false };
    let Root::Binding(binding) = place.root else { return false };
    calls::param_position(model, binding)
        .is_some_and(|(func, position)| position == 0 && pending::is_executor(model, func))
}

/// `await new Promise((resolve) => signal.addEventListener('abort', () => { …; resolve(); }, { once: true }))`: the call goes
/// on when the event has fired, and not before; none that is over has left its listener. In a race something else may win.
fn is_all_that_is_awaited(model: &Model<'_>, registration: &Registration) -> bool {
    let tree = &model.file.tree;
    let Some(listener) = tree.function(registration.listener) else { return false };
    let listener = model.file.function(listener).node;
    let is_awaited_alone = || {
        model
            .handed(registration.func)
            .iter()
            .all(|handed| tree.parent(handed.call).is_some_and(|parent| tree.kind(parent) == Kind::Await))
    };
    let settlers = || model.file.params(registration.func).filter_map(|param| tree.binding(param));
    let mut settled = settlers().flat_map(|settler| &model.file.binding(settler).references).peekable();
    pending::is_executor(model, registration.func)
        && settled.peek().is_some()
        && settled.all(|at| tree.contains(listener, model.file.references[at.index()].node))
        && is_awaited_alone()
}

/// A function that goes on where it was when it is called again: `function next() { …; res.once('drain', next); }`. There is
/// one of it for each call that begins, and it waits in one place at a time.
fn waits_for_itself(model: &Model<'_>, registration: &Registration) -> bool {
    let func = registration.func;
    let is_itself = model.function_of(registration.listener) == Some(func);
    let is_begun_once = |&call: &NodeId| {
        let at = model.file.tree.func(call);
        model.file.function(func).parent == Some(at) && guard::enclosing_loop(model, call).is_none()
    };
    let is_handed_on = model.handed(func).iter().any(|handed| handed.call != registration.call);
    is_itself && !is_handed_on && model.calls_of(func).iter().all(is_begun_once)
}

/// `lost() { this.emit('disconnected'); this.connect(); }` with `connect() { this.once('disconnected', f); }`: who comes to
/// add the next one has fired the event, and the last one is gone.
fn is_said_before_the_next(model: &Model<'_>, registration: &Registration, event: &str) -> bool {
    let (tree, Root::This(class)) = (&model.file.tree, registration.place.root) else { return false };
    let adding = Wanted::of(model, [registration.func]);
    let says = |call: NodeId| {
        tree.method_call(call).is_some_and(|(object, method)| {
            matches!(method, "emit" | "dispatchEvent")
                && model.file.place(object) == registration.place
                && tree.arg(call, 0).is_some_and(|said| names_event(model, said, event))
        })
    };
    let saying = tree
        .subtree(model.file.class(class).node)
        .filter(|&node| tree.kind(node) == Kind::Call && says(node));
    let saying: Vec<FuncId> = saying.map(|call| tree.func(call)).collect();
    if saying.is_empty() {
        return false;
    }
    let saying = Wanted::of(model, saying);
    let leads = |call: NodeId, wanted: &Wanted| {
        let callee = tree.callee(call).into_iter();
        let mut run = callee.chain(tree.args(call)).filter_map(|it| model.function_of(it));
        run.any(|func| slot::reaches(model, func, wanted, 4))
    };
    let methods = model.file.class(class).members.iter().filter_map(|member| member.func);
    methods.filter(|&func| func != registration.func).filter_map(|func| model.file.body(func)).any(|body| {
        let calls = || tree.subtree(body).filter(|&node| tree.kind(node) == Kind::Call);
        let said = calls().find(|&call| says(call) || leads(call, &saying));
        said.is_some_and(|said| calls().any(|call| call > said && leads(call, &adding)))
    })
}

/// Whether an argument is the name of an event, or a new event of that name.
fn names_event(model: &Model<'_>, said: NodeId, event: &str) -> bool {
    let tree = &model.file.tree;
    let name = if tree.kind(said) == Kind::New { tree.arg(said, 0) } else { Some(said) };
    let name = name.and_then(|name| model.file.constant_name(name));
    name.is_some_and(|name| tree.text(name) == event)
}

/// Members of a target that say whether an event is still to come.
const PENDING: &[(&str, &[&str])] =
    &[("connect", &["connecting", "pending", "readyState"]), ("drain", &["writableNeedDrain"])];

/// Whether the target was asked before: `if (socket.connecting) socket.once('connect', …)`.
fn is_asked_for(model: &Model<'_>, registration: &Registration, event: &str) -> bool {
    let tree = &model.file.tree;
    let Some((_, members)) = PENDING.iter().find(|(name, _)| *name == event) else { return false };
    let asks = |test: NodeId| {
        tree.subtree(test).any(|node| {
            tree.kind(node) == Kind::Member
                && tree.name(node).is_some_and(|name| members.contains(&name))
                && tree.first(node).is_some_and(|of| model.file.place(of) == registration.place)
        })
    };
    tree.within_function(registration.call).any(|node| {
        matches!(tree.kind(node), Kind::If | Kind::Logical | Kind::Conditional)
            && tree.first(node).is_some_and(asks)
    })
}

/// An event target keeps a function of the module only once, however often it is added.
pub(super) fn is_deduplicated(model: &Model<'_>, registration: &Registration) -> bool {
    let deduplicates = registration
        .family
        .and_then(|family| model.catalog.emitter(family))
        .is_some_and(|row| row.deduplicates);
    deduplicates
        && match identity::identity(model, registration.listener) {
            Identity::At(place) => match place.root {
                Root::Binding(binding) => model.file.binding(binding).func.index() == 0,
                Root::Module(_) | Root::Global(_) | Root::Exports | Root::Class(_) => true,
                _ => false,
            },
            _ => false,
        }
}
