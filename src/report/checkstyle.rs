//! Checkstyle 4.3 XML.

use super::Report;
use super::xml::Xml;
use outlive_rules::Severity;
use std::collections::BTreeMap;
use std::io::Write;

/// One `error` element: line, column, severity, message, source.
type Row<'r> = (u32, u32, &'static str, &'r str, &'static str);

/// Writes one element for each file.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let mut files: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    for finding in &report.findings {
        let (start, severity) = (finding.place.start, severity(finding.severity));
        let row = (start.line, start.column, severity, finding.message.as_str(), finding.rule);
        files.entry(&finding.place.path).or_default().push(row);
    }
    for error in &report.errors {
        let (line, column) = error.line_column();
        let row = (line, column, "error", error.message.as_str(), error.trouble.word());
        files.entry(&error.path).or_default().push(row);
    }
    let mut xml = Xml::new(out)?;
    xml.element("checkstyle", &[("version", "4.3")], |xml| {
        files.iter().try_for_each(|(path, rows)| {
            xml.element("file", &[("name", path)], |xml| rows.iter().try_for_each(|row| error(xml, row)))
        })
    })?;
    xml.finish()
}

fn error(xml: &mut Xml<'_>, (line, column, severity, message, rule): &Row<'_>) -> std::io::Result<()> {
    let source = format!("outlive.{rule}");
    let (line, column) = (line.to_string(), column.to_string());
    xml.empty(
        "error",
        &[
            ("line", &line),
            ("column", &column),
            ("severity", severity),
            ("message", message),
            ("source", &source),
        ],
    )
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
