//! What `outlive why` knows, where the pointer is.

use super::diagnostics;
use super::server::Server;
use super::workspace::Workspace;
use crate::report::Location;
use crate::report::safe::safe;
use crate::why::{self, Asked};
use gen_lsp_types as lsp;
use outlive_rules::claim::{Body, Claim};
use outlive_rules::trace::Dropped;
use outlive_semantic::project::FileId;
use outlive_semantic::tree::Span;
use std::collections::BTreeSet;

/// Says what is known of the function that starts here, of the collection that is declared here, or of what is flagged
/// or was looked at here. Elsewhere there is nothing to say, and a pop-up would be in the way.
pub(super) fn hover(
    workspace: &mut Workspace<'_>,
    server: &Server,
    params: &lsp::HoverParams,
) -> Option<lsp::Hover> {
    let at = &params.text_document_position_params;
    let path = server.root.path_of(&at.text_document.uri.0)?;
    let file = workspace.file(&path)?;
    let line = match diagnostics::moved(workspace, server).get(&path) {
        Some(moved) => moved.line_before(at.position.line)?,
        None => at.position.line,
    };
    let lines = &workspace.report.sources.load(&path).lines;
    let offset = lines.offset(line.checked_add(1)?, at.position.character.checked_add(1)?)?;
    // Behind the end of a line there is nothing, not the next line.
    if lines.position(offset).line != line + 1 {
        return None;
    }
    let dropped = workspace.dropped(&path);
    let dropped: Vec<Dropped> = dropped.into_iter().map(|row| Dropped { file: Some(file), ..row }).collect();
    let mut said: Vec<String> = Vec::new();
    let rules = workspace.setup.settings.running_rules();
    for line in lines_to_explain(workspace, file, &path, offset, &dropped) {
        let Some(span) = workspace.report.sources.load(&path).lines.line_span(line) else { continue };
        let asked = Asked { file, line: span, rules: &rules };
        let text = why::describe_line(&workspace.analysis, &dropped, &asked, &mut workspace.report.sources);
        said.extend(text.lines().map(|line| safe(line).into_owned()));
    }
    said.dedup();
    let value = said.join("\n");
    let contents = lsp::MarkupContent { kind: lsp::MarkupKind::PlainText, value };
    (!said.is_empty()).then_some(lsp::Hover { contents: lsp::Contents::MarkupContent(contents), range: None })
}

/// The lines that say something about what starts on the line of an offset and holds it. What spans many lines is not
/// asked about all over them.
fn lines_to_explain(
    workspace: &mut Workspace<'_>,
    file: FileId,
    path: &str,
    offset: u32,
    dropped: &[Dropped],
) -> BTreeSet<u32> {
    let analysis = &workspace.analysis;
    // What is asked about, and where that is explained.
    let mut known: Vec<(Span, u32)> = dropped.iter().map(|row| (row.span, row.span.start)).collect();
    for claim in analysis.claims.iter().filter(|(of, _)| *of == file).flat_map(|(_, list)| &**list) {
        let spans = [Some(claim.at), declared(claim)];
        known.extend(spans.into_iter().flatten().map(|span| (span, claim.at.start)));
    }
    for finding in workspace.report.findings.iter().filter(|finding| finding.place.path == path) {
        let steps = finding.retainers.iter().map(|step| &step.place).filter(|place| place.path == path);
        let span = |place: &Location| Span { start: place.start.offset, end: place.end.offset };
        let spans = std::iter::once(&finding.place).chain(steps).map(span);
        known.extend(spans.map(|span| (span, finding.place.start.offset)));
    }
    let functions = analysis.project.summary(file).functions.iter().skip(1);
    known.extend(functions.map(|row| (row.at, row.at.start)));
    let lines = &workspace.report.sources.load(path).lines;
    let line_of = |offset: u32| lines.position(offset).line;
    let here = line_of(offset);
    known
        .into_iter()
        .filter(|(span, _)| span.start <= offset && offset < span.end && line_of(span.start) == here)
        .map(|(_, explained)| line_of(explained))
        .collect()
}

/// Where the collection of a claim is declared.
fn declared(claim: &Claim) -> Option<Span> {
    match &claim.body {
        Body::Growth(growth) => growth.declared,
        _ => None,
    }
}
