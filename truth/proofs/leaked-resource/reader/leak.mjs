import { serve } from '../../lib/drive.mjs';

let port;

export async function beginning(url, limit) {
  const answer = await fetch(url);
  const reader = answer.body.getReader(); //~ leaked-resource
  let size = 0;
  while (true) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      return size;
    }
  }
  return size;
}

export async function setUp() {
  port = await serve('wordy');
}
export const step = () => beginning(`http://127.0.0.1:${port}/`, 1000);
