//! What a call runs, as the file that calls knows it.

use super::edge::{Edge, Later, Target};
use crate::catalog::{Returned, When};
use crate::index::{ClassId, NodeId};
use crate::model::{self, Base, Model, Ty};
use crate::place::{Place, Root, Step};
use crate::tables::{BindingKind, ClassKind};
use crate::tree::Kind;
use crate::{guard, turns};

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
pub(super) fn is_linkable(model: &Model<'_>, place: &Place) -> bool {
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

pub(super) fn edge(model: &Model<'_>, call: NodeId, target: Target, when: When, certain: bool) -> Edge {
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

/// What a call calls, as written.
pub(super) fn called(model: &Model<'_>, call: NodeId) -> String {
    let callee = model.file.tree.callee(call);
    callee.map(|callee| model.file.display(&model.file.place(callee))).unwrap_or_default()
}

/// The class or function of the project that a name stands for.
pub(crate) fn named_target(model: &Model<'_>, name: NodeId) -> Option<Target> {
    match (model.class_of(name), model.function_of(name)) {
        (Some(class), _) => Some(Target::Class(class)),
        (None, Some(func)) => Some(Target::Function(func)),
        (None, None) => described(model, name).map(Target::Class).or_else(|| {
            let place = model.file.place(name);
            is_linkable(model, &place).then_some(Target::Place(place))
        }),
    }
}

/// The object that describes a component: `var App = createClass({…})`.
fn described(model: &Model<'_>, name: NodeId) -> Option<ClassId> {
    let Ty::Instance(class) = model.ty(name) else { return None };
    (model.file.class(class).kind == ClassKind::Object).then_some(class)
}
