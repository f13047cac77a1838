//! The access paths of a summary: most have no step or one, and there are more of them than of anything else.

use crate::exact::exact;
use crate::index::PlaceId;
use crate::place::{Path, Place, Root, Step};
use serde::{Deserialize, Serialize};

/// Access paths by id, each in as much room as it needs.
#[derive(Default, Serialize, Deserialize)]
pub struct Places {
    roots: Vec<Root>,
    /// Where the steps of each end.
    ends: Vec<u32>,
    steps: Vec<Step>,
}

impl Places {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.roots.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    pub(super) fn push(&mut self, place: &Place) -> PlaceId {
        let id = PlaceId::from_index(self.roots.len());
        self.roots.push(place.root);
        self.steps.extend_from_slice(&place.path);
        self.ends.push(u32::try_from(self.steps.len()).unwrap_or(u32::MAX));
        id
    }

    /// The path of an id.
    #[must_use]
    pub fn get(&self, id: PlaceId) -> Place {
        let (root, steps) = self.parts(id);
        Place { root, path: Path::of(steps) }
    }

    /// The root and the steps of a path, where they stand.
    #[must_use]
    #[inline]
    pub fn parts(&self, id: PlaceId) -> (Root, &[Step]) {
        let at = id.index();
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        let steps = self.steps.get(start as usize..self.ends[at] as usize).unwrap_or_default();
        (self.roots[at], steps)
    }

    /// Whether there is a place for each id: of what was read back there may not be.
    pub(super) fn is_sound(&self) -> bool {
        self.roots.len() == self.ends.len()
            && self.ends.is_sorted()
            && self.ends.last().map_or(0, |&end| end as usize) == self.steps.len()
    }

    /// The same in as much room as they need.
    pub(super) fn exact(self) -> Self {
        let Self { roots, ends, steps } = self;
        Self { roots: exact(roots).into(), ends: exact(ends).into(), steps: exact(steps).into() }
    }

    /// How much memory they take.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.roots) + size_of_val(&*self.ends) + size_of_val(&*self.steps)
    }
}
