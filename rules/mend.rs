//! Edits that fixes are made of.

use crate::finding::{Edit, Fix};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::tree::{Kind, Span};
use rustc_hash::FxHashSet;

/// A fix that is to be read before it is kept.
pub(crate) fn suggestion(title: String, edits: Vec<Edit>) -> Fix {
    Fix { title, safe: false, edits }
}

/// Some code at a place.
pub(crate) fn insert(at: u32, text: String) -> Edit {
    Edit { span: Span { start: at, end: at }, text }
}

/// One more statement before another: on a line of its own if that one has one. None where there is no list of
/// statements to put it in.
pub(crate) fn before(model: &Model<'_>, statement: NodeId, code: &str) -> Option<Edit> {
    let tree = &model.file.tree;
    let in_list = tree
        .parent(statement)
        .is_some_and(|around| matches!(tree.kind(around), Kind::Block | Kind::Program | Kind::Case));
    let start = tree.span(statement).start;
    let head = in_list.then(|| model.file.text.get(..start as usize)).flatten()?;
    let own = head.rsplit('\n').next().unwrap_or_default();
    let is_first = own.chars().all(char::is_whitespace);
    let text = if is_first { format!("{code}\n{own}") } else { format!("{code} ") };
    Some(insert(start, text))
}

/// One more statement at the start of a function; none if its body is an expression.
pub(crate) fn first_in(model: &Model<'_>, func: FuncId, code: &str) -> Option<Edit> {
    let tree = &model.file.tree;
    let body = model.file.body(func).filter(|&body| tree.kind(body) == Kind::Block)?;
    match tree.first(body) {
        Some(first) => before(model, first, code),
        None => Some(insert(tree.span(body).start + 1, format!(" {code} "))),
    }
}

/// One more statement at the end of a function; none if its body is an expression, or has none yet.
pub(crate) fn last_in(model: &Model<'_>, func: FuncId, code: &str) -> Option<Edit> {
    let tree = &model.file.tree;
    let body = model.file.body(func).filter(|&body| tree.kind(body) == Kind::Block)?;
    let text = &*model.file.text;
    let last = line(text, tree.span(tree.last_child(body)?))?;
    let own = indentation(text.get(last.clone())?);
    Some(insert(u32::try_from(last.end).ok()?, format!("\n{own}{code}")))
}

/// Whether a file is plain JavaScript: where a field may be given without being declared.
pub(crate) fn is_script(model: &Model<'_>) -> bool {
    let name = model.file.path.rsplit('/').next().unwrap_or_default();
    matches!(name.rsplit_once('.'), Some((_, "js" | "jsx" | "mjs" | "cjs")))
}

/// What is taken by one statement and given back by a later one of the same list is given back in a `finally`. What
/// stands in between is tried; if the statements behind need what is declared there, they are too.
pub(crate) fn finally(model: &Model<'_>, taking: NodeId, giving: NodeId) -> Option<Fix> {
    let tree = &model.file.tree;
    let (taken, given) = (tree.statement(taking), tree.statement(giving));
    let list = tree.parent(taken).filter(|&list| matches!(tree.kind(list), Kind::Block | Kind::Program))?;
    if tree.kind(taken) != Kind::VarDecl
        || tree.parent(given) != Some(list)
        || !is_whole(model, given, giving)
    {
        return None;
    }
    if is_long(model, list) {
        return None;
    }
    let all: Vec<NodeId> = tree.children(list).collect();
    let (from, to) = (all.iter().position(|&it| it == taken)?, all.iter().position(|&it| it == given)?);
    let (between, rest) = (all.get(from + 1..to)?, all.get(to + 1..)?);
    let tried = if needs(model, rest, between) { rest } else { &[] };
    let last = *tried.last().or(between.last())?;
    let is_bound =
        |&it: &NodeId| matches!(tree.kind(it), Kind::Export | Kind::Empty | Kind::Function | Kind::Class);
    if between.iter().chain(tried).any(is_bound) {
        return None;
    }
    let text = &*model.file.text;
    let (head, release) = (line(text, tree.span(taken))?, line(text, tree.span(given))?);
    let end = if tried.is_empty() { release.end } else { line(text, tree.span(last))?.end };
    let before = text.get(head.end..release.start)?;
    let before = before.strip_prefix("\r\n").or_else(|| before.strip_prefix('\n'))?;
    let start = release.start - before.len();
    let behind = text.get(release.end..end)?;
    let behind = behind.strip_prefix("\r\n").or_else(|| behind.strip_prefix('\n')).unwrap_or(behind);
    let inner = format!("{before}{behind}");
    // What stands in a template of several lines is text, not code.
    if inner.lines().any(|line| line.matches('`').count() % 2 == 1) {
        return None;
    }
    let own = indentation(text.get(head.clone())?);
    let unit = unit(model, head.start, own);
    let indented: String = inner.trim_end().lines().map(|line| deeper(line, unit)).collect();
    let release = text.get(release)?.trim();
    Some(suggestion(
        "give it back in a `finally`".to_owned(),
        vec![Edit {
            span: Span { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()? },
            text: format!("{own}try {{\n{indented}{own}}} finally {{\n{own}{unit}{release}\n{own}}}"),
        }],
    ))
}

/// Whether a list has more statements than anybody writes by hand: to look through it for each of them would take long.
pub(crate) fn is_long(model: &Model<'_>, list: NodeId) -> bool {
    model.file.tree.children(list).nth(LONG).is_some()
}

const LONG: usize = 500;

/// Whether a statement is one call and nothing else, awaited or not.
fn is_whole(model: &Model<'_>, statement: NodeId, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let inner = tree.first(statement).filter(|_| tree.kind(statement) == Kind::ExprStmt);
    let is_awaited = |inner: NodeId| tree.kind(inner) == Kind::Await && tree.first(inner) == Some(call);
    inner.is_some_and(|inner| inner == call || is_awaited(inner))
}

/// Whether some statements use what others declare.
fn needs(model: &Model<'_>, statements: &[NodeId], others: &[NodeId]) -> bool {
    let tree = &model.file.tree;
    let declared: FxHashSet<_> =
        others.iter().flat_map(|&it| tree.subtree(it)).filter_map(|node| tree.binding(node)).collect();
    let mut used = statements.iter().flat_map(|&it| tree.subtree(it));
    used.any(|node| {
        model.file.tree.reference(node).is_some()
            && model.file.binding_of(node).is_some_and(|it| declared.contains(&it))
    })
}

/// The lines that code stands on, if it stands there alone but for comments behind it; without the last line break.
fn line(text: &str, span: Span) -> Option<std::ops::Range<usize>> {
    let (start, end) = (span.start as usize, span.end as usize);
    let line_start = text.get(..start)?.rfind('\n').map_or(0, |newline| newline + 1);
    let tail = text.get(end..)?;
    let rest = tail.split('\n').next().unwrap_or_default();
    let behind = rest.trim_start_matches(';').trim();
    let is_alone =
        text.get(line_start..start)?.trim().is_empty() && (behind.is_empty() || behind.starts_with("//"));
    let rest = rest.strip_suffix('\r').unwrap_or(rest);
    is_alone.then_some(line_start..end + rest.len())
}

fn indentation(line: &str) -> &str {
    let code = line.trim_start_matches([' ', '\t']);
    line.get(..line.len() - code.len()).unwrap_or_default()
}

/// By how much one level is deeper than the one around it, as far as the lines above show it.
fn unit<'t>(model: &Model<'_>, line_start: usize, own: &'t str) -> &'t str {
    let widths = model.indentations().iter();
    let above = widths.filter(|&&(width, first)| width < own.len() && first < line_start);
    match own.get(above.map(|&(width, _)| width).max().unwrap_or(0)..) {
        Some(unit) if !unit.is_empty() => unit,
        _ => "  ",
    }
}

fn deeper(line: &str, unit: &str) -> String {
    if line.trim().is_empty() { "\n".to_owned() } else { format!("{unit}{}\n", line.trim_end_matches('\r')) }
}
