//! Functions that run although nobody in sight calls them: module bodies, and those whose type or name says who will.

use super::edge::{Calls, Edge, Target};
use super::frameworks::framework_edge;
use super::handed::hand_over;
use super::target::callee_target;
use crate::catalog::When;
use crate::index::FuncId;
use crate::model::Model;
use crate::rate::{Life, Rate};

/// Edges for functions of this file that are handed to calls.
pub(super) fn entry_edges(model: &Model<'_>, out: &mut Calls) {
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
    let Some((row, name)) = model.signature_of(func) else { return };
    let site = model.file.tree.span(model.file.function(func).node);
    let edge = framework_edge(Target::Function(func), row.runs, site, &format!("typed as `{name}`"));
    let (library, returned) = (Some(row.library), row.returned);
    out.edges.push(Edge { certain: false, library, returned, ..edge });
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
            "onstart",
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
    let rows = model.handlers_by_convention(func);
    for row in &rows {
        let edge = framework_edge(Target::Function(func), row.runs, site, &row.shown());
        out.edges.push(Edge { certain: false, library: Some(row.library), need: row.need, ..edge });
    }
    if rows.is_empty() && takes_request(model, func) {
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
