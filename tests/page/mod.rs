//! Reads a rule's page: the fenced blocks that are examples, and what the page claims about them.

use super::example::Source;

/// What a block is on its page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// It must give exactly what its markers name.
    Leak,
    /// Nothing may be reported in it, at any level.
    Clean,
    /// Nothing may be reported in it at the default level.
    CleanByDefault,
    /// What the program prints for the leak before it.
    Output,
}

/// An example of a page: a file or a small project.
pub(crate) struct Example {
    /// What it is.
    pub(crate) kind: Kind,
    /// Where its first block starts, from 1.
    pub(crate) line: usize,
    /// Its files.
    pub(crate) files: Vec<Source>,
    /// What the page shows as the program's output.
    pub(crate) output: Option<String>,
}

struct Block {
    kind: Kind,
    line: usize,
    file: Option<String>,
    language: String,
    text: String,
    /// Nothing but blank lines stands between it and the block before.
    follows: bool,
}

/// The examples of a page, in order.
pub(crate) fn examples(page: &str) -> Result<Vec<Example>, String> {
    let mut out: Vec<Example> = Vec::new();
    let mut can_join = false;
    for block in blocks(page)? {
        if block.kind == Kind::Output {
            let last = out.last_mut().filter(|last| last.kind == Kind::Leak && last.output.is_none());
            let last =
                last.ok_or_else(|| format!("line {}: an output without a leak before it", block.line))?;
            last.output = Some(block.text);
            can_join = false;
            continue;
        }
        let is_named = block.file.is_some();
        // Not `example`: a file of that name is taken for one, and read like a test.
        let path = block.file.unwrap_or_else(|| format!("snippet.{}", block.language));
        let source = Source { path, text: block.text };
        let joined = out.last_mut().filter(|last| {
            can_join
                && is_named
                && block.follows
                && last.kind == block.kind
                && last.files.iter().all(|file| file.path != source.path)
        });
        match joined {
            Some(last) => last.files.push(source),
            None => {
                out.push(Example { kind: block.kind, line: block.line, files: vec![source], output: None });
            }
        }
        can_join = is_named;
    }
    Ok(out)
}

fn blocks(page: &str) -> Result<Vec<Block>, String> {
    let mut out = Vec::new();
    let mut lines = page.lines().enumerate();
    let mut follows = false;
    while let Some((index, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            follows &= line.trim().is_empty();
            continue;
        };
        let text: Vec<&str> =
            lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        let text = text.iter().map(|line| format!("{line}\n")).collect();
        if let Some(block) = block(info, index + 1, text, follows)? {
            out.push(block);
        }
        follows = true;
    }
    Ok(out)
}

/// A block by its info string; none if it is no example.
fn block(info: &str, line: usize, text: String, follows: bool) -> Result<Option<Block>, String> {
    let mut words = info.split_whitespace();
    let language = words.next().unwrap_or_default().to_owned();
    let (mut kind, mut file) = (None, None);
    for word in words {
        match word {
            "leak" => kind = Some(Kind::Leak),
            "clean" => kind = Some(Kind::Clean),
            "clean=default" => kind = Some(Kind::CleanByDefault),
            "output" => kind = Some(Kind::Output),
            _ => match word.strip_prefix("file=") {
                Some(name) => file = Some(name.to_owned()),
                None => return Err(format!("line {line}: `{word}` says nothing about an example")),
            },
        }
    }
    Ok(kind.map(|kind| Block { kind, line, file, language, text, follows }))
}
