import http from 'node:http';
import { ask, listen, serve } from '../../lib/drive.mjs';

let port;

const server = http.createServer((req, res) => {
  const agent = new http.Agent({ keepAlive: true }); //~ per-call-client
  http.get({ port, path: req.url, agent }, (answer) => {
    answer.resume();
    answer.on('end', () => res.end('ok'));
  });
});

export async function setUp() {
  port = await serve('brisk');
  await listen(server);
}
export const step = (i) => ask(server, `/${i}`);
