//! Classes across files: lineage, methods, and which class a field belongs to.

use super::fuel::{Fuel, Tank};
use super::tables::Own;
use super::{FileId, Project, Symbol};
use crate::catalog::{AcquireRow, ModelId};
use crate::index::{ClassId, FuncId};
use crate::place::Root;
use crate::summary::{BaseRow, PassedRow, TypeRow};

/// How many steps names and base classes are followed from one to the next.
const LINEAGE_FUEL: u32 = 16;

impl Project<'_> {
    /// A class and what it inherits from in the project, itself first.
    #[must_use]
    pub fn lineage(&self, file: FileId, class: ClassId) -> Vec<(FileId, ClassId)> {
        self.lineage_within(file, class, Tank::of(LINEAGE_FUEL).fuel())
    }

    fn lineage_within(&self, file: FileId, class: ClassId, fuel: Fuel<'_>) -> Vec<(FileId, ClassId)> {
        let mut out = vec![(file, class)];
        let (mut at, mut fuel) = ((file, class), fuel);
        out.extend(self.adopted.mixed(file, class));
        while self.summary(at.0).classes[at.1.index()].base.is_some() {
            let Some(less) = fuel.less(2) else { break };
            fuel = less;
            match self.base_within(at.0, at.1, fuel) {
                Some(next) if !out.contains(&next) => {
                    out.push(next);
                    out.extend(self.adopted.mixed(next.0, next.1));
                    at = next;
                }
                _ => break,
            }
        }
        out
    }

    /// Whether a class may have anything of another one.
    fn inherits(&self, file: FileId, class: ClassId) -> bool {
        let row = &self.summary(file).classes[class.index()];
        row.base.is_some() || !row.adopted.is_empty()
    }

    /// The class that a field belongs to: the farthest ancestor that touches a field of that name.
    pub(super) fn field_owner(
        &self,
        file: FileId,
        class: ClassId,
        name: Symbol,
        fuel: Fuel<'_>,
    ) -> (FileId, ClassId) {
        if !self.inherits(file, class) {
            return (file, class);
        }
        let lineage = self.lineage_within(file, class, fuel);
        if lineage.len() < 2 {
            return (file, class);
        }
        let touches = |file: FileId, class| {
            let fields = self.tables(file).fields(&self.files[file.index()], &self.names[file.index()]);
            fields.binary_search(&(class, name)).is_ok()
        };
        let owner = lineage.iter().rev().find(|(file, class)| touches(*file, *class));
        owner.copied().unwrap_or((file, class))
    }

    /// What a class, or the nearest of its ancestors that knows, says of a field of its instances.
    #[must_use]
    pub fn field_row(&self, file: FileId, class: ClassId, field: Symbol) -> Option<&TypeRow> {
        self.lineage(file, class).into_iter().find_map(|(file, class)| {
            let row = self.tables(file).type_row(Own::field(class, field))?;
            self.summary(file).types.get(row as usize).map(|(_, ty)| ty)
        })
    }

    /// The method of a class or of what it inherits from.
    #[must_use]
    pub fn method(&self, file: FileId, class: ClassId, name: Symbol) -> Option<(FileId, FuncId, ClassId)> {
        self.method_within(file, class, name, Tank::of(LINEAGE_FUEL).fuel())
    }

    /// The same, asked while a base class is looked for: a circle of names ends with the fuel.
    pub(super) fn method_within(
        &self,
        file: FileId,
        class: ClassId,
        name: Symbol,
        fuel: Fuel<'_>,
    ) -> Option<(FileId, FuncId, ClassId)> {
        let own = |(file, class): (FileId, ClassId)| {
            let written = self.tables(file).method(class, name).filter(|(_, is_static)| !is_static);
            let written = written.map(|(func, _)| (file, func));
            let (of, func) = written.or_else(|| self.adopted.method(file, class, name))?;
            Some((of, func, class))
        };
        if !self.inherits(file, class) {
            return own((file, class));
        }
        self.lineage_within(file, class, fuel).into_iter().find_map(own)
    }

    /// The methods of a name that classes have that extend a class: an instance may well be of one of those.
    #[must_use]
    pub fn overriding(&self, file: FileId, class: ClassId, name: Symbol) -> Vec<(FileId, FuncId)> {
        let mut out = Vec::new();
        for of in self.file_ids().filter(|&of| self.is_production(of)) {
            for at in (0..self.summary(of).classes.len()).map(ClassId::from_index) {
                let own = self.tables(of).method(at, name).filter(|(_, is_static)| !is_static);
                if let Some((func, _)) = own
                    && (of, at) != (file, class)
                    && self.inherits(of, at)
                    && self.lineage(of, at).contains(&(file, class))
                {
                    out.push((of, func));
                }
            }
        }
        out
    }

    /// Whether making an instance of a class hands it to a function of the project or of a package, which may give it methods of
    /// its own: `mixEvents(this)`.
    #[must_use]
    pub fn hands_itself_over(&self, file: FileId, class: ClassId) -> bool {
        self.lineage(file, class).into_iter().any(|(file, class)| {
            let summary = self.summary(file);
            let constructors = &summary.classes[class.index()].constructors;
            let is_itself = |row: &PassedRow| {
                constructors.contains(&row.caller)
                    && matches!(summary.places.parts(row.place), (Root::This(of), []) if of == class)
            };
            summary.passed.iter().any(is_itself)
        })
    }

    /// The catalog type a class inherits from, through all files and what packages declare.
    #[must_use]
    pub fn class_model(&self, file: FileId, class: ClassId) -> Option<ModelId> {
        self.own_class_model(file, class).or_else(|| {
            self.lineage(file, class).into_iter().find_map(|(file, class)| {
                let base = self.summary(file).classes[class.index()].base.as_ref()?;
                let BaseRow::Place(place) = base else { return None };
                self.declared_instance(&self.spot(file, *place))
            })
        })
    }

    /// The same, by what the project and the catalog say.
    pub(super) fn own_class_model(&self, file: FileId, class: ClassId) -> Option<ModelId> {
        self.summary(file).classes[class.index()].base.as_ref()?;
        self.lineage(file, class).into_iter().find_map(|(file, class)| {
            match self.summary(file).classes[class.index()].base.as_ref()? {
                BaseRow::Model(model) => Some(*model),
                BaseRow::Place(place) => {
                    let spot = self.spot(file, *place);
                    self.api_path(&spot).and_then(|path| self.catalog.made_by(&path))
                }
                BaseRow::Class(_) => None,
            }
        })
    }

    /// What making an instance acquires because of a class of a library that it inherits from.
    #[must_use]
    pub fn acquired_by_base(&self, file: FileId, class: ClassId) -> Option<&AcquireRow> {
        self.lineage(file, class).into_iter().find_map(|(file, class)| {
            match self.summary(file).classes[class.index()].base.as_ref()? {
                BaseRow::Class(_) => None,
                BaseRow::Model(model) => self.catalog.acquired_by_making(*model),
                BaseRow::Place(place) => {
                    let path = self.api_path(&self.spot(file, *place))?;
                    self.catalog.calls_of_path(&path).find_map(|row| row.acquires.as_ref())
                }
            }
        })
    }

    /// The names of the methods of a class and of what it inherits from.
    pub fn method_names(&self, file: FileId, class: ClassId) -> Vec<(Symbol, FileId, FuncId)> {
        let mut out = Vec::new();
        for (file, class) in self.lineage(file, class) {
            out.extend(self.tables(file).methods(class).map(|(name, func)| (name, file, func)));
            out.extend(self.adopted.methods(file, class));
        }
        out.sort_unstable();
        out
    }
}
