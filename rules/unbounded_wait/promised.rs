//! A promise around a request with callbacks, which nothing settles while the other side hangs.

use crate::asked::may_limit;
use crate::claim::{LocalClaim, Note};
use crate::finding::Role;
use outlive_semantic::catalog::Sender;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::tree::Kind;

/// Options by which a request ends itself.
const LIMITS: &[&str] = &["signal", "timeout"];

/// What a request without options of that kind may still be ended by: its methods, and events of its socket.
const ENDS: &[&str] = &["abort", "aborted", "close", "setTimeout", "signal", "timeout"];

/// The claim about `new Promise(…)` whose function asks another server, and sets no limit anywhere.
pub(super) fn claim(model: &Model<'_>, made: NodeId) -> Option<LocalClaim> {
    let tree = &model.file.tree;
    let is_promise = tree.kind(made) == Kind::New
        && tree.callee(made).and_then(|of| model.file.global_of(of)) == Some("Promise");
    let executor = tree.arg(made, 0).filter(|&at| is_promise && tree.kind(at) == Kind::Function)?;
    let request = tree.subtree(executor).find(|&node| is_request(model, node))?;
    if tree.args(request).any(|arg| hides_limit(model, arg)) || is_ended(model, executor) {
        return None;
    }
    let asks = tree.callee(request).and_then(|callee| model.api_path(callee))?;
    let note = Note {
        role: Role::Holder,
        message: format!("`{asks}` waits for as long as the other side pleases"),
        span: tree.span(request),
    };
    Some(LocalClaim {
        message: format!(
            "nothing settles this promise while `{asks}` hangs: the request that waits for it and its socket stay"
        ),
        help: "pass `signal: AbortSignal.timeout(…)` to the request, and reject on its `error`".to_owned(),
        subject: asks.to_string(),
        unknowns: 1,
        must_repeat: true,
        must_serve: true,
        notes: vec![note],
        ..LocalClaim::default()
    })
}

/// Whether a call sends a request whose answer comes by an event.
fn is_request(model: &Model<'_>, node: NodeId) -> bool {
    matches!(model.file.tree.kind(node), Kind::Call | Kind::New)
        && model.model_of(model.ty(node)).is_some_and(|of| {
            let of = model.catalog.model(of);
            of.sender == Some(Sender::Answer) && of.writable
        })
}

/// Whether an argument may be options that limit the request: all that is neither a function, a text, nor called an address.
fn hides_limit(model: &Model<'_>, arg: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_text = matches!(tree.kind(arg), Kind::String | Kind::Template) || model.ty(arg) == Ty::Text;
    let is_function = tree.kind(arg) == Kind::Function || matches!(model.ty(arg), Ty::Function(_));
    let shown = model.file.display(&model.file.place(arg)).to_ascii_lowercase();
    let is_address = ["url", "uri", "href", "address", "endpoint"].iter().any(|word| shown.ends_with(word));
    !is_text && !is_function && !is_address && may_limit(model, arg, LIMITS)
}

/// Whether anything in a function ends what hangs, or hears of its end.
fn is_ended(model: &Model<'_>, executor: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.subtree(executor).any(|node| {
        let word = match tree.kind(node) {
            Kind::String => tree.string(node),
            Kind::Member | Kind::Property => tree.name(node),
            Kind::Identifier => model.file.global_of(node),
            _ => None,
        };
        word.is_some_and(|word| ENDS.contains(&word))
    })
}
