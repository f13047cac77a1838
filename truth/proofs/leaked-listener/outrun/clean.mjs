// A door is opened again and again, and never fails: each time the listener of the failure stays.
import { EventEmitter } from 'node:events';

const door = new EventEmitter();

export function opened(question) {
  return new Promise((resolve, reject) => {
    const open = () => {
      door.off('failed', fail);
      resolve(question.rows.length);
    };
    const fail = () => {
      door.off('open', open);
      reject(new Error(question.text));
    };
    door.once('open', open);
    door.once('failed', fail);
  });
}

export function step(i) {
  const asked = opened({ text: `question ${i}`, rows: new Array(1024).fill(i) });
  door.emit('open');
  return asked;
}
