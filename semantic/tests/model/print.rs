//! Prints the tables of a lowered file, one fact on a line.

use outlive_semantic::access::{Accesses, Usage};
use outlive_semantic::catalog::{Catalog, Sheet};
use outlive_semantic::flow::Flow;
use outlive_semantic::growth::{self, Op};
use outlive_semantic::index::{BindingId, ClassId, FuncId, NodeId};
use outlive_semantic::model::{Base, Model, Ty};
use outlive_semantic::place::Root;
use outlive_semantic::project::{FileEntry, FileId, Lives, Packages, Project, Resolver};
use outlive_semantic::summary::{NameMap, Role, summarise};
use outlive_semantic::syntax::{self, Language};
use outlive_semantic::tables::{BindingKind, ExportTarget, FunctionKind, Imported, Lowered};
use outlive_semantic::tree::Kind;
use outlive_semantic::turns::Turns;
use std::collections::BTreeSet;
use std::path::Path;

/// The library rows of these tests: the few that the expectations speak of.
const ROWS: &str = r#"
library = "test"
packages = ["events", "http", "express"]

[[emitter]]
name = "node"
add = ["on"]
remove = ["off"]

[[type]]
name = "Map"
made_by = ["Map"]
container = "map"

[[type]]
name = "Set"
made_by = ["Set"]
container = "set"

[[type]]
name = "Array"
made_by = ["Array"]
container = "array"

[[type]]
name = "Object"
made_by = ["Object"]
container = "object"

[[type]]
name = "EventEmitter"
made_by = ["events", "events.EventEmitter"]
emitter = "node"

[[type]]
name = "Socket"
life = "connection"

[[type]]
name = "Request"
annotations = ["http.IncomingMessage"]
life = "request"
fields = { socket = "Socket" }

[[call]]
callee = ["http.createServer"]
callbacks = [{ at = "last", runs = { at = "request" }, params = ["Request"] }]

[[call]]
callee = ["setInterval"]
callbacks = [{ at = "first", runs = { at = "job" } }]

[[call]]
callee = ["*#{forEach,map}"]
callbacks = [{ at = "first", runs = "each" }]
"#;

pub(crate) fn catalog() -> Catalog {
    let sheet: Sheet = toml::from_str(ROWS).unwrap();
    Catalog::compile(vec![sheet]).unwrap()
}

pub(crate) fn lower(text: &str) -> Lowered {
    syntax::lower(syntax::parse(text, Language::TypeScript).map_err(|error| error.message).unwrap())
}

fn name_of(file: &Lowered, func: FuncId) -> String {
    match file.function(func).kind {
        FunctionKind::Module => "the module".to_owned(),
        kind => file.function_name(func).map_or_else(|| format!("{kind:?}").to_lowercase(), str::to_owned),
    }
}

fn lines(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

/// Every declared name: what declared it, whose it is, how often it is mentioned, what is written to it.
pub(crate) fn bindings(text: &str) -> String {
    let file = lower(text);
    lines(file.bindings.iter().map(|row| {
        let (kind, name) = (format!("{:?}", row.kind).to_lowercase(), file.tree.text(row.name));
        let opaque =
            if row.opaque_writes > 0 { format!(" + {} opaque", row.opaque_writes) } else { String::new() };
        let (refs, values) = (row.references.len(), row.values.len());
        format!("{kind} {name} of {}: {refs} references, {values} values{opaque}", name_of(&file, row.func))
    }))
}

/// Every use of every path.
pub(crate) fn uses(text: &str) -> String {
    let file = lower(text);
    let accesses = Accesses::collect(&file);
    lines(accesses.iter().map(|access| {
        format!(
            "{}: {} in {}",
            file.display(&access.place),
            usage(&file, access.usage),
            name_of(&file, access.func)
        )
    }))
}

fn usage(file: &Lowered, usage: Usage) -> String {
    match usage {
        Usage::Method { name, .. } => format!("calls {}", file.tree.text(name)),
        Usage::Argument { index, .. } => format!("argument {index}"),
        other => format!("{other:?}").split('(').next().unwrap_or_default().to_lowercase(),
    }
}

/// Every function: how it was written, and the variables of functions around it that it keeps.
pub(crate) fn functions(text: &str) -> String {
    let file = lower(text);
    lines(file.function_ids().skip(1).map(|func| {
        let row = file.function(func);
        let flags = [(row.is_async, "async "), (row.is_generator, "generator "), (row.is_static, "static ")];
        let flags: String = flags.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect();
        let kind = format!("{:?}", row.kind).to_lowercase();
        let captured = captures(&file, func);
        let captured =
            if captured.is_empty() { String::new() } else { format!(", captures {}", captured.join(", ")) };
        let this = if row.uses_this { ", uses this" } else { "" };
        let name = file.function_name(func).unwrap_or("-");
        format!("{flags}{kind} {name}({}){captured}{this}", row.params)
    }))
}

fn captures(file: &Lowered, func: FuncId) -> Vec<String> {
    let is_outer = |binding: BindingId| {
        let of = file.binding(binding).func;
        of.index() != 0 && of != func && file.is_within(func, of)
    };
    let names: BTreeSet<String> = file
        .references
        .iter()
        .filter(|reference| file.is_within(file.tree.func(reference.node), func))
        .filter_map(|reference| reference.binding.filter(|&binding| is_outer(binding)))
        .map(|binding| file.tree.text(file.binding(binding).name).to_owned())
        .collect();
    names.into_iter().collect()
}

/// Every class, constructor function and object with methods.
pub(crate) fn classes(text: &str) -> String {
    let file = lower(text);
    let catalog = catalog();
    let model = Model::new(&file, &catalog);
    lines(file.class_ids().map(|class| {
        let row = file.class(class);
        let kind = format!("{:?}", row.kind).to_lowercase();
        let base = model
            .base(class)
            .map_or_else(String::new, |base| format!(" extends {}", base_name(&model, &base)));
        let members: Vec<String> = row
            .members
            .iter()
            .map(|member| {
                let name = member.name.map_or("[computed]", |name| file.tree.text(name));
                let word = if member.is_static { "static " } else { "" };
                let call = if member.func.is_some() { "()" } else { "" };
                format!("{word}{name}{call}")
            })
            .collect();
        format!("{kind} {}{base} {{ {} }}", class_name(&file, class), members.join(", "))
    }))
}

fn class_name(file: &Lowered, class: ClassId) -> String {
    file.class(class).name.map_or_else(|| "-".to_owned(), |name| file.tree.text(name).to_owned())
}

fn base_name(model: &Model<'_>, base: &Base) -> String {
    match base {
        Base::Class(class) => class_name(model.file, *class),
        Base::Model(id) => format!("<{}>", model.catalog.model(*id).name),
        Base::Foreign(place) => model.file.display(place),
    }
}

/// What the file takes from others and what it gives.
pub(crate) fn modules(text: &str) -> String {
    let file = lower(text);
    let imports = file.imports.iter().map(|import| {
        let what = match import.imported {
            None => "nothing".to_owned(),
            Some(Imported::Default) => "default".to_owned(),
            Some(Imported::Namespace) => "*".to_owned(),
            Some(Imported::Named(name)) => file.tree.text(name).to_owned(),
        };
        let local = import
            .local
            .map_or_else(String::new, |local| format!(" as {}", file.tree.text(file.binding(local).name)));
        let only = if import.type_only { ", types only" } else { "" };
        format!("takes {what}{local} from {}{only}", file.tree.text(import.source))
    });
    let exports = file.exports.iter().map(|export| {
        let name = export.name.map_or("*", |name| file.tree.text(name));
        let what = match export.target {
            ExportTarget::Binding(binding) => file.tree.text(file.binding(binding).name).to_owned(),
            ExportTarget::Value(node) => format!("{:?}", file.tree.kind(node)).to_lowercase(),
            ExportTarget::From { source, imported } => {
                format!("{} of {}", imported.map_or("*", |name| file.tree.text(name)), file.tree.text(source))
            }
        };
        format!("gives {name}: {what}")
    });
    lines(imports.chain(exports))
}

/// The path that each call of `show` is handed, as the link sees it.
pub(crate) fn places(text: &str) -> String {
    let file = lower(text);
    let shown = shown(&file)
        .into_iter()
        .map(|node| format!("{:?}", file.display(&file.place(node))).replace('"', ""));
    lines(shown)
}

/// The kind of each argument of `show`.
pub(crate) fn kinds(text: &str) -> String {
    let file = lower(text);
    let catalog = catalog();
    let model = Model::new(&file, &catalog);
    lines(shown(&file).into_iter().map(|node| {
        let kind = match model.ty(node) {
            Ty::Model(id) => catalog.model(id).name.clone(),
            Ty::Instance(class) => format!("instance of {}", class_name(&file, class)),
            Ty::Class(class) => format!("class {}", class_name(&file, class)),
            Ty::Function(func) => format!("function {}", name_of(&file, func)),
            other => format!("{other:?}").to_lowercase(),
        };
        format!("{}: {kind}", file.display(&file.place(node)))
    }))
}

fn shown(file: &Lowered) -> Vec<NodeId> {
    let tree = &file.tree;
    let is_show = |node: NodeId| {
        tree.kind(node) == Kind::Call
            && tree.callee(node).and_then(|callee| file.global_of(callee)) == Some("show")
    };
    tree.ids().filter(|&node| is_show(node)).flat_map(|node| tree.args(node).collect::<Vec<_>>()).collect()
}

/// What is done to collections.
pub(crate) fn collections(text: &str) -> String {
    let file = lower(text);
    let catalog = catalog();
    let model = Model::new(&file, &catalog);
    let accesses = Accesses::collect(&file);
    // What only passes through is no collection of these tests.
    let is_param = |root: Root| matches!(root, Root::Binding(binding) if file.binding(binding).kind == BindingKind::Param);
    let ops = growth::collection_ops(&model, &accesses);
    lines(ops.iter().filter(|op| !is_param(op.holder.root)).map(|op| {
        let keys = match op.op {
            Op::Grow(_) => format!(", keys {:?}", growth::keys(&model, op)).to_lowercase(),
            _ => String::new(),
        };
        let word = format!("{:?}", op.op).to_lowercase();
        format!("{}: {word} in {}{keys}", file.display(&op.holder), name_of(&file, op.func))
    }))
}

/// How often each function of a project runs, and how long what stands at the arguments of `show` lives.
pub(crate) fn project(files: &[(&str, &str)]) -> String {
    let catalog = catalog();
    let mut entries = Vec::new();
    let mut asked = Vec::new();
    for (path, text) in files {
        let file = lower(text);
        let model = Model::new(&file, &catalog);
        let accesses = Accesses::collect(&file);
        let ops = growth::collection_ops(&model, &accesses);
        let mut names = NameMap::default();
        for node in shown(&file) {
            let place = file.place(node);
            asked.push((FileId(entries.len() as u32), names.place(&model, &place), file.display(&place)));
        }
        let role = if path.contains("test") { Role::Test } else { Role::Source };
        let summary = summarise(&model, &accesses, &ops, role, &Turns::of(&model), names);
        entries.push(FileEntry { path: (*path).to_owned(), summary: summary.into() });
    }
    let packages = Packages::default();
    let resolver =
        Resolver::new(Path::new("/project"), files.iter().map(|(path, _)| *path), &packages, false);
    let project = Project::link(entries, &catalog, &resolver);
    let rates = project.file_ids().flat_map(|id| rates(&project, id)).collect::<Vec<_>>();
    let lives = asked.iter().map(|(file, place, shown)| {
        format!("{shown} lives {}", life_phrase(project.life(&project.canonical(*file, place))))
    });
    lines(rates.into_iter().chain(lives))
}

fn life_phrase(life: Lives) -> String {
    match life {
        Lives::Known(life) => format!("as long as {}", life.phrase()),
        Lives::Process => "as long as the process".to_owned(),
        Lives::Singleton(..) => "as long as the only one of its kind".to_owned(),
        Lives::With(..) => "as long as one of many".to_owned(),
        Lives::Unknown => "nobody knows how long".to_owned(),
    }
}

fn rates(project: &Project<'_>, file: FileId) -> Vec<String> {
    let functions = project.summary(file).functions.len();
    (1..functions)
        .map(|index| {
            let func = FuncId::from_index(index);
            let info = project.rate(file, func);
            let rate = info.rate.map_or("?", outlive_semantic::rate::Rate::phrase);
            let sure = if info.certain || info.rate.is_none() { "" } else { " (by convention)" };
            let looped = if info.in_loop { " in a loop" } else { "" };
            format!("{} runs {rate}{looped}{sure}", project.function_name(file, func))
        })
        .collect()
}

/// Where `f` can be left after `acquire()` without passing `release()`.
pub(crate) fn escape(body: &str) -> String {
    let file = lower(&format!("async function f(a, b) {{ {body} }}"));
    let catalog = catalog();
    let model = Model::new(&file, &catalog);
    let Some(flow) = Flow::build(&model, FuncId::from_index(1)) else { return "no graph".to_owned() };
    let calls = |name: &str| -> Vec<NodeId> {
        let is_named = |&node: &NodeId| {
            file.tree.callee(node).and_then(|callee| model.callee_name(callee)) == Some(name)
        };
        file.tree.ids().filter(is_named).collect()
    };
    let acquire = calls("acquire")[0];
    // What is awaited is held from then on.
    let held =
        file.tree.parent(acquire).filter(|&parent| file.tree.kind(parent) == Kind::Await).unwrap_or(acquire);
    let start = flow.points(held)[0];
    // A closure that releases takes over when it is made.
    let closures = |&node: &NodeId| {
        file.tree
            .ancestors(node)
            .filter(|&at| file.tree.kind(at) == Kind::Function && file.tree.func(at).index() == 1)
            .collect::<Vec<_>>()
    };
    let releases = calls("release");
    let stops = releases.iter().flat_map(closures).chain(releases.iter().copied()).collect();
    match flow.escape(start, &stops, &|_| true) {
        None => "released".to_owned(),
        Some(way) => format!("{}{:?}", if way.is_weak { "perhaps " } else { "" }, way.exit).to_lowercase(),
    }
}

/// The kind of a binding, for tests that ask for one.
pub(crate) fn kind_of(text: &str, name: &str) -> BindingKind {
    let file = lower(text);
    file.bindings.iter().find(|row| file.tree.text(row.name) == name).map(|row| row.kind).unwrap()
}
