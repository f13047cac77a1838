const { EventEmitter } = require('node:events');

const events = new EventEmitter();

function stream(req, res) {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const alive = setInterval(() => res.write(':\n\n'), 15_000);
  res.on('close', () => clearInterval(alive));
  events.on('order', (order) => send(res, order));
}

function send(res, order) {
  res.write(`data: ${JSON.stringify(order)}\n\n`);
}

module.exports = { events, stream };
