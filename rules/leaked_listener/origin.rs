//! Where the target of a registration comes from: what the registration makes itself ends with it.

use crate::acquire::executed_by;
use crate::claim::Origin;
use crate::ending;
use crate::getter::{getter, kept};
use crate::rule::FileView;
use outlive_semantic::catalog::{CallRow, Handle, ModelId};
use outlive_semantic::given::{
    constructs, given_before, is_shared, parts_given_before, parts_given_by_calls,
};
use outlive_semantic::identity::Identity;
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::listeners::{self, Registration};
use outlive_semantic::model::Model;
use outlive_semantic::pending;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::rate::Life;
use outlive_semantic::tables::{BindingKind, ClassKind};
use outlive_semantic::tree::Kind;

/// Whether the target is something that the instance did not make.
pub(super) fn is_outer(registration: &Registration, origin: Origin) -> bool {
    match origin {
        Origin::PassedToConstructor => true,
        Origin::Named => matches!(
            registration.place.root,
            Root::Global(_) | Root::Module(_) | Root::Binding(_) | Root::Class(_)
        ),
        Origin::Passed | Origin::Fetched | Origin::Borrowed | Origin::Copied => false,
    }
}

/// Whether a function is, or is part of, a method that ends its instance: it runs once.
pub(super) fn is_teardown(model: &Model<'_>, func: FuncId) -> bool {
    model.file.enclosing(func).any(|func| {
        let row = model.file.function(func);
        row.class.is_some()
            && model.file.function_name(func).is_some_and(|name| ending::is_end(model.catalog, name))
    })
}

/// `on(event, listener) { process.on(event, listener); }`: whoever calls it listens, and takes its listener away, or does not.
pub(super) fn hands_on(model: &Model<'_>, registration: &Registration) -> bool {
    let (file, tree) = (model.file, &model.file.tree);
    let adds = |func: FuncId| {
        file.function_name(func).is_some_and(|name| model.catalog.families_adding(name).next().is_some())
    };
    let Some(adder) = file.enclosing(registration.func).find(|&func| adds(func)) else { return false };
    let is_handed = |node: NodeId| {
        file.binding_of(node).is_some_and(|binding| {
            let row = file.binding(binding);
            row.kind == BindingKind::Param && row.func == adder
        })
    };
    let calls_it = |func: FuncId| {
        let within = tree.subtree(file.function(func).node);
        within.filter_map(|node| tree.callee(node)).any(is_handed)
    };
    is_handed(registration.listener) || tree.function(registration.listener).is_some_and(calls_it)
}

/// Whether a method makes the instances of a class that is written as an object: `Class.create({ initialize() {}, … })`.
pub(super) fn is_initializer(model: &Model<'_>, func: FuncId) -> bool {
    let Some(class) = model.file.function(func).class else { return false };
    let row = model.file.class(class);
    let is_named = matches!(model.file.function_name(func), Some("initialize" | "init" | "constructor"));
    is_named && row.kind == ClassKind::Object && model.file.tree.argument_of(row.node).is_some()
}

/// What an emitter runs has the emitter as its `this`: `function onPacket() { this.client.on(…) }` after
/// `this.parser.on('packet', onPacket)` listens to `this.parser.client`, which may be the instance again.
pub(super) fn of_receiver(model: &Model<'_>, registration: &Registration) -> Option<Registration> {
    let Root::Receiver(func) = registration.place.root else { return None };
    let [handed] = model.handed(func) else { return None };
    let (emitter, method) = model.file.tree.method_call(handed.call)?;
    if handed.arg != 1 || !matches!(method, "on" | "once" | "addListener" | "addEventListener") {
        return None;
    }
    let mut path = registration.place.path.iter().copied();
    let place = path.try_fold(model.file.place(emitter), Place::with)?;
    let place = match model.values(&place)[..] {
        [value] if model.file.tree.kind(value) == Kind::This => model.file.place(value),
        _ => place,
    };
    Some(Registration { place, ..registration.clone() })
}

/// `this.popup = popup; this.popup.on(…)`, `this.webview = view.webview`: what a field, or a variable of somebody else, was given
/// right before is listened to, not what it holds at other times.
pub(super) fn of_given(model: &Model<'_>, registration: &Registration) -> Option<Registration> {
    let before = match registration.place.root {
        Root::This(_) => 1,
        Root::Binding(binding) if model.file.binding(binding).func != registration.func => 0,
        _ => return None,
    };
    let at = executed_by(model, registration.call);
    let [value] = given_before(model, &registration.place, at)[..] else { return None };
    let given = model.file.place(value);
    let Some(Place { root: Root::Binding(param), .. }) = param_of(model, &given) else { return None };
    // `open((error, session) => { shared = session; shared.on(…) })`: what is told has just begun.
    if before == 0 && model.handed(model.file.binding(param).func).is_empty() {
        return None;
    }
    let place = registration.place.path.iter().skip(before).copied().try_fold(given, Place::with)?;
    Some(Registration { place, ..registration.clone() })
}

/// `const bus = await connect(); bus.on(…)`: what a function of the file keeps for whoever asks is listened to.
pub(super) fn of_kept(model: &Model<'_>, registration: &Registration) -> Option<Registration> {
    let place = kept(model, &registration.place)?;
    Some(Registration { place, ..registration.clone() })
}

/// Where the target comes from; none if it is made by the very code that listens to it.
pub(super) fn origin(model: &Model<'_>, registration: &Registration) -> Option<Origin> {
    let place = &registration.place;
    match place.root {
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            if is_borrowed(model, registration, binding) {
                return Some(Origin::Borrowed);
            }
            if row.kind == BindingKind::Param {
                return Some(match model.constructs(row.func) {
                    Some(_) => Origin::PassedToConstructor,
                    None if runs_with(model, registration.func, row.func) => Origin::Passed,
                    None => Origin::Named,
                });
            }
            if is_made_before(model, registration) {
                return None;
            }
            if getter(model, place).is_some() {
                return Some(Origin::Fetched);
            }
            if is_part_of_copy(model, place) {
                return Some(Origin::Copied);
            }
            if row.func != registration.func || row.func.index() == 0 {
                return Some(Origin::Named);
            }
            // A local of the same function: known to live longer by one of its values, or by its type.
            let elsewhere = row.values.iter().any(|&value| {
                !matches!(model.file.place(value).root, Root::Value(_))
                    && model.file.tree.kind(value) != Kind::Null
            });
            if elsewhere && row.values.len() > 1 {
                return Some(Origin::Named);
            }
            let ty = model.model_of(model.ty(registration.target));
            ty.and_then(|ty| model.catalog.model(ty).life).map(|_| Origin::Named)
        }
        Root::This(_) => {
            let is_field = !place.path.is_empty();
            if is_field && is_told_by_ref(model, place) {
                return None;
            }
            if is_field && is_passed_to_constructor(model, place) {
                return Some(Origin::PassedToConstructor);
            }
            if is_field && is_made_before(model, registration) {
                return None;
            }
            Some(Origin::Named)
        }
        // `createServer().on('error', f)`: what was made a moment ago takes its listeners with it.
        Root::Value(value) if place.path.is_empty() && is_made_here(model, value) => None,
        Root::Value(_) if getter(model, place).is_some() => Some(Origin::Fetched),
        Root::Value(_) => {
            let ty = model.model_of(model.ty(registration.target));
            ty.and_then(|ty| model.catalog.model(ty).life).map(|_| Origin::Named)
        }
        Root::Receiver(_) => None,
        // `$panel = $('#panel')` without a declaration: what is found in it is not it.
        Root::Global(_) if place.path.last() == Some(&Step::Element) => None,
        Root::Global(_) if is_made_before(model, registration) => None,
        Root::Module(_) | Root::Global(_) | Root::Exports | Root::Class(_) => Some(Origin::Named),
    }
}

/// Whether a call constructs what it gives: nobody else has had it. What lives as long as the process may be kept by that.
pub(super) fn is_made_here(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let made = || model.catalog.made_by(&model.api_path(tree.callee(call)?)?);
    let ends = |of| model.catalog.model(of).life.is_some_and(|life| life < Life::Process);
    tree.kind(call) == Kind::New || made().is_some_and(ends)
}

/// Whether a path leads to a part of options that were handed in and only copied: `const all = { ...options };
/// all.signal.addEventListener(…)`, `const values = await this.format(input)`.
pub(super) fn is_part_of_copy(model: &Model<'_>, place: &Place) -> bool {
    let tree = &model.file.tree;
    let (Root::Binding(binding), Some(Step::Field(name))) = (place.root, place.path.first()) else {
        return false;
    };
    let row = model.file.binding(binding);
    let Some(value) = model.file.sole_value(binding).filter(|_| row.kind != BindingKind::Param) else {
        return false;
    };
    let value = tree.awaited(value);
    let is_handed = |node: NodeId| {
        let base = tree.subtree(node).find_map(|part| model.file.binding_of(part));
        base.is_some_and(|base| model.file.binding(base).kind == BindingKind::Param)
    };
    match tree.kind(value) {
        Kind::Object => {
            let name = tree.text(*name);
            let spreads = |part: NodeId| tree.kind(part) == Kind::Spread && is_handed(part);
            tree.property(value, name).is_none() && tree.children(value).any(spreads)
        }
        Kind::Call => !calls_maker(model, value) && tree.args(value).any(is_handed),
        _ => false,
    }
}

/// Methods by which a pool lends.
const LENDERS: &[&str] = &["getConnection", "acquire", "checkout", "checkOut", "borrow"];

/// Whether a variable holds what a pool lent to its function: it goes back, with all that listens to it.
/// `const client = await pool.connect()` is such if it is released.
fn is_borrowed(model: &Model<'_>, registration: &Registration, binding: BindingId) -> bool {
    let tree = &model.file.tree;
    let row = model.file.binding(binding);
    if !registration.place.path.is_empty() || row.func != registration.func {
        return false;
    }
    let lends = |call: NodeId| match tree.method_call(call) {
        Some((_, "connect")) => is_given_back(model, binding),
        Some((_, method)) => LENDERS.contains(&method),
        None => false,
    };
    if row.kind == BindingKind::Param {
        let is_last =
            |call: NodeId| tree.args(call).last().and_then(|last| model.function_of(last)) == Some(row.func);
        return matches!(model.handed(row.func), [handed] if is_last(handed.call) && lends(handed.call));
    }
    let Some(value) = model.file.sole_value(binding) else { return false };
    let waited = if tree.kind(value) == Kind::Await { tree.first(value) } else { None };
    let call = waited.map(|call| match tree.method_call(call) {
        Some((promise, "catch" | "then" | "finally")) => promise,
        _ => call,
    });
    call.is_some_and(lends)
}

/// Whether a variable has its `release` called.
fn is_given_back(model: &Model<'_>, binding: BindingId) -> bool {
    let tree = &model.file.tree;
    model.file.binding(binding).references.iter().any(|reference| {
        let member = tree.parent(model.file.references[reference.index()].node);
        member.is_some_and(|member| {
            tree.kind(member) == Kind::Member
                && tree.name(member) == Some("release")
                && tree.parent(member).is_some_and(|call| tree.callee(call) == Some(member))
        })
    })
}

/// Whether a function runs as a part of another, now: the same, or `new Promise(…)` in it.
fn runs_with(model: &Model<'_>, inner: FuncId, outer: FuncId) -> bool {
    model.file.is_within(inner, outer)
        && model
            .file
            .enclosing(inner)
            .take_while(|&func| func != outer)
            .all(|func| pending::is_executor(model, func) || model.is_immediately_invoked(func))
}

/// What the next request on the same socket will be told of as well.
const SOCKET_EVENTS: &[&str] = &["connect", "secureConnect", "lookup", "timeout", "drain", "error"];

/// The socket of what is called a request or its response: `request.connection` of whatever wraps one.
pub(super) fn socket(file: &FileView<'_, '_>, registration: &Registration) -> Option<ModelId> {
    let model = file.model;
    let tree = &model.file.tree;
    let place = &registration.place;
    let is_shared = |event: &Identity| matches!(event, Identity::Constant(event) if SOCKET_EVENTS.contains(&event.as_str()));
    let is_socket = place.last_field().is_some_and(|name| matches!(tree.text(name), "socket" | "connection"));
    let base = place.parent().filter(|_| is_socket)?;
    let name = base.last_field().or_else(|| match base.root {
        Root::Binding(binding) if base.path.is_empty() => Some(model.file.binding(binding).name),
        _ => None,
    })?;
    let name = tree.text(name).to_ascii_lowercase();
    let is_message = ["req", "request", "res", "response"].iter().any(|word| name.ends_with(word));
    if !is_message {
        return None;
    }
    // Who reads from it has taken it over.
    let mut others = file.registrations.iter().filter(|other| other.place == *place);
    model.catalog.find_type("net.ConnectionSocket").filter(|_| others.all(|other| is_shared(&other.event)))
}

/// The field of the instance that a path starts with.
fn own_field(place: &Place) -> Option<Place> {
    place.trunk().filter(|_| matches!(place.root, Root::This(_)))
}

/// A field whose only value is (part of) a parameter of the constructor, or of a field that is: `this.bus = this.options.bus`.
fn is_passed_to_constructor(model: &Model<'_>, place: &Place) -> bool {
    is_passed(model, place, FIELDS)
}

/// So many fields are followed from one to the other.
const FIELDS: u32 = 3;

fn is_passed(model: &Model<'_>, place: &Place, fuel: u32) -> bool {
    let (Some(field), Some(fuel)) = (own_field(place), fuel.checked_sub(1)) else { return false };
    let values = model.values(&field);
    let is_handed = |value: NodeId| {
        let given = model.file.place(value);
        param_of(model, &given).is_some() || is_passed(model, &given, fuel)
    };
    !values.is_empty() && values.iter().all(|&value| is_handed(value) || model.is_nothing(value))
}

/// A field that is given what the component renders, and nothing else: `ref={this.setBox}` with `setBox = (box) => { this.box =
/// box; }`.
fn is_told_by_ref(model: &Model<'_>, place: &Place) -> bool {
    let tree = &model.file.tree;
    let Some(field) = own_field(place) else { return false };
    let Root::This(class) = field.root else { return false };
    if tree.names().find("ref").is_none() {
        return false;
    }
    let told = |value: NodeId| {
        let param = param_of(model, &model.file.place(value)).map(|param| param.root);
        let func = match param {
            Some(Root::Binding(binding)) => model.file.binding(binding).func,
            _ => return false,
        };
        let is_ref = |&part: &NodeId| tree.kind(part) == Kind::JsxAttribute && tree.name(part) == Some("ref");
        let mut refs = tree.subtree(model.file.class(class).node).filter(is_ref);
        refs.any(|part| tree.children(part).any(|value| model.function_of(value) == Some(func)))
    };
    let values = model.values(&field);
    let mut given = values.iter().filter(|&&value| !model.is_nothing(value)).peekable();
    given.peek().is_some() && given.all(|&value| told(value))
}

/// The parameter of the constructor that a path starts from, directly or by the fields that keep it.
pub(super) fn constructor_param(model: &Model<'_>, place: &Place) -> Option<Place> {
    param_behind(model, place, FIELDS)
}

fn param_behind(model: &Model<'_>, place: &Place, fuel: u32) -> Option<Place> {
    let fuel = fuel.checked_sub(1)?;
    match own_field(place) {
        None => param_of(model, place),
        Some(field) => {
            let values = model.values(&field);
            values.iter().find_map(|&value| param_behind(model, &model.file.place(value), fuel))
        }
    }
}

/// The parameter that a path starts from.
fn param_of(model: &Model<'_>, place: &Place) -> Option<Place> {
    match place.root {
        Root::Binding(binding) if is_param(model, binding) => Some(Place::root(place.root)),
        _ => None,
    }
}

pub(super) fn is_param(model: &Model<'_>, binding: BindingId) -> bool {
    model.file.binding(binding).kind == BindingKind::Param
}

/// `this.xhr = new XMLHttpRequest(); this.xhr.upload.addEventListener(…)`, `socket = io(url); socket.on(…)`: each run
/// listens to one of its own.
pub(super) fn is_made_before(model: &Model<'_>, registration: &Registration) -> bool {
    is_made_by(model, &registration.place, registration.call, CALLERS)
}

/// How far is asked who calls what listens.
const CALLERS: u32 = 3;

/// Whether what leads to a node gives a path something new, in its function or in each that calls this.
fn is_made_by(model: &Model<'_>, place: &Place, at: NodeId, fuel: u32) -> bool {
    let at = executed_by(model, at);
    let given = parts_given_before(model, place, at);
    if given.into_iter().any(|value| makes(model, value))
        || parts_given_by_calls(model, place, at, |value| makes(model, value))
    {
        return true;
    }
    // `this.doc = new Doc(); this.bind()`: the method that listens is only called where there is a new one.
    let func = model.file.tree.func(at);
    let calls = model.calls_of(func);
    let Some(fuel) = fuel.checked_sub(1).filter(|_| is_shared(model, place) && !calls.is_empty()) else {
        return false;
    };
    // Who is handed a function may call it at any time.
    let is_handed = !matches!(place.root, Root::This(_)) && !model.handed(func).is_empty();
    !is_handed && calls.iter().all(|&call| is_made_by(model, place, call, fuel))
}

/// Whether an expression gives something new each time: it constructs, copies or finds it, or calls what says that it does,
/// now or by way of a variable of the same run.
fn makes(model: &Model<'_>, value: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.kind(value) {
        _ if constructs(model, value) => true,
        Kind::Await => {
            tree.first(value).is_some_and(|call| calls_maker(model, call) || acquires(model, call))
        }
        Kind::Identifier => {
            let own = model.file.binding_of(value).filter(|&binding| {
                let row = model.file.binding(binding);
                row.kind != BindingKind::Param && row.func == tree.func(value) && row.func.index() != 0
            });
            let made = own.and_then(|binding| {
                let just_given = || given_before(model, &Place::root(Root::Binding(binding)), value);
                model.file.sole_value(binding).or_else(|| just_given().into_iter().max())
            });
            made.is_some_and(|made| tree.kind(made) != Kind::Identifier && makes(model, made))
        }
        Kind::Call => {
            let is_known =
                model.model_of(model.ty(value)).is_some_and(|ty| model.catalog.model(ty).life.is_none());
            let is_copy = matches!(tree.method_call(value), Some((_, "clone" | "cloneNode")));
            is_known
                || is_copy
                || calls_maker(model, value)
                || acquires(model, value)
                || is_found_below(model, value)
                || is_made_of_markup(model, value)
        }
        _ => false,
    }
}

/// How what makes something is called.
const MAKERS: &[&str] = &["create", "make", "new", "spawn"];

/// Whether the name of what is called says that it makes something.
fn calls_maker(model: &Model<'_>, call: NodeId) -> bool {
    let name = model.file.tree.callee(call).and_then(|callee| model.callee_name(callee)).unwrap_or_default();
    MAKERS.iter().any(|word| name.starts_with(word))
}

/// Whether a row says that a call gives something that has to be given back: another one each time.
fn acquires(model: &Model<'_>, call: NodeId) -> bool {
    let gives = |row: &&CallRow| row.acquires.as_ref().is_some_and(|row| row.handle == Handle::Result);
    model.file.tree.is_call(call) && model.rows(call).iter().any(gives)
}

/// `$('<div>').appendTo(parent)`: jQuery makes an element of markup, and its methods give it back.
fn is_made_of_markup(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let innermost = std::iter::successors(Some(call), |&call| {
        tree.method_call(call).map(|(object, _)| object).filter(|&object| tree.is_call(object))
    });
    innermost.last().is_some_and(|made| {
        let callee = tree.callee(made).and_then(|callee| model.callee_name(callee));
        let text = tree.arg(made, 0).filter(|&text| tree.kind(text) == Kind::String);
        callee.is_some_and(|name| listeners::selects(model, name))
            && text.and_then(|text| tree.name(text)).is_some_and(|text| text.trim_start().starts_with('<'))
    })
}

/// `container.querySelector(…)`: a part of something that was made for this run, more often than not.
fn is_found_below(model: &Model<'_>, call: NodeId) -> bool {
    model.file.tree.method_call(call).is_some_and(|(object, method)| {
        let is_query = matches!(method, "querySelector" | "getElementsByClassName" | "getElementsByTagName");
        is_query && model.path_of(&model.file.place(object)).as_deref() != Some("document")
    })
}
