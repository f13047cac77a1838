//! A listener that is added, and one that is removed, as data.

use crate::identity::Identity;
use crate::index::{FuncId, NodeId};
use crate::place::Place;

/// A listener is added.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The call.
    pub call: NodeId,
    /// The expression it is added to; for global calls (`addEventListener('x', f)`) the call itself.
    pub target: NodeId,
    /// The target's place.
    pub place: Place,
    /// The event, if it is constant.
    pub event: Identity,
    /// The listener's expression.
    pub listener: NodeId,
    /// The family of the target, if its type is known or its method names leave no doubt.
    pub family: Option<usize>,
    /// The type of the target is known, not guessed from the method's name.
    pub proved: bool,
    /// It is added for a single event.
    pub once: bool,
    /// The options argument, if there is one.
    pub options: Option<NodeId>,
    /// The function it is added in.
    pub func: FuncId,
}

/// A listener is removed.
#[derive(Clone, Debug)]
pub struct Removal {
    /// The call.
    pub call: NodeId,
    /// The expression it is removed from.
    pub target: NodeId,
    /// The target's place.
    pub place: Place,
    /// The event; none: all events.
    pub event: Option<Identity>,
    /// The listener; none: all listeners of the event.
    pub listener: Option<NodeId>,
    /// The capture flag or options.
    pub options: Option<NodeId>,
    /// The function it is removed in.
    pub func: FuncId,
}
