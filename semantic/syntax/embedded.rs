//! Scripts inside markup: `.vue`, `.svelte`, `.astro`.
//!
//! Everything outside the script blocks is blanked byte by byte, so that every offset in the script is its offset in the
//! file.

use super::Language;
use crate::tree::Span;

/// The script blocks of a file.
pub(super) struct Blocks {
    scripts: Vec<Script>,
    /// Whether a block says `lang="ts"` (Astro's frontmatter always may).
    pub(super) is_typescript: bool,
}

struct Script {
    body: Span,
    /// Its statements run once for each component instance (or request), not once per module.
    is_setup: bool,
}

impl Blocks {
    /// Finds the script blocks of a file.
    pub(super) fn find(text: &str, language: Language) -> Self {
        let mut blocks = Self { scripts: Vec::new(), is_typescript: language == Language::Astro };
        if language == Language::Astro {
            blocks.frontmatter(text);
            return blocks;
        }
        let mut at = 0;
        while let Some(open) = find_tag(text, at) {
            let Some(head_end) = tag_end(text, open) else { break };
            let head = text.get(open..head_end).unwrap_or_default();
            let end = text.get(head_end..).and_then(|rest| rest.find("</script")).map(|i| head_end + i);
            let Some(end) = end else { break };
            blocks.add_script(head, head_end, end, language);
            at = end;
        }
        blocks
    }

    fn add_script(&mut self, head: &str, start: usize, end: usize, language: Language) {
        if head.contains(" src=") || head.contains("application/ld+json") {
            return;
        }
        self.is_typescript |= ["\"ts\"", "'ts'", "\"tsx\"", "'tsx'", "typescript", "=ts"]
            .iter()
            .any(|lang| head.contains(lang));
        let is_setup = match language {
            Language::Vue => attribute(head, "setup"),
            _ => !attribute(head, "module") && !head.contains("\"module\"") && !head.contains("'module'"),
        };
        self.scripts.push(Script { body: span(start, end), is_setup });
    }

    fn frontmatter(&mut self, text: &str) {
        let Some(open) = text.find("---") else { return };
        if !text.get(..open).unwrap_or_default().trim().is_empty() {
            return;
        }
        let start = open + 3;
        if let Some(end) = text.get(start..).and_then(|rest| rest.find("\n---")) {
            self.scripts.push(Script { body: span(start, start + end), is_setup: true });
        }
    }

    /// The text with everything but the scripts blanked. A `;` stands where a script ends, so that two never run
    /// together.
    pub(super) fn mask(&self, text: &str) -> String {
        let mut out: Vec<u8> =
            text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { byte } else { b' ' }).collect();
        for script in &self.scripts {
            let (start, end) = (script.body.start as usize, script.body.end as usize);
            if let (Some(to), Some(from)) = (out.get_mut(start..end), text.as_bytes().get(start..end)) {
                to.copy_from_slice(from);
            }
            if let Some(behind) = out.get_mut(end)
                && *behind == b' '
            {
                *behind = b';';
            }
        }
        String::from_utf8(out).unwrap_or_default()
    }

    /// The block whose statements run for each instance.
    pub(super) fn setup(&self) -> Option<Span> {
        self.scripts.iter().find(|script| script.is_setup).map(|script| script.body)
    }
}

fn span(start: usize, end: usize) -> Span {
    Span { start: u32::try_from(start).unwrap_or(u32::MAX), end: u32::try_from(end).unwrap_or(u32::MAX) }
}

fn find_tag(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let open = at + text.get(at..)?.find("<script")?;
        let next = text.as_bytes().get(open + 7).copied();
        if matches!(next, Some(b'>' | b' ' | b'\n' | b'\r' | b'\t')) {
            return Some(open);
        }
        at = open + 7;
    }
}

/// The offset behind the `>` that ends an opening tag; quotes may hold one (`generic="T extends X<Y>"`).
fn tag_end(text: &str, open: usize) -> Option<usize> {
    let mut quote = None;
    for (i, byte) in text.bytes().enumerate().skip(open) {
        match (quote, byte) {
            (None, b'>') => return Some(i + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

/// Whether a tag has an attribute of this name.
fn attribute(head: &str, name: &str) -> bool {
    head.split(|c: char| c.is_whitespace() || matches!(c, '>' | '=')).any(|word| word == name)
}
