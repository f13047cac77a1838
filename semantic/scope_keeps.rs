//! What the context of a scope keeps alive besides what a closure itself uses.
//!
//! V8 makes one context for each scope, with every variable that some closure of the scope uses. A closure keeps the
//! contexts around it whole: also the variables that only its siblings use. Variables that no closure uses are not in it,
//! unless a direct `eval` might name them.

use crate::constant;
use crate::index::{BindingId, FuncId, NodeId};
use crate::model::Model;
use crate::rate::Life;
use crate::tables::BindingKind;
use crate::tree::Kind;

/// A large variable that a closure keeps and does not use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bystander {
    /// The variable.
    pub binding: BindingId,
    /// What makes it large.
    pub weight: &'static str,
    /// Where another closure uses it, or the `eval` stands that might.
    pub used: NodeId,
}

/// The large variables that a closure keeps only because others use them.
#[must_use]
pub fn bystanders(model: &Model<'_>, closure: FuncId) -> Vec<Bystander> {
    let file = model.file;
    let node = file.function(closure).node;
    let around: Vec<FuncId> = file.enclosing(closure).skip(1).filter(|func| func.index() != 0).collect();
    let mut out = Vec::new();
    for (index, row) in file.bindings.iter().enumerate() {
        let binding = BindingId::from_index(index);
        let is_around = around.contains(&row.func);
        if !is_around || !is_in_context_of(model, binding, node) || is_cleared(model, binding) {
            continue;
        }
        let Some(weight) = weight(model, binding) else { continue };
        if let Some(used) = used_by_another(model, binding, closure) {
            out.push(Bystander { binding, weight, used });
        }
    }
    out
}

/// Whether the scope of a variable is around a node: `let` and `const` of a block have a context of their own.
fn is_in_context_of(model: &Model<'_>, binding: BindingId, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let row = model.file.binding(binding);
    let scope = match row.kind {
        BindingKind::Let | BindingKind::Const | BindingKind::Using => {
            tree.ancestors(row.node).find(|&around| {
                matches!(
                    tree.kind(around),
                    Kind::Block | Kind::For | Kind::ForOf | Kind::ForIn | Kind::Switch
                )
            })
        }
        _ => Some(model.file.function(row.func).node),
    };
    scope.is_some_and(|scope| tree.contains(scope, node))
}

/// Whether something sets the variable to nothing.
fn is_cleared(model: &Model<'_>, binding: BindingId) -> bool {
    model.file.binding(binding).values.iter().any(|&value| model.is_nothing(value))
}

/// Where a closure other than this one uses a variable; none if this one does itself.
fn used_by_another(model: &Model<'_>, binding: BindingId, closure: FuncId) -> Option<NodeId> {
    let file = model.file;
    let row = file.binding(binding);
    let uses = row.references.iter().map(|reference| file.references[reference.index()].node);
    let mut other = None;
    for node in uses {
        let func = file.tree.func(node);
        if file.is_within(func, closure) {
            return None;
        }
        if func != row.func && other.is_none() {
            other = Some(node);
        }
    }
    other.or_else(|| evaluated(model, row.func))
}

/// A direct `eval` in a function or in one inside it.
fn evaluated(model: &Model<'_>, func: FuncId) -> Option<NodeId> {
    let file = model.file;
    let has_eval =
        file.function_ids().any(|inner| file.is_within(inner, func) && file.function(inner).has_eval);
    let is_eval =
        |&node: &NodeId| file.tree.callee(node).and_then(|callee| file.global_of(callee)) == Some("eval");
    has_eval.then(|| file.tree.subtree(file.function(func).node).find(is_eval)).flatten()
}

/// What makes a variable large, if its values show it.
#[must_use]
pub fn weight(model: &Model<'_>, binding: BindingId) -> Option<&'static str> {
    let row = model.file.binding(binding);
    let life = model.model_of(model.binding_ty(binding)).and_then(|ty| model.catalog.model(ty).life);
    if life == Some(Life::Request) {
        return Some("a request, with its socket and body");
    }
    if row.kind == BindingKind::Param {
        return None;
    }
    row.values.iter().find_map(|&value| value_weight(model, value, 4))
}

fn value_weight(model: &Model<'_>, value: NodeId, fuel: u32) -> Option<&'static str> {
    let fuel = fuel.checked_sub(1)?;
    let tree = &model.file.tree;
    match tree.kind(value) {
        Kind::Await => value_weight(model, tree.first(value)?, fuel),
        Kind::Call | Kind::New => call_weight(model, value, fuel),
        _ => None,
    }
}

/// Counts from which on an allocation is worth a word.
const MANY: f64 = 4096.0;

fn call_weight(model: &Model<'_>, call: NodeId, fuel: u32) -> Option<&'static str> {
    let tree = &model.file.tree;
    let callee = tree.callee(call)?;
    let is_large =
        tree.arg(call, 0).and_then(|count| constant::number(model, count)).is_some_and(|count| count >= MANY);
    if model.rows(call).iter().any(|row| row.reads_file) {
        return Some("a whole file");
    }
    match model.api_path(callee).as_deref() {
        Some("Buffer.concat") => return Some("all pieces of a stream"),
        Some("JSON.parse" | "Buffer.from") => return value_weight(model, tree.arg(call, 0)?, fuel),
        Some(
            "Buffer.alloc" | "Buffer.allocUnsafe" | "Array" | "Uint8Array" | "Float64Array" | "ArrayBuffer",
        ) if is_large => {
            return Some("a large buffer");
        }
        _ => {}
    }
    let (object, method) = tree.method_call(call)?;
    let is_awaited = tree.parent(call).is_some_and(|parent| tree.kind(parent) == Kind::Await);
    match method {
        "text" | "json" | "arrayBuffer" | "blob" | "formData" | "buffer"
            if is_awaited && tree.args(call).next().is_none() =>
        {
            Some("a whole body")
        }
        "repeat" if is_large => Some("a large string"),
        "fill" | "join" | "toString" | "slice" | "split" | "map" => value_weight(model, object, fuel),
        _ => None,
    }
}
