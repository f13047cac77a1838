import { once } from 'node:events';
import net from 'node:net';
import { listen } from '../../lib/drive.mjs';

const server = net.createServer((socket) => {
  const rows = new Array(1024).fill(0);
  const ping = setInterval(() => socket.write(`${rows.pop()}\n`), 3_600_000);
  socket.on('error', (error) => console.error(error));
  socket.on('close', () => clearInterval(ping));
  socket.end('welcome');
  ping.unref();
});

export const setUp = () => listen(server);

export async function step() {
  const client = net.connect(server.address().port);
  client.resume();
  await once(client, 'close');
}
