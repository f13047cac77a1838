//! `leaked-resource`: an acquired resource that some way out does not give back.

mod by_hand;
mod paired;
mod piped;
mod refused;
mod taken;
mod unread;

use crate::acquire;
use crate::claim::{AcquireClaim, Claim};
use crate::factory;
use crate::finding::{Finding, Severity};
use crate::local;
use crate::owned;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::index::NodeId;
use outlive_semantic::project::FileId;
use outlive_semantic::tree::Span;
use rustc_hash::FxHashSet;

/// The rule.
pub(crate) struct LeakedResource;

static META: Meta = Meta {
    id: "leaked-resource",
    summary: "an acquired resource that some way out does not give back",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for LeakedResource {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        acquire::visit(file, &META, call, claims);
        factory::visit(file, &META, call, claims);
        owned::visit(file, &META, call, claims);
        let local =
            [piped::claim, unread::claim, by_hand::claim, paired::claim, refused::claim, taken::claim];
        for body in local.iter().filter_map(|claim| claim(file, call)) {
            let tree = &file.model.file.tree;
            claims.add(META.id, tree.func(call), tree.span(call), body);
        }
    }

    fn file(&self, file: &FileView<'_, '_>, claims: &mut Claims<'_>) {
        factory::finish(file, &META, claims);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let words = |body: &AcquireClaim| acquire::Text {
            message: message(body),
            help: acquire::help(body),
            keeps: format!("the {} stays until it is released", body.what),
        };
        let mut findings = acquire::settle_all(claims, view, &META, words);
        findings.extend(factory::settle_all(claims, view, &META, words));
        findings.extend(owned::settle_all(claims, view, &META));
        // What a row says of a call is more than what its name lets suppose.
        let known: FxHashSet<(FileId, Span)> = findings.iter().map(|it| (it.file, it.span)).collect();
        let supposed = local::settle_all(claims, view, &META);
        findings.extend(supposed.into_iter().filter(|it| !known.contains(&(it.file, it.span))));
        findings
    }
}

fn message(body: &AcquireClaim) -> String {
    let what = &body.what;
    match (&body.partial, body.shown.as_str()) {
        (Some(gap), _) => format!("the {what} is not released {}", gap.how),
        (None, "") => format!("the {what} can never be released: nobody keeps it"),
        (None, shown) => format!("the {what} in `{shown}` is never released"),
    }
}
