//! A stream that is read on some ways through a function and forgotten on others: what it holds stays open there.

use crate::acquire;
use crate::claim::{LocalClaim, Note};
use crate::finding::Role;
use crate::rule::FileView;
use outlive_semantic::access::{Access, Usage};
use outlive_semantic::flow::{Exit, Flow, Point, contradicts};
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tree::{Kind, flag};
use rustc_hash::FxHashSet;

/// Methods that neither read a stream nor end it.
const LOOKERS: &[&str] = &["pause", "setEncoding", "unref", "ref", "isPaused", "setMaxListeners"];

/// What a call hands out, and the function that has it under a name.
struct Source {
    func: FuncId,
    binding: BindingId,
    place: Place,
    /// The parameter that says that there is none.
    error: Option<BindingId>,
    /// The point from which it is held; none for the start of the function.
    from: Option<NodeId>,
}

/// The claim about a call that hands out a stream; none if every way reads it, destroys it, or hands it on.
pub(super) fn claim(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    handed_to_callback(model, call)
        .into_iter()
        .chain(awaited(model, call))
        .find_map(|source| forgotten(file, &source))
}

/// The claim about one stream under a name.
fn forgotten(file: &FileView<'_, '_>, source: &Source) -> Option<LocalClaim> {
    let model = file.model;
    let place = source.place.clone();
    let is_piped = file.accesses.of(&place).any(|access| is_piped(model, access));
    if !is_piped && !is_iterated_only(file, &place) {
        return None;
    }
    let flow = Flow::of(model, source.func)?;
    let stops = stops(file, source, &place);
    let places = [place];
    let feasible = |edge| {
        !contradicts(model, edge, &places)
            && !source.error.is_some_and(|error| acquire::is_set(model, edge, error))
    };
    let way = flow.escape(start(&flow, source)?, &stops, &feasible)?;
    let tree = &model.file.tree;
    let is_written = way.at.is_some_and(|at| tree.kind(at) == Kind::Throw);
    if way.is_weak || way.exit == Exit::Throw && !is_written {
        return None;
    }
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
        // What a loop goes over may be a list of promises.
        conventions: u8::from(!is_piped),
        named: u8::from(is_piped),
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
    let place = Place::root(Root::Binding(binding));
    (!listens).then_some(Source { func, binding, place, error: Some(error), from: None })
}

/// `const stream = await open(path)`, `const { stream } = await open(path)`
fn awaited(model: &Model<'_>, call: NodeId) -> Vec<Source> {
    let tree = &model.file.tree;
    let wait = tree.parent(call).filter(|&wait| tree.kind(wait) == Kind::Await);
    let declarator =
        wait.and_then(|wait| tree.parent(wait)).filter(|&parent| tree.kind(parent) == Kind::Declarator);
    let Some(target) = declarator.and_then(|declarator| tree.first(declarator)) else { return Vec::new() };
    if !matches!(tree.kind(target), Kind::ObjectPattern | Kind::BindingName) {
        return Vec::new();
    }
    let names = tree.subtree(target).filter(|&name| tree.kind(name) == Kind::BindingName);
    let source = |name| {
        let (binding, place) = (tree.binding(name)?, model.file.place(name));
        Some(Source { func: tree.func(call), binding, place, error: None, from: wait })
    };
    names.filter_map(source).collect()
}

/// Whether a loop awaits what it yields, and nobody takes it for a list.
fn is_iterated_only(file: &FileView<'_, '_>, place: &Place) -> bool {
    let tree = &file.model.file.tree;
    // What is done to an item is nothing done to the source.
    let is_item = |access: &&Access| access.place.path.get(place.path.len()) == Some(&Step::Element);
    let mut uses = file.accesses.below(place).filter(|access| !is_item(access));
    let counts = |access: &Access| {
        let field = access.place.last_field().filter(|_| access.place != *place);
        field.is_some_and(|name| matches!(tree.text(name), "length" | "size"))
    };
    let awaits = |usage: Usage| matches!(usage, Usage::Iterated(at) if tree.has(at, flag::AWAIT));
    let mut loops = file.accesses.of(place);
    loops.any(|access| awaits(access.usage))
        && uses.all(|access| match access.usage {
            // What can be counted is there already.
            _ if counts(access) => false,
            Usage::Method { name, .. } => ENDS.contains(&tree.text(name)),
            usage => awaits(usage) || matches!(usage, Usage::Tested(_) | Usage::Argument { .. }),
        })
}

/// Methods that end what is iterated.
const ENDS: &[&str] = &["return", "destroy", "cancel", "close", "dump", "abort"];

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
            // With one stream alone it tells of its end, and reads nothing.
            let is_stream = |arg: &NodeId| {
                !matches!(tree.kind(*arg), Kind::Function | Kind::Object) && model.function_of(*arg).is_none()
            };
            super::piped::ends_streams(model, call) && tree.args(call).filter(is_stream).count() > 1
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
