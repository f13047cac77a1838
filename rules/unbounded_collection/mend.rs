//! Fixes: a `WeakMap` where keys are objects that are only told apart, and a removal that a rejection does not skip.

use crate::claim::Missed;
use crate::finding::{Edit, Fix};
use crate::mend;
use crate::rule::FileView;
use outlive_semantic::access::{Access, Usage};
use outlive_semantic::growth::CollectionOp;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Ty;
use outlive_semantic::place::{Root, Step};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::Kind;

/// The fixes for a collection: what first adds to it in a file carries them for all that does.
pub(super) fn fixes(file: &FileView<'_, '_>, op: &CollectionOp, missed: Option<&Missed>) -> Vec<Fix> {
    if file.ops_on(&op.holder, op.op).next().is_none_or(|first| first.node != op.node) {
        return Vec::new();
    }
    match missed {
        Some(missed) if missed.ending.is_some() => Vec::new(),
        Some(missed) => on_rejection_too(file, missed).into_iter().collect(),
        None => made_weak(file, op).into_iter().collect(),
    }
}

/// `new Map()` becomes `new WeakMap()`: of a variable that nobody else sees, that is never walked, counted or cleared,
/// and whose keys are objects wherever it is asked.
fn made_weak(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<Fix> {
    let (model, tree) = (file.model, &file.model.file.tree);
    let Root::Binding(binding) = op.holder.root else { return None };
    let row = model.file.binding(binding);
    if !op.holder.path.is_empty() || row.kind == BindingKind::Param {
        return None;
    }
    let made = model.file.sole_value(binding).filter(|&value| tree.kind(value) == Kind::New)?;
    let callee = tree.callee(made)?;
    let weak = match model.file.global_of(callee)? {
        "Map" => "WeakMap",
        "Set" => "WeakSet",
        _ => return None,
    };
    let declarator = tree.parent(made).filter(|&it| tree.kind(it) == Kind::Declarator)?;
    let annotated = model
        .file
        .text
        .get(tree.span(tree.first(declarator)?).end as usize..tree.span(made).start as usize)?;
    if model.file.is_exported(binding) || tree.args(made).next().is_some() || annotated.contains(':') {
        return None;
    }
    let uses: Vec<_> = file.accesses.iter().filter(|access| access.place.root == op.holder.root).collect();
    let is_asked_by_object = |usage: Usage| {
        let Usage::Method { name, call } = usage else { return false };
        matches!(tree.text(name), "get" | "set" | "add" | "has" | "delete")
            && tree.arg(call, 0).is_some_and(|key| is_object(file, key))
    };
    let is_fit = |access: &Access| match access.place.path.first() {
        // What was found under a key.
        Some(Step::Element) => true,
        Some(Step::Field(_)) => false,
        None => is_asked_by_object(access.usage) || is_declaration(access.usage, made),
    };
    if uses.is_empty() || !uses.iter().all(|access| is_fit(access)) {
        return None;
    }
    let edit = Edit { span: tree.span(callee), text: weak.to_owned() };
    let shown = model.file.display(&op.holder);
    Some(mend::suggestion(format!("make `{shown}` a `{weak}`: entries go with their keys"), vec![edit]))
}

fn is_declaration(usage: Usage, made: NodeId) -> bool {
    matches!(usage, Usage::Assigned(value) if value == made)
}

/// Whether an expression is surely an object.
fn is_object(file: &FileView<'_, '_>, key: NodeId) -> bool {
    let ty = file.model.ty(key);
    matches!(ty, Ty::Model(_) | Ty::Instance(_) | Ty::Function(_) | Ty::Class(_))
}

/// `p.then(remove)` becomes `p.then(remove, remove)`, which a rejection does not skip; a bare `finally` would reject anew,
/// and nobody would hear it.
fn on_rejection_too(file: &FileView<'_, '_>, missed: &Missed) -> Option<Fix> {
    let (model, tree) = (file.model, &file.model.file.tree);
    let at = *missed.releases.first().filter(|_| missed.releases.len() == 1)?;
    let is_release = |node: &NodeId| tree.is_call(*node) && tree.span(*node) == at;
    let release = tree.ids().find(is_release)?;
    let handler = tree.ancestors(release).find(|&node| tree.kind(node) == Kind::Function)?;
    let (then, 0) = tree.argument_of(handler)? else { return None };
    let func = tree.function(handler)?;
    let (_, "then") = tree.method_call(then)? else { return None };
    let is_plain = tree.args(then).count() == 1
        && model.file.params(func).next().is_none()
        && tree.parent(then).is_some_and(|parent| tree.kind(parent) == Kind::ExprStmt);
    let span = tree.span(handler);
    let text = model.file.text.get(span.start as usize..span.end as usize)?;
    // Of a longer handler only its author knows what of it is about success.
    if !is_plain || text.contains('\n') || text.contains(';') && text.matches(';').count() > 1 {
        return None;
    }
    Some(mend::suggestion(
        "take the entry out on rejection too".to_owned(),
        vec![mend::insert(span.end, format!(", {text}"))],
    ))
}
