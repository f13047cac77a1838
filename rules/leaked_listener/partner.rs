//! Listeners that are forgotten where others on the same target are taken away.

use super::once::is_of_rare;
use crate::claim::Note;
use crate::ending::takes_away;
use crate::finding::Role;
use crate::pairing::{compare_events, compare_listeners, matches, same_target};
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::calls;
use outlive_semantic::identity::Match;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::listeners::{Registration, Removal};
use outlive_semantic::model::Model;
use outlive_semantic::pending;
use outlive_semantic::place::Root;
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashMap;

/// Where the owner stops listening to the same target for something else: whoever wrote that knew that the target goes on.
pub(super) fn forgotten(file: &FileView<'_, '_>, registration: &Registration) -> Option<Note> {
    let mut told = partings(file, registration).into_iter();
    let told = told.find(|&parting| partners(file, Some(registration), parting).next().is_some());
    told.map(|(_, removal)| note(file, removal)).or_else(|| taken_out(file, registration))
}

/// Where the owner is taken out of the target again, or what it put in there: `this.map.removeLayer(this)`.
fn taken_out(file: &FileView<'_, '_>, registration: &Registration) -> Option<Note> {
    let model = file.model;
    let tree = &model.file.tree;
    let Root::This(_) = registration.place.root else { return None };
    let has_removal = file
        .removals
        .iter()
        .any(|removal| same_target(model, &registration.place, &removal.place) != Match::Never);
    if has_removal || registration.place.path.is_empty() {
        return None;
    }
    let (call, is_whole) = file.accesses.of(&registration.place).find_map(|access| match access.usage {
        Usage::Method { name, call } => {
            let is_whole = tree.args(call).any(|arg| tree.kind(arg) == Kind::This);
            // Who is told what to take out goes on.
            let is_told = || model.file.params(access.func).next().is_some();
            let takes = takes_out(tree.text(name)) && (is_whole || !is_told());
            (takes && is_parting(model, registration.func, access.func)).then_some((call, is_whole))
        }
        _ => None,
    })?;
    let name = model.file.function_name(tree.func(call)).unwrap_or_default();
    let what = if is_whole { "its owner" } else { "what its owner put in" };
    let message = format!("`{name}` takes {what} out of it, and leaves the listener");
    Some(Note { role: Role::ReleasedHereOnly, message, span: model.file.site(call) })
}

/// Whether a method takes what it is handed out of its object: `removeLayer`, `_removePath`, `detach`.
fn takes_out(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    ["remove", "unregister", "detach", "delete"].iter().any(|word| name.starts_with(word))
}

/// The same, where what is taken away for another event is the very function.
pub(super) fn forgotten_event(file: &FileView<'_, '_>, registration: &Registration) -> Option<Note> {
    let is_same = |other: &Registration| {
        compare_listeners(file.model, registration.listener, other.listener) == Match::Must
    };
    let mut found = partings(file, registration).into_iter();
    let (_, removal) =
        found.find(|&parting| partners(file, Some(registration), parting).next().is_some_and(is_same))?;
    Some(note(file, removal))
}

/// Of two listeners for one event each that exclude each other, the one that takes the other away when it is called, and
/// is not taken away itself: `once('done', () => off('error', failed))` and `once('error', failed)`.
pub(super) fn loser(file: &FileView<'_, '_>, registration: &Registration) -> Option<Note> {
    let model = file.model;
    let own = handler(model, registration.listener).filter(|_| registration.once)?;
    if is_removed(file, registration) {
        return None;
    }
    let removal = file.removals.iter().filter(|removal| removal.func == own).find(|removal| {
        file.registrations.iter().any(|other| {
            other.call != registration.call
                && run_with(model, other.func) == run_with(model, registration.func)
                && other.place == registration.place
                && (other.once || takes_itself_away(file, other))
                && matches(model, other, removal) == Match::Must
        })
    })?;
    let message = "it takes the other one away, and nobody takes it away when that comes first".to_owned();
    Some(Note { role: Role::ReleasedHereOnly, message, span: model.file.site(removal.call) })
}

/// So many listeners before and behind one are looked at.
const NEAR: usize = 8;

/// Of several `once` that settle one promise, the one that is left when another event has come first:
/// `bus.once('ready', resolve); bus.once('failed', reject)`. Whether its own event ever comes nobody says.
pub(super) fn outrun(file: &FileView<'_, '_>, registration: &Registration) -> Option<Note> {
    let model = file.model;
    let is_once = |registration: &Registration| registration.once && !is_of_rare(model, registration);
    if !is_once(registration) {
        return None;
    }
    let own = settles(model, registration)?;
    let at = file.position(registration.call)?;
    let (before, behind) = (file.registrations.get(..at)?, file.registrations.get(at + 1..)?);
    let first = before.iter().rev().take(NEAR).chain(behind.iter().take(NEAR)).find(|other| {
        // Who rejects comes when something went wrong; of two that do the same, one is enough to be told of.
        let is_first =
            settles(model, other).is_some_and(|their| (their, other.call) < (own, registration.call));
        let is_beside = other.func == registration.func && other.place == registration.place;
        is_first
            && is_beside
            && is_once(other)
            && compare_events(model, &registration.event, &other.event) != Match::Must
    })?;
    let message = "where this comes first, the other one stays".to_owned();
    Some(Note { role: Role::ReleasedHereOnly, message, span: model.file.site(first.call) })
}

/// Which function of a promise the listener is that is added while that is made, or calls: 0 fulfils it, 1 rejects it.
fn settles(model: &Model<'_>, registration: &Registration) -> Option<u16> {
    let tree = &model.file.tree;
    if !pending::is_executor(model, registration.func) {
        return None;
    }
    let position = |node: NodeId| {
        let (func, position) = calls::param_position(model, model.file.binding_of(node)?)?;
        (func == registration.func && position < 2).then_some(position)
    };
    let called = |func: FuncId| {
        let calls =
            tree.subtree(model.file.function(func).node).filter(|&node| tree.kind(node) == Kind::Call);
        calls.filter_map(|call| position(tree.callee(call)?)).max()
    };
    position(registration.listener).or_else(|| called(model.function_of(registration.listener)?))
}

/// The function that a function runs with: what makes a promise runs now.
fn run_with(model: &Model<'_>, func: FuncId) -> Option<FuncId> {
    model.file.enclosing(func).find(|&func| !pending::is_executor(model, func))
}

/// Whether a listener removes itself when it is called.
fn takes_itself_away(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let own = handler(file.model, registration.listener);
    own.is_some()
        && file.removals_for(registration).any(|removal| {
            Some(removal.func) == own && matches(file.model, registration, removal) == Match::Must
        })
}

/// The function of a listener: `this.onDone` is the method also if it was bound to its instance before.
fn handler(model: &Model<'_>, listener: NodeId) -> Option<FuncId> {
    model.function_of(listener).or_else(|| {
        let place = model.file.place(listener);
        let Root::This(class) = place.root else { return None };
        let name = place.last_field().filter(|_| place.path.len() == 1)?;
        model.instance_method(class, name)
    })
}

fn note(file: &FileView<'_, '_>, removal: &Removal) -> Note {
    let name = file.model.file.function_name(removal.func).unwrap_or_default();
    let message = match name {
        "" => "another listener is taken from it here".to_owned(),
        name => format!("`{name}` takes another listener from it, and leaves this one"),
    };
    Note { role: Role::ReleasedHereOnly, message, span: file.model.file.site(removal.call) }
}

/// The removals of other listeners from the target of a registration in functions that end what its function begins, if
/// nothing takes the listener itself away; with their positions.
fn partings<'f>(file: &'f FileView<'_, '_>, registration: &Registration) -> Vec<(usize, &'f Removal)> {
    let model = file.model;
    // Whatever there is to say of a listener that is taken away itself others say.
    if file.removals.is_empty() || is_removed(file, registration) {
        return Vec::new();
    }
    let parting = file.partings_of((registration.func, &registration.place), || {
        let mut parting: FxHashMap<FuncId, bool> = FxHashMap::default();
        let mut is_parting_of = |removal: &Removal| {
            let begins = registration.func;
            *parting.entry(removal.func).or_insert_with(|| is_parting(model, begins, removal.func))
        };
        let found = file.removals.iter().enumerate().filter(|&(at, removal)| {
            is_parting_of(removal)
                && same_target(model, &registration.place, &removal.place) == Match::Must
                && partners(file, None, (at, removal)).next().is_some()
        });
        found.map(|(at, _)| at).collect()
    });
    if parting.is_empty() {
        return Vec::new();
    }
    // Whoever adds it once more instead is told by another rule.
    let is_added_there = || {
        file.registrations.iter().any(|other| {
            other.call != registration.call
                && is_parting(model, registration.func, other.func)
                && same_target(model, &registration.place, &other.place) == Match::Must
                && compare_listeners(model, registration.listener, other.listener) == Match::Must
        })
    };
    if is_added_there() {
        return Vec::new();
    }
    parting.iter().filter_map(|&at| Some((at, file.removals.get(at)?))).collect()
}

/// Whether something may take a listener away.
fn is_removed(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let mut removals = file.removals_for(registration);
    removals.any(|removal| matches(file.model, registration, removal) != Match::Never)
}

/// The other listeners that a removal takes away; of that it is known where it stands.
fn partners<'f>(
    file: &'f FileView<'_, '_>,
    registration: Option<&Registration>,
    (at, removal): (usize, &'f Removal),
) -> impl Iterator<Item = &'f Registration> {
    let (model, call) = (file.model, registration.map(|registration| registration.call));
    file.registrations_for(at).filter(move |other| {
        Some(other.call) != call
            && !model.file.is_within(other.func, removal.func)
            && matches(model, other, removal) == Match::Must
    })
}

/// Whether a function ends what another begins: by its name, a method of the same object, or what the other returns.
fn is_parting(model: &Model<'_>, begins: FuncId, ends: FuncId) -> bool {
    if begins == ends {
        return false;
    }
    let owner = |func: FuncId| (model.file.function(func).class, model.file.function(func).parent);
    let is_same_owner = || model.file.enclosing(begins).any(|begins| owner(begins) == owner(ends));
    let is_named = || model.file.function_name(ends).is_some_and(|name| takes_away(model.catalog, name));
    let is_returned =
        || model.returned_values(begins).iter().any(|&value| model.function_of(value) == Some(ends));
    is_named() && is_same_owner() || is_returned()
}
