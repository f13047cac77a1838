//! `unbounded-concurrency`: as much work at once as the input is long.

use crate::claim::{Body, Claim, LocalClaim};
use crate::finding::{Finding, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::guard;
use outlive_semantic::identity::Identity;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::project::FileId;
use outlive_semantic::rate::{Life, Rate};
use outlive_semantic::tree::{Kind, flag};

/// The rule.
pub(crate) struct UnboundedConcurrency;

static META: Meta = Meta {
    id: "unbounded-concurrency",
    summary: "as much work at once as the input is long",
    category: Category::Backpressure,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for UnboundedConcurrency {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let model = file.model;
        let body = all_at_once(model, call)
            .or_else(|| not_awaited(model, call))
            .or_else(|| async_listener(file, call));
        let Some(body) = body else { return };
        let (at, func) = (model.file.tree.span(call), model.file.tree.func(call));
        claims.add(META.id, func, at, body);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        // Pages, components and start-up code work on what one person looks at.
        let own: Vec<(FileId, &Claim)> = claims
            .iter()
            .copied()
            .filter(|(file, claim)| {
                let rate = view.project.rate(*file, claim.func).rate;
                let is_endless = matches!(&claim.body, Body::Local(body) if !body.must_be_hot);
                is_endless
                    || matches!(rate, Some(Rate::Job | Rate::Request | Rate::Message | Rate::Connection))
            })
            .collect();
        local::settle_all(&own, view, &META)
    }
}

/// `Promise.all(items.map(async …))`
fn all_at_once(model: &Model<'_>, call: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let (promise, "all" | "allSettled") = tree.method_call(call)? else { return None };
    if model.file.global_of(promise) != Some("Promise") {
        return None;
    }
    let mapped = tree.arg(call, 0)?;
    let (items, "map") = tree.method_call(mapped)? else { return None };
    let work = tree.arg(mapped, 0).and_then(|arg| model.function_of(arg))?;
    if !starts_work(model, work) || is_limited(model, work) || is_bounded(model, items) {
        return None;
    }
    let from_client = is_from_client(model, items);
    if !from_client && !is_fetched(model, items) {
        return None;
    }
    let shown = shown(model, items);
    let who =
        if from_client { "a client decides how many that are" } else { "nothing says how many that are" };
    Some(LocalClaim {
        message: format!("work starts for all of `{shown}` at once, and {who}"),
        help: format!("work through `{shown}` in batches, or with a limiter"),
        subject: shown,
        conventions: u8::from(from_client),
        unknowns: u8::from(!from_client),
        must_repeat: true,
        must_be_hot: true,
        ..LocalClaim::default()
    })
}

fn shown(model: &Model<'_>, items: NodeId) -> String {
    model.file.display(&model.file.place(items))
}

/// Whether a callback does work that goes on after it returns.
fn starts_work(model: &Model<'_>, work: FuncId) -> bool {
    model.file.function(work).is_async
        || model.returned_values(work).iter().any(|&value| model.file.tree.is_call(value))
}

/// Whether the work goes through something that limits it.
fn is_limited(model: &Model<'_>, work: FuncId) -> bool {
    let tree = &model.file.tree;
    tree.subtree(model.file.function(work).node).any(|node| {
        let name = tree.callee(node).and_then(|callee| model.callee_name(callee)).unwrap_or_default();
        let lower = name.to_ascii_lowercase();
        ["limit", "acquire", "semaphore", "schedule", "throttle", "queue", "enqueue", "pool"]
            .iter()
            .any(|word| lower.contains(word))
            || matches!(name, "add" | "push" | "run" | "exec")
    })
}

/// Items of which there are only so many: written out, cut, or named as a part of more.
fn is_bounded(model: &Model<'_>, items: NodeId) -> bool {
    let tree = &model.file.tree;
    if model.is_constant_collection(items, 4) {
        return true;
    }
    let named =
        model.file.binding_of(items).and_then(|binding| model.file.sole_value(binding)).unwrap_or(items);
    let is_cut = tree.subtree(named).any(|node| {
        matches!(
            tree.method_call(node),
            Some((_, "slice" | "splice" | "take" | "limit" | "first" | "top" | "chunk" | "keys"))
        )
    });
    let name = shown(model, items).to_ascii_lowercase();
    is_cut || ["chunk", "batch", "page", "group", "slice", "top"].iter().any(|word| name.contains(word))
}

/// Whether items are what was asked for a moment before: the rows of a query, the files of a folder.
fn is_fetched(model: &Model<'_>, items: NodeId) -> bool {
    let value =
        model.file.binding_of(items).and_then(|binding| model.file.sole_value(binding)).unwrap_or(items);
    // `const { rows } = await db.query(…)`, `(await list()).items`: a part of what was waited for.
    let part_of = match model.file.place(items).root {
        Root::Value(whole) => whole,
        _ => value,
    };
    [value, part_of].iter().any(|&value| model.file.tree.kind(value) == Kind::Await)
}

/// Whether items come out of the body of a request.
fn is_from_client(model: &Model<'_>, items: NodeId) -> bool {
    let place = model.file.place(items);
    let Root::Binding(_) = place.root else { return false };
    let of = model.model_of(model.place_ty(&Place::root(place.root)));
    let is_request = of.is_some_and(|of| model.catalog.model(of).life == Some(Life::Request));
    let names_body = place.path.iter().any(|step| {
        matches!(step, Step::Field(name) if matches!(model.file.tree.text(*name), "body" | "query" | "files" | "payload"))
    });
    is_request && names_body
}

/// `for await (const item of stream) handle(item)`: the loop takes the next before the last is done.
fn not_awaited(model: &Model<'_>, call: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    if !is_dropped(model, call) {
        return None;
    }
    let each = guard::enclosing_loop(model, call)?;
    if tree.kind(each) != Kind::ForOf || !tree.has(each, flag::AWAIT) {
        return None;
    }
    let work = tree.callee(call).and_then(|callee| model.function_of(callee))?;
    if !model.file.function(work).is_async || is_limited(model, work) || waits(model, each) {
        return None;
    }
    let name = model.file.function_name(work).unwrap_or("the work").to_owned();
    Some(LocalClaim {
        message: format!(
            "`{name}` is not awaited: the loop takes the next item while any number are still at work"
        ),
        help: format!("await `{name}`, or limit how many run at once"),
        subject: name,
        unknowns: 1,
        ..LocalClaim::default()
    })
}

fn is_dropped(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.is_discarded(call) && tree.parent(call).is_none_or(|parent| tree.kind(parent) != Kind::Await)
}

/// Whether the body of a loop awaits something: that slows it down.
fn waits(model: &Model<'_>, each: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.child(each, 2).is_some_and(|body| {
        tree.subtree(body).any(|node| tree.kind(node) == Kind::Await && tree.func(node) == tree.func(each))
    })
}

/// `emitter.on('message', async …)`: an emitter does not wait for its listeners.
fn async_listener(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let registration = file.registration(call).filter(|registration| !registration.once)?;
    let Identity::Constant(event) = &registration.event else { return None };
    // The other side of a worker or of this process is the program itself.
    let is_own = matches!(registration.place.root, Root::Global(_))
        || registration.place.last_field().is_some_and(|name| tree.text(name) == "parentPort");
    if is_own || !registration.proved || !matches!(event.as_str(), "message" | "job" | "task" | "line") {
        return None;
    }
    let work = model.function_of(registration.listener).filter(|&work| model.file.function(work).is_async)?;
    let awaits = tree
        .subtree(model.file.function(work).node)
        .any(|node| tree.kind(node) == Kind::Await && tree.func(node) == work);
    if !awaits || is_limited(model, work) {
        return None;
    }
    let shown = model.file.display(&registration.place);
    Some(LocalClaim {
        message: format!(
            "`{shown}` does not wait for its '{event}' listener: any number of them are at work at once"
        ),
        help: "put the work into a queue with a limit, and hold the source back while it is full".to_owned(),
        subject: format!("{shown} {event}"),
        unknowns: 1,
        ..LocalClaim::default()
    })
}
