// When a finding counts: for which leaks its rule stands, which lines it touches, and what follows for a tool.
import { join, normalize } from 'node:path';
import { accepted } from './corpus.mjs';

/** The patterns that a rule of a tool counts for; of the analyser, the rule itself. */
function patterns(tool, rule) {
  if (tool.tool === 'outlive') return [rule];
  return tool.accepted.filter(({ rules }) => rules.includes(rule)).flatMap((group) => group.for);
}

/** How many lines of a long span count, as of a whole function that a finding is about. */
const LONG = 30;

/** Whether a finding is within one line of the given lines of one of the paths. */
function touches(finding, paths, [first, last]) {
  return finding.spans.some((span) => {
    const end = Math.min(span.last, span.first + LONG);
    return paths.has(normalize(span.path)) && span.first <= last + 1 && end >= first - 1;
  });
}

const pathsOf = ({ root, tree, files: [file] }) => new Set([normalize(join(root, file)), normalize(join(tree, file))]);

/** Whether some rule of a tool is about the kind of leak that an entry is. */
const claims = (tool, wanted) =>
  tool.tool === 'outlive' || tool.accepted.some((group) => group.for.some((pattern) => wanted.has(pattern)));

/**
 * What a tool says of an entry: whether it has a rule for that kind of leak, which rules found it, which still speak after
 * the fix, and which about any leak are at its lines.
 */
export function judge(tool, found, { entry, before, after }) {
  const wanted = accepted(entry);
  const fits = (finding) => patterns(tool, finding.rule).some((pattern) => wanted.has(pattern));
  const places = [entry.lines, ...(entry.container_line ? [[entry.container_line, entry.container_line]] : [])];
  const there = found.filter((finding) => places.some((lines) => touches(finding, pathsOf(before), lines)));
  const still = entry.fixed_lines ? found.filter((finding) => touches(finding, pathsOf(after), entry.fixed_lines)) : [];
  const names = (findings) => [...new Set(findings.map(({ rule }) => rule))];
  const claimed = claims(tool, wanted);
  return { claimed, found: names(there.filter(fits)), still: names(still.filter(fits)), any: names(there) };
}

/** The verdicts of several tools as one: found if one finds it, silent if all are. */
export const together = (judged) => ({
  claimed: judged.some(({ claimed }) => claimed),
  found: judged.flatMap(({ found }) => found),
  still: judged.flatMap(({ still }) => still),
  any: judged.flatMap(({ any }) => any),
});

export function count(judged) {
  const tally = (test) => judged.filter(test).length;
  return {
    found: tally(({ found }) => found.length),
    silent: tally(({ still }) => !still.length),
    both: tally(({ found, still }) => found.length && !still.length),
    any: tally(({ any }) => any.length),
    claimed: tally(({ claimed }) => claimed),
  };
}

/** Findings of the leak rules in the sample: over all of it, and the median over its trees, by 1,000 files. */
export function noise(found, projects) {
  const rates = projects.map(({ root, tree, files }) => {
    const paths = new Set(files.flatMap((file) => [join(root, file), join(tree, file)]));
    const here = found.filter(({ spans: [{ path }] }) => paths.has(normalize(path))).length;
    return { here, files: files.length };
  });
  const files = rates.reduce((sum, rate) => sum + rate.files, 0);
  const here = rates.reduce((sum, rate) => sum + rate.here, 0);
  const sorted = rates.map((rate) => (1000 * rate.here) / rate.files).sort((a, b) => a - b);
  return { here, files, all: (1000 * here) / files, median: sorted[Math.floor(sorted.length / 2)] };
}
