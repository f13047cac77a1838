import { createServer } from 'node:http';

const server = createServer((req, res) => {
  performance.mark('start'); //~ uncleared-performance-entries
  res.end();
});

const response = { end() {} };

export const step = (i) => server.emit('request', { url: `/${i}` }, response);
