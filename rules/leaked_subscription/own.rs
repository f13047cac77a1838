//! What is subscribed to, as far as it says how long it lasts: things that the subscriber has made itself, and what the
//! methods of other files give.

use crate::rule::Claims;
use outlive_semantic::completes::source_of_pipes;
use outlive_semantic::given::given_before;
use outlive_semantic::index::{ClassId, NameId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::rate::Life;
use outlive_semantic::summary::TypeRow;
use outlive_semantic::tree::Kind;

/// Whether the source is a part of something that the instance makes itself, or of its own view: `this.form.controls.name`
/// of a form that the component has built, `this.sort.sortChange` of a `@ViewChild`.
pub(super) fn is_own(model: &Model<'_>, source: NodeId) -> bool {
    let Some(owner) = owner(model, source) else { return false };
    let Root::This(class) = owner.root else { return false };
    if is_handed_by_the_parent(model, class, &owner) {
        return false;
    }
    is_part_of_view(model, class, &owner) || is_made_here(model, &owner)
}

/// The field of the instance that a chain of fields and method calls starts at.
fn owner(model: &Model<'_>, source: NodeId) -> Option<Place> {
    let tree = &model.file.tree;
    let mut at = source;
    // A chain has few links.
    for _ in 0..32 {
        let place = model.file.place(at);
        match (place.root, place.path.first()) {
            (Root::This(_), Some(_)) => return place.trunk(),
            (Root::Binding(binding), _) => at = model.file.sole_value(binding)?,
            (Root::Value(value), _) => {
                at = match tree.method_call(value) {
                    Some((object, _)) if model.file.place(object).path.is_empty() => tree.callee(value)?,
                    Some((object, _)) => object,
                    None => return None,
                }
            }
            _ => return None,
        }
    }
    None
}

/// Whether all that a field ever holds is made for it: constructed, or given by a library that says how long it lasts.
fn is_made_here(model: &Model<'_>, field: &Place) -> bool {
    holds_only(model, field, |value| model.file.tree.kind(value) == Kind::New || is_short_lived(model, value))
}

/// Whether a field is given a value somewhere, and never one that fails the test. To empty it is no value.
fn holds_only(model: &Model<'_>, field: &Place, test: impl Fn(NodeId) -> bool) -> bool {
    let values = model.values(field);
    let mut held = values.iter().filter(|&&value| !model.is_nothing(value)).peekable();
    held.peek().is_some() && held.all(|&value| test(value))
}

/// A field of an instance that holds only what the instance made itself, or what came out of that: the session of a client
/// of its own. It goes when the instance goes.
pub(super) fn is_made_by_owner(model: &Model<'_>, place: &Place, fuel: u32) -> bool {
    let Some((fuel, field)) = fuel.checked_sub(1).zip(place.trunk()) else { return false };
    let Root::This(class) = field.root else { return false };
    !is_handed_by_the_parent(model, class, &field)
        && holds_only(model, &field, |value| comes_of_own(model, value, fuel))
}

/// Whether a value is made here, or by a method of something that was.
fn comes_of_own(model: &Model<'_>, value: NodeId, fuel: u32) -> bool {
    let tree = &model.file.tree;
    match tree.kind(value) {
        Kind::New => true,
        Kind::Await => tree.first(value).is_some_and(|awaited| comes_of_own(model, awaited, fuel)),
        Kind::Call => tree.method_call(value).is_some_and(|(object, _)| {
            let from = model.file.place(object);
            matches!(from.root, Root::This(_)) && is_made_by_owner(model, &from, fuel)
        }),
        _ => false,
    }
}

/// Whether a variable, or a field of the instance, is given something new right before: `this.popup =
/// this.overlay.create(…); this.popup.closed().subscribe(…)`, `session = new Session(); session.ended$.subscribe(…)`.
pub(super) fn is_made_before(model: &Model<'_>, source: NodeId, place: &Place) -> bool {
    let tree = &model.file.tree;
    let is_field = matches!(place.root, Root::This(_));
    let makes = |value: NodeId| match tree.kind(value) {
        Kind::New => true,
        Kind::Call if is_field => {
            let name = tree.callee(value).and_then(|callee| model.callee_name(callee)).unwrap_or_default();
            ["create", "make", "open", "build"].iter().any(|word| name.starts_with(word))
        }
        _ => false,
    };
    let is_held = is_field || matches!(place.root, Root::Binding(_));
    is_held && given_before(model, place, source).into_iter().max().is_some_and(makes)
}

/// Whether a call gives something that ends with a component at the latest.
pub(super) fn is_short_lived(model: &Model<'_>, value: NodeId) -> bool {
    let life = model.model_of(model.ty(value)).and_then(|of| model.catalog.model(of).life);
    model.file.tree.kind(value) == Kind::Call && life.is_some_and(|life| life <= Life::Component)
}

/// Whether a decorator says that a field is a part of the component's own view: `@ViewChild(MatSort) sort`.
fn is_part_of_view(model: &Model<'_>, class: ClassId, field: &Place) -> bool {
    decorators(model, class, field).into_iter().any(|call| is_short_lived(model, call))
}

/// Whether a decorator says that the parent gives a field its value, whatever it holds at first: `@Input() clear = new
/// EventEmitter()`.
fn is_handed_by_the_parent(model: &Model<'_>, class: ClassId, field: &Place) -> bool {
    let tree = &model.file.tree;
    decorators(model, class, field)
        .into_iter()
        .any(|call| tree.callee(call).and_then(|callee| model.callee_name(callee)) == Some("Input"))
}

/// The decorators of the field that a path of an instance starts with.
fn decorators(model: &Model<'_>, class: ClassId, field: &Place) -> Vec<NodeId> {
    let tree = &model.file.tree;
    let Some(Step::Field(name)) = field.path.first() else { return Vec::new() };
    let members = &model.file.class(class).members;
    let member = members.iter().find(|member| member.name == Some(*name));
    let parts = member.into_iter().flat_map(|member| tree.children(member.node));
    let decorators = parts.filter(|&part| tree.kind(part) == Kind::Decorator);
    decorators.filter_map(|decorator| tree.first(decorator)).collect()
}

/// What the method gives that the chain starts with, where another file says what that is, `this.api.save()`, and the field of
/// it that is subscribed to: `this.api.settings().first$`.
pub(super) fn given(
    model: &Model<'_>,
    source: NodeId,
    claims: &mut Claims<'_>,
) -> Option<(TypeRow, Option<NameId>)> {
    let tree = &model.file.tree;
    let base = source_of_pipes(model, source);
    let whole = tree.first(base).filter(|_| tree.kind(base) == Kind::Member);
    let whole = whole.filter(|&whole| tree.kind(whole) == Kind::Call);
    let part = whole.and_then(|_| tree.name(base)).map(|part| claims.names.intern(part));
    let mut at = whole.unwrap_or(source);
    while let Some((object, _)) = tree.method_call(at) {
        if tree.method_call(object).is_none() {
            break;
        }
        at = object;
    }
    let callee = model.file.place(tree.callee(at)?);
    let is_named = matches!(callee.root, Root::This(_) | Root::Module(_)) && !callee.path.is_empty();
    is_named.then(|| (TypeRow::ResultOf(claims.names.place_id(model, &callee)), part))
}
