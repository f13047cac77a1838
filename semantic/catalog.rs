//! What libraries do, as data: the rows of `rules/models/*.toml` and of a user's configuration, compiled for lookup.
//!
//! A row names an API by its access path. `fs.watch` is a function of a package or a global; `net.Server#on` is a method
//! of a type; `*#forEach` is a method of anything whose type is unknown. `X()` in a path is what calling or constructing
//! `X` gives. Braces abbreviate: `app.Router#{get,post}`.

use crate::glob;
use crate::rate::{Life, Rate};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// A type of the catalog.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ModelId(u16);

/// A sheet of the catalog.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct LibraryId(u16);

/// An `[[export]]` row of the catalog.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ExportId(u16);

/// What a container does with what is put in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Container {
    /// `Map`
    Map,
    /// `Set`
    Set,
    /// Array
    Array,
    /// Object used by computed keys.
    Object,
    /// `WeakMap`, `WeakSet`: holds nothing alive.
    Weak,
    /// A cache that evicts by itself.
    Bounded,
}

/// One file of rows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// What the sheet is about: a library or a group of globals.
    pub library: String,
    /// The packages whose majors the rows hold for.
    #[serde(default)]
    pub packages: Vec<String>,
    /// The majors, as a range for people: `4 - 5`.
    #[serde(default)]
    pub versions: String,
    /// Types.
    #[serde(default, rename = "type")]
    pub types: Vec<TypeRow>,
    /// What calls do.
    #[serde(default, rename = "call")]
    pub calls: Vec<CallRow>,
    /// Functions that a framework calls because of a decorator on them.
    #[serde(default, rename = "decorator")]
    pub decorators: Vec<DecoratorRow>,
    /// Functions that a framework calls because of the name they are exported under.
    #[serde(default, rename = "export")]
    pub exports: Vec<ExportRow>,
    /// Methods that a framework calls because of the class they are in.
    #[serde(default, rename = "hook")]
    pub hooks: Vec<HookRow>,
    /// Functions that a framework calls because of the type their author gave them.
    #[serde(default, rename = "signature")]
    pub signatures: Vec<SignatureRow>,
    /// Functions whose parameters are named as those of a handler.
    #[serde(default, rename = "handler")]
    pub handlers: Vec<HandlerRow>,
    /// Emitter families.
    #[serde(default, rename = "emitter")]
    pub emitters: Vec<EmitterRow>,
}

/// A type: how values of it are made and what they are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeRow {
    /// Its name in the catalog: `http.Server`.
    pub name: String,
    /// Access paths that, called or constructed, yield it.
    #[serde(default)]
    pub made_by: Vec<String>,
    /// Access paths that are values of it without a call: `process`, `document`.
    #[serde(default)]
    pub values: Vec<String>,
    /// Names usable in annotations: `http.Server` for a package's export, `Window` for a global. `made_by` adds its own.
    #[serde(default)]
    pub annotations: Vec<String>,
    /// Types it inherits from.
    #[serde(default)]
    pub extends: Vec<String>,
    /// The family of its listeners.
    pub emitter: Option<String>,
    /// What container it is.
    pub container: Option<Container>,
    /// How long its values live, unless where they are stored says more.
    pub life: Option<Life>,
    /// Types of its fields.
    #[serde(default)]
    pub fields: FxHashMap<String, String>,
    /// What its methods return.
    #[serde(default)]
    pub returns: FxHashMap<String, String>,
    /// Whether bytes can be read from it.
    #[serde(default)]
    pub readable: bool,
    /// Whether bytes can be written to it.
    #[serde(default)]
    pub writable: bool,
    /// What ends it: methods after which its listeners are gone.
    #[serde(default)]
    pub ends: Vec<String>,
}

/// What a call does.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallRow {
    /// Access paths of the callee.
    pub callee: Vec<String>,
    /// Holds only if the first argument is one of these strings; `/*` is any string that starts with `/`.
    #[serde(default)]
    pub event: Vec<String>,
    /// What is said of callbacks rests on a convention: receivers of other types may have such a method too.
    #[serde(default)]
    pub convention: bool,
    /// The type it returns, or resolves to.
    pub returns: Option<String>,
    /// Functions it is handed, and when it runs them.
    #[serde(default)]
    pub callbacks: Vec<CallbackRow>,
    /// What it acquires.
    pub acquires: Option<AcquireRow>,
    /// It gives back its argument at this position (`clearTimeout`: 0).
    pub releases_argument: Option<u8>,
    /// It gives back its receiver (`socket.destroy()`).
    #[serde(default)]
    pub releases_receiver: bool,
    /// It keeps what it is handed for as long as its receiver lives, and gives no way to take it back.
    #[serde(default)]
    pub registers: bool,
    /// The argument at this position is what an application shows at its root: a component, an element, options.
    pub mounts: Option<u8>,
    /// What the cost of building it anew each time is: for `per-call-construction`, nanoseconds on the lab's machine.
    pub cost_ns: Option<u32>,
    /// Why building one per call leaks: for `per-call-client`.
    pub client: Option<String>,
    /// Why the call caches without bound.
    pub unbounded: Option<String>,
    /// Option names any of which bounds it.
    #[serde(default)]
    pub bounded_by: Vec<String>,
    /// Holds only where the dependency's major version is below this.
    pub below_major: Option<u32>,
    /// Holds only where the dependency's major version is at least this.
    pub from_major: Option<u32>,
    /// The rows it was compiled from say who knows this: a documentation page, a source file.
    #[serde(default)]
    pub source: String,
    /// The sheet it stands in.
    #[serde(skip)]
    pub library: LibraryId,
}

impl CallRow {
    /// Whether the row speaks of a call whose first argument is this string.
    #[must_use]
    pub fn covers(&self, event: Option<&str>) -> bool {
        self.event.is_empty()
            || event.is_some_and(|event| {
                self.event.iter().any(|wanted| match wanted.strip_suffix('*') {
                    Some(prefix) => event.starts_with(prefix),
                    None => wanted == event,
                })
            })
    }
}

/// A function handed to a call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackRow {
    /// Which arguments are the functions.
    #[serde(default)]
    pub at: Position,
    /// For functions in an options object: the names of its properties.
    #[serde(default)]
    pub options: Vec<String>,
    /// When it runs.
    pub runs: When,
    /// The types of its parameters, in order; empty where unknown.
    #[serde(default)]
    pub params: Vec<String>,
}

impl CallbackRow {
    /// Whether the row speaks of a function that is this argument, or stands in this property of it.
    #[must_use]
    pub fn takes(&self, arg: usize, is_last: bool, option: Option<&str>) -> bool {
        if let Some(option) = option {
            return self.options.iter().any(|name| name == option);
        }
        self.options.is_empty()
            && match self.at {
                Position::Any => true,
                Position::First => arg == 0,
                Position::Second => arg == 1,
                Position::Third => arg == 2,
                Position::Last => is_last,
            }
    }
}

/// Where a callback stands among the arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// Every argument that is a function, however deep in arrays.
    #[default]
    Any,
    /// The first.
    First,
    /// The second.
    Second,
    /// The third.
    Third,
    /// The last.
    Last,
}

/// When a callback runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Now, once for each element: the caller's rate, in a loop.
    Each,
    /// Now or later, at most once for each call: the caller's rate.
    Caller,
    /// At this rate, whoever calls.
    At(Rate),
}

/// What a call acquires.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcquireRow {
    /// The rule that reports it.
    pub rule: String,
    /// What it is, for messages: `interval`, `pool connection`.
    pub what: String,
    /// Where the handle is.
    #[serde(default)]
    pub handle: Handle,
    /// Calls that give it back: `clearInterval(_)`, `_.close()`.
    pub release: Vec<String>,
    /// Holds only if garbage collection does not take it: else dropping it is fine.
    #[serde(default)]
    pub collected: bool,
    /// Option names of the call that end it without a release: `signal`.
    #[serde(default)]
    pub ended_by: Vec<String>,
    /// Holds only if the options of the call name one of these: an HTTP agent keeps sockets with `keepAlive` alone.
    #[serde(default)]
    pub needs: Vec<String>,
    /// A number argument (milliseconds) at this position, below which it ends by itself soon enough.
    pub delay_at: Option<u8>,
    /// Events or methods of the handle after which it is gone by itself.
    #[serde(default)]
    pub ends_itself: Vec<String>,
}

/// Where a call leaves the handle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handle {
    /// It is the result, or what the result resolves to. With `_()` among the releases it is itself a function.
    #[default]
    Result,
    /// It is the result, unless a function is handed in, which then owns it: `knex.transaction(fn)`.
    ResultAlone,
    /// It is the second parameter of an error-first callback if there is one, and the result otherwise. A third
    /// parameter is a function that gives it back.
    Either,
    /// It is the result, and so is each field of it: a port of a channel.
    Parts,
    /// The call acts on its receiver: `consumer.connect()`.
    Receiver,
}

/// A function that runs because of a decorator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecoratorRow {
    /// Names of the decorator.
    pub names: Vec<String>,
    /// The packages it comes from.
    pub packages: Vec<String>,
    /// When the method (or the class's constructor) runs.
    pub runs: When,
    /// It stands on a class: instances are made at that rate, and all methods of the class are called by others.
    #[serde(default)]
    pub class: bool,
    /// Holds only if the decorator's options say so: name to value (the last name of a path, or a string).
    #[serde(default)]
    pub option: FxHashMap<String, String>,
    /// Does not hold if the decorator's options name one of these.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Types of the parameters.
    #[serde(default)]
    pub params: Vec<String>,
    /// The option that lists the components at the root of the application: `bootstrap`.
    pub mounts: Option<String>,
    /// The class it stands on is the component at the root of the application.
    #[serde(default)]
    pub root: bool,
    /// The sheet it stands in.
    #[serde(skip)]
    pub library: LibraryId,
}

/// A function that runs because of its exported name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportRow {
    /// Exported names; `default.fetch` is a property of what is exported under the name.
    pub names: Vec<String>,
    /// File patterns (globs over the path from the project's root, or from any folder of it); empty for any file.
    #[serde(default)]
    pub files: Vec<String>,
    /// The project must import one of these; empty: any project.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Holds only if the function's first parameter has one of these names.
    #[serde(default)]
    pub first: Vec<String>,
    /// When it runs.
    pub runs: When,
    /// Types of its parameters.
    #[serde(default)]
    pub params: Vec<String>,
    /// The sheet it stands in.
    #[serde(skip)]
    pub library: LibraryId,
}

impl ExportRow {
    /// Whether the row speaks of a file.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        self.files.is_empty() || self.files.iter().any(|pattern| glob::matches(pattern, path))
    }
}

/// A function that runs because of the type its author gave it: `const handler: RequestHandler = …`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureRow {
    /// Names of the type, as in annotations: `express.RequestHandler`.
    pub names: Vec<String>,
    /// When such a function runs.
    pub runs: When,
    /// Types of its parameters.
    #[serde(default)]
    pub params: Vec<String>,
    /// The sheet it stands in.
    #[serde(skip)]
    pub library: LibraryId,
}

/// A function that is taken for a handler because of the names of its parameters.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandlerRow {
    /// For each parameter, its names, abbreviated by braces: `{_,}req`.
    pub names: Vec<String>,
    /// When it runs.
    pub runs: When,
    /// Types of its parameters.
    #[serde(default)]
    pub params: Vec<String>,
    /// The sheet it stands in.
    #[serde(skip)]
    pub library: LibraryId,
}

impl HandlerRow {
    /// The names as a message shows them.
    #[must_use]
    pub fn shown(&self) -> String {
        let names: Vec<String> =
            self.names.iter().filter_map(|names| expand(names).into_iter().next()).collect();
        format!("a handler of ({})", names.join(", "))
    }
}

/// Methods that a framework calls because of the class.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookRow {
    /// The base classes or interfaces (access paths or catalog types), `@name` for a decorator of the class, `*` for
    /// any class, `component-options` for the options object of a component.
    pub of: Vec<String>,
    /// Method names.
    pub methods: Vec<String>,
    /// When they run.
    pub runs: When,
    /// They run when the instance ends.
    #[serde(default)]
    pub ends: bool,
    /// One instance serves all the calls; otherwise instances are made at the rate of the methods.
    #[serde(default)]
    pub shared: bool,
    /// Types of their parameters.
    #[serde(default)]
    pub params: Vec<String>,
    /// The sheet it stands in.
    #[serde(skip)]
    pub library: LibraryId,
}

/// A family of emitters.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmitterRow {
    /// Its name.
    pub name: String,
    /// Methods that add a listener.
    pub add: Vec<String>,
    /// Methods that add one for a single event.
    #[serde(default)]
    pub once: Vec<String>,
    /// Methods that take one away.
    #[serde(default)]
    pub remove: Vec<String>,
    /// Methods that take all away.
    #[serde(default)]
    pub remove_all: Vec<String>,
    /// Adding the same function twice keeps one.
    #[serde(default)]
    pub deduplicates: bool,
    /// A removal without a function takes all listeners of the event.
    #[serde(default)]
    pub remove_without_function: bool,
    /// What adding returns takes the listener away again (a function or an object with `dispose`).
    #[serde(default)]
    pub returns_disposer: bool,
    /// The third argument may hold `signal`, `once`.
    #[serde(default)]
    pub takes_options: bool,
    /// The only argument is the function; there is no event name.
    #[serde(default)]
    pub no_event: bool,
}

/// A compiled type.
#[derive(Debug)]
pub struct ModelType {
    /// Its name in the catalog.
    pub name: String,
    /// It and everything it inherits from.
    pub ancestors: SmallVec<[ModelId; 4]>,
    /// The family of its listeners.
    pub emitter: Option<usize>,
    /// What container it is.
    pub container: Option<Container>,
    /// How long its values live by nature.
    pub life: Option<Life>,
    /// Whether bytes can be read from it.
    pub readable: bool,
    /// Whether bytes can be written to it.
    pub writable: bool,
    /// Methods after which its listeners are gone.
    pub ends: Vec<String>,
    fields: FxHashMap<String, ModelId>,
    returns: FxHashMap<String, ModelId>,
}

/// Whose method a row is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Receiver {
    Any,
    Type(ModelId),
}

/// A row that names something the catalog does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogError {
    /// The sheet.
    pub library: String,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for CatalogError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "library model `{}`: {}", self.library, self.message)
    }
}

impl std::error::Error for CatalogError {}

/// All rows, compiled.
#[derive(Default)]
pub struct Catalog {
    types: Vec<ModelType>,
    names: FxHashMap<String, ModelId>,
    made_by: FxHashMap<String, ModelId>,
    values: FxHashMap<String, ModelId>,
    annotations: FxHashMap<String, ModelId>,
    calls: Vec<CallRow>,
    by_path: FxHashMap<String, SmallVec<[usize; 2]>>,
    by_method: FxHashMap<String, Vec<(Receiver, usize)>>,
    /// By rule: the methods that give something back.
    releases: FxHashMap<String, Vec<String>>,
    release_functions: FxHashMap<String, Vec<String>>,
    decorators: FxHashMap<String, Vec<DecoratorRow>>,
    exports: Vec<ExportRow>,
    /// The rows by the names they speak of, as far as these are exported.
    export_names: FxHashMap<String, SmallVec<[u16; 2]>>,
    hooks: Vec<HookRow>,
    signatures: FxHashMap<String, SignatureRow>,
    /// With the names of each parameter.
    handlers: Vec<(Vec<Vec<String>>, HandlerRow)>,
    libraries: Vec<String>,
    emitters: Vec<EmitterRow>,
    add_methods: FxHashMap<String, SmallVec<[usize; 2]>>,
    packages: FxHashMap<String, ()>,
}

impl Catalog {
    /// Compiles sheets. Later sheets may use the types of earlier ones and the other way round.
    ///
    /// # Errors
    ///
    /// The first row that names a type or emitter family nobody declares.
    pub fn compile(sheets: &[Sheet]) -> Result<Self, CatalogError> {
        let mut catalog = Self::default();
        for sheet in sheets {
            catalog.packages.extend(sheet.packages.iter().map(|name| (name.clone(), ())));
            catalog.declare(sheet);
        }
        for sheet in sheets {
            catalog.fill_types(sheet)?;
        }
        catalog.close_over_ancestors(sheets)?;
        for sheet in sheets {
            catalog.add_rows(sheet)?;
        }
        Ok(catalog)
    }

    fn declare(&mut self, sheet: &Sheet) {
        for row in &sheet.emitters {
            let family = self.emitters.len();
            for method in row.add.iter().chain(&row.once) {
                self.add_methods.entry(method.clone()).or_default().push(family);
            }
            self.emitters.push(row.clone());
        }
        for row in &sheet.types {
            let id = ModelId(u16::try_from(self.types.len()).unwrap_or(u16::MAX));
            self.names.insert(row.name.clone(), id);
            self.types.push(ModelType {
                name: row.name.clone(),
                ancestors: SmallVec::new(),
                emitter: None,
                container: row.container,
                life: row.life,
                readable: row.readable,
                writable: row.writable,
                ends: row.ends.clone(),
                fields: FxHashMap::default(),
                returns: FxHashMap::default(),
            });
            for path in row.made_by.iter().flat_map(|path| expand(path)) {
                self.annotations.insert(path.clone(), id);
                self.made_by.insert(path, id);
            }
            for path in row.values.iter().flat_map(|path| expand(path)) {
                self.values.insert(path, id);
            }
            for name in row.annotations.iter().flat_map(|name| expand(name)) {
                self.annotations.insert(name, id);
            }
        }
    }

    fn fill_types(&mut self, sheet: &Sheet) -> Result<(), CatalogError> {
        for row in &sheet.types {
            let id = self.type_named(sheet, &row.name)?;
            let emitter = match &row.emitter {
                None => None,
                Some(name) => Some(self.family_named(sheet, name)?),
            };
            let mut fields = FxHashMap::default();
            for (field, ty) in &row.fields {
                fields.insert(field.clone(), self.type_named(sheet, ty)?);
            }
            let mut returns = FxHashMap::default();
            for (method, ty) in &row.returns {
                returns.insert(method.clone(), self.type_named(sheet, ty)?);
            }
            let ty = &mut self.types[id.0 as usize];
            (ty.emitter, ty.fields, ty.returns) = (emitter, fields, returns);
        }
        Ok(())
    }

    /// Ancestors in the order of inheritance; what a type does not say itself it has from the first that does.
    fn close_over_ancestors(&mut self, sheets: &[Sheet]) -> Result<(), CatalogError> {
        let mut parents: FxHashMap<ModelId, Vec<ModelId>> = FxHashMap::default();
        for sheet in sheets {
            for row in &sheet.types {
                let id = self.type_named(sheet, &row.name)?;
                for parent in &row.extends {
                    let parent = self.type_named(sheet, parent)?;
                    parents.entry(id).or_default().push(parent);
                }
            }
        }
        for i in 0..self.types.len() {
            let mut list: SmallVec<[ModelId; 4]> = SmallVec::new();
            list.push(ModelId(u16::try_from(i).unwrap_or(u16::MAX)));
            let mut at = 0;
            while let Some(&id) = list.get(at) {
                for &parent in parents.get(&id).into_iter().flatten() {
                    if !list.contains(&parent) {
                        list.push(parent);
                    }
                }
                at += 1;
            }
            self.types[i].ancestors = list;
        }
        for i in 0..self.types.len() {
            let ancestors = self.types[i].ancestors.clone();
            for ancestor in ancestors.into_iter().skip(1) {
                let from = &self.types[ancestor.0 as usize];
                let (emitter, container, life) = (from.emitter, from.container, from.life);
                let (readable, writable) = (from.readable, from.writable);
                let (fields, returns) = (from.fields.clone(), from.returns.clone());
                let ty = &mut self.types[i];
                ty.emitter = ty.emitter.or(emitter);
                ty.container = ty.container.or(container);
                ty.life = ty.life.or(life);
                ty.readable |= readable;
                ty.writable |= writable;
                for (field, of) in fields {
                    ty.fields.entry(field).or_insert(of);
                }
                for (method, of) in returns {
                    ty.returns.entry(method).or_insert(of);
                }
            }
        }
        Ok(())
    }

    fn add_rows(&mut self, sheet: &Sheet) -> Result<(), CatalogError> {
        let library = LibraryId(u16::try_from(self.libraries.len()).unwrap_or(u16::MAX));
        self.libraries.push(sheet.library.clone());
        self.add_conventions(sheet, library)?;
        for row in &sheet.calls {
            self.check_types(sheet, row)?;
            let id = self.calls.len();
            for path in row.callee.iter().flat_map(|path| expand(path)) {
                match path.split_once('#') {
                    None => self.by_path.entry(path).or_default().push(id),
                    Some((receiver, method)) => {
                        let receiver = match receiver {
                            "*" => Receiver::Any,
                            name => Receiver::Type(self.type_named(sheet, name)?),
                        };
                        self.by_method.entry(method.to_owned()).or_default().push((receiver, id));
                    }
                }
            }
            self.add_releases(row);
            self.calls.push(CallRow { library, ..row.clone() });
        }
        Ok(())
    }

    fn add_releases(&mut self, row: &CallRow) {
        let Some(acquires) = &row.acquires else { return };
        let functions = acquires.release.iter().filter_map(|release| release.strip_suffix("(_)"));
        let known = self.release_functions.entry(acquires.rule.clone()).or_default();
        known.extend(functions.filter(|name| !name.starts_with("for ")).map(str::to_owned));
        known.sort_unstable();
        known.dedup();
        let methods = acquires.release.iter().filter_map(|release| release.strip_prefix("_."));
        let known = self.releases.entry(acquires.rule.clone()).or_default();
        for method in methods.map(|method| method.trim_end_matches("()")) {
            if !known.iter().any(|one| one == method) {
                known.push(method.to_owned());
            }
        }
    }

    /// The methods that give back anything of which a rule speaks.
    #[must_use]
    pub fn releases_of(&self, rule: &str) -> &[String] {
        self.releases.get(rule).map(Vec::as_slice).unwrap_or_default()
    }

    /// The functions that give back anything of which a rule speaks.
    #[must_use]
    pub fn release_functions_of(&self, rule: &str) -> &[String] {
        self.release_functions.get(rule).map(Vec::as_slice).unwrap_or_default()
    }

    /// Rows about functions that nobody hands over: a name, a class or a type says who calls them.
    fn add_conventions(&mut self, sheet: &Sheet, library: LibraryId) -> Result<(), CatalogError> {
        for row in &sheet.decorators {
            self.check_names(sheet, &row.params)?;
            for name in row.names.iter().flat_map(|name| expand(name)) {
                self.decorators.entry(name).or_default().push(DecoratorRow { library, ..row.clone() });
            }
        }
        for row in &sheet.exports {
            self.check_names(sheet, &row.params)?;
            let names: Vec<String> = row.names.iter().flat_map(|name| expand(name)).collect();
            let files = row.files.iter().flat_map(|pattern| expand(pattern)).collect();
            let id = u16::try_from(self.exports.len()).unwrap_or(u16::MAX);
            for name in &names {
                let first = name.split_once('.').map_or(name.as_str(), |(first, _)| first);
                self.export_names.entry(first.to_owned()).or_default().push(id);
            }
            self.exports.push(ExportRow { library, names, files, ..row.clone() });
        }
        for row in &sheet.hooks {
            self.check_names(sheet, &row.params)?;
            self.hooks.push(HookRow { library, ..row.clone() });
        }
        for row in &sheet.signatures {
            self.check_names(sheet, &row.params)?;
            for name in row.names.iter().flat_map(|name| expand(name)) {
                self.signatures.insert(name, SignatureRow { library, ..row.clone() });
            }
        }
        for row in &sheet.handlers {
            self.check_names(sheet, &row.params)?;
            let names = row.names.iter().map(|names| expand(names)).collect();
            self.handlers.push((names, HandlerRow { library, ..row.clone() }));
        }
        Ok(())
    }

    fn check_types(&self, sheet: &Sheet, row: &CallRow) -> Result<(), CatalogError> {
        for callback in &row.callbacks {
            self.check_names(sheet, &callback.params)?;
        }
        row.returns.iter().try_for_each(|name| self.type_named(sheet, name).map(|_| ()))
    }

    fn check_names(&self, sheet: &Sheet, params: &[String]) -> Result<(), CatalogError> {
        params
            .iter()
            .filter(|name| !name.is_empty())
            .try_for_each(|name| self.type_named(sheet, name).map(|_| ()))
    }

    fn type_named(&self, sheet: &Sheet, name: &str) -> Result<ModelId, CatalogError> {
        self.names.get(name).copied().ok_or_else(|| CatalogError {
            library: sheet.library.clone(),
            message: format!("no type is called `{name}`; declare it with [[type]]"),
        })
    }

    fn family_named(&self, sheet: &Sheet, name: &str) -> Result<usize, CatalogError> {
        self.emitters.iter().position(|row| row.name == name).ok_or_else(|| CatalogError {
            library: sheet.library.clone(),
            message: format!("no emitter family is called `{name}`; declare it with [[emitter]]"),
        })
    }

    /// The type of this name in the catalog.
    #[must_use]
    pub fn find_type(&self, name: &str) -> Option<ModelId> {
        self.names.get(name).copied()
    }

    /// A type's row.
    #[must_use]
    pub fn model(&self, id: ModelId) -> &ModelType {
        &self.types[id.0 as usize]
    }

    /// Whether a type is, or inherits from, the type of that name.
    #[must_use]
    pub fn is_a(&self, id: ModelId, name: &str) -> bool {
        self.find_type(name).is_some_and(|wanted| self.model(id).ancestors.contains(&wanted))
    }

    /// The type that calling or constructing an access path gives.
    #[must_use]
    pub fn made_by(&self, path: &str) -> Option<ModelId> {
        self.made_by.get(path).copied()
    }

    /// The type of the value an access path names.
    #[must_use]
    pub fn value(&self, path: &str) -> Option<ModelId> {
        self.values.get(path).copied()
    }

    /// The type a TypeScript annotation names: `pkg.Name` for imported names, `Name` for global ones.
    #[must_use]
    pub fn annotation(&self, path: &str) -> Option<ModelId> {
        self.annotations.get(path).copied()
    }

    /// The type of a field.
    #[must_use]
    pub fn field(&self, of: ModelId, name: &str) -> Option<ModelId> {
        self.model(of).fields.get(name).copied()
    }

    /// What a method returns.
    #[must_use]
    pub fn returned(&self, of: ModelId, method: &str) -> Option<ModelId> {
        self.model(of).returns.get(method).copied()
    }

    /// The rows about a function by its access path.
    pub fn calls_of_path(&self, path: &str) -> impl Iterator<Item = &CallRow> {
        self.by_path.get(path).into_iter().flatten().map(|&id| &self.calls[id])
    }

    /// The rows about a method of a type, or of anything if `of` is unknown. The most specific type comes first.
    pub fn calls_of_method(&self, of: Option<ModelId>, method: &str) -> impl Iterator<Item = &CallRow> {
        let rows = self.by_method.get(method).map(Vec::as_slice).unwrap_or_default();
        let ancestors: SmallVec<[ModelId; 4]> =
            of.map(|id| self.model(id).ancestors.clone()).unwrap_or_default();
        // Of rows about one type, those about certain events come before the one about all others.
        let mut found: SmallVec<[(usize, bool, usize); 4]> = rows
            .iter()
            .filter_map(|&(receiver, id)| {
                let rank = match receiver {
                    Receiver::Any => usize::MAX,
                    Receiver::Type(ty) => ancestors.iter().position(|&a| a == ty)?,
                };
                Some((rank, self.calls[id].event.is_empty(), id))
            })
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(.., id)| &self.calls[id])
    }

    /// What making a value of a type acquires.
    #[must_use]
    pub fn acquired_by_making(&self, of: ModelId) -> Option<&AcquireRow> {
        let mut paths: Vec<&String> =
            self.made_by.iter().filter(|(_, made)| **made == of).map(|(path, _)| path).collect();
        paths.sort_unstable();
        paths.into_iter().find_map(|path| self.calls_of_path(path).find_map(|row| row.acquires.as_ref()))
    }

    /// What methods of this name acquire, and of which types they are.
    pub fn acquired_by_method(&self, method: &str) -> impl Iterator<Item = (ModelId, &AcquireRow)> {
        let rows = self.by_method.get(method).map(Vec::as_slice).unwrap_or_default();
        rows.iter().filter_map(|&(receiver, id)| match receiver {
            Receiver::Type(of) => Some((of, self.calls[id].acquires.as_ref()?)),
            Receiver::Any => None,
        })
    }

    /// Whether any row speaks of a method of this name.
    #[must_use]
    pub fn knows_method(&self, method: &str) -> bool {
        self.by_method.contains_key(method)
    }

    /// The rows of a decorator.
    #[must_use]
    pub fn decorators(&self, name: &str) -> &[DecoratorRow] {
        self.decorators.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The rows that speak of a file and of any of the names that it exports.
    pub fn exports_of(
        &self,
        path: &str,
        names: &FxHashSet<&str>,
    ) -> impl Iterator<Item = (ExportId, &ExportRow)> {
        let with_default = names.contains("=").then_some("default");
        let mut found: SmallVec<[u16; 8]> = SmallVec::new();
        for name in names.iter().copied().chain(with_default) {
            found.extend(self.export_names.get(name).into_iter().flatten().copied());
        }
        found.sort_unstable();
        found.dedup();
        let rows =
            found.into_iter().filter_map(|id| Some((ExportId(id), self.exports.get(usize::from(id))?)));
        // Patterns of files are the dearer test.
        rows.filter(move |(_, row)| row.covers(path))
    }

    /// The row of an exported name.
    #[must_use]
    pub fn export(&self, id: ExportId) -> Option<&ExportRow> {
        self.exports.get(id.0 as usize)
    }

    /// What is known of functions of a type: `express.RequestHandler`.
    #[must_use]
    pub fn signature(&self, path: &str) -> Option<&SignatureRow> {
        self.signatures.get(path)
    }

    /// What is known of functions whose parameters have these names.
    #[must_use]
    pub fn handler(&self, names: &[&str]) -> Option<&HandlerRow> {
        let covers = |wanted: &[Vec<String>]| {
            wanted.len() == names.len()
                && wanted.iter().zip(names).all(|(wanted, name)| wanted.iter().any(|w| w == name))
        };
        self.handlers.iter().find(|(wanted, _)| covers(wanted)).map(|(_, row)| row)
    }

    /// The name of a sheet.
    #[must_use]
    pub fn library(&self, id: LibraryId) -> &str {
        self.libraries.get(id.0 as usize).map_or("", String::as_str)
    }

    /// The rows of framework hooks.
    #[must_use]
    pub fn hooks(&self) -> &[HookRow] {
        &self.hooks
    }

    /// An emitter family.
    #[must_use]
    pub fn emitter(&self, family: usize) -> Option<&EmitterRow> {
        self.emitters.get(family)
    }

    /// The families in which a method of this name adds a listener.
    pub fn families_adding(&self, method: &str) -> impl Iterator<Item = usize> + '_ {
        self.add_methods.get(method).into_iter().flatten().copied()
    }

    /// Whether a package has rows.
    #[must_use]
    pub fn knows_package(&self, name: &str) -> bool {
        self.packages.contains_key(name)
    }
}

/// Expands `a.{b,c}#d` into its alternatives. Unbalanced braces stand for themselves.
#[must_use]
pub fn expand(pattern: &str) -> Vec<String> {
    let Some((head, rest)) = pattern.split_once('{') else { return vec![pattern.to_owned()] };
    let Some((choices, tail)) = rest.split_once('}') else { return vec![pattern.to_owned()] };
    let tails = expand(tail);
    let mut out = Vec::new();
    for choice in choices.split(',') {
        for tail in &tails {
            out.push(format!("{head}{choice}{tail}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(name: &str, parent: &str) -> Sheet {
        let extends = if parent.is_empty() { vec![] } else { vec![parent.to_owned()] };
        let made_by = vec![format!("{name}.make")];
        let row = TypeRow { name: name.to_owned(), extends, made_by, ..TypeRow::default() };
        Sheet { library: name.to_owned(), types: vec![row], ..Sheet::default() }
    }

    #[test]
    fn braces_expand_in_order() {
        assert_eq!(expand("a.{b,c}#{d,e}"), ["a.b#d", "a.b#e", "a.c#d", "a.c#e"]);
        assert_eq!(expand("plain"), ["plain"]);
        assert_eq!(expand("open{"), ["open{"]);
    }

    #[test]
    fn types_inherit_and_are_found_by_what_makes_them() {
        let catalog = Catalog::compile(&[sheet("b", "a"), sheet("a", "")]).unwrap();
        let b = catalog.made_by("b.make").unwrap();
        assert!(catalog.is_a(b, "a"));
        assert!(!catalog.is_a(catalog.find_type("a").unwrap(), "b"));
    }

    #[test]
    fn a_row_with_an_unknown_type_is_named() {
        let error = Catalog::compile(&[sheet("b", "nobody")]).err().unwrap();
        assert_eq!(error.library, "b");
        assert!(error.message.contains("nobody"));
    }
}
