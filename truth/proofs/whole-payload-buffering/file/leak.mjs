import http from 'node:http';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { hold, listen } from '../../lib/drive.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'outlive-proof-'));

process.on('exit', () => fs.rmSync(folder, { recursive: true }));

const server = http.createServer((req, res) => {
  const name = path.join(folder, path.basename(req.url));
  res.end(fs.readFileSync(name)); //~ whole-payload-buffering
});

export async function setUp() {
  fs.writeFileSync(path.join(folder, 'film'), Buffer.alloc(1 << 24));
  await listen(server);
}
export const step = () => hold(server, '/film');
