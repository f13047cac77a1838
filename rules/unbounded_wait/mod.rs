//! `unbounded-wait`: a request handler that waits for another server for as long as that pleases.

mod promised;

use crate::asked::{self, may_limit};
use crate::claim::{Claim, LocalClaim};
use crate::finding::{Finding, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::catalog::RequestRow;
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
        asked::made(file, call, &META, claims, |row, _| {
            !row.limited_by.is_empty() && leaves_open(file, call, row)
        });
        let body = unlimited(file, call).or_else(|| promised::claim(file.model, call));
        let Some(body) = body else {
            asked::asked(file, call, &META, claims, |row| {
                let request = row.request.as_ref().filter(|row| !row.limited_by.is_empty())?;
                Some((false, waits(file.model, call, request)?))
            });
            return;
        };
        let (at, func) = (file.model.file.tree.span(call), file.model.file.tree.func(call));
        claims.add(META.id, func, at, body);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let mut found = local::settle_all(claims, view, &META);
        found.extend(asked::settle(claims, view, &META));
        found
    }
}

/// The claim about a request that may wait for ever: neither its own options limit it, nor those of its client.
fn unlimited(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let rows = model.rows(call);
    let mut requests = rows.iter().filter_map(|row| row.request.as_ref());
    let request = requests.find(|row| !row.limited_by.is_empty())?;
    if request.made_with.is_some() && !leaves_open(file, asked::maker(model, call)?, request) {
        return None;
    }
    waits(model, call, request)
}

/// Whether a client is made without a limit.
fn leaves_open(file: &FileView<'_, '_>, made: NodeId, request: &RequestRow) -> bool {
    let options = request.made_with.and_then(|at| file.model.file.tree.arg(made, usize::from(at)));
    let limits = options.is_some_and(|options| may_limit(file.model, options, &request.limited_by));
    !limits && !asked::sets_default(file, made, &request.limited_by)
}

/// The claim about a request, as far as it says itself how long it waits.
fn waits(model: &Model<'_>, call: NodeId, request: &RequestRow) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let callee = tree.callee(call)?;
    let at = usize::from(request.options?);
    let is_awaited = tree.ancestors(call).take(3).any(|node| tree.kind(node) == Kind::Await);
    if !is_awaited || tree.args(call).any(|arg| tree.kind(arg) == Kind::Spread) {
        return None;
    }
    if tree.arg(call, at).is_some_and(|options| may_limit(model, options, &request.limited_by)) {
        return None;
    }
    // A thing that the code has a name for goes by that name.
    let named = model.api_path(callee).filter(|path| !path.contains("()"));
    let path = named.map_or_else(|| model.file.display(&model.file.place(callee)), |path| path.to_string());
    Some(LocalClaim {
        message: format!(
            "`{path}` has no time limit here: while the other side hangs, the request and its socket stay"
        ),
        help: "pass `signal: AbortSignal.timeout(…)`".to_owned(),
        subject: path,
        unknowns: 1,
        must_repeat: true,
        // Only a request that waits keeps a request.
        must_serve: true,
        ..LocalClaim::default()
    })
}
