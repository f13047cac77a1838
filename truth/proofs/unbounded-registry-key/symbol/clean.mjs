import { createServer } from 'node:http';

const server = createServer((req, res) => {
  const key = Symbol(`user:${req.url}`);
  res.end(key.description);
});

const response = { end: (text) => text.length };
const token = 'k'.repeat(200);

export const step = (i) => server.emit('request', { url: `/${i}?token=${token}` }, response);
