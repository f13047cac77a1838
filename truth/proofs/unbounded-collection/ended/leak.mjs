// Who stops following ends its subscription, which stays on the list of all that there were.
import { EventEmitter } from 'node:events';

const prices = new EventEmitter();
const messages = new EventEmitter();
const followers = new Map();
const followed = [];

function follow(tell) {
  const subscription = { tell: (price) => tell(price), close: () => prices.off('price', subscription.tell) };
  prices.on('price', subscription.tell);
  followed.push(subscription); //~ unbounded-collection
  return () => {
    subscription.close();
  };
}

messages.on('follow', ({ id, tell }) => followers.set(id, follow(tell)));
messages.on('leave', ({ id }) => {
  followers.get(id)?.();
  followers.delete(id);
});

export function step(i) {
  const note = 'x'.repeat(500) + i;
  messages.emit('follow', { id: i, tell: () => note.length });
  messages.emit('leave', { id: i });
}
