//! Where an acquired thing goes, under which names it can be reached, and what gives it back.

pub(crate) mod patterns;
mod releases;

pub use patterns::{Release, ReleaseNames, ReleasePatterns};
pub use releases::releases;

use crate::access::{Access, Accesses, Usage, usage};
use crate::catalog::Returned;
use crate::index::{BindingId, ClassId, FuncId, NodeId};
use crate::model::{Handed, Model, Ty};
use crate::place::{Place, Root, Step};
use crate::tree::{AssignOp, Kind};
use crate::{growth, pending};
use smallvec::SmallVec;

/// The names and ways of one acquired thing.
#[derive(Clone, Debug, Default)]
pub struct Handle {
    /// The places that hold it.
    pub places: SmallVec<[Place; 2]>,
    /// The ways on which it leaves the sight of the function.
    pub escapes: SmallVec<[Escape; 2]>,
    /// How many literals around the thing have been looked through: `last = { prev: last }` has no end.
    depth: u8,
    /// The parameters under which helpers of the file were handed it.
    params: SmallVec<[BindingId; 2]>,
}

impl Handle {
    /// The handle of what is known to be at some places, and nowhere else.
    #[must_use]
    pub fn of(places: impl IntoIterator<Item = Place>) -> Self {
        Self { places: places.into_iter().collect(), ..Self::default() }
    }
}

/// A way out of sight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Escape {
    /// It is returned, or part of what is returned.
    Returned(NodeId),
    /// It is handed to a call.
    Argument {
        /// The call.
        call: NodeId,
        /// Which argument, from 0.
        index: usize,
    },
    /// It is yielded, thrown, or put where this analysis does not follow.
    Elsewhere(NodeId),
}

impl Escape {
    /// Where that happens.
    #[must_use]
    pub fn node(&self) -> NodeId {
        match *self {
            Self::Returned(node) | Self::Elsewhere(node) | Self::Argument { call: node, .. } => node,
        }
    }
}

/// Follows what certain places hold: the receiver of a call, the parameters of a callback.
#[must_use]
pub fn follow_places(
    model: &Model<'_>,
    accesses: &Accesses,
    places: impl IntoIterator<Item = Place>,
) -> Handle {
    follow_from(model, accesses, |handle, queue| {
        for place in places {
            name(model, accesses, place, handle, queue);
        }
    })
}

/// Follows what is at certain places wherever it goes on from there, though no variable holds it: the result of a request.
#[must_use]
pub fn follow_parts(
    model: &Model<'_>,
    accesses: &Accesses,
    places: impl IntoIterator<Item = Place>,
) -> Handle {
    follow_from(model, accesses, |handle, queue| {
        for place in places {
            part(accesses, place, handle, queue);
        }
    })
}

fn follow_from(
    model: &Model<'_>,
    accesses: &Accesses,
    start: impl FnOnce(&mut Handle, &mut SmallVec<[NodeId; 4]>),
) -> Handle {
    let mut handle = Handle::default();
    let mut queue = SmallVec::new();
    start(&mut handle, &mut queue);
    follow_all(model, accesses, queue, &mut handle);
    handle
}

fn follow_all(model: &Model<'_>, accesses: &Accesses, mut queue: SmallVec<[NodeId; 4]>, handle: &mut Handle) {
    let mut steps = 0;
    while let Some(node) = queue.pop().filter(|_| steps < 64) {
        steps += 1;
        step(model, accesses, node, handle, &mut queue);
    }
}

const MAX_NAMES: usize = 12;
const MAX_LITERALS: u8 = 4;
const MAX_HELPERS: usize = 6;

/// Follows the value of an expression to the names it gets.
#[must_use]
pub fn follow(model: &Model<'_>, accesses: &Accesses, expr: NodeId) -> Handle {
    let mut handle = Handle::default();
    follow_all(model, accesses, SmallVec::from_slice(&[expr]), &mut handle);
    handle
}

fn step(
    model: &Model<'_>,
    accesses: &Accesses,
    node: NodeId,
    handle: &mut Handle,
    queue: &mut SmallVec<[NodeId; 4]>,
) {
    let tree = &model.file.tree;
    // `setInterval(…).unref()`: still the same thing.
    if let Some(parent) = tree.parent(node)
        && tree.kind(parent) == Kind::Member
        && tree.node(node).slot == 0
    {
        if let Some(call) = tree.parent(parent).filter(|&call| tree.callee(call) == Some(parent)) {
            match tree.name(parent) {
                Some("unref" | "ref" | "on" | "once" | "setEncoding" | "catch" | "finally") => {
                    queue.push(call);
                }
                // `return new DataSource(options).initialize()`: resolves to the thing, or to nothing.
                Some(name) if is_opening(name) => queue.push(call),
                Some("then") => resolved(model, accesses, call, handle, queue),
                Some("bind") => queue.push(call),
                // `createPool(options).promise()`: another face of the same thing.
                Some(name) if name != "pipe" && gives_its_like(model, node, call) => queue.push(call),
                _ => {}
            }
        } else if gives_its_like(model, node, parent) {
            // `getDocument(url).promise`: what is loaded stands for what loads it.
            queue.push(parent);
        }
        return;
    }
    match usage(model.file, node) {
        Usage::Aliased(decl) => {
            if let Some(target) = tree.first(decl) {
                name_pattern(model, accesses, target, handle, queue);
            }
        }
        Usage::Stored(parent) => stored(model, accesses, parent, handle, queue),
        Usage::Returned(at) => returned(model, at, handle, queue),
        Usage::Awaited(at) => queue.push(at),
        Usage::Argument { call, index } => argument(model, accesses, call, index, handle, queue),
        Usage::Yielded(at) => handle.escapes.push(Escape::Elsewhere(at)),
        Usage::Spread(at) => {
            if let Some(parent) = tree.parent(at) {
                stored(model, accesses, parent, handle, queue);
            }
        }
        _ => {}
    }
}

/// Whether the catalog says that a method of a thing gives one of the same type.
fn gives_its_like(model: &Model<'_>, node: NodeId, of_it: NodeId) -> bool {
    let ty = model.ty(of_it);
    matches!(ty, Ty::Model(_)) && ty == model.ty(node)
}

/// `acquire().then((it) => …)`: the function has it under the name of its parameter.
fn resolved(
    model: &Model<'_>,
    accesses: &Accesses,
    call: NodeId,
    handle: &mut Handle,
    queue: &mut SmallVec<[NodeId; 4]>,
) {
    let Some(callback) = model.file.tree.arg(call, 0) else { return };
    match model.function_of(callback) {
        Some(func) => match model.file.params(func).next() {
            Some(param) => name_pattern(model, accesses, param, handle, queue),
            None => queue.push(call),
        },
        None => handle.escapes.push(Escape::Argument { call, index: 0 }),
    }
}

/// A returned value escapes; a function that is run on the spot returns to its call.
fn returned(model: &Model<'_>, at: NodeId, handle: &mut Handle, queue: &mut SmallVec<[NodeId; 4]>) {
    let tree = &model.file.tree;
    let func = if tree.kind(at) == Kind::Function { tree.function(at) } else { Some(tree.func(at)) };
    if let Some(func) = func
        && model.is_immediately_invoked(func)
        && let Some(call) = tree.parent(model.file.function(func).node)
    {
        queue.push(call);
        return;
    }
    // What a callback of `then` returns is what the call gives.
    if let Some(func) = func
        && let [handed] = model.handed(func)
        && matches!(tree.method_call(handed.call), Some((_, "then")))
    {
        queue.push(handed.call);
        return;
    }
    if func.is_some_and(|func| is_result_lost(model, func)) {
        return;
    }
    handle.escapes.push(Escape::Returned(at));
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

fn name_pattern(
    model: &Model<'_>,
    accesses: &Accesses,
    target: NodeId,
    handle: &mut Handle,
    queue: &mut SmallVec<[NodeId; 4]>,
) {
    let tree = &model.file.tree;
    match tree.kind(target) {
        Kind::BindingName | Kind::Identifier => {
            if let Some(binding) = tree.binding(target).or_else(|| model.file.binding_of(target)) {
                name(model, accesses, Place::root(Root::Binding(binding)), handle, queue);
            }
            // `const pool = options.pool ?? new Pool()`: what is done with `pool` is noted under the other name.
            // So is what `let client = this.clients.get(key)` holds until it is given a new one.
            let alias = model.file.place(target);
            if matches!(alias.root, Root::Binding(_) | Root::This(_) | Root::Value(_))
                && !alias.path.is_empty()
            {
                part(accesses, alias, handle, queue);
            }
        }
        Kind::Member | Kind::Index => name(model, accesses, model.file.place(target), handle, queue),
        Kind::Default => {
            if let Some(inner) = tree.first(target) {
                name_pattern(model, accesses, inner, handle, queue);
            }
        }
        // `const [client, release] = await pool.connect()`: one of them is it.
        Kind::ObjectPattern | Kind::ArrayPattern => {
            for of in tree.subtree(target).filter(|&of| is_target(model, of)) {
                if let Some(binding) = tree.binding(of).or_else(|| model.file.binding_of(of)) {
                    name(model, accesses, Place::root(Root::Binding(binding)), handle, queue);
                }
                // `const { port1 } = new MessageChannel()`: its uses are noted as those of a part of the value.
                part(accesses, model.file.place(of), handle, queue);
            }
        }
        _ => handle.escapes.push(Escape::Elsewhere(target)),
    }
}

/// One more place, where it goes on from there is followed.
fn part(accesses: &Accesses, place: Place, handle: &mut Handle, queue: &mut SmallVec<[NodeId; 4]>) {
    if !handle.places.contains(&place) {
        queue.extend(accesses.of(&place).filter(|access| goes_on(access.usage)).map(|access| access.node));
        handle.places.push(place);
    }
}

/// The same thing, each field of which is it too: `channel.port1.close()` ends the channel.
#[must_use]
pub fn with_parts(model: &Model<'_>, accesses: &Accesses, mut handle: Handle) -> Handle {
    let mut queue: SmallVec<[NodeId; 4]> = SmallVec::new();
    for whole in handle.places.clone() {
        let fields =
            accesses.below(&whole).filter_map(|access| access.place.path.get(whole.path.len()).copied());
        for place in fields.filter_map(|step| whole.clone().with(step)).collect::<Vec<_>>() {
            part(accesses, place, &mut handle, &mut queue);
        }
    }
    follow_all(model, accesses, queue, &mut handle);
    handle
}

/// Methods that make a thing ready, and often give it back.
fn is_opening(method: &str) -> bool {
    matches!(method, "initialize" | "init" | "connect" | "open" | "start" | "ready" | "listen")
}

/// One more name; what is done under a variable's name is followed too.
fn name(
    model: &Model<'_>,
    accesses: &Accesses,
    place: Place,
    handle: &mut Handle,
    queue: &mut SmallVec<[NodeId; 4]>,
) {
    if handle.places.contains(&place) || handle.places.len() >= MAX_NAMES {
        return;
    }
    let is_variable = matches!(place.root, Root::Binding(_)) && place.path.is_empty();
    if is_variable {
        for access in accesses.of(&place) {
            match access.usage {
                usage if goes_on(usage) => queue.push(access.node),
                Usage::Aliased(_) if !is_known_alias(model, access) => queue.push(access.node),
                Usage::Method { name, call } if is_opening(model.file.tree.text(name)) => {
                    let at = usage(model.file, call);
                    queue.extend(matches!(at, Usage::Returned(_)).then_some(call));
                }
                _ => {}
            }
        }
    }
    if !is_variable {
        walked_over(model, accesses, &place, handle, queue);
    }
    let collection = place.parent().filter(|_| place.path.last() == Some(&Step::Element));
    // `const task = open(); const file = await task.promise;`
    let promised = model.file.tree.names().find("promise").filter(|_| is_variable);
    let promised = promised.and_then(|name| place.clone().with(Step::Field(name)));
    handle.places.push(place);
    if let Some(promised) = promised.filter(|promised| accesses.below(promised).next().is_some()) {
        name(model, accesses, promised, handle, queue);
    }
    if let Some(collection) = collection {
        elements_of(model, accesses, &collection, handle, queue);
    }
}

/// `for (const part of [this.menu, this.status]) part.dispose()`: what is gone through in a list written out is each of
/// its parts.
fn walked_over(
    model: &Model<'_>,
    accesses: &Accesses,
    place: &Place,
    handle: &mut Handle,
    queue: &mut SmallVec<[NodeId; 4]>,
) {
    let tree = &model.file.tree;
    let lists = accesses.of(place).filter_map(|access| match access.usage {
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
            part(accesses, element, handle, queue);
        }
    }
}

/// What is done with a variable that names a collection is done with its elements: `this.workers = workers`.
fn elements_of(
    model: &Model<'_>,
    accesses: &Accesses,
    collection: &Place,
    handle: &mut Handle,
    queue: &mut SmallVec<[NodeId; 4]>,
) {
    let Root::Binding(binding) = collection.root else { return };
    let is_variable = collection.path.is_empty() && model.file.binding(binding).func.index() != 0;
    if !is_variable || handle.depth >= MAX_LITERALS {
        return;
    }
    let mut inner = Handle { depth: handle.depth + 1, ..Handle::default() };
    let mut rest: SmallVec<[NodeId; 4]> = accesses
        .of(collection)
        .filter(|access| match access.usage {
            Usage::Stored(_) | Usage::Returned(_) => true,
            // `new Controller(watchers)`: who is handed a list to keep has its elements.
            Usage::Argument { call, .. } => model.file.tree.kind(call) == Kind::New,
            _ => false,
        })
        .map(|access| access.node)
        .collect();
    let mut fuel = 16;
    while let Some(next) = rest.pop().filter(|_| fuel > 0) {
        fuel -= 1;
        step(model, accesses, next, &mut inner, &mut rest);
    }
    // `const parts = (this.parts = new Parts())`
    let tree = &model.file.tree;
    let assigned = model.file.sole_value(binding).filter(|&value| tree.kind(value) == Kind::Assign);
    inner
        .places
        .extend(assigned.and_then(|assign| tree.first(assign)).map(|target| model.file.place(target)));
    for place in inner.places {
        if let Some(place) = place.with(Step::Element) {
            name(model, accesses, place, handle, queue);
        }
    }
    handle.escapes.extend(inner.escapes);
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

fn stored(
    model: &Model<'_>,
    accesses: &Accesses,
    parent: NodeId,
    handle: &mut Handle,
    queue: &mut SmallVec<[NodeId; 4]>,
) {
    let tree = &model.file.tree;
    match tree.kind(parent) {
        Kind::Assign => {
            let Some(target) = tree.first(parent) else { return };
            if tree.assign_op(parent) == AssignOp::Add {
                return;
            }
            name_pattern(model, accesses, target, handle, queue);
            // `a = b = acquire()`
            if !tree.is_discarded(parent) {
                queue.push(parent);
            }
        }
        Kind::Field => {
            if let (Some(class), Some(name)) = (enclosing_class(model, parent), tree.name_id(parent))
                && let Some(place) = Place::root(Root::This(class)).with(Step::Field(name))
            {
                self::name(model, accesses, place, handle, queue);
            }
        }
        Kind::Property | Kind::Array => part_of_literal(model, accesses, parent, handle, queue),
        _ => handle.escapes.push(Escape::Elsewhere(parent)),
    }
}

fn enclosing_class(model: &Model<'_>, node: NodeId) -> Option<ClassId> {
    let tree = &model.file.tree;
    tree.ancestors(node).find_map(|parent| tree.class(parent))
}

/// A property of an object that gets a name is a field of that name; of one that escapes, it escapes.
fn part_of_literal(
    model: &Model<'_>,
    accesses: &Accesses,
    parent: NodeId,
    handle: &mut Handle,
    queue: &mut SmallVec<[NodeId; 4]>,
) {
    let tree = &model.file.tree;
    let (literal, step) = if tree.kind(parent) == Kind::Property {
        let Some(object) = tree.parent(parent) else { return };
        (object, tree.name_id(parent).map_or(Step::Element, Step::Field))
    } else {
        (parent, Step::Element)
    };
    if handle.depth >= MAX_LITERALS {
        handle.escapes.push(Escape::Elsewhere(parent));
        return;
    }
    let mut inner = Handle { depth: handle.depth + 1, ..Handle::default() };
    let mut rest: SmallVec<[NodeId; 4]> = SmallVec::new();
    self::step(model, accesses, literal, &mut inner, &mut rest);
    let mut fuel = 8;
    while let Some(next) = rest.pop() {
        fuel -= 1;
        if fuel == 0 {
            break;
        }
        self::step(model, accesses, next, &mut inner, &mut rest);
    }
    for place in inner.places {
        if let Some(place) = place.with(step) {
            name(model, accesses, place, handle, queue);
        }
    }
    handle.escapes.extend(inner.escapes);
}

/// An argument: put into a collection it has a name there; handed to anything else it escapes.
fn argument(
    model: &Model<'_>,
    accesses: &Accesses,
    call: NodeId,
    index: usize,
    handle: &mut Handle,
    queue: &mut SmallVec<[NodeId; 4]>,
) {
    let tree = &model.file.tree;
    if let Some((object, method)) = tree.method_call(call) {
        let keeps = match method {
            "push" | "unshift" | "add" => true,
            "set" => index == 1,
            _ => false,
        };
        let place = model.file.place(object);
        if keeps && !matches!(place.root, Root::Value(_)) {
            if let Some(place) = place.with(Step::Element) {
                name(model, accesses, place, handle, queue);
            }
            return;
        }
    }
    if !is_followed(model, accesses, (call, index), handle, queue) {
        handle.escapes.push(Escape::Argument { call, index });
    }
}

/// Handed to a helper of the file: it goes where the helper puts it. What the helper gives back shows at its call.
fn is_followed(
    model: &Model<'_>,
    accesses: &Accesses,
    (call, index): (NodeId, usize),
    handle: &mut Handle,
    queue: &mut SmallVec<[NodeId; 4]>,
) -> bool {
    let Some(param) = growth::handed_to(model, call, index) else { return false };
    if handle.params.contains(&param) {
        return true;
    }
    if handle.params.len() >= MAX_HELPERS {
        return false;
    }
    handle.params.push(param);
    let helper = model.file.binding(param).func;
    for access in accesses.of(&Place::root(Root::Binding(param))) {
        match access.usage {
            Usage::Returned(_) if access.func == helper => queue.push(call),
            usage if goes_on(usage) || matches!(usage, Usage::Aliased(_)) => queue.push(access.node),
            _ => {}
        }
    }
    true
}
