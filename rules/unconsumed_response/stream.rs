//! A stream that a request gives at once, and that tells of its response by an event: a stream of HTTP/2, a call of gRPC.

use super::{awaited, claim, leaves, leaving, stops};
use crate::claim::LocalClaim;
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::catalog::{ModelId, UnreadRow};
use outlive_semantic::flow::Flow;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::Place;
use outlive_semantic::tree::Kind;

/// The claim about a stream that nobody reads, or that the listener which hears of the response reads on some ways.
pub(super) fn claim_of(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let declarator = tree.parent(call).filter(|&parent| tree.kind(parent) == Kind::Declarator)?;
    let named = tree.first(declarator)?;
    let unread = |of: ModelId| model.catalog.model(of).unread.as_ref();
    let by_type = |node| model.model_of(model.ty(node)).and_then(unread);
    let row = by_type(call).or_else(|| by_type(named));
    let row = row.or_else(|| awaited::answer(model, call).filter(|row| row.body.is_none()));
    let row = row.or_else(|| of_service(file, call, &model.file.place(named)).and_then(unread));
    claim_as(file, call, row?)
}

/// The same, if that is how the stream is read.
pub(super) fn claim_as(file: &FileView<'_, '_>, call: NodeId, row: &UnreadRow) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let declarator = tree.parent(call).filter(|&parent| tree.kind(parent) == Kind::Declarator)?;
    let place = model.file.place(tree.first(declarator)?);
    let name = model.file.display(&place);
    let mut stops = stops(file, tree.func(call), &place, row);
    // What gives it its name does not read it.
    stops.remove(&call);
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

/// The type of the stream that a method of a service gives. A method that is handed a function calls that one back with the
/// answer; what nobody listens to need not be a stream.
fn of_service(file: &FileView<'_, '_>, call: NodeId, stream: &Place) -> Option<ModelId> {
    let model = file.model;
    let tree = &model.file.tree;
    let (service, _) = tree.method_call(call)?;
    let of = model.catalog.streams_of_service(&model.api_path(service)?)?;
    let events = file.accesses.of(stream).filter_map(|access| {
        let Usage::Method { name, call } = access.usage else { return None };
        let event = tree.arg(call, 0).filter(|_| matches!(tree.text(name), "on" | "once"))?;
        model.file.constant_name(event).map(|event| tree.text(event))
    });
    let mut events = events.peekable();
    events.peek()?;
    let is_asked = tree.args(call).all(|arg| is_no_function(model, arg));
    (is_asked || events.any(|event| matches!(event, "end" | "error"))).then_some(of)
}

fn is_no_function(model: &Model<'_>, arg: NodeId) -> bool {
    let value = model.file.value_of(arg).unwrap_or(arg);
    matches!(
        model.file.tree.kind(value),
        Kind::Object | Kind::New | Kind::Array | Kind::String | Kind::Number
    )
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
