import { createServer } from 'node:net';
import { once } from 'node:events';
import net from 'node:net';
import { listen } from '../../lib/drive.mjs';

const server = createServer((socket) => {
  const rows = new Array(1024).fill(0);
  const stop = () => socket.destroy(rows.pop());
  process.on('SIGTERM', stop);
  socket.on('close', () => process.off('SIGTERM', stop));
  socket.on('error', stop);
  socket.end('welcome');
});

export const setUp = () => listen(server);

export async function step() {
  const client = net.connect(server.address().port);
  client.resume();
  await once(client, 'close');
}
