#!/usr/bin/env node
// How the link grows with the project: its time on an eighth, a quarter, a half and all of the benchmark's tree, and on
// made-up projects of the kinds that a spread over a graph may find hard.
//
//   node benches/growth.mjs PROGRAM [RUNS]
//
// One thread; the least of several runs. What is linear has the same time for each thousand functions all the way. The
// last rows are the whole run on one thread and on two.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { measure, must, root, target } from './measure.mjs';

const tree = join(target, 'bench-tree');
const made = join(target, 'growth');
const [program, runs = '5'] = process.argv.slice(2);
if (!program) throw new Error('usage: growth.mjs PROGRAM [RUNS]');

/** The least times of several runs, what was analysed and how many functions that had. */
function run(folder, paths, threads = 1) {
  const least = { link: Infinity, whole: Infinity };
  let found;
  for (let i = 0; i < Number(runs); i += 1) {
    const args = ['check', '--no-cache', '--no-config', '--timings', '--coverage', '--threads', String(threads)];
    const { ms, stdout, stderr } = measure([resolve(program), ...args, '--format', 'json', ...paths], folder, 'pipe');
    const link = Number(/^link +([\d.]+) ms$/m.exec(stderr)[1]);
    const functions = Number(/^functions +(\d+)/m.exec(stderr)[1]);
    found = { files: JSON.parse(stdout).stats.parsed, functions };
    least.link = Math.min(least.link, link);
    least.whole = Math.min(least.whole, ms);
  }
  return { ...least, ...found };
}

function row(name, { files, functions, link }) {
  const each = (1_000 * link) / functions;
  const columns = [name.padEnd(24), `${files} files`.padStart(12), `${functions} functions`.padStart(18)];
  console.log(...columns, `${link.toFixed(1)} ms`.padStart(10), `${each.toFixed(2)} ms a thousand`.padStart(20));
}

/** Writes a made-up project: for each file its text. */
function project(name, files) {
  const folder = join(made, name);
  mkdirSync(folder, { recursive: true });
  files.forEach((text, i) => writeFileSync(join(folder, `f${i}.js`), text));
  return folder;
}

const EACH = 10;
const name = (i) => `step${i}`;

/** Functions that call the next one, ten to a file; the last calls nothing, or the first. */
function chain(count, closed) {
  const files = [];
  for (let first = 0; first < count; first += EACH) {
    const next = first + EACH < count ? first + EACH : closed ? 0 : undefined;
    const lines = next === undefined ? [] : [`import { ${name(next)} } from './f${next / EACH}.js';`];
    for (let i = first; i < first + EACH; i += 1) {
      const callee = i + 1 < first + EACH ? i + 1 : next;
      lines.push(`export function ${name(i)}(x) { ${callee === undefined ? '' : `${name(callee)}(x);`} }`);
    }
    files.push(lines.join('\n'));
  }
  files[0] += `\nsetInterval(() => ${name(0)}(1), 1000);`;
  return files;
}

/** One function that calls all others, and that all others call. */
function hub(count) {
  const files = [];
  const hubFile = count / EACH;
  for (let first = 0; first < count; first += EACH) {
    const lines = [`import { hub } from './f${hubFile}.js';`];
    for (let i = first; i < first + EACH; i += 1) lines.push(`export function ${name(i)}(x) { hub(x); }`);
    files.push(lines.join('\n'));
  }
  const imports = files.map((_, file) => {
    const names = Array.from({ length: EACH }, (_, i) => name(file * EACH + i));
    return `import { ${names.join(', ')} } from './f${file}.js';`;
  });
  const calls = Array.from({ length: count }, (_, i) => `  ${name(i)}(x);`);
  files.push([...imports, 'export function hub(x) {', ...calls, '}', 'setInterval(() => hub(1), 1000);'].join('\n'));
  return files;
}

must('sh', [join(root, 'benches', 'lay-out.sh'), tree]);

/** One of so many packages. */
const share = (part) => readdirSync(tree).sort().filter((_, i) => i % part === part - 1);

for (const part of [8, 4, 2, 1]) row(`tree, 1/${part} of packages`, run(tree, share(part)));
rmSync(made, { recursive: true, force: true });
for (const count of [1_250, 2_500, 5_000, 10_000]) row(`chain of ${count}`, run(project(`chain-${count}`, chain(count, false)), ['.']));
for (const count of [1_250, 2_500, 5_000, 10_000]) row(`cycle of ${count}`, run(project(`cycle-${count}`, chain(count, true)), ['.']));
for (const count of [1_250, 2_500, 5_000, 10_000]) row(`hub with ${count} callees`, run(project(`hub-${count}`, hub(count)), ['.']));
rmSync(made, { recursive: true, force: true });
const [one, two] = [1, 2].map((threads) => run(tree, ['.'], threads).whole);
console.log(`whole run: one thread ${one.toFixed(0)} ms, two threads ${two.toFixed(0)} ms, ${(one / two).toFixed(2)} times as fast`);
