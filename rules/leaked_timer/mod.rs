//! `leaked-timer`: an interval, a chain of timeouts or a long timeout that is armed again and again and never cleared.

mod mend;

use crate::acquire::{self, Acquired};
use crate::claim::{AcquireClaim, Claim, Gap, Undo};
use crate::finding::{Finding, Severity};
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use crate::stoppable::{asks_state, is_asked, is_stoppable, is_stoppable_function};
use crate::{ending, returned};
use outlive_semantic::access::Usage;
use outlive_semantic::calls::{self, Target};
use outlive_semantic::constant;
use outlive_semantic::guard;
use outlive_semantic::handle::ReleasePatterns;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::pending;
use outlive_semantic::place::Root;
use outlive_semantic::project::FileId;
use outlive_semantic::tree::{Kind, UnaryOp};

/// The rule.
pub(crate) struct LeakedTimer;

static META: Meta = Meta {
    id: "leaked-timer",
    summary: "a timer that is armed again and again and never cleared",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

/// Timeouts shorter than this end by themselves soon enough, in milliseconds.
const LONG_TIMEOUT: f64 = 30_000.0;

/// Within less than this hardly anybody takes a component off the page, in milliseconds.
const NOTICED: f64 = 1_000.0;

impl Rule for LeakedTimer {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let Some((what, patterns)) = armed(file, call) else {
            returned::visit(file, &META, call, claims);
            return;
        };
        let acquired = Acquired { meta: &META, call, what, patterns: &patterns };
        let Some(mut body) = acquire::claim(file, acquired, claims) else { return };
        let run = file.model.file.tree.arg(call, 0).and_then(|arg| file.model.function_of(arg));
        if body.partial.is_none() && run.is_some_and(|run| arms_what_is_cleared(file, call, run)) {
            body.partial = Some(Gap::new("by what clears the interval that it arms", None));
        }
        body.runs_out = matches!(&body.undo, Some(Undo::Function(name)) if name == "clearTimeout");
        let fix = mend::clear_at_end(file, call, &body).or_else(|| mend::clear_in_cleanup(file, call, &body));
        body.fixes.extend(fix);
        let at = file.model.file.tree.span(call);
        let func = file.model.file.tree.func(call);
        claims.add(META.id, func, at, body);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let words = |body: &AcquireClaim| acquire::Text {
            message: message(body),
            help: help(body),
            keeps: format!(
                "the {} keeps its callback, and all that closes over, until it is cleared",
                body.what
            ),
        };
        let mut findings = acquire::settle_all(claims, view, &META, words);
        findings.extend(returned::settle_all(claims, view, &META));
        findings
    }
}

/// What a call arms, if it is a timer that does not end soon by itself.
fn armed(file: &FileView<'_, '_>, call: NodeId) -> Option<(String, ReleasePatterns)> {
    let model = file.model;
    if let Some(row) = acquire::row(file, &META, call) {
        return Some((row.what.clone(), ReleasePatterns::parse(&row.release)));
    }
    let tree = &model.file.tree;
    let name = tree.callee(call).and_then(|callee| timer_name(model, callee))?;
    let clear = match name {
        "setTimeout" => "clearTimeout",
        "requestAnimationFrame" => "cancelAnimationFrame",
        "requestIdleCallback" => "cancelIdleCallback",
        _ => return None,
    };
    let functions = vec![clear.to_owned(), "clearInterval".to_owned()];
    let patterns =
        ReleasePatterns { functions, methods: vec!["close".to_owned()], ..ReleasePatterns::default() };
    let callback = tree.arg(call, 0).and_then(|arg| model.function_of(arg));
    if let Some(callback) = callback
        && rearms(file, call, callback)
    {
        let what = match name {
            "setTimeout" => "chain of timeouts",
            "requestIdleCallback" => "chain of idle callbacks",
            _ => "chain of animation frames",
        };
        return Some((what.to_owned(), ReleasePatterns { rearms: true, ..patterns }));
    }
    let delay = tree.arg(call, 1).and_then(|delay| constant::number(model, delay));
    if name == "setTimeout"
        && delay.is_none()
        && callback.is_some_and(|run| arms_what_is_cleared(file, call, run))
    {
        return Some(("timeout".to_owned(), patterns));
    }
    let is_harmless = |run: FuncId| asks_flag(model, run) || only_forgets(model, run);
    if name != "setTimeout"
        || !keeps_much(model, call)
        || callback.is_some_and(is_harmless)
        || is_pause(model, call)
    {
        return None;
    }
    match delay {
        Some(delay) if delay >= LONG_TIMEOUT => {
            Some((format!("timeout of {} s", delay / 1_000.0), ReleasePatterns { expires: true, ..patterns }))
        }
        // A short one is only asked for if its component clears it elsewhere, or its owner others of its kind.
        Some(delay) => {
            let lingers = delay >= NOTICED;
            let is_asked = lingers || ending::class_around(model, tree.func(call)).is_some();
            let patterns = ReleasePatterns { only_if_sibling: true, is_short: true, lingers, ..patterns };
            is_asked.then(|| ("timeout".to_owned(), patterns))
        }
        None => Some(("timeout".to_owned(), ReleasePatterns { only_if_sibling: true, ..patterns })),
    }
}

/// Whether nobody keeps a timeout that arms an interval, although somebody clears that: until it has run, there is nothing
/// to clear.
fn arms_what_is_cleared(file: &FileView<'_, '_>, call: NodeId, callback: FuncId) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    let Some(body) = model.file.body(callback).filter(|_| tree.is_discarded(call)) else { return false };
    if asks_flag(model, callback) {
        return false;
    }
    let arms = |node: &NodeId| {
        tree.func(*node) == callback
            && tree.callee(*node).and_then(|callee| timer_name(model, callee)) == Some("setInterval")
    };
    tree.subtree(body).filter(|&node| tree.kind(node) == Kind::Call).filter(arms).any(|interval| {
        let slot = tree.parent(interval).filter(|&parent| tree.kind(parent) == Kind::Assign);
        let slot = slot.and_then(|assign| tree.first(assign)).map(|target| model.file.place(target));
        slot.is_some_and(|slot| {
            file.accesses.of(&slot).any(|access| {
                let clears = matches!(access.usage, Usage::Argument { call, .. }
                    if tree.callee(call).and_then(|callee| model.callee_name(callee)) == Some("clearInterval"));
                clears && !model.file.is_within(access.func, tree.func(call))
            })
        })
    })
}

/// The name of a global timer function.
fn timer_name<'m>(model: &'m Model<'_>, callee: NodeId) -> Option<&'m str> {
    let place = model.file.place(callee);
    match (place.root, place.path.is_empty()) {
        (Root::Global(name), true) => Some(model.file.tree.text(name)),
        _ => None,
    }
}

/// Whether a callback does nothing unless a flag of its owner says so: `if (!this.active) return;`. Whoever ends the owner
/// has thought of the timer.
fn asks_flag(model: &Model<'_>, callback: FuncId) -> bool {
    let tree = &model.file.tree;
    let Some(body) = model.file.body(callback) else { return false };
    let first = if tree.kind(body) == Kind::Block { tree.first(body) } else { Some(body) };
    let Some(decision) = first.filter(|&node| tree.kind(node) == Kind::If) else { return false };
    let is_all = tree.last_child(body) == Some(decision) && tree.child(decision, 2).is_none();
    let leaves = tree.child(decision, 1).is_some_and(|then| guard::always_leaves(model, then));
    let asks = tree.first(decision).is_some_and(|test| {
        let flag = if tree.kind(test) == Kind::Unary { tree.first(test) } else { Some(test) };
        let is_flag = flag.is_some_and(|flag| matches!(tree.kind(flag), Kind::Identifier | Kind::Member));
        is_flag && asks_state(model, test)
    });
    asks && (is_all || leaves)
}

/// Whether all that a callback does is to take entries out: `() => sessions.delete(id)`. Such a timeout is the end that
/// somebody meant them to have.
fn only_forgets(model: &Model<'_>, callback: FuncId) -> bool {
    let tree = &model.file.tree;
    let Some(body) = model.file.body(callback) else { return false };
    let takes_out = |node: NodeId| match tree.kind(node) {
        Kind::Unary => tree.unary_op(node) == Some(UnaryOp::Delete),
        Kind::Call => matches!(tree.method_call(node), Some((_, "delete"))),
        _ => false,
    };
    if tree.kind(body) != Kind::Block {
        return takes_out(body);
    }
    tree.first(body).is_some()
        && tree.children(body).all(|statement| tree.first(statement).is_some_and(takes_out))
}

/// Whether somebody waits for a timeout and for nothing else: `await new Promise((resolve) => setTimeout(resolve, ms))`. One
/// that stands among others, in a race, may be left behind.
fn is_pause(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let func = tree.func(call);
    let is_all = model.file.body(func).is_some_and(|body| {
        let only = tree
            .first(body)
            .filter(|&first| tree.kind(body) == Kind::Block && tree.last_child(body) == Some(first));
        body == call || only.and_then(|statement| tree.first(statement)) == Some(call)
    });
    let promise =
        tree.parent(model.file.function(func).node).filter(|_| is_all && pending::is_executor(model, func));
    let taker = promise.and_then(|promise| tree.parent(promise)).map(|taker| tree.kind(taker));
    matches!(taker, Some(Kind::Await | Kind::Return | Kind::Function | Kind::Member))
}

/// A callback without captures keeps nothing but the timer: no reason to report one that ends.
fn keeps_much(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let Some(callback) = tree.arg(call, 0) else { return false };
    tree.subtree(callback).any(|node| match tree.kind(node) {
        Kind::This => true,
        Kind::Identifier => model.file.binding_of(node).is_some_and(|binding| {
            let row = model.file.binding(binding);
            row.func.index() != 0 && model.file.is_within(tree.func(call), row.func)
        }),
        _ => false,
    })
}

/// Whether the callback leads back to this very arming, and nothing on the way asks whether to go on.
fn rearms(file: &FileView<'_, '_>, call: NodeId, callback: FuncId) -> bool {
    let model = file.model;
    let arming = model.file.tree.func(call);
    let leads_back = model.file.is_within(arming, callback) || calls_back(file, callback, arming, 3);
    // What nobody could clear ends by itself, if it does.
    let ends_itself = || model.file.tree.is_discarded(call) && asks_on_its_way(file, callback, arming, 3);
    leads_back
        && !is_stoppable(file, call, arming)
        && !is_stoppable_function(file, callback)
        && !goes_on_if_asked(file, callback, arming)
        && !ends_itself()
}

/// Whether some function on each way on which a callback leads back may leave before.
fn asks_on_its_way(file: &FileView<'_, '_>, from: FuncId, to: FuncId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let model = file.model;
    let tree = &model.file.tree;
    let node = model.file.function(from).node;
    let called = tree.subtree(node).filter(|&node| tree.is_call(node)).filter_map(|node| {
        let callee = tree.callee(node).and_then(|callee| calls::callee_target(model, node, callee));
        match callee {
            Some(Target::Function(next)) if next != from && calls_back(file, next, to, fuel) => Some(next),
            _ => None,
        }
    });
    let mut ways = called.peekable();
    ways.peek().is_some()
        && ways.all(|next| {
            next != to && (is_stoppable_function(file, next) || asks_on_its_way(file, next, to, fuel))
        })
}

/// Whether each call of a callback that leads back stands under a condition that something else can change:
/// `setTimeout(() => { if (!this.closed) this.start(); }, …)`.
fn goes_on_if_asked(file: &FileView<'_, '_>, callback: FuncId, arming: FuncId) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    let mut back = tree
        .subtree(model.file.function(callback).node)
        .filter(|&node| tree.is_call(node))
        .filter(|&node| {
            let callee = tree.callee(node).and_then(|callee| calls::callee_target(model, node, callee));
            matches!(callee, Some(Target::Function(next)) if next != callback && calls_back(file, next, arming, 2))
        })
        .peekable();
    back.peek().is_some() && back.all(|call| is_asked(file, call, callback))
}

/// Whether a function calls another, through a few others at most.
fn calls_back(file: &FileView<'_, '_>, from: FuncId, to: FuncId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    if from == to {
        return true;
    }
    let model = file.model;
    let tree = &model.file.tree;
    let node = model.file.function(from).node;
    tree.subtree(node).filter(|&node| tree.is_call(node)).any(|node| {
        let callee = tree.callee(node).and_then(|callee| calls::callee_target(model, node, callee));
        matches!(callee, Some(Target::Function(next)) if next != from && calls_back(file, next, to, fuel))
    })
}

fn message(body: &AcquireClaim) -> String {
    let what = &body.what;
    match (&body.partial, body.shown.as_str()) {
        (Some(gap), _) => format!("the {what} is not cleared {}", gap.how),
        (None, "") => format!("the {what} can never be cleared: nobody keeps its handle"),
        (None, shown) => format!("the {what} in `{shown}` is never cleared"),
    }
}

fn help(body: &AcquireClaim) -> String {
    let Some(undo) = &body.undo else { return acquire::help(body) };
    let when = match &body.class {
        Some((_, Some(end))) => format!("in `{end}`"),
        _ => "when this is over".to_owned(),
    };
    if !body.shown.is_empty() {
        return format!("call `{}` {when}", undo.on(&body.shown));
    }
    let keep = if matches!(body.class, Some((_, Some(_)))) {
        "keep the handle in a field"
    } else {
        "keep the handle"
    };
    format!("{keep} and call `{}` on it {when}", undo.name())
}
