import { createServer } from 'node:http';

const server = createServer((req, res) => {
  console.time(`answer ${req.url}`);
  res.end();
  console.timeEnd(`answer ${req.url}`);
});

console.log = () => {};
const response = { end() {} };
const token = 'k'.repeat(200);

export const step = (i) => server.emit('request', { url: `/${i}?token=${token}` }, response);
