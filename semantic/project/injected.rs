//! Classes that are made more often because of what they are injected with.

use super::{FileId, GlobalTy, Project};
use crate::index::ClassId;
use rustc_hash::{FxHashMap, FxHashSet};

/// A class of the project.
type Of = (FileId, ClassId);

/// A class that is made as often as another one, and that one, which is injected into it.
pub(super) type Scope = (Of, Of);

impl Project<'_> {
    /// The class that makes another one be made as often as itself, because it is injected into it.
    #[must_use]
    pub fn injected_scope(&self, file: FileId, class: ClassId) -> Option<Of> {
        let scopes = self.injected_scopes();
        let at = scopes.binary_search_by_key(&(file, class), |(outer, _)| *outer).ok()?;
        scopes.get(at).map(|(_, inner)| *inner)
    }

    /// All such classes, sorted, each with the one that is injected into it.
    pub(super) fn injected_scopes(&self) -> &[Scope] {
        self.scopes.get_or_init(|| self.spread_scopes())
    }

    fn spread_scopes(&self) -> Vec<Scope> {
        let mut open: Vec<Of> = self.injecting().filter(|(_, row)| row.is_scoped).map(|(of, _)| of).collect();
        if open.is_empty() {
            return Vec::new();
        }
        let into = self.injected_into();
        let mut seen: FxHashSet<Of> = open.iter().copied().collect();
        let mut found = Vec::new();
        while let Some(inner) = open.pop() {
            for &outer in into.get(&inner).into_iter().flatten() {
                if seen.insert(outer) {
                    found.push((outer, inner));
                    open.push(outer);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// The classes that something is known to be injected into, or whose subclasses are.
    fn injecting(&self) -> impl Iterator<Item = (Of, &crate::summary::InjectionRow)> {
        self.file_ids().flat_map(move |file| {
            let classes = self.summary(file).classes.iter().enumerate();
            classes.filter_map(move |(class, row)| {
                Some(((file, ClassId::from_index(class)), row.injection.as_deref()?))
            })
        })
    }

    /// For each class, those that a framework makes with an instance of it: what their base classes are handed, they are.
    fn injected_into(&self) -> FxHashMap<Of, Vec<Of>> {
        let mut out: FxHashMap<Of, Vec<Of>> = FxHashMap::default();
        for (outer, _) in self.injecting().filter(|(_, row)| row.receives) {
            for (file, class) in self.lineage(outer.0, outer.1) {
                let row = self.summary(file).classes[class.index()].injection.as_deref();
                for with in row.iter().flat_map(|row| row.with.iter()) {
                    if let GlobalTy::Instance(of, class) = self.class_of_row(file, with) {
                        out.entry((of, class)).or_default().push(outer);
                    }
                }
            }
        }
        out
    }
}
