//! GitLab's Code Quality report.

use super::{FileError, Report, Reported, fingerprint};
use outlive_rules::Severity;
use serde_json::{Value, json};
use std::io::Write;

/// Writes the array of issues.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let issues: Vec<Value> =
        report.findings.iter().map(finding).chain(report.errors.iter().map(error)).collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

fn finding(finding: &Reported) -> Value {
    json!({
        "description": finding.message,
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": severity(finding.severity),
        "location": {
            "path": finding.place.path,
            "lines": { "begin": finding.place.start.line, "end": finding.place.end.line },
        },
    })
}

fn error(error: &FileError) -> Value {
    let (line, _) = error.line_column();
    json!({
        "description": error.message,
        "check_name": error.trouble.word(),
        "fingerprint": fingerprint(&[error.trouble.word(), &error.path]),
        "severity": "critical",
        "location": { "path": error.path, "lines": { "begin": line, "end": line } },
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "major",
        Severity::Error => "critical",
    }
}
