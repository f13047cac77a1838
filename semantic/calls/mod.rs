//! Who calls whom, as far as one file can tell: the edges and entry points that the project joins.

mod directives;
pub(crate) mod edge;
mod ends;
mod entries;
pub(crate) mod frameworks;
mod handed;
mod injected;
mod shapes;
mod spared;
pub(crate) mod target;
pub(crate) mod template;

pub(crate) use directives::is_for_browsers;
pub use edge::{About, Calls, Edge, HandedOn, Later, ParamUse, PassedOn, Target};
pub(crate) use ends::{asking_where, browser_hook, runs_on_server};
pub use ends::{asks_where, client_hook, ends_field, late_hook, uncalled, uncalled_in_scope};
pub use entries::is_startup_name;
pub(crate) use frameworks::{framework_edge, framework_exports, hook_params, is_for_client};
pub use frameworks::{is_component, is_component_hook, is_component_method, provided, takes_effect};
pub use handed::param_position;
pub(crate) use injected::injection;
pub(crate) use shapes::params as shape_params;
pub use target::callee_target;

use crate::access::{Accesses, Usage};
use crate::catalog::When;
use crate::index::{FuncId, NodeId};
use crate::model::{Model, Ty};
use crate::mounts;
use crate::place::Root;
use crate::rate::Rate;
use crate::tables::FunctionKind;
use crate::tree::Kind;
use crate::turns::Turn;
use entries::entry_edges;
use frameworks::{decorator_edges, export_edges, hook_edges, rendered_component};
use handed::{foreign_argument, param_uses, passed_on};
use target::edge;

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
            Kind::JsxElement => {
                rendered_component(model, node, &mut out);
                template::handler_edges(model, node, &mut out);
            }
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
    template::template_edges(model, &mut out);
    directives::directive_edges(model, &mut out);
    shapes::assigned_edges(model, &mut out);
    out
}

fn call_edges(model: &Model<'_>, call: NodeId, out: &mut Calls) {
    let tree = &model.file.tree;
    let Some(callee) = tree.callee(call) else { return };
    let target = callee_target(model, call, callee);
    if let Some(target) = &target {
        let when = if spared::is_spared(model, call) { When::At(Rate::Once) } else { When::Caller };
        out.edges.push(edge(model, call, target.clone(), when, true));
        passed_on(model, call, target, out);
    }
    for (index, arg) in tree.args(call).enumerate() {
        foreign_argument(model, call, index, arg, target.as_ref(), out);
    }
}

/// The way from a function into the body of a loop over messages.
pub(crate) fn turn_edge((body, turn): (FuncId, &Turn)) -> Edge {
    let edge = framework_edge(Target::Function(body), When::At(turn.each), turn.source, &turn.label);
    Edge { caller: turn.parent, library: Some(turn.library), ..edge }
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
