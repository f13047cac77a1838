//! What a rule reports.

use outlive_semantic::project::FileId;
use outlive_semantic::tree::Span;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// How bad it is if the finding is true.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// It leaks, churns or may exhaust memory.
    Warning,
    /// It leaks with every run of a proved entry point.
    Error,
}

/// How sure the analysis is. By the doubt table of the rules: nothing assumed is high, one convention is medium, one
/// unknown is low, two are silence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// One conjunct is unknown.
    Low,
    /// One conjunct rests on a convention.
    Medium,
    /// Each conjunct is proved.
    High,
}

impl Confidence {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The doubts of one finding, counted as the doubt table has it, each with its reason: a clause that stands by itself.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Doubt {
    /// Conjuncts that rest on a convention.
    conventions: u8,
    /// Conjuncts that are unknown, or releases that may match.
    unknowns: u8,
    reasons: SmallVec<[&'static str; 4]>,
}

impl Doubt {
    /// What the file of a claim leaves open before the project is asked.
    #[must_use]
    pub fn of_claim(conventions: u8, unknowns: u8) -> Self {
        let mut doubt = Self { conventions, unknowns, reasons: SmallVec::new() };
        if conventions > 0 {
            doubt.because("what this does is told by names and habits, not by types");
        }
        if unknowns > 0 {
            doubt.because("the code around leaves open what this is, or how much of it there is");
        }
        doubt
    }

    /// Adds a conjunct that rests on a convention.
    pub fn assume(&mut self, why: &'static str) {
        self.assume_all(1, why);
    }

    /// Adds so many conjuncts that rest on one convention.
    pub fn assume_all(&mut self, conjuncts: u8, why: &'static str) {
        if conjuncts > 0 {
            self.conventions = self.conventions.saturating_add(conjuncts);
            self.because(why);
        }
    }

    /// Adds a conjunct that is unknown.
    pub fn unknown(&mut self, why: &'static str) {
        self.unknowns = self.unknowns.saturating_add(1);
        self.because(why);
    }

    fn because(&mut self, why: &'static str) {
        if !self.reasons.contains(&why) {
            self.reasons.push(why);
        }
    }

    /// Whether less is in doubt than in another finding about the same.
    #[must_use]
    pub fn is_less_than(&self, other: &Self) -> bool {
        (self.unknowns, self.conventions) < (other.unknowns, other.conventions)
    }

    /// Why the finding is not certain.
    #[must_use]
    pub fn reasons(&self) -> Vec<&'static str> {
        self.reasons.to_vec()
    }

    /// The confidence that is left; none means silence.
    #[must_use]
    pub fn confidence(&self) -> Option<Confidence> {
        match (self.unknowns, self.conventions) {
            (0, 0) => Some(Confidence::High),
            (0, 1) => Some(Confidence::Medium),
            (0, _) | (1, _) => Some(Confidence::Low),
            _ => None,
        }
    }

    /// Why it is too much, in words: "2 unknown, 1 by convention".
    #[must_use]
    pub fn phrase(&self) -> String {
        let parts = [(self.unknowns, "unknown"), (self.conventions, "by convention")];
        let parts =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        parts.collect::<Vec<_>>().join(", ")
    }
}

/// What a step of the retention path is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// What lives longest and keeps the rest.
    Root,
    /// What keeps the value.
    Holder,
    /// Where one more thing is kept.
    Grows,
    /// A closure that keeps what it uses.
    Captures,
    /// Where something is registered.
    Registered,
    /// Where something is acquired.
    Acquired,
    /// Why this code runs more than once.
    Repeats,
    /// A release that does not cover every way out.
    ReleasedHereOnly,
    /// A release that never matches.
    NeverMatches,
    /// A release that nobody calls.
    NeverRuns,
    /// How a sibling is released.
    Sibling,
}

impl Role {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Holder => "holder",
            Self::Grows => "grows",
            Self::Captures => "captures",
            Self::Registered => "registered",
            Self::Acquired => "acquired",
            Self::Repeats => "repeats",
            Self::ReleasedHereOnly => "released-here-only",
            Self::NeverMatches => "never-matches",
            Self::NeverRuns => "never-runs",
            Self::Sibling => "sibling",
        }
    }
}

/// One step of the retention path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Retainer {
    /// What it is.
    pub role: Role,
    /// What it says.
    pub message: String,
    /// The file.
    pub file: FileId,
    /// Where.
    pub span: Span,
}

/// One replacement of text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Edit {
    /// What is replaced, in bytes of the finding's file.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// A way to mend it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fix {
    /// What it does: "hoist the table out of the function".
    pub title: String,
    /// Whether it keeps behaviour in every case.
    pub safe: bool,
    /// The edits, none overlapping.
    pub edits: Vec<Edit>,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Why it is not certain, a clause each: none of what is proved.
    pub doubts: Vec<&'static str>,
    /// One sentence that names the user's own identifiers.
    pub message: String,
    /// What to do here.
    pub help: String,
    /// The file.
    pub file: FileId,
    /// Where, on one line.
    pub span: Span,
    /// The retention path, the root first.
    pub retainers: Vec<Retainer>,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
    /// The function or class it stands in: part of its fingerprint.
    pub scope: String,
    /// What it is about, in words that do not move with lines: part of its fingerprint.
    pub subject: String,
}
