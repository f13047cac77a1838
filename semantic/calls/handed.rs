//! Functions handed on as arguments: what rows say becomes of them, and what a function does with those it is handed.

use super::edge::{About, Calls, Edge, HandedOn, Later, ParamUse, PassedOn, Target};
use super::target::{called, callee_target, edge, is_linkable};
use crate::access::{Accesses, Usage};
use crate::catalog::When;
use crate::given::{constructs, given_before};
use crate::index::{BindingId, FuncId, NameId, NodeId};
use crate::model::{Handed, Model, Ty};
use crate::place::{Place, Root};
use crate::tables::BindingKind;
use crate::tree::Kind;
use crate::{guard, rearm};
use rustc_hash::FxHashSet;

/// The arguments of a call whose life other files may ask for: what outlives the call, and what it was handed itself.
pub(super) fn passed_on(model: &Model<'_>, call: NodeId, to: &Target, out: &mut Calls) {
    let tree = &model.file.tree;
    for (index, arg) in tree.args(call).enumerate() {
        if !matches!(tree.kind(arg), Kind::Identifier | Kind::Member | Kind::This) {
            continue;
        }
        let place = model.file.place(arg);
        let may_last = match place.root {
            Root::Binding(binding) => {
                model.file.binding(binding).func.index() == 0
                    || param_position(model, binding).is_some()
                    || is_made_for(model, binding, call)
            }
            root => !matches!(root, Root::Value(_) | Root::Receiver(_)),
        };
        let is_plain =
            || matches!(model.ty(arg), Ty::Finite | Ty::Text | Ty::Number | Ty::Nothing | Ty::Function(_));
        if may_last && !is_plain() {
            let arg = u16::try_from(index).unwrap_or(u16::MAX);
            let is_new = is_made_before(model, &place, call);
            out.passed.push(PassedOn { caller: tree.func(call), to: to.clone(), arg, place, is_new });
        }
    }
}

/// Whether a field, or a variable of the file, was given a new thing right before: `this.view = new View();
/// register(this.view.contents)`, `process = spawn(command); watch(process)`.
fn is_made_before(model: &Model<'_>, place: &Place, call: NodeId) -> bool {
    let is_of_file = match place.root {
        Root::This(_) => true,
        // What the module itself is given is there once.
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            row.func.index() == 0 && row.kind != BindingKind::Param && model.file.tree.func(call).index() != 0
        }
        _ => false,
    };
    is_of_file && given_before(model, place, call).into_iter().any(|value| is_new(model, value))
}

/// Whether an expression gives another thing each time: it constructs it, or starts it.
fn is_new(model: &Model<'_>, value: NodeId) -> bool {
    let starts = || {
        let callee = model.file.tree.callee(value).and_then(|callee| model.callee_name(callee));
        callee.is_some_and(|name| matches!(name, "spawn" | "fork"))
    };
    constructs(model, value) || model.file.tree.kind(value) == Kind::Call && starts()
}

/// Whether a variable holds what the same run has made, for this call: not for several of them in a loop.
fn is_made_for(model: &Model<'_>, binding: BindingId, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let value = model.file.sole_value(binding).filter(|&value| constructs(model, value));
    value.is_some_and(|value| {
        tree.func(value) == tree.func(call)
            && guard::enclosing_loop(model, value) == guard::enclosing_loop(model, call)
    })
}

/// An argument that is a function of another file, or of this file handed to a function of the project.
pub(super) fn foreign_argument(
    model: &Model<'_>,
    call: NodeId,
    index: usize,
    arg: NodeId,
    to: Option<&Target>,
    out: &mut Calls,
) {
    let tree = &model.file.tree;
    let handed = Handed { call, arg: index, option: None };
    if matches!(tree.kind(arg), Kind::Array | Kind::Object | Kind::Call) && takes_functions(model, call) {
        wrapped_arguments(model, &handed, arg, to, 3, out);
        return;
    }
    foreign_function(model, &handed, arg, to, out);
}

fn foreign_function(model: &Model<'_>, handed: &Handed, arg: NodeId, to: Option<&Target>, out: &mut Calls) {
    let tree = &model.file.tree;
    if !matches!(tree.kind(arg), Kind::Identifier | Kind::Member | Kind::Call)
        || model.function_of(arg).is_some()
    {
        return;
    }
    let place = model.file.place(arg);
    if is_linkable(model, &place) && !(tree.kind(arg) == Kind::Call && place.root == Root::Value(arg)) {
        hand_over(model, handed, Target::Place(place), to, out);
    }
}

/// Whether a row says that a call runs functions it is handed.
fn takes_functions(model: &Model<'_>, call: NodeId) -> bool {
    model.rows(call).iter().any(|row| !row.callbacks.is_empty())
}

/// Functions of other files in a list, in options or in a wrapper: `app.get('/', [auth, wrap(users.list)])`.
fn wrapped_arguments(
    model: &Model<'_>,
    handed: &Handed,
    arg: NodeId,
    to: Option<&Target>,
    fuel: u32,
    out: &mut Calls,
) {
    let Some(fuel) = fuel.checked_sub(1) else { return };
    let tree = &model.file.tree;
    match tree.kind(arg) {
        Kind::Array | Kind::Spread => {
            tree.children(arg).for_each(|part| wrapped_arguments(model, handed, part, to, fuel, out));
        }
        Kind::Object => {
            for prop in tree.children(arg).filter(|&prop| tree.kind(prop) == Kind::Property) {
                let Some(value) = tree.last_child(prop) else { continue };
                let handed = Handed { option: tree.name_id(prop), ..*handed };
                wrapped_arguments(model, &handed, value, to, fuel, out);
            }
        }
        Kind::Call => match tree.method_call(arg) {
            Some((object, "bind")) => foreign_function(model, handed, object, to, out),
            _ => tree.args(arg).for_each(|inner| wrapped_arguments(model, handed, inner, to, fuel, out)),
        },
        _ => foreign_function(model, handed, arg, to, out),
    }
}

pub(super) fn hand_over(
    model: &Model<'_>,
    handed: &Handed,
    func: Target,
    to: Option<&Target>,
    out: &mut Calls,
) {
    let tree = &model.file.tree;
    // What takes a listener away does not run it.
    if tree.method_call(handed.call).is_some_and(|(_, method)| model.catalog.removes(method)) {
        return;
    }
    let rows = model.callback_rows(handed);
    let known = rows.first();
    if let Some((row, callback)) = known {
        let runs = if removes_itself(model, handed, &func) { When::Caller } else { callback.runs };
        let later = waits_for(model, handed, &func);
        let found = edge(model, handed.call, func.clone(), runs, !row.convention);
        out.edges.push(Edge { library: Some(row.library), returned: callback.returned, later, ..found });
        if !row.convention {
            return;
        }
    }
    if let Some(to) = to {
        let arg = u16::try_from(handed.arg).unwrap_or(u16::MAX);
        let (caller, site) = (tree.func(handed.call), tree.span(handed.call));
        let event = tree.arg(handed.call, 0).and_then(|arg| model.file.constant_name(arg));
        let is_last = handed.arg + 1 == tree.args(handed.call).count();
        let about = About { event, option: handed.option, is_last };
        let label = called(model, handed.call);
        out.handed.push(HandedOn { caller, func, to: to.clone(), arg, site, about, label });
    } else if handed.option.is_none() && known.is_none() {
        // Whoever takes a function mostly runs it, now or later.
        out.edges.push(edge(model, handed.call, func, When::Caller, false));
    }
}

/// What a callback waits for that a row speaks of.
fn waits_for(model: &Model<'_>, handed: &Handed, func: &Target) -> Later {
    let tree = &model.file.tree;
    if rearm::is_timeout(model, handed.call) {
        let again = matches!(func, Target::Function(func) if rearm::runs_again(model, handed.call, *func));
        return if again { Later::Rearmed } else { Later::Delay };
    }
    let event = tree.arg(handed.call, 0).filter(|_| handed.arg == 1);
    let event = event.and_then(|event| model.file.constant_name(event));
    event.map_or(Later::Unsaid, |event| Later::of_event(tree.text(event)))
}

/// A listener that takes itself away again, directly or through what it calls, runs once for each time it is added.
fn removes_itself(model: &Model<'_>, handed: &Handed, func: &Target) -> bool {
    let Target::Function(func) = func else { return false };
    if handed.arg != 1 || model.file.function(*func).name.is_none() {
        return false;
    }
    let event = model.file.tree.arg(handed.call, 0).and_then(|event| model.file.constant_name(event));
    event.is_some() && removes(model, *func, (*func, event), 3, &mut FxHashSet::default())
}

/// Whether a function, or one it calls, removes the listener from the event. No function is gone through twice with as
/// many calls still to follow.
fn removes(
    model: &Model<'_>,
    at: FuncId,
    wanted: (FuncId, Option<NameId>),
    fuel: u32,
    seen: &mut FxHashSet<(FuncId, u32)>,
) -> bool {
    let Some(fuel) = fuel.checked_sub(1).filter(|&fuel| seen.insert((at, fuel))) else { return false };
    let (listener, event) = wanted;
    let tree = &model.file.tree;
    let Some(body) = model.file.body(at) else { return false };
    tree.subtree(body).filter(|&node| tree.kind(node) == Kind::Call).any(|call| {
        if let Some((_, "off" | "removeListener" | "removeEventListener")) = tree.method_call(call) {
            let same_event = tree.arg(call, 0).and_then(|arg| model.file.constant_name(arg)) == event;
            return same_event && tree.arg(call, 1).and_then(|arg| model.function_of(arg)) == Some(listener);
        }
        let next = tree.callee(call).and_then(|callee| model.function_of(callee));
        next.is_some_and(|next| next != at && removes(model, next, wanted, fuel, seen))
    })
}

/// What becomes of parameters that are functions.
pub(super) fn param_uses(model: &Model<'_>, accesses: &Accesses, out: &mut Calls) {
    for access in accesses.iter() {
        let (Root::Binding(binding), true) = (access.place.root, access.place.path.is_empty()) else {
            continue;
        };
        let Some((func, param)) = param_position(model, binding) else { continue };
        let mut found = ParamUse { func, param, runs: None, forwarded: None, label: String::new() };
        let mut is_guarded = false;
        match access.usage {
            Usage::Called(call) => {
                is_guarded = access.func != func && is_once_for_each_run(model, call, func);
                found.runs = Some(if guard::enclosing_loop(model, call).is_some() {
                    When::Each
                } else {
                    When::Caller
                });
            }
            Usage::Argument { call, index } => {
                let handed = Handed { call, arg: index, option: None };
                let rows = model.callback_rows(&handed);
                let callee = model.file.tree.callee(call);
                if let Some((_, callback)) = rows.first() {
                    found.runs = Some(callback.runs);
                } else if let Some(target) = callee.and_then(|callee| callee_target(model, call, callee)) {
                    found.forwarded = Some((target, u16::try_from(index).unwrap_or(u16::MAX)));
                }
                found.label =
                    callee.map(|callee| model.file.display(&model.file.place(callee))).unwrap_or_default();
            }
            Usage::Method { name, .. } if matches!(model.file.tree.text(name), "call" | "apply") => {
                found.runs = Some(When::Caller);
            }
            _ => continue,
        }
        // A call inside a nested function runs when that one does; its own edges say when.
        if access.func != func && found.runs == Some(When::Caller) && !is_guarded {
            found.runs = nested_run(model, access.func, func);
        }
        out.params.push(found);
    }
}

/// Whether a variable of a function lets a call in it run once for each run of the function:
/// `let started = false; server.on('error', (error) => { if (!started) { started = true; done(error); } })`.
fn is_once_for_each_run(model: &Model<'_>, call: NodeId, func: FuncId) -> bool {
    guard::once_guard(model, call).is_some_and(
        |flag| matches!(flag.root, Root::Binding(binding) if model.file.binding(binding).func == func),
    )
}

/// When a function nested in `outer` runs, if a row says so.
fn nested_run(model: &Model<'_>, inner: FuncId, outer: FuncId) -> Option<When> {
    let mut at = inner;
    let mut result = Some(When::Caller);
    while at != outer {
        if !model.is_immediately_invoked(at) {
            let rows = model
                .handed(at)
                .iter()
                .find_map(|handed| model.callback_rows(handed).first().map(|r| r.1.runs));
            match rows {
                Some(When::At(rate)) => return Some(When::At(rate)),
                Some(_) => {}
                None => result = None,
            }
        }
        at = model.file.function(at).parent?;
    }
    result
}

/// The function and position of a plain parameter.
#[must_use]
pub fn param_position(model: &Model<'_>, binding: BindingId) -> Option<(FuncId, u16)> {
    let file = model.file;
    let row = file.binding(binding);
    if row.kind != BindingKind::Param {
        return None;
    }
    let tree = &file.tree;
    let mut param = row.node;
    let mut parent = tree.parent(param)?;
    if tree.kind(parent) == Kind::Default {
        param = parent;
        parent = tree.parent(param)?;
    }
    let func = tree.function(parent)?;
    (tree.node(param).slot < file.function(func).params).then_some((func, tree.node(param).slot))
}
