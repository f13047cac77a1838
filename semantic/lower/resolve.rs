//! Names to bindings, and what is written to each binding.

use crate::index::{BindingId, NameId, NodeId, ReferenceId, ScopeId};
use crate::tables::{Binding, BindingKind, Lowered, Reference};
use crate::tree::{AssignOp, Kind, Tree};

/// Resolves every reference, then notes the values written to bindings and the names of functions.
pub(super) fn resolve(file: &mut Lowered) {
    for i in 0..file.references.len() {
        let reference = file.references[i];
        if let Some(binding) = lookup(file, reference.scope, reference.name) {
            file.references[i].binding = Some(binding);
            file.bindings[binding.index()].references.push(ReferenceId::from_index(i));
        }
    }
    for node in file.tree.ids() {
        match file.tree.kind(node) {
            Kind::Declarator => note_declarator(file, node),
            Kind::Assign => note_assignment(file, node),
            Kind::Update => note_opaque_targets(file, node),
            Kind::ForIn | Kind::ForOf => {
                if let Some(left) = file.tree.first(node) {
                    note_pattern(file, left, None);
                }
            }
            _ => {}
        }
    }
    name_functions(file);
}

fn lookup(file: &Lowered, scope: ScopeId, name: NameId) -> Option<BindingId> {
    let mut at = Some(scope);
    while let Some(scope) = at {
        let row = &file.scopes[scope.index()];
        if let Some(&binding) = row.names.get(&name) {
            return Some(binding);
        }
        at = row.parent;
    }
    None
}

fn note_declarator(file: &mut Lowered, node: NodeId) {
    let (Some(pattern), value) = (file.tree.first(node), file.tree.child(node, 1)) else { return };
    if value.is_some() {
        note_pattern(file, pattern, value);
    }
}

fn note_assignment(file: &mut Lowered, node: NodeId) {
    let (Some(target), value) = (file.tree.first(node), file.tree.child(node, 1)) else { return };
    match file.tree.assign_op(node) {
        AssignOp::Plain | AssignOp::Or | AssignOp::Nullish | AssignOp::And => {
            note_pattern(file, target, value);
        }
        AssignOp::Add | AssignOp::Arithmetic => note_pattern(file, target, None),
    }
}

fn note_opaque_targets(file: &mut Lowered, node: NodeId) {
    if let Some(target) = file.tree.first(node) {
        note_pattern(file, target, None);
    }
}

/// Notes a write to every name of a pattern. Only a plain name gets the value itself.
fn note_pattern(file: &mut Lowered, pattern: NodeId, value: Option<NodeId>) {
    let binding = file.tree.binding(pattern).or_else(|| file.binding_of(pattern));
    if let Some(binding) = binding {
        let row = &mut file.bindings[binding.index()];
        match value {
            Some(value) => row.values.push(value),
            None => row.opaque_writes += 1,
        }
        return;
    }
    if !matches!(
        file.tree.kind(pattern),
        Kind::ObjectPattern | Kind::ArrayPattern | Kind::VarDecl | Kind::Declarator
    ) {
        return;
    }
    let names: Vec<NodeId> =
        file.tree.subtree(pattern).filter(|&node| is_pattern_target(file, pattern, node)).collect();
    for node in names {
        if let Some(binding) = file.tree.binding(node).or_else(|| file.binding_of(node)) {
            file.bindings[binding.index()].opaque_writes += 1;
        }
    }
}

/// Whether a node inside a pattern is one of its targets, not part of a default value or a computed key.
fn is_pattern_target(file: &Lowered, pattern: NodeId, node: NodeId) -> bool {
    let tree = &file.tree;
    if !matches!(tree.kind(node), Kind::BindingName | Kind::Identifier) {
        return false;
    }
    let mut child = node;
    for parent in tree.ancestors(node) {
        let slot = tree.node(child).slot;
        let is_target = match tree.kind(parent) {
            Kind::Default => slot == 0,
            Kind::PatternProperty => slot == 1,
            Kind::ObjectPattern | Kind::ArrayPattern | Kind::Rest | Kind::VarDecl | Kind::Declarator => true,
            _ => false,
        };
        if child == pattern {
            return true;
        }
        if !is_target {
            return false;
        }
        if parent == pattern {
            return true;
        }
        child = parent;
    }
    false
}

/// Gives nameless functions the name of what they are assigned to, and declarations a value: themselves.
fn name_functions(file: &mut Lowered) {
    for i in 0..file.functions.len() {
        let row = &file.functions[i];
        let (node, binding) = (row.node, row.binding);
        if let Some(binding) = binding
            && file.bindings[binding.index()].kind == BindingKind::Function
        {
            file.bindings[binding.index()].values.push(node);
        }
        if row.name.is_none() && file.tree.kind(node) == Kind::Function {
            file.functions[i].name = assigned_name(file, node);
        }
    }
    for class in &mut file.classes {
        if let Some(binding) = class.binding {
            file.bindings[binding.index()].values.push(class.node);
        } else {
            let name = assigned_name_of(&file.tree, &file.bindings, &file.references, class.node);
            class.name = class.name.or(name);
        }
    }
}

fn assigned_name(file: &Lowered, node: NodeId) -> Option<NameId> {
    assigned_name_of(&file.tree, &file.bindings, &file.references, node)
}

/// The name a function or class expression gets from where it stands.
fn assigned_name_of(
    tree: &Tree,
    bindings: &[Binding],
    references: &[Reference],
    node: NodeId,
) -> Option<NameId> {
    let parent = tree.parent(node)?;
    match tree.kind(parent) {
        Kind::Property | Kind::Method | Kind::Field => tree.name_id(parent),
        Kind::Declarator | Kind::Default => {
            let target = tree.first(parent)?;
            tree.binding(target).map(|binding| bindings[binding.index()].name)
        }
        Kind::Assign => {
            let target = tree.first(parent)?;
            tree.name_id(target).or_else(|| {
                let reference = tree.reference(target)?;
                Some(references[reference.index()].name)
            })
        }
        // `const f = useCallback(() => …)`, `const f = debounce(function () …)`: the wrapper's name.
        Kind::Call if tree.node(node).slot == 1 => {
            let outer = tree.parent(parent)?;
            (tree.kind(outer) == Kind::Declarator)
                .then(|| tree.first(outer).and_then(|target| tree.binding(target)))
                .flatten()
                .map(|binding| bindings[binding.index()].name)
        }
        _ => None,
    }
}
