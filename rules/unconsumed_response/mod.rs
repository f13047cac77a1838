//! `unconsumed-response`: a response whose body some way through the handler leaves unread, which keeps its socket.

mod awaited;

use crate::claim::{Claim, LocalClaim, Note};
use crate::finding::{Finding, Fix, Role, Severity};
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use crate::{local, mend};
use outlive_semantic::access::{Access, Usage};
use outlive_semantic::flow::{Exit, Flow};
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::project::FileId;
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashSet;

/// The rule.
pub(crate) struct UnconsumedResponse;

static META: Meta = Meta {
    id: "unconsumed-response",
    summary: "a response whose body some way through its handler leaves unread",
    category: Category::Backpressure,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

/// Methods that read, discard or destroy a body.
const CONSUMERS: &[&str] = &[
    "pipe",
    "resume",
    "destroy",
    "read",
    "text",
    "json",
    "arrayBuffer",
    "blob",
    "formData",
    "bytes",
    "dump",
    "cancel",
    "unpipe",
    "abort",
    "iterator",
    "getReader",
    "pipeTo",
    "pipeThrough",
    "close",
    "end",
];

/// Fields that are only looked at.
const HEAD_FIELDS: &[&str] = &[
    "statusCode",
    "statusMessage",
    "headers",
    "rawHeaders",
    "httpVersion",
    "status",
    "ok",
    "socket",
    "complete",
    "url",
    "req",
    "trailers",
    "opaque",
    "context",
];

impl Rule for UnconsumedResponse {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let Some(body) = awaited::claim(file, call) else { return };
        let tree = &file.model.file.tree;
        let (at, func) = (tree.span(call), tree.func(call));
        claims.add(META.id, func, at, body);
    }

    fn function(&self, file: &FileView<'_, '_>, func: FuncId, claims: &mut Claims<'_>) {
        let model = file.model;
        let Some((binding, call)) = response_param(model, func) else { return };
        let Some(body) = unread(file, func, binding, request(model, call).as_ref()) else { return };
        let at = model.file.tree.span(call);
        claims.add(META.id, model.file.tree.func(call), at, body);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        local::settle_all(claims, view, &META)
    }
}

/// The parameter that holds the response of a client request, and the call the function is handed to.
fn response_param(model: &Model<'_>, func: FuncId) -> Option<(BindingId, NodeId)> {
    let wanted = model.catalog.find_type("http.ClientResponse")?;
    let first = model.file.params(func).next()?;
    let binding = model.file.tree.binding(first)?;
    let handed = model.handed(func).iter().find(|handed| {
        model
            .callback_rows(handed)
            .iter()
            .any(|(_, row)| row.params.first().and_then(|name| model.catalog.find_type(name)) == Some(wanted))
    })?;
    Some((binding, handed.call))
}

/// What leaves the body unread; none if every way reads it, or hands it to code that may.
fn unread(
    file: &FileView<'_, '_>,
    func: FuncId,
    binding: BindingId,
    request: Option<&Place>,
) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let place = Place::root(Root::Binding(binding));
    let mut stops: FxHashSet<NodeId> = FxHashSet::default();
    let mut consumes = false;
    for access in file.accesses.below(&place) {
        if let Some(node) = consumed_by(model, &place, access) {
            consumes = true;
            stops.insert(node);
            let closures =
                tree.ancestors(node).filter(|&n| tree.kind(n) == Kind::Function && tree.func(n) == func);
            stops.extend(closures);
        }
    }
    let name = tree.text(model.file.binding(binding).name).to_owned();
    if !consumes {
        let first = model.file.body(func).and_then(|body| tree.first(body));
        let fixes = first.and_then(|first| discard(model, first, &name)).into_iter().collect();
        return Some(LocalClaim { fixes, ..claim(&name, "is never read", vec![]) });
    }
    stops.extend(request.into_iter().flat_map(|request| ended_by(file, func, request)));
    let flow = Flow::of(model, func)?;
    let way = flow.escape(flow.entry(), &stops, &|_| true).filter(|way| !way.is_weak)?;
    let at = way.at.map(|node| tree.span(node));
    let how = match way.exit {
        Exit::Return => "is not read when the handler returns here",
        Exit::Throw => "is not read when this throws",
        Exit::End => "is not read on every branch",
    };
    let note =
        at.map(|span| Note { role: Role::Holder, message: format!("`{name}` leaves here unread"), span });
    let leaves = way.at.filter(|_| way.exit == Exit::Return);
    let fixes = leaves.and_then(|leaves| discard(model, leaves, &name)).into_iter().collect();
    Some(LocalClaim { fixes, ..claim(&name, how, note.into_iter().collect()) })
}

/// Where the request of a response is known: what listens for it, or what the call gave.
fn request(model: &Model<'_>, call: NodeId) -> Option<Place> {
    let tree = &model.file.tree;
    if let Some((object, "on" | "once" | "addListener")) = tree.method_call(call) {
        return Some(model.file.place(object)).filter(|place| !matches!(place.root, Root::Value(_)));
    }
    let parent =
        tree.parent(call).filter(|&parent| matches!(tree.kind(parent), Kind::Declarator | Kind::Assign))?;
    Some(model.file.place(tree.first(parent)?))
}

/// The calls of a handler that end the request, or hand it to code that may: its socket goes with it.
fn ended_by(file: &FileView<'_, '_>, func: FuncId, request: &Place) -> Vec<NodeId> {
    let tree = &file.model.file.tree;
    let ends = file.accesses.of(request).filter(|access| access.func == func);
    ends.filter_map(|access| match access.usage {
        Usage::Method { name, call } => matches!(tree.text(name), "abort" | "destroy").then_some(call),
        Usage::Argument { call, .. } => Some(call),
        _ => None,
    })
    .collect()
}

/// The body is thrown away before a statement. Whether it was to be read there after all, only the author knows.
fn discard(model: &Model<'_>, statement: NodeId, name: &str) -> Option<Fix> {
    let edit = mend::before(model, statement, &format!("{name}.resume();"))?;
    Some(Fix { title: format!("discard the body with `{name}.resume()`"), safe: false, edits: vec![edit] })
}

fn claim(name: &str, how: &str, notes: Vec<Note>) -> LocalClaim {
    LocalClaim {
        message: format!("the body of `{name}` {how}: its socket stays until the server gives up"),
        help: format!("call `{name}.resume()` on the ways that do not need the body, or destroy it"),
        subject: name.to_owned(),
        must_repeat: true,
        notes,
        ..LocalClaim::default()
    }
}

/// The node that reads, discards or hands on the response.
fn consumed_by(model: &Model<'_>, place: &Place, access: &Access) -> Option<NodeId> {
    let tree = &model.file.tree;
    let is_itself = access.place == *place;
    match access.usage {
        Usage::Method { name, call } if is_itself => {
            let name = tree.text(name);
            let listens = matches!(name, "on" | "once" | "addListener")
                && tree.arg(call, 0).is_some_and(|event| {
                    model
                        .file
                        .constant_name(event)
                        .is_none_or(|event| matches!(tree.text(event), "data" | "readable" | "end"))
                });
            (listens || CONSUMERS.contains(&name)).then_some(call)
        }
        Usage::Argument { call, .. } if is_itself => {
            let path = tree.callee(call).and_then(|callee| model.api_path(callee));
            (!path.is_some_and(|path| path.starts_with("console."))).then_some(call)
        }
        Usage::Returned(node)
        | Usage::Stored(node)
        | Usage::Yielded(node)
        | Usage::Iterated(node)
        | Usage::Spread(node)
            if is_itself =>
        {
            Some(enclosing_action(model, node))
        }
        Usage::Aliased(node) if is_itself => Some(enclosing_action(model, node)),
        // `res.body`, or a field this analysis does not know: somebody reads through it.
        Usage::Method { .. }
        | Usage::Argument { .. }
        | Usage::Iterated(_)
        | Usage::Stored(_)
        | Usage::Assigned(_)
            if !is_itself && access.place.path.len() == 1 =>
        {
            let field = access.place.last_field().map(|name| tree.text(name));
            let is_head = field.is_some_and(|field| HEAD_FIELDS.contains(&field));
            (!is_head).then(|| enclosing_action(model, access.node))
        }
        _ => None,
    }
}

/// The nearest node around that is a point of the control-flow graph.
fn enclosing_action(model: &Model<'_>, node: NodeId) -> NodeId {
    let tree = &model.file.tree;
    std::iter::once(node)
        .chain(tree.ancestors(node))
        .find(|&at| {
            matches!(
                tree.kind(at),
                Kind::Call
                    | Kind::New
                    | Kind::Assign
                    | Kind::Return
                    | Kind::Await
                    | Kind::Yield
                    | Kind::ForOf
                    | Kind::Throw
            )
        })
        .unwrap_or(node)
}
