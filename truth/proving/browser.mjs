// Runs one file of a proof in a page of headless Chromium, spoken to through a pipe: no package is needed for that.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join, normalize } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const APPS = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** Where Chromium is: the variable CHROMIUM, or the path. */
export function find() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const paths = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [process.env.CHROMIUM, ...paths, ...APPS].find((path) => path && existsSync(path));
}

/** The three counts of each of these files, and the browser's version. Paths are relative to `root`, which pages are served. */
export async function measure(root, paths, proof) {
  const server = await serve(root);
  const browser = start(find());
  try {
    const url = `http://127.0.0.1:${server.address().port}/`;
    const counts = [];
    for (const path of paths) counts.push(await run(await browser.open(url), path, proof));
    return { counts, runtime: await browser.version() };
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}

async function run(page, path, { steps, warmUp = Math.max(100, steps / 2) }) {
  await page.evaluate(`import('/${path}').then((module) => (globalThis.proof = module)).then(() => proof.setUp?.())`);
  const counts = [];
  let next = 0;
  for (const size of [warmUp, steps, steps]) {
    const end = next + size;
    await page.evaluate(`(async () => {
      for (let i = ${next}; i < ${end}; i++) await proof.step(i);
      await proof.settle?.();
    })()`);
    next = end;
    counts.push(await page.retained());
  }
  return counts;
}

const PAGE = `<!doctype html>
<script type="importmap">
{ "imports": {
  "preact": "/node_modules/preact/dist/preact.module.js",
  "preact/hooks": "/node_modules/preact/hooks/dist/hooks.module.js"
} }
</script>
<body></body>`;

function serve(root) {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname);
    if (path === '/') {
      response.setHeader('content-type', 'text/html').end(PAGE);
    } else if (path.endsWith('js') && existsSync(join(root, path))) {
      response.setHeader('content-type', 'text/javascript').end(readFileSync(join(root, path)));
    } else {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function start(program) {
  const profile = mkdtempSync(join(tmpdir(), 'outlive-proof-'));
  const options = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
  const last = ['--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank'];
  const child = spawn(program, [...options, ...last], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const waiting = new Map();
  let id = 0;
  let rest = '';
  child.stdio[4].setEncoding('utf8').on('data', (text) => {
    const messages = (rest + text).split('\0');
    rest = messages.pop();
    for (const message of messages.map((text) => JSON.parse(text))) {
      waiting.get(message.id)?.(message);
      waiting.delete(message.id);
    }
  });
  child.stdio[3].on('error', () => {});
  const send = async (method, params = {}, sessionId = undefined) => {
    const answer = new Promise((resolve) => waiting.set(++id, resolve));
    child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const { result, error } = await Promise.race([answer, ended.then(() => ({ error: { message: 'it ended' } }))]);
    if (error) throw new Error(`Chromium: ${method}: ${error.message}`);
    return result;
  };
  return {
    open: (url) => open(send, url),
    version: async () => (await send('Browser.getVersion')).product.replace(/^.*\/(\d+).*$/, 'Chromium $1'),
    async close() {
      await send('Browser.close').catch(() => child.kill());
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function open(send, url) {
  // A context of its own is a process of its own.
  const { browserContextId } = await send('Target.createBrowserContext');
  const { targetId } = await send('Target.createTarget', { url, browserContextId });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await send('Runtime.evaluate', { expression, awaitPromise: true }, sessionId);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  while (!(await evaluate('location.protocol === "http:" && document.readyState === "complete"')));
  return { evaluate, retained: () => retained(send, sessionId, evaluate) };
}

/** The bytes of scripts, of the page's own objects and of buffers, after as many collections as bring something. */
async function retained(send, sessionId, evaluate) {
  let least = Infinity;
  for (let round = 0, isStill = 0; round < 12 && isStill < 3; round++) {
    await evaluate('new Promise((resolve) => setTimeout(resolve, 20))');
    await send('HeapProfiler.collectGarbage', {}, sessionId);
    const heap = await send('Runtime.getHeapUsage', {}, sessionId);
    const now = heap.usedSize + (heap.embedderHeapUsedSize ?? 0) + (heap.backingStorageSize ?? 0);
    isStill = now < least - 1024 ? 0 : isStill + 1;
    least = Math.min(least, now);
  }
  return least;
}
