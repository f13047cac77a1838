//! The lines that editors' patterns know from other linters.

use super::Report;
use super::safe::safe;
use outlive_rules::Severity;
use std::io::Write;

/// Writes `path:line:column: message [Level/rule]`.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    for finding in &report.findings {
        let (line, column) = (finding.place.start.line, finding.place.start.column);
        let (path, message) = (safe(&finding.place.path), safe(&finding.message));
        writeln!(out, "{path}:{line}:{column}: {message} [{}/{}]", level(finding.severity), finding.rule)?;
    }
    for error in &report.errors {
        let (line, column) = error.line_column();
        let (path, message) = (safe(&error.path), safe(&error.message));
        writeln!(out, "{path}:{line}:{column}: {message} [Error/{}]", error.trouble.word())?;
    }
    Ok(())
}

/// The patterns know two levels.
fn level(severity: Severity) -> &'static str {
    if severity == Severity::Error { "Error" } else { "Warning" }
}
