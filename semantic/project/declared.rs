//! What the declarations of packages say of what they export: read when a receiver has no other proof, for kinds alone.
//!
//! A question starts at a package and goes by fields and calls: `require('bus').connect().events`. Nothing is run, no
//! text of a package is shown, and nothing is reported in one. A question reads [`MAX_FILES`] files at most, each of
//! [`MAX_BYTES`] at most; what it would need beyond is unknown, and the package is named.

use super::fuel::FUEL;
use super::{FileId, GlobalTy, Project, Spot, SpotRoot, SpotStep, Symbol};
use crate::catalog::{Catalog, ModelId};
use crate::declarations::{Declarations, Exported, Source, TypeName, Types, Value};
use crate::index::PlaceId;
use crate::model::package_path;
use crate::summary::TypeRow;
use crate::syntax::declarations;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// How many files one question reads.
pub const MAX_FILES: u32 = 32;

/// How many bytes of a file are read: a larger one is not read at all.
pub const MAX_BYTES: u64 = 1 << 20;

/// How many names one question follows.
const MAX_STEPS: u32 = 256;

/// What makes a collection larger: a class that has one of these of its own may make room as well.
const GROWING: &[&str] = &["set", "add", "push"];

/// Reads a regular file that has no more bytes than that; none if there is none, or it is larger.
pub(super) type ReadText = fn(&Path, u64) -> ReadResult;

/// A text, or why there is none.
pub enum ReadResult {
    /// The text.
    Text(String),
    /// There is no such file, or it is no text.
    Missing,
    /// It has too many bytes.
    TooLarge,
}

/// One step from a package to a value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Step {
    Field(Box<str>),
    /// Called or constructed.
    Made,
    /// Something of the type of this name.
    Instance,
}

/// The declarations of packages, as far as they were asked for.
pub struct Declared {
    root: PathBuf,
    read: ReadText,
    resolver: oxc_resolver::Resolver,
    files: Mutex<FxHashMap<PathBuf, Found>>,
    answers: Mutex<FxHashMap<Asked, Option<ModelId>>>,
    cut: Mutex<BTreeSet<String>>,
}

/// A file, a specifier in it, and the way from there.
type Asked = (Box<str>, Box<str>, Vec<Step>);

/// A file that was looked for.
#[derive(Clone)]
enum Found {
    File(Arc<File>),
    Missing,
    TooLarge,
}

/// A file that was read.
struct File {
    path: PathBuf,
    rows: Declarations,
}

/// What is reached on the way.
#[derive(Clone)]
enum Thing {
    Module(Arc<File>),
    /// A value of a file, by its dotted name.
    Value(Arc<File>, Box<str>),
    /// Something of a type of a file.
    Instance(Arc<File>, Box<str>),
    /// A function, by what it returns, and whose method it is.
    Function(Arc<File>, Types, Option<Box<str>>),
    /// An access path of the catalog.
    Known(String),
    Model(ModelId),
    /// A method of something of the catalog.
    Method(ModelId, Box<str>),
}

impl Declared {
    /// `root` is what the paths of files are relative to.
    #[must_use]
    pub fn new(root: &Path, read: ReadText) -> Self {
        Self {
            root: root.to_path_buf(),
            read,
            resolver: resolver(),
            files: Mutex::default(),
            answers: Mutex::default(),
            cut: Mutex::default(),
        }
    }

    /// What a file gets that imports a package and goes on from there.
    pub(super) fn kind(
        &self,
        catalog: &Catalog,
        from: &str,
        specifier: &str,
        steps: &[Step],
    ) -> Option<ModelId> {
        package_path(specifier).filter(|_| !specifier.starts_with("node:"))?;
        let key: Asked = (from.into(), specifier.into(), steps.to_vec());
        if let Some(&known) = self.answers.lock().ok()?.get(&key) {
            return known;
        }
        let mut question =
            Question { declared: self, catalog, files: MAX_FILES, steps: MAX_STEPS, is_cut: false };
        let found = question.answer(&self.root.join(from), specifier, steps);
        if question.is_cut {
            self.cut.lock().ok()?.insert(specifier.to_owned());
        }
        self.answers.lock().ok()?.insert(key, found);
        found
    }

    /// The packages of which more would have had to be read.
    #[must_use]
    pub fn cut(&self) -> Vec<String> {
        self.cut.lock().map(|cut| cut.iter().cloned().collect()).unwrap_or_default()
    }

    /// How many files were read.
    #[must_use]
    pub fn files_read(&self) -> u64 {
        let is_read = |found: &&Found| matches!(found, Found::File(_));
        self.files.lock().map(|files| files.values().filter(is_read).count() as u64).unwrap_or_default()
    }

    /// The declarations that a specifier in a file stands for: its own, or those that are published for it.
    fn find(&self, from: &Path, specifier: &str) -> Found {
        let found = self.find_as(from, specifier);
        if !matches!(found, Found::Missing) || specifier.starts_with('.') {
            return found;
        }
        // By TypeScript's own way: a manifest with `typesVersions` has them elsewhere.
        let moved = self.resolver.resolve_dts(from, specifier);
        let moved = moved.ok().filter(|found| is_declaration(found.path()));
        if let Some(moved) = moved {
            return self.file(moved.path());
        }
        let name = specifier
            .strip_prefix('@')
            .map_or_else(|| specifier.to_owned(), |name| name.replacen('/', "__", 1));
        self.find_as(from, &format!("@types/{name}"))
    }

    fn find_as(&self, from: &Path, specifier: &str) -> Found {
        let Ok(found) = self.resolver.resolve_file(from, specifier) else { return Found::Missing };
        let path = found.path();
        if is_declaration(path) {
            return self.file(path);
        }
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Found::Missing };
        // What is declared of `index.js` stands beside it.
        let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
        let beside = match end {
            "mjs" => format!("{stem}.d.mts"),
            "cjs" => format!("{stem}.d.cts"),
            _ => format!("{stem}.d.ts"),
        };
        self.file(&path.with_file_name(beside))
    }

    fn file(&self, path: &Path) -> Found {
        let known = self.files.lock().ok().and_then(|files| files.get(path).cloned());
        known.unwrap_or_else(|| {
            let found = match (self.read)(path, MAX_BYTES) {
                // A text that the parser cannot bear is none.
                ReadResult::Text(text) => {
                    let rows = std::panic::catch_unwind(|| declarations(&text)).ok().flatten();
                    rows.map_or(Found::Missing, |rows| {
                        Found::File(Arc::new(File { path: path.to_path_buf(), rows }))
                    })
                }
                ReadResult::TooLarge => Found::TooLarge,
                ReadResult::Missing => Found::Missing,
            };
            if let Ok(mut files) = self.files.lock() {
                files.insert(path.to_path_buf(), found.clone());
            }
            found
        })
    }
}

fn is_declaration(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| name.ends_with(end)))
}

/// Node's and TypeScript's resolution, of types.
fn resolver() -> oxc_resolver::Resolver {
    let all = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let options = oxc_resolver::ResolveOptions {
        extensions: all(&[".d.ts", ".d.mts", ".d.cts", ".js", ".mjs", ".cjs"]),
        extension_alias: vec![
            (".js".to_owned(), all(&[".d.ts", ".js"])),
            (".mjs".to_owned(), all(&[".d.mts", ".mjs"])),
            (".cjs".to_owned(), all(&[".d.cts", ".cjs"])),
        ],
        condition_names: all(&["types", "node", "import", "require", "default"]),
        main_fields: all(&["types", "typings", "main"]),
        builtin_modules: true,
        ..oxc_resolver::ResolveOptions::default()
    };
    oxc_resolver::Resolver::new(options)
}

/// One question, and what is left of what it may cost: it costs the same whoever asked before.
struct Question<'q> {
    declared: &'q Declared,
    catalog: &'q Catalog,
    files: u32,
    steps: u32,
    is_cut: bool,
}

impl Question<'_> {
    fn answer(&mut self, from: &Path, specifier: &str, steps: &[Step]) -> Option<ModelId> {
        let mut at = Thing::Module(self.open(from, specifier)?);
        for step in steps {
            at = match step {
                Step::Field(name) => self.field(at, name)?,
                Step::Made => self.made(at)?,
                Step::Instance => self.instance(at)?,
            };
        }
        self.kind(at)
    }

    /// Every way on goes through here, so that what names itself ends.
    fn step(&mut self) -> Option<()> {
        match self.steps.checked_sub(1) {
            Some(left) => self.steps = left,
            None => self.is_cut = true,
        }
        (!self.is_cut).then_some(())
    }

    fn open(&mut self, from: &Path, specifier: &str) -> Option<Arc<File>> {
        let Some(left) = self.files.checked_sub(1) else {
            self.is_cut = true;
            return None;
        };
        self.files = left;
        match self.declared.find(from, specifier) {
            Found::File(file) => Some(file),
            Found::TooLarge => {
                self.is_cut = true;
                None
            }
            Found::Missing => None,
        }
    }

    fn field(&mut self, of: Thing, name: &str) -> Option<Thing> {
        self.step()?;
        match of {
            Thing::Module(file) => self.export(&file, name),
            Thing::Value(file, value) => self.field_of_value(&file, &value, name),
            Thing::Instance(file, ty) => self.member(&file, &ty, name),
            Thing::Known(path) => Some(Thing::Known(format!("{path}.{name}"))),
            Thing::Model(model) => Some(match self.catalog.field(model, name) {
                Some(field) => Thing::Model(field),
                None => Thing::Method(model, name.into()),
            }),
            Thing::Function(..) | Thing::Method(..) => None,
        }
    }

    /// A static of a class, a name of a namespace, a field of a constant.
    fn field_of_value(&mut self, file: &Arc<File>, value: &str, name: &str) -> Option<Thing> {
        let dotted = format!("{value}.{name}");
        if is_declared(file, &dotted) {
            return Some(Thing::Value(Arc::clone(file), dotted.into()));
        }
        match self.behind(file, value)? {
            Thing::Value(_, same) if *same == *value => None,
            next => self.field(next, name),
        }
    }

    /// What a name of a file stands for, if it is no class and no function: what it was imported as, what its type is.
    fn behind(&mut self, file: &Arc<File>, value: &str) -> Option<Thing> {
        self.step()?;
        match file.rows.values.get(value) {
            Some(Value::Class | Value::Function(_)) => None,
            Some(Value::Constant(types)) => self.one_of(file, types, None),
            None => self.imported(file, value),
        }
    }

    /// What is behind a dotted name whose first part is imported.
    fn imported(&mut self, file: &Arc<File>, name: &str) -> Option<Thing> {
        let mut parts = name.split('.');
        let source = file.rows.imports.get(parts.next()?)?;
        let mut at = self.source(file, source)?;
        for part in parts {
            at = self.field(at, part)?;
        }
        Some(at)
    }

    fn source(&mut self, file: &Arc<File>, source: &Source) -> Option<Thing> {
        self.step()?;
        let known = package_path(&source.specifier).and_then(|package| {
            let path = source.name.as_ref().filter(|name| &***name != "default");
            let path = path.map_or_else(|| package.to_owned(), |name| format!("{package}.{name}"));
            let is_known = self.catalog.knows_package(package) || self.knows(&path);
            is_known.then_some(Thing::Known(path))
        });
        if known.is_some() {
            return known;
        }
        let module = self.open(&file.path, &source.specifier)?;
        match &source.name {
            Some(name) => self.export(&module, name),
            None => Some(Thing::Module(module)),
        }
    }

    fn knows(&self, path: &str) -> bool {
        let catalog = self.catalog;
        catalog.made_by(path).or(catalog.value(path)).or(catalog.annotation(path)).is_some()
    }

    fn export(&mut self, file: &Arc<File>, name: &str) -> Option<Thing> {
        self.step()?;
        if let Some(exported) = file.rows.exports.get(name) {
            return match exported {
                Exported::Local(local) => self.local(file, local),
                Exported::From(source) => self.source(file, source),
            };
        }
        // `export = client` has the names of the client.
        if let Some(Exported::Local(whole)) = file.rows.exports.get("=") {
            let whole = self.local(file, whole)?;
            return if name == "default" { Some(whole) } else { self.field(whole, name) };
        }
        file.rows.stars.iter().filter(|_| name != "default").find_map(|specifier| {
            let module = self.open(&file.path, specifier)?;
            self.export(&module, name)
        })
    }

    fn local(&mut self, file: &Arc<File>, name: &str) -> Option<Thing> {
        if is_declared(file, name) {
            return Some(Thing::Value(Arc::clone(file), name.into()));
        }
        self.imported(file, name)
    }

    fn member(&mut self, file: &Arc<File>, ty: &str, name: &str) -> Option<Thing> {
        self.step()?;
        match file.rows.members.get(&*format!("{ty}#{name}")) {
            Some(Value::Function(returns)) => {
                return Some(Thing::Function(Arc::clone(file), returns.clone(), Some(ty.into())));
            }
            Some(Value::Constant(types)) => return self.one_of(file, types, Some(ty)),
            Some(Value::Class) | None => {}
        }
        let bases = file.rows.types.get(ty)?;
        bases.iter().find_map(|base| {
            let base = self.named(file, base, None)?;
            self.field(base, name)
        })
    }

    /// What calling or constructing something gives.
    fn made(&mut self, of: Thing) -> Option<Thing> {
        self.step()?;
        match of {
            Thing::Module(file) => {
                let name = if file.rows.exports.contains_key("=") { "=" } else { "default" };
                let whole = self.export(&file, name)?;
                self.made(whole)
            }
            Thing::Value(file, value) => match file.rows.values.get(&value) {
                Some(Value::Class) => Some(Thing::Instance(file, value)),
                Some(Value::Function(returns)) => self.one_of(&file, returns, None),
                Some(Value::Constant(_)) => {
                    let of = self.behind(&file, &value)?;
                    self.made(of)
                }
                None => None,
            },
            Thing::Instance(file, ty) => match self.member(&file, &ty, "()")? {
                Thing::Function(file, returns, own) => self.one_of(&file, &returns, own.as_deref()),
                _ => None,
            },
            Thing::Function(file, returns, own) => self.one_of(&file, &returns, own.as_deref()),
            Thing::Known(path) => self.catalog.made_by(&path).map(Thing::Model),
            Thing::Method(model, name) => self.catalog.returned(model, &name).map(Thing::Model),
            Thing::Model(_) => None,
        }
    }

    /// Something of the first of some types that is known; `this` is `own`.
    fn one_of(&mut self, file: &Arc<File>, types: &[TypeName], own: Option<&str>) -> Option<Thing> {
        types.iter().find_map(|ty| self.named(file, ty, own))
    }

    /// Something of a type that a file names.
    fn named(&mut self, file: &Arc<File>, ty: &TypeName, own: Option<&str>) -> Option<Thing> {
        self.step()?;
        if &*ty.name == "this" {
            return own.map(|own| Thing::Instance(Arc::clone(file), own.into()));
        }
        let rows = &file.rows;
        let is_there =
            |name: &str| if ty.of_value { is_declared(file, name) } else { rows.types.contains_key(name) };
        let found = names_from(&ty.within, &ty.name).find(|name| is_there(name));
        match found {
            Some(name) if ty.of_value => Some(Thing::Value(Arc::clone(file), name.into())),
            Some(name) => Some(Thing::Instance(Arc::clone(file), name.into())),
            None => match self.imported(file, &ty.name) {
                Some(thing) if !ty.of_value => self.instance(thing),
                Some(thing) => Some(thing),
                None => self.catalog.annotation(&ty.name).map(Thing::Model),
            },
        }
    }

    /// Something of the type that goes by the name of a value.
    fn instance(&self, of: Thing) -> Option<Thing> {
        match of {
            Thing::Value(file, name) => Some(Thing::Instance(file, name)),
            Thing::Known(path) => {
                self.catalog.annotation(&path).or(self.catalog.made_by(&path)).map(Thing::Model)
            }
            Thing::Module(file) => {
                match file.rows.exports.get("=").or_else(|| file.rows.exports.get("default")) {
                    Some(Exported::Local(name)) => Some(Thing::Instance(Arc::clone(&file), name.clone())),
                    _ => None,
                }
            }
            thing => Some(thing),
        }
    }

    /// The catalog type of a value.
    fn kind(&mut self, of: Thing) -> Option<ModelId> {
        self.step()?;
        match of {
            Thing::Model(model) => Some(model),
            Thing::Known(path) => self.catalog.value(&path),
            Thing::Instance(file, ty) => self.inherited(&file, &ty),
            Thing::Value(file, value) => {
                let of = self.behind(&file, &value)?;
                self.kind(of)
            }
            Thing::Module(file) => {
                let whole = self.export(&file, "=")?;
                self.kind(whole)
            }
            Thing::Function(..) | Thing::Method(..) => None,
        }
    }

    fn inherited(&mut self, file: &Arc<File>, ty: &str) -> Option<ModelId> {
        let found = file.rows.types.get(ty)?.iter().find_map(|base| {
            let base = self.named(file, base, None)?;
            self.kind(base)
        })?;
        let has_own = |name: &&str| file.rows.members.contains_key(&*format!("{ty}#{name}"));
        let may_make_room = self.catalog.model(found).container.is_some() && GROWING.iter().any(has_own);
        (!may_make_room).then_some(found)
    }
}

/// Whether a file declares a value or a type of this name, or a namespace.
fn is_declared(file: &File, name: &str) -> bool {
    let rows = &file.rows;
    rows.values.contains_key(name) || rows.types.contains_key(name) || rows.namespaces.contains(name)
}

/// What a name may mean in a namespace: the name there, and in each namespace around it.
fn names_from(within: &str, name: &str) -> impl Iterator<Item = String> {
    let around = std::iter::successors(Some(within), |at| match at.rsplit_once('.') {
        Some((outer, _)) => Some(outer),
        None => (!at.is_empty()).then_some(""),
    });
    around.map(move |at| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") })
}

impl Project<'_> {
    /// What packages declare of what is at a spot.
    pub(super) fn declared_type(&self, spot: &Spot) -> GlobalTy {
        let way = self.declared.as_ref().and_then(|_| self.way(spot, FUEL));
        way.and_then(|way| self.declared_kind(&way)).map_or(GlobalTy::Unknown, GlobalTy::Model)
    }

    /// The same of a row of a file.
    pub(super) fn declared_row(&self, file: FileId, row: &TypeRow) -> GlobalTy {
        let way = self.declared.as_ref().and_then(|_| self.way_of_row(file, row, FUEL));
        way.and_then(|way| self.declared_kind(&way)).map_or(GlobalTy::Unknown, GlobalTy::Model)
    }

    /// The same of what is made by a class or function at a spot.
    pub(super) fn declared_instance(&self, spot: &Spot) -> Option<ModelId> {
        self.declared.as_ref()?;
        self.declared_kind(&self.way(spot, FUEL)?.with(Step::Made))
    }

    fn declared_kind(&self, way: &Way) -> Option<ModelId> {
        let from = self.file(*self.importers().get(&way.package)?);
        let declared = self.declared.as_ref()?;
        declared.kind(self.catalog, &from.path, self.text(way.package), &way.steps)
    }

    /// The first file that imports a package: of packages of one name, the one that this file gets is asked.
    fn importers(&self) -> &FxHashMap<Symbol, FileId> {
        self.importers.get_or_init(|| {
            let mut importers = FxHashMap::default();
            for file in self.file_ids() {
                let summary = self.summary(file);
                for &specifier in summary.imports.iter().chain(&summary.type_imports) {
                    importers.entry(self.symbol_of(file, specifier)).or_insert(file);
                }
            }
            importers
        })
    }

    /// How a spot is reached from a package, if it is.
    fn way(&self, spot: &Spot, fuel: u32) -> Option<Way> {
        let fuel = fuel.checked_sub(1)?;
        let (way, rest) = match spot.root {
            SpotRoot::Package(package) => (Way { package, steps: Vec::new() }, &spot.path[..]),
            root => (0..=spot.path.len()).rev().find_map(|at| {
                let (head, rest) = spot.path.split_at(at);
                let (file, row) = self.type_row(&Spot { root, path: SmallVec::from_slice(head) })?;
                Some((self.way_of_row(file, row, fuel)?, rest))
            })?,
        };
        rest.iter().try_fold(way, |way, step| match step {
            SpotStep::Field(name) => Some(way.with(Step::Field(self.text(*name).into()))),
            SpotStep::Element => None,
        })
    }

    fn way_of_row(&self, file: FileId, row: &TypeRow, fuel: u32) -> Option<Way> {
        let fuel = fuel.checked_sub(1)?;
        let spot = |place: PlaceId| self.spot_within(file, place, fuel);
        match row {
            TypeRow::Same(place) => self.way(&spot(*place), fuel),
            TypeRow::Annotated(place) => Some(self.way(&spot(*place), fuel)?.with(Step::Instance)),
            TypeRow::InstanceOf(place) => Some(self.way(&spot(*place), fuel)?.with(Step::Made)),
            TypeRow::ResultOf(place) | TypeRow::Narrowed(place, _) => {
                let callee = spot(*place);
                match self.own_type_of(&callee) {
                    GlobalTy::Function(file, func) => {
                        let returns = &self.summary(file).functions[func.index()].returns;
                        self.way_of_row(file, returns, fuel)
                    }
                    _ => Some(self.way(&callee, fuel)?.with(Step::Made)),
                }
            }
            _ => None,
        }
    }
}

/// A package as files write it, and the steps from there.
struct Way {
    package: Symbol,
    steps: Vec<Step>,
}

impl Way {
    fn with(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}
