//! Interned strings: identifiers, property names and string literals.

use crate::exact::exact;
use crate::index::NameId;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher;

/// A string table. Equal strings have equal ids, so names compare as integers.
#[derive(Default)]
pub struct Names {
    /// The ids by the hash of their texts; the texts themselves are kept once. Half of the hash stands beside the id: texts
    /// are hardly ever compared in vain, and not hashed again when the table grows.
    ids: HashTable<(u32, NameId)>,
    texts: Texts,
}

impl Names {
    /// A table that has room for so many strings before it has to grow.
    #[must_use]
    pub fn with_room(count: usize) -> Self {
        Self { ids: HashTable::with_capacity(count), texts: Texts::default() }
    }

    /// The id of `text`, made on first use.
    #[inline]
    pub fn intern(&mut self, text: &str) -> NameId {
        let hash = hash(text);
        if let Some(&(_, id)) =
            self.ids.find(spread(hash), |&(of, id)| of == hash && self.texts.is_text(id, text))
        {
            return id;
        }
        let id = self.texts.push(text);
        self.ids.insert_unique(spread(hash), (hash, id), |&(of, _)| spread(of));
        id
    }

    /// The id of `text` if the file mentions it at all.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<NameId> {
        let hash = hash(text);
        let found = self.ids.find(spread(hash), |&(of, id)| of == hash && self.texts.is_text(id, text));
        found.map(|&(_, id)| id)
    }

    /// The text behind an id.
    #[must_use]
    #[inline]
    pub fn text(&self, id: NameId) -> &str {
        self.texts.get(id)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The texts alone, for what only goes from ids to texts.
    #[must_use]
    pub fn into_texts(self) -> Texts {
        let Texts { all, ends } = self.texts;
        // What shrinks by less than half allocators leave where it is.
        let all = if all.len() == all.capacity() { all } else { all.as_str().to_owned() };
        Texts { all, ends: exact(ends).into() }
    }
}

/// The half of the hash of a text that is kept.
#[inline]
fn hash(text: &str) -> u32 {
    (FxBuildHasher.hash_one(text) >> 32) as u32
}

/// A hash whose upper and lower bits a table can go by.
#[inline]
fn spread(half: u32) -> u64 {
    u64::from(half) << 32 | u64::from(half)
}

/// Strings by id, in one piece of memory.
#[derive(Default, Serialize, Deserialize)]
pub struct Texts {
    all: String,
    /// Where each ends.
    ends: Vec<u32>,
}

impl Texts {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether they stand one behind the other: those that were read back may not.
    pub(crate) fn is_sound(&self) -> bool {
        self.ends.is_sorted() && self.ends.last().map_or(0, |&end| end as usize) == self.all.len()
    }

    fn push(&mut self, text: &str) -> NameId {
        let id = NameId::from_index(self.ends.len());
        self.all.push_str(text);
        self.ends.push(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        id
    }

    /// The text of an id; empty if there is none.
    #[must_use]
    #[inline]
    pub fn get(&self, id: NameId) -> &str {
        let at = id.index();
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&end| end as usize);
        let end = self.ends.get(at).map_or(start, |&end| end as usize);
        self.all.get(start..end).unwrap_or_default()
    }

    /// Whether an id is that of a text: bytes are compared, so that nobody looks for the limits of characters.
    #[inline]
    fn is_text(&self, id: NameId, text: &str) -> bool {
        let at = id.index();
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&end| end as usize);
        self.all.as_bytes().get(start..).is_some_and(|behind| {
            let is_long = self.ends.get(at).is_some_and(|&end| end as usize == start + text.len());
            is_long && behind.starts_with(text.as_bytes())
        })
    }

    /// How much memory they take.
    pub(crate) fn bytes(&self) -> usize {
        self.all.len() + size_of_val(&*self.ends)
    }

    /// Every text, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|at| self.get(NameId::from_index(at)))
    }
}

/// Names of a file, one bit each: to ask it costs less than to hash.
#[derive(Default)]
pub(crate) struct NameSet(Vec<u64>);

impl NameSet {
    pub(crate) fn add(&mut self, name: NameId) {
        let at = name.index() / 64;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= 1 << (name.index() % 64);
    }

    #[inline]
    pub(crate) fn has(&self, name: NameId) -> bool {
        self.0.get(name.index() / 64).is_some_and(|word| word >> (name.index() % 64) & 1 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_one_id_and_ids_lead_back() {
        let mut names = Names::default();
        let ids: Vec<NameId> = (0..1_000).map(|i| names.intern(&format!("name{}", i % 500))).collect();
        assert_eq!(ids[3], ids[503]);
        assert_eq!(names.find("name499"), Some(ids[499]));
        assert_eq!(names.find("other"), None);
        assert_eq!(names.text(ids[42]), "name42");
        let texts = names.into_texts();
        assert_eq!(texts.get(ids[0]), "name0");
        assert_eq!(texts.iter().count(), 500);
    }

    #[test]
    fn a_set_has_what_was_added() {
        let mut set = NameSet::default();
        [0, 63, 64, 700].into_iter().for_each(|at| set.add(NameId::from_index(at)));
        let has = |at: usize| set.has(NameId::from_index(at));
        assert!(has(0) && has(63) && has(64) && has(700));
        assert!(!has(1) && !has(65) && !has(7_000));
    }
}
