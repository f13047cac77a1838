//! `per-call-registration`: adding to something of the process from code that runs again and again.

use crate::claim::{Claim, LocalClaim};
use crate::finding::{Finding, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::guard;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::project::FileId;
use outlive_semantic::tree::Kind;

/// The rule.
pub(crate) struct PerCallRegistration;

static META: Meta = Meta {
    id: "per-call-registration",
    summary: "something registered for good by code that runs again and again",
    category: Category::Growth,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for PerCallRegistration {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let model = file.model;
        let tree = &model.file.tree;
        if tree.func(call).index() == 0 {
            return;
        }
        let body = registration(file, call).or_else(|| context(file, call)).or_else(|| schema(model, call));
        if let Some(body) = body {
            claims.add(META.id, tree.func(call), tree.span(call), body);
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        local::settle_all(claims, view, &META)
    }
}

fn hot(message: String, help: String, subject: String) -> LocalClaim {
    LocalClaim { message, help, subject, must_repeat: true, must_be_hot: true, ..LocalClaim::default() }
}

/// A call whose row says that it adds for good.
fn registration(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let (object, method) = tree.method_call(call)?;
    if !model.rows(call).iter().any(|row| row.registers) {
        return None;
    }
    // `app.get('setting')` asks.
    if tree.args(call).count() == 1 && tree.arg(call, 0).is_some_and(|only| tree.kind(only) == Kind::String) {
        return None;
    }
    let place = model.file.place(object);
    let shown = model.file.display(&place);
    if !lives_long(model, &place) {
        return file.drop(&META, call, || format!("`{shown}` is not known to outlive this function"));
    }
    if guard::once_guard(model, call).is_some() {
        return file.drop(&META, call, || "a flag lets it happen once".to_owned());
    }
    if is_undone(model) {
        return file.drop(&META, call, || "the file takes registrations back".to_owned());
    }
    let message =
        format!("`{shown}.{method}` adds to `{shown}` each time this runs, and nothing takes it away");
    let help = format!(
        "register once, when `{shown}` is set up; what differs per call belongs in what the call passes on"
    );
    Some(hot(message, help, format!("{shown}.{method}")))
}

/// A thing of the module, an import or a global.
fn lives_long(model: &Model<'_>, place: &Place) -> bool {
    match place.root {
        Root::Module(_) | Root::Global(_) | Root::Exports | Root::Class(_) => true,
        Root::Binding(binding) => model.file.binding(binding).func.index() == 0,
        _ => false,
    }
}

fn is_undone(model: &Model<'_>) -> bool {
    let tree = &model.file.tree;
    tree.ids().any(|node| tree.method_call(node).is_some_and(|(_, method)| model.catalog.undoes(method)))
}

/// `new AsyncLocalStorage()`, `createHook(…).enable()`: the runtime keeps a list of them.
fn context(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let path = model.api_path(tree.callee(call)?)?;
    let row = model.catalog.calls_of_path(&path).find(|row| row.piles_up.is_some())?;
    let pile = row.piles_up.as_ref()?;
    if !row.undone_by.is_empty() && is_undone(model) {
        return None;
    }
    if guard::once_guard(model, call).is_some() {
        return file.drop(&META, call, || "a flag lets it happen once".to_owned());
    }
    let name = path.split_once('.').map_or(&*path, |(_, name)| name);
    let shown = if tree.kind(call) == Kind::New { format!("new {name}") } else { name.to_owned() };
    let message = format!("`{shown}` runs again and again: {}", pile.why);
    Some(hot(message, pile.advice.clone(), shown))
}

/// `ajv.compile({…})` on a shared instance: it remembers every schema object it has seen.
fn schema(model: &Model<'_>, call: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let what = model.rows(call).iter().find_map(|row| row.remembers.as_deref())?;
    let (object, method) = tree.method_call(call)?;
    let is_fresh = tree.arg(call, 0).is_some_and(|schema| tree.kind(schema) == Kind::Object);
    let place = model.file.place(object);
    if !is_fresh || !lives_long(model, &place) {
        return None;
    }
    let shown = model.file.display(&place);
    let message = format!(
        "`{shown}.{method}` is given a new {what} object each time: `{shown}` keeps it and what it compiled"
    );
    Some(hot(
        message,
        format!("make the {what}, or what it compiles to, a constant of the module"),
        format!("{shown}.{method}"),
    ))
}
