//! `pending-race`: a promise that stays pending collects a reaction each time somebody races it or chains on it.

mod turn;

use crate::claim::{Body, Claim, LocalClaim, Note, OutlivedClaim};
use crate::finding::{Finding, Role, Severity};
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use crate::{local, outlived};
use outlive_semantic::access::Usage;
use outlive_semantic::catalog::MajorsRow;
use outlive_semantic::guard;
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::pending::{Promises, Settles, ends_something};
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::project::FileId;
use outlive_semantic::rate::Life;
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::{Kind, flag};

/// The rule.
pub(crate) struct PendingRace;

static META: Meta = Meta {
    id: "pending-race",
    summary: "a promise that stays pending is raced or chained on again and again",
    category: Category::Retention,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for PendingRace {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let model = file.model;
        let tree = &model.file.tree;
        for contender in contenders(model, call) {
            let Some(body) = left_behind(file, call, &contender, claims) else { continue };
            claims.add(META.id, tree.func(call), tree.span(call), body);
            return;
        }
        if let Some(body) = listened_composite(file, call) {
            claims.add(META.id, tree.func(call), tree.span(call), body);
        }
    }

    fn function(&self, file: &FileView<'_, '_>, func: FuncId, claims: &mut Claims<'_>) {
        let Some((call, body)) = turn::endless(file.model, func) else { return };
        let at = file.model.file.tree.span(call);
        claims.add(META.id, func, at, body);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let mut findings = outlived::settle_all(claims, view, &META);
        findings.extend(local::settle_all(claims, view, &META));
        findings
    }
}

/// A promise or signal on which a call leaves something.
struct Contender {
    node: NodeId,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// `Promise.race([…])` and its like.
    Race(&'static str),
    /// `promise.then(…)`
    Chain(&'static str),
    /// `AbortSignal.any([…])`
    Signals,
}

/// Whether a file speaks to a page: what it runs in is no Node.
fn is_of_page(model: &Model<'_>) -> bool {
    let tree = &model.file.tree;
    let is_named = |name: &str| tree.names().find(name).is_some();
    let is_page = |node: NodeId| matches!(model.file.global_of(node), Some("document" | "window"));
    (is_named("document") || is_named("window"))
        && tree.ids().any(|node| tree.kind(node) == Kind::Identifier && is_page(node))
}

fn contenders(model: &Model<'_>, call: NodeId) -> Vec<Contender> {
    let tree = &model.file.tree;
    let Some((object, method)) = tree.method_call(call) else { return Vec::new() };
    let global = model.file.global_of(object);
    let what = match (global, method) {
        (Some("Promise"), "race") => What::Race("Promise.race"),
        (Some("Promise"), "any") => What::Race("Promise.any"),
        (Some("Promise"), "all") => What::Race("Promise.all"),
        (Some("Promise"), "allSettled") => What::Race("Promise.allSettled"),
        (Some("AbortSignal"), "any") if !is_of_page(model) => What::Signals,
        (None, "then") => What::Chain("then"),
        (None, "catch") => What::Chain("catch"),
        (None, "finally") => What::Chain("finally"),
        _ => return Vec::new(),
    };
    match what {
        What::Chain(_) => vec![Contender { node: object, what }],
        _ => {
            let list = tree.arg(call, 0).filter(|&list| tree.kind(list) == Kind::Array);
            let parts = list.into_iter().flat_map(|list| tree.children(list));
            parts.filter(|&part| is_name(model, part)).map(|node| Contender { node, what }).collect()
        }
    }
}

fn is_name(model: &Model<'_>, node: NodeId) -> bool {
    matches!(model.file.tree.kind(node), Kind::Identifier | Kind::Member)
}

/// The claim about one contender; none if it does not outlive the call, or settles soon.
fn left_behind(
    file: &FileView<'_, '_>,
    call: NodeId,
    contender: &Contender,
    claims: &mut Claims<'_>,
) -> Option<Body> {
    let model = file.model;
    if !is_name(model, contender.node) {
        return None;
    }
    let place = model.file.place(contender.node);
    if place.path.contains(&Step::Element) || is_serial(model, &place) {
        return None;
    }
    let endless = endless_loop(model, call);
    let reach = reach(model, call, &place, endless)?;
    let doubt = if contender.what == What::Signals {
        signal_doubt(model, &place)?
    } else {
        promise_doubt(file, &place, contender.what)?
    };
    let (conventions, unknowns, proof) = doubt;
    let mut body = words(file, call, contender, &place);
    (body.conventions, body.unknowns) = (conventions, unknowns);
    body.notes.extend(proof.map(|node| Note {
        role: Role::Holder,
        message: "settled here only".to_owned(),
        span: model.file.tree.span(node),
    }));
    match reach {
        Reach::Loop => Some(body.into()),
        Reach::Outside => {
            // A token is made to call off several things; its promise is asked for by that name only.
            let life = is_named_token(model, &place).then_some(Life::Connection);
            let outlived = outlived::claim(model, &place, call, body, claims);
            Some(OutlivedClaim { life, in_loop: endless.is_some(), ..outlived }.into())
        }
    }
}

/// `tail = tail.then(job)`: each job waits for the one before, and nothing piles up.
fn is_serial(model: &Model<'_>, place: &Place) -> bool {
    let tree = &model.file.tree;
    model.values(place).iter().any(|&value| {
        tree.subtree(value).any(|node| is_name(model, node) && model.file.place(node) == *place)
    })
}

/// How a promise comes to live longer than what is left on it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// It is made before an endless loop that races it each turn.
    Loop,
    /// It is made outside the function.
    Outside,
}

fn reach(model: &Model<'_>, call: NodeId, place: &Place, endless: Option<NodeId>) -> Option<Reach> {
    let tree = &model.file.tree;
    match place.root {
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            // Made anew for each call or turn.
            let is_fresh = row.values.iter().any(|&value| {
                endless.is_some_and(|each| tree.contains(each, value))
                    || row.func != tree.func(call) && tree.func(value) == tree.func(call)
            });
            if is_fresh {
                return None;
            }
            let is_passed = row.kind == BindingKind::Param && !place.path.is_empty();
            if is_passed || row.func != tree.func(call) && !runs_at_once(model, tree.func(call), row.func) {
                return Some(Reach::Outside);
            }
            let each = endless?;
            if tree.contains(each, row.node) {
                return None;
            }
            Some(Reach::Loop)
        }
        Root::Value(_) | Root::Receiver(_) => None,
        Root::Global(_) if place.path.is_empty() => None,
        _ => Some(Reach::Outside),
    }
}

/// Whether a function runs as part of the run of another that made it: `(async () => …)()`, a callback of a promise.
fn runs_at_once(model: &Model<'_>, inner: FuncId, outer: FuncId) -> bool {
    let mut at = inner;
    while at != outer {
        let is_part = model.is_immediately_invoked(at)
            || model.handed(at).iter().any(|handed| {
                let name = model.file.tree.callee(handed.call).and_then(|callee| model.callee_name(callee));
                matches!(name, Some("Promise" | "then" | "catch" | "finally" | "map" | "forEach"))
            });
        let parent = model.file.function(at).parent.filter(|_| is_part);
        match parent {
            Some(parent) => at = parent,
            None => return false,
        }
    }
    true
}

/// A loop that only something outside ends: `while (true)`, `for (;;)`, `while (!closed)`, `for await`.
fn endless_loop(model: &Model<'_>, call: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let each = guard::enclosing_loop(model, call)?;
    let is_endless = match tree.kind(each) {
        Kind::While | Kind::DoWhile => true,
        Kind::For => tree.child(each, 1).is_none(),
        Kind::ForOf => tree.has(each, flag::AWAIT),
        _ => false,
    };
    is_endless.then_some(each)
}

type Doubts = (u8, u8, Option<NodeId>);

/// What is doubtful about a promise staying pending.
fn promise_doubt(file: &FileView<'_, '_>, place: &Place, what: What) -> Option<Doubts> {
    let promises = Promises { model: file.model, accesses: file.accesses, registrations: file.registrations };
    match promises.settles(place) {
        Settles::AtTheEnd(node) => Some((0, 0, Some(node))),
        Settles::Soon => None,
        Settles::Unknown => {
            // A name is no proof, but it tells a promise of the end from one of the beginning.
            let is_last = names(file.model, place).iter().any(|name| is_named_last(name));
            let is_race = matches!(what, What::Race("Promise.race" | "Promise.any"));
            match (is_last, is_race, is_cancel_token(file.model, place)) {
                (true, _, true) => Some((u8::from(!is_named_token(file.model, place)), 0, None)),
                (true, true, false) => Some((0, 1, None)),
                _ => None,
            }
        }
    }
}

fn names(model: &Model<'_>, place: &Place) -> Vec<String> {
    let tree = &model.file.tree;
    let root = match place.root {
        Root::Binding(binding) => Some(tree.text(model.file.binding(binding).name).to_owned()),
        _ => None,
    };
    let fields = place.path.iter().filter_map(|step| match step {
        Step::Field(name) => Some(tree.text(*name).to_owned()),
        Step::Element => None,
    });
    root.into_iter().chain(fields).collect()
}

fn is_named_last(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ends_something(name)
        || ["closed", "stopped", "aborted", "cancelled", "canceled", "terminated", "exited"]
            .iter()
            .any(|word| lower.contains(word))
}

/// `config.cancelToken.promise`
fn is_cancel_token(model: &Model<'_>, place: &Place) -> bool {
    let last = place.last_field().map(|name| model.file.tree.text(name));
    last == Some("promise") && place.path.len() > 1
}

/// A `cancelToken`, whatever its fields: there is one such class, and its promise is pending until somebody cancels.
fn is_named_token(model: &Model<'_>, place: &Place) -> bool {
    let is_token = |name: &String| name.to_ascii_lowercase().ends_with("canceltoken");
    is_cancel_token(model, place) && names(model, place).iter().any(is_token)
}

/// What is doubtful about a signal outliving the call.
fn signal_doubt(model: &Model<'_>, place: &Place) -> Option<Doubts> {
    let is_passed = matches!(place.root, Root::Binding(binding) if model.file.binding(binding).kind == BindingKind::Param);
    (!is_passed).then_some((0, 0, None))
}

/// Majors of Node.
fn node(from: u32, to: u32) -> MajorsRow {
    MajorsRow { of: "node".to_owned(), from, to }
}

/// The variable that holds a composite signal, and where it is listened to.
fn composite_listener(file: &FileView<'_, '_>, call: NodeId) -> Option<(BindingId, NodeId)> {
    let tree = &file.model.file.tree;
    let decl = tree.parent(call).filter(|&parent| tree.kind(parent) == Kind::Declarator)?;
    let binding = tree.first(decl).and_then(|target| tree.binding(target))?;
    let listens =
        file.accesses.of(&Place::root(Root::Binding(binding))).find_map(|access| match access.usage {
            Usage::Method { name, call } if tree.text(name) == "addEventListener" => Some(call),
            _ => None,
        })?;
    Some((binding, listens))
}

/// A composite signal that somebody listens to: Node 20 never collects it, whatever its sources.
fn listened_composite(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let (object, "any") = tree.method_call(call)? else { return None };
    let (binding, listens) = composite_listener(file, call)?;
    let name = tree.text(model.file.binding(binding).name);
    (model.file.global_of(object) == Some("AbortSignal")).then(|| LocalClaim {
        message: format!("`{name}` has a listener: Node 20 keeps it, and what the listener uses, for ever"),
        help: "abort one controller from a listener on each source, and remove those listeners at the end"
            .to_owned(),
        subject: name.to_owned(),
        // Later versions collect it. Whether the listener is taken away again is not asked.
        majors: Some(node(20, 20)),
        conventions: 1,
        must_repeat: true,
        notes: vec![Note {
            role: Role::Registered,
            message: "listened to here".to_owned(),
            span: tree.span(listens),
        }],
        ..LocalClaim::default()
    })
}

fn words(file: &FileView<'_, '_>, call: NodeId, contender: &Contender, place: &Place) -> LocalClaim {
    let shown = file.model.file.display(place);
    let (message, help) = match contender.what {
        What::Race(name) => (
            format!(
                "`{name}` leaves a reaction, and what it resolves to, on `{shown}` each time: that stays until `{shown}` settles"
            ),
            format!(
                "keep a Set of waiters that `{shown}` wakes, and take each out of it when its own work is done"
            ),
        ),
        What::Chain(name) => (
            format!(
                "`{shown}.{name}` leaves a reaction each time, and all that it uses stays until `{shown}` settles"
            ),
            format!(
                "subscribe in a way that can be undone, and undo it when the call is over: reactions of `{shown}` cannot be removed"
            ),
        ),
        What::Signals => (
            format!(
                "`AbortSignal.any` ties a new signal to `{shown}` each time, which up to Node 22 keeps it as long as `{shown}`"
            ),
            format!(
                "listen to `{shown}` with one controller for each call, and remove the listener when the call is over"
            ),
        ),
    };
    // Later on only a listener keeps a signal.
    let goes = contender.what == What::Signals && composite_listener(file, call).is_none();
    let majors = goes.then(|| node(0, 22));
    LocalClaim { message, help, subject: shown, majors, majors_are_likely: goes, ..LocalClaim::default() }
}
