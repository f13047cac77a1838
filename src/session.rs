//! The one pipeline, from paths to a report.

use crate::Outcome;
use crate::arguments::Check;
use crate::discover::{self, Candidate, DiscoverError, Found, Skip};
use crate::output;
use crate::report::{self, FileError, Report, Stats};
use crate::role;
use outlive_rules::engine::{self, Analysed};
use outlive_rules::models::ModelError;
use outlive_rules::trace::{Dropped, Trace};
use outlive_rules::{Confidence, Rule};
use outlive_semantic::catalog::Catalog;
use outlive_semantic::project::{FileEntry, FileId, Project, Resolver};
use outlive_semantic::syntax;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use thiserror::Error;

/// Why a run could not be made.
#[derive(Debug, Error)]
pub(crate) enum SessionError {
    /// See [`DiscoverError`].
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// See [`ModelError`].
    #[error(transparent)]
    Models(#[from] ModelError),
    /// `--rule` names no rule.
    #[error("no rule is called `{0}`{1}")]
    UnknownRule(String, String),
    /// The worker threads could not be started.
    #[error("cannot start {0} worker threads: {1}")]
    Threads(usize, rayon::ThreadPoolBuildError),
    /// `why` was not given a line of a file.
    #[error("`{0}` is not a line of an analysed file; write PATH:LINE")]
    NoSuchLine(String),
    /// The result could not be written.
    #[error("cannot write the result: {0}")]
    Output(#[from] std::io::Error),
}

/// Runs `check`.
pub(crate) fn check(options: &Check) -> Result<Outcome, SessionError> {
    let rules = selected_rules(&options.rules)?;
    let report = analyse(options, &rules)?;
    output::print(&report, options)?;
    let failed = report.findings.iter().any(|f| f.severity >= outlive_rules::Severity::Warning);
    Ok(if failed || report.errors.iter().any(|error| error.is_syntax) {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

fn selected_rules(names: &[String]) -> Result<Vec<&'static dyn Rule>, SessionError> {
    if names.is_empty() {
        return Ok(outlive_rules::RULES.to_vec());
    }
    names
        .iter()
        .map(|name| {
            outlive_rules::find(name)
                .ok_or_else(|| SessionError::UnknownRule(name.clone(), output::suggestion(name)))
        })
        .collect()
}

/// What became of one file.
enum Fate {
    /// Parsed and analysed.
    Analysed(Box<Analysed>),
    /// Left out.
    Skipped(Skip),
    /// Not readable or not parsable.
    Failed(FileError),
}

/// What is left of a run before it becomes a report.
pub(crate) struct Analysis<'c> {
    pub(crate) project: Project<'c>,
    pub(crate) claims: Vec<(FileId, outlive_rules::claim::Claim)>,
    pub(crate) dropped: Vec<Dropped>,
    pub(crate) errors: Vec<FileError>,
    pub(crate) stats: Stats,
    pub(crate) times: Vec<(&'static str, Duration)>,
}

/// How a run is to be made.
pub(crate) struct Plan<'p> {
    pub(crate) paths: &'p [PathBuf],
    pub(crate) threads: usize,
    pub(crate) rules: &'p [&'static dyn Rule],
    /// The file whose dropped candidates are asked for.
    pub(crate) traced: Option<&'p str>,
}

fn analyse(options: &Check, rules: &[&'static dyn Rule]) -> Result<Report, SessionError> {
    let catalog = outlive_rules::models::catalog(&[])?;
    let plan = Plan { paths: &options.paths, threads: options.threads, rules, traced: None };
    let mut analysis = run(&plan, &catalog)?;
    let start = Instant::now();
    let findings = engine::settle(&analysis.claims, &analysis.project, rules, &Trace::default());
    let level = Confidence::from(options.confidence);
    let findings = findings.into_iter().filter(|finding| finding.confidence >= level).collect();
    analysis.times.push(("settle", start.elapsed()));
    let start = Instant::now();
    let report = report::build(findings, &analysis.project, analysis.errors, analysis.stats);
    analysis.times.push(("report", start.elapsed()));
    if options.timings {
        output::timings(&analysis.times);
    }
    Ok(report)
}

/// Walks, analyses and links.
pub(crate) fn run<'c>(plan: &Plan<'_>, catalog: &'c Catalog) -> Result<Analysis<'c>, SessionError> {
    let mut times = Vec::new();
    let mut clock = Instant::now();
    let mut lap = |name: &'static str| {
        times.push((name, clock.elapsed()));
        clock = Instant::now();
    };
    let found = discover::discover(plan.paths)?;
    lap("walk");
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(plan.threads)
        .build()
        .map_err(|error| SessionError::Threads(plan.threads, error))?;
    let fates: Vec<(Fate, u64)> =
        pool.install(|| found.files.par_iter().map(|file| analyse_guarded(file, catalog, plan)).collect());
    let gathered = gather(&found, fates);
    lap("read, parse, analyse");
    let here = std::env::current_dir().unwrap_or_default();
    let paths: Vec<String> = gathered.entries.iter().map(|entry| entry.path.clone()).collect();
    let resolver = Resolver::new(&here, paths.iter().map(String::as_str), &found.packages, true);
    let project = Project::link(gathered.entries, catalog, &resolver);
    lap("link");
    let Gathered { claims, dropped, errors, stats, .. } = gathered;
    Ok(Analysis { project, claims, dropped, errors, stats, times })
}

struct Gathered {
    entries: Vec<FileEntry>,
    claims: Vec<(FileId, outlive_rules::claim::Claim)>,
    dropped: Vec<Dropped>,
    errors: Vec<FileError>,
    stats: Stats,
}

fn gather(found: &Found, fates: Vec<(Fate, u64)>) -> Gathered {
    let mut stats = Stats { skipped: found.skipped.clone(), ..Stats::default() };
    stats.files = found.files.len() as u64 + found.skipped.values().sum::<u64>();
    let mut errors: Vec<FileError> = found
        .errors
        .iter()
        .map(|(path, message)| FileError {
            path: path.clone(),
            message: message.clone(),
            start: None,
            is_syntax: false,
        })
        .collect();
    let (mut entries, mut claims, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
    for (file, (fate, bytes)) in found.files.iter().zip(fates) {
        stats.bytes += bytes;
        match fate {
            Fate::Analysed(analysed) => {
                stats.parsed += 1;
                let id = FileId(u32::try_from(entries.len()).unwrap_or(u32::MAX));
                claims.extend(analysed.claims.into_iter().map(|claim| (id, claim)));
                dropped.extend(analysed.dropped.into_iter().map(|row| Dropped { file: Some(id), ..row }));
                entries.push(FileEntry { path: file.path.clone(), summary: analysed.summary });
            }
            Fate::Skipped(reason) => *stats.skipped.entry(reason).or_default() += 1,
            Fate::Failed(error) => {
                stats.failed += 1;
                errors.push(error);
            }
        }
    }
    Gathered { entries, claims, dropped, errors, stats }
}

/// Analyses one file; a panic in it is this file's error and nobody else's.
fn analyse_guarded(file: &Candidate, catalog: &Catalog, plan: &Plan<'_>) -> (Fate, u64) {
    let run = std::panic::AssertUnwindSafe(|| analyse_file(file, catalog, plan));
    std::panic::catch_unwind(run).unwrap_or_else(|_| {
        let message = "internal-error: the analysis of this file panicked; please report it".to_owned();
        (Fate::Failed(FileError { path: file.path.clone(), message, start: None, is_syntax: false }), 0)
    })
}

fn analyse_file(file: &Candidate, catalog: &Catalog, plan: &Plan<'_>) -> (Fate, u64) {
    let fail = |message: String| {
        Fate::Failed(FileError { path: file.path.clone(), message, start: None, is_syntax: false })
    };
    match std::fs::metadata(&file.path) {
        Ok(meta) if meta.len() > discover::MAX_BYTES => return (Fate::Skipped(Skip::TooLarge), 0),
        _ => {}
    }
    let bytes = match std::fs::read(Path::new(&file.path)) {
        Ok(bytes) => bytes,
        Err(error) => return (fail(format!("cannot be read: {error}")), 0),
    };
    let size = bytes.len() as u64;
    if bytes.iter().take(8_192).any(|&byte| byte == 0) {
        return (Fate::Skipped(Skip::Binary), size);
    }
    let Ok(text) = String::from_utf8(bytes) else { return (fail("is not valid UTF-8".to_owned()), size) };
    if let Some(reason) = discover::skip_text(&text) {
        return (Fate::Skipped(reason), size);
    }
    let nesting = syntax::nesting_bound(&text);
    if nesting > syntax::NESTING_LIMIT {
        let limit = syntax::NESTING_LIMIT;
        return (fail(format!("nests deeper than {limit} levels; it was not analysed")), size);
    }
    let fate = if nesting > syntax::SHALLOW_NESTING {
        on_deep_stack(|| parse_and_analyse(&text, file, catalog, plan))
    } else {
        parse_and_analyse(&text, file, catalog, plan)
    };
    (fate, size)
}

fn on_deep_stack<R: Send>(run: impl FnOnce() -> R + Send) -> R
where
    R: From<FileError>,
{
    std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().stack_size(syntax::DEEP_STACK_BYTES).spawn_scoped(scope, run);
        let failed = |message: &str| {
            FileError { path: String::new(), message: message.to_owned(), start: None, is_syntax: false }
                .into()
        };
        match thread {
            Ok(thread) => {
                thread.join().unwrap_or_else(|_| failed("internal-error: the analysis of this file panicked"))
            }
            Err(_) => failed("nests too deep for the memory at hand; it was not analysed"),
        }
    })
}

impl From<FileError> for Fate {
    fn from(error: FileError) -> Self {
        Self::Failed(error)
    }
}

fn parse_and_analyse(text: &str, file: &Candidate, catalog: &Catalog, plan: &Plan<'_>) -> Fate {
    match syntax::parse(text, file.language) {
        Ok(parsed) => {
            let lowered = syntax::lower(parsed);
            let trace = if plan.traced == Some(&*file.path) { Trace::listening() } else { Trace::default() };
            let role = role::of_path(&file.path);
            let mut analysed = engine::analyse(&lowered, catalog, role, plan.rules, &trace);
            analysed.dropped = trace.into_list();
            Fate::Analysed(Box::new(analysed))
        }
        Err(error) => {
            let start = outlive_semantic::source::Lines::new(text).position(error.span.start);
            let message = format!("cannot be parsed: {}", error.message);
            Fate::Failed(FileError { path: file.path.clone(), message, start: Some(start), is_syntax: true })
        }
    }
}
