//! What keeps a thing, and how the code came to know it.

use outlive_semantic::index::NameId;
use outlive_semantic::place::Place;
use outlive_semantic::summary::TypeRow;
use serde::{Deserialize, Serialize};

/// How the target of a registration came to be known here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Origin {
    /// A global, an import, a module binding, a field: the project knows how long it lives.
    Named,
    /// A parameter, or a field of one: whoever calls made it.
    Passed,
    /// A field that holds what the constructor was handed.
    PassedToConstructor,
    /// A variable of the same function that holds what a call returned: it may be anybody's.
    Fetched,
    /// What a pool lent to this call, and gets back.
    Borrowed,
    /// A part of a copy of what was handed in.
    Copied,
}

/// What keeps an acquired thing: the source of a subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Target {
    /// Where it is.
    pub place: Place,
    /// How the source names it.
    pub shown: String,
    /// How it came to be known.
    pub origin: Origin,
    /// The instance makes it, or it is a part of its view.
    pub is_own: bool,
    /// What the method gives whose result it is, if another file has to say so.
    pub given: Option<TypeRow>,
    /// The field of that which it is.
    pub part: Option<NameId>,
}
