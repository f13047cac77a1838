// The other side hangs.
import express from 'express';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { hold, serve, until } from '../../lib/drive.mjs';

const app = express();
let port;
let server;
let sent = 0;
let asked = 0;

app.get('/rate', async (req, res) => {
  const rows = new Array(2048).fill(0);
  asked += 1;
  const answer = await fetch(`http://127.0.0.1:${port}/latest`, { signal: AbortSignal.timeout(50) });
  res.json([...rows, await answer.json()]);
});
app.use((error, req, res, next) => res.status(504).end(error.message));

export async function setUp() {
  port = await serve('silent');
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

export function step() {
  sent += 1;
  return hold(server, '/rate');
}

export async function settle() {
  await until(() => asked === sent);
  // Timers fire in their order: after this one, all that were to end the waiting have.
  await sleep(200);
}
