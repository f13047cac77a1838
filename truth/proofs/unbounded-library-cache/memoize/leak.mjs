import { createServer } from 'node:http';
import memoize from 'lodash.memoize';
import { ask, listen } from '../../lib/drive.mjs';

const load = (url) => ({ url, rows: new Array(1024).fill(0) });
const page = memoize((url) => load(url)); //~ unbounded-library-cache

const server = createServer((req, res) => {
  res.end(String(page(req.url).rows.length));
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
