//! A stream that a request gives at once, and that tells of its response by an event: a stream of HTTP/2.

use super::{claim, leaves, leaving, stops};
use crate::claim::LocalClaim;
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::flow::Flow;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::place::Place;
use outlive_semantic::tree::Kind;

/// The claim about a stream that nobody reads, or that the listener which hears of the response reads on some ways.
pub(super) fn claim_of(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let of = model.model_of(model.ty(call))?;
    let row = model.catalog.model(of).unread.as_ref()?;
    let declarator = tree.parent(call).filter(|&parent| tree.kind(parent) == Kind::Declarator)?;
    let place = model.file.place(tree.first(declarator)?);
    let name = model.file.display(&place);
    let stops = stops(file, tree.func(call), &place, row);
    let Some(listener) = listener(file, &place) else {
        return stops.is_empty().then(|| claim(&name, "is never read", vec![], row));
    };
    if stops.is_empty() {
        return Some(claim(&name, "is never read", vec![], row));
    }
    // What is read elsewhere is read whatever the listener does.
    let within = |&stop: &NodeId| tree.func(stop) == listener || tree.function(stop) == Some(listener);
    if !stops.iter().all(within) {
        return None;
    }
    let flow = Flow::of(model, listener)?;
    let way = flow.escape(flow.entry(), &stops, &|_| true).filter(|way| !way.is_weak)?;
    Some(claim(&name, &leaves(way.exit, "handler"), leaving(model, way.at, &name), row))
}

/// The function that hears of the response.
fn listener(file: &FileView<'_, '_>, place: &Place) -> Option<FuncId> {
    let tree = &file.model.file.tree;
    file.accesses.of(place).find_map(|access| {
        let Usage::Method { call, .. } = access.usage else { return None };
        let event = tree.arg(call, 0).and_then(|event| file.model.file.constant_name(event))?;
        let listener = tree.arg(call, 1).filter(|_| tree.text(event) == "response")?;
        file.model.function_of(listener)
    })
}
