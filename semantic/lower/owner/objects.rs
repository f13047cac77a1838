//! Objects with methods, as classes: their members, what they extend, and who holds them.

use super::this::wrapped;
use super::{asks_this_for, data_of, empty_class, is_method, named_function, own};
use crate::index::{BindingId, ClassId, FuncId, NameId, NodeId};
use crate::tables::{Class, ClassKind, FunctionKind, Lowered, Member};
use crate::tree::{Kind, flag};
use rustc_hash::FxHashSet;

/// Property names whose functions see the enclosing object as `this`: Vue's option groups and their like.
const FORWARDED_GROUPS: &[&str] = &[
    "methods",
    "computed",
    "watch",
    "filters",
    "actions",
    "mutations",
    "getters",
    "hooks",
    "events",
    "lifetimes",
];

pub(super) fn add_members(file: &mut Lowered, class: ClassId, object: NodeId) {
    if file.tree.kind(object) != Kind::Object {
        return;
    }
    let props: Vec<NodeId> =
        file.tree.children(object).filter(|&prop| file.tree.kind(prop) == Kind::Property).collect();
    for prop in props {
        if let Some(value) = file.tree.last_child(prop) {
            let name = file.tree.name_id(prop);
            add_member(file, class, name, value, prop, false);
        }
    }
}

/// The members that compilers describe: `_createClass(X, [{ key: "close", value: function close() {…} }])`.
pub(super) fn add_described(file: &mut Lowered, class: ClassId, list: NodeId, is_static: bool) {
    let tree = &file.tree;
    if tree.kind(list) != Kind::Array {
        return;
    }
    let described: Vec<_> = tree
        .children(list)
        .filter_map(|member| {
            let key = tree.property(member, "key").filter(|&key| tree.kind(key) == Kind::String)?;
            let value = ["value", "get", "set"].iter().find_map(|part| tree.property(member, part))?;
            Some((tree.name_id(key), value, member))
        })
        .collect();
    for (name, value, member) in described {
        add_member(file, class, name, value, member, is_static);
    }
}

pub(super) fn add_member(
    file: &mut Lowered,
    class: ClassId,
    name: Option<NameId>,
    value: NodeId,
    node: NodeId,
    is_static: bool,
) {
    let func = file.tree.function(value);
    if let Some(func) = func {
        own(file, func, class);
        file.functions[func.index()].is_static = is_static;
    }
    let (is_private, is_protected) = (false, false);
    let member =
        Member { name, func, value: Some(value), node, is_static, is_private, is_protected, ty: None };
    file.classes[class.index()].members.push(member);
}

/// An object literal whose methods use `this` is a class with one instance per evaluation.
pub(super) fn object_owner(file: &mut Lowered, object: NodeId) {
    let tree = &file.tree;
    let mut methods = Vec::new();
    for prop in tree.children(object).filter(|&prop| tree.kind(prop) == Kind::Property) {
        let Some(value) = tree.last_child(prop).map(|value| wrapped(file, value)) else { continue };
        if tree.function(value).is_some() {
            methods.push((prop, value));
        } else if tree.kind(value) == Kind::Object
            && tree.name(prop).is_some_and(|name| FORWARDED_GROUPS.contains(&name))
        {
            grouped_methods(file, value, &mut methods);
        }
    }
    let uses_this = methods.iter().any(|&(_, value)| {
        tree.function(value).is_some_and(|func| {
            let row = file.function(func);
            row.uses_this && row.kind != FunctionKind::Arrow && row.this_class.is_none()
        })
    });
    let named = named_members(file, object);
    if !uses_this && named.is_empty() {
        returned_object(file, object, &methods);
        return;
    }
    let class = ClassId::from_index(file.classes.len());
    let (name, binding) = object_name(file, object);
    let func = tree.func(object);
    let mut row = empty_class(object, ClassKind::Object, name, binding, func);
    row.super_class = extended_base(file, object);
    file.classes.push(row);
    for (prop, value) in methods {
        let name = file.tree.name_id(prop);
        let owned = file.tree.function(value).is_some_and(|f| file.function(f).this_class.is_some());
        if !owned {
            add_member(file, class, name, value, prop, false);
        }
    }
    for (prop, value, func) in named {
        let name = file.tree.name_id(prop);
        add_member(file, class, name, value, prop, false);
        if let Some(member) = file.classes[class.index()].members.last_mut() {
            member.func = Some(func);
        }
        own(file, func, class);
    }
}

/// An object literal that a function gives out, by a variable or as it is, is a class as well: `return { add, remove: (key) => … }`.
/// Who calls the function calls its methods. They see no `this`, so they stay what they are.
fn returned_object(file: &mut Lowered, object: NodeId, methods: &[(NodeId, NodeId)]) {
    let tree = &file.tree;
    let is_given_out = |node: NodeId| {
        tree.parent(node).is_some_and(|parent| matches!(tree.kind(parent), Kind::Return | Kind::Function))
    };
    let (name, binding) = object_name(file, object);
    let mut uses = binding.into_iter().flat_map(|binding| &file.binding(binding).references);
    let is_returned = is_given_out(object) || uses.any(|of| is_given_out(file.references[of.index()].node));
    let is_whole = tree.children(object).all(|prop| tree.kind(prop) == Kind::Property);
    if !is_returned || !is_whole {
        return;
    }
    let written = methods.iter().filter_map(|&(prop, value)| Some((prop, value, tree.function(value)?)));
    let named = tree.children(object).filter_map(|prop| {
        let value = tree.last_child(prop)?;
        Some((prop, value, named_function(file, value)?))
    });
    let members: Vec<Member> = written
        .chain(named)
        .filter(|&(prop, ..)| tree.parent(prop) == Some(object))
        .map(|(prop, value, func)| Member {
            name: tree.name_id(prop),
            func: Some(func),
            value: Some(value),
            node: prop,
            is_static: false,
            is_private: false,
            is_protected: false,
            ty: None,
        })
        .collect();
    if !members.is_empty() {
        let row = empty_class(object, ClassKind::Object, name, binding, tree.func(object));
        file.classes.push(Class { members, ..row });
    }
}

/// `{ list: [], add }` after `function add(x) { this.list.push(x) }`: a function with a name of its own that asks its `this` for
/// what the literal has. What is handed to a call may get any `this` from there.
fn named_members(file: &Lowered, object: NodeId) -> Vec<(NodeId, NodeId, FuncId)> {
    let tree = &file.tree;
    if tree.argument_of(object).is_some() {
        return Vec::new();
    }
    let candidates = tree.children(object).filter_map(|prop| {
        let value = tree.last_child(prop).filter(|_| tree.kind(prop) == Kind::Property)?;
        let func = named_function(file, value).filter(|&func| is_method(file, func, tree.name_id(prop)))?;
        Some((prop, value, func))
    });
    let mut found: Vec<_> = candidates.collect();
    if !found.is_empty() {
        let data: FxHashSet<NameId> = data_of(file, object).collect();
        found.retain(|&(.., func)| !data.is_empty() && asks_this_for(tree, file.function(func).node, &data));
    }
    found
}

fn grouped_methods(file: &Lowered, group: NodeId, methods: &mut Vec<(NodeId, NodeId)>) {
    let tree = &file.tree;
    for prop in tree.children(group).filter(|&prop| tree.kind(prop) == Kind::Property) {
        let Some(value) = tree.last_child(prop).map(|value| wrapped(file, value)) else { continue };
        if tree.function(value).is_some() {
            methods.push((prop, value));
        } else if tree.kind(value) == Kind::Object {
            // `computed: { x: { get() {}, set() {} } }`, `watch: { x: { handler() {} } }`
            let inner = tree.children(value).filter(|&prop| tree.kind(prop) == Kind::Property);
            methods.extend(inner.filter_map(|prop| {
                let value = tree.last_child(prop)?;
                tree.function(value).map(|_| (prop, value))
            }));
        }
    }
}

/// `Base.extend({…})` and `createClass({…})`: the callee's object is the base.
fn extended_base(file: &Lowered, object: NodeId) -> Option<NodeId> {
    let (call, _) = file.tree.argument_of(object)?;
    let (base, method) = file.tree.method_call(call)?;
    (method == "extend").then_some(base)
}

fn object_name(file: &Lowered, object: NodeId) -> (Option<NameId>, Option<BindingId>) {
    let tree = &file.tree;
    let Some(parent) = tree.parent(object) else { return (None, None) };
    match tree.kind(parent) {
        Kind::Declarator => {
            let binding = tree.first(parent).and_then(|target| tree.binding(target));
            (binding.map(|binding| file.binding(binding).name), binding)
        }
        Kind::Property | Kind::Field => (tree.name_id(parent), None),
        Kind::Assign => {
            let Some(target) = tree.first(parent) else { return (None, None) };
            let binding = file.binding_of(target).or_else(|| declared_by_chain(file, parent));
            (tree.name_id(target).or_else(|| binding.map(|b| file.binding(b).name)), binding)
        }
        Kind::Call if tree.has(parent, flag::OPTIONAL) => (None, None),
        Kind::Call => {
            let outer = tree.parent(parent).filter(|&outer| tree.kind(outer) == Kind::Declarator);
            let binding = outer.and_then(|outer| tree.first(outer)).and_then(|target| tree.binding(target));
            (binding.map(|binding| file.binding(binding).name), None)
        }
        _ => (None, None),
    }
}

/// The variable that a chain of assignments ends up in: `const api = module.exports = { … }`.
pub(in crate::lower) fn declared_by_chain(file: &Lowered, assign: NodeId) -> Option<BindingId> {
    let tree = &file.tree;
    let is_link = |&at: &NodeId| tree.kind(at) == Kind::Assign;
    let outermost = std::iter::successors(Some(assign), |&at| tree.parent(at).filter(is_link)).last()?;
    let declarator = tree.parent(outermost).filter(|&at| tree.kind(at) == Kind::Declarator)?;
    tree.binding(tree.first(declarator)?)
}
