//! What a written type says.

use super::{Model, Ty};
use crate::index::{BindingId, ClassId, NameId, TypeId};
use crate::place::{Place, Root, Step};
use crate::tables::{BindingKind, Type};
use smallvec::SmallVec;

impl<'a> Model<'a> {
    pub(super) fn annotated_field(&self, ty: TypeId, steps: &[NameId]) -> Ty {
        let mut at = ty;
        for step in steps.iter().rev() {
            let Some(Type::Object(fields, _)) = self.resolved_type(at) else { return Ty::Unknown };
            match fields.iter().find(|(name, _)| name == step) {
                Some(&(_, field)) => at = field,
                None => return Ty::Unknown,
            }
        }
        self.annotation_ty(at)
    }

    /// A type behind its aliases and interfaces of this file.
    pub(super) fn resolved_type(&self, ty: TypeId) -> Option<&Type> {
        match self.file.ty(ty) {
            Type::Named(name, _) => self.file.type_decls.get(name).map(|decl| self.file.ty(decl.ty)),
            other => Some(other),
        }
    }

    /// What an annotation names, if that is imported and no type of the catalog.
    #[must_use]
    pub fn foreign_class(&self, ty: TypeId) -> Option<Place> {
        let Type::Named(name, _) = self.file.ty(ty) else { return None };
        let binding = self.module_binding(self.file.tree.text(*name))?;
        let place = self.file.place(self.file.binding(binding).node);
        let is_foreign = matches!(place.root, Root::Module(_)) && self.annotation_ty(ty) == Ty::Unknown;
        is_foreign.then_some(place)
    }

    /// The name of a type in the words of the catalog: `express.RequestHandler` for what a file imports.
    pub(super) fn annotation_path(&self, name: NameId) -> Option<String> {
        let text = self.file.tree.text(name);
        let (first, rest) =
            text.split_once('.').map_or((text, ""), |(first, _)| (first, &text[first.len()..]));
        let Some(binding) = self.module_binding(first) else { return Some(text.to_owned()) };
        let path = self.path_of(&self.file.place(self.file.binding(binding).node))?;
        Some(path + rest)
    }

    /// A field of a parameter or variable whose annotation is an object type.
    pub(super) fn annotated_place_field(&self, owner: &Place, name: NameId) -> Ty {
        let Root::Binding(binding) = owner.root else { return Ty::Unknown };
        let Some(ty) = self.file.binding(binding).ty else { return Ty::Unknown };
        let mut steps: SmallVec<[NameId; 2]> = SmallVec::new();
        steps.push(name);
        for step in owner.path.iter().rev() {
            match step {
                Step::Field(field) => steps.push(*field),
                Step::Element => return Ty::Unknown,
            }
        }
        self.annotated_field(ty, &steps)
    }

    pub(super) fn member_annotation(&self, class: ClassId, name: NameId) -> Option<Ty> {
        let member = self
            .lineage(class)
            .find_map(|class| self.members(class, name).iter().find(|m| m.ty.is_some()).copied().copied())?;
        let ty = self.annotation_ty(member.ty?);
        (ty != Ty::Unknown).then_some(ty)
    }

    pub(super) fn element_annotation(&self, ty: TypeId) -> Option<Ty> {
        match self.file.ty(ty) {
            Type::Array(Some(elem)) => Some(self.annotation_ty(*elem)),
            Type::Named(_, args) => args.last().map(|&last| self.annotation_ty(last)),
            Type::Object(_, Some(index)) => Some(self.annotation_ty(*index)),
            _ => None,
        }
    }

    /// What a type annotation says.
    #[must_use]
    pub fn annotation_ty(&self, ty: TypeId) -> Ty {
        self.annotation_within(ty, 8)
    }

    fn annotation_within(&self, ty: TypeId, fuel: u32) -> Ty {
        let Some(fuel) = fuel.checked_sub(1) else { return Ty::Unknown };
        match self.file.ty(ty) {
            Type::Named(name, args) => self.named_ty(*name, args, fuel),
            Type::Array(_) => self.builtin("Array"),
            Type::Union(parts) => self.union_ty(parts, fuel),
            Type::Intersection(parts) => parts
                .iter()
                .map(|&part| self.annotation_within(part, fuel))
                .find(|ty| matches!(ty, Ty::Model(_) | Ty::Instance(_)))
                .unwrap_or_default(),
            Type::StringLiteral(_) | Type::Literal | Type::Boolean | Type::Finite => Ty::Finite,
            Type::String => Ty::Text,
            Type::Number => Ty::Number,
            Type::Nothing => Ty::Nothing,
            Type::Object(_, Some(_)) => self.builtin("Object"),
            Type::TypeOf(_) | Type::Function(_) | Type::Object(..) | Type::Unknown => Ty::Unknown,
        }
    }

    fn union_ty(&self, parts: &[TypeId], fuel: u32) -> Ty {
        let mut joined = None;
        for &part in parts {
            match (self.annotation_within(part, fuel), joined) {
                (Ty::Nothing, _) => {}
                (ty, None) => joined = Some(ty),
                (ty, Some(known)) if ty == known => {}
                (ty, Some(known)) => joined = Some(self.common(known, ty)),
            }
        }
        joined.unwrap_or(Ty::Nothing)
    }

    fn named_ty(&self, name: NameId, args: &[TypeId], fuel: u32) -> Ty {
        let tree = &self.file.tree;
        if let Some(decl) = self.file.type_decls.get(&name) {
            let own = self.annotation_within(decl.ty, fuel);
            let inherited = || {
                decl.extends
                    .iter()
                    .map(|&base| self.annotation_within(base, fuel))
                    .find(|ty| *ty != Ty::Unknown)
            };
            return if own == Ty::Unknown { inherited().unwrap_or_default() } else { own };
        }
        let text = tree.text(name);
        let (first, rest) = text.split_once('.').map_or((text, None), |(first, rest)| (first, Some(rest)));
        if let Some(binding) = self.module_binding(first) {
            return self.imported_ty(binding, rest);
        }
        match text {
            "Record" => return self.record_ty(args, fuel),
            "Promise" | "Readonly" | "Partial" | "Required" | "NonNullable" | "Awaited" => {
                return args.first().map_or(Ty::Unknown, |&inner| self.annotation_within(inner, fuel));
            }
            "ReturnType" => return self.return_type(args),
            _ => {}
        }
        self.catalog.annotation(text).map_or(Ty::Unknown, Ty::Model)
    }

    /// `ReturnType<typeof setTimeout>` is what calling it gives.
    fn return_type(&self, args: &[TypeId]) -> Ty {
        let Some(&arg) = args.first() else { return Ty::Unknown };
        let Type::TypeOf(name) = self.file.ty(arg) else { return Ty::Unknown };
        self.catalog.made_by(self.file.tree.text(*name)).map_or(Ty::Unknown, Ty::Model)
    }

    /// A record over finitely many keys is a struct, any other a container.
    fn record_ty(&self, args: &[TypeId], fuel: u32) -> Ty {
        match args.first().map(|&key| self.annotation_within(key, fuel)) {
            Some(Ty::Finite) => self.builtin("Struct"),
            _ => self.builtin("Object"),
        }
    }

    pub(crate) fn module_binding(&self, name: &str) -> Option<BindingId> {
        let name = self.file.tree.names().find(name)?;
        self.file.scopes.first()?.names.get(&name).copied()
    }

    fn imported_ty(&self, binding: BindingId, rest: Option<&str>) -> Ty {
        let row = self.file.binding(binding);
        match row.kind {
            BindingKind::Class => self.class_of_binding(binding).map_or(Ty::Unknown, Ty::Instance),
            BindingKind::Enum => Ty::Finite,
            _ => {
                let Some(mut path) = self.path_of(&self.file.place(row.node)) else {
                    return self.class_of_binding(binding).map_or(Ty::Unknown, Ty::Instance);
                };
                if let Some(rest) = rest {
                    path.push('.');
                    path.push_str(rest);
                }
                self.catalog.annotation(&path).map_or(Ty::Unknown, Ty::Model)
            }
        }
    }
}
