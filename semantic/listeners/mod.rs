//! Listeners that a file adds and removes.

mod bound;
mod event;
pub(crate) mod registration;

pub use bound::removals;
pub use event::{handed_list, is_event_method};
pub use registration::{Registration, Removal};

use crate::catalog::EmitterRow;
use crate::identity::{Identity, identity};
use crate::index::{FuncId, NameId, NodeId};
use crate::model::{Model, Ty};
use crate::place::{Place, Root};
use crate::tables::BindingKind;
use crate::tree::Kind;
use std::rc::Rc;

impl Removal {
    /// What a call, in a function, takes away of what it names one by one.
    fn of(
        model: &Model<'_>,
        (call, func): (NodeId, FuncId),
        [target, event, listener]: [NodeId; 3],
        options: Option<NodeId>,
    ) -> Self {
        Self {
            call,
            target,
            place: model.file.place(target),
            event: Some(event_identity(model, event)),
            listener: Some(listener),
            options,
            func,
        }
    }
}

/// Names under which listeners are removed, whatever the family.
const REMOVERS: &[&str] = &[
    "off",
    "removeListener",
    "removeEventListener",
    "removeAllListeners",
    "unsubscribe",
    "unbind",
    "detachEvent",
    "un",
    "$off",
    "unlisten",
    "removeHandler",
    "offAny",
    "stopListening",
    "undelegate",
];

/// Names under which listeners are added, where the type of the target is unknown.
const ADDERS: &[&str] = &[
    "on",
    "once",
    "addListener",
    "prependListener",
    "prependOnceListener",
    "addEventListener",
    "bind",
    "$on",
    "one",
];

/// The registration a call makes, if it is one.
#[must_use]
pub fn registration(model: &Model<'_>, call: NodeId) -> Option<Registration> {
    let tree = &model.file.tree;
    if tree.kind(call) != Kind::Call {
        return None;
    }
    if let Some(found) = helped_registration(model, call) {
        return Some(found);
    }
    let Some((object, method)) = tree.method_call(call) else {
        return global_registration(model, call).or_else(|| event::by_function(model, call));
    };
    if let Some(found) = event::by_method(model, call, object, method) {
        return Some(found);
    }
    if let Some(found) = hidden_once(model, call, object, method) {
        return Some(found);
    }
    if !may_add(model, method) {
        debug_assert!(added(model, call, object, method).is_none(), "{method} may add after all");
        return None;
    }
    added(model, call, object, method)
}

/// The registration that a call of a method makes on its object.
fn added(model: &Model<'_>, call: NodeId, object: NodeId, method: &str) -> Option<Registration> {
    let tree = &model.file.tree;
    let (target, is_wrapped) = wrapped(model, object);
    let (family, mut proved) = if is_wrapped {
        ADDERS.contains(&method).then_some((None, false))?
    } else {
        family_of(model, model.ty(target), method)?
    };
    let row = family.and_then(|family| model.catalog.emitter(family));
    let (event, listener_at) = event_argument(model, call, row)?;
    let listener = tree.arg(call, listener_at)?;
    if !may_be_function(model, listener) || names_table(model, call) {
        return None;
    }
    // Much else is called so: `terminal.bind(endpoint, name)`.
    let is_written = || tree.arg(call, 0).is_some_and(|event| tree.string(event).is_some());
    let is_telling = || is_written() || is_surely_function(model, listener);
    if method == "bind" && !proved && !is_telling() {
        return None;
    }
    // A constant event and a function: nothing but an emitter is called like that.
    // So is one with a name for the event and a function written out, and nothing behind.
    let is_written_out = tree.kind(listener) == Kind::Function && tree.arg(call, listener_at + 1).is_none();
    proved |= matches!(event, Identity::Constant(_)) && is_surely_function(model, listener)
        || is_written_out && listener_at == 1 && ADDERS.contains(&method) && method != "bind";
    // `$(window).on('resize', $.proxy(this.layout, this))`
    proved |= is_wrapped && matches!(event, Identity::Constant(_));
    let once = row.map_or_else(|| is_once_name(method), |row| row.once.iter().any(|name| name == method));
    Some(Registration {
        call,
        target,
        place: model.file.place(target),
        event,
        listener,
        family,
        proved,
        once,
        options: tree.arg(call, listener_at + 1),
        func: tree.func(call),
    })
}

/// `server.listen(port, f)` listens for the event once (<https://nodejs.org/api/net.html#serverlisten>: "the last parameter
/// callback will be added as a listener for the 'listening' event"). Of interest only where the function takes listeners from
/// the server itself.
fn hidden_once(model: &Model<'_>, call: NodeId, object: NodeId, method: &str) -> Option<Registration> {
    let tree = &model.file.tree;
    if method == "setTimeout" {
        return hidden_timeout(model, call, object);
    }
    if method != "listen" {
        return None;
    }
    let listener = tree.args(call).skip(1).last()?;
    let place = model.file.place(object);
    let body = model.file.body(model.function_of(listener)?)?;
    let takes_away = |node: NodeId| {
        tree.method_call(node)
            .is_some_and(|(target, method)| REMOVERS.contains(&method) && model.file.place(target) == place)
    };
    tree.subtree(body).any(takes_away).then(|| Registration {
        call,
        target: object,
        place,
        event: Identity::Constant("listening".to_owned()),
        listener,
        family: None,
        proved: true,
        once: true,
        options: None,
        func: tree.func(call),
    })
}

/// `socket.setTimeout(ms, f)` listens for the event once, and with it (<https://nodejs.org/api/net.html#socketsettimeouttimeout-callback>:
/// "the optional callback parameter will be added as a one-time listener for the 'timeout' event").
fn hidden_timeout(model: &Model<'_>, call: NodeId, object: NodeId) -> Option<Registration> {
    let tree = &model.file.tree;
    let (delay, listener) = (tree.arg(call, 0)?, tree.arg(call, 1)?);
    let is_set = tree.number(delay) != Some(0.0) && model.function_of(delay).is_none();
    let place = model.file.place(object);
    let is_global = matches!(place.root, Root::Global(_) | Root::Module(_)) && place.path.is_empty();
    let is_alone = tree.arg(call, 2).is_none() && is_surely_function(model, listener);
    (is_set && is_alone && !is_global).then(|| Registration {
        call,
        target: object,
        place,
        event: Identity::Constant("timeout".to_owned()),
        listener,
        family: model.model_of(model.ty(object)).and_then(|of| model.catalog.model(of).emitter),
        proved: model.model_of(model.ty(object)).is_some(),
        once: true,
        options: None,
        func: tree.func(call),
    })
}

/// Whether a method of this name adds a listener to anything: asked before the type of the target is.
fn may_add(model: &Model<'_>, method: &str) -> bool {
    method == "addEventListener"
        || ADDERS.contains(&method)
        || model.catalog.families_adding(method).next().is_some()
}

/// Names of functions that add a listener to their first argument: `Events.on(player, 'stop', f)`,
/// `addEvent(window, 'resize', f)`.
const HELPERS: &[&str] =
    &["on", "once", "listen", "observe", "addListener", "addEventListener", "addEvent", "attachEvent"];

/// Names of functions that take it away again.
const HELPED_REMOVERS: &[&str] = &[
    "off",
    "un",
    "unlisten",
    "stopObserving",
    "removeListener",
    "removeEventListener",
    "removeEvent",
    "detach",
    "detachEvent",
];

/// The target, event and function that a helper is handed, in this order: `Events.on(player, 'stop', f)`. The helper is
/// an import, or a name of the module: what an instance does so, it may keep count of.
fn helped<'n>(model: &Model<'_>, call: NodeId, names: &'n [&'n str]) -> Option<(&'n str, [NodeId; 3])> {
    let tree = &model.file.tree;
    let known = |name: &str| names.iter().copied().find(|&known| known == name);
    let name = match tree.method_call(call) {
        // Few calls have such a name; what they are called on is the dearer question.
        Some((object, method)) => known(method).filter(|_| method_of_module(model, object))?,
        None => {
            let callee = tree.callee(call)?;
            // One that was handed in belongs to somebody who may keep count of what it adds.
            let is_handed = model
                .file
                .binding_of(callee)
                .is_some_and(|binding| model.file.binding(binding).kind == BindingKind::Param);
            let is_named = !is_handed && model.file.global_of(callee).is_none();
            let name = model.callee_name(callee).filter(|_| is_named)?;
            known(name.rsplit('.').next()?)?
        }
    };
    let arguments = [tree.arg(call, 0)?, tree.arg(call, 1)?, tree.arg(call, 2)?];
    let [target, event, listener] = arguments;
    // What listens to itself ends with its listeners.
    let is_target = matches!(tree.kind(target), Kind::Identifier | Kind::Member)
        && !matches!(identity(model, target), Identity::Constant(_))
        && model.function_of(target).is_none();
    let is_event = match tree.kind(event) {
        Kind::String => true,
        // `EventType.RESIZE`
        Kind::Member => {
            tree.name(event).is_some_and(|name| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
        }
        _ => false,
    };
    (is_target && is_event && is_surely_function(model, listener)).then_some((name, arguments))
}

/// Whether a path is one of the module's own or imported names, or of a global that is no emitter itself.
fn method_of_module(model: &Model<'_>, object: NodeId) -> bool {
    let is_untyped =
        model.model_of(model.ty(object)).is_none_or(|of| model.catalog.model(of).emitter.is_none());
    is_untyped
        && match model.file.place(object).root {
            Root::Module(_) | Root::Global(_) => true,
            Root::Binding(binding) => model.file.binding(binding).func.index() == 0,
            _ => false,
        }
}

/// The registration that a helper makes on its first argument.
fn helped_registration(model: &Model<'_>, call: NodeId) -> Option<Registration> {
    let (name, [target, event, listener]) = helped(model, call, HELPERS)?;
    Some(Registration {
        call,
        target,
        place: model.file.place(target),
        event: event_identity(model, event),
        listener,
        family: None,
        proved: true,
        once: is_once_name(name),
        options: model.file.tree.arg(call, 3),
        func: model.file.tree.func(call),
    })
}

fn is_once_name(method: &str) -> bool {
    matches!(method, "once" | "prependOnceListener" | "one")
}

/// `addEventListener('resize', f)` without an object is the window's.
fn global_registration(model: &Model<'_>, call: NodeId) -> Option<Registration> {
    let tree = &model.file.tree;
    let callee = tree.callee(call)?;
    if model.file.global_of(callee)? != "addEventListener" {
        return None;
    }
    let window = model.catalog.find_type("Window")?;
    let event = tree.arg(call, 0).map_or(Identity::Unknown, |event| event_identity(model, event));
    let listener = tree.arg(call, 1)?;
    Some(Registration {
        call,
        target: callee,
        place: Place::root(model.file.tree.names().find("window").map_or(Root::Value(call), Root::Global)),
        event,
        listener,
        family: model.catalog.model(window).emitter,
        proved: true,
        once: false,
        options: tree.arg(call, 2),
        func: tree.func(call),
    })
}

/// `$(x)`, `jQuery(x)` and `angular.element(x)` are `x` as far as listeners go, and so is a chain on one of them.
#[must_use]
pub fn unwrapped(model: &Model<'_>, object: NodeId) -> NodeId {
    wrapped(model, object).0
}

/// Whether what a function of this name gives stands for its first argument.
#[must_use]
pub fn selects(model: &Model<'_>, name: &str) -> bool {
    model.catalog.calls_named(name).any(|row| row.selects)
}

/// A path and the paths it is given as a value: `this.rooms[id]` is also `room` after `this.rooms[id] = room`; and the path
/// as the class of an instance says it.
#[must_use]
pub fn aliases(model: &Model<'_>, place: &Place) -> Rc<[Place]> {
    if let Some(known) = model.aliases.borrow().get(place) {
        return Rc::clone(known);
    }
    let values = model.values(place);
    let named = values.iter().map(|&value| model.file.place(unwrapped(model, value)));
    let found: Rc<[Place]> = std::iter::once(place.clone())
        .chain(named.filter(|place| !matches!(place.root, Root::Value(_))))
        .chain(model.own_place(place))
        .collect();
    model.aliases.borrow_mut().insert(place.clone(), Rc::clone(&found));
    found
}

/// The same, and whether a wrapper was around it, which has methods of its own.
fn wrapped(model: &Model<'_>, object: NodeId) -> (NodeId, bool) {
    let tree = &model.file.tree;
    let mut at = object;
    while let Some((
        inner,
        "on" | "off" | "one" | "once" | "bind" | "unbind" | "addListener" | "removeListener",
    )) = tree.method_call(at)
    {
        at = inner;
    }
    let is_wrapper = tree.kind(at) == Kind::Call
        && tree
            .callee(at)
            .and_then(|callee| model.callee_name(callee))
            .is_some_and(|name| selects(model, name));
    match tree.arg(at, 0) {
        Some(inner) if is_wrapper && matches!(tree.kind(inner), Kind::Identifier | Kind::Member) => {
            (inner, true)
        }
        _ => (at, false),
    }
}

/// The family in which a method of a value adds listeners, and whether its type proves it.
fn family_of(model: &Model<'_>, ty: Ty, method: &str) -> Option<(Option<usize>, bool)> {
    let adds = |family: usize| {
        model
            .catalog
            .emitter(family)
            .is_some_and(|row| row.add.iter().chain(&row.once).any(|name| name == method))
    };
    if let Some(of) = model.model_of(ty) {
        let family = model.catalog.model(of).emitter?;
        return adds(family).then_some((Some(family), true));
    }
    match ty {
        Ty::Unknown | Ty::Instance(_) | Ty::Nothing => {}
        _ => return None,
    }
    if let Ty::Instance(class) = ty {
        // A class of this file that has the method itself, or inherits from what only another file knows.
        let own = tree_name(model, method).and_then(|name| model.instance_method(class, name));
        if own.is_none() && model.file.class(class).super_class.is_none() {
            return None;
        }
    }
    if method == "addEventListener" {
        // Other families have a method of that name; what nothing is known of is an event target of the platform.
        let target = model.catalog.find_type("EventTarget");
        let family = target.and_then(|target| model.catalog.model(target).emitter);
        return Some((family.or_else(|| model.catalog.families_adding(method).next()), false));
    }
    ADDERS.contains(&method).then_some((None, false))
}

fn tree_name(model: &Model<'_>, name: &str) -> Option<NameId> {
    model.file.tree.names().find(name)
}

/// The event argument and the position of the listener behind it.
fn event_argument(model: &Model<'_>, call: NodeId, row: Option<&EmitterRow>) -> Option<(Identity, usize)> {
    let tree = &model.file.tree;
    if row.is_some_and(|row| row.no_event) {
        return Some((Identity::Unknown, 0));
    }
    let first = tree.arg(call, 0)?;
    let is_alone = tree.arg(call, 1).is_none_or(|second| tree.kind(second) == Kind::Bool);
    // With two arguments or none more: `addListener` always takes a listener, and the last one is it.
    let is_listener =
        |node| is_function_like(model, node) || is_member_alone(model, call, node, "addListener");
    if tree.kind(first) == Kind::Function || is_alone && is_listener(first) {
        // `mql.addListener(fn)`
        return Some((Identity::Unknown, 0));
    }
    tree.arg(call, 1)?;
    // jQuery's delegation: `.on('click', '.selector', fn)`.
    let listener_at = if tree.arg(call, 2).is_some_and(|third| tree.kind(third) == Kind::Function)
        && tree.arg(call, 1).is_some_and(|second| tree.kind(second) == Kind::String)
    {
        2
    } else {
        1
    };
    Some((event_identity(model, first), listener_at))
}

/// Which event, or events, an argument names: `['tap', 'click']` is what jQuery writes as `'tap click'`.
pub fn event_identity(model: &Model<'_>, event: NodeId) -> Identity {
    let tree = &model.file.tree;
    if tree.kind(event) != Kind::Array {
        return identity(model, event);
    }
    let names: Option<Vec<String>> = tree
        .children(event)
        .map(|part| match identity(model, part) {
            Identity::Constant(name) => Some(name),
            _ => None,
        })
        .collect();
    names.map_or(Identity::Unknown, |names| Identity::Constant(names.join(" ")))
}

fn may_be_function(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.kind(node) {
        Kind::Function => true,
        Kind::Identifier | Kind::Member | Kind::Index => {
            !matches!(model.ty(node), Ty::Finite | Ty::Text | Ty::Number | Ty::Nothing)
        }
        Kind::Call | Kind::Assign | Kind::Logical | Kind::Conditional | Kind::This | Kind::Object => true,
        _ => false,
    }
}

fn is_surely_function(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.kind(node) {
        Kind::Function => true,
        Kind::Call => tree.method_call(node).is_some_and(|(_, method)| method == "bind"),
        _ => model.function_of(node).is_some() || matches!(tree.kind(node), Kind::Identifier | Kind::Member),
    }
}

/// The removal a call makes, if it is one.
#[must_use]
pub fn removal(model: &Model<'_>, call: NodeId) -> Option<Removal> {
    let tree = &model.file.tree;
    if tree.kind(call) != Kind::Call {
        return None;
    }
    if let Some((_, [target, event, listener])) = helped(model, call, HELPED_REMOVERS) {
        return Some(Removal::of(
            model,
            (call, tree.func(call)),
            [target, event, listener],
            tree.arg(call, 3),
        ));
    }
    let (object, method) = match tree.method_call(call) {
        Some((object, method)) => (unwrapped(model, object), method),
        None => {
            let callee = tree.callee(call)?;
            let name = model.file.global_of(callee)?;
            (callee, name)
        }
    };
    let is_wrapped = || tree.method_call(call).is_some_and(|(object, _)| wrapped(model, object).1);
    let removes = removes(model, object, method) || REMOVERS.contains(&method) && is_wrapped();
    if !removes || names_no_function(model, call) || names_table(model, call) {
        return None;
    }
    let is_global = tree.method_call(call).is_none();
    let place = if is_global {
        Place::root(tree.names().find("window").map_or(Root::Value(call), Root::Global))
    } else {
        model.file.place(object)
    };
    let (first, second, third) = (tree.arg(call, 0), tree.arg(call, 1), tree.arg(call, 2));
    if is_about_another(model, first, second, third) {
        return None;
    }
    let (event, listener, options) = match first {
        Some(function)
            if names_alone(model, function, second)
                || is_member_alone(model, call, function, "removeListener") =>
        {
            (Some(Identity::Unknown), Some(function), second)
        }
        // Backbone: `off(null, null, this)` takes all that was added with this context.
        Some(event) if matches!(method, "off" | "unbind") => {
            let is_any = |node: &NodeId| model.is_nothing(*node);
            let event = Some(event).filter(|event| !is_any(event));
            (event.map(|event| event_identity(model, event)), second.filter(|second| !is_any(second)), third)
        }
        Some(event) => (Some(event_identity(model, event)), second, third),
        None => (None, None, None),
    };
    Some(Removal { call, target: object, place, event, listener, options, func: tree.func(call) })
}

/// `window.removeEventListener('resize')`: an event target throws at that, and removes nothing
/// (<https://dom.spec.whatwg.org/#interface-eventtarget>: both arguments are required).
#[must_use]
pub fn names_no_function(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_lone = || {
        let event = tree.arg(call, 0).filter(|_| tree.args(call).count() == 1);
        event.is_some_and(|event| matches!(event_identity(model, event), Identity::Constant(_)))
    };
    let is_event_target = || match tree.method_call(call) {
        Some((object, "removeEventListener")) => {
            let of = model.model_of(model.ty(unwrapped(model, object)));
            let row = of.and_then(|of| model.catalog.emitter(model.catalog.model(of).emitter?));
            row.is_some_and(|row| row.add.iter().any(|name| name == "addEventListener"))
        }
        Some(_) => false,
        None => {
            let callee = tree.callee(call).and_then(|callee| model.file.global_of(callee));
            callee == Some("removeEventListener")
        }
    };
    tree.kind(call) == Kind::Call && is_event_target() && is_lone()
}

/// `map.on({ focus: f, blur: g }, context)`, `DomEvent.off(element, { keydown: f }, context)`: a table of functions by event.
/// Which of them are added and which taken away is not compared. What has a `handleEvent` is a listener itself.
fn names_table(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_table =
        |node: NodeId| tree.kind(node) == Kind::Object && tree.property(node, "handleEvent").is_none();
    let first = tree.arg(call, 0).is_some_and(is_table);
    first || tree.arg(call, 1).is_some_and(is_table) && tree.arg(call, 2).is_some()
}

/// Whether a method takes listeners away: one of the target's family, if that is known.
fn removes(model: &Model<'_>, target: NodeId, method: &str) -> bool {
    let is_usual = REMOVERS.contains(&method);
    if !is_usual && !model.catalog.removes(method) {
        return false;
    }
    let family = model.model_of(model.ty(target)).and_then(|of| model.catalog.model(of).emitter);
    match family.and_then(|family| model.catalog.emitter(family)) {
        Some(row) => row.remove.iter().chain(&row.remove_all).any(|name| name == method),
        None => is_usual,
    }
}

/// `this.off(this.player, 'play', fn)`: the call takes the listener from its first argument, and keeps count of it.
fn is_about_another(
    model: &Model<'_>,
    first: Option<NodeId>,
    second: Option<NodeId>,
    third: Option<NodeId>,
) -> bool {
    let tree = &model.file.tree;
    let is_events = |node: NodeId| matches!(tree.kind(node), Kind::String | Kind::Array);
    let is_target = |node: NodeId| {
        matches!(tree.kind(node), Kind::Identifier | Kind::Member | Kind::This)
            && !matches!(identity(model, node), Identity::Constant(_))
    };
    first.is_some_and(is_target) && second.is_some_and(is_events) && third.is_some()
}

/// Whether the first argument of a removal is the function: `mql.removeListener(fn)`, `mql.removeListener(fn, false)`.
fn names_alone(model: &Model<'_>, first: NodeId, second: Option<NodeId>) -> bool {
    let tree = &model.file.tree;
    let is_alone = second.is_none_or(|second| tree.kind(second) == Kind::Bool);
    tree.kind(first) == Kind::Function
        || is_alone
            && (is_function_like(model, first) || second.is_some() && tree.kind(first) == Kind::Member)
}

/// Whether a field is the only argument of a method that always takes a function: `mql.removeListener(this.onChange)`.
fn is_member_alone(model: &Model<'_>, call: NodeId, first: NodeId, method: &str) -> bool {
    let tree = &model.file.tree;
    tree.method_call(call).is_some_and(|(_, name)| name == method)
        && tree.kind(first) == Kind::Member
        && tree.arg(call, 1).is_none_or(|second| tree.kind(second) == Kind::Bool)
}

/// Whether a single argument is the function rather than the event.
fn is_function_like(model: &Model<'_>, node: NodeId) -> bool {
    model.function_of(node).is_some()
}

/// The capture flag that an options argument of `addEventListener` says.
#[must_use]
pub fn capture(model: &Model<'_>, options: Option<NodeId>) -> Option<bool> {
    let tree = &model.file.tree;
    let Some(options) = options.map(|options| named_value(model, options)) else { return Some(false) };
    match tree.kind(options) {
        Kind::Bool => Some(tree.node(options).data == 1),
        Kind::Object => {
            if tree.children(options).any(|part| tree.kind(part) == Kind::Spread) {
                return None;
            }
            match tree.property(options, "capture") {
                None => Some(false),
                Some(value) if tree.kind(value) == Kind::Bool => Some(tree.node(value).data == 1),
                Some(_) => None,
            }
        }
        _ => None,
    }
}

/// The value of an option in the options argument: `{ once: true }`, `{ signal }`.
#[must_use]
pub fn option(model: &Model<'_>, options: Option<NodeId>, name: &str) -> Option<NodeId> {
    let tree = &model.file.tree;
    let options = options?;
    tree.property(named_value(model, options), name)
}

/// What a variable that names a constant holds; anything else is itself.
fn named_value(model: &Model<'_>, node: NodeId) -> NodeId {
    let value = model.file.value_of(node);
    value.unwrap_or(node)
}
