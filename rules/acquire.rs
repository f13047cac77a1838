//! What the rules about acquired things share: following the handle, looking for its release, judging what is left.

use crate::claim::{AcquireClaim, Claim, Note};
use crate::ending;
use crate::finding::{Doubt, Finding, Retainer, Role};
use crate::lifetime;
use crate::rule::{Claims, FileView, Meta, ProjectView};
use outlive_semantic::guard;
use outlive_semantic::handle::{self, Escape, Handle, Release, ReleasePatterns};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::project::{Answer, FileId, Lives, Project, RateInfo};
use outlive_semantic::rate::Rate;
use outlive_semantic::reach::{self, Dead};
use outlive_semantic::summary::What;

/// The words of one finding.
pub(crate) struct Text {
    /// The message.
    pub(crate) message: String,
    /// The help.
    pub(crate) help: String,
    /// What the acquired thing keeps, or costs.
    pub(crate) keeps: String,
}

/// The claim about one acquired thing; none if it is surely given back or handed to somebody who may do so.
pub(crate) fn claim(
    file: &FileView<'_, '_>,
    meta: &'static Meta,
    call: NodeId,
    what: String,
    patterns: &ReleasePatterns,
    claims: &mut Claims<'_>,
) -> Option<AcquireClaim> {
    let model = file.model;
    let handle = handle::follow(model, file.accesses, call);
    if is_handed_over(&handle) {
        return file.drop(meta, call, || format!("it is handed to code that may release it: {:?}", handle.escapes));
    }
    let mut notes = Vec::new();
    let releases = handle::releases(model, file.accesses, &handle, patterns);
    let living: Vec<&Release> = releases.iter().filter(|release| !never_runs(file, release, &mut notes)).collect();
    if let Some(release) = living.first() {
        let at = model.file.tree.span(release.node).start;
        return file.drop(meta, call, || format!("released at byte {at}"));
    }
    let shared = handle.places.iter().find(|place| is_shared(model, place));
    let shown = shared.or(handle.places.first()).map(|place| model.file.display(place)).unwrap_or_default();
    let func = model.file.tree.func(call);
    let class = ending::class_around(model, func);
    let class = class.map(|class| (class, ending::end_method(model, class).map(|(name, _)| name.to_owned())));
    Some(AcquireClaim {
        what,
        handle: shared.map(|place| claims.names.place(model, place)),
        shown,
        release: patterns.functions.iter().map(|name| name.rsplit('.').next().unwrap_or(name).to_owned()).chain(patterns.methods.iter().cloned()).collect(),
        in_loop: guard::enclosing_loop(model, call).is_some(),
        once: guard::once_guard(model, call).map(|flag| claims.names.place(model, &flag)),
        may_be_released: false,
        partial: None,
        class,
        notes,
    })
}

fn is_handed_over(handle: &Handle) -> bool {
    handle.escapes.iter().any(|escape| matches!(escape, Escape::Returned(_) | Escape::Argument { .. } | Escape::Elsewhere(_)))
}

/// Whether other files, or other functions through a field, can reach what is at a place.
fn is_shared(model: &Model<'_>, place: &Place) -> bool {
    match place.root {
        Root::Binding(binding) => !place.path.is_empty() || model.file.binding(binding).func.index() == 0,
        _ => true,
    }
}

fn never_runs(file: &FileView<'_, '_>, release: &Release, notes: &mut Vec<Note>) -> bool {
    let dead = file.model.file.enclosing(release.func).find_map(|func| {
        reach::dead(file.model, file.accesses, func).map(|dead| (func, dead))
    });
    let Some((func, dead)) = dead else { return false };
    let name = file.model.file.function_name(func).unwrap_or("its function");
    let message = match dead {
        Dead::NoCaller => format!("released in `{name}`, which nobody calls"),
        Dead::Misspelt(hook) => format!("released in `{name}`, which is never called: the hook is `{hook}`"),
    };
    notes.push(Note { role: Role::NeverRuns, message, span: file.model.file.tree.span(release.node) });
    true
}

/// Judges one claim with the whole project in sight.
pub(crate) fn settle(
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
    file: FileId,
    claim: &Claim,
    body: &AcquireClaim,
    text: impl Fn(&AcquireClaim) -> Text,
) -> Option<Finding> {
    let project = view.project;
    let mut doubt = Doubt::default();
    if let Some(once) = &body.once {
        let flag = project.canonical(file, once);
        let is_lasting = matches!(project.life(&flag), Lives::Process | Lives::Singleton(..));
        if is_lasting || body.handle.is_some() && repeats_per_owner(project, file, claim, body) == Answer::No {
            return view.drop(file, claim, || "a flag lets it happen once".to_owned());
        }
    }
    match repeats_per_owner(project, file, claim, body) {
        Answer::Yes => {}
        Answer::Assumed => doubt.assume(),
        Answer::Unknown => doubt.unknown(),
        Answer::No => return view.drop(file, claim, || format!("it happens once: {:?}", project.rate(file, claim.func))),
    }
    if body.may_be_released || is_released_elsewhere(project, file, body) {
        doubt.unknown();
    }
    let Some(confidence) = doubt.confidence() else {
        return view.drop(file, claim, || {
            format!("too much is unknown: {doubt:?}; the function runs {:?}", project.rate(file, claim.func))
        });
    };
    let words = text(body);
    let mut retainers = vec![Retainer { role: Role::Acquired, message: words.keeps, file, span: claim.at }];
    retainers.extend(body.notes.iter().map(|note| Retainer {
        role: note.role,
        message: note.message.clone(),
        file,
        span: note.span,
    }));
    retainers.extend(lifetime::repeats_retainer(project, file, claim.func));
    Some(Finding {
        rule: meta.id,
        severity: meta.severity,
        confidence,
        message: words.message,
        help: words.help,
        file,
        span: claim.at,
        retainers,
        fixes: Vec::new(),
        scope: project.function_name(file, claim.func),
        subject: format!("{} {}", body.what, body.shown),
    })
}

/// Whether the acquisition happens again and again in one process.
fn repeats_per_owner(project: &Project<'_>, file: FileId, claim: &Claim, body: &AcquireClaim) -> Answer {
    let info = project.rate(file, claim.func);
    let answer = match info {
        RateInfo { rate: None, .. } => Answer::Unknown,
        info if info.is_once() => Answer::No,
        RateInfo { rate: Some(Rate::Call), .. } => Answer::Assumed,
        RateInfo { certain: true, .. } => Answer::Yes,
        _ => Answer::Assumed,
    };
    let Some((class, end)) = &body.class else { return answer };
    // Code of an instance runs as often as instances are made; that they end by themselves shows in an end method.
    let made = project.class_rate(file, *class);
    match (made.rate, end) {
        (Some(rate), _) if rate <= Rate::Once && !made.in_loop && !info.rate.is_some_and(Rate::is_hot) => Answer::No,
        (Some(rate), _) if rate.is_hot() => answer,
        (_, Some(_)) => match answer {
            Answer::Unknown => Answer::Assumed,
            known => known,
        },
        (_, None) => match answer {
            Answer::Yes => Answer::Assumed,
            Answer::Assumed => Answer::Unknown,
            known => known,
        },
    }
}

/// Another file, or another class of the family, releases what is at the same spot.
fn is_released_elsewhere(project: &Project<'_>, file: FileId, body: &AcquireClaim) -> bool {
    let Some(handle) = &body.handle else { return false };
    let spot = project.canonical(file, handle);
    project.uses(&spot).iter().any(|found| match &found.row.what {
        What::Method(name, _) | What::Argument(name) => {
            let name = project.name(found.file, *name);
            body.release.iter().any(|release| release == name)
        }
        _ => false,
    })
}
