//! Instances that hold something from outside until they are ended: what a class takes and gives back, and who makes
//! one without ever ending it.

pub(crate) mod held;

pub(crate) use held::{Basis, note_held, note_held_on_given, note_listed};

use crate::acquire::{self, Acquired, Text};
use crate::claim::{AcquireClaim, Body, Claim, Gap, HeldClaim, MadeClaim};
use crate::ending::{self, takes_away};
use crate::finding::{Finding, Retainer, Role};
use crate::rule::{Claims, FileView, Meta, ProjectView};
use crate::slot;
use held::RULE;
use outlive_semantic::access::Usage;
use outlive_semantic::growth::Op;
use outlive_semantic::handle::{Handle, ReleasePatterns};
use outlive_semantic::index::{ClassId, FuncId, NameId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::project::{FileId, Owner, Project, Use};
use outlive_semantic::summary::What;
use outlive_semantic::tree::Kind;

/// Makes a claim where an instance of a class of the project is made, kept, and not ended in this file.
pub(crate) fn visit(file: &FileView<'_, '_>, meta: &'static Meta, call: NodeId, claims: &mut Claims<'_>) {
    let model = file.model;
    let tree = &model.file.tree;
    if tree.kind(call) != Kind::New {
        return;
    }
    let Some(callee) = tree.callee(call) else { return };
    let place = model.file.place(callee);
    let may_be_ours = match place.root {
        Root::Binding(_) | Root::Class(_) => model.class_of(callee).is_some(),
        Root::Module(_) => true,
        _ => false,
    };
    if !may_be_ours {
        return;
    }
    let patterns = file.releases_by(INSTANCE, || ReleasePatterns {
        methods: end_methods(model),
        ..ReleasePatterns::default()
    });
    let handle = file.follow(call);
    let name = model.callee_name(callee).map_or_else(|| model.file.display(&place), str::to_owned);
    let what = format!("`{name}`");
    let known = claims.list.len();
    let acquired = Acquired { meta, call, what, patterns: &patterns };
    let acquired = acquire::claim_held(file, acquired, &handle, claims);
    note_made(&mut claims.list[known..], &claims.names.place(model, &place));
    let Some(acquired) = acquired.filter(|_| !goes_to_an_end(file, &handle)) else { return };
    // What stands in a collection is ended by whoever walks over it, a part of another object by whoever has that. The box
    // of a component is no object of others.
    let component = handle.places.iter().find_map(|place| slot::component_of_ref(model, place));
    let is_entry = acquired.handle.as_ref().is_some_and(|place| match place.root {
        Root::Binding(_) => matches!(place.path[..], [Step::Element]),
        Root::This(_) => matches!(place.path[..], [Step::Field(_), Step::Element]),
        _ => false,
    });
    let is_part = !is_entry
        && acquired.handle.as_ref().is_some_and(|place| {
            place.path.contains(&Step::Element)
                || matches!(place.root, Root::Binding(_)) && !place.path.is_empty() && component.is_none()
        });
    // Of a field it is enough that some end of the owner gives it back, and what fails may end the program.
    let is_enough = |gap: &Gap| acquired.handle.is_some() || gap.throws;
    let is_given_back = acquired.partial.as_ref().is_some_and(is_enough);
    if acquired.shown.is_empty() && !tree.is_discarded(call) || is_part || is_given_back {
        return;
    }
    let acquired = match component {
        Some(component) => AcquireClaim { one_each: Some(Owner::Run(component)), ..acquired },
        None => acquired,
    };
    let callee = claims.names.place(model, &place);
    let at = tree.span(call);
    let called =
        called_on(file, &handle).into_iter().map(|name| claims.names.intern(tree.text(name))).collect();
    let is_bare = tree.args(call).all(|arg| is_written_out(model, arg));
    let ended_beside = is_entry.then(|| ends_called(file, claims));
    let body = MadeClaim { callee, called, ended_beside, is_bare, acquired };
    claims.add(RULE, tree.func(call), at, body);
}

/// The names of the methods that end something, of all that the file calls.
fn ends_called(file: &FileView<'_, '_>, claims: &mut Claims<'_>) -> Vec<NameId> {
    let names = file.ends_called.get_or_init(|| {
        let (catalog, tree) = (file.model.catalog, &file.model.file.tree);
        let called = tree.ids().filter_map(|node| tree.method_call(node)).map(|(_, method)| method);
        let mut names: Vec<&str> = called.filter(|name| ending::is_end(catalog, name)).collect();
        names.sort_unstable();
        names.dedup();
        names
    });
    names.iter().map(|name| claims.names.intern(name)).collect()
}

/// Whether a value is all there in the source: nothing that anybody else could have.
fn is_written_out(model: &Model<'_>, value: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.subtree(value).all(|node| {
        // A call is of something that has a name.
        !matches!(tree.kind(node), Kind::Identifier | Kind::This | Kind::ImportCall | Kind::Function)
    })
}

/// Whether a field that holds it is handed to what ends things by its name, `stop(this.net)`, or to anything by what ends
/// its owner.
fn goes_to_an_end(file: &FileView<'_, '_>, handle: &Handle) -> bool {
    let model = file.model;
    let ends = |name: &str| takes_away(model.catalog, name);
    let by_name = |call: NodeId| {
        let callee = model.file.tree.callee(call).and_then(|callee| model.callee_name(callee));
        callee.is_some_and(|name| ends(name) || END_WORDS.iter().any(|word| begins_with(name, word)))
    };
    let is_end =
        |func: FuncId| model.file.enclosing(func).any(|at| model.file.function_name(at).is_some_and(ends));
    handle.places.iter().flat_map(|place| file.accesses.of(place)).any(|access| match access.usage {
        Usage::Argument { call, .. } => by_name(call) || is_end(access.func),
        Usage::Stored(_) | Usage::Spread(_) | Usage::Returned(_) => is_end(access.func),
        _ => false,
    })
}

/// Whether a name begins with a word: `stopAll` with `stop`, and `endpoint` not with `end`.
fn begins_with(name: &str, word: &str) -> bool {
    name.strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_lowercase))
}

/// Words that begin the names of functions which end what they are handed.
const END_WORDS: &[&str] =
    &["dispose", "stop", "close", "destroy", "end", "free", "release", "terminate", "shutdown"];

/// What is held, by the claims that were just made, is an instance of this class.
fn note_made(claims: &mut [Claim], class: &Place) {
    for claim in claims {
        if let Body::Held(held) = &mut claim.body {
            held.made = Some(class.clone());
        }
    }
}

/// The names of the methods that are called on an instance where it was made.
fn called_on(file: &FileView<'_, '_>, handle: &Handle) -> Vec<NameId> {
    let accesses = handle.places.iter().flat_map(|place| file.accesses.of(place));
    accesses
        .filter_map(|access| match access.usage {
            Usage::Method { name, .. } => Some(name),
            _ => None,
        })
        .collect()
}

/// The names of methods that end an instance, be it of a class of the project or of a library.
fn end_methods(model: &Model<'_>) -> Vec<String> {
    let of_libraries = ACQUIRING.iter().flat_map(|rule| model.catalog.releases_of(rule));
    ending::end_names(model.catalog).map(str::to_owned).chain(of_libraries.cloned()).collect()
}

/// What the patterns about instances are remembered as.
const INSTANCE: &str = "instance";

/// Rules about things that libraries make.
const ACQUIRING: &[&str] = &["leaked-resource", "per-call-client"];

/// Judges the instances that are made and never ended, by what their classes hold.
pub(crate) fn settle_all(
    claims: &[(FileId, &Claim)],
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
) -> Vec<Finding> {
    let project = view.project;
    let held: Vec<(FileId, &Claim, &HeldClaim)> = claims
        .iter()
        .filter_map(|&(file, claim)| match &claim.body {
            Body::Held(held) if is_left_to_others(project, file, held) => Some((file, claim, &**held)),
            _ => None,
        })
        .collect();
    let held: Vec<_> =
        held.iter().copied().filter(|&(file, _, row)| holds(project, file, row, &held, 3)).collect();
    claims
        .iter()
        .filter_map(|&(file, claim)| match &claim.body {
            Body::Made(made) => settle(view, meta, file, claim, made, &held)
                .or_else(|| settle_derived(view, meta, file, claim, made)),
            _ => None,
        })
        .collect()
}

/// Whether what a class gives back in its end is anything but memory: an instance that in turn holds nothing, or is of a
/// class that nobody knows, goes with its owner.
fn holds(
    project: &Project<'_>,
    file: FileId,
    row: &HeldClaim,
    held: &[(FileId, &Claim, &HeldClaim)],
    fuel: u32,
) -> bool {
    let (Some(place), Some(fuel)) = (&row.made, fuel.checked_sub(1)) else { return row.made.is_none() };
    let Some((of, class)) = project.class_made_by(&project.canonical(file, place)) else { return false };
    let lineage = project.lineage(of, class);
    let mut inner = held.iter().filter(|(at, _, inner)| lineage.contains(&(*at, inner.class)));
    project.acquired_by_base(of, class).is_some()
        || inner.any(|(at, _, inner)| holds(project, *at, inner, held, fuel))
}

/// Whether only who made the instance can end it: an instance that ends itself, when its connection closes, needs
/// nobody.
fn is_left_to_others(project: &Project<'_>, file: FileId, held: &HeldClaim) -> bool {
    let functions = &project.summary(file).functions;
    let in_class = |func: FuncId| {
        std::iter::successors(Some(func), |&at| functions[at.index()].parent)
            .any(|at| functions[at.index()].class == Some(held.class))
    };
    end_of(project, file, held).is_some_and(|(_, at, end)| {
        !project.callers(at, end).iter().any(|&(of, caller)| of == file && in_class(caller))
    })
}

/// The method that gives it back: its name, and where it is.
fn end_of<'p>(
    project: &'p Project<'_>,
    file: FileId,
    held: &'p HeldClaim,
) -> Option<(&'p str, FileId, FuncId)> {
    match &held.end {
        Some((name, func)) => Some((name, file, *func)),
        None => ending::end_in_project(project, file, held.class),
    }
}

/// Whether this very instance holds it: each does from the start, or its maker calls the method that acquires it.
fn is_held_by(
    project: &Project<'_>,
    (of, class): (FileId, ClassId),
    made: (FileId, &MadeClaim),
    (file, claim, held): (FileId, &Claim, &HeldClaim),
) -> bool {
    let starts = |&name: &NameId| {
        let name = project.symbol(project.name(made.0, name));
        let method = name.and_then(|name| project.method(of, class, name));
        method.is_some_and(|(at, func, _)| at == file && runs_within(project, file, claim.func, func, 4))
    };
    // A method that is told what to end ends that.
    let ends_all = end_of(project, file, held)
        .is_some_and(|(_, at, end)| project.summary(at).functions[end.index()].subjects == 0);
    project.is_part_of_making(file, Owner::Class(held.class), file, claim.func)
        || ends_all && made.1.called.iter().any(starts)
}

/// Whether a function is another, stands in it, or is only called from there.
fn runs_within(project: &Project<'_>, file: FileId, func: FuncId, method: FuncId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    if project.is_within(file, func, method) {
        return true;
    }
    let callers = project.callers(file, func);
    !callers.is_empty()
        && callers.iter().all(|&(of, caller)| {
            of == file && caller != func && runs_within(project, file, caller, method, fuel)
        })
}

fn settle(
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
    file: FileId,
    claim: &Claim,
    made: &MadeClaim,
    held: &[(FileId, &Claim, &HeldClaim)],
) -> Option<Finding> {
    let project = view.project;
    let spot = project.canonical(file, &made.callee);
    let (of, class) = project.class_made_by(&spot)?;
    let lineage = project.lineage(of, class);
    let (from, site, what) = held.iter().find(|&&(at, site, held)| {
        lineage.contains(&(at, held.class))
            && !(held.on_given && made.is_bare)
            && is_held_by(project, (of, class), (file, made), (at, site, held))
    })?;
    let (end, at, ends) = end_of(project, *from, what)?;
    if let Some(called) = &made.ended_beside
        && !is_left_in(project, file, made, called, (end, at, ends))
    {
        return view.drop(file, claim, || "who walks over the collection may end it".to_owned());
    }
    // On the other ways something else may have been done to it that only sounds like an end.
    let calls_end = || made.called.iter().any(|&name| project.name(file, name) == end);
    if made.acquired.partial.is_some() && !calls_end() {
        return view.drop(file, claim, || format!("nobody calls `{end}` on any way"));
    }
    // `host.addController(this)`: who is told of it calls its hooks.
    let is_hook = || project.catalog.telling_ends().any(|name| name == end);
    if what.hands_itself_on && (made.acquired.shown.is_empty() || is_hook()) {
        return view.drop(file, claim, || "it tells others of itself, who may end it".to_owned());
    }
    let text = |body: &AcquireClaim| words(body, end, &what.what);
    let mut acquired = made.acquired.clone();
    acquired.release = vec![end.to_owned()];
    let mut finding = acquire::settle(view, meta, file, claim, &acquired, text)?;
    finding.retainers.insert(
        0,
        Retainer {
            role: Role::Root,
            message: format!("{} until `{end}`", what.what),
            file: *from,
            span: site.at,
        },
    );
    Some(finding)
}

/// Whether an instance that stands in a collection is taken out of it, and nobody in sight ends any of its class: who walks
/// over the collection to end them all, or ends what is taken out, would.
fn is_left_in(
    project: &Project<'_>,
    file: FileId,
    made: &MadeClaim,
    called: &[NameId],
    (end, at, ends): (&str, FileId, FuncId),
) -> bool {
    let Some(list) = made.acquired.handle.as_ref().and_then(Place::parent) else { return false };
    let spot = project.canonical(file, &list);
    let is_release = |found: &Use| found.row.what == What::Collection(Op::Release);
    project.callers(at, ends).is_empty()
        && !called.iter().any(|&name| project.name(file, name) == end)
        && project.uses(&spot).iter().any(is_release)
        && project.uses_outside(&spot, file).next().is_none()
}

/// What is said of an instance that stays.
fn words(body: &AcquireClaim, end: &str, stays: &str) -> Text {
    let AcquireClaim { what, shown, .. } = body;
    match &body.partial {
        Some(gap) => Text {
            message: format!("the {what} in `{shown}` is not ended {}: {stays}", gap.how),
            help: acquire::help(body),
            keeps: format!("{stays} until `{end}`"),
        },
        None if shown.is_empty() => Text {
            message: format!("the {what} can never be ended, as nobody keeps it: {stays}"),
            help: format!("keep it, and call `{end}` on it when it is no longer needed"),
            keeps: format!("nobody can call `{end}` on this instance"),
        },
        None => Text {
            message: format!("the {what} in `{shown}` is never ended: {stays}"),
            help: format!("call `{shown}.{end}()` when its owner ends"),
            keeps: format!("nobody calls `{end}` on this instance"),
        },
    }
}

/// Judges an instance of a class of the project that extends what a library wants back: `class Db extends Client`.
fn settle_derived(
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
    file: FileId,
    claim: &Claim,
    made: &MadeClaim,
) -> Option<Finding> {
    let project = view.project;
    let spot = project.canonical(file, &made.callee);
    let (of, class) = project.class_made_by(&spot)?;
    let row = project.acquired_by_base(of, class).filter(|row| ACQUIRING.contains(&row.rule.as_str()))?;
    let is_plain = made.acquired.partial.is_none() && made.ended_beside.is_none();
    if !is_plain || made.acquired.shown.is_empty() {
        return None;
    }
    let mut acquired = made.acquired.clone();
    acquired.release = acquire::release_names(&ReleasePatterns::parse(&row.release));
    let text = |body: &AcquireClaim| Text {
        message: format!("the {} in `{}` is never ended: it is a {}", body.what, body.shown, row.what),
        help: acquire::help(body),
        keeps: format!("the {} stays until it is ended", row.what),
    };
    acquire::settle(view, meta, file, claim, &acquired, text)
}
