//! `per-call-construction`: something costly to construct, made anew on each run of a hot function from what never
//! changes.

use crate::churn;
use crate::claim::{ChurnClaim, Claim};
use crate::finding::{Finding, Severity};
use crate::hoist;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::index::NodeId;
use outlive_semantic::invariant;
use outlive_semantic::model::Model;
use outlive_semantic::project::FileId;
use outlive_semantic::tree::Kind;
use outlive_semantic::turns;

/// The rule.
pub(crate) struct PerCallConstruction;

static META: Meta = Meta {
    id: "per-call-construction",
    summary: "something costly to construct, made anew on each run of a hot function",
    category: Category::Churn,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

/// Below this, only a loop makes it worth a word; above, any hot path does.
const COSTLY_NS: u32 = 10_000;
/// Below this, a request that does anything else does not feel it: said at low confidence, outside of loops.
const FELT_NS: u32 = 50_000;
/// `toLocaleString` and its like with options: a formatter is made for the one call.
const LOCALE_NS: u32 = 36_000;
const REGEXP_NS: u32 = 140;
const CLONE_NS: u32 = 5_300;

impl Rule for PerCallConstruction {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let func = file.model.file.tree.func(call);
        if func.index() == 0 {
            return;
        }
        let body = modelled(file, call)
            .or_else(|| locale(file, call))
            .or_else(|| regexp(file, call))
            .or_else(|| clone(file.model, call));
        let body = body.and_then(|body| kept_out(file, call, body));
        if let Some(body) = body {
            claims.add(META.id, func, file.model.file.tree.span(call), body);
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        churn::settle_all(claims, view, &META)
    }
}

/// What is built once and remembered, or only where something fails, is not built per call.
fn kept_out(file: &FileView<'_, '_>, call: NodeId, body: ChurnClaim) -> Option<ChurnClaim> {
    if churn::is_remembered(file.model, call) {
        return file.drop(&META, call, || "it is built once and remembered".to_owned());
    }
    if churn::is_on_error_path(file.model, call) {
        return file.drop(&META, call, || "only failures run it".to_owned());
    }
    Some(body)
}

/// A construction that a row says is costly.
fn modelled(file: &FileView<'_, '_>, call: NodeId) -> Option<ChurnClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let rows = model.rows(call);
    let (cost, row) = rows.iter().find_map(|row| Some((row.cost_ns?, row)))?;
    let package = package(model, call)?;
    if is_inside_another(model, call, &package) {
        return None;
    }
    if tree.parent(call).is_some_and(|member| tree.name(member) == Some("resolvedOptions")) {
        return file.drop(&META, call, || "it asks for the settings of the moment".to_owned());
    }
    // A shared instance remembers what it made of an object it has seen: only a fresh one costs again.
    let is_method =
        tree.method_call(call).is_some_and(|(object, _)| model.model_of(model.ty(object)).is_some());
    if is_method && !tree.arg(call, 0).is_some_and(|arg| tree.kind(arg) == Kind::Object) {
        return None;
    }
    if tree
        .arg(call, 0)
        .is_some_and(|fields| tree.kind(fields) == Kind::Object && tree.first(fields).is_none())
    {
        return file.drop(&META, call, || "there is nothing in it to build".to_owned());
    }
    let is_pure = |node: NodeId| self::package(model, node).is_some_and(|other| other == package);
    if tree.kind(call) == Kind::New && remembers(model, call) && !only_compiles_constants(model, call) {
        return file.drop(&META, call, || {
            "it is given what differs from call to call: shared, it would keep all of it".to_owned()
        });
    }
    // What is compiled is the schema; the second argument of `validate` is what is checked with it.
    let made_of = if is_method { 1 } else { usize::MAX };
    let varies = !tree.args(call).take(made_of).all(|arg| invariant::across_calls(model, arg, &is_pure));
    let shown = shown(model, call);
    let body = body(model, call, &shown, cost);
    match varies {
        false => Some(body),
        true if row.keyed => {
            let cost = format!("{} each time", time(cost));
            Some(ChurnClaim { unknowns: 1, cost, help: per_key(&shown), fixes: vec![], ..body })
        }
        true => file.drop(&META, call, || "what it is made of differs from call to call".to_owned()),
    }
}

/// Whether what is made keeps what it is given.
fn remembers(model: &Model<'_>, made: NodeId) -> bool {
    model.model_of(model.ty(made)).is_some_and(|of| model.catalog.remembers(of))
}

/// Whether an instance that remembers what it is given is given only what never changes.
fn only_compiles_constants(model: &Model<'_>, made: NodeId) -> bool {
    let tree = &model.file.tree;
    let compiles = |user: NodeId| {
        let call = tree.parent(user).and_then(|member| tree.parent(member));
        call.is_some_and(|call| {
            tree.method_call(call).is_some_and(|(object, _)| object == user)
                && model.rows(call).iter().any(|row| row.remembers.is_some())
                && tree.arg(call, 0).is_some_and(|schema| invariant::across_calls(model, schema, &|_| false))
        })
    };
    let named = tree
        .parent(made)
        .filter(|&parent| tree.kind(parent) == Kind::Declarator)
        .and_then(|parent| tree.first(parent))
        .and_then(|target| tree.binding(target));
    match named {
        None => compiles(made),
        Some(binding) => {
            let uses = &model.file.binding(binding).references;
            uses.iter().all(|reference| compiles(model.file.references[reference.index()].node))
        }
    }
}

fn per_key(shown: &str) -> String {
    format!("keep one {shown} for each locale and set of options, in a map of the module")
}

/// The package, or the global object, whose function is called.
fn package(model: &Model<'_>, call: NodeId) -> Option<String> {
    let tree = &model.file.tree;
    let callee = tree.callee(call)?;
    let path = model.api_path(callee).or_else(|| {
        let (object, _) = tree.method_call(call)?;
        let of = model.model_of(model.ty(object))?;
        Some(model.catalog.model(of).name.as_str().into())
    })?;
    let name = path.split(['.', '(']).next().unwrap_or_default();
    Some(name.split('/').next().filter(|first| !first.starts_with('@')).unwrap_or(name).to_owned())
}

/// A part of a bigger construction is that one's business.
fn is_inside_another(model: &Model<'_>, call: NodeId, of: &str) -> bool {
    let tree = &model.file.tree;
    tree.within_function(call).any(|around| {
        tree.is_call(around)
            && tree.args(around).any(|arg| tree.contains(arg, call))
            && package(model, around).as_deref() == Some(of)
    })
}

fn shown(model: &Model<'_>, call: NodeId) -> String {
    let tree = &model.file.tree;
    let callee = tree.callee(call).map(|callee| match tree.method_call(call) {
        Some((object, method)) => format!("{}.{method}", model.file.display(&model.file.place(object))),
        None => model.file.display(&model.file.place(callee)),
    });
    format!("`{}`", callee.unwrap_or_default())
}

fn body(model: &Model<'_>, call: NodeId, shown: &str, cost: u32) -> ChurnClaim {
    let is_new = model.file.tree.kind(call) == Kind::New || shown.starts_with("`Intl.");
    let verb = if is_new { "is constructed" } else { "is run" };
    ChurnClaim {
        head: format!("{shown} {verb}"),
        cost: format!("{} each time, for the same result", time(cost)),
        help: "its arguments never change: make the result a constant of the module and use that".to_owned(),
        subject: shown.to_owned(),
        in_loop: invariant::turn(model, call).is_some() && turns::is_looped(model, call),
        needs_loop: cost < COSTLY_NS,
        is_slight: cost < FELT_NS,
        fixes: hoist::to_module(model, call, false).into_iter().collect(),
        ..ChurnClaim::default()
    }
}

/// "about 25 µs".
fn time(ns: u32) -> String {
    match ns {
        0..1_000 => format!("about {}.{} µs", ns / 1000, ns / 100),
        1_000..10_000 => format!("about {} µs", (ns + 500) / 1000),
        10_000..1_000_000 => format!("some {} µs", ns / 1000),
        _ => format!("some {} ms", ns / 1_000_000),
    }
}

/// `date.toLocaleString('en', { … })`: with options, a formatter is made for this one call.
fn locale(file: &FileView<'_, '_>, call: NodeId) -> Option<ChurnClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let (object, method) = tree.method_call(call)?;
    let formatter = match method {
        "toLocaleString" => "Intl.NumberFormat` or `Intl.DateTimeFormat",
        "toLocaleDateString" | "toLocaleTimeString" => "Intl.DateTimeFormat",
        _ => return None,
    };
    let options = tree.arg(call, 1)?;
    let is_steady =
        [tree.arg(call, 0)?, options].iter().all(|&arg| invariant::across_calls(model, arg, &|_| false));
    let shown = format!("`{}.{method}`", model.file.display(&model.file.place(object)));
    let help = format!(
        "with options it makes a formatter for the one call: keep an `{formatter}` in the module and call its `format`"
    );
    Some(ChurnClaim {
        head: format!("{shown} is called with options"),
        cost: format!("{} each time, nearly all for the formatter", time(LOCALE_NS)),
        help,
        unknowns: u8::from(!is_steady),
        // A page or a mail has a date or two.
        is_slight: true,
        fixes: vec![],
        ..body(model, call, &shown, LOCALE_NS)
    })
}

/// `new RegExp(…)` of the same text on each turn of a loop.
fn regexp(file: &FileView<'_, '_>, call: NodeId) -> Option<ChurnClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    if model.file.global_of(tree.callee(call)?)? != "RegExp" {
        return None;
    }
    let turn = invariant::turn(model, call)?;
    let has_state = tree.arg(call, 1).is_some_and(|flags| {
        model.file.constant_name(flags).is_none_or(|flags| tree.text(flags).contains(['g', 'y']))
    });
    if has_state || tree.arg(call, 0).is_none() {
        return None;
    }
    if !tree.args(call).all(|arg| invariant::across_turns(model, arg, turn)) {
        return file.drop(&META, call, || "its text differs from turn to turn".to_owned());
    }
    let shown = "`new RegExp`".to_owned();
    Some(ChurnClaim {
        head: format!("{shown} is run"),
        cost: format!("{} each time, for the same expression on every turn", time(REGEXP_NS)),
        help: "build the expression once, before the loop".to_owned(),
        conventions: 1,
        fixes: vec![],
        ..body(model, call, &shown, REGEXP_NS)
    })
}

/// `JSON.parse(JSON.stringify(x))`: its cost is the size of `x`, which only a run can tell.
fn clone(model: &Model<'_>, call: NodeId) -> Option<ChurnClaim> {
    let tree = &model.file.tree;
    let path = |node: NodeId| tree.callee(node).and_then(|callee| model.api_path(callee));
    if path(call).as_deref() != Some("JSON.parse") {
        return None;
    }
    let inner = tree.arg(call, 0).filter(|&inner| path(inner).as_deref() == Some("JSON.stringify"))?;
    let copied = tree.arg(inner, 0)?;
    let shown = format!("`{}`", model.file.display(&model.file.place(copied)));
    Some(ChurnClaim {
        head: format!("{shown} is copied through JSON"),
        cost: format!("{} for 50 properties, thirty times a spread", time(CLONE_NS)),
        help:
            "copy only what changes, with a spread; if all of it does, `structuredClone` keeps dates and maps"
                .to_owned(),
        unknowns: 1,
        needs_loop: false,
        fixes: vec![],
        ..body(model, call, &shown, CLONE_NS)
    })
}
