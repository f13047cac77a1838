//! Edits that fixes are made of.

use crate::finding::Edit;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::tree::{Kind, Span};

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
    Some(Edit { span: Span { start, end: start }, text })
}
