//! What manifests (`package.json`) say: the names and entry files of packages, and which majors of others they ask for.

use outlive_semantic::project::{Audience, Majors, Package};
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::path::Path;

/// What one manifest says.
pub(crate) struct Manifest {
    /// The name of the package, if it has one.
    pub(crate) name: Option<String>,
    /// Where it is and which files it offers.
    pub(crate) package: Package,
    /// The majors that it asks for, by package; of Node under `node`.
    pub(crate) asked: FxHashMap<String, Majors>,
    /// What it asks for without saying which major.
    pub(crate) open: Vec<Open>,
    /// Who can import the package; none of a manifest that is there for its options alone.
    pub(crate) audience: Option<Audience>,
}

/// A package that several majors of will do, or of which no range tells: `*`, `latest`, `catalog:`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Open {
    pub(crate) name: String,
    pub(crate) range: String,
}

/// Manifests of more bytes are left alone.
const MAX_BYTES: u64 = 4 << 20;

impl Manifest {
    /// Reads one. `shown` is its path as the report has it. The error says why it tells nothing.
    pub(crate) fn read(path: &Path, shown: &str) -> Result<Self, String> {
        let json: Value = serde_json::from_str(&small_text(path, MAX_BYTES)?)
            .map_err(|error| format!("not read, so that its packages are unknown: {error}"))?;
        let folder = shown.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let name = json.get("name").and_then(Value::as_str).map(str::to_owned);
        let audience = audience(&json);
        Ok(Self { name, package: package(&json, folder), asked: asked(&json), open: open(&json), audience })
    }
}

/// The text of a regular file that has no more bytes than this.
pub(crate) fn small_text(path: &Path, most: u64) -> Result<String, String> {
    let meta = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !meta.is_file() {
        return Err("not a regular file".to_owned());
    }
    if meta.len() > most {
        return Err(format!("not read: {} bytes, more than {most}", meta.len()));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// The folders above a path, up to the root of its project: a walk meets what is below.
pub(crate) fn folders_above<'p>(path: &'p Path, root: &'p Path) -> impl Iterator<Item = &'p Path> {
    path.ancestors().skip(1).take_while(move |folder| folder.starts_with(root))
}

/// Who can import a package.
fn audience(manifest: &Value) -> Option<Audience> {
    let has = |key: &str| manifest.get(key).is_some_and(|value| !value.is_null());
    let is_private = manifest.get("private").and_then(Value::as_bool).unwrap_or(false);
    let has_entry = ["main", "module", "exports", "browser", "types"].into_iter().any(has);
    let audience = match () {
        () if is_program(manifest) => Audience::Nobody,
        () if has_entry && !is_private => Audience::Anyone,
        () => Audience::Workspace,
    };
    (has("name") || has("dependencies")).then_some(audience)
}

/// What puts a program for desktops together.
const PACKAGERS: &[&str] =
    &["electron-builder", "electron-packager", "@electron/packager", "@electron-forge/cli", "electron-vite"];

/// Whether the entry of a package is begun by an editor or a desktop, and imported by nobody.
fn is_program(manifest: &Value) -> bool {
    let names = |group: &str, name: &str| manifest.get(group).is_some_and(|group| group.get(name).is_some());
    let packages = |name: &&str| names("dependencies", name) || names("devDependencies", name);
    names("engines", "vscode") || PACKAGERS.iter().any(packages)
}

/// The entry files of a package.
fn package(manifest: &Value, folder: String) -> Package {
    let mut package = Package { folder, ..Package::default() };
    for key in ["source", "module", "main", "browser", "types"] {
        package.entries.extend(manifest.get(key).and_then(Value::as_str).map(str::to_owned));
    }
    match manifest.get("exports") {
        Some(Value::Object(map)) if map.keys().any(|key| key.starts_with('.')) => {
            for (key, targets) in map {
                match key.strip_prefix("./") {
                    Some(below) => package.exports.push((below.to_owned(), all_targets(targets))),
                    None => package.entries.extend(all_targets(targets)),
                }
            }
        }
        Some(root) => package.entries.extend(all_targets(root)),
        None => {}
    }
    package
}

/// The majors that a manifest asks for. What users of a package bring along counts before what its own tests run with.
fn asked(manifest: &Value) -> FxHashMap<String, Majors> {
    let mut out = FxHashMap::default();
    for key in ["dependencies", "peerDependencies", "optionalDependencies", "devDependencies", "engines"] {
        for (name, range) in manifest.get(key).and_then(Value::as_object).into_iter().flatten() {
            if let Some(majors) = range.as_str().and_then(Majors::of_range) {
                out.entry(name.clone()).or_insert(majors);
            }
        }
    }
    out
}

/// What a manifest leaves open. What users of the package bring along is theirs, whatever its own tests are run with.
fn open(manifest: &Value) -> Vec<Open> {
    let group = |key: &str| manifest.get(key).and_then(Value::as_object).into_iter().flatten();
    let is_brought = |name: &str| group("peerDependencies").any(|(brought, _)| brought == name);
    let groups = ["dependencies", "optionalDependencies", "devDependencies"];
    let ranges = groups.into_iter().flat_map(group).filter_map(|(name, range)| Some((name, range.as_str()?)));
    ranges
        .filter(|(_, range)| Majors::of_range(range).is_none_or(|majors| majors.from != majors.to))
        .filter(|(name, _)| !is_brought(name))
        .map(|(name, range)| Open { name: name.clone(), range: range.to_owned() })
        .collect()
}

/// The files that an export may be, under whichever condition, in the order in which they are written.
fn all_targets(exported: &Value) -> Vec<String> {
    let mut targets = Vec::new();
    add_targets(exported, &mut targets, 8);
    targets
}

fn add_targets(exported: &Value, targets: &mut Vec<String>, fuel: u32) {
    let Some(fuel) = fuel.checked_sub(1) else { return };
    match exported {
        Value::String(path) => targets.push(path.clone()),
        Value::Object(map) => map.values().for_each(|value| add_targets(value, targets, fuel)),
        Value::Array(list) => list.iter().for_each(|value| add_targets(value, targets, fuel)),
        _ => {}
    }
}
