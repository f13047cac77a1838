//! `leaked-listener`: a listener on what lives longer than the code that adds it.

mod again;
mod candidate;
mod effect;
mod ends;
mod given;
mod keyed;
mod once;
mod origin;
mod outlives;
mod partner;
mod settle;
mod signal;
mod target_end;

use crate::claim::{self, Claim};
use crate::finding::{Finding, Severity};
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use crate::{leaked_subscription, returned};
use outlive_semantic::index::NodeId;
use outlive_semantic::listeners;
use outlive_semantic::project::FileId;
use rustc_hash::FxHashMap;

/// The rule.
pub(crate) struct LeakedListener;

static META: Meta = Meta {
    id: "leaked-listener",
    summary: "a listener on something that lives longer than the code that adds it, with no removal that matches",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for LeakedListener {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn file(&self, file: &FileView<'_, '_>, claims: &mut Claims<'_>) {
        for registration in file.registrations {
            if let Some(claim) = candidate::claim(file, registration, claims) {
                let at = file.model.file.site(registration.call);
                claims.add(META.id, registration.func, at, claim);
            }
        }
        for op in file.ops {
            given::note_kept(file, op, claims);
        }
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        // What looks like a registration, or a subscription, is judged as one; of what only its name speaks, the project may
        // have the method.
        let is_registration = file.registration(call).is_some_and(|added| {
            let method = file.model.file.tree.method_call(call).map(|(_, method)| method);
            added.proved || !method.is_some_and(listeners::is_event_method)
        });
        if !is_registration && leaked_subscription::subscribed(file.model, call).is_none() {
            returned::visit(file, &META, call, claims);
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let mut known = FxHashMap::default();
        let judge = |file, claim: &_, body: &_| settle::settle(view, file, claim, body, &mut known);
        let mut findings = claim::settle_each(claims, judge);
        findings.extend(returned::settle_all(claims, view, &META));
        findings
    }
}
