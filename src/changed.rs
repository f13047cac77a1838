//! What git says has changed. It restricts what is reported, never what is analysed.

use crate::discover;
use crate::report::source::Overlay;
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Seek, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use thiserror::Error;

/// Why git could not tell.
#[derive(Debug, Error)]
pub(crate) enum GitError {
    /// It could not be run.
    #[error("cannot run git: {0}")]
    Missing(std::io::Error),
    /// It refused.
    #[error("git {command}: {message}")]
    Refused {
        /// The subcommand.
        command: String,
        /// What it wrote to stderr.
        message: String,
    },
}

/// Files that changed since a commit forked off, with those that are new. Paths are relative to the working directory.
pub(crate) fn since(reference: &str) -> Result<FxHashSet<String>, GitError> {
    let mut changed = names(&[
        "diff",
        "--name-only",
        "-z",
        "--relative",
        "--diff-filter=d",
        "--merge-base",
        reference,
        "--",
    ])?;
    changed.extend(names(&["ls-files", "-z", "--others", "--exclude-standard"])?);
    Ok(changed.into_iter().collect())
}

/// Staged files, and the index as an overlay over the working tree.
pub(crate) fn staged() -> Result<(FxHashSet<String>, Overlay), GitError> {
    let staged = names(&["diff", "--cached", "--name-only", "-z", "--relative", "--diff-filter=d"])?;
    let mut overlay = Overlay::default();
    for path in names(&["diff", "--name-only", "-z", "--relative"])? {
        if discover::is_analysed(Path::new(&path)) {
            let text = git(&["show", &format!(":./{path}")])?;
            overlay.insert(path, text);
        }
    }
    Ok((staged.into_iter().collect(), overlay))
}

/// Lines of files, by the path of the file from the working directory.
pub(crate) type Lines = BTreeMap<String, BTreeSet<u32>>;

/// The lines that a patch adds or changes. `below` is the working directory in the repository: patches name files from
/// its root. A line behind which something was taken away counts as changed.
pub(crate) fn in_patch(patch: &str, below: &str) -> Lines {
    let mut out = Lines::new();
    let mut path: Option<String> = None;
    // How many lines of the hunk are still to come, before and after, and the number of the next one after.
    let (mut old, mut new, mut at) = (0_u32, 0_u32, 0_u32);
    for line in patch.lines() {
        if old == 0 && new == 0 {
            if let Some(name) = line.strip_prefix("+++ ") {
                path = target(name, below);
            } else if let Some(hunk) = line.strip_prefix("@@ ").and_then(hunk) {
                (old, at, new) = hunk;
            }
            continue;
        }
        let mut mark = |line: u32| {
            if let Some(path) = &path {
                out.entry(path.clone()).or_default().insert(line);
            }
        };
        match line.as_bytes().first() {
            Some(b'+') => {
                mark(at);
                (new, at) = (new.saturating_sub(1), at.saturating_add(1));
            }
            Some(b'-') => {
                mark(at.saturating_sub(1).max(1));
                old = old.saturating_sub(1);
            }
            Some(b'\\') => {}
            _ => {
                (old, new) = (old.saturating_sub(1), new.saturating_sub(1));
                at = at.saturating_add(1);
            }
        }
    }
    out
}

/// The file that a patch makes, as the report calls it; none if it takes one away or is about another folder.
fn target(name: &str, below: &str) -> Option<String> {
    let name = name.split('\t').next().unwrap_or_default().trim_matches('"');
    let name = name.strip_prefix("b/").unwrap_or(name);
    (name != "/dev/null").then(|| name.strip_prefix(below)).flatten().map(str::to_owned)
}

/// `-1,4 +1,6 @@`: how many lines before; the first line after, and how many.
fn hunk(text: &str) -> Option<(u32, u32, u32)> {
    let mut words = text.split(' ');
    let mut range = |sign: char| {
        let (start, count) = {
            let word = words.next()?.strip_prefix(sign)?;
            word.split_once(',').unwrap_or((word, "1"))
        };
        Some((start.parse::<u32>().ok()?, count.parse::<u32>().ok()?))
    };
    let (_, old) = range('-')?;
    let (at, new) = range('+')?;
    Some((old, at, new))
}

/// A file of a commit.
pub(crate) struct Blob {
    /// From the root of the repository.
    pub(crate) path: String,
    pub(crate) size: u64,
    id: String,
}

/// The commit that a reference stands for, if it stands for one.
pub(crate) fn commit(reference: &str) -> Option<String> {
    let wanted = format!("{reference}^{{commit}}");
    let found = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]).ok()?;
    Some(String::from_utf8_lossy(&found).trim().to_owned()).filter(|id| !id.is_empty())
}

/// The working directory in the repository, with a slash at its end, or empty.
pub(crate) fn prefix() -> Result<String, GitError> {
    let prefix = git(&["rev-parse", "--show-prefix"])?;
    Ok(String::from_utf8_lossy(&prefix).trim_end_matches('\n').to_owned())
}

/// The regular files of a commit. What cannot be a path below a folder is left out.
pub(crate) fn blobs(commit: &str) -> Result<Vec<Blob>, GitError> {
    let rows = names(&["ls-tree", "-r", "-z", "-l", "--full-tree", commit])?;
    let blob = |row: &String| {
        let (about, path) = row.split_once('\t')?;
        let mut about = about.split_ascii_whitespace();
        let (mode, _, id, size) = (about.next()?, about.next()?, about.next()?, about.next()?);
        let is_below =
            path.split('/').all(|part| !matches!(part, "" | "." | ".." | ".git") && !part.contains('\\'));
        (mode.starts_with("100") && is_below).then(|| Blob {
            path: path.to_owned(),
            size: size.parse().unwrap_or(u64::MAX),
            id: id.to_owned(),
        })
    };
    Ok(rows.iter().filter_map(blob).collect())
}

/// What stands in files of a commit, in their order.
pub(crate) fn contents(blobs: &[&Blob]) -> Result<Vec<Vec<u8>>, GitError> {
    let ids: String = blobs.iter().map(|blob| format!("{}\n", blob.id)).collect();
    // From a file: git writes while it reads, and a pipe that nobody empties would stop both.
    let mut asked = tempfile::tempfile().map_err(GitError::Missing)?;
    asked.write_all(ids.as_bytes()).and_then(|()| asked.rewind()).map_err(GitError::Missing)?;
    let out = git_fed(&["cat-file", "--batch"], asked.into())?;
    let mut rest = &*out;
    let mut texts = Vec::with_capacity(blobs.len());
    for _ in blobs {
        let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        let head = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned();
        let size = head.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
        let text = size.and_then(|size| rest.get(end + 1..end + 1 + size));
        let text = text.ok_or_else(|| GitError::Refused { command: "cat-file".to_owned(), message: head })?;
        texts.push(text.to_vec());
        rest = rest.get(end + text.len() + 2..).unwrap_or_default();
    }
    Ok(texts)
}

/// Files that were renamed between two commits, or between one and the working tree. Paths are relative to the working
/// directory.
pub(crate) fn renames(base: &str, head: Option<&str>) -> Result<Vec<(String, String)>, GitError> {
    let mut arguments =
        vec!["diff", "--find-renames", "--diff-filter=R", "--name-status", "-z", "--relative", base];
    arguments.extend(head);
    arguments.push("--");
    let rows = names(&arguments)?;
    let renamed = |row: &[String]| match row {
        [_, old, new] => Some((old.clone(), new.clone())),
        _ => None,
    };
    Ok(rows.chunks(3).filter_map(renamed).collect())
}

fn names(arguments: &[&str]) -> Result<Vec<String>, GitError> {
    let out = git(arguments)?;
    let names = out.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
}

fn git(arguments: &[&str]) -> Result<Vec<u8>, GitError> {
    git_fed(arguments, Stdio::null())
}

fn git_fed(arguments: &[&str], stdin: Stdio) -> Result<Vec<u8>, GitError> {
    let output = Command::new("git").args(arguments).stdin(stdin).output().map_err(GitError::Missing)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(GitError::Refused { command: arguments.first().copied().unwrap_or_default().to_owned(), message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_patch() {
        let patch = "diff --git a/x/a.js b/x/a.js\n--- a/x/a.js\n+++ b/x/a.js\n@@ -1,3 +1,4 @@ f\n a\n-b\n+B\n++++ c\n d\n\
            @@ -9 +10,0 @@\n-gone\n--- a/y.js\n+++ b/y.js\n@@ -0,0 +1 @@\n+new\n\\ No newline at end of file\n\
            --- a/z.js\n+++ /dev/null\n@@ -1 +0,0 @@\n-z\n";
        let lines = in_patch(patch, "");
        let shown: Vec<(&str, Vec<u32>)> =
            lines.iter().map(|(path, lines)| (&**path, lines.iter().copied().collect())).collect();
        assert_eq!(shown, [("x/a.js", vec![1, 2, 3, 9]), ("y.js", vec![1])]);
        assert_eq!(in_patch(patch, "x/").keys().collect::<Vec<_>>(), ["a.js"]);
    }
}
