import { createServer } from 'node:http';

const server = createServer((req, res) => {
  performance.mark('start');
  res.end();
  performance.clearMarks('start');
});

const response = { end() {} };

export const step = (i) => server.emit('request', { url: `/${i}` }, response);
