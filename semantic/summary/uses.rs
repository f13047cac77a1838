//! What a file does to its places, in a third of the room: most is never asked for, and nothing twice.

use super::{UseRow, What};
use crate::bounds::{self, Limits};
use crate::exact::exact;
use crate::index::{FuncId, PlaceId};
use crate::tree::Span;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Rows by place, as they are written.
#[derive(Default)]
pub struct Uses {
    /// Each place that something is done to, in order.
    places: Box<[PlaceId]>,
    /// Where the rows of each end.
    ends: Box<[u32]>,
    bytes: Box<[u8]>,
    /// What rows may refer to. They are compared with it when they are asked for: hardly any is.
    limits: Limits,
}

/// A row as it is written: its number in the file, and all but its place.
type Written = (u32, What, FuncId, Span);

impl Uses {
    /// Packs the rows of a file.
    pub(super) fn of(rows: &[UseRow]) -> Self {
        let order = by_place(rows);
        let (mut places, mut ends, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        for of_place in order.chunk_by(|(_, a), (_, b)| a.place == b.place) {
            places.extend(of_place.first().map(|(_, row)| row.place));
            for &(at, row) in of_place {
                write((at, row.what, row.func, row.at), &mut bytes);
            }
            ends.push(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        }
        Self { places: exact(places), ends: exact(ends), bytes: exact(bytes), limits: Limits::default() }
    }

    /// The places that something is done to, in order.
    #[must_use]
    pub fn places(&self) -> &[PlaceId] {
        &self.places
    }

    /// What is done to one of [`Uses::places`], by its position: each row with its number in the file, in their order.
    /// What was read back ends where it is no row, or one that refers to what is not there.
    pub fn rows(&self, at: usize) -> impl Iterator<Item = (u32, UseRow)> {
        let place = self.places.get(at).copied();
        let mut rest = self.bytes_of(at);
        std::iter::from_fn(move || {
            let read = || postcard::take_from_bytes::<Written>(rest);
            let ((row, what, func, at), behind) = bounds::within(self.limits, read).ok()?;
            rest = behind;
            Some((row, UseRow { place: place?, what, func, at }))
        })
    }

    fn bytes_of(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&end| end as usize);
        let end = self.ends.get(at).map_or(start, |&end| end as usize);
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Whether each place has bytes of its own, and they stand in order.
    fn is_sound(&self) -> bool {
        self.places.len() == self.ends.len()
            && self.places.is_sorted()
            && self.ends.is_sorted_by(|a, b| a < b)
            && self.ends.last().map_or(0, |&end| end as usize) == self.bytes.len()
    }

    /// How much memory they take.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.places) + size_of_val(&*self.ends) + self.bytes.len()
    }
}

/// The rows with their numbers, in the order of their places: there are few places, and their ids are small.
fn by_place(rows: &[UseRow]) -> Vec<(u32, &UseRow)> {
    let places = rows.iter().map(|row| row.place.index() + 1).max().unwrap_or(0);
    let mut next = vec![0_usize; places + 1];
    rows.iter().for_each(|row| next[row.place.index() + 1] += 1);
    let mut start = 0;
    for count in &mut next {
        start += *count;
        *count = start;
    }
    let Some(first) = rows.first() else { return Vec::new() };
    let mut order = vec![(0, first); rows.len()];
    for (at, row) in (0..).zip(rows) {
        let slot = &mut next[row.place.index()];
        order[*slot] = (at, row);
        *slot += 1;
    }
    order
}

/// Whatever a row says takes less room.
const LONGEST: usize = 64;

/// Writes a row behind others. Nothing of what rows are made of can fail to be written into memory.
fn write(row: Written, bytes: &mut Vec<u8>) {
    let mut room = [0; LONGEST];
    match postcard::to_slice(&row, &mut room) {
        Ok(written) => bytes.extend_from_slice(written),
        Err(_) => *bytes = postcard::to_extend(&row, std::mem::take(bytes)).unwrap_or_default(),
    }
}

impl Serialize for Uses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.places, &self.ends, &self.bytes).serialize(serializer)
    }
}

/// Of what is read back the order is looked at now, and the rows when they are asked for.
impl<'de> Deserialize<'de> for Uses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (places, ends, bytes) = <(Box<[PlaceId]>, Box<[u32]>, &[u8])>::deserialize(deserializer)?;
        let uses = Self { places, ends, bytes: bytes.into(), limits: bounds::current() };
        if uses.is_sound() { Ok(uses) } else { Err(D::Error::custom("no rows about places")) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "it is test code")]
mod tests {
    use super::*;
    use crate::bounds::Bounds;
    use crate::catalog::Catalog;

    fn row(place: usize, start: u32) -> UseRow {
        let at = Span { start, end: start + 300 };
        UseRow { place: PlaceId::from_index(place), what: What::Called, func: FuncId::from_index(1), at }
    }

    fn starts(uses: &Uses, at: usize) -> Vec<(u32, u32)> {
        uses.rows(at).map(|(row, found)| (row, found.at.start)).collect()
    }

    #[test]
    fn rows_are_found_by_place_in_their_order() {
        let uses = Uses::of(&[row(7, 10), row(2, 20), row(7, 500)]);
        assert_eq!(uses.places(), [PlaceId::from_index(2), PlaceId::from_index(7)]);
        assert_eq!(starts(&uses, 0), [(1, 20)]);
        assert_eq!(starts(&uses, 1), [(0, 10), (2, 500)]);
        assert_eq!(starts(&uses, 2), []);
    }

    #[test]
    fn what_is_cut_off_or_out_of_order_is_refused() {
        let written = postcard::to_allocvec(&Uses::of(&[row(7, 10), row(2, 20)])).unwrap();
        assert!(postcard::from_bytes::<Uses>(&written).is_ok());
        for cut in 0..written.len() {
            assert!(postcard::from_bytes::<Uses>(&written[..cut]).is_err(), "cut at {cut}");
        }
        let longer = [&written[..], &[0]].concat();
        assert!(postcard::take_from_bytes::<Uses>(&longer).is_ok_and(|(_, rest)| rest == [0]));
        let swapped =
            (&[PlaceId::from_index(7), PlaceId::from_index(2)][..], &[1_u32, 2][..], &[0_u8, 0][..]);
        let swapped = postcard::to_allocvec(&swapped).unwrap();
        assert!(postcard::from_bytes::<Uses>(&swapped).is_err());
    }

    #[test]
    fn rows_end_where_they_refer_to_what_is_not_there() {
        let written = postcard::to_allocvec(&Uses::of(&[row(7, 10), row(2, 20), row(7, 500)])).unwrap();
        let within = |functions: u32, bytes: u32| {
            let catalog = Catalog::default();
            let bounds = Bounds { names: 0, functions, classes: 0, places: 9 };
            let read = || postcard::from_bytes::<Uses>(&written).unwrap();
            bounds::within(bounds.of_file(&catalog, bytes), read)
        };
        assert_eq!(starts(&within(2, 800), 1), [(0, 10), (2, 500)]);
        assert_eq!(starts(&within(2, 799), 1), [(0, 10)], "the second is behind the end of the file");
        assert_eq!(starts(&within(1, 800), 1), [], "there is no such function");
        let mut unfinished = written.clone();
        *unfinished.last_mut().unwrap() |= 0x80;
        let unfinished: Uses = postcard::from_bytes(&unfinished).unwrap();
        assert_eq!(starts(&unfinished, 1), [(0, 10)]);
    }
}
