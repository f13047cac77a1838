//! Lists of what ends one by one: an entry that has ended stays, and only the end of the owner goes through the list.

use super::missed::{Site, is_call_of};
use crate::claim::{Missed, Why};
use crate::ending;
use crate::rule::FileView;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::Place;
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::{Kind, Span};

/// What gives back the number or object that it is handed.
const CLEARS: &[&str] = &["clearTimeout", "clearInterval", "clearImmediate", "cancelAnimationFrame"];

/// `this.running.push(subscription); return () => subscription.unsubscribe()`, `this.timers.push(setTimeout(work, delay))`: the
/// one who ends an entry leaves it, and so does what ends by itself.
pub(super) fn missed(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<Missed> {
    let model = file.model;
    let is_list = matches!(op.op, Op::Grow(Growth::Push | Growth::Add));
    if !is_list || op.func.index() == 0 || model.constructs(op.func).is_some() {
        return None;
    }
    let releases = [Op::Release, Op::Reset].into_iter().flat_map(|what| file.ops_on(&op.holder, what));
    let releases: Vec<&CollectionOp> = releases.filter(|release| !is_first_value(model, release)).collect();
    if !releases.iter().all(|release| is_of_end(model, release.func)) {
        return None;
    }
    // What a set is told is the entry: who ends that is told it, too.
    let op = &CollectionOp { key: None, ..op.clone() };
    let site = Site { file, model, op, releases: &releases };
    let (why, at) = None
        .or_else(|| undone(&site).map(|at| (Why::Undone, at)))
        .or_else(|| fired(&site).map(|at| (Why::Fired, at)))?;
    let span = |node: NodeId| model.file.tree.span(node);
    let releases = releases.iter().map(|release| span(release.node)).collect::<Vec<Span>>();
    Some(Missed { why, at: span(at), releases, ending: None })
}

/// Whether a collection gets its first value here.
fn is_first_value(model: &Model<'_>, op: &CollectionOp) -> bool {
    op.op == Op::Reset && (op.func.index() == 0 || model.constructs(op.func).is_some())
}

/// Whether a function is a method, or a part of one, that ends its owner by its name.
fn is_of_end(model: &Model<'_>, func: FuncId) -> bool {
    let name = model.file.enclosing(func).find_map(|func| model.file.function_name(func));
    name.is_some_and(|name| ending::is_end(model.catalog, name))
}

/// The function that is returned, ends the entry, and leaves it where it is.
fn undone(site: &Site<'_, '_, '_>) -> Option<NodeId> {
    let model = site.model;
    let value = site.op.value?;
    let binding = model.file.binding_of(value)?;
    let row = model.file.binding(binding);
    if row.kind == BindingKind::Param || row.func != site.op.func {
        return None;
    }
    let entry = model.file.place(value);
    let returned = model.returned_values(site.op.func);
    // `const off = () => source.removeListener('tick', tick); this.offs.push(off); return off;`
    let itself = model.function_of(value);
    let ends =
        |func: FuncId| if itself == Some(func) { takes_away(model, func) } else { ends(site, func, &entry) };
    let undoes = |&func: &FuncId| ends(func) && !reaches_list(site, func);
    let found = returned.iter().flat_map(|&value| functions_in(model, value)).find(undoes);
    found.map(|func| model.file.function(func).node)
}

/// A function that is returned, or those that are properties of an object that is.
fn functions_in(model: &Model<'_>, value: NodeId) -> Vec<FuncId> {
    let tree = &model.file.tree;
    let made = model.file.value_of(value).unwrap_or(value);
    match tree.kind(made) {
        Kind::Object => tree
            .children(made)
            .filter_map(|part| tree.last_child(part))
            .filter_map(|part| model.function_of(part))
            .collect(),
        _ => model.function_of(value).into_iter().collect(),
    }
}

/// Whether a function calls what takes something away.
fn takes_away(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let takes = |call: NodeId| {
        let name = tree.callee(call).and_then(|callee| model.callee_name(callee));
        is_call_of(model, call, CLEARS)
            || name.is_some_and(|name| name == "off" || ending::takes_away(model.catalog, name))
    };
    tree.subtree(model.file.function(func).node).any(|call| tree.kind(call) == Kind::Call && takes(call))
}

/// Whether a function ends what a place holds: `entry.unsubscribe()`, `entry()`, `clearInterval(entry)`.
fn ends(site: &Site<'_, '_, '_>, func: FuncId, entry: &Place) -> bool {
    let (model, tree) = (site.model, &site.model.file.tree);
    let is_entry = |node: NodeId| model.file.place(node) == *entry;
    let ends = |call: NodeId| match tree.method_call(call) {
        Some((object, method)) => ending::takes_away(model.catalog, method) && is_entry(object),
        None => {
            tree.callee(call).is_some_and(is_entry)
                || is_call_of(model, call, CLEARS) && tree.arg(call, 0).is_some_and(is_entry)
        }
    };
    let node = model.file.function(func).node;
    tree.subtree(node).any(|call| tree.kind(call) == Kind::Call && ends(call))
}

/// Whether a function has anything to do with the list, calls what takes entries out, or tells somebody of the entry.
fn reaches_list(site: &Site<'_, '_, '_>, func: FuncId) -> bool {
    let (model, tree) = (site.model, &site.model.file.tree);
    let mut uses = site.file.accesses.below(&site.op.holder);
    let entry = site.op.value.and_then(|value| model.file.binding_of(value));
    let is_entry = |arg: NodeId| entry.is_some() && model.file.binding_of(arg) == entry;
    let tells = |call: NodeId| {
        tree.is_call(call) && !is_call_of(model, call, CLEARS) && tree.args(call).any(is_entry)
    };
    uses.any(|access| model.file.is_within(access.func, func))
        || tree.subtree(model.file.function(func).node).any(tells)
        || site.may_release(func)
}

/// The timeout that is listed, whose callback leaves it there.
fn fired(site: &Site<'_, '_, '_>) -> Option<NodeId> {
    let (file, tree) = (&site.model.file, &site.model.file.tree);
    let value = site.op.value?;
    let timer = file.value_of(value).unwrap_or(value);
    let is_timer = is_call_of(site.model, timer, &["setTimeout"]) && tree.func(timer) == site.op.func;
    let callback = tree.arg(timer, 0).filter(|_| is_timer).and_then(|arg| site.model.function_of(arg))?;
    (!reaches_list(site, callback)).then_some(timer)
}
