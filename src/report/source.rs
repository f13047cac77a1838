//! The texts that findings stand in. A file is read again only if something is to be said about it.

use outlive_semantic::source::Lines;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

/// Texts that stand in for files on disk: an editor's buffer, the index of git.
#[derive(Default, Clone)]
pub(crate) struct Overlay {
    texts: FxHashMap<String, Arc<[u8]>>,
}

impl Overlay {
    /// Lets `text` stand in for the file at `path`.
    pub(crate) fn insert(&mut self, path: String, text: Vec<u8>) {
        self.texts.insert(path, text.into());
    }

    /// Lets the file on disk speak again.
    pub(crate) fn remove(&mut self, path: &str) {
        self.texts.remove(path);
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match self.texts.get(path) {
            Some(text) => Ok(text.to_vec()),
            None => std::fs::read(path),
        }
    }

    /// Reads a file that is not larger than so many bytes into a buffer, in place of what was there.
    pub(crate) fn read_into(&self, path: &str, limit: u64, buffer: &mut Vec<u8>) -> io::Result<Fits> {
        buffer.clear();
        if let Some(text) = self.texts.get(path) {
            let fits = Fits::of(text.len() as u64, limit);
            if fits == Fits::Yes {
                buffer.extend_from_slice(text);
            }
            return Ok(fits);
        }
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        if Fits::of(size, limit) == Fits::No {
            return Ok(Fits::No);
        }
        // With room for one more, the end is seen without asking for memory; what grows meanwhile is not read on for ever.
        buffer.reserve(usize::try_from(size).unwrap_or_default() + 1);
        file.take(limit + 1).read_to_end(buffer)?;
        Ok(Fits::of(buffer.len() as u64, limit))
    }
}

/// Whether a text is small enough.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fits {
    /// It is, and was read.
    Yes,
    /// It is too large.
    No,
}

impl Fits {
    fn of(size: u64, limit: u64) -> Self {
        if size > limit { Self::No } else { Self::Yes }
    }
}

/// One text.
pub(crate) struct Source {
    /// None if the file is no longer what was analysed: an excerpt would show the wrong lines.
    pub(crate) text: Option<String>,
    pub(crate) lines: Lines,
}

/// The texts that were needed so far.
#[derive(Default)]
pub(crate) struct Sources {
    overlay: Overlay,
    /// What was analysed, by path.
    hashes: FxHashMap<String, u64>,
    loaded: BTreeMap<String, Source>,
}

impl Sources {
    /// Sources of files whose content had these hashes when they were analysed.
    pub(crate) fn new(overlay: Overlay, hashes: FxHashMap<String, u64>) -> Self {
        Self { overlay, hashes, loaded: BTreeMap::new() }
    }

    /// The source at a path, read now if it was not yet.
    pub(crate) fn load(&mut self, path: &str) -> &Source {
        if !self.loaded.contains_key(path) {
            let bytes = self.overlay.read(path).unwrap_or_default();
            let is_same = self.hashes.get(path).is_none_or(|&known| known == hash(&bytes));
            let text = String::from_utf8(bytes).unwrap_or_default();
            let lines = Lines::new(&text);
            self.loaded.insert(path.to_owned(), Source { text: is_same.then_some(text), lines });
        }
        self.loaded.entry(path.to_owned()).or_insert_with(|| Source { text: None, lines: Lines::new("") })
    }

    /// The source at a path, if anything was said about it.
    pub(crate) fn get(&self, path: &str) -> Option<&Source> {
        self.loaded.get(path)
    }

    /// Calls a file what the user calls it.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        if let Some(source) = self.loaded.remove(from) {
            self.loaded.insert(to.to_owned(), source);
        }
    }
}

/// A hash that tells whether a file changed while the run went on.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    use std::hash::Hasher;
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}
