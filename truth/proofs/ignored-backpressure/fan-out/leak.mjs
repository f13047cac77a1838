// One page that listens and reads nothing; each step publishes 64 KiB to it.
import { createServer } from 'node:http';
import { ask, hold, listen } from '../../lib/drive.mjs';

const pages = new Set();

function publish(text) {
  for (const page of pages) {
    page.write(`data: ${text}\n\n`); //~ ignored-backpressure
  }
}

const server = createServer((req, res) => {
  if (req.url === '/events') {
    pages.add(res);
    res.on('close', () => pages.delete(res));
    res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    return;
  }
  publish(Buffer.alloc(65_536, req.url).toString());
  res.end();
});

export async function setUp() {
  await listen(server);
  await hold(server, '/events');
}

export async function step(i) {
  await ask(server, `/${i}`);
}
