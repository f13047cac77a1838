//! Handlers that return before their work ends: whoever hands them the next message waits for what they return, and that
//! says nothing of the work.

use super::{META, limiter};
use crate::claim::{Claim, LocalClaim, UnawaitedClaim};
use crate::factory;
use crate::finding::Finding;
use crate::local;
use crate::rule::{Claims, FileView, ProjectView};
use outlive_semantic::catalog::{Returned, When};
use outlive_semantic::guard;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::Root;
use outlive_semantic::project::FileId;
use outlive_semantic::rate::Rate;
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::Kind;
use outlive_semantic::work::{self, Begun};

/// The claim about a call that leaves work behind.
pub(super) fn claim(
    file: &FileView<'_, '_>,
    call: NodeId,
    claims: &mut Claims<'_>,
) -> Option<UnawaitedClaim> {
    let model = file.model;
    let run = work::left_by_runner(model, call);
    let (mut left, worker) = match run {
        Some(_) => (known(format!("what `{}` runs", callee_shown(model, call))), run),
        None => {
            let begun = work::left_behind(model, call)?;
            let worker = model.file.tree.callee(begun.call).and_then(|callee| model.function_of(callee));
            (promised(model, call, begun, claims)?, worker)
        }
    };
    if is_alone(model, call, worker) {
        return file.drop(&META, call, || "a flag lets one run at a time".to_owned());
    }
    let func = model.file.tree.func(call);
    let begun = run.map_or(call, |run| model.file.function(run).node);
    let takes_turns = worker.is_some_and(|worker| limiter::takes_turns(model, worker));
    if takes_turns || limiter::is_limited(model, begun) || limiter::holds_back(file, func) {
        return file.drop(&META, call, || "something limits how much is at work".to_owned());
    }
    left.is_paced = waits_for_work(file, func);
    Some(left)
}

/// Whether a flag keeps work from being begun while it is at work: around the call, or where the work begins.
fn is_alone(model: &Model<'_>, call: NodeId, worker: Option<FuncId>) -> bool {
    let first = worker.and_then(|worker| model.waits(worker).first());
    guard::runs_alone(model, call) || first.is_some_and(|&wait| guard::runs_alone(model, wait))
}

fn known(shown: String) -> UnawaitedClaim {
    UnawaitedClaim { shown, work: None, is_promise: true, is_unknown: false, is_paced: false }
}

fn callee_shown(model: &Model<'_>, call: NodeId) -> String {
    let callee = model.file.tree.callee(call);
    callee.map(|callee| model.file.display(&model.file.place(callee))).unwrap_or_default()
}

/// The same of a call whose promise is thrown away.
fn promised(
    model: &Model<'_>,
    call: NodeId,
    begun: Begun,
    claims: &mut Claims<'_>,
) -> Option<UnawaitedClaim> {
    let tree = &model.file.tree;
    // Most calls are of no such kind: only where somebody waits is it worth asking what they do.
    let is_awaited = || model.file.enclosing(tree.func(call)).any(|func| is_waited_for(model, func));
    let is_asked = begun.known || begun.marked || is_awaited();
    if !is_asked || work::is_told(model, call) {
        return None;
    }
    let is_named = tree.callee(begun.call).is_some_and(|callee| model.callee_name(callee).is_some());
    let shown =
        if is_named { format!("`{}`", callee_shown(model, begun.call)) } else { "the work".to_owned() };
    if begun.known {
        return Some(known(shown));
    }
    let work = factory::callee(model, begun.call, claims);
    (begun.marked || work.is_some()).then(|| UnawaitedClaim {
        work,
        is_promise: begun.marked,
        is_unknown: true,
        ..known(shown)
    })
}

/// Whether a row says that what a function returns is waited for.
fn is_waited_for(model: &Model<'_>, func: FuncId) -> bool {
    let rows = |handed| model.callback_rows(handed);
    let waits = |handed| rows(handed).iter().any(|(_, row)| row.returned == Returned::Awaited);
    model.handed(func).iter().any(waits)
}

/// Whether a function waits for anything beside what it is handed: `await heartbeat()` takes no time.
fn waits_for_work(file: &FileView<'_, '_>, func: FuncId) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    model.waits(func).iter().any(|&wait| {
        let awaited = tree.first(wait).filter(|_| tree.kind(wait) == Kind::Await);
        let callee = awaited.and_then(|awaited| tree.callee(awaited));
        let root = callee.map(|callee| model.file.place(callee).root);
        !matches!(root, Some(Root::Binding(binding)) if model.file.binding(binding).kind == BindingKind::Param)
    })
}

/// How many calls may stand between whoever waits and the work that is left.
const NEAR: usize = 2;

/// Judges one claim.
pub(super) fn settle(
    view: &ProjectView<'_, '_>,
    file: FileId,
    claim: &Claim,
    left: &UnawaitedClaim,
) -> Option<Finding> {
    let project = view.project;
    let Some((edge, steps)) = project.began(file, claim.func) else {
        return view.drop(file, claim, || "no handler of messages begins it".to_owned());
    };
    let is_ignored = edge.returned == Returned::Ignored && edge.when == When::At(Rate::Message);
    if edge.returned != Returned::Awaited && !(is_ignored && edge.certain) {
        return view.drop(file, claim, || "nobody would wait for its handler".to_owned());
    }
    let works = works(view, file, left);
    if works == Some(false) || works.is_none() && !left.is_promise {
        return view.drop(file, claim, || format!("{} is done when it returns", left.shown));
    }
    let shown = &left.shown;
    let one = if edge.when == When::At(Rate::Message) { "message" } else { "job" };
    let by = project.witness(file, claim.func);
    let by = by.first().map_or("whoever hands it over", |step| step.label.as_str());
    let is_unknown = left.is_unknown && works.is_none();
    let body = LocalClaim {
        message: format!(
            "nobody waits for {shown}: `{by}` brings the next {one} while any number are at work"
        ),
        help: format!("let the handler wait for {shown}, or limit how many are at work"),
        subject: shown.clone(),
        conventions: 1,
        unknowns: u8::from(is_unknown) + u8::from(is_ignored || left.is_paced || steps > NEAR),
        must_repeat: true,
        ..LocalClaim::default()
    };
    let whole = Claim { body: body.into(), ..claim.clone() };
    local::settle_all(&[(file, &whole)], view, &META).pop()
}

/// Whether what begins the work, in another file, gives a promise of it; none if nobody knows.
fn works(view: &ProjectView<'_, '_>, file: FileId, left: &UnawaitedClaim) -> Option<bool> {
    let (file, func) = view.project.function_at(file, left.work?)?;
    view.project.summary(file).functions.get(func.index()).map(|row| row.works)
}
