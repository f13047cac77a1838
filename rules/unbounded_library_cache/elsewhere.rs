//! Caches that one file makes and others put into.

use super::{META, expires, openness};
use crate::claim::{CacheClaim, CacheEnd, Claim, Kind as _, LocalClaim, Note};
use crate::finding::{Finding, Role};
use crate::rule::{Claims, FileView, ProjectView};
use crate::{exported, local};
use outlive_semantic::catalog::{CallRow, LibraryId};
use outlive_semantic::handle::Handle;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::Root;
use outlive_semantic::project::{FileId, Spot};
use outlive_semantic::summary::What;
use rustc_hash::FxHashMap;

/// The claim about a cache that this file exports.
pub(super) fn made(
    file: &FileView<'_, '_>,
    call: NodeId,
    of: &CallRow,
    handle: &Handle,
    claims: &mut Claims<'_>,
    said: impl Fn(&str) -> LocalClaim,
) {
    let model = file.model;
    let tree = &model.file.tree;
    let Some(place) = exported::place(model, call, handle) else { return };
    let Some(row) = &of.caches else { return };
    let shown = model.file.display(&place);
    let end = CacheEnd::Made(of.library, row.emptied_by.clone(), said(&shown));
    let holder = claims.names.place(model, &place);
    claims.add(META.id, tree.func(call), tree.span(call), CacheClaim { holder, shown, end });
}

/// The claim about `cache.set(key, value)` of something that another file has made, under a key that may come from anywhere.
pub(super) fn put(model: &Model<'_>, call: NodeId, claims: &mut Claims<'_>) {
    let tree = &model.file.tree;
    let Some((object, method)) = tree.method_call(call) else { return };
    if !model.catalog.fills(method) {
        return;
    }
    let place = model.file.place(object);
    if !matches!(place.root, Root::Module(_)) {
        return;
    }
    let rows = model.catalog.filled_by(method).filter_map(|of| Some((of.library, of.caches.as_ref()?)));
    let open = |(library, row)| Some((library, openness(model, row, call)?));
    let by: Vec<(LibraryId, u8)> =
        rows.filter(|(_, row)| !expires(model, row, call)).filter_map(open).collect();
    if by.is_empty() {
        return;
    }
    let (holder, shown) = (claims.names.place(model, &place), model.file.display(&place));
    let end = CacheEnd::Put(by);
    claims.add(META.id, tree.func(call), tree.span(call), CacheClaim { holder, shown, end });
}

/// What one file has made, as others see it.
struct Maker<'c> {
    file: FileId,
    claim: &'c Claim,
    library: LibraryId,
    said: &'c LocalClaim,
}

/// The findings about caches that are made in one file and filled in another.
pub(super) fn settle(claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
    let ends =
        || claims.iter().filter_map(|&(file, claim)| Some((file, claim, CacheClaim::of(&claim.body)?)));
    let mut makers: FxHashMap<Spot, Vec<Maker<'_>>> = FxHashMap::default();
    for (file, claim, cache) in ends() {
        let CacheEnd::Made(library, emptied_by, said) = &cache.end else { continue };
        let spot = view.project.canonical(file, &cache.holder);
        if !is_emptied(view, emptied_by, &spot) {
            makers.entry(spot).or_default().push(Maker { file, claim, library: *library, said });
        }
    }
    let mut found = Vec::new();
    for (file, claim, cache) in ends() {
        let CacheEnd::Put(by) = &cache.end else { continue };
        let Some(makers) = makers.get(&view.project.canonical(file, &cache.holder)) else { continue };
        for maker in makers {
            let Some(conventions) = by.iter().filter(|(of, _)| *of == maker.library).map(|of| of.1).min()
            else {
                continue;
            };
            let put = with_key(claim, cache, maker.said, conventions);
            for mut finding in local::settle_all(&[(file, &put)], view, &META) {
                (finding.file, finding.span) = (maker.file, maker.claim.at);
                found.push(finding);
            }
        }
    }
    found
}

/// What is said of a cache, said of the place where another file puts something in.
fn with_key(claim: &Claim, cache: &CacheClaim, said: &LocalClaim, conventions: u8) -> Claim {
    let message = format!("`{}` gets one more key here", cache.shown);
    let body = LocalClaim {
        conventions: said.conventions.saturating_add(conventions),
        notes: vec![Note { role: Role::Grows, message, span: claim.at }],
        ..said.clone()
    };
    Claim { body: body.into(), ..claim.clone() }
}

/// Whether a file takes all entries out of what another one has made.
fn is_emptied(view: &ProjectView<'_, '_>, emptied_by: &[String], spot: &Spot) -> bool {
    view.project.uses(spot).iter().any(|found| match found.row.what {
        What::Method(name, _) => {
            let method = view.project.name(found.file, name);
            emptied_by.iter().any(|wanted| wanted == method)
        }
        _ => false,
    })
}
