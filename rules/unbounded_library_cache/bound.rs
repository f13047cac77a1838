//! What is left of a cache's bound, once its options are read.

use outlive_semantic::catalog::CacheRow;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::place::Step;
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

/// A construction, and the call of the function of the file that makes it: what that one is handed stands for its parameters.
#[derive(Clone, Copy)]
pub(super) struct Built {
    /// The construction.
    pub(super) made: NodeId,
    /// The call of the function around it, if it is looked at from there.
    by: Option<(NodeId, FuncId)>,
}

impl Built {
    /// A construction as it stands.
    pub(super) fn here(made: NodeId) -> Self {
        Self { made, by: None }
    }

    /// What a function of the file makes and returns: `createCache({ ttl })`.
    pub(super) fn by(model: &Model<'_>, call: NodeId) -> Option<Self> {
        let func = model.function_of(model.file.tree.callee(call)?)?;
        let returned = model.returned_values(func);
        let [value] = returned[..] else { return None };
        let made = named(model, value);
        let is_own = model.file.tree.is_call(made) && model.file.tree.func(made) == func;
        is_own.then_some(Self { made, by: Some((call, func)) })
    }
}

/// How a construction is bounded; none if it is, or if its options are out of sight.
pub(super) fn bound<'r>(model: &Model<'_>, built: Built, row: &'r CacheRow) -> Option<Bound<'r>> {
    bound_within(model, built, row, DEPTH)
}

fn bound_within<'r>(model: &Model<'_>, built: Built, row: &'r CacheRow, fuel: u32) -> Option<Bound<'r>> {
    let tree = &model.file.tree;
    let mut out = Bound::Never;
    let skipped = functions(model, built.made).max(usize::from(row.of_function));
    for arg in tree.args(built.made).skip(skipped) {
        let Some(options) = resolved(model, built, arg) else { continue };
        if !is_readable(model, built, options, fuel) || is_set_later(model, row, arg) {
            return None;
        }
        let set = |name: &str| option(model, built, options, name, fuel);
        let unswept = unswept(model, row, set);
        if let Some(off) = unswept {
            out = Bound::Unswept(off);
        }
        let timed = row.timed_by.iter().filter(|_| unswept.is_none());
        for name in row.bounded_by.iter().chain(timed) {
            match set(name) {
                Setting::Missing => {}
                Setting::Hidden => return None,
                Setting::Is(value) if bounds(model, row, name, value, fuel) => return None,
                Setting::Is(_) => {}
            }
        }
        if row.swept_by.iter().any(|name| matches!(set(name), Setting::Is(_))) {
            out = Bound::Time;
        }
    }
    Some(out)
}

/// `options.store = new Store(…)`: an option that bounds the cache is set once the options are there, whatever else happens.
fn is_set_later(model: &Model<'_>, row: &CacheRow, options: NodeId) -> bool {
    let tree = &model.file.tree;
    // A branch sets it for itself.
    let is_sure = |&assign: &NodeId| {
        let block = tree.ancestors(assign).find(|&at| tree.kind(at) == Kind::Block);
        assign < options && block.is_none_or(|block| tree.contains(block, options))
    };
    let place = model.file.place(options);
    let names = row.bounded_by.iter().chain(&row.timed_by).chain(&row.swept_by);
    let fields = names.filter_map(|name| tree.names().find(name));
    let mut places = fields.filter_map(|field| place.clone().with(Step::Field(field)));
    model.file.binding_of(options).is_some()
        && places.any(|place| model.assignments(&place).iter().any(is_sure))
}

/// How many arguments of a construction are functions, or stand before one: what is remembered, and by which key.
fn functions(model: &Model<'_>, call: NodeId) -> usize {
    let args = model.file.tree.args(call).enumerate();
    args.filter(|&(_, arg)| is_function(model, arg)).last().map_or(0, |(at, _)| at + 1)
}

/// The option that keeps what is over from being taken out: `checkperiod: 0`.
fn unswept<'r>(model: &Model<'_>, row: &'r CacheRow, set: impl Fn(&str) -> Setting) -> Option<&'r str> {
    let tree = &model.file.tree;
    let is_off = |name: &&String| match set(name) {
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
    inner.is_none_or(|inner| bound_within(model, Built::here(value), inner, fuel).is_none())
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
fn option(model: &Model<'_>, built: Built, options: NodeId, path: &str, fuel: u32) -> Setting {
    let mut at = options;
    for name in path.split('.') {
        match property(model, built, at, name, fuel) {
            Setting::Is(value) => match resolved(model, built, value) {
                Some(value) => at = value,
                None => return Setting::Missing,
            },
            other => return other,
        }
    }
    Setting::Is(at)
}

/// A property of an object, or of one that is spread into it.
fn property(model: &Model<'_>, built: Built, object: NodeId, name: &str, fuel: u32) -> Setting {
    if !is_readable(model, built, object, fuel) {
        return Setting::Hidden;
    }
    let Some(fuel) = fuel.checked_sub(1) else { return Setting::Hidden };
    if let Some(value) = model.file.tree.property(object, name) {
        return Setting::Is(value);
    }
    let known = spread(model, object).filter_map(|part| resolved(model, built, part));
    let mut given = known.map(|part| property(model, built, part, name, fuel));
    given.find(|setting| !matches!(setting, Setting::Missing)).unwrap_or(Setting::Missing)
}

/// Whether all properties of an object are in sight.
fn is_readable(model: &Model<'_>, built: Built, node: NodeId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let mut known = spread(model, node).filter_map(|part| resolved(model, built, part));
    model.file.tree.kind(node) == Kind::Object && known.all(|part| is_readable(model, built, part, fuel))
}

/// What is spread into an object.
fn spread<'m>(model: &'m Model<'_>, object: NodeId) -> impl Iterator<Item = NodeId> + use<'m> {
    let tree = &model.file.tree;
    let parts = tree.children(object).filter(|&part| tree.kind(part) == Kind::Spread);
    parts.filter_map(|part| tree.first(part))
}

/// The value of a constant, or what a function is handed as a parameter: its default, or none, where it is handed nothing.
fn resolved(model: &Model<'_>, built: Built, node: NodeId) -> Option<NodeId> {
    let value = named(model, node);
    let Some((call, func)) = built.by else { return Some(value) };
    let tree = &model.file.tree;
    let Some(binding) = model.file.binding_of(value) else { return Some(value) };
    let own = model.file.binding(binding).node;
    let Some((at, param)) = model.file.params(func).enumerate().find(|&(_, param)| tree.contains(param, own))
    else {
        return Some(value);
    };
    let handed = tree.arg(call, at).map(|arg| named(model, arg));
    let default = (tree.kind(param) == Kind::Default).then(|| tree.last_child(param)).flatten();
    let whole = handed.or(default);
    let pattern = if tree.kind(param) == Kind::Default { tree.first(param)? } else { param };
    if pattern == own {
        return whole;
    }
    // `function createCache({ max, ttl })`
    let part = tree.ancestors(own).find(|&part| tree.kind(part) == Kind::PatternProperty);
    let part = part.filter(|&part| tree.parent(part) == Some(pattern));
    let (Some(name), Some(whole)) = (part.and_then(|part| tree.name(part)), whole) else {
        return Some(value);
    };
    if tree.kind(whole) != Kind::Object || spread(model, whole).next().is_some() {
        return Some(value);
    }
    tree.property(whole, name).map(|value| named(model, value))
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
