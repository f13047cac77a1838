import { createServer } from 'node:http';
import { ask, listen } from '../../lib/drive.mjs';

const sessions = {};

const server = createServer((req, res) => {
  const id = req.url.slice(1);
  sessions[id] = { id, basket: new Array(1024).fill(0) };
  res.on('close', () => delete sessions[id]);
  res.end('welcome');
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
