//! Queues that are no arrays: a `Map` or `Set` of which somebody takes the first entry, works on it, and takes the next.

use outlive_semantic::growth::{CollectionOp, Growth, Keys, Op, keys};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::Place;
use outlive_semantic::rate::Life;
use outlive_semantic::tree::Kind;

/// Whether an entry is taken out that the collection itself gave: it is the turn of that one, whichever it is. In a loop
/// over the collection each turn waits; of the first entry the whole function does.
pub(super) fn is_taken(model: &Model<'_>, op: &CollectionOp) -> bool {
    let tree = &model.file.tree;
    let Some((_, "delete")) = tree.method_call(op.node) else { return false };
    let Some(named) = tree.arg(op.node, 0).and_then(|key| declared(model, key)) else { return false };
    let each = tree.within_function(named).find(|&around| {
        tree.kind(around) == Kind::ForOf && tree.first(around).is_some_and(|head| tree.contains(head, named))
    });
    if let Some(each) = each {
        let waits = model.waits(op.func).iter().any(|&wait| tree.contains(each, wait));
        return waits && tree.child(each, 1).is_some_and(|over| gives(model, over, &op.holder));
    }
    let given = tree.within_function(named).find(|&around| tree.kind(around) == Kind::Declarator);
    given.and_then(|given| tree.child(given, 1)).is_some_and(|value| gives(model, value, &op.holder))
        && (super::waits(model, op.func) || super::calls_back(model, op.func))
}

/// Where the variable is declared of which a key is a part: `job` of `job.id`.
fn declared(model: &Model<'_>, key: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let mut at = key;
    while matches!(tree.kind(at), Kind::Member | Kind::Index) {
        at = tree.first(at)?;
    }
    model.file.binding_of(at).map(|binding| model.file.binding(binding).node)
}

/// Whether an expression goes over a collection: `[...jobs]`, `jobs.entries().next().value`. What is looked up in it by a
/// key is no turn of anybody.
fn gives(model: &Model<'_>, expr: NodeId, holder: &Place) -> bool {
    let tree = &model.file.tree;
    tree.subtree(expr).any(|node| {
        model.file.place(node) == *holder
            && tree.parent(node).is_none_or(|member| {
                tree.kind(member) != Kind::Member
                    || matches!(tree.name(member), Some("keys" | "values" | "entries"))
            })
    })
}

/// How many conventions there are in saying that what is put in is another one each time; none if there are only so many.
pub(super) fn freshness(model: &Model<'_>, op: &CollectionOp) -> Option<u8> {
    if op.op == Op::Grow(Growth::Push) {
        return Some(0);
    }
    let key = op.key?;
    match keys(model, op) {
        Keys::Finite => None,
        Keys::Open => Some(u8::from(!is_fresh(model, key))),
        Keys::Fresh | Keys::Number | Keys::None => Some(0),
    }
}

/// Whether a key is made for this entry, or comes with a request.
fn is_fresh(model: &Model<'_>, key: NodeId) -> bool {
    let tree = &model.file.tree;
    let value = model.file.value_of(key).unwrap_or(key);
    let is_made = matches!(tree.kind(value), Kind::Object | Kind::New | Kind::Array | Kind::Function)
        || tree.subtree(value).any(|node| tree.kind(node) == Kind::Update)
        || model.rows(value).iter().any(|row| row.fresh);
    is_made || model.lives(&model.file.place(value)).any(|life| life < Life::Server)
}
