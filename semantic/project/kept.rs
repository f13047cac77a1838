//! What stays the same from one link to the next: the names of a file whose summary is the same, and what its specifiers
//! stand for as long as there are the same files.

use super::{FileEntry, Resolution, Symbol, tables};
use crate::index::NameId;
use crate::names::Names;
use crate::summary::Summary;
use std::sync::Arc;

/// What the specifiers of a file stand for, sorted.
#[derive(Clone)]
pub(super) struct Modules(Arc<[(NameId, Resolution)]>);

impl Modules {
    pub(super) fn of(rows: impl Iterator<Item = (NameId, Resolution)>) -> Self {
        let mut rows: Vec<_> = rows.collect();
        rows.sort_unstable_by_key(|(specifier, _)| *specifier);
        rows.dedup_by_key(|(specifier, _)| *specifier);
        Self(rows.into())
    }

    pub(super) fn get(&self, specifier: NameId) -> Option<Resolution> {
        tables::find(&self.0, specifier)
    }

    /// The specifiers of what is no file of the project.
    pub(super) fn packages(&self) -> impl Iterator<Item = NameId> {
        self.0.iter().filter(|(_, found)| *found == Resolution::Package).map(|(specifier, _)| *specifier)
    }
}

/// The first link.
pub(super) struct Kept {
    pub(super) names: Arc<Names>,
    files: Vec<File>,
}

struct File {
    path: Box<str>,
    summary: Arc<Summary>,
    symbols: Arc<[Symbol]>,
    modules: Modules,
}

impl Kept {
    pub(super) fn new(
        names: Arc<Names>,
        files: &[FileEntry],
        symbols: &[Arc<[Symbol]>],
        modules: &[Modules],
    ) -> Self {
        let known = files.iter().zip(symbols).zip(modules);
        let file = |((file, symbols), modules): ((&FileEntry, &Arc<[Symbol]>), &Modules)| File {
            path: file.path.as_str().into(),
            summary: Arc::clone(&file.summary),
            symbols: Arc::clone(symbols),
            modules: modules.clone(),
        };
        Self { names, files: known.map(file).collect() }
    }

    /// Whether there are the same files: then they have the same numbers.
    pub(super) fn has_files(&self, files: &[FileEntry]) -> bool {
        self.files.len() == files.len()
            && self.files.iter().zip(files).all(|(known, file)| *known.path == file.path)
    }

    fn same(&self, at: usize, file: &FileEntry) -> Option<&File> {
        self.files.get(at).filter(|known| Arc::ptr_eq(&known.summary, &file.summary))
    }

    /// The symbols of a file that is the same.
    pub(super) fn symbols(&self, at: usize, file: &FileEntry) -> Option<Arc<[Symbol]>> {
        self.same(at, file).map(|known| Arc::clone(&known.symbols))
    }

    /// What the specifiers of a file that is the same stand for.
    pub(super) fn modules(&self, at: usize, file: &FileEntry) -> Option<Modules> {
        self.same(at, file).map(|known| known.modules.clone())
    }
}
