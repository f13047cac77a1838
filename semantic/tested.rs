//! What the tests around a node tell: it runs only if they came out one way.

use crate::guard;
use crate::index::NodeId;
use crate::model::Model;
use crate::tree::{Kind, LogicalOp, UnaryOp};

/// The tests of which the outcome is known where a node runs, inside its function, each with its outcome: those of
/// branches around it, and those that leave the function before it. `!`, and the `&&` and `||` that can be told
/// apart, are taken apart.
#[must_use]
pub fn known_at(model: &Model<'_>, node: NodeId) -> Vec<(NodeId, bool)> {
    let tree = &model.file.tree;
    let mut known = Vec::new();
    let mut child = node;
    for parent in tree.within_function(node) {
        let slot = tree.node(child).slot;
        let test = tree.first(parent);
        match tree.kind(parent) {
            Kind::If | Kind::Conditional if slot == 1 || slot == 2 => add(model, test, slot == 1, &mut known),
            Kind::While if slot == 1 => add(model, test, true, &mut known),
            Kind::Logical if slot == 1 => match tree.logical_op(parent) {
                Some(LogicalOp::And) => add(model, test, true, &mut known),
                Some(LogicalOp::Or) => add(model, test, false, &mut known),
                _ => {}
            },
            Kind::Block => {
                let before = tree.children(parent).take_while(|&statement| statement != child);
                before.for_each(|statement| left_by(model, statement, &mut known));
            }
            _ => {}
        }
        child = parent;
    }
    known
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
        let mut known: Vec<String> = known_at(&model, here).into_iter().map(shown).collect();
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
