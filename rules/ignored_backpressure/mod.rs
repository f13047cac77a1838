//! `ignored-backpressure`: writes to something slower than the source, with no look at how much waits.

mod early;
mod fan_out;
mod pushed;
mod sink;
mod source;

use crate::claim::{Body, Claim, Note};
use crate::finding::{Finding, Role, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::project::FileId;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

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
        let merged = merged(claims);
        let merged: Vec<(FileId, &Claim)> = merged.iter().map(|(file, claim)| (*file, claim)).collect();
        local::settle_all(&merged, view, &META)
    }
}

/// One claim for each sink that a function writes to: what is written to it in several places is held back together.
fn merged(claims: &[(FileId, &Claim)]) -> Vec<(FileId, Claim)> {
    let mut out: Vec<(FileId, Claim)> = Vec::new();
    let mut first: FxHashMap<(FileId, FuncId, &str), usize> = FxHashMap::default();
    for &(file, claim) in claims {
        let Body::Local(body) = &claim.body else { continue };
        match first.entry((file, claim.func, &body.subject)) {
            Entry::Vacant(free) => {
                free.insert(out.len());
                out.push((file, claim.clone()));
            }
            Entry::Occupied(known) => {
                if let Some((_, Claim { body: Body::Local(body), .. })) = out.get_mut(*known.get()) {
                    let message = "and written to here".to_owned();
                    body.notes.push(Note { role: Role::Grows, message, span: claim.at });
                }
            }
        }
    }
    out
}
