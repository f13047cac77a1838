//! A response that is awaited and of whose body some way through the function takes no notice.

use super::consumed_by;
use crate::claim::{LocalClaim, Note};
use crate::finding::Role;
use crate::rule::FileView;
use outlive_semantic::flow::{Edge, Exit, Flow};
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashSet;

/// The claim about one request; none if every way reads its body, or hands it on.
pub(super) fn claim(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let wait = tree.parent(call).filter(|&wait| tree.kind(wait) == Kind::Await)?;
    if !model.rows(call).iter().any(|row| row.request.as_ref().is_some_and(|row| row.holds_connection)) {
        return None;
    }
    let body = body(model, wait)?;
    let Some((name, place)) = body else { return Some(words("the response", "is never read", None)) };
    let shown = tree.text(model.file.binding(name).name).to_owned();
    let func = tree.func(call);
    let stops: FxHashSet<NodeId> = stops(file, func, &place);
    if stops.is_empty() {
        return Some(words(&format!("`{shown}`"), "is never read", None));
    }
    let flow = Flow::of(model, func)?;
    let start = *flow.points(wait).first()?;
    let feasible = |edge| !is_empty(model, edge);
    let way = flow.escape(start, &stops, &feasible).filter(|way| !way.is_weak)?;
    let how = match way.exit {
        Exit::Return => "is not read when the function returns here",
        Exit::Throw => "is not read when this throws",
        Exit::End => "is not read on every branch",
    };
    let note = way.at.map(|node| Note {
        role: Role::Holder,
        message: format!("`{shown}` leaves here unread"),
        span: tree.span(node),
    });
    Some(words(&format!("`{shown}`"), how, note))
}

fn words(shown: &str, how: &str, note: Option<Note>) -> LocalClaim {
    LocalClaim {
        message: format!("the body of {shown} {how}: its connection stays taken"),
        help: "call `body.dump()` on the ways that do not need the body, or read it".to_owned(),
        subject: shown.to_owned(),
        must_repeat: true,
        notes: note.into_iter().collect(),
        ..LocalClaim::default()
    }
}

/// The name under which the body, or the whole response, is known: none inside if nobody keeps it, none outside if it
/// goes somewhere else.
fn body(model: &Model<'_>, wait: NodeId) -> Option<Option<(BindingId, Place)>> {
    let tree = &model.file.tree;
    if tree.is_discarded(wait) {
        return Some(None);
    }
    let declarator = tree.parent(wait).filter(|&parent| tree.kind(parent) == Kind::Declarator)?;
    let target = tree.first(declarator)?;
    let named = |binding| Place::root(Root::Binding(binding));
    if let Some(binding) = tree.binding(target) {
        return Some(Some((binding, named(binding))));
    }
    if tree.kind(target) != Kind::ObjectPattern {
        return None;
    }
    let mut body = None;
    for part in tree.children(target) {
        match (tree.kind(part), tree.name(part)) {
            (Kind::PatternProperty, Some("body")) => {
                let name = tree.subtree(part).find(|&name| tree.kind(name) == Kind::BindingName)?;
                body = Some((tree.binding(name)?, model.file.place(name)));
            }
            (Kind::PatternProperty, Some(_)) => {}
            _ => return None,
        }
    }
    Some(body)
}

/// What reads the body, ends it, or takes it over.
fn stops(file: &FileView<'_, '_>, func: FuncId, place: &Place) -> FxHashSet<NodeId> {
    let tree = &file.model.file.tree;
    let mut out = FxHashSet::default();
    for node in file.accesses.below(place).filter_map(|access| consumed_by(file.model, place, access)) {
        out.insert(node);
        out.extend(
            tree.ancestors(node).filter(|&at| tree.kind(at) == Kind::Function && tree.func(at) == func),
        );
    }
    out
}

/// Whether an edge is taken only for an answer that has no body.
fn is_empty(model: &Model<'_>, edge: Edge) -> bool {
    let Edge::True(test) = edge else { return false };
    let tree = &model.file.tree;
    tree.subtree(test).any(|node| matches!(tree.number(node), Some(204.0 | 205.0 | 304.0)))
}
