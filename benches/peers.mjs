#!/usr/bin/env node
// What other tools need for the same files: time on the clock, time of the processors, and memory.
//
//   npm install --legacy-peer-deps --no-package-lock --prefix truth/peers
//   node benches/peers.mjs [RUNS]
//
// All get the same tree: the files that `outlive` analyses in the tree of `benches/run.mjs`, and the manifests beside
// them. They take turns; medians are compared. Each runs as its page says, with what it does by default; the plugin runs
// alone. What they look for is not the same: this says what it costs to have one of them in a hook, and no more.
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { measure, median, must, program, root, target } from './measure.mjs';

const peers = join(root, 'truth', 'peers');
const tree = join(target, 'bench-peers');
const cache = join(target, 'bench-peers-cache');
const runs = Number(process.argv[2] ?? 5);

/** Files into a folder of their own, without a second copy where the system can. */
function layOut(files, from, to) {
  for (const file of files) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    try {
      linkSync(join(from, file), join(to, file));
    } catch {
      copyFileSync(join(from, file), join(to, file));
    }
  }
}

const bytesOf = (files) => files.reduce((sum, file) => sum + statSync(join(tree, file)).size, 0);

/** The first files, package by package, that are about so large a part of all. */
function part(files, share) {
  const wanted = share * bytesOf(files);
  const kept = [];
  let bytes = 0;
  // Packages differ in size a hundredfold: the small ones come first, so that the parts come near their shares.
  const names = [...new Set(files.map((file) => file.split('/')[0]))];
  const packages = names.map((name) => files.filter((file) => file.startsWith(`${name}/`)));
  const sized = packages.map((files) => ({ files, bytes: bytesOf(files) })).sort((a, b) => a.bytes - b.bytes);
  for (const it of sized) {
    if (bytes + it.bytes > wanted && kept.length > 0) continue;
    kept.push(...it.files);
    bytes += it.bytes;
  }
  return kept;
}

if (!existsSync(join(peers, 'node_modules'))) {
  console.error('the other tools are not installed: npm install --legacy-peer-deps --no-package-lock --prefix truth/peers');
  process.exit(2);
}
must('sh', [join(root, 'benches', 'lay-out.sh'), join(target, 'bench-tree')]);
must('cargo', ['build', '--release', '--quiet']);
const shown = must(program, ['check', '--show-files', '.'], { cwd: join(target, 'bench-tree') });
const files = shown.split('\n').filter(Boolean);
rmSync(tree, { recursive: true, force: true });
layOut(files, join(target, 'bench-tree'), tree);
const manifests = readdirSync(join(target, 'bench-tree')).map((name) => join(name, 'package.json'));
layOut(manifests, join(target, 'bench-tree'), tree);
// The folder is ignored by the repository that it stands in; as one of its own it is not.
mkdirSync(join(tree, '.git'));

const require = createRequire(join(peers, 'package.json'));
const version = (name) => JSON.parse(readFileSync(join(peers, 'node_modules', name, 'package.json'), 'utf8')).version;
const at = (...path) => join(peers, 'node_modules', ...path);

writeFileSync(
  join(target, 'bench-eslint.config.mjs'),
  `import * as parser from ${JSON.stringify(require.resolve('@typescript-eslint/parser'))};
import listeners from ${JSON.stringify(require.resolve('eslint-plugin-listeners'))};
export default [{
  files: ['**/*.{js,cjs,mjs,jsx,ts,cts,mts,tsx}'],
  languageOptions: { parser: parser.default ?? parser, parserOptions: { ecmaFeatures: { jsx: true } } },
  linterOptions: { reportUnusedDisableDirectives: 'off' },
  plugins: { listeners },
  rules: Object.fromEntries(Object.keys(listeners.rules).map((name) => ['listeners/' + name, 'warn'])),
}];
`,
);
const outlive = (...options) => [program, 'check', ...options, '--quiet', '--format', 'json', '.'];
const node = process.execPath;
/** By name: the command, and what is done before each run. */
const tools = {
  'outlive': { command: outlive('--no-cache') },
  'outlive, nothing changed': {
    command: outlive('--cache-dir', cache),
    before: () => existsSync(cache) || measure(outlive('--cache-dir', cache), tree),
  },
  'outlive, parsing alone': { command: outlive('--no-cache', '--until', 'parse') },
  [`Oxlint ${version('oxlint')}`]: { command: [node, at('oxlint', 'bin', 'oxlint'), '--no-ignore', '--silent', '.'] },
  [`Biome ${version('@biomejs/biome')}, lint`]: {
    command: [node, at('@biomejs', 'biome', 'bin', 'biome'), 'lint', '.'],
  },
  [`ESLint ${version('eslint')}, plugin listeners ${version('eslint-plugin-listeners')}`]: {
    command: [
      node, '--max-old-space-size=8192', at('eslint', 'bin', 'eslint.js'), '--quiet', '--no-ignore',
      '--no-inline-config', '--no-warn-ignored', '--config', join(target, 'bench-eslint.config.mjs'), '.',
    ],
    // It takes so long that what else happens meanwhile evens out.
    seldom: true,
  },
};

rmSync(cache, { recursive: true, force: true });
const seen = Object.fromEntries(Object.keys(tools).map((name) => [name, []]));
for (let i = 0; i <= runs; i += 1) {
  for (const [name, { command, before, seldom }] of Object.entries(tools)) {
    if (seldom && (i === 0 || i > 2)) continue;
    before?.();
    const result = measure(command, tree);
    // The first round fills the cache of the file system.
    if (i > 0) seen[name].push(result);
  }
}

const of = (name, what) => median(seen[name].map((it) => it[what]));
const base = of('outlive', 'ms');
console.log(`${files.length} files, ${(bytesOf(files) / 2 ** 20).toFixed(1)} MiB; medians of ${runs} runs`);
console.log(`${cpus().length} processors, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}\n`);
console.log('| | time | user time | peak of memory | of `outlive` |\n|---|--:|--:|--:|--:|');
for (const name of Object.keys(tools)) {
  const cells = [
    `${(of(name, 'ms') / 1e3).toFixed(2)} s`,
    `${(of(name, 'user') / 1e3).toFixed(2)} s`,
    `${of(name, 'mebibytes').toFixed(0)} MiB`,
    `${(of(name, 'ms') / base).toFixed(2)}`,
  ];
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}

console.log('\n| part of the tree | files | MiB | time | for each MiB |\n|---|--:|--:|--:|--:|');
for (const [word, share] of [['an eighth', 1 / 8], ['a quarter', 1 / 4], ['half', 1 / 2], ['all', 1]]) {
  const some = part(files, share);
  const folder = join(target, 'bench-part');
  rmSync(folder, { recursive: true, force: true });
  layOut(some, tree, folder);
  const times = Array.from({ length: runs + 1 }, () => measure(tools.outlive.command, folder).ms).slice(1);
  const mebibytes = bytesOf(some) / 2 ** 20;
  const row = [some.length, mebibytes.toFixed(1), `${median(times).toFixed(0)} ms`, `${(median(times) / mebibytes).toFixed(1)} ms`];
  console.log(`| ${word} | ${row.join(' | ')} |`);
}
for (const folder of [tree, cache, join(target, 'bench-part')]) rmSync(folder, { recursive: true, force: true });
