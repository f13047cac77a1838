//! The types of module bindings, fields and parameters.

use super::rows::TypeRow;
use super::{Builder, type_row};
use crate::completes;
use crate::index::{BindingId, NodeId, PlaceId, TypeId};
use crate::model::{Model, Ty};
use crate::place::{Place, Root, Step};
use crate::sorted::Sorted;
use crate::tables::{Binding, BindingKind, ExportTarget, Lowered};
use crate::tree::{Kind, flag};

/// So far below a module binding or an export are object literals gone into.
const MAX_LITERAL_DEPTH: usize = 3;

impl Builder<'_, '_> {
    /// The types of module bindings and of the fields of classes.
    pub(super) fn types(&mut self) -> Vec<(PlaceId, TypeRow)> {
        let file = self.model.file;
        let mut out = Vec::new();
        for (index, row) in file.bindings.iter().enumerate() {
            let is_plain = !matches!(row.kind, BindingKind::Import | BindingKind::Param | BindingKind::Catch);
            if row.func.index() != 0 || !is_plain {
                continue;
            }
            let binding = BindingId::from_index(index);
            let ty = match type_row(self.model.binding_ty(binding)) {
                TypeRow::Unknown => match row.values[..] {
                    [value] => self.value_type(value),
                    _ => TypeRow::Unknown,
                },
                known => known,
            };
            if ty != TypeRow::Unknown {
                let place = Place::root(Root::Binding(binding));
                out.push((self.place(&place), ty));
            }
        }
        out.extend(self.annotated());
        out.extend(self.decorated());
        out.extend(self.of_literals());
        for place in self.model.written_fields() {
            let ty = match type_row(self.model.place_ty(&place)) {
                _ if let Some(ending) = completes::held(self.model, &place) => TypeRow::Model(ending),
                TypeRow::Unknown => match self.model.values(&place)[..] {
                    [value] => self.value_type(value),
                    _ => TypeRow::Unknown,
                },
                known => known,
            };
            if ty != TypeRow::Unknown && self.is_shared(&place) {
                out.push((self.place(&place), ty));
            }
        }
        out.extend(self.annotated_here());
        out.extend(self.ending_getters());
        out
    }

    /// What stands in the object literals of a module and is there to be filled or called: `export const shared = { waiting:
    /// [], byId: {}, bus: new EventEmitter(), note(url) { … } }`.
    fn of_literals(&mut self) -> Vec<(PlaceId, TypeRow)> {
        let file = self.model.file;
        let is_const = |row: &Binding| row.func.index() == 0 && row.kind != BindingKind::Param;
        let bindings = file.bindings.iter().enumerate().filter(|(_, row)| is_const(row));
        let mut literals: Vec<(Place, NodeId)> = bindings
            .filter_map(|(index, _)| {
                let binding = BindingId::from_index(index);
                Some((Place::root(Root::Binding(binding)), file.sole_value(binding)?))
            })
            .collect();
        let exported = file.exports.iter().filter_map(|export| match (export.name, &export.target) {
            (Some(name), &ExportTarget::Value(value)) => {
                Some((Place::root(Root::Exports).with(Step::Field(name))?, value))
            }
            _ => None,
        });
        literals.extend(exported);
        let mut out = Vec::new();
        while let Some((whole, literal)) = literals.pop() {
            if whole.path.len() < MAX_LITERAL_DEPTH && file.tree.kind(literal) == Kind::Object {
                literals.extend(parts(file, &whole, literal));
            }
            if whole.path.is_empty() {
                continue;
            }
            if let Some(func) = self.model.function_of(literal) {
                out.push((self.place(&whole), TypeRow::Function(func)));
            } else if is_begun(file, literal) {
                let known = [self.model.place_ty(&whole), self.model.ty(literal)].map(type_row);
                let known = known.into_iter().find(|ty| matches!(ty, TypeRow::Model(_)));
                out.extend(known.map(|ty| (self.place(&whole), ty)));
            }
        }
        out
    }

    /// Getters that give an observable which ends by itself.
    fn ending_getters(&mut self) -> Vec<(PlaceId, TypeRow)> {
        let model = self.model;
        let getters = model.file.class_ids().flat_map(|class| {
            let members = model.file.class(class).members.iter();
            let getters = members.filter(|member| model.file.tree.has(member.node, flag::GETTER));
            getters.filter_map(move |member| {
                let ending = completes::returned(model, member.func?)?;
                let place = Place::root(Root::This(class)).with(Step::Field(member.name?))?;
                (!member.is_static).then_some((place, ending))
            })
        });
        let getters: Vec<_> = getters.collect();
        getters.into_iter().map(|(place, ending)| (self.place(&place), TypeRow::Model(ending))).collect()
    }

    /// Fields whose annotation names a class of another file: what dependency injection hands in.
    pub(super) fn annotated(&mut self) -> Vec<(PlaceId, TypeRow)> {
        let model = self.model;
        let rows = annotated_fields(model).filter_map(|(place, ty)| {
            let class = model.foreign_class(ty)?;
            Some((self.place(&place), TypeRow::Annotated(self.place(&class))))
        });
        rows.collect()
    }

    /// Fields whose annotation names a class of the file, which only others give a value.
    pub(super) fn annotated_here(&mut self) -> Vec<(PlaceId, TypeRow)> {
        let model = self.model;
        let rows = annotated_fields(model).filter_map(|(place, ty)| match model.annotation_ty(ty) {
            Ty::Instance(class) => Some((self.place(&place), TypeRow::Instance(class))),
            _ => None,
        });
        rows.collect()
    }

    /// The types of the parameters that places start from: closures do something to them long after the call.
    pub(super) fn param_types(&mut self) -> Vec<(PlaceId, TypeRow)> {
        let file = self.model.file;
        let is_param = |binding: &BindingId| file.binding(*binding).kind == BindingKind::Param;
        let mut params: Vec<BindingId> = self.bindings.keys().copied().filter(is_param).collect();
        params.sort_unstable();
        let typed = params.into_iter().filter_map(|binding| {
            // Of a class of the project only the callers know which instance it is.
            let ty = type_row(self.model.binding_ty(binding));
            let is_told = matches!(ty, TypeRow::Model(_));
            is_told.then(|| (self.place(&Place::root(Root::Binding(binding))), ty))
        });
        typed.collect()
    }

    /// Parameters whose annotation names a class of another file. Whose methods these are is known, not how long the
    /// thing lives: that is the caller's affair.
    pub(super) fn annotated_params(&mut self) -> Sorted<BindingId, PlaceId> {
        let params =
            self.model.file.bindings.iter().enumerate().filter(|(_, row)| row.kind == BindingKind::Param);
        let rows: Vec<_> =
            params.filter_map(|(index, row)| Some((BindingId::from_index(index), row.ty?))).collect();
        rows.into_iter()
            .filter_map(|(binding, ty)| Some((binding, self.model.foreign_class(ty)?)))
            .map(|(binding, class)| (binding, self.place(&class)))
            .collect()
    }
}

/// The properties of an object literal, by place.
fn parts<'t>(
    file: &'t Lowered,
    whole: &'t Place,
    literal: NodeId,
) -> impl Iterator<Item = (Place, NodeId)> + 't {
    let tree = &file.tree;
    tree.children(literal).filter(|&part| tree.kind(part) == Kind::Property).filter_map(|part| {
        let place = whole.clone().with(Step::Field(tree.name_id(part)?))?;
        Some((place, tree.last_child(part)?))
    })
}

/// Whether a value is made to be filled: it is constructed, or written without entries. Tables that are written out are
/// full already.
fn is_begun(file: &Lowered, value: NodeId) -> bool {
    let tree = &file.tree;
    match tree.kind(value) {
        Kind::New => true,
        Kind::Object | Kind::Array => tree.first(value).is_none(),
        _ => false,
    }
}

/// The fields of instances that have an annotation.
fn annotated_fields<'m>(model: &'m Model<'_>) -> impl Iterator<Item = (Place, TypeId)> + 'm {
    let file = model.file;
    file.class_ids().flat_map(move |class| {
        let members = file.class(class).members.iter().filter(|member| !member.is_static);
        members.filter_map(move |member| {
            Some((Place::root(Root::This(class)).with(Step::Field(member.name?))?, member.ty?))
        })
    })
}
