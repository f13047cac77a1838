import { createServer } from 'node:http';
import { ask, listen } from '../../lib/drive.mjs';

const shutdown = new Promise((resolve) => process.once('SIGTERM', resolve));
const stops = new Set();

async function query() {
  return new Array(1024).fill(0);
}

async function answer(req, res) {
  const rows = await Promise.race([query(req.url), shutdown]); //~ pending-race
  res.end(String(rows.length));
}

const server = createServer(answer);
shutdown.then(() => stops.forEach((stop) => stop([])));

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
