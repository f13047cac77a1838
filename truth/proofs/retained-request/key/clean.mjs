import { createServer } from 'node:http';
import { ask, listen } from '../../lib/drive.mjs';

const started = new WeakMap();

const server = createServer((req, res) => {
  req.body = new Array(1024).fill(0);
  started.set(req, Date.now());
  res.end('ok');
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
