//! Which questions are being answered right now.

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

/// How many are looked through one by one: hardly ever are more of them open at once.
const FEW: usize = 16;

/// The questions that were begun and have no answer yet, by their keys. Each has a key of its own and is begun once.
#[derive(Default)]
pub(super) struct OpenQuestions {
    few: SmallVec<[u64; FEW]>,
    others: FxHashSet<u64>,
}

impl OpenQuestions {
    pub(super) fn has(&self, key: u64) -> bool {
        self.few.contains(&key) || !self.others.is_empty() && self.others.contains(&key)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.few.is_empty() && self.others.is_empty()
    }

    pub(super) fn add(&mut self, key: u64) {
        if self.few.len() < FEW {
            self.few.push(key);
        } else {
            self.others.insert(key);
        }
    }

    /// The one that was begun last is mostly the first that is answered.
    pub(super) fn close(&mut self, key: u64) {
        match self.few.iter().rposition(|&open| open == key) {
            Some(at) => drop(self.few.swap_remove(at)),
            None => drop(self.others.remove(&key)),
        }
    }
}
