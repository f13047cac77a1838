//! Timeouts that arm themselves anew: `function poll() { …; setTimeout(poll, 1000); }` is an interval.

use crate::calls::edge::Target;
use crate::calls::target::callee_target;
use crate::guard;
use crate::index::{FuncId, NodeId};
use crate::model::Model;
use crate::tree::Kind;

/// Whether a function handed to a timeout by this call arms the next one each time it runs, until somebody stops it. What
/// is armed only when something fails, or as long as something is not there yet, ends by itself.
pub(crate) fn runs_again(model: &Model<'_>, call: NodeId, handed: FuncId) -> bool {
    let tree = &model.file.tree;
    if !is_timeout(model, call) {
        return false;
    }
    let mut at = call;
    while let Some(func) = way_out(model, at) {
        if func == handed || calls_directly(model, handed, func) {
            return true;
        }
        // A callback that runs when the work of the function is done is a part of its run.
        let node = model.file.function(func).node;
        let Some((link, index)) = tree.argument_of(node) else { return false };
        match tree.method_call(link) {
            Some((_, "then")) if index == 0 => at = link,
            Some((_, "finally")) => at = link,
            _ => return false,
        }
    }
    false
}

/// Whether a call arms a timeout.
pub(crate) fn is_timeout(model: &Model<'_>, call: NodeId) -> bool {
    let callee = model.file.tree.callee(call).and_then(|callee| model.api_path(callee));
    callee.is_some_and(|path| matches!(path.rsplit('.').next(), Some("setTimeout")))
}

/// The function in which a node stands, if nothing in it but a question whether to go on keeps the node from running.
fn way_out(model: &Model<'_>, node: NodeId) -> Option<FuncId> {
    let tree = &model.file.tree;
    let func = tree.func(node);
    let body = model.file.body(func)?;
    let mut child = node;
    for parent in tree.ancestors(node) {
        if child == body {
            break;
        }
        match tree.kind(parent) {
            Kind::If if tree.node(child).slot == 1 && asks_to_go_on(model, tree.first(parent)?) => {}
            Kind::If | Kind::Conditional | Kind::Logical | Kind::Catch | Kind::Switch => return None,
            Kind::Block => {
                let before = tree.children(parent).take_while(|&statement| statement != child);
                if before.into_iter().any(|statement| may_leave(model, statement)) {
                    return None;
                }
            }
            _ => {}
        }
        child = parent;
    }
    (func.index() != 0).then_some(func)
}

/// Whether a statement may end the function for another reason than that somebody stopped it.
fn may_leave(model: &Model<'_>, statement: NodeId) -> bool {
    let tree = &model.file.tree;
    let leaves = |part: Option<NodeId>| part.is_some_and(|part| guard::always_leaves(model, part));
    tree.kind(statement) == Kind::If
        && (leaves(tree.child(statement, 1)) || leaves(tree.child(statement, 2)))
        && !tree.first(statement).is_some_and(|test| asks_to_go_on(model, test))
}

/// Words in the names of flags that somebody sets to end what repeats.
const STOPS: &[&str] = &[
    "stop", "running", "closed", "closing", "destroy", "active", "enabled", "started", "dispos", "abort",
    "shutdown", "mounted", "alive", "cancel", "terminat", "paused", "exit",
];

/// Whether a test asks for such flags alone.
fn asks_to_go_on(model: &Model<'_>, test: NodeId) -> bool {
    let tree = &model.file.tree;
    let mut named = tree.subtree(test).filter_map(|node| match tree.kind(node) {
        Kind::Member | Kind::Identifier => model.callee_name(node),
        _ => None,
    });
    named.any(|name| {
        let name = name.to_ascii_lowercase();
        STOPS.iter().any(|word| name.contains(word))
    })
}

/// Whether a function calls another itself: `setTimeout(() => poll(), 1000)` in `poll`.
fn calls_directly(model: &Model<'_>, from: FuncId, wanted: FuncId) -> bool {
    let tree = &model.file.tree;
    let Some(body) = model.file.body(from) else { return false };
    tree.subtree(body).filter(|&node| tree.kind(node) == Kind::Call && tree.func(node) == from).any(|call| {
        let target = tree.callee(call).and_then(|callee| callee_target(model, call, callee));
        matches!(target, Some(Target::Function(func)) if func == wanted)
    })
}
