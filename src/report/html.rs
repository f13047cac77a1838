//! One page that shows everything and needs nothing: no network, no other file.
//!
//! The findings are data in the page, and a script of the page draws them. Whatever comes from analysed files reaches the
//! document as text, never as markup.

use super::safe::safe;
use super::source::Source;
use super::{Location, Report, Reported};
use crate::rulebook;
use outlive_rules::Role;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

/// What the data takes the place of.
const SLOT: &str = "\"DATA\"";
/// Lines shown before and behind a line that something is said about.
const AROUND: u32 = 2;
/// A line that is longer is cut: nobody reads it, and a page can hold many.
const LONGEST: usize = 240;

#[derive(Serialize)]
struct Page {
    version: &'static str,
    files: u64,
    unsure: u64,
    findings: Vec<Finding>,
    errors: Vec<Error>,
}

#[derive(Serialize)]
struct Finding {
    rule: &'static str,
    url: String,
    severity: &'static str,
    confidence: &'static str,
    message: String,
    help: String,
    at: Place,
    /// What lives longest: findings with the same one stand together.
    root: Option<Step>,
    steps: Vec<Step>,
    excerpts: Vec<Excerpt>,
}

#[derive(Serialize)]
struct Step {
    role: &'static str,
    message: String,
    at: Place,
}

#[derive(Serialize)]
struct Place {
    path: String,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Excerpt {
    path: String,
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    number: u32,
    text: String,
    /// The roles of what stands in it.
    marks: Vec<&'static str>,
}

#[derive(Serialize)]
struct Error {
    at: Place,
    message: String,
}

/// Writes the page.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        files: report.stats.parsed,
        unsure: report.unsure,
        findings: report.findings.iter().map(|finding| shown(finding, report)).collect(),
        errors: report
            .errors
            .iter()
            .map(|error| {
                let (line, column) = error.line_column();
                let at = Place { path: clean(&error.path), line, column };
                Error { at, message: clean(&error.message) }
            })
            .collect(),
    };
    // In a script element a `<` could end it.
    let data = serde_json::to_string(&page)?.replace('<', "\\u003c");
    let template = include_str!("../pages/report.html");
    let (head, tail) = template.split_once(SLOT).unwrap_or((template, ""));
    write!(out, "{head}{data}{tail}")
}

fn shown(finding: &Reported, report: &Report) -> Finding {
    let steps = || {
        finding.retainers.iter().map(|step| Step {
            role: step.role.word(),
            message: clean(&step.message),
            at: place(&step.place),
        })
    };
    let has_root = finding.retainers.iter().position(|step| step.role == Role::Root);
    Finding {
        rule: finding.rule,
        url: rulebook::url(finding.rule),
        severity: finding.severity.word(),
        confidence: finding.confidence.word(),
        message: clean(&finding.message),
        help: clean(&finding.help),
        at: place(&finding.place),
        root: has_root.and_then(|at| steps().nth(at)),
        steps: steps().collect(),
        excerpts: excerpts(finding, report),
    }
}

fn place(at: &Location) -> Place {
    Place { path: clean(&at.path), line: at.start.line, column: at.start.column }
}

/// The lines of a finding and of its path, file by file, the file of the finding first.
fn excerpts(finding: &Reported, report: &Report) -> Vec<Excerpt> {
    let mut marks: BTreeMap<(bool, &str), BTreeMap<u32, Vec<&'static str>>> = BTreeMap::new();
    let own = &*finding.place.path;
    let steps = finding.retainers.iter().map(|step| (step.role.word(), &step.place));
    for (role, at) in std::iter::once(("here", &finding.place)).chain(steps) {
        let lines = marks.entry((at.path != own, &at.path)).or_default();
        lines.entry(at.start.line).or_default().push(role);
    }
    let excerpt = |((_, path), marks): ((bool, &str), BTreeMap<u32, Vec<&'static str>>)| {
        let lines = lines(report.sources.get(path)?, &marks);
        (!lines.is_empty()).then(|| Excerpt { path: clean(path), lines })
    };
    marks.into_iter().filter_map(excerpt).collect()
}

fn lines(source: &Source, marks: &BTreeMap<u32, Vec<&'static str>>) -> Vec<Line> {
    let around = |&line: &u32| line.saturating_sub(AROUND).max(1)..=line.saturating_add(AROUND);
    let wanted: BTreeSet<u32> = marks.keys().flat_map(around).collect();
    let line = |number: u32| {
        let span = source.lines.line_span(number)?;
        let text = source.text.as_deref()?.get(span.start as usize..span.end as usize)?;
        let text = cut(text.trim_end_matches(['\n', '\r']));
        Some(Line { number, text, marks: marks.get(&number).cloned().unwrap_or_default() })
    };
    wanted.into_iter().filter_map(line).collect()
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    clean(&short)
}

/// Nothing that reorders text: an excerpt shows what is there.
fn clean(text: &str) -> String {
    safe(text).into_owned()
}
