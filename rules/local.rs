//! Claims whose message is known when the file is read: what is left to ask is whether the code runs, and how often.

use crate::claim::{self, Claim, LocalClaim};
use crate::finding::{Doubt, Finding, Retainer};
use crate::lifetime;
use crate::rule::{Meta, ProjectView};
use outlive_semantic::project::FileId;
use outlive_semantic::rate::Rate;

/// Judges the local claims of one rule.
pub(crate) fn settle_all(
    claims: &[(FileId, &Claim)],
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
) -> Vec<Finding> {
    claim::settle_each(claims, |file, claim, body| settle(view, meta, file, claim, body))
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
    let mut doubt = Doubt { conventions: body.conventions, unknowns: body.unknowns };
    if !info.rate.is_some_and(Rate::is_hot) {
        doubt.conventions = doubt.conventions.saturating_add(body.named);
    }
    if info.rate.is_none_or(|rate| rate < Rate::Event) {
        doubt.conventions = doubt.conventions.saturating_add(body.often);
    }
    if body.must_repeat {
        if info.is_once() {
            return view.drop(file, claim, || format!("the function runs {}", info.phrase()));
        }
        match info.rate {
            None => doubt.unknown(),
            // What is sent when a connection begins is sent once on it.
            Some(rate) if (!rate.is_hot() || rate == Rate::Connection) && body.must_be_hot => {
                return view
                    .drop(file, claim, || format!("nothing drives it: the function runs {}", info.phrase()));
            }
            Some(_) if !info.certain => doubt.assume(),
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
