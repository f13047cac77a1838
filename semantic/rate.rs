//! How often code runs, and how long values live: the two orders everything is measured in.

use serde::{Deserialize, Serialize};

/// How often a function runs, from never in production to once per message.
///
/// The order is by how often it repeats, not a subset relation; [`Rate::repeats`] and [`Rate::is_hot`] are the questions
/// to ask.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rate {
    /// Tests, stories, benchmarks, build configuration: never in production.
    Cold,
    /// At shutdown.
    Stop,
    /// Module start and start-up code.
    Once,
    /// Whenever others outside the project call: an export, a public method.
    Call,
    /// Per instance of a class.
    Instance,
    /// Per component or view.
    Component,
    /// Per page or application started in one process, for plug-in installation.
    Build,
    /// Per render of a component.
    Render,
    /// Per subscription.
    Subscription,
    /// Per job, schedule tick or interval.
    Job,
    /// Per event of something long-lived.
    Event,
    /// Per connection or session.
    Connection,
    /// Per request.
    Request,
    /// Per message or chunk.
    Message,
}

impl Rate {
    /// Whether the function runs more than once in the life of the process.
    #[must_use]
    pub fn repeats(self) -> bool {
        self >= Self::Call
    }

    /// Whether an entry point is known to drive it: a request, a message, an event, a job.
    #[must_use]
    pub fn is_hot(self) -> bool {
        self >= Self::Render
    }

    /// The word for messages: "per request".
    #[must_use]
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Cold => "in tests only",
            Self::Stop => "at shutdown",
            Self::Once => "once",
            Self::Call => "on every call",
            Self::Instance => "per instance",
            Self::Component => "per component",
            Self::Build => "per build",
            Self::Render => "per render",
            Self::Subscription => "per subscription",
            Self::Job => "per job",
            Self::Event => "per event",
            Self::Connection => "per connection",
            Self::Request => "per request",
            Self::Message => "per message",
        }
    }
}

/// How long a value lives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Life {
    /// As long as one call.
    Call,
    /// One message, event or chunk.
    Message,
    /// One request.
    Request,
    /// One job.
    Job,
    /// One mounted component or view.
    Component,
    /// A connection or session.
    Connection,
    /// A server, an application object, a page.
    Server,
    /// The process, the page, the worker.
    Process,
}

impl Life {
    /// The word for messages: "the connection".
    #[must_use]
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Call => "the call",
            Self::Message => "the message",
            Self::Request => "the request",
            Self::Job => "the job",
            Self::Component => "the component",
            Self::Connection => "the connection",
            Self::Server => "the server",
            Self::Process => "the process",
        }
    }

    /// Whether something of this life outlives what a function running at `rate` makes for one run. `None`: the two are
    /// not comparable.
    #[must_use]
    pub fn outlives(self, rate: Rate) -> bool {
        match rate {
            Rate::Cold | Rate::Stop | Rate::Once => false,
            Rate::Call
            | Rate::Instance
            | Rate::Component
            | Rate::Build
            | Rate::Render
            | Rate::Subscription => self >= Self::Server,
            Rate::Job | Rate::Event => self > Self::Job,
            Rate::Connection => self > Self::Connection,
            Rate::Request => self > Self::Request && self != Self::Component,
            Rate::Message => self > Self::Message,
        }
    }
}
