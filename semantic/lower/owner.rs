//! Whose `this` a function sees: classes, constructor functions with prototypes, and objects with methods.

use super::module::is_exports_object;
use crate::index::{BindingId, ClassId, FuncId, NameId, NodeId};
use crate::tables::{BindingKind, Class, ClassKind, FunctionKind, Lowered, Member};
use crate::tree::{Kind, Tree, flag};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

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

fn mark_class_members(file: &mut Lowered) {
    for i in 0..file.classes.len() {
        let class = ClassId::from_index(i);
        let of_wrapper = |value: Option<NodeId>| file.tree.function(wrapped(file, value?));
        let members: Vec<FuncId> = file.classes[i]
            .members
            .iter()
            .filter_map(|member| member.func.or_else(|| of_wrapper(member.value)))
            .chain(file.classes[i].field_init)
            .collect();
        for func in members {
            own(file, func, class);
        }
    }
}

fn own(file: &mut Lowered, func: FuncId, class: ClassId) {
    let row = &mut file.functions[func.index()];
    row.class = row.class.or(Some(class));
    if row.kind != FunctionKind::Arrow {
        row.this_class = Some(class);
    }
}

/// Arrows, and functions bound to `this`, see the `this` of the function they are created in.
fn inherit_this(file: &mut Lowered) {
    for i in 0..file.functions.len() {
        let row = &file.functions[i];
        if row.this_class.is_some() {
            continue;
        }
        let inherits = row.kind == FunctionKind::Arrow
            || is_bound_to_this(file, row.node)
            || is_wrapped_for_this(file, row.node);
        if !inherits {
            continue;
        }
        // An arrow in a field initialiser belongs to the class although its parent is the enclosing function.
        let from_parent = row.parent.and_then(|parent| file.functions[parent.index()].this_class);
        file.functions[i].this_class = row.class.or(from_parent);
    }
}

/// `function () { … }.bind(this)`, and the `thisArg` of array methods.
fn is_bound_to_this(file: &Lowered, func: NodeId) -> bool {
    let tree = &file.tree;
    let Some(parent) = tree.parent(func) else { return false };
    match tree.kind(parent) {
        Kind::Member if tree.name(parent) == Some("bind") => {
            let Some(call) = tree.parent(parent).filter(|&call| tree.callee(call) == Some(parent)) else {
                return false;
            };
            tree.arg(call, 0).is_some_and(|arg| tree.kind(arg) == Kind::This)
        }
        Kind::Call if tree.node(func).slot > 0 => {
            let next = tree.arg(parent, tree.node(func).slot as usize);
            next.is_some_and(|arg| tree.kind(arg) == Kind::This)
        }
        _ => false,
    }
}

/// The function that a wrapper makes a method of: `debounce(function () { … }, 100)`, `task(function* () { … })`. What the
/// wrapper is called on, it calls the function on. Of a global function, `setInterval`, that is not so.
fn wrapped(file: &Lowered, value: NodeId) -> NodeId {
    let tree = &file.tree;
    let is_wrapper = |callee: NodeId| match tree.kind(callee) {
        Kind::Identifier => file.binding_of(callee).is_some(),
        Kind::Member => matches!(tree.name(callee), Some("debounce" | "throttle")),
        _ => false,
    };
    let is_method = |arg: &NodeId| {
        tree.function(*arg).is_some_and(|func| file.function(func).kind != FunctionKind::Arrow)
    };
    let callee = tree.callee(value).filter(|_| tree.kind(value) == Kind::Call);
    let inner = callee.filter(|&callee| is_wrapper(callee)).and_then(|_| tree.args(value).find(is_method));
    inner.unwrap_or(value)
}

/// `this.flush = debounce(function () { … }, 100)`: the function runs on the instance.
fn is_wrapped_for_this(file: &Lowered, func: NodeId) -> bool {
    let tree = &file.tree;
    let wrapper = tree.parent(func).filter(|&wrapper| wrapped(file, wrapper) == func);
    let target = wrapper
        .and_then(|wrapper| tree.parent(wrapper))
        .filter(|&assign| tree.kind(assign) == Kind::Assign)
        .and_then(|assign| tree.first(assign));
    target.is_some_and(|target| {
        tree.kind(target) == Kind::Member
            && tree.first(target).is_some_and(|object| tree.kind(object) == Kind::This)
    })
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

fn add_members(file: &mut Lowered, class: ClassId, object: NodeId) {
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
fn add_described(file: &mut Lowered, class: ClassId, list: NodeId, is_static: bool) {
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

fn add_member(
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
fn object_owner(file: &mut Lowered, object: NodeId) {
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
pub(super) fn declared_by_chain(file: &Lowered, assign: NodeId) -> Option<BindingId> {
    let tree = &file.tree;
    let is_link = |&at: &NodeId| tree.kind(at) == Kind::Assign;
    let outermost = std::iter::successors(Some(assign), |&at| tree.parent(at).filter(is_link)).last()?;
    let declarator = tree.parent(outermost).filter(|&at| tree.kind(at) == Kind::Declarator)?;
    tree.binding(tree.first(declarator)?)
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
