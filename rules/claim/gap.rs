//! Ways on which something is not given back.

use outlive_semantic::index::{ClassId, FuncId};
use outlive_semantic::tree::Span;
use serde::{Deserialize, Serialize};

/// A way out of a function that passes no release.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Gap {
    /// The second half of a sentence: "when the function returns early".
    pub how: String,
    /// What leaves: the return, the call that throws.
    pub at: Option<Span>,
    /// It takes a call that only may throw, or an exception that may end the process.
    pub is_weak: bool,
    /// It takes an exception, or a promise that rejects.
    pub throws: bool,
    /// The shape itself says that it happens again for the same owner.
    pub repeats: bool,
    /// Each owner leaves at most one behind.
    pub one_each: bool,
    /// What is left behind ends by itself, soon: that somebody minds is a convention.
    pub passes: bool,
    /// It is taken only where the project says so.
    pub only: Option<Only>,
}

/// What the project has to say for a way to be taken at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Only {
    /// Components of the file are rendered on a server.
    Server,
    /// Instances of the class are made as often as something that they are injected with.
    Injected(ClassId),
    /// The function runs for each connection of one instance of the class, and the way is every way but its end.
    EachConnection(ClassId, FuncId),
}

impl Gap {
    /// A way on which it is surely not released, named by how it ends and where.
    #[must_use]
    pub fn new(how: impl Into<String>, at: Option<Span>) -> Self {
        Self {
            how: how.into(),
            at,
            is_weak: false,
            throws: false,
            repeats: false,
            one_each: false,
            passes: false,
            only: None,
        }
    }
}
