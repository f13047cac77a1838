//! The places of all files that something is done to, by what they are called.
//!
//! A project has hundreds of thousands of them, and hardly any is ever asked for. Whatever leads to a place, its last field
//! keeps its name, but for what is exported: most places are kept by that, and named in full when somebody asks for a
//! field of that name. The others are named at once and put into small buckets by their keys, in two passes, and not
//! sorted.

use super::{FileId, Project, Resolution, Spot, SpotRoot, SpotStep, Symbol, tables};
use crate::index::{NameId, PlaceId};
use crate::place::{Root, Step};
use rayon::prelude::*;
use std::sync::OnceLock;

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
        SpotRoot::Instance(file, class) => words(2, file, class.raw()),
        SpotRoot::Class(file, class) => words(3, file, class.raw()),
        SpotRoot::Function(file, func) => words(4, file, func.raw()),
        SpotRoot::Exports(file) => words(5, file, 0),
        SpotRoot::Package(name) => (6, 0, u64::from(name.0)),
        SpotRoot::Global(name) => (7, 0, u64::from(name.0)),
        SpotRoot::Value(file, node) => words(8, file, node.0),
        SpotRoot::Receiver(file, func) => words(9, file, func.raw()),
    }
}

/// The file that a root is in, if it is in one.
fn file_of(root: SpotRoot) -> Option<FileId> {
    match root {
        SpotRoot::Binding(file, _)
        | SpotRoot::Instance(file, _)
        | SpotRoot::Class(file, _)
        | SpotRoot::Function(file, _)
        | SpotRoot::Value(file, _)
        | SpotRoot::Receiver(file, _) => Some(file),
        SpotRoot::Exports(_) | SpotRoot::Package(_) | SpotRoot::Global(_) => None,
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

    #[inline]
    pub(super) fn may_have(&self, root: SpotRoot) -> bool {
        let (word, bit) = Self::at(root);
        self.0[word] & bit != 0
    }

    #[inline]
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
        begins(&mut index.ends);
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
}

/// Makes of how many rows there are where each begins: they end there once they are put in. Gives how many there are.
fn begins(counts: &mut [u32]) -> usize {
    let mut before = 0;
    for count in counts {
        before += std::mem::replace(count, before);
    }
    before as usize
}

fn with_key<K: Key>(rows: &[Row<K>], key: K) -> impl Iterator<Item = (FileId, u32)> {
    rows.iter().filter(move |(of, ..)| *of == key).map(|&(_, file, place)| (file, place))
}

/// All places.
#[derive(Default)]
pub(super) struct Places {
    /// Those whose names depend on what other files export.
    named: PlaceIndex<SpotKey>,
    /// Of them, those in a field of something whose type nobody knows.
    loose: PlaceIndex<Symbol>,
    /// Where the rows of each symbol end.
    ends: Vec<u32>,
    /// The others by their last field: those of a symbol stand together, in order of file and place.
    rows: Vec<(FileId, u32)>,
    /// Of them, those that were asked for. In boxes: most symbols are no field's, or are never asked for.
    fields: Vec<OnceLock<Box<Field>>>,
    /// For each file, the places that are nothing but a root of its own, if one was asked for: only the file names them.
    roots: Vec<OnceLock<Roots>>,
}

/// Places by what tells their roots from others of the file, sorted.
type Roots = Box<[((u64, u64), u32)]>;

/// The places with one last field, once they are named.
struct Field {
    /// Sorted.
    by_key: Box<[Row<SpotKey>]>,
    /// Those in a field of something whose type nobody knows.
    loose: Box<[(FileId, u32)]>,
}

/// The places of one file, before they are joined with those of the others.
#[derive(Default)]
struct FilePlaces {
    named: Vec<Row<SpotKey>>,
    loose: Vec<Row<Symbol>>,
    by_field: Vec<Row<Symbol>>,
}

impl Places {
    pub(super) fn of(project: &Project<'_>) -> Self {
        let of_file = |id| project.places_of_file(id);
        let found: Vec<FilePlaces> = project.ids().into_par_iter().map(of_file).collect();
        let (mut named, mut loose) = (Vec::new(), Vec::new());
        let mut by_field = Vec::with_capacity(found.len());
        for file in found {
            named.push(file.named);
            loose.push(file.loose);
            by_field.push(file.by_field);
        }
        let (ends, rows) = by_symbol(project.symbols.count(), by_field);
        let fields = ends.iter().map(|_| OnceLock::new()).collect();
        let roots = project.file_ids().map(|_| OnceLock::new()).collect();
        Self { named: PlaceIndex::of(named), loose: PlaceIndex::of(loose), ends, rows, fields, roots }
    }

    /// The places that are called so, in order of file and place.
    pub(super) fn get(&self, project: &Project<'_>, spot: &Spot) -> Vec<(FileId, u32)> {
        let key = spot_key(spot);
        let of_field = spot.field().and_then(|field| self.field(project, field));
        let of_field = of_field.map_or(&[][..], |field| field.with_key(key)).iter();
        let mut found: Vec<_> = self.named.get(key).collect();
        found.extend(of_field.map(|&(_, file, at)| (file, at)));
        found.extend(self.of_root(project, spot));
        found.sort_unstable();
        found
    }

    /// The place that is a root of a file and nothing else.
    fn of_root(&self, project: &Project<'_>, spot: &Spot) -> Option<(FileId, u32)> {
        let file = file_of(spot.root).filter(|_| spot.path.is_empty())?;
        let roots = self.roots.get(file.index())?.get_or_init(|| project.roots_of_file(file));
        let (kind, _, of) = root_words(spot.root);
        tables::find(roots, (kind, of)).map(|at| (file, at))
    }

    /// The places in a field of this name of something whose type nobody knows.
    pub(super) fn loose(&self, project: &Project<'_>, field: Symbol) -> impl Iterator<Item = (FileId, u32)> {
        let of_field = self.field(project, field).map_or(&[][..], |field| &*field.loose);
        self.loose.get(field).chain(of_field.iter().copied())
    }

    fn field(&self, project: &Project<'_>, field: Symbol) -> Option<&Field> {
        let at = field.0 as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or_default());
        let rows = self.rows.get(start as usize..*self.ends.get(at)? as usize)?;
        if rows.is_empty() {
            return None;
        }
        Some(self.fields.get(at)?.get_or_init(|| Box::new(Field::of(project, rows))))
    }
}

impl Field {
    fn of(project: &Project<'_>, rows: &[(FileId, u32)]) -> Self {
        let mut by_key = Vec::with_capacity(rows.len());
        let mut loose = Vec::new();
        for &(file, at) in rows {
            let Some(&place) = project.summary(file).uses.places().get(at as usize) else { continue };
            let spot = project.spot(file, place);
            by_key.push((spot_key(&spot), file, at));
            loose.extend(spot.loose_field().map(|_| (file, at)));
        }
        by_key.sort_unstable();
        Self { by_key: by_key.into(), loose: loose.into() }
    }

    fn with_key(&self, key: SpotKey) -> &[Row<SpotKey>] {
        let start = self.by_key.partition_point(|(of, ..)| *of < key);
        let rows = self.by_key.get(start..).unwrap_or_default();
        &rows[..rows.partition_point(|(of, ..)| *of == key)]
    }
}

/// Rows by symbol, in the order in which they come: where those of each end, and what they hold.
fn by_symbol(symbols: usize, files: Vec<Vec<Row<Symbol>>>) -> (Vec<u32>, Vec<(FileId, u32)>) {
    let mut ends = vec![0_u32; symbols];
    for (symbol, ..) in files.iter().flatten() {
        ends[symbol.0 as usize] += 1;
    }
    let mut rows = vec![(FileId::default(), 0); begins(&mut ends)];
    // Each list is dropped as soon as it is copied.
    for (symbol, file, at) in files.into_iter().flatten() {
        let next = &mut ends[symbol.0 as usize];
        rows[*next as usize] = (file, at);
        *next += 1;
    }
    (ends, rows)
}

impl Project<'_> {
    fn places_of_file(&self, id: FileId) -> FilePlaces {
        let used = self.summary(id).uses.places();
        let room = || Vec::with_capacity(used.len());
        let mut out = FilePlaces { named: Vec::new(), loose: Vec::new(), by_field: room() };
        for (at, &place) in (0..).zip(used) {
            let parts @ (root, path) = self.summary(id).places.parts(place);
            let is_own = !self.may_be_exported(id, root);
            match last_field(path) {
                Some(name) if is_own => out.by_field.push((self.symbol_of(id, name), id, at)),
                None if path.is_empty() && file_of(self.local_root(id, root)) == Some(id) && is_own => {}
                _ => {
                    let spot = self.canonical_parts(id, parts);
                    out.named.push((spot_key(&spot), id, at));
                    out.loose.extend(spot.loose_field().map(|field| (field, id, at)));
                }
            }
        }
        out
    }

    /// The places of a file that are nothing but a root of its own.
    fn roots_of_file(&self, id: FileId) -> Roots {
        let summary = self.summary(id);
        let mut roots = Vec::new();
        for (at, &place) in (0..).zip(summary.uses.places()) {
            let (root, path) = summary.places.parts(place);
            let local = self.local_root(id, root);
            if path.is_empty() && !self.may_be_exported(id, root) && file_of(local) == Some(id) {
                let (kind, _, of) = root_words(local);
                roots.push(((kind, of), at));
            }
        }
        roots.sort_unstable();
        roots.into()
    }

    /// The last field of a place, if its spot ends in it too whatever its root and the fields before turn out to be: only of
    /// what is exported all fields may be part of a name.
    pub(super) fn kept_field(&self, file: FileId, place: PlaceId) -> Option<Symbol> {
        let (root, path) = self.summary(file).places.parts(place);
        let field = last_field(path).filter(|_| !self.may_be_exported(file, root));
        field.map(|name| self.symbol_of(file, name))
    }

    fn may_be_exported(&self, file: FileId, root: Root) -> bool {
        match root {
            Root::Exports => true,
            Root::Module(specifier) => {
                matches!(self.modules[file.index()].get(specifier), Some(Resolution::File(_)))
            }
            _ => false,
        }
    }
}

/// The last field of a path, past elements.
fn last_field(path: &[Step]) -> Option<NameId> {
    path.iter().rev().find_map(|step| match step {
        Step::Field(name) => Some(*name),
        Step::Element => None,
    })
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
        assert_eq!(index.get(Symbol(50)).count(), 0);
        assert_eq!(PlaceIndex::<Symbol>::default().get(Symbol(1)).count(), 0);
    }

    #[test]
    fn rows_of_a_symbol_stand_together_in_their_order() {
        let row = |name: u32, file: u32, at: u32| (Symbol(name), FileId(file), at);
        let files = vec![vec![row(2, 0, 0), row(0, 0, 1), row(2, 0, 4)], vec![], vec![row(2, 2, 3)]];
        let (ends, rows) = by_symbol(4, files);
        assert_eq!(ends, [1, 1, 4, 4]);
        assert_eq!(rows, [(0, 1), (0, 0), (0, 4), (2, 3)].map(|(file, at)| (FileId(file), at)));
    }
}
