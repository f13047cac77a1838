//! Removals by the wrong name: what one method adds, only its own counterpart takes away.

use crate::claim::{LocalClaim, Note};
use crate::ending::takes_away;
use crate::finding::Role;
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::given::given_before;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tree::{Kind, Span};
use rustc_hash::FxHashMap;

/// Global functions that arm something, and those that disarm it.
const FUNCTIONS: &[(&str, &[&str])] = &[
    ("requestAnimationFrame", &["cancelAnimationFrame"]),
    ("requestIdleCallback", &["cancelIdleCallback"]),
    ("setImmediate", &["clearImmediate"]),
    ("setTimeout", &["clearTimeout", "clearInterval"]),
    ("setInterval", &["clearTimeout", "clearInterval"]),
];

/// What is wrong with a call that adds, or that takes away what another family of functions made.
pub(super) fn mismatch(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let by_name = || {
        let name = disarming(file.model, call)?;
        by_function(file, call, name).or_else(|| emptied(file, call, name))
    };
    by_method(file, call).or_else(by_name)
}

/// `this.timer = null; clearInterval(this.timer)`: what holds the handle is emptied right before, and what it armed stays.
fn emptied(file: &FileView<'_, '_>, call: NodeId, name: &str) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let handle = tree.arg(call, 0)?;
    let place = model.file.place(handle);
    if !matches!(place.root, Root::This(_) | Root::Binding(_)) {
        return None;
    }
    let is_before = |&&value: &&NodeId| {
        tree.func(value) == tree.func(call) && tree.span(value).end <= tree.span(call).start
    };
    let values = model.values(&place);
    let last = *values.iter().filter(is_before).max_by_key(|&&value| tree.span(value).end)?;
    let is_given = given_before(model, &place, call).contains(&last);
    let next = file.calls.get(file.calls.partition_point(|&at| at < last));
    let may_be_filled = next.is_some_and(|&at| at < call);
    let is_armed =
        values.iter().any(|&value| global_name(model, value).is_some_and(|arms| arms_by(arms, name)));
    if !is_given || !model.is_nothing(last) || may_be_filled || !is_armed {
        return None;
    }
    let shown = model.file.display(&place);
    Some(LocalClaim {
        message: format!("`{name}` disarms nothing: `{shown}` is emptied right before"),
        help: format!("call `{name}` first, and empty `{shown}` then"),
        subject: format!("{shown} {name}"),
        notes: vec![note("emptied here".to_owned(), tree.span(last))],
        ..LocalClaim::default()
    })
}

/// Whether what a function arms is disarmed by another.
fn arms_by(arms: &str, disarms: &str) -> bool {
    FUNCTIONS.iter().any(|(name, disarm)| *name == arms && disarm.contains(&disarms))
}

/// The global function by which a call disarms something.
fn disarming<'a>(model: &Model<'a>, call: NodeId) -> Option<&'a str> {
    let name = global_name(model, call)?;
    FUNCTIONS.iter().any(|(_, disarm)| disarm.contains(&name)).then_some(name)
}

/// `client.psubscribe(p)` and later `client.unsubscribe()`, with neither `punsubscribe` nor `subscribe` in sight.
fn by_method(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let (object, method) = tree.method_call(call)?;
    let row = model.catalog.counterpart(method)?;
    let (wanted, [twin, wrong]) = (&row.removes, &row.mistaken);
    let place = model.file.place(object);
    if matches!(place.root, Root::Value(_)) {
        return None;
    }
    let called = |method: &str| {
        file.accesses.of(&place).find_map(|access| match access.usage {
            Usage::Method { name, call } if tree.text(name) == method => Some(call),
            _ => None,
        })
    };
    let is_ended = row.ends.iter().any(|end| called(end).is_some());
    if is_ended || called(wanted).is_some() || called(twin).is_some() {
        return None;
    }
    let removal = called(wrong)?;
    let target = model.file.display(&place);
    Some(LocalClaim {
        message: format!("`{target}.{wrong}` does not end what `{method}` began"),
        help: format!("call `{target}.{wanted}` there"),
        subject: format!("{target} {method}"),
        notes: vec![note(format!("`{wrong}` is for what `{twin}` began"), tree.span(removal))],
        ..LocalClaim::default()
    })
}

/// `clearTimeout(this.frame)` of what only `requestAnimationFrame` ever gave.
fn by_function(file: &FileView<'_, '_>, call: NodeId, name: &str) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let handle = tree.arg(call, 0)?;
    let place = model.file.place(handle);
    if let Some(claim) = by_callback(file, name, &place) {
        return Some(claim);
    }
    let is_own = matches!(place.root, Root::This(_) | Root::Binding(_));
    let values: Vec<NodeId> =
        model.values(&place).iter().copied().filter(|&value| !model.is_nothing(value)).collect();
    let armed = *values.first().filter(|_| is_own)?;
    let makers: Vec<&str> = values.iter().filter_map(|&value| global_name(model, value)).collect();
    let wanted = |maker: &str| FUNCTIONS.iter().find(|(arms, _)| *arms == maker).map(|(_, disarm)| *disarm);
    let is_wrong = makers.len() == values.len()
        && makers.iter().all(|maker| wanted(maker).is_some_and(|disarm| !disarm.contains(&name)));
    let maker = *makers.first().filter(|_| is_wrong)?;
    let right = wanted(maker)?.first()?;
    let shown = model.file.display(&place);
    Some(LocalClaim {
        message: format!("`{name}` does not disarm `{shown}`, which `{maker}` armed"),
        help: format!("call `{right}` here"),
        subject: format!("{shown} {name}"),
        notes: vec![note(format!("armed by `{maker}`"), tree.span(armed))],
        ..LocalClaim::default()
    })
}

/// `clearInterval(update)` after `setInterval(update, 1000)`: what is handed over is the callback, and not the handle.
fn by_callback(file: &FileView<'_, '_>, name: &str, place: &Place) -> Option<LocalClaim> {
    let model = file.model;
    let arms = |call: NodeId| global_name(model, call).is_some_and(|arms| arms_by(arms, name));
    let armed = file.accesses.of(place).find_map(|access| match access.usage {
        Usage::Argument { call, index: 0 } => Some(call).filter(|&call| arms(call)),
        _ => None,
    })?;
    // `this.tick = setInterval(this.tick, 1000)` has both under one name.
    if model.values(place).iter().any(|&value| arms(value)) {
        return None;
    }
    let shown = model.file.display(place);
    Some(LocalClaim {
        message: format!("`{name}` disarms nothing: `{shown}` is the function that runs, and not the handle"),
        help: "keep what arming returned, and hand that over".to_owned(),
        subject: format!("{shown} {name}"),
        notes: vec![note("armed here".to_owned(), model.file.tree.span(armed))],
        ..LocalClaim::default()
    })
}

/// The global function that a call runs, with or without `window.` before it.
fn global_name<'a>(model: &Model<'a>, call: NodeId) -> Option<&'a str> {
    let tree = &model.file.tree;
    if tree.kind(call) != Kind::Call {
        return None;
    }
    let callee = tree.callee(call)?;
    model.file.global_of(callee).or_else(|| {
        let object = tree.method_call(call)?.0;
        let is_window = matches!(model.file.global_of(object), Some("window" | "globalThis" | "self"));
        model.callee_name(callee).filter(|_| is_window)
    })
}

/// Words that begin the names of methods which add listeners.
const ADDING: &[&str] = &["add", "on", "listen", "bind", "subscribe", "attach", "observe", "register"];

/// Clean-ups that repeat the very call of their counterpart: `Helper.addEndListener(node, f)` in `removeListener`.
pub(super) fn copied(file: &FileView<'_, '_>) -> Vec<(NodeId, LocalClaim)> {
    let model = file.model;
    let repeated: Vec<(NodeId, &str)> =
        file.calls.iter().filter_map(|&call| Some((call, repeated_in(file, call)?))).collect();
    if repeated.is_empty() {
        return Vec::new();
    }
    let mut alike: FxHashMap<String, Vec<NodeId>> = FxHashMap::default();
    for &call in model.all_calls() {
        if let Some(shown) = shown(model, call).filter(|_| is_adder(model, call)) {
            alike.entry(shown).or_default().push(call);
        }
    }
    let copy = |(call, wanted): (NodeId, &str)| {
        let twins = alike.get(&shown(model, call)?)?;
        let first =
            twins.iter().find(|&&twin| adds(model, twin, wanted) && is_same_call(model, call, twin))?;
        Some((call, copy_of(model, call, *first)?))
    };
    repeated.into_iter().filter_map(copy).collect()
}

fn copy_of(model: &Model<'_>, call: NodeId, first: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let method = model.callee_name(tree.callee(call)?)?;
    let name = model.file.function_name(tree.func(call))?;
    Some(LocalClaim {
        message: format!("`{name}` calls `{method}` once more instead of what takes the listener away"),
        help: format!("call the counterpart of `{method}` here"),
        subject: format!("{name} {method}"),
        notes: vec![note("added here".to_owned(), tree.span(first))],
        ..LocalClaim::default()
    })
}

/// What the clean-up around a call that adds takes away by its name: `EndListener` in `_removeEndListener`.
fn repeated_in<'a>(file: &FileView<'_, 'a>, call: NodeId) -> Option<&'a str> {
    let model = file.model;
    let tree = &model.file.tree;
    // Few calls have such a name; whether the function around takes something away is the dearer question.
    tree.args(call).nth(1)?;
    model.callee_name(tree.callee(call)?).filter(|method| is_adding(method))?;
    let name = model.file.function_name(tree.func(call)).filter(|name| takes_away(model.catalog, name))?;
    // A registration of a known kind is judged with the others.
    let is_known = file.registration(call).is_some();
    // `hooks.onReset(path, 'remotes')` tells a listener, and adds none.
    let may_be_function = |arg: NodeId| match tree.kind(arg) {
        Kind::Member => true,
        Kind::Identifier => !is_made_here(model, arg),
        _ => false,
    };
    let hands_function = tree.args(call).skip(1).any(may_be_function);
    // What is done where something failed is no part of taking away.
    let is_rescue = tree.within_function(call).any(|node| tree.kind(node) == Kind::Catch);
    if is_known || is_rescue || !hands_function { None } else { stem(name) }
}

/// Whether a name stands for what the function around has just made or asked for, and no function: `const coins = Coins.of(tx)`.
fn is_made_here(model: &Model<'_>, name: NodeId) -> bool {
    let tree = &model.file.tree;
    let value = model.file.value_of(name).filter(|&value| tree.func(value) == tree.func(name));
    value.is_some_and(|value| tree.kind(value) != Kind::Member && model.function_of(value).is_none())
}

/// A call as it is written, short of what tells variables of one name apart: the same calls look the same.
fn shown(model: &Model<'_>, call: NodeId) -> Option<String> {
    let tree = &model.file.tree;
    let name = |node| match tree.kind(node) {
        Kind::String => tree.name(node).unwrap_or_default().to_owned(),
        _ => model.file.display(&model.file.place(node)),
    };
    let callee = tree.callee(call)?;
    let parts = std::iter::once(callee).chain(tree.args(call)).map(name);
    Some(parts.collect::<Vec<_>>().join(" "))
}

/// Whether it is a call, with a function for what it adds to, of a function that does not take anything away itself.
fn is_adder(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let around = || model.file.function_name(tree.func(call)).unwrap_or_default();
    let method = || tree.callee(call).and_then(|callee| model.callee_name(callee));
    tree.kind(call) == Kind::Call
        && tree.args(call).nth(1).is_some()
        && method().is_some_and(is_adding)
        && !takes_away(model.catalog, around().trim_start_matches('_'))
}

fn is_adding(method: &str) -> bool {
    // `addOrRemove(x, f)` does either.
    !method.contains("Or")
        && ADDING.iter().any(|word| {
            method
                .strip_prefix(word)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_uppercase))
        })
}

/// What a clean-up takes away, by its name: `EndListener` for `_removeEndListener`.
fn stem(name: &str) -> Option<&str> {
    let name = name.trim_start_matches('_');
    ["remove", "unbind", "detach", "un"]
        .iter()
        .find_map(|word| name.strip_prefix(word))
        .filter(|rest| !rest.is_empty())
}

/// Whether the function around a call is the counterpart by its name: `_addEndListener`.
fn adds(model: &Model<'_>, call: NodeId, wanted: &str) -> bool {
    let name = model.file.function_name(model.file.tree.func(call)).unwrap_or_default();
    let end = name.get(name.len().saturating_sub(wanted.len())..);
    end.is_some_and(|end| end.eq_ignore_ascii_case(wanted))
}

/// The same function with the same arguments, none of which is made for the call.
fn is_same_call(model: &Model<'_>, one: NodeId, other: NodeId) -> bool {
    let tree = &model.file.tree;
    let (Some(a), Some(b)) = (tree.callee(one), tree.callee(other)) else { return false };
    let alike = |a: NodeId, b: NodeId| match (tree.kind(a), tree.kind(b)) {
        (Kind::String, Kind::String) => tree.name(a) == tree.name(b),
        (Kind::Identifier | Kind::Member, Kind::Identifier | Kind::Member) => {
            is_same(model, &model.file.place(a), &model.file.place(b))
        }
        _ => false,
    };
    is_same(model, &model.file.place(a), &model.file.place(b))
        && tree.args(one).count() == tree.args(other).count()
        && tree.args(one).zip(tree.args(other)).all(|(a, b)| alike(a, b))
}

/// The same place, or variables of two functions with the same name.
fn is_same(model: &Model<'_>, a: &Place, b: &Place) -> bool {
    let name = |place: &Place| match place.root {
        Root::Binding(binding) => Some(model.file.tree.text(model.file.binding(binding).name)),
        _ => None,
    };
    a == b || a.path == b.path && name(a).is_some() && name(a) == name(b)
}

fn note(message: String, span: Span) -> Note {
    Note { role: Role::NeverMatches, message, span }
}
