//! Under which keys collections grow: of which there are few, and where they come from.

use super::op::CollectionOp;
use crate::index::NodeId;
use crate::model::{Model, Ty};
use crate::place::{Place, Root, Step};
use crate::tables::{BindingKind, Type};
use crate::tree::{BinaryOp, Kind, Tree};
use crate::{calls, guard, turns};
use serde::{Deserialize, Serialize};

/// What is known about the keys under which a collection grows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Keys {
    /// Literals, enum members, classes, functions: there are only so many.
    Finite,
    /// An object made for this one insertion.
    Fresh,
    /// Strings or objects that come from outside.
    Open,
    /// Numbers, as of a counter or an index.
    Number,
    /// There is no key: a list.
    None,
}

/// What is known about the key of one insertion.
#[must_use]
pub fn keys(model: &Model<'_>, op: &CollectionOp) -> Keys {
    let Some(key) = op.key else { return Keys::None };
    match key_kind(model, key) {
        Keys::Open if runs_over(model, key, &op.holder) => Keys::Finite,
        kind => kind,
    }
}

/// `for (const k in x) x[k] = …` overwrites what is there.
fn runs_over(model: &Model<'_>, key: NodeId, holder: &Place) -> bool {
    let tree = &model.file.tree;
    let Some(binding) = model.file.binding_of(key) else { return false };
    let node = model.file.binding(binding).node;
    let each = tree.ancestors(node).take(5).find(|&n| matches!(tree.kind(n), Kind::ForIn | Kind::ForOf));
    let source = each.filter(|&each| tree.first(each).is_some_and(|left| tree.contains(left, node)));
    let by_loop = source
        .and_then(|each| tree.child(each, 1))
        .is_some_and(|source| model.file.place(model.file.iterated(source)) == *holder);
    let place = model.file.place(key);
    by_loop || place.path.last() == Some(&Step::Element) && place.parent().as_ref() == Some(holder)
}

/// An element of a table written out in the source, or a field of one: `for (const column of COLUMNS)`.
fn is_constant_element(model: &Model<'_>, key: NodeId) -> bool {
    let place = model.file.place(key);
    let Some(at) = place.path.iter().position(|step| *step == Step::Element) else { return false };
    let table = Place { root: place.root, path: place.path.iter().take(at).copied().collect() };
    match &model.values(&table)[..] {
        [] => false,
        values => values.iter().all(|&value| model.is_constant_collection(value, 4)),
    }
}

/// The texts that a variable runs over, if its list is written out: `for (const key of ['poll', 'retry'])`.
#[must_use]
pub fn texts_of<'a>(model: &'a Model<'_>, key: NodeId) -> Vec<&'a str> {
    let tree = &model.file.tree;
    let place = model.file.place(key);
    let Some(list) = place.parent().filter(|_| place.path.last() == Some(&Step::Element)) else {
        return Vec::new();
    };
    let literal = match list.root {
        Root::Value(value) if list.path.is_empty() => Some(value),
        _ => match model.values(&list)[..] {
            [value] => Some(value),
            _ => None,
        },
    };
    let literal = literal.filter(|&literal| tree.kind(literal) == Kind::Array);
    let parts = literal.into_iter().flat_map(|literal| tree.children(literal));
    parts.filter_map(|part| tree.string(part)).collect()
}

/// What keys are drawn from, where only another file can say whether there are few of them: a table that is gone through,
/// a type. None if some part of the key comes from elsewhere.
#[must_use]
pub fn drawn_from(model: &Model<'_>, op: &CollectionOp) -> Vec<Place> {
    let mut out = Vec::new();
    let is_known = op.key.is_some_and(|key| is_drawn(model, key, 3, &mut out));
    if is_known { out } else { Vec::new() }
}

fn is_drawn(model: &Model<'_>, key: NodeId, fuel: u32, out: &mut Vec<Place>) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let tree = &model.file.tree;
    if key_kind(model, key) == Keys::Finite {
        return true;
    }
    if tree.kind(key) == Kind::Template || tree.binary_op(key) == Some(BinaryOp::Add) {
        return tree.children(key).all(|part| is_drawn(model, part, fuel, out));
    }
    if tree.kind(key) == Kind::Conditional {
        return tree.children(key).skip(1).all(|part| is_drawn(model, part, fuel, out));
    }
    let found = table_of(model, key).or_else(|| type_of_key(model, key)).or_else(|| enum_of(model, key));
    let is_found = found.is_some();
    out.extend(found);
    let chosen = model.file.value_of(key);
    let chosen = chosen.filter(|&value| !is_found && tree.kind(value) == Kind::Conditional);
    is_found || chosen.is_some_and(|value| is_drawn(model, value, fuel, out))
}

/// The table of another file of which a key is an element, or a part of one.
fn table_of(model: &Model<'_>, key: NodeId) -> Option<Place> {
    let tree = &model.file.tree;
    let place = model.file.place(key);
    let table = match place.path.iter().position(|step| *step == Step::Element) {
        Some(at) => Place { root: place.root, path: place.path.iter().take(at).copied().collect() },
        None => {
            let node = model.file.binding(model.file.binding_of(key)?).node;
            let each =
                tree.ancestors(node).take(5).find(|&n| matches!(tree.kind(n), Kind::ForIn | Kind::ForOf))?;
            let is_head = tree.first(each).is_some_and(|left| tree.contains(left, node));
            let source = tree.child(each, 1).filter(|_| is_head)?;
            model.file.place(model.file.iterated(source))
        }
    };
    matches!(table.root, Root::Module(_)).then_some(table)
}

/// The imported type that a cast of the key names, or of which the parameter is that is the key.
fn type_of_key(model: &Model<'_>, key: NodeId) -> Option<Place> {
    let said = || model.file.binding(model.file.binding_of(key)?).ty;
    model.foreign_class(model.file.tree.cast(key).or_else(said)?)
}

/// What is imported of which a key is a member, `Period.Day`: if that is an enum, there are few.
fn enum_of(model: &Model<'_>, key: NodeId) -> Option<Place> {
    let owner = model.file.place(key).parent()?;
    (matches!(owner.root, Root::Module(_)) && owner.path.len() == 1).then_some(owner)
}

/// A parameter that every call of the file gives a constant.
fn is_constant_argument(model: &Model<'_>, key: NodeId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let Some(binding) = model.file.binding_of(key) else { return false };
    let Some((func, param)) = calls::param_position(model, binding) else { return false };
    let calls = model.calls_of(func);
    let is_local = model.file.function(func).class.is_none() && model.handed(func).is_empty();
    is_local
        && !calls.is_empty()
        && calls.iter().all(|&call| {
            let arg = model.file.tree.arg(call, param as usize);
            arg.is_some_and(|arg| {
                model.file.tree.kind(arg) == Kind::Number || key_kind_within(model, arg, fuel) == Keys::Finite
            })
        })
}

/// What is known about one key expression.
#[must_use]
pub fn key_kind(model: &Model<'_>, key: NodeId) -> Keys {
    key_kind_within(model, key, 3)
}

fn key_kind_within(model: &Model<'_>, key: NodeId, fuel: u32) -> Keys {
    let tree = &model.file.tree;
    match tree.kind(key) {
        // Put together from few parts there are few.
        Kind::Template if fuel > 0 => {
            let is_finite = |part| key_kind_within(model, part, fuel - 1) == Keys::Finite;
            if tree.children(key).all(is_finite) { Keys::Finite } else { Keys::Open }
        }
        Kind::Object | Kind::Array | Kind::New | Kind::Function => Keys::Fresh,
        Kind::String | Kind::Bool | Kind::Class => Keys::Finite,
        _ if is_rounded(model, key)
            || is_name_of_few(model, key, fuel)
            || is_of_flags(model, key)
            || is_joined_of_few(model, key, fuel) =>
        {
            Keys::Finite
        }
        _ => match model.ty(key) {
            Ty::Finite | Ty::Class(_) | Ty::Function(_) => Keys::Finite,
            Ty::Number => Keys::Number,
            _ if is_module_constant(model, key)
                || is_constant_element(model, key)
                || is_constant_argument(model, key, fuel)
                || is_of_template(model, key) =>
            {
                Keys::Finite
            }
            _ => Keys::Open,
        },
    }
}

/// ``function sql(strings: TemplateStringsArray, …)``: there are as many texts as the source has templates.
fn is_of_template(model: &Model<'_>, key: NodeId) -> bool {
    let place = model.file.place(key);
    let Root::Binding(binding) = place.root else { return false };
    let named = model.file.binding(binding).ty.map(|ty| model.file.ty(ty));
    let is_strings =
        matches!(named, Some(Type::Named(name, _)) if model.file.tree.text(*name) == "TemplateStringsArray");
    is_strings && place.path.first() == Some(&Step::Element)
}

/// ``const key = `${step}%` ``: what is put together from few parts and given a name.
fn is_name_of_few(model: &Model<'_>, key: NodeId, fuel: u32) -> bool {
    let value = model.file.value_of(key);
    let text = value.filter(|&value| model.file.tree.kind(value) == Kind::Template);
    fuel > 0 && text.is_some_and(|text| key_kind_within(model, text, fuel - 1) == Keys::Finite)
}

/// `const parts = []; if (web) parts.push('web'); … const key = parts.join('-')`: what is put together from few parts, none of
/// them added in a loop.
fn is_joined_of_few(model: &Model<'_>, key: NodeId, fuel: u32) -> bool {
    let (tree, Some(fuel)) = (&model.file.tree, fuel.checked_sub(1)) else { return false };
    let value = model.file.value_of(key).unwrap_or(key);
    let Some((parts, "join")) = tree.method_call(value) else { return false };
    let is_few = |list: NodeId| {
        tree.kind(list) == Kind::Array
            && tree.children(list).all(|part| key_kind_within(model, part, fuel) == Keys::Finite)
    };
    let Some(binding) = model.file.binding_of(parts) else { return is_few(parts) };
    let adds_few = |name: NodeId| {
        let added = tree.parent(name).and_then(|member| tree.parent(member)).filter(
            |&call| matches!(tree.method_call(call), Some((object, "push" | "unshift")) if object == name),
        );
        name == parts
            || added.is_some_and(|call| {
                guard::enclosing_loop(model, call).is_none()
                    && tree.args(call).all(|arg| key_kind_within(model, arg, fuel) == Keys::Finite)
            })
    };
    let row = model.file.binding(binding);
    let mut uses = row.references.iter().map(|at| model.file.references[at.index()].node);
    model.file.sole_value(binding).is_some_and(is_few) && uses.all(adds_few)
}

/// `(dark ? 1 : 0) | (wide ? 2 : 0)`: a number that is put together from those that the code writes out.
fn is_of_flags(model: &Model<'_>, key: NodeId) -> bool {
    fn is_written_out(tree: &Tree, node: NodeId) -> bool {
        match tree.kind(node) {
            Kind::Number => true,
            Kind::Conditional => tree.children(node).skip(1).all(|side| is_written_out(tree, side)),
            Kind::Binary => tree.children(node).all(|side| is_written_out(tree, side)),
            _ => false,
        }
    }
    let value = model.file.value_of(key).unwrap_or(key);
    model.file.tree.kind(value) == Kind::Binary && is_written_out(&model.file.tree, value)
}

/// `Math.floor(percent / 5) * 5`: a number in steps, by itself or by the name it is given. Of the steps of time there is
/// no end.
fn is_rounded(model: &Model<'_>, key: NodeId) -> bool {
    let tree = &model.file.tree;
    let value = model.file.value_of(key).unwrap_or(key);
    let is_computed = |node: NodeId| tree.binary_op(node) == Some(BinaryOp::Arithmetic);
    let rounds = |node: NodeId| {
        let path = tree.callee(node).and_then(|callee| model.api_path(callee));
        matches!(path.as_deref(), Some("Math.floor" | "Math.round" | "Math.ceil" | "Math.trunc"))
            && tree.arg(node, 0).is_some_and(is_computed)
    };
    let tells_time = |node: NodeId| {
        let name = model.callee_name(node).unwrap_or_default().to_ascii_lowercase();
        ["time", "now", "date", "stamp", "second"].iter().any(|word| name.contains(word))
    };
    is_computed(value)
        && tree.children(value).any(rounds)
        && !tree
            .subtree(value)
            .any(|node| matches!(tree.kind(node), Kind::Identifier | Kind::Member) && tells_time(node))
}

/// Whether a key is a constant of the module: the same every time.
fn is_module_constant(model: &Model<'_>, key: NodeId) -> bool {
    let place = model.file.place(key);
    match place.root {
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            row.func.index() == 0
                && row.kind != BindingKind::Param
                && row.opaque_writes == 0
                && row.values.len() <= 1
                && !place.path.contains(&Step::Element)
                && !turns::is_of_turn(model, binding)
        }
        Root::Module(_) | Root::Global(_) => !place.path.contains(&Step::Element),
        _ => false,
    }
}
