//! Input that nobody meant well.

#![allow(clippy::unwrap_used, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{LEAK, Project, found};
use std::time::{Duration, Instant};

/// Something with an end, and a neighbour that must be analysed all the same.
fn beside(path: &str, text: impl AsRef<[u8]>) -> serde_json::Value {
    let project = Project::new(&[("good.js", LEAK)]);
    project.write(path, text);
    let report = project.json(&[]);
    let found = found(&report);
    assert!(found.contains(&"unbounded-collection good.js:6".to_owned()), "{path}: {found:?}");
    report
}

#[test]
fn binary_data_is_left_out() {
    let report = beside("a.js", b"\x7fELF\0\0\x01");
    assert_eq!(report["stats"]["skipped_files"][0]["reason"], "binary");
}

#[test]
fn text_that_is_not_utf8_is_named() {
    let report = beside("a.js", b"var caf\xe9 = 1");
    assert_eq!(report["errors"][0]["path"], "a.js");
    assert_eq!(report["errors"][0]["kind"], "refused");
}

#[test]
fn empty_files_and_folders_with_the_name_of_files() {
    let report = beside("empty.js", "");
    assert_eq!(report["errors"], serde_json::json!([]));
    let report = beside("x.js/inner.js", LEAK);
    assert!(found(&report).contains(&"unbounded-collection x.js/inner.js:6".to_owned()));
    let report = beside("bom.js", format!("\u{feff}{LEAK}"));
    let bom =
        report["findings"].as_array().unwrap().iter().find(|finding| finding["path"] == "bom.js").unwrap();
    assert_eq!(bom["start"]["line"], 6);
}

#[test]
fn a_long_line_is_cut_or_left_out() {
    let text = format!("{LEAK}const s = '{}';\n", "x".repeat(10_000_000));
    let report = beside("a.js", text);
    assert_eq!(report["stats"]["skipped_files"][0]["reason"], "too-large");
    let long = LEAK.replace("  seen.set", &format!("  /* {} */ seen.set", "x".repeat(300_000)));
    let project = Project::new(&[("a.js", long)]);
    let run = project.run(&["--format", "pretty"]);
    assert!(run.stdout.contains("grows: one more entry"), "{}", run.stdout);
    assert!(run.stdout.len() < 5_000, "{} bytes", run.stdout.len());
}

#[cfg(unix)]
#[test]
fn fifos_and_loops_of_links_are_not_followed() {
    let project = Project::new(&[("good.js", LEAK)]);
    let status = std::process::Command::new("mkfifo").arg(project.path().join("fifo.js")).status().unwrap();
    assert!(status.success());
    std::os::unix::fs::symlink(".", project.path().join("loop")).unwrap();
    std::os::unix::fs::symlink("b.js", project.path().join("a.js")).unwrap();
    std::os::unix::fs::symlink("a.js", project.path().join("b.js")).unwrap();
    assert_eq!(found(&project.json(&[])), ["unbounded-collection good.js:6"]);
    let report = project.json(&["fifo.js", "good.js"]);
    assert_eq!(report["errors"][0]["path"], "fifo.js");
    assert_eq!(found(&report).len(), 1);
    assert_eq!(project.run(&["fifo.js", "good.js", "--exit-zero"]).code, 2, "a named file cannot be read");
    let run = project.run(&["a.js"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("cannot read a.js"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn what_a_terminal_would_obey_never_reaches_it() {
    let name = "a\u{1b}[31m\u{202e}\n.js";
    let evil = "\u{1b}]0;x\u{7}\u{202e}\u{85}\r";
    let text = LEAK
        .replace("/users/:id", &format!("/{}", evil.replace('\r', "")))
        .replace("  seen", &format!("  /* {evil} */ seen"));
    let project = Project::new(&[(name, text)]);
    project.write("broken\u{1b}.js", "let = \u{1b}= 1");
    project.write("odd.js", format!("{LEAK}// outlive-disable-line \u{1b}[31m\n"));
    for format in [
        "pretty",
        "concise",
        "unix",
        "github",
        "junit",
        "checkstyle",
        "markdown",
        "json",
        "jsonl",
        "sarif",
        "eslint-json",
        "gitlab",
        "rdjson",
    ] {
        let run = project.run(&["--format", format]);
        for bad in ['\u{1b}', '\u{7}', '\u{85}', '\u{202e}', '\r'] {
            assert!(!run.stdout.contains(bad), "{format}: {bad:?} in {}", run.stdout);
            assert!(!run.stderr.contains(bad), "{format}");
        }
        assert_eq!(run.code, 1, "{format}: {}", run.stderr);
    }
    let run = project.run(&["no\u{1b}[31m.js"]);
    assert!(!run.stderr.contains('\u{1b}'));
}

/// The ways to nest, `n` deep.
fn nested(n: usize) -> Vec<(&'static str, String)> {
    let around =
        |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(n), close.repeat(n));
    vec![
        ("parentheses.js", around("(", "1", ")")),
        ("arrays.js", around("[", "", "]")),
        ("blocks.js", around("{", "", "}")),
        ("objects.js", format!("x = {}", around("{a:", "1", "}"))),
        ("arrows.js", around("a=>", "1", "")),
        ("functions.js", around("function f(){", "", "}")),
        ("classes.js", format!("x = {}", around("class { m() { return ", "1", "} }"))),
        ("not.js", around("!", "1", "")),
        ("minus.js", around("- ", "1", "")),
        ("typeof.js", around("typeof ", "1", "")),
        ("plus.js", format!("1{}", "+1".repeat(n))),
        ("power.js", format!("1{}", "**1".repeat(n))),
        ("and.js", format!("1{}", "&&a".repeat(n))),
        ("members.js", format!("a{}", ".b".repeat(n))),
        ("calls.js", format!("a{}", ".b()".repeat(n))),
        ("curried.js", format!("a{}", "()".repeat(n))),
        ("indices.js", format!("a{}", "[0]".repeat(n))),
        ("tagged.js", format!("a{}", "``".repeat(n))),
        ("optional.js", format!("a{}", "?.b()".repeat(n))),
        ("ternaries.js", around("a?b:", "1", "")),
        ("else.js", around("if(a){}else ", "{}", "")),
        ("loops.js", around("for(;;)", ";", "")),
        ("templates.js", around("`${", "1", "}`")),
        ("assignments.js", around("a=", "1", "")),
        ("spread.js", format!("x = {}", around("[...", "a", "]"))),
        ("await.js", format!("async function f() {{ {} }}", around("await ", "1", ""))),
        ("new.js", around("new ", "a", "")),
        ("elements.jsx", format!("x = {}", around("<a>", "", "</a>"))),
        ("patterns.js", format!("var {} = 1", around("[", "a", "]"))),
        ("types.ts", format!("type T = {}", around("A<", "B", ">"))),
        ("arrays.ts", format!("type T = A{}", "[]".repeat(n))),
        ("functions.ts", format!("type T = {}", around("() => ", "void", ""))),
        ("conditional.ts", format!("type T<A> = {}", around("A extends B ? C : ", "D", ""))),
        ("generics.ts", around("f<T>(", "1", ")")),
        ("casts.ts", format!("1{}", " as any".repeat(n))),
        ("namespaces.ts", around("namespace A {", "", "}")),
    ]
}

#[test]
fn a_thousand_levels_are_analysed() {
    for (path, text) in nested(1_000) {
        let report = beside(path, text);
        assert_eq!(report["errors"], serde_json::json!([]), "{path}");
        assert_eq!(report["stats"]["parsed"], 2, "{path}: {}", report["stats"]);
    }
}

#[test]
fn a_hundred_thousand_levels_are_refused_by_name() {
    for (path, text) in nested(100_000) {
        let start = Instant::now();
        let report = beside(path, text);
        assert!(start.elapsed() < Duration::from_secs(10), "{path} takes {:?}", start.elapsed());
        let error = &report["errors"][0];
        assert_eq!(error["path"], path, "{report}");
        assert!(error["message"].as_str().unwrap().contains("nests deeper"), "{path}: {error}");
    }
}

/// What stands side by side, `n` times.
#[test]
fn width_costs_no_more_than_its_length() {
    let n = 50_000;
    for (path, text) in [
        ("commas.js", format!("a{}", ",a".repeat(n))),
        ("array.js", format!("x=[{}]", "a,".repeat(n))),
        ("arguments.js", format!("f({}a)", "a,".repeat(n))),
        ("statements.js", "a;".repeat(n)),
        ("calls.js", "f(a);\n".repeat(n)),
    ] {
        let start = Instant::now();
        assert_eq!(beside(path, text)["errors"], serde_json::json!([]), "{path}");
        assert!(start.elapsed() < Duration::from_secs(10), "{path} takes {:?}", start.elapsed());
    }
}
