import { createServer } from 'node:http';

const pages = {
  missing: { title: 'Not found', status: 404 },
  forbidden: { title: 'Forbidden', status: 403 },
  gone: { title: 'Gone', status: 410 },
  teapot: { title: 'Teapot', status: 418 },
  broken: { title: 'Broken', status: 500 },
};

const server = createServer((req, res) => {
  const page = pages[req.url];
  res.statusCode = page.status;
  res.end(page.title);
});

const requests = ['missing', 'forbidden', 'gone', 'teapot', 'broken'].map((url) => ({ url }));
const response = { statusCode: 200, end() {} };

export const step = (i) => server.emit('request', requests[i % 5], response);
