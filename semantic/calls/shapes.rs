//! Functions that a framework calls because of the property that they are: a visitor, a table of resolvers, a plug-in, the
//! one listener of an event.

use super::edge::{Calls, Edge, Later, Target};
use super::frameworks::{first_parameter_agrees, framework_edge, value_target};
use crate::catalog::{CallRow, PropertyRow, When};
use crate::glob;
use crate::index::{FuncId, NodeId};
use crate::model::Model;
use crate::tree::Kind;
use smallvec::SmallVec;

/// How many objects around one are looked at.
const DEEPEST: usize = 3;

/// Adds what runs because of the properties of an object literal.
pub(super) fn object_edges(model: &Model<'_>, object: NodeId, out: &mut Calls) {
    let tree = &model.file.tree;
    // Of properties of any name the object alone tells whether rows speak of them.
    let of_any: SmallVec<[&PropertyRow; 2]> =
        model.catalog.properties_named("*").iter().filter(|row| stands_as(model, object, row)).collect();
    for property in tree.children(object).filter(|&child| tree.kind(child) == Kind::Property) {
        // Most names are in no row: what such a property holds is not worth a look.
        let Some(name) = tree.name(property) else { continue };
        let named = model.catalog.properties_named(name).iter().filter(|_| name != "*");
        let named = named.filter(|row| stands_as(model, object, row));
        let mut rows = named.chain(of_any.iter().copied()).peekable();
        let Some(value) = rows.peek().and_then(|_| tree.last_child(property)) else { continue };
        let Some(target) = value_target(model, value) else { continue };
        if let Some(row) = rows.find(|row| agrees(model, &target, row)) {
            push(model, row, target, property, out);
        }
    }
}

/// Adds what runs because of the property that it is assigned to: `Page.getInitialProps = …`, `socket.onmessage = …`.
pub(super) fn assigned_edges(model: &Model<'_>, out: &mut Calls) {
    let tree = &model.file.tree;
    for &assignment in model.all_assignments() {
        let (Some(to), Some(value)) = (tree.first(assignment), tree.last_child(assignment)) else { continue };
        let Some(name) = tree.name(to).filter(|_| tree.kind(to) == Kind::Member) else { continue };
        let alone =
            |row: &&PropertyRow| row.under.is_empty() && row.beside.is_empty() && row.returned_by.is_empty();
        if let Some(row) = model.catalog.properties(name).find(alone) {
            let target = value_target(model, value).filter(|target| agrees(model, target, row));
            target.into_iter().for_each(|target| push(model, row, target, to, out));
        } else if let Some((row, runs)) = listener_row(model, to, name) {
            let Some(target) = value_target(model, value) else { continue };
            let label = model.file.display(&model.file.place(to));
            let edge = framework_edge(target, runs, tree.span(assignment), &label);
            let (caller, library) = (tree.func(assignment), Some(row.library));
            let later = name.strip_prefix("on").map_or(Later::Unsaid, Later::of_event);
            out.edges.push(Edge { caller, certain: !row.convention, library, later, ..edge });
        }
    }
}

/// A property that holds the one listener of an event, `onmessage`: it is called when those are that are added for it. Such names
/// are of small letters: `app.onStartup` is a method that somebody added.
fn listener_row<'m>(model: &'m Model<'_>, to: NodeId, name: &str) -> Option<(&'m CallRow, When)> {
    let event = name.strip_prefix("on").filter(|event| event.starts_with(char::is_lowercase))?;
    let of = model.model_of(model.ty(model.file.tree.first(to)?))?;
    let family = model.catalog.emitter(model.catalog.model(of).emitter?)?;
    let rows = family.add.iter().flat_map(|add| model.catalog.calls_of_method(Some(of), add));
    rows.filter(|row| row.covers(Some(event))).find_map(|row| {
        let callback = row.callbacks.iter().find(|callback| callback.takes(1, true, None))?;
        Some((row, callback.runs))
    })
}

/// The types that a row gives the parameters of a function in an object.
pub(crate) fn params<'a>(model: &Model<'a>, func: FuncId) -> Option<&'a Vec<String>> {
    let tree = &model.file.tree;
    let property = tree.parent(model.file.function(func).node)?;
    let object = tree.parent(property).filter(|_| tree.kind(property) == Kind::Property)?;
    let target = Target::Function(func);
    rows_of(model, object, property).find(|row| agrees(model, &target, row)).map(|row| &row.params)
}

/// The rows about a property of an object, whatever its value is.
fn rows_of<'m, 'a>(
    model: &'m Model<'a>,
    object: NodeId,
    property: NodeId,
) -> impl Iterator<Item = &'a PropertyRow> + use<'m, 'a> {
    let tree = &model.file.tree;
    let named = tree.name(property).into_iter().flat_map(|name| model.catalog.properties(name));
    named.filter(move |row| stands_as(model, object, row))
}

/// Whether an object stands where a row wants it to, and has what the row wants beside the property.
fn stands_as(model: &Model<'_>, object: NodeId, row: &PropertyRow) -> bool {
    (row.under.is_empty() || stands_under(model, object, &row.under))
        && (row.returned_by.is_empty() || is_returned_by(model, object, &row.returned_by))
        && row.beside.iter().all(|name| model.file.tree.property(object, name).is_some())
}

/// Whether an object is what a function returns that a row knows as a property of one of these names:
/// `create(context) { return { Identifier() {} } }` of a lint rule.
fn is_returned_by(model: &Model<'_>, object: NodeId, names: &[String]) -> bool {
    let tree = &model.file.tree;
    let is_returned = tree.parent(object).is_some_and(|parent| tree.kind(parent) == Kind::Return);
    let func = tree.func(object);
    let property = tree.parent(model.file.function(func).node);
    let property = property.filter(|&at| is_returned && tree.kind(at) == Kind::Property);
    let Some((property, outer)) = property.and_then(|at| Some((at, tree.parent(at)?))) else { return false };
    tree.name(property).is_some_and(|name| names.iter().any(|wanted| wanted == name))
        && rows_of(model, outer, property).any(|row| agrees(model, &Target::Function(func), row))
}

fn agrees(model: &Model<'_>, target: &Target, row: &PropertyRow) -> bool {
    first_parameter_agrees(model, target, &row.first)
}

/// Whether the properties that an object stands in have such names, the innermost last: `visitor/Program`.
fn stands_under(model: &Model<'_>, object: NodeId, patterns: &[String]) -> bool {
    let tree = &model.file.tree;
    let (mut at, mut path) = (object, String::new());
    for _ in 0..DEEPEST {
        let Some(property) = tree.parent(at).filter(|&parent| tree.kind(parent) == Kind::Property) else {
            return false;
        };
        let Some(name) = tree.name(property) else { return false };
        path = if path.is_empty() { name.to_owned() } else { format!("{name}/{path}") };
        if patterns.iter().any(|pattern| glob::whole(pattern, &path)) {
            return true;
        }
        let Some(outer) = tree.parent(property) else { return false };
        at = outer;
    }
    false
}

fn push(model: &Model<'_>, row: &PropertyRow, target: Target, at: NodeId, out: &mut Calls) {
    let tree = &model.file.tree;
    let label = format!("{} `{}`", row.what, tree.name(at).unwrap_or_default());
    let edge = framework_edge(target, row.runs, tree.span(at), &label);
    let (library, need) = (Some(row.library), row.need);
    out.edges.push(Edge { certain: false, in_loop: row.loops, library, need, ..edge });
}
