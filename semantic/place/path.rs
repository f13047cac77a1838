//! The steps of a place.

use crate::index::NameId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};

/// One step of an access path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Step {
    /// `.name`
    Field(NameId),
    /// Any element of a collection: `x[k]`, `x.get(k)`, the variable of `for (… of x)`.
    Element,
}

impl Step {
    /// A number of its own for each step.
    #[inline]
    pub(super) fn raw(self) -> u32 {
        match self {
            Self::Field(name) => name.raw(),
            Self::Element => u32::MAX,
        }
    }
}

/// Longer paths are cut: the expression at that depth becomes a root of its own.
pub(super) const MAX_PATH: usize = 5;

/// The steps of a [`super::Place`], in place: it is copied, compared and hashed without a look elsewhere.
#[derive(Clone)]
pub struct Path {
    steps: [Step; MAX_PATH],
    len: u8,
}

impl Path {
    /// No steps.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self { steps: [Step::Element; MAX_PATH], len: 0 }
    }

    /// As many steps as there is room for.
    #[inline]
    pub(crate) fn of(steps: &[Step]) -> Self {
        let mut path = Self::new();
        let len = steps.len().min(MAX_PATH);
        path.steps[..len].copy_from_slice(&steps[..len]);
        path.len = u8::try_from(len).unwrap_or_default();
        path
    }

    /// The steps.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> &[Step] {
        self.steps.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// One more step, if there is room.
    #[inline]
    pub(super) fn push(&mut self, step: Step) {
        if let Some(free) = self.steps.get_mut(usize::from(self.len)) {
            *free = step;
            self.len += 1;
        }
    }

    /// Without the last step; none if there is no step.
    pub(super) fn without_last(mut self) -> Option<Self> {
        self.len = self.len.checked_sub(1)?;
        // Behind the end all paths are alike.
        *self.steps.get_mut(usize::from(self.len))? = Step::Element;
        Some(self)
    }
}

impl Default for Path {
    fn default() -> Self {
        Self::new()
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let steps = SmallVec::<[Step; MAX_PATH]>::deserialize(deserializer)?;
        Ok(steps.into_iter().collect())
    }
}

impl std::ops::Deref for Path {
    type Target = [Step];

    #[inline]
    fn deref(&self) -> &[Step] {
        self.as_slice()
    }
}

/// Takes as many steps as a path has room for.
impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        let mut path = Self::new();
        steps.into_iter().for_each(|step| path.push(step));
        path
    }
}

impl<'p> IntoIterator for &'p Path {
    type Item = &'p Step;
    type IntoIter = std::slice::Iter<'p, Step>;

    fn into_iter(self) -> Self::IntoIter {
        self.as_slice().iter()
    }
}

impl PartialEq for Path {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        // What stands behind the end is always the same, and all steps are compared at once.
        let differs = |at: usize| self.steps[at].raw() ^ other.steps[at].raw();
        self.len == other.len && differs(0) | differs(1) | differs(2) | differs(3) | differs(4) == 0
    }
}

impl Eq for Path {}

impl PartialOrd for Path {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Path {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl Hash for Path {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(self.len);
        for step in self.as_slice() {
            state.write_u32(step.raw());
        }
    }
}

impl std::fmt::Debug for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.as_slice()).finish()
    }
}
