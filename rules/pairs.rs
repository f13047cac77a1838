//! Which listeners and removals of a file may be for each other: an index, as a file may have thousands of both.

use outlive_semantic::identity::{self, Identity};
use outlive_semantic::index::NodeId;
use outlive_semantic::listeners::{Registration, Removal};
use outlive_semantic::model::Model;
use outlive_semantic::place::Place;
use rustc_hash::FxHashMap;

/// Which listeners surely are not the removed ones: what differs in a function of its own, or in an event that is one word,
/// never matches. Each of thousands of listeners need not be compared with each of as many removals.
#[derive(Default)]
pub(crate) struct Pairs {
    added: Listed,
    removed: Listed,
}

/// The function and the event of a call, by number; 0 where it may be any.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
struct About {
    function: u32,
    event: u32,
}

/// What the calls of a list are about.
#[derive(Default)]
struct Listed {
    of: Vec<About>,
    /// The positions in the list by what they are about, and by either of it. Those of 0 are candidates for all.
    positions: FxHashMap<(Option<u32>, Option<u32>), Vec<u32>>,
}

/// Numbers of functions and events.
#[derive(Default)]
struct Numbers {
    functions: FxHashMap<Place, u32>,
    events: FxHashMap<String, u32>,
}

impl Numbers {
    fn about(&mut self, model: &Model<'_>, (call, event, listener): Call<'_>) -> About {
        let next = u32::try_from(self.functions.len() + 1).unwrap_or(0);
        let function = match listener.map(|listener| identity::identity(model, listener)) {
            Some(Identity::At(place)) if identity::is_alone(model, &place) => {
                *self.functions.entry(place).or_insert(next)
            }
            _ => 0,
        };
        let next = u32::try_from(self.events.len() + 1).unwrap_or(0);
        // Where both calls take the function alone, it is the one event that there is.
        let takes_event = listener.is_none() || model.file.tree.arg(call, 0) != listener;
        let event = match event {
            Some(Identity::Constant(event)) if takes_event && is_word(event) => {
                *self.events.entry(event.clone()).or_insert(next)
            }
            _ => 0,
        };
        About { function, event }
    }
}

/// A call that adds or removes, its event and its listener.
type Call<'c> = (NodeId, Option<&'c Identity>, Option<NodeId>);

impl Listed {
    fn of(about: impl Iterator<Item = About>) -> Self {
        let mut out = Self::default();
        for (at, about) in (0..).zip(about) {
            let (function, event) = (Some(about.function), Some(about.event));
            for key in [(function, None), (None, event), (function, event)] {
                out.positions.entry(key).or_default().push(at);
            }
            out.of.push(about);
        }
        out
    }

    /// The first position from `start` on that may be about the same.
    fn next(&self, About { function, event }: About, start: usize) -> Option<usize> {
        let first = |key: (Option<u32>, Option<u32>)| {
            let positions = self.positions.get(&key)?;
            positions.get(positions.partition_point(|&at| (at as usize) < start)).copied()
        };
        let any_of = |keys: &[(Option<u32>, Option<u32>)]| keys.iter().filter_map(|&key| first(key)).min();
        let found = match (function, event) {
            (0, 0) => return (start < self.of.len()).then_some(start),
            (0, event) => any_of(&[(None, Some(event)), (None, Some(0))]),
            (function, 0) => any_of(&[(Some(function), None), (Some(0), None)]),
            (function, event) => any_of(&[
                (Some(function), Some(event)),
                (Some(function), Some(0)),
                (Some(0), Some(event)),
                (Some(0), Some(0)),
            ]),
        };
        found.map(|at| at as usize)
    }

    fn at(&self, at: usize) -> About {
        self.of.get(at).copied().unwrap_or_default()
    }
}

impl Pairs {
    /// Of the registrations and removals of a file.
    pub(crate) fn of(model: &Model<'_>, registrations: &[Registration], removals: &[Removal]) -> Self {
        let mut numbers = Numbers::default();
        let added = registrations.iter().map(|added| (added.call, Some(&added.event), Some(added.listener)));
        let added = Listed::of(added.map(|added| numbers.about(model, added)));
        let removed = removals.iter().map(|removal| (removal.call, removal.event.as_ref(), removal.listener));
        let removed = Listed::of(removed.map(|removed| numbers.about(model, removed)));
        Self { added, removed }
    }

    /// The first removal from a position on that may be for a registration, both by position.
    pub(crate) fn next_removal(&self, registration: usize, start: usize) -> Option<usize> {
        self.removed.next(self.added.at(registration), start)
    }

    /// The first removal from a position on that may be of the same event, whatever function it takes away.
    pub(crate) fn next_of_event(&self, registration: usize, start: usize) -> Option<usize> {
        self.removed.next(About { function: 0, ..self.added.at(registration) }, start)
    }

    /// The first registration from a position on that a removal may be for, both by position.
    pub(crate) fn next_registration(&self, removal: usize, start: usize) -> Option<usize> {
        self.added.next(self.removed.at(removal), start)
    }

    /// Whether a removal surely takes another function away than was added.
    pub(crate) fn is_another(&self, registration: usize, removal: usize) -> bool {
        let (added, removed) = (self.added.at(registration).function, self.removed.at(removal).function);
        added != 0 && removed != 0 && added != removed
    }
}

/// Whether the name of an event is one word, which is no other's: most are, and a file may have thousands.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.')
}
