//! Rates go along the arrows of the graph, from the highest down: each node is settled once.

use super::RateInfo;
use super::graph::{Arrow, Graph, Node, Origin, Reached};
use crate::calls::Later;
use crate::catalog::When;
use crate::index::{ClassId, FuncId};
use crate::mounts::Shown;
use crate::project::{FileId, GlobalTy, Project};
use crate::rate::Rate;
use crate::summary::{ExportTo, Role, TargetRow, TypeRow};
use crate::tables::FunctionKind;
use rustc_hash::FxHashSet;
use std::collections::VecDeque;

/// Functions that are looked at on the way back to what made a thing that has ended.
const LONGEST_WAY_BACK: usize = 64;

impl Graph {
    /// Settles what entry points reach, then what only a convention or an unseen caller reaches.
    pub(super) fn run(&mut self, project: &Project<'_>) {
        let mut certain = self.loaded(project);
        self.add_entries(true, &mut certain);
        self.settle(&mut certain, true);
        let mut assumed = Queue::default();
        self.add_entries(false, &mut assumed);
        self.add_setups(project, false, &mut assumed);
        self.settle(&mut assumed, false);
        let mut unseen = self.unseen(project);
        self.settle(&mut unseen, false);
        let (mut renewed, mut rearmed) = (self.renewed(), self.rearmed());
        if renewed.is_empty() && rearmed.is_empty() {
            return;
        }
        self.begun = self.states.iter().map(|state| state.info).collect();
        self.settle(&mut renewed, true);
        self.settle(&mut rearmed, true);
    }

    /// What runs when the thing has ended that a function has made, and leads back to that function after a while: a
    /// connection that is made again whenever it is lost.
    fn renewed(&self) -> Queue {
        let mut queue = Queue::default();
        for from in self.nodes() {
            let begins = self.states[from.0 as usize].info.rate.is_some_and(|rate| rate >= Rate::Once);
            let ends = |arrow: &&Arrow| begins && arrow.later == Later::End && arrow.certain;
            for arrow in self.by_node.of(from).iter().filter(ends) {
                if self.leads_back(arrow.to, from) {
                    let origin = Origin { is_entry: true, ..Origin::of(from, arrow) };
                    queue.push(Rate::Instance, arrow.to, Some(origin), How::PLAIN);
                }
            }
        }
        queue
    }

    /// Whether a node leads to another by proved calls of which one is delayed. No more of them are looked at than a way
    /// back to a connection has.
    fn leads_back(&self, start: Node, to: Node) -> bool {
        let mut seen = FxHashSet::from_iter([(start, false)]);
        let mut open = vec![(start, false)];
        while let Some((at, waited)) = open.pop() {
            if at == to && waited {
                return true;
            }
            for arrow in
                self.by_node.of(at).iter().filter(|arrow| arrow.certain && arrow.when == When::Caller)
            {
                let next = (arrow.to, waited || matches!(arrow.later, Later::Delay | Later::Rearmed));
                if seen.len() < LONGEST_WAY_BACK && seen.insert(next) {
                    open.push(next);
                }
            }
        }
        false
    }

    /// What a timeout that arms itself runs: like an interval, wherever it is begun at all.
    fn rearmed(&self) -> Queue {
        let mut queue = Queue::default();
        for from in self.nodes() {
            let begins = self.states[from.0 as usize].info.rate.is_some_and(|rate| rate >= Rate::Once);
            for arrow in self.by_node.of(from).iter().filter(|arrow| arrow.later == Later::Rearmed && begins)
            {
                let origin = Origin { is_entry: true, ..Origin::of(from, arrow) };
                let how = How { in_loop: arrow.in_loop, served: false };
                queue.push(Rate::Job, arrow.to, Some(origin), how);
            }
        }
        queue
    }

    /// What loading each file runs, and the components that it is.
    fn loaded(&self, project: &Project<'_>) -> Queue {
        let mut queue = Queue::default();
        for id in project.file_ids() {
            let summary = project.summary(id);
            let rate = match summary.role {
                Role::Test => Rate::Cold,
                Role::Source | Role::Script | Role::CommandLine => Rate::Once,
            };
            queue.push(rate, self.func(id, FuncId::MODULE), None, How::PLAIN);
        }
        self.add_setups(project, true, &mut queue);
        queue
    }

    /// The code of components that are files: it runs for each of them, as far as they are not at the root.
    fn add_setups(&self, project: &Project<'_>, certain: bool, queue: &mut Queue) {
        for id in project.file_ids() {
            for (i, row) in project.summary(id).functions.iter().enumerate() {
                let func = FuncId::from_index(i);
                if row.kind == FunctionKind::Setup
                    && self.roots.of_function(project, id, func).is_none()
                    && self.roots.is_asked(project, id, func) != certain
                {
                    queue.push(Rate::Component, self.func(id, func), None, How::PLAIN);
                }
            }
        }
    }

    /// Adds what something outside calls, with its rate: by proved calls, or by those that rest on a convention.
    fn add_entries(&self, certain: bool, queue: &mut Queue) {
        for from in self.nodes() {
            for arrow in self.by_node.of(from) {
                if !certain && !arrow.certain {
                    self.relax(from, *arrow, queue);
                }
                if let When::At(rate) = arrow.when
                    && arrow.certain == certain
                    && !self.cold[from.0 as usize]
                {
                    let how = How { in_loop: arrow.in_loop, served: arrow.shown == Some(Shown::Served) };
                    queue.push(rate, arrow.to, Some(Origin::of(from, arrow)), how);
                }
            }
        }
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
                queue.push(Rate::Call, node, None, How::PLAIN);
            }
        }
        queue
    }

    /// What is handed to something unknown as a handler, `registerLoginHandler(name, f)`, is there to be called by others.
    fn handler_nodes(&self, project: &Project<'_>, id: FileId, out: &mut Vec<Node>) {
        for handed in project.summary(id).handed.iter().filter(|handed| handed.about.option.is_none()) {
            let node = self.handed_node(id, handed.func);
            // Names are read last: it takes longest.
            let is_unseen = |node: &Node| self.states[node.0 as usize].info.rate.is_none();
            out.extend(node.filter(is_unseen).filter(|_| takes_handler(project.name(id, handed.label))));
        }
    }

    /// The node of what a row hands on.
    fn handed_node(&self, id: FileId, target: TargetRow) -> Option<Node> {
        match target {
            TargetRow::Function(func) => Some(self.func(id, func)),
            TargetRow::Class(class) => Some(self.class(id, class)),
            TargetRow::Place(place) => match *self.reached[id.index()].get(place.index())? {
                Reached::UNASKED | Reached::NOTHING => None,
                Reached(node) => Some(Node(node)),
            },
        }
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
                    known < step.rate
                        && (certain || !known.repeats() || known == Rate::Call || step.shows_more_than(known))
                        || known == step.rate && step.how.in_loop && !state.info.in_loop
                }
            };
            if !better {
                continue;
            }
            // The same rate again, now in a loop: the shortest way stays the witness.
            let is_new = state.info.rate != Some(step.rate);
            let How { in_loop, served } = step.how;
            state.info = RateInfo { rate: Some(step.rate), certain, in_loop, served };
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
            // What a component shows runs where it does; each that is for the browser too is rendered there as well.
            When::At(Rate::Render) if info.served && self.shows_on_server(&arrow) => known,
            When::At(_) => return,
            _ if arrow.once => known.min(Rate::Once),
            _ => known,
        };
        let in_loop = !arrow.once && (info.in_loop || arrow.in_loop || arrow.when == When::Each);
        let origin = Origin { is_entry: false, ..Origin::of(from, &arrow) };
        queue.push(rate, arrow.to, Some(origin), How { in_loop, served: info.served });
    }

    fn shows_on_server(&self, arrow: &Arrow) -> bool {
        arrow.shown.is_some() && self.servable[arrow.to.0 as usize]
    }
}

/// Whether a function says by its name that what it is handed is called again and again.
fn takes_handler(label: &str) -> bool {
    const WORDS: [&str; 7] =
        ["handler", "listener", "middleware", "interceptor", "resolver", "endpoint", "webhook"];
    let name = label.rsplit('.').next().unwrap_or_default().as_bytes();
    let begins_at = |at: usize, word: &str| {
        let part = name.get(at..at + word.len());
        part.is_some_and(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    let begins_so = |byte: u8, word: &str| word.as_bytes().first() == Some(&byte.to_ascii_lowercase());
    let mut bytes = name.iter().enumerate();
    bytes.any(|(at, &byte)| WORDS.iter().any(|word| begins_so(byte, word) && begins_at(at, word)))
}

/// What goes along with a rate.
#[derive(Clone, Copy)]
struct How {
    in_loop: bool,
    served: bool,
}

impl How {
    const PLAIN: Self = Self { in_loop: false, served: false };
}

#[derive(Clone, Copy)]
struct Visit {
    rate: Rate,
    node: Node,
    from: Option<Origin>,
    how: How,
}

impl Visit {
    /// That something is rendered is proved; by whom, and for each request, a convention says.
    fn shows_more_than(&self, known: Rate) -> bool {
        known == Rate::Render && self.how.served
    }
}

/// A queue for each rate, emptied from the highest down.
#[derive(Default)]
struct Queue {
    levels: [VecDeque<Visit>; Rate::Message as usize + 1],
    /// Above it nothing waits.
    highest: usize,
}

impl Queue {
    fn push(&mut self, rate: Rate, node: Node, from: Option<Origin>, how: How) {
        self.highest = self.highest.max(rate as usize);
        self.levels[rate as usize].push_back(Visit { rate, node, from, how });
    }

    fn is_empty(&self) -> bool {
        self.levels.iter().all(VecDeque::is_empty)
    }

    fn pop(&mut self) -> Option<Visit> {
        loop {
            let next = self.levels[self.highest].pop_front();
            if next.is_some() {
                return next;
            }
            self.highest = self.highest.checked_sub(1)?;
        }
    }
}
