//! Suppression comments, from outside.

#![allow(clippy::unwrap_used, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{LEAK, Project, found};

/// What is found in `LEAK` with a line before and a text behind the one that leaks.
fn with(before: &str, behind: &str) -> Vec<String> {
    let leak = "  seen.set(req.url, Date.now());";
    found(&Project::new(&[("a.js", LEAK.replace(leak, &format!("{before}{leak}{behind}")))]).json(&[]))
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_line_the_next_line_a_block_and_a_file() {
    assert_eq!(with("  // outlive-disable-next-line unbounded-collection -- bounded\n", ""), NOTHING);
    assert_eq!(with("", " // outlive-disable-line unbounded-collection"), NOTHING);
    assert_eq!(with("/* outlive-disable-line unbounded-collection */", ""), NOTHING);
    assert_eq!(with("/* outlive-disable unbounded-collection */\n", ""), NOTHING);
    assert_eq!(
        with("/* outlive-disable-next-line leaked-timer, unbounded-collection */\n", "")[..1],
        ["unused-suppression a.js:6"]
    );
    assert_eq!(
        found(
            &Project::new(&[("a.js", format!("{LEAK}// outlive-disable-file unbounded-collection\n"))])
                .json(&[])
        ),
        NOTHING
    );
    let closed = "/* outlive-disable unbounded-collection */\n/* outlive-enable unbounded-collection */\n";
    assert_eq!(with(closed, ""), ["unused-suppression a.js:6", "unbounded-collection a.js:8"]);
}

#[test]
fn one_of_several_places_is_taken_out_of_the_finding() {
    let twice = LEAK.replace(
        "  res.end();",
        "  // outlive-disable-next-line unbounded-collection\n  seen.set(req.ip, 1);",
    );
    let report = Project::new(&[("a.js", twice)]).json(&[]);
    assert_eq!(found(&report), ["unbounded-collection a.js:6"]);
    let retainers = report["findings"][0]["retainers"].as_array().unwrap();
    assert_eq!(retainers.iter().filter(|step| step["role"] == "grows").count(), 1);
}

#[test]
fn what_suppresses_nothing_is_said() {
    assert_eq!(
        with("// outlive-disable-next-line leaked-timer\n", ""),
        ["unused-suppression a.js:6", "unbounded-collection a.js:7"]
    );
    assert_eq!(with("// outlive-disable-next-line\n", "")[0], "bad-suppression a.js:6");
    assert_eq!(with("// outlive-disable-next-line unbound-collection\n", "")[0], "bad-suppression a.js:6");
    assert_eq!(
        with("// eslint-disable-next-line unbounded-collection\n", ""),
        ["unbounded-collection a.js:7"]
    );
}

#[test]
fn only_rules_that_ran_are_judged() {
    let project = Project::new(&[("a.js", "// outlive-disable-next-line leaked-timer -- later\nf();\n")]);
    assert_eq!(found(&project.json(&[])), ["unused-suppression a.js:1"]);
    assert_eq!(found(&project.json(&["--rule", "leaked-listener"])), NOTHING);
    assert_eq!(project.run(&[]).code, 0, "an unused comment is no failure");
}

#[test]
fn strings_and_templates_are_no_comments() {
    assert_eq!(
        with("  f('// outlive-disable-next-line unbounded-collection');\n", ""),
        ["unbounded-collection a.js:7"]
    );
    assert_eq!(
        with("  f(`\n// outlive-disable-next-line unbounded-collection`);\n", ""),
        ["unbounded-collection a.js:8"]
    );
}

const TIMER: &str = "\
import { useEffect } from 'react';
export function Clock() {
  useEffect(() => {
    LINE
    setInterval(() => tick(), 1000);
  }, []);
  return <p>{/* outlive-disable-line leaked-timer */}</p>;
}
";

#[test]
fn elements_have_comments_in_braces() {
    let project = Project::new(&[(
        "Clock.jsx",
        TIMER.replace("LINE", "// outlive-disable-next-line leaked-timer -- on purpose"),
    )]);
    assert_eq!(found(&project.json(&[])), ["unused-suppression Clock.jsx:7"]);
}

#[test]
fn scripts_in_markup_have_comments_too() {
    let script = "const seen = new Map();\nexport function put(key) {\n  // outlive-disable-next-line unbounded-collection\n  if (!seen.has(key)) seen.set(key, {});\n}\n";
    for (path, text) in [
        ("a.vue", format!("<template><b/></template>\n<script>\n{script}</script>")),
        ("a.svelte", format!("<script module>\n{script}</script>")),
        ("a.astro", "---\n// outlive-disable-next-line leaked-timer\nf();\n---\n<p/>".to_owned()),
    ] {
        let report = Project::new(&[(path, text)]).json(&["--confidence", "low"]);
        let found = found(&report);
        let spoken = found.iter().filter(|line| line.starts_with("unbounded")).count();
        assert_eq!(spoken, 0, "{path}: {found:?}");
        if path == "a.astro" {
            assert_eq!(found, ["unused-suppression a.astro:2"]);
        }
    }
}

#[test]
fn reasons_can_be_required_and_are_kept() {
    let comment = "  // outlive-disable-next-line unbounded-collection -- a test\n  seen.set";
    let project = Project::new(&[("a.js", LEAK.replace("  seen.set", comment))]);
    let suppressed = project.json(&["--include-suppressed"])["suppressed"].clone();
    assert_eq!(suppressed[0]["rule"], "unbounded-collection");
    assert_eq!(suppressed[0]["reason"], "a test");
    project.write("outlive.toml", "require-reason = true");
    assert_eq!(found(&project.json(&[])), NOTHING);
    project.write("a.js", LEAK.replace("  seen.set", &comment.replace(" -- a test", "")));
    assert_eq!(found(&project.json(&[])), ["bad-suppression a.js:6"]);
}
