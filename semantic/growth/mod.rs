//! What is done to collections: what adds to them, what takes away, what tests their size.

mod entries;
mod keys;
mod op;

pub use keys::{Keys, drawn_from, key_kind, keys, texts_of};
pub use op::{CollectionOp, Growth, Op};

use crate::access::{Access, Accesses, Usage};
use crate::index::{BindingId, FuncId, NodeId};
use crate::model::{Model, Ty};
use crate::place::{Place, Root, Step};
use crate::tables::BindingKind;
use crate::tree::{AssignOp, BinaryOp, Kind, flag};
use crate::{calls, guard, reach};
use rustc_hash::{FxHashMap, FxHashSet};

/// Functions that only read what they are handed.
const READERS: &[&str] = &[
    "JSON.stringify",
    "structuredClone",
    "String",
    "Boolean",
    "Number",
    "Array.isArray",
    "Array.from",
    "Object.keys",
    "Object.values",
    "Object.entries",
    "Object.freeze",
    "Object.getOwnPropertyNames",
    "Object.fromEntries",
    "console.log",
    "console.error",
    "console.warn",
    "console.debug",
    "console.info",
    "console.table",
    "isNaN",
    "parseInt",
    "parseFloat",
    "Promise.all",
    "Promise.allSettled",
    "Promise.race",
    "Promise.any",
    "Map",
    "Set",
    "WeakMap",
    "WeakSet",
    "Array",
    "Object",
    "Error",
    "TypeError",
    "Buffer.concat",
    "Buffer.from",
    "util.inspect",
    "inspect",
    "Math.max",
    "Math.min",
    "Blob",
    "expect",
    "assert",
    "assert.equal",
    "assert.deepEqual",
    "Reflect.ownKeys",
    "Reflect.has",
    "Object.prototype.hasOwnProperty.call",
    "hasOwnProperty.call",
    "Object.hasOwn",
    "require",
];

/// Everything done to collections in the file.
#[must_use]
pub fn collection_ops(model: &Model<'_>, accesses: &Accesses) -> Vec<CollectionOp> {
    let mut out = Vec::new();
    for access in accesses.iter() {
        if matches!(access.place.root, Root::Value(_)) && access.place.path.is_empty() {
            continue;
        }
        out.extend(first_entry(model, access));
        out.extend(entries::swapped(model, accesses, access));
        if let Some(op) = element_op(model, access).or_else(|| whole_op(model, access)) {
            out.push(op);
        }
    }
    let mut dead: FxHashMap<FuncId, bool> = FxHashMap::default();
    let mut never_runs = |func: FuncId| {
        let is_dead = || model.file.enclosing(func).any(|func| reach::dead(model, accesses, func).is_some());
        *dead.entry(func).or_insert_with(is_dead)
    };
    // What never runs takes nothing away.
    out.retain(|op| !matches!(op.op, Op::Release | Op::Reset) || !never_runs(op.func));
    resets_that_drain(&mut out);
    let handed = handed_to_helpers(model, accesses);
    let seen_through: FxHashSet<(NodeId, NodeId)> =
        handed.iter().map(|&(access, call, _)| (call, access.node)).collect();
    if handed.is_empty() {
        return out;
    }
    for _ in 0..HELPER_DEPTH {
        if !through_helpers(model, &handed, &seen_through, &mut out) {
            break;
        }
    }
    out
}

/// What is handed to functions of the file, with the calls and the parameters that it becomes.
fn handed_to_helpers<'s>(model: &Model<'_>, accesses: &'s Accesses) -> Vec<(&'s Access, NodeId, BindingId)> {
    let handed = |access: &'s Access| {
        let Usage::Argument { call, index } = access.usage else { return None };
        Some((access, call, handed_to(model, call, index)?))
    };
    accesses.iter().filter_map(handed).collect()
}

/// How many helpers deep a collection is followed.
const HELPER_DEPTH: usize = 3;

/// What a function of the file does to a collection that it is handed is done where it is called:
/// `evict(cache)`, `put(cache, key, value)`. Returns whether anything new was learnt.
fn through_helpers(
    model: &Model<'_>,
    handed: &[(&Access, NodeId, BindingId)],
    seen_through: &FxHashSet<(NodeId, NodeId)>,
    ops: &mut Vec<CollectionOp>,
) -> bool {
    let mut by_param: FxHashMap<BindingId, Vec<usize>> = FxHashMap::default();
    for (i, op) in ops.iter().enumerate() {
        if let (Root::Binding(binding), true) = (op.holder.root, op.holder.path.is_empty())
            && model.file.binding(binding).kind == BindingKind::Param
        {
            by_param.entry(binding).or_default().push(i);
        }
    }
    let mut learnt = Vec::new();
    for (access, call, param) in handed {
        for &i in by_param.get(param).map(Vec::as_slice).unwrap_or_default() {
            learnt.extend(at_call(model, access, *call, &ops[i]));
        }
    }
    // A helper that hands it on itself hands it on for its caller.
    let handed_on: FxHashSet<(NodeId, NodeId)> =
        learnt.iter().filter(|op| op.op == Op::Escape).map(|op| (op.node, op.target)).collect();
    ops.retain(|op| {
        let at = (op.node, op.target);
        op.op != Op::Escape || !seen_through.contains(&at) || handed_on.contains(&at)
    });
    if learnt.is_empty() {
        return false;
    }
    // Little is learnt, and much is known.
    let key = |op: &CollectionOp| (op.node, op.target, op.op);
    let wanted: FxHashSet<(NodeId, NodeId, Op)> = learnt.iter().map(key).collect();
    let known: FxHashSet<(NodeId, NodeId, Op)> =
        ops.iter().map(key).filter(|key| wanted.contains(key)).collect();
    learnt.retain(|op| !known.contains(&key(op)));
    let is_new = !learnt.is_empty();
    ops.append(&mut learnt);
    is_new
}

/// Whether an argument goes to a function of the file that only looks at it.
#[must_use]
pub fn is_only_looked_at(model: &Model<'_>, accesses: &Accesses, call: NodeId, index: usize) -> bool {
    handed_to(model, call, index).is_some_and(|param| {
        accesses
            .below(&Place::root(Root::Binding(param)))
            .all(|access| matches!(access.usage, Usage::Tested(_) | Usage::Operand(_) | Usage::Read))
    })
}

/// `for (const job of this.waiting) run(job); this.waiting = [];`: what is gone through and then replaced is taken out,
/// whichever method does it.
fn resets_that_drain(ops: &mut [CollectionOp]) {
    // Much is read, and little is replaced.
    let mut replaced: FxHashMap<(FuncId, Place), bool> = FxHashMap::default();
    for op in ops.iter().filter(|op| op.op == Op::Reset) {
        replaced.insert((op.func, op.holder.clone()), false);
    }
    if replaced.is_empty() {
        return;
    }
    for op in ops.iter().filter(|op| op.op == Op::Read) {
        if let Some(is_read) = replaced.get_mut(&(op.func, op.holder.clone())) {
            *is_read = true;
        }
    }
    for op in ops.iter_mut().filter(|op| op.op == Op::Reset) {
        if replaced.get(&(op.func, op.holder.clone())) == Some(&true) {
            op.op = Op::Release;
        }
    }
}

/// The parameter that an argument becomes, if a function of the file is called and never gives it another value.
pub(crate) fn handed_to(model: &Model<'_>, call: NodeId, index: usize) -> Option<BindingId> {
    if model.file.tree.kind(call) != Kind::Call {
        return None;
    }
    let func = model.function_of(model.file.tree.callee(call)?)?;
    let param = model.file.params(func).nth(index)?;
    let binding = model.file.tree.binding(param)?;
    let row = model.file.binding(binding);
    (row.opaque_writes == 0 && row.values.is_empty()).then_some(binding)
}

/// What a helper does to its parameter, told of the argument.
fn at_call(model: &Model<'_>, access: &Access, call: NodeId, op: &CollectionOp) -> Option<CollectionOp> {
    if matches!(op.op, Op::Reset) {
        return None;
    }
    let argument = |node: NodeId| {
        let (func, position) = calls::param_position(model, model.file.binding_of(node)?)?;
        (func == op.func).then(|| model.file.tree.arg(call, position as usize)).flatten()
    };
    let told = |node: Option<NodeId>| node.map(|node| argument(node).unwrap_or(node));
    // Whether a size is compared shows where it is read.
    let node = if op.op == Op::Size { op.node } else { call };
    let (key, value) = (told(op.key), told(op.value));
    Some(CollectionOp {
        holder: access.place.clone(),
        op: op.op,
        node,
        target: access.node,
        key,
        value,
        func: access.func,
    })
}

/// Operations whose path ends in the element: `x[k] = v`, `delete x[k]`; and on `x.length`, `x.push.apply`.
fn element_op(model: &Model<'_>, access: &Access) -> Option<CollectionOp> {
    let tree = &model.file.tree;
    let holder = access.place.parent()?;
    let key = || (tree.kind(access.node) == Kind::Index).then(|| tree.child(access.node, 1)).flatten();
    let make = |op, node, key, value| {
        let target = tree.first(access.node).unwrap_or(access.node);
        Some(CollectionOp { holder: holder.clone(), op, node, target, key, value, func: access.func })
    };
    let last = access.place.path.last()?;
    let field = match last {
        Step::Field(name) => Some(tree.text(*name)),
        Step::Element => None,
    };
    match (field, access.usage) {
        (None, Usage::Assigned(assign)) if tree.kind(access.node) == Kind::Index => {
            let value = tree.child(assign, 1);
            let is_blank = value.is_some_and(|value| model.is_nothing(value));
            if key().is_some_and(|key| is_length_of(model, key, &holder)) {
                return make(Op::Grow(Growth::Push), assign, None, value);
            }
            if value.is_some_and(|value| is_thinned(model, &holder, value)) {
                let op = make(Op::Release, assign, key(), None);
                return op.and_then(|op| Some(CollectionOp { holder: op.holder.with(Step::Element)?, ..op }));
            }
            let op = if is_blank { Op::Blank } else { Op::Grow(Growth::Key) };
            make(op, assign, key(), value)
        }
        (None, Usage::Updated(node)) if tree.kind(access.node) == Kind::Index => {
            // `counts[ip]++` makes the key.
            make(Op::Grow(Growth::Key), node, key(), None)
        }
        // `delete table.first` takes out what was put in under that name; the others stay.
        (Some(_), Usage::Deleted(_)) => None,
        (None, Usage::Deleted(node)) => make(Op::Release, node, key(), None),
        (Some("length"), Usage::Assigned(node) | Usage::Updated(node)) => make(Op::Release, node, None, None),
        (Some("length" | "size" | "byteLength"), _) => make(Op::Size, access.node, None, None),
        (Some("push" | "unshift"), Usage::Method { name, call })
            if matches!(tree.text(name), "apply" | "call") =>
        {
            // `Array.prototype.push.apply(list, more)` grows its first argument.
            if model.path_of(&holder).as_deref() == Some("Array.prototype") {
                let list = tree.arg(call, 0)?;
                let (holder, value) = (model.file.place(list), tree.arg(call, 1));
                return Some(CollectionOp {
                    holder,
                    op: Op::Grow(Growth::Push),
                    node: call,
                    target: list,
                    key: None,
                    value,
                    func: access.func,
                });
            }
            make(Op::Grow(Growth::Push), call, None, tree.arg(call, 1))
        }
        (Some("splice"), Usage::Method { name, call }) if matches!(tree.text(name), "apply" | "call") => {
            make(Op::Release, call, None, None)
        }
        _ => None,
    }
}

/// `lists[key] = (lists[key] || []).filter(…)`: what is left of an entry, and a new key where there was none.
fn first_entry(model: &Model<'_>, access: &Access) -> Option<CollectionOp> {
    let tree = &model.file.tree;
    let Usage::Assigned(assign) = access.usage else { return None };
    let value = tree.child(assign, 1).filter(|_| tree.kind(access.node) == Kind::Index)?;
    let holder = access.place.parent().filter(|_| access.place.path.last() == Some(&Step::Element))?;
    let (object, _) = tree.method_call(value)?;
    if tree.kind(object) != Kind::Logical || !is_thinned(model, &holder, value) {
        return None;
    }
    Some(CollectionOp {
        holder,
        op: Op::Grow(Growth::Key),
        node: assign,
        target: tree.first(access.node)?,
        key: tree.child(access.node, 1),
        value: Some(value),
        func: access.func,
    })
}

/// `list[list.length] = x` is a push.
fn is_length_of(model: &Model<'_>, key: NodeId, holder: &Place) -> bool {
    let place = model.file.place(key);
    place.last_field().is_some_and(|name| model.file.tree.text(name) == "length")
        && place.parent().as_ref() == Some(holder)
}

/// Operations on the collection itself.
fn whole_op(model: &Model<'_>, access: &Access) -> Option<CollectionOp> {
    let tree = &model.file.tree;
    let make = |op, node, key, value| {
        let (holder, target) = (access.place.clone(), access.node);
        Some(CollectionOp { holder, op, node, target, key, value, func: access.func })
    };
    match access.usage {
        Usage::Method { name, call } => {
            let (op, key, value) = method_op(model, tree.text(name), call)?;
            if op == Op::Grow(Growth::Set)
                && value.is_some_and(|value| is_thinned(model, &access.place, value))
            {
                let op = make(Op::Release, call, key, None);
                return op.and_then(|op| Some(CollectionOp { holder: op.holder.with(Step::Element)?, ..op }));
            }
            make(op, call, key, value)
        }
        // `client = this` says what a variable is another name of.
        Usage::Assigned(assign) if names_a_thing(model, access, assign) => None,
        Usage::Assigned(assign)
            if is_other_name(model, access) && entries::is_made_where_none_was(model, access, assign) =>
        {
            None
        }
        Usage::Assigned(assign) => {
            let value = tree.child(assign, 1)?;
            // `x ??= new Map()` makes it once.
            if tree.assign_op(assign) != AssignOp::Plain
                || guard::once_guard(model, assign).is_some_and(|flag| flag == access.place)
            {
                return None;
            }
            make(assigned_op(model, &access.place, value), assign, None, Some(value))
        }
        // `parts.map((part) => (part += suffix))` gives a variable something new, and the list nothing.
        Usage::Updated(node) if tree.kind(node) == Kind::Assign => (tree.assign_op(node) == AssignOp::Add
            && !is_other_name(model, access))
        .then(|| make(Op::Grow(Growth::Append), node, None, tree.child(node, 1)))
        .flatten(),
        // `delete this.queue`: with the field goes what it held.
        Usage::Destructured(node) | Usage::Deleted(node) => make(Op::Reset, node, None, None),
        Usage::Argument { call, index } if entries::is_put_back(model, access, call, index) => None,
        Usage::Argument { call, index } => argument_op(model, access, call, index),
        // What uses a private getter is in sight.
        Usage::Returned(node) if is_private_getter(model, access.func) => make(Op::Read, node, None, None),
        Usage::Returned(_) if is_exported_getter(model, access.func) => None,
        Usage::Returned(node) | Usage::Yielded(node) => make(Op::Escape, node, None, None),
        Usage::Stored(node) if is_own_rebuild(model, access, node) || is_exported(model, node) => None,
        Usage::Stored(node) => make(Op::Escape, node, None, None),
        Usage::Iterated(node) | Usage::Spread(node) => make(Op::Read, node, None, None),
        _ => None,
    }
}

/// Whether what is written to is a variable, of which something else is known to be behind it.
fn is_other_name(model: &Model<'_>, access: &Access) -> bool {
    model.file.tree.kind(access.node) == Kind::Identifier && !access.place.path.is_empty()
}

/// Whether an assignment is all that says what a variable is another name of: `var client; client = this;`.
fn names_a_thing(model: &Model<'_>, access: &Access, assign: NodeId) -> bool {
    let binding = model.file.binding_of(access.node);
    let is_other = binding.is_some_and(|binding| access.place != Place::root(Root::Binding(binding)));
    let sole = binding.and_then(|binding| model.file.sole_value(binding));
    is_other && sole.is_some() && sole == model.file.tree.child(assign, 1)
}

/// Whether a function is a getter that only its class can use.
fn is_private_getter(model: &Model<'_>, func: FuncId) -> bool {
    let class = model.file.function(func).class.map(|class| model.file.class(class));
    class.is_some_and(|class| {
        let mut members = class.members.iter().filter(|member| member.func == Some(func));
        members.any(|member| member.is_private && model.file.tree.has(member.node, flag::GETTER))
    })
}

fn method_op(model: &Model<'_>, method: &str, call: NodeId) -> Option<(Op, Option<NodeId>, Option<NodeId>)> {
    let tree = &model.file.tree;
    let (first, second) = (tree.arg(call, 0), tree.arg(call, 1));
    Some(match method {
        "set" if second.is_some() => (Op::Grow(Growth::Set), first, second),
        "add" if first.is_some() => (Op::Grow(Growth::Add), first, first),
        "push" | "unshift" if tree.args(call).next().is_some() => {
            (Op::Grow(Growth::Push), None, tree.args(call).next())
        }
        "splice" => {
            let inserts = tree.args(call).count() > 2;
            let deletes_none = second.and_then(|count| tree.number(count)) == Some(0.0);
            if inserts && deletes_none {
                (Op::Grow(Growth::Push), None, tree.args(call).nth(2))
            } else {
                (Op::Release, None, None)
            }
        }
        "delete" | "clear" | "pop" | "shift" | "remove" | "removeAll" | "reset" | "empty" | "dequeue"
        | "drain" | "flush" | "prune" | "evict" | "purge" | "truncate" | "deleteAll" => {
            (Op::Release, first, None)
        }
        "has" | "get" | "includes" | "indexOf" | "find" | "findIndex" | "hasOwnProperty" => {
            (Op::Lookup, first, None)
        }
        "forEach" | "map" | "filter" | "reduce" | "some" | "every" | "join" | "keys" | "values"
        | "entries" | "slice" | "concat" | "sort" | "reverse" | "toString" | "at" | "flat" | "flatMap"
        | "lastIndexOf" | "fill" => (Op::Read, None, None),
        _ => return None,
    })
}

/// `lists.set(key, lists.get(key).filter(…))`: an entry becomes a part of itself.
fn is_thinned(model: &Model<'_>, holder: &Place, value: NodeId) -> bool {
    let Some((object, "filter" | "slice" | "splice")) = model.file.tree.method_call(value) else {
        return false;
    };
    let part = model.file.place(model.file.iterated(object));
    holder.clone().with(Step::Element).is_some_and(|element| part == element)
}

/// What assigning a value to a collection's name does: grow it, shrink it or start over.
fn assigned_op(model: &Model<'_>, place: &Place, value: NodeId) -> Op {
    let tree = &model.file.tree;
    match tree.kind(value) {
        Kind::Call => {
            let Some((object, method)) = tree.method_call(value) else {
                return if wraps(model, place, value) { Op::Grow(Growth::Wrap) } else { Op::Reset };
            };
            let own = model.file.place(model.file.iterated(object)) == *place;
            match method {
                "concat" if own => Op::Grow(Growth::Rebuild),
                "assign" => merged(model, place, value),
                "filter" | "slice" | "splice" => Op::Release,
                _ if own => Op::Read,
                _ if wraps(model, place, value) => Op::Grow(Growth::Wrap),
                _ => Op::Reset,
            }
        }
        Kind::Array | Kind::Object => merged(model, place, value),
        // `x = x || []` makes it once.
        Kind::Logical if tree.first(value).is_some_and(|first| names(model, place, first)) => Op::Read,
        Kind::Binary if tree.binary_op(value) == Some(BinaryOp::Add) => {
            let contains = tree.subtree(value).any(|node| names(model, place, node));
            match contains {
                true if is_cut(model, place, value) => Op::Release,
                true => Op::Grow(Growth::Append),
                false => Op::Reset,
            }
        }
        Kind::Function if captures_place(model, place, value) => Op::Grow(Growth::Wrap),
        _ => Op::Reset,
    }
}

/// `log = log.slice(-limit) + line`, `log = (log || '').slice(-limit) + line`: what was there goes on as a part of itself.
fn is_cut(model: &Model<'_>, place: &Place, value: NodeId) -> bool {
    let tree = &model.file.tree;
    let cuts = |call: NodeId, node: NodeId| {
        let cut = matches!(tree.method_call(call), Some((text, "slice" | "substring" | "substr")) if tree.contains(text, node));
        cut && tree
            .arg(call, 0)
            .is_some_and(|from| tree.number(from) != Some(0.0) || tree.arg(call, 1).is_some())
    };
    let mut named = tree.subtree(value).filter(|&node| names(model, place, node));
    named.all(|node| tree.ancestors(node).take_while(|&at| at != value).any(|at| cuts(at, node)))
}

/// The statement that gives a name a new collection, if it runs whenever the block around it does: `this.rates = {};`.
#[must_use]
pub fn renewal(model: &Model<'_>, reset: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let mut around = std::iter::once(reset).chain(tree.ancestors(reset)).take(3);
    let assign = around.find(|&node| tree.kind(node) == Kind::Assign)?;
    let is_new = tree
        .child(assign, 1)
        .is_some_and(|value| matches!(tree.kind(value), Kind::Array | Kind::Object | Kind::New));
    let mut statements = std::iter::once(assign).chain(tree.ancestors(assign)).take(2);
    let is_in_block = |node: &NodeId| tree.parent(*node).is_some_and(|block| tree.kind(block) == Kind::Block);
    statements.find(is_in_block).filter(|_| is_new && tree.assign_op(assign) == AssignOp::Plain)
}

fn names(model: &Model<'_>, place: &Place, node: NodeId) -> bool {
    matches!(model.file.tree.kind(node), Kind::Identifier | Kind::Member | Kind::Index)
        && model.file.place(node) == *place
}

/// `[...x, v]`, `{ ...x, [k]: v }`, `{ prev: x }`, `Object.assign({}, x, y)`: the old value is part of the new one.
fn merged(model: &Model<'_>, place: &Place, value: NodeId) -> Op {
    let tree = &model.file.tree;
    let keeps_old = tree.children(value).any(|part| match tree.kind(part) {
        Kind::Spread | Kind::Property => {
            tree.last_child(part).is_some_and(|inner| names(model, place, inner))
        }
        _ => names(model, place, part),
    });
    if !keeps_old {
        return Op::Reset;
    }
    // Overwriting fixed names of an object is no growth, nor is a copy of a list and nothing more.
    let adds = match tree.kind(value) {
        Kind::Object => tree.children(value).any(|part| match tree.kind(part) {
            Kind::Property => {
                tree.name_id(part).is_none()
                    || tree.last_child(part).is_some_and(|inner| names(model, place, inner))
            }
            _ => false,
        }),
        Kind::Array => tree.children(value).count() > 1,
        _ => tree.args(value).any(|arg| {
            tree.kind(arg) == Kind::Object
                && tree
                    .children(arg)
                    .any(|part| tree.kind(part) == Kind::Property && tree.name_id(part).is_none())
        }),
    };
    if adds { Op::Grow(Growth::Rebuild) } else { Op::Read }
}

/// `f = wrap(f)`: the new function keeps the old one.
fn wraps(model: &Model<'_>, place: &Place, call: NodeId) -> bool {
    model.file.tree.args(call).any(|arg| names(model, place, arg)) && holds_function(model, place)
}

/// Whether a place holds a function at first, whatever is made of it: it is a method, or is given one.
fn holds_function(model: &Model<'_>, place: &Place) -> bool {
    let is_method = || {
        let (Root::This(class), [Step::Field(name)]) = (place.root, &place.path[..]) else { return false };
        let mut members = model.file.class(class).members.iter();
        members.any(|member| member.name == Some(*name) && member.func.is_some() && !member.is_static)
    };
    let is_given = || model.values(place).iter().any(|&value| model.file.tree.kind(value) == Kind::Function);
    matches!(model.place_ty(place), Ty::Function(_)) || is_method() || is_given()
}

fn captures_place(model: &Model<'_>, place: &Place, func: NodeId) -> bool {
    // `const inner = f; f = () => inner()`: under another name, taken in the same run. Its own name means the new one.
    let is_taken_now = |node: NodeId| {
        model.file.binding_of(node).is_some_and(|binding| {
            place.root != Root::Binding(binding)
                && model.file.binding(binding).func == model.file.tree.func(func)
        })
    };
    // `const inner = f.bind(this)`
    let is_bound = |node: NodeId| {
        let value = model.file.binding_of(node).and_then(|_| model.file.value_of(node));
        let bound = value.and_then(|value| model.file.tree.method_call(value));
        matches!(bound, Some((object, "bind")) if names(model, place, object))
    };
    let mut inside = model.file.tree.subtree(func).skip(1);
    inside.any(|node| (names(model, place, node) || is_bound(node)) && is_taken_now(node))
}

/// The array or object literal in which a value is stored is assigned back to the value's own name.
fn is_own_rebuild(model: &Model<'_>, access: &Access, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let mut at = node;
    for _ in 0..3 {
        let Some(parent) = tree.parent(at) else { return false };
        if tree.kind(parent) == Kind::Assign {
            return tree.first(parent).is_some_and(|target| model.file.place(target) == access.place);
        }
        at = parent;
    }
    false
}

/// `module.exports = { pending }`, `exports.pending = pending`, `Object.assign(module.exports, { pending })`,
/// `export default { pending }`: whoever imports it is seen at the link.
fn is_exported(model: &Model<'_>, node: NodeId) -> bool {
    let (file, tree) = (model.file, &model.file.tree);
    let named = |assign: NodeId| tree.first(assign).map(|target| file.place(target));
    if tree.kind(node) == Kind::Assign {
        return named(node).is_some_and(|to| to.root == Root::Exports && to.path.len() < 2);
    }
    let mut around = std::iter::once(node).chain(tree.ancestors(node)).take(3);
    let Some(object) = around.find(|&at| tree.kind(at) == Kind::Object) else { return false };
    match tree.parent(object) {
        Some(assign) if tree.kind(assign) == Kind::Assign => {
            named(assign) == Some(Place::root(Root::Exports))
        }
        Some(export) if tree.kind(export) == Kind::Export => true,
        Some(call) => adds_to_exports(model, call),
        None => false,
    }
}

/// `Object.assign(module.exports, …)`, `Object.defineProperty(exports, …)`
fn adds_to_exports(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let to = tree.arg(call, 0).filter(|_| tree.kind(call) == Kind::Call).map(|to| model.file.place(to));
    let path = tree.callee(call).and_then(|callee| model.api_path(callee));
    to == Some(Place::root(Root::Exports))
        && matches!(path.as_deref(), Some("Object.assign" | "Object.defineProperty"))
}

/// `Object.defineProperty(exports, 'pending', { get: () => pending })`
fn is_exported_getter(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let property = tree.parent(model.file.function(func).node).filter(|&at| tree.kind(at) == Kind::Property);
    let call = property.and_then(|property| tree.parent(tree.parent(property)?));
    call.is_some_and(|call| adds_to_exports(model, call))
}

fn argument_op(model: &Model<'_>, access: &Access, call: NodeId, index: usize) -> Option<CollectionOp> {
    let tree = &model.file.tree;
    let make = |op, node, value| {
        let (holder, target) = (access.place.clone(), access.node);
        Some(CollectionOp { holder, op, node, target, key: None, value, func: access.func })
    };
    let path = tree.callee(call).and_then(|callee| model.api_path(callee));
    match path.as_deref() {
        Some("Array.prototype.push.apply" | "Array.prototype.push.call") if index == 0 => None,
        Some("Object.assign")
            if index == 0 && tree.args(call).skip(1).all(|arg| has_fixed_names(model, arg)) =>
        {
            make(Op::Read, call, None)
        }
        Some("Object.assign") if index == 0 => make(Op::Grow(Growth::Key), call, tree.arg(call, 1)),
        Some("Object.assign") => None,
        Some(path) if READERS.contains(&path) => make(Op::Read, call, None),
        _ if is_written_out(model, call) => make(Op::Read, call, None),
        // The array methods hand their receiver on: `other.push(...x)`, `other.concat(x)`, `map.has(x)`.
        _ => match tree.method_call(call) {
            Some((
                _,
                "concat" | "has" | "get" | "includes" | "indexOf" | "log" | "debug" | "info" | "warn"
                | "error" | "trace",
            )) => make(Op::Read, call, None),
            _ => make(Op::Escape, call, None),
        },
    }
}

/// `{ theme, locale: x }`: whatever it is merged into has these names at most once.
fn has_fixed_names(model: &Model<'_>, object: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.kind(object) == Kind::Object
        && tree.children(object).all(|part| tree.kind(part) == Kind::Property && tree.name_id(part).is_some())
}

/// A response or stream takes what it is handed as data: `res.json(rows)`, `socket.write(text)`.
fn is_written_out(model: &Model<'_>, call: NodeId) -> bool {
    let Some((object, "json" | "jsonp" | "send" | "end" | "write" | "render")) =
        model.file.tree.method_call(call)
    else {
        return false;
    };
    model.model_of(model.ty(object)).is_some_and(|of| model.catalog.model(of).writable)
}
