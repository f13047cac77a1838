//! One line for each finding.

use super::safe::safe;
use super::{Gone, Report, Reported};
use outlive_rules::Confidence;
use std::io::Write;

/// Writes `path:line:column: message [severity/rule]`.
///
/// Editors take what stands in the brackets apart at the slash, so nothing else stands there.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    for finding in &report.findings {
        writeln!(out, "{}{}", line(finding), cause(report, finding))?;
    }
    for gone in report.comparison.iter().flat_map(|comparison| &comparison.gone) {
        writeln!(out, "{}", gone_line(gone))?;
    }
    for error in &report.errors {
        let (line, column) = error.line_column();
        let (path, message, kind) = (safe(&error.path), safe(&error.message), error.trouble.word());
        writeln!(out, "{path}:{line}:{column}: {message} [error/{kind}]")?;
    }
    Ok(())
}

/// One finding, without a line break.
fn line(finding: &Reported) -> String {
    let (line, column) = (finding.place.start.line, finding.place.start.column);
    let (severity, rule, doubt) = (finding.severity.word(), finding.rule, doubt(finding.confidence));
    let (path, message) = (safe(&finding.place.path), safe(&finding.message));
    format!("{path}:{line}:{column}: {message}{doubt} [{severity}/{rule}]")
}

/// One finding that is not there any more.
pub(super) fn gone_line(gone: &Gone) -> String {
    let how = if gone.is_suppressed { "suppressed" } else { "gone" };
    format!("{how}: {}", line(&gone.finding))
}

/// What made a finding so, behind it.
fn cause(report: &Report, finding: &Reported) -> String {
    super::cause(report, finding).map(|cause| format!(": {}", safe(&cause))).unwrap_or_default()
}

/// Only what is not reported unless one asks for it is marked.
fn doubt(confidence: Confidence) -> &'static str {
    if confidence == Confidence::Low { " (low confidence)" } else { "" }
}
