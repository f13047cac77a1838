//! What is kept for a peer until that one says that it has it: a peer that never does keeps all of it.

use crate::claim::{LocalClaim, Note};
use crate::finding::Role;
use crate::rule::FileView;
use crate::unbounded_queue::{self, down};
use outlive_semantic::catalog::Sender;
use outlive_semantic::growth::{CollectionOp, Growth, Keys, Op, keys};
use outlive_semantic::identity::Identity;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::pending;
use outlive_semantic::place::{Place, Root};

/// The claim about one more thing that waits for a message of the peer.
pub(super) fn claim(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<LocalClaim> {
    let model = file.model;
    if !matches!(op.op, Op::Grow(Growth::Push | Growth::Set | Growth::Add | Growth::Key)) {
        return None;
    }
    let is_elsewhere = match op.holder.root {
        Root::Binding(binding) => model.file.binding(binding).func != op.func,
        Root::This(_) | Root::Class(_) => !op.holder.path.is_empty(),
        _ => false,
    };
    // What somebody waits for is a table of calls, whoever answers them.
    let is_waited_for = pending::is_executor(model, op.func)
        || op.value.is_some_and(|value| model.function_of(value).is_some());
    if !is_elsewhere || is_waited_for {
        return None;
    }
    let by_client = taken_by_peer(file, &op.holder, op.func, true);
    let taken = by_client.or_else(|| taken_by_peer(file, &op.holder, op.func, false))?;
    if keys(model, op) == Keys::Finite || unbounded_queue::is_depth_tested(file, &op.holder) {
        return file.drop(&super::META, op.node, || "its size is tested, or its keys are few".to_owned());
    }
    let shown = model.file.display(&op.holder);
    let note = |role, message: &str, node| Note {
        role,
        message: message.to_owned(),
        span: model.file.tree.span(node),
    };
    Some(LocalClaim {
        message: format!(
            "`{shown}` keeps what the peer has not answered, and only its messages take anything out"
        ),
        help: format!(
            "close the connection when `{shown}` passes a limit, or when an answer is too long in coming"
        ),
        subject: shown,
        // A peer that goes on listening and never answers is one that nobody has met yet.
        conventions: 1,
        unknowns: u8::from(by_client.is_none()),
        must_repeat: true,
        must_be_hot: true,
        notes: vec![
            note(Role::Grows, "one more waits for an answer here", op.node),
            note(Role::ReleasedHereOnly, "taken out here, when the peer says so", taken),
        ],
        ..LocalClaim::default()
    })
}

/// Where something is taken out, if that is nowhere but where a peer sends something, or all is over. `sure` peers are those
/// whose connections this program has accepted.
fn taken_by_peer(file: &FileView<'_, '_>, holder: &Place, filler: FuncId, sure: bool) -> Option<NodeId> {
    let mut found = None;
    for op in file.ops_on(holder, Op::Release).chain(file.ops_on(holder, Op::Reset)) {
        if file.model.constructs(op.func).is_some() || down::runs_at(file, op.func, down::OVER, 2) {
            continue;
        }
        if op.func == filler || !runs_for_peer(file, op.func, sure, 3) {
            return None;
        }
        found = found.or(Some(op.node));
    }
    found
}

/// Whether a function runs for what peers send, and for nothing else.
fn runs_for_peer(file: &FileView<'_, '_>, func: FuncId, sure: bool, fuel: u32) -> bool {
    let model = file.model;
    let listens = |around: FuncId| {
        model.handed(around).iter().filter_map(|handed| file.registration(handed.call)).any(|heard| {
            let of = model.model_of(model.ty(heard.target)).map(|of| model.catalog.model(of));
            matches!(&heard.event, Identity::Constant(event) if event == "message" || event == "data")
                && of.is_some_and(|of| match of.sender {
                    Some(sender) => sender == Sender::Connection || !sure && sender == Sender::Answer,
                    None => !sure && of.readable,
                })
        })
    };
    if model.file.enclosing(func).filter(|func| func.index() != 0).any(listens) {
        return true;
    }
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let callers = model.calls_of(func);
    !callers.is_empty()
        && callers.iter().all(|&call| runs_for_peer(file, model.file.tree.func(call), sure, fuel))
}
