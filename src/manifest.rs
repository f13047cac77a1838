//! What manifests (`package.json`) say: the names and entry files of packages, and which majors of others they ask for.

use crate::discover;
use outlive_semantic::project::{Majors, Package};
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
}

impl Manifest {
    /// Reads one, if it can be read. `shown` is its path as the report has it.
    pub(crate) fn read(path: &Path, shown: &str) -> Option<Self> {
        let json: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        let folder = shown.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let name = json.get("name").and_then(Value::as_str).map(str::to_owned);
        Some(Self { name, package: package(&json, folder), asked: asked(&json) })
    }
}

/// What the manifests above a path say: a walk meets those below.
pub(crate) fn above(path: &Path, root: &Path, here: &Path) -> impl Iterator<Item = Manifest> {
    let folders = path.ancestors().skip(1).take_while(move |folder| folder.starts_with(root));
    folders.filter_map(move |folder| {
        let path = folder.join("package.json");
        let read = Manifest::read(&path, &discover::relative(&path, here))?;
        // The name of what is around is nothing that is walked.
        Some(Manifest { name: None, ..read })
    })
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
