import { createServer } from 'node:http';
import Ajv from 'ajv';
import { ask, listen } from '../../lib/drive.mjs';

const ajv = new Ajv();
const order = { type: 'object', required: ['sku'] };

const server = createServer((req, res) => {
  const validate = ajv.compile({ type: 'object', required: ['sku'] }); //~ per-call-registration
  res.end(String(validate({ sku: req.url })));
});

export const setUp = () => listen(server);
export const step = (i) => ask(server, `/${i}`);
