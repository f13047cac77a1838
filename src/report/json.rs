//! The JSON contract.

use super::{FileError, Location, Report, Reported, Step};
use outlive_semantic::source::Position;
use serde::Serialize;
use std::io::Write;

#[derive(Serialize)]
struct Document<'r> {
    schema_version: u32,
    tool: Tool,
    findings: Vec<Finding<'r>>,
    errors: Vec<Error<'r>>,
    stats: Stats,
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
    message: &'r str,
    help: &'r str,
    url: String,
    path: &'r str,
    start: Position,
    end: Position,
    retainers: Vec<Retainer<'r>>,
    fingerprint: &'r str,
    fixes: [(); 0],
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
    path: &'r str,
    message: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Position>,
}

#[derive(Serialize)]
struct Stats {
    files: u64,
    parsed: u64,
    scanned_only: u64,
    skipped: u64,
    failed: u64,
    bytes: u64,
    skipped_by_reason: std::collections::BTreeMap<&'static str, u64>,
}

/// Writes the report as one JSON object.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let document = Document {
        schema_version: 1,
        tool: Tool { name: "outlive", version: env!("CARGO_PKG_VERSION") },
        findings: report.findings.iter().map(finding).collect(),
        errors: report.errors.iter().map(error).collect(),
        stats: stats(report),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// The address of a rule's page.
pub(crate) fn url(rule: &str) -> String {
    format!("{}/blob/main/rules/{}/README.md", env!("CARGO_PKG_REPOSITORY"), rule.replace('-', "_"))
}

fn finding(finding: &Reported) -> Finding<'_> {
    let Location { path, start, end } = &finding.place;
    Finding {
        rule: finding.rule,
        severity: finding.severity.word(),
        confidence: finding.confidence.word(),
        message: &finding.message,
        help: &finding.help,
        url: url(finding.rule),
        path,
        start: *start,
        end: *end,
        retainers: finding.retainers.iter().map(retainer).collect(),
        fingerprint: &finding.fingerprint,
        fixes: [],
    }
}

fn retainer(step: &Step) -> Retainer<'_> {
    let Location { path, start, end } = &step.place;
    Retainer { role: step.role.word(), message: &step.message, path, start: *start, end: *end }
}

fn error(error: &FileError) -> Error<'_> {
    Error { path: &error.path, message: &error.message, start: error.start }
}

fn stats(report: &Report) -> Stats {
    let stats = &report.stats;
    Stats {
        files: stats.files,
        parsed: stats.parsed,
        scanned_only: stats.scanned_only,
        skipped: stats.skipped.values().sum(),
        failed: stats.failed,
        bytes: stats.bytes,
        skipped_by_reason: stats.skipped.iter().map(|(reason, count)| (reason.word(), *count)).collect(),
    }
}
