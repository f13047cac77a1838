//! Entries that are taken out at an end which their owner does not always have: a hook that a server never runs.

use crate::claim::{Gap, Missed, Why};
use crate::ending;
use crate::rule::FileView;
use outlive_semantic::growth::{CollectionOp, Op};
use outlive_semantic::tree::Span;

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
