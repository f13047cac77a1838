//! One line for each finding.

use super::Report;
use super::safe::safe;
use std::io::Write;

/// Writes `path:line:column: message [severity/rule]`.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    for finding in &report.findings {
        let (line, column) = (finding.place.start.line, finding.place.start.column);
        let (severity, rule, confidence) = (finding.severity.word(), finding.rule, finding.confidence.word());
        let (path, message) = (safe(&finding.place.path), safe(&finding.message));
        writeln!(out, "{path}:{line}:{column}: {message} [{severity}/{rule}, {confidence} confidence]")?;
    }
    for error in &report.errors {
        let (line, column) = error.line_column();
        let (path, message, kind) = (safe(&error.path), safe(&error.message), error.trouble.word());
        writeln!(out, "{path}:{line}:{column}: {message} [error/{kind}]")?;
    }
    Ok(())
}
