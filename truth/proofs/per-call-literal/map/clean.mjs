import { createServer } from 'node:http';

const names = new Map([
  ['GET', 'read'],
  ['HEAD', 'look'],
  ['POST', 'add'],
  ['PUT', 'replace'],
  ['DELETE', 'remove'],
]);

const server = createServer((req, res) => {
  res.end(names.get(req.method));
});

const requests = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'].map((method) => ({ method }));
const response = { end() {} };

export const step = (i) => server.emit('request', requests[i % 5], response);
