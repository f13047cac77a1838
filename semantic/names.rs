//! The interned strings of one file: identifiers, property names and string literals.

use crate::index::NameId;
use rustc_hash::FxHashMap;

/// A string table. Equal strings have equal ids, so names compare as integers.
#[derive(Default)]
pub struct Names {
    ids: FxHashMap<Box<str>, NameId>,
    texts: Vec<Box<str>>,
}

impl Names {
    /// The id of `text`, made on first use.
    pub fn intern(&mut self, text: &str) -> NameId {
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        let id = NameId::from_index(self.texts.len());
        self.texts.push(text.into());
        self.ids.insert(text.into(), id);
        id
    }

    /// The id of `text` if the file mentions it at all.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<NameId> {
        self.ids.get(text).copied()
    }

    /// The text behind an id.
    #[must_use]
    pub fn text(&self, id: NameId) -> &str {
        self.texts.get(id.index()).map_or("", |text| text)
    }
}
