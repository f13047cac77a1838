//! What the tests around a node tell: it runs only if they came out one way.

use crate::guard;
use crate::index::NodeId;
use crate::model::Model;
use crate::place::Place;
use crate::tree::{Kind, LogicalOp, UnaryOp};

/// What is told of a node by something around it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// A branch or an operand: it runs only if a test came out so.
    Branch(NodeId, bool),
    /// A block: what its statements before this one tell, as [`leaving_tests`] finds them.
    Behind {
        /// The block.
        block: NodeId,
        /// The statement of the block that the node is, or stands in.
        statement: NodeId,
    },
}

/// What the tests around a node and before it tell, inside its function, from inside outwards.
pub fn around<'m>(model: &'m Model<'_>, node: NodeId) -> impl Iterator<Item = Told> + use<'m> {
    let tree = &model.file.tree;
    let mut child = node;
    tree.within_function(node).filter_map(move |parent| {
        let slot = tree.node(child).slot;
        let statement = std::mem::replace(&mut child, parent);
        let tested = |outcome| tree.first(parent).map(|test| Told::Branch(test, outcome));
        match tree.kind(parent) {
            Kind::If | Kind::Conditional if slot == 1 || slot == 2 => tested(slot == 1),
            Kind::While if slot == 1 => tested(true),
            Kind::Logical if slot == 1 => match tree.logical_op(parent) {
                Some(LogicalOp::And) => tested(true),
                Some(LogicalOp::Or) => tested(false),
                _ => None,
            },
            Kind::Block => Some(Told::Behind { block: parent, statement }),
            _ => None,
        }
    })
}

/// A test that came out so, taken apart: `!`, and the `&&` and `||` that can be told apart.
#[must_use]
pub fn parts(model: &Model<'_>, test: NodeId, outcome: bool) -> Vec<(NodeId, bool)> {
    let mut known = Vec::new();
    add(model, Some(test), outcome, &mut known);
    known
}

/// The statements of a block that leave the function by a test, in source order, each with a part of the test and how that
/// came out where the next statement runs.
#[must_use]
pub fn leaving_tests(model: &Model<'_>, block: NodeId) -> Vec<(NodeId, NodeId, bool)> {
    let mut out = Vec::new();
    for statement in model.file.tree.children(block) {
        let mut known = Vec::new();
        left_by(model, statement, &mut known);
        out.extend(known.into_iter().map(|(test, outcome)| (statement, test, outcome)));
    }
    out
}

/// Whether a test around a node, or one before it that may leave, asks for an entry or for the table that it stands in: `if
/// (!lists.has(key))`, `lists[key] ||`.
#[must_use]
pub fn is_asked_for(model: &Model<'_>, entry: &Place, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let table = entry.parent();
    let names = |node: NodeId| {
        matches!(tree.kind(node), Kind::Identifier | Kind::Member | Kind::Index | Kind::Call) && {
            let place = model.file.place(node);
            place == *entry || Some(&place) == table.as_ref()
        }
    };
    let asks = |test: NodeId| tree.subtree(test).any(names);
    let mut child = node;
    tree.within_function(node).any(|parent| {
        let inner = std::mem::replace(&mut child, parent);
        match tree.kind(parent) {
            Kind::If | Kind::Conditional | Kind::Logical | Kind::While | Kind::Switch => {
                tree.first(parent).is_some_and(|test| test != inner && asks(test))
            }
            Kind::Block => leaving_tests(model, parent)
                .into_iter()
                .take_while(|(before, ..)| *before < inner)
                .any(|(_, test, _)| asks(test)),
            _ => false,
        }
    })
}

/// `if (test) return;`: what comes after runs if the test fails.
fn left_by(model: &Model<'_>, statement: NodeId, known: &mut Vec<(NodeId, bool)>) {
    let tree = &model.file.tree;
    if tree.kind(statement) != Kind::If {
        return;
    }
    let leaves = |slot| tree.child(statement, slot).is_some_and(|branch| guard::always_leaves(model, branch));
    match (leaves(1), leaves(2)) {
        (true, false) => add(model, tree.first(statement), false, known),
        (false, true) => add(model, tree.first(statement), true, known),
        _ => {}
    }
}

fn add(model: &Model<'_>, test: Option<NodeId>, outcome: bool, known: &mut Vec<(NodeId, bool)>) {
    let tree = &model.file.tree;
    let mut open: Vec<(NodeId, bool)> = test.map(|test| (test, outcome)).into_iter().collect();
    while let Some((test, outcome)) = open.pop() {
        match (tree.unary_op(test), tree.logical_op(test), outcome) {
            (Some(UnaryOp::Not), ..) => open.extend(tree.first(test).map(|inner| (inner, !outcome))),
            (_, Some(LogicalOp::And), true) | (_, Some(LogicalOp::Or), false) => {
                open.extend(tree.children(test).map(|part| (part, outcome)));
            }
            _ => known.push((test, outcome)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::syntax::{self, Language};

    /// The tests that are known where `here()` stands, as they are written, those that failed with `!` before them.
    fn known(body: &str) -> Vec<String> {
        let text = format!("function f(a, b, c) {{ {body} }}");
        let lowered =
            syntax::parse(&text, Language::JavaScript).map(syntax::lower).expect("it is JavaScript");
        let catalog = Catalog::default();
        let model = Model::new(&lowered, &catalog);
        let tree = &lowered.tree;
        let is_here =
            |&node: &NodeId| tree.callee(node).and_then(|callee| model.callee_name(callee)) == Some("here");
        let here = tree.ids().find(is_here).expect("`here` is called");
        let shown = |(test, outcome): (NodeId, bool)| {
            let span = tree.span(test);
            let text = &text[span.start as usize..span.end as usize];
            if outcome { text.to_owned() } else { format!("!{text}") }
        };
        let told = |told| match told {
            Told::Branch(test, outcome) => parts(&model, test, outcome),
            Told::Behind { block, statement } => leaving_tests(&model, block)
                .into_iter()
                .filter(|&(before, ..)| before < statement)
                .map(|(_, test, outcome)| (test, outcome))
                .collect(),
        };
        let mut known: Vec<String> = around(&model, here).flat_map(told).map(shown).collect();
        known.sort();
        known
    }

    #[test]
    fn branches_around_it() {
        assert_eq!(known("if (a) here();"), ["a"]);
        assert_eq!(known("if (a) {} else here();"), ["!a"]);
        assert_eq!(known("if (a) { while (b) { c ? here() : 0; } }"), ["a", "b", "c"]);
        assert_eq!(known("a && here(); b || c;"), ["a"]);
        assert_eq!(known("a || here();"), ["!a"]);
        assert_eq!(known("a ?? here();"), [] as [&str; 0]);
    }

    #[test]
    fn what_is_said_of_several() {
        assert_eq!(known("if (a && !b) here();"), ["!b", "a"]);
        assert_eq!(known("if (!(a || b)) here();"), ["!a", "!b"]);
        assert_eq!(known("if (a || b) here();"), ["a || b"]);
        assert_eq!(known("if (a && b) {} else here();"), ["!a && b"]);
    }

    #[test]
    fn what_leaves_before() {
        assert_eq!(known("if (!a) return; here();"), ["a"]);
        assert_eq!(known("if (a) { b(); } else { throw c; } here();"), ["a"]);
        assert_eq!(known("if (a) b(); here();"), [] as [&str; 0]);
        assert_eq!(known("here(); if (a) return;"), [] as [&str; 0]);
        assert_eq!(known("if (a) return; (() => here())();"), [] as [&str; 0]);
    }

    #[test]
    fn the_test_itself_knows_nothing() {
        assert_eq!(known("if (here()) {}"), [] as [&str; 0]);
        assert_eq!(known("while (here()) {}"), [] as [&str; 0]);
    }
}
