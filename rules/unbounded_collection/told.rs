//! What the statements of a block that leave its function tell of those behind them: gone through once for each block, as
//! each growth in it asks.

use super::{finite, present, site};
use crate::rule::FileView;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::Place;
use outlive_semantic::tested;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::rc::Rc;

/// What is known behind statements of a block.
#[derive(Default)]
pub(super) struct ToldByBlock {
    /// The entries that are there, each with the first statement that tells so.
    entries: FxHashMap<present::Entry, NodeId>,
    /// By key the tables that have it, each with the first statement that tells so, in source order.
    tables: FxHashMap<Place, Vec<(NodeId, Place)>>,
    /// The numbers that are below a constant, each with the statement that tells so, in source order.
    limits: Vec<(NodeId, Place)>,
    /// The first statement behind which something is not ready yet.
    until_ready: Option<NodeId>,
}

/// So many limits of a block are looked at.
const LIMITS: usize = 16;

impl ToldByBlock {
    /// Whether an entry is there where a statement runs.
    pub(super) fn is_there(&self, entry: &present::Entry, statement: NodeId) -> bool {
        self.entries.get(entry).is_some_and(|&first| first < statement)
    }

    /// The tables that have a key where a statement runs.
    pub(super) fn tables_with(&self, key: &Place, statement: NodeId) -> impl Iterator<Item = &Place> {
        let found = self.tables.get(key).map(Vec::as_slice).unwrap_or_default();
        found.iter().take_while(move |&&(first, _)| first < statement).map(|(_, table)| table)
    }

    /// The numbers that are below a constant where a statement runs.
    pub(super) fn limited(&self, statement: NodeId) -> impl Iterator<Item = &Place> {
        self.limits.iter().take_while(move |&&(first, _)| first < statement).map(|(_, small)| small)
    }

    /// Whether a statement runs only until something is ready.
    pub(super) fn is_until_ready(&self, statement: NodeId) -> bool {
        self.until_ready.is_some_and(|first| first < statement)
    }

    fn of(model: &Model<'_>, block: NodeId) -> Self {
        let mut out = Self::default();
        for (statement, test, outcome) in tested::leaving_tests(model, block) {
            if finite::is_unready(model, test, outcome) {
                out.until_ready.get_or_insert(statement);
            }
            for entry in present::entries(model, test, outcome) {
                if let Entry::Vacant(new) = out.entries.entry(entry) {
                    let (table, key) = new.key().clone();
                    new.insert(statement);
                    out.tables.entry(key).or_default().push((statement, table));
                }
            }
            if let Some(small) = site::limited(model, test, outcome).filter(|_| out.limits.len() < LIMITS) {
                out.limits.push((statement, small));
            }
        }
        out
    }
}

/// What a block tells.
pub(super) fn by(file: &FileView<'_, '_>, block: NodeId) -> Rc<ToldByBlock> {
    let known = file.memos.of::<RefCell<FxHashMap<NodeId, Rc<ToldByBlock>>>>();
    let mut known = known.borrow_mut();
    Rc::clone(known.entry(block).or_insert_with(|| Rc::new(ToldByBlock::of(file.model, block))))
}
