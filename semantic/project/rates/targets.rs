//! What calls run, and what is handed to them: functions and classes, through imports, fields and parameters.

use crate::catalog::{LibraryId, NeedId, When};
use crate::index::{ClassId, FuncId};
use crate::place::{Place, Root, Step};
use crate::project::{FileId, GlobalTy, Project, SpotRoot, SpotStep, model_of};
use crate::summary::{HandedRow, Summary, TargetRow};
use rustc_hash::FxHashMap;

/// What the rows of one file's summary run, worked out before the graph is put together.
pub(in crate::project) struct Targets {
    pub(in crate::project) edges: Vec<Option<Runs>>,
    /// With when the function that it is handed to runs it.
    pub(super) handed: Vec<Option<(Runs, Option<When>)>>,
    pub(super) known: Known,
}

/// What the places that a file calls run: the same few are called again and again.
pub(super) struct Known(pub(super) Vec<Option<Option<Runs>>>);

impl Known {
    fn of(summary: &Summary) -> Self {
        Self(vec![None; summary.places.len()])
    }

    fn resolve(&mut self, project: &Project<'_>, file: FileId, target: TargetRow) -> Option<Runs> {
        let resolve = || resolve_target(project, file, target);
        let TargetRow::Place(place) = target else { return resolve() };
        match self.0.get_mut(place.index()) {
            Some(known) => *known.get_or_insert_with(resolve),
            None => resolve(),
        }
    }
}

impl Targets {
    pub(super) fn of(project: &Project<'_>, id: FileId, params: &ParamRuns) -> Self {
        let summary = project.summary(id);
        let mut known = Known::of(summary);
        let mut edges = Vec::with_capacity(summary.edges.len());
        for edge in &summary.edges {
            let holds = edge.need.is_none_or(|need| project.holds(need));
            edges.push(if holds { known.resolve(project, id, edge.target) } else { None });
        }
        let mut handed = Vec::with_capacity(summary.handed.len());
        for row in &summary.handed {
            let runs = known.resolve(project, id, row.func);
            handed.push(runs.map(|runs| {
                let when = params.run(project, known.resolve(project, id, row.to), row.arg);
                (runs, when.or_else(|| project.row_of(id, row).map(|row| row.0)))
            }));
        }
        Self { edges, handed, known }
    }
}

impl Project<'_> {
    /// Whether a row that asks for packages holds here: the project imports one of them.
    pub(in crate::project) fn holds(&self, need: NeedId) -> bool {
        self.catalog.needed(need).iter().any(|package| self.uses_package(package))
    }

    /// When a library runs what it is handed by a method of something that another file made: an imported `app`.
    pub(in crate::project) fn row_of(&self, file: FileId, handed: &HandedRow) -> Option<(When, LibraryId)> {
        let TargetRow::Place(place) = handed.to else { return None };
        let is_row = |method| self.catalog.runs_what_method_takes(self.text(method));
        if self.kept_field(file, place).is_some_and(|method| !is_row(method)) {
            return None;
        }
        let spot = self.spot(file, place);
        let Some(SpotStep::Field(method)) = spot.path.last() else { return None };
        if !is_row(*method) {
            return None;
        }
        let owner = model_of(self, self.type_of(&spot.parent()?))?;
        let text = |name| self.name(file, name);
        let about = handed.about;
        self.catalog
            .calls_of_method(Some(owner), self.text(*method))
            .filter(|row| !row.convention && row.covers(about.event.map(text)))
            .flat_map(|row| row.callbacks.iter().map(move |callback| (row, callback)))
            .find(|(_, callback)| {
                callback.takes(usize::from(handed.arg), about.is_last, about.option.map(text))
            })
            .map(|(row, callback)| (callback.runs, row.library))
    }
}

/// What a target row runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::project) enum Runs {
    /// A function.
    Function(FileId, FuncId),
    /// A construction.
    Class(FileId, ClassId),
}

pub(in crate::project) fn resolve_target(
    project: &Project<'_>,
    file: FileId,
    target: TargetRow,
) -> Option<Runs> {
    match target {
        TargetRow::Function(func) => Some(Runs::Function(file, func)),
        TargetRow::Class(class) => Some(Runs::Class(file, class)),
        TargetRow::Place(place) => {
            let resolve = || resolve_parts(project, file, project.summary(file).places.parts(place));
            project.rates.known(file, place).unwrap_or_else(resolve)
        }
    }
}

/// What a path of a file runs.
pub(in crate::project) fn resolve_place(project: &Project<'_>, file: FileId, place: &Place) -> Option<Runs> {
    resolve_parts(project, file, (place.root, &place.path))
}

fn resolve_parts(project: &Project<'_>, file: FileId, place: (Root, &[Step])) -> Option<Runs> {
    if let Some(runs) = method_of_param(project, file, place) {
        return Some(runs);
    }
    let (root, _) = place;
    if !matches!(root, Root::Module(_)) && project.is_plain_root(project.local_root(file, root)) {
        return None;
    }
    let spot = project.canonical_parts(file, place);
    if let (SpotRoot::Instance(file, class), [SpotStep::Field(name)]) = (spot.root, &spot.path[..])
        && let Some((file, func, _)) = project.method(file, class, *name)
    {
        return Some(Runs::Function(file, func));
    }
    match project.own_type_of(&spot) {
        GlobalTy::Function(file, func) => Some(Runs::Function(file, func)),
        GlobalTy::Class(file, class) => Some(Runs::Class(file, class)),
        _ => None,
    }
}

/// A method of a parameter whose annotation names a class of another file.
fn method_of_param(project: &Project<'_>, file: FileId, place: (Root, &[Step])) -> Option<Runs> {
    let (Root::Binding(binding), [Step::Field(name)]) = place else { return None };
    let class = project.spot(file, *project.summary(file).param_classes.get(&binding)?);
    let GlobalTy::Class(of, class) = project.own_type_of(&class) else { return None };
    let (file, func, _) = project.method(of, class, project.symbol_of(file, *name))?;
    Some(Runs::Function(file, func))
}

/// When functions run what they are handed.
pub(super) struct ParamRuns {
    direct: FxHashMap<(FileId, FuncId, u16), When>,
    forwarded: FxHashMap<(FileId, FuncId, u16), (FileId, u32)>,
}

impl ParamRuns {
    pub(super) fn collect(project: &Project<'_>) -> Self {
        let mut out = Self { direct: FxHashMap::default(), forwarded: FxHashMap::default() };
        for id in project.file_ids() {
            for (i, row) in project.summary(id).params.iter().enumerate() {
                let key = (id, row.func, row.param);
                if let Some(when) = row.runs {
                    let known = out.direct.entry(key).or_insert(when);
                    *known = more_often(*known, when);
                } else if row.forwarded.is_some() {
                    out.forwarded.entry(key).or_insert((id, u32::try_from(i).unwrap_or(u32::MAX)));
                }
            }
        }
        out
    }

    /// When what is handed to something as an argument runs.
    fn run(&self, project: &Project<'_>, to: Option<Runs>, arg: u16) -> Option<When> {
        let (mut to, mut arg) = (to, arg);
        for _ in 0..6 {
            let (target, func) = match to? {
                Runs::Function(file, func) => (file, func),
                Runs::Class(file, class) => {
                    let func = project.summary(file).classes[class.index()].constructors.first()?;
                    (file, *func)
                }
            };
            let key = (target, func, arg);
            if let Some(&when) = self.direct.get(&key) {
                return Some(when);
            }
            let &(id, row) = self.forwarded.get(&key)?;
            let (next, position) = project.summary(id).params[row as usize].forwarded.as_ref()?;
            (to, arg) = (resolve_target(project, id, *next), *position);
        }
        None
    }
}

fn more_often(a: When, b: When) -> When {
    match (a, b) {
        (When::At(x), When::At(y)) => When::At(x.max(y)),
        (When::At(x), _) | (_, When::At(x)) => When::At(x),
        (When::Each, _) | (_, When::Each) => When::Each,
        _ => When::Caller,
    }
}
