//! Claims whose message is known when the file is read: what is left to ask is whether the code runs, and how often.

use crate::claim::{self, Body, Claim, LocalClaim, Note};
use crate::doubts;
use crate::finding::{Doubt, Finding, Retainer, Role};
use crate::lifetime;
use crate::rule::{Meta, ProjectView};
use outlive_semantic::index::FuncId;
use outlive_semantic::project::{Answer, FileId};
use outlive_semantic::rate::Rate;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// Judges the local claims of one rule.
pub(crate) fn settle_all(
    claims: &[(FileId, &Claim)],
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
) -> Vec<Finding> {
    claim::settle_each(claims, |file, claim, body| settle(view, meta, file, claim, body))
}

/// Judges them with one claim for each function and key, and a note at each further place: what is mended together is
/// told together.
pub(crate) fn settle_merged(
    claims: &[(FileId, &Claim)],
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
    key: impl Fn(&LocalClaim) -> &str,
    again: &str,
) -> Vec<Finding> {
    let merged = merged(claims, key, again);
    let merged: Vec<(FileId, &Claim)> = merged.iter().map(|(file, claim)| (*file, claim)).collect();
    settle_all(&merged, view, meta)
}

fn merged(
    claims: &[(FileId, &Claim)],
    key: impl Fn(&LocalClaim) -> &str,
    again: &str,
) -> Vec<(FileId, Claim)> {
    let mut out: Vec<(FileId, Claim)> = Vec::new();
    let mut first: FxHashMap<(FileId, FuncId, &str), usize> = FxHashMap::default();
    for &(file, claim) in claims {
        let Body::Local(body) = &claim.body else { continue };
        match first.entry((file, claim.func, key(body))) {
            Entry::Vacant(free) => {
                free.insert(out.len());
                out.push((file, claim.clone()));
            }
            Entry::Occupied(known) => {
                if let Some((_, Claim { body: Body::Local(body), .. })) = out.get_mut(*known.get()) {
                    body.notes.push(Note { role: Role::Grows, message: again.to_owned(), span: claim.at });
                }
            }
        }
    }
    out
}

/// What is doubtful before the project is asked anything but which majors it runs with; none if it runs with others.
pub(crate) fn doubt_of(
    view: &ProjectView<'_, '_>,
    file: FileId,
    claim: &Claim,
    body: &LocalClaim,
) -> Option<Doubt> {
    let mut doubt = Doubt::of_claim(body.conventions, body.unknowns);
    let Some(majors) = &body.majors else { return Some(doubt) };
    match view.project.runs_with(file, majors) {
        Answer::Yes => {}
        Answer::Assumed | Answer::Unknown if body.majors_are_likely => doubt.assume(doubts::MAJORS),
        Answer::Assumed | Answer::Unknown => doubt.unknown(doubts::MAJORS),
        Answer::No => {
            return view
                .drop(file, claim, || format!("the project asks for other majors of `{}`", majors.of));
        }
    }
    Some(doubt)
}

fn settle(
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
    file: FileId,
    claim: &Claim,
    body: &LocalClaim,
) -> Option<Finding> {
    let project = view.project;
    let info = project.rate(file, claim.func);
    let mut doubt = doubt_of(view, file, claim, body)?;
    if body.must_serve && info.rate != Some(Rate::Request) {
        return view.drop(file, claim, || format!("no request waits for it: it runs {}", info.phrase()));
    }
    if !info.rate.is_some_and(Rate::is_hot) {
        doubt.assume_all(body.named, "only a name says what this is");
    }
    if info.rate.is_none_or(|rate| rate < Rate::Event) {
        doubt.assume_all(body.often, "nothing says that it comes often");
    }
    if body.must_repeat {
        if info.is_once() {
            return view.drop(file, claim, || format!("the function runs {}", info.phrase()));
        }
        match info.rate {
            None => doubt.unknown(doubts::REPEATS),
            // What is sent when a connection begins is sent once on it.
            Some(rate) if (!rate.is_hot() || rate == Rate::Connection) && body.must_be_hot => {
                return view
                    .drop(file, claim, || format!("nothing drives it: the function runs {}", info.phrase()));
            }
            Some(_) if !info.certain => doubt.assume(doubts::REPEATS_BY_HABIT),
            Some(_) => {}
        }
    }
    let Some(confidence) = doubt.confidence() else {
        return view.drop(file, claim, || format!("too much is in doubt ({})", doubt.phrase()));
    };
    let mut retainers: Vec<Retainer> = body.notes.iter().map(|note| note.retainer(file)).collect();
    if body.must_repeat {
        retainers.extend(lifetime::repeats_retainer(project, file, claim.func));
    }
    Some(Finding {
        rule: meta.id,
        severity: body.severity.unwrap_or(meta.severity),
        confidence,
        doubts: doubt.reasons(),
        message: body.message.clone(),
        help: body.help.clone(),
        file,
        span: claim.at,
        retainers,
        fixes: body.fixes.clone(),
        scope: project.function_name(file, claim.func),
        subject: body.subject.clone(),
    })
}
