//! The control-flow graph of a function, and the ways through it.

use crate::index::NodeId;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// A point of the graph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Point(pub(super) u32);

/// How control goes from one point to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edge {
    /// As written.
    Next,
    /// The test of this node was truthy.
    True(NodeId),
    /// The test of this node was falsy.
    False(NodeId),
    /// An explicit throw, or a rejection that was awaited.
    Throw,
    /// A call may have thrown.
    MayThrow,
}

/// How a function is left.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Exit {
    /// At its end.
    End,
    /// By a return.
    Return,
    /// By an exception that nobody in the function catches.
    Throw,
}

/// The graph of one function.
pub struct Flow {
    pub(super) nodes: Vec<Option<NodeId>>,
    pub(super) next: Vec<SmallVec<[(Point, Edge); 2]>>,
    pub(super) by_node: FxHashMap<NodeId, SmallVec<[Point; 1]>>,
    pub(super) entry: Point,
    pub(super) exits: [Point; 3],
    /// The graph was cut off at its budget; answers about it are unknown.
    pub truncated: bool,
}

/// A way from a point to an exit.
#[derive(Clone, Debug)]
pub struct Way {
    /// How the function is left.
    pub exit: Exit,
    /// The node that leaves it: the return, the throw, the call or await that fails; none at the end.
    pub at: Option<NodeId>,
    /// It takes an edge that only may be taken: a call that might throw.
    pub is_weak: bool,
}

impl Flow {
    /// The points at which a node takes effect; several where a `finally` is passed in several ways.
    #[must_use]
    pub fn points(&self, node: NodeId) -> &[Point] {
        self.by_node.get(&node).map(SmallVec::as_slice).unwrap_or_default()
    }

    /// The point before the first statement.
    #[must_use]
    pub fn entry(&self) -> Point {
        self.entry
    }

    /// The shortest way from behind `start` to an exit that passes no node of `stops`. Edges that `feasible` refuses
    /// are not taken. Ways without weak edges come first.
    pub fn escape(
        &self,
        start: Point,
        stops: &FxHashSet<NodeId>,
        feasible: &dyn Fn(Edge) -> bool,
    ) -> Option<Way> {
        self.escape_by(start, stops, &|_, edge| feasible(edge))
    }

    /// The same, where `feasible` is told as well from which node an edge leads away.
    pub fn escape_by(
        &self,
        start: Point,
        stops: &FxHashSet<NodeId>,
        feasible: &dyn Fn(Option<NodeId>, Edge) -> bool,
    ) -> Option<Way> {
        self.search(start, stops, feasible, false).or_else(|| self.search(start, stops, feasible, true))
    }

    fn search(
        &self,
        start: Point,
        stops: &FxHashSet<NodeId>,
        feasible: &dyn Fn(Option<NodeId>, Edge) -> bool,
        weak: bool,
    ) -> Option<Way> {
        let mut seen = vec![false; self.nodes.len()];
        let mut queue: VecDeque<(Point, Option<NodeId>, bool)> = VecDeque::new();
        // What acquires leaves by its own failure before it has acquired.
        let first = self.nodes[start.0 as usize];
        for &(to, edge) in &self.next[start.0 as usize] {
            if !matches!(edge, Edge::Throw | Edge::MayThrow) && feasible(first, edge) {
                queue.push_back((to, None, false));
            }
        }
        while let Some((point, last, is_weak)) = queue.pop_front() {
            if let Some(i) = self.exits.iter().position(|&exit| exit == point) {
                let exit = [Exit::End, Exit::Return, Exit::Throw][i];
                return Some(Way { exit, at: last, is_weak });
            }
            if std::mem::replace(&mut seen[point.0 as usize], true) {
                continue;
            }
            let node = self.nodes[point.0 as usize];
            if node.is_some_and(|node| stops.contains(&node)) {
                continue;
            }
            for &(to, edge) in &self.next[point.0 as usize] {
                let may_throw = edge == Edge::MayThrow;
                if may_throw && !weak || !feasible(node, edge) {
                    continue;
                }
                let leaves = matches!(edge, Edge::Throw | Edge::MayThrow)
                    || node.is_some_and(|_| self.exits.contains(&to));
                let at = if leaves { node.or(last) } else { last };
                queue.push_back((to, at, is_weak || may_throw));
            }
        }
        None
    }

    /// Whether some way leads from behind `start` to `node` without passing any node of `stops`.
    #[must_use]
    pub fn reaches(&self, start: Point, node: NodeId, stops: &FxHashSet<NodeId>) -> bool {
        let mut seen = vec![false; self.nodes.len()];
        let mut queue: Vec<Point> = self.next[start.0 as usize].iter().map(|&(to, _)| to).collect();
        while let Some(point) = queue.pop() {
            if std::mem::replace(&mut seen[point.0 as usize], true) {
                continue;
            }
            let at = self.nodes[point.0 as usize];
            if at == Some(node) {
                return true;
            }
            if at.is_some_and(|at| stops.contains(&at)) {
                continue;
            }
            queue.extend(self.next[point.0 as usize].iter().map(|&(to, _)| to));
        }
        false
    }
}
