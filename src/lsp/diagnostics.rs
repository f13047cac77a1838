//! Findings as diagnostics.

use super::moved::Moved;
use super::server::Server;
use super::workspace::Workspace;
use crate::report::{self, FileError, Location, Reported, Trouble};
use crate::rulebook;
use gen_lsp_types as lsp;
use outlive_rules::{Confidence, Severity};
use outlive_semantic::source::Position;
use rustc_hash::FxHashMap;
use serde_json::json;
use std::collections::BTreeMap;

/// What there is to say, by file.
pub(super) fn of(workspace: &mut Workspace<'_>, server: &Server) -> BTreeMap<String, Vec<lsp::Diagnostic>> {
    let moved = moved(workspace, server);
    let writer = Writer { server, moved };
    let mut out: BTreeMap<String, Vec<lsp::Diagnostic>> = BTreeMap::new();
    let report = &workspace.report;
    for finding in &report.findings {
        out.entry(finding.place.path.clone()).or_default().push(writer.finding(finding));
    }
    for error in &report.errors {
        let severity = workspace.setup.settings.error_severity(error);
        out.entry(error.path.clone()).or_default().push(error_diagnostic(error, severity));
    }
    out
}

/// The buffers whose findings are those of an older text, and where its lines went.
pub(super) fn moved(workspace: &mut Workspace<'_>, server: &Server) -> FxHashMap<String, Moved> {
    let report = &mut workspace.report;
    let broken = report.errors.iter().filter(|error| error.trouble == Trouble::Syntax);
    let mut out = FxHashMap::default();
    for path in broken.map(|error| error.path.clone()) {
        let old = report.sources.load(&path).text.as_deref();
        if let (Some(old), Some(new)) = (old, server.documents.get(&path)) {
            out.insert(path, Moved::between(old, &new.text));
        }
    }
    out
}

struct Writer<'s> {
    server: &'s Server,
    moved: FxHashMap<String, Moved>,
}

impl Writer<'_> {
    fn finding(&self, finding: &Reported) -> lsp::Diagnostic {
        let is_stale = self.moved.contains_key(&finding.place.path);
        let related: Vec<lsp::DiagnosticRelatedInformation> = finding
            .retainers
            .iter()
            .map(|step| lsp::DiagnosticRelatedInformation {
                location: lsp::Location {
                    uri: self.server.uri(&step.place.path),
                    range: self.range(&step.place),
                },
                message: format!("{}: {}", step.role.word(), step.message),
            })
            .collect();
        let mut message = finding.message.clone();
        if finding.confidence != Confidence::High {
            message += &format!(" ({} confidence)", finding.confidence.word());
        }
        if is_stale {
            message += " (stale: from before the file stopped parsing)";
        }
        if !self.server.client.relates {
            for (step, at) in finding.retainers.iter().zip(&related) {
                let line = at.location.range.start.line + 1;
                message += &format!("\n{} ({}:{line})", at.message, step.place.path);
            }
        }
        if !finding.help.is_empty() {
            message += &format!("\nhelp: {}", finding.help);
        }
        lsp::Diagnostic {
            range: self.range(&finding.place),
            related_information: Some(related).filter(|list| !list.is_empty() && self.server.client.relates),
            data: Some(json!({ "fingerprint": finding.fingerprint, "stale": is_stale })),
            ..diagnostic(finding.rule, message, finding.severity)
        }
    }

    fn range(&self, place: &Location) -> lsp::Range {
        let mut range = range(place);
        if let Some(moved) = self.moved.get(&place.path) {
            range.start.line = moved.line(range.start.line);
            range.end.line = moved.line(range.end.line).max(range.start.line);
        }
        range
    }
}

/// A range as editors count: from 0.
pub(super) fn range(place: &Location) -> lsp::Range {
    let position = |at: Position| lsp::Position {
        line: at.line.saturating_sub(1),
        character: at.column.saturating_sub(1),
    };
    lsp::Range { start: position(place.start), end: position(place.end) }
}

fn error_diagnostic(error: &FileError, severity: Option<Severity>) -> lsp::Diagnostic {
    let (line, column) = error.line_column();
    let start = lsp::Position { line: line.saturating_sub(1), character: column.saturating_sub(1) };
    let end = lsp::Position { line: start.line, character: start.character + 1 };
    let severity = severity.unwrap_or(Severity::Info);
    lsp::Diagnostic {
        range: lsp::Range { start, end },
        ..diagnostic(error.trouble.word(), error.message.clone(), severity)
    }
}

fn diagnostic(code: &str, message: String, severity: Severity) -> lsp::Diagnostic {
    let severity = match severity {
        Severity::Error => lsp::DiagnosticSeverity::Error,
        Severity::Warning => lsp::DiagnosticSeverity::Warning,
        Severity::Info => lsp::DiagnosticSeverity::Information,
    };
    let page = rulebook::find(code).map(|_| lsp::CodeDescription { href: lsp::Uri(rulebook::url(code)) });
    lsp::Diagnostic {
        range: lsp::Range::default(),
        severity: Some(severity),
        code: Some(lsp::Code::String(code.to_owned())),
        code_description: page,
        source: Some("outlive".to_owned()),
        message: lsp::Message::String(message),
        tags: None,
        related_information: None,
        data: None,
    }
}

/// A name for a list of diagnostics: the same list has the same.
fn result_id(list: &[lsp::Diagnostic]) -> String {
    report::fingerprint(&[&serde_json::to_string(list).unwrap_or_default()])
}

/// The answer to who asks about one file and may have an answer already.
pub(super) fn report(list: Vec<lsp::Diagnostic>, previous: Option<&str>) -> lsp::DocumentDiagnosticReport {
    match full_or_same(list, previous) {
        Ok(full_document_diagnostic_report) => lsp::RelatedFullDocumentDiagnosticReport {
            related_documents: None,
            full_document_diagnostic_report,
        }
        .into(),
        Err(unchanged_document_diagnostic_report) => lsp::RelatedUnchangedDocumentDiagnosticReport {
            related_documents: None,
            unchanged_document_diagnostic_report,
        }
        .into(),
    }
}

fn full_or_same(
    items: Vec<lsp::Diagnostic>,
    previous: Option<&str>,
) -> Result<lsp::FullDocumentDiagnosticReport, lsp::UnchangedDocumentDiagnosticReport> {
    let result_id = result_id(&items);
    if previous == Some(result_id.as_str()) {
        return Err(lsp::UnchangedDocumentDiagnosticReport { result_id });
    }
    Ok(lsp::FullDocumentDiagnosticReport { result_id: Some(result_id), items })
}

/// The answer to who asks about all files: those with findings, and those that had some.
pub(super) fn workspace_report(
    now: &BTreeMap<String, Vec<lsp::Diagnostic>>,
    params: &lsp::WorkspaceDiagnosticParams,
    server: &Server,
) -> lsp::WorkspaceDiagnosticReport {
    let known: BTreeMap<String, &str> = params
        .previous_result_ids
        .iter()
        .filter_map(|row| Some((server.root.path_of(&row.uri.0)?, row.value.as_str())))
        .collect();
    let mut paths: Vec<&String> = now.keys().chain(known.keys()).collect();
    paths.sort();
    paths.dedup();
    let item = |path: &String| {
        let list = now.get(path).cloned().unwrap_or_default();
        let (uri, version) = (server.uri(path), server.documents.get(path).map(|document| document.version));
        match full_or_same(list, known.get(path).copied()) {
            Ok(full_document_diagnostic_report) => {
                lsp::WorkspaceFullDocumentDiagnosticReport { uri, version, full_document_diagnostic_report }
                    .into()
            }
            Err(unchanged_document_diagnostic_report) => lsp::WorkspaceUnchangedDocumentDiagnosticReport {
                uri,
                version,
                unchanged_document_diagnostic_report,
            }
            .into(),
        }
    };
    lsp::WorkspaceDiagnosticReport { items: paths.into_iter().map(item).collect() }
}
