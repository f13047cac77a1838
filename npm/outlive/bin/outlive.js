#!/usr/bin/env node
// Starts the program of this platform's package, and is for its caller as if it were that program.
'use strict';

const { spawn } = require('node:child_process');
const os = require('node:os');
const { optionalDependencies } = require('../package.json');
const { fileName, packageName, platform } = require('./platform.js');

/** The status of a run that could not do what was asked. */
const FAILED = 2;
/** What others send to end a run. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

function program() {
  if (process.env.OUTLIVE_BINARY) {
    return process.env.OUTLIVE_BINARY;
  }
  const here = platform();
  const name = packageName(here);
  if (!(name in optionalDependencies)) {
    return fail(`there is no program for ${here}.
Build it with cargo, and name it in OUTLIVE_BINARY:
  cargo install --locked --git https://github.com/outlive-js/outlive`);
  }
  try {
    return require.resolve(`${name}/${fileName(here)}`);
  } catch {
    return fail(`the package ${name} is not installed.
It is an optional dependency. npm leaves it out
  - with --no-optional, --omit=optional, or \`omit\` in .npmrc;
  - by a lock file that was written on another platform (npm/cli#4828):
    remove node_modules and package-lock.json, and install again.
To use a program that is elsewhere, name it in OUTLIVE_BINARY.`);
  }
}

function fail(message) {
  console.error(`outlive: ${message}`);
  process.exit(FAILED);
}

const path = program();
const forward = (signal) => child.kill(signal);
// Before there is anything to forward to: there is no moment at which a signal ends this process only.
SIGNALS.forEach((signal) => process.on(signal, forward));
const child = spawn(path, process.argv.slice(2), { stdio: 'inherit', windowsHide: true });

child.on('error', (error) => fail(`cannot start ${path}: ${error.message}`));
child.on('exit', (status, signal) => {
  if (signal === null) {
    process.exit(status);
  }
  // A shell that waits must see the same end.
  SIGNALS.forEach((it) => process.off(it, forward));
  process.exitCode = 128 + (os.constants.signals[signal] ?? 0);
  process.kill(process.pid, signal);
});
