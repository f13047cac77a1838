// The other end takes nothing; the network's own buffers are full after the first steps.
import net from 'node:net';
import { Readable, Writable } from 'node:stream';
import { serve } from '../../lib/drive.mjs';

let isWanted = true;
const camera = new Readable({ read: () => (isWanted = true) });

export function recorder(port) {
  const upstream = net.connect(port, '127.0.0.1'); //~ low leaked-resource
  return new Writable({
    write(chunk, encoding, callback) {
      upstream.write(chunk, callback);
    },
  });
}

export async function setUp() {
  camera.pipe(recorder(await serve('stuffed')));
}

export async function step() {
  if (isWanted) isWanted = camera.push(Buffer.alloc(65_536));
  await new Promise((resolve) => setImmediate(resolve));
}
