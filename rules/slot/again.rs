//! Who fills a slot anew while its owner is still there: an update of the component, a request, an effect that runs again,
//! a connection that is made anew after it was lost.

use super::ends;
use super::held::{Held, component_of_ref, is_effect_callback};
use super::reach::reaches;
use crate::claim::Gap;
use crate::ending;
use crate::rule::FileView;
use outlive_semantic::access::{self, Usage};
use outlive_semantic::calls::{self, Target};
use outlive_semantic::catalog::{Phase, When};
use outlive_semantic::guard;
use outlive_semantic::identity::Identity;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::{Handed, Model};
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::rate::Rate;
use outlive_semantic::tables::{BindingKind, FunctionKind};
use outlive_semantic::tree::Kind;

/// How far callers, and the functions around, are followed to one that runs again.
const MAX_CALLERS: u32 = 4;

/// Why a function runs again for the same owner.
pub(super) struct Again {
    /// The call that leads back to it, if one is to be shown.
    pub(super) call: Option<NodeId>,
}

/// Whether a function, or who runs it, comes again while the owner of the slot is there, and on the way nobody looks at the
/// slot or releases what is in it.
pub(super) fn filled_again(held: &Held<'_, '_, '_>, slot: &Place, func: FuncId) -> Option<Again> {
    Search { held, slot }.from(held.call, func, MAX_CALLERS)
}

/// The slot is shared by connections or requests that are there at the same time, and each of them releases only what it
/// finds there when it ends: `timer = setInterval(…); socket.on('close', () => clearInterval(timer))`.
pub(super) fn taken_by_another(held: &Held<'_, '_, '_>, slot: &Place) -> Option<Gap> {
    let model = held.file.model;
    let search = Search { held, slot };
    let func = model.file.tree.func(held.call);
    let driven = search.around(func).find(|&at| drives(held, at) >= Some(Rate::Connection))?;
    let is_later = |release: FuncId| release != driven && model.file.is_within(release, driven);
    let is_asked = held.releases.iter().any(|release| model.file.is_within(func, release.func));
    let ends_own = held.releases.iter().any(|release| is_later(release.func) && release.func != func);
    let is_latched = search
        .around(func)
        .take_while(|&at| at != driven)
        .fold(is_latched(held.file, held.call), |latched, at| {
            latched || is_latched(held.file, model.file.function(at).node)
        });
    (ends_own && !is_asked && !is_latched && !search.is_looked_at(driven)).then(|| {
        let how = "when another takes its place in the variable that they share";
        Gap { repeats: true, ..Gap::new(how, None) }
    })
}

/// Where the same run of a function fills the slot a second time, with another of its kind, and nothing between the two gives
/// back the first: `this.sub = a.subscribe(…); this.sub = b.subscribe(…)`.
pub(super) fn filled_twice(held: &Held<'_, '_, '_>, slot: &Place) -> Option<NodeId> {
    let (file, model) = (held.file, held.file.model);
    let tree = &model.file.tree;
    let func = tree.func(held.call);
    let name = |call: NodeId| tree.callee(call).and_then(|callee| model.callee_name(callee));
    let filled =
        |value: NodeId| tree.is_call(value) && name(value).is_some() && name(value) == name(held.call);
    let later = file.accesses.of(slot).filter(|access| access.func == func && access.node > held.call);
    let second = later
        .filter_map(|access| match access.usage {
            Usage::Assigned(assign) => tree.child(assign, 1).filter(|&value| filled(value)).map(|_| assign),
            _ => None,
        })
        .min()?;
    let runs_too = tree.within_function(second).all(|around| {
        !matches!(
            tree.kind(around),
            Kind::If | Kind::Conditional | Kind::Logical | Kind::Switch | Kind::Catch | Kind::Case
        ) || tree.contains(branch(model, around, second), held.call)
    });
    let is_between = |node: NodeId| held.call < node && node < second;
    let is_let_go = held.releases.iter().any(|release| release.func == func && is_between(release.node));
    let mut used = file.accesses.of(slot).filter(|access| is_between(access.node));
    let body = model.file.body(func)?;
    let leaves = |node: NodeId| {
        matches!(tree.kind(node), Kind::Return | Kind::Throw | Kind::Break | Kind::Continue)
            && tree.func(node) == func
            && is_between(node)
    };
    let is_taken = used.any(|access| !matches!(access.usage, Usage::Method { .. } | Usage::Read));
    (runs_too && !is_let_go && !is_taken && !tree.subtree(body).any(leaves)).then_some(second)
}

/// Whether what stands before a node in its function asks for something that the function then sets: it goes on once, until
/// somebody resets that. `if (this.running) return; this.running = true`
fn is_latched(file: &FileView<'_, '_>, node: NodeId) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    let func = tree.func(node);
    let Some(body) = model.file.body(func) else { return false };
    let tests = tree.subtree(body).take_while(|&at| at < node).filter(|&at| {
        tree.func(at) == func && matches!(tree.kind(at), Kind::If | Kind::Conditional | Kind::Logical)
    });
    let is_set = |part: NodeId| {
        let place = model.file.place(part);
        matches!(tree.kind(part), Kind::Member | Kind::Identifier)
            && !matches!(place.root, Root::Value(_))
            && file.accesses.of(&place).any(|access| {
                access.func == func && matches!(access.usage, Usage::Assigned(_) | Usage::Updated(_))
            })
    };
    tests.filter_map(|at| tree.first(at)).any(|test| asks_for(model, test, is_set))
}

/// Whether a test asks for something, itself or by a getter or method of the same instance.
pub(super) fn asks_for(model: &Model<'_>, test: NodeId, is_it: impl Fn(NodeId) -> bool) -> bool {
    let tree = &model.file.tree;
    let inside = |part: NodeId| asked_inside(model, part).map(|body| tree.subtree(body));
    tree.subtree(test).any(|part| is_it(part) || inside(part).is_some_and(|mut parts| parts.any(&is_it)))
}

/// The body of a getter or method of the same instance that a test asks: `get running() { return !!this.timer; }`.
fn asked_inside(model: &Model<'_>, part: NodeId) -> Option<NodeId> {
    let place = model.file.place(part);
    let (Root::This(class), [Step::Field(name)]) = (place.root, &place.path[..]) else { return None };
    let members = &model.file.class(class).members;
    let member = members.iter().find(|member| member.name == Some(*name) && member.func.is_some())?;
    model.file.body(member.func?)
}

/// The part of a decision in which a node stands.
fn branch(model: &Model<'_>, decision: NodeId, node: NodeId) -> NodeId {
    let tree = &model.file.tree;
    tree.children(decision).find(|&part| tree.contains(part, node)).unwrap_or(node)
}

struct Search<'s, 'h, 'v, 'a> {
    held: &'s Held<'h, 'v, 'a>,
    slot: &'s Place,
}

impl Search<'_, '_, '_, '_> {
    /// The same of the function in which a node stands that fills the slot.
    fn from(&self, node: NodeId, func: FuncId, fuel: u32) -> Option<Again> {
        let fuel = fuel.checked_sub(1)?;
        let (file, model) = (self.held.file, self.held.file.model);
        let is_out = model.constructs(func).is_some()
            || is_latched(file, node)
            || self.is_looked_at(func)
            || self.is_ended_under_another_name(func)
            || reaches(model, func, &self.held.releasing, 4);
        if is_out {
            return None;
        }
        if calls::is_component_method(model, func, Phase::Use)
            || drives(self.held, func).is_some()
            || hears_again(file, func)
            || model.file.function(func).kind == FunctionKind::Setter
            || ends::is_watcher(model, func)
            || self.is_effect_again(func)
        {
            return Some(Again { call: None });
        }
        if let Some(call) = self.led_back(node, func) {
            return Some(Again { call: Some(call) });
        }
        // What is handed on runs once at least for each run of the function around.
        let around = self.around(func).nth(1).filter(|_| is_callback(model, func));
        let site = model.file.function(func).node;
        around.and_then(|around| self.from(site, around, fuel)).or_else(|| {
            let mut calls = model.calls_of(func).iter().filter(|&&call| self.is_of_owner(call, func));
            calls.find_map(|&call| self.from(call, model.file.tree.func(call), fuel))
        })
    }

    /// Whether a function releases something of this kind that it has under another name: `socket.close(); this.socket = open()`.
    fn is_ended_under_another_name(&self, func: FuncId) -> bool {
        let model = self.held.file.model;
        let tree = &model.file.tree;
        let Some(body) = model.file.body(func) else { return false };
        let patterns = self.held.patterns;
        tree.subtree(body).any(|node| match tree.method_call(node) {
            Some((_, method)) => patterns.is_method(method),
            None => {
                let name = tree.callee(node).and_then(|callee| model.callee_name(callee));
                name.is_some_and(|name| patterns.is_function(name))
            }
        })
    }

    /// A function and those around it that run while the owner of the slot is there.
    fn around(&self, func: FuncId) -> impl Iterator<Item = FuncId> {
        let model = self.held.file.model;
        let owner = match self.slot.root {
            Root::Binding(binding) => Some(model.file.binding(binding).func),
            _ => None,
        };
        model.file.enclosing(func).take_while(move |&at| Some(at) != owner && at.index() != 0)
    }

    /// Whether a call runs a function for the same owner, whatever was done before: a method of the same instance.
    fn is_of_owner(&self, call: NodeId, func: FuncId) -> bool {
        let model = self.held.file.model;
        let tree = &model.file.tree;
        let is_own = match tree.method_call(call) {
            Some((object, _)) => model.file.place(object).path.is_empty() && tree.kind(object) == Kind::This,
            None => matches!(self.slot.root, Root::Binding(_)),
        };
        is_own
            && self.around(tree.func(call)).next().is_some()
            && !model.file.is_within(tree.func(call), func)
            && guard::once_guard(model, call).is_none()
    }

    /// Whether a function looks at the slot before it decides anything.
    fn is_looked_at(&self, func: FuncId) -> bool {
        let file = self.held.file;
        file.accesses.of(self.slot).any(|access| {
            file.model.file.is_within(access.func, func)
                && matches!(access.usage, Usage::Tested(_) | Usage::Operand(_))
        })
    }

    /// Whether a function is an effect that runs again when something changes that its component is told.
    fn is_effect_again(&self, func: FuncId) -> bool {
        let model = self.held.file.model;
        let tree = &model.file.tree;
        let [handed] = model.handed(func) else { return false };
        if !is_effect_callback(model, func) || component_of_ref(model, self.slot).is_none() {
            return false;
        }
        match tree.arg(handed.call, 1) {
            None => true,
            Some(told) if tree.kind(told) == Kind::Array => {
                tree.children(told).any(|dependency| self.is_told(dependency))
            }
            Some(_) => false,
        }
    }

    /// Whether what an effect asks for is something that its component is told, and no function: those are mostly the same each
    /// time.
    fn is_told(&self, dependency: NodeId) -> bool {
        let (file, model) = (self.held.file, self.held.file.model);
        let place = model.file.place(dependency);
        let Root::Binding(binding) = place.root else { return false };
        let is_timer = !self.held.patterns.functions.is_empty();
        let runs = file.accesses.of(&place).any(|access| match access.usage {
            Usage::Called(_) => true,
            Usage::Argument { call, .. } => is_timer && call == self.held.call,
            _ => false,
        });
        let name = place.last_field().unwrap_or(model.file.binding(binding).name);
        let is_handler = |name: &str| {
            let rest = name.strip_prefix("on").or_else(|| name.strip_prefix("set"));
            rest.is_some_and(|rest| rest.starts_with(char::is_uppercase))
        };
        model.file.binding(binding).kind == BindingKind::Param
            && !runs
            && !is_handler(model.file.tree.text(name))
    }

    /// The call by which a function comes to run itself again, from a handler or a timeout that it leaves behind, while what
    /// the slot holds goes on.
    fn led_back(&self, filling: NodeId, func: FuncId) -> Option<NodeId> {
        let (file, model) = (self.held.file, self.held.file.model);
        let tree = &model.file.tree;
        let patterns = self.held.patterns;
        // A timeout that leads back has run.
        if patterns.expires || patterns.only_if_sibling || patterns.rearms || !self.stays_on(func) {
            return None;
        }
        let node = model.file.function(func).node;
        let back = tree.subtree(node).filter(|&call| tree.kind(call) == Kind::Call).find(|&call| {
            let from = tree.func(call);
            from != func
                && !tree.contains(self.held.call, call)
                && is_callback(model, from)
                && !self.is_told_by_it(from, func)
                && (filling == self.held.call || !is_after_failure(model, call, filling))
                && self.leads_to(call, func, 3)
        })?;
        let is_heard = model.file.function_ids().any(|other| {
            !model.file.is_within(other, func)
                && (!model.handed(other).is_empty() || is_end_handler(model, other))
                && reaches(file.model, other, &self.held.releasing, 3)
        });
        (!is_heard).then_some(back)
    }

    /// Whether what the slot holds runs a function, or one around it: it may do so because it has ended.
    fn is_told_by_it(&self, from: FuncId, func: FuncId) -> bool {
        let model = self.held.file.model;
        let is_its = |handed: &Handed| {
            let object = model.file.tree.method_call(handed.call).map(|(object, _)| model.file.place(object));
            object.is_some_and(|object| self.held.handle.places.iter().any(|place| object.starts_with(place)))
        };
        model.file.enclosing(from).take_while(|&at| at != func).any(|at| model.handed(at).iter().any(is_its))
    }

    fn leads_to(&self, call: NodeId, wanted: FuncId, fuel: u32) -> bool {
        let Some(fuel) = fuel.checked_sub(1) else { return false };
        let model = self.held.file.model;
        let tree = &model.file.tree;
        let callee = tree.callee(call).and_then(|callee| calls::callee_target(model, call, callee));
        let Some(Target::Function(next)) = callee else { return false };
        if next == wanted {
            return true;
        }
        let node = model.file.function(next).node;
        !model.file.is_within(next, wanted)
            && tree
                .subtree(node)
                .any(|inner| tree.kind(inner) == Kind::Call && self.leads_to(inner, wanted, fuel))
    }

    /// Whether what the slot holds goes on whatever else ends: nobody listens to it, and it is not asked of what the function
    /// makes anew.
    fn stays_on(&self, func: FuncId) -> bool {
        let (file, model) = (self.held.file, self.held.file.model);
        let tree = &model.file.tree;
        let is_listened_to = self.held.handle.places.iter().any(|place| {
            file.accesses.below(place).any(|access| match access.usage {
                Usage::Method { call, .. } => file.registration(call).is_some(),
                Usage::Assigned(_) => access.place != *place,
                _ => false,
            })
        });
        let is_made_anew = tree.method_call(self.held.call).is_some_and(|(object, _)| {
            let of = model.file.place(object);
            let is_local = matches!(of.root, Root::Binding(binding) if model.file.is_within(model.file.binding(binding).func, func));
            is_local
                || matches!(of.root, Root::Value(_))
                || file.accesses.under_root(of.root).any(|access| {
                    matches!(access.usage, Usage::Assigned(_))
                        && model.file.is_within(access.func, func)
                        && of.path.starts_with(&access.place.path)
                })
        });
        !is_listened_to && !is_made_anew
    }
}

/// Whether a node runs only when a call has failed: `try { await connect() } catch { retry() }`, `connect().catch(retry)`.
/// Most that fails has not come to fill anything.
fn is_after_failure(model: &Model<'_>, node: NodeId, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let mut around = std::iter::once(node).chain(tree.ancestors(node));
    around.any(|at| match tree.kind(at) {
        Kind::Catch => {
            tree.parent(at).is_some_and(|whole| tree.contains(whole, call)) && !tree.contains(at, call)
        }
        Kind::Call => matches!(tree.method_call(at), Some((object, "catch")) if tree.contains(object, call)),
        _ => false,
    })
}

/// How often a function is driven as a callback, if that is again and again for one owner.
fn drives(held: &Held<'_, '_, '_>, func: FuncId) -> Option<Rate> {
    let model = held.file.model;
    let rates = model.handed(func).iter().filter(|handed| !is_for_one(held, handed)).flat_map(|handed| {
        let rows = model.callback_rows(handed);
        rows.iter().filter_map(|(_, callback)| rate_of(callback.runs)).collect::<Vec<_>>()
    });
    rates.filter(|&rate| rate == Rate::Job || rate >= Rate::Connection).max()
}

fn rate_of(runs: When) -> Option<Rate> {
    match runs {
        When::At(rate) => Some(rate),
        When::Each | When::Caller => None,
    }
}

/// Events that a thing begins or ends with: one follows the other, and what the first one opens the second one closes.
const TURNS: &[&str] = &[
    "open",
    "connect",
    "ready",
    "online",
    "play",
    "focus",
    "mouseenter",
    "close",
    "closed",
    "disconnect",
    "end",
    "error",
    "exit",
    "offline",
    "pause",
    "blur",
    "mouseleave",
];

/// Whether it is handed to what calls it once, `socket.once('ready', …)`, or for an event that comes in turns with another.
fn is_for_one(held: &Held<'_, '_, '_>, handed: &Handed) -> bool {
    held.file.registration(handed.call).is_some_and(|registration| {
        let comes_in_turns =
            matches!(&registration.event, Identity::Constant(event) if TURNS.contains(&event.as_str()));
        registration.once || comes_in_turns
    })
}

/// Whether a function is handed to a call, or given to a property: `socket.onclose = () => …`.
fn is_callback(model: &Model<'_>, func: FuncId) -> bool {
    let node = model.file.function(func).node;
    !model.handed(func).is_empty()
        || matches!(access::usage(model.file, node), Usage::Stored(_))
            && model.file.tree.parent(node).is_some_and(|parent| model.file.tree.kind(parent) == Kind::Assign)
}

/// Whether a method is by its name a handler of the end: `onClose() {}`.
fn is_end_handler(model: &Model<'_>, func: FuncId) -> bool {
    model.file.function_name(func).is_some_and(ending::is_end_handler)
}

/// Events of which one thing has many.
const REPEATING: &[&str] = &[
    "message",
    "data",
    "line",
    "request",
    "input",
    "packet",
    "chunk",
    "frame",
    "row",
    "record",
    "job",
    "publish",
    "change",
    "update",
    "click",
    "dblclick",
    "keydown",
    "keyup",
    "keypress",
    "mousedown",
    "mouseup",
    "mousemove",
    "pointerdown",
    "pointermove",
    "touchstart",
    "touchmove",
    "scroll",
    "resize",
    "wheel",
    "dragstart",
    "drop",
    "paste",
];

/// Whether a function is a listener to events that come again and again.
pub(super) fn hears_again(file: &FileView<'_, '_>, func: FuncId) -> bool {
    file.model.handed(func).iter().filter_map(|handed| file.registration(handed.call)).any(|registration| {
        let comes_again =
            matches!(&registration.event, Identity::Constant(event) if REPEATING.contains(&event.as_str()));
        comes_again && !registration.once && file.model.function_of(registration.listener) == Some(func)
    })
}
