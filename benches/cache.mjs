#!/usr/bin/env node
// What the cache saves: a run without one, one that fills it, one where nothing changed, and one where one file did.
//
//   node benches/cache.mjs [RUNS]
//
// It uses the tree and the build of `benches/run.mjs`. The four take turns, and medians are compared. Before it measures
// it compares what the runs print: that must be the same, byte for byte. It ends with 1 when it is not, or when a limit is
// passed.
import { readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measure, median, must, program, root, target } from './measure.mjs';

const LIMITS = { warm: 0.15, changed: 0.2 };

const folder = join(target, 'bench-cache');
const tree = 'bench-tree';
const changing = join(target, tree, 'kafkajs@2.2.4', 'src', 'cluster', 'index.js');
const runs = Number(process.argv[2] ?? 7);

/** One run: what it took, what it printed, and its timings by name. */
function run(...options) {
  const args = ['check', ...options, '--timings', '--format', 'json', '--confidence', 'low', tree];
  const result = measure([program, ...args], target, 'pipe');
  const rows = [...result.stderr.matchAll(/^( *[a-z ]+?) +([\d.]+) (?:ms|MiB|files)$/gm)];
  return { ...result, timings: Object.fromEntries(rows.map(([, name, value]) => [name.trim(), Number(value)])) };
}

/** Gives the file another text, in a new file of its name: the tree may share its files with other copies. */
function write(text) {
  writeFileSync(`${changing}.new`, text);
  renameSync(`${changing}.new`, changing);
}

function row(name, value) {
  console.log(`${name.padEnd(34)} ${value}`);
}

must('sh', [join(root, 'benches', 'lay-out.sh'), join(target, tree)]);
must('cargo', ['build', '--release', '--quiet']);
const original = readFileSync(changing);
let count = 0;
const ways = {
  'without a cache': () => run('--no-cache'),
  'filling the cache': () => {
    rmSync(folder, { recursive: true, force: true });
    return run('--cache-dir', folder);
  },
  'nothing changed': () => run('--cache-dir', folder),
  'one file changed': () => {
    write(`${original}// ${(count += 1)}\n`);
    const result = run('--cache-dir', folder);
    write(original);
    return result;
  },
};

const seen = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
const alike = [];
try {
  const plain = ways['without a cache']();
  for (let i = 0; i < runs; i += 1) {
    for (const [way, go] of Object.entries(ways)) {
      const result = go();
      seen[way].push(result);
      // A comment at the end changes no finding, but the number of bytes that were read.
      if (way !== 'one file changed') alike.push(result.stdout.equals(plain.stdout));
    }
  }
} finally {
  write(original);
}

/** The median of a way as a share of a run without a cache. */
const share = (way, what = 'ms') => {
  const [part, whole] = [way, 'without a cache'].map((of) => median(seen[of].map((it) => it[what])));
  return part / whole;
};
const percent = (part) => `${(100 * part).toFixed(0)} %`;
for (const way of Object.keys(ways)) {
  const of = (name) => median(seen[way].map(({ timings }) => timings[name] ?? 0));
  row(way, `${median(seen[way].map(({ ms }) => ms)).toFixed(0)} ms, ${percent(share(way))}`);
  row('  time of the processors', `${median(seen[way].map(({ cpu }) => cpu)).toFixed(0)} ms, ${percent(share(way, 'cpu'))}`);
  row('  known from the cache', `${of('known from the cache')} files`);
  for (const name of ['read', 'load', 'keep']) row(`  ${name}, on all threads`, `${of(name).toFixed(0)} ms`);
  for (const name of ['walk', 'files', 'link', 'settle', 'report']) row(`  ${name}`, `${of(name).toFixed(0)} ms`);
  row('  peak memory', `${of('peak memory').toFixed(0)} MiB`);
}
const bytes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
row('size of the cache', `${(bytes.reduce((a, b) => a + b, 0) / 2 ** 20).toFixed(1)} MiB`);

const passed = [
  [alike.every(Boolean), 'a run with a cache prints something else'],
  [share('nothing changed') <= LIMITS.warm, `nothing changed: the limit is ${100 * LIMITS.warm} %`],
  [share('one file changed') <= LIMITS.changed, `one file changed: the limit is ${100 * LIMITS.changed} %`],
];
for (const [holds, message] of passed) if (!holds) console.error(`over the limit: ${message}`);
process.exitCode = passed.every(([holds]) => holds) ? 0 : 1;
