import { createServer } from 'node:http';
import { ask, listen } from '../../lib/drive.mjs';

const profiles = new Map();

const server = createServer((req, res) => {
  profiles.set(req.url, { url: req.url, rows: new Array(1024).fill(0) });
  if (profiles.size > 50) profiles.delete(profiles.keys().next().value);
  res.end('known');
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/users/${i}`);
