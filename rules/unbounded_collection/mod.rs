//! `unbounded-collection`: a Map, Set, array, object or string that outlives the function that adds to it.

mod evidence;
mod keys;
mod mend;
mod missed;
mod partial;
mod release;
mod report;

use crate::claim::{Body, Claim, GrowthClaim, Why};
use crate::finding::{Doubt, Finding, Severity};
use crate::lifetime;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use crate::trace::Dropped;
use keys::{camel_words, is_finite_by_name, is_open_by_name, is_worth_guessing};
use outlive_semantic::catalog::Container;
use outlive_semantic::growth::{self, CollectionOp, Growth, Keys, Op};
use outlive_semantic::guard;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::project::{Answer, FileId, GlobalTy, Lives, Owner, Project, Spot, Use};
use outlive_semantic::summary::What;
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::{Kind, Span};
use release::{Released, is_renewed_around, released};
use report::report;
use rustc_hash::FxHashMap;

/// The rule.
pub(crate) struct UnboundedCollection;

static META: Meta = Meta {
    id: "unbounded-collection",
    summary: "a collection that outlives the code that adds to it, with nothing that takes entries out",
    category: Category::Growth,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for UnboundedCollection {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn collection(&self, file: &FileView<'_, '_>, op: &CollectionOp, claims: &mut Claims<'_>) {
        let Op::Grow(growth) = op.op else { return };
        let model = file.model;
        let keys = growth::keys(model, op);
        if !may_outlive(model, op) {
            return;
        }
        let dropped = |reason: &str| {
            file.drop::<()>(&META, op.node, || format!("`{}`: {reason}", model.file.display(&op.holder)));
        };
        if keys == Keys::Finite {
            return dropped("there are only so many keys");
        }
        let Some((container, ty)) = container_of(model, op, growth) else {
            return dropped("it is no collection that keeps what is put in");
        };
        if is_bounded_index(growth, keys, container) {
            return dropped("it is filled by index");
        }
        if is_for_trials(model, op.node) {
            return dropped("it grows only where the environment says that the program is tried out");
        }
        if is_made_anew(file, op) {
            return dropped("each run begins with a new one");
        }
        if is_overwrite(model, op) {
            return dropped("an entry that is there is overwritten");
        }
        let holder = claims.names.place(model, &op.holder);
        let once = guard::once_guard(model, op.node).map(|flag| claims.names.place(model, &flag));
        let missed = partial::gap(file, op).or_else(|| missed::missed(file, op));
        let body = GrowthClaim {
            fixes: mend::fixes(file, op, missed.as_ref()),
            holder,
            shown: model.file.display(&op.holder),
            growth,
            keys,
            key_parts: op.key.map(|key| key_parts(model, key)).unwrap_or_default(),
            key: op.key.map(|key| shown_key(model, key)).unwrap_or_default(),
            container,
            model: ty,
            declared: declaration(model, &op.holder),
            once,
            in_loop: guard::enclosing_loop(model, op.node).is_some(),
            looked_up: is_looked_up(file, op),
            sized: is_sized(file, op),
            registry: is_registry(model, op),
            on_options: is_on_options(model, op),
            missed,
            beside_methods: is_beside_methods(file, op, growth),
            is_each: keeps_each(model, op),
            replaces: replaces(file, op),
            from_client: op.key.is_some_and(|key| is_from_client(model, key)),
            formatter: is_formatter(model, op),
            drawn_from: drawn_from(model, op, keys, claims),
            sibling: evidence::sibling(file, op),
            unread: evidence::is_unread(file, op),
            waiting: evidence::is_waiting(file, op),
            open: op.key.is_some_and(|key| evidence::is_open(model, key)),
        };
        let at = model.file.tree.span(op.node);
        claims.add(META.id, op.func, at, body);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let mut by_spot: FxHashMap<Spot, Vec<(FileId, &Claim, &GrowthClaim)>> = FxHashMap::default();
        for (file, claim) in claims {
            if let Body::Growth(growth) = &claim.body {
                if has_few_keys(view.project, *file, growth) {
                    view.drop::<()>(*file, claim, || {
                        format!("`{}`: there are only so many keys", growth.shown)
                    });
                    continue;
                }
                let spot = view.project.canonical(*file, &growth.holder);
                by_spot.entry(spot).or_default().push((*file, *claim, growth));
            }
        }
        by_spot.into_iter().filter_map(|(spot, sites)| settle_holder(view, &spot, &sites)).collect()
    }
}

/// What the keys are drawn from, where this file cannot tell whether there are few.
fn drawn_from(model: &Model<'_>, op: &CollectionOp, keys: Keys, claims: &mut Claims<'_>) -> Vec<Place> {
    let places = if keys == Keys::Open { growth::drawn_from(model, op) } else { Vec::new() };
    places.iter().map(|place| claims.names.place(model, place)).collect()
}

fn has_few_keys(project: &Project<'_>, file: FileId, growth: &GrowthClaim) -> bool {
    !growth.drawn_from.is_empty() && growth.drawn_from.iter().all(|place| project.has_few(file, place))
}

/// Whether the collection can outlive one run of the function at all: not a local of the same function.
fn may_outlive(model: &Model<'_>, op: &CollectionOp) -> bool {
    match op.holder.root {
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            // What hangs on a parameter lives as long as the caller makes it.
            row.func != op.func || row.kind == BindingKind::Param && !op.holder.path.is_empty()
        }
        Root::Value(_) | Root::Receiver(_) => false,
        _ => true,
    }
}

/// The container that grows, as far as this file knows; none if it cannot be one, or holds nothing alive.
fn container_of(
    model: &Model<'_>,
    op: &CollectionOp,
    growth: Growth,
) -> Option<(Option<Container>, Option<outlive_semantic::catalog::ModelId>)> {
    let ty = model.place_ty(&op.holder);
    let known = model.model_of(ty);
    // `cache[key] = value` is a plain property of the cache, and nothing that the cache does takes it away.
    if growth == Growth::Key && is_library_cache(model, &op.holder) {
        return Some((Some(Container::Object), None));
    }
    let container = known.and_then(|id| model.catalog.model(id).container);
    match (known, container) {
        // `weak[key] = value` is a plain property of the object, and strong.
        (_, Some(Container::Weak | Container::Map | Container::Set)) if growth == Growth::Key => {
            Some((Some(Container::Object), known))
        }
        (_, Some(Container::Weak | Container::Bounded)) => None,
        (_, Some(container)) => match growth.needs() {
            Some(needed) if needed != container => {
                (growth == Growth::Key && container == Container::Array).then_some((Some(container), known))
            }
            _ => Some((Some(container), known)),
        },
        // A string or a function that grows by reassignment.
        (Some(id), None) if matches!(growth, Growth::Append | Growth::Rebuild) => {
            model.catalog.is_a(id, "String").then_some((None, known))
        }
        (Some(_), None) => None,
        (None, None) => unknown_container(model, op, growth, ty),
    }
}

/// Whether a place holds a cache of a library, which evicts only what went in by its own methods.
fn is_library_cache(model: &Model<'_>, place: &Place) -> bool {
    let is_cache = |value: &outlive_semantic::index::NodeId| {
        model.file.tree.kind(*value) == Kind::New && model.rows(*value).iter().any(|row| row.caches.is_some())
    };
    model.values(place).iter().any(is_cache)
}

fn unknown_container(
    model: &Model<'_>,
    op: &CollectionOp,
    growth: Growth,
    ty: outlive_semantic::model::Ty,
) -> Option<(Option<Container>, Option<outlive_semantic::catalog::ModelId>)> {
    use outlive_semantic::model::Ty;
    match (ty, growth) {
        (Ty::Function(_), Growth::Rebuild) => Some((None, None)),
        (Ty::Text | Ty::Finite, Growth::Append) => Some((None, None)),
        (Ty::Instance(class), Growth::Key) => {
            // `const table = { get(k) { return this[k] } }`
            let is_object = model.file.class(class).kind == outlive_semantic::tables::ClassKind::Object;
            is_object.then_some((Some(Container::Object), None))
        }
        (Ty::Unknown, Growth::Rebuild)
            if op.value.is_some_and(|value| model.file.tree.kind(value) == Kind::Function) =>
        {
            Some((None, None))
        }
        (Ty::Unknown, Growth::Append | Growth::Rebuild) => None,
        // Nothing but an array has these methods.
        (Ty::Unknown, Growth::Push)
            if matches!(model.file.tree.method_call(op.node), Some((_, "splice" | "unshift")))
                && !op.holder.path.is_empty() =>
        {
            Some((Some(Container::Array), None))
        }
        (Ty::Unknown, Growth::Push) if falls_back_to_list(model, op) => Some((Some(Container::Array), None)),
        // Only another file can say; the link asks it.
        (Ty::Unknown, _) => {
            matches!(op.holder.root, Root::Module(_) | Root::This(_) | Root::Exports | Root::Global(_))
                .then_some((None, None))
                .or_else(|| (!op.holder.path.is_empty()).then_some((None, None)))
        }
        _ => None,
    }
}

/// `const list = table[key] || []`: what stands in for it says what it is.
fn falls_back_to_list(model: &Model<'_>, op: &CollectionOp) -> bool {
    let tree = &model.file.tree;
    let value = model.file.binding_of(op.target).and_then(|binding| model.file.sole_value(binding));
    let is_default = |value: outlive_semantic::index::NodeId| {
        tree.kind(value) == Kind::Logical
            && tree.child(value, 1).is_some_and(|other| tree.kind(other) == Kind::Array)
    };
    value.unwrap_or(op.target) != op.target && value.is_some_and(is_default)
}

/// Writing to an array by index fills it, it does not grow without bound.
fn is_bounded_index(growth: Growth, keys: Keys, container: Option<Container>) -> bool {
    growth == Growth::Key && container == Some(Container::Array) && keys != Keys::Open
}

/// `map[key] = value`, with no `delete map[key]`: what `map.delete(key)` takes away was never put in this way.
fn is_beside_methods(file: &FileView<'_, '_>, op: &CollectionOp, growth: Growth) -> bool {
    let model = file.model;
    let known = model.model_of(model.place_ty(&op.holder)).and_then(|ty| model.catalog.model(ty).container);
    let has_methods = matches!(known, Some(Container::Weak | Container::Map | Container::Set))
        || is_library_cache(model, &op.holder);
    has_methods
        && growth == Growth::Key
        && !file.ops_on(&op.holder, Op::Release).any(|other| model.file.tree.kind(other.node) == Kind::Unary)
}

/// `pending.get(id)?.cancel(); pending.set(id, token)`: whatever is under the key makes room for the next.
fn replaces(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let (model, tree) = (file.model, &file.model.file.tree);
    let Some(key) = op.key.map(|key| model.file.place(key)) else { return false };
    let gets = file.ops_on(&op.holder, Op::Lookup).any(|other| {
        let is_get = matches!(tree.method_call(other.node), Some((_, "get")));
        let is_same = other.key.is_some_and(|other| model.file.place(other) == key);
        is_get && is_same && other.func == op.func && other.node < op.node
    });
    let is_plain = |node: &outlive_semantic::index::NodeId| {
        !matches!(tree.kind(*node), Kind::If | Kind::Conditional | Kind::Logical)
    };
    let mut around = tree.ancestors(op.node).take_while(|&node| tree.kind(node) != Kind::Function);
    gets && around.all(|node| is_plain(&node))
}

/// `constructor(el) { widgets.set(el, this) }`
fn keeps_each(model: &Model<'_>, op: &CollectionOp) -> bool {
    let is_self = op.value.is_some_and(|value| model.file.tree.kind(value) == Kind::This);
    let is_outside = !matches!(op.holder.root, Root::This(_) | Root::Receiver(_));
    is_self && is_outside && model.constructs(op.func).is_some()
}

/// Whether a key is a part of what somebody outside sent: of a request, of a parsed message.
fn is_from_client(model: &Model<'_>, key: outlive_semantic::index::NodeId) -> bool {
    use outlive_semantic::rate::Life;
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
    let mut prefixes = std::iter::successors(place.parent(), Place::parent);
    prefixes.any(|prefix| {
        let life = model.model_of(model.place_ty(&prefix)).and_then(|of| model.catalog.model(of).life);
        life.is_some_and(|life| life <= Life::Request)
    })
}

/// `formatters[zone] = new Intl.DateTimeFormat(…)`, by name or as it is.
fn is_formatter(model: &Model<'_>, op: &CollectionOp) -> bool {
    let is_made = |node: outlive_semantic::index::NodeId| {
        let callee = model.file.tree.callee(node);
        callee.and_then(|callee| model.api_path(callee)).is_some_and(|path| path.starts_with("Intl."))
    };
    let Some(value) = op.value else { return false };
    let values = model.file.binding_of(value).map(|binding| &model.file.binding(binding).values);
    is_made(value) || values.is_some_and(|values| values.iter().any(|&value| is_made(value)))
}

/// Whether a node stands in a branch that is taken only on a test machine: `if (process.env.CI) …`,
/// `if (process.env.NODE_ENV === 'test') …`.
fn is_for_trials(model: &Model<'_>, node: outlive_semantic::index::NodeId) -> bool {
    let tree = &model.file.tree;
    let asks = |test: outlive_semantic::index::NodeId| {
        let is_env =
            tree.subtree(test).any(|at| tree.kind(at) == Kind::Member && tree.name(at) == Some("env"));
        let names = |word: &str| matches!(word, "CI" | "test" | "JEST_WORKER_ID" | "VITEST");
        let says = tree.subtree(test).any(|at| {
            matches!(tree.kind(at), Kind::Member | Kind::String) && tree.name(at).is_some_and(names)
        });
        let is_denied = tree.subtree(test).any(|at| {
            tree.kind(at) == Kind::Unary
                || tree.binary_op(at) == Some(outlive_semantic::tree::BinaryOp::NotEqual)
        });
        is_env && says && !is_denied
    };
    let mut child = node;
    for parent in tree.ancestors(node) {
        if tree.kind(parent) == Kind::If && tree.node(child).slot == 1 && tree.first(parent).is_some_and(asks)
        {
            return true;
        }
        child = parent;
    }
    false
}

/// `this.rates = {}; for (…) this.rates[k] = …`: the same function has given it a new collection before, whatever comes.
fn is_made_anew(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let tree = &file.model.file.tree;
    file.ops_on(&op.holder, Op::Reset).any(|reset| {
        let Some(statement) = growth::renewal(file.model, reset.node) else { return false };
        let block = tree.parent(statement);
        reset.func == op.func
            && reset.node < op.node
            && block.is_some_and(|block| tree.contains(block, op.node))
    })
}

/// `if (map.has(k)) map.set(k, …)`: the key is there already.
fn is_overwrite(model: &Model<'_>, op: &CollectionOp) -> bool {
    let tree = &model.file.tree;
    let Some(key) = op.key.map(|key| model.file.place(key)) else { return false };
    let tests_key = |test: outlive_semantic::index::NodeId| match tree.method_call(test) {
        Some((object, "has")) => {
            model.file.place(object) == op.holder
                && tree.arg(test, 0).is_some_and(|arg| model.file.place(arg) == key)
        }
        _ => false,
    };
    let mut child = op.node;
    for parent in tree.ancestors(op.node) {
        match tree.kind(parent) {
            Kind::Function => return false,
            Kind::If if tree.node(child).slot == 1 && tree.first(parent).is_some_and(tests_key) => {
                return true;
            }
            _ => {}
        }
        child = parent;
    }
    false
}

/// The names of which a key, or the variable that holds it, is put together.
fn key_parts(model: &Model<'_>, key: outlive_semantic::index::NodeId) -> Vec<String> {
    let tree = &model.file.tree;
    let value = model.file.binding_of(key).and_then(|binding| model.file.sole_value(binding)).unwrap_or(key);
    let mut open = vec![value];
    let mut parts = Vec::new();
    while let Some(part) = open.pop() {
        let is_sum = tree.binary_op(part) == Some(outlive_semantic::tree::BinaryOp::Add);
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

fn shown_key(model: &Model<'_>, key: outlive_semantic::index::NodeId) -> String {
    match model.file.tree.kind(key) {
        Kind::Template => "a computed string".to_owned(),
        _ => model.file.display(&model.file.place(key)),
    }
}

/// Where the collection is declared: the binding, or the first place a field gets a value.
fn declaration(model: &Model<'_>, holder: &Place) -> Option<Span> {
    let mut owner = holder.clone();
    while owner.path.last() == Some(&Step::Element) {
        owner = owner.parent()?;
    }
    if owner.path.is_empty()
        && let Root::Binding(binding) = owner.root
    {
        return Some(model.file.binding(binding).span);
    }
    let value = model.values(&owner).first().copied()?;
    let statement = model.file.tree.parent(value)?;
    Some(model.file.tree.span(statement))
}

/// Whether the same function reads the collection by key: it is tested and then filled, which nobody does for one call.
fn is_looked_up(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let by_method = file.ops_on(&op.holder, Op::Lookup).any(|other| related(file, other.func, op.func));
    by_method
        || op.holder.clone().with(Step::Element).is_some_and(|element| {
            file.accesses.of(&element).any(|access| {
                !matches!(access.usage, outlive_semantic::access::Usage::Assigned(_))
                    && related(file, access.func, op.func)
            })
        })
}

fn related(
    file: &FileView<'_, '_>,
    a: outlive_semantic::index::FuncId,
    b: outlive_semantic::index::FuncId,
) -> bool {
    file.model.file.is_within(a, b) || file.model.file.is_within(b, a) && a.index() != 0
}

/// Whether the size of the collection is tested in the same function.
fn is_sized(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    file.ops_on(&op.holder, Op::Size)
        .any(|other| related(file, other.func, op.func) && is_compared(file, other))
}

fn is_compared(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let tree = &file.model.file.tree;
    tree.ancestors(op.node).take(4).any(|node| {
        matches!(
            tree.binary_op(node),
            Some(
                outlive_semantic::tree::BinaryOp::Less
                    | outlive_semantic::tree::BinaryOp::LessEqual
                    | outlive_semantic::tree::BinaryOp::Greater
                    | outlive_semantic::tree::BinaryOp::GreaterEqual
            )
        )
    })
}

/// Lists of an options object that whoever reads the options runs, all of them, each time.
const RUN_LISTS: &[&str] =
    &["plugins", "middleware", "middlewares", "presets", "loaders", "transforms", "interceptors", "hooks"];

/// A list in the caller's own options object that each call adds to: callers keep it and hand it in again.
fn is_on_options(model: &Model<'_>, op: &CollectionOp) -> bool {
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

/// Whether a function stores what it was handed as it is: `register(name, plugin) { plugins[name] = plugin }`.
fn is_registry(model: &Model<'_>, op: &CollectionOp) -> bool {
    let file = model.file;
    let is_param = |node: outlive_semantic::index::NodeId| {
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
    // `handlers.push({ label, handler })`
    let is_made_of_params = |value: outlive_semantic::index::NodeId| {
        file.tree.kind(value) == Kind::Object
            && file.tree.children(value).all(|part| is_part_param(file, part, &is_param))
    };
    let stores_param = value.is_some_and(|value| is_param(value) || is_made_of_params(value))
        || op.key.is_some_and(is_param) && value.is_some_and(|value| makes_slot(model, value));
    let is_handler =
        || value.and_then(|value| model.callee_name(value)).is_some_and(|name| HANDLERS.contains(&name));
    (named || is_handler()) && stores_param && op.key.is_none_or(is_param)
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

/// A property whose value is a parameter.
fn is_part_param(
    file: &outlive_semantic::tables::Lowered,
    part: outlive_semantic::index::NodeId,
    is_param: &dyn Fn(outlive_semantic::index::NodeId) -> bool,
) -> bool {
    file.tree.kind(part) == Kind::Property && file.tree.last_child(part).is_some_and(is_param)
}

/// `table[name] = table[name] || []`: a slot for what is registered next.
fn makes_slot(model: &Model<'_>, value: outlive_semantic::index::NodeId) -> bool {
    matches!(model.file.tree.kind(value), Kind::Logical | Kind::Array | Kind::Object | Kind::New)
}

fn settle_holder(
    view: &ProjectView<'_, '_>,
    spot: &Spot,
    sites: &[(FileId, &Claim, &GrowthClaim)],
) -> Option<Finding> {
    let project = view.project;
    let known = sites.iter().find_map(|(_, _, claim)| claim.container);
    if !is_container(project, spot, known, sites) {
        return dropped(view, sites, || "nothing says that it is a collection".to_owned());
    }
    let lives = project.life(spot);
    let mut best: Option<(Doubt, usize)> = None;
    let mut asked = Asked::of(sites);
    for (i, site) in sites.iter().enumerate() {
        let (file, claim, growth) = site;
        let at = std::slice::from_ref(site);
        let Some(mut doubt) = doubts(project, spot, lives, *file, claim, growth) else {
            dropped(view, at, || {
                let rate = project.rate(*file, claim.func).phrase();
                let sized = if growth.sized { ", and its size is tested" } else { "" };
                format!("it {}; the function runs {rate}{sized}", lifetime::lives_phrase(project, lives))
            });
            continue;
        };
        let is_open = growth.from_client || is_open_by_name(growth);
        let info = project.rate(*file, claim.func);
        // Where an entry point of the project is seen to drive it, whoever is to call the release would be in sight too.
        let is_driven = info.certain && info.rate.is_some_and(outlive_semantic::rate::Rate::is_hot);
        let answer = match asked.released(project, spot, lives, *site) {
            Released::Idle(found) if !is_open || !is_driven => Released::Yes(found),
            answer => answer,
        };
        match answer {
            Released::Yes(found) => {
                view.trace.note(|| Dropped {
                    rule: META.id,
                    file: Some(*file),
                    span: claim.at,
                    reason: format!("`{}` {}", growth.shown, release_phrase(&found.row.what)),
                    seen: Some((Some(found.file), found.row.at)),
                });
                continue;
            }
            Released::Maybe => doubt.unknown(),
            Released::Inner if is_open => doubt.assume(),
            Released::Inner => doubt.unknown(),
            Released::Idle(_) => doubt.assume(),
            Released::No if is_renewed_around(project, spot, *file, claim.func) => doubt.unknown(),
            Released::No => {}
        }
        if best.is_none_or(|(known, _)| {
            (doubt.unknowns, doubt.conventions) < (known.unknowns, known.conventions)
        }) {
            best = Some((doubt, i));
        }
    }
    let (doubt, chosen) = best?;
    let Some(confidence) = doubt.confidence() else {
        return dropped(view, sites, || {
            format!(
                "too much is in doubt ({}); it {}",
                doubt.phrase(),
                lifetime::lives_phrase(project, lives)
            )
        });
    };
    Some(report(project, spot, lives, sites, chosen, confidence))
}

/// What was found out about the releases of one collection. Thousands of sites may add to it, and most ask alike.
struct Asked<'p> {
    /// Text that is handed on is handed on as it is.
    is_text: bool,
    /// By whether the site is hot, and the file whose releases do not count.
    known: FxHashMap<(bool, Option<FileId>), Released<'p>>,
}

impl<'p> Asked<'p> {
    fn of(sites: &[(FileId, &Claim, &GrowthClaim)]) -> Self {
        let is_text = sites.iter().all(|(_, _, growth)| growth.growth == Growth::Append);
        Self { is_text, known: FxHashMap::default() }
    }

    /// Whether something takes out what one site adds.
    fn released(
        &mut self,
        project: &'p Project<'_>,
        spot: &Spot,
        lives: Lives,
        (file, claim, growth): (FileId, &Claim, &GrowthClaim),
    ) -> Released<'p> {
        let rate = project.rate(file, claim.func).rate;
        // Who looks up before it fills has an owner that answers many lookups: its end comes too late for them.
        let is_hot = rate.is_some_and(outlive_semantic::rate::Rate::is_hot)
            || growth.looked_up && is_open_by_name(growth);
        let is_text = self.is_text;
        let ask = |is_known: &dyn Fn(&Use<'_>) -> bool| {
            released(project, spot, lives, is_hot, &|found| {
                is_known(found) || is_text && found.row.what == What::Collection(Op::Escape)
            })
        };
        match &growth.missed {
            Some(missed) => ask(&|found| {
                found.file == file && (growth.beside_methods || missed.releases.contains(&found.row.at))
            }),
            None => {
                let weak = growth.beside_methods.then_some(file);
                *self.known.entry((is_hot, weak)).or_insert_with(|| ask(&|found| weak == Some(found.file)))
            }
        }
    }
}

/// What keeps a collection from growing for ever: the second half of a sentence.
fn release_phrase(what: &What) -> &'static str {
    match what {
        What::Collection(Op::Reset) | What::Assigned | What::Renewed => "is replaced",
        What::Collection(Op::Escape) | What::Argument(_) => "is handed to code that may empty it",
        What::Collection(_) | What::Method(..) | What::Called => "loses entries",
    }
}

/// Says for each site why it is not reported.
fn dropped(
    view: &ProjectView<'_, '_>,
    sites: &[(FileId, &Claim, &GrowthClaim)],
    reason: impl Fn() -> String,
) -> Option<Finding> {
    for site in sites {
        view.drop::<()>(site.0, site.1, || format!("`{}`: {}", site.2.shown, reason()));
    }
    None
}

fn is_container(
    project: &Project<'_>,
    spot: &Spot,
    known: Option<Container>,
    sites: &[(FileId, &Claim, &GrowthClaim)],
) -> bool {
    if known.is_some()
        || sites.iter().any(|(_, _, claim)| matches!(claim.growth, Growth::Append | Growth::Rebuild))
    {
        return true;
    }
    match project.type_of(spot) {
        GlobalTy::Model(model) => {
            let container = project.catalog.model(model).container;
            container.is_some_and(|container| {
                sites
                    .iter()
                    .any(|(_, _, claim)| claim.growth.needs().is_none_or(|needed| needed == container))
            })
        }
        // `options.plugins.push(plugin)`: a plural of the options is a list.
        GlobalTy::Unknown => sites.iter().any(|(_, _, claim)| {
            claim.on_options && claim.growth == Growth::Push && claim.shown.ends_with('s')
        }),
        _ => false,
    }
}

/// The doubts about one growth site; none if it is certainly no leak.
fn doubts(
    project: &Project<'_>,
    spot: &Spot,
    lives: Lives,
    file: FileId,
    claim: &Claim,
    growth: &GrowthClaim,
) -> Option<Doubt> {
    let is_unread = growth.unread && !is_seen_elsewhere(project, spot, file);
    let mut doubt = Doubt::default();
    if growth.sized && growth.missed.is_none() {
        return None;
    }
    if let Some(once) = &growth.once {
        let flag = project.canonical(file, once);
        if lifetime::happens_once(project, &flag, spot) {
            return None;
        }
    }
    match project.outlives(lives, file, claim.func, growth.in_loop) {
        Answer::Yes => {}
        Answer::Assumed => doubt.assume(),
        Answer::Unknown if growth.on_options && growth.growth == Growth::Push => doubt.assume(),
        Answer::Unknown
            if is_like_cache(lives, growth)
                || is_table(growth)
                || growth.beside_methods
                || growth.sibling.is_some()
                || growth.waiting
                || is_unread =>
        {
            doubt.assume();
        }
        Answer::Unknown => doubt.unknown(),
        Answer::No => return None,
    }
    // Plug-ins are registered when things start, not with every request.
    let info = project.rate(file, claim.func);
    let is_hot = info.certain && info.rate.is_some_and(outlive_semantic::rate::Rate::is_hot);
    // What nobody looks at is no plug-in, and is not filled to be used from now on.
    let is_plugin =
        growth.registry && !is_hot || !is_table(growth) && lifetime::is_startup(project, file, claim.func);
    if is_plugin && !is_unread
        || is_finite_by_name(growth)
        || tells_once(project, file, claim)
        || growth.formatter
        || info.rate == Some(outlive_semantic::rate::Rate::Call) && !is_worth_guessing(growth)
    {
        doubt.unknown();
    }
    // `workers[index] = worker`: mostly a place in the list, whoever says which.
    let is_at_place = growth.growth == Growth::Key && growth.container == Some(Container::Array);
    let is_own_table = is_table(growth) || growth.sibling.is_some();
    if is_at_place || !is_own_table && is_page_memo(project, file, claim, growth) {
        doubt.unknown();
    }
    Some(doubt)
}

/// `logOnce(message)`: what tells each thing once has so many things to tell as there are places that tell.
fn tells_once(project: &Project<'_>, file: FileId, claim: &Claim) -> bool {
    let name = &project.summary(file).functions[claim.func.index()].name;
    name.split('_').flat_map(camel_words).any(|word| word == "once")
}

/// A table in a page that remembers what was computed for a key: as large as what one user looks at.
fn is_page_memo(project: &Project<'_>, file: FileId, claim: &Claim, growth: &GrowthClaim) -> bool {
    use outlive_semantic::rate::Rate;
    let rate = project.rate(file, claim.func).rate;
    let in_page = matches!(rate, Some(Rate::Render | Rate::Event | Rate::Component | Rate::Instance));
    let key = growth.key.to_ascii_lowercase();
    let is_node = ["el", "elm", "elem", "node", "element", "target", "dom"]
        .iter()
        .any(|word| key.rsplit('.').next() == Some(word));
    in_page
        && matches!(growth.growth, Growth::Set | Growth::Add | Growth::Key)
        && growth.keys != Keys::Fresh
        && !is_node
}

/// A cache is tested and then filled: nobody writes that for one call. How long the instance lives that has it, its name
/// may say.
fn is_like_cache(lives: Lives, growth: &GrowthClaim) -> bool {
    match lives {
        Lives::Process | Lives::Singleton(..) => growth.looked_up,
        Lives::With(_, Owner::Class(_), _) => {
            let name = growth.shown.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
            let is_named = |words: &[&str]| words.iter().any(|word| name.contains(word));
            // What calls itself a cache need not be asked in the very function that fills it.
            let is_cache = is_named(&["cache", "memo"]) && matches!(growth.growth, Growth::Set | Growth::Key);
            let others =
                ["seen", "known", "history", "visited", "registry", "pool", "sessions", "clients", "store"];
            is_cache || growth.looked_up && is_named(&others)
        }
        _ => false,
    }
}

/// Whether another file does anything with a field of this name.
fn is_seen_elsewhere(project: &Project<'_>, spot: &Spot, file: FileId) -> bool {
    let by_name = || spot.field().map(|field| project.possible_uses(field)).unwrap_or_default();
    project.uses_outside(spot, file).next().is_some() || by_name().iter().any(|found| found.file != file)
}

/// What its file says of it tells that it outlives its entries: nobody fills for one call what nobody reads, what is
/// filled beside it loses the same entries one by one, and what waits is to have an end.
fn is_telling(growth: &GrowthClaim) -> bool {
    growth.sibling.is_some() || growth.unread || growth.waiting
}

/// Entries that something else takes out one by one: nobody keeps such a table for one call.
fn is_table(growth: &GrowthClaim) -> bool {
    growth.missed.as_ref().is_some_and(|missed| match missed.why {
        Why::Succeeded => false,
        Why::Failure => !growth.replaces,
        _ => true,
    })
}
