//! `unbounded-concurrency`: as much work at once as the input is long.

mod acks;
mod all;
mod early;
mod limiter;
mod listener;
mod loops;

use crate::claim::{self, Body, Claim};
use crate::finding::{Finding, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::project::FileId;
use outlive_semantic::rate::Rate;

/// The rule.
pub(crate) struct UnboundedConcurrency;

static META: Meta = Meta {
    id: "unbounded-concurrency",
    summary: "as much work at once as the input is long",
    category: Category::Backpressure,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for UnboundedConcurrency {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let model = file.model;
        let (at, func) = (model.file.tree.span(call), model.file.tree.func(call));
        if let Some(limit) = acks::limit(file, call, claims) {
            claims.add(META.id, func, at, limit);
        }
        if let Some(body) = all::all_at_once(model, call).or_else(|| loops::not_awaited(model, call)) {
            claims.add(META.id, func, at, body);
        } else if let Some(body) = early::claim(file, call, claims) {
            claims.add(META.id, func, at, body);
        }
    }

    fn function(&self, file: &FileView<'_, '_>, func: FuncId, claims: &mut Claims<'_>) {
        let tree = &file.model.file.tree;
        for handed in file.model.handed(func) {
            for (_, callback) in file.model.callback_rows(handed).iter() {
                let body = match &callback.acks {
                    Some(acks) => acks::claim(file, func, handed, acks, claims),
                    None => listener::claim(file, func, handed, callback).map(Body::from),
                };
                if let Some(body) = body {
                    claims.add(META.id, tree.func(handed.call), tree.span(handed.call), body);
                }
            }
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        // Pages, components and start-up code work on what one person looks at.
        let unlimited = acks::not_limited_elsewhere(claims, view);
        let own: Vec<(FileId, &Claim)> = claims
            .iter()
            .copied()
            .chain(unlimited.iter().map(|(file, claim)| (*file, claim)))
            .filter(|(file, claim)| {
                let rate = view.project.rate(*file, claim.func).rate;
                let is_endless = matches!(&claim.body, Body::Local(body) if !body.must_be_hot);
                is_endless
                    || matches!(rate, Some(Rate::Job | Rate::Request | Rate::Message | Rate::Connection))
            })
            .collect();
        let mut found = local::settle_all(&own, view, &META);
        found.extend(claim::settle_each(claims, |file, claim, left| early::settle(view, file, claim, left)));
        found
    }
}
