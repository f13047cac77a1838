//! An iterator or reader that is advanced by hand and left before it is done: what it reads from stays open, as a loop
//! would have closed it.

use crate::claim::{LocalClaim, Note};
use crate::finding::Role;
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::flow::{Edge, Flow, Way, contradicts};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::listeners;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashSet;

/// What is read by hand.
struct Source {
    /// What it is called in messages.
    what: &'static str,
    /// The method that reads on.
    advance: &'static str,
    /// The methods that end it.
    ends: &'static [&'static str],
    /// Whether it surely holds something outside.
    is_sure: bool,
}

/// The claim about a call that gives an iterator or a reader; none if every way ends it, reads it to its end or hands it on.
pub(super) fn claim(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let source = source(model, call)?;
    let declarator = tree.parent(call).filter(|&parent| tree.kind(parent) == Kind::Declarator)?;
    let binding = tree.binding(tree.first(declarator)?)?;
    let place = Place::root(Root::Binding(binding));
    let mut stops = stops(file, &source, &place, tree.func(call))?;
    stops.extend(ended_beside(file, call));
    let way = left_undone(model, call, &place, &stops)?;
    let (what, shown) = (source.what, tree.text(model.file.binding(binding).name));
    let left = way.at.map(|node| Note {
        role: Role::Holder,
        message: format!("`{shown}` is left here before it is done"),
        span: tree.span(node),
    });
    let end = source.ends[0];
    Some(LocalClaim {
        message: format!("the {what} `{shown}` is left before it is done: what it reads from stays open"),
        help: format!(
            "call `{shown}.{end}()` where the function leaves, in a `finally`, or read in a `for await` loop"
        ),
        subject: format!("{what} {shown}"),
        named: u8::from(!source.is_sure),
        must_repeat: true,
        notes: left.into_iter().collect(),
        ..LocalClaim::default()
    })
}

fn source(model: &Model<'_>, call: NodeId) -> Option<Source> {
    let tree = &model.file.tree;
    let callee = tree.callee(call).filter(|_| tree.kind(call) == Kind::Call)?;
    let ends = &["return", "throw", "@@asyncDispose"];
    let method = tree.method_call(call).map(|(_, method)| method);
    if matches!(model.api_path(callee).as_deref(), Some("events.on" | "events.EventEmitter.on")) {
        let is_ended = ["signal", "close"]
            .iter()
            .any(|name| listeners::option(model, tree.arg(call, 2), name).is_some());
        return (!is_ended).then_some(Source { what: "iterator", advance: "next", ends, is_sure: true });
    }
    match method? {
        "@@asyncIterator" => {
            return Some(Source { what: "iterator", advance: "next", ends, is_sure: false });
        }
        "getReader" => {}
        _ => return None,
    }
    // A body that has been begun is cancelled by nobody: not by giving back the lock, and not by a collection.
    let is_sure = is_own_body(model, call);
    let ends: &[&str] = if is_sure { &["cancel"] } else { &["cancel", "releaseLock"] };
    Some(Source { what: "reader", advance: "read", ends, is_sure })
}

/// Whether what is read is the body of an answer that this function alone has: `const answer = await fetch(…)`.
fn is_own_body(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let Some((body, _)) = tree.method_call(call) else { return false };
    let Some(answer) = tree.first(body).filter(|_| tree.kind(body) == Kind::Member) else { return false };
    let Some(binding) = model.file.binding_of(answer) else { return false };
    let asked = model.file.sole_value(binding).map(|value| tree.awaited(value));
    let is_asked = asked.is_some_and(|asked| {
        model.rows(asked).iter().any(|row| row.request.as_ref().is_some_and(|request| request.body))
    });
    // Whoever else is handed it may read on.
    let references = model.file.binding(binding).references.iter();
    let mut nodes = references.map(|&one| model.file.references[one.index()].node);
    is_asked && nodes.all(|node| tree.parent(node).is_some_and(|parent| tree.kind(parent) == Kind::Member))
}

/// Calls of the function that end what is read by another name: `response.body.cancel()`, `controller.abort()`.
fn ended_beside(file: &FileView<'_, '_>, call: NodeId) -> Vec<NodeId> {
    let tree = &file.model.file.tree;
    let func = tree.func(call);
    let Some((read, "getReader")) = tree.method_call(call) else { return Vec::new() };
    let read = file.model.file.place(read);
    let own = file.accesses.iter().filter(|access| access.func == func);
    own.filter_map(|access| match access.usage {
        Usage::Method { name, call } => {
            let name = tree.text(name);
            (name == "abort" || name == "cancel" && access.place == read).then_some(call)
        }
        _ => None,
    })
    .collect()
}

/// The nodes that end it; none if it is handed on, or nobody reads it here.
fn stops(file: &FileView<'_, '_>, source: &Source, place: &Place, func: FuncId) -> Option<FxHashSet<NodeId>> {
    let tree = &file.model.file.tree;
    let mut out = FxHashSet::default();
    let mut is_read = false;
    for access in file.accesses.below(place) {
        let Usage::Method { name, call } = access.usage else {
            if matches!(access.usage, Usage::Tested(_) | Usage::Operand(_)) {
                continue;
            }
            return None;
        };
        let name = tree.text(name);
        if access.func != func {
            return None;
        }
        is_read |= name == source.advance;
        if source.ends.contains(&name) {
            out.insert(call);
        } else if name != source.advance && name != "releaseLock" {
            return None;
        }
    }
    is_read.then_some(out)
}

/// The way out of the function on which it is neither ended nor done: a `throw` is one. A rejection is not followed: mostly
/// that is the source's own, which has ended by it.
fn left_undone(model: &Model<'_>, call: NodeId, place: &Place, stops: &FxHashSet<NodeId>) -> Option<Way> {
    let flow = Flow::of(model, model.file.tree.func(call))?;
    let start = *flow.points(call).first()?;
    let places = std::slice::from_ref(place);
    let tree = &model.file.tree;
    let goes_on = |from: Option<NodeId>, edge| match edge {
        Edge::Throw => from.is_some_and(|from| tree.kind(from) == Kind::Throw),
        Edge::MayThrow => false,
        _ => !is_done(model, edge) && !contradicts(model, edge, places),
    };
    flow.escape_by(start, stops, &goes_on)
}

/// Whether an edge is taken only once there is nothing more: `done` holds, or there is no value.
fn is_done(model: &Model<'_>, edge: Edge) -> bool {
    let (test, outcome) = match edge {
        Edge::True(test) => (test, true),
        Edge::False(test) => (test, false),
        _ => return false,
    };
    let tree = &model.file.tree;
    let says = |node: NodeId| {
        let is = |part| is_part(model, node, part, DEPTH);
        if is("done") { Some(true) } else { is("value").then_some(false) }
    };
    match tree.kind(test) {
        Kind::Identifier | Kind::Member => says(test) == Some(outcome),
        // `done === true`, `value == null`: whatever it is compared with, an end is what is asked for.
        Kind::Binary => tree.children(test).any(|side| says(side).is_some()),
        _ => false,
    }
}

/// How many variables are looked through for what a piece says: `const { done: last } = piece; done = last`.
const DEPTH: u32 = 3;

/// Whether an expression is a part of what a reader gives, by its own name or by that of the part: `const { done: last }`.
fn is_part(model: &Model<'_>, node: NodeId, part: &str, fuel: u32) -> bool {
    if model.callee_name(node) == Some(part) {
        return true;
    }
    let tree = &model.file.tree;
    let (Some(binding), Some(fuel)) = (model.file.binding_of(node), fuel.checked_sub(1)) else {
        return false;
    };
    let row = model.file.binding(binding);
    let written = row.references.iter().map(|&one| model.file.references[one.index()].node);
    let is_taken = |site: NodeId| {
        let parent = tree.parent(site).filter(|&parent| tree.kind(parent) == Kind::PatternProperty);
        parent.and_then(|parent| tree.name(parent)) == Some(part)
    };
    std::iter::once(row.node).chain(written).any(is_taken)
        || row.values.iter().any(|&value| is_part(model, value, part, fuel))
}
