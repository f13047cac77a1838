//! `ignored-listener-options`: `emitter.on(event, fn, { signal })`: an `EventEmitter` never reads the third argument.

use crate::claim::{Claim, LocalClaim};
use crate::finding::{Finding, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::listeners::{self, Registration};
use outlive_semantic::model::Model;
use outlive_semantic::project::FileId;

/// The rule.
pub(crate) struct IgnoredListenerOptions;

static META: Meta = Meta {
    id: "ignored-listener-options",
    summary: "options handed to an `EventEmitter`, which never reads them",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for IgnoredListenerOptions {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn file(&self, file: &FileView<'_, '_>, claims: &mut Claims<'_>) {
        for registration in file.registrations {
            if let Some(body) = ignored(file.model, registration) {
                let at = file.model.file.tree.span(registration.call);
                claims.add(META.id, registration.func, at, body);
            }
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        local::settle_all(claims, view, &META)
    }
}

fn ignored(model: &Model<'_>, registration: &Registration) -> Option<LocalClaim> {
    if !is_node_emitter(model, registration) {
        return None;
    }
    let option = ["signal", "once"].into_iter().find(|&name| is_set(model, registration, name))?;
    let (_, method) = model.file.tree.method_call(registration.call)?;
    let shown = model.file.display(&registration.place);
    let (effect, help) = match option {
        "signal" => (
            "aborting it does not take the listener away",
            format!(
                "take it away yourself: `events.addAbortListener(signal, () => {shown}.off(…))`; or wait with \
                 `events.once({shown}, …, {{ signal }})`, which does read it"
            ),
        ),
        _ => ("the listener stays after the first event", format!("write `{shown}.once(…)`")),
    };
    Some(LocalClaim {
        message: format!(
            "`{shown}.{method}` ignores its third argument: `{option}` is never read, and {effect}"
        ),
        help,
        subject: format!("{shown} {option}"),
        ..LocalClaim::default()
    })
}

/// The type of the target is known to be Node's emitter, not one that takes options or a context there.
fn is_node_emitter(model: &Model<'_>, registration: &Registration) -> bool {
    let Some(of) = model.model_of(model.ty(registration.target)) else { return false };
    let family = model.catalog.model(of).emitter.and_then(|family| model.catalog.emitter(family));
    model.catalog.is_a(of, "EventEmitter") && family.is_some_and(|family| !family.takes_options)
}

/// Whether an option is there and not `false` or nothing.
fn is_set(model: &Model<'_>, registration: &Registration, name: &str) -> bool {
    let Some(value) = listeners::option(model, registration.options, name) else { return false };
    let span = model.file.tree.span(value);
    let is_false = model.file.text.get(span.start as usize..span.end as usize) == Some("false");
    !is_false && !model.is_nothing(value)
}
