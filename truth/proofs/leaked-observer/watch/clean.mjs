import { once } from 'node:events';
import { watch } from 'node:fs';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { listen } from '../../lib/drive.mjs';

const config = fileURLToPath(new URL('proof.json', import.meta.url));

const server = net.createServer((socket) => {
  const rows = new Array(1024).fill(0);
  const watcher = watch(config, () => rows.pop());
  socket.on('close', () => watcher.close());
  socket.end(String(typeof watcher));
});

export const setUp = () => listen(server);

export async function step() {
  const client = net.connect(server.address().port);
  client.resume();
  await once(client, 'close');
}
