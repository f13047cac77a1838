import { MessageChannel } from 'node:worker_threads';

export function double(value) {
  const { port1, port2 } = new MessageChannel(); //~ leaked-resource
  return new Promise((resolve) => {
    port1.onmessage = (event) => {
      resolve(event.data * 2);
    };
    port2.postMessage(value);
  });
}

export const step = (i) => double(i);
