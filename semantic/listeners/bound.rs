//! Removals that are made ready and called later: `this.stop = bus.removeListener.bind(bus, 'x', f)`.

use super::{Removal, removal, removes};
use crate::access::Accesses;
use crate::handle::{self, ReleasePatterns};
use crate::index::{FuncId, NodeId};
use crate::model::Model;
use crate::tree::Kind;
use smallvec::SmallVec;

/// The removals a call makes: now, or wherever what it gives is called.
#[must_use]
pub fn removals(model: &Model<'_>, accesses: &Accesses, call: NodeId) -> SmallVec<[Removal; 1]> {
    bound(model, accesses, call).unwrap_or_else(|| removal(model, call).into_iter().collect())
}

/// What a bound removing method takes away where it is called. What is handed on is called by somebody, for all that is
/// known.
fn bound(model: &Model<'_>, accesses: &Accesses, call: NodeId) -> Option<SmallVec<[Removal; 1]>> {
    let tree = &model.file.tree;
    let (method, _) = tree.method_call(call).filter(|&(_, name)| name == "bind")?;
    let name = tree.name(method).filter(|_| tree.kind(method) == Kind::Member)?;
    let target = tree.first(method).filter(|&target| removes(model, target, name))?;
    let (event, listener) = (tree.arg(call, 1)?, tree.arg(call, 2)?);
    let handle = handle::follow(model, accesses, call);
    let patterns = ReleasePatterns { called: true, ..ReleasePatterns::default() };
    let called = handle::releases(model, accesses, &handle, &patterns);
    let mut sites: SmallVec<[(NodeId, FuncId); 1]> =
        called.iter().map(|release| (release.node, release.func)).collect();
    if !handle.escapes.is_empty() {
        sites.push((call, tree.func(call)));
    }
    let options = tree.arg(call, 3);
    let made = |site| Removal::of(model, site, [target, event, listener], options);
    Some(sites.into_iter().map(made).collect())
}
