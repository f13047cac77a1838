//! When promises settle: soon, or only when something long-lived ends.

use crate::access::{Access, Accesses, Usage};
use crate::identity::Identity;
use crate::index::{BindingId, FuncId, NodeId};
use crate::listeners::registration::Registration;
use crate::model::Model;
use crate::place::{Place, Root, Step};
use crate::tables::BindingKind;
use crate::tree::Kind;
use crate::words::words;

/// Whether a function is handed to `new Promise`, that of the language or of a library whose name for it ends so.
#[must_use]
pub fn is_executor(model: &Model<'_>, func: FuncId) -> bool {
    model.handed(func).iter().any(|handed| {
        let callee = model.file.tree.callee(handed.call);
        let is_made = model.file.tree.kind(handed.call) == Kind::New;
        let name = callee.and_then(|callee| model.callee_name(callee));
        handed.arg == 0 && is_made && name.is_some_and(|name| name.ends_with("Promise"))
    })
}

/// Whether a promise is rejected by what its executor throws alone: `new Promise((resolve) => …)`.
#[must_use]
pub fn takes_no_reject(model: &Model<'_>, promise: NodeId) -> bool {
    let executor = model.file.tree.arg(promise, 0).and_then(|executor| model.file.tree.function(executor));
    executor.is_some_and(|func| is_executor(model, func) && model.file.function(func).params == 1)
}

/// Whether a call settles a promise that is made by hand: `new Promise((resolve) => … resolve(value))`. Whoever waits for it
/// has the value then.
#[must_use]
pub fn is_settlement(model: &Model<'_>, call: NodeId) -> bool {
    let callee = model.file.tree.callee(call).and_then(|callee| model.file.binding_of(callee));
    callee.is_some_and(|callee| {
        let row = model.file.binding(callee);
        row.kind == BindingKind::Param && is_executor(model, row.func)
    })
}

/// When a promise settles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Settles {
    /// When something ends, or never: what is made pending stays so for long. The node that says so.
    AtTheEnd(NodeId),
    /// After a while, by itself.
    Soon,
    /// Cannot be told.
    Unknown,
}

/// Events after which nothing follows.
const LAST_EVENTS: &[&str] = &[
    "close",
    "exit",
    "abort",
    "SIGTERM",
    "SIGINT",
    "SIGHUP",
    "SIGQUIT",
    "disconnect",
    "disconnected",
    "shutdown",
    "stop",
    "stopped",
    "destroy",
    "destroyed",
    "beforeExit",
    "unload",
    "beforeunload",
    "pagehide",
    "closed",
    "terminate",
];

/// Words in the names of functions that end something.
const LAST_WORDS: &[&str] = &[
    "close",
    "stop",
    "shutdown",
    "shut",
    "destroy",
    "dispose",
    "abort",
    "cancel",
    "terminate",
    "exit",
    "quit",
    "teardown",
    "disconnect",
    "kill",
    "unmount",
    "interrupt",
    "drain",
];

/// How many names and calls are looked through: `p = p.then(next)` leads back to itself.
const FUEL: u32 = 4;

/// What is asked about one file.
pub struct Promises<'m, 'a> {
    /// The file.
    pub model: &'m Model<'a>,
    /// Its uses of access paths.
    pub accesses: &'m Accesses,
    /// Its listeners.
    pub registrations: &'m [Registration],
}

impl Promises<'_, '_> {
    /// When the promise at a place settles.
    #[must_use]
    pub fn settles(&self, place: &Place) -> Settles {
        self.settles_within(place, FUEL)
    }

    fn settles_within(&self, place: &Place, fuel: u32) -> Settles {
        let values = self.model.values(place);
        if values.is_empty() {
            return self.by_resolver_of(place);
        }
        self.join(
            values
                .iter()
                .copied()
                .filter(|&value| !self.model.is_nothing(value))
                .map(|value| self.of(value, fuel)),
        )
    }

    fn join(&self, all: impl Iterator<Item = Settles>) -> Settles {
        let mut joined = None;
        for one in all {
            joined = match (joined, one) {
                (None, one) => Some(one),
                (Some(Settles::AtTheEnd(at)), Settles::AtTheEnd(_)) => Some(Settles::AtTheEnd(at)),
                (_, Settles::Soon) | (Some(Settles::Soon), _) => Some(Settles::Soon),
                _ => Some(Settles::Unknown),
            };
        }
        joined.unwrap_or(Settles::Unknown)
    }

    /// When the promise that an expression gives settles.
    #[must_use]
    pub fn of(&self, expr: NodeId, fuel: u32) -> Settles {
        let Some(fuel) = fuel.checked_sub(1) else { return Settles::Unknown };
        let tree = &self.model.file.tree;
        match tree.kind(expr) {
            Kind::New => self.of_executor(expr),
            Kind::Call => self.of_call(expr, fuel),
            Kind::Identifier | Kind::Member => self.settles_within(&self.model.file.place(expr), fuel),
            Kind::Conditional => self
                .join([1, 2].into_iter().filter_map(|n| tree.child(expr, n)).map(|side| self.of(side, fuel))),
            Kind::Assign => tree.child(expr, 1).map_or(Settles::Unknown, |value| self.of(value, fuel)),
            _ => Settles::Unknown,
        }
    }

    /// `events.once(process, 'SIGTERM')`, `Promise.withResolvers()`, and functions of the file that make a promise.
    fn of_call(&self, call: NodeId, fuel: u32) -> Settles {
        let tree = &self.model.file.tree;
        let Some(callee) = tree.callee(call) else { return Settles::Unknown };
        match self.model.api_path(callee).as_deref() {
            Some("events.once") => {
                let event = tree.arg(call, 1).and_then(|event| self.model.file.constant_name(event));
                let is_last = event.is_some_and(|event| LAST_EVENTS.contains(&tree.text(event)));
                return if is_last { Settles::AtTheEnd(call) } else { Settles::Unknown };
            }
            Some("Promise.resolve" | "Promise.reject") => return Settles::Soon,
            _ => {}
        }
        // `closed.catch(ignore)` settles when `closed` does.
        if let Some((object, "then" | "catch" | "finally")) = tree.method_call(call) {
            return self.of(object, fuel);
        }
        let Some(func) = self.model.function_of(callee) else { return Settles::Unknown };
        if self.model.file.function(func).is_async {
            return Settles::Unknown;
        }
        self.join(self.model.returned_values(func).into_iter().map(|value| self.of(value, fuel)))
    }

    /// `new Promise((resolve, reject) => …)`: when one of the two is called.
    fn of_executor(&self, promise: NodeId) -> Settles {
        let tree = &self.model.file.tree;
        let is_promise =
            tree.callee(promise).and_then(|callee| self.model.file.global_of(callee)) == Some("Promise");
        let executor = tree.arg(promise, 0).filter(|_| is_promise).and_then(|arg| tree.function(arg));
        let Some(executor) = executor else { return Settles::Unknown };
        let resolvers: Vec<BindingId> =
            self.model.file.params(executor).filter_map(|param| tree.binding(param)).collect();
        let calls = resolvers.iter().flat_map(|&resolver| self.resolved_by(resolver, executor));
        match self.join(calls.collect::<Vec<_>>().into_iter()) {
            // Nothing ever calls them.
            Settles::Unknown if self.is_never_resolved(&resolvers) => Settles::AtTheEnd(promise),
            known => known,
        }
    }

    fn is_never_resolved(&self, resolvers: &[BindingId]) -> bool {
        resolvers.iter().all(|&resolver| self.model.file.binding(resolver).references.is_empty())
    }

    /// The ways on which a resolver is called.
    fn resolved_by(&self, resolver: BindingId, executor: FuncId) -> Vec<Settles> {
        let place = Place::root(Root::Binding(resolver));
        self.accesses.of(&place).map(|access| self.resolution(access, executor)).collect()
    }

    fn resolution(&self, access: &Access, executor: FuncId) -> Settles {
        match access.usage {
            Usage::Called(call) if access.func == executor => {
                let _ = call;
                Settles::Soon
            }
            Usage::Called(call) => self.runs_last(call, access.func),
            Usage::Argument { call, .. } => self.handed_to(call),
            Usage::Stored(node) => self.stored_resolver(node),
            _ => Settles::Unknown,
        }
    }

    /// `signal.addEventListener('abort', resolve)`, `setTimeout(resolve, 100)`.
    fn handed_to(&self, call: NodeId) -> Settles {
        if let Some(registration) = self.registrations.iter().find(|registration| registration.call == call) {
            return if is_last_event(&registration.event) { Settles::AtTheEnd(call) } else { Settles::Soon };
        }
        let tree = &self.model.file.tree;
        match tree.callee(call).and_then(|callee| self.model.callee_name(callee)) {
            Some("setTimeout" | "setImmediate" | "nextTick" | "queueMicrotask") => Settles::Soon,
            _ => Settles::Unknown,
        }
    }

    /// `this.close = resolve`: when what is at that place is called.
    fn stored_resolver(&self, node: NodeId) -> Settles {
        let tree = &self.model.file.tree;
        if tree.kind(node) != Kind::Assign {
            return Settles::Unknown;
        }
        tree.first(node).map_or(Settles::Unknown, |target| self.called_at(&self.model.file.place(target)))
    }

    /// When the function at a place is called.
    fn called_at(&self, place: &Place) -> Settles {
        let calls = self.accesses.iter().filter_map(|access| match access.usage {
            Usage::Called(call) if access.place == *place => Some(self.runs_last(call, access.func)),
            Usage::Method { name, call } => {
                let method = access.place.clone().with(Step::Field(name))?;
                (method == *place).then(|| self.runs_last(call, access.func))
            }
            Usage::Argument { call, .. } if access.place == *place => Some(self.handed_to(call)),
            _ => None,
        });
        self.join(calls.collect::<Vec<_>>().into_iter())
    }

    /// `const { promise, resolve } = Promise.withResolvers()`, `d.promise` of a deferred `d`.
    fn by_resolver_of(&self, place: &Place) -> Settles {
        let tree = &self.model.file.tree;
        let (Some(owner), Some(field)) = (place.parent(), place.last_field()) else {
            return Settles::Unknown;
        };
        if tree.text(field) != "promise" {
            return Settles::Unknown;
        }
        let ends = ["resolve", "reject"].into_iter().filter_map(|name| {
            let resolver = owner.clone().with(Step::Field(tree.names().find(name)?))?;
            match self.called_at(&resolver) {
                Settles::Unknown => None,
                known => Some(known),
            }
        });
        self.join(ends.collect::<Vec<_>>().into_iter())
    }

    /// Whether a call runs when something ends: in a listener of a last event, or in a function that ends something.
    fn runs_last(&self, call: NodeId, func: FuncId) -> Settles {
        let file = self.model.file;
        for around in file.enclosing(func) {
            let registration =
                self.registrations.iter().find(|row| self.model.function_of(row.listener) == Some(around));
            if let Some(registration) = registration {
                return if is_last_event(&registration.event) {
                    Settles::AtTheEnd(call)
                } else {
                    Settles::Soon
                };
            }
            if file.function_name(around).is_some_and(ends_something) {
                return Settles::AtTheEnd(call);
            }
        }
        Settles::Unknown
    }
}

/// Whether nothing follows an event: `close`, `disconnected`.
#[must_use]
pub fn is_last_event(event: &Identity) -> bool {
    matches!(event, Identity::Constant(event) if LAST_EVENTS.contains(&event.as_str()))
}

/// Whether a name says that something ends: `close`, `onShutdown`, `_destroy`.
#[must_use]
pub fn ends_something(name: &str) -> bool {
    words(name).iter().any(|word| LAST_WORDS.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_end_something_are_told_by_their_words() {
        assert!(ends_something("close"));
        assert!(ends_something("onShutdown"));
        assert!(ends_something("_destroy"));
        assert!(!ends_something("enclose"));
        assert!(!ends_something("ready"));
    }
}
