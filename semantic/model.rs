//! The questions rules ask of one file: what is this expression, what does this call do, which function is that.
//!
//! Everything here is computed on demand from the tables and remembered.

use crate::catalog::{CallRow, CallbackRow, Catalog, ExportId, ExportRow, HandlerRow, ModelId, SignatureRow};
use crate::index::{BindingId, ClassId, FuncId, NameId, NodeId, TypeId};
use crate::place::{Place, Root, Step};
use crate::tables::{BindingKind, ClassKind, FunctionKind, Lowered, Member, Type};
use crate::tree::{AssignOp, BinaryOp, Kind, LogicalOp, NodeMemo};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

/// What is known of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Ty {
    /// Nothing.
    #[default]
    Unknown,
    /// A type of the catalog.
    Model(ModelId),
    /// An instance of a class of this file.
    Instance(ClassId),
    /// A class of this file itself.
    Class(ClassId),
    /// A function of this file.
    Function(FuncId),
    /// One of finitely many values: a literal, an enum member, a literal union, a boolean.
    Finite,
    /// A string that may be anything.
    Text,
    /// A number that may be anything.
    Number,
    /// `null` or `undefined`.
    Nothing,
}

/// What a class inherits from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Base {
    /// A class of this file.
    Class(ClassId),
    /// A type of the catalog.
    Model(ModelId),
    /// Something imported.
    Foreign(Place),
}

/// What rows say of a callback: the rows, and their parts about it.
pub type CallbackRows<'a> = Rc<[(&'a CallRow, &'a CallbackRow)]>;

/// The branches of a block that leave it, with the flag that each tests.
type Leaving = Rc<[(NodeId, Place)]>;

/// A file with its catalog, and the memory of what was asked.
pub struct Model<'a> {
    /// The tables.
    pub file: &'a Lowered,
    /// What libraries do.
    pub catalog: &'a Catalog,
    writes: FxHashMap<Place, SmallVec<[NodeId; 2]>>,
    handed: FxHashMap<FuncId, SmallVec<[Handed; 2]>>,
    calls: FxHashMap<FuncId, SmallVec<[NodeId; 2]>>,
    all_calls: Vec<NodeId>,
    types: RefCell<NodeMemo<Ty>>,
    binding_types: RefCell<FxHashMap<BindingId, Ty>>,
    values: RefCell<FxHashMap<Place, Rc<[NodeId]>>>,
    place_types: RefCell<FxHashMap<Place, Ty>>,
    return_types: RefCell<FxHashMap<FuncId, Ty>>,
    functions: RefCell<NodeMemo<Option<FuncId>>>,
    rows: RefCell<NodeMemo<Rc<[&'a CallRow]>>>,
    paths: RefCell<NodeMemo<Option<Rc<str>>>>,
    callback_rows: RefCell<FxHashMap<Handed, CallbackRows<'a>>>,
    no_rows: Rc<[&'a CallRow]>,
    no_callbacks: CallbackRows<'a>,
    no_values: Rc<[NodeId]>,
    classes: Classes,
    returns: FxHashMap<FuncId, SmallVec<[NodeId; 2]>>,
    assignments: OnceCell<FxHashMap<Place, Vec<NodeId>>>,
    leaving: RefCell<FxHashMap<NodeId, Leaving>>,
    guards: RefCell<FxHashMap<NodeId, Option<Place>>>,
    throwing: RefCell<FxHashMap<NodeId, bool>>,
    lone_names: OnceCell<FxHashSet<BindingId>>,
    pub(crate) flows: RefCell<FxHashMap<FuncId, Option<Rc<crate::flow::Flow>>>>,
    exports: OnceCell<Vec<(ExportId, &'a ExportRow)>>,
    open: RefCell<FxHashSet<u64>>,
    /// How often a question met itself and was answered with nothing.
    cuts: Cell<u32>,
    unsettled: Unsettled,
    params: RefCell<FxHashMap<FuncId, SmallVec<[Option<ModelId>; 4]>>>,
    exported: RefCell<Option<FxHashMap<FuncId, &'a ExportRow>>>,
}

/// What was answered while a model was being made, by an index that was not complete. All other answers are kept.
#[derive(Default)]
struct Unsettled {
    is_building: Cell<bool>,
    /// How often the index was asked, directly or through an answer that rests on it.
    asked: Cell<u32>,
    answers: RefCell<FxHashSet<Question>>,
}

impl Unsettled {
    fn ask(&self) {
        if self.is_building.get() {
            self.asked.set(self.asked.get() + 1);
        }
    }
}

/// A question whose answer is remembered.
#[derive(PartialEq, Eq, Hash)]
enum Question {
    Function(NodeId),
    Rows(NodeId),
    Returned(FuncId),
    Place(Place),
}

/// Up to this many rows are searched, more are indexed.
const NARROW: usize = 16;

/// A function handed to a call as an argument.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Handed {
    /// The call.
    pub call: NodeId,
    /// Which argument, from 0.
    pub arg: usize,
    /// The property of an options object that holds it.
    pub option: Option<NameId>,
}

impl<'a> Model<'a> {
    /// Prepares a file for questions: one pass for what is written to fields, one for functions handed to calls.
    #[must_use]
    pub fn new(file: &'a Lowered, catalog: &'a Catalog) -> Self {
        let mut model = Self {
            file,
            catalog,
            writes: FxHashMap::default(),
            handed: FxHashMap::default(),
            calls: FxHashMap::default(),
            all_calls: Vec::new(),
            types: RefCell::default(),
            binding_types: RefCell::default(),
            values: RefCell::default(),
            place_types: RefCell::default(),
            return_types: RefCell::default(),
            functions: RefCell::default(),
            rows: RefCell::default(),
            paths: RefCell::default(),
            unsettled: Unsettled::default(),
            callback_rows: RefCell::default(),
            no_rows: Rc::from([]),
            no_callbacks: Rc::from([]),
            no_values: Rc::from([]),
            classes: Classes::of(file),
            returns: FxHashMap::default(),
            assignments: OnceCell::new(),
            leaving: RefCell::default(),
            guards: RefCell::default(),
            throwing: RefCell::default(),
            lone_names: OnceCell::new(),
            flows: RefCell::default(),
            exports: OnceCell::new(),
            open: RefCell::default(),
            cuts: Cell::new(0),
            params: RefCell::default(),
            exported: RefCell::default(),
        };
        model.collect_writes();
        model.unsettled.is_building.set(true);
        model.collect_handed();
        model.forget_unsettled();
        model
    }

    /// Forgets what was answered without knowing all that is handed to calls.
    fn forget_unsettled(&mut self) {
        self.unsettled.is_building.set(false);
        for question in self.unsettled.answers.take() {
            match question {
                Question::Function(expr) => self.functions.get_mut().forget(expr),
                Question::Rows(call) => self.rows.get_mut().forget(call),
                Question::Returned(func) => drop(self.return_types.get_mut().remove(&func)),
                Question::Place(place) => drop(self.place_types.get_mut().remove(&place)),
            }
        }
    }

    /// What an answer rests on that may still change; to be compared with [`Model::remember_unsettled`].
    fn unsettled_mark(&self) -> (u32, u32) {
        (self.unsettled.asked.get(), self.cuts.get())
    }

    /// Notes an answer that was given while the index of functions handed to calls was not complete, and that rests on
    /// it or was cut off.
    fn remember_unsettled(&self, mark: (u32, u32), question: impl FnOnce() -> Question) {
        if self.unsettled.is_building.get() && mark != self.unsettled_mark() {
            self.unsettled.answers.borrow_mut().insert(question());
        }
    }

    /// Notes that an answer known already is used: what rests on it is no more settled than it is.
    fn reuse(&self, question: impl FnOnce() -> Question) {
        if self.unsettled.is_building.get() && self.unsettled.answers.borrow().contains(&question()) {
            self.unsettled.ask();
        }
    }

    fn collect_writes(&mut self) {
        let tree = &self.file.tree;
        let mut assignments = Vec::new();
        let mut calls = Vec::new();
        for node in tree.ids() {
            match tree.kind(node) {
                Kind::Return => self.returns.entry(tree.func(node)).or_default().extend(tree.first(node)),
                Kind::Assign => assignments.push(node),
                Kind::Call | Kind::New => calls.push(node),
                _ => {}
            }
        }
        for node in assignments {
            let (Some(target), Some(value)) = (tree.first(node), tree.child(node, 1)) else { continue };
            let is_write = !matches!(tree.assign_op(node), AssignOp::Add | AssignOp::Arithmetic);
            if is_write && matches!(tree.kind(target), Kind::Member | Kind::Index) {
                self.writes.entry(self.file.place(target)).or_default().push(value);
            }
        }
        for &call in &calls {
            let Some((object, method)) = tree.method_call(call) else { continue };
            let value = match method {
                "set" => tree.arg(call, 1),
                "push" | "unshift" | "add" => tree.arg(call, 0),
                _ => None,
            };
            let element = value.and_then(|value| Some((value, self.file.place(object).with(Step::Element)?)));
            if let Some((value, place)) = element
                && !matches!(place.root, Root::Value(_))
            {
                self.writes.entry(place).or_default().push(value);
            }
        }
        self.all_calls = calls;
        for class in self.file.class_ids() {
            let row = self.file.class(class);
            let this = match (row.kind, row.binding) {
                (ClassKind::Object, Some(binding)) => Root::Binding(binding),
                _ => Root::This(class),
            };
            for member in &row.members {
                let (Some(name), Some(value)) = (member.name, member.value) else { continue };
                let root = match (member.is_static, row.binding) {
                    (true, Some(binding)) => Root::Binding(binding),
                    (true, None) => Root::Class(class),
                    (false, _) => this,
                };
                if let Some(place) = Place::root(root).with(Step::Field(name)) {
                    self.writes.entry(place).or_default().push(value);
                }
            }
        }
    }

    fn collect_handed(&mut self) {
        let tree = &self.file.tree;
        let calls = std::mem::take(&mut self.all_calls);
        for &call in &calls {
            if let Some(func) = tree.callee(call).and_then(|callee| self.function_of(callee)) {
                self.calls.entry(func).or_default().push(call);
            }
            for (arg, node) in tree.args(call).enumerate() {
                self.note_handed(call, arg, node, None, 6);
            }
        }
        self.all_calls = calls;
    }

    /// Every call and `new` of the file, in source order.
    #[must_use]
    pub fn all_calls(&self) -> &[NodeId] {
        &self.all_calls
    }

    /// Notes the functions in an argument: the argument itself, elements of an array, properties of an object, and what
    /// a wrapper around a function is handed.
    fn note_handed(&mut self, call: NodeId, arg: usize, node: NodeId, option: Option<NameId>, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return };
        if let Some(func) = self.function_of(node) {
            self.handed.entry(func).or_default().push(Handed { call, arg, option });
            return;
        }
        let tree = &self.file.tree;
        match tree.kind(node) {
            Kind::Array | Kind::Spread | Kind::Conditional | Kind::Logical => {
                let parts: Vec<NodeId> = tree.children(node).collect();
                for part in parts {
                    self.note_handed(call, arg, part, option, depth);
                }
            }
            Kind::Object => {
                let props: Vec<(NodeId, Option<NameId>)> = tree
                    .children(node)
                    .filter(|&prop| tree.kind(prop) == Kind::Property)
                    .filter_map(|prop| Some((tree.last_child(prop)?, tree.name_id(prop))))
                    .collect();
                for (value, name) in props {
                    self.note_handed(call, arg, value, name, depth);
                }
            }
            Kind::Call => {
                let args: Vec<NodeId> = tree.args(node).collect();
                for inner in args {
                    self.note_handed(call, arg, inner, option, depth);
                }
            }
            _ => {}
        }
    }

    /// Where a function is handed to calls.
    #[must_use]
    pub fn handed(&self, func: FuncId) -> &[Handed] {
        self.unsettled.ask();
        self.handed.get(&func).map(SmallVec::as_slice).unwrap_or_default()
    }

    /// The calls of this file that run a function directly.
    #[must_use]
    pub fn calls_of(&self, func: FuncId) -> &[NodeId] {
        self.unsettled.ask();
        self.calls.get(&func).map(SmallVec::as_slice).unwrap_or_default()
    }

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

    /// Opens a question; false if it is open already.
    fn begin(&self, key: u64) -> bool {
        let is_new = self.open.borrow_mut().insert(key);
        if !is_new {
            self.cuts.set(self.cuts.get() + 1);
        }
        is_new
    }

    /// Whether what was worked out since a number of cuts is the whole answer, and worth remembering.
    fn is_whole(&self, cuts: u32) -> bool {
        self.cuts.get() == cuts || self.open.borrow().is_empty()
    }

    fn function_within(&self, expr: NodeId, fuel: u32) -> Option<FuncId> {
        let fuel = fuel.checked_sub(1)?;
        let tree = &self.file.tree;
        match tree.kind(expr) {
            Kind::Function => tree.function(expr),
            Kind::Identifier => {
                let binding = self.file.binding_of(expr)?;
                let value = self.file.sole_value(binding)?;
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

    /// Wrappers whose result runs the function they are handed.
    fn is_function_wrapper(&self, call: NodeId) -> bool {
        let Some(callee) = self.file.tree.callee(call) else { return false };
        let name = self.callee_name(callee);
        matches!(
            name,
            Some(
                "debounce"
                    | "throttle"
                    | "useCallback"
                    | "useEvent"
                    | "useEffectEvent"
                    | "promisify"
                    | "callbackify"
                    | "memo"
                    | "forwardRef"
                    | "proxy"
                    | "asyncHandler"
                    | "bindEnvironment"
                    | "action"
                    | "once"
                    | "useDebouncedCallback"
                    | "useThrottledCallback"
                    | "runInAction"
                    | "wrap"
                    | "observer"
            )
        )
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
            _ => None,
        }
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
            return tree.args(expr).find_map(|arg| self.base_of(arg, fuel));
        }
        let place = self.file.place(expr);
        matches!(place.root, Root::Module(_)).then_some(Base::Foreign(place))
    }

    /// The values an expression path is ever given in this file.
    #[must_use]
    pub fn values(&self, place: &Place) -> Rc<[NodeId]> {
        if let Some(known) = self.values.borrow().get(place) {
            return Rc::clone(known);
        }
        let mut cost = 0;
        let found = self.find_values(place, &mut cost);
        if found.is_empty() && cost <= NARROW {
            return Rc::clone(&self.no_values);
        }
        let found: Rc<[NodeId]> = found.as_slice().into();
        if cost > NARROW {
            self.values.borrow_mut().insert(place.clone(), Rc::clone(&found));
        }
        found
    }

    /// Counts what it goes through: short lists are gone through again faster than they are remembered.
    fn find_values(&self, place: &Place, cost: &mut usize) -> SmallVec<[NodeId; 2]> {
        let mut out = self.writes.get(place).cloned().unwrap_or_default();
        match (place.path.last(), place.root) {
            (None, Root::Binding(binding)) => {
                let row = self.file.binding(binding);
                if row.kind != BindingKind::Param {
                    out.extend(row.values.iter().copied());
                }
            }
            (Some(Step::Field(name)), _) => {
                let Some(parent) = place.parent() else { return out };
                let text = self.file.tree.text(*name);
                let objects = self.values(&parent);
                *cost += objects.len();
                let found = objects.iter().filter_map(|&value| self.file.tree.property(value, text));
                if objects.len() <= NARROW {
                    found.for_each(|value| {
                        if !out.contains(&value) {
                            out.push(value);
                        }
                    });
                } else {
                    let mut seen: FxHashSet<NodeId> = out.iter().copied().collect();
                    out.extend(found.filter(|&value| seen.insert(value)));
                }
            }
            _ => {}
        }
        *cost += out.len();
        out
    }

    /// The fields that are written somewhere in the file, in a stable order.
    #[must_use]
    pub fn written_fields(&self) -> Vec<Place> {
        let is_field = |place: &&Place| place.path.last() != Some(&Step::Element);
        let mut places: Vec<Place> = self.writes.keys().filter(is_field).cloned().collect();
        places.sort_unstable();
        places
    }

    /// What an expression is.
    #[must_use]
    pub fn ty(&self, expr: NodeId) -> Ty {
        if let Some(&known) = self.types.borrow().get(expr) {
            return known;
        }
        let key = u64::from(expr.0);
        if !self.begin(key) {
            return Ty::Unknown;
        }
        let ty = self.compute_ty(expr);
        self.open.borrow_mut().remove(&key);
        self.types.borrow_mut().put(&self.file.tree, expr, ty);
        ty
    }

    fn builtin(&self, name: &str) -> Ty {
        self.catalog.find_type(name).map_or(Ty::Unknown, Ty::Model)
    }

    fn compute_ty(&self, expr: NodeId) -> Ty {
        let tree = &self.file.tree;
        if let Some(cast) = tree.cast(expr) {
            let ty = self.annotation_ty(cast);
            if ty != Ty::Unknown {
                return ty;
            }
        }
        match tree.kind(expr) {
            Kind::Identifier => self.identifier_ty(expr),
            Kind::BindingName => tree.binding(expr).map_or(Ty::Unknown, |binding| self.binding_ty(binding)),
            Kind::This | Kind::Member | Kind::Index => self.place_ty(&self.file.place(expr)),
            Kind::Call | Kind::New => self.call_ty(expr),
            Kind::Object => self.object_ty(expr),
            Kind::Array => self.builtin("Array"),
            Kind::Function => tree.function(expr).map_or(Ty::Unknown, Ty::Function),
            Kind::Class => tree.class(expr).map_or(Ty::Unknown, Ty::Class),
            Kind::String | Kind::Bool => Ty::Finite,
            Kind::Number | Kind::Update => Ty::Number,
            Kind::Template => Ty::Text,
            Kind::Null => Ty::Nothing,
            Kind::Regex => self.builtin("RegExp"),
            Kind::Await => tree.first(expr).map_or(Ty::Unknown, |inner| self.ty(inner)),
            Kind::Assign => tree.child(expr, 1).map_or(Ty::Unknown, |value| self.ty(value)),
            Kind::Sequence => tree.last_child(expr).map_or(Ty::Unknown, |value| self.ty(value)),
            Kind::Logical => self.logical_ty(expr),
            Kind::Conditional => {
                self.join_values([tree.child(expr, 1), tree.child(expr, 2)].into_iter().flatten())
            }
            Kind::Unary => match tree.unary_op(expr) {
                Some(
                    crate::tree::UnaryOp::Not | crate::tree::UnaryOp::Typeof | crate::tree::UnaryOp::Delete,
                ) => Ty::Finite,
                Some(crate::tree::UnaryOp::Void) => Ty::Nothing,
                _ => Ty::Number,
            },
            Kind::Binary => match tree.binary_op(expr) {
                Some(BinaryOp::Add) => self.sum_ty(expr),
                Some(BinaryOp::Remainder) => Ty::Finite,
                Some(BinaryOp::Arithmetic) | None => Ty::Number,
                _ => Ty::Finite,
            },
            _ => Ty::Unknown,
        }
    }

    fn sum_ty(&self, expr: NodeId) -> Ty {
        let sides = [0, 1].map(|n| self.file.tree.child(expr, n).map_or(Ty::Unknown, |side| self.ty(side)));
        match sides {
            [Ty::Number, Ty::Number] => Ty::Number,
            [Ty::Finite, Ty::Finite] => Ty::Finite,
            _ if sides.iter().any(|side| matches!(side, Ty::Text | Ty::Finite)) => Ty::Text,
            _ => Ty::Unknown,
        }
    }

    fn object_ty(&self, object: NodeId) -> Ty {
        let class = self.classes.by_object.get(&object).copied();
        class.map_or_else(|| self.builtin("Object"), Ty::Instance)
    }

    fn logical_ty(&self, expr: NodeId) -> Ty {
        let tree = &self.file.tree;
        match tree.logical_op(expr) {
            Some(LogicalOp::And) => tree.child(expr, 1).map_or(Ty::Unknown, |right| self.ty(right)),
            _ => self.join_values(tree.children(expr)),
        }
    }

    /// The type all the values agree on; those that are nothing do not count.
    fn join_values(&self, values: impl IntoIterator<Item = NodeId>) -> Ty {
        let mut joined: Option<Ty> = None;
        let mut unknown = false;
        for value in values {
            let ty = if self.is_nothing(value) { Ty::Nothing } else { self.ty(value) };
            match ty {
                Ty::Nothing => {}
                Ty::Unknown => unknown = true,
                ty => match joined {
                    Some(known) if known != ty => return self.common(known, ty),
                    _ => joined = Some(ty),
                },
            }
        }
        // `this.cache = options.cache || new Map()`: a value nobody can see is most likely of the type of the others.
        match joined {
            Some(Ty::Finite | Ty::Text | Ty::Number) if unknown => Ty::Unknown,
            Some(ty) => ty,
            None => Ty::Unknown,
        }
    }

    fn common(&self, a: Ty, b: Ty) -> Ty {
        match (a, b) {
            (Ty::Text, Ty::Finite) | (Ty::Finite, Ty::Text) => Ty::Text,
            (Ty::Finite | Ty::Number, Ty::Finite | Ty::Number) => Ty::Number,
            (Ty::Model(a), Ty::Model(b)) => {
                let others = &self.catalog.model(b).ancestors;
                let shared =
                    self.catalog.model(a).ancestors.iter().find(|ancestor| others.contains(ancestor));
                shared.map_or(Ty::Unknown, |&ancestor| Ty::Model(ancestor))
            }
            _ => Ty::Unknown,
        }
    }

    /// Whether an expression is `null`, `undefined` or `void 0`.
    #[must_use]
    pub fn is_nothing(&self, expr: NodeId) -> bool {
        let tree = &self.file.tree;
        match tree.kind(expr) {
            Kind::Null => true,
            Kind::Identifier => self.file.global_of(expr) == Some("undefined"),
            Kind::Unary => tree.unary_op(expr) == Some(crate::tree::UnaryOp::Void),
            _ => false,
        }
    }

    fn identifier_ty(&self, identifier: NodeId) -> Ty {
        match self.file.binding_of(identifier) {
            Some(binding) => self.binding_ty(binding),
            None => self.place_ty(&self.file.place(identifier)),
        }
    }

    /// What a variable holds.
    #[must_use]
    pub fn binding_ty(&self, binding: BindingId) -> Ty {
        if let Some(&known) = self.binding_types.borrow().get(&binding) {
            return known;
        }
        let key = u64::from(binding.0) | 1 << 40;
        if !self.begin(key) {
            return Ty::Unknown;
        }
        let ty = self.compute_binding_ty(binding);
        self.open.borrow_mut().remove(&key);
        self.binding_types.borrow_mut().insert(binding, ty);
        ty
    }

    fn compute_binding_ty(&self, binding: BindingId) -> Ty {
        let row = self.file.binding(binding);
        if let Some(ty) = row.ty.map(|ty| self.annotation_ty(ty)).filter(|&ty| ty != Ty::Unknown) {
            return ty;
        }
        match row.kind {
            BindingKind::Class => self.class_of_binding(binding).map_or(Ty::Unknown, Ty::Class),
            BindingKind::Enum => Ty::Finite,
            BindingKind::Catch => self.builtin("Error"),
            BindingKind::Param => self.param_ty(binding),
            BindingKind::Import => self.place_ty(&self.file.place(row.node)),
            _ => {
                let joined = self.join_values(row.values.iter().copied());
                if joined != Ty::Unknown || row.opaque_writes == 0 {
                    return self.finite_loop_ty(binding).unwrap_or(joined);
                }
                let place = self.file.place(row.node);
                let is_itself = place.root == Root::Binding(binding);
                self.finite_loop_ty(binding)
                    .unwrap_or_else(|| if is_itself { Ty::Unknown } else { self.place_ty(&place) })
            }
        }
    }

    /// `for (const key of ['a', 'b'])`, `for (const key in CONSTANT)`: the keys are the constant's.
    fn finite_loop_ty(&self, binding: BindingId) -> Option<Ty> {
        let tree = &self.file.tree;
        let node = self.file.binding(binding).node;
        let each =
            tree.ancestors(node).take(5).find(|&n| matches!(tree.kind(n), Kind::ForOf | Kind::ForIn))?;
        if !tree.contains(tree.first(each)?, node) {
            return None;
        }
        self.is_constant_collection(tree.child(each, 1)?, 4).then_some(Ty::Finite)
    }

    /// Whether an expression is a collection written out in the source.
    #[must_use]
    pub fn is_constant_collection(&self, expr: NodeId, fuel: u32) -> bool {
        let Some(fuel) = fuel.checked_sub(1) else { return false };
        let tree = &self.file.tree;
        match tree.kind(expr) {
            Kind::Array | Kind::Object => !tree.children(expr).any(|child| tree.kind(child) == Kind::Spread),
            Kind::Identifier => {
                let value = self.file.binding_of(expr).and_then(|binding| self.file.sole_value(binding));
                value.is_some_and(|value| self.is_constant_collection(value, fuel))
            }
            Kind::Call | Kind::New => {
                let source = self.file.iterated(expr);
                if source != expr {
                    return self.is_constant_collection(source, fuel);
                }
                tree.kind(expr) == Kind::New
                    && tree.arg(expr, 0).is_some_and(|arg| self.is_constant_collection(arg, fuel))
            }
            _ => false,
        }
    }

    fn param_ty(&self, binding: BindingId) -> Ty {
        let tree = &self.file.tree;
        let node = self.file.binding(binding).node;
        let mut param = node;
        while let Some(parent) = tree.parent(param) {
            match tree.kind(parent) {
                Kind::Function => {
                    let Some(func) = tree.function(parent) else { return Ty::Unknown };
                    let slot = tree.node(param).slot as usize;
                    return self.param_path_ty(func, slot, param, node);
                }
                Kind::Default | Kind::PatternProperty | Kind::ObjectPattern | Kind::Rest => param = parent,
                Kind::ArrayPattern => param = parent,
                _ => return Ty::Unknown,
            }
        }
        Ty::Unknown
    }

    /// The type of a name in a parameter's pattern, from what the function is handed to.
    fn param_path_ty(&self, func: FuncId, slot: usize, param: NodeId, name: NodeId) -> Ty {
        let tree = &self.file.tree;
        let model = self.callback_params(func).get(slot).copied().flatten();
        let mut steps: SmallVec<[NameId; 2]> = SmallVec::new();
        let mut at = name;
        let mut default = None;
        while at != param {
            let Some(parent) = tree.parent(at) else { break };
            if tree.kind(parent) == Kind::PatternProperty {
                steps.extend(tree.name_id(parent));
            }
            at = parent;
        }
        if tree.kind(param) == Kind::Default && tree.first(param) == Some(name) {
            default = tree.child(param, 1);
        }
        if let Some(cast) = tree.cast(param).filter(|_| !steps.is_empty()) {
            return self.annotated_field(cast, &steps);
        }
        let Some(mut model) = model else {
            let by_default = default.map_or(Ty::Unknown, |value| self.ty(value));
            let is_plain = steps.is_empty();
            return if by_default == Ty::Unknown && is_plain {
                self.argument_ty(func, slot)
            } else {
                by_default
            };
        };
        for step in steps.iter().rev() {
            match self.catalog.field(model, tree.text(*step)) {
                Some(field) => model = field,
                None => return Ty::Unknown,
            }
        }
        Ty::Model(model)
    }

    /// The type that all calls of the file hand in at a position.
    fn argument_ty(&self, func: FuncId, slot: usize) -> Ty {
        let args: SmallVec<[NodeId; 4]> =
            self.calls_of(func).iter().filter_map(|&call| self.file.tree.arg(call, slot)).collect();
        if args.is_empty() || args.len() != self.calls_of(func).len() {
            return Ty::Unknown;
        }
        match self.join_values(args) {
            // What is known of the value is not what is known of the parameter: it may be anything of that kind.
            Ty::Finite | Ty::Text | Ty::Number | Ty::Function(_) => Ty::Unknown,
            ty => ty,
        }
    }

    fn annotated_field(&self, ty: TypeId, steps: &[NameId]) -> Ty {
        let mut at = ty;
        for step in steps.iter().rev() {
            let Some(Type::Object(fields, _)) = self.resolved_type(at) else { return Ty::Unknown };
            match fields.iter().find(|(name, _)| name == step) {
                Some(&(_, field)) => at = field,
                None => return Ty::Unknown,
            }
        }
        self.annotation_ty(at)
    }

    /// A type behind its aliases and interfaces of this file.
    fn resolved_type(&self, ty: TypeId) -> Option<&Type> {
        match self.file.ty(ty) {
            Type::Named(name, _) => self.file.type_decls.get(name).map(|decl| self.file.ty(decl.ty)),
            other => Some(other),
        }
    }

    /// The types of a function's parameters, from the rows of the calls it is handed to.
    pub fn callback_params(&self, func: FuncId) -> SmallVec<[Option<ModelId>; 4]> {
        let key = u64::from(func.0) | 1 << 41;
        if let Some(known) = self.params.borrow().get(&func) {
            if self.open.borrow().contains(&key) {
                self.cuts.set(self.cuts.get() + 1);
            }
            return known.clone();
        }
        self.params.borrow_mut().insert(func, SmallVec::new());
        self.open.borrow_mut().insert(key);
        let mut found: SmallVec<[Option<ModelId>; 4]> = SmallVec::new();
        for handed in self.handed(func) {
            for (_, callback) in self.callback_rows(handed).iter() {
                for (i, name) in callback.params.iter().enumerate() {
                    if found.len() <= i {
                        found.resize(i + 1, None);
                    }
                    found[i] = found[i].or_else(|| self.catalog.find_type(name));
                }
            }
        }
        if found.is_empty() {
            found = self.hook_params(func);
        }
        if found.is_empty() {
            found = self.convention_params(func);
        }
        self.params.borrow_mut().insert(func, found.clone());
        self.open.borrow_mut().remove(&key);
        found
    }

    /// The row about functions with such parameters: `(req, res)`, `(req, res, next)`.
    #[must_use]
    pub fn handler_by_convention(&self, func: FuncId) -> Option<&'a HandlerRow> {
        let names = self.param_names(func);
        if names.is_empty() { None } else { self.catalog.handler(&names) }
    }

    /// The row about the type that the author gave a function: `const handler: RequestHandler = …`.
    #[must_use]
    pub fn signature_of(&self, func: FuncId) -> Option<&'a SignatureRow> {
        let node = self.file.function(func).node;
        let tree = &self.file.tree;
        let annotation = || {
            let declared =
                tree.parent(node).and_then(|parent| tree.first(parent)).filter(|&name| name != node)?;
            self.file.binding(tree.binding(declared)?).ty
        };
        let Type::Named(name, _) = self.file.ty(tree.cast(node).or_else(annotation)?) else { return None };
        self.catalog.signature(&self.annotation_path(*name)?)
    }

    /// What an annotation names, if that is imported and no type of the catalog.
    #[must_use]
    pub fn foreign_class(&self, ty: TypeId) -> Option<Place> {
        let Type::Named(name, _) = self.file.ty(ty) else { return None };
        let binding = self.module_binding(self.file.tree.text(*name))?;
        let place = self.file.place(self.file.binding(binding).node);
        let is_foreign = matches!(place.root, Root::Module(_)) && self.annotation_ty(ty) == Ty::Unknown;
        is_foreign.then_some(place)
    }

    /// The name of a type in the words of the catalog: `express.RequestHandler` for what a file imports.
    fn annotation_path(&self, name: NameId) -> Option<String> {
        let text = self.file.tree.text(name);
        let (first, rest) =
            text.split_once('.').map_or((text, ""), |(first, _)| (first, &text[first.len()..]));
        let Some(binding) = self.module_binding(first) else { return Some(text.to_owned()) };
        let path = self.path_of(&self.file.place(self.file.binding(binding).node))?;
        Some(path + rest)
    }

    /// The names of a function's parameters; empty for patterns.
    #[must_use]
    pub fn param_names(&self, func: FuncId) -> SmallVec<[&'a str; 4]> {
        let file = self.file;
        file.params(func)
            .map(|param| {
                file.tree.binding(param).map_or("", |binding| file.tree.text(file.binding(binding).name))
            })
            .collect()
    }

    /// The row about the name under which a function is exported, if the file is one that a framework looks into.
    fn exported_row(&self, func: FuncId) -> Option<&'a ExportRow> {
        if self.exported.borrow().is_none() {
            // Asked again on the way, the answer is "none".
            *self.exported.borrow_mut() = Some(FxHashMap::default());
            self.cuts.set(self.cuts.get() + 1);
            let mut found = FxHashMap::default();
            for export in crate::calls::framework_exports(self) {
                if let crate::calls::Target::Function(func) = export.target {
                    found.entry(func).or_insert(export.row);
                }
            }
            *self.exported.borrow_mut() = Some(found);
        }
        self.exported.borrow().as_ref().and_then(|rows| rows.get(&func).copied())
    }

    /// The types of parameters of a function that a name, a type or an exported name says is called by a framework.
    fn convention_params(&self, func: FuncId) -> SmallVec<[Option<ModelId>; 4]> {
        let signature = self.signature_of(func).map(|row| &row.params);
        let exported = || self.exported_row(func).map(|row| &row.params);
        let handler = || self.handler_by_convention(func).map(|row| &row.params);
        let hook = || crate::calls::hook_params(self, func);
        let names = signature.or_else(exported).or_else(hook).or_else(handler);
        names.into_iter().flatten().map(|name| self.catalog.find_type(name)).collect()
    }

    /// The types of parameters of a framework hook or a decorated method.
    fn hook_params(&self, func: FuncId) -> SmallVec<[Option<ModelId>; 4]> {
        let row = self.file.function(func);
        let by_decorator = row.param_decorators.iter().filter_map(|&(at, name)| {
            let rows = self.catalog.decorators(self.file.tree.text(name));
            let ty = rows.iter().find_map(|row| row.params.first())?;
            Some((at as usize, self.catalog.find_type(ty)?))
        });
        let mut found: SmallVec<[Option<ModelId>; 4]> = SmallVec::new();
        for (at, ty) in by_decorator {
            if found.len() <= at {
                found.resize(at + 1, None);
            }
            found[at] = Some(ty);
        }
        found
    }

    /// The catalog's rows about a callback that is handed to a call.
    pub fn callback_rows(&self, handed: &Handed) -> CallbackRows<'a> {
        if let Some(known) = self.callback_rows.borrow().get(handed) {
            return Rc::clone(known);
        }
        let cuts = self.cuts.get();
        let found = self.callback_rows_within(handed, 3);
        let found = if found.is_empty() { Rc::clone(&self.no_callbacks) } else { found.as_slice().into() };
        if !self.unsettled.is_building.get() && self.is_whole(cuts) {
            self.callback_rows.borrow_mut().insert(*handed, Rc::clone(&found));
        }
        found
    }

    fn callback_rows_within(
        &self,
        handed: &Handed,
        fuel: u32,
    ) -> SmallVec<[(&'a CallRow, &'a CallbackRow); 2]> {
        let direct = self.direct_callback_rows(handed);
        match fuel.checked_sub(1) {
            Some(fuel) if direct.is_empty() && handed.option.is_none() => {
                self.forwarded_callback_rows(handed, fuel)
            }
            _ => direct,
        }
    }

    /// The rows of the calls to which a function of this file hands on what it was handed.
    fn forwarded_callback_rows(
        &self,
        handed: &Handed,
        fuel: u32,
    ) -> SmallVec<[(&'a CallRow, &'a CallbackRow); 2]> {
        let tree = &self.file.tree;
        let param = tree
            .callee(handed.call)
            .and_then(|callee| self.function_of(callee))
            .and_then(|func| self.file.params(func).nth(handed.arg));
        let Some(binding) = param.and_then(|param| tree.binding(param)) else { return SmallVec::new() };
        self.file
            .binding(binding)
            .references
            .iter()
            .filter_map(|reference| tree.argument_of(self.file.references[reference.index()].node))
            .map(|(call, arg)| self.callback_rows_within(&Handed { call, arg, option: None }, fuel))
            .find(|rows| !rows.is_empty())
            .unwrap_or_default()
    }

    fn direct_callback_rows(&self, handed: &Handed) -> SmallVec<[(&'a CallRow, &'a CallbackRow); 2]> {
        let rows = self.rows(handed.call);
        let mut out = SmallVec::new();
        if rows.is_empty() {
            return out;
        }
        let count = self.file.tree.args(handed.call).count();
        for &row in rows.iter() {
            for callback in &row.callbacks {
                let option = handed.option.map(|option| self.file.tree.text(option));
                if callback.takes(handed.arg, handed.arg + 1 == count, option) {
                    out.push((row, callback));
                }
            }
        }
        out
    }

    /// The catalog's rows about a call, most specific first.
    #[must_use]
    pub fn rows(&self, call: NodeId) -> Rc<[&'a CallRow]> {
        if let Some(known) = self.rows.borrow().get(call) {
            self.reuse(|| Question::Rows(call));
            return Rc::clone(known);
        }
        let (cuts, mark) = (self.cuts.get(), self.unsettled_mark());
        let found = self.find_rows(call);
        let found = if found.is_empty() { Rc::clone(&self.no_rows) } else { found.into() };
        if self.is_whole(cuts) {
            self.rows.borrow_mut().put(&self.file.tree, call, Rc::clone(&found));
            self.remember_unsettled(mark, || Question::Rows(call));
        }
        found
    }

    fn find_rows(&self, call: NodeId) -> Vec<&'a CallRow> {
        let tree = &self.file.tree;
        let Some(callee) = tree.callee(call) else { return Vec::new() };
        let mut out: Vec<&CallRow> = Vec::new();
        if let Some(path) = self.api_path(callee) {
            out.extend(self.catalog.calls_of_path(&path));
        }
        if tree.kind(callee) == Kind::Member
            && let (Some(object), Some(method)) = (tree.first(callee), tree.name(callee))
            && self.catalog.knows_method(method)
        {
            let ty = self.ty(object);
            let of = self.model_of(ty);
            let closed = matches!(ty, Ty::Instance(_) | Ty::Class(_) | Ty::Function(_)) && of.is_none();
            if !closed {
                out.extend(self.catalog.calls_of_method(of, method));
            }
        }
        let event =
            tree.arg(call, 0).and_then(|arg| self.file.constant_name(arg)).map(|name| tree.text(name));
        out.retain(|row| row.covers(event));
        out
    }

    /// The catalog type behind a type: its own, or that of the nearest base class.
    #[must_use]
    pub fn model_of(&self, ty: Ty) -> Option<ModelId> {
        match ty {
            Ty::Model(model) => Some(model),
            Ty::Instance(class) => self.class_model(class),
            Ty::Text => self.catalog.find_type("String"),
            _ => None,
        }
    }

    /// The catalog type a class inherits from or says it implements.
    #[must_use]
    pub fn class_model(&self, class: ClassId) -> Option<ModelId> {
        self.lineage(class).find_map(|class| match self.base(class) {
            Some(Base::Model(model)) => Some(model),
            _ => self.file.class(class).implements.iter().find_map(|&ty| match self.annotation_ty(ty) {
                Ty::Model(model) => Some(model),
                _ => None,
            }),
        })
    }

    /// The type of what a place holds.
    #[must_use]
    pub fn place_ty(&self, place: &Place) -> Ty {
        let Some(step) = place.path.last() else { return self.root_ty(place.root) };
        if let Some(&known) = self.place_types.borrow().get(place) {
            self.reuse(|| Question::Place(place.clone()));
            return known;
        }
        let key = self.place_key(place);
        if !self.begin(key) {
            return Ty::Unknown;
        }
        let (cuts, mark) = (self.cuts.get(), self.unsettled_mark());
        let ty = match step {
            Step::Field(name) => self.field_ty(place, *name),
            Step::Element => self.element_ty(place),
        };
        self.open.borrow_mut().remove(&key);
        if self.is_whole(cuts) {
            self.place_types.borrow_mut().insert(place.clone(), ty);
            self.remember_unsettled(mark, || Question::Place(place.clone()));
        }
        ty
    }

    fn place_key(&self, place: &Place) -> u64 {
        use std::hash::BuildHasher;
        rustc_hash::FxBuildHasher.hash_one(place) | 1 << 63
    }

    fn root_ty(&self, root: Root) -> Ty {
        match root {
            Root::Binding(binding) => self.binding_ty(binding),
            Root::This(class) => Ty::Instance(class),
            Root::Class(class) => Ty::Class(class),
            Root::Value(node) => match self.file.tree.kind(node) {
                Kind::Identifier | Kind::This | Kind::Member | Kind::Index | Kind::BindingName => Ty::Unknown,
                _ => self.ty(node),
            },
            Root::Module(_) | Root::Global(_) => self
                .path_of(&Place::root(root))
                .and_then(|path| self.catalog.value(&path))
                .map_or_else(|| self.global_ty(root), Ty::Model),
            Root::Exports | Root::Receiver(_) => Ty::Unknown,
        }
    }

    /// A global of the program's own: `global.visits = global.visits || {}`.
    fn global_ty(&self, root: Root) -> Ty {
        let place = Place::root(root);
        let key = self.place_key(&place);
        if !matches!(root, Root::Global(_)) || !self.begin(key) {
            return Ty::Unknown;
        }
        let ty = self.join_values(self.values(&place).iter().copied());
        self.open.borrow_mut().remove(&key);
        ty
    }

    fn field_ty(&self, place: &Place, name: NameId) -> Ty {
        if let Some(model) = self.path_of(place).and_then(|path| self.catalog.value(&path)) {
            return Ty::Model(model);
        }
        let Some(owner) = place.parent() else { return Ty::Unknown };
        let owner_ty = match (owner.path.is_empty(), owner.root) {
            (true, root @ (Root::This(_) | Root::Class(_))) => self.root_ty(root),
            _ => self.place_ty(&owner),
        };
        if let Ty::Instance(class) = owner_ty
            && let Some(ty) = self.member_annotation(class, name)
        {
            return ty;
        }
        let joined = self.join_values(self.values(place).iter().copied());
        if joined != Ty::Unknown {
            return joined;
        }
        let text = self.file.tree.text(name);
        match owner_ty {
            Ty::Instance(class) => self.instance_field_ty(class, name),
            Ty::Model(model) => self.catalog.field(model, text).map_or(Ty::Unknown, Ty::Model),
            Ty::Finite => Ty::Finite,
            _ => match text {
                "length" | "size" => Ty::Number,
                _ => self.annotated_place_field(&owner, name),
            },
        }
    }

    /// A field of a parameter or variable whose annotation is an object type.
    fn annotated_place_field(&self, owner: &Place, name: NameId) -> Ty {
        let Root::Binding(binding) = owner.root else { return Ty::Unknown };
        let Some(ty) = self.file.binding(binding).ty else { return Ty::Unknown };
        let mut steps: SmallVec<[NameId; 2]> = SmallVec::new();
        steps.push(name);
        for step in owner.path.iter().rev() {
            match step {
                Step::Field(field) => steps.push(*field),
                Step::Element => return Ty::Unknown,
            }
        }
        self.annotated_field(ty, &steps)
    }

    fn member_annotation(&self, class: ClassId, name: NameId) -> Option<Ty> {
        let member = self
            .lineage(class)
            .find_map(|class| self.members(class, name).iter().find(|m| m.ty.is_some()).copied().copied())?;
        let ty = self.annotation_ty(member.ty?);
        (ty != Ty::Unknown).then_some(ty)
    }

    fn instance_field_ty(&self, class: ClassId, name: NameId) -> Ty {
        for base in self.lineage(class).skip(1) {
            if let Some(place) = Place::root(Root::This(base)).with(Step::Field(name)) {
                let ty = self.join_values(self.values(&place).iter().copied());
                if ty != Ty::Unknown {
                    return ty;
                }
            }
        }
        let model = self.class_model(class);
        let field = model.and_then(|model| self.catalog.field(model, self.file.tree.text(name)));
        field.map_or(Ty::Unknown, Ty::Model)
    }

    /// The type of the elements of a collection, from its annotation or type arguments.
    fn element_ty(&self, place: &Place) -> Ty {
        let Some(owner) = place.parent() else { return Ty::Unknown };
        let annotation = match (owner.root, owner.path.as_slice()) {
            (Root::Binding(binding), []) => self.file.binding(binding).ty,
            (Root::This(class), [Step::Field(name)]) => self
                .lineage(class)
                .find_map(|class| self.file.class(class).members.iter().find(|m| m.name == Some(*name))?.ty),
            _ => None,
        };
        if let Some(ty) = annotation.and_then(|ty| self.element_annotation(ty)) {
            return ty;
        }
        for &value in self.values(&owner).iter() {
            if let Some(&last) = self.file.tree.type_args.get(&value).and_then(|args| args.last()) {
                return self.annotation_ty(last);
            }
        }
        self.stored_element_ty(&owner)
    }

    fn element_annotation(&self, ty: TypeId) -> Option<Ty> {
        match self.file.ty(ty) {
            Type::Array(Some(elem)) => Some(self.annotation_ty(*elem)),
            Type::Named(_, args) => args.last().map(|&last| self.annotation_ty(last)),
            Type::Object(_, Some(index)) => Some(self.annotation_ty(*index)),
            _ => None,
        }
    }

    /// The type of what is put into a collection, where all insertions of the file agree.
    fn stored_element_ty(&self, owner: &Place) -> Ty {
        let Some(element) = owner.clone().with(Step::Element) else { return Ty::Unknown };
        match self.join_values(self.values(&element).iter().copied()) {
            Ty::Finite | Ty::Text | Ty::Number => Ty::Unknown,
            ty => ty,
        }
    }

    /// What a type annotation says.
    #[must_use]
    pub fn annotation_ty(&self, ty: TypeId) -> Ty {
        self.annotation_within(ty, 8)
    }

    fn annotation_within(&self, ty: TypeId, fuel: u32) -> Ty {
        let Some(fuel) = fuel.checked_sub(1) else { return Ty::Unknown };
        match self.file.ty(ty) {
            Type::Named(name, args) => self.named_ty(*name, args, fuel),
            Type::Array(_) => self.builtin("Array"),
            Type::Union(parts) => self.union_ty(parts, fuel),
            Type::Intersection(parts) => parts
                .iter()
                .map(|&part| self.annotation_within(part, fuel))
                .find(|ty| matches!(ty, Ty::Model(_) | Ty::Instance(_)))
                .unwrap_or_default(),
            Type::StringLiteral(_) | Type::Literal | Type::Boolean | Type::Finite => Ty::Finite,
            Type::String => Ty::Text,
            Type::Number => Ty::Number,
            Type::Nothing => Ty::Nothing,
            Type::Object(_, Some(_)) => self.builtin("Object"),
            Type::TypeOf(_) | Type::Function(_) | Type::Object(..) | Type::Unknown => Ty::Unknown,
        }
    }

    fn union_ty(&self, parts: &[TypeId], fuel: u32) -> Ty {
        let mut joined = None;
        for &part in parts {
            match (self.annotation_within(part, fuel), joined) {
                (Ty::Nothing, _) => {}
                (ty, None) => joined = Some(ty),
                (ty, Some(known)) if ty == known => {}
                (ty, Some(known)) => joined = Some(self.common(known, ty)),
            }
        }
        joined.unwrap_or(Ty::Nothing)
    }

    fn named_ty(&self, name: NameId, args: &[TypeId], fuel: u32) -> Ty {
        let tree = &self.file.tree;
        if let Some(decl) = self.file.type_decls.get(&name) {
            let own = self.annotation_within(decl.ty, fuel);
            let inherited = || {
                decl.extends
                    .iter()
                    .map(|&base| self.annotation_within(base, fuel))
                    .find(|ty| *ty != Ty::Unknown)
            };
            return if own == Ty::Unknown { inherited().unwrap_or_default() } else { own };
        }
        let text = tree.text(name);
        let (first, rest) = text.split_once('.').map_or((text, None), |(first, rest)| (first, Some(rest)));
        if let Some(binding) = self.module_binding(first) {
            return self.imported_ty(binding, rest);
        }
        match text {
            "Record" => return self.record_ty(args, fuel),
            "Promise" | "Readonly" | "Partial" | "Required" | "NonNullable" | "Awaited" | "Ref"
            | "ShallowRef" | "MutableRefObject" | "RefObject" => {
                return args.first().map_or(Ty::Unknown, |&inner| self.annotation_within(inner, fuel));
            }
            "ReturnType" => return self.return_type(args),
            _ => {}
        }
        self.catalog.annotation(text).map_or(Ty::Unknown, Ty::Model)
    }

    /// `ReturnType<typeof setTimeout>` is what calling it gives.
    fn return_type(&self, args: &[TypeId]) -> Ty {
        let Some(&arg) = args.first() else { return Ty::Unknown };
        let Type::TypeOf(name) = self.file.ty(arg) else { return Ty::Unknown };
        self.catalog.made_by(self.file.tree.text(*name)).map_or(Ty::Unknown, Ty::Model)
    }

    /// A record over finitely many keys is a struct, any other a container.
    fn record_ty(&self, args: &[TypeId], fuel: u32) -> Ty {
        match args.first().map(|&key| self.annotation_within(key, fuel)) {
            Some(Ty::Finite) => self.builtin("Struct"),
            _ => self.builtin("Object"),
        }
    }

    fn module_binding(&self, name: &str) -> Option<BindingId> {
        let name = self.file.tree.names().find(name)?;
        self.file.scopes.first()?.names.get(&name).copied()
    }

    fn imported_ty(&self, binding: BindingId, rest: Option<&str>) -> Ty {
        let row = self.file.binding(binding);
        match row.kind {
            BindingKind::Class => self.class_of_binding(binding).map_or(Ty::Unknown, Ty::Instance),
            BindingKind::Enum => Ty::Finite,
            _ => {
                let Some(mut path) = self.path_of(&self.file.place(row.node)) else {
                    return self.class_of_binding(binding).map_or(Ty::Unknown, Ty::Instance);
                };
                if let Some(rest) = rest {
                    path.push('.');
                    path.push_str(rest);
                }
                self.catalog.annotation(&path).map_or(Ty::Unknown, Ty::Model)
            }
        }
    }

    fn call_ty(&self, call: NodeId) -> Ty {
        let tree = &self.file.tree;
        let Some(callee) = tree.callee(call) else { return Ty::Unknown };
        let place = self.file.place(call);
        if place.root != Root::Value(call) {
            return self.place_ty(&place);
        }
        if let Some(model) = self.api_path(callee).and_then(|path| self.catalog.made_by(&path)) {
            return Ty::Model(model);
        }
        if tree.kind(call) == Kind::New {
            return self.class_of(callee).map_or(Ty::Unknown, Ty::Instance);
        }
        if let Some((object, method)) = tree.method_call(call)
            && let Some(model) = self.model_of(self.ty(object))
            && let Some(returned) = self.catalog.returned(model, method)
        {
            return Ty::Model(returned);
        }
        if let Some(func) = self.function_of(callee) {
            return self.return_ty(func);
        }
        self.rows(call)
            .iter()
            .find_map(|row| row.returns.as_deref())
            .and_then(|name| self.catalog.find_type(name))
            .map_or(Ty::Unknown, Ty::Model)
    }

    /// What a function returns: its annotation, or what its return statements agree on.
    #[must_use]
    pub fn return_ty(&self, func: FuncId) -> Ty {
        let row = self.file.function(func);
        if let Some(ty) = row.returns.map(|ty| self.annotation_ty(ty)).filter(|&ty| ty != Ty::Unknown) {
            return ty;
        }
        if row.is_generator {
            return Ty::Unknown;
        }
        if let Some(&known) = self.return_types.borrow().get(&func) {
            self.reuse(|| Question::Returned(func));
            return known;
        }
        let (cuts, mark) = (self.cuts.get(), self.unsettled_mark());
        let ty = self.join_values(self.returned_values(func));
        if self.is_whole(cuts) {
            self.return_types.borrow_mut().insert(func, ty);
            self.remember_unsettled(mark, || Question::Returned(func));
        }
        ty
    }

    /// The assignments to a place, in source order.
    pub(crate) fn assignments(&self, place: &Place) -> &[NodeId] {
        let index = self.assignments.get_or_init(|| {
            let tree = &self.file.tree;
            let mut index: FxHashMap<Place, Vec<NodeId>> = FxHashMap::default();
            for node in tree.ids().filter(|&node| tree.kind(node) == Kind::Assign) {
                if let Some(target) = tree.first(node) {
                    index.entry(self.file.place(target)).or_default().push(node);
                }
            }
            index
        });
        index.get(place).map(Vec::as_slice).unwrap_or_default()
    }

    /// The statements of a block that leave the function if a flag is set, in source order, with the flag.
    pub(crate) fn leaving_statements(&self, block: NodeId) -> Rc<[(NodeId, Place)]> {
        if let Some(known) = self.leaving.borrow().get(&block) {
            return Rc::clone(known);
        }
        let found: Rc<[(NodeId, Place)]> = crate::guard::leaving_statements(self, block).into();
        self.leaving.borrow_mut().insert(block, Rc::clone(&found));
        found
    }

    /// [`crate::guard::once_guard`] of a block.
    pub(crate) fn guard_around(&self, block: NodeId) -> Option<Place> {
        if let Some(known) = self.guards.borrow().get(&block) {
            return known.clone();
        }
        let found = crate::guard::once_guard(self, block);
        self.guards.borrow_mut().insert(block, found.clone());
        found
    }

    /// Whether a block ends by throwing.
    #[must_use]
    pub fn throws_at_end(&self, block: NodeId) -> bool {
        let tree = &self.file.tree;
        let ends = || tree.last_child(block).is_some_and(|last| tree.kind(last) == Kind::Throw);
        *self.throwing.borrow_mut().entry(block).or_insert_with(ends)
    }

    /// Whether nothing else in the file goes by the name of a binding.
    #[must_use]
    pub fn is_only_name(&self, binding: BindingId) -> bool {
        self.lone_names.get_or_init(|| self.find_lone_names()).contains(&binding)
    }

    fn find_lone_names(&self) -> FxHashSet<BindingId> {
        let mut owners: FxHashMap<NameId, Option<BindingId>> = FxHashMap::default();
        for (at, row) in self.file.bindings.iter().enumerate() {
            let owner = Some(BindingId::from_index(at));
            owners.entry(row.name).and_modify(|other| *other = None).or_insert(owner);
        }
        for row in &self.file.references {
            if let Some(owner) = owners.get_mut(&row.name)
                && *owner != row.binding
            {
                *owner = None;
            }
        }
        owners.into_values().flatten().collect()
    }

    /// The rows of the catalog about names that this file exports.
    pub(crate) fn export_rows(&self) -> &[(ExportId, &'a ExportRow)] {
        self.exports.get_or_init(|| {
            let names: FxHashSet<&str> =
                self.file.exports.iter().filter_map(|row| Some(self.file.tree.text(row.name?))).collect();
            self.catalog.exports_of(&self.file.path, &names).collect()
        })
    }

    /// The expressions a function returns.
    #[must_use]
    pub fn returned_values(&self, func: FuncId) -> SmallVec<[NodeId; 2]> {
        let tree = &self.file.tree;
        let Some(body) = self.file.body(func) else { return SmallVec::new() };
        if tree.kind(body) != Kind::Block {
            return SmallVec::from_slice(&[body]);
        }
        self.returns.get(&func).cloned().unwrap_or_default()
    }

    /// The access path of an expression in the words of the catalog: `http.createServer`, `express()`.
    #[must_use]
    pub fn api_path(&self, expr: NodeId) -> Option<Rc<str>> {
        if let Some(known) = self.paths.borrow().get(expr) {
            return known.clone();
        }
        let path = self.path_of(&self.file.place(expr)).map(Rc::from);
        self.paths.borrow_mut().put(&self.file.tree, expr, path.clone());
        path
    }

    /// [`Model::api_path`] of a place.
    #[must_use]
    pub fn path_of(&self, place: &Place) -> Option<String> {
        self.path_within(place, 6)
    }

    fn path_within(&self, place: &Place, fuel: u32) -> Option<String> {
        let fuel = fuel.checked_sub(1)?;
        let tree = &self.file.tree;
        if let Some(queried) = self.queried(place) {
            return self.path_within(&queried, fuel);
        }
        let mut path = match place.root {
            Root::Module(source) => package_path(tree.text(source))?.to_owned(),
            Root::Global(name) => tree.text(name).to_owned(),
            Root::Value(node) if tree.is_call(node) => {
                let callee = self.file.place(tree.callee(node)?);
                format!("{}()", self.path_within(&callee, fuel)?)
            }
            Root::Binding(binding) => {
                let value = self.file.sole_value(binding)?;
                match tree.kind(value) {
                    Kind::Call | Kind::New => {
                        let callee = self.file.place(tree.callee(value)?);
                        format!("{}()", self.path_within(&callee, fuel)?)
                    }
                    // `const client = secure ? https : http`: alike, whichever it is.
                    Kind::Conditional => {
                        let [yes, no] = [1, 2].map(|n| {
                            tree.child(value, n)
                                .and_then(|side| self.path_within(&self.file.place(side), fuel))
                        });
                        no.and(yes)?
                    }
                    _ => return None,
                }
            }
            _ => return None,
        };
        for step in &place.path {
            match step {
                Step::Field(name) if tree.text(*name) == "default" => {}
                Step::Field(name) => {
                    path.push('.');
                    path.push_str(tree.text(*name));
                }
                Step::Element => path.push_str("[]"),
            }
        }
        Some(path)
    }

    /// What an annotation says a variable or a field of it is: `lib` of `(lib: typeof library)`, which is `library`.
    fn queried(&self, place: &Place) -> Option<Place> {
        let Root::Binding(binding) = place.root else { return None };
        let mut at = self.file.binding(binding).ty?;
        let mut steps = place.path.iter();
        let name = loop {
            match self.resolved_type(at)? {
                Type::TypeOf(name) => break *name,
                Type::Object(fields, _) => {
                    let Some(Step::Field(wanted)) = steps.next() else { return None };
                    at = fields.iter().find(|(name, _)| name == wanted)?.1;
                }
                _ => return None,
            }
        };
        let imported = self.module_binding(self.file.tree.text(name))?;
        if self.file.binding(imported).kind != BindingKind::Import {
            return None;
        }
        let start = self.file.place(self.file.binding(imported).node);
        steps.try_fold(start, |place, step| place.with(*step))
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
struct Classes {
    by_binding: FxHashMap<BindingId, ClassId>,
    by_constructor: FxHashMap<FuncId, ClassId>,
    by_object: FxHashMap<NodeId, ClassId>,
    members: FxHashMap<(ClassId, NameId), SmallVec<[u32; 2]>>,
}

impl Classes {
    fn of(file: &Lowered) -> Self {
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

/// The package of a specifier, `node:` dropped; none for relative and absolute specifiers.
#[must_use]
pub fn package_path(specifier: &str) -> Option<&str> {
    if specifier.starts_with(['.', '/', '#', '~']) || specifier.starts_with("@/") {
        return None;
    }
    Some(specifier.strip_prefix("node:").unwrap_or(specifier))
}
