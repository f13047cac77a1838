//! What a request has once it has succeeded: `request.onsuccess = (event) => event.target.result`.

use outlive_semantic::access::{Accesses, Usage};
use outlive_semantic::handle::{self, Handle};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tree::Kind;

/// The result of a request that goes by these names, and where it goes from there. Whoever is given the request has the
/// result too.
pub(super) fn held(model: &Model<'_>, accesses: &Accesses, request: Handle) -> Handle {
    let told = told_of_success(model, accesses, &request);
    let events = told.iter().filter_map(|&func| model.file.params(func).next());
    let sources = request.places.iter().cloned().chain(events.filter_map(|event| target(model, event)));
    let results: Vec<Place> = sources.filter_map(|source| field(model, source, "result")).collect();
    let mut found = handle::follow_parts(model, accesses, results);
    found.escapes.extend(request.escapes);
    found
}

/// The request, as the parameter of its listener leads to it: `(event) => event.target`, `({ target }) => target`.
fn target(model: &Model<'_>, event: NodeId) -> Option<Place> {
    let tree = &model.file.tree;
    if let Some(binding) = tree.binding(event) {
        return field(model, Place::root(Root::Binding(binding)), "target");
    }
    let is_target =
        |&part: &NodeId| tree.kind(part) == Kind::PatternProperty && tree.name(part) == Some("target");
    let part = tree.children(event).filter(|_| tree.kind(event) == Kind::ObjectPattern).find(is_target)?;
    let name = tree.subtree(part).find(|&name| tree.kind(name) == Kind::BindingName)?;
    Some(Place::root(Root::Binding(tree.binding(name)?)))
}

fn field(model: &Model<'_>, of: Place, name: &str) -> Option<Place> {
    of.with(Step::Field(model.file.tree.names().find(name)?))
}

/// The functions that run when a request has succeeded.
fn told_of_success(model: &Model<'_>, accesses: &Accesses, request: &Handle) -> Vec<FuncId> {
    let tree = &model.file.tree;
    let assigned = request.places.iter().filter_map(|place| field(model, place.clone(), "onsuccess"));
    let assigned: Vec<Place> = assigned.collect();
    let assigned =
        assigned.iter().flat_map(|place| accesses.of(place)).filter_map(|access| match access.usage {
            Usage::Assigned(value) => model.function_of(value),
            _ => None,
        });
    let listened = request.places.iter().flat_map(|place| accesses.of(place)).filter_map(|access| {
        let Usage::Method { name, call } = access.usage else { return None };
        let is_success = tree.arg(call, 0).and_then(|event| tree.string(event)) == Some("success");
        let listener = tree.arg(call, 1).filter(|_| is_success && tree.text(name) == "addEventListener")?;
        model.function_of(listener)
    });
    assigned.chain(listened).collect()
}
