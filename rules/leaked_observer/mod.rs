//! `leaked-observer`: an observer or watcher that is never disconnected.

use crate::acquire;
use crate::claim::{AcquireClaim, Claim};
use crate::finding::{Finding, Severity};
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::index::NodeId;
use outlive_semantic::project::FileId;

/// The rule.
pub(crate) struct LeakedObserver;

static META: Meta = Meta {
    id: "leaked-observer",
    summary: "an observer or watcher that is never disconnected",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for LeakedObserver {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        acquire::visit(file, &META, call, claims);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let words = |body: &AcquireClaim| acquire::Text {
            message: message(body),
            help: acquire::help(body),
            keeps: format!("the {} stays until it is disconnected", body.what),
        };
        acquire::settle_all(claims, view, &META, words)
    }
}

fn message(body: &AcquireClaim) -> String {
    let what = &body.what;
    match (&body.partial, body.shown.as_str()) {
        (Some(gap), _) => format!("the {what} is not disconnected {}", gap.how),
        (None, "") => format!("the {what} can never be disconnected: nobody keeps it"),
        (None, shown) => format!("the {what} in `{shown}` is never disconnected"),
    }
}
