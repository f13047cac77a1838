//! What expressions name.

use super::{Place, Root, Step};
use crate::index::{FuncId, NameId, NodeId};
use crate::tables::{ClassKind, FunctionKind, Imported, Lowered};
use crate::tree::flag::GETTER;
use crate::tree::{Kind, LogicalOp};
use rustc_hash::FxHashSet;

/// Constants that name constants that name constants…
const MAX_ALIASES: u32 = 12;
/// Names of the global object.
const GLOBAL_OBJECTS: &[&str] = &["globalThis", "window", "global", "self", "top", "root", "GLOBAL"];

/// Whether [`Lowered::try_place`] looks at expressions of a kind at all.
#[inline]
fn may_have_name(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Identifier
            | Kind::BindingName
            | Kind::This
            | Kind::Member
            | Kind::Index
            | Kind::Call
            | Kind::ImportCall
            | Kind::Await
            | Kind::Assign
            | Kind::Sequence
            | Kind::Logical
    )
}

impl Lowered {
    /// The place an expression names.
    #[must_use]
    #[inline]
    pub fn place(&self, expr: NodeId) -> Place {
        if !may_have_name(self.tree.kind(expr)) {
            return Place::root(Root::Value(expr));
        }
        if let Some(known) = self.places.borrow().get(expr) {
            return known.clone();
        }
        self.place_asked_first(expr)
    }

    fn place_asked_first(&self, expr: NodeId) -> Place {
        let place = self.place_within(expr, MAX_ALIASES);
        self.places.borrow_mut().put(&self.tree, expr, place.clone());
        place
    }

    #[inline]
    pub(super) fn place_within(&self, expr: NodeId, fuel: u32) -> Place {
        self.try_place(expr, fuel).unwrap_or_else(|| Place::root(Root::Value(expr)))
    }

    pub(super) fn try_place(&self, expr: NodeId, fuel: u32) -> Option<Place> {
        let fuel = fuel.checked_sub(1)?;
        let tree = &self.tree;
        match tree.kind(expr) {
            Kind::Identifier => Some(self.identifier_place(expr, fuel)),
            Kind::BindingName => Some(self.binding_place(tree.binding(expr)?, fuel)),
            Kind::This => Some(self.this_place(tree.func(expr))),
            Kind::Member => {
                let name = tree.name_id(expr)?;
                if self.is_module_exports(expr) {
                    return Some(Place::root(Root::Exports));
                }
                let object = self.place_within(tree.first(expr)?, fuel);
                if self.is_global_object(&object) {
                    return Some(Place::root(Root::Global(name)));
                }
                match self.getter_place(&object, name, fuel) {
                    Some(got) => Some(got),
                    None => object.with(Step::Field(name)),
                }
            }
            Kind::Index => {
                let object = self.place_within(tree.first(expr)?, fuel);
                match self.index_step(expr) {
                    Step::Field(name) if self.is_global_object(&object) => {
                        Some(Place::root(Root::Global(name)))
                    }
                    step => object.with(step),
                }
            }
            Kind::Call => self.call_place(expr, fuel),
            Kind::ImportCall => {
                let source = tree.children(expr).next().and_then(|arg| tree.name_id(arg))?;
                Some(Place::root(Root::Module(source)))
            }
            Kind::Await => {
                let inner = tree.first(expr)?;
                let place = self.place_within(inner, fuel);
                (tree.kind(inner) != Kind::Call).then_some(place)
            }
            Kind::Assign => self.try_place(tree.first(expr)?, fuel),
            Kind::Sequence => self.try_place(tree.last_child(expr)?, fuel),
            // What compilers make of `super()`: `_this = _super.call(this) || this`.
            Kind::Logical if self.is_or_this(expr) => Some(self.this_place(tree.func(expr))),
            Kind::Logical if tree.logical_op(expr) != Some(LogicalOp::And) => {
                self.try_place(self.tested(tree.first(expr)?), fuel)
            }
            _ => None,
        }
    }

    /// What a chain of tests yields if all of them hold: `x.y` of `(x && x.y) || []`.
    fn tested(&self, expr: NodeId) -> NodeId {
        let is_chain = |&node: &NodeId| self.tree.logical_op(node) == Some(LogicalOp::And);
        let last = Some(expr).filter(is_chain).and_then(|chain| self.tree.last_child(chain));
        last.unwrap_or(expr)
    }

    /// The global object, whose members are globals: `window`, also under a name of its own, the parameter of
    /// `(function (window) { … })(window)`.
    fn is_global_object(&self, place: &Place) -> bool {
        let Root::Global(name) = place.root else { return false };
        place.path.is_empty() && GLOBAL_OBJECTS.contains(&self.tree.text(name))
    }

    /// What a getter of the class returns, where that is another name for something: `get bus() { return bus }`.
    fn getter_place(&self, object: &Place, name: NameId, fuel: u32) -> Option<Place> {
        let Place { root: Root::This(class), path } = object else { return None };
        let members = self.class(*class).members.iter();
        let mut named = members.filter(|member| path.is_empty() && member.name == Some(name));
        let getter = named.find(|member| self.tree.has(member.node, GETTER))?.func?;
        // One that does more than return is a function that runs.
        let mut statements = self.tree.children(self.body(getter)?);
        let (Some(only), None) = (statements.next(), statements.next()) else { return None };
        let value = self.tree.first(only).filter(|_| self.tree.kind(only) == Kind::Return)?;
        let place = self.try_place(value, fuel)?;
        let is_lasting = match place.root {
            Root::Binding(binding) => self.binding(binding).func != getter,
            root => !matches!(root, Root::Value(_)),
        };
        is_lasting.then_some(place)
    }

    fn is_module_exports(&self, member: NodeId) -> bool {
        self.tree.name(member) == Some("exports")
            && self.tree.first(member).is_some_and(|object| self.global_of(object) == Some("module"))
    }

    fn index_step(&self, index: NodeId) -> Step {
        let constant = self.tree.child(index, 1).and_then(|key| self.constant_name(key));
        constant.map_or(Step::Element, Step::Field)
    }

    fn identifier_place(&self, identifier: NodeId, fuel: u32) -> Place {
        match self.binding_of(identifier) {
            Some(binding) => self.binding_place(binding, fuel),
            None => self.global_place(identifier),
        }
    }

    fn global_place(&self, identifier: NodeId) -> Place {
        let Some(reference) = self.tree.reference(identifier) else {
            return Place::root(Root::Value(identifier));
        };
        let name = self.references[reference.index()].name;
        match self.tree.text(name) {
            "exports" => Place::root(Root::Exports),
            _ => Place::root(Root::Global(name)),
        }
    }

    /// `… || this`
    fn is_or_this(&self, expr: NodeId) -> bool {
        let tree = &self.tree;
        tree.logical_op(expr) == Some(LogicalOp::Or)
            && tree.last_child(expr).is_some_and(|last| tree.kind(last) == Kind::This)
    }

    /// A call that compilers write for `super(…)`, or around its result: `_super.call(this, …)`, `_callSuper(this, …)`.
    fn is_compiled_super(&self, call: NodeId) -> bool {
        let tree = &self.tree;
        let is_this = tree.arg(call, 0).is_some_and(|arg| tree.kind(arg) == Kind::This);
        let name = |node: NodeId| {
            tree.reference(node).map(|reference| tree.text(self.references[reference.index()].name))
        };
        let is_super = match tree.method_call(call) {
            Some((object, "call" | "apply")) => name(object) == Some("_super"),
            Some(_) => false,
            None => tree
                .callee(call)
                .and_then(name)
                .is_some_and(|callee| matches!(callee, "_callSuper" | "_possibleConstructorReturn")),
        };
        is_this && is_super
    }

    fn call_place(&self, call: NodeId, fuel: u32) -> Option<Place> {
        let tree = &self.tree;
        if let Some(source) = self.required(call) {
            return Some(Place::root(Root::Module(source)));
        }
        if self.is_compiled_super(call) {
            return Some(self.this_place(tree.func(call)));
        }
        let (object, method) = tree.method_call(call)?;
        match method {
            // `map.get(k)`, `list.at(-1)`, `list.pop()`, `list.shift()`: an element.
            "get" if self.may_look_up(call) && !self.is_answer(call) => {
                // `request.get(url)`: what a module exports as a whole is no map.
                let map = self.place_within(object, fuel);
                let is_whole =
                    |step: &Step| matches!(step, Step::Field(name) if tree.text(*name) == "default");
                let is_module = matches!(map.root, Root::Module(_)) && map.path.iter().all(is_whole);
                (!is_module).then(|| map.with(Step::Element)).flatten()
            }
            // What gives what it is handed.
            "freeze" | "seal" | "preventExtensions" if self.global_of(object) == Some("Object") => {
                self.try_place(tree.arg(call, 0)?, fuel)
            }
            "at" | "pop" | "shift" | "find" if self.names_something(object) => {
                self.place_within(object, fuel).with(Step::Element)
            }
            // What returns its receiver: `setInterval(…).unref()`, `emitter.setMaxListeners(0)`.
            "unref" | "ref" | "setMaxListeners" | "setEncoding" if tree.args(call).count() <= 1 => {
                self.try_place(object, fuel)
            }
            // A chain on an emitter: `s.on('a', f).on('b', g)`.
            "on" | "once" | "addListener" | "prependListener" | "off" | "removeListener"
            | "removeAllListeners"
                if self.continues_chain(call) =>
            {
                self.try_place(object, fuel)
            }
            _ => None,
        }
    }

    /// Whether a call of `get` is written like one of a map: with one key.
    pub(crate) fn may_look_up(&self, call: NodeId) -> bool {
        let tree = &self.tree;
        let is_key = |key: NodeId| tree.kind(key) != Kind::String;
        tree.args(call).count() == 1 && tree.arg(call, 0).is_some_and(is_key)
    }

    /// Whether a call of `get` is known to give what rows say.
    pub(crate) fn is_answer(&self, call: NodeId) -> bool {
        self.answers.borrow().contains(&call)
    }

    /// Notes which calls of `get` give what rows say, and no element of a map: `client.get(url)`. Whether that is news;
    /// then no place is known any more.
    pub(crate) fn note_answers(&self, calls: FxHashSet<NodeId>) -> bool {
        let is_new = *self.answers.borrow() != calls;
        if is_new {
            self.places.take();
            self.answers.replace(calls);
        }
        is_new
    }

    /// Whether the result of a listener call is the object of another one.
    fn continues_chain(&self, call: NodeId) -> bool {
        let tree = &self.tree;
        let outer = tree.parent(call).and_then(|member| tree.parent(member));
        outer.and_then(|outer| tree.method_call(outer)).is_some_and(|(object, method)| {
            object == call
                && matches!(
                    method,
                    "on" | "once" | "addListener" | "off" | "removeListener" | "pipe" | "end" | "resume"
                )
        })
    }

    fn names_something(&self, node: NodeId) -> bool {
        matches!(self.tree.kind(node), Kind::Identifier | Kind::Member | Kind::This)
    }

    /// The specifier of `require('m')`, also where `createRequire` made the function; also what bundler helpers wrap around it.
    #[must_use]
    pub fn required(&self, call: NodeId) -> Option<NameId> {
        let tree = &self.tree;
        if tree.kind(call) != Kind::Call {
            return None;
        }
        let callee = tree.callee(call)?;
        let arg = tree.arg(call, 0)?;
        match self.global_of(callee) {
            Some("require") => self.constant_name(arg),
            None if self.is_made_require(callee) => self.constant_name(arg),
            // Babel's and TypeScript's interop helpers, and `promisifyAll(require('m'))`.
            _ if tree.kind(arg) == Kind::Call && tree.args(call).count() == 1 => {
                let name = match tree.kind(callee) {
                    Kind::Identifier => tree.reference(callee).map(|r| self.references[r.index()].name),
                    _ => tree.name_id(callee),
                }?;
                let is_interop = matches!(
                    tree.text(name),
                    "__importDefault"
                        | "__importStar"
                        | "_interopRequireDefault"
                        | "_interopRequireWildcard"
                        | "__toESM"
                        | "promisifyAll"
                );
                is_interop.then(|| self.required(arg)).flatten()
            }
            _ => None,
        }
    }

    /// Whether a function is what Node's `createRequire(import.meta.url)` gave: it resolves as the file itself does.
    fn is_made_require(&self, callee: NodeId) -> bool {
        let tree = &self.tree;
        let made = self.value_of(callee).unwrap_or(callee);
        let Some(maker) = tree.callee(made).filter(|_| tree.kind(made) == Kind::Call) else { return false };
        let is_here = |arg| match tree.kind(arg) {
            Kind::Member => tree.name(arg).is_some_and(|name| matches!(name, "url" | "filename")),
            _ => self.global_of(arg) == Some("__filename"),
        };
        self.name_of_function(maker) == Some("createRequire") && tree.arg(made, 0).is_some_and(is_here)
    }

    /// The name that a function goes by where it is made: of an import the one that its module gives it.
    fn name_of_function(&self, callee: NodeId) -> Option<&str> {
        let tree = &self.tree;
        if tree.kind(callee) != Kind::Identifier {
            return tree.name(callee);
        }
        let binding = self.binding(self.binding_of(callee)?);
        let import = binding.import.and_then(|import| self.imports.get(import as usize));
        match import.and_then(|import| import.imported) {
            Some(Imported::Named(name)) => Some(tree.text(name)),
            _ => Some(tree.text(binding.name)),
        }
    }

    /// What `this` is in a function.
    #[must_use]
    pub fn this_place(&self, func: FuncId) -> Place {
        let owner = self
            .enclosing(func)
            .find(|&f| self.function(f).kind != FunctionKind::Arrow || self.function(f).this_class.is_some());
        let owner = owner.unwrap_or(func);
        let row = self.function(owner);
        let Some(class) = row.this_class else {
            return match row.kind {
                FunctionKind::Module if !self.is_module => Place::root(Root::Exports),
                _ => Place::root(Root::Receiver(owner)),
            };
        };
        let owner = self.class(class);
        match owner.binding {
            _ if owner.is_exports => Place::root(Root::Exports),
            // The methods of `const api = {…}` and the static members of a class see what the binding names.
            Some(binding) if owner.kind == ClassKind::Object || row.is_static => {
                Place::root(Root::Binding(binding))
            }
            None if row.is_static => Place::root(Root::Class(class)),
            _ => Place::root(Root::This(class)),
        }
    }
}
