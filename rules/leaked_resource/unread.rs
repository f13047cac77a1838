//! A stream that is read on some ways through a function and forgotten on others: what it holds stays open there.

use crate::acquire;
use crate::claim::{LocalClaim, Note};
use crate::finding::Role;
use crate::rule::FileView;
use outlive_semantic::access::{Access, Usage};
use outlive_semantic::flow::{Exit, Flow, Point, contradicts};
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashSet;

/// Functions that read a stream to its end, or destroy it.
const PIPELINES: &[&str] = &["pipeline", "pipelineAsync", "pump"];

/// Methods that neither read a stream nor end it.
const LOOKERS: &[&str] = &["pause", "setEncoding", "unref", "ref", "isPaused", "setMaxListeners"];

/// What a call hands out, and the function that has it under a name.
struct Source {
    func: FuncId,
    binding: BindingId,
    /// The parameter that says that there is none.
    error: Option<BindingId>,
    /// The point from which it is held; none for the start of the function.
    from: Option<NodeId>,
}

/// The claim about a call that hands out a stream; none if every way reads it, destroys it, or hands it on.
pub(super) fn claim(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let source = handed_to_callback(model, call).or_else(|| awaited(model, call))?;
    let place = Place::root(Root::Binding(source.binding));
    if !file.accesses.of(&place).any(|access| is_piped(model, access)) {
        return None;
    }
    let flow = Flow::of(model, source.func).filter(|flow| !flow.truncated)?;
    let stops = stops(file, &source, &place);
    let places = [place];
    let feasible = |edge| {
        !contradicts(model, edge, &places)
            && !source.error.is_some_and(|error| acquire::is_set(model, edge, error))
    };
    let way = flow.escape(start(&flow, &source)?, &stops, &feasible)?;
    if way.is_weak || way.exit == Exit::Throw {
        return None;
    }
    let tree = &model.file.tree;
    let name = tree.text(model.file.binding(source.binding).name);
    let left = way.at.map(|node| Note {
        role: Role::Holder,
        message: format!("`{name}` is neither read nor destroyed when the function leaves here"),
        span: tree.span(node),
    });
    Some(LocalClaim {
        message: format!(
            "the stream `{name}` is not read on every way: what it holds stays open on the others"
        ),
        help: format!("call `{name}.destroy()` where it is not needed, or open it behind the tests"),
        subject: format!("unread {name}"),
        conventions: 1,
        must_repeat: true,
        notes: left.into_iter().collect(),
        ..LocalClaim::default()
    })
}

/// `open(path, (error, stream) => …)`
fn handed_to_callback(model: &Model<'_>, call: NodeId) -> Option<Source> {
    let tree = &model.file.tree;
    let callback = tree.args(call).last().filter(|&arg| tree.kind(arg) == Kind::Function)?;
    let func = tree.function(callback)?;
    let error = acquire::error_param(model, func)?;
    let binding = tree.binding(model.file.params(func).nth(1)?)?;
    let listens = tree.method_call(call).is_some_and(|(_, name)| matches!(name, "on" | "once"));
    (!listens).then_some(Source { func, binding, error: Some(error), from: None })
}

/// `const stream = await open(path)`
fn awaited(model: &Model<'_>, call: NodeId) -> Option<Source> {
    let tree = &model.file.tree;
    let wait = tree.parent(call).filter(|&wait| tree.kind(wait) == Kind::Await)?;
    let declarator = tree.parent(wait).filter(|&parent| tree.kind(parent) == Kind::Declarator)?;
    let binding = tree.binding(tree.first(declarator)?)?;
    Some(Source { func: tree.func(call), binding, error: None, from: Some(wait) })
}

fn start(flow: &Flow, source: &Source) -> Option<Point> {
    match source.from {
        Some(node) => flow.points(node).first().copied(),
        None => Some(flow.entry()),
    }
}

/// Whether a use shows that it is a stream somebody reads.
fn is_piped(model: &Model<'_>, access: &Access) -> bool {
    let tree = &model.file.tree;
    match access.usage {
        Usage::Method { name, .. } => tree.text(name) == "pipe",
        Usage::Argument { call, index: 0 } => {
            let callee = tree.callee(call).and_then(|callee| model.callee_name(callee));
            callee.is_some_and(|name| PIPELINES.contains(&name))
        }
        _ => false,
    }
}

/// What reads the stream, ends it, or takes it over.
fn stops(file: &FileView<'_, '_>, source: &Source, place: &Place) -> FxHashSet<NodeId> {
    let tree = &file.model.file.tree;
    let mut out = FxHashSet::default();
    for access in file.accesses.below(place) {
        let node = match access.usage {
            Usage::Method { name, call } if !only_looks(file.model, tree.text(name), call) => call,
            Usage::Method { .. } | Usage::Tested(_) | Usage::Operand(_) | Usage::Read => continue,
            _ if access.place != *place => continue,
            _ => acting(file.model, access.node),
        };
        out.insert(node);
        let is_closure = |&at: &NodeId| tree.kind(at) == Kind::Function && tree.func(at) == source.func;
        out.extend(tree.ancestors(node).filter(is_closure));
    }
    out
}

fn only_looks(model: &Model<'_>, method: &str, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let event =
        || tree.arg(call, 0).and_then(|arg| model.file.constant_name(arg)).map(|event| tree.text(event));
    LOOKERS.contains(&method) || matches!(method, "on" | "once") && matches!(event(), Some("error" | "close"))
}

/// The nearest node around that is a point of the control-flow graph.
fn acting(model: &Model<'_>, node: NodeId) -> NodeId {
    let tree = &model.file.tree;
    let acts = |at: &NodeId| {
        tree.is_call(*at)
            || matches!(tree.kind(*at), Kind::Assign | Kind::Return | Kind::Await | Kind::Yield | Kind::ForOf)
    };
    tree.ancestors(node).find(acts).unwrap_or(node)
}
