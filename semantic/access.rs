//! What is done to each thing a file names: every use of an access path, classified.

use crate::groups::Groups;
use crate::index::{FuncId, NameId, NodeId};
use crate::place::{Place, Root};
use crate::tables::Lowered;
use crate::tree::{AssignOp, Kind, LogicalOp, UnaryOp};
use rustc_hash::FxHashMap;
use std::cell::OnceCell;
use std::hash::Hash;

/// One use of an access path.
#[derive(Clone, Debug)]
pub struct Access {
    /// The longest expression that still is the path.
    pub node: NodeId,
    /// The path.
    pub place: Place,
    /// What is done to it.
    pub usage: Usage,
    /// The function it is done in.
    pub func: FuncId,
}

/// What is done to the value at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Usage {
    /// `place.name(…)`
    Method {
        /// The method.
        name: NameId,
        /// The call.
        call: NodeId,
    },
    /// `place(…)`
    Called(NodeId),
    /// `new place(…)`
    Constructed(NodeId),
    /// `place = value`, also `||=`, `&&=`, `??=`.
    Assigned(NodeId),
    /// `place += value` and other compound assignments, `place++`.
    Updated(NodeId),
    /// A pattern assigns to it.
    Destructured(NodeId),
    /// `delete place`
    Deleted(NodeId),
    /// `f(place)`
    Argument {
        /// The call.
        call: NodeId,
        /// Which argument, from 0.
        index: usize,
    },
    /// `return place`, or the body of an arrow.
    Returned(NodeId),
    /// `yield place`
    Yielded(NodeId),
    /// It becomes part of something: a property, an element, the right side of an assignment.
    Stored(NodeId),
    /// It gets another name: `const x = place`.
    Aliased(NodeId),
    /// It is awaited.
    Awaited(NodeId),
    /// `…place`
    Spread(NodeId),
    /// `for (… of place)`, `for (… in place)`.
    Iterated(NodeId),
    /// It decides a branch: `if (place)`, `place && …`, `!place`.
    Tested(NodeId),
    /// It is compared or computed with.
    Operand(NodeId),
    /// It is only read, or its value is dropped.
    Read,
}

/// Lists up to this long are gone through faster than all uses are indexed.
const SHORT: usize = 256;
/// The same where uses of one path are looked for: an index of these is made faster.
const SHORT_OF_ONE: usize = 32;

/// All uses in a file.
pub struct Accesses {
    list: Vec<Access>,
    by_root: Groups<Root>,
    by_name: OnceCell<Groups<NameId>>,
    by_field: OnceCell<Groups<NameId>>,
    by_place: OnceCell<Groups<Place>>,
    by_prefix: OnceCell<FxHashMap<Place, Vec<u32>>>,
}

impl Accesses {
    /// Classifies every use in the file. One pass over the identifiers.
    #[must_use]
    pub fn collect(file: &Lowered) -> Self {
        let mut out = Self {
            // Each use starts from a name, or from little else.
            list: Vec::with_capacity(file.references.len()),
            by_root: Groups::default(),
            by_name: OnceCell::new(),
            by_field: OnceCell::new(),
            by_place: OnceCell::new(),
            by_prefix: OnceCell::new(),
        };
        let tree = &file.tree;
        for node in tree.ids() {
            match tree.kind(node) {
                Kind::Identifier | Kind::This | Kind::Super => out.climb(file, node),
                // A chain that starts with a call: `require('x').y`, `connect().on(…)`.
                Kind::Call | Kind::New | Kind::ImportCall if is_chain_start(file, node) => {
                    out.climb(file, node);
                }
                _ => {}
            }
        }
        out.by_root = out.group_by(|access| Some(access.place.root));
        out
    }

    fn push(&mut self, access: Access) {
        self.list.push(access);
    }

    /// Follows a path outward from its root as far as it goes, noting the method calls on the way.
    fn climb(&mut self, file: &Lowered, start: NodeId) {
        let tree = &file.tree;
        let mut at = start;
        while let Some(parent) = tree.parent(at) {
            let is_object = tree.node(at).slot == 0;
            match tree.kind(parent) {
                Kind::Member if is_object => {
                    let call = tree
                        .parent(parent)
                        .filter(|&c| tree.kind(c) == Kind::Call && tree.callee(c) == Some(parent));
                    let (Some(call), Some(name)) = (call, tree.name_id(parent)) else {
                        at = parent;
                        continue;
                    };
                    let usage = Usage::Method { name, call };
                    self.push(Access { node: at, place: file.place(at), usage, func: tree.func(at) });
                    if file.place(call).root == Root::Value(call) {
                        return;
                    }
                    at = call;
                }
                Kind::Index if is_object => at = parent,
                _ => break,
            }
        }
        let usage = usage(file, at);
        self.push(Access { node: at, place: file.place(at), usage, func: tree.func(at) });
    }

    /// Every use, in source order of their roots.
    pub fn iter(&self) -> impl Iterator<Item = &Access> {
        self.list.iter()
    }

    /// The uses of exactly this path.
    pub fn of<'s>(&'s self, place: &'s Place) -> impl Iterator<Item = &'s Access> {
        let of_root = self.by_root.get(&place.root);
        let found = if of_root.len() > SHORT_OF_ONE {
            self.by_place.get_or_init(|| self.group_by(|access| Some(access.place.clone()))).get(place)
        } else {
            of_root
        };
        let uses = found.iter().map(|&i| &self.list[i as usize]);
        uses.filter(move |access| access.place == *place)
    }

    /// The uses of this path and of everything below it.
    pub fn below<'s>(&'s self, place: &'s Place) -> impl Iterator<Item = &'s Access> {
        let of_root = self.by_root.get(&place.root);
        let found = if of_root.len() > SHORT && !place.path.is_empty() {
            let index = self.by_prefix.get_or_init(|| self.index_prefixes());
            index.get(place).map(Vec::as_slice).unwrap_or_default()
        } else {
            of_root
        };
        let uses = found.iter().map(|&i| &self.list[i as usize]);
        uses.filter(move |access| access.place.starts_with(place))
    }

    /// The positions of uses by their path and every path it goes through.
    fn index_prefixes(&self) -> FxHashMap<Place, Vec<u32>> {
        let mut index: FxHashMap<Place, Vec<u32>> = FxHashMap::default();
        for (at, access) in self.list.iter().enumerate() {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            let mut place = Some(access.place.clone());
            while let Some(here) = place {
                place = here.parent();
                index.entry(here).or_default().push(at);
            }
        }
        index
    }

    /// The calls of methods of this name, and every other use of a path that ends with it.
    pub fn of_name(&self, name: NameId) -> impl Iterator<Item = &Access> {
        let index = self.by_name.get_or_init(|| {
            self.group_by(|access| match access.usage {
                Usage::Method { name, .. } => Some(name),
                _ => access.place.last_field(),
            })
        });
        index.get(&name).iter().map(|&i| &self.list[i as usize])
    }

    /// The uses of paths that stand in a field of this name, past elements.
    pub fn in_field(&self, name: NameId) -> impl Iterator<Item = &Access> {
        let index = self.by_field.get_or_init(|| self.group_by(|access| access.place.field()));
        index.get(&name).iter().map(|&i| &self.list[i as usize])
    }

    fn group_by<K: Hash + Eq>(&self, key: impl Fn(&Access) -> Option<K>) -> Groups<K> {
        Groups::of(self.list.iter().map(key))
    }

    /// The uses of every path with this root.
    pub fn under_root(&self, root: Root) -> impl Iterator<Item = &Access> {
        self.by_root.get(&root).iter().map(|&i| &self.list[i as usize])
    }
}

fn is_chain_start(file: &Lowered, call: NodeId) -> bool {
    let tree = &file.tree;
    let is_object = tree.parent(call).is_some_and(|parent| {
        matches!(tree.kind(parent), Kind::Member | Kind::Index) && tree.node(call).slot == 0
    });
    is_object && matches!(file.place(call).root, Root::Value(_) | Root::Module(_))
}

/// What is done to the value of an expression.
#[must_use]
pub fn usage(file: &Lowered, expr: NodeId) -> Usage {
    let tree = &file.tree;
    let mut at = expr;
    loop {
        let Some(parent) = tree.parent(at) else { return Usage::Read };
        let slot = tree.node(at).slot as usize;
        match tree.kind(parent) {
            // The value passes through to whatever is around.
            Kind::Conditional | Kind::Logical if slot > 0 => at = parent,
            Kind::Logical if tree.logical_op(parent) != Some(LogicalOp::And) => at = parent,
            Kind::Sequence if tree.is_last_child(at) => at = parent,
            _ => return direct_usage(file, at, parent, slot),
        }
    }
}

fn direct_usage(file: &Lowered, at: NodeId, parent: NodeId, slot: usize) -> Usage {
    let tree = &file.tree;
    match tree.kind(parent) {
        Kind::Call if slot == 0 => Usage::Called(parent),
        Kind::New if slot == 0 => Usage::Constructed(parent),
        Kind::Call | Kind::New => Usage::Argument { call: parent, index: slot - 1 },
        Kind::ImportCall => Usage::Argument { call: parent, index: slot },
        Kind::Assign if slot == 0 => match tree.assign_op(parent) {
            AssignOp::Add | AssignOp::Arithmetic => Usage::Updated(parent),
            _ => Usage::Assigned(parent),
        },
        Kind::Assign => Usage::Stored(parent),
        Kind::Update => Usage::Updated(parent),
        Kind::Unary => match tree.unary_op(parent) {
            Some(UnaryOp::Delete) => Usage::Deleted(parent),
            Some(UnaryOp::Not | UnaryOp::Typeof) => Usage::Tested(parent),
            Some(UnaryOp::Void) => Usage::Read,
            _ => Usage::Operand(parent),
        },
        Kind::Return | Kind::Function => Usage::Returned(parent),
        Kind::Yield => Usage::Yielded(parent),
        Kind::Property | Kind::Array | Kind::Field | Kind::JsxAttribute | Kind::Throw => {
            Usage::Stored(parent)
        }
        Kind::Declarator => {
            let binds_name = tree.first(parent).is_some_and(|target| tree.binding(target).is_some());
            if binds_name || tree.first(parent).is_some() { Usage::Aliased(parent) } else { Usage::Read }
        }
        Kind::Default if slot == 0 => Usage::Destructured(parent),
        Kind::Default => Usage::Aliased(parent),
        Kind::PatternProperty | Kind::ArrayPattern | Kind::Rest => Usage::Destructured(parent),
        Kind::Await => Usage::Awaited(parent),
        Kind::Spread => Usage::Spread(parent),
        Kind::ForOf | Kind::ForIn if slot == 1 => Usage::Iterated(parent),
        Kind::If | Kind::While | Kind::Conditional | Kind::Logical | Kind::DoWhile | Kind::Switch => {
            Usage::Tested(parent)
        }
        Kind::For if slot == 1 => Usage::Tested(parent),
        Kind::Binary => Usage::Operand(parent),
        _ => {
            let _ = at;
            Usage::Read
        }
    }
}
