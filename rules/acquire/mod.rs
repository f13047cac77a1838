//! What the rules about acquired things share: following the handle, looking for its release, judging what is left.

mod acquired;
mod given;
mod handover;
mod paths;
mod place_taken;
mod release;
mod request;
mod row;
mod settle;
mod target;

pub(crate) use crate::claim::Target;
pub(crate) use acquired::{Acquired, Text, help, release_names};
pub(crate) use given::giver;
pub(crate) use handover::{hands_over, is_shared};
pub(crate) use paths::{error_param, executed_by, gap, is_continuation, is_set};
pub(crate) use release::{claim, claim_handle, claim_held, leftover, surely_leaves};
pub(crate) use row::{row, visit};
pub(crate) use settle::{settle, settle_all};
