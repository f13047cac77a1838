//! Whether somebody takes out of a collection what is put in, anywhere in the project.

use super::keys::camel_words;
use crate::ending;
use outlive_semantic::calls;
use outlive_semantic::catalog::Phase;
use outlive_semantic::growth::Op;
use outlive_semantic::index::FuncId;
use outlive_semantic::project::{FileId, Lives, Owner, Project, Spot, SpotRoot, SpotStep, Use};
use outlive_semantic::rate::Rate;
use outlive_semantic::summary::What;

#[derive(Clone, Copy)]
pub(super) enum Released {
    Yes(Use),
    Maybe,
    /// What the entries hold is taken out, and the entries stay.
    Inner,
    /// In sight is only a release that nothing in the project calls.
    Idle(Use),
    No,
}

/// Whether anything, anywhere, takes entries out of the collection or replaces it.
pub(super) fn released(
    project: &Project<'_>,
    spot: &Spot,
    lives: Lives,
    is_hot: bool,
    is_known: &dyn Fn(&Use) -> bool,
) -> Released {
    let mut answer = Released::No;
    let mut idle = None;
    for found in uses_that_matter(project, spot) {
        if !project.is_production(found.file) || is_known(&found) {
            continue;
        }
        match &found.row.what {
            What::Collection(Op::Release | Op::Reset) if is_for_tests(project, &found) => {}
            What::Collection(Op::Release) if is_hot && is_end(project, spot, &found) => {}
            // What runs when the process stops comes too late for all that it held before.
            What::Collection(Op::Release | Op::Reset) if is_at_stop(project, &found) => {}
            What::Collection(Op::Release | Op::Reset)
                if is_hot && matches!(lives, Lives::Process) && is_idle(project, &found) =>
            {
                idle = Some(found);
            }
            What::Collection(Op::Release) if is_hot && is_over(project, &found) => {}
            What::Collection(Op::Release) if is_first(project, lives, &found) => {}
            What::Collection(Op::Release) => return Released::Yes(found),
            What::Collection(Op::Reset)
                if is_hot && (is_end(project, spot, &found) || is_start(project, &found)) => {}
            What::Collection(Op::Reset) if !is_making(project, lives, &found) => {
                return Released::Yes(found);
            }
            What::Collection(Op::Escape) => answer = Released::Maybe,
            _ => {}
        }
    }
    if matches!(answer, Released::No) && is_released_by_name(project, spot) {
        answer = Released::Maybe;
    }
    if matches!(answer, Released::No) && is_released_by_key(project, spot) {
        answer = Released::Maybe;
    }
    let element = spot.clone().with(SpotStep::Element);
    let empties = |found: &Use| found.row.what == What::Collection(Op::Release);
    if matches!(answer, Released::No) && project.uses(&element).iter().any(empties) {
        answer = Released::Inner;
    }
    match (answer, idle) {
        (Released::No, Some(found)) => Released::Idle(found),
        (answer, _) => answer,
    }
}

/// Whether a function that gives the owner a new collection, whatever comes, calls the one that fills it, or is called by
/// it: `load() { this.rates = {}; … this.fill(); }`. What it only hands on runs more often than it does.
pub(super) fn is_renewed_around(project: &Project<'_>, renewals: &[Use], file: FileId, func: FuncId) -> bool {
    let rate = |(file, func): (FileId, FuncId)| project.rate(file, func).rate;
    let calls = |(of, callee): (FileId, FuncId), caller| project.callers(of, callee).contains(&caller);
    renewals.iter().filter(|found| found.row.what == What::Renewed).any(|found| {
        let renewal = (found.file, found.row.func);
        rate(renewal) == rate((file, func)) && (calls((file, func), renewal) || calls(renewal, (file, func)))
    })
}

/// Whether what adds to the collection of an owner starts or ends that owner, and each start gives it a new one.
pub(super) fn is_renewed_at_start(
    project: &Project<'_>,
    renewals: &[Use],
    file: FileId,
    func: FuncId,
) -> bool {
    let name = project.summary(file).function_name(func);
    let is_part = calls::is_startup_name(name) || ending::is_end(project.catalog, name);
    let is_renewal = |found: &Use| {
        (is_start(project, found) || is_initialiser(project, found))
            && project.summary(found.file).function_name(found.row.func) != "constructor"
    };
    is_part && renewals.iter().any(is_renewal)
}

/// Where the owner of a collection is given a new one: whoever adds to it asks.
pub(super) fn renewals(project: &Project<'_>, spot: &Spot) -> Vec<Use> {
    let is_renewal = |found: &Use| matches!(found.row.what, What::Collection(Op::Reset) | What::Renewed);
    project.uses(spot).into_iter().filter(is_renewal).collect()
}

/// Something is taken out of a field of this name of a thing whose type nobody knows: it may be this one.
fn is_released_by_name(project: &Project<'_>, spot: &Spot) -> bool {
    let is_release =
        |found: &Use| project.is_production(found.file) && found.row.what == What::Collection(Op::Release);
    spot.field().is_some_and(|field| project.has_possible_use(field, is_release))
}

/// `lists[kind].splice(at, 1)`: something is taken out of a collection that is found under a key, which may be the name of
/// this one, `lists.open`.
fn is_released_by_key(project: &Project<'_>, spot: &Spot) -> bool {
    let is_field = matches!(spot.path.last(), Some(SpotStep::Field(_)));
    let is_release =
        |found: &Use| project.is_production(found.file) && found.row.what == What::Collection(Op::Release);
    let under_key = || Some(spot.parent()?.with(SpotStep::Element));
    is_field && under_key().is_some_and(|place| project.uses(&place).iter().any(is_release))
}

/// `resetForTesting`, which no production code calls.
fn is_for_tests(project: &Project<'_>, found: &Use) -> bool {
    let name = project.summary(found.file).function_name(found.row.func);
    let is_named = name
        .split('_')
        .flat_map(camel_words)
        .any(|word| matches!(word.as_str(), "test" | "tests" | "testing"));
    is_named && project.callers(found.file, found.row.func).is_empty()
}

/// `export function reset() { table.clear() }`, told nothing, that nothing in the project calls.
fn is_idle(project: &Project<'_>, found: &Use) -> bool {
    let row = &project.summary(found.file).functions[found.row.func.index()];
    let is_plain =
        row.class.is_none() && row.subjects == 0 && row.parent.is_some_and(|parent| parent.index() == 0);
    let rate = project.rate(found.file, found.row.func).rate;
    let name = project.name(found.file, row.name);
    let is_known_by_name = project.symbol(name).is_some_and(|name| project.has_possible_use(name, |_| true));
    is_plain
        && !name.is_empty()
        && rate == Some(Rate::Call)
        && project.callers(found.file, found.row.func).is_empty()
        && !is_known_by_name
}

/// A release in the method that ends the holder's owner takes nothing away while the owner lives. A method that is told
/// what to end (`leave(player)`) ends that, not its owner; what an instance takes out of a collection that is not its
/// own when it ends is its own entry; and what runs again and again (`reconnect() { this.cleanup(); … }`) is no end.
fn is_end(project: &Project<'_>, spot: &Spot, found: &Use) -> bool {
    let rate = project.rate(found.file, found.row.func).rate;
    let is_owner = matches!(spot.root, SpotRoot::Instance(..)) && !rate.is_some_and(Rate::is_hot);
    is_owner && ends_owner(project, (found.file, found.row.func), HELPERS) || rate == Some(Rate::Stop)
}

/// How many methods of its own an end may go through: `destroy() { this.empty(); }`.
const HELPERS: u32 = 3;

/// Whether a function is a method that ends its owner, or a method that only such call.
fn ends_owner(project: &Project<'_>, (file, func): (FileId, FuncId), fuel: u32) -> bool {
    let row = &project.summary(file).functions[func.index()];
    if row.class.is_none() || row.subjects > 0 {
        return false;
    }
    let is_called_by_ends = || {
        let callers = project.callers(file, func);
        fuel > 0 && !callers.is_empty() && callers.iter().all(|&at| ends_owner(project, at, fuel - 1))
    };
    ending::is_end(project.catalog, project.name(file, row.name)) || is_called_by_ends()
}

/// What is known to run while the program starts, and then no more, takes nothing away from what comes later.
fn is_over(project: &Project<'_>, found: &Use) -> bool {
    let info = project.rate(found.file, found.row.func);
    info.certain && info.rate == Some(Rate::Once)
}

/// A handler of the end of the process itself: what it calls others may call, too.
fn is_at_stop(project: &Project<'_>, found: &Use) -> bool {
    let row = &project.summary(found.file).functions[found.row.func.index()];
    let rate = project.rate(found.file, found.row.func).rate;
    rate == Some(Rate::Stop) && row.class.is_none() && project.name(found.file, row.name).is_empty()
}

/// A fresh collection given by the method that starts its owner takes nothing away from one that runs. The callback of
/// an interval that it begins goes on, and does.
fn is_start(project: &Project<'_>, found: &Use) -> bool {
    if project.rate(found.file, found.row.func).rate.is_some_and(Rate::is_hot) {
        return false;
    }
    let Some((method, is_handed_on)) = method_around(project, found) else { return false };
    calls::is_startup_name(method)
        && !(is_handed_on && method == "constructor")
        && !is_started_again(project, found)
}

/// Whether another method of its class calls the function in which it stands, one that is no start: `submit() { this.start(); }`
/// starts it whenever it is called.
fn is_started_again(project: &Project<'_>, found: &Use) -> bool {
    let functions = &project.summary(found.file).functions;
    let class = functions[found.row.func.index()].class;
    let is_other = |&(file, caller): &(FileId, FuncId)| {
        let row = &functions[caller.index()];
        file == found.file && row.class == class && !calls::is_startup_name(project.name(file, row.name))
    };
    class.is_some()
        && project.callers(found.file, found.row.func).iter().any(|by| by.0 == found.file && is_other(by))
}

/// Whether it stands in a closure that a constructor hands on: `promise.finally(() => { this.table = null; })` runs when it is
/// over. What a method that starts something hands on is still a part of the start.
fn is_late(project: &Project<'_>, found: &Use) -> bool {
    method_around(project, found) == Some(("constructor", true))
}

/// The name of the method in which it stands, and whether in a closure that the method hands on.
fn method_around<'p>(project: &'p Project<'_>, found: &Use) -> Option<(&'p str, bool)> {
    let functions = &project.summary(found.file).functions;
    let mut around = std::iter::successors(Some(found.row.func), |&at| functions[at.index()].parent)
        .map(|func| &functions[func.index()]);
    let mut is_handed_on = false;
    let method = around.find(|row| {
        is_handed_on |= row.class.is_none() && !row.immediate;
        row.class.is_some()
    })?;
    Some((project.name(found.file, method.name), is_handed_on))
}

/// The uses of the spot itself, and replacements or removals of what it is a part of.
fn uses_that_matter(project: &Project<'_>, spot: &Spot) -> Vec<Use> {
    let mut out = project.uses(spot);
    let mut at = spot.clone();
    while let Some(SpotStep::Element | SpotStep::Field(_)) = at.path.last() {
        let was_element = at.path.last() == Some(&SpotStep::Element);
        let Some(owner) = at.parent() else { break };
        let uses = project.uses(&owner);
        out.extend(uses.into_iter().filter(|found| match &found.row.what {
            What::Collection(Op::Release) => was_element,
            What::Collection(Op::Reset) => true,
            // Who gets the table of tables may empty those.
            What::Collection(Op::Escape) => was_element,
            _ => false,
        }));
        at = owner;
    }
    out
}

/// Whether an assignment only gives the collection its first value.
fn is_making(project: &Project<'_>, lives: Lives, found: &Use) -> bool {
    match lives {
        Lives::With(of, owner, _) | Lives::Singleton(of, owner) => {
            is_initialiser(project, found)
                || project.is_part_of_making(of, owner, found.file, found.row.func)
                    && !is_late(project, found)
                || matches!(owner, Owner::Run(run) if (of, run) == (found.file, found.row.func))
        }
        _ => project.rate(found.file, found.row.func).is_once() && found.row.func.index() == 0,
    }
}

/// Whether a method that only the constructor of the owner calls empties what is empty still, and nobody else can call it: it
/// is no part of what the class offers, or the project makes the instances itself, again and again.
fn is_first(project: &Project<'_>, lives: Lives, found: &Use) -> bool {
    let (Lives::With(of, owner @ Owner::Class(class), _) | Lives::Singleton(of, owner @ Owner::Class(class))) =
        lives
    else {
        return false;
    };
    let row = &project.summary(found.file).functions[found.row.func.index()];
    let made = project.class_rate(of, class).rate;
    let is_inner = row.is_private || project.name(found.file, row.name).starts_with('_');
    // What the constructor only hands on, as the handler of an event, runs whenever that comes.
    let is_called = project.rate(found.file, found.row.func).rate == made
        && !project.is_begun_by_others(found.file, found.row.func);
    row.class.is_some()
        && is_called
        && (is_inner || made.is_some_and(Rate::is_hot))
        && project.is_part_of_making(of, owner, found.file, found.row.func)
}

/// Methods that make an instance ready, by the names everybody gives them.
fn is_initialiser(project: &Project<'_>, found: &Use) -> bool {
    let row = &project.summary(found.file).functions[found.row.func.index()];
    let name = project.name(found.file, row.name);
    let is_hook = row.class.is_some() && project.catalog.is_hook(Phase::Begin, name);
    is_hook
        || matches!(
            name,
            "init"
                | "initialize"
                | "_init"
                | "initialise"
                | "_initialize"
                | "constructor"
                | "setup"
                | "onInit"
                | "__init"
                | "construct"
        )
}
