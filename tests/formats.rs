//! The formats that other tools read: golden files, and the schema where there is one.
//!
//! `SNAPSHOTS=overwrite cargo test` rewrites the golden files.

#![allow(clippy::unwrap_used, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{Project, Run};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats")
}

/// The project of the golden files, in a place of its own.
fn project() -> Project {
    let files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder().join("project/src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (format!("src/{}", path.file_name().unwrap().to_str().unwrap()), std::fs::read(path).unwrap())
        })
        .collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    Project::new(&files)
}

fn check(name: &str, text: String) {
    let path = folder().join("golden").join(name);
    snapbox::assert_data_eq!(text, snapbox::Data::read_from(&path, None).raw());
}

fn printed(arguments: &[&str]) -> (Project, Run) {
    let project = project();
    let run = project.run(arguments);
    assert_eq!(run.code, 1, "{}", run.stderr);
    (project, run)
}

#[test]
fn texts() {
    for (format, name) in [
        ("concise", "concise.txt"),
        ("unix", "unix.txt"),
        ("github", "github.txt"),
        ("markdown", "markdown.md"),
        ("junit", "junit.xml"),
        ("checkstyle", "checkstyle.xml"),
        ("gitlab", "gitlab.json"),
        ("rdjson", "rdjson.json"),
        ("pretty", "pretty.txt"),
    ] {
        check(name, printed(&["--format", format]).1.stdout);
    }
}

#[test]
fn eslint_json_is_one_line_with_absolute_paths() {
    let (project, run) = printed(&["--format", "eslint-json"]);
    assert_eq!(run.stdout.lines().count(), 1);
    let files: Value = serde_json::from_str(&run.stdout).unwrap();
    let root = project.path();
    let path = Path::new(files[0]["filePath"].as_str().unwrap());
    assert_eq!(path, root.join("src/cache.js"));
    assert!(files[0]["messages"][0]["column"].as_u64() == Some(13), "UTF-16: {files}");
    assert_eq!(
        files[0]["suppressedMessages"][0]["suppressions"][0]["justification"],
        "shown only on request"
    );
    let shown = run.stdout.replace(root.to_str().unwrap(), "/project");
    check(
        "eslint.json",
        serde_json::to_string_pretty(&serde_json::from_str::<Value>(&shown).unwrap()).unwrap() + "\n",
    );
}

#[test]
fn json_lines_stand_alone() {
    let (_, run) = printed(&["--format", "jsonl"]);
    let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["rule"], "unbounded-collection");
    assert_eq!(lines.last().unwrap()["error"]["kind"], "parse-error");
}

#[test]
fn sarif() {
    let (_, run) = printed(&["--format", "sarif", "--sarif-category", "web"]);
    let mut log: Value = serde_json::from_str(&run.stdout).unwrap();
    valid_sarif(&log);
    let driver = &mut log["runs"][0]["tool"]["driver"];
    let rules = driver["rules"].take();
    every_rule_is_described(&rules);
    for key in ["version", "semanticVersion"] {
        assert_eq!(driver[key].take(), env!("CARGO_PKG_VERSION"));
    }
    // The list of rules grows, and with it these numbers.
    for result in log["runs"][0]["results"].as_array_mut().unwrap() {
        let index = result["ruleIndex"].take().as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["message"]["text"].as_str().unwrap().ends_with('.'));
    }
    check("sarif.json", serde_json::to_string_pretty(&log).unwrap() + "\n");
}

#[test]
fn sarif_has_suppressed_results_only_on_request() {
    let results = |arguments: &[&str]| {
        let run = printed(&[&["--format", "sarif"], arguments].concat()).1;
        let log: Value = serde_json::from_str(&run.stdout).unwrap();
        valid_sarif(&log);
        log["runs"][0]["results"].as_array().unwrap().clone()
    };
    let suppressed = |result: &Value| result["suppressions"][0]["justification"] == "shown only on request";
    assert!(!results(&[]).iter().any(suppressed));
    assert!(results(&["--include-suppressed"]).iter().any(suppressed));
}

/// What a forge reads names files as the repository does, wherever in it the command runs, and wherever its config stands.
#[test]
fn paths_start_at_the_root_of_the_repository() {
    let project = project();
    project.git(&["init", "-q"]);
    for config in ["outlive.toml", "src/outlive.toml"] {
        project.write(config, "");
        for (format, path) in [
            ("sarif", "\"uri\": \"src/cache.js\""),
            ("github", "file=src/cache.js,"),
            ("gitlab", "\"path\": \"src/cache.js\""),
        ] {
            let mut command =
                cli_support::command(&project.path().join("src"), &["--format", format, "cache.js"]);
            let run = cli_support::run(&mut command, b"");
            assert!(run.stdout.contains(path), "{config} {}", run.stdout);
        }
    }
}

fn valid_sarif(log: &Value) {
    let schema = std::fs::read(folder().join("sarif-2.1.0.schema.json")).unwrap();
    let mut schema: Value = serde_json::from_slice(&schema).unwrap();
    // The published schema has a bracket too many in this pattern.
    for object in ["run", "toolComponent"] {
        schema["definitions"][object]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
    }
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(log).map(|error| format!("{} at {}", error, error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn every_rule_is_described(rules: &Value) {
    let rules = rules.as_array().unwrap();
    let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted() && ids.contains(&"outlive/leaked-timer"), "{ids:?}");
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            let text = rule[text]["text"].as_str().unwrap();
            assert!(!text.is_empty(), "{rule}");
        }
        assert!(rule["fullDescription"]["text"].as_str().unwrap().len() <= 1024);
        assert!(rule["help"]["markdown"].as_str().unwrap().starts_with('#'));
        let severity = rule["properties"]["problem.severity"].as_str().unwrap();
        assert!(["error", "warning", "recommendation"].contains(&severity));
    }
}

#[test]
fn several_formats_go_to_several_places() {
    let project = project();
    let run = project.run(&[
        "--format",
        "unix",
        "--output-file",
        "sarif:out.sarif",
        "--output-file",
        "pretty:out.txt",
        "--color",
        "always",
    ]);
    assert!(run.stdout.ends_with("[Error/parse-error]\n"));
    let sarif = std::fs::read_to_string(project.path().join("out.sarif")).unwrap();
    valid_sarif(&serde_json::from_str(&sarif).unwrap());
    let pretty = std::fs::read_to_string(project.path().join("out.txt")).unwrap();
    assert!(pretty.contains("grows: one more entry") && !pretty.contains('\u{1b}'), "{pretty}");
}

#[test]
fn a_clean_run_is_a_full_report() {
    let project = Project::new(&[("a.js", "f();")]);
    assert!(project.run(&["--format", "junit"]).stdout.contains("<testcase name=\"outlive\""));
    assert_eq!(project.run(&["--format", "gitlab"]).stdout, "[]\n");
    assert_eq!(project.run(&["--format", "eslint-json"]).stdout, "[]\n");
    assert_eq!(project.run(&["--format", "concise"]).stdout, "");
    let log: Value = serde_json::from_str(&project.run(&["--format", "sarif"]).stdout).unwrap();
    valid_sarif(&log);
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn html_is_one_page_and_what_was_analysed_is_text_in_it() {
    let leak = "\
const express = require('express');
const app = express();
const seen = new Map(); // </script><script>alert(1)</script>
app.get('/', (req, res) => { seen.set(req.url, '</script><!--\u{202e}'); res.end(); });
";
    let project = Project::new(&[("src/a<b>.js", leak)]);
    let page = project.run(&["--format", "html"]).stdout;
    assert_eq!(page.matches("</script>").count(), 2, "the data and the script of the page");
    for loads in [" src=", "<link", "@import", "url(", "fetch(", "\u{202e}"] {
        // One reference within the page: the tip of the arrows.
        assert!(!page.replace("url(#tip)", "").contains(loads), "{loads}");
    }
    let data = page.split_once("id=\"data\">").unwrap().1.split_once("</script>").unwrap().0;
    let data: Value = serde_json::from_str(data).unwrap();
    let finding = &data["findings"][0];
    assert_eq!(finding["rule"], "unbounded-collection");
    assert_eq!(finding["root"]["role"], "root");
    assert_eq!(finding["at"]["path"], "src/a<b>.js");
    let lines = finding["excerpts"][0]["lines"].as_array().unwrap();
    let marked: Vec<u64> = lines
        .iter()
        .filter(|line| !line["marks"].as_array().unwrap().is_empty())
        .map(|line| line["number"].as_u64().unwrap())
        .collect();
    assert_eq!(marked, [3, 4]);
    assert!(lines[2]["text"].as_str().unwrap().ends_with("</script><script>alert(1)</script>"));
}
