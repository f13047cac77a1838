//! Functions that a framework calls because of a directive: a string that stands before all statements of a module, of
//! which all exported functions are meant then, or of a function.

use super::edge::{Calls, Edge, Target};
use super::frameworks::{exported_target, framework_edge};
use crate::catalog::DirectiveRow;
use crate::index::{FuncId, NodeId};
use crate::model::Model;
use crate::tree::Kind;

/// Adds what runs because of directives.
pub(super) fn directive_edges(model: &Model<'_>, out: &mut Calls) {
    for func in model.file.function_ids() {
        for (row, at) in directives(model, func) {
            if func.index() == 0 {
                exported(model, row, at, out);
            } else {
                out.edges.push(edge(model, row, Target::Function(func), at));
            }
        }
    }
}

/// The rows about the directives of a function or of the module, with where they stand.
fn directives<'m>(model: &'m Model<'_>, func: FuncId) -> impl Iterator<Item = (&'m DirectiveRow, NodeId)> {
    let tree = &model.file.tree;
    let statements = model.file.body(func).into_iter().flat_map(|body| tree.children(body));
    let strings = statements.map_while(|statement| {
        let string = tree.first(statement).filter(|_| tree.kind(statement) == Kind::ExprStmt)?;
        Some((tree.string(string)?, statement))
    });
    strings.filter_map(|(text, statement)| Some((model.catalog.directive(text)?, statement)))
}

/// Whether a directive of the module says that its components run in the browser too.
pub(crate) fn is_for_browsers(model: &Model<'_>) -> bool {
    directives(model, FuncId::MODULE).any(|(row, _)| row.client)
}

fn exported(model: &Model<'_>, row: &DirectiveRow, at: NodeId, out: &mut Calls) {
    for export in &model.file.exports {
        let Some(name) = export.name else { continue };
        let Some(target) = exported_target(model, export.target, "") else { continue };
        if row.client {
            out.edges.extend(component_edge(model, row, target, (model.file.tree.text(name), at)));
            continue;
        }
        // Of what a function is wrapped in nobody knows whether it calls it each time.
        let certain = matches!(target, Target::Function(func) if model.handed(func).is_empty());
        out.edges.push(Edge { certain, ..edge(model, row, target, at) });
    }
}

/// Somebody shows a component that is exported, by convention. What is called otherwise is a hook or a helper.
fn component_edge(
    model: &Model<'_>,
    row: &DirectiveRow,
    target: Target,
    (exported, at): (&str, NodeId),
) -> Option<Edge> {
    let Target::Function(func) = target else { return None };
    let name = model.file.function_name(func).unwrap_or(exported);
    let is_component = name == "default" || name.starts_with(char::is_uppercase);
    let edge = || Edge { certain: false, ..edge(model, row, target, at) };
    is_component.then(edge)
}

fn edge(model: &Model<'_>, row: &DirectiveRow, target: Target, at: NodeId) -> Edge {
    let name = match target {
        Target::Function(func) => model.file.function_name(func),
        _ => None,
    };
    let label = name.map_or_else(|| row.what.clone(), |name| format!("{} `{name}`", row.what));
    let edge = framework_edge(target, row.runs, model.file.tree.span(at), &label);
    Edge { library: Some(row.library), ..edge }
}
