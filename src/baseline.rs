//! Findings that were there before: a file that knows them, so that only new ones are reported.

use crate::report::Reported;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use thiserror::Error;

/// Why a baseline cannot be used.
#[derive(Debug, Error)]
pub(crate) enum BaselineError {
    /// It cannot be read.
    #[error("cannot read the baseline {path}: {error}; write one with --update-baseline")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It cannot be written.
    #[error("cannot write the baseline {path}: {error}")]
    Unwritable {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is not a baseline.
    #[error("{path} is not a baseline: {error}; write a new one with --update-baseline")]
    Malformed {
        /// The file.
        path: String,
        /// Why.
        error: serde_json::Error,
    },
    /// There is none to be changed.
    #[error("which baseline? name one with --baseline, or in the config")]
    Unnamed,
    /// A run that sees only a part must not forget the rest.
    #[error("a run that is restricted to some rules or files cannot update the baseline")]
    Partial,
    /// The same, where paths restrict it.
    #[error(
        "the baseline {path} knows {file} too, which this run does not look at: run it on the whole project to change it"
    )]
    Beyond {
        /// The file.
        path: String,
        /// What it knows something about.
        file: String,
    },
}

/// The file. Sorted, so that two branches that change different files merge.
#[derive(Serialize, Deserialize)]
struct Baseline {
    schema_version: u32,
    findings: Vec<Known>,
}

/// Findings that are alike in all but their position.
#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    path: String,
    rule: String,
    fingerprint: String,
    /// How many there are.
    count: u32,
}

/// What a baseline took out of a report.
#[derive(Default, Clone, Copy)]
pub(crate) struct Taken {
    /// Findings that are not reported.
    pub(crate) known: u64,
    /// Entries to which nothing corresponds any more.
    pub(crate) gone: u64,
}

/// Takes known findings out; more than are known of a kind are reported.
pub(crate) fn apply(path: &Path, findings: &mut Vec<Reported>) -> Result<Taken, BaselineError> {
    let baseline = read(path)?;
    let mut left: FxHashMap<String, u32> = FxHashMap::default();
    for known in baseline.findings {
        *left.entry(known.fingerprint).or_default() += known.count;
    }
    let before = findings.len();
    findings.retain(|finding| match left.get_mut(&finding.key) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    let gone = left.values().map(|&count| u64::from(count)).sum();
    Ok(Taken { known: (before - findings.len()) as u64, gone })
}

/// A file that the baseline knows something about and that is not `seen` by this run, if there is one.
pub(crate) fn beyond(path: &Path, seen: impl Fn(&str) -> bool) -> Option<String> {
    // Whoever reads it next says what is wrong with it.
    let baseline = read(path).ok()?;
    baseline.findings.into_iter().map(|known| known.path).find(|file| !seen(file))
}

/// Writes the findings of a run. `below` is the folder of the working directory in the project.
pub(crate) fn update(path: &Path, findings: &[Reported], below: &str) -> Result<(), BaselineError> {
    let mut counts: BTreeMap<(String, &str, &str), u32> = BTreeMap::new();
    for finding in findings {
        let place = format!("{below}{}", finding.place.path);
        *counts.entry((place, finding.rule, &finding.key)).or_default() += 1;
    }
    let findings = counts
        .into_iter()
        .map(|((path, rule, fingerprint), count)| Known {
            path,
            rule: rule.to_owned(),
            fingerprint: fingerprint.to_owned(),
            count,
        })
        .collect();
    write(path, &Baseline { schema_version: 1, findings })
}

/// Forgets what the findings of a run do not bear out any more; nothing new is let in.
pub(crate) fn prune(path: &Path, findings: &[Reported]) -> Result<(), BaselineError> {
    let mut baseline = read(path)?;
    let mut there: FxHashMap<&str, u32> = FxHashMap::default();
    for finding in findings {
        *there.entry(&finding.key).or_default() += 1;
    }
    for known in &mut baseline.findings {
        let left = there.get_mut(&*known.fingerprint);
        let count = left.as_ref().map_or(0, |left| known.count.min(**left));
        left.into_iter().for_each(|left| *left -= count);
        known.count = count;
    }
    baseline.findings.retain(|known| known.count > 0);
    baseline.findings.sort();
    write(path, &baseline)
}

fn read(path: &Path) -> Result<Baseline, BaselineError> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| BaselineError::Unreadable { path: shown.clone(), error })?;
    serde_json::from_str(&text).map_err(|error| BaselineError::Malformed { path: shown, error })
}

fn write(path: &Path, baseline: &Baseline) -> Result<(), BaselineError> {
    let problem = |error| BaselineError::Unwritable { path: path.display().to_string(), error };
    let mut text = serde_json::to_string_pretty(baseline).map_err(|error| problem(error.into()))?;
    text.push('\n');
    std::fs::write(path, text).map_err(problem)
}
