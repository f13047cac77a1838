//! The JSON contract.

use super::{Cause, Comparison, FileError, Gone, Location, Mend, Replacement, Report, Reported, Step};
use crate::rulebook;
use crate::suppress::Suppressed;
use outlive_semantic::project::Coverage;
use outlive_semantic::source::Position;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;

#[derive(Serialize)]
struct Document<'r> {
    schema_version: u32,
    tool: Tool,
    findings: Vec<Finding<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<Vec<Silenced<'r>>>,
    errors: Vec<Error<'r>>,
    stats: Stats<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<Understood<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<Compared<'r>>,
}

#[derive(Serialize)]
struct Compared<'r> {
    base: &'r str,
    head: &'r str,
    both: u64,
    gone: Vec<Left<'r>>,
}

#[derive(Serialize)]
struct Left<'r> {
    #[serde(flatten)]
    finding: Finding<'r>,
    suppressed: bool,
}

#[derive(Serialize)]
struct Caused<'r> {
    change: &'static str,
    path: &'r str,
    line: u32,
    text: &'r str,
}

#[derive(Serialize)]
struct Understood<'r> {
    functions: usize,
    driven: usize,
    callable: usize,
    unknown: usize,
    entry_points: &'r BTreeMap<String, usize>,
    packages_with_rows: usize,
    packages_without_rows: &'r BTreeMap<String, usize>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Finding<'r> {
    rule: &'static str,
    severity: &'static str,
    confidence: &'static str,
    doubts: &'r [&'static str],
    message: &'r str,
    help: &'r str,
    url: String,
    path: &'r str,
    start: Position,
    end: Position,
    retainers: Vec<Retainer<'r>>,
    fingerprint: &'r str,
    fixes: Vec<Fix<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Caused<'r>>,
}

#[derive(Serialize)]
struct Silenced<'r> {
    #[serde(flatten)]
    finding: Finding<'r>,
    reason: Option<&'r str>,
}

#[derive(Serialize)]
struct Fix<'r> {
    title: &'r str,
    safe: bool,
    edits: Vec<Edit<'r>>,
}

#[derive(Serialize)]
struct Edit<'r> {
    path: &'r str,
    start: Position,
    end: Position,
    text: &'r str,
}

#[derive(Serialize)]
struct Retainer<'r> {
    role: &'static str,
    message: &'r str,
    path: &'r str,
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Error<'r> {
    kind: &'static str,
    path: &'r str,
    message: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Position>,
}

#[derive(Serialize)]
struct Stats<'r> {
    files: u64,
    parsed: u64,
    scanned_only: u64,
    skipped: u64,
    failed: u64,
    bytes: u64,
    skipped_by_reason: BTreeMap<&'static str, u64>,
    /// Files left out for what they hold.
    skipped_files: Vec<Skipped<'r>>,
}

#[derive(Serialize)]
struct Skipped<'r> {
    path: &'r str,
    reason: &'static str,
}

/// Writes the report as one JSON object.
pub(super) fn write(report: &Report, include_suppressed: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let document = Document {
        schema_version: 1,
        tool: Tool { name: "outlive", version: env!("CARGO_PKG_VERSION") },
        findings: report.findings.iter().map(finding).collect(),
        suppressed: include_suppressed.then(|| report.suppressed.iter().map(silenced).collect()),
        errors: report.errors.iter().map(error).collect(),
        stats: stats(report),
        coverage: report.coverage.as_ref().map(understood),
        comparison: report.comparison.as_ref().map(compared),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Writes one finding per line, then one error per line.
pub(super) fn write_lines(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    for reported in &report.findings {
        serde_json::to_writer(&mut *out, &finding(reported))?;
        writeln!(out)?;
    }
    for failed in &report.errors {
        serde_json::to_writer(&mut *out, &serde_json::json!({ "error": error(failed) }))?;
        writeln!(out)?;
    }
    Ok(())
}

fn finding(finding: &Reported) -> Finding<'_> {
    let Location { path, start, end } = &finding.place;
    Finding {
        rule: finding.rule,
        severity: finding.severity.word(),
        confidence: finding.confidence.word(),
        doubts: &finding.doubts,
        message: &finding.message,
        help: &finding.help,
        url: rulebook::url(finding.rule),
        path,
        start: *start,
        end: *end,
        retainers: finding.retainers.iter().map(retainer).collect(),
        fingerprint: &finding.fingerprint,
        fixes: finding.fixes.iter().map(fix).collect(),
        cause: finding.cause.as_ref().map(caused),
    }
}

fn caused(cause: &Cause) -> Caused<'_> {
    let change = if cause.is_removal { "removed" } else { "added" };
    Caused { change, path: &cause.path, line: cause.line, text: &cause.text }
}

fn compared(comparison: &Comparison) -> Compared<'_> {
    fn left(gone: &Gone) -> Left<'_> {
        Left { finding: finding(&gone.finding), suppressed: gone.is_suppressed }
    }
    Compared {
        base: &comparison.base,
        head: &comparison.head,
        both: comparison.both,
        gone: comparison.gone.iter().map(left).collect(),
    }
}

fn silenced(suppressed: &Suppressed) -> Silenced<'_> {
    Silenced { finding: finding(&suppressed.finding), reason: suppressed.reason.as_deref() }
}

fn fix(mend: &Mend) -> Fix<'_> {
    Fix { title: &mend.title, safe: mend.safe, edits: mend.edits.iter().map(edit).collect() }
}

fn edit(replacement: &Replacement) -> Edit<'_> {
    let Location { path, start, end } = &replacement.place;
    Edit { path, start: *start, end: *end, text: &replacement.text }
}

fn retainer(step: &Step) -> Retainer<'_> {
    let Location { path, start, end } = &step.place;
    Retainer { role: step.role.word(), message: &step.message, path, start: *start, end: *end }
}

fn error(error: &FileError) -> Error<'_> {
    Error { kind: error.trouble.word(), path: &error.path, message: &error.message, start: error.start }
}

fn understood(coverage: &Coverage) -> Understood<'_> {
    Understood {
        functions: coverage.functions,
        driven: coverage.driven,
        callable: coverage.callable,
        unknown: coverage.unknown,
        entry_points: &coverage.entry_points,
        packages_with_rows: coverage.modelled,
        packages_without_rows: &coverage.unmodelled,
    }
}

fn stats(report: &Report) -> Stats<'_> {
    let stats = &report.stats;
    Stats {
        files: stats.files,
        parsed: stats.parsed,
        scanned_only: stats.scanned_only,
        skipped: stats.skipped.values().sum(),
        failed: stats.failed,
        bytes: stats.bytes,
        skipped_by_reason: stats.skipped.iter().map(|(reason, count)| (reason.word(), *count)).collect(),
        skipped_files: stats
            .left_out
            .iter()
            .map(|(path, reason)| Skipped { path, reason: reason.word() })
            .collect(),
    }
}
