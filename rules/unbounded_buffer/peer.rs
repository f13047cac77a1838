//! What a peer has sent: parts of a request, messages of a connection, and what is made of them.

use super::sender;
use crate::rule::FileView;
use outlive_semantic::accumulate;
use outlive_semantic::catalog::{Sender, When};
use outlive_semantic::growth::{Growth, Op};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::rate::{Life, Rate};
use outlive_semantic::tree::Kind;

/// How many names and calls are looked through.
const FUEL: u32 = 5;

/// Whether the bytes that an expression gives come from a client of this program.
pub(super) fn is_sent(file: &FileView<'_, '_>, expr: NodeId) -> bool {
    is_sent_within(file, expr, FUEL)
}

fn is_sent_within(file: &FileView<'_, '_>, expr: NodeId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let model = file.model;
    let tree = &model.file.tree;
    match tree.kind(expr) {
        Kind::Await => tree.first(expr).is_some_and(|awaited| is_sent_within(file, awaited, fuel)),
        // `Buffer.from(req.body, 'base64')`, `await request.arrayBuffer()`
        Kind::Call | Kind::New => {
            let of = tree.method_call(expr).map(|(object, _)| object);
            of.is_some_and(|of| is_request(model, of) || is_sent_within(file, of, fuel))
                || tree.arg(expr, 0).is_some_and(|arg| is_sent_within(file, arg, fuel))
        }
        Kind::Identifier | Kind::Member | Kind::Index => {
            let place = model.file.place(expr);
            is_part_of_request(model, &place)
                || is_message(model, &place)
                || is_gathered(file, &place)
                || named(model, &place).is_some_and(|value| is_sent_within(file, value, fuel))
        }
        _ => false,
    }
}

fn named(model: &Model<'_>, place: &Place) -> Option<NodeId> {
    match place.root {
        Root::Binding(binding) => model.file.sole_value(binding),
        _ => None,
    }
}

fn is_request(model: &Model<'_>, expr: NodeId) -> bool {
    let of = model.model_of(model.ty(expr)).map(|of| model.catalog.model(of));
    of.is_some_and(|of| of.life == Some(Life::Request) && of.sender == Some(Sender::Request))
}

/// `req.body`, `ctx.request.body`
fn is_part_of_request(model: &Model<'_>, place: &Place) -> bool {
    place.parent().is_some_and(|whole| model.lives(&whole).any(|life| life == Life::Request))
}

/// The first parameter of what runs for each message of a connection that was accepted.
fn is_message(model: &Model<'_>, place: &Place) -> bool {
    let tree = &model.file.tree;
    let Root::Binding(binding) = place.root else { return false };
    let func = model.file.binding(binding).func;
    let is_first = model.file.params(func).next().and_then(|param| tree.binding(param)) == Some(binding);
    is_first && is_run_for_messages(model, func)
}

fn is_run_for_messages(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    model.handed(func).iter().any(|handed| {
        let of = tree.method_call(handed.call).and_then(|(object, _)| model.model_of(model.ty(object)));
        let is_peer = of.is_some_and(|of| model.catalog.model(of).sender == Some(Sender::Connection));
        let rows = model.callback_rows(handed);
        is_peer && rows.iter().any(|(_, row)| row.runs == When::At(Rate::Message))
    })
}

/// A list in which the pieces of what is sent are gathered.
fn is_gathered(file: &FileView<'_, '_>, place: &Place) -> bool {
    let model = file.model;
    file.ops_on(place, Op::Grow(Growth::Push)).any(|op| {
        let reading = accumulate::reading(model, file.registrations, op);
        let sender = reading.and_then(|reading| sender(model, &reading)).flatten();
        matches!(sender, Some(Sender::Request | Sender::Connection))
    })
}
