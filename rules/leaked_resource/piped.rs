//! A source that a bare `.pipe()` leaves open: when the destination goes away before the end, nobody destroys it.
//!
//! `readable.pipe(writable)` does not destroy the source when the destination closes early (Node's documentation of
//! `readable.pipe()`); measured, each client that goes away leaves one descriptor open.

use crate::claim::{LocalClaim, Note};
use crate::finding::{Edit, Fix, Role};
use crate::mend;
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::place::{Place, Root};
use outlive_semantic::rate::Life;
use outlive_semantic::tree::{Kind, Span};

/// Names under which handlers have the response, where its type is not known.
const RESPONSE_NAMES: &[&str] = &["res", "response", "resp", "reply"];

/// Methods that end a source, or the request that it is the answer to.
const ENDERS: &[&str] = &["destroy", "abort", "unpipe", "cancel", "close", "kill", "terminate"];

/// The claim about one `.pipe()`; none if the source ends with its destination.
pub(super) fn claim(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let (object, "pipe") = tree.method_call(call)? else { return None };
    let destination = tree.arg(call, 0)?;
    let is_named_only = may_go_away(model, destination)?;
    let source = first_source(model, object);
    let known = held(model, source);
    let held = known.or_else(|| is_opened_elsewhere(model, source).then_some("source"))?;
    let may_end = model.model_of(model.ty(source)).is_some_and(|of| model.catalog.model(of).small_is_taken);
    let place = model.file.place(source);
    if is_ended(file, call, &place) {
        return None;
    }
    let shown = shown(model, source, &place);
    let to = model.file.display(&model.file.place(destination));
    Some(LocalClaim {
        message: format!("nothing destroys {shown} when `{to}` closes before its end: its {held} stays open"),
        help: format!("use `pipeline` of `node:stream`, or destroy the source when `{to}` emits `close`"),
        subject: format!("{shown} {to}"),
        fixes: as_pipeline(model, call).into_iter().collect(),
        named: u8::from(is_named_only) + u8::from(known.is_none()),
        unknowns: u8::from(may_end),
        must_repeat: true,
        notes: vec![Note {
            role: Role::Acquired,
            message: format!("{shown} holds the {held} until it is read to its end or destroyed"),
            span: tree.span(source),
        }],
        ..LocalClaim::default()
    })
}

/// `a.pipe(b).pipe(c);` becomes `pipeline(a, b, c, …);`, which destroys all of them when one ends before its time.
fn as_pipeline(model: &Model<'_>, call: NodeId) -> Option<Fix> {
    let tree = &model.file.tree;
    let parent = tree.parent(call).filter(|&parent| tree.kind(parent) == Kind::ExprStmt)?;
    let code = |node: NodeId| {
        let span = tree.span(node);
        model.file.text.get(span.start as usize..span.end as usize)
    };
    let mut parts = Vec::new();
    let mut at = call;
    while let Some((inner, "pipe")) = tree.method_call(at) {
        if tree.args(at).count() != 1 {
            return None;
        }
        parts.push(code(tree.arg(at, 0)?)?);
        at = inner;
    }
    parts.push(code(at)?);
    parts.reverse();
    // What is said between the links of the chain would be lost.
    if code(call)?.contains("//") || code(call)?.contains("/*") {
        return None;
    }
    let (name, import) = pipeline(model)?;
    let failed = "(error) => {\n  if (error) console.error(error);\n}";
    let own = model.file.text.get(..tree.span(parent).start as usize)?.rsplit('\n').next()?;
    let own = own.get(..own.len() - own.trim_start().len())?;
    let text = format!("{name}({}, {})", parts.join(", "), failed.replace('\n', &format!("\n{own}")));
    let edits = import.into_iter().chain([Edit { span: tree.span(call), text }]).collect();
    Some(mend::suggestion("join the streams with `pipeline`".to_owned(), edits))
}

/// The name that `pipeline` of `node:stream` has in the file, and the import that gives it one if it has none.
fn pipeline(model: &Model<'_>) -> Option<(&'static str, Option<Edit>)> {
    let tree = &model.file.tree;
    let text = &*model.file.text;
    let imports = |line: &str| {
        let is_import = line.contains("import") || line.contains("require");
        is_import
            && ["'stream'", "\"stream\"", "'node:stream'", "\"node:stream\""]
                .iter()
                .any(|name| line.contains(name))
    };
    if tree.names().find("pipeline").is_some() {
        // Another one of this name may be anything, such as that of `stream/promises`.
        let is_it = |line: &str| imports(line) && line.contains("pipeline");
        return text.lines().any(is_it).then_some(("pipeline", None));
    }
    let program = tree.ids().next()?;
    let is_directive = |node: &NodeId| {
        tree.kind(*node) == Kind::ExprStmt && tree.first(*node).is_some_and(|it| tree.string(it).is_some())
    };
    let first = tree.children(program).find(|node| !is_directive(node))?;
    let at = tree.span(first).start as usize;
    // Far from the top nobody begins to import.
    let is_module =
        text.lines().take(500).any(|line| line.starts_with("import ") || line.starts_with("export "));
    let line = if is_module {
        "import { pipeline } from 'node:stream';\n"
    } else {
        "const { pipeline } = require('node:stream');\n"
    };
    // The first character is put in again: two fixes that need the import touch, and the second waits until it is there.
    let head = text.get(at..)?.chars().next()?;
    let span = Span { start: u32::try_from(at).ok()?, end: u32::try_from(at + head.len_utf8()).ok()? };
    Some(("pipeline", Some(Edit { span, text: format!("{line}{head}") })))
}

/// Whether a destination closes when a client goes away: proved by its type, or by the name that handlers give it.
fn may_go_away(model: &Model<'_>, destination: NodeId) -> Option<bool> {
    if let Some(ty) = model.model_of(model.ty(destination)) {
        let row = model.catalog.model(ty);
        let is_client = row.writable && matches!(row.life, Some(Life::Request | Life::Connection));
        return is_client.then_some(false);
    }
    let name = model.callee_name(destination)?;
    RESPONSE_NAMES.contains(&name).then_some(true)
}

/// The source at the head of a chain of pipes: closing the last one reaches none of them.
fn first_source(model: &Model<'_>, object: NodeId) -> NodeId {
    let tree = &model.file.tree;
    let mut at = object;
    while let Some((inner, "pipe" | "on" | "once")) = tree.method_call(at) {
        at = inner;
    }
    at
}

/// What a source holds, in a word; none if it holds nothing that outlives its own garbage collection.
fn held<'m>(model: &'m Model<'_>, source: NodeId) -> Option<&'m str> {
    if is_wrapped_web_stream(model, source) {
        return Some("source");
    }
    let ty = model.catalog.model(model.model_of(model.ty(source))?);
    // The connection of the client itself is not ours to destroy.
    ty.holds.as_deref().filter(|_| ty.life != Some(Life::Connection))
}

/// `await storage.openStream(id)`: what a method of a thing that nobody knows opens, and calls a stream, mostly reads from
/// something outside.
fn is_opened_elsewhere(model: &Model<'_>, source: NodeId) -> bool {
    let tree = &model.file.tree;
    let value = model.file.value_of(source).unwrap_or(source);
    let call = tree.awaited(value);
    let Some((object, method)) = tree.method_call(call).filter(|_| tree.kind(call) == Kind::Call) else {
        return false;
    };
    let is_unknown = model.ty(source) == Ty::Unknown && model.ty(object) == Ty::Unknown;
    let is_of_package = tree.callee(call).is_some_and(|callee| model.api_path(callee).is_some());
    is_unknown && !is_of_package && method.to_ascii_lowercase().contains("stream")
}

/// `Readable.from(blob.stream())`, `Readable.fromWeb(response.body)`.
fn is_wrapped_web_stream(model: &Model<'_>, source: NodeId) -> bool {
    let tree = &model.file.tree;
    if !model.rows(source).iter().any(|row| row.wraps_source) {
        return false;
    }
    let Some((_, method)) = tree.method_call(source) else { return false };
    method != "from"
        || tree.arg(source, 0).is_some_and(|inner| {
            tree.method_call(inner).is_some_and(|(_, method)| method == "stream")
                || matches!(tree.kind(inner), Kind::Member | Kind::Logical) && named_body(model, inner)
        })
}

fn named_body(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let node = if tree.kind(node) == Kind::Logical { tree.first(node).unwrap_or(node) } else { node };
    model.callee_name(node) == Some("body")
}

/// Whether the source is ended, or handed to code that may end it, anywhere around.
fn is_ended(file: &FileView<'_, '_>, call: NodeId, place: &Place) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    let outer = outermost(model, tree.func(call));
    let Some(body) = model.file.body(outer) else { return true };
    let ends_something = tree.subtree(body).any(|node| {
        tree.method_call(node).is_some_and(|(_, method)| ENDERS.contains(&method))
            || ends_streams(model, node)
    });
    if ends_something {
        return true;
    }
    if matches!(place.root, Root::Value(_)) {
        return false;
    }
    file.accesses.of(place).any(|access| match access.usage {
        Usage::Argument { call: to, .. } => !only_tells(model, to),
        Usage::Stored(_) | Usage::Returned(_) | Usage::Assigned(_) | Usage::Yielded(_) => {
            // The declaration itself is no hand-over.
            tree.kind(access.node) != Kind::BindingName
        }
        _ => false,
    })
}

/// Whether a call ends the streams that it is handed: `pipeline(a, b)`, or what goes by that name.
pub(super) fn ends_streams(model: &Model<'_>, call: NodeId) -> bool {
    let Some(callee) = model.file.tree.callee(call) else { return false };
    model.callee_name(callee).is_some_and(|name| model.catalog.calls_named(name).any(|row| row.ends_streams))
        || model.rows(call).iter().any(|row| row.ends_streams)
}

/// `emitter.emit('stream', stream)` tells others about it; who owns it stays the same.
fn only_tells(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.method_call(call).is_some_and(|(_, method)| method == "emit")
        || tree
            .callee(call)
            .and_then(|callee| model.api_path(callee))
            .is_some_and(|path| path.starts_with("console."))
}

fn outermost(model: &Model<'_>, func: FuncId) -> FuncId {
    model.file.enclosing(func).take_while(|func| func.index() != 0).last().unwrap_or(func)
}

fn shown(model: &Model<'_>, source: NodeId, place: &Place) -> String {
    match place.root {
        Root::Value(_) => {
            let callee =
                model.file.tree.callee(source).map(|callee| model.file.display(&model.file.place(callee)));
            callee.map_or_else(|| "the source".to_owned(), |callee| format!("what `{callee}` opens"))
        }
        _ => format!("`{}`", model.file.display(place)),
    }
}
