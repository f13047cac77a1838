//! `unbounded-queue`: a queue that is filled faster than it is worked off, and nobody looks at its depth.

mod back;
pub(crate) mod down;
mod first;

use crate::claim::{Body, Claim, EndClaim, Kind as _, LocalClaim, Note, OutlivedClaim};
use crate::finding::{Finding, Retainer, Role, Severity};
use crate::outlived;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::access::Usage;
use outlive_semantic::catalog::QueueRow;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::listeners;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::project::{FileId, Spot, Use};
use outlive_semantic::rate::Rate;
use outlive_semantic::summary::What;
use outlive_semantic::tree::{BinaryOp, Kind, Span};
use rustc_hash::FxHashMap;

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
        let model = file.model;
        if takes_one(model, op) && is_shared(model, &op.holder) && !is_depth_tested(file, &op.holder) {
            end(model, claims, op, None);
        }
        let is_filled = matches!(op.op, Op::Grow(Growth::Push | Growth::Set | Growth::Add));
        if !is_filled || !is_outside(model, &op.holder, op.func) {
            return;
        }
        let Some(fresh) = first::freshness(model, op) else { return };
        let taken = taken_one_by_one(file, &op.holder, op.func);
        let down =
            if taken.is_none() { down::claim(file, op).or_else(|| back::claim(file, op)) } else { None };
        let doubted = |body: LocalClaim| LocalClaim { conventions: body.conventions + fresh, ..body };
        if taken.is_none() && down.is_none() && !is_shared(model, &op.holder) {
            return;
        }
        if is_depth_tested(file, &op.holder) || slows_down(model, op.func) {
            file.drop::<()>(&META, op.node, || "its depth is tested, or its source held back".to_owned());
            return;
        }
        match (down, taken) {
            (Some(body), _) => push(model, claims, &op.holder, op.node, doubted(body)),
            (None, Some(_)) => push(model, claims, &op.holder, op.node, doubted(by_hand(model, op, taken))),
            (None, None) => end(model, claims, op, Some(doubted(by_hand(model, op, taken)))),
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let judged: Vec<(FileId, Claim)> =
            claims.iter().map(|(file, claim)| (*file, doubted(view, *file, claim))).collect();
        let judged: Vec<(FileId, &Claim)> = judged.iter().map(|(file, claim)| (*file, claim)).collect();
        let mut found = outlived::settle_all(&judged, view, &META);
        found.extend(settle_ends(&judged, view));
        found
    }
}

/// A list that one file fills and another works off.
fn settle_ends(claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
    let ends = || {
        claims.iter().filter_map(|&(file, claim)| {
            let end = EndClaim::of(&claim.body)?;
            Some((file, claim, end, view.project.canonical(file, &end.holder)))
        })
    };
    let mut takers: FxHashMap<Spot, (FileId, Span)> = FxHashMap::default();
    for (file, claim, _, spot) in ends().filter(|(_, _, end, _)| end.body.is_none()) {
        takers.entry(spot).or_insert((file, claim.at));
    }
    let mut found = Vec::new();
    for (file, claim, end, spot) in ends() {
        let (Some(body), Some(&taker)) = (&end.body, takers.get(&spot)) else { continue };
        if taker.0 == file || is_measured_elsewhere(view, &spot, [file, taker.0]) {
            continue;
        }
        let body = OutlivedClaim {
            holder: end.holder.clone(),
            shown: end.shown.clone(),
            life: None,
            once: None,
            in_loop: false,
            may_be_released: false,
            body: body.clone(),
        };
        let whole = Claim { body: body.into(), ..claim.clone() };
        let whole = doubted(view, file, &whole);
        for mut finding in outlived::settle_all(&[(file, &whole)], view, &META) {
            let (file, span) = taker;
            let message = TAKEN.to_owned();
            finding.retainers.push(Retainer { role: Role::ReleasedHereOnly, message, file, span });
            found.push(finding);
        }
    }
    found
}

/// Whether a file beside the two ends asks how long a list is.
fn is_measured_elsewhere(view: &ProjectView<'_, '_>, spot: &Spot, ends: [FileId; 2]) -> bool {
    let sizes = |found: &&Use| matches!(found.row.what, What::Collection(Op::Size));
    view.project.uses(spot).iter().filter(sizes).any(|found| !ends.contains(&found.file))
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

/// What is said where something is taken from a queue.
const TAKEN: &str = "taken one at a time here, by a function that waits";

/// One end of a list that another file has the other end of.
fn end(model: &Model<'_>, claims: &mut Claims<'_>, op: &CollectionOp, body: Option<LocalClaim>) {
    let tree = &model.file.tree;
    let holder = claims.names.place(model, &op.holder);
    let shown = model.file.display(&op.holder);
    let body = body.map(|body| LocalClaim { must_be_hot: true, ..body });
    let claim = EndClaim { holder, shown, body, conventions: 0 };
    claims.add(META.id, op.func, tree.span(op.node), claim);
}

/// Whether other files may name a list too: it is imported, or exported.
fn is_shared(model: &Model<'_>, holder: &Place) -> bool {
    match holder.root {
        Root::Module(_) => !holder.path.is_empty(),
        Root::Exports => true,
        Root::Binding(binding) => model.file.is_exported(binding),
        _ => false,
    }
}

/// Whether something is taken from a list by a function that waits before it takes the next.
fn takes_one(model: &Model<'_>, op: &CollectionOp) -> bool {
    let takes = matches!(model.file.tree.method_call(op.node), Some((_, "shift" | "pop")));
    let by_turns = || takes && (waits(model, op.func) || calls_back(model, op.func));
    op.op == Op::Release && (by_turns() || first::is_taken(model, op))
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
        Root::This(_) | Root::Class(_) | Root::Module(_) | Root::Exports => {
            !holder.path.is_empty() && !holder.path.contains(&Step::Element)
        }
        _ => false,
    }
}

/// Where a function that waits for each item takes one from the queue: one worker, slower than what fills it.
pub(crate) fn taken_one_by_one(file: &FileView<'_, '_>, queue: &Place, filler: FuncId) -> Option<NodeId> {
    let mut others = file.ops_on(queue, Op::Release).filter(|other| other.func != filler);
    others.find(|other| takes_one(file.model, other)).map(|other| other.node)
}

/// Whether a function waits for something.
fn waits(model: &Model<'_>, func: FuncId) -> bool {
    model.file.function(func).is_async && !model.waits(func).is_empty()
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

fn note(model: &Model<'_>, role: Role, message: &str, at: NodeId) -> Note {
    Note { role, message: message.to_owned(), span: model.file.tree.span(at) }
}

/// What tells the depth of what is filled in such a way, and the method that fills it.
fn depth_of(op: &CollectionOp) -> (&'static str, &'static str) {
    match op.op {
        Op::Grow(Growth::Set) => ("size", "set"),
        Op::Grow(Growth::Add) => ("size", "add"),
        _ => ("length", "push"),
    }
}

fn by_hand(model: &Model<'_>, op: &CollectionOp, taken: Option<NodeId>) -> LocalClaim {
    let shown = model.file.display(&op.holder);
    let (depth, fills) = depth_of(op);
    let grows = note(model, Role::Grows, "one more waits here", op.node);
    let taken = taken.map(|taken| note(model, Role::ReleasedHereOnly, TAKEN, taken));
    LocalClaim {
        message: format!(
            "`{shown}` is filled as fast as work comes in and worked off one at a time: nothing limits its depth"
        ),
        help: format!("test `{shown}.{depth}` before `{fills}`: refuse, drop or make the producer wait"),
        subject: shown,
        // That work is slower than what brings it is what one worker is for; nobody measured it.
        conventions: 1,
        notes: std::iter::once(grows).chain(taken).collect(),
        ..LocalClaim::default()
    }
}

/// What rows say of the queue that a place was given.
fn queue_row<'a>(model: &Model<'a>, place: &Place) -> Option<&'a QueueRow> {
    let tree = &model.file.tree;
    let values = model.values(place);
    let is_bounded = |made: NodeId, row: &QueueRow| {
        let option =
            |name: &String| tree.args(made).any(|arg| listeners::option(model, Some(arg), name).is_some());
        row.bounded_by.iter().any(option)
    };
    let mut made = values.iter().copied().filter(|&value| tree.callee(value).is_some());
    made.find_map(|made| {
        let row = model.rows(made).iter().copied().find_map(|row| row.queue.as_ref());
        row.filter(|&row| !is_bounded(made, row))
    })
}

/// `queue.push(task)` whose result is dropped, on a queue of a library whose depth the file never asks for.
fn library_queue(file: &FileView<'_, '_>, call: NodeId) -> Option<(Place, LocalClaim)> {
    let model = file.model;
    let tree = &model.file.tree;
    if !tree.is_discarded(call) {
        return None;
    }
    let named = tree.method_call(call).map(|(object, method)| (object, Some(method)));
    let (object, method) = named.or_else(|| Some((tree.callee(call)?, None)))?;
    let place = model.file.place(object);
    let row = queue_row(model, &place)?;
    let adds = method.map_or(row.called, |method| row.adds.iter().any(|name| name == method));
    if !adds || !is_outside(model, &place, tree.func(call)) {
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
        method.is_some_and(|name| row.depths.iter().any(|depth| depth == tree.text(name)))
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
