//! Growth that comes to an end by itself: only until something is ready, as long as an interval has something to do, or while
//! one thing is read.

use super::told;
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tested::{self, Told};
use outlive_semantic::tree::Kind;

/// `if (isReady()) { run(path); } else { waiting.push(path); }`: what comes before a program is up is put aside until then.
pub(super) fn is_until_ready(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let model = file.model;
    tested::around(model, op.node).any(|told| match told {
        Told::Branch(test, outcome) => tested::parts(model, test, outcome)
            .into_iter()
            .any(|(test, outcome)| is_unready(model, test, outcome)),
        Told::Behind { block, statement } => told::by(file, block).is_until_ready(statement),
    })
}

/// Whether a test that came out so says that something is not ready yet.
pub(super) fn is_unready(model: &Model<'_>, test: NodeId, outcome: bool) -> bool {
    let asked = model.file.tree.callee(test).unwrap_or(test);
    !outcome && model.callee_name(asked).is_some_and(is_readiness)
}

/// Whether a name says that something has come up: it does so once.
fn is_readiness(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["ready", "initialized", "initialised", "booted", "bootstrapped"].iter().any(|word| name.ends_with(word))
}

/// `const timer = setInterval(() => { if (next < words.length) text += words[next++]; else clearInterval(timer); })`: an interval that
/// goes on while there is something left.
pub(super) fn ends_its_interval(model: &Model<'_>, op: &CollectionOp) -> bool {
    let tree = &model.file.tree;
    let [handed] = model.handed(op.func) else { return false };
    let is_interval =
        tree.callee(handed.call).and_then(|callee| model.callee_name(callee)) == Some("setInterval");
    let Some(timer) = kept_as(model, handed.call).filter(|_| is_interval) else { return false };
    let clears = |node: NodeId| {
        tree.callee(node).and_then(|callee| model.callee_name(callee)) == Some("clearInterval")
            && tree.arg(node, 0).and_then(|arg| model.file.binding_of(arg)) == Some(timer)
    };
    tree.within_function(op.node).filter(|&at| tree.kind(at) == Kind::If).any(|decision| {
        let mut branches = tree.children(decision).skip(1);
        branches.any(|branch| !tree.contains(branch, op.node) && tree.subtree(branch).any(clears))
    })
}

/// The variable that has what a call gives.
fn kept_as(model: &Model<'_>, call: NodeId) -> Option<BindingId> {
    let tree = &model.file.tree;
    let keeper = tree.parent(call).and_then(|at| tree.first(at)).filter(|&keeper| keeper != call)?;
    tree.binding(keeper).or_else(|| model.file.binding_of(keeper))
}

/// `child.stdout.on('data', (text) => { this.output += text; })` with `child.on('close', () => done(this.output))`, of a `child` that the
/// same method has begun: it grows while that is read, and is for whoever waits for its end.
pub(super) fn is_read_at_the_end(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let model = file.model;
    let is_text = matches!(op.op, Op::Grow(Growth::Append | Growth::Push));
    let Some(source) = source_of(model, op.func).filter(|_| is_text) else { return false };
    let reads = |func: FuncId| {
        file.accesses.of(&op.holder).any(|access| {
            let is_read = matches!(
                access.usage,
                Usage::Argument { .. } | Usage::Returned(_) | Usage::Stored(_) | Usage::Method { .. }
            );
            is_read && model.file.is_within(access.func, func)
        })
    };
    let place = Place::root(Root::Binding(source));
    let ends = file.accesses.of(&place).filter_map(|access| match access.usage {
        Usage::Method { call, .. } if is_end(model, call) => Some(call),
        _ => None,
    });
    ends.filter_map(|call| model.function_of(model.file.tree.arg(call, 1)?)).any(reads)
}

/// The local variable, of what its function has begun, for whose events a function is run.
fn source_of(model: &Model<'_>, func: FuncId) -> Option<BindingId> {
    let tree = &model.file.tree;
    let [handed] = model.handed(func) else { return None };
    let (object, "on" | "addListener") = tree.method_call(handed.call)? else { return None };
    let Root::Binding(source) = model.file.place(object).root else { return None };
    let row = model.file.binding(source);
    let made = model.file.sole_value(source)?;
    (row.func.index() != 0 && row.func == tree.func(handed.call) && tree.is_call(made)).then_some(source)
}

fn is_end(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let event = tree.arg(call, 0).and_then(|event| tree.string(event));
    event.is_some_and(|event| matches!(event, "close" | "end" | "exit" | "finish"))
}
