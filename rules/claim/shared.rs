//! Claims of one file about a thing of which another has the other end.

use super::local::LocalClaim;
use outlive_semantic::catalog::{LibraryId, ModelId};
use outlive_semantic::place::Place;
use serde::{Deserialize, Serialize};

/// Here is one end of a thing that files share: who fills a queue and who works it off, who makes a cache and who puts in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndClaim {
    /// The thing.
    pub holder: Place,
    /// How the source names it.
    pub shown: String,
    /// What there is to say if the other end is found; none at that end.
    pub body: Option<LocalClaim>,
    /// Conjuncts of this end that rest on a convention.
    pub conventions: u8,
}

/// A cache of a library, as one file sees it: the one that makes it, or one that puts something in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CacheClaim {
    /// The cache.
    pub holder: Place,
    /// How the source names it.
    pub shown: String,
    /// Which end this is.
    pub end: CacheEnd,
}

/// The two ends of a cache.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum CacheEnd {
    /// It is made here: by which library, which methods empty it, and what there is to say.
    Made(LibraryId, Vec<String>, LocalClaim),
    /// Something is put in: by the library that it may be of, how many conventions there are in saying that keys come from
    /// outside.
    Put(Vec<(LibraryId, u8)>),
}

/// A client of a library, as one file sees it: the one that makes it, or one that asks it for something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskedClaim {
    /// The client.
    pub client: Place,
    /// Which end this is.
    pub end: AskedEnd,
}

/// The two ends of a client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum AskedEnd {
    /// It is made here: its type, and whether its options ask for answers that have to be read.
    Made(ModelId, bool),
    /// It is asked here, and nobody reads the answer: by the type that it may be of, whether the call itself asks for such
    /// an answer, and what there is to say.
    Asked(Vec<(ModelId, bool, LocalClaim)>),
}
