//! Listeners that work on a message while the next one comes: `emitter.on('message', async …)`.

use super::limiter;
use crate::claim::LocalClaim;
use crate::rule::FileView;
use outlive_semantic::catalog::{CallbackRow, Returned, When};
use outlive_semantic::index::FuncId;
use outlive_semantic::model::Handed;
use outlive_semantic::rate::Rate;
use outlive_semantic::work;

/// The claim about a function whose promise nobody looks at, and that is run for each message.
pub(super) fn claim(
    file: &FileView<'_, '_>,
    func: FuncId,
    handed: &Handed,
    callback: &CallbackRow,
) -> Option<LocalClaim> {
    let model = file.model;
    let is_endless = callback.returned == Returned::Ignored && callback.runs == When::At(Rate::Message);
    if !is_endless
        || !work::goes_on(model, func)
        || limiter::is_limited(model, model.file.function(func).node)
        || limiter::holds_back(file, func)
    {
        return None;
    }
    let tree = &model.file.tree;
    let callee = tree.callee(handed.call)?;
    let source = tree.method_call(handed.call).map_or(callee, |(object, _)| object);
    let shown = model.file.display(&model.file.place(source));
    let event = tree.arg(handed.call, 0).and_then(|event| model.file.constant_name(event));
    let what = match handed.option.or(event) {
        Some(name) => format!("its '{}' listener", tree.text(name)),
        None => "its listener".to_owned(),
    };
    Some(LocalClaim {
        message: format!("`{shown}` does not wait for {what}: any number of them are at work at once"),
        help: "put the work into a queue with a limit, and hold the source back while it is full".to_owned(),
        subject: format!("{shown} {what}"),
        unknowns: 1,
        ..LocalClaim::default()
    })
}
