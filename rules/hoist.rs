//! The fix of all churn: the declaration moves out of the function, to just before the statement that holds it.

use crate::finding::{Edit, Fix};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::{DeclKind, Kind, Span};

/// What continues the statement before it, where that has no semicolon.
const CONTINUES: &[char] = &['(', '[', '`', '+', '-', '/', '*', '.', ',', '?'];

/// Moves the `const` whose value this is to the top level of the module; none where a name would be caught by another.
/// `only_literals`: nothing in it names a variable, so the order of the module's statements does not matter.
pub(crate) fn to_module(model: &Model<'_>, value: NodeId, only_literals: bool) -> Option<Fix> {
    let tree = &model.file.tree;
    let declarator = tree.parent(value).filter(|&parent| tree.kind(parent) == Kind::Declarator)?;
    let declaration = tree.parent(declarator)?;
    let target = tree.first(declarator)?;
    let is_alone =
        tree.decl_kind(declaration) == Some(DeclKind::Const) && tree.children(declaration).count() == 1;
    let in_block = tree.parent(declaration).is_some_and(|around| tree.kind(around) == Kind::Block);
    if !is_alone || !in_block || model.file.setup.is_some() || !is_only_name(model, target) {
        return None;
    }
    let around = tree
        .ancestors(declaration)
        .find(|&node| tree.parent(node).is_some_and(|up| tree.kind(up) == Kind::Program))?;
    let top = if only_literals { before_first_call(model, around) } else { around };
    let text = &*model.file.text;
    let moved = with_comments(model, declaration, statement(text, tree.span(declaration)));
    let source = text.get(moved.start as usize..moved.end as usize)?;
    if continues_before(text, moved.end) {
        return None;
    }
    let at = before_comments(text, tree.span(top).start, floor(model, top));
    let typed = |start: u32, end: u32| text.get(start as usize..end as usize).is_none_or(has_name_or_colon);
    let is_typed = typed(tree.span(target).end, tree.span(value).start)
        || typed(tree.span(value).end, tree.span(declaration).end);
    let name = tree.binding(target).map(|binding| tree.text(model.file.binding(binding).name))?;
    let end = if !source.contains(';') && continues_before(text, at) { ";" } else { "" };
    Some(Fix {
        title: format!("move `{name}` out of the function"),
        safe: only_literals && !is_typed,
        edits: vec![
            Edit {
                span: Span { start: at, end: at },
                text: format!("{}{end}\n\n", outdented(text, moved.start, source)),
            },
            Edit { span: whole_lines(text, moved), text: String::new() },
        ],
    })
}

/// A type, which may name what only the function knows.
fn has_name_or_colon(between: &str) -> bool {
    between.contains(|c: char| c.is_alphabetic() || c == ':')
}

/// Whether what comes next would join a statement that ends without a semicolon.
fn continues_before(text: &str, at: u32) -> bool {
    text.get(at as usize..).is_some_and(|rest| rest.trim_start().starts_with(CONTINUES))
}

/// The statement before which a constant is there when the function around it is first called. Function declarations can
/// be called before the module comes to them: then it is the first statement that names any of them.
fn before_first_call(model: &Model<'_>, around: NodeId) -> NodeId {
    let tree = &model.file.tree;
    if !is_hoisted(model, around) {
        return around;
    }
    let earlier = tree.parent(around).into_iter().flat_map(|program| tree.children(program));
    let mut earlier = earlier.take_while(|&node| node != around).filter(|&node| !is_hoisted(model, node));
    earlier.find(|&node| names_a_function(model, node)).unwrap_or(around)
}

/// Whether a statement is a function declaration, perhaps exported.
fn is_hoisted(model: &Model<'_>, statement: NodeId) -> bool {
    let tree = &model.file.tree;
    let inner = if tree.kind(statement) == Kind::Export { tree.first(statement) } else { Some(statement) };
    inner.is_some_and(|node| tree.kind(node) == Kind::Function)
}

fn names_a_function(model: &Model<'_>, statement: NodeId) -> bool {
    let tree = &model.file.tree;
    let names = tree.subtree(statement).filter_map(|node| tree.reference(node));
    let mut bindings = names.filter_map(|id| model.file.references.get(id.index())?.binding);
    bindings.any(|binding| model.file.binding(binding).kind == BindingKind::Function)
}

/// Where the statement before this one ends.
fn floor(model: &Model<'_>, statement: NodeId) -> u32 {
    let tree = &model.file.tree;
    let siblings = tree.parent(statement).into_iter().flat_map(|around| tree.children(around));
    siblings.take_while(|&node| node != statement).map(|node| tree.span(node).end).max().unwrap_or(0)
}

/// Whether nothing else in the file goes by the name that a pattern declares.
fn is_only_name(model: &Model<'_>, target: NodeId) -> bool {
    model.file.tree.binding(target).is_some_and(|binding| model.is_only_name(binding))
}

/// A declaration with its semicolon.
fn statement(text: &str, span: Span) -> Span {
    let ends_outside = text.as_bytes().get(span.end as usize) == Some(&b';');
    Span { end: span.end + u32::from(ends_outside), ..span }
}

/// A statement with the comments that belong to it: those on the lines before it, and one behind it on its line.
fn with_comments(model: &Model<'_>, node: NodeId, span: Span) -> Span {
    let text = &*model.file.text;
    let start = before_comments(text, span.start, floor(model, node));
    let start = if start < span.start { start + indentation(text, start) } else { span.start };
    let rest = text.get(span.end as usize..).unwrap_or_default();
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    let is_comment = line.trim_start().starts_with("//");
    let behind = if is_comment { line.trim_end().len() } else { 0 };
    Span { start, end: span.end + u32::try_from(behind).unwrap_or(0) }
}

fn indentation(text: &str, line_start: u32) -> u32 {
    let line = text.get(line_start as usize..).unwrap_or_default();
    let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
    u32::try_from(blank).unwrap_or(0)
}

/// The start of the comment that belongs to a statement, or of the statement. `floor` is where the one before ends.
fn before_comments(text: &str, start: u32, floor: u32) -> u32 {
    let mut at = start as usize;
    let own = text.get(..at).map_or("", |head| head.rsplit('\n').next().unwrap_or_default());
    if !own.chars().all(char::is_whitespace) {
        return start;
    }
    let mut line_start = at - own.len();
    while let Some(above) = comment_above(text, line_start).filter(|&above| above >= floor as usize) {
        line_start = above;
        at = above;
    }
    u32::try_from(at).unwrap_or(start)
}

/// Where the comment starts that takes up the lines just above this one.
fn comment_above(text: &str, line_start: usize) -> Option<usize> {
    let head = text.get(..line_start)?.strip_suffix('\n')?;
    let above = head.rfind('\n').map_or(0, |newline| newline + 1);
    let line = head.get(above..)?.trim();
    if line.starts_with("//") {
        return Some(above);
    }
    let open = head.strip_suffix('\r').unwrap_or(head).trim_end().strip_suffix("*/")?.rfind("/*")?;
    let start = head.get(..open)?.rfind('\n').map_or(0, |newline| newline + 1);
    head.get(start..open)?.trim().is_empty().then_some(start)
}

/// The text of a statement with the indentation of its first line taken off all lines; a template literal keeps its own.
fn outdented(text: &str, start: u32, source: &str) -> String {
    let line_start =
        text.get(..start as usize).and_then(|head| head.rfind('\n')).map_or(0, |newline| newline + 1);
    let indent = text.get(line_start..start as usize).unwrap_or_default();
    if source.contains('`') || !indent.chars().all(char::is_whitespace) {
        return source.to_owned();
    }
    source.split('\n').map(|line| line.strip_prefix(indent).unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// A span and, if it stands alone on its lines, these lines.
fn whole_lines(text: &str, span: Span) -> Span {
    let (start, end) = (span.start as usize, span.end as usize);
    let line_start = text.get(..start).and_then(|head| head.rfind('\n')).map_or(0, |newline| newline + 1);
    let is_first = text.get(line_start..start).is_some_and(|head| head.chars().all(char::is_whitespace));
    let tail = text.get(end..).unwrap_or_default();
    let rest = tail.find('\n').map_or(tail.len(), |newline| newline + 1);
    let is_last = tail.get(..rest).is_some_and(|tail| tail.chars().all(char::is_whitespace));
    if !is_first || !is_last {
        return span;
    }
    let to_u32 = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Span { start: to_u32(line_start), end: to_u32(end + rest) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outlive_semantic::catalog::Catalog;
    use outlive_semantic::syntax::{self, Language};

    /// The source after the fix of its first object literal.
    fn hoisted(text: &str) -> Option<String> {
        let file = syntax::lower(syntax::parse(text, Language::TypeScript).unwrap());
        let catalog = Catalog::default();
        let model = Model::new(&file, &catalog);
        let object = file.tree.ids().find(|&node| file.tree.kind(node) == Kind::Object).unwrap();
        let mut edits = to_module(&model, object, true)?.edits;
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
        let mut out = text.to_owned();
        for edit in edits {
            out.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        Some(out)
    }

    #[test]
    fn the_declaration_moves_above_the_comment_of_its_function() {
        let before = "'use strict';\n\n/** Finds. */\nexport function find(k) {\n  const t = {\n    a: 1,\n  };\n  return t[k];\n}\n";
        let after = "'use strict';\n\nconst t = {\n  a: 1,\n};\n\n/** Finds. */\nexport function find(k) {\n  return t[k];\n}\n";
        assert_eq!(hoisted(before).as_deref(), Some(after));
    }

    #[test]
    fn a_name_that_something_else_has_stays() {
        assert_eq!(
            hoisted("function f(k) { const t = {a: 1}; return t[k] }\nfunction g(t) { return t }"),
            None
        );
        assert_eq!(hoisted("function f(k) { const t = {a: 1}; return t[k] }\nt();"), None);
        assert_eq!(hoisted("function f(k) { let t = {a: 1}; return t[k] }"), None);
    }
}
