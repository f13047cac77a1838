// ESLint's plugins: each file is parsed once, and the rules of each plugin run on it by themselves.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as babel from '@babel/eslint-parser';
import * as typescript from '@typescript-eslint/parser';
import { Linter } from 'eslint';
import globals from 'globals';
import * as svelte from 'svelte-eslint-parser';
import ts from 'typescript';
import * as vue from 'vue-eslint-parser';

const require = createRequire(import.meta.url);
const linter = new Linter({ cwd: '/' });
const FILES = ['**/*.{js,cjs,mjs,jsx,ts,cts,mts,tsx,vue,svelte}'];

/** The name before the slash of its rules, and the package. */
const prefix = (tool) => tool.accepted[0].rules[0].split('/')[0];
async function plugin(tool) {
  const module = await import(tool.tool);
  return module.default ?? module;
}

function config(path, parser, program) {
  const parserOptions = {
    ecmaFeatures: { jsx: !/\.[cm]?ts$/.test(path) },
    parser: typescript,
    extraFileExtensions: ['.vue', '.svelte'],
    requireConfigFile: false,
    babelOptions: { babelrc: false, configFile: false, parserOpts: { plugins: ['flow', 'jsx'] } },
    ...(program && { programs: [program] }),
  };
  if (parser === babel) delete parserOptions.parser;
  const known = { ...globals.browser, ...globals.node };
  const languageOptions = { parser, parserOptions, sourceType: 'module', globals: known };
  return { files: FILES, languageOptions, linterOptions: { reportUnusedDisableDirectives: 'off' } };
}

/** The parsers to try on a path, in order: JavaScript that types do not fit may be written with Flow's. */
function parsers(path) {
  if (path.endsWith('.vue')) return [vue];
  if (path.endsWith('.svelte')) return [svelte];
  return /\.[cm]?tsx?$/.test(path) ? [typescript] : [typescript, babel];
}

/** The parsed file and the configuration that parsed it; undefined if none does. */
function parse(path, program) {
  const text = readFileSync(path, 'utf8');
  for (const parser of parsers(path)) {
    const base = config(path, parser, program);
    const messages = linter.verify(text, [base], { filename: path, allowInlineConfig: false });
    if (!messages.length) return { source: linter.getSourceCode(), base };
  }
  return undefined;
}

/** A tool with its plugin and what is to be set for its rules. */
async function prepare(tool) {
  const rules = {};
  for (const { rules: names, options } of tool.accepted) {
    for (const name of names) rules[name] = ['error', ...(options?.[name] ?? [])];
  }
  const plugins = { [prefix(tool)]: await plugin(tool) };
  return { name: tool.tool, typed: tool.typed, plugins, rules, found: [], broken: [] };
}

function lint(tool, path, { source, base }) {
  const own = { files: FILES, plugins: tool.plugins, rules: tool.rules };
  try {
    for (const message of linter.verify(source, [base, own], { filename: path, allowInlineConfig: false })) {
      if (!message.ruleId) continue;
      const spans = [{ path, first: message.line, last: message.endLine ?? message.line }];
      tool.found.push({ rule: message.ruleId, spans });
    }
  } catch (error) {
    tool.broken.push({ path, why: String(error.message).split('\n')[0] });
  }
}

/** Types of a project whose packages are not installed: rxjs is this folder's, what else is not there is unknown. */
function program(files) {
  const rxjs = join(require.resolve('rxjs/package.json'), '..');
  return ts.createProgram(files, {
    allowJs: true,
    noEmit: true,
    skipLibCheck: true,
    experimentalDecorators: true,
    types: [],
    jsx: ts.JsxEmit.Preserve,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    paths: { rxjs: [`${rxjs}/dist/types/index.d.ts`], 'rxjs/*': [`${rxjs}/dist/types/*/index.d.ts`] },
  });
}

const namesRxjs = (path) => /['"]rxjs(\/|['"])/.test(readFileSync(path, 'utf8'));

/** Runs what needs types, on the files that import rxjs, where their whole tree is. */
function lintTyped(tools, project) {
  const scripts = project.files.filter((file) => /\.[cm]?[jt]sx?$/.test(file));
  const files = scripts.map((file) => join(project.tree, file)).filter(namesRxjs);
  if (!files.length || !tools.length) return;
  const types = program(files);
  for (const path of files) {
    const parsed = parse(path, types);
    for (const tool of tools) if (parsed) lint(tool, path, parsed);
  }
}

/** Runs plugins over projects. Gives for each its findings, their paths absolute, and what it broke at. */
export async function checkWithEslint(tools, projects) {
  const prepared = await Promise.all(tools.map(prepare));
  const untyped = prepared.filter((tool) => !tool.typed);
  const typed = prepared.filter((tool) => tool.typed);
  for (const project of projects) {
    for (const path of project.files.map((file) => join(project.root, file))) {
      const parsed = parse(path);
      for (const tool of untyped) {
        if (parsed) lint(tool, path, parsed);
        else tool.broken.push({ path, why: 'is not parsed' });
      }
    }
    lintTyped(typed, project);
  }
  return prepared;
}
