//! Limits that are options: parsers, uploads and decompression that are told to take anything.

use crate::claim::LocalClaim;
use outlive_semantic::index::NodeId;
use outlive_semantic::listeners;
use outlive_semantic::model::Model;
use outlive_semantic::tree::Kind;

/// The claim about a call that reads without a limit; none for every other call.
pub(super) fn claim(model: &Model<'_>, call: NodeId) -> Option<LocalClaim> {
    let path = model.api_path(model.file.tree.callee(call)?)?;
    match &*path {
        "multer" => upload(model, call),
        "raw-body" => whole_request(model, call, "raw-body", "pass `{ limit }` to it"),
        "stream/consumers.text"
        | "stream/consumers.json"
        | "stream/consumers.buffer"
        | "stream/consumers.blob"
        | "stream/consumers.arrayBuffer" => {
            let name = path.rsplit('.').next().unwrap_or_default().to_owned();
            whole_request(
                model,
                call,
                &name,
                "count the bytes and stop at a limit, or use a body parser that has one",
            )
        }
        "get-stream" | "get-stream.buffer" | "get-stream.getStreamAsBuffer" => {
            whole_request(model, call, "get-stream", "pass `{ maxBuffer }` to it")
        }
        _ if is_body_parser(&path) => raised_limit(model, call),
        _ => None,
    }
}

fn is_body_parser(path: &str) -> bool {
    let Some((package, method)) = path.rsplit_once('.') else { return false };
    matches!(package, "express" | "body-parser") && matches!(method, "json" | "text" | "raw" | "urlencoded")
}

/// `multer()` without a place to write to keeps each upload in memory; by default of any size.
fn upload(model: &Model<'_>, call: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let options = tree.arg(call, 0);
    let option = |name: &str| listeners::option(model, options, name);
    let is_readable =
        options.is_none_or(|options| matches!(tree.kind(options), Kind::Object | Kind::Identifier));
    if !is_readable || option("limits").is_some() || option("dest").is_some() {
        return None;
    }
    let in_memory = match option("storage") {
        Some(storage) => makes_memory_storage(model, storage),
        // A variable whose options nobody here can see.
        None => options.is_none_or(|options| is_plain_object(model, options)),
    };
    in_memory.then(|| LocalClaim {
        message: "each uploaded file is kept in memory whole, whatever its size: multer is given no `limits`"
            .to_owned(),
        help: "pass `limits: { fileSize }`, or write uploads to disk with `dest`".to_owned(),
        subject: "multer".to_owned(),
        ..LocalClaim::default()
    })
}

fn is_plain_object(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.kind(node) == Kind::Object && !tree.children(node).any(|part| tree.kind(part) == Kind::Spread)
}

fn makes_memory_storage(model: &Model<'_>, storage: NodeId) -> bool {
    let value =
        model.file.binding_of(storage).and_then(|binding| model.file.sole_value(binding)).unwrap_or(storage);
    let path = model.file.tree.callee(value).and_then(|callee| model.api_path(callee));
    path.as_deref() == Some("multer.memoryStorage")
}

/// Reads a whole request body; the options may limit it.
fn whole_request(model: &Model<'_>, call: NodeId, name: &str, cure: &str) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let stream = tree.arg(call, 0)?;
    let of = model.model_of(model.ty(stream))?;
    let is_request = model.catalog.is_a(of, "http.IncomingMessage");
    if !is_request || tree.arg(call, 1).is_some_and(|options| tree.kind(options) != Kind::Function) {
        return None;
    }
    let shown = model.file.display(&model.file.place(stream));
    Some(LocalClaim {
        message: format!("`{name}` keeps all that a client sends in `{shown}`, and nothing limits it"),
        help: cure.to_owned(),
        subject: format!("{name} {shown}"),
        must_repeat: true,
        ..LocalClaim::default()
    })
}

/// Bodies above this are no limit, in bytes.
const LARGE: f64 = 500.0 * 1024.0 * 1024.0;

/// `express.json({ limit: '1gb' })`
fn raised_limit(model: &Model<'_>, call: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let limit = listeners::option(model, tree.arg(call, 0), "limit")?;
    let is_infinite = model.file.global_of(limit) == Some("Infinity");
    let bytes = tree.string(limit).and_then(bytes).or_else(|| tree.number(limit));
    if !is_infinite && bytes.is_none_or(|bytes| bytes < LARGE) {
        return None;
    }
    let said =
        tree.string(limit).map_or_else(|| "this limit".to_owned(), |text| format!("a limit of {text}"));
    Some(LocalClaim {
        message: format!(
            "{said} lets a few clients fill the memory: each body is kept whole while it is parsed"
        ),
        help: "set `limit` to the largest body that this server has a use for, and stream larger ones"
            .to_owned(),
        subject: "limit".to_owned(),
        conventions: 1,
        ..LocalClaim::default()
    })
}

/// The bytes of `10mb`.
fn bytes(text: &str) -> Option<f64> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let factor = match text.get(digits.len()..)?.trim() {
        "" | "b" => 1.0,
        "kb" | "k" => 1024.0,
        "mb" | "m" => 1024.0 * 1024.0,
        "gb" | "g" => 1024.0 * 1024.0 * 1024.0,
        "tb" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    digits.parse::<f64>().ok().map(|count| count * factor)
}
