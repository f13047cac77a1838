//! Entries that are collections themselves: what is made where there was none, and what is taken and replaced by an empty one.

use super::op::{CollectionOp, Op};
use crate::access::{Access, Accesses, Usage};
use crate::index::NodeId;
use crate::model::Model;
use crate::place::Step;
use crate::tested::{self, Told};
use crate::tree::{AssignOp, BinaryOp, Kind};

/// Whether a variable that named an entry gets a new one where there was none: `let list = lists.get(key); if (!list) { list =
/// []; lists.set(key, list); }`. Nothing that was there is lost.
pub(super) fn is_made_where_none_was(model: &Model<'_>, access: &Access, assign: NodeId) -> bool {
    let says_none = |&(test, outcome): &(NodeId, bool)| says_none(model, access, test, outcome);
    let is_new = tree_value(model, assign)
        .is_some_and(|value| matches!(model.file.tree.kind(value), Kind::Array | Kind::Object | Kind::New));
    is_new
        && tested::around(model, assign).any(|told| match told {
            Told::Branch(test, outcome) => tested::parts(model, test, outcome).iter().any(says_none),
            Told::Behind { block, statement } => tested::leaving_tests(model, block)
                .into_iter()
                .take_while(|(before, ..)| *before < statement)
                .any(|(_, test, outcome)| says_none(&(test, outcome))),
        })
}

/// What an assignment gives in the end: `list = lists[key] = []`.
fn tree_value(model: &Model<'_>, assign: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let mut value = tree.child(assign, 1)?;
    while tree.kind(value) == Kind::Assign {
        value = tree.child(value, 1)?;
    }
    Some(value)
}

/// Whether a test that came out so says that the variable of an access holds nothing: `!list`, `list === undefined`.
fn says_none(model: &Model<'_>, access: &Access, test: NodeId, outcome: bool) -> bool {
    let tree = &model.file.tree;
    let variable = model.file.binding_of(access.node);
    let is_it = |node: NodeId| variable.is_some() && model.file.binding_of(node) == variable;
    let compares =
        || tree.children(test).any(is_it) && tree.children(test).any(|side| model.is_nothing(side));
    match tree.binary_op(test) {
        Some(BinaryOp::Equal) => outcome && compares(),
        Some(BinaryOp::NotEqual) => !outcome && compares(),
        _ => !outcome && tree.kind(test) == Kind::Identifier && is_it(test),
    }
}

/// `const batch = batches.get(key); batches.set(key, []); send(batch)`: what was there is taken away, and an empty one put in
/// its place. Where a test asks for the table or its entry, it may be the first.
pub(super) fn swapped(model: &Model<'_>, accesses: &Accesses, access: &Access) -> Option<CollectionOp> {
    let tree = &model.file.tree;
    let (holder, node, value) = match access.usage {
        Usage::Method { name, call } if tree.text(name) == "set" => {
            (access.place.clone(), call, tree.arg(call, 1)?)
        }
        Usage::Assigned(assign)
            if tree.kind(access.node) == Kind::Index
                && access.place.path.last() == Some(&Step::Element)
                && tree.assign_op(assign) == AssignOp::Plain =>
        {
            (access.place.parent()?, assign, tree.child(assign, 1)?)
        }
        _ => return None,
    };
    if !is_empty(model, value) {
        return None;
    }
    let entry = holder.clone().with(Step::Element)?;
    let is_looked_up = |found: &Access| {
        let looks =
            matches!(found.usage, Usage::Method { name, call } if tree.text(name) == "get" && call < node);
        found.func == access.func && looks
    };
    let is_used = |found: &Access| {
        let uses = matches!(
            found.usage,
            Usage::Argument { .. }
                | Usage::Returned(_)
                | Usage::Stored(_)
                | Usage::Spread(_)
                | Usage::Iterated(_)
        );
        found.func == access.func && uses
    };
    let is_taken = accesses.of(&holder).any(is_looked_up) || accesses.of(&entry).any(is_used);
    let is_swap = is_taken && !tested::is_asked_for(model, &entry, node);
    is_swap.then_some(CollectionOp {
        holder: entry,
        op: Op::Release,
        node,
        target: access.node,
        key: None,
        value: None,
        func: access.func,
    })
}

/// Whether an argument is an entry that is put where it is, or where nothing was: `lists.set(key, list)`.
pub(super) fn is_put_back(model: &Model<'_>, access: &Access, call: NodeId, index: usize) -> bool {
    let method = model.file.tree.method_call(call);
    method.is_some_and(|(object, method)| {
        (method, index) == ("set", 1)
            && access.place.path.last() == Some(&Step::Element)
            && access.place.parent() == Some(model.file.place(object))
    })
}

/// Whether an expression is a new collection with nothing in it.
fn is_empty(model: &Model<'_>, value: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.kind(value) {
        Kind::Array | Kind::Object => tree.first(value).is_none(),
        Kind::New => tree.args(value).next().is_none(),
        _ => false,
    }
}
