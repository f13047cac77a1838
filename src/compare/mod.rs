//! `outlive compare BASE [HEAD]`: what a change adds and what it mends.
//!
//! Both states are analysed as wholes, under one config, and their findings are told apart as a baseline tells them.

mod cause;
mod lines;
mod tree;

use crate::Outcome;
use crate::arguments::{Check, Compare};
use crate::changed;
use crate::check::{self, Input, Settings};
use crate::discover::DiscoverError;
use crate::output;
use crate::report::source::Overlay;
use crate::report::{self, Comparison, Gone, Report, Reported};
use crate::session::{Loaded, SessionError};
use cause::Lab;
use lines::Change;
use outlive_semantic::catalog::Catalog;
use outlive_semantic::project::Memo;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tree::Tree;

/// Runs `compare`.
pub(crate) fn compare(options: &Compare) -> Result<Outcome, SessionError> {
    let here = std::env::current_dir().map_err(DiscoverError::WorkingDirectory)?;
    let base = Side::of(&options.base, &here)?;
    let head = match &options.head {
        Some(head) => Side::of(head, &here)?,
        None => Side::working_tree(&here),
    };
    let renames = match (&base.commit, &head.commit, &options.head) {
        (Some(base), Some(head), _) => changed::renames(base, Some(head))?,
        (Some(base), None, None) => changed::renames(base, None)?,
        _ => Vec::new(),
    };
    let mut check = options.check();
    check.config = check.config.map(|path| here.join(path));
    let result = compared(&base, &head, renames, &check);
    std::env::set_current_dir(&here).map_err(DiscoverError::WorkingDirectory)?;
    let (report, settings) = result?;
    output::print(&report, &check, &settings.below)?;
    if !options.quiet {
        output::sum_up_comparison(&report);
    }
    Ok(match settings.outcome(&report) {
        Outcome::Findings if options.exit_zero => Outcome::Clean,
        outcome => outcome,
    })
}

/// One of the states.
struct Side {
    name: String,
    folder: PathBuf,
    /// The commit, if it is one.
    commit: Option<String>,
    /// Whose config holds: a commit is judged by that of the working directory.
    config_from: PathBuf,
    /// Keeps the files of a commit.
    _tree: Option<Tree>,
}

impl Side {
    /// A commit, or else a folder. What starts or ends as paths do is one.
    fn of(name: &str, here: &Path) -> Result<Self, SessionError> {
        let is_path = name.starts_with(['.', '/']) || name.ends_with('/');
        if let Some(commit) = changed::commit(name).filter(|_| !is_path) {
            let tree = Tree::of(&commit)?;
            let (name, folder) = (shown(name), tree.folder());
            let config_from = here.to_owned();
            return Ok(Self { name, folder, commit: Some(commit), config_from, _tree: Some(tree) });
        }
        let folder = here.join(name);
        if !folder.is_dir() {
            return Err(SessionError::NoState(name.to_owned()));
        }
        let config_from = folder.clone();
        Ok(Self { name: name.to_owned(), folder, commit: None, config_from, _tree: None })
    }

    fn working_tree(here: &Path) -> Self {
        Self {
            name: "the working tree".to_owned(),
            folder: here.to_owned(),
            commit: None,
            config_from: here.to_owned(),
            _tree: None,
        }
    }

    /// Reads a file of it; empty if there is none.
    fn text(&self, path: &str) -> String {
        std::fs::read(self.folder.join(path))
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

/// The name of a commit for people: nobody reads a whole hash.
fn shown(name: &str) -> String {
    let is_hash = name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.chars().take(if is_hash { 10 } else { usize::MAX }).collect()
}

/// A state that was analysed.
struct Seen {
    loaded: Loaded,
    report: Report,
    hashes: FxHashMap<String, u64>,
}

fn enter(folder: &Path) -> Result<(), SessionError> {
    let problem = |error| DiscoverError::Unreadable(folder.display().to_string(), error);
    Ok(std::env::set_current_dir(folder).map_err(problem)?)
}

fn compared(
    base: &Side,
    head: &Side,
    renames: Vec<(String, String)>,
    check: &Check,
) -> Result<(Report, Settings), SessionError> {
    enter(&head.config_from)?;
    let settings = Settings::new(check)?;
    let catalog = outlive_rules::models::catalog(&settings.found().sheets()?)?;
    let before = see(base, check, &settings, &catalog)?;
    let Seen { mut loaded, mut report, hashes } = see(head, check, &settings, &catalog)?;
    let counts = cause::counts(&report);
    let renames = renamed(renames, &before.hashes, &hashes);
    let changes = changes(base, head, &before.hashes, &hashes, &renames);
    report.errors.retain(|error| {
        !before.report.errors.iter().any(|old| old.path == error.path && old.trouble == error.trouble)
    });
    let mut pairs = Pairs::new(before.report.findings, std::mem::take(&mut report.findings));
    pairs.match_twins(&changes);
    pairs.match_renamed(&renames);
    let Pairs { gone, mut new, both } = pairs;
    // The folder of the state after is where we are.
    Lab::new(check, &settings, &catalog, &mut loaded, counts).explain(&mut new, &changes)?;
    let is_suppressed = |it: &Reported| report.suppressed.iter().any(|row| row.finding.key == it.key);
    let gone = gone.into_iter().map(|it| Gone { is_suppressed: is_suppressed(&it), finding: it }).collect();
    report.comparison = Some(Comparison { base: base.name.clone(), head: head.name.clone(), both, gone });
    report.findings = new;
    for at in 0..report.findings.len() {
        let cause = report.findings.get(at).and_then(|finding| report::cause(&report, finding));
        if let (Some(finding), Some(cause)) = (report.findings.get_mut(at), cause) {
            let gap = if finding.help.is_empty() { "" } else { "; " };
            finding.help += &format!("{gap}it is new {cause}");
        }
    }
    Ok((report, settings))
}

fn see(side: &Side, check: &Check, settings: &Settings, catalog: &Catalog) -> Result<Seen, SessionError> {
    enter(&side.folder)?;
    let overlay = Overlay::default();
    let loaded = Loaded::new(&cause::plan(check, settings, &[], &overlay), catalog, None)?;
    let loaded = loaded.with_packages_in(&side.config_from);
    let mut analysis = loaded.link(catalog, &Memo::default());
    let hashes = analysis.hashes.clone();
    let mut report = check::judge(&mut analysis, check, settings, &Input::default());
    report.settle();
    Ok(Seen { loaded, report, hashes })
}

/// The files that went by another name: those that git sees, and those with the very same text.
fn renamed(
    known: Vec<(String, String)>,
    before: &FxHashMap<String, u64>,
    after: &FxHashMap<String, u64>,
) -> FxHashMap<String, String> {
    let mut renames: FxHashMap<String, String> =
        known.into_iter().filter(|(old, new)| before.contains_key(old) && after.contains_key(new)).collect();
    let taken: FxHashSet<String> = renames.values().cloned().collect();
    let came = |path: &&String| !before.contains_key(*path) && !taken.contains(*path);
    let came: BTreeSet<&String> = after.keys().filter(came).collect();
    let mut by_text: FxHashMap<u64, &String> = FxHashMap::default();
    for path in came {
        if let Some(&hash) = after.get(path) {
            by_text.entry(hash).or_insert(path);
        }
    }
    let went: BTreeSet<&String> = before.keys().filter(|path| !after.contains_key(*path)).collect();
    for path in went {
        let same = before.get(path).and_then(|hash| by_text.get(hash).copied());
        if let Some(new) = same.filter(|_| !renames.contains_key(path)) {
            renames.insert(path.clone(), new.clone());
        }
    }
    renames
}

/// What differs between the states, by path.
fn changes(
    base: &Side,
    head: &Side,
    before: &FxHashMap<String, u64>,
    after: &FxHashMap<String, u64>,
    renames: &FxHashMap<String, String>,
) -> Vec<Change> {
    let targets: FxHashSet<&String> = renames.values().collect();
    let paths: BTreeSet<&String> =
        before.keys().chain(after.keys()).filter(|path| !targets.contains(path)).collect();
    let mut changes = Vec::new();
    for old in paths {
        let new = renames.get(old).unwrap_or(old);
        if before.get(old) != after.get(new) {
            changes.push(Change::between(old, new, &base.text(old), &head.text(new)));
        }
    }
    changes
}

/// Findings of both states, as far as they have no partner.
struct Pairs {
    gone: Vec<Reported>,
    new: Vec<Reported>,
    both: u64,
}

impl Pairs {
    fn new(gone: Vec<Reported>, new: Vec<Reported>) -> Self {
        Self { gone, new, both: 0 }
    }

    /// Pairs findings of one key: first those whose lines are the same, then the others in their order.
    fn match_twins(&mut self, changes: &[Change]) {
        let by_path: FxHashMap<&str, &Change> =
            changes.iter().map(|change| (change.path.as_str(), change)).collect();
        let line_before = |it: &Reported| {
            let line = it.place.start.line as usize;
            let moved = by_path.get(it.place.path.as_str());
            moved.map_or(Some(line), |change| change.line_before(line - 1).map(|line| line + 1))
        };
        self.pair(|old, new| old.key == new.key && line_before(new) == Some(old.place.start.line as usize));
        self.pair(|old, new| old.key == new.key);
    }

    /// Pairs what says the same in a file that goes by another name.
    fn match_renamed(&mut self, renames: &FxHashMap<String, String>) {
        self.pair(|old, new| {
            renames.get(&old.place.path) == Some(&new.place.path)
                && (old.rule, &old.message) == (new.rule, &new.message)
        });
    }

    fn pair(&mut self, is_same: impl Fn(&Reported, &Reported) -> bool) {
        let (gone, both) = (&mut self.gone, &mut self.both);
        self.new.retain(|new| match gone.iter().position(|old| is_same(old, new)) {
            Some(at) => {
                gone.remove(at);
                *both += 1;
                false
            }
            None => true,
        });
    }
}
