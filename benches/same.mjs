#!/usr/bin/env node
// Whether two programs say the same: what makes it faster must not change a byte of what it finds.
//
//   node benches/same.mjs OLD NEW FOLDER…
//
// Runs both on each folder, with everything shown, and compares the whole JSON output. What a folder contains is a tree
// each if its name ends with a slash. Ends with 1 if anything differs.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [older, newer, ...folders] = process.argv.slice(2);
if (folders.length === 0) throw new Error('usage: same.mjs OLD NEW FOLDER…');

function output(program, folder) {
  const args = ['check', '--confidence', 'low', '--format', 'json', '.'];
  const { status, stdout, stderr } = spawnSync(resolve(program), args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 29,
  });
  if (status === null || status > 1) throw new Error(`${program} in ${folder}: status ${status}\n${stderr}`);
  return stdout;
}

/** The first line in which two outputs differ. */
function difference(a, b) {
  const [left, right] = [a.split('\n'), b.split('\n')];
  const at = left.findIndex((line, i) => line !== right[i]);
  return `line ${at + 1}: ${left[at]} | ${right[at]}`;
}

const trees = folders.flatMap((folder) =>
  folder.endsWith('/') ? readdirSync(folder).map((name) => join(folder, name)) : [folder],
);
let findings = 0;
let different = 0;
for (const tree of trees) {
  const [before, after] = [output(older, tree), output(newer, tree)];
  findings += JSON.parse(before).findings.length;
  if (before !== after) {
    different += 1;
    console.error(`${tree} differs, ${difference(before, after)}`);
  }
}
console.log(`${trees.length} trees, ${findings} findings, ${different} differ`);
process.exitCode = different === 0 ? 0 : 1;
