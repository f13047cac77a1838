#!/usr/bin/env node
// The benchmark: how much longer a whole cold run takes than parsing alone, and how much memory it needs.
//
//   node benches/run.mjs [RUNS]
//
// It lays out a fixed tree of npm packages below target/, builds the program, and then runs it alternately up to the
// parser and to the end: the same walk, files, parse function, threads and allocator. Nothing is kept between runs.
// It ends with 1 when a limit is passed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { measure, median, must, program, root, target } from './measure.mjs';

const LIMITS = { ratio: 1.5, mebibytes: 300 };

const tree = join(target, 'bench-tree');
const runs = Number(process.argv[2] ?? 7);

/** One run up to a stage: its wall time, where it went, the peak of its memory, and what was analysed. */
function run(stage) {
  const args = ['check', '--no-cache', '--parse-all', '--until', stage, '--timings', '--format', 'json', 'bench-tree'];
  const { ms, stdout, stderr } = measure([program, ...args], target, 'pipe');
  const rows = [...stderr.matchAll(/^( *[a-z ]+?) +([\d.]+) (?:ms|MiB)$/gm)];
  const timings = Object.fromEntries(rows.map(([, name, value]) => [name.trim(), Number(value)]));
  return { ms, timings, stats: JSON.parse(stdout).stats };
}

function row(name, value) {
  console.log(`${name.padEnd(34)} ${value}`);
}

must('sh', [join(root, 'benches', 'lay-out.sh'), tree]);
must('cargo', ['build', '--release', '--quiet']);
if (!existsSync(program)) throw new Error(`${program} was not built`);

run('parse'); // Fills the cache of the file system, for both alike.
const seen = { parse: [], link: [] };
for (let i = 0; i < runs; i += 1) {
  for (const stage of ['parse', 'link']) seen[stage].push(run(stage));
}

const [alone, whole] = ['parse', 'link'].map((stage) => median(seen[stage].map(({ ms }) => ms)));
const ratio = whole / alone;
const peak = Math.max(...seen.link.map(({ timings }) => timings['peak memory'] ?? Number.NaN));
const { stats } = seen.link[0];
const of = (name) => `${median(seen.link.map(({ timings }) => timings[name])).toFixed(0)} ms`;

row('files analysed', `${stats.parsed} of ${stats.files}, ${(stats.bytes / 2 ** 20).toFixed(1)} MiB read`);
for (const [reason, count] of Object.entries(stats.skipped_by_reason)) row(`  left out: ${reason}`, count);
row('  could not be parsed', stats.failed);
row('parsing alone, median', `${alone.toFixed(0)} ms of ${runs} runs`);
row('whole run, median', `${whole.toFixed(0)} ms of ${runs} runs`);
row('  walk', of('walk'));
for (const name of ['read', 'parse', 'lower', 'visit']) row(`  ${name}, on all threads`, of(name));
for (const name of ['link', 'settle', 'report']) row(`  ${name}`, of(name));
row('ratio', `${ratio.toFixed(2)} (limit ${LIMITS.ratio})`);
row('peak memory', `${peak.toFixed(0)} MiB (limit ${LIMITS.mebibytes})`);

const counts = new Set(Object.values(seen).flat().map((it) => `${it.stats.parsed} ${it.stats.failed}`));
const passed = [
  [ratio <= LIMITS.ratio, 'the whole run takes too long'],
  [peak < LIMITS.mebibytes, 'the whole run needs too much memory, or the system does not tell how much'],
  [counts.size === 1, 'not every run analysed the same files'],
];
for (const [holds, message] of passed) if (!holds) console.error(`over the limit: ${message}`);
process.exitCode = passed.every(([holds]) => holds) ? 0 : 1;
