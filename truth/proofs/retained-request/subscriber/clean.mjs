import { createServer } from 'node:http';
import { leave, listen } from '../../lib/drive.mjs';

const subscribers = new Set();

const server = createServer((req, res) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.write(': hello\n\n');
  subscribers.add(res);
  res.on('close', () => subscribers.delete(res));
});

export const setUp = () => listen(server);
export const step = (i) => leave(server, `/events/${i}`);
