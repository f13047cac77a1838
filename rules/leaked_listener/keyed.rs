//! Listeners that are added once for each key: a table remembers for which keys that has been done, for good.

use crate::rule::FileView;
use outlive_semantic::growth::{Growth, Op};
use outlive_semantic::guard::always_leaves;
use outlive_semantic::index::NodeId;
use outlive_semantic::listeners::Registration;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Step};
use outlive_semantic::tree::Kind;

/// Whether a table is asked for a key, is told the key, and never forgets one: `if (bound[key]) return; bound[key] = true;`.
/// There are as many listeners as the table has keys, and whether these are few is what is asked of the table.
pub(super) fn is_once_per_key(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let told = file
        .growths_in(registration.func)
        .filter(|op| matches!(op.op, Op::Grow(Growth::Key | Growth::Set | Growth::Add)) && op.key.is_some());
    told.filter(|op| forgets_nothing(file, &op.holder)).any(|op| {
        let key = op.key.map(|key| file.model.file.place(key));
        key.is_some_and(|key| is_asked(file.model, registration, &op.holder, &key))
    })
}

/// The same, where the key is the target itself: `if (!seen.has(socket)) { seen.add(socket); socket.on(…); }`.
pub(super) fn is_once_per_target(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    file.growths_in(registration.func).any(|op| {
        [op.key, op.value]
            .into_iter()
            .flatten()
            .map(|key| file.model.file.place(key))
            .any(|key| key == registration.place && is_asked(file.model, registration, &op.holder, &key))
    })
}

fn forgets_nothing(file: &FileView<'_, '_>, table: &Place) -> bool {
    let mut taken = [Op::Release, Op::Reset].into_iter().flat_map(|op| file.ops_on(table, op));
    // What gives the table its first value stands in no function, or in the constructor.
    taken.all(|op| op.func.index() == 0 || file.model.constructs(op.func).is_some())
}

/// Whether the target is asked before how many listen to it: `if (bus.listenerCount('done') === 0) bus.on('done', …)`.
pub(super) fn is_counted(model: &Model<'_>, registration: &Registration) -> bool {
    // Few files ask that, and the statements before each of thousands of listeners are many.
    let names = model.file.tree.names();
    if !COUNTING.iter().any(|name| names.find(name).is_some()) {
        return false;
    }
    let counts = |node: NodeId| {
        matches!(model.file.tree.method_call(node), Some((object, method))
            if COUNTING.contains(&method) && model.file.place(object) == registration.place)
    };
    is_tested(model, registration, counts)
}

/// Methods of emitters that tell who listens.
const COUNTING: &[&str] = &["listenerCount", "listeners", "rawListeners", "hasListeners", "hasListener"];

/// Whether a test around the registration, or one before it that leaves, asks the table for the key.
fn is_asked(model: &Model<'_>, registration: &Registration, table: &Place, key: &Place) -> bool {
    is_tested(model, registration, |node| names_entry(model, node, table, key))
}

/// Whether something stands in a test around the registration, or in one before it that leaves.
fn is_tested(model: &Model<'_>, registration: &Registration, is_wanted: impl Fn(NodeId) -> bool) -> bool {
    let tree = &model.file.tree;
    let asks = |statement: NodeId| {
        let is_test = matches!(tree.kind(statement), Kind::If | Kind::Logical | Kind::Conditional);
        let test = tree.first(statement).filter(|_| is_test);
        test.is_some_and(|test| tree.subtree(test).any(&is_wanted))
    };
    let mut child = registration.call;
    for parent in tree.within_function(registration.call) {
        let is_around = || asks(parent) && tree.first(parent) != Some(child);
        let mut before = tree.children(parent).take_while(|&statement| statement != child);
        let leaves = |statement: NodeId| {
            asks(statement) && tree.child(statement, 1).is_some_and(|then| always_leaves(model, then))
        };
        if is_around() || tree.kind(parent) == Kind::Block && before.any(leaves) {
            return true;
        }
        child = parent;
    }
    false
}

/// `table[key]`, `table.has(key)`
fn names_entry(model: &Model<'_>, node: NodeId, table: &Place, key: &Place) -> bool {
    let tree = &model.file.tree;
    let (of, by) = match (tree.kind(node), tree.method_call(node)) {
        (_, Some((object, "has" | "get"))) => (Some(object), tree.arg(node, 0)),
        (Kind::Index, _) => (tree.first(node), tree.child(node, 1)),
        _ => return false,
    };
    let is_table = of.is_some_and(|of| {
        let place = model.file.place(of);
        place == *table || place.clone().with(Step::Element).as_ref() == Some(table)
    });
    is_table && by.is_some_and(|by| model.file.place(by) == *key)
}
