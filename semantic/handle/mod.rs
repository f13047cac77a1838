//! Where an acquired thing goes, under which names it can be reached, and what gives it back.

pub(crate) mod patterns;
mod releases;
mod trail;

pub use patterns::{Release, ReleaseNames, ReleasePatterns};
pub use releases::releases;

use crate::access::Accesses;
use crate::index::{BindingId, NodeId};
use crate::model::Model;
use crate::place::Place;
use smallvec::SmallVec;
use trail::Trail;

/// The names and ways of one acquired thing.
#[derive(Clone, Debug, Default)]
pub struct Handle {
    /// The places that hold it.
    pub places: SmallVec<[Place; 2]>,
    /// The ways on which it leaves the sight of the function.
    pub escapes: SmallVec<[Escape; 2]>,
    /// How many literals around the thing have been looked through: `last = { prev: last }` has no end.
    depth: u8,
    /// The parameters under which helpers of the file were handed it.
    params: SmallVec<[BindingId; 2]>,
}

impl Handle {
    /// The handle of what is known to be at some places, and nowhere else.
    #[must_use]
    pub fn of(places: impl IntoIterator<Item = Place>) -> Self {
        Self { places: places.into_iter().collect(), ..Self::default() }
    }
}

/// A way out of sight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Escape {
    /// It is returned, or part of what is returned.
    Returned(NodeId),
    /// It is handed to a call.
    Argument {
        /// The call.
        call: NodeId,
        /// Which argument, from 0.
        index: usize,
    },
    /// It is yielded, thrown, or put where this analysis does not follow.
    Elsewhere(NodeId),
}

impl Escape {
    /// Where that happens.
    #[must_use]
    pub fn node(&self) -> NodeId {
        match *self {
            Self::Returned(node) | Self::Elsewhere(node) | Self::Argument { call: node, .. } => node,
        }
    }
}

/// Follows the value of an expression to the names it gets.
#[must_use]
pub fn follow(model: &Model<'_>, accesses: &Accesses, expr: NodeId) -> Handle {
    let mut trail = Trail::new(model, accesses, Handle::default());
    trail.queue(expr);
    trail.end()
}

/// Follows what certain places hold: the receiver of a call, the parameters of a callback.
#[must_use]
pub fn follow_places(
    model: &Model<'_>,
    accesses: &Accesses,
    places: impl IntoIterator<Item = Place>,
) -> Handle {
    let mut trail = Trail::new(model, accesses, Handle::default());
    places.into_iter().for_each(|place| trail.name(place));
    trail.end()
}

/// Follows what is at certain places wherever it goes on from there, though no variable holds it: the result of a request.
#[must_use]
pub fn follow_parts(
    model: &Model<'_>,
    accesses: &Accesses,
    places: impl IntoIterator<Item = Place>,
) -> Handle {
    let mut trail = Trail::new(model, accesses, Handle::default());
    places.into_iter().for_each(|place| trail.part(place));
    trail.end()
}

/// The same thing, each field of which is it too: `channel.port1.close()` ends the channel.
#[must_use]
pub fn with_parts(model: &Model<'_>, accesses: &Accesses, handle: Handle) -> Handle {
    let wholes = handle.places.clone();
    let mut trail = Trail::new(model, accesses, handle);
    for whole in wholes {
        let fields =
            accesses.below(&whole).filter_map(|access| access.place.path.get(whole.path.len()).copied());
        for place in fields.filter_map(|step| whole.clone().with(step)).collect::<Vec<_>>() {
            trail.part(place);
        }
    }
    trail.end()
}
