//! What a value keeps alive: itself, its parts, and what its functions capture.

use crate::catalog::ModelId;
use crate::index::{BindingId, FuncId, NodeId};
use crate::model::Model;
use crate::tables::BindingKind;
use crate::tree::Kind;

/// Something that a value keeps alive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// Where it is named.
    pub node: NodeId,
    /// Its type.
    pub model: ModelId,
    /// In what way it is kept.
    pub how: How,
}

/// In what way something is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// It is the value.
    Itself,
    /// It is part of an object or array.
    Part,
    /// A function uses it.
    Captured,
}

const FUEL: u32 = 5;

/// The first thing of a wanted type that the value of an expression keeps alive.
#[must_use]
pub fn held(model: &Model<'_>, expr: NodeId, wanted: &dyn Fn(ModelId) -> bool) -> Option<Held> {
    within(model, expr, wanted, How::Itself, FUEL)
}

fn within(
    model: &Model<'_>,
    expr: NodeId,
    wanted: &dyn Fn(ModelId) -> bool,
    how: How,
    fuel: u32,
) -> Option<Held> {
    let fuel = fuel.checked_sub(1)?;
    let tree = &model.file.tree;
    match tree.kind(expr) {
        Kind::Identifier => named(model, expr, wanted, how, fuel),
        Kind::Member => wanted_type(model, expr, wanted).map(|model| Held { node: expr, model, how }),
        Kind::Object => tree
            .children(expr)
            .filter(|&part| tree.kind(part) == Kind::Property)
            .find_map(|part| within(model, tree.last_child(part)?, wanted, part_of(how), fuel)),
        Kind::Array => tree.children(expr).find_map(|part| within(model, part, wanted, part_of(how), fuel)),
        Kind::Logical => tree.children(expr).find_map(|part| within(model, part, wanted, how, fuel)),
        Kind::Conditional => {
            tree.children(expr).skip(1).find_map(|part| within(model, part, wanted, how, fuel))
        }
        Kind::Assign => within(model, tree.child(expr, 1)?, wanted, how, fuel),
        Kind::Function => captured(model, tree.function(expr)?, wanted),
        Kind::Call => bound(model, expr, wanted, fuel),
        Kind::New => constructed(model, expr, wanted, fuel),
        _ => None,
    }
}

fn part_of(how: How) -> How {
    if how == How::Captured { how } else { How::Part }
}

fn wanted_type(model: &Model<'_>, expr: NodeId, wanted: &dyn Fn(ModelId) -> bool) -> Option<ModelId> {
    let of = model.model_of(model.ty(expr))?;
    wanted(of).then_some(of)
}

/// A name of the thing, or of an object or function made here that keeps it.
fn named(
    model: &Model<'_>,
    expr: NodeId,
    wanted: &dyn Fn(ModelId) -> bool,
    how: How,
    fuel: u32,
) -> Option<Held> {
    if let Some(of) = wanted_type(model, expr, wanted) {
        return Some(Held { node: expr, model: of, how });
    }
    let binding = model.file.binding_of(expr)?;
    let row = model.file.binding(binding);
    if row.kind == BindingKind::Function {
        return captured(model, model.function_of(expr)?, wanted);
    }
    let value = model.file.sole_value(binding)?;
    within(model, value, wanted, how, fuel)
}

/// The first wanted variable that a function uses and an outer function made.
fn captured(model: &Model<'_>, func: FuncId, wanted: &dyn Fn(ModelId) -> bool) -> Option<Held> {
    captures(model, func).into_iter().find_map(|(node, _)| {
        let of = wanted_type(model, node, wanted)?;
        Some(Held { node, model: of, how: How::Captured })
    })
}

/// The variables of outer functions that a function uses, each with the first place that names it. Module bindings live
/// for ever anyway.
#[must_use]
pub fn captures(model: &Model<'_>, func: FuncId) -> Vec<(NodeId, BindingId)> {
    let tree = &model.file.tree;
    let mut out: Vec<(NodeId, BindingId)> = Vec::new();
    for node in
        tree.subtree(model.file.function(func).node).filter(|&node| tree.kind(node) == Kind::Identifier)
    {
        let Some(binding) = model.file.binding_of(node) else { continue };
        let owner = model.file.binding(binding).func;
        let is_outer = owner.index() != 0 && !model.file.is_within(owner, func);
        if is_outer && !out.iter().any(|(_, known)| *known == binding) {
            out.push((node, binding));
        }
    }
    out
}

/// `f.bind(null, req)` keeps its arguments.
fn bound(model: &Model<'_>, call: NodeId, wanted: &dyn Fn(ModelId) -> bool, fuel: u32) -> Option<Held> {
    let tree = &model.file.tree;
    let (_, "bind" | "partial") = tree.method_call(call)? else { return None };
    tree.args(call).find_map(|arg| within(model, arg, wanted, How::Captured, fuel))
}

/// `new Client(res)` keeps what its constructor puts into a field.
fn constructed(model: &Model<'_>, call: NodeId, wanted: &dyn Fn(ModelId) -> bool, fuel: u32) -> Option<Held> {
    let tree = &model.file.tree;
    let class = model.class_of(tree.callee(call)?)?;
    let constructor = model.file.class(class).constructor?;
    let params: Vec<Option<BindingId>> = model
        .file
        .params(constructor)
        .map(|param| tree.subtree(param).find_map(|node| tree.binding(node)))
        .collect();
    tree.args(call).enumerate().find_map(|(at, arg)| {
        let param = params.get(at).copied().flatten()?;
        keeps_param(model, constructor, param).then(|| within(model, arg, wanted, How::Part, fuel)).flatten()
    })
}

/// Whether a constructor puts a parameter into a field of `this`.
fn keeps_param(model: &Model<'_>, constructor: FuncId, param: BindingId) -> bool {
    let tree = &model.file.tree;
    model.file.binding(param).references.iter().any(|reference| {
        let node = model.file.references[reference.index()].node;
        let Some(assign) = tree.parent(node).filter(|&parent| tree.kind(parent) == Kind::Assign) else {
            return false;
        };
        let target = tree.first(assign).filter(|&target| target != node && tree.kind(target) == Kind::Member);
        let is_field = target
            .and_then(|target| tree.first(target))
            .is_some_and(|object| tree.kind(object) == Kind::This);
        is_field && tree.func(node) == constructor
    })
}
