import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import { ask, listen } from '../../lib/drive.mjs';

const updates = new EventEmitter();

const server = createServer((req, res) => {
  const closed = new AbortController();
  const rows = new Array(1024).fill(0);
  const send = (row) => rows.push(row);
  updates.on('update', send, { signal: closed.signal }); //~ ignored-listener-options
  res.on('close', () => closed.abort());
  res.end();
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
