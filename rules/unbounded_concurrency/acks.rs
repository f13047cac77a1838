//! Messages that are handed out until too many are not acknowledged: that limits nothing where no number is set, where none
//! needs to be acknowledged, and where that is done before the work.

use crate::claim::{Body, Claim, EndClaim, Kind as _, LocalClaim};
use crate::rule::{Claims, FileView, ProjectView};
use outlive_semantic::access::Usage;
use outlive_semantic::catalog::AckRow;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::{Handed, Model};
use outlive_semantic::place::{Place, Root};
use outlive_semantic::project::FileId;
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::Kind;
use outlive_semantic::{listeners, work};
use rustc_hash::FxHashSet;

/// The claim about a function that is handed messages to acknowledge.
pub(super) fn claim(
    file: &FileView<'_, '_>,
    func: FuncId,
    handed: &Handed,
    acks: &AckRow,
    claims: &mut Claims<'_>,
) -> Option<Body> {
    let model = file.model;
    let node = model.file.function(func).node;
    let left = left_behind(file, node);
    if left.is_empty() && !work::goes_on(model, func) || super::limiter::is_limited(model, node) {
        return None;
    }
    let tree = &model.file.tree;
    let (source, method) = tree.method_call(handed.call)?;
    let place = model.file.place(source);
    let shown = format!("{}.{method}", model.file.display(&place));
    let mut elsewhere = None;
    let is_off = acks.off_by.as_deref().filter(|name| is_on(model, handed.call, name));
    let (message, help) = match (is_off, acks.limited_by.first()) {
        (Some(off), _) => (
            format!(
                "with `{off}`, `{shown}` hands over all messages that come: any number of them are at work"
            ),
            format!("acknowledge each message when its work is done, without `{off}`"),
        ),
        (None, Some(limit)) if !is_limited(model, handed.call, acks) => {
            elsewhere = Some(limit).filter(|_| is_shared(file, &place));
            (
                format!(
                    "`{shown}` hands over all messages that wait, and nothing limits how many are at work"
                ),
                format!("set `{limit}`, and acknowledge each message when its work is done"),
            )
        }
        _ => {
            let early = early_ack(file, func, &left, acks)?;
            (
                format!("`{early}` is called before the work is done: `{shown}` hands over the next message"),
                format!("call `{early}` when the work is done"),
            )
        }
    };
    let body = LocalClaim {
        message,
        help,
        subject: shown,
        conventions: 1,
        unknowns: u8::from(!is_made_here(model, &place)),
        ..LocalClaim::default()
    };
    let Some(limit) = elsewhere else { return Some(body.into()) };
    let holder = claims.names.place(model, &place);
    Some(EndClaim { holder, shown: limit.clone(), body: Some(body), conventions: 0 }.into())
}

/// Whether other files may limit what hands the messages over: they make it, are handed it, or import it.
fn is_shared(file: &FileView<'_, '_>, place: &Place) -> bool {
    let model = file.model;
    let is_exported = match place.root {
        Root::Binding(binding) => model.file.is_exported(binding),
        Root::Exports => true,
        _ => false,
    };
    let leaves = |usage| matches!(usage, Usage::Argument { .. } | Usage::Returned(_) | Usage::Stored(_));
    is_exported || !is_made_here(model, place) || file.accesses.of(place).any(|access| leaves(access.usage))
}

/// The claim that a call says how many messages may be out, whatever hands them over: `channel.prefetch(10)`. What is
/// fetched ahead under a name is something else.
pub(super) fn limit(file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) -> Option<EndClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let (source, method) = tree.method_call(call)?;
    let count = tree.arg(call, 0).filter(|_| model.catalog.limits_messages(method))?;
    let is_name = matches!(tree.kind(count), Kind::String | Kind::Template | Kind::Object | Kind::Function);
    (!is_name).then(|| EndClaim {
        holder: claims.names.place(model, &model.file.place(source)),
        shown: method.to_owned(),
        body: None,
        conventions: 0,
    })
}

/// What is to be judged of sources that other files may limit, where no other file does.
pub(super) fn not_limited_elsewhere(
    claims: &[(FileId, &Claim)],
    view: &ProjectView<'_, '_>,
) -> Vec<(FileId, Claim)> {
    let ends = || claims.iter().filter_map(|&(file, claim)| Some((file, claim, EndClaim::of(&claim.body)?)));
    let is_limit = |file: FileId, end: &EndClaim| end.body.is_none() && view.project.is_production(file);
    let limits: FxHashSet<&str> =
        ends().filter(|(file, _, end)| is_limit(*file, end)).map(|(.., end)| end.shown.as_str()).collect();
    let left = ends().filter_map(|(file, claim, end)| {
        let body = end.body.clone()?;
        if limits.contains(end.shown.as_str()) {
            return view.drop(file, claim, || format!("another file calls `{}`", end.shown));
        }
        Some((file, Claim { body: body.into(), ..claim.clone() }))
    });
    left.collect()
}

/// The calls in a function, and in those written in it, that leave work behind.
fn left_behind(file: &FileView<'_, '_>, node: NodeId) -> Vec<NodeId> {
    let is_left = |&call: &NodeId| {
        let begun = work::left_behind(file.model, call).filter(|begun| begun.known || begun.marked);
        begun.is_some() && !work::is_told(file.model, call)
            || work::left_by_runner(file.model, call).is_some()
    };
    calls_in(file, node).filter(is_left).collect()
}

/// The calls below a node: they stand in the order of the source.
fn calls_in<'v>(file: &'v FileView<'_, '_>, node: NodeId) -> impl Iterator<Item = NodeId> + 'v {
    let tree = &file.model.file.tree;
    let first = file.calls.partition_point(|&call| call < node);
    file.calls
        .get(first..)
        .unwrap_or_default()
        .iter()
        .copied()
        .take_while(move |&call| tree.contains(node, call))
}

fn is_on(model: &Model<'_>, call: NodeId, name: &str) -> bool {
    let tree = &model.file.tree;
    tree.args(call)
        .filter_map(|arg| listeners::option(model, Some(arg), name))
        .any(|value| tree.is_true(value))
}

/// Whether the file names what limits how many messages are out, or the call is given it.
fn is_limited(model: &Model<'_>, call: NodeId, acks: &AckRow) -> bool {
    let tree = &model.file.tree;
    acks.limited_by.iter().any(|name| {
        tree.names().find(name).is_some()
            || tree.args(call).any(|arg| listeners::option(model, Some(arg), name).is_some())
    })
}

/// Whether this file makes what hands the messages over; elsewhere somebody may limit it.
fn is_made_here(model: &Model<'_>, place: &Place) -> bool {
    let is_given = match place.root {
        Root::Module(_) => true,
        Root::Binding(binding) if place.path.is_empty() => {
            let binding = model.file.binding(binding);
            binding.kind == BindingKind::Param
                && model.callback_params(binding.func).iter().any(Option::is_some)
        }
        _ => false,
    };
    is_given || model.values(place).iter().any(|&value| makes(model, value))
}

/// Whether a value comes from a call that rows know, or of a function of this file.
fn makes(model: &Model<'_>, value: NodeId) -> bool {
    let tree = &model.file.tree;
    let made = tree.awaited(value);
    tree.callee(made)
        .is_some_and(|callee| model.function_of(callee).is_some() || !model.rows(made).is_empty())
}

/// What acknowledges a message before its work is done: on each way through the function, before it waits for anything.
fn early_ack(file: &FileView<'_, '_>, func: FuncId, left: &[NodeId], acks: &AckRow) -> Option<String> {
    let model = file.model;
    let tree = &model.file.tree;
    let node = model.file.function(func).node;
    let is_ack = |call: NodeId| {
        tree.method_call(call).is_some_and(|(_, method)| acks.by.iter().any(|name| name == method))
    };
    let ack = calls_in(file, node).find(|&call| is_ack(call) && is_always_done(model, call, func))?;
    let mut waits = model.waits(func).iter().filter(|&&wait| !tree.contains(wait, ack));
    let first = waits.next();
    // What is waited for first is the work.
    if first.is_some_and(|&wait| wait < ack) {
        return None;
    }
    let is_beside = |&work: &NodeId| !calls_in(file, work).any(is_ack);
    (first.is_some() || left.iter().any(is_beside)).then(|| {
        let (_, method) = tree.method_call(ack).unwrap_or((ack, "ack"));
        method.to_owned()
    })
}

/// Whether a function makes a call whatever it is handed: it stands in no branch.
fn is_always_done(model: &Model<'_>, call: NodeId, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let node = model.file.function(func).node;
    tree.func(call) == func
        && tree
            .ancestors(call)
            .take_while(|&around| around != node)
            .all(|around| matches!(tree.kind(around), Kind::ExprStmt | Kind::Block | Kind::Try | Kind::Await))
}
