//! Ids of what stands in a catalog.

use crate::bounds::{self, OutOfBounds};
use serde::{Deserialize, Serialize};

/// A type of the catalog.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
pub struct ModelId(pub(super) u16);

/// A sheet of the catalog.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
pub struct LibraryId(pub(super) u16);

/// The packages that a row asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
pub struct NeedId(pub(super) u16);

/// What is read back is compared with the number of rows.
macro_rules! stored_id {
    ($($name:ident within $check:expr),*) => {$(
        impl From<$name> for u16 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl TryFrom<u16> for $name {
            type Error = OutOfBounds;

            fn try_from(raw: u16) -> Result<Self, OutOfBounds> {
                $check(raw.into()).map(|_| Self(raw))
            }
        }
    )*};
}

stored_id!(ModelId within bounds::model, LibraryId within bounds::library, NeedId within bounds::need);
