//! `outlive explain RULE`: the page of a rule, as Markdown or, on a terminal, laid out.

use crate::Outcome;
use crate::arguments::{Explain, When};
use crate::output;
use crate::rulebook;
use crate::session::SessionError;
use crate::terminal::{self, Look};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Prints the page.
pub(crate) fn explain(options: &Explain) -> Result<Outcome, SessionError> {
    let unknown = || SessionError::UnknownRule(options.rule.clone(), rulebook::suggestion(&options.rule));
    let entry = rulebook::find(&options.rule).ok_or_else(unknown)?;
    let look = terminal::look(options.color, When::Never);
    // What is piped is for another program: it gets the page as it is.
    let is_read = terminal::stdout_is_terminal() || options.color == When::Always;
    let mut text = if is_read { lay_out(entry.page, look) } else { entry.page.to_owned() };
    text = text.trim_end().to_owned();
    text.push_str(&format!("\n\n{}\n", rulebook::url(entry.id)));
    output::write(text.as_bytes())?;
    Ok(Outcome::Clean)
}

/// Prose is not set wider than it can be read.
const MEASURE: usize = 88;

const BOLD: &str = "1";
const CODE: &str = "36";
const DIM: &str = "2";

/// Lays a page out for a terminal.
fn lay_out(markdown: &str, look: Look) -> String {
    let options = Options::ENABLE_TABLES;
    let mut page = Page { look, ..Page::default() };
    for event in Parser::new_ext(markdown, options) {
        page.event(event);
    }
    page.out
}

/// A page under construction.
struct Page {
    look: Look,
    out: String,
    /// The block that is being read.
    line: String,
    /// How many lists are open, with the number of the next item where they are numbered.
    lists: Vec<Option<u64>>,
    /// Between the marks of an item and its first text.
    bullet: Option<String>,
    /// The language and text of a code block.
    code: Option<String>,
    /// The rows of a table, and the cells of the last one.
    table: Vec<Vec<String>>,
    quoted: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            look: Look { color: false, unicode: false, links: false, width: 80 },
            out: String::new(),
            line: String::new(),
            lists: Vec::new(),
            bullet: None,
            code: None,
            table: Vec::new(),
            quoted: 0,
        }
    }
}

impl Page {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.line.push_str(&text),
            },
            Event::Code(text) if self.look.color => self.styled(CODE, &text),
            Event::Code(text) => self.line.push_str(&format!("`{text}`")),
            Event::SoftBreak => self.line.push(' '),
            Event::HardBreak => self.line.push('\n'),
            Event::Rule => self.out.push_str("\n---\n"),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::List(first) => {
                self.paragraph();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(first);
            }
            Tag::Item => self.item(),
            Tag::CodeBlock(kind) => {
                self.paragraph();
                self.code = Some(String::new());
                if let CodeBlockKind::Fenced(info) = kind
                    && let Some(heading) = heading(&info)
                {
                    self.line.push_str(heading);
                    self.paragraph();
                }
            }
            Tag::TableHead | Tag::TableRow => self.table.push(Vec::new()),
            Tag::BlockQuote(_) => self.quoted += 1,
            Tag::Strong if self.look.color => self.line.push_str("\u{1b}[1m"),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                let text = std::mem::take(&mut self.line);
                self.gap();
                let text = if self.look.color { format!("\u{1b}[{BOLD}m{text}\u{1b}[0m") } else { text };
                self.out.push_str(&text);
                self.out.push('\n');
            }
            TagEnd::Paragraph | TagEnd::Item => self.paragraph(),
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock => self.code_block(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.line);
                if let Some(row) = self.table.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.finish_table(),
            TagEnd::BlockQuote(_) => self.quoted = self.quoted.saturating_sub(1),
            TagEnd::Strong if self.look.color => self.line.push_str("\u{1b}[0m"),
            _ => {}
        }
    }

    fn styled(&mut self, style: &str, text: &str) {
        self.line.push_str(&format!("\u{1b}[{style}m{text}\u{1b}[0m"));
    }

    /// An empty line before a block, but not before the first, nor between the items of a list.
    fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn item(&mut self) {
        let indent = "  ".repeat(self.lists.len().saturating_sub(1));
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}.", *number - 1)
            }
            _ if self.look.unicode => "•".to_owned(),
            _ => "-".to_owned(),
        };
        self.bullet = Some(format!("{indent}{mark} "));
    }

    fn paragraph(&mut self) {
        let text = std::mem::take(&mut self.line);
        if text.trim().is_empty() {
            return;
        }
        let first = self.bullet.take();
        if first.is_none() {
            self.gap();
        }
        let quote = "  ".repeat(self.quoted);
        let hanging = " ".repeat(first.as_ref().map_or(2 * self.lists.len(), |mark| mark.chars().count()));
        let (first, rest) =
            (format!("{quote}{}", first.unwrap_or_else(|| hanging.clone())), format!("{quote}{hanging}"));
        let options = textwrap::Options::new(self.look.width.min(MEASURE))
            .initial_indent(&first)
            .subsequent_indent(&rest);
        self.out.push_str(&textwrap::fill(&text, options));
        self.out.push('\n');
    }

    fn code_block(&mut self) {
        let code = self.code.take().unwrap_or_default();
        self.gap();
        for line in code.lines() {
            if line.is_empty() {
                self.out.push('\n');
                continue;
            }
            let line =
                if self.look.color { format!("\u{1b}[{DIM}m{line}\u{1b}[0m") } else { line.to_owned() };
            self.out.push_str(&format!("    {line}\n"));
        }
    }

    fn finish_table(&mut self) {
        let rows = std::mem::take(&mut self.table);
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|it| shown_width(it)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        self.gap();
        for row in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width.saturating_sub(shown_width(cell)) + 2));
            }
            self.out.push_str(&format!("  {}\n", line.trim_end()));
        }
    }
}

/// What an example is, by the words behind its language.
fn heading(info: &str) -> Option<&'static str> {
    info.split_whitespace().find_map(|word| match word {
        "leak" => Some("leaks:"),
        "clean" | "clean=default" => Some("silent:"),
        "output" => Some("prints:"),
        _ => None,
    })
}

/// The columns a text takes, escape codes left out.
fn shown_width(text: &str) -> usize {
    textwrap::core::display_width(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_laid_out_plainly() {
        let markdown = "# a-rule\n\nSome `code` that\ngoes on.\n\n- one\n- two\n\n```js\nf()\n```\n\n| a | b |\n|--|--|\n| long | x |\n";
        let text = lay_out(markdown, Look { color: false, unicode: true, links: false, width: 40 });
        assert_eq!(
            text,
            "a-rule\n\nSome `code` that goes on.\n\n• one\n• two\n\n    f()\n\n  a     b\n  long  x\n"
        );
    }
}
