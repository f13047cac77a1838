//! `outlive lsp`: the session of an editor, on stdin and stdout.
//!
//! It reports what `check` reports for the same files, with the buffers of the editor in place of what is on disk. What
//! is known of each file stays in memory: after an edit one file is analysed, and the project is linked again.

mod actions;
mod diagnostics;
mod hover;
mod moved;
mod place;
mod server;
mod session;
mod workspace;

use crate::Outcome;
use crate::arguments::Lsp;
use crate::output;
use crate::session::SessionError;
use gen_lsp_types as lsp;
use lsp_server::Connection;
use server::Server;
use session::{Next, Session};
use workspace::Setup;

/// Serves one client until it says `exit` or hangs up.
pub(crate) fn serve(options: &Lsp) -> Result<Outcome, SessionError> {
    let (connection, threads) = Connection::stdio();
    let outcome = talk(connection, options)?;
    // The writer has to be done; a reader whose input was no message says so.
    threads.join()?;
    Ok(outcome)
}

fn talk(connection: Connection, options: &Lsp) -> Result<Outcome, SessionError> {
    let (id, params) = match connection.initialize_start() {
        Ok(start) => start,
        Err(error) => {
            output::note(&error.to_string());
            return Ok(Outcome::Failed);
        }
    };
    let mut server = Server::new(connection, &params);
    let answer = lsp::InitializeResult {
        capabilities: capabilities(&server),
        server_info: Some(lsp::ServerInfo {
            name: "outlive".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    };
    let answer = serde_json::to_value(answer).unwrap_or_default();
    if server.connection.initialize_finish(id, answer).is_err() {
        return Ok(Outcome::Failed);
    }
    server.watch_files();
    let mut setup = match Setup::new(options) {
        Ok(setup) => setup,
        Err(error) => {
            server.show_error(&format!("{error}. The defaults are in force until it is mended."));
            Setup::new(&Lsp { config: None, no_config: true, ..options.clone() })?
        }
    };
    loop {
        match Session::new(&setup, &mut server, options).run() {
            Next::Restart(new) => setup = *new,
            Next::End(outcome) => return Ok(outcome),
        }
    }
}

fn capabilities(server: &Server) -> lsp::ServerCapabilities {
    let sync = lsp::TextDocumentSyncOptions {
        open_close: Some(true),
        // Whole texts: an edit that one side counts otherwise cannot make all later ones wrong.
        change: Some(lsp::TextDocumentSyncKind::Full),
        save: Some(lsp::Save::Bool(true)),
        ..lsp::TextDocumentSyncOptions::default()
    };
    let actions = lsp::CodeActionOptions {
        code_action_kinds: Some(vec![lsp::CodeActionKind::QuickFix, actions::fix_all_kind()]),
        ..lsp::CodeActionOptions::default()
    };
    let pulled = lsp::DiagnosticOptions {
        identifier: Some("outlive".to_owned()),
        inter_file_dependencies: true,
        workspace_diagnostics: true,
        ..lsp::DiagnosticOptions::default()
    };
    lsp::ServerCapabilities {
        position_encoding: Some(lsp::PositionEncodingKind::UTF16),
        text_document_sync: Some(lsp::TextDocumentSync::Options(sync)),
        hover_provider: Some(lsp::HoverProvider::Bool(true)),
        code_action_provider: Some(lsp::CodeActionProvider::CodeActionOptions(actions)),
        diagnostic_provider: server
            .client
            .pulls
            .then_some(lsp::DiagnosticProvider::DiagnosticOptions(pulled)),
        ..lsp::ServerCapabilities::default()
    }
}
