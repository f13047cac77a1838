//! `leaked-listener`: a listener on what lives longer than the code that adds it.

mod again;
mod ends;
mod given;
mod keyed;
mod origin;
mod outlives;
mod partner;
mod signal;

use crate::claim::{self, Claim, ListenerClaim, Note, Origin};
use crate::finding::{Confidence, Doubt, Finding, Retainer, Role, Severity};
use crate::pairing::{compare_events, matches, same_target};
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use crate::{ending, leaked_subscription, lifetime, owned, returned, slot};
use origin::{constructor_param, is_outer, is_param, is_teardown, of_given, of_receiver, origin};
use outlive_semantic::access::Usage;
use outlive_semantic::handle::{self, ReleasePatterns};
use outlive_semantic::identity::{self, Identity, Match};
use outlive_semantic::index::{FuncId, NameId, NodeId};
use outlive_semantic::listeners::{self, Registration, Removal};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::project::{Answer, FileId, Lives, Project, Spot};
use outlive_semantic::rate::Rate;
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::{Kind, Span};
use outlive_semantic::{calls, guard};
use outlives::{
    handed_to_last, is_emitter, is_met_again, is_part_of_startup, is_removed_elsewhere, may_be_the_only_one,
    outlives, target_life,
};
use rustc_hash::FxHashMap;
use signal::{Disposer, disposer, has_signal, signal_use, unaborted_signal};
use smallvec::SmallVec;

/// The rule.
pub(crate) struct LeakedListener;

static META: Meta = Meta {
    id: "leaked-listener",
    summary: "a listener on something that lives longer than the code that adds it, with no removal that matches",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    since: "0.1.0",
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
                claims.add(META.id, registration.func, at, claim);
            }
        }
        for op in file.ops {
            given::note_kept(file, op, claims);
        }
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        // What looks like a registration, or a subscription, is judged as one.
        if file.registration(call).is_none() && leaked_subscription::subscribed(file.model, call).is_none() {
            returned::visit(file, &META, call, claims);
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let mut lasting = FxHashMap::default();
        let judge = |file, claim: &_, body: &_| settle_one(view, file, claim, body, &mut lasting);
        let mut findings = claim::settle_each(claims, judge);
        findings.extend(returned::settle_all(claims, view, &META));
        findings
    }
}

/// Events of servers of net, tls, http and what is built on them: somebody connects, or tries to.
const SERVER_EVENTS: &[&str] =
    &["connection", "secureConnection", "upgrade", "clientError", "tlsClientError"];

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
    let shown = shown_target(model, registration);
    let renamed = of_receiver(model, registration);
    let registration = renamed.as_ref().unwrap_or(registration);
    let given = of_given(model, registration);
    let target = given.as_ref().unwrap_or(registration);
    let origin = origin(model, target).filter(|_| !again::is_made_before(model, registration));
    let Some(origin) = origin else {
        return dropped("the target is made by the code that listens to it");
    };
    if matches!(&registration.event, Identity::Constant(event) if ONCE_PER_PAGE.contains(&&**event)) {
        return dropped("the event fires once in the life of a page");
    }
    let loser = partner::forgotten_event(file, registration).or_else(|| partner::loser(file, registration));
    if fires_once(model, registration) && loser.is_none() {
        return dropped("it is taken away when the event fires");
    }
    if is_teardown(model, registration.func) {
        return dropped("it is added while the owner ends");
    }
    let unaborted = unaborted_signal(file, registration);
    if unaborted.is_none() && has_signal(file, registration) {
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
    let mut notes: Vec<Note> = unaborted.into_iter().collect();
    let mut may_be_removed = false;
    let mut removing = Vec::new();
    let own = file.position(registration.call).unwrap_or(usize::MAX);
    let mut at = Some(0);
    while let Some((position, removal)) = at.and_then(|at| Some((at, file.removals.get(at)?))) {
        match matches_at(file, (own, registration), (position, removal)) {
            Match::Must | Match::May
                if ending::is_never(file, (removal.func, removal.call), "removed", &mut notes) => {}
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
            given::note_removed(file, registration, &removing, claims);
            return file.drop_for(&META, registration.call, removal.call, "it is removed");
        };
        partial = Some(gap);
    }
    if keyed::is_once_per_target(file, registration) {
        return dropped("a table remembers to which targets it was added");
    }
    if is_what_changed(model, registration) {
        return dropped("each change brings another target");
    }
    if is_ended_beside(file, registration) {
        return dropped("the target is ended right beside it");
    }
    if removing.is_empty() && ends_target(file, registration) {
        return dropped("the target itself is ended by its owner");
    }
    if may_be_removed {
        given::note_wrapper(file, registration, claims);
    }
    let tree = &model.file.tree;
    let forgotten = partner::forgotten(file, registration).filter(|_| partial.is_none());
    let place = claims.names.place(model, &target.place);
    let once = guard::once_guard(model, registration.call).map(|flag| claims.names.place(model, &flag));
    let class = ending::class_around(model, registration.func);
    let class = class.map(|class| (class, file.end_method(class).map(|(name, _)| name.to_owned())));
    Some(ListenerClaim {
        target: place,
        shown,
        model: model.model_of(model.ty(registration.target)).or_else(|| origin::socket(file, registration)),
        origin,
        handed: constructor_param(model, &target.place).map(|param| claims.names.place(model, &param)),
        event: constant_event(&registration.event),
        is_last: is_end_of_process(model, registration),
        greets: matches!(&registration.event, Identity::Constant(event) if SERVER_EVENTS.contains(&event.as_str())),
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
        per_key: keyed::is_once_per_key(file, registration),
        may_be_removed: may_be_removed && removing.is_empty(),
        partial,
        class,
        is_forgotten: forgotten.is_some(),
        again: again::evidence(file, registration).or(forgotten).or(loser),
        is_endless: again::endless_loop(model, registration).is_some(),
        is_making: origin::is_initializer(model, registration.func),
        restarts: again::restarts(model, registration),
        notes,
    })
}

/// `reaction(() => this.webview, () => this.webview.on(…))`: what runs when a value has changed finds another one there.
fn is_what_changed(model: &Model<'_>, registration: &Registration) -> bool {
    let tree = &model.file.tree;
    let closure = model.file.function(registration.func).node;
    let Some((call, 1)) = tree.argument_of(closure) else { return false };
    let name = tree.callee(call).and_then(|callee| model.callee_name(callee));
    let watched = tree.arg(call, 0).and_then(|watched| model.function_of(watched));
    let (Some("reaction" | "watch"), Some(watched)) = (name, watched) else { return false };
    let [value] = model.returned_values(watched)[..] else { return false };
    let value = model.file.place(value);
    let mut around = std::iter::successors(Some(registration.place.clone()), Place::parent);
    !value.path.is_empty() && around.any(|place| place == value)
}

/// `stream.end(); stream.on('finish', done)`: whoever waits for the end of what it ends itself adds the last listener.
fn is_ended_beside(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let tree = &file.model.file.tree;
    let statement = |node: NodeId| {
        let around = std::iter::once(node).chain(tree.ancestors(node));
        around.take(3).find(|&node| tree.parent(node).is_some_and(|block| tree.kind(block) == Kind::Block))
    };
    let block = |node: NodeId| statement(node).and_then(|statement| tree.parent(statement));
    let own = block(registration.call);
    own.is_some()
        && file.accesses.of(&registration.place).any(|access| match access.usage {
            Usage::Method { name, call } => {
                matches!(tree.text(name), "end" | "destroy" | "close" | "terminate" | "kill")
                    && access.func == registration.func
                    && block(call) == own
            }
            _ => false,
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

/// Whether an event may well never fire: one of these, or what tells of an error of any kind.
fn is_rare(event: &str) -> bool {
    RARE_EVENTS.contains(&event) || event.to_ascii_lowercase().ends_with("error")
}

/// `once` and `{ once: true }` take the listener away when the event fires, if it does.
fn fires_once(model: &Model<'_>, registration: &Registration) -> bool {
    let by_option = listeners::option(model, registration.options, "once")
        .is_some_and(|value| model.file.tree.kind(value) == Kind::Bool);
    if !registration.once && !by_option {
        return false;
    }
    match &registration.event {
        Identity::Constant(event) if is_rare(event) => {
            is_awaited(model, registration) || is_asked_for(model, registration, event)
        }
        Identity::Constant(_) => true,
        _ => !is_of_process(model, registration),
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
    let last_words = last_words(file, place);
    let is_told = |func: FuncId| last_words.iter().any(|&last| model.file.is_within(func, last));
    let mut by: SmallVec<[FuncId; 2]> = SmallVec::new();
    for access in file.accesses.of(place) {
        let is_end = matches!(access.usage, Usage::Method { name, call }
            if is_target_end(model, name, call) && !is_optional(model, call));
        if is_end && !is_told(access.func) && by.len() < 2 && !by.contains(&access.func) {
            by.push(access.func);
        }
    }
    let patterns = ReleasePatterns {
        functions: Vec::new(),
        methods: ["destroy", "close", "terminate", "kill", "dispose"].map(str::to_owned).to_vec(),
        ..ReleasePatterns::default()
    };
    let handle = handle::Handle::of(vec![place.clone()]);
    let releases = handle::releases(model, file.accesses, &handle, &patterns);
    let is_released =
        releases.iter().any(|release| !is_told(release.func) && !is_optional(model, release.node));
    Ends { by, is_released }
}

/// Whether a call is made only if the caller of its function asks for it: `if (options.source) this.source.destroy()`.
fn is_optional(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let func = tree.func(call);
    let asks = |test: NodeId| {
        tree.subtree(test).any(|node| {
            let binding = model.file.binding_of(node).map(|binding| model.file.binding(binding));
            binding.is_some_and(|row| row.kind == BindingKind::Param && row.func == func)
        })
    };
    tree.ancestors(call).take_while(|&node| tree.kind(node) != Kind::Function).any(|node| {
        tree.kind(node) == Kind::If
            && tree.child(node, 2).is_none()
            && tree.first(node).is_some_and(|test| !tree.contains(test, call) && asks(test))
    })
}

/// Events after which a target is of no use any more.
const LAST_EVENTS: &[&str] = &["end", "close", "error", "timeout", "aborted", "abort", "disconnect", "exit"];

/// The listeners by which a target tells of its end: what they do about it is no end that its owner chose.
fn last_words(file: &FileView<'_, '_>, place: &Place) -> Vec<FuncId> {
    let is_last = |event: &Identity| matches!(event, Identity::Constant(event) if LAST_EVENTS.contains(&event.as_str()));
    let heard = file.registrations.iter().filter(|added| added.place == *place && is_last(&added.event));
    heard.filter_map(|added| file.model.function_of(added.listener)).collect()
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

fn is_target_end(model: &Model<'_>, name: NameId, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let method = tree.text(name);
    // Of a part, or of one event: `features.remove(feature)`, `socket.removeAllListeners('data')`.
    let is_partial = matches!(method, "remove" | "removeAllListeners") && tree.arg(call, 0).is_some();
    !is_partial
        && matches!(
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

/// Whether a process emits an event when it is about to end.
fn is_end_of_process(model: &Model<'_>, registration: &Registration) -> bool {
    let Identity::Constant(event) = &registration.event else {
        // What a process is told of once under names from elsewhere are signals.
        return registration.once && is_of_process(model, registration);
    };
    let signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK", "SIGQUIT"];
    let others = ["exit", "beforeExit", "uncaughtException", "unhandledRejection"];
    signals.contains(&event.as_str()) || others.contains(&event.as_str())
}

fn is_of_process(model: &Model<'_>, registration: &Registration) -> bool {
    model.path_of(&registration.place).as_deref() == Some("process")
}

fn constant_event(event: &Identity) -> Option<String> {
    match event {
        Identity::Constant(event) => Some(event.clone()),
        _ => None,
    }
}

fn shown_event(event: Option<&str>) -> String {
    event.map_or_else(|| "the listener".to_owned(), |event| format!("the `{event}` listener"))
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
    // What others are taken from again is one.
    let is_known = body.proved || body.signal.is_some() || body.is_forgotten;
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
        Answer::No if body.is_endless && runs_at_all(project, file, claim.func) => doubt.assume(),
        // Each promise of an instance leaves its listener on the instance.
        Answer::No if body.partial.is_some() && is_met_again(project, file, claim, body) => doubt.assume(),
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
    if is_part_of_startup(project, lives, file, claim, body)
        || body.partial.as_ref().is_some_and(|gap| gap.is_weak)
    {
        doubt.unknown();
    }
    let is_removed = || is_removed_elsewhere(project, &spot, file, body.event.as_deref());
    if body.per_key || body.may_be_removed || !body.is_forgotten && is_removed() {
        doubt.unknown();
    }
    if may_be_the_only_one(project, &spot, lives, file, claim, body) {
        // Neither that there are several is known, nor that one of them ever ends.
        doubt.unknown();
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

/// Whether a function runs in production: once is enough for a loop that goes on.
fn runs_at_all(project: &Project<'_>, file: FileId, func: FuncId) -> bool {
    project.rate(file, func).rate.is_some_and(|rate| rate >= Rate::Once)
}

fn report(
    project: &Project<'_>,
    file: FileId,
    claim: &Claim,
    body: &ListenerClaim,
    lives: Lives,
    confidence: Confidence,
) -> Finding {
    let target = &body.shown;
    let event = shown_event(body.event.as_deref());
    let longer = match (body.origin, lives) {
        (Origin::Fetched, Lives::Unknown) => "is given to whoever asks, and outlives this call".to_owned(),
        (Origin::Borrowed, _) => "goes back to its pool, and outlives this call".to_owned(),
        (Origin::Passed, Lives::Unknown) | (Origin::Copied, _) => {
            "is handed in and outlives this call".to_owned()
        }
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
