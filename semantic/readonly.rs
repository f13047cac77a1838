//! Whether anybody could tell if a fresh table were built once and shared: it is only looked into, never changed, kept,
//! or handed to code that may do either.

use crate::index::{BindingId, NodeId};
use crate::model::Model;
use crate::tables::BindingKind;
use crate::tree::{BinaryOp, Kind, UnaryOp};

/// Functions that look at what they are handed and keep nothing of it.
const READERS: &[&str] = &[
    "Object.keys",
    "Object.getOwnPropertyNames",
    "Object.hasOwn",
    "JSON.stringify",
    "structuredClone",
    "Array.isArray",
    "String",
    "Boolean",
    "Number",
    "Reflect.has",
    "Reflect.ownKeys",
    "console.log",
    "console.error",
    "console.warn",
    "console.debug",
    "console.info",
    "Math.max",
    "Math.min",
];

/// Functions whose result holds the elements of what they are handed.
const COPIERS: &[&str] = &["Object.values", "Object.entries", "Array.from", "Set", "Map", "Object.freeze"];

/// Methods that change a collection.
const MUTATORS: &[&str] = &[
    "push",
    "pop",
    "shift",
    "unshift",
    "splice",
    "sort",
    "reverse",
    "set",
    "add",
    "delete",
    "clear",
    "fill",
    "copyWithin",
];

/// What is known of how a value is used, and how it was looked up on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reads {
    /// One entry of it is looked up under a key that is not constant: the others were built for nothing.
    pub looked_up: bool,
    /// All of it is gone through, or read as a whole: each entry is used once it is built.
    pub iterated: bool,
}

/// How a value of nested objects, `levels` deep, is used, if nobody changes, keeps or hands it out.
#[must_use]
pub fn reads(model: &Model<'_>, expr: NodeId, levels: u8) -> Option<Reads> {
    let mut walk = Walk { model, reads: Reads::default(), fuel: 400 };
    walk.value(expr, levels, 0).then_some(walk.reads)
}

struct Walk<'m, 'a> {
    model: &'m Model<'a>,
    reads: Reads,
    fuel: u32,
}

impl Walk<'_, '_> {
    /// Whether the value of an expression is only read. Below the last level there are only primitives and functions:
    /// whoever has them cannot change the table.
    fn value(&mut self, expr: NodeId, levels: u8, depth: u32) -> bool {
        if levels == 0 {
            return true;
        }
        self.fuel = self.fuel.saturating_sub(1);
        if self.fuel == 0 || depth > 24 {
            return false;
        }
        let tree = &self.model.file.tree;
        let Some(parent) = tree.parent(expr) else { return true };
        let slot = tree.node(expr).slot;
        match tree.kind(parent) {
            Kind::Conditional | Kind::Logical if slot > 0 => self.value(parent, levels, depth + 1),
            Kind::Logical => self.value(parent, levels, depth + 1),
            Kind::Sequence => tree.last_child(parent) != Some(expr) || self.value(parent, levels, depth + 1),
            Kind::Await => self.value(parent, levels, depth + 1),
            Kind::Member | Kind::Index if slot == 0 => self.looked_up(parent, levels, depth),
            Kind::Index => true,
            Kind::Declarator => {
                tree.first(parent).is_some_and(|target| self.pattern(target, expr, levels, depth))
            }
            Kind::Call | Kind::New if slot > 0 => self.argument(parent, slot as usize - 1, levels, depth),
            Kind::Call | Kind::New => true,
            Kind::Spread => self.spread(parent, levels, depth),
            Kind::ForOf if slot == 1 => {
                self.reads.iterated = true;
                tree.first(parent).is_some_and(|left| self.loop_variable(left, levels - 1, depth))
            }
            Kind::ForIn if slot == 1 => {
                self.reads.iterated = true;
                true
            }
            Kind::Binary => {
                self.reads.looked_up |= tree.binary_op(parent) == Some(BinaryOp::In);
                true
            }
            Kind::Unary => tree.unary_op(parent) != Some(UnaryOp::Delete),
            Kind::If
            | Kind::While
            | Kind::DoWhile
            | Kind::Switch
            | Kind::Conditional
            | Kind::ExprStmt
            | Kind::Template => true,
            _ => false,
        }
    }

    /// `table.x`, `table[k]`, `table.method(…)`.
    fn looked_up(&mut self, member: NodeId, levels: u8, depth: u32) -> bool {
        let tree = &self.model.file.tree;
        let Some(parent) = tree.parent(member) else { return true };
        let is_target = tree.node(member).slot == 0;
        match tree.kind(parent) {
            Kind::Assign | Kind::Update if is_target => return false,
            Kind::Unary if tree.unary_op(parent) == Some(UnaryOp::Delete) => return false,
            Kind::ForOf | Kind::ForIn if is_target => return false,
            Kind::Call if is_target && tree.kind(member) == Kind::Member => {
                return self.method(parent, levels, depth);
            }
            _ => {}
        }
        if tree.kind(member) == Kind::Index && !self.is_constant_key(member) {
            self.reads.looked_up = true;
        }
        matches!(tree.name(member), Some("length" | "size")) || self.value(member, levels - 1, depth + 1)
    }

    fn is_constant_key(&self, index: NodeId) -> bool {
        let tree = &self.model.file.tree;
        tree.child(index, 1)
            .is_none_or(|key| tree.kind(key) == Kind::Number || self.model.file.constant_name(key).is_some())
    }

    fn method(&mut self, call: NodeId, levels: u8, depth: u32) -> bool {
        let tree = &self.model.file.tree;
        let Some((_, name)) = tree.method_call(call) else { return false };
        if MUTATORS.contains(&name) {
            return false;
        }
        match name {
            "get" | "at" | "has" | "find" | "findLast" | "includes" | "indexOf" | "hasOwnProperty"
            | "some" | "every" | "findIndex" => self.reads.looked_up = true,
            _ => self.reads.iterated = true,
        }
        match name {
            "get" | "at" | "find" | "findLast" => {
                self.callback(call, 0, levels, depth) && self.value(call, levels - 1, depth + 1)
            }
            "some" | "every" | "forEach" | "findIndex" | "findLastIndex" | "map" | "flatMap" => {
                self.callback(call, 0, levels, depth)
            }
            "reduce" | "reduceRight" => self.callback(call, 1, levels, depth),
            "filter" => {
                self.callback(call, 0, levels, depth) && (levels == 1 || self.value(call, levels, depth + 1))
            }
            "values" | "entries" | "slice" | "concat" | "flat" | "toSorted" | "toReversed" | "union"
            | "intersection" => levels == 1 || self.value(call, levels, depth + 1),
            // What is left of the methods of collections gives no element; methods of the object itself use no `this`.
            _ => true,
        }
    }

    /// The elements that a callback is handed.
    fn callback(&mut self, call: NodeId, position: usize, levels: u8, depth: u32) -> bool {
        if levels == 1 {
            return true;
        }
        let tree = &self.model.file.tree;
        let Some(arg) = tree.arg(call, 0) else { return true };
        if !matches!(tree.kind(arg), Kind::Function | Kind::Identifier) {
            return tree.kind(arg) != Kind::Member;
        }
        let Some(func) = self.model.function_of(arg) else {
            // `map.get(key)`: a key, not a callback.
            return matches!(tree.method_call(call), Some((_, "get" | "at")));
        };
        let param = self.model.file.params(func).nth(position);
        param.is_none_or(|param| self.declared(param, levels - 1, depth))
    }

    fn argument(&mut self, call: NodeId, index: usize, levels: u8, depth: u32) -> bool {
        let tree = &self.model.file.tree;
        let Some(callee) = tree.callee(call) else { return false };
        let path = self.model.api_path(callee).unwrap_or_default();
        let path = &*path;
        if READERS.contains(&path) || path.ends_with("hasOwnProperty.call") || path.ends_with("hasOwn.call") {
            match path.contains("hasOwn") || path == "Reflect.has" {
                true => self.reads.looked_up = true,
                false => self.reads.iterated = true,
            }
            return true;
        }
        if COPIERS.contains(&path) {
            self.reads.iterated |= path != "Object.freeze";
            // A copy is the caller's own; what it holds is still shared.
            let is_copy = path != "Object.freeze";
            return is_copy && levels == 1 || self.value(call, levels, depth + 1);
        }
        let Some(func) = self.model.function_of(callee) else { return false };
        let is_spread = tree.args(call).take(index + 1).any(|arg| tree.kind(arg) == Kind::Spread);
        let param = self.model.file.params(func).nth(index).filter(|_| !is_spread);
        param.is_some_and(|param| self.declared(param, levels, depth))
    }

    fn spread(&mut self, spread: NodeId, levels: u8, depth: u32) -> bool {
        self.reads.iterated = true;
        let tree = &self.model.file.tree;
        let around =
            tree.parent(spread).filter(|&parent| matches!(tree.kind(parent), Kind::Array | Kind::Object));
        levels == 1 || around.is_some_and(|copy| self.value(copy, levels, depth + 1))
    }

    fn loop_variable(&mut self, left: NodeId, levels: u8, depth: u32) -> bool {
        let tree = &self.model.file.tree;
        let target = match tree.kind(left) {
            Kind::VarDecl => tree.first(left).and_then(|declarator| tree.first(declarator)),
            _ => Some(left),
        };
        levels == 0 || target.is_some_and(|target| self.declared(target, levels, depth))
    }

    /// The names a declaration gives to a value that it alone is given.
    fn pattern(&mut self, target: NodeId, value: NodeId, levels: u8, depth: u32) -> bool {
        let tree = &self.model.file.tree;
        if let Some(binding) = tree.binding(target)
            && self.model.file.sole_value(binding) != Some(value)
            && !tree.contains(target, value)
        {
            // `const x = table[a] || other`: the variable's one value contains this one.
            let holds = self.model.file.sole_value(binding).is_some_and(|sole| tree.contains(sole, value));
            if !holds {
                return false;
            }
        }
        self.declared(target, levels, depth)
    }

    fn declared(&mut self, target: NodeId, levels: u8, depth: u32) -> bool {
        if levels == 0 {
            return true;
        }
        let tree = &self.model.file.tree;
        match tree.kind(target) {
            Kind::BindingName => {
                tree.binding(target).is_some_and(|binding| self.binding(binding, levels, depth))
            }
            Kind::Default => tree.first(target).is_some_and(|inner| self.declared(inner, levels, depth)),
            Kind::ObjectPattern | Kind::ArrayPattern => {
                let parts: Vec<NodeId> = tree.children(target).collect();
                parts.into_iter().all(|part| match tree.kind(part) {
                    Kind::PatternProperty => {
                        tree.last_child(part).is_none_or(|inner| self.declared(inner, levels - 1, depth + 1))
                    }
                    Kind::Rest => {
                        tree.first(part).is_none_or(|inner| self.declared(inner, levels, depth + 1))
                    }
                    Kind::Empty => true,
                    _ => self.declared(part, levels - 1, depth + 1),
                })
            }
            _ => false,
        }
    }

    /// Every use of a name that is never given another value.
    fn binding(&mut self, binding: BindingId, levels: u8, depth: u32) -> bool {
        let row = self.model.file.binding(binding);
        let is_param = row.kind == BindingKind::Param;
        let is_steady = if is_param { row.values.is_empty() } else { row.values.len() <= 1 };
        if !is_steady || row.opaque_writes > 1 {
            return false;
        }
        row.references.iter().all(|reference| {
            let node = self.model.file.references[reference.index()].node;
            self.value(node, levels, depth + 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::syntax::{self, Language};

    /// How the first object literal of a source is used.
    fn uses(text: &str, levels: u8) -> Option<Reads> {
        let file = syntax::lower(syntax::parse(text, Language::JavaScript).unwrap());
        let catalog = Catalog::default();
        let model = Model::new(&file, &catalog);
        let object = file.tree.ids().find(|&node| file.tree.kind(node) == Kind::Object).unwrap();
        reads(&model, object, levels)
    }

    #[test]
    fn lookups_are_reads() {
        assert!(uses("const t = {a: 1}; f(t[k])", 1).unwrap().looked_up);
        assert!(uses("const t = {a: {b: 1}}; const row = t[k] || t.a; f(row.b)", 2).unwrap().looked_up);
        assert!(uses("function g(t, k) { return t[k] } g({a: 1}, x)", 1).is_some());
        assert!(uses("for (const k in {a: 1}) f(k)", 1).unwrap().iterated);
    }

    #[test]
    fn what_leaves_or_changes_is_not_only_read() {
        for text in [
            "const t = {a: 1}; t[k] = 2",
            "const t = {a: 1}; delete t[k]",
            "const t = {a: 1}; t.a++",
            "const t = {a: 1}; foreign(t)",
            "const t = {a: 1}; this.t = t",
            "function f() { return {a: 1} }",
            "let t = {a: 1}; t = other",
        ] {
            assert_eq!(uses(text, 1), None, "{text}");
        }
        assert_eq!(uses("const t = {a: {b: 1}}; foreign(t[k])", 2), None);
    }
}
