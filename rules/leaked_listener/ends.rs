//! Instances and promises that end in more than one way: a listener that one end takes away and another forgets.

use super::again::are_siblings;
use super::origin::{is_outer, origin};
use super::target_end::ends_target;
use crate::acquire;
use crate::claim::{Gap, Only};
use crate::ending;
use crate::pairing::matches;
use crate::rule::FileView;
use crate::slot::{self, Wanted};
use outlive_semantic::catalog::Phase;
use outlive_semantic::flow::{Edge, Exit, Flow, contradicts};
use outlive_semantic::identity::{Identity, Match};
use outlive_semantic::index::{ClassId, FuncId, NodeId};
use outlive_semantic::listeners::{self, Registration, Removal};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tables::FunctionKind;
use outlive_semantic::tree::{Kind, Tree};
use rustc_hash::FxHashSet;

/// The way on which none of the removals of a listener is reached.
pub(super) fn gap(
    file: &FileView<'_, '_>,
    registration: &Registration,
    removals: &[&Removal],
) -> Option<Gap> {
    let model = file.model;
    // A signal is aborted once.
    let is_once = registration.once
        || listeners::option(model, registration.options, "once").is_some()
        || matches!(&registration.event, Identity::Constant(event) if event == "abort");
    let own = model.function_of(registration.listener).filter(|_| is_once);
    let removing: FxHashSet<FuncId> = removals.iter().map(|removal| removal.func).collect();
    missed(file, registration, removals)
        .or_else(|| slot::kept_by_settlement(model, registration.call, own, &removing))
        .or_else(|| slot::kept_by_rejection(model, registration.call, &removing).filter(|_| !is_once))
        .or_else(|| left_by_rejection(model, registration, removals))
        .or_else(|| left_by_error(model, registration, removals).filter(|_| !is_once))
        .or_else(|| slot::left_by_watcher(model, registration.call, &removing))
        .or_else(|| left_to_itself(file, registration, removals))
        .or_else(|| kept_by_the_last(file, registration, removals))
        .or_else(|| slot::begun_after_cleanup(file, registration.call, removing.iter().copied()))
        .or_else(|| ending::uncovered(file, &removing))
        .or_else(|| not_everywhere(file, registration, &removing))
        .or_else(|| kept_until_the_end(file, registration, removals))
}

/// What takes the listener away stands where it does not always run. A server has no page to listen to.
fn not_everywhere(
    file: &FileView<'_, '_>,
    registration: &Registration,
    removing: &FxHashSet<FuncId>,
) -> Option<Gap> {
    let is_page = matches!(registration.place.root, Root::Global(_));
    let gap = || ending::not_everywhere(file, registration.call, removing.iter().copied());
    if is_page { None } else { gap() }
}

/// A setter takes the listener from the old target to make room for the new one, or a method takes the listener of before from
/// what the instance was handed, and nobody takes the last one away when the instance ends.
fn kept_by_the_last(
    file: &FileView<'_, '_>,
    registration: &Registration,
    removals: &[&Removal],
) -> Option<Gap> {
    let model = file.model;
    let tree = &model.file.tree;
    let func = registration.func;
    let class = model.file.function(func).class?;
    let name = model.file.function_name(func)?;
    let is_setter = model.file.function(func).kind == FunctionKind::Setter || name.starts_with("set");
    let (end, ends) = file.end_method(class)?;
    let is_before = |removal: &&Removal| {
        removal.func == func
            && removal.call < registration.call
            && !are_apart(tree, removal.call, registration.call)
    };
    if !removals.iter().all(is_before) || ends_target(file, registration) {
        return None;
    }
    let is_own = |listener: &Place| matches!(listener.root, Root::This(_)) && !listener.path.is_empty();
    let replaces = || {
        is_own(&model.file.place(registration.listener))
            && origin(model, registration).is_some_and(|origin| is_outer(registration, origin))
    };
    if !is_setter && !replaces() {
        return None;
    }
    // What sets it once more has the setter take it away.
    let sets = |node: NodeId| {
        tree.kind(node) == Kind::Assign
            && tree.first(node).is_some_and(|target| {
                let place = model.file.place(target);
                place.root == Root::This(class)
                    && place.last_field().is_some_and(|field| tree.text(field) == name)
            })
    };
    let setting = tree.subtree(model.file.class(class).node).filter(|&node| sets(node));
    let removing = Wanted::of(model, setting.map(|node| tree.func(node)).chain([func]));
    if slot::reaches(model, ends, &removing, 6) {
        return None;
    }
    let at = removals.first().map(|removal| model.file.site(removal.call));
    let how = format!("when `{end}` ends the instance: only the next one makes room");
    Some(Gap { repeats: true, ..Gap::new(how, at) })
}

/// What is added when a connection is there, and again when it comes back, is taken away only when the instance ends.
fn kept_until_the_end(
    file: &FileView<'_, '_>,
    registration: &Registration,
    removals: &[&Removal],
) -> Option<Gap> {
    let model = file.model;
    let class = ending::class_around(model, registration.func)?;
    let (name, end) = file.end_method(class)?;
    let is_at_end = |removal: &&Removal| {
        !model.file.is_within(removal.func, registration.func) && runs_only_in(file, removal.func, end, 3)
    };
    if !removals.iter().all(is_at_end)
        || slot::reaches(model, end, &Wanted::of(model, [registration.func]), 4)
    {
        return None;
    }
    let at = removals.first().map(|removal| model.file.site(removal.call));
    let only = Some(Only::EachConnection(class, registration.func));
    Some(Gap {
        repeats: true,
        only,
        ..Gap::new(format!("before the next connection: only `{name}` does that"), at)
    })
}

/// Whether a function is another, or runs only where that calls it.
fn runs_only_in(file: &FileView<'_, '_>, func: FuncId, wanted: FuncId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let callers = || slot::callers(file, func);
    func == wanted
        || file.model.handed(func).is_empty()
            && !callers().is_empty()
            && callers().into_iter().all(|caller| runs_only_in(file, caller, wanted, fuel))
}

/// Whether two nodes stand in different branches of one decision.
fn are_apart(tree: &Tree, one: NodeId, other: NodeId) -> bool {
    let branch =
        |decision: NodeId, node: NodeId| tree.children(decision).position(|at| tree.contains(at, node));
    let mut decisions =
        tree.within_function(one).filter(|&at| matches!(tree.kind(at), Kind::If | Kind::Conditional));
    decisions
        .any(|decision| tree.contains(decision, other) && branch(decision, one) != branch(decision, other))
}

/// What a component listens to takes itself away when it hears what it waits for, and nobody does when the component ends
/// before that.
fn left_to_itself(
    file: &FileView<'_, '_>,
    registration: &Registration,
    removals: &[&Removal],
) -> Option<Gap> {
    let model = file.model;
    let func = registration.func;
    // The name tells: directives have such hooks too.
    let is_hook = || {
        let name = model.file.function_name(func);
        name.is_some_and(|name| model.catalog.is_hook(Phase::Begin, name))
    };
    let is_beginning =
        slot::is_effect_callback(model, func) || is_hook() || need_not_come(&registration.event);
    let own = model.function_of(registration.listener).filter(|_| is_beginning)?;
    let is_lonely = need_not_come(&registration.event);
    let is_asked =
        |removal: &&Removal| removal.func == own && (is_lonely || !guards(model, removal.call).is_empty());
    let elsewhere =
        |removal: &Removal| removal.func != own && matches(model, registration, removal) != Match::Never;
    if !matches!(registration.place.root, Root::Global(_))
        || !removals.iter().all(is_asked)
        || file.removals_for(registration).any(elsewhere)
    {
        return None;
    }
    let at = removals.first().map(|removal| model.file.site(removal.call));
    let how = if slot::is_effect_callback(model, func) || is_hook() {
        "when the component ends before this is reached"
    } else {
        "until the event comes, which it need not"
    };
    Some(Gap::new(how, at))
}

/// Whether an event of the page is one for which nobody has to wait: it may not come for as long as the page is open.
fn need_not_come(event: &Identity) -> bool {
    let Identity::Constant(event) = event else { return false };
    matches!(event.as_str(), "resize" | "orientationchange" | "storage" | "hashchange" | "popstate")
}

/// The `await` between a registration and its removals, which stand in the same function, by whose rejection they are
/// passed over.
fn left_by_rejection(model: &Model<'_>, registration: &Registration, removals: &[&Removal]) -> Option<Gap> {
    let tree = &model.file.tree;
    let added = acquire::executed_by(model, registration.call);
    let func = tree.func(added);
    // Whoever tells of the end of the process lets a rejection end it.
    let is_process = model.path_of(&registration.place).as_deref() == Some("process");
    if is_process
        || !model.file.function(func).is_async
        || !removals.iter().all(|removal| removal.func == func && removal.call > added)
    {
        return None;
    }
    // Whoever writes a `finally` has thought of it: what is awaited there first is the cleanup.
    let is_final = |removal: &&Removal| {
        let mut child = removal.call;
        tree.within_function(removal.call).any(|node| {
            let is_last = tree.kind(node) == Kind::Try && tree.child(node, 2) == Some(child);
            child = node;
            is_last
        })
    };
    if removals.iter().any(is_final) {
        return None;
    }
    let flow = Flow::of(model, func)?;
    let stops: FxHashSet<NodeId> = removals.iter().map(|removal| removal.call).collect();
    // The same test stands before adding and before removing, more often than not.
    let guards: Vec<(NodeId, bool)> =
        removals.iter().flat_map(|removal| guards(model, removal.call)).collect();
    let feasible = |edge| {
        let is_refused = |&(test, outcome): &(NodeId, bool)| match edge {
            Edge::True(at) => !outcome && tree.contains(test, at),
            Edge::False(at) => outcome && tree.contains(test, at),
            _ => false,
        };
        !guards.iter().any(is_refused) && !contradicts(model, edge, std::slice::from_ref(&registration.place))
    };
    let start = *flow.points(added).first()?;
    let is_reached = |&stop: &NodeId| flow.reaches(start, stop, &FxHashSet::default());
    if !stops.iter().any(is_reached) {
        return None;
    }
    let way = flow.escape(start, &stops, &feasible)?;
    let at = way.at.filter(|&at| tree.kind(at) == Kind::Await)?;
    (way.exit == Exit::Throw && !way.is_weak)
        .then(|| Gap::new("when what is awaited here rejects", Some(tree.span(at))))
}

/// All that takes the listener away stands in the callback that is told how the work went, behind the way on which it
/// failed: `work((error, result) => { if (error) return done(error); emitter.off('progress', report); … })`.
fn left_by_error(model: &Model<'_>, registration: &Registration, removals: &[&Removal]) -> Option<Gap> {
    let tree = &model.file.tree;
    let told = removals.first()?.func;
    let is_inner = told != registration.func && model.file.is_within(told, registration.func);
    if !is_inner
        || !acquire::is_continuation(model, told)
        || removals.iter().any(|removal| removal.func != told)
    {
        return None;
    }
    let flow = Flow::of(model, told)?;
    let stops: FxHashSet<NodeId> = removals.iter().map(|removal| removal.call).collect();
    let returns = |edge: Edge| !matches!(edge, Edge::Throw | Edge::MayThrow);
    let way = flow.escape(flow.entry(), &stops, &returns).filter(|way| way.exit == Exit::Return)?;
    Some(Gap::new("when the callback returns early", way.at.map(|at| tree.span(at))))
}

/// The tests under which a node is reached, each with the outcome that leads there.
fn guards(model: &Model<'_>, node: NodeId) -> Vec<(NodeId, bool)> {
    let tree = &model.file.tree;
    let mut out = Vec::new();
    let mut child = node;
    for parent in tree.within_function(node) {
        let is_decision = matches!(tree.kind(parent), Kind::If | Kind::Conditional | Kind::Logical);
        let test = tree.first(parent).filter(|&test| is_decision && test != child);
        out.extend(test.map(|test| (test, tree.child(parent, 1) == Some(child))));
        child = parent;
    }
    out
}

/// Another method that marks the instance as ended in the same way, takes a sibling of the listener away, and never
/// gets to a removal of this one.
fn missed(file: &FileView<'_, '_>, registration: &Registration, removals: &[&Removal]) -> Option<Gap> {
    let model = file.model;
    let methods: Vec<(ClassId, FuncId)> =
        removals.iter().filter_map(|removal| method_around(model, removal.func)).collect();
    let (class, _) = *methods.first()?;
    let flags_of = |method @ (class, func)| file.flags_of(method, || flags(model, class, func).into());
    let flags: Vec<Place> = methods.iter().flat_map(|&method| flags_of(method).to_vec()).collect();
    if flags.is_empty() {
        return None;
    }
    let removing = Wanted::of(model, removals.iter().map(|removal| removal.func));
    let members = &model.file.class(class).members;
    members.iter().filter_map(|member| member.func).find_map(|end| {
        let is_end = flags_of((class, end)).iter().any(|flag| flags.contains(flag));
        if !is_end || slot::reaches(model, end, &removing, 4) {
            return None;
        }
        let sibling = file.removals.iter().find(|removal| {
            removal.func == end
                && file.registrations.iter().any(|other| {
                    are_siblings(model, registration, other) && matches(model, other, removal) == Match::Must
                })
        })?;
        let name = model.file.function_name(end).unwrap_or("another method");
        let at = Some(model.file.site(sibling.call));
        Some(Gap::new(format!("when `{name}` ends the instance"), at))
    })
}

/// The method of a class in which a function is, or stands.
fn method_around(model: &Model<'_>, func: FuncId) -> Option<(ClassId, FuncId)> {
    model.file.enclosing(func).find_map(|func| Some((model.file.function(func).class?, func)))
}

/// The fields of the instance that a method itself sets to `true`.
fn flags(model: &Model<'_>, class: ClassId, func: FuncId) -> Vec<Place> {
    let tree = &model.file.tree;
    let Some(body) = model.file.body(func) else { return Vec::new() };
    tree.subtree(body)
        .filter(|&node| tree.kind(node) == Kind::Assign && tree.func(node) == func)
        .filter(|&node| tree.child(node, 1).is_some_and(|value| tree.is_true(value)))
        .filter_map(|node| tree.first(node).map(|target| model.file.place(target)))
        .filter(|place| place.root == Root::This(class) && place.path.len() == 1)
        .collect()
}
