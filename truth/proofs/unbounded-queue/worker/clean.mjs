// The worker is slower than what comes in: it does one job for ten requests.
import { createServer } from 'node:http';
import { ask, listen } from '../../lib/drive.mjs';

const queue = [];
let seen = 0;

async function store(job) {
  const until = seen + 10;
  while (seen < until) await new Promise((resolve) => setImmediate(resolve));
  return job.rows.length;
}

async function work() {
  for (;;) {
    const job = queue.shift();
    if (job) await store(job);
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const server = createServer((req, res) => {
  seen += 1;
  const job = { url: req.url, rows: new Array(1024).fill(0) };
  if (queue.length < 10) queue.push(job);
  res.end('accepted');
});

export function setUp() {
  work();
  return listen(server);
}
export const step = (i) => ask(server, `/${i}`);
