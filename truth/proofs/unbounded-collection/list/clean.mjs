import { createServer } from 'node:http';
import { ask, listen } from '../../lib/drive.mjs';

class Profiler {
  samples = [];

  sample(name) {
    this.samples.push({ name, frames: new Array(1024).fill(0) });
    if (this.samples.length > 50) this.samples.shift();
  }
}

const profiler = new Profiler();

const server = createServer((req, res) => {
  profiler.sample(req.url);
  res.end();
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/pages/${i}`);
