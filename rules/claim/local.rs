//! Claims whose message is known, where only how often the code runs, or how long a holder lives, is open.

use super::note::Note;
use crate::finding::{Fix, Severity};
use outlive_semantic::catalog::MajorsRow;
use outlive_semantic::place::Place;
use outlive_semantic::rate::Life;
use outlive_semantic::summary::TargetRow;
use serde::{Deserialize, Serialize};

/// A finding whose message is known; open is whether the holder outlives the code that leaves something on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OutlivedClaim {
    /// What keeps it.
    pub holder: Place,
    /// How the source names the holder.
    pub shown: String,
    /// How long the holder lives, if its type says so.
    pub life: Option<Life>,
    /// The flag that lets it happen once.
    pub once: Option<Place>,
    /// It stands in a loop.
    pub in_loop: bool,
    /// What takes entries out of the holder takes this out too.
    pub may_be_released: bool,
    /// The rest.
    pub body: LocalClaim,
}

/// A finding whose message is known; only whether and how often the code runs is open.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LocalClaim {
    /// The message.
    pub message: String,
    /// What to do.
    pub help: String,
    /// What it is about, for the fingerprint.
    pub subject: String,
    /// Conjuncts that rest on a convention.
    pub conventions: u8,
    /// Conjuncts that rest on a name, which a way from an entry point to this code confirms.
    pub named: u8,
    /// Conjuncts that rest on it coming often: a job or a tick does not confirm them.
    pub often: u8,
    /// Conjuncts that are unknown.
    pub unknowns: u8,
    /// The code must run more than once for it to matter.
    pub must_repeat: bool,
    /// An entry point must be known to drive it.
    pub must_be_hot: bool,
    /// A request must be known to wait for it.
    pub must_serve: bool,
    /// The majors of a package, or of the runtime, that it is true of; none if of all.
    pub majors: Option<MajorsRow>,
    /// Where the manifest does not tell, these are likely.
    pub majors_are_likely: bool,
    /// Not the severity of the rule.
    pub severity: Option<Severity>,
    /// The retention path.
    pub notes: Vec<Note>,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
}

/// Something is built anew here that comes out alike each time; how often decides whether it is worth a word.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ChurnClaim {
    /// The first half of the message: "`LABELS` is allocated".
    pub head: String,
    /// What one run costs: "12 objects, about 1.4 kB".
    pub cost: String,
    /// What to do.
    pub help: String,
    /// What it is about, for the fingerprint.
    pub subject: String,
    /// It is built in a loop of its function.
    pub in_loop: bool,
    /// Only a loop makes it worth a word.
    pub needs_loop: bool,
    /// Without a loop, whether it is worth a word depends on what else the call does.
    pub is_slight: bool,
    /// Conjuncts that rest on a convention.
    pub conventions: u8,
    /// Conjuncts that are unknown.
    pub unknowns: u8,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
}

/// Work that is begun, and that nobody waits for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnawaitedClaim {
    /// How the source names it.
    pub shown: String,
    /// What begins it, if another file says whether that is work.
    pub work: Option<TargetRow>,
    /// It is known, or said by the code, to be a promise.
    pub is_promise: bool,
    /// Nobody here knows of what.
    pub is_unknown: bool,
    /// Its function waits for other work beside it.
    pub is_paced: bool,
}
