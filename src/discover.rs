//! Which files are looked at, and why others are not.

use crate::config::ConfigError;
use crate::configs::Configs;
use crate::role;
use ignore::WalkBuilder;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use outlive_semantic::project::{Majors, Packages};
use outlive_semantic::summary::Role;
use outlive_semantic::syntax::Language;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// Why a file was left out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) enum Skip {
    /// `.min.` in its name, or lines no person wrote.
    Minified,
    /// A bundle: many modules in one file.
    Bundled,
    /// Built from sources that stand beside it: `dist/`.
    Built,
    /// Somebody else's code: `vendor/`.
    Vendored,
    /// Types only.
    Declaration,
    /// Larger than [`MAX_BYTES`].
    TooLarge,
    /// Not text.
    Binary,
    /// The config leaves it out.
    Excluded,
}

impl Skip {
    /// The word for JSON and messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Minified => "minified",
            Self::Bundled => "bundled",
            Self::Built => "built",
            Self::Vendored => "vendored",
            Self::Declaration => "declaration",
            Self::TooLarge => "too-large",
            Self::Binary => "binary",
            Self::Excluded => "excluded",
        }
    }
}

/// Files beyond this many bytes are left out and named.
pub(crate) const MAX_BYTES: u64 = 8 << 20;

/// A file to analyse.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Candidate {
    /// Relative to the working directory where possible, forward slashes.
    pub(crate) path: String,
    /// Its language.
    pub(crate) language: Language,
    /// The part it plays in its project.
    pub(crate) role: Role,
}

/// What the walk found.
#[derive(Default)]
pub(crate) struct Found {
    /// Files to analyse, sorted by path.
    pub(crate) files: Vec<Candidate>,
    /// Files left out by name, by reason.
    pub(crate) skipped: BTreeMap<Skip, u64>,
    /// The packages whose manifests were met.
    pub(crate) packages: Packages,
    /// Files that were named and cannot be read, and files whose name cannot be shown: path and reason.
    pub(crate) refused: Vec<(String, String)>,
    /// Folders that could not be walked: path and reason.
    pub(crate) errors: Vec<(String, String)>,
}

/// Patterns of the config, compiled; none if there are none.
pub(crate) fn patterns(root: &Path, patterns: &[String]) -> Result<Option<Gitignore>, ConfigError> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut builder = GitignoreBuilder::new(root);
    for pattern in patterns {
        let problem =
            |error| ConfigError::Pattern { path: "config".to_owned(), pattern: pattern.clone(), error };
        builder.add_line(None, pattern).map_err(problem)?;
    }
    let problem =
        |error| ConfigError::Pattern { path: "config".to_owned(), pattern: patterns.join(", "), error };
    builder.build().map(Some).map_err(problem)
}

/// Why the walk could not start.
#[derive(Debug, Error)]
pub(crate) enum DiscoverError {
    /// A named path does not exist.
    #[error("no such file or folder: {0}")]
    Missing(String),
    /// A named path cannot be looked at.
    #[error("cannot read {0}: {1}")]
    Unreadable(String, std::io::Error),
    /// The working directory is unknown.
    #[error("cannot tell the working directory: {0}")]
    WorkingDirectory(std::io::Error),
    /// A config that was met cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Walks the named paths, and adds files that only an overlay has.
pub(crate) fn discover(
    paths: &[PathBuf],
    extra: &[String],
    configs: &Configs,
) -> Result<Found, DiscoverError> {
    let here = std::env::current_dir().map_err(DiscoverError::WorkingDirectory)?;
    let mut found = Found::default();
    let search = Search { here: &here, configs };
    for path in paths {
        let shown = path.display().to_string();
        let meta = std::fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => DiscoverError::Missing(shown),
            _ => DiscoverError::Unreadable(shown, error),
        })?;
        let root = project_root(&whole(&here, path), &here, meta.is_dir());
        manifests_above(&whole(&here, path), &root, &here, &mut found);
        if meta.is_dir() {
            search.walk(path, &root, &mut found)?;
        } else if meta.is_file() {
            // A file that is named is analysed, whatever ignore files say.
            search.add(path, &root, false, &mut found)?;
        } else {
            found.refused.push((relative(path, &here), "not a regular file".to_owned()));
        }
    }
    for path in extra {
        search.add(Path::new(path), &here, false, &mut found)?;
    }
    found.files.sort();
    found.files.dedup();
    Ok(found)
}

/// The folder below which the names of folders say what their files are for: the working directory, and of what lies
/// outside of it the nearest folder with a manifest or a repository, or else the very folder that is named.
fn project_root(named: &Path, here: &Path, is_folder: bool) -> PathBuf {
    if named.starts_with(here) {
        return here.to_owned();
    }
    let folder = if is_folder { named } else { named.parent().unwrap_or(named) };
    let is_root = |folder: &&Path| ["package.json", ".git"].iter().any(|mark| folder.join(mark).exists());
    folder.ancestors().find(is_root).unwrap_or(folder).to_owned()
}

/// What a search for files goes by.
struct Search<'s> {
    here: &'s Path,
    configs: &'s Configs,
}

impl Search<'_> {
    fn walk(&self, folder: &Path, root: &Path, found: &mut Found) -> Result<(), ConfigError> {
        let mut builder = WalkBuilder::new(folder);
        builder.hidden(false).require_git(false).add_custom_ignore_filename(".outliveignore").filter_entry(
            |entry| {
                !matches!(
                    entry.file_name().to_str(),
                    Some("node_modules" | ".git" | ".jj" | ".hg" | ".yarn" | "bower_components")
                )
            },
        );
        for entry in builder.build() {
            match entry {
                Ok(entry) => {
                    if entry.file_type().is_some_and(|kind| kind.is_file()) {
                        self.add(entry.path(), root, true, found)?;
                    }
                }
                Err(error) => found.errors.push((relative(folder, self.here), error.to_string())),
            }
        }
        Ok(())
    }

    /// Adds a file that was met in a walk, or named.
    fn add(&self, path: &Path, root: &Path, walked: bool, found: &mut Found) -> Result<(), ConfigError> {
        let shown = relative(path, self.here);
        let name = shown.rsplit('/').next().unwrap_or(&shown);
        if name == "package.json" {
            manifest(path, &shown, found);
            return Ok(());
        }
        let Some(language) = Language::of_path(name) else { return Ok(()) };
        if path.to_str().is_none() {
            found.refused.push((shown, "the path is not valid UTF-8".to_owned()));
            return Ok(());
        }
        let inside = relative(&whole(self.here, path), root);
        let skip = if self.configs.leaves_out(path, !walked)? {
            Some(Skip::Excluded)
        } else if language == Language::Declaration {
            Some(Skip::Declaration)
        } else if name.contains(".min.") || name.contains("-min.") || name.contains(".bundle.") {
            Some(Skip::Minified)
        } else {
            walked.then(|| skip_folder(&inside)).flatten()
        };
        match skip {
            Some(reason) => *found.skipped.entry(reason).or_default() += 1,
            None => found.files.push(Candidate { path: shown, language, role: role::of_path(&inside) }),
        }
        Ok(())
    }
}

/// Folders that hold no source of this project. A file that is named is analysed wherever it stands.
fn skip_folder(path: &str) -> Option<Skip> {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').find_map(|folder| match folder {
        "dist" | "client-dist" | ".next" | ".nuxt" | ".output" | ".svelte-kit" | "storybook-static" => {
            Some(Skip::Built)
        }
        "vendor" | "vendors" | "vendored" | "third_party" | "third-party" | "thirdparty" => {
            Some(Skip::Vendored)
        }
        _ => None,
    })
}

/// Reads what a manifest says about the package's name and entry files, and what it asks for.
fn manifest(path: &Path, shown: &str, found: &mut Found) {
    let Ok(text) = std::fs::read(path) else { return };
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(&text) else { return };
    let folder = shown.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    Arc::make_mut(&mut found.packages.asked).insert(folder.clone(), majors_asked(&json));
    let Some(name) = json.get("name").and_then(|name| name.as_str()) else { return };
    let mut entries = Vec::new();
    for key in ["source", "module", "main", "types"] {
        entries.extend(json.get(key).and_then(|entry| entry.as_str()).map(str::to_owned));
    }
    if let Some(exports) = json.get("exports") {
        root_export(exports, &mut entries, 8);
    }
    let package = outlive_semantic::project::Package { folder, entries };
    found.packages.folders.entry(name.to_owned()).or_insert(package);
}

/// What the manifests above a path ask for: a walk meets those below.
fn manifests_above(path: &Path, root: &Path, here: &Path, found: &mut Found) {
    for folder in path.ancestors().skip(1).take_while(|folder| folder.starts_with(root)) {
        let Ok(text) = std::fs::read(folder.join("package.json")) else { continue };
        if let Ok(json) = serde_json::from_slice(&text) {
            let asked = Arc::make_mut(&mut found.packages.asked);
            asked.insert(relative(folder, here), majors_asked(&json));
        }
    }
}

/// The majors that a manifest asks for. What users of a package bring along counts before what its own tests run with.
fn majors_asked(manifest: &serde_json::Value) -> FxHashMap<String, Majors> {
    let mut out = FxHashMap::default();
    for key in ["dependencies", "peerDependencies", "optionalDependencies", "devDependencies", "engines"] {
        for (name, range) in manifest.get(key).and_then(|list| list.as_object()).into_iter().flatten() {
            if let Some(majors) = range.as_str().and_then(Majors::of_range) {
                out.entry(name.clone()).or_insert(majors);
            }
        }
    }
    out
}

/// The files that the root export of a package may be.
fn root_export(exports: &serde_json::Value, entries: &mut Vec<String>, fuel: u32) {
    let Some(fuel) = fuel.checked_sub(1) else { return };
    match exports {
        serde_json::Value::String(path) => entries.push(path.clone()),
        serde_json::Value::Object(map) => match map.get(".") {
            Some(root) => root_export(root, entries, fuel),
            None => {
                for (_, value) in map.iter().filter(|(key, _)| !key.starts_with('.')) {
                    root_export(value, entries, fuel);
                }
            }
        },
        _ => {}
    }
}

/// A path as the report has it: relative to the working directory if it is below, with forward slashes.
pub(crate) fn relative(path: &Path, here: &Path) -> String {
    let path = path.strip_prefix(here).unwrap_or(path);
    let shown = path.to_string_lossy().replace('\\', "/");
    shown.strip_prefix("./").unwrap_or(&shown).to_owned()
}

/// An absolute path, without the `..` through which the nearest config would be another one.
pub(crate) fn whole(here: &Path, path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in here.join(path).components() {
        match part {
            Component::ParentDir => {
                whole.pop();
            }
            Component::CurDir => {}
            part => whole.push(part),
        }
    }
    whole
}

/// Why a text that was read is left out after all.
pub(crate) fn skip_text(text: &str) -> Option<Skip> {
    if looks_bundled(text) {
        return Some(Skip::Bundled);
    }
    looks_minified(text).then_some(Skip::Minified)
}

/// Lines no person wrote: most of the text stands in very long ones.
fn looks_minified(text: &str) -> bool {
    if text.len() < 4_096 {
        return false;
    }
    let (mut long, mut packed) = (0, false);
    for line in long_lines(text) {
        long += line.len();
        // Tables of data have long lines of literals; minified code has long lines of code.
        packed |= line.len() > 10_000 && line.iter().filter(|&&byte| byte == b';').count() > 100;
    }
    let is_code = || text.bytes().filter(|&byte| matches!(byte, b'(' | b';')).count() * 25 > text.len();
    (packed || long * 2 > text.len() && is_code()) && has_many_names(text)
}

/// Longer lines than this are counted.
const LONG_LINE: usize = 1_000;

/// The lines of a text that are long, without what ends them. Of a file that a person wrote few bytes are looked at: where
/// the last line break before a certain point is, no line before it can be long.
fn long_lines(text: &str) -> impl Iterator<Item = &[u8]> {
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let near = rest.get(..=LONG_LINE).unwrap_or(rest);
            if let Some(at) = memchr::memrchr(b'\n', near) {
                rest = rest.get(at + 1..).unwrap_or_default();
                continue;
            }
            let end = memchr::memchr(b'\n', rest);
            let (line, after) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
            rest = after;
            let ended = line.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
            let line = ended.unwrap_or(line);
            if line.len() > LONG_LINE {
                return Some(line);
            }
        }
        None
    })
}

/// What a tool squeezed has the names of a whole program; tables and made-up input repeat a few.
fn has_many_names(text: &str) -> bool {
    let mut names = FxHashSet::default();
    text.split(|c: char| !c.is_alphanumeric()).any(|name| {
        names.insert(name);
        names.len() > 24
    })
}

/// The bootstrap of a bundler, near the start.
fn looks_bundled(text: &str) -> bool {
    let head = text.get(..text.floor_char_boundary(8_192)).unwrap_or(text);
    let marks = [
        "/******/ (function(modules) {",
        "/******/ (() => { // webpackBootstrap",
        "webpackUniversalModuleDefinition",
        "__webpack_require__",
        "parcelRequire = (function",
        "(function e(t,n,r){function s(o,u)",
        "function r(e,n,t){function o(i,f)",
    ];
    text.len() > 20_000 && marks.iter().any(|mark| head.contains(mark))
}

/// Whether a file of this name is one that is analysed.
pub(crate) fn is_analysed(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| Language::of_path(name).is_some())
}
