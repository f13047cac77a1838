//! SARIF 2.1.0, the part that code scanning reads, for every way of uploading it.

mod line_hash;

use super::source::Sources;
use super::{FileError, Location, Mend, Report, Reported, sentence};
use crate::rulebook::{self, Entry};
use crate::suppress::Suppressed;
use line_hash::LineHashes;
use outlive_rules::{Confidence, Severity};
use rustc_hash::FxHashMap;
use serde::Serialize;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;

/// Code scanning keeps this many results of a run and drops the others by its own lights.
pub(crate) const MAX_RESULTS: usize = 5_000;
/// It refuses a file with longer flows, and shows a tenth of it.
const MAX_STEPS: usize = 1_000;
/// Descriptions may be this long.
const MAX_DESCRIPTION: usize = 1_024;

/// What is said about the run as a whole.
#[derive(Default)]
pub(crate) struct RunOptions {
    /// The folder of the working directory in the repository, with a slash at its end, or empty.
    pub(crate) below: String,
    pub(crate) category: Option<String>,
    pub(crate) include_suppressed: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    automation_details: Option<Value>,
    invocations: [Value; 1],
    original_uri_base_ids: Value,
    column_kind: &'static str,
    results: Vec<SarifResult>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: String,
    rule_index: usize,
    level: &'static str,
    message: Value,
    locations: [Value; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    code_flows: Vec<Value>,
    partial_fingerprints: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    properties: Value,
}

/// Writes the log.
pub(super) fn write(report: &Report, run: &RunOptions, out: &mut dyn Write) -> std::io::Result<()> {
    let entries = rulebook::all();
    let mut context = Context::new(&entries, &report.sources, &run.below);
    let mut findings: Vec<&Reported> = report.findings.iter().collect();
    findings.sort_by_key(|finding| Reverse((finding.severity, finding.confidence)));
    findings.truncate(MAX_RESULTS);
    let mut results: Vec<SarifResult> = findings.into_iter().map(|finding| context.result(finding)).collect();
    if report.comparison.is_some() {
        results.iter_mut().for_each(|result| result.baseline_state = Some("new"));
    }
    if run.include_suppressed {
        results.extend(report.suppressed.iter().map(|suppressed| context.suppressed(suppressed)));
    }
    let syntax = report.errors.iter().filter(|error| error.trouble == super::Trouble::Syntax);
    results.extend(syntax.map(|error| context.parse_error(error)));
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: tool(&entries),
            automation_details: run
                .category
                .as_ref()
                .map(|category| json!({ "id": format!("outlive/{category}/") })),
            invocations: [invocation(report, &context)],
            original_uri_base_ids: json!({ "%SRCROOT%": { "description": { "text": "The root of the repository." } } }),
            column_kind: "utf16CodeUnits",
            results,
        }],
    };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn tool(entries: &[Entry]) -> Value {
    json!({
        "driver": {
            "name": "outlive",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": entries.iter().map(rule).collect::<Vec<Value>>(),
        }
    })
}

fn rule(entry: &Entry) -> Value {
    json!({
        "id": rule_id(entry.id),
        "name": pascal(entry.id),
        "shortDescription": { "text": shorten(&capital(&sentence(entry.summary))) },
        "fullDescription": { "text": shorten(&capital(&sentence(first_paragraph(entry.page).unwrap_or(entry.summary)))) },
        "help": { "text": entry.page, "markdown": entry.page },
        "helpUri": rulebook::url(entry.id),
        "defaultConfiguration": { "level": level(entry.severity) },
        "properties": {
            "precision": entry.precision.word(),
            "problem.severity": problem_severity(entry.severity),
            "tags": ["maintainability", entry.category],
        },
    })
}

/// What stands under the heading of a page.
fn first_paragraph(page: &str) -> Option<&str> {
    page.split("\n\n").map(str::trim).find(|block| !block.is_empty() && !block.starts_with('#'))
}

fn shorten(text: &str) -> String {
    let text = text.replace('\n', " ");
    if text.chars().count() <= MAX_DESCRIPTION {
        return text;
    }
    let mut short: String = text.chars().take(MAX_DESCRIPTION - 1).collect();
    short.push('…');
    short
}

fn rule_id(id: &str) -> String {
    format!("outlive/{id}")
}

fn pascal(id: &str) -> String {
    id.split('-').map(capital).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "recommendation",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// Files that were not analysed, and results that were left out.
fn invocation(report: &Report, context: &Context<'_>) -> Value {
    let others = report.errors.iter().filter(|error| error.trouble != super::Trouble::Syntax);
    let mut notifications: Vec<Value> = others.map(|error| context.notification(error)).collect();
    if report.findings.len() > MAX_RESULTS {
        let left = report.findings.len() - MAX_RESULTS;
        let text = format!("{left} results were left out: code scanning keeps {MAX_RESULTS} of a run.");
        notifications.push(json!({ "level": "warning", "message": { "text": text } }));
    }
    json!({ "executionSuccessful": true, "toolExecutionNotifications": notifications })
}

/// What results are made with.
struct Context<'r> {
    index: FxHashMap<&'static str, usize>,
    sources: &'r Sources,
    below: &'r str,
    hashes: FxHashMap<String, LineHashes>,
}

impl<'r> Context<'r> {
    fn new(entries: &[Entry], sources: &'r Sources, below: &'r str) -> Self {
        let index = entries.iter().enumerate().map(|(i, entry)| (entry.id, i)).collect();
        Self { index, sources, below, hashes: FxHashMap::default() }
    }

    fn result(&mut self, finding: &Reported) -> SarifResult {
        let steps = finding.retainers.get(..finding.retainers.len().min(MAX_STEPS)).unwrap_or_default();
        let text = |step: &super::Step| format!("{}: {}", step.role.word(), step.message);
        let related: Vec<Value> = steps
            .iter()
            .enumerate()
            .map(|(i, step)| {
                let mut location = self.location(&step.place);
                merge(&mut location, json!({ "id": i + 1, "message": { "text": text(step) } }));
                location
            })
            .collect();
        let flow: Vec<Value> = steps
            .iter()
            .map(|step| {
                let mut location = self.location(&step.place);
                merge(&mut location, json!({ "message": { "text": text(step) } }));
                json!({ "location": location })
            })
            .collect();
        let code_flows = if flow.is_empty() {
            Vec::new()
        } else {
            vec![json!({ "threadFlows": [{ "locations": flow }] })]
        };
        SarifResult {
            message: json!({ "text": message(finding) }),
            locations: [self.location(&finding.place)],
            related_locations: related,
            code_flows,
            partial_fingerprints: json!({
                "primaryLocationLineHash": self.line_hash(&finding.place.path, finding.place.start.line),
                "outlive/v1": finding.fingerprint,
            }),
            fixes: finding.fixes.iter().map(|mend| self.fix(mend)).collect(),
            suppressions: Vec::new(),
            properties: sureness(finding),
            ..self.bare(finding.rule, finding.severity)
        }
    }

    fn bare(&self, rule: &str, severity: Severity) -> SarifResult {
        SarifResult {
            rule_id: rule_id(rule),
            rule_index: self.index.get(rule).copied().unwrap_or_default(),
            level: level(severity),
            message: Value::Null,
            locations: [Value::Null],
            related_locations: Vec::new(),
            code_flows: Vec::new(),
            partial_fingerprints: Value::Null,
            fixes: Vec::new(),
            suppressions: Vec::new(),
            baseline_state: None,
            properties: json!({ "confidence": Confidence::High.word() }),
        }
    }

    fn suppressed(&mut self, suppressed: &Suppressed) -> SarifResult {
        let mut result = self.result(&suppressed.finding);
        let mut suppression = json!({ "kind": "inSource" });
        if let Some(reason) = &suppressed.reason {
            merge(&mut suppression, json!({ "justification": reason }));
        }
        result.suppressions.push(suppression);
        result
    }

    fn parse_error(&mut self, error: &FileError) -> SarifResult {
        let (line, column) = error.line_column();
        let region =
            json!({ "startLine": line, "startColumn": column, "endLine": line, "endColumn": column + 1 });
        let physical = json!({ "artifactLocation": self.artifact(&error.path), "region": region });
        let own = super::fingerprint(&[rulebook::PARSE_ERROR, self.below, &error.path]);
        SarifResult {
            message: json!({ "text": escape(&sentence(&error.message)) }),
            locations: [json!({ "physicalLocation": physical })],
            partial_fingerprints: json!({
                "primaryLocationLineHash": self.line_hash(&error.path, line),
                "outlive/v1": own,
            }),
            ..self.bare(rulebook::PARSE_ERROR, Severity::Error)
        }
    }

    fn notification(&self, error: &FileError) -> Value {
        json!({
            "level": "warning",
            "message": { "text": sentence(&format!("'{}': {}", error.path, error.message)) },
            "locations": [{ "physicalLocation": { "artifactLocation": self.artifact(&error.path) } }],
        })
    }

    fn location(&self, place: &Location) -> Value {
        let (start, mut end) = (place.start, place.end);
        if end <= start {
            end.column = start.column + 1;
        }
        json!({
            "physicalLocation": {
                "artifactLocation": self.artifact(&place.path),
                "region": {
                    "startLine": start.line,
                    "startColumn": start.column,
                    "endLine": end.line,
                    "endColumn": end.column,
                },
            }
        })
    }

    /// One change for each file, though a fix stays in one.
    fn fix(&self, mend: &Mend) -> Value {
        let mut files: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for edit in &mend.edits {
            let (start, end) = (edit.place.start, edit.place.end);
            files.entry(&edit.place.path).or_default().push(json!({
                "deletedRegion": {
                    "startLine": start.line,
                    "startColumn": start.column,
                    "endLine": end.line,
                    "endColumn": end.column,
                },
                "insertedContent": { "text": edit.text },
            }));
        }
        let change = |(path, edits): (&str, Vec<Value>)| json!({ "artifactLocation": self.artifact(path), "replacements": edits });
        json!({
            "description": { "text": capital(&sentence(&mend.title)) },
            "artifactChanges": files.into_iter().map(change).collect::<Vec<_>>(),
        })
    }

    fn artifact(&self, path: &str) -> Value {
        json!({ "uri": uri(&format!("{}{path}", self.below)), "uriBaseId": "%SRCROOT%" })
    }

    fn line_hash(&mut self, path: &str, line: u32) -> String {
        let sources = self.sources;
        let hashes = self.hashes.entry(path.to_owned()).or_insert_with(|| {
            let text = sources.get(path).and_then(|source| source.text.as_deref()).unwrap_or_default();
            LineHashes::new(text)
        });
        hashes.of_line(line).to_owned()
    }
}

/// How sure the analysis is, and why no surer.
fn sureness(finding: &Reported) -> Value {
    let mut properties = json!({ "confidence": finding.confidence.word() });
    if !finding.doubts.is_empty() {
        properties["doubts"] = json!(finding.doubts);
    }
    properties
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

/// The first sentence is the title. Code scanning shows related locations only where the text links to them.
fn message(finding: &Reported) -> String {
    let mut text = escape(&sentence(&finding.message));
    if !finding.retainers.is_empty() {
        let links: Vec<String> = finding
            .retainers
            .iter()
            .take(MAX_STEPS)
            .enumerate()
            .map(|(i, step)| format!("[{}]({})", step.role.word(), i + 1))
            .collect();
        text += &format!(" Path: {}.", links.join(", "));
    }
    if !finding.help.is_empty() {
        text += &format!(" {}", escape(&capital(&sentence(&finding.help))));
    }
    text
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().to_string() + chars.as_str())
}

/// Brackets in a message would be links.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// A path as a relative reference.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_relative_references() {
        assert_eq!(uri("src/a b/é[x].js"), "src/a%20b/%C3%A9%5Bx%5D.js");
    }

    #[test]
    fn brackets_in_messages_are_no_links() {
        assert_eq!(escape("`a[b](1)`"), "`a\\[b\\](1)`");
    }
}
