//! Functions that return the promise of their own next turn: each turn keeps the one before.

use crate::claim::LocalClaim;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::{Kind, UnaryOp};

/// The call by which a function returns its next turn, if nothing in it but a flag that others set ends the turns.
pub(super) fn endless(model: &Model<'_>, func: FuncId) -> Option<(NodeId, LocalClaim)> {
    let row = model.file.function(func);
    if row.is_generator {
        return None;
    }
    let turn = if row.is_async { awaited_turn(model, func) } else { chained_turn(model, func) }?;
    let name = model.file.function_name(func).unwrap_or("the function").to_owned();
    let claim = LocalClaim {
        message: format!(
            "`{name}` returns the promise of its next turn: each turn keeps the promise of the one before"
        ),
        help: "write it as a loop, or call it without `return`".to_owned(),
        subject: name,
        conventions: u8::from(turn.is_asked),
        ..LocalClaim::default()
    };
    Some((turn.call, claim))
}

/// The call of a function in itself.
struct Turn {
    call: NodeId,
    /// A flag decides about it.
    is_asked: bool,
}

/// `async function loop() { await work(); return loop(); }`
fn awaited_turn(model: &Model<'_>, func: FuncId) -> Option<Turn> {
    let tree = &model.file.tree;
    let body = model.file.body(func).filter(|&body| tree.kind(body) == Kind::Block)?;
    let own = || tree.subtree(body).filter(|&node| tree.func(node) == func);
    let has = |kind: Kind| own().any(|node| tree.kind(node) == kind);
    if has(Kind::Throw) || !has(Kind::Await) {
        return None;
    }
    let (turns, others): (Vec<NodeId>, Vec<NodeId>) = own()
        .filter(|&node| tree.kind(node) == Kind::Return)
        .partition(|&node| tree.first(node).is_some_and(|value| is_next_turn(model, func, value)));
    let [only] = turns[..] else { return None };
    let mut asked = Vec::new();
    for node in std::iter::once(only).chain(others.iter().copied()) {
        let is_plain = node == only || tree.first(node).is_none_or(|value| tree.kind(value) == Kind::Empty);
        asked.push(flags_around(model, node, body).filter(|_| is_plain)?);
    }
    let is_last = tree.parent(only).is_some_and(|block| tree.last_child(block) == Some(only));
    let is_asked = asked.iter().any(|&count| count > 0);
    // What is left at once, without a flag, is left in each turn.
    let all_ask = asked.iter().skip(1).all(|&count| count > 0);
    (is_last && all_ask).then(|| Turn { call: tree.awaited(tree.first(only).unwrap_or(only)), is_asked })
}

/// `function loop() { return work().then(() => loop()); }`
fn chained_turn(model: &Model<'_>, func: FuncId) -> Option<Turn> {
    let tree = &model.file.tree;
    let body = model.file.body(func)?;
    let value = if tree.kind(body) == Kind::Block {
        let returns =
            tree.subtree(body).filter(|&node| tree.func(node) == func && tree.kind(node) == Kind::Return);
        let returns: Vec<NodeId> = returns.collect();
        let [only] = returns[..] else { return None };
        (tree.last_child(body) == Some(only)).then(|| tree.first(only)).flatten()?
    } else {
        body
    };
    let links = std::iter::successors(Some(value), |&at| tree.method_call(at).map(|(object, _)| object));
    let callbacks = links.filter_map(|link| {
        let (_, "then" | "finally") = tree.method_call(link)? else { return None };
        model.function_of(tree.arg(link, 0)?)
    });
    let turns = callbacks.filter_map(|callback| {
        let values = model.returned_values(callback);
        let [only] = values[..] else { return None };
        let is_all = !model.file.body(callback).is_some_and(|body| asks(model, body, callback));
        (is_all && is_next_turn(model, func, only)).then_some(only)
    });
    let call = turns.take(LINKS).next()?;
    Some(Turn { call: tree.awaited(call), is_asked: false })
}

/// A chain has few links.
const LINKS: usize = 16;

/// Whether a function may leave before its end.
fn asks(model: &Model<'_>, body: NodeId, func: FuncId) -> bool {
    let tree = &model.file.tree;
    tree.subtree(body).filter(|&node| tree.func(node) == func).any(|node| {
        matches!(tree.kind(node), Kind::If | Kind::Conditional | Kind::Logical | Kind::Throw | Kind::Switch)
    })
}

/// Whether a value is what the function itself gives, of what it was told in this turn: nothing is counted down.
fn is_next_turn(model: &Model<'_>, func: FuncId, value: NodeId) -> bool {
    let tree = &model.file.tree;
    let call = tree.awaited(value);
    let is_param = |arg: NodeId| {
        let binding = model.file.binding_of(arg).map(|binding| model.file.binding(binding));
        binding.is_some_and(|row| {
            row.kind == BindingKind::Param
                && row.func == func
                && row.values.is_empty()
                && row.opaque_writes == 0
        })
    };
    tree.kind(call) == Kind::Call
        && tree.callee(call).and_then(|callee| model.function_of(callee)) == Some(func)
        && tree.args(call).all(is_param)
}

/// How many flags decide about a statement; none if anything else does.
fn flags_around(model: &Model<'_>, node: NodeId, body: NodeId) -> Option<usize> {
    let tree = &model.file.tree;
    let (mut count, mut child) = (0, node);
    for parent in tree.ancestors(node) {
        match tree.kind(parent) {
            Kind::Block => {}
            Kind::If if tree.first(parent).is_some_and(|test| is_flag(model, test, body)) => count += 1,
            Kind::Try if tree.first(parent) == Some(child) => {}
            _ => return None,
        }
        if parent == body {
            return Some(count);
        }
        child = parent;
    }
    None
}

/// `running`, `!this.closed`: what the function asks, and neither sets nor is told.
fn is_flag(model: &Model<'_>, test: NodeId, body: NodeId) -> bool {
    let tree = &model.file.tree;
    if tree.kind(test) == Kind::Unary && tree.unary_op(test) == Some(UnaryOp::Not) {
        return tree.first(test).is_some_and(|inner| is_flag(model, inner, body));
    }
    let place = model.file.place(test);
    let lasts = match place.root {
        Root::This(_) => place.path.len() == 1,
        Root::Binding(binding) => {
            place.path.is_empty() && model.file.binding(binding).func != tree.func(test)
        }
        _ => false,
    };
    lasts && matches!(tree.kind(test), Kind::Identifier | Kind::Member) && !is_set(model, &place, body)
}

fn is_set(model: &Model<'_>, flag: &Place, body: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.subtree(body).any(|node| {
        matches!(tree.kind(node), Kind::Assign | Kind::Update)
            && tree.first(node).is_some_and(|target| model.file.place(target) == *flag)
    })
}
