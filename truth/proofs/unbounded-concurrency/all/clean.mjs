// One request with an address for each step, measured while its work is going on.
import express from 'express';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { hold, until } from '../../lib/drive.mjs';

const app = express();
let running = 0;

async function send(address) {
  const letter = Buffer.alloc(8192, address);
  running += 1;
  await sleep(600_000);
  return letter.length;
}

app.post('/mail', express.json(), async (req, res) => {
  for (const address of req.body.addresses) await send(address);
  res.end();
});

let server;
let addresses = [];

export async function setUp() {
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

export function step(i) {
  addresses.push(`u${i}`);
}

export async function settle() {
  const before = running;
  await hold(server, '/mail', { addresses });
  addresses = [];
  await until(() => running > before);
}
