//! How often each function runs: frequencies spread from entry points along the call graph.
//!
//! Functions and constructions are the nodes. Each gets the highest rate that reaches it, and remembers through which
//! call, so that the way back to the entry point can be told. Nodes are settled from the highest rate down, each once,
//! so the cost is linear in the number of edges.

use super::roots::Roots;
use super::{FileId, GlobalTy, Project, SpotRoot, SpotStep, Symbol};
use crate::catalog::{ExportId, LibraryId, When};
use crate::index::{ClassId, FuncId, PlaceId};
use crate::place::{Place, Root, Step};
use crate::rate::Rate;
use crate::summary::{ExportTo, HandedRow, Role, Summary, TargetRow, TypeRow};
use crate::tables::{ClassKind, FunctionKind};
use crate::tree::Span;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// What is known about how often a function runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateInfo {
    /// The highest rate found; none if nobody is seen to call it.
    pub rate: Option<Rate>,
    /// Every step of the way is a proved call; otherwise one rests on a convention.
    pub certain: bool,
    /// It also runs in a loop somewhere on the way.
    pub in_loop: bool,
}

impl RateInfo {
    const UNKNOWN: Self = Self { rate: None, certain: false, in_loop: false };

    /// Whether the function is known to run more than once.
    #[must_use]
    pub fn repeats(&self) -> bool {
        self.rate.is_some_and(Rate::repeats)
            || self.in_loop && self.rate.is_some_and(|rate| rate >= Rate::Once)
    }

    /// Whether it is known to run at most once, or never in production.
    #[must_use]
    pub fn is_once(&self) -> bool {
        self.rate.is_some_and(|rate| rate <= Rate::Once) && !self.in_loop
    }

    /// What follows "runs": "per request", "once, in a loop".
    #[must_use]
    pub fn phrase(&self) -> String {
        let Some(rate) = self.rate else {
            return "an unknown number of times: no caller is in sight".to_owned();
        };
        let looped = if self.in_loop { ", in a loop" } else { "" };
        let sure = if self.certain { "" } else { ", if a convention holds" };
        format!("{}{looped}{sure}", rate.phrase())
    }
}

/// One step on the way from an entry point to a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness {
    /// The file of the call.
    pub file: FileId,
    /// The call.
    pub at: Span,
    /// What is called or registered: `app.get`, `render`.
    pub label: String,
}

/// Steps of a witness that are told.
const LONGEST_WITNESS: usize = 24;

/// A node of the graph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Node(u32);

#[derive(Clone, Copy)]
struct Arrow {
    to: Node,
    when: When,
    certain: bool,
    in_loop: bool,
    once: bool,
    /// Once begun it begins itself again.
    rearms: bool,
    /// File and row of the edge, for witnesses.
    file: FileId,
    row: u32,
    handed: bool,
}

#[derive(Clone, Copy)]
struct State {
    info: RateInfo,
    from: Option<Origin>,
}

/// Where a rate came from.
#[derive(Clone, Copy)]
struct Origin {
    node: Node,
    /// File and row of the edge, or of what was handed on.
    file: FileId,
    row: u32,
    handed: bool,
    /// The rate begins here: how often the node itself runs plays no part.
    is_entry: bool,
}

impl Origin {
    fn of(node: Node, arrow: &Arrow) -> Self {
        let is_entry = matches!(arrow.when, When::At(_));
        Self { node, file: arrow.file, row: arrow.row, handed: arrow.handed, is_entry }
    }
}

/// The settled rates.
#[derive(Default)]
pub(super) struct Rates {
    /// For each file, the node of its first function; its classes follow its functions.
    offsets: Vec<u32>,
    classes: Vec<u32>,
    states: Vec<State>,
    /// The rates without what timeouts that arm themselves add; empty if there is no such timeout.
    begun: Vec<RateInfo>,
    /// For each node, the rate at which something long-lived runs it by itself: a handler, an interval.
    entries: Vec<Option<Rate>>,
    /// For each node, whether it is handed to code that nobody knows, which may keep it.
    taken: Vec<bool>,
    callers: ByNode<(FileId, FuncId)>,
    /// For each file and place that it calls or hands on, what that runs.
    reached: Vec<Box<[Reached]>>,
    /// Names of methods that are called on things of which nobody knows the type.
    loose: FxHashSet<Symbol>,
}

/// What a place of a file runs: a node, nothing, or nobody has asked.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Reached(u32);

impl Reached {
    const UNASKED: Self = Self(u32::MAX);
    const NOTHING: Self = Self(u32::MAX - 1);
}

impl Rates {
    pub(super) fn entry(&self, file: FileId, func: FuncId) -> Option<Rate> {
        let offset = *self.offsets.get(file.index())?;
        self.entries.get(offset as usize + func.index()).copied().flatten()
    }

    pub(super) fn callers(&self, file: FileId, func: FuncId) -> &[(FileId, FuncId)] {
        let Some(&offset) = self.offsets.get(file.index()) else { return &[] };
        self.callers.of(Node(offset + func.0))
    }

    pub(super) fn of(&self, file: FileId, func: FuncId) -> RateInfo {
        let Some(&offset) = self.offsets.get(file.index()) else { return RateInfo::UNKNOWN };
        self.states.get(offset as usize + func.index()).map_or(RateInfo::UNKNOWN, |state| state.info)
    }

    /// How often a function is begun: what a timeout that arms itself adds does not count.
    pub(super) fn begun(&self, file: FileId, func: FuncId) -> RateInfo {
        let Some(&offset) = self.offsets.get(file.index()) else { return RateInfo::UNKNOWN };
        self.begun.get(offset as usize + func.index()).copied().unwrap_or_else(|| self.of(file, func))
    }

    pub(super) fn of_class(&self, file: FileId, class: ClassId) -> RateInfo {
        let Some(&offset) = self.classes.get(file.index()) else { return RateInfo::UNKNOWN };
        self.states.get(offset as usize + class.index()).map_or(RateInfo::UNKNOWN, |state| state.info)
    }

    pub(super) fn witness(&self, project: &Project<'_>, file: FileId, func: FuncId) -> Vec<Witness> {
        let mut out = Vec::new();
        let Some(&offset) = self.offsets.get(file.index()) else { return out };
        let mut at = offset as usize + func.index();
        while let Some(state) = self.states.get(at) {
            let Some(Origin { node, file, row, handed, is_entry }) = state.from else { break };
            let summary = project.summary(file);
            if handed {
                if let Some(row) = summary.handed.get(row as usize) {
                    out.push(Witness { file, at: row.at, label: row.label.to_string() });
                }
            } else if let Some(edge) = summary.edges.get(row as usize) {
                out.push(Witness { file, at: edge.at, label: project.name(file, edge.label).to_owned() });
            }
            at = node.0 as usize;
            if is_entry || out.len() > LONGEST_WITNESS {
                break;
            }
        }
        out.reverse();
        out
    }

    /// What a place of a file runs, if that is known already.
    pub(super) fn known(&self, file: FileId, place: PlaceId) -> Option<Option<Runs>> {
        match *self.reached.get(file.index())?.get(place.index())? {
            Reached::UNASKED => None,
            Reached::NOTHING => Some(None),
            Reached(node) => Some(Some(self.runs(node))),
        }
    }

    /// The function or class that a node is.
    fn runs(&self, node: u32) -> Runs {
        let at = self.offsets.partition_point(|&offset| offset <= node).saturating_sub(1);
        let file = FileId(u32::try_from(at).unwrap_or(u32::MAX));
        match node.checked_sub(self.classes[at]) {
            Some(class) => Runs::Class(file, ClassId(class)),
            None => Runs::Function(file, FuncId(node - self.offsets[at])),
        }
    }

    /// Whether a method of this name is called on something of which nobody knows the type.
    pub(super) fn is_called_loosely(&self, name: Symbol) -> bool {
        self.loose.contains(&name)
    }

    pub(super) fn is_taken(&self, file: FileId, func: FuncId) -> bool {
        let offset = self.offsets.get(file.index()).copied().unwrap_or_default();
        self.taken.get(offset as usize + func.index()).copied().unwrap_or_default()
    }

    /// Spreads rates over the project.
    pub(super) fn spread(project: &Project<'_>) -> Self {
        let mut graph = Graph::build(project);
        let nodes = graph.states.len();
        let callers = std::mem::take(&mut graph.callers);
        let spread = || {
            graph.by_node = ByNode::sorted(nodes, &std::mem::take(&mut graph.arrows));
            graph.run(project);
        };
        let (callers, ()) = rayon::join(|| ByNode::sorted(nodes, &callers), spread);
        Self {
            offsets: graph.offsets,
            classes: graph.classes,
            states: graph.states,
            begun: graph.begun,
            entries: graph.entries,
            taken: graph.taken,
            callers,
            reached: graph.reached,
            loose: graph.loose,
        }
    }
}

struct Graph {
    offsets: Vec<u32>,
    classes: Vec<u32>,
    /// While the graph is built.
    arrows: Vec<(Node, Arrow)>,
    /// Once it is built.
    by_node: ByNode<Arrow>,
    called: Vec<bool>,
    cold: Vec<bool>,
    states: Vec<State>,
    begun: Vec<RateInfo>,
    entries: Vec<Option<Rate>>,
    taken: Vec<bool>,
    callers: Vec<(Node, (FileId, FuncId))>,
    reached: Vec<Box<[Reached]>>,
    loose: FxHashSet<Symbol>,
    roots: Roots,
}

/// Rows by node: those of one node stand together, in the order in which they were added.
struct ByNode<T> {
    starts: Vec<u32>,
    rows: Vec<T>,
}

impl<T> Default for ByNode<T> {
    fn default() -> Self {
        Self { starts: Vec::new(), rows: Vec::new() }
    }
}

impl<T: Copy> ByNode<T> {
    /// Each row is put where the count of those before it says: that is one pass, however many there are.
    fn sorted(nodes: usize, rows: &[(Node, T)]) -> Self {
        let mut starts = vec![0_u32; nodes + 1];
        for (node, _) in rows {
            starts[node.0 as usize + 1] += 1;
        }
        for i in 0..nodes {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut sorted: Vec<T> = rows.iter().map(|(_, row)| *row).collect();
        for (node, row) in rows {
            let at = &mut next[node.0 as usize];
            sorted[*at as usize] = *row;
            *at += 1;
        }
        Self { starts, rows: sorted }
    }

    fn of_node(&self, node: usize) -> &[T] {
        let (Some(&start), Some(&end)) = (self.starts.get(node), self.starts.get(node + 1)) else {
            return &[];
        };
        self.rows.get(start as usize..end as usize).unwrap_or_default()
    }

    fn of(&self, node: Node) -> &[T] {
        self.of_node(node.0 as usize)
    }
}

/// What the rows of one file's summary run, worked out before the graph is put together.
pub(super) struct Targets {
    pub(super) edges: Vec<Option<Runs>>,
    /// With when the function that it is handed to runs it.
    handed: Vec<Option<(Runs, Option<When>)>>,
    known: Known,
}

/// What the places that a file calls run: the same few are called again and again.
struct Known(Vec<Option<Option<Runs>>>);

impl Known {
    fn of(summary: &Summary) -> Self {
        Self(vec![None; summary.places.len()])
    }

    fn resolve(&mut self, project: &Project<'_>, file: FileId, target: TargetRow) -> Option<Runs> {
        let resolve = || resolve_target(project, file, target);
        let TargetRow::Place(place) = target else { return resolve() };
        match self.0.get_mut(place.index()) {
            Some(known) => *known.get_or_insert_with(resolve),
            None => resolve(),
        }
    }
}

impl Targets {
    fn of(project: &Project<'_>, id: FileId, params: &ParamRuns) -> Self {
        let summary = project.summary(id);
        let mut known = Known::of(summary);
        let mut edges = Vec::with_capacity(summary.edges.len());
        for edge in &summary.edges {
            let holds = edge.export.is_none_or(|export| project.holds(export));
            edges.push(if holds { known.resolve(project, id, edge.target) } else { None });
        }
        let mut handed = Vec::with_capacity(summary.handed.len());
        for row in &summary.handed {
            let runs = known.resolve(project, id, row.func);
            handed.push(runs.map(|runs| {
                let when = params.run(project, known.resolve(project, id, row.to), row.arg);
                (runs, when.or_else(|| project.row_of(id, row).map(|row| row.0)))
            }));
        }
        Self { edges, handed, known }
    }
}

/// The name of the method that a call names, if it is one of something.
fn method_called(project: &Project<'_>, file: FileId, target: TargetRow) -> Option<Symbol> {
    let TargetRow::Place(place) = target else { return None };
    let place = project.summary(file).place(place);
    place.last_field().map(|name| project.symbol_of(file, name))
}

impl Graph {
    fn build(project: &Project<'_>) -> Self {
        let (mut offsets, mut classes, mut count) = (Vec::new(), Vec::new(), 0_u32);
        for id in project.file_ids() {
            let summary = project.summary(id);
            offsets.push(count);
            count += u32::try_from(summary.functions.len()).unwrap_or(0);
            classes.push(count);
            count += u32::try_from(summary.classes.len()).unwrap_or(0);
        }
        let nodes = count as usize;
        let state = State { info: RateInfo::UNKNOWN, from: None };
        let mut graph = Self {
            offsets,
            classes,
            arrows: Vec::new(),
            by_node: ByNode::default(),
            called: vec![false; nodes],
            cold: vec![false; nodes],
            states: vec![state; nodes],
            begun: Vec::new(),
            entries: vec![None; nodes],
            taken: vec![false; nodes],
            callers: Vec::new(),
            reached: Vec::new(),
            loose: FxHashSet::default(),
            roots: Roots::default(),
        };
        let params = ParamRuns::collect(project);
        let targets: Vec<Targets> =
            project.ids().into_par_iter().map(|id| Targets::of(project, id, &params)).collect();
        graph.roots = Roots::collect(project, &targets);
        // With room for all of them: what grows by doubling takes twice as much at its largest.
        let rows = project.file_ids().map(|id| {
            let summary = project.summary(id);
            let made = summary.classes.iter().map(|class| class.constructors.len() + 2).sum::<usize>();
            summary.edges.len() + summary.handed.len() + made
        });
        let rows: usize = rows.sum();
        graph.arrows.reserve_exact(rows);
        graph.callers.reserve_exact(rows);
        for (id, targets) in project.file_ids().zip(targets) {
            graph.add_file(project, id, &targets);
            let reached = targets.known.0.iter().map(|&known| graph.reached(known)).collect();
            graph.reached.push(reached);
        }
        graph
    }

    fn func(&self, file: FileId, func: FuncId) -> Node {
        Node(self.offsets[file.index()] + func.0)
    }

    fn class(&self, file: FileId, class: ClassId) -> Node {
        Node(self.classes[file.index()] + class.0)
    }

    fn add_file(&mut self, project: &Project<'_>, id: FileId, targets: &Targets) {
        let summary = project.summary(id);
        for (i, class) in summary.classes.iter().enumerate() {
            let node = self.class(id, ClassId::from_index(i));
            for &func in &class.constructors {
                self.arrow_to(node, self.func(id, func), id);
            }
            if class.kind == ClassKind::Object && class.is_named {
                // An object literal is made where it is written.
                self.arrow_to(self.func(id, class.func), node, id);
                self.called[node.0 as usize] = true;
            }
            if let Some(base) = &class.base
                && let Some((file, base)) = project.base_class(id, base, 8)
            {
                // Making an instance runs the constructors of its bases.
                self.arrow_to(node, self.class(file, base), id);
            }
        }
        let is_cold = summary.role == Role::Test;
        for func in 0..summary.functions.len() {
            let node = self.func(id, FuncId::from_index(func));
            self.cold[node.0 as usize] = is_cold;
        }
        for (row, (edge, runs)) in summary.edges.iter().zip(&targets.edges).enumerate() {
            let Some(runs) = *runs else {
                self.loose.extend(method_called(project, id, edge.target).filter(|_| !is_cold));
                continue;
            };
            let to = self.node(runs);
            self.note_caller(project, id, edge.caller, runs);
            let arrow = Arrow {
                to,
                when: edge.when,
                certain: edge.certain,
                in_loop: edge.in_loop,
                once: edge.once,
                rearms: edge.rearms,
                file: id,
                row: u32::try_from(row).unwrap_or(u32::MAX),
                handed: false,
            };
            let (from, arrow) = self.at_the_root(project, (id, edge.caller), runs, arrow);
            self.add(from, arrow);
        }
        for (row, (handed, found)) in summary.handed.iter().zip(&targets.handed).enumerate() {
            let Some((runs, run)) = *found else { continue };
            let to = self.node(runs);
            // What stands in options is run by whoever reads them, if at all.
            if run.is_none() && handed.about.option.is_some() {
                continue;
            }
            let arrow = Arrow {
                to,
                when: run.unwrap_or(When::Caller),
                certain: run.is_some(),
                in_loop: false,
                once: false,
                rearms: false,
                file: id,
                row: u32::try_from(row).unwrap_or(u32::MAX),
                handed: true,
            };
            self.note_caller(project, id, handed.caller, runs);
            let (from, arrow) = self.at_the_root(project, (id, handed.caller), runs, arrow);
            self.add(from, arrow);
        }
        self.mount_setups(project, id);
    }

    /// What a framework runs for each component it runs for one at the root of the application whenever that is mounted.
    fn at_the_root(
        &self,
        project: &Project<'_>,
        caller: (FileId, FuncId),
        runs: Runs,
        arrow: Arrow,
    ) -> (Node, Arrow) {
        let from = self.func(caller.0, caller.1);
        let mount = match (runs, arrow.when) {
            (Runs::Class(file, class), When::At(Rate::Component | Rate::Render)) => {
                self.roots.of_class(file, class)
            }
            (Runs::Function(file, func), When::At(Rate::Component)) => {
                // An effect that returns its cleanup is written to run again.
                let effect = &project.summary(file).functions[func.index()];
                let is_undone = matches!(effect.returns, TypeRow::Function(_));
                let of = || self.roots.of_function(project, file, func);
                let by = || self.roots.of_function(project, caller.0, caller.1);
                (!is_undone).then(|| of().or_else(by)).flatten()
            }
            _ => None,
        };
        match mount {
            Some((file, func)) => (self.func(file, func), Arrow { when: When::Caller, ..arrow }),
            None => (from, arrow),
        }
    }

    /// The code of a component that is a file runs when that is mounted.
    fn mount_setups(&mut self, project: &Project<'_>, id: FileId) {
        for (i, row) in project.summary(id).functions.iter().enumerate() {
            let func = FuncId::from_index(i);
            if row.kind == FunctionKind::Setup
                && let Some((file, mount)) = self.roots.of_function(project, id, func)
            {
                self.arrow_to(self.func(file, mount), self.func(id, func), id);
            }
        }
    }

    fn note_caller(&mut self, project: &Project<'_>, file: FileId, caller: FuncId, runs: Runs) {
        if !project.is_production(file) {
            return;
        }
        match runs {
            Runs::Function(..) => self.callers.push((self.node(runs), (file, caller))),
            Runs::Class(of, class) => {
                for &made in &project.summary(of).classes[class.index()].constructors {
                    self.callers.push((self.func(of, made), (file, caller)));
                }
            }
        }
    }

    fn add(&mut self, from: Node, arrow: Arrow) {
        if !self.cold[from.0 as usize] {
            self.called[arrow.to.0 as usize] = true;
        }
        self.taken[arrow.to.0 as usize] |= !arrow.certain;
        if let When::At(rate) = arrow.when
            && arrow.certain
            && !self.cold[from.0 as usize]
        {
            let known = &mut self.entries[arrow.to.0 as usize];
            *known = (*known).max(Some(rate));
        }
        self.arrows.push((from, arrow));
    }

    fn arrow_to(&mut self, from: Node, to: Node, file: FileId) {
        let arrow = Arrow {
            to,
            when: When::Caller,
            certain: true,
            in_loop: false,
            once: false,
            rearms: false,
            file,
            row: u32::MAX,
            handed: false,
        };
        self.arrows.push((from, arrow));
    }

    fn reached(&self, known: Option<Option<Runs>>) -> Reached {
        let runs = known.map(|runs| runs.map_or(Reached::NOTHING, |runs| Reached(self.node(runs).0)));
        runs.unwrap_or(Reached::UNASKED)
    }

    fn node(&self, runs: Runs) -> Node {
        match runs {
            Runs::Function(file, func) => self.func(file, func),
            Runs::Class(file, class) => self.class(file, class),
        }
    }

    /// Settles what entry points reach, then what only a convention or an unseen caller reaches.
    fn run(&mut self, project: &Project<'_>) {
        let mut certain = self.entries(project, true);
        self.settle(&mut certain, true);
        let mut assumed = self.entries(project, false);
        self.settle(&mut assumed, false);
        let mut unseen = self.unseen(project);
        self.settle(&mut unseen, false);
        let mut rearmed = self.rearmed();
        if rearmed.is_empty() {
            return;
        }
        self.begun = self.states.iter().map(|state| state.info).collect();
        self.settle(&mut rearmed, true);
    }

    /// What a timeout that arms itself runs: like an interval, wherever it is begun at all.
    fn rearmed(&self) -> Queue {
        let mut queue = Queue::default();
        for from in 0..self.states.len() {
            let begins = self.states[from].info.rate.is_some_and(|rate| rate >= Rate::Once);
            for arrow in self.by_node.of_node(from).iter().filter(|arrow| arrow.rearms && begins) {
                let node = Node(u32::try_from(from).unwrap_or(u32::MAX));
                let origin = Origin { is_entry: true, ..Origin::of(node, arrow) };
                queue.push(Rate::Job, arrow.to, Some(origin), arrow.in_loop);
            }
        }
        queue
    }

    /// The nodes that something outside calls, with their rate.
    fn entries(&self, project: &Project<'_>, certain: bool) -> Queue {
        let mut queue = Queue::default();
        if certain {
            for id in project.file_ids() {
                let summary = project.summary(id);
                let rate = match summary.role {
                    Role::Test => Rate::Cold,
                    Role::Source | Role::Script | Role::CommandLine => Rate::Once,
                };
                queue.push(rate, self.func(id, FuncId(0)), None, false);
                for (i, row) in summary.functions.iter().enumerate() {
                    let func = FuncId::from_index(i);
                    let is_setup = row.kind == FunctionKind::Setup;
                    if is_setup && self.roots.of_function(project, id, func).is_none() {
                        queue.push(Rate::Component, self.func(id, func), None, false);
                    }
                }
            }
        }
        for from in 0..self.states.len() {
            for arrow in self.by_node.of_node(from) {
                if !certain && !arrow.certain {
                    self.relax(Node(u32::try_from(from).unwrap_or(u32::MAX)), *arrow, &mut queue);
                }
                if let When::At(rate) = arrow.when
                    && arrow.certain == certain
                    && !self.cold[from]
                {
                    let node = Node(u32::try_from(from).unwrap_or(u32::MAX));
                    queue.push(rate, arrow.to, Some(Origin::of(node, arrow)), arrow.in_loop);
                }
            }
        }
        queue
    }

    /// What nobody in sight calls: exports and public methods run when others call them.
    fn unseen(&self, project: &Project<'_>) -> Queue {
        let mut queue = Queue::default();
        let mut exported: Vec<Node> = Vec::new();
        for id in project.file_ids().filter(|&id| project.summary(id).role == Role::Source) {
            self.exported_nodes(project, id, &mut exported);
            self.handler_nodes(project, id, &mut exported);
        }
        for node in exported {
            if self.states[node.0 as usize].info.rate.is_none() {
                queue.push(Rate::Call, node, None, false);
            }
        }
        queue
    }

    /// What is handed to something unknown as a handler, `registerLoginHandler(name, f)`, is there to be called by others.
    fn handler_nodes(&self, project: &Project<'_>, id: FileId, out: &mut Vec<Node>) {
        let taken = project.summary(id).handed.iter().filter(|handed| handed.about.option.is_none());
        let handlers = taken.filter(|handed| takes_handler(&handed.label));
        let runs = handlers.filter_map(|handed| resolve_target(project, id, handed.func));
        out.extend(runs.map(|runs| self.node(runs)));
    }

    fn exported_nodes(&self, project: &Project<'_>, id: FileId, out: &mut Vec<Node>) {
        let summary = project.summary(id);
        let mut add_class = |class: ClassId| {
            out.push(self.class(id, class));
            for &(_, func, _) in &summary.classes[class.index()].methods {
                if !summary.functions[func.index()].is_private {
                    out.push(self.func(id, func));
                }
            }
        };
        let mut functions = Vec::new();
        for export in &summary.exports {
            match &export.target {
                ExportTo::Class(class) => add_class(*class),
                ExportTo::Function(func) => functions.push(*func),
                ExportTo::Place(place) => {
                    let spot = project.spot(id, *place);
                    match project.own_type_of(&spot) {
                        GlobalTy::Instance(file, class) | GlobalTy::Class(file, class) if file == id => {
                            add_class(class);
                        }
                        GlobalTy::Function(file, func) if file == id => functions.push(func),
                        _ => {}
                    }
                }
                ExportTo::Value(TypeRow::Instance(class)) => add_class(*class),
                _ => {}
            }
        }
        // What a class of the file returns or holds is reachable too; methods nobody calls are there to be called.
        for class in (0..summary.classes.len()).map(ClassId::from_index) {
            add_class(class);
        }
        out.extend(functions.into_iter().map(|func| self.func(id, func)));
        // Closures that are returned, stored or kept in objects are there to be called.
        let kept = summary.functions.iter().enumerate().filter(|(_, row)| row.is_kept);
        out.extend(kept.map(|(i, _)| self.func(id, FuncId::from_index(i))));
    }

    /// Takes the highest rate first; within one rate the shortest way first.
    fn settle(&mut self, queue: &mut Queue, certain: bool) {
        while let Some(step) = queue.pop() {
            let state = &mut self.states[step.node.0 as usize];
            let better = match state.info.rate {
                None => true,
                // A rate that rests on a convention replaces "once" and "whenever called", never a proved repetition.
                Some(known) => {
                    known < step.rate && (certain || !known.repeats() || known == Rate::Call)
                        || known == step.rate && step.in_loop && !state.info.in_loop
                }
            };
            if !better {
                continue;
            }
            // The same rate again, now in a loop: the shortest way stays the witness.
            let is_new = state.info.rate != Some(step.rate);
            state.info = RateInfo { rate: Some(step.rate), certain, in_loop: step.in_loop };
            if is_new {
                state.from = step.from;
            }
            for &arrow in self.by_node.of(step.node) {
                if arrow.certain || !certain {
                    self.relax(step.node, arrow, queue);
                }
            }
        }
    }

    /// Offers the rate of a settled node to where an arrow leads.
    fn relax(&self, from: Node, arrow: Arrow, queue: &mut Queue) {
        let info = self.states[from.0 as usize].info;
        let Some(known) = info.rate else { return };
        // What tests call says nothing about production, and what start-up code hands to somebody unknown may well run
        // later and often.
        if known == Rate::Cold && !self.cold[arrow.to.0 as usize] || !arrow.certain && known <= Rate::Once {
            return;
        }
        // What a framework makes once is asked for, not made, by whoever hands its class to somebody: `injector.get(Keys)`.
        if !arrow.certain && self.entries[arrow.to.0 as usize] == Some(Rate::Once) {
            return;
        }
        let rate = match arrow.when {
            When::At(_) => return,
            _ if arrow.once => known.min(Rate::Once),
            _ => known,
        };
        let in_loop = !arrow.once && (info.in_loop || arrow.in_loop || arrow.when == When::Each);
        queue.push(rate, arrow.to, Some(Origin::of(from, &arrow)), in_loop);
    }
}

/// Whether a function says by its name that what it is handed is called again and again.
fn takes_handler(label: &str) -> bool {
    let name = label.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    ["handler", "listener", "middleware", "interceptor", "resolver", "endpoint", "webhook"]
        .iter()
        .any(|word| name.contains(word))
}

#[derive(Clone, Copy)]
struct Visit {
    rate: Rate,
    node: Node,
    from: Option<Origin>,
    in_loop: bool,
}

/// A queue for each rate, emptied from the highest down.
#[derive(Default)]
struct Queue {
    levels: [VecDeque<Visit>; Rate::Message as usize + 1],
}

impl Queue {
    fn push(&mut self, rate: Rate, node: Node, from: Option<Origin>, in_loop: bool) {
        self.levels[rate as usize].push_back(Visit { rate, node, from, in_loop });
    }

    fn is_empty(&self) -> bool {
        self.levels.iter().all(VecDeque::is_empty)
    }

    fn pop(&mut self) -> Option<Visit> {
        self.levels.iter_mut().rev().find_map(VecDeque::pop_front)
    }
}

impl Project<'_> {
    /// Whether a row about exported names holds here: the project imports one of its packages.
    pub(super) fn holds(&self, export: ExportId) -> bool {
        let packages = self.catalog.export(export).map(|row| row.packages.as_slice()).unwrap_or_default();
        packages.is_empty() || packages.iter().any(|package| self.uses_package(package))
    }

    /// When a library runs what it is handed by a method of something that another file made: an imported `app`.
    pub(super) fn row_of(&self, file: FileId, handed: &HandedRow) -> Option<(When, LibraryId)> {
        let TargetRow::Place(place) = handed.to else { return None };
        let spot = self.spot(file, place);
        let Some(SpotStep::Field(method)) = spot.path.last() else { return None };
        if !self.catalog.runs_what_method_takes(self.text(*method)) {
            return None;
        }
        let owner = super::model_of(self, self.type_of(&spot.parent()?))?;
        let text = |name| self.name(file, name);
        let about = handed.about;
        self.catalog
            .calls_of_method(Some(owner), self.text(*method))
            .filter(|row| !row.convention && row.covers(about.event.map(text)))
            .flat_map(|row| row.callbacks.iter().map(move |callback| (row, callback)))
            .find(|(_, callback)| {
                callback.takes(usize::from(handed.arg), about.is_last, about.option.map(text))
            })
            .map(|(row, callback)| (callback.runs, row.library))
    }
}

/// What a target row runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Runs {
    /// A function.
    Function(FileId, FuncId),
    /// A construction.
    Class(FileId, ClassId),
}

pub(super) fn resolve_target(project: &Project<'_>, file: FileId, target: TargetRow) -> Option<Runs> {
    match target {
        TargetRow::Function(func) => Some(Runs::Function(file, func)),
        TargetRow::Class(class) => Some(Runs::Class(file, class)),
        TargetRow::Place(place) => {
            let resolve = || resolve_place(project, file, &project.summary(file).place(place));
            project.rates.known(file, place).unwrap_or_else(resolve)
        }
    }
}

/// What a path of a file runs.
pub(super) fn resolve_place(project: &Project<'_>, file: FileId, place: &Place) -> Option<Runs> {
    if let Some(runs) = method_of_param(project, file, place) {
        return Some(runs);
    }
    let spot = project.canonical(file, place);
    if let (SpotRoot::Instance(file, class), [SpotStep::Field(name)]) = (spot.root, &spot.path[..])
        && let Some((file, func, _)) = project.method(file, class, *name)
    {
        return Some(Runs::Function(file, func));
    }
    match project.own_type_of(&spot) {
        GlobalTy::Function(file, func) => Some(Runs::Function(file, func)),
        GlobalTy::Class(file, class) => Some(Runs::Class(file, class)),
        _ => None,
    }
}

/// A method of a parameter whose annotation names a class of another file.
fn method_of_param(project: &Project<'_>, file: FileId, place: &Place) -> Option<Runs> {
    let (Root::Binding(binding), [Step::Field(name)]) = (place.root, &place.path[..]) else { return None };
    let class = project.spot(file, *project.summary(file).param_classes.get(&binding)?);
    let GlobalTy::Class(of, class) = project.own_type_of(&class) else { return None };
    let (file, func, _) = project.method(of, class, project.symbol_of(file, *name))?;
    Some(Runs::Function(file, func))
}

/// When functions run what they are handed.
struct ParamRuns {
    direct: FxHashMap<(FileId, FuncId, u16), When>,
    forwarded: FxHashMap<(FileId, FuncId, u16), (FileId, u32)>,
}

impl ParamRuns {
    fn collect(project: &Project<'_>) -> Self {
        let mut out = Self { direct: FxHashMap::default(), forwarded: FxHashMap::default() };
        for id in project.file_ids() {
            for (i, row) in project.summary(id).params.iter().enumerate() {
                let key = (id, row.func, row.param);
                if let Some(when) = row.runs {
                    let known = out.direct.entry(key).or_insert(when);
                    *known = more_often(*known, when);
                } else if row.forwarded.is_some() {
                    out.forwarded.entry(key).or_insert((id, u32::try_from(i).unwrap_or(u32::MAX)));
                }
            }
        }
        out
    }

    /// When what is handed to something as an argument runs.
    fn run(&self, project: &Project<'_>, to: Option<Runs>, arg: u16) -> Option<When> {
        let (mut to, mut arg) = (to, arg);
        for _ in 0..6 {
            let (target, func) = match to? {
                Runs::Function(file, func) => (file, func),
                Runs::Class(file, class) => {
                    let func = project.summary(file).classes[class.index()].constructors.first()?;
                    (file, *func)
                }
            };
            let key = (target, func, arg);
            if let Some(&when) = self.direct.get(&key) {
                return Some(when);
            }
            let &(id, row) = self.forwarded.get(&key)?;
            let (next, position) = project.summary(id).params[row as usize].forwarded.as_ref()?;
            (to, arg) = (resolve_target(project, id, *next), *position);
        }
        None
    }
}

fn more_often(a: When, b: When) -> When {
    match (a, b) {
        (When::At(x), When::At(y)) => When::At(x.max(y)),
        (When::At(x), _) | (_, When::At(x)) => When::At(x),
        (When::Each, _) | (_, When::Each) => When::Each,
        _ => When::Caller,
    }
}
