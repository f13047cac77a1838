//! Claims about what grows, and about what it keeps.

use super::gap::Gap;
use super::note::Note;
use crate::finding::Fix;
use outlive_semantic::catalog::{Container, ModelId};
use outlive_semantic::growth::{Growth, Keys};
use outlive_semantic::place::Place;
use outlive_semantic::rate::Life;
use outlive_semantic::tree::Span;
use serde::{Deserialize, Serialize};

/// A collection grows here.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    /// It is a field of an options object that was handed in.
    pub on_options: bool,
    /// Whoever makes the instance may hand one in: only else the instance makes its own.
    pub offered: bool,
    /// What takes entries out, and leaves this one.
    pub missed: Option<Missed>,
    /// It may ask first whether it runs on a server.
    pub asks_where: bool,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
    /// It is a property of a thing that has methods to add and take away, which do not know of it.
    pub beside_methods: bool,
    /// A constructor puts the instance that it makes into the collection, under what belongs to the instance.
    pub is_each: bool,
    /// Such instances have a method that ends them.
    pub each_ends: bool,
    /// What is under the key is looked up and makes room for the new entry.
    pub replaces: bool,
    /// The key is a part of what a client sent.
    pub from_client: bool,
    /// What is kept is a formatter of `Intl`: there are as many keys as locales and sets of options.
    pub formatter: bool,
    /// The parts that the key is put together from, as the source names them; none if it is not.
    pub key_parts: Vec<String>,
    /// What all keys are drawn from, if other files have to say whether there are few of them.
    pub drawn_from: Vec<Place>,
    /// What is filled beside it, as the source names it, and where that loses an entry.
    pub sibling: Option<(String, Span)>,
    /// Nothing ever looks at an entry.
    pub unread: bool,
    /// It calls itself a table of what waits for its end, and nothing takes that away.
    pub waiting: bool,
    /// The key is put together from something of which there is no end.
    pub open: bool,
    /// It is reached through a key of a `WeakMap` alone, and goes with that.
    pub weakly: bool,
    /// An entry is no more than a flag or a number that the code writes out: some 70 bytes with its key.
    pub is_flag: bool,
    /// What is put in is a function around the one before, and the code shows that this is done again and again.
    pub is_chain: bool,
    /// The key is called as what tells one of those who call from the others: `callerId`, `client.address`.
    pub of_caller: bool,
    /// Its owner counts what is put in: the key is a number of the owner's that goes up.
    pub is_numbered: bool,
    /// It grows only until something is ready.
    pub until_ready: bool,
    /// It grows while one thing is read that the same run has begun, and is read when that ends.
    pub read_at_end: bool,
}

/// Releases of a collection that leave what one site adds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Missed {
    /// Why they do.
    pub why: Why,
    /// The node that shows it.
    pub at: Span,
    /// The releases.
    pub releases: Vec<Span>,
    /// The ending that they do not cover, where that is why.
    pub ending: Option<Gap>,
}

/// Why a release leaves an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Why {
    /// The function takes it out where the work succeeds, and not where it fails.
    Failure,
    /// Who waits for it is told that it failed, and only an answer takes it out.
    GaveUp,
    /// It is found under one key and deleted under another.
    OtherKey,
    /// What is taken out is a promise, and what was added another that was chained on it.
    OtherThing,
    /// Each release takes out what was added beside it.
    OtherSite,
    /// Only an answer takes it out, and the connection has ended without one.
    Ended,
    /// A timer that has fired is still listed; only cancelling takes it out.
    Fired,
    /// What is returned ends what the entry stands for, and leaves it; only the owner's end goes through the list.
    Undone,
    /// Only a timeout takes it out, and an answer clears that.
    Disarmed,
    /// Only a failure takes it out.
    Succeeded,
    /// Only who cancels what it stands for takes it out.
    Uncancelled,
    /// What it stands for leaves early, before it takes it out.
    Early,
    /// It is found to be too old, and taken out, only when it is asked for again.
    Expired,
    /// It is taken out only where a setting says so, of which nobody asks before it is put in.
    Unset,
    /// It is taken out at an end that its owner does not always have.
    Uncovered,
}

/// A longer-lived thing keeps a shorter-lived one here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptClaim {
    /// What keeps it.
    pub holder: Place,
    /// How the source names the holder.
    pub shown: String,
    /// How the source names what is kept.
    pub kept: String,
    /// In what way: "keeps `req`", "keeps a function that uses `req`".
    pub how: String,
    /// The container, if this file knows.
    pub container: Option<Container>,
    /// How long the holder lives, if its type says so.
    pub life: Option<Life>,
    /// How it grows.
    pub growth: Growth,
    /// The holder evicts by itself.
    pub is_bounded: bool,
    /// The flag that lets it happen once.
    pub once: Option<Place>,
    /// It stands in a loop.
    pub in_loop: bool,
    /// The event, and where it is listened to first, if one that need not come runs each release of this file.
    pub only_on: Option<(String, Span)>,
    /// The retention path.
    pub notes: Vec<Note>,
}
