import { createServer } from 'node:http';
import { ask, listen } from '../../lib/drive.mjs';

const shutdown = new Promise((resolve) => process.once('SIGTERM', resolve));
const ready = Promise.resolve();

const server = createServer((req, res) => {
  const rows = new Array(1024).fill(0);
  shutdown.then(() => res.destroy(rows.pop())); //~ pending-race
  res.end();
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
