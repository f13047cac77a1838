//! What ids may be in what is read back: a row that does not exist must not be named, whoever wrote the bytes.
//!
//! Each id that is read compares itself with the bounds that are in force on its thread. Outside of [`within`] there are
//! none.

use serde::{Deserialize, Serialize};
use std::cell::Cell;
use thiserror::Error;

/// The lengths of the tables of a summary.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Bounds {
    /// Its strings.
    pub names: u32,
    /// Its functions.
    pub functions: u32,
    /// Its classes.
    pub classes: u32,
    /// Its access paths.
    pub places: u32,
}

impl Bounds {
    /// With the numbers of types, sheets and lists of packages, and the length of a file in bytes.
    pub(crate) fn with(self, [models, libraries, needs]: [u32; 3], bytes: u32) -> Limits {
        Limits { of: self, models, libraries, needs, bytes }
    }
}

/// What ids and positions have to be below.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    of: Bounds,
    models: u32,
    libraries: u32,
    needs: u32,
    bytes: u32,
}

impl Limits {
    const NONE: Self = Self {
        of: Bounds { names: u32::MAX, functions: u32::MAX, classes: u32::MAX, places: u32::MAX },
        models: u32::MAX,
        libraries: u32::MAX,
        needs: u32::MAX,
        bytes: u32::MAX,
    };
}

/// Nothing is limited in what was not read back.
impl Default for Limits {
    fn default() -> Self {
        Self::NONE
    }
}

thread_local! {
    static LIMITS: Cell<Limits> = const { Cell::new(Limits::NONE) };
}

/// Reads something whose ids are to stay within limits.
pub fn within<R>(limits: Limits, read: impl FnOnce() -> R) -> R {
    /// Takes them back, also when reading panics.
    struct Guard(Limits);
    impl Drop for Guard {
        fn drop(&mut self) {
            LIMITS.set(self.0);
        }
    }
    let _guard = Guard(LIMITS.replace(limits));
    read()
}

/// The limits that are in force, for what is only read later.
pub(crate) fn current() -> Limits {
    LIMITS.get()
}

/// An id names a row that does not exist, or a position is behind the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("{0} is out of bounds")]
pub struct OutOfBounds(pub(crate) u32);

fn check(raw: u32, limit: impl FnOnce(Limits) -> u32) -> Result<u32, OutOfBounds> {
    if raw < limit(LIMITS.get()) { Ok(raw) } else { Err(OutOfBounds(raw)) }
}

pub(crate) fn name(raw: u32) -> Result<u32, OutOfBounds> {
    check(raw, |limits| limits.of.names)
}

pub(crate) fn function(raw: u32) -> Result<u32, OutOfBounds> {
    check(raw, |limits| limits.of.functions)
}

pub(crate) fn class(raw: u32) -> Result<u32, OutOfBounds> {
    check(raw, |limits| limits.of.classes)
}

pub(crate) fn place(raw: u32) -> Result<u32, OutOfBounds> {
    check(raw, |limits| limits.of.places)
}

pub(crate) fn model(raw: u32) -> Result<u32, OutOfBounds> {
    check(raw, |limits| limits.models)
}

pub(crate) fn library(raw: u32) -> Result<u32, OutOfBounds> {
    check(raw, |limits| limits.libraries)
}

pub(crate) fn need(raw: u32) -> Result<u32, OutOfBounds> {
    check(raw, |limits| limits.needs)
}

/// A range of bytes: its end may be the end of the file.
pub(crate) fn span(start: u32, end: u32) -> Result<(), OutOfBounds> {
    if start <= end && end <= LIMITS.get().bytes { Ok(()) } else { Err(OutOfBounds(end)) }
}
