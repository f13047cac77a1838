//! How often each function runs: frequencies spread from entry points along the call graph.
//!
//! Functions and constructions are the nodes. Each gets the highest rate that reaches it, and remembers through which
//! call, so that the way back to the entry point can be told. Nodes are settled from the highest rate down, each once,
//! so the cost is linear in the number of edges.

mod graph;
mod spreading;
mod targets;

use super::{FileId, Project, Symbol};
use crate::index::{ClassId, FuncId, PlaceId};
use crate::rate::Rate;
use crate::summary::EdgeRow;
use crate::tree::Span;
use graph::{ByNode, Graph, Node, Origin, Reached, State};
use rustc_hash::FxHashSet;

pub(super) use targets::{Runs, Targets, resolve_place, resolve_target};

/// What is known about how often a function runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateInfo {
    /// The highest rate found; none if nobody is seen to call it.
    pub rate: Option<Rate>,
    /// Every step of the way is a proved call; otherwise one rests on a convention.
    pub certain: bool,
    /// It also runs in a loop somewhere on the way.
    pub in_loop: bool,
    /// A component that a server renders is on the way, or it is one.
    pub served: bool,
}

impl RateInfo {
    const UNKNOWN: Self = Self { rate: None, certain: false, in_loop: false, served: false };

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
        format!("{}{looped}{sure}", self.often(rate))
    }

    /// The word for messages: "per request". What a server renders as well as the browser runs there for each request.
    #[must_use]
    pub fn often(&self, rate: Rate) -> &'static str {
        match rate {
            Rate::Render if self.served => "per render, on the server per request",
            rate => rate.phrase(),
        }
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

/// The settled rates.
#[derive(Default)]
pub(super) struct Rates {
    /// For each file, the node of its first function; its classes follow its functions.
    offsets: Vec<u32>,
    classes: Vec<u32>,
    states: Vec<State>,
    /// The rates without what timeouts that arm themselves, and connections that are made again, add; empty if there are none.
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

impl Rates {
    pub(super) fn entry(&self, file: FileId, func: FuncId) -> Option<Rate> {
        let offset = *self.offsets.get(file.index())?;
        self.entries.get(offset as usize + func.index()).copied().flatten()
    }

    pub(super) fn callers(&self, file: FileId, func: FuncId) -> &[(FileId, FuncId)] {
        let Some(&offset) = self.offsets.get(file.index()) else { return &[] };
        self.callers.of(Node(offset + func.raw()))
    }

    pub(super) fn of(&self, file: FileId, func: FuncId) -> RateInfo {
        let Some(&offset) = self.offsets.get(file.index()) else { return RateInfo::UNKNOWN };
        self.states.get(offset as usize + func.index()).map_or(RateInfo::UNKNOWN, |state| state.info)
    }

    /// How often a function is begun: what timeouts that arm themselves and connections that are made again add does not count.
    pub(super) fn begun(&self, file: FileId, func: FuncId) -> RateInfo {
        let Some(&offset) = self.offsets.get(file.index()) else { return RateInfo::UNKNOWN };
        self.begun.get(offset as usize + func.index()).copied().unwrap_or_else(|| self.of(file, func))
    }

    pub(super) fn of_class(&self, file: FileId, class: ClassId) -> RateInfo {
        let Some(&offset) = self.classes.get(file.index()) else { return RateInfo::UNKNOWN };
        self.states.get(offset as usize + class.index()).map_or(RateInfo::UNKNOWN, |state| state.info)
    }

    /// The edge at which the way to a function begins, and how many calls stand between the two; none if it begins in a
    /// function of the project that is handed another.
    pub(super) fn began<'p>(
        &self,
        project: &'p Project<'_>,
        file: FileId,
        func: FuncId,
    ) -> Option<(&'p EdgeRow, usize)> {
        let mut at = *self.offsets.get(file.index())? as usize + func.index();
        for steps in 0..LONGEST_WITNESS {
            let Origin { node, file, row, handed, is_entry } = self.states.get(at)?.from?;
            if is_entry {
                let edge = project.summary(file).edges.get(row as usize);
                return edge.filter(|_| !handed).map(|edge| (edge, steps));
            }
            at = node.0 as usize;
        }
        None
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
                    out.push(Witness { file, at: row.at, label: project.name(file, row.label).to_owned() });
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
            Some(class) => Runs::Class(file, ClassId::from_raw(class)),
            None => Runs::Function(file, FuncId::from_raw(node - self.offsets[at])),
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
