// What three counts of a leak and of its clean twin prove.

/** A figure is clear of its twin's noise when it is this many times as large. */
const CLEAR = 4;
/** From N to 2N steps a leak doubles; this much to either side is noise. */
const DOUBLE = { least: 1.6, most: 2.5 };

/**
 * Takes the counts at the start, after N and after 2N steps; gives what each step of the leak keeps, what one of its twin
 * does, how much more 2N steps keep than N, and what speaks against the proof.
 */
export function judge({ steps, keeps, per }, leak, clean) {
  const slope = ([start, , end]) => (end - start) / (2 * steps);
  const kept = slope(leak);
  const twin = slope(clean);
  const ratio = (leak[2] - leak[0]) / (leak[1] - leak[0]);
  const noise = Math.max(...[slope(clean), (clean[1] - clean[0]) / steps].map(Math.abs));
  const complaints = [];
  if (!(kept > 0)) complaints.push(`the leak keeps no ${keeps} per ${per}`);
  else if (!(ratio >= DOUBLE.least && ratio <= DOUBLE.most)) {
    complaints.push(`twice the steps keep ${ratio.toFixed(2)} times as much, not twice`);
  }
  if (!(kept >= CLEAR * noise)) {
    complaints.push(`the leak keeps ${kept.toFixed(2)} and its twin ${noise.toFixed(2)} ${keeps} per ${per}: not clear of it`);
  }
  return { kept, twin, ratio, complaints };
}
