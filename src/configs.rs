//! Which config holds for a file: the nearest one upward. Whoever wants to know asks here: the walk, the report, `why`,
//! an editor's session.

use crate::arguments::Certainty;
use crate::config::{self, ConfigError, Found};
use crate::discover;
use crate::levels::Levels;
use ignore::gitignore::Gitignore;
use outlive_rules::{RULES, Rule};
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What the command line says about every config.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wanted {
    /// `--confidence`
    pub(crate) confidence: Option<Certainty>,
    /// Rules are named, even if a config turns them off.
    pub(crate) by_name: bool,
    /// Named files are excluded too.
    pub(crate) force_exclude: bool,
}

/// The configs of a run, read as folders are met.
pub(crate) struct Configs {
    /// The absolute path that paths of the report are relative to.
    root: PathBuf,
    asked: Wanted,
    /// The config of the working directory, or the only one.
    run: Arc<Scope>,
    /// By folder. None if one config was named and no other is looked for.
    folders: Option<Mutex<FxHashMap<PathBuf, Folder>>>,
}

/// A folder that was met, on the way up if not for its files.
struct Folder {
    scope: Arc<Scope>,
    has_files: bool,
}

/// The files below a config, as far as no nearer one holds.
pub(crate) struct Scope {
    pub(crate) found: Found,
    pub(crate) levels: Levels,
    include: Option<Gitignore>,
    exclude: Option<Gitignore>,
    /// The config around this one. Only what it excludes holds here.
    outer: Option<Arc<Scope>>,
}

impl Scope {
    fn new(found: Found, root: &Path, asked: Wanted, outer: Option<Arc<Self>>) -> Result<Self, ConfigError> {
        let patterns = |list: &[String]| match found.folder() {
            Some(folder) => discover::patterns(folder, list),
            None => Ok(None),
        };
        let (include, exclude) = (patterns(&found.config.include)?, patterns(&found.config.exclude)?);
        let levels = Levels::new(&found, root, asked.confidence, asked.by_name)?;
        Ok(Self { found, levels, include, exclude, outer })
    }

    /// Whether a file is left out. What an outer config excludes stays out. Patterns are about paths below the config,
    /// never about its parents.
    fn leaves_out(&self, whole: &Path) -> bool {
        let is_missed = |include| below(&self.found, whole).is_some_and(|path| !matches(include, path));
        self.include.as_ref().is_some_and(is_missed) || self.excludes(whole)
    }

    fn excludes(&self, whole: &Path) -> bool {
        let is_met = |exclude| below(&self.found, whole).is_some_and(|path| matches(exclude, path));
        self.exclude.as_ref().is_some_and(is_met)
            || self.outer.as_ref().is_some_and(|outer| outer.excludes(whole))
    }
}

fn below<'p>(found: &Found, whole: &'p Path) -> Option<&'p Path> {
    whole.strip_prefix(found.folder()?).ok().filter(|path| !path.as_os_str().is_empty())
}

fn matches(patterns: &Gitignore, path: &Path) -> bool {
    patterns.matched_path_or_any_parents(path, false).is_ignore()
}

impl Configs {
    /// The configs for paths relative to `root`. `only` is the one that was named, or the empty one.
    pub(crate) fn new(root: &Path, only: Option<Found>, asked: Wanted) -> Result<Self, ConfigError> {
        let folders = only.is_none().then(Mutex::default);
        let run = Arc::new(Scope::new(only.unwrap_or_default(), root, asked, None)?);
        let mut configs = Self { root: root.to_owned(), asked, run, folders };
        configs.run = configs.holding_in(root)?;
        Ok(configs)
    }

    /// The config of the working directory: what is a matter of the whole run comes from there.
    pub(crate) fn of_run(&self) -> &Arc<Scope> {
        &self.run
    }

    /// The config that holds for a file. One that cannot be read is an error of the walk; to others it says nothing.
    pub(crate) fn of(&self, path: &str) -> Arc<Scope> {
        self.find(&discover::whole(&self.root, Path::new(path))).unwrap_or_else(|_| Arc::clone(&self.run))
    }

    fn find(&self, whole: &Path) -> Result<Arc<Scope>, ConfigError> {
        let Some(folder) = whole.parent() else { return Ok(Arc::clone(&self.run)) };
        match self.noted(folder) {
            Some(scope) => Ok(scope),
            None => {
                let scope = self.holding_in(folder)?;
                self.noted(folder);
                Ok(scope)
            }
        }
    }

    /// The config of a folder that was met, if it was; it has files.
    fn noted(&self, folder: &Path) -> Option<Arc<Scope>> {
        let mut folders = self.folders.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let known = folders.get_mut(folder)?;
        known.has_files = true;
        Some(Arc::clone(&known.scope))
    }

    /// Whether a file is left out, by its [`discover::whole`] path; `is_named` if the command line names it.
    pub(crate) fn leaves_out(&self, whole: &Path, is_named: bool) -> Result<bool, ConfigError> {
        let scope = self.find(whole)?;
        Ok((!is_named || self.asked.force_exclude) && scope.leaves_out(whole))
    }

    /// The rules that may report something under any of the configs that hold for a file.
    pub(crate) fn rules(&self) -> Vec<&'static dyn Rule> {
        let scopes = self.scopes_of(|folder| folder.has_files);
        let runs = |rule: &&dyn Rule| scopes.iter().any(|scope| scope.levels.runs(rule.meta().id));
        RULES.iter().copied().filter(runs).collect()
    }

    /// The configs that were met, each once, that of the run first and the others by their files.
    pub(crate) fn scopes(&self) -> Vec<Arc<Scope>> {
        self.scopes_of(|_| true)
    }

    fn scopes_of(&self, wanted: impl Fn(&Folder) -> bool) -> Vec<Arc<Scope>> {
        let mut all: Vec<Arc<Scope>> = Vec::new();
        if let Some(folders) = &self.folders {
            let folders = folders.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(
                folders.values().filter(|folder| wanted(folder)).map(|folder| Arc::clone(&folder.scope)),
            );
        }
        all.push(Arc::clone(&self.run));
        let order = |scope: &Arc<Scope>| (!Arc::ptr_eq(scope, &self.run), scope.found.file.clone());
        all.sort_by_key(order);
        all.dedup_by(|a, b| Arc::ptr_eq(a, b));
        all
    }

    /// The config that holds in a folder: its own, or the one around it, up to the root of a repository. A repository
    /// within the project that is analysed belongs to it.
    fn holding_in(&self, folder: &Path) -> Result<Arc<Scope>, ConfigError> {
        let Some(folders) = &self.folders else { return Ok(Arc::clone(&self.run)) };
        let known = folders
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(folder)
            .map(|known| Arc::clone(&known.scope));
        if let Some(known) = known {
            return Ok(known);
        }
        let is_within = folder != self.root && folder.starts_with(&self.root);
        let ends = !is_within && folder.join(".git").exists();
        let outer = match folder.parent().filter(|_| !ends) {
            Some(parent) => Some(self.holding_in(parent)?),
            None => None,
        };
        let scope = match config::in_folder(folder) {
            Ok(None) => outer.unwrap_or_else(|| Arc::clone(&self.run)),
            Ok(Some(found)) => Arc::new(Scope::new(found, &self.root, self.asked, outer)?),
            // The config of an example that is left out is nobody's.
            Err(error) => match outer.filter(|outer| outer.excludes(&folder.join("outlive.toml"))) {
                Some(outer) => outer,
                None => return Err(error),
            },
        };
        let mut folders = folders.lock().unwrap_or_else(PoisonError::into_inner);
        folders.insert(folder.to_owned(), Folder { scope: Arc::clone(&scope), has_files: false });
        Ok(scope)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "it is test code")]
mod tests {
    use super::*;

    #[test]
    fn what_the_config_of_all_files_turns_off_does_not_run() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("outlive.toml"), "rules.leaked-timer = \"off\"\n").unwrap();
        let configs = Configs::new(folder.path(), None, Wanted::default()).unwrap();
        let runs = |configs: &Configs| configs.rules().iter().any(|rule| rule.meta().id == "leaked-timer");
        configs.of("src/a.js");
        assert!(!runs(&configs));
        // No config holds there.
        configs.of("../a.js");
        assert!(runs(&configs));
    }
}
