//! `leaked-listener`: a listener on what lives longer than the code that adds it.

mod again;
mod candidate;
mod ends;
mod given;
mod keyed;
mod once;
mod origin;
mod outlives;
mod partner;
mod signal;
mod target_end;

pub(crate) use target_end::Ends;

use crate::claim::{self, Claim, ListenerClaim, Origin};
use crate::finding::{Confidence, Doubt, Finding, Retainer, Role, Severity};
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use crate::{leaked_subscription, lifetime, returned};
use candidate::shown_event;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::listeners;
use outlive_semantic::project::{Answer, FileId, Lives, Project, Spot};
use outlive_semantic::rate::Rate;
use outlive_semantic::tree::Span;
use outlives::{
    handed_to_last, is_emitter, is_met_again, is_part_of_startup, is_removed_elsewhere, may_be_the_only_one,
    outlives, target_life,
};
use rustc_hash::FxHashMap;

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
            if let Some(claim) = candidate::claim(file, registration, claims) {
                let at = file.model.file.tree.span(registration.call);
                claims.add(META.id, registration.func, at, claim);
            }
        }
        for op in file.ops {
            given::note_kept(file, op, claims);
        }
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        // What looks like a registration, or a subscription, is judged as one; of what only its name speaks, the project may
        // have the method.
        let is_registration = file.registration(call).is_some_and(|added| {
            let method = file.model.file.tree.method_call(call).map(|(_, method)| method);
            added.proved || !method.is_some_and(listeners::is_event_method)
        });
        if !is_registration && leaked_subscription::subscribed(file.model, call).is_none() {
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
    if body.partial.as_ref().is_some_and(|gap| gap.on_server) {
        if !project.is_rendered_on_server(file) {
            return view.drop(file, claim, || "it is removed".to_owned());
        }
        doubt.assume();
    }
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
    let (target, event) = (&body.shown, shown_event(body.event.as_deref()));
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
