//! What comes ahead of its turn: messages that wait until the ones before them are there.

use super::{sender, shown_source};
use crate::claim::{LocalClaim, Note};
use crate::finding::Role;
use crate::rule::FileView;
use crate::unbounded_queue;
use outlive_semantic::accumulate::{self, Reading};
use outlive_semantic::catalog::Sender;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tree::{BinaryOp, Kind};

/// The claim about a table that is filled by what a peer sends, and from which entries go one after the other, in the order of
/// a counter: one that never comes keeps all that follow.
pub(super) fn claim(file: &FileView<'_, '_>, op: &CollectionOp, reading: &Reading) -> Option<LocalClaim> {
    let model = file.model;
    if !matches!(op.op, Op::Grow(Growth::Set | Growth::Key)) {
        return None;
    }
    let (turn, taken) = turn(file, op)?;
    if unbounded_queue::is_depth_tested(file, &op.holder) || has_window(file, op, &turn) {
        return file
            .drop(&super::META, op.node, || "its size is tested, or how far ahead an entry is".to_owned());
    }
    let sender = sender(model, reading)?;
    let is_remote = matches!(sender, Some(Sender::Request | Sender::Connection));
    let holder = model.file.display(&op.holder);
    let counter = model.file.display(&turn);
    let source = shown_source(model, reading.source);
    let note = |role, message: String, node| Note { role, message, span: model.file.tree.span(node) };
    Some(LocalClaim {
        message: format!(
            "`{holder}` keeps what comes ahead of `{counter}` on {source}: a peer that leaves one out fills it"
        ),
        help: format!(
            "close {source} when `{holder}` passes a limit, or refuse what is too far ahead of `{counter}`"
        ),
        subject: holder,
        unknowns: u8::from(!is_remote),
        // What a well-behaved peer sends has no gap for long.
        conventions: 1,
        must_repeat: true,
        notes: vec![
            note(Role::Grows, "one more waits for its turn here".to_owned(), op.node),
            note(Role::ReleasedHereOnly, format!("taken out here when `{counter}` comes to it"), taken),
        ],
        ..LocalClaim::default()
    })
}

/// The counter by which entries are taken out, and where: if that is the only way.
fn turn(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<(Place, NodeId)> {
    let model = file.model;
    let mut found: Option<(Place, NodeId)> = None;
    for taken in file.ops_on(&op.holder, Op::Release).chain(file.ops_on(&op.holder, Op::Reset)) {
        if model.constructs(taken.func).is_some()
            || unbounded_queue::down::runs_at(file, taken.func, unbounded_queue::down::OVER, 2)
        {
            continue;
        }
        let key = taken.key.map(|key| model.file.place(key))?;
        if !is_counter(file, &key) {
            return None;
        }
        found = found.or(Some((key, taken.node)));
    }
    found
}

/// Whether one is added to a place again and again: `next += 1`, `next = next + 1`.
fn is_counter(file: &FileView<'_, '_>, place: &Place) -> bool {
    let model = file.model;
    if matches!(place.root, Root::Value(_)) {
        return false;
    }
    let adds = |&value: &NodeId| {
        let tree = &model.file.tree;
        is_reckoned(model, value) && tree.children(value).any(|side| model.file.place(side) == *place)
    };
    accumulate::is_counted(file.accesses, place) || model.values(place).iter().any(adds)
}

/// `a + b`, `a - b`
fn is_reckoned(model: &Model<'_>, node: NodeId) -> bool {
    matches!(model.file.tree.binary_op(node), Some(BinaryOp::Add | BinaryOp::Arithmetic))
}

/// Whether the code around asks how far ahead an entry is: `seq - next > 64`, `seq >= next + WINDOW`.
fn has_window(file: &FileView<'_, '_>, op: &CollectionOp, turn: &Place) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    let outer = model.file.enclosing(op.func).filter(|func| func.index() != 0).last().unwrap_or(op.func);
    let reckons = |node: NodeId| {
        is_reckoned(model, node) && tree.subtree(node).any(|part| model.file.place(part) == *turn)
    };
    tree.subtree(model.file.function(outer).node).any(|node| {
        let is_order = matches!(
            tree.binary_op(node),
            Some(BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual)
        );
        is_order
            && tree.subtree(node).any(|part| {
                let value =
                    || (tree.kind(part) == Kind::Identifier).then(|| model.file.value_of(part)).flatten();
                reckons(part) || value().is_some_and(|value| tree.subtree(value).any(reckons))
            })
    })
}
