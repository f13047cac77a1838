// One of the two fires and takes itself away; the other stays.
import { EventEmitter } from 'node:events';

const device = new EventEmitter();

export function ask(question) {
  return new Promise((resolve, reject) => {
    const onAnswer = (answer) => {
      resolve(answer);
    };
    const onError = (error) => {
      device.off('answer', onAnswer);
      reject(new Error(`${question.text}: ${error}`));
    };
    device.once('answer', onAnswer);
    device.once('error', onError); //~ leaked-listener
    device.emit('question', question);
  });
}

export function step(i) {
  const asked = ask({ text: `question ${i}`, rows: new Array(1024).fill(i) });
  device.emit('answer', i);
  return asked;
}
