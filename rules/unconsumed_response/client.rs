//! Clients that one file makes and others ask: `export const api = axios.create({ responseType: 'stream' })`.

use super::{META, awaited, stream};
use crate::claim::{AskedClaim, AskedEnd, Claim, Kind as _, LocalClaim, Note};
use crate::finding::{Finding, Role};
use crate::rule::{Claims, FileView, ProjectView};
use crate::{exported, local};
use outlive_semantic::catalog::{CallRow, ModelId, RequestRow};
use outlive_semantic::index::NodeId;
use outlive_semantic::place::Root;
use outlive_semantic::project::{FileId, Spot};
use outlive_semantic::tree::Span;
use rustc_hash::FxHashMap;

/// The claim about a client that this file makes and exports.
pub(super) fn made(file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
    let model = file.model;
    let tree = &model.file.tree;
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
        awaited::says(model, options, row) == Some(true)
    });
    let client = claims.names.place(model, &place);
    claims.add(
        META.id,
        tree.func(call),
        tree.span(call),
        AskedClaim { client, end: AskedEnd::Made(of, asks) },
    );
}

/// The claim about what a client of another file is asked for, if this file does not read the answer.
pub(super) fn asked(file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
    let model = file.model;
    let tree = &model.file.tree;
    let Some(callee) = tree.callee(call) else { return };
    let (client, method) = tree.method_call(call).map_or((callee, None), |(of, name)| (of, Some(name)));
    let place = model.file.place(client);
    if !matches!(place.root, Root::Module(_)) || model.api_path(callee).is_some() {
        return;
    }
    let rows = model.catalog.asked_of_clients(method);
    let ends: Vec<_> = rows.filter_map(|(of, row)| unread(file, call, of, row)).collect();
    if ends.is_empty() {
        return;
    }
    let client = claims.names.place(model, &place);
    claims.add(META.id, tree.func(call), tree.span(call), AskedClaim { client, end: AskedEnd::Asked(ends) });
}

/// What there is to say of an answer, if clients of a type give it.
fn unread(
    file: &FileView<'_, '_>,
    call: NodeId,
    of: ModelId,
    row: &CallRow,
) -> Option<(ModelId, bool, LocalClaim)> {
    let model = file.model;
    let request: &RequestRow = row.request.as_ref()?;
    let asks = awaited::asks_itself(model, call, request);
    let answer = model.catalog.find_type(request.answer.as_ref()?).filter(|_| asks != Some(false))?;
    let read = model.catalog.model(answer).unread.as_ref()?;
    let said = match &read.body {
        Some(_) => awaited::claim_as(file, call, read),
        None => stream::claim_as(file, call, read),
    };
    Some((of, asks == Some(true), said?))
}

/// The findings about clients that are made in one file and asked in another.
pub(super) fn settle(claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
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
        for mut finding in local::settle_all(&[(file, &whole)], view, &META) {
            let note = Note { role: Role::Holder, message: "the client is made here".to_owned(), span: at };
            finding.retainers.push(note.retainer(maker));
            found.push(finding);
        }
    }
    found
}
