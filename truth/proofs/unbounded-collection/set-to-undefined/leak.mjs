// The value goes, the key stays. The handler is called without a network: what a key costs would drown in its noise.
import { createServer } from 'node:http';

const running = {};

const server = createServer((req, res) => {
  const id = req.url.slice(1);
  running[id] = { started: Date.now() }; //~ unbounded-collection
  res.on('close', () => {
    running[id] = undefined;
  });
  res.end();
});

const response = { on: (event, listener) => listener(), end() {} };
const token = 'k'.repeat(200);

export function step(i) {
  server.emit('request', { url: `/import-${i}?token=${token}` }, response);
}
