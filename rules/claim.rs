//! What a visitor noticed in one file, with the conjuncts that only the project can close.

use crate::finding::{Finding, Fix, Retainer, Role, Severity};
use outlive_semantic::catalog::{Container, LibraryId, MajorsRow, ModelId};
use outlive_semantic::growth::{Growth, Keys};
use outlive_semantic::index::{ClassId, FuncId, NameId};
use outlive_semantic::place::Place;
use outlive_semantic::project::{FileId, Owner};
use outlive_semantic::rate::Life;
use outlive_semantic::summary::{TargetRow, TypeRow};
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

/// A step of the retention path inside the file of the claim.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note {
    /// What it is.
    pub role: Role,
    /// What it says.
    pub message: String,
    /// Where.
    pub span: Span,
}

impl Note {
    /// The step, in the file of the claim.
    pub(crate) fn retainer(&self, file: FileId) -> Retainer {
        Retainer { role: self.role, message: self.message.clone(), file, span: self.span }
    }
}

/// A collection grows here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GrowthClaim {
    /// The collection, in the names of the summary.
    pub holder: Place,
    /// How the source names it.
    pub shown: String,
    /// How it grows.
    pub growth: Growth,
    /// Under what keys.
    pub keys: Keys,
    /// How the source names the key.
    pub key: String,
    /// The container, if this file knows.
    pub container: Option<Container>,
    /// Its type, if it is a catalog type.
    pub model: Option<ModelId>,
    /// Where it is declared, if here.
    pub declared: Option<Span>,
    /// The flag that lets it happen once.
    pub once: Option<Place>,
    /// It stands in a loop.
    pub in_loop: bool,
    /// The function looks the key up before: a cache.
    pub looked_up: bool,
    /// The size is tested around it.
    pub sized: bool,
    /// What is stored came in as it is, from a function that registers: a table of plug-ins.
    pub registry: bool,
    /// It is a field of an options object that was handed in.
    pub on_options: bool,
    /// Whoever makes the instance may hand one in: only else the instance makes its own.
    pub offered: bool,
    /// What takes entries out, and leaves this one.
    pub missed: Option<Missed>,
    /// It may ask first whether it runs on a server.
    pub asks_where: bool,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
    /// It is a property of a thing that has methods to add and take away, which do not know of it.
    pub beside_methods: bool,
    /// A constructor puts the instance that it makes into the collection, under what belongs to the instance.
    pub is_each: bool,
    /// What is under the key is looked up and makes room for the new entry.
    pub replaces: bool,
    /// The key is a part of what a client sent.
    pub from_client: bool,
    /// What is kept is a formatter of `Intl`: there are as many keys as locales and sets of options.
    pub formatter: bool,
    /// The parts that the key is put together from, as the source names them; none if it is not.
    pub key_parts: Vec<String>,
    /// What all keys are drawn from, if other files have to say whether there are few of them.
    pub drawn_from: Vec<Place>,
    /// What is filled beside it, as the source names it, and where that loses an entry.
    pub sibling: Option<(String, Span)>,
    /// Nothing ever looks at an entry.
    pub unread: bool,
    /// It calls itself a table of what waits for its end, and nothing takes that away.
    pub waiting: bool,
    /// The key is put together from something of which there is no end.
    pub open: bool,
    /// It is reached through a key of a `WeakMap` alone, and goes with that.
    pub weakly: bool,
    /// An entry is no more than a flag or a number that the code writes out: some 70 bytes with its key.
    pub is_flag: bool,
}

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
    /// Its owner takes another listener from the same target when it ends, and forgets this one.
    pub is_forgotten: bool,
    /// Its disposer is put on a list of which nobody disposes: whoever keeps one has an end in mind.
    pub is_listed: bool,
    /// It stands in a loop that goes on until somebody ends it, and the target is the same in each turn.
    pub is_endless: bool,
    /// It is added by the `initialize` of an object that a function of the project makes a class of.
    pub is_making: bool,
    /// It is added by a method that stands beside one which ends what it began: it may be begun again.
    pub restarts: bool,
    /// The rest of the retention path.
    pub notes: Vec<Note>,
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
}

/// Something is acquired here, and this file has no release that surely reaches it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AcquireClaim {
    /// What it is: `interval`.
    pub what: String,
    /// Where the handle goes, if other files can reach it.
    pub handle: Option<Place>,
    /// How the source names the handle; empty if it is dropped.
    pub shown: String,
    /// What keeps it, if that is something else than the process itself.
    pub target: Option<Target>,
    /// Names of the functions and methods that would release it.
    pub release: Vec<String>,
    /// What to write to release it.
    pub undo: Option<Undo>,
    /// It stands in a loop.
    pub in_loop: bool,
    /// It ends by itself once nobody starts it anew: a chain of timeouts that nothing keeps often lasts as long as the page
    /// on purpose.
    pub runs_out: bool,
    /// It arms itself anew: a second one is there only if somebody begins it again.
    pub rearms: bool,
    /// The other side ends it too.
    pub ends_itself: bool,
    /// It stands where one may come after another.
    pub is_refilled: bool,
    /// The flag that lets it happen once.
    pub once: Option<Place>,
    /// A release that may reach it.
    pub may_be_released: bool,
    /// It is told what only one can have, a port: there is one for each of these.
    pub is_one_for_each: bool,
    /// A way out of the function on which it is not released, although it is on others.
    pub partial: Option<Gap>,
    /// What leaves at most one behind when it ends.
    pub one_each: Option<Owner>,
    /// The class it stands in, and the method that ends instances.
    pub class: Option<(ClassId, Option<String>)>,
    /// Functions of other files that are handed it, and as which argument.
    pub handed: Vec<(Place, u16)>,
    /// The rest of the retention path.
    pub notes: Vec<Note>,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
}

/// How a thing is given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Undo {
    /// By a function of the platform that takes it: `clearInterval(handle)`.
    Function(String),
    /// By a method of its own: `handle.stop()`.
    Method(String),
}

impl Undo {
    /// The name of the function or method.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Function(name) | Self::Method(name) => name,
        }
    }

    /// The call that gives back what an expression holds.
    #[must_use]
    pub fn on(&self, handle: &str) -> String {
        match self {
            Self::Function(name) => format!("{name}({handle})"),
            Self::Method(name) => format!("{handle}.{name}()"),
        }
    }

    /// The same where the expression may hold nothing yet; functions of the platform take that as it is.
    #[must_use]
    pub fn if_any_on(&self, handle: &str) -> String {
        match self {
            Self::Function(_) => self.on(handle),
            Self::Method(name) => format!("{handle}?.{name}()"),
        }
    }
}

/// A method is called that acquires something if its receiver is what a row speaks of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LateClaim {
    /// What is known of the receiver here.
    pub receiver: TypeRow,
    /// The type it must have.
    pub of: ModelId,
    /// What becomes of what is acquired.
    pub acquired: AcquireClaim,
}

/// A function acquires something anew on each call, and returns it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GivenClaim {
    /// What.
    pub what: String,
    /// The names of what gives it back.
    pub release: Vec<String>,
    /// The other side ends it too.
    pub ends_itself: bool,
}

/// A function of the project is called, and what it returns is not given back here, should it be an acquired thing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ObtainedClaim {
    /// What is called.
    pub callee: TargetRow,
    /// What becomes of the result.
    pub acquired: Obtained,
}

/// What becomes of a result that may be an acquired thing. Most calls of a project are asked about, and of hardly any is
/// there more to say than what a plain one holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Obtained {
    /// As of most.
    Plain(PlainClaim),
    /// Anything else.
    Other(Box<AcquireClaim>),
}

/// The part of an [`AcquireClaim`] that most have, with nothing in the other parts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlainClaim {
    handle: Option<Place>,
    shown: Box<str>,
    in_loop: bool,
    runs_out: bool,
    ends_itself: bool,
    is_refilled: bool,
    may_be_released: bool,
    class: Option<(ClassId, Option<Box<str>>)>,
    handed: Box<[(Place, u16)]>,
}

impl From<AcquireClaim> for Obtained {
    fn from(claim: AcquireClaim) -> Self {
        let is_plain = claim.what.is_empty()
            && claim.target.is_none()
            && claim.release.is_empty()
            && claim.undo.is_none()
            && !claim.rearms
            && !claim.is_one_for_each
            && claim.once.is_none()
            && claim.partial.is_none()
            && claim.one_each.is_none()
            && claim.notes.is_empty()
            && claim.fixes.is_empty();
        if !is_plain {
            return Self::Other(Box::new(claim));
        }
        // Every field is named, so that a new one is not lost on the way.
        let AcquireClaim {
            what: _,
            handle,
            shown,
            target: _,
            release: _,
            undo: _,
            in_loop,
            rearms: _,
            runs_out,
            ends_itself,
            is_refilled,
            once: _,
            may_be_released,
            is_one_for_each: _,
            partial: _,
            one_each: _,
            class,
            handed,
            notes: _,
            fixes: _,
        } = claim;
        Self::Plain(PlainClaim {
            handle,
            shown: shown.into(),
            in_loop,
            runs_out,
            ends_itself,
            is_refilled,
            may_be_released,
            class: class.map(|(class, end)| (class, end.map(String::into_boxed_str))),
            handed: handed.into(),
        })
    }
}

impl From<&Obtained> for AcquireClaim {
    fn from(obtained: &Obtained) -> Self {
        let plain = match obtained {
            Obtained::Other(claim) => return Self::clone(claim),
            Obtained::Plain(plain) => plain,
        };
        Self {
            what: String::new(),
            handle: plain.handle.clone(),
            shown: plain.shown.to_string(),
            target: None,
            release: Vec::new(),
            undo: None,
            in_loop: plain.in_loop,
            rearms: false,
            runs_out: plain.runs_out,
            ends_itself: plain.ends_itself,
            is_refilled: plain.is_refilled,
            once: None,
            may_be_released: plain.may_be_released,
            is_one_for_each: false,
            partial: None,
            one_each: None,
            class: plain.class.as_ref().map(|(class, end)| (*class, end.as_deref().map(str::to_owned))),
            handed: plain.handed.to_vec(),
            notes: Vec::new(),
            fixes: Vec::new(),
        }
    }
}

/// A function of the project adds or arms something which only what it returns takes away.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UndoClaim {
    /// What it adds, as the first part of a sentence: "the `resize` listener on `window`".
    pub what: String,
    /// What holds it until then.
    pub keeper: Keeper,
    /// The parameter that is the listener, if not the result but only the same function takes it away.
    pub listener: Option<u16>,
}

/// What holds a thing that a function adds, as its callers see it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Keeper {
    /// The process itself.
    Process,
    /// A thing of the function's file.
    Shared(Place),
    /// What it is handed.
    Param(u16),
    /// What it is called on.
    Receiver,
}

/// A function of the project is handed a function, and what it returns is not used, or not always.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LeftClaim {
    /// What is called.
    pub callee: TargetRow,
    /// How the source names it.
    pub name: String,
    /// What becomes of the result.
    pub acquired: AcquireClaim,
    /// What it is handed.
    pub args: Vec<Target>,
    /// What it is called on.
    pub receiver: Option<Target>,
    /// The arguments that are functions made here, which nobody else has.
    pub fresh: Vec<u16>,
}

/// An instance of a class is made, and no method that ends instances is called on it here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MadeClaim {
    /// What is constructed.
    pub callee: Place,
    /// The methods that its maker calls on it, in the names of the summary.
    pub called: Vec<NameId>,
    /// It stands in a collection: the names of the methods that end something and are called in its file, on whatever.
    pub ended_beside: Option<Vec<NameId>>,
    /// Its constructor is handed nothing but constants.
    pub is_bare: bool,
    /// What becomes of the instance, as for anything acquired.
    pub acquired: AcquireClaim,
}

/// What instances of a class take from outside, and give back in a method that ends them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HeldClaim {
    /// The class.
    pub class: ClassId,
    /// The method that gives it back; none where the class inherits that from another file.
    pub end: Option<(String, FuncId)>,
    /// What it is, as the first half of a sentence: "an interval runs".
    pub what: String,
    /// It is an instance of this class: to be held is something only if that holds something in turn.
    pub made: Option<Place>,
    /// It stands on something that the instance was handed: one that was handed nothing has made that itself.
    pub on_given: bool,
    /// An instance hands itself to others, who may end it.
    pub hands_itself_on: bool,
}

/// Releases of a collection that leave what one site adds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Missed {
    /// Why they do.
    pub why: Why,
    /// The node that shows it.
    pub at: Span,
    /// The releases.
    pub releases: Vec<Span>,
    /// The ending that they do not cover, where that is why.
    pub ending: Option<Gap>,
}

/// Why a release leaves an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Why {
    /// The function takes it out where the work succeeds, and not where it fails.
    Failure,
    /// Who waits for it is told that it failed, and only an answer takes it out.
    GaveUp,
    /// It is found under one key and deleted under another.
    OtherKey,
    /// What is taken out is a promise, and what was added another that was chained on it.
    OtherThing,
    /// Each release takes out what was added beside it.
    OtherSite,
    /// Only an answer takes it out, and the connection has ended without one.
    Ended,
    /// A timer that has fired is still listed; only cancelling takes it out.
    Fired,
    /// Only a timeout takes it out, and an answer clears that.
    Disarmed,
    /// Only a failure takes it out.
    Succeeded,
    /// Only who cancels what it stands for takes it out.
    Uncancelled,
    /// What it stands for leaves early, before it takes it out.
    Early,
    /// It is found to be too old, and taken out, only when it is asked for again.
    Expired,
    /// It is taken out at an end that its owner does not always have.
    Uncovered,
}

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

/// A longer-lived thing keeps a shorter-lived one here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptClaim {
    /// What keeps it.
    pub holder: Place,
    /// How the source names the holder.
    pub shown: String,
    /// How the source names what is kept.
    pub kept: String,
    /// In what way: "keeps `req`", "keeps a function that uses `req`".
    pub how: String,
    /// The container, if this file knows.
    pub container: Option<Container>,
    /// How long the holder lives, if its type says so.
    pub life: Option<Life>,
    /// How it grows.
    pub growth: Growth,
    /// The holder evicts by itself.
    pub is_bounded: bool,
    /// The flag that lets it happen once.
    pub once: Option<Place>,
    /// It stands in a loop.
    pub in_loop: bool,
    /// The event, and where it is listened to first, if one that need not come runs each release of this file.
    pub only_on: Option<(String, Span)>,
    /// The retention path.
    pub notes: Vec<Note>,
}

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

/// Here is one end of a thing that files share: who fills a queue and who works it off, who makes a cache and who puts in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndClaim {
    /// The thing.
    pub holder: Place,
    /// How the source names it.
    pub shown: String,
    /// What there is to say if the other end is found; none at that end.
    pub body: Option<LocalClaim>,
    /// Conjuncts of this end that rest on a convention.
    pub conventions: u8,
}

/// A cache of a library, as one file sees it: the one that makes it, or one that puts something in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CacheClaim {
    /// The cache.
    pub holder: Place,
    /// How the source names it.
    pub shown: String,
    /// Which end this is.
    pub end: CacheEnd,
}

/// The two ends of a cache.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum CacheEnd {
    /// It is made here: by which library, which methods empty it, and what there is to say.
    Made(LibraryId, Vec<String>, LocalClaim),
    /// Something is put in: by the library that it may be of, how many conventions there are in saying that keys come from
    /// outside.
    Put(Vec<(LibraryId, u8)>),
}

/// A client of a library, as one file sees it: the one that makes it, or one that asks it for something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskedClaim {
    /// The client.
    pub client: Place,
    /// Which end this is.
    pub end: AskedEnd,
}

/// The two ends of a client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum AskedEnd {
    /// It is made here: its type, and whether its options ask for answers that have to be read.
    Made(ModelId, bool),
    /// It is asked here, and nobody reads the answer: by the type that it may be of, whether the call itself asks for such
    /// an answer, and what there is to say.
    Asked(Vec<(ModelId, bool, LocalClaim)>),
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
