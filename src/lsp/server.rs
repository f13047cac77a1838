//! What is known of the client: its folder, its buffers, what it was told.

use super::place::Root;
use crate::report::source::Overlay;
use gen_lsp_types as lsp;
use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the client can do.
#[derive(Clone, Copy)]
pub(super) struct Client {
    /// It asks for diagnostics, and can be told to ask again.
    pub(super) pulls: bool,
    /// It shows related information.
    pub(super) relates: bool,
    watches: bool,
}

/// A buffer.
pub(super) struct Document {
    pub(super) uri: String,
    pub(super) version: i32,
    pub(super) text: String,
}

/// The other end, whatever config is in force.
pub(super) struct Server {
    pub(super) connection: Connection,
    pub(super) client: Client,
    pub(super) root: Root,
    /// Buffers of files below the root, by path.
    pub(super) documents: BTreeMap<String, Document>,
    /// The diagnostics that were pushed.
    pushed: BTreeMap<String, Vec<lsp::Diagnostic>>,
    requests: i32,
}

impl Server {
    /// `params` are those of `initialize`. They are read by pointers: what one client writes otherwise than the
    /// protocol has it must not keep the rest from being read.
    pub(super) fn new(connection: Connection, params: &Value) -> Self {
        let can = |pointer: &str| params.pointer(pointer).and_then(Value::as_bool) == Some(true);
        let text = |pointer: &str| params.pointer(pointer).and_then(Value::as_str);
        let client = Client {
            pulls: params.pointer("/capabilities/textDocument/diagnostic").is_some_and(Value::is_object)
                && (can("/capabilities/workspace/diagnostics/refreshSupport")
                    || can("/capabilities/workspace/diagnostic/refreshSupport")),
            relates: can("/capabilities/textDocument/publishDiagnostics/relatedInformation")
                || can("/capabilities/textDocument/diagnostic/relatedInformation"),
            watches: can("/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration"),
        };
        Self {
            connection,
            client,
            root: Root::enter(text("/workspaceFolders/0/uri").or_else(|| text("/rootUri"))),
            documents: BTreeMap::new(),
            pushed: BTreeMap::new(),
            requests: 0,
        }
    }

    /// The URI of a file, in the spelling of the client if it has the file open.
    pub(super) fn uri(&self, path: &str) -> lsp::Uri {
        let open = self.documents.get(path).map(|document| document.uri.clone());
        lsp::Uri(open.unwrap_or_else(|| self.root.uri_of(path)))
    }

    /// The buffers.
    pub(super) fn overlay(&self) -> Overlay {
        let mut overlay = Overlay::default();
        for (path, document) in &self.documents {
            overlay.insert(path.clone(), document.text.clone().into_bytes());
        }
        overlay
    }

    /// Asks to be told about files that change on disk.
    pub(super) fn watch_files(&mut self) {
        if !self.client.watches {
            return;
        }
        let globs = [
            "**/*.{js,jsx,mjs,cjs,ts,tsx,mts,cts,vue,svelte,astro,html}",
            "**/{outlive,.outlive}.toml",
            "**/{package,tsconfig,jsconfig}.json",
            "**/{.gitignore,.ignore,.outliveignore}",
        ];
        let watchers: Vec<Value> = globs.iter().map(|glob| json!({ "globPattern": glob })).collect();
        let watch = json!({
            "id": "outlive-files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers },
        });
        self.ask("client/registerCapability", json!({ "registrations": [watch] }));
    }

    /// Tells the client what there is now: pushes what changed, or has it ask again.
    pub(super) fn publish(&mut self, now: &BTreeMap<String, Vec<lsp::Diagnostic>>) {
        if *now == self.pushed {
            return;
        }
        if self.client.pulls {
            self.pushed.clone_from(now);
            self.ask("workspace/diagnostic/refresh", Value::Null);
            return;
        }
        let before = std::mem::replace(&mut self.pushed, now.clone());
        let gone = before.keys().filter(|path| !now.contains_key(*path)).map(|path| (path, Vec::new()));
        let changed = now
            .iter()
            .filter(|(path, list)| before.get(*path) != Some(list))
            .map(|(path, list)| (path, list.clone()));
        for (path, diagnostics) in changed.chain(gone) {
            let version = self.documents.get(path).map(|document| document.version);
            let uri = self.uri(path);
            self.notify(
                "textDocument/publishDiagnostics",
                lsp::PublishDiagnosticsParams { uri, version, diagnostics },
            );
        }
    }

    /// Shows a message to whoever sits there.
    pub(super) fn show_error(&self, message: &str) {
        let message = format!("outlive: {message}");
        self.notify("window/showMessage", lsp::ShowMessageParams { kind: lsp::MessageType::Error, message });
    }

    pub(super) fn answer<R: serde::Serialize>(&self, id: RequestId, result: R) {
        match serde_json::to_value(result) {
            Ok(value) => self.send(Message::Response(Response::new_ok(id, value))),
            Err(error) => self.refuse(id, lsp_server::ErrorCode::InternalError, error.to_string()),
        }
    }

    pub(super) fn refuse(&self, id: RequestId, code: lsp_server::ErrorCode, message: String) {
        self.send(Message::Response(Response::new_err(id, code as i32, message)));
    }

    fn notify<P: serde::Serialize>(&self, method: &str, params: P) {
        let params = serde_json::to_value(params).unwrap_or_default();
        self.send(Message::Notification(Notification { method: method.to_owned(), params }));
    }

    fn ask(&mut self, method: &str, params: Value) {
        self.requests += 1;
        let id = RequestId::from(self.requests);
        self.send(Message::Request(Request { id, method: method.to_owned(), params }));
    }

    /// A client that hung up hears nothing; the next read ends the session.
    fn send(&self, message: Message) {
        let _ = self.connection.sender.send(message);
    }
}
