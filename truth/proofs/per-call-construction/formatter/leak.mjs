import { createServer } from 'node:http';

const list = new Intl.NumberFormat('de', { style: 'currency', currency: 'EUR' });

const server = createServer((req, res) => {
  const money = new Intl.NumberFormat('de', { style: 'currency', currency: 'EUR' }); //~ per-call-construction
  res.end(money.format(req.url.length));
});

const response = { end: (text) => text.length };

export const step = (i) => server.emit('request', { url: '/price' }, response);
