//! Everything that can stand in a report under a name: the rules, and what the command itself has to say.

use outlive_rules::precision::{self, Precision};
use outlive_rules::{RULES, Severity};

/// What everyone may know about a rule.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) id: &'static str,
    /// One sentence without a full stop.
    pub(crate) summary: &'static str,
    pub(crate) category: &'static str,
    pub(crate) severity: Severity,
    /// The version of outlive that had it first.
    pub(crate) since: &'static str,
    pub(crate) precision: Precision,
    /// Its page, in Markdown.
    pub(crate) page: &'static str,
}

/// A version of outlive, which is one of its set of rules: major, minor, patch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Version([u32; 3]);

impl Version {
    /// `1`, `1.2` or `1.2.3`.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut version = [0; 3];
        for slot in &mut version {
            *slot = parts.next().map_or(Ok(0), str::parse).ok()?;
        }
        parts.next().is_none().then_some(Self(version))
    }
}

/// The rules that a version of outlive does not have yet.
pub(crate) fn newer_than(version: &str) -> Vec<&'static str> {
    let pinned = Version::of(version);
    let rules = RULES.iter().map(|rule| rule.meta());
    rules.filter(|meta| pinned.is_some() && Version::of(meta.since) > pinned).map(|meta| meta.id).collect()
}

/// A suppression comment that suppresses nothing.
pub(crate) const UNUSED_SUPPRESSION: &str = "unused-suppression";
/// A suppression comment that cannot be obeyed.
pub(crate) const BAD_SUPPRESSION: &str = "bad-suppression";
/// A file that is not JavaScript, or not yet.
pub(crate) const PARSE_ERROR: &str = "parse-error";

/// What is reported about the use of outlive, not about leaks.
const OWN: &[Entry] = &[
    Entry {
        id: BAD_SUPPRESSION,
        summary: "a suppression comment that cannot be obeyed",
        category: "usage",
        severity: Severity::Warning,
        since: "0.1.0",
        // It is read off the text.
        precision: Precision::VeryHigh,
        page: include_str!("pages/bad-suppression.md"),
    },
    Entry {
        id: PARSE_ERROR,
        summary: "a file that cannot be parsed",
        category: "usage",
        severity: Severity::Error,
        since: "0.1.0",
        // It is read off the text.
        precision: Precision::VeryHigh,
        page: include_str!("pages/parse-error.md"),
    },
    Entry {
        id: UNUSED_SUPPRESSION,
        summary: "a suppression comment that suppresses nothing",
        category: "usage",
        severity: Severity::Info,
        since: "0.1.0",
        // It is read off the text.
        precision: Precision::VeryHigh,
        page: include_str!("pages/unused-suppression.md"),
    },
];

/// All of them, sorted by id.
pub(crate) fn all() -> Vec<Entry> {
    let mut all: Vec<Entry> = RULES
        .iter()
        .map(|rule| rule.meta())
        .map(|meta| Entry {
            id: meta.id,
            summary: meta.summary,
            category: meta.category.word(),
            severity: meta.severity,
            since: meta.since,
            precision: precision::of(meta.id),
            page: meta.page,
        })
        .chain(OWN.iter().copied())
        .collect();
    all.sort_by_key(|entry| entry.id);
    all
}

/// The one of this id.
pub(crate) fn find(id: &str) -> Option<Entry> {
    all().into_iter().find(|entry| entry.id == id)
}

/// The end of a sentence about a name that is no rule's: the nearest one, or where they are listed.
pub(crate) fn suggestion(name: &str) -> String {
    let ids: Vec<&str> = all().iter().map(|entry| entry.id).collect();
    nearest(name, &ids)
        .map_or_else(|| "; `outlive rules` lists them".to_owned(), |id| format!("; did you mean `{id}`?"))
}

/// The word that was probably meant.
pub(crate) fn nearest<'w>(name: &str, words: &[&'w str]) -> Option<&'w str> {
    let name = name.to_ascii_lowercase().replace('_', "-");
    words
        .iter()
        .map(|&word| (strsim::jaro_winkler(&name, word), word))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

/// Where a rule's page can be read.
pub(crate) fn url(id: &str) -> String {
    let repository = env!("CARGO_PKG_REPOSITORY");
    if OWN.iter().any(|entry| entry.id == id) {
        return format!("{repository}/blob/main/src/pages/{id}.md");
    }
    format!("{repository}/blob/main/rules/{}/README.md", id.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_sorted_and_unique() {
        let ids: Vec<&str> = all().iter().map(|entry| entry.id).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        let rules: Vec<&str> = RULES.iter().map(|rule| rule.meta().id).collect();
        assert!(rules.is_sorted_by(|a, b| a < b), "the list in rules/lib.rs is sorted: {rules:?}");
    }

    #[test]
    fn every_rule_says_since_when_it_exists() {
        let own = Version::of(env!("CARGO_PKG_VERSION"));
        for entry in all() {
            let since = Version::of(entry.since);
            assert!(since.is_some() && since <= own, "{}: {}", entry.id, entry.since);
        }
    }

    #[test]
    fn versions_are_compared_by_number() {
        assert!(Version::of("0.10") > Version::of("0.9.9"));
        assert_eq!(Version::of("1"), Version::of("1.0.0"));
        assert_eq!(["", "1.x", "1.2.3.4", "-1"].map(Version::of), [None; 4]);
        assert_eq!(newer_than(env!("CARGO_PKG_VERSION")), Vec::<&str>::new());
        assert_eq!(newer_than("0").len(), RULES.len(), "no rule is as old as that");
    }

    #[test]
    fn a_slip_finds_its_rule() {
        let ids = ["leaked-timer", "unbounded-collection"];
        assert_eq!(nearest("leaked_timers", &ids), Some("leaked-timer"));
        assert_eq!(nearest("unbound-collection", &ids), Some("unbounded-collection"));
        assert_eq!(nearest("xyz", &ids), None);
    }
}
