//! The language server, from outside: a scripted client on stdin and stdout.

// Parameters are written out with `json!` where they are handed on.
#![allow(clippy::needless_pass_by_value)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{CLEAN, LEAK, Project};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Far more than any answer takes.
const PATIENCE: Duration = Duration::from_secs(60);

struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// What came while something else was waited for.
    unread: Vec<Value>,
    root: String,
    next: i64,
}

impl Client {
    /// A client that is pushed to and shows related information.
    fn new(project: &Project) -> Self {
        Self::with(
            project,
            json!({ "textDocument": { "publishDiagnostics": { "relatedInformation": true } } }),
        )
    }

    fn with(project: &Project, capabilities: Value) -> Self {
        let mut client = Self::start(project);
        let root = client.root.clone();
        let params = json!({ "processId": null, "rootUri": root, "capabilities": capabilities });
        let answer = client.ask("initialize", params);
        assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-16");
        client.tell("initialized", json!({}));
        client
    }

    fn start(project: &Project) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_outlive"))
            .args(["lsp", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut stdout) {
                let _ = sender.send(message);
            }
        });
        let root = format!("file://{}", project.path().display());
        Self { stdin: child.stdin.take(), child, messages, unread: Vec::new(), root, next: 0 }
    }

    fn uri(&self, path: &str) -> String {
        format!("{}/{path}", self.root)
    }

    fn send_text(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        write!(stdin, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        stdin.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send_text(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string());
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send_text(
            &json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string(),
        );
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    /// The first message that fits.
    fn wait(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.unread.iter().position(&fits) {
            return self.unread.remove(at);
        }
        loop {
            let message = self.messages.recv_timeout(PATIENCE).unwrap();
            if fits(&message) {
                return message;
            }
            self.unread.push(message);
        }
    }

    fn open(&mut self, path: &str, text: &str) {
        let uri = self.uri(path);
        let document = json!({ "uri": uri, "languageId": "javascript", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn change(&mut self, path: &str, version: i32, text: &str) {
        let document = json!({ "uri": self.uri(path), "version": version });
        self.tell(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": [{ "text": text }] }),
        );
    }

    /// The diagnostics that are pushed next for a file.
    fn pushed(&mut self, path: &str) -> Vec<Value> {
        let uri = self.uri(path);
        let message = self.wait(|message| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri.as_str()
        });
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    fn at(&self, path: &str, line: usize, character: usize) -> Value {
        json!({
            "textDocument": { "uri": self.uri(path) },
            "position": { "line": line, "character": character },
        })
    }

    fn actions(&mut self, path: &str, line: u64) -> Vec<Value> {
        let at = json!({ "line": line, "character": 0 });
        let params = json!({
            "textDocument": { "uri": self.uri(path) },
            "range": { "start": at, "end": at },
            "context": { "diagnostics": [] },
        });
        self.ask("textDocument/codeAction", params)["result"].as_array().unwrap().clone()
    }

    /// Says good-bye; the status of the process, and what it wrote to stderr.
    fn end(mut self) -> (i32, String) {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.status()
    }

    fn status(&mut self) -> (i32, String) {
        drop(self.stdin.take());
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap().code().unwrap(), stderr)
    }
}

impl Drop for Client {
    /// A test that failed leaves no process behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(stdout: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stdout.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => break,
            header => length = header.strip_prefix("Content-Length: ")?.parse().ok()?,
        }
    }
    let mut body = vec![0; length];
    stdout.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// What a range covers of a line, in UTF-16 as the protocol counts.
fn covered(text: &str, range: &Value) -> String {
    let number = |pointer: &str| range.pointer(pointer).unwrap().as_u64().unwrap() as usize;
    let line: Vec<u16> = text.lines().nth(number("/start/line")).unwrap().encode_utf16().collect();
    String::from_utf16(&line[number("/start/character")..number("/end/character")]).unwrap()
}

/// A text after the edit of a code action, whose edits are whole lines or within one line.
fn edited(text: &str, action: &Value, uri: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for edit in action["edit"]["changes"][uri].as_array().unwrap() {
        let (start, end) = (&edit["range"]["start"], &edit["range"]["end"]);
        assert_eq!(start, end, "an insertion");
        let (line, column) = (start["line"].as_u64().unwrap(), start["character"].as_u64().unwrap());
        lines[line as usize].insert_str(column as usize, edit["newText"].as_str().unwrap());
    }
    lines.join("\n") + "\n"
}

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().map(|it| it["code"].as_str().unwrap()).collect()
}

#[test]
fn an_unsaved_leak_is_pushed_and_goes_again() {
    let project = Project::new(&[("a.js", CLEAN)]);
    let mut client = Client::new(&project);
    client.open("a.js", CLEAN);
    let leak = LEAK.replace("  seen.set", "  /* 𐐀é */ seen.set");
    client.change("a.js", 2, &leak);
    let diagnostics = client.pushed("a.js");
    assert_eq!(codes(&diagnostics), ["unbounded-collection"]);
    let it = &diagnostics[0];
    assert_eq!(covered(&leak, &it["range"]), "seen.set(req.url, Date.now())");
    assert_eq!(it["severity"], 2);
    assert_eq!(it["source"], "outlive");
    assert!(it["codeDescription"]["href"].as_str().unwrap().ends_with("unbounded_collection/README.md"));
    let related = it["relatedInformation"].as_array().unwrap();
    let root = related.iter().find(|step| step["message"].as_str().unwrap().starts_with("root: ")).unwrap();
    assert_eq!(covered(&leak, &root["location"]["range"]), "seen");
    client.change("a.js", 3, CLEAN);
    assert!(client.pushed("a.js").is_empty());
    assert_eq!(client.end().0, 0);
}

#[test]
fn the_editor_reports_what_the_command_line_does() {
    let files = [("src/a.js", LEAK), ("src/b.js", "let = = 1;"), ("test/c.js", LEAK)];
    let project = Project::new(&files);
    let checked: Value = serde_json::from_str(&project.run(&["--format", "json"]).stdout).unwrap();
    let mut client = Client::new(&project);
    for finding in checked["findings"].as_array().unwrap() {
        let pushed = client.pushed(finding["path"].as_str().unwrap());
        assert_eq!(codes(&pushed), [finding["rule"].as_str().unwrap()]);
        assert_eq!(pushed[0]["data"]["fingerprint"], finding["fingerprint"]);
    }
    assert_eq!(codes(&client.pushed("src/b.js")), ["parse-error"]);
    client.end();
}

#[test]
fn an_edit_here_changes_what_is_found_there() {
    let store = "export const seen = new Map();\n";
    let server = LEAK.replace("const seen = new Map();", "import { seen } from './store.js';");
    let project = Project::new(&[("store.js", store), ("server.js", &server)]);
    let mut client = Client::new(&project);
    assert_eq!(codes(&client.pushed("server.js")), ["unbounded-collection"]);
    client.open("store.js", store);
    client.change("store.js", 2, &format!("{store}setInterval(() => seen.clear(), 1000);\n"));
    assert!(client.pushed("server.js").is_empty());
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": client.uri("store.js") } }));
    assert_eq!(codes(&client.pushed("server.js")), ["unbounded-collection"], "the disk speaks again");
    client.end();
}

#[test]
fn while_a_buffer_does_not_parse_the_last_findings_stay_and_say_so() {
    let project = Project::new(&[("a.js", LEAK)]);
    let mut client = Client::new(&project);
    client.open("a.js", LEAK);
    let first = client.pushed("a.js").remove(0);
    let broken = format!("// one line more\nlet = \n{LEAK}");
    client.change("a.js", 2, &broken);
    let diagnostics = client.pushed("a.js");
    assert_eq!(codes(&diagnostics), ["unbounded-collection", "parse-error"]);
    let stale = &diagnostics[0];
    assert_eq!(stale["data"]["stale"], true);
    assert!(stale["message"].as_str().unwrap().contains("(stale: "));
    assert_eq!(covered(&broken, &stale["range"]), covered(LEAK, &first["range"]));
    let line = stale["range"]["start"]["line"].as_u64().unwrap();
    assert!(client.actions("a.js", line).is_empty(), "an edit would hit the wrong place");
    client.change("a.js", 3, LEAK);
    assert_eq!(client.pushed("a.js"), [first]);
    client.end();
}

#[test]
fn actions_suppress_a_finding_and_mend_one() {
    let project = Project::new(&[("a.js", LEAK)]);
    let mut client = Client::new(&project);
    client.open("a.js", LEAK);
    let line = client.pushed("a.js")[0]["range"]["start"]["line"].as_u64().unwrap();
    assert!(client.actions("a.js", line + 2).is_empty());
    let actions = client.actions("a.js", line);
    let titles: Vec<&str> = actions.iter().map(|action| action["title"].as_str().unwrap()).collect();
    assert_eq!(
        titles,
        ["Suppress unbounded-collection for this line", "Suppress unbounded-collection in this file"]
    );
    let uri = client.uri("a.js");
    for (version, action) in actions.iter().enumerate() {
        client.change("a.js", 2 + version as i32 * 2, &edited(LEAK, action, &uri));
        assert!(client.pushed("a.js").is_empty(), "{action}");
        client.change("a.js", 3 + version as i32 * 2, LEAK);
        assert_eq!(client.pushed("a.js").len(), 1);
    }
    // A suppression without a use has a fix that takes it away.
    let unused = format!("// outlive-disable-next-line leaked-timer -- none\n{CLEAN}");
    client.change("a.js", 9, &unused);
    assert_eq!(codes(&client.pushed("a.js")), ["unused-suppression"]);
    assert!(client.actions("a.js", 0).iter().all(|action| action["edit"]["changes"][&uri].is_array()));
    assert!(!client.actions("a.js", 0).is_empty());
    client.end();
}

#[test]
fn a_suppression_is_a_comment_where_it_stands() {
    let component = "\
import { useState } from 'react';
export function Clock() {
  return (
    <p>
      <b onClick={() => { setInterval(() => 1, 1); }} />
    </p>
  );
}
";
    let project = Project::new(&[("a.jsx", component)]);
    let mut client = Client::new(&project);
    client.open("a.jsx", component);
    client.ask("textDocument/hover", client.at("a.jsx", 0, 0));
    let actions = client.actions("a.jsx", 4);
    assert_eq!(actions.len(), 2);
    for action in &actions {
        let text = edited(component, action, &client.uri("a.jsx"));
        assert!(
            text.contains("{/* outlive-disable-next-line") || text.starts_with("/* outlive-disable-file"),
            "{text}"
        );
    }
    client.end();
}

#[test]
fn hover_says_what_why_knows() {
    let project = Project::new(&[("a.js", LEAK)]);
    let mut client = Client::new(&project);
    client.open("a.js", LEAK);
    let mut hover = |line: usize, word: &str| {
        let column = LEAK.lines().nth(line).unwrap().find(word).unwrap();
        let answer = client.ask("textDocument/hover", client.at("a.js", line, column));
        answer["result"]["contents"]["value"].as_str().map(str::to_owned)
    };
    let holder = hover(2, "seen").unwrap();
    assert!(holder.contains("unbounded-collection (high): `seen` grows per request"), "{holder}");
    let function = hover(4, "(req").unwrap();
    assert!(function.contains("runs per request") && function.contains("app.get at a.js:5"), "{function}");
    assert_eq!(hover(6, "end"), None, "nothing is known there");
    client.end();
}

#[test]
fn diagnostics_are_pulled_by_who_can_be_told_to_ask_again() {
    let project = Project::new(&[("a.js", LEAK), ("b.js", CLEAN)]);
    let mut client = Client::with(
        &project,
        json!({
            "textDocument": { "diagnostic": { "relatedInformation": true } },
            "workspace": { "diagnostics": { "refreshSupport": true } },
        }),
    );
    client.wait(|message| message["method"] == "workspace/diagnostic/refresh");
    let document = json!({ "uri": client.uri("a.js") });
    let first = client.ask("textDocument/diagnostic", json!({ "textDocument": document }));
    assert_eq!(first["result"]["kind"], "full");
    assert_eq!(codes(first["result"]["items"].as_array().unwrap()), ["unbounded-collection"]);
    let id = first["result"]["resultId"].clone();
    let params = json!({ "textDocument": document, "previousResultId": id });
    assert_eq!(client.ask("textDocument/diagnostic", params)["result"]["kind"], "unchanged");
    let known =
        json!([{ "uri": client.uri("a.js"), "value": id }, { "uri": client.uri("b.js"), "value": "x" }]);
    let all = client.ask("workspace/diagnostic", json!({ "previousResultIds": known }));
    let items = all["result"]["items"].as_array().unwrap();
    assert_eq!(
        items.iter().map(|item| item["kind"].as_str().unwrap()).collect::<Vec<_>>(),
        ["unchanged", "full"]
    );
    assert_eq!(items[1]["items"], json!([]), "what was there is gone");
    client.open("b.js", CLEAN);
    client.change("b.js", 2, LEAK);
    client.wait(|message| message["method"] == "workspace/diagnostic/refresh");
    let params = json!({ "textDocument": { "uri": client.uri("b.js") } });
    let answer = client.ask("textDocument/diagnostic", params);
    assert_eq!(answer["result"]["items"].as_array().unwrap().len(), 1);
    assert!(client.unread.iter().all(|it| it["method"] != "textDocument/publishDiagnostics"));
    client.end();
}

#[test]
fn the_config_is_read_again_and_a_broken_one_changes_nothing() {
    let project = Project::new(&[("a.js", LEAK)]);
    let mut client = Client::new(&project);
    assert_eq!(client.pushed("a.js").len(), 1);
    let told = json!({ "changes": [{ "uri": client.uri("outlive.toml"), "type": 2 }] });
    project.write("outlive.toml", "[rules]\nunbounded-collection = 'of'\n");
    client.tell("workspace/didChangeWatchedFiles", told.clone());
    let shown = client.wait(|message| message["method"] == "window/showMessage");
    assert!(shown["params"]["message"].as_str().unwrap().contains("outlive.toml"), "{shown}");
    project.write("outlive.toml", "[rules]\nunbounded-collection = 'error'\n");
    client.tell("workspace/didChangeWatchedFiles", told.clone());
    assert_eq!(client.pushed("a.js")[0]["severity"], 1, "nothing was pushed for the broken one");
    project.write("outlive.toml", "[rules]\nunbounded-collection = 'off'\n");
    client.tell("workspace/didChangeWatchedFiles", told);
    assert!(client.pushed("a.js").is_empty());
    client.end();
}

#[test]
fn the_nearest_config_holds_here_too() {
    let project = Project::new(&[("a.js", LEAK), ("packages/b/b.js", LEAK)]);
    let mut client = Client::new(&project);
    assert_eq!(client.pushed("packages/b/b.js").len(), 1);
    let told = json!({ "changes": [{ "uri": client.uri("packages/b/outlive.toml"), "type": 1 }] });
    project.write("packages/b/outlive.toml", "[rules]\nunbounded-collection = 'of'\n");
    client.tell("workspace/didChangeWatchedFiles", told.clone());
    let shown = client.wait(|message| message["method"] == "window/showMessage");
    assert!(shown["params"]["message"].as_str().unwrap().contains("outlive.toml"), "{shown}");
    project.write("packages/b/outlive.toml", "[rules]\nunbounded-collection = 'error'\n");
    client.tell("workspace/didChangeWatchedFiles", told.clone());
    assert_eq!(client.pushed("packages/b/b.js")[0]["severity"], 1, "nothing was pushed for the broken one");
    project.write("packages/b/outlive.toml", "[rules]\nunbounded-collection = 'off'\n");
    client.tell("workspace/didChangeWatchedFiles", told);
    assert!(client.pushed("packages/b/b.js").is_empty());
    client.end();
}

#[test]
fn files_come_and_go() {
    let project = Project::new(&[("a.js", CLEAN)]);
    let mut client = Client::new(&project);
    project.write("new.js", LEAK);
    let told =
        |client: &Client, kind: u8| json!({ "changes": [{ "uri": client.uri("new.js"), "type": kind }] });
    client.tell("workspace/didChangeWatchedFiles", told(&client, 1));
    assert_eq!(client.pushed("new.js").len(), 1);
    std::fs::remove_file(project.path().join("new.js")).unwrap();
    client.tell("workspace/didChangeWatchedFiles", told(&client, 3));
    assert!(client.pushed("new.js").is_empty());
    client.open("never saved.js", LEAK);
    let uri = client.uri("never%20saved.js");
    let unsaved = client.root.clone() + "/never saved.js";
    let pushed = client.wait(|message| message["method"] == "textDocument/publishDiagnostics");
    let named = pushed["params"]["uri"].as_str().unwrap();
    assert!(named == unsaved || named == uri, "{named}");
    client.end();
}

#[test]
fn what_the_baseline_knows_is_silent_here_too() {
    let project = Project::new(&[("a.js", LEAK), ("b.js", CLEAN)]);
    project.run(&["--baseline", "known.json", "--update-baseline"]);
    project.write("outlive.toml", "baseline = 'known.json'\n");
    let mut client = Client::new(&project);
    client.open("b.js", CLEAN);
    client.change("b.js", 2, LEAK);
    assert_eq!(client.pushed("b.js").len(), 1);
    assert!(client.unread.iter().all(|it| it["params"]["uri"] != client.uri("a.js").as_str()));
    client.end();
}

#[test]
fn nonsense_ends_nothing() {
    let project = Project::new(&[("a.js", LEAK)]);
    let mut client = Client::new(&project);
    client.open("a.js", LEAK);
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    client.change("a.js", 2, &nested);
    client.change("a.js", 3, "\u{0}\u{202e}");
    client.change("a.js", 4, LEAK);
    for method in ["textDocument/didOpen", "textDocument/didChange", "textDocument/didClose", "$/no", "x"] {
        for params in [json!(null), json!([1]), json!({ "textDocument": { "uri": 7 } })] {
            client.tell(method, params);
        }
    }
    for uri in ["untitled:1", "file://", "file:///%ff.js", "file:///etc/passwd.js", "http://a/b.js", ""] {
        let document = json!({ "uri": uri, "languageId": "javascript", "version": 1, "text": LEAK });
        client.tell("textDocument/didOpen", json!({ "textDocument": document }));
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
        let asked =
            json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
        assert_eq!(client.ask("textDocument/codeAction", asked)["result"], json!([]));
    }
    for (line, column) in [(0, 4_294_967_295_usize), (4_294_967_295, 0), (7, 1), (4, 4_000_000)] {
        let at = client.at("a.js", line, column);
        assert!(client.ask("textDocument/hover", at)["result"].is_null());
    }
    assert_eq!(client.ask("textDocument/hover", json!({ "no": 1 }))["error"]["code"], -32602);
    assert_eq!(client.ask("textDocument/nothing", Value::Null)["error"]["code"], -32601);
    let asked = json!({ "textDocument": { "uri": client.uri("a.js") } });
    assert!(
        client.ask("textDocument/diagnostic", asked)["result"]["items"]
            .as_array()
            .is_some_and(|it| it.len() == 1)
    );
    let (code, stderr) = client.end();
    assert_eq!((code, stderr.contains("panicked")), (0, false), "{stderr}");
}

#[test]
fn the_status_says_how_it_ended() {
    let project = Project::new(&[("a.js", CLEAN)]);
    let mut client = Client::new(&project);
    client.tell("exit", Value::Null);
    assert_eq!(client.status().0, 1, "without `shutdown`");
    let mut client = Client::new(&project);
    assert_eq!(client.status().0, 0, "it hung up");
    let mut client = Client::new(&project);
    client.send_text("{ no json");
    let (code, stderr) = client.status();
    assert_eq!((code, stderr.contains("panicked")), (2, false), "{stderr}");
    let mut client = Client::new(&project);
    client.ask("shutdown", Value::Null);
    assert_eq!(client.ask("textDocument/hover", client.at("a.js", 0, 0))["error"]["code"], -32600);
    client.tell("exit", Value::Null);
    assert_eq!(client.status().0, 0);
}
