//! A lock or slot that is taken and given back by two methods of one thing: what fails in between keeps it taken.

use crate::claim::{LocalClaim, Note};
use crate::finding::Role;
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::catalog::Taken;
use outlive_semantic::flow::{Edge, Flow};
use outlive_semantic::index::NodeId;
use outlive_semantic::place::Root;
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashSet;

/// The claim about `await gate.acquire()` whose `gate.release()` every way passes but the one on which something fails.
pub(super) fn claim(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let (object, method) = tree.method_call(call)?;
    let wait = tree.parent(call).filter(|&wait| tree.kind(wait) == Kind::Await && tree.is_discarded(wait));
    let (taken, start) = match wait {
        Some(wait) => (Taken::Turn, wait),
        None => (Taken::Note, call),
    };
    let backs = &model.catalog.pair(taken, method)?.backs;
    let place = model.file.place(object);
    let subject = tree.arg(call, 0).map(|subject| model.file.place(subject));
    let is_told = subject.as_ref().is_some_and(|subject| !matches!(subject.root, Root::Value(_)));
    if matches!(place.root, Root::Value(_)) || wait.is_none() && !(is_told && tree.is_discarded(call)) {
        return None;
    }
    let func = tree.func(call);
    let mut stops: FxHashSet<NodeId> = FxHashSet::default();
    for access in file.accesses.of(&place) {
        let Usage::Method { name, call: back } = access.usage else { continue };
        let is_same = || tree.arg(back, 0).map(|subject| model.file.place(subject)) == subject;
        if !backs.iter().any(|back| back == tree.text(name)) || wait.is_none() && !is_same() {
            continue;
        }
        if access.func != func {
            return None;
        }
        stops.insert(back);
    }
    let flow = Flow::of(model, func).filter(|_| !stops.is_empty())?;
    let start = *flow.points(start).first()?;
    let goes_well = |edge| !matches!(edge, Edge::Throw | Edge::MayThrow);
    if flow.escape(start, &stops, &goes_well).is_some() {
        return None;
    }
    let way = flow.escape(start, &stops, &|edge| edge != Edge::MayThrow)?;
    let at = way.at?;
    let shown = model.file.display(&place);
    let back = backs.first()?;
    Some(LocalClaim {
        message: format!("what `{shown}.{method}` takes is not given back when this fails"),
        help: format!("put `{shown}.{back}()` into a `finally`"),
        subject: format!("{shown} {method}"),
        must_repeat: true,
        notes: vec![Note {
            role: Role::Holder,
            message: format!("a failure here leaves without `{back}`"),
            span: tree.span(at),
        }],
        ..LocalClaim::default()
    })
}
