//! Who calls whom, as far as one file can tell: the edges and entry points that the project joins.

mod directives;
mod ends;
mod entries;
mod frameworks;
mod handed;
mod injected;
mod shapes;

pub(crate) use directives::is_for_browsers;
pub(crate) use ends::{asking_where, browser_hook, runs_on_server};
pub use ends::{asks_where, client_hook, ends_field, late_hook, uncalled, uncalled_in_scope};
pub use entries::is_startup_name;
pub(crate) use frameworks::{decorator_rows, framework_edge, framework_exports, hook_params, is_for_client};
pub use frameworks::{is_component, is_component_hook, is_component_method, provided, takes_effect};
pub use handed::param_position;
pub(crate) use injected::injection;
pub(crate) use shapes::params as shape_params;

use crate::access::{Accesses, Usage};
use crate::catalog::{LibraryId, NeedId, Returned, When};
use crate::index::{ClassId, FuncId, NameId, NodeId};
use crate::model::{Base, Model, Ty};
use crate::mounts::{self, Shown};
use crate::place::{Place, Root, Step};
use crate::tables::{BindingKind, FunctionKind};
use crate::tree::{Kind, Span};
use crate::turns::{self, Turn};
use crate::{guard, model};
use entries::entry_edges;
use frameworks::{decorator_edges, export_edges, hook_edges, rendered_component};
use handed::{foreign_argument, param_uses, passed_on};

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
    /// What is waited for before it runs.
    pub later: Later,
    /// It runs at most once, guarded by a flag of this life.
    pub once: Option<Place>,
    /// The call.
    pub site: Span,
    /// How a message names the way: `app.get`, `setInterval`.
    pub label: String,
    /// The sheet whose row says so.
    pub library: Option<LibraryId>,
    /// What becomes of what it returns.
    pub returned: Returned,
    /// The packages that its row asks for: whether one is in use only the project can tell.
    pub need: Option<NeedId>,
    /// It shows a component.
    pub shown: Option<Shown>,
}

/// What is waited for before a function runs that is handed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub enum Later {
    /// Nothing is known of it.
    #[default]
    Unsaid,
    /// A delay: `setTimeout`.
    Delay,
    /// The same, which is armed anew on each run: once begun it runs again and again.
    Rearmed,
    /// The end of what is listened to: `socket.on('close', f)`.
    End,
}

impl Later {
    /// What the listener for an event waits for.
    pub(crate) fn of_event(event: &str) -> Self {
        match event {
            "close" | "end" | "disconnect" | "exit" => Self::End,
            _ => Self::Unsaid,
        }
    }
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
    /// The field it is, or is a part of, was given a new thing right before.
    pub is_new: bool,
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

/// What a call runs, if that is or may be code of the project.
#[must_use]
pub fn callee_target(model: &Model<'_>, call: NodeId, callee: NodeId) -> Option<Target> {
    let tree = &model.file.tree;
    if tree.kind(callee) == Kind::Super {
        let class = model.file.function(tree.func(call)).class?;
        return match model.base(class)? {
            Base::Class(base) => Some(Target::Class(base)),
            Base::Foreign(place) => Some(Target::Place(place)),
            Base::Model(_) => None,
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
    let place = through_builders(model, callee).unwrap_or_else(|| model.file.place(callee));
    is_linkable(model, &place).then_some(Target::Place(place))
}

/// The path of a method at the end of a chain of methods each of which may give what it is called on:
/// `procedure.input(schema).query` is `procedure.query`. Another file knows what `procedure` is.
fn through_builders(model: &Model<'_>, callee: NodeId) -> Option<Place> {
    let tree = &model.file.tree;
    let method = tree.name_id(callee).filter(|_| tree.kind(callee) == Kind::Member)?;
    let mut object = tree.first(callee)?;
    if tree.kind(object) != Kind::Call || !model.catalog.knows_method(tree.text(method)) {
        return None;
    }
    while let Some((inner, name)) = tree.method_call(object) {
        if !model.catalog.may_return_itself(name) {
            return None;
        }
        object = inner;
    }
    model.file.place(object).with(Step::Field(method))
}

/// Whether another file may know what is behind a path: imports of the project, fields of instances, exports.
fn is_linkable(model: &Model<'_>, place: &Place) -> bool {
    match place.root {
        Root::Module(source) => {
            model::package_path(model.file.tree.text(source)).is_none() || !is_builtin(model, place)
        }
        Root::This(_) | Root::Exports | Root::Class(_) => !place.path.is_empty(),
        Root::Receiver(func) => !place.path.is_empty() && model.file.may_be_adopted(func),
        // `window.App = { … }`
        Root::Global(name) => {
            !place.path.is_empty() && !OF_THE_PLATFORM.contains(&model.file.tree.text(name))
        }
        Root::Binding(binding) => {
            !place.path.is_empty()
                && (model.file.binding(binding).kind != BindingKind::Param
                    || model.file.binding(binding).ty.is_some())
        }
        _ => false,
    }
}

/// Globals whose methods are called everywhere, and are never the project's own.
const OF_THE_PLATFORM: &[&str] = &[
    "Array",
    "Atomics",
    "BigInt",
    "Buffer",
    "Date",
    "Intl",
    "JSON",
    "Math",
    "Number",
    "Object",
    "Promise",
    "Reflect",
    "String",
    "Symbol",
    "URL",
    "console",
    "document",
    "history",
    "localStorage",
    "location",
    "module",
    "navigator",
    "performance",
    "process",
    "require",
    "sessionStorage",
];

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
        )
}

fn edge(model: &Model<'_>, call: NodeId, target: Target, when: When, certain: bool) -> Edge {
    let tree = &model.file.tree;
    let own_end = guard::own_end(model, call);
    Edge {
        caller: own_end.map_or_else(|| tree.func(call), |end| end.maker),
        target,
        when,
        certain,
        constructs: tree.kind(call) == Kind::New,
        in_loop: turns::is_looped(model, call),
        later: Later::Unsaid,
        once: guard::once_guard(model, call),
        site: tree.span(call),
        label: called(model, call),
        library: None,
        returned: Returned::Unknown,
        need: None,
        shown: None,
    }
}

/// The way from a function into the body of a loop over messages.
pub(crate) fn turn_edge((body, turn): (FuncId, &Turn)) -> Edge {
    let edge = framework_edge(Target::Function(body), When::At(turn.each), turn.source, &turn.label);
    Edge { caller: turn.parent, library: Some(turn.library), ..edge }
}

/// What a call calls, as written.
fn called(model: &Model<'_>, call: NodeId) -> String {
    let callee = model.file.tree.callee(call);
    callee.map(|callee| model.file.display(&model.file.place(callee))).unwrap_or_default()
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

/// Whether a type is one that another file may have to resolve.
#[must_use]
pub fn is_open(ty: Ty) -> bool {
    ty == Ty::Unknown
}
