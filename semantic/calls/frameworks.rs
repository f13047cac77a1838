//! What frameworks call: methods by the class they are in, functions by the name they are exported under, by the
//! decorators they bear, components by being rendered.

use super::directives::is_for_browsers;
use super::edge::{Calls, Edge, Later, Target};
use super::injected;
use super::target::{is_linkable, named_target};
use super::template::is_of_template;
use crate::catalog::{
    CallRow, DecoratorRow, ExportRow, HookRow, LibraryId, ObjectRow, Phase, Returned, When,
};
use crate::index::{ClassId, FuncId, NodeId};
use crate::model::Model;
use crate::mounts::{self, Shown};
use crate::place::{Root, Step};
use crate::rate::Rate;
use crate::tables::{ClassKind, ExportTarget};
use crate::tree::{Kind, Span};
use rustc_hash::FxHashMap;

/// Methods that a framework calls because of the class they are in; instances of the class are made at that rate too.
pub(super) fn hook_edges(model: &Model<'_>, class: ClassId, out: &mut Calls) {
    let file = model.file;
    for row in model.catalog.hooks_of_any(method_names(model, class)) {
        if !is_owner(model, class, &row.of, row.library) {
            continue;
        }
        let is_single = is_made_once(model, class);
        for member in &file.class(class).members {
            let (Some(name), Some(func)) = (member.name, member.func) else { continue };
            let text = file.tree.text(name);
            if !row.methods.iter().any(|method| method == text) {
                continue;
            }
            let site = file.tree.span(member.node);
            let is_of_one = is_single && row.runs == When::At(Rate::Component);
            let often = if is_of_one { When::At(Rate::Once) } else { row.runs };
            let (caller, runs) =
                root_maker(model, class).map_or((FuncId::MODULE, often), |by| (by, When::Caller));
            let edge = |target| Edge {
                library: Some(row.library),
                returned: row.returned,
                caller,
                ..framework_edge(target, runs, site, text)
            };
            out.edges.push(edge(Target::Function(func)));
            if matches!(row.runs, When::At(_)) && !row.shared && !is_of_one {
                out.edges.push(edge(Target::Class(class)));
            }
        }
    }
}

/// The names of the methods of a class, and of its fields that hold functions.
fn method_names<'m>(model: &'m Model<'_>, class: ClassId) -> impl Iterator<Item = &'m str> {
    let members = model.file.class(class).members.iter().filter(|member| member.func.is_some());
    members.filter_map(|member| Some(model.file.tree.text(member.name?)))
}

/// Whether a decorator says that there is one instance of a class: a service of the whole application has the hooks of a
/// component, and ends with the application.
fn is_made_once(model: &Model<'_>, class: ClassId) -> bool {
    let rows = decorator_rows(model, &model.file.class(class).decorators, true);
    rows.iter().any(|(row, _)| row.runs == When::At(Rate::Once))
}

/// The function that makes the one component of an application: `createApp({ … })`, `new Vue({ … })`. Its hooks run once
/// for each application.
fn root_maker(model: &Model<'_>, class: ClassId) -> Option<FuncId> {
    let tree = &model.file.tree;
    let (call, 0) = tree.argument_of(model.file.class(class).node)? else { return None };
    model.rows(call).iter().any(|row| row.mounts == Some(0)).then(|| tree.func(call))
}

/// The types that a hook's row gives its parameters.
pub(crate) fn hook_params<'a>(model: &Model<'a>, func: FuncId) -> Option<&'a Vec<String>> {
    let class = model.file.function(func).class?;
    let name = model.file.tree.text(model.file.function(func).name?);
    let mut rows = hooks_of(model, class, name);
    rows.find(|row| !row.params.is_empty()).map(|row| &row.params)
}

/// The rows that speak of the method of this name of a class.
pub(super) fn hooks_of<'m, 'a>(
    model: &'m Model<'a>,
    class: ClassId,
    name: &str,
) -> impl Iterator<Item = &'a HookRow> + use<'m, 'a> {
    model.catalog.hooks_of(name).filter(move |row| is_owner(model, class, &row.of, row.library))
}

/// Whether a framework makes instances of a class as components: a hook of the class that runs for each says so.
#[must_use]
pub fn is_component(model: &Model<'_>, class: ClassId) -> bool {
    model.catalog.hooks_of_any(method_names(model, class)).any(|row| {
        row.runs == When::At(Rate::Component) && !row.shared && is_owner(model, class, &row.of, row.library)
    })
}

/// Whether a framework calls the method of this name in a phase of a component.
#[must_use]
pub fn is_component_hook(model: &Model<'_>, class: ClassId, phase: Phase, name: &str) -> bool {
    let is_it = |row: &HookRow| row.is_of(phase) && row.runs == When::At(Rate::Component);
    model.catalog.is_hook(phase, name) && hooks_of(model, class, name).any(is_it)
}

/// Whether a framework calls a function in a phase of a component.
#[must_use]
pub fn is_component_method(model: &Model<'_>, func: FuncId, phase: Phase) -> bool {
    let name = model.file.function_name(func);
    let class = model.file.function(func).class;
    class.zip(name).is_some_and(|(class, name)| is_component_hook(model, class, phase, name))
}

/// Whether what the function handed to a call of this name returns is its cleanup: `useEffect`, and what is called like it.
#[must_use]
pub fn takes_effect(model: &Model<'_>, name: &str) -> bool {
    model.catalog.calls_named(name).any(|row| row.cleans_up)
        || name.starts_with("use") && name.ends_with("Effect")
}

/// Whether a class is one of those that a row of a sheet speaks of.
pub(super) fn is_owner(model: &Model<'_>, class: ClassId, of: &[String], library: LibraryId) -> bool {
    let row = model.file.class(class);
    of.iter().any(|owner| match owner.as_str() {
        "*" => true,
        name if name.starts_with('@') => decorator_rows(model, &row.decorators, true)
            .iter()
            .any(|(row, at)| *at == &name[1..] && row.library == library),
        name => match model.catalog.object(name) {
            Some(shape) => row.kind == ClassKind::Object && has_shape(model, row.node, shape),
            // Nothing is said of what it is.
            None if row.super_class.is_none() && row.implements.is_empty() => false,
            None => {
                let by_model =
                    model.class_model(class).is_some_and(|model_id| model.catalog.is_a(model_id, name));
                let base = || row.super_class.and_then(|base| model.api_path(base));
                by_model || base().is_some_and(|path| *path == *name)
            }
        },
    })
}

/// Whether an object has the properties by which a framework tells its own.
fn has_shape(model: &Model<'_>, object: NodeId, shape: &ObjectRow) -> bool {
    let tree = &model.file.tree;
    let has_any = |names: &[String]| {
        let mut named = tree.children(object).filter_map(|property| tree.name(property));
        named.any(|name| names.iter().any(|wanted| wanted == name))
    };
    has_any(&shape.has) && !has_any(&shape.lacks)
}

pub(super) fn decorator_edges(model: &Model<'_>, class: ClassId, out: &mut Calls) {
    let row = model.file.class(class);
    let edge = |target, at: NodeId, (row, name): (&DecoratorRow, &str)| {
        let label = format!("@{name}");
        Edge {
            library: Some(row.library),
            returned: row.returned,
            ..framework_edge(target, row.runs, model.file.tree.span(at), &label)
        }
    };
    for found in decorator_rows(model, &row.decorators, true) {
        out.edges.push(edge(Target::Class(class), row.node, found));
    }
    if let Some(token) = injected::by_token(model, class) {
        out.edges.push(edge(Target::Class(class), row.node, token));
    }
    for member in &row.members {
        let Some(func) = member.func else { continue };
        for found in decorator_rows(model, &model.file.function(func).decorators, false) {
            out.edges.push(edge(Target::Function(func), member.node, found));
        }
    }
}

/// What the catalog says of the decorators of a class, or of a method, with their names.
pub(crate) fn decorator_rows<'m>(
    model: &'m Model<'_>,
    decorators: &[NodeId],
    of_class: bool,
) -> Vec<(&'m DecoratorRow, &'m str)> {
    let mut out = Vec::new();
    for decorator in decorators.iter().filter_map(|&decorator| Decorator::of(model, decorator)) {
        for row in model.catalog.decorators(decorator.name) {
            let is_from = decorator.package.is_some_and(|package| row.packages.iter().any(|p| p == package));
            let is_unless = row.unless.iter().any(|name| decorator.option(model, name).is_some());
            if is_from && row.class == of_class && !is_unless && decorator.says(model, &row.option) {
                out.push((row, decorator.name));
            }
        }
    }
    out
}

/// The lists of what a framework makes anew for each component that a decorator makes of its class; none if it makes none.
#[must_use]
pub fn provided(model: &Model<'_>, decorator: NodeId) -> Option<Vec<NodeId>> {
    let found = Decorator::of(model, decorator)?;
    let rows = decorator_rows(model, &[decorator], true);
    let (row, _) = rows.iter().find(|(row, _)| !row.provides.is_empty())?;
    Some(row.provides.iter().filter_map(|list| found.option(model, list)).collect())
}

/// A decorator: what it is called, where it is from, and with which options it stands.
pub(super) struct Decorator<'m> {
    pub(super) name: &'m str,
    pub(super) package: Option<&'m str>,
    expr: NodeId,
}

impl<'m> Decorator<'m> {
    pub(super) fn of(model: &'m Model<'_>, decorator: NodeId) -> Option<Self> {
        let tree = &model.file.tree;
        let expr = tree.first(decorator)?;
        let callee = tree.callee(expr).unwrap_or(expr);
        let name = model.callee_name(callee)?;
        let package = match model.file.place(callee).root {
            Root::Module(source) => Some(tree.text(source)),
            _ => None,
        };
        Some(Self { name, package, expr })
    }

    /// What it is handed first.
    pub(super) fn first_arg(&self, model: &Model<'_>) -> Option<NodeId> {
        model.file.tree.arg(self.expr, 0)
    }

    pub(super) fn option(&self, model: &Model<'_>, name: &str) -> Option<NodeId> {
        let tree = &model.file.tree;
        tree.args(self.expr).find_map(|arg| tree.property(arg, name))
    }

    /// Whether its options are those that a row speaks of: `@Injectable({ scope: Scope.REQUEST })`.
    pub(super) fn says(&self, model: &Model<'_>, options: &FxHashMap<String, String>) -> bool {
        let tree = &model.file.tree;
        let says = |value: NodeId, wanted: &str| {
            let name = match tree.kind(value) {
                Kind::String => tree.name_id(value).map(|name| tree.text(name)),
                Kind::Bool => Some(if tree.is_true(value) { "true" } else { "false" }),
                _ => model.callee_name(value),
            };
            name == Some(wanted)
        };
        options.iter().all(|(name, wanted)| self.option(model, name).is_some_and(|value| says(value, wanted)))
    }
}

/// Whether a module is loaded by a function that is handed to a call of which a row says that what it loads is not rendered
/// on a server: `dynamic(() => import('./map'), { ssr: false })`.
pub(crate) fn is_for_client(model: &Model<'_>, import: NodeId) -> bool {
    let tree = &model.file.tree;
    let holds = |call: NodeId, row: &CallRow| {
        let says = |name: &str, wanted: &str| {
            let value = tree.args(call).find_map(|arg| tree.property(arg, name))?;
            Some(tree.boolean(value)? == (wanted == "true"))
        };
        !row.client_if.is_empty()
            && row.client_if.iter().all(|(name, wanted)| says(name, wanted) == Some(true))
    };
    model.handed(tree.func(import)).iter().any(|handed| {
        let path = tree.callee(handed.call).and_then(|callee| model.api_path(callee));
        path.is_some_and(|path| model.catalog.calls_of_path(&path).any(|row| holds(handed.call, row)))
    })
}

/// A function that a framework calls because of the file it is exported from and the name it is exported under.
pub(crate) struct FrameworkExport<'a> {
    pub(crate) row: &'a ExportRow,
    pub(crate) target: Target,
    name: String,
    at: Span,
}

/// The exports of a file that rows speak of.
pub(crate) fn framework_exports<'a>(model: &Model<'a>) -> Vec<FrameworkExport<'a>> {
    let file = model.file;
    let mut out = Vec::new();
    for &row in model.export_rows() {
        for export in &file.exports {
            let Some(name) = export.name.map(|name| file.tree.text(name)) else { continue };
            for wanted in &row.names {
                let (first, rest) = wanted.split_once('.').unwrap_or((wanted, ""));
                // A program without ECMAScript modules exports its one thing as the whole module.
                if name != first && !(name == "=" && first == "default") {
                    continue;
                }
                let targets = match rest {
                    "*" => exported_members(model, export.target),
                    rest => exported_target(model, export.target, rest).into_iter().collect(),
                };
                let agreeing = targets.into_iter().filter(|target| {
                    first_parameter_agrees(model, target, &row.first) && this_agrees(model, target, row)
                });
                out.extend(agreeing.map(|target| FrameworkExport {
                    row,
                    target,
                    name: wanted.clone(),
                    at: export.span,
                }));
            }
        }
    }
    out
}

pub(super) fn export_edges(model: &Model<'_>, out: &mut Calls) {
    let in_browsers = is_for_browsers(model);
    for export in framework_exports(model) {
        let row = export.row;
        let is_served = row.server && !in_browsers;
        let runs = if row.server && in_browsers { When::At(Rate::Render) } else { row.runs };
        let edge = framework_edge(export.target.clone(), runs, export.at, &export_label(model, &export));
        out.edges.push(Edge {
            certain: false,
            in_loop: row.loops,
            library: Some(row.library),
            need: row.need,
            shown: is_served.then_some(Shown::Served),
            ..edge
        });
    }
}

/// How messages name a function that is exported: "page `Home`", "exported as `default`".
fn export_label(model: &Model<'_>, export: &FrameworkExport<'_>) -> String {
    let what = &export.row.what;
    let name = match export.target {
        Target::Function(func) => model.file.function_name(func),
        _ => None,
    };
    match name {
        _ if what.is_empty() => format!("exported as `{}`", export.name),
        Some(name) => format!("{what} `{name}`"),
        None => format!("{what}, exported as `{}`", export.name),
    }
}

/// What all properties of an exported object, or all elements of an exported list, run.
fn exported_members(model: &Model<'_>, target: ExportTarget) -> Vec<Target> {
    let tree = &model.file.tree;
    let is_whole = |node: NodeId| matches!(tree.kind(node), Kind::Object | Kind::Array);
    let value = match target {
        ExportTarget::Value(node) if is_whole(node) => Some(node),
        ExportTarget::Value(node) => named_value(model, node),
        ExportTarget::Binding(binding) => model.file.sole_value(binding),
        ExportTarget::From { .. } => None,
    };
    let Some(whole) = value.filter(|&value| is_whole(value)) else { return Vec::new() };
    let is_list = tree.kind(whole) == Kind::Array;
    let values =
        tree.children(whole).filter_map(|part| if is_list { Some(part) } else { tree.last_child(part) });
    values.filter_map(|value| value_target(model, value)).collect()
}

/// What a variable of the module holds: `export { actions }`.
fn named_value(model: &Model<'_>, name: NodeId) -> Option<NodeId> {
    let place = model.file.place(name);
    match place.root {
        Root::Binding(binding) if place.path.is_empty() => model.file.sole_value(binding),
        _ => None,
    }
}

/// What an export, or a property of what it exports, runs.
pub(super) fn exported_target(model: &Model<'_>, target: ExportTarget, property: &str) -> Option<Target> {
    let value = match target {
        ExportTarget::Value(node) => node,
        ExportTarget::Binding(binding) => {
            // A declared function is its own value.
            let declared =
                model.file.function_ids().find(|&func| model.file.function(func).binding == Some(binding));
            match (declared, property.is_empty()) {
                (Some(func), true) => return Some(Target::Function(func)),
                _ => model.file.sole_value(binding)?,
            }
        }
        ExportTarget::From { .. } => return None,
    };
    let value = if property.is_empty() { value } else { model.file.tree.property(value, property)? };
    value_target(model, value)
}

/// What a value runs that somebody calls: the function that it is, or that it wraps.
pub(super) fn value_target(model: &Model<'_>, value: NodeId) -> Option<Target> {
    let tree = &model.file.tree;
    let wrapped = || tree.args(value).find_map(|arg| model.function_of(arg));
    let func = model.function_of(value).or_else(|| (tree.kind(value) == Kind::Call).then(wrapped).flatten());
    func.map(Target::Function).or_else(|| {
        let place = model.file.place(value);
        is_linkable(model, &place).then_some(Target::Place(place))
    })
}

pub(super) fn first_parameter_agrees(model: &Model<'_>, target: &Target, names: &[String]) -> bool {
    let Target::Function(func) = target else { return names.is_empty() };
    names.is_empty()
        || model.param_names(*func).first().is_some_and(|first| names.iter().any(|name| name == first))
}

/// Whether a function asks of its `this` what a row wants: who calls it gives it one.
fn this_agrees(model: &Model<'_>, target: &Target, row: &ExportRow) -> bool {
    let (tree, Target::Function(func)) = (&model.file.tree, target) else { return row.calls_this.is_empty() };
    row.calls_this.is_empty()
        || tree.subtree(model.file.function(*func).node).filter_map(|node| tree.method_call(node)).any(
            |(object, method)| {
                tree.kind(object) == Kind::This && row.calls_this.iter().any(|name| name == method)
            },
        )
}

pub(crate) fn framework_edge(target: Target, when: When, site: Span, label: &str) -> Edge {
    Edge {
        caller: FuncId::MODULE,
        target,
        when,
        certain: true,
        constructs: false,
        in_loop: false,
        later: Later::Unsaid,
        once: None,
        site,
        label: label.to_owned(),
        library: None,
        returned: Returned::Unknown,
        need: None,
        shown: None,
    }
}

/// `<Component/>` renders a function or a class of the project.
pub(super) fn rendered_component(model: &Model<'_>, node: NodeId, out: &mut Calls) {
    let tree = &model.file.tree;
    let Some(tag) = tree.first(node).filter(|&tag| tree.kind(tag) != Kind::String) else { return };
    let is_of_template = is_of_template(model, node);
    let auto =
        || tree.reference(tag).filter(|_| is_of_template).map(|_| Target::Place(model.file.place(tag)));
    let target = named_target(model, tag).or_else(|| lazy_target(model, tag)).or_else(auto);
    let Some(target) = target else { return };
    let label = format!("<{}>", model.file.display(&model.file.place(tag)));
    // What a template shows is a component, which stays while the template is rendered again.
    let often = if is_of_template { Rate::Component } else { Rate::Render };
    let edge = framework_edge(target, When::At(often), tree.span(node), &label);
    let shown = Some(mounts::shown_as(model, node));
    out.edges.push(Edge { caller: tree.func(node), shown, ..edge });
}

/// The component that a variable stands for whose module is loaded when it is first shown:
/// `defineAsyncComponent(() => import('./Map.vue'))`.
fn lazy_target(model: &Model<'_>, tag: NodeId) -> Option<Target> {
    let tree = &model.file.tree;
    let call = model.file.value_of(tag).filter(|&value| tree.kind(value) == Kind::Call)?;
    let loader = model.function_of(tree.arg(call, 0)?)?;
    let [loaded] = model.returned_values(loader)[..] else { return None };
    if tree.kind(loaded) != Kind::ImportCall {
        return None;
    }
    let default = Step::Field(tree.names().find("default")?);
    Some(Target::Place(model.file.place(loaded).with(default)?))
}
