//! One example: a folder of code whose comments say what must be reported, and what the program says about it.
//!
//! A marker is a comment at the end of the line it speaks of:
//!
//! ```js
//! cache.set(id, user); //~ unbounded-collection
//! emitter.on('x', f);  //~ low leaked-listener
//! ```
//!
//! Without a level the finding must be one of the default level, medium or high. Each `^` in `//~^`
//! moves it one line up, for lines that have no room. Several rules are separated by commas.

use libtest_mimic::Failed;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// A file, and what its comments say.
pub(crate) struct Source {
    /// Relative to the folder of the example.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

/// What a comment says must be reported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mark {
    /// The file.
    pub(crate) path: String,
    /// The line, from 1.
    pub(crate) line: u64,
    /// The rule.
    pub(crate) rule: String,
    /// The confidence, if it is fixed.
    pub(crate) level: Option<String>,
}

/// What the program reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    path: String,
    line: u64,
    rule: String,
    /// The confidence.
    pub(crate) level: String,
    message: String,
}

const LEVELS: &[&str] = &["low", "medium", "high"];

/// The markers of a file.
pub(crate) fn marks(source: &Source) -> Result<Vec<Mark>, Failed> {
    let mut out = Vec::new();
    for (index, text) in source.text.lines().enumerate() {
        let Some((_, marker)) = text.split_once("//~") else { continue };
        let rules = marker.trim_start_matches('^');
        let up = marker.len() - rules.len();
        for part in rules.split(',') {
            out.push(mark(&source.path, (index + 1 - up.min(index)) as u64, part.trim())?);
        }
    }
    Ok(out)
}

fn mark(path: &str, line: u64, text: &str) -> Result<Mark, Failed> {
    let (level, rule) = match text.split_once(' ') {
        Some((level, rule)) => (Some(level.to_owned()), rule.trim()),
        None => (None, text),
    };
    if level.as_deref().is_some_and(|level| !LEVELS.contains(&level)) || outlive_rules::find(rule).is_none() {
        return Err(
            format!("{path}:{line}: `{text}` is no marker: write `//~ rule` or `//~ low rule`").into()
        );
    }
    Ok(Mark { path: path.to_owned(), line, rule: rule.to_owned(), level })
}

/// Runs the program in a folder and returns what it prints.
pub(crate) fn print(folder: &Path, target: &str, format: &str) -> Result<String, Failed> {
    let output = Command::new(env!("CARGO_BIN_EXE_outlive"))
        .args(["check", target, "--format", format, "--confidence", "low", "--threads", "1", "--quiet"])
        .current_dir(folder)
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    if complaint.is_empty() { Ok(text) } else { Err(format!("the program complains: {complaint}").into()) }
}

/// Everything the program reports about a file or folder, at every level.
pub(crate) fn report(folder: &Path, target: &str) -> Result<Vec<Found>, Failed> {
    let document: Value = serde_json::from_str(&print(folder, target, "json")?)?;
    if let Some(error) = list(&document, "errors").first() {
        return Err(format!("the example is not analysed: {error}").into());
    }
    Ok(list(&document, "findings").iter().map(found).collect())
}

fn list<'v>(document: &'v Value, name: &str) -> &'v [Value] {
    document[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn found(value: &Value) -> Found {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Found {
        path: text("path"),
        line: value["start"]["line"].as_u64().unwrap_or_default(),
        rule: text("rule"),
        level: text("confidence"),
        message: text("message"),
    }
}

/// What differs between what was to be found and what was found; nothing if they agree.
pub(crate) fn difference(marks: &[Mark], found: &[Found]) -> String {
    let mut left: Vec<&Found> = found.iter().collect();
    let mut out = String::new();
    for mark in marks {
        match left.iter().position(|found| is_meant(mark, found)) {
            Some(at) => {
                left.remove(at);
            }
            None => {
                let level = mark.level.as_deref().unwrap_or("medium or high");
                let _ = writeln!(out, "{}:{}: {} ({level}) is missing", mark.path, mark.line, mark.rule);
            }
        }
    }
    for found in left {
        let Found { path, line, rule, level, message } = found;
        let _ = writeln!(out, "{path}:{line}: {rule} ({level}) is too much: {message}");
    }
    out
}

fn is_meant(mark: &Mark, found: &Found) -> bool {
    let is_level = mark.level.as_ref().map_or(found.level != "low", |level| found.level == *level);
    mark.path == found.path && mark.line == found.line && mark.rule == found.rule && is_level
}

/// Fails with the text, if there is any.
pub(crate) fn expect_empty(difference: String) -> Result<(), Failed> {
    if difference.is_empty() { Ok(()) } else { Err(difference.into()) }
}
