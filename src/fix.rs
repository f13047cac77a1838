//! `--fix`: what findings carry as fixes, put into the texts. Files are written when all is done, each at once.

use crate::output;
use crate::report::source::Overlay;
use crate::report::{Mend, Replacement, Report, safe};
use crate::session::SessionError;
use crate::terminal;
use outlive_semantic::syntax::{self, Language};
use rustc_hash::FxHashSet;
use similar::TextDiff;
use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Which fixes are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wish {
    /// Those that keep behaviour in every case.
    Safe,
    /// All.
    Suggestions,
}

/// A run that changes texts may find more to change: a fix that overlaps another one waits for the next round.
pub(crate) const ROUNDS: usize = 10;

/// What has been changed so far.
#[derive(Default)]
pub(crate) struct Patch {
    files: BTreeMap<String, Change>,
    /// Files whose text would no longer parse: they stay as they are.
    given_up: FxHashSet<String>,
}

struct Change {
    before: String,
    after: String,
    fixes: u64,
}

/// What a patch amounts to.
#[derive(Default, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fixed {
    pub(crate) fixes: u64,
    pub(crate) files: u64,
    /// Files whose fixes were taken back.
    pub(crate) given_up: u64,
}

impl Patch {
    /// Puts the fixes of a report into the texts that stand in for files. Whether anything changed.
    pub(crate) fn add(&mut self, report: &Report, wish: Wish, overlay: &mut Overlay) -> bool {
        let mut changed = false;
        for (path, mends) in chosen(report, wish) {
            let text = report.sources.get(path).and_then(|source| source.text.as_deref());
            let Some(text) = text.filter(|_| !self.given_up.contains(path)) else { continue };
            let (after, fixes) = mended(text, &mends);
            if after == text {
                continue;
            }
            if !parses(path, text) || !parses(path, &after) {
                self.given_up.insert(path.to_owned());
                continue;
            }
            overlay.insert(path.to_owned(), after.clone().into_bytes());
            let first = || Change { before: text.to_owned(), after: String::new(), fixes: 0 };
            let change = self.files.entry(path.to_owned()).or_insert_with(first);
            change.after = after;
            change.fixes += fixes;
            changed = true;
        }
        changed
    }

    /// Writes the files, each beside itself and then over itself: whoever reads one sees the old or the new text.
    pub(crate) fn write(&self) -> Result<(), SessionError> {
        for (path, change) in &self.files {
            replace(Path::new(path), change)
                .map_err(|error| SessionError::Unwritable(path.clone(), error))?;
        }
        Ok(())
    }

    /// Prints what would be written, as a patch.
    pub(crate) fn print(&self) -> Result<(), SessionError> {
        let mut out = String::new();
        for (path, change) in &self.files {
            let path = safe::safe(path);
            let diff = TextDiff::from_lines(&change.before, &change.after);
            let (old, new) = (format!("a/{path}"), format!("b/{path}"));
            out.push_str(&diff.unified_diff().context_radius(3).header(&old, &new).to_string());
        }
        if terminal::stdout_is_terminal() {
            let lines: Vec<_> = out.split('\n').map(safe::safe).collect();
            out = lines.join("\n");
        }
        output::write(out.as_bytes())
    }

    /// What it amounts to.
    pub(crate) fn fixed(&self) -> Fixed {
        Fixed {
            fixes: self.files.values().map(|change| change.fixes).sum(),
            files: self.files.len() as u64,
            given_up: self.given_up.len() as u64,
        }
    }
}

/// How many findings of a report each wish would mend, the wider one without the narrower.
pub(crate) fn mendable(report: &Report) -> (u64, u64) {
    let has = |safe: bool| move |mends: &Vec<Mend>| mends.iter().any(|mend| mend.safe == safe);
    let fixes = || report.findings.iter().map(|finding| &finding.fixes);
    let safe = fixes().filter(|mends| has(true)(mends)).count();
    let rest = fixes().filter(|mends| has(false)(mends) && !has(true)(mends)).count();
    (safe as u64, rest as u64)
}

/// The first fitting fix of each finding, by file.
fn chosen(report: &Report, wish: Wish) -> BTreeMap<&str, Vec<&Mend>> {
    let mut chosen: BTreeMap<&str, Vec<&Mend>> = BTreeMap::new();
    for finding in &report.findings {
        let safe = finding.fixes.iter().find(|mend| mend.safe);
        let mend = safe.or_else(|| finding.fixes.first().filter(|_| wish == Wish::Suggestions));
        let path = finding.place.path.as_str();
        if let Some(mend) = mend.filter(|mend| mend.edits.iter().all(|edit| edit.place.path == path)) {
            chosen.entry(path).or_default().push(mend);
        }
    }
    chosen
}

/// The text with as many of the fixes as do not overlap, and how many these are. A fix is made whole or not at all.
fn mended(text: &str, mends: &[&Mend]) -> (String, u64) {
    let mut taken: Vec<&Replacement> = Vec::new();
    let mut fixes = 0;
    for mend in mends {
        let is_free = |edit: &Replacement| taken.iter().all(|other| !overlap(&range(edit), &range(other)));
        let is_whole = |edit: &Replacement| text.get(range(edit)).is_some();
        if mend.edits.iter().all(|edit| is_free(edit) && is_whole(edit)) && !mend.edits.is_empty() {
            taken.extend(&mend.edits);
            fixes += 1;
        }
    }
    // Stable: what is put in at one place stays in the order of the findings.
    taken.sort_by_key(|edit| (edit.place.start.offset, edit.place.end.offset));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for edit in taken {
        let range = range(edit);
        out.push_str(text.get(done..range.start).unwrap_or_default());
        out.push_str(&edit.text);
        done = range.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    (out, fixes)
}

fn range(edit: &Replacement) -> Range<usize> {
    edit.place.start.offset as usize..edit.place.end.offset as usize
}

/// Whether two edits touch the same text. What is put in between two characters touches neither.
fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// Whether a text parses without any error.
fn parses(path: &str, text: &str) -> bool {
    let Some(language) = Language::of_path(path) else { return false };
    syntax::nesting_bound(text) <= syntax::SHALLOW_NESTING
        && syntax::parse(text, language).is_ok_and(|parsed| parsed.recovered.is_empty())
}

fn replace(path: &Path, change: &Change) -> std::io::Result<()> {
    // A link stays one: what it leads to is written.
    let target: PathBuf = path.canonicalize()?;
    let rights = std::fs::metadata(&target)?.permissions();
    if rights.readonly() {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    if std::fs::read(&target)? != change.before.as_bytes() {
        return Err(std::io::Error::other("it changed while it was analysed"));
    }
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(change.after.as_bytes())?;
    file.as_file().set_permissions(rights)?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Location;
    use outlive_semantic::source::Lines;

    fn mend(text: &str, edits: &[(u32, u32, &str)]) -> Mend {
        let lines = Lines::new(text);
        let edit = |&(start, end, new): &(u32, u32, &str)| Replacement {
            place: Location {
                path: "a.js".to_owned(),
                start: lines.position(start),
                end: lines.position(end),
            },
            text: new.to_owned(),
        };
        Mend { title: String::new(), safe: true, edits: edits.iter().map(edit).collect() }
    }

    #[test]
    fn a_fix_that_overlaps_another_waits_and_is_never_made_by_half() {
        let text = "abcdef";
        let first = mend(text, &[(1, 3, "X")]);
        let second = mend(text, &[(0, 0, "Y"), (2, 4, "Z")]);
        assert_eq!(mended(text, &[&first, &second]), ("aXdef".to_owned(), 1));
        let third = mend(text, &[(0, 0, "Y"), (3, 4, "")]);
        assert_eq!(mended(text, &[&first, &third]), ("YaXef".to_owned(), 2));
    }

    #[test]
    fn what_is_put_in_at_one_place_keeps_its_order() {
        let text = "ab";
        let (first, second) = (mend(text, &[(1, 1, "1")]), mend(text, &[(1, 1, "2")]));
        assert_eq!(mended(text, &[&first, &second]).0, "a12b");
    }
}
