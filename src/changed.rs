//! What git says has changed. It restricts what is reported, never what is analysed.

use crate::discover;
use crate::report::source::Overlay;
use rustc_hash::FxHashSet;
use std::path::Path;
use std::process::Command;
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

fn names(arguments: &[&str]) -> Result<Vec<String>, GitError> {
    let out = git(arguments)?;
    let names = out.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
}

fn git(arguments: &[&str]) -> Result<Vec<u8>, GitError> {
    let output = Command::new("git").args(arguments).output().map_err(GitError::Missing)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(GitError::Refused { command: arguments.first().copied().unwrap_or_default().to_owned(), message })
}
