//! Installed packages that the config calls the project's own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{Project, found};

/// Fills a table of a package, and hands each key on to it when the connection is gone.
const SERVER: &str = "\
import { createServer } from 'node:http';
import { sessions, remember } from '@acme/store';
import { gone } from '@acme/store/gone';
createServer((req, res) => {
  sessions.add(req.url);
  remember(req.url);
  res.on('close', () => gone(req.url));
  res.end();
}).listen(8080);
";

const MANIFEST: &str = r#"{ "name": "@acme/store", "exports": {
  ".": { "types": "./dist/index.d.ts", "import": "./dist/index.mjs" },
  "./*": "./dist/*.mjs"
} }"#;

/// What it fills by itself is found in it, and not reported.
const STORE: &str = "\
const remembered = new Set();
export const sessions = new Set();
export const remember = (key) => remembered.add(key);
";

const OWN: &str = "own-packages = ['@acme/*']\n";

fn project(config: &str, folder: &str, gone: &str) -> Project {
    let project = Project::new(&[("package.json", "{}"), ("outlive.toml", config), ("a.js", SERVER)]);
    project.write(&format!("{folder}/package.json"), MANIFEST);
    project.write(&format!("{folder}/dist/index.mjs"), STORE);
    let gone = format!("import {{ sessions }} from './index.mjs';\nexport const gone = (key) => {gone};\n");
    project.write(&format!("{folder}/dist/gone.mjs"), gone);
    // What it is installed with is nobody's of ours, and neither are its sources.
    for (path, text) in [("node_modules/other/index.js", "broken("), ("src/index.ts", "broken(")] {
        project.write(&format!("{folder}/{path}"), text);
    }
    project
}

fn findings(project: &Project) -> Vec<String> {
    let report = project.json(&["--no-cache"]);
    assert_eq!(report["errors"], serde_json::json!([]));
    found(&report)
}

const INSTALLED: &str = "node_modules/@acme/store";

#[test]
fn what_they_make_and_take_out_counts() {
    let kept = "console.log(key, sessions.size)";
    for (config, gone, expected) in [
        (OWN, kept, &["unbounded-collection a.js:5"][..]),
        (OWN, "sessions.delete(key)", &[][..]),
        ("own-packages = ['@acme/store']\n", kept, &["unbounded-collection a.js:5"][..]),
        // Nobody knows what it exports.
        ("own-packages = ['store', '@other/*']\n", kept, &[][..]),
        ("", kept, &[][..]),
    ] {
        assert_eq!(findings(&project(config, INSTALLED, gone)), expected, "{config}{gone}");
    }
}

#[test]
fn those_of_a_package_of_the_workspace_are_found_below_it() {
    let project = project(OWN, "packages/app/node_modules/@acme/store", "sessions.has(key)");
    project.write("packages/app/package.json", r#"{ "name": "app" }"#);
    project.write("packages/app/a.js", SERVER);
    project.write("a.js", "");
    assert_eq!(findings(&project), ["unbounded-collection packages/app/a.js:5"]);
}

#[test]
fn files_are_read_and_not_reported_on() {
    let project = project(OWN, INSTALLED, "sessions.has(key)");
    let files = project.run(&["--show-files"]).stdout;
    assert_eq!(
        files.lines().collect::<Vec<_>>(),
        ["a.js", "node_modules/@acme/store/dist/gone.mjs", "node_modules/@acme/store/dist/index.mjs"]
    );
    project.write("node_modules/@acme/store/dist/broken.mjs", "broken(");
    assert_eq!(findings(&project), ["unbounded-collection a.js:5"]);
}

#[cfg(unix)]
#[test]
fn what_is_linked_from_the_workspace_is_read_where_it_stands() {
    let project = project(OWN, "packages/store", "sessions.has(key)");
    std::fs::remove_dir_all(project.path().join("packages/store/src")).unwrap();
    std::fs::create_dir_all(project.path().join("node_modules/@acme")).unwrap();
    let link = project.path().join("node_modules/@acme/store");
    std::os::unix::fs::symlink(project.path().join("packages/store"), link).unwrap();
    let files = project.run(&["--show-files"]).stdout;
    assert!(files.contains("a.js") && !files.contains("node_modules"), "{files}");
}
