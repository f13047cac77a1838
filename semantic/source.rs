//! Positions in a file: bytes, lines, UTF-16 columns.

use crate::tree::Span;
use line_index::{LineIndex, TextSize, WideEncoding};

/// A place in a file, as people and editors count it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in UTF-16 code units, from 1.
    pub column: u32,
    /// Byte offset, from 0.
    pub offset: u32,
}

/// The line starts of one file.
pub struct Lines {
    index: LineIndex,
    len: u32,
}

impl Lines {
    /// Indexes a text. Linear in its length.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { index: LineIndex::new(text), len: u32::try_from(text.len()).unwrap_or(u32::MAX) }
    }

    /// The position of a byte offset. Offsets behind the end mean the end; one inside a character means its start.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let offset = offset.min(self.len);
        let at = self.index.line_col(TextSize::from(offset));
        let column = self.index.to_wide(WideEncoding::Utf16, at).map_or(at.col, |wide| wide.col);
        Position { line: at.line + 1, column: column + 1, offset }
    }

    /// The range in bytes of a line (from 1), with its line break.
    #[must_use]
    pub fn line_span(&self, line: u32) -> Option<Span> {
        let range = self.index.line(line.checked_sub(1)?)?;
        Some(Span { start: range.start().into(), end: range.end().into() })
    }

    /// The byte offset of a line and a UTF-16 column, both from 1.
    #[must_use]
    pub fn offset(&self, line: u32, column: u32) -> Option<u32> {
        let wide = line_index::WideLineCol { line: line.checked_sub(1)?, col: column.checked_sub(1)? };
        let narrow = self.index.to_utf8(WideEncoding::Utf16, wide)?;
        self.index.offset(narrow).map(Into::into)
    }
}
