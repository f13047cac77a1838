//! Entries that are there already: what is written over one adds nothing.

use outlive_semantic::growth::CollectionOp;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tested;
use outlive_semantic::tree::{BinaryOp, Kind, UnaryOp};

/// `if (map.has(k)) map.set(k, …)`, `if (!table[k]) return; table[k] = …`: it runs only if there is an entry of that key.
pub(super) fn is_overwrite(model: &Model<'_>, op: &CollectionOp) -> bool {
    let Some(key) = op.key.map(|key| model.file.place(key)) else { return false };
    let entry = Entry { model, holder: &op.holder, key };
    tested::known_at(model, op.node).into_iter().any(|(test, outcome)| entry.is_there(test, outcome))
}

/// Whether a test that came out so says that a table has an entry of a key.
pub(super) fn is_there(
    model: &Model<'_>,
    (table, key): (&Place, &Place),
    (test, outcome): (NodeId, bool),
) -> bool {
    Entry { model, holder: table, key: key.clone() }.is_there(test, outcome)
}

/// The entry of one key.
struct Entry<'e, 'm> {
    model: &'e Model<'m>,
    holder: &'e Place,
    key: Place,
}

impl Entry<'_, '_> {
    /// Whether a test that came out so says that there is one.
    fn is_there(&self, test: NodeId, outcome: bool) -> bool {
        let tree = &self.model.file.tree;
        match tree.binary_op(test) {
            Some(BinaryOp::Equal) => self.equals_something(test, outcome),
            Some(BinaryOp::NotEqual) => self.equals_something(test, !outcome),
            Some(BinaryOp::In) => {
                let (key, table) = (tree.first(test), tree.child(test, 1));
                outcome
                    && key.is_some_and(|key| self.is_key(key))
                    && table.is_some_and(|table| self.is_holder(table))
            }
            _ => outcome && (self.is_asked_for(test) || self.is_read(test)),
        }
    }

    /// `table[k] === false`, and of what differs from nothing: `table[k] !== undefined`.
    fn equals_something(&self, test: NodeId, is_equal: bool) -> bool {
        let (model, tree) = (self.model, &self.model.file.tree);
        let (Some(left), Some(right)) = (tree.first(test), tree.child(test, 1)) else { return false };
        let is_type = tree.unary_op(left) == Some(UnaryOp::Typeof);
        let is_undefined = model.is_nothing(right) || is_type && tree.string(right) == Some("undefined");
        let is_known = is_undefined
            || matches!(tree.kind(right), Kind::Bool | Kind::Number | Kind::String | Kind::BigInt);
        let read = if is_type { tree.first(left) } else { Some(left) };
        is_known && is_equal != is_undefined && read.is_some_and(|read| self.is_read(read))
    }

    /// `map.has(k)`, `keys.includes(k)`, `Object.hasOwn(table, k)`.
    fn is_asked_for(&self, test: NodeId) -> bool {
        let tree = &self.model.file.tree;
        let Some((object, method)) = tree.method_call(test) else { return false };
        let is_arg = |n: usize, is: &dyn Fn(NodeId) -> bool| tree.arg(test, n).is_some_and(is);
        match method {
            "has" | "includes" | "hasOwnProperty" => {
                self.is_holder(object) && is_arg(0, &|arg| self.is_key(arg))
            }
            "hasOwn" | "call" => {
                let path = tree.callee(test).and_then(|callee| self.model.api_path(callee));
                let is_own = path
                    .is_some_and(|path| &*path == "Object.hasOwn" || path.ends_with("hasOwnProperty.call"));
                is_own && is_arg(0, &|arg| self.is_holder(arg)) && is_arg(1, &|arg| self.is_key(arg))
            }
            _ => false,
        }
    }

    /// `table[k]`, `map.get(k)`, a variable that holds it, or a part of one of them: `entry.open`.
    fn is_read(&self, mut node: NodeId) -> bool {
        let tree = &self.model.file.tree;
        loop {
            if self.is_entry(node) || self.held(node).is_some_and(|value| self.is_entry(value)) {
                return true;
            }
            node = match tree.kind(node) {
                Kind::Member | Kind::Index => match tree.first(node) {
                    Some(object) => object,
                    None => return false,
                },
                _ => return false,
            };
        }
    }

    /// What the variable was given.
    fn held(&self, node: NodeId) -> Option<NodeId> {
        let file = self.model.file;
        let is_name = file.tree.kind(node) == Kind::Identifier;
        is_name.then(|| file.value_of(node)).flatten()
    }

    fn is_entry(&self, node: NodeId) -> bool {
        let tree = &self.model.file.tree;
        if tree.kind(node) == Kind::Index {
            let (object, key) = (tree.first(node), tree.child(node, 1));
            return object.is_some_and(|object| self.is_holder(object))
                && key.is_some_and(|key| self.is_key(key));
        }
        let is_get = |(object, method): (NodeId, &str)| method == "get" && self.is_holder(object);
        tree.method_call(node).is_some_and(is_get) && tree.arg(node, 0).is_some_and(|key| self.is_key(key))
    }

    fn is_holder(&self, node: NodeId) -> bool {
        self.model.file.place(node) == *self.holder
    }

    /// Whether a node gives the key: what a call gives is another each time.
    fn is_key(&self, node: NodeId) -> bool {
        !matches!(self.key.root, Root::Value(_)) && self.model.file.place(node) == self.key
    }
}
