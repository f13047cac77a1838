//! Building the graph: one walk over the statements and expressions of a function, with the ways still open in hand.

use super::quiet::{is_quiet, never_rejects};
use super::{Edge, Exit, Flow, MAX_POINTS, Point};
use crate::index::{FuncId, NodeId};
use crate::model::Model;
use crate::pending::takes_no_reject;
use crate::tree::flag::{AWAIT, OPTIONAL};
use crate::tree::{Kind, LogicalOp, UnaryOp};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

impl Flow {
    /// Builds the graph of a function; none if it has no body.
    #[must_use]
    pub fn build(model: &Model<'_>, func: FuncId) -> Option<Self> {
        let body = model.file.body(func)?;
        let mut builder = Builder::new(model, func);
        let entry = builder.point(None);
        let exits = [builder.point(None), builder.point(None), builder.point(None)];
        builder.exits = exits;
        let mut open = Open::from_point(entry, Edge::Next);
        if model.file.tree.kind(body) == Kind::Block || model.file.tree.kind(body) == Kind::Program {
            open = builder.statements(model.file.tree.children(body).collect(), open);
            builder.join(&open, exits[0]);
        } else {
            open = builder.expr(body, open);
            builder.join(&open, exits[1]);
        }
        let Builder { nodes, next, by_node, truncated, .. } = builder;
        Some(Self { nodes, next, by_node, entry, exits, truncated })
    }
}

/// Edges that wait for the point they lead to.
#[derive(Clone, Default)]
struct Open {
    from: SmallVec<[(Point, Edge); 4]>,
}

impl Open {
    fn from_point(point: Point, edge: Edge) -> Self {
        Self { from: SmallVec::from_slice(&[(point, edge)]) }
    }

    fn none() -> Self {
        Self::default()
    }

    fn and(mut self, other: &Self) -> Self {
        for edge in &other.from {
            if !self.from.contains(edge) {
                self.from.push(*edge);
            }
        }
        self
    }
}

/// What encloses the statements being built.
enum Frame {
    Loop { node: NodeId, label: Option<u32>, breaks: Open, continues: Open },
    Breakable { label: Option<u32>, breaks: Open },
    Catch { throws: Open },
    Finally { block: NodeId, throws: Open },
}

struct Builder<'m, 'a> {
    model: &'m Model<'a>,
    func: FuncId,
    nodes: Vec<Option<NodeId>>,
    next: Vec<SmallVec<[(Point, Edge); 2]>>,
    by_node: FxHashMap<NodeId, SmallVec<[Point; 1]>>,
    frames: Vec<Frame>,
    exits: [Point; 3],
    truncated: bool,
}

impl<'m, 'a> Builder<'m, 'a> {
    fn new(model: &'m Model<'a>, func: FuncId) -> Self {
        Self {
            model,
            func,
            nodes: Vec::new(),
            next: Vec::new(),
            by_node: FxHashMap::default(),
            frames: Vec::new(),
            exits: [Point(0); 3],
            truncated: false,
        }
    }

    fn point(&mut self, node: Option<NodeId>) -> Point {
        let point = Point(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node);
        self.next.push(SmallVec::new());
        if let Some(node) = node {
            self.by_node.entry(node).or_default().push(point);
        }
        self.truncated |= self.nodes.len() > MAX_POINTS;
        point
    }

    fn join(&mut self, open: &Open, to: Point) {
        for &(from, edge) in &open.from {
            self.next[from.0 as usize].push((to, edge));
        }
    }

    /// A point for a node, reached by all that is open; what is open afterwards is the point alone.
    fn act(&mut self, node: NodeId, open: &Open) -> Point {
        let point = self.point(Some(node));
        self.join(open, point);
        point
    }

    fn statements(&mut self, list: Vec<NodeId>, mut open: Open) -> Open {
        for statement in list {
            if open.from.is_empty() || self.truncated {
                break;
            }
            open = self.statement(statement, open);
        }
        open
    }

    fn statement(&mut self, node: NodeId, open: Open) -> Open {
        let tree = &self.model.file.tree;
        let children: Vec<NodeId> = tree.children(node).collect();
        match tree.kind(node) {
            Kind::Block | Kind::Program | Kind::StaticBlock => self.statements(children, open),
            Kind::If => self.branch(node, &children, open),
            Kind::While => self.while_loop(node, &children, open),
            Kind::DoWhile => self.do_loop(node, &children, open),
            Kind::For => self.for_loop(node, &children, open),
            Kind::ForIn | Kind::ForOf => self.for_each(node, &children, open),
            Kind::Switch => self.switch(node, &children, open),
            Kind::Try => self.attempt(&children, open),
            Kind::Labeled => self.labeled(node, &children, open),
            Kind::Return => {
                let open = self.expr_list(&children, open);
                let point = self.act(node, &open);
                self.leave(Open::from_point(point, Edge::Next), Exit::Return);
                Open::none()
            }
            Kind::Throw => {
                let open = self.expr_list(&children, open);
                let point = self.act(node, &open);
                self.throw(&Open::from_point(point, Edge::Throw));
                Open::none()
            }
            Kind::Break | Kind::Continue => {
                self.jump(node, open);
                Open::none()
            }
            Kind::Function | Kind::Class | Kind::Empty => open,
            _ => self.expr_list(&children, open),
        }
    }

    fn branch(&mut self, node: NodeId, children: &[NodeId], open: Open) -> Open {
        let _ = node;
        let [test, then, otherwise] = children[..] else { return open };
        let (yes, no) = self.condition(test, open);
        let then = self.statement(then, yes);
        let otherwise = self.statement(otherwise, no);
        then.and(&otherwise)
    }

    /// What is open after a test, by its outcome.
    fn condition(&mut self, test: NodeId, open: Open) -> (Open, Open) {
        let tree = &self.model.file.tree;
        match (tree.kind(test), tree.logical_op(test), tree.unary_op(test)) {
            (Kind::Logical, Some(op @ (LogicalOp::And | LogicalOp::Or)), _) => {
                let (Some(left), Some(right)) = (tree.first(test), tree.child(test, 1)) else {
                    return (open.clone(), open);
                };
                let (left_yes, left_no) = self.condition(left, open);
                if op == LogicalOp::And {
                    let (yes, no) = self.condition(right, left_yes);
                    (yes, no.and(&left_no))
                } else {
                    let (yes, no) = self.condition(right, left_no);
                    (yes.and(&left_yes), no)
                }
            }
            (Kind::Unary, _, Some(UnaryOp::Not)) => {
                let Some(inner) = tree.first(test) else { return (open.clone(), open) };
                let (yes, no) = self.condition(inner, open);
                (no, yes)
            }
            (Kind::Bool, ..) => {
                let is_true = tree.node(test).data == 1;
                if is_true { (open, Open::none()) } else { (Open::none(), open) }
            }
            _ => {
                let open = self.expr(test, open);
                let point = self.point(None);
                self.join(&open, point);
                (Open::from_point(point, Edge::True(test)), Open::from_point(point, Edge::False(test)))
            }
        }
    }

    fn label_of(&self, node: NodeId) -> Option<u32> {
        let tree = &self.model.file.tree;
        let parent = tree.parent(node)?;
        (tree.kind(parent) == Kind::Labeled).then(|| tree.node(parent).data)
    }

    fn enter_loop(&mut self, node: NodeId) {
        let label = self.label_of(node);
        self.frames.push(Frame::Loop { node, label, breaks: Open::none(), continues: Open::none() });
    }

    fn leave_loop(&mut self) -> (Open, Open) {
        match self.frames.pop() {
            Some(Frame::Loop { breaks, continues, .. }) => (breaks, continues),
            _ => (Open::none(), Open::none()),
        }
    }

    fn while_loop(&mut self, node: NodeId, children: &[NodeId], open: Open) -> Open {
        let [test, body] = children[..] else { return open };
        let head = self.point(None);
        self.join(&open, head);
        let (yes, no) = self.condition(test, Open::from_point(head, Edge::Next));
        self.enter_loop(node);
        let end = self.statement(body, yes);
        let (breaks, continues) = self.leave_loop();
        self.join(&end.and(&continues), head);
        no.and(&breaks)
    }

    fn do_loop(&mut self, node: NodeId, children: &[NodeId], open: Open) -> Open {
        let [body, test] = children[..] else { return open };
        let head = self.point(None);
        self.join(&open, head);
        self.enter_loop(node);
        let end = self.statement(body, Open::from_point(head, Edge::Next));
        let (breaks, continues) = self.leave_loop();
        let (yes, no) = self.condition(test, end.and(&continues));
        self.join(&yes, head);
        no.and(&breaks)
    }

    fn for_loop(&mut self, node: NodeId, children: &[NodeId], open: Open) -> Open {
        let [init, test, update, body] = children[..] else { return open };
        let tree = &self.model.file.tree;
        let open = self.statement_or_expr(init, open);
        let head = self.point(None);
        self.join(&open, head);
        let start = Open::from_point(head, Edge::Next);
        let (yes, no) =
            if tree.kind(test) == Kind::Empty { (start, Open::none()) } else { self.condition(test, start) };
        self.enter_loop(node);
        let end = self.statement(body, yes);
        let (breaks, continues) = self.leave_loop();
        let again = self.statement_or_expr(update, end.and(&continues));
        self.join(&again, head);
        no.and(&breaks)
    }

    fn statement_or_expr(&mut self, node: NodeId, open: Open) -> Open {
        match self.model.file.tree.kind(node) {
            Kind::Empty => open,
            Kind::VarDecl => self.statement(node, open),
            _ => self.expr(node, open),
        }
    }

    fn for_each(&mut self, node: NodeId, children: &[NodeId], open: Open) -> Open {
        let [_, source, body] = children[..] else { return open };
        let open = self.expr(source, open);
        let head = self.act(node, &open);
        if self.model.file.tree.has(node, AWAIT) {
            self.throw(&Open::from_point(head, Edge::Throw));
        }
        self.enter_loop(node);
        let end = self.statement(body, Open::from_point(head, Edge::Next));
        let (breaks, continues) = self.leave_loop();
        self.join(&end.and(&continues), head);
        Open::from_point(head, Edge::Next).and(&breaks)
    }

    fn switch(&mut self, node: NodeId, children: &[NodeId], open: Open) -> Open {
        let tree = &self.model.file.tree;
        let Some((&subject, cases)) = children.split_first() else { return open };
        let mut tests = self.expr(subject, open);
        let label = self.label_of(node);
        self.frames.push(Frame::Breakable { label, breaks: Open::none() });
        let mut fall = Open::none();
        let mut default = None;
        for &case in cases {
            let mut parts: Vec<NodeId> = tree.children(case).collect();
            let test = parts.remove(0);
            let enter = if tree.kind(test) == Kind::Empty {
                let point = self.point(None);
                default = Some(point);
                Open::from_point(point, Edge::Next)
            } else {
                let open = self.expr(test, tests);
                let point = self.point(None);
                self.join(&open, point);
                tests = Open::from_point(point, Edge::Next);
                Open::from_point(point, Edge::Next)
            };
            fall = self.statements(parts, enter.and(&fall));
        }
        if let Some(default) = default {
            self.join(&tests, default);
            tests = Open::none();
        }
        let breaks = match self.frames.pop() {
            Some(Frame::Breakable { breaks, .. }) => breaks,
            _ => Open::none(),
        };
        fall.and(&tests).and(&breaks)
    }

    fn labeled(&mut self, node: NodeId, children: &[NodeId], open: Open) -> Open {
        let tree = &self.model.file.tree;
        let Some(&body) = children.first() else { return open };
        if matches!(
            tree.kind(body),
            Kind::For | Kind::ForIn | Kind::ForOf | Kind::While | Kind::DoWhile | Kind::Switch
        ) {
            return self.statement(body, open);
        }
        let label = Some(tree.node(node).data);
        self.frames.push(Frame::Breakable { label, breaks: Open::none() });
        let end = self.statement(body, open);
        match self.frames.pop() {
            Some(Frame::Breakable { breaks, .. }) => end.and(&breaks),
            _ => end,
        }
    }

    fn attempt(&mut self, children: &[NodeId], open: Open) -> Open {
        let [block, catch, finally] = children[..] else { return open };
        let tree = &self.model.file.tree;
        let (has_catch, has_finally) = (tree.kind(catch) != Kind::Empty, tree.kind(finally) != Kind::Empty);
        if has_finally {
            self.frames.push(Frame::Finally { block: finally, throws: Open::none() });
        }
        let mut end = if has_catch {
            self.frames.push(Frame::Catch { throws: Open::none() });
            let end = self.statement(block, open);
            let throws = match self.frames.pop() {
                Some(Frame::Catch { throws }) => throws,
                _ => Open::none(),
            };
            end.and(&self.catch(catch, throws))
        } else {
            self.statement(block, open)
        };
        if has_finally {
            let throws = match self.frames.pop() {
                Some(Frame::Finally { throws, .. }) => throws,
                _ => Open::none(),
            };
            if !throws.from.is_empty() {
                let behind = self.statement(finally, throws);
                self.throw(&as_throw(behind));
            }
            end = self.statement(finally, end);
        }
        end
    }

    fn catch(&mut self, catch: NodeId, throws: Open) -> Open {
        if throws.from.is_empty() {
            return Open::none();
        }
        match self.model.file.tree.child(catch, 1) {
            Some(body) => self.statement(body, throws),
            None => throws,
        }
    }

    /// Sends a thrown value to the nearest handler, or out of the function.
    fn throw(&mut self, open: &Open) {
        for frame in self.frames.iter_mut().rev() {
            match frame {
                Frame::Catch { throws } | Frame::Finally { throws, .. } => {
                    *throws = std::mem::take(throws).and(open);
                    return;
                }
                _ => {}
            }
        }
        let exit = self.exits[2];
        self.join(open, exit);
    }

    /// Leaves the function through every `finally` around.
    fn leave(&mut self, open: Open, exit: Exit) {
        let open = self.through_finally(open, 0);
        let exit = self.exits[exit as usize];
        self.join(&open, exit);
    }

    /// Builds the `finally` blocks between here and the frame at `depth`, innermost first.
    fn through_finally(&mut self, mut open: Open, depth: usize) -> Open {
        let mut at = self.frames.len();
        while at > depth {
            at -= 1;
            if let Frame::Finally { block, .. } = self.frames[at] {
                let inner = self.frames.split_off(at);
                open = self.statement(block, open);
                self.frames.extend(inner);
            }
        }
        open
    }

    fn jump(&mut self, node: NodeId, open: Open) {
        let tree = &self.model.file.tree;
        let is_break = tree.kind(node) == Kind::Break;
        let label = Some(tree.node(node).data).filter(|&label| label != u32::MAX);
        let target = self.frames.iter().rposition(|frame| match frame {
            Frame::Loop { label: own, .. } => label.is_none() || *own == label,
            Frame::Breakable { label: own, .. } => {
                is_break && (label.is_none() && own.is_none() || label.is_some() && *own == label)
            }
            _ => false,
        });
        let target = target.or_else(|| {
            self.frames
                .iter()
                .rposition(|frame| is_break && label.is_none() && matches!(frame, Frame::Breakable { .. }))
        });
        let Some(target) = target else { return };
        let open = self.through_finally(open, target + 1);
        match &mut self.frames[target] {
            Frame::Loop { breaks, .. } | Frame::Breakable { breaks, .. } if is_break => {
                *breaks = std::mem::take(breaks).and(&open);
            }
            Frame::Loop { continues, node, .. } => {
                let _ = node;
                *continues = std::mem::take(continues).and(&open);
            }
            _ => {}
        }
    }

    fn expr_list(&mut self, nodes: &[NodeId], mut open: Open) -> Open {
        for &node in nodes {
            open = self.expr(node, open);
        }
        open
    }

    /// Evaluates an expression: its parts in order, then itself if it does something.
    fn expr(&mut self, node: NodeId, open: Open) -> Open {
        if self.truncated {
            return open;
        }
        let tree = &self.model.file.tree;
        match tree.kind(node) {
            Kind::Function
            | Kind::Class
            | Kind::Empty
            | Kind::Identifier
            | Kind::String
            | Kind::Number
            | Kind::This => {
                // A function literal does nothing but exist; that it is made matters where closures release.
                if matches!(tree.kind(node), Kind::Function) {
                    let point = self.act(node, &open);
                    return Open::from_point(point, Edge::Next);
                }
                open
            }
            Kind::Logical => self.short_circuit(node, open),
            Kind::Conditional => {
                let (Some(test), Some(yes), Some(no)) =
                    (tree.first(node), tree.child(node, 1), tree.child(node, 2))
                else {
                    return open;
                };
                let (then, otherwise) = self.condition(test, open);
                let then = self.expr(yes, then);
                let otherwise = self.expr(no, otherwise);
                then.and(&otherwise)
            }
            Kind::Call | Kind::New | Kind::TaggedTemplate | Kind::ImportCall => self.call(node, open),
            Kind::Await => {
                let children: Vec<NodeId> = tree.children(node).collect();
                let open = self.expr_list(&children, open);
                let point = self.act(node, &open);
                if !children.iter().all(|&promise| never_rejects(self.model, promise, 4)) {
                    let made = |promise| self.model.file.value_of(promise).unwrap_or(promise);
                    let only_throws =
                        children.iter().all(|&promise| takes_no_reject(self.model, made(promise)));
                    let edge = if only_throws { Edge::MayThrow } else { Edge::Throw };
                    self.throw(&Open::from_point(point, edge));
                }
                Open::from_point(point, Edge::Next)
            }
            Kind::Yield => {
                let children: Vec<NodeId> = tree.children(node).collect();
                let open = self.expr_list(&children, open);
                let point = self.act(node, &open);
                // The consumer may never come back: `return()` leaves here through the finally blocks.
                self.leave(Open::from_point(point, Edge::MayThrow), Exit::Return);
                Open::from_point(point, Edge::Next)
            }
            Kind::Assign | Kind::Update | Kind::Unary => {
                let children: Vec<NodeId> = tree.children(node).collect();
                let open = self.expr_list(&children, open);
                let point = self.act(node, &open);
                Open::from_point(point, Edge::Next)
            }
            Kind::Member | Kind::Index => {
                let children: Vec<NodeId> = tree.children(node).collect();
                self.expr_list(&children, open)
            }
            _ => {
                let children: Vec<NodeId> = tree.children(node).collect();
                self.expr_list(&children, open)
            }
        }
    }

    fn short_circuit(&mut self, node: NodeId, open: Open) -> Open {
        let tree = &self.model.file.tree;
        let (Some(left), Some(right)) = (tree.first(node), tree.child(node, 1)) else { return open };
        match tree.logical_op(node) {
            Some(LogicalOp::And) => {
                let (yes, no) = self.condition(left, open);
                self.expr(right, yes).and(&no)
            }
            Some(LogicalOp::Or) => {
                let (yes, no) = self.condition(left, open);
                self.expr(right, no).and(&yes)
            }
            _ => {
                let open = self.expr(left, open);
                let right = self.expr(right, open.clone());
                right.and(&open)
            }
        }
    }

    fn call(&mut self, node: NodeId, open: Open) -> Open {
        let tree = &self.model.file.tree;
        let callee = tree.first(node);
        let children: Vec<NodeId> = tree.children(node).collect();
        // Functions created and called on the spot, and executors of promises, run inside the call.
        let inline = callee.filter(|&callee| tree.kind(callee) == Kind::Function);
        let open = self.expr_list(&children, open);
        let _ = inline;
        let is_optional = tree.has(node, OPTIONAL) || callee.is_some_and(|callee| tree.has(callee, OPTIONAL));
        let point = self.act(node, &open);
        if self.may_throw(node) {
            self.throw(&Open::from_point(point, Edge::MayThrow));
        }
        let after = Open::from_point(point, Edge::Next);
        // `x?.close()` does nothing only if `x` is missing, which a held handle is not.
        let _ = is_optional;
        after
    }

    /// Calls that are known not to throw.
    fn may_throw(&self, call: NodeId) -> bool {
        let tree = &self.model.file.tree;
        let Some(callee) = tree.first(call) else { return false };
        !is_quiet(self.model.callee_name(callee)) && tree.func(call) == self.func
    }
}

fn as_throw(open: Open) -> Open {
    Open {
        from: open
            .from
            .into_iter()
            .map(|(point, edge)| (point, if edge == Edge::Next { Edge::Throw } else { edge }))
            .collect(),
    }
}
