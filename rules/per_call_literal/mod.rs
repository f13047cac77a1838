//! `per-call-literal`: a constant table that a hot function builds anew on each run, only to look something up in it.

use crate::churn;
use crate::claim::{ChurnClaim, Claim};
use crate::finding::{Finding, Severity};
use crate::hoist;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::constant::{self, Recipe, Table};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::project::FileId;
use outlive_semantic::readonly;
use outlive_semantic::tree::Kind;
use outlive_semantic::turns;

/// The rule.
pub(crate) struct PerCallLiteral;

static META: Meta = Meta {
    id: "per-call-literal",
    summary: "a constant table built anew on each run of a hot function",
    category: Category::Churn,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

/// From how many entries a table is worth a word: by the costs measured, anything smaller disappears in the noise.
struct Threshold {
    /// Plain values under names.
    flat: u32,
    /// Objects, arrays or functions of their own.
    compound: u32,
    /// Entries of a `Map` or `Set`.
    hashed: u32,
}

const ALONE: Threshold = Threshold { flat: 50, compound: 5, hashed: 5 };
const IN_LOOP: Threshold = Threshold { flat: 32, compound: 3, hashed: 2 };

/// From this many properties on, a literal is no longer one copy of memory but built property by property.
const CLIFF: u32 = 128;

impl Rule for PerCallLiteral {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn literal(&self, file: &FileView<'_, '_>, node: NodeId, claims: &mut Claims<'_>) {
        visit(file, node, claims);
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        visit(file, call, claims);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        churn::settle_all(claims, view, &META)
    }
}

fn visit(file: &FileView<'_, '_>, node: NodeId, claims: &mut Claims<'_>) {
    let model = file.model;
    let tree = &model.file.tree;
    let func = tree.func(node);
    if func.index() == 0 || constant::is_part_of_table(model, node) {
        return;
    }
    let Some(recipe) = constant::recipe(model, node).filter(|recipe| is_worth(recipe, &IN_LOOP)) else {
        return;
    };
    if let Some(body) = judge(file, node, &recipe) {
        claims.add(META.id, func, tree.span(node), body);
    }
}

fn is_worth(recipe: &Recipe, least: &Threshold) -> bool {
    match recipe.table {
        Table::SharedArray => false,
        Table::Object | Table::Array => recipe.entries >= least.flat || recipe.compound >= least.compound,
        Table::Map | Table::Set => recipe.entries >= least.hashed,
    }
}

fn judge(file: &FileView<'_, '_>, node: NodeId, recipe: &Recipe) -> Option<ChurnClaim> {
    let model = file.model;
    let reads = readonly::reads(model, node, recipe.levels);
    let Some(reads) = reads else {
        return file
            .drop(&META, node, || "it is changed, kept, or handed to code that may do either".to_owned());
    };
    let is_hashed = matches!(recipe.table, Table::Map | Table::Set);
    if !reads.looked_up && !reads.iterated && !is_hashed {
        return file
            .drop(&META, node, || "only fixed names are read: engines leave such a table out".to_owned());
    }
    if churn::is_remembered(model, node) {
        return file.drop(&META, node, || "it is built once and remembered".to_owned());
    }
    if churn::is_on_error_path(model, node) {
        return file.drop(&META, node, || "only failures run it".to_owned());
    }
    // Going through a list costs as much as building it: whether the second half matters, a profile has to say.
    let unknowns = u8::from(!reads.looked_up);
    Some(ChurnClaim { unknowns, ..claim(model, node, recipe) })
}

fn claim(model: &Model<'_>, node: NodeId, recipe: &Recipe) -> ChurnClaim {
    let shown = shown(model, node, recipe);
    let objects = recipe.objects;
    let count = if objects == 1 { "1 object".to_owned() } else { format!("{objects} objects") };
    let cliff = if recipe.entries >= CLIFF && recipe.table == Table::Object {
        format!(", and past {CLIFF} properties each is added one by one")
    } else {
        String::new()
    };
    ChurnClaim {
        head: format!("{shown} is allocated"),
        cost: format!("{count}, {}{cliff}", churn::bytes(recipe.bytes)),
        help: help(recipe, &shown),
        subject: shown,
        in_loop: turns::is_looped(model, node),
        needs_loop: !is_worth(recipe, &ALONE),
        fixes: hoist::to_module(model, node, recipe.is_literal).into_iter().collect(),
        ..ChurnClaim::default()
    }
}

fn help(recipe: &Recipe, shown: &str) -> String {
    let kind = match recipe.table {
        Table::Map => "map",
        Table::Set => "set",
        Table::Array | Table::SharedArray => "list",
        Table::Object => "table",
    };
    format!("nothing in {shown} changes: make the {kind} a constant of the module, next to the function")
}

/// How the source names the table.
fn shown(model: &Model<'_>, node: NodeId, recipe: &Recipe) -> String {
    let tree = &model.file.tree;
    let name = tree
        .parent(node)
        .filter(|&parent| tree.kind(parent) == Kind::Declarator)
        .and_then(|parent| tree.first(parent))
        .and_then(|target| tree.binding(target))
        .map(|binding| tree.text(model.file.binding(binding).name));
    let entries = recipe.entries;
    match (name, recipe.table) {
        (Some(name), _) => format!("`{name}`"),
        (None, Table::Map) => format!("the `Map` of {entries} constants"),
        (None, Table::Set) => format!("the `Set` of {entries} constants"),
        (None, Table::Object) => format!("the table of {entries} constants"),
        (None, Table::Array | Table::SharedArray) => format!("the list of {entries} constants"),
    }
}
