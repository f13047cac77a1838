//! Entries that are there already: what is written over one adds nothing.

use super::told;
use crate::rule::FileView;
use outlive_semantic::growth::CollectionOp;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tested::{self, Told};
use outlive_semantic::tree::{BinaryOp, Kind, UnaryOp};
use smallvec::SmallVec;

/// The entry of one key: its collection, and the key.
pub(crate) type Entry = (Place, Place);

/// `if (map.has(k)) map.set(k, …)`, `if (!table[k]) return; table[k] = …`: it runs only if there is an entry of that key.
pub(super) fn is_overwrite(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let model = file.model;
    let Some(key) = op.key.and_then(|key| key_of(model, key)) else { return false };
    let entry = (op.holder.clone(), key);
    tested::around(model, op.node).any(|told| match told {
        Told::Branch(test, outcome) => {
            let mut parts = tested::parts(model, test, outcome).into_iter();
            parts.any(|(test, outcome)| entries(model, test, outcome).contains(&entry))
        }
        Told::Behind { block, statement } => told::by(file, block).is_there(&entry, statement),
    })
}

/// The entries that are there where a test came out so.
pub(super) fn entries(model: &Model<'_>, test: NodeId, outcome: bool) -> SmallVec<[Entry; 2]> {
    let tree = &model.file.tree;
    let mut out = SmallVec::new();
    match tree.binary_op(test) {
        Some(BinaryOp::Equal) => compared(model, test, outcome, &mut out),
        Some(BinaryOp::NotEqual) => compared(model, test, !outcome, &mut out),
        Some(BinaryOp::In) if outcome => {
            out.extend(entry(model, tree.child(test, 1), tree.first(test)));
        }
        None if outcome => {
            out.extend(asked_for(model, test));
            read(model, test, &mut out);
        }
        _ => {}
    }
    out
}

/// `table[k] === false`, and of what differs from nothing: `table[k] !== undefined`.
fn compared(model: &Model<'_>, test: NodeId, is_equal: bool, out: &mut SmallVec<[Entry; 2]>) {
    let tree = &model.file.tree;
    let (Some(left), Some(right)) = (tree.first(test), tree.child(test, 1)) else { return };
    let is_type = tree.unary_op(left) == Some(UnaryOp::Typeof);
    let is_undefined = model.is_nothing(right) || is_type && tree.string(right) == Some("undefined");
    let is_known =
        is_undefined || matches!(tree.kind(right), Kind::Bool | Kind::Number | Kind::String | Kind::BigInt);
    let subject = if is_type { tree.first(left) } else { Some(left) };
    if let Some(subject) = subject.filter(|_| is_known && is_equal != is_undefined) {
        read(model, subject, out);
    }
}

/// `map.has(k)`, `keys.includes(k)`, `Object.hasOwn(table, k)`.
fn asked_for(model: &Model<'_>, test: NodeId) -> Option<Entry> {
    let tree = &model.file.tree;
    let (object, method) = tree.method_call(test)?;
    match method {
        "has" | "includes" | "hasOwnProperty" => entry(model, Some(object), tree.arg(test, 0)),
        "hasOwn" | "call" => {
            let path = model.api_path(tree.callee(test)?)?;
            let is_own = &*path == "Object.hasOwn" || path.ends_with("hasOwnProperty.call");
            entry(model, tree.arg(test, 0).filter(|_| is_own), tree.arg(test, 1))
        }
        _ => None,
    }
}

/// `table[k]`, `map.get(k)`, a variable that holds it, or a part of one of them: `entry.open`.
fn read(model: &Model<'_>, subject: NodeId, out: &mut SmallVec<[Entry; 2]>) {
    let tree = &model.file.tree;
    let mut at = Some(subject);
    while let Some(node) = at {
        out.extend(entry_read(model, node));
        out.extend(held(model, node).and_then(|value| entry_read(model, value)));
        at = tree.first(node).filter(|_| matches!(tree.kind(node), Kind::Member | Kind::Index));
    }
}

/// What the variable was given.
fn held(model: &Model<'_>, node: NodeId) -> Option<NodeId> {
    let is_name = model.file.tree.kind(node) == Kind::Identifier;
    is_name.then(|| model.file.value_of(node)).flatten()
}

/// `table[k]`, `map.get(k)`.
fn entry_read(model: &Model<'_>, node: NodeId) -> Option<Entry> {
    let tree = &model.file.tree;
    if tree.kind(node) == Kind::Index {
        return entry(model, tree.first(node), tree.child(node, 1));
    }
    match tree.method_call(node)? {
        (object, "get") => entry(model, Some(object), tree.arg(node, 0)),
        _ => None,
    }
}

fn entry(model: &Model<'_>, holder: Option<NodeId>, key: Option<NodeId>) -> Option<Entry> {
    Some((model.file.place(holder?), key_of(model, key?)?))
}

/// What a key is called: what a call gives is another each time.
fn key_of(model: &Model<'_>, key: NodeId) -> Option<Place> {
    Some(model.file.place(key)).filter(|place| !matches!(place.root, Root::Value(_)))
}
