//! Whether what is acquired is handed to somebody else, who looks after it then.

use crate::rule::{FileView, Meta};
use crate::shown;
use outlive_semantic::flow::{Edge, Flow, contradicts};
use outlive_semantic::handle::{Escape, Handle, Release, ReleasePatterns};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tree::Kind;
use outlive_semantic::{calls, growth, model};
use rustc_hash::FxHashSet;

/// `pool.getConnection((error, connection) => …)`: the callback has it, and the call returns nothing.
pub(super) fn hands_to_callback(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let Some(callback) = tree.args(call).last().and_then(|arg| model.function_of(arg)) else { return false };
    let params: Vec<NodeId> = model.file.params(callback).collect();
    let is_error = |node: NodeId| {
        let name = tree.binding(node).map(|binding| tree.text(model.file.binding(binding).name));
        matches!(name, Some("e" | "er" | "err" | "error"))
    };
    tree.is_discarded(call) && params.len() >= 2 && is_error(params[0])
}

/// `pool.getConnection(done)`: whoever gave the callback gets it.
pub(super) fn hands_to_unknown(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_unknown = |arg: NodeId| match tree.kind(arg) {
        Kind::Identifier | Kind::Member => model.function_of(arg).is_none() && is_callback(model, arg),
        _ => false,
    };
    tree.is_discarded(call) && tree.args(call).last().is_some_and(is_unknown)
}

/// Whether a name is one that callbacks have.
fn is_callback(model: &Model<'_>, arg: NodeId) -> bool {
    let name = model.callee_name(arg).unwrap_or_default();
    matches!(name, "cb" | "done" | "next" | "fn") || name.to_ascii_lowercase().ends_with("callback")
}

/// The ways out of sight on which it may be released: to functions of other files, of which the project can tell, and
/// all others.
pub(super) fn handovers<'h>(
    file: &FileView<'_, '_>,
    meta: &'static Meta,
    handle: &'h Handle,
    releases: &[Release],
    living: &[&Release],
    patterns: &ReleasePatterns,
) -> (Vec<(Place, u16)>, Vec<&'h Escape>) {
    let (mut later, mut now) = (Vec::new(), Vec::new());
    let keeps = |escape: &&Escape| {
        let is_used = meta.id == "per-call-client" && is_used(file.model, escape);
        let is_shown = living.is_empty() && shown::is_shown(file.model, escape, patterns);
        let stays = is_used || is_shown || is_lent(file.model, escape, handle, living);
        !stays && hands_over(file, escape, releases)
    };
    for escape in handle.escapes.iter().filter(keeps) {
        let abroad = match *escape {
            Escape::Argument { call, index } => handed_abroad(file.model, call, index),
            _ => None,
        };
        match abroad {
            Some(to) => later.push(to),
            None => now.push(escape),
        }
    }
    (later, now)
}

/// `http.get(url, { agent })`: a request goes through a client and leaves it as it is.
fn is_used(model: &Model<'_>, escape: &Escape) -> bool {
    let Escape::Argument { call, .. } = *escape else { return false };
    model.rows(call).iter().any(|row| row.request.is_some())
}

/// Whether a function is only lent the thing: whoever calls it releases it after that, on every way that does not throw.
fn is_lent(model: &Model<'_>, escape: &Escape, handle: &Handle, living: &[&Release]) -> bool {
    let Escape::Argument { call, .. } = *escape else { return false };
    let func = model.file.tree.func(call);
    let stops: FxHashSet<NodeId> =
        living.iter().filter(|release| release.func == func).map(|release| release.node).collect();
    if stops.is_empty() || stops.contains(&call) {
        return false;
    }
    let Some(flow) = Flow::of(model, func) else { return false };
    let goes_well =
        |edge| !matches!(edge, Edge::Throw | Edge::MayThrow) && !contradicts(model, edge, &handle.places);
    flow.points(call).first().is_some_and(|&start| flow.escape(start, &stops, &goes_well).is_none())
}

/// The function of another file that is handed the thing, which may do no more than look at it.
pub(super) fn handed_abroad(model: &Model<'_>, call: NodeId, index: usize) -> Option<(Place, u16)> {
    let tree = &model.file.tree;
    let callee = tree.callee(call).filter(|_| tree.kind(call) == Kind::Call)?;
    let calls::Target::Place(place) = calls::callee_target(model, call, callee)? else { return None };
    let is_ours = match place.root {
        Root::Module(name) => model::package_path(tree.text(name)).is_none(),
        Root::This(_) | Root::Exports => true,
        _ => false,
    };
    let index = u16::try_from(index).ok()?;
    is_ours.then_some((place, index))
}

/// Whether a way out of sight may end in a release: not the release calls themselves, nor code that only looks.
pub(crate) fn hands_over(file: &FileView<'_, '_>, escape: &Escape, releases: &[Release]) -> bool {
    let model = file.model;
    match escape {
        Escape::Argument { call, index } => {
            let is_release = releases.iter().any(|release| release.node == *call);
            let path = model.file.tree.callee(*call).and_then(|callee| model.api_path(callee));
            let only_looks = path
                .is_some_and(|path| path.starts_with("console.") || LOOKERS.contains(&&*path))
                || model.rows(*call).iter().any(|row| row.looks)
                || growth::is_only_looked_at(model, file.accesses, *call, *index);
            !is_release && !only_looks
        }
        Escape::Returned(_) | Escape::Elsewhere(_) => true,
    }
}

/// Why what goes there is not followed.
pub(super) fn escape_phrase(escape: &Escape) -> &'static str {
    match escape {
        Escape::Returned(_) => "it is returned: who gets it may release it",
        Escape::Argument { .. } => "it is handed to code that may release it",
        Escape::Elsewhere(_) => "it is put where it may be released",
    }
}

/// Functions of the language that only look at what they are handed; rows name those of libraries.
const LOOKERS: &[&str] = &["String", "Boolean", "Number", "JSON.stringify", "Symbol", "isNaN"];

/// The first name under which others can reach the thing. A part of a value is not reached in other ways than the value.
pub(super) fn shared_place<'h>(model: &Model<'_>, handle: &'h Handle) -> Option<&'h Place> {
    handle.places.iter().find(|&place| {
        let is_part = handle.places.iter().any(|whole| whole != place && place.starts_with(whole));
        is_shared(model, place) && !is_part && !matches!(place.root, Root::Value(_))
    })
}

/// Whether other files, or other functions through a field, can reach what is at a place.
pub(crate) fn is_shared(model: &Model<'_>, place: &Place) -> bool {
    match place.root {
        Root::Binding(binding) => !place.path.is_empty() || model.file.binding(binding).func.index() == 0,
        _ => true,
    }
}
