//! GitLab's Code Quality report.

use super::{FileError, Report, Reported, fingerprint};
use outlive_rules::Severity;
use serde_json::{Value, json};
use std::io::Write;

/// Writes the array of issues. `below` is the working directory in the repository: that is where GitLab looks for files.
pub(super) fn write(report: &Report, below: &str, out: &mut dyn Write) -> std::io::Result<()> {
    let findings = report.findings.iter().map(|it| finding(it, below));
    let issues: Vec<Value> = findings.chain(report.errors.iter().map(|it| error(it, below))).collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

fn finding(finding: &Reported, below: &str) -> Value {
    json!({
        "description": finding.message,
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": severity(finding.severity),
        "location": {
            "path": format!("{below}{}", finding.place.path),
            "lines": { "begin": finding.place.start.line, "end": finding.place.end.line },
        },
    })
}

fn error(error: &FileError, below: &str) -> Value {
    let (line, _) = error.line_column();
    let path = format!("{below}{}", error.path);
    json!({
        "description": error.message,
        "check_name": error.trouble.word(),
        "fingerprint": fingerprint(&[error.trouble.word(), &path]),
        "severity": "critical",
        "location": { "path": path, "lines": { "begin": line, "end": line } },
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "major",
        Severity::Error => "critical",
    }
}
