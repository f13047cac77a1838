//! Which files are looked at, and why others are not.

use crate::config::ConfigError;
use crate::configs::Configs;
use crate::lockfile::{self, Lockfile};
use crate::manifest::{self, Manifest, Open};
use crate::{published, role};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};
use outlive_semantic::project::Packages;
use outlive_semantic::summary::Role;
use outlive_semantic::syntax::Language;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, mpsc};
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
    /// It is of a package that is installed: it is read, and not reported on.
    pub(crate) is_published: bool,
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
    /// The lockfiles that were met.
    pub(crate) locks: Vec<Lockfile>,
    /// What manifests leave open, by folder.
    pub(crate) open: Vec<(String, Open)>,
    /// Files that were named and cannot be read, and files whose name cannot be shown: path and reason.
    pub(crate) refused: Vec<(String, String)>,
    /// Folders that could not be walked: path and reason.
    pub(crate) errors: Vec<(String, String)>,
    /// Manifests and lockfiles that tell nothing: path and reason.
    pub(crate) unread: Vec<(String, String)>,
}

impl Found {
    /// Adds what a folder above the named paths says of packages. A walk meets what is below.
    fn add_above(&mut self, folder: &Path, here: &Path) {
        self.locks.extend(Lockfile::in_folder(folder, &relative(folder, here)));
        let path = folder.join("package.json");
        if path.exists() && !self.packages.asked.contains_key(&relative(folder, here)) {
            // The name of what is around is nothing that is walked.
            self.extend(Some(match Met::manifest(&path, &relative(&path, here)) {
                // Of a package that is looked at in part, callers may stand in the rest.
                Met::Manifest(read) => Met::Manifest(Manifest { name: None, audience: None, ..read }),
                other => other,
            }));
        }
    }

    /// Looks up what is installed of packages whose majors matter and whose manifests leave them open.
    pub(crate) fn close(&mut self, matters: impl Fn(&str) -> bool) {
        let open = self.open.iter().filter(|(_, open)| matters(&open.name));
        let known = lockfile::installed(&self.locks, open.map(|(folder, open)| (folder.as_str(), open)));
        self.unread.extend(known.unread);
        if known.majors.is_empty() {
            return;
        }
        let asked = Arc::make_mut(&mut self.packages.asked);
        for (folder, name, majors) in known.majors {
            asked.entry(folder).or_default().insert(name, majors);
        }
    }
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
    let mut above: BTreeSet<PathBuf> = BTreeSet::new();
    for path in paths {
        let shown = path.display().to_string();
        let meta = std::fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => DiscoverError::Missing(shown),
            _ => DiscoverError::Unreadable(shown, error),
        })?;
        let whole = whole(&here, path);
        let root = project_root(&whole, &here, meta.is_dir());
        above.extend(manifest::folders_above(&whole, &root).map(Path::to_owned));
        if meta.is_dir() {
            search.walk(path, &root, &mut found)?;
        } else if meta.is_file() {
            // A file that is named is analysed, whatever ignore files say.
            found.extend(search.look_at(path, &root, false)?);
        } else {
            found.refused.push((relative(path, &here), "not a regular file".to_owned()));
        }
    }
    for path in extra {
        found.extend(search.look_at(Path::new(path), &here, false)?);
    }
    above.iter().rev().for_each(|folder| found.add_above(folder, &here));
    published::add(&configs.of_run().found.config.own_packages, &here, &mut found)?;
    found.files.sort();
    found.files.dedup();
    found.unread.sort();
    found.unread.dedup();
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

/// What an entry of a folder is to a run.
pub(crate) enum Met {
    File(Candidate),
    Skipped(Skip),
    Refused(String, String),
    Manifest(Manifest),
    Lockfile(Lockfile),
    /// A manifest that tells nothing: path and reason.
    Unread(String, String),
}

impl Met {
    pub(crate) fn manifest(path: &Path, shown: &str) -> Self {
        Manifest::read(path, shown).map_or_else(|why| Self::Unread(shown.to_owned(), why), Self::Manifest)
    }
}

impl Search<'_> {
    /// Walks a folder on all threads. What was met is taken in the order of paths: that of threads and folders is by chance.
    fn walk(&self, folder: &Path, root: &Path, found: &mut Found) -> Result<(), ConfigError> {
        let (mut paths, mut errors) = (Vec::new(), Vec::new());
        for entry in self.entries(folder) {
            match entry {
                Ok(path) => paths.push(path),
                Err(error) => errors.push((relative(folder, self.here), error)),
            }
        }
        errors.sort();
        found.errors.extend(errors);
        paths.par_sort_unstable_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
        let met: Vec<_> = paths.par_iter().map(|path| self.look_at(path, root, true)).collect();
        for met in met {
            found.extend(met?);
        }
        Ok(())
    }

    /// The files below a folder that no ignore file leaves out, in any order, and why folders could not be read.
    fn entries(&self, folder: &Path) -> impl Iterator<Item = Result<PathBuf, String>> + use<> {
        let mut builder = WalkBuilder::new(folder);
        builder
            .hidden(false)
            .require_git(false)
            .add_custom_ignore_filename(".outliveignore")
            .threads(rayon::current_num_threads())
            .filter_entry(|entry| {
                !matches!(
                    entry.file_name().to_str(),
                    Some("node_modules" | ".git" | ".jj" | ".hg" | ".yarn" | "bower_components")
                )
            });
        let (sender, receiver) = mpsc::channel();
        builder.build_parallel().run(|| {
            let sender = sender.clone();
            Box::new(move |entry| {
                let is_file = |entry: &DirEntry| entry.file_type().is_some_and(|kind| kind.is_file());
                let sent = match entry {
                    Ok(entry) if is_file(&entry) => sender.send(Ok(entry.into_path())),
                    Ok(_) => Ok(()),
                    Err(error) => sender.send(Err(error.to_string())),
                };
                if sent.is_ok() { WalkState::Continue } else { WalkState::Quit }
            })
        });
        receiver.into_iter()
    }

    /// What a file is that was met in a walk, or named; none if it is of no interest.
    fn look_at(&self, path: &Path, root: &Path, walked: bool) -> Result<Option<Met>, ConfigError> {
        let shown = relative(path, self.here);
        let name = shown.rsplit('/').next().unwrap_or(&shown);
        if name == "package.json" {
            return Ok(Some(Met::manifest(path, &shown)));
        }
        let Some(language) = Language::of_path(name) else {
            return Ok(Lockfile::at(path, &shown).map(Met::Lockfile));
        };
        if path.to_str().is_none() {
            return Ok(Some(Met::Refused(shown, "the path is not valid UTF-8".to_owned())));
        }
        let whole = whole(self.here, path);
        let inside = relative(&whole, root);
        let skip = if self.configs.leaves_out(&whole, !walked)? {
            Some(Skip::Excluded)
        } else if language == Language::Declaration {
            Some(Skip::Declaration)
        } else if is_minified_name(name) {
            Some(Skip::Minified)
        } else {
            walked.then(|| skip_folder(&inside)).flatten()
        };
        Ok(Some(match skip {
            Some(reason) => Met::Skipped(reason),
            None => Met::File(Candidate {
                path: shown,
                language,
                role: role::of_path(&inside),
                is_published: false,
            }),
        }))
    }
}

impl Extend<Met> for Found {
    fn extend<I: IntoIterator<Item = Met>>(&mut self, all: I) {
        for met in all {
            match met {
                Met::File(file) => self.files.push(file),
                Met::Skipped(reason) => *self.skipped.entry(reason).or_default() += 1,
                Met::Refused(path, reason) => self.refused.push((path, reason)),
                Met::Lockfile(lock) => self.locks.push(lock),
                Met::Unread(path, reason) => self.unread.push((path, reason)),
                Met::Manifest(Manifest { name, package, asked, open, audience }) => {
                    self.open.extend(open.into_iter().map(|open| (package.folder.clone(), open)));
                    Arc::make_mut(&mut self.packages.asked).insert(package.folder.clone(), asked);
                    if let Some(audience) = audience {
                        Arc::make_mut(&mut self.packages.audiences).insert(package.folder.clone(), audience);
                    }
                    if let Some(name) = name {
                        self.packages.folders.entry(name).or_insert(package);
                    }
                }
            }
        }
    }
}

/// Whether a file says by its name that no person wrote it.
pub(crate) fn is_minified_name(name: &str) -> bool {
    name.contains(".min.") || name.contains("-min.") || name.contains(".bundle.")
}

/// Folders that hold no source of this project. A file that is named is analysed wherever it stands.
fn skip_folder(path: &str) -> Option<Skip> {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    // `lib/chart.umd.js` is what a build has made, and `src/index.umd.js` what it begins with.
    let is_format = [".umd.js", ".umd.cjs", ".iife.js"].iter().any(|format| name.ends_with(format));
    if is_format && !folders.split('/').any(|folder| folder == "src") {
        return Some(Skip::Built);
    }
    let is_script = [".js", ".cjs", ".mjs"].iter().any(|end| name.ends_with(end));
    folders.split('/').find_map(|folder| match folder {
        // What a program depends on, built once and put beside its sources.
        "compiled" if is_script => Some(Skip::Built),
        "client-dist" | ".next" | ".nuxt" | ".output" | ".svelte-kit" | "storybook-static" => {
            Some(Skip::Built)
        }
        // `dist-electron`, `dist_old`
        _ if folder.strip_prefix("dist").is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)) => {
            Some(Skip::Built)
        }
        "vendor" | "vendors" | "vendored" | "third_party" | "third-party" | "thirdparty" => {
            Some(Skip::Vendored)
        }
        _ => None,
    })
}

/// A path as the report has it: relative to the working directory if it is below, with forward slashes.
pub(crate) fn relative(path: &Path, here: &Path) -> String {
    let below = || path.to_str()?.strip_prefix(here.to_str()?)?.strip_prefix('/').and_then(plain);
    if let Some(plain) = path.to_str().and_then(plain).or_else(below) {
        return plain.to_owned();
    }
    let path = path.strip_prefix(here).unwrap_or(path);
    let shown = path.to_string_lossy().replace('\\', "/");
    shown.strip_prefix("./").unwrap_or(&shown).to_owned()
}

/// A relative path that only goes down, by forward slashes, past a `./` before it. Most are such, and they are looked at
/// byte by byte: taking paths apart takes many times as long.
fn plain(path: &str) -> Option<&str> {
    let path = path.strip_prefix("./").unwrap_or(path);
    // How long a part is, and how many dots are in it: nothing, `.` and `..` are none.
    let (mut len, mut dots) = (0, 0);
    for byte in path.bytes().chain([b'/']) {
        match byte {
            b'\\' | b':' => return None,
            b'/' if len == dots && len <= 2 => return None,
            b'/' => (len, dots) = (0, 0),
            byte => (len, dots) = (len + 1, dots + usize::from(byte == b'.')),
        }
    }
    Some(path)
}

/// An absolute path, without the `..` through which the nearest config would be another one. Nobody stands in a folder that
/// has such a name.
pub(crate) fn whole(here: &Path, path: &Path) -> PathBuf {
    if let Some(plain) = path.to_str().and_then(plain) {
        return here.join(plain);
    }
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
    if is_squeezed_under_banner(text) {
        return true;
    }
    if text.len() < 4_096 {
        return false;
    }
    let (mut long, mut packed) = (0, false);
    for line in long_lines(text) {
        long += line.len();
        // Tables of data have long lines of literals; minified code has long lines of code.
        packed |= line.len() > 10_000 && line.iter().filter(|&&byte| byte == b';').count() > 100;
    }
    // A call or the end of a statement comes every so many bytes.
    let is_code =
        |each: usize| text.bytes().filter(|&byte| matches!(byte, b'(' | b';')).count() * each > text.len();
    let is_squeezed = packed || long * 2 > text.len() && is_code(25) || is_broken_up(text) && is_code(50);
    is_squeezed && has_many_names(text)
}

/// Squeezed, and then broken into lines by a tool that wants them below a limit: no person's lines are that long on average.
fn is_broken_up(text: &str) -> bool {
    const LONG_FILE: usize = 100_000;
    const LONG_ON_AVERAGE: usize = 300;
    text.len() > LONG_FILE
        && memchr::memchr_iter(b'\n', text.as_bytes()).count() < text.len() / LONG_ON_AVERAGE
}

/// A comment that says what it is, and then a program in lines that hardly end: a library that was squeezed and put aside.
fn is_squeezed_under_banner(text: &str) -> bool {
    let Some((_, code)) = text.strip_prefix("/*").and_then(|text| text.split_once("*/")) else {
        return false;
    };
    let long: usize = long_lines(code).map(<[u8]>::len).sum();
    long * 10 > code.len() * 7 && has_many_names(code)
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
        // What esbuild puts around each module of CommonJS.
        "var __commonJS = (cb, mod) => function __require() {",
        // What Emscripten makes of a program in another language.
        "ENVIRONMENT_IS_WORKER",
    ];
    text.len() > 20_000 && marks.iter().any(|mark| head.contains(mark))
}

/// Whether a file of this name is one that is analysed.
pub(crate) fn is_analysed(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| Language::of_path(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_where_one_stands() {
        let here = Path::new("/home/me");
        let shown = |path: &str| relative(Path::new(path), here);
        for path in ["src/a.js", "./src/a.js", "/home/me/src/a.js", "/home//me/./src/a.js"] {
            assert_eq!(shown(path), "src/a.js", "{path}");
        }
        assert_eq!(shown("../a.js"), "../a.js");
        assert_eq!(shown("/home/mel/a.js"), "/home/mel/a.js");
        assert_eq!(relative(Path::new("/a.js"), Path::new("/")), "a.js");
    }

    #[test]
    fn what_a_build_has_made_says_so_by_its_path() {
        for path in [
            "packages/bundler/compiled/style-loader/a.js",
            "dist/a.js",
            "app/dist-electron/main.cjs",
            "dist_old/a.js",
            "lib/chart.umd.js",
            "a.iife.js",
        ] {
            assert_eq!(skip_folder(path), Some(Skip::Built), "{path}");
        }
        for path in ["distance/a.js", "src/distribution.js", "src/index.umd.js", "src/umd.js", "lib/a.js"] {
            assert_eq!(skip_folder(path), None, "{path}");
        }
    }

    #[test]
    fn squeezed_text_is_told_by_its_lines() {
        let statement = |n: usize| format!("e.prototype.part{n}=function(t){{return this.{n}(t,i)}};");
        let lines = |each: usize| {
            let lines =
                (0..300).map(|line| (0..each).map(|n| statement(line * each + n)).collect::<String>());
            lines.collect::<Vec<_>>().join("\n")
        };
        let banner = "/*! a library */\n";
        assert!(looks_minified(&format!("{banner}{}", lines(30))), "whole files in long lines");
        assert!(looks_minified(&format!("var a;\n{}", lines(12))), "lines broken below a limit");
        assert!(!looks_minified(&format!("var a;\n{}", lines(2))), "lines that a person may write");
    }

    #[test]
    fn whole_paths_go_nowhere_but_down() {
        let here = Path::new("/home/me");
        for path in ["src/a.js", "./src/a.js", "src/../src/a.js", "../me/src//a.js", "/home/me/src/./a.js"] {
            assert_eq!(whole(here, Path::new(path)), Path::new("/home/me/src/a.js"), "{path}");
        }
        assert_eq!(whole(here, Path::new("../../../a.js")), Path::new("/a.js"));
    }
}
