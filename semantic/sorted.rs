//! A table that is made once and then only asked: rows in the order of their keys, in one piece of memory.

use crate::exact::exact;
use serde::{Deserialize, Serialize};

/// Rows by key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sorted<K, V>(Box<[(K, V)]>);

impl<K: Ord, V> Sorted<K, V> {
    /// The row of a key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        let at = self.0.binary_search_by(|(of, _)| of.cmp(key)).ok()?;
        self.0.get(at).map(|(_, row)| row)
    }
}

impl<K, V> Sorted<K, V> {
    /// How much memory the rows take, without what they own.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }

    /// Every row, in the order of keys.
    pub fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.0.iter()
    }
}

/// Of rows with the same key any one is found; there should be none.
impl<K: Ord, V> FromIterator<(K, V)> for Sorted<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(rows: I) -> Self {
        let mut rows: Vec<(K, V)> = rows.into_iter().collect();
        rows.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Self(exact(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::Sorted;

    #[test]
    fn rows_are_found_by_their_keys() {
        let table: Sorted<u32, u32> = [9, 3, 7, 1].into_iter().map(|key| (key, key * 10)).collect();
        assert_eq!(table.get(&7), Some(&70));
        assert_eq!(table.get(&2), None);
        let keys: Vec<u32> = table.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, [1, 3, 7, 9]);
    }
}
