//! The questions rules ask of one file: what is this expression, what does this call do, which function is that.
//!
//! Everything here is computed on demand from the tables and remembered.

mod annotations;
mod functions;
mod open;
mod own;
mod paths;
mod rows;
mod types;

use crate::catalog::{CallRow, CallbackRow, Catalog, ExportRow, ModelId};
use crate::flow::graph::Flow;
use crate::index::{BindingId, ClassId, FuncId, NameId, NodeId};
use crate::names::NameSet;
use crate::place::{Place, Root, Step};
use crate::rate::Life;
use crate::tables::{BindingKind, ClassKind, Lowered};
use crate::tree::{AssignOp, Kind, NodeMemo, flag};
use functions::Classes;
use open::OpenQuestions;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

pub use paths::package_path;

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

/// What a place is given.
pub(crate) struct Given {
    /// The places whose values it is given.
    pub(crate) named: Box<[Place]>,
    /// It is given something, and all of it is made there.
    pub(crate) is_made: bool,
}

/// The branches of a block that leave it, with the flag that each tests.
pub(crate) type Leaving = Rc<[(NodeId, Place)]>;

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
    all_assignments: Vec<NodeId>,
    import_calls: Vec<NodeId>,
    landmarks: Vec<NodeId>,
    awaited_loops: Vec<NodeId>,
    jumps: Vec<NodeId>,
    types: RefCell<NodeMemo<Ty>>,
    /// Of each binding, once somebody has asked.
    binding_types: RefCell<Vec<Option<Ty>>>,
    values: RefCell<FxHashMap<Place, Rc<[NodeId]>>>,
    /// [`crate::listeners::aliases`]: each pair of an addition and a removal asks.
    pub(crate) aliases: RefCell<FxHashMap<Place, Rc<[Place]>>>,
    /// What [`crate::identity`] found a place to be given: each pair asks.
    pub(crate) given: RefCell<FxHashMap<Place, Rc<Given>>>,
    place_types: RefCell<FxHashMap<Place, Ty>>,
    return_types: RefCell<FxHashMap<FuncId, Ty>>,
    functions: RefCell<NodeMemo<Option<FuncId>>>,
    rows: RefCell<NodeMemo<Rc<[&'a CallRow]>>>,
    paths: RefCell<NodeMemo<Option<Rc<str>>>>,
    /// With how many calls were still to be followed.
    callback_rows: RefCell<FxHashMap<(Handed, u32), CallbackRows<'a>>>,
    no_rows: Rc<[&'a CallRow]>,
    no_callbacks: CallbackRows<'a>,
    no_values: Rc<[NodeId]>,
    classes: Classes,
    /// The names of fields that something is given: those of properties in literals, and those that are written.
    given_names: NameSet,
    class_models: RefCell<FxHashMap<ClassId, Option<ModelId>>>,
    /// [`Model::is_filled_otherwise`]: each removal of a field asks.
    filled: RefCell<FxHashMap<ClassId, bool>>,
    returns: FxHashMap<FuncId, SmallVec<[NodeId; 2]>>,
    waits: FxHashMap<FuncId, SmallVec<[NodeId; 2]>>,
    assignments: OnceCell<FxHashMap<Place, Vec<NodeId>>>,
    /// [`Model::fields_given`] of each place: each listener on a parameter asks.
    fields_given: OnceCell<FxHashMap<Place, Vec<Place>>>,
    pub(crate) leaving: RefCell<NodeMemo<Leaving>>,
    pub(crate) no_leaving: Leaving,
    pub(crate) guards: RefCell<NodeMemo<Option<Place>>>,
    throwing: RefCell<FxHashMap<NodeId, bool>>,
    lone_names: OnceCell<FxHashSet<BindingId>>,
    indentations: OnceCell<Vec<(usize, usize)>>,
    pub(crate) flows: RefCell<FxHashMap<FuncId, Option<Rc<Flow>>>>,
    exports: OnceCell<Vec<&'a ExportRow>>,
    open: RefCell<OpenQuestions>,
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
    Type(NodeId),
    Binding(BindingId),
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
        let model = Self::index(file, catalog);
        // What was worked out with other places is worked out again.
        if file.note_answers(model.answers()) { Self::index(file, catalog) } else { model }
    }

    /// The calls of `get` of which rows say what they give: they look nothing up in a map.
    fn answers(&self) -> FxHashSet<NodeId> {
        let tree = &self.file.tree;
        let is_told = |&call: &NodeId| {
            let Some((object, "get")) = tree.method_call(call) else { return false };
            let path = || tree.callee(call).and_then(|callee| self.api_path(callee));
            // Of what a module exports as a whole it is known already.
            let is_element = || self.file.place(call).path.last() == Some(&Step::Element);
            self.file.may_look_up(call)
                && (self.file.is_answer(call) || is_element())
                && (path().is_some_and(|path| self.catalog.calls_of_path(&path).next().is_some())
                    || self
                        .model_of(self.ty(object))
                        .is_some_and(|of| self.catalog.knows_method_of(of, "get")))
        };
        self.all_calls.iter().copied().filter(is_told).collect()
    }

    fn index(file: &'a Lowered, catalog: &'a Catalog) -> Self {
        let mut model = Self {
            file,
            catalog,
            writes: FxHashMap::default(),
            handed: FxHashMap::default(),
            calls: FxHashMap::default(),
            all_calls: Vec::new(),
            all_assignments: Vec::new(),
            import_calls: Vec::new(),
            landmarks: Vec::new(),
            awaited_loops: Vec::new(),
            jumps: Vec::new(),
            types: RefCell::default(),
            binding_types: RefCell::new(vec![None; file.bindings.len()]),
            values: RefCell::default(),
            aliases: RefCell::default(),
            given: RefCell::default(),
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
            given_names: NameSet::default(),
            class_models: RefCell::default(),
            filled: RefCell::default(),
            returns: FxHashMap::default(),
            waits: FxHashMap::default(),
            assignments: OnceCell::new(),
            fields_given: OnceCell::new(),
            leaving: RefCell::default(),
            no_leaving: Rc::from([]),
            guards: RefCell::default(),
            throwing: RefCell::default(),
            lone_names: OnceCell::new(),
            indentations: OnceCell::new(),
            flows: RefCell::default(),
            exports: OnceCell::new(),
            open: RefCell::default(),
            cuts: Cell::new(0),
            params: RefCell::default(),
            exported: RefCell::default(),
        };
        model.collect_writes();
        model.note_written();
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
                Question::Type(expr) => self.types.get_mut().forget(expr),
                Question::Binding(binding) => self.binding_types.get_mut()[binding.index()] = None,
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
    #[inline]
    fn reuse(&self, question: impl FnOnce() -> Question) {
        if self.unsettled.is_building.get() {
            self.reuse_while_building(&question());
        }
    }

    fn reuse_while_building(&self, question: &Question) {
        if self.unsettled.answers.borrow().contains(question) {
            self.unsettled.ask();
        }
    }

    fn collect_writes(&mut self) {
        let tree = &self.file.tree;
        let mut assignments = Vec::new();
        let mut calls = Vec::new();
        for node in tree.ids() {
            match tree.kind(node) {
                Kind::Return => {
                    self.returns.entry(tree.func(node)).or_default().extend(tree.first(node));
                    self.jumps.push(node);
                }
                Kind::Throw | Kind::Break | Kind::Continue => self.jumps.push(node),
                Kind::Await => self.waits.entry(tree.func(node)).or_default().push(node),
                Kind::ForOf if tree.has(node, flag::AWAIT) => {
                    self.waits.entry(tree.func(node)).or_default().push(node);
                    self.awaited_loops.push(node);
                }
                Kind::Assign => assignments.push(node),
                Kind::Property => {
                    if let Some(name) = tree.name_id(node) {
                        self.given_names.add(name);
                    }
                }
                Kind::Call | Kind::New => {
                    calls.push(node);
                    self.landmarks.push(node);
                }
                Kind::ImportCall => self.import_calls.push(node),
                Kind::TaggedTemplate | Kind::JsxElement | Kind::Object | Kind::Array | Kind::Function => {
                    self.landmarks.push(node);
                }
                _ => {}
            }
        }
        for &node in &assignments {
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
        (self.all_calls, self.all_assignments) = (calls, assignments);
        for class in self.file.class_ids() {
            let row = self.file.class(class);
            let this = match (row.kind, row.binding) {
                _ if row.is_exports => Root::Exports,
                (ClassKind::Object, Some(binding)) => Root::Binding(binding),
                _ => Root::This(class),
            };
            for (name, value) in self.file.literal_fields(class) {
                if let Some(place) = Place::root(this).with(Step::Field(name)) {
                    self.writes.entry(place).or_default().push(value);
                }
            }
            // Functions on `exports` are assigned there.
            let is_assigned = row.is_exports && tree.kind(row.node) != Kind::Object;
            for member in row.members.iter().filter(|_| !is_assigned) {
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

    /// Notes the names of the fields that are written: of other names, literals aside, nothing holds a value.
    fn note_written(&mut self) {
        for place in self.writes.keys() {
            if let Some(Step::Field(name)) = place.path.last() {
                self.given_names.add(*name);
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

    /// Every assignment of the file, in source order.
    #[must_use]
    pub fn all_assignments(&self) -> &[NodeId] {
        &self.all_assignments
    }

    /// Every `import()` of the file, in source order.
    #[must_use]
    pub fn import_calls(&self) -> &[NodeId] {
        &self.import_calls
    }

    /// What visitors of a file stop at, in source order: calls, `new`, tagged templates, elements, literals of objects and
    /// arrays, functions. They are few among all nodes.
    #[must_use]
    pub fn landmarks(&self) -> &[NodeId] {
        &self.landmarks
    }

    /// Every `return`, `throw`, `break` and `continue` of the file, in source order.
    pub(crate) fn jumps(&self) -> &[NodeId] {
        &self.jumps
    }

    /// The `for await` loops, from outside inwards.
    #[must_use]
    pub fn awaited_loops(&self) -> &[NodeId] {
        &self.awaited_loops
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

    /// Opens a question; false if it is open already.
    fn begin(&self, key: u64) -> bool {
        let is_new = !self.open.borrow().has(key);
        if is_new {
            self.open.borrow_mut().add(key);
        } else {
            self.cuts.set(self.cuts.get() + 1);
        }
        is_new
    }

    /// Whether what was worked out since a number of cuts is the whole answer, and worth remembering.
    fn is_whole(&self, cuts: u32) -> bool {
        self.cuts.get() == cuts || self.open.borrow().is_empty()
    }

    /// How far lines of the file are indented: each width, with where the first line of it starts.
    #[must_use]
    pub fn indentations(&self) -> &[(usize, usize)] {
        self.indentations.get_or_init(|| {
            let mut first: FxHashMap<usize, usize> = FxHashMap::default();
            let mut start = 0;
            for line in self.file.text.split_inclusive('\n') {
                let width = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                first.entry(width).or_insert(start);
                start += line.len();
            }
            first.into_iter().collect()
        })
    }

    /// The values an expression path is ever given in this file.
    #[must_use]
    pub fn values(&self, place: &Place) -> Rc<[NodeId]> {
        if let Some(Step::Field(name)) = place.path.last()
            && !self.given_names.has(*name)
        {
            return Rc::clone(&self.no_values);
        }
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

    /// The fields that are somewhere given what a place names, in a stable order.
    #[must_use]
    pub fn fields_given(&self, place: &Place) -> &[Place] {
        let index = self.fields_given.get_or_init(|| {
            let mut index: FxHashMap<Place, Vec<Place>> = FxHashMap::default();
            for field in self.written_fields() {
                for &value in self.values(&field).iter() {
                    let fields = index.entry(self.file.place(value)).or_default();
                    if fields.last() != Some(&field) {
                        fields.push(field.clone());
                    }
                }
            }
            index
        });
        index.get(place).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether anything is assigned below a node.
    pub(crate) fn assigns_within(&self, node: NodeId) -> bool {
        let from = self.all_assignments.partition_point(|&at| at < node);
        self.all_assignments.get(from).is_some_and(|&at| self.file.tree.contains(node, at))
    }

    /// The assignments to a place, in source order.
    #[must_use]
    pub fn assignments(&self, place: &Place) -> &[NodeId] {
        let index = self.assignments.get_or_init(|| {
            let tree = &self.file.tree;
            let mut index: FxHashMap<Place, Vec<NodeId>> = FxHashMap::default();
            for &node in &self.all_assignments {
                if let Some(target) = tree.first(node) {
                    index.entry(self.file.place(target)).or_default().push(node);
                }
            }
            index
        });
        index.get(place).map(Vec::as_slice).unwrap_or_default()
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

    /// How long what stands at a place lives, and each thing that it is a part of, as far as their types say so: `req.socket.x`
    /// lives as long as the connection. The nearest comes first.
    pub fn lives<'s>(&'s self, place: &Place) -> impl Iterator<Item = Life> + use<'s, 'a> {
        place.prefixes().filter_map(|prefix| self.catalog.model(self.model_of(self.place_ty(&prefix))?).life)
    }

    /// Where a function itself waits: `await` and `for await`.
    #[must_use]
    pub fn waits(&self, func: FuncId) -> &[NodeId] {
        self.waits.get(&func).map(SmallVec::as_slice).unwrap_or_default()
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
}
