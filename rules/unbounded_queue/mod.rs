//! `unbounded-queue`: a queue that is filled faster than it is worked off, and nobody looks at its depth.

use crate::claim::{Body, Claim, LocalClaim, Note, OutlivedClaim};
use crate::finding::{Finding, Role, Severity};
use crate::outlived;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::access::Usage;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::project::FileId;
use outlive_semantic::rate::Rate;
use outlive_semantic::tree::{BinaryOp, Kind};

/// The rule.
pub(crate) struct UnboundedQueue;

static META: Meta = Meta {
    id: "unbounded-queue",
    summary: "a queue that is filled faster than it is worked off, with no look at its depth",
    category: Category::Growth,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for UnboundedQueue {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let Some((queue, body)) = library_queue(file, call) else { return };
        push(file.model, claims, &queue, call, body);
    }

    fn collection(&self, file: &FileView<'_, '_>, op: &CollectionOp, claims: &mut Claims<'_>) {
        if op.op != Op::Grow(Growth::Push) || !is_outside(file.model, &op.holder, op.func) {
            return;
        }
        let Some(taken) = taken_one_by_one(file, &op.holder, op.func) else { return };
        if is_depth_tested(file, &op.holder) || slows_down(file.model, op.func) {
            file.drop::<()>(&META, op.node, || "its depth is tested, or its source held back".to_owned());
            return;
        }
        push(file.model, claims, &op.holder, op.node, by_hand(file.model, op, taken));
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let judged: Vec<(FileId, Claim)> =
            claims.iter().map(|(file, claim)| (*file, doubted(view, *file, claim))).collect();
        let judged: Vec<(FileId, &Claim)> = judged.iter().map(|(file, claim)| (*file, claim)).collect();
        outlived::settle_all(&judged, view, &META)
    }
}

/// Anybody may send requests, as many as they like; how fast events and messages come is known to whoever sends them.
fn doubted(view: &ProjectView<'_, '_>, file: FileId, claim: &Claim) -> Claim {
    let mut claim = claim.clone();
    let rate = view.project.rate(file, claim.func).rate;
    if let Body::Outlived(outlived) = &mut claim.body
        && rate != Some(Rate::Request)
    {
        outlived.body.unknowns = outlived.body.unknowns.saturating_add(1);
    }
    claim
}

fn push(model: &Model<'_>, claims: &mut Claims<'_>, holder: &Place, node: NodeId, body: LocalClaim) {
    let tree = &model.file.tree;
    let outlived = outlived::claim(model, holder, node, LocalClaim { must_be_hot: true, ..body }, claims);
    let body = OutlivedClaim { in_loop: false, ..outlived };
    claims.add(META.id, tree.func(node), tree.span(node), body);
}

fn is_outside(model: &Model<'_>, holder: &Place, func: FuncId) -> bool {
    match holder.root {
        Root::Binding(binding) => {
            model.file.binding(binding).func != func && !holder.path.contains(&Step::Element)
        }
        Root::This(_) | Root::Class(_) => !holder.path.is_empty() && !holder.path.contains(&Step::Element),
        _ => false,
    }
}

/// Where a function that waits for each item takes one from the queue: one worker, slower than what fills it.
pub(crate) fn taken_one_by_one(file: &FileView<'_, '_>, queue: &Place, filler: FuncId) -> Option<NodeId> {
    let model = file.model;
    let tree = &model.file.tree;
    let takes =
        |node: NodeId| tree.method_call(node).is_some_and(|(_, method)| matches!(method, "shift" | "pop"));
    file.ops_on(queue, Op::Release)
        .filter(|other| other.func != filler && takes(other.node))
        .find(|other| waits(model, other.func) || calls_back(model, other.func))
        .map(|other| other.node)
}

/// Whether a function waits for something.
fn waits(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let is_wait = |node: NodeId| tree.kind(node) == Kind::Await && tree.func(node) == func;
    model.file.function(func).is_async
        && model.file.body(func).is_some_and(|body| tree.subtree(body).any(is_wait))
}

/// Whether a function goes on with the next item when it is called back about this one: `work(queue.shift(), next)`.
fn calls_back(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let body = model.file.function(func).node;
    let is_handed_on = model.handed(func).iter().any(|handed| tree.contains(body, handed.call));
    let is_called_inside = |call: &&NodeId| tree.contains(body, **call) && tree.func(**call) != func;
    is_handed_on || model.calls_of(func).iter().any(|call| is_called_inside(&call))
}

/// Whether anything compares the length of the queue with more than nothing.
pub(crate) fn is_depth_tested(file: &FileView<'_, '_>, holder: &Place) -> bool {
    let tree = &file.model.file.tree;
    file.ops_on(holder, Op::Size).any(|op| {
        tree.ancestors(op.node).take(3).any(|node| {
            let mut counts = tree.children(node).filter_map(|side| tree.number(side));
            match tree.binary_op(node) {
                Some(BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual) => {
                    !counts.any(|count| count <= 1.0)
                }
                Some(BinaryOp::Equal | BinaryOp::NotEqual) => counts.any(|count| count > 1.0),
                _ => false,
            }
        })
    })
}

/// Whether code speaks of holding the source back.
fn slows_down(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    tree.subtree(model.file.function(func).node).any(|node| {
        tree.kind(node) == Kind::Member
            && matches!(
                tree.name(node),
                Some("pause" | "highWaterMark" | "prefetch" | "drain" | "writableNeedDrain")
            )
    })
}

fn by_hand(model: &Model<'_>, op: &CollectionOp, taken: NodeId) -> LocalClaim {
    let shown = model.file.display(&op.holder);
    LocalClaim {
        message: format!(
            "`{shown}` is filled as fast as work comes in and worked off one at a time: nothing limits its depth"
        ),
        help: format!("test `{shown}.length` before `push`: refuse, drop or make the producer wait"),
        subject: shown,
        // That work is slower than what brings it is what one worker is for; nobody measured it.
        conventions: 1,
        notes: vec![
            Note {
                role: Role::Grows,
                message: "one more waits here".to_owned(),
                span: model.file.tree.span(op.node),
            },
            Note {
                role: Role::ReleasedHereOnly,
                message: "taken one at a time here, by a function that waits".to_owned(),
                span: model.file.tree.span(taken),
            },
        ],
        ..LocalClaim::default()
    }
}

/// Queues of libraries, and what of theirs tells how deep they are.
const LIBRARIES: &[&str] =
    &["async.queue()", "async.priorityQueue()", "fastq()", "fastq.promise()", "p-queue()", "better-queue()"];
const DEPTHS: &[&str] = &[
    "size",
    "pending",
    "length",
    "onSizeLessThan",
    "running",
    "saturated",
    "unsaturated",
    "buffer",
    "isSaturated",
    "sizeBy",
    "getStats",
    "idle",
    "onIdle",
    "drained",
];

/// `queue.push(task)` whose result is dropped, on a queue of a library whose depth the file never asks for.
fn library_queue(file: &FileView<'_, '_>, call: NodeId) -> Option<(Place, LocalClaim)> {
    let model = file.model;
    let tree = &model.file.tree;
    let (object, "push" | "add" | "unshift") = tree.method_call(call)? else { return None };
    let place = model.file.place(object);
    let path = model.values(&place).iter().find_map(|&value| {
        let path = model.api_path(tree.callee(value)?)?;
        Some(format!("{path}()"))
    })?;
    if !LIBRARIES.contains(&path.as_str())
        || !tree.is_discarded(call)
        || !is_outside(model, &place, tree.func(call))
    {
        return None;
    }
    if tree.parent(call).is_some_and(|parent| tree.kind(parent) == Kind::Await) {
        return None;
    }
    let asks = file.accesses.below(&place).any(|access| {
        let method = match access.usage {
            Usage::Method { name, .. } => Some(name),
            _ => access.place.last_field(),
        };
        method.is_some_and(|name| DEPTHS.contains(&tree.text(name)))
    });
    let shown = model.file.display(&place);
    (!asks).then(|| {
        let body = LocalClaim {
            message: format!("tasks go into `{shown}` as fast as they come, and nobody asks how many wait"),
            help: format!("ask how many wait in `{shown}` before adding, or wait for what adding returns"),
            subject: shown,
            conventions: 1,
            ..LocalClaim::default()
        };
        (place, body)
    })
}
