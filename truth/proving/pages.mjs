// The figures on the pages of the rules.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const rules = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'rules');
const HEADING = '## Measured';
/** `- interval: 9,217 bytes kept per request, twin 3 (Node 20)` */
const LINE = /^- ([\w-]+): ([\d,.]+) .*, twin [\d,.-]+ \((.+)\)$/;

const pathOf = (rule) => join(rules, rule.replaceAll('-', '_'), 'README.md');

/** A count as people read it: without digits that the next run would change anyway. */
export function figure(count) {
  const digits = Math.abs(count) < 10 && Math.round(count) !== count ? 1 : 0;
  return Number(count.toFixed(digits)).toLocaleString('en-US').replace(/^-0$/, '0');
}

const lineOf = ({ name, kept, keeps, per, twin, runtime }) =>
  `- ${name}: ${figure(kept)} ${unit(keeps)} per ${per}, twin ${figure(twin)} (${runtime})`;

/** What is counted, in words. */
export const unit = (keeps) => (keeps === 'allocated' ? 'bytes allocated' : `${keeps} kept`);

/** The lines of a page about its rule's proofs, by name. */
function figures(rule) {
  const lines = readFileSync(pathOf(rule), 'utf8').split('\n').map((line) => LINE.exec(line)).filter(Boolean);
  return new Map(lines.map(([line, name, kept, runtime]) => [name, { line, kept: Number(kept.replaceAll(',', '')), runtime }]));
}

/** What speaks against the figure on the page: it is absent, or the same runtime gives less than half or more than twice. */
export function differences({ rule, name }, { kept, runtime }) {
  const shown = figures(rule).get(name);
  if (!shown) return [`the page of ${rule} does not show it: run with --write`];
  if (shown.runtime !== runtime || (kept >= shown.kept / 2 && kept <= shown.kept * 2)) return [];
  return [`the page of ${rule} says ${shown.kept}`];
}

/** Puts the figures of these proofs into the pages, under one heading at the end; `names` are those that a rule has. */
export function write(proved, names) {
  for (const rule of new Set(proved.map((proof) => proof.rule))) {
    const lines = new Map([...figures(rule)].map(([name, { line }]) => [name, line]));
    for (const proof of proved.filter((proof) => proof.rule === rule)) lines.set(proof.name, lineOf(proof));
    const list = names(rule).filter((name) => lines.has(name)).map((name) => lines.get(name)).join('\n');
    const [text] = readFileSync(pathOf(rule), 'utf8').split(`\n${HEADING}\n`);
    const says = `Each pair of files in \`truth/proofs/${rule}\` is run by the tests; the rule flags the first and not its twin.`;
    writeFileSync(pathOf(rule), `${text.trimEnd()}\n\n${HEADING}\n\n${says}\n\n${list}\n`);
  }
}
