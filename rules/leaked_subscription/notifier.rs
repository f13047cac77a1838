//! Subscriptions that wait for a subject to tell of the end, and subjects that never do.

use crate::claim::Gap;
use crate::rule::FileView;
use outlive_semantic::access::{Access, Usage};
use outlive_semantic::calls;
use outlive_semantic::index::{ClassId, NodeId};
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tree::Kind;

/// The operator of a chain that waits in vain: `source.pipe(takeUntil(this.end$))`, where nothing emits on `end$`.
pub(super) fn left_waiting(file: &FileView<'_, '_>, source: NodeId) -> Option<Gap> {
    let tree = &file.model.file.tree;
    let calls = std::iter::successors(Some(source), |&at| tree.method_call(at).map(|(object, _)| object));
    let mut operators = calls.filter(|&at| tree.is_call(at)).flat_map(|at| tree.args(at));
    let operator = operators.find(|&operator| never_tells(file, operator))?;
    let shown = file.model.file.display(&notifier(file, operator)?);
    let how = format!("by `takeUntil`: nothing emits on `{shown}`, and to complete it is not enough");
    Some(Gap::new(how, Some(tree.span(operator))))
}

/// Whether an operator waits for a subject of the instance on which nothing ever emits. `takeUntil` hears of values alone, and
/// neither of `complete` nor of `unsubscribe`: <https://rxjs.dev/api/operators/takeUntil>.
pub(super) fn never_tells(file: &FileView<'_, '_>, operator: NodeId) -> bool {
    let Some(place) = notifier(file, operator) else { return false };
    let Root::This(class) = place.root else { return false };
    let model = file.model;
    let tree = &model.file.tree;
    let is_subject = |&value: &NodeId| {
        let made = tree.callee(value).filter(|_| tree.kind(value) == Kind::New);
        made.and_then(|callee| model.callee_name(callee)) == Some("Subject")
    };
    let tells_nothing = |access: &Access| match access.usage {
        Usage::Method { name, .. } => matches!(tree.text(name), "complete" | "unsubscribe"),
        Usage::Argument { call, index: 0 } => is_take_until(file, call),
        Usage::Assigned(_) => true,
        _ => false,
    };
    let values = model.values(&place);
    is_closed(file, class, &place)
        && matches!(values[..], [_])
        && values.iter().all(is_subject)
        && file.accesses.below(&place).all(tells_nothing)
}

/// The field whose values `takeUntil` waits for.
fn notifier(file: &FileView<'_, '_>, operator: NodeId) -> Option<Place> {
    let subject = file.model.file.tree.arg(operator, 0).filter(|_| is_take_until(file, operator))?;
    let place = file.model.file.place(subject);
    (matches!(place.root, Root::This(_)) && place.path.len() == 1).then_some(place)
}

fn is_take_until(file: &FileView<'_, '_>, call: NodeId) -> bool {
    let callee = file.model.file.tree.callee(call);
    callee.and_then(|callee| file.model.callee_name(callee)) == Some("takeUntil")
}

/// Whether all that is done with a field is in sight: a base class, or what extends this one, may emit on it elsewhere.
fn is_closed(file: &FileView<'_, '_>, class: ClassId, field: &Place) -> bool {
    let row = file.model.file.class(class);
    let member = row.members.iter().find(|member| member.name.is_some() && member.name == field.last_field());
    let is_private = member.is_some_and(|member| member.is_private);
    row.super_class.is_none() && (is_private || calls::is_component(file.model, class))
}
