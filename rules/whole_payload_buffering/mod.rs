//! `whole-payload-buffering`: a whole file or answer in memory, only to be sent on.

use crate::claim::{Claim, LocalClaim, Note};
use crate::finding::{Finding, Role, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::access::{Usage, usage};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::project::FileId;
use outlive_semantic::tree::Kind;

/// The rule.
pub(crate) struct WholePayloadBuffering;

static META: Meta = Meta {
    id: "whole-payload-buffering",
    summary: "a whole file or answer in memory for each request, only to be sent on",
    category: Category::Backpressure,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for WholePayloadBuffering {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let Some(body) = buffered(file, call) else { return };
        let (at, func) = (file.model.file.tree.span(call), file.model.file.tree.func(call));
        claims.add(META.id, func, at, body);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        local::settle_all(claims, view, &META)
    }
}

/// What is read whole, how it would be streamed, and whether it may be small.
struct Whole {
    what: String,
    cure: &'static str,
}

fn buffered(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let whole = read_file(model, call).or_else(|| read_answer(model, call))?;
    let sent = sent_on(file, call)?;
    Some(LocalClaim {
        message: format!(
            "{} is read whole and then sent on: as many copies wait in memory as requests do",
            whole.what
        ),
        help: whole.cure.to_owned(),
        subject: whole.what,
        conventions: 1,
        must_repeat: true,
        must_be_hot: true,
        notes: vec![Note {
            role: Role::Holder,
            message: "sent on here".to_owned(),
            span: model.file.tree.span(sent),
        }],
        ..LocalClaim::default()
    })
}

/// A file whose path is not written out in the source.
fn read_file(model: &Model<'_>, call: NodeId) -> Option<Whole> {
    let tree = &model.file.tree;
    if !model.rows(call).iter().any(|row| row.reads_file) {
        return None;
    }
    let name = tree.arg(call, 0)?;
    let is_open = depends_on_call(model, name, 4);
    let shown = model.file.display(&model.file.place(name));
    let what = if matches!(tree.kind(name), Kind::Identifier | Kind::Member) {
        format!("the file `{shown}`")
    } else {
        "the file".to_owned()
    };
    is_open.then_some(Whole { what, cure: "use `pipeline(createReadStream(path), res)`" })
}

/// Whether an expression depends on a parameter: a path put together from constants is the program's own.
fn depends_on_call(model: &Model<'_>, expr: NodeId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return true };
    model.file.tree.subtree(expr).filter_map(|node| model.file.binding_of(node)).any(|binding| {
        let row = model.file.binding(binding);
        let is_opaque = row.opaque_writes > 0 || row.values.is_empty();
        row.func.index() != 0
            && (is_opaque || row.values.iter().any(|&value| depends_on_call(model, value, fuel)))
    })
}

/// The body of an answer to `fetch`.
fn read_answer(model: &Model<'_>, call: NodeId) -> Option<Whole> {
    let tree = &model.file.tree;
    let (answer, "text" | "arrayBuffer" | "buffer" | "blob" | "bytes") = tree.method_call(call)? else {
        return None;
    };
    let value = model.file.value_of(answer).unwrap_or(answer);
    let value = tree.awaited(value);
    let is_request = model.rows(value).iter().any(|row| row.request.as_ref().is_some_and(|row| row.body));
    let shown = model.file.display(&model.file.place(answer));
    is_request.then(|| Whole {
        what: format!("the body of `{shown}`"),
        cure: "use `pipeline` from its `body` to the response",
    })
}

/// The call that sends on what was read, if nothing else is done with it.
fn sent_on(file: &FileView<'_, '_>, call: NodeId) -> Option<NodeId> {
    let model = file.model;
    let tree = &model.file.tree;
    let value = tree.parent(call).filter(|&parent| tree.kind(parent) == Kind::Await).unwrap_or(call);
    match usage(model.file, value) {
        Usage::Argument { call, index: 0 } => sends(model, call).then_some(call),
        Usage::Aliased(decl) => {
            let binding = tree.first(decl).and_then(|target| tree.binding(target))?;
            let place = Place::root(Root::Binding(binding));
            let mut sent = None;
            for access in file.accesses.below(&place) {
                match access.usage {
                    Usage::Argument { call, index: 0 } if access.place == place && sends(model, call) => {
                        sent = Some(call);
                    }
                    Usage::Tested(_) => {}
                    _ if access
                        .place
                        .last_field()
                        .is_some_and(|name| matches!(tree.text(name), "length" | "byteLength")) => {}
                    _ => return None,
                }
            }
            sent
        }
        _ => None,
    }
}

/// `res.end(x)`, `res.send(x)`, `reply.send(x)`.
fn sends(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let Some((object, "end" | "send" | "write")) = tree.method_call(call) else { return false };
    let mut at = object;
    while let Some((inner, "status" | "type" | "set" | "header" | "code" | "writeHead" | "contentType")) =
        tree.method_call(at)
    {
        at = inner;
    }
    let of = model.model_of(model.ty(at));
    of.is_some_and(|of| {
        model.catalog.is_a(of, "http.ServerResponse") || model.catalog.is_a(of, "fastify.Reply")
    })
}
