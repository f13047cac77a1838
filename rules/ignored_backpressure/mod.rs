//! `ignored-backpressure`: writes to something slower than the source, with no look at how much waits.

mod early;
mod fan_out;
mod pushed;
mod sink;
mod source;

use crate::claim::Claim;
use crate::finding::{Finding, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::index::NodeId;
use outlive_semantic::project::FileId;

/// The rule.
pub(crate) struct IgnoredBackpressure;

static META: Meta = Meta {
    id: "ignored-backpressure",
    summary: "writes to something slower than the source, with no look at how much waits",
    category: Category::Backpressure,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for IgnoredBackpressure {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let body = early::callback(file, call).or_else(|| {
            let sink = sink::of(file.model, call)?;
            match sink.method {
                "push" => pushed::push(file, call, &sink),
                "enqueue" => pushed::enqueue(file, call, &sink),
                _ => fan_out::claim(file, call, &sink).or_else(|| source::unpaced_write(file, call, &sink)),
            }
        });
        if let Some(body) = body {
            let at = file.model.file.tree.span(call);
            let func = file.model.file.tree.func(call);
            claims.add(META.id, func, at, body);
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        // What a function writes to one sink in several places is held back together.
        local::settle_merged(claims, view, &META, |body| &body.subject, "and written to here")
    }
}
