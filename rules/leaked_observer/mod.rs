//! `leaked-observer`: an observer or watcher that is never disconnected.

use crate::acquire;
use crate::claim::{AcquireClaim, Body, Claim};
use crate::finding::{Finding, Severity};
use crate::observed::{is_of_nodes, observed};
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::access::Usage;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::project::FileId;
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::Kind;

/// The rule.
pub(crate) struct LeakedObserver;

static META: Meta = Meta {
    id: "leaked-observer",
    summary: "an observer or watcher that is never disconnected",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for LeakedObserver {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        if goes_with_its_nodes(file, call) {
            file.drop::<()>(&META, call, || "only the nodes that it observes keep it".to_owned());
            return;
        }
        if ends_itself(file, call) {
            file.drop::<()>(&META, call, || "its own callback ends it".to_owned());
            return;
        }
        let known = claims.list.len();
        acquire::visit(file, &META, call, claims);
        if claims.list.len() > known && is_of_handed_nodes(file, call) {
            doubt_end(&mut claims.list[known..]);
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let words = |body: &AcquireClaim| acquire::Text {
            message: message(body),
            help: acquire::help(body),
            keeps: format!("the {} stays until it is disconnected", body.what),
        };
        acquire::settle_all(claims, view, &META, words)
    }
}

/// `new IntersectionObserver((entries, observer) => observer.unobserve(entries[0].target))`: the callback is handed the
/// observer, and takes it away when it has seen what it waits for.
fn ends_itself(file: &FileView<'_, '_>, call: NodeId) -> bool {
    let (model, tree) = (file.model, &file.model.file.tree);
    let name = tree.callee(call).and_then(|callee| model.callee_name(callee));
    if !name.is_some_and(|name| name.ends_with("Observer")) {
        return false;
    }
    let Some(callback) = tree.arg(call, 0).and_then(|callback| model.function_of(callback)) else {
        return false;
    };
    let own = model.file.params(callback).nth(1).and_then(|param| tree.binding(param));
    own.is_some_and(|own| {
        file.accesses.of(&Place::root(Root::Binding(own))).any(|access| {
            matches!(access.usage, Usage::Method { name, .. }
                if matches!(tree.text(name), "disconnect" | "unobserve"))
        })
    })
}

/// Whether an observer is kept by nodes alone, none of which stays for as long as the page: `observe` puts it on the list
/// of the node itself.
fn goes_with_its_nodes(file: &FileView<'_, '_>, call: NodeId) -> bool {
    let (model, tree) = (file.model, &file.model.file.tree);
    let name = tree.callee(call).and_then(|callee| model.api_path(callee));
    let name = name.as_deref().map(|name| name.strip_prefix("window.").unwrap_or(name));
    if !matches!(name, Some("MutationObserver" | "ResizeObserver")) {
        return false;
    }
    let observed = observed(file, call);
    !observed.is_empty() && observed.into_iter().all(|node| is_found_node(model, node))
}

/// Whether all that it observes are nodes that the function around was handed: with each of them goes what observes it.
fn is_of_handed_nodes(file: &FileView<'_, '_>, call: NodeId) -> bool {
    let model = file.model;
    let name = model.file.tree.callee(call).and_then(|callee| model.callee_name(callee));
    if !name.is_some_and(is_of_nodes) {
        return false;
    }
    let is_handed = |node: NodeId| {
        let binding = model.file.binding_of(node);
        binding.is_some_and(|binding| model.file.binding(binding).kind == BindingKind::Param)
    };
    let observed = observed(file, call);
    !observed.is_empty() && observed.into_iter().all(is_handed)
}

/// Something that nobody sees may end what is never released here.
fn doubt_end(claims: &mut [Claim]) {
    for claim in claims {
        if let Body::Acquire(body) = &mut claim.body {
            body.may_be_released |= body.partial.is_none();
        }
    }
}

/// What a query gives, or a variable that holds that: an element that comes and goes, not the document or its body. A frame
/// has a document for each page that it loads.
fn is_found_node(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let value = model.file.value_of(node).unwrap_or(node);
    // Who hands itself to `observe` is an element, and so is what hangs below it.
    let is_own = |node: NodeId| tree.kind(node) == Kind::This;
    let is_below =
        tree.kind(value) == Kind::Member && matches!(tree.name(value), Some("shadowRoot" | "renderRoot"));
    if is_own(value) || is_below && tree.first(value).is_some_and(is_own) {
        return true;
    }
    let is_of_frame = |part: NodeId| matches!(tree.name(part), Some("contentDocument" | "contentWindow"));
    if tree.subtree(value).any(|part| tree.kind(part) == Kind::Member && is_of_frame(part)) {
        return true;
    }
    let is_query =
        |method: &str| matches!(method, "getElementById" | "querySelector" | "closest" | "createElement");
    let asks_for = |value| tree.arg(value, 0).and_then(|asked| tree.string(asked));
    tree.method_call(value).is_some_and(|(_, method)| {
        is_query(method) && !matches!(asks_for(value), Some("body" | "html" | "head"))
    })
}

fn message(body: &AcquireClaim) -> String {
    let what = &body.what;
    match (&body.partial, body.shown.as_str()) {
        (Some(gap), _) => format!("the {what} is not disconnected {}", gap.how),
        (None, "") => format!("the {what} can never be disconnected: nobody keeps it"),
        (None, shown) => format!("the {what} in `{shown}` is never disconnected"),
    }
}
