//! Claims about listeners.

use super::gap::Gap;
use super::note::Note;
use super::target::Origin;
use outlive_semantic::catalog::ModelId;
use outlive_semantic::index::ClassId;
use outlive_semantic::place::Place;
use serde::{Deserialize, Serialize};

/// What a listener on an abort signal is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum SignalUse {
    /// It ends work that ends by itself: a promise that settles, an asynchronous function that returns.
    Operation,
    /// It ends something that may go on until then: the abort is how it is stopped.
    Ongoing,
}

/// A listener is added here, and this file has no removal that surely matches.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListenerClaim {
    /// What it is added to.
    pub target: Place,
    /// How the source names it.
    pub shown: String,
    /// The catalog type of the target, if this file knows it.
    pub model: Option<ModelId>,
    /// How the target came to be known.
    pub origin: Origin,
    /// The function that gave it, and whether that must be known to keep it: what was waited for is most often made for that.
    pub asked: Option<(Place, bool)>,
    /// The parameter of the constructor that it is, or is a part of.
    pub handed: Option<Place>,
    /// The event, if it is a constant.
    pub event: Option<String>,
    /// It is an event of a process that is about to end.
    pub is_last: bool,
    /// It waits for those who connect to a server: what sets one up listens once.
    pub greets: bool,
    /// The method that adds.
    pub method: String,
    /// How the source names the listener; empty for an inline function.
    pub listener: String,
    /// The type of the target is proved by this file.
    pub proved: bool,
    /// The target is an abort signal.
    pub signal: Option<SignalUse>,
    /// It is the signal of a request.
    pub is_of_request: bool,
    /// It stands in a loop.
    pub in_loop: bool,
    /// The flag that lets it happen once.
    pub once: Option<Place>,
    /// A table remembers for which keys it was added, and forgets none.
    pub per_key: bool,
    /// A removal that may match.
    pub may_be_removed: bool,
    /// What the registration returned takes it away, except on this way.
    pub partial: Option<Gap>,
    /// The class it stands in, and whether that has a method that ends instances.
    pub class: Option<(ClassId, Option<String>)>,
    /// What the code around says of a target whose life nobody knows: it is met again.
    pub again: Option<Note>,
    /// It stands in an effect that runs again while the component keeps the target.
    pub reruns: bool,
    /// Its owner takes another listener from the same target when it ends, and forgets this one.
    pub is_forgotten: bool,
    /// Its disposer is put on a list of which nobody disposes: whoever keeps one has an end in mind.
    pub is_listed: bool,
    /// It tells the caller of the function around it that all went well: it belongs to that call.
    pub is_per_call: bool,
    /// It stands in an effect, or in a hook or composable: each component that uses that has one more.
    pub is_of_hook: bool,
    /// It stands in a loop that goes on until somebody ends it, and the target is the same in each turn.
    pub is_endless: bool,
    /// It is added by the `initialize` of an object that a function of the project makes a class of.
    pub is_making: bool,
    /// It is added by a method that stands beside one which ends what it began: it may be begun again.
    pub restarts: bool,
    /// The rest of the retention path.
    pub notes: Vec<Note>,
}
