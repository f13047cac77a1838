//! `mismatched-removal`: a removal that can never match what was added.

mod counterpart;
mod forwarded;
mod never;
mod nothing;

use crate::claim::{Claim, LocalClaim, Note};
use crate::ending::takes_away;
use crate::finding::{Finding, Role, Severity};
use crate::pairing::{compare_events, compare_listeners, has_no_event, is_too_early, matches, same_target};
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use crate::{local, overwritten, slot};
use outlive_semantic::access::Access;
use outlive_semantic::identity::{self, Identity, Match};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::listeners::{self, Registration, Removal};
use outlive_semantic::model::Model;
use outlive_semantic::place::Root;
use outlive_semantic::project::FileId;

/// The rule.
pub(crate) struct MismatchedRemoval;

static META: Meta = Meta {
    id: "mismatched-removal",
    summary: "a removal that can never match what was added",
    category: Category::Lifecycle,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for MismatchedRemoval {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn file(&self, file: &FileView<'_, '_>, claims: &mut Claims<'_>) {
        for (position, removal) in file.removals.iter().enumerate() {
            let found =
                mismatch(file, position, removal).or_else(|| never::mismatch(file, position, removal));
            if let Some(body) = found {
                let at = file.model.file.site(removal.call);
                claims.add(META.id, removal.func, at, body);
            }
        }
        for registration in file.registrations {
            if let Some(body) = adds_again(file, registration) {
                let at = file.model.file.site(registration.call);
                claims.add(META.id, registration.func, at, body);
            }
        }
        for (call, body) in counterpart::copied(file) {
            add(file, call, body, claims);
        }
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let found = counterpart::mismatch(file, call)
            .or_else(|| without_function(file.model, call))
            .or_else(|| nothing::mismatch(file, call));
        if let Some(body) = found {
            add(file, call, body, claims);
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        local::settle_all(claims, view, &META)
    }
}

fn add(file: &FileView<'_, '_>, call: NodeId, body: LocalClaim, claims: &mut Claims<'_>) {
    let tree = &file.model.file.tree;
    claims.add(META.id, tree.func(call), tree.span(call), body);
}

/// What is wrong with a removal, if it matches nothing.
fn mismatch(file: &FileView<'_, '_>, position: usize, removal: &Removal) -> Option<LocalClaim> {
    let model = file.model;
    let listener = removal.listener?;
    if file.registrations_for(position).any(|added| is_partner(model, added, removal)) {
        return None;
    }
    let removed = identity::identity(model, listener);
    let target = model.file.display(&removal.place);
    if let Identity::Fresh(_) = removed {
        let added = file.registrations.iter().find(|added| is_same_event(model, added, removal));
        // Of an event that a loop goes through: the one of the same target.
        let alike = || file.registrations.iter().find(|added| may_be_for(model, added, removal));
        // What is removed was made in this very call: nobody else ever had it.
        let known = added.is_some() || is_emitter(model, removal) || takes_function(model, removal);
        return known.then(|| LocalClaim {
            message: format!(
                "this removes a function made here from `{target}`: the one that was added stays"
            ),
            help: "keep the function in a variable or field, and add and remove that".to_owned(),
            subject: format!("{target} fresh"),
            notes: added.or_else(alike).map(|added| note_added(model, added)).into_iter().collect(),
            ..LocalClaim::default()
        });
    }
    if let Some(claim) = forwarded::mismatch(file, removal) {
        return Some(claim);
    }
    // A removal from something else beside the right one is only superfluous.
    let is_removed_here = |added: &&Registration| {
        same_target(model, &added.place, &removal.place) == Match::Never
            && file.removals_for(added).any(|other| {
                other.call != removal.call
                    && other.func == removal.func
                    && matches(model, added, other) == Match::Must
            })
    };
    let meant = file.registrations.iter().filter(|added| is_meant(file, added, removal));
    let meant = meant.filter(|added| !is_removed_here(added));
    let added = meant.min_by_key(|added| distance(model, added, removal))?;
    Some(LocalClaim {
        message: format!("this removes nothing from `{target}`: {}", difference(model, added, removal)?),
        help: format!("remove {} as it was added", what(model, added)),
        subject: format!("{target} {}", what(model, added)),
        notes: vec![note_added(model, added)],
        ..LocalClaim::default()
    })
}

/// How far apart a registration and a removal stand: a listener that takes itself away is meant before what the same
/// function adds, and that before what another one does.
fn distance(model: &Model<'_>, added: &Registration, removal: &Removal) -> u8 {
    let is_within = |func| model.file.is_within(removal.func, func);
    match model.function_of(added.listener) {
        Some(listener) if is_within(listener) => 0,
        _ if is_within(added.func) => 1,
        _ => 2,
    }
}

/// A removal from an event target that says of which event, and not which function.
fn without_function(model: &Model<'_>, call: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    if !listeners::names_no_function(model, call) {
        return None;
    }
    let object = tree.method_call(call).map(|(object, _)| model.file.place(object));
    let target = object.map_or_else(|| "window".to_owned(), |place| model.file.display(&place));
    let message = format!(
        "this removes nothing from `{target}`: `removeEventListener` throws where it is given no function"
    );
    let help = "keep the function that was added, and hand it over as the second argument".to_owned();
    Some(LocalClaim { message, help, subject: format!("{target} no function"), ..LocalClaim::default() })
}

/// Whether a removal may well be for this registration: none of the three is certainly different, and the target or the
/// function is certainly the same.
fn is_partner(model: &Model<'_>, added: &Registration, removal: &Removal) -> bool {
    matches(model, added, removal) != Match::Never
        && (same_target(model, &added.place, &removal.place) == Match::Must
            || removal
                .listener
                .is_some_and(|removed| compare_listeners(model, added.listener, removed) == Match::Must))
}

fn is_emitter(model: &Model<'_>, removal: &Removal) -> bool {
    let of = model.model_of(model.ty(removal.target));
    of.is_some_and(|of| model.catalog.model(of).emitter.is_some())
        && removal.event.as_ref().is_some_and(|event| matches!(event, Identity::Constant(_)))
}

/// Whether the name of the method leaves no doubt that it takes away the function it is handed, of whatever it is called:
/// `removeEventListener('click', f)`.
fn takes_function(model: &Model<'_>, removal: &Removal) -> bool {
    let tree = &model.file.tree;
    let method = tree.method_call(removal.call).map(|(_, method)| method);
    let of_event = removal.event.as_ref().is_some_and(|event| *event != Identity::Unknown);
    of_event && matches!(method, Some("removeEventListener" | "removeListener" | "$off"))
}

fn is_same_event(model: &Model<'_>, added: &Registration, removal: &Removal) -> bool {
    let event = removal.event.as_ref().map(|event| compare_events(model, &added.event, event));
    event == Some(Match::Must) && same_target(model, &added.place, &removal.place) == Match::Must
}

/// Whether a registration is of the same target, and of an event that may be the same.
fn may_be_for(model: &Model<'_>, added: &Registration, removal: &Removal) -> bool {
    let event = removal.event.as_ref().map(|event| compare_events(model, &added.event, event));
    event == Some(Match::May) && same_target(model, &added.place, &removal.place) == Match::Must
}

/// Whether a removal is meant for a registration: two of target, event and function agree, and the third never does.
fn is_meant(file: &FileView<'_, '_>, added: &Registration, removal: &Removal) -> bool {
    let model = file.model;
    let target = same_target(model, &added.place, &removal.place);
    let event = match &removal.event {
        _ if has_no_event(model, added, removal) => Match::Must,
        Some(event) => compare_events(model, &added.event, event),
        None => Match::Never,
    };
    let listener =
        removal.listener.map_or(Match::Never, |removed| compare_listeners(model, added.listener, removed));
    match (target, event, listener) {
        (Match::Must, Match::Must, Match::Never) => is_made_up(file, removal),
        // Another target, or another event: the function must be one of this file, so that it is not shared by chance.
        (Match::Never, Match::Must, Match::Must) => {
            !is_inline(model, added) && removes_elsewhere(model, added, removal)
        }
        (Match::Must, Match::Never, Match::Must) => {
            !is_inline(model, added) && is_counterpart(model, added, removal)
        }
        (Match::Must, Match::Must, Match::Must) => true,
        _ => false,
    }
}

/// The removed function is one that nobody adds: an unbound twin, a missing method, the result of `addEventListener`.
fn is_made_up(file: &FileView<'_, '_>, removal: &Removal) -> bool {
    let model = file.model;
    let Some(listener) = removal.listener else { return false };
    let is_added = |func| {
        model.handed(func).iter().any(|handed| {
            let method = model.file.tree.method_call(handed.call).map(|(_, method)| method);
            let is_same = |added| compare_listeners(model, added, listener) == Match::Must;
            handed.arg == 1
                && method.is_some_and(|method| ADDERS.contains(&method))
                && model.file.tree.arg(handed.call, 1).is_some_and(is_same)
        })
    };
    matches!(identity::identity(model, listener), Identity::At(_))
        // To what may be the same thing under another name.
        && !model.function_of(listener).is_some_and(is_added)
        && !is_never_given(model, listener)
        && !is_looked_up(model, listener)
        && !is_added_elsewhere(model, removal, listener)
        && !is_field_of_another(file, removal, listener)
        && !is_for_others(file, listener)
}

/// A place that nobody gives a function yet: `if (this.onData != null) socket.off('data', this.onData)` does not run.
fn is_never_given(model: &Model<'_>, listener: NodeId) -> bool {
    let place = model.file.place(listener);
    let values = model.values(&place);
    !place.path.is_empty() && !values.is_empty() && values.iter().all(|&value| model.is_nothing(value))
}

/// A method that others can reach, and that its own file names where it is removed alone: who else would add it?
fn is_for_others(file: &FileView<'_, '_>, listener: NodeId) -> bool {
    let model = file.model;
    let place = model.file.place(listener);
    let (Root::This(class), Some(name)) = (place.root, place.last_field()) else { return false };
    let is_public = |func: FuncId| {
        let members = &model.file.class(class).members;
        members.iter().any(|member| member.func == Some(func) && !member.is_private)
    };
    let is_removed =
        |access: &Access| file.removals.iter().any(|removal| removal.listener == Some(access.node));
    place.path.len() == 1
        && model.instance_method(class, name).is_some_and(is_public)
        && file.accesses.of_name(name).chain(file.accesses.in_field(name)).all(is_removed)
}

/// A function that takes itself away, and that nothing here adds or calls: it was given to somebody, who added it.
fn is_added_elsewhere(model: &Model<'_>, removal: &Removal, listener: NodeId) -> bool {
    let tree = &model.file.tree;
    let takes_away = |call| tree.method_call(call).is_some_and(|(_, method)| model.catalog.removes(method));
    model.function_of(listener).is_some_and(|func| {
        model.file.is_within(tree.func(removal.call), func)
            && model.handed(func).iter().all(|handed| takes_away(handed.call))
            && model.calls_of(func).is_empty()
    })
}

/// `link.on('up', channel.onUp)` in one function, and `link.off('up', channel.onUp)` in another that found the channel in a table:
/// a field of the same name, of what may well be the same thing.
fn is_field_of_another(file: &FileView<'_, '_>, removal: &Removal, listener: NodeId) -> bool {
    let model = file.model;
    let removed = model.file.place(listener);
    let (Some(name), Some(event)) = (removed.last_field(), &removal.event) else { return false };
    file.registrations.iter().any(|added| {
        let place = model.file.place(added.listener);
        place != removed
            && place.last_field() == Some(name)
            && compare_events(model, &added.event, event) == Match::Must
    })
}

/// A function that was taken out of a list or table: `server.listeners('upgrade').pop()`. Whoever put it there may have added
/// it.
fn is_looked_up(model: &Model<'_>, listener: NodeId) -> bool {
    let tree = &model.file.tree;
    let value = model.file.value_of(listener);
    let method = value.and_then(|value| tree.method_call(value)).map(|(_, method)| method);
    matches!(method, Some("pop" | "shift" | "at" | "find" | "get" | "listeners" | "rawListeners"))
}

/// Whether the two calls belong to one way of listening: what `attachEvent` or a wrapper added, `detachEvent` removes.
fn is_counterpart(model: &Model<'_>, added: &Registration, removal: &Removal) -> bool {
    let method = |call| model.file.tree.method_call(call).map(|(_, method)| method);
    match (method(added.call), method(removal.call)) {
        (Some("addEventListener"), Some("removeEventListener")) => true,
        (Some(added), Some("off" | "removeListener")) => {
            added != "addEventListener" && ADDERS.contains(&added)
        }
        _ => false,
    }
}

/// Methods by which emitters and event targets take a function for an event.
const ADDERS: &[&str] =
    &["addEventListener", "addListener", "on", "once", "prependListener", "prependOnceListener"];

fn is_inline(model: &Model<'_>, added: &Registration) -> bool {
    matches!(identity::identity(model, added.listener), Identity::Fresh(_))
}

/// The same function of an instance or closure, removed from something else: `paneContainer` and `window`.
fn removes_elsewhere(model: &Model<'_>, added: &Registration, removal: &Removal) -> bool {
    let is_closure = |func: FuncId| model.file.function(func).parent.is_some();
    let own = match identity::identity(model, added.listener) {
        Identity::At(place) => !matches!(place.root, Root::Module(_) | Root::Global(_)),
        _ => false,
    };
    own && (is_closure(added.func) || is_closure(removal.func))
}

fn difference(model: &Model<'_>, added: &Registration, removal: &Removal) -> Option<String> {
    if same_target(model, &added.place, &removal.place) == Match::Never {
        return Some(format!("it was added to `{}`", model.file.display(&added.place)));
    }
    if let (Identity::Constant(event), Some(removed)) = (&added.event, &removal.event)
        && compare_events(model, &added.event, removed) == Match::Never
    {
        return Some(format!("it was added for `{event}`"));
    }
    if is_too_early(model, added, removal) {
        return Some("each run makes the function anew, and adds it only after this".to_owned());
    }
    if let Some(place) = overwritten::since_added(model, added, removal) {
        return Some(format!("`{}` has been given another value by then", model.file.display(&place)));
    }
    let capture = |options| listeners::capture(model, options);
    let listener = compare_listeners(model, added.listener, removal.listener?);
    if listener == Match::Must && capture(added.options) != capture(removal.options) {
        return Some("the capture flag differs".to_owned());
    }
    match identity::identity(model, added.listener) {
        Identity::Fresh(_) => Some("what was added is a function made there".to_owned()),
        Identity::At(place) => Some(format!("what was added is `{}`", model.file.display(&place))),
        _ => Some("another function was added".to_owned()),
    }
}

fn what(model: &Model<'_>, added: &Registration) -> String {
    match &added.event {
        Identity::Constant(event) => format!("the `{event}` listener"),
        _ => match identity::identity(model, added.listener) {
            Identity::At(place) => format!("`{}`", model.file.display(&place)),
            _ => "the listener".to_owned(),
        },
    }
}

fn note_added(model: &Model<'_>, added: &Registration) -> Note {
    Note { role: Role::Registered, message: "added here".to_owned(), span: model.file.site(added.call) }
}

/// A clean-up that adds instead of removing: the same target, event and function as another registration, in a function
/// that by its name takes away. Among what takes others from the same target it may even be another event.
fn adds_again(file: &FileView<'_, '_>, registration: &Registration) -> Option<LocalClaim> {
    let model = file.model;
    let is_cleanup = slot::is_cleanup(model, registration.func);
    let name = model.file.function_name(registration.func).filter(|name| takes_away(model.catalog, name));
    if name.is_none() && !is_cleanup {
        return None;
    }
    let takes_others = |removal: &&Removal| {
        removal.func == registration.func
            && same_target(model, &registration.place, &removal.place) == Match::Must
    };
    let is_among_removals = file.removals.iter().any(|removal| takes_others(&removal));
    let is_swapped = file.removals.iter().filter(takes_others).any(|removal| {
        let may_be_for = || {
            let event = removal.event.as_ref();
            event.is_none_or(|event| compare_events(model, &registration.event, event) != Match::Never)
        };
        removal.listener.is_none_or(|removed| {
            match compare_listeners(model, registration.listener, removed) {
                Match::Must => true,
                Match::May => may_be_for(),
                Match::Never => false,
            }
        })
    });
    if is_swapped {
        return None;
    }
    let first = file.registrations.iter().find(|other| {
        other.call != registration.call
            // What a function adds and adds again later is all of its own doing.
            && (is_cleanup || !model.file.is_within(registration.func, other.func))
            && !model.file.is_within(other.func, registration.func)
            && same_target(model, &other.place, &registration.place) == Match::Must
            && (is_among_removals || compare_events(model, &other.event, &registration.event) == Match::Must)
            && compare_listeners(model, other.listener, registration.listener) == Match::Must
            && !model.file.function_name(other.func).is_some_and(|name| takes_away(model.catalog, name))
    })?;
    let target = model.file.display(&registration.place);
    let who =
        name.filter(|_| !is_cleanup).map_or_else(|| "the cleanup".to_owned(), |name| format!("`{name}`"));
    Some(LocalClaim {
        message: format!("{who} adds the listener to `{target}` once more instead of removing it"),
        help: format!("call the removing method of `{target}` here"),
        subject: format!("{target} {}", name.unwrap_or("cleanup")),
        notes: vec![note_added(model, first)],
        ..LocalClaim::default()
    })
}
