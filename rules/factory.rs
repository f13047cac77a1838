//! Functions of the project that acquire something and return it: what they give is acquired where they are called.

use crate::acquire::{self, Acquired, Text};
use crate::claim::{AcquireClaim, Body, Claim, GivenClaim, ObtainedClaim};
use crate::finding::Finding;
use crate::rule::{Claims, FileView, Meta, ProjectView};
use outlive_semantic::access::Usage;
use outlive_semantic::calls::{self, Target};
use outlive_semantic::handle::Handle;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::{Model, package_path};
use outlive_semantic::place::Root;
use outlive_semantic::project::{FileId, Project};
use outlive_semantic::summary::{NameMap, TargetRow};
use outlive_semantic::tree::Kind;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::rc::Rc;

/// A call of code of the project whose result is kept. Most functions give nothing that was acquired; of those of the
/// same file that is known once the file has been gone through.
struct Pending {
    rule: &'static str,
    call: NodeId,
    callee: TargetRow,
    handle: Rc<Handle>,
}

/// All such calls of a file.
type Pendings = RefCell<Vec<Pending>>;

/// Notes a call whose result is kept, or that its function passes on what another one gives.
pub(crate) fn visit(file: &FileView<'_, '_>, meta: &'static Meta, call: NodeId, claims: &mut Claims<'_>) {
    let model = file.model;
    let tree = &model.file.tree;
    if tree.kind(call) != Kind::Call || tree.is_discarded(call) || acquire::row(file, meta, call).is_some() {
        return;
    }
    let Some(callee) = file.own_callee(call, claims) else { return };
    let handle = file.follow(call);
    if let Some(giver) = acquire::giver(model, call, &handle) {
        let at = tree.span(call);
        claims.add(meta.id, giver, at, Body::Passed(callee));
        return;
    }
    file.memos.of::<Pendings>().borrow_mut().push(Pending { rule: meta.id, call, callee, handle });
}

/// Makes a claim where what a function of the project returns is kept and not given back.
pub(crate) fn finish(file: &FileView<'_, '_>, meta: &'static Meta, claims: &mut Claims<'_>) {
    let pending = file.memos.of::<Pendings>();
    let (own, others): (Vec<_>, Vec<_>) =
        pending.take().into_iter().partition(|pending| pending.rule == meta.id);
    *pending.borrow_mut() = others;
    let gives = givers_of_file(meta, claims);
    for Pending { call, callee, handle, .. } in own {
        if may_give(&gives, &callee) {
            obtained(file, meta, call, callee, &handle, claims);
        }
    }
}

/// The functions of a file that may give something acquired. Of what a function passes on the first call counts, and is
/// forgotten if what it calls gives nothing.
fn givers_of_file(meta: &'static Meta, claims: &mut Claims<'_>) -> FxHashSet<FuncId> {
    let mut seen = FxHashSet::default();
    claims.list.retain(|claim| match &claim.body {
        Body::Passed(_) if claim.rule == meta.id => seen.insert(claim.func),
        _ => true,
    });
    let mut left = Givers::default();
    for (at, claim) in claims.list.iter().enumerate().filter(|(_, claim)| gives(meta, claim)) {
        left.add(at, claim);
    }
    let forgotten = left.forget_empty_handed(&claims.list);
    let mut at = 0;
    claims.list.retain(|_| {
        at += 1;
        !forgotten.contains(&(at - 1))
    });
    left.counts.into_keys().collect()
}

/// The functions that may give something, while those are left out that pass on what gives nothing.
#[derive(Default)]
struct Givers {
    /// How many claims say so of each.
    counts: FxHashMap<FuncId, u32>,
    /// By what they call, the positions of the claims about functions that pass that on.
    passing: FxHashMap<FuncId, Vec<usize>>,
}

impl Givers {
    fn add(&mut self, at: usize, claim: &Claim) {
        *self.counts.entry(claim.func).or_default() += 1;
        if let Body::Passed(TargetRow::Function(callee)) = claim.body {
            self.passing.entry(callee).or_default().push(at);
        }
    }

    /// Leaves out who passes on nothing, and who passes on what those give; the positions of the claims that said so.
    fn forget_empty_handed(&mut self, list: &[Claim]) -> FxHashSet<usize> {
        let mut open: Vec<FuncId> =
            self.passing.keys().copied().filter(|callee| !self.counts.contains_key(callee)).collect();
        let mut forgotten = FxHashSet::default();
        while let Some(callee) = open.pop() {
            for at in self.passing.remove(&callee).unwrap_or_default() {
                forgotten.insert(at);
                let func = list[at].func;
                let Some(count) = self.counts.get_mut(&func) else { continue };
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&func);
                    open.push(func);
                }
            }
        }
        forgotten
    }
}

fn gives(meta: &'static Meta, claim: &Claim) -> bool {
    claim.rule == meta.id && matches!(claim.body, Body::Given(_) | Body::Passed(_))
}

fn may_give(gives: &FxHashSet<FuncId>, callee: &TargetRow) -> bool {
    match callee {
        TargetRow::Function(func) => gives.contains(func),
        _ => true,
    }
}

fn obtained(
    file: &FileView<'_, '_>,
    meta: &'static Meta,
    call: NodeId,
    callee: TargetRow,
    handle: &Handle,
    claims: &mut Claims<'_>,
) {
    // Why there is no claim nobody asks here.
    if acquire::surely_leaves(file.model, call, handle) {
        debug_assert!(held(file, meta, call, handle).is_none(), "what surely leaves is claimed");
        return;
    }
    if is_ended_within(file, meta, handle) {
        return;
    }
    let tree = &file.model.file.tree;
    let (func, at) = (tree.func(call), tree.span(call));
    let known = claims.list.len();
    let acquired = claim(file, meta, call, handle, claims);
    claims.list.truncate(known);
    let Some(acquired) = acquired else { return };
    let body = ObtainedClaim { callee, acquired: acquired.into() };
    claims.add(meta.id, func, at, body);
}

/// `proxy.client.close()`: what was given has what was acquired as a part, and somebody ends that.
fn is_ended_within(file: &FileView<'_, '_>, meta: &'static Meta, handle: &Handle) -> bool {
    let patterns = file.any_release(meta);
    let tree = &file.model.file.tree;
    handle.places.iter().any(|place| {
        file.accesses.below(place).any(|access| {
            let ends =
                matches!(access.usage, Usage::Method { name, .. } if patterns.is_method(tree.text(name)));
            ends && access.place != *place
        })
    })
}

/// What is left of a thing that a call may have given. Most of what functions return is nothing acquired: why that is no
/// leak is not worth a word.
fn claim(
    file: &FileView<'_, '_>,
    meta: &'static Meta,
    call: NodeId,
    handle: &Handle,
    claims: &mut Claims<'_>,
) -> Option<AcquireClaim> {
    let patterns = file.any_release(meta);
    let acquired = Acquired { meta, call, what: String::new(), patterns: &patterns };
    file.trace.quietly(|| acquire::claim_held(file, acquired, handle, claims))
}

/// The same, without a trace of having asked.
fn held(file: &FileView<'_, '_>, meta: &'static Meta, call: NodeId, handle: &Handle) -> Option<AcquireClaim> {
    let mut names = NameMap::default();
    claim(file, meta, call, handle, &mut Claims { names: &mut names, list: Vec::new() })
}

/// What a call runs, if that is code of the project.
pub(crate) fn callee(model: &Model<'_>, call: NodeId, claims: &mut Claims<'_>) -> Option<TargetRow> {
    let callee = model.file.tree.callee(call)?;
    match calls::callee_target(model, call, callee)? {
        Target::Function(func) => Some(TargetRow::Function(func)),
        Target::Class(_) => None,
        Target::Place(place) => {
            let is_ours = match place.root {
                Root::Module(name) => package_path(model.file.tree.text(name)).is_none(),
                Root::This(_) | Root::Exports => true,
                _ => false,
            };
            is_ours.then(|| TargetRow::Place(claims.names.place_id(model, &place)))
        }
    }
}

impl FileView<'_, '_> {
    /// What a call runs, if that is code of the project.
    pub(crate) fn own_callee(&self, call: NodeId, claims: &mut Claims<'_>) -> Option<TargetRow> {
        if let Some((of, known)) = self.own_callee.get()
            && of == call
        {
            return known;
        }
        let found = callee(self.model, call, claims);
        self.own_callee.set(Some((call, found)));
        found
    }
}

/// How many functions may hand it on before it arrives.
const MAX_HANDS: u32 = 4;

/// Judges what functions of the project give.
pub(crate) fn settle_all(
    claims: &[(FileId, &Claim)],
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
    text: impl Fn(&AcquireClaim) -> Text,
) -> Vec<Finding> {
    let givers = GiversOfProject::of(claims);
    if givers.given.is_empty() {
        return Vec::new();
    }
    claims
        .iter()
        .filter_map(|(file, claim)| {
            let Body::Obtained(obtained) = &claim.body else { return None };
            let given = givers.find(view.project, *file, &obtained.callee, MAX_HANDS)?;
            let mut acquired = AcquireClaim::from(&obtained.acquired);
            acquired.what.clone_from(&given.what);
            acquired.release.clone_from(&given.release);
            acquired.ends_itself = given.ends_itself;
            acquire::settle(view, meta, *file, claim, &acquired, &text)
        })
        .collect()
}

/// The functions that give something acquired, and those that pass on what others give.
struct GiversOfProject<'c> {
    given: FxHashMap<(FileId, FuncId), &'c GivenClaim>,
    passed: FxHashMap<(FileId, FuncId), &'c TargetRow>,
}

impl<'c> GiversOfProject<'c> {
    fn of(claims: &[(FileId, &'c Claim)]) -> Self {
        let mut out = Self { given: FxHashMap::default(), passed: FxHashMap::default() };
        for &(file, claim) in claims {
            match &claim.body {
                Body::Given(given) => {
                    out.given.entry((file, claim.func)).or_insert(given);
                }
                Body::Passed(callee) => {
                    out.passed.entry((file, claim.func)).or_insert(callee);
                }
                _ => {}
            }
        }
        out
    }

    fn find(
        &self,
        project: &Project<'_>,
        file: FileId,
        callee: &TargetRow,
        fuel: u32,
    ) -> Option<&'c GivenClaim> {
        let fuel = fuel.checked_sub(1)?;
        let func = project.function_at(file, *callee)?;
        self.given.get(&func).copied().or_else(|| self.find(project, func.0, self.passed.get(&func)?, fuel))
    }
}
