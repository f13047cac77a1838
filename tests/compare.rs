//! `outlive compare`: two states of real repositories and of folders.

#![allow(clippy::unwrap_used, clippy::panic, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{CLEAN, LEAK, Project, found};
use serde_json::Value;
use std::collections::BTreeMap;

const HOLDER: &str = "export const sessions = new Map();\n";

/// Adds to a collection of another file.
const ADDS: &str = "\
import express from 'express';
import { sessions } from './a.js';
import './c.js';
const app = express();
app.get('/login', (req, res) => {
  sessions.set(req.url, Date.now());
  res.end();
});
";

/// Takes out what another file adds.
const RELEASES: &str = "\
import { sessions } from './a.js';

export function expire(now) {
  for (const [id, at] of sessions) {
    if (now - at > 1000) {
      sessions.delete(id);
    }
  }
}

setInterval(() => expire(Date.now()), 1000);
";

fn commit(project: &Project) {
    project.git(&["add", "-A"]);
    project.git(&["commit", "-qm", "next"]);
}

fn repository(files: &[(&str, &str)]) -> Project {
    let project = Project::new(files);
    project.git(&["init", "-q", "-b", "main"]);
    commit(&project);
    project
}

fn compare(project: &Project, arguments: &[&str]) -> Value {
    let run = project.run(&[&["compare"], arguments, &["--format", "json"]].concat());
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

fn gone(report: &Value) -> Vec<String> {
    let rows = report["comparison"]["gone"].as_array().unwrap().iter();
    rows.map(|row| format!("{}:{}", row["path"].as_str().unwrap(), row["start"]["line"])).collect()
}

/// What stands in the folder, version control aside.
fn contents(project: &Project) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(project.path()).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.path().is_file());
    files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap())).collect()
}

#[test]
fn a_deleted_release_is_named_where_an_unchanged_file_leaks() {
    let project = repository(&[("a.js", HOLDER), ("b.js", ADDS), ("c.js", RELEASES)]);
    assert_eq!(found(&project.json(&[])), Vec::<String>::new(), "the release counts");
    project.git(&["branch", "base"]);
    project.write("c.js", RELEASES.replace("      sessions.delete(id);\n", "      console.log(id);\n"));
    project.write("other.js", "export const answer = 42;\n");
    commit(&project);
    project.write("a.js", "what stands here is not looked at (");
    let before = contents(&project);
    let report = compare(&project, &["base", "main"]);
    assert_eq!(found(&report), ["unbounded-collection b.js:6"]);
    let cause = &report["findings"][0]["cause"];
    assert_eq!(cause["change"], "removed");
    assert_eq!(cause["path"], "c.js");
    assert_eq!(cause["line"], 6);
    assert_eq!(cause["text"], "sessions.delete(id);");
    assert_eq!(contents(&project), before, "the working tree is left alone");
    let mut status = std::process::Command::new("git");
    let status = status.args(["status", "--porcelain"]).current_dir(project.path()).output().unwrap();
    let status = String::from_utf8(status.stdout).unwrap();
    assert_eq!(status, " M a.js\n", "and so is the index");
}

#[test]
fn every_text_format_names_the_cause() {
    let project = repository(&[("a.js", HOLDER), ("b.js", ADDS), ("c.js", RELEASES)]);
    std::fs::remove_file(project.path().join("c.js")).unwrap();
    project.write("b.js", ADDS.replace("import './c.js';\n", ""));
    let said = "since `sessions.delete(id);` at c.js:6 in main is gone";
    for format in ["pretty", "concise", "json", "markdown", "sarif", "github", "junit", "html"] {
        let run = project.run(&["compare", "main", "--format", format]);
        assert_eq!(run.code, 1, "{format}: {}", run.stderr);
        let text: String = run
            .stdout
            .replace('│', " ")
            .replace("&#39;", "'")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(text.contains(said), "{format}: {}", run.stdout);
        assert_eq!(run.stderr, "from main to the working tree: 1 new, 0 gone, 0 in both\n");
    }
}

#[test]
fn what_a_new_caller_sets_off_is_laid_to_it() {
    let store = "const seen = new Map();\nexport function remember(id) {\n  seen.set(id, 1);\n}\n";
    let project = repository(&[("package.json", "{\"private\": true}"), ("store.js", store)]);
    assert_eq!(found(&project.json(&["--confidence", "high"])), Vec::<String>::new());
    project.write(
        "server.js",
        "import express from 'express';\nimport { remember } from './store.js';\nconst app = express();\n\
         app.get('/', (req, res) => {\n  remember(req.url);\n  res.end();\n});\n",
    );
    let report = compare(&project, &["main", "--confidence", "high"]);
    assert_eq!(found(&report), ["unbounded-collection store.js:3"]);
    let cause = &report["findings"][0]["cause"];
    assert_eq!((cause["change"].as_str(), cause["path"].as_str()), (Some("added"), Some("server.js")));
    assert!(cause["line"].as_u64().unwrap() >= 4, "{cause}");
}

#[test]
fn what_is_gone_new_and_in_both() {
    let moved = format!("// a comment\n\n{LEAK}");
    let project =
        repository(&[("stays.js", LEAK), ("mended.js", LEAK), ("hushed.js", LEAK), ("old.js", LEAK)]);
    project.git(&["tag", "before"]);
    project.write("stays.js", &moved);
    project.write("mended.js", CLEAN);
    project.write("hushed.js", format!("// outlive-disable-file unbounded-collection -- few\n{LEAK}"));
    project.git(&["mv", "old.js", "new.js"]);
    project.write("new.js", format!("{LEAK}// the end\n"));
    project.write("added.js", LEAK.replace("seen", "others").replace("users", "accounts"));
    commit(&project);
    let report = compare(&project, &["before", "HEAD"]);
    assert_eq!(found(&report), ["unbounded-collection added.js:6"]);
    assert_eq!(report["findings"][0]["cause"], Value::Null, "its own lines are new");
    assert_eq!(gone(&report), ["hushed.js:6", "mended.js:6"]);
    let rows = report["comparison"]["gone"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["suppressed"] == true).collect::<Vec<_>>(), [true, false]);
    assert_eq!(report["comparison"]["both"], 2);
    let back = compare(&project, &["HEAD", "before"]);
    assert_eq!(found(&back), ["unbounded-collection hushed.js:6", "unbounded-collection mended.js:6"]);
    assert_eq!(gone(&back), ["added.js:6"]);
    let concise = project.run(&["compare", "before", "--format", "concise"]).stdout;
    assert!(concise.contains("\nsuppressed: hushed.js:6:3: "), "{concise}");
    assert!(concise.contains("\ngone: mended.js:6:3: "), "{concise}");
    let sarif: Value =
        serde_json::from_str(&project.run(&["compare", "before", "--format", "sarif"]).stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0]["baselineState"], "new");
}

#[test]
fn the_exit_status_is_about_what_is_new() {
    let project = repository(&[("a.js", LEAK)]);
    assert_eq!(project.run(&["compare", "main"]).code, 0, "what was there before fails nobody");
    project.write("a.js", CLEAN);
    assert_eq!(project.run(&["compare", "main"]).code, 0, "nor does what is gone");
    project.write("b.js", LEAK);
    assert_eq!(project.run(&["compare", "main"]).code, 1);
    assert_eq!(project.run(&["compare", "main", "--fail-on", "error"]).code, 0);
    assert_eq!(project.run(&["compare", "main", "--max-warnings", "1"]).code, 0);
    assert_eq!(project.run(&["compare", "main", "--exit-zero"]).code, 0);
    project.write("b.js", "const (");
    assert_eq!(project.run(&["compare", "main"]).code, 1, "a file that does not parse any more is new");
    for names in [&["nobody"][..], &["main", "nobody"], &["--output=x"], &["main", "--rule", "none"]] {
        let run = project.run(&[&["compare"], names].concat());
        assert_eq!(run.code, 2, "{names:?}: {}", run.stdout);
    }
}

#[test]
fn folders_are_compared_outside_of_any_repository() {
    let project = Project::new(&[
        ("old/src/a.js", LEAK),
        ("new/src/b.js", LEAK),
        ("new/src/c.js", LEAK),
        ("new/outlive.toml", "exclude = ['src/c.js']\n"),
    ]);
    let report = compare(&project, &["old", "new"]);
    assert_eq!(found(&report), Vec::<String>::new(), "the same text under another name is no new leak");
    assert_eq!(report["comparison"]["both"], 1);
    let report = compare(&project, &["old", "new", "--no-config"]);
    assert_eq!(found(&report).len(), 1);
}

#[test]
fn one_config_judges_both_states_wherever_the_command_is_run() {
    let project =
        repository(&[("app/src/a.js", LEAK), ("lib/b.js", LEAK), ("app/outlive.toml", "fail-on = 'info'\n")]);
    project.write("app/outlive.toml", "[rules]\nunbounded-collection = 'error'\n");
    project.write(
        "app/src/a.js",
        format!(
            "{LEAK}{}",
            LEAK.replace("seen", "others")
                .replace("app", "server")
                .replace("express", "web")
                .replace("'web'", "'express'")
        ),
    );
    project.write("lib/b.js", CLEAN);
    let mut command =
        cli_support::command(&project.path().join("app"), &["compare", "main", "--format", "json"]);
    let run = cli_support::run(&mut command, b"");
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(found(&report), ["unbounded-collection src/a.js:14"], "{}", run.stderr);
    assert_eq!(report["findings"][0]["severity"], "error");
    assert_eq!(report["comparison"]["both"], 1, "a level is no new finding");
    assert_eq!(gone(&report), Vec::<String>::new(), "what stands elsewhere is not asked about");
}
