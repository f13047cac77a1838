//! The one pipeline: walk, read, parse, analyse, link.

mod file;
mod gathered;
mod types;

use crate::arguments::Stage;
use crate::baseline::BaselineError;
use crate::cache::{Cache, Place};
use crate::changed::GitError;
use crate::config::ConfigError;
use crate::configs::Configs;
use crate::discover::{self, Candidate, DiscoverError, Found};
use crate::output;
use crate::progress::Counter;
use crate::report::source::Overlay;
use crate::report::{FileError, Stats};
use crate::suppress::Directive;
use file::{Fate, Known, Outcome, Work};
use gathered::Gathered;
use outlive_rules::Rule;
use outlive_rules::claim::Claim;
use outlive_rules::models::ModelError;
use outlive_rules::trace::Dropped;
use outlive_semantic::catalog::Catalog;
use outlive_semantic::project::{Declared, FileId, Memo, Project, Resolver};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::{Path, PathBuf};
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

/// What is left of a run before it becomes a report.
pub(crate) struct Analysis<'c> {
    pub(crate) project: Project<'c>,
    pub(crate) claims: Vec<(FileId, Arc<[Claim]>)>,
    pub(crate) dropped: Vec<Dropped>,
    /// Files of installed packages: nothing is reported on them.
    pub(crate) published: FxHashSet<String>,
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
    let Loaded { found, outcomes, times, pool, declared } = loaded;
    Ok(pool
        .install(|| link(&found, outcomes, times, catalog, Kept { memo: None, declared: &declared }, &pool)))
}

/// The files of a project, gone through one by one and not yet linked. Editors keep it from one edit to the next.
pub(crate) struct Loaded {
    found: Found,
    outcomes: Vec<Outcome>,
    times: Vec<(&'static str, Duration)>,
    pool: Arc<rayon::ThreadPool>,
    declared: Arc<Declared>,
}

/// What links after one another have in common.
#[derive(Clone, Copy)]
struct Kept<'k> {
    memo: Option<&'k Memo>,
    declared: &'k Arc<Declared>,
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
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(plan.threads)
            .stack_size(WORKER_STACK_BYTES)
            .build()
            .map_err(|error| SessionError::Threads(plan.threads, error))?;
        let mut found = pool.install(|| discover::discover(plan.paths, plan.extra, plan.configs))?;
        found.close(|package| catalog.tells_majors_of(package));
        plan.progress.start(found.files.len() as u64);
        lap("walk");
        let rules = plan.rules();
        // What stops early leaves nothing to keep.
        let place = plan.cache.filter(|_| plan.until == Stage::Link);
        let cache = place.map(|place| Cache::open(place, &rules));
        lap("open the cache");
        let analyse = |file: &Candidate| {
            let older = older.and_then(|older| older.outcome(&file.path));
            Work { file, catalog, plan, rules: &rules, known: Known { older, cache: cache.as_ref() } }.run()
        };
        let outcomes: Vec<Outcome> = pool.install(|| found.files.par_iter().map(analyse).collect());
        lap("files");
        if let Some(complaint) = cache.and_then(Cache::finish) {
            output::note(&complaint);
        }
        lap("write the cache");
        let here = std::env::current_dir().unwrap_or_default();
        let declared = Arc::new(Declared::new(&here, types::read));
        Ok(Self { found, outcomes, times, pool: Arc::new(pool), declared })
    }

    /// The same, with packages that are installed elsewhere: those of the working tree, for a commit.
    pub(crate) fn with_packages_in(self, folder: &Path) -> Self {
        Self { declared: Arc::new(Declared::new(folder, types::read)), ..self }
    }

    /// The same, with the packages of another state of the project.
    pub(crate) fn with_packages_of(self, other: &Self) -> Self {
        Self { declared: Arc::clone(&other.declared), ..self }
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
            *outcome = Work { file, catalog, plan, rules: &plan.rules(), known }.run();
        }
    }

    /// Links what is known now.
    pub(crate) fn link<'c>(&self, catalog: &'c Catalog, memo: &Memo) -> Analysis<'c> {
        self.pool.install(|| {
            let kept = Kept { memo: Some(memo), declared: &self.declared };
            link(&self.found, self.outcomes.clone(), Vec::new(), catalog, kept, &self.pool)
        })
    }

    /// What the rules drop in one file, as the plan reads it.
    pub(crate) fn dropped(&self, path: &str, plan: &Plan<'_>, catalog: &Catalog) -> Vec<Dropped> {
        let file = self.position(path).and_then(|at| self.found.files.get(at));
        let rules = plan.rules();
        let work = |file| Work { file, catalog, plan, rules: &rules, known: Known::default() };
        match file.map(|file| work(file).run().fate) {
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
    kept: Kept<'_>,
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
    let resolver = resolver.declaring(Arc::clone(kept.declared));
    let resolver = match kept.memo {
        Some(memo) => resolver.remembering(memo),
        None => resolver,
    };
    let project = Project::link(gathered.entries, catalog, &resolver);
    times.push(("link", start.elapsed()));
    sizes.extend(output::memory().map(|now| ("memory after the link", now)));
    let Gathered { claims, dropped, published, directives, hashes, errors, stats, effort, .. } = gathered;
    let (pool, loaded) = (Arc::clone(pool), effort.loaded);
    Analysis {
        project,
        claims,
        dropped,
        published,
        directives,
        hashes,
        errors,
        stats,
        times,
        sizes,
        loaded,
        pool,
    }
}
