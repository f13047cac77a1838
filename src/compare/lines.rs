//! What changed in a file, in lines from 0.

use similar::{DiffTag, TextDiff};
use std::ops::Range;

/// Lines of the older text that newer ones took the place of. Either may be none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Hunk {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

/// A file in both states. What is not there has no text.
pub(super) struct Change {
    /// In the state before.
    pub(super) old_path: String,
    /// In the state after.
    pub(super) path: String,
    pub(super) old: Vec<String>,
    pub(super) new: Vec<String>,
    pub(super) hunks: Vec<Hunk>,
}

impl Change {
    /// Compares two texts.
    pub(super) fn between(old_path: &str, path: &str, old: &str, new: &str) -> Self {
        let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect();
        let (old, new): (Vec<String>, Vec<String>) = (lines(old), lines(new));
        let (before, after): (Vec<&str>, Vec<&str>) =
            (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
        let diff = TextDiff::from_slices(&before, &after);
        let changed = diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
        let hunks = changed.map(|op| Hunk { old: op.old_range(), new: op.new_range() }).collect();
        Self { old_path: old_path.to_owned(), path: path.to_owned(), old, new, hunks }
    }

    /// The newer text with some of the changes taken back.
    pub(super) fn without(&self, hunks: &[usize]) -> String {
        self.rebuilt(|at, hunk| match hunks.contains(&at) {
            true => self.old.get(hunk.old.clone()),
            false => self.new.get(hunk.new.clone()),
        })
    }

    /// The newer text with some of the changes taken back, and of one only the lines of the older text that are named.
    pub(super) fn with_lines(&self, taken_back: &[usize], partly: usize, lines: &[usize]) -> String {
        let kept: Vec<String> = lines.iter().filter_map(|&line| self.old.get(line).cloned()).collect();
        self.rebuilt(|at, hunk| match at == partly {
            true => Some(&kept),
            false if taken_back.contains(&at) => self.old.get(hunk.old.clone()),
            false => self.new.get(hunk.new.clone()),
        })
    }

    fn rebuilt<'a>(&'a self, choose: impl Fn(usize, &Hunk) -> Option<&'a [String]>) -> String {
        let mut out = String::new();
        let mut done = 0;
        for (at, hunk) in self.hunks.iter().enumerate() {
            out.extend(self.new.get(done..hunk.new.start).into_iter().flatten().map(String::as_str));
            out.extend(choose(at, hunk).into_iter().flatten().map(String::as_str));
            done = hunk.new.end;
        }
        out.extend(self.new.get(done..).into_iter().flatten().map(String::as_str));
        out
    }

    /// The line of the older text that a line of the newer one was; none if it is new.
    pub(super) fn line_before(&self, line: usize) -> Option<usize> {
        let above = self.hunks.iter().take_while(|hunk| hunk.new.start <= line).last();
        match above {
            Some(hunk) if hunk.new.contains(&line) => None,
            Some(hunk) => Some(line - hunk.new.end + hunk.old.end),
            None => Some(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_taken_back_one_by_one() {
        let change = Change::between("a.js", "a.js", "a\nb\nc\nd\ne\n", "a\nc\nd\nX\nY\n");
        assert_eq!(change.hunks.len(), 2);
        assert_eq!(change.without(&[]), "a\nc\nd\nX\nY\n");
        assert_eq!(change.without(&[0]), "a\nb\nc\nd\nX\nY\n");
        assert_eq!(change.without(&[1]), "a\nc\nd\ne\n");
        assert_eq!(change.without(&[0, 1]), "a\nb\nc\nd\ne\n");
        assert_eq!(change.with_lines(&[0], 1, &[]), "a\nb\nc\nd\n");
        assert_eq!([0, 1, 3].map(|line| change.line_before(line)), [Some(0), Some(2), None]);
    }

    #[test]
    fn a_file_may_come_or_go() {
        let gone = Change::between("a.js", "a.js", "a\nb\n", "");
        assert_eq!(gone.without(&[0]), "a\nb\n");
        let new = Change::between("a.js", "a.js", "", "a\n");
        assert_eq!((new.without(&[0]), new.line_before(0)), (String::new(), None));
    }
}
