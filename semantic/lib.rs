//! The program model of outlive.
//!
//! This crate knows JavaScript and TypeScript: what a value is, how long it lives, how often code runs, what keeps what.
//! It does not know rules, paths, terminals or formats. It is the only crate that names swc.

pub mod access;
pub mod accumulate;
pub mod bounds;
pub mod calls;
pub mod catalog;
pub mod completes;
pub mod constant;
pub mod declarations;
mod exact;
pub mod flow;
pub mod given;
mod glob;
pub mod groups;
pub mod growth;
pub mod guard;
pub mod handle;
pub mod holds;
pub mod identity;
pub mod index;
pub mod invariant;
pub mod lent;
pub mod listeners;
mod lower;
pub mod model;
pub mod mounts;
mod names;
pub mod pending;
pub mod place;
pub mod project;
pub mod rate;
pub mod reach;
pub mod readonly;
mod rearm;
pub mod scope_keeps;
pub mod shut;
pub mod sorted;
pub mod source;
pub mod summary;
pub mod syntax;
pub mod tables;
pub mod tested;
pub mod tree;
pub mod turns;
pub mod words;
pub mod work;
