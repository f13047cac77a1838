//! Who calls whom: the facts of one file, as data.

use crate::catalog::{LibraryId, NeedId, Returned, When};
use crate::index::{ClassId, FuncId, NameId};
use crate::place::Place;
use crate::tree::Span;

/// What a call runs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Target {
    /// A function of this file.
    Function(FuncId),
    /// A construction of a class of this file.
    Class(ClassId),
    /// What an access path names: an import, a method of something whose class another file knows.
    Place(Place),
}

/// One way from a function to another.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The function that calls, or hands the callback on.
    pub caller: FuncId,
    /// What runs.
    pub target: Target,
    /// How often, for each run of the caller.
    pub when: When,
    /// How sure this is.
    pub certain: bool,
    /// It is a construction.
    pub constructs: bool,
    /// It stands in a loop.
    pub in_loop: bool,
    /// What is waited for before it runs.
    pub later: Later,
    /// It runs at most once, guarded by a flag of this life.
    pub once: Option<Place>,
    /// The call.
    pub site: Span,
    /// How a message names the way: `app.get`, `setInterval`.
    pub label: String,
    /// The sheet whose row says so.
    pub library: Option<LibraryId>,
    /// What becomes of what it returns.
    pub returned: Returned,
    /// The packages that its row asks for: whether one is in use only the project can tell.
    pub need: Option<NeedId>,
    /// It shows a component.
    pub shown: Option<Shown>,
}

/// What is waited for before a function runs that is handed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub enum Later {
    /// Nothing is known of it.
    #[default]
    Unsaid,
    /// A delay: `setTimeout`.
    Delay,
    /// The same, which is armed anew on each run: once begun it runs again and again.
    Rearmed,
    /// The end of what is listened to: `socket.on('close', f)`.
    End,
}

impl Later {
    /// What the listener for an event waits for.
    pub(crate) fn of_event(event: &str) -> Self {
        match event {
            "close" | "end" | "disconnect" | "exit" => Self::End,
            _ => Self::Unsaid,
        }
    }
}

/// What becomes of a function handed in as a parameter.
#[derive(Clone, Debug)]
pub struct ParamUse {
    /// The function.
    pub func: FuncId,
    /// Which parameter, from 0.
    pub param: u16,
    /// When it is run, for each run of the function; `None`: it is kept, and runs nobody knows when.
    pub runs: Option<When>,
    /// It is handed on to this function's parameter.
    pub forwarded: Option<(Target, u16)>,
    /// How a message names the way.
    pub label: String,
}

/// The call facts of a file.
#[derive(Default)]
pub struct Calls {
    /// Edges between functions.
    pub edges: Vec<Edge>,
    /// Functions handed to functions of the project: to be joined with [`ParamUse`].
    pub handed: Vec<HandedOn>,
    /// What functions do with function parameters.
    pub params: Vec<ParamUse>,
    /// Things with a name that functions of the project are handed.
    pub passed: Vec<PassedOn>,
}

/// Something other than a function that is handed to a function of the project.
#[derive(Clone, Debug)]
pub struct PassedOn {
    /// Where.
    pub caller: FuncId,
    /// To whom.
    pub to: Target,
    /// As which argument.
    pub arg: u16,
    /// What is handed.
    pub place: Place,
    /// The field it is, or is a part of, was given a new thing right before.
    pub is_new: bool,
}

/// A function handed to a function of the project.
#[derive(Clone, Debug)]
pub struct HandedOn {
    /// Where.
    pub caller: FuncId,
    /// What is handed.
    pub func: Target,
    /// To whom.
    pub to: Target,
    /// As which argument.
    pub arg: u16,
    /// The call.
    pub site: Span,
    /// What tells the rows about the call apart, should another file know whose method it is.
    pub about: About,
    /// What is called, as written: `emitter.on`.
    pub label: String,
}

/// What the rows about a call ask of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct About {
    /// The first argument, if it is a constant string.
    pub event: Option<NameId>,
    /// The property of an options object that holds the function.
    pub option: Option<NameId>,
    /// The function is the last argument.
    pub is_last: bool,
}

/// How a component comes to be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Shown {
    /// At the root of an application.
    Root,
    /// At the root of an application that stands in one element of the page, and stays there: mounting again finds it.
    Page,
    /// Whenever what shows it is: nothing is asked before, and it is no part of a list.
    Always,
    /// Under a condition of a template, and no more than one of it.
    Asked,
    /// Under a condition, in a list, or handed to another component.
    Maybe,
    /// By a framework, in each answer of a server, and nowhere else.
    Served,
}
