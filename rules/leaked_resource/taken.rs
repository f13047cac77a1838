//! What a call of something unknown gives, and its function gives back on some ways only: that it does so at all tells
//! that it wants it back.

use crate::acquire;
use crate::claim::{LocalClaim, Note};
use crate::finding::Role;
use crate::rule::FileView;
use crate::slot::Held;
use outlive_semantic::access::Usage;
use outlive_semantic::catalog::{PairRow, Taken};
use outlive_semantic::flow::{Edge, Exit, Flow, contradicts};
use outlive_semantic::handle::{self, Escape, Release, ReleasePatterns};
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::pending;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tree::{Kind, Span};
use rustc_hash::FxHashSet;

/// The claim about a call whose result its function gives back, though not on every way.
pub(super) fn claim(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let (pair, method) = taken(model, call)?;
    let whole = given_by(model, call);
    let Some(binding) = held(model, whole) else {
        return lent(file, call, pair).or_else(|| dropped(file, call, whole, pair));
    };
    let stops = stops(file, pair, binding, tree.func(call))?;
    if is_in_branch(model, call, &stops) || method.starts_with("get") && are_refusals(model, &stops) {
        return None;
    }
    let flow = Flow::of(model, tree.func(call))?;
    let start = *flow.points(whole).first()?;
    let places = [Place::root(Root::Binding(binding))];
    let goes = |edge| {
        edge != Edge::MayThrow && !contradicts(model, edge, &places) && !asks_about(model, edge, binding)
    };
    let way = flow.escape(start, &stops, &goes)?;
    let at = way.at?;
    // Where nobody catches it, the process may not survive what is thrown.
    let is_rejected = way.exit == Exit::Throw && tree.kind(at) == Kind::Await;
    if way.exit == Exit::Throw && !model.file.function(tree.func(call)).is_async {
        return None;
    }
    let how = match way.exit {
        Exit::Throw if is_rejected => "when what is awaited here rejects",
        Exit::Throw => "when this throws",
        Exit::Return => "when the function returns here",
        Exit::End => "on this way",
    };
    let shown = tree.text(model.file.binding(binding).name);
    let what = &pair.what;
    let release = stops.iter().min().map(|&node| tree.span(node));
    let released = release.map(|span| Note {
        role: Role::ReleasedHereOnly,
        message: "it is given back here only".to_owned(),
        span,
    });
    let left = Note {
        role: Role::Holder,
        message: format!("{how}, `{shown}` is not given back"),
        span: tree.span(at),
    };
    Some(LocalClaim {
        message: format!("the {what} in `{shown}` that `{method}` gives is not given back on every way"),
        help: format!("give `{shown}` back in a `finally`"),
        subject: format!("{shown} {method}"),
        must_repeat: true,
        // What rejects while something starts mostly ends it.
        named: if is_rejected && is_beginning(model, tree.func(call)) { 2 } else { 0 },
        notes: std::iter::once(left).chain(released).collect(),
        ..LocalClaim::default()
    })
}

/// Whether a function is called as what a program runs once, before it does anything else: `connect`, `initialize`.
fn is_beginning(model: &Model<'_>, func: FuncId) -> bool {
    let name = model.file.function_name(func).unwrap_or_default().to_ascii_lowercase();
    ["connect", "init", "setup", "bootstrap"]
        .iter()
        .any(|word| name.trim_start_matches('_').starts_with(word))
}

/// `pool.getConnection((error, connection) => …)`: lent to the callback, which gives it back on some ways only.
fn lent(file: &FileView<'_, '_>, call: NodeId, pair: &PairRow) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let (_, method) = tree.method_call(call)?;
    let callback = model.function_of(tree.args(call).last()?)?;
    acquire::error_param(model, callback)?;
    let param = model.file.params(callback).nth(1).and_then(|param| tree.binding(param))?;
    let handle = handle::follow_places(model, file.accesses, [Place::root(Root::Binding(param))]);
    let patterns = ReleasePatterns {
        methods: pair.ends.clone(),
        functions: pair.backs.clone(),
        ..ReleasePatterns::default()
    };
    let releases = handle::releases(model, file.accesses, &handle, &patterns);
    let is_back = |escape: &Escape| releases.iter().any(|release| release.node == escape.node());
    if releases.is_empty() || !handle.escapes.iter().all(is_back) {
        return None;
    }
    let living: Vec<&Release> = releases.iter().collect();
    let given = Held::new(file, call, &handle, &living, &patterns);
    let gap = acquire::gap(&given).filter(|gap| !gap.is_weak)?;
    if gap.at.is_some_and(|at| is_asked_before(model, callback, param, at)) {
        return None;
    }
    let shown = tree.text(model.file.binding(param).name);
    let what = &pair.what;
    let how = &gap.how;
    let left = gap.at.map(|span| Note {
        role: Role::Holder,
        message: format!("{how}, `{shown}` is not given back"),
        span,
    });
    Some(LocalClaim {
        message: format!("the {what} in `{shown}` that `{method}` gives is not given back on every way"),
        help: format!("give `{shown}` back before the callback leaves, whether there was an error or not"),
        subject: format!("{shown} {method}"),
        must_repeat: true,
        notes: left.into_iter().collect(),
        ..LocalClaim::default()
    })
}

/// `(await source.getConnection()).query(…)`: nobody has it any more, where others of the file give theirs back.
fn dropped(file: &FileView<'_, '_>, call: NodeId, whole: NodeId, pair: &PairRow) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let (_, method) = tree.method_call(call)?;
    let member = tree.parent(whole).filter(|&parent| tree.kind(parent) == Kind::Member)?;
    let use_of = tree.parent(member).filter(|&parent| tree.callee(parent) == Some(member))?;
    let name = tree.name(member)?;
    if names(&pair.ends, name) || matches!(name, "then" | "catch" | "finally") {
        return None;
    }
    let other = given_back(file, method, pair)?;
    let what = &pair.what;
    Some(LocalClaim {
        message: format!("the {what} that `{method}` gives can never be given back: nobody keeps it"),
        help: "keep it in a variable, and give it back in a `finally`".to_owned(),
        subject: format!("{method} {name}"),
        must_repeat: true,
        notes: vec![
            Note {
                role: Role::Holder,
                message: format!("only `{name}` is asked of it"),
                span: tree.span(use_of),
            },
            Note {
                role: Role::Acquired,
                message: "another one is given back".to_owned(),
                span: tree.span(other),
            },
        ],
        ..LocalClaim::default()
    })
}

/// The first call of a method whose result its function gives back.
fn given_back<'a>(file: &FileView<'_, 'a>, method: &'a str, pair: &PairRow) -> Option<NodeId> {
    let model = file.model;
    let is_given_back = |&call: &NodeId| {
        let is_same = taken(model, call).is_some_and(|(_, taken)| taken == method);
        let binding = if is_same { held(model, given_by(model, call)) } else { None };
        let func = model.file.tree.func(call);
        binding.is_some_and(|binding| stops(file, pair, binding, func).is_some())
    };
    let first = || model.all_calls().iter().copied().find(is_given_back);
    *file.given_back.borrow_mut().entry(method).or_insert_with(first)
}

/// Whether a way turns on the thing itself, `if (!lock.success)`, `if (typeof tx.rollback === 'function')`: it may hold
/// nothing there that has to be given back.
fn asks_about(model: &Model<'_>, edge: Edge, binding: BindingId) -> bool {
    let (Edge::False(test) | Edge::True(test)) = edge else { return false };
    model.file.tree.subtree(test).any(|node| model.file.binding_of(node) == Some(binding))
}

/// Whether a test of what was given decides about a way out: `if (!lock.success) return`. It says that there is nothing.
fn is_asked_before(model: &Model<'_>, callback: FuncId, given: BindingId, at: Span) -> bool {
    let tree = &model.file.tree;
    let asks = |test: NodeId| tree.subtree(test).any(|node| model.file.binding_of(node) == Some(given));
    let is_around = |branch: NodeId| {
        let span = tree.span(branch);
        span.start <= at.start && at.end <= span.end
    };
    let body = model.file.body(callback).into_iter().flat_map(|body| tree.subtree(body));
    let mut decisions = body.filter(|&node| tree.kind(node) == Kind::If);
    decisions.any(|decision| {
        tree.first(decision).is_some_and(asks) && tree.children(decision).skip(1).any(is_around)
    })
}

/// Whether it is given back only where something has failed: `catch { client.disconnect(); return false; }` turns away who
/// came, and who is let in stays.
fn are_refusals(model: &Model<'_>, stops: &FxHashSet<NodeId>) -> bool {
    let tree = &model.file.tree;
    let is_caught = |stop: NodeId| tree.within_function(stop).any(|node| tree.kind(node) == Kind::Catch);
    let ends =
        |stop: NodeId| matches!(tree.method_call(stop), Some((_, "disconnect" | "close" | "terminate")));
    stops.iter().all(|&stop| ends(stop) && is_caught(stop))
}

/// Whether it is taken in a branch, and given back outside of that: mostly under the same condition.
fn is_in_branch(model: &Model<'_>, call: NodeId, stops: &FxHashSet<NodeId>) -> bool {
    let tree = &model.file.tree;
    let mut around = tree.within_function(call);
    let branch = around.find(|&at| matches!(tree.kind(at), Kind::If | Kind::Conditional | Kind::Logical));
    branch.is_some_and(|branch| !stops.iter().all(|&stop| tree.contains(branch, stop)))
}

/// The pair that a call begins, by its method, if no type says what the receiver is.
fn taken<'a>(model: &Model<'a>, call: NodeId) -> Option<(&'a PairRow, &'a str)> {
    let tree = &model.file.tree;
    if tree.kind(call) != Kind::Call {
        return None;
    }
    let (object, method) = tree.method_call(call)?;
    let pair = model.catalog.pair(Taken::Result, method)?;
    let is_unknown = model.model_of(model.ty(object)).is_none() && model.rows(call).is_empty();
    is_unknown.then_some((pair, method))
}

/// Whether a call that is handed the thing takes it back: by its name, or because its function in this file does.
fn takes_back(file: &FileView<'_, '_>, pair: &PairRow, call: NodeId, index: usize) -> bool {
    let (model, tree) = (file.model, &file.model.file.tree);
    if index == 0 && tree.method_call(call).is_some_and(|(_, method)| names(&pair.backs, method)) {
        return true;
    }
    let func = tree.callee(call).and_then(|callee| model.function_of(callee));
    let param =
        func.and_then(|func| model.file.params(func).nth(index)).and_then(|param| tree.binding(param));
    let Some(place) = param.map(|param| Place::root(Root::Binding(param))) else { return false };
    file.accesses
        .of(&place)
        .any(|used| matches!(used.usage, Usage::Method { name, .. } if names(&pair.ends, tree.text(name))))
}

fn names(methods: &[String], name: &str) -> bool {
    methods.iter().any(|method| method == name)
}

/// The expression whose value is what a call gives: the `await` around it, after a `catch` that gives something else.
fn given_by(model: &Model<'_>, call: NodeId) -> NodeId {
    let tree = &model.file.tree;
    let member = tree
        .parent(call)
        .filter(|&member| tree.kind(member) == Kind::Member && tree.name(member) == Some("catch"));
    let caught =
        member.and_then(|member| tree.parent(member).filter(|&outer| tree.callee(outer) == Some(member)));
    let given = caught.unwrap_or(call);
    tree.parent(given).filter(|&wait| tree.kind(wait) == Kind::Await).unwrap_or(given)
}

/// The variable that a call fills, if nothing else ever does.
fn held(model: &Model<'_>, whole: NodeId) -> Option<BindingId> {
    let tree = &model.file.tree;
    let parent = tree.parent(whole)?;
    if !matches!(tree.kind(parent), Kind::Declarator | Kind::Assign) || tree.child(parent, 1) != Some(whole) {
        return None;
    }
    let name = tree.first(parent)?;
    let binding = tree.binding(name).or_else(|| model.file.binding_of(name))?;
    let row = model.file.binding(binding);
    let mut others = row.values.iter().filter(|&&value| value != whole);
    let is_filled_once = row.values.contains(&whole) && others.all(|&value| model.is_nothing(value));
    (is_filled_once && row.func == tree.func(whole) && row.opaque_writes == 0).then_some(binding)
}

/// The nodes that give it back; none if nobody does, or somebody else may.
fn stops(
    file: &FileView<'_, '_>,
    pair: &PairRow,
    binding: BindingId,
    func: FuncId,
) -> Option<FxHashSet<NodeId>> {
    let tree = &file.model.file.tree;
    let mut out = FxHashSet::default();
    for access in file.accesses.of(&Place::root(Root::Binding(binding))) {
        if access.func != func {
            return None;
        }
        match access.usage {
            Usage::Method { name, call } if names(&pair.ends, tree.text(name)) => {
                out.insert(call);
            }
            Usage::Argument { call, index } if takes_back(file, pair, call, index) => {
                out.insert(call);
            }
            // Who waits for the promise has it.
            Usage::Argument { call, .. } if pending::is_settlement(file.model, call) => return None,
            Usage::Returned(_)
            | Usage::Stored(_)
            | Usage::Aliased(_)
            | Usage::Yielded(_)
            | Usage::Spread(_)
            | Usage::Destructured(_) => return None,
            _ => {}
        }
    }
    (!out.is_empty()).then_some(out)
}
