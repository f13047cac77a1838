import { createServer } from 'node:http';
import { Subject } from 'rxjs';
import { ask, listen } from '../../lib/drive.mjs';

const titles = new Subject();

const server = createServer((req, res) => {
  const seen = new Array(1024).fill(0);
  const subscription = titles.subscribe((title) => seen.push(title)); //~ leaked-subscription
  res.end(String(subscription.closed));
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
