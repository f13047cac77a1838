//! What the template of a component runs: on each render what it calls, on each event the handlers on its elements.

use super::edge::{Calls, Edge, Target};
use super::frameworks::{framework_edge, value_target};
use crate::catalog::When;
use crate::index::NodeId;
use crate::model::Model;
use crate::rate::Rate;
use crate::tree::Kind;

/// A template is run by each render, and made for each component.
pub(super) fn template_edges(model: &Model<'_>, out: &mut Calls) {
    let Some(template) = model.file.template else { return };
    let row = model.file.function(template);
    let site = model.file.tree.span(row.node);
    let caller = row.parent.unwrap_or(template);
    let edge = |target, rate| Edge { caller, ..framework_edge(target, When::At(rate), site, "<template>") };
    out.edges.push(edge(Target::Function(template), Rate::Render));
    if let Some(class) = row.this_class {
        out.edges.push(edge(Target::Class(class), Rate::Component));
    }
}

/// The handlers on an element: `@click="open"`. Of a component nobody knows how often it has something to say.
pub(super) fn handler_edges(model: &Model<'_>, element: NodeId, out: &mut Calls) {
    let tree = &model.file.tree;
    if !is_of_template(model, element) {
        return;
    }
    let is_of_page = tree.first(element).is_some_and(|tag| tree.kind(tag) == Kind::String);
    for attribute in tree.children(element).filter(|&part| tree.kind(part) == Kind::JsxAttribute) {
        let Some(name) = tree.name(attribute).filter(|name| is_handler(name)) else { continue };
        let Some(target) = tree.first(attribute).and_then(|value| value_target(model, value)) else {
            continue;
        };
        let edge = framework_edge(target, When::At(Rate::Event), tree.span(attribute), name);
        out.edges.push(Edge { caller: tree.func(element), certain: is_of_page, ..edge });
    }
}

/// Whether a node is part of the template of the file.
pub(crate) fn is_of_template(model: &Model<'_>, node: NodeId) -> bool {
    let file = model.file;
    file.template.is_some_and(|template| file.is_within(file.tree.func(node), template))
}

/// `onClick`. What a form sends is mostly the last that its component does: a login, a dialog.
fn is_handler(name: &str) -> bool {
    let event = name.strip_prefix("on").filter(|&event| event != "Submit");
    event.is_some_and(|event| event.starts_with(|first: char| first.is_uppercase()))
}
