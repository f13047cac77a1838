//! What only one can have at a time: where a call names it by a constant, there is never a second one of what it acquires.

use outlive_semantic::constant;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::Root;
use outlive_semantic::tree::Kind;

/// Whether a call may be given another one each time: a port that is handed in, 0 or nothing at all, which stand for any
/// that is free.
pub(super) fn differs(model: &Model<'_>, call: NodeId, at: usize) -> bool {
    told(model, call, at).is_none_or(|value| varies(model, value))
}

/// Whether a call is told which one to take, be it another one each time.
pub(super) fn is_told(model: &Model<'_>, call: NodeId, at: usize) -> bool {
    told(model, call, at).is_some_and(|value| constant::number(model, value) != Some(0.0))
}

/// What a call is told to take, itself or in a field of its options.
fn told(model: &Model<'_>, call: NodeId, at: usize) -> Option<NodeId> {
    let tree = &model.file.tree;
    let arg = tree.arg(call, at)?;
    match tree.kind(arg) {
        Kind::Object => ["port", "path"].iter().find_map(|name| tree.property(arg, name)),
        Kind::Function => None,
        _ => Some(arg),
    }
}

fn varies(model: &Model<'_>, value: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.kind(value) {
        Kind::String => false,
        _ => match constant::number(model, value) {
            Some(port) => port == 0.0,
            None => tree.subtree(value).any(|part| is_of_call(model, part)),
        },
    }
}

/// Whether a name is one that each call of a function, or each instance, has a value of its own for.
fn is_of_call(model: &Model<'_>, part: NodeId) -> bool {
    match model.file.place(part).root {
        Root::Binding(binding) => {
            model.file.tree.kind(part) == Kind::Identifier && model.file.binding(binding).func.index() != 0
        }
        Root::This(_) => true,
        _ => false,
    }
}
