//! The files of a commit, in a folder of their own: the working tree, the index and the hooks of the repository are left
//! alone.

use crate::changed::{self, Blob};
use crate::discover;
use crate::lockfile;
use crate::session::SessionError;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Manifests and configs of compilers beyond this many bytes say nothing about modules.
const MAX_JSON_BYTES: u64 = 1 << 20;
/// Files that the walk obeys.
const IGNORE_FILES: &[&str] = &[".gitignore", ".ignore", ".outliveignore"];

/// A folder that goes when this goes.
pub(super) struct Tree {
    root: TempDir,
    /// The working directory in the repository.
    below: String,
}

impl Tree {
    /// Writes what an analysis reads of a commit.
    pub(super) fn of(commit: &str) -> Result<Self, SessionError> {
        let below = changed::prefix()?;
        let blobs = changed::blobs(commit)?;
        let wanted: Vec<&Blob> = blobs.iter().filter(|blob| is_read(blob)).collect();
        let texts = changed::contents(&wanted)?;
        let root = tempfile::Builder::new().prefix("outlive-").tempdir()?;
        // Where a repository ends, ignore files and configs of what is around it do not hold.
        std::fs::create_dir(root.path().join(".git"))?;
        let tree = Self { root, below };
        std::fs::create_dir_all(tree.folder())?;
        for (blob, text) in wanted.iter().zip(texts) {
            let path = tree.root.path().join(&blob.path);
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(path, text)?;
        }
        Ok(tree)
    }

    /// Where the files are that stand in the working directory.
    pub(super) fn folder(&self) -> PathBuf {
        self.root.path().join(&self.below)
    }
}

fn is_read(blob: &Blob) -> bool {
    let name = blob.path.rsplit('/').next().unwrap_or_default();
    let is_code = discover::is_analysed(Path::new(name)) && blob.size <= discover::MAX_BYTES;
    let is_lock = lockfile::is_lockfile(name) && blob.size <= lockfile::MAX_BYTES;
    is_code
        || is_lock
        || IGNORE_FILES.contains(&name)
        || name.ends_with(".json") && blob.size <= MAX_JSON_BYTES
}
