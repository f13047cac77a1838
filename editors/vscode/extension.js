// Starts `outlive lsp`, one for each folder of the workspace: a project is linked as a whole, and folders are projects.
'use strict';

const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

const LANGUAGES = ['javascript', 'javascriptreact', 'typescript', 'typescriptreact', 'vue', 'svelte', 'astro'];

/** The running clients, by the URI of their folder. */
const clients = new Map();

async function activate(context) {
  const restart = vscode.commands.registerCommand('outlive.restart', async () => {
    await stopAll();
    await startAll();
  });
  const folders = vscode.workspace.onDidChangeWorkspaceFolders(async ({ added, removed }) => {
    await Promise.all(removed.map((folder) => stop(folder.uri.toString())));
    await Promise.all(added.map(start));
  });
  const settings = vscode.workspace.onDidChangeConfiguration(async (event) => {
    if (event.affectsConfiguration('outlive')) {
      await stopAll();
      await startAll();
    }
  });
  context.subscriptions.push(restart, folders, settings);
  await startAll();
}

function startAll() {
  return Promise.all((vscode.workspace.workspaceFolders ?? []).map(start));
}

async function start(folder) {
  const settings = vscode.workspace.getConfiguration('outlive', folder.uri);
  const key = folder.uri.toString();
  // Without trust a folder must not say which program is run.
  if (folder.uri.scheme !== 'file' || !settings.get('enable') || !vscode.workspace.isTrusted || clients.has(key)) {
    return;
  }
  const server = {
    command: settings.get('path'),
    args: ['lsp', ...settings.get('arguments')],
    options: { cwd: folder.uri.fsPath },
  };
  const pattern = new vscode.RelativePattern(folder, '**/*');
  const client = new LanguageClient('outlive', `outlive (${folder.name})`, server, {
    workspaceFolder: folder,
    documentSelector: LANGUAGES.map((language) => ({ scheme: 'file', language, pattern })),
  });
  clients.set(key, client);
  try {
    await client.start();
  } catch (error) {
    clients.delete(key);
    const hint = 'Is it installed, and does `outlive.path` name it?';
    vscode.window.showErrorMessage(`outlive could not be started: ${error.message}. ${hint}`);
  }
}

async function stop(key) {
  const client = clients.get(key);
  clients.delete(key);
  await client?.stop().catch(() => undefined);
}

function stopAll() {
  return Promise.all([...clients.keys()].map(stop));
}

module.exports = { activate, deactivate: stopAll };
