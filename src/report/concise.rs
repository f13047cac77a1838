//! One line for each finding.

use super::Report;
use super::safe::safe;
use outlive_rules::Confidence;
use std::io::Write;

/// Writes `path:line:column: message [severity/rule]`.
///
/// Editors take what stands in the brackets apart at the slash, so nothing else stands there.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    for finding in &report.findings {
        let (line, column) = (finding.place.start.line, finding.place.start.column);
        let (severity, rule, doubt) = (finding.severity.word(), finding.rule, doubt(finding.confidence));
        let (path, message) = (safe(&finding.place.path), safe(&finding.message));
        writeln!(out, "{path}:{line}:{column}: {message}{doubt} [{severity}/{rule}]")?;
    }
    for error in &report.errors {
        let (line, column) = error.line_column();
        let (path, message, kind) = (safe(&error.path), safe(&error.message), error.trouble.word());
        writeln!(out, "{path}:{line}:{column}: {message} [error/{kind}]")?;
    }
    Ok(())
}

/// Only what is not reported unless one asks for it is marked.
fn doubt(confidence: Confidence) -> &'static str {
    if confidence == Confidence::Low { " (low confidence)" } else { "" }
}
