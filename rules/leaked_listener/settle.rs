//! What the whole project says of a registration, and the finding it becomes.

use super::META;
use super::candidate::shown_event;
use super::outlives::{handed_to_last, is_of_root, is_removed_elsewhere, target_life};
use crate::claim::{Claim, ListenerClaim, Only, Origin};
use crate::doubts;
use crate::ending;
use crate::finding::{Confidence, Doubt, Finding, Retainer, Role};
use crate::lifetime;
use crate::rule::ProjectView;
use outlive_semantic::project::{Answer, FileId, Lives, Project, Spot};
use outlive_semantic::rate::Rate;
use outlive_semantic::tree::Span;
use rustc_hash::FxHashMap;

/// A registration with the project around it.
pub(super) struct Heard<'k, 'v, 'c> {
    pub(super) view: &'k ProjectView<'v, 'c>,
    pub(super) project: &'v Project<'c>,
    pub(super) file: FileId,
    pub(super) claim: &'k Claim,
    pub(super) body: &'k ListenerClaim,
    /// The target.
    pub(super) spot: Spot,
    /// How long that lives.
    pub(super) lives: Lives,
}

/// Who hands targets in that live as long as the process: a file may listen to one thousands of times.
pub(super) type Known = FxHashMap<Spot, Option<(FileId, Span)>>;

/// Judges one claim with the whole project in sight.
pub(super) fn settle(
    view: &ProjectView<'_, '_>,
    file: FileId,
    claim: &Claim,
    body: &ListenerClaim,
    known: &mut Known,
) -> Option<Finding> {
    let project = view.project;
    let lent = body.asked.as_ref().and_then(|(of, _)| project.lent(file, of, &body.target));
    // What an instance gives may well go with it.
    let is_kept = |spot: &Spot| matches!(project.life(spot), Lives::Process | Lives::Singleton(..));
    if matches!(body.asked, Some((_, true))) && !lent.as_ref().is_some_and(is_kept) {
        return view.drop(file, claim, || "the target is made by the code that listens to it".to_owned());
    }
    let spot = lent.unwrap_or_else(|| project.canonical(file, &body.target));
    let lives = target_life(project, &spot, body);
    let heard = Heard { view, project, file, claim, body, spot, lives };
    let mut doubt = Doubt::default();
    heard.doubt_target(&mut doubt)?;
    let lasting = *known.entry(heard.spot.clone()).or_insert_with_key(|spot| handed_to_last(project, spot));
    heard.doubt_life(lasting.is_some(), &mut doubt)?;
    heard.doubt_removal(&mut doubt)?;
    let Some(confidence) = doubt.confidence() else {
        return heard.drop(|| format!("too much is in doubt ({}); {}", doubt.phrase(), heard.times()));
    };
    let mut finding = Finding { doubts: doubt.reasons(), ..heard.report(confidence) };
    if let Some((file, span)) = lasting {
        let message = "something that lives as long as the process is handed in from here".to_owned();
        finding.retainers.push(Retainer { role: Role::Repeats, message, file, span });
    }
    Some(finding)
}

impl Heard<'_, '_, '_> {
    /// Notes why the claim was dropped, and drops it.
    fn drop<T>(&self, reason: impl FnOnce() -> String) -> Option<T> {
        self.view.drop(self.file, self.claim, reason)
    }

    /// How long the target lives, and how often the function runs, in words.
    fn times(&self) -> String {
        let lives = lifetime::lives_phrase(self.project, self.lives);
        let rate = self.project.rate(self.file, self.claim.func).phrase();
        format!("`{}` {lives}; the function runs {rate}", self.body.shown)
    }

    /// Whether the target keeps listeners, and gets more than one.
    fn doubt_target(&self, doubt: &mut Doubt) -> Option<()> {
        let body = self.body;
        // What others are taken from again is one.
        if self.is_dropped_by_target() {
            return self.drop(|| "the target's own method keeps nothing of what it is handed".to_owned());
        }
        let is_known = body.proved || body.signal.is_some() || body.is_forgotten;
        match is_known.then_some(true).or_else(|| self.is_emitter()) {
            Some(true) => {}
            Some(false) => doubt.assume("only its methods say that the target is an emitter"),
            None => return self.drop(|| "the target is no emitter".to_owned()),
        }
        if let Some(once) = &body.once
            && lifetime::happens_once(self.project, &self.project.canonical(self.file, once), &self.spot)
        {
            return self.drop(|| "a flag lets it happen once".to_owned());
        }
        Some(())
    }

    /// Whether the target outlives the code that listens, again and again. `is_lasting` is whether what lives as long as the
    /// process is handed in as the target.
    fn doubt_life(&self, is_lasting: bool, doubt: &mut Doubt) -> Option<()> {
        let body = self.body;
        match self.outlives() {
            Answer::Yes => {}
            Answer::Assumed => {
                doubt.assume(doubts::by_habit(self.project.rate(self.file, self.claim.func)));
            }
            Answer::Unknown if body.partial.as_ref().is_some_and(|gap| gap.repeats) => {
                doubt.assume(doubts::LIFE_BY_CODE);
            }
            Answer::Unknown if self.is_met_again() => doubt.assume(doubts::LIFE_BY_CODE),
            Answer::Unknown if is_lasting => {
                doubt.assume("one of those that are handed in lives as long as the process, others may not");
            }
            Answer::Unknown => doubt.unknown(doubts::LIFE),
            Answer::No if body.is_endless && self.runs_at_all() => {
                doubt.assume("how long the loop goes on is unknown");
            }
            _ if body.reruns => doubt.assume(doubts::LIFE_BY_CODE),
            // Each promise of an instance leaves its listener on the instance.
            Answer::No if body.partial.is_some() && self.is_met_again() => {
                doubt.assume(doubts::LIFE_BY_CODE);
            }
            Answer::No => return self.drop(|| self.times()),
        }
        if is_of_root(self.project, &self.spot, body) && !body.is_forgotten {
            let ends = matches!(body.class, Some((_, Some(_))));
            let only_one = "the page may show only one of these components";
            // What has nothing to do when it goes may be there from first to last.
            if ends { doubt.assume(only_one) } else { doubt.unknown(only_one) }
        }
        if self.is_part_of_startup() || self.is_set_up() {
            doubt.unknown(doubts::STARTUP);
        }
        if self.may_be_the_only_one() {
            // Neither that there are several is known, nor that one of them ever ends.
            doubt.unknown("there may be only one of what listens");
            doubt.unknown("nothing says that what listens ever ends");
        }
        Some(())
    }

    /// Whether somebody takes it away after all.
    fn doubt_removal(&self, doubt: &mut Doubt) -> Option<()> {
        let body = self.body;
        if let Some(gap) = &body.partial {
            if !ending::is_taken(self.project, self.file, gap) {
                return self.drop(|| "it is removed".to_owned());
            }
            if gap.only == Some(Only::Server) {
                doubt.assume(doubts::SERVER);
            }
            if gap.is_weak {
                doubt.unknown(doubts::WAY);
            }
        }
        let is_removed = || is_removed_elsewhere(self.project, &self.spot, self.file, body.event.as_deref());
        if body.per_key || body.may_be_removed || !body.is_forgotten && is_removed() {
            doubt.unknown(doubts::RELEASE);
        }
        Some(())
    }

    /// Whether the function runs in production: once is enough for a loop that goes on.
    fn runs_at_all(&self) -> bool {
        self.project.rate(self.file, self.claim.func).rate.is_some_and(|rate| rate >= Rate::Once)
    }

    fn report(&self, confidence: Confidence) -> Finding {
        let Self { project, file, claim, body, .. } = *self;
        let (target, event) = (&body.shown, shown_event(body.event.as_deref()));
        let rate = project.rate(file, claim.func).rate.filter(|rate| rate.is_hot());
        let often = rate.map_or_else(String::new, |rate| format!(" {}", rate.phrase()));
        let message = match &body.partial {
            Some(gap) => format!("{event} added to `{target}`{often} is not removed {}", gap.how),
            None => format!("{event} added to `{target}`{often} is never removed"),
        };
        Finding {
            rule: META.id,
            severity: META.severity,
            confidence,
            doubts: Vec::new(),
            message,
            help: help(body),
            file,
            span: claim.at,
            retainers: self.path(),
            fixes: Vec::new(),
            scope: project.function_name(file, claim.func),
            subject: format!("{target} {event}"),
        }
    }

    /// The retention path: what the target is, what each run adds, the way out that forgets it, and how often it runs.
    fn path(&self) -> Vec<Retainer> {
        let Self { project, file, claim, body, .. } = *self;
        let root = format!("`{}` {}", body.shown, self.longer());
        let adds = "each run adds one more listener, with everything it closes over".to_owned();
        let mut path = vec![
            Retainer { role: Role::Root, message: root, file, span: claim.at },
            Retainer { role: Role::Registered, message: adds, file, span: claim.at },
        ];
        path.extend(body.notes.iter().chain(&body.again).map(|note| note.retainer(file)));
        if let Some(gap) = &body.partial
            && let Some(span) = gap.at
        {
            let message = format!("not removed {}", gap.how);
            path.push(Retainer { role: Role::Holder, message, file, span });
        }
        path.extend(lifetime::repeats_retainer(project, file, claim.func));
        path
    }

    /// The second half of a sentence that begins with the target: why it is there for longer.
    fn longer(&self) -> String {
        let body = self.body;
        let words = match (body.origin, self.lives) {
            _ if body.reruns => "stays from one run of the effect to the next",
            (Origin::Fetched, Lives::Unknown) => "is given to whoever asks, and outlives this call",
            (Origin::Borrowed, _) => "goes back to its pool, and outlives this call",
            (Origin::Passed, Lives::Unknown) | (Origin::Copied, _) => "is handed in and outlives this call",
            (_, Lives::Unknown) if body.signal.is_some() || body.again.is_some() => "outlives this call",
            (Origin::PassedToConstructor, Lives::Unknown | Lives::With(..)) => {
                "is handed to the constructor and outlives the instance"
            }
            _ => return lifetime::lives_phrase(self.project, self.lives),
        };
        words.to_owned()
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
