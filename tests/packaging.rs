//! What is published around the program is of one version with it, and complete.

#![allow(clippy::unwrap_used, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{CLEAN, LEAK, Project, Run};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

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
    assert!(text("action.yml").contains(&format!("default: {VERSION}\n")), "action.yml");
    for named in text("docs/integrations.md").split("outlive@").skip(1) {
        // A branch of the repository is no version of the package.
        assert!(named.starts_with(VERSION) || named.starts_with("main"), "docs/integrations.md: {named}");
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

/// The words that `prefix` introduces in a text.
fn words(text: &str, prefix: &str) -> BTreeSet<String> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
    text.split(prefix).skip(1).filter_map(|rest| rest.split(ends).next()).map(str::to_owned).collect()
}

#[test]
fn what_the_action_asks_for_is_declared_used_and_described() {
    let action = text("action.yml");
    let page = text("docs/integrations.md");
    let inputs = action.split_once("\ninputs:\n").unwrap().1.split_once("\noutputs:\n").unwrap().0;
    let declared: BTreeSet<String> = inputs
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.trim().trim_end_matches(':').to_owned())
        .collect();
    assert_eq!(declared, words(&action, "inputs."));
    for input in &declared {
        assert!(page.contains(&format!("`{input}`")), "docs/integrations.md does not describe `{input}`");
    }
    let scripts = text("action/install.sh") + &text("action/run.sh");
    for line in action.lines().map(str::trim) {
        // An input in a command is a command: it reaches the scripts as a variable.
        assert!(!line.starts_with("run:") || !line.contains("${{"), "{line}");
        if let Some((name, "${{ inputs")) = line.split_once('.').and_then(|(it, _)| it.split_once(": ")) {
            assert!(
                words(&scripts, "$").contains(name) || scripts.contains(&format!("${{{name}:")),
                "{name}"
            );
        }
        // A tag can be moved.
        if let Some(used) = line.strip_prefix("uses: ") {
            let commit = used.split_once('@').unwrap().1.split(' ').next().unwrap();
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{used}");
        }
    }
}

/// A script of the action, in a folder, with files in place of those that a runner gives.
#[cfg(unix)]
fn step(script: &str, project: &Project, variables: &[(&str, &str)]) -> Run {
    let runner = project.path().join("runner");
    std::fs::create_dir_all(&runner).unwrap();
    let mut command = Command::new("bash");
    command.arg(root().join("action").join(script)).current_dir(project.path());
    for name in ["STEP_SUMMARY", "OUTPUT", "PATH"] {
        command.env(format!("GITHUB_{name}"), runner.join(name));
    }
    command.env("RUNNER_TEMP", &runner).env("GITHUB_RUN_ID", "7");
    for name in ["COMMAND", "PATHS", "CONFIG", "CONFIDENCE", "FAIL_ON", "ARGUMENTS", "CATEGORY"] {
        command.env(name, "");
    }
    command.env("FOLDER", ".").env("COMMAND", env!("CARGO_BIN_EXE_outlive")).envs(variables.iter().copied());
    cli_support::run(&mut command, b"")
}

#[cfg(unix)]
fn given(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.path().join("runner").join(name)).unwrap_or_default()
}

#[cfg(unix)]
#[test]
fn the_action_annotates_sums_up_and_writes_sarif() {
    let project = Project::new(&[("web/src/a.js", LEAK), ("web/other/b.js", LEAK)]);
    project.git(&["init", "-q"]);
    let run = step("run.sh", &project, &[("FOLDER", "web"), ("PATHS", "src"), ("CATEGORY", "nightly")]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.starts_with("::warning file=web/src/a.js,line=6,"), "{}", run.stdout);
    assert!(!run.stdout.contains("b.js"), "{}", run.stdout);
    assert!(given(&project, "STEP_SUMMARY").contains("unbounded-collection"));
    let output = given(&project, "OUTPUT");
    assert!(output.starts_with("status=1\n"), "{output}");
    let sarif = output.split_once("sarif-file=").unwrap().1.trim_end();
    let sarif: Value = serde_json::from_slice(&std::fs::read(sarif).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
    assert_eq!(sarif["runs"][0]["automationDetails"]["id"], "outlive/nightly/");
}

#[cfg(unix)]
#[test]
fn the_status_of_the_action_is_that_of_the_run() {
    let project = Project::new(&[("a b.js", LEAK), ("c.js", CLEAN)]);
    let code = |variables: &[(&str, &str)]| step("run.sh", &project, variables).code;
    assert_eq!(code(&[]), 1, "no path is the folder");
    assert_eq!(code(&[("FAIL_ON", "error")]), 0);
    assert_eq!(code(&[("FAIL_ON", "never")]), 0);
    assert_eq!(code(&[("PATHS", "c.js")]), 0);
    assert_eq!(code(&[("ARGUMENTS", "--rule\nleaked-timer\n")]), 0);
    assert_eq!(code(&[("CONFIG", "missing.toml")]), 2);
    // What is given is data: neither options in paths nor commands anywhere.
    assert_eq!(code(&[("PATHS", "--exit-zero")]), 2);
    assert_eq!(
        code(&[("CATEGORY", "$(touch made)"), ("PATHS", "; touch made"), ("CONFIG", "`touch made`")]),
        2
    );
    assert!(!project.path().join("made").exists());
}

#[cfg(unix)]
#[test]
fn the_action_installs_a_version_and_nothing_else() {
    use std::os::unix::fs::PermissionsExt;
    let npm = "#!/bin/sh\nprintf '%s\\n' \"$PWD\" \"$@\" >called\n";
    let project = Project::new(&[("bin/npm", npm)]);
    let path = project.path().join("bin");
    std::fs::set_permissions(path.join("npm"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", path.display(), std::env::var("PATH").unwrap());
    let install = |version: &str| step("install.sh", &project, &[("VERSION", version), ("PATH", &path)]);
    let called = || given(&project, "outlive/called");
    for version in
        ["", "../evil", "1", "^1.2.3", "1.2.3 other", "1.2.3\nother", "npm:other@1.2.3", "latest;x"]
    {
        let run = install(version);
        assert_eq!((run.code, &*called()), (2, ""), "{version}");
        assert!(run.stdout.starts_with("::error"), "{}", run.stdout);
    }
    for version in [VERSION, "latest", "2.0.0-beta.1"] {
        let run = install(version);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let called = called();
        let folder = project.path().join("runner/outlive").display().to_string();
        assert!(
            called.starts_with(&folder),
            "outside of the repository, whose settings are its own: {called}"
        );
        assert!(called.contains("\n--ignore-scripts\n"), "{called}");
        assert!(called.ends_with(&format!("\noutlive@{version}\n")), "{called}");
        assert!(given(&project, "PATH").contains(&format!("{folder}/node_modules/.bin")));
    }
}
