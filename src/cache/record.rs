//! What is kept of one file, as bytes. They were written by anybody: whatever they are, reading them ends, takes memory
//! by their number, and gives nothing that refers to what is not there.

use crate::discover::Skip;
use crate::suppress::Directive;
use outlive_rules::claim::Claim;
use outlive_semantic::bounds::{self, Bounds};
use outlive_semantic::catalog::Catalog;
use outlive_semantic::source::Position;
use outlive_semantic::summary::Summary;
use serde::{Deserialize, Serialize};

/// What became of a file, as far as its text alone decides.
pub(crate) type Kept = Shape<Box<Summary>, Vec<Claim>, Vec<Directive>, String>;

/// The same, written from what is there and read as what is owned.
#[derive(Serialize, Deserialize)]
pub(crate) enum Shape<S, C, D, T> {
    /// Analysed: its summary, claims and suppression comments.
    Analysed(S, C, D),
    /// Left out.
    Skipped(Skip),
    /// It does not parse: the message, and where.
    Failed(T, Option<Position>),
}

/// What is written.
pub(crate) type Written<'w> = Shape<&'w Summary, &'w [Claim], &'w [Directive], &'w str>;

/// As long a record of a file of so many bytes may be. What is read takes some times the room of its record, and nobody
/// should have to find more of it than there is of the file.
fn most(bytes: u64) -> u64 {
    (64 << 10) + 16 * bytes
}

/// The record of a file of so many bytes; none if it would be out of proportion.
pub(crate) fn encode(written: &Written<'_>, bytes: u64) -> Option<Vec<u8>> {
    let bounds = match written {
        Shape::Analysed(summary, ..) => summary.bounds(),
        _ => Bounds::default(),
    };
    let head = postcard::to_allocvec(&bounds).ok()?;
    postcard::to_extend(written, head).ok().filter(|record| record.len() as u64 <= most(bytes))
}

/// What a record says of a file of so many bytes; none if it says nothing sound.
pub(super) fn decode(record: &[u8], catalog: &Catalog, bytes: u64) -> Option<Kept> {
    if record.len() as u64 > most(bytes) {
        return None;
    }
    let (bounds, rest): (Bounds, &[u8]) = postcard::take_from_bytes(record).ok()?;
    let bytes = u32::try_from(bytes).ok()?;
    let (kept, rest): (Kept, &[u8]) =
        bounds::within(bounds.of_file(catalog, bytes), || postcard::take_from_bytes(rest)).ok()?;
    let is_sound = match &kept {
        Shape::Analysed(summary, ..) => summary.bounds() == bounds && summary.is_sound(),
        _ => true,
    };
    (rest.is_empty() && is_sound).then_some(kept)
}
