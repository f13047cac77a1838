//! The whole project: files joined by their imports, and the questions that only the join can answer.

mod adopted;
mod canonical;
mod classes;
mod coverage;
mod declared;
mod few;
mod fuel;
mod injected;
mod kept;
mod lives;
mod looks;
mod majors;
mod passed;
mod places;
mod rates;
mod resolve;
mod roots;
mod tables;

use crate::catalog::{Catalog, ModelId};
use crate::index::{ClassId, FuncId, NameId};
use crate::model;
use crate::names::Names;
use crate::rate::Rate;
use crate::summary::{EdgeRow, Role, Side, Summary, UseRow};
use crate::tables::FunctionKind;
use fuel::Answers;
use places::{Places, RootFilter, SpotKey};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::sync::Arc;

pub use canonical::{GlobalTy, Spot, SpotRoot, SpotStep};
pub use coverage::Coverage;
pub use declared::{
    Declared, MAX_BYTES as MAX_DECLARATION_BYTES, MAX_FILES as MAX_DECLARATION_FILES, ReadResult,
};
pub use lives::{Answer, Lives, Owner};
pub use majors::{Asked, Majors};
pub use passed::Handing;
pub use rates::{RateInfo, Witness};
pub use resolve::{Audience, Memo, Package, Packages, Resolution, Resolver};

/// A file of the project.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
)]
pub struct FileId(pub u32);

impl FileId {
    /// The position in the list of files.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A string of the project; equal texts have equal symbols.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Symbol(u32);

impl Symbol {
    /// `default`, the first of [`SYMBOLS`].
    const DEFAULT: Self = Self(0);
    /// `=`, the second: the name of what a module exports as a whole.
    const WHOLE: Self = Self(1);
}

/// How many functions may stand between a component or its hook and what is done for it.
const HELPERS: u32 = 4;

/// What every project has symbols for, in the order of their numbers.
const SYMBOLS: [&str; 4] = ["default", "=", "length", "size"];

/// One file with its path (relative to the project's root, forward slashes) and its summary.
pub struct FileEntry {
    /// The path.
    pub path: String,
    /// What is known of it. Shared, so that a project whose files changed in part is linked again from the same summaries.
    pub summary: Arc<Summary>,
}

/// The linked project.
pub struct Project<'c> {
    /// What libraries do.
    pub catalog: &'c Catalog,
    files: Vec<FileEntry>,
    symbols: Symbols,
    /// For each file, the symbol of each of its names.
    names: Vec<Arc<[Symbol]>>,
    /// For each file, what its specifiers resolve to.
    modules: Vec<kept::Modules>,
    /// The packages that files of the project import.
    packages: FxHashSet<Box<str>>,
    /// For each file, what is asked of it by symbol.
    tables: Vec<tables::Tables>,
    /// Which rows of which files tell the types of what is not their own.
    types: FxHashMap<SpotKey, (FileId, u32)>,
    /// The roots of these spots: of most nothing is told there.
    typed_roots: RootFilter,
    /// For each file, the rows of the values that it exports.
    exported_values: Vec<Box<[(Symbol, u32)]>>,
    /// For each file, where the rows of its types lead; empty until all of them can be asked.
    known_types: Vec<Answers<GlobalTy>>,
    /// For each file, what its classes extend.
    known_bases: Vec<Answers<Option<(FileId, ClassId)>>>,
    places: Places,
    rates: rates::Rates,
    /// Which functions of files are methods of classes of others.
    adopted: adopted::Adopted,
    /// Who hands what to which parameter, made when it is first asked for.
    passed: std::sync::OnceLock<passed::Index>,
    /// What manifests ask for.
    asked: Arc<Asked>,
    /// By folder, who can import the package in it.
    audiences: Arc<FxHashMap<String, Audience>>,
    /// What packages declare, read when it is asked for.
    declared: Option<Arc<Declared>>,
    /// The files that are part of what renders components on a server, made when it is first asked for.
    served: std::sync::OnceLock<FxHashSet<FileId>>,
    /// The classes that are made as often as something that is injected into them, made when it is first asked for.
    scopes: std::sync::OnceLock<Vec<injected::Scope>>,
    /// The first file that imports each package, made when it is first asked for.
    importers: std::sync::OnceLock<FxHashMap<Symbol, FileId>>,
}

/// The texts of symbols: those of the first link, and behind them what later ones brought.
#[derive(Default)]
struct Symbols {
    first: Arc<Names>,
    more: Names,
}

impl Symbols {
    /// The symbols of the names of all files, in the order in which they come.
    fn of(files: &[FileEntry], kept: Option<&kept::Kept>) -> (Self, Vec<Arc<[Symbol]>>) {
        let mut symbols = Self::default();
        if let Some(kept) = kept {
            symbols.first = Arc::clone(&kept.names);
        } else {
            // Of the names of files, one in four is new.
            let names: usize = files.iter().map(|file| file.summary.names.len()).sum();
            symbols.more = Names::with_room(names / 4);
        }
        for symbol in SYMBOLS {
            symbols.intern(symbol);
        }
        let mut names = Vec::with_capacity(files.len());
        for (at, file) in files.iter().enumerate() {
            let known = kept.and_then(|kept| kept.symbols(at, file));
            let intern = |name: &str| symbols.intern(name);
            names.push(known.unwrap_or_else(|| file.summary.names.iter().map(intern).collect()));
        }
        (symbols, names)
    }

    fn intern(&mut self, text: &str) -> Symbol {
        let known = if self.first.is_empty() { None } else { self.first.find(text) };
        match known {
            Some(known) => Symbol(known.raw()),
            None => Symbol(self.behind() + self.more.intern(text).raw()),
        }
    }

    fn find(&self, text: &str) -> Option<Symbol> {
        let known = self.first.find(text).map(|name| Symbol(name.raw()));
        known.or_else(|| self.more.find(text).map(|name| Symbol(self.behind() + name.raw())))
    }

    fn text(&self, symbol: Symbol) -> &str {
        match symbol.0.checked_sub(self.behind()) {
            Some(at) => self.more.text(NameId::from_raw(at)),
            None => self.first.text(NameId::from_raw(symbol.0)),
        }
    }

    fn count(&self) -> usize {
        self.first.len() + self.more.len()
    }

    fn behind(&self) -> u32 {
        u32::try_from(self.first.len()).unwrap_or(u32::MAX)
    }
}

impl<'c> Project<'c> {
    /// Links files. `files` must be sorted by path, so that the result does not depend on the order of analysis.
    #[must_use]
    pub fn link(files: Vec<FileEntry>, catalog: &'c Catalog, resolver: &Resolver<'_>) -> Self {
        let mut project = Self {
            catalog,
            symbols: Symbols::default(),
            names: Vec::new(),
            modules: Vec::new(),
            packages: FxHashSet::default(),
            tables: Vec::new(),
            types: FxHashMap::default(),
            typed_roots: RootFilter::default(),
            exported_values: Vec::new(),
            known_types: Vec::new(),
            known_bases: Vec::new(),
            places: Places::default(),
            rates: rates::Rates::default(),
            adopted: adopted::Adopted::default(),
            passed: std::sync::OnceLock::new(),
            asked: Arc::clone(&resolver.packages.asked),
            audiences: Arc::clone(&resolver.packages.audiences),
            declared: resolver.declared.clone(),
            served: std::sync::OnceLock::new(),
            scopes: std::sync::OnceLock::new(),
            importers: std::sync::OnceLock::new(),
            files,
        };
        let kept = resolver.memo.and_then(|memo| memo.first.get());
        let kept = kept.filter(|kept| kept.has_files(&project.files));
        project.read_names(resolver, kept);
        if let Some(memo) = resolver.memo.filter(|memo| memo.first.get().is_none()) {
            project.keep(memo);
        }
        project.index_packages();
        project.make_tables();
        project.adopted = adopted::Adopted::of(&project);
        project.index_types();
        project.remember_types();
        // One of them is for one thread mostly, the other for as many as there are.
        let (rates, places) = rayon::join(|| rates::Rates::spread(&project), || Places::of(&project));
        (project.rates, project.places) = (rates, places);
        project
    }

    /// Gives names their symbols, and specifiers their files.
    fn read_names(&mut self, resolver: &Resolver<'_>, kept: Option<&kept::Kept>) {
        let (named, modules) =
            rayon::join(|| Symbols::of(&self.files, kept), || self.resolve_modules(resolver, kept));
        ((self.symbols, self.names), self.modules) = (named, modules);
    }

    fn resolve_modules(&self, resolver: &Resolver<'_>, kept: Option<&kept::Kept>) -> Vec<kept::Modules> {
        let resolve = |(at, file): (usize, &FileEntry)| {
            let specifiers = file.summary.imports.iter().chain(&file.summary.type_imports);
            let resolve = |name: NameId| resolver.resolve(&file.path, file.summary.names.get(name));
            let known = kept.and_then(|kept| kept.modules(at, file));
            known.unwrap_or_else(|| {
                kept::Modules::of(specifiers.map(|&specifier| (specifier, resolve(specifier))))
            })
        };
        self.files.par_iter().enumerate().map(resolve).collect()
    }

    /// Keeps for later links what this one found out first.
    fn keep(&mut self, memo: &Memo) {
        self.symbols.first = Arc::new(std::mem::take(&mut self.symbols.more));
        let names = Arc::clone(&self.symbols.first);
        let kept = kept::Kept::new(names, &self.files, &self.names, &self.modules);
        // Whoever was faster has kept the same.
        let _ = memo.first.set(kept);
    }

    fn index_packages(&mut self) {
        for (file, modules) in self.files.iter().zip(&self.modules) {
            let summary = &file.summary;
            for name in modules.packages() {
                let specifier = model::package_path(summary.names.get(name));
                let package = specifier.map(|specifier| resolve::split_package(specifier).0);
                self.packages.extend(package.map(Into::into));
            }
        }
    }

    /// Whether some file of the project imports a package.
    #[must_use]
    pub fn uses_package(&self, name: &str) -> bool {
        self.packages.contains(name)
    }

    /// The declarations of packages, if they may be asked for.
    #[must_use]
    pub fn declared(&self) -> Option<&Declared> {
        self.declared.as_deref()
    }

    /// Whether a file imports itself by way of others.
    #[must_use]
    pub fn imports_itself(&self, file: FileId) -> bool {
        self.imported_from(vec![file], true).contains(&file)
    }

    /// Whether components of a file are rendered on a server: what renders there imports the file, by way of others.
    #[must_use]
    pub fn is_rendered_on_server(&self, file: FileId) -> bool {
        self.served().contains(&file)
    }

    /// The files that are rendered on a server.
    fn served(&self) -> &FxHashSet<FileId> {
        let renders = |&id: &FileId| {
            let summary = self.summary(id);
            let mut imports = summary.imports.iter().map(|&name| summary.names.get(name));
            let mut pages = self.catalog.pages_of(&self.files[id.index()].path);
            summary.role != Role::Test
                && (imports.any(|module| self.catalog.renders_on_server(module))
                    || pages.any(|page| page.need.is_none_or(|need| self.holds(need))))
        };
        let served = || {
            let renderers: Vec<FileId> = self.file_ids().filter(renders).collect();
            let mut served = self.imported_from(renderers.clone(), false);
            served.extend(renderers);
            served
        };
        self.served.get_or_init(served)
    }

    /// The hook for which alone a function runs, whoever calls it, and which a server that renders never calls.
    #[must_use]
    pub fn browser_hook(&self, file: FileId, func: FuncId) -> Option<&str> {
        let mut first: Option<&str> = None;
        let mut seen = FxHashSet::from_iter([(file, func)]);
        let mut open = vec![(file, func)];
        for _ in 0..=HELPERS {
            let mut callers = Vec::new();
            for (file, func) in std::mem::take(&mut open) {
                if let Side::Browser(hook) = self.summary(file).functions[func.index()].side {
                    let hook = self.name(file, hook);
                    first = Some(first.map_or(hook, |known| known.min(hook)));
                    continue;
                }
                let all = self.callers(file, func);
                if all.is_empty() {
                    return None;
                }
                callers.extend(all.iter().copied().filter(|caller| seen.insert(*caller)));
            }
            if callers.is_empty() {
                return first;
            }
            open = callers;
        }
        None
    }

    /// Whether a function runs whenever a component is rendered on a server: it is a part of the component, or called by
    /// one, and nothing on the way asks where it runs.
    #[must_use]
    pub fn is_rendered(&self, file: FileId, func: FuncId) -> bool {
        if self.served().is_empty() {
            return false;
        }
        let mut seen = FxHashSet::from_iter([(file, func)]);
        let mut open = vec![(file, func)];
        for _ in 0..HELPERS {
            let mut callers = Vec::new();
            for (file, func) in open {
                match self.is_part_of_rendering(file, func) {
                    None => continue,
                    Some(true) if self.is_rendered_on_server(file) => return true,
                    Some(_) => {}
                }
                let all = self.callers(file, func).iter().copied();
                let going_on =
                    all.filter(|&(file, caller)| !self.summary(file).functions[caller.index()].asks_where);
                callers.extend(going_on.filter(|caller| seen.insert(*caller)));
            }
            open = callers;
        }
        false
    }

    /// Whether a function is what rendering runs; if it is not, its callers may be. None of what runs for something else.
    fn is_part_of_rendering(&self, file: FileId, func: FuncId) -> Option<bool> {
        let row = &self.summary(file).functions[func.index()];
        match (&row.side, self.rates.entry(file, func)) {
            (Side::Browser(_), _) => None,
            (Side::Both, _) | (Side::Plain, Some(Rate::Render)) => Some(true),
            (Side::Plain, _) if row.kind == FunctionKind::Setup => Some(true),
            (Side::Plain, Some(_)) => None,
            (Side::Plain, None) => Some(false),
        }
    }

    /// The files that these import, by way of others; also those that are loaded in browsers alone?
    fn imported_from(&self, mut open: Vec<FileId>, in_browsers: bool) -> FxHashSet<FileId> {
        let mut seen = FxHashSet::default();
        while let Some(at) = open.pop() {
            let summary = self.summary(at);
            let is_loaded =
                |name: &&NameId| in_browsers || summary.client_imports.binary_search(name).is_err();
            let imports = summary.imports.iter().filter(is_loaded);
            for found in imports.filter_map(|name| self.modules.get(at.index())?.get(*name)) {
                match found {
                    Resolution::File(next) if seen.insert(next) => open.push(next),
                    _ => {}
                }
            }
        }
        seen
    }

    fn make_tables(&mut self) {
        let of_file = |(file, names): (&FileEntry, &Arc<[Symbol]>)| tables::Tables::of(file, names);
        self.tables = self.files.par_iter().zip(&self.names).map(of_file).collect();
    }

    fn tables(&self, id: FileId) -> &tables::Tables {
        &self.tables[id.index()]
    }

    fn ids(&self) -> Vec<FileId> {
        self.file_ids().collect()
    }

    /// Every file, in order of path.
    pub fn file_ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.files.len()).map(|i| FileId(u32::try_from(i).unwrap_or(u32::MAX)))
    }

    /// A file's row.
    #[must_use]
    pub fn file(&self, id: FileId) -> &FileEntry {
        &self.files[id.index()]
    }

    /// A file's summary.
    #[must_use]
    pub fn summary(&self, id: FileId) -> &Summary {
        &self.files[id.index()].summary
    }

    /// The text of a symbol.
    #[must_use]
    pub fn text(&self, symbol: Symbol) -> &str {
        self.symbols.text(symbol)
    }

    /// The symbol of a text, if any file mentions it.
    #[must_use]
    pub fn symbol(&self, text: &str) -> Option<Symbol> {
        self.symbols.find(text)
    }

    fn symbol_of(&self, file: FileId, name: NameId) -> Symbol {
        self.names[file.index()][name.index()]
    }

    /// The text of a name of one file's summary.
    #[must_use]
    pub fn name(&self, file: FileId, name: NameId) -> &str {
        self.files[file.index()].summary.names.get(name)
    }

    /// Everything that is done to a spot and to what lies below it, in all files: file, row, and the path below.
    #[must_use]
    pub fn uses(&self, spot: &Spot) -> Vec<Use> {
        self.uses_of_places(self.places.get(self, spot).into_iter())
    }

    /// The same, of all files but one: that one may have thousands.
    pub fn uses_outside(&self, spot: &Spot, file: FileId) -> impl Iterator<Item = Use> {
        let places = self.places.get(self, spot).into_iter().filter(move |(of, _)| *of != file);
        places.flat_map(|place| self.uses_of_place(place)).map(|(_, found)| found)
    }

    /// What is done to a place of a file: each row with its number there.
    fn uses_of_place(&self, (file, at): (FileId, u32)) -> impl Iterator<Item = (u32, Use)> {
        let rows = self.summary(file).uses.rows(at as usize);
        rows.map(move |(number, row)| (number, Use { file, row }))
    }

    /// What is done to places, in order of file and row: one thing may have several names in a file.
    fn uses_of_places(&self, places: impl Iterator<Item = (FileId, u32)>) -> Vec<Use> {
        let mut rows: Vec<(u32, Use)> = places.flat_map(|place| self.uses_of_place(place)).collect();
        rows.sort_unstable_by_key(|(number, found)| (found.file, *number));
        rows.into_iter().map(|(_, found)| found).collect()
    }

    /// Whether something of a kind is done to a field of this name of a thing whose type nobody knows: it may be this one.
    #[must_use]
    pub fn has_possible_use(&self, field: Symbol, is_it: impl Fn(&Use) -> bool) -> bool {
        let places = self.places.loose(self, field);
        places.flat_map(|place| self.uses_of_place(place)).any(|(_, found)| is_it(&found))
    }

    /// How often a function runs.
    #[must_use]
    pub fn rate(&self, file: FileId, func: FuncId) -> RateInfo {
        let info = self.rates.of(file, func);
        let is_rendered = || info.rate == Some(Rate::Render) && self.is_rendered_on_server(file);
        RateInfo { served: info.served || is_rendered(), ..info }
    }

    /// How often a function is begun by somebody else than the timeout that it arms itself.
    #[must_use]
    pub fn begun(&self, file: FileId, func: FuncId) -> RateInfo {
        self.rates.begun(file, func)
    }

    /// How often instances of a class are made.
    #[must_use]
    pub fn class_rate(&self, file: FileId, class: ClassId) -> RateInfo {
        self.rates.of_class(file, class)
    }

    /// The functions that call a function directly or hand it on, tests aside.
    #[must_use]
    pub fn callers(&self, file: FileId, func: FuncId) -> &[(FileId, FuncId)] {
        self.rates.callers(file, func)
    }

    /// The edge at which the way to a function begins, as a row has it, and how many calls stand between the two.
    #[must_use]
    pub fn began(&self, file: FileId, func: FuncId) -> Option<(&EdgeRow, usize)> {
        self.rates.began(self, file, func)
    }

    /// The way from an entry point to a function, the entry first.
    #[must_use]
    pub fn witness(&self, file: FileId, func: FuncId) -> Vec<Witness> {
        self.rates.witness(self, file, func)
    }

    /// Whether a file is production code.
    #[must_use]
    pub fn is_production(&self, file: FileId) -> bool {
        self.summary(file).role != Role::Test
    }

    /// The name of a class; empty if it has none.
    #[must_use]
    pub fn class_name(&self, file: FileId, class: ClassId) -> &str {
        self.name(file, self.summary(file).classes[class.index()].name)
    }

    /// The name of a function for messages.
    #[must_use]
    pub fn function_name(&self, file: FileId, func: FuncId) -> String {
        let mut row = &self.summary(file).functions[func.index()];
        // A body of a loop goes by the name of its function.
        while let Some(parent) = row.parent.filter(|_| row.kind == FunctionKind::Turn) {
            row = &self.summary(file).functions[parent.index()];
        }
        let class = row.class.map(|class| self.class_name(file, class)).unwrap_or_default();
        match (class, self.name(file, row.name)) {
            ("", "") => ANONYMOUS.to_owned(),
            ("", name) => name.to_owned(),
            (class, "") => class.to_owned(),
            (class, name) => format!("{class}.{name}"),
        }
    }

    /// The same in a sentence: a name stands in backticks.
    #[must_use]
    pub fn shown_function(&self, file: FileId, func: FuncId) -> String {
        let name = self.function_name(file, func);
        if name == ANONYMOUS { name } else { format!("`{name}`") }
    }
}

/// What a function without a name is called.
const ANONYMOUS: &str = "an anonymous function";
/// One thing done to a spot.
#[derive(Clone, Copy)]
pub struct Use {
    /// In which file.
    pub file: FileId,
    /// What.
    pub row: UseRow,
}

/// A short list of symbols: the path of a [`Spot`].
pub type SpotPath = SmallVec<[SpotStep; 3]>;

/// The model behind a global type.
#[must_use]
pub fn model_of(project: &Project<'_>, ty: GlobalTy) -> Option<ModelId> {
    match ty {
        GlobalTy::Model(model) => Some(model),
        GlobalTy::Instance(file, class) => project.class_model(file, class),
        _ => None,
    }
}
