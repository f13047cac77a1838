//! What a reader is told of a collection that grows.

use super::META;
use crate::claim::{Claim, GrowthClaim, Missed, Why};
use crate::finding::{Confidence, Finding, Fix, Retainer, Role};
use crate::lifetime;
use outlive_semantic::growth::{Growth, Keys};
use outlive_semantic::project::{FileId, Lives, Project, Spot};

pub(super) fn report(
    project: &Project<'_>,
    spot: &Spot,
    lives: Lives,
    sites: &[(FileId, &Claim, &GrowthClaim)],
    chosen: usize,
    confidence: Confidence,
) -> Finding {
    let (file, claim, growth) = sites[chosen];
    let name = &growth.shown;
    let mut retainers = vec![lifetime::root_retainer(project, spot, lives, file, growth)];
    for (i, (file, other, _)) in sites.iter().enumerate() {
        let message = match (i == chosen, growth.growth) {
            (true, Growth::Wrap) => "a function that keeps the one before",
            (true, _) => "one more entry is kept here",
            (false, _) => "it grows here too",
        };
        retainers.push(Retainer {
            role: Role::Grows,
            message: message.to_owned(),
            file: *file,
            span: other.at,
        });
    }
    retainers.extend(lifetime::repeats_retainer(project, file, claim.func));
    let rate = project.rate(file, claim.func).rate;
    let often =
        rate.filter(|rate| rate.is_hot()).map_or_else(String::new, |rate| format!(" {}", rate.phrase()));
    // What takes it out in another file has no place in this one.
    if let Some(missed) = growth.missed.as_ref().filter(|missed| missed.at != claim.at) {
        let message = format!("{}, the entry stays", how_it_stays(missed));
        retainers.push(Retainer { role: Role::ReleasedHereOnly, message, file, span: missed.at });
    }
    if let Some((beside, at)) = &growth.sibling {
        let message = format!("`{beside}`, filled beside it, loses its entries");
        retainers.push(Retainer { role: Role::ReleasedHereOnly, message, file, span: *at });
    }
    let message = match &growth.missed {
        Some(missed) => format!("entries stay in `{name}`{often} {}", when_it_stays(missed)),
        None if growth.growth == Growth::Wrap => {
            format!(
                "`{name}` is wrapped once more{often}, and nothing sets it back: each keeps the one before"
            )
        }
        None => format!("`{name}` grows{often} and nothing takes entries out"),
    };
    Finding {
        rule: META.id,
        severity: META.severity,
        confidence,
        doubts: Vec::new(),
        message,
        help: help(growth),
        file,
        span: claim.at,
        retainers,
        fixes: fixes(sites, file),
        scope: project.function_name(file, claim.func),
        subject: name.clone(),
    }
}

/// What mends the collection in the file of the finding: any of its sites may carry it.
fn fixes(sites: &[(FileId, &Claim, &GrowthClaim)], file: FileId) -> Vec<Fix> {
    let mut carried = sites.iter().filter(|(of, ..)| *of == file).map(|(_, _, growth)| &growth.fixes);
    carried.find(|fixes| !fixes.is_empty()).cloned().unwrap_or_default()
}

/// The first half of what the retention path says about the release that misses.
fn how_it_stays(missed: &Missed) -> &'static str {
    match missed.why {
        Why::Failure => "when this rejects",
        Why::GaveUp => "when this gives up",
        Why::Ended => "when the connection ends here",
        Why::OtherKey => "this deletes under another key than it was found under",
        Why::OtherThing => "this takes out the promise on which what was added was chained",
        Why::OtherSite => "this takes out what is added beside it",
        Why::Fired => "when this has run",
        Why::Undone => "when this ends it",
        Why::Disarmed => "when this clears the timeout",
        Why::Succeeded => "only a failure comes here: otherwise",
        Why::Uncancelled => "only who cancels comes here: otherwise",
        Why::Early => "when this returns",
        Why::Expired => "only who asks for the same key again comes here: otherwise",
        Why::Uncovered => "where this does not run",
        Why::Unset => "where this comes out otherwise",
    }
}

/// The second half of the message about entries that releases miss.
fn when_it_stays(missed: &Missed) -> &str {
    match missed.why {
        Why::Failure => "when the work they stand for fails",
        Why::GaveUp => "when the answer they wait for does not come",
        Why::Ended => "when the connection ends before the answer",
        Why::OtherKey => "although they look deleted: the key is another",
        Why::OtherThing => "although they look taken out: what was added is another promise",
        Why::OtherSite => "when they are added here: only what is added elsewhere is taken out",
        Why::Fired => "when their timers have fired",
        Why::Undone => "when what is returned has ended them",
        Why::Disarmed => "when their timeout is cleared: nothing else takes them out",
        Why::Succeeded => "unless something fails",
        Why::Uncancelled => "unless the work they stand for is cancelled",
        Why::Early => "when the work they stand for returns early",
        Why::Expired => "until somebody asks for them again",
        Why::Uncovered | Why::Unset => {
            missed.ending.as_ref().map_or("at one end of their owner", |ending| &ending.how)
        }
    }
}

fn help_for_missed(why: Why, name: &str) -> String {
    match why {
        Why::Failure => {
            format!("take the entry out of `{name}` in a `finally`, so that a failure removes it too")
        }
        Why::Uncancelled => {
            format!("delete the entry from `{name}` when the work ends by itself, too: in a `finally`")
        }
        Why::Early => {
            format!("take the entry out of `{name}` in a `finally`, so that each way out removes it")
        }
        Why::GaveUp => format!("delete the entry from `{name}` where the caller is told that it failed, too"),
        Why::Ended => {
            format!("empty `{name}` when the connection ends, and tell who waits that no answer will come")
        }
        Why::OtherKey => format!("delete from `{name}` under the key under which the entry was found"),
        Why::OtherThing => format!("take out of `{name}` the very promise that was added"),
        Why::OtherSite => {
            format!("take the entry out of `{name}` when its owner ends, as the other place does")
        }
        Why::Fired => format!("delete the entry from `{name}` at the end of the timer's callback"),
        Why::Undone => format!("take the entry out of `{name}` in the function that is returned, too"),
        Why::Disarmed => format!("delete the entry from `{name}` where its timeout is cleared, too"),
        Why::Uncovered => {
            format!(
                "add to `{name}` where what takes the entry out is sure to run: beside it, in the same hook"
            )
        }
        Why::Unset => format!("ask for the same setting before something is put into `{name}`, too"),
        Why::Expired => format!("look for old entries of `{name}` from time to time, or limit its size"),
        Why::Succeeded => {
            format!(
                "delete the entry from `{name}` when its owner ends without a failure, too, or limit its size"
            )
        }
    }
}

fn help(growth: &GrowthClaim) -> String {
    let name = &growth.shown;
    if let Some(Missed { why, .. }) = &growth.missed {
        return help_for_missed(*why, name);
    }
    match (growth.growth, growth.keys) {
        (Growth::Set | Growth::Key, Keys::Fresh) => {
            format!(
                "the key is an object made for this call: use a WeakMap, or delete it from `{name}` when the call ends"
            )
        }
        (Growth::Set | Growth::Key, _) => {
            format!(
                "delete the entry when its owner ends, or give `{name}` a maximum size and evict the oldest"
            )
        }
        (Growth::Wrap, _) => {
            format!(
                "wrap what `{name}` was at first, keep a list in its place, or set it back when it has run"
            )
        }
        (Growth::Append, _) => format!("reset `{name}` when it has been consumed, or limit its length"),
        _ => format!("remove what is no longer needed from `{name}`, or limit its length after adding"),
    }
}
