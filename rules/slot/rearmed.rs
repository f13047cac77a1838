//! A handle stored over one that is still armed: who arms the slot again, and whether it was released before.

use super::again::{asks_for, filled_again, filled_twice, hears_again, taken_by_another};
use super::ends::is_released_by_ref;
use super::held::{Held, component_of_ref, effect_around};
use super::reach::{Wanted, callers, reaches};
use crate::claim::Gap;
use crate::rule::FileView;
use crate::stoppable;
use outlive_semantic::access::Usage;
use outlive_semantic::calls;
use outlive_semantic::catalog::Phase;
use outlive_semantic::given::given_before;
use outlive_semantic::guard;
use outlive_semantic::handle::{Handle, Release};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::{Handed, Model};
use outlive_semantic::pending;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tested::{self, Told};
use outlive_semantic::tree::Kind;

/// The one that is held is given back only to make room for the next: the last one stays.
pub(crate) fn released_for_the_next(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let (model, slot) = (held.file.model, held.slot.as_ref()?);
    let func = model.file.tree.func(held.call);
    // The end of the owner may ask for none: `setPing(-1)`.
    let ends = match slot.root {
        Root::This(class) => held.file.end_method(class).map(|(_, end)| end),
        _ => None,
    };
    if ends.is_some_and(|end| reaches(model, end, &Wanted::of(model, [func]), 4)) {
        return None;
    }
    let is_before = |release: &&&Release| release.func == func && release.node < held.call;
    let is_kept = matches!(slot.root, Root::This(_)) || component_of_ref(model, slot).is_some();
    let is_for_the_next = is_kept && held.releases.iter().all(|release| is_before(&release));
    (is_for_the_next && !is_released_by_ref(held, slot)).then(|| {
        let how = "when its owner ends: only the next one clears it";
        Gap { one_each: true, ..Gap::new(how, None) }
    })
}

/// It is armed when something that was waited for is done; a release that came meanwhile had nothing to clear.
pub(crate) fn armed_after_release(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let &Held { file, call, releases, .. } = held;
    let model = file.model;
    let tree = &model.file.tree;
    let func = tree.func(call);
    let is_outside = |release: &&Release| !model.file.is_within(release.func, func);
    if held.handle.places.is_empty() || !releases.iter().all(is_outside) {
        return None;
    }
    let waited = waited(model, call)?;
    let cleaned = is_cleaned_up(model, func, releases.iter().map(|release| release.func));
    if !held.patterns.rearms && (!cleaned || stoppable::is_stoppable(file, call, func)) {
        return None;
    }
    Some(Gap::new("by a release that comes while this is waited for", Some(tree.span(waited))))
}

/// It is begun in an effect, when something that was waited for is done, and all that takes it back stands in the cleanup of
/// that effect: a cleanup that came meanwhile had nothing to take back.
pub(crate) fn begun_after_cleanup(
    file: &FileView<'_, '_>,
    call: NodeId,
    taking_back: impl Iterator<Item = FuncId> + Clone,
) -> Option<Gap> {
    let model = file.model;
    let func = model.file.tree.func(call);
    // What a function waits for is the dearest question: it comes last.
    let is_outside = taking_back.clone().all(|taker| !model.file.is_within(taker, func));
    let cleaned = is_outside && is_cleaned_up(model, func, taking_back);
    if !cleaned || stoppable::is_stoppable(file, call, func) {
        return None;
    }
    let waited = waited(model, call)?;
    Some(Gap::new("by a cleanup that comes while this is waited for", Some(model.file.tree.span(waited))))
}

/// Whether some of these functions stand in the effect around a function, or in what else returns its cleanup to whoever runs
/// it: `new Observable((observer) => () => …)`.
fn is_cleaned_up(model: &Model<'_>, func: FuncId, mut releasing: impl Iterator<Item = FuncId>) -> bool {
    let subscriber = || {
        let mut around = model.file.enclosing(func).skip(1);
        around.find(|&around| is_handed_to_new(model, around) && !pending::is_executor(model, around))
    };
    let Some(effect) = effect_around(model, func).or_else(subscriber) else { return false };
    releasing.any(|release| release != effect && model.file.is_within(release, effect))
}

/// Whether a function is what something is made with: `new Promise((resolve) => …)`, `new Observable((observer) => …)`.
pub(crate) fn is_handed_to_new(model: &Model<'_>, func: FuncId) -> bool {
    let is_first = |handed: &Handed| handed.arg == 0 && model.file.tree.kind(handed.call) == Kind::New;
    model.handed(func).iter().any(is_first)
}

/// What a call waited for: an `await` before it in its function, or the promise whose callback it stands in.
fn waited(model: &Model<'_>, call: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let func = tree.func(call);
    let is_wait = |node: &NodeId| tree.kind(*node) == Kind::Await && tree.func(*node) == func;
    let body = model.file.body(func)?;
    let waits = model.file.function(func).is_async || func.index() == 0;
    let awaited = waits.then(|| tree.subtree(body).take_while(|&node| node < call).find(is_wait)).flatten();
    awaited.or_else(|| {
        let handed = model.handed(func).iter().map(|handed| handed.call);
        handed.into_iter().find(|&to| matches!(tree.method_call(to), Some((_, "then" | "finally"))))
    })
}

/// The slot is written again while it may still be armed: nothing before asks for it or clears it, and the function runs
/// again for the same owner.
pub(crate) fn overwritten(held: &Held<'_, '_, '_>) -> Option<Gap> {
    let &Held { file, call, releases, ref releasing, .. } = held;
    let model = file.model;
    let slot = held.slot.clone().or_else(|| field_of_outer(model, call, held.handle))?;
    let func = model.file.tree.func(call);
    if let Some(second) = filled_twice(held, &slot) {
        let at = Some(model.file.tree.span(second));
        return Some(Gap { repeats: true, ..Gap::new("before the next one takes its place", at) });
    }
    let is_asked_for = is_tested(file, &slot, call) || is_asked_by_callers(file, &slot, func);
    let is_out = is_guarded(model, call) || is_behind_flag(file, call) || model.constructs(func).is_some();
    if is_asked_for || is_out {
        return None;
    }
    if releases.iter().any(|release| release.func == func || model.file.is_within(release.func, func)) {
        return held.slot.as_ref().and_then(|slot| taken_by_another(held, slot));
    }
    if reaches(model, func, releasing, 4) {
        return None;
    }
    let gap = || Gap { repeats: true, ..Gap::new("before the next one takes its place", None) };
    if is_turned(model, call) || is_fed(file, &slot, func) {
        return Some(gap());
    }
    // Who calls a function that fills a field of another thing may have looked at it before.
    held.slot.as_ref()?;
    if is_looped(model, func, releasing, 3) {
        return Some(gap());
    }
    if let Some(call) = updated_by(model, func, releasing, 4) {
        return Some(Gap { at: Some(model.file.tree.span(call)), ..gap() });
    }
    if let Some(again) = filled_again(held, &slot, func) {
        return Some(Gap { at: again.call.map(|call| model.file.tree.span(call)), ..gap() });
    }
    let callers = callers(file, func);
    let again = callers.iter().any(|&caller| {
        model.constructs(caller).is_none()
            && !reaches(model, caller, releasing, 4)
            && !is_start(model, caller)
    });
    (again && callers.len() >= 2).then(gap)
}

/// Whether a call runs only as a flag allows that its function then turns: `if (due) { due = false; … }`, or while the slot
/// that it fills beside this one is empty, also where a getter looks at that.
fn is_behind_flag(file: &FileView<'_, '_>, call: NodeId) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    let func = tree.func(call);
    let name = |at: NodeId| tree.callee(at).and_then(|callee| model.callee_name(callee));
    let turns = |assign: NodeId| {
        tree.child(assign, 1).is_some_and(|value| {
            tree.kind(value) == Kind::Bool
                || model.is_nothing(value)
                || tree.is_call(value) && name(value).is_some() && name(value) == name(call)
        })
    };
    let is_turned = |part: NodeId| {
        let place = model.file.place(part);
        let is_own = match place.root {
            Root::Binding(binding) => model.file.binding(binding).func == func,
            root => matches!(root, Root::Value(_)),
        };
        !is_own
            && file.accesses.of(&place).any(
                |access| matches!(access.usage, Usage::Assigned(assign) if access.func == func && turns(assign)),
            )
    };
    let told = |told: Told| match told {
        Told::Branch(test, outcome) => tested::parts(model, test, outcome),
        Told::Behind { block, statement } => tested::leaving_tests(model, block)
            .into_iter()
            .filter(|&(before, ..)| before < statement)
            .map(|(_, test, outcome)| (test, outcome))
            .collect(),
    };
    tested::around(model, call).flat_map(told).any(|(test, _)| asks_for(model, test, is_turned))
}

/// Whether a loop in the function itself writes the slot, and goes on after it has.
fn is_turned(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let Some(turn) = guard::enclosing_loop(model, call) else { return false };
    let leaves = |node: NodeId| matches!(tree.kind(node), Kind::Break | Kind::Return);
    !tree.subtree(turn).any(|node| leaves(node) && node > call)
}

/// Whether a function, or one that it stands in below the owner of the slot, is a listener to events that come again
/// and again.
fn is_fed(file: &FileView<'_, '_>, slot: &Place, func: FuncId) -> bool {
    let model = file.model;
    let owner = match slot.root {
        Root::Binding(binding) => Some(model.file.binding(binding).func),
        Root::Receiver(func) => Some(func),
        _ => None,
    };
    let mut around = model.file.enclosing(func).take_while(|&at| Some(at) != owner && at.index() != 0);
    around.any(|at| hears_again(file, at))
}

/// The call by which an update of the component runs a function, if nothing on the way releases.
fn updated_by(model: &Model<'_>, func: FuncId, releasing: &Wanted, fuel: u32) -> Option<NodeId> {
    let fuel = fuel.checked_sub(1)?;
    let tree = &model.file.tree;
    model.calls_of(func).iter().find_map(|&call| {
        let caller = tree.func(call);
        if model.file.is_within(caller, func) || reaches(model, caller, releasing, 4) {
            return None;
        }
        if calls::is_component_method(model, caller, Phase::Use) {
            Some(call)
        } else {
            updated_by(model, caller, releasing, fuel)
        }
    })
}

/// Whether a method of the same instance calls a function in a loop in which nothing releases, directly or through
/// methods that do nothing about it either.
fn is_looped(model: &Model<'_>, func: FuncId, releasing: &Wanted, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let tree = &model.file.tree;
    model.calls_of(func).iter().any(|&call| {
        let is_own = tree.method_call(call).is_none_or(|(object, _)| {
            tree.kind(object) == Kind::This || tree.kind(object) == Kind::Identifier
        });
        let caller = tree.func(call);
        if !is_own || model.file.is_within(caller, func) || is_of_new(model, call) {
            return false;
        }
        let is_in_loop = guard::enclosing_loop(model, call)
            .is_some_and(|turn| !releasing.funcs.iter().any(|&release| calls_within(model, turn, release)));
        is_in_loop || !releasing.funcs.contains(&caller) && is_looped(model, caller, releasing, fuel)
    })
}

/// Whether a method is called of what was made right before, in the same turn of a loop: `for (…) { const upload = new
/// Upload(path); await upload.open(); }` opens each once.
fn is_of_new(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let Some((object, _)) = tree.method_call(call) else { return false };
    let place = model.file.place(object);
    if !matches!(place.root, Root::Binding(_)) {
        return false;
    }
    let given = given_before(model, &place, call).into_iter().max();
    given.is_some_and(|value| {
        tree.kind(value) == Kind::New
            && guard::enclosing_loop(model, value) == guard::enclosing_loop(model, call)
    })
}

/// Whether a function is called, or stands, inside a node.
fn calls_within(model: &Model<'_>, node: NodeId, func: FuncId) -> bool {
    let tree = &model.file.tree;
    tree.contains(node, model.file.function(func).node)
        || model.calls_of(func).iter().any(|&call| tree.contains(node, call))
}

/// `const node = this; … node.stream = createWriteStream(…)` further in: a field of what a function around has.
fn field_of_outer(model: &Model<'_>, call: NodeId, handle: &Handle) -> Option<Place> {
    let func = model.file.tree.func(call);
    let [place] = &handle.places[..] else { return None };
    let owner = match place.root {
        Root::Binding(binding) => model.file.binding(binding).func,
        Root::Receiver(func) => func,
        _ => return None,
    };
    let is_field = matches!(place.path[..], [Step::Field(_)]);
    (is_field && owner != func && owner.index() != 0 && model.file.is_within(func, owner))
        .then(|| place.clone())
}

/// Whether the function looks at the slot in a condition before the slot is written.
fn is_tested(file: &FileView<'_, '_>, slot: &Place, call: NodeId) -> bool {
    let func = file.model.file.tree.func(call);
    file.accesses.of(slot).any(|access| {
        file.model.file.is_within(access.func, func)
            && access.node < call
            && matches!(access.usage, Usage::Tested(_) | Usage::Operand(_))
    })
}

/// Whether all who call a function have looked at the slot before: `if (!this.client) this.connect();`.
fn is_asked_by_callers(file: &FileView<'_, '_>, slot: &Place, func: FuncId) -> bool {
    let calls = file.model.calls_of(func);
    !calls.is_empty()
        && file.model.handed(func).is_empty()
        && calls.iter().all(|&call| is_tested(file, slot, call))
}

fn is_guarded(model: &Model<'_>, call: NodeId) -> bool {
    guard::once_guard(model, call).is_some()
}

/// Functions that start-up code runs once, by their names, and what a framework runs when a component begins.
fn is_start(model: &Model<'_>, func: FuncId) -> bool {
    if calls::is_component_method(model, func, Phase::Begin) {
        return true;
    }
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
