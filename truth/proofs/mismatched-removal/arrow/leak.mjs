import { EventEmitter, once } from 'node:events';
import net from 'node:net';
import { listen } from '../../lib/drive.mjs';

const feed = new EventEmitter();

const server = net.createServer((socket) => {
  const rows = new Array(1024).fill(0);
  feed.on('update', (row) => rows.push(row));
  socket.on('close', () => feed.off('update', (row) => rows.push(row))); //~ mismatched-removal
  socket.end('welcome');
});

export const setUp = () => listen(server);

export async function step() {
  const client = net.connect(server.address().port);
  client.resume();
  await once(client, 'close');
}
