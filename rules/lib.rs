//! The rules of outlive, and what it knows about libraries.
//!
//! A rule is a folder: its visitor and metadata in `mod.rs`, its page in `README.md`. [`RULES`] lists them all.

pub mod claim;
pub mod engine;
pub mod finding;
pub mod lifetime;
pub mod models;
pub mod rule;
pub mod trace;

pub use finding::{Confidence, Edit, Finding, Fix, Retainer, Role, Severity};
pub use rule::{Category, Meta, Rule};

mod acquire;
mod churn;
mod ending;
mod hoist;
mod ignored_backpressure;
mod ignored_listener_options;
mod leaked_listener;
mod leaked_observer;
mod leaked_resource;
mod leaked_subscription;
mod leaked_timer;
mod local;
mod mismatched_removal;
mod owned;
mod pairing;
mod per_call_client;
mod per_call_construction;
mod per_call_literal;
mod per_call_registration;
mod silenced_listener_warning;
mod slot;
mod unbounded_collection;
mod unbounded_library_cache;
mod unbounded_registry_key;
mod uncleared_performance_entries;
mod unconsumed_response;

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
    &per_call_client::PerCallClient,
    &per_call_construction::PerCallConstruction,
    &per_call_literal::PerCallLiteral,
    &per_call_registration::PerCallRegistration,
    &silenced_listener_warning::SilencedListenerWarning,
    &unbounded_collection::UnboundedCollection,
    &unbounded_library_cache::UnboundedLibraryCache,
    &unbounded_registry_key::UnboundedRegistryKey,
    &uncleared_performance_entries::UnclearedPerformanceEntries,
    &unconsumed_response::UnconsumedResponse,
];

/// The rule of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|rule| rule.meta().id == id)
}
