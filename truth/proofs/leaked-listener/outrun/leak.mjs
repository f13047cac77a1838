// A door is opened again and again, and never fails: each time the listener of the failure stays.
import { EventEmitter } from 'node:events';

const door = new EventEmitter();

export function opened(question) {
  return new Promise((resolve, reject) => {
    door.once('open', () => resolve(question.rows.length));
    door.once('failed', () => reject(new Error(question.text))); //~ leaked-listener
  });
}

export function step(i) {
  const asked = opened({ text: `question ${i}`, rows: new Array(1024).fill(i) });
  door.emit('open');
  return asked;
}
