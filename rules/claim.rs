//! What a visitor noticed in one file, with the conjuncts that only the project can close.

use outlive_semantic::catalog::{Container, ModelId};
use outlive_semantic::growth::{Growth, Keys};
use outlive_semantic::index::FuncId;
use outlive_semantic::place::Place;
use outlive_semantic::tree::Span;

/// One claim.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The rule that made it.
    pub rule: &'static str,
    /// The function in which it happens.
    pub func: FuncId,
    /// Where.
    pub at: Span,
    /// What.
    pub body: Body,
}

/// What is claimed.
#[derive(Clone, Debug)]
pub enum Body {
    /// A collection grows.
    Growth(GrowthClaim),
    /// A listener is added.
    Listener(ListenerClaim),
    /// Something is acquired.
    Acquire(AcquireClaim),
}

/// A collection grows here.
#[derive(Clone, Debug)]
pub struct GrowthClaim {
    /// The collection, in the names of the summary.
    pub holder: Place,
    /// How the source names it.
    pub shown: String,
    /// How it grows.
    pub growth: Growth,
    /// Under what keys.
    pub keys: Keys,
    /// How the source names the key.
    pub key: String,
    /// The container, if this file knows.
    pub container: Option<Container>,
    /// Its type, if it is a catalog type.
    pub model: Option<ModelId>,
    /// Where it is declared, if here.
    pub declared: Option<Span>,
    /// The flag that lets it happen once.
    pub once: Option<Place>,
    /// It stands in a loop.
    pub in_loop: bool,
    /// The function looks the key up before: a cache.
    pub looked_up: bool,
    /// The size is tested around it.
    pub sized: bool,
    /// What is stored came in as it is, from a function that registers: a table of plug-ins.
    pub registry: bool,
}

/// A listener is added here.
#[derive(Clone, Debug)]
pub struct ListenerClaim {
    /// What it is added to.
    pub target: Place,
    /// How the source names it.
    pub shown: String,
    /// The event, if it is constant.
    pub event: Option<String>,
    /// The method that adds.
    pub method: String,
}

/// Something is acquired here.
#[derive(Clone, Debug)]
pub struct AcquireClaim {
    /// What it is: `interval`.
    pub what: String,
    /// Where the handle goes; none: nowhere.
    pub handle: Option<Place>,
    /// How the source names the handle.
    pub shown: String,
}
