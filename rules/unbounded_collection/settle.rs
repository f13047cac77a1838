//! With the project known: what holds the collection, how long it lives, what lets its entries go, and what is in doubt.

use super::META;
use super::keys::{
    camel_words, is_endless, is_finite_by_name, is_open_by_name, is_passing, is_worth_guessing, names_file,
};
use super::release::{Released, is_renewed_around, is_renewed_at_start, released, renewals};
use super::report::report;
use crate::claim::{Claim, GrowthClaim, Only, Why};
use crate::doubts;
use crate::finding::{Doubt, Finding};
use crate::lifetime;
use crate::rule::ProjectView;
use crate::trace::Dropped;
use outlive_semantic::catalog::Container;
use outlive_semantic::growth::{Growth, Keys, Op};
use outlive_semantic::index::FuncId;
use outlive_semantic::project::{
    Answer, FileId, GlobalTy, Lives, Owner, Project, RateInfo, Spot, SpotRoot, Use,
};
use outlive_semantic::rate::Rate;
use outlive_semantic::summary::{Role, What};
use outlive_semantic::tree::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;

pub(super) fn has_few_keys(project: &Project<'_>, file: FileId, growth: &GrowthClaim) -> bool {
    !growth.drawn_from.is_empty() && growth.drawn_from.iter().all(|place| project.has_few(file, place))
}

pub(super) fn settle_holder(
    view: &ProjectView<'_, '_>,
    spot: &Spot,
    sites: &[(FileId, &Claim, &GrowthClaim)],
) -> Option<Finding> {
    let project = view.project;
    let known = sites.iter().find_map(|(_, _, claim)| claim.container);
    if !is_container(project, spot, known, sites) {
        return dropped(view, sites, || "nothing says that it is a collection".to_owned());
    }
    let lives = project.life(spot);
    let mut best: Option<(Doubt, usize)> = None;
    let mut asked = Asked::of(sites);
    for (i, site) in sites.iter().enumerate() {
        let (file, claim, growth) = site;
        let at = std::slice::from_ref(site);
        let Some(mut doubt) = doubts(project, spot, lives, *file, claim, growth) else {
            dropped(view, at, || {
                let rate = project.rate(*file, claim.func).phrase();
                let sized = if growth.sized { ", and its size is tested" } else { "" };
                format!("it {}; the function runs {rate}{sized}", lifetime::lives_phrase(project, lives))
            });
            continue;
        };
        let is_open = growth.from_client || is_open_by_name(growth);
        let info = project.rate(*file, claim.func);
        // Where an entry point of the project is seen to drive it, whoever is to call the release would be in sight too.
        let is_driven = info.certain && info.rate.is_some_and(Rate::is_hot);
        let answer = match asked.released(project, spot, lives, *site) {
            Released::Idle(found) if !is_open || !is_driven => Released::Yes(found),
            answer => answer,
        };
        match answer {
            Released::Yes(found) => {
                view.trace.note(|| Dropped {
                    rule: META.id,
                    file: Some(*file),
                    span: claim.at,
                    reason: format!("`{}` {}", growth.shown, release_phrase(&found.row.what)),
                    seen: Some((Some(found.file), found.row.at)),
                });
                continue;
            }
            Released::Maybe => doubt.unknown(doubts::RELEASE),
            Released::Inner if is_open => doubt.assume(doubts::INNER),
            Released::Inner => doubt.unknown(doubts::INNER),
            Released::Idle(_) => doubt.assume("there is a release that nobody is seen to call"),
            Released::No if asked.is_renewed(project, spot, *file, claim.func) => {
                doubt.unknown("its owner is given a new one, maybe often enough");
            }
            Released::No => {}
        }
        if is_of_server(growth) {
            doubt.assume(doubts::SERVER);
        }
        if best.as_ref().is_none_or(|(known, _)| doubt.is_less_than(known)) {
            best = Some((doubt, i));
        }
    }
    let (doubt, chosen) = best?;
    let Some(confidence) = doubt.confidence() else {
        return dropped(view, sites, || {
            format!(
                "too much is in doubt ({}); it {}",
                doubt.phrase(),
                lifetime::lives_phrase(project, lives)
            )
        });
    };
    let finding = report(project, spot, lives, sites, chosen, confidence);
    Some(Finding { doubts: doubt.reasons(), ..finding })
}

/// What was found out about the releases of one collection. Thousands of sites may add to it, and most ask alike.
struct Asked {
    /// Text that is handed on is handed on as it is.
    is_text: bool,
    /// By whether the site is hot, and the file whose releases do not count.
    known: FxHashMap<(bool, Option<FileId>), Released>,
    /// By the function that adds.
    renewed: FxHashMap<(FileId, FuncId), bool>,
    /// [`renewals`], once somebody asks.
    renewals: OnceCell<Vec<Use>>,
}

impl Asked {
    fn of(sites: &[(FileId, &Claim, &GrowthClaim)]) -> Self {
        let is_text = sites.iter().all(|(_, _, growth)| growth.growth == Growth::Append);
        Self {
            is_text,
            known: FxHashMap::default(),
            renewed: FxHashMap::default(),
            renewals: OnceCell::new(),
        }
    }

    /// Whether somebody gives the owner a new collection around what one function adds.
    fn is_renewed(&mut self, project: &Project<'_>, spot: &Spot, file: FileId, func: FuncId) -> bool {
        let renewals = self.renewals.get_or_init(|| renewals(project, spot));
        *self.renewed.entry((file, func)).or_insert_with(|| {
            is_renewed_around(project, renewals, file, func)
                || is_renewed_at_start(project, renewals, file, func)
        })
    }

    /// Whether something takes out what one site adds.
    fn released(
        &mut self,
        project: &Project<'_>,
        spot: &Spot,
        lives: Lives,
        (file, claim, growth): (FileId, &Claim, &GrowthClaim),
    ) -> Released {
        let rate = project.rate(file, claim.func).rate;
        // Who looks up before it fills has an owner that answers many lookups: its end comes too late for them.
        let is_hot = rate.is_some_and(Rate::is_hot)
            || growth.looked_up && is_open_by_name(growth)
            || growth.missed.as_ref().is_some_and(|missed| missed.why == Why::Failure);
        let is_text = self.is_text;
        let ask = |is_known: &dyn Fn(&Use) -> bool| {
            released(project, spot, lives, is_hot, &|found| {
                is_known(found) || is_text && found.row.what == What::Collection(Op::Escape)
            })
        };
        match &growth.missed {
            Some(missed) => {
                let releases: FxHashSet<Span> = missed.releases.iter().copied().collect();
                // What hooks of browsers do for other files is no more than what they do here.
                let is_of_server = is_of_server(growth);
                ask(&|found| {
                    found.file == file && (growth.beside_methods || releases.contains(&found.row.at))
                        || is_of_server && project.browser_hook(found.file, found.row.func).is_some()
                })
            }
            None => {
                let weak = growth.beside_methods.then_some(file);
                *self.known.entry((is_hot, weak)).or_insert_with(|| ask(&|found| weak == Some(found.file)))
            }
        }
    }
}

/// What keeps a collection from growing for ever: the second half of a sentence.
fn release_phrase(what: &What) -> &'static str {
    match what {
        What::Collection(Op::Reset) | What::Assigned | What::Renewed => "is replaced",
        What::Collection(Op::Escape) | What::Argument(_) => "is handed to code that may empty it",
        What::Collection(_) | What::Method(..) | What::Called => "loses entries",
    }
}

/// Says for each site why it is not reported.
pub(super) fn dropped(
    view: &ProjectView<'_, '_>,
    sites: &[(FileId, &Claim, &GrowthClaim)],
    reason: impl Fn() -> String,
) -> Option<Finding> {
    for site in sites {
        view.drop::<()>(site.0, site.1, || format!("`{}`: {}", site.2.shown, reason()));
    }
    None
}

fn is_container(
    project: &Project<'_>,
    spot: &Spot,
    known: Option<Container>,
    sites: &[(FileId, &Claim, &GrowthClaim)],
) -> bool {
    if known.is_some()
        || sites
            .iter()
            .any(|(_, _, claim)| matches!(claim.growth, Growth::Append | Growth::Rebuild | Growth::Wrap))
    {
        return true;
    }
    match project.type_of(spot) {
        GlobalTy::Model(model) => {
            let container = project.catalog.model(model).container;
            container.is_some_and(|container| {
                sites
                    .iter()
                    .any(|(_, _, claim)| claim.growth.needs().is_none_or(|needed| needed == container))
            })
        }
        // `options.plugins.push(plugin)`: a plural of the options is a list.
        GlobalTy::Unknown => sites.iter().any(|(_, _, claim)| {
            claim.on_options && claim.growth == Growth::Push && claim.shown.ends_with('s')
        }),
        _ => false,
    }
}

/// The doubts about one growth site; none if it is certainly no leak.
fn doubts(
    project: &Project<'_>,
    spot: &Spot,
    lives: Lives,
    file: FileId,
    claim: &Claim,
    growth: &GrowthClaim,
) -> Option<Doubt> {
    let is_unread = growth.unread && !is_seen_elsewhere(project, spot, file);
    let mut doubt = Doubt::default();
    if growth.sized && growth.missed.is_none() {
        return None;
    }
    if let Some(once) = &growth.once {
        let flag = project.canonical(file, once);
        if lifetime::happens_once(project, &flag, spot) {
            return None;
        }
    }
    let info = project.rate(file, claim.func);
    // Most builds are one, and end.
    let is_guess = match info.rate {
        Some(Rate::Call) => true,
        Some(Rate::Build) => !info.certain,
        _ => false,
    };
    let is_hot = info.certain && info.rate.is_some_and(Rate::is_hot);
    let answer = match project.outlives(lives, file, claim.func, growth.in_loop) {
        // Who sets something up hands in the list that it is put on: nobody knows that this happens again.
        Answer::Assumed if is_guess && is_handed_in(project, spot, lives) => Answer::Unknown,
        answer => answer,
    };
    match answer {
        Answer::Yes => {}
        Answer::Assumed => doubt.assume(doubts::by_habit(info)),
        Answer::Unknown if growth.on_options && growth.growth == Growth::Push => {
            doubt.assume("options may be made for each call");
        }
        Answer::Unknown
            if is_like_cache(lives, growth, is_guess)
                || is_table(growth)
                || growth.beside_methods
                || growth.sibling.is_some()
                || growth.waiting
                || is_passing(growth)
                || growth.is_numbered
                || growth.is_chain
                || is_hot && is_list_of_timers(growth)
                || is_unread =>
        {
            doubt.assume(doubts::LIFE_BY_CODE);
        }
        Answer::Unknown => doubt.unknown(doubts::LIFE),
        Answer::No if is_of_connection(project, lives, file, claim, growth) => {
            doubt.assume("it goes with its connection, which may last");
        }
        Answer::No => return None,
    }
    // Plug-ins are registered when things start, not with every request.
    // What nobody looks at is no plug-in, and is not filled to be used from now on.
    // Nor is what loses its entries beside it.
    let is_plugin = growth.sibling.is_none()
        && (growth.registry && !is_hot
            || !is_table(growth) && lifetime::is_startup(project, file, claim.func));
    // Of those who call there is always another one, whatever they are told once.
    let is_sent = growth.of_caller && is_hot && info.rate >= Some(Rate::Connection);
    if is_plugin && !is_unread
        || is_finite_by_name(growth) && !is_sent
        || !growth.from_client && !is_sent && tells_once(project, file, claim)
        || growth.formatter
        || growth.offered && matches!(lives, Lives::With(..))
        || growth.weakly && growth.keys != Keys::Fresh && !stays_by_the_code(growth)
        // A script goes through its input, and ends with it.
        || project.summary(file).role == Role::Script
        || growth.is_flag && !is_hot && !stays_by_the_code(growth)
        || is_guess && (!is_worth_guessing(growth) || is_of_tool(project, file))
        // Of an application the callers are in sight, and none of them is seen to come again.
        || is_guess && project.is_of_application(file) && !stays_by_the_code(growth)
        || may_have_few_keys(growth, info)
    {
        doubt.unknown("there may be only so many entries, or it happens when things start");
    }
    if growth.until_ready {
        doubt.unknown("it grows only until something is ready");
    }
    if growth.read_at_end && matches!(lives, Lives::With(..)) {
        doubt.unknown("it may end with what is read");
    }
    // `workers[index] = worker`: mostly a place in the list, whoever says which.
    let is_at_place = growth.growth == Growth::Key && growth.container == Some(Container::Array);
    let is_own_table = is_table(growth) && !expires(growth) || growth.sibling.is_some();
    let is_memo = !is_own_table && is_page_memo(project, file, claim, growth);
    if is_memo && !is_at_place && project.rate(file, claim.func).served {
        // A convention says that a server renders it, for everybody.
        doubt.assume(doubts::SERVER);
    } else if is_at_place || is_memo {
        doubt.unknown("there may be only so many entries");
    }
    // Where there are few keys, each is asked for again.
    if expires(growth) && !(growth.from_client || is_open_by_name(growth)) {
        doubt.unknown("there may be few keys, each of which is asked for again");
    }
    Some(doubt)
}

/// A table of one connection, filled under what each of its messages says: it grows for as long as the other side talks.
fn is_of_connection(
    project: &Project<'_>,
    lives: Lives,
    file: FileId,
    claim: &Claim,
    growth: &GrowthClaim,
) -> bool {
    let Lives::With(of, Owner::Run(run), made) = lives else { return false };
    let info = project.rate(file, claim.func);
    let is_table = matches!(growth.growth, Growth::Set | Growth::Key | Growth::Add);
    let is_open = growth.from_client || is_open_by_name(growth);
    of == file
        && project.is_within(file, claim.func, run)
        && (made.rate, info.rate) == (Some(Rate::Connection), Some(Rate::Message))
        && made.certain
        && is_table
        && is_open
}

/// `logOnce(message)`: what tells each thing once has so many things to tell as there are places that tell.
fn tells_once(project: &Project<'_>, file: FileId, claim: &Claim) -> bool {
    let name = project.summary(file).function_name(claim.func);
    name.split('_').flat_map(camel_words).any(|word| word == "once")
}

/// A table in a page that remembers what was computed for a key: as large as what one user looks at.
fn is_page_memo(project: &Project<'_>, file: FileId, claim: &Claim, growth: &GrowthClaim) -> bool {
    let rate = project.rate(file, claim.func).rate;
    let in_page = matches!(rate, Some(Rate::Render | Rate::Event | Rate::Component | Rate::Instance));
    let key = growth.key.to_ascii_lowercase();
    let is_node = ["el", "elm", "elem", "node", "element", "target", "dom"]
        .iter()
        .any(|word| key.rsplit('.').next() == Some(word));
    in_page
        && matches!(growth.growth, Growth::Set | Growth::Add | Growth::Key)
        && growth.keys != Keys::Fresh
        && !is_node
}

/// Whether a collection is part of what a function or an instance is handed, and lives as long as the type of that says.
fn is_handed_in(project: &Project<'_>, spot: &Spot, lives: Lives) -> bool {
    matches!(lives, Lives::Known(_))
        && match spot.root {
            SpotRoot::Binding(file, binding) => {
                project.summary(file).bindings.get(&binding).is_some_and(|row| row.is_param)
            }
            SpotRoot::Instance(..) => true,
            _ => false,
        }
}

/// A cache is tested and then filled: nobody writes that for one call. How long the instance lives that has it, its name
/// may say, except that many things which last no longer than a call have a cache: somebody has to be seen to fill it.
fn is_like_cache(lives: Lives, growth: &GrowthClaim, is_guess: bool) -> bool {
    match lives {
        Lives::Process | Lives::Singleton(..) => growth.looked_up,
        Lives::With(_, Owner::Class(_), _) => {
            let name = growth.shown.rsplit('.').next().unwrap_or_default();
            let named: Vec<String> = name.split('_').flat_map(camel_words).collect();
            let is_named = |words: &[&str]| named.iter().any(|word| words.contains(&word.as_str()));
            // What calls itself a cache need not be asked in the very function that fills it.
            let is_cache = is_named(&["cache", "caches", "cached", "memo", "memos"])
                && matches!(growth.growth, Growth::Set | Growth::Key);
            let others = [
                "seen", "known", "history", "visited", "registry", "pool", "pools", "sessions", "clients",
                "store", "stores",
            ];
            is_cache && !is_guess || growth.looked_up && is_named(&others)
        }
        _ => false,
    }
}

/// Whether another file does anything with a field of this name.
fn is_seen_elsewhere(project: &Project<'_>, spot: &Spot, file: FileId) -> bool {
    let is_elsewhere = |found: &Use| found.file != file;
    project.uses_outside(spot, file).next().is_some()
        || spot.field().is_some_and(|field| project.has_possible_use(field, is_elsewhere))
}

/// What its file says of it tells that it outlives its entries: nobody fills for one call what nobody reads, what is
/// filled beside it loses the same entries one by one, and what waits is to have an end.
pub(super) fn is_telling(growth: &GrowthClaim) -> bool {
    growth.sibling.is_some() || growth.unread || growth.waiting
}

/// Whether entries stay where a server renders: that it goes on for long enough is a convention.
fn is_of_server(growth: &GrowthClaim) -> bool {
    let ending = growth.missed.as_ref().and_then(|missed| missed.ending.as_ref());
    ending.is_some_and(|ending| ending.only == Some(Only::Server))
}

/// Whether entries are taken out only when somebody asks for them again.
fn expires(growth: &GrowthClaim) -> bool {
    growth.missed.as_ref().is_some_and(|missed| missed.why == Why::Expired)
}

/// Whether there may be as many keys as a disk has files, or, where nobody in sight says how often something runs, as a
/// program has parts.
fn may_have_few_keys(growth: &GrowthClaim, info: RateInfo) -> bool {
    let is_hot = info.certain && info.rate.is_some_and(Rate::is_hot);
    let is_seldom = info.rate.is_none_or(|rate| rate == Rate::Call);
    !stays_by_the_code(growth) && (!is_hot && names_file(growth) || is_seldom && !is_endless(growth))
}

/// Whether the code itself shows that the collection is to lose its entries, whatever their keys are.
fn stays_by_the_code(growth: &GrowthClaim) -> bool {
    growth.beside_methods || growth.is_each || is_table(growth) || is_telling(growth) || is_passing(growth)
}

/// Whether a file is a part of what somebody runs once to build or to check something.
fn is_of_tool(project: &Project<'_>, file: FileId) -> bool {
    matches!(project.summary(file).role, Role::Script | Role::CommandLine)
}

/// A list of timers, which stay when they have fired.
fn is_list_of_timers(growth: &GrowthClaim) -> bool {
    let is_fired = growth.missed.as_ref().is_some_and(|missed| missed.why == Why::Fired);
    is_fired && matches!(growth.growth, Growth::Push | Growth::Add)
}

/// Entries that something else takes out one by one: nobody keeps such a table for one call.
pub(super) fn is_table(growth: &GrowthClaim) -> bool {
    growth.missed.as_ref().is_some_and(|missed| match missed.why {
        Why::Succeeded => false,
        Why::Failure => !growth.replaces,
        // A list of timers: who sets something up may keep a few.
        Why::Fired => !is_list_of_timers(growth),
        _ => true,
    })
}
