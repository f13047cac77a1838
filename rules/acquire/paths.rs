//! The ways through a function on which what is acquired is not given back.

use crate::claim::Gap;
use crate::slot::Held;
use outlive_semantic::flow::{Edge, Exit, Flow, Way, contradicts};
use outlive_semantic::handle::{Handle, Release};
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::pending;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tested::{self, Told};
use outlive_semantic::tree::{BinaryOp, Kind, UnaryOp};
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

pub(super) fn is_using(model: &Model<'_>, place: &Place) -> bool {
    matches!(place.root, Root::Binding(binding) if place.path.is_empty() && model.file.binding(binding).kind == BindingKind::Using)
}

/// The way out of the function on which a local handle is not released, if its releases all stand in that function.
pub(crate) fn gap(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let &Held { file, call, handle, releases, .. } = held;
    let model = file.model;
    // A callback that gives back what it was armed by ends it by itself.
    if releases.iter().any(|release| model.file.tree.contains(call, release.node))
        && callback_of(model, call, handle).is_none()
    {
        return None;
    }
    // What it is handed to was judged before: only releases and code that looks are left.
    let owner = owner(model, handle)?;
    if owner != model.file.tree.func(call)
        && let Some(callback) = callback_of(model, call, handle)
    {
        return gap_in(model, callback, None, handle, releases);
    }
    let call = executed_by(model, call);
    (owner == model.file.tree.func(call)).then(|| gap_in(model, owner, Some(call), handle, releases))?
}

/// The function whose variables alone hold the thing.
pub(crate) fn owner(model: &Model<'_>, handle: &Handle) -> Option<FuncId> {
    let mut owners = handle.places.iter().map(|place| match place.root {
        Root::Binding(binding) if place.path.is_empty() => Some(model.file.binding(binding).func),
        _ => None,
    });
    let first = owners.next()??;
    owners.all(|owner| owner == Some(first)).then_some(first)
}

/// The callback that is handed what the call acquires: `pool.getConnection((error, connection) => …)`,
/// `acquire().then((it) => …)`.
fn callback_of(model: &Model<'_>, call: NodeId, handle: &Handle) -> Option<FuncId> {
    let owner = owner(model, handle)?;
    let is_param = handle.places.iter().any(|place| match place.root {
        Root::Binding(binding) => model.file.binding(binding).kind == BindingKind::Param,
        _ => false,
    });
    let hands = |to: NodeId| to == call || model.file.tree.contains(to, call);
    (is_param && model.handed(owner).iter().any(|handed| hands(handed.call))).then_some(owner)
}

/// The way out of one function that passes no release, from the acquiring call on, or from the start of a callback.
fn gap_in(
    model: &Model<'_>,
    func: FuncId,
    call: Option<NodeId>,
    handle: &Handle,
    releases: &[&Release],
) -> Option<Gap> {
    let tree = &model.file.tree;
    let flow = Flow::of(model, func)?;
    let mut stops: FxHashSet<NodeId> = FxHashSet::default();
    let mut inner = None;
    for release in releases {
        stops.insert(release.node);
        // A closure that releases takes over when it is made; one that was made before may take over at any time.
        let closure = tree
            .ancestors(release.node)
            .find(|&node| tree.kind(node) == Kind::Function && tree.func(node) == func);
        let Some(closure) = closure else { continue };
        if call.is_some_and(|call| closure < call) || is_hoisted(model, closure) {
            return None;
        }
        stops.insert(closure);
        let continuation = tree.function(closure).filter(|&closure| is_continuation(model, closure));
        inner = inner
            .or_else(|| continuation.and_then(|closure| gap_in(model, closure, None, handle, releases)))
            .filter(|gap| !gap.is_weak);
    }
    let start = match call {
        Some(call) => *flow.points(acquired_at(model, call)).first()?,
        None => flow.entry(),
    };
    // In the callback that is handed the thing there is none if there is an error.
    let is_owner = owner(model, handle) == Some(func);
    let error = error_param(model, func).filter(|_| call.is_none() && is_owner);
    let mut nothing_else = handle.places.clone();
    nothing_else.retain(|_| call.is_some() || is_owner);
    let conditions = call.map(|call| conditions(model, call)).unwrap_or_default();
    let feasible = |edge| {
        !contradicts(model, edge, &nothing_else)
            && !error.is_some_and(|error| is_set(model, edge, error))
            && !is_other_case(model, edge, &conditions)
    };
    let mut found = flow.escape(start, &stops, &feasible);
    // What could not be opened holds nothing.
    if let Some(opened) = found.as_ref().and_then(|way| opening(model, handle, way)) {
        found = flow.points(opened).first().and_then(|&start| flow.escape(start, &stops, &feasible));
    }
    let Some(way) = found else { return inner };
    let survives = way.exit != Exit::Throw || model.file.function(func).is_async;
    // A call that only may throw, in code that the process may not survive: two doubts.
    if way.is_weak && !survives {
        return inner;
    }
    let at = way.at.map(|node| tree.span(node));
    let how = match way.exit {
        Exit::Return => "when the function returns early",
        Exit::Throw if way.at.is_some_and(|node| tree.kind(node) == Kind::Await) => {
            "when what is awaited here rejects"
        }
        Exit::Throw => "when this throws",
        Exit::End => "on every branch",
    };
    let throws = way.exit == Exit::Throw;
    let gap = Gap { is_weak: way.is_weak || !survives, throws, ..Gap::new(how, at) };
    inner.filter(|_| gap.is_weak).or(Some(gap))
}

/// What an acquisition stands under: places that hold something there, or nothing, and what they hold nobody changes.
type Conditions = SmallVec<[(Place, bool); 2]>;

/// `if (!options.transaction) connection = await pool.connect()`: `options.transaction` is nothing, there and afterwards.
fn conditions(model: &Model<'_>, call: NodeId) -> Conditions {
    let tests = tested::around(model, call).filter_map(|told| match told {
        Told::Branch(test, outcome) => Some(tested::parts(model, test, outcome)),
        Told::Behind { .. } => None,
    });
    let is_kept = |place: &Place| match place.root {
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            let is_given_once = row.values.len() <= 1 && row.opaque_writes == 0;
            is_given_once && (place.path.is_empty() || model.assignments(place).is_empty())
        }
        _ => false,
    };
    let places = tests.flatten().filter_map(|test| asked(model, test));
    places.filter(|(place, _)| is_kept(place)).collect()
}

/// What a test asks that a name or a field alone is, and how it comes out.
fn asked(model: &Model<'_>, (test, outcome): (NodeId, bool)) -> Option<(Place, bool)> {
    let tree = &model.file.tree;
    match tree.kind(test) {
        Kind::Identifier | Kind::Member => Some((model.file.place(test), outcome)),
        Kind::Unary if tree.unary_op(test) == Some(UnaryOp::Not) => {
            asked(model, (tree.first(test)?, !outcome))
        }
        _ => None,
    }
}

/// Whether an edge is taken only where a condition of the acquisition does not hold.
fn is_other_case(model: &Model<'_>, edge: Edge, conditions: &Conditions) -> bool {
    let told = match edge {
        Edge::True(test) => (test, true),
        Edge::False(test) => (test, false),
        _ => return false,
    };
    !conditions.is_empty()
        && asked(model, told).is_some_and(|(place, outcome)| conditions.contains(&(place, !outcome)))
}

/// The `await client.connect()` by whose rejection a function is left.
fn opening(model: &Model<'_>, handle: &Handle, way: &Way) -> Option<NodeId> {
    let tree = &model.file.tree;
    let wait = way.at.filter(|&at| way.exit == Exit::Throw && tree.kind(at) == Kind::Await)?;
    let (object, method) = tree.method_call(tree.first(wait)?)?;
    let opens = matches!(method, "connect" | "open" | "initialize" | "init" | "ready");
    (opens && handle.places.contains(&model.file.place(object))).then_some(wait)
}

/// A function that goes on with the work once something is done, and runs once: the error-first callback of a call.
pub(crate) fn is_continuation(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    error_param(model, func).is_some()
        && matches!(model.handed(func), [handed] if {
            let is_last = tree.args(handed.call).last().is_some_and(|last| tree.function(last) == Some(func));
            let listens = tree.method_call(handed.call).is_some_and(|(_, name)| matches!(name, "on" | "once"));
            is_last && !listens
        })
}

/// The first parameter of an error-first callback.
pub(crate) fn error_param(model: &Model<'_>, func: FuncId) -> Option<BindingId> {
    let tree = &model.file.tree;
    let binding = tree.binding(model.file.params(func).next()?)?;
    let name = tree.text(model.file.binding(binding).name).to_ascii_lowercase();
    (matches!(name.as_str(), "e" | "er" | "failed" | "failure" | "ex") || name.contains("err"))
        .then_some(binding)
}

/// Whether an edge is taken only if a variable holds something.
pub(crate) fn is_set(model: &Model<'_>, edge: Edge, binding: BindingId) -> bool {
    let tree = &model.file.tree;
    let (test, outcome) = match edge {
        Edge::True(test) => (test, true),
        Edge::False(test) => (test, false),
        _ => return false,
    };
    let names = |node: NodeId| model.file.binding_of(node) == Some(binding);
    match tree.kind(test) {
        Kind::Identifier => outcome && names(test),
        Kind::Binary => {
            let (Some(left), Some(right)) = (tree.first(test), tree.child(test, 1)) else { return false };
            let is_test = names(left) && model.is_nothing(right) || names(right) && model.is_nothing(left);
            let is_kind = names(left) && !model.is_nothing(right);
            match tree.binary_op(test) {
                Some(BinaryOp::Equal) => is_test && !outcome,
                Some(BinaryOp::NotEqual) => is_test && outcome,
                _ => is_kind && outcome,
            }
        }
        // `error.code`, `error instanceof …`: whoever asks has an error.
        Kind::Member => outcome && tree.first(test).is_some_and(names),
        _ => false,
    }
}

/// The way out of the function by a race that rejects: the loser is released only where the race is won.
pub(super) fn lost_race(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let model = held.file.model;
    let tree = &model.file.tree;
    let func = tree.func(executed_by(model, held.call));
    let is_race = |node: NodeId| {
        let raced = tree.first(node).and_then(|raced| tree.callee(raced));
        let path = raced.and_then(|callee| model.api_path(callee));
        tree.kind(node) == Kind::Await && matches!(path.as_deref(), Some("Promise.race" | "Promise.any"))
    };
    gap(held).filter(|gap| {
        let mut within = tree.subtree(model.file.function(func).node);
        within.any(|node| Some(tree.span(node)) == gap.at && is_race(node))
    })
}

/// A function declaration is made before anything else of its function runs.
fn is_hoisted(model: &Model<'_>, function: NodeId) -> bool {
    let func = model.file.tree.function(function);
    func.and_then(|func| model.file.function(func).binding).is_some_and(|binding| {
        let row = model.file.binding(binding);
        row.kind == BindingKind::Function && row.node == function
    })
}

/// What is acquired while a promise is made is acquired by whoever makes the promise.
pub(crate) fn executed_by(model: &Model<'_>, call: NodeId) -> NodeId {
    let func = model.file.tree.func(call);
    let made = model.handed(func).first().filter(|_| pending::is_executor(model, func));
    made.map_or(call, |handed| handed.call)
}

/// The point from which the thing is held: the `await` of a call that yields a promise, else the call.
fn acquired_at(model: &Model<'_>, call: NodeId) -> NodeId {
    let tree = &model.file.tree;
    tree.parent(call).filter(|&parent| tree.kind(parent) == Kind::Await).unwrap_or(call)
}
