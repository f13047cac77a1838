//! Releases that take out a promise, of a collection which has the one that was chained on it: `then`, `catch` and `finally`
//! give another.

use crate::claim::{Missed, Why};
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::{NameId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::Place;
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::{BinaryOp, Kind, Span};

/// How many of the releases of a collection are looked at.
const RELEASES: usize = 64;

/// `running.add(work.catch(ignore)); work.finally(() => running.delete(work));`: what is added is never what is taken out.
pub(super) fn missed(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<Missed> {
    if !matches!(op.op, Op::Grow(Growth::Add | Growth::Push)) || op.func.index() == 0 {
        return None;
    }
    let releases: Vec<&CollectionOp> = file.ops_on(&op.holder, Op::Release).take(RELEASES).collect();
    let first = releases.first()?;
    let base = chained_on(file.model, op.value?);
    let takes_another = |release: &CollectionOp| match &base {
        Some(base) => takes_out(file.model, release, base),
        None => is_under_another(file, release),
    };
    let span = |release: &CollectionOp| file.model.file.tree.span(release.node);
    releases.iter().all(|release| takes_another(release)).then(|| Missed {
        why: Why::OtherThing,
        at: span(first),
        releases: releases.iter().map(|release| span(release)).collect::<Vec<Span>>(),
        ending: None,
    })
}

/// The promise on which an expression chains another.
fn chained_on(model: &Model<'_>, expr: NodeId) -> Option<Place> {
    let tree = &model.file.tree;
    let chained = |node: NodeId| match tree.method_call(node) {
        Some((object, "then" | "catch" | "finally")) => Some(object),
        _ => None,
    };
    let first = chained(model.file.value_of(expr).unwrap_or(expr))?;
    let base = std::iter::successors(Some(first), |&at| chained(at)).last()?;
    is_one(model, base).then(|| model.file.place(base))
}

/// Whether an expression is the same thing wherever it is written: a field, or a variable that is given one value.
fn is_one(model: &Model<'_>, node: NodeId) -> bool {
    match model.file.tree.kind(node) {
        Kind::Member => true,
        Kind::Identifier => model.file.binding_of(node).is_some_and(|binding| {
            let row = model.file.binding(binding);
            let given = usize::from(row.kind != BindingKind::Param);
            row.opaque_writes == 0 && row.values.len() == given
        }),
        _ => false,
    }
}

/// Whether what a release takes out is one thing, by the very place that has it: `delete(work)`, `filter((one) => one !== work)`,
/// `splice(list.indexOf(work), 1)`.
fn takes_out(model: &Model<'_>, release: &CollectionOp, thing: &Place) -> bool {
    let tree = &model.file.tree;
    let is_it = |node: NodeId| model.file.place(node) == *thing;
    if let Some(key) = release.key {
        return is_it(key);
    }
    let call = match tree.kind(release.node) {
        Kind::Assign => tree.child(release.node, 1),
        _ => Some(release.node),
    };
    let Some((call, (_, method))) = call.and_then(|call| Some((call, tree.method_call(call)?))) else {
        return false;
    };
    let Some(first) = tree.arg(call, 0) else { return false };
    match method {
        "splice" => {
            let place = tree.method_call(model.file.value_of(first).unwrap_or(first));
            let asked = place.filter(|(_, method)| matches!(*method, "indexOf" | "lastIndexOf"));
            let asked = asked.and_then(|_| tree.arg(model.file.value_of(first).unwrap_or(first), 0));
            asked.is_some_and(is_it)
        }
        "filter" => {
            let kept = model.function_of(first).and_then(|each| model.file.body(each));
            let sides = kept.and_then(|kept| compared(model, kept, BinaryOp::NotEqual));
            sides.is_some_and(|(left, right)| is_it(left) || is_it(right))
        }
        _ => false,
    }
}

/// The sides of a comparison that is all of an expression.
fn compared(model: &Model<'_>, test: NodeId, with: BinaryOp) -> Option<(NodeId, NodeId)> {
    let tree = &model.file.tree;
    (tree.kind(test) == Kind::Binary && tree.binary_op(test) == Some(with))
        .then(|| Some((tree.first(test)?, tree.child(test, 1)?)))?
}

/// `if (entry.promise === work) list.splice(i, 1)`, where all that `promise` is ever given is chained on `work`.
fn is_under_another(file: &FileView<'_, '_>, release: &CollectionOp) -> bool {
    let tree = &file.model.file.tree;
    let mut child = release.node;
    let test = tree.within_function(release.node).find_map(|parent| {
        let inner = std::mem::replace(&mut child, parent);
        (tree.kind(parent) == Kind::If && tree.child(parent, 1) == Some(inner)).then(|| tree.first(parent))?
    });
    let sides = test.and_then(|test| compared(file.model, test, BinaryOp::Equal));
    sides.is_some_and(|(left, right)| {
        [(left, right), (right, left)].into_iter().any(|(field, base)| {
            let name = tree.name_id(field).filter(|_| tree.kind(field) == Kind::Member);
            let base = is_one(file.model, base).then(|| file.model.file.place(base));
            name.zip(base).is_some_and(|(name, base)| is_only_chained_on(file, name, &base))
        })
    })
}

/// Whether the fields of a name are given nothing but what is chained on one promise.
fn is_only_chained_on(file: &FileView<'_, '_>, name: NameId, base: &Place) -> bool {
    let tree = &file.model.file.tree;
    let is_named = |place: &Place| place.last_field() == Some(name);
    let given =
        file.accesses.in_field(name).filter(|access| is_named(&access.place)).filter_map(
            |access| match access.usage {
                Usage::Assigned(assign) => Some(tree.child(assign, 1)),
                Usage::Updated(_) | Usage::Destructured(_) => Some(None),
                _ => None,
            },
        );
    let mut given = given.peekable();
    let is_chained = |value: Option<NodeId>| {
        value.and_then(|value| chained_on(file.model, value)).is_some_and(|of| of == *base)
    };
    // What an object is made with may be anything.
    let is_written_out =
        || tree.ids().any(|node| tree.kind(node) == Kind::Property && tree.name_id(node) == Some(name));
    given.peek().is_some() && given.all(is_chained) && !is_written_out()
}
