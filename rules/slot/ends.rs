//! Ends of a component or class, and the handles they forget.

use super::held::{Held, component_of_ref, effect_around, ends_component, is_effect_callback};
use super::reach::{Wanted, callers, reaches};
use crate::claim::Gap;
use crate::rule::FileView;
use crate::{ending, stoppable};
use outlive_semantic::access::{self, Usage};
use outlive_semantic::calls;
use outlive_semantic::catalog::Phase;
use outlive_semantic::handle::Release;
use outlive_semantic::index::{BindingId, ClassId, FuncId, NameId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tables::{ClassKind, FunctionKind};
use outlive_semantic::tree::{Kind, Tree};
use rustc_hash::FxHashSet;
use std::cell::OnceCell;

/// The owner has an end, and no release of the slot can be reached from it.
pub(crate) fn missed_by_end(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let (model, tree, slot) = (held.file.model, &held.file.model.file.tree, held.slot.as_ref()?);
    // A callback that releases what it was handed to ends it by itself.
    if held.releases.iter().any(|release| tree.contains(held.call, release.node)) {
        return None;
    }
    if let Root::This(class) = slot.root
        && held.releasing.funcs.iter().any(|&func| is_destructor(model, func, class))
    {
        return None;
    }
    let (ends, is_component, name) = ends_of(held, slot)?;
    if ends.iter().any(|&end| reaches(model, end, &held.releasing, 6) || is_last_word(held, end)) {
        return None;
    }
    let one_each = component_of_ref(model, slot).is_some();
    // What a ref holds may also be given back by a function that was handed out: what `subscribe` returns.
    if one_each && held.releasing.funcs.iter().any(|&func| is_handed_out(model, func)) {
        return None;
    }
    // What a framework ends has no other end. Other classes may have several; one that clears its siblings is meant to
    // clear them all.
    if !is_component && !ends.iter().any(|&end| releases_sibling(held, end, slot)) {
        return None;
    }
    if is_released_by_closing(held, &ends) {
        return None;
    }
    let is_released = match slot.root {
        Root::This(class) => is_released_by_ref(held, slot) || is_released_by_part(held, class, &ends),
        _ => is_released_by_ref(held, slot),
    };
    if is_released {
        return None;
    }
    Some(Gap { one_each, ..Gap::new(format!("when {name}"), None) })
}

/// `return () => { timer.current = setTimeout(() => dispose(), 2000); }`: what runs out by itself, and is armed by the end.
fn is_last_word(held: &Held<'_, '_, '_>, end: FuncId) -> bool {
    let file = held.file.model.file;
    held.patterns.only_if_sibling && file.is_within(file.tree.func(held.call), end)
}

/// `close() { this.child.kill(); }` with `this.child.on('exit', this.finish)`: the end asks a part of the instance to end, and
/// what that part calls when it has gives the handle back.
fn is_released_by_part(held: &Held<'_, '_, '_>, class: ClassId, ends: &[FuncId]) -> bool {
    let (model, file) = (held.file.model, held.file.model.file);
    let uses = || {
        held.file.accesses.under_root(Root::This(class)).filter_map(|access| match access.usage {
            Usage::Method { call, .. } if !access.place.path.is_empty() => Some((access, call)),
            _ => None,
        })
    };
    let is_asked = |part: &Place| {
        uses().any(|(access, _)| {
            access.place == *part && file.enclosing(access.func).any(|func| ends.contains(&func))
        })
    };
    uses().any(|(access, call)| {
        let mut told = file.tree.args(call).filter_map(|arg| model.function_of(arg));
        tells_of_end(&file.tree, call)
            && told.any(|func| reaches(model, func, &held.releasing, 4))
            && is_asked(&access.place)
    })
}

/// `return () => socket.current.close()` with `socket.current.onclose = () => clearInterval(ping)`: the end closes something, and
/// what that runs when it is closed gives the handle back.
fn is_released_by_closing(held: &Held<'_, '_, '_>, ends: &[FuncId]) -> bool {
    let (model, file) = (held.file.model, held.file.model.file);
    let around = held.releasing.funcs.iter().flat_map(|&func| file.enclosing(func));
    around.filter_map(|func| closed_before(model, func)).any(|closed| {
        let closing: Vec<FuncId> = held
            .file
            .accesses
            .of(&closed)
            .filter(|access| match access.usage {
                Usage::Method { name, .. } => CLOSING.contains(&file.tree.text(name)),
                _ => false,
            })
            .map(|access| access.func)
            .collect();
        let closing = Wanted::of(model, closing);
        ends.iter().any(|&end| reaches(model, end, &closing, 4))
    })
}

/// Methods after which what they close tells of its end.
const CLOSING: &[&str] = &["close", "end", "destroy", "abort", "terminate", "disconnect", "kill", "stop"];

/// What tells this function of its end: `socket.onclose = f`, `child.on('exit', f)`.
fn closed_before(model: &Model<'_>, func: FuncId) -> Option<Place> {
    let (file, tree) = (model.file, &model.file.tree);
    let node = file.function(func).node;
    if let Some((call, _)) = tree.argument_of(node) {
        let (object, _) = tree.method_call(call).filter(|_| tells_of_end(tree, call))?;
        return Some(file.place(object));
    }
    let assign = tree.parent(node).filter(|&parent| tree.kind(parent) == Kind::Assign)?;
    let target = tree.first(assign).filter(|&target| tree.kind(target) == Kind::Member)?;
    matches!(tree.name(target)?, "onclose" | "onend" | "onexit" | "onabort" | "ondisconnect")
        .then(|| tree.first(target).map(|object| file.place(object)))
        .flatten()
}

/// Whether what a call is handed waits for the end of what it is called on: `child.on('exit', f)`, `child.onExit(f)`.
fn tells_of_end(tree: &Tree, call: NodeId) -> bool {
    let method = tree.method_call(call).and_then(|(_, method)| method.strip_prefix("on"));
    let event = tree.arg(call, 0).and_then(|event| tree.string(event));
    event.or(method).is_some_and(|event| {
        matches!(event.to_ascii_lowercase().as_str(), "exit" | "close" | "end" | "disconnect")
    })
}

/// A method that sets the slot to nothing, and neither gives back what it holds nor is called by one that does: from then
/// on nobody can. `reset() { this.timer = null; }`
pub(crate) fn emptied(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let (file, model, slot) = (held.file, held.file.model, held.slot.as_ref()?);
    let tree = &model.file.tree;
    let Root::This(class) = slot.root else { return None };
    file.accesses.of(slot).find_map(|access| {
        let Usage::Assigned(assign) = access.usage else { return None };
        let is_nothing = tree.child(assign, 1).is_some_and(|value| model.is_nothing(value));
        let name = letting_go(held, slot, class, access.func).filter(|_| is_nothing)?;
        Some(Gap::new(format!("when `{name}` lets go of it"), Some(tree.span(assign))))
    })
}

/// The name of a method in which nobody does anything with what a slot holds, and that is nothing's start or end.
fn letting_go<'m>(held: &Held<'_, 'm, '_>, slot: &Place, class: ClassId, func: FuncId) -> Option<&'m str> {
    let (file, model) = (held.file, held.file.model);
    let name = model.file.function_name(func)?;
    let is_method = model.file.function(func).class == Some(class)
        && model.constructs(func).is_none()
        && model.handed(func).is_empty();
    // What is told of an end is told that there is nothing left to give back.
    let is_told = name.starts_with("on") || name.starts_with("handle") || ending::is_end_handler(name);
    if !is_method || is_told || calls::is_startup_name(name) || func == model.file.tree.func(held.call) {
        return None;
    }
    let is_used = file
        .accesses
        .of(slot)
        .any(|access| access.func == func && !matches!(access.usage, Usage::Assigned(_) | Usage::Tested(_)));
    let releases = |func: FuncId| reaches(model, func, &held.releasing, 4);
    let is_plain = |&caller: &FuncId| {
        let is_named = model.file.function_name(caller).is_some_and(|name| !name.is_empty());
        is_named && !model.file.is_within(caller, model.file.tree.func(held.call)) && !releases(caller)
    };
    (!is_used && !releases(func) && callers(file, func).iter().all(is_plain)).then_some(name)
}

/// Whether a function is, or stands in, one that is handed over with an instance: `registerDestructor(this, () => …)`. Who
/// takes it runs it when the instance ends.
fn is_destructor(model: &Model<'_>, func: FuncId, class: ClassId) -> bool {
    model.file.enclosing(func).any(|func| model.handed_behind_this(func) == Some(class))
}

/// An effect arms what a ref holds, and no cleanup of its component gives it back.
pub(crate) fn missed_by_effect(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let model = held.file.model;
    component_of_ref(model, held.slot.as_ref()?)?;
    let is_armed_by_effect = is_effect_callback(model, model.file.tree.func(held.call));
    is_armed_by_effect.then(|| missed_by_end(held))?
}

/// A component clears others of its timers when it ends, and forgets this one.
pub(crate) fn forgotten_sibling(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let slot = held.slot.as_ref()?;
    let Root::This(_) = slot.root else { return None };
    let (ends, is_component, _) = ends_of(held, slot)?;
    let clears = ends.iter().any(|&end| releases_sibling(held, end, slot));
    (is_component && clears).then(|| missed_by_end(held))?
}

/// An effect leads to what arms a timer that a ref holds, and its cleanup takes other things away and leaves this one.
pub(crate) fn missed_by_cleanup(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let model = held.file.model;
    let component = component_of_ref(model, held.slot.as_ref()?)?;
    let arming = Wanted::of(model, [model.file.tree.func(held.call)]);
    let has_forgotten = model.file.function_ids().any(|effect| {
        model.file.function(effect).parent == Some(component)
            && is_effect_callback(model, effect)
            && model.returned_values(effect).iter().any(|&value| model.function_of(value).is_some())
            && reaches(model, effect, &arming, 4)
    });
    has_forgotten.then(|| missed_by_end(held))?
}

/// A handler that an effect makes arms what a variable of the effect holds, and the cleanup of the effect takes other
/// things away and leaves this one.
pub(crate) fn missed_in_effect(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let model = held.file.model;
    let Root::Binding(binding) = held.slot.as_ref()?.root else { return None };
    let effect = model.file.binding(binding).func;
    if !is_effect_callback(model, effect) || only_resets(model, held.call) {
        return None;
    }
    let cleanups: Vec<FuncId> =
        model.returned_values(effect).iter().filter_map(|&value| model.function_of(value)).collect();
    let leaves = !cleanups.is_empty() && !cleanups.iter().any(|&end| reaches(model, end, &held.releasing, 6));
    leaves.then(|| Gap::new("when the effect is cleaned up", None))
}

/// A class component clears a timer elsewhere, and not when it unmounts: a hook of its life arms it, or what runs when it
/// unmounts gives other things back.
pub(crate) fn missed_by_unmount(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let model = held.file.model;
    let Root::This(class) = held.slot.as_ref()?.root else { return None };
    if only_resets(model, held.call) {
        return None;
    }
    let has_end = !component_ends(held.file, class).is_empty();
    let is_begun = calls::is_component_method(model, model.file.tree.func(held.call), Phase::Begin);
    if has_end {
        return missed_by_end(held);
    }
    (is_begun && calls::is_component(model, class))
        .then(|| Gap { one_each: true, ..Gap::new("when the component unmounts", None) })
}

/// How many calls deep a function that is told of elements is followed.
const REF_CALLS: u32 = 4;

/// `ref={(element) => this.follow(element)}`: a function that is handed each element is told of none when the component goes.
pub(super) fn is_released_by_ref(held: &Held<'_, '_, '_>, slot: &Place) -> bool {
    let (model, tree) = (held.file.model, &held.file.model.file.tree);
    let component = match slot.root {
        Root::This(class) => Some(model.file.class(class).node),
        _ => component_of_ref(model, slot).map(|component| model.file.function(component).node),
    };
    let within = component.into_iter().flat_map(|component| tree.subtree(component));
    let mut refs =
        within.filter(|&node| tree.kind(node) == Kind::JsxAttribute && tree.name(node) == Some("ref"));
    refs.any(|attribute| {
        let told = tree.subtree(attribute).find_map(|value| model.function_of(value));
        told.is_some_and(|func| reaches(model, func, &held.releasing, REF_CALLS))
    })
}

/// Whether what a call is handed only sets things: nobody minds if that is done too late.
fn only_resets(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let callback = tree.arg(call, 0).and_then(|callback| model.function_of(callback));
    let body = callback.and_then(|callback| model.file.body(callback));
    body.is_some_and(|body| !tree.subtree(body).any(|node| tree.is_call(node)))
}

/// What closes by itself is closed by a handler, `onClose`, which clears its siblings and not this one; the method by
/// which others close it does.
pub(crate) fn missed_by_handler(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let (model, slot) = (held.file.model, held.slot.as_ref()?);
    let Root::This(class) = slot.root else { return None };
    let members = &model.file.class(class).members;
    let missed = members.iter().find_map(|member| {
        let (name, func) = (model.file.tree.text(member.name?), member.func?);
        let misses = ending::is_end_handler(name)
            && !reaches(model, func, &held.releasing, 6)
            && releases_sibling(held, func, slot);
        misses.then_some(name)
    })?;
    let how = format!("when `{missed}` ends the instance");
    Some(Gap::new(how, None))
}

/// What is acquired while its owner ends is kept by one that is gone: it is stored when a promise settles, and nobody asks
/// whether the component is still there.
pub(crate) fn kept_after_end(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let model = held.file.model;
    let tree = &model.file.tree;
    let (waited, keeper) = keeper(model, held.call)?;
    let ends_with_component = |release: &&Release| {
        effect_around(model, keeper).is_some_and(|effect| {
            release.func != effect
                && model.file.is_within(release.func, effect)
                && !model.file.is_within(release.func, keeper)
        }) || match release.place.root {
            Root::This(class) => component_ends(held.file, class)
                .into_iter()
                .any(|end| reaches(model, end, &Wanted::of(model, [release.func]), 4)),
            _ => false,
        }
    };
    let asks = tree.subtree(model.file.body(keeper)?).any(|node| {
        matches!(tree.kind(node), Kind::If | Kind::Conditional | Kind::Logical)
            && tree.first(node).is_some_and(|test| stoppable::asks_state(model, test))
    });
    let is_kept = held.handle.places.iter().any(|place| match place.root {
        Root::This(_) => place.path.len() == 1,
        Root::Binding(binding) => place.path.is_empty() && model.file.binding(binding).func != keeper,
        _ => false,
    });
    (is_kept && !asks && held.releases.iter().any(ends_with_component))
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

/// The methods of a class that a framework calls when a component ends, and what these methods hand over for that end.
fn component_ends(file: &FileView<'_, '_>, class: ClassId) -> Vec<FuncId> {
    let model = file.model;
    let is_hook =
        |name: NameId| calls::is_component_hook(model, class, Phase::End, model.file.tree.text(name));
    let members = model.file.class(class).members.iter();
    let hooks = members.filter(|member| member.name.is_some_and(is_hook)).filter_map(|member| member.func);
    hooks.chain(told_of_end(file, class)).collect()
}

/// The functions that a component of a class hands over to be run when it ends:
/// `inject(DestroyRef).onDestroy(() => observer.disconnect())`.
fn told_of_end(file: &FileView<'_, '_>, class: ClassId) -> Vec<FuncId> {
    let model = file.model;
    let tree = &model.file.tree;
    let known = file.memos.of::<AtEnd>();
    let calls = known.0.get_or_init(|| calls_at_end(model));
    if calls.is_empty() || !calls::is_component(model, class) {
        return Vec::new();
    }
    let is_own = |call: NodeId| {
        model.file.enclosing(tree.func(call)).any(|func| model.file.function(func).class == Some(class))
    };
    let own = calls.iter().filter(|&&call| is_own(call));
    own.filter_map(|&call| model.function_of(tree.arg(call, 0)?)).collect()
}

/// The calls of a file that are handed what is to be run at an end.
#[derive(Default)]
struct AtEnd(OnceCell<Vec<NodeId>>);

fn calls_at_end(model: &Model<'_>) -> Vec<NodeId> {
    let tells = |call: NodeId| {
        let name = model.file.tree.callee(call).and_then(|callee| model.callee_name(callee));
        name.is_some_and(|name| model.catalog.runs_at_end(name))
    };
    model.all_calls().iter().copied().filter(|&call| tells(call)).collect()
}

/// The functions that end the owner of a slot, whether a framework calls them, and how to say so.
fn ends_of(held: &Held<'_, '_, '_>, slot: &Place) -> Option<(Vec<FuncId>, bool, String)> {
    let model = held.file.model;
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
            let named = |wanted: &dyn Fn(&str, FuncId) -> bool| -> Vec<(String, FuncId)> {
                members
                    .iter()
                    .filter_map(|member| {
                        let (name, func) = (model.file.tree.text(member.name?), member.func?);
                        wanted(name, func).then(|| (name.to_owned(), func))
                    })
                    .collect()
            };
            let told = told_of_end(held.file, class);
            let hooks = named(&|name, _| calls::is_component_hook(model, class, Phase::End, name));
            if let Some((name, _)) = hooks.first() {
                // A plain class that borrows the name of a hook is ended by whoever calls it.
                let row = model.file.class(class);
                let is_plain =
                    row.kind == ClassKind::Class && row.super_class.is_none() && row.decorators.is_empty();
                let how = if is_plain {
                    format!("`{name}` ends the instance")
                } else {
                    "the component unmounts".to_owned()
                };
                let ends = hooks.iter().map(|&(_, func)| func).chain(told);
                return Some((ends.collect(), !is_plain, how));
            }
            if !told.is_empty() {
                return Some((told, true, "the component unmounts".to_owned()));
            }
            let ends = named(&|name, func| ending::ends_instance(model, name, func));
            // A timer is mostly stopped by the component's own events.
            if ends.is_empty() && held.patterns.functions.is_empty() && calls::is_component(model, class) {
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
        let ends = name.is_some_and(|name| ends_component(model, name));
        if ends {
            out.extend(tree.args(node).filter_map(|arg| model.function_of(arg)));
        }
        // What is returned from these is the cleanup.
        if name.is_some_and(|name| calls::takes_effect(model, name)) {
            let returned = tree
                .args(node)
                .filter_map(|arg| model.function_of(arg))
                .flat_map(|func| model.returned_values(func));
            out.extend(returned.filter_map(|value| model.function_of(value)));
        }
    }
    out
}

/// Whether a function, or one around it, is returned by the function that makes it.
fn is_handed_out(model: &Model<'_>, func: FuncId) -> bool {
    model.file.enclosing(func).any(|func| {
        let node = model.file.function(func).node;
        matches!(access::usage(model.file, node), Usage::Returned(_))
    })
}

/// Whether an end gives back something else of the same kind.
fn releases_sibling(held: &Held<'_, '_, '_>, end: FuncId, slot: &Place) -> bool {
    let (file, patterns) = (held.file, held.patterns);
    file.accesses.under_root(slot.root).any(|access| {
        let is_sibling = access.place.path.len() == 1 && access.place != *slot;
        let tree = &file.model.file.tree;
        let releases = match access.usage {
            Usage::Argument { call, .. } => {
                let name = tree.callee(call).and_then(|callee| file.model.callee_name(callee));
                name.is_some_and(|name| patterns.is_function(name))
            }
            _ => false,
        };
        is_sibling && releases && reaches(file.model, end, &Wanted::of(file.model, [access.func]), 4)
    })
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

/// Whether a function is the callback of a watcher.
pub(super) fn is_watcher(model: &Model<'_>, func: FuncId) -> bool {
    watched(model, func).is_some()
}

/// What a function is told of as the callback of a watcher: the variable at its source, if it is one.
fn watched(model: &Model<'_>, func: FuncId) -> Option<Option<BindingId>> {
    let tree = &model.file.tree;
    let [handed] = model.handed(func) else { return None };
    let callee = tree.callee(handed.call).filter(|&callee| tree.kind(callee) != Kind::Member)?;
    let watches = |name: &str| model.catalog.calls_named(name).any(|row| row.watches);
    let is_watch = handed.arg == 1 && model.callee_name(callee).is_some_and(watches);
    let source = tree.arg(handed.call, 0).filter(|_| is_watch)?;
    let base = tree.subtree(source).find_map(|node| model.file.binding_of(node));
    Some(base)
}

/// Whether a call stands on one branch of a decision of its function, whose other branch it does not run into.
fn leaves_the_last(model: &Model<'_>, call: NodeId, func: FuncId) -> bool {
    let tree = &model.file.tree;
    tree.within_function(call).any(|node| {
        tree.func(node) == func
            && matches!(tree.kind(node), Kind::If | Kind::Conditional)
            && tree.child(node, 2).is_some()
    })
}
