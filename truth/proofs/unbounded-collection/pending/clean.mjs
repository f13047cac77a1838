// Questions to a worker that never answers some of them: the caller is told so after a while, the entry stays.
import { EventEmitter } from 'node:events';
import { until } from '../../lib/drive.mjs';

const pending = new Map();
let last = 0;

export function ask(worker, question, done) {
  const id = ++last;
  pending.set(id, { question, done });
  setTimeout(() => { pending.delete(id); done(new Error('timeout')); }, 5);
  worker.emit('question', id, question);
}

export function onAnswer(id, answer) {
  pending.get(id)?.done(answer);
  pending.delete(id);
}

const deaf = new EventEmitter();
let open = 0;

export function step(i) {
  open += 1;
  ask(deaf, { i, rows: new Array(1024).fill(0) }, () => (open -= 1));
}
export const settle = () => until(() => open === 0);
