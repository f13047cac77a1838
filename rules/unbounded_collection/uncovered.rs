//! Entries that are taken out at an end which their owner does not always have: a hook that a server never runs.

use crate::claim::{Body, Claim, Gap, GrowthClaim, Missed, Why};
use crate::ending;
use crate::rule::FileView;
use outlive_semantic::growth::{CollectionOp, Op};
use outlive_semantic::project::{FileId, Lives, Project, Spot, Use};
use outlive_semantic::summary::What;
use outlive_semantic::tree::Span;
use rustc_hash::FxHashMap;

/// How many of the releases of a collection are looked at.
const RELEASES: usize = 64;

/// The releases that stand where such an end comes. Whatever else takes entries out is for the project to judge.
pub(super) fn missed(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<Missed> {
    if op.func.index() == 0 {
        return None;
    }
    let releases = [Op::Release, Op::Reset].into_iter().flat_map(|what| file.ops_on(&op.holder, what));
    let mut found: Vec<(Span, Gap)> = releases
        .take(RELEASES)
        .filter_map(|release| {
            let gap = ending::not_everywhere(file, op.node, [release.func])?;
            Some((file.model.file.tree.span(release.node), gap))
        })
        .collect();
    let (at, ending) = found.first().cloned()?;
    found.retain(|(_, gap)| gap.only == ending.only);
    let releases = found.into_iter().map(|(at, _)| at).collect();
    Some(Missed { why: Why::Uncovered, at, releases, ending: Some(ending) })
}

/// The releases of collections, where all of them run for hooks that a server never calls. Many claims ask for one.
#[derive(Default)]
pub(super) struct Hooked(FxHashMap<Spot, Option<Releases>>);

/// Releases that run for such hooks alone: one of these, and where they stand.
struct Releases {
    hook: String,
    sites: Vec<(FileId, Span)>,
}

impl Hooked {
    /// A claim about what components put in while they are rendered, and all that takes out runs for hooks that a server
    /// never calls, where the one or the other stands in another file.
    pub(super) fn missed(
        &mut self,
        project: &Project<'_>,
        file: FileId,
        claim: &Claim,
    ) -> Option<GrowthClaim> {
        let Body::Growth(growth) = &claim.body else { return None };
        if growth.missed.is_some() || growth.asks_where || !project.is_rendered(file, claim.func) {
            return None;
        }
        let spot = project.canonical(file, &growth.holder);
        if !matches!(project.life(&spot), Lives::Process) {
            return None;
        }
        let known = self.0.entry(spot).or_insert_with_key(|spot| releases(project, spot));
        let Releases { hook, sites } = known.as_ref()?;
        let here = sites.iter().filter(|(of, _)| *of == file).map(|(_, at)| *at);
        let releases: Vec<Span> = here.collect();
        let missed = Missed {
            why: Why::Uncovered,
            at: releases.first().copied().unwrap_or(claim.at),
            releases,
            ending: Some(ending::on_server(hook)),
        };
        Some(GrowthClaim { missed: Some(missed), ..(**growth).clone() })
    }
}

/// The hook for which the releases of a collection run, and where they stand; none if one may run for something else.
fn releases(project: &Project<'_>, spot: &Spot) -> Option<Releases> {
    let uses = project.uses(spot);
    let releases: Vec<&Use> = uses.iter().filter(|found| takes_out(project, found)).take(RELEASES).collect();
    let hooks = releases.iter().map(|found| project.browser_hook(found.file, found.row.func));
    let hook = hooks.collect::<Option<Vec<_>>>()?.into_iter().min()?;
    let sites = releases.iter().map(|found| (found.file, found.row.at)).collect();
    Some(Releases { hook: hook.to_owned(), sites })
}

/// Whether a use takes entries out of a collection, in code that is no test.
fn takes_out(project: &Project<'_>, found: &Use) -> bool {
    project.is_production(found.file) && matches!(found.row.what, What::Collection(Op::Release | Op::Reset))
}
