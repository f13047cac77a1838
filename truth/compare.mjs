// What a change makes appear or disappear on projects whose findings were read, and how many of what is reported is true.
//
//     node truth/compare.mjs PROGRAM CHECKOUTS [VERDICTS]
//
// CHECKOUTS holds one folder for each project, named owner+name, at the commit that VERDICTS names: truth/verdicts.jsonl if
// nothing is said, or truth/readings.jsonl, where each finding was read by one reader, or by two where it names both. A project
// that is absent is said to be. A finding is known again by its fingerprint, which does not depend on its line.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [program, checkouts, source = join(here, 'verdicts.jsonl')] = process.argv.slice(2);
if (!program || !checkouts) {
  console.error('usage: node truth/compare.mjs PROGRAM CHECKOUTS [VERDICTS]');
  process.exit(2);
}
const lines = readFileSync(source, 'utf8').split('\n').filter(Boolean);
const verdicts = lines.map((line) => JSON.parse(line));

/** The findings of a project at the default level, by fingerprint; none if it is not there. */
function findings(project) {
  const folder = join(checkouts, project.replace('/', '+'));
  if (!existsSync(folder)) return undefined;
  const options = { cwd: folder, maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] };
  const args = ['check', '.', '--format', 'json', '--exit-zero'];
  const { findings } = JSON.parse(execFileSync(resolve(program), args, options));
  return new Map(findings.map((finding) => [finding.fingerprint, finding]));
}

const table = new Map();
const count = (rule, part, verdict) => {
  const key = `${rule} (${part})`;
  const row = table.get(key) ?? { true: 0, arguable: 0, false: 0, unread: 0 };
  row[verdict] += 1;
  table.set(key, row);
};

for (const project of new Set(verdicts.map((verdict) => verdict.project))) {
  const known = verdicts.filter((verdict) => verdict.project === project);
  const now = findings(project);
  if (!now) {
    console.log(`absent       ${project} at ${known[0].commit}`);
    continue;
  }
  for (const verdict of known) {
    if (now.delete(verdict.fingerprint)) count(verdict.rule, verdict.part, verdict.verdict);
    else console.log(`gone         ${verdict.verdict.padEnd(8)} ${project} ${verdict.path}:${verdict.line} ${verdict.rule}`);
  }
  for (const finding of now.values()) {
    count(finding.rule, known[0].part, 'unread');
    console.log(`new          unread   ${project} ${finding.path}:${finding.start.line} ${finding.rule}`);
  }
}

console.log();
for (const [rule, row] of [...table].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const read = row.true + row.arguable + row.false;
  const share = read ? `${Math.round((100 * row.true) / read)} %` : '–';
  console.log(`${rule.padEnd(40)} true ${row.true}  arguable ${row.arguable}  false ${row.false}  unread ${row.unread}  ${share}`);
}
