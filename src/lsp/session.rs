//! The loop: messages in, answers out, and the analysis whenever nobody speaks.

use super::server::{Document, Server};
use super::workspace::{Setup, Workspace};
use super::{actions, diagnostics, hover};
use crate::Outcome;
use crate::arguments::Lsp;
use crate::discover;
use gen_lsp_types as lsp;
use lsp_server::{ErrorCode, Message, Notification, Request};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

/// How long more may come before an edit is analysed: a burst of edits is analysed once.
const PAUSE: Duration = Duration::from_millis(5);

/// What comes after a session.
pub(super) enum Next {
    /// Another one, with another config.
    Restart(Box<Setup>),
    /// Nothing.
    End(Outcome),
}

/// One client under one config.
pub(super) struct Session<'c, 's> {
    setup: &'c Setup,
    server: &'s mut Server,
    options: &'s Lsp,
    workspace: Option<Workspace<'c>>,
    diagnostics: BTreeMap<String, Vec<lsp::Diagnostic>>,
    /// Files whose texts are others now.
    dirty: BTreeSet<String>,
    /// There may be other files than before.
    is_unwalked: bool,
    /// There may be another config.
    is_config_touched: bool,
    /// The last problem that was shown: it is shown once.
    shown: Option<String>,
    is_shut_down: bool,
}

impl<'c, 's> Session<'c, 's> {
    pub(super) fn new(setup: &'c Setup, server: &'s mut Server, options: &'s Lsp) -> Self {
        Self {
            setup,
            server,
            options,
            workspace: None,
            diagnostics: BTreeMap::new(),
            dirty: BTreeSet::new(),
            is_unwalked: true,
            is_config_touched: false,
            shown: None,
            is_shut_down: false,
        }
    }

    pub(super) fn run(mut self) -> Next {
        loop {
            self.tidy();
            // Who hangs up without a word is not served worse than who says good-bye.
            let Ok(message) = self.receive() else { return Next::End(Outcome::Clean) };
            let asks = matches!(&message, Some(Message::Request(_)));
            if (message.is_none() || asks)
                && let Some(setup) = self.catch_up()
            {
                // The request is answered by this session: its findings are those of the config before.
                if let Some(Message::Request(request)) = message {
                    self.answer(request);
                }
                return Next::Restart(Box::new(setup));
            }
            match message {
                Some(Message::Request(request)) => self.answer(request),
                Some(Message::Notification(told)) if told.method == "exit" => {
                    // By the protocol: 1 if nobody said `shutdown` before.
                    return Next::End(if self.is_shut_down { Outcome::Clean } else { Outcome::Findings });
                }
                Some(Message::Notification(told)) => self.hear(told),
                Some(Message::Response(_)) | None => {}
            }
        }
    }

    /// While nobody waits for an answer.
    fn tidy(&mut self) {
        if self.server.connection.receiver.is_empty()
            && let Some(workspace) = &mut self.workspace
        {
            workspace.tidy();
        }
    }

    /// The next message; none if there is work and nobody speaks.
    fn receive(&self) -> Result<Option<Message>, ()> {
        let receiver = &self.server.connection.receiver;
        if !self.has_work() {
            return receiver.recv().map(Some).map_err(|_| ());
        }
        match receiver.recv_timeout(PAUSE) {
            Ok(message) => Ok(Some(message)),
            Err(error) if error.is_timeout() => Ok(None),
            Err(_) => Err(()),
        }
    }

    fn has_work(&self) -> bool {
        !self.is_shut_down && (self.is_unwalked || self.is_config_touched || !self.dirty.is_empty())
    }

    /// Brings the analysis to where the buffers are. Another config is for another session.
    fn catch_up(&mut self) -> Option<Setup> {
        if !self.has_work() {
            return None;
        }
        if std::mem::take(&mut self.is_config_touched) || self.setup.is_outdated() {
            match Setup::new(self.options) {
                Ok(setup) => return Some(setup),
                // The last good one stays in force.
                Err(error) => self.show_once(Some(error.to_string())),
            }
        }
        let is_unwalked = std::mem::take(&mut self.is_unwalked);
        let dirty = std::mem::take(&mut self.dirty);
        if catch_unwind(AssertUnwindSafe(|| self.analyse(is_unwalked, &dirty))).is_err() {
            self.show_once(Some("the analysis failed; please report it".to_owned()));
        }
        None
    }

    fn analyse(&mut self, is_unwalked: bool, dirty: &BTreeSet<String>) {
        match &mut self.workspace {
            Some(workspace) if !is_unwalked => workspace.update(dirty, self.server),
            _ => match Workspace::new(self.setup, self.server, self.workspace.take()) {
                Ok(workspace) => self.workspace = Some(workspace),
                Err(error) => self.show_once(Some(error.to_string())),
            },
        }
        if let Some(workspace) = &mut self.workspace {
            self.diagnostics = diagnostics::of(workspace, self.server);
            let problem = workspace.problem.clone();
            self.server.publish(&self.diagnostics);
            self.show_once(problem);
        }
    }

    fn show_once(&mut self, problem: Option<String>) {
        if let Some(problem) = problem.as_ref().filter(|problem| self.shown.as_ref() != Some(problem)) {
            self.server.show_error(problem);
        }
        self.shown = problem.or(self.shown.take());
    }

    fn hear(&mut self, told: Notification) {
        match told.method.as_str() {
            "textDocument/didOpen" => {
                if let Some(params) = read::<lsp::DidOpenTextDocumentParams>(told.params) {
                    let document = params.text_document;
                    self.open(document.uri.0, document.version, document.text);
                }
            }
            "textDocument/didChange" => self.change(&told.params),
            "textDocument/didClose" => {
                if let Some(params) = read::<lsp::DidCloseTextDocumentParams>(told.params) {
                    self.close(&params.text_document.uri.0);
                }
            }
            "workspace/didChangeWatchedFiles" => {
                if let Some(params) = read::<lsp::DidChangeWatchedFilesParams>(told.params) {
                    params.changes.iter().for_each(|event| self.changed_on_disk(event));
                }
            }
            "workspace/didChangeConfiguration" => self.is_config_touched = true,
            "textDocument/didSave" => self.is_config_touched |= self.setup.is_outdated(),
            _ => {}
        }
    }

    fn open(&mut self, uri: String, version: i32, text: String) {
        let Some(path) = self.server.root.path_of(&uri) else { return };
        if !discover::is_analysed(Path::new(&path)) {
            return;
        }
        self.is_unwalked |= !self.workspace.as_ref().is_some_and(|workspace| workspace.has(&path));
        self.server.documents.insert(path.clone(), Document { uri, version, text });
        self.dirty.insert(path);
    }

    /// Each change is a whole text: the last one counts.
    fn change(&mut self, params: &Value) {
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str);
        let version = params.pointer("/textDocument/version").and_then(Value::as_i64);
        let changes = params.pointer("/contentChanges").and_then(Value::as_array);
        let whole = |change: &&Value| change.get("range").is_none_or(Value::is_null);
        let text = changes.and_then(|list| list.iter().rfind(whole)).and_then(|it| it.get("text")?.as_str());
        let path = uri.and_then(|uri| self.server.root.path_of(uri));
        let (Some(path), Some(text)) = (path, text) else { return };
        if let Some(document) = self.server.documents.get_mut(&path) {
            text.clone_into(&mut document.text);
            document.version = version.and_then(|it| i32::try_from(it).ok()).unwrap_or(document.version);
            self.dirty.insert(path);
        }
    }

    fn close(&mut self, uri: &str) {
        let Some(path) = self.server.root.path_of(uri) else { return };
        if self.server.documents.remove(&path).is_some() {
            // A buffer that was never saved is gone with its file.
            self.is_unwalked |= !Path::new(&path).exists();
            self.dirty.insert(path);
        }
    }

    fn changed_on_disk(&mut self, event: &lsp::FileEvent) {
        let Some(path) = self.server.root.path_of(&event.uri.0) else { return };
        if path.ends_with(".toml") {
            self.is_config_touched = true;
        } else if !discover::is_analysed(Path::new(&path)) {
            // Manifests and ignore files.
            self.is_unwalked = true;
        } else if !self.server.documents.contains_key(&path) {
            let is_known = self.workspace.as_ref().is_some_and(|workspace| workspace.has(&path));
            self.is_unwalked |= !is_known || !Path::new(&path).exists();
            self.dirty.insert(path);
        }
    }

    fn answer(&mut self, request: Request) {
        let id = request.id.clone();
        let result = catch_unwind(AssertUnwindSafe(|| self.result(request)));
        match result {
            Ok(Ok(value)) => self.server.answer(id, value),
            Ok(Err((code, message))) => self.server.refuse(id, code, message),
            Err(_) => self.server.refuse(id, ErrorCode::InternalError, "please report this".to_owned()),
        }
    }

    fn result(&mut self, request: Request) -> Result<Value, (ErrorCode, String)> {
        if self.is_shut_down {
            return Err((ErrorCode::InvalidRequest, "the session is over".to_owned()));
        }
        match request.method.as_str() {
            "shutdown" => {
                self.is_shut_down = true;
                Ok(Value::Null)
            }
            "textDocument/diagnostic" => {
                let params = params::<lsp::DocumentDiagnosticParams>(request.params)?;
                let path = self.server.root.path_of(&params.text_document.uri.0);
                let list = path.and_then(|path| self.diagnostics.get(&path).cloned()).unwrap_or_default();
                value(diagnostics::report(list, params.previous_result_id.as_deref()))
            }
            "workspace/diagnostic" => {
                let params = params::<lsp::WorkspaceDiagnosticParams>(request.params)?;
                value(diagnostics::workspace_report(&self.diagnostics, &params, self.server))
            }
            "textDocument/codeAction" => {
                let params = params::<lsp::CodeActionParams>(request.params)?;
                match &mut self.workspace {
                    Some(workspace) => value(actions::actions(workspace, self.server, &params)),
                    None => Ok(Value::Null),
                }
            }
            "textDocument/hover" => {
                let params = params::<lsp::HoverParams>(request.params)?;
                match &mut self.workspace {
                    Some(workspace) => value(hover::hover(workspace, self.server, &params)),
                    None => Ok(Value::Null),
                }
            }
            other => Err((ErrorCode::MethodNotFound, format!("there is no {other}"))),
        }
    }
}

/// The parameters of a notification; one that cannot be read is not heard.
fn read<P: DeserializeOwned>(params: Value) -> Option<P> {
    serde_json::from_value(params).ok()
}

fn params<P: DeserializeOwned>(params: Value) -> Result<P, (ErrorCode, String)> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

fn value<R: serde::Serialize>(result: R) -> Result<Value, (ErrorCode, String)> {
    serde_json::to_value(result).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}
