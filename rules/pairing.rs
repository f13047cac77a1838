//! Which removal takes which listener away: the same target, event, function and capture flag.

use crate::getter::awaited_getter;
use crate::overwritten;
use crate::pairs::is_word;
use outlive_semantic::calls;
use outlive_semantic::identity::{self, Identity, Match};
use outlive_semantic::index::NodeId;
use outlive_semantic::listeners::{self, Registration, Removal};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tables::{BindingKind, ClassKind};
use outlive_semantic::tree::Kind;

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
        // What adds nothing either has nothing to take away.
        return if added == removed { Match::Must } else { Match::Never };
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
