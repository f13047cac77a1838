//! One report, many renderings.

mod checkstyle;
mod concise;
mod eslint;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
mod pretty;
mod rdjson;
pub(crate) mod safe;
mod sarif;
pub(crate) mod source;
pub(crate) mod summary;
mod unix;
mod xml;

pub(crate) use sarif::{MAX_RESULTS, RunOptions};

use crate::arguments::Format;
use crate::discover::Skip;
use crate::suppress::Suppressed;
use crate::terminal::Look;
use outlive_rules::{Confidence, Finding, Fix, Role, Severity};
use outlive_semantic::project::Coverage;
use outlive_semantic::project::{FileId, Project};
use outlive_semantic::source::Position;
use outlive_semantic::tree::Span;
use rustc_hash::FxHashMap;
use source::Sources;
use std::collections::BTreeMap;
use std::io::Write;

/// A finding with its positions.
pub(crate) struct Reported {
    pub(crate) rule: &'static str,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    /// Why it is not certain, a clause each.
    pub(crate) doubts: Vec<&'static str>,
    pub(crate) message: String,
    pub(crate) help: String,
    /// On one line: annotations and code scanning want that.
    pub(crate) place: Location,
    /// The last line of what is flagged; a suppression may stand on any of its lines.
    pub(crate) last_line: u32,
    pub(crate) retainers: Vec<Step>,
    pub(crate) fixes: Vec<Mend>,
    /// The same for the same leak, wherever its lines move to, and for its twins in the same function.
    pub(crate) key: String,
    /// The key, numbered among twins.
    pub(crate) fingerprint: String,
    /// What made it so, if it is new and that is known.
    pub(crate) cause: Option<Cause>,
}

/// What of a change brought a finding about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Cause {
    /// Whether something was taken away: then the place is in the state before, else in the one after.
    pub(crate) is_removal: bool,
    pub(crate) path: String,
    pub(crate) line: u32,
    /// What stands there.
    pub(crate) text: String,
}

/// Two states of a project. The findings of the report are those that are new.
pub(crate) struct Comparison {
    /// What the states are called.
    pub(crate) base: String,
    pub(crate) head: String,
    /// How many findings are in both.
    pub(crate) both: u64,
    /// Findings that are gone, with their places in the state before.
    pub(crate) gone: Vec<Gone>,
}

/// A finding that is not there any more.
pub(crate) struct Gone {
    pub(crate) finding: Reported,
    /// A comment answers it.
    pub(crate) is_suppressed: bool,
}

/// One step of the retention path.
pub(crate) struct Step {
    pub(crate) role: Role,
    pub(crate) message: String,
    pub(crate) place: Location,
}

/// A way to mend a finding.
pub(crate) struct Mend {
    pub(crate) title: String,
    pub(crate) safe: bool,
    pub(crate) edits: Vec<Replacement>,
}

impl Mend {
    /// As one replacement, for formats that know no more: with what stands between the edits, as it is.
    fn merged(&self, sources: &Sources) -> Option<Replacement> {
        let mut edits: Vec<&Replacement> = self.edits.iter().collect();
        edits.sort_by_key(|edit| (edit.place.start.offset, edit.place.end.offset));
        let (first, last) = (edits.first()?, edits.last()?);
        if edits.iter().any(|edit| edit.place.path != first.place.path) {
            return None;
        }
        let source = sources.get(&first.place.path)?.text.as_deref()?;
        let mut text = String::new();
        let mut done = first.place.start.offset;
        for edit in &edits {
            text.push_str(source.get(done as usize..edit.place.start.offset as usize)?);
            text.push_str(&edit.text);
            done = edit.place.end.offset;
        }
        let place = Location { end: last.place.end, ..first.place.clone() };
        Some(Replacement { place, text })
    }
}

/// One replacement of text.
pub(crate) struct Replacement {
    pub(crate) place: Location,
    pub(crate) text: String,
}

/// A range of a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Location {
    pub(crate) path: String,
    pub(crate) start: Position,
    pub(crate) end: Position,
}

/// Why a file could not be analysed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trouble {
    /// It is not JavaScript, or not yet.
    Syntax,
    /// It could not be opened or read.
    Unreadable,
    /// It was read and then refused: not UTF-8, nested too deep, a manifest or lockfile that tells nothing.
    Refused,
    /// The analysis itself failed.
    Internal,
}

impl Trouble {
    /// The word for it, where findings have the name of their rule.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Syntax => "parse-error",
            Self::Unreadable => "unreadable",
            Self::Refused => "refused",
            Self::Internal => "internal-error",
        }
    }
}

/// A file that could not be analysed.
#[derive(Clone, Debug)]
pub(crate) struct FileError {
    pub(crate) path: String,
    pub(crate) message: String,
    pub(crate) start: Option<Position>,
    pub(crate) trouble: Trouble,
}

impl FileError {
    /// Line and column, or the start of the file.
    pub(crate) fn line_column(&self) -> (u32, u32) {
        self.start.map_or((1, 1), |start| (start.line, start.column))
    }
}

/// What was looked at.
#[derive(Default, Clone)]
pub(crate) struct Stats {
    pub(crate) files: u64,
    pub(crate) parsed: u64,
    pub(crate) scanned_only: u64,
    pub(crate) failed: u64,
    pub(crate) bytes: u64,
    /// Parsed files that are tests or scripts: nothing is reported in them.
    pub(crate) asides: u64,
    pub(crate) skipped: BTreeMap<Skip, u64>,
    /// Files left out for what they hold, which their name does not show.
    pub(crate) left_out: Vec<(String, Skip)>,
}

/// Everything a run has to say.
pub(crate) struct Report {
    pub(crate) findings: Vec<Reported>,
    /// Findings that a comment answers.
    pub(crate) suppressed: Vec<Suppressed>,
    pub(crate) errors: Vec<FileError>,
    pub(crate) stats: Stats,
    /// The texts that findings stand in.
    pub(crate) sources: Sources,
    /// Findings below the level of confidence that was asked for.
    pub(crate) unsure: u64,
    /// How much was understood, if one asks.
    pub(crate) coverage: Option<Coverage>,
    /// The states that were compared, if two were.
    pub(crate) comparison: Option<Comparison>,
}

impl Report {
    /// Sorts what is reported, and numbers findings that are alike in all but their position.
    pub(crate) fn settle(&mut self) {
        self.findings.sort_by(|a, b| order(a).cmp(&order(b)));
        self.suppressed.sort_by(|a, b| order(&a.finding).cmp(&order(&b.finding)));
        let mut seen: FxHashMap<&str, u32> = FxHashMap::default();
        for finding in &mut self.findings {
            let count = seen.entry(&finding.key).or_default();
            *count += 1;
            finding.fingerprint =
                if *count == 1 { finding.key.clone() } else { format!("{}-{count}", finding.key) };
        }
        self.errors.sort_by(|a, b| (&a.path, &a.message).cmp(&(&b.path, &b.message)));
    }

    /// Calls a file what the user calls it.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        let rename = |path: &mut String| {
            if path == from {
                to.clone_into(path);
            }
        };
        let suppressed = self.suppressed.iter_mut().map(|suppressed| &mut suppressed.finding);
        for finding in self.findings.iter_mut().chain(suppressed) {
            rename(&mut finding.place.path);
            finding.retainers.iter_mut().for_each(|step| rename(&mut step.place.path));
            finding
                .fixes
                .iter_mut()
                .flat_map(|mend| &mut mend.edits)
                .for_each(|edit| rename(&mut edit.place.path));
        }
        self.errors.iter_mut().for_each(|error| rename(&mut error.path));
        self.sources.rename(from, to);
    }
}

fn order(finding: &Reported) -> (&str, u32, &str, &str) {
    (&finding.place.path, finding.place.start.offset, finding.rule, &finding.message)
}

/// A report in a format. `look` is for people, `run` for SARIF.
pub(crate) fn render(
    report: &Report,
    format: Format,
    look: Look,
    run: &RunOptions,
) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    write(report, format, look, run, &mut out)?;
    if !format.is_json() {
        return Ok(out);
    }
    let text = String::from_utf8_lossy(&out);
    Ok(safe::safe_json(&text).into_owned().into_bytes())
}

fn write(
    report: &Report,
    format: Format,
    look: Look,
    run: &RunOptions,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    match format {
        Format::Pretty => pretty::write(report, look, out),
        Format::Auto | Format::Concise => concise::write(report, out),
        Format::Json => json::write(report, run.include_suppressed, out),
        Format::Jsonl => json::write_lines(report, out),
        Format::Sarif => sarif::write(report, run, out),
        Format::EslintJson => eslint::write(report, out),
        Format::Github => github::write(report, &run.below, out),
        Format::Gitlab => gitlab::write(report, &run.below, out),
        Format::Rdjson => rdjson::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Checkstyle => checkstyle::write(report, out),
        Format::Unix => unix::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Html => html::write(report, out),
    }
}

/// Gives findings their lines and columns. `below` is the folder of the working directory in the project: fingerprints
/// do not depend on where the command is run.
pub(crate) fn locate(
    findings: Vec<Finding>,
    project: &Project<'_>,
    below: &str,
    sources: &mut Sources,
) -> Vec<Reported> {
    let mut places = Places { project, below, sources };
    findings.into_iter().map(|finding| places.reported(finding)).collect()
}

struct Places<'p, 'c> {
    project: &'p Project<'c>,
    below: &'p str,
    sources: &'p mut Sources,
}

impl Places<'_, '_> {
    fn location(&mut self, file: FileId, span: Span) -> Location {
        let path = self.project.file(file).path.clone();
        let lines = &self.sources.load(&path).lines;
        let (start, end) = (lines.position(span.start), lines.position(span.end.max(span.start)));
        Location { path, start, end }
    }

    /// The first line of a range, without its line break.
    fn first_line(&mut self, file: FileId, span: Span) -> Location {
        let whole = self.location(file, span);
        if whole.start.line == whole.end.line {
            return whole;
        }
        let source = self.sources.load(&whole.path);
        let line =
            source.lines.line_span(whole.start.line).unwrap_or(Span { start: span.start, end: span.start });
        let text = source.text.as_deref().and_then(|text| text.get(line.start as usize..line.end as usize));
        let breaks = text.map_or(1, |text| text.len() - text.trim_end_matches(['\n', '\r']).len());
        let end = line.end.saturating_sub(u32::try_from(breaks).unwrap_or(0));
        self.location(file, Span { start: span.start, end: end.max(span.start) })
    }

    fn reported(&mut self, finding: Finding) -> Reported {
        let file = finding.file;
        let place = self.first_line(file, finding.span);
        let last_line = self.location(file, finding.span).end.line;
        let retainers = finding
            .retainers
            .into_iter()
            .map(|step| Step {
                role: step.role,
                message: step.message,
                place: self.location(step.file, step.span),
            })
            .collect();
        let fixes = finding.fixes.into_iter().map(|fix| self.mend(file, fix)).collect();
        let rooted = format!("{}{}", self.below, place.path);
        let key = fingerprint(&[finding.rule, &rooted, &finding.scope, &finding.subject]);
        Reported {
            rule: finding.rule,
            severity: finding.severity,
            confidence: finding.confidence,
            doubts: finding.doubts,
            message: finding.message,
            help: finding.help,
            place,
            last_line,
            retainers,
            fixes,
            fingerprint: key.clone(),
            key,
            cause: None,
        }
    }

    fn mend(&mut self, file: FileId, fix: Fix) -> Mend {
        let edits = fix
            .edits
            .into_iter()
            .map(|edit| {
                let place = self.location(file, edit.span);
                let text = self.with_line_breaks_of(&place.path, edit.text);
                Replacement { place, text }
            })
            .collect();
        Mend { title: fix.title, safe: fix.safe, edits }
    }

    /// New text with the line breaks that its file has.
    fn with_line_breaks_of(&mut self, path: &str, new: String) -> String {
        let text = self.sources.load(path).text.as_deref().unwrap_or_default();
        let first = text.find('\n').and_then(|at| text.get(..at));
        if first.is_some_and(|line| line.ends_with('\r')) {
            new.replace("\r\n", "\n").replace('\n', "\r\n")
        } else {
            new
        }
    }
}

/// What made a new finding so: "since `cache.clear();` at c.js:3 in main is gone".
pub(crate) fn cause(report: &Report, finding: &Reported) -> Option<String> {
    let (cause, comparison) = (finding.cause.as_ref()?, report.comparison.as_ref()?);
    let text = cause.text.replace('`', "'");
    let place = format!("{}:{}", cause.path, cause.line);
    Some(match cause.is_removal {
        true => format!("since `{text}` at {place} in {} is gone", comparison.base),
        false => format!("since `{text}` at {place} is new"),
    })
}

/// A message that ends as a sentence does.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// FNV-1a over the parts: stable across versions of the compiler and of the standard library.
pub(crate) fn fingerprint(parts: &[&str]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}
