//! `ignored-backpressure`: writes to something slower than the source, with no look at how much waits.

use crate::claim::{Claim, LocalClaim, Note};
use crate::finding::{Finding, Role, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::access::Usage;
use outlive_semantic::catalog::Container;
use outlive_semantic::guard;
use outlive_semantic::identity::Identity;
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::place::{Place, Root};
use outlive_semantic::project::FileId;
use outlive_semantic::tree::{Kind, flag};

/// The rule.
pub(crate) struct IgnoredBackpressure;

static META: Meta = Meta {
    id: "ignored-backpressure",
    summary: "writes to something slower than the source, with no look at how much waits",
    category: Category::Backpressure,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

/// Words that show that somebody looks at how much waits.
const GAUGES: &[&str] = &[
    "bufferedAmount",
    "writableLength",
    "writableNeedDrain",
    "desiredSize",
    "drain",
    "_writableState",
    "bufferSize",
    "writableHighWaterMark",
    "highWaterMark",
    "bufferedAmountLowThreshold",
    "pause",
    "ready",
    "needDrain",
    "canPush",
    "awaitDrain",
];

impl Rule for IgnoredBackpressure {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let Some(sink) = sink(file.model, call) else { return };
        let body = early_callback(file, call, &sink).or_else(|| unpaced_write(file, call, &sink));
        if let Some(body) = body {
            let at = file.model.file.tree.span(call);
            let func = file.model.file.tree.func(call);
            claims.add(META.id, func, at, body);
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        local::settle_all(claims, view, &META)
    }
}

/// What is written to.
struct Sink {
    place: Place,
    shown: String,
    method: &'static str,
    /// Its type is known to buffer.
    proved: bool,
    /// Its type is known, and nothing is known about its buffering.
    other: bool,
}

/// The sink of a call whose result is thrown away: `stream.write(x)`, `socket.send(x)`, `queue.push(x)`.
fn sink(model: &Model<'_>, call: NodeId) -> Option<Sink> {
    let tree = &model.file.tree;
    let (object, method) = tree.method_call(call)?;
    let method = ["write", "send", "push", "enqueue"].into_iter().find(|known| *known == method)?;
    let is_ignored =
        tree.is_discarded(call) || body_of(model, call).is_some_and(|func| is_listener(model, func));
    if !is_ignored || is_awaited(model, call) || takes_callback(model, call) {
        return None;
    }
    let ty = model.ty(object);
    let of = model.model_of(ty);
    let proved = match (of, method) {
        (Some(of), "write") => model.catalog.model(of).writable,
        (Some(of), "send") => {
            ["ws.WebSocket", "WebSocket", "RTCDataChannel"].iter().any(|name| model.catalog.is_a(of, name))
        }
        _ => false,
    };
    if matches!(ty, Ty::Finite | Ty::Text | Ty::Number | Ty::Function(_)) {
        return None;
    }
    let other = of.is_some() && !proved;
    let place = model.file.place(object);
    let is_stdio = model.path_of(&place).is_some_and(|path| path.starts_with("process.std"));
    if is_stdio || matches!(place.root, Root::Value(_)) {
        return None;
    }
    let shown = model.file.display(&place);
    Some(Sink { place, shown, method, proved, other })
}

fn is_awaited(model: &Model<'_>, call: NodeId) -> bool {
    model.file.tree.parent(call).is_some_and(|parent| model.file.tree.kind(parent) == Kind::Await)
}

/// A completion callback paces the writer, if it does more than report an error.
fn takes_callback(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.args(call).skip(1).any(|arg| match tree.kind(arg) {
        Kind::Function => true,
        Kind::Identifier | Kind::Member => {
            matches!(model.ty(arg), Ty::Function(_)) || names_callback(model, arg)
        }
        _ => false,
    })
}

fn names_callback(model: &Model<'_>, node: NodeId) -> bool {
    matches!(model.callee_name(node), Some("cb" | "callback" | "done" | "next" | "resolve" | "fn"))
}

/// A `_write` or `_transform` that forwards a chunk and reports completion at once.
fn early_callback(file: &FileView<'_, '_>, call: NodeId, sink: &Sink) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let func = model.file.enclosing(tree.func(call)).find(|&func| writer_callback(model, func).is_some())?;
    let callback = writer_callback(model, func)?;
    // A transform pushes into itself: the stream paces that.
    if sink.place.path.is_empty() && matches!(sink.place.root, Root::This(_) | Root::Receiver(_))
        || mentions_gauge(file, func, sink)
    {
        return None;
    }
    let chunk = model.file.params(func).next().and_then(|param| tree.binding(param))?;
    // A list takes what is pushed at once.
    let is_list = model
        .model_of(model.place_ty(&sink.place))
        .is_some_and(|ty| model.catalog.model(ty).container == Some(Container::Array));
    if !forwards(model, call, chunk) || is_list {
        return None;
    }
    let place = Place::root(Root::Binding(callback));
    let mut at_once = None;
    for access in file.accesses.of(&place) {
        match access.usage {
            Usage::Called(node) if is_same_run(model, access.func, func) => at_once = at_once.or(Some(node)),
            // Kept for later, or handed to the sink: it is paced on that way.
            Usage::Stored(_) | Usage::Assigned(_) | Usage::Argument { .. } => return None,
            _ => {}
        }
    }
    let name = tree.text(model.file.binding(callback).name).to_owned();
    let at_once = at_once?;
    let shown = &sink.shown;
    Some(LocalClaim {
        message: format!(
            "`{name}` is called before `{shown}` has taken the chunk: the writer is never slowed down"
        ),
        help: format!("call `{name}` from the callback of `{shown}.{}`, or when it drains", sink.method),
        subject: format!("{shown} {name}"),
        conventions: u8::from(!sink.proved),
        notes: vec![Note {
            role: Role::ReleasedHereOnly,
            message: "completion is reported here".to_owned(),
            span: tree.span(at_once),
        }],
        ..LocalClaim::default()
    })
}

/// The callback parameter of a function that implements writing: `_write(chunk, encoding, callback)`.
fn writer_callback(model: &Model<'_>, func: FuncId) -> Option<BindingId> {
    let name = model.file.function_name(func)?;
    let row = model.file.function(func);
    let params: Vec<NodeId> = model.file.params(func).collect();
    let is_method = matches!(name, "_write") && row.this_class.is_some();
    let is_option = name == "write" && params.len() == 3 && is_stream_option(model, func);
    if params.len() != 3 || !(is_method || is_option) {
        return None;
    }
    params.last().and_then(|&param| model.file.tree.binding(param))
}

fn is_stream_option(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let object = tree.parent(model.file.function(func).node).and_then(|prop| tree.parent(prop));
    object.is_some_and(|object| tree.kind(object) == Kind::Object && tree.argument_of(object).is_some())
}

/// Whether an argument of the call is the chunk, or made from it.
fn forwards(model: &Model<'_>, call: NodeId, chunk: BindingId) -> bool {
    let tree = &model.file.tree;
    let mentions = |node: NodeId| tree.subtree(node).any(|n| model.file.binding_of(n) == Some(chunk));
    tree.args(call).next().is_some_and(|arg| {
        mentions(arg)
            || model
                .file
                .binding_of(arg)
                .and_then(|binding| model.file.sole_value(binding))
                .is_some_and(mentions)
    })
}

/// The same run: the function itself, or what it awaits.
fn is_same_run(model: &Model<'_>, inner: FuncId, outer: FuncId) -> bool {
    inner == outer || model.is_immediately_invoked(inner) && model.file.is_within(inner, outer)
}

/// Writes in a loop over a stream or an iterator, or for each chunk of something else, to a sink nobody looks at.
fn unpaced_write(file: &FileView<'_, '_>, call: NodeId, sink: &Sink) -> Option<LocalClaim> {
    let model = file.model;
    match sink.method {
        "push" => return None,
        _ if sink.other => return None,
        "enqueue" => return enqueued_event(file, call, sink),
        _ => {}
    }
    let source = source(file, call, sink)?;
    let func = outermost(model, model.file.tree.func(call));
    if mentions_gauge(file, func, sink) {
        return None;
    }
    let shown = &sink.shown;
    Some(LocalClaim {
        message: format!(
            "`{shown}.{}` {}: nobody looks at how much `{shown}` holds back",
            sink.method, source.how
        ),
        help: help(sink),
        subject: format!("{shown} {}", sink.method),
        conventions: u8::from(!sink.proved),
        must_repeat: true,
        must_be_hot: source.must_be_hot,
        notes: Vec::new(),
        ..LocalClaim::default()
    })
}

/// `controller.enqueue(chunk)` in a handler of events, in a file where nobody ever asks `desiredSize` or waits for `pull`.
fn enqueued_event(file: &FileView<'_, '_>, call: NodeId, sink: &Sink) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let is_controller = sink.shown.to_ascii_lowercase().ends_with("controller");
    let asks = ["desiredSize", "pull"].iter().any(|name| tree.names().find(name).is_some());
    let func = tree.func(call);
    let name = model.file.function_name(func).unwrap_or_default().trim_start_matches(['#', '_']);
    let is_handler = name.starts_with("on")
        || file
            .registrations
            .iter()
            .any(|registration| model.function_of(registration.listener) == Some(func));
    if !is_controller || asks || !is_handler {
        return None;
    }
    let shown = &sink.shown;
    Some(LocalClaim {
        message: format!(
            "`{shown}.enqueue` runs for each event: nobody asks `desiredSize`, so a slow reader buffers them all"
        ),
        help: format!("stop the source while `{shown}.desiredSize` is not positive, and go on in `pull`"),
        subject: format!("{shown} enqueue"),
        must_repeat: true,
        ..LocalClaim::default()
    })
}

fn help(sink: &Sink) -> String {
    let shown = &sink.shown;
    match sink.method {
        "send" => format!(
            "wait for the callback of `send`, or drop and close while `{shown}.bufferedAmount` is too large"
        ),
        _ => format!("use `pipeline`, or stop while `{shown}.write()` returns false and go on at 'drain'"),
    }
}

struct Source {
    how: &'static str,
    must_be_hot: bool,
}

/// Where what is written comes from, if it is faster than the sink by nature.
fn source(file: &FileView<'_, '_>, call: NodeId, sink: &Sink) -> Option<Source> {
    let model = file.model;
    let tree = &model.file.tree;
    if let Some(each) = guard::enclosing_loop(model, call) {
        if tree.kind(each) == Kind::ForOf && tree.has(each, flag::AWAIT) {
            return Some(Source { how: "runs for each item of an async iterator", must_be_hot: false });
        }
        if sink.proved && is_read_by_hand(model, each) {
            return Some(Source { how: "runs for each chunk that is read", must_be_hot: false });
        }
        // A loop over the clients themselves sends one thing to each.
        let is_item = |n: NodeId| tree.binding(n).is_some_and(|b| Root::Binding(b) == sink.place.root);
        let clients = tree.child(each, 1).map(|source| model.file.place(model.file.iterated(source)));
        let over_clients = tree.kind(each) == Kind::ForOf
            && (tree.subtree(tree.first(each)?).any(is_item)
                || clients.is_some_and(|clients| sink.place.starts_with(&clients)));
        if tree.kind(each) != Kind::ForIn && sink.proved && !over_clients && !awaits(model, each) {
            // A stream hands its writer one chunk after the other.
            let must_be_hot = !is_writer(model, tree.func(call));
            return Some(Source { how: "runs in a loop", must_be_hot });
        }
    }
    if sent_for_each(model, call) {
        return Some(Source { how: "runs for each item of an async iterator", must_be_hot: false });
    }
    data_handler(file, call, sink).or_else(|| subscriber(model, call, sink))
}

/// A subscriber that writes each message to a client.
fn subscriber(model: &Model<'_>, call: NodeId, sink: &Sink) -> Option<Source> {
    let tree = &model.file.tree;
    let func = tree.func(call);
    let message = model.file.params(func).next().and_then(|param| tree.binding(param))?;
    let is_client = sink.proved && sink.method == "write";
    (subscribes(model, func) && is_client && forwards(model, call, message))
        .then_some(Source { how: "runs for each message", must_be_hot: false })
}

/// Whether a function is handed to `subscribe` or its like, which ignores what it returns, of something that others
/// feed: what the caller made itself it feeds itself.
fn subscribes(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    model.handed(func).iter().any(|handed| {
        let to = tree.callee(handed.call).and_then(|callee| model.callee_name(callee));
        to.is_some_and(|name| name.starts_with("subscribe")) && !is_own_source(model, handed.call)
    })
}

/// Whether a function is called for events, by something that ignores what it returns.
fn is_listener(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let is_added =
        |to: NodeId| matches!(tree.method_call(to), Some((_, "on" | "addListener" | "addEventListener")));
    subscribes(model, func)
        || model.handed(func).iter().any(|handed| handed.arg == 1 && is_added(handed.call))
}

/// Whether the receiver of a call is made by the function that calls.
fn is_own_source(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let source = tree.method_call(call).map(|(object, _)| model.file.place(object).root);
    let Some(Root::Binding(binding)) = source else { return false };
    let made = model.file.sole_value(binding).map(|value| tree.kind(value));
    model.file.binding(binding).func.index() != 0 && made == Some(Kind::New)
}

/// The arrow function whose body a call is.
fn body_of(model: &Model<'_>, call: NodeId) -> Option<FuncId> {
    model.file.tree.function(model.file.tree.parent(call)?)
}

/// The function around is called, unawaited, for each item of an async iterator.
fn sent_for_each(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    model.calls_of(tree.func(call)).iter().any(|&caller| {
        tree.is_discarded(caller)
            && !is_awaited(model, caller)
            && guard::enclosing_loop(model, caller)
                .is_some_and(|each| tree.kind(each) == Kind::ForOf && tree.has(each, flag::AWAIT))
    })
}

fn awaits(model: &Model<'_>, each: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.subtree(each).any(|node| tree.kind(node) == Kind::Await && tree.func(node) == tree.func(each))
}

/// `while (true) { const { done, value } = await reader.read(); … }`: a loop that waits for its source and for nothing else.
fn is_read_by_hand(model: &Model<'_>, each: NodeId) -> bool {
    let tree = &model.file.tree;
    let mut waits = tree
        .subtree(each)
        .filter(|&node| tree.kind(node) == Kind::Await && tree.func(node) == tree.func(each))
        .peekable();
    let reads = |wait: NodeId| {
        let read = tree.first(wait).and_then(|waited| tree.method_call(waited));
        matches!(read, Some((_, "read" | "next")))
    };
    waits.peek().is_some() && waits.all(reads)
}

/// Whether a function is what a stream calls with each chunk: `_write`, `_transform`.
fn is_writer(model: &Model<'_>, func: FuncId) -> bool {
    let name = model.file.function_name(func).unwrap_or_default();
    let is_method = model.file.function(func).this_class.is_some();
    is_method && matches!(name, "_write" | "_writev" | "_transform")
}

/// A data handler of one stream that writes to another.
fn data_handler(file: &FileView<'_, '_>, call: NodeId, sink: &Sink) -> Option<Source> {
    let model = file.model;
    let tree = &model.file.tree;
    let func = tree.func(call);
    let registration = file.registrations.iter().find(|registration| {
        model.function_of(registration.listener) == Some(func)
            && matches!(&registration.event, Identity::Constant(event) if event == "data")
    })?;
    let is_echo = registration.place == sink.place;
    let paced = sink.proved && !is_echo;
    paced.then_some(Source { how: "runs for each chunk", must_be_hot: false })
}

/// The outermost function around that is not the module.
fn outermost(model: &Model<'_>, func: FuncId) -> FuncId {
    model.file.enclosing(func).filter(|func| func.index() != 0).last().unwrap_or(func)
}

/// Whether code around asks how much waits, or stops the source.
fn mentions_gauge(file: &FileView<'_, '_>, func: FuncId, sink: &Sink) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    let node = model.file.function(func).node;
    let here = tree.subtree(node).any(|n| {
        let name = match tree.kind(n) {
            Kind::Member | Kind::String => tree.name(n),
            _ => None,
        };
        name.is_some_and(|name| GAUGES.contains(&name))
    });
    here || file
        .accesses
        .below(&sink.place)
        .any(|access| access.place.last_field().is_some_and(|name| GAUGES.contains(&tree.text(name))))
}
