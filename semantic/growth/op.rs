//! What is done to collections, as data.

use crate::catalog::Container;
use crate::index::{FuncId, NodeId};
use crate::place::Place;
use serde::{Deserialize, Serialize};

/// One thing done to a collection.
#[derive(Clone, Debug)]
pub struct CollectionOp {
    /// The collection.
    pub holder: Place,
    /// What is done.
    pub op: Op,
    /// The call, assignment or expression that does it.
    pub node: NodeId,
    /// Where the collection is named.
    pub target: NodeId,
    /// The key or the added value, if one expression is.
    pub key: Option<NodeId>,
    /// What is stored, if one expression is.
    pub value: Option<NodeId>,
    /// The function it is done in.
    pub func: FuncId,
}

/// What is done to a collection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Op {
    /// One more thing is kept: `set`, `add`, `push`, `unshift`, `x[k] = v`, `Object.assign(x, …)`.
    Grow(Growth),
    /// Something may be taken away: `delete`, `clear`, `pop`, `shift`, `splice`, `length =`, filter and reassign.
    Release,
    /// It is replaced: by a fresh one, by null, or by something unknown.
    Reset,
    /// An entry is overwritten with null or undefined: the key stays.
    Blank,
    /// Its size is read.
    Size,
    /// Its entries are looked up by key.
    Lookup,
    /// It is handed to code that may do anything with it.
    Escape,
    /// All of it is read.
    Read,
}

/// How a collection grows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Growth {
    /// `map.set(k, v)`
    Set,
    /// `set.add(v)`
    Add,
    /// `list.push(v)`, `unshift`, `splice(i, 0, v)`.
    Push,
    /// `object[k] = v`
    Key,
    /// `text += v`
    Append,
    /// `x = [...x, v]`, `x = { ...x, [k]: v }`, `x = { prev: x }`.
    Rebuild,
    /// `f = wrap(f)`, `const inner = f; f = () => inner()`.
    Wrap,
}

impl Growth {
    /// Which containers grow this way; `None` for any.
    #[must_use]
    pub fn needs(self) -> Option<Container> {
        match self {
            Self::Set => Some(Container::Map),
            Self::Add => Some(Container::Set),
            Self::Push => Some(Container::Array),
            Self::Key => Some(Container::Object),
            Self::Append | Self::Rebuild | Self::Wrap => None,
        }
    }
}
