//! A time to live that is looked at only when the same key is asked for again.

use super::site::is_sized;
use crate::claim::{Missed, Why};
use crate::rule::FileView;
use outlive_semantic::calls::{self, Target};
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Step};
use outlive_semantic::tree::{Kind, Span};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;

/// The releases that run only where an entry is read and found too old: `if (entry.until < Date.now()) table.delete(key)`.
/// What nobody asks for again stays. Whatever else takes entries out is for the project to judge.
pub(super) fn missed(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<Missed> {
    let is_entry = matches!(op.op, Op::Grow(Growth::Set | Growth::Key));
    if !is_entry || op.func.index() == 0 || is_sized(file, op) {
        return None;
    }
    let releases = lazy_releases(file, &op.holder);
    let at = *releases.first()?;
    Some(Missed { why: Why::Expired, at, releases: releases.to_vec(), ending: None })
}

/// Where entries of a collection go once they are found too old: each place where it grows asks.
#[derive(Default)]
struct LazyReleases(RefCell<FxHashMap<Place, Rc<[Span]>>>);

/// The releases of a collection that run only where an entry is read and found too old.
fn lazy_releases(file: &FileView<'_, '_>, holder: &Place) -> Rc<[Span]> {
    let find = || {
        let lazy = file.ops_on(holder, Op::Release).filter(|release| is_lazy(file, release));
        lazy.map(|release| file.model.file.tree.span(release.node)).collect()
    };
    let known = file.memos.of::<LazyReleases>();
    let mut known = known.0.borrow_mut();
    Rc::clone(known.entry(holder.clone()).or_insert_with(find))
}

/// Whether a release takes out one entry, which its function has read under the same key, and after a test of the time.
fn is_lazy(file: &FileView<'_, '_>, release: &CollectionOp) -> bool {
    let (model, tree) = (file.model, &file.model.file.tree);
    let Some(key) = release.key.map(|key| model.file.place(key)) else { return false };
    // What goes through the keys looks at all of them.
    if key.path.contains(&Step::Element) || !is_read_under(file, release, &key) {
        return false;
    }
    let body = model.file.body(release.func);
    let tests = body
        .into_iter()
        .flat_map(|body| tree.subtree(body))
        .filter(|&at| at < release.node && tree.kind(at) == Kind::If && tree.func(at) == release.func);
    tests.filter_map(|at| tree.first(at)).any(|test| tells_time(model, test))
}

/// Whether the function of a release reads the collection under its key.
fn is_read_under(file: &FileView<'_, '_>, release: &CollectionOp, key: &Place) -> bool {
    let (model, tree) = (file.model, &file.model.file.tree);
    let by_method = file
        .ops_on(&release.holder, Op::Lookup)
        .any(|read| read.func == release.func && read.key.is_some_and(|read| model.file.place(read) == *key));
    by_method
        || release.holder.clone().with(Step::Element).is_some_and(|element| {
            file.accesses.of(&element).filter(|access| access.func == release.func).any(|access| {
                tree.child(access.node, 1).is_some_and(|read| model.file.place(read) == *key)
                    && !tree.contains(release.node, access.node)
            })
        })
}

/// Whether a test asks how late it is, by itself, by a variable that holds the time, or by a function of the file.
fn tells_time(model: &Model<'_>, test: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.subtree(test).any(|node| match tree.kind(node) {
        Kind::Identifier => {
            let value = model.file.value_of(node);
            value.is_some_and(|value| is_time(model, value))
        }
        Kind::Call => {
            let callee = || tree.callee(node);
            let asks = |target| match target {
                Target::Function(func) => {
                    tree.subtree(model.file.function(func).node).any(|inner| is_time(model, inner))
                }
                _ => false,
            };
            is_time(model, node)
                || callee().and_then(|callee| calls::callee_target(model, node, callee)).is_some_and(asks)
        }
        _ => is_time(model, node),
    })
}

/// `Date.now()`, `performance.now()`, `new Date()`
fn is_time(model: &Model<'_>, node: NodeId) -> bool {
    let path = model.file.tree.callee(node).and_then(|callee| model.api_path(callee));
    matches!(path.as_deref(), Some("Date.now" | "performance.now" | "Date"))
}
