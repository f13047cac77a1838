//! Work that goes on after the function that began it has returned: promises, and whether anybody waits for them.

use crate::catalog::{Returned, When};
use crate::index::{FuncId, NodeId};
use crate::model::Model;
use crate::pending;
use crate::tables::BindingKind;
use crate::tree::{Kind, UnaryOp};

/// How many calls and chains are looked through.
const FUEL: u32 = 3;

/// How many of the values that a function returns are asked.
const MAX_VALUES: usize = 8;

/// Work that a call begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Begun {
    /// The call that begins it: `save(x)` of `save(x).catch(log)`.
    pub call: NodeId,
    /// This file knows that it is work; otherwise another one may.
    pub known: bool,
    /// The code says that it is a promise: it is chained, or thrown away by `void`.
    pub marked: bool,
}

/// Whether what a function returns is a promise of work that goes on after that.
#[must_use]
pub fn goes_on(model: &Model<'_>, func: FuncId) -> bool {
    goes_on_within(model, func, FUEL)
}

fn goes_on_within(model: &Model<'_>, func: FuncId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let row = model.file.function(func);
    if row.is_generator {
        return false;
    }
    if row.is_async && model.waits(func).iter().any(|&wait| takes_time(model, wait)) {
        return true;
    }
    let values = model.returned_values(func);
    values.iter().take(MAX_VALUES).any(|&value| begun(model, value, fuel).is_some_and(|begun| begun.known))
}

/// Whether something that is waited for may take long: a value, or a promise that is settled already, does not.
fn takes_time(model: &Model<'_>, wait: NodeId) -> bool {
    let tree = &model.file.tree;
    if tree.kind(wait) != Kind::Await {
        return true;
    }
    let Some(awaited) = tree.first(wait) else { return false };
    let is_settled = || {
        tree.method_call(awaited).is_some_and(|(promise, method)| {
            matches!(method, "resolve" | "reject") && model.file.global_of(promise) == Some("Promise")
        })
    };
    !matches!(tree.kind(awaited), Kind::ImportCall | Kind::String | Kind::Number | Kind::Object)
        && !is_settled()
}

/// The work that a call begins and leaves behind: nobody waits for it, and nobody keeps its promise.
#[must_use]
pub fn left_behind(model: &Model<'_>, call: NodeId) -> Option<Begun> {
    let tree = &model.file.tree;
    let is_left =
        tree.is_discarded(call) && tree.ancestors(call).take(3).all(|node| tree.kind(node) != Kind::Await);
    if !is_left {
        return None;
    }
    let is_void = tree.parent(call).is_some_and(|parent| tree.unary_op(parent) == Some(UnaryOp::Void));
    begun(model, call, FUEL).map(|begun| Begun { marked: begun.marked || is_void, ..begun })
}

fn begun(model: &Model<'_>, expr: NodeId, fuel: u32) -> Option<Begun> {
    let fuel = fuel.checked_sub(1)?;
    let tree = &model.file.tree;
    if tree.kind(expr) != Kind::Call {
        return None;
    }
    if let Some((promise, "then" | "catch" | "finally")) = tree.method_call(expr) {
        return begun(model, promise, fuel + 1).map(|begun| Begun { marked: true, ..begun });
    }
    let of = |known| Begun { call: expr, known, marked: false };
    if let Some((promise, "all" | "allSettled")) = tree.method_call(expr)
        && model.file.global_of(promise) == Some("Promise")
    {
        return begins_all(model, tree.arg(expr, 0)?, fuel).then(|| of(true));
    }
    if let Some(func) = tree.callee(expr).and_then(|callee| model.function_of(callee)) {
        return goes_on_within(model, func, fuel).then(|| of(true));
    }
    let rows = model.rows(expr);
    let sends = rows.iter().any(|row| row.request.as_ref().is_some_and(|request| request.options.is_some()));
    Some(of(sends))
}

/// Whether each of a list is work: `items.map(async …)`, `[save(a), save(b)]`.
fn begins_all(model: &Model<'_>, list: NodeId, fuel: u32) -> bool {
    let tree = &model.file.tree;
    if let Some((_, "map")) = tree.method_call(list) {
        let each = tree.arg(list, 0).and_then(|each| model.function_of(each));
        return each.is_some_and(|each| goes_on_within(model, each, fuel));
    }
    let is_work = |part| begun(model, part, fuel).is_some_and(|begun| begun.known);
    tree.kind(list) == Kind::Array && tree.children(list).take(MAX_VALUES).any(is_work)
}

/// Whether the end of the work is told to whoever waits: `work(job).then(() => done(), done)`, `render(page, done)`.
#[must_use]
pub fn is_told(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.subtree(call).filter(|&node| tree.kind(node) == Kind::Identifier).any(|node| {
        let Some(binding) = model.file.binding_of(node).map(|binding| model.file.binding(binding)) else {
            return false;
        };
        let is_outer =
            binding.kind == BindingKind::Param && model.file.is_within(tree.func(call), binding.func);
        let Some(parent) = tree.parent(node).filter(|_| is_outer) else { return false };
        let is_called = tree.callee(parent) == Some(node);
        let is_reaction = || {
            let to = tree.argument_of(node).and_then(|(to, _)| tree.method_call(to));
            matches!(to, Some((_, "then" | "catch" | "finally")))
        };
        let is_handed = || tree.argument_of(node).is_some() && is_completion(tree.text(binding.name));
        is_called || is_reaction() || is_handed()
    })
}

/// What a callback is called by which somebody is told that something is done.
fn is_completion(name: &str) -> bool {
    matches!(name, "done" | "cb" | "callback" | "next" | "resolve" | "ack" | "finish")
}

/// Whether a call runs a function that it is handed and forgets what that returns: `items.forEach(async …)`, `setImmediate(async …)`.
#[must_use]
pub fn left_by_runner(model: &Model<'_>, call: NodeId) -> Option<FuncId> {
    let tree = &model.file.tree;
    let rows = model.rows(call);
    let callbacks = rows.iter().flat_map(|row| &row.callbacks);
    let forgets = callbacks.into_iter().any(|callback| match callback.runs {
        When::Each => true,
        When::Caller => callback.returned == Returned::Ignored,
        When::At(_) => false,
    });
    // A timer that is kept is one that waits for more, or is cleared.
    // What the executor of a promise begins may settle that.
    if !forgets || !tree.is_discarded(call) || pending::is_executor(model, tree.func(call)) {
        return None;
    }
    let func = tree.args(call).find_map(|arg| model.function_of(arg))?;
    goes_on(model, func).then_some(func)
}
