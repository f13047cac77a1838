//! Functions of the project that add or arm something and return what alone undoes it: who calls one and drops that has
//! left it there.

pub(crate) mod undo;

pub(crate) use undo::{note, note_wrapper, own_param, param_of};

use crate::acquire::{self, Acquired, Target, Text};
use crate::claim::{AcquireClaim, Body, Claim, Keeper, LeftClaim, UndoClaim};
use crate::finding::{Finding, Retainer, Role};
use crate::list;
use crate::rule::{Claims, FileView, Meta, ProjectView};
use outlive_semantic::access::{Access, Usage, usage};
use outlive_semantic::handle::{Handle, ReleasePatterns};
use outlive_semantic::identity::{self, Identity};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Root, Step};
use outlive_semantic::project::{Answer, FileId, Project};
use outlive_semantic::summary::TargetRow;
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Makes a claim where a function is handed to code of the project, and what that returns is dropped or not always used.
pub(crate) fn visit(file: &FileView<'_, '_>, meta: &'static Meta, call: NodeId, claims: &mut Claims<'_>) {
    let model = file.model;
    let tree = &model.file.tree;
    if tree.kind(call) != Kind::Call || tree.func(call).index() == 0 {
        return;
    }
    if hands_back(model, call)
        && let Some(callee) = file.own_callee(call, claims)
    {
        claims.add(meta.id, tree.func(call), tree.span(call), Body::Passed(callee));
        return;
    }
    if !takes_function(model, call) {
        return;
    }
    if let Some(body) = left(file, meta, call, claims) {
        claims.add(meta.id, tree.func(call), tree.span(call), body);
    }
}

/// `const onWake = (take) => listen('wake', take)`: whether a function hands what it is handed on, and gives back what that gives.
fn hands_back(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let func = tree.func(call);
    let is_handed = |arg: NodeId| match tree.function(arg) {
        Some(_) => tree.kind(arg) == Kind::Function,
        None => own_param(model, func, arg).is_some(),
    };
    let Usage::Returned(at) = usage(model.file, call) else { return false };
    (tree.func(at) == func || tree.function(at) == Some(func)) && tree.args(call).any(is_handed)
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
    let args_that = |is: &dyn Fn(NodeId) -> bool| {
        let such = tree.args(call).enumerate().filter(|&(_, arg)| is(arg));
        such.filter_map(|(index, _)| u16::try_from(index).ok()).collect()
    };
    let fresh = args_that(&|arg| matches!(identity::identity(model, arg), Identity::Fresh(_)));
    let lone = args_that(&|arg| is_used_once(file, call, arg));
    let mut target = |expr: NodeId| {
        let place = model.file.place(expr);
        let shown = model.file.display(&place);
        Target::of(model, &place, shown, claims)
    };
    let args = tree.args(call).map(&mut target).collect();
    let receiver = tree.method_call(call).map(|(object, _)| target(object));
    let name = tree.callee(call).and_then(|callee| model.callee_name(callee)).unwrap_or_default().to_owned();
    Some(LeftClaim { callee, name, acquired, args, receiver, fresh, lone })
}

/// Whether an argument names a function that is made for this run, or for this instance, and that goes nowhere but into the
/// call: nobody who might undo it has the same function.
fn is_used_once(file: &FileView<'_, '_>, call: NodeId, arg: NodeId) -> bool {
    let (model, tree) = (file.model, &file.model.file.tree);
    if let Some(binding) = model.file.binding_of(arg) {
        let row = model.file.binding(binding);
        return row.func == tree.func(call)
            && row.func.index() != 0
            && row.references.len() == 1
            && model.function_of(arg).is_some();
    }
    let place = model.file.place(arg);
    let is_made = |value: NodeId| {
        tree.kind(value) == Kind::Function || matches!(tree.method_call(value), Some((_, "bind")))
    };
    let values = model.values(&place);
    let is_made_field = matches!((place.root, place.path.len()), (Root::This(_), 1))
        && !values.is_empty()
        && values.iter().all(|&value| is_made(value) || model.is_nothing(value));
    // `off(event, this[name])`
    let is_named = |access: &Access| access.place.path.first() != Some(&Step::Element);
    let is_used = |access: &Access| access.node != arg && !matches!(access.usage, Usage::Assigned(_));
    is_made_field
        && !file.accesses.below(&place).any(is_used)
        && file.accesses.under_root(place.root).all(is_named)
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
    let mut undone = Undone::default();
    for &(file, claim) in claims {
        match &claim.body {
            Body::Undo(undo) => undone.sites.entry((file, claim.func)).or_default().push((claim, undo)),
            Body::Passed(callee) => {
                undone.passed.entry((file, claim.func)).or_insert(*callee);
            }
            _ => {}
        }
    }
    let judge = |&(file, claim): &(FileId, &Claim)| {
        let Body::Left(left) = &claim.body else { return None };
        let (of, sites, hands) = undone.behind(view.project, file, left.callee, 0)?;
        // Who hands on keeps the order of what it is handed to itself.
        let is_told = |undo: &UndoClaim| {
            let is_plain = matches!(undo.keeper, Keeper::Process | Keeper::Shared(_));
            hands == 0 || undo.listener.is_none() && is_plain
        };
        let findings = sites
            .iter()
            .filter(|(_, undo)| is_told(undo))
            .filter_map(|(site, undo)| settle(view, meta, (file, claim, left), (of, site, undo)));
        // A helper may add several: the surest of them is told.
        findings.reduce(|best, next| if next.confidence > best.confidence { next } else { best })
    };
    if undone.sites.is_empty() { Vec::new() } else { claims.iter().filter_map(judge).collect() }
}

/// So many functions may hand on what another gives back.
const MAX_HANDS: u32 = 4;

/// What the functions of a project do that only what they return undoes.
#[derive(Default)]
struct Undone<'c> {
    sites: FxHashMap<(FileId, FuncId), Vec<(&'c Claim, &'c UndoClaim)>>,
    /// Those that give back what another one does.
    passed: FxHashMap<(FileId, FuncId), TargetRow>,
}

type Sites<'c, 'm> = &'m [(&'c Claim, &'c UndoClaim)];

impl<'c> Undone<'c> {
    /// What a call leaves to be undone, in which file that is done, and how many functions hand it on.
    fn behind(
        &self,
        project: &Project<'_>,
        file: FileId,
        callee: TargetRow,
        hands: u32,
    ) -> Option<(FileId, Sites<'c, '_>, u32)> {
        let at = project.function_at(file, callee)?;
        match self.sites.get(&at) {
            Some(sites) => Some((at.0, sites, hands)),
            None if hands < MAX_HANDS => self.behind(project, at.0, *self.passed.get(&at)?, hands + 1),
            None => None,
        }
    }
}

fn settle(
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
    (file, claim, left): (FileId, &Claim, &LeftClaim),
    (of, site, undo): (FileId, &Claim, &UndoClaim),
) -> Option<Finding> {
    let project = view.project;
    let is_known = |at: u16| left.fresh.contains(&at) || left.lone.contains(&at);
    if undo.listener.is_some_and(|listener| !is_known(listener)) {
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
    if undo.listener.is_some_and(|listener| !left.fresh.contains(&listener)) {
        return Text {
            message: format!("{what}, added by `{name}`, is never removed: this function goes nowhere else"),
            help: "hand the same function to what removes it when this is over".to_owned(),
            keeps,
        };
    }
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
