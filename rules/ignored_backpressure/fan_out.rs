//! One thing that is sent to many: whoever does not take it has it kept for him, until he is gone.

use super::sink::{self, Sink};
use crate::claim::LocalClaim;
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::index::NodeId;
use outlive_semantic::invariant;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tree::Kind;

/// Names that tell that slow clients are looked at, or let go.
const LIMITS: &[&str] = &["bufferedAmount", "writableLength", "writableNeedDrain", "terminate"];

/// What lets go of a client.
const ENDS: &[&str] = &["destroy", "terminate", "disconnect"];

/// `for (const client of clients) client.send(message)`, in a file where no client is ever too slow.
pub(super) fn claim(file: &FileView<'_, '_>, call: NodeId, sink: &Sink<'_>) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let clients = clients(&sink.place)?;
    if !sink.proved || !sink.is_peer || !outlasts(model, call, &clients) {
        return None;
    }
    if !runs_for_each(model, call, &clients) || is_heartbeat(model, call) {
        return None;
    }
    let func = sink::outermost(model, tree.func(call));
    if sink::names_any(model, LIMITS) || lets_go(file, &clients) || sink::mentions_gauge(file, func, sink) {
        return None;
    }
    let (list, shown, method) = (model.file.display(&clients), &sink.shown, sink.method);
    let gauge = if method == "send" { "bufferedAmount" } else { "writableLength" };
    Some(LocalClaim {
        message: format!(
            "`{shown}.{method}` runs for each of `{list}`: what a client does not take is kept for as long as it is connected"
        ),
        help: format!("skip or close a client while its `{gauge}` is too large"),
        subject: format!("{list} {method}"),
        // That a client is slow, and stays, nobody can see.
        conventions: 1,
        often: 1,
        must_repeat: true,
        must_be_hot: true,
        ..LocalClaim::default()
    })
}

/// The list of which a sink is one: `clients` of `clients[i]` and of `clients[i].socket`.
fn clients(sink: &Place) -> Option<Place> {
    let mut at = sink.clone();
    while at.path.last() != Some(&Step::Element) {
        at = at.parent()?;
    }
    at.parent()
}

/// Whether the list was there before the function that goes through it.
fn outlasts(model: &Model<'_>, call: NodeId, list: &Place) -> bool {
    let Root::Binding(binding) = list.root else { return !matches!(list.root, Root::Value(_)) };
    let owner = model.file.binding(binding).func;
    let is_local = model.file.enclosing(model.file.tree.func(call)).any(|func| func == owner);
    owner.index() == 0 || !is_local || !list.path.is_empty()
}

/// Whether a call runs for each element of a list, once each time something is sent.
fn runs_for_each(model: &Model<'_>, call: NodeId, list: &Place) -> bool {
    let tree = &model.file.tree;
    let Some(turn) = invariant::turn(model, call) else { return false };
    let goes_through = |source: NodeId| model.file.place(model.file.iterated(source)) == *list;
    match tree.kind(turn) {
        Kind::ForOf | Kind::ForIn => tree.child(turn, 1).is_some_and(goes_through),
        Kind::For => {
            let heads = [1, 0].into_iter().filter_map(|n| tree.child(turn, n));
            heads.flat_map(|head| tree.subtree(head)).any(|node| model.file.place(node) == *list)
        }
        Kind::Function => {
            let each = tree.argument_of(turn).and_then(|(each, _)| tree.method_call(each));
            each.is_some_and(|(source, _)| goes_through(source))
        }
        _ => false,
    }
}

/// Whether the same is sent each time: `ping`.
fn is_heartbeat(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_pure = |inner: NodeId| {
        let path = tree.callee(inner).and_then(|callee| model.api_path(callee));
        path.is_some_and(|path| matches!(&*path, "JSON.stringify" | "Buffer.from" | "Date.now" | "String"))
    };
    tree.arg(call, 0).is_none_or(|sent| invariant::across_calls(model, sent, &is_pure))
}

/// Whether the file ends clients of the list by itself.
fn lets_go(file: &FileView<'_, '_>, clients: &Place) -> bool {
    let tree = &file.model.file.tree;
    file.accesses
        .below(clients)
        .any(|access| matches!(access.usage, Usage::Method { name, .. } if ENDS.contains(&tree.text(name))))
}
