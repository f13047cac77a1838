//! The lowered syntax tree of one file: one flat table of nodes in preorder.
//!
//! swc's tree has no node ids and no parents, and its spans collide (`a`, `a.b` and `a.b.c` start alike). This one has
//! both, at 28 bytes a node, and is what every later question is asked of. Nothing here depends on swc.
//!
//! Parentheses, TypeScript casts and non-null assertions leave no node; what a cast says is in [`Tree::cast`].

mod kinds;

use crate::bounds::{self, OutOfBounds};
use crate::index::{BindingId, ClassId, FuncId, NameId, NodeId, ReferenceId, TypeId};
use crate::names::Names;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;

pub use kinds::{AssignOp, BinaryOp, DeclKind, Kind, LogicalOp, UnaryOp, flag};

/// A half-open range of byte offsets in the file, counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(into = "(u32, u32)", try_from = "(u32, u32)")]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl From<Span> for (u32, u32) {
    fn from(span: Span) -> Self {
        (span.start, span.end)
    }
}

impl TryFrom<(u32, u32)> for Span {
    type Error = OutOfBounds;

    fn try_from((start, end): (u32, u32)) -> Result<Self, OutOfBounds> {
        bounds::span(start, end).map(|()| Self { start, end })
    }
}

/// One row of the node table.
#[derive(Clone, Copy)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Bits of [`flag`].
    pub flags: u8,
    /// Which child of its parent it is, from 0.
    pub slot: u16,
    parent: NodeId,
    end: NodeId,
    /// Where it stands in the file.
    pub span: Span,
    /// See [`Kind`].
    pub(crate) data: u32,
    /// The function it runs in.
    pub func: FuncId,
}

/// Something remembered for some of the nodes of a tree.
pub(crate) struct NodeMemo<T> {
    /// For each node, one more than its position in the list; zero if there is nothing.
    at: Vec<u32>,
    list: Vec<T>,
}

impl<T> Default for NodeMemo<T> {
    fn default() -> Self {
        Self { at: Vec::new(), list: Vec::new() }
    }
}

impl<T> NodeMemo<T> {
    /// What is remembered for a node.
    #[inline]
    pub(crate) fn get(&self, node: NodeId) -> Option<&T> {
        let at = self.at.get(node.index()).and_then(|at| at.checked_sub(1))?;
        self.list.get(at as usize)
    }

    /// Remembers something for a node of a tree.
    pub(crate) fn put(&mut self, tree: &Tree, node: NodeId, value: T) {
        if self.at.is_empty() {
            // Zeroed memory costs nothing until it is written.
            self.at = vec![0; tree.len()];
            self.list.reserve(tree.len() / 16);
        }
        let Some(at) = self.at.get_mut(node.index()) else { return };
        match at.checked_sub(1).and_then(|known| self.list.get_mut(known as usize)) {
            Some(known) => *known = value,
            None => {
                self.list.push(value);
                *at = u32::try_from(self.list.len()).unwrap_or(0);
            }
        }
    }

    /// Forgets what is remembered for a node.
    pub(crate) fn forget(&mut self, node: NodeId) {
        if let Some(at) = self.at.get_mut(node.index()) {
            *at = 0;
        }
    }
}

/// The node table with what hangs on single nodes.
pub struct Tree {
    pub(crate) nodes: Vec<Node>,
    pub(crate) names: Names,
    pub(crate) numbers: Vec<f64>,
    pub(crate) casts: FxHashMap<NodeId, TypeId>,
    pub(crate) type_args: FxHashMap<NodeId, smallvec::SmallVec<[TypeId; 2]>>,
    wide: RefCell<FxHashMap<NodeId, FxHashMap<NameId, NodeId>>>,
}

pub(crate) const NO_DATA: u32 = u32::MAX;
/// Literals with more properties than this are indexed.
const NARROW: usize = 16;

impl Tree {
    pub(crate) fn new() -> Self {
        Self {
            nodes: Vec::new(),
            names: Names::default(),
            numbers: Vec::new(),
            casts: FxHashMap::default(),
            type_args: FxHashMap::default(),
            wide: RefCell::default(),
        }
    }

    #[inline]
    pub(crate) fn open(&mut self, row: Node) -> NodeId {
        let id = NodeId::from_index(self.nodes.len());
        self.nodes.push(row);
        id
    }

    #[inline]
    pub(crate) fn close(&mut self, id: NodeId) {
        let end = NodeId::from_index(self.nodes.len());
        self.nodes[id.index()].end = end;
    }

    /// The row of a node.
    #[must_use]
    #[inline]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// What a node is.
    #[must_use]
    #[inline]
    pub fn kind(&self, id: NodeId) -> Kind {
        self.nodes[id.index()].kind
    }

    /// Where a node stands.
    #[must_use]
    #[inline]
    pub fn span(&self, id: NodeId) -> Span {
        self.nodes[id.index()].span
    }

    /// The function a node runs in; the module body is [`FuncId::MODULE`]. A [`Kind::Function`] node itself runs where it is
    /// created, not in itself.
    #[must_use]
    #[inline]
    pub fn func(&self, id: NodeId) -> FuncId {
        self.nodes[id.index()].func
    }

    /// Whether a bit of [`flag`] is set.
    #[must_use]
    #[inline]
    pub fn has(&self, id: NodeId, bit: u8) -> bool {
        self.nodes[id.index()].flags & bit != 0
    }

    /// The number of nodes.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing was lowered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Every node in preorder.
    #[inline]
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId::from_index)
    }

    /// The parent; none for the program.
    #[must_use]
    #[inline]
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        (id.0 != 0).then(|| self.nodes[id.index()].parent)
    }

    /// The node behind the last one of this subtree.
    #[must_use]
    #[inline]
    pub fn end(&self, id: NodeId) -> NodeId {
        self.nodes[id.index()].end
    }

    /// Every node of a subtree in preorder, the root first.
    #[inline]
    pub fn subtree(&self, id: NodeId) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (id.0..self.end(id).0).map(NodeId)
    }

    /// Whether `inner` is `outer` or stands below it.
    #[must_use]
    #[inline]
    pub fn contains(&self, outer: NodeId, inner: NodeId) -> bool {
        outer <= inner && inner < self.end(outer)
    }

    /// The ancestors from the parent to the program.
    #[inline]
    pub fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.parent(id), |&node| self.parent(node))
    }

    /// What stands around a node inside its function, innermost first.
    #[inline]
    pub fn within_function(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.ancestors(id).take_while(|&around| self.kind(around) != Kind::Function)
    }

    /// The children in order.
    #[must_use]
    #[inline]
    pub fn children(&self, id: NodeId) -> Children<'_> {
        Children { tree: self, next: id.0 + 1, end: self.end(id).0 }
    }

    /// The `n`-th child, from 0, unless it is absent or [`Kind::Empty`].
    #[must_use]
    #[inline]
    pub fn child(&self, id: NodeId, n: usize) -> Option<NodeId> {
        self.children(id).nth(n).filter(|&child| self.kind(child) != Kind::Empty)
    }

    /// The first child, unless it is absent or [`Kind::Empty`].
    #[must_use]
    #[inline]
    pub fn first(&self, id: NodeId) -> Option<NodeId> {
        // In preorder the first child stands right behind.
        let first = NodeId(id.0 + 1);
        (first < self.end(id) && self.kind(first) != Kind::Empty).then_some(first)
    }

    /// The last child. Found from the end: a block is asked again for each of its statements.
    #[must_use]
    pub fn last_child(&self, id: NodeId) -> Option<NodeId> {
        let last = NodeId(self.end(id).0.checked_sub(1)?);
        let mut above = std::iter::successors(Some(last), |&node| self.parent(node));
        (last > id).then(|| above.find(|&node| self.parent(node) == Some(id))).flatten()
    }

    /// Whether the node is the last child of its parent. Asked of every child, [`Tree::last_child`] would be quadratic.
    #[must_use]
    #[inline]
    pub fn is_last_child(&self, id: NodeId) -> bool {
        self.parent(id).is_some_and(|parent| self.end(parent) == self.end(id))
    }

    /// The interned text of an id.
    #[must_use]
    #[inline]
    pub fn text(&self, name: NameId) -> &str {
        self.names.text(name)
    }

    /// The string table.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Whether a node is the literal `true`.
    #[must_use]
    #[inline]
    pub fn is_true(&self, id: NodeId) -> bool {
        let node = &self.nodes[id.index()];
        node.kind == Kind::Bool && node.data == 1
    }

    /// The name a node carries as data: property, method, field, label, string literal.
    #[must_use]
    #[inline]
    pub fn name_id(&self, id: NodeId) -> Option<NameId> {
        let node = &self.nodes[id.index()];
        let named = matches!(
            node.kind,
            Kind::Member
                | Kind::String
                | Kind::Property
                | Kind::PatternProperty
                | Kind::Method
                | Kind::Field
                | Kind::JsxAttribute
                | Kind::Labeled
                | Kind::Break
                | Kind::Continue
        );
        (named && node.data != NO_DATA).then(|| NameId::from_raw(node.data))
    }

    /// The text of [`Tree::name_id`].
    #[must_use]
    #[inline]
    pub fn name(&self, id: NodeId) -> Option<&str> {
        self.name_id(id).map(|name| self.text(name))
    }

    /// The text of a string literal.
    #[must_use]
    #[inline]
    pub fn string(&self, id: NodeId) -> Option<&str> {
        (self.kind(id) == Kind::String).then(|| self.name(id)).flatten()
    }

    /// The value of a boolean literal.
    #[must_use]
    pub fn boolean(&self, id: NodeId) -> Option<bool> {
        (self.kind(id) == Kind::Bool).then(|| self.node(id).data == 1)
    }

    /// The value of a number literal.
    #[must_use]
    pub fn number(&self, id: NodeId) -> Option<f64> {
        let node = &self.nodes[id.index()];
        (node.kind == Kind::Number).then(|| self.numbers.get(node.data as usize).copied()).flatten()
    }

    /// The binding a [`Kind::BindingName`] declares.
    #[must_use]
    #[inline]
    pub fn binding(&self, id: NodeId) -> Option<BindingId> {
        let node = &self.nodes[id.index()];
        (node.kind == Kind::BindingName).then_some(BindingId(node.data))
    }

    /// The reference of a [`Kind::Identifier`].
    #[must_use]
    #[inline]
    pub fn reference(&self, id: NodeId) -> Option<ReferenceId> {
        let node = &self.nodes[id.index()];
        (node.kind == Kind::Identifier).then_some(ReferenceId(node.data))
    }

    /// The function of a [`Kind::Function`].
    #[must_use]
    #[inline]
    pub fn function(&self, id: NodeId) -> Option<FuncId> {
        let node = &self.nodes[id.index()];
        (node.kind == Kind::Function).then_some(FuncId::from_raw(node.data))
    }

    /// The class of a [`Kind::Class`].
    #[must_use]
    #[inline]
    pub fn class(&self, id: NodeId) -> Option<ClassId> {
        let node = &self.nodes[id.index()];
        (node.kind == Kind::Class).then_some(ClassId::from_raw(node.data))
    }

    /// The type a cast (`x as T`, `<T>x`, `x satisfies T`) gives the expression.
    #[must_use]
    #[inline]
    pub fn cast(&self, id: NodeId) -> Option<TypeId> {
        self.casts.get(&id).copied()
    }

    /// The operator of a [`Kind::Assign`].
    #[must_use]
    #[inline]
    pub fn assign_op(&self, id: NodeId) -> AssignOp {
        const OPS: [AssignOp; 6] = [
            AssignOp::Plain,
            AssignOp::Add,
            AssignOp::Or,
            AssignOp::And,
            AssignOp::Nullish,
            AssignOp::Arithmetic,
        ];
        OPS.get(self.nodes[id.index()].data as usize).copied().unwrap_or(AssignOp::Arithmetic)
    }

    /// What an expression waits for, or the expression itself if it waits for nothing.
    #[must_use]
    pub fn awaited(&self, id: NodeId) -> NodeId {
        self.first(id).filter(|_| self.kind(id) == Kind::Await).unwrap_or(id)
    }

    /// The operator of a [`Kind::Unary`].
    #[must_use]
    #[inline]
    pub fn unary_op(&self, id: NodeId) -> Option<UnaryOp> {
        const OPS: [UnaryOp; 7] = [
            UnaryOp::Not,
            UnaryOp::Minus,
            UnaryOp::Plus,
            UnaryOp::BitNot,
            UnaryOp::Typeof,
            UnaryOp::Void,
            UnaryOp::Delete,
        ];
        let node = &self.nodes[id.index()];
        (node.kind == Kind::Unary).then(|| OPS.get(node.data as usize).copied()).flatten()
    }

    /// The operator of a [`Kind::Binary`].
    #[must_use]
    #[inline]
    pub fn binary_op(&self, id: NodeId) -> Option<BinaryOp> {
        const OPS: [BinaryOp; 11] = [
            BinaryOp::Equal,
            BinaryOp::NotEqual,
            BinaryOp::Less,
            BinaryOp::LessEqual,
            BinaryOp::Greater,
            BinaryOp::GreaterEqual,
            BinaryOp::Add,
            BinaryOp::Remainder,
            BinaryOp::In,
            BinaryOp::InstanceOf,
            BinaryOp::Arithmetic,
        ];
        let node = &self.nodes[id.index()];
        (node.kind == Kind::Binary).then(|| OPS.get(node.data as usize).copied()).flatten()
    }

    /// The operator of a [`Kind::Logical`].
    #[must_use]
    #[inline]
    pub fn logical_op(&self, id: NodeId) -> Option<LogicalOp> {
        const OPS: [LogicalOp; 3] = [LogicalOp::And, LogicalOp::Or, LogicalOp::Nullish];
        let node = &self.nodes[id.index()];
        (node.kind == Kind::Logical).then(|| OPS.get(node.data as usize).copied()).flatten()
    }

    /// How a [`Kind::VarDecl`] declares.
    #[must_use]
    pub fn decl_kind(&self, id: NodeId) -> Option<DeclKind> {
        const KINDS: [DeclKind; 4] = [DeclKind::Var, DeclKind::Let, DeclKind::Const, DeclKind::Using];
        let node = &self.nodes[id.index()];
        (node.kind == Kind::VarDecl).then(|| KINDS.get(node.data as usize).copied()).flatten()
    }

    /// Whether a node is a call, `new` or `import()`, and so has a callee and arguments.
    #[must_use]
    #[inline]
    pub fn is_call(&self, id: NodeId) -> bool {
        matches!(self.kind(id), Kind::Call | Kind::New)
    }

    /// The callee of a call or `new`.
    #[must_use]
    #[inline]
    pub fn callee(&self, call: NodeId) -> Option<NodeId> {
        if self.is_call(call) { self.first(call) } else { None }
    }

    /// The arguments of a call, `new` or `import()`.
    #[inline]
    pub fn args(&self, call: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let skip = usize::from(self.kind(call) != Kind::ImportCall);
        let is_call = self.is_call(call) || self.kind(call) == Kind::ImportCall;
        self.children(call).skip(skip).filter(move |_| is_call)
    }

    /// The `n`-th argument, unless a spread makes positions unknown.
    #[must_use]
    #[inline]
    pub fn arg(&self, call: NodeId, n: usize) -> Option<NodeId> {
        let mut before = n;
        for arg in self.args(call) {
            if self.kind(arg) == Kind::Spread {
                return None;
            }
            before = match before.checked_sub(1) {
                Some(before) => before,
                None => return Some(arg),
            };
        }
        None
    }

    /// For `object.method(…)`: the object and the method's name.
    #[must_use]
    #[inline]
    pub fn method_call(&self, call: NodeId) -> Option<(NodeId, &str)> {
        let node = &self.nodes[call.index()];
        if node.kind != Kind::Call || node.data == NO_DATA {
            return None;
        }
        // In preorder the callee stands right behind the call, and what the method is called on right behind that.
        Some((NodeId(call.0 + 2), self.text(NameId::from_raw(node.data))))
    }

    /// Notes at a call which method it calls: every rule asks that of every call.
    pub(crate) fn note_method(&mut self, call: NodeId) {
        let method = self.first(call).and_then(|callee| {
            let member = self.node(callee);
            (member.kind == Kind::Member && self.first(callee).is_some()).then_some(member.data)
        });
        self.nodes[call.index()].data = method.unwrap_or(NO_DATA);
    }

    /// The call of which `id` is an argument, with its position.
    #[must_use]
    #[inline]
    pub fn argument_of(&self, id: NodeId) -> Option<(NodeId, usize)> {
        let parent = self.parent(id)?;
        let slot = self.node(id).slot as usize;
        (self.is_call(parent) && slot > 0).then(|| (parent, slot - 1))
    }

    /// The value of a property of an object literal.
    #[must_use]
    pub fn property(&self, object: NodeId, name: &str) -> Option<NodeId> {
        if self.kind(object) != Kind::Object {
            return None;
        }
        let named = |p: &NodeId| self.kind(*p) == Kind::Property && self.name(*p) == Some(name);
        let mut children = self.children(object);
        let found = match children.by_ref().take(NARROW).find(named) {
            None if children.next().is_some() => self.wide_property(object, name),
            found => found,
        };
        found.and_then(|p| self.last_child(p))
    }

    /// A property of a large literal. Asked for each of its names, going through it would be quadratic.
    fn wide_property(&self, object: NodeId, name: &str) -> Option<NodeId> {
        let name = self.names.find(name)?;
        let mut wide = self.wide.borrow_mut();
        let index = wide.entry(object).or_insert_with(|| {
            let mut index = FxHashMap::default();
            for p in self.children(object).filter(|&p| self.kind(p) == Kind::Property) {
                if let Some(name) = self.name_id(p) {
                    index.entry(name).or_insert(p);
                }
            }
            index
        });
        index.get(&name).copied()
    }

    /// Whether the value of this expression is thrown away.
    #[must_use]
    pub fn is_discarded(&self, id: NodeId) -> bool {
        let Some(parent) = self.parent(id) else { return true };
        match self.kind(parent) {
            Kind::ExprStmt => true,
            Kind::Unary => self.unary_op(parent) == Some(UnaryOp::Void) && self.is_discarded(parent),
            Kind::Await => self.is_discarded(parent),
            Kind::Logical | Kind::Conditional => self.node(id).slot > 0 && self.is_discarded(parent),
            Kind::Sequence => !self.is_last_child(id) || self.is_discarded(parent),
            Kind::For => self.node(id).slot == 0 || self.node(id).slot == 2,
            _ => false,
        }
    }

    /// The innermost statement that contains the node, or the node itself.
    #[must_use]
    pub fn statement(&self, id: NodeId) -> NodeId {
        let mut at = id;
        while let Some(parent) = self.parent(at) {
            if matches!(self.kind(parent), Kind::Block | Kind::Program | Kind::Case | Kind::StaticBlock)
                && !(self.kind(parent) == Kind::Case && self.node(at).slot == 0)
            {
                return at;
            }
            at = parent;
        }
        at
    }
}

impl Node {
    pub(crate) fn new(kind: Kind, span: Span, data: u32, parent: NodeId, slot: u16, func: FuncId) -> Self {
        Self { kind, flags: 0, slot, parent, end: NodeId(0), span, data, func }
    }
}

/// The children of a node, in order.
pub struct Children<'t> {
    tree: &'t Tree,
    next: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = NodeId;

    #[inline]
    fn next(&mut self) -> Option<NodeId> {
        (self.next < self.end).then(|| {
            let id = NodeId(self.next);
            self.next = self.tree.end(id).0;
            id
        })
    }
}
