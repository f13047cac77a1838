import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import { ask, listen } from '../../lib/drive.mjs';

const prices = new EventEmitter();

const server = createServer((req, res) => {
  const basket = new Array(1024).fill(0);
  const update = (price) => basket.push(price);
  prices.on('change', update); //~ leaked-listener
  res.end();
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/prices/${i}`);
