//! Which function and which class an expression is.

use super::{Base, Model, NARROW, Question, Ty};
use crate::index::{BindingId, ClassId, FuncId, NameId, NodeId};
use crate::place::Root;
use crate::tables::{BindingKind, ClassKind, FunctionKind, Lowered, Member};
use crate::tree::Kind;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

impl<'a> Model<'a> {
    /// The function of this file that an expression is: written there, named, a method of `this` or of a known
    /// instance, or any of these bound or wrapped.
    #[must_use]
    pub fn function_of(&self, expr: NodeId) -> Option<FuncId> {
        // Anything else is answered as fast as it is looked up.
        if !matches!(self.file.tree.kind(expr), Kind::Member | Kind::Call) {
            return self.function_within(expr, 6);
        }
        if let Some(&known) = self.functions.borrow().get(expr) {
            self.reuse(|| Question::Function(expr));
            return known;
        }
        let (cuts, mark) = (self.cuts.get(), self.unsettled_mark());
        let func = self.function_within(expr, 6);
        if self.is_whole(cuts) {
            self.functions.borrow_mut().put(&self.file.tree, expr, func);
            self.remember_unsettled(mark, || Question::Function(expr));
        }
        func
    }

    fn function_within(&self, expr: NodeId, fuel: u32) -> Option<FuncId> {
        let fuel = fuel.checked_sub(1)?;
        let tree = &self.file.tree;
        match tree.kind(expr) {
            Kind::Function => tree.function(expr),
            Kind::Identifier => {
                let value = self.only_value(self.file.binding_of(expr)?)?;
                self.function_within(value, fuel)
            }
            Kind::Member => self.method_function(expr, fuel),
            Kind::Call => {
                let (object, method) = tree.method_call(expr).unzip();
                if method == Some("bind") {
                    return self.function_within(object?, fuel);
                }
                let wraps = self.is_function_wrapper(expr);
                wraps.then(|| tree.args(expr).find_map(|arg| self.function_within(arg, fuel))).flatten()
            }
            Kind::Await => None,
            Kind::Logical | Kind::Conditional => None,
            Kind::Assign => self.function_within(tree.child(expr, 1)?, fuel),
            _ => None,
        }
    }

    /// What a variable holds where it holds anything: `let stop = () => { stop = null; … }`.
    fn only_value(&self, binding: BindingId) -> Option<NodeId> {
        let row = self.file.binding(binding);
        let is_followed = row.opaque_writes == 0 && row.kind != BindingKind::Param;
        let mut values = row.values.iter().copied().filter(|&value| !self.is_nothing(value));
        let only = values.next().filter(|_| is_followed)?;
        values.next().is_none().then_some(only)
    }

    /// Wrappers whose result runs the function they are handed.
    fn is_function_wrapper(&self, call: NodeId) -> bool {
        let Some(callee) = self.file.tree.callee(call) else { return false };
        let name = self.callee_name(callee);
        name.is_some_and(|name| self.catalog.calls_named(name).any(|row| row.wraps))
    }

    /// The last name of a callee: `b` for `a.b()`, `f` for `f()`.
    #[must_use]
    pub fn callee_name(&self, callee: NodeId) -> Option<&'a str> {
        let tree = &self.file.tree;
        match tree.kind(callee) {
            Kind::Member => tree.name(callee),
            Kind::Identifier => {
                let reference = tree.reference(callee)?;
                Some(tree.text(self.file.references[reference.index()].name))
            }
            _ => None,
        }
    }

    fn method_function(&self, member: NodeId, fuel: u32) -> Option<FuncId> {
        let place = self.file.place(member);
        let name = place.last_field()?;
        let owner = place.parent()?;
        if owner.path.is_empty()
            && let Some(func) = self.member_function(owner.root, name)
        {
            return Some(func);
        }
        if let [value] = self.values(&place)[..] {
            return self.function_within(value, fuel);
        }
        match self.place_ty(&owner) {
            Ty::Instance(class) => self.instance_method(class, name),
            Ty::Class(class) => self.static_method(class, name),
            _ => None,
        }
    }

    fn member_function(&self, owner: Root, name: NameId) -> Option<FuncId> {
        match owner {
            Root::This(class) => self.instance_method(class, name),
            Root::Class(class) => self.static_method(class, name),
            Root::Binding(binding) => {
                let class = self.class_of_binding(binding)?;
                match self.file.class(class).kind {
                    ClassKind::Object => self.instance_method(class, name),
                    _ => self.static_method(class, name),
                }
            }
            _ => None,
        }
    }

    /// The method of a class or of the classes it inherits from in this file.
    #[must_use]
    pub fn instance_method(&self, class: ClassId, name: NameId) -> Option<FuncId> {
        self.lineage(class).find_map(|class| {
            let func = self.members(class, name).iter().rev().find(|m| !m.is_static).and_then(|m| m.func)?;
            // Reading an accessor runs it; what it gives is something else.
            let is_accessor =
                matches!(self.file.function(func).kind, FunctionKind::Getter | FunctionKind::Setter);
            (!is_accessor).then_some(func)
        })
    }

    fn static_method(&self, class: ClassId, name: NameId) -> Option<FuncId> {
        self.members(class, name).iter().find(|m| m.is_static).and_then(|m| m.func)
    }

    /// The members of a class with a name, in source order.
    pub(crate) fn members(&self, class: ClassId, name: NameId) -> SmallVec<[&'a Member; 2]> {
        let members = &self.file.class(class).members;
        if members.len() <= NARROW {
            return members.iter().filter(|member| member.name == Some(name)).collect();
        }
        let found = self.classes.members.get(&(class, name)).map(SmallVec::as_slice).unwrap_or_default();
        found.iter().filter_map(|&at| members.get(at as usize)).collect()
    }

    /// A class and the classes of this file it inherits from, itself first.
    pub fn lineage(&self, class: ClassId) -> impl Iterator<Item = ClassId> + '_ {
        let mut fuel = 16;
        std::iter::successors(Some(class), move |&class| {
            fuel -= 1;
            match (fuel > 0).then(|| self.base(class)).flatten() {
                Some(Base::Class(base)) => Some(base),
                _ => None,
            }
        })
    }

    /// Whether a class gives its instances fields in ways that name none: `Object.assign(this, options)`,
    /// `this[name] = value`, a pattern.
    #[must_use]
    pub fn is_filled_otherwise(&self, class: ClassId) -> bool {
        *self.filled.borrow_mut().entry(class).or_insert_with(|| {
            let tree = &self.file.tree;
            let is_this = |node: NodeId| tree.kind(node) == Kind::This;
            tree.subtree(self.file.class(class).node).any(|node| match tree.kind(node) {
                Kind::Call => tree.args(node).any(is_this),
                Kind::Index => tree.first(node).is_some_and(is_this),
                Kind::ObjectPattern | Kind::ArrayPattern => tree.subtree(node).any(is_this),
                _ => false,
            })
        })
    }

    /// The class that a binding names.
    #[must_use]
    pub fn class_of_binding(&self, binding: BindingId) -> Option<ClassId> {
        self.class_of_binding_within(binding, 8)
    }

    fn class_of_binding_within(&self, binding: BindingId, fuel: u32) -> Option<ClassId> {
        if let Some(&class) = self.classes.by_binding.get(&binding) {
            return Some(class);
        }
        let value = self.file.sole_value(binding)?;
        self.class_within(value, fuel.checked_sub(1)?)
    }

    /// The class that an expression is (not an instance of it).
    #[must_use]
    pub fn class_of(&self, expr: NodeId) -> Option<ClassId> {
        self.class_within(expr, 8)
    }

    fn class_within(&self, expr: NodeId, fuel: u32) -> Option<ClassId> {
        let tree = &self.file.tree;
        match tree.kind(expr) {
            Kind::Class => tree.class(expr),
            Kind::Identifier => self.class_of_binding_within(self.file.binding_of(expr)?, fuel),
            Kind::Function => {
                let func = tree.function(expr)?;
                self.classes.by_constructor.get(&func).copied()
            }
            Kind::Assign => self.class_within(tree.child(expr, 1)?, fuel.checked_sub(1)?),
            Kind::This => self.class_that_this_is(expr, fuel),
            _ => None,
        }
    }

    /// In a static method `this` is the class: `static of(value) { return new this(value); }`.
    fn class_that_this_is(&self, this: NodeId, fuel: u32) -> Option<ClassId> {
        let class = match self.file.place(this).root {
            Root::Class(class) => class,
            Root::Binding(binding) => self.class_of_binding_within(binding, fuel.checked_sub(1)?)?,
            _ => return None,
        };
        (self.file.class(class).kind == ClassKind::Class).then_some(class)
    }

    /// What a class inherits from.
    #[must_use]
    pub fn base(&self, class: ClassId) -> Option<Base> {
        let expr = self.file.class(class).super_class?;
        self.base_of(expr, 4)
    }

    fn base_of(&self, expr: NodeId, fuel: u32) -> Option<Base> {
        let fuel = fuel.checked_sub(1)?;
        if let Some(class) = self.class_of(expr) {
            return Some(Base::Class(class));
        }
        if let Some(model) = self.api_path(expr).and_then(|path| self.catalog.made_by(&path)) {
            return Some(Base::Model(model));
        }
        let tree = &self.file.tree;
        if tree.kind(expr) == Kind::Call {
            // A mixin: `class A extends Observable(Base)`.
            let made = tree.callee(expr).and_then(|mixin| self.made_by_mixin(mixin));
            return made.map(Base::Class).or_else(|| tree.args(expr).find_map(|arg| self.base_of(arg, fuel)));
        }
        if let Some(base) = self.mixed_into(expr) {
            return self.base_of(base, fuel);
        }
        let place = self.file.place(expr);
        matches!(place.root, Root::Module(_)).then_some(Base::Foreign(place))
    }

    /// The class that a function of this file makes of a base: `const Observable = Base => class extends Base { … }`.
    fn made_by_mixin(&self, mixin: NodeId) -> Option<ClassId> {
        let [made] = self.returned_values(self.function_of(mixin)?)[..] else { return None };
        self.class_of(made)
    }

    /// What a mixin of this file is handed as the base of the class that it makes, where it is one and the same.
    fn mixed_into(&self, base: NodeId) -> Option<NodeId> {
        let tree = &self.file.tree;
        let binding = self.file.binding(self.file.binding_of(base)?);
        let mixin =
            tree.function(tree.parent(binding.node)?).filter(|_| binding.kind == BindingKind::Param)?;
        let slot = tree.node(binding.node).slot as usize;
        let [call] = self.calls_of(mixin) else { return None };
        tree.arg(*call, slot)
    }

    /// The functions of other files by which the base of a class is made: `mixin` of `class X extends mixin(Base)`.
    pub(crate) fn mixins(&self, class: ClassId) -> SmallVec<[NodeId; 2]> {
        let tree = &self.file.tree;
        let mut out = SmallVec::new();
        let mut at = self.file.class(class).super_class;
        while let Some(call) = at.filter(|&at| tree.kind(at) == Kind::Call) {
            out.extend(tree.callee(call));
            at = tree.arg(call, 0);
        }
        out
    }

    /// Whether a function is created and called on the spot.
    #[must_use]
    pub fn is_immediately_invoked(&self, func: FuncId) -> bool {
        let tree = &self.file.tree;
        let node = self.file.function(func).node;
        let Some(parent) = tree.parent(node) else { return false };
        if tree.is_call(parent) && tree.callee(parent) == Some(node) {
            return true;
        }
        // `(function () { … }).call(this)`
        tree.kind(parent) == Kind::Member
            && matches!(tree.name(parent), Some("call" | "apply"))
            && tree.parent(parent).is_some_and(|call| tree.callee(call) == Some(parent))
    }

    /// The class whose construction a function is part of: constructors and field initialisers.
    #[must_use]
    pub fn constructs(&self, func: FuncId) -> Option<ClassId> {
        let row = self.file.function(func);
        let class = row.class?;
        let is_part = matches!(row.kind, FunctionKind::Constructor | FunctionKind::FieldInit)
            || self.file.class(class).constructor == Some(func);
        is_part.then_some(class)
    }
}

/// Where a class is found by what it was written as.
pub(super) struct Classes {
    pub(super) by_binding: FxHashMap<BindingId, ClassId>,
    pub(super) by_constructor: FxHashMap<FuncId, ClassId>,
    pub(super) by_object: FxHashMap<NodeId, ClassId>,
    pub(super) members: FxHashMap<(ClassId, NameId), SmallVec<[u32; 2]>>,
}

impl Classes {
    pub(super) fn of(file: &Lowered) -> Self {
        let mut out = Self {
            by_binding: FxHashMap::default(),
            by_constructor: FxHashMap::default(),
            by_object: FxHashMap::default(),
            members: FxHashMap::default(),
        };
        for class in file.class_ids() {
            let row = file.class(class);
            if let Some(binding) = row.binding {
                out.by_binding.entry(binding).or_insert(class);
            }
            if let Some(func) = row.constructor {
                out.by_constructor.entry(func).or_insert(class);
            }
            if row.kind == ClassKind::Object {
                out.by_object.entry(row.node).or_insert(class);
            }
            if row.members.len() <= NARROW {
                continue;
            }
            for (at, member) in row.members.iter().enumerate() {
                if let Some(name) = member.name {
                    out.members.entry((class, name)).or_default().push(u32::try_from(at).unwrap_or(u32::MAX));
                }
            }
        }
        out
    }
}
