//! Where what is followed is given back.

use super::Handle;
use super::patterns::{Release, ReleasePatterns};
use crate::access::{Access, Accesses, Usage};
use crate::growth;
use crate::index::{FuncId, NodeId};
use crate::model::Model;
use crate::place::{Place, Root, Step};
use crate::tree::{Kind, Tree};
use smallvec::SmallVec;

/// Everything in the file that gives the thing back, under any of its names.
#[must_use]
pub fn releases(
    model: &Model<'_>,
    accesses: &Accesses,
    handle: &Handle,
    patterns: &ReleasePatterns,
) -> Vec<Release> {
    let mut out = Vec::new();
    for place in &handle.places {
        releases_of(model, accesses, place, patterns, 3, &mut out);
        releases_by_key(model, accesses, place, patterns, &mut out);
        for other in other_names(model, accesses, place) {
            releases_of(model, accesses, &other, patterns, 3, &mut out);
        }
        if place.path.last() == Some(&Step::Element)
            && let Some(owner) = place.parent()
        {
            collection_releases(model, accesses, &owner, patterns, &mut out);
        }
    }
    out.extend_from_slice(&patterns.with_owner);
    out.sort_by_key(|release| release.node);
    out.dedup();
    out
}

/// `for (const key of ['poll', 'retry'] as const) clearInterval(this[key])`: fields by their names.
fn releases_by_key(
    model: &Model<'_>,
    accesses: &Accesses,
    place: &Place,
    patterns: &ReleasePatterns,
    out: &mut Vec<Release>,
) {
    let (Some(field), Some(any)) = (place.last_field(), place.parent().and_then(|of| of.with(Step::Element)))
    else {
        return;
    };
    let tree = &model.file.tree;
    let names_it = |access: &&Access| {
        let key = tree.child(access.node, 1).filter(|_| tree.kind(access.node) == Kind::Index);
        let texts = key.map(|key| growth::texts_of(model, key)).unwrap_or_default();
        texts.contains(&tree.text(field))
    };
    let named: SmallVec<[NodeId; 2]> = accesses.of(&any).filter(names_it).map(|access| access.node).collect();
    if named.is_empty() {
        return;
    }
    let mut found = Vec::new();
    releases_of(model, accesses, &any, patterns, 3, &mut found);
    found.retain(|release| named.iter().any(|&access| tree.contains(release.node, access)));
    out.extend(found.into_iter().map(|release| Release { place: place.clone(), ..release }));
}

/// The names that code outside of a class has for a field of its instances: `peer.timer` in a helper that is handed the
/// instance, `this.peer.timer` in its owner, `this.timer` in a class that it extends.
fn other_names(model: &Model<'_>, accesses: &Accesses, place: &Place) -> Vec<Place> {
    let (Root::This(class), Some(field)) = (place.root, place.last_field()) else { return Vec::new() };
    let is_it = |own: Place| match own.root {
        Root::This(of) => own.path == place.path && model.lineage(of).any(|base| base == class),
        _ => false,
    };
    // What a class has of its own has nobody else of its family: `#timer`.
    let is_shared = !model.file.tree.text(field).starts_with('#');
    let is_of_family = |at: &Place| match at.root {
        Root::This(of) => {
            is_shared
                && at.path == place.path
                && (model.lineage(class).any(|base| base == of)
                    || model.lineage(of).any(|base| base == class))
        }
        _ => false,
    };
    let uses = accesses.in_field(field).map(|access| access.place.clone());
    // `peer.unsubscribe()` is a call of what the field holds.
    let calls = accesses.of_name(field).filter_map(|access| match access.usage {
        Usage::Method { name, .. } if name == field => access.place.clone().with(Step::Field(name)),
        _ => None,
    });
    let mut out: Vec<Place> = Vec::new();
    for at in uses.chain(calls).filter(|at| at.root != place.root) {
        if !out.contains(&at) && (is_of_family(&at) || model.own_place(&at).is_some_and(is_it)) {
            out.push(at);
        }
    }
    out
}

fn releases_of(
    model: &Model<'_>,
    accesses: &Accesses,
    place: &Place,
    patterns: &ReleasePatterns,
    fuel: u32,
    out: &mut Vec<Release>,
) {
    let Some(fuel) = fuel.checked_sub(1) else { return };
    let tree = &model.file.tree;
    for access in accesses.of(place) {
        let found = match access.usage {
            Usage::Method { name, call } => {
                let name = tree.text(name);
                let is_called = patterns.called && matches!(name, "call" | "apply");
                (is_called || patterns.is_method(name)).then_some(call)
            }
            Usage::Called(call) => patterns.called.then_some(call),
            Usage::Iterated(at) => (patterns.iterated || patterns.left && is_left(model, at)).then_some(at),
            Usage::Argument { call, index } => {
                release_by_argument(model, accesses, call, index, patterns, fuel).then_some(call)
            }
            // `return this.timer.close` handed on as a function, `onClose(this.stop)`.
            _ => None,
        };
        if let Some(node) = found {
            out.push(Release { node, func: access.func, place: place.clone() });
        }
    }
    // `this.unsubscribe()` is a call of what the field holds.
    if patterns.called
        && let (Some(field), Some(owner)) = (place.last_field(), place.parent())
    {
        for access in accesses.of(&owner) {
            if let Usage::Method { name, call } = access.usage
                && name == field
            {
                out.push(Release { node: call, func: access.func, place: place.clone() });
            }
        }
    }
    part_releases(model, accesses, place, patterns, out);
    // Handed on as a method value: `signal.addEventListener('abort', stream.destroy.bind(stream))`.
    for access in accesses.below(place) {
        let is_method_value = access.place.path.len() == place.path.len() + 1
            && access.place.last_field().is_some_and(|name| patterns.is_method(tree.text(name)));
        if let Some(node) = patterns.call_of_part(tree, access, place) {
            out.push(Release { node, func: access.func, place: place.clone() });
        }
        let handed_on = matches!(
            access.usage,
            Usage::Argument { .. }
                | Usage::Returned(_)
                | Usage::Stored(_)
                | Usage::Method { .. }
                | Usage::Aliased(_)
        );
        if is_method_value && handed_on {
            out.push(Release { node: access.node, func: access.func, place: place.clone() });
        }
    }
}

/// Whether a loop is left before what it goes over is at its end.
fn is_left(model: &Model<'_>, looped: NodeId) -> bool {
    let tree = &model.file.tree;
    let func = tree.func(looped);
    tree.subtree(looped)
        .any(|at| tree.func(at) == func && matches!(tree.kind(at), Kind::Break | Kind::Return | Kind::Throw))
}

/// `closeSync(log.fd)`: what is given back is a part of what a helper has made of it.
fn part_releases(
    model: &Model<'_>,
    accesses: &Accesses,
    place: &Place,
    patterns: &ReleasePatterns,
    out: &mut Vec<Release>,
) {
    if patterns.functions.is_empty() {
        return;
    }
    for access in accesses.below(place).filter(|access| access.place.parent().as_ref() == Some(place)) {
        if let Usage::Argument { call, .. } = access.usage
            && model.file.tree.callee(call).is_some_and(|callee| names_release(model, callee, patterns))
        {
            out.push(Release { node: call, func: access.func, place: place.clone() });
        }
    }
}

/// Whether an expression names one of the functions that give it back.
fn names_release(model: &Model<'_>, node: NodeId, patterns: &ReleasePatterns) -> bool {
    model.callee_name(node).is_some_and(|name| patterns.is_function(name))
}

/// `clearInterval(x)`, `setTimeout(clearInterval, 10, x)`, or a function of the file that releases its parameter.
fn release_by_argument(
    model: &Model<'_>,
    accesses: &Accesses,
    call: NodeId,
    index: usize,
    patterns: &ReleasePatterns,
    fuel: u32,
) -> bool {
    let tree = &model.file.tree;
    let Some(callee) = tree.callee(call) else { return false };
    let is_release = |node: NodeId| names_release(model, node, patterns);
    if is_release(callee) || tree.args(call).take(index).any(is_release) {
        return true;
    }
    // `clearInterval.bind(null, x)`, `clearInterval.call(null, x)`
    if let Some((object, "bind" | "call")) = tree.method_call(call)
        && is_release(object)
    {
        return true;
    }
    model
        .function_of(callee)
        .is_some_and(|func| releases_param(model, accesses, (func, index), patterns, fuel))
}

/// Whether a function releases its parameter at a position.
fn releases_param(
    model: &Model<'_>,
    accesses: &Accesses,
    (func, index): (FuncId, usize),
    patterns: &ReleasePatterns,
    fuel: u32,
) -> bool {
    let tree = &model.file.tree;
    let Some(param) = model.file.params(func).nth(index) else { return false };
    let param = if tree.kind(param) == Kind::Default { tree.first(param).unwrap_or(param) } else { param };
    let Some(binding) = tree.binding(param) else { return false };
    let mut found = Vec::new();
    releases_of(model, accesses, &Place::root(Root::Binding(binding)), patterns, fuel, &mut found);
    !found.is_empty()
}

/// `timers.forEach(clearInterval)`, `workers.forEach(end)` with a function of the file that ends what it is handed.
fn collection_releases(
    model: &Model<'_>,
    accesses: &Accesses,
    owner: &Place,
    patterns: &ReleasePatterns,
    out: &mut Vec<Release>,
) {
    let tree = &model.file.tree;
    for access in accesses.of(owner) {
        let Usage::Method { call, name } = access.usage else { continue };
        // `subscriptions.unsubscribe()` of a composite that is no plain collection ends all that was added.
        let is_composite = || {
            let of = tree.method_call(call).and_then(|(object, _)| model.model_of(model.ty(object)));
            of.is_none_or(|of| model.catalog.model(of).container.is_none())
        };
        if patterns.is_method(tree.text(name)) && is_composite() {
            out.push(Release { node: call, func: access.func, place: owner.clone() });
            continue;
        }
        let is_for_each = matches!(tree.text(name), "forEach" | "map");
        let hands_release = tree.args(call).any(|arg| {
            let ends_each = || {
                let func = model.function_of(arg).filter(|_| is_for_each);
                func.is_some_and(|func| releases_param(model, accesses, (func, 0), patterns, 3))
            };
            matches!(tree.kind(arg), Kind::Identifier | Kind::Member)
                && (names_release(model, arg, patterns) || ends_each())
        });
        if hands_release {
            out.push(Release { node: call, func: access.func, place: owner.clone() });
        }
    }
}

impl ReleasePatterns {
    /// The call of a method of a part of what is at a place that gives it back: `window.happyDOM.close()`.
    fn call_of_part(&self, tree: &Tree, access: &Access, place: &Place) -> Option<NodeId> {
        let Usage::Method { name, call } = access.usage else { return None };
        let part = access.place.last_field().filter(|_| access.place.path.len() == place.path.len() + 1)?;
        let names = |row: &String| row.split_once('.') == Some((tree.text(part), tree.text(name)));
        self.methods.iter().any(names).then_some(call)
    }
}
