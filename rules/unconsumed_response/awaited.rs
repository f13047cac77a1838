//! A response that is awaited and of whose body some way through the function takes no notice.

use super::{leaves, leaving, stops};
use crate::asked::maker;
use crate::claim::{LocalClaim, Note};
use crate::rule::FileView;
use outlive_semantic::catalog::{RequestRow, UnreadRow};
use outlive_semantic::flow::{Edge, Flow, contradicts};
use outlive_semantic::index::{BindingId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tree::Kind;

/// The claim about one request; none if every way reads its body, or hands it on.
pub(super) fn claim(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    claim_as(file, call, answer(file.model, call)?)
}

/// The same, if that is how the answer is read.
pub(super) fn claim_as(file: &FileView<'_, '_>, call: NodeId, row: &UnreadRow) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let wait = tree.parent(call).filter(|&wait| tree.kind(wait) == Kind::Await)?;
    let Some((name, place)) = body(model, wait, row)? else {
        return Some(words("the response", "is never read", vec![], row));
    };
    let shown = tree.text(model.file.binding(name).name).to_owned();
    let func = tree.func(call);
    let stops = stops(file, func, &place, row);
    if stops.is_empty() {
        return Some(words(&format!("`{shown}`"), "is never read", vec![], row));
    }
    let flow = Flow::of(model, func)?;
    let start = *flow.points(wait).first()?;
    // Behind the answer there is one: `if (!answer) return`.
    let places = [place];
    let feasible = |edge| !is_empty(model, edge) && !contradicts(model, edge, &places);
    let way = flow.escape(start, &stops, &feasible).filter(|way| !way.is_weak)?;
    let notes = leaving(model, way.at, &shown);
    Some(words(&format!("`{shown}`"), &leaves(way.exit, "function"), notes, row))
}

/// How the answer that a call asks for is read, if that is for whoever asks to do.
pub(super) fn answer<'a>(model: &Model<'a>, call: NodeId) -> Option<&'a UnreadRow> {
    let rows = model.rows(call);
    let requests = rows.iter().filter_map(|row| row.request.as_ref());
    let mut answers = requests.filter(|row| row.answer.is_some() && holds(model, call, row));
    let name = answers.next()?.answer.as_ref()?;
    model.catalog.find_type(name).and_then(|of| model.catalog.model(of).unread.as_ref())
}

/// Whether the options of a call ask for such an answer, or those of the client that it asks.
fn holds(model: &Model<'_>, call: NodeId, row: &RequestRow) -> bool {
    let made = || made_with(model, call, row).and_then(|options| says(model, Some(options), row));
    asks_itself(model, call, row).or_else(made) == Some(true)
}

/// Whether the options of a call itself ask for such an answer; none if they say nothing of it.
pub(super) fn asks_itself(model: &Model<'_>, call: NodeId, row: &RequestRow) -> Option<bool> {
    says(model, row.options.and_then(|at| model.file.tree.arg(call, usize::from(at))), row)
}

/// Whether options ask for such an answer; none if they say nothing of it.
pub(super) fn says(model: &Model<'_>, options: Option<NodeId>, row: &RequestRow) -> Option<bool> {
    let tree = &model.file.tree;
    if row.answer_if.is_empty() {
        return Some(true);
    }
    let options = options.map(|options| model.file.value_of(options).unwrap_or(options))?;
    if tree.kind(options) != Kind::Object {
        return Some(false);
    }
    let is_wanted = |value: NodeId, wanted: &str| match tree.boolean(value) {
        Some(value) => wanted == if value { "true" } else { "false" },
        None => model.file.constant_name(value).is_some_and(|value| tree.text(value) == wanted),
    };
    let all =
        row.answer_if.iter().map(|(option, wanted)| Some(is_wanted(tree.property(options, option)?, wanted)));
    all.collect::<Option<Vec<bool>>>().map(|all| all.iter().all(|&holds| holds))
}

/// The options of the client that a call asks.
fn made_with(model: &Model<'_>, call: NodeId, row: &RequestRow) -> Option<NodeId> {
    let at = usize::from(row.made_with?);
    model.file.tree.arg(maker(model, call)?, at)
}

fn words(shown: &str, how: &str, notes: Vec<Note>, row: &UnreadRow) -> LocalClaim {
    let body = row.body.as_deref().unwrap_or("body");
    LocalClaim {
        message: format!("the body of {shown} {how}: its connection stays taken"),
        help: format!("call `{body}.{}()` on the ways that do not need the body, or read it", row.discard),
        subject: shown.to_owned(),
        must_repeat: true,
        unknowns: u8::from(row.buffers),
        notes,
        ..LocalClaim::default()
    }
}

/// The name under which the body, or the whole response, is known: none inside if nobody keeps it, none outside if it
/// goes somewhere else.
fn body(model: &Model<'_>, wait: NodeId, row: &UnreadRow) -> Option<Option<(BindingId, Place)>> {
    let tree = &model.file.tree;
    if tree.is_discarded(wait) {
        return Some(None);
    }
    let given =
        tree.parent(wait).filter(|&parent| matches!(tree.kind(parent), Kind::Declarator | Kind::Assign))?;
    let target = tree.first(given).filter(|&target| target != wait)?;
    let named = |binding| Place::root(Root::Binding(binding));
    // `let answer; try { answer = await request(url) } catch { … }`
    let assigned = || {
        let variable = model.file.binding_of(target)?;
        let is_own = model.file.binding(variable).func == tree.func(wait) && tree.is_discarded(given);
        is_own.then_some(variable)
    };
    if let Some(binding) = tree.binding(target).or_else(assigned) {
        return Some(Some((binding, named(binding))));
    }
    if tree.kind(target) != Kind::ObjectPattern {
        return None;
    }
    let mut body = None;
    for part in tree.children(target) {
        let name = tree.name(part).filter(|_| tree.kind(part) == Kind::PatternProperty)?;
        if Some(name) == row.body.as_deref() {
            let name = tree.subtree(part).find(|&name| tree.kind(name) == Kind::BindingName)?;
            body = Some((tree.binding(name)?, model.file.place(name)));
        } else if !row.looks.iter().any(|known| known == name) {
            // Something reads the body: `const { text } = …`.
            return None;
        }
    }
    Some(body)
}

/// Whether an edge is taken only for an answer that has no body.
fn is_empty(model: &Model<'_>, edge: Edge) -> bool {
    let Edge::True(test) = edge else { return false };
    let tree = &model.file.tree;
    tree.subtree(test).any(|node| matches!(tree.number(node), Some(204.0 | 205.0 | 304.0)))
}
