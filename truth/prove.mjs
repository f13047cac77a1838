// Runs the proofs: what a rule flags stays in memory, step after step, and what it leaves alone does not.
//
//     node truth/prove.mjs [--list | --write] [RULE[/PROOF] …]
//
// A proof is a folder truth/proofs/<rule>/<proof>/ with leak.mjs, clean.mjs and proof.json; docs/proofs.md says what they
// hold. `--list` prints what there is and what cannot run here, as JSON. `--write` puts the figures into the rules' pages.
// Exit status: 0 proved, 1 not proved, 2 wrong arguments.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as browser from './proving/browser.mjs';
import { judge } from './proving/judge.mjs';
import * as pages from './proving/pages.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const folders = (path) => readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);

/** Every proof, in order. */
function all() {
  const rules = folders(join(here, 'proofs')).filter((name) => name !== 'lib');
  return rules.sort().flatMap((rule) => names(rule).map((name) => read(rule, name)));
}

/** The proofs of a rule, by their names. */
function names(rule) {
  return folders(join(here, 'proofs', rule)).sort();
}

function read(rule, name) {
  const folder = `proofs/${rule}/${name}`;
  const proof = JSON.parse(readFileSync(join(here, folder, 'proof.json'), 'utf8'));
  return { rule, name, folder, ...proof, skip: obstacle(proof) };
}

/** Why a proof cannot run here, or null. */
function obstacle({ packages = [], where, keeps }) {
  if (Number.parseInt(process.versions.node, 10) < 20) return `Node ${process.versions.node} is older than 20`;
  const missing = packages.find((name) => !existsSync(join(here, 'node_modules', name)));
  if (missing) return `the package ${missing} is not installed: run npm ci --prefix truth`;
  if (where === 'browser' && !browser.find()) return 'Chromium is not here: put it on the path, or its own path into CHROMIUM';
  if (keeps === 'descriptors' && process.platform === 'win32') return 'this system does not list the descriptors of a process';
  return null;
}

/** The figures of a proof. What is not clear is measured again with more steps: noise does not grow with them, a leak does. */
async function prove(proof) {
  for (let factor = 1; ; factor *= 2) {
    const scaled = { ...proof, steps: proof.steps * factor };
    const { counts, runtime } = await measure(scaled);
    const result = { ...judge(scaled, ...counts), runtime };
    if (result.complaints.length === 0 || factor === 4) return result;
  }
}

/** The counts of the leak and of its twin. */
async function measure(proof) {
  const paths = ['leak.mjs', 'clean.mjs'].map((file) => `${proof.folder}/${file}`);
  if (proof.where === 'browser') return browser.measure(here, paths, proof);
  const counts = await Promise.all(paths.map((path) => run(path, proof)));
  return { counts, runtime: `Node ${process.versions.node.split('.')[0]}` };
}

/** The counts of a file, from a process of its own. */
async function run(path, proof) {
  const flags = proof.keeps === 'allocated' ? ['--min-semi-space-size=64', '--max-semi-space-size=64'] : [];
  const program = [join(here, 'proving', 'child.mjs'), join(here, path), JSON.stringify(proof)];
  // A hanging step must not hang the tests; it says nothing about how fast anything is.
  const options = { timeout: 120_000, cwd: here };
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', ...flags, ...program], options);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1));
}

const args = process.argv.slice(2);
const wrong = args.find((word) => word.startsWith('--') && !['--list', '--write'].includes(word));
const wanted = args.filter((word) => !word.startsWith('--'));
const chosen = all().filter(({ rule, name }) => wanted.length === 0 || wanted.includes(rule) || wanted.includes(`${rule}/${name}`));
if (wrong || chosen.length === 0) {
  console.error(wrong ? `there is no option ${wrong}` : `no proof is called ${wanted.join(' or ')}`);
  process.exit(2);
}
if (args.includes('--list')) {
  console.log(JSON.stringify(chosen.map(({ rule, name, skip }) => ({ proof: `${rule}/${name}`, skip }))));
  process.exit(0);
}

let failures = 0;
const proved = [];
console.log(['proof'.padEnd(48), 'per step'.padStart(12), 'twin'.padStart(8), 'N : 2N'.padStart(8), ' what'].join(' '));
for (const proof of chosen) {
  const title = `${proof.rule}/${proof.name}`.padEnd(48);
  if (proof.skip) {
    console.log(`${title} skipped: ${proof.skip}`);
    continue;
  }
  const result = await prove(proof).catch((error) => ({ complaints: [error.message] }));
  const complaints = [...result.complaints, ...(args.includes('--write') ? [] : pages.differences(proof, result))];
  const { kept = NaN, twin = NaN, ratio = NaN } = result;
  const figures = [pages.figure(kept).padStart(12), pages.figure(twin).padStart(8), `1 : ${ratio.toFixed(2)}`.padStart(8)];
  console.log([title, ...figures, ` ${pages.unit(proof.keeps)} per ${proof.per}, ${result.runtime}`].join(' '));
  for (const complaint of complaints) console.log(`  not proved: ${complaint}`);
  failures += complaints.length > 0;
  if (complaints.length === 0) proved.push({ ...proof, ...result });
}
if (args.includes('--write')) pages.write(proved, names);
if (failures) console.error(`${failures} of ${chosen.length} not proved`);
process.exitCode = failures ? 1 : 0;
