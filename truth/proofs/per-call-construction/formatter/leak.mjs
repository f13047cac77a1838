import { createServer } from 'node:http';

const list = new Intl.DateTimeFormat('de', { dateStyle: 'full' });

const server = createServer((req, res) => {
  const day = new Intl.DateTimeFormat('de', { dateStyle: 'full' }); //~ per-call-construction
  res.end(day.format(req.url.length));
});

const response = { end: (text) => text.length };

export const step = (i) => server.emit('request', { url: '/price' }, response);
