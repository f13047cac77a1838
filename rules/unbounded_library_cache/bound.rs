//! What is left of a cache's bound, once its options are read.

use outlive_semantic::catalog::CacheRow;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::tree::{Kind, UnaryOp};

/// What is left of a bound.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound<'r> {
    /// None at all.
    Never,
    /// Entries go after a time: there are as many as come within it.
    Time,
    /// Entries are over after a time, and this option is such that nobody takes them out.
    Unswept(&'r str),
}

/// How many caches are looked into that are handed to one another: a store for a session, a cache for a store.
const DEPTH: u32 = 4;

/// How a construction is bounded; none if it is, or if its options are out of sight.
pub(super) fn bound<'r>(model: &Model<'_>, call: NodeId, row: &'r CacheRow) -> Option<Bound<'r>> {
    bound_within(model, call, row, DEPTH)
}

fn bound_within<'r>(model: &Model<'_>, call: NodeId, row: &'r CacheRow, fuel: u32) -> Option<Bound<'r>> {
    let tree = &model.file.tree;
    let mut out = Bound::Never;
    let skipped = usize::from(row.of_function);
    for arg in tree.args(call).skip(skipped).filter(|&arg| !is_function(model, arg)) {
        let options = named(model, arg);
        if !is_readable(model, options) {
            return None;
        }
        let unswept = unswept(model, options, row);
        if let Some(off) = unswept {
            out = Bound::Unswept(off);
        }
        let timed = row.timed_by.iter().filter(|_| unswept.is_none());
        for name in row.bounded_by.iter().chain(timed) {
            match option(model, options, name) {
                Setting::Missing => {}
                Setting::Hidden => return None,
                Setting::Is(value) if bounds(model, row, name, value, fuel) => return None,
                Setting::Is(_) => {}
            }
        }
        let sweeps = row.swept_by.iter().any(|name| tree.property(options, name).is_some());
        if sweeps {
            out = Bound::Time;
        }
    }
    Some(out)
}

/// The option that keeps what is over from being taken out: `checkperiod: 0`.
fn unswept<'r>(model: &Model<'_>, options: NodeId, row: &'r CacheRow) -> Option<&'r str> {
    let tree = &model.file.tree;
    let is_off = |name: &&String| match option(model, options, name) {
        Setting::Is(value) => tree.boolean(value) == Some(false) || tree.number(value) == Some(0.0),
        _ => false,
    };
    row.unswept_by.iter().find(is_off).map(String::as_str)
}

/// Whether the value of an option bounds the cache: not infinity, not what says that there is to be no bound, and no store
/// that has none itself.
fn bounds(model: &Model<'_>, row: &CacheRow, name: &str, value: NodeId, fuel: u32) -> bool {
    let tree = &model.file.tree;
    let value = named(model, value);
    let may_end = row.ended_by.iter().any(|option| option == name);
    let is_nothing = tree.boolean(value) == Some(false)
        || tree.number(value) == Some(0.0)
        || model.ty(value) == Ty::Nothing;
    if is_nothing || tree.boolean(value) == Some(true) {
        return may_end && is_nothing;
    }
    let is_negative = tree.unary_op(value) == Some(UnaryOp::Minus);
    let path = tree.callee(value).and_then(|callee| model.api_path(callee));
    let is_plain = path.is_some_and(|path| matches!(&*path, "Map" | "Set"));
    if is_negative || is_plain || model.file.global_of(value) == Some("Infinity") {
        return false;
    }
    let Some(fuel) = fuel.checked_sub(1) else { return true };
    let rows = model.rows(value);
    let inner = rows.iter().find_map(|row| row.caches.as_ref());
    inner.is_none_or(|inner| bound_within(model, value, inner, fuel).is_none())
}

/// What is known of an option.
enum Setting {
    /// It is not given.
    Missing,
    /// It may be given where nobody can see it.
    Hidden,
    /// It is this.
    Is(NodeId),
}

/// An option by its name, `defaultOptions.queries.gcTime` by the names of the objects around it.
fn option(model: &Model<'_>, options: NodeId, path: &str) -> Setting {
    let mut at = options;
    for name in path.split('.') {
        if !is_readable(model, at) {
            return Setting::Hidden;
        }
        match model.file.tree.property(at, name) {
            Some(value) => at = named(model, value),
            None => return Setting::Missing,
        }
    }
    Setting::Is(at)
}

/// Whether all properties of an object are in sight.
fn is_readable(model: &Model<'_>, options: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.kind(options) == Kind::Object && !tree.children(options).any(|part| tree.kind(part) == Kind::Spread)
}

fn is_function(model: &Model<'_>, node: NodeId) -> bool {
    model.file.tree.kind(node) == Kind::Function
        || model.function_of(node).is_some()
        || matches!(model.ty(node), Ty::Function(_))
}

/// The value of a constant, or the node itself.
pub(super) fn named(model: &Model<'_>, node: NodeId) -> NodeId {
    model.file.value_of(node).unwrap_or(node)
}
