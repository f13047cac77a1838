//! One line for each finding.

use super::Report;
use super::safe::safe;
use std::io::Write;

/// Writes `path:line:column: message [severity/rule]`.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    for finding in &report.findings {
        let (line, column) = (finding.place.start.line, finding.place.start.column);
        let (severity, rule) = (finding.severity.word(), finding.rule);
        let (path, message) = (safe(&finding.place.path), safe(&finding.message));
        writeln!(out, "{path}:{line}:{column}: {message} [{severity}/{rule}]")?;
    }
    Ok(())
}
