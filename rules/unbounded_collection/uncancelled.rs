//! Controllers of work that only who cancels takes out: the entry of work that comes to its end by itself stays.

use super::missed::call_around;
use crate::claim::{Missed, Why};
use crate::rule::FileView;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::pending;
use outlive_semantic::tree::Kind;

/// How many calls up it is looked who calls.
const DEPTH: usize = 4;

/// So many functions are looked at for one entry.
const MOST: usize = 64;

/// `controllers.set(id, new AbortController())`, from which only `cancel(id)` or a listener of the abort takes out.
pub(super) fn missed(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<Missed> {
    let model = file.model;
    let is_entry = matches!(op.op, Op::Grow(Growth::Set | Growth::Key | Growth::Add));
    if !is_entry || op.func.index() == 0 || !holds_controller(model, op) {
        return None;
    }
    let releases: Vec<&CollectionOp> = file.ops_on(&op.holder, Op::Release).collect();
    let site = Site { model, op, work: callers(model, call_around(model, op.func)) };
    let is_cancel = |release: &&CollectionOp| site.is_cancel(release);
    if releases.is_empty() || !releases.iter().all(is_cancel) || site.is_aborted_by_itself(file) {
        return None;
    }
    let tree = &model.file.tree;
    let spans = releases.iter().map(|release| tree.span(release.node)).collect();
    Some(Missed { why: Why::Uncancelled, at: tree.span(releases[0].node), releases: spans, ending: None })
}

struct Site<'s, 'a> {
    model: &'s Model<'a>,
    op: &'s CollectionOp,
    /// The functions that begin what an entry stands for: whatever runs in them may be its end.
    work: Vec<FuncId>,
}

impl Site<'_, '_> {
    /// Whether a release runs only where the work of its entry is given up.
    fn is_cancel(&self, release: &CollectionOp) -> bool {
        let (model, file) = (self.model, &self.model.file);
        if file.enclosing(release.func).any(|func| hears_abort(model, func)) {
            return true;
        }
        if release.func == self.op.func && release.node < self.op.node {
            return aborts_in(model, release.func).any(|abort| abort < self.op.node);
        }
        aborts_in(model, release.func).next().is_some() && self.is_elsewhere(release.func)
    }

    /// Whether the work aborts its own controller when it is done, or has somebody do so; who looks into the collection, and
    /// is not told to cancel, may be that.
    fn is_aborted_by_itself(&self, file: &FileView<'_, '_>) -> bool {
        let model = self.model;
        let func_of = |call: &NodeId| model.file.tree.func(*call);
        let touches = |func: FuncId| file.accesses.below(&self.op.holder).any(|access| access.func == func);
        let aborts = file.calls.iter().filter(|&&call| is_abort(model, call));
        aborts
            .filter(|&call| func_of(call) != self.op.func || *call > self.op.node)
            .map(func_of)
            .any(|func| self.is_of_work(func) || touches(func) && !self.is_elsewhere(func))
    }

    /// Whether a function is for those who end work before its time: by its name, or run by others for an event; and no
    /// part of the work calls it.
    fn is_elsewhere(&self, func: FuncId) -> bool {
        let (model, file) = (self.model, &self.model.file);
        let named = file.enclosing(func).find(|&func| file.function_name(func).is_some());
        let is_named = named.and_then(|named| file.function_name(named)).is_some_and(pending::ends_something);
        let is_told = || file.enclosing(func).any(|func| !model.handed(func).is_empty());
        (is_named || is_told()) && !self.is_of_work(func)
    }

    /// Whether a function runs in the work, or is called by it.
    fn is_of_work(&self, func: FuncId) -> bool {
        let (model, file) = (self.model, &self.model.file);
        let is_part = |func: FuncId| self.work.iter().any(|&work| file.is_within(func, work));
        callers(model, func).into_iter().any(is_part)
    }
}

/// A function, and those that call it, with what they are executors of; modules are not among them.
fn callers(model: &Model<'_>, func: FuncId) -> Vec<FuncId> {
    let mut found = vec![func];
    let mut from = 0;
    for _ in 0..DEPTH {
        let last = found.len();
        for at in from..last {
            for &call in model.calls_of(found[at]) {
                let caller = call_around(model, model.file.tree.func(call));
                if caller.index() != 0 && !found.contains(&caller) && found.len() < MOST {
                    found.push(caller);
                }
            }
        }
        from = last;
    }
    found
}

/// Whether an entry is, or has as a property, an `AbortController` that is made here.
fn holds_controller(model: &Model<'_>, op: &CollectionOp) -> bool {
    let (file, tree) = (&model.file, &model.file.tree);
    let is_new = |node: NodeId| {
        let made = file.value_of(node).unwrap_or(node);
        let callee = (tree.kind(made) == Kind::New).then(|| tree.callee(made)).flatten();
        callee.and_then(|callee| model.api_path(callee)).as_deref() == Some("AbortController")
    };
    let Some(value) = op.value else { return false };
    let entry = file.value_of(value).unwrap_or(value);
    is_new(value)
        || tree.kind(entry) == Kind::Object
            && tree.children(entry).any(|property| tree.last_child(property).is_some_and(is_new))
}

/// The calls by which a function, or a closure in it, aborts something.
fn aborts_in<'m>(model: &'m Model<'_>, func: FuncId) -> impl Iterator<Item = NodeId> + 'm {
    let node = model.file.function(func).node;
    model.file.tree.subtree(node).filter(|&call| is_abort(model, call))
}

fn is_abort(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.kind(call) == Kind::Call && matches!(tree.method_call(call), Some((_, "abort")))
}

/// Whether a function listens for an abort.
fn hears_abort(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    model.handed(func).iter().any(|handed| {
        matches!(tree.method_call(handed.call), Some((_, "addEventListener" | "once" | "on")))
            && tree.arg(handed.call, 0).and_then(|event| tree.string(event)) == Some("abort")
    })
}
