//! What ends an instance: the methods in which a class gives back what it took.

use crate::claim::{Gap, Note, Only};
use crate::finding::Role;
use crate::rule::{FileView, ProjectView};
use outlive_semantic::access::Usage;
use outlive_semantic::calls;
use outlive_semantic::catalog::{Catalog, Phase};
use outlive_semantic::growth::Op;
use outlive_semantic::identity::Identity;
use outlive_semantic::index::{ClassId, FuncId, NodeId};
use outlive_semantic::listeners::Registration;
use outlive_semantic::model::Model;
use outlive_semantic::place::Place;
use outlive_semantic::project::{Answer, FileId, Project, Spot, SpotRoot};
use outlive_semantic::rate::Rate;
use outlive_semantic::reach::{self, Dead};
use rustc_hash::FxHashSet;

/// Whether something is never `done` ("released") by a node of a function, although it looks as if: why is said as part of
/// the path.
pub(crate) fn is_never(
    file: &FileView<'_, '_>,
    (func, node): (FuncId, NodeId),
    done: &str,
    notes: &mut Vec<Note>,
) -> bool {
    let why = never(file, func, node, done);
    let is_never = why.is_some();
    notes.extend(why);
    is_never
}

fn never(file: &FileView<'_, '_>, func: FuncId, node: NodeId, done: &str) -> Option<Note> {
    let lowered = file.model.file;
    let dead =
        lowered.enclosing(func).find_map(|func| Some((func, reach::dead(file.model, file.accesses, func)?)));
    let Some((func, dead)) = dead else {
        let flag = file.shut_behind(node)?;
        let message = format!("{done} behind a test of `{flag}`, which only what stands behind it sets");
        return Some(Note { role: Role::NeverRuns, message, span: lowered.tree.span(node) });
    };
    let name = lowered.function_name(func).unwrap_or("its function");
    let message = match dead {
        Dead::NoCaller => format!("{done} in `{name}`, which nobody calls"),
        Dead::Misspelt(hook) => format!("{done} in `{name}`, which is never called: the hook is `{hook}`"),
        Dead::Late(hook) => {
            format!(
                "{done} in a function that never runs: behind an `await` nobody knows for which component `{hook}` is"
            )
        }
        Dead::Uncalled(why) => format!("{done} in `{name}`, which is never called: {why}"),
        Dead::Promised(hook) => {
            format!(
                "{done} in a cleanup that never runs: from an `async` function `{hook}` gets a promise of it"
            )
        }
    };
    Some(Note { role: Role::NeverRuns, message, span: lowered.tree.span(node) })
}

/// The ending that is not covered where all that gives something back are listeners to the good end of an exchange.
pub(crate) fn uncovered(file: &FileView<'_, '_>, giving_back: &FxHashSet<FuncId>) -> Option<Gap> {
    let (event, at) = good_end_alone(file, giving_back.iter().copied())?;
    let how = format!("when the client goes away: `{event}` does not come then, `close` does");
    Some(Gap::new(how, Some(file.model.file.tree.span(at))))
}

/// The good end of an exchange where each of the functions is run by one alone: its event and the first call that listens.
pub(crate) fn good_end_alone<'m>(
    file: &FileView<'m, '_>,
    giving_back: impl Iterator<Item = FuncId>,
) -> Option<(&'m str, NodeId)> {
    let heard: Option<Vec<_>> = giving_back.map(|func| good_end(file, func)).collect();
    heard?.into_iter().min_by_key(|&(_, at)| at)
}

/// The good end of an exchange that a function, or one that it stands in, listens to and is for alone.
fn good_end<'m>(file: &FileView<'m, '_>, func: FuncId) -> Option<(&'m str, NodeId)> {
    let model = file.model;
    let event = |call: NodeId| {
        let added = file.registration(call)?;
        let of = model.catalog.model(model.model_of(model.ty(added.target))?);
        let Identity::Constant(name) = &added.event else { return None };
        let event = of.good_ends.iter().find(|event| *event == name)?;
        (!is_answered(file, added, &of.ended_by)).then_some((event.as_str(), call))
    };
    model.file.enclosing(func).find_map(|at| {
        let heard: Vec<_> = model.handed(at).iter().map(|handed| event(handed.call)).collect();
        let is_alone = model.calls_of(at).is_empty() && heard.iter().all(Option::is_some);
        heard.into_iter().next().flatten().filter(|_| is_alone)
    })
}

/// The ending that is not covered where all that gives something back stands in hooks that do not always run.
pub(crate) fn not_everywhere(
    file: &FileView<'_, '_>,
    site: NodeId,
    giving_back: impl IntoIterator<Item = FuncId> + Clone,
) -> Option<Gap> {
    missed_on_server(file.model, site, giving_back.clone()).or_else(|| missed_in_scope(file, giving_back))
}

/// The ending that is not covered where all that gives something back are hooks of an instance which its framework does
/// not call if it has made it as often as something that it injects.
pub(crate) fn missed_in_scope(
    file: &FileView<'_, '_>,
    giving_back: impl IntoIterator<Item = FuncId>,
) -> Option<Gap> {
    let lowered = file.model.file;
    let hook =
        |func| lowered.enclosing(func).find_map(|at| reach::uncalled_in_scope(file.model, file.accesses, at));
    let hooks: Option<Vec<_>> = giving_back.into_iter().map(hook).collect();
    let (class, why) = hooks?.into_iter().min()?;
    Some(Gap {
        only: Some(Only::Injected(class)),
        ..Gap::new(format!("when what it was made for is over: {why}"), None)
    })
}

/// The ending that is not covered where all that gives something back are functions of hooks which do not run on a server,
/// and what takes it does: a component is rendered there, and never unmounted.
fn missed_on_server(
    model: &Model<'_>,
    site: NodeId,
    giving_back: impl IntoIterator<Item = FuncId>,
) -> Option<Gap> {
    let hook = |func| calls::client_hook(model, site, func);
    let hooks: Option<Vec<&str>> = giving_back.into_iter().map(hook).collect();
    let hook = hooks?.into_iter().min()?;
    Some(on_server(hook))
}

/// The ending that a hook does not cover which a server never calls.
pub(crate) fn on_server(hook: &str) -> Gap {
    let how = format!("where it is rendered on a server: `{hook}` never runs there");
    Gap { only: Some(Only::Server), ..Gap::new(how, None) }
}

/// Whether the project says that a way is taken at all.
pub(crate) fn is_taken(project: &Project<'_>, file: FileId, gap: &Gap) -> bool {
    match gap.only {
        None => true,
        Some(Only::Server) => project.is_rendered_on_server(file),
        Some(Only::Injected(class)) => project.injected_scope(file, class).is_some(),
        Some(Only::EachConnection(class, func)) => {
            let lives = project.life(&Spot::root(SpotRoot::Instance(file, class)));
            let info = project.rate(file, func);
            let is_each = info.certain && info.rate == Some(Rate::Connection);
            is_each && project.outlives(lives, file, func, false) == Answer::Yes
        }
    }
}

/// Whether the function that waits for the end of a response ends it as well, at once: hardly a client is faster.
fn is_answered(file: &FileView<'_, '_>, added: &Registration, ended_by: &[String]) -> bool {
    let tree = &file.model.file.tree;
    file.accesses.of(&added.place).any(|access| {
        access.func == added.func
            && matches!(access.usage, Usage::Method { name, .. }
                if ended_by.iter().any(|method| method == tree.text(name)))
    })
}

/// Words for methods that end an instance; hooks of frameworks are rows.
const END_METHODS: &[&str] = &[
    "close",
    "destroy",
    "dispose",
    "stop",
    "end",
    "terminate",
    "teardown",
    "tearDown",
    "shutdown",
    "unmount",
    "detach",
    "disconnect",
    "cleanup",
    "cleanUp",
    "finish",
    "cancel",
    "abort",
    "kill",
    "quit",
    "leave",
    "release",
    "removed",
    "onDestroy",
    "onunload",
    "unload",
    "deactivate",
    "deactivated",
    "disable",
    "deinit",
    "uninit",
    "onRemove",
    "remove",
    "unbind",
    "unsubscribe",
    "@@dispose",
    "@@asyncDispose",
    "_destroy",
    "_dispose",
    "_close",
    "_stop",
    "_cleanup",
    "onClose",
    "onclose",
    "disposeInternal",
    "onUnmount",
    "closeConnection",
    "_final",
    "_teardown",
];

/// Whether a method of this name is told that its instance has been closed, by whomever.
#[must_use]
pub(crate) fn is_end_handler(name: &str) -> bool {
    let name = name.trim_start_matches(['_', '#']);
    matches!(
        name,
        "onClose" | "onclose" | "onClosed" | "onEnd" | "onDisconnect" | "handleClose" | "handleDisconnect"
    )
}

/// Whether a method of this name ends its instance. A symbol in its place is called `kClose`.
#[must_use]
pub(crate) fn is_end(catalog: &Catalog, name: &str) -> bool {
    let is_word = |name: &str| END_METHODS.contains(&name);
    is_word(name) || catalog.is_hook(Phase::End, name) || by_symbol(name).is_some_and(|name| is_word(&name))
}

/// The words that names of functions begin with which take something away.
const TAKING_AWAY: &[&str] = &[
    "remove",
    "unbind",
    "unsubscribe",
    "unregister",
    "detach",
    "teardown",
    "cleanup",
    "disconnect",
    "unlisten",
];

/// Whether a function takes something away, by its name.
pub(crate) fn takes_away(catalog: &Catalog, name: &str) -> bool {
    let lower = name.trim_start_matches('_').to_ascii_lowercase();
    is_end(catalog, name) || TAKING_AWAY.iter().any(|word| lower.starts_with(word))
}

/// The names of all such methods.
pub(crate) fn end_names(catalog: &Catalog) -> impl Iterator<Item = &str> {
    END_METHODS.iter().copied().chain(catalog.telling_ends())
}

/// `close` of `kClose`: what the word behind a symbol's `k` would be called as a method.
fn by_symbol(name: &str) -> Option<String> {
    let word = name.strip_prefix('k')?;
    let first = word.chars().next().filter(char::is_ascii_uppercase)?;
    Some(format!("{}{}", first.to_ascii_lowercase(), &word[first.len_utf8()..]))
}

/// Whether a method is told what to end, `remove(key)`, and does not end its own instance.
fn is_told(name: &str, params: usize) -> bool {
    params > 0
        && matches!(
            name,
            "remove"
                | "release"
                | "cancel"
                | "leave"
                | "unsubscribe"
                | "unbind"
                | "kill"
                | "abort"
                | "unload"
        )
}

/// Whether a method ends the instance that it is called on, by its name and what it is told.
#[must_use]
pub(crate) fn ends_instance(model: &Model<'_>, name: &str, func: FuncId) -> bool {
    is_end(model.catalog, name) && !is_told(name, model.file.params(func).count())
}

/// The method that ends instances of a class, if it has one: its name and function.
#[must_use]
pub(crate) fn end_method<'m>(model: &'m Model<'_>, class: ClassId) -> Option<(&'m str, FuncId)> {
    model.lineage(class).find_map(|class| {
        model.file.class(class).members.iter().find_map(|member| {
            let name = model.file.tree.text(member.name?);
            let func = member.func?;
            let may_end = ends_instance(model, name, func) && !member.is_static;
            (may_end && calls::uncalled(model, class, name).is_none()).then_some((name, func))
        })
    })
}

/// The class an instance of which a function runs for, directly or as a closure made in one of its methods.
#[must_use]
pub(crate) fn class_around(model: &Model<'_>, func: FuncId) -> Option<ClassId> {
    model
        .file
        .enclosing(func)
        .find_map(|func| model.file.function(func).this_class.or(model.file.function(func).class))
}

/// Whether a class, or what it inherits from in any file, has a method that ends its instances.
#[must_use]
pub(crate) fn ends_in_project(project: &Project<'_>, file: FileId, class: ClassId) -> bool {
    end_in_project(project, file, class).is_some()
}

/// The method that ends instances of a class, its own or inherited from any file: its name, and where it is.
#[must_use]
pub(crate) fn end_in_project<'p>(
    project: &'p Project<'_>,
    file: FileId,
    class: ClassId,
) -> Option<(&'p str, FileId, FuncId)> {
    project.method_names(file, class).iter().find_map(|&(name, file, func)| {
        let (name, params) = (project.text(name), project.summary(file).functions[func.index()].params);
        let ends = is_end(project.catalog, name) && !is_told(name, usize::from(params));
        ends.then_some((name, file, func))
    })
}

impl<'v> FileView<'v, '_> {
    /// [`end_method`] of a class.
    pub(crate) fn end_method(&self, class: ClassId) -> Option<(&'v str, FuncId)> {
        *self.end_methods.borrow_mut().entry(class).or_insert_with(|| end_method(self.model, class))
    }

    /// [`good_end_alone`] of everything that takes entries out of a collection.
    pub(crate) fn taken_out_on(&self, holder: &Place) -> Option<(&'v str, NodeId)> {
        if let Some(&known) = self.taken_out_on.borrow().get(holder) {
            return known;
        }
        let found = good_end_alone(self, self.ops_on(holder, Op::Release).map(|release| release.func));
        self.taken_out_on.borrow_mut().insert(holder.clone(), found);
        found
    }
}

impl ProjectView<'_, '_> {
    /// [`ends_in_project`] of a class.
    pub(crate) fn ends(&self, file: FileId, class: ClassId) -> bool {
        let find = || ends_in_project(self.project, file, class);
        *self.ends.borrow_mut().entry((file, class)).or_insert_with(find)
    }
}
