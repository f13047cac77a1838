//! Runs the rules: one pass over each file, then one judgement over the project.

use crate::claim::{Claim, RuleId};
use crate::finding::{self, Confidence, Finding};
use crate::memo::Memos;
use crate::rule::{Claims, FileView, ProjectView, Rule};
use crate::trace::{Dropped, Trace};
use outlive_semantic::access::Accesses;
use outlive_semantic::catalog::Catalog;
use outlive_semantic::growth::collection_ops;
use outlive_semantic::index::NodeId;
use outlive_semantic::listeners::{self, Registration, Removal};
use outlive_semantic::model::Model;
use outlive_semantic::project::{FileId, Project};
use outlive_semantic::reach::Unreachable;
use outlive_semantic::summary::{NameMap, Role, Summary, summarise};
use outlive_semantic::tables::Lowered;
use outlive_semantic::tree::{Kind, Span};
use outlive_semantic::turns::Turns;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;

/// What remains of one file: its summary and the claims of all rules. Both are shared: a copy costs nothing.
#[derive(Clone)]
pub struct Analysed {
    /// For the link.
    pub summary: Arc<Summary>,
    /// For the rules.
    pub claims: Arc<[Claim]>,
    /// Candidates that were dropped, if anybody asked.
    pub dropped: Vec<Dropped>,
}

/// Analyses one lowered file. The tree can be dropped afterwards.
#[must_use]
pub fn analyse(
    file: &Lowered,
    catalog: &Catalog,
    role: Role,
    rules: &[&dyn Rule],
    trace: &Trace,
) -> Analysed {
    let model = Model::new(file, catalog);
    let accesses = Accesses::collect(file);
    let ops = collection_ops(&model, &accesses);
    let all = model.all_calls().iter().copied();
    let removals: Vec<Removal> =
        all.clone().flat_map(|call| listeners::removals(&model, &accesses, call)).collect();
    let unreachable = Unreachable::of(&model);
    let calls: Vec<NodeId> = all.filter(|&call| !unreachable.contains(call)).collect();
    let registrations: Vec<Registration> =
        calls.iter().filter_map(|&call| listeners::registration(&model, call)).collect();
    let view = FileView {
        model: &model,
        accesses: &accesses,
        ops: &ops,
        calls: &calls,
        ops_by_holder: OnceCell::new(),
        registrations: &registrations,
        removals: &removals,
        pairs: OnceCell::new(),
        end_methods: RefCell::default(),
        any_release: RefCell::default(),
        given_back: RefCell::default(),
        taken_out_on: RefCell::default(),
        only_added_to: RefCell::default(),
        shut: OnceCell::new(),
        acquiring: Cell::new(None),
        own_callee: Cell::new(None),
        followed: RefCell::default(),
        left: RefCell::default(),
        growths_by_func: OnceCell::new(),
        partings: RefCell::default(),
        flags: RefCell::default(),
        ends_called: OnceCell::new(),
        hands_itself_on: RefCell::default(),
        memos: Memos::default(),
        role,
        trace,
    };
    let mut names = NameMap::of(file);
    let mut claims = Claims { names: &mut names, list: Vec::new() };
    if role == Role::Source {
        visit(&view, &unreachable, rules, &mut claims);
    }
    let turns = Turns::of(&model);
    let list: Vec<Claim> = claims.list.into_iter().map(|claim| claim.at_its_turn(&turns)).collect();
    let summary = summarise(&model, &accesses, &ops, role, &turns, names);
    Analysed { summary: summary.into(), claims: list.into(), dropped: Vec::new() }
}

fn visit(view: &FileView<'_, '_>, unreachable: &Unreachable, rules: &[&dyn Rule], claims: &mut Claims<'_>) {
    let tree = &view.model.file.tree;
    let landmarks = view.model.landmarks().iter().copied();
    for node in landmarks.filter(|&node| !unreachable.contains(node)) {
        match tree.kind(node) {
            Kind::Call | Kind::New => rules.iter().for_each(|rule| rule.call(view, node, claims)),
            Kind::Object | Kind::Array => rules.iter().for_each(|rule| rule.literal(view, node, claims)),
            Kind::Function => {
                if let Some(func) = tree.function(node) {
                    rules.iter().for_each(|rule| rule.function(view, func, claims));
                }
            }
            _ => {}
        }
    }
    for op in view.ops.iter().filter(|op| !unreachable.contains(op.node)) {
        for rule in rules {
            rule.collection(view, op, claims);
        }
    }
    for rule in rules {
        rule.file(view, claims);
    }
}

/// Settles the claims of all files.
#[must_use]
pub fn settle(
    claims: &[(FileId, Arc<[Claim]>)],
    project: &Project<'_>,
    rules: &[&dyn Rule],
    trace: &Trace,
) -> Vec<Finding> {
    // Each rule writes into a trace of its own: they run side by side.
    let is_listening = trace.is_listening();
    let by_rule = by_rule(claims);
    let settle = |rule: &&dyn Rule| {
        let claims = by_rule.get(rule.meta().id).map_or(&[][..], Vec::as_slice);
        let own = if is_listening { Trace::listening() } else { Trace::default() };
        let findings = rule.settle(claims, &ProjectView::new(project, &own));
        (findings, own.into_list())
    };
    let settled: Vec<(Vec<Finding>, Vec<Dropped>)> = rules.par_iter().map(settle).collect();
    let mut findings = Vec::new();
    for (of_rule, dropped) in settled {
        findings.extend(of_rule);
        dropped.into_iter().for_each(|row| trace.note(|| row));
    }
    let mut findings = one_per_leak(&findings);
    findings.sort_by(|a, b| (a.file, a.span, a.rule, &a.message).cmp(&(b.file, b.span, b.rule, &b.message)));
    findings.dedup();
    findings
}

/// The claims of each rule, in order of file.
fn by_rule(claims: &[(FileId, Arc<[Claim]>)]) -> FxHashMap<RuleId, Vec<(FileId, &Claim)>> {
    let mut out: FxHashMap<RuleId, Vec<(FileId, &Claim)>> = FxHashMap::default();
    for (file, claims) in claims {
        for claim in claims.iter() {
            out.entry(claim.rule).or_default().push((*file, claim));
        }
    }
    out
}

/// Rules that say more about a growth than that something grows.
const MORE_SPECIFIC: &[&str] = &["pending-race", "retained-request", "unbounded-buffer", "unbounded-queue"];

/// Rules that say why another one finds what it finds: the first is silent where the second speaks of the same code.
const SAYS_WHY: &[(&str, &str)] = &[
    ("leaked-listener", "ignored-listener-options"),
    ("leaked-listener", "mismatched-removal"),
    ("per-call-construction", "per-call-registration"),
];

/// One leak, one finding: where a more specific rule speaks about the site of a growth, the general one is silent; and
/// where the growth itself is told, what else the scope of the value keeps is the lesser part of it. A listener that stays
/// since its removal does not match is told of at the removal.
fn one_per_leak(findings: &[Finding]) -> Vec<Finding> {
    let sites = |wanted: &dyn Fn(&str) -> bool| -> FxHashSet<(FileId, Span)> {
        findings.iter().filter(|finding| wanted(finding.rule)).flat_map(grown_at).collect()
    };
    let specific = sites(&|rule| MORE_SPECIFIC.contains(&rule));
    let general = sites(&|rule| rule == "unbounded-collection" || rule == "retained-request");
    let at: FxHashSet<(&str, FileId, Span)> =
        findings.iter().map(|finding| (finding.rule, finding.file, finding.span)).collect();
    let is_explained = |finding: &Finding| {
        let mut whys = SAYS_WHY.iter().filter(|(rule, _)| *rule == finding.rule);
        whys.any(|(_, why)| at.contains(&(*why, finding.file, finding.span)))
    };
    let mismatches = mismatches(findings);
    let is_mismatched = |finding: &Finding| {
        let told = mismatches.get(&(finding.file, finding.span));
        told.is_some_and(|&told| told >= finding.confidence)
    };
    let is_told = |finding: &Finding| match finding.rule {
        "leaked-listener" if is_mismatched(finding) => true,
        "unbounded-collection" => grown_at(finding).iter().any(|site| specific.contains(site)),
        "retained-scope" => general.contains(&(finding.file, finding.span)),
        _ => is_explained(finding),
    };
    findings.iter().filter(|finding| !is_told(finding)).cloned().collect()
}

/// The listeners that stay since a removal does not match: where they are added, and how surely that is told.
fn mismatches(findings: &[Finding]) -> FxHashMap<(FileId, Span), Confidence> {
    let mut out = FxHashMap::default();
    for finding in findings.iter().filter(|finding| finding.rule == "mismatched-removal") {
        for step in finding.retainers.iter().filter(|step| step.role == finding::Role::Registered) {
            let known = out.entry((step.file, step.span)).or_insert(finding.confidence);
            *known = finding.confidence.max(*known);
        }
    }
    out
}

/// Where a finding says that something grows: its own site, and the others of the same holder.
fn grown_at(finding: &Finding) -> Vec<(FileId, Span)> {
    let others = finding.retainers.iter().filter(|step| step.role == finding::Role::Grows);
    std::iter::once((finding.file, finding.span)).chain(others.map(|step| (step.file, step.span))).collect()
}
