//! Conditions around a node: loops, guards that let it run once, tests of its own outcome.

use crate::access::{self, Usage};
use crate::handle::patterns::ReleasePatterns;
use crate::index::{FuncId, NodeId};
use crate::model::Model;
use crate::place::{Place, Root, Step};
use crate::tree::{AssignOp, BinaryOp, Kind, LogicalOp, Tree, UnaryOp, flag};
use smallvec::SmallVec;
use std::rc::Rc;

/// The innermost loop around a node inside its function that may run the node more than once: not one that is left right
/// after (`for (…) if (found) { list.push(x); return; }`), nor one over a collection written out in the source.
#[must_use]
pub fn enclosing_loop(model: &Model<'_>, node: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let mut child = node;
    let mut breaks = false;
    for parent in tree.ancestors(node) {
        let slot = tree.node(child).slot;
        let is_turned = match tree.kind(parent) {
            Kind::Function | Kind::Class | Kind::Return => return None,
            Kind::Block => match tree.last_child(parent).filter(|&last| last != child) {
                Some(last) if tree.kind(last) == Kind::Return => return None,
                last => {
                    breaks |= last.is_some_and(|last| tree.kind(last) == Kind::Break);
                    false
                }
            },
            Kind::Switch => {
                breaks = false;
                false
            }
            Kind::For => slot > 0,
            Kind::While | Kind::DoWhile => true,
            Kind::ForOf | Kind::ForIn if slot == 2 => {
                let source = tree.child(parent, 1);
                !source.is_some_and(|source| model.is_constant_collection(source, 4))
            }
            _ => false,
        };
        if is_turned && !std::mem::take(&mut breaks) {
            return Some(parent);
        }
        child = parent;
    }
    None
}

/// Whether a loop goes on until somebody ends it, and waits in each turn: `while (this.running) { await … }`,
/// `for await (const tick of timer)`.
#[must_use]
pub fn is_endless(model: &Model<'_>, turn: NodeId) -> bool {
    let tree = &model.file.tree;
    let test = match tree.kind(turn) {
        Kind::While => tree.first(turn),
        Kind::DoWhile => tree.last_child(turn),
        Kind::For => tree.child(turn, 1).filter(|&test| tree.kind(test) != Kind::Empty),
        Kind::ForOf => return tree.node(turn).flags & flag::AWAIT != 0,
        _ => return false,
    };
    let is_open = test.is_none_or(|test| asks_nothing_else(model, test) && !is_moved_on(model, turn, test));
    let func = tree.func(turn);
    let waits = |node: NodeId| tree.kind(node) == Kind::Await && tree.func(node) == func;
    is_open && tree.subtree(turn).any(waits)
}

/// Whether the test of a loop is a constant, or a flag of an owner: counting, reading and comparing come to an end.
fn asks_nothing_else(model: &Model<'_>, test: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.kind(test) {
        Kind::Bool | Kind::Number => true,
        Kind::Unary | Kind::Logical => tree.children(test).all(|part| asks_nothing_else(model, part)),
        Kind::Member | Kind::Identifier => {
            !tree.subtree(test).any(|node| matches!(tree.name(node), Some("length" | "size")))
        }
        _ => false,
    }
}

/// Whether a loop gives a variable of its test something new: `while (page.next) page = await load(page.next)`.
fn is_moved_on(model: &Model<'_>, turn: NodeId, test: NodeId) -> bool {
    let tree = &model.file.tree;
    let asked = |node: NodeId| {
        tree.subtree(test).any(|part| model.file.binding_of(part) == model.file.binding_of(node))
    };
    tree.subtree(turn)
        .filter(|&node| matches!(tree.kind(node), Kind::Assign | Kind::Update))
        .filter_map(|node| tree.first(node))
        .any(|target| model.file.binding_of(target).is_some() && asked(target))
}

/// The flag that lets a node run only once for as long as the flag lives: `if (!ready) { ready = true; … }`,
/// `if (ready) return; ready = true; …`, `x ??= make()`.
///
/// Whatever is called under it may set the flag too: `if (win === null) createWindow()`.
#[must_use]
pub fn once_guard(model: &Model<'_>, node: NodeId) -> Option<Place> {
    guard_in_sight(model, node)
        .or_else(|| guard_of_callee(model, node))
        .or_else(|| own_end(model, node).map(|end| end.handle))
}

/// The end of what runs a callback, by which it runs no more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnEnd {
    /// The variable that has what is ended.
    pub handle: Place,
    /// The function that hands the callback over: what stands behind the end runs once for each of its runs.
    pub maker: FuncId,
}

/// A callback that ends what calls it, and then goes on: `const observer = new MutationObserver(() => { observer.disconnect();
/// start(); })`. None for what runs whether it is ended or not, and where something begins it again.
#[must_use]
pub fn own_end(model: &Model<'_>, node: NodeId) -> Option<OwnEnd> {
    let tree = &model.file.tree;
    let callback = tree.func(node);
    let [handed] = model.handed(callback) else { return None };
    let keeper = tree.parent(handed.call).and_then(|at| tree.first(at))?;
    let handle = tree.binding(keeper).or_else(|| model.file.binding_of(keeper))?;
    if handed.option.is_some() || model.file.sole_value(handle) != Some(handed.call) {
        return None;
    }
    let maker = tree.func(handed.call);
    let mut uses: SmallVec<[NodeId; 4]> = SmallVec::new();
    for &reference in &model.file.binding(handle).references {
        let at = model.file.references[reference.index()].node;
        if tree.func(at) != maker {
            uses.push(at);
        }
    }
    if !uses.iter().any(|&at| at < node && tree.func(at) == callback) {
        return None;
    }
    let rows = model.rows(handed.call);
    let acquired = rows.iter().find_map(|row| row.acquires.as_ref())?;
    let patterns = ReleasePatterns::parse(&acquired.release);
    let mut is_ended = false;
    for at in uses {
        let (call, is_end) = match (asked(model, at), access::usage(model.file, at)) {
            (Some((call, method)), _) => (call, patterns.is_method(method)),
            (None, Usage::Argument { call, index: 0 }) => (call, is_end(model, call, &patterns)),
            _ => continue,
        };
        if !is_end && asked(model, at).is_some() {
            return None;
        }
        is_ended |= is_end && call < node && is_statement_around(model, call, node);
    }
    is_ended.then(|| OwnEnd { handle: Place::root(Root::Binding(handle)), maker })
}

/// The call of a method of a variable, and the method.
fn asked<'m>(model: &'m Model<'_>, variable: NodeId) -> Option<(NodeId, &'m str)> {
    let tree = &model.file.tree;
    let call = tree.parent(tree.parent(variable)?)?;
    let (object, method) = tree.method_call(call)?;
    (object == variable).then_some((call, method))
}

/// Whether what is called ends what it is handed: `clearInterval(poll)`.
fn is_end(model: &Model<'_>, call: NodeId, patterns: &ReleasePatterns) -> bool {
    let name = model.file.tree.callee(call).and_then(|callee| model.callee_name(callee));
    name.is_some_and(|name| patterns.is_function(name))
}

/// Whether a call is a statement of one of the blocks around a node.
fn is_statement_around(model: &Model<'_>, call: NodeId, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let mut around = std::iter::once(call).chain(tree.ancestors(call)).take(3);
    let block = around.find_map(|at| tree.parent(at).filter(|&block| tree.kind(block) == Kind::Block));
    block.is_some_and(|block| tree.contains(block, node))
}

/// The same, where the flag may stand around each call of the method in which the node is: `if (!this.ready) { this.setUp();
/// this.ready = true; }`. It is one flag for each instance, as what the method adds is.
#[must_use]
pub fn once_guard_of_method(model: &Model<'_>, node: NodeId) -> Option<Place> {
    once_guard(model, node).or_else(|| {
        let func = model.file.tree.func(node);
        let is_called_alone = model.file.function(func).class.is_some() && model.handed(func).is_empty();
        let calls = if is_called_alone { model.calls_of(func) } else { &[] };
        let mut flags = calls.iter().map(|&call| once_guard(model, call));
        let flag = flags.next()??;
        let is_own = matches!(flag.root, Root::This(_)) && flags.all(|other| other.as_ref() == Some(&flag));
        is_own.then_some(flag)
    })
}

/// The flag around a call that what is called sets itself, without asking for anything first.
fn guard_of_callee(model: &Model<'_>, call: NodeId) -> Option<Place> {
    let tree = &model.file.tree;
    if !matches!(tree.kind(call), Kind::Call | Kind::New) {
        return None;
    }
    let body = model.file.body(model.function_of(tree.callee(call)?)?)?;
    if !model.assigns_within(body) {
        return None;
    }
    let guards = |flag: &Place| {
        let is_local = matches!(flag.root, Root::Binding(binding)
            if flag.path.is_empty() && model.file.binding(binding).func == tree.func(call));
        !is_local && is_set_plainly(model, flag, body) && !is_reset(model, flag)
    };
    let mut child = call;
    for parent in tree.within_function(call) {
        let found = if tree.kind(parent) == Kind::Block {
            let statements = model.leaving_statements(parent);
            let mut before = statements.iter().take_while(|(statement, _)| *statement < child);
            before.find(|(_, flag)| guards(flag)).map(|(_, flag)| flag.clone())
        } else {
            tested_flag(model, parent, child).filter(|flag| guards(flag))
        };
        if found.is_some() {
            return found;
        }
        child = parent;
    }
    None
}

/// Whether the statements of a body, those in branches and loops aside, give the flag a value.
fn is_set_plainly(model: &Model<'_>, flag: &Place, body: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_statement = |at: NodeId| {
        // What is tried is a statement as well: `try { shared = open(); } catch { … }`.
        let around = tree
            .ancestors(at)
            .filter(|&parent| parent == body || !matches!(tree.kind(parent), Kind::Block | Kind::Try));
        around.take(2).any(|parent| parent == body)
    };
    model.assignments(flag).iter().any(|&at| {
        tree.contains(body, at)
            && is_statement(at)
            && tree.child(at, 1).is_some_and(|value| is_set_value(model, value))
    })
}

fn guard_in_sight(model: &Model<'_>, node: NodeId) -> Option<Place> {
    let tree = &model.file.tree;
    let mut child = node;
    for parent in tree.ancestors(node) {
        // From a block on, the way up is the same for all that stands in it and runs in the same function.
        let is_block =
            tree.kind(child) == Kind::Block && child != node && tree.func(child) == tree.func(node);
        if is_block {
            return model.guard_around(child);
        }
        if tree.kind(parent) == Kind::Function {
            let func = tree.function(parent)?;
            return called_under_guard(model, func).or_else(|| set_by_closure(model, parent, node));
        }
        if let Some(flag) = tested_flag(model, parent, child)
            && becomes_set(model, &flag, parent, node)
        {
            return Some(flag);
        }
        child = parent;
    }
    None
}

/// The flag that something right around `child` asks for, so that `child` runs only while it is not set.
fn tested_flag(model: &Model<'_>, parent: NodeId, child: NodeId) -> Option<Place> {
    let tree = &model.file.tree;
    let slot = tree.node(child).slot;
    match tree.kind(parent) {
        Kind::If if slot == 1 => tree.first(parent).and_then(|test| falsy_test(model, test)),
        Kind::If if slot == 2 => tree.first(parent).and_then(|test| truthy_test(model, test)),
        Kind::Logical if slot == 1 => match tree.logical_op(parent) {
            Some(LogicalOp::And) => tree.first(parent).and_then(|test| falsy_test(model, test)),
            _ => tree.first(parent).and_then(|test| truthy_test(model, test)),
        },
        Kind::Assign if slot == 1 && matches!(tree.assign_op(parent), AssignOp::Nullish | AssignOp::Or) => {
            tree.first(parent).map(|target| model.file.place(target)).filter(is_flag)
        }
        Kind::Block => early_return_flag(model, parent, child),
        _ => None,
    }
}

/// A node in a callback stands under the guard of the function around it, if the callback itself sets the flag:
/// `if (loaded) return; load(() => { loaded = true; … })`.
fn set_by_closure(model: &Model<'_>, closure: NodeId, node: NodeId) -> Option<Place> {
    let tree = &model.file.tree;
    let mut child = closure;
    for parent in tree.within_function(closure) {
        if let Some(flag) = tested_flag(model, parent, child)
            && becomes_set(model, &flag, closure, node)
        {
            return Some(flag);
        }
        child = parent;
    }
    None
}

/// A node in a function that runs where it is created (`(() => …)()`, `new Promise(resolve => …)`) stands under the
/// guards of that place too.
fn called_under_guard(model: &Model<'_>, func: FuncId) -> Option<Place> {
    model.is_immediately_invoked(func).then(|| once_guard(model, model.file.function(func).node)).flatten()
}

/// A flag is a variable or field, not an element of a table: that would be one flag per key.
fn is_flag(place: &Place) -> bool {
    !place.path.contains(&Step::Element) && !matches!(place.root, Root::Value(_))
}

/// What a comparison compares with `true`.
fn compared_with_true(tree: &Tree, test: NodeId) -> Option<NodeId> {
    let (left, right) = (tree.first(test)?, tree.child(test, 1)?);
    let is_true = |side: NodeId| tree.boolean(side) == Some(true);
    if is_true(right) { Some(left) } else { is_true(left).then_some(right) }
}

/// The flag of a test that passes while the flag is not set: `!x`, `x === null`, `x == undefined`, `x !== true`, `!x && y`.
fn falsy_test(model: &Model<'_>, test: NodeId) -> Option<Place> {
    let tree = &model.file.tree;
    let flag = match tree.kind(test) {
        Kind::Unary if tree.unary_op(test) == Some(UnaryOp::Not) => model.file.place(tree.first(test)?),
        Kind::Binary if tree.binary_op(test) == Some(BinaryOp::Equal) => {
            let (left, right) = (tree.first(test)?, tree.child(test, 1)?);
            let is_unset = |side: NodeId| {
                model.is_nothing(side)
                    || tree.boolean(side) == Some(false)
                    || tree.string(side) == Some("undefined")
                    || tree.number(side) == Some(0.0)
            };
            let subject = if is_unset(right) {
                left
            } else if is_unset(left) {
                right
            } else {
                return None;
            };
            let subject =
                if tree.unary_op(subject) == Some(UnaryOp::Typeof) { tree.first(subject)? } else { subject };
            model.file.place(subject)
        }
        Kind::Binary if tree.binary_op(test) == Some(BinaryOp::NotEqual) => {
            model.file.place(compared_with_true(tree, test)?)
        }
        Kind::Logical if tree.logical_op(test) == Some(LogicalOp::And) => {
            return tree.children(test).find_map(|side| falsy_test(model, side));
        }
        _ => return None,
    };
    is_flag(&flag).then_some(flag)
}

/// The flag of a test that passes while the flag is set: `x`, `x !== null`, `x === true`.
fn truthy_test(model: &Model<'_>, test: NodeId) -> Option<Place> {
    let tree = &model.file.tree;
    let flag = match tree.kind(test) {
        Kind::Identifier | Kind::Member | Kind::Index => model.file.place(test),
        Kind::Unary if tree.unary_op(test) == Some(UnaryOp::Not) => {
            return tree.first(test).and_then(|inner| falsy_test(model, inner));
        }
        Kind::Binary if tree.binary_op(test) == Some(BinaryOp::NotEqual) => {
            let (left, right) = (tree.first(test)?, tree.child(test, 1)?);
            let is_unset = model.is_nothing(right) || tree.boolean(right) == Some(false);
            model.file.place(is_unset.then_some(left)?)
        }
        Kind::Binary if tree.binary_op(test) == Some(BinaryOp::Equal) => {
            model.file.place(compared_with_true(tree, test)?)
        }
        Kind::Logical if tree.logical_op(test) == Some(LogicalOp::Or) => {
            return tree.children(test).find_map(|side| truthy_test(model, side));
        }
        _ => return None,
    };
    is_flag(&flag).then_some(flag)
}

/// The flag of a statement before `child` in a block that leaves if the flag is set: `if (ready) return;`.
fn early_return_flag(model: &Model<'_>, block: NodeId, child: NodeId) -> Option<Place> {
    let statements = model.leaving_statements(block);
    let before = statements.iter().take_while(|(statement, _)| *statement < child);
    before.map(|(_, flag)| flag).find(|flag| becomes_set(model, flag, block, child)).cloned()
}

/// The statements of a block that leave the function if a flag is set, with the flag.
pub(crate) fn leaving_statements(model: &Model<'_>, block: NodeId) -> Vec<(NodeId, Place)> {
    let tree = &model.file.tree;
    let tests = tree.children(block).filter(|&statement| tree.kind(statement) == Kind::If);
    tests
        .filter(|&statement| tree.child(statement, 2).is_none())
        .filter_map(|statement| {
            let leaves = tree.child(statement, 1).is_some_and(|then| always_leaves(model, then));
            let flag = leaves.then(|| truthy_test(model, tree.first(statement)?)).flatten()?;
            Some((statement, flag))
        })
        .collect()
}

/// Whether a statement always ends the function.
#[must_use]
pub fn always_leaves(model: &Model<'_>, statement: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.kind(statement) {
        Kind::Return | Kind::Throw => true,
        Kind::Block => tree.last_child(statement).is_some_and(|last| always_leaves(model, last)),
        Kind::If => [1, 2].iter().all(|&n| tree.child(statement, n).is_some_and(|s| always_leaves(model, s))),
        _ => false,
    }
}

/// Whether the flag outlives the run of its function and is set where it guards: it gets a value, not a fresh nothing.
fn becomes_set(model: &Model<'_>, flag: &Place, within: NodeId, node: NodeId) -> bool {
    let tree = &model.file.tree;
    if let Root::Binding(binding) = flag.root
        && flag.path.is_empty()
        && model.file.binding(binding).func == tree.func(node)
    {
        return false;
    }
    if is_reset(model, flag) {
        return false;
    }
    sets_within(model, flag, within)
}

/// Whether a node runs only while nothing of the kind runs: `if (busy) return; busy = true; …`, whatever takes the flag back.
#[must_use]
pub fn runs_alone(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_local = |flag: &Place| {
        matches!(flag.root, Root::Binding(binding)
            if flag.path.is_empty() && model.file.binding(binding).func == tree.func(node))
    };
    let keeps_out = |flag: &Place, within: NodeId| !is_local(flag) && sets_within(model, flag, within);
    let mut child = node;
    tree.within_function(node).any(|parent| {
        let inner = std::mem::replace(&mut child, parent);
        if tree.kind(parent) == Kind::Block {
            let statements = model.leaving_statements(parent);
            let mut before = statements.iter().take_while(|(statement, _)| *statement < inner);
            return before.any(|(_, flag)| keeps_out(flag, parent));
        }
        tested_flag(model, parent, inner).is_some_and(|flag| keeps_out(&flag, parent))
    })
}

/// Whether something that stands in a node gives the flag a value.
fn sets_within(model: &Model<'_>, flag: &Place, within: NodeId) -> bool {
    let tree = &model.file.tree;
    let assignments = model.assignments(flag);
    let first = assignments.partition_point(|&at| at < within);
    let mut inside = assignments[first..].iter().take_while(|&&at| tree.contains(within, at));
    inside.any(|&at| tree.child(at, 1).is_some_and(|value| is_set_value(model, value)))
}

fn is_set_value(model: &Model<'_>, value: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.kind(value) {
        Kind::Bool => tree.node(value).data == 1,
        Kind::Null => false,
        _ => !model.is_nothing(value),
    }
}

/// Whether something takes the flag back, outside of what gives it its first value.
fn is_reset(model: &Model<'_>, flag: &Place) -> bool {
    let tree = &model.file.tree;
    model.values(flag).iter().any(|&value| {
        let unsets = model.is_nothing(value) || tree.kind(value) == Kind::Bool && tree.node(value).data == 0;
        let is_first = tree.parent(value).is_none_or(|parent| tree.kind(parent) != Kind::Assign)
            || model.constructs(tree.func(value)).is_some()
            || tree.func(value).index() == 0;
        unsets && !is_first && !is_failure(model, flag, value)
    })
}

/// Whether a value is what the flag gets where giving it its value has failed: `try { shared = open(); } catch { shared = null; }`.
fn is_failure(model: &Model<'_>, flag: &Place, value: NodeId) -> bool {
    let tree = &model.file.tree;
    let caught = tree.within_function(value).find(|&node| tree.kind(node) == Kind::Catch);
    let tried = caught.and_then(|caught| tree.parent(caught)).and_then(|whole| tree.first(whole));
    tried.is_some_and(|tried| sets_within(model, flag, tried))
}

impl Model<'_> {
    /// The statements of a block that leave the function if a flag is set, in source order, with the flag.
    pub(crate) fn leaving_statements(&self, block: NodeId) -> Rc<[(NodeId, Place)]> {
        if let Some(known) = self.leaving.borrow().get(block) {
            return Rc::clone(known);
        }
        let found = leaving_statements(self, block);
        let found = if found.is_empty() { Rc::clone(&self.no_leaving) } else { found.into() };
        self.leaving.borrow_mut().put(&self.file.tree, block, Rc::clone(&found));
        found
    }

    /// [`once_guard`] of a block.
    pub(crate) fn guard_around(&self, block: NodeId) -> Option<Place> {
        if let Some(known) = self.guards.borrow().get(block) {
            return known.clone();
        }
        let found = once_guard(self, block);
        self.guards.borrow_mut().put(&self.file.tree, block, found.clone());
        found
    }
}
