//! Removals that never run, since they stand behind a flag which nothing else sets.

use super::{note_added, what};
use crate::claim::LocalClaim;
use crate::pairing::matches;
use crate::rule::FileView;
use outlive_semantic::identity::Match;
use outlive_semantic::listeners::Removal;

/// `if (!disposed) return; disposed = true; node.removeEventListener(…)`: only what stands behind the test sets the flag.
pub(super) fn mismatch(file: &FileView<'_, '_>, position: usize, removal: &Removal) -> Option<LocalClaim> {
    let model = file.model;
    let flag = file.shut_behind(removal.call)?;
    let mut added = file.registrations_for(position);
    let added = added.find(|added| matches(model, added, removal) == Match::Must)?;
    let target = model.file.display(&removal.place);
    Some(LocalClaim {
        message: format!(
            "this never removes {} from `{target}`: only what stands behind the test of `{flag}` sets it",
            what(model, added)
        ),
        help: format!("turn the test of `{flag}` round"),
        subject: format!("{target} {flag}"),
        notes: vec![note_added(model, added)],
        ..LocalClaim::default()
    })
}
