//! What a variable or a field holds at a node, because the code right before gave it that: `this.a = new A();
//! this.a.on(…)` listens to another one in each run, however long `this` lives.

use crate::guard;
use crate::index::{FuncId, NodeId};
use crate::model::Model;
use crate::place::{Place, Root};
use crate::tree::{AssignOp, Kind, Tree};

/// The values that the variable or field a path starts with is given before a node, in a block around it and by the
/// same function.
#[must_use]
pub fn given_before(model: &Model<'_>, place: &Place, at: NodeId) -> Vec<NodeId> {
    let holder = match place.root {
        Root::Binding(_) => Place::root(place.root),
        Root::Global(_) if place.path.is_empty() => place.clone(),
        _ => match place.trunk() {
            Some(field) => field,
            None => return Vec::new(),
        },
    };
    held_before(model, &holder, at)
}

/// The values that a variable or a field is given before a node, in a block around it and by the same function.
fn held_before(model: &Model<'_>, holder: &Place, at: NodeId) -> Vec<NodeId> {
    let tree = &model.file.tree;
    // Nobody keeps count of what a variable is given that nobody declares.
    let values = match holder.root {
        Root::Global(_) if holder.path.is_empty() => assigned_here(model, holder, at),
        _ => model.values(holder).to_vec(),
    };
    let is_before = |value: &NodeId| {
        !may_give_nothing(tree, *value)
            && tree.func(*value) == tree.func(at)
            && tree.span(*value).end <= tree.span(at).start
    };
    let before: Vec<NodeId> = values.into_iter().filter(is_before).collect();
    before.iter().copied().filter(|&value| leads_to(model, value, at, &before)).collect()
}

/// `this.socket ??= new Socket()` may give nothing.
fn may_give_nothing(tree: &Tree, value: NodeId) -> bool {
    tree.parent(value)
        .is_some_and(|parent| tree.kind(parent) == Kind::Assign && tree.assign_op(parent) != AssignOp::Plain)
}

/// So many branches around a value are looked at.
const BRANCHES: usize = 4;

/// Whether what runs up to a node has passed a value: it stands in a block around the node, or in a branch of a choice
/// there of which the other branch gives a value of that kind too, or leaves.
fn leads_to(model: &Model<'_>, value: NodeId, at: NodeId, others: &[NodeId]) -> bool {
    let tree = &model.file.tree;
    let mut blocks = tree.ancestors(value).filter(|&around| tree.kind(around) == Kind::Block);
    let mut given = value;
    for _ in 0..BRANCHES {
        let Some(block) = blocks.next() else { return false };
        if tree.contains(block, at) {
            return true;
        }
        let Some(choice) = tree.parent(block).filter(|&choice| tree.kind(choice) == Kind::If) else {
            return false;
        };
        let other = tree.children(choice).skip(1).find(|&branch| !tree.contains(branch, given));
        // Where one branch makes what the other was handed, it may be anybody's.
        let is_alike = |&other: &NodeId| tree.kind(other) == tree.kind(value);
        let is_given = |branch: NodeId| {
            let mut there = others.iter().filter(|&&value| tree.contains(branch, value));
            guard::always_leaves(model, branch) || there.any(is_alike)
        };
        if !other.is_some_and(is_given) {
            return false;
        }
        given = choice;
    }
    false
}

/// The same of all that the path leads through: `player.embed` of `player.embed.track`.
#[must_use]
pub fn parts_given_before(model: &Model<'_>, place: &Place, at: NodeId) -> Vec<NodeId> {
    let whole = |part: &Place| !matches!(part.root, Root::This(_)) || !part.path.is_empty();
    place.prefixes().filter(whole).flat_map(|part| held_before(model, &part, at)).collect()
}

/// What the variables and fields that a path leads through are given by functions which the code right before a node calls:
/// `this.start(); this.process.on(…)`. One that may give something else tells nothing.
#[must_use]
pub fn parts_given_by_calls(
    model: &Model<'_>,
    place: &Place,
    at: NodeId,
    makes: impl Fn(NodeId) -> bool,
) -> bool {
    place.prefixes().filter(|part| is_shared(model, part)).any(|part| {
        let values = model.values(&part);
        let givers = values.iter().map(|&value| model.file.tree.func(value));
        givers.filter(|&func| is_called_before(model, func, at)).any(|func| {
            let mut given = values.iter().filter(|&&value| model.file.tree.func(value) == func);
            given.all(|&value| makes(value) && !is_where_none_was(model, &part, value))
        })
    })
}

/// Whether other functions of the file may give a path its value: a field, or a variable of the module.
#[must_use]
pub fn is_shared(model: &Model<'_>, place: &Place) -> bool {
    match place.root {
        Root::This(_) | Root::Module(_) => !place.path.is_empty(),
        Root::Binding(binding) => model.file.binding(binding).func.index() == 0,
        _ => false,
    }
}

/// Whether a path is given a value only where it had none: `this.process ??= spawn(…)`, `if (!this.process) …`, and also behind
/// `if (this.process) return`.
fn is_where_none_was(model: &Model<'_>, place: &Place, value: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_it = |node: NodeId| model.file.place(node) == *place;
    let asks = |decision: NodeId| {
        let test = tree.first(decision).filter(|_| tree.kind(decision) == Kind::If);
        test.is_some_and(|test| tree.subtree(test).any(is_it))
    };
    let mut before = model.file.body(tree.func(value)).into_iter().flat_map(|body| tree.subtree(body));
    may_give_nothing(tree, value) || before.any(asks)
}

/// Whether the function of a node calls another before that, in a block around it and as often.
fn is_called_before(model: &Model<'_>, func: FuncId, at: NodeId) -> bool {
    let tree = &model.file.tree;
    func != tree.func(at)
        && model.calls_of(func).iter().any(|&call| {
            let block = tree.ancestors(call).find(|&around| tree.kind(around) == Kind::Block);
            tree.func(call) == tree.func(at)
                && tree.span(call).end <= tree.span(at).start
                && block.is_some_and(|block| tree.contains(block, at))
                && guard::enclosing_loop(model, call) == guard::enclosing_loop(model, at)
        })
}

/// Whether an expression gives an object that nobody else has had: `new A()`, `Object.assign(new A(), options)`.
#[must_use]
pub fn constructs(model: &Model<'_>, value: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.kind(value) {
        Kind::New => true,
        Kind::Call => is_assigned_to_new(model, value),
        _ => false,
    }
}

/// `Object.assign(new A(), options)` gives its first argument.
fn is_assigned_to_new(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let path = tree.callee(call).and_then(|callee| model.api_path(callee));
    path.as_deref() == Some("Object.assign")
        && tree.arg(call, 0).is_some_and(|first| matches!(tree.kind(first), Kind::New | Kind::Object))
}

/// What the function of a node itself assigns to a path.
fn assigned_here(model: &Model<'_>, place: &Place, at: NodeId) -> Vec<NodeId> {
    let tree = &model.file.tree;
    let Some(body) = model.file.body(tree.func(at)) else { return Vec::new() };
    tree.subtree(body)
        .filter(|&node| tree.kind(node) == Kind::Assign)
        .filter(|&node| tree.first(node).is_some_and(|target| model.file.place(target) == *place))
        .filter_map(|node| tree.child(node, 1))
        .collect()
}
