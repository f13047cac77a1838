//! What is asked of clients, and with which options: those of a call hold, and where it says nothing those of the call that
//! made its client, also in another file.

use crate::claim::{AskedClaim, AskedEnd, Claim, Kind as _, LocalClaim, Note};
use crate::finding::{Finding, Role};
use crate::rule::{Claims, FileView, Meta, ProjectView};
use crate::{exported, local};
use outlive_semantic::access::Usage;
use outlive_semantic::catalog::{CallRow, ModelId, RequestRow};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::Root;
use outlive_semantic::project::{FileId, Spot};
use outlive_semantic::tree::{Kind, Span};
use rustc_hash::FxHashMap;

/// Whether options limit something, or cannot be read.
pub(crate) fn may_limit<S: AsRef<str>>(model: &Model<'_>, options: NodeId, limits: &[S]) -> bool {
    let tree = &model.file.tree;
    let value = model.file.value_of(options).unwrap_or(options);
    if tree.kind(value) != Kind::Object {
        return true;
    }
    tree.children(value).any(|part| match tree.kind(part) {
        Kind::Property => {
            tree.name(part).is_none_or(|name| limits.iter().any(|limit| limit.as_ref() == name))
        }
        _ => true,
    })
}

/// The call that made the client which a call asks.
pub(crate) fn maker(model: &Model<'_>, call: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let callee = tree.callee(call)?;
    let client = tree.method_call(call).map_or(callee, |(client, _)| client);
    let values = model.values(&model.file.place(client));
    std::iter::once(client).chain(values.iter().copied()).find(|&made| tree.is_call(made))
}

/// Whether a file sets one of some defaults of what it has at the places of a client: `client.defaults.timeout = 5000`.
pub(crate) fn sets_default(file: &FileView<'_, '_>, client: NodeId, names: &[String]) -> bool {
    let handle = file.follow(client);
    let names_it = |access: &outlive_semantic::access::Access| {
        let last = access.place.last_field().map(|name| file.model.file.tree.text(name));
        let is_set = matches!(access.usage, Usage::Assigned(_));
        is_set && last.is_some_and(|last| names.iter().any(|name| name == last))
    };
    handle.places.iter().any(|place| file.accesses.below(place).any(names_it))
}

/// The claim about a client that this file makes and exports; `says` tells whether its options leave something to be said of
/// what it is asked.
pub(crate) fn made(
    file: &FileView<'_, '_>,
    call: NodeId,
    meta: &Meta,
    claims: &mut Claims<'_>,
    says: impl Fn(&RequestRow, Option<NodeId>) -> bool,
) {
    let model = file.model;
    let tree = &model.file.tree;
    // What is thrown away nobody finds.
    if !tree.is_call(call) || tree.is_discarded(call) {
        return;
    }
    let Some(of) = model.model_of(model.ty(call)) else { return };
    let rows = || model.catalog.asked_of_clients(None).filter(|(client, _)| *client == of);
    let is_client = rows().next().is_some();
    if !is_client {
        return;
    }
    let handle = file.follow(call);
    let Some(place) = exported::place(model, call, &handle) else { return };
    let asks = rows().filter_map(|(_, row)| row.request.as_ref()).any(|row| {
        let options = row.made_with.and_then(|at| tree.arg(call, usize::from(at)));
        says(row, options)
    });
    let client = claims.names.place(model, &place);
    claims.add(
        meta.id,
        tree.func(call),
        tree.span(call),
        AskedClaim { client, end: AskedEnd::Made(of, asks) },
    );
}

/// The claim about what a client of another file is asked for; `said` is what there is to say of it if clients of a type are
/// asked so, and whether the call itself says enough.
pub(crate) fn asked(
    file: &FileView<'_, '_>,
    call: NodeId,
    meta: &Meta,
    claims: &mut Claims<'_>,
    said: impl Fn(&CallRow) -> Option<(bool, LocalClaim)>,
) {
    let model = file.model;
    let tree = &model.file.tree;
    let Some(callee) = tree.callee(call) else { return };
    let (client, method) = tree.method_call(call).map_or((callee, None), |(of, name)| (of, Some(name)));
    let place = model.file.place(client);
    if !matches!(place.root, Root::Module(_)) || model.api_path(callee).is_some() {
        return;
    }
    let rows = model.catalog.asked_of_clients(method);
    let ends: Vec<_> =
        rows.filter_map(|(of, row)| said(row).map(|(asks, claim)| (of, asks, claim))).collect();
    if ends.is_empty() {
        return;
    }
    let client = claims.names.place(model, &place);
    claims.add(meta.id, tree.func(call), tree.span(call), AskedClaim { client, end: AskedEnd::Asked(ends) });
}

/// The findings about clients that are made in one file and asked in another.
pub(crate) fn settle(
    claims: &[(FileId, &Claim)],
    view: &ProjectView<'_, '_>,
    meta: &'static Meta,
) -> Vec<Finding> {
    let ends =
        || claims.iter().filter_map(|&(file, claim)| Some((file, claim, AskedClaim::of(&claim.body)?)));
    let mut makers: FxHashMap<Spot, (FileId, Span, ModelId, bool)> = FxHashMap::default();
    for (file, claim, end) in ends() {
        if let AskedEnd::Made(of, asks) = end.end {
            makers.entry(view.project.canonical(file, &end.client)).or_insert((file, claim.at, of, asks));
        }
    }
    let mut found = Vec::new();
    for (file, claim, end) in ends() {
        let AskedEnd::Asked(answers) = &end.end else { continue };
        let Some(&(maker, at, made, by_making)) = makers.get(&view.project.canonical(file, &end.client))
        else {
            continue;
        };
        let mut answers = answers.iter().filter(|(of, asks, _)| *of == made && (*asks || by_making));
        let Some((.., said)) = answers.next() else { continue };
        let whole = Claim { body: said.clone().into(), ..claim.clone() };
        for mut finding in local::settle_all(&[(file, &whole)], view, meta) {
            let note = Note { role: Role::Holder, message: "the client is made here".to_owned(), span: at };
            finding.retainers.push(note.retainer(maker));
            found.push(finding);
        }
    }
    found
}
