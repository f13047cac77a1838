// How long an editor waits for the findings after an edit.
//
//     node benches/edits.mjs PROGRAM FOLDER FILE [EDITS]
//
// Opens FILE of the project in FOLDER in `outlive lsp` and changes it EDITS times (default 40). Each edit adds lines at its top that leak, so
// that positions move and findings change, and is timed from the change to the answer about the file. On a machine that is
// busy otherwise, the time of the processors says more. Ends with 1 if the median is above the limit.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const LIMIT = 100;
const [program, folder, file, edits = '40'] = process.argv.slice(2);
if (!program || !folder || !file) {
  console.error('usage: node benches/edits.mjs PROGRAM FOLDER FILE [EDITS]');
  process.exit(2);
}
const server = spawn(resolve(program), ['lsp', '--no-cache'], { stdio: ['pipe', 'pipe', 'inherit'] });
const waiting = new Map();
let rest = Buffer.alloc(0);
server.stdout.on('data', (data) => {
  rest = Buffer.concat([rest, data]);
  for (;;) {
    const head = rest.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/Content-Length: (\d+)/.exec(rest.subarray(0, head))[1]);
    if (rest.length < head + 4 + length) return;
    const message = JSON.parse(rest.subarray(head + 4, head + 4 + length));
    rest = rest.subarray(head + 4 + length);
    if (message.id !== undefined && !message.method) {
      waiting.get(message.id)?.(message.result);
      waiting.delete(message.id);
    }
  }
});

function send(message) {
  const text = JSON.stringify({ jsonrpc: '2.0', ...message });
  server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

let requests = 0;
function ask(method, params) {
  const id = ++requests;
  send({ id, method, params });
  return new Promise((done) => waiting.set(id, done));
}

const root = pathToFileURL(resolve(folder)).href;
const uri = pathToFileURL(resolve(join(folder, file))).href;
const text = readFileSync(join(folder, file), 'utf8');
const capabilities = { textDocument: { diagnostic: {} }, workspace: { diagnostics: { refreshSupport: true } } };
const diagnose = () => ask('textDocument/diagnostic', { textDocument: { uri } });

let start = performance.now();
await ask('initialize', { rootUri: root, capabilities });
send({ method: 'initialized', params: {} });
send({ method: 'textDocument/didOpen', params: { textDocument: { uri, languageId: 'javascript', version: 1, text } } });
await diagnose();
console.log(`first load ${(performance.now() - start).toFixed(0)} ms`);

/** The processor time of the server so far, in milliseconds; none where the system does not tell. */
function processor() {
  try {
    const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return undefined;
  }
}

const before = processor();
const times = [];
for (let i = 0; i < Number(edits); i += 1) {
  const added = `const added${i} = new Map();\nsetInterval(() => added${i}.set(Date.now(), 1), 10);\n`;
  const change = { textDocument: { uri, version: i + 2 }, contentChanges: [{ text: added + text }] };
  start = performance.now();
  send({ method: 'textDocument/didChange', params: change });
  const { items } = await diagnose();
  times.push(performance.now() - start);
  if (!items.some((item) => item.message.includes(`added${i}`))) throw new Error('the findings are not those of the edit');
}
times.sort((a, b) => a - b);
const at = (share) => times[Math.floor((times.length - 1) * share)];
console.log(`an edit: median ${at(0.5).toFixed(0)} ms, nine of ten below ${at(0.9).toFixed(0)} ms, limit ${LIMIT} ms`);
if (before !== undefined) {
  console.log(`${((processor() - before) / times.length).toFixed(0)} ms of all processors for each`);
}
await ask('shutdown', null);
send({ method: 'exit' });
process.exitCode = at(0.5) > LIMIT ? 1 : 0;
