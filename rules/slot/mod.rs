//! Handles kept in a single slot, a field or a variable of a factory: overwritten while still armed, or out of reach of
//! the code that ends their owner.

mod again;
mod ends;
mod held;
mod keyed;
mod reach;
mod rearmed;
mod settlement;

pub(crate) use ends::{
    emptied, forgotten_sibling, is_waited_for, kept_after_end, left_by_watcher, missed_by_cleanup,
    missed_by_effect, missed_by_end, missed_by_handler, missed_by_unmount, missed_in_effect,
};
pub(crate) use held::{Held, component_of_ref, is_cleanup, is_effect_callback};
pub(crate) use keyed::overwritten_entry;
pub(crate) use reach::{Wanted, callers, reaches};
pub(crate) use rearmed::{
    armed_after_release, begun_after_cleanup, is_handed_to_new, overwritten, released_for_the_next,
};
pub(crate) use settlement::{
    kept_by_rejection, kept_by_settlement, missed_by_rejection, missed_by_settlement,
};
