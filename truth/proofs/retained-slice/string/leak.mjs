import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { ask, listen } from '../../lib/drive.mjs';

const titles = new Map();

const server = createServer((req, res) => {
  const page = readFileSync(new URL(`../../../package-lock.json?${req.url}`, import.meta.url), 'utf8');
  titles.set(req.url, page.slice(0, 80)); //~ low retained-slice
  if (titles.size > 10_000) titles.clear();
  res.end();
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
