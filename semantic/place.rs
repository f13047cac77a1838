//! Access paths: what an expression names, written as a root and up to a few fields.
//!
//! Two expressions with the same place hold the same value as long as nothing on the path is reassigned in between.
//! Constants are followed: after `const { cache } = this`, `cache` is `this.cache`.

use crate::index::{BindingId, ClassId, FuncId, NameId, NodeId};
use crate::tables::{BindingKind, ClassKind, FunctionKind, Imported, Lowered};
use crate::tree::flag::GETTER;
use crate::tree::{DeclKind, Kind, LogicalOp, NodeMemo};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::hash::{Hash, Hasher};

/// Where an access path starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Root {
    /// A variable, parameter, function or class of this file.
    Binding(BindingId),
    /// `this` inside an instance member of a class.
    This(ClassId),
    /// A class itself, where no binding names it.
    Class(ClassId),
    /// `this` of a function whose receiver is unknown.
    Receiver(FuncId),
    /// The exports of a module, by specifier.
    Module(NameId),
    /// The exports object of this file.
    Exports,
    /// A global variable; also `window.x` and `globalThis.x`.
    Global(NameId),
    /// The value of one expression: a call, an allocation, anything that has no name.
    Value(NodeId),
}

/// One step of an access path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Step {
    /// `.name`
    Field(NameId),
    /// Any element of a collection: `x[k]`, `x.get(k)`, the variable of `for (… of x)`.
    Element,
}

/// An access path.
#[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Where it starts.
    pub root: Root,
    /// The fields from there.
    pub path: Path,
}

/// The steps of a [`Place`], in place: it is copied, compared and hashed without a look elsewhere.
#[derive(Clone)]
pub struct Path {
    steps: [Step; MAX_PATH],
    len: u8,
}

impl Path {
    /// No steps.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self { steps: [Step::Element; MAX_PATH], len: 0 }
    }

    /// As many steps as there is room for.
    #[inline]
    pub(crate) fn of(steps: &[Step]) -> Self {
        let mut path = Self::new();
        let len = steps.len().min(MAX_PATH);
        path.steps[..len].copy_from_slice(&steps[..len]);
        path.len = u8::try_from(len).unwrap_or_default();
        path
    }

    /// The steps.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> &[Step] {
        self.steps.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// One more step, if there is room.
    #[inline]
    fn push(&mut self, step: Step) {
        if let Some(free) = self.steps.get_mut(usize::from(self.len)) {
            *free = step;
            self.len += 1;
        }
    }
}

impl Default for Path {
    fn default() -> Self {
        Self::new()
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let steps = SmallVec::<[Step; MAX_PATH]>::deserialize(deserializer)?;
        Ok(steps.into_iter().collect())
    }
}

impl std::ops::Deref for Path {
    type Target = [Step];

    #[inline]
    fn deref(&self) -> &[Step] {
        self.as_slice()
    }
}

/// Takes as many steps as a path has room for.
impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        let mut path = Self::new();
        steps.into_iter().for_each(|step| path.push(step));
        path
    }
}

impl<'p> IntoIterator for &'p Path {
    type Item = &'p Step;
    type IntoIter = std::slice::Iter<'p, Step>;

    fn into_iter(self) -> Self::IntoIter {
        self.as_slice().iter()
    }
}

impl PartialEq for Path {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        // What stands behind the end is always the same.
        self.len == other.len && self.steps == other.steps
    }
}

impl Eq for Path {}

impl PartialOrd for Path {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Path {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl Hash for Path {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(self.len);
        for step in self.as_slice() {
            state.write_u32(match step {
                Step::Field(name) => name.raw(),
                Step::Element => u32::MAX,
            });
        }
    }
}

impl std::fmt::Debug for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.as_slice()).finish()
    }
}

/// Longer paths are cut: the expression at that depth becomes a root of its own.
const MAX_PATH: usize = 5;
/// Constants that name constants that name constants…
const MAX_ALIASES: u32 = 12;
/// Names of the global object.
const GLOBAL_OBJECTS: &[&str] = &["globalThis", "window", "global", "self", "top", "root", "GLOBAL"];

impl Place {
    /// A path without fields.
    #[must_use]
    #[inline]
    pub fn root(root: Root) -> Self {
        Self { root, path: Path::new() }
    }

    /// This path and one more step; none if it would be too long.
    #[must_use]
    #[inline]
    pub fn with(mut self, step: Step) -> Option<Self> {
        (self.path.len() < MAX_PATH).then(|| {
            self.path.push(step);
            self
        })
    }

    /// The root and the first step: `this.a` of `this.a.b`, the field of the instance. None without a step.
    #[must_use]
    pub fn trunk(&self) -> Option<Self> {
        Self::root(self.root).with(*self.path.first()?)
    }

    /// Whether `self` is `other` or a field below it.
    #[must_use]
    #[inline]
    pub fn starts_with(&self, other: &Self) -> bool {
        self.root == other.root && self.path.starts_with(&other.path)
    }

    /// The path without its last step.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let mut path = self.path.clone();
        path.len = path.len.checked_sub(1)?;
        // Behind the end all paths are alike.
        *path.steps.get_mut(usize::from(path.len))? = Step::Element;
        Some(Self { root: self.root, path })
    }

    /// The last field's name.
    #[must_use]
    #[inline]
    pub fn last_field(&self) -> Option<NameId> {
        match self.path.last()? {
            Step::Field(name) => Some(*name),
            Step::Element => None,
        }
    }

    /// The name of the field it stands in, past elements: `b` of `a.b[0]`.
    #[must_use]
    pub fn field(&self) -> Option<NameId> {
        self.path.iter().rev().find_map(|step| match step {
            Step::Field(name) => Some(*name),
            Step::Element => None,
        })
    }
}

/// The places of expressions that were asked for before: every rule asks for the same ones again.
pub(crate) type PlaceMemo = RefCell<NodeMemo<Place>>;

/// The names that Node's own code and much around it give to symbols for private fields: `kSocket`.
fn is_symbol_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next() == Some('k') && chars.next().is_some_and(|second| second.is_ascii_uppercase())
}

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
    pub fn place(&self, expr: NodeId) -> Place {
        if !may_have_name(self.tree.kind(expr)) {
            return Place::root(Root::Value(expr));
        }
        if let Some(known) = self.places.borrow().get(expr) {
            return known.clone();
        }
        let place = self.place_within(expr, MAX_ALIASES);
        self.places.borrow_mut().put(&self.tree, expr, place.clone());
        place
    }

    #[inline]
    fn place_within(&self, expr: NodeId, fuel: u32) -> Place {
        self.try_place(expr, fuel).unwrap_or_else(|| Place::root(Root::Value(expr)))
    }

    fn try_place(&self, expr: NodeId, fuel: u32) -> Option<Place> {
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

    /// The string a key expression always has; for a symbol that a constant of the module or an import holds, the name
    /// of that constant.
    #[must_use]
    pub fn constant_name(&self, key: NodeId) -> Option<NameId> {
        match self.tree.kind(key) {
            Kind::String => self.tree.name_id(key),
            Kind::Identifier => self.constant_binding(self.binding_of(key)?),
            _ => None,
        }
    }

    fn constant_binding(&self, binding: BindingId) -> Option<NameId> {
        let row = self.binding(binding);
        let is_symbol_name = is_symbol_name(self.tree.text(row.name));
        if row.kind == BindingKind::Import {
            return is_symbol_name.then_some(row.name);
        }
        let Some(value) = self.sole_value(binding) else {
            // `const { kPools } = require('./symbols')`
            let is_module_constant = row.func.index() == 0 && row.opaque_writes <= 1 && row.values.is_empty();
            return (is_module_constant && is_symbol_name).then_some(row.name);
        };
        match self.tree.kind(value) {
            Kind::String => self.tree.name_id(value),
            Kind::Call if self.is_symbol(value) => Some(row.name),
            _ => None,
        }
    }

    /// `Symbol('x')`, `Symbol.for('x')`.
    fn is_symbol(&self, call: NodeId) -> bool {
        let Some(callee) = self.tree.callee(call) else { return false };
        self.global_of(callee) == Some("Symbol")
            || self.tree.method_call(call).is_some_and(|(object, _)| self.global_of(object) == Some("Symbol"))
    }

    /// The one value a binding ever has, if there is exactly one and nothing else writes it.
    #[must_use]
    pub fn sole_value(&self, binding: BindingId) -> Option<NodeId> {
        let row = self.binding(binding);
        let written_once = row.opaque_writes == 0 && row.values.len() == 1;
        (written_once && row.kind != BindingKind::Param).then(|| row.values.first().copied()).flatten()
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

    fn binding_place(&self, binding: BindingId, fuel: u32) -> Place {
        let row = self.binding(binding);
        let alias = match row.kind {
            BindingKind::Import => self.import_place(binding),
            BindingKind::Function => {
                self.variable_of(row.node).map(|outer| Place::root(Root::Binding(outer)))
            }
            BindingKind::Class | BindingKind::Enum => None,
            BindingKind::Param => {
                self.callback_element(binding, fuel).or_else(|| self.wrapper_argument(binding, fuel))
            }
            _ => self
                .alias_place(binding, fuel)
                .or_else(|| self.loaded_place(binding))
                .or_else(|| self.pattern_place(row.node, fuel)),
        };
        alias.unwrap_or_else(|| Place::root(Root::Binding(binding)))
    }

    /// The variable that a function expression is the only value of: `const f = function f() {}` is one `f`.
    fn variable_of(&self, func: NodeId) -> Option<BindingId> {
        let parent = self.tree.parent(func).filter(|&parent| self.tree.kind(parent) == Kind::Declarator)?;
        let outer = self.tree.binding(self.tree.first(parent)?)?;
        (self.sole_value(outer) == Some(func)).then_some(outer)
    }

    fn import_place(&self, binding: BindingId) -> Option<Place> {
        let import = self.imports.get(self.binding(binding).import? as usize)?;
        let module = Place::root(Root::Module(import.source));
        match import.imported? {
            Imported::Namespace => Some(module),
            Imported::Named(name) => module.with(Step::Field(name)),
            Imported::Default => match self.tree.names().find("default") {
                Some(name) => module.with(Step::Field(name)),
                None => Some(module),
            },
        }
    }

    /// A binding with one value that is itself a name for something.
    fn alias_place(&self, binding: BindingId, fuel: u32) -> Option<Place> {
        let value = self.sole_value(binding).or_else(|| self.get_or_create(binding))?;
        if self.tree.func(value) != self.binding(binding).func {
            return None;
        }
        // `const log = app.log = createLog()`: the variable is the name, not what it is also stored in.
        let is_name = matches!(
            self.tree.kind(value),
            Kind::Identifier
                | Kind::Member
                | Kind::Index
                | Kind::This
                | Kind::Call
                | Kind::Logical
                | Kind::Await
                | Kind::ImportCall
        );
        if !is_name {
            return None;
        }
        let place = self.try_place(value, fuel)?;
        (!matches!(place.root, Root::Value(_)) || !place.path.is_empty()).then_some(place)
    }

    /// `let redis; function init() { redis = require('redis'); }`: a module is the same whenever it is loaded.
    fn loaded_place(&self, binding: BindingId) -> Option<Place> {
        let row = self.binding(binding);
        let mut sources = row.values.iter().map(|&value| self.required(value));
        let first = sources.next()??;
        let is_it = row.opaque_writes == 0 && sources.all(|source| source == Some(first));
        is_it.then(|| Place::root(Root::Module(first)))
    }

    /// `(function (module) { … })(exports)`: the parameter of a function that is run on the spot is what it is handed.
    fn wrapper_argument(&self, binding: BindingId, fuel: u32) -> Option<Place> {
        let tree = &self.tree;
        let row = self.binding(binding);
        let func = tree.parent(row.node).filter(|&func| tree.kind(func) == Kind::Function)?;
        let call = tree.parent(func).filter(|&call| tree.callee(call) == Some(func))?;
        let is_constant = row.opaque_writes == 0 && row.values.is_empty() && tree.kind(call) == Kind::Call;
        let arg = tree.arg(call, tree.node(row.node).slot as usize).filter(|_| is_constant)?;
        // `this` of a script is one thing in a browser and another in Node.
        if tree.kind(arg) == Kind::This {
            return None;
        }
        let place = self.try_place(arg, fuel)?;
        (!matches!(place.root, Root::Value(_))).then_some(place)
    }

    /// `let list = map.get(k); if (!list) { list = []; map.set(k, list) }`: the list is an element of the map either way.
    fn get_or_create(&self, binding: BindingId) -> Option<NodeId> {
        let row = self.binding(binding);
        let [first, second] = row.values[..] else { return None };
        if row.opaque_writes > 0 || row.kind == BindingKind::Param {
            return None;
        }
        let tree = &self.tree;
        let is_path = |node: NodeId| {
            matches!(tree.kind(node), Kind::Member | Kind::Index)
                || tree.method_call(node).is_some_and(|(_, method)| method == "get")
        };
        let mut made = second;
        while tree.kind(made) == Kind::Assign {
            made = tree.child(made, 1)?;
        }
        let is_made = matches!(tree.kind(made), Kind::New | Kind::Array | Kind::Object | Kind::Call);
        (is_path(first) && is_made).then_some(first)
    }

    /// A name inside a declaring pattern: `const { a: { b } } = x`, `for (const [k, v] of x)`.
    fn pattern_place(&self, name: NodeId, fuel: u32) -> Option<Place> {
        let tree = &self.tree;
        let row = self.binding(tree.binding(name)?);
        if row.opaque_writes > 1 || !row.values.is_empty() {
            return None;
        }
        let mut steps: SmallVec<[Step; 4]> = SmallVec::new();
        let mut at = name;
        loop {
            let parent = tree.parent(at)?;
            match tree.kind(parent) {
                Kind::PatternProperty => steps.push(Step::Field(tree.name_id(parent)?)),
                Kind::ArrayPattern if self.is_entry_of_map(parent, at) => {}
                Kind::ArrayPattern => steps.push(Step::Element),
                Kind::ObjectPattern | Kind::Default => {}
                Kind::Declarator => {
                    let mut place = match tree.child(parent, 1) {
                        Some(value) => self.place_within(value, fuel),
                        None => self.loop_source(tree.parent(parent)?, fuel)?,
                    };
                    for step in steps.into_iter().rev() {
                        place = place.with(step)?;
                    }
                    return Some(place);
                }
                _ => return None,
            }
            at = parent;
        }
    }

    /// The second part of an entry is what the collection holds: `for (const [key, value] of map)`.
    fn is_entry_of_map(&self, pattern: NodeId, part: NodeId) -> bool {
        let tree = &self.tree;
        let source = || {
            let declarator = tree.parent(pattern).filter(|&at| tree.kind(at) == Kind::Declarator)?;
            let each = tree.parent(tree.parent(declarator)?).filter(|&at| tree.kind(at) == Kind::ForOf)?;
            tree.child(each, 1)
        };
        tree.node(part).slot == 1 && source().is_some_and(|source| self.gives_entries(source))
    }

    /// `map.entries()`, `Object.entries(table)`, or a map itself.
    fn gives_entries(&self, source: NodeId) -> bool {
        let tree = &self.tree;
        if let Some((_, method)) = tree.method_call(source) {
            return method == "entries";
        }
        let place = self.place(source);
        let value = match (place.root, &place.path[..]) {
            (Root::Binding(binding), []) => self.sole_value(binding),
            (Root::This(class), [Step::Field(name)]) => {
                let members = &self.class(class).members;
                members.iter().find(|member| member.name == Some(*name)).and_then(|member| member.value)
            }
            _ => None,
        };
        let made = value.filter(|&value| tree.kind(value) == Kind::New);
        made.and_then(|made| self.global_of(tree.callee(made)?)) == Some("Map")
    }

    /// `for (const x of xs)`: `x` is an element of `xs`.
    fn loop_source(&self, decl: NodeId, fuel: u32) -> Option<Place> {
        let tree = &self.tree;
        let of =
            tree.parent(decl).filter(|&of| tree.kind(of) == Kind::ForOf && tree.first(of) == Some(decl))?;
        if tree.decl_kind(decl) == Some(DeclKind::Var) {
            return None;
        }
        let source = self.iterated(tree.child(of, 1)?);
        self.place_within(source, fuel).with(Step::Element)
    }

    /// The collection behind what is iterated: `xs.values()`, `Object.values(xs)`, `Array.from(xs)`, `[...xs]`.
    #[must_use]
    pub fn iterated(&self, source: NodeId) -> NodeId {
        let tree = &self.tree;
        if tree.kind(source) == Kind::Array {
            let mut children = tree.children(source);
            if let (Some(only), None) = (children.next(), children.next())
                && tree.kind(only) == Kind::Spread
                && let Some(inner) = tree.first(only)
            {
                return self.iterated(inner);
            }
        }
        let Some((object, method)) = tree.method_call(source) else { return source };
        match (self.global_of(object), method) {
            (Some("Object"), "values" | "entries" | "keys")
            | (Some("Array"), "from")
            | (Some("_"), "values" | "toArray") => {
                tree.arg(source, 0).map_or(source, |inner| self.iterated(inner))
            }
            (
                _,
                "values" | "entries" | "slice" | "keys" | "reverse" | "concat" | "filter" | "sort"
                | "toArray",
            ) if tree.args(source).count() <= 1 => self.iterated(object),
            _ => source,
        }
    }

    /// The parameter of `xs.forEach(x => …)` is an element of `xs`.
    fn callback_element(&self, binding: BindingId, fuel: u32) -> Option<Place> {
        let tree = &self.tree;
        let mut param = self.binding(binding).node;
        if tree.parent(param).is_some_and(|parent| tree.kind(parent) == Kind::ArrayPattern) {
            param = tree.parent(param)?;
        }
        let func = tree.parent(param).filter(|&func| tree.kind(func) == Kind::Function)?;
        let slot = tree.node(param).slot;
        let (call, 0) = tree.argument_of(func)? else { return None };
        let (object, method) = tree.method_call(call)?;
        let is_element = match method {
            "forEach" | "map" | "some" | "every" | "find" | "filter" | "flatMap" => slot == 0,
            "reduce" => slot == 1,
            _ => false,
        };
        is_element.then(|| self.place_within(self.iterated(object), fuel).with(Step::Element)).flatten()
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
            "get"
                if tree.args(call).count() == 1
                    && tree.arg(call, 0).is_some_and(|k| tree.kind(k) != Kind::String) =>
            {
                // `request.get(url)`: what a module exports as a whole is no map.
                let map = self.place_within(object, fuel);
                let is_whole =
                    |step: &Step| matches!(step, Step::Field(name) if tree.text(*name) == "default");
                let is_module = matches!(map.root, Root::Module(_)) && map.path.iter().all(is_whole);
                (!is_module).then(|| map.with(Step::Element)).flatten()
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

    /// The specifier of `require('m')`; also what bundler helpers wrap around it.
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
            // The methods of `const api = {…}` and the static members of a class see what the binding names.
            Some(binding) if owner.kind == ClassKind::Object || row.is_static => {
                Place::root(Root::Binding(binding))
            }
            None if row.is_static => Place::root(Root::Class(class)),
            _ => Place::root(Root::This(class)),
        }
    }

    /// The place as a person would write it.
    #[must_use]
    pub fn display(&self, place: &Place) -> String {
        let mut out = match place.root {
            Root::Binding(binding) => self.tree.text(self.binding(binding).name).to_owned(),
            Root::This(_) | Root::Receiver(_) => "this".to_owned(),
            Root::Class(class) => self
                .class(class)
                .name
                .map_or_else(|| "this".to_owned(), |name| self.tree.text(name).to_owned()),
            Root::Module(source) => self.module_name(source, place),
            Root::Exports => "exports".to_owned(),
            Root::Global(name) => self.tree.text(name).to_owned(),
            Root::Value(node) => self.describe_value(node),
        };
        let skip = usize::from(matches!(place.root, Root::Module(_)) && !place.path.is_empty());
        for step in place.path.iter().skip(skip) {
            match step {
                Step::Field(name) => {
                    out.push('.');
                    out.push_str(self.tree.text(*name));
                }
                Step::Element => out.push_str("[…]"),
            }
        }
        out
    }

    /// The local name of an import, or what the module is called.
    fn module_name(&self, source: NameId, place: &Place) -> String {
        let wanted = place.path.first();
        let local = match wanted {
            Some(Step::Field(field)) => self.imported_as(source, *field),
            _ => None,
        };
        let name = local.map(|binding| self.binding(binding).name);
        match (name, wanted) {
            (Some(name), _) => self.tree.text(name).to_owned(),
            (None, Some(Step::Field(field))) => {
                let base = self.tree.text(source).rsplit('/').next().unwrap_or_default();
                format!("{base}.{}", self.tree.text(*field))
            }
            _ => self.tree.text(source).rsplit('/').next().unwrap_or_default().to_owned(),
        }
    }

    /// The variable that the first import of a name of a module gives it.
    fn imported_as(&self, source: NameId, field: NameId) -> Option<BindingId> {
        let index = self.import_names.get_or_init(|| {
            let default = self.tree.names().find("default");
            let mut index = FxHashMap::default();
            for import in &self.imports {
                let name = match import.imported {
                    Some(Imported::Named(name)) => Some(name),
                    Some(Imported::Default) => default,
                    _ => None,
                };
                if let Some(name) = name {
                    index.entry((import.source, name)).or_insert(import.local);
                }
            }
            index
        });
        index.get(&(source, field)).copied().flatten()
    }

    fn describe_value(&self, node: NodeId) -> String {
        let tree = &self.tree;
        match tree.kind(node) {
            Kind::Call | Kind::New => {
                let callee = tree.callee(node).map(|callee| self.display(&self.place(callee)));
                let new = if tree.kind(node) == Kind::New { "new " } else { "" };
                format!("{new}{}()", callee.unwrap_or_default())
            }
            Kind::Function => "function".to_owned(),
            Kind::Object => "{…}".to_owned(),
            Kind::Array => "[…]".to_owned(),
            _ => "value".to_owned(),
        }
    }
}
