//! The config: where it comes from, what it extends, what holds for which file.

#![allow(clippy::unwrap_used, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{LEAK, Project, found};
use serde_json::{Value, json};

const OFF: &str = "[rules]\nunbounded-collection = 'off'\n";

#[test]
fn a_manifest_may_hold_the_config() {
    let manifest = json!({ "name": "app", "outlive": { "rules": { "unbounded-collection": "error" } } });
    let project = Project::new(&[("src/a.js", LEAK), ("package.json", &manifest.to_string())]);
    assert_eq!(project.json(&[])["findings"][0]["severity"], "error");
    project.write("outlive.toml", OFF);
    assert_eq!(found(&project.json(&[])), Vec::<String>::new(), "a file of its own comes first");
    std::fs::remove_file(project.path().join("outlive.toml")).unwrap();
    for (value, complaint) in [
        (json!({ "exclud": [] }), "package.json: there is no key `exclud`; did you mean `exclude`?"),
        (json!({ "rules": { "leaked-timers": "off" } }), "did you mean `leaked-timer`?"),
        (json!({ "confidence": "sure" }), "`sure`"),
        (json!([]), "package.json: in `outlive`:"),
    ] {
        project.write("package.json", json!({ "outlive": value }).to_string());
        let run = project.run(&[]);
        assert_eq!(run.code, 2, "{value}");
        assert!(run.stderr.contains(complaint), "{value}: {}", run.stderr);
    }
    project.write("package.json", "{ not json");
    assert_eq!(found(&project.json(&[])).len(), 1, "that is for others to complain about");
}

#[test]
fn a_config_extends_files_and_packages() {
    let preset = "exclude = ['gen/']\nfail-on = 'error'\n[rules]\n\
        unbounded-collection = { level = 'error', confidence = 'high' }\n";
    let project = Project::new(&[
        ("app/src/a.js", LEAK),
        ("app/gen/b.js", LEAK),
        ("node_modules/@acme/preset/outlive.toml", preset),
        ("app/strict.toml", "extends = '@acme/preset'\n"),
        ("app/outlive.toml", "extends = ['./strict.toml']\n"),
    ]);
    let report = project.json(&["--config", "app/outlive.toml"]);
    assert_eq!(found(&report), ["unbounded-collection app/src/a.js:6"]);
    assert_eq!(report["findings"][0]["severity"], "error");
    project
        .write("app/outlive.toml", "extends = ['./strict.toml']\n[rules]\nunbounded-collection = 'info'\n");
    let run = project.run(&["--config", "app/outlive.toml"]);
    assert_eq!(run.code, 0, "the nearer config wins, and the preset's `fail-on` still holds: {}", run.stdout);
    let shown = project.run(&["--config", "app/outlive.toml", "--show-config"]).stdout;
    assert!(
        shown.starts_with("# app/outlive.toml\n# extends node_modules/@acme/preset/outlive.toml\n"),
        "{shown}"
    );
    for part in [
        "# extends app/strict.toml\n",
        "fail-on = \"error\"\n",
        "level = \"info\"\n",
        "confidence = \"high\"\n",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn what_cannot_be_extended_is_said() {
    let project =
        Project::new(&[("outlive.toml", "extends = '@acme/gone'\n"), ("b.toml", "extends = 'outlive.toml'")]);
    let run = project.run(&[]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("outlive.toml: there is no file or package `@acme/gone` to extend"),
        "{}",
        run.stderr
    );
    project.write("outlive.toml", "extends = './b.toml'\n");
    let run = project.run(&[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("extends itself"), "{}", run.stderr);
    project.write("b.toml", "confidenc = 'low'\n");
    assert!(project.run(&[]).stderr.contains("b.toml: there is no key `confidenc`"));
}

#[test]
fn rows_of_a_preset_are_found_beside_it() {
    let preset = "models = ['rows.toml']\n";
    let project = Project::new(&[
        ("outlive.toml", "extends = './preset/outlive.toml'"),
        ("preset/outlive.toml", preset),
    ]);
    let run = project.run(&[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("cannot read preset/rows.toml"), "{}", run.stderr);
}

#[test]
fn overrides_hold_for_the_files_that_match() {
    let project = Project::new(&[("src/a.js", LEAK), ("old/b.js", LEAK), ("old/new/c.js", LEAK)]);
    let overrides = "[[overrides]]\nfiles = ['old/']\nrules = { unbounded-collection = 'off' }\n\
        [[overrides]]\nfiles = ['old/new/**']\nrules = { unbounded-collection = 'error' }\n";
    project.write("outlive.toml", overrides);
    let report = project.json(&[]);
    assert_eq!(found(&report), ["unbounded-collection old/new/c.js:6", "unbounded-collection src/a.js:6"]);
    assert_eq!(report["findings"][0]["severity"], "error");
    assert_eq!(report["findings"][1]["severity"], "warning");
    // Off in general, on for some.
    project.write("outlive.toml", format!("{OFF}{overrides}"));
    assert_eq!(found(&project.json(&[])), ["unbounded-collection old/new/c.js:6"]);
    project.write("outlive.toml", "[[overrides]]\nfiles = ['src/*.js']\nrule = {}\n");
    let run = project.run(&[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("there is no key `overrides.rule`; did you mean `rules`?"), "{}", run.stderr);
}

#[test]
fn init_looks_at_the_project() {
    let manifest = json!({ "dependencies": { "express": "5", "some-unheard-of-thing": "1" } }).to_string();
    let project = Project::new(&[("package.json", &*manifest), ("generated/b.js", LEAK), ("a.js", LEAK)]);
    assert_eq!(project.run(&["init"]).code, 0);
    let text = std::fs::read_to_string(project.path().join("outlive.toml")).unwrap();
    assert!(text.contains("there are rows about: express.\n"), "{text}");
    assert!(text.contains("There are none about: some-unheard-of-thing.\n"), "{text}");
    assert_eq!(found(&project.json(&[])), ["unbounded-collection a.js:6"]);
}

/// The packages of a monorepo are one project. What they take from each other is not foreign, and neither is what people
/// write into `public`.
#[test]
fn init_looks_into_workspaces() {
    let manifest = |name: &str, dependency: &str| {
        json!({ "name": name, "dependencies": { dependency: "1", "@types/node": "1" } }).to_string()
    };
    let project = Project::new(&[
        ("package.json", "{}".to_owned()),
        ("packages/server/package.json", manifest("@a/server", "express")),
        ("packages/web/package.json", manifest("@a/web", "@a/server")),
        ("packages/web/node_modules/x/package.json", manifest("x", "installed")),
        ("examples/one/package.json", manifest("one", "shown-only")),
        ("public/app.js", LEAK.to_owned()),
    ]);
    assert_eq!(project.run(&["init"]).code, 0);
    let text = std::fs::read_to_string(project.path().join("outlive.toml")).unwrap();
    assert!(text.contains("there are rows about: express.\n"), "{text}");
    assert!(!text.contains("There are none about"), "{text}");
    assert_eq!(found(&project.json(&[])), ["unbounded-collection public/app.js:6"]);
}

#[test]
fn the_schema_is_what_the_program_reads() {
    let printed = Project::new::<&str>(&[]).run(&["config-schema"]).stdout;
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/outlive.schema.json");
    if std::env::var("SNAPSHOTS").is_ok_and(|word| word == "overwrite") {
        std::fs::write(&path, &printed).unwrap();
    }
    snapbox::assert_data_eq!(printed.clone(), snapbox::Data::read_from(&path, None).raw());
    let schema: Value = serde_json::from_str(&printed).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    // Both judge alike.
    for (text, is_valid) in [
        ("extends = 'a'\nexclude = ['x/']\nfail-on = 'error'\nmax-warnings = 3\nrequire-reason = true", true),
        ("[rules]\nleaked-timer = { level = 'off', confidence = 'high' }", true),
        ("[[overrides]]\nfiles = ['x/']\nrules = { leaked-timer = 'info' }", true),
        ("exclud = []", false),
        ("confidence = 'sure'", false),
        ("max-warnings = -1", false),
        ("[rules]\nleaked-timers = 'off'", false),
        ("[rules]\nleaked-timer = { levl = 'off' }", false),
        ("[[overrides]]\nrules = {}", false),
        ("[[overrides]]\nfiles = ['x/']\nrules = { leaked-timers = 'info' }", false),
    ] {
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(validator.is_valid(&serde_json::to_value(table).unwrap()), is_valid, "{text}");
        let project = Project::new(&[("outlive.toml", text), ("a", "")]);
        let read = project.run(&["--show-config"]);
        let is_read = read.code == 0 || read.stderr.contains("to extend");
        assert_eq!(is_read, is_valid, "{text}: {}", read.stderr);
    }
}
