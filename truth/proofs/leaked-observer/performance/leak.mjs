import { createServer } from 'node:http';
import { PerformanceObserver } from 'node:perf_hooks';
import { ask, listen } from '../../lib/drive.mjs';

const server = createServer((req, res) => {
  const rows = new Array(1024).fill(0);
  const observer = new PerformanceObserver((list) => rows.push(list)); //~ leaked-observer
  observer.observe({ entryTypes: ['mark'] });
  res.end();
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
