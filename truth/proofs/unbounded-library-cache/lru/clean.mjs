import { createServer } from 'node:http';
import { LRUCache } from 'lru-cache';
import { ask, listen } from '../../lib/drive.mjs';

const pages = new LRUCache({ max: 50, ttl: 1 });

const server = createServer((req, res) => {
  pages.set(req.url, { rows: new Array(1024).fill(0) });
  res.end();
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
