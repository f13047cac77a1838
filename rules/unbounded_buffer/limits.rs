//! Limits that are options: parsers, uploads and decompression that are told to take anything.

use super::peer;
use crate::claim::LocalClaim;
use crate::rule::FileView;
use outlive_semantic::access::{Access, Usage};
use outlive_semantic::catalog::{CallRow, Sender, SizeRow, UploadRow};
use outlive_semantic::constant;
use outlive_semantic::index::NodeId;
use outlive_semantic::listeners;
use outlive_semantic::model::Model;
use outlive_semantic::place::Root;
use outlive_semantic::tree::Kind;

/// The claim about a call that reads without a limit; none for every other call.
pub(super) fn claim(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let direct = model.rows(call);
    let rows = direct.iter().copied().chain(promised_rows(model, call));
    rows.into_iter().find_map(|row| {
        let by_upload = || row.uploads.as_ref().and_then(|uploads| upload(file, call, uploads));
        let by_reader = || row.drains.as_ref().and_then(|cure| whole_request(model, call, cure));
        let by_size = || row.size_limit.as_ref().and_then(|sizes| raised_limit(model, call, sizes));
        let by_inflating = || row.inflates.as_ref().and_then(|option| inflated(file, call, option));
        by_upload().or_else(by_reader).or_else(by_size).or_else(by_inflating)
    })
}

/// What rows say of the function behind a promise: `const unzip = promisify(zlib.unzip)`.
fn promised_rows<'a>(model: &Model<'a>, call: NodeId) -> impl Iterator<Item = &'a CallRow> {
    let tree = &model.file.tree;
    let callee = tree.callee(call);
    let named = callee.and_then(|callee| model.file.sole_value(model.file.binding_of(callee)?)).or(callee);
    let is_promised = |&made: &NodeId| {
        tree.callee(made).and_then(|by| model.api_path(by)).as_deref() == Some("util.promisify")
    };
    let path = named.filter(is_promised).and_then(|made| model.api_path(tree.arg(made, 0)?));
    path.into_iter().flat_map(|path| model.catalog.calls_of_path(&path).collect::<Vec<_>>())
}

/// Without a place to write to, each upload is kept in memory; by default of any size.
fn upload(file: &FileView<'_, '_>, call: NodeId, row: &UploadRow) -> Option<LocalClaim> {
    let model = file.model;
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
    if !in_memory || takes_no_files(file, call, &row.refused_by) {
        return None;
    }
    let limit = row.bounded_by.first().map_or("limit", String::as_str);
    Some(LocalClaim {
        message: format!(
            "each uploaded file is kept in memory whole, whatever its size: {name} is given no `{limit}`"
        ),
        help: row.advice.clone(),
        subject: name.to_string(),
        ..LocalClaim::default()
    })
}

/// Whether all that is asked of it are methods that take no files: `const form = multer(); app.use(form.none())`.
fn takes_no_files(file: &FileView<'_, '_>, call: NodeId, refused_by: &[String]) -> bool {
    let (lowered, tree) = (file.model.file, &file.model.file.tree);
    let refuses = |method: &str| refused_by.iter().any(|name| name == method);
    let asked =
        tree.parent(call).and_then(|member| tree.parent(member)).and_then(|asked| tree.method_call(asked));
    if let Some((_, method)) = asked.filter(|&(object, _)| object == call) {
        return refuses(method);
    }
    let holder = |access: &Access| match access.place.root {
        Root::Binding(binding) if access.place.path.is_empty() => {
            Some(binding).filter(|&binding| lowered.sole_value(binding) == Some(call))
        }
        _ => None,
    };
    let mut uses = file.accesses.iter().filter_map(|access| Some((holder(access)?, access.usage))).peekable();
    uses.peek().is_some()
        && uses.all(|(binding, usage)| match usage {
            Usage::Method { name, .. } => refuses(tree.text(name)) && !lowered.is_exported(binding),
            _ => false,
        })
}

fn is_plain_object(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.kind(node) == Kind::Object && !tree.children(node).any(|part| tree.kind(part) == Kind::Spread)
}

/// Whether a value is what a function of that path gives.
fn makes(model: &Model<'_>, value: NodeId, wanted: &str) -> bool {
    let value = model.file.value_of(value).unwrap_or(value);
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

/// Sizes above this are no limit, in bytes.
const LARGE: f64 = 500.0 * 1024.0 * 1024.0;

/// `express.json({ limit: '1gb' })`, `new WebSocketServer({ maxPayload: 0 })`
fn raised_limit(model: &Model<'_>, call: NodeId, sizes: &SizeRow) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let (option, limit) = tree.args(call).find_map(|arg| {
        let given = |name: &String| Some((name.clone(), listeners::option(model, Some(arg), name)?));
        sizes.options.iter().filter_map(given).find(|(_, limit)| is_no_limit(model, *limit, sizes))
    })?;
    let said = match tree.string(limit) {
        Some(text) => format!("a limit of {text}"),
        None => format!("this `{option}`"),
    };
    let (is_remote, who) = match sizes.sender {
        Sender::Request | Sender::Connection => (true, "lets a few clients fill the memory"),
        Sender::Answer => (false, "lets the other side fill the memory"),
        Sender::Own => (false, "lets a program that is run fill the memory"),
    };
    let is_own = sizes.sender == Sender::Own;
    Some(LocalClaim {
        message: format!("{said} {who}: each {} is kept whole", sizes.what),
        help: format!(
            "set `{option}` to the largest {} that there is a use for, and stream larger ones",
            sizes.what
        ),
        subject: option,
        conventions: u8::from(is_remote),
        unknowns: u8::from(!is_remote),
        must_repeat: is_own,
        must_be_hot: is_own,
        ..LocalClaim::default()
    })
}

/// Whether a value of an option lets anything through, or so much that it makes no difference.
fn is_no_limit(model: &Model<'_>, limit: NodeId, sizes: &SizeRow) -> bool {
    let tree = &model.file.tree;
    if let Some(text) = tree.string(limit) {
        return bytes(text).map_or(sizes.text, |bytes| bytes >= LARGE);
    }
    let number = constant::number(model, limit);
    let path = model.api_path(limit);
    model.file.global_of(limit) == Some("Infinity")
        || matches!(
            path.as_deref(),
            Some("Number.POSITIVE_INFINITY" | "Number.MAX_SAFE_INTEGER" | "Number.MAX_VALUE")
        )
        || number.is_some_and(|number| number >= LARGE || sizes.unlimited.contains(&number))
}

/// `gunzipSync(req.body)`: a few bytes become as many as a client likes.
fn inflated(file: &FileView<'_, '_>, call: NodeId, option: &str) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let packed = tree.arg(call, 0)?;
    let options = tree.args(call).skip(1).filter(|&arg| model.function_of(arg).is_none());
    if options.count() > 0 || !peer::is_sent(file, packed) {
        return None;
    }
    let name = tree.callee(call).and_then(|callee| model.callee_name(callee))?;
    Some(LocalClaim {
        message: format!(
            "`{name}` makes up to a thousand bytes of each that a client sends, and nothing limits how many"
        ),
        help: format!("pass `{option}`: the largest result that there is a use for"),
        subject: name.to_owned(),
        conventions: 1,
        must_repeat: true,
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
