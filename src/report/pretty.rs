//! Findings for people: excerpts with the retention path drawn on them.
//!
//! The only file that names miette. It is given nothing but [`Excerpt`]s: the few lines a finding needs, made safe and
//! clipped beforehand, because miette scans a whole text once per diagnostic, passes control bytes through, and panics on
//! a label far to the right.

use super::concise;
use super::safe::{is_unsafe, safe};
use super::source::Sources;
use super::{FileError, Location, Report, Reported, Step};
use crate::rulebook;
use crate::terminal::Look;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};
use std::fmt;
use std::io::Write;
use unicode_width::UnicodeWidthChar;

/// Steps drawn into the excerpt, and steps listed from other files; a finding stays within a screen.
const MAX_LABELS: usize = 5;
const MAX_LISTED: usize = 5;
/// Columns between tab stops.
const TAB: usize = 4;
/// Columns left of the text: line number, bars, spaces.
const GUTTER: usize = 9;

/// Writes every finding, then the files that could not be parsed.
pub(crate) fn write(report: &Report, look: Look, out: &mut dyn Write) -> std::io::Result<()> {
    let handler = handler(look);
    let findings = report.findings.iter().map(|finding| Shown::finding(finding, &report.sources, look));
    let errors = report.errors.iter().map(|error| Shown::error(error, &report.sources, look));
    for (i, shown) in findings.chain(errors).enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        let mut text = String::new();
        // Writing to a string cannot fail; what miette itself refuses still has its one line.
        if handler.render_report(&mut text, &shown).is_err() {
            text = format!("{shown}\n");
        }
        for line in text.lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    for (i, gone) in report.comparison.iter().flat_map(|comparison| &comparison.gone).enumerate() {
        if i == 0 && !(report.findings.is_empty() && report.errors.is_empty()) {
            writeln!(out)?;
        }
        writeln!(out, "{}", concise::gone_line(gone))?;
    }
    Ok(())
}

fn handler(look: Look) -> GraphicalReportHandler {
    let characters = if look.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    let styles = if look.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(look.width)
        .with_context_lines(1)
        .with_links(look.links)
        .with_urls(look.links)
        .with_link_display_text("(docs)")
        .tab_width(TAB)
        .without_syntax_highlighting()
}

/// A finding, or a file's error, in the words of miette.
#[derive(Debug)]
struct Shown {
    code: String,
    url: Option<String>,
    severity: miette::Severity,
    message: String,
    help: String,
    excerpt: Option<Excerpt>,
    /// What has no place in the excerpt, listed under the message.
    listed: Option<Listed>,
}

impl Shown {
    fn finding(finding: &Reported, sources: &Sources, look: Look) -> Self {
        let excerpt = Excerpt::of_finding(finding, sources, look);
        let drawn = |step: &&Step| excerpt.as_ref().is_some_and(|excerpt| excerpt.shows(&step.place));
        let elsewhere: Vec<&Step> = finding.retainers.iter().filter(|step| !drawn(step)).collect();
        let mut lines: Vec<String> = elsewhere.iter().take(MAX_LISTED).map(|step| line(step)).collect();
        if excerpt.is_none() {
            lines.insert(0, place(&finding.place));
        }
        if elsewhere.len() > MAX_LISTED {
            lines.push(format!("… and {} more places", elsewhere.len() - MAX_LISTED));
        }
        Self {
            code: format!("{} ({} confidence)", finding.rule, finding.confidence.word()),
            url: Some(rulebook::url(finding.rule)),
            severity: severity(finding.severity),
            message: safe(&finding.message).into_owned(),
            help: advice(finding),
            excerpt,
            listed: Listed::chain(lines),
        }
    }

    fn error(error: &FileError, sources: &Sources, look: Look) -> Self {
        let place = error.start.map(|start| Location { path: error.path.clone(), start, end: start });
        let label = |place: Location| Label { place, text: "here".to_owned(), primary: true };
        let excerpt = place.and_then(|place| Excerpt::new(&[label(place)], sources, look));
        let lines = if excerpt.is_some() { Vec::new() } else { vec![safe(&error.path).into_owned()] };
        Self {
            code: error.trouble.word().to_owned(),
            url: None,
            severity: miette::Severity::Error,
            message: safe(&error.message).into_owned(),
            help: String::new(),
            excerpt,
            listed: Listed::chain(lines),
        }
    }
}

/// What to do, and why it is not certain that there is something to be done.
fn advice(finding: &Reported) -> String {
    let mut text = safe(&finding.help).into_owned();
    if !finding.doubts.is_empty() {
        text.push_str("\nin doubt: ");
        text.push_str(&finding.doubts.join("; "));
    }
    text
}

fn severity(severity: outlive_rules::Severity) -> miette::Severity {
    match severity {
        outlive_rules::Severity::Info => miette::Severity::Advice,
        outlive_rules::Severity::Warning => miette::Severity::Warning,
        outlive_rules::Severity::Error => miette::Severity::Error,
    }
}

fn line(step: &Step) -> String {
    format!("{}: {} ({})", step.role.word(), safe(&step.message), place(&step.place))
}

fn place(place: &Location) -> String {
    format!("{}:{}:{}", safe(&place.path), place.start.line, place.start.column)
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.listed.as_ref().map(|listed| listed as _)
    }
}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as _)
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.url.as_ref().map(|url| Box::new(url) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let excerpt = self.excerpt.as_ref()?;
        Some(Box::new(excerpt.marks.iter().map(Mark::label)))
    }
}

/// Lines under the message; miette draws a chain of causes as a tree.
#[derive(Debug)]
struct Listed {
    line: String,
    next: Option<Box<Self>>,
}

impl Listed {
    fn chain(lines: Vec<String>) -> Option<Self> {
        lines.into_iter().rev().fold(None, |next, line| Some(Self { line, next: next.map(Box::new) }))
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl std::error::Error for Listed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.next.as_deref().map(|next| next as _)
    }
}

/// What is to be said about a range of the file.
struct Label {
    place: Location,
    text: String,
    primary: bool,
}

/// A label where it stands in the excerpt.
#[derive(Debug)]
struct Mark {
    place: Location,
    /// In bytes of the excerpt's text.
    start: usize,
    end: usize,
    text: String,
    primary: bool,
}

impl Mark {
    fn label(&self) -> LabeledSpan {
        let (text, span) = (Some(self.text.clone()), (self.start, self.end - self.start));
        if self.primary {
            LabeledSpan::new_primary_with_span(text, span)
        } else {
            LabeledSpan::new_with_span(text, span)
        }
    }
}

/// The lines of one file that a finding needs.
#[derive(Debug)]
struct Excerpt {
    name: String,
    text: String,
    rows: Vec<Row>,
    marks: Vec<Mark>,
}

/// One line of the excerpt.
#[derive(Debug)]
struct Row {
    /// In the file, from 1.
    line: u32,
    /// In bytes of the excerpt's text, the line break included.
    start: usize,
    end: usize,
}

impl Excerpt {
    fn of_finding(finding: &Reported, sources: &Sources, look: Look) -> Option<Self> {
        let mut labels: Vec<Label> = Vec::new();
        for step in finding.retainers.iter().filter(|step| step.place.path == finding.place.path) {
            let text = format!("{}: {}", step.role.word(), safe(&step.message));
            let here = step.place.start == finding.place.start;
            let place = if here { &finding.place } else { &step.place };
            match labels.iter_mut().find(|label| label.place.start == place.start) {
                Some(label) => label.text = format!("{}\n{text}", label.text),
                None => labels.push(Label { place: place.clone(), text, primary: here }),
            }
        }
        if !labels.iter().any(|label| label.primary) {
            labels.insert(0, Label { place: finding.place.clone(), text: "here".to_owned(), primary: true });
        }
        // The primary one always stays.
        labels.sort_by_key(|label| !label.primary);
        labels.truncate(MAX_LABELS);
        Self::new(&labels, sources, look)
    }

    fn new(labels: &[Label], sources: &Sources, look: Look) -> Option<Self> {
        let path = &labels.first()?.place.path;
        let source = sources.get(path)?;
        let text = source.text.as_ref()?;
        let mut lines: Vec<u32> = labels.iter().flat_map(|label| around(label.place.start.line)).collect();
        lines.sort_unstable();
        lines.dedup();
        let mut excerpt =
            Self { name: safe(path).into_owned(), text: String::new(), rows: Vec::new(), marks: Vec::new() };
        for line in lines {
            let Some(span) = source.lines.line_span(line) else { continue };
            let whole = text.get(span.start as usize..span.end as usize).unwrap_or_default();
            let own: Vec<&Label> = labels.iter().filter(|label| label.place.start.line == line).collect();
            // The line behind the last line break is not one that anybody wrote.
            if whole.is_empty() && own.is_empty() {
                continue;
            }
            excerpt.row(line, span.start, whole.trim_end_matches(['\n', '\r']), &own, look);
        }
        excerpt.marks.sort_by_key(|mark| mark.start);
        Some(excerpt)
    }

    /// Adds a line with its labels.
    fn row(&mut self, line: u32, offset: u32, text: &str, labels: &[&Label], look: Look) {
        let room = look.width.saturating_sub(GUTTER).max(20);
        let spans: Vec<(usize, usize)> =
            labels.iter().map(|label| in_line(&label.place, line, offset, text)).collect();
        let clipped = clip(text, &spans, room);
        let start = self.text.len();
        for (label, mark) in labels.iter().zip(&clipped.marks) {
            self.marks.push(Mark {
                place: label.place.clone(),
                start: start + mark.start,
                end: start + mark.end,
                text: wrap(&label.text, room.saturating_sub(mark.anchor + 4).max(14)),
                primary: label.primary,
            });
        }
        self.text.push_str(&clipped.text);
        self.text.push('\n');
        self.rows.push(Row { line, start, end: self.text.len() });
    }

    /// Whether a label stands at this place.
    fn shows(&self, place: &Location) -> bool {
        self.marks.iter().any(|mark| mark.place.path == place.path && mark.place.start == place.start)
    }

    /// The row that holds a byte of the text.
    fn row_at(&self, offset: usize) -> Option<usize> {
        let after = self.rows.partition_point(|row| row.end <= offset);
        self.rows.get(after).map(|_| after)
    }

    /// Whether these rows follow each other in the file too.
    fn is_gapless(&self, first: usize, last: usize) -> bool {
        let line = |row: usize| self.rows.get(row).map(|row| row.line as usize);
        matches!((line(first), line(last)), (Some(a), Some(b)) if b.checked_sub(a) == last.checked_sub(first))
    }
}

/// A line and its neighbours.
fn around(line: u32) -> impl Iterator<Item = u32> {
    line.saturating_sub(1)..=line.saturating_add(1)
}

/// A place in bytes of one line; what goes on in the next lines ends with this one.
fn in_line(place: &Location, line: u32, offset: u32, text: &str) -> (usize, usize) {
    let at = |position: u32| (position.saturating_sub(offset) as usize).min(text.len());
    let start = at(place.start.offset);
    let end = if place.end.line == line { at(place.end.offset) } else { text.trim_end().len() };
    (start, end.max(start))
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let outside = || MietteError::OutOfBounds;
        let mut first = self.row_at(span.offset()).ok_or_else(outside)?;
        let mut last = self.row_at(span.offset() + span.len().saturating_sub(1)).ok_or_else(outside)?;
        // miette asks whether two labels go into one picture: not over lines that are left out.
        if !self.is_gapless(first, last) {
            return Err(outside());
        }
        if before > 0 && first > 0 && self.is_gapless(first - 1, first) {
            first -= 1;
        }
        if after > 0 && self.is_gapless(last, last + 1) {
            last += 1;
        }
        let (Some(head), Some(tail)) = (self.rows.get(first), self.rows.get(last)) else {
            return Err(outside());
        };
        let data = self.text.as_bytes().get(head.start..tail.end).ok_or_else(outside)?;
        // Without context it asks for the place of a label, to head the picture with: the place in the file.
        let mark = self.marks.iter().find(|mark| before == 0 && mark.start == span.offset());
        let column = mark.map_or(0, |mark| mark.place.start.column.saturating_sub(1) as usize);
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data,
            (head.start, tail.end - head.start).into(),
            head.line.saturating_sub(1) as usize,
            column,
            last - first + 1,
        )))
    }
}

fn wrap(text: &str, width: usize) -> String {
    let lines: Vec<String> =
        text.lines().flat_map(|line| textwrap::wrap(line, width)).map(std::borrow::Cow::into_owned).collect();
    lines.join("\n")
}

/// A line that fits, and its spans in it.
#[derive(Debug, PartialEq, Eq)]
struct Clipped {
    text: String,
    marks: Vec<ClippedSpan>,
}

#[derive(Debug, PartialEq, Eq)]
struct ClippedSpan {
    start: usize,
    end: usize,
    /// The column from which the label hangs.
    anchor: usize,
}

/// One character as it is shown.
struct Cell {
    /// In bytes of the line.
    offset: usize,
    shown: char,
    /// The columns it takes, from the left of the window.
    column: usize,
    width: usize,
}

/// Cuts a line to `room` columns around its first span, and makes it safe. Labels need room to the right of where they
/// hang, so spans far to the right move the window, and long ones are underlined in part.
fn clip(line: &str, spans: &[(usize, usize)], room: usize) -> Clipped {
    let first = spans.iter().map(|span| span.0).min().unwrap_or(0);
    // A column is at most four bytes, or none at all (combining marks): far more than is shown.
    let low = line.floor_char_boundary(first.saturating_sub(room * 8));
    let high = line.ceil_char_boundary(first.saturating_add(room * 16).min(line.len()));
    let cells = cells(line.get(low..high).unwrap_or_default(), low);
    let total = cells.last().map_or(0, |cell| cell.column + cell.width);
    let for_label = (room * 3 / 5).min(30);
    let at = cells.iter().find(|cell| cell.offset >= first).map_or(total, |cell| cell.column);
    let left = if low == 0 && at + for_label <= room { 0 } else { at.saturating_sub(room / 4) };
    let is_cut = |cell: &Cell| cell.column + cell.width > left + room - 1;
    let right = if high < line.len() || total > left + room { cells.iter().position(is_cut) } else { None };
    let window = cells.get(..right.unwrap_or(cells.len())).unwrap_or_default();
    let window = window.get(window.partition_point(|cell| cell.column < left)..).unwrap_or_default();
    let mut text = String::new();
    if left > 0 || low > 0 {
        text.push('…');
    }
    let shift = text.chars().count();
    // Byte offset in the line, byte offset in the shown text, column.
    let mut stops: Vec<(usize, usize, usize)> = Vec::with_capacity(window.len() + 1);
    for cell in window {
        stops.push((cell.offset, text.len(), cell.column - left + shift));
        text.push(cell.shown);
    }
    let end_column = window.last().map_or(shift, |cell| cell.column + cell.width - left + shift);
    stops.push((usize::MAX, text.len(), end_column));
    if right.is_some() || high < line.len() {
        text.push('…');
    }
    let marks = spans.iter().map(|&span| mark(span, &stops, room - for_label)).collect();
    Clipped { text, marks }
}

/// A span among the stops; its anchor, the middle of it, stays left of `limit` where it can.
fn mark((from, to): (usize, usize), stops: &[(usize, usize, usize)], limit: usize) -> ClippedSpan {
    let stop = |offset: usize| {
        let found = stops.iter().find(|stop| stop.0 >= offset).or(stops.last());
        found.map_or((0, 0), |stop| (stop.1, stop.2))
    };
    let (start, left) = stop(from);
    let (mut end, mut right) = stop(to.max(from));
    let longest = (2 * limit).saturating_sub(left).max(left + 8);
    if right > longest
        && let Some(cut) = stops.iter().rev().find(|stop| stop.2 <= longest && stop.1 > start)
    {
        (end, right) = (cut.1, cut.2);
    }
    ClippedSpan { start, end: end.max(start), anchor: left.midpoint(right) }
}

fn cells(text: &str, offset: usize) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(text.len());
    let mut column = 0;
    for (i, char) in text.char_indices() {
        if char == '\t' {
            for _ in 0..TAB - column % TAB {
                cells.push(Cell { offset: offset + i, shown: ' ', column, width: 1 });
                column += 1;
            }
            continue;
        }
        let shown = if is_unsafe(char) { '\u{fffd}' } else { char };
        let width = shown.width().unwrap_or(0);
        cells.push(Cell { offset: offset + i, shown, column, width });
        column += width;
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str, span: (usize, usize), room: usize) -> (String, String) {
        let clipped = clip(line, &[span], room);
        let mark = &clipped.marks[0];
        (clipped.text.clone(), clipped.text[mark.start..mark.end].to_owned())
    }

    #[test]
    fn a_line_that_fits_is_left_alone() {
        assert_eq!(shown("a.b(c)", (2, 6), 60), ("a.b(c)".into(), "b(c)".into()));
        assert_eq!(shown("", (0, 0), 60), (String::new(), String::new()));
        assert_eq!(shown("ab", (2, 2), 60), ("ab".into(), String::new()));
    }

    #[test]
    fn tabs_become_spaces_up_to_the_next_stop() {
        assert_eq!(shown("\ta\tb", (1, 4), 60), ("    a   b".into(), "a   b".into()));
    }

    #[test]
    fn what_a_terminal_would_obey_is_replaced() {
        let (text, mark) = shown("a\u{1b}[31m\u{202e}b", (7, 11), 60);
        assert_eq!(text, "a\u{fffd}[31m\u{fffd}b");
        assert_eq!(mark, "b", "offsets follow the replaced characters");
    }

    #[test]
    fn a_long_line_is_cut_around_its_span() {
        let line = format!("{}seen.set(k, v){}", "x".repeat(300_000), "y".repeat(300_000));
        let (text, mark) = shown(&line, (300_000, 300_014), 60);
        assert!(text.starts_with("…x") && text.ends_with("y…"), "{text}");
        assert!(text.chars().count() <= 61, "{}", text.chars().count());
        assert_eq!(mark, "seen.set(k, v)");
    }

    #[test]
    fn wide_characters_count_twice() {
        let line = "漢".repeat(100);
        let (text, mark) = shown(&line, (0, 3), 20);
        assert_eq!(mark, "漢");
        assert!(text.chars().filter(|&c| c == '漢').count() <= 10);
    }

    #[test]
    fn a_long_span_is_underlined_only_as_far_as_its_label_has_room() {
        let line = "f(".to_owned() + &"a, ".repeat(30) + ")";
        let clipped = clip(&line, &[(0, line.len())], 60);
        assert!(clipped.marks[0].anchor <= 30, "{clipped:?}");
    }
}
