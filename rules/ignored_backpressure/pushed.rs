//! What is put into a readable stream, by code that the stream does not call.

use super::early::forwards;
use super::sink::{self, Sink};
use super::source;
use crate::claim::LocalClaim;
use crate::rule::FileView;
use outlive_semantic::guard;
use outlive_semantic::identity::Identity;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::listeners::Registration;
use outlive_semantic::model::Model;
use outlive_semantic::place::Root;
use outlive_semantic::tree::{Kind, flag};

/// Events that bring one thing after the other.
const MANY: &[&str] =
    &["data", "message", "row", "record", "result", "line", "chunk", "packet", "entry", "item", "document"];

/// Words that show that a source is slowed down, or asked.
const PACES: &[&str] = &[
    "pause",
    "resume",
    "readableLength",
    "_readableState",
    "readableFlowing",
    "isPaused",
    "highWaterMark",
    "readableHighWaterMark",
    "drain",
];

/// `source.on('data', (chunk) => this.push(chunk))` in a stream: `push` answered, and nobody listened.
pub(super) fn push(file: &FileView<'_, '_>, call: NodeId, sink: &Sink<'_>) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let of = model.model_of(model.ty(tree.method_call(call)?.0))?;
    let row = model.catalog.model(of);
    if !row.readable || row.container.is_some() {
        return None;
    }
    let func = tree.func(call);
    let message = model.file.params(func).next().and_then(|param| tree.binding(param))?;
    let heard = source::heard(file, func).next()?;
    if heard.once || heard.place == sink.place || !forwards(model, call, message) {
        return None;
    }
    let around = stream(model, sink).unwrap_or_else(|| {
        let outer = sink::outermost(model, func);
        model.file.function(outer).node
    });
    if sink::mentions(model, around, &|name| PACES.contains(&name)) || is_asked(model, around) {
        return None;
    }
    let shown = &sink.shown;
    Some(LocalClaim {
        message: format!("`{shown}.push` runs for each event: nobody looks at whether `{shown}` has room"),
        help: format!("pause the source while `{shown}.push()` returns false, and go on in `read`"),
        subject: format!("{shown} push"),
        conventions: doubts(model, heard),
        ..LocalClaim::default()
    })
}

/// The class whose instances a sink is, where it is `this`.
fn stream(model: &Model<'_>, sink: &Sink<'_>) -> Option<NodeId> {
    match sink.place.root {
        Root::This(class) if sink.place.path.is_empty() => Some(model.file.class(class).node),
        _ => None,
    }
}

/// Whether the stream asks its source for more by itself: its `read` does more than start it.
fn is_asked(model: &Model<'_>, around: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_read = |func: &FuncId| matches!(model.file.function_name(*func), Some("_read" | "read"));
    let mut reads = tree.subtree(around).filter_map(|node| tree.function(node)).filter(is_read);
    reads.any(|read| {
        let mut inside = tree.subtree(model.file.function(read).node);
        inside.any(|node| tree.kind(node) == Kind::Call && guard::once_guard(model, node).is_none())
    })
}

/// How much there is to doubt in that more comes than is read, and that the source can wait.
fn doubts(model: &Model<'_>, heard: &Registration) -> u8 {
    let source = model.model_of(model.ty(heard.target)).map(|of| model.catalog.model(of));
    let may_wait = source.is_none_or(|row| row.readable);
    match &heard.event {
        Identity::Constant(event) if event == "data" => u8::from(!source.is_some_and(|row| row.readable)),
        // What is no stream cannot wait, as datagrams do not.
        Identity::Constant(event) if MANY.contains(&event.as_str()) => 1 + u8::from(!may_wait),
        _ => 2,
    }
}

/// `controller.enqueue(chunk)` for each event, or for all that a loop goes through before anybody reads, in a file where
/// nobody ever asks `desiredSize` or waits for `pull`.
pub(super) fn enqueue(file: &FileView<'_, '_>, call: NodeId, sink: &Sink<'_>) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let is_typed = sink.advice.is_some();
    let is_controller = is_typed || sink.shown.to_ascii_lowercase().ends_with("controller");
    if !is_controller || sink::names_any(model, &["desiredSize", "pull"]) {
        return None;
    }
    let func = tree.func(call);
    let name = model.file.function_name(func).unwrap_or_default().trim_start_matches(['#', '_']);
    let is_handler = name.starts_with("on")
        || source::heard(file, func).next().is_some()
        || source::subscribes(model, func);
    let shown = &sink.shown;
    let claim = |how: &str, named: u8| LocalClaim {
        message: format!(
            "`{shown}.enqueue` runs {how}: nobody asks `desiredSize`, so a slow reader buffers them all"
        ),
        help: format!("stop the source while `{shown}.desiredSize` is not positive, and go on in `pull`"),
        subject: format!("{shown} enqueue"),
        named,
        must_repeat: true,
        ..LocalClaim::default()
    };
    if is_handler {
        return Some(claim("for each event", 0));
    }
    let each = guard::enclosing_loop(model, call)?;
    let is_stream =
        tree.kind(each) == Kind::ForOf && tree.has(each, flag::AWAIT) || source::is_read_by_hand(model, each);
    // That what comes is much, and the reader slow, is likely where others ask for it.
    (is_typed && is_stream).then(|| claim("for all that a loop reads", 2))
}
