//! Observables that end by themselves: after one value, with the answer to a request.

use crate::catalog::ModelId;
use crate::index::{FuncId, NodeId};
use crate::model::{Model, Ty};
use crate::place::{Place, Root};
use crate::rate::Life;
use crate::tree::Kind;

/// The type of rows that says of an observable no more than that it ends soon.
const ENDING: &str = "rxjs.Ending";

/// Whether a call is one after which an observable ends by itself: an operator like `take(1)`, a source that gives one
/// value, a request.
#[must_use]
pub fn completes(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let Some(name) = tree.callee(call).and_then(|callee| model.callee_name(callee)) else { return false };
    let mut rows = model.catalog.calls_named(name).filter_map(|row| row.completes.as_ref());
    rows.any(|row| row.up_to.is_none_or(|count| tree.args(call).count() <= count))
}

/// What a function gives whose callers need not end what they subscribe to.
pub(crate) fn returned(model: &Model<'_>, func: FuncId) -> Option<ModelId> {
    let values = model.returned_values(func);
    let ends = !values.is_empty() && values.iter().all(|&value| chain_completes(model, value, DEEPEST));
    ends.then(|| model.catalog.find_type(ENDING))?
}

/// What the field of an instance holds that nobody need end: `this.items = this.http.get('items')`, by way of a method or not.
pub(crate) fn held(model: &Model<'_>, field: &Place) -> Option<ModelId> {
    let (Root::This(_), [_]) = (field.root, &field.path[..]) else { return None };
    let ends = |&value: &NodeId| {
        let method = || model.file.tree.callee(value).and_then(|callee| model.function_of(callee));
        chain_completes(model, value, DEEPEST) || method().is_some_and(|func| returned(model, func).is_some())
    };
    let values = model.values(field);
    let holds = !values.is_empty() && values.iter().all(ends);
    holds.then(|| model.catalog.find_type(ENDING))?
}

/// The one value that a function returns beside those that end by themselves: `return known ? of(known) : this.load()`.
pub(crate) fn sole_open(model: &Model<'_>, func: FuncId) -> Option<NodeId> {
    let values = model.returned_values(func);
    let mut open = values.iter().copied().filter(|&value| !chain_completes(model, value, DEEPEST));
    open.next().filter(|_| open.next().is_none())
}

/// What a call gives before it is piped: `this.api.load().pipe(map(f))` ends as `this.api.load()` does.
pub(crate) fn before_pipes(model: &Model<'_>, value: NodeId) -> NodeId {
    let source = source_of_pipes(model, value);
    if model.file.tree.kind(source) == Kind::Call { source } else { value }
}

/// What is piped: `x.all$` of `x.all$.pipe(map(f)).pipe(filter(g))`, or the value itself.
#[must_use]
pub fn source_of_pipes(model: &Model<'_>, value: NodeId) -> NodeId {
    let piped = |&at: &NodeId| {
        let (object, method) = model.file.tree.method_call(at)?;
        (method == "pipe").then_some(object)
    };
    std::iter::successors(Some(value), piped).last().unwrap_or(value)
}

/// Whether a type is that of observables, of which some end by themselves.
pub(crate) fn may_end(model: &Model<'_>, of: ModelId) -> bool {
    model.catalog.returned(of, "pipe") == Some(of)
}

/// Whether a value is an observable that rows say ends with what was asked for.
fn is_answer(model: &Model<'_>, value: NodeId) -> bool {
    let Ty::Model(of) = model.ty(value) else { return false };
    model.catalog.model(of).life == Some(Life::Call) && model.catalog.returned(of, "pipe").is_some()
}

/// How deep observables are looked for within others.
const DEEPEST: u32 = 4;

/// Whether an observable is piped through an operator after which it ends, `source.pipe(filter(f), take(1)).pipe(…)`, is one
/// value or a list as it is, `of(known)`, the answer to a request, or what its own maker completes, and goes through nothing
/// that goes on with another.
fn chain_completes(model: &Model<'_>, source: NodeId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let tree = &model.file.tree;
    let value = |at: NodeId| model.file.value_of(at).unwrap_or(at);
    let (mut at, mut ends_as_its_source) = (value(source), true);
    if is_answer(model, at) {
        return true;
    }
    while let Some((object, "pipe")) = tree.method_call(at) {
        if tree.args(at).any(|operator| completes(model, operator)) {
            return true;
        }
        ends_as_its_source &= tree.args(at).all(|operator| goes_no_further(model, operator, fuel));
        at = value(object);
    }
    let is_plain = tree.kind(at) == Kind::Call && tree.method_call(at).is_none();
    ends_as_its_source && (is_plain && completes(model, at) || is_completed_by_maker(model, at))
}

/// Whether what comes out of an operator ends when its source does: of those that go on with other observables, if these end.
fn goes_no_further(model: &Model<'_>, operator: NodeId, fuel: u32) -> bool {
    let tree = &model.file.tree;
    match tree.callee(operator).and_then(|callee| model.callee_name(callee)) {
        Some("switchMap" | "mergeMap" | "flatMap" | "concatMap" | "exhaustMap") => {
            let inner = tree.arg(operator, 0).and_then(|inner| model.function_of(inner));
            let values = inner.map(|inner| model.returned_values(inner)).unwrap_or_default();
            !values.is_empty() && values.iter().all(|&value| chain_completes(model, value, fuel))
        }
        Some(name) => !LASTING.contains(&name),
        None => false,
    }
}

/// Operators after which there may be more than the source gives, or it begins anew.
const LASTING: &[&str] = &[
    "combineLatest",
    "combineLatestWith",
    "concat",
    "concatWith",
    "expand",
    "merge",
    "mergeWith",
    "publishReplay",
    "repeat",
    "repeatWhen",
    "share",
    "shareReplay",
];

/// `new Observable((subscriber) => { … subscriber.complete(); })`
fn is_completed_by_maker(model: &Model<'_>, source: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_observable = tree.kind(source) == Kind::New
        && tree.callee(source).and_then(|callee| model.callee_name(callee)) == Some("Observable");
    let maker = tree.arg(source, 0).filter(|_| is_observable).and_then(|maker| model.function_of(maker));
    let subscriber = maker.and_then(|maker| model.file.params(maker).next());
    let Some(row) = subscriber.and_then(|param| tree.binding(param)).map(|param| model.file.binding(param))
    else {
        return false;
    };
    row.references.iter().any(|reference| {
        let node = model.file.references[reference.index()].node;
        let member = tree.parent(node).filter(|&member| tree.first(member) == Some(node));
        member.is_some_and(|member| tree.name(member) == Some("complete"))
    })
}
