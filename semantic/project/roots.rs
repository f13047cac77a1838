//! The components at the root of an application: each is made once for each mount, whatever the framework says of
//! components in general. So is what they show without asking anything first.

use super::rates::{Runs, Targets};
use super::{FileId, Project, Resolution};
use crate::index::{ClassId, FuncId};
use crate::mounts::Shown;
use crate::place::Root;
use crate::summary::TargetRow;
use crate::tables::ClassKind;
use rustc_hash::FxHashMap;

/// A component.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Component {
    Function(FileId, FuncId),
    Class(FileId, ClassId),
    /// All that a file of markup has: `App.vue`.
    File(FileId),
}

/// Where a component is shown: by what, and how.
#[derive(Clone, Copy)]
struct Showing {
    by: (FileId, FuncId),
    how: Shown,
}

/// For each component at the root, the function that mounts it.
#[derive(Default)]
pub(super) struct Roots(FxHashMap<Component, (FileId, FuncId)>);

impl Roots {
    /// Collects them; `targets` are what the edges of each file lead to.
    pub(super) fn collect(project: &Project<'_>, targets: &[Targets]) -> Self {
        let mut showings: FxHashMap<Component, Vec<Showing>> = FxHashMap::default();
        for (file, targets) in project.file_ids().zip(targets) {
            if !project.is_production(file) {
                continue;
            }
            for (edge, runs) in project.summary(file).edges.iter().zip(&targets.edges) {
                let Some(how) = edge.shown else { continue };
                let shown = component(project, file, edge.target, *runs);
                if let Some(shown) = shown {
                    let by = (file, edge.caller);
                    showings.entry(shown).or_default().push(Showing { by, how });
                }
            }
        }
        let mut roots = Self::default();
        let is_root = |found: &[Showing]| found.iter().all(|found| found.how == Shown::Root);
        if !showings.values().any(|found| is_root(found)) {
            return roots;
        }
        let importers = importers(project);
        for (&component, found) in &showings {
            let [first, ..] = found[..] else { continue };
            if is_root(found) && is_nobody_elses(project, component, first.by.0, &importers) {
                roots.0.insert(component, first.by);
            }
        }
        roots.descend(project, &showings);
        roots
    }

    /// What a root component always shows, and nobody else does, is made as often as the root.
    fn descend(&mut self, project: &Project<'_>, showings: &FxHashMap<Component, Vec<Showing>>) {
        for _ in 0..DEEPEST {
            let below = showings.iter().filter_map(|(&component, found)| match found[..] {
                [Showing { by, how: Shown::Always }] if !self.0.contains_key(&component) => {
                    Some((component, self.of_function(project, by.0, by.1)?))
                }
                _ => None,
            });
            let below: Vec<_> = below.collect();
            if below.is_empty() {
                return;
            }
            self.0.extend(below);
        }
    }

    /// The function that mounts the root component that a function is, or is a method of.
    pub(super) fn of_function(
        &self,
        project: &Project<'_>,
        file: FileId,
        func: FuncId,
    ) -> Option<(FileId, FuncId)> {
        if self.0.is_empty() {
            return None;
        }
        let class = project.summary(file).functions[func.index()].class;
        let found = class.and_then(|class| self.0.get(&Component::Class(file, class)));
        let found = found.or_else(|| self.0.get(&Component::Function(file, func)));
        found.or_else(|| self.0.get(&Component::File(file))).copied()
    }

    /// The function that mounts the root component that a class is.
    pub(super) fn of_class(&self, file: FileId, class: ClassId) -> Option<(FileId, FuncId)> {
        let found = self.0.get(&Component::Class(file, class));
        found.or_else(|| self.0.get(&Component::File(file))).copied()
    }
}

/// How far below the root components are followed.
const DEEPEST: usize = 4;

/// The component that an edge shows.
fn component(
    project: &Project<'_>,
    file: FileId,
    target: TargetRow,
    runs: Option<Runs>,
) -> Option<Component> {
    if let TargetRow::Place(place) = target
        && let Root::Module(source) = project.summary(file).place(place).root
        && let Some(Resolution::File(found)) = project.modules[file.index()].get(&source)
        && is_markup(&project.file(*found).path)
    {
        return Some(Component::File(*found));
    }
    match (runs, target) {
        (Some(Runs::Function(file, func)), _) => Some(Component::Function(file, func)),
        (Some(Runs::Class(file, class)), _) => Some(Component::Class(file, class)),
        // The options of a component are an object, not a class.
        (None, TargetRow::Place(place)) => match project.own_type_of(&project.spot(file, place)) {
            super::GlobalTy::Instance(file, class) if is_object(project, file, class) => {
                Some(Component::Class(file, class))
            }
            _ => None,
        },
        _ => None,
    }
}

/// A file that is one component.
fn is_markup(path: &str) -> bool {
    std::path::Path::new(path)
        .extension()
        .is_some_and(|extension| extension == "vue" || extension == "svelte")
}

fn is_object(project: &Project<'_>, file: FileId, class: ClassId) -> bool {
    project.summary(file).classes[class.index()].kind == ClassKind::Object
}

/// Templates name components that no script does: one of them may show what another file imports.
fn is_nobody_elses(
    project: &Project<'_>,
    component: Component,
    by: FileId,
    importers: &FxHashMap<FileId, Vec<FileId>>,
) -> bool {
    let file = match component {
        Component::File(file) => file,
        Component::Class(file, class) if is_object(project, file, class) => file,
        _ => return true,
    };
    file == by || importers.get(&file).is_some_and(|found| found.iter().all(|&importer| importer == by))
}

/// For each file, the production files that import it.
fn importers(project: &Project<'_>) -> FxHashMap<FileId, Vec<FileId>> {
    let mut out: FxHashMap<FileId, Vec<FileId>> = FxHashMap::default();
    for file in project.file_ids().filter(|&file| project.is_production(file)) {
        for name in &project.summary(file).imports {
            if let Some(Resolution::File(found)) = project.modules[file.index()].get(name) {
                out.entry(*found).or_default().push(file);
            }
        }
    }
    out
}
