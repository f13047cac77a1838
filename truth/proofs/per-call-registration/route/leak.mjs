import express from 'express';
import { ask } from '../../lib/drive.mjs';
import { once } from 'node:events';

const app = express();
let server;

app.get('/rooms/:id', (req, res) => {
  app.get(`/rooms/${req.params.id}/log`, (_, answer) => answer.send(req.params.id)); //~ per-call-registration
  res.send('made');
});
app.get('/rooms/:id/log', (req, res) => res.send(req.params.id));

export async function setUp() {
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
}
export const step = (i) => ask(server, `/rooms/${i}`);
