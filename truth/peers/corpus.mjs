// The set of leaks and the files they are in: which patterns fit an entry, and its trees before and after the fix.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const SOURCE = /\.([cm]?[jt]sx?|vue|svelte|astro)$|(^|\/)(package|[jt]sconfig[^/]*)\.json$/;
const MANIFEST = /^(package|[jt]sconfig[^/]*)\.json$/;

/** Near synonyms: what else finds a leak of that pattern. */
const ALIASES = {
  'retained-closure': ['retained-scope', 'pending-race', 'retained-request', 'leaked-listener'],
  'unbounded-buffer': ['unbounded-buffer', 'unbounded-collection', 'ignored-backpressure'],
  'mismatched-removal': [
    'mismatched-removal',
    'leaked-listener',
    'leaked-timer',
    'leaked-subscription',
    'leaked-resource',
    'unbounded-collection',
    'leaked-observer',
  ],
};

/** The patterns that count as finding an entry: its own, the ones it names besides it, and their synonyms. */
export function accepted(entry) {
  const labels = [entry.pattern, ...(entry.also ?? [])];
  const out = new Set(labels.flatMap((label) => ALIASES[label] ?? [label]));
  out.delete('other');
  return out;
}

export function readEntries(path, only) {
  const lines = readFileSync(path, 'utf8').split('\n').filter((line) => line.trim());
  return lines.map((line) => JSON.parse(line)).filter((entry) => !only || entry.id.includes(only));
}

const flat = (repo) => repo.replace('/', '+');

/** The git directory of a clone: owner+name, owner+name/repo or owner/name below the folder of clones. */
function clone(clones, repo) {
  const places = [join(clones, flat(repo), 'repo'), join(clones, flat(repo)), join(clones, repo)];
  return places.find((place) => existsSync(join(place, 'HEAD')) || existsSync(join(place, '.git')));
}

const git = (folder, args, input) =>
  execFileSync('git', ['-C', folder, ...args], { input, maxBuffer: 2 ** 31, stdio: ['pipe', 'pipe', 'ignore'] });

/** The sources and manifests of a commit: pairs of blob and path. */
function listing(folder, commit) {
  const records = git(folder, ['ls-tree', '-r', '-z', commit]).toString().split('\0').filter(Boolean);
  return records
    .map((record) => record.match(/^(100644|100755) blob (\S+)\t(.*)$/s))
    .filter((match) => match && SOURCE.test(match[3]))
    .map((match) => ({ blob: match[2], path: match[3] }));
}

/** The contents of the blobs, in order; of one that the clone lacks, undefined. */
function* contents(folder, blobs) {
  const out = git(folder, ['cat-file', '--batch'], blobs.map((blob) => `${blob}\n`).join(''));
  let at = 0;
  for (const _ of blobs) {
    const end = out.indexOf(10, at);
    const [, kind, size] = out.toString('latin1', at, end).split(' ');
    at = end + 1;
    if (kind === 'missing') {
      yield undefined;
      continue;
    }
    yield out.subarray(at, at + Number(size));
    at += Number(size) + 1;
  }
}

/** Where a commit is laid out below `trees`, written there from the clone if it is not yet. */
export function tree(trees, clones, repo, commit) {
  const folder = join(trees, flat(repo), commit.slice(0, 12));
  if (existsSync(`${folder}.done`)) return folder;
  const from = clones && clone(clones, repo);
  if (!from) return undefined;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = listing(from, commit);
  const bodies = contents(from, files.map((file) => file.blob));
  for (const { path } of files) {
    const body = bodies.next().value;
    if (body === undefined) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), body);
  }
  writeFileSync(`${folder}.done`, '');
  return folder;
}

function copy(from, to, path) {
  mkdirSync(dirname(join(to, path)), { recursive: true });
  copyFileSync(join(from, path), join(to, path));
}

/** Copies files, and the manifests of all folders above them, from a tree to a folder of their own. */
export function slice(from, to, files) {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const folders = new Set();
  for (const file of files) {
    copy(from, to, file);
    for (let folder = dirname(file); !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  }
  for (const folder of folders) {
    const names = readdirSync(join(from, folder)).filter((name) => MANIFEST.test(name));
    for (const name of names) copy(from, to, join(folder, name));
  }
  return { root: to, tree: from, files };
}

const FOLDERS = [
  'node_modules dist build out vendor third_party',
  'test tests __tests__ __mocks__ spec e2e fixtures bench benchmark benchmarks',
  'example examples demo demos sample samples doc docs scripts stories',
];
const LEFT_OUT = new RegExp(`(^|/)(${FOLDERS.join(' ').split(' ').join('|')})/`, 'i');
const LEFT_OUT_NAME = /\.d\.[cm]?ts$|\.(min|test|spec|stories|config|bundle)\.|(^|\/)\.|(config|rc)\.[cm]?[jt]s$/i;

/** The sources of a tree without tests, examples, documentation, bundles and configuration, by their path. */
export function sources(folder) {
  const out = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (!entry.isFile() || !/\.([cm]?[jt]sx?|vue|svelte)$/.test(path)) continue;
    if (LEFT_OUT.test(path) || LEFT_OUT_NAME.test(path)) continue;
    if (statSync(join(folder, path)).size < 512 * 1024) out.push(path);
  }
  return out.sort();
}
