//! Where the cache of a project is, and what belongs together in it.

use super::pack::{Digest, Ours};
use super::{Entry, LEFT_BEHIND, entries};
use crate::arguments::CacheOptions;
use etcetera::BaseStrategy;
use outlive_rules::Rule;
use outlive_semantic::catalog::Sheet;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The program: another one may see other things in the same text.
const PROGRAM: &str = concat!(env!("CARGO_PKG_VERSION"), " ", env!("OUTLIVE_SOURCES"));

/// A folder for caches, and the project that is analysed.
pub(crate) struct Place {
    pub(super) folder: PathBuf,
    /// The user named it.
    pub(super) is_named: bool,
    /// Tells the projects apart that share the folder, and the folders of a project that one may run in.
    pub(super) project: String,
    pub(super) program: String,
    /// The rows of the user.
    pub(super) models: String,
}

impl Place {
    /// The place for runs in a folder, where rows of the user come on top of the known ones. None if there is to be none.
    pub(crate) fn new(options: &CacheOptions, here: &Path, models: &[Sheet]) -> Option<Self> {
        if options.no_cache {
            return None;
        }
        let (folder, project) = match &options.cache_dir {
            Some(folder) => (here.join(folder), below(here, &project(here).unwrap_or(here.to_owned()))),
            None => usual(here)?,
        };
        let program = std::env::current_exe().and_then(|path| path.metadata()).map_or(0, |meta| meta.len());
        Some(Self {
            folder,
            is_named: options.cache_dir.is_some(),
            project,
            program: format!("{PROGRAM} {program}"),
            models: format!("{models:?}"),
        })
    }

    /// Whose packs a run may read: those of runs that would have made the same of the same text.
    pub(super) fn group(&self, rules: &[&'static dyn Rule]) -> Digest {
        let mut hasher = blake3::Hasher::new();
        let rules = rules.iter().map(|rule| rule.meta().id);
        for part in [&*self.program, &self.models, &self.project].into_iter().chain(rules) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        *hasher.finalize().as_bytes()
    }

    /// Makes the folder. If nothing was in it, it asks version control not to look: a folder of somebody else's stays as
    /// it is.
    pub(super) fn make(&self) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        if std::fs::read_dir(&self.folder)?.next().is_some() {
            return Ok(());
        }
        match std::fs::OpenOptions::new().write(true).create_new(true).open(self.folder.join(".gitignore")) {
            Ok(mut file) => io::Write::write_all(&mut file, b"*\n"),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes what was not used for longest until the folder holds no more than so many bytes, and what runs that were
    /// ended left behind.
    pub(super) fn sweep(&self, group: &Digest, most: u64) {
        let mut packs: Vec<Entry> = Vec::new();
        for entry in entries(&self.folder, group) {
            match entry.ours {
                Ours::Unfinished if entry.modified.elapsed().is_ok_and(|age| age > LEFT_BEHIND) => {
                    let _ = std::fs::remove_file(entry.path);
                }
                Ours::Unfinished => {}
                Ours::Pack | Ours::Other => packs.push(entry),
            }
        }
        let mut bytes: u64 = packs.iter().map(|pack| pack.bytes).sum();
        packs.sort_by_key(|pack| pack.modified);
        for pack in packs {
            if bytes <= most {
                break;
            }
            bytes -= pack.bytes;
            let _ = std::fs::remove_file(pack.path);
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.folder.display())
    }
}

/// The nearest folder upward that has a manifest and installed packages, or is the root of a repository.
fn project(here: &Path) -> Option<PathBuf> {
    let is_root = |folder: &&Path| has_packages(folder) || folder.join(".git").exists();
    here.ancestors().find(is_root).map(Path::to_owned)
}

fn has_packages(folder: &Path) -> bool {
    folder.join("package.json").is_file() && folder.join("node_modules").is_dir()
}

/// Where packages keep what they may lose, or where the user's programs do.
fn usual(here: &Path) -> Option<(PathBuf, String)> {
    if let Some(project) = project(here).filter(|project| has_packages(project)) {
        let folder = project.join("node_modules").join(".cache").join("outlive");
        return Some((folder, below(here, &project)));
    }
    let user = etcetera::choose_base_strategy().ok()?.cache_dir().join("outlive");
    Some((user, here.to_string_lossy().into_owned()))
}

/// A folder as its project names it, so that a cache may be taken along to another machine.
fn below(here: &Path, project: &Path) -> String {
    here.strip_prefix(project).unwrap_or(here).to_string_lossy().replace('\\', "/")
}
