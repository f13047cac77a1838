import fs from 'node:fs';
import { fileURLToPath } from 'node:url';

export function head(path) {
  const fd = fs.openSync(path, 'r'); //~ leaked-resource
  const buffer = Buffer.alloc(4096);
  if (fs.readSync(fd, buffer, 0, 4096, 0) < 4096) return null;
  fs.closeSync(fd);
  return buffer;
}

const short = fileURLToPath(new URL('proof.json', import.meta.url));

export const step = () => head(short);
