//! One report, many renderings.

pub(crate) mod concise;
pub(crate) mod json;
pub(crate) mod safe;

use crate::discover::Skip;
use outlive_rules::{Confidence, Finding, Role, Severity};
use outlive_semantic::project::{FileId, Project};
use outlive_semantic::source::{Lines, Position};
use outlive_semantic::tree::Span;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A finding with its positions.
pub(crate) struct Reported {
    pub(crate) rule: &'static str,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) message: String,
    pub(crate) help: String,
    pub(crate) place: Location,
    pub(crate) retainers: Vec<Step>,
    pub(crate) fingerprint: String,
}

/// One step of the retention path.
pub(crate) struct Step {
    pub(crate) role: Role,
    pub(crate) message: String,
    pub(crate) place: Location,
}

/// A range of a file.
#[derive(Clone)]
pub(crate) struct Location {
    pub(crate) path: String,
    pub(crate) start: Position,
    pub(crate) end: Position,
}

/// A file that could not be analysed.
#[derive(Clone, Debug)]
pub(crate) struct FileError {
    pub(crate) path: String,
    pub(crate) message: String,
    pub(crate) start: Option<Position>,
    pub(crate) is_syntax: bool,
}

/// What was looked at.
#[derive(Default, Clone)]
pub(crate) struct Stats {
    pub(crate) files: u64,
    pub(crate) parsed: u64,
    pub(crate) scanned_only: u64,
    pub(crate) failed: u64,
    pub(crate) bytes: u64,
    pub(crate) skipped: BTreeMap<Skip, u64>,
}

/// Everything a run has to say.
pub(crate) struct Report {
    pub(crate) findings: Vec<Reported>,
    pub(crate) errors: Vec<FileError>,
    pub(crate) stats: Stats,
}

/// Gives findings their lines and columns. Files are read again only if something stands in them.
pub(crate) fn build(
    findings: Vec<Finding>,
    project: &Project<'_>,
    mut errors: Vec<FileError>,
    stats: Stats,
) -> Report {
    let mut places = Places { project, lines: FxHashMap::default() };
    let mut out: Vec<Reported> = findings.into_iter().map(|finding| places.reported(finding)).collect();
    out.sort_by(|a, b| {
        (&a.place.path, a.place.start.offset, a.rule, &a.message).cmp(&(
            &b.place.path,
            b.place.start.offset,
            b.rule,
            &b.message,
        ))
    });
    number_fingerprints(&mut out);
    errors.sort_by(|a, b| (&a.path, &a.message).cmp(&(&b.path, &b.message)));
    Report { findings: out, errors, stats }
}

/// Two findings may be alike in all but their position; their fingerprints are numbered in order.
fn number_fingerprints(findings: &mut [Reported]) {
    let mut seen: FxHashMap<String, u32> = FxHashMap::default();
    for finding in findings {
        let count = seen.entry(finding.fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            finding.fingerprint = format!("{}-{count}", finding.fingerprint);
        }
    }
}

struct Places<'p, 'c> {
    project: &'p Project<'c>,
    lines: FxHashMap<FileId, Lines>,
}

impl Places<'_, '_> {
    fn location(&mut self, file: FileId, span: Span) -> Location {
        let path = self.project.file(file).path.clone();
        let lines = self.lines.entry(file).or_insert_with(|| {
            let text =
                std::fs::read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
            Lines::new(&text)
        });
        let (start, end) = (lines.position(span.start), lines.position(span.end.max(span.start)));
        Location { path, start, end }
    }

    /// The first line of a range: annotations and code scanning want one line.
    fn first_line(&mut self, file: FileId, span: Span) -> Location {
        let whole = self.location(file, span);
        if whole.start.line == whole.end.line {
            return whole;
        }
        let lines = self.lines.get(&file).and_then(|lines| lines.line_span(whole.start.line));
        let end = lines.map_or(whole.start.offset, |line| line.end.saturating_sub(1));
        self.location(file, Span { start: span.start, end: end.max(span.start) })
    }

    fn reported(&mut self, finding: Finding) -> Reported {
        let place = self.first_line(finding.file, finding.span);
        let retainers = finding
            .retainers
            .into_iter()
            .map(|step| Step {
                role: step.role,
                message: step.message,
                place: self.location(step.file, step.span),
            })
            .collect();
        let fingerprint = fingerprint(&[finding.rule, &place.path, &finding.scope, &finding.subject]);
        Reported {
            rule: finding.rule,
            severity: finding.severity,
            confidence: finding.confidence,
            message: finding.message,
            help: finding.help,
            place,
            retainers,
            fingerprint,
        }
    }
}

/// FNV-1a over the parts: stable across versions of the compiler and of the standard library.
fn fingerprint(parts: &[&str]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}
