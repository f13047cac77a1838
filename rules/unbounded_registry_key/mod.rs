//! `unbounded-registry-key`: a key made for one call, in a registry of the process that nothing ever empties.

use crate::claim::{Claim, LocalClaim};
use crate::finding::{Finding, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::access::Usage;
use outlive_semantic::catalog::RegistryRow;
use outlive_semantic::growth::{Keys, key_kind};
use outlive_semantic::index::NodeId;
use outlive_semantic::listeners;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::project::FileId;
use outlive_semantic::rate::Life;
use outlive_semantic::tree::Kind;

/// The rule.
pub(crate) struct UnboundedRegistryKey;

static META: Meta = Meta {
    id: "unbounded-registry-key",
    summary: "a key made per call in a registry that nothing ever empties",
    category: Category::Growth,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

/// A registry: how it is written to, what ends an entry, what it keeps.
struct Registry {
    path: &'static str,
    keeps: &'static str,
    help: &'static str,
}

const REGISTRIES: &[Registry] = &[
    Registry {
        path: "Symbol.for",
        keeps: "the registry of symbols is never collected",
        help: "use `Symbol(description)`, which is, or one constant symbol",
    },
    Registry {
        path: "require",
        keeps: "each path is a module that is never unloaded",
        help: "require what there may be by fixed names, or read data with `fs` and `JSON.parse`",
    },
];

impl Rule for UnboundedRegistryKey {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        if let Some(body) = registry_call(file, call) {
            push(file, call, body, claims);
        }
    }

    fn file(&self, file: &FileView<'_, '_>, claims: &mut Claims<'_>) {
        for &node in file.model.import_calls() {
            if let Some(body) = fresh_import(file.model, node) {
                push(file, node, body, claims);
            }
        }
        let is_tagged = |node: &&NodeId| file.model.file.tree.kind(**node) == Kind::TaggedTemplate;
        for &tagged in file.model.landmarks().iter().filter(is_tagged) {
            if let Some(body) = registry_tag(file, tagged) {
                push(file, tagged, body, claims);
            }
        }
        for access in file.accesses.iter() {
            let (at, body) = match access.usage {
                Usage::Assigned(assign) => (assign, global_key(file.model, access.node, &access.place)),
                Usage::Deleted(delete) => (delete, reload(file.model, access.node)),
                _ => continue,
            };
            if let Some(body) = body {
                push(file, at, body, claims);
            }
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        local::settle_all(claims, view, &META)
    }
}

fn push(file: &FileView<'_, '_>, at: NodeId, body: LocalClaim, claims: &mut Claims<'_>) {
    let tree = &file.model.file.tree;
    claims.add(META.id, tree.func(at), tree.span(at), body);
}

/// What a call of a registry is called, and what is said of it.
struct Entry<'r> {
    path: String,
    keeps: &'r str,
    help: &'r str,
    row: Option<&'r RegistryRow>,
}

fn registry_call(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let rows = model.rows(call);
    let row = rows.iter().find_map(|row| row.registry.as_ref());
    let callee = tree.callee(call)?;
    let path = model.api_path(callee);
    let entry = match row {
        Some(row) => {
            // A thing that the code has a name for goes by that name.
            let named = path.filter(|path| !path.contains("()"));
            let path =
                named.map_or_else(|| model.file.display(&model.file.place(callee)), |path| path.to_string());
            Entry { path, keeps: &row.keeps, help: &row.advice, row: Some(row) }
        }
        None => {
            let known = REGISTRIES.iter().find(|registry| Some(registry.path) == path.as_deref())?;
            Entry { path: known.path.to_owned(), keeps: known.keeps, help: known.help, row: None }
        }
    };
    if row.is_some_and(|row| asks_only(model, call, row)) {
        return None;
    }
    let freshness =
        keys(model, call, row).filter_map(|key| freshness(model, key)).min_by_key(|key| key.conventions)?;
    // There are as many modules as files: only a path from outside, or one made up, is another each time.
    if entry.path == "require" && freshness.conventions > 1 {
        return None;
    }
    claim(file, call, &entry, &freshness)
}

/// A document that is put together where it is parsed: gql`{ user(id: "${id}") }`.
fn registry_tag(file: &FileView<'_, '_>, tagged: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let path = model.api_path(tree.first(tagged)?)?;
    let row = model.catalog.calls_of_path(&path).find_map(|row| row.registry.as_ref())?;
    let freshness = freshness(model, tree.last_child(tagged)?)?;
    let entry = Entry { path: path.to_string(), keeps: &row.keeps, help: &row.advice, row: Some(row) };
    claim(file, tagged, &entry, &freshness)
}

/// Whether a call puts nothing in, or something that goes by itself.
fn asks_only(model: &Model<'_>, call: NodeId, row: &RegistryRow) -> bool {
    let tree = &model.file.tree;
    let expires = row.expires_at.is_some_and(|at| tree.arg(call, usize::from(at)).is_some());
    let is_on =
        |name: &String| option(model, call, name).is_some_and(|value| tree.boolean(value) != Some(false));
    expires || row.on.as_ref().is_some_and(|name| !is_on(name)) || tree.args(call).count() < row.arguments
}

/// What an option of any argument of a call is.
fn option(model: &Model<'_>, call: NodeId, name: &str) -> Option<NodeId> {
    let mut args = model.file.tree.args(call);
    args.find_map(|arg| listeners::option(model, Some(arg), name))
}

/// What an entry is told by: an option, the labels, or the first argument.
fn keys<'a>(
    model: &'a Model<'_>,
    call: NodeId,
    row: Option<&RegistryRow>,
) -> impl Iterator<Item = NodeId> + use<'a> {
    let tree = &model.file.tree;
    let labels = row.is_some_and(|row| row.labels);
    let by_option = row.and_then(|row| row.option.as_ref());
    let key = by_option.and_then(|name| option(model, call, name));
    let count = if by_option.is_some() {
        0
    } else if labels {
        usize::MAX
    } else {
        1
    };
    let places: &[u8] = row.map(|row| row.at.as_slice()).unwrap_or_default();
    let is_key = |at: usize| {
        if places.is_empty() { at < count } else { places.iter().any(|&one| usize::from(one) == at) }
    };
    let keys: Vec<NodeId> =
        tree.args(call).enumerate().filter(|&(at, _)| is_key(at)).map(|(_, arg)| arg).collect();
    let args = keys.into_iter();
    key.into_iter().chain(args.flat_map(move |arg| {
        let is_set = labels && tree.kind(arg) == Kind::Object;
        let values = tree.children(arg).filter_map(|part| tree.last_child(part)).filter(move |_| is_set);
        values.chain((!is_set).then_some(arg))
    }))
}

fn claim(
    file: &FileView<'_, '_>,
    at: NodeId,
    entry: &Entry<'_>,
    freshness: &Freshness,
) -> Option<LocalClaim> {
    if let Some(row) = entry.row.filter(|row| ends(file, at, &entry.path, row)) {
        return file.drop(&META, at, || format!("`{}` is called in this file", row.ends.join("`, `")));
    }
    let what = if entry.row.is_some_and(|row| row.labels) { "label" } else { "key" };
    Some(LocalClaim {
        message: format!("`{}` is given a {what} made {}: {}", entry.path, freshness.words, entry.keeps),
        help: entry.help.to_owned(),
        subject: entry.path.clone(),
        must_repeat: true,
        conventions: freshness.conventions,
        ..LocalClaim::default()
    })
}

/// Whether the file ends entries of the registry at all: of which keys, only a run could tell.
fn ends(file: &FileView<'_, '_>, call: NodeId, path: &str, row: &RegistryRow) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    let owner = path.rsplit_once('.').map_or(path, |(owner, _)| owner);
    let receiver = tree.method_call(call).map(|(object, _)| model.file.place(object));
    file.calls.iter().filter_map(|&other| tree.method_call(other)).any(|(object, method)| {
        row.ends.iter().any(|end| end == method) && {
            let of = model.api_path(object);
            of.is_some_and(|of| *of == *owner || *of == *path)
                || receiver.as_ref() == Some(&model.file.place(object))
        }
    })
}

/// How a key comes to be another one each time.
struct Freshness {
    words: String,
    conventions: u8,
}

/// What is new in a key; none if there are only so many of it.
fn freshness(model: &Model<'_>, key: NodeId) -> Option<Freshness> {
    if key_kind(model, key) == Keys::Finite {
        return None;
    }
    let tree = &model.file.tree;
    for node in tree.subtree(key) {
        if let Some(callee) = tree.callee(node)
            && model.rows(node).iter().any(|row| row.fresh)
        {
            let path = model.api_path(callee).unwrap_or_default();
            return Some(Freshness { words: format!("from `{path}`"), conventions: 0 });
        }
        if tree.kind(node) == Kind::Update {
            return Some(Freshness { words: "from a counter".to_owned(), conventions: 0 });
        }
    }
    let part = tree.subtree(key).find(|&node| {
        let is_callee = tree.parent(node).is_some_and(|parent| tree.callee(parent) == Some(node));
        matches!(tree.kind(node), Kind::Identifier | Kind::Member)
            && !is_callee
            && key_kind(model, node) != Keys::Finite
    })?;
    let shown = model.file.display(&model.file.place(part));
    // What a request brings is anything; any other value may be one of a few, for all that this file says.
    let conventions = if comes_with_exchange(model, part) { 0 } else { 2 };
    Some(Freshness { words: format!("from `{shown}`"), conventions })
}

/// Whether a value is a field of a request, a message or a connection.
fn comes_with_exchange(model: &Model<'_>, node: NodeId) -> bool {
    model.lives(&model.file.place(node)).any(|life| life < Life::Server)
}

/// `import(`./x.js?v=${n}`)`: every address is a module of its own, for ever.
fn fresh_import(model: &Model<'_>, import: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let address = tree.args(import).next()?;
    let busts = tree
        .subtree(address)
        .any(|node| tree.kind(node) == Kind::String && tree.string(node).is_some_and(has_query));
    let text = tree.span(address);
    let written = model.file.text.get(text.start as usize..text.end as usize).unwrap_or_default();
    let is_query =
        tree.kind(address) == Kind::Template && (written.contains("?") && written.contains("=${")) || busts;
    let is_data =
        written.starts_with("`data:") || written.starts_with("'data:") || written.starts_with("\"data:");
    let freshness = freshness(model, address).filter(|_| is_query || is_data)?;
    Some(LocalClaim {
        message: format!("this `import()` has an address made {}: each one is a module that is never unloaded", freshness.words),
        help: "import a fixed address; what must be loaded anew belongs in a worker or a child process that ends".to_owned(),
        subject: "import".to_owned(),
        must_repeat: true,
        // Start-up code and development servers do this on purpose, a few times.
        must_be_hot: true,
        conventions: freshness.conventions.max(1),
        ..LocalClaim::default()
    })
}

fn has_query(text: &str) -> bool {
    text.contains('?') && text.ends_with('=')
}

/// `delete require.cache[path]`: the next `require` makes another module, and the one that required it keeps both.
fn reload(model: &Model<'_>, node: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let is_entry = tree.kind(node) == Kind::Index;
    let object = tree.first(node).filter(|_| is_entry)?;
    (model.api_path(object).as_deref() == Some("require.cache")).then(|| LocalClaim {
        message: "deleting from `require.cache` unloads nothing: `module.children` of whoever requires it keeps each copy"
            .to_owned(),
        help: "read what changes with `fs` and `JSON.parse`, or load it in a worker or child process that ends".to_owned(),
        subject: "require.cache".to_owned(),
        // Start-up code and what reloads while somebody develops do this on purpose, a few times.
        must_repeat: true,
        must_serve: true,
        conventions: 1,
        ..LocalClaim::default()
    })
}

/// `process.env[key] = …`, `globalThis[key] = …`.
fn global_key(model: &Model<'_>, node: NodeId, place: &Place) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    if tree.kind(node) != Kind::Index || place.path.last() != Some(&Step::Element) {
        return None;
    }
    let key = tree.child(node, 1)?;
    let object = tree.first(node)?;
    let path = model.api_path(object)?;
    let is_env = &*path == "process.env";
    let is_global = place.path.len() == 1
        && matches!(place.root, Root::Global(_))
        && matches!(&*path, "globalThis" | "global" | "window" | "self");
    let freshness = freshness(model, key).filter(|_| is_env || is_global)?;
    let keeps = if is_env {
        "the environment lives outside the heap and is never emptied"
    } else {
        "the global object is never emptied"
    };
    Some(LocalClaim {
        message: format!("`{path}` is given a name made {}: {keeps}", freshness.words),
        help: "keep it in a map of your own, and delete it when its call is over".to_owned(),
        subject: path.to_string(),
        must_repeat: true,
        conventions: freshness.conventions,
        ..LocalClaim::default()
    })
}
