//! What is published around the program is of one version with it, and complete.

#![allow(clippy::unwrap_used, reason = "it is test code, helpers included")]

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

#[test]
fn every_manifest_has_the_version_of_the_program() {
    for path in ["npm/outlive/package.json", "editors/vscode/package.json"] {
        assert_eq!(json(path)["version"], VERSION, "{path}");
    }
    // A range would let a launcher start a program it does not know.
    let programs = &json("npm/outlive/package.json")["optionalDependencies"];
    assert!(programs.as_object().unwrap().values().all(|version| version == VERSION), "{programs}");
    let page = text("editors/vscode/README.md");
    assert!(page.contains(&format!("outlive-{VERSION}.vsix")), "editors/vscode/README.md");
}

#[test]
fn the_launcher_depends_on_the_program_of_each_platform() {
    let platforms = json("npm/platforms.json");
    let named: BTreeSet<String> =
        platforms.as_object().unwrap().keys().map(|name| format!("@outlive-js/cli-{name}")).collect();
    let manifest = json("npm/outlive/package.json");
    let asked: BTreeSet<String> =
        manifest["optionalDependencies"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(named, asked);
    for (name, row) in platforms.as_object().unwrap() {
        let word = |key: &str| row[key].as_str().unwrap_or_default();
        let libc = if word("libc") == "musl" { "-musl" } else { "" };
        assert_eq!(*name, format!("{}-{}{libc}", word("os"), word("cpu")), "what a machine is told by");
        assert_eq!(word("os") == "linux", !word("libc").is_empty(), "{name}: both C libraries have programs");
        assert!(word("target").contains(if libc.is_empty() { "" } else { "musl" }), "{name}");
    }
}

/// Install scripts are forbidden in many places, and nobody can see beforehand what one does.
#[test]
fn nothing_runs_when_a_package_is_installed() {
    let manifest = json("npm/outlive/package.json");
    assert!(manifest.get("scripts").is_none() && manifest.get("dependencies").is_none(), "{manifest}");
    assert!(!text("npm/assemble.mjs").contains("scripts:"), "the packages of the programs have none either");
}
