//! What classes have of other files: functions put on a prototype, all that a module exports copied onto one, and the classes
//! that mixins make. In such a function `this` is an instance of the class.

use super::{FileId, Project, SpotRoot, SpotStep, Symbol};
use crate::index::{ClassId, FuncId, PlaceId};
use crate::summary::{AdoptedRow, ExportTo, TypeRow};
use crate::tables::ClassKind;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A class of the project.
type Of = (FileId, ClassId);

/// Which functions and objects of files are parts of classes of others.
#[derive(Default)]
pub(super) struct Adopted {
    /// The class whose instances a function sees as `this`; none if there are several.
    receivers: FxHashMap<(FileId, FuncId), Option<Of>>,
    /// The same of object literals, all of whose methods a class has, and of the classes that mixins make.
    parts: FxHashMap<Of, Option<Of>>,
    methods: BTreeMap<(FileId, ClassId, Symbol), (FileId, FuncId)>,
    /// The classes that mixins make of the base of a class.
    mixed: FxHashMap<Of, Vec<Of>>,
}

impl Adopted {
    pub(super) fn of(project: &Project<'_>) -> Self {
        let mut out = Self::default();
        for file in project.file_ids() {
            for (at, row) in project.summary(file).classes.iter().enumerate() {
                let class = (file, ClassId::from_index(at));
                for adopted in &row.adopted {
                    out.add(project, class, adopted);
                }
            }
        }
        out
    }

    fn add(&mut self, project: &Project<'_>, class: Of, row: &AdoptedRow) {
        match row {
            AdoptedRow::Member(name, place) => {
                if let Some(func) = function_at(project, class.0, *place) {
                    self.add_method(class, project.symbol_of(class.0, *name), func);
                }
            }
            AdoptedRow::All(place) => self.add_all(project, class, *place),
            AdoptedRow::Mixin(place) => {
                let made =
                    function_at(project, class.0, *place).and_then(|func| class_made_by(project, func));
                if let Some(made) = made.filter(|made| *made != class) {
                    self.mixed.entry(class).or_default().push(made);
                    self.add_part(class, made);
                }
            }
        }
    }

    fn add_method(&mut self, class: Of, name: Symbol, func: (FileId, FuncId)) {
        let of = self.receivers.entry(func).or_insert(Some(class));
        // Whose fields it works on, nobody can tell then.
        *of = of.filter(|known| *known == class);
        self.methods.entry((class.0, class.1, name)).or_insert(func);
    }

    /// All functions that a file exports, or that an object which it exports has.
    fn add_all(&mut self, project: &Project<'_>, class: Of, place: PlaceId) {
        let spot = project.spot(class.0, place);
        let SpotRoot::Exports(file) = spot.root else { return };
        let whole = match spot.path[..] {
            [] | [SpotStep::Field(Symbol::WHOLE)] => Some(Symbol::WHOLE),
            [SpotStep::Field(name)] => Some(name),
            _ => None,
        };
        let row = whole.and_then(|whole| project.tables(file).export(whole));
        let target = row.map(|row| &project.summary(file).exports[row as usize].target);
        if let Some(ExportTo::Value(TypeRow::Instance(object))) = target {
            self.add_object(project, class, (file, *object));
        }
        if whole == Some(Symbol::WHOLE) {
            for export in &project.summary(file).exports {
                if let (Some(name), ExportTo::Function(func)) = (export.name, &export.target) {
                    self.add_method(class, project.symbol_of(file, name), (file, *func));
                }
            }
        }
    }

    fn add_object(&mut self, project: &Project<'_>, class: Of, object: Of) {
        if project.summary(object.0).classes[object.1.index()].kind != ClassKind::Object {
            return;
        }
        self.add_part(class, object);
        for (name, func) in project.tables(object.0).methods(object.1) {
            self.methods.entry((class.0, class.1, name)).or_insert((object.0, func));
        }
    }

    /// In the methods of one class `this` is an instance of another.
    fn add_part(&mut self, class: Of, part: Of) {
        let of = self.parts.entry(part).or_insert(Some(class));
        // Whose fields it works on, nobody can tell then.
        *of = of.filter(|known| *known == class);
    }

    /// The class whose instances a function sees as `this`.
    pub(super) fn of_receiver(&self, file: FileId, func: FuncId) -> Option<Of> {
        self.receivers.get(&(file, func)).copied().flatten()
    }

    /// The class that another one, or an object literal, is a part of, or itself.
    #[inline]
    pub(super) fn whole(&self, file: FileId, class: ClassId) -> Of {
        if self.parts.is_empty() {
            return (file, class);
        }
        self.parts.get(&(file, class)).copied().flatten().unwrap_or((file, class))
    }

    pub(super) fn method(&self, file: FileId, class: ClassId, name: Symbol) -> Option<(FileId, FuncId)> {
        self.methods.get(&(file, class, name)).copied()
    }

    /// The methods that a class has of other files.
    pub(super) fn methods(
        &self,
        file: FileId,
        class: ClassId,
    ) -> impl Iterator<Item = (Symbol, FileId, FuncId)> {
        let of_class = self.methods.range((file, class, Symbol(0))..=(file, class, Symbol(u32::MAX)));
        of_class.map(|(&(.., name), &(file, func))| (name, file, func))
    }

    /// The classes that mixins made of the base of a class.
    pub(super) fn mixed(&self, file: FileId, class: ClassId) -> impl Iterator<Item = Of> {
        self.mixed.get(&(file, class)).into_iter().flatten().copied()
    }
}

fn function_at(project: &Project<'_>, file: FileId, place: PlaceId) -> Option<(FileId, FuncId)> {
    let spot = project.spot(file, place);
    match spot.root {
        SpotRoot::Function(file, func) if spot.path.is_empty() => Some((file, func)),
        _ => None,
    }
}

/// The class that a function gives.
fn class_made_by(project: &Project<'_>, (file, func): (FileId, FuncId)) -> Option<Of> {
    match project.summary(file).functions[func.index()].returns {
        TypeRow::Class(class) => Some((file, class)),
        _ => None,
    }
}
