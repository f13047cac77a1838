//! One name for one thing: access paths of single files rewritten so that all files agree.
//!
//! `cache` in a.js, `require('./a').cache` in b.js and `a.cache` behind `import * as a` are one spot. The field of an
//! instance belongs to the class that first gives it, whichever subclass or variable it is reached through.

use super::fuel::{Answers, FUEL, Fuel, Tank};
use super::places::spot_key;
use super::tables::{self, Own};
use super::{FileEntry, FileId, Project, Symbol};
use crate::catalog::ModelId;
use crate::index::{BindingId, ClassId, FuncId, NodeId, PlaceId};
use crate::model;
use crate::place::{Place, Root, Step};
use crate::summary::{BaseRow, ExportTo, TypeRow};
use crate::tables::ClassKind;
use rayon::prelude::*;
use smallvec::SmallVec;
use std::sync::Arc;

/// A place of the project.
#[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Spot {
    /// Where it starts.
    pub root: SpotRoot,
    /// The fields from there.
    pub path: SmallVec<[SpotStep; 3]>,
}

/// Where a spot starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum SpotRoot {
    /// A binding of a file.
    Binding(FileId, BindingId),
    /// An instance of a class.
    Instance(FileId, ClassId),
    /// A class itself: its static fields.
    Class(FileId, ClassId),
    /// A function as an object.
    Function(FileId, FuncId),
    /// The exports object of a file.
    Exports(FileId),
    /// What a package exports.
    Package(Symbol),
    /// A global variable.
    Global(Symbol),
    /// The value of one expression.
    Value(FileId, NodeId),
    /// `this` of a function whose receiver is unknown.
    Receiver(FileId, FuncId),
}

/// One step of a spot's path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum SpotStep {
    /// A field.
    Field(Symbol),
    /// Any element.
    Element,
}

/// What is known of a value, project-wide.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum GlobalTy {
    /// Nothing.
    Unknown,
    /// A catalog type.
    Model(ModelId),
    /// An instance of a class of the project.
    Instance(FileId, ClassId),
    /// A class of the project.
    Class(FileId, ClassId),
    /// A function of the project.
    Function(FileId, FuncId),
}

impl Spot {
    /// A spot without fields.
    #[must_use]
    pub fn root(root: SpotRoot) -> Self {
        Self { root, path: SmallVec::new() }
    }

    /// This spot and one more step.
    #[must_use]
    pub fn with(mut self, step: SpotStep) -> Self {
        self.path.push(step);
        self
    }

    /// The spot without its last step.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, head) = self.path.split_last()?;
        Some(Self { root: self.root, path: SmallVec::from_slice(head) })
    }

    /// For a field of something whose type nobody knows: the field's name, past elements.
    pub(super) fn loose_field(&self) -> Option<Symbol> {
        let is_loose = match self.root {
            SpotRoot::Binding(..) | SpotRoot::Receiver(..) | SpotRoot::Value(..) => true,
            SpotRoot::Instance(..) => self.path.len() > 1,
            _ => false,
        };
        is_loose.then(|| self.field()).flatten()
    }

    /// The name of the field it stands in, past elements: `b` of `a.b[0]`.
    #[must_use]
    pub fn field(&self) -> Option<Symbol> {
        self.path.iter().rev().find_map(|step| match step {
            SpotStep::Field(name) => Some(*name),
            SpotStep::Element => None,
        })
    }
}

impl Project<'_> {
    /// The project-wide name of a place of a file.
    #[must_use]
    pub fn canonical(&self, file: FileId, place: &Place) -> Spot {
        self.canonical_parts(file, (place.root, &place.path))
    }

    /// The same, of a root and the steps below it.
    pub(super) fn canonical_parts(&self, file: FileId, place: (Root, &[Step])) -> Spot {
        self.canonical_within(file, place, Tank::of(FUEL).fuel())
    }

    /// The project-wide name of a place that the summary of a file names by an id.
    #[must_use]
    pub fn spot(&self, file: FileId, place: PlaceId) -> Spot {
        self.spot_within(file, place, FUEL)
    }

    /// The same, where so many steps are left to whoever asks.
    pub(super) fn spot_within(&self, file: FileId, place: PlaceId, steps: u32) -> Spot {
        self.canonical_of(file, place, Tank::of(steps).fuel())
    }

    fn canonical_of(&self, file: FileId, place: PlaceId, fuel: Fuel<'_>) -> Spot {
        self.canonical_within(file, self.summary(file).places.parts(place), fuel)
    }

    fn canonical_within(&self, file: FileId, (root, path): (Root, &[Step]), fuel: Fuel<'_>) -> Spot {
        let Some(fuel) = fuel.less(1) else { return self.plain(file, (root, path)) };
        let mut steps = path.iter().map(|step| self.step(file, *step));
        let mut spot = match root {
            Root::Module(specifier) => {
                use super::Resolution;
                match self.modules[file.index()].get(specifier) {
                    Some(Resolution::File(target)) => {
                        let rest: SmallVec<[SpotStep; 3]> = steps.collect();
                        return self.exported(target, &rest, fuel);
                    }
                    _ => Spot::root(SpotRoot::Package(self.symbol_of(file, specifier))),
                }
            }
            // What a module exports as a whole goes by the name under which others import it.
            Root::Exports if path.is_empty() => return self.exported(file, &[], fuel),
            root => Spot::root(self.local_root(file, root)),
        };
        if self.is_plain_root(spot.root) {
            spot.path.extend(steps);
            return spot;
        }
        for step in &mut steps {
            spot = self.step_into(spot, step, fuel);
        }
        spot
    }

    fn step(&self, file: FileId, step: Step) -> SpotStep {
        match step {
            Step::Field(name) => SpotStep::Field(self.symbol_of(file, name)),
            Step::Element => SpotStep::Element,
        }
    }

    #[inline]
    pub(super) fn local_root(&self, file: FileId, root: Root) -> SpotRoot {
        match root {
            Root::Binding(binding) => SpotRoot::Binding(file, binding),
            Root::This(class) => {
                let (file, class) = self.adopted.whole(file, class);
                SpotRoot::Instance(file, class)
            }
            Root::Class(class) => SpotRoot::Class(file, class),
            Root::Exports => SpotRoot::Exports(file),
            Root::Global(name) => SpotRoot::Global(self.symbol_of(file, name)),
            Root::Module(name) => SpotRoot::Package(self.symbol_of(file, name)),
            Root::Value(node) => SpotRoot::Value(file, node),
            Root::Receiver(func) => match self.adopted.of_receiver(file, func) {
                Some((file, class)) => SpotRoot::Instance(file, class),
                None => SpotRoot::Receiver(file, func),
            },
        }
    }

    fn plain(&self, file: FileId, (root, path): (Root, &[Step])) -> Spot {
        let path = path.iter().map(|step| self.step(file, *step)).collect();
        Spot { root: self.local_root(file, root), path }
    }

    /// One step further, through the class of what is reached so far.
    fn step_into(&self, spot: Spot, step: SpotStep, fuel: Fuel<'_>) -> Spot {
        let Some(fuel) = fuel.less(1) else { return spot.with(step) };
        match (spot.root, spot.path.is_empty(), step) {
            (SpotRoot::Instance(file, class), true, SpotStep::Field(name)) => {
                let (file, class) = self.field_owner(file, class, name, fuel);
                Spot::root(SpotRoot::Instance(file, class)).with(step)
            }
            (SpotRoot::Exports(file), true, SpotStep::Field(_)) => {
                let rest: SmallVec<[SpotStep; 3]> = SmallVec::from_slice(&[step]);
                self.exported(file, &rest, fuel)
            }
            (SpotRoot::Exports(file), false, SpotStep::Field(name)) => {
                let named = self.export_below(file, &spot.path, name, fuel);
                named.unwrap_or_else(|| self.step_by_type(spot, step, fuel))
            }
            _ => self.step_by_type(spot, step, fuel),
        }
    }

    /// A field of what a module exports as a whole is what it exports under that name; so is one of the object that is its
    /// default.
    fn export_below(&self, file: FileId, path: &[SpotStep], name: Symbol, fuel: Fuel<'_>) -> Option<Spot> {
        match path {
            [SpotStep::Field(Symbol::WHOLE)] => self.export_named(file, name, fuel),
            [SpotStep::Field(Symbol::DEFAULT)] => {
                let below = self.symbols.find(&format!("default.{}", self.text(name)))?;
                self.export_named(file, below, fuel)
            }
            _ => None,
        }
    }

    fn step_by_type(&self, spot: Spot, step: SpotStep, fuel: Fuel<'_>) -> Spot {
        match self.type_within(&spot, fuel) {
            GlobalTy::Instance(file, class) if !self.is_namespace(file, class, &spot) => {
                self.step_into(Spot::root(SpotRoot::Instance(file, class)), step, fuel)
            }
            GlobalTy::Class(file, class) => Spot::root(SpotRoot::Class(file, class)).with(step),
            _ => spot.with(step),
        }
    }

    /// `const api = { items: [], add() { this.items… } }`: the fields of `api` are already named after its binding.
    fn is_namespace(&self, file: FileId, class: ClassId, spot: &Spot) -> bool {
        let row = &self.summary(file).classes[class.index()];
        row.kind == ClassKind::Object
            && row.is_named
            && matches!(spot.root, SpotRoot::Binding(of, _) if of == file)
    }

    /// What a path into the exports of a file names.
    fn exported(&self, file: FileId, steps: &[SpotStep], fuel: Fuel<'_>) -> Spot {
        let Some(fuel) = fuel.less(1) else { return Spot::root(SpotRoot::Exports(file)) };
        if let Some((SpotStep::Field(name), rest)) = steps.split_first() {
            if let Some(spot) = self.export_named(file, *name, fuel) {
                return self.walk(spot, rest, fuel);
            }
            let is_default = *name == Symbol::DEFAULT;
            // `import x from './commonjs'` and `require('./esm').default` meet in the middle.
            if let Some(spot) = self.export_named(file, Symbol::WHOLE, fuel) {
                return self.walk(spot, if is_default { rest } else { steps }, fuel);
            }
            if is_default {
                return self.walk(Spot::root(SpotRoot::Exports(file)), rest, fuel);
            }
            let mut spot = Spot::root(SpotRoot::Exports(file));
            spot.path.extend(steps.iter().copied());
            return spot;
        }
        self.export_named(file, Symbol::WHOLE, fuel)
            .unwrap_or_else(|| Spot { root: SpotRoot::Exports(file), path: SmallVec::from_slice(steps) })
    }

    /// What lies some steps below a spot.
    pub(super) fn below(&self, spot: Spot, steps: &[SpotStep]) -> Spot {
        self.walk(spot, steps, Tank::of(FUEL).fuel())
    }

    /// What a function that a file names keeps and gives to whoever asks, and of that what `given` is of what it gave: a path
    /// from there, or from the field of an instance that holds it.
    #[must_use]
    pub fn lent(&self, file: FileId, function: &Place, given: &Place) -> Option<Spot> {
        let path = &given.path[usize::from(matches!(given.root, Root::This(_)) && !given.path.is_empty())..];
        let spot = self.canonical(file, function);
        let found = match (spot.root, &spot.path[..]) {
            (SpotRoot::Instance(file, class), [SpotStep::Field(name)]) => {
                self.method(file, class, *name).map(|(file, func, _)| (file, func))
            }
            _ => None,
        };
        let (of, func) = found.or_else(|| match self.own_type_of(&spot) {
            GlobalTy::Function(file, func) => Some((file, func)),
            _ => None,
        })?;
        let kept = self.summary(of).functions[func.index()].lends?;
        // What an entry of a table holds may be given anew each time.
        if !path.is_empty() && self.summary(of).place(kept).path.contains(&Step::Element) {
            return None;
        }
        let steps: SmallVec<[SpotStep; 3]> = path.iter().map(|&step| self.step(file, step)).collect();
        Some(self.below(self.spot(of, kept), &steps))
    }

    fn walk(&self, mut spot: Spot, steps: &[SpotStep], fuel: Fuel<'_>) -> Spot {
        if !steps.is_empty() && self.is_plain_root(spot.root) {
            spot.path.extend_from_slice(steps);
            return spot;
        }
        for &step in steps {
            spot = self.step_into(spot, step, fuel);
        }
        spot
    }

    fn export_named(&self, file: FileId, name: Symbol, fuel: Fuel<'_>) -> Option<Spot> {
        let fuel = fuel.less(1)?;
        if let Some(row) = self.tables(file).export(name) {
            return Some(self.export_spot(file, row as usize, name, fuel));
        }
        // `export * from`
        let summary = self.summary(file);
        summary.exports.iter().filter(|export| export.name.is_none()).find_map(|export| {
            match &export.target {
                ExportTo::From { source, .. } => match self.modules[file.index()].get(*source)? {
                    super::Resolution::File(target) => self.export_named(target, name, fuel),
                    super::Resolution::Package => None,
                },
                _ => None,
            }
        })
    }

    fn export_spot(&self, file: FileId, row: usize, name: Symbol, fuel: Fuel<'_>) -> Spot {
        match &self.summary(file).exports[row].target {
            ExportTo::Place(place) => self.canonical_of(file, *place, fuel),
            ExportTo::Function(func) => Spot::root(SpotRoot::Function(file, *func)),
            ExportTo::Class(class) => Spot::root(SpotRoot::Class(file, *class)),
            ExportTo::Value(_) => {
                let literal = self.whole_literal(file).filter(|_| name != Symbol::WHOLE);
                let root = literal.map_or(SpotRoot::Exports(file), |class| SpotRoot::Instance(file, class));
                Spot::root(root).with(SpotStep::Field(name))
            }
            ExportTo::From { source, imported } => match self.modules[file.index()].get(*source) {
                Some(super::Resolution::File(target)) => {
                    let steps: SmallVec<[SpotStep; 3]> = imported
                        .map(|name| SpotStep::Field(self.symbol_of(file, name)))
                        .into_iter()
                        .collect();
                    self.exported(target, &steps, fuel)
                }
                _ => {
                    let mut spot = Spot::root(SpotRoot::Package(self.symbol_of(file, *source)));
                    spot.path.extend(imported.map(|name| SpotStep::Field(self.symbol_of(file, name))));
                    spot
                }
            },
        }
    }

    /// The object literal without a name that is all that a file exports. Its methods see it as their `this`, others as the file's
    /// exports.
    fn whole_literal(&self, file: FileId) -> Option<ClassId> {
        let row = self.tables(file).export(Symbol::WHOLE)?;
        match &self.summary(file).exports[row as usize].target {
            ExportTo::Value(TypeRow::Instance(class)) => {
                let literal = &self.summary(file).classes[class.index()];
                (literal.is_own_receiver && !literal.is_named).then_some(*class)
            }
            _ => None,
        }
    }

    pub(super) fn index_types(&mut self) {
        // What is a file's own is in its tables, or is said below it: the paths of everything else go through that.
        for pass in 0..2 {
            for id in self.file_ids() {
                for at in 0..self.tables(id).other_types().len() {
                    let row = self.tables(id).other_types()[at];
                    let place = self.summary(id).types[row as usize].0;
                    let parts @ (root, path) = self.summary(id).places.parts(place);
                    let is_plain = matches!(root, Root::This(_) | Root::Class(_)) || path.is_empty();
                    // Tests put stand-ins where the program has the thing itself.
                    let is_stand_in = matches!(root, Root::Global(_)) && !self.is_production(id);
                    if is_plain != (pass == 0) || is_stand_in {
                        continue;
                    }
                    let spot = if is_plain { self.plain(id, parts) } else { self.spot(id, place) };
                    self.typed_roots.add(spot.root);
                    self.types.entry(spot_key(&spot)).or_insert((id, row));
                }
            }
        }
        let of_file = |(file, names): (&FileEntry, &Arc<[Symbol]>)| tables::exported_values(file, names);
        self.exported_values = self.files.par_iter().zip(&self.names).map(of_file).collect();
    }

    /// Has room for what is asked about types and bases: from now on every row is in its table.
    pub(super) fn remember_types(&mut self) {
        let summaries = || self.files.iter().map(|file| &*file.summary);
        let (types, bases) = rayon::join(
            || summaries().map(|summary| Answers::of(summary.types.len())).collect(),
            || summaries().map(|summary| Answers::of(summary.classes.len())).collect(),
        );
        (self.known_types, self.known_bases) = (types, bases);
    }

    /// The row that tells the type of a spot, and its file.
    pub(super) fn type_row(&self, spot: &Spot) -> Option<(FileId, &TypeRow)> {
        match self.told_at(spot) {
            Some((file, row)) => self.summary(file).types.get(row as usize).map(|(_, ty)| (file, ty)),
            None => self.exported_value(spot),
        }
    }

    /// The file that tells the type of a spot among its types, and the number of the row there.
    fn told_at(&self, spot: &Spot) -> Option<(FileId, u32)> {
        if let Some((file, own)) = Own::of_spot(spot)
            && let Some(row) = self.tables(file).type_row(own)
        {
            return Some((file, row));
        }
        let may_be = self.typed_roots.may_have(spot.root);
        may_be.then(|| self.types.get(&spot_key(spot)).copied()).flatten()
    }

    /// Whether no file tells anything of what starts at a root: then fields only add to the path, and nothing there is a
    /// function or a class of the project.
    #[inline]
    pub(super) fn is_plain_root(&self, root: SpotRoot) -> bool {
        let told = match root {
            SpotRoot::Binding(file, binding) => self.tables(file).tells_of(binding),
            SpotRoot::Receiver(..) | SpotRoot::Value(..) => false,
            // Rows of the catalog tell types of these, but none that leads back into the project.
            SpotRoot::Package(_) | SpotRoot::Global(_) => false,
            _ => return false,
        };
        !told && !self.typed_roots.may_have(root)
    }

    /// Whether the catalog tells nothing of it either.
    fn is_untyped(&self, root: SpotRoot) -> bool {
        !matches!(root, SpotRoot::Package(_) | SpotRoot::Global(_)) && self.is_plain_root(root)
    }

    /// The type of a value that a file exports without giving it a name.
    fn exported_value(&self, spot: &Spot) -> Option<(FileId, &TypeRow)> {
        let (SpotRoot::Exports(file), &[SpotStep::Field(name)]) = (spot.root, &spot.path[..]) else {
            return None;
        };
        let row = tables::find(self.exported_values.get(file.index())?, name)?;
        match &self.summary(file).exports.get(row as usize)?.target {
            ExportTo::Value(ty) => Some((file, ty)),
            _ => None,
        }
    }

    /// What is at a spot.
    #[must_use]
    pub fn type_of(&self, spot: &Spot) -> GlobalTy {
        match self.own_type_of(spot) {
            GlobalTy::Unknown => self.declared_type(spot),
            known => known,
        }
    }

    /// The same, by what the project and the catalog say.
    pub(super) fn own_type_of(&self, spot: &Spot) -> GlobalTy {
        if self.is_untyped(spot.root) {
            return GlobalTy::Unknown;
        }
        self.type_within(spot, Tank::of(FUEL).fuel())
    }

    fn type_within(&self, spot: &Spot, fuel: Fuel<'_>) -> GlobalTy {
        let Some(fuel) = fuel.less(1) else { return GlobalTy::Unknown };
        if spot.path.is_empty() {
            match spot.root {
                SpotRoot::Instance(file, class) => return GlobalTy::Instance(file, class),
                SpotRoot::Class(file, class) => return GlobalTy::Class(file, class),
                SpotRoot::Function(file, func) => return GlobalTy::Function(file, func),
                SpotRoot::Package(_) => return self.value_type(spot),
                SpotRoot::Global(_) => match self.value_type(spot) {
                    GlobalTy::Unknown => return self.given_to_global(spot, fuel),
                    known => return known,
                },
                _ => {}
            }
        }
        if let Some((file, row)) = self.told_at(spot) {
            return self.type_at_row(file, row as usize, fuel);
        }
        if let Some((file, ty)) = self.exported_value(spot) {
            return self.resolve_type(file, ty, fuel);
        }
        if let Some(SpotStep::Field(name)) = spot.path.last()
            && let Some(owner) = spot.parent()
        {
            return self.field_type(&owner, *name, spot, fuel);
        }
        GlobalTy::Unknown
    }

    /// The object that a file gives to a global: `window.App = { … }`. A function there may stand in for one of the platform's.
    fn given_to_global(&self, spot: &Spot, fuel: Fuel<'_>) -> GlobalTy {
        let told = self.told_at(spot).map(|(file, row)| self.type_at_row(file, row as usize, fuel));
        match told {
            Some(known @ (GlobalTy::Instance(..) | GlobalTy::Model(_))) => known,
            _ => GlobalTy::Unknown,
        }
    }

    fn field_type(&self, owner: &Spot, name: Symbol, spot: &Spot, fuel: Fuel<'_>) -> GlobalTy {
        match self.type_within(owner, fuel) {
            GlobalTy::Instance(file, class) => {
                if let Some((file, func, _)) = self.method_within(file, class, name, fuel) {
                    return GlobalTy::Function(file, func);
                }
                let model = self.own_class_model(file, class);
                let field = model.and_then(|model| self.catalog.field(model, self.text(name)));
                field.map_or(GlobalTy::Unknown, GlobalTy::Model)
            }
            GlobalTy::Class(file, class) => match self.static_method(file, class, name) {
                Some(func) => GlobalTy::Function(file, func),
                None => GlobalTy::Unknown,
            },
            GlobalTy::Model(model) => {
                self.catalog.field(model, self.text(name)).map_or(GlobalTy::Unknown, GlobalTy::Model)
            }
            _ => self.value_type(spot),
        }
    }

    fn static_method(&self, file: FileId, class: ClassId, name: Symbol) -> Option<FuncId> {
        let method = self.tables(file).method(class, name);
        method.filter(|(_, is_static)| *is_static).map(|(func, _)| func)
    }

    /// The type of a package's or a global's value.
    fn value_type(&self, spot: &Spot) -> GlobalTy {
        self.api_path(spot)
            .and_then(|path| self.catalog.value(&path))
            .map_or(GlobalTy::Unknown, GlobalTy::Model)
    }

    /// The access path of a spot in the words of the catalog.
    #[must_use]
    pub fn api_path(&self, spot: &Spot) -> Option<String> {
        let mut path = match spot.root {
            SpotRoot::Package(name) => {
                self.catalog.known_as(model::package_path(self.text(name))?).to_owned()
            }
            SpotRoot::Global(name) => self.text(name).to_owned(),
            _ => return None,
        };
        for step in &spot.path {
            match step {
                SpotStep::Field(name) if self.text(*name) == "default" => {}
                SpotStep::Field(name) => {
                    path.push('.');
                    path.push_str(self.text(*name));
                }
                SpotStep::Element => path.push_str("[]"),
            }
        }
        Some(path)
    }

    /// A type row of a file, followed to something all files know.
    #[must_use]
    pub fn resolved_type(&self, file: FileId, ty: &TypeRow) -> GlobalTy {
        match self.resolve_type(file, ty, Tank::of(FUEL).fuel()) {
            GlobalTy::Unknown => self.declared_row(file, ty),
            known => known,
        }
    }

    /// The same, by what the project and the catalog say.
    pub(super) fn class_of_row(&self, file: FileId, ty: &TypeRow) -> GlobalTy {
        self.resolve_type(file, ty, Tank::of(FUEL).fuel())
    }

    /// What a row among the types of a file says, followed as far as it leads.
    fn type_at_row(&self, file: FileId, row: usize, fuel: Fuel<'_>) -> GlobalTy {
        let Some((_, ty)) = self.summary(file).types.get(row) else { return GlobalTy::Unknown };
        match self.known_types.get(file.index()) {
            Some(known) if leads_on(ty) => known.get(row, fuel, |fuel| self.resolve_type(file, ty, fuel)),
            _ => self.resolve_type(file, ty, fuel),
        }
    }

    fn resolve_type(&self, file: FileId, ty: &TypeRow, fuel: Fuel<'_>) -> GlobalTy {
        let Some(fuel) = fuel.less(1) else { return GlobalTy::Unknown };
        match ty {
            TypeRow::Unknown => GlobalTy::Unknown,
            TypeRow::Model(model) => GlobalTy::Model(*model),
            TypeRow::Instance(class) => GlobalTy::Instance(file, *class),
            TypeRow::Class(class) => GlobalTy::Class(file, *class),
            TypeRow::Function(func) => GlobalTy::Function(file, *func),
            TypeRow::Same(place) => {
                let spot = self.canonical_of(file, *place, fuel);
                self.type_within(&spot, fuel)
            }
            TypeRow::InstanceOf(place) | TypeRow::Annotated(place) => {
                let spot = self.canonical_of(file, *place, fuel);
                match self.type_within(&spot, fuel) {
                    GlobalTy::Class(file, class) => GlobalTy::Instance(file, class),
                    GlobalTy::Function(file, func) => self.constructed_by(file, func),
                    _ => self.made_by(&spot),
                }
            }
            TypeRow::ResultOf(place) => {
                let spot = self.canonical_of(file, *place, fuel);
                match self.type_within(&spot, fuel) {
                    GlobalTy::Function(file, func) => {
                        let returns = &self.summary(file).functions[func.index()].returns;
                        self.resolve_type(file, returns, fuel)
                    }
                    _ => self.made_by(&spot),
                }
            }
            TypeRow::Narrowed(place, said) => match self.resolve_type(file, &TypeRow::ResultOf(*place), fuel)
            {
                GlobalTy::Model(found) if self.catalog.model(found).life.is_some() => GlobalTy::Model(found),
                _ => GlobalTy::Model(*said),
            },
        }
    }

    fn made_by(&self, spot: &Spot) -> GlobalTy {
        self.api_path(spot)
            .and_then(|path| self.catalog.made_by(&path))
            .map_or(GlobalTy::Unknown, GlobalTy::Model)
    }

    /// The class of which `new` makes an instance with what a spot is: a class, or a function that constructs.
    #[must_use]
    pub fn class_made_by(&self, spot: &Spot) -> Option<(FileId, ClassId)> {
        match self.type_of(spot) {
            GlobalTy::Class(file, class) => Some((file, class)),
            GlobalTy::Function(file, func) => match self.constructed_by(file, func) {
                GlobalTy::Instance(file, class) => Some((file, class)),
                _ => None,
            },
            _ => None,
        }
    }

    fn constructed_by(&self, file: FileId, func: FuncId) -> GlobalTy {
        let classes = &self.summary(file).classes;
        let class = classes.iter().position(|row| row.constructors.first() == Some(&func));
        class.map_or(GlobalTy::Unknown, |i| GlobalTy::Instance(file, ClassId::from_index(i)))
    }

    /// The class of the project that a class extends.
    pub(super) fn base_class(&self, file: FileId, class: ClassId, steps: u32) -> Option<(FileId, ClassId)> {
        self.base_within(file, class, Tank::of(steps).fuel())
    }

    /// The same, asked on the way to something else.
    pub(super) fn base_within(
        &self,
        file: FileId,
        class: ClassId,
        fuel: Fuel<'_>,
    ) -> Option<(FileId, ClassId)> {
        match self.summary(file).classes[class.index()].base.as_ref()? {
            BaseRow::Class(base) => Some((file, *base)),
            BaseRow::Model(_) => None,
            BaseRow::Place(place) => {
                let find = |fuel: Fuel<'_>| self.class_at(file, *place, fuel.less(1)?);
                match self.known_bases.get(file.index()) {
                    Some(known) => known.get(class.index(), fuel, find),
                    None => find(fuel),
                }
            }
        }
    }

    /// The class that stands at a place, or that a function there is the constructor of.
    fn class_at(&self, file: FileId, place: PlaceId, fuel: Fuel<'_>) -> Option<(FileId, ClassId)> {
        let spot = self.canonical_of(file, place, fuel);
        match self.type_within(&spot, fuel) {
            GlobalTy::Class(file, class) => Some((file, class)),
            GlobalTy::Function(file, func) => match self.constructed_by(file, func) {
                GlobalTy::Instance(file, class) => Some((file, class)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether a row names something else, whose type has to be found.
fn leads_on(ty: &TypeRow) -> bool {
    match ty {
        TypeRow::Unknown
        | TypeRow::Model(_)
        | TypeRow::Instance(_)
        | TypeRow::Class(_)
        | TypeRow::Function(_) => false,
        TypeRow::Same(_) | TypeRow::InstanceOf(_) | TypeRow::Annotated(_) => true,
        TypeRow::ResultOf(_) | TypeRow::Narrowed(..) => true,
    }
}
