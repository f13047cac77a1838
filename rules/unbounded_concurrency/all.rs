//! All of a list at once: `Promise.all(items.map(async …))`.

use super::limiter::is_limited;
use crate::claim::LocalClaim;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::rate::Life;
use outlive_semantic::tree::Kind;

/// `Promise.all(items.map(async …))`
pub(super) fn all_at_once(model: &Model<'_>, call: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let (promise, "all" | "allSettled") = tree.method_call(call)? else { return None };
    if model.file.global_of(promise) != Some("Promise") {
        return None;
    }
    let mapped = tree.arg(call, 0)?;
    let (items, "map") = tree.method_call(mapped)? else { return None };
    let work = tree.arg(mapped, 0).and_then(|arg| model.function_of(arg))?;
    if !starts_work(model, work)
        || is_limited(model, model.file.function(work).node)
        || is_bounded(model, items)
    {
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

/// Items of which there are only so many: written out, cut, or named as a part of more.
fn is_bounded(model: &Model<'_>, items: NodeId) -> bool {
    let tree = &model.file.tree;
    if model.is_constant_collection(items, 4) {
        return true;
    }
    let named = model.file.value_of(items).unwrap_or(items);
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
    let value = model.file.value_of(items).unwrap_or(items);
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
