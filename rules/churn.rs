//! Claims about work that is done anew each time: how often it is done decides whether it is worth a word.

use crate::claim::{self, ChurnClaim, Claim};
use crate::doubts;
use crate::finding::{Doubt, Finding, Fix};
use crate::lifetime;
use crate::rule::{Meta, ProjectView};
use outlive_semantic::guard;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::project::{FileId, RateInfo};
use outlive_semantic::rate::Rate;
use outlive_semantic::tree::Kind;

/// Judges the churn claims of one rule.
pub(crate) fn settle_all(
    claims: &[(FileId, &Claim)],
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
) -> Vec<Finding> {
    claim::settle_each(claims, |file, claim, body| settle(view, meta, file, claim, body))
}

fn settle(
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
    file: FileId,
    claim: &Claim,
    body: &ChurnClaim,
) -> Option<Finding> {
    let info = view.project.rate(file, claim.func);
    let in_loop = body.in_loop || info.in_loop;
    if info.rate.is_some_and(|rate| rate <= Rate::Once) {
        return view.drop(file, claim, || format!("the function runs {}", info.phrase()));
    }
    if body.needs_loop && !in_loop {
        return view.drop(file, claim, || "too small to matter outside a loop".to_owned());
    }
    let mut doubt = Doubt::of_claim(body.conventions, body.unknowns);
    weigh_heat(info, in_loop, &mut doubt);
    if body.is_slight && !in_loop {
        doubt.unknown("it is slight unless it runs in a loop");
    }
    let Some(confidence) = doubt.confidence() else {
        return view.drop(file, claim, || {
            format!("too much is in doubt ({}); the function runs {}", doubt.phrase(), info.phrase())
        });
    };
    Some(Finding {
        rule: meta.id,
        severity: meta.severity,
        confidence,
        doubts: doubt.reasons(),
        message: format!("{} {}: {}", body.head, how_often(view, file, claim, info, body.in_loop), body.cost),
        help: body.help.clone(),
        file,
        span: claim.at,
        retainers: lifetime::repeats_retainer(view.project, file, claim.func).into_iter().collect(),
        fixes: in_order(view, file, &body.fixes),
        scope: view.project.function_name(file, claim.func),
        subject: body.subject.clone(),
    })
}

/// In a circle of imports a function may be called before the module comes to its constants: then to move one there is
/// no safe fix.
fn in_order(view: &ProjectView<'_, '_>, file: FileId, fixes: &[Fix]) -> Vec<Fix> {
    let in_circle = fixes.iter().any(|fix| fix.safe) && view.project.imports_itself(file);
    fixes.iter().map(|fix| Fix { safe: fix.safe && !in_circle, ..fix.clone() }).collect()
}

/// Requests and messages are hot. Connections and ticks are with a loop around the work. How often a user clicks, a component
/// renders, and how many rows, nobody knows, nor how often others call. What a server renders it may render once and keep,
/// and beside what rendering takes, a small table is nothing.
fn weigh_heat(info: RateInfo, in_loop: bool, doubt: &mut Doubt) {
    match info.rate {
        Some(Rate::Request | Rate::Message) if !info.served => {}
        Some(Rate::Connection | Rate::Subscription | Rate::Job) if in_loop => {
            doubt.assume("how long the loop is, is unknown");
        }
        _ => doubt.unknown(doubts::REPEATS),
    }
    if !info.certain && info.rate.is_some_and(Rate::is_hot) {
        doubt.assume(doubts::REPEATS_BY_HABIT);
    }
}

fn how_often(
    view: &ProjectView<'_, '_>,
    file: FileId,
    claim: &Claim,
    info: RateInfo,
    in_loop: bool,
) -> String {
    let often = match info.rate {
        Some(rate) if rate.is_hot() => rate.phrase().to_owned(),
        _ => format!("on every call of {}", view.project.shown_function(file, claim.func)),
    };
    match (in_loop, info.in_loop) {
        (true, _) => format!("{often}, on each turn of a loop"),
        (false, true) => format!("{often}, in a loop of its callers"),
        (false, false) => often,
    }
}

/// Whether what an expression gives is remembered, so that it is built only once for as long as that lasts.
pub(crate) fn is_remembered(model: &Model<'_>, node: NodeId) -> bool {
    guard::once_guard(model, node).is_some() || is_stored(model, node) || is_made_for_memory(model, node)
}

/// `this.x = …`, `cache[k] = …`, `cache.set(k, …)`, `x ??= …`, a field's initial value.
fn is_stored(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let mut at = node;
    for parent in tree.ancestors(node) {
        match tree.kind(parent) {
            Kind::Assign if tree.first(parent) != Some(at) => return true,
            Kind::Field => return true,
            Kind::Call
                if tree
                    .method_call(parent)
                    .is_some_and(|(_, method)| matches!(method, "set" | "add" | "push")) =>
            {
                return true;
            }
            Kind::Conditional
            | Kind::Logical
            | Kind::Sequence
            | Kind::Await
            | Kind::Property
            | Kind::Object
            | Kind::Array => {}
            _ => return false,
        }
        at = parent;
    }
    false
}

/// A function around it is handed to something that calls it once: `useMemo(() => …)`.
fn is_made_for_memory(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.ancestors(node).filter(|&around| tree.kind(around) == Kind::Function).any(|function| {
        tree.argument_of(function)
            .and_then(|(call, _)| tree.callee(call))
            .and_then(|callee| model.callee_name(callee))
            .is_some_and(|name| model.catalog.calls_named(name).any(|row| row.memoizes))
    })
}

/// Whether code runs only on the way out by an exception: in a `catch`, or in a block that ends by throwing.
pub(crate) fn is_on_error_path(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.within_function(node).any(|around| match tree.kind(around) {
        Kind::Catch | Kind::Throw => true,
        Kind::Block => model.throws_at_end(around),
        _ => false,
    })
}

/// "about 1.4 kB".
pub(crate) fn bytes(count: u32) -> String {
    match count {
        0..1000 => format!("about {count} bytes"),
        _ => format!("about {}.{} kB", count / 1000, count % 1000 / 100),
    }
}
