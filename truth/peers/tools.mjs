// The programs that are run as such: React Doctor, Oxlint, Biome, and the analyser itself. One process at a time.
//
// Each takes projects ({ root, tree, files }) and gives { found: [{ rule, spans }], broken: [{ path, why }] }, with
// absolute paths. A project of one file is checked by its name, any other as a folder.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const MINUTES = 60_000;

function run(program, args, cwd) {
  const options = { cwd, encoding: 'utf8', maxBuffer: 1 << 30, timeout: 10 * MINUTES, killSignal: 'SIGKILL' };
  const env = { ...process.env, NO_COLOR: '1', CI: '1' };
  const { stdout, stderr, error } = spawnSync(program, args, { ...options, env });
  return { stdout: stdout ?? '', why: error?.message ?? stderr?.trim().split('\n')[0] };
}

/** The program that a package brings. */
function bin(name, command = name) {
  const folder = join(dirname(fileURLToPath(import.meta.url)), 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}

/** Runs `one` on each project and puts together what it found; a run that gives no report is broken. */
function each(projects, one) {
  const found = [];
  const broken = [];
  for (const project of projects) {
    try {
      found.push(...one(project));
    } catch (error) {
      broken.push({ path: join(project.root, project.files[0]), why: String(error.message).split('\n')[0] });
    }
  }
  return { found, broken };
}

function report({ stdout, why }) {
  const start = stdout.indexOf('{');
  if (start < 0) throw new Error(why || 'no report');
  return JSON.parse(stdout.slice(start));
}

const names = (tool) => tool.accepted.flatMap(({ rules }) => rules);

/** Nothing leaves the machine: no telemetry, score or look-up of packages. */
const ALONE = ['--no-telemetry', '--no-score', '--no-supply-chain'];
const DOCTOR = [...ALONE, '--json', '--no-cache', '--yes', '--no-parallel', '--no-respect-inline-disables'];

export function reactDoctor(tool, projects) {
  const wanted = new Set(names(tool));
  const rules = Object.fromEntries(names(tool).map((name) => [`react-doctor/${name}`, 'warn']));
  return each(projects, ({ root, files }) => {
    writeFileSync(join(root, 'doctor.config.json'), JSON.stringify({ rules }));
    const paths = files.length === 1 ? files : [];
    const { ok, error, projects } = report(run(process.execPath, [bin('react-doctor'), ...paths, ...DOCTOR], root));
    if (!ok) throw new Error(error?.message ?? 'not ok');
    return projects.flatMap(({ directory, diagnostics }) =>
      diagnostics
        .filter(({ rule }) => wanted.has(rule))
        .map(({ rule, filePath, line, endLine }) => {
          const path = resolve(directory, filePath);
          return { rule, spans: [{ path, first: line, last: endLine ?? line }] };
        }),
    );
  });
}

const line = (text, offset) => text.subarray(0, offset).toString('latin1').split('\n').length;

/** A label tells where it starts and how many bytes it is long. */
function labelled(root, { code, filename, labels }) {
  const path = resolve(root, filename);
  const text = readFileSync(path);
  const spans = labels.map(({ span }) => ({ path, first: span.line, last: line(text, span.offset + span.length) }));
  return { rule: code.replace(/^(.*)\((.*)\)$/, '$1/$2'), spans };
}

export function oxlint(tool, projects) {
  const rules = Object.fromEntries(names(tool).map((name) => [name, 'warn']));
  const plugins = [...new Set(names(tool).map((name) => name.split('/')[0]))];
  const wanted = new Set(names(tool));
  return each(projects, ({ root, files }) => {
    const config = join(root, 'leaks.oxlintrc.json');
    writeFileSync(config, JSON.stringify({ plugins, categories: { correctness: 'off' }, rules }));
    const args = [bin('oxlint'), '-c', config, '--disable-nested-config', '--no-ignore', '-f', 'json', '--threads=1'];
    const { diagnostics } = report(run(process.execPath, [...args, ...(files.length === 1 ? files : ['.'])], root));
    const found = diagnostics.filter(({ code }) => code).map((diagnostic) => labelled(root, diagnostic));
    return found.filter(({ rule }) => wanted.has(rule));
  });
}

function biomeConfig(tool) {
  const rules = { preset: 'none' };
  for (const name of names(tool)) {
    const [group, rule] = name.split('/');
    (rules[group] ??= {})[rule] = 'warn';
  }
  const html = { experimentalFullSupportEnabled: true };
  return { root: true, linter: { rules }, files: { maxSize: 4_000_000 }, html };
}

export function biome(tool, projects) {
  const wanted = new Set(names(tool));
  return each(projects, ({ root, files }) => {
    writeFileSync(join(root, 'biome.json'), JSON.stringify(biomeConfig(tool)));
    const args = [bin('@biomejs/biome', 'biome'), 'lint', '--reporter=rdjson', '--max-diagnostics=none'];
    const { diagnostics } = report(run(process.execPath, [...args, ...(files.length === 1 ? files : ['.'])], root));
    const found = diagnostics.map(({ code, location }) => {
      // What is about a file as a whole has no range, and is of no rule that is wanted.
      const { start, end } = location?.range ?? { start: { line: 0 }, end: { line: 0 } };
      const path = resolve(root, location?.path ?? '.');
      return { rule: code?.value?.replace(/^lint\//, ''), spans: [{ path, first: start.line, last: end.line }] };
    });
    return found.filter(({ rule }) => wanted.has(rule));
  });
}

/** The analyser reads the whole tree. A finding is at its first line, and at what keeps what it is about. */
export function outlive(program) {
  return (_, projects) =>
    each(projects, ({ tree }) => {
      const { findings } = report(run(resolve(program), ['--format', 'json', '.'], tree));
      return findings.map((finding) => {
        const own = { path: join(tree, finding.path), first: finding.start.line, last: finding.start.line };
        const kept = (finding.retainers ?? []).map((retainer) => {
          const path = join(tree, retainer.path ?? finding.path);
          return { path, first: retainer.start.line, last: retainer.end.line };
        });
        return { rule: finding.rule, spans: [own, ...kept] };
      });
    });
}
