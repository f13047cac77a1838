//! Handles kept in a single slot, a field or a variable of a factory: overwritten while still armed, or out of reach of
//! the code that ends their owner.

use crate::claim::Gap;
use crate::ending;
use crate::leaked_timer;
use crate::rule::FileView;
use outlive_semantic::access::{self, Usage};
use outlive_semantic::calls::{self, Target};
use outlive_semantic::guard;
use outlive_semantic::handle::{Handle, Release, ReleasePatterns};
use outlive_semantic::index::{BindingId, ClassId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::project::Owner;
use outlive_semantic::tables::{ClassKind, FunctionKind};
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashSet;

/// The one slot that outlives the function and holds the handle.
fn slot(model: &Model<'_>, call: NodeId, handle: &Handle) -> Option<Place> {
    let func = model.file.tree.func(call);
    let mut slots = handle.places.iter().filter(|place| match place.root {
        Root::Binding(binding) => {
            let owner = model.file.binding(binding).func;
            // What a callback further in is handed is no slot.
            place.path.is_empty() && owner != func && model.file.is_within(func, owner)
                || component_of_ref(model, place).is_some()
        }
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

/// What a slot lives as long as: an instance, the component of a ref, a run of the function around.
pub(crate) fn owner(model: &Model<'_>, call: NodeId, handle: &Handle) -> Option<Owner> {
    let slot = slot(model, call, handle)?;
    match slot.root {
        Root::This(class) => Some(Owner::Class(class)),
        Root::Binding(binding) => Some(Owner::Run(model.file.binding(binding).func)),
        _ => None,
    }
}

/// The component whose `useRef` a place is the `current` of.
fn component_of_ref(model: &Model<'_>, place: &Place) -> Option<FuncId> {
    let tree = &model.file.tree;
    let (Root::Binding(binding), [Step::Field(name)]) = (place.root, &place.path[..]) else { return None };
    let made = model.file.sole_value(binding).and_then(|value| tree.callee(value));
    let is_ref =
        tree.text(*name) == "current" && made.and_then(|made| model.callee_name(made)) == Some("useRef");
    let func = model.file.binding(binding).func;
    (is_ref && func.index() != 0).then_some(func)
}

/// The one that is held is given back only to make room for the next: the last one stays.
pub(crate) fn released_for_the_next(
    model: &Model<'_>,
    call: NodeId,
    handle: &Handle,
    releases: &[&Release],
) -> Option<Gap> {
    let tree = &model.file.tree;
    let slot = slot(model, call, handle)?;
    let func = tree.func(call);
    let is_before = |release: &&&Release| release.func == func && release.node < call;
    let is_kept = matches!(slot.root, Root::This(_)) || component_of_ref(model, &slot).is_some();
    (is_kept && releases.iter().all(|release| is_before(&release))).then(|| {
        let how = "when its owner ends: only the next one clears it";
        Gap { one_each: true, ..Gap::new(how, None) }
    })
}

/// It is armed when something that was waited for is done; a release that came meanwhile had nothing to clear.
pub(crate) fn armed_after_release(
    file: &FileView<'_, '_>,
    call: NodeId,
    handle: &Handle,
    releases: &[&Release],
    patterns: &ReleasePatterns,
) -> Option<Gap> {
    let model = file.model;
    let tree = &model.file.tree;
    let func = tree.func(call);
    let is_outside = |release: &&Release| !model.file.is_within(release.func, func);
    if handle.places.is_empty() || !releases.iter().all(is_outside) {
        return None;
    }
    let waited = waited(model, call)?;
    let cleaned = effect_around(model, func).is_some_and(|effect| {
        releases.iter().any(|release| release.func != effect && model.file.is_within(release.func, effect))
    });
    if !patterns.rearms && (!cleaned || leaked_timer::is_stoppable(file, call, func)) {
        return None;
    }
    Some(Gap::new("by a release that comes while this is waited for", Some(tree.span(waited))))
}

/// What a call waited for: an `await` before it in its function, or the promise whose callback it stands in.
fn waited(model: &Model<'_>, call: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let func = tree.func(call);
    let is_wait = |node: &NodeId| tree.kind(*node) == Kind::Await && tree.func(*node) == func;
    let awaited = tree.subtree(model.file.body(func)?).take_while(|&node| node < call).find(is_wait);
    awaited.or_else(|| {
        let handed = model.handed(func).iter().map(|handed| handed.call);
        handed.into_iter().find(|&to| matches!(tree.method_call(to), Some((_, "then" | "finally"))))
    })
}

/// The effect in which a function stands, but which it is not.
fn effect_around(model: &Model<'_>, func: FuncId) -> Option<FuncId> {
    model.file.enclosing(func).skip(1).find(|&around| is_effect_callback(model, around))
}

/// Whether a function is handed to `useEffect` or its like.
pub(crate) fn is_effect_callback(model: &Model<'_>, func: FuncId) -> bool {
    model.handed(func).iter().any(|handed| {
        let callee = model.file.tree.callee(handed.call).and_then(|callee| model.callee_name(callee));
        handed.arg == 0 && callee.is_some_and(is_effect)
    })
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
    let gap = || Gap { repeats: true, ..Gap::new("before the next one takes its place", None) };
    if is_looped(model, func, &releasing, 3) {
        return Some(gap());
    }
    if let Some(call) = updated_by(model, func, &releasing, 4) {
        return Some(Gap { at: Some(model.file.tree.span(call)), ..gap() });
    }
    let callers = callers(file, func);
    let again = callers.iter().any(|&caller| {
        model.constructs(caller).is_none()
            && !reaches(model, caller, &releasing, 4)
            && !is_start(model, caller)
    });
    (again && callers.len() >= 2).then(gap)
}

/// Methods that frameworks call whenever something of a component has changed.
const UPDATES: &[&str] = &[
    "componentDidUpdate",
    "componentWillUpdate",
    "componentWillReceiveProps",
    "UNSAFE_componentWillReceiveProps",
    "ngOnChanges",
    "ngDoCheck",
    "attributeChangedCallback",
    "updated",
    "willUpdate",
];

/// The call by which an update of the component runs a function, if nothing on the way releases.
fn updated_by(model: &Model<'_>, func: FuncId, releasing: &FxHashSet<FuncId>, fuel: u32) -> Option<NodeId> {
    let fuel = fuel.checked_sub(1)?;
    let tree = &model.file.tree;
    model.calls_of(func).iter().find_map(|&call| {
        let caller = tree.func(call);
        if model.file.is_within(caller, func) || reaches(model, caller, releasing, 4) {
            return None;
        }
        let name = model.file.function_name(caller).unwrap_or_default();
        let is_update = UPDATES.contains(&name) && model.file.function(caller).class.is_some();
        if is_update { Some(call) } else { updated_by(model, caller, releasing, fuel) }
    })
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
        "componentdidmount",
        "componentwillmount",
        "beforemount",
        "created",
        "connectedcallback",
        "firstupdated",
        "ngoninit",
        "ngafterviewinit",
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
        // What is taken away is not run: `removeEventListener('scroll', onScroll)`.
        let name = tree.callee(node).and_then(|callee| model.callee_name(callee)).unwrap_or_default();
        let takes_away = name == "off" || name.starts_with("remove") || name.starts_with("un");
        direct
            || !takes_away
                && tree.args(node).any(|arg| {
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
    // What a ref holds may also be given back by a function that was handed out: what `subscribe` returns.
    if component_of_ref(model, &slot).is_some() && releasing.iter().any(|&func| is_handed_out(model, func)) {
        return None;
    }
    // What a framework ends has no other end. Other classes may have several; one that clears its siblings is meant to
    // clear them all.
    if !is_component && !ends.iter().any(|&end| releases_sibling(file, end, &slot, patterns)) {
        return None;
    }
    let one_each = component_of_ref(model, &slot).is_some();
    Some(Gap { how: format!("when {name}"), at: None, is_weak: false, repeats: false, one_each })
}

/// An effect arms what a ref holds, and no cleanup of its component gives it back.
pub(crate) fn missed_by_effect(
    file: &FileView<'_, '_>,
    call: NodeId,
    handle: &Handle,
    releases: &[&Release],
    patterns: &ReleasePatterns,
) -> Option<Gap> {
    component_of_ref(file.model, &slot(file.model, call, handle)?)?;
    let is_armed_by_effect = is_effect_callback(file.model, file.model.file.tree.func(call));
    is_armed_by_effect.then(|| missed_by_end(file, call, handle, releases, patterns))?
}

/// A component clears others of its timers when it ends, and forgets this one.
pub(crate) fn forgotten_sibling(
    file: &FileView<'_, '_>,
    call: NodeId,
    handle: &Handle,
    releases: &[&Release],
    patterns: &ReleasePatterns,
) -> Option<Gap> {
    let slot = slot(file.model, call, handle)?;
    let Root::This(_) = slot.root else { return None };
    let (ends, is_component, _) = ends_of(file, &slot, patterns)?;
    let clears = ends.iter().any(|&end| releases_sibling(file, end, &slot, patterns));
    (is_component && clears).then(|| missed_by_end(file, call, handle, releases, patterns))?
}

/// An effect leads to what arms a timer that a ref holds, and its cleanup takes other things away and leaves this one.
pub(crate) fn missed_by_cleanup(
    file: &FileView<'_, '_>,
    call: NodeId,
    handle: &Handle,
    releases: &[&Release],
    patterns: &ReleasePatterns,
) -> Option<Gap> {
    let model = file.model;
    let tree = &model.file.tree;
    let slot = slot(model, call, handle)?;
    let component = component_of_ref(model, &slot)?;
    let arming = FxHashSet::from_iter([tree.func(call)]);
    let has_forgotten = model.file.function_ids().any(|effect| {
        model.file.function(effect).parent == Some(component)
            && is_effect_callback(model, effect)
            && model.returned_values(effect).iter().any(|&value| model.function_of(value).is_some())
            && reaches(model, effect, &arming, 4)
    });
    has_forgotten.then(|| missed_by_end(file, call, handle, releases, patterns))?
}

/// What closes by itself is closed by a handler, `onClose`, which clears its siblings and not this one; the method by
/// which others close it does.
pub(crate) fn missed_by_handler(
    file: &FileView<'_, '_>,
    call: NodeId,
    handle: &Handle,
    releases: &[&Release],
    patterns: &ReleasePatterns,
) -> Option<Gap> {
    let model = file.model;
    let slot = slot(model, call, handle)?;
    let Root::This(class) = slot.root else { return None };
    let releasing: FxHashSet<FuncId> = releases.iter().map(|release| release.func).collect();
    let members = &model.file.class(class).members;
    let missed = members.iter().find_map(|member| {
        let (name, func) = (model.file.tree.text(member.name?), member.func?);
        let misses = ending::is_end_handler(name)
            && !reaches(model, func, &releasing, 6)
            && releases_sibling(file, func, &slot, patterns);
        misses.then_some(name)
    })?;
    let how = format!("when `{missed}` ends the instance");
    Some(Gap::new(how, None))
}

/// What is acquired while its owner ends is kept by one that is gone: it is stored when a promise settles, and nobody asks
/// whether the component is still there.
pub(crate) fn kept_after_end(
    file: &FileView<'_, '_>,
    call: NodeId,
    handle: &Handle,
    releases: &[&Release],
) -> Option<Gap> {
    let model = file.model;
    let tree = &model.file.tree;
    let (waited, keeper) = keeper(model, call)?;
    let ends_with_component = |release: &&Release| {
        effect_around(model, keeper).is_some_and(|effect| {
            release.func != effect
                && model.file.is_within(release.func, effect)
                && !model.file.is_within(release.func, keeper)
        }) || match release.place.root {
            Root::This(class) => component_ends(model, class)
                .any(|end| reaches(model, end, &FxHashSet::from_iter([release.func]), 4)),
            _ => false,
        }
    };
    let asks = tree.subtree(model.file.body(keeper)?).any(|node| {
        matches!(tree.kind(node), Kind::If | Kind::Conditional | Kind::Logical)
            && tree.first(node).is_some_and(|test| leaked_timer::asks_state(model, test))
    });
    let is_kept = handle.places.iter().any(|place| match place.root {
        Root::This(_) => place.path.len() == 1,
        Root::Binding(binding) => place.path.is_empty() && model.file.binding(binding).func != keeper,
        _ => false,
    });
    (is_kept && !asks && releases.iter().any(ends_with_component))
        .then(|| Gap::new("when the component ends while this is waited for", Some(tree.span(waited))))
}

/// Whether a call is waited for, so that [`kept_after_end`] has anything to say about it.
pub(crate) fn is_waited_for(model: &Model<'_>, call: NodeId) -> bool {
    keeper(model, call).is_some()
}

/// What a call is waited for with, and the function that goes on with what it gives.
fn keeper(model: &Model<'_>, call: NodeId) -> Option<(NodeId, FuncId)> {
    let tree = &model.file.tree;
    let parent = tree.parent(call)?;
    if tree.kind(parent) == Kind::Await {
        return Some((parent, tree.func(call)));
    }
    let then = tree
        .parent(parent)
        .filter(|&then| matches!(tree.method_call(then), Some((object, "then")) if object == call))?;
    Some((then, model.function_of(tree.arg(then, 0)?)?))
}

/// The methods of a class that a framework calls when a component ends.
fn component_ends<'m>(model: &'m Model<'_>, class: ClassId) -> impl Iterator<Item = FuncId> + 'm {
    let members = model.file.class(class).members.iter();
    members
        .filter(move |member| {
            member.name.is_some_and(|name| calls::is_component_end(model, class, model.file.tree.text(name)))
        })
        .filter_map(|member| member.func)
}

/// The functions that end the owner of a slot, whether a framework calls them, and how to say so.
fn ends_of(
    file: &FileView<'_, '_>,
    slot: &Place,
    patterns: &ReleasePatterns,
) -> Option<(Vec<FuncId>, bool, String)> {
    let model = file.model;
    if let Some(component) = component_of_ref(model, slot) {
        let ends = unmount_callbacks(model, component);
        return Some((ends, true, "the component unmounts".to_owned()));
    }
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
            let hooks = named(&|name| calls::is_component_end(model, class, name));
            if let Some((name, _)) = hooks.first() {
                // A plain class that borrows the name of a hook is ended by whoever calls it.
                let row = model.file.class(class);
                let is_plain =
                    row.kind == ClassKind::Class && row.super_class.is_none() && name != "ngOnDestroy";
                let how = if is_plain {
                    format!("`{name}` ends the instance")
                } else {
                    "the component unmounts".to_owned()
                };
                return Some((hooks.iter().map(|&(_, func)| func).collect(), !is_plain, how));
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
        let ends = name.is_some_and(is_end_hook);
        if ends {
            out.extend(tree.args(node).filter_map(|arg| model.function_of(arg)));
        }
        // What is returned from these is the cleanup.
        if name.is_some_and(is_effect) {
            let returned = tree
                .args(node)
                .filter_map(|arg| model.function_of(arg))
                .flat_map(|func| model.returned_values(func));
            out.extend(returned.filter_map(|value| model.function_of(value)));
        }
    }
    out
}

/// Whether what a hook of this name is handed runs when the component ends.
fn is_end_hook(name: &str) -> bool {
    let ends = [
        "onScopeDispose",
        "onDestroy",
        "onCleanup",
        "onDeactivated",
        "tryOnScopeDispose",
        "onBeforeDestroy",
        "onInvalidate",
    ];
    ends.contains(&name) || name.contains("Unmount")
}

/// Whether what the function handed to a hook of this name returns is its cleanup.
fn is_effect(name: &str) -> bool {
    matches!(name, "onMount" | "$effect") || name.starts_with("use") && name.ends_with("Effect")
}

/// Whether a function, or one around it, is returned by the function that makes it.
fn is_handed_out(model: &Model<'_>, func: FuncId) -> bool {
    model.file.enclosing(func).any(|func| {
        let node = model.file.function(func).node;
        matches!(access::usage(model.file, node), Usage::Returned(_))
    })
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
        is_sibling && releases && reaches(file.model, end, &FxHashSet::from_iter([access.func]), 4)
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
        let is_before = func == tree.func(call) && settle < call
            || is_on_other_branch(model, call, settle)
            || is_released_down_the_chain(model, func, releases);
        let is_missed = !covers(model, func, executor, &releasing)
            || stays && func != executor && leaves_before(model, settle, releases);
        !is_own && !is_before && is_missed && !is_told_of_end(model, func, executor, handle)
    })?;
    Some(Gap::new("when the promise is settled here", Some(tree.span(missed))))
}

/// What is released when a promise is fulfilled, and not when it is rejected: `work().then(() => stop())`. What its own
/// callback releases may never come to that.
pub(crate) fn missed_by_rejection(model: &Model<'_>, call: NodeId, releases: &[&Release]) -> Option<Gap> {
    let tree = &model.file.tree;
    let others: Vec<&&Release> =
        releases.iter().filter(|release| !tree.contains(call, release.node)).collect();
    let releasing: FxHashSet<FuncId> = releases.iter().map(|release| release.func).collect();
    let chains: Option<Vec<NodeId>> =
        others.iter().map(|release| fulfilled(model, release.func, &releasing)).collect();
    // A promise of the thing itself holds nothing when it is rejected: `lock.acquire().then((release) => …)`.
    let chains = chains.filter(|chains| !chains.iter().any(|&then| tree.contains(then, call)));
    let at = *chains?.first()?;
    Some(Gap::new("when the promise is rejected", Some(tree.span(at))))
}

/// The `then` that runs a function when its promise is fulfilled, if nothing on its chain releases when it is rejected.
fn fulfilled(model: &Model<'_>, func: FuncId, releasing: &FxHashSet<FuncId>) -> Option<NodeId> {
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

/// A watcher, or an effect without a cleanup, adds and removes by the state it is told of: `watch(open, (is) => is ? add() :
/// remove())`. When the component ends while the state holds, nobody removes.
pub(crate) fn left_by_watcher(model: &Model<'_>, call: NodeId, removing: &FxHashSet<FuncId>) -> Option<Gap> {
    let tree = &model.file.tree;
    let func = tree.func(call);
    let watched = watched(model, func)?;
    if removing.is_empty() || removing.iter().any(|&removes| removes != func) {
        return None;
    }
    let setup = model.file.enclosing(func).skip(1).find(|around| around.index() != 0)?;
    let ends = unmount_callbacks(model, setup);
    // Who sets the state when the component ends has the watcher remove.
    let is_reset = |&end: &FuncId| {
        let body = model.file.body(end);
        body.is_some_and(|body| tree.subtree(body).any(|node| model.file.binding_of(node) == watched))
    };
    if watched.is_none() || ends.iter().any(is_reset) || !leaves_the_last(model, call, func) {
        return None;
    }
    Some(Gap::new("when the component unmounts", None))
}

/// What a function is told of as the callback of a watcher: the variable at its source, if it is one.
fn watched(model: &Model<'_>, func: FuncId) -> Option<Option<BindingId>> {
    let tree = &model.file.tree;
    let [handed] = model.handed(func) else { return None };
    let callee = tree.callee(handed.call)?;
    let is_watch =
        handed.arg == 1 && model.callee_name(callee) == Some("watch") && tree.kind(callee) != Kind::Member;
    let source = tree.arg(handed.call, 0).filter(|_| is_watch)?;
    let base = tree.subtree(source).find_map(|node| model.file.binding_of(node));
    Some(base)
}

/// Whether a call stands on one branch of a decision of its function, whose other branch it does not run into.
fn leaves_the_last(model: &Model<'_>, call: NodeId, func: FuncId) -> bool {
    let tree = &model.file.tree;
    tree.ancestors(call).take_while(|&node| tree.kind(node) != Kind::Function).any(|node| {
        tree.func(node) == func
            && matches!(tree.kind(node), Kind::If | Kind::Conditional)
            && tree.child(node, 2).is_some()
    })
}

/// Whether two nodes stand on different branches of one `if`: where one is reached, the other is not.
fn is_on_other_branch(model: &Model<'_>, call: NodeId, settle: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.ancestors(call).filter(|&at| tree.kind(at) == Kind::If).any(|around| {
        let branch = |node: NodeId| tree.children(around).skip(1).position(|part| tree.contains(part, node));
        matches!((branch(call), branch(settle)), (Some(a), Some(b)) if a != b)
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
    if !removing.iter().all(is_inner) {
        return None;
    }
    let missed = settlers(model, executor)?.into_iter().find(|&settle| {
        let func = tree.func(settle);
        func != executor
            && !own.is_some_and(|own| model.file.is_within(func, own))
            && !covers(model, func, executor, removing)
    })?;
    Some(Gap::new("when the promise is settled here", Some(tree.span(missed))))
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

/// Whether a function is handed to `new Promise`, that of the language or of a library which takes its name.
pub(crate) fn is_executor(model: &Model<'_>, func: FuncId) -> bool {
    model.handed(func).iter().any(|handed| {
        let callee = model.file.tree.callee(handed.call);
        let is_made = model.file.tree.kind(handed.call) == Kind::New;
        handed.arg == 0 && is_made && callee.and_then(|callee| model.callee_name(callee)) == Some("Promise")
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
