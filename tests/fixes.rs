//! Fixes: what `--fix` writes, what it leaves alone, and what other tools are told of it.

#![allow(clippy::unwrap_used, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{Project, found};
use std::io::Write;
use std::process::{Command, Stdio};

/// A table built for each request, with a comment of its own. It names nothing: to move it is safe.
const TABLE: &str = "\
const http = require('http');

/** Answers. */
http.createServer((req, res) => {
  // Keep in step with the router.
  const verbs = new Map([ // by method
    ['GET', 'read'],
    ['HEAD', 'look'],
    ['POST', 'add'],
    ['PUT', 'replace'],
    ['DELETE', 'remove'],
  ]);
  res.end(verbs.get(req.method));
}).listen(8080);
";

const MOVED: &str = "\
const http = require('http');

// Keep in step with the router.
const verbs = new Map([ // by method
  ['GET', 'read'],
  ['HEAD', 'look'],
  ['POST', 'add'],
  ['PUT', 'replace'],
  ['DELETE', 'remove'],
]);

/** Answers. */
http.createServer((req, res) => {
  res.end(verbs.get(req.method));
}).listen(8080);
";

/// Two tables in one function: both go to the same place.
fn two_tables() -> String {
    let second = "  const codes = new Map([['a', 1], ['b', 2], ['c', 3], ['d', 4], ['e', 5]]);\n  \
        if (codes.get(req.url)) return res.end();\n  res.end(verbs";
    TABLE.replace("  res.end(verbs", second)
}

fn read(project: &Project, path: &str) -> String {
    std::fs::read_to_string(project.path().join(path)).unwrap()
}

#[test]
fn a_safe_fix_is_written_with_its_comments_and_nothing_is_left_to_do() {
    let project = Project::new(&[("a.js", TABLE)]);
    let run = project.run(&[]);
    assert!(run.stderr.contains("1 fix --fix would make"), "{}", run.stderr);
    let run = project.run(&["--fix"]);
    assert_eq!((run.code, &*run.stdout), (0, ""));
    assert!(run.stderr.contains("1 fix in 1 file"), "{}", run.stderr);
    assert_eq!(read(&project, "a.js"), MOVED);
    let again = project.run(&["--fix", "--confidence", "low"]);
    assert_eq!((again.code, &*again.stdout), (0, ""));
    assert_eq!(read(&project, "a.js"), MOVED);
}

#[test]
fn line_breaks_and_a_byte_order_mark_stay() {
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let project = Project::new(&[("a.js", windows(TABLE))]);
    assert_eq!(project.run(&["--fix"]).code, 0);
    assert_eq!(read(&project, "a.js"), windows(MOVED));
}

#[test]
fn fixes_that_meet_at_one_place_keep_their_order() {
    let project = Project::new(&[("a.js", two_tables())]);
    let run = project.run(&["--fix"]);
    assert!(run.stderr.contains("2 fixes in 1 file"), "{}", run.stderr);
    let text = read(&project, "a.js");
    let place = |piece: &str| text.find(piece).unwrap();
    assert!(place("const verbs") < place("const codes"), "{text}");
    assert!(place("const codes") < place("createServer("), "{text}");
    assert_eq!(found(&project.json(&["--confidence", "low"])), Vec::<String>::new());
}

#[test]
fn a_dry_run_prints_a_patch_that_git_applies() {
    let project = Project::new(&[("src/a.js", two_tables())]);
    let run = project.run(&["--fix-dry-run"]);
    assert_eq!(read(&project, "src/a.js"), two_tables(), "nothing is written");
    assert!(run.stdout.starts_with("--- a/src/a.js\n+++ b/src/a.js\n@@ "), "{}", run.stdout);
    let mut git = Command::new("git")
        .args(["apply", "-"])
        .current_dir(project.path())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    git.stdin.take().unwrap().write_all(run.stdout.as_bytes()).unwrap();
    assert!(git.wait().unwrap().success());
    let patched = read(&project, "src/a.js");
    project.write("src/a.js", two_tables());
    project.run(&["--fix"]);
    assert_eq!(read(&project, "src/a.js"), patched);
}

#[test]
fn what_needs_a_look_is_left_to_suggestions() {
    let typed = TABLE.replace("const verbs =", "const verbs: Map<string, string> =");
    let project = Project::new(&[("a.ts", &typed)]);
    let run = project.run(&["--fix"]);
    assert_eq!((run.code, read(&project, "a.ts")), (1, typed));
    assert!(run.stderr.contains("--fix-suggestions"), "{}", run.stderr);
    assert_eq!(project.run(&["--fix-suggestions"]).code, 0);
    assert!(read(&project, "a.ts").contains("\nconst verbs: Map<string, string> ="));
}

#[test]
fn a_constant_is_there_when_its_function_is_first_called() {
    let early = "\
const http = require('http');
const first = answer('GET');
http.createServer((req, res) => res.end(answer(req.method))).listen(8080);
function answer(method) {
  const verbs = new Map([['a', 1], ['b', 2], ['c', 3], ['d', 4], ['e', 5]]);
  return verbs.get(method);
}
";
    let project = Project::new(&[("a.js", early)]);
    project.run(&["--fix"]);
    let text = read(&project, "a.js");
    assert!(text.find("const verbs").unwrap() < text.find("const first").unwrap(), "{text}");
}

#[test]
fn a_statement_is_not_joined_with_the_next() {
    let open = "\
const http = require('http')
http.createServer((req, res) => {
  let seen = 1
  const verbs = new Map([['a', 1], ['b', 2], ['c', 3], ['d', 4], ['e', 5]])
  ;[1, 2].forEach(() => seen++)
  res.end(verbs.get(req.method))
}).listen(8080)
";
    let project = Project::new(&[("a.js", open)]);
    project.run(&["--fix"]);
    assert_eq!(read(&project, "a.js"), open, "the semicolon that ends the table is needed by its neighbours");
    let joined = open.replace("  ;[1, 2].forEach(() => seen++)\n", "  (seen)\n").replace("]])\n", "]]);\n");
    project.write("a.js", &joined);
    project.run(&["--fix"]);
    assert_eq!(read(&project, "a.js"), joined, "`1` and `(seen)` would be a call");
}

#[test]
fn files_that_were_not_asked_about_or_do_not_parse_stay() {
    let broken = format!("{TABLE}let = = 1;\n");
    let answered = format!("// outlive-disable-file per-call-literal -- so be it\n{TABLE}");
    let files = [("a.js", TABLE), ("b.js", TABLE), ("broken.js", &broken), ("answered.js", &answered)];
    let project = Project::new(&files);
    assert_eq!(project.run(&["--fix", "--within", ".", "a.js"]).code, 0);
    assert_eq!((read(&project, "a.js"), read(&project, "b.js")), (MOVED.to_owned(), TABLE.to_owned()));
    project.run(&["--fix"]);
    assert_eq!(read(&project, "b.js"), MOVED);
    assert_eq!(
        (read(&project, "broken.js"), read(&project, "answered.js")),
        (broken.clone(), answered.clone())
    );
    for arguments in [&["--fix", "--staged"][..], &["--fix", "--stdin-filename", "a.js"]] {
        assert_eq!(project.run(arguments).code, 2, "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn rights_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let project = Project::new(&[("real/a.js", TABLE)]);
    let real = project.path().join("real/a.js");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o755)).unwrap();
    symlink(&real, project.path().join("link.js")).unwrap();
    assert_eq!(project.run(&["--fix", "link.js"]).code, 0);
    assert!(project.path().join("link.js").is_symlink());
    assert_eq!(read(&project, "real/a.js"), MOVED);
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o755);
}

#[test]
fn other_tools_are_told() {
    let project = Project::new(&[("a.js", TABLE)]);
    let fix = &project.json(&[])["findings"][0]["fixes"][0];
    assert_eq!(
        (fix["title"].as_str(), fix["safe"].as_bool()),
        (Some("move `verbs` out of the function"), Some(true))
    );
    assert_eq!(fix["edits"].as_array().unwrap().len(), 2);
    let parse = |format: &str| -> serde_json::Value {
        serde_json::from_str(&project.run(&["--format", format]).stdout).unwrap()
    };
    let sarif = parse("sarif");
    let fix = &sarif["runs"][0]["results"][0]["fixes"][0];
    assert_eq!(fix["description"]["text"], "Move `verbs` out of the function.");
    let change = &fix["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "a.js");
    let region = &change["replacements"][0]["deletedRegion"];
    assert_eq!((&region["startLine"], &region["endLine"]), (&3.into(), &3.into()), "{fix}");
    assert_eq!((&region["startColumn"], &region["endColumn"]), (&1.into(), &1.into()), "{fix}");
    // ESLint and reviewdog know one replacement.
    let message = &parse("eslint-json")[0]["messages"][0];
    let range = |i: usize| usize::try_from(message["fix"]["range"][i].as_u64().unwrap()).unwrap();
    let fixed =
        format!("{}{}{}", &TABLE[..range(0)], message["fix"]["text"].as_str().unwrap(), &TABLE[range(1)..]);
    assert_eq!(fixed, MOVED);
    assert_eq!(parse("rdjson")["diagnostics"][0]["suggestions"].as_array().unwrap().len(), 1);
}

#[test]
fn a_body_that_nobody_reads_is_discarded_where_the_handler_leaves() {
    let client = "\
const http = require('http');
const express = require('express');
const app = express();
app.get('/price', (req, res) => {
  http.get('http://prices.example/latest', (answer) => {
    if (answer.statusCode !== 200) {
      return res.sendStatus(502);
    }
    answer.pipe(res);
  });
});
app.get('/ping', (req, res) => {
  http.get('http://prices.example/ping', (pong) => { res.sendStatus(pong.statusCode); });
});
";
    let project = Project::new(&[("a.js", client)]);
    let only = ["--rule", "unconsumed-response", "--fix-suggestions"];
    assert_eq!(found(&project.json(&only[..2])).len(), 2);
    assert_eq!(project.run(&only).code, 0);
    let text = read(&project, "a.js");
    assert!(text.contains("      answer.resume();\n      return res.sendStatus(502);\n"), "{text}");
    assert!(text.contains("{ pong.resume(); res.sendStatus(pong.statusCode); }"), "{text}");
    assert_eq!(found(&project.json(&only[..2])), Vec::<String>::new());
}

/// What `--fix-suggestions` makes of a file; a second time it finds nothing to do, and the rule has nothing to say.
fn suggested(rule: &str, before: &str) -> String {
    let project = Project::new(&[("a.js", before)]);
    let options = ["--rule", rule, "--confidence", "low"];
    let reported = found(&project.json(&options));
    assert!(!reported.is_empty(), "{rule} finds it: {before}");
    let safe = project.run(&[&options[..], &["--fix"]].concat());
    assert_eq!(read(&project, "a.js"), before, "it is no safe fix: {}", safe.stderr);
    let run = project.run(&[&options[..], &["--fix-suggestions"]].concat());
    let after = read(&project, "a.js");
    assert_ne!(after, before, "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stdout, "", "nothing is left of it: {after}");
    let again = project.run(&[&options[..], &["--fix-suggestions"]].concat());
    assert_eq!((again.code, read(&project, "a.js")), (0, after.clone()), "{}", again.stderr);
    after
}

const POLLER: &str = "\
class Poller {
  start() {
    // Every second.
    setInterval(() => this.poll(), 1000);
  }

  poll() {}

  stop() {
    this.stopped = true; // for good
  }
}

module.exports = { open: () => new Poller().start() };
";

#[test]
fn a_timer_is_kept_and_cleared_where_its_instance_ends() {
    let after = suggested("leaked-timer", POLLER);
    let expected = POLLER
        .replace("    setInterval(", "    clearInterval(this.interval);\n    this.interval = setInterval(")
        .replace("    this.stopped", "    clearInterval(this.interval);\n    this.stopped");
    assert_eq!(after, expected);
    let kept = POLLER.replace("    setInterval(", "    this.handle = setInterval(");
    let after = suggested("leaked-timer", &kept);
    assert_eq!(after, kept.replace("    this.stopped", "    clearInterval(this.handle);\n    this.stopped"));
    // A job has its own way to stop, and there may be none yet.
    let job = POLLER.replace("setInterval(", "this.job = schedule.scheduleJob(").replacen(
        "",
        "const schedule = require(\"node-schedule\");\n",
        1,
    );
    let after = suggested("leaked-timer", &job);
    assert_eq!(after, job.replace("    this.stopped", "    this.job?.cancel();\n    this.stopped"));
}

const CLOCK: &str = "\
import { useEffect, useState } from 'react';

export function Clock() {
  const [now, setNow] = useState(0);
  useEffect(() => {
    setInterval(() => setNow(Date.now()), 1000); // each second
  }, []);
  return now;
}
";

#[test]
fn a_timer_of_an_effect_is_cleared_in_its_cleanup() {
    let after = suggested("leaked-timer", CLOCK);
    let expected = CLOCK
        .replace("    setInterval(", "    const interval = setInterval(")
        .replace("// each second\n", "// each second\n    return () => clearInterval(interval);\n");
    assert_eq!(after, expected);
    let other = CLOCK
        .replace("    setInterval(", "    const ticks = setInterval(")
        .replace("// each second\n", "\n    return () => {\n      setNow(0);\n    };\n");
    let after = suggested("leaked-timer", &other);
    assert_eq!(after, other.replace("      setNow(0);", "      clearInterval(ticks);\n      setNow(0);"));
}

const QUERY: &str = "\
const mysql = require('mysql2/promise');
const pool = mysql.createPool({});

async function load(id) {
  const connection = await pool.getConnection(); // one of ten
  // Only the newest.
  const [rows] = await connection.query('select 1', [id]);
  if (rows.length === 0) {
    throw new Error('none');
  }
  connection.release();

  return rows;
}

module.exports = { load };
";

#[test]
fn what_is_taken_is_given_back_in_a_finally() {
    let after = suggested("leaked-resource", QUERY);
    let expected = "\
const mysql = require('mysql2/promise');
const pool = mysql.createPool({});

async function load(id) {
  const connection = await pool.getConnection(); // one of ten
  try {
    // Only the newest.
    const [rows] = await connection.query('select 1', [id]);
    if (rows.length === 0) {
      throw new Error('none');
    }

    return rows;
  } finally {
    connection.release();
  }
}

module.exports = { load };
";
    assert_eq!(after, expected);
    let short = QUERY
        .replace("  const [rows] = await", "  await")
        .replace("  if (rows.length === 0) {\n    throw new Error('none');\n  }\n", "")
        .replace("return rows", "return id");
    let after = suggested("leaked-resource", &short);
    assert!(after.contains("  } finally {\n    connection.release();\n  }\n\n  return id;\n"), "{after}");
}

#[test]
fn a_map_by_objects_becomes_a_weak_one() {
    let before = "\
const http = require('http');
const started = new Map(); // when each began

http.createServer((req, res) => {
  started.set(req, Date.now());
  res.end(String(started.get(req)));
}).listen(8080);
";
    let after = suggested("unbounded-collection", before);
    assert_eq!(after, before.replace("new Map()", "new WeakMap()"));
    for (from, to) in [
        ("String(started.get(req))", "String(started.size)"),
        ("started.set(req, ", "started.set(req.url, "),
        ("}).listen", "  for (const [one] of started) one.resume();\n}).listen"),
        ("const started", "module.exports = { started: () => started };\nconst started"),
    ] {
        let other = before.replace(from, to);
        assert_ne!(other, before);
        let project = Project::new(&[("a.js", &other)]);
        project.run(&["--fix-suggestions", "--confidence", "low", "--rule", "unbounded-collection"]);
        assert_eq!(read(&project, "a.js"), other);
    }
}

#[test]
fn an_entry_is_taken_out_on_rejection_too() {
    let before = "\
const http = require('http');
const pending = new Map();

http.createServer((req, res) => {
  const work = fetch(req.url);
  pending.set(req.url, work);
  work.then(() => pending.delete(req.url));
  res.end();
}).listen(8080);
";
    let after = suggested("unbounded-collection", before);
    let remove = "() => pending.delete(req.url)";
    assert_eq!(after, before.replace(&format!("then({remove})"), &format!("then({remove}, {remove})")));
}

#[test]
fn streams_are_joined_with_pipeline() {
    let before = "\
'use strict';
const fs = require('fs');
const http = require('http');
const zlib = require('zlib');

http.createServer((req, res) => {
  fs.createReadStream('a.txt').pipe(res);
}).listen(8080);

http.createServer((req, res) => {
  fs.createReadStream('b.txt').pipe(zlib.createGzip()).pipe(res); // smaller
}).listen(8081);
";
    let after = suggested("leaked-resource", before);
    assert_eq!(after.matches("const { pipeline } = require('node:stream');\n").count(), 1, "{after}");
    assert!(after.starts_with("'use strict';\nconst { pipeline }"), "{after}");
    assert!(
        after.contains("  pipeline(fs.createReadStream('a.txt'), res, (error) => {\n    if (error)"),
        "{after}"
    );
    assert!(
        after.contains("pipeline(fs.createReadStream('b.txt'), zlib.createGzip(), res, (error)"),
        "{after}"
    );
    assert!(after.contains("}); // smaller\n"), "{after}");
}

#[test]
fn in_a_circle_of_imports_nothing_is_moved_unasked() {
    let handler = "\
import http from 'node:http';
import { port } from './b.js';

export function answer(req, res) {
  const verbs = new Map([['GET', 1], ['HEAD', 2], ['POST', 3], ['PUT', 4], ['DELETE', 5]]);
  res.end(String(verbs.get(req.method)));
}

http.createServer(answer).listen(port);
";
    let project = Project::new(&[("a.js", handler), ("b.js", "export const port = 8080;\n")]);
    project.run(&["--fix"]);
    assert_ne!(read(&project, "a.js"), handler, "alone it is safe");
    let circle = "import { answer } from './c.js';\nexport const port = answer.length;\n";
    let project =
        Project::new(&[("a.js", handler), ("b.js", circle), ("c.js", "export { answer } from './a.js';\n")]);
    let run = project.run(&["--fix"]);
    assert_eq!(read(&project, "a.js"), handler, "{}", run.stderr);
    assert!(run.stderr.contains("--fix-suggestions makes them"), "{}", run.stderr);
}
