//! What the code around a registration says about a target whose life nobody knows: that it is met again, or that
//! listeners of its kind are taken away elsewhere.

use crate::claim::Note;
use crate::finding::Role;
use crate::pairing::{compare_events, matches};
use crate::rule::FileView;
use crate::slot::{is_effect_callback, is_handed_to_new};
use outlive_semantic::access::{Usage, usage};
use outlive_semantic::identity::{Identity, Match};
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::listeners::Registration;
use outlive_semantic::model::Model;
use outlive_semantic::pending;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tables::{BindingKind, FunctionKind};
use outlive_semantic::tree::Kind;
use outlive_semantic::{calls, guard};

/// The evidence that the same target gets the listener more than once, or longer than it is wanted; none if there is
/// none.
///
/// `turn` is the [`endless_loop`] around the registration.
pub(super) fn evidence(
    file: &FileView<'_, '_>,
    registration: &Registration,
    turn: Option<NodeId>,
) -> Option<Note> {
    let model = file.model;
    turn.map(|turn| {
        let message = "each turn of this loop adds one more to the same target".to_owned();
        Note { role: Role::Repeats, message, span: model.file.tree.span(turn) }
    })
    .or_else(|| found_or_made(model, registration))
    .or_else(|| called_in_a_loop(model, registration))
    .or_else(|| sibling_removed(file, registration))
    .or_else(|| factory_ends(file, registration))
    .or_else(|| promise_per_call(model, registration))
}

/// Whether a listener tells whoever called the function around it that all went well, `callback(null, answer)`, and stays:
/// each call waits for an answer of its own, so this is no part of a start. How long the target lives it does not say.
pub(super) fn answers_caller(model: &Model<'_>, registration: &Registration) -> bool {
    let (file, tree) = (model.file, &model.file.tree);
    let listener = model.function_of(registration.listener).filter(|_| !registration.once);
    let is_callers = |callee: NodeId| {
        let row = file.binding_of(callee).map(|binding| file.binding(binding));
        row.is_some_and(|row| row.kind == BindingKind::Param && file.is_within(registration.func, row.func))
    };
    let is_answer = |call: NodeId| {
        tree.kind(call) == Kind::Call
            && tree.callee(call).is_some_and(is_callers)
            && tree.args(call).count() > 1
            && tree.args(call).next().is_some_and(|arg| model.is_nothing(arg))
    };
    listener.is_some_and(|listener| tree.subtree(file.function(listener).node).any(is_answer))
}

/// The loop around a registration that goes on for as long as its owner wants, each turn with the same target: a worker
/// that waits for the next job, or for the next poll.
pub(super) fn endless_loop(model: &Model<'_>, registration: &Registration) -> Option<NodeId> {
    let tree = &model.file.tree;
    let mut at = registration.call;
    loop {
        let Some(turn) = guard::enclosing_loop(model, at) else {
            // What makes a promise runs now: the loop may be around that.
            let func = tree.func(at);
            if !pending::is_executor(model, func) && !model.is_immediately_invoked(func) {
                return None;
            }
            at = model.file.function(func).node;
            continue;
        };
        if guard::is_endless(model, turn) {
            return (!is_of_turn(model, turn, registration)).then_some(turn);
        }
        at = turn;
    }
}

/// Whether the target is made, or found anew, in each turn of a loop.
fn is_of_turn(model: &Model<'_>, turn: NodeId, registration: &Registration) -> bool {
    let tree = &model.file.tree;
    let place = &registration.place;
    let is_inside = |&value: &NodeId| tree.contains(turn, value);
    match place.root {
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            tree.contains(turn, row.node) || row.values.iter().any(is_inside)
        }
        Root::This(_) => place.trunk().is_none_or(|field| model.values(&field).iter().any(is_inside)),
        Root::Global(_) | Root::Module(_) => false,
        _ => true,
    }
}

/// `let x = table.get(key); if (!x) { x = make(); } x.on(…)`: what was found already has the listener.
fn found_or_made(model: &Model<'_>, registration: &Registration) -> Option<Note> {
    let tree = &model.file.tree;
    let binding = base(model, registration.target)?;
    let row = model.file.binding(binding);
    if row.kind == BindingKind::Param || row.func != registration.func {
        return None;
    }
    let found = *row.values.iter().find(|&&value| is_lookup(model, value))?;
    let made = row.values.iter().copied().filter(|&value| value != found);
    let apart = made.filter(|&value| is_made(model, value)).find(|&value| {
        let decision = tree.ancestors(value).find(|&node| {
            tree.kind(node) == Kind::If
                && tree.first(node).is_some_and(|test| mentions(model, test, binding))
                && !tree.first(node).is_some_and(|test| tree.contains(test, value))
        });
        decision.is_some_and(|decision| {
            decision < registration.call
                && !tree.contains(decision, registration.call)
                && ![1, 2].iter().any(|&branch| {
                    tree.child(decision, branch).is_some_and(|branch| guard::always_leaves(model, branch))
                })
        })
    });
    apart?;
    let message = "what is found here may have the listener already".to_owned();
    Some(Note { role: Role::Repeats, message, span: tree.span(found) })
}

/// The variable that a chain of members starts from.
pub(super) fn base(model: &Model<'_>, target: NodeId) -> Option<BindingId> {
    let tree = &model.file.tree;
    let mut at = target;
    while matches!(tree.kind(at), Kind::Member | Kind::Index) {
        at = tree.first(at)?;
    }
    model.file.binding_of(at)
}

/// An element of something that is not this very call's.
fn is_lookup(model: &Model<'_>, value: NodeId) -> bool {
    let place = model.file.place(value);
    let is_shared = match place.root {
        Root::Binding(binding) => model.file.binding(binding).func != model.file.tree.func(value),
        root => !matches!(root, Root::Value(_) | Root::Receiver(_)),
    };
    is_shared && place.path.contains(&Step::Element)
}

fn is_made(model: &Model<'_>, value: NodeId) -> bool {
    matches!(model.file.tree.kind(value), Kind::New | Kind::Object | Kind::Call | Kind::Await)
}

fn mentions(model: &Model<'_>, test: NodeId, binding: BindingId) -> bool {
    model.file.tree.subtree(test).any(|node| model.file.binding_of(node) == Some(binding))
}

/// A closure that listens to what the function around it was handed, and that this function calls in a loop.
fn called_in_a_loop(model: &Model<'_>, registration: &Registration) -> Option<Note> {
    let Root::Binding(binding) = registration.place.root else { return None };
    let row = model.file.binding(binding);
    if row.kind != BindingKind::Param || !matches!(registration.event, Identity::Constant(_)) {
        return None;
    }
    let tree = &model.file.tree;
    let closures = model.file.enclosing(registration.func).take_while(|&func| func != row.func);
    let again = closures
        .flat_map(|func| model.calls_of(func).iter().map(move |&call| (func, call)))
        .filter(|&(func, call)| {
            let at = tree.func(call);
            model.file.is_within(at, row.func) && !model.file.is_within(at, func)
        })
        .find(|&(_, call)| guard::enclosing_loop(model, call).is_some());
    let (_, call) = again?;
    let message = "called in a loop, each time for the same target".to_owned();
    Some(Note { role: Role::Repeats, message, span: tree.span(call) })
}

/// The same event was listened to on two targets of the same kind side by side, and is taken away from the other one
/// only.
fn sibling_removed(file: &FileView<'_, '_>, registration: &Registration) -> Option<Note> {
    let model = file.model;
    if file.removals.is_empty() {
        return None;
    }
    let is_removed =
        file.removals_for(registration).any(|removal| matches(model, registration, removal) != Match::Never);
    if is_removed {
        return None;
    }
    file.registrations.iter().filter(|other| are_siblings(model, registration, other)).find_map(|other| {
        let removal = file.removals_for(other).find(|removal| {
            removal.func != registration.func && matches(model, other, removal) == Match::Must
        })?;
        let message = format!("removed from `{}` only", model.file.display(&other.place));
        let span = model.file.site(removal.call);
        Some(Note { role: Role::ReleasedHereOnly, message, span })
    })
}

/// Whether two registrations stand side by side: the same function, way, event and kind of target.
pub(super) fn are_siblings(model: &Model<'_>, one: &Registration, other: &Registration) -> bool {
    let method = |call| model.file.tree.method_call(call).map(|(_, method)| method);
    one.call != other.call
        && one.func == other.func
        && one.place != other.place
        && is_alike(model, &one.place, &other.place)
        && method(one.call) == method(other.call)
        && compare_events(model, &one.event, &other.event) == Match::Must
        && model.ty(one.target) == model.ty(other.target)
}

fn is_alike(model: &Model<'_>, one: &Place, other: &Place) -> bool {
    let same_root = match (one.root, other.root) {
        (Root::This(a), Root::This(b)) => a == b,
        (Root::Binding(a), Root::Binding(b)) => {
            let (a, b) = (model.file.binding(a), model.file.binding(b));
            a.func == b.func && a.kind == b.kind
        }
        _ => false,
    };
    same_root && one.path.len() == other.path.len()
}

/// A method of what a function gives back listens to an emitter that the function was handed, and its counterpart
/// leaves the listener: `start` and `stop`.
fn factory_ends(file: &FileView<'_, '_>, registration: &Registration) -> Option<Note> {
    let model = file.model;
    let Root::Binding(binding) = registration.place.root else { return None };
    let row = model.file.binding(binding);
    let (_, end) = begun_and_ended(model, registration)?;
    let body = model.file.body(end)?;
    let is_handed = row.kind == BindingKind::Param && model.file.function(end).parent == Some(row.func);
    if !is_handed || mentions(model, body, binding) {
        return None;
    }
    let name = model.file.function_name(end)?;
    let message = format!("`{name}` ends what is begun here, and leaves the listener");
    let span = model.file.tree.span(model.file.function(end).node);
    Some(Note { role: Role::ReleasedHereOnly, message, span })
}

/// A method that makes a promise for an event of its instance, or of something that was made with it: one more with each
/// call. So does one that makes a stream or an iterator.
fn promise_per_call(model: &Model<'_>, registration: &Registration) -> Option<Note> {
    let field = match registration.place.root {
        Root::This(_) => registration.place.trunk(),
        Root::Binding(_) => None,
        _ => return None,
    };
    let executor = model.file.enclosing(registration.func).find(|&func| is_handed_to_new(model, func))?;
    let is_made_once = |value: NodeId| {
        let func = model.file.tree.func(value);
        model.constructs(func).is_some() || model.file.function(func).kind == FunctionKind::FieldInit
    };
    let method = model.file.function(executor).parent?;
    // An instance is started once, more often than not.
    let is_start = || model.file.function_name(method).is_some_and(calls::is_startup_name);
    let is_lasting = match (registration.place.root, &field) {
        (Root::Binding(emitter), _) => is_handed_to_maker(model, emitter, method) && !is_start(),
        (_, Some(field)) => model.values(field).iter().copied().all(is_made_once),
        (_, None) => registration.once && !is_start(),
    };
    if model.constructs(method).is_some() || !is_lasting {
        return None;
    }
    let what = if pending::is_executor(model, executor) { "promise" } else { "object" };
    let message = format!("each call makes one more {what} that listens here");
    let span = model.file.tree.span(model.file.function(executor).node);
    Some(Note { role: Role::Repeats, message, span })
}

/// Whether a function is a method of an object that another makes and gives away, or what such methods call, and a variable
/// what that was handed: `(bus) => ({ next: () => … })`.
fn is_handed_to_maker(model: &Model<'_>, variable: BindingId, method: FuncId) -> bool {
    let (file, tree) = (model.file, &model.file.tree);
    let row = file.binding(variable);
    let is_part = |func: FuncId| {
        let part = tree.parent(file.function(func).node);
        part.is_some_and(|part| matches!(tree.kind(part), Kind::Property | Kind::Method))
    };
    let is_called_by_part =
        || model.calls_of(method).iter().any(|&call| file.enclosing(tree.func(call)).any(is_part));
    let is_method = || is_part(method) || model.handed(method).is_empty() && is_called_by_part();
    row.kind == BindingKind::Param
        && row.values.is_empty()
        && row.opaque_writes == 0
        && row.func.index() != 0
        && file.function(method).parent == Some(row.func)
        && is_method()
}

/// Whether a function is a part of an effect, or of what is called like a hook: `useWidth`.
pub(super) fn is_of_hook(model: &Model<'_>, func: FuncId) -> bool {
    let is_hook = |func: FuncId| {
        let rest = model.file.function_name(func).and_then(|name| name.strip_prefix("use"));
        rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
    };
    model.file.enclosing(func).any(|func| is_hook(func) || is_effect_callback(model, func))
}

/// Whether it is added by a method beside another that ends what it begins: it may be begun again.
pub(super) fn restarts(model: &Model<'_>, registration: &Registration) -> bool {
    begun_and_ended(model, registration).is_some()
}

/// Methods that begin something, and those that end it.
const PAIRS: &[(&str, &str)] = &[
    ("start", "stop"),
    ("enable", "disable"),
    ("activate", "deactivate"),
    ("attach", "detach"),
    ("connect", "disconnect"),
    ("mount", "unmount"),
    ("open", "close"),
    ("listen", "close"),
    ("install", "uninstall"),
    ("begin", "end"),
    ("bind", "unbind"),
    ("subscribe", "unsubscribe"),
];

/// The closure around a registration that begins something, and the one that ends it, both stored under their names by
/// the same function.
fn begun_and_ended(model: &Model<'_>, registration: &Registration) -> Option<(FuncId, FuncId)> {
    model.file.enclosing(registration.func).find_map(|begin| {
        let factory = model.file.function(begin).parent.filter(|parent| parent.index() != 0)?;
        let name = stored_name(model, begin)?;
        let wanted = |end: &str| PAIRS.contains(&(name, end));
        let end = model.file.function_ids().find(|&end| {
            model.file.function(end).parent == Some(factory) && stored_name(model, end).is_some_and(wanted)
        })?;
        Some((begin, end))
    })
}

/// The name under which a closure is stored in an object.
fn stored_name<'m>(model: &'m Model<'_>, func: FuncId) -> Option<&'m str> {
    let row = model.file.function(func);
    let is_stored = row.class.is_some() || matches!(usage(model.file, row.node), Usage::Stored(_));
    model.file.function_name(func).filter(|_| is_stored)
}
