import express from 'express';
import { shared } from './shared.js';

const app = express();
const seen = new Map();
const known = new Map();

app.get('/users/:id', (req, res) => {
  /* é𐐀 */ seen.set(req.url, Date.now());
  shared.set(req.url, res);
  // outlive-disable-next-line unbounded-collection -- shown only on request
  known.set(req.ip, true);
  res.end();
});
