//! What the code around a growth tells: entries replaced rather than added, lists of handlers, tables of options.

use super::container::is_library_cache;
use super::keys::camel_words;
use super::told;
use crate::rule::FileView;
use outlive_semantic::access::{Access, Usage};
use outlive_semantic::catalog::Container;
use outlive_semantic::growth::{self, CollectionOp, Growth, Op};
use outlive_semantic::index::{ClassId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::rate::Life;
use outlive_semantic::tables::{BindingKind, Lowered};
use outlive_semantic::tested::{self, Told};
use outlive_semantic::tree::{BinaryOp, Kind, LogicalOp};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;

/// `map[key] = value`, with no `delete map[key]`: what `map.delete(key)` takes away was never put in this way.
pub(super) fn is_beside_methods(file: &FileView<'_, '_>, op: &CollectionOp, growth: Growth) -> bool {
    let model = file.model;
    let known = model.model_of(model.place_ty(&op.holder)).and_then(|ty| model.catalog.model(ty).container);
    let has_methods = matches!(known, Some(Container::Weak | Container::Map | Container::Set))
        || is_library_cache(model, &op.holder);
    has_methods
        && growth == Growth::Key
        && !file.ops_on(&op.holder, Op::Release).any(|other| model.file.tree.kind(other.node) == Kind::Unary)
}

/// `pending.get(id)?.cancel(); pending.set(id, token)`: whatever is under the key makes room for the next.
pub(super) fn replaces(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let (model, tree) = (file.model, &file.model.file.tree);
    let Some(key) = op.key.map(|key| model.file.place(key)) else { return false };
    let gets = file.ops_on(&op.holder, Op::Lookup).any(|other| {
        let is_get = matches!(tree.method_call(other.node), Some((_, "get")));
        let is_same = other.key.is_some_and(|other| model.file.place(other) == key);
        is_get && is_same && other.func == op.func && other.node < op.node
    });
    let is_plain = |node: &NodeId| !matches!(tree.kind(*node), Kind::If | Kind::Conditional | Kind::Logical);
    let mut around = tree.within_function(op.node);
    gets && around.all(|node| is_plain(&node))
}

/// The class whose constructor puts the instance into a collection: `constructor(el) { widgets.set(el, this) }`.
pub(super) fn keeps_each(model: &Model<'_>, op: &CollectionOp) -> Option<ClassId> {
    let is_self = op.value.is_some_and(|value| model.file.tree.kind(value) == Kind::This);
    let is_outside = !matches!(op.holder.root, Root::This(_) | Root::Receiver(_));
    model.constructs(op.func).filter(|_| is_self && is_outside)
}

/// Whether a key is a part of what somebody outside sent: of a request, of a parsed message.
pub(super) fn is_from_client(model: &Model<'_>, key: NodeId) -> bool {
    let place = model.file.place(key);
    let made = match place.root {
        Root::Value(node) => Some(node),
        Root::Binding(binding) if !place.path.is_empty() => model.file.sole_value(binding),
        _ => None,
    };
    let maker = made.and_then(|made| model.file.tree.callee(made)).and_then(|callee| model.api_path(callee));
    if maker.as_deref() == Some("JSON.parse") {
        return true;
    }
    place.parent().is_some_and(|whole| model.lives(&whole).any(|life| life <= Life::Request))
}

/// Those who call a server, by what they are called in the names of keys.
const CALLERS: &[&str] = &["caller", "client", "peer", "remote", "user", "visitor", "sender", "session"];

/// Whether a key, or what it is before another one stands in for it, is called as what tells one of those who call from the
/// others: `callerId || 'unknown'`, `client.address`.
pub(super) fn is_of_caller(model: &Model<'_>, key: NodeId) -> bool {
    let tree = &model.file.tree;
    let value = model.file.value_of(key).unwrap_or(key);
    let named = if tree.kind(value) == Kind::Logical { tree.first(value).unwrap_or(value) } else { value };
    let shown = model.file.display(&model.file.place(named));
    let words: Vec<String> = shown.split(['.', '_']).flat_map(camel_words).collect();
    let is_caller = |word: &String| CALLERS.contains(&word.as_str());
    let tells_apart =
        |word: &str| matches!(word, "id" | "uid" | "uuid" | "ip" | "address" | "host" | "token");
    matches!(&words[..], [.., of, last] if is_caller(of) && tells_apart(last))
}

/// `formatters[zone] = new Intl.DateTimeFormat(…)`, by name or as it is.
pub(super) fn is_formatter(model: &Model<'_>, op: &CollectionOp) -> bool {
    let is_made = |node: NodeId| {
        let callee = model.file.tree.callee(node);
        callee.and_then(|callee| model.api_path(callee)).is_some_and(|path| path.starts_with("Intl."))
    };
    let Some(value) = op.value else { return false };
    let values = model.file.binding_of(value).map(|binding| &model.file.binding(binding).values);
    is_made(value) || values.is_some_and(|values| values.iter().any(|&value| is_made(value)))
}

/// Whether a node stands in a branch that is taken only on a test machine: `if (process.env.CI) …`,
/// `if (process.env.NODE_ENV === 'test') …`, or only in a build for tests: `__TEST__ && …`.
pub(super) fn is_for_trials(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let asks = |test: NodeId| {
        if matches!(model.file.global_of(test), Some("__TEST__" | "__TESTING__")) {
            return true;
        }
        let is_env =
            tree.subtree(test).any(|at| tree.kind(at) == Kind::Member && tree.name(at) == Some("env"));
        let names = |word: &str| matches!(word, "CI" | "test" | "JEST_WORKER_ID" | "VITEST");
        let says = tree.subtree(test).any(|at| {
            matches!(tree.kind(at), Kind::Member | Kind::String) && tree.name(at).is_some_and(names)
        });
        let is_denied = tree
            .subtree(test)
            .any(|at| tree.kind(at) == Kind::Unary || tree.binary_op(at) == Some(BinaryOp::NotEqual));
        is_env && says && !is_denied
    };
    let mut child = node;
    for parent in tree.ancestors(node) {
        let is_decision = tree.kind(parent) == Kind::If || tree.logical_op(parent) == Some(LogicalOp::And);
        if is_decision && tree.node(child).slot == 1 && tree.first(parent).is_some_and(asks) {
            return true;
        }
        child = parent;
    }
    false
}

/// `this.rates = {}; for (…) this.rates[k] = …`: the same function has given it a new collection before, whatever comes.
pub(super) fn is_made_anew(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let tree = &file.model.file.tree;
    file.ops_on(&op.holder, Op::Reset).any(|reset| {
        let Some(statement) = growth::renewal(file.model, reset.node) else { return false };
        let block = tree.parent(statement);
        reset.func == op.func
            && reset.node < op.node
            && block.is_some_and(|block| tree.contains(block, op.node))
    }) || is_entry_made_anew(file, op)
}

/// `lists[name] = []; for (…) lists[name].push(x)`: the same for an entry of a table.
fn is_entry_made_anew(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let (model, tree) = (file.model, &file.model.file.tree);
    let key = tree.child(op.target, 1).filter(|_| tree.kind(op.target) == Kind::Index);
    let (Some(key), Some(table)) = (key, op.holder.parent()) else { return false };
    let key = model.file.place(key);
    file.ops_on(&table, Op::Grow(Growth::Key)).any(|made| {
        let Some(statement) = growth::renewal(model, made.node) else { return false };
        let block = tree.parent(statement);
        made.func == op.func
            && made.node < op.node
            && made.key.is_some_and(|made| model.file.place(made) == key)
            && block.is_some_and(|block| tree.contains(block, op.node))
    })
}

/// `dismissed[id] = true`: whether all that is kept of an entry is a flag, or a number, that is written out here.
pub(super) fn is_flag(model: &Model<'_>, op: &CollectionOp) -> bool {
    let is_table = matches!(op.op, Op::Grow(Growth::Set | Growth::Key));
    let kind = op.value.map(|value| model.file.tree.kind(model.file.value_of(value).unwrap_or(value)));
    is_table && matches!(kind, Some(Kind::Bool | Kind::Number | Kind::Null))
}

/// The names of which a key, or the variable that holds it, is put together.
pub(super) fn key_parts(model: &Model<'_>, key: NodeId) -> Vec<String> {
    let tree = &model.file.tree;
    let value = model.file.value_of(key).unwrap_or(key);
    let mut open = vec![value];
    let mut parts = Vec::new();
    while let Some(part) = open.pop() {
        let is_sum = tree.binary_op(part) == Some(BinaryOp::Add);
        match tree.kind(part) {
            Kind::Template => open.extend(tree.children(part)),
            _ if is_sum => open.extend(tree.children(part)),
            Kind::String => {}
            // The key itself is one name, and shown as that.
            _ if part == value => return Vec::new(),
            _ => parts.push(model.file.display(&model.file.place(part))),
        }
    }
    parts
}

pub(super) fn shown_key(model: &Model<'_>, key: NodeId) -> String {
    match model.file.tree.kind(key) {
        Kind::Template => "a computed string".to_owned(),
        _ => {
            let place = model.file.place(key);
            // `Object.keys(counts).forEach((status) => …)`: its own name says more than where it comes from.
            let binding = model.file.binding_of(key).filter(|_| place.path.last() == Some(&Step::Element));
            let own = binding.map(|binding| model.file.tree.text(model.file.binding(binding).name));
            own.map_or_else(|| model.file.display(&place), str::to_owned)
        }
    }
}

/// Whether the same function reads the collection by key: it is tested and then filled, which nobody does for one call.
pub(super) fn is_looked_up(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let known = file.memos.of::<RefCell<FxHashMap<Place, Readers>>>();
    if let Some(readers) = known.borrow().get(&op.holder) {
        return readers.is_related(file.model, op.func);
    }
    let readers = Readers::of(file, &op.holder);
    let found = readers.is_related(file.model, op.func);
    known.borrow_mut().insert(op.holder.clone(), readers);
    found
}

/// The functions that read a collection by key: each place where it grows asks.
struct Readers {
    own: FxHashSet<FuncId>,
    /// These, and the functions around them.
    around: FxHashSet<FuncId>,
}

impl Readers {
    fn of(file: &FileView<'_, '_>, holder: &Place) -> Self {
        let mut own: FxHashSet<FuncId> = file.ops_on(holder, Op::Lookup).map(|other| other.func).collect();
        if let Some(element) = holder.clone().with(Step::Element) {
            let read = |access: &&Access| !matches!(access.usage, Usage::Assigned(_));
            own.extend(file.accesses.of(&element).filter(read).map(|access| access.func));
        }
        let around = own.iter().flat_map(|&func| file.model.file.enclosing(func)).collect();
        Self { own, around }
    }

    /// Whether one of them is, stands in, or is around a function; the module is around all.
    fn is_related(&self, model: &Model<'_>, func: FuncId) -> bool {
        let is_own = |around: FuncId| around.index() != 0 && self.own.contains(&around);
        self.around.contains(&func) || model.file.enclosing(func).any(is_own)
    }
}

fn related(file: &FileView<'_, '_>, a: FuncId, b: FuncId) -> bool {
    file.model.file.is_within(a, b) || file.model.file.is_within(b, a) && a.index() != 0
}

/// Whether the size of the collection is tested in the same function.
pub(super) fn is_sized(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    file.ops_on(&op.holder, Op::Size)
        .any(|other| related(file, other.func, op.func) && is_compared(file, other))
}

/// `if (running.length < limit) running.push(job)`: nothing is added once there are too many, whatever stays.
pub(super) fn is_limited(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let tree = &file.model.file.tree;
    let tests = file.ops_on(&op.holder, Op::Size).filter(|size| is_compared(file, size));
    let mut around = tests.filter_map(|size| tree.ancestors(size.node).find(|&at| tree.kind(at) == Kind::If));
    around.any(|test| {
        let is_in = |slot: usize| tree.child(test, slot).is_some_and(|branch| tree.contains(branch, op.node));
        is_in(1) && !is_in(0)
    })
}

/// `if (count <= 100) table.set(count, …)`: numbers up to a constant are few. So is what is counted up to one,
/// `if (next < 32) table.set(name, next++)`.
pub(super) fn is_small_number(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let model = file.model;
    let key = op.key.map(|key| model.file.place(key));
    let is_limit = |small: &Place| key.as_ref() == Some(small) || is_counter(file, small, op);
    tested::around(model, op.node).any(|told| match told {
        Told::Branch(test, outcome) => tested::parts(model, test, outcome)
            .into_iter()
            .filter_map(|(test, outcome)| limited(model, test, outcome))
            .any(|small| is_limit(&small)),
        Told::Behind { block, statement } => told::by(file, block).limited(statement).any(is_limit),
    })
}

/// What is below a constant where a test came out so: `count` of `count <= 100`.
pub(super) fn limited(model: &Model<'_>, test: NodeId, outcome: bool) -> Option<Place> {
    let tree = &model.file.tree;
    let (left, right) = (tree.first(test)?, tree.child(test, 1)?);
    let is_below = match tree.binary_op(test)? {
        BinaryOp::Less | BinaryOp::LessEqual => outcome,
        BinaryOp::Greater | BinaryOp::GreaterEqual => !outcome,
        _ => return None,
    };
    let (small, limit) = if is_below { (left, right) } else { (right, left) };
    let constant = model.file.value_of(limit).unwrap_or(limit);
    tree.number(constant).map(|_| model.file.place(small))
}

/// Whether a number is counted up where an entry is added, and begins once.
fn is_counter(file: &FileView<'_, '_>, place: &Place, op: &CollectionOp) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    let mut uses = file.accesses.of(place).take(USES).filter(|used| matches!(used.usage, Usage::Updated(_)));
    let block = tree.within_function(op.node).find(|&node| tree.kind(node) == Kind::Block);
    !matches!(place.root, Root::Value(_))
        && model.values(place).len() <= 1
        && block.is_some_and(|block| uses.any(|used| tree.contains(block, used.node)))
}

/// So many uses of a number are looked at.
const USES: usize = 64;

/// Whether a size is compared. An entry of a table that is asked whether it has as many as are expected ends there, and what
/// stays is for the table to say.
fn is_compared(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let tree = &file.model.file.tree;
    let is_entry = op.holder.path.last() == Some(&Step::Element);
    tree.ancestors(op.node).take(4).any(|node| match tree.binary_op(node) {
        Some(BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual) => true,
        Some(BinaryOp::Equal) => is_entry && !tree.children(node).any(|side| tree.number(side).is_some()),
        _ => false,
    })
}

/// Lists of an options object that whoever reads the options runs, all of them, each time.
const RUN_LISTS: &[&str] =
    &["plugins", "middleware", "middlewares", "presets", "loaders", "transforms", "interceptors", "hooks"];

/// A list in the caller's own options object that each call adds to: callers keep it and hand it in again.
pub(super) fn is_on_options(model: &Model<'_>, op: &CollectionOp) -> bool {
    let Root::Binding(binding) = op.holder.root else { return false };
    let row = model.file.binding(binding);
    let name = model.file.tree.text(row.name);
    let list = op.holder.last_field().map(|list| model.file.tree.text(list));
    let is_list_that_runs = list.is_some_and(|list| RUN_LISTS.contains(&list));
    // `options.keys.push(...fetched)`: nobody asks whether they are there already.
    let is_merged =
        list.is_some() && op.value.is_some_and(|value| model.file.tree.kind(value) == Kind::Spread);
    row.kind == BindingKind::Param
        && (is_list_that_runs || is_merged)
        && matches!(name, "options" | "opts" | "config" | "settings" | "configuration")
}

/// A field that options may give: `this.known = options.known || new Map()`. Who hands one in wants it shared, and who does
/// not has one for each instance.
pub(super) fn is_offered(model: &Model<'_>, op: &CollectionOp) -> bool {
    let tree = &model.file.tree;
    let is_option = |node: NodeId| {
        let Root::Binding(binding) = model.file.place(node).root else { return false };
        tree.kind(node) == Kind::Member && model.file.binding(binding).func.index() != 0
    };
    matches!(op.holder.root, Root::This(_))
        && model
            .values(&op.holder)
            .iter()
            .any(|&value| tree.kind(value) == Kind::Logical && tree.first(value).is_some_and(is_option))
}

/// Whether a function stores what it was handed as it is: `register(name, plugin) { plugins[name] = plugin }`.
pub(super) fn is_registry(model: &Model<'_>, op: &CollectionOp) -> bool {
    let file = model.file;
    let is_param = |node: NodeId| {
        let binding = file.binding_of(node);
        binding.is_some_and(|binding| {
            let row = file.binding(binding);
            row.kind == BindingKind::Param && row.func == op.func
        })
    };
    let value = op.value.or(op.key);
    let named = file.function_name(op.func).is_some_and(|name| {
        let name = name.to_lowercase();
        [
            "register",
            "define",
            "use",
            "extend",
            "install",
            "configure",
            "addplugin",
            "plugin",
            "declare",
            "provide",
            "add",
            "on",
            "subscribe",
            "set",
            "route",
            "mount",
        ]
        .iter()
        .any(|prefix| name.starts_with(prefix))
    });
    // What a call makes of it and puts under a key is work, `running[id] = this.start(id)`.
    let is_work = |value: NodeId| file.tree.kind(value) == Kind::Call && op.op != Op::Grow(Growth::Push);
    let is_made = |value: NodeId| is_made_of_params(file, value, &is_param) && !is_work(value);
    let stores_param = value.is_some_and(|value| is_param(value) || is_made(value))
        || op.key.is_some_and(is_param) && value.is_some_and(|value| makes_slot(model, value));
    let is_handler = || value.is_some_and(|value| holds_handler(model, value));
    (named || is_handler()) && stores_param && op.key.is_none_or(is_param) || is_fluent(model, op, &is_param)
}

/// `option(name) { this.options.push(name); return this; }`: calls that are chained put one thing together.
fn is_fluent(model: &Model<'_>, op: &CollectionOp, is_param: &dyn Fn(NodeId) -> bool) -> bool {
    let (file, tree) = (model.file, &model.file.tree);
    let is_this = |&value: &NodeId| tree.kind(value) == Kind::This;
    let values = model.returned_values(op.func);
    let is_handed = |value: NodeId| {
        tree.kind(value) == Kind::Spread && tree.first(value).is_some_and(is_param)
            || is_param(value)
            || tree.kind(value) == Kind::Array && tree.subtree(value).any(is_param)
            || is_made_of_params(file, value, is_param)
    };
    op.op == Op::Grow(Growth::Push)
        && matches!(op.holder.root, Root::This(_))
        && !values.is_empty()
        && values.iter().all(is_this)
        && op.value.is_some_and(is_handed)
}

/// Parameters that hold what a program is put together from.
const HANDLERS: &[&str] = &[
    "callback",
    "cb",
    "fn",
    "handler",
    "hook",
    "plugin",
    "middleware",
    "filter",
    "factory",
    "resolver",
    "interceptor",
];

/// Whether what is stored is called as one of these, or one of the parts of which it is made.
fn holds_handler(model: &Model<'_>, value: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_handler = |node: NodeId| model.callee_name(node).is_some_and(|name| HANDLERS.contains(&name));
    match tree.kind(value) {
        Kind::Object => tree.children(value).filter_map(|part| tree.last_child(part)).any(is_handler),
        Kind::New => tree.args(value).any(is_handler),
        _ => is_handler(value),
    }
}

/// `handlers.push({ label, handler })`, `handlers.push(new Handler(this, label, handler))`
fn is_made_of_params(file: &Lowered, value: NodeId, is_param: &dyn Fn(NodeId) -> bool) -> bool {
    let tree = &file.tree;
    match tree.kind(value) {
        Kind::Object => tree.children(value).all(|part| is_part_param(file, part, is_param)),
        Kind::New | Kind::Call => {
            let is_own = |arg: NodeId| tree.kind(arg) == Kind::This || is_param(arg);
            tree.args(value).any(is_param) && tree.args(value).all(is_own)
        }
        _ => false,
    }
}

/// A property whose value is a parameter.
fn is_part_param(file: &Lowered, part: NodeId, is_param: &dyn Fn(NodeId) -> bool) -> bool {
    file.tree.kind(part) == Kind::Property && file.tree.last_child(part).is_some_and(is_param)
}

/// `table[name] = table[name] || []`: a slot for what is registered next.
fn makes_slot(model: &Model<'_>, value: NodeId) -> bool {
    matches!(model.file.tree.kind(value), Kind::Logical | Kind::Array | Kind::Object | Kind::New)
}
