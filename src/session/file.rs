//! One file on its way from bytes to facts: found in the cache, or read, parsed, lowered and visited.

use super::Plan;
use crate::arguments::Stage;
use crate::cache::{Cache, Kept, Key, Written};
use crate::discover::{Candidate, Skip};
use crate::report::source::Fits;
use crate::report::{FileError, Trouble, source};
use crate::suppress::Directive;
use crate::{cache, discover, suppress};
use outlive_rules::engine::Analysed;
use outlive_rules::trace::Trace;
use outlive_rules::{Rule, engine};
use outlive_semantic::catalog::Catalog;
use outlive_semantic::syntax;
use std::cell::Cell;
use std::time::{Duration, Instant};

thread_local! {
    /// Where a thread reads its files to, one after the other: new memory for each would have to be cleared first.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What is larger is given back: hardly any file is.
const LASTING_BUFFER: usize = 1 << 20;

/// What became of one file.
#[derive(Clone)]
pub(super) enum Fate {
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
pub(super) struct Outcome {
    pub(super) fate: Fate,
    pub(super) bytes: u64,
    pub(super) hash: u64,
    pub(super) effort: Effort,
    /// Why a newer text could not be parsed: the fate is that of the last one that could.
    pub(super) stale: Option<FileError>,
}

/// What one file, or all files together, cost on the threads that worked on them.
#[derive(Default, Clone)]
pub(super) struct Effort {
    read: Duration,
    /// Taken out of the cache, and put in.
    load: Duration,
    keep: Duration,
    /// How many were taken out of the cache.
    pub(super) loaded: u64,
    parse: Duration,
    lower: Duration,
    visit: Duration,
}

impl Effort {
    pub(super) fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.load += other.load;
        self.loaded += other.loaded;
        self.keep += other.keep;
        self.parse += other.parse;
        self.lower += other.lower;
        self.visit += other.visit;
    }

    /// Rows for `--timings`: they add up to the time of the files on all threads.
    pub(super) fn rows(&self) -> [(&'static str, Duration); 6] {
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

/// What may be known of files before they are analysed.
#[derive(Clone, Copy, Default)]
pub(super) struct Known<'k> {
    /// The file as it was gone through before.
    pub(super) older: Option<&'k Outcome>,
    /// What earlier runs kept.
    pub(super) cache: Option<&'k Cache<'k>>,
}

/// One file, and what is asked for to go through it.
#[derive(Clone, Copy)]
pub(super) struct Work<'w> {
    pub(super) file: &'w Candidate,
    pub(super) catalog: &'w Catalog,
    pub(super) plan: &'w Plan<'w>,
    pub(super) rules: &'w [&'static dyn Rule],
    pub(super) known: Known<'w>,
}

impl Work<'_> {
    /// Analyses one file; a panic in it is this file's error and nobody else's.
    pub(super) fn run(self) -> Outcome {
        let run = std::panic::AssertUnwindSafe(|| self.outcome());
        let outcome = std::panic::catch_unwind(run);
        self.plan.progress.tick();
        let outcome = outcome.unwrap_or_else(|_| Outcome::unread(internal_error(self.file)));
        match self.known.older {
            Some(older) => outcome.after(older),
            None => outcome,
        }
    }

    fn outcome(self) -> Outcome {
        let start = Instant::now();
        let mut bytes = BUFFER.take();
        let read = self.plan.overlay.read_into(&self.file.path, discover::MAX_BYTES, &mut bytes);
        let outcome = match read {
            Ok(Fits::Yes) => self.of_text(&bytes, start),
            Ok(Fits::No) => Outcome::unread(Fate::Skipped(Skip::TooLarge)),
            Err(error) => {
                let message = format!("cannot be read: {error}");
                Outcome::unread(Fate::Failed(file_error(&self.file.path, message, Trouble::Unreadable)))
            }
        };
        if bytes.capacity() <= LASTING_BUFFER {
            BUFFER.set(bytes);
        }
        outcome
    }

    /// What a text that was read yields.
    fn of_text(self, bytes: &[u8], start: Instant) -> Outcome {
        let Self { file, catalog, plan, known, .. } = self;
        let (size, hash) = (bytes.len() as u64, source::hash(bytes));
        if let Some(older) = known.older.filter(|older| older.hash == hash && size == older.bytes) {
            return Outcome { stale: None, ..older.clone() };
        }
        // The trace tells what the rules drop: that is not kept.
        let cache = known.cache.filter(|_| plan.traced != Some(&*file.path));
        let cache = cache.map(|cache| (cache, Key::of(&file.path, file.role, bytes)));
        let mut effort = Effort { read: start.elapsed(), ..Effort::default() };
        let start = Instant::now();
        if let Some(kept) = cache.as_ref().and_then(|(cache, key)| cache.find(key, catalog, size)) {
            let fate = Fate::from_kept(kept, file);
            (effort.load, effort.loaded) = (start.elapsed(), 1);
            return Outcome { fate, bytes: size, hash, effort, stale: None };
        }
        let fate = self.made_anew(bytes, &mut effort);
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
    fn made_anew(self, bytes: &[u8], effort: &mut Effort) -> Fate {
        let start = Instant::now();
        match readable(bytes, self.file) {
            Err(fate) => fate,
            Ok(_) if self.plan.until == Stage::Read => Fate::Stopped,
            Ok((text, nesting)) => {
                effort.read += start.elapsed();
                if nesting > syntax::SHALLOW_NESTING {
                    on_deep_stack(self.file, || self.parsed(text, effort))
                } else {
                    self.parsed(text, effort)
                }
            }
        }
    }

    /// Parses and analyses a text.
    fn parsed(self, text: &str, effort: &mut Effort) -> Fate {
        let Self { file, catalog, plan, rules, .. } = self;
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
        let mut analysed = engine::analyse(&lowered, catalog, file.role, rules, &trace);
        analysed.dropped = trace.into_list();
        let directives = suppress::directives(text, file.language);
        drop(lowered);
        lap(&mut effort.visit);
        if plan.until == Stage::Visit {
            return Fate::Stopped;
        }
        Fate::Analysed(analysed, directives)
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
fn readable<'t>(bytes: &'t [u8], file: &Candidate) -> Result<(&'t str, u32), Fate> {
    let fail = |message: String| Err(Fate::Failed(file_error(&file.path, message, Trouble::Refused)));
    // Asked of a slice this goes through several bytes at a time.
    if bytes.get(..8_192).unwrap_or(bytes).contains(&0) {
        return Err(Fate::Skipped(Skip::Binary));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return fail("is not valid UTF-8; it was not analysed".to_owned());
    };
    let nesting = syntax::nesting_bound(text);
    if nesting > syntax::NESTING_LIMIT {
        return fail(format!("nests deeper than {} levels; it was not analysed", syntax::NESTING_LIMIT));
    }
    match discover::skip_text(text) {
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

fn internal_error(file: &Candidate) -> Fate {
    let message = "the analysis of this file failed; please report it".to_owned();
    Fate::Failed(file_error(&file.path, message, Trouble::Internal))
}

pub(super) fn file_error(path: &str, message: String, trouble: Trouble) -> FileError {
    FileError { path: path.to_owned(), message, start: None, trouble }
}

fn syntax_error(text: &str, file: &Candidate, error: &syntax::SyntaxError) -> FileError {
    let start = outlive_semantic::source::Lines::new(text).position(error.span.start);
    let message = format!("cannot be parsed: {}", error.message);
    FileError { start: Some(start), ..file_error(&file.path, message, Trouble::Syntax) }
}
