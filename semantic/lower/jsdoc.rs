//! JSDoc annotations: `@type {T}` on variables and fields, `@param {T} name` and `@returns {T}` on functions.
//!
//! Only the text right before a declaration is looked at, so a file without `@type` or `@param` costs one search.

use crate::index::{BindingId, NodeId, TypeId};
use crate::tables::{Lowered, Type};
use crate::tree::{Kind, Tree};
use smallvec::SmallVec;

/// Adds the types that JSDoc comments give to bindings, parameters and fields that have none.
pub(super) fn annotate(file: &mut Lowered, text: &str) {
    if !text.contains("@type") && !text.contains("@param") {
        return;
    }
    for node in file.tree.ids() {
        match file.tree.kind(node) {
            Kind::VarDecl => annotate_variable(file, node, text),
            Kind::Function => annotate_function(file, node, text),
            Kind::ExprStmt | Kind::Field => annotate_field(file, node, text),
            _ => {}
        }
    }
}

/// The JSDoc comment that ends right before `at`, without its delimiters.
fn comment_before(text: &str, at: u32) -> Option<&str> {
    let head = text.get(..at as usize)?.trim_end();
    let body = head.strip_suffix("*/")?;
    let start = body.rfind("/*")?;
    body.get(start..)?.strip_prefix("/**")
}

/// The comment of a node, or of the statement, export or property it opens.
fn comment_of<'t>(tree: &Tree, node: NodeId, text: &'t str) -> Option<&'t str> {
    let mut at = node;
    for _ in 0..4 {
        if let Some(comment) = comment_before(text, tree.span(at).start) {
            return Some(comment);
        }
        at = tree.parent(at)?;
        if matches!(tree.kind(at), Kind::Block | Kind::Program | Kind::Object | Kind::Class | Kind::Call) {
            return None;
        }
    }
    None
}

/// The `{…}` that follows a tag, and the text behind it.
fn braced(text: &str) -> Option<(&str, &str)> {
    let inner = text.trim_start().strip_prefix('{')?;
    let mut depth = 1;
    for (i, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((inner.get(..i)?, inner.get(i + 1..)?));
        }
    }
    None
}

fn annotate_variable(file: &mut Lowered, decl: NodeId, text: &str) {
    let Some(target) = file.tree.first(decl).and_then(|declarator| file.tree.first(declarator)) else {
        return;
    };
    let Some(binding) = file.tree.binding(target) else { return };
    if file.binding(binding).ty.is_some() {
        return;
    }
    let Some(comment) = comment_of(&file.tree, decl, text) else { return };
    if let Some((ty, _)) = tag(comment, "@type").and_then(braced) {
        set_type(file, binding, ty);
    }
}

fn tag<'t>(comment: &'t str, name: &str) -> Option<&'t str> {
    comment.split_once(name).map(|(_, rest)| rest).filter(|rest| rest.starts_with([' ', '{', '\t']))
}

fn set_type(file: &mut Lowered, binding: BindingId, text: &str) {
    let ty = parse_type(file, text);
    file.bindings[binding.index()].ty = Some(ty);
}

fn annotate_function(file: &mut Lowered, node: NodeId, text: &str) {
    let Some(func) = file.tree.function(node) else { return };
    if file.function(func).params == 0 {
        return;
    }
    let Some(comment) = comment_of(&file.tree, node, text) else { return };
    let params: Vec<BindingId> = file.params(func).filter_map(|param| param_name(file, param)).collect();
    for part in comment.split("@param").skip(1) {
        let Some((ty, rest)) = braced(part) else { continue };
        let name = rest.trim_start().trim_start_matches('[');
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(name.len());
        let name = name.get(..end).unwrap_or_default();
        let found = params.iter().copied().find(|&binding| {
            let row = file.binding(binding);
            row.ty.is_none() && file.tree.text(row.name) == name
        });
        if let Some(binding) = found {
            set_type(file, binding, ty);
        }
    }
}

fn param_name(file: &Lowered, param: NodeId) -> Option<BindingId> {
    match file.tree.kind(param) {
        Kind::Default => file.tree.first(param).and_then(|target| file.tree.binding(target)),
        _ => file.tree.binding(param),
    }
}

/// `/** @type {Map<string, T>} */ this.cache = …` types the assigned expression.
fn annotate_field(file: &mut Lowered, node: NodeId, text: &str) {
    let value = match file.tree.kind(node) {
        Kind::Field => file.tree.child(node, 1),
        _ => {
            let assign = file.tree.first(node).filter(|&expr| file.tree.kind(expr) == Kind::Assign);
            assign.and_then(|assign| file.tree.child(assign, 1))
        }
    };
    let Some(value) = value.filter(|value| !file.tree.casts.contains_key(value)) else { return };
    let Some(comment) = comment_before(text, file.tree.span(node).start) else { return };
    if let Some((ty, _)) = tag(comment, "@type").and_then(braced) {
        let ty = parse_type(file, ty);
        file.tree.casts.insert(value, ty);
    }
}

/// Reads the outermost shape of a JSDoc type: `?T`, `T[]`, `A|B`, `A.B<C>`.
fn parse_type(file: &mut Lowered, text: &str) -> TypeId {
    parse_type_within(file, text, 8)
}

/// Types nested deeper than `fuel` are unknown.
fn parse_type_within(file: &mut Lowered, text: &str, fuel: u32) -> TypeId {
    let text = text.trim().trim_start_matches(['?', '!', '(']).trim_end_matches([')', '=']).trim();
    let ty = if fuel == 0 {
        Type::Unknown
    } else if let Some(elem) = text.strip_suffix("[]") {
        Type::Array(Some(parse_type_within(file, elem, fuel - 1)))
    } else if let Some(parts) = top_level_union(text) {
        Type::Union(parts.iter().map(|part| parse_type_within(file, part, fuel - 1)).collect())
    } else {
        named_type(file, text)
    };
    let id = TypeId::from_index(file.types.len());
    file.types.push(ty);
    id
}

fn top_level_union(text: &str) -> Option<Vec<String>> {
    let mut depth = 0_i32;
    let mut parts = vec![String::new()];
    for c in text.chars() {
        match c {
            '<' | '(' | '{' => depth += 1,
            '>' | ')' | '}' => depth -= 1,
            '|' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    (parts.len() > 1 && parts.len() < 16).then_some(parts)
}

fn named_type(file: &mut Lowered, text: &str) -> Type {
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | ':' | '~' | '/' | '#')))
        .unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default().trim_start_matches("module:");
    match name {
        "" => Type::Unknown,
        "string" | "String" => Type::String,
        "number" | "Number" => Type::Number,
        "boolean" | "Boolean" => Type::Boolean,
        "null" | "undefined" | "void" => Type::Nothing,
        "function" | "Function" => Type::Function(None),
        "any" | "*" | "unknown" => Type::Unknown,
        _ => Type::Named(file.tree.names.intern(name), SmallVec::new()),
    }
}
