import axios from 'axios';
import { createServer } from 'node:http';
import { ask, listen } from '../../lib/drive.mjs';

const server = createServer((req, res) => {
  const trace = { id: req.headers.trace, spans: new Array(1024).fill(0) };
  axios.create().interceptors.request.use((config) => {
    config.headers.trace = trace.id;
    return config;
  });
  res.end();
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
