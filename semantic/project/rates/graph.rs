//! The call graph: who runs what, how often for each of its own runs.

use super::RateInfo;
use super::targets::{ParamRuns, Runs, Targets};
use crate::calls::Later;
use crate::catalog::When;
use crate::index::{ClassId, FuncId};
use crate::mounts::Shown;
use crate::place::Step;
use crate::project::roots::Roots;
use crate::project::{FileId, Project, Symbol};
use crate::rate::Rate;
use crate::summary::{Role, TargetRow, TypeRow};
use crate::tables::{ClassKind, FunctionKind};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

/// A node of the graph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Node(pub(super) u32);

#[derive(Clone, Copy)]
pub(super) struct Arrow {
    pub(super) to: Node,
    pub(super) when: When,
    pub(super) certain: bool,
    pub(super) in_loop: bool,
    pub(super) once: bool,
    /// What is waited for before it runs.
    pub(super) later: Later,
    /// File and row of the edge, for witnesses.
    pub(super) file: FileId,
    pub(super) row: u32,
    pub(super) handed: bool,
    /// How it shows a component.
    pub(super) shown: Option<Shown>,
}

impl Arrow {
    /// Each run of the one is a run of the other; no row of a summary says so.
    fn plain(to: Node, file: FileId) -> Self {
        Self {
            to,
            when: When::Caller,
            certain: true,
            in_loop: false,
            once: false,
            later: Later::Unsaid,
            file,
            row: u32::MAX,
            handed: false,
            shown: None,
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct State {
    pub(super) info: RateInfo,
    pub(super) from: Option<Origin>,
}

/// Where a rate came from.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub(super) node: Node,
    /// File and row of the edge, or of what was handed on.
    pub(super) file: FileId,
    pub(super) row: u32,
    pub(super) handed: bool,
    /// The rate begins here: how often the node itself runs plays no part.
    pub(super) is_entry: bool,
}

impl Origin {
    pub(super) fn of(node: Node, arrow: &Arrow) -> Self {
        let is_entry = matches!(arrow.when, When::At(_));
        Self { node, file: arrow.file, row: arrow.row, handed: arrow.handed, is_entry }
    }
}

/// What a place of a file runs: a node, nothing, or nobody has asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Reached(pub(super) u32);

impl Reached {
    pub(super) const UNASKED: Self = Self(u32::MAX);
    pub(super) const NOTHING: Self = Self(u32::MAX - 1);
}

pub(super) struct Graph {
    pub(super) offsets: Vec<u32>,
    pub(super) classes: Vec<u32>,
    /// What each function and construction runs, while the graph is built.
    pub(super) arrows: Vec<(Node, Arrow)>,
    /// Once it is built.
    pub(super) by_node: ByNode<Arrow>,
    pub(super) cold: Vec<bool>,
    /// Functions that servers may show as components without sending them to the browser.
    pub(super) servable: Vec<bool>,
    pub(super) states: Vec<State>,
    pub(super) begun: Vec<RateInfo>,
    pub(super) entries: Vec<Option<Rate>>,
    pub(super) taken: Vec<bool>,
    pub(super) callers: Vec<(Node, (FileId, FuncId))>,
    pub(super) reached: Vec<Box<[Reached]>>,
    pub(super) loose: FxHashSet<Symbol>,
    /// Object literals without a variable whose methods others call.
    pub(super) literals: FxHashSet<Node>,
    pub(super) roots: Roots,
}

/// Rows by node: those of one node stand together, in the order in which they were added.
pub(super) struct ByNode<T> {
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
    pub(super) fn sorted(nodes: usize, rows: &[(Node, T)]) -> Self {
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

    pub(super) fn of(&self, node: Node) -> &[T] {
        let node = node.0 as usize;
        let (Some(&start), Some(&end)) = (self.starts.get(node), self.starts.get(node + 1)) else {
            return &[];
        };
        self.rows.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// The name of the method that a call names, if it is one of something.
fn method_called(project: &Project<'_>, file: FileId, target: TargetRow) -> Option<Symbol> {
    let TargetRow::Place(place) = target else { return None };
    match project.summary(file).places.parts(place).1.last()? {
        Step::Field(name) => Some(project.symbol_of(file, *name)),
        Step::Element => None,
    }
}

/// What the names of files have in them that frameworks send to browsers and never run on a server: `router.client.ts`.
const FOR_BROWSERS: &str = ".client.";

impl Graph {
    pub(super) fn build(project: &Project<'_>) -> Self {
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
            cold: vec![false; nodes],
            servable: vec![false; nodes],
            states: vec![state; nodes],
            begun: Vec::new(),
            entries: vec![None; nodes],
            taken: vec![false; nodes],
            callers: Vec::new(),
            reached: Vec::new(),
            loose: FxHashSet::default(),
            literals: FxHashSet::default(),
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
        graph.add_injected(project);
        graph
    }

    /// What is injected with a thing of a request is made for each request.
    fn add_injected(&mut self, project: &Project<'_>) {
        for &((file, outer), (of, inner)) in project.injected_scopes() {
            self.arrow_to(self.class(of, inner), self.class(file, outer), file);
        }
    }

    pub(super) fn func(&self, file: FileId, func: FuncId) -> Node {
        Node(self.offsets[file.index()] + func.raw())
    }

    pub(super) fn class(&self, file: FileId, class: ClassId) -> Node {
        Node(self.classes[file.index()] + class.raw())
    }

    fn add_file(&mut self, project: &Project<'_>, id: FileId, targets: &Targets) {
        self.add_classes(project, id);
        self.add_calls(project, id, targets);
        self.add_handed(project, id, targets);
        self.mount_setups(project, id);
    }

    /// What constructions run.
    fn add_classes(&mut self, project: &Project<'_>, id: FileId) {
        for (i, class) in project.summary(id).classes.iter().enumerate() {
            let made = ClassId::from_index(i);
            let node = self.class(id, made);
            for &func in &class.constructors {
                self.arrow_to(node, self.func(id, func), id);
            }
            if class.kind == ClassKind::Object && class.is_named {
                // An object literal is made where it is written.
                self.arrow_to(self.func(id, class.func), node, id);
            }
            if let Some((file, base)) = project.base_class(id, made, 8) {
                // Making an instance runs the constructors of its bases.
                self.arrow_to(node, self.class(file, base), id);
            }
            for (file, mixed) in project.adopted.mixed(id, made) {
                self.arrow_to(node, self.class(file, mixed), id);
            }
        }
    }

    fn add_calls(&mut self, project: &Project<'_>, id: FileId, targets: &Targets) {
        let summary = project.summary(id);
        let is_cold = summary.role == Role::Test;
        // Nobody asks a page for anything.
        let in_browsers = project.files[id.index()].path.contains(FOR_BROWSERS);
        let first = self.func(id, FuncId::MODULE).0 as usize;
        let functions = first..first + summary.functions.len();
        self.cold[functions.clone()].fill(is_cold);
        self.servable[functions].fill(!summary.in_browsers);
        for (row, (edge, runs)) in summary.edges.iter().zip(&targets.edges).enumerate() {
            let Some(runs) = *runs else {
                self.loose.extend(method_called(project, id, edge.target).filter(|_| !is_cold));
                continue;
            };
            let arrow = Arrow {
                to: self.node(runs),
                when: if in_browsers && edge.when == When::At(Rate::Request) {
                    When::At(Rate::Once)
                } else {
                    edge.when
                },
                certain: edge.certain,
                in_loop: edge.in_loop,
                once: edge.once,
                later: edge.later,
                file: id,
                row: u32::try_from(row).unwrap_or(u32::MAX),
                handed: false,
                shown: edge.shown,
            };
            if edge.library.is_none() && !is_cold {
                self.note_literal(project, (id, edge.caller), runs);
            }
            self.add_run(project, (id, edge.caller), runs, arrow);
        }
    }

    /// Where others call a method of an object literal, the literal is the thing that it is written as, and made where that
    /// stands. One whose methods nobody in sight calls may be a prototype or the options of a framework.
    fn note_literal(&mut self, project: &Project<'_>, (of, caller): (FileId, FuncId), runs: Runs) {
        let Runs::Function(file, func) = runs else { return };
        let summary = project.summary(file);
        let Some(class) = summary.functions[func.index()].class else { return };
        let row = &summary.classes[class.index()];
        if row.kind != ClassKind::Object || row.is_named || !row.is_own_receiver {
            return;
        }
        let functions = &summary.functions;
        let mut around = std::iter::successors(Some(caller), |&at| functions[at.index()].parent);
        let is_its_own = of == file && around.any(|at| functions[at.index()].class == Some(class));
        let node = self.class(file, class);
        if !is_its_own && self.literals.insert(node) {
            self.arrow_to(self.func(file, row.func), node, file);
        }
    }

    fn add_handed(&mut self, project: &Project<'_>, id: FileId, targets: &Targets) {
        for (row, (handed, found)) in project.summary(id).handed.iter().zip(&targets.handed).enumerate() {
            let Some((runs, run)) = *found else { continue };
            // What stands in options is run by whoever reads them, if at all.
            if run.is_none() && handed.about.option.is_some() {
                continue;
            }
            let arrow = Arrow {
                when: run.unwrap_or(When::Caller),
                certain: run.is_some(),
                row: u32::try_from(row).unwrap_or(u32::MAX),
                handed: true,
                ..Arrow::plain(self.node(runs), id)
            };
            self.add_run(project, (id, handed.caller), runs, arrow);
        }
    }

    /// A call, or a hand-over, by a function of the project.
    fn add_run(&mut self, project: &Project<'_>, caller: (FileId, FuncId), runs: Runs, arrow: Arrow) {
        self.note_caller(project, caller, runs);
        let (from, arrow) = self.at_the_root(project, caller, runs, arrow);
        self.add(from, arrow);
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
        let is_asked = || match (runs, arrow.when) {
            (Runs::Class(file, class), When::At(Rate::Component)) => self.roots.is_asked_class(file, class),
            (Runs::Function(file, func), When::At(Rate::Component)) => {
                self.roots.is_asked(project, file, func) || self.roots.is_asked(project, caller.0, caller.1)
            }
            _ => false,
        };
        match mount {
            Some((file, func)) => (self.func(file, func), Arrow { when: When::Caller, ..arrow }),
            None if is_asked() => (from, Arrow { certain: false, ..arrow }),
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

    fn note_caller(&mut self, project: &Project<'_>, caller: (FileId, FuncId), runs: Runs) {
        if !project.is_production(caller.0) {
            return;
        }
        match runs {
            Runs::Function(..) => self.callers.push((self.node(runs), caller)),
            Runs::Class(of, class) => {
                for &made in &project.summary(of).classes[class.index()].constructors {
                    self.callers.push((self.func(of, made), caller));
                }
            }
        }
    }

    fn add(&mut self, from: Node, arrow: Arrow) {
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
        self.arrows.push((from, Arrow::plain(to, file)));
    }

    /// All nodes, functions and classes file by file.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node> + use<> {
        (0..u32::try_from(self.states.len()).unwrap_or(u32::MAX)).map(Node)
    }

    fn reached(&self, known: Option<Option<Runs>>) -> Reached {
        let runs = known.map(|runs| runs.map_or(Reached::NOTHING, |runs| Reached(self.node(runs).0)));
        runs.unwrap_or(Reached::UNASKED)
    }

    pub(super) fn node(&self, runs: Runs) -> Node {
        match runs {
            Runs::Function(file, func) => self.func(file, func),
            Runs::Class(file, class) => self.class(file, class),
        }
    }
}
