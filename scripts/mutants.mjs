/**
 * How many slips of one operator the quick tests find: `node scripts/mutants.mjs [folders of packages/core/src]
 * [--count=150] [--seed=1] [--only=7,9]`. Prints each mutant that no test kills.
 *
 * A copy of the repository in a temporary folder gets all mutants of the sample at once: `a < b` becomes
 * `(__mutant(7) ? (a <= b) : (a < b))`, and the environment says which of them is active. So nothing is compiled a
 * second time. Each test file runs once first, to learn which tests reach which mutants.
 */

import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findMutants, withMutants } from './plant-mutants.mjs';
import { prepare, root } from './prepare.mjs';

const CORE = 'packages/core/src';
const FOLDERS = ['values', 'follow', 'trace', 'publish', 'config'];

/** The tests that take a minute together. */
const QUICK = [
  'packages/core/test',
  'test/options',
  'test/faults/publishing',
  'test/contract/hono/edge-requests.test.ts',
];
/** What takes longest of them, what starts compilers, and what a busy machine may fail. */
const LEFT_OUT =
  /\/(types|decorators|platform|hostile-compositions|sockets|uploads|retry|batching|shutdown)\.test\.ts$/;

/** What tests of one mutant may take, beside those of `unit/`; slower ones that reach it as well are left out. */
const MOST_MS = 20_000;
const LEAST_LIMIT_MS = 60_000;
/** Of a test in the first run: longer than mocha's own, since other work may keep the machine busy. */
const FIRST_TIMEOUT_MS = 120_000;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '150' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    only: { type: 'string' },
  },
});

prepare();
const copy = copyOfRepository();
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130));

const mutants = plant(sample());
await runEachOnce();
const survivors = [];
let killed = 0;
for (const mutant of mutants) {
  const killer = await killerOf(mutant);
  if (killer === undefined) survivors.push(mutant);
  else killed++;
  const outcome = killer ?? (mutant.tests.length === 0 ? 'SURVIVES, unreached' : 'SURVIVES');
  console.log(`${mutant.id} ${placeOf(mutant)} ${mutant.label}: ${outcome}`);
}
const share = Math.round((killed / mutants.length) * 1000) / 10;
console.log(`\nSurvivors:`);
for (const mutant of survivors) {
  console.log(`${mutant.id} ${placeOf(mutant)} ${mutant.label}\n    ${mutant.shown}`);
}
console.log(`\n${killed} of ${mutants.length} killed (${share} %), seed ${options.seed}`);

/** The packages and the tests as files of their own, beside links to all that is installed. */
function copyOfRepository() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mutants-')));
  const isSource = (from) => !/\/(node_modules|\.turbo|\.recipes|\.snippets)(\/|$)/.test(from);
  const names = ['packages', 'test', 'scripts', 'package.json', '.mocharc.json'];
  for (const name of [...names, 'tsconfig.json', 'tsconfig.commonjs.json']) {
    cpSync(`${root}${name}`, join(folder, name), { recursive: true, filter: isSource });
  }
  const links = join(folder, 'node_modules');
  mkdirSync(join(links, '@openlayer-tracing'), { recursive: true });
  for (const name of readdirSync(`${root}node_modules`)) {
    const isOurs = name === '@openlayer-tracing' || name.startsWith('example-');
    if (!isOurs) symlinkSync(realpathSync(`${root}node_modules/${name}`), join(links, name));
  }
  for (const name of readdirSync(join(folder, 'packages'))) {
    symlinkSync(join(folder, 'packages', name), join(links, '@openlayer-tracing', name));
  }
  return folder;
}

/** Of all mutants of the folders, as many as are asked for. */
function sample() {
  const folders = positionals.length > 0 ? positionals : FOLDERS;
  const files = folders
    .map((folder) => `${root}${CORE}/${folder}`)
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => filesIn(folder, /\.ts$/));
  const all = findMutants(`${root}packages/core/tsconfig.json`, files);
  const random = randomFrom(Number(options.seed));
  for (let i = all.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [all[i], all[other]] = [all[other], all[i]];
  }
  const chosen = all.slice(0, Number(options.count)).map((each, id) => ({ ...each, id }));
  console.log(`${chosen.length} of ${all.length} mutants, seed ${options.seed}`);
  const only = options.only?.split(',').map(Number);
  return only === undefined ? chosen : chosen.filter(({ id }) => only.includes(id));
}

/** Puts the mutants into the copy, and builds core there. */
function plant(chosen) {
  for (const file of new Set(chosen.map((each) => each.file))) {
    const text = withMutants(chosen.filter((each) => each.file === file));
    writeFileSync(file.replace(root, `${copy}/`), text);
  }
  const cwd = join(copy, 'packages/core');
  const compiler = `${root}node_modules/typescript/lib/tsc.js`;
  for (const args of [
    [compiler, '-b', '--force', 'tsconfig.json', 'tsconfig.commonjs.json'],
    [join(copy, 'scripts/finish-commonjs.mjs')],
  ]) {
    const { status, stdout } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
    if (status !== 0) throw new Error(`the mutants do not compile:\n${stdout}`);
  }
  return chosen.map((each) => ({ ...each, tests: [] }));
}

/** Notes at each mutant which tests reach it, and how long those take. */
async function runEachOnce() {
  const files = QUICK.map((folder) => join(copy, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => filesIn(folder, /\.test\.ts$/))
    .filter((file) => !LEFT_OUT.test(file));
  const hooks = join(root, 'scripts/reached-mutants.mjs');
  const log = join(copy, 'reached');
  const byId = new Map(mutants.map((mutant) => [mutant.id, mutant]));
  let total = 0;
  for (const file of files) {
    writeFileSync(log, '');
    const started = performance.now();
    const env = { MUTANTS_REACHED: log };
    const args = ['--require', hooks, '--timeout', `${FIRST_TIMEOUT_MS}`, file];
    const { code, output } = await mocha(args, env, 2 * FIRST_TIMEOUT_MS);
    if (code !== 0) {
      console.log(`left out, since it fails without any mutant: ${file}\n${output.slice(-2000)}`);
      continue;
    }
    const fileMs = performance.now() - started;
    total += fileMs;
    for (const line of readFileSync(log, 'utf8').split('\n').filter(Boolean)) {
      // Without a title, it is reached by loading the file, or by a process that a test started.
      const { ids, title, ms = fileMs, isChild = false } = JSON.parse(line);
      for (const id of ids) byId.get(id)?.tests.push({ file, title, ms, isChild });
    }
  }
  console.log(`${files.length} test files take ${Math.round(total / 1000)} s, one by one`);
}

/** @returns the title of the test that fails with the mutant */
async function killerOf({ id, file: mutated, tests: all }) {
  // Processes are slow to start: they count where no other test reaches it.
  const inProcess = all.filter(({ isChild }) => !isChild);
  const tests = inProcess.length > 0 ? inProcess : all;
  const others = tests.filter((test) => !isUnit(test)).sort((a, b) => a.ms - b.ms);
  let sum = 0;
  const quick = others.filter(({ ms }) => {
    sum += ms;
    return sum <= MOST_MS;
  });
  // Few files load quickly: first those that import the mutated one, which find most mutants.
  const own = mutated.slice(`${root}packages/core/`.length);
  const isOwn = ({ file }) => readFileSync(file, 'utf8').includes(`/${own}'`);
  const units = tests.filter(isUnit);
  const groups = [units.filter(isOwn), units.filter((test) => !isOwn(test)), quick];
  for (const group of groups) {
    const killer = await killerAmong(group, id);
    if (killer !== undefined) return killer;
  }
  return undefined;
}

function isUnit({ file }) {
  return file.includes('/unit/');
}

/** A test outside of `unit/` has to pass without the mutant right afterwards: a busy machine may have failed it. */
async function killerAmong(candidates, id) {
  let tests = candidates;
  while (tests.length > 0) {
    const { code, output } = await runTests(tests, id);
    if (code === 0) return undefined;
    const title = titleIn(output);
    const killers = tests.filter((test) => test.title !== undefined && test.title === title);
    const failed = killers.length > 0 ? killers : tests;
    const isSure = killers.length > 0 && killers.every(isUnit);
    const isDue = isSure || (await runTests(failed, undefined)).code === 0;
    if (isDue) return title ?? (code === null ? 'takes too long' : 'exits');
    console.log(`fails without the mutant too: ${title ?? 'tests'}`);
    tests = tests.filter((test) => !failed.includes(test));
  }
  return undefined;
}

function runTests(tests, id) {
  const files = [...new Set(tests.map(({ file }) => file))];
  const isWhole = tests.some(({ title }) => title === undefined);
  const titles = tests.map(({ title }) => title?.replace(/[^\w ]/g, '.'));
  const only = isWhole ? [] : ['--grep', `^(${titles.join('|')})$`];
  const limitMs = LEAST_LIMIT_MS + 3 * tests.reduce((whole, { ms }) => whole + ms, 0);
  return mocha(['--bail', ...only, ...files], id === undefined ? {} : { MUTANT: `${id}` }, limitMs);
}

/** The full title of the first failure, as mocha's `fullTitle()` has it. */
function titleIn(output) {
  return output.match(/^ {2}1\) ([\s\S]*?):\n/m)?.[1].replace(/\s*\n\s*/g, ' ');
}

function mocha(args, env, limitMs) {
  const child = spawn(process.execPath, [`${root}node_modules/mocha/bin/mocha.js`, ...args], {
    cwd: copy,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what its tests have started ends with it.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  const timer = setTimeout(end, limitMs);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}

function placeOf({ file, line }) {
  return `${file.slice(`${root}${CORE}/`.length)}:${line}`;
}

/** @param folder or one file */
function filesIn(folder, pattern) {
  if (pattern.test(folder)) return [folder];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((file) => pattern.test(file))
    .sort();
}

/** Mulberry32. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
