//! Functions of the project that add or arm something and return what alone undoes it: who calls one and drops that has
//! left it there.

pub(crate) mod undo;

pub(crate) use undo::{note, note_wrapper, own_param, param_of};

use crate::acquire::{self, Acquired, Target, Text};
use crate::claim::{AcquireClaim, Body, Claim, Keeper, LeftClaim, UndoClaim};
use crate::finding::{Finding, Retainer, Role};
use crate::list;
use crate::rule::{Claims, FileView, Meta, ProjectView};
use outlive_semantic::access::{Usage, usage};
use outlive_semantic::handle::{Handle, ReleasePatterns};
use outlive_semantic::identity::{self, Identity};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::project::{Answer, FileId};
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Makes a claim where a function is handed to code of the project, and what that returns is dropped or not always used.
pub(crate) fn visit(file: &FileView<'_, '_>, meta: &'static Meta, call: NodeId, claims: &mut Claims<'_>) {
    let model = file.model;
    let tree = &model.file.tree;
    if tree.kind(call) != Kind::Call || tree.func(call).index() == 0 || !takes_function(model, call) {
        return;
    }
    if let Some(body) = left(file, meta, call, claims) {
        claims.add(meta.id, tree.func(call), tree.span(call), body);
    }
}

/// What is left behind where the result of a call is not always used. Both rules that ask are told the same.
fn left(
    file: &FileView<'_, '_>,
    meta: &'static Meta,
    call: NodeId,
    claims: &mut Claims<'_>,
) -> Option<LeftClaim> {
    if let Some((of, known)) = &*file.left.borrow()
        && *of == call
    {
        return known.clone();
    }
    let found = find_left(file, meta, call, claims);
    *file.left.borrow_mut() = Some((call, found.clone()));
    found
}

fn find_left(
    file: &FileView<'_, '_>,
    meta: &'static Meta,
    call: NodeId,
    claims: &mut Claims<'_>,
) -> Option<LeftClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let callee = file.own_callee(call, claims)?;
    let handle = file.follow(call);
    let patterns = disposal(file);
    let known = claims.list.len();
    let acquired = Acquired { meta, call, what: "listener".to_owned(), patterns: &patterns };
    let acquired = file.trace.quietly(|| acquire::claim_handle(file, acquired, &handle, claims));
    claims.list.truncate(known);
    let acquired = acquired.filter(|acquired| is_left(file, call, &handle, acquired))?;
    let fresh = tree
        .args(call)
        .enumerate()
        .filter(|&(_, arg)| matches!(identity::identity(model, arg), Identity::Fresh(_)))
        .filter_map(|(index, _)| u16::try_from(index).ok())
        .collect();
    let mut target = |expr: NodeId| {
        let place = model.file.place(expr);
        let shown = model.file.display(&place);
        Target::of(model, &place, shown, claims)
    };
    let args = tree.args(call).map(&mut target).collect();
    let receiver = tree.method_call(call).map(|(object, _)| target(object));
    let name = tree.callee(call).and_then(|callee| model.callee_name(callee)).unwrap_or_default().to_owned();
    Some(LeftClaim { callee, name, acquired, args, receiver, fresh })
}

/// What ends what a call has begun, of whatever shape it returns that: a function, or an object with a method for it.
pub(crate) fn disposal(file: &FileView<'_, '_>) -> Arc<ReleasePatterns> {
    file.releases_by("disposal", || ReleasePatterns {
        called: true,
        methods: DISPOSAL.iter().map(|&name| name.to_owned()).collect(),
        ..ReleasePatterns::default()
    })
}

const DISPOSAL: &[&str] = &[
    "dispose",
    "unsubscribe",
    "remove",
    "off",
    "destroy",
    "close",
    "stop",
    "cancel",
    "unlisten",
    "detach",
    "@@dispose",
    "@@asyncDispose",
];

/// Whether one of the arguments is a function: what listens, or is run again and again.
fn takes_function(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.args(call).any(|arg| match tree.kind(arg) {
        Kind::Function => true,
        Kind::Call => matches!(tree.method_call(arg), Some((_, "bind"))),
        Kind::Identifier | Kind::Member => model.function_of(arg).is_some(),
        _ => false,
    })
}

/// Whether the result is dropped, held by a name that nobody else sees, put on a list of which nobody disposes, or given
/// back on some ways and not on others.
fn is_left(file: &FileView<'_, '_>, call: NodeId, handle: &Handle, acquired: &AcquireClaim) -> bool {
    let model = file.model;
    let is_private = !handle.places.iter().any(|place| acquire::is_shared(model, place));
    let is_kept = !handle.places.is_empty() && (is_private || acquired.partial.is_some());
    is_kept
        || list::forgotten(file, handle).is_some()
        || model.file.tree.is_discarded(call) && usage(model.file, call) == Usage::Read
}

/// Judges the calls whose result is dropped by what the functions they call do.
pub(crate) fn settle_all(
    claims: &[(FileId, &Claim)],
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
) -> Vec<Finding> {
    let mut undone: FxHashMap<(FileId, FuncId), Vec<(&Claim, &UndoClaim)>> = FxHashMap::default();
    for &(file, claim) in claims {
        if let Body::Undo(undo) = &claim.body {
            undone.entry((file, claim.func)).or_default().push((claim, undo));
        }
    }
    let judge = |&(file, claim): &(FileId, &Claim)| {
        let Body::Left(left) = &claim.body else { return None };
        let (of, func) = view.project.function_at(file, left.callee)?;
        let sites = undone.get(&(of, func))?;
        let findings =
            sites.iter().filter_map(|(site, undo)| settle(view, meta, (file, claim, left), (of, site, undo)));
        // A helper may add several: the surest of them is told.
        findings.reduce(|best, next| if next.confidence > best.confidence { next } else { best })
    };
    if undone.is_empty() { Vec::new() } else { claims.iter().filter_map(judge).collect() }
}

fn settle(
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
    (file, claim, left): (FileId, &Claim, &LeftClaim),
    (of, site, undo): (FileId, &Claim, &UndoClaim),
) -> Option<Finding> {
    let project = view.project;
    if undo.listener.is_some_and(|listener| !left.fresh.contains(&listener)) {
        return None;
    }
    let mut acquired = left.acquired.clone();
    acquired.target = match &undo.keeper {
        Keeper::Process => None,
        Keeper::Param(at) => Some(left.args.get(usize::from(*at))?.clone()),
        Keeper::Receiver => Some(left.receiver.clone()?),
        Keeper::Shared(place) => {
            let lives = project.life(&project.canonical(of, place));
            let answer = project.outlives(lives, file, claim.func, acquired.in_loop);
            if !matches!(answer, Answer::Yes | Answer::Assumed) {
                return view.drop(file, claim, || format!("{} ends with who calls this", undo.what));
            }
            None
        }
    };
    let text = |body: &AcquireClaim| text(left, undo, body);
    let mut finding = acquire::settle(view, meta, file, claim, &acquired, text)?;
    let message = format!("{} is added in `{}`", undo.what, left.name);
    finding.retainers.insert(0, Retainer { role: Role::Registered, message, file: of, span: site.at });
    Some(finding)
}

fn text(left: &LeftClaim, undo: &UndoClaim, body: &AcquireClaim) -> Text {
    let (name, what) = (&left.name, &undo.what);
    let keeps = format!("{what} keeps what it was handed, and all that closes over");
    if undo.listener.is_some() {
        return Text {
            message: format!("{what}, added by `{name}`, can never be removed: nobody keeps this function"),
            help: "keep the function in a variable or field, and remove that when this is over".to_owned(),
            keeps,
        };
    }
    let message = match (&body.partial, body.shown.as_str()) {
        (Some(gap), _) => format!("what `{name}` returns is not used to end {what} {}", gap.how),
        (None, "") => format!("what `{name}` returns is dropped: it alone ends {what}"),
        (None, shown) => format!("`{shown}` is never used, and it alone ends {what}"),
    };
    let help = match &body.class {
        Some((_, Some(end))) => format!("keep what `{name}` returns and use it in `{end}`"),
        _ => format!("keep what `{name}` returns and use it when this is over"),
    };
    Text { message, help, keeps }
}
