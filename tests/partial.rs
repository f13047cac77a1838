//! Parts of a project, and what was known before: patches and the baseline.

#![allow(clippy::unwrap_used, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{CLEAN, LEAK, Project, found, run};

#[test]
fn a_patch_restricts_what_is_reported_to_its_lines() {
    let two = LEAK.replace("  res.end();", "  res.end();\n  setInterval(() => req.url, 1000);");
    let project = Project::new(&[("src/a.js", LEAK), ("src/b.js", LEAK)]);
    project.git(&["init", "-q"]);
    project.git(&["add", "."]);
    project.git(&["commit", "-qm", "first"]);
    project.write("src/a.js", &two);
    assert!(found(&project.json(&[])).len() > 2, "the whole has more");
    let diff = std::process::Command::new("git").arg("diff").current_dir(project.path()).output().unwrap();
    project.write("changes.patch", &diff.stdout);
    let report = project.json(&["--diff", "changes.patch"]);
    assert!(!found(&report).is_empty());
    assert!(found(&report).iter().all(|it| it.ends_with("src/a.js:8")), "{:?}", found(&report));
    let mut below = cli_support::command(&project.path().join("src"), &["--diff", "-", "--format", "unix"]);
    let below = run(&mut below, &diff.stdout);
    assert!(below.stdout.starts_with("a.js:8:"), "{}{}", below.stdout, below.stderr);
    assert_eq!(project.run_with_stdin(&["--diff", "-"], b"").code, 0, "an empty patch is no failure");
    assert_eq!(project.run(&["--diff", "missing.patch"]).code, 2);
}

#[test]
fn pruning_forgets_and_never_adds() {
    let project = Project::new(&[("a.js", LEAK), ("b.js", LEAK)]);
    project.write("outlive.toml", "baseline = 'known.json'\n");
    assert_eq!(project.run(&["--update-baseline"]).code, 0, "the config names it");
    let entries = || {
        let text = std::fs::read_to_string(project.path().join("known.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let paths = json["findings"].as_array().unwrap().iter();
        paths.map(|entry| entry["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(entries(), ["a.js", "b.js"]);
    project.write("a.js", CLEAN);
    project.write("c.js", LEAK);
    assert_eq!(project.run(&["--prune-baseline", "--rule", "leaked-timer"]).code, 2, "it sees a part");
    assert_eq!(entries(), ["a.js", "b.js"]);
    let run = project.run(&["--prune-baseline", "--format", "unix"]);
    assert_eq!(run.code, 1, "what is new is reported");
    assert!(run.stdout.starts_with("c.js:6:"), "{}", run.stdout);
    assert_eq!(entries(), ["b.js"]);
    assert_eq!(found(&project.json(&["--no-baseline"])).len(), 2);
    let project = Project::new(&[("a.js", LEAK)]);
    let run = project.run(&["--prune-baseline"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("which baseline?"), "{}", run.stderr);
}

#[test]
fn a_run_on_a_part_neither_judges_nor_forgets_the_rest() {
    let project = Project::new(&[("src/a.js", LEAK), ("lib/b.js", LEAK), ("outlive.toml", "baseline = 'k'")]);
    assert_eq!(project.run(&["--update-baseline"]).code, 0);
    let known = || std::fs::read_to_string(project.path().join("k")).unwrap();
    let all = known();
    for change in ["--prune-baseline", "--update-baseline"] {
        let run = project.run(&["src", change]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("lib/b.js"), "{}", run.stderr);
    }
    let below =
        |arguments: &[&str]| run(&mut cli_support::command(&project.path().join("src"), arguments), b"");
    assert_eq!(below(&["--prune-baseline"]).code, 2);
    assert_eq!(known(), all);
    let run = below(&[]);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("1 known") && !run.stderr.contains("gone"), "{}", run.stderr);
    // Of a file that is gone there is nothing left to see.
    std::fs::remove_file(project.path().join("lib/b.js")).unwrap();
    assert!(project.run(&["src"]).stderr.contains("1 in the baseline is gone"));
    assert_eq!(project.run(&["src", "--prune-baseline"]).code, 0);
    assert!(known().contains("src/a.js") && !known().contains("lib/b.js"));
}
