//! Access paths: what an expression names, written as a root and up to a few fields.
//!
//! Two expressions with the same place hold the same value as long as nothing on the path is reassigned in between.
//! Constants are followed: after `const { cache } = this`, `cache` is `this.cache`.
mod bindings;
mod expressions;
mod path;
mod shown;

use crate::index::{BindingId, ClassId, FuncId, NameId, NodeId};
use crate::tree::NodeMemo;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;

use path::MAX_PATH;
pub use path::{Path, Step};

/// The places of expressions that were asked for before: every rule asks for the same ones again.
pub(crate) type PlaceMemo = RefCell<NodeMemo<Place>>;

/// Where an access path starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Root {
    /// A variable, parameter, function or class of this file.
    Binding(BindingId),
    /// `this` inside an instance member of a class.
    This(ClassId),
    /// A class itself, where no binding names it.
    Class(ClassId),
    /// `this` of a function whose receiver is unknown.
    Receiver(FuncId),
    /// The exports of a module, by specifier.
    Module(NameId),
    /// The exports object of this file.
    Exports,
    /// A global variable; also `window.x` and `globalThis.x`.
    Global(NameId),
    /// The value of one expression: a call, an allocation, anything that has no name.
    Value(NodeId),
}

/// An access path.
#[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Where it starts.
    pub root: Root,
    /// The fields from there.
    pub path: Path,
}

impl Place {
    /// A path without fields.
    #[must_use]
    #[inline]
    pub fn root(root: Root) -> Self {
        Self { root, path: Path::new() }
    }

    /// This path and one more step; none if it would be too long.
    #[must_use]
    #[inline]
    pub fn with(mut self, step: Step) -> Option<Self> {
        (self.path.len() < MAX_PATH).then(|| {
            self.path.push(step);
            self
        })
    }

    /// The root and the first step: `this.a` of `this.a.b`, the field of the instance. None without a step.
    #[must_use]
    pub fn trunk(&self) -> Option<Self> {
        Self::root(self.root).with(*self.path.first()?)
    }

    /// Whether `self` is `other` or a field below it.
    #[must_use]
    #[inline]
    pub fn starts_with(&self, other: &Self) -> bool {
        self.root == other.root && self.path.starts_with(&other.path)
    }

    /// The path, and each path that it goes through, down to its root.
    pub fn prefixes(&self) -> impl Iterator<Item = Self> + use<> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// The path without its last step.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        Some(Self { root: self.root, path: self.path.clone().without_last()? })
    }

    /// The last field's name.
    #[must_use]
    #[inline]
    pub fn last_field(&self) -> Option<NameId> {
        match self.path.last()? {
            Step::Field(name) => Some(*name),
            Step::Element => None,
        }
    }

    /// The name of the field it stands in, past elements: `b` of `a.b[0]`.
    #[must_use]
    pub fn field(&self) -> Option<NameId> {
        self.path.iter().rev().find_map(|step| match step {
            Step::Field(name) => Some(*name),
            Step::Element => None,
        })
    }
}
