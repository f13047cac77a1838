//! What is kept of a file: rows of plain, owned data.

use super::{Places, Uses};
use crate::calls;
use crate::calls::Later;
use crate::catalog::{LibraryId, ModelId, NeedId, Returned, When};
use crate::growth::Op;
use crate::index::{BindingId, ClassId, FuncId, NameId, PlaceId};
use crate::mounts::Shown;
use crate::names::Texts;
use crate::place::Place;
use crate::sorted::Sorted;
use crate::tables::{ClassKind, FunctionKind};
use crate::tree::Span;

/// What part a file plays in its project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub enum Role {
    /// Code that runs in production.
    Source,
    /// Tests, stories, benchmarks, fixtures: nothing in them repeats in production.
    Test,
    /// Build configuration, scripts, examples and programs that exit.
    Script,
    /// The command line of a program: what it does is done once for each process.
    CommandLine,
}

/// What the project needs to know of one file.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Summary {
    /// Its part in the project.
    pub role: Role,
    /// Its components run in the browser too, it says.
    pub in_browsers: bool,
    /// The strings that places below refer to.
    pub names: Texts,
    /// Module specifiers it imports.
    pub imports: Box<[NameId]>,
    /// Those of them, sorted, that are loaded in browsers alone.
    pub client_imports: Box<[NameId]>,
    /// Module specifiers from which it takes types only.
    pub type_imports: Box<[NameId]>,
    /// What it exports.
    pub exports: Box<[ExportRow]>,
    /// Its functions, by [`FuncId`].
    pub functions: Box<[FunctionRow]>,
    /// Its classes, by [`ClassId`].
    pub classes: Box<[ClassRow]>,
    /// Bindings that places below start from.
    pub bindings: Sorted<BindingId, BindingRow>,
    /// Edges between functions.
    pub edges: Box<[EdgeRow]>,
    /// Functions handed to functions of the project.
    pub handed: Box<[HandedRow]>,
    /// What functions do with function parameters.
    pub params: Box<[ParamRow]>,
    /// What functions do to arguments that they only look at or hand on.
    pub looks: Sorted<(FuncId, u16), LookRow>,
    /// What functions of the project are handed, functions aside.
    pub passed: Box<[PassedRow]>,
    /// What is done to things that other files may know too.
    pub uses: Uses,
    /// The access paths that rows speak of, each once: much is done to few. See [`Summary::place`].
    pub places: Places,
    /// What fields, module bindings and parameters hold; of parameters, what rows say.
    pub types: Box<[(PlaceId, TypeRow)]>,
    /// The classes of other files that annotations of parameters name.
    pub param_classes: Sorted<BindingId, PlaceId>,
    /// Module bindings that hold a collection written out in the source.
    pub tables: Box<[BindingId]>,
    /// The names of types that have few values.
    pub few: Box<[NameId]>,
}

/// An exported name.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct ExportRow {
    /// The name; none for `export *`.
    pub name: Option<NameId>,
    /// What it stands for.
    pub target: ExportTo,
}

/// What an export stands for.
#[derive(serde::Serialize, serde::Deserialize)]
pub enum ExportTo {
    /// A path in this file.
    Place(PlaceId),
    /// A function of this file.
    Function(FuncId),
    /// A class of this file.
    Class(ClassId),
    /// A value of this type.
    Value(TypeRow),
    /// A name of another module; none for all of it.
    From {
        /// The specifier.
        source: NameId,
        /// The name there.
        imported: Option<NameId>,
    },
}

/// A function.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct FunctionRow {
    /// The name it goes by; empty if none. See [`Summary::name`].
    pub name: NameId,
    /// Where it starts.
    pub at: Span,
    /// How it was written.
    pub kind: FunctionKind,
    /// The function it is created in.
    pub parent: Option<FuncId>,
    /// The class whose member it is.
    pub class: Option<ClassId>,
    /// Members that are not to be called from outside.
    pub is_private: bool,
    /// How many of its parameters say what to do it to: neither an error, nor a callback, nor options.
    pub subjects: u16,
    /// What it returns.
    pub returns: TypeRow,
    /// What it keeps and gives to whoever asks.
    pub lends: Option<PlaceId>,
    /// How many parameters it declares.
    pub params: u16,
    /// Created and called on the spot.
    pub immediate: bool,
    /// Its value is returned or stored: somebody may call it later, any number of times.
    pub is_kept: bool,
    /// It gives a promise of work that goes on after it has returned.
    pub works: bool,
    /// Where it is rendered on a server.
    pub side: Side,
    /// It calls some function only under a condition, which may ask where it runs.
    pub asks_where: bool,
}

/// Whether a part of a component runs where it is rendered on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Side {
    /// It is no part of one, or as far as its callers are.
    Plain,
    /// It is a hook that runs there, too.
    Both,
    /// It runs in browsers alone: the hook that it is, or that it is handed to.
    Browser(NameId),
}

/// A class.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct ClassRow {
    /// Its name; empty if none. See [`Summary::name`].
    pub name: NameId,
    /// How it was written.
    pub kind: ClassKind,
    /// What it inherits from.
    pub base: Option<BaseRow>,
    /// Its methods: name, function, whether static.
    pub methods: Box<[(NameId, FuncId, bool)]>,
    /// The function it is evaluated in.
    pub func: FuncId,
    /// Its constructor and field initialisers.
    pub constructors: Box<[FuncId]>,
    /// Only static members: nobody makes instances.
    pub is_static_only: bool,
    /// Names of the decorators on it.
    pub decorators: Box<[NameId]>,
    /// A variable names it. An object literal without one may be a prototype or the options of a framework.
    pub is_named: bool,
    /// It is an object literal whose methods see it as their `this`, and nothing is made of it.
    pub is_own_receiver: bool,
    /// What its prototype has, besides functions: all instances that are given nothing of their own share that.
    pub shared: Box<[NameId]>,
    /// What it is injected with, if its framework may make it as often.
    pub injection: Option<Box<InjectionRow>>,
    /// Its members that other files give it.
    pub adopted: Box<[AdoptedRow]>,
}

/// What a class has of another file.
#[derive(serde::Serialize, serde::Deserialize)]
pub enum AdoptedRow {
    /// A member: `X.prototype.f = require('./f').f`.
    Member(NameId, PlaceId),
    /// All that something has: `Object.assign(X.prototype, require('./methods'))`.
    All(PlaceId),
    /// A class that a function makes of its base: `class X extends Mixin(Base)`.
    Mixin(PlaceId),
}

/// What a class is injected with.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct InjectionRow {
    /// Its instances are made more often by what it says itself, and so are those that they are injected with.
    pub is_scoped: bool,
    /// Its framework makes it as often as what it is injected with; none of a base class.
    pub receives: bool,
    /// Instances of these.
    pub with: Box<[TypeRow]>,
}

/// What a class inherits from.
#[derive(serde::Serialize, serde::Deserialize)]
pub enum BaseRow {
    /// A class of this file.
    Class(ClassId),
    /// A catalog type.
    Model(ModelId),
    /// Something imported.
    Place(PlaceId),
}

/// A binding that a place starts from.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct BindingRow {
    /// Its name.
    pub name: NameId,
    /// The function that creates it; [`FuncId::MODULE`] for module bindings.
    pub func: FuncId,
    /// Where it is declared.
    pub at: Span,
    /// It is a parameter, or a part of one.
    pub is_param: bool,
    /// The position of a plain parameter.
    pub position: Option<u16>,
}

/// What is known of a value, in a form other files can use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum TypeRow {
    /// Nothing.
    Unknown,
    /// A catalog type.
    Model(ModelId),
    /// An instance of a class of the same file.
    Instance(ClassId),
    /// A class of the same file.
    Class(ClassId),
    /// A function of the same file.
    Function(FuncId),
    /// An instance of what this path names.
    InstanceOf(PlaceId),
    /// What an annotation says is an instance of what this path names: handed in, not made here.
    Annotated(PlaceId),
    /// What calling this path gives.
    ResultOf(PlaceId),
    /// What calling this path gives, where that is a kind of this type: an annotation says less than what is returned.
    Narrowed(PlaceId, ModelId),
    /// The same as this path.
    Same(PlaceId),
}

/// An edge of the call graph.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct EdgeRow {
    /// Who calls.
    pub caller: FuncId,
    /// What runs.
    pub target: TargetRow,
    /// How often for each run of the caller.
    pub when: When,
    /// How sure.
    pub certain: bool,
    /// Whether it stands in a loop.
    pub in_loop: bool,
    /// What is waited for before it runs.
    pub later: Later,
    /// A flag that lasts as long as the process lets it run once.
    pub once: bool,
    /// The call.
    pub at: Span,
    /// How messages name the way.
    pub label: NameId,
    /// The sheet whose row says so.
    pub library: Option<LibraryId>,
    /// What becomes of what it returns.
    pub returned: Returned,
    /// The packages that its row asks for.
    pub need: Option<NeedId>,
    /// It shows a component.
    pub shown: Option<Shown>,
}

/// What runs.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub enum TargetRow {
    /// A function of the same file.
    Function(FuncId),
    /// A construction of a class of the same file.
    Class(ClassId),
    /// What a path names.
    Place(PlaceId),
}

/// A function handed to a function of the project.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct HandedRow {
    /// Where.
    pub caller: FuncId,
    /// What.
    pub func: TargetRow,
    /// To whom.
    pub to: TargetRow,
    /// As which argument.
    pub arg: u16,
    /// The call.
    pub at: Span,
    /// What tells the rows about the call apart.
    pub about: calls::About,
    /// What is called, as written.
    pub label: NameId,
}

/// Something other than a function that is handed to a function of the project.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct PassedRow {
    /// Where.
    pub caller: FuncId,
    /// To whom.
    pub to: TargetRow,
    /// As which argument.
    pub arg: u16,
    /// What.
    pub place: PlaceId,
    /// It was made right before, by the function that calls.
    pub is_new: bool,
}

/// What a function does with a function parameter.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct ParamRow {
    /// The function.
    pub func: FuncId,
    /// Which parameter.
    pub param: u16,
    /// When it is run.
    pub runs: Option<When>,
    /// It is handed on.
    pub forwarded: Option<(TargetRow, u16)>,
    /// How messages name the way.
    pub label: NameId,
}

/// A parameter that is neither stored nor returned.
#[derive(Default, serde::Serialize, serde::Deserialize)]
pub struct LookRow {
    /// The methods that are called on it.
    pub methods: Box<[NameId]>,
    /// Whom it is handed on to, and as which argument.
    pub forwarded: Box<[(TargetRow, u16)]>,
    /// The function calls it, and is done with it then.
    pub called: bool,
}

/// Something done to a thing that other files may know.
#[derive(Clone, Copy, Debug)]
pub struct UseRow {
    /// The thing.
    pub place: PlaceId,
    /// What is done.
    pub what: What,
    /// The function it is done in.
    pub func: FuncId,
    /// Where.
    pub at: Span,
}

/// What is done to a thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum What {
    /// A collection operation.
    Collection(Op),
    /// A method is called on it: the name, and the first argument if it is a constant string.
    Method(NameId, Option<NameId>),
    /// It is handed to a function of this path.
    Argument(NameId),
    /// It is called.
    Called,
    /// It is overwritten.
    Assigned,
    /// It is given a new collection whenever the function runs.
    Renewed,
}

impl Summary {
    /// The text of a name that rows give.
    #[must_use]
    pub fn name(&self, id: NameId) -> &str {
        self.names.get(id)
    }

    /// The name that a function goes by; empty if none.
    #[must_use]
    pub fn function_name(&self, func: FuncId) -> &str {
        self.name(self.functions[func.index()].name)
    }

    /// The access path that rows name by an id.
    #[must_use]
    pub fn place(&self, id: PlaceId) -> Place {
        self.places.get(id)
    }

    /// About how much memory it takes: its rows and strings, without what the allocator adds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        fn rows<T>(rows: &[T]) -> usize {
            size_of_val(rows)
        }
        let looks = self.looks.iter().map(|(_, look)| rows(&look.methods) + rows(&look.forwarded));
        let classes = self
            .classes
            .iter()
            .map(|row| rows(&row.methods) + rows(&row.constructors) + rows(&row.decorators));
        size_of::<Self>()
            + self.names.bytes()
            + rows(&self.imports)
            + rows(&self.client_imports)
            + rows(&self.type_imports)
            + rows(&self.exports)
            + rows(&self.functions)
            + rows(&self.classes)
            + classes.sum::<usize>()
            + self.bindings.bytes()
            + rows(&self.edges)
            + rows(&self.handed)
            + rows(&self.params)
            + self.looks.bytes()
            + looks.sum::<usize>()
            + rows(&self.passed)
            + self.uses.bytes()
            + self.places.bytes()
            + rows(&self.types)
            + self.param_classes.bytes()
    }
}
