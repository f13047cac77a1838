// What the benchmarks share: one measured run of a program, and medians.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const target = resolve(process.env.CARGO_TARGET_DIR ?? join(root, 'target'));
export const program = join(target, 'release', process.platform === 'win32' ? 'outlive.exe' : 'outlive');

/** GNU time tells what a process and its children used. Where it is not, that stays unknown. */
const TIME = '/usr/bin/time';
const usage = join(tmpdir(), `outlive-usage-${process.pid}`);
process.on('exit', () => rmSync(usage, { force: true }));

/** Runs a program to its end, and gives what it wrote. */
export function must(command, args, options) {
  const all = { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'], ...options };
  const { status, stdout, error } = spawnSync(command, args, all);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error ?? `status ${status}`}`);
  return stdout;
}

/**
 * One run: milliseconds on the clock (`ms`) and of the processors (`user`, `cpu`), mebibytes at the peak, and what it
 * wrote. Findings are no failure.
 */
export function measure([command, ...args], cwd, stdout = 'ignore') {
  const measured = existsSync(TIME) ? [TIME, '-f', '%U %S %M', '-o', usage, command] : [command];
  const [first, ...rest] = [...measured, ...args];
  const env = { ...process.env, NO_COLOR: '1', CI: '1' };
  const start = process.hrtime.bigint();
  const result = spawnSync(first, rest, { cwd, env, stdio: ['ignore', stdout, 'pipe'], maxBuffer: 1 << 28 });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (result.status === null || result.status > 1) {
    throw new Error(`${command} ${args.join(' ')}: status ${result.status}\n${result.stderr}`);
  }
  const wrote = { stdout: result.stdout, stderr: String(result.stderr) };
  if (measured.length === 1) return { ms, ...wrote };
  const [user, system, kibibytes] = readFileSync(usage, 'utf8').trim().split('\n').at(-1).split(' ').map(Number);
  return { ms, user: user * 1e3, cpu: (user + system) * 1e3, mebibytes: kibibytes / 1024, ...wrote };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
