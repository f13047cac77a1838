//! The fix of all churn: the declaration moves out of the function, to just before the statement that holds it.

use crate::finding::{Edit, Fix};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::tree::{DeclKind, Kind, Span};

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
    let top = tree
        .ancestors(declaration)
        .find(|&node| tree.parent(node).is_some_and(|up| tree.kind(up) == Kind::Program))?;
    let text = &*model.file.text;
    let moved = statement(text, tree.span(declaration));
    let source = text.get(moved.start as usize..moved.end as usize)?;
    let at = before_comments(text, tree.span(top).start);
    let annotated = text.get(tree.span(target).end as usize..tree.span(value).start as usize)?.contains(':');
    let name = tree.binding(target).map(|binding| tree.text(model.file.binding(binding).name))?;
    Some(Fix {
        title: format!("move `{name}` out of the function"),
        safe: only_literals && !annotated,
        edits: vec![
            Edit {
                span: Span { start: at, end: at },
                text: format!("{}\n\n", outdented(text, moved.start, source)),
            },
            Edit { span: whole_lines(text, moved), text: String::new() },
        ],
    })
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

/// The start of the comment that belongs to a statement, or of the statement.
fn before_comments(text: &str, start: u32) -> u32 {
    let mut at = start as usize;
    while let Some(head) = text.get(..at).and_then(|head| head.strip_suffix('\n')) {
        let line_start = head.rfind('\n').map_or(0, |newline| newline + 1);
        let line = head.get(line_start..).unwrap_or_default().trim();
        let is_comment =
            line.starts_with("//") || line.starts_with("/*") || line.starts_with('*') || line.ends_with("*/");
        if !is_comment {
            break;
        }
        at = line_start;
    }
    u32::try_from(at).unwrap_or(start)
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
