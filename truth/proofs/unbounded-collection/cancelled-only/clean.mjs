// What runs can be cancelled by its id; only who cancels takes the entry out.
import { EventEmitter } from 'node:events';

const messages = new EventEmitter();
const running = new Map();
let done = 0;

function begin(id) {
  const controller = new AbortController();
  running.set(id, controller);
  controller.signal.addEventListener('abort', () => running.delete(id));
  return controller;
}

messages.on('chat', async (message) => {
  const { signal } = begin(message.id);
  done += await message.work(signal);
  running.delete(message.id);
});
messages.on('abort', (message) => running.get(message.id)?.abort());

export function step(i) {
  messages.emit('chat', { id: i, work: async () => 1 });
}
