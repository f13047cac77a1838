//! Who calls whom, as far as one file can tell: the edges and entry points that the project joins.

use crate::access::{Accesses, Usage};
use crate::catalog::{DecoratorRow, ExportId, ExportRow, HookRow, LibraryId, When};
use crate::directives;
use crate::guard;
use crate::index::{BindingId, ClassId, FuncId, NameId, NodeId};
use crate::model::{Handed, Model, Ty};
use crate::mounts::{self, Shown};
use crate::place::{Place, Root};
use crate::rate::{Life, Rate};
use crate::rearm;
use crate::shapes;
use crate::tables::{BindingKind, ExportTarget, FunctionKind};
use crate::tree::{Kind, Span};
use rustc_hash::FxHashSet;

/// What a call runs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Target {
    /// A function of this file.
    Function(FuncId),
    /// A construction of a class of this file.
    Class(ClassId),
    /// What an access path names: an import, a method of something whose class another file knows.
    Place(Place),
}

/// One way from a function to another.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The function that calls, or hands the callback on.
    pub caller: FuncId,
    /// What runs.
    pub target: Target,
    /// How often, for each run of the caller.
    pub when: When,
    /// How sure this is.
    pub certain: bool,
    /// It is a construction.
    pub constructs: bool,
    /// It stands in a loop.
    pub in_loop: bool,
    /// It is a timeout that arms itself anew: once begun it runs again and again.
    pub rearms: bool,
    /// It runs at most once, guarded by a flag of this life.
    pub once: Option<Place>,
    /// The call.
    pub site: Span,
    /// How a message names the way: `app.get`, `setInterval`.
    pub label: String,
    /// The sheet whose row says so.
    pub library: Option<LibraryId>,
    /// The row about exported names it rests on: whether its packages are in use only the project can tell.
    pub export: Option<ExportId>,
    /// It shows a component.
    pub shown: Option<Shown>,
}

/// What becomes of a function handed in as a parameter.
#[derive(Clone, Debug)]
pub struct ParamUse {
    /// The function.
    pub func: FuncId,
    /// Which parameter, from 0.
    pub param: u16,
    /// When it is run, for each run of the function; `None`: it is kept, and runs nobody knows when.
    pub runs: Option<When>,
    /// It is handed on to this function's parameter.
    pub forwarded: Option<(Target, u16)>,
    /// How a message names the way.
    pub label: String,
}

/// The call facts of a file.
#[derive(Default)]
pub struct Calls {
    /// Edges between functions.
    pub edges: Vec<Edge>,
    /// Functions handed to functions of the project: to be joined with [`ParamUse`].
    pub handed: Vec<HandedOn>,
    /// What functions do with function parameters.
    pub params: Vec<ParamUse>,
    /// Things with a name that functions of the project are handed.
    pub passed: Vec<PassedOn>,
}

/// Something other than a function that is handed to a function of the project.
#[derive(Clone, Debug)]
pub struct PassedOn {
    /// Where.
    pub caller: FuncId,
    /// To whom.
    pub to: Target,
    /// As which argument.
    pub arg: u16,
    /// What is handed.
    pub place: Place,
}

/// A function handed to a function of the project.
#[derive(Clone, Debug)]
pub struct HandedOn {
    /// Where.
    pub caller: FuncId,
    /// What is handed.
    pub func: Target,
    /// To whom.
    pub to: Target,
    /// As which argument.
    pub arg: u16,
    /// The call.
    pub site: Span,
    /// What tells the rows about the call apart, should another file know whose method it is.
    pub about: About,
    /// What is called, as written: `emitter.on`.
    pub label: String,
}

/// What the rows about a call ask of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct About {
    /// The first argument, if it is a constant string.
    pub event: Option<NameId>,
    /// The property of an options object that holds the function.
    pub option: Option<NameId>,
    /// The function is the last argument.
    pub is_last: bool,
}

/// Collects the call facts of a file.
#[must_use]
pub fn collect(model: &Model<'_>, accesses: &Accesses) -> Calls {
    let mut out = Calls::default();
    let tree = &model.file.tree;
    for &node in model.landmarks() {
        match tree.kind(node) {
            Kind::Call | Kind::New => {
                call_edges(model, node, &mut out);
                mounts::mount_edges(model, node, &mut out);
            }
            Kind::TaggedTemplate => tagged_template(model, node, &mut out),
            Kind::JsxElement => rendered_component(model, node, &mut out),
            Kind::Object => shapes::object_edges(model, node, &mut out),
            _ => {}
        }
    }
    accessors(model, accesses, &mut out);
    param_uses(model, accesses, &mut out);
    entry_edges(model, &mut out);
    for class in model.file.class_ids() {
        hook_edges(model, class, &mut out);
        decorator_edges(model, class, &mut out);
        mounts::decorated_roots(model, class, &mut out);
    }
    export_edges(model, &mut out);
    directives::directive_edges(model, &mut out);
    shapes::assigned_edges(model, &mut out);
    out
}

/// Methods that a framework calls because of the class they are in; instances of the class are made at that rate too.
fn hook_edges(model: &Model<'_>, class: ClassId, out: &mut Calls) {
    let file = model.file;
    for row in model.catalog.hooks() {
        if !is_hook_owner(model, class, row) {
            continue;
        }
        for member in &file.class(class).members {
            let (Some(name), Some(func)) = (member.name, member.func) else { continue };
            let text = file.tree.text(name);
            if !row.methods.iter().any(|method| method == text) {
                continue;
            }
            let site = file.tree.span(member.node);
            let (caller, runs) =
                root_maker(model, class).map_or((FuncId(0), row.runs), |by| (by, When::Caller));
            let edge = |target| Edge {
                library: Some(row.library),
                caller,
                ..framework_edge(target, runs, site, text)
            };
            out.edges.push(edge(Target::Function(func)));
            if matches!(row.runs, When::At(_)) && !row.shared {
                out.edges.push(edge(Target::Class(class)));
            }
        }
    }
}

/// The function that makes the one component of an application: `createApp({ … })`, `new Vue({ … })`. Its hooks run once
/// for each application.
fn root_maker(model: &Model<'_>, class: ClassId) -> Option<FuncId> {
    let tree = &model.file.tree;
    let (call, 0) = tree.argument_of(model.file.class(class).node)? else { return None };
    let name = tree.callee(call).and_then(|callee| model.callee_name(callee))?;
    let makes =
        matches!((tree.kind(call), name), (Kind::Call, "createApp" | "createSSRApp") | (Kind::New, "Vue"));
    makes.then(|| tree.func(call))
}

/// The types that a hook's row gives its parameters.
pub(crate) fn hook_params<'a>(model: &Model<'a>, func: FuncId) -> Option<&'a Vec<String>> {
    let class = model.file.function(func).class?;
    let name = model.file.tree.text(model.file.function(func).name?);
    let mut rows = model.catalog.hooks().iter().filter(|row| !row.params.is_empty());
    rows.find(|row| row.methods.iter().any(|method| method == name) && is_hook_owner(model, class, row))
        .map(|row| &row.params)
}

/// Option names that only the options object of a Vue component has together with its hooks.
const COMPONENT_OPTIONS: &[&str] = &[
    "data",
    "methods",
    "computed",
    "watch",
    "props",
    "components",
    "template",
    "render",
    "mixins",
    "setup",
    "extends",
];

/// Whether a framework makes instances of a class as components: a hook of the class that runs for each says so.
#[must_use]
pub fn is_component(model: &Model<'_>, class: ClassId) -> bool {
    let file = model.file;
    let named = |row: &HookRow| {
        file.class(class).members.iter().any(|member| {
            let name = member.name.filter(|_| member.func.is_some()).map(|name| file.tree.text(name));
            name.is_some_and(|name| row.methods.iter().any(|method| method == name))
        })
    };
    model.catalog.hooks().iter().any(|row| {
        row.runs == When::At(Rate::Component) && !row.shared && named(row) && is_hook_owner(model, class, row)
    })
}

/// Whether a framework calls the method of this name when a component ends.
#[must_use]
pub fn is_component_end(model: &Model<'_>, class: ClassId, name: &str) -> bool {
    model.catalog.hooks().iter().any(|row| {
        row.ends
            && row.runs == When::At(Rate::Component)
            && row.methods.iter().any(|method| method == name)
            && is_hook_owner(model, class, row)
    })
}

fn is_hook_owner(model: &Model<'_>, class: ClassId, hook: &HookRow) -> bool {
    let row = model.file.class(class);
    hook.of.iter().any(|owner| match owner.as_str() {
        "*" => true,
        name if name.starts_with('@') => decorator_rows(model, &row.decorators, true)
            .iter()
            .any(|(row, at)| *at == &name[1..] && row.library == hook.library),
        "component-options" => {
            row.kind == crate::tables::ClassKind::Object
                && model.file.tree.children(row.node).any(|prop| {
                    model.file.tree.name(prop).is_some_and(|name| COMPONENT_OPTIONS.contains(&name))
                })
        }
        // Nothing is said of what it is.
        _ if row.super_class.is_none() && row.implements.is_empty() => false,
        name => {
            let by_model =
                model.class_model(class).is_some_and(|model_id| model.catalog.is_a(model_id, name));
            by_model
                || row.super_class.and_then(|base| model.api_path(base)).is_some_and(|path| *path == *name)
        }
    })
}

fn decorator_edges(model: &Model<'_>, class: ClassId, out: &mut Calls) {
    let row = model.file.class(class);
    let edge = |target, at: NodeId, (row, name): (&DecoratorRow, &str)| {
        let label = format!("@{name}");
        Edge {
            library: Some(row.library),
            ..framework_edge(target, row.runs, model.file.tree.span(at), &label)
        }
    };
    for found in decorator_rows(model, &row.decorators, true) {
        out.edges.push(edge(Target::Class(class), row.node, found));
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
    let tree = &model.file.tree;
    let mut out = Vec::new();
    for &decorator in decorators {
        let Some(expr) = tree.first(decorator) else { continue };
        let callee = tree.callee(expr).unwrap_or(expr);
        let Some(name) = model.callee_name(callee) else { continue };
        let place = model.file.place(callee);
        let package = match place.root {
            Root::Module(source) => Some(tree.text(source)),
            _ => None,
        };
        for row in model.catalog.decorators(name) {
            let is_from = package.is_some_and(|package| row.packages.iter().any(|p| p == package));
            if is_from && row.class == of_class && options_agree(model, expr, row) {
                out.push((row, name));
            }
        }
    }
    out
}

/// Whether the options of a decorator are those a row speaks of: `@Injectable({ scope: Scope.REQUEST })`.
fn options_agree(model: &Model<'_>, decorator: NodeId, row: &DecoratorRow) -> bool {
    let tree = &model.file.tree;
    let value = |name: &str| tree.args(decorator).find_map(|arg| tree.property(arg, name));
    let says = |value: NodeId, wanted: &str| {
        let name = match tree.kind(value) {
            Kind::String => tree.name_id(value).map(|name| tree.text(name)),
            _ => model.callee_name(value),
        };
        name == Some(wanted)
    };
    row.option.iter().all(|(name, wanted)| value(name).is_some_and(|value| says(value, wanted)))
        && !row.unless.iter().any(|name| value(name).is_some())
}

/// A function that a framework calls because of the file it is exported from and the name it is exported under.
pub(crate) struct FrameworkExport<'a> {
    pub(crate) row: &'a ExportRow,
    pub(crate) target: Target,
    id: ExportId,
    name: String,
    at: Span,
}

/// The exports of a file that rows speak of.
pub(crate) fn framework_exports<'a>(model: &Model<'a>) -> Vec<FrameworkExport<'a>> {
    let file = model.file;
    let mut out = Vec::new();
    for &(id, row) in model.export_rows() {
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
                let agreeing =
                    targets.into_iter().filter(|target| first_parameter_agrees(model, target, &row.first));
                out.extend(agreeing.map(|target| FrameworkExport {
                    row,
                    target,
                    id,
                    name: wanted.clone(),
                    at: export.span,
                }));
            }
        }
    }
    out
}

fn export_edges(model: &Model<'_>, out: &mut Calls) {
    for export in framework_exports(model) {
        let label = format!("exported as `{}`", export.name);
        let edge = framework_edge(export.target, export.row.runs, export.at, &label);
        out.edges.push(Edge {
            certain: false,
            library: Some(export.row.library),
            export: Some(export.id),
            ..edge
        });
    }
}

/// What all properties of an exported object run.
fn exported_members(model: &Model<'_>, target: ExportTarget) -> Vec<Target> {
    let tree = &model.file.tree;
    let value = match target {
        ExportTarget::Value(node) if tree.kind(node) == Kind::Object => Some(node),
        ExportTarget::Value(node) => named_value(model, node),
        ExportTarget::Binding(binding) => model.file.sole_value(binding),
        ExportTarget::From { .. } => None,
    };
    let Some(object) = value.filter(|&value| tree.kind(value) == Kind::Object) else { return Vec::new() };
    let values = tree.children(object).filter_map(|property| tree.last_child(property));
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
pub(crate) fn exported_target(model: &Model<'_>, target: ExportTarget, property: &str) -> Option<Target> {
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
pub(crate) fn value_target(model: &Model<'_>, value: NodeId) -> Option<Target> {
    let tree = &model.file.tree;
    let wrapped = || tree.args(value).find_map(|arg| model.function_of(arg));
    let func = model.function_of(value).or_else(|| (tree.kind(value) == Kind::Call).then(wrapped).flatten());
    func.map(Target::Function).or_else(|| {
        let place = model.file.place(value);
        is_linkable(model, &place).then_some(Target::Place(place))
    })
}

pub(crate) fn first_parameter_agrees(model: &Model<'_>, target: &Target, names: &[String]) -> bool {
    let Target::Function(func) = target else { return names.is_empty() };
    names.is_empty()
        || model.param_names(*func).first().is_some_and(|first| names.iter().any(|name| name == first))
}

pub(crate) fn framework_edge(target: Target, when: When, site: Span, label: &str) -> Edge {
    Edge {
        caller: FuncId(0),
        target,
        when,
        certain: true,
        constructs: false,
        in_loop: false,
        rearms: false,
        once: None,
        site,
        label: label.to_owned(),
        library: None,
        export: None,
        shown: None,
    }
}

fn call_edges(model: &Model<'_>, call: NodeId, out: &mut Calls) {
    let tree = &model.file.tree;
    let Some(callee) = tree.callee(call) else { return };
    let target = callee_target(model, call, callee);
    if let Some(target) = &target {
        out.edges.push(edge(model, call, target.clone(), When::Caller, true));
        passed_on(model, call, target, out);
    }
    for (index, arg) in tree.args(call).enumerate() {
        foreign_argument(model, call, index, arg, target.as_ref(), out);
    }
}

/// The arguments of a call whose life other files may ask for: what outlives the call, and what it was handed itself.
fn passed_on(model: &Model<'_>, call: NodeId, to: &Target, out: &mut Calls) {
    let tree = &model.file.tree;
    for (index, arg) in tree.args(call).enumerate() {
        if !matches!(tree.kind(arg), Kind::Identifier | Kind::Member | Kind::This) {
            continue;
        }
        let place = model.file.place(arg);
        let may_last = match place.root {
            Root::Binding(binding) => {
                model.file.binding(binding).func.index() == 0
                    || param_position(model, binding).is_some()
                    || is_made_for(model, binding, call)
            }
            root => !matches!(root, Root::Value(_) | Root::Receiver(_)),
        };
        let is_plain =
            || matches!(model.ty(arg), Ty::Finite | Ty::Text | Ty::Number | Ty::Nothing | Ty::Function(_));
        if may_last && !is_plain() {
            let arg = u16::try_from(index).unwrap_or(u16::MAX);
            out.passed.push(PassedOn { caller: tree.func(call), to: to.clone(), arg, place });
        }
    }
}

/// Whether a variable holds what the same run has made, for this call: not for several of them in a loop.
fn is_made_for(model: &Model<'_>, binding: BindingId, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let value = model.file.sole_value(binding).filter(|&value| tree.kind(value) == Kind::New);
    value.is_some_and(|value| {
        tree.func(value) == tree.func(call)
            && guard::enclosing_loop(model, value) == guard::enclosing_loop(model, call)
    })
}

/// What a call runs, if that is or may be code of the project.
#[must_use]
pub fn callee_target(model: &Model<'_>, call: NodeId, callee: NodeId) -> Option<Target> {
    let tree = &model.file.tree;
    if tree.kind(callee) == Kind::Super {
        let class = model.file.function(tree.func(call)).class?;
        return match model.base(class)? {
            crate::model::Base::Class(base) => Some(Target::Class(base)),
            crate::model::Base::Foreign(place) => Some(Target::Place(place)),
            crate::model::Base::Model(_) => None,
        };
    }
    if tree.kind(call) == Kind::New
        && let Some(class) = model.class_of(callee)
    {
        return Some(Target::Class(class));
    }
    if let Some(func) = model.function_of(callee) {
        return Some(Target::Function(func));
    }
    if let Some((object, method)) = tree.method_call(call)
        && matches!(method, "call" | "apply")
        && let Some(func) = model.function_of(object)
    {
        return Some(Target::Function(func));
    }
    let place = model.file.place(callee);
    is_linkable(model, &place).then_some(Target::Place(place))
}

/// Whether another file may know what is behind a path: imports of the project, fields of instances, exports.
fn is_linkable(model: &Model<'_>, place: &Place) -> bool {
    match place.root {
        Root::Module(source) => {
            crate::model::package_path(model.file.tree.text(source)).is_none() || !is_builtin(model, place)
        }
        Root::This(_) | Root::Exports | Root::Class(_) => !place.path.is_empty(),
        Root::Binding(binding) => {
            !place.path.is_empty()
                && (model.file.binding(binding).kind != BindingKind::Param
                    || model.file.binding(binding).ty.is_some())
        }
        _ => false,
    }
}

/// Node's own modules are never part of the project.
fn is_builtin(model: &Model<'_>, place: &Place) -> bool {
    let Root::Module(source) = place.root else { return false };
    let text = model.file.tree.text(source);
    text.starts_with("node:")
        || matches!(
            text,
            "fs" | "http"
                | "https"
                | "path"
                | "util"
                | "events"
                | "stream"
                | "net"
                | "tls"
                | "os"
                | "crypto"
                | "url"
                | "zlib"
                | "child_process"
                | "assert"
                | "buffer"
                | "querystring"
                | "dns"
                | "cluster"
                | "react"
        )
}

fn edge(model: &Model<'_>, call: NodeId, target: Target, when: When, certain: bool) -> Edge {
    let tree = &model.file.tree;
    Edge {
        caller: tree.func(call),
        target,
        when,
        certain,
        constructs: tree.kind(call) == Kind::New,
        in_loop: guard::enclosing_loop(model, call).is_some(),
        rearms: false,
        once: guard::once_guard(model, call),
        site: tree.span(call),
        label: called(model, call),
        library: None,
        export: None,
        shown: None,
    }
}

/// What a call calls, as written.
fn called(model: &Model<'_>, call: NodeId) -> String {
    let callee = model.file.tree.callee(call);
    callee.map(|callee| model.file.display(&model.file.place(callee))).unwrap_or_default()
}

/// An argument that is a function of another file, or of this file handed to a function of the project.
fn foreign_argument(
    model: &Model<'_>,
    call: NodeId,
    index: usize,
    arg: NodeId,
    to: Option<&Target>,
    out: &mut Calls,
) {
    let tree = &model.file.tree;
    let handed = Handed { call, arg: index, option: None };
    if matches!(tree.kind(arg), Kind::Array | Kind::Object | Kind::Call) && takes_functions(model, call) {
        wrapped_arguments(model, &handed, arg, to, 3, out);
        return;
    }
    foreign_function(model, &handed, arg, to, out);
}

fn foreign_function(model: &Model<'_>, handed: &Handed, arg: NodeId, to: Option<&Target>, out: &mut Calls) {
    let tree = &model.file.tree;
    if !matches!(tree.kind(arg), Kind::Identifier | Kind::Member | Kind::Call)
        || model.function_of(arg).is_some()
    {
        return;
    }
    let place = model.file.place(arg);
    if is_linkable(model, &place) && !(tree.kind(arg) == Kind::Call && place.root == Root::Value(arg)) {
        hand_over(model, handed, Target::Place(place), to, out);
    }
}

/// Whether a row says that a call runs functions it is handed.
fn takes_functions(model: &Model<'_>, call: NodeId) -> bool {
    model.rows(call).iter().any(|row| !row.callbacks.is_empty())
}

/// Functions of other files in a list, in options or in a wrapper: `app.get('/', [auth, wrap(users.list)])`.
fn wrapped_arguments(
    model: &Model<'_>,
    handed: &Handed,
    arg: NodeId,
    to: Option<&Target>,
    fuel: u32,
    out: &mut Calls,
) {
    let Some(fuel) = fuel.checked_sub(1) else { return };
    let tree = &model.file.tree;
    match tree.kind(arg) {
        Kind::Array | Kind::Spread => {
            tree.children(arg).for_each(|part| wrapped_arguments(model, handed, part, to, fuel, out));
        }
        Kind::Object => {
            for prop in tree.children(arg).filter(|&prop| tree.kind(prop) == Kind::Property) {
                let Some(value) = tree.last_child(prop) else { continue };
                let handed = Handed { option: tree.name_id(prop), ..*handed };
                wrapped_arguments(model, &handed, value, to, fuel, out);
            }
        }
        Kind::Call => match tree.method_call(arg) {
            Some((object, "bind")) => foreign_function(model, handed, object, to, out),
            _ => tree.args(arg).for_each(|inner| wrapped_arguments(model, handed, inner, to, fuel, out)),
        },
        _ => foreign_function(model, handed, arg, to, out),
    }
}

/// Edges for functions of this file that are handed to calls.
fn entry_edges(model: &Model<'_>, out: &mut Calls) {
    let tree = &model.file.tree;
    for func in model.file.function_ids() {
        for handed in model.handed(func) {
            let to = tree.callee(handed.call).and_then(|callee| callee_target(model, handed.call, callee));
            hand_over(model, handed, Target::Function(func), to.as_ref(), out);
        }
        if model.is_immediately_invoked(func) {
            continue;
        }
        signature_edge(model, func, out);
        convention_edge(model, func, out);
    }
}

/// A function whose author says by its type who calls it: `const handler: RequestHandler = …`.
fn signature_edge(model: &Model<'_>, func: FuncId, out: &mut Calls) {
    let Some(row) = model.signature_of(func) else { return };
    let site = model.file.tree.span(model.file.function(func).node);
    let label = format!("a `{}`", row.names.first().map(String::as_str).unwrap_or_default());
    let edge = framework_edge(Target::Function(func), row.runs, site, &label);
    out.edges.push(Edge { certain: false, library: Some(row.library), ..edge });
}

fn hand_over(model: &Model<'_>, handed: &Handed, func: Target, to: Option<&Target>, out: &mut Calls) {
    let tree = &model.file.tree;
    let rows = model.callback_rows(handed);
    let known = rows.first();
    if let Some((row, callback)) = known {
        let runs = if removes_itself(model, handed, &func) { When::Caller } else { callback.runs };
        let rearms = matches!(func, Target::Function(func) if rearm::runs_again(model, handed.call, func));
        let found = edge(model, handed.call, func.clone(), runs, !row.convention);
        out.edges.push(Edge { library: Some(row.library), rearms, ..found });
        if !row.convention {
            return;
        }
    }
    if let Some(to) = to {
        let arg = u16::try_from(handed.arg).unwrap_or(u16::MAX);
        let (caller, site) = (tree.func(handed.call), tree.span(handed.call));
        let event = tree.arg(handed.call, 0).and_then(|arg| model.file.constant_name(arg));
        let is_last = handed.arg + 1 == tree.args(handed.call).count();
        let about = About { event, option: handed.option, is_last };
        let label = called(model, handed.call);
        out.handed.push(HandedOn { caller, func, to: to.clone(), arg, site, about, label });
    } else if handed.option.is_none() && known.is_none() {
        // Whoever takes a function mostly runs it, now or later.
        out.edges.push(edge(model, handed.call, func, When::Caller, false));
    }
}

/// A listener that takes itself away again, directly or through what it calls, runs once for each time it is added.
fn removes_itself(model: &Model<'_>, handed: &Handed, func: &Target) -> bool {
    let Target::Function(func) = func else { return false };
    if handed.arg != 1 || model.file.function(*func).name.is_none() {
        return false;
    }
    let event = model.file.tree.arg(handed.call, 0).and_then(|event| model.file.constant_name(event));
    event.is_some() && removes(model, *func, (*func, event), 3, &mut FxHashSet::default())
}

/// Whether a function, or one it calls, removes the listener from the event. No function is gone through twice with as
/// many calls still to follow.
fn removes(
    model: &Model<'_>,
    at: FuncId,
    wanted: (FuncId, Option<NameId>),
    fuel: u32,
    seen: &mut FxHashSet<(FuncId, u32)>,
) -> bool {
    let Some(fuel) = fuel.checked_sub(1).filter(|&fuel| seen.insert((at, fuel))) else { return false };
    let (listener, event) = wanted;
    let tree = &model.file.tree;
    let Some(body) = model.file.body(at) else { return false };
    tree.subtree(body).filter(|&node| tree.kind(node) == Kind::Call).any(|call| {
        if let Some((_, "off" | "removeListener" | "removeEventListener")) = tree.method_call(call) {
            let same_event = tree.arg(call, 0).and_then(|arg| model.file.constant_name(arg)) == event;
            return same_event && tree.arg(call, 1).and_then(|arg| model.function_of(arg)) == Some(listener);
        }
        let next = tree.callee(call).and_then(|callee| model.function_of(callee));
        next.is_some_and(|next| next != at && removes(model, next, wanted, fuel, seen))
    })
}

/// Names of functions that whoever starts the program calls once.
#[must_use]
pub fn is_startup_name(name: &str) -> bool {
    let lower = name.trim_start_matches(['_', '#']).to_ascii_lowercase();
    // What a component does when it is mounted, it does for each.
    if lower == "mounted" {
        return false;
    }
    lower == "main"
        || lower == "run"
        || [
            "init",
            "setup",
            "start",
            "install",
            "configure",
            "bootstrap",
            "boot",
            "launch",
            "listen",
            "register",
            "mount",
            "serve",
            "createserver",
            "createapp",
            "enable",
            "activate",
            "prepare",
            "load",
        ]
        .iter()
        .any(|prefix| lower.starts_with(prefix))
        // `hook_init_master`, `on_startup`.
        || lower.split('_').any(|word| matches!(word, "init" | "setup" | "startup" | "bootstrap"))
}

/// Functions whose parameters follow the convention of request handlers: `(req, res)`, `(req, res, next)`.
fn convention_edge(model: &Model<'_>, func: FuncId, out: &mut Calls) {
    let file = model.file;
    let site = file.tree.span(file.function(func).node);
    if let Some(row) = model.handler_by_convention(func) {
        let edge = framework_edge(Target::Function(func), row.runs, site, &row.shown());
        out.edges.push(Edge { certain: false, library: Some(row.library), ..edge });
    } else if takes_request(model, func) {
        let edge = framework_edge(Target::Function(func), When::At(Rate::Request), site, "takes a request");
        out.edges.push(Edge { certain: false, ..edge });
    }
}

/// A parameter that the author says is a request: whoever calls has one at hand.
fn takes_request(model: &Model<'_>, func: FuncId) -> bool {
    model.file.params(func).any(|param| {
        let annotation = model.file.tree.binding(param).and_then(|binding| model.file.binding(binding).ty);
        let ty = annotation.map(|ty| model.annotation_ty(ty));
        ty.and_then(|ty| model.model_of(ty))
            .is_some_and(|ty| model.catalog.model(ty).life == Some(Life::Request))
    })
}

/// `tag\`…\`` calls its tag.
fn tagged_template(model: &Model<'_>, node: NodeId, out: &mut Calls) {
    let tag = model.file.tree.first(node).and_then(|tag| model.function_of(tag));
    if let Some(func) = tag {
        let mut edge = edge(model, node, Target::Function(func), When::Caller, true);
        edge.label = model.file.function_name(func).unwrap_or_default().to_owned();
        out.edges.push(edge);
    }
}

/// `<Component/>` renders a function or a class of the project.
fn rendered_component(model: &Model<'_>, node: NodeId, out: &mut Calls) {
    let tree = &model.file.tree;
    let Some(tag) = tree.first(node).filter(|&tag| tree.kind(tag) != Kind::String) else { return };
    let Some(target) = named_target(model, tag) else { return };
    let edge = framework_edge(target, When::At(Rate::Render), tree.span(node), "rendered");
    let shown = Some(mounts::shown_as(model, node));
    out.edges.push(Edge { caller: tree.func(node), shown, ..edge });
}

/// The class or function of the project that a name stands for.
pub(crate) fn named_target(model: &Model<'_>, name: NodeId) -> Option<Target> {
    match (model.class_of(name), model.function_of(name)) {
        (Some(class), _) => Some(Target::Class(class)),
        (None, Some(func)) => Some(Target::Function(func)),
        (None, None) => {
            let place = model.file.place(name);
            is_linkable(model, &place).then_some(Target::Place(place))
        }
    }
}

/// Getters and setters run where their property is read or written.
fn accessors(model: &Model<'_>, accesses: &Accesses, out: &mut Calls) {
    for access in accesses.iter() {
        if access.place.path.is_empty() || matches!(access.usage, Usage::Method { .. }) {
            continue;
        }
        let (Root::This(class), Some(name)) = (access.place.root, access.place.last_field()) else {
            continue;
        };
        if access.place.path.len() != 1 {
            continue;
        }
        let accessor = model.lineage(class).find_map(|class| {
            let found = model.members(class, name).into_iter().find(|member| {
                member.func.is_some_and(|func| {
                    matches!(model.file.function(func).kind, FunctionKind::Getter | FunctionKind::Setter)
                })
            });
            found.and_then(|member| member.func)
        });
        if let Some(func) = accessor {
            let (site, label) = (model.file.tree.span(access.node), model.file.display(&access.place));
            let edge = framework_edge(Target::Function(func), When::Caller, site, &label);
            out.edges.push(Edge { caller: access.func, ..edge });
        }
    }
}

/// What becomes of parameters that are functions.
fn param_uses(model: &Model<'_>, accesses: &Accesses, out: &mut Calls) {
    for access in accesses.iter() {
        let (Root::Binding(binding), true) = (access.place.root, access.place.path.is_empty()) else {
            continue;
        };
        let Some((func, param)) = param_position(model, binding) else { continue };
        let mut found = ParamUse { func, param, runs: None, forwarded: None, label: String::new() };
        match access.usage {
            Usage::Called(call) => {
                found.runs = Some(if guard::enclosing_loop(model, call).is_some() {
                    When::Each
                } else {
                    When::Caller
                });
            }
            Usage::Argument { call, index } => {
                let handed = Handed { call, arg: index, option: None };
                let rows = model.callback_rows(&handed);
                let callee = model.file.tree.callee(call);
                if let Some((_, callback)) = rows.first() {
                    found.runs = Some(callback.runs);
                } else if let Some(target) = callee.and_then(|callee| callee_target(model, call, callee)) {
                    found.forwarded = Some((target, u16::try_from(index).unwrap_or(u16::MAX)));
                }
                found.label =
                    callee.map(|callee| model.file.display(&model.file.place(callee))).unwrap_or_default();
            }
            Usage::Method { name, .. } if matches!(model.file.tree.text(name), "call" | "apply") => {
                found.runs = Some(When::Caller);
            }
            _ => continue,
        }
        // A call inside a nested function runs when that one does; its own edges say when.
        if access.func != func && found.runs == Some(When::Caller) {
            found.runs = nested_run(model, access.func, func);
        }
        out.params.push(found);
    }
}

/// When a function nested in `outer` runs, if a row says so.
fn nested_run(model: &Model<'_>, inner: FuncId, outer: FuncId) -> Option<When> {
    let mut at = inner;
    let mut result = Some(When::Caller);
    while at != outer {
        if !model.is_immediately_invoked(at) {
            let rows = model
                .handed(at)
                .iter()
                .find_map(|handed| model.callback_rows(handed).first().map(|r| r.1.runs));
            match rows {
                Some(When::At(rate)) => return Some(When::At(rate)),
                Some(_) => {}
                None => result = None,
            }
        }
        at = model.file.function(at).parent?;
    }
    result
}

/// The function and position of a plain parameter.
#[must_use]
pub fn param_position(model: &Model<'_>, binding: BindingId) -> Option<(FuncId, u16)> {
    let file = model.file;
    let row = file.binding(binding);
    if row.kind != BindingKind::Param {
        return None;
    }
    let tree = &file.tree;
    let mut param = row.node;
    let mut parent = tree.parent(param)?;
    if tree.kind(parent) == Kind::Default {
        param = parent;
        parent = tree.parent(param)?;
    }
    let func = tree.function(parent)?;
    (tree.node(param).slot < file.function(func).params).then_some((func, tree.node(param).slot))
}

/// Whether a type is one that another file may have to resolve.
#[must_use]
pub fn is_open(ty: Ty) -> bool {
    ty == Ty::Unknown
}
