//! The classes of a file: what they extend, share and adopt, and what is injected into them.

use super::Builder;
use super::rows::{AdoptedRow, BaseRow, ClassRow, InjectionRow, TypeRow};
use crate::calls;
use crate::index::{ClassId, NameId, NodeId};
use crate::model::Base;
use crate::place::Root;
use crate::tables::{ClassKind, Member};
use crate::tree::Kind;

impl Builder<'_, '_> {
    pub(super) fn classes(&mut self) -> Vec<ClassRow> {
        let file = self.model.file;
        file.class_ids()
            .map(|class| {
                let row = file.class(class);
                let base = match self.model.base(class) {
                    Some(Base::Class(base)) => Some(BaseRow::Class(base)),
                    Some(Base::Model(base)) => Some(BaseRow::Model(base)),
                    Some(Base::Foreign(place)) => Some(BaseRow::Place(self.place(&place))),
                    None => None,
                };
                let methods = row
                    .members
                    .iter()
                    .filter_map(|m| Some((self.map.of_file(file, m.name?), m.func?, m.is_static)))
                    .collect();
                let constructors = row.constructor.into_iter().chain(row.field_init).collect();
                let is_static_only = row.kind == ClassKind::Class
                    && !row.members.is_empty()
                    && row.members.iter().all(|member| member.is_static);
                ClassRow {
                    name: self.map.intern(row.name.map(|name| file.tree.text(name)).unwrap_or_default()),
                    kind: row.kind,
                    base,
                    methods,
                    func: row.func,
                    constructors,
                    is_static_only,
                    decorators: self.decorator_names(&row.decorators).into(),
                    is_named: row.binding.is_some(),
                    is_own_receiver: file.is_own_receiver(class),
                    shared: self.shared(class),
                    injection: self.injection(class),
                    adopted: self.adopted(class).into(),
                }
            })
            .collect()
    }

    /// What the prototype of a class has, besides functions: `X.prototype.cache = {}`.
    pub(super) fn shared(&mut self, class: ClassId) -> Box<[NameId]> {
        let file = self.model.file;
        let row = file.class(class);
        let is_own = |name| {
            let mut named = row.members.iter().filter(|member| member.name == name);
            named.any(|member| file.tree.kind(member.node) == Kind::Field)
        };
        let stands_on_prototype = |member: &&Member| {
            let is_container =
                |value| matches!(file.tree.kind(value), Kind::Array | Kind::Object | Kind::New);
            row.kind != ClassKind::Object
                && !member.is_static
                && matches!(file.tree.kind(member.node), Kind::Member | Kind::Property)
                && member.value.is_some_and(is_container)
                && !is_own(member.name)
        };
        let names = row.members.iter().filter(stands_on_prototype).filter_map(|member| member.name);
        names.map(|name| self.map.of_file(file, name)).collect()
    }

    /// What a class has of other files.
    pub(super) fn adopted(&mut self, class: ClassId) -> Vec<AdoptedRow> {
        let file = self.model.file;
        let row = file.class(class);
        let mut out = Vec::new();
        let foreign = |node: NodeId| Some(file.place(node)).filter(|at| matches!(at.root, Root::Module(_)));
        for member in row.members.iter().filter(|member| member.func.is_none() && !member.is_static) {
            let place = member.value.and_then(foreign);
            if let (Some(name), Some(place)) = (member.name, place) {
                out.push(AdoptedRow::Member(self.map.of_file(file, name), self.place(&place)));
            }
        }
        for place in row.copied.iter().filter_map(|&source| foreign(source)) {
            out.push(AdoptedRow::All(self.place(&place)));
        }
        for mixin in self.model.mixins(class) {
            if let Some(place) = foreign(mixin) {
                out.push(AdoptedRow::Mixin(self.place(&place)));
            }
        }
        out
    }

    pub(super) fn injection(&mut self, class: ClassId) -> Option<Box<InjectionRow>> {
        let found = calls::injection(self.model, class)?;
        let foreign = found.foreign.iter().map(|place| TypeRow::Annotated(self.place(place)));
        let with = foreign.chain(found.own.iter().map(|&class| TypeRow::Instance(class))).collect();
        Some(Box::new(InjectionRow { is_scoped: found.is_scoped, receives: found.receives, with }))
    }

    pub(super) fn decorator_names(&mut self, decorators: &[NodeId]) -> Vec<NameId> {
        let tree = &self.model.file.tree;
        decorators
            .iter()
            .filter_map(|&decorator| {
                let expr = tree.first(decorator)?;
                let callee = tree.callee(expr).unwrap_or(expr);
                self.model.callee_name(callee).map(|name| self.map.intern(name))
            })
            .collect()
    }
}
