//! What lockfiles say: which versions of its packages a project has installed, where its manifests leave that open.

use crate::manifest::{self, Open};
use outlive_semantic::project::Majors;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Lockfiles of more bytes are left alone.
pub(crate) const MAX_BYTES: u64 = 32 << 20;

/// A lockfile that was met, and not read yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Lockfile {
    path: PathBuf,
    /// The folder that it stands in, as the report has it.
    folder: String,
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    Npm,
    Yarn,
    Pnpm,
}

/// Whether a file of this name is a lockfile.
pub(crate) fn is_lockfile(name: &str) -> bool {
    format(name).is_some()
}

fn format(name: &str) -> Option<Format> {
    match name {
        "package-lock.json" | "npm-shrinkwrap.json" => Some(Format::Npm),
        "yarn.lock" => Some(Format::Yarn),
        "pnpm-lock.yaml" => Some(Format::Pnpm),
        _ => None,
    }
}

impl Lockfile {
    /// The lockfile at a path, if it is one by its name. `shown` is its path as the report has it.
    pub(crate) fn at(path: &Path, shown: &str) -> Option<Self> {
        let (folder, name) = shown.rsplit_once('/').unwrap_or(("", shown));
        Some(Self { path: path.to_owned(), folder: folder.to_owned(), format: format(name)? })
    }

    /// Those that stand in a folder.
    pub(crate) fn in_folder(folder: &Path, shown: &str) -> impl Iterator<Item = Self> {
        let names = ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock"];
        let at = move |name: &str| Self {
            path: folder.join(name),
            folder: shown.to_owned(),
            format: format(name).unwrap_or(Format::Npm),
        };
        names.into_iter().map(at).filter(|lock| lock.path.is_file())
    }

    /// Its path as the report has it.
    fn shown(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        if self.folder.is_empty() { name.into_owned() } else { format!("{}/{name}", self.folder) }
    }

    /// Where a folder is below that of this lockfile; none if it is not.
    fn below<'f>(&self, folder: &'f str) -> Option<&'f str> {
        match folder.strip_prefix(self.folder.as_str())? {
            "" => Some(""),
            rest if self.folder.is_empty() => Some(rest),
            rest => rest.strip_prefix('/'),
        }
    }

    fn read(&self) -> Result<Locked, String> {
        let text = manifest::small_text(&self.path, MAX_BYTES)?;
        match self.format {
            Format::Npm => serde_json::from_str(&text).map(Locked::Npm).map_err(|error| unread(&error)),
            Format::Pnpm => serde_saphyr::from_str(&text).map(Locked::Pnpm).map_err(|error| unread(&error)),
            Format::Yarn if text.contains("\n__metadata:") => berry(&text).map(Locked::Yarn),
            Format::Yarn => Ok(Locked::Yarn(yarn(&text))),
        }
    }
}

/// Why a lockfile tells nothing, in one line.
fn unread(error: &impl ToString) -> String {
    let why = error.to_string();
    let why = why.lines().next().unwrap_or_default();
    format!("not read, so that what is installed is unknown: {why}")
}

/// What lockfiles tell of packages that manifests leave open.
#[derive(Default)]
pub(crate) struct Installed {
    /// The folder of the manifest, the name of the package, and its major.
    pub(crate) majors: Vec<(String, String, Majors)>,
    /// Lockfiles that were asked and could not be read: path and reason.
    pub(crate) unread: Vec<(String, String)>,
}

/// What is installed of what manifests leave open. The lockfile that is nearest and knows it says so.
pub(crate) fn installed<'o>(
    locks: &[Lockfile],
    open: impl IntoIterator<Item = (&'o str, &'o Open)>,
) -> Installed {
    let mut read: Vec<Option<Option<Locked>>> = locks.iter().map(|_| None).collect();
    let mut out = Installed::default();
    for (folder, open) in open {
        let mut above: Vec<(usize, &str)> =
            locks.iter().enumerate().filter_map(|(at, lock)| Some((at, lock.below(folder)?))).collect();
        above.sort_by_key(|(_, below)| below.len());
        let majors = above.into_iter().find_map(|(at, below)| {
            let (lock, slot) = (locks.get(at)?, read.get_mut(at)?);
            let read = || lock.read().map_err(|why| out.unread.push((lock.shown(), why))).ok();
            let locked = slot.get_or_insert_with(read).as_ref()?;
            majors(locked.version(below, open)?)
        });
        out.majors.extend(majors.map(|majors| (folder.to_owned(), open.name.clone(), majors)));
    }
    out
}

/// What one lockfile says.
enum Locked {
    Npm(Npm),
    Yarn(FxHashMap<String, String>),
    Pnpm(Pnpm),
}

impl Locked {
    /// The version that the manifest in the folder `below` that of the lockfile has of a package.
    fn version(&self, below: &str, open: &Open) -> Option<&str> {
        match self {
            Self::Npm(lock) => lock.version(below, &open.name),
            Self::Yarn(lock) => yarn_version(lock, open),
            Self::Pnpm(lock) => lock.version(below, &open.name),
        }
    }
}

/// `package-lock.json`: since its second version by the folders into which packages are installed, before by their names.
#[derive(Deserialize)]
struct Npm {
    #[serde(default)]
    packages: FxHashMap<String, NpmPackage>,
    #[serde(default)]
    dependencies: FxHashMap<String, NpmPackage>,
}

#[derive(Deserialize)]
struct NpmPackage {
    version: Option<String>,
}

impl Npm {
    /// The copy that is found first, from a folder upward.
    fn version(&self, below: &str, name: &str) -> Option<&str> {
        let mut folder = below;
        loop {
            let dot = if folder.is_empty() { "" } else { "/" };
            if let Some(found) = self.packages.get(&format!("{folder}{dot}node_modules/{name}")) {
                return found.version.as_deref();
            }
            if folder.is_empty() {
                break;
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
        self.dependencies.get(name)?.version.as_deref()
    }
}

/// `pnpm-lock.yaml`: by the folders of the packages of the workspace; up to its fifth version a single package has none.
#[derive(Deserialize)]
struct Pnpm {
    #[serde(default)]
    importers: FxHashMap<String, Importer>,
    #[serde(default)]
    dependencies: FxHashMap<String, Resolved>,
    #[serde(default, rename = "optionalDependencies")]
    optional: FxHashMap<String, Resolved>,
    #[serde(default, rename = "devDependencies")]
    dev: FxHashMap<String, Resolved>,
}

#[derive(Deserialize)]
struct Importer {
    #[serde(default)]
    dependencies: FxHashMap<String, Resolved>,
    #[serde(default, rename = "optionalDependencies")]
    optional: FxHashMap<String, Resolved>,
    #[serde(default, rename = "devDependencies")]
    dev: FxHashMap<String, Resolved>,
}

/// `1.2.3`, or `{ specifier: ^1, version: 1.2.3(react@18) }`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Resolved {
    Plain(String),
    Specified { version: String },
}

impl Pnpm {
    fn version(&self, below: &str, name: &str) -> Option<&str> {
        let key = if below.is_empty() { "." } else { below };
        let groups = match self.importers.get(key) {
            Some(importer) => [&importer.dependencies, &importer.optional, &importer.dev],
            None if below.is_empty() => [&self.dependencies, &self.optional, &self.dev],
            None => return None,
        };
        let found = groups.into_iter().find_map(|group| group.get(name))?;
        Some(match found {
            Resolved::Plain(version) | Resolved::Specified { version } => version,
        })
    }
}

/// `yarn.lock` from the second major of Yarn on, by what was asked for: `lru-cache@npm:^5.1.1`.
fn berry(text: &str) -> Result<FxHashMap<String, String>, String> {
    let packages: FxHashMap<String, NpmPackage> =
        serde_saphyr::from_str(text).map_err(|error| unread(&error))?;
    let mut out = FxHashMap::default();
    for (asked, package) in packages {
        let Some(version) = package.version else { continue };
        out.extend(asked.split(',').map(|asked| (asked.trim().to_owned(), version.clone())));
    }
    Ok(out)
}

/// `yarn.lock` of the first major of Yarn, in a format of its own: `lru-cache@^5.0.0, lru-cache@^5.1.1:`.
fn yarn(text: &str) -> FxHashMap<String, String> {
    let mut out = FxHashMap::default();
    let mut asked: Vec<String> = Vec::new();
    for line in text.lines() {
        if !line.starts_with([' ', '#']) {
            let key = line.trim_end().trim_end_matches(':');
            asked = key.split(',').map(|one| unquoted(one).to_owned()).collect();
            continue;
        }
        if let Some(version) = line.strip_prefix("  version ") {
            out.extend(asked.drain(..).map(|asked| (asked, unquoted(version).to_owned())));
        }
    }
    out
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches('"')
}

/// The version behind what was asked for, in the words of the first major of Yarn or of the later ones.
fn yarn_version<'l>(lock: &'l FxHashMap<String, String>, open: &Open) -> Option<&'l str> {
    let Open { name, range } = open;
    let found = lock.get(&format!("{name}@{range}")).or_else(|| lock.get(&format!("{name}@npm:{range}")));
    found.map(String::as_str)
}

/// The major of a version as lockfiles write it: `5.1.1`, `/other/5.1.1_react@17.0.2`, `other@5.1.1(react@18.0.0)`. None of
/// what is no version: `link:../other`.
fn majors(version: &str) -> Option<Majors> {
    let is_version = |part: &&str| part.starts_with(|c: char| c.is_ascii_digit()) && part.contains('.');
    let has_address = version.contains(':') && !version.starts_with("npm:");
    let version = version.split(['@', '/', '(']).find(is_version).filter(|_| !has_address)?;
    Majors::of_range(version.split(['_', '-', '+']).next()?)
}
