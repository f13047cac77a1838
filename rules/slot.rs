//! Handles kept in a single slot, a field or a variable of a factory: overwritten while still armed, or out of reach of
//! the code that ends their owner.

use crate::claim::Gap;
use crate::ending;
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::calls::{self, Target};
use outlive_semantic::guard;
use outlive_semantic::handle::{Handle, Release, ReleasePatterns};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tables::FunctionKind;
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashSet;

/// The one slot that outlives the function and holds the handle.
fn slot(model: &Model<'_>, call: NodeId, handle: &Handle) -> Option<Place> {
    let func = model.file.tree.func(call);
    let mut slots = handle.places.iter().filter(|place| match place.root {
        Root::Binding(binding) => place.path.is_empty() && model.file.binding(binding).func != func,
        Root::This(_) => place.path.len() == 1,
        _ => false,
    });
    let slot = slots.next()?;
    let is_single = slots.next().is_none() && !slot.path.contains(&Step::Element);
    (is_single
        && handle
            .escapes
            .iter()
            .all(|escape| matches!(escape, outlive_semantic::handle::Escape::Argument { .. })))
    .then(|| slot.clone())
}

/// The slot is written again while it may still be armed: nothing before asks for it or clears it, and the function runs
/// again for the same owner.
pub(crate) fn overwritten(
    file: &FileView<'_, '_>,
    call: NodeId,
    handle: &Handle,
    releases: &[&Release],
) -> Option<Gap> {
    let model = file.model;
    let slot = slot(model, call, handle)?;
    let func = model.file.tree.func(call);
    if is_tested(file, &slot, func) || is_guarded(model, call) || model.constructs(func).is_some() {
        return None;
    }
    if releases.iter().any(|release| release.func == func || model.file.is_within(release.func, func)) {
        return None;
    }
    let releasing: FxHashSet<FuncId> = releases.iter().map(|release| release.func).collect();
    if reaches(model, func, &releasing, 4) {
        return None;
    }
    let gap = || Gap {
        how: "before the next one takes its place".to_owned(),
        at: None,
        is_weak: false,
        repeats: true,
    };
    if is_looped(model, func, &releasing, 3) {
        return Some(gap());
    }
    let callers = callers(file, func);
    let again = callers.iter().any(|&caller| {
        model.constructs(caller).is_none()
            && !reaches(model, caller, &releasing, 4)
            && !is_start(model, caller)
    });
    (again && callers.len() >= 2).then(gap)
}

/// Whether a method of the same instance calls a function in a loop in which nothing releases, directly or through
/// methods that do nothing about it either.
fn is_looped(model: &Model<'_>, func: FuncId, releasing: &FxHashSet<FuncId>, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let tree = &model.file.tree;
    model.calls_of(func).iter().any(|&call| {
        let is_own = tree.method_call(call).is_none_or(|(object, _)| {
            tree.kind(object) == Kind::This || tree.kind(object) == Kind::Identifier
        });
        let caller = tree.func(call);
        if !is_own || model.file.is_within(caller, func) {
            return false;
        }
        let is_in_loop = guard::enclosing_loop(model, call)
            .is_some_and(|turn| !releasing.iter().any(|&release| calls_within(model, turn, release)));
        is_in_loop || !releasing.contains(&caller) && is_looped(model, caller, releasing, fuel)
    })
}

/// Whether a function is called, or stands, inside a node.
fn calls_within(model: &Model<'_>, node: NodeId, func: FuncId) -> bool {
    let tree = &model.file.tree;
    tree.contains(node, model.file.function(func).node)
        || model.calls_of(func).iter().any(|&call| tree.contains(node, call))
}

/// Whether the function looks at the slot in a condition.
fn is_tested(file: &FileView<'_, '_>, slot: &Place, func: FuncId) -> bool {
    file.accesses.of(slot).any(|access| {
        file.model.file.is_within(access.func, func)
            && matches!(access.usage, Usage::Tested(_) | Usage::Operand(_))
    })
}

fn is_guarded(model: &Model<'_>, call: NodeId) -> bool {
    guard::once_guard(model, call).is_some()
}

/// Functions that start-up code runs once, by their names.
fn is_start(model: &Model<'_>, func: FuncId) -> bool {
    let name = model.file.function_name(func).unwrap_or_default().to_ascii_lowercase();
    [
        "start",
        "init",
        "open",
        "connect",
        "listen",
        "setup",
        "mount",
        "constructor",
        "run",
        "attach",
        "begin",
        "oninit",
        "activate",
    ]
    .iter()
    .any(|prefix| name.trim_start_matches('_').starts_with(prefix))
}

/// The functions of the file that call a function.
fn callers(file: &FileView<'_, '_>, func: FuncId) -> Vec<FuncId> {
    let model = file.model;
    let mut out: Vec<FuncId> = model.calls_of(func).iter().map(|&call| model.file.tree.func(call)).collect();
    out.extend(model.handed(func).iter().map(|handed| model.file.tree.func(handed.call)));
    out.retain(|&caller| !model.file.is_within(caller, func));
    out.sort_unstable();
    out.dedup();
    out
}

/// Whether a function, or one it calls in this file, is among the wanted ones.
pub(crate) fn reaches(model: &Model<'_>, from: FuncId, wanted: &FxHashSet<FuncId>, fuel: u32) -> bool {
    let mut seen = FxHashSet::default();
    reaches_within(model, from, wanted, fuel, &mut seen)
}

fn reaches_within(
    model: &Model<'_>,
    from: FuncId,
    wanted: &FxHashSet<FuncId>,
    fuel: u32,
    seen: &mut FxHashSet<FuncId>,
) -> bool {
    if wanted.contains(&from) || wanted.iter().any(|&func| model.file.is_within(func, from)) {
        return true;
    }
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    if !seen.insert(from) {
        return false;
    }
    let tree = &model.file.tree;
    let Some(body) = model.file.body(from) else { return false };
    tree.subtree(body).any(|node| {
        if !tree.is_call(node) {
            return false;
        }
        let callee = tree.callee(node).and_then(|callee| calls::callee_target(model, node, callee));
        let direct =
            matches!(callee, Some(Target::Function(next)) if reaches_within(model, next, wanted, fuel, seen));
        direct
            || tree.args(node).any(|arg| {
                model
                    .function_of(arg)
                    .is_some_and(|next| next != from && reaches_within(model, next, wanted, fuel, seen))
            })
    })
}

/// The owner has an end, and no release of the slot can be reached from it.
pub(crate) fn missed_by_end(
    file: &FileView<'_, '_>,
    call: NodeId,
    handle: &Handle,
    releases: &[&Release],
    patterns: &ReleasePatterns,
) -> Option<Gap> {
    let model = file.model;
    let slot = slot(model, call, handle)?;
    let releasing: FxHashSet<FuncId> = releases.iter().map(|release| release.func).collect();
    // A callback that releases what it was handed to ends it by itself.
    if releases.iter().any(|release| model.file.tree.contains(call, release.node)) {
        return None;
    }
    let (ends, is_component, name) = ends_of(file, &slot, patterns)?;
    if ends.iter().any(|&end| reaches(model, end, &releasing, 6)) {
        return None;
    }
    // What a framework ends has no other end. Other classes may have several; one that clears its siblings is meant to
    // clear them all.
    if !is_component && !ends.iter().any(|&end| releases_sibling(file, end, &slot, patterns)) {
        return None;
    }
    Some(Gap { how: format!("when {name}"), at: None, is_weak: false, repeats: false })
}

/// The functions that end the owner of a slot, whether a framework calls them, and how to say so.
fn ends_of(
    file: &FileView<'_, '_>,
    slot: &Place,
    patterns: &ReleasePatterns,
) -> Option<(Vec<FuncId>, bool, String)> {
    let model = file.model;
    match slot.root {
        Root::Binding(binding) => {
            let owner = model.file.binding(binding).func;
            if model.file.function(owner).kind != FunctionKind::Setup {
                return None;
            }
            let ends = unmount_callbacks(model, owner);
            Some((ends, true, "the component unmounts".to_owned()))
        }
        Root::This(class) => {
            let members = &model.file.class(class).members;
            let named = |wanted: &dyn Fn(&str) -> bool| -> Vec<(String, FuncId)> {
                members
                    .iter()
                    .filter_map(|member| {
                        let name = model.file.tree.text(member.name?);
                        wanted(name).then(|| member.func.map(|func| (name.to_owned(), func))).flatten()
                    })
                    .collect()
            };
            let hooks = named(&ending::is_component_end);
            if !hooks.is_empty() {
                return Some((
                    hooks.into_iter().map(|(_, func)| func).collect(),
                    true,
                    "the component unmounts".to_owned(),
                ));
            }
            let ends = named(&ending::is_end);
            // A timer is mostly stopped by the component's own events.
            if ends.is_empty() && patterns.functions.is_empty() && calls::is_component(model, class) {
                return Some((Vec::new(), true, "the component unmounts".to_owned()));
            }
            let (name, _) = ends.first()?.clone();
            Some((
                ends.into_iter().map(|(_, func)| func).collect(),
                false,
                format!("`{name}` ends the instance"),
            ))
        }
        _ => None,
    }
}

/// The functions handed to `onUnmounted` and its like in a component's setup, or returned by `onMounted`.
fn unmount_callbacks(model: &Model<'_>, setup: FuncId) -> Vec<FuncId> {
    let tree = &model.file.tree;
    let mut out = Vec::new();
    for node in tree
        .ids()
        .filter(|&node| tree.kind(node) == Kind::Call && model.file.is_within(tree.func(node), setup))
    {
        let name = tree.callee(node).and_then(|callee| model.callee_name(callee));
        let ends = matches!(
            name,
            Some(
                "onUnmounted"
                    | "onBeforeUnmount"
                    | "onScopeDispose"
                    | "onDestroy"
                    | "onCleanup"
                    | "onDeactivated"
                    | "tryOnScopeDispose"
                    | "tryOnUnmounted"
                    | "tryOnBeforeUnmount"
                    | "onBeforeDestroy"
                    | "onInvalidate"
            )
        );
        if ends {
            out.extend(tree.args(node).filter_map(|arg| model.function_of(arg)));
        }
        // What is returned from these is the cleanup.
        if matches!(name, Some("onMount" | "$effect" | "useEffect" | "useLayoutEffect")) {
            let returned = tree
                .args(node)
                .filter_map(|arg| model.function_of(arg))
                .flat_map(|func| model.returned_values(func));
            out.extend(returned.filter_map(|value| model.function_of(value)));
        }
    }
    out
}

/// Whether an end gives back something else of the same kind.
fn releases_sibling(file: &FileView<'_, '_>, end: FuncId, slot: &Place, patterns: &ReleasePatterns) -> bool {
    file.accesses.under_root(slot.root).any(|access| {
        let is_sibling = access.place.path.len() == 1 && access.place != *slot;
        let releases = match access.usage {
            Usage::Argument { call, .. } => {
                let name =
                    file.model.file.tree.callee(call).and_then(|callee| file.model.callee_name(callee));
                patterns.functions.iter().any(|function| function.rsplit('.').next() == name)
            }
            _ => false,
        };
        is_sibling && releases && file.model.file.is_within(access.func, end)
    })
}

/// A timer of a promise that is cleared where the promise settles one way and forgotten where it settles another.
pub(crate) fn missed_by_settlement(
    file: &FileView<'_, '_>,
    call: NodeId,
    handle: &Handle,
    releases: &[&Release],
    stays: bool,
) -> Option<Gap> {
    let model = file.model;
    let tree = &model.file.tree;
    if !handle
        .escapes
        .iter()
        .all(|escape| matches!(escape, outlive_semantic::handle::Escape::Argument { .. }))
    {
        return None;
    }
    let executor = model.file.enclosing(tree.func(call)).find(|&func| is_executor(model, func))?;
    let settlers = settlers(model, executor)?;
    let releasing: FxHashSet<FuncId> = releases.iter().map(|release| release.func).collect();
    if releasing.contains(&executor) || releasing.iter().any(|&func| !model.file.is_within(func, executor)) {
        return None;
    }
    // What was armed ends when its own callback runs; a listener stays.
    let own = tree.arg(call, 0).and_then(|arg| model.function_of(arg)).filter(|_| !stays);
    let missed = settlers.into_iter().find(|&settle| {
        let func = tree.func(settle);
        let is_own = own.is_some_and(|own| model.file.is_within(func, own));
        let is_before = func == executor && settle < call;
        let is_missed = !covers(model, func, executor, &releasing)
            || stays && func != executor && leaves_before(model, settle, releases);
        !is_own && !is_before && is_missed
    })?;
    let how = "when the promise is settled here".to_owned();
    Some(Gap { how, at: Some(tree.span(missed)), is_weak: false, repeats: false })
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
    if !removing.iter().all(is_inner) {
        return None;
    }
    let missed = settlers(model, executor)?.into_iter().find(|&settle| {
        let func = tree.func(settle);
        func != executor
            && !own.is_some_and(|own| model.file.is_within(func, own))
            && !covers(model, func, executor, removing)
    })?;
    let how = "when the promise is settled here".to_owned();
    Some(Gap { how, at: Some(tree.span(missed)), is_weak: false, repeats: false })
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
        || tree.ancestors(settle).take_while(|&node| tree.kind(node) != Kind::Function).any(|node| {
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
fn covers(model: &Model<'_>, func: FuncId, executor: FuncId, releasing: &FxHashSet<FuncId>) -> bool {
    model.file.enclosing(func).take_while(|&at| at != executor).any(|at| reaches(model, at, releasing, 3))
        || func == executor
}

/// Whether a function is handed to `new Promise`.
pub(crate) fn is_executor(model: &Model<'_>, func: FuncId) -> bool {
    model.handed(func).iter().any(|handed| {
        let callee = model.file.tree.callee(handed.call);
        handed.arg == 0 && callee.is_some_and(|callee| model.file.global_of(callee) == Some("Promise"))
    })
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
