//! Calls known not to throw, and promises known not to be rejected.

use crate::index::{FuncId, NodeId};
use crate::model::Model;
use crate::tree::Kind;

/// Names of functions that are known not to throw.
pub(super) fn is_quiet(name: Option<&str>) -> bool {
    matches!(
        name,
        Some(
            "clearTimeout"
                | "clearInterval"
                | "setTimeout"
                | "setInterval"
                | "setImmediate"
                | "nextTick"
                | "log"
                | "warn"
                | "info"
                | "debug"
                | "trace"
                | "now"
                | "on"
                | "once"
                | "off"
                | "removeListener"
                | "removeAllListeners"
                | "addEventListener"
                | "removeEventListener"
                | "push"
                | "has"
                | "get"
                | "set"
                | "delete"
                | "add"
                | "isArray"
                | "keys"
                | "values"
                | "then"
                | "catch"
                | "finally"
                | "resolve"
                | "allSettled"
                | "reject"
                | "Error"
                | "TypeError"
                | "Map"
                | "Set"
                | "Date"
                | "Promise"
                | "bind"
                | "require"
                | "createDebug"
                | "unref"
                | "ref"
                | "concat"
                | "slice"
                | "join"
                | "toString"
                | "includes"
                | "indexOf"
        )
    )
}

/// Whether a promise can only be fulfilled: who makes it takes no `reject`, and neither does whoever makes its parts.
pub(super) fn never_rejects(model: &Model<'_>, promise: NodeId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let tree = &model.file.tree;
    match tree.kind(promise) {
        Kind::New => {
            let executor = tree.arg(promise, 0).and_then(|executor| tree.function(executor));
            let is_promise = tree.callee(promise).and_then(|callee| model.file.global_of(callee));
            // An executor that throws rejects; one that only asks for a timer does not.
            is_promise == Some("Promise") && executor.is_some_and(|func| is_quiet_executor(model, func))
        }
        Kind::Call if is_caught(model, promise) => true,
        Kind::Call => {
            let is_join = tree.method_call(promise).is_some_and(|(object, method)| {
                model.file.global_of(object) == Some("Promise")
                    && matches!(method, "all" | "race" | "any" | "allSettled")
            });
            let list = tree.arg(promise, 0).filter(|&list| is_join && tree.kind(list) == Kind::Array);
            list.is_some_and(|list| tree.children(list).all(|part| never_rejects(model, part, fuel)))
        }
        Kind::Identifier => {
            let value = model.file.value_of(promise);
            value.is_some_and(|value| never_rejects(model, value, fuel))
        }
        _ => false,
    }
}

/// `send().catch(() => null)`, `Promise.allSettled(all)`: a rejection ends in what the call gives.
fn is_caught(model: &Model<'_>, promise: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.method_call(promise) {
        Some((_, "catch")) => {
            let handler = tree.arg(promise, 0).and_then(|handler| tree.function(handler));
            handler.is_some_and(|func| !throws(model, func))
        }
        Some((object, "allSettled")) => model.file.global_of(object) == Some("Promise"),
        _ => false,
    }
}

/// Whether the executor of a promise takes `resolve` alone, and calls nothing itself but what is known not to throw.
fn is_quiet_executor(model: &Model<'_>, func: FuncId) -> bool {
    model.file.function(func).params == 1 && !throws(model, func)
}

/// Whether a function throws, waits, or calls something that may do so.
fn throws(model: &Model<'_>, func: FuncId) -> bool {
    let Some(body) = model.file.body(func) else { return true };
    model.file.tree.subtree(body).any(|node| may_fail(model, func, node))
}

/// Whether a function may fail once it has come past a node: it throws, waits, or calls something behind that which is not known
/// not to throw.
#[must_use]
pub fn may_fail_behind(model: &Model<'_>, func: FuncId, node: NodeId) -> bool {
    let Some(body) = model.file.body(func) else { return true };
    let tree = &model.file.tree;
    tree.subtree(body).any(|at| at > node && !tree.contains(node, at) && may_fail(model, func, at))
}

fn may_fail(model: &Model<'_>, func: FuncId, node: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.func(node) == func
        && match tree.kind(node) {
            Kind::Throw | Kind::Await => true,
            Kind::Call | Kind::New => !is_quiet_call(model, node),
            _ => false,
        }
}

fn is_quiet_call(model: &Model<'_>, call: NodeId) -> bool {
    let Some(callee) = model.file.tree.callee(call) else { return false };
    is_quiet(model.callee_name(callee))
        || model.api_path(callee).is_some_and(|path| path.starts_with("console."))
}
