//! What a sheet of rows says, as it is written in TOML.

use super::{LibraryId, expand};
use crate::glob;
use crate::rate::{Life, Rate};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

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

/// Who sends what is read from a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sender {
    /// This program: files, its standard input.
    Own,
    /// A client of this server, in a request.
    Request,
    /// A peer on a connection that this server accepted.
    Connection,
    /// A server that this code chose to ask.
    Answer,
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
    /// Functions that a framework calls because of a directive.
    #[serde(default, rename = "directive")]
    pub directives: Vec<DirectiveRow>,
    /// Functions that a framework calls because of the name they are exported under.
    #[serde(default, rename = "export")]
    pub exports: Vec<ExportRow>,
    /// Methods that a framework calls because of the class they are in.
    #[serde(default, rename = "hook")]
    pub hooks: Vec<HookRow>,
    /// Functions that a framework calls because of the object they stand in.
    #[serde(default, rename = "property")]
    pub properties: Vec<PropertyRow>,
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
    /// The type of what it contains.
    pub elements: Option<String>,
    /// Types of its fields.
    #[serde(default)]
    pub fields: FxHashMap<String, String>,
    /// What its methods return.
    #[serde(default)]
    pub returns: FxHashMap<String, String>,
    /// What it holds beside memory until it is read to its end or destroyed, for messages.
    pub holds: Option<String>,
    /// Who sends what is read from it.
    pub sender: Option<Sender>,
    /// Whether bytes can be read from it.
    #[serde(default)]
    pub readable: bool,
    /// Whether bytes can be written to it.
    #[serde(default)]
    pub writable: bool,
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
    /// It keeps what it is handed for as long as its receiver lives, and gives no way to take it back.
    #[serde(default)]
    pub registers: bool,
    /// Methods that take back what it registers or turns on.
    #[serde(default)]
    pub undone_by: Vec<String>,
    /// The runtime keeps what each call of it makes.
    pub piles_up: Option<PileRow>,
    /// It keeps an object that is its first argument, and what it makes of it: what that is, for messages.
    pub remembers: Option<String>,
    /// It sends a request, or makes a client that does.
    pub request: Option<RequestRow>,
    /// It says of how many listeners nobody is warned.
    pub listener_limit: Option<LimitOf>,
    /// It only looks at its arguments: it neither gives them back nor keeps them.
    #[serde(default)]
    pub looks: bool,
    /// It ends the streams that it is handed, when one of them ends or it is called.
    #[serde(default)]
    pub ends_streams: bool,
    /// It makes a stream of what its first argument gives: that stays open until the stream ends.
    #[serde(default)]
    pub wraps_source: bool,
    /// It keeps an entry for each key that its first argument is.
    pub registry: Option<RegistryRow>,
    /// The argument at this position is what an application shows at its root: a component, an element, options.
    pub mounts: Option<u8>,
    /// It gives an instance of the class that the argument at this position names, which somebody else has made.
    pub injects: Option<u8>,
    /// What the cost of building it anew each time is: for `per-call-construction`, nanoseconds on the lab's machine.
    pub cost_ns: Option<u32>,
    /// One for each set of arguments is worth keeping.
    #[serde(default)]
    pub keyed: bool,
    /// It makes something that remembers.
    pub caches: Option<CacheRow>,
    /// It reads a whole file.
    #[serde(default)]
    pub reads_file: bool,
    /// It reads all of the stream that its first argument is, unless a second one limits it: what to do instead.
    pub drains: Option<String>,
    /// It hands its arguments on to a peer and keeps what that one has not taken: how to wait for it.
    pub sends: Option<String>,
    /// The option that says how many bytes of a body it takes.
    pub body_limit: Option<String>,
    /// It takes uploads.
    pub uploads: Option<UploadRow>,
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

/// Whose number of listeners a call says, as its first argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitOf {
    /// Its receiver's.
    Receiver,
    /// Its second argument's.
    Second,
    /// Every emitter's: it is no call, but a field that the number is written to.
    All,
}

/// What comes of calling something again and again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PileRow {
    /// Why that is a loss, as the second half of a sentence.
    pub why: String,
    /// What to do.
    pub advice: String,
}

/// A request that a call sends. Agents and clients that it is handed it uses and leaves open.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestRow {
    /// The position of its options; without it, nothing is said of how long it waits.
    pub options: Option<u8>,
    /// Options any of which limits how long it waits.
    #[serde(default)]
    pub limited_by: Vec<String>,
    /// Methods of its answer read the whole body.
    #[serde(default)]
    pub body: bool,
    /// Its connection stays taken until the body is read.
    #[serde(default)]
    pub holds_connection: bool,
}

/// What a call makes that remembers, and what bounds it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheRow {
    /// Why it has no bound, as the second half of a sentence.
    pub why: String,
    /// Options any of which bounds it.
    #[serde(default)]
    pub bounded_by: Vec<String>,
    /// Options with which entries go after a time.
    #[serde(default)]
    pub swept_by: Vec<String>,
    /// Its first argument is the function whose results it remembers.
    #[serde(default)]
    pub of_function: bool,
    /// It keeps one entry for each client of the application that it is given to: the option by which it keeps fewer.
    pub sessions: Option<String>,
    /// What to do, if it is not to pass the first of the options.
    pub advice: Option<String>,
}

/// Where uploads go.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadRow {
    /// Options any of which limits them, or puts them elsewhere.
    #[serde(default)]
    pub bounded_by: Vec<String>,
    /// The option that says where they are kept.
    pub storage: String,
    /// What makes a storage in memory.
    pub in_memory: String,
    /// What to do.
    pub advice: String,
}

/// What a registry keeps for each key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistryRow {
    /// What stays, as the second half of a sentence.
    pub keeps: String,
    /// What to do instead.
    pub advice: String,
    /// Methods beside it that take an entry out.
    #[serde(default)]
    pub ends: Vec<String>,
    /// It adds only if it has so many arguments; with fewer it asks.
    #[serde(default)]
    pub arguments: usize,
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
            return self.options.iter().any(|name| name == "*" || name == option);
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Option names of the call that end it without a release: `signal`.
    #[serde(default)]
    pub ended_by: Vec<String>,
    /// Holds only if the options of the call name one of these: an HTTP agent keeps sockets with `keepAlive` alone.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Holds only if a function is handed over behind the first argument: without one nothing is scheduled.
    #[serde(default)]
    pub needs_function: bool,
    /// Events after which it is gone, for its peer may end it: only one that its function alone knows, and does not listen
    /// to, is worth a word.
    #[serde(default)]
    pub peer_ends: Vec<String>,
    /// The other side ends it too: what waits in a variable for the next one may be gone already.
    #[serde(default)]
    pub ends_itself: bool,
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
    /// The sheet it stands in.
    #[serde(skip)]
    pub library: LibraryId,
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
    /// Holds only if the function's first parameter has one of these names.
    #[serde(default)]
    pub first: Vec<String>,
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
