//! One thing that a call acquired: what it is, how it is given back, and in which words.

use crate::claim::{AcquireClaim, Undo};
use crate::rule::Meta;
use outlive_semantic::handle::ReleasePatterns;
use outlive_semantic::index::NodeId;

/// What a call acquired.
pub(crate) struct Acquired<'q> {
    /// The rule that asks.
    pub(crate) meta: &'static Meta,
    /// The call.
    pub(crate) call: NodeId,
    /// What it is, in words: "file handle".
    pub(crate) what: String,
    /// How such a thing is given back.
    pub(crate) patterns: &'q ReleasePatterns,
}

/// The words of one finding.
pub(crate) struct Text {
    /// The message.
    pub(crate) message: String,
    /// The help.
    pub(crate) help: String,
    /// What the acquired thing keeps, or costs.
    pub(crate) keeps: String,
}

/// What to do about it, in the words of the release that the row names first.
pub(crate) fn help(body: &AcquireClaim) -> String {
    let release = body.release.first().map(String::as_str).unwrap_or_default();
    let shown = if body.shown.is_empty() { "it" } else { &body.shown };
    match (&body.partial, &body.class) {
        (Some(_), _) => format!("put the `{release}` of `{shown}` into a `finally`"),
        (None, Some((_, Some(end)))) => format!("keep it in a field and call `{release}` on it in `{end}`"),
        _ => format!("call `{release}` on `{shown}` when it is no longer needed"),
    }
}

/// The last names of the functions and methods that release.
fn releasing(patterns: &ReleasePatterns) -> impl Iterator<Item = &str> {
    let functions = patterns.functions.iter().map(|name| name.rsplit('.').next().unwrap_or(name));
    functions.chain(patterns.methods.iter().map(String::as_str))
}

/// What to write to release, in the words that need nothing imported.
pub(super) fn undo(patterns: &ReleasePatterns) -> Option<Undo> {
    let function = patterns.functions.iter().find(|name| !name.contains('.')).cloned().map(Undo::Function);
    function.or_else(|| patterns.methods.first().cloned().map(Undo::Method))
}

/// The same, for claims.
pub(crate) fn release_names(patterns: &ReleasePatterns) -> Vec<String> {
    releasing(patterns).map(str::to_owned).collect()
}
