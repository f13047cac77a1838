#!/usr/bin/env node
// Whether a run has become dearer: instructions for each analysed file, which do not depend on what else the machine does.
//
//   node benches/counts.mjs PROGRAM [--write]
//
// Counts the instructions of a whole run on each package of benches/counts.txt (one thread, under valgrind), less those of
// a run on an empty folder, and compares them with what is written there. Ends with 1 if one of them is more than a tenth
// above. `--write` writes what was counted instead: do so with the change that makes it dearer or cheaper, and say why.
//
// Then made-up files of one kind of part each, benches/large.mjs, in two sizes: twice the parts may cost no more than 2.3
// times as much. What is the square of the parts costs four times as much, and so ends with 1 too.
// The program is to be built with `cargo build --release`. `.ci/counts` is part of what a change must pass; it says so where
// nothing can be counted.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LARGE } from './large.mjs';
import { must, root, target } from './measure.mjs';

const MARGIN = 1.1;
const PARTS = 400;
const STEEPEST = 2.3;

const here = join(root, 'benches');
const tree = join(target, 'bench-tree');
const list = join(here, 'counts.txt');
const [program, option] = process.argv.slice(2);
if (!program) throw new Error('usage: counts.mjs PROGRAM [--write]');

/** Instructions of a whole run in a folder, and the number of files analysed. */
function count(folder) {
  const tool = ['--tool=callgrind', '--callgrind-out-file=/dev/null'];
  const args = ['check', '--no-cache', '--threads', '1', '--no-config', '--exit-zero', '--format', 'json', '.'];
  const { status, stdout, stderr } = spawnSync('valgrind', [...tool, resolve(program), ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const found = /Collected : (\d+)/.exec(stderr);
  if (status !== 0 || !found) throw new Error(`${folder}: status ${status}\n${stderr}`);
  return { instructions: Number(found[1]), files: JSON.parse(stdout).stats.parsed };
}

const empty = mkdtempSync(join(tmpdir(), 'outlive-counts-'));
const start = count(empty).instructions;

const rows = readFileSync(list, 'utf8').split('\n').filter((row) => row && !row.startsWith('#'));
const written = rows.map((row) => row.split(' '));
must('sh', [join(here, 'lay-out.sh'), tree, ...written.map(([name]) => name)]);
let dearer = 0;
const counted = written.map(([name, known]) => {
  const { instructions, files } = count(join(tree, name.replaceAll('/', '+')));
  const each = Math.round((instructions - start) / files / 1_000);
  const change = known ? `${(100 * (each / Number(known) - 1)).toFixed(1)} %` : 'new';
  const isDearer = known !== undefined && each > Number(known) * MARGIN;
  dearer += isDearer ? 1 : 0;
  console.log(`${name.padEnd(28)} ${String(files).padStart(5)} files ${String(each).padStart(8)} thousand each  ${change}${isDearer ? '  DEARER' : ''}`);
  return `${name} ${each}`;
});

/** Instructions for a file of so many parts. */
function large(make, parts) {
  writeFileSync(join(empty, 'all.js'), make(parts));
  const { instructions, files } = count(empty);
  if (files !== 1) throw new Error('the made-up file was not analysed');
  return instructions - start;
}

let steep = 0;
for (const [name, make] of Object.entries(LARGE)) {
  const [once, twice] = [PARTS, 2 * PARTS].map((parts) => large(make, parts));
  const isSteep = twice / once > STEEPEST;
  steep += isSteep ? 1 : 0;
  const each = `${Math.round(once / PARTS / 1_000)} thousand a part`;
  console.log(`${name.padEnd(42)} ${each.padStart(22)}  ${(twice / once).toFixed(2)} times for twice as many${isSteep ? '  STEEP' : ''}`);
}
rmSync(empty, { recursive: true });
if (option === '--write') {
  const head = readFileSync(list, 'utf8').split('\n').filter((row) => row.startsWith('#'));
  writeFileSync(list, `${[...head, ...counted].join('\n')}\n`);
} else {
  process.exitCode = dearer + steep === 0 ? 0 : 1;
}
