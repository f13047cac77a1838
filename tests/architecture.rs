//! What ARCHITECTURE.md says is absent is absent.

#![allow(clippy::unwrap_used, reason = "it is test code, helpers included")]

use std::path::Path;

/// The code of a file that runs outside of tests, with its path from the root.
struct Module {
    path: String,
    code: String,
}

/// Every module below a folder. What builds the program is no part of it.
fn modules(folder: &str) -> Vec<Module> {
    let mut out = Vec::new();
    collect(Path::new(env!("CARGO_MANIFEST_DIR")), folder, &mut out);
    out
}

fn collect(root: &Path, folder: &str, out: &mut Vec<Module>) {
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("{folder}/{name}");
        if root.join(&path).is_dir() && name != "tests" {
            collect(root, &path, out);
        } else if name.ends_with(".rs") && !matches!(&*name, "tests.rs" | "build.rs") {
            let code = without_tests(&std::fs::read_to_string(root.join(&path)).unwrap());
            out.push(Module { path, code });
        }
    }
}

/// Code without comments and without the tests at the end of the file.
fn without_tests(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The files of the folders that hold a word, sorted.
fn naming(word: &str, folders: &[&str]) -> Vec<String> {
    let all = folders.iter().flat_map(|folder| modules(folder));
    let mut paths: Vec<String> =
        all.filter(|module| module.code.contains(word)).map(|module| module.path).collect();
    paths.sort();
    paths
}

const ALL: &[&str] = &["src", "rules", "semantic"];

#[test]
fn swc_is_named_where_text_becomes_tables() {
    let paths = naming("swc_", ALL);
    let is_known =
        |path: &&String| path.starts_with("semantic/syntax/") || path.starts_with("semantic/lower/");
    let (known, others): (Vec<_>, Vec<_>) = paths.iter().partition(is_known);
    assert_eq!(others, Vec::<&String>::new());
    assert!(!known.is_empty(), "the word is not swc's any more");
}

#[test]
fn miette_is_named_in_one_file() {
    assert_eq!(naming("miette", ALL), ["src/report/pretty.rs"]);
}

#[test]
fn one_program_is_started_and_it_is_git() {
    assert_eq!(naming("Command::new(", ALL), ["src/changed.rs"]);
    for module in modules("src").into_iter().filter(|module| module.code.contains("Command::new(")) {
        assert!(module.code.contains("Command::new(\"git\")"), "{} starts another program", module.path);
        assert_eq!(module.code.matches("Command::new(").count(), 1);
    }
}

#[test]
fn findings_depend_on_texts_and_config_alone() {
    for module in ["std::fs", "std::env", "std::process", "std::net", "std::time"] {
        assert_eq!(naming(module, &["rules", "semantic"]), Vec::<String>::new(), "{module}");
    }
    for module in ["std::fs", "std::env", "std::time"] {
        assert!(
            !naming(module, &["src"]).is_empty(),
            "{module} is written otherwise now: this test looks in vain"
        );
    }
}

/// Whether code has a word that is no part of a longer one.
fn has_word(code: &str, word: &str) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let bytes = code.as_bytes();
    code.match_indices(word).any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        !is_part(before) && !is_part(bytes.get(at + word.len()))
    })
}

/// The modules that the rules share, with the list of the rules, which alone names them all.
#[test]
fn what_rules_share_names_no_rule() {
    let rules: Vec<String> =
        outlive_rules::RULES.iter().map(|rule| rule.meta().id.replace('-', "_")).collect();
    let is_rule =
        |module: &Module| rules.iter().any(|rule| module.path.starts_with(&format!("rules/{rule}/")));
    let (own, shared): (Vec<Module>, Vec<Module>) = modules("rules").into_iter().partition(is_rule);
    assert!(own.len() >= rules.len(), "a rule is no folder any more: this test looks in vain");
    for rule in &rules {
        let named: Vec<&str> =
            shared.iter().filter(|module| has_word(&module.code, rule)).map(|module| &*module.path).collect();
        assert_eq!(named, ["rules/lib.rs"], "{rule}");
    }
}
