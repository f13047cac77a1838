import { createServer } from 'node:http';
import { ask, listen } from '../../lib/drive.mjs';

let serial = 0;

const server = createServer(async (req, res) => {
  const page = await import('../../lib/page.mjs');
  res.end(page.render(req.url));
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
