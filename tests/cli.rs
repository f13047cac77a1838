//! The command line, from outside.

#![allow(clippy::unwrap_used, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{CLEAN, LEAK, Project, found, run};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn exit_status() {
    let leak = Project::new(&[("a.js", LEAK)]);
    let clean = Project::new(&[("a.js", CLEAN)]);
    let broken = Project::new(&[("a.js", "let = = 1;")]);
    assert_eq!(clean.run(&[]).code, 0);
    assert_eq!(leak.run(&[]).code, 1);
    assert_eq!(broken.run(&[]).code, 1);
    assert_eq!(leak.run(&["--exit-zero"]).code, 0);
    assert_eq!(leak.run(&["--fail-on", "error"]).code, 0);
    assert_eq!(leak.run(&["--max-warnings", "1"]).code, 0);
    assert_eq!(leak.run(&["--max-warnings", "0"]).code, 1);
    for (arguments, complaint) in [
        (&["--no-such-option"][..], "unexpected argument"),
        (&["missing.js"], "no such file or folder: missing.js"),
        (&["--rule", "leaked-timers"], "did you mean `leaked-timer`?"),
        (&["explain", "unbounded-collections"], "did you mean `unbounded-collection`?"),
        (&["--config", "missing.toml"], "cannot read missing.toml"),
        (&["--output-file", "sarf:x"], "`sarf` is no format"),
        (&["--output-file", "json:no/such/folder/x"], "cannot write no/such/folder/x"),
    ] {
        let run = clean.run(arguments);
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.contains(complaint), "{arguments:?}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{arguments:?}: results only on stdout");
    }
}

#[test]
fn every_format_has_the_same_exit_status() {
    let project = Project::new(&[("a.js", LEAK)]);
    for format in [
        "auto",
        "pretty",
        "concise",
        "json",
        "jsonl",
        "sarif",
        "eslint-json",
        "github",
        "gitlab",
        "rdjson",
        "junit",
        "checkstyle",
        "unix",
        "markdown",
        "html",
    ] {
        let run = project.run(&["--format", format]);
        assert_eq!(run.code, 1, "{format}");
        assert!(run.stdout.contains("unbounded-collection"), "{format}");
    }
}

#[test]
fn the_json_object() {
    let project = Project::new(&[("b.js", LEAK), ("a.js", LEAK), ("broken.js", "let = = 1;")]);
    let report = project.json(&[]);
    assert_eq!(keys(&report), ["errors", "findings", "schema_version", "stats", "tool"]);
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["tool"]["name"], "outlive");
    assert_eq!(found(&report), ["unbounded-collection a.js:6", "unbounded-collection b.js:6"]);
    let finding = &report["findings"][0];
    assert_eq!(
        keys(finding),
        [
            "confidence",
            "doubts",
            "end",
            "fingerprint",
            "fixes",
            "help",
            "message",
            "path",
            "retainers",
            "rule",
            "severity",
            "start",
            "url"
        ]
    );
    assert_eq!(keys(&finding["start"]), ["column", "line", "offset"]);
    assert_eq!(keys(&finding["retainers"][0]), ["end", "message", "path", "role", "start"]);
    let (start, end) = (&finding["start"], &finding["end"]);
    let range = start["offset"].as_u64().unwrap() as usize..end["offset"].as_u64().unwrap() as usize;
    assert_eq!(&LEAK[range], "seen.set(req.url, Date.now())");
    assert_eq!(report["errors"][0]["path"], "broken.js");
    assert_eq!(report["errors"][0]["start"]["line"], 1);
}

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn columns_count_utf16_units_and_offsets_count_bytes() {
    let project = Project::new(&[("a.js", LEAK.replace("  seen.set", "  /* é𐐀 */ seen.set"))]);
    let start = project.json(&[])["findings"][0]["start"].clone();
    assert_eq!(start["column"], 3 + 10);
    assert_eq!(start["offset"], (LEAK.find("seen.set").unwrap() + "/* é𐐀 */ ".len()) as u64);
}

#[test]
fn a_range_over_lines_ends_with_its_first_line() {
    let timer = "  setInterval(() => {\n    f(req);\n  }, 1000);\n  res.end();";
    for newline in ["\n", "\r\n"] {
        let text =
            LEAK.replace("  seen.set(req.url, Date.now());\n  res.end();", timer).replace('\n', newline);
        let finding = Project::new(&[("a.js", text)]).json(&[])["findings"][0].clone();
        assert_eq!(finding["rule"], "leaked-timer");
        assert_eq!(
            (&finding["end"]["line"], &finding["end"]["column"]),
            (&6.into(), &22.into()),
            "{newline:?}"
        );
    }
}

#[test]
fn the_same_tree_gives_the_same_bytes() {
    let files: Vec<(String, String)> = (0..40)
        .map(|i| (format!("src/d{}/f{i}.js", i % 7), LEAK.replace("seen", &format!("seen{i}"))))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    let project = Project::new(&files);
    for format in ["json", "pretty", "sarif"] {
        let first = project.run(&["--format", format, "--threads", "1"]).stdout;
        for threads in ["1", "2", "8"] {
            assert_eq!(
                project.run(&["--format", format, "--threads", threads]).stdout,
                first,
                "{format} {threads}"
            );
        }
    }
}

#[test]
fn fingerprints_do_not_depend_on_lines_or_on_where_the_command_runs() {
    let project = Project::new(&[("src/a.js", LEAK)]);
    project.git(&["init", "-q"]);
    let fingerprint = |report: &Value| report["findings"][0]["fingerprint"].as_str().unwrap().to_owned();
    let before = fingerprint(&project.json(&[]));
    project.write("src/a.js", format!("// moved\n\n{LEAK}"));
    assert_eq!(fingerprint(&project.json(&[])), before);
    let below = run(&mut cli_support::command(&project.path().join("src"), &["--format", "json"]), b"");
    assert_eq!(fingerprint(&serde_json::from_str(&below.stdout).unwrap()), before);
}

#[test]
fn the_counts_add_up() {
    let project = Project::new(&[
        ("a.js", LEAK.as_bytes()),
        ("b.min.js", b"x"),
        ("dist/c.js", b"x"),
        ("vendor/d.js", b"x"),
        ("e.d.ts", b"export {}"),
        ("binary.js", b"\0\0"),
        ("latin1.js", b"var caf\xe9"),
        ("broken.ts", b"let = ="),
        ("readme.md", b"#"),
        ("node_modules/x/index.js", b"x"),
    ]);
    let stats = project.json(&[])["stats"].clone();
    let count = |key: &str| stats[key].as_u64().unwrap();
    assert_eq!(count("files"), 8);
    assert_eq!(count("files"), count("parsed") + count("scanned_only") + count("skipped") + count("failed"));
    assert_eq!(count("failed"), 2);
    let reasons: u64 =
        stats["skipped_by_reason"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(reasons, count("skipped"));
    assert_eq!(stats["skipped_files"][0]["path"], "binary.js");
}

#[test]
fn levels_of_confidence() {
    let project = Project::new(&[("a.js", LEAK)]);
    let all = found(&project.json(&["--confidence", "low"])).len();
    assert!(found(&project.json(&[])).len() <= all);
    for finding in project.json(&["--confidence", "high"])["findings"].as_array().unwrap() {
        assert_eq!(finding["confidence"], "high");
    }
}

#[test]
fn what_is_pretty() {
    let project = Project::new(&[("src/a.js", LEAK)]);
    for (columns, golden) in [("80", "pretty-80"), ("40", "pretty-40"), ("200", "pretty-200")] {
        let mut command = project.command(&["--format", "pretty"]);
        let run = run(command.env("COLUMNS", columns), b"");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/formats/golden/{golden}.txt"));
        snapbox::assert_data_eq!(run.stdout, snapbox::Data::read_from(&path, None).raw());
    }
}

#[test]
fn narrow_terminals_are_not_overrun() {
    let deep = LEAK.replace("  seen.set", &format!("{}seen.set", " ".repeat(100)));
    let project = Project::new(&[("src/a.js", deep)]);
    for columns in [40, 80, 120] {
        let mut command = project.command(&["--format", "pretty"]);
        let run = run(command.env("COLUMNS", columns.to_string()), b"");
        for line in run.stdout.lines() {
            assert!(line.chars().count() <= columns, "{columns}: {line}");
        }
    }
}

#[test]
fn colour_is_a_matter_of_option_environment_and_terminal() {
    let project = Project::new(&[("a.js", LEAK)]);
    let colored = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = project.command(&[&["--format", "pretty"], arguments].concat());
        run(command.envs(variables.iter().copied()), b"").stdout.contains('\u{1b}')
    };
    assert!(!colored(&[], &[]), "no terminal");
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&[], &[("FORCE_COLOR", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")]));
    assert!(!colored(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("FORCE_COLOR", "1")]));
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let project = Project::new(&[("a.js", LEAK)]);
    let binary = env!("CARGO_BIN_EXE_outlive");
    let script = format!("'{binary}' --quiet --format json; echo status $? >&2");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &format!("({script}) | true")]).current_dir(project.path());
    let run = run(&mut command, b"");
    assert_eq!(run.stderr, "status 1\n");
}

#[test]
fn timings_and_summaries_go_to_stderr() {
    let project = Project::new(&[("a.js", LEAK)]);
    let run = project.run(&["--timings"]);
    assert!(run.stderr.contains("parse") && run.stderr.contains("1 finding (1 high confidence) in 1 file\n"));
    assert_eq!(run.stdout.lines().count(), 1);
    assert_eq!(project.run(&["--quiet"]).stderr, "");
}

#[test]
fn rules_are_listed_and_explained() {
    let project = Project::new::<&str>(&[]);
    let list: Value = serde_json::from_str(&project.run(&["rules", "--format", "json"]).stdout).unwrap();
    let ids: Vec<&str> = list.as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    assert!(ids.contains(&"unbounded-collection") && ids.contains(&"unused-suppression"));
    for rule in list.as_array().unwrap() {
        assert_eq!(keys(rule), ["category", "id", "severity", "since", "summary", "url"]);
        let id = rule["id"].as_str().unwrap();
        let page = project.run(&["explain", id]);
        assert_eq!(page.code, 0);
        assert!(page.stdout.starts_with(&format!("# {id}\n")), "{}", page.stdout);
    }
    assert!(project.run(&["rules"]).stdout.lines().count() == ids.len());
    assert!(project.run(&["explain", ids[0], "--color", "always"]).stdout.contains("\u{1b}[1m"));
}

#[test]
fn stdin_stands_in_for_a_file() {
    let project = Project::new(&[("src/a.js", CLEAN), ("src/b.js", LEAK)]);
    let arguments = ["--format", "json", "--stdin-filename", "src/a.js"];
    let report: Value =
        serde_json::from_str(&project.run_with_stdin(&arguments, LEAK.as_bytes()).stdout).unwrap();
    assert_eq!(found(&report), ["unbounded-collection src/a.js:6"], "only what was handed in is reported");
    let report: Value =
        serde_json::from_str(&project.run_with_stdin(&arguments, CLEAN.as_bytes()).stdout).unwrap();
    assert_eq!(found(&report), Vec::<String>::new());
    let absolute = project.path().join("src/a.js").display().to_string();
    for format in ["unix", "pretty"] {
        let arguments = ["--format", format, "--stdin", "--stdin-filename", &absolute];
        let run = project.run_with_stdin(&arguments, LEAK.as_bytes());
        assert!(run.stdout.contains(&format!("{absolute}:6:3")), "as it was given: {}", run.stdout);
    }
    project.write("outlive.toml", "exclude = ['src/a.js']");
    let run = project.run_with_stdin(&arguments, LEAK.as_bytes());
    assert_eq!(run.code, 0, "an excluded file has no findings: {}", run.stdout);
}

#[test]
fn what_changed_is_reported_and_everything_is_analysed() {
    let project = Project::new(&[("old.js", LEAK), ("store.js", "export const store = new Map();\n")]);
    project.git(&["init", "-q"]);
    project.git(&["add", "."]);
    project.git(&["commit", "-qm", "one"]);
    let user = LEAK.replace("const seen = new Map();", "import { store as seen } from './store.js';");
    project.write("new.js", &user);
    assert_eq!(found(&project.json(&["--since", "HEAD"])), ["unbounded-collection new.js:6"]);
    assert_eq!(project.run(&["--staged"]).code, 0, "nothing is staged");
    project.git(&["add", "new.js"]);
    project.write("new.js", "");
    assert_eq!(
        found(&project.json(&["--staged"])),
        ["unbounded-collection new.js:6"],
        "the index counts, not the working tree"
    );
    std::fs::remove_file(project.path().join("new.js")).unwrap();
    assert_eq!(found(&project.json(&["--staged"])), ["unbounded-collection new.js:6"]);
    let run = project.run(&["--since", "no-such-ref"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no-such-ref"), "{}", run.stderr);
}

#[test]
fn hooks_name_files_and_the_project_is_read() {
    let user = LEAK.replace("const seen = new Map();", "import { store as seen } from './store.js';");
    let project =
        Project::new(&[("src/user.js", &*user), ("src/store.js", "export const store = new Map();\n")]);
    project.write("other/a.js", LEAK);
    assert_eq!(
        found(&project.json(&["--within", ".", "src/user.js"])),
        ["unbounded-collection src/user.js:6"]
    );
    assert_eq!(found(&project.json(&["--within", ".", "./src/"])), ["unbounded-collection src/user.js:6"]);
    assert_eq!(found(&project.json(&["--within", ".", "src/store.js"])), Vec::<String>::new());
    assert_eq!(found(&project.json(&["--within", "."])).len(), 2);
    assert_eq!(project.run(&["--within", ".", "src/gone.js"]).code, 2);
}

/// What stands above a project says nothing about its files, from wherever the command runs.
#[test]
fn folders_above_a_project_do_not_make_its_files_tests() {
    let above = Project::new(&[
        ("tests/dist/app/package.json", "{}"),
        ("tests/dist/app/src/server.js", LEAK),
        ("tests/dist/app/test/server.js", LEAK),
        ("tests/loose/server.js", LEAK),
    ]);
    let found = |named: &str| {
        let elsewhere = Project::new(&[("other.js", "")]);
        let path = above.path().join(named).to_string_lossy().into_owned();
        let report = elsewhere.json(&[&path]);
        report["findings"].as_array().unwrap().len()
    };
    assert_eq!(found("tests/dist/app"), 1);
    assert_eq!(found("tests/dist/app/src"), 1);
    assert_eq!(found("tests/dist/app/src/server.js"), 1);
    assert_eq!(found("tests/dist/app/test"), 0, "a folder of tests inside the project");
    assert_eq!(found("tests/loose"), 1, "no manifest: the folder itself");
}

#[test]
fn a_rule_that_is_asked_for_runs_even_if_it_is_off() {
    let project =
        Project::new(&[("a.js", LEAK), ("outlive.toml", "[rules]\nunbounded-collection = 'off'\n")]);
    assert_eq!(found(&project.json(&[])).len(), 0);
    assert_eq!(found(&project.json(&["--rule", "unbounded-collection"])).len(), 1);
}

#[test]
fn completions_are_for_shells() {
    let project = Project::new::<&str>(&[]);
    for shell in ["bash", "zsh", "fish"] {
        assert!(project.run(&["completions", shell]).stdout.contains("confidence"), "{shell}");
    }
}

#[test]
fn manual_pages_are_made_of_the_options() {
    let project = Project::new::<&str>(&[]);
    for (arguments, title, option) in [
        (&["man"][..], ".TH outlive 1", "outlive\\-check(1)"),
        (&["man", "check"], ".TH outlive-check 1", "fix\\-suggestions"),
        (&["man", "compare"], ".TH outlive-compare 1", "the working directory as it is"),
    ] {
        let page = project.run(arguments);
        assert_eq!(page.code, 0, "{}", page.stderr);
        assert!(page.stdout.contains(title), "{arguments:?}: {}", page.stdout);
        assert!(page.stdout.contains(option), "{arguments:?}: {}", page.stdout);
    }
    assert_eq!(project.run(&["man", "nothing"]).code, 2);
}

#[test]
fn a_baseline_lets_only_new_findings_through() {
    let project = Project::new(&[("a.js", LEAK)]);
    let run = project.run(&["--baseline", "known.json"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--update-baseline"), "{}", run.stderr);
    assert_eq!(project.run(&["--baseline", "known.json", "--update-baseline"]).code, 0);
    let text = std::fs::read_to_string(project.path().join("known.json")).unwrap();
    assert!(text.ends_with("}\n"));
    project.write("a.js", format!("// moved\n{LEAK}"));
    let run = project.run(&["--baseline", "known.json"]);
    assert_eq!((run.code, &*run.stdout), (0, ""));
    let more = LEAK
        .replace("res.end();", "hits.push(req.url);")
        .replace("const seen", "const hits = [];\nconst seen");
    project.write("a.js", more);
    assert_eq!(found(&project.json(&["--baseline", "known.json"])), ["unbounded-collection a.js:8"]);
    project.write("a.js", CLEAN);
    let run = project.run(&["--baseline", "known.json"]);
    assert!(run.stderr.contains("is gone"), "{}", run.stderr);
    assert!(!project.run(&["--baseline", "known.json", "--rule", "leaked-timer"]).stderr.contains("gone"));
    assert_eq!(
        project.run(&["--baseline", "known.json", "--update-baseline", "--rule", "leaked-timer"]).code,
        2
    );
}

#[test]
fn config_levels_and_patterns() {
    let project = Project::new(&[("src/a.js", LEAK), ("gen/b.js", LEAK)]);
    project.write("outlive.toml", "exclude = ['gen/']\n[rules]\nunbounded-collection = 'error'\n");
    let report = project.json(&[]);
    assert_eq!(found(&report), ["unbounded-collection src/a.js:6"]);
    assert_eq!(report["findings"][0]["severity"], "error");
    assert_eq!(report["stats"]["skipped_by_reason"]["excluded"], 1);
    assert_eq!(found(&project.json(&["gen/b.js"])).len(), 1, "named files are analysed");
    assert_eq!(found(&project.json(&["--force-exclude", "gen/b.js"])).len(), 0);
    assert_eq!(found(&project.json(&["--no-config"])).len(), 2);
    project.write("outlive.toml", "include = ['gen/']\n[rules]\nunbounded-collection = 'off'\n");
    assert_eq!(found(&project.json(&[])).len(), 0);
    project.write("outlive.toml", "exclud = []");
    let run = project.run(&[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("did you mean `exclude`?"), "{}", run.stderr);
}

#[test]
fn config_is_written_found_and_shown() {
    let project = Project::new(&[("src/a.js", LEAK)]);
    assert_eq!(project.run(&["init"]).code, 0);
    assert_eq!(project.run(&["init"]).code, 2, "it is not overwritten");
    let below = run(&mut cli_support::command(&project.path().join("src"), &["--show-config"]), b"");
    assert!(below.stdout.contains("exclude = []"), "{}{}", below.stdout, below.stderr);
    assert_eq!(found(&project.json(&[])).len(), 1);
}

#[test]
fn crates_depend_one_way_and_swc_is_named_once() {
    let manifest = |folder: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("Cargo.toml");
        let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
        let names = |key: &str| {
            let section = table.get(key).and_then(|section| section.as_table());
            section.map(|section| section.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
        };
        ["dependencies", "dev-dependencies", "build-dependencies"]
            .iter()
            .flat_map(|key| names(key))
            .collect::<BTreeSet<_>>()
    };
    let ours = |folder: &str| {
        manifest(folder).into_iter().filter(|name| name.starts_with("outlive")).collect::<Vec<String>>()
    };
    assert_eq!(ours("semantic"), Vec::<String>::new());
    assert_eq!(ours("rules"), ["outlive_semantic"]);
    assert_eq!(ours("."), ["outlive_rules", "outlive_semantic"]);
    for folder in [".", "rules"] {
        assert!(
            !manifest(folder).iter().any(|name| name.starts_with("swc")),
            "{folder}/Cargo.toml names swc"
        );
    }
}

#[test]
fn why_speaks_in_words() {
    let shared = "export const seen = new Map();\nexport function drop(id) {\n  seen.delete(id);\n}\n";
    let user = "import http from 'node:http';\nimport { drop, seen } from './shared.js';\n\
        http.createServer((req, res) => {\n  seen.set(req.url, 1);\n  const t = setInterval(() => {}, 1000);\n  \
        res.on('close', () => clearInterval(t));\n  fetch(req.url).then(drop);\n}).listen(1);\n";
    let project = Project::new(&[("a.js", user), ("shared.js", shared), ("test/t.js", LEAK)]);
    let why = |place: &str| project.run(&["why", place]).stdout;
    assert_eq!(
        why("a.js:4"),
        "an anonymous function runs per request\n  http.createServer at a.js:3\n\
         unbounded-collection is silent: `seen` loses entries at shared.js:3\n"
    );
    assert!(why("a.js:5").ends_with("leaked-timer is silent: it is released at a.js:6\n"));
    assert!(why("a.js:1").ends_with("the module runs once\nno rule has anything to ask about this line\n"));
    assert!(why("test/t.js:6").contains("a test or an example by its path"));
    let tests_alone = project.run(&["test"]);
    assert!(
        tests_alone.stderr.contains("by their paths these are tests or scripts"),
        "{}",
        tests_alone.stderr
    );
    assert_eq!(why("a.js:5:3"), why("a.js:5"), "as findings are printed");
    assert_eq!(why("./a.js:5:"), why("a.js:5"));
    assert_eq!(project.run(&["why", "a.js:99"]).code, 2);
}

#[test]
fn files_that_are_analysed_are_listed() {
    let project = Project::new(&[
        ("b.js", LEAK),
        ("src/a.ts", CLEAN),
        ("src/a.d.ts", "export {};"),
        ("binary.js", "\0"),
        ("broken.js", "let = = 1;"),
        ("dist/c.js", LEAK),
    ]);
    let run = project.run(&["--show-files"]);
    assert_eq!((run.code, &*run.stdout), (0, "b.js\nbroken.js\nsrc/a.ts\n"), "{}", run.stderr);
    assert_eq!(project.run(&["--show-files", "--within", ".", "src"]).stdout, "src/a.ts\n");
}
