//! Everything that can stand in a report under a name: the rules, and what the command itself has to say.

use outlive_rules::{RULES, Severity};

/// What everyone may know about a rule.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) id: &'static str,
    /// One sentence without a full stop.
    pub(crate) summary: &'static str,
    pub(crate) category: &'static str,
    pub(crate) severity: Severity,
    /// Its page, in Markdown.
    pub(crate) page: &'static str,
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
        page: include_str!("pages/bad-suppression.md"),
    },
    Entry {
        id: PARSE_ERROR,
        summary: "a file that cannot be parsed",
        category: "usage",
        severity: Severity::Error,
        page: include_str!("pages/parse-error.md"),
    },
    Entry {
        id: UNUSED_SUPPRESSION,
        summary: "a suppression comment that suppresses nothing",
        category: "usage",
        severity: Severity::Info,
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
    fn a_slip_finds_its_rule() {
        let ids = ["leaked-timer", "unbounded-collection"];
        assert_eq!(nearest("leaked_timers", &ids), Some("leaked-timer"));
        assert_eq!(nearest("unbound-collection", &ids), Some("unbounded-collection"));
        assert_eq!(nearest("xyz", &ids), None);
    }
}
