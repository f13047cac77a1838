//! The types of fields that a decorator fills.

use super::rows::TypeRow;
use super::{Builder, type_row};
use crate::index::PlaceId;
use crate::place::{Place, Root, Step};

impl Builder<'_, '_> {
    /// `@service session`: nothing is written to the field, and its type is known.
    pub(super) fn decorated(&mut self) -> Vec<(PlaceId, TypeRow)> {
        let model = self.model;
        let fields = model.file.class_ids().flat_map(|class| {
            let members = model.file.class(class).members.iter();
            let unwritten = members.filter(|member| member.value.is_none() && member.func.is_none());
            unwritten.filter_map(move |member| {
                model.decorated_field(class, member.name?)?;
                Place::root(Root::This(class)).with(Step::Field(member.name?))
            })
        });
        let fields: Vec<Place> = fields.collect();
        let typed = |place: Place| (self.place(&place), type_row(model.place_ty(&place)));
        fields.into_iter().map(typed).collect()
    }
}
