//! Which part of a change brought a finding about: the smallest part without which it would not be there. It is tried
//! out: the part is taken back, the file it is in analysed again, and the project linked. So nothing is said of a release
//! that would not have counted, in whatever file it stood.

use super::lines::Change;
use crate::arguments::Check;
use crate::check::{self, Input, Settings};
use crate::report::source::Overlay;
use crate::report::{Cause, FileError, Report, Reported, Trouble};
use crate::session::{Loaded, Plan, SessionError};
use outlive_semantic::catalog::Catalog;
use outlive_semantic::project::Memo;
use rustc_hash::FxHashMap;

/// A project is linked at most as often as this: for larger changes some causes stay unknown.
const TRIALS: u32 = 200;

/// How many findings there are by key.
pub(super) type Counts = FxHashMap<String, usize>;

/// The findings of a report by key.
pub(super) fn counts(report: &Report) -> Counts {
    let mut counts = Counts::default();
    for finding in &report.findings {
        *counts.entry(finding.key.clone()).or_default() += 1;
    }
    counts
}

/// The state after, as it can be analysed again with other texts.
pub(super) struct Lab<'l> {
    pub(super) check: &'l Check,
    pub(super) settings: &'l Settings,
    pub(super) catalog: &'l Catalog,
    pub(super) loaded: &'l mut Loaded,
    /// The findings as they are.
    pub(super) counts: Counts,
    memo: Memo,
    left: u32,
}

impl<'l> Lab<'l> {
    pub(super) fn new(
        check: &'l Check,
        settings: &'l Settings,
        catalog: &'l Catalog,
        loaded: &'l mut Loaded,
        counts: Counts,
    ) -> Self {
        Self { check, settings, catalog, loaded, counts, memo: Memo::default(), left: TRIALS }
    }

    /// Gives the findings their causes, as far as these can be found out.
    pub(super) fn explain(
        &mut self,
        findings: &mut [Reported],
        changes: &[Change],
    ) -> Result<(), SessionError> {
        // What stands on new lines is its own cause.
        let is_own = |it: &Reported| {
            let line = it.place.start.line as usize - 1;
            changes.iter().any(|change| change.path == it.place.path && change.line_before(line).is_none())
        };
        let asked: Vec<usize> =
            findings.iter().enumerate().filter(|(_, it)| !is_own(it)).map(|(at, _)| at).collect();
        for change in changes {
            let is_open = |&at: &usize| findings.get(at).is_some_and(|it| it.cause.is_none());
            let asked: Vec<usize> = asked.iter().copied().filter(is_open).collect();
            if asked.is_empty() {
                break;
            }
            let all: Vec<usize> = (0..change.hunks.len()).collect();
            let mut open: Vec<usize> = Vec::new();
            if let Some(counts) = self.counts_with(&change.path, &change.without(&all))? {
                let gone = |it: &Reported| it.place.path != change.path && self.is_gone(it, &counts);
                open.extend(asked.iter().copied().filter(|&at| findings.get(at).is_some_and(gone)));
            }
            let within = |it: &Reported| it.place.path == change.path;
            open.extend(asked.iter().copied().filter(|&at| findings.get(at).is_some_and(within)));
            for at in open {
                if let Some(finding) = findings.get_mut(at) {
                    finding.cause = self.cause(finding, change, &all)?;
                }
            }
        }
        Ok(())
    }

    fn is_gone(&self, finding: &Reported, counts: &Counts) -> bool {
        counts.get(&finding.key).copied().unwrap_or(0) < self.counts.get(&finding.key).copied().unwrap_or(0)
    }

    /// The part of one file's change without which a finding would not be there.
    fn cause(
        &mut self,
        finding: &Reported,
        change: &Change,
        all: &[usize],
    ) -> Result<Option<Cause>, SessionError> {
        // That a finding goes with the very lines it stands on says nothing.
        let lines = finding.place.start.line as usize - 1..finding.last_line as usize;
        let is_other = |&at: &usize| {
            let new = change.hunks.get(at).map(|hunk| hunk.new.clone()).unwrap_or_default();
            finding.place.path != change.path || new.start >= lines.end || new.end <= lines.start
        };
        let others: Vec<usize> = all.iter().copied().filter(is_other).collect();
        if others.is_empty() || self.answer(finding, change, &change.without(&others))? != Some(true) {
            return Ok(None);
        }
        let hunks = self.least(finding, change, &others, |hunks| change.without(hunks))?;
        // What comes last is what is done; what it needs, such as an import, comes before.
        let Some(&(chosen, _)) = hunks.iter().rfind(|(_, is_meant)| *is_meant).or(hunks.last()) else {
            return Ok(None);
        };
        let Some(hunk) = change.hunks.get(chosen).cloned() else { return Ok(None) };
        if hunk.old.is_empty() {
            let step = finding.retainers.iter().filter(|step| step.place.path == change.path);
            let line =
                step.map(|step| step.place.start.line as usize - 1).find(|line| hunk.new.contains(line));
            return Ok(cause(false, &change.path, &change.new, line.unwrap_or(hunk.new.start)));
        }
        let hunks: Vec<usize> = hunks.iter().map(|(at, _)| *at).collect();
        let old: Vec<usize> = hunk.old.clone().collect();
        let lines = self.least(finding, change, &old, |lines| change.with_lines(&hunks, chosen, lines))?;
        let line = lines.iter().rfind(|(_, is_meant)| *is_meant).or(lines.first());
        Ok(cause(true, &change.old_path, &change.old, line.map_or(hunk.old.start, |(at, _)| *at)))
    }

    /// The parts without any of which a finding would be there again, and of each whether it is that the text without it
    /// says something else, not that it says nothing.
    fn least(
        &mut self,
        finding: &Reported,
        change: &Change,
        parts: &[usize],
        text: impl Fn(&[usize]) -> String,
    ) -> Result<Vec<(usize, bool)>, SessionError> {
        let mut kept: Vec<(usize, bool)> = parts.iter().map(|&part| (part, true)).collect();
        let mut at = 0;
        while let Some(&(part, _)) = kept.get(at) {
            let rest: Vec<usize> =
                kept.iter().map(|(other, _)| *other).filter(|other| *other != part).collect();
            match self.answer(finding, change, &text(&rest))? {
                Some(true) => {
                    kept.remove(at);
                }
                answer => {
                    if let Some(row) = kept.get_mut(at) {
                        row.1 = answer.is_some();
                    }
                    at += 1;
                }
            }
        }
        Ok(kept)
    }

    /// Whether a finding is gone when a file has another text; none if that cannot be said.
    fn answer(
        &mut self,
        finding: &Reported,
        change: &Change,
        text: &str,
    ) -> Result<Option<bool>, SessionError> {
        let counts = self.counts_with(&change.path, text)?;
        Ok(counts.map(|counts| self.is_gone(finding, &counts)))
    }

    /// The findings when a file has another text; none if it cannot be parsed, or enough was tried.
    fn counts_with(&mut self, path: &str, text: &str) -> Result<Option<Counts>, SessionError> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let mut overlay = Overlay::default();
        overlay.insert(path.to_owned(), text.as_bytes().to_vec());
        if !self.loaded.has(path) {
            let extra = [path.to_owned()];
            let plan = plan(self.check, self.settings, &extra, &overlay);
            let other = Loaded::new(&plan, self.catalog, Some(self.loaded))?.with_packages_of(self.loaded);
            return Ok(self.judged(&other, &overlay, path));
        }
        let catalog = self.catalog;
        self.loaded.refresh(path, &plan(self.check, self.settings, &[], &overlay), catalog);
        let counts = self.judged(self.loaded, &overlay, path);
        let plain = Overlay::default();
        self.loaded.refresh(path, &plan(self.check, self.settings, &[], &plain), catalog);
        Ok(counts)
    }

    fn judged(&self, loaded: &Loaded, overlay: &Overlay, path: &str) -> Option<Counts> {
        let mut analysis = loaded.link(self.catalog, &self.memo);
        let input = Input::buffers(overlay.clone());
        let report = check::judge(&mut analysis, self.check, self.settings, &input);
        let is_broken = |error: &FileError| {
            error.path == path && matches!(error.trouble, Trouble::Syntax | Trouble::Internal)
        };
        (!report.errors.iter().any(is_broken)).then(|| counts(&report))
    }
}

/// How a state is analysed.
pub(super) fn plan<'p>(
    check: &'p Check,
    settings: &'p Settings,
    extra: &'p [String],
    overlay: &'p Overlay,
) -> Plan<'p> {
    Plan {
        paths: &check.paths,
        extra,
        configs: &settings.configs,
        overlay,
        threads: check.threads,
        rules: settings.named_rules(),
        traced: None,
        progress: settings.unwatched(),
        until: check.until,
        // The states stand in folders that are gone afterwards.
        cache: None,
    }
}

fn cause(is_removal: bool, path: &str, lines: &[String], line: usize) -> Option<Cause> {
    let text = lines.get(line)?.trim().to_owned();
    Some(Cause { is_removal, path: path.to_owned(), line: u32::try_from(line + 1).unwrap_or(u32::MAX), text })
}
