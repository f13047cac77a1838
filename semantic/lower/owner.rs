//! Whose `this` a function sees: classes, constructor functions with prototypes, and objects with methods.

mod objects;
mod this;

pub(super) use objects::declared_by_chain;

use super::module::is_exports_object;
use crate::index::{BindingId, ClassId, FuncId, NameId, NodeId};
use crate::tables::{BindingKind, Class, ClassKind, FunctionKind, Lowered, Member};
use crate::tree::{Kind, Tree};
use objects::{add_described, add_member, add_members, object_owner};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use this::{inherit_this, mark_class_members};

/// Fills [`crate::tables::Function::this_class`] and adds classes that are not written as such.
pub(super) fn find_owners(file: &mut Lowered) {
    let mut owners = Owners::default();
    mark_class_members(file);
    for node in file.tree.ids() {
        match file.tree.kind(node) {
            Kind::Assign => owners.assignment(file, node),
            Kind::Call => owners.call(file, node),
            Kind::New => owners.construction(file, node),
            Kind::Object => object_owner(file, node),
            _ => {}
        }
    }
    owners.methods_of_exports(file);
    owners.named_methods(file);
    owners.bases_by_call(file);
    inherit_this(file);
}

#[derive(Default)]
struct Owners {
    by_binding: FxHashMap<BindingId, ClassId>,
    /// Functions assigned to paths, `exports.Queue = function () {}`, and the classes they turned out to construct.
    by_path: FxHashMap<String, PathFunction>,
    /// Calls that give an object, `this` or a variable, what a base class has: they are looked at when all classes are known.
    borrowing: Vec<Borrowing>,
    exported: Exported,
}

/// What CommonJS puts on `exports` one by one. Functions among it see `exports` as their `this` when they are called there.
#[derive(Default)]
struct Exported {
    /// The names of what is no function: `exports.list = []`.
    data: FxHashSet<NameId>,
    /// `exports.add = function () {}`: the targets and values of assignments.
    functions: Vec<(NodeId, NodeId)>,
    /// `Object.assign(exports, { … })`
    literals: FxHashSet<NodeId>,
}

/// `EventEmitter.call(this)`, `Object.assign(bus, EventEmitter.prototype)`.
struct Borrowing {
    object: NodeId,
    base: NodeId,
}

struct PathFunction {
    func: FuncId,
    class: Option<ClassId>,
}

impl Owners {
    /// The class that a function or object binding stands for, made on first use.
    fn of_binding(&mut self, file: &mut Lowered, binding: BindingId, kind: ClassKind) -> ClassId {
        if let Some(&class) = self.by_binding.get(&binding) {
            return class;
        }
        if let Some(i) = file.classes.iter().position(|class| class.binding == Some(binding)) {
            let class = ClassId::from_index(i);
            self.by_binding.insert(binding, class);
            return class;
        }
        let row = &file.bindings[binding.index()];
        let func = row.values.iter().find_map(|&value| file.tree.function(rightmost(file, value)));
        let node = func.map_or(row.node, |func| file.functions[func.index()].node);
        let class = ClassId::from_index(file.classes.len());
        file.classes.push(empty_class(node, kind, row.name.into(), Some(binding), row.func));
        if let (Some(func), ClassKind::Constructor) = (func, kind) {
            file.classes[class.index()].constructor = Some(func);
            own(file, func, class);
        }
        self.by_binding.insert(binding, class);
        class
    }

    /// `X.prototype.m = function`, `X.prototype = {…}`, `this.m = function` in a constructor function, `ns.m = function`.
    fn assignment(&mut self, file: &mut Lowered, assign: NodeId) {
        let (Some(target), Some(value)) = (file.tree.first(assign), file.tree.child(assign, 1)) else {
            return;
        };
        if file.tree.kind(target) != Kind::Member {
            return;
        }
        let Some(object) = file.tree.first(target) else { return };
        if let Some(func) = file.tree.function(rightmost(file, value))
            && let Some(path) = path_of(file, target, 6)
        {
            self.by_path.insert(path, PathFunction { func, class: None });
        }
        if let Some(class) = self.prototype(file, target) {
            self.prototype_object(file, class, value);
        } else if let Some(class) = self.prototype(file, object) {
            let name = file.tree.name_id(target);
            if name.is_some_and(|name| file.tree.text(name) == "__proto__") {
                file.classes[class.index()].super_class = base_of(file, value);
            } else {
                // `A.prototype.on = B.prototype.on = function () {}`: both have it.
                add_member(file, class, name, rightmost(file, value), target, false);
            }
        } else if let Some(binding) = file.binding_of(object)
            && file.tree.function(value).is_some()
        {
            self.namespace_member(file, binding, target, value);
        } else if is_exports_object(file, object) {
            self.exported.note(file, target, rightmost(file, value));
        }
    }

    /// Functions on `exports` that ask their `this` for other things there. Those that do not may be called on something else:
    /// constructors, and what a class copies onto its prototype.
    fn methods_of_exports(&self, file: &mut Lowered) {
        let Exported { data, functions, literals } = &self.exported;
        if data.is_empty() {
            return;
        }
        for class in &mut file.classes {
            let asks = |member: &Member| {
                member
                    .func
                    .is_some_and(|func| asks_this_for(&file.tree, file.functions[func.index()].node, data))
            };
            class.is_exports |= literals.contains(&class.node) && class.members.iter().any(asks);
        }
        let found: Vec<_> =
            functions.iter().copied().filter(|&(_, value)| is_method_asking(file, value, data)).collect();
        let Some(&(first, _)) = found.first() else { return };
        let class = ClassId::from_index(file.classes.len());
        let row = empty_class(first, ClassKind::Object, None, None, FuncId::MODULE);
        file.classes.push(Class { is_exports: true, ..row });
        for (target, value) in found {
            let name = file.tree.name_id(target);
            add_member(file, class, name, value, target, false);
        }
    }

    /// `ns.m = function () { this… }`: `this` is `ns`. On a constructor it is a static member.
    fn namespace_member(&mut self, file: &mut Lowered, binding: BindingId, target: NodeId, value: NodeId) {
        let Some(func) = file.tree.function(value) else { return };
        if !file.functions[func.index()].uses_this || file.functions[func.index()].kind == FunctionKind::Arrow
        {
            return;
        }
        let is_constructor = self.by_binding.contains_key(&binding)
            || file.bindings[binding.index()]
                .values
                .iter()
                .any(|&value| matches!(file.tree.kind(rightmost(file, value)), Kind::Function | Kind::Class));
        let class = self.of_binding(file, binding, ClassKind::Object);
        let name = file.tree.name_id(target);
        add_member(file, class, name, value, target, is_constructor);
    }

    /// The class whose prototype an expression is: `X.prototype`, or a variable that holds it.
    fn prototype(&mut self, file: &mut Lowered, node: NodeId) -> Option<ClassId> {
        if file.tree.kind(node) == Kind::Identifier {
            let binding = file.binding_of(node)?;
            let [value] = file.bindings[binding.index()].values[..] else { return None };
            return (file.tree.kind(value) == Kind::Member).then(|| self.prototype(file, value)).flatten();
        }
        if file.tree.kind(node) != Kind::Member || file.tree.name(node) != Some("prototype") {
            return None;
        }
        let owner = file.tree.first(node)?;
        if file.tree.kind(owner) == Kind::Member {
            return self.of_path(file, owner);
        }
        let binding = file.binding_of(owner)?;
        let constructs = file.bindings[binding.index()]
            .values
            .iter()
            .any(|&value| matches!(file.tree.kind(rightmost(file, value)), Kind::Function | Kind::Class));
        constructs.then(|| self.of_binding(file, binding, ClassKind::Constructor))
    }

    /// The class whose constructor was assigned to a path.
    fn of_path(&mut self, file: &mut Lowered, path: NodeId) -> Option<ClassId> {
        let name = file.tree.name_id(path)?;
        let known = self.by_path.get_mut(&path_of(file, path, 6)?)?;
        if let Some(class) = known.class {
            return Some(class);
        }
        let row = &file.functions[known.func.index()];
        let (node, func) = (row.node, row.parent.unwrap_or(FuncId::MODULE));
        let class = ClassId::from_index(file.classes.len());
        file.classes.push(empty_class(node, ClassKind::Constructor, name.into(), None, func));
        file.classes[class.index()].constructor = Some(known.func);
        known.class = Some(class);
        own(file, known.func, class);
        Some(class)
    }

    fn prototype_object(&mut self, file: &mut Lowered, class: ClassId, value: NodeId) {
        let value = rightmost(file, value);
        match file.tree.kind(value) {
            Kind::Object => add_members(file, class, value),
            _ => file.classes[class.index()].super_class = base_of(file, value),
        }
    }

    /// `inherits(X, Y)`, `Object.setPrototypeOf(X.prototype, Y.prototype)`, `Object.assign(X.prototype, {…})`, and what
    /// compilers write for the members of a class.
    fn call(&mut self, file: &mut Lowered, call: NodeId) {
        let name = match file.tree.method_call(call) {
            Some((_, method)) => method.to_owned(),
            None => {
                let Some(callee) = file.tree.callee(call) else { return };
                let Some(reference) = file.tree.reference(callee) else { return };
                file.tree.text(file.references[reference.index()].name).to_owned()
            }
        };
        let (Some(first), second) = (file.tree.arg(call, 0), file.tree.arg(call, 1)) else { return };
        match name.as_str() {
            "inherits" | "__extends" | "_inherits" | "inheritsLoose" | "_inheritsLoose" => {
                if let (Some(binding), Some(base)) = (file.binding_of(first), second) {
                    let class = self.of_binding(file, binding, ClassKind::Constructor);
                    file.classes[class.index()].super_class = Some(base);
                }
            }
            "setPrototypeOf" => {
                if let (Some(class), Some(base)) = (self.prototype(file, first), second) {
                    file.classes[class.index()].super_class = base_of(file, base);
                } else if let Some(base) = second.and_then(|base| base_of(file, base)) {
                    self.borrowing.push(Borrowing { object: first, base });
                }
            }
            // `EventEmitter.call(this)`: what is called so makes part of `this`.
            "call" | "apply" if file.tree.kind(first) == Kind::This => {
                let base = file.tree.method_call(call).map(|(base, _)| base);
                if let Some(base) = base.filter(|&base| is_called_as_class(file, base)) {
                    self.borrowing.push(Borrowing { object: first, base });
                }
            }
            "_createClass" | "createClass" => {
                if let Some(binding) = file.binding_of(first) {
                    let class = self.of_binding(file, binding, ClassKind::Constructor);
                    let lists = [second, file.tree.arg(call, 2)];
                    for (list, is_static) in lists.into_iter().zip([false, true]) {
                        list.into_iter().for_each(|list| add_described(file, class, list, is_static));
                    }
                }
            }
            "assign" if is_exports_object(file, first) => {
                for literal in file.tree.args(call).skip(1) {
                    self.exported.note_all(file, literal);
                }
            }
            "assign" | "extend" | "mixin" | "defineProperties" => {
                if let Some(class) = self.prototype(file, first) {
                    let sources: Vec<NodeId> = file.tree.args(call).skip(1).collect();
                    for source in sources {
                        Self::copy_onto(file, class, source);
                    }
                } else if let Some(base) = second.and_then(|source| base_of(file, source)) {
                    self.borrowing.push(Borrowing { object: first, base });
                }
            }
            _ => {}
        }
    }

    /// `X.prototype.close = close`, `{ close }`: functions that have names of their own. One that is a class is no method.
    fn named_methods(&self, file: &mut Lowered) {
        for class in (0..file.classes.len()).map(ClassId::from_index) {
            for at in 0..file.classes[class.index()].members.len() {
                let member = file.classes[class.index()].members[at];
                if member.func.is_some() || file.classes[class.index()].kind == ClassKind::Object {
                    continue;
                }
                let func = member.value.and_then(|value| named_function(file, value));
                let Some(func) = func.filter(|&func| is_method(file, func, member.name)) else { continue };
                file.classes[class.index()].members[at].func = Some(func);
                own(file, func, class);
            }
        }
    }

    /// The base classes that calls give: of `this`, that of its class, of a variable, that of the object it holds.
    fn bases_by_call(&mut self, file: &mut Lowered) {
        for Borrowing { object, base } in std::mem::take(&mut self.borrowing) {
            let class = match file.tree.kind(object) {
                Kind::This => file.functions[file.tree.func(object).index()].this_class,
                _ => self.of_held_object(file, object),
            };
            if let Some(class) = class {
                file.classes[class.index()].super_class.get_or_insert(base);
            }
        }
    }

    /// The class that stands for the object literal which is all that a variable holds.
    fn of_held_object(&mut self, file: &mut Lowered, object: NodeId) -> Option<ClassId> {
        let binding = file.binding_of(object)?;
        let literal = file.sole_value(binding).filter(|&value| file.tree.kind(value) == Kind::Object)?;
        if let Some(at) = file.classes.iter().position(|class| class.node == literal) {
            return Some(ClassId::from_index(at));
        }
        let class = ClassId::from_index(file.classes.len());
        let (name, func) = (file.binding(binding).name, file.tree.func(literal));
        file.classes.push(empty_class(literal, ClassKind::Object, Some(name), Some(binding), func));
        Some(class)
    }

    /// Something is copied onto the prototype of a class.
    fn copy_onto(file: &mut Lowered, class: ClassId, source: NodeId) {
        let written = file.value_of(source).filter(|&value| file.tree.kind(value) == Kind::Object);
        if let Some(object) =
            Some(source).filter(|&source| file.tree.kind(source) == Kind::Object).or(written)
        {
            add_members(file, class, object);
        } else if let Some(base) = base_of(file, source) {
            file.classes[class.index()].super_class.get_or_insert(base);
        } else {
            file.classes[class.index()].copied.push(source);
        }
    }

    /// `new F()` of a function that writes to `this` makes `F` a class.
    fn construction(&mut self, file: &mut Lowered, new: NodeId) {
        let Some(binding) = file.tree.callee(new).and_then(|callee| file.binding_of(callee)) else { return };
        let uses_this = file.bindings[binding.index()].values.iter().any(|&value| {
            file.tree
                .function(rightmost(file, value))
                .is_some_and(|func| file.functions[func.index()].uses_this)
        });
        if uses_this {
            self.of_binding(file, binding, ClassKind::Constructor);
        }
    }
}

impl Exported {
    /// `exports.name = value`
    fn note(&mut self, file: &Lowered, target: NodeId, value: NodeId) {
        if file.tree.function(value).is_some() {
            self.functions.push((target, value));
        } else if is_data(file, value) {
            self.data.extend(file.tree.name_id(target));
        }
    }

    /// `Object.assign(exports, { … })`
    fn note_all(&mut self, file: &Lowered, literal: NodeId) {
        if file.tree.kind(literal) == Kind::Object {
            self.literals.insert(literal);
            self.data.extend(data_of(file, literal));
        }
    }
}

/// The names of the properties of a literal that are no functions.
fn data_of(file: &Lowered, object: NodeId) -> impl Iterator<Item = NameId> {
    let tree = &file.tree;
    let properties = tree.children(object).filter(|&prop| tree.kind(prop) == Kind::Property);
    let data = properties.filter(|&prop| tree.last_child(prop).is_some_and(|value| is_data(file, value)));
    data.filter_map(|prop| tree.name_id(prop))
}

/// Whether a value is written out, and no function.
pub(super) fn is_data(file: &Lowered, value: NodeId) -> bool {
    use Kind::{Array, Bool, New, Null, Number, Object, String, Template};
    matches!(file.tree.kind(value), Array | Bool | New | Null | Number | Object | String | Template)
}

/// Whether a function asks its `this` for something of these names.
fn asks_this_for(tree: &Tree, func: NodeId, names: &FxHashSet<NameId>) -> bool {
    tree.subtree(func).any(|node| {
        tree.kind(node) == Kind::Member
            && tree.first(node).is_some_and(|object| tree.kind(object) == Kind::This)
            && tree.name_id(node).is_some_and(|name| names.contains(&name))
    })
}

/// Whether a value is a function that may be a method, and asks its `this` for something of these names.
fn is_method_asking(file: &Lowered, value: NodeId, names: &FxHashSet<NameId>) -> bool {
    let func = file.tree.function(value).filter(|&func| is_method(file, func, None));
    func.is_some_and(|func| asks_this_for(&file.tree, file.function(func).node, names))
}

/// The function that a name stands for.
fn named_function(file: &Lowered, name: NodeId) -> Option<FuncId> {
    if file.tree.kind(name) != Kind::Identifier {
        return None;
    }
    let row = file.binding(file.binding_of(name)?);
    match row.kind {
        BindingKind::Function => file.tree.function(row.node),
        _ => file.value_of(name).and_then(|value| file.tree.function(value)),
    }
}

/// Whether a function that has a name of its own is a method: it sees no other `this`, and is no class.
fn is_method(file: &Lowered, func: FuncId, name: Option<NameId>) -> bool {
    let row = file.function(func);
    let is_class = file.classes.iter().any(|class| class.constructor == Some(func));
    let is_constructor = name.is_some_and(|name| file.tree.text(name) == "constructor");
    row.uses_this
        && row.kind != FunctionKind::Arrow
        && row.this_class.is_none()
        && !is_class
        && !is_constructor
}

/// Whether what is called on `this` goes by a name that classes have: a function that is handed its `this` is no class.
fn is_called_as_class(file: &Lowered, base: NodeId) -> bool {
    let name = match file.tree.kind(base) {
        Kind::Identifier => {
            file.tree.reference(base).map(|reference| file.tree.text(file.references[reference.index()].name))
        }
        _ => file.tree.name(base),
    };
    let starts_big = |name: &str| name.starts_with(|first: char| first.is_ascii_uppercase());
    name.is_some_and(starts_big) && named_function(file, base).is_none()
}

/// The class expression behind `Object.create(Y.prototype)`, `new Y()` or `Y.prototype`.
fn base_of(file: &Lowered, value: NodeId) -> Option<NodeId> {
    let tree = &file.tree;
    match tree.kind(value) {
        Kind::New => tree.callee(value),
        Kind::Member if tree.name(value) == Some("prototype") => tree.first(value),
        Kind::Call => {
            let (object, method) = tree.method_call(value)?;
            let is_create = method == "create" && file.global_of(object) == Some("Object");
            is_create.then(|| base_of(file, tree.arg(value, 0)?)).flatten()
        }
        _ => None,
    }
}

/// The text of a path of plain names: `module.exports.Queue`.
fn path_of(file: &Lowered, node: NodeId, fuel: u32) -> Option<String> {
    let fuel = fuel.checked_sub(1)?;
    match file.tree.kind(node) {
        Kind::Identifier => {
            let reference = file.tree.reference(node)?;
            Some(file.tree.text(file.references[reference.index()].name).to_owned())
        }
        Kind::Member => {
            let object = path_of(file, file.tree.first(node)?, fuel)?;
            Some(format!("{object}.{}", file.tree.name(node)?))
        }
        _ => None,
    }
}

fn rightmost(file: &Lowered, mut value: NodeId) -> NodeId {
    while file.tree.kind(value) == Kind::Assign
        && let Some(inner) = file.tree.child(value, 1)
    {
        value = inner;
    }
    value
}

fn own(file: &mut Lowered, func: FuncId, class: ClassId) {
    let row = &mut file.functions[func.index()];
    row.class = row.class.or(Some(class));
    if row.kind != FunctionKind::Arrow {
        row.this_class = Some(class);
    }
}

fn empty_class(
    node: NodeId,
    kind: ClassKind,
    name: Option<NameId>,
    binding: Option<BindingId>,
    func: FuncId,
) -> Class {
    Class {
        node,
        kind,
        name,
        binding,
        super_class: None,
        implements: SmallVec::new(),
        members: Vec::new(),
        constructor: None,
        decorators: SmallVec::new(),
        func,
        field_init: None,
        copied: SmallVec::new(),
        is_exports: false,
    }
}
