//! `uncleared-performance-entries`: marks and measures that pile up in the process's timeline.

use crate::claim::{Body, Claim, LocalClaim};
use crate::finding::{Finding, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::project::FileId;

/// The rule.
pub(crate) struct UnclearedPerformanceEntries;

static META: Meta = Meta {
    id: "uncleared-performance-entries",
    summary: "performance marks and measures made again and again and never cleared",
    category: Category::Growth,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

/// A claim that is no finding: somebody clears entries of a kind.
const CLEARS: &str = "clears ";

impl Rule for UnclearedPerformanceEntries {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let model = file.model;
        let tree = &model.file.tree;
        let rows = model.rows(call);
        let Some(row) = rows.iter().find_map(|row| row.timeline.as_ref()) else { return };
        let body = match &row.cleared_by {
            Some(clear) => entry(model, call, &row.kind, clear),
            None => LocalClaim { subject: format!("{CLEARS}{}", row.kind), ..LocalClaim::default() },
        };
        claims.add(META.id, tree.func(call), tree.span(call), body);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let subject = |claim: &Claim| match &claim.body {
            Body::Local(body) => body.subject.clone(),
            _ => String::new(),
        };
        let cleared: Vec<String> = claims
            .iter()
            .filter_map(|(_, claim)| subject(claim).strip_prefix(CLEARS).map(str::to_owned))
            .collect();
        let open: Vec<(FileId, &Claim)> = claims
            .iter()
            .filter(|(_, claim)| {
                let subject = subject(claim);
                !subject.starts_with(CLEARS) && !cleared.iter().any(|kind| subject.starts_with(kind.as_str()))
            })
            .copied()
            .collect();
        // One call of `performance.clearMarks` mends all entries of one kind that a function makes.
        local::settle_merged(&open, view, &META, kind, "and here")
    }
}

/// The first word of what a claim is about.
fn kind(body: &LocalClaim) -> &str {
    body.subject.split(' ').next().unwrap_or_default()
}

fn entry(model: &Model<'_>, call: NodeId, kind: &str, clear: &str) -> LocalClaim {
    let tree = &model.file.tree;
    let name = tree.arg(call, 0).and_then(|name| model.file.constant_name(name)).map(|name| tree.text(name));
    let shown = name.map_or_else(|| format!("{kind}s"), |name| format!("{kind}s `{name}`"));
    LocalClaim {
        message: format!(
            "{shown} stay in the timeline for as long as the process or page: nothing calls `{clear}`"
        ),
        help: format!(
            "call `performance.{clear}(name)` when the value is read, or `performance.now()` where only the difference matters"
        ),
        subject: format!("{kind} {}", name.unwrap_or_default()),
        must_repeat: true,
        // A fixed name may well be marked once, at start-up; one made up for the call is made for many calls.
        must_be_hot: name.is_some(),
        conventions: u8::from(name.is_none()),
        ..LocalClaim::default()
    }
}
