//! `unbounded-buffer`: what a peer sends is put together in memory, and nothing limits how much.

mod ahead;
mod limits;
mod owed;
mod peer;

use crate::claim::{Body, Claim, LocalClaim, Note};
use crate::finding::{Finding, Role, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::access::Usage;
use outlive_semantic::accumulate::{self, Limit, Reading};
use outlive_semantic::catalog::Sender;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::project::FileId;
use outlive_semantic::tree::{Kind, Span};

/// The rule.
pub(crate) struct UnboundedBuffer;

static META: Meta = Meta {
    id: "unbounded-buffer",
    summary: "what a peer sends is put together in memory, with nothing that limits how much",
    category: Category::Growth,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for UnboundedBuffer {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let Some(body) = limits::claim(file, call) else { return };
        let at = file.model.file.tree.span(call);
        let func = file.model.file.tree.func(call);
        claims.add(META.id, func, at, body);
    }

    fn collection(&self, file: &FileView<'_, '_>, op: &CollectionOp, claims: &mut Claims<'_>) {
        if !matches!(op.op, Op::Grow(_) | Op::Reset) {
            return;
        }
        let model = file.model;
        let at = model.file.tree.span(op.node);
        let Some(reading) = accumulate::reading(model, file.registrations, op) else {
            if let Some(body) = owed::claim(file, op) {
                claims.add(META.id, op.func, at, body);
            }
            return;
        };
        let Some(body) = ahead::claim(file, op, &reading).or_else(|| kept(file, op, &reading)) else {
            return;
        };
        let is_known = claims.list.iter().any(|claim| claim.rule == META.id && claim.at == at);
        if !is_known {
            claims.add(META.id, reading.func, at, body);
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let judged: Vec<(FileId, Claim)> =
            claims.iter().map(|(file, claim)| (*file, doubted(view, *file, claim))).collect();
        let judged: Vec<(FileId, &Claim)> = judged.iter().map(|(file, claim)| (*file, claim)).collect();
        local::settle_all(&judged, view, &META)
    }
}

/// The claim about one growth; none if it is limited, or the source is this program's own.
fn kept(file: &FileView<'_, '_>, op: &CollectionOp, reading: &Reading) -> Option<LocalClaim> {
    let model = file.model;
    let drop = |reason: &str| {
        file.drop::<LocalClaim>(&META, op.node, || format!("`{}`: {reason}", model.file.display(&op.holder)))
    };
    let Some(sender) = sender(model, reading) else {
        return drop("the source is this program's own, or no stream");
    };
    let is_whole = match op.op {
        Op::Grow(Growth::Append) | Op::Reset => false,
        Op::Grow(Growth::Push) => !is_joined(file, &op.holder),
        _ => true,
    };
    if reading.messages && is_whole {
        return drop("each message is one by itself: they are not put together");
    }
    let limit = accumulate::limit(model, file.accesses, reading, op);
    if limit == Limit::Holds {
        return drop("its size is tested");
    }
    let is_remote = matches!(sender, Some(Sender::Request | Sender::Connection));
    let consumed = accumulate::is_consumed(model, file.registrations, file.ops, reading, &op.holder);
    if consumed && matches!(op.op, Op::Grow(Growth::Set | Growth::Add | Growth::Key)) {
        return drop("entries are taken out one by one: each piece is a message of its own");
    }
    if consumed && !is_remote {
        return drop("what is whole is taken out");
    }
    let ignored = matches!(limit, Limit::Ignored(_));
    let unknowns = u8::from(!is_remote && !ignored || is_remote && listens_locally(model))
        + u8::from(consumed)
        + u8::from(!ignored && mentions_limit(model, reading.func));
    Some(LocalClaim {
        message: message(model, op, reading, sender, limit, consumed),
        help: help(model, op, reading, sender, limit),
        subject: model.file.display(&op.holder),
        unknowns,
        must_repeat: true,
        notes: notes(model, op, reading, limit),
        ..LocalClaim::default()
    })
}

/// Whether the parts of a list are put together: `Buffer.concat(parts)`, `parts.join('')`.
fn is_joined(file: &FileView<'_, '_>, list: &Place) -> bool {
    let tree = &file.model.file.tree;
    file.accesses.of(list).any(|access| match access.usage {
        Usage::Method { name, .. } => tree.text(name) == "join",
        Usage::Argument { call, .. } => matches!(tree.method_call(call), Some((_, "concat"))),
        _ => false,
    })
}

/// Who sends what comes out of a stream, if somebody knows; none for files, standard input and other streams of this
/// program.
fn sender(model: &Model<'_>, reading: &Reading) -> Option<Option<Sender>> {
    let source = reading.source;
    let of = model.model_of(model.ty(source)).map(|of| model.catalog.model(of));
    match of.and_then(|of| of.sender) {
        Some(Sender::Own) => return None,
        _ if is_own_output(model, source) => return None,
        Some(Sender::Request) if is_named_response(model, source) => return Some(Some(Sender::Answer)),
        Some(sender) => return Some(Some(sender)),
        None => {}
    }
    // Anything can be iterated; only a stream is read piece by piece.
    let is_stream = reading.is_by_event(model) || of.is_some_and(|of| of.readable);
    is_stream.then_some(None)
}

/// The output of a child process: a program that this one chose to run.
fn is_own_output(model: &Model<'_>, source: NodeId) -> bool {
    let place = model.file.place(source);
    let field = place.last_field().map(|name| model.file.tree.text(name));
    matches!(field, Some("stdout" | "stderr" | "stdin"))
}

/// The type of a request is also the type of the answer to one; the name tells them apart.
fn is_named_response(model: &Model<'_>, source: NodeId) -> bool {
    let place = model.file.place(source);
    let name = match (place.last_field(), place.root) {
        (Some(field), _) => model.file.tree.text(field),
        (None, Root::Binding(binding)) => model.file.tree.text(model.file.binding(binding).name),
        _ => return false,
    };
    matches!(name, "res" | "resp" | "response" | "result" | "reply" | "incoming" | "message" | "msg")
}

/// Whether the servers of the file listen where only this machine reaches them: a pipe, a loopback address.
fn listens_locally(model: &Model<'_>) -> bool {
    let tree = &model.file.tree;
    let mut calls = tree
        .ids()
        .filter(|&node| {
            tree.method_call(node).is_some_and(|(_, method)| method == "listen")
                && tree.arg(node, 0).is_some()
        })
        .peekable();
    calls.peek().is_some() && calls.all(|call| tree.args(call).any(|arg| is_local_address(model, arg)))
}

fn is_local_address(model: &Model<'_>, arg: NodeId) -> bool {
    let tree = &model.file.tree;
    if let Some(address) = model.file.constant_name(arg).map(|name| tree.text(name)) {
        return matches!(address, "localhost" | "127.0.0.1" | "::1")
            || address.starts_with('/')
            || address.starts_with("\\\\.");
    }
    let name = model.callee_name(arg).unwrap_or_default().to_ascii_lowercase();
    ["path", "pipe", "ipc", "sock", "file"].iter().any(|word| name.contains(word))
}

/// Whether the code around speaks of a limit: it may hold in a way that nobody here sees.
fn mentions_limit(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let around = model.file.enclosing(func).filter(|func| func.index() != 0).last().unwrap_or(func);
    tree.subtree(model.file.function(around).node).any(|node| {
        let name = match tree.kind(node) {
            Kind::Identifier => model.callee_name(node),
            Kind::Member | Kind::String | Kind::Property => tree.name(node),
            _ => None,
        };
        name.is_some_and(|name| {
            let name = name.to_ascii_lowercase();
            ["limit", "max", "content-length", "contentlength"].iter().any(|word| name.contains(word))
        })
    })
}

fn message(
    model: &Model<'_>,
    op: &CollectionOp,
    reading: &Reading,
    sender: Option<Sender>,
    limit: Limit,
    consumed: bool,
) -> String {
    let holder = model.file.display(&op.holder);
    let source = shown_source(model, reading.source);
    match (limit, sender, consumed) {
        (Limit::Ignored(_), ..) => {
            format!("`{holder}` goes on growing after the limit is passed: nothing stops {source}")
        }
        (_, _, true) => {
            format!("`{holder}` is only cut when a whole message is in: a peer that never ends one fills it")
        }
        (_, Some(Sender::Request), _) => {
            format!("`{holder}` keeps all that a client sends in {source}, and nothing limits it")
        }
        (_, Some(Sender::Connection), _) => {
            format!("`{holder}` keeps all that the peer sends on {source}, and nothing limits it")
        }
        _ => format!("`{holder}` keeps all of {source}, and nothing limits it"),
    }
}

fn shown_source(model: &Model<'_>, source: NodeId) -> String {
    let place = model.file.place(source);
    match place.root {
        Root::Value(node) if !model.file.tree.is_call(node) => "the stream".to_owned(),
        _ => format!("`{}`", model.file.display(&place)),
    }
}

fn help(
    model: &Model<'_>,
    op: &CollectionOp,
    reading: &Reading,
    sender: Option<Sender>,
    limit: Limit,
) -> String {
    let holder = model.file.display(&op.holder);
    let source = shown_source(model, reading.source);
    match (limit, sender) {
        (Limit::Ignored(_), _) => {
            format!("call `destroy()` on {source} where the limit is noticed, and keep no more")
        }
        (_, Some(Sender::Request)) => {
            format!(
                "count the bytes and destroy {source} when they pass a limit, or use a body parser that has one"
            )
        }
        (_, Some(Sender::Connection)) => {
            format!("close {source} when `{holder}` passes the largest message you accept")
        }
        _ => format!("stop {source} when `{holder}` passes a limit, or work on each piece as it comes"),
    }
}

fn notes(model: &Model<'_>, op: &CollectionOp, reading: &Reading, limit: Limit) -> Vec<Note> {
    let tree = &model.file.tree;
    let mut notes = Vec::new();
    if let (Root::Binding(binding), true) = (op.holder.root, op.holder.path.is_empty()) {
        let span = model.file.binding(binding).span;
        let message = format!("`{}` lives until the stream is read", model.file.display(&op.holder));
        notes.push(Note { role: Role::Holder, message, span });
    }
    let start = tree.span(reading.site).start;
    let head = tree.first(reading.site).map_or(tree.span(reading.site), |head| tree.span(head));
    let span = Span { start, end: head.end };
    notes.push(Note {
        role: Role::Registered,
        message: "each piece of the stream comes through here".to_owned(),
        span,
    });
    notes.push(Note {
        role: Role::Grows,
        message: "one more piece is kept here".to_owned(),
        span: tree.span(op.node),
    });
    if let Limit::Ignored(test) = limit {
        let message = "the limit is noticed here, and the stream goes on".to_owned();
        let span = tree.first(test).map_or(tree.span(test), |test| tree.span(test));
        notes.push(Note { role: Role::ReleasedHereOnly, message, span });
    }
    notes
}

/// Code that no entry point is seen to drive rests on a convention: that somebody calls it again and again.
fn doubted(view: &ProjectView<'_, '_>, file: FileId, claim: &Claim) -> Claim {
    let mut claim = claim.clone();
    if let Body::Local(body) = &mut claim.body
        && body.must_repeat
        && let info = view.project.rate(file, claim.func)
        && info.certain
        && info.rate.is_some_and(|rate| !rate.is_hot())
    {
        body.conventions = body.conventions.saturating_add(1);
    }
    claim
}
