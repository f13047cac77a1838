//! Claims whose message is known when the file is read: what is left to ask is whether the holder outlives the code that
//! leaves something on it, and how often that code runs.

use crate::claim::{self, Claim, LocalClaim, OutlivedClaim};
use crate::doubts;
use crate::finding::{Finding, Retainer, Role};
use crate::rule::{Claims, Meta, ProjectView};
use crate::{lifetime, local};
use outlive_semantic::growth::Op;
use outlive_semantic::guard;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::Place;
use outlive_semantic::project::{Answer, FileId, Lives, Spot};
use outlive_semantic::rate::Rate;
use outlive_semantic::summary::What;

/// The claim that a node leaves something on a holder each time it runs.
pub(crate) fn claim(
    model: &Model<'_>,
    holder: &Place,
    node: NodeId,
    body: LocalClaim,
    claims: &mut Claims<'_>,
) -> OutlivedClaim {
    OutlivedClaim {
        holder: claims.names.place(model, holder),
        shown: model.file.display(holder),
        life: None,
        once: guard::once_guard_of_method(model, node).map(|flag| claims.names.place(model, &flag)),
        in_loop: guard::enclosing_loop(model, node).is_some(),
        may_be_released: false,
        body,
    }
}

/// Judges the claims of one rule about what holders keep.
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
    outlived: &OutlivedClaim,
) -> Option<Finding> {
    let project = view.project;
    let body = &outlived.body;
    let spot = project.canonical(file, &outlived.holder);
    let lives = match (project.life(&spot), outlived.life) {
        (Lives::Unknown, Some(life)) => Lives::Known(life),
        (lives, _) => lives,
    };
    let mut doubt = local::doubt_of(view, file, claim, body)?;
    if let Some(once) = &outlived.once
        && lifetime::lives_as_long(project, &project.canonical(file, once), &spot)
    {
        return view.drop(file, claim, || "a flag lets it happen once".to_owned());
    }
    if body.must_be_hot && !project.rate(file, claim.func).rate.is_some_and(Rate::is_hot) {
        return view.drop(file, claim, || "nothing says that it happens often".to_owned());
    }
    match project.outlives(lives, file, claim.func, outlived.in_loop) {
        Answer::Yes => {}
        Answer::Assumed => doubt.assume(doubts::by_habit(project.rate(file, claim.func))),
        Answer::Unknown => doubt.unknown(doubts::LIFE),
        Answer::No => {
            return view.drop(file, claim, || {
                let rate = project.rate(file, claim.func).phrase();
                format!(
                    "`{}` {}; the function runs {rate}",
                    outlived.shown,
                    lifetime::lives_phrase(project, lives)
                )
            });
        }
    }
    if outlived.may_be_released && is_released(view, &spot) {
        // It stays until then and no longer.
        doubt.assume("something takes entries out of the holder");
    }
    let Some(confidence) = doubt.confidence() else {
        return view.drop(file, claim, || format!("too much is in doubt ({})", doubt.phrase()));
    };
    let root = format!("`{}` {}", outlived.shown, lifetime::lives_phrase(project, lives));
    let declared = lifetime::declared(project, &spot).unwrap_or((file, claim.at));
    let mut retainers =
        vec![Retainer { role: Role::Root, message: root, file: declared.0, span: declared.1 }];
    retainers.extend(body.notes.iter().map(|note| note.retainer(file)));
    retainers.extend(lifetime::repeats_retainer(project, file, claim.func));
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

/// Whether anything takes entries out of the holder, or replaces it.
fn is_released(view: &ProjectView<'_, '_>, spot: &Spot) -> bool {
    view.project.uses(spot).iter().any(|found| {
        view.project.is_production(found.file)
            && matches!(found.row.what, What::Collection(Op::Release | Op::Reset))
            && found.row.func.index() != 0
    })
}
