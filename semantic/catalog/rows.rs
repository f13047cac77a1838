//! What a sheet of rows says, as it is written in TOML.

use super::callback::{Returned, When};
use super::entries::{
    AliasRow, DecoratorRow, DirectiveRow, DisposableRow, ElementRow, EndingRow, ExportRow, HandlerRow,
    HookRow, ObjectRow, PropertyRow, SignatureRow, UncalledRow,
};
use super::ids::LibraryId;
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
    /// Modules that render components on a server: what a file imports that imports one is rendered there.
    #[serde(default)]
    pub server_renderers: Vec<String>,
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
    /// Packages that have all that another one has.
    #[serde(default, rename = "alias")]
    pub aliases: Vec<AliasRow>,
    /// Types of things to be disposed of.
    #[serde(default, rename = "disposable")]
    pub disposables: Vec<DisposableRow>,
    /// Components by the way they show what stands in them.
    #[serde(default, rename = "element")]
    pub elements: Vec<ElementRow>,
    /// Shapes of objects that a framework takes.
    #[serde(default, rename = "object")]
    pub objects: Vec<ObjectRow>,
    /// Methods that a framework never calls, although they look like it.
    #[serde(default, rename = "uncalled")]
    pub uncalled: Vec<UncalledRow>,
    /// Decorators by which the end of an instance ends what its fields hold.
    #[serde(default, rename = "ending")]
    pub endings: Vec<EndingRow>,
    /// Functions that a framework calls because of the object they stand in.
    #[serde(default, rename = "property")]
    pub properties: Vec<PropertyRow>,
    /// Functions that a framework calls because of the type their author gave them.
    #[serde(default, rename = "signature")]
    pub signatures: Vec<SignatureRow>,
    /// Functions whose parameters are named as those of a handler.
    #[serde(default, rename = "handler")]
    pub handlers: Vec<HandlerRow>,
    /// Methods that take something, and those that give it back, whatever they are of.
    #[serde(default, rename = "pair")]
    pub pairs: Vec<PairRow>,
    /// Methods that are taken for what undoes another one.
    #[serde(default, rename = "counterpart")]
    pub counterparts: Vec<CounterpartRow>,
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
    /// How often the body of a `for await` over it runs: it gives one thing after the other, and does not end by itself.
    pub each: Option<Rate>,
    /// It comes to an end by itself, and with it what is made of it.
    #[serde(default)]
    pub finite: bool,
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
    /// What holds it is gone by itself where there was little to read, whether or not somebody reads.
    #[serde(default)]
    pub small_is_taken: bool,
    /// Who sends what is read from it.
    pub sender: Option<Sender>,
    /// Events by which it tells of its good end alone: when the other side goes away first, they do not come.
    #[serde(default)]
    pub good_ends: Vec<String>,
    /// Methods by which it is sent to its end.
    #[serde(default)]
    pub ended_by: Vec<String>,
    /// Events that may well never come, of whatever emitter.
    #[serde(default)]
    pub rare_events: Vec<String>,
    /// Names of its fields, methods and events that tell how much waits to be sent, or that stop the source.
    #[serde(default)]
    pub gauges: Vec<String>,
    /// Names of its fields of which there are only so many values, whoever sends them: the method of a request.
    #[serde(default)]
    pub few: Vec<String>,
    /// Names of its fields that are texts; `params.*` are all fields of `params`.
    #[serde(default)]
    pub texts: Vec<String>,
    /// It is an answer that holds its connection until its body is read.
    pub unread: Option<UnreadRow>,
    /// Whether bytes can be read from it.
    #[serde(default)]
    pub readable: bool,
    /// Whether bytes can be written to it.
    #[serde(default)]
    pub writable: bool,
    /// Paths of what makes clients of services: of each class that is found there, a method gives one, as long as it is not
    /// handed a function to call back.
    #[serde(default)]
    pub streamed_by: Vec<String>,
}

/// An answer whose body has to be read, or thrown away.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnreadRow {
    /// Its field that is the body; without it, it is the body itself.
    pub body: Option<String>,
    /// Methods that read the body, throw it away or end it.
    pub reads: Vec<String>,
    /// Fields that tell of the answer and not of the body.
    pub looks: Vec<String>,
    /// The method of the body that throws it away, for messages.
    pub discard: String,
    /// A small body is taken in whether or not it is read: how large it is, nobody knows.
    #[serde(default)]
    pub buffers: bool,
    /// What becomes of it while nobody reads it, as the second half of a sentence; without it, its socket stays.
    pub keeps: Option<String>,
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
    /// What it is handed does not do again what it does where something is missing: the application has ended before.
    pub spared_by: Option<SparedRow>,
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
    /// The observable that it gives, or that is piped through it, ends by itself or with its owner.
    pub completes: Option<CompletesRow>,
    /// What it gives runs the function that it is handed.
    #[serde(default)]
    pub wraps: bool,
    /// It runs the function that it is handed once, and gives the result out again and again.
    #[serde(default)]
    pub memoizes: bool,
    /// What it is handed runs when the component or scope ends in which it is called.
    #[serde(default)]
    pub at_end: bool,
    /// What the function that it is handed returns runs when the component ends in which it is called.
    #[serde(default)]
    pub cleans_up: bool,
    /// It runs its second argument when what the first one gives has changed.
    #[serde(default)]
    pub watches: bool,
    /// What it gives stands for its first argument, as far as listeners go; of markup it makes something new.
    #[serde(default)]
    pub selects: bool,
    /// What it is handed does not run where components are rendered on a server.
    #[serde(default)]
    pub client: bool,
    /// A module that what it is handed loads is not rendered on a server, if its options say so.
    #[serde(default)]
    pub client_if: FxHashMap<String, String>,
    /// It must be called while a component or scope is set up: behind an `await` nobody knows any longer which.
    #[serde(default)]
    pub in_setup: bool,
    /// The second of the two things that it gives sets what a component shows.
    #[serde(default)]
    pub makes_state: bool,
    /// It is a method of a component by which that sets what it shows.
    #[serde(default)]
    pub sets_state: bool,
    /// What it gives is another each time, so that nothing is found under it again.
    #[serde(default)]
    pub fresh: bool,
    /// It makes a stream of what its first argument gives: that stays open until the stream ends.
    #[serde(default)]
    pub wraps_source: bool,
    /// It keeps an entry for each key that its first argument is.
    pub registry: Option<RegistryRow>,
    /// The argument at this position is what an application shows at its root: a component, an element, options.
    pub mounts: Option<u8>,
    /// It makes an element of the component that is its first argument.
    #[serde(default)]
    pub makes_element: bool,
    /// What it gives is the component that the object it is handed describes.
    #[serde(default)]
    pub makes_component: bool,
    /// The field of what it gives that keeps what it is given for as long as the component lives.
    pub keeps_in: Option<String>,
    /// It gives an instance of the class that the argument at this position names, which somebody else has made.
    pub injects: Option<u8>,
    /// What the cost of building it anew each time is: for `per-call-construction`, nanoseconds on the lab's machine.
    pub cost_ns: Option<u32>,
    /// One for each set of arguments is worth keeping.
    #[serde(default)]
    pub keyed: bool,
    /// It makes something that remembers.
    pub caches: Option<CacheRow>,
    /// It makes a queue of tasks.
    pub queue: Option<QueueRow>,
    /// It puts an entry into a timeline, or clears those of a kind.
    pub timeline: Option<TimelineRow>,
    /// It reads a whole file.
    #[serde(default)]
    pub reads_file: bool,
    /// It reads all of the stream that its first argument is, unless a second one limits it: what to do instead.
    pub drains: Option<String>,
    /// It hands its arguments on to a peer and keeps what that one has not taken: how to wait for it.
    pub sends: Option<String>,
    /// Options that say how many bytes it takes.
    pub size_limit: Option<SizeRow>,
    /// It makes more bytes of those that its first argument is, without a limit but for the option of this name.
    pub inflates: Option<String>,
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
    /// Whether a function is taken for the one that the row speaks of by its name alone: helpers of other packages and of
    /// projects do the same under the same name.
    pub(super) fn is_known_by_name(&self) -> bool {
        self.ends_streams
            || self.wraps
            || self.memoizes
            || self.at_end
            || self.cleans_up
            || self.watches
            || self.selects
            || self.makes_state
            || self.sets_state
            || self.makes_element
            || self.makes_component
            || self.keeps_in.is_some()
            || self.completes.is_some()
    }

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

/// A queue that takes tasks as fast as they come.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueRow {
    /// Methods that add one.
    #[serde(default)]
    pub adds: Vec<String>,
    /// Calling it adds one.
    #[serde(default)]
    pub called: bool,
    /// Options that limit how many wait.
    #[serde(default)]
    pub bounded_by: Vec<String>,
    /// Its fields and methods that tell how many wait, or that wait themselves.
    pub depths: Vec<String>,
}

/// When an observable ends by itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompletesRow {
    /// Only with no more arguments than these: a timer that is told a period goes on.
    pub up_to: Option<usize>,
}

/// The listener that ends an application before something would have to be made anew.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SparedRow {
    /// The event it listens to, of the same receiver.
    pub event: String,
    /// The methods of the receiver that end the application.
    pub calls: Vec<String>,
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
    /// What it gives is such an answer: the type that says how it is read.
    pub answer: Option<String>,
    /// The answer is one only if the options say so: `responseType` is `stream`.
    #[serde(default)]
    pub answer_if: FxHashMap<String, String>,
    /// The position of the options of the call that made what it is asked of: they hold unless its own say otherwise.
    pub made_with: Option<u8>,
}

/// Entries of one kind in a timeline that nothing ever empties by itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimelineRow {
    /// The kind of the entries.
    pub kind: String,
    /// The method that clears them, of a call that adds one; none of one that clears.
    pub cleared_by: Option<String>,
}

/// The majors of a package, or of `node`, that a row holds for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MajorsRow {
    /// The package.
    pub of: String,
    /// The first of them.
    #[serde(default)]
    pub from: u32,
    /// The last of them.
    #[serde(default = "no_last")]
    pub to: u32,
}

fn no_last() -> u32 {
    u32::MAX
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
    /// Options with which entries go after a time, and are taken out then: they bound it.
    #[serde(default)]
    pub timed_by: Vec<String>,
    /// Options with which nobody takes out what is over, where they are `false` or 0.
    #[serde(default)]
    pub unswept_by: Vec<String>,
    /// Options that make it keep nothing at all where they are `false`, `null` or 0.
    #[serde(default)]
    pub ended_by: Vec<String>,
    /// Its methods that put something in, under a key that is their first argument.
    #[serde(default)]
    pub adds: Vec<String>,
    /// The properties that hold the key, where that argument is an object of options.
    #[serde(default)]
    pub keys: Vec<String>,
    /// The position of the argument of such a method with which the entry goes after a time.
    pub expires_at: Option<u8>,
    /// Options of such a method with which nothing is kept, and what they are then: `fetchPolicy` is `no-cache`.
    #[serde(default)]
    pub skipped_by: FxHashMap<String, String>,
    /// Its methods that take everything out.
    #[serde(default)]
    pub emptied_by: Vec<String>,
    /// The field that holds what it remembers: nobody knows the bound of another thing that is put there.
    pub store: Option<String>,
    /// Its first argument is the function whose results it remembers.
    #[serde(default)]
    pub of_function: bool,
    /// It holds keys that are objects weakly: only texts and numbers stay.
    #[serde(default)]
    pub weak: bool,
    /// It is made for one page: where one lives as long as a server, it remembers for everybody.
    #[serde(default)]
    pub on_servers: bool,
    /// Whoever asks the server that it makes puts something in.
    #[serde(default)]
    pub by_clients: bool,
    /// It keeps one entry for each client of the application that it is given to: the option by which it keeps fewer.
    pub sessions: Option<String>,
    /// What to do, if it is not to pass the first of the options.
    pub advice: Option<String>,
    /// The majors that this is true of, if not of all.
    pub majors: Option<MajorsRow>,
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
    /// Methods of what is made that let no file in.
    #[serde(default)]
    pub refused_by: Vec<String>,
    /// What to do.
    pub advice: String,
}

/// Options of a call that say how many bytes are taken, and kept whole.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SizeRow {
    /// Their names.
    pub options: Vec<String>,
    /// What is kept whole, for messages: `body`.
    pub what: String,
    /// Numbers that are no limit, beside the infinite ones.
    #[serde(default)]
    pub unlimited: Vec<f64>,
    /// A text that is no number of bytes is no limit.
    #[serde(default)]
    pub text: bool,
    /// Who sends it.
    pub sender: Sender,
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
    /// The position of the argument with which an entry goes after a time.
    pub expires_at: Option<u8>,
    /// The key is what the properties of the first argument are, or all arguments together.
    #[serde(default)]
    pub labels: bool,
    /// The positions of the arguments that are its key together, if that is not the first one.
    #[serde(default)]
    pub at: Vec<u8>,
    /// The key is this option, of any argument.
    pub option: Option<String>,
    /// It keeps something only if this option is on.
    pub on: Option<String>,
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
    /// What becomes of what it returns.
    #[serde(default)]
    pub returned: Returned,
    /// It is handed messages, and says of each when it is done.
    pub acks: Option<AckRow>,
}

/// Messages of which so many are handed out as nobody has said that they are done.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AckRow {
    /// Methods that say it of one.
    pub by: Vec<String>,
    /// Methods and options that say how many may be out; none if there is a limit anyway.
    #[serde(default)]
    pub limited_by: Vec<String>,
    /// The option with which nobody asks whether they are done.
    pub off_by: Option<String>,
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
    /// Functions that give it back when they are handed what the first argument of the call is: `unlock(file)`.
    #[serde(default)]
    pub release_by_first: Vec<String>,
    /// The same of its second argument: `removeEventListener(event, listener)`.
    #[serde(default)]
    pub release_by_second: Vec<String>,
    /// Option names of the call that end it without a release: `signal`.
    #[serde(default)]
    pub ended_by: Vec<String>,
    /// Methods of what the call was asked of that end it as well: `browser.close()` ends the pages of the browser.
    #[serde(default)]
    pub ended_with: Vec<String>,
    /// Holds only if the options of the call name one of these: an HTTP agent keeps sockets with `keepAlive` alone.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Holds only if options of the call are these values: `readline.createInterface({ input: process.stdin })`.
    #[serde(default)]
    pub needs_value: FxHashMap<String, Vec<String>>,
    /// Whoever takes it may well end before it matters: a command that asks a question, and exits.
    #[serde(default)]
    pub doubtful: bool,
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
    /// It ends with what the call is asked of: only what outlives the function keeps it.
    #[serde(default)]
    pub of_receiver: bool,
    /// Where the argument stands that only one can have at a time, a port: under a constant there is never a second one.
    #[serde(default)]
    pub only_one_at: Option<usize>,
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
    /// It is the `result` of the request that the call gives, once that has succeeded: `indexedDB.open(name)`.
    Request,
}

/// What methods of these names take and give back, by convention, of receivers that no type is known of.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairRow {
    /// How it is taken.
    pub taken: Taken,
    /// What it is, for messages.
    #[serde(default)]
    pub what: String,
    /// Methods that take it.
    pub takes: Vec<String>,
    /// Methods of what was taken that give it back.
    #[serde(default)]
    pub ends: Vec<String>,
    /// Methods of what it was taken from, or of others, that take it back.
    #[serde(default)]
    pub backs: Vec<String>,
}

/// How something is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Taken {
    /// It is what the call gives: `const c = await pool.getConnection()`.
    Result,
    /// It is a turn that is waited for: `await gate.acquire()`.
    Turn,
    /// The receiver notes the first argument: `busy.track(task)`.
    Note,
}

/// A method that adds something, and what alone takes that away again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterpartRow {
    /// The method that adds.
    pub adds: String,
    /// The method that takes away what it added.
    pub removes: String,
    /// A pair of like names that has nothing to do with it: what adds, and what takes that away.
    pub mistaken: [String; 2],
    /// Methods that end all of it.
    #[serde(default)]
    pub ends: Vec<String>,
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
