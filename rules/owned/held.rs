//! What instances hold from outside until a method of their class gives it back.

use crate::claim::HeldClaim;
use crate::rule::{Claims, FileView};
use crate::{disposers, ending};
use outlive_semantic::access::Usage;
use outlive_semantic::index::{ClassId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::{Kind, Span};

/// The rule that speaks of instances.
pub(super) const RULE: &str = "leaked-resource";

/// What something that instances hold stands on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basis {
    /// What the constructor was handed: an instance that was handed nothing has made that itself.
    Given,
    /// Anything else.
    Other,
}

/// Notes that something acquired in one function of a class is given back in the method that ends its instances.
pub(crate) fn note_held(
    file: &FileView<'_, '_>,
    (acquired, at): (FuncId, Span),
    released: FuncId,
    basis: Basis,
    what: impl FnOnce() -> String,
    claims: &mut Claims<'_>,
) {
    let model = file.model;
    note(file, (acquired, at), basis, what, claims, |class| {
        let end = end_around(model, released, class, HELPERS).map(Some);
        end.or_else(|| disposers::end_of_list(model, released, class))
    });
}

/// Notes the same of something that may be a part of the very owner which made the instance, `new Panel(this.map)`: only
/// where it is given back in so many words.
pub(crate) fn note_held_on_given(
    file: &FileView<'_, '_>,
    (acquired, at): (FuncId, Span),
    released: FuncId,
    what: impl FnOnce() -> String,
    claims: &mut Claims<'_>,
) {
    let end = |class| end_around(file.model, released, class, 0).map(Some);
    note(file, (acquired, at), Basis::Given, what, claims, end);
}

/// Notes the same of something that a call returns the disposer of, if that is put on a list of the instance.
pub(crate) fn note_listed(
    file: &FileView<'_, '_>,
    (acquired, call): (FuncId, NodeId),
    what: impl FnOnce() -> String,
    claims: &mut Claims<'_>,
) {
    let model = file.model;
    let at = model.file.tree.span(call);
    note(file, (acquired, at), Basis::Other, what, claims, |class| {
        disposers::end_of_listed(model, call, class)
    });
}

/// What a call of a method stands on: given is a field which takes what the constructor was handed, `this.store` of
/// `this.store = options.store`.
pub(crate) fn basis(model: &Model<'_>, call: NodeId) -> Basis {
    let Some((object, _)) = model.file.tree.method_call(call) else { return Basis::Other };
    let place = model.file.place(object);
    let values = model.values(&place);
    let is_own = |value: &NodeId| match model.file.place(*value).root {
        Root::This(_) => true,
        Root::Binding(binding) => model.file.binding(binding).kind == BindingKind::Param,
        _ => false,
    };
    let is_given = matches!(place.root, Root::This(_)) && !values.is_empty() && values.iter().all(is_own);
    if is_given { Basis::Given } else { Basis::Other }
}

/// What ends the instances of a class: a method by its name, or none where it is a list that somebody works off.
type End = Option<(String, FuncId)>;

fn note(
    file: &FileView<'_, '_>,
    (acquired, at): (FuncId, Span),
    basis: Basis,
    what: impl FnOnce() -> String,
    claims: &mut Claims<'_>,
    end: impl FnOnce(ClassId) -> Option<End>,
) {
    let Some(class) = ending::class_around(file.model, acquired) else { return };
    let Some(end) = end(class) else { return };
    let body = HeldClaim {
        class,
        end,
        what: what(),
        made: None,
        on_given: basis == Basis::Given,
        hands_itself_on: hands_itself_on(file, class),
    };
    claims.add(RULE, acquired, at, body);
}

/// Whether an instance tells others of itself, who may end it: `all.push(this)`, `manager.register(this)`. What it makes for
/// itself, `new Part(this)`, is its own.
fn hands_itself_on(file: &FileView<'_, '_>, class: ClassId) -> bool {
    if let Some(&known) = file.hands_itself_on.borrow().get(&class) {
        return known;
    }
    let tree = &file.model.file.tree;
    let this = Place::root(Root::This(class));
    let hands_on = file.accesses.of(&this).any(|access| match access.usage {
        Usage::Argument { call, .. } => {
            let method = tree.method_call(call).map(|(_, method)| method);
            let only_runs = matches!(method, Some("bind" | "call" | "apply" | "addEventListener"));
            tree.kind(call) != Kind::New && !only_runs
        }
        Usage::Stored(_) | Usage::Assigned(_) => true,
        _ => false,
    });
    file.hands_itself_on.borrow_mut().insert(class, hands_on);
    hands_on
}

/// How many methods of its own an end may go through.
const HELPERS: u32 = 3;

/// The name of the end method of a class in which a function is, or stands, or which alone calls the method that this is:
/// `destroy() { this.removeListeners(); }`.
fn end_around(model: &Model<'_>, func: FuncId, class: ClassId, fuel: u32) -> Option<(String, FuncId)> {
    let method = model.file.enclosing(func).find(|&at| model.file.function(at).class == Some(class))?;
    let name = model.file.function_name(method)?;
    if ending::is_end(model.catalog, name) {
        return Some((name.to_owned(), method));
    }
    let (fuel, calls) = (fuel.checked_sub(1)?, model.calls_of(method));
    if !model.handed(method).is_empty() {
        return None;
    }
    let mut ends = calls.iter().map(|&call| end_around(model, model.file.tree.func(call), class, fuel));
    let first = ends.next()??;
    ends.all(|end| end.is_some()).then_some(first)
}
