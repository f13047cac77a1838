//! What the rest of the project says of an acquisition.

use super::acquired::Text;
use crate::claim::{AcquireClaim, Body, Claim, LateClaim, Only, Origin, Target};
use crate::doubts;
use crate::ending;
use crate::finding::{Doubt, Finding, Retainer, Role};
use crate::lifetime;
use crate::rule::{Meta, ProjectView};
use outlive_semantic::index::{ClassId, FuncId};
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::project::{Answer, FileId, GlobalTy, Lives, Owner, Project, RateInfo, Use, model_of};
use outlive_semantic::rate::{Life, Rate};
use outlive_semantic::summary::{TypeRow, What};

/// Judges the claims of one rule.
pub(crate) fn settle_all(
    claims: &[(FileId, &Claim)],
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
    text: impl Fn(&AcquireClaim) -> Text,
) -> Vec<Finding> {
    claims
        .iter()
        .filter_map(|(file, claim)| match &claim.body {
            Body::Acquire(body) => settle(view, meta, *file, claim, body, &text),
            Body::Late(late) if is_of_type(view.project, *file, late) => {
                settle(view, meta, *file, claim, &late.acquired, &text)
            }
            _ => None,
        })
        .collect()
}

/// Whether the receiver is of the type that the row speaks of.
fn is_of_type(project: &Project<'_>, file: FileId, late: &LateClaim) -> bool {
    let of = model_of(project, project.resolved_type(file, &late.receiver));
    of.is_some_and(|of| project.catalog.model(of).ancestors.contains(&late.of))
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
    let judged = Judged { view, project: view.project, file, claim, body };
    let mut doubt = Doubt::default();
    judged.doubt_repeats(&mut doubt)?;
    judged.doubt_target(&mut doubt)?;
    judged.doubt_release(&mut doubt)?;
    judged.doubt_intent(&mut doubt);
    let Some(confidence) = doubt.confidence() else {
        return view.drop(file, claim, || {
            let rate = view.project.rate(file, claim.func).phrase();
            format!("too much is in doubt ({}); the function runs {rate}", doubt.phrase())
        });
    };
    let words = text(body);
    let mut retainers = vec![Retainer { role: Role::Acquired, message: words.keeps, file, span: claim.at }];
    retainers.extend(judged.path());
    Some(Finding {
        rule: meta.id,
        severity: meta.severity,
        confidence,
        doubts: doubt.reasons(),
        message: words.message,
        help: words.help,
        file,
        span: claim.at,
        retainers,
        fixes: body.fixes.clone(),
        scope: view.project.function_name(file, claim.func),
        subject: format!("{} {}", body.what, body.shown),
    })
}

/// Something that was acquired, with the project around it.
struct Judged<'k, 'v, 'c> {
    view: &'k ProjectView<'v, 'c>,
    project: &'v Project<'c>,
    file: FileId,
    claim: &'k Claim,
    body: &'k AcquireClaim,
}

impl Judged<'_, '_, '_> {
    /// Whether it is acquired again and again.
    fn doubt_repeats(&self, doubt: &mut Doubt) -> Option<()> {
        let Self { view, project, file, claim, body } = *self;
        let repeats = self.repeats_per_owner();
        if let Some(once) = &body.once {
            let lives = project.life(&project.canonical(file, once));
            let is_lasting = matches!(lives, Lives::Process | Lives::Singleton(..));
            if is_lasting || body.handle.is_some() && repeats == Answer::No {
                return view.drop(file, claim, || "a flag lets it happen once".to_owned());
            }
        }
        match repeats {
            Answer::Yes => {}
            Answer::Assumed => doubt.assume(doubts::REPEATS_BY_HABIT),
            Answer::Unknown => doubt.unknown(doubts::REPEATS),
            Answer::No => {
                return view.drop(file, claim, || {
                    format!("the function runs {}", project.rate(file, claim.func).phrase())
                });
            }
        }
        Some(())
    }

    /// Whether what keeps it outlives the code that acquires it.
    fn doubt_target(&self, doubt: &mut Doubt) -> Option<()> {
        let Some(target) = &self.body.target else { return Some(()) };
        match target_outlives(self.project, self.file, self.claim, self.body, target) {
            Answer::Yes | Answer::Assumed => {}
            Answer::Unknown => doubt.unknown(doubts::LIFE),
            Answer::No => {
                let reason = || format!("`{}` does not outlive it", target.shown);
                return self.view.drop(self.file, self.claim, reason);
            }
        }
        Some(())
    }

    /// Whether somebody else gives it back, and whether the way on which nobody does is gone.
    fn doubt_release(&self, doubt: &mut Doubt) -> Option<()> {
        let Self { view, project, file, claim, body } = *self;
        if let Some(gap) = &body.partial {
            if !ending::is_taken(project, file, gap) {
                return view.drop(file, claim, || "it is released".to_owned());
            }
            if gap.passes || gap.only == Some(Only::Server) {
                doubt.assume(if gap.passes { doubts::PASSES } else { doubts::SERVER });
            }
            if gap.is_weak {
                doubt.unknown(doubts::WAY);
            }
        }
        if body.handed.iter().any(|(to, index)| !project.only_looks(file, to, *index, &body.release)) {
            return view.drop(file, claim, || "it is handed to code that may release it".to_owned());
        }
        if body.listed.iter().any(|(to, index)| !project.only_fills(file, to, *index)) {
            return view
                .drop(file, claim, || "its list is handed to code that may release all on it".to_owned());
        }
        if body.partial.is_none()
            && let Some(of) = released_by_itself(project, file, body)
        {
            return view.drop(file, claim, || format!("it is released in {}", project.file(of).path));
        }
        if body.may_be_released || is_released_elsewhere(project, file, body) {
            doubt.unknown(doubts::RELEASE);
        }
        Some(())
    }

    /// Whether somebody may have wanted it to stay: the program has one of it, or it ends by itself.
    fn doubt_intent(&self, doubt: &mut Doubt) {
        let Self { view, project, file, claim, body } = *self;
        // `loadUsers()` connects as often as somebody wants the users.
        let loads = project.summary(file).function_name(claim.func).starts_with("load");
        // What starts an instance that ends starts it as often as there are instances.
        let ends = body.class.as_ref().is_some_and(|(class, end)| {
            let is_one = project.class_rate(file, *class).is_once();
            !is_one && (end.is_some() || view.ends(file, *class))
        });
        let starts_up = if body.rearms { lifetime::begins_at_startup } else { lifetime::is_startup };
        if body.partial.is_none() && !ends && !loads && starts_up(project, file, claim.func) {
            doubt.unknown(doubts::STARTUP);
        }
        let is_of_component =
            body.class.as_ref().is_some_and(|(class, _)| is_component(project, file, *class));
        if body.ends_itself && body.is_refilled && !is_of_component {
            // The next one is made because this one is gone, more often than not.
            doubt.unknown("it may have ended by itself before the next one is made");
        }
        let is_driven = project.begun(file, claim.func).rate.is_some_and(|rate| rate > Rate::Call);
        if body.is_one_for_each && !is_driven {
            doubt.unknown("its owner may be the only one");
        }
        let may_be_meant = body.runs_out && body.shown.is_empty() && body.partial.is_none();
        if may_be_meant && !is_driven && body.class.is_none() {
            doubt.unknown("it runs out by itself, and may be meant to");
        }
    }

    /// The retention path: the way out that releases nothing, what the file knows, and how often it happens.
    fn path(&self) -> Vec<Retainer> {
        let Self { project, file, claim, body, .. } = *self;
        let left = body.partial.as_ref().and_then(|gap| Some((gap, gap.at?)));
        let left = left.map(|(gap, span)| {
            let message = format!("not released {}", gap.how);
            Retainer { role: Role::Holder, message, file, span }
        });
        let (of, func) = counted(project, file, claim, body);
        left.into_iter()
            .chain(body.notes.iter().map(|note| note.retainer(file)))
            .chain(lifetime::repeats_retainer(project, of, func))
            .collect()
    }

    /// Whether the acquisition happens again and again in one process.
    fn repeats_per_owner(&self) -> Answer {
        let Self { project, file, claim, body, .. } = *self;
        let info = match body.one_each {
            // Each owner leaves one behind, however often its code runs.
            Some(Owner::Class(class)) => project.class_rate(file, class),
            Some(Owner::Run(func)) => project.rate(file, func),
            None if body.rearms => project.begun(file, claim.func),
            None => {
                let (file, func) = counted(project, file, claim, body);
                project.rate(file, func)
            }
        };
        let answer = match info {
            RateInfo { rate: None, .. } => Answer::Unknown,
            info if info.is_once() => Answer::No,
            // A loop over what the program starts with: one for each of that.
            RateInfo { rate: Some(Rate::Once), .. } => Answer::Unknown,
            RateInfo { rate: Some(Rate::Call), .. } => Answer::Assumed,
            RateInfo { certain: true, .. } => Answer::Yes,
            _ => Answer::Assumed,
        };
        if body.partial.as_ref().is_some_and(|gap| gap.repeats) && answer == Answer::Unknown {
            return Answer::Assumed;
        }
        // Of a class that nothing ends, and that nobody is seen to make again and again, there may be one.
        if let Some(Owner::Class(class)) = body.one_each
            && answer == Answer::Assumed
            && !self.view.ends(file, class)
        {
            return Answer::Unknown;
        }
        // What a variable of one run holds is nothing of the instance.
        let is_of_run = body.partial.is_some() && body.handle.is_none() || body.one_each.is_some();
        match body.class.as_ref().filter(|_| !is_of_run) {
            Some((class, end)) => self.repeats_of_class(*class, end.is_some(), info, answer),
            None => answer,
        }
    }

    /// The same for code of an instance: it runs as often as instances are made, and that they end by themselves shows in an
    /// end method.
    fn repeats_of_class(&self, class: ClassId, ends_here: bool, info: RateInfo, answer: Answer) -> Answer {
        let made = self.project.class_rate(self.file, class);
        let ends = ends_here || self.view.ends(self.file, class);
        match (made.rate, ends) {
            (Some(rate), _) if rate <= Rate::Once && !made.in_loop && info.is_once() => Answer::No,
            (Some(rate), _) if rate >= Rate::Component && made.certain => answer,
            (_, true) => match answer {
                Answer::Unknown => Answer::Assumed,
                known => known,
            },
            (_, false) if self.body.partial.as_ref().is_some_and(|gap| gap.repeats) => answer,
            (_, false) => match answer {
                Answer::Yes => Answer::Assumed,
                Answer::Assumed => Answer::Unknown,
                known => known,
            },
        }
    }
}

/// The function whose runs are to be counted: around a flag that lets it happen once, the one that declares the flag.
fn counted(project: &Project<'_>, file: FileId, claim: &Claim, body: &AcquireClaim) -> (FileId, FuncId) {
    let flag = body.once.as_ref().map(|once| project.life(&project.canonical(file, once)));
    match flag {
        Some(Lives::With(of, Owner::Run(run), _)) => (of, run),
        _ => (file, claim.func),
    }
}

/// Whether what keeps the acquired thing outlives the code that acquires it.
fn target_outlives(
    project: &Project<'_>,
    file: FileId,
    claim: &Claim,
    body: &AcquireClaim,
    target: &Target,
) -> Answer {
    if target.is_own && is_component_code(project, file, claim) {
        return Answer::No;
    }
    if let Some(life) = given_life(project, file, target) {
        return project.outlives(Lives::Known(life), file, claim.func, body.in_loop);
    }
    let spot = project.canonical(file, &target.place);
    let lives = project.life(&spot);
    match (lives, &body.class) {
        // What an instance holds in a field and did not make may be anybody's; what it made ends with it.
        (Lives::With(..), Some((class, _))) if is_component(project, file, *class) => {
            if is_injected(project, file, *class, &target.place) { Answer::Assumed } else { Answer::Unknown }
        }
        // It is ended on other ways: whoever wrote that knew that the source goes on.
        (Lives::With(_, Owner::Class(of), _), Some((class, _)))
            if of == *class
                && body.partial.is_some()
                && is_injected(project, file, *class, &target.place) =>
        {
            let info = project.rate(file, claim.func);
            match info.rate {
                Some(_) if info.is_once() => Answer::No,
                Some(_) => Answer::Assumed,
                None => Answer::Unknown,
            }
        }
        (_, _) if target.origin == Origin::Fetched => {
            if is_component_code(project, file, claim) {
                Answer::Assumed
            } else {
                Answer::Unknown
            }
        }
        (Lives::Unknown, _) if target.origin == Origin::Named && is_component_code(project, file, claim) => {
            Answer::Assumed
        }
        _ => project.outlives(lives, file, claim.func, body.in_loop),
    }
}

/// How long what a method of another file gives lasts, where its type says so: the answer to a request.
fn given_life(project: &Project<'_>, file: FileId, target: &Target) -> Option<Life> {
    let whole = project.resolved_type(file, target.given.as_ref()?);
    let ty = match (target.part, whole) {
        (None, _) => whole,
        (Some(part), GlobalTy::Instance(of, class)) => {
            let part = project.symbol(project.name(file, part))?;
            project.resolved_type(of, project.field_row(of, class, part)?)
        }
        _ => return None,
    };
    model_of(project, ty).and_then(|of| project.catalog.model(of).life)
}

fn is_component(project: &Project<'_>, file: FileId, class: ClassId) -> bool {
    project.class_rate(file, class).rate == Some(Rate::Component)
}

/// The code runs for each component: what it takes from elsewhere is mostly made to be shared.
fn is_component_code(project: &Project<'_>, file: FileId, claim: &Claim) -> bool {
    project.rate(file, claim.func).rate == Some(Rate::Component)
}

/// A field that is never given anything but a parameter of the constructor: a service, a parent. What a getter gives is
/// mostly another field of the instance.
fn is_injected(project: &Project<'_>, file: FileId, class: ClassId, place: &Place) -> bool {
    let field = match (place.root, place.path.first()) {
        (Root::This(of), Some(Step::Field(name))) if of == class => project.symbol(project.name(file, *name)),
        _ => None,
    };
    let Some(field) = field else { return true };
    match project.field_row(file, class, field) {
        Some(row) => matches!(row, TypeRow::Same(_) | TypeRow::Annotated(_) | TypeRow::Unknown),
        None => project.method(file, class, field).is_none(),
    }
}

/// Another file, or another class of the family, releases what is at the same spot.
fn is_released_elsewhere(project: &Project<'_>, file: FileId, body: &AcquireClaim) -> bool {
    !releases_elsewhere(project, file, body).is_empty()
}

/// The file in which the instance that acquires it releases what it has in a field: a base class, a subclass, a method that
/// another file gives the class.
fn released_by_itself(project: &Project<'_>, file: FileId, body: &AcquireClaim) -> Option<FileId> {
    let is_own = |root| matches!(root, Root::This(_) | Root::Receiver(_));
    body.handle.as_ref().filter(|handle| is_own(handle.root))?;
    let releases = releases_elsewhere(project, file, body);
    let own = releases.iter().find(|found| is_own(project.summary(found.file).place(found.row.place).root));
    own.map(|found| found.file)
}

/// What releases it in other files.
fn releases_elsewhere(project: &Project<'_>, file: FileId, body: &AcquireClaim) -> Vec<Use> {
    let Some(handle) = &body.handle else { return Vec::new() };
    let spot = project.canonical(file, handle);
    // The releases of this file are known to the claim; the ones it has leave a gap.
    let elsewhere = project.uses(&spot).into_iter().filter(|found| found.file != file);
    let releases = elsewhere.filter(|found| match &found.row.what {
        What::Method(name, _) | What::Argument(name) => {
            let name = project.name(found.file, *name);
            body.release.iter().any(|release| release == name)
        }
        _ => false,
    });
    releases.collect()
}
