//! `retained-slice`: a small piece of a large string or buffer that keeps all of it.

use crate::claim::{Claim, LocalClaim, Note};
use crate::finding::{Finding, Role, Severity};
use crate::outlived;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::{BindingId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::Root;
use outlive_semantic::project::FileId;
use outlive_semantic::scope_keeps;
use outlive_semantic::tree::Kind;

/// The rule.
pub(crate) struct RetainedSlice;

static META: Meta = Meta {
    id: "retained-slice",
    summary: "a small piece of a large string or buffer that keeps all of it",
    category: Category::Retention,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("README.md"),
};

/// Shorter pieces of strings are copied.
const SHORT: f64 = 13.0;

impl Rule for RetainedSlice {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn collection(&self, file: &FileView<'_, '_>, op: &CollectionOp, claims: &mut Claims<'_>) {
        let Op::Grow(growth) = op.op else { return };
        let model = file.model;
        let is_outside = match op.holder.root {
            Root::Binding(binding) => model.file.binding(binding).func != op.func,
            Root::Value(_) | Root::Receiver(_) => false,
            _ => true,
        };
        // As the name of a property a string is copied; as the key of a Map it is not.
        let key = op.key.filter(|_| growth == Growth::Set);
        let slice = [op.value, key].into_iter().flatten().find_map(|node| slice(model, node, 3));
        let Some(slice) = slice.filter(|_| is_outside) else { return };
        let tree = &model.file.tree;
        let body = outlived::claim(model, &op.holder, op.node, words(model, op, &slice), claims);
        claims.add(META.id, op.func, tree.span(op.node), body);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        outlived::settle_all(claims, view, &META)
    }
}

/// A piece of something large.
struct Slice {
    node: NodeId,
    source: NodeId,
    weight: &'static str,
    is_view: bool,
}

/// The slice that a stored value is.
fn slice(model: &Model<'_>, value: NodeId, fuel: u32) -> Option<Slice> {
    let fuel = fuel.checked_sub(1)?;
    let tree = &model.file.tree;
    match tree.kind(value) {
        Kind::Identifier => {
            let binding = model.file.binding_of(value)?;
            match model.file.sole_value(binding) {
                Some(value) => slice(model, value, fuel),
                None => cut(model, taken_apart(model, binding)?),
            }
        }
        Kind::Object => tree.children(value).find_map(|part| slice(model, tree.last_child(part)?, fuel)),
        // `text.split('\n')[0]`, `text.match(pattern)[1]`
        Kind::Index => cut(model, tree.first(value)?),
        Kind::Call => cut(model, value),
        _ => None,
    }
}

/// The list that a variable is a part of: `const [, name] = text.match(pattern) ?? []`, `for (const line of text.split('\n'))`.
fn taken_apart(model: &Model<'_>, binding: BindingId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let name = model.file.binding(binding).node;
    let around = tree.parent(name)?;
    let of_pattern = tree.kind(around) == Kind::ArrayPattern;
    let declarator = if of_pattern { tree.parent(around)? } else { around };
    if tree.kind(declarator) != Kind::Declarator {
        return None;
    }
    let each = tree.parent(declarator).and_then(|decl| tree.parent(decl));
    let list = match each.filter(|&each| tree.kind(each) == Kind::ForOf && !of_pattern) {
        Some(each) => tree.child(each, 1)?,
        None if of_pattern => tree.child(declarator, 1)?,
        None => return None,
    };
    Some(if tree.kind(list) == Kind::Logical { tree.first(list)? } else { list })
}

fn cut(model: &Model<'_>, call: NodeId) -> Option<Slice> {
    let tree = &model.file.tree;
    let (source, method) = tree.method_call(call)?;
    let is_view = match method {
        "subarray" => true,
        "slice" | "substring" | "substr" | "split" | "match" | "trim" => false,
        _ => return None,
    };
    let end = tree.arg(call, 1).and_then(|end| tree.number(end));
    let begin = tree.arg(call, 0).and_then(|begin| tree.number(begin)).unwrap_or(0.0);
    if !is_view && end.is_some_and(|end| end - begin < SHORT) {
        return None;
    }
    let weight = scope_keeps::weight(model, model.file.binding_of(source)?)?;
    Some(Slice { node: call, source, weight, is_view })
}

fn words(model: &Model<'_>, op: &CollectionOp, slice: &Slice) -> LocalClaim {
    let tree = &model.file.tree;
    let (holder, source) =
        (model.file.display(&op.holder), model.file.display(&model.file.place(slice.source)));
    let help = if slice.is_view {
        format!(
            "copy what is kept: `Buffer.copyBytesFrom` or `Uint8Array.prototype.slice`, not a view of `{source}`"
        )
    } else {
        format!(
            "copy what is kept, for example with `Buffer.from(piece).toString()`: a piece of `{source}` points into it"
        )
    };
    LocalClaim {
        message: format!("the piece of `{source}` that `{holder}` keeps holds all of it: {}", slice.weight),
        help,
        subject: format!("{holder} {source}"),
        // Which pieces an engine copies is its own affair.
        unknowns: 1,
        notes: vec![Note {
            role: Role::Captures,
            message: "cut here".to_owned(),
            span: tree.span(slice.node),
        }],
        ..LocalClaim::default()
    }
}
