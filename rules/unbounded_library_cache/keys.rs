//! Whether the keys of a cache come from outside.

use super::bound::named;
use outlive_semantic::catalog::CacheRow;
use outlive_semantic::growth::{Keys, key_kind};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::rate::Life;
use outlive_semantic::tree::Kind;

/// How many conventions there are in saying that the key of a call comes from outside; none if there are only so many.
pub(super) fn openness(model: &Model<'_>, row: &CacheRow, call: NodeId) -> Option<u8> {
    let tree = &model.file.tree;
    let key = tree.arg(call, 0)?;
    if row.weak {
        return tree
            .args(call)
            .filter(|&key| is_plain(model, key))
            .filter_map(|key| of_key(model, key))
            .min();
    }
    if row.keys.is_empty() {
        return of_key(model, key);
    }
    if row.skipped_by.iter().any(|(option, wanted)| {
        let value = tree.property(key, option).and_then(|value| model.file.constant_name(value));
        value.is_some_and(|value| tree.text(value) == wanted)
    }) {
        return None;
    }
    // What tells such keys apart is what they hold.
    let key = named(model, key);
    if tree.kind(key) != Kind::Object {
        return of_parts(model, key);
    }
    row.keys.iter().filter_map(|name| of_parts(model, tree.property(key, name)?)).min()
}

/// The same of each part of a key that is put together of several: the one that there are most of counts.
fn of_parts(model: &Model<'_>, key: NodeId) -> Option<u8> {
    let tree = &model.file.tree;
    let key = named(model, key);
    match tree.kind(key) {
        Kind::Array => tree.children(key).filter_map(|part| of_parts(model, part)).min(),
        Kind::Object => tree.children(key).filter_map(|part| of_parts(model, tree.last_child(part)?)).min(),
        _ => of_key(model, key),
    }
}

/// Whether a key is surely a text or a number.
fn is_plain(model: &Model<'_>, key: NodeId) -> bool {
    matches!(model.ty(key), Ty::Text | Ty::Number) || is_text_field(model, key) == Some(true)
}

/// Whether it is a field that rows say is a text, or one of a field all of whose own fields are: `req.url`, `req.params.id`.
fn is_text_field(model: &Model<'_>, key: NodeId) -> Option<bool> {
    let tree = &model.file.tree;
    let key = named(model, key);
    let name = tree.name(key).filter(|_| tree.kind(key) == Kind::Member)?;
    let owner = tree.first(key)?;
    if model.model_of(model.ty(owner)).is_some_and(|of| model.catalog.is_text(of, name)) {
        return Some(true);
    }
    let whole = tree.name(owner).filter(|_| tree.kind(owner) == Kind::Member)?;
    let of = model.model_of(model.ty(tree.first(owner)?))?;
    Some(model.catalog.is_text(of, &format!("{whole}.*")))
}

fn of_key(model: &Model<'_>, key: NodeId) -> Option<u8> {
    if model.file.tree.number(key).is_some() || key_kind(model, key) == Keys::Finite {
        return None;
    }
    let is_brought = model.lives(&model.file.place(key)).any(|life| life < Life::Server);
    Some(u8::from(!is_brought))
}
