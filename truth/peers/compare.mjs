// Tools for JavaScript that claim to find leaks, beside the analyser, on commits that mended one.
//
//     npm install --legacy-peer-deps --no-package-lock --prefix truth/peers
//     node truth/peers/compare.mjs --corpus leaks.jsonl --clones CLONES --bin target/release/outlive
//
// CLONES holds a git clone of each repository of the corpus, as owner+name or owner/name. Trees are laid out below
// --trees, and only those that are not there yet, so that with all of them no clone is needed. What counts is said in
// docs/peers.md, and which rule counts for which leak in rules.json. --tools names some of the tools, --only a part of an
// entry's id, --sample how many trees are run as a whole, --json a file for what was found entry by entry; --resume goes
// on with what an interrupted run of the same options left in --work.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readEntries, slice, sources, tree } from './corpus.mjs';
import { count, judge, noise, together } from './score.mjs';

const names = ['corpus', 'clones', 'trees', 'work', 'bin', 'tools', 'only', 'sample', 'json'];
const options = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
const { values: given } = parseArgs({ options: { ...options, resume: { type: 'boolean' } } });
if (!given.corpus) {
  console.error('usage: node truth/peers/compare.mjs --corpus FILE [--clones DIR] [--trees DIR] [--work DIR]');
  console.error('         [--bin PROGRAM] [--tools A,B] [--only ID] [--sample N] [--json FILE] [--resume]');
  process.exit(2);
}
const work = given.work ?? join(tmpdir(), 'leak-peers');
const trees = given.trees ?? join(tmpdir(), 'leak-trees');
const here = dirname(fileURLToPath(import.meta.url));
const rules = JSON.parse(readFileSync(join(here, 'rules.json'), 'utf8'));
const peers = rules.filter(({ tool }) => !given.tools || given.tools.split(',').includes(tool));
const ourselves = { tool: 'outlive' };

/** The file of an entry, before the fix and after it, as two projects of one file each. */
function sides(entry) {
  const places = [
    { name: 'before', commit: entry.parent, file: entry.file },
    { name: 'after', commit: entry.fix, file: entry.fixed_file ?? entry.file },
  ];
  return places.map(({ name, commit, file }) => {
    const from = tree(trees, given.clones, entry.repo, commit);
    return from && slice(from, join(work, 'entries', entry.id, name), [file]);
  });
}

/** The entries that could be laid out, with their two sides. */
function layOut() {
  const out = [];
  for (const entry of readEntries(given.corpus, given.only)) {
    const [before, after] = sides(entry);
    if (before && after) out.push({ entry, before, after });
    else console.error(`absent: ${entry.id}, no tree and no clone of ${entry.repo}`);
  }
  return out;
}

/** Some trees of the set, the same each time: of N repositories at equal distances in the order of entries, one each. */
function sample(all, size) {
  const trees = [...new Map(all.map(({ entry, before }) => [entry.repo, before.tree])).entries()];
  const step = Math.max(1, trees.length / size);
  const chosen = trees.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
  return chosen.slice(0, size).map(([repo, from]) => {
    return { repo, ...slice(from, join(work, 'trees', repo.replace('/', '+')), sources(from)) };
  });
}

/** What a run gives, by tool; kept in a file, from which an interrupted comparison goes on. */
async function kept(file, run) {
  if (given.resume && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const began = Date.now();
  const results = (await run()).map(({ name, found, broken }) => ({ name, found, broken }));
  console.error(`${file}: ${Math.round((Date.now() - began) / 1000)} s`);
  writeFileSync(file, JSON.stringify(results));
  return results;
}

/** Runs tools on projects, and puts what each found and broke at under its name. */
async function check(stage, projects, withOurselves = given.bin) {
  const out = new Map();
  const add = async (tools, run) => {
    const results = await kept(join(work, `${stage}-${tools}.json`), run);
    for (const { name, found, broken } of results) out.set(name, { found, broken });
  };
  const programs = await import('./tools.mjs');
  const others = { 'react-doctor': programs.reactDoctor, oxlint: programs.oxlint, biome: programs.biome };
  const plugins = peers.filter(({ tool }) => !others[tool]);
  if (plugins.length) {
    const { checkWithEslint } = await import('./eslint.mjs');
    await add('eslint', () => checkWithEslint(plugins, projects));
  }
  for (const tool of peers.filter(({ tool }) => others[tool])) {
    await add(tool.tool, () => [{ name: tool.tool, ...others[tool.tool](tool, projects) }]);
  }
  if (withOurselves) {
    const whole = [...new Map(projects.map((project) => [project.tree, project])).values()];
    await add('outlive', () => [{ name: 'outlive', ...programs.outlive(given.bin)(ourselves, whole) }]);
  }
  return out;
}

/** What each tool ought to report of a few lines: one that is set up wrongly is not to be taken for silent. */
async function probe() {
  const projects = peers.map(({ tool, probe: { file, lines } }) => {
    const root = join(work, 'probes', tool.replace('/', '+'));
    mkdirSync(root, { recursive: true });
    const manifest = { name: 'probe', version: '1.0.0', dependencies: { react: '^19.0.0', 'react-dom': '^19.0.0' } };
    writeFileSync(join(root, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(root, file), `${lines.join('\n')}\n`);
    return { root, tree: root, files: [file] };
  });
  const results = await check('probe', projects, false);
  peers.forEach(({ tool, probe: { rules } }, index) => {
    const here = results.get(tool).found.filter(({ spans }) => normalize(spans[0].path).startsWith(projects[index].root));
    const silent = rules.filter((rule) => !here.some((finding) => finding.rule === rule));
    for (const rule of silent) console.log(`probe: ${tool} does not report ${rule} where it should`);
  });
}

const share = (part, whole) => `${part} (${((100 * part) / whole).toFixed(1)} %)`;

function printRow(name, judged, loud) {
  const { found, silent, both, any, claimed } = count(judged);
  const n = judged.length;
  const rate = loud ? `${loud.all.toFixed(0)} | ${loud.median.toFixed(0)}` : '– | –';
  const cells = [share(found, n), share(silent, n), share(both, n), `${found} of ${claimed}`, any, rate];
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}

/** Found by each tool, of the entries of each pattern. */
function printPatterns(all, rows) {
  console.log(`\n| pattern | n | ${rows.map(({ name }) => name).join(' | ')} |`);
  console.log(`|---|--:|${rows.map(() => '--:|').join('')}`);
  const names = [...new Set(all.map(({ entry }) => entry.pattern))];
  const of = (pattern) => [...all.keys()].filter((index) => all[index].entry.pattern === pattern);
  for (const pattern of names.sort((a, b) => of(b).length - of(a).length)) {
    const cells = rows.map(({ judged }) => of(pattern).filter((index) => judged[index].found.length).length);
    console.log(`| ${pattern} | ${of(pattern).length} | ${cells.join(' | ')} |`);
  }
}

function printBroken(results) {
  for (const [name, { broken }] of results) {
    for (const { path, why } of broken) console.log(`broken: ${name} at ${path.replace(work, '')}: ${why}`);
  }
}

mkdirSync(work, { recursive: true });
await probe();
const all = layOut();
const results = await check('entries', all.flatMap(({ before, after }) => [before, after]));
const chosen = given.sample === '0' ? [] : sample(all, Number(given.sample ?? 20));
const loud = chosen.length ? await check('trees', chosen) : new Map();

const known = [...peers, ...(given.bin ? [ourselves] : [])];
const rows = known.map((tool) => {
  const judged = all.map((sides) => judge(tool, results.get(tool.tool).found, sides));
  return { name: tool.tool, judged, loud: loud.has(tool.tool) && noise(loud.get(tool.tool).found, chosen) };
});
const ours = rows.filter(({ name }) => name === 'outlive');
const theirs = rows.filter(({ name }) => name !== 'outlive');
if (theirs.length > 1) {
  const judged = all.map((_, index) => together(theirs.map((row) => row.judged[index])));
  const found = theirs.flatMap(({ name }) => loud.get(name)?.found ?? []);
  theirs.push({ name: 'all of these', judged, loud: chosen.length && noise(found, chosen) });
}
const files = chosen.reduce((sum, project) => sum + project.files.length, 0);
console.log(`${all.length} entries; ${chosen.length} whole trees, ${files} files\n`);
console.log('| tool | found | silent | both | of its kinds | any rule | per 1,000 files | median |');
console.log('|---|--:|--:|--:|--:|--:|--:|--:|');
for (const row of [...theirs, ...ours]) printRow(row.name, row.judged, row.loud);
printPatterns(all, [...theirs, ...ours]);
printBroken(results);
printBroken(loud);
if (given.json) {
  const entries = all.map(({ entry }, index) => ({
    id: entry.id,
    pattern: entry.pattern,
    verdicts: Object.fromEntries([...theirs, ...ours].map(({ name, judged }) => [name, judged[index]])),
  }));
  const projects = chosen.map(({ repo, files }) => ({ repo, files: files.length }));
  const loudness = [...theirs, ...ours].map(({ name, loud }) => ({ name, loud }));
  writeFileSync(given.json, JSON.stringify({ entries, projects, loudness }, undefined, 1));
}
