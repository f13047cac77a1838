// One request that does not end; each step sends 16 KiB more of it.
import { createServer } from 'node:http';
import { call, listen, until } from '../../lib/drive.mjs';

let received = 0;
let isOpen = true;

const server = createServer((req, res) => {
  const pieces = [];
  let size = 0;
  req.on('data', (piece) => {
    size += piece.length;
    received += piece.length;
    pieces.push(piece);
    if (size > 100_000) req.destroy();
  });
  req.on('end', () => res.end(String(pieces.length)));
  req.on('close', () => (isOpen = false));
});

export async function setUp() {
  await listen(server);
  await call('begin', server.address().port, '/');
}

export async function step() {
  const before = received;
  if (await call('more', 16_384)) await until(() => received >= before + 16_384 || !isOpen);
}
