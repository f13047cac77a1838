//! `unconsumed-response`: a response whose body some way through the handler leaves unread, which keeps its socket.

mod awaited;
mod stream;

use crate::claim::{Claim, LocalClaim, Note};
use crate::finding::{Finding, Fix, Role, Severity};
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use crate::{asked, local, mend};
use outlive_semantic::access::{Access, Usage};
use outlive_semantic::catalog::{CallRow, UnreadRow};
use outlive_semantic::flow::{Edge, Exit, Flow, contradicts};
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::model::{Handed, Model};
use outlive_semantic::place::{Place, Root};
use outlive_semantic::project::FileId;
use outlive_semantic::tree::{BinaryOp, Kind};
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

impl Rule for UnconsumedResponse {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        asked::made(file, call, &META, claims, |row, options| {
            awaited::says(file.model, options, row) == Some(true)
        });
        let Some(body) = awaited::claim(file, call).or_else(|| stream::claim_of(file, call)) else {
            asked::asked(file, call, &META, claims, |row| elsewhere(file, call, row));
            return;
        };
        let tree = &file.model.file.tree;
        let (at, func) = (tree.span(call), tree.func(call));
        claims.add(META.id, func, at, body);
    }

    fn function(&self, file: &FileView<'_, '_>, func: FuncId, claims: &mut Claims<'_>) {
        let model = file.model;
        let Some(response) = response_param(model, func) else { return };
        let Some(body) = unread(file, func, &response) else { return };
        let call = response.call;
        let at = model.file.tree.span(call);
        claims.add(META.id, model.file.tree.func(call), at, body);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let mut found = local::settle_all(claims, view, &META);
        found.extend(asked::settle(claims, view, &META));
        found
    }
}

/// What there is to say of an answer, if a client of another file gives it, and whether the call itself asks for one that has
/// to be read.
fn elsewhere(file: &FileView<'_, '_>, call: NodeId, row: &CallRow) -> Option<(bool, LocalClaim)> {
    let model = file.model;
    let request = row.request.as_ref()?;
    let asks = awaited::asks_itself(model, call, request);
    let answer = model.catalog.find_type(request.answer.as_ref()?).filter(|_| asks != Some(false))?;
    let read = model.catalog.model(answer).unread.as_ref()?;
    let said = match &read.body {
        Some(_) => awaited::claim_as(file, call, read),
        None => stream::claim_as(file, call, read),
    };
    Some((asks == Some(true), said?))
}

/// A response that a function is handed.
struct Response<'a> {
    /// The parameter.
    name: BindingId,
    /// The parameters before it: an error, with which there is no response.
    before: Vec<BindingId>,
    /// The call that the function is handed to.
    call: NodeId,
    /// How it is read.
    row: &'a UnreadRow,
}

/// The response that a function is handed: by the request, or by the promise of one.
fn response_param<'a>(model: &Model<'a>, func: FuncId) -> Option<Response<'a>> {
    let tree = &model.file.tree;
    let params: Vec<NodeId> = model.file.params(func).collect();
    let of_type = |handed: &Handed| {
        let rows = model.callback_rows(handed);
        let names = rows.iter().flat_map(|(_, row)| row.params.iter().enumerate());
        let types = names.filter_map(|(at, name)| Some((at, model.catalog.find_type(name)?)));
        types.filter_map(|(at, of)| Some((at, model.catalog.model(of).unread.as_ref()?))).next()
    };
    let promised = |handed: &Handed| {
        let (asked, "then") = tree.method_call(handed.call)? else { return None };
        Some((0, awaited::answer(model, asked).filter(|_| handed.arg == 0)?))
    };
    model.handed(func).iter().find_map(|handed| {
        let (at, row) = of_type(handed).or_else(|| promised(handed))?;
        let name = tree.binding(*params.get(at)?)?;
        let before = params[..at].iter().filter_map(|&param| tree.binding(param)).collect();
        Some(Response { name, before, call: handed.call, row })
    })
}

/// Whether an edge is taken only where one of some parameters is something: `if (error)`.
fn is_given(model: &Model<'_>, edge: Edge, params: &[BindingId]) -> bool {
    let (test, outcome) = match edge {
        Edge::True(test) => (test, true),
        Edge::False(test) => (test, false),
        _ => return false,
    };
    let tree = &model.file.tree;
    let is_one = |node| model.file.binding_of(node).is_some_and(|binding| params.contains(&binding));
    match tree.binary_op(test) {
        Some(BinaryOp::Equal) => !outcome && tree.children(test).any(is_one),
        Some(BinaryOp::NotEqual) => outcome && tree.children(test).any(is_one),
        _ => outcome && is_one(test),
    }
}

/// The nodes that read the body of what is at a place, end it, or hand it on, and the functions of `func` that do.
fn stops(file: &FileView<'_, '_>, func: FuncId, place: &Place, row: &UnreadRow) -> FxHashSet<NodeId> {
    let tree = &file.model.file.tree;
    let mut out = FxHashSet::default();
    for place in names(file, place) {
        let uses = file.accesses.below(&place);
        for node in uses.filter_map(|access| consumed_by(file.model, &place, access, row)) {
            out.insert(node);
            out.extend(
                tree.ancestors(node).filter(|&at| tree.kind(at) == Kind::Function && tree.func(at) == func),
            );
        }
    }
    out
}

/// A place, and the variables that begin with what is there: `let stream = response; if (zipped) stream = …`.
fn names(file: &FileView<'_, '_>, place: &Place) -> Vec<Place> {
    let tree = &file.model.file.tree;
    let variables = file.accesses.of(place).filter_map(|access| match access.usage {
        Usage::Aliased(declared) => tree.first(declared).and_then(|name| tree.binding(name)),
        _ => None,
    });
    let variables = variables.map(|binding| Place::root(Root::Binding(binding)));
    std::iter::once(place.clone()).chain(variables.filter(|name| name != place)).collect()
}

/// How a way leaves a body unread, for messages.
fn leaves(exit: Exit, who: &str) -> String {
    match exit {
        Exit::Return => format!("is not read when the {who} returns here"),
        Exit::Throw => "is not read when this throws".to_owned(),
        Exit::End => "is not read on every branch".to_owned(),
    }
}

/// Where something leaves unread.
fn leaving(model: &Model<'_>, at: Option<NodeId>, name: &str) -> Vec<Note> {
    let message = format!("`{name}` leaves here unread");
    let span = at.map(|node| model.file.tree.span(node));
    span.map(|span| Note { role: Role::Holder, message, span }).into_iter().collect()
}

/// What leaves the body unread; none if every way reads it, or hands it to code that may.
fn unread(file: &FileView<'_, '_>, func: FuncId, response: &Response<'_>) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let row = response.row;
    let place = Place::root(Root::Binding(response.name));
    let mut stops = stops(file, func, &place, row);
    let name = tree.text(model.file.binding(response.name).name).to_owned();
    if stops.is_empty() {
        let first = model.file.body(func).and_then(|body| tree.first(body));
        let fixes = first.and_then(|first| discard(model, first, &name, row)).into_iter().collect();
        return Some(LocalClaim { fixes, ..claim(&name, "is never read", vec![], row) });
    }
    let request = request(model, response.call);
    stops.extend(request.into_iter().flat_map(|request| ended_by(file, func, &request)));
    let flow = Flow::of(model, func)?;
    // Where there is no response, there is none to read: `if (error || !response) return`.
    let places = [place];
    let feasible = |edge| !is_given(model, edge, &response.before) && !contradicts(model, edge, &places);
    let way = flow.escape(flow.entry(), &stops, &feasible).filter(|way| !way.is_weak)?;
    let returns = way.at.filter(|_| way.exit == Exit::Return);
    let fixes = returns.and_then(|at| discard(model, at, &name, row)).into_iter().collect();
    let how = leaves(way.exit, "handler");
    Some(LocalClaim { fixes, ..claim(&name, &how, leaving(model, way.at, &name), row) })
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
fn discard(model: &Model<'_>, statement: NodeId, name: &str, row: &UnreadRow) -> Option<Fix> {
    let call = discarding(name, row);
    let edit = mend::before(model, statement, &format!("{call};"))?;
    Some(Fix { title: format!("discard the body with `{call}`"), safe: false, edits: vec![edit] })
}

/// The call that throws the body of what is called so away.
fn discarding(name: &str, row: &UnreadRow) -> String {
    match &row.body {
        Some(body) => format!("{name}.{body}.{}()", row.discard),
        None => format!("{name}.{}()", row.discard),
    }
}

fn claim(name: &str, how: &str, notes: Vec<Note>, row: &UnreadRow) -> LocalClaim {
    LocalClaim {
        message: format!(
            "the body of `{name}` {how}: {}",
            row.keeps.as_deref().unwrap_or("its socket stays until the server gives up")
        ),
        help: format!(
            "call `{}` on the ways that do not need the body, or destroy it",
            discarding(name, row)
        ),
        subject: name.to_owned(),
        must_repeat: true,
        unknowns: u8::from(row.buffers),
        notes,
        ..LocalClaim::default()
    }
}

/// The node that reads, discards or hands on the response.
fn consumed_by(model: &Model<'_>, place: &Place, access: &Access, row: &UnreadRow) -> Option<NodeId> {
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
            (listens || row.reads.iter().any(|method| method == name)).then_some(call)
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
            let is_head = field.is_some_and(|field| row.looks.iter().any(|known| known == field));
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
