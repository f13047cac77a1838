import http from 'node:http';
import { serve } from '../../lib/drive.mjs';

let port;

export function isUp(url, callback) {
  http.get(url, (response) => { //~ unconsumed-response
    callback(response.statusCode < 400);
  });
}

export async function setUp() {
  port = await serve('wordy');
}
export const step = () => new Promise((resolve) => isUp(`http://127.0.0.1:${port}/`, resolve));
