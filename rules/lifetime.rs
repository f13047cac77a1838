//! What all rules say about lifetimes: why something lives long, why something runs often.

use crate::claim::GrowthClaim;
use crate::finding::{Retainer, Role};
use outlive_semantic::calls::is_startup_name;
use outlive_semantic::index::{ClassId, FuncId};
use outlive_semantic::project::{FileId, Lives, Owner, Project, Spot, SpotRoot};
use outlive_semantic::rate::Rate;
use outlive_semantic::summary;
use outlive_semantic::tree::Span;

/// Whether one thing lives at least as long as another, as far as their roots say.
#[must_use]
pub fn lives_as_long(project: &Project<'_>, a: &Spot, b: &Spot) -> bool {
    is_one_root(project, a.root, b.root) || matches!(project.life(a), Lives::Process | Lives::Singleton(..))
}

/// Whether two roots are one: an instance is also one of each class that its class extends.
fn is_one_root(project: &Project<'_>, a: SpotRoot, b: SpotRoot) -> bool {
    let extends = |(file, class), of| project.lineage(file, class).contains(&of);
    match (a, b) {
        (SpotRoot::Instance(of, a), SpotRoot::Instance(other, b)) => {
            extends((of, a), (other, b)) || extends((other, b), (of, a))
        }
        _ => a == b,
    }
}

/// Whether a flag lets something happen only once: it lives as long as what is done to, or its owner is not made again
/// and again.
#[must_use]
pub fn happens_once(project: &Project<'_>, flag: &Spot, holder: &Spot) -> bool {
    lives_as_long(project, flag, holder)
        || matches!(project.life(flag), Lives::With(_, Owner::Run(_), made) if !made.rate.is_some_and(Rate::is_hot))
}

/// The root of a retention path: what keeps the collection, and for how long.
#[must_use]
pub fn root_retainer(
    project: &Project<'_>,
    spot: &Spot,
    lives: Lives,
    file: FileId,
    growth: &GrowthClaim,
) -> Retainer {
    let name = &growth.shown;
    let (file, span) = declaration(project, spot, file, growth);
    let message = format!("`{name}` {}", lives_phrase(project, lives));
    Retainer { role: Role::Root, message, file, span }
}

fn declaration(project: &Project<'_>, spot: &Spot, file: FileId, growth: &GrowthClaim) -> (FileId, Span) {
    let named = declared(project, spot).filter(|_| spot.path.is_empty());
    named.unwrap_or((file, growth.declared.unwrap_or_default()))
}

/// Where the variable at a spot is declared.
#[must_use]
pub fn declared(project: &Project<'_>, spot: &Spot) -> Option<(FileId, Span)> {
    match spot.root {
        SpotRoot::Binding(file, binding) => {
            project.summary(file).bindings.get(&binding).map(|row| (file, row.at))
        }
        _ => None,
    }
}

/// "lives as long as the process": the second half of a sentence.
#[must_use]
pub fn lives_phrase(project: &Project<'_>, lives: Lives) -> String {
    match lives {
        Lives::Process => "lives as long as the process".to_owned(),
        Lives::Singleton(file, owner) => {
            format!("lives as long as the process: {} is made once", owner_name(project, file, owner))
        }
        Lives::With(file, owner, _) => format!("lives as long as {}", owner_name(project, file, owner)),
        Lives::Known(life) => format!("lives as long as {}", life.phrase()),
        Lives::Unknown => "outlives this call".to_owned(),
    }
}

fn owner_name(project: &Project<'_>, file: FileId, owner: Owner) -> String {
    match owner {
        Owner::Class(class) => match project.class_name(file, class) {
            "" => "its object".to_owned(),
            name => format!("`{name}`"),
        },
        Owner::Run(func) => format!("what {} returns", project.shown_function(file, func)),
    }
}

/// Why a function runs more than once: the way from its entry point.
#[must_use]
pub fn repeats_retainer(project: &Project<'_>, file: FileId, func: FuncId) -> Option<Retainer> {
    let info = project.rate(file, func);
    let rate = info.rate.filter(|rate| rate.is_hot())?;
    let way = project.witness(file, func);
    let first = way.first()?;
    let steps: Vec<&str> = way.iter().map(|step| &*step.label).filter(|label| !label.is_empty()).collect();
    let scope = injected(project, file, func).unwrap_or_default();
    let message = format!("runs {}: {}{scope}", info.often(rate), steps.join(" → "));
    Some(Retainer { role: Role::Repeats, message, file: first.file, span: first.at })
}

/// Why the instance that a function runs for is made so often, if something that is injected into it says so.
fn injected(project: &Project<'_>, file: FileId, func: FuncId) -> Option<String> {
    let functions = &project.summary(file).functions;
    let mut around = std::iter::successors(Some(func), |&at| functions[at.index()].parent);
    let class = around.find_map(|at| functions[at.index()].class)?;
    let (of, inner) = project.injected_scope(file, class)?;
    let name = |file: FileId, class: ClassId| project.class_name(file, class);
    Some(format!(" of `{}`, which `{}` injects", name(of, inner), name(file, class)))
}

/// Whether a function that nobody in sight calls often is start-up code by its name, or runs only from such.
#[must_use]
pub fn is_startup(project: &Project<'_>, file: FileId, func: FuncId) -> bool {
    let info = project.rate(file, func);
    info.rate == Some(Rate::Call) && starts_up(project, file, func, 4)
}

/// Whether a function that arms itself anew is begun by such code.
#[must_use]
pub fn begins_at_startup(project: &Project<'_>, file: FileId, func: FuncId) -> bool {
    project.begun(file, func).rate == Some(Rate::Call) && starts_up(project, file, func, 4)
}

fn starts_up(project: &Project<'_>, file: FileId, func: FuncId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    if project.summary(file).role == summary::Role::CommandLine {
        return true;
    }
    let mut at = Some(func);
    while let Some(inner) = at {
        let row = &project.summary(file).functions[inner.index()];
        if is_startup_name(project.name(file, row.name)) {
            return true;
        }
        // A closure that is not kept runs with the function around it.
        at = row.parent.filter(|parent| !row.is_kept && parent.index() != 0);
    }
    let callers = project.callers(file, func);
    !callers.is_empty() && callers.iter().all(|&(file, caller)| starts_up(project, file, caller, fuel))
}
