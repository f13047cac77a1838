//! reviewdog's diagnostic format. Its columns count bytes.

use super::source::Sources;
use super::{FileError, Location, Mend, Report, Reported};
use crate::rulebook;
use outlive_rules::Severity;
use outlive_semantic::source::Position;
use serde_json::{Value, json};
use std::io::Write;

/// Writes the one object.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let sources = &report.sources;
    let findings = report.findings.iter().map(|it| finding(it, sources));
    let diagnostics: Vec<Value> = findings.chain(report.errors.iter().map(error)).collect();
    let document = json!({
        "source": { "name": "outlive", "url": env!("CARGO_PKG_REPOSITORY") },
        "diagnostics": diagnostics,
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn finding(finding: &Reported, sources: &Sources) -> Value {
    let related: Vec<Value> = finding
        .retainers
        .iter()
        .map(|step| {
            let message = format!("{}: {}", step.role.word(), step.message);
            json!({ "message": message, "location": location(&step.place, sources) })
        })
        .collect();
    let suggestions: Vec<Value> =
        finding.fixes.iter().flat_map(|mend| suggestions(mend, finding, sources)).collect();
    json!({
        "message": finding.message,
        "location": location(&finding.place, sources),
        "severity": severity(finding.severity),
        "code": { "value": finding.rule, "url": rulebook::url(finding.rule) },
        "suggestions": suggestions,
        "related_locations": related,
    })
}

fn error(error: &FileError) -> Value {
    let (line, _) = error.line_column();
    json!({
        "message": error.message,
        "location": { "path": error.path, "range": { "start": { "line": line } } },
        "severity": "ERROR",
        "code": { "value": error.trouble.word() },
    })
}

/// A suggestion is one replacement in the file of the finding.
fn suggestions(mend: &Mend, finding: &Reported, sources: &Sources) -> Option<Value> {
    let edit = mend.merged(sources).filter(|edit| edit.place.path == finding.place.path)?;
    Some(json!({ "range": range(&edit.place, sources), "text": edit.text }))
}

fn location(place: &Location, sources: &Sources) -> Value {
    json!({ "path": place.path, "range": range(place, sources) })
}

fn range(place: &Location, sources: &Sources) -> Value {
    let position = |at: Position| json!({ "line": at.line, "column": byte_column(at, &place.path, sources) });
    json!({ "start": position(place.start), "end": position(place.end) })
}

/// From 1, in bytes of the line.
fn byte_column(at: Position, path: &str, sources: &Sources) -> u32 {
    let line = sources.get(path).and_then(|source| source.lines.line_span(at.line));
    line.map_or(at.column, |line| at.offset.saturating_sub(line.start) + 1)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "INFO",
        Severity::Warning => "WARNING",
        Severity::Error => "ERROR",
    }
}
