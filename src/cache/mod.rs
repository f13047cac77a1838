//! What single files yielded, kept on disk from one run to the next.
//!
//! Kept is what the link and the rules' judgement take from a file, by its path and text; both are always made anew,
//! since findings depend on other files too. A run gives the same bytes with a cache and without.
//!
//! The folder holds [packs](pack). They are never changed: a run that learned enough adds one, and now and then one run
//! joins those that are there. So runs may go on side by side.

mod pack;
mod place;
mod record;

pub(crate) use place::Place;
pub(crate) use record::{Kept, Written, encode};

use outlive_rules::Rule;
use outlive_semantic::catalog::Catalog;
use outlive_semantic::summary::Role;
use pack::{Digest, Ours, Pack, Row, Writing};
use rustc_hash::{FxHashMap, FxHashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Fewer new bytes are not written where nobody named a folder: they are made anew faster than anybody notices.
const WORTH: u64 = 256 << 10;
/// As many packs of one group are joined.
const MANY: usize = 8;
/// A group whose packs hold more bytes in vain than in use is joined, if it is more than this.
const SLACK: u64 = 4 << 20;
/// What all packs of a folder may take; those that were not used for longest go first.
const MAX_FOLDER: u64 = 512 << 20;
/// A pack that nobody finished for so long was left behind by a run that was ended.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);

/// The name of a file's record: its path, the part it plays and its text. All decide what the file yields.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    key: Digest,
    path: [u8; 8],
}

impl Key {
    /// The name for a text at a path.
    pub(crate) fn of(path: &str, role: Role, text: &[u8]) -> Self {
        let path = blake3::hash(path.as_bytes());
        let mut hasher = blake3::Hasher::new_keyed(path.as_bytes());
        hasher.update(&[role as u8]);
        hasher.update(text);
        let short = path.as_bytes().first_chunk().copied().unwrap_or_default();
        Self { key: *hasher.finalize().as_bytes(), path: short }
    }
}

/// A record that is known.
struct Slot {
    pack: usize,
    row: Row,
    used: AtomicBool,
}

/// The cache of one run.
pub(crate) struct Cache<'p> {
    place: &'p Place,
    group: Digest,
    packs: Vec<Pack>,
    slots: FxHashMap<Digest, Slot>,
    /// Some pack could not be read at all.
    damaged: bool,
    fresh: Mutex<Fresh>,
}

/// What this run learned.
#[derive(Default)]
struct Fresh {
    /// What waits for more, so that it is worth a pack.
    waiting: Vec<(Key, Vec<u8>)>,
    bytes: u64,
    writing: Option<Writing>,
    /// Nothing can be written: the folder is somebody else's, or the disk is full.
    failed: Option<io::Error>,
}

impl<'p> Cache<'p> {
    /// Opens what the runs of these rules left at a place.
    pub(crate) fn open(place: &'p Place, rules: &[&'static dyn Rule]) -> Self {
        let group = place.group(rules);
        let mut cache = Self {
            place,
            group,
            packs: Vec::new(),
            slots: FxHashMap::default(),
            damaged: false,
            fresh: Mutex::default(),
        };
        let mut room = pack::MAX_ROWS;
        for path in packs_of(&place.folder, &group).into_iter().rev().take(2 * MANY) {
            match Pack::open(&path, &group) {
                Ok(pack) => cache.packs.extend(pack.filter(|pack| take(&mut room, pack.rows.len()))),
                Err(pack::Damaged) => {
                    cache.damaged = true;
                    let _ = std::fs::remove_file(path);
                }
            }
        }
        cache.packs.reverse();
        cache.index();
        cache
    }

    /// Of two records for one key the newer counts.
    fn index(&mut self) {
        self.slots.reserve(self.packs.iter().map(|pack| pack.rows.len()).sum());
        for (at, pack) in self.packs.iter().enumerate() {
            let slots =
                pack.rows.iter().map(|&row| (row.key, Slot { pack: at, row, used: AtomicBool::new(false) }));
            self.slots.extend(slots);
        }
    }

    /// What a file of so many bytes yielded.
    pub(crate) fn find(&self, key: &Key, catalog: &Catalog, bytes: u64) -> Option<Kept> {
        let slot = self.slots.get(&key.key)?;
        let pack = self.packs.get(slot.pack)?;
        let kept = pack.read(&slot.row, |record| record::decode(record, catalog, bytes))?;
        match kept {
            Some(_) => slot.used.store(true, Ordering::Relaxed),
            None => pack.blame(),
        }
        kept
    }

    /// Keeps what a file yielded.
    pub(crate) fn keep(&self, key: &Key, record: Vec<u8>) {
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        if fresh.failed.is_some() {
            return;
        }
        let kept = fresh.keep(*key, record, self);
        fresh.failed = kept.err();
    }

    /// Writes what is new, joins packs if there are many, and keeps the folder small. The first complaint is returned.
    pub(crate) fn finish(self) -> Option<String> {
        let fresh = std::mem::take(&mut *self.fresh.lock().unwrap_or_else(PoisonError::into_inner));
        let is_damaged = self.damaged || self.packs.iter().any(Pack::is_damaged);
        let written = self.write(fresh, is_damaged);
        self.place.sweep(&self.group, MAX_FOLDER);
        if is_damaged {
            return Some(format!(
                "the cache in {} was damaged: what could not be read is made anew",
                self.place
            ));
        }
        match written {
            Err(error) if self.place.is_named => {
                Some(format!("cannot write the cache in {}: {error}", self.place))
            }
            _ => None,
        }
    }

    fn write(&self, mut fresh: Fresh, is_damaged: bool) -> io::Result<()> {
        if let Some(error) = fresh.failed.take() {
            return Err(error);
        }
        let joins = is_damaged || self.packs.len() >= MANY || self.is_wasteful();
        let has_news = !fresh.waiting.is_empty() && self.place.is_named || fresh.writing.is_some();
        if !joins && !has_news {
            self.touch();
            return Ok(());
        }
        let mut writing = fresh.begin(self)?;
        if joins {
            self.copy(&mut writing)?;
        }
        let path =
            if writing.is_empty() { None } else { Some(writing.finish(&self.place.folder, &self.group)?) };
        if joins {
            let joined = self.packs.iter().filter(|pack| Some(&pack.path) != path.as_ref());
            joined.for_each(|pack| drop(std::fs::remove_file(&pack.path)));
        } else {
            self.touch();
        }
        Ok(())
    }

    /// Whether most of what is kept is about texts that have changed since.
    fn is_wasteful(&self) -> bool {
        let mut all = 0;
        let mut paths: FxHashMap<[u8; 8], u32> = FxHashMap::default();
        for row in self.packs.iter().flat_map(|pack| &pack.rows) {
            all += u64::from(row.len);
            paths.insert(row.path, row.len);
        }
        let newest: u64 = paths.values().map(|&len| u64::from(len)).sum();
        all > 2 * newest + SLACK
    }

    /// Copies what this run used, and of what it had no use for the newest record of each path.
    fn copy(&self, writing: &mut Writing) -> io::Result<()> {
        let mut paths: FxHashSet<[u8; 8]> = writing.paths().collect();
        let mut copy = |pack: &Pack, row: &Row| match pack.record(row) {
            Some(record) => writing.add(row.key, row.path, &record),
            None => Ok(()),
        };
        let is_used =
            |row: &Row| self.slots.get(&row.key).is_some_and(|slot| slot.used.load(Ordering::Relaxed));
        for (at, pack) in self.packs.iter().enumerate() {
            for row in pack.rows.iter().filter(|row| is_used(row)) {
                if self.slots.get(&row.key).is_some_and(|slot| slot.pack == at) {
                    copy(pack, row)?;
                    paths.insert(row.path);
                }
            }
        }
        for pack in self.packs.iter().rev() {
            for row in pack.rows.iter().filter(|row| !is_used(row)) {
                if paths.insert(row.path) {
                    copy(pack, row)?;
                }
            }
        }
        Ok(())
    }

    /// Says of the packs that were used that they were used now.
    fn touch(&self) {
        let used: FxHashSet<usize> = self
            .slots
            .values()
            .filter(|slot| slot.used.load(Ordering::Relaxed))
            .map(|slot| slot.pack)
            .collect();
        for (_, pack) in self.packs.iter().enumerate().filter(|(at, _)| used.contains(at)) {
            let file = std::fs::OpenOptions::new().write(true).open(&pack.path);
            let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
        }
    }
}

impl Fresh {
    fn keep(&mut self, key: Key, record: Vec<u8>, cache: &Cache<'_>) -> io::Result<()> {
        self.bytes += record.len() as u64;
        if let Some(writing) = &mut self.writing {
            return writing.add(key.key, key.path, &record);
        }
        self.waiting.push((key, record));
        if self.bytes > WORTH {
            self.writing = Some(self.begin(cache)?);
        }
        Ok(())
    }

    /// The pack of this run, with all that waited for it.
    fn begin(&mut self, cache: &Cache<'_>) -> io::Result<Writing> {
        if let Some(writing) = self.writing.take() {
            return Ok(writing);
        }
        cache.place.make()?;
        let mut writing = Writing::begin(&cache.place.folder, &cache.group)?;
        for (key, record) in self.waiting.drain(..) {
            writing.add(key.key, key.path, &record)?;
        }
        Ok(writing)
    }
}

/// Takes so much of what there is room for, if there is.
fn take(room: &mut usize, wanted: usize) -> bool {
    let left = room.checked_sub(wanted);
    *room = left.unwrap_or(*room);
    left.is_some()
}

/// The packs of a group, the oldest first.
fn packs_of(folder: &Path, group: &Digest) -> Vec<PathBuf> {
    let mut found: Vec<(SystemTime, PathBuf)> = entries(folder, group)
        .filter(|entry| entry.ours == Ours::Pack)
        .map(|entry| (entry.modified, entry.path))
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

/// A file of a cache.
struct Entry {
    ours: Ours,
    path: PathBuf,
    modified: SystemTime,
    bytes: u64,
}

/// The files in a folder that are ours by their names.
fn entries(folder: &Path, group: &Digest) -> impl Iterator<Item = Entry> {
    let read = std::fs::read_dir(folder).into_iter().flatten().flatten();
    read.filter_map(|entry| {
        let ours = Ours::of(entry.file_name().to_str()?, group)?;
        let meta = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        Some(Entry { ours, path: entry.path(), modified, bytes: meta.len() })
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "it is test code, helpers included")]
mod tests;
