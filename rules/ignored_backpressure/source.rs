//! Where what is written comes from, if that is faster than the sink by nature.

use super::early::forwards;
use super::fan_out;
use super::sink::{self, Sink};
use crate::claim::LocalClaim;
use crate::rule::FileView;
use outlive_semantic::catalog::When;
use outlive_semantic::identity::Identity;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::listeners::Registration;
use outlive_semantic::model::Model;
use outlive_semantic::place::Root;
use outlive_semantic::rate::Rate;
use outlive_semantic::tree::{Kind, flag};
use outlive_semantic::{guard, invariant};

/// Writes in a loop over a stream or an iterator, or for each chunk of something else, to a sink nobody looks at.
pub(super) fn unpaced_write(file: &FileView<'_, '_>, call: NodeId, sink: &Sink<'_>) -> Option<LocalClaim> {
    let model = file.model;
    if sink.other {
        return None;
    }
    let source = source(file, call, sink)?;
    let func = sink::outermost(model, model.file.tree.func(call));
    if sink::mentions_gauge(file, func, sink) {
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
        conventions: u8::from(!sink.proved).max(source.conventions),
        must_repeat: true,
        must_be_hot: source.must_be_hot,
        notes: Vec::new(),
        ..LocalClaim::default()
    })
}

/// What to do about a sink that nobody looks at.
fn help(sink: &Sink<'_>) -> String {
    let shown = &sink.shown;
    match sink.advice {
        Some(advice) => advice.to_owned(),
        None => format!("use `pipeline`, or stop while `{shown}.write()` returns false and go on at 'drain'"),
    }
}

#[derive(Default)]
struct Source {
    how: &'static str,
    must_be_hot: bool,
    conventions: u8,
}

impl Source {
    fn new(how: &'static str) -> Self {
        Self { how, ..Self::default() }
    }
}

/// Where what is written comes from, if it is faster than the sink by nature.
fn source(file: &FileView<'_, '_>, call: NodeId, sink: &Sink<'_>) -> Option<Source> {
    let model = file.model;
    let tree = &model.file.tree;
    if let Some(each) = guard::enclosing_loop(model, call) {
        if tree.kind(each) == Kind::ForOf && tree.has(each, flag::AWAIT) {
            return Some(Source::new("runs for each item of an async iterator"));
        }
        if sink.proved && is_read_by_hand(model, each) {
            return Some(Source::new("runs for each chunk that is read"));
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
            let conventions = u8::from(sink.advice.is_some());
            return Some(Source { must_be_hot, conventions, ..Source::new("runs in a loop") });
        }
    }
    if sent_for_each(model, call) {
        return Some(Source::new("runs for each item of an async iterator"));
    }
    // One thing that is sent to many is another matter.
    let is_one = fan_out::clients(&sink.place).is_none();
    if sink.advice.is_some() && is_one && invariant::turn(model, call).is_some() {
        // The loop may be over a list that is there anyway.
        return Some(Source { must_be_hot: true, conventions: 1, ..Source::new("runs in a loop") });
    }
    data_handler(file, call, sink)
        .or_else(|| subscriber(model, call, sink))
        .or_else(|| listener(file, call, sink))
}

/// A listener that hands each message on to a client: what comes does not ask how fast that one is.
fn listener(file: &FileView<'_, '_>, call: NodeId, sink: &Sink<'_>) -> Option<Source> {
    let model = file.model;
    let tree = &model.file.tree;
    let func = tree.func(call);
    let message = model.file.params(func).next().and_then(|param| tree.binding(param))?;
    let is_one_of_many = fan_out::clients(&sink.place).is_some();
    if !sink.proved || !sink.is_peer || is_one_of_many || !forwards(model, call, message) {
        return None;
    }
    let comes_often = |heard: &Registration| {
        let handed = model.handed(func).iter().find(|handed| handed.call == heard.call);
        let rows = handed.map(|handed| model.callback_rows(handed)).unwrap_or_default();
        rows.iter().any(|(_, row)| matches!(row.runs, When::At(Rate::Message)))
    };
    // Whoever answers on the connection that it hears is asked one thing after the other.
    let is_other =
        |heard: &Registration| !sink.place.starts_with(&heard.place) && !heard.place.starts_with(&sink.place);
    let is_fed = heard(file, func).any(|heard| is_other(heard) && comes_often(heard));
    is_fed.then(|| Source { conventions: 1, ..Source::new("runs for each message") })
}

/// Where a function is added as a listener.
pub(super) fn heard<'v>(file: &'v FileView<'_, '_>, func: FuncId) -> impl Iterator<Item = &'v Registration> {
    file.model.handed(func).iter().filter_map(|handed| file.registration(handed.call))
}

/// A subscriber that writes each message to a client.
fn subscriber(model: &Model<'_>, call: NodeId, sink: &Sink<'_>) -> Option<Source> {
    let tree = &model.file.tree;
    let func = tree.func(call);
    let message = model.file.params(func).next().and_then(|param| tree.binding(param))?;
    let is_client = sink.proved && sink.method == "write";
    (subscribes(model, func) && is_client && forwards(model, call, message))
        .then_some(Source::new("runs for each message"))
}

/// Whether a function is handed to `subscribe` or its like, which ignores what it returns, of something that others
/// feed: what the caller made itself it feeds itself.
pub(super) fn subscribes(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    model.handed(func).iter().any(|handed| {
        let to = tree.callee(handed.call).and_then(|callee| model.callee_name(callee));
        to.is_some_and(|name| name.starts_with("subscribe")) && !is_own_source(model, handed.call)
    })
}

/// Whether a function is called for events, or for each element, by something that ignores what it returns.
pub(super) fn returns_to_nobody(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let is_ignored = |arg, to: NodeId| match tree.method_call(to) {
        Some((_, "on" | "addListener" | "addEventListener")) => arg == 1,
        Some((_, "forEach")) => arg == 0,
        _ => false,
    };
    subscribes(model, func) || model.handed(func).iter().any(|handed| is_ignored(handed.arg, handed.call))
}

/// Whether the receiver of a call is made by the function that calls.
fn is_own_source(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let source = tree.method_call(call).map(|(object, _)| model.file.place(object).root);
    let Some(Root::Binding(binding)) = source else { return false };
    let made = model.file.sole_value(binding).map(|value| tree.kind(value));
    model.file.binding(binding).func.index() != 0 && made == Some(Kind::New)
}

/// The function around is called, unawaited, for each item of an async iterator.
fn sent_for_each(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    model.calls_of(tree.func(call)).iter().any(|&caller| {
        tree.is_discarded(caller)
            && !sink::is_awaited(model, caller)
            && guard::enclosing_loop(model, caller)
                .is_some_and(|each| tree.kind(each) == Kind::ForOf && tree.has(each, flag::AWAIT))
    })
}

fn awaits(model: &Model<'_>, each: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.subtree(each).any(|node| tree.kind(node) == Kind::Await && tree.func(node) == tree.func(each))
}

/// `while (true) { const { done, value } = await reader.read(); … }`: a loop that waits for its source and for nothing else.
pub(super) fn is_read_by_hand(model: &Model<'_>, each: NodeId) -> bool {
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
fn data_handler(file: &FileView<'_, '_>, call: NodeId, sink: &Sink<'_>) -> Option<Source> {
    let model = file.model;
    let tree = &model.file.tree;
    let func = tree.func(call);
    let is_data =
        |heard: &&Registration| matches!(&heard.event, Identity::Constant(event) if event == "data");
    let registration = heard(file, func).find(is_data)?;
    let is_echo = registration.place == sink.place;
    // `child.stdout.on('data', (question) => … child.stdin.write(answer))`: who is asked has its answer waited for.
    let chunk = model.file.params(func).next().and_then(|param| tree.binding(param));
    let is_forwarded = || chunk.is_none_or(|chunk| forwards(model, call, chunk));
    let whole = registration.place.parent();
    let is_answer = whole.is_some() && whole == sink.place.parent() && !is_forwarded();
    let paced = sink.proved && !is_echo && !is_answer;
    paced.then_some(Source::new("runs for each chunk"))
}
