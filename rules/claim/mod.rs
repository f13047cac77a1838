//! What a visitor noticed in one file, with the conjuncts that only the project can close.

mod acquired;
mod gap;
mod growth;
mod listener;
mod local;
mod note;
mod shared;
mod target;

pub use acquired::{
    AcquireClaim, GivenClaim, HeldClaim, Keeper, LateClaim, LeftClaim, MadeClaim, Obtained, ObtainedClaim,
    PlainClaim, Undo, UndoClaim,
};
pub use gap::{Gap, Only};
pub use growth::{GrowthClaim, KeptClaim, Missed, Why};
pub use listener::{ListenerClaim, SignalUse};
pub use local::{ChurnClaim, LocalClaim, OutlivedClaim, UnawaitedClaim};
pub use note::Note;
pub use shared::{AskedClaim, AskedEnd, CacheClaim, CacheEnd, EndClaim};
pub use target::{Origin, Target};

use crate::finding::Finding;
use outlive_semantic::index::FuncId;
use outlive_semantic::project::FileId;
use outlive_semantic::summary::TargetRow;
use outlive_semantic::tree::Span;
use outlive_semantic::turns::Turns;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One claim.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claim {
    /// The rule that made it.
    #[serde(serialize_with = "write_rule", deserialize_with = "read_rule")]
    pub rule: RuleId,
    /// The function in which it happens.
    pub func: FuncId,
    /// Where.
    pub at: Span,
    /// What.
    pub body: Body,
}

impl Claim {
    /// The same, of the body of a loop over messages where it stands in one: what happens there does so with each of them.
    #[must_use]
    pub(crate) fn at_its_turn(self, turns: &Turns) -> Self {
        // What a function returns is said of the function.
        let is_of_function = matches!(self.body, Body::Given(_) | Body::Passed(_) | Body::Undo(_));
        let func = if is_of_function { self.func } else { turns.func_at(self.func, self.at) };
        Self { func, ..self }
    }
}

/// The id of a rule. It has a name of its own since what is read back is not borrowed from where it stands.
pub type RuleId = &'static str;

fn write_rule<S: Serializer>(id: &str, serializer: S) -> Result<S::Ok, S::Error> {
    id.serialize(serializer)
}

/// Gives a rule its own id back: claims are kept with the program that made them.
fn read_rule<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    let id = <&str>::deserialize(deserializer)?;
    crate::find(id).map(|rule| rule.meta().id).ok_or_else(|| D::Error::custom("no such rule"))
}

/// What is claimed. Boxed, since most claims are of the few kinds that need little room, and all wait for the link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Body {
    /// A collection grows.
    Growth(Box<GrowthClaim>),
    /// A listener is added.
    Listener(Box<ListenerClaim>),
    /// Something is acquired.
    Acquire(Box<AcquireClaim>),
    /// Something is acquired if a receiver which another file makes is of a certain type.
    Late(Box<LateClaim>),
    /// A function returns what it acquires: whoever calls it has it.
    Given(Box<GivenClaim>),
    /// A function returns what another one gives it.
    Passed(TargetRow),
    /// What a function of the project returned is not given back; whether that is anything acquired, the project says.
    Obtained(Box<ObtainedClaim>),
    /// A function does something that only what it returns undoes.
    Undo(Box<UndoClaim>),
    /// What a function of the project returned is dropped; whether that was to undo anything, the project says.
    Left(Box<LeftClaim>),
    /// An instance is made that nobody ends; whether its class holds anything, another file may say.
    Made(Box<MadeClaim>),
    /// Instances of a class hold something until a method ends them.
    Held(Box<HeldClaim>),
    /// A longer-lived thing keeps a shorter-lived one.
    Kept(Box<KeptClaim>),
    /// Something is left behind on a holder each time.
    Outlived(Box<OutlivedClaim>),
    /// One end of something that another file has the other end of.
    End(Box<EndClaim>),
    /// A library's cache that others may put into, or something put into what another file made.
    Cache(Box<CacheClaim>),
    /// A client that others may ask, or an answer that a client of another file is asked for.
    Asked(Box<AskedClaim>),
    /// Something that is wrong whatever the project says, as long as the code runs at all.
    Local(Box<LocalClaim>),
    /// Something is built anew that comes out alike each time.
    Churn(Box<ChurnClaim>),
    /// Work is begun that nobody waits for; whether it is work, and who would wait, the project says.
    Unawaited(Box<UnawaitedClaim>),
}

/// A kind of claim that is judged by itself.
pub(crate) trait Kind {
    /// The claim of this kind, if a claim is one.
    fn of(body: &Body) -> Option<&Self>;
}

macro_rules! kinds {
    ($($variant:ident($claim:ty)),*) => {$(
        impl From<$claim> for Body {
            fn from(claim: $claim) -> Self {
                Self::$variant(Box::new(claim))
            }
        }

        impl Kind for $claim {
            fn of(body: &Body) -> Option<&Self> {
                match body {
                    Body::$variant(claim) => Some(&**claim),
                    _ => None,
                }
            }
        }
    )*};
}

kinds!(
    Growth(GrowthClaim),
    Listener(ListenerClaim),
    Acquire(AcquireClaim),
    Late(LateClaim),
    Given(GivenClaim),
    Obtained(ObtainedClaim),
    Undo(UndoClaim),
    Left(LeftClaim),
    Made(MadeClaim),
    Held(HeldClaim),
    Kept(KeptClaim),
    Outlived(OutlivedClaim),
    End(EndClaim),
    Cache(CacheClaim),
    Asked(AskedClaim),
    Local(LocalClaim),
    Churn(ChurnClaim),
    Unawaited(UnawaitedClaim)
);

/// Judges the claims of one kind, each by itself.
pub(crate) fn settle_each<K: Kind>(
    claims: &[(FileId, &Claim)],
    mut judge: impl FnMut(FileId, &Claim, &K) -> Option<Finding>,
) -> Vec<Finding> {
    claims.iter().filter_map(|&(file, claim)| judge(file, claim, K::of(&claim.body)?)).collect()
}
