//! How many of a rule's findings are true, as far as that was measured.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What readers said of the findings of a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// The author would want to know.
    #[serde(rename = "true")]
    pub right: u32,
    /// Right in the letter. Counts as not true.
    pub arguable: u32,
    /// Not so.
    #[serde(rename = "false")]
    pub wrong: u32,
}

/// How much a rule can be relied on, in the words of code scanning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Precision {
    /// Less than half of what was read is true.
    Low,
    /// At least half is true, or too little was read to tell.
    Medium,
    /// At least eight of ten are true.
    High,
    /// At least nineteen of twenty are true, of twenty or more.
    VeryHigh,
}

impl Precision {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::VeryHigh => "very-high",
        }
    }
}

/// Fewer findings than these say nothing about a rule.
const ENOUGH: u32 = 5;
/// Fewer than these say nothing as exact as "nineteen of twenty".
const PLENTY: u32 = 20;

impl Tally {
    /// What it amounts to.
    #[must_use]
    pub fn precision(self) -> Precision {
        let read = self.right + self.arguable + self.wrong;
        let share = |percent: u32| self.right * 100 >= read * percent;
        match read {
            0..ENOUGH => Precision::Medium,
            PLENTY.. if share(95) => Precision::VeryHigh,
            _ if share(80) => Precision::High,
            _ if share(50) => Precision::Medium,
            _ => Precision::Low,
        }
    }
}

/// The tallies that there are, by rule.
#[must_use]
pub fn tallies() -> &'static BTreeMap<String, Tally> {
    static TALLIES: OnceLock<BTreeMap<String, Tally>> = OnceLock::new();
    TALLIES.get_or_init(|| toml::from_str(include_str!("precision.toml")).unwrap_or_default())
}

/// What is known of a rule.
#[must_use]
pub fn of(rule: &str) -> Precision {
    tallies().get(rule).map_or(Precision::Medium, |tally| tally.precision())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tallies_are_those_of_rules() {
        assert!(!tallies().is_empty(), "the sheet can be read");
        for rule in tallies().keys() {
            assert!(crate::find(rule).is_some(), "{rule}");
        }
    }

    #[test]
    fn thresholds() {
        let precision = |right, arguable, wrong| Tally { right, arguable, wrong }.precision();
        assert_eq!(precision(0, 0, 0), Precision::Medium);
        assert_eq!(precision(0, 4, 0), Precision::Medium, "too few");
        assert_eq!(precision(0, 5, 0), Precision::Low, "arguable is not true");
        assert_eq!(precision(5, 0, 5), Precision::Medium);
        assert_eq!([precision(8, 1, 1), precision(19, 0, 0)], [Precision::High; 2]);
        assert_eq!([precision(19, 1, 0), precision(18, 1, 1)], [Precision::VeryHigh, Precision::High]);
    }
}
