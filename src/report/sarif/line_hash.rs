//! The hash by which code scanning recognises a line after others moved it, exactly as the upload action computes it.
//!
//! For each line, a rolling hash over the hundred UTF-16 units from its start, blanks left out. Uploads that do not go
//! through the action need it, and an alert that got one way keeps its identity when it comes the other way.

use rustc_hash::FxHashMap;

const WINDOW: usize = 100;
const FACTOR: u64 = 37;
const END_OF_FILE: u16 = 0xffff;

/// The hashes of all lines of a text.
pub(super) struct LineHashes {
    lines: Vec<String>,
}

impl LineHashes {
    /// Hashes a text. Linear in its length.
    pub(super) fn new(text: &str) -> Self {
        let mut rolling = Rolling::new();
        for unit in text.encode_utf16() {
            rolling.feed(unit);
        }
        rolling.feed(END_OF_FILE);
        for _ in 0..WINDOW {
            rolling.emit();
            rolling.push(0);
        }
        Self { lines: rolling.lines }
    }

    /// The hash of a line, from 1, with the number of its occurrence behind it.
    pub(super) fn of_line(&self, line: u32) -> &str {
        let index = (line as usize).saturating_sub(1);
        self.lines.get(index).or(self.lines.last()).map_or("", String::as_str)
    }
}

struct Rolling {
    /// What is in the window, as a ring.
    units: [u16; WINDOW],
    /// Whether a line starts at this place of the ring.
    starts: [bool; WINDOW],
    at: usize,
    hash: u64,
    /// What a unit weighs when it leaves the window.
    leaving: u64,
    line_start: bool,
    after_return: bool,
    seen: FxHashMap<u64, u32>,
    lines: Vec<String>,
}

impl Rolling {
    fn new() -> Self {
        let leaving = (0..WINDOW).fold(1u64, |power, _| power.wrapping_mul(FACTOR));
        Self {
            units: [0; WINDOW],
            starts: [false; WINDOW],
            at: 0,
            hash: 0,
            leaving,
            line_start: true,
            after_return: false,
            seen: FxHashMap::default(),
            lines: Vec::new(),
        }
    }

    fn feed(&mut self, unit: u16) {
        const TAB: u16 = 9;
        const NEWLINE: u16 = 10;
        const RETURN: u16 = 13;
        const SPACE: u16 = 32;
        let is_second_half = self.after_return && unit == NEWLINE;
        self.after_return = unit == RETURN;
        if unit == SPACE || unit == TAB || is_second_half {
            return;
        }
        let unit = if unit == RETURN { NEWLINE } else { unit };
        self.emit();
        if std::mem::take(&mut self.line_start)
            && let Some(start) = self.starts.get_mut(self.at)
        {
            *start = true;
        }
        self.line_start = unit == NEWLINE;
        self.push(unit);
    }

    /// If the unit that is about to leave the window starts a line, the window holds what that line's hash is about.
    fn emit(&mut self) {
        let Some(start) = self.starts.get_mut(self.at) else { return };
        if std::mem::take(start) {
            let count = self.seen.entry(self.hash).or_default();
            *count += 1;
            self.lines.push(format!("{:x}:{count}", self.hash));
        }
    }

    fn push(&mut self, unit: u16) {
        let Some(slot) = self.units.get_mut(self.at) else { return };
        let gone = std::mem::replace(slot, unit);
        self.hash = self
            .hash
            .wrapping_mul(FACTOR)
            .wrapping_add(u64::from(unit))
            .wrapping_sub(self.leaving.wrapping_mul(u64::from(gone)));
        self.at = (self.at + 1) % WINDOW;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &str) -> Vec<String> {
        LineHashes::new(text).lines
    }

    #[test]
    fn known_vectors() {
        assert_eq!(hashes(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            hashes(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
        let alike = hashes(&"Lorem ipsum dolor sit amet.\n".repeat(10));
        assert_eq!(alike[5..8], ["a7f2ff13bc495cf2:6", "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1"]);
        assert_eq!(alike[10], "c129715d7a2bc9a3:1");
    }

    #[test]
    fn every_kind_of_line_break_is_one() {
        let text = " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n";
        let expected = hashes(text);
        assert_eq!(expected[0], "e9496ae3ebfced30:1");
        assert_eq!(expected[5], "c8e28b0b4002a3a0:1");
        assert_eq!(hashes(&text.replace('\n', "\r")), expected);
        assert_eq!(hashes(&text.replace('\n', "\r\n")), expected);
    }
}
