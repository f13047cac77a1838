//! What ESLint prints as JSON: one line, absolute paths, UTF-16 columns. Editors' plugins read it unchanged.

use super::source::Sources;
use super::{Location, Mend, Report, Reported, Trouble};
use crate::suppress::Suppressed;
use outlive_rules::Severity;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct FileResult {
    file_path: String,
    messages: Vec<Message>,
    suppressed_messages: Vec<Message>,
    error_count: u32,
    fatal_error_count: u32,
    warning_count: u32,
    fixable_error_count: u32,
    fixable_warning_count: u32,
    used_deprecated_rules: [(); 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    rule_id: Option<&'static str>,
    severity: u8,
    message: String,
    line: u32,
    column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fatal: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
}

#[derive(Serialize)]
struct Fix {
    /// In UTF-16 code units of the file.
    range: [usize; 2],
    text: String,
}

#[derive(Serialize)]
struct Suggestion {
    desc: String,
    fix: Fix,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    justification: String,
}

/// Writes the array of files that have messages.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let mut files: BTreeMap<&str, FileResult> = BTreeMap::new();
    for finding in &report.findings {
        let file = files.entry(&finding.place.path).or_default();
        let message = message(finding, &report.sources);
        file.error_count += u32::from(message.severity == 2);
        file.warning_count += u32::from(message.severity == 1);
        file.fixable_error_count += u32::from(message.severity == 2 && message.fix.is_some());
        file.fixable_warning_count += u32::from(message.severity == 1 && message.fix.is_some());
        file.messages.push(message);
    }
    for Suppressed { finding, reason } in &report.suppressed {
        let mut message = message(finding, &report.sources);
        let justification = reason.clone().unwrap_or_default();
        message.suppressions.push(Suppression { kind: "directive", justification });
        files.entry(&finding.place.path).or_default().suppressed_messages.push(message);
    }
    for error in report.errors.iter().filter(|error| error.trouble != Trouble::Unreadable) {
        let file = files.entry(&error.path).or_default();
        file.error_count += 1;
        file.fatal_error_count += 1;
        file.messages.push(fatal(error));
    }
    let here = std::env::current_dir().unwrap_or_default();
    let files: Vec<FileResult> = files
        .into_iter()
        .map(|(path, file)| FileResult { file_path: here.join(path).display().to_string(), ..file })
        .collect();
    serde_json::to_writer(&mut *out, &files)?;
    writeln!(out)
}

fn message(finding: &Reported, sources: &Sources) -> Message {
    let Location { start, end, .. } = &finding.place;
    let fixes =
        || finding.fixes.iter().filter_map(|mend| Some((mend, fix(mend, &finding.place.path, sources)?)));
    Message {
        rule_id: Some(finding.rule),
        severity: if finding.severity == Severity::Error { 2 } else { 1 },
        message: finding.message.clone(),
        line: start.line,
        column: start.column,
        end_line: Some(end.line),
        end_column: Some(end.column),
        fatal: None,
        fix: fixes().find(|(mend, _)| mend.safe).map(|(_, fix)| fix),
        suggestions: fixes()
            .filter(|(mend, _)| !mend.safe)
            .map(|(mend, fix)| Suggestion { desc: mend.title.clone(), fix })
            .collect(),
        suppressions: Vec::new(),
    }
}

fn fatal(error: &super::FileError) -> Message {
    let (line, column) = error.line_column();
    Message {
        rule_id: None,
        severity: 2,
        message: error.message.clone(),
        line,
        column,
        end_line: None,
        end_column: None,
        fatal: Some(true),
        fix: None,
        suggestions: Vec::new(),
        suppressions: Vec::new(),
    }
}

/// A fix in ESLint is one replacement in the same file.
fn fix(mend: &Mend, path: &str, sources: &Sources) -> Option<Fix> {
    let edit = mend.merged(sources).filter(|edit| edit.place.path == path)?;
    let text = sources.get(path)?.text.as_deref()?;
    let units = |offset: u32| text.get(..offset as usize).map(|before| before.encode_utf16().count());
    let range = [units(edit.place.start.offset)?, units(edit.place.end.offset)?];
    Some(Fix { range, text: edit.text })
}
