//! When a function runs that is handed over, and what becomes of what it returns.

use crate::rate::Rate;
use serde::{Deserialize, Serialize};

/// When a callback runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Now, once for each element: the caller's rate, in a loop.
    Each,
    /// Now or later, at most once for each call: the caller's rate.
    Caller,
    /// At this rate, whoever calls.
    At(Rate),
}

/// What becomes of what a function returns that somebody else runs for one thing after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Returned {
    /// Nobody says.
    #[default]
    Unknown,
    /// The next one comes when it has settled.
    Awaited,
    /// Nothing: the next one comes as soon as it likes.
    Ignored,
}
