//! `leaked-subscription`: a subscription to something that lives longer, whose end nobody keeps.

mod notifier;
mod own;

use crate::acquire::{self, Acquired, Target};
use crate::claim::{AcquireClaim, Claim};
use crate::finding::{Finding, Severity};
use crate::pairing::compare_events;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::access::Usage;
use outlive_semantic::catalog::When;
use outlive_semantic::completes::completes;
use outlive_semantic::handle::ReleasePatterns;
use outlive_semantic::identity::{self, Identity, Match};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::place::{Place, Root};
use outlive_semantic::project::FileId;
use outlive_semantic::rate::Rate;
use outlive_semantic::tree::Kind;
use outlive_semantic::words::words;

/// The rule.
pub(crate) struct LeakedSubscription;

static META: Meta = Meta {
    id: "leaked-subscription",
    summary: "a subscription to something that lives longer, whose end nobody keeps",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for LeakedSubscription {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let model = file.model;
        let is_watcher = acquire::row(file, &META, call).is_some_and(|row| row.what == WATCHER);
        if !is_watcher || is_late(model, call) {
            acquire::visit(file, &META, call, claims);
        }
        // What a row says of a call is more than what its name lets suppose.
        let is_known = acquire::row(file, &META, call).is_some();
        let Some(source) = subscribed(model, call).filter(|_| !is_known) else { return };
        if ends_by_itself(file, source) {
            file.drop::<()>(&META, call, || "the source ends by itself, or with its owner".to_owned());
            return;
        }
        let place = model.file.place(origin(model, source));
        if is_ended_by_source(file, call, source) {
            file.drop::<()>(&META, call, || "what it was made of ends it".to_owned());
            return;
        }
        if is_part_of_ended(file, &place) {
            file.drop::<()>(&META, call, || "what the source is a part of is ended".to_owned());
            return;
        }
        let patterns = file.releases_by(SUBSCRIPTION, || ReleasePatterns {
            methods: ["unsubscribe", "dispose", "remove", "cancel", "close", "off", "stop", "return"]
                .map(str::to_owned)
                .to_vec(),
            called: true,
            ..ReleasePatterns::default()
        });
        let acquired = Acquired { meta: &META, call, what: SUBSCRIPTION.to_owned(), patterns: &patterns };
        let Some(mut body) = acquire::claim(file, acquired, claims) else { return };
        let shown = model.file.display(&place);
        let (given, part) = own::given(model, source, claims).unzip();
        let target = Target::of(model, &place, shown, claims);
        let is_own = own::is_own(model, source);
        body.target = Some(Target { is_own, given, part: part.flatten(), ..target });
        body.partial = body.partial.or_else(|| notifier::left_waiting(file, source));
        let at = model.file.tree.span(call);
        claims.add(META.id, model.file.tree.func(call), at, body);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let words = |body: &AcquireClaim| acquire::Text {
            message: message(body),
            help: help(body),
            keeps: "the source keeps the callback, and all that closes over, until it is unsubscribed"
                .to_owned(),
        };
        acquire::settle_all(claims, view, &META, words)
    }
}

/// What a call of `subscribe` gives.
const SUBSCRIPTION: &str = "subscription";

/// What the row of Vue's watchers calls them.
const WATCHER: &str = "watcher";

/// Whether a watcher is made in a callback that runs later than any set-up, again and again: the component or scope that
/// is being set up ends a watcher, and here there is none. A scope of its own ends what is made in it.
fn is_late(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_scope = |call| tree.method_call(call).is_some_and(|(_, method)| method == "run");
    for func in model.file.enclosing(tree.func(call)) {
        for handed in model.handed(func) {
            match model.callback_rows(handed).first().map(|(_, callback)| callback.runs) {
                Some(When::At(
                    Rate::Event | Rate::Message | Rate::Job | Rate::Request | Rate::Connection,
                )) => return true,
                Some(When::At(_)) => return false,
                _ if is_scope(handed.call) => return false,
                _ => {}
            }
        }
    }
    false
}

/// What is subscribed to, if a call subscribes a function or an observer.
pub(crate) fn subscribed(model: &Model<'_>, call: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let (source, method) = tree.method_call(call)?;
    if method != "subscribe" {
        return None;
    }
    let first = tree.arg(call, 0)?;
    let takes_function = |node: NodeId| {
        tree.kind(node) == Kind::Function
            || model.function_of(node).is_some()
            || tree.method_call(node).is_some_and(|(_, m)| m == "bind")
    };
    let is_observer = tree.kind(first) == Kind::Object && tree.property(first, "next").is_some()
        // What a convention calls an observable, and what is handed over to be told, is a subject.
        || matches!(tree.kind(first), Kind::Member | Kind::Identifier)
            && model.callee_name(first).is_some_and(|name| name.ends_with('$'));
    let second = tree.arg(call, 1);
    // `group.subscribe(name, fn)`
    let is_second = second.is_some_and(|second| tree.kind(second) == Kind::Function)
        && matches!(tree.kind(first), Kind::Identifier | Kind::Member)
        && !second
            .and_then(|second| model.function_of(second))
            .is_some_and(|func| is_told_of_errors(model, func));
    // `client.subscribe('topic', fn)` is a message bus: leaked-listener knows its kind.
    (takes_function(first) || is_observer || is_second)
        .then_some(source)
        .filter(|_| second.is_none_or(|s| tree.kind(s) != Kind::String))
}

/// Whether a callback is handed an error first: it is told that the subscription is made, not what happens.
fn is_told_of_errors(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let first = model.file.params(func).next().and_then(|param| tree.binding(param));
    let name = first.map(|first| tree.text(model.file.binding(first).name));
    name.is_some_and(|name| matches!(name.trim_start_matches('_'), "e" | "er" | "err" | "error"))
}

/// The thing behind `a.b.pipe(…)`.
fn origin(model: &Model<'_>, source: NodeId) -> NodeId {
    let tree = &model.file.tree;
    let mut at = source;
    while let Some((object, _)) = tree.method_call(at) {
        at = object;
    }
    at
}

/// Methods that give what happens from now on, whatever they are handed.
const WATCHING: &[&str] = &[
    "select",
    "observe",
    "watch",
    "stream",
    "listen",
    "connect",
    "on",
    "from",
    "subscribe",
    "events",
    "changes",
];

/// Whether a method is called as one that goes on to tell: `selectUser`, `onChange`, `observed`; not `confirmConsent`.
fn watches(method: &str) -> bool {
    let is_one = |word: &str| {
        WATCHING.iter().any(|known| word == *known || known.len() > 4 && word.starts_with(known))
    };
    words(method).iter().any(|word| is_one(word))
}

/// `this.api.load(id)`: what a method gives that is told of something of the moment answers that, and ends.
fn answers(model: &Model<'_>, call: NodeId, method: &str) -> bool {
    let tree = &model.file.tree;
    let is_of_the_moment = |arg: NodeId| {
        matches!(tree.kind(arg), Kind::Identifier | Kind::Member | Kind::Object | Kind::Call)
            && !matches!(identity::identity(model, arg), Identity::Constant(_))
            && model.function_of(arg).is_none()
    };
    !method.ends_with('$') && method != "pipe" && !watches(method) && tree.args(call).any(is_of_the_moment)
}

/// Where a variable that is subscribed to is given its only value: the chain goes on there.
fn given_to(model: &Model<'_>, source: NodeId) -> Option<NodeId> {
    let value = model.file.value_of(source)?;
    (model.file.tree.kind(value) == Kind::Call).then_some(value)
}

/// A chain of variables has few links.
const MAX_VARIABLES: usize = 8;

fn ends_by_itself(file: &FileView<'_, '_>, source: NodeId) -> bool {
    let model = file.model;
    let sources = std::iter::successors(Some(source), |&source| given_to(model, origin(model, source)));
    sources.take(MAX_VARIABLES).any(|source| chain_ends(file, source))
}

/// Whether one of the operators of a chain, or what it starts with, ends.
fn chain_ends(file: &FileView<'_, '_>, source: NodeId) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    // Who waits for the end of it takes it for more than an answer.
    let is_awaited = notifier::left_waiting(file, source).is_some();
    let mut at = source;
    while let Some((object, method)) = tree.method_call(at) {
        let by_operator = method == "pipe"
            && tree.args(at).filter(|&arg| !notifier::never_tells(file, arg)).any(|arg| {
                let name = tree.callee(arg).and_then(|callee| model.callee_name(callee));
                completes(model, arg)
                    // An operator kept in a variable may be any of them.
                    || matches!(tree.kind(arg), Kind::Identifier | Kind::Member)
                    || name.is_some_and(|name| name.starts_with("takeUntil") || name.starts_with("until"))
            });
        let is_answer = || !is_awaited && answers(model, at, method);
        if by_operator || completes(model, at) || is_answer() || own::is_short_lived(model, at) {
            return true;
        }
        at = object;
    }
    if completes(model, at) {
        return true;
    }
    // A source made by this very function ends with it.
    let place = model.file.place(at);
    if own::is_made_before(model, source, &place) {
        return true;
    }
    match place.root {
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            let is_own = |value| is_own_source(model, value) || own::is_short_lived(model, value);
            row.func == tree.func(source) && model.file.sole_value(binding).is_some_and(is_own)
        }
        Root::Value(node) => {
            // `form.get('amount')` of a form that was built here.
            let of_own = |object: NodeId| {
                matches!(model.file.place(object).root, Root::Binding(_)) && chain_ends(file, object)
            };
            is_own_source(model, node) || tree.method_call(node).is_some_and(|(object, _)| of_own(object))
        }
        Root::This(_) => own::is_made_by_owner(model, &place, 4),
        _ => false,
    }
}

/// `bus.subscribe(KEY, fn)`, and elsewhere `bus.unsubscribe(KEY)`; `presence.subscribe(fn)`, and `presence.unsubscribe()`, or
/// `presence.unsubscribe(fn)`.
fn is_ended_by_source(file: &FileView<'_, '_>, call: NodeId, source: NodeId) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    let key = |call: NodeId| tree.arg(call, 0).map(|key| identity::identity(model, key));
    let own = key(call);
    let ends = |usage: Usage| {
        let Usage::Method { name, call } = usage else { return false };
        let is_end = tree.text(name) == "unsubscribe" && tree.arg(call, 1).is_none();
        is_end
            && match (&own, key(call)) {
                (_, None) => true,
                (Some(own), Some(other)) => compare_events(model, own, &other) == Match::Must,
                (None, Some(_)) => false,
            }
    };
    file.accesses.of(&model.file.place(source)).any(|access| ends(access.usage))
}

/// `this.io.connected.subscribe(…)`, and later `this.io.end()`: whether this file ends what a field has and the source is a
/// part of.
fn is_part_of_ended(file: &FileView<'_, '_>, source: &Place) -> bool {
    let tree = &file.model.file.tree;
    let is_end =
        |usage: Usage| matches!(usage, Usage::Method { name, .. } if ENDS.contains(&tree.text(name)));
    let mut wholes = source.prefixes().skip(1).filter(|whole| !whole.path.is_empty());
    matches!(source.root, Root::This(_))
        && wholes.any(|whole| file.accesses.of(&whole).any(|access| is_end(access.usage)))
}

/// Methods that end a thing with all its parts.
const ENDS: &[&str] = &["end", "close", "destroy", "dispose", "disconnect"];

/// A source that is made here: nothing else can keep it alive. What a call returns may be anybody's.
fn is_own_source(model: &Model<'_>, value: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.kind(value) {
        Kind::New => true,
        // A method of that name gives what its receiver keeps: `form.get('amount')`.
        Kind::Call => tree.method_call(value).is_none() && completes(model, value),
        _ => matches!(model.ty(value), Ty::Function(_)),
    }
}

fn message(body: &AcquireClaim) -> String {
    let what = match &body.target {
        Some(target) if body.what == SUBSCRIPTION => format!("{SUBSCRIPTION} to `{}`", target.shown),
        Some(target) => format!("{} on `{}`", body.what, target.shown),
        None => body.what.clone(),
    };
    match (&body.partial, body.shown.as_str()) {
        (Some(gap), _) => format!("the {what} is not ended {}", gap.how),
        (None, "") => {
            format!("the {what} can never be ended: nobody keeps what {} returns", subscriber(body))
        }
        (None, shown) => format!("the {what} in `{shown}` is never ended"),
    }
}

/// The call that subscribes, in words.
fn subscriber(body: &AcquireClaim) -> &'static str {
    if body.target.is_some() && body.what == SUBSCRIPTION { "`subscribe`" } else { "the call" }
}

fn help(body: &AcquireClaim) -> String {
    let call = subscriber(body);
    match &body.class {
        Some((_, Some(end))) => format!("keep what {call} returns and end it in `{end}`"),
        _ => format!("keep what {call} returns and end it when its owner ends"),
    }
}
