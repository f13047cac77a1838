let turns = 0;
let allowed = 0;
let goOn;

/** Lets the loop turn once more for each step. */
function next() {
  return turns < allowed ? Promise.resolve() : new Promise((resolve) => (goOn = resolve));
}

async function poll() {
  await next();
  turns += 1;
  return poll(); //~ pending-race
}

poll();

export async function step(i) {
  allowed = i + 1;
  goOn?.();
  while (turns < allowed) await null;
}
