//! The places of all files that something is done to, by what they are called.
//!
//! A project has hundreds of thousands of them, and hardly any is ever asked for: they are put into small buckets by
//! their keys, in two passes, and not sorted.

use super::{FileId, Project, Spot, SpotRoot, SpotStep, Symbol};
use rayon::prelude::*;

/// Stands for a spot: two hashes of different kinds, which no two spots of a project share.
pub(super) type SpotKey = (u64, u64);

/// The key of a spot.
pub(super) fn spot_key(spot: &Spot) -> SpotKey {
    let (kind, of, at) = root_words(spot.root);
    let mut key = mix((0, 0), kind << 32 | of);
    key = mix(key, at);
    for step in &spot.path {
        key = mix(
            key,
            match step {
                SpotStep::Field(name) => 1 << 32 | u64::from(name.0),
                SpotStep::Element => 2 << 32,
            },
        );
    }
    key
}

/// What tells a root from all others.
fn root_words(root: SpotRoot) -> (u64, u64, u64) {
    let words = |kind: u64, file: FileId, at: u32| (kind, u64::from(file.0), u64::from(at));
    match root {
        SpotRoot::Binding(file, binding) => words(1, file, binding.0),
        SpotRoot::Instance(file, class) => words(2, file, class.0),
        SpotRoot::Class(file, class) => words(3, file, class.0),
        SpotRoot::Function(file, func) => words(4, file, func.0),
        SpotRoot::Exports(file) => words(5, file, 0),
        SpotRoot::Package(name) => (6, 0, u64::from(name.0)),
        SpotRoot::Global(name) => (7, 0, u64::from(name.0)),
        SpotRoot::Value(file, node) => words(8, file, node.0),
        SpotRoot::Receiver(file, func) => words(9, file, func.0),
    }
}

/// Mixes one more word into both hashes.
fn mix((one, other): SpotKey, word: u64) -> SpotKey {
    // Digits of pi.
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let one = fold(one ^ word ^ 0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345);
    (one, fold(other.rotate_left(23) ^ word ^ 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89))
}

/// Roots, about: of one that was not added it may say yes, of one that was it never says no.
pub(super) struct RootFilter(Box<[u64]>);

/// How many bits a filter has: many times as many as a project tells types of.
const FILTER_BITS: u32 = 20;

impl Default for RootFilter {
    fn default() -> Self {
        Self(vec![0; (1 << FILTER_BITS) / 64].into())
    }
}

impl RootFilter {
    pub(super) fn add(&mut self, root: SpotRoot) {
        let (word, bit) = Self::at(root);
        self.0[word] |= bit;
    }

    pub(super) fn may_have(&self, root: SpotRoot) -> bool {
        let (word, bit) = Self::at(root);
        self.0[word] & bit != 0
    }

    fn at(root: SpotRoot) -> (usize, u64) {
        let (kind, of, at) = root_words(root);
        let spread = (kind << 56 ^ of << 32 ^ at).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FILTER_BITS);
        ((spread >> 6) as usize, 1 << (spread & 63))
    }
}

/// What places are asked for by.
pub(super) trait Key: Copy + Eq + Default {
    /// A number whose upper bits are spread evenly.
    fn spread(self) -> u64;
}

impl Key for SpotKey {
    fn spread(self) -> u64 {
        self.0
    }
}

impl Key for Symbol {
    fn spread(self) -> u64 {
        u64::from(self.0).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// A place of a file with its key.
type Row<K> = (K, FileId, u32);

/// Places of files by a key. Those of a bucket stand in order of file, and those of a file in order of place.
pub(super) struct PlaceIndex<K> {
    /// Where each bucket ends, in the order of their numbers; before it ends the one before.
    ends: Vec<u32>,
    rows: Vec<Row<K>>,
    /// How far a spread key is shifted to give the number of its bucket.
    shift: u32,
}

impl<K> Default for PlaceIndex<K> {
    fn default() -> Self {
        Self { ends: Vec::new(), rows: Vec::new(), shift: 63 }
    }
}

/// How many rows a bucket has, about.
const BUCKET: usize = 4;

impl<K: Key> PlaceIndex<K> {
    fn of(files: Vec<Vec<Row<K>>>) -> Self {
        let count: usize = files.iter().map(Vec::len).sum();
        let bits = (count / BUCKET).max(2).ilog2();
        let mut index =
            Self { ends: vec![0; 1 << bits], rows: vec![Row::default(); count], shift: 64 - bits };
        for (key, ..) in files.iter().flatten() {
            let bucket = index.bucket(*key);
            index.ends[bucket] += 1;
        }
        // For now, where each begins.
        let mut before = 0;
        for end in &mut index.ends {
            before += std::mem::replace(end, before);
        }
        // Each list is dropped as soon as it is copied.
        for row in files.into_iter().flatten() {
            let bucket = index.bucket(row.0);
            let next = &mut index.ends[bucket];
            index.rows[*next as usize] = row;
            *next += 1;
        }
        index
    }

    fn bucket(&self, key: K) -> usize {
        usize::try_from(key.spread() >> self.shift).unwrap_or_default()
    }

    fn rows(&self, key: K) -> &[Row<K>] {
        let bucket = self.bucket(key);
        let Some(&end) = self.ends.get(bucket) else { return &[] };
        let start = bucket.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.rows.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The places of a key, in order of file.
    pub(super) fn get(&self, key: K) -> impl Iterator<Item = (FileId, u32)> {
        with_key(self.rows(key), key)
    }

    /// The places of a key in other files than one.
    pub(super) fn get_outside(&self, key: K, file: FileId) -> impl Iterator<Item = (FileId, u32)> {
        let rows = self.rows(key);
        let before = rows.partition_point(|(_, at, _)| *at < file);
        let behind = rows.partition_point(|(_, at, _)| *at <= file);
        with_key(&rows[..before], key).chain(with_key(&rows[behind..], key))
    }
}

fn with_key<K: Key>(rows: &[Row<K>], key: K) -> impl Iterator<Item = (FileId, u32)> {
    rows.iter().filter(move |(of, ..)| *of == key).map(|&(_, file, place)| (file, place))
}

/// The places of one file, before they are joined with those of the others.
struct FilePlaces {
    all: Vec<Row<SpotKey>>,
    loose: Vec<Row<Symbol>>,
}

impl Project<'_> {
    pub(super) fn places_by_key(&self) -> (PlaceIndex<SpotKey>, PlaceIndex<Symbol>) {
        let found: Vec<FilePlaces> = self.ids().into_par_iter().map(|id| self.places_of_file(id)).collect();
        let (all, loose): (Vec<_>, Vec<_>) = found.into_iter().map(|of| (of.all, of.loose)).unzip();
        (PlaceIndex::of(all), PlaceIndex::of(loose))
    }

    fn places_of_file(&self, id: FileId) -> FilePlaces {
        let used = self.summary(id).uses.places();
        let mut out = FilePlaces { all: Vec::with_capacity(used.len()), loose: Vec::new() };
        for (at, &place) in (0..).zip(used) {
            let spot = self.spot(id, place);
            out.all.push((spot_key(&spot), id, at));
            out.loose.extend(spot.loose_field().map(|field| (field, id, at)));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_by_key_in_order_of_file() {
        let row = |name: u32, file: u32, at: u32| (Symbol(name), FileId(file), at);
        let files = vec![
            (0..500).map(|at| row(at % 50, 0, at)).collect(),
            (0..500).map(|at| row(at % 7, 1, at)).collect(),
            vec![row(3, 2, 9)],
        ];
        let index = PlaceIndex::of(files);
        let of_three: Vec<_> = index.get(Symbol(3)).collect();
        let expected: Vec<_> = (0..500)
            .filter(|at| at % 50 == 3)
            .map(|at| (FileId(0), at))
            .chain((0..500).filter(|at| at % 7 == 3).map(|at| (FileId(1), at)))
            .chain([(FileId(2), 9)])
            .collect();
        assert_eq!(of_three, expected);
        let outside: Vec<_> = index.get_outside(Symbol(3), FileId(1)).collect();
        assert!(outside.iter().all(|(file, _)| *file != FileId(1)) && outside.len() == 11);
        assert_eq!(index.get(Symbol(50)).count(), 0);
        assert_eq!(PlaceIndex::<Symbol>::default().get(Symbol(1)).count(), 0);
    }
}
