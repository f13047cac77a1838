//! Where an acquired thing goes, under which names it can be reached, and what gives it back.

pub(crate) mod patterns;
mod releases;
mod trail;

pub use patterns::{Release, ReleaseNames, ReleasePatterns};
pub use releases::releases;

use crate::access::{Accesses, Usage};
use crate::index::{BindingId, NodeId};
use crate::model::Model;
use crate::place::{Place, Root, Step};
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
    let mut handle = trail.end();
    handle.places.extend(put_on_lists(model, accesses, expr, &handle));
    handle
}

/// The lists on which a field is put once it holds the value: `this.tree = makeTree(); this.disposables.push(this.tree)`.
fn put_on_lists(model: &Model<'_>, accesses: &Accesses, value: NodeId, handle: &Handle) -> Vec<Place> {
    let tree = &model.file.tree;
    let is_field = |place: &&Place| matches!(place.root, Root::This(_)) && place.path.len() == 1;
    let uses = handle.places.iter().filter(is_field).flat_map(|field| accesses.of(field));
    let later = uses.filter(|access| access.func == tree.func(value) && access.node > value);
    let lists = later.filter_map(|access| {
        let Usage::Argument { call, index: 0 } = access.usage else { return None };
        trail::keeps(model, call, 0)?.with(Step::Element)
    });
    lists.collect()
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
