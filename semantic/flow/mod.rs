//! The control-flow graph of a function, and the question asked of it: does every way out pass a release?
//!
//! Points are the expressions that do something (calls, awaits, assignments, yields) and the tests that decide; the
//! edges follow evaluation order. `finally` blocks are built once for each way of leaving them. Exceptional edges are
//! graded: an explicit `throw` and an awaited rejection are strong; a call that might throw is weak.

mod build;
pub(crate) mod graph;
mod quiet;

pub use graph::{Edge, Exit, Flow, Point, Way};
pub use quiet::may_fail_behind;

use crate::index::{FuncId, NodeId};
use crate::model::Model;
use crate::place::Place;
use crate::tree::{BinaryOp, Kind, UnaryOp};
use std::rc::Rc;

/// Larger graphs are not built: generated code, mostly.
const MAX_POINTS: usize = 20_000;

impl Flow {
    /// The graph of a function, built when it is first asked for; none if it has no body, or is too large to be followed.
    #[must_use]
    pub fn of(model: &Model<'_>, func: FuncId) -> Option<Rc<Self>> {
        if let Some(known) = model.flows.borrow().get(&func) {
            return known.clone();
        }
        let flow = Self::build(model, func).filter(|flow| !flow.truncated).map(Rc::new);
        model.flows.borrow_mut().insert(func, flow.clone());
        flow
    }
}

/// How a thing says that it has been given back: `runner.isReleased`, `socket.destroyed`.
const SAYS_ENDED: &[&str] =
    &["released", "closed", "destroyed", "ended", "disposed", "finished", "terminated"];

/// Whether a field, or the result of a method, tells of a handle that it has been given back.
fn says_ended(model: &Model<'_>, test: NodeId, places: &[Place]) -> bool {
    let tree = &model.file.tree;
    let asked = tree.method_call(test).or_else(|| tree.first(test).zip(tree.name(test)));
    asked.is_some_and(|(object, name)| {
        let name = name.to_ascii_lowercase();
        SAYS_ENDED.contains(&name.strip_prefix("is").unwrap_or(&name))
            && places.contains(&model.file.place(object))
    })
}

/// Whether a field of a handle is compared with a word, or a constant of that name, for what has been given back:
/// `context.state` with `'closed'`, `socket.readyState` with `WebSocket.CLOSED`.
fn names_end(model: &Model<'_>, field: NodeId, word: NodeId, places: &[Place]) -> bool {
    let tree = &model.file.tree;
    let named = match tree.kind(word) {
        Kind::String | Kind::Member => tree.name(word),
        _ => None,
    };
    let object = tree.first(field).filter(|_| tree.kind(field) == Kind::Member);
    named.is_some_and(|name| SAYS_ENDED.contains(&&*name.to_ascii_lowercase()))
        && object.is_some_and(|object| places.contains(&model.file.place(object)))
}

/// Whether a test asks whether a handle has a member: `'end' in worker`, `typeof worker.end === 'function'`. What is
/// acquired has what gives it back, and the code asks on account of what else may stand under that name.
fn asks_for_member(model: &Model<'_>, test: NodeId, places: &[Place]) -> bool {
    let tree = &model.file.tree;
    let (Some(left), Some(right)) = (tree.first(test), tree.child(test, 1)) else { return false };
    let is_handle = |node: NodeId| places.contains(&model.file.place(node));
    if tree.binary_op(test) == Some(BinaryOp::In) {
        return tree.string(left).is_some() && is_handle(right);
    }
    let member = tree.first(left).filter(|_| tree.unary_op(left) == Some(UnaryOp::Typeof));
    let member = member.filter(|&member| tree.kind(member) == Kind::Member);
    tree.string(right) == Some("function")
        && member.and_then(|member| tree.first(member)).is_some_and(is_handle)
}

/// Whether taking an edge contradicts that a handle is held: `if (conn)` is not false while `conn` is, and
/// `if (conn.isReleased)` not true.
#[must_use]
pub fn contradicts(model: &Model<'_>, edge: Edge, places: &[Place]) -> bool {
    let tree = &model.file.tree;
    let (test, outcome) = match edge {
        Edge::True(test) => (test, true),
        Edge::False(test) => (test, false),
        _ => return false,
    };
    match tree.kind(test) {
        Kind::Member | Kind::Call if outcome && says_ended(model, test, places) => true,
        Kind::Identifier | Kind::Member => !outcome && places.contains(&model.file.place(test)),
        Kind::Binary => {
            let (Some(left), Some(right)) = (tree.first(test), tree.child(test, 1)) else { return false };
            let is_gone = |subject: NodeId, other: NodeId| {
                model.is_nothing(other) && places.contains(&model.file.place(subject))
                    || names_end(model, subject, other, places)
            };
            let tells = is_gone(left, right) || is_gone(right, left);
            let has_it = asks_for_member(model, test, places);
            match tree.binary_op(test) {
                Some(BinaryOp::Equal) => tells && outcome || has_it && !outcome,
                Some(BinaryOp::NotEqual) => tells && !outcome || has_it && outcome,
                Some(BinaryOp::In) => has_it && !outcome,
                _ => false,
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::syntax::{self, Language};
    use rustc_hash::FxHashSet;

    /// Where `f` can be left after `acquire()` without passing `release()`.
    fn escape(body: &str) -> Option<Exit> {
        let text = format!("async function f(a, b) {{ {body} }}");
        let lowered = syntax::lower(syntax::parse(&text, Language::JavaScript).ok()?);
        let catalog = Catalog::default();
        let model = Model::new(&lowered, &catalog);
        let flow = Flow::build(&model, FuncId::from_raw(1))?;
        let tree = &lowered.tree;
        let calls = |name: &str| -> Vec<NodeId> {
            let named = |&n: &NodeId| tree.callee(n).and_then(|c| model.callee_name(c)) == Some(name);
            tree.ids().filter(named).collect()
        };
        let start = flow.points(*calls("acquire").first()?)[0];
        let stops: FxHashSet<NodeId> = calls("release").into_iter().collect();
        let places: Vec<Place> = tree
            .ids()
            .filter(|&n| tree.kind(n) == Kind::Identifier && model.callee_name(n) == Some("x"))
            .map(|n| lowered.place(n))
            .collect();
        let way = flow.escape(start, &stops, &|edge| !contradicts(&model, edge, &places))?;
        (!way.is_weak).then_some(way.exit)
    }

    #[test]
    fn straight_code_passes_its_release() {
        assert_eq!(escape("const x = acquire(); release(x)"), None);
        assert_eq!(escape("const x = acquire(); use(x)"), Some(Exit::End));
    }

    #[test]
    fn early_returns_and_throws_escape() {
        assert_eq!(escape("const x = acquire(); if (a) return 1; release(x)"), Some(Exit::Return));
        assert_eq!(escape("const x = acquire(); if (a) throw b; release(x)"), Some(Exit::Throw));
        assert_eq!(escape("const x = acquire(); await a; release(x)"), Some(Exit::Throw));
    }

    #[test]
    fn finally_covers_every_completion() {
        assert_eq!(
            escape("const x = acquire(); try { if (a) return 1; await b } finally { release(x) }"),
            None
        );
        assert_eq!(escape("const x = acquire(); try { await b } catch (e) { } release(x)"), None);
        assert_eq!(escape("const x = acquire(); await b.catch(() => null); release(x)"), None);
        assert_eq!(escape("const x = acquire(); await b.catch((e) => console.error(e)); release(x)"), None);
        assert_eq!(escape("const x = acquire(); await Promise.allSettled([b, c]); release(x)"), None);
        assert!(escape("const x = acquire(); await b.catch((e) => { throw e }); release(x)").is_some());
        assert_eq!(
            escape("const x = acquire(); try { await b } catch (e) { throw e } release(x)"),
            Some(Exit::Throw)
        );
    }

    #[test]
    fn loops_and_jumps_are_followed() {
        assert_eq!(escape("for (;;) { const x = acquire(); if (a) break; release(x) }"), Some(Exit::End));
        assert_eq!(
            escape(
                "l: for (;;) { for (;;) { const x = acquire(); try { break l } finally { release(x) } } }"
            ),
            None
        );
        assert_eq!(
            escape("const x = acquire(); switch (a) { case 1: release(x); break; default: release(x) }"),
            None
        );
        assert_eq!(escape("const x = acquire(); switch (a) { case 1: release(x) }"), Some(Exit::End));
    }

    #[test]
    fn tests_of_the_handle_itself_are_decided() {
        assert_eq!(escape("let x; try { x = acquire(); await a } finally { if (x) release(x) }"), None);
        assert_eq!(
            escape("let x; try { x = acquire(); await a } finally { if (x != null) release(x) }"),
            None
        );
        assert_eq!(escape("let x; try { x = acquire() } finally { if (b) release(x) }"), Some(Exit::End));
        assert_eq!(
            escape("let x; try { x = acquire(); await a } finally { if (x && !x.isReleased) release(x) }"),
            None
        );
        assert_eq!(
            escape("const x = acquire(); try { await a } finally { if (!x.closed()) release(x) }"),
            None
        );
        assert_eq!(
            escape("const x = acquire(); try { await a } finally { if (x.isReleased) release(x) }"),
            Some(Exit::Throw)
        );
        assert_eq!(escape("const x = acquire(); a && release(x)"), Some(Exit::End));
        assert_eq!(escape("const x = acquire(); if (x && 'end' in x) release(x)"), None);
        assert_eq!(escape("const x = acquire(); if (typeof x.end === 'function') release(x)"), None);
        assert_eq!(escape("const x = acquire(); if (typeof x.end !== 'function') return; release(x)"), None);
        assert_eq!(
            escape("const x = acquire(); if (typeof a.end === 'function') release(x)"),
            Some(Exit::End)
        );
        assert_eq!(escape("const x = acquire(); if ('end' in a) release(x)"), Some(Exit::End));
    }
}
