// Not for ever: for the ten minutes until it fires.
import { createServer } from 'node:http';
import { ask, listen } from '../../lib/drive.mjs';

const server = createServer((req, res) => {
  const rows = new Array(1024).fill(0);
  const late = setTimeout(() => console.warn(req.url, rows.length, 'takes long'), 600_000); //~ leaked-timer
  res.end();
  late.unref();
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
