//! `per-call-client`: a client, pool or agent made for every call and never closed.

use crate::acquire;
use crate::claim::{AcquireClaim, Claim};
use crate::factory;
use crate::finding::{Finding, Severity};
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::index::NodeId;
use outlive_semantic::project::FileId;

/// The rule.
pub(crate) struct PerCallClient;

static META: Meta = Meta {
    id: "per-call-client",
    summary: "a client, pool or agent made for every call and never closed",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for PerCallClient {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        acquire::visit(file, &META, call, claims);
        factory::visit(file, &META, call, claims);
    }

    fn file(&self, file: &FileView<'_, '_>, claims: &mut Claims<'_>) {
        factory::finish(file, &META, claims);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let words = |body: &AcquireClaim| acquire::Text {
            message: message(body),
            help: acquire::help(body),
            keeps: format!("the {} stays until it is closed", body.what),
        };
        let mut findings = acquire::settle_all(claims, view, &META, words);
        findings.extend(factory::settle_all(claims, view, &META, words));
        findings
    }
}

fn message(body: &AcquireClaim) -> String {
    let what = &body.what;
    match (&body.partial, body.shown.as_str()) {
        (Some(gap), _) => format!("the {what} is not closed {}", gap.how),
        (None, "") => format!("the {what} can never be closed: nobody keeps it"),
        (None, shown) => format!("the {what} in `{shown}` is never closed"),
    }
}
