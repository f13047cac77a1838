//! Code actions: ways to mend a finding, and comments that say it is meant.

use super::diagnostics;
use super::server::Server;
use super::workspace::Workspace;
use crate::report::{Mend, Replacement, Reported};
use crate::rulebook;
use crate::suppress;
use gen_lsp_types as lsp;
use outlive_semantic::source::Lines;
use outlive_semantic::syntax::Language;
use std::collections::HashMap;

/// What a suppression says until somebody says it better.
const REASON: &str = "TODO: say why";

/// The kind of the action that mends a whole file.
pub(super) fn fix_all_kind() -> lsp::CodeActionKind {
    "source.fixAll.outlive".to_owned().into()
}

/// What can be done about the findings in a range.
pub(super) fn actions(
    workspace: &mut Workspace<'_>,
    server: &Server,
    params: &lsp::CodeActionParams,
) -> Vec<lsp::CodeAction> {
    let Some(path) = server.root.path_of(&params.text_document.uri.0) else { return Vec::new() };
    // The edits of a text that is no more would hit the wrong places.
    if diagnostics::moved(workspace, server).contains_key(&path) {
        return Vec::new();
    }
    let Some(text) = workspace.report.sources.load(&path).text.clone() else { return Vec::new() };
    let Some(language) = Language::of_path(&path) else { return Vec::new() };
    let buffer = Buffer { uri: server.uri(&path), text, language };
    let here: Vec<&Reported> =
        workspace.report.findings.iter().filter(|finding| finding.place.path == path).collect();
    let (first, last) = (params.range.start.line, params.range.end.line);
    let touched = here
        .iter()
        .filter(|finding| finding.place.start.line.saturating_sub(1) <= last && first < finding.last_line);
    let only = params.context.only.as_deref();
    let mut out = Vec::new();
    if wants(only, &lsp::CodeActionKind::QuickFix) {
        for finding in touched {
            out.extend(finding.fixes.iter().map(|mend| buffer.fix(mend)));
            out.extend(buffer.suppressions(finding));
        }
    }
    if wants(only, &fix_all_kind()) {
        out.extend(buffer.fix_all(&here));
    }
    out
}

/// Whether an action of a kind is asked for: a kind stands for all that begin with it.
fn wants(only: Option<&[lsp::CodeActionKind]>, kind: &lsp::CodeActionKind) -> bool {
    let word = |kind: &lsp::CodeActionKind| String::from(kind.clone());
    let kind = word(kind);
    only.is_none_or(|list| {
        list.iter().map(word).any(|asked| {
            kind.strip_prefix(&asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    })
}

struct Buffer {
    uri: lsp::Uri,
    text: String,
    language: Language,
}

impl Buffer {
    fn fix(&self, mend: &Mend) -> lsp::CodeAction {
        lsp::CodeAction {
            is_preferred: Some(mend.safe),
            ..self.action(
                capital(&mend.title),
                lsp::CodeActionKind::QuickFix,
                mend.edits.iter().map(edit).collect(),
            )
        }
    }

    /// All fixes that change no behaviour. Where two overlap, the later one waits for the next time.
    fn fix_all(&self, findings: &[&Reported]) -> Option<lsp::CodeAction> {
        let mut taken: Vec<&Replacement> = Vec::new();
        let mends = findings.iter().filter_map(|finding| finding.fixes.iter().find(|mend| mend.safe));
        for mend in mends {
            let overlaps = |a: &Replacement, b: &Replacement| {
                a.place.start.offset <= b.place.end.offset && b.place.start.offset <= a.place.end.offset
            };
            if !mend.edits.iter().any(|edit| taken.iter().any(|other| overlaps(edit, other))) {
                taken.extend(&mend.edits);
            }
        }
        let title = "Apply every safe fix of outlive in this file".to_owned();
        (!taken.is_empty()).then(|| self.action(title, fix_all_kind(), taken.into_iter().map(edit).collect()))
    }

    /// Comments for the line and for the file, as far as a comment can stand there.
    fn suppressions(&self, finding: &Reported) -> Vec<lsp::CodeAction> {
        // What is wrong with a comment is not answered by another one.
        if matches!(finding.rule, rulebook::BAD_SUPPRESSION | rulebook::UNUSED_SUPPRESSION) {
            return Vec::new();
        }
        let rule = finding.rule;
        let for_line =
            self.line_comment(finding).map(|edit| (format!("Suppress {rule} for this line"), edit));
        let for_file = self.file_comment(rule).map(|edit| (format!("Suppress {rule} in this file"), edit));
        let action = |(title, edit)| self.action(title, lsp::CodeActionKind::QuickFix, vec![edit]);
        for_line.into_iter().chain(for_file).map(action).collect()
    }

    fn line_comment(&self, finding: &Reported) -> Option<lsp::TextEdit> {
        let line = finding.place.start.line;
        let span = Lines::new(&self.text).line_span(line)?;
        let code = self.text.get(span.start as usize..span.end as usize)?;
        let indent: String = code.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
        let words = format!("outlive-disable-next-line {} -- {REASON}", finding.rule);
        // Between the elements of JSX only the second is a comment.
        [format!("{indent}// {words}"), format!("{indent}{{/* {words} */}}")]
            .into_iter()
            .find_map(|comment| self.insertion(line, &comment))
    }

    fn file_comment(&self, rule: &str) -> Option<lsp::TextEdit> {
        let line = if self.text.starts_with("#!") { 2 } else { 1 };
        self.insertion(line, &format!("/* outlive-disable-file {rule} -- {REASON} */"))
    }

    /// A new line before a line, if what it says is read as a suppression there.
    fn insertion(&self, line: u32, comment: &str) -> Option<lsp::TextEdit> {
        let at = Lines::new(&self.text).line_span(line)?.start as usize;
        let (head, tail) = (self.text.get(..at)?, self.text.get(at..)?);
        let line_break = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let new_text = format!("{comment}{line_break}");
        let count = |text: &str| suppress::directives(text, self.language).len();
        if count(&format!("{head}{new_text}{tail}")) <= count(&self.text) {
            return None;
        }
        let position = lsp::Position { line: line.saturating_sub(1), character: 0 };
        Some(lsp::TextEdit { range: lsp::Range { start: position, end: position }, new_text })
    }

    fn action(&self, title: String, kind: lsp::CodeActionKind, edits: Vec<lsp::TextEdit>) -> lsp::CodeAction {
        let changes = HashMap::from([(self.uri.clone(), edits)]);
        lsp::CodeAction {
            title,
            kind: Some(kind),
            edit: Some(lsp::WorkspaceEdit { changes: Some(changes), ..lsp::WorkspaceEdit::default() }),
            ..lsp::CodeAction::default()
        }
    }
}

fn edit(replacement: &Replacement) -> lsp::TextEdit {
    lsp::TextEdit { range: diagnostics::range(&replacement.place), new_text: replacement.text.clone() }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().to_string() + chars.as_str())
}
