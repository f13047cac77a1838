import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { ask, listen } from '../../lib/drive.mjs';

const undo = [];

const server = createServer((req, res) => {
  const name = req.url.slice(1);
  const text = readFileSync(new URL(`../../../package-lock.json?${name}`, import.meta.url), 'utf8');
  const found = ['node', 'npm'].filter((word) => text.includes(word));
  undo.push(() => console.log(name)); //~ retained-scope
  if (undo.length > 1000) undo.shift();
  res.end(String(found.length));
});

function search(name) {
  const text = readFileSync(new URL(`../../../package-lock.json?${name}`, import.meta.url), 'utf8');
  return ['node', 'npm'].filter((word) => text.includes(word));
}

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${search(i).length}-${i}`);
