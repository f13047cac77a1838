//! A table for the summary page of a job.

use super::Report;
use super::safe::safe;
use crate::rulebook;
use std::io::Write;

/// Pages of this kind hold a megabyte; a table that long is not read anyway.
const ROWS: usize = 500;

/// Writes a heading and a table.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "## outlive\n")?;
    if let Some(comparison) = &report.comparison {
        let (base, head) = (code(&comparison.base), code(&comparison.head));
        let (new, gone) = (report.findings.len(), comparison.gone.len());
        writeln!(out, "From {base} to {head}: {new} new, {gone} gone, {} in both.\n", comparison.both)?;
    } else if report.findings.is_empty() && report.errors.is_empty() {
        return writeln!(out, "Nothing found.");
    }
    if !report.findings.is_empty() {
        writeln!(out, "| place | finding | rule | confidence |\n| --- | --- | --- | --- |")?;
    }
    for finding in report.findings.iter().take(ROWS) {
        let place = format!("{}:{}", finding.place.path, finding.place.start.line);
        let message = cell(&finding.message);
        // Of a new one, what made it so says more.
        let help = cell(&super::cause(report, finding).unwrap_or_else(|| finding.help.clone()));
        let rule = format!("[{}]({})", finding.rule, rulebook::url(finding.rule));
        let confidence = finding.confidence.word();
        writeln!(out, "| {} | {message}<br>{help} | {rule} | {confidence} |", code(&place))?;
    }
    if report.findings.len() > ROWS {
        writeln!(out, "\nand {} more", report.findings.len() - ROWS)?;
    }
    let gone = report.comparison.iter().flat_map(|comparison| &comparison.gone);
    for (i, gone) in gone.take(ROWS).enumerate() {
        if i == 0 {
            writeln!(out, "\n| gone from | finding | rule |\n| --- | --- | --- |")?;
        }
        let finding = &gone.finding;
        let place = format!("{}:{}", finding.place.path, finding.place.start.line);
        let how = if gone.is_suppressed { " (suppressed)" } else { "" };
        writeln!(out, "| {} | {}{how} | {} |", code(&place), cell(&finding.message), finding.rule)?;
    }
    for error in &report.errors {
        writeln!(out, "\n- {}: {}", code(&error.path), cell(&error.message))?;
    }
    Ok(())
}

/// Text in a cell: a bar would end it, and markup may only come from us. Between backticks, where identifiers stand, a
/// backslash would be shown.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, part) in safe(text).split('`').enumerate() {
        if i > 0 {
            out.push('`');
        }
        for c in part.chars() {
            match c {
                '|' => out.push_str("\\|"),
                '<' if i % 2 == 0 => out.push_str("&lt;"),
                '*' | '_' | '[' | ']' | '\\' if i % 2 == 0 => out.extend(['\\', c]),
                _ => out.push(c),
            }
        }
    }
    out
}

fn code(text: &str) -> String {
    format!("`{}`", safe(text).replace('`', "'").replace('|', "\\|"))
}
