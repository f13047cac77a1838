//! What variables hold: what they are given, imported as, or taken apart from.

use super::{Place, Root, Step};
use crate::index::{BindingId, NameId, NodeId};
use crate::tables::{BindingKind, Imported, Lowered};
use crate::tree::{DeclKind, Kind};
use smallvec::SmallVec;

/// The names that Node's own code and much around it give to symbols for private fields: `kSocket`.
fn is_symbol_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next() == Some('k') && chars.next().is_some_and(|second| second.is_ascii_uppercase())
}

impl Lowered {
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

    /// The one value that the variable an expression names ever has.
    #[must_use]
    pub fn value_of(&self, node: NodeId) -> Option<NodeId> {
        self.binding_of(node).and_then(|binding| self.sole_value(binding))
    }

    pub(super) fn binding_place(&self, binding: BindingId, fuel: u32) -> Place {
        let row = self.binding(binding);
        let alias = match row.kind {
            BindingKind::Import => self.import_place(binding),
            BindingKind::Function => {
                self.variable_of(row.node).map(|outer| Place::root(Root::Binding(outer)))
            }
            BindingKind::Class | BindingKind::Enum => None,
            BindingKind::Param => {
                let element = self.callback_element(binding, fuel);
                let handed = element.or_else(|| self.wrapper_argument(binding, fuel));
                handed.or_else(|| self.pattern_place(row.node, fuel))
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

    /// A name inside a declaring pattern: `const { a: { b } } = x`, `for (const [k, v] of x)`, and inside a parameter that
    /// is a module: `import('m').then(({ a }) => …)`.
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
                    let place = match tree.child(parent, 1) {
                        Some(value) => self.place_within(value, fuel),
                        None => self.loop_source(tree.parent(parent)?, fuel)?,
                    };
                    return steps.into_iter().rev().try_fold(place, Place::with);
                }
                Kind::Function => {
                    let place = self.place_within(self.loaded_for(parent, at)?, fuel);
                    return steps.into_iter().rev().try_fold(place, Place::with);
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

    /// The module whose loading a function waits for that is told it by this parameter: `import('m').then(m => …)`.
    fn loaded_for(&self, func: NodeId, param: NodeId) -> Option<NodeId> {
        let tree = &self.tree;
        let (call, 0) = tree.argument_of(func)? else { return None };
        let (object, method) = tree.method_call(call)?;
        let is_it = tree.kind(object) == Kind::ImportCall && method == "then" && tree.node(param).slot == 0;
        is_it.then_some(object)
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
        // `xs.forEach(function (x) { … }.bind(this))`
        let bound = tree.parent(func).and_then(|member| tree.parent(member));
        let bound = bound
            .filter(|&call| tree.method_call(call) == Some((func, "bind")) && tree.args(call).count() <= 1);
        let (call, 0) = tree.argument_of(bound.unwrap_or(func))? else { return None };
        let (object, method) = tree.method_call(call)?;
        let is_element = match method {
            "forEach" | "map" | "some" | "every" | "find" | "filter" | "flatMap" => slot == 0,
            "reduce" => slot == 1,
            _ => false,
        };
        is_element.then(|| self.place_within(self.iterated(object), fuel).with(Step::Element)).flatten()
    }
}
