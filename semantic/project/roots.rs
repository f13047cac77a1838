//! The components at the root of an application: each is made once for each mount, whatever the framework says of
//! components in general. So is what they show without asking anything first.

use super::rates::{Runs, Targets};
use super::{FileId, Project, Resolution};
use crate::index::{ClassId, FuncId};
use crate::mounts::Shown;
use crate::place::Root;
use crate::summary::TargetRow;
use crate::tables::ClassKind;
use rustc_hash::{FxHashMap, FxHashSet};

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
pub(super) struct Roots {
    mounted: FxHashMap<Component, (FileId, FuncId)>,
    /// Components of which those at the root show one each, behind a condition: it may hold once and for all.
    asked: FxHashSet<Component>,
}

impl Roots {
    /// Collects them; `targets` are what the edges of each file lead to.
    pub(super) fn collect(project: &Project<'_>, targets: &[Targets]) -> Self {
        let mut showings: FxHashMap<Component, Vec<Showing>> = FxHashMap::default();
        let by_name = Markup::collect(project);
        for (file, targets) in project.file_ids().zip(targets) {
            if !project.is_production(file) {
                continue;
            }
            for (edge, runs) in project.summary(file).edges.iter().zip(&targets.edges) {
                let Some(how) = edge.shown else { continue };
                let shown = component(project, file, edge.target, *runs)
                    .or_else(|| by_name.named(project, file, edge.target));
                if let Some(shown) = shown {
                    let by = (file, edge.caller);
                    showings.entry(shown).or_default().push(Showing { by, how });
                }
            }
        }
        let mut roots = Self::default();
        let is_root =
            |found: &[Showing]| found.iter().all(|found| matches!(found.how, Shown::Root | Shown::Page));
        if !showings.values().any(|found| is_root(found)) {
            return roots;
        }
        let importers = importers(project);
        for (&component, found) in &showings {
            let [first, ..] = found[..] else { continue };
            if is_root(found) && is_nobody_elses(project, component, first.by.0, &importers) {
                let is_of_page = found.iter().all(|found| found.how == Shown::Page);
                let by = if is_of_page { (first.by.0, FuncId::from_index(0)) } else { first.by };
                roots.mounted.insert(component, by);
            }
        }
        roots.descend(project, &showings, &importers);
        roots
    }

    /// What a root component always shows, and nobody else does, is made as often as the root.
    fn descend(
        &mut self,
        project: &Project<'_>,
        showings: &FxHashMap<Component, Vec<Showing>>,
        importers: &FxHashMap<FileId, Vec<FileId>>,
    ) {
        let is_alone = |component, by: FileId| is_nobody_elses(project, component, by, importers);
        for _ in 0..DEEPEST {
            let below = showings.iter().filter_map(|(&component, found)| match found[..] {
                [Showing { by, how: Shown::Always }]
                    if !self.mounted.contains_key(&component) && is_alone(component, by.0) =>
                {
                    Some((component, self.of_function(project, by.0, by.1)?))
                }
                _ => None,
            });
            let below: Vec<_> = below.collect();
            if below.is_empty() {
                break;
            }
            self.mounted.extend(below);
        }
        for _ in 0..DEEPEST {
            let below = showings.iter().filter_map(|(&component, found)| match found[..] {
                [Showing { by, how: Shown::Always | Shown::Asked }]
                    if !self.mounted.contains_key(&component) && is_alone(component, by.0) =>
                {
                    let is_below =
                        self.of_function(project, by.0, by.1).is_some() || self.is_asked(project, by.0, by.1);
                    is_below.then_some(component)
                }
                _ => None,
            });
            let below: Vec<_> = below.filter(|component| !self.asked.contains(component)).collect();
            if below.is_empty() {
                break;
            }
            self.asked.extend(below);
        }
    }

    /// Whether a function is, or is part of, a component that may be made once and for all.
    pub(super) fn is_asked(&self, project: &Project<'_>, file: FileId, func: FuncId) -> bool {
        let class = || project.summary(file).functions[func.index()].class;
        !self.asked.is_empty()
            && (self.asked.contains(&Component::File(file))
                || self.asked.contains(&Component::Function(file, func))
                || class().is_some_and(|class| self.asked.contains(&Component::Class(file, class))))
    }

    /// Whether a class is such a component.
    pub(super) fn is_asked_class(&self, file: FileId, class: ClassId) -> bool {
        self.asked.contains(&Component::File(file)) || self.asked.contains(&Component::Class(file, class))
    }

    /// The function that mounts the root component that a function is, or is a method of.
    pub(super) fn of_function(
        &self,
        project: &Project<'_>,
        file: FileId,
        func: FuncId,
    ) -> Option<(FileId, FuncId)> {
        if self.mounted.is_empty() {
            return None;
        }
        let class = project.summary(file).functions[func.index()].class;
        let found = class.and_then(|class| self.mounted.get(&Component::Class(file, class)));
        let found = found.or_else(|| self.mounted.get(&Component::Function(file, func)));
        found.or_else(|| self.mounted.get(&Component::File(file))).copied()
    }

    /// The function that mounts the root component that a class is.
    pub(super) fn of_class(&self, file: FileId, class: ClassId) -> Option<(FileId, FuncId)> {
        let found = self.mounted.get(&Component::Class(file, class));
        found.or_else(|| self.mounted.get(&Component::File(file))).copied()
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
        && let Some(Resolution::File(found)) = project.modules[file.index()].get(source)
        && is_markup(&project.file(found).path)
    {
        return Some(Component::File(found));
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

/// The components that are files, by the names that tools give them which import what a template names and no script does:
/// `<TheHeader/>` is `components/TheHeader.vue`. One name may be that of several.
struct Markup(FxHashMap<String, Vec<FileId>>);

impl Markup {
    fn collect(project: &Project<'_>) -> Self {
        let mut out: FxHashMap<String, Vec<FileId>> = FxHashMap::default();
        for file in project.file_ids() {
            let path = &project.file(file).path;
            if let Some(name) = is_markup(path).then(|| component_name(path)).flatten() {
                out.entry(name).or_default().push(file);
            }
        }
        Self(out)
    }

    /// The component that a name stands for which nothing in its file declares.
    fn named(&self, project: &Project<'_>, file: FileId, target: TargetRow) -> Option<Component> {
        let TargetRow::Place(place) = target else { return None };
        let Root::Global(name) = project.summary(file).place(place).root else { return None };
        match self.0.get(project.name(file, name))?[..] {
            [only] => Some(Component::File(only)),
            _ => None,
        }
    }
}

/// `TheHeader` of `components/TheHeader.vue` and `the-header.vue`, `Map` of `Map/index.vue`.
fn component_name(path: &str) -> Option<String> {
    let path = std::path::Path::new(path);
    let stem = path.file_stem()?.to_str()?;
    let name = if stem == "index" { path.parent()?.file_name()?.to_str()? } else { stem };
    let words = name.split(['-', '_', '.']).map(|word| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
    });
    Some(words.collect())
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
    file == by || importers.get(&file).is_none_or(|found| found.iter().all(|&importer| importer == by))
}

/// For each file, the production files that import it.
fn importers(project: &Project<'_>) -> FxHashMap<FileId, Vec<FileId>> {
    let mut out: FxHashMap<FileId, Vec<FileId>> = FxHashMap::default();
    for file in project.file_ids().filter(|&file| project.is_production(file)) {
        for name in &project.summary(file).imports {
            if let Some(Resolution::File(found)) = project.modules[file.index()].get(*name) {
                out.entry(found).or_default().push(file);
            }
        }
    }
    out
}
