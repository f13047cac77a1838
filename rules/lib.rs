//! The rules of outlive, and what it knows about libraries.
//!
//! A rule is a folder: its visitor and metadata in `mod.rs`, its page in `README.md`. [`RULES`] lists them all.

mod asked;
pub mod claim;
pub mod engine;
mod exported;
mod factory;
pub mod finding;
pub mod lifetime;
mod memo;
mod mend;
pub mod models;
pub mod precision;
pub mod rule;
pub mod trace;

pub use finding::{Confidence, Edit, Finding, Fix, Retainer, Role, Severity};
pub use rule::{Category, Meta, Rule};

mod acquire;
mod churn;
mod disposers;
mod doubts;
mod ending;
mod getter;
mod hoist;
mod ignored_backpressure;
mod ignored_listener_options;
mod leaked_listener;
mod leaked_observer;
mod leaked_resource;
mod leaked_subscription;
mod leaked_timer;
mod list;
mod local;
mod mismatched_removal;
mod observed;
mod outlived;
mod overwritten;
mod owned;
mod pairing;
mod pairs;
mod pending_race;
mod per_call_client;
mod per_call_construction;
mod per_call_literal;
mod per_call_registration;
mod retained_request;
mod retained_scope;
mod retained_slice;
mod returned;
mod shown;
mod silenced_listener_warning;
mod slot;
mod stoppable;
mod unaborted;
mod unbounded_buffer;
mod unbounded_collection;
mod unbounded_concurrency;
mod unbounded_library_cache;
mod unbounded_queue;
mod unbounded_registry_key;
mod unbounded_wait;
mod uncleared_performance_entries;
mod unconsumed_response;
mod whole_payload_buffering;

/// Every rule, sorted by id.
pub const RULES: &[&dyn Rule] = &[
    &ignored_backpressure::IgnoredBackpressure,
    &ignored_listener_options::IgnoredListenerOptions,
    &leaked_listener::LeakedListener,
    &leaked_observer::LeakedObserver,
    &leaked_resource::LeakedResource,
    &leaked_subscription::LeakedSubscription,
    &leaked_timer::LeakedTimer,
    &mismatched_removal::MismatchedRemoval,
    &pending_race::PendingRace,
    &per_call_client::PerCallClient,
    &per_call_construction::PerCallConstruction,
    &per_call_literal::PerCallLiteral,
    &per_call_registration::PerCallRegistration,
    &retained_request::RetainedRequest,
    &retained_scope::RetainedScope,
    &retained_slice::RetainedSlice,
    &silenced_listener_warning::SilencedListenerWarning,
    &unbounded_buffer::UnboundedBuffer,
    &unbounded_collection::UnboundedCollection,
    &unbounded_concurrency::UnboundedConcurrency,
    &unbounded_library_cache::UnboundedLibraryCache,
    &unbounded_queue::UnboundedQueue,
    &unbounded_registry_key::UnboundedRegistryKey,
    &unbounded_wait::UnboundedWait,
    &uncleared_performance_entries::UnclearedPerformanceEntries,
    &unconsumed_response::UnconsumedResponse,
    &whole_payload_buffering::WholePayloadBuffering,
];

/// The rule of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|rule| rule.meta().id == id)
}
