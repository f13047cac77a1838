//! Limits that are options: parsers, uploads and decompression that are told to take anything.

use crate::claim::LocalClaim;
use outlive_semantic::catalog::{Sender, UploadRow};
use outlive_semantic::index::NodeId;
use outlive_semantic::listeners;
use outlive_semantic::model::Model;
use outlive_semantic::tree::Kind;

/// The claim about a call that reads without a limit; none for every other call.
pub(super) fn claim(model: &Model<'_>, call: NodeId) -> Option<LocalClaim> {
    let rows = model.rows(call);
    rows.iter().find_map(|row| {
        let by_upload = || row.uploads.as_ref().and_then(|uploads| upload(model, call, uploads));
        let by_reader = || row.drains.as_ref().and_then(|cure| whole_request(model, call, cure));
        let by_parser = || row.body_limit.as_ref().and_then(|option| raised_limit(model, call, option));
        by_upload().or_else(by_reader).or_else(by_parser)
    })
}

/// Without a place to write to, each upload is kept in memory; by default of any size.
fn upload(model: &Model<'_>, call: NodeId, row: &UploadRow) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let name = model.api_path(tree.callee(call)?)?;
    let options = tree.arg(call, 0);
    let option = |name: &str| listeners::option(model, options, name);
    let is_readable =
        options.is_none_or(|options| matches!(tree.kind(options), Kind::Object | Kind::Identifier));
    if !is_readable || row.bounded_by.iter().any(|name| option(name).is_some()) {
        return None;
    }
    let in_memory = match option(&row.storage) {
        Some(storage) => makes(model, storage, &row.in_memory),
        // A variable whose options nobody here can see.
        None => options.is_none_or(|options| is_plain_object(model, options)),
    };
    let limit = row.bounded_by.first().map_or("limit", String::as_str);
    in_memory.then(|| LocalClaim {
        message: format!(
            "each uploaded file is kept in memory whole, whatever its size: {name} is given no `{limit}`"
        ),
        help: row.advice.clone(),
        subject: name.to_string(),
        ..LocalClaim::default()
    })
}

fn is_plain_object(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.kind(node) == Kind::Object && !tree.children(node).any(|part| tree.kind(part) == Kind::Spread)
}

/// Whether a value is what a function of that path gives.
fn makes(model: &Model<'_>, value: NodeId, wanted: &str) -> bool {
    let value =
        model.file.binding_of(value).and_then(|binding| model.file.sole_value(binding)).unwrap_or(value);
    let path = model.file.tree.callee(value).and_then(|callee| model.api_path(callee));
    path.as_deref() == Some(wanted)
}

/// Reads a whole request body; the options may limit it.
fn whole_request(model: &Model<'_>, call: NodeId, cure: &str) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let path = model.api_path(tree.callee(call)?)?;
    // `text` of `stream/consumers.text`; a package that is one function goes by its own name.
    let name = if path.contains('/') { path.rsplit('.').next() } else { path.split('.').next() };
    let name = name.unwrap_or_default();
    let stream = tree.arg(call, 0)?;
    let of = model.model_of(model.ty(stream))?;
    let is_request = model.catalog.model(of).sender == Some(Sender::Request);
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
fn raised_limit(model: &Model<'_>, call: NodeId, option: &str) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let limit = listeners::option(model, tree.arg(call, 0), option)?;
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
        help: format!(
            "set `{option}` to the largest body that this server has a use for, and stream larger ones"
        ),
        subject: option.to_owned(),
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
