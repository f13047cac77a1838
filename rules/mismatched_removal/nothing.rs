//! Clean-ups that go through nothing: `Object.values` of a Map has no entries.

use crate::claim::{LocalClaim, Note};
use crate::ending::takes_away;
use crate::finding::Role;
use crate::rule::FileView;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::Root;
use outlive_semantic::tree::Kind;

/// `for (const timer of Object.values(this.timers)) clearInterval(timer)`, where `timers` is a Map: its entries are no
/// properties (<https://tc39.es/ecma262/#sec-object.values>), and the loop does not run once.
pub(super) fn mismatch(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let (object, method @ ("values" | "keys" | "entries")) = tree.method_call(call)? else { return None };
    let held = tree.arg(call, 0).filter(|_| model.file.global_of(object) == Some("Object"))?;
    let place = model.file.place(held);
    let values = model.values(&place);
    let made = *values.iter().find(|&&value| !model.is_nothing(value))?;
    let kind = collection(model, made)?;
    let holds_only =
        values.iter().all(|&value| model.is_nothing(value) || collection(model, value).is_some());
    if !matches!(place.root, Root::This(_) | Root::Binding(_)) || !holds_only || !releases(model, call) {
        return None;
    }
    let shown = model.file.display(&place);
    let message =
        format!("this goes through nothing: `{shown}` is a {kind}, and its entries are no properties");
    let begun = Note { role: Role::NeverMatches, message: "made here".to_owned(), span: tree.span(made) };
    Some(LocalClaim {
        message,
        help: format!("go through `{shown}.{method}()`"),
        subject: format!("{shown} Object.{method}"),
        notes: vec![begun],
        ..LocalClaim::default()
    })
}

/// The kind of collection that an expression makes, if that has entries and no properties.
fn collection<'a>(model: &Model<'a>, value: NodeId) -> Option<&'a str> {
    let tree = &model.file.tree;
    let callee = tree.callee(value).filter(|_| tree.kind(value) == Kind::New)?;
    model.file.global_of(callee).filter(|name| matches!(*name, "Map" | "Set"))
}

/// Whether what goes through the result of a call gives something back for each entry.
fn releases(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let Some(parent) = tree.parent(call) else { return false };
    let body = match tree.kind(parent) {
        Kind::ForOf if tree.child(parent, 1) == Some(call) => Some(parent),
        Kind::Member if tree.name(parent) == Some("forEach") => tree.parent(parent),
        _ => None,
    };
    let gives_back = |node: NodeId| {
        let name = tree.callee(node).and_then(|callee| model.callee_name(callee));
        name.is_some_and(|name| takes_away(model.catalog, name) || name.starts_with("clear"))
    };
    body.is_some_and(|body| tree.subtree(body).any(|node| tree.is_call(node) && gives_back(node)))
}
