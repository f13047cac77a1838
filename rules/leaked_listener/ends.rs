//! Instances and promises that end in more than one way: a listener that one end takes away and another forgets.

use super::again::are_siblings;
use crate::claim::Gap;
use crate::pairing::matches;
use crate::rule::FileView;
use crate::slot;
use outlive_semantic::identity::Match;
use outlive_semantic::index::{ClassId, FuncId};
use outlive_semantic::listeners::{self, Registration, Removal};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashSet;

/// The way on which none of the removals of a listener is reached.
pub(super) fn gap(
    file: &FileView<'_, '_>,
    registration: &Registration,
    removals: &[&Removal],
) -> Option<Gap> {
    let model = file.model;
    let is_once = registration.once || listeners::option(model, registration.options, "once").is_some();
    let own = model.function_of(registration.listener).filter(|_| is_once);
    let removing: FxHashSet<FuncId> = removals.iter().map(|removal| removal.func).collect();
    missed(file, registration, removals)
        .or_else(|| slot::kept_by_settlement(model, registration.call, own, &removing))
}

/// Another method that marks the instance as ended in the same way, takes a sibling of the listener away, and never
/// gets to a removal of this one.
fn missed(file: &FileView<'_, '_>, registration: &Registration, removals: &[&Removal]) -> Option<Gap> {
    let model = file.model;
    let methods: Vec<(ClassId, FuncId)> =
        removals.iter().filter_map(|removal| method_around(model, removal.func)).collect();
    let (class, _) = *methods.first()?;
    let flags: Vec<Place> = methods.iter().flat_map(|&(class, func)| flags(model, class, func)).collect();
    let removing: FxHashSet<FuncId> = removals.iter().map(|removal| removal.func).collect();
    let members = &model.file.class(class).members;
    members.iter().filter_map(|member| member.func).find_map(|end| {
        let is_end = self::flags(model, class, end).iter().any(|flag| flags.contains(flag));
        if !is_end || slot::reaches(model, end, &removing, 4) {
            return None;
        }
        let sibling = file.removals.iter().find(|removal| {
            removal.func == end
                && file.registrations.iter().any(|other| {
                    are_siblings(model, registration, other) && matches(model, other, removal) == Match::Must
                })
        })?;
        let name = model.file.function_name(end).unwrap_or("another method");
        let at = Some(model.file.tree.span(sibling.call));
        Some(Gap {
            how: format!("when `{name}` ends the instance"),
            at,
            is_weak: false,
            repeats: false,
            one_each: false,
        })
    })
}

/// The method of a class in which a function is, or stands.
fn method_around(model: &Model<'_>, func: FuncId) -> Option<(ClassId, FuncId)> {
    model.file.enclosing(func).find_map(|func| Some((model.file.function(func).class?, func)))
}

/// The fields of the instance that a method itself sets to `true`.
fn flags(model: &Model<'_>, class: ClassId, func: FuncId) -> Vec<Place> {
    let tree = &model.file.tree;
    let Some(body) = model.file.body(func) else { return Vec::new() };
    tree.subtree(body)
        .filter(|&node| tree.kind(node) == Kind::Assign && tree.func(node) == func)
        .filter(|&node| tree.child(node, 1).is_some_and(|value| tree.is_true(value)))
        .filter_map(|node| tree.first(node).map(|target| model.file.place(target)))
        .filter(|place| place.root == Root::This(class) && place.path.len() == 1)
        .collect()
}
