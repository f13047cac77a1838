//! Which removal takes which listener away: the same target, event, function and capture flag.

use crate::getter::awaited_getter;
use crate::overwritten;
use outlive_semantic::calls;
use outlive_semantic::identity::{self, Identity, Match};
use outlive_semantic::index::NodeId;
use outlive_semantic::listeners::{self, Registration, Removal};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tables::{BindingKind, ClassKind};
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashMap;

/// Which listeners surely are not the removed ones: what differs in a function of its own, or in an event that is one word,
/// never matches. Each of thousands of listeners need not be compared with each of as many removals.
#[derive(Default)]
pub(crate) struct Pairs {
    added: Listed,
    removed: Listed,
}

/// The function and the event of a call, by number; 0 where it may be any.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
struct About {
    function: u32,
    event: u32,
}

/// What the calls of a list are about.
#[derive(Default)]
struct Listed {
    of: Vec<About>,
    /// The positions in the list by what they are about, and by either of it. Those of 0 are candidates for all.
    positions: FxHashMap<(Option<u32>, Option<u32>), Vec<u32>>,
}

/// Numbers of functions and events.
#[derive(Default)]
struct Numbers {
    functions: FxHashMap<Place, u32>,
    events: FxHashMap<String, u32>,
}

impl Numbers {
    fn about(&mut self, model: &Model<'_>, (call, event, listener): Call<'_>) -> About {
        let next = u32::try_from(self.functions.len() + 1).unwrap_or(0);
        let function = match listener.map(|listener| identity::identity(model, listener)) {
            Some(Identity::At(place)) if identity::is_alone(model, &place) => {
                *self.functions.entry(place).or_insert(next)
            }
            _ => 0,
        };
        let next = u32::try_from(self.events.len() + 1).unwrap_or(0);
        // Where both calls take the function alone, it is the one event that there is.
        let takes_event = listener.is_none() || model.file.tree.arg(call, 0) != listener;
        let event = match event {
            Some(Identity::Constant(event)) if takes_event && is_word(event) => {
                *self.events.entry(event.clone()).or_insert(next)
            }
            _ => 0,
        };
        About { function, event }
    }
}

/// A call that adds or removes, its event and its listener.
type Call<'c> = (NodeId, Option<&'c Identity>, Option<NodeId>);

impl Listed {
    fn of(about: impl Iterator<Item = About>) -> Self {
        let mut out = Self::default();
        for (at, about) in (0..).zip(about) {
            let (function, event) = (Some(about.function), Some(about.event));
            for key in [(function, None), (None, event), (function, event)] {
                out.positions.entry(key).or_default().push(at);
            }
            out.of.push(about);
        }
        out
    }

    /// The first position from `start` on that may be about the same.
    fn next(&self, About { function, event }: About, start: usize) -> Option<usize> {
        let first = |key: (Option<u32>, Option<u32>)| {
            let positions = self.positions.get(&key)?;
            positions.get(positions.partition_point(|&at| (at as usize) < start)).copied()
        };
        let any_of = |keys: &[(Option<u32>, Option<u32>)]| keys.iter().filter_map(|&key| first(key)).min();
        let found = match (function, event) {
            (0, 0) => return (start < self.of.len()).then_some(start),
            (0, event) => any_of(&[(None, Some(event)), (None, Some(0))]),
            (function, 0) => any_of(&[(Some(function), None), (Some(0), None)]),
            (function, event) => any_of(&[
                (Some(function), Some(event)),
                (Some(function), Some(0)),
                (Some(0), Some(event)),
                (Some(0), Some(0)),
            ]),
        };
        found.map(|at| at as usize)
    }

    fn at(&self, at: usize) -> About {
        self.of.get(at).copied().unwrap_or_default()
    }
}

impl Pairs {
    /// Of the registrations and removals of a file.
    pub(crate) fn of(model: &Model<'_>, registrations: &[Registration], removals: &[Removal]) -> Self {
        let mut numbers = Numbers::default();
        let added = registrations.iter().map(|added| (added.call, Some(&added.event), Some(added.listener)));
        let added = Listed::of(added.map(|added| numbers.about(model, added)));
        let removed = removals.iter().map(|removal| (removal.call, removal.event.as_ref(), removal.listener));
        let removed = Listed::of(removed.map(|removed| numbers.about(model, removed)));
        Self { added, removed }
    }

    /// The first removal from a position on that may be for a registration, both by position.
    pub(crate) fn next_removal(&self, registration: usize, start: usize) -> Option<usize> {
        self.removed.next(self.added.at(registration), start)
    }

    /// The first removal from a position on that may be of the same event, whatever function it takes away.
    pub(crate) fn next_of_event(&self, registration: usize, start: usize) -> Option<usize> {
        self.removed.next(About { function: 0, ..self.added.at(registration) }, start)
    }

    /// The first registration from a position on that a removal may be for, both by position.
    pub(crate) fn next_registration(&self, removal: usize, start: usize) -> Option<usize> {
        self.added.next(self.removed.at(removal), start)
    }

    /// Whether a removal surely takes another function away than was added.
    pub(crate) fn is_another(&self, registration: usize, removal: usize) -> bool {
        let (added, removed) = (self.added.at(registration).function, self.removed.at(removal).function);
        added != 0 && removed != 0 && added != removed
    }
}

/// Whether the name of an event is one word, which is no other's: most are, and a file may have thousands.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.')
}

/// Whether both calls take the function alone: `query.addListener(f)`.
pub(crate) fn has_no_event(model: &Model<'_>, added: &Registration, removal: &Removal) -> bool {
    let is_first = |call, listener| model.file.tree.arg(call, 0) == Some(listener);
    is_first(added.call, added.listener)
        && removal.listener.is_some_and(|removed| is_first(removal.call, removed))
}

/// Whether a removal takes this listener away.
pub(crate) fn matches(model: &Model<'_>, registration: &Registration, removal: &Removal) -> Match {
    // Every removal of a file is asked about every registration: the cheap question comes first.
    let event = match &removal.event {
        None => Match::Must,
        Some(_) if has_no_event(model, registration, removal) => Match::Must,
        Some(event) => compare_events(model, &registration.event, event),
    };
    if event == Match::Never {
        return Match::Never;
    }
    let target = match same_target(model, &registration.place, &removal.place) {
        Match::Never if removes_by_own_method(model, removal) => Match::May,
        known => known,
    };
    if target == Match::Never {
        return Match::Never;
    }
    let listener = match removal.listener {
        None => Match::Must,
        Some(listener) => compare_listeners(model, registration.listener, listener),
    };
    let captures =
        match (listeners::capture(model, registration.options), listeners::capture(model, removal.options)) {
            (Some(a), Some(b)) if is_dom(model, registration) && a != b => Match::Never,
            _ => Match::Must,
        };
    if [target, event, listener, captures].contains(&Match::Never)
        || is_too_early(model, registration, removal)
        || overwritten::since_added(model, registration, removal).is_some()
    {
        Match::Never
    } else if [target, event, listener].contains(&Match::May) {
        Match::May
    } else {
        Match::Must
    }
}

/// `this.off('x', f)` of a class that has an `off` itself: from what that takes the function away is its own affair.
fn removes_by_own_method(model: &Model<'_>, removal: &Removal) -> bool {
    let tree = &model.file.tree;
    let Root::This(class) = removal.place.root else { return false };
    let method = tree.method_call(removal.call).and_then(|_| tree.name_id(tree.callee(removal.call)?));
    removal.listener.is_some()
        && removal.place.path.is_empty()
        && method.is_some_and(|name| model.instance_method(class, name).is_some())
}

/// Whether a function is taken away only before it is added, and made anew in each run: what an earlier run added was
/// another one.
pub(crate) fn is_too_early(model: &Model<'_>, registration: &Registration, removal: &Removal) -> bool {
    let tree = &model.file.tree;
    if removal.func != registration.func
        || removal.call > registration.call
        || removal.listener.is_none()
        || removal.place != registration.place
    {
        return false;
    }
    let Identity::At(place) = identity::identity(model, registration.listener) else { return false };
    let Root::Binding(listener) = place.root else { return false };
    // `off(this.last); on(next); this.last = next`: by then, a field has what the run before has left there.
    if removal.listener.and_then(|removed| model.file.binding_of(removed)) != Some(listener) {
        return false;
    }
    let row = model.file.binding(listener);
    let made = model.file.sole_value(listener).unwrap_or(row.node);
    let is_fresh = place.path.is_empty()
        && row.func == registration.func
        && row.func.index() != 0
        && row.kind != BindingKind::Param
        && (tree.kind(made) == Kind::Function
            || tree.method_call(made).is_some_and(|(_, method)| method == "bind"));
    if !is_fresh {
        return false;
    }
    // In a loop around both, the next turn takes away what the last one added, if function and target are the same.
    let turn = tree.within_function(registration.call).find(|&node| {
        matches!(tree.kind(node), Kind::For | Kind::ForIn | Kind::ForOf | Kind::While | Kind::DoWhile)
            && tree.contains(node, removal.call)
    });
    turn.is_none_or(|turn| {
        let is_of_turn = |binding| tree.contains(turn, model.file.binding(binding).node);
        let target = model.file.binding_of(registration.target);
        is_of_turn(listener) || target.is_some_and(is_of_turn)
    })
}

fn is_dom(model: &Model<'_>, registration: &Registration) -> bool {
    registration.family.and_then(|family| model.catalog.emitter(family)).is_some_and(|row| row.takes_options)
}

/// jQuery's namespaces: `off('.ns')` takes every event of that namespace.
pub(crate) fn compare_events(model: &Model<'_>, added: &Identity, removed: &Identity) -> Match {
    if let (Identity::Constant(added), Identity::Constant(removed)) = (added, removed) {
        if added == removed {
            return Match::Must;
        }
        if is_word(added) && is_word(removed) {
            return Match::Never;
        }
        let covers = |added: &str| {
            removed.split_whitespace().any(|removed| {
                added == removed
                    || removed.starts_with('.') && added.contains(removed)
                    || added.split('.').next() == Some(removed)
            })
        };
        return if added.split_whitespace().all(covers) { Match::Must } else { Match::Never };
    }
    if let (Identity::At(added), Identity::At(removed)) = (added, removed)
        && are_other_constants(model, added, removed)
    {
        return Match::Never;
    }
    identity::compare(model, added, removed)
}

/// `Events.OPENED` and `Events.CLOSED` of a table that another file gives: two names are two events.
fn are_other_constants(model: &Model<'_>, one: &Place, other: &Place) -> bool {
    let is_imported = matches!(one.root, Root::Module(_));
    let is_type = |step: &Step| match step {
        Step::Field(name) => {
            model.file.tree.text(*name).starts_with(|first: char| first.is_ascii_uppercase())
        }
        Step::Element => false,
    };
    let (Some((last, table)), Some((other_last, other_table))) =
        (one.path.split_last(), other.path.split_last())
    else {
        return false;
    };
    is_imported
        && one.root == other.root
        && table == other_table
        && last != other_last
        && table.last().is_some_and(is_type)
        && [last, other_last].into_iter().all(|step| matches!(step, Step::Field(_)))
}

/// Whether two paths are the same target. Only what is provably something else never is: a new object each time
/// (`matchMedia(q)`), a part of the other, the page and an instance or its field.
pub(crate) fn same_target(model: &Model<'_>, added: &Place, removed: &Place) -> Match {
    if added == removed {
        return Match::Must;
    }
    if let (Some(one), Some(other)) = (awaited_getter(model, added), awaited_getter(model, removed)) {
        return if one == other && added.path == removed.path { Match::Must } else { Match::May };
    }
    let (left, right) = (listeners::aliases(model, added), listeners::aliases(model, removed));
    if left.iter().any(|place| right.contains(place)) {
        return Match::Must;
    }
    let is_part =
        left.iter().any(|a| right.iter().any(|b| a.root == b.root && (a.starts_with(b) || b.starts_with(a))));
    let is_page = |place: &Place| matches!(place.root, Root::Global(_)) && place.path.is_empty();
    let is_own = |place: &Place| matches!(place.root, Root::This(_));
    if is_missing_field(model, removed) {
        return Match::Never;
    }
    let is_apart =
        is_page(added) && (is_page(removed) || is_own(removed)) || is_own(added) && is_page(removed);
    if is_part || is_apart || is_new_each_time(model, added) || is_new_each_time(model, removed) {
        Match::Never
    } else {
        Match::May
    }
}

/// `this.x` of a component that neither has nor is ever given an `x`.
fn is_missing_field(model: &Model<'_>, place: &Place) -> bool {
    let (Root::This(class), Some(field)) = (place.root, place.trunk()) else { return false };
    let Some(name) = field.last_field() else { return false };
    let row = model.file.class(class);
    let is_known = row.super_class.is_none() || calls::is_component(model, class);
    let is_given = model.instance_method(class, name).is_some()
        || row.members.iter().any(|member| member.name == Some(name))
        || !model.values(&field).is_empty();
    is_known && row.kind == ClassKind::Class && !is_given && !model.is_filled_otherwise(class)
}

/// A call that returns a new object each time it is made.
fn is_new_each_time(model: &Model<'_>, place: &Place) -> bool {
    let Root::Value(node) = place.root else { return false };
    place.path.is_empty()
        && (model.file.tree.kind(node) == Kind::New
            || model.model_of(model.ty(node)).is_some_and(|of| model.catalog.is_a(of, "MediaQueryList")))
}

/// Whether the function that is removed is the one that was added.
pub(crate) fn compare_listeners(model: &Model<'_>, added: NodeId, removed: NodeId) -> Match {
    let (added, removed) = (identity::identity(model, added), identity::identity(model, removed));
    if holds_no_function(model, &removed) {
        return Match::Never;
    }
    match identity::compare(model, &added, &removed) {
        Match::May if is_own(model, &added, &removed) => Match::Must,
        known => known,
    }
}

/// Whether a helper that is handed an instance takes away what the instance has added: `off('x', peer.stop)`.
fn is_own(model: &Model<'_>, added: &Identity, removed: &Identity) -> bool {
    let (Identity::At(added), Identity::At(removed)) = (added, removed) else { return false };
    model.own_place(removed).is_some_and(|own| own == *added)
}

/// A variable that holds what `addEventListener` returned: nothing. A method that does not exist.
fn holds_no_function(model: &Model<'_>, removed: &Identity) -> bool {
    let Identity::At(place) = removed else { return false };
    let values = model.values(place);
    if !values.is_empty() {
        return values.iter().all(|&value| {
            let added = model.file.tree.method_call(value);
            added.is_some_and(|(object, method)| {
                method == "addEventListener" && !is_of_a_module(model, object)
            })
        });
    }
    is_missing_method(model, place)
}

/// Whether an object is one that another module gives and nobody knows: what its methods return is its own affair.
fn is_of_a_module(model: &Model<'_>, object: NodeId) -> bool {
    matches!(model.file.place(object).root, Root::Module(_)) && model.model_of(model.ty(object)).is_none()
}

/// `this.x` of a class that nothing from elsewhere adds to, and that neither has nor is given an `x`.
fn is_missing_method(model: &Model<'_>, place: &Place) -> bool {
    let (Root::This(class), [_]) = (place.root, &place.path[..]) else { return false };
    let Some(name) = place.last_field() else { return false };
    let row = model.file.class(class);
    // What is handed a description of accessors or methods has them run on something else: `Object.defineProperty(this, 'x', {…})`.
    let is_lent = model.file.tree.kind(row.node) == Kind::Object
        && model.file.tree.argument_of(row.node).is_some()
        && !calls::is_component(model, class);
    let is_closed = row.super_class.is_none()
        && !is_lent
        && row.kind != ClassKind::Constructor
        && !model.file.tree.children(row.node).any(|part| model.file.tree.kind(part) == Kind::Spread)
        && !row.members.iter().any(|member| {
            member
                .name
                .is_some_and(|name| matches!(model.file.tree.text(name), "mixins" | "extends" | "setup"))
        });
    is_closed
        && model.instance_method(class, name).is_none()
        && !row.members.iter().any(|m| m.name == Some(name))
        && !model.is_filled_otherwise(class)
}
