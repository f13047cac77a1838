import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { ask, listen } from '../../lib/drive.mjs';

const headers = new Map();

const server = createServer((req, res) => {
  const bytes = readFileSync(new URL(`../../../package-lock.json?${req.url}`, import.meta.url));
  headers.set(req.url, bytes.subarray(0, 16)); //~ low retained-slice
  if (headers.size > 10_000) headers.clear();
  res.end();
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
