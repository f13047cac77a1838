// Runs one file of a proof in a process of its own and prints what stood in memory at the start, after N and after 2N steps.
//
//     node --expose-gc truth/proving/child.mjs FILE PROOF
//
// PROOF is the text of the proof's proof.json. The output is one line of JSON: three counts.
import { readdirSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const [file, text] = process.argv.slice(2);
const { keeps, steps, warmUp = Math.max(100, steps / 2) } = JSON.parse(text);

const { setUp, step, settle, count } = await import(pathToFileURL(file));
const measures = { bytes: retained, descriptors, allocated: () => process.memoryUsage().heapUsed };
const measure = count ?? measures[keeps];

await setUp?.();
let next = 0;
const counts = [];
for (const size of [warmUp, steps, steps]) {
  if (keeps === 'allocated') runThrough(size);
  else await run(size);
  counts.push(await measure());
}
process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0));

async function run(size) {
  for (const end = next + size; next < end; next++) await step(next);
  await settle?.();
}

/** Without a turn of the event loop, and with a young generation so large that nothing is collected meanwhile. */
function runThrough(size) {
  if (next === 0) globalThis.gc();
  for (const end = next + size; next < end; next++) step(next);
}

/** Collects until nothing more comes free: finalisers and streams need turns of the event loop to let go. */
async function retained() {
  let least = Infinity;
  let isStill = 0;
  for (let round = 0; round < 20 && isStill < 3; round++) {
    for (let i = 0; i < 5; i++) await turn();
    globalThis.gc();
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    // The bytes of buffers belong to `external`, except those that the runtime keeps where no script sees them.
    const now = heapUsed + Math.max(external, arrayBuffers);
    isStill = now < least - 1024 ? 0 : isStill + 1;
    least = Math.min(least, now);
  }
  return least;
}

async function descriptors() {
  await retained();
  return readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd').length;
}
