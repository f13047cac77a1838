//! Claims about what is acquired: by a row, by what functions of the project give, and by instances of its classes.

use super::gap::Gap;
use super::note::Note;
use super::target::Target;
use crate::finding::Fix;
use outlive_semantic::catalog::ModelId;
use outlive_semantic::index::{ClassId, FuncId, NameId};
use outlive_semantic::place::Place;
use outlive_semantic::project::Owner;
use outlive_semantic::summary::{TargetRow, TypeRow};
use serde::{Deserialize, Serialize};

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
    /// Functions of other files that are handed the list which it stands on.
    pub listed: Vec<(Place, u16)>,
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
    listed: Box<[(Place, u16)]>,
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
            listed,
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
            listed: listed.into(),
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
            listed: plain.listed.to_vec(),
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
    /// Those that have a name which is used for nothing else.
    pub lone: Vec<u16>,
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
