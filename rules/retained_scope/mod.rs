//! `retained-scope`: a long-lived closure that keeps what only its siblings use.

use crate::claim::{Claim, LocalClaim, Note, OutlivedClaim};
use crate::finding::{Finding, Role, Severity};
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use crate::{local, outlived};
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::holds;
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::project::FileId;
use outlive_semantic::scope_keeps::{self, Bystander};
use outlive_semantic::tree::{AssignOp, Kind};

/// The rule.
pub(crate) struct RetainedScope;

static META: Meta = Meta {
    id: "retained-scope",
    summary: "a long-lived closure that keeps what only its siblings use",
    category: Category::Retention,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for RetainedScope {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let Some(body) = held_target(file.model, call) else { return };
        let (at, func) = (file.model.file.tree.span(call), file.model.file.tree.func(call));
        claims.add(META.id, func, at, body);
    }

    fn collection(&self, file: &FileView<'_, '_>, op: &CollectionOp, claims: &mut Claims<'_>) {
        // What wraps its old self needs it.
        let grows = matches!(op.op, Op::Grow(growth) if !matches!(growth, Growth::Rebuild | Growth::Wrap));
        if !grows || !is_outside(file.model, &op.holder, op) {
            return;
        }
        let model = file.model;
        let Some(closure) = op.value.and_then(|value| closure_in(model, value, 4)) else { return };
        let Some(bystander) = scope_keeps::bystanders(model, closure).into_iter().next() else { return };
        let body = kept_for_a_sibling(model, &op.holder, closure, &bystander);
        push(model, claims, &op.holder, op.node, true, body);
    }

    fn file(&self, file: &FileView<'_, '_>, claims: &mut Claims<'_>) {
        let model = file.model;
        let tree = &model.file.tree;
        let plain = file.model.all_assignments().iter().copied();
        for assign in plain.filter(|&node| tree.assign_op(node) == AssignOp::Plain) {
            let (Some(target), Some(value)) = (tree.first(assign), tree.child(assign, 1)) else { continue };
            if tree.func(assign).index() == 0 {
                continue;
            }
            let place = model.file.place(target);
            if let Some(body) =
                chain(model, &place, assign, value).or_else(|| patched(model, &place, assign, value))
            {
                push(model, claims, &place, assign, false, body);
            }
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let mut findings = outlived::settle_all(claims, view, &META);
        findings.extend(local::settle_all(claims, view, &META));
        findings
    }
}

fn push(
    model: &Model<'_>,
    claims: &mut Claims<'_>,
    holder: &Place,
    node: NodeId,
    may_be_released: bool,
    body: LocalClaim,
) {
    let tree = &model.file.tree;
    let outlived = outlived::claim(model, holder, node, body, claims);
    let body = OutlivedClaim { may_be_released, ..outlived };
    claims.add(META.id, tree.func(node), tree.span(node), body);
}

/// Whether a holder is not a local of the function that adds to it.
fn is_outside(model: &Model<'_>, holder: &Place, op: &CollectionOp) -> bool {
    match holder.root {
        Root::Binding(binding) => model.file.binding(binding).func != op.func,
        Root::Value(_) | Root::Receiver(_) => false,
        _ => true,
    }
}

/// The function that a stored value is, or has among its parts.
fn closure_in(model: &Model<'_>, value: NodeId, fuel: u32) -> Option<FuncId> {
    let fuel = fuel.checked_sub(1)?;
    let tree = &model.file.tree;
    match tree.kind(value) {
        Kind::Function => tree
            .function(value)
            .filter(|func| model.file.function(*func).parent.is_some_and(|p| p.index() != 0)),
        Kind::Object => tree.children(value).find_map(|part| closure_in(model, tree.last_child(part)?, fuel)),
        Kind::Array => tree.children(value).find_map(|part| closure_in(model, part, fuel)),
        Kind::Identifier => {
            let func = model.function_of(value)?;
            let made = tree.func(value);
            model
                .file
                .function(func)
                .parent
                .filter(|parent| parent.index() != 0 && model.file.is_within(made, *parent))
                .map(|_| func)
        }
        _ => None,
    }
}

fn kept_for_a_sibling(
    model: &Model<'_>,
    holder: &Place,
    closure: FuncId,
    bystander: &Bystander,
) -> LocalClaim {
    let tree = &model.file.tree;
    let name = tree.text(model.file.binding(bystander.binding).name);
    let shown = model.file.display(holder);
    let what = match model.file.function_name(closure) {
        Some(name) => format!("`{name}`"),
        None => "the function".to_owned(),
    };
    LocalClaim {
        message: format!(
            "{what}, kept in `{shown}`, keeps `{name}` too ({}): another closure of the same scope uses it",
            bystander.weight
        ),
        help: format!(
            "make the two closures in different functions or blocks, or set `{name}` to null when it is used up"
        ),
        subject: format!("{shown} {name}"),
        notes: vec![
            Note {
                role: Role::Captures,
                message: format!("`{name}` is in the context because it is used here"),
                span: tree.span(bystander.used),
            },
            Note {
                role: Role::Holder,
                message: format!("`{name}` is {}", bystander.weight),
                span: model.file.binding(bystander.binding).span,
            },
        ],
        ..LocalClaim::default()
    }
}

/// `const old = thing; const unused = () => old; thing = { method() {} }`: each new one keeps the one before.
fn chain(model: &Model<'_>, place: &Place, assign: NodeId, value: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let func = tree.func(assign);
    closure_in(model, value, 4).filter(|&closure| model.file.function(closure).parent == Some(func))?;
    let is_long = !place.path.contains(&Step::Element)
        && matches!(place.root, Root::Binding(binding) if model.file.binding(binding).func != func);
    let is_field = matches!(place.root, Root::This(_) | Root::Module(_) | Root::Global(_) | Root::Class(_));
    if !is_long && !is_field {
        return None;
    }
    // Put back later: a loan, not a chain.
    let is_restored = model.values(place).iter().any(|&value| {
        matches!(tree.kind(value), Kind::Identifier | Kind::Member) && model.file.place(value) == *place
    });
    if is_restored {
        return None;
    }
    let old = local_copy(model, place, func)?;
    let used = captured(model, old, func, value)?;
    let (name, shown) = (tree.text(model.file.binding(old).name), model.file.display(place));
    Some(LocalClaim {
        message: format!(
            "each new value of `{shown}` keeps the one before: `{name}` is in the scope of its closures"
        ),
        help: format!(
            "set `{name}` to null at the end of the function, or make the new value where `{name}` is not in scope"
        ),
        subject: format!("{shown} {name}"),
        notes: vec![Note {
            role: Role::Captures,
            message: format!("`{name}` is in the context because it is used here"),
            span: tree.span(used),
        }],
        ..LocalClaim::default()
    })
}

/// A variable of the function whose only value is what the place held before.
fn local_copy(model: &Model<'_>, place: &Place, func: FuncId) -> Option<BindingId> {
    let file = model.file;
    let bindings = file.tree.subtree(file.function(func).node).filter_map(|node| file.tree.binding(node));
    bindings.filter(|&binding| file.binding(binding).func == func).find(|&binding| {
        let value = file.sole_value(binding);
        value.is_some_and(|value| {
            matches!(file.tree.kind(value), Kind::Identifier | Kind::Member) && file.place(value) == *place
        })
    })
}

/// Where a closure uses a variable, unless it is the new value that does: a wrapper needs what it wraps.
fn captured(model: &Model<'_>, binding: BindingId, func: FuncId, value: NodeId) -> Option<NodeId> {
    let file = model.file;
    let uses =
        || file.binding(binding).references.iter().map(|reference| file.references[reference.index()].node);
    let is_wrapped = uses().any(|node| file.tree.contains(value, node));
    uses().find(|&node| !is_wrapped && file.tree.func(node) != func)
}

/// `Shared.prototype.method = () => … local …` in code that runs again: the last one stays with what it uses.
fn patched(model: &Model<'_>, place: &Place, assign: NodeId, value: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let is_foreign = matches!(place.root, Root::Module(_)) && place.path.len() > 1;
    let is_prototype =
        place.path.iter().any(|step| matches!(step, Step::Field(name) if tree.text(*name) == "prototype"));
    let closure = tree.function(value).filter(|_| is_foreign && is_prototype)?;
    // The method that was there before belongs to all as well.
    let is_own = |node: NodeId| !matches!(model.file.place(node).root, Root::Module(_) | Root::Global(_));
    let (node, _) = holds::captures(model, closure).into_iter().find(|(node, _)| is_own(*node))?;
    let (shown, name) = (model.file.display(place), model.file.display(&model.file.place(node)));
    Some(LocalClaim {
        message: format!("`{shown}` is shared by all, and from here on keeps `{name}` of this call"),
        help: format!(
            "patch `{shown}` once for the module, and reach what belongs to the call through `this`"
        ),
        subject: format!("{shown} {name}"),
        // A class is written for more than one instance.
        conventions: u8::from(model.constructs(tree.func(assign)).is_none()),
        notes: vec![Note { role: Role::Captures, message: format!("uses `{name}`"), span: tree.span(node) }],
        ..LocalClaim::default()
    })
}

/// `registry.register(target, { target })`: what is kept for the callback keeps the target, which is never collected. The
/// target itself in that place is refused when it runs.
fn held_target(model: &Model<'_>, call: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let (registry, "register") = tree.method_call(call)? else { return None };
    model.model_of(model.ty(registry)).filter(|&of| model.catalog.is_a(of, "FinalizationRegistry"))?;
    let (target, held) = (tree.arg(call, 0)?, tree.arg(call, 1)?);
    let place = model.file.place(target);
    let named = matches!(tree.kind(target), Kind::Identifier | Kind::This | Kind::Member);
    if !named || is_itself(model, held, &place) || !reaches(model, held, &place, 4) {
        return None;
    }
    let (target, held) = (model.file.display(&place), model.file.display(&model.file.place(registry)));
    Some(LocalClaim {
        message: format!(
            "`{target}` is never collected: `{held}` keeps it as the value for its own callback"
        ),
        help: format!("pass something from which `{target}` cannot be reached: an id, a path, a handle"),
        subject: format!("{held} {target}"),
        must_repeat: true,
        ..LocalClaim::default()
    })
}

/// Whether a value is what is at a place, also under a name of its own.
fn is_itself(model: &Model<'_>, value: NodeId, place: &Place) -> bool {
    let named = || model.file.value_of(value);
    model.file.place(value) == *place || named().is_some_and(|value| model.file.place(value) == *place)
}

/// Whether a value is, has as a part, or is a function that uses what is at a place.
fn reaches(model: &Model<'_>, value: NodeId, place: &Place, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let tree = &model.file.tree;
    match tree.kind(value) {
        Kind::Identifier | Kind::This => {
            let named = || model.file.value_of(value);
            model.file.place(value) == *place
                || named().is_some_and(|value| reaches(model, value, place, fuel))
        }
        Kind::Object => tree
            .children(value)
            .filter_map(|part| tree.last_child(part))
            .any(|part| reaches(model, part, place, fuel)),
        Kind::Array => tree.children(value).any(|part| reaches(model, part, place, fuel)),
        Kind::Function => tree.subtree(value).any(|node| {
            matches!(tree.kind(node), Kind::Identifier | Kind::This) && model.file.place(node) == *place
        }),
        _ => false,
    }
}
