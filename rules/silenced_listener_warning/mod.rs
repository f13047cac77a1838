//! `silenced-listener-warning`: `setMaxListeners(0)` on something shared turns off the one alarm a listener leak rings.

use crate::claim::{Claim, LocalClaim};
use crate::finding::{Finding, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::catalog::LimitOf;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::project::FileId;
use outlive_semantic::rate::Life;
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::Kind;

/// The rule.
pub(crate) struct SilencedListenerWarning;

static META: Meta = Meta {
    id: "silenced-listener-warning",
    summary: "the warning about too many listeners, turned off for something shared",
    category: Category::Lifecycle,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for SilencedListenerWarning {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let model = file.model;
        let Some(target) = silenced(model, call) else { return };
        let place = model.file.place(target);
        let shown = model.file.display(&place);
        let Some(unknowns) = sharing(model, target, &place) else {
            file.drop::<()>(&META, call, || format!("`{shown}` is this function's own"));
            return;
        };
        push(model, call, &shown, unknowns, claims);
    }

    fn file(&self, file: &FileView<'_, '_>, claims: &mut Claims<'_>) {
        let tree = &file.model.file.tree;
        for &assign in file.model.all_assignments() {
            let (Some(target), Some(value)) = (tree.first(assign), tree.child(assign, 1)) else { continue };
            if tree.kind(target) != Kind::Member {
                continue;
            }
            let is_default = file.model.api_path(target).is_some_and(|path| {
                let mut rows = file.model.catalog.calls_of_path(&path);
                rows.any(|row| row.listener_limit == Some(LimitOf::All))
            });
            if is_default && is_endless(file.model, value) {
                push(file.model, assign, "every emitter", 0, claims);
            }
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        local::settle_all(claims, view, &META)
    }
}

/// What a call lifts the limit of: `x.setMaxListeners(0)`, `events.setMaxListeners(0, x)`.
fn silenced(model: &Model<'_>, call: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let path = model.api_path(tree.callee(call)?);
    let by_path = path.and_then(|path| model.catalog.calls_of_path(&path).find_map(|row| row.listener_limit));
    let by_method = || {
        let (object, method) =
            tree.method_call(call).filter(|(_, method)| model.catalog.knows_method(method))?;
        let mut rows = model.catalog.calls_of_method(model.model_of(model.ty(object)), method);
        rows.find_map(|row| row.listener_limit)
    };
    let limit = by_path.or_else(by_method)?;
    let count = tree.arg(call, 0).filter(|&count| is_endless(model, count))?;
    match limit {
        LimitOf::Receiver => {
            tree.method_call(call).map(|(object, _)| object).filter(|&object| object != count)
        }
        LimitOf::Second => tree.arg(call, 1),
        LimitOf::All => None,
    }
}

fn is_endless(model: &Model<'_>, count: NodeId) -> bool {
    model.file.tree.number(count) == Some(0.0)
        || model.file.global_of(count) == Some("Infinity")
        || model.api_path(count).as_deref() == Some("Number.POSITIVE_INFINITY")
}

/// How many unknowns there are in saying that others share the emitter; none if it is surely the function's own.
fn sharing(model: &Model<'_>, target: NodeId, place: &Place) -> Option<u8> {
    let ends = model.model_of(model.ty(target)).and_then(|of| model.catalog.model(of).life);
    if ends.is_some_and(|life| life < Life::Server) {
        return None;
    }
    match place.root {
        Root::Module(_) | Root::Global(_) | Root::Exports | Root::Class(_) => Some(0),
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            let is_param = row.kind == BindingKind::Param;
            match (row.func.index(), is_param) {
                (0, _) => Some(0),
                (_, true) => Some(1),
                _ => None,
            }
        }
        Root::This(_) | Root::Receiver(_) => Some(1),
        Root::Value(_) => None,
    }
}

fn push(model: &Model<'_>, at: NodeId, shown: &str, unknowns: u8, claims: &mut Claims<'_>) {
    let tree = &model.file.tree;
    let name = if shown == "every emitter" { shown.to_owned() } else { format!("`{shown}`") };
    let body = LocalClaim {
        message: format!("no number of listeners on {name} will ever be warned about"),
        help:
            "set the number of listeners that is right here: a leak then still shows as the warning it passes"
                .to_owned(),
        subject: shown.to_owned(),
        unknowns,
        ..LocalClaim::default()
    };
    claims.add(META.id, tree.func(at), tree.span(at), body);
}
