//! Reasons for doubt that several rules have, each a clause that stands by itself.

use outlive_semantic::project::RateInfo;
use outlive_semantic::rate::Rate;

/// A convention says how often the code runs.
pub(crate) const REPEATS_BY_HABIT: &str = "only a convention says that this code runs again and again";
/// What is assumed where the holder outlives the code by a convention: how often that runs, or how long the holder lives.
pub(crate) fn by_habit(info: RateInfo) -> &'static str {
    let is_seen = info.certain && info.rate.is_some_and(|rate| rate != Rate::Call);
    if is_seen { "only a convention says how long what keeps it lives" } else { REPEATS_BY_HABIT }
}

/// Nothing says how often the code runs.
pub(crate) const REPEATS: &str = "nothing says how often this code runs";
/// The shape of the code says that the holder outlives it.
pub(crate) const LIFE_BY_CODE: &str = "how long what keeps it lives is told by the code around alone";
/// Nothing says how long the holder lives.
pub(crate) const LIFE: &str = "nothing says how long what keeps it lives";
/// It looks like set-up.
pub(crate) const STARTUP: &str = "it may be a part of what is set up once";
/// A release may be meant for it.
pub(crate) const RELEASE: &str = "something may release it: that cannot be told apart";
/// What is taken out may be entries of entries.
pub(crate) const INNER: &str = "what is taken out may stand in its entries";
/// A way on which it is not released is seldom taken.
pub(crate) const WAY: &str = "the way on which nobody releases it may never be taken";
/// What is left behind ends by itself.
pub(crate) const PASSES: &str = "what stays ends by itself after a while";
/// It holds where a server renders.
pub(crate) const SERVER: &str = "it stays where a server renders, which is a convention";
/// It holds for some versions.
pub(crate) const MAJORS: &str = "it depends on the version that runs, which is not known";
