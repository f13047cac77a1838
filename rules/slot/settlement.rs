//! Promises made by hand: whether every function that settles one gives back what its executor acquired.

use super::held::Held;
use super::reach::{Wanted, reaches, runs_wanted};
use crate::claim::Gap;
use outlive_semantic::flow;
use outlive_semantic::handle::{Escape, Handle, Release};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::{Handed, Model};
use outlive_semantic::pending::is_executor;
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashSet;

/// A timer of a promise that is cleared where the promise settles one way and forgotten where it settles another.
pub(crate) fn missed_by_settlement(held: &Held<'_, '_, '_>, stays: bool) -> Option<Gap> {
    let &Held { file, call, handle, releases, ref releasing, .. } = held;
    let model = file.model;
    let tree = &model.file.tree;
    if !handle.escapes.iter().all(|escape| matches!(escape, Escape::Argument { .. })) {
        return None;
    }
    let executor = model.file.enclosing(tree.func(call)).find(|&func| is_executor(model, func))?;
    let settlers = settlers(model, executor)?;
    if releasing.funcs.contains(&executor)
        || releasing.funcs.iter().any(|&func| !model.file.is_within(func, executor))
        || is_released_behind(model, executor, releasing)
        || is_released_at_last(model, executor, releases.iter().map(|release| release.func))
    {
        return None;
    }
    // What was armed ends when its own callback runs; a listener stays.
    let own = tree.arg(call, 0).and_then(|arg| model.function_of(arg)).filter(|_| !stays);
    let missed = settlers.into_iter().find(|&settle| {
        let func = tree.func(settle);
        let is_own = own.is_some_and(|own| model.file.is_within(func, own));
        let is_before = func == tree.func(call) && settle < call
            || is_on_other_branch(model, call, settle)
            || is_about_what_came_before(model, call, func)
            || is_released_down_the_chain(model, func, releases);
        let is_missed = !covers(model, func, executor, releasing)
            || stays && func != executor && leaves_before(model, settle, releases)
            || is_caught_apart(model, call, settle, releases);
        !is_own && !is_before && is_missed && !is_told_of_end(model, func, executor, handle)
    })?;
    Some(Gap::new("when the promise is settled here", Some(tree.span(missed))))
}

/// Whether a promise is settled where what is thrown after the call is caught, and nothing is released there.
fn is_caught_apart(model: &Model<'_>, call: NodeId, settle: NodeId, releases: &[&Release]) -> bool {
    let tree = &model.file.tree;
    let around = tree.within_function(settle);
    around.into_iter().filter(|&node| tree.kind(node) == Kind::Catch).any(|caught| {
        let tried = tree.parent(caught).and_then(|whole| tree.first(whole));
        tried.is_some_and(|tried| tree.contains(tried, call) && tree.func(tried) == tree.func(call))
            && !releases.iter().any(|release| tree.contains(caught, release.node))
    })
}

/// What is released when a promise is fulfilled, and not when it is rejected: `work().then(() => stop())`. What its own
/// callback releases may never come to that.
pub(crate) fn missed_by_rejection(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let &Held { file, call, handle, releases, ref releasing, .. } = held;
    let model = file.model;
    let tree = &model.file.tree;
    let others: Vec<&&Release> =
        releases.iter().filter(|release| !tree.contains(call, release.node)).collect();
    let chains: Option<Vec<NodeId>> =
        others.iter().map(|release| fulfilled(model, release.func, releasing)).collect();
    // A promise of the thing itself holds nothing when it is rejected: `lock.acquire().then((release) => …)`, or the same by
    // way of a variable.
    let is_its_own = |&then: &NodeId| {
        let promise = tree.method_call(then).map(|(promise, _)| model.file.place(promise));
        tree.contains(then, call) || promise.is_some_and(|promise| handle.places.contains(&promise))
    };
    let chains = chains.filter(|chains| !chains.iter().any(is_its_own));
    let at = *chains?.first()?;
    // What the end of an owner waits for before it releases does not come to pass for each thing that is acquired.
    let is_inner = |release: &&&Release| model.file.is_within(release.func, tree.func(call));
    let may_fail = held.patterns.called || is_of_work(model, at) && others.iter().all(is_inner);
    may_fail.then(|| Gap::new("when the promise is rejected", Some(tree.span(at))))
}

/// Whether somebody goes on with what a promise gives, or with the chain: work may fail. Who only wants to be told,
/// `closed(peer).then(() => clearInterval(timer));`, is told of an end that comes in any case.
fn is_of_work(model: &Model<'_>, then: NodeId) -> bool {
    let tree = &model.file.tree;
    let told = tree.arg(then, 0).and_then(|told| model.function_of(told));
    !tree.is_discarded(then) || told.is_some_and(|told| model.file.params(told).next().is_some())
}

/// The same of a listener, whose removals stand in these functions.
pub(crate) fn kept_by_rejection(
    model: &Model<'_>,
    call: NodeId,
    removing: &FxHashSet<FuncId>,
) -> Option<Gap> {
    let tree = &model.file.tree;
    let wanted = Wanted::of(model, removing.iter().copied());
    let is_inner = |&func: &FuncId| func != tree.func(call) && model.file.is_within(func, tree.func(call));
    let then = removing.iter().map(|&func| fulfilled(model, func, &wanted)).collect::<Option<Vec<_>>>()?;
    let is_work = |then: &NodeId| {
        let promise =
            tree.method_call(*then).map(|(object, _)| model.file.value_of(object).unwrap_or(object));
        promise.is_some_and(|promise| tree.kind(promise) == Kind::Call) && is_of_work(model, *then)
    };
    let at = then.into_iter().min().filter(is_work).filter(|_| removing.iter().all(is_inner))?;
    Some(Gap::new("when the promise is rejected", Some(tree.span(at))))
}

/// The `then` that runs a function when its promise is fulfilled, if nothing on its chain releases when it is rejected.
fn fulfilled(model: &Model<'_>, func: FuncId, releasing: &Wanted) -> Option<NodeId> {
    let tree = &model.file.tree;
    let (then, 0) = tree.argument_of(model.file.function(func).node)? else { return None };
    let (promise, "then") = tree.method_call(then)? else { return None };
    let before = std::iter::successors(tree.method_call(promise), |&(object, _)| tree.method_call(object));
    if tree.arg(then, 1).is_some() || before.into_iter().any(|(_, method)| method == "catch") {
        return None;
    }
    let releases = |handler: NodeId| {
        model.function_of(handler).is_none_or(|handler| reaches(model, handler, releasing, 4))
    };
    let next = |at: NodeId| {
        let next = tree.parent(at).and_then(|member| tree.parent(member))?;
        tree.method_call(next).filter(|&(object, _)| object == at).map(|(_, method)| (next, method))
    };
    let mut links = std::iter::successors(next(then), |&(at, _)| next(at));
    // What comes behind a handler of the rejection runs in both cases.
    let is_handled = links.any(|(link, method)| match method {
        "then" => tree.arg(link, 1).is_some_and(releases),
        "finally" => tree.arg(link, 0).is_some_and(releases),
        method => method == "catch",
    });
    (!is_handled).then_some(then)
}

/// Whether two nodes stand on different branches of one `if`: where one is reached, the other is not.
fn is_on_other_branch(model: &Model<'_>, call: NodeId, settle: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.ancestors(call).filter(|&at| tree.kind(at) == Kind::If).any(|around| {
        let branch = |node: NodeId| tree.children(around).skip(1).position(|part| tree.contains(part, node));
        matches!((branch(call), branch(settle)), (Some(a), Some(b)) if a != b)
    })
}

/// `work().then(() => { …; timer = setTimeout(…); }).catch(reject)`: where nothing behind the call can fail, what the link behind
/// hears of failed before it.
fn is_about_what_came_before(model: &Model<'_>, call: NodeId, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let Some((link, at)) = tree.argument_of(model.file.function(func).node) else { return false };
    let Some((before, method)) = tree.method_call(link) else { return false };
    let hears_of_failures = matches!((method, at), ("catch", 0) | ("then", 1));
    if !hears_of_failures || !matches!(tree.method_call(before), Some((_, "then"))) {
        return false;
    }
    let work = tree.arg(before, 0).and_then(|work| model.function_of(work));
    work.is_some_and(|work| {
        model.file.is_within(tree.func(call), work) && !flow::may_fail_behind(model, work, call)
    })
}

/// `work.then(resolve, reject).finally(() => connection.end())`: the promise is settled in a callback of a chain, and a
/// link further down releases.
fn is_released_down_the_chain(model: &Model<'_>, func: FuncId, releases: &[&Release]) -> bool {
    let tree = &model.file.tree;
    let link = |func: FuncId| tree.argument_of(model.file.function(func).node).map(|(call, _)| call);
    let Some(settles) = link(func) else { return false };
    releases.iter().filter_map(|release| link(release.func)).any(|ends| {
        let mut at = ends;
        while let Some((object, "then" | "catch" | "finally")) = tree.method_call(at) {
            if object == settles {
                return true;
            }
            at = object;
        }
        false
    })
}

/// `connection.on('error', reject)`: what fails or closes by itself needs no release.
fn is_told_of_end(model: &Model<'_>, func: FuncId, executor: FuncId, handle: &Handle) -> bool {
    let tree = &model.file.tree;
    model.file.enclosing(func).take_while(|&func| func != executor).any(|func| {
        let Some((call, 1)) = tree.argument_of(model.file.function(func).node) else { return false };
        let event = tree.arg(call, 0).and_then(|event| model.file.constant_name(event));
        let is_end =
            event.is_some_and(|event| matches!(tree.text(event), "error" | "close" | "end" | "exit"));
        let target = tree.method_call(call).map(|(object, _)| model.file.place(object));
        is_end && target.is_some_and(|target| handle.places.contains(&target))
    })
}

/// The place where the promise around a listener is settled and no removal of it is reached, although every removal
/// there is belongs to that promise. `own` takes the listener away by running.
pub(crate) fn kept_by_settlement(
    model: &Model<'_>,
    call: NodeId,
    own: Option<FuncId>,
    removing: &FxHashSet<FuncId>,
) -> Option<Gap> {
    let tree = &model.file.tree;
    let executor = model.file.enclosing(tree.func(call)).find(|&func| is_executor(model, func))?;
    let is_inner = |&func: &FuncId| func != executor && model.file.is_within(func, executor);
    if !removing.iter().all(is_inner) || is_released_at_last(model, executor, removing.iter().copied()) {
        return None;
    }
    let removing = Wanted::of(model, removing.iter().copied());
    if is_released_behind(model, executor, &removing) {
        return None;
    }
    let missed = settlers(model, executor)?.into_iter().find(|&settle| {
        let func = tree.func(settle);
        func != executor
            && !own.is_some_and(|own| model.file.is_within(func, own))
            && !covers(model, func, executor, &removing)
    })?;
    Some(Gap::new("when the promise is settled here", Some(tree.span(missed))))
}

/// Whether what waits for the promise of an executor releases in any case: `try { await new Promise(…); } finally { stop(); }`,
/// where the executor may be what gave `stop` its value.
fn is_released_behind(model: &Model<'_>, executor: FuncId, releasing: &Wanted) -> bool {
    let tree = &model.file.tree;
    let mut child = model.file.function(executor).node;
    let mut is_awaited = false;
    tree.within_function(child).any(|parent| {
        let inner = std::mem::replace(&mut child, parent);
        is_awaited |= tree.kind(parent) == Kind::Await;
        let finally = tree.child(parent, 2).filter(|_| tree.kind(parent) == Kind::Try);
        is_awaited
            && finally.is_some_and(|finally| {
                finally != inner && tree.subtree(finally).any(|call| runs_wanted(model, call, releasing))
            })
    })
}

/// Whether work that the executor starts releases at its end, however it ends: `new Promise((resolve, reject) => {
/// work().then(resolve, reject).finally(stop); })`, `request.once('close', stop)`. The promise may be settled before by
/// something else.
fn is_released_at_last(
    model: &Model<'_>,
    executor: FuncId,
    mut releasing: impl Iterator<Item = FuncId>,
) -> bool {
    let tree = &model.file.tree;
    let is_asked = |end: NodeId| {
        let mut around = tree.within_function(end);
        around.any(|node| matches!(tree.kind(node), Kind::If | Kind::Conditional | Kind::Logical))
    };
    let is_end = |handed: &Handed| match tree.method_call(handed.call) {
        Some((_, "finally")) => handed.arg == 0,
        Some((of, "on" | "once" | "addListener")) => {
            handed.arg == 1 && closes(model, executor, of, handed.call)
        }
        _ => false,
    };
    releasing.any(|func| {
        model
            .handed(func)
            .iter()
            .any(|handed| tree.func(handed.call) == executor && is_end(handed) && !is_asked(handed.call))
    })
}

/// Whether a call listens for the end of what the executor has made: `close` comes after success, failure and abort.
fn closes(model: &Model<'_>, executor: FuncId, target: NodeId, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let event = tree.arg(call, 0).and_then(|event| model.file.constant_name(event));
    let made = model.file.value_of(target).filter(|&made| tree.func(made) == executor);
    event.is_some_and(|event| tree.text(event) == "close") && made.is_some_and(|made| tree.is_call(made))
}

/// Whether the function in which a promise is settled is left right after, by a return, although it has a release
/// further on: `if (bad) return reject(e); subscription.dispose();`.
fn leaves_before(model: &Model<'_>, settle: NodeId, releases: &[&Release]) -> bool {
    let tree = &model.file.tree;
    let func = tree.func(settle);
    let own: Vec<NodeId> =
        releases.iter().filter(|release| release.func == func).map(|release| release.node).collect();
    let has_later = own.iter().any(|&release| release > settle);
    let is_returned = tree.parent(settle).is_some_and(|parent| tree.kind(parent) == Kind::Return)
        || tree.within_function(settle).any(|node| {
            tree.kind(node) == Kind::Block
                && tree.last_child(node).is_some_and(|last| {
                    tree.kind(last) == Kind::Return
                        && last > settle
                        && !own.iter().any(|&o| tree.contains(node, o))
                })
        });
    let is_released_before = own.iter().any(|&release| {
        release < settle
            && tree
                .ancestors(release)
                .find(|&node| tree.kind(node) == Kind::Block)
                .is_some_and(|block| tree.contains(block, settle))
    });
    has_later && is_returned && !is_released_before
}

/// Whether a function, or one between it and the executor, releases.
fn covers(model: &Model<'_>, func: FuncId, executor: FuncId, releasing: &Wanted) -> bool {
    model.file.enclosing(func).take_while(|&at| at != executor).any(|at| reaches(model, at, releasing, 3))
        || func == executor
}

/// The calls that settle the promise of an executor; none if what they call is wrapped or handed on.
fn settlers(model: &Model<'_>, executor: FuncId) -> Option<Vec<NodeId>> {
    let tree = &model.file.tree;
    let mut out = Vec::new();
    for param in model.file.params(executor) {
        let row = model.file.binding(tree.binding(param)?);
        if row.opaque_writes > 0 || !row.values.is_empty() {
            return None;
        }
        for reference in &row.references {
            let node = model.file.references[reference.index()].node;
            let parent = tree.parent(node)?;
            let is_call = tree.callee(parent) == Some(node);
            let is_handler = tree.kind(parent) == Kind::Call && !is_call;
            if is_call {
                out.push(parent);
            } else if !is_handler {
                return None;
            }
        }
    }
    Some(out)
}
