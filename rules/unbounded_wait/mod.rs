//! `unbounded-wait`: a request handler that waits for another server for as long as that pleases.

mod promised;

use crate::claim::{Claim, LocalClaim};
use crate::finding::{Finding, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::project::FileId;
use outlive_semantic::tree::Kind;

/// The rule.
pub(crate) struct UnboundedWait;

static META: Meta = Meta {
    id: "unbounded-wait",
    summary: "a request handler that waits for another server without a limit",
    category: Category::Retention,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for UnboundedWait {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let body = unlimited(file.model, call).or_else(|| promised::claim(file.model, call));
        let Some(body) = body else { return };
        let (at, func) = (file.model.file.tree.span(call), file.model.file.tree.func(call));
        claims.add(META.id, func, at, body);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        local::settle_all(claims, view, &META)
    }
}

fn unlimited(model: &Model<'_>, call: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let path = tree.callee(call).and_then(|callee| model.api_path(callee))?;
    let rows = model.rows(call);
    let request =
        rows.iter().find_map(|row| row.request.as_ref()).filter(|row| !row.limited_by.is_empty())?;
    let at = usize::from(request.options?);
    let is_awaited = tree.ancestors(call).take(3).any(|node| tree.kind(node) == Kind::Await);
    if !is_awaited || tree.args(call).any(|arg| tree.kind(arg) == Kind::Spread) {
        return None;
    }
    if tree.arg(call, at).is_some_and(|options| may_limit(model, options, &request.limited_by)) {
        return None;
    }
    Some(LocalClaim {
        message: format!(
            "`{path}` has no time limit here: while the other side hangs, the request and its socket stay"
        ),
        help: "pass `signal: AbortSignal.timeout(…)`".to_owned(),
        subject: path.to_string(),
        unknowns: 1,
        must_repeat: true,
        // Only a request that waits keeps a request.
        must_serve: true,
        ..LocalClaim::default()
    })
}

/// Whether options limit the wait, or cannot be read.
fn may_limit<S: AsRef<str>>(model: &Model<'_>, options: NodeId, limits: &[S]) -> bool {
    let tree = &model.file.tree;
    let value = model.file.value_of(options).unwrap_or(options);
    if tree.kind(value) != Kind::Object {
        return true;
    }
    tree.children(value).any(|part| match tree.kind(part) {
        Kind::Property => {
            tree.name(part).is_none_or(|name| limits.iter().any(|limit| limit.as_ref() == name))
        }
        _ => true,
    })
}
