//! Workflow commands: annotations in a pull request on GitHub.

use super::Report;
use super::safe::safe;
use outlive_rules::Severity;
use std::io::Write;

/// GitHub shows this many annotations of a kind per step and drops the others without a word.
const SHOWN: usize = 10;

/// Writes one command for each finding. `below` is the working directory in the repository: that is where GitHub looks for files.
pub(super) fn write(report: &Report, below: &str, out: &mut dyn Write) -> std::io::Result<()> {
    let mut counts = [0usize; 3];
    for finding in &report.findings {
        let command = command(finding.severity);
        let count = counts.get_mut(finding.severity as usize);
        let path = format!("{below}{}", finding.place.path);
        let (start, end) = (finding.place.start, finding.place.end);
        let (line, column) = (start.line, start.column);
        let mut at = format!("file={},line={line}", property(&path));
        // Columns of a range over lines are not understood, and the location is dropped.
        if end.line == line {
            at += &format!(",col={column},endLine={line},endColumn={}", end.column);
        }
        let text = data(&format!("{path}:{line}:{column}: {}\n{}", finding.message, finding.help));
        writeln!(out, "::{command} {at},title={}::{text}", property(finding.rule))?;
        if let Some(count) = count {
            *count += 1;
        }
    }
    for error in &report.errors {
        let (line, column) = error.line_column();
        let at = format!("file={},line={line},col={column}", property(&format!("{below}{}", error.path)));
        writeln!(out, "::error {at},title={}::{}", error.trouble.word(), data(&error.message))?;
    }
    if counts.iter().any(|&count| count > SHOWN) {
        writeln!(
            out,
            "GitHub shows the first {SHOWN} annotations of each kind; the log above has all findings."
        )?;
    }
    Ok(())
}

fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// Text behind the `::`.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| safe(line).replace('%', "%25")).collect();
    lines.join("%0A")
}

/// The value of a property, in which more characters have a meaning.
fn property(text: &str) -> String {
    safe(text).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_command_is_escaped() {
        assert_eq!(data("50%\nsure"), "50%25%0Asure");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
        assert_eq!(property("a\r\nb"), "a\u{fffd}\u{fffd}b");
    }
}
