#!/usr/bin/env node
// What the cache saves: a run without one, one that fills it, one where nothing changed, and one where one file did.
//
//   node benches/cache.mjs [RUNS]
//
// It uses the tree and the build of `benches/run.mjs`. The four take turns, and medians are compared. Before it measures
// it compares what the runs print: that must be the same, byte for byte. It ends with 1 when it is not, or when a limit is
// passed.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIMITS = { warm: 0.15, changed: 0.2 };

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
const program = join(target, 'release', process.platform === 'win32' ? 'outlive.exe' : 'outlive');
const folder = join(target, 'bench-cache');
const tree = 'bench-tree';
const changing = join(target, tree, 'kafkajs@2.2.4', 'src', 'cluster', 'index.js');
const runs = Number(process.argv[2] ?? 7);

function must(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error ?? `status ${status}`}`);
}

/** One run: its time, what it printed, and its timings by name. */
function run(...options) {
  const args = ['check', ...options, '--timings', '--format', 'json', '--confidence', 'low', tree];
  const start = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: target, maxBuffer: 1 << 28 });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (status === null || status > 1) throw new Error(`${args.join(' ')}: status ${status}\n${stderr}`);
  const rows = [...String(stderr).matchAll(/^( *[a-z ]+?) +([\d.]+) (?:ms|MiB|files)$/gm)];
  const timings = Object.fromEntries(rows.map(([, name, value]) => [name.trim(), Number(value)]));
  return { ms, stdout, timings };
}

/** Gives the file another text, in a new file of its name: the tree may share its files with other copies. */
function write(text) {
  writeFileSync(`${changing}.new`, text);
  renameSync(`${changing}.new`, changing);
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
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

const cold = median(seen['without a cache'].map(({ ms }) => ms));
const share = (way) => median(seen[way].map(({ ms }) => ms)) / cold;
for (const way of Object.keys(ways)) {
  const of = (name) => median(seen[way].map(({ timings }) => timings[name] ?? 0));
  row(way, `${median(seen[way].map(({ ms }) => ms)).toFixed(0)} ms, ${(100 * share(way)).toFixed(0)} %`);
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
