//! Queues that take back what could not be sent: while that fails, all of it stays.

use super::note;
use crate::claim::LocalClaim;
use crate::finding::Role;
use crate::rule::FileView;
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::place::Place;
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::cell::RefCell;

/// What is said of a list that is sent as a whole, and filled again where that failed; none of any other.
pub(super) fn claim(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<LocalClaim> {
    let put_back = put_back(file, &op.holder, op.func)?;
    let model = file.model;
    let shown = model.file.display(&op.holder);
    Some(LocalClaim {
        message: format!(
            "`{shown}` takes back what could not be sent: nothing limits its depth while that fails"
        ),
        help: format!("test `{shown}.length` before `push`: drop the oldest, or give up after some attempts"),
        subject: shown,
        // How long that fails nobody measured.
        conventions: 1,
        notes: vec![
            note(model, Role::Grows, "one more waits here", op.node),
            note(model, Role::Grows, "what could not be sent comes back here", put_back),
        ],
        ..LocalClaim::default()
    })
}

/// Where something comes back that was taken out: where what was done with it fails.
fn put_back(file: &FileView<'_, '_>, holder: &Place, filler: FuncId) -> Option<NodeId> {
    let known = file.memos.of::<AllPutBack>();
    let mut known = known.0.borrow_mut();
    let back = known.entry(holder.clone()).or_insert_with(|| all_put_back(file, holder));
    back.iter().find(|(func, _)| *func != filler).map(|&(_, node)| node)
}

/// Where something comes back to one list, and in which functions: the first place, and the first in another function, so
/// that there is one for whoever asks.
type PutBack = SmallVec<[(FuncId, NodeId); 2]>;

/// The same by list: each place where one grows asks.
#[derive(Default)]
struct AllPutBack(RefCell<FxHashMap<Place, PutBack>>);

fn all_put_back(file: &FileView<'_, '_>, holder: &Place) -> PutBack {
    let grows =
        file.ops_on(holder, Op::Grow(Growth::Push)).chain(file.ops_on(holder, Op::Grow(Growth::Rebuild)));
    let mut out = PutBack::new();
    for op in grows.chain(file.ops_on(holder, Op::Reset)) {
        let is_news = out.len() < 2 && out.iter().all(|(func, _)| *func != op.func);
        if is_news && is_after_failure(file, op, holder) {
            out.push((op.func, op.node));
        }
    }
    out
}

fn is_after_failure(file: &FileView<'_, '_>, op: &CollectionOp, holder: &Place) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    let in_catch = tree.within_function(op.node).any(|around| tree.kind(around) == Kind::Catch);
    let is_rejection = |call: NodeId, at: usize| {
        matches!((tree.method_call(call), at), (Some((_, "catch")), 0) | (Some((_, "then")), 1))
    };
    let handles = || model.handed(op.func).iter().any(|handed| is_rejection(handed.call, handed.arg));
    if !in_catch && !handles() {
        return false;
    }
    // What comes back is what was taken out around it, by a name.
    let names = op.value.into_iter().chain(tree.args(op.node)).flat_map(|value| tree.subtree(value));
    let mut taken = names.filter_map(|node| model.file.value_of(node));
    taken.any(|value| tree.subtree(value).any(|node| model.file.place(node) == *holder))
}
