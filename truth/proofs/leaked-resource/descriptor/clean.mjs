import fs from 'node:fs';
import { fileURLToPath } from 'node:url';

export function head(path) {
  const fd = fs.openSync(path, 'r');
  const buffer = Buffer.alloc(4096);
  const size = fs.readSync(fd, buffer, 0, 4096, 0);
  fs.closeSync(fd);
  return size < 4096 ? null : buffer;
}

const short = fileURLToPath(new URL('proof.json', import.meta.url));

export const step = () => head(short);
