//! Connections whose request could not be read: whoever listens to 'clientError' of a server is to close the socket.
//!
//! Node closes it by itself only while nobody listens (Node's documentation of the event).

use crate::claim::{LocalClaim, Note};
use crate::finding::Role;
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tree::Kind;

/// Methods of a socket that close it, now or when all is written.
const ENDERS: &[&str] = &["end", "destroy", "destroySoon", "resetAndDestroy"];

/// The claim about `server.on('clientError', (error, socket) => …)` where the socket is left as it is.
pub(super) fn claim(file: &FileView<'_, '_>, call: NodeId) -> Option<LocalClaim> {
    let model = file.model;
    let tree = &model.file.tree;
    let (server, "on" | "once" | "addListener" | "prependListener") = tree.method_call(call)? else {
        return None;
    };
    let is_event = tree.arg(call, 0).and_then(|event| tree.string(event)) == Some("clientError");
    let listener = tree.arg(call, 1).filter(|_| is_event)?;
    let is_sure = is_server(model, server)?;
    let func = model.function_of(listener)?;
    let params: Vec<NodeId> = model.file.params(func).collect();
    let socket = match params.get(1) {
        Some(&param) => Some(tree.binding(param)?),
        // What takes all arguments as they are may close the second.
        None if params.iter().any(|&param| tree.kind(param) == Kind::Rest) => return None,
        None => None,
    };
    let is_left = |usage: &Usage| match usage {
        Usage::Method { name, .. } => !ENDERS.contains(&tree.text(*name)),
        usage => !matches!(
            usage,
            Usage::Argument { .. }
                | Usage::Stored(_)
                | Usage::Aliased(_)
                | Usage::Returned(_)
                | Usage::Destructured(_)
                | Usage::Spread(_)
        ),
    };
    let is_closed = socket.is_some_and(|socket| {
        let place = Place::root(Root::Binding(socket));
        !file.accesses.of(&place).all(|access| is_left(&access.usage))
    });
    if is_closed || mentions_arguments(file, func) {
        return None;
    }
    let shown = model.file.display(&model.file.place(server));
    Some(LocalClaim {
        message: "the socket of a request that cannot be read stays open: with a listener for `clientError`, nothing else closes it"
            .to_owned(),
        help: "call `socket.destroy()` in the listener, or answer with `socket.end(…)`".to_owned(),
        subject: format!("{shown} clientError"),
        conventions: u8::from(!is_sure),
        notes: vec![Note {
            role: Role::Holder,
            message: "this listener leaves the socket as it is".to_owned(),
            span: tree.span(model.file.function(func).node),
        }],
        ..LocalClaim::default()
    })
}

/// Whether an emitter is an HTTP server: by its type, or by what it is called.
fn is_server(model: &Model<'_>, node: NodeId) -> Option<bool> {
    if let Some(ty) = model.model_of(model.ty(node)) {
        return model.catalog.is_a(ty, "http.Server").then_some(true);
    }
    let mut at = node;
    while let Some((inner, "on" | "once" | "addListener")) = model.file.tree.method_call(at) {
        at = inner;
    }
    let name = model.callee_name(at)?.to_ascii_lowercase();
    ["server", "listener", "app", "http", "https"].iter().any(|word| name.ends_with(word)).then_some(false)
}

/// Whether a function looks at its arguments in another way than by its parameters.
fn mentions_arguments(file: &FileView<'_, '_>, func: outlive_semantic::index::FuncId) -> bool {
    let tree = &file.model.file.tree;
    let node = file.model.file.function(func).node;
    tree.subtree(node).any(|at| tree.kind(at) == Kind::Identifier && tree.name(at) == Some("arguments"))
}
