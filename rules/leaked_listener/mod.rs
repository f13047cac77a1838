//! `leaked-listener`: a listener on what lives longer than the code that adds it.

mod again;
mod ends;

use crate::acquire;
use crate::claim::{self, Body, Claim, Gap, ListenerClaim, Note, Origin, SignalUse};
use crate::ending;
use crate::finding::{Doubt, Finding, Retainer, Role, Severity};
use crate::lifetime;
use crate::owned;
use crate::pairing::{compare_events, matches, same_target};
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use crate::slot;
use outlive_semantic::access::Usage;
use outlive_semantic::calls;
use outlive_semantic::guard;
use outlive_semantic::handle::{self, ReleasePatterns};
use outlive_semantic::identity::{self, Identity, Match};
use outlive_semantic::index::{BindingId, ClassId, FuncId, NodeId};
use outlive_semantic::listeners::{self, Registration, Removal};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::project::{Answer, FileId, GlobalTy, Handing, Lives, Project, Spot, SpotRoot, Use};
use outlive_semantic::rate::{Life, Rate};
use outlive_semantic::reach::{self, Dead};
use outlive_semantic::summary::{BaseRow, What};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::{Kind, Span};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// The rule.
pub(crate) struct LeakedListener;

static META: Meta = Meta {
    id: "leaked-listener",
    summary: "a listener on something that lives longer than the code that adds it, with no removal that matches",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    page: include_str!("README.md"),
};

impl Rule for LeakedListener {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn file(&self, file: &FileView<'_, '_>, claims: &mut Claims<'_>) {
        for registration in file.registrations {
            if let Some(claim) = claim(file, registration, claims) {
                let at = file.model.file.tree.span(registration.call);
                claims.list.push(Claim {
                    rule: META.id,
                    func: registration.func,
                    at,
                    body: Body::Listener(claim),
                });
            }
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let mut lasting = FxHashMap::default();
        claim::settle_each(claims, |file, claim, body| settle_one(view, file, claim, body, &mut lasting))
    }
}

/// Events that fire once in the life of a page, and are listened to by what sets the page up.
const ONCE_PER_PAGE: &[&str] = &["DOMContentLoaded", "beforeinstallprompt", "appinstalled"];

/// The claim about one registration; none if the listener surely goes away, or the target with it.
fn claim(
    file: &FileView<'_, '_>,
    registration: &Registration,
    claims: &mut Claims<'_>,
) -> Option<ListenerClaim> {
    let model = file.model;
    let dropped = |reason: &str| file.drop(&META, registration.call, || reason.to_owned());
    let origin = origin(model, registration).filter(|_| !again::is_made_before(model, registration));
    let Some(origin) = origin else {
        return dropped("the target is made by the code that listens to it");
    };
    if matches!(&registration.event, Identity::Constant(event) if ONCE_PER_PAGE.contains(&&**event)) {
        return dropped("the event fires once in the life of a page");
    }
    if fires_once(model, registration) {
        return dropped("it is taken away when the event fires");
    }
    if is_teardown(model, registration.func) {
        return dropped("it is added while the owner ends");
    }
    if has_signal(file, registration) {
        return dropped("a signal takes it away");
    }
    if model.rows(registration.call).iter().any(|row| row.acquires.is_some()) {
        return dropped("what the call returns is followed by the rule for it");
    }
    let mut partial = match disposer(file, registration) {
        Disposer::None => None,
        Disposer::Gap(gap) => Some(gap),
        Disposer::Kept => return dropped("what the call returns is kept: it may remove the listener"),
    };
    if is_deduplicated(model, registration) {
        return dropped("the target keeps a function of the module only once");
    }
    let mut notes = Vec::new();
    let mut may_be_removed = false;
    let mut removing = Vec::new();
    let own = file.position(registration.call).unwrap_or(usize::MAX);
    let mut at = Some(0);
    while let Some((position, removal)) = at.and_then(|at| Some((at, file.removals.get(at)?))) {
        match matches_at(file, (own, registration), (position, removal)) {
            Match::Must | Match::May if removes_never(file, removal, &mut notes) => {}
            Match::Must => removing.push(removal),
            Match::May => may_be_removed = true,
            Match::Never => note_mismatch(model, registration, removal, &mut notes),
        }
        // What takes another function away is only worth a look while there is something to be said about it.
        let all_said = notes.len() >= MAX_MISMATCHES;
        at = if all_said { file.pairs().next_removal(own, position + 1) } else { Some(position + 1) };
    }
    if let Some(removal) = removing.first() {
        let Some(gap) = ends::gap(file, registration, &removing) else {
            note_removed(file, registration, origin, removal, claims);
            return file.drop_for(&META, registration.call, removal.call, "it is removed");
        };
        partial = Some(gap);
    }
    if removing.is_empty() && ends_target(file, registration) {
        return dropped("the target itself is ended by its owner");
    }
    let tree = &model.file.tree;
    let place = claims.names.place(model, &registration.place);
    let once = guard::once_guard(model, registration.call).map(|flag| claims.names.place(model, &flag));
    let class = ending::class_around(model, registration.func);
    let class = class.map(|class| (class, file.end_method(class).map(|(name, _)| name.to_owned())));
    Some(ListenerClaim {
        target: place,
        shown: shown_target(model, registration),
        model: model.model_of(model.ty(registration.target)),
        origin,
        handed: constructor_param(model, &registration.place).map(|param| claims.names.place(model, &param)),
        event: shown_event(&registration.event),
        method: tree
            .callee(registration.call)
            .and_then(|callee| model.callee_name(callee))
            .unwrap_or_default()
            .to_owned(),
        listener: shown_listener(model, registration.listener),
        proved: registration.proved,
        signal: signal_use(file, registration),
        in_loop: guard::enclosing_loop(model, registration.call).is_some(),
        once,
        may_be_removed: may_be_removed && removing.is_empty(),
        partial,
        class,
        again: again::evidence(file, registration),
        restarts: again::restarts(model, registration),
        notes,
    })
}

/// Notes what an instance keeps on something from outside until it is ended.
fn note_removed(
    file: &FileView<'_, '_>,
    registration: &Registration,
    origin: Origin,
    removal: &Removal,
    claims: &mut Claims<'_>,
) {
    let model = file.model;
    if is_outer(registration, origin) {
        let at = model.file.tree.span(registration.call);
        let target = shown_target(model, registration);
        let what = || format!("its listener stays on `{target}`");
        owned::note_held(model, (registration.func, at), removal.func, what, claims);
    }
}

/// What a listener on an abort signal is for; none if the target is something else.
fn signal_use(file: &FileView<'_, '_>, registration: &Registration) -> Option<SignalUse> {
    if !is_signal(file, registration) {
        return None;
    }
    let model = file.model;
    let ends_by_itself = model.file.enclosing(registration.func).any(|func| {
        let row = model.file.function(func);
        row.is_async
            && row.class.is_none_or(|_| !model.file.function_name(func).is_some_and(calls::is_startup_name))
            || slot::is_executor(model, func)
    });
    let ends_by_itself = ends_by_itself || forwards_abort(model, registration.listener);
    Some(if ends_by_itself { SignalUse::Operation } else { SignalUse::Ongoing })
}

/// Whether a listener only hands the abort on to a controller of this call: `() => controller.abort()`.
fn forwards_abort(model: &Model<'_>, listener: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_abort = |call: NodeId| {
        tree.method_call(call).is_some_and(|(object, method)| {
            method == "abort" && matches!(model.file.place(object).root, Root::Binding(_) | Root::Value(_))
        })
    };
    let Some(func) = model.function_of(listener) else {
        return tree.method_call(listener).is_some_and(|(object, method)| {
            method == "bind" && tree.name(object) == Some("abort") && tree.kind(object) == Kind::Member
        });
    };
    let Some(body) = model.file.body(func) else { return false };
    let mut calls = tree.subtree(body).filter(|&node| tree.is_call(node));
    calls.next().is_some_and(is_abort) && calls.next().is_none()
}

/// Whether the target is an abort signal: by its type, or because it has the one event and the members of one.
fn is_signal(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let model = file.model;
    if let Some(ty) = model.model_of(model.ty(registration.target)) {
        return model.catalog.is_a(ty, "AbortSignal");
    }
    let tree = &model.file.tree;
    let is_abort = matches!(&registration.event, Identity::Constant(event) if event == "abort");
    let listens = tree.method_call(registration.call).is_some_and(|(_, method)| method == "addEventListener");
    if !is_abort || !listens {
        return false;
    }
    let place = &registration.place;
    let last = place.last_field().or_else(|| match place.root {
        Root::Binding(binding) if place.path.is_empty() => Some(model.file.binding(binding).name),
        _ => None,
    });
    // The name that the web platform gives it in every options bag, or a member that only signals have.
    last.is_some_and(|name| tree.text(name).to_ascii_lowercase().ends_with("signal"))
        || ["aborted", "throwIfAborted"].iter().any(|member| {
            let member = tree.names().find(member).and_then(|name| place.clone().with(Step::Field(name)));
            member.is_some_and(|member| file.accesses.of(&member).next().is_some())
        })
}

/// Whether the target is something that the instance did not make.
fn is_outer(registration: &Registration, origin: Origin) -> bool {
    match origin {
        Origin::PassedToConstructor => true,
        Origin::Named => matches!(
            registration.place.root,
            Root::Global(_) | Root::Module(_) | Root::Binding(_) | Root::Class(_)
        ),
        Origin::Passed | Origin::Fetched => false,
    }
}

/// Whether a function is, or is part of, a method that ends its instance: it runs once.
fn is_teardown(model: &Model<'_>, func: FuncId) -> bool {
    model.file.enclosing(func).any(|func| {
        let row = model.file.function(func);
        row.class.is_some() && model.file.function_name(func).is_some_and(ending::is_end)
    })
}

/// Where the target comes from; none if it is made by the very code that listens to it.
fn origin(model: &Model<'_>, registration: &Registration) -> Option<Origin> {
    let place = &registration.place;
    match place.root {
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            if row.kind == BindingKind::Param {
                return Some(match model.constructs(row.func) {
                    Some(_) => Origin::PassedToConstructor,
                    None if runs_with(model, registration.func, row.func) => Origin::Passed,
                    None => Origin::Named,
                });
            }
            if is_made_before(model, registration) {
                return None;
            }
            if row.func != registration.func || row.func.index() == 0 {
                return Some(Origin::Named);
            }
            // A local of the same function: known to live longer by one of its values, or by its type.
            let elsewhere = row.values.iter().any(|&value| {
                !matches!(model.file.place(value).root, Root::Value(_))
                    && model.file.tree.kind(value) != Kind::Null
            });
            if elsewhere && row.values.len() > 1 {
                return Some(Origin::Named);
            }
            let ty = model.model_of(model.ty(registration.target));
            ty.and_then(|ty| model.catalog.model(ty).life).map(|_| Origin::Named)
        }
        Root::This(_) => {
            let is_field = !place.path.is_empty();
            if is_field && is_passed_to_constructor(model, place) {
                return Some(Origin::PassedToConstructor);
            }
            if is_field && is_made_before(model, registration) {
                return None;
            }
            Some(Origin::Named)
        }
        Root::Value(_) => {
            let ty = model.model_of(model.ty(registration.target));
            ty.and_then(|ty| model.catalog.model(ty).life).map(|_| Origin::Named)
        }
        Root::Receiver(_) => None,
        Root::Module(_) | Root::Global(_) | Root::Exports | Root::Class(_) => Some(Origin::Named),
    }
}

/// Whether a function runs as a part of another, now: the same, or `new Promise(…)` in it.
fn runs_with(model: &Model<'_>, inner: FuncId, outer: FuncId) -> bool {
    model.file.is_within(inner, outer)
        && model
            .file
            .enclosing(inner)
            .take_while(|&func| func != outer)
            .all(|func| slot::is_executor(model, func) || model.is_immediately_invoked(func))
}

/// The field of the instance that a path starts with.
fn own_field(place: &Place) -> Option<Place> {
    let first = place.path.first().filter(|_| matches!(place.root, Root::This(_)))?;
    Place::root(place.root).with(*first)
}

/// A field whose only value is (part of) a parameter of the constructor.
fn is_passed_to_constructor(model: &Model<'_>, place: &Place) -> bool {
    let Some(field) = own_field(place) else { return false };
    let values = model.values(&field);
    let from_parameter = |value: NodeId| param_of(model, &model.file.place(value)).is_some();
    !values.is_empty() && values.iter().all(|&value| from_parameter(value) || model.is_nothing(value))
}

/// The parameter of the constructor that a path starts from, directly or by the field that keeps it.
fn constructor_param(model: &Model<'_>, place: &Place) -> Option<Place> {
    match own_field(place) {
        None => param_of(model, place),
        Some(field) => {
            model.values(&field).iter().find_map(|&value| param_of(model, &model.file.place(value)))
        }
    }
}

/// The parameter that a path starts from.
fn param_of(model: &Model<'_>, place: &Place) -> Option<Place> {
    match place.root {
        Root::Binding(binding) if is_param(model, binding) => Some(Place::root(place.root)),
        _ => None,
    }
}

fn is_param(model: &Model<'_>, binding: BindingId) -> bool {
    model.file.binding(binding).kind == BindingKind::Param
}

/// `this.xhr = new XMLHttpRequest(); this.xhr.upload.addEventListener(…)`, `socket = io(url); socket.on(…)`: each run
/// listens to one of its own.
fn is_made_before(model: &Model<'_>, registration: &Registration) -> bool {
    let tree = &model.file.tree;
    let place = &registration.place;
    let holder = match (place.root, place.path.first()) {
        (Root::Binding(_), _) => Place::root(place.root),
        (_, Some(first)) => Place { root: place.root, path: std::iter::once(*first).collect() },
        _ => return false,
    };
    let is_made = |value: NodeId| match tree.kind(value) {
        Kind::New => true,
        Kind::Call => {
            let is_known =
                model.model_of(model.ty(value)).is_some_and(|ty| model.catalog.model(ty).life.is_none());
            is_known || is_found_below(model, value) || is_made_of_markup(model, value)
        }
        _ => false,
    };
    model.values(&holder).iter().any(|&value| {
        let block = tree.ancestors(value).find(|&around| tree.kind(around) == Kind::Block);
        is_made(value)
            && tree.func(value) == registration.func
            && tree.span(value).end <= tree.span(registration.call).start
            && block.is_some_and(|block| tree.contains(block, registration.call))
    })
}

/// `$('<div>').appendTo(parent)`: jQuery makes an element of markup, and its methods give it back.
fn is_made_of_markup(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let innermost = std::iter::successors(Some(call), |&call| {
        tree.method_call(call).map(|(object, _)| object).filter(|&object| tree.is_call(object))
    });
    innermost.last().is_some_and(|made| {
        let callee = tree.callee(made).and_then(|callee| model.callee_name(callee));
        let text = tree.arg(made, 0).filter(|&text| tree.kind(text) == Kind::String);
        matches!(callee, Some("$" | "jQuery"))
            && text.and_then(|text| tree.name(text)).is_some_and(|text| text.trim_start().starts_with('<'))
    })
}

/// `container.querySelector(…)`: a part of something that was made for this run, more often than not.
fn is_found_below(model: &Model<'_>, call: NodeId) -> bool {
    model.file.tree.method_call(call).is_some_and(|(object, method)| {
        let is_query = matches!(method, "querySelector" | "getElementsByClassName" | "getElementsByTagName");
        is_query && model.path_of(&model.file.place(object)).as_deref() != Some("document")
    })
}

/// Events that may well never fire while the process is healthy.
const RARE_EVENTS: &[&str] = &[
    "abort",
    "exit",
    "beforeExit",
    "SIGTERM",
    "SIGINT",
    "SIGHUP",
    "uncaughtException",
    "unhandledRejection",
    "close",
    "error",
    "disconnect",
    "destroy",
    "shutdown",
    "end",
    "drain",
    "timeout",
    "finish",
    "aborted",
    "connect",
    "unload",
    "beforeunload",
    "pagehide",
    "update-available",
    "update-not-available",
    "update-downloaded",
];

/// `once` and `{ once: true }` take the listener away when the event fires, if it does.
fn fires_once(model: &Model<'_>, registration: &Registration) -> bool {
    let by_option = listeners::option(model, registration.options, "once")
        .is_some_and(|value| model.file.tree.kind(value) == Kind::Bool);
    if !registration.once && !by_option {
        return false;
    }
    match &registration.event {
        Identity::Constant(event) if RARE_EVENTS.contains(&event.as_str()) => {
            is_awaited(model, registration) || is_asked_for(model, registration, event)
        }
        _ => true,
    }
}

/// What a promise waits for: `stream.once('drain', resolve)` next to `stream.once('error', reject)`. It is the other one
/// that stays.
fn is_awaited(model: &Model<'_>, registration: &Registration) -> bool {
    let Identity::At(place) = identity::identity(model, registration.listener) else { return false };
    let Root::Binding(binding) = place.root else { return false };
    calls::param_position(model, binding)
        .is_some_and(|(func, position)| position == 0 && slot::is_executor(model, func))
}

/// Members of a target that say whether an event is still to come.
const PENDING: &[(&str, &[&str])] =
    &[("connect", &["connecting", "pending", "readyState"]), ("drain", &["writableNeedDrain"])];

/// Whether the target was asked before: `if (socket.connecting) socket.once('connect', …)`.
fn is_asked_for(model: &Model<'_>, registration: &Registration, event: &str) -> bool {
    let tree = &model.file.tree;
    let Some((_, members)) = PENDING.iter().find(|(name, _)| *name == event) else { return false };
    let asks = |test: NodeId| {
        tree.subtree(test).any(|node| {
            tree.kind(node) == Kind::Member
                && tree.name(node).is_some_and(|name| members.contains(&name))
                && tree.first(node).is_some_and(|of| model.file.place(of) == registration.place)
        })
    };
    tree.ancestors(registration.call).take_while(|&node| tree.kind(node) != Kind::Function).any(|node| {
        matches!(tree.kind(node), Kind::If | Kind::Logical | Kind::Conditional)
            && tree.first(node).is_some_and(asks)
    })
}

/// `{ signal }` on an event target, unless it is known to be ignored.
fn has_signal(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let model = file.model;
    let row = registration.family.and_then(|family| model.catalog.emitter(family));
    let takes_options = row.map(|row| row.takes_options);
    let is_named = listeners::option(model, registration.options, "signal").is_some();
    // An options object from elsewhere may hold a signal.
    let is_hidden = |options: NodeId| {
        !matches!(model.file.tree.kind(options), Kind::Bool | Kind::Object)
            && listeners::capture(model, Some(options)).is_none()
    };
    is_named && takes_options != Some(false)
        || takes_options == Some(true) && registration.options.is_some_and(is_hidden)
}

/// What becomes of the value that a registration returns.
enum Disposer {
    /// There is none, or nobody keeps it.
    None,
    /// It is called, returned, stored or handed on: it may remove the listener.
    Kept,
    /// It removes the listener, except on this way.
    Gap(Gap),
}

/// How a disposer is used to take the listener away.
fn disposal() -> ReleasePatterns {
    let methods = [
        "dispose",
        "unsubscribe",
        "remove",
        "off",
        "destroy",
        "close",
        "stop",
        "cancel",
        "unlisten",
        "detach",
    ];
    ReleasePatterns {
        called: true,
        methods: methods.map(str::to_owned).to_vec(),
        ..ReleasePatterns::default()
    }
}

fn disposer(file: &FileView<'_, '_>, registration: &Registration) -> Disposer {
    if !returns_something(file, registration) {
        return Disposer::None;
    }
    let model = file.model;
    let handle = handle::follow(model, file.accesses, registration.call);
    let releases = handle::releases(model, file.accesses, &handle, &disposal());
    if handle.places.is_empty()
        || handle.escapes.iter().any(|escape| acquire::hands_over(file, escape, &releases))
    {
        return Disposer::Kept;
    }
    let living: Vec<_> = releases.iter().collect();
    if living.is_empty() {
        // A name that is never used again, here or anywhere.
        let is_private = handle.places.iter().all(|place| !acquire::is_shared(model, place));
        return if is_private { Disposer::None } else { Disposer::Kept };
    }
    acquire::leftover(file, registration.call, &handle, &living, &disposal())
        .map_or(Disposer::Kept, Disposer::Gap)
}

/// Whether the value of a registration is used, and may be a disposer.
fn returns_something(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    if tree.is_discarded(registration.call) {
        return false;
    }
    let row = registration.family.and_then(|family| model.catalog.emitter(family));
    let returns_self = row.is_some_and(|row| !row.returns_disposer);
    let method = tree.method_call(registration.call).map(|(_, method)| method);
    // An event target returns nothing; something else with a method of that name may well return a subscription.
    let is_typed = model.model_of(model.ty(registration.target)).is_some();
    if method == Some("addEventListener") && row.is_some_and(|row| row.name == "dom") {
        return !is_typed;
    }
    // A chain on the emitter itself hands nothing over.
    let is_chained = tree.parent(registration.call).is_some_and(|parent| tree.kind(parent) == Kind::Member);
    !(is_chained || returns_self && registration.proved)
}

/// An event target keeps a function of the module only once, however often it is added.
fn is_deduplicated(model: &Model<'_>, registration: &Registration) -> bool {
    let deduplicates = registration
        .family
        .and_then(|family| model.catalog.emitter(family))
        .is_some_and(|row| row.deduplicates);
    deduplicates
        && match identity::identity(model, registration.listener) {
            Identity::At(place) => match place.root {
                Root::Binding(binding) => model.file.binding(binding).func.index() == 0,
                Root::Module(_) | Root::Global(_) | Root::Exports | Root::Class(_) => true,
                _ => false,
            },
            _ => false,
        }
}

/// A removal in a function that never runs removes nothing: said as part of the path.
fn removes_never(file: &FileView<'_, '_>, removal: &Removal, notes: &mut Vec<Note>) -> bool {
    let Some(dead) = file
        .model
        .file
        .enclosing(removal.func)
        .find_map(|func| reach::dead(file.model, file.accesses, func).map(|dead| (func, dead)))
    else {
        return false;
    };
    let name = file.model.file.function_name(dead.0).unwrap_or("its function");
    let message = match dead.1 {
        Dead::NoCaller => format!("removed in `{name}`, which nobody calls"),
        Dead::Misspelt(hook) => format!("removed in `{name}`, which is never called: the hook is `{hook}`"),
    };
    let span = file.model.file.tree.span(removal.call);
    notes.push(Note { role: Role::NeverRuns, message, span });
    true
}

/// So many removals that match nothing are told of.
const MAX_MISMATCHES: usize = 3;

/// Whether a removal takes a listener away; of both it is known where they stand.
fn matches_at(
    file: &FileView<'_, '_>,
    (at, registration): (usize, &Registration),
    (position, removal): (usize, &Removal),
) -> Match {
    if file.pairs().is_another(at, position) {
        return Match::Never;
    }
    matches(file.model, registration, removal)
}

/// A removal of the same event from the same target that can never match is worth pointing at.
fn note_mismatch(model: &Model<'_>, registration: &Registration, removal: &Removal, notes: &mut Vec<Note>) {
    let same_event = removal
        .event
        .as_ref()
        .is_some_and(|event| compare_events(model, &registration.event, event) == Match::Must);
    if !same_event
        || same_target(model, &registration.place, &removal.place) == Match::Never
        || notes.len() >= MAX_MISMATCHES
    {
        return;
    }
    let Some(listener) = removal.listener else { return };
    let message = match identity::identity(model, listener) {
        Identity::Fresh(_) => "this removes a function made here, which was never added".to_owned(),
        _ => "this removes another function".to_owned(),
    };
    let span = model.file.tree.span(removal.call);
    notes.push(Note { role: Role::NeverMatches, message, span });
}

/// Whether the target itself is ended by code of this file that owns it: `this.child.kill()`, `server.close()`.
fn ends_target(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let model = file.model;
    let places = names_of_target(model, registration);
    if places.is_empty() {
        return false;
    }
    places.iter().any(|place| {
        let mut known = file.ended.borrow_mut();
        let ends = known.entry(place.clone()).or_insert_with(|| ends_of(file, place));
        ends.is_released || ends.by.iter().any(|&func| func != registration.func)
    })
}

/// How code of this file ends what a path names.
pub(crate) struct Ends {
    /// The functions that call a method which does; two are enough to tell whether another one than the asker is there.
    by: SmallVec<[FuncId; 2]>,
    /// It is ended in any of the ways that [`handle::releases`] knows.
    is_released: bool,
}

fn ends_of(file: &FileView<'_, '_>, place: &Place) -> Ends {
    let model = file.model;
    let mut by: SmallVec<[FuncId; 2]> = SmallVec::new();
    for access in file.accesses.of(place) {
        let is_end =
            matches!(access.usage, Usage::Method { name, .. } if is_target_end(model.file.tree.text(name)));
        if is_end && by.len() < 2 && !by.contains(&access.func) {
            by.push(access.func);
        }
    }
    let patterns = ReleasePatterns {
        functions: Vec::new(),
        methods: ["destroy", "close", "terminate", "kill", "dispose"].map(str::to_owned).to_vec(),
        ..ReleasePatterns::default()
    };
    let handle = handle::Handle::of(vec![place.clone()]);
    let is_released = !handle::releases(model, file.accesses, &handle, &patterns).is_empty();
    Ends { by, is_released }
}

/// The names an owner has for the target: the path itself, its prefixes that are fields, and for a parameter of the
/// constructor the field that keeps it.
fn names_of_target(model: &Model<'_>, registration: &Registration) -> Vec<Place> {
    let place = &registration.place;
    match place.root {
        Root::This(_) if !place.path.is_empty() => vec![place.clone()],
        Root::Binding(_) if !place.path.is_empty() => vec![place.clone()],
        Root::Binding(binding) if is_param(model, binding) => model
            .written_fields()
            .into_iter()
            .filter(|field| model.values(field).iter().any(|&value| model.file.place(value) == *place))
            .collect(),
        Root::Module(_) if !place.path.is_empty() => vec![place.clone()],
        _ => Vec::new(),
    }
}

fn is_target_end(method: &str) -> bool {
    matches!(
        method,
        "destroy"
            | "close"
            | "terminate"
            | "kill"
            | "dispose"
            | "removeAllListeners"
            | "abort"
            | "stop"
            | "end"
            | "disconnect"
            | "quit"
            | "remove"
    )
}

fn shown_target(model: &Model<'_>, registration: &Registration) -> String {
    if model.file.tree.method_call(registration.call).is_none() {
        "window".to_owned()
    } else {
        model.file.display(&registration.place)
    }
}

fn shown_event(event: &Identity) -> String {
    match event {
        Identity::Constant(event) => format!("the `{event}` listener"),
        _ => "the listener".to_owned(),
    }
}

fn shown_listener(model: &Model<'_>, listener: NodeId) -> String {
    match identity::identity(model, listener) {
        Identity::At(place) => model.file.display(&place),
        _ => String::new(),
    }
}

/// `known` is what was found out about who hands targets in: a file may listen to one thousands of times.
fn settle_one(
    view: &ProjectView<'_, '_>,
    file: FileId,
    claim: &Claim,
    body: &ListenerClaim,
    known: &mut FxHashMap<Spot, Option<(FileId, Span)>>,
) -> Option<Finding> {
    let project = view.project;
    let spot = project.canonical(file, &body.target);
    let mut doubt = Doubt::default();
    let is_known = body.proved || body.signal.is_some();
    match is_known.then_some(true).or_else(|| is_emitter(project, &spot, body)) {
        Some(true) => {}
        Some(false) => doubt.assume(),
        None => return view.drop(file, claim, || "the target is no emitter".to_owned()),
    }
    let lives = target_life(project, &spot, body);
    if let Some(once) = &body.once {
        let flag = project.canonical(file, once);
        if lifetime::happens_once(project, &flag, &spot) {
            return view.drop(file, claim, || "a flag lets it happen once".to_owned());
        }
    }
    let lasting = match known.get(&spot) {
        Some(&lasting) => lasting,
        None => *known.entry(spot.clone()).or_insert_with(|| handed_to_last(project, &spot)),
    };
    match outlives(project, &spot, lives, file, claim.func, body) {
        Answer::Yes => {}
        Answer::Assumed => doubt.assume(),
        Answer::Unknown if body.partial.as_ref().is_some_and(|gap| gap.repeats) => doubt.assume(),
        Answer::Unknown if is_met_again(project, file, claim, body) => doubt.assume(),
        Answer::Unknown if lasting.is_some() => doubt.assume(),
        Answer::Unknown => doubt.unknown(),
        Answer::No => {
            return view.drop(file, claim, || {
                let rate = project.rate(file, claim.func).phrase();
                format!(
                    "`{}` {}; the function runs {rate}",
                    body.shown,
                    lifetime::lives_phrase(project, lives)
                )
            });
        }
    }
    if !body.restarts && is_part_of_startup(project, lives, file, claim)
        || body.partial.as_ref().is_some_and(|gap| gap.is_weak)
    {
        doubt.unknown();
    }
    if body.may_be_removed || is_removed_elsewhere(project, &spot, file) {
        doubt.unknown();
    }
    let Some(confidence) = doubt.confidence() else {
        return view.drop(file, claim, || {
            let (lives, rate) =
                (lifetime::lives_phrase(project, lives), project.rate(file, claim.func).phrase());
            format!(
                "too much is in doubt ({}); `{}` {lives}; the function runs {rate}",
                doubt.phrase(),
                body.shown
            )
        });
    };
    let mut finding = report(project, file, claim, body, lives, confidence);
    if let Some((file, span)) = lasting {
        let message = "something that lives as long as the process is handed in from here".to_owned();
        finding.retainers.push(Retainer { role: Role::Repeats, message, file, span });
    }
    Some(finding)
}

/// A call that hands in something which outlives it, and does so again and again: for the target's life, whoever calls
/// is asked. None if nobody does, or listeners are taken from it elsewhere.
fn handed_to_last(project: &Project<'_>, spot: &Spot) -> Option<(FileId, Span)> {
    let lasting = project.handings(spot).into_iter().find(|handing| {
        let lives = project.life(&handing.spot);
        let answer = project.outlives(lives, handing.file, handing.func, false);
        matches!(lives, Lives::Process | Lives::Singleton(..))
            && matches!(answer, Answer::Yes | Answer::Assumed)
            && !lifetime::is_startup(project, handing.file, handing.func)
            && !project.uses(&handing.spot).iter().any(|found| is_removal(project, found))
    })?;
    Some((lasting.file, project.summary(lasting.file).functions[lasting.func.index()].at))
}

/// Whether the code around says that the same target gets the listener again, and the function does run again.
fn is_met_again(project: &Project<'_>, file: FileId, claim: &Claim, body: &ListenerClaim) -> bool {
    let info = project.rate(file, claim.func);
    body.again.is_some() && info.rate.is_some() && !info.is_once()
}

/// Whether it may well happen once only, while the program starts. What a connection or a request brings along is not
/// there yet.
fn is_part_of_startup(project: &Project<'_>, lives: Lives, file: FileId, claim: &Claim) -> bool {
    !matches!(lives, Lives::Known(life) if life < Life::Server)
        && lifetime::is_startup(project, file, claim.func)
}

/// Whether the target is an emitter, asked of the whole project: proved, or none if it is certainly something else.
fn is_emitter(project: &Project<'_>, spot: &Spot, body: &ListenerClaim) -> Option<bool> {
    let ty = project.type_of(spot);
    if let Some(model) = outlive_semantic::project::model_of(project, ty) {
        let family = project.catalog.model(model).emitter?;
        let row = project.catalog.emitter(family)?;
        return row.add.iter().chain(&row.once).any(|name| *name == body.method).then_some(true);
    }
    match ty {
        GlobalTy::Instance(file, class) if listeners::is_event_method(&body.method) => {
            Some(extends_emitter(project, file, class))
        }
        GlobalTy::Instance(file, class) => {
            // A class of the project with its own `on`: whether it leaks is that class's affair, but it does keep it.
            let own = project.symbol(&body.method).and_then(|name| project.method(file, class, name));
            own.map(|_| false)
        }
        GlobalTy::Class(..) | GlobalTy::Function(..) => None,
        _ => Some(false),
    }
}

/// Whether a class of the project inherits from something of another package that is called an emitter.
fn extends_emitter(project: &Project<'_>, file: FileId, class: ClassId) -> bool {
    project.lineage(file, class).into_iter().any(|(file, class)| {
        let base = project.summary(file).classes[class.index()].base.as_ref();
        let Some(BaseRow::Place(place)) = base else { return false };
        place.last_field().is_some_and(|name| project.name(file, name).ends_with("Emitter"))
    })
}

/// How long the target lives.
fn target_life(project: &Project<'_>, spot: &Spot, body: &ListenerClaim) -> Lives {
    let model_life = body.model.and_then(|model| project.catalog.model(model).life);
    match (project.life(spot), model_life) {
        (Lives::Unknown, Some(life)) => Lives::Known(life),
        (lives, _) => lives,
    }
}

fn outlives(
    project: &Project<'_>,
    spot: &Spot,
    lives: Lives,
    file: FileId,
    func: FuncId,
    body: &ListenerClaim,
) -> Answer {
    match (body.origin, lives, body.signal) {
        // A signal that is handed in is made to be shared by many calls.
        (Origin::Passed | Origin::Named, Lives::Unknown, Some(SignalUse::Operation)) => {
            match project.rate(file, func) {
                info if info.is_once() => Answer::No,
                _ => Answer::Assumed,
            }
        }
        (Origin::PassedToConstructor, Lives::With(..) | Lives::Unknown | Lives::Known(_), _) => {
            passed_outlives(project, spot, lives, file, func, body)
        }
        // A server that is handed in is set up once by whoever made it, unless something is known to do it again.
        (Origin::Passed, Lives::Known(Life::Server), _) if !is_driven(project, file, func) => Answer::Unknown,
        (_, lives, _) => project.outlives(lives, file, func, body.in_loop),
    }
}

/// Whether an entry point is known to run a function again and again.
fn is_driven(project: &Project<'_>, file: FileId, func: FuncId) -> bool {
    project.rate(file, func).rate.is_some_and(Rate::is_hot)
}

/// Whether all that construct hand in themselves, or what is theirs, when they are made: `this.quality = new
/// Quality(this)` in a constructor. Both then live equally long.
fn is_handed_by_owner(project: &Project<'_>, spot: &Spot) -> bool {
    let handings = project.handings(spot);
    let is_owner = |handing: &Handing| {
        let row = &project.summary(handing.file).functions[handing.func.index()];
        let is_making = &*row.name == "constructor" || calls::is_startup_name(&row.name);
        match handing.spot.root {
            SpotRoot::Instance(..) => row.class.is_some() && is_making,
            // `new Stream(client.call())`: made for it.
            SpotRoot::Value(..) => true,
            _ => false,
        }
    };
    !handings.is_empty() && handings.iter().all(is_owner)
}

/// What a constructor was handed outlives the instance if instances end by themselves.
fn passed_outlives(
    project: &Project<'_>,
    spot: &Spot,
    lives: Lives,
    file: FileId,
    func: FuncId,
    body: &ListenerClaim,
) -> Answer {
    let Some((class, end)) = &body.class else { return Answer::Unknown };
    let info = project.class_rate(file, *class);
    if info.is_once() {
        return project.outlives(Lives::Process, file, func, body.in_loop);
    }
    let ends = end.is_some() || ending::ends_in_project(project, file, *class);
    let is_hot = info.rate.is_some_and(Rate::is_hot);
    // One instance for each connection or request, and the connection is what it is handed.
    if is_hot && matches!(lives, Lives::Known(_)) {
        return project.outlives(lives, file, func, body.in_loop);
    }
    let param = body.handed.as_ref().map(|param| project.canonical(file, param));
    if !is_hot && is_handed_by_owner(project, param.as_ref().unwrap_or(spot)) {
        return Answer::Unknown;
    }
    // Nobody in sight makes one: a part of something larger, which is made and ends with it, more often than not.
    let is_made_out_of_sight = info.rate == Some(Rate::Call)
        && param.as_ref().is_none_or(|param| project.handings(param).is_empty());
    match (ends, info.rate) {
        (true, Some(_)) if is_made_out_of_sight && body.partial.is_none() => Answer::Unknown,
        (true, Some(_)) => Answer::Assumed,
        (true, None) => Answer::Unknown,
        (false, Some(rate)) if rate >= Rate::Component => Answer::Assumed,
        (false, _) => Answer::Unknown,
    }
}

/// Another file removes listeners from the same thing.
fn is_removed_elsewhere(project: &Project<'_>, spot: &Spot, file: FileId) -> bool {
    project.uses_outside(spot, file).any(|found| is_removal(project, &found))
}

/// Whether production code takes listeners away with a use.
fn is_removal(project: &Project<'_>, found: &Use<'_>) -> bool {
    project.is_production(found.file)
        && matches!(&found.row.what, What::Method(name, _) if is_removal_name(project.name(found.file, *name)))
}

fn is_removal_name(name: &str) -> bool {
    matches!(name, "off" | "removeListener" | "removeEventListener" | "removeAllListeners" | "unbind")
}

fn report(
    project: &Project<'_>,
    file: FileId,
    claim: &Claim,
    body: &ListenerClaim,
    lives: Lives,
    confidence: crate::finding::Confidence,
) -> Finding {
    let (target, event) = (&body.shown, &body.event);
    let longer = match (body.origin, lives) {
        (Origin::Passed, Lives::Unknown) => "is handed in and outlives this call".to_owned(),
        (_, Lives::Unknown) if body.signal.is_some() || body.again.is_some() => {
            "outlives this call".to_owned()
        }
        (Origin::PassedToConstructor, Lives::Unknown | Lives::With(..)) => {
            "is handed to the constructor and outlives the instance".to_owned()
        }
        _ => lifetime::lives_phrase(project, lives),
    };
    let mut retainers = vec![
        Retainer { role: Role::Root, message: format!("`{target}` {longer}"), file, span: claim.at },
        Retainer {
            role: Role::Registered,
            message: "each run adds one more listener, with everything it closes over".to_owned(),
            file,
            span: claim.at,
        },
    ];
    retainers.extend(body.notes.iter().chain(&body.again).map(|note| note.retainer(file)));
    if let Some(gap) = &body.partial
        && let Some(span) = gap.at
    {
        let message = format!("not removed {}", gap.how);
        retainers.push(Retainer { role: Role::Holder, message, file, span });
    }
    retainers.extend(lifetime::repeats_retainer(project, file, claim.func));
    let rate = project.rate(file, claim.func).rate;
    let often =
        rate.filter(|rate| rate.is_hot()).map_or_else(String::new, |rate| format!(" {}", rate.phrase()));
    let message = match &body.partial {
        Some(gap) => format!("{event} added to `{target}`{often} is not removed {}", gap.how),
        None => format!("{event} added to `{target}`{often} is never removed"),
    };
    Finding {
        rule: META.id,
        severity: META.severity,
        confidence,
        message,
        help: help(body),
        file,
        span: claim.at,
        retainers,
        fixes: Vec::new(),
        scope: project.function_name(file, claim.func),
        subject: format!("{target} {event}"),
    }
}

fn help(body: &ListenerClaim) -> String {
    let target = &body.shown;
    let remove = match body.method.as_str() {
        "addEventListener" => "removeEventListener",
        "addListener" | "prependListener" => "removeListener",
        "bind" => "unbind",
        _ => "off",
    };
    let name = if body.listener.is_empty() { "the function in a variable" } else { "the same function" };
    match &body.class {
        Some((_, Some(end))) => format!("keep {name} and call `{target}.{remove}(…)` in `{end}`"),
        _ => format!("keep {name} and call `{target}.{remove}(…)` when this is over"),
    }
}
