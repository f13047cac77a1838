//! Which functions see the `this` of a class, by where they stand.

use super::own;
use crate::index::{ClassId, FuncId, NodeId};
use crate::tables::{FunctionKind, Lowered};
use crate::tree::Kind;

pub(super) fn mark_class_members(file: &mut Lowered) {
    for i in 0..file.classes.len() {
        let class = ClassId::from_index(i);
        let of_wrapper = |value: Option<NodeId>| file.tree.function(wrapped(file, value?));
        let members: Vec<FuncId> = file.classes[i]
            .members
            .iter()
            .filter_map(|member| member.func.or_else(|| of_wrapper(member.value)))
            .chain(file.classes[i].field_init)
            .collect();
        for func in members {
            own(file, func, class);
        }
    }
}

/// Arrows, and functions bound to `this`, see the `this` of the function they are created in.
pub(super) fn inherit_this(file: &mut Lowered) {
    for i in 0..file.functions.len() {
        let row = &file.functions[i];
        if row.this_class.is_some() {
            continue;
        }
        let inherits = row.kind == FunctionKind::Arrow
            || is_bound_to_this(file, row.node)
            || is_wrapped_for_this(file, row.node);
        if !inherits {
            continue;
        }
        // An arrow in a field initialiser belongs to the class although its parent is the enclosing function.
        let from_parent = row.parent.and_then(|parent| file.functions[parent.index()].this_class);
        file.functions[i].this_class = row.class.or(from_parent);
    }
}

/// `function () { … }.bind(this)`, and the `thisArg` of array methods.
fn is_bound_to_this(file: &Lowered, func: NodeId) -> bool {
    let tree = &file.tree;
    let Some(parent) = tree.parent(func) else { return false };
    match tree.kind(parent) {
        Kind::Member if tree.name(parent) == Some("bind") => {
            let Some(call) = tree.parent(parent).filter(|&call| tree.callee(call) == Some(parent)) else {
                return false;
            };
            tree.arg(call, 0).is_some_and(|arg| tree.kind(arg) == Kind::This)
        }
        Kind::Call if tree.node(func).slot > 0 => {
            let next = tree.arg(parent, tree.node(func).slot as usize);
            next.is_some_and(|arg| tree.kind(arg) == Kind::This)
        }
        _ => false,
    }
}

/// The function that a wrapper makes a method of: `debounce(function () { … }, 100)`, `task(function* () { … })`. What the
/// wrapper is called on, it calls the function on. Of a global function, `setInterval`, that is not so.
pub(super) fn wrapped(file: &Lowered, value: NodeId) -> NodeId {
    let tree = &file.tree;
    let is_wrapper = |callee: NodeId| match tree.kind(callee) {
        Kind::Identifier => file.binding_of(callee).is_some(),
        Kind::Member => matches!(tree.name(callee), Some("debounce" | "throttle")),
        _ => false,
    };
    let is_method = |arg: &NodeId| {
        tree.function(*arg).is_some_and(|func| file.function(func).kind != FunctionKind::Arrow)
    };
    let callee = tree.callee(value).filter(|_| tree.kind(value) == Kind::Call);
    let inner = callee.filter(|&callee| is_wrapper(callee)).and_then(|_| tree.args(value).find(is_method));
    inner.unwrap_or(value)
}

/// `this.flush = debounce(function () { … }, 100)`: the function runs on the instance.
fn is_wrapped_for_this(file: &Lowered, func: NodeId) -> bool {
    let tree = &file.tree;
    let wrapper = tree.parent(func).filter(|&wrapper| wrapped(file, wrapper) == func);
    let target = wrapper
        .and_then(|wrapper| tree.parent(wrapper))
        .filter(|&assign| tree.kind(assign) == Kind::Assign)
        .and_then(|assign| tree.first(assign));
    target.is_some_and(|target| {
        tree.kind(target) == Kind::Member
            && tree.first(target).is_some_and(|object| tree.kind(object) == Kind::This)
    })
}
