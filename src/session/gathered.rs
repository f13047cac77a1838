//! What all files yielded, put together.

use super::file::{Effort, Fate, Outcome, file_error};
use crate::discover::{Candidate, Found, Skip};
use crate::report::{FileError, Stats, Trouble};
use crate::suppress::Directive;
use outlive_rules::claim::Claim;
use outlive_rules::trace::Dropped;
use outlive_semantic::project::{FileEntry, FileId};
use outlive_semantic::summary::Role;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

#[derive(Default)]
pub(super) struct Gathered {
    pub(super) entries: Vec<FileEntry>,
    pub(super) claims: Vec<(FileId, Arc<[Claim]>)>,
    pub(super) dropped: Vec<Dropped>,
    pub(super) directives: Vec<(String, Vec<Directive>)>,
    /// Files that are read and not reported on.
    pub(super) published: FxHashSet<String>,
    pub(super) hashes: FxHashMap<String, u64>,
    pub(super) errors: Vec<FileError>,
    pub(super) stats: Stats,
    pub(super) effort: Effort,
}

impl Gathered {
    pub(super) fn new(found: &Found, outcomes: Vec<Outcome>) -> Self {
        let mut all = Self::default();
        all.stats.skipped.clone_from(&found.skipped);
        all.stats.failed = found.refused.len() as u64;
        all.stats.files = found.files.len() as u64 + found.skipped.values().sum::<u64>() + all.stats.failed;
        let errors = |all: &[(String, String)], trouble| {
            all.iter()
                .map(move |(path, message)| file_error(path, message.clone(), trouble))
                .collect::<Vec<_>>()
        };
        all.errors = errors(&found.refused, Trouble::Unreadable);
        all.errors.extend(errors(&found.errors, Trouble::Unreadable));
        all.errors.extend(errors(&found.unread, Trouble::Refused));
        for (file, outcome) in found.files.iter().zip(outcomes) {
            all.add(file, outcome);
        }
        all
    }

    /// What of the files is kept for the link, about.
    pub(super) fn sizes(&self) -> Vec<(&'static str, u64)> {
        let summaries: usize = self.entries.iter().map(|entry| entry.summary.bytes()).sum();
        let claims: usize = self.claims.iter().map(|(_, claims)| size_of_val(&**claims)).sum();
        vec![("summaries", summaries as u64), ("claims", claims as u64)]
    }

    fn add(&mut self, file: &Candidate, outcome: Outcome) {
        if file.is_published {
            self.published.insert(file.path.clone());
        }
        self.stats.bytes += outcome.bytes;
        self.errors.extend(outcome.stale);
        self.effort.add(&outcome.effort);
        match outcome.fate {
            Fate::Analysed(analysed, directives) => {
                self.stats.parsed += 1;
                self.stats.asides += u64::from(file.role != Role::Source);
                let id = FileId(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
                self.claims.push((id, analysed.claims));
                self.dropped
                    .extend(analysed.dropped.into_iter().map(|row| Dropped { file: Some(id), ..row }));
                if !directives.is_empty() {
                    self.directives.push((file.path.clone(), directives));
                }
                self.hashes.insert(file.path.clone(), outcome.hash);
                self.entries.push(FileEntry { path: file.path.clone(), summary: analysed.summary });
            }
            Fate::Stopped => self.stats.parsed += 1,
            Fate::Skipped(reason) => {
                if matches!(reason, Skip::TooLarge | Skip::Binary) {
                    self.stats.left_out.push((file.path.clone(), reason));
                }
                *self.stats.skipped.entry(reason).or_default() += 1;
            }
            Fate::Failed(error) => {
                self.stats.failed += 1;
                self.errors.push(error);
            }
        }
    }
}
