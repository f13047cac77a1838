//! Queues that wait for a connection: filled while it is down or slow, and emptied when it takes something again.

use super::note;
use crate::claim::LocalClaim;
use crate::finding::Role;
use crate::rule::FileView;
use outlive_semantic::growth::{CollectionOp, Op};
use outlive_semantic::identity::Identity;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::place::Place;

/// Events after which something can be sent.
const BACK: &[&str] = &[
    "open",
    "connect",
    "connected",
    "reconnect",
    "reconnected",
    "ready",
    "online",
    "secureconnect",
    "connection",
    "drain",
];

/// Events and methods with which all of it is over.
pub(crate) const OVER: &[&str] =
    &["close", "end", "destroy", "dispose", "stop", "disconnect", "disconnected", "clear", "reset"];

/// What is said of a list that is emptied only when a connection comes; none of any other.
pub(super) fn claim(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<LocalClaim> {
    let emptied = emptied_when_back(file, &op.holder, op.func)?;
    let model = file.model;
    let shown = model.file.display(&op.holder);
    let (depth, fills) = super::depth_of(op);
    Some(LocalClaim {
        message: format!(
            "`{shown}` keeps all that comes while nothing can be sent: nothing limits its depth"
        ),
        help: format!("test `{shown}.{depth}` before `{fills}`: refuse, or drop the oldest"),
        subject: shown,
        // How long a connection is down nobody measured.
        conventions: 1,
        notes: vec![
            note(model, Role::Grows, "one more waits here", op.node),
            note(model, Role::ReleasedHereOnly, "emptied here, when something can be sent again", emptied),
        ],
        ..LocalClaim::default()
    })
}

/// Where a list is emptied, if that is nowhere but where a connection comes, or all is over.
fn emptied_when_back(file: &FileView<'_, '_>, holder: &Place, filler: FuncId) -> Option<NodeId> {
    let mut found = None;
    for op in file.ops_on(holder, Op::Release).chain(file.ops_on(holder, Op::Reset)) {
        if file.model.constructs(op.func).is_some() || runs_at(file, op.func, OVER, 2) {
            continue;
        }
        if op.func == filler || !runs_at(file, op.func, BACK, 2) {
            return None;
        }
        found = found.or(Some(op.node));
    }
    found
}

/// Whether a function runs at certain events and nowhere else: it listens to one, is called as one is (`onOpen`), or is
/// called by such functions alone.
pub(crate) fn runs_at(file: &FileView<'_, '_>, func: FuncId, events: &[&str], fuel: u32) -> bool {
    let model = file.model;
    for around in model.file.enclosing(func).filter(|func| func.index() != 0) {
        let handed = model.handed(around).iter();
        let mut heard = handed.filter_map(|handed| file.registration(handed.call)).peekable();
        let is_listener = heard.peek().is_some();
        let is_one = |event: &Identity| matches!(event, Identity::Constant(event) if is_named(event, events));
        if heard.any(|heard| is_one(&heard.event))
            || is_named(model.file.function_name(around).unwrap_or_default(), events)
        {
            return true;
        }
        // What it is added in runs at another time.
        if is_listener {
            return false;
        }
    }
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let callers = model.calls_of(func);
    !callers.is_empty() && callers.iter().all(|&call| runs_at(file, model.file.tree.func(call), events, fuel))
}

/// `open`, `onopen`, `handleOpen`, `_onConnect`
fn is_named(name: &str, events: &[&str]) -> bool {
    let lower = name.trim_start_matches(['_', '#']).to_ascii_lowercase();
    let event = lower.strip_prefix("on").or_else(|| lower.strip_prefix("handle")).unwrap_or(&lower);
    events.contains(&event)
}
