// What the proofs share: somebody at the other end of the line.
//
// Clients and upstream servers live in a process of their own, so that what is measured is the program alone.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

let peer;
let last = 0;
const waiting = new Map();

/** Asks the other process to do something, and returns what it answers. */
export function call(verb, ...args) {
  peer ??= start();
  const id = ++last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    peer.send({ id, verb, args });
  });
}

function start() {
  const child = fork(fileURLToPath(new URL('peer.mjs', import.meta.url)), { execArgv: [] });
  child.on('message', ({ id, error, value }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(error));
    else resolve(value);
  });
  return child;
}

/** Starts a server of the program on a free port of the loopback. */
export async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

/** A request that is answered and read to its end; `body` makes it a POST of JSON. */
export const ask = (server, path, body) => call('ask', server.address().port, path, body);

/** A request whose answer nobody reads. It stays open. */
export const hold = (server, path, body) => call('hold', server.address().port, path, body);

/** A client that goes away before it has its answer. */
export const leave = (server, path) => call('leave', server.address().port, path);

/** A server in the other process, by its kind; returns its port. */
export const serve = (kind) => call('serve', kind);

/** Waits until a condition holds: what was started by the last step has come to its end. */
export async function until(holds) {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
