//! Rows by which functions are known to be entry points without being handed to anything: decorators, directives, exports,
//! properties, annotations, names of parameters, hooks.

use super::callback::{Returned, When};
use super::ids::{LibraryId, NeedId};
use super::pattern::expand;
use crate::glob;
use rustc_hash::FxHashMap;
use serde::Deserialize;

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
    /// The options that list what is made anew for each component that it stands on.
    #[serde(default)]
    pub provides: Vec<String>,
    /// What becomes of what such a function returns.
    #[serde(default)]
    pub returned: Returned,
    /// What is injected with an instance of the class is made as often.
    pub spreads: Option<SpreadsRow>,
    /// The sheet it stands in.
    #[serde(skip)]
    pub library: LibraryId,
}

/// How a rate spreads from what is injected to what it is injected into.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpreadsRow {
    /// Decorators of the classes that are made as often as what they are injected with.
    pub to: Vec<String>,
    /// Decorators of fields and parameters that say what is injected.
    pub by: Vec<String>,
    /// What, injected, makes a class one of those of the row: access paths.
    #[serde(default)]
    pub tokens: Vec<String>,
}

/// Functions that run because of a directive: the one it stands in, or all that its module exports.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectiveRow {
    /// The directive.
    pub names: Vec<String>,
    /// What such a function is, for messages: `server action`.
    pub what: String,
    /// When it runs.
    pub runs: When,
    /// It marks code that runs in the browser too: it speaks of components alone, and what servers show only there ends
    /// at it.
    #[serde(default)]
    pub client: bool,
    /// The sheet it stands in.
    #[serde(skip)]
    pub library: LibraryId,
}

/// A package that has all that another one has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliasRow {
    /// The package.
    pub names: Vec<String>,
    /// The one whose rows hold for it.
    pub same_as: String,
}

/// Types of things to be disposed of: code that names one knows of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisposableRow {
    /// Their names.
    pub names: Vec<String>,
}

/// A component by the way it shows what stands in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementRow {
    /// Its names; `*` is anything within one.
    pub names: Vec<String>,
    /// Names that are none of these all the same.
    #[serde(default)]
    pub unless: Vec<String>,
    /// When it shows it.
    pub shows: Shows,
}

/// When a component shows what stands in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shows {
    /// Whenever it is shown itself.
    Always,
    /// It comes and goes.
    Sometimes,
}

/// A function that runs because of its exported name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportRow {
    /// Exported names; `default.fetch` is a property of what is exported under the name, `actions.*` each of them.
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
    /// Holds only if the function calls one of these methods of its `this`.
    #[serde(default)]
    pub calls_this: Vec<String>,
    /// When it runs.
    pub runs: When,
    /// What such a function is, for messages: `page`.
    #[serde(default)]
    pub what: String,
    /// It is a component that runs on a server alone, and so do those that it shows, but for those of modules that say
    /// that they are for the browser.
    #[serde(default)]
    pub server: bool,
    /// It runs many times each time.
    #[serde(default)]
    pub loops: bool,
    /// Types of its parameters.
    #[serde(default)]
    pub params: Vec<String>,
    /// The packages, compiled.
    #[serde(skip)]
    pub need: Option<NeedId>,
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

/// A function that runs because of the property it is, or that it is assigned to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PropertyRow {
    /// Names of the property; `*` for any.
    pub names: Vec<String>,
    /// The object stands in a property of one of these names; `visitor/*` is any property of an object that stands in
    /// `visitor`. Empty: wherever.
    #[serde(default)]
    pub under: Vec<String>,
    /// The object has all of these properties too.
    #[serde(default)]
    pub beside: Vec<String>,
    /// The object is what a function returns that another row knows as a property of one of these names.
    #[serde(default)]
    pub returned_by: Vec<String>,
    /// Holds only if the function's first parameter has one of these names.
    #[serde(default)]
    pub first: Vec<String>,
    /// The project must import one of these; empty: any project.
    #[serde(default)]
    pub packages: Vec<String>,
    /// What such a function is, for messages: `visitor`.
    pub what: String,
    /// When it runs.
    pub runs: When,
    /// It runs many times each time.
    #[serde(default)]
    pub loops: bool,
    /// Types of its parameters.
    #[serde(default)]
    pub params: Vec<String>,
    /// The packages, compiled.
    #[serde(skip)]
    pub need: Option<NeedId>,
    /// The sheet it stands in.
    #[serde(skip)]
    pub library: LibraryId,
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
    /// What becomes of what such a function returns.
    #[serde(default)]
    pub returned: Returned,
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
    /// The project must import one of these; empty: any project.
    #[serde(default)]
    pub packages: Vec<String>,
    /// When it runs.
    pub runs: When,
    /// Types of its parameters.
    #[serde(default)]
    pub params: Vec<String>,
    /// The packages, compiled.
    #[serde(skip)]
    pub need: Option<NeedId>,
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
    /// any class, the name of an [`ObjectRow`] for an object literal of that shape.
    pub of: Vec<String>,
    /// Method names.
    pub methods: Vec<String>,
    /// When they run.
    pub runs: When,
    /// They run when an instance has been made, and is not used yet.
    #[serde(default)]
    pub begins: bool,
    /// They run again and again while an instance is in use.
    #[serde(default)]
    pub again: bool,
    /// They run when the instance ends.
    #[serde(default)]
    pub ends: bool,
    /// They do not run where components are rendered on a server.
    #[serde(default)]
    pub client: bool,
    /// One instance serves all the calls; otherwise instances are made at the rate of the methods.
    #[serde(default)]
    pub shared: bool,
    /// Types of their parameters.
    #[serde(default)]
    pub params: Vec<String>,
    /// What becomes of what such a function returns.
    #[serde(default)]
    pub returned: Returned,
    /// The sheet it stands in.
    #[serde(skip)]
    pub library: LibraryId,
}

impl HookRow {
    /// Whether they run in a phase of an instance.
    #[must_use]
    pub fn is_of(&self, phase: Phase) -> bool {
        match phase {
            Phase::Begin => self.begins,
            Phase::Use => self.again,
            Phase::End => self.ends,
        }
    }
}

/// A phase in the life of an instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// It has been made.
    Begin,
    /// It is in use, and something about it has changed.
    Use,
    /// It ends.
    End,
}

/// A shape of object literals by which a framework tells them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectRow {
    /// Its name, for hooks.
    pub name: String,
    /// It has any of these properties.
    pub has: Vec<String>,
    /// And none of these, by which others tell theirs.
    #[serde(default)]
    pub lacks: Vec<String>,
}

/// Methods that look as if a framework called them when an instance ends, and that it never calls.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UncalledRow {
    /// Of which classes, as in [`HookRow::of`]; an [`ObjectRow`] must have a hook of the same sheet.
    pub of: Vec<String>,
    /// Holds only if the options of the decorator in `of` say so.
    #[serde(default)]
    pub option: FxHashMap<String, String>,
    /// Method names.
    pub methods: Vec<String>,
    /// What is called instead, or why not, as the second half of a sentence.
    pub why: String,
    /// The sheet it stands in.
    #[serde(skip)]
    pub library: LibraryId,
}

/// A decorator by which the end of an instance ends what its fields hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndingRow {
    /// Names of the decorator.
    pub names: Vec<String>,
    /// The packages it comes from; none: wherever it is from.
    #[serde(default)]
    pub packages: Vec<String>,
    /// It stands on the class and speaks of all fields; otherwise it stands on one.
    #[serde(default)]
    pub class: bool,
    /// Holds only if the decorator's options say so.
    #[serde(default)]
    pub option: FxHashMap<String, String>,
    /// Does not hold if the decorator's options name one of these.
    #[serde(default)]
    pub unless: Vec<String>,
    /// The option that lists the fields which it leaves alone.
    pub skips: Option<String>,
    /// The option that names the one field it speaks of, a list: the elements of that are ended.
    pub list: Option<String>,
    /// The methods that it calls on what the fields hold.
    pub calls: Vec<String>,
}
