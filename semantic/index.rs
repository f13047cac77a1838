//! Typed indices into the flat tables of a lowered file.

use crate::bounds::{self, OutOfBounds};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// Declares a `u32` newtype that indexes one table.
macro_rules! index_type {
    ($(#[$meta:meta])* $name:ident) => {
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        $(#[$meta])*
        pub struct $name(pub(crate) u32);

        impl $name {
            /// The position in the table this index belongs to.
            #[must_use]
            #[inline]
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// The index of the `n`-th row. Tables are bounded by the size of one file (below 4 GiB).
            #[must_use]
            #[inline]
            pub fn from_index(n: usize) -> Self {
                Self(u32::try_from(n).unwrap_or(u32::MAX))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

index_type!(
    /// A node of the flat tree, in preorder: the subtree of `n` is the contiguous range `n..tree.end(n)`.
    NodeId
);

/// Declares an index whose zero is left free, so that an optional one takes no more room than the index.
macro_rules! niche_index_type {
    ($(#[$meta:meta])* $name:ident within $check:expr) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "u32", try_from = "u32")]
        pub struct $name(NonZeroU32);

        impl $name {
            /// The position in the table this index belongs to.
            #[must_use]
            #[inline]
            pub fn index(self) -> usize {
                self.raw() as usize
            }

            /// The index of the `n`-th row.
            #[must_use]
            #[inline]
            pub fn from_index(n: usize) -> Self {
                Self::from_raw(u32::try_from(n).unwrap_or(u32::MAX))
            }

            /// The position as it is kept in nodes.
            #[must_use]
            #[inline]
            pub(crate) const fn raw(self) -> u32 {
                self.0.get() - 1
            }

            /// The index at a position that was kept in a node.
            #[must_use]
            #[inline]
            pub(crate) const fn from_raw(at: u32) -> Self {
                Self(NonZeroU32::MIN.saturating_add(at))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.raw())
            }
        }

        impl From<$name> for u32 {
            fn from(id: $name) -> Self {
                id.raw()
            }
        }

        impl TryFrom<u32> for $name {
            type Error = OutOfBounds;

            fn try_from(raw: u32) -> Result<Self, OutOfBounds> {
                $check(raw).map(Self::from_raw)
            }
        }
    };
}

niche_index_type!(
    /// An interned string of one file. Paths are made of them, and are copied and compared more than anything else.
    NameId within bounds::name
);

index_type!(
    /// A lexical scope.
    ScopeId
);
index_type!(
    /// A declared name: variable, parameter, function, class, import, type-level value.
    BindingId
);
index_type!(
    /// An occurrence of an identifier that refers to a binding or to a global.
    ReferenceId
);
niche_index_type!(
    /// A function, method, accessor, arrow, class field initialiser list or the module body (always the first).
    FuncId within bounds::function
);

impl FuncId {
    /// The body of the module.
    pub const MODULE: Self = Self::from_raw(0);
}

niche_index_type!(
    /// A class, a constructor function, or an object literal whose methods use `this`.
    ClassId within bounds::class
);
index_type!(
    /// An access path that a summary names.
    #[serde(into = "u32", try_from = "u32")]
    PlaceId
);
index_type!(
    /// A type annotation, reduced to what decides about kinds.
    TypeId
);

/// One that is read back is compared with the length of its table, where the table is kept.
macro_rules! checked_when_read {
    ($name:ident within $check:expr) => {
        impl From<$name> for u32 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl TryFrom<u32> for $name {
            type Error = OutOfBounds;

            fn try_from(raw: u32) -> Result<Self, OutOfBounds> {
                $check(raw).map(Self)
            }
        }
    };
}

checked_when_read!(PlaceId within bounds::place);
