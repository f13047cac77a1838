//! What packages declare: read on demand, within bounds, and whatever it holds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{Project, Run, found};

/// Adds to what a package exports.
const SERVER: &str = "\
import express from 'express';
import { sessions } from 'store';
const app = express();
app.get('/login', (req, res) => {
  sessions.set(req.url, Date.now());
  res.end();
});
";

const GROWS: [&str; 1] = ["unbounded-collection a.js:5"];

const MANIFEST: &str = r#"{ "name": "store", "types": "index.d.ts" }"#;

const MAP: &str = "export declare const sessions: Map<string, number>;\n";

fn project(declarations: impl AsRef<[u8]>) -> Project {
    let project = Project::new(&[("a.js", SERVER), ("node_modules/store/package.json", MANIFEST)]);
    project.write("node_modules/store/index.d.ts", declarations);
    project
}

fn findings(project: &Project) -> Vec<String> {
    let report = project.json(&["--no-cache"]);
    assert_eq!(report["errors"], serde_json::json!([]));
    found(&report)
}

/// Files that hand on what the next one exports, the last of which declares it.
fn chain(project: &Project, length: usize) {
    for at in 1..=length {
        let text = if at == length { MAP.to_owned() } else { format!("export * from './m{}';", at + 1) };
        project.write(&format!("node_modules/store/m{at}.d.ts"), text);
    }
}

fn run(project: &Project) -> Run {
    project.run(&["--no-cache"])
}

#[test]
fn each_spelling_of_an_export_is_followed() {
    let store = "declare const store: { }\n";
    for text in [
        MAP,
        "declare const sessions: Map<string, number> | undefined;\nexport { sessions };",
        "declare const kept: Readonly<Map<string, number>>;\nexport { kept as sessions };",
        "type Sessions = Map<string, number> & { since: number };\nexport let sessions: Sessions;",
        "declare namespace store { const sessions: Map<string, number> }\nexport = store;",
        "interface Store { sessions: Map<string, number> }\ndeclare const store: Store;\nexport = store;",
        "declare module 'store' { export const sessions: Map<string, number>; }",
        "declare class Sessions extends Map<string, number> {}\nexport declare const sessions: Sessions;",
        "declare class Store { static sessions: Map<string, number> }\nexport = Store;",
        "export const sessions: import('./other').Sessions;",
        "import { Sessions } from './other';\nexport declare const sessions: Sessions;",
        "import * as other from './other.js';\nexport declare const sessions: other.Sessions;",
        "export { inner as sessions } from './other';",
    ] {
        let project = project(text);
        let other = "export interface Sessions extends Map<string, number> {}\nexport const inner: Sessions;";
        project.write("node_modules/store/other.d.ts", other);
        assert_eq!(findings(&project), GROWS, "{text}");
    }
    for text in
        [store, "export const sessions: unknown;", "export const sessions: Map<string, number> | string;"]
    {
        assert_eq!(findings(&project(text)), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_types_versions_names_is_read() {
    for (specifier, versions, at) in [
        ("store", r#"{ "*": { "*": ["types/*"] } }"#, "types/index.d.ts"),
        ("store", r#"{ ">=4.2": { "index.d.ts": ["types/all.d.ts"] } }"#, "types/all.d.ts"),
        ("store/kept", r#"{ "*": { "kept": ["types/all.d.ts"] } }"#, "types/all.d.ts"),
        ("store/kept", r#"{ "*": { "*": ["types/*"] } }"#, "types/kept.d.ts"),
    ] {
        let manifest = format!(
            r#"{{ "name": "store", "main": "index.js", "types": "index.d.ts", "typesVersions": {versions} }}"#
        );
        let project = Project::new(&[("a.js", SERVER.replace("'store'", &format!("'{specifier}'")))]);
        project.write("node_modules/store/package.json", manifest);
        project.write("node_modules/store/index.js", "");
        assert_eq!(findings(&project), Vec::<String>::new(), "{specifier} {versions}");
        project.write(&format!("node_modules/store/{at}"), MAP);
        assert_eq!(findings(&project), GROWS, "{specifier} {versions}");
    }
}

#[test]
fn a_collection_with_a_way_of_its_own_to_grow_may_make_room() {
    let class = |member: &str| {
        format!(
            "declare class Recent extends Map<string, number> {{ {member} }}\nexport const sessions: Recent;"
        )
    };
    assert_eq!(findings(&project(class("first(): number"))), GROWS);
    assert_eq!(findings(&project(class("set(key: string, value: number): this"))), Vec::<String>::new());
}

#[test]
fn nothing_is_reported_in_a_package() {
    let project = project(MAP);
    project.write("node_modules/store/index.js", SERVER);
    assert_eq!(findings(&project), GROWS);
}

#[test]
fn a_question_reads_so_many_files_and_says_where_that_was_not_enough() {
    let near = project("export * from './m1';");
    chain(&near, 31);
    assert_eq!(findings(&near), GROWS);
    assert!(!run(&near).stderr.contains("known in part"));
    let far = project("export * from './m1';");
    chain(&far, 32);
    assert_eq!(findings(&far), Vec::<String>::new());
    let stderr = run(&far).stderr;
    assert!(stderr.contains("the types of `store` are known in part"), "{stderr}");
}

#[test]
fn a_large_file_is_not_read() {
    let project = project(format!("{MAP}// {}", "x".repeat(1 << 20)));
    assert_eq!(findings(&project), Vec::<String>::new());
    assert!(run(&project).stderr.contains("the types of `store` are known in part"));
}

#[test]
fn hostile_declarations_end_in_nothing() {
    let deep = format!("export const sessions: {}Map{};", "Promise<".repeat(20_000), ">".repeat(20_000));
    for text in [
        "export * from './index';",
        "export { sessions } from './index';",
        "export const sessions: typeof sessions;",
        "type A = B; type B = A; export const sessions: A;",
        "interface A extends A {} export const sessions: A;",
        "import { sessions } from './index'; export { sessions };",
        "declare function sessions(): typeof sessions; export = sessions;",
        "class { { {",
        &deep,
    ] {
        assert_eq!(findings(&project(text)), Vec::<String>::new(), "{text:.60}");
    }
    assert_eq!(findings(&project(b"export const sessions: Map\xff")), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_not_opened() {
    let project = Project::new(&[("a.js", SERVER), ("node_modules/store/package.json", MANIFEST)]);
    let pipe = project.path().join("node_modules/store/index.d.ts");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    assert_eq!(findings(&project), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn packages_that_are_linked_into_a_project_are_read() {
    let project = Project::new(&[("a.js", SERVER)]);
    project.write("node_modules/.store/store@1.0.0/package.json", MANIFEST);
    project.write("node_modules/.store/store@1.0.0/index.d.ts", MAP);
    std::os::unix::fs::symlink(".store/store@1.0.0", project.path().join("node_modules/store")).unwrap();
    assert_eq!(findings(&project), GROWS);
}

/// A commit has no packages of its own: both states have those that are installed.
#[test]
fn states_that_are_compared_have_the_same_packages() {
    let project = project(MAP);
    project.write(".gitignore", "node_modules\n");
    project.git(&["init", "-q"]);
    project.git(&["add", "-A"]);
    project.git(&["commit", "-qm", "first"]);
    project.write("b.js", "export const b = 1;\n");
    let run = project.run(&["compare", "HEAD", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(found(&report), Vec::<String>::new(), "{}", run.stderr);
    assert_eq!(report["comparison"]["both"], 1);
}
