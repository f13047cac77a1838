//! The one pipeline: walk, read, parse, analyse, link.

use crate::arguments::Stage;
use crate::baseline::BaselineError;
use crate::cache::{self, Cache, Kept, Key, Place, Written};
use crate::changed::GitError;
use crate::config::ConfigError;
use crate::configs::Configs;
use crate::discover::{self, Candidate, DiscoverError, Found, Skip};
use crate::output;
use crate::progress::Counter;
use crate::report::source::{self, Overlay};
use crate::report::{FileError, Stats, Trouble};
use crate::role;
use crate::suppress::{self, Directive};
use outlive_rules::Rule;
use outlive_rules::claim::Claim;
use outlive_rules::engine::{self, Analysed};
use outlive_rules::models::ModelError;
use outlive_rules::trace::{Dropped, Trace};
use outlive_semantic::catalog::Catalog;
use outlive_semantic::project::{FileEntry, FileId, Memo, Project, Resolver};
use outlive_semantic::summary::Role;
use outlive_semantic::syntax;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::path::PathBuf;
use std::sync::Arc;
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
    /// See [`ConfigError`].
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// See [`GitError`].
    #[error(transparent)]
    Git(#[from] GitError),
    /// See [`BaselineError`].
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// A rule was named that does not exist.
    #[error("no rule is called `{0}`{1}")]
    UnknownRule(String, String),
    /// The worker threads could not be started.
    #[error("cannot start {0} worker threads: {1}")]
    Threads(usize, rayon::ThreadPoolBuildError),
    /// `why` was not given a line of a file.
    #[error("`{0}` is not a line of an analysed file; write PATH:LINE")]
    NoSuchLine(String),
    /// There is no manual page.
    #[error("there is no command `{0}`; `outlive --help` lists them")]
    NoCommand(String),
    /// What is to be compared is neither a commit nor a folder.
    #[error("`{0}` is no commit, branch or tag here, and no folder")]
    NoState(String),
    /// `init` would overwrite something.
    #[error("{0} is there already; `outlive init --force` overwrites it")]
    Exists(String),
    /// A file could not be written.
    #[error("cannot write {0}: {1}")]
    Unwritable(String, std::io::Error),
    /// The result could not be written.
    #[error("cannot write the result: {0}")]
    Output(#[from] std::io::Error),
}

/// The stack of a worker thread. Files that need more are parsed on a thread of their own.
const WORKER_STACK_BYTES: usize = 16 << 20;

/// What became of one file.
#[derive(Clone)]
enum Fate {
    /// Parsed and analysed.
    Analysed(Analysed, Vec<Directive>),
    /// Parsed, and dropped there as was asked for.
    Stopped,
    /// Left out.
    Skipped(Skip),
    /// Not readable or not parsable.
    Failed(FileError),
}

/// One file, gone through.
#[derive(Clone)]
struct Outcome {
    fate: Fate,
    bytes: u64,
    hash: u64,
    effort: Effort,
    /// Why a newer text could not be parsed: the fate is that of the last one that could.
    stale: Option<FileError>,
}

/// What one file, or all files together, cost on the threads that worked on them.
#[derive(Default, Clone)]
struct Effort {
    read: Duration,
    /// Taken out of the cache, and put in.
    load: Duration,
    keep: Duration,
    /// How many were taken out of the cache.
    loaded: u64,
    parse: Duration,
    lower: Duration,
    visit: Duration,
}

impl Effort {
    fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.load += other.load;
        self.loaded += other.loaded;
        self.keep += other.keep;
        self.parse += other.parse;
        self.lower += other.lower;
        self.visit += other.visit;
    }

    /// Rows for `--timings`: they add up to the time of the files on all threads.
    fn rows(&self) -> [(&'static str, Duration); 6] {
        [
            ("  read", self.read),
            ("  load", self.load),
            ("  parse", self.parse),
            ("  lower", self.lower),
            ("  visit", self.visit),
            ("  keep", self.keep),
        ]
    }
}

impl Outcome {
    fn unread(fate: Fate) -> Self {
        Self { fate, bytes: 0, hash: 0, effort: Effort::default(), stale: None }
    }

    /// What is known after an older outcome: a text that does not parse takes nothing away.
    fn after(self, older: &Self) -> Self {
        match self.fate {
            Fate::Failed(error)
                if matches!(older.fate, Fate::Analysed(..)) && error.trouble == Trouble::Syntax =>
            {
                Self { stale: Some(error), ..older.clone() }
            }
            _ => self,
        }
    }
}

/// What is left of a run before it becomes a report.
pub(crate) struct Analysis<'c> {
    pub(crate) project: Project<'c>,
    pub(crate) claims: Vec<(FileId, Arc<[Claim]>)>,
    pub(crate) dropped: Vec<Dropped>,
    /// The suppression comments of files that have any.
    pub(crate) directives: Vec<(String, Vec<Directive>)>,
    /// What was analysed, so that a file that changed meanwhile is not quoted.
    pub(crate) hashes: FxHashMap<String, u64>,
    pub(crate) errors: Vec<FileError>,
    pub(crate) stats: Stats,
    pub(crate) times: Vec<(&'static str, Duration)>,
    /// How many files the cache knew.
    pub(crate) loaded: u64,
    /// What is kept in memory for the link, and what it adds, in bytes.
    pub(crate) sizes: Vec<(&'static str, u64)>,
    /// The threads that it was made on.
    pub(crate) pool: Arc<rayon::ThreadPool>,
}

/// How a run is to be made.
pub(crate) struct Plan<'p> {
    pub(crate) paths: &'p [PathBuf],
    /// Files that only the overlay may have.
    pub(crate) extra: &'p [String],
    pub(crate) configs: &'p Configs,
    pub(crate) overlay: &'p Overlay,
    pub(crate) threads: usize,
    /// The rules that run; none if the configs say it.
    pub(crate) rules: Option<&'p [&'static dyn Rule]>,
    /// The file whose dropped candidates are asked for.
    pub(crate) traced: Option<&'p str>,
    pub(crate) progress: &'p Counter,
    /// How far each file goes.
    pub(crate) until: Stage,
    /// Where it is kept what files yield, if anywhere.
    pub(crate) cache: Option<&'p Place>,
}

impl Plan<'_> {
    fn rules(&self) -> Vec<&'static dyn Rule> {
        self.rules.map_or_else(|| self.configs.rules(), <[_]>::to_vec)
    }
}

/// Walks, analyses and links.
pub(crate) fn run<'c>(plan: &Plan<'_>, catalog: &'c Catalog) -> Result<Analysis<'c>, SessionError> {
    let loaded = Loaded::new(plan, catalog, None)?;
    let Loaded { found, outcomes, times, pool } = loaded;
    Ok(pool.install(|| link(&found, outcomes, times, catalog, None, &pool)))
}

/// The files of a project, gone through one by one and not yet linked. Editors keep it from one edit to the next.
pub(crate) struct Loaded {
    found: Found,
    outcomes: Vec<Outcome>,
    times: Vec<(&'static str, Duration)>,
    pool: Arc<rayon::ThreadPool>,
}

impl Loaded {
    /// Walks and analyses. A file that is in `older` with the same text is not analysed again.
    pub(crate) fn new(
        plan: &Plan<'_>,
        catalog: &Catalog,
        older: Option<&Self>,
    ) -> Result<Self, SessionError> {
        let mut times = Vec::new();
        let mut clock = Instant::now();
        let mut lap = |name: &'static str| {
            times.push((name, clock.elapsed()));
            clock = Instant::now();
        };
        let found = discover::discover(plan.paths, plan.extra, plan.configs)?;
        plan.progress.start(found.files.len() as u64);
        lap("walk");
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(plan.threads)
            .stack_size(WORKER_STACK_BYTES)
            .build()
            .map_err(|error| SessionError::Threads(plan.threads, error))?;
        let rules = plan.rules();
        // What stops early leaves nothing to keep.
        let place = plan.cache.filter(|_| plan.until == Stage::Link);
        let cache = place.map(|place| Cache::open(place, &rules));
        lap("open the cache");
        let analyse = |file: &Candidate| {
            let older = older.and_then(|older| older.outcome(&file.path));
            analyse_guarded(file, catalog, plan, &rules, Known { older, cache: cache.as_ref() })
        };
        let outcomes: Vec<Outcome> = pool.install(|| found.files.par_iter().map(analyse).collect());
        lap("files");
        if let Some(complaint) = cache.and_then(Cache::finish) {
            output::note(&complaint);
        }
        lap("write the cache");
        Ok(Self { found, outcomes, times, pool: Arc::new(pool) })
    }

    fn position(&self, path: &str) -> Option<usize> {
        self.found.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()
    }

    fn outcome(&self, path: &str) -> Option<&Outcome> {
        self.outcomes.get(self.position(path)?)
    }

    /// The files that went as far as they were to go, by path.
    pub(crate) fn analysed(&self) -> impl Iterator<Item = &str> {
        let files = self.found.files.iter().zip(&self.outcomes);
        let is_whole = |outcome: &Outcome| matches!(outcome.fate, Fate::Stopped | Fate::Analysed(..));
        files.filter(move |(_, outcome)| is_whole(outcome)).map(|(file, _)| &*file.path)
    }

    /// Whether a file belongs to the project.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.position(path).is_some()
    }

    /// The hash of the text that is known of a file: the last one that could be parsed.
    pub(crate) fn hash(&self, path: &str) -> Option<u64> {
        self.outcome(path).map(|outcome| outcome.hash)
    }

    /// Analyses one file again.
    pub(crate) fn refresh(&mut self, path: &str, plan: &Plan<'_>, catalog: &Catalog) {
        let Some(at) = self.position(path) else { return };
        if let (Some(file), Some(outcome)) = (self.found.files.get(at), self.outcomes.get_mut(at)) {
            let known = Known { older: Some(outcome), cache: None };
            *outcome = analyse_guarded(file, catalog, plan, &plan.rules(), known);
        }
    }

    /// Links what is known now.
    pub(crate) fn link<'c>(&self, catalog: &'c Catalog, memo: &Memo) -> Analysis<'c> {
        self.pool
            .install(|| link(&self.found, self.outcomes.clone(), Vec::new(), catalog, Some(memo), &self.pool))
    }

    /// What the rules drop in one file, as the plan reads it.
    pub(crate) fn dropped(&self, path: &str, plan: &Plan<'_>, catalog: &Catalog) -> Vec<Dropped> {
        let file = self.position(path).and_then(|at| self.found.files.get(at));
        match file.map(|file| analyse_guarded(file, catalog, plan, &plan.rules(), Known::default()).fate) {
            Some(Fate::Analysed(analysed, _)) => analysed.dropped,
            _ => Vec::new(),
        }
    }
}

fn link<'c>(
    found: &Found,
    outcomes: Vec<Outcome>,
    mut times: Vec<(&'static str, Duration)>,
    catalog: &'c Catalog,
    memo: Option<&Memo>,
    pool: &Arc<rayon::ThreadPool>,
) -> Analysis<'c> {
    let start = Instant::now();
    let gathered = Gathered::new(found, outcomes);
    times.extend(gathered.effort.rows());
    let mut sizes = gathered.sizes();
    sizes.extend(output::memory().map(|now| ("memory before the link", now)));
    let here = std::env::current_dir().unwrap_or_default();
    let paths: Vec<String> = gathered.entries.iter().map(|entry| entry.path.clone()).collect();
    let resolver = Resolver::new(&here, paths.iter().map(String::as_str), &found.packages, true);
    let resolver = match memo {
        Some(memo) => resolver.remembering(memo),
        None => resolver,
    };
    let project = Project::link(gathered.entries, catalog, &resolver);
    times.push(("link", start.elapsed()));
    sizes.extend(output::memory().map(|now| ("memory after the link", now)));
    let Gathered { claims, dropped, directives, hashes, errors, stats, effort, .. } = gathered;
    let (pool, loaded) = (Arc::clone(pool), effort.loaded);
    Analysis { project, claims, dropped, directives, hashes, errors, stats, times, sizes, loaded, pool }
}

#[derive(Default)]
struct Gathered {
    entries: Vec<FileEntry>,
    claims: Vec<(FileId, Arc<[Claim]>)>,
    dropped: Vec<Dropped>,
    directives: Vec<(String, Vec<Directive>)>,
    hashes: FxHashMap<String, u64>,
    errors: Vec<FileError>,
    stats: Stats,
    effort: Effort,
}

impl Gathered {
    fn new(found: &Found, outcomes: Vec<Outcome>) -> Self {
        let mut all = Self::default();
        all.stats.skipped.clone_from(&found.skipped);
        all.stats.failed = found.refused.len() as u64;
        all.stats.files = found.files.len() as u64 + found.skipped.values().sum::<u64>() + all.stats.failed;
        all.errors = found
            .refused
            .iter()
            .chain(&found.errors)
            .map(|(path, message)| file_error(path, message.clone(), Trouble::Unreadable))
            .collect();
        for (file, outcome) in found.files.iter().zip(outcomes) {
            all.add(file, outcome);
        }
        all
    }

    /// What of the files is kept for the link, about.
    fn sizes(&self) -> Vec<(&'static str, u64)> {
        let summaries: usize = self.entries.iter().map(|entry| entry.summary.bytes()).sum();
        let claims: usize = self.claims.iter().map(|(_, claims)| size_of_val(&**claims)).sum();
        vec![("summaries", summaries as u64), ("claims", claims as u64)]
    }

    fn add(&mut self, file: &Candidate, outcome: Outcome) {
        self.stats.bytes += outcome.bytes;
        self.errors.extend(outcome.stale);
        self.effort.add(&outcome.effort);
        match outcome.fate {
            Fate::Analysed(analysed, directives) => {
                self.stats.parsed += 1;
                self.stats.asides += u64::from(role::of_path(&file.path) != Role::Source);
                let id = FileId(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
                self.claims.push((id, analysed.claims));
                self.dropped
                    .extend(analysed.dropped.into_iter().map(|row| Dropped { file: Some(id), ..row }));
                if !directives.is_empty() {
                    self.directives.push((file.path.clone(), directives));
                }
                self.hashes.insert(file.path.clone(), outcome.hash);
                self.entries.push(FileEntry { path: file.path.clone(), summary: analysed.summary });
            }
            Fate::Stopped => self.stats.parsed += 1,
            Fate::Skipped(reason) => {
                if matches!(reason, Skip::TooLarge | Skip::Binary) {
                    self.stats.left_out.push((file.path.clone(), reason));
                }
                *self.stats.skipped.entry(reason).or_default() += 1;
            }
            Fate::Failed(error) => {
                self.stats.failed += 1;
                self.errors.push(error);
            }
        }
    }
}

fn file_error(path: &str, message: String, trouble: Trouble) -> FileError {
    FileError { path: path.to_owned(), message, start: None, trouble }
}

/// What may be known of files before they are analysed.
#[derive(Clone, Copy, Default)]
struct Known<'k> {
    /// The file as it was gone through before.
    older: Option<&'k Outcome>,
    /// What earlier runs kept.
    cache: Option<&'k Cache<'k>>,
}

/// Analyses one file; a panic in it is this file's error and nobody else's.
fn analyse_guarded(
    file: &Candidate,
    catalog: &Catalog,
    plan: &Plan<'_>,
    rules: &[&'static dyn Rule],
    known: Known<'_>,
) -> Outcome {
    let run = std::panic::AssertUnwindSafe(|| analyse_file(file, catalog, plan, rules, known));
    let outcome = std::panic::catch_unwind(run);
    plan.progress.tick();
    let outcome = outcome.unwrap_or_else(|_| Outcome::unread(internal_error(file)));
    match known.older {
        Some(older) => outcome.after(older),
        None => outcome,
    }
}

fn internal_error(file: &Candidate) -> Fate {
    let message = "the analysis of this file failed; please report it".to_owned();
    Fate::Failed(file_error(&file.path, message, Trouble::Internal))
}

fn analyse_file(
    file: &Candidate,
    catalog: &Catalog,
    plan: &Plan<'_>,
    rules: &[&'static dyn Rule],
    known: Known<'_>,
) -> Outcome {
    let start = Instant::now();
    let fail = |message: String, trouble: Trouble| Fate::Failed(file_error(&file.path, message, trouble));
    if plan.overlay.size(&file.path) > discover::MAX_BYTES {
        return Outcome::unread(Fate::Skipped(Skip::TooLarge));
    }
    let bytes = match plan.overlay.read(&file.path) {
        Ok(bytes) => bytes,
        Err(error) => return Outcome::unread(fail(format!("cannot be read: {error}"), Trouble::Unreadable)),
    };
    let (size, hash) = (bytes.len() as u64, source::hash(&bytes));
    if let Some(older) = known.older.filter(|older| older.hash == hash && size == older.bytes) {
        return Outcome { stale: None, ..older.clone() };
    }
    // The trace tells what the rules drop: that is not kept.
    let cache = known.cache.filter(|_| plan.traced != Some(&*file.path));
    let cache = cache.map(|cache| (cache, Key::of(&file.path, &bytes)));
    let mut effort = Effort { read: start.elapsed(), ..Effort::default() };
    let start = Instant::now();
    if let Some(kept) = cache.as_ref().and_then(|(cache, key)| cache.find(key, catalog, size)) {
        let fate = Fate::from_kept(kept, file);
        (effort.load, effort.loaded) = (start.elapsed(), 1);
        return Outcome { fate, bytes: size, hash, effort, stale: None };
    }
    let fate = made_anew(bytes, file, catalog, plan, rules, &mut effort);
    let start = Instant::now();
    if let Some((cache, key)) = &cache
        && let Some(record) = fate.as_kept().and_then(|kept| cache::encode(&kept, size))
    {
        cache.keep(key, record);
    }
    effort.keep = start.elapsed();
    Outcome { fate, bytes: size, hash, effort, stale: None }
}

/// Reads, parses and analyses the text of a file, as far as the plan goes.
fn made_anew(
    bytes: Vec<u8>,
    file: &Candidate,
    catalog: &Catalog,
    plan: &Plan<'_>,
    rules: &[&'static dyn Rule],
    effort: &mut Effort,
) -> Fate {
    let start = Instant::now();
    match readable(bytes, file) {
        Err(fate) => fate,
        Ok(_) if plan.until == Stage::Read => Fate::Stopped,
        Ok((text, nesting)) => {
            effort.read += start.elapsed();
            if nesting > syntax::SHALLOW_NESTING {
                on_deep_stack(file, || parse_and_analyse(&text, file, catalog, plan, rules, effort))
            } else {
                parse_and_analyse(&text, file, catalog, plan, rules, effort)
            }
        }
    }
}

impl Fate {
    /// What the cache keeps of it: what the text alone decides.
    fn as_kept(&self) -> Option<Written<'_>> {
        match self {
            Self::Analysed(analysed, directives) => {
                Some(Written::Analysed(&analysed.summary, &analysed.claims, directives))
            }
            Self::Skipped(reason) => Some(Written::Skipped(*reason)),
            Self::Failed(error) if error.trouble == Trouble::Syntax => {
                Some(Written::Failed(&error.message, error.start))
            }
            Self::Failed(_) | Self::Stopped => None,
        }
    }

    fn from_kept(kept: Kept, file: &Candidate) -> Self {
        match kept {
            Kept::Analysed(summary, claims, directives) => {
                let (summary, claims) = (summary.into(), claims.into());
                Self::Analysed(Analysed { summary, claims, dropped: Vec::new() }, directives)
            }
            Kept::Skipped(reason) => Self::Skipped(reason),
            Kept::Failed(message, start) => {
                Self::Failed(FileError { start, ..file_error(&file.path, message, Trouble::Syntax) })
            }
        }
    }
}

/// The text of a file and how deep it nests, or why it is not parsed.
fn readable(bytes: Vec<u8>, file: &Candidate) -> Result<(String, u32), Fate> {
    let fail = |message: String| Err(Fate::Failed(file_error(&file.path, message, Trouble::Refused)));
    // Asked of a slice this goes through several bytes at a time.
    if bytes.get(..8_192).unwrap_or(&bytes).contains(&0) {
        return Err(Fate::Skipped(Skip::Binary));
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return fail("is not valid UTF-8; it was not analysed".to_owned());
    };
    let nesting = syntax::nesting_bound(&text);
    if nesting > syntax::NESTING_LIMIT {
        return fail(format!("nests deeper than {} levels; it was not analysed", syntax::NESTING_LIMIT));
    }
    match discover::skip_text(&text) {
        Some(reason) => Err(Fate::Skipped(reason)),
        None => Ok((text, nesting)),
    }
}

fn on_deep_stack(file: &Candidate, run: impl FnOnce() -> Fate + Send) -> Fate {
    std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().stack_size(syntax::DEEP_STACK_BYTES).spawn_scoped(scope, run);
        match thread {
            Ok(thread) => thread.join().unwrap_or_else(|_| internal_error(file)),
            Err(_) => {
                let message = "nests too deep for the memory at hand; it was not analysed".to_owned();
                Fate::Failed(file_error(&file.path, message, Trouble::Refused))
            }
        }
    })
}

fn parse_and_analyse(
    text: &str,
    file: &Candidate,
    catalog: &Catalog,
    plan: &Plan<'_>,
    rules: &[&'static dyn Rule],
    effort: &mut Effort,
) -> Fate {
    let mut clock = Instant::now();
    let mut lap = |spent: &mut Duration| {
        *spent = clock.elapsed();
        clock = Instant::now();
    };
    let parsed = match syntax::parse(text, file.language) {
        Ok(parsed) => parsed,
        Err(error) => return Fate::Failed(syntax_error(text, file, &error)),
    };
    if plan.until == Stage::Parse {
        drop(parsed);
        lap(&mut effort.parse);
        return Fate::Stopped;
    }
    lap(&mut effort.parse);
    let mut lowered = syntax::lower(parsed);
    lap(&mut effort.lower);
    if plan.until == Stage::Lower {
        return Fate::Stopped;
    }
    lowered.path = file.path.as_str().into();
    let trace = if plan.traced == Some(&*file.path) { Trace::listening() } else { Trace::default() };
    let mut analysed = engine::analyse(&lowered, catalog, role::of_path(&file.path), rules, &trace);
    analysed.dropped = trace.into_list();
    let directives = suppress::directives(text, file.language);
    drop(lowered);
    lap(&mut effort.visit);
    if plan.until == Stage::Visit {
        return Fate::Stopped;
    }
    Fate::Analysed(analysed, directives)
}

fn syntax_error(text: &str, file: &Candidate, error: &syntax::SyntaxError) -> FileError {
    let start = outlive_semantic::source::Lines::new(text).position(error.span.start);
    let message = format!("cannot be parsed: {}", error.message);
    FileError { start: Some(start), ..file_error(&file.path, message, Trouble::Syntax) }
}
