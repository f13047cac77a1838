// Nobody reads the feed: its buffer is full after the first steps.
import { Readable } from 'node:stream';

let isWanted = true;
const camera = new Readable({ read: () => (isWanted = true) });

export class Feed extends Readable {
  constructor(source) {
    super();
    source.on('data', (chunk) => {
      this.push(chunk); //~ ignored-backpressure
    });
  }

  _read() {}
}

export const feed = new Feed(camera);

export async function step() {
  if (isWanted) isWanted = camera.push(Buffer.alloc(65_536));
  await new Promise((resolve) => setImmediate(resolve));
}
