//! Positions in a list by something about what stands there.

use rustc_hash::FxHashMap;
use std::hash::Hash;

/// The positions of a list by their keys. They stand in one piece of memory: a list for each key would be a piece for each.
pub struct Groups<K> {
    /// Which group a key has.
    groups: FxHashMap<K, u32>,
    /// Where the positions of each group end. They start where those of the one before end.
    ends: Vec<u32>,
    positions: Vec<u32>,
}

/// What has no key is in no group.
const NONE: u32 = u32::MAX;

impl<K> Default for Groups<K> {
    fn default() -> Self {
        Self { groups: FxHashMap::default(), ends: Vec::new(), positions: Vec::new() }
    }
}

impl<K: Hash + Eq> Groups<K> {
    /// Of a list, by the key of each position in it.
    #[must_use]
    pub fn of(keys: impl ExactSizeIterator<Item = Option<K>>) -> Self {
        let mut groups: FxHashMap<K, u32> = FxHashMap::default();
        groups.reserve(keys.len() / 4);
        let mut counts: Vec<u32> = Vec::new();
        let group_of = |key: Option<K>| {
            let Some(key) = key else { return NONE };
            let next = u32::try_from(counts.len()).unwrap_or(NONE);
            let group = *groups.entry(key).or_insert(next);
            if group == next {
                counts.push(0);
            }
            counts[group as usize] += 1;
            group
        };
        let group_of: Vec<u32> = keys.map(group_of).collect();
        let mut out = Self { groups, positions: vec![0; group_of.len()], ends: starts(counts) };
        for (at, group) in (0..).zip(group_of).filter(|&(_, group)| group != NONE) {
            let end = &mut out.ends[group as usize];
            out.positions[*end as usize] = at;
            *end += 1;
        }
        out
    }

    /// The positions of a key, in their order.
    #[must_use]
    pub fn get(&self, key: &K) -> &[u32] {
        let Some(group) = self.groups.get(key).map(|&group| group as usize) else { return &[] };
        let start = group.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.positions.get(start as usize..self.ends[group] as usize).unwrap_or_default()
    }
}

/// Where each of some groups starts, if they stand one behind the other.
fn starts(mut counts: Vec<u32>) -> Vec<u32> {
    let mut next = 0;
    for count in &mut counts {
        let start = next;
        next += *count;
        *count = start;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::Groups;

    #[test]
    fn positions_stand_in_order_by_their_key() {
        let groups = Groups::of([Some('b'), None, Some('a'), Some('b')].into_iter());
        assert_eq!(groups.get(&'b'), [0, 3]);
        assert_eq!(groups.get(&'a'), [2]);
        assert!(groups.get(&'c').is_empty());
    }
}
