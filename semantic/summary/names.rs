//! The names and places of a file, carried over into its summary.

use super::Places;
use crate::index::{BindingId, NameId, PlaceId};
use crate::model::Model;
use crate::names::Names;
use crate::place::{Place, Root, Step};
use crate::tables::{BindingKind, Lowered};
use rustc_hash::{FxHashMap, FxHashSet};

/// Maps the names of a file to those its summary keeps.
#[derive(Default)]
pub struct NameMap {
    pub(super) names: Names,
    /// What was asked for by the name of the file; most names are asked for many times.
    pub(super) known: Vec<Option<NameId>>,
    /// Parameters that places start from: callers are asked what they hand to them.
    pub(super) params: FxHashSet<BindingId>,
    /// The places that have ids, in the names of the summary, and their ids by the names of the file.
    pub(super) places: Places,
    ids: FxHashMap<Place, PlaceId>,
}

impl NameMap {
    /// With room for what a file is likely to name.
    #[must_use]
    pub fn of(file: &Lowered) -> Self {
        let mut out = Self::default();
        out.ids.reserve(file.references.len() / 4);
        out
    }

    /// The summary's id of a text.
    pub fn intern(&mut self, text: &str) -> NameId {
        self.names.intern(text)
    }

    /// The summary's id of a name of the file.
    pub(super) fn of_file(&mut self, file: &Lowered, name: NameId) -> NameId {
        if self.known.len() <= name.index() {
            self.known.resize(file.tree.names().len().max(name.index() + 1), None);
        }
        *self.known[name.index()].get_or_insert_with(|| self.names.intern(file.tree.text(name)))
    }

    /// The summary's id of a place of the file.
    pub fn place_id(&mut self, model: &Model<'_>, place: &Place) -> PlaceId {
        if let Some(&known) = self.ids.get(place) {
            return known;
        }
        let kept = self.place(model, place);
        let id = self.places.push(&kept);
        self.ids.insert(place.clone(), id);
        id
    }

    /// The same place in the summary's names.
    pub fn place(&mut self, model: &Model<'_>, place: &Place) -> Place {
        let file = model.file;
        let root = match place.root {
            Root::Module(name) => Root::Module(self.of_file(file, name)),
            Root::Global(name) => Root::Global(self.of_file(file, name)),
            Root::Binding(binding) if file.binding(binding).kind == BindingKind::Param => {
                self.params.insert(binding);
                place.root
            }
            other => other,
        };
        let path = place
            .path
            .iter()
            .map(|step| match step {
                Step::Field(name) => Step::Field(self.of_file(file, *name)),
                Step::Element => Step::Element,
            })
            .collect();
        Place { root, path }
    }
}
