//! What limits how much is at work at once.

use crate::rule::FileView;
use outlive_semantic::accumulate;
use outlive_semantic::catalog::When;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::tree::{BinaryOp, Kind};
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// Words in the names of what makes work wait for its turn.
const TURNS: &[&str] = &["limit", "acquire", "semaphore", "throttle"];

/// Words in the names of what work is handed to, to be done in its turn.
const QUEUES: &[&str] = &["schedule", "queue", "pool"];

/// Whether the work below a node goes through something that limits it.
pub(super) fn is_limited(model: &Model<'_>, node: NodeId) -> bool {
    let by_name = names_of_calls(model, node).any(|name| {
        says(name, TURNS) || says(name, QUEUES) || matches!(name, "add" | "push" | "run" | "exec")
    });
    by_name || model.file.tree.subtree(node).any(|call| is_handed_to_a_queue(model, call))
}

/// Whether a call hands work to what a library makes to do it in turns: `const turn = pLimit(5)`.
fn is_handed_to_a_queue(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let Some(callee) = tree.callee(call) else { return false };
    let queue = tree.method_call(call).map_or(callee, |(object, _)| object);
    let made = model.values(&model.file.place(queue));
    made.iter().any(|&made| tree.is_call(made) && model.rows(made).iter().any(|row| row.queue.is_some()))
}

/// Whether what a function does waits for its turn.
pub(super) fn takes_turns(model: &Model<'_>, func: FuncId) -> bool {
    names_of_calls(model, model.file.function(func).node).any(|name| says(name, TURNS))
}

fn names_of_calls<'m>(model: &'m Model<'_>, node: NodeId) -> impl Iterator<Item = &'m str> {
    let tree = &model.file.tree;
    tree.subtree(node).filter_map(|node| tree.callee(node)).filter_map(|callee| model.callee_name(callee))
}

fn says(name: &str, words: &[&str]) -> bool {
    let lower = name.to_ascii_lowercase();
    words.iter().any(|word| lower.contains(word))
}

/// Whether what a function does for one thing after the other is held back: each piece of work that it leaves asks.
#[derive(Default)]
struct HeldBack(RefCell<FxHashMap<FuncId, bool>>);

/// Whether what runs again and again around a function holds its source back, or counts what is at work.
pub(super) fn holds_back(file: &FileView<'_, '_>, func: FuncId) -> bool {
    let model = file.model;
    let runner = model.file.enclosing(func).find(|&around| is_driven(model, around)).unwrap_or(func);
    let known = file.memos.of::<HeldBack>();
    if let Some(&known) = known.0.borrow().get(&runner) {
        return known;
    }
    let node = model.file.function(runner).node;
    let found = takes_turns(model, runner)
        || model.file.tree.subtree(node).any(|node| is_gauge(model, node) || tests_count(file, node));
    known.0.borrow_mut().insert(runner, found);
    found
}

/// Whether a row says how often a function runs, whoever hands it over.
fn is_driven(model: &Model<'_>, func: FuncId) -> bool {
    let rows = |handed| model.callback_rows(handed);
    model
        .handed(func)
        .iter()
        .any(|handed| rows(handed).iter().any(|(_, row)| matches!(row.runs, When::At(_))))
}

/// Whether a node names what tells how much waits, or what stops a source.
fn is_gauge(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    matches!(tree.kind(node), Kind::Member | Kind::String)
        && tree.name(node).is_some_and(|name| model.catalog.is_gauge(name))
}

/// `active >= LIMIT`: something that is counted is compared.
fn tests_count(file: &FileView<'_, '_>, node: NodeId) -> bool {
    let model = file.model;
    let is_order = matches!(
        model.file.tree.binary_op(node),
        Some(BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual)
    );
    is_order
        && model
            .file
            .tree
            .children(node)
            .any(|side| accumulate::is_counted(file.accesses, &model.file.place(side)))
}
