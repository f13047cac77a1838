import { createServer } from 'node:http';
import { ask, listen } from '../../lib/drive.mjs';

let recent = [];

const server = createServer((req, res) => {
  recent = [...recent, { url: req.url, timings: new Array(1024).fill(0) }]; //~ unbounded-collection
  res.end(String(recent.length));
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/pages/${i}`);
