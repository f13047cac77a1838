//! The analysis of the folder, kept from one edit to the next.

use super::server::Server;
use crate::arguments::{Check, Lsp, Stage};
use crate::cache::Place;
use crate::check::{self, Input, Settings};
use crate::discover;
use crate::progress::Counter;
use crate::report::Report;
use crate::report::source::{self, Overlay};
use crate::session::{Analysis, Loaded, Plan, SessionError};
use outlive_rules::trace::Dropped;
use outlive_semantic::catalog::Catalog;
use outlive_semantic::project::{FileId, Memo};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The config that is in force, and what follows from it.
pub(super) struct Setup {
    check: Check,
    pub(super) settings: Settings,
    catalog: Catalog,
    cache: Option<Place>,
    /// See [`Setup::is_outdated`].
    stamp: u64,
}

impl Setup {
    /// Reads the config of the working directory.
    pub(super) fn new(options: &Lsp) -> Result<Self, SessionError> {
        let check = options.check();
        let settings = Settings::new(&check)?;
        let sheets = settings.found().sheets()?;
        let cache = Place::new(&check.cache, &settings.here, &sheets);
        let catalog = outlive_rules::models::catalog(&sheets)?;
        // For the configs that are met: one that cannot be used must not take the place of one that can.
        discover::discover(&[PathBuf::from(".")], &[], &settings.configs)?;
        let stamp = stamp(&settings);
        Ok(Self { check, settings, catalog, cache, stamp })
    }

    /// Whether a file that the config consists of is another one now.
    pub(super) fn is_outdated(&self) -> bool {
        stamp(&self.settings) != self.stamp
    }
}

/// A hash of the configs, the sheets that the one of the folder names, and the baseline.
fn stamp(settings: &Settings) -> u64 {
    let found = settings.found();
    let folder = found.folder().unwrap_or(Path::new(""));
    let models = found.config.models.iter().map(|path| folder.join(path));
    let scopes = settings.configs.scopes();
    let configs = scopes.iter().flat_map(|scope| scope.found.file.iter().chain(&scope.found.bases)).cloned();
    let files = configs.chain(models).chain(settings.baseline.clone());
    let texts: Vec<u8> = files.flat_map(|path| std::fs::read(path).unwrap_or_default()).collect();
    source::hash(&texts)
}

/// A project that was analysed.
pub(super) struct Workspace<'c> {
    pub(super) setup: &'c Setup,
    loaded: Loaded,
    memo: Memo,
    pub(super) analysis: Analysis<'c>,
    /// The one before, until there is time to give it back.
    old: Option<Analysis<'c>>,
    pub(super) report: Report,
    /// Of each buffer the last text that could be parsed.
    good: Overlay,
    /// What is wrong with the baseline.
    pub(super) problem: Option<String>,
}

impl<'c> Workspace<'c> {
    /// Walks the folder. What `older` knows of texts that did not change is taken from there.
    pub(super) fn new(setup: &'c Setup, server: &Server, older: Option<Self>) -> Result<Self, SessionError> {
        let buffers = server.overlay();
        let only_there = |path: &&String| !Path::new(path).exists();
        let extra: Vec<String> = server.documents.keys().filter(only_there).cloned().collect();
        let (older, mut good) = older.map_or_else(Default::default, |older| (Some(older.loaded), older.good));
        let loaded =
            reading(setup, &buffers, &extra, None, |plan| Loaded::new(plan, &setup.catalog, older.as_ref()))?;
        for path in server.documents.keys() {
            keep_good(path, server, &loaded, &mut good);
        }
        let memo = Memo::default();
        let mut analysis = loaded.link(&setup.catalog, &memo);
        let (report, problem) = judge(setup, &mut analysis, &good);
        Ok(Self { setup, loaded, memo, analysis, old: None, report, good, problem })
    }

    /// Analyses files again, and links all of them.
    pub(super) fn update(&mut self, paths: &BTreeSet<String>, server: &Server) {
        let buffers = server.overlay();
        for path in paths {
            let (loaded, catalog) = (&mut self.loaded, &self.setup.catalog);
            reading(self.setup, &buffers, &[], None, |plan| loaded.refresh(path, plan, catalog));
            keep_good(path, server, &self.loaded, &mut self.good);
        }
        let mut analysis = self.loaded.link(&self.setup.catalog, &self.memo);
        (self.report, self.problem) = judge(self.setup, &mut analysis, &self.good);
        self.old = Some(std::mem::replace(&mut self.analysis, analysis));
    }

    /// Gives back what is not needed any more: millions of small pieces take long to free.
    pub(super) fn tidy(&mut self) {
        self.old = None;
    }

    /// Whether a file belongs to the project.
    pub(super) fn has(&self, path: &str) -> bool {
        self.loaded.has(path)
    }

    /// The file of a path, if it was analysed.
    pub(super) fn file(&self, path: &str) -> Option<FileId> {
        let project = &self.analysis.project;
        project.file_ids().find(|&id| project.file(id).path == path)
    }

    /// What the rules drop in one file, as it was when it could be parsed.
    pub(super) fn dropped(&self, path: &str) -> Vec<Dropped> {
        let catalog = &self.setup.catalog;
        let ask = |plan: &Plan<'_>| self.loaded.dropped(path, plan, catalog);
        reading(self.setup, &self.good, &[], Some(path), ask)
    }
}

/// Does something that reads files.
fn reading<R>(
    setup: &Setup,
    overlay: &Overlay,
    extra: &[String],
    traced: Option<&str>,
    run: impl FnOnce(&Plan<'_>) -> R,
) -> R {
    run(&Plan {
        paths: &[PathBuf::from(".")],
        extra,
        configs: &setup.settings.configs,
        overlay,
        threads: setup.check.threads,
        rules: setup.settings.named_rules(),
        traced,
        progress: &Counter::default(),
        until: Stage::Link,
        cache: setup.cache.as_ref(),
    })
}

/// Lets the text of a buffer stand for the file in reports if it is the one that was analysed.
fn keep_good(path: &str, server: &Server, loaded: &Loaded, good: &mut Overlay) {
    match server.documents.get(path) {
        Some(document) => {
            let text = document.text.as_bytes();
            if loaded.hash(path) == Some(source::hash(text)) {
                good.insert(path.to_owned(), text.to_vec());
            }
        }
        None => good.remove(path),
    }
}

fn judge(setup: &Setup, analysis: &mut Analysis<'_>, good: &Overlay) -> (Report, Option<String>) {
    let input = Input::buffers(good.clone());
    let mut report = check::judge(analysis, &setup.check, &setup.settings, &input);
    report.settle();
    let taken = check::use_baseline(&mut report, &setup.check, &setup.settings, &input);
    (report, taken.err().map(|error| error.to_string()))
}
