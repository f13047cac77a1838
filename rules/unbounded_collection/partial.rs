//! Entries that are taken out where the work succeeds and stay where it fails.

use super::missed::call_around;
use crate::claim::{Missed, Why};
use crate::rule::FileView;
use outlive_semantic::calls::{self, Target};
use outlive_semantic::flow::{Edge, Exit, Flow};
use outlive_semantic::growth::{CollectionOp, Op};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::pending::takes_no_reject;
use outlive_semantic::place::Place;
use outlive_semantic::tree::{BinaryOp, Kind, Span, UnaryOp};
use rustc_hash::FxHashSet;

/// The way on which an entry that this operation adds stays, although every other way takes it out again; none if it is
/// taken out on every way, or somewhere else.
pub(super) fn gap(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<Missed> {
    let model = file.model;
    let run = call_around(model, op.func);
    // Whether what empties the whole table elsewhere comes in time is asked of its callers.
    let releases: Vec<&CollectionOp> = file
        .ops_on(&op.holder, Op::Release)
        .filter(|release| release.key.is_some() || model.file.is_within(release.func, run))
        .collect();
    let all_inside = releases.iter().all(|release| model.file.is_within(release.func, run));
    if releases.is_empty() || run.index() == 0 {
        return None;
    }
    // What a failure leaves, the next run that goes well takes out with all the rest.
    if all_inside && releases.iter().any(|release| empties(model, release)) {
        return None;
    }
    if !all_inside {
        let (why, at) = missed_by_work(model, op, &releases)?;
        let releases = releases.iter().map(|release| model.file.tree.span(release.node)).collect();
        return Some(Missed { why, at, releases, ending: None });
    }
    let at =
        match releases.iter().map(|release| success_only(model, run, release)).collect::<Option<Vec<_>>>() {
            Some(handlers) => handlers.first().copied()?,
            None => missed_rejection(model, (op, run), &releases)?,
        };
    let releases = releases.iter().map(|release| model.file.tree.span(release.node)).collect();
    Some(Missed { why: Why::Failure, at, releases, ending: None })
}

/// The call whose rejection leaves the function before any release, if every way that does not throw passes one.
fn missed_rejection(
    model: &Model<'_>,
    (op, run): (&CollectionOp, FuncId),
    releases: &[&CollectionOp],
) -> Option<Span> {
    let tree = &model.file.tree;
    if !model.file.function(run).is_async {
        return None;
    }
    let flow = Flow::of(model, run)?;
    let mut stops = releases_in(model, run, releases);
    stops.extend(where_absent(model, op, run));
    if is_about_failure(model, op.node, run) {
        return None;
    }
    let here = std::iter::once(op.node).chain(tree.ancestors(op.node)).filter(|&node| tree.func(node) == run);
    let start = here.filter_map(|node| flow.points(node).first().copied()).next()?;
    // Where the entry was there before, another run takes it out: `const was = table[key]; … if (!was) delete table[key];`.
    let is_own = |edge: Edge| !matches!(edge, Edge::True(test) if was_there(model, test, &op.holder));
    let settles = |edge: Edge| !matches!(edge, Edge::Throw | Edge::MayThrow) && is_own(edge);
    if flow.escape(start, &stops, &settles).is_some() {
        return None;
    }
    let way = flow.escape(start, &stops, &|edge| edge != Edge::MayThrow && is_own(edge))?;
    if way.exit == Exit::Throw {
        return way.at.map(|node| tree.span(node));
    }
    caught_rejection(model, (op, run), &flow, &stops).map(|node| tree.span(node))
}

/// The `await` whose rejection leads into a `catch` that goes on without a release, and has nothing to say of the entry.
fn caught_rejection(
    model: &Model<'_>,
    (op, run): (&CollectionOp, FuncId),
    flow: &Flow,
    stops: &FxHashSet<NodeId>,
) -> Option<NodeId> {
    let tree = &model.file.tree;
    let start = flow.points(op.node).first().copied()?;
    let waits = tree
        .subtree(model.file.body(run)?)
        .filter(|&node| tree.kind(node) == Kind::Await && tree.func(node) == run && node > op.node);
    waits.take(AWAITS).find(|&wait| {
        let handler = tree.ancestors(wait).find_map(|around| {
            let parent = tree.parent(around).filter(|&parent| tree.kind(parent) == Kind::Try)?;
            (tree.first(parent) == Some(around))
                .then(|| tree.children(parent).find(|&it| tree.kind(it) == Kind::Catch))
        });
        let says_nothing =
            |handler: NodeId| !tree.subtree(handler).any(|node| model.file.place(node) == op.holder);
        handler.flatten().is_some_and(says_nothing)
            && flow
                .escape_by(start, stops, &|node, edge| match edge {
                    Edge::Throw | Edge::MayThrow => node == Some(wait),
                    _ => true,
                })
                .is_some()
    })
}

/// Whether a release empties the whole collection: `table.clear()`, `list.length = 0`, `list.splice(0)`.
fn empties(model: &Model<'_>, release: &CollectionOp) -> bool {
    let tree = &model.file.tree;
    let is_zero = |node: Option<NodeId>| node.and_then(|node| tree.number(node)) == Some(0.0);
    match tree.method_call(release.node) {
        Some((_, "clear")) => true,
        Some((_, "splice")) => is_zero(tree.arg(release.node, 0)) && tree.arg(release.node, 1).is_none(),
        Some(_) => false,
        None => tree.kind(release.node) == Kind::Assign && is_zero(tree.child(release.node, 1)),
    }
}

/// How many rejections of one function are looked at.
const AWAITS: usize = 16;

/// `running.set(key, work(key))`, where `work` itself takes the entry out: the way on which it is over before it does so.
fn missed_by_work(model: &Model<'_>, op: &CollectionOp, releases: &[&CollectionOp]) -> Option<(Why, Span)> {
    let (file, tree) = (&model.file, &model.file.tree);
    let value = op.value?;
    let call = file.value_of(value).unwrap_or(value);
    let callee = (tree.kind(call) == Kind::Call).then(|| tree.callee(call)).flatten()?;
    let Some(Target::Function(work)) = calls::callee_target(model, call, callee) else { return None };
    let is_last = |release: &&CollectionOp| {
        file.is_within(release.func, work) && ends_what_surely_comes(model, work, release.node)
    };
    if !file.function(work).is_async || !releases.iter().all(is_last) {
        return None;
    }
    let flow = Flow::of(model, work)?;
    let stops = releases_in(model, work, releases);
    let settles = |edge: Edge| !matches!(edge, Edge::Throw | Edge::MayThrow);
    if let Some(way) = flow.escape(flow.entry(), &stops, &settles) {
        let left = way.at.filter(|&node| tree.kind(node) == Kind::Return)?;
        let gives_nothing = tree.first(left).is_none_or(|given| model.is_nothing(given));
        return gives_nothing.then(|| (Why::Early, tree.span(left)));
    }
    let way = flow.escape(flow.entry(), &stops, &|edge| edge != Edge::MayThrow)?;
    let at = way.at.filter(|_| way.exit == Exit::Throw)?;
    Some((Why::Failure, tree.span(at)))
}

/// Whether a node of a function stands in no branch of it, but in its body, in a `try` or its `finally`, or in a closure that
/// is made there.
fn ends_what_surely_comes(model: &Model<'_>, func: FuncId, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let body = model.file.body(func);
    let mut around = tree.ancestors(node).take_while(|&at| Some(at) != body);
    !around.any(|at| {
        let is_branch = matches!(
            tree.kind(at),
            Kind::If | Kind::Conditional | Kind::Logical | Kind::Switch | Kind::Catch
        );
        is_branch && tree.func(at) == func
    })
}

/// The nodes at which a function takes an entry out.
fn releases_in(model: &Model<'_>, func: FuncId, releases: &[&CollectionOp]) -> FxHashSet<NodeId> {
    let tree = &model.file.tree;
    let mut stops: FxHashSet<NodeId> = FxHashSet::default();
    for release in releases {
        stops.insert(release.node);
        // A closure that releases takes over when it is made.
        let around = tree.ancestors(release.node);
        stops.extend(around.filter(|&node| tree.kind(node) == Kind::Function && tree.func(node) == func));
    }
    stops
}

/// `attempts.set(id, count + 1); throw error;`: what is noted right before the function fails is about the failure.
fn is_about_failure(model: &Model<'_>, growth: NodeId, run: FuncId) -> bool {
    let tree = &model.file.tree;
    let body = model.file.body(run);
    let blocks = tree.ancestors(growth).take_while(|&at| Some(at) != body).chain(body);
    blocks.filter(|&at| tree.kind(at) == Kind::Block).any(|block| {
        tree.last_child(block).is_some_and(|last| tree.kind(last) == Kind::Throw)
            && tree.func(block) == tree.func(growth)
    })
}

/// What runs only where the entry is not in the collection any more: `if (list.indexOf(job) === -1) throw …`.
fn where_absent(model: &Model<'_>, op: &CollectionOp, run: FuncId) -> Vec<NodeId> {
    let tree = &model.file.tree;
    let Some(body) = model.file.body(run) else { return Vec::new() };
    let branches = tree.subtree(body).filter(|&node| tree.kind(node) == Kind::If).filter_map(|node| {
        let is_absent = tree.first(node).is_some_and(|test| says_absent(model, test, &op.holder));
        tree.child(node, 1).filter(|_| is_absent)
    });
    branches.flat_map(|branch| tree.subtree(branch).collect::<Vec<_>>()).collect()
}

/// Whether a variable says that an entry of a collection was there already: it was looked up, and is asked later.
fn was_there(model: &Model<'_>, test: NodeId, holder: &Place) -> bool {
    let tree = &model.file.tree;
    let Some(value) = model.file.value_of(test).filter(|&value| value != test) else { return false };
    let looked_up = match tree.kind(value) {
        Kind::Index => tree.first(value),
        Kind::Call => {
            tree.method_call(value).filter(|(_, method)| matches!(*method, "get" | "has")).map(|(of, _)| of)
        }
        _ => None,
    };
    looked_up.is_some_and(|of| model.file.place(of) == *holder)
}

fn says_absent(model: &Model<'_>, test: NodeId, holder: &Place) -> bool {
    let tree = &model.file.tree;
    let asks = |node: NodeId, methods: &[&str]| {
        let value = model.file.value_of(node);
        tree.method_call(value.unwrap_or(node))
            .is_some_and(|(object, method)| methods.contains(&method) && model.file.place(object) == *holder)
    };
    let Some(first) = tree.first(test) else { return false };
    if tree.unary_op(test) == Some(UnaryOp::Not) {
        return asks(first, &["has", "includes"]);
    }
    let is_number = |node: NodeId, wanted: f64| {
        let inner = if tree.kind(node) == Kind::Unary { tree.first(node) } else { None };
        tree.number(inner.unwrap_or(node)).is_some_and(|number| (number - wanted).abs() < f64::EPSILON)
    };
    let limit = match tree.binary_op(test) {
        Some(BinaryOp::Equal) => 1.0,
        Some(BinaryOp::Less) => 0.0,
        _ => return false,
    };
    asks(first, &["indexOf", "lastIndexOf", "findIndex"])
        && tree.child(test, 1).is_some_and(|other| is_number(other, limit))
}

/// The `.then(release)` in which a release stands, if nothing in the chain runs when the promise rejects.
fn success_only(model: &Model<'_>, func: FuncId, release: &CollectionOp) -> Option<Span> {
    let tree = &model.file.tree;
    let closure = model.file.enclosing(release.func).take_while(|&at| at != func).last()?;
    let node = model.file.function(closure).node;
    let (call, index) = tree.argument_of(node)?;
    let (object, method) = tree.method_call(call)?;
    let is_success = method == "then" && index == 0 && tree.arg(call, 1).is_none();
    (is_success && !is_fulfilled(model, object) && !handles_rejection(model, object)).then(|| tree.span(call))
}

/// `Promise.resolve()`: the next turn of the loop, which comes.
fn is_fulfilled(model: &Model<'_>, promise: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.method_call(promise).is_some_and(|(object, method)| {
        method == "resolve"
            && model.file.global_of(object) == Some("Promise")
            && tree.arg(promise, 0).is_none_or(|value| model.is_nothing(value))
    })
}

/// `const { promise, resolve } = withResolvers()`, `new Promise((resolve) => …)`: whoever takes no `reject` along never
/// rejects.
fn never_rejects(model: &Model<'_>, promise: NodeId) -> bool {
    let tree = &model.file.tree;
    if takes_no_reject(model, promise) {
        return true;
    }
    let name = model.file.binding_of(promise).map(|binding| model.file.binding(binding).node);
    let around =
        name.and_then(|name| tree.ancestors(name).find(|&at| tree.kind(at) != Kind::PatternProperty));
    let pattern = around.filter(|&around| tree.kind(around) == Kind::ObjectPattern);
    pattern.is_some_and(|pattern| {
        let takes = |wanted: &str| tree.children(pattern).any(|part| tree.name(part) == Some(wanted));
        takes("resolve") && !takes("reject")
    })
}

/// Whether a chain of promise calls goes on normally after a rejection.
fn handles_rejection(model: &Model<'_>, chain: NodeId) -> bool {
    let tree = &model.file.tree;
    let mut at = chain;
    // A chain has few links; the bound is for variables that lead back to themselves.
    for _ in 0..32 {
        if let Some((object, method)) = tree.method_call(at) {
            if method == "catch" || method == "then" && tree.arg(at, 1).is_some() {
                return true;
            }
            at = object;
        } else if never_rejects(model, at) {
            return true;
        } else if let Some(value) = model.file.value_of(at) {
            at = value;
        } else {
            return false;
        }
    }
    false
}
