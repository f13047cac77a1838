// Whoever waits for a queue to be idle wraps the function that tells those who waited before; nothing sets it back.
import { EventEmitter } from 'node:events';

const queue = new EventEmitter();
let tell = () => {};

queue.on('wait', (done) => {
  const before = tell;
  tell = () => {
    before();
    done();
  };
});

queue.on('idle', () => {
  tell();
  tell = () => {};
});

export function step(i) {
  const note = 'x'.repeat(500) + i;
  queue.emit('wait', () => note.length);
  queue.emit('idle');
}
