// Made-up files of so many parts of one kind: what a file of 20,000 lines costs must not be the square of what one of 2,000
// does.

const parts = (count, part) => Array.from({ length: count }, (_, i) => part(i)).join('\n');

const inFunction = (head, count, part) => `${head}\nexport function fill(given, value) {\n${parts(count, part)}\n}\n`;

/** By what they are made of, the text for a number of parts. */
export const LARGE = {
  'growths of one map': (n) => inFunction('const all = new Map();', n, (i) => `  all.set(given.key${i}, value);`),
  'growths behind a test of their own': (n) =>
    inFunction('const all = {};', n, (i) => `  if (!(given.key${i} in all)) all[given.key${i}] = value;`),
  'growths behind statements that leave': (n) =>
    inFunction('const all = {};', n, (i) => `  if (given.key${i} in all) return;\n  all[given.key${i}] = value;`),
  'growths behind many tables of one key': (n) =>
    inFunction('const all = new Set(), others = {};', n, (i) => `  if (!others.of${i}.has(given)) return;\n  all.add(given);`),
  'handlers that keep requests': (n) =>
    `import express from 'express';\nconst app = express();\nconst all = [];\n${parts(n, (i) => `app.get('/${i}', (req, res) => { all.push(req); res.end(); });`)}\n`,
  'listeners on one emitter': (n) =>
    `import { bus } from './bus.js';\n${parts(n, (i) => `bus.on('event${i}', (it) => it.use${i}());`)}\n`,
  'listeners and their removals': (n) =>
    inFunction("import { bus } from './bus.js';", n, (i) => `  const on${i} = () => given.use${i}();\n  bus.on('event', on${i});\n  bus.off('event', on${i});`),
  'removals that name fields': (n) =>
    inFunction("import { bus } from './bus.js';", n, (i) => `  bus.on('event${i}', given.on${i});\n  bus.off('event${i}', given.on${i});`),
  'things given back on the next line but one': (n) =>
    `import { open } from 'node:fs/promises';\n${parts(n, (i) => `export async function read${i}(path, use) {\n  const file = await open(path);\n  await use(file);\n  await file.close();\n}`)}\n`,
  'loops that add listeners': (n) =>
    inFunction('', n, (i) => `  for (const it of given) it.on('event${i}', () => value.use${i}(it));`),
  'functions with a timer each': (n) =>
    `${parts(n, (i) => `export function start${i}(given, value) {\n  const timer = setInterval(() => given.tick${i}(), 1000);\n  if (value) clearInterval(timer);\n}`)}\n`,
  'functions that call the next': (n) =>
    `${parts(n, (i) => `function step${i}(list) { list.push(${i}); return step${i + 1}(list); }`)}\nexport function step${n}(list) { return list; }\n`,
  'methods of one class': (n) =>
    `export class All {\n  constructor() { this.held = new Map(); }\n${parts(n, (i) => `  on${i}(key) { this.held.set(key, ${i}); this.on${i + 1}(key); }`)}\n  on${n}() {}\n}\n`,
  'statements that never run': (n) => inFunction('', n, (i) => `  { return given.a${i}; given.b${i}(); }`),
};
