//! Where the lines of a text went in a newer one.

/// What two texts have in common at their starts and ends, in lines. Between them nothing is known.
pub(super) struct Moved {
    before: u32,
    behind: u32,
    old: u32,
    new: u32,
}

impl Moved {
    /// Compares two texts. Linear in their lengths.
    pub(super) fn between(old: &str, new: &str) -> Self {
        let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
        let shorter = old.len().min(new.len());
        let before = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let behind =
            old.iter().rev().zip(new.iter().rev()).take(shorter - before).take_while(|(a, b)| a == b).count();
        let lines = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self { before: lines(before), behind: lines(behind), old: lines(old.len()), new: lines(new.len()) }
    }

    /// The line in the newer text, from 0. One that is gone is where the change is.
    pub(super) fn line(&self, line: u32) -> u32 {
        if line < self.before {
            line
        } else if line >= self.old - self.behind {
            line + self.new.max(1) - self.old.max(1)
        } else {
            line.min((self.new - self.behind).max(self.before + 1).min(self.new.max(1)) - 1)
        }
    }

    /// The line that a line of the newer text was before; none if it is new.
    pub(super) fn line_before(&self, line: u32) -> Option<u32> {
        if line < self.before {
            Some(line)
        } else if line >= self.new - self.behind && line < self.new {
            Some(line + self.old - self.new)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_around_a_change_are_followed() {
        let moved = Moved::between("a\nb\nc\nd", "a\nx\ny\nz\nd");
        assert_eq!([0, 1, 2, 3].map(|line| moved.line(line)), [0, 1, 2, 4]);
        assert_eq!([0, 1, 3, 4, 9].map(|line| moved.line_before(line)), [Some(0), None, None, Some(3), None]);
    }

    #[test]
    fn texts_may_be_empty_or_alike() {
        assert_eq!(Moved::between("", "").line(0), 0);
        assert_eq!(Moved::between("a\nb", "").line(1), 0);
        assert_eq!(Moved::between("a\na\na", "a").line(2), 0);
        assert_eq!(Moved::between("a", "a\na\na").line(0), 0);
        assert_eq!(Moved::between("", "a\nb").line(5), 6);
    }
}
