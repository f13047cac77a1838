//! One thing, followed from expression to expression to the names it gets.

use super::{Escape, Handle};
use crate::access::{Access, Accesses, Usage, usage};
use crate::catalog::Returned;
use crate::index::{ClassId, FuncId, NodeId};
use crate::model::{Handed, Model, Ty};
use crate::place::{Place, Root, Step};
use crate::tree::{AssignOp, Kind};
use crate::{growth, pending};
use smallvec::SmallVec;

/// So many expressions are looked at for one thing.
const MAX_STEPS: usize = 64;
/// For a list that it is put into, and for an object that is written around it.
const MAX_LIST_STEPS: usize = 16;
const MAX_LITERAL_STEPS: usize = 8;
const MAX_NAMES: usize = 12;
const MAX_LITERALS: u8 = 4;
const MAX_HELPERS: usize = 6;

type Queue = SmallVec<[NodeId; 4]>;

/// What is known of a thing so far, and the expressions that have it and were not looked at yet.
pub(super) struct Trail<'m, 'f> {
    model: &'m Model<'f>,
    accesses: &'m Accesses,
    handle: Handle,
    queue: Queue,
}

impl<'m, 'f> Trail<'m, 'f> {
    pub(super) fn new(model: &'m Model<'f>, accesses: &'m Accesses, handle: Handle) -> Self {
        Self { model, accesses, handle, queue: Queue::new() }
    }

    /// One more expression whose value it is.
    pub(super) fn queue(&mut self, node: NodeId) {
        self.queue.push(node);
    }

    /// Goes to the end of all that was noted.
    pub(super) fn end(mut self) -> Handle {
        self.run(MAX_STEPS);
        self.handle
    }

    fn run(&mut self, limit: usize) {
        for _ in 0..limit {
            let Some(node) = self.queue.pop() else { return };
            self.step(node);
        }
    }

    fn step(&mut self, node: NodeId) {
        let tree = &self.model.file.tree;
        // `setInterval(…).unref()`: still the same thing.
        if let Some(parent) = tree.parent(node)
            && tree.kind(parent) == Kind::Member
            && tree.node(node).slot == 0
        {
            if let Some(call) = tree.parent(parent).filter(|&call| tree.callee(call) == Some(parent)) {
                match tree.name(parent) {
                    Some("unref" | "ref" | "on" | "once" | "setEncoding" | "catch" | "finally") => {
                        self.queue.push(call);
                    }
                    // `return new DataSource(options).initialize()`: resolves to the thing, or to nothing.
                    Some(name) if is_opening(name) => self.queue.push(call),
                    Some("then") => self.resolved(call),
                    Some("bind") => self.queue.push(call),
                    // `createPool(options).promise()`: another face of the same thing.
                    Some(name) if name != "pipe" && gives_its_like(self.model, node, call) => {
                        self.queue.push(call);
                    }
                    _ => {}
                }
            } else if gives_its_like(self.model, node, parent) {
                // `getDocument(url).promise`: what is loaded stands for what loads it.
                self.queue.push(parent);
            }
            return;
        }
        match usage(self.model.file, node) {
            Usage::Aliased(decl) => {
                if let Some(target) = tree.first(decl) {
                    self.name_pattern(target);
                }
            }
            Usage::Stored(parent) => self.stored(parent),
            Usage::Returned(at) => self.returned(at),
            Usage::Awaited(at) => self.queue.push(at),
            Usage::Argument { call, index } => self.argument(call, index),
            Usage::Yielded(at) => self.handle.escapes.push(Escape::Elsewhere(at)),
            Usage::Spread(at) => {
                if let Some(parent) = tree.parent(at) {
                    self.stored(parent);
                }
            }
            _ => {}
        }
    }

    /// `acquire().then((it) => …)`: the function has it under the name of its parameter.
    fn resolved(&mut self, call: NodeId) {
        let Some(callback) = self.model.file.tree.arg(call, 0) else { return };
        match self.model.function_of(callback) {
            Some(func) => match self.model.file.params(func).next() {
                Some(param) => self.name_pattern(param),
                None => self.queue.push(call),
            },
            None => self.handle.escapes.push(Escape::Argument { call, index: 0 }),
        }
    }

    /// A returned value escapes; a function that is run on the spot returns to its call.
    fn returned(&mut self, at: NodeId) {
        let tree = &self.model.file.tree;
        let func = if tree.kind(at) == Kind::Function { tree.function(at) } else { Some(tree.func(at)) };
        if let Some(func) = func
            && self.model.is_immediately_invoked(func)
            && let Some(call) = tree.parent(self.model.file.function(func).node)
        {
            self.queue.push(call);
            return;
        }
        // `const url = useMemo(() => URL.createObjectURL(file), [file])`: the component has what its own hook keeps for it.
        if let Some(func) = func
            && let [handed] = self.model.handed(func)
            && handed.arg == 0
            && is_hook_that_keeps(self.model, handed.call)
        {
            self.queue.push(handed.call);
            return;
        }
        // What a callback of `then` returns is what the call gives.
        if let Some(func) = func
            && let [handed] = self.model.handed(func)
            && matches!(tree.method_call(handed.call), Some((_, "then")))
        {
            self.queue.push(handed.call);
            return;
        }
        if func.is_some_and(|func| is_result_lost(self.model, func)) {
            return;
        }
        self.handle.escapes.push(Escape::Returned(at));
    }

    fn name_pattern(&mut self, target: NodeId) {
        let tree = &self.model.file.tree;
        match tree.kind(target) {
            Kind::BindingName | Kind::Identifier => {
                if let Some(binding) = tree.binding(target).or_else(|| self.model.file.binding_of(target)) {
                    self.name(Place::root(Root::Binding(binding)));
                }
                // `const pool = options.pool ?? new Pool()`: what is done with `pool` is noted under the other name.
                // So is what `let client = this.clients.get(key)` holds until it is given a new one.
                let alias = self.model.file.place(target);
                if matches!(alias.root, Root::Binding(_) | Root::This(_) | Root::Value(_))
                    && !alias.path.is_empty()
                {
                    self.part(alias);
                }
            }
            Kind::Member | Kind::Index => self.name(self.model.file.place(target)),
            Kind::Default => {
                if let Some(inner) = tree.first(target) {
                    self.name_pattern(inner);
                }
            }
            // `const [client, release] = await pool.connect()`: one of them is it.
            Kind::ObjectPattern | Kind::ArrayPattern => {
                for of in tree.subtree(target).filter(|&of| is_target(self.model, of)) {
                    if let Some(binding) = tree.binding(of).or_else(|| self.model.file.binding_of(of)) {
                        self.name(Place::root(Root::Binding(binding)));
                    }
                    // `const { port1 } = new MessageChannel()`: its uses are noted as those of a part of the value.
                    self.part(self.model.file.place(of));
                }
            }
            _ => self.handle.escapes.push(Escape::Elsewhere(target)),
        }
    }

    /// One more place, where it goes on from there is followed.
    pub(super) fn part(&mut self, place: Place) {
        if !self.handle.places.contains(&place) {
            self.queue.extend(
                self.accesses.of(&place).filter(|access| goes_on(access.usage)).map(|access| access.node),
            );
            self.handle.places.push(place);
        }
    }

    /// One more name; what is done under a variable's name is followed too.
    pub(super) fn name(&mut self, place: Place) {
        if self.handle.places.contains(&place) || self.handle.places.len() >= MAX_NAMES {
            return;
        }
        // `const stopping = listen(f); return () => stopping.then((stop) => stop())`
        for access in self.accesses.of(&place) {
            if let Usage::Method { name, call } = access.usage
                && self.model.file.tree.text(name) == "then"
            {
                self.resolved(call);
            }
        }
        let member = place.clone().with(Step::Element);
        for access in member.iter().flat_map(|member| self.accesses.of(member)) {
            if let Usage::Called(call) = access.usage
                && is_one_of_two(self.model, access.node)
            {
                self.handle.escapes.push(Escape::Elsewhere(call));
            }
        }
        let is_variable = matches!(place.root, Root::Binding(_)) && place.path.is_empty();
        if is_variable {
            for access in self.accesses.of(&place) {
                match access.usage {
                    usage if goes_on(usage) => self.queue.push(access.node),
                    Usage::Aliased(_) if !is_known_alias(self.model, access) => self.queue.push(access.node),
                    Usage::Method { name, call } if is_opening(self.model.file.tree.text(name)) => {
                        let at = usage(self.model.file, call);
                        self.queue.extend(matches!(at, Usage::Returned(_)).then_some(call));
                    }
                    _ => {}
                }
            }
        }
        if !is_variable {
            self.walked_over(&place);
        }
        let collection = place.parent().filter(|_| place.path.last() == Some(&Step::Element));
        // `const task = open(); const file = await task.promise;`
        let promised = self.model.file.tree.names().find("promise").filter(|_| is_variable);
        let promised = promised.and_then(|name| place.clone().with(Step::Field(name)));
        self.handle.places.push(place);
        if let Some(promised) = promised.filter(|promised| self.accesses.below(promised).next().is_some()) {
            self.name(promised);
        }
        if let Some(collection) = collection {
            self.elements_of(&collection);
        }
    }

    /// `for (const part of [this.menu, this.status]) part.dispose()`: what is gone through in a list written out is each of
    /// its parts.
    fn walked_over(&mut self, place: &Place) {
        let tree = &self.model.file.tree;
        let lists = self.accesses.of(place).filter_map(|access| match access.usage {
            Usage::Stored(list) if tree.kind(list) == Kind::Array => Some(list),
            _ => None,
        });
        let is_walked = |list: &NodeId| {
            tree.parent(*list).is_some_and(|parent| match tree.kind(parent) {
                Kind::ForOf => tree.child(parent, 1) == Some(*list),
                Kind::Member => tree.name(parent) == Some("forEach"),
                _ => false,
            })
        };
        for list in lists.filter(is_walked).collect::<SmallVec<[NodeId; 2]>>() {
            if let Some(element) = Place::root(Root::Value(list)).with(Step::Element) {
                self.part(element);
            }
        }
    }

    /// What is done with a variable that names a collection is done with its elements: `this.workers = workers`.
    fn elements_of(&mut self, collection: &Place) {
        let Root::Binding(binding) = collection.root else { return };
        let is_variable = collection.path.is_empty() && self.model.file.binding(binding).func.index() != 0;
        if !is_variable || self.handle.depth >= MAX_LITERALS {
            return;
        }
        let uses = self.accesses.of(collection).filter(|access| match access.usage {
            Usage::Stored(_) | Usage::Returned(_) => true,
            // `new Controller(watchers)`: who is handed a list to keep has its elements.
            Usage::Argument { call, .. } => self.model.file.tree.kind(call) == Kind::New,
            _ => false,
        });
        let wholes = uses.map(|access| access.node).collect();
        // `const parts = (this.parts = new Parts())`
        let tree = &self.model.file.tree;
        let assigned = self.model.file.sole_value(binding).filter(|&value| tree.kind(value) == Kind::Assign);
        let target = assigned.and_then(|assign| tree.first(assign));
        let known = target.map(|target| self.model.file.place(target));
        self.in_whole(wholes, known, Step::Element, MAX_LIST_STEPS);
    }

    /// Where a whole goes, its part goes, a step below: follows the expressions that give the whole, and names the part in
    /// each place that holds it.
    fn in_whole(&mut self, wholes: Queue, known: Option<Place>, step: Step, limit: usize) {
        let handle = Handle { depth: self.handle.depth + 1, ..Handle::default() };
        let mut whole = Trail { queue: wholes, ..Trail::new(self.model, self.accesses, handle) };
        whole.run(limit);
        for place in whole.handle.places.into_iter().chain(known).filter_map(|place| place.with(step)) {
            self.name(place);
        }
        self.handle.escapes.extend(whole.handle.escapes);
    }

    fn stored(&mut self, parent: NodeId) {
        let tree = &self.model.file.tree;
        match tree.kind(parent) {
            Kind::Assign => {
                let Some(target) = tree.first(parent) else { return };
                if tree.assign_op(parent) == AssignOp::Add {
                    return;
                }
                self.name_pattern(target);
                // `a = b = acquire()`
                if !tree.is_discarded(parent) {
                    self.queue.push(parent);
                }
            }
            Kind::Field => {
                if let (Some(class), Some(name)) = (enclosing_class(self.model, parent), tree.name_id(parent))
                    && let Some(place) = Place::root(Root::This(class)).with(Step::Field(name))
                {
                    self.name(place);
                }
            }
            Kind::Property | Kind::Array => self.part_of_literal(parent),
            _ => self.handle.escapes.push(Escape::Elsewhere(parent)),
        }
    }

    /// A property of an object that gets a name is a field of that name; of one that escapes, it escapes.
    fn part_of_literal(&mut self, parent: NodeId) {
        let tree = &self.model.file.tree;
        let (literal, step) = if tree.kind(parent) == Kind::Property {
            let Some(object) = tree.parent(parent) else { return };
            (object, tree.name_id(parent).map_or(Step::Element, Step::Field))
        } else {
            (parent, Step::Element)
        };
        if self.handle.depth >= MAX_LITERALS {
            self.handle.escapes.push(Escape::Elsewhere(parent));
            return;
        }
        self.in_whole(Queue::from_slice(&[literal]), None, step, MAX_LITERAL_STEPS);
    }

    /// An argument: put into a collection it has a name there; handed to anything else it escapes.
    fn argument(&mut self, call: NodeId, index: usize) {
        if let Some(whole) = keeps(self.model, call, index) {
            if let Some(place) = whole.with(Step::Element) {
                self.name(place);
            }
            return;
        }
        // `const worker = useRef(new Worker(url))`
        if let Some(field) = kept_in(self.model, call).filter(|_| index == 0) {
            self.in_whole(Queue::from_slice(&[call]), None, field, MAX_LITERAL_STEPS);
            return;
        }
        if !self.is_followed(call, index) {
            self.handle.escapes.push(Escape::Argument { call, index });
        }
    }

    /// Handed to a helper of the file: it goes where the helper puts it. What the helper gives back shows at its call.
    fn is_followed(&mut self, call: NodeId, index: usize) -> bool {
        let Some(param) = growth::handed_to(self.model, call, index) else { return false };
        if self.handle.params.contains(&param) {
            return true;
        }
        if self.handle.params.len() >= MAX_HELPERS {
            return false;
        }
        self.handle.params.push(param);
        let helper = self.model.file.binding(param).func;
        for access in self.accesses.of(&Place::root(Root::Binding(param))) {
            match access.usage {
                Usage::Returned(_) if access.func == helper => self.queue.push(call),
                usage if goes_on(usage) || matches!(usage, Usage::Aliased(_)) => self.queue.push(access.node),
                _ => {}
            }
        }
        true
    }
}

/// Whether the catalog says that a method of a thing gives one of the same type.
fn gives_its_like(model: &Model<'_>, node: NodeId, of_it: NodeId) -> bool {
    let ty = model.ty(of_it);
    matches!(ty, Ty::Model(_)) && ty == model.ty(node)
}

/// Whether whoever runs a function does not look at what it returns: `new Promise((resolve) => setTimeout(resolve, ms))`.
fn is_result_lost(model: &Model<'_>, func: FuncId) -> bool {
    let ignores = |handed: &Handed| {
        let rows = model.callback_rows(handed);
        !rows.is_empty() && rows.iter().all(|(_, callback)| callback.returned == Returned::Ignored)
    };
    let handed = model.handed(func);
    pending::is_executor(model, func) || !handed.is_empty() && handed.iter().all(ignores)
}

/// Whether a part of a pattern is what gets a value: a name that it declares, or in `({ client } = opened)` one that is there.
fn is_target(model: &Model<'_>, of: NodeId) -> bool {
    let tree = &model.file.tree;
    let Some(parent) = tree.parent(of) else { return false };
    match (tree.kind(of), tree.kind(parent)) {
        (Kind::BindingName, _) | (Kind::Identifier, Kind::ArrayPattern | Kind::Rest) => true,
        (Kind::Identifier, Kind::PatternProperty) => tree.last_child(parent) == Some(of),
        (Kind::Identifier, Kind::Default) => tree.first(parent) == Some(of),
        _ => false,
    }
}

/// `observer[visible ? 'observe' : 'unobserve']`: a method that a test chooses, and that may be the one that gives it back.
fn is_one_of_two(model: &Model<'_>, member: NodeId) -> bool {
    let tree = &model.file.tree;
    let key = tree.child(member, 1).map(|key| model.file.value_of(key).unwrap_or(key));
    key.is_some_and(|key| {
        tree.kind(key) == Kind::Conditional
            && tree.children(key).skip(1).all(|name| tree.kind(name) == Kind::String)
    })
}

/// Whether a call gives a component what the function that it is handed has returned, and nobody else: `useState`, `useMemo`.
fn is_hook_that_keeps(model: &Model<'_>, call: NodeId) -> bool {
    let name = model.file.tree.callee(call).and_then(|callee| model.callee_name(callee));
    name.filter(|name| name.starts_with("use"))
        .is_some_and(|name| model.catalog.calls_named(name).any(|row| row.memoizes || row.makes_state))
}

/// The field of what a call gives that keeps what it is handed: `current` of `useRef(value)`.
fn kept_in(model: &Model<'_>, call: NodeId) -> Option<Step> {
    let tree = &model.file.tree;
    let name = tree.callee(call).and_then(|callee| model.callee_name(callee))?;
    let field = model.catalog.calls_named(name).find_map(|row| row.keeps_in.as_deref())?;
    tree.names().find(field).map(Step::Field)
}

/// Methods that make a thing ready, and often give it back.
fn is_opening(method: &str) -> bool {
    matches!(method, "initialize" | "init" | "connect" | "open" | "start" | "ready" | "listen")
}

/// Whether a use takes a thing to another name, or out of sight.
fn goes_on(usage: Usage) -> bool {
    matches!(
        usage,
        Usage::Stored(_) | Usage::Returned(_) | Usage::Argument { .. } | Usage::Yielded(_) | Usage::Spread(_)
    )
}

/// Whether the new name is resolved to the old one anyway.
fn is_known_alias(model: &Model<'_>, access: &Access) -> bool {
    let Usage::Aliased(decl) = access.usage else { return false };
    model.file.tree.first(decl).is_some_and(|target| model.file.place(target) == access.place)
}

fn enclosing_class(model: &Model<'_>, node: NodeId) -> Option<ClassId> {
    let tree = &model.file.tree;
    tree.ancestors(node).find_map(|parent| tree.class(parent))
}

/// The collection that a call puts an argument into: `list.push(value)`, `map.set(key, value)`.
pub(super) fn keeps(model: &Model<'_>, call: NodeId, index: usize) -> Option<Place> {
    let (object, method) = model.file.tree.method_call(call)?;
    let is_kept = match method {
        "push" | "unshift" | "add" => true,
        "set" => index == 1,
        _ => false,
    };
    let whole = model.file.place(object);
    (is_kept && !matches!(whole.root, Root::Value(_))).then_some(whole)
}
