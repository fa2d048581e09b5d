/**
 * `npm test`: builds, lints, checks types and runs every test but the long ones. Names of files or folders as arguments
 * narrow the tests; a folder stands for the tests in all of its subfolders. `--faults` runs the long ones, which make every
 * function of ours throw, kill processes and fill disks, and `--full` gives them the numbers that take minutes. Each prints
 * its seed; `SEED=n` repeats it. `--packages` runs those that use the packed packages with tools of other people: test
 * runners, bundlers, compilers. `--pages` runs those of the local server's page, in Chromium.
 */

import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { failuresInSpec, printFailedTests } from './failed-tests.mjs';
import { runBeside } from './pool.mjs';
import { prepare, root } from './prepare.mjs';

const PAGES = 'test/viewer/**/*.test.ts';
/** What `npm test` runs: each list is one run of mocha, beside others. Those that take longest come first. */
const SHORT_TESTS = parts(
  [
    // They collect garbage again and again, which takes four times as long where hundreds of modules are loaded.
    'test/integrations/{long-streams,sizes,unended-runs}*.test.ts',
    'test/contract/suite/**/*.test.ts',
    'packages/local/test/**/*.test.ts',
    'test/faults/process/**/*.test.ts',
    'test/integrations/*.test.ts',
    'test/contract/{express,hono,koa}/**/*.test.ts',
    'test/integrations/clients/**/*.test.ts',
    'test/contract/transparency/**/*.test.ts',
    'packages/core/test/**/*.test.ts',
    'test/integrations/coverage/**/*.test.ts',
  ],
  ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'test/**/*.test.ts'],
  [PAGES],
);
const SPOOL = 'test/faults/spool';
/** The same for each flag. */
const LONG_TESTS = {
  '--faults': parts(
    [
      'test/contract/transparency/express.fault.ts',
      'test/contract/transparency/koa.fault.ts',
      `${SPOOL}/[a-k]*.fault.ts`,
      `${SPOOL}/l*.fault.ts`,
      'test/contract/transparency/hono.fault.ts',
      `${SPOOL}/m*.fault.ts`,
    ],
    ['test/**/*.fault.ts'],
  ),
  // Tests that install the same libraries are in one part.
  '--packages': parts(
    [
      'test/{otel/**/*,packages/opentelemetry-*}.package.ts',
      'test/packages/typescript.package.ts',
      'test/packages/{jest,nest,next}*.package.ts',
    ],
    ['test/**/*.package.ts'],
  ),
  '--pages': [[PAGES]],
};
/** What `npm test` also runs, beside its tests. */
const CHECKS = ['lint', 'typecheck'];
/** What shows the same in a few minutes. */
const SHORT = {
  REQUESTS: '3000',
  FLIPS: '2000',
  TRACES: '5000',
  EVERY: '6',
  BASE_MS: '400',
  CYCLES: '6',
  WORKERS: '4',
  BLOCKED_MS: '3500',
  BACKLOG: '60000',
};
/** Characters of a run's stderr that are kept for the case that it ends without its totals. */
const MAX_ERRORS = 4000;

prepare();
const flags = new Set(process.argv.slice(2).filter((argument) => argument.startsWith('--')));
const only = process.argv.slice(2).filter((argument) => !flags.has(argument));
if (!flags.has('--full')) Object.assign(process.env, { ...SHORT, ...process.env });
process.exitCode = await runAll(chosenRuns());

/**
 * @param {readonly string[]} globs of the parts; what two of them name is in the first
 * @param {readonly string[]} all globs of them and of all others
 * @param {readonly string[]} but globs of files that are not run
 * @returns {readonly (readonly string[])[]} the arguments for mocha on what is in none of them, and on each part
 */
function parts(globs, all, but = []) {
  const ignoring = (ignored) => ignored.flatMap((glob) => ['--ignore', glob]);
  return [
    [...all, ...ignoring([...globs, ...but])],
    ...globs.map((glob, i) => [glob, ...ignoring(globs.slice(0, i))]),
  ];
}

/** Those that the command line chooses. */
function chosenRuns() {
  if (only.length > 0) return [mochaOn(only.map(withSubfolders))];
  const long = Object.entries(LONG_TESTS).flatMap(([flag, lists]) =>
    flags.has(flag) ? lists : [],
  );
  if (long.length > 0) return long.map(mochaOn);
  return [...CHECKS.map(npmRun), ...SHORT_TESTS.map(mochaOn)];
}

function mochaOn(args) {
  const command = [process.execPath, `${root}node_modules/mocha/bin/mocha.js`, ...args];
  return { name: `mocha ${args.join(' ')}`, command, isOfTests: true };
}

function npmRun(script) {
  return { name: `npm run ${script}`, command: ['npm', 'run', script], isOfTests: false };
}

/** Mocha looks into the folder itself alone, and loads files there that are no tests. */
function withSubfolders(path) {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? `${path.replace(/\/+$/, '')}/**/*.test.ts` : path;
}

/** Runs all and closes with what failed, and with the totals on a line of their own, as machines like to read them. */
async function runAll(runs) {
  let passed = 0;
  let failed = 0;
  const failures = [];
  await runBeside(runs, async (run) => {
    // One alone is shown as it runs, and each of several as a whole.
    const { output, errors, code } = await resultOf(run.command, runs.length === 1);
    const isGood = code === 0 && (!run.isOfTests || totalOf(output, 'passing') !== undefined);
    if (runs.length > 1 && (run.isOfTests || !isGood)) process.stdout.write(output);
    const failing = totalOf(output, 'failing') ?? 0;
    passed += totalOf(output, 'passing') ?? 0;
    failed += failing;
    failures.push(...failuresInSpec(output));
    // A run that ended without its totals, or that left a rejection behind, has failed.
    if (!isGood && failing === 0) {
      failed += 1;
      failures.push({
        title: `${run.name} ended with ${code}`,
        error: run.isOfTests ? errors : `${output}${errors}`,
      });
    }
  });
  printFailedTests(failures);
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

async function resultOf([program, ...args], isShown) {
  // On Windows npm is a script, which only a shell can run.
  const shell = process.platform === 'win32' && program === 'npm';
  const child = spawn(program, args, { cwd: root, shell, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    if (isShown) process.stdout.write(chunk);
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    process.stderr.write(chunk);
    errors = `${errors}${chunk}`.slice(-MAX_ERRORS);
  });
  const code = await new Promise((resolve) => child.on('close', (status) => resolve(status ?? 1)));
  return { output, errors, code };
}

/** Mocha's closing lines: `  123 passing (4s)`. */
function totalOf(output, what) {
  const found = [...output.matchAll(new RegExp(`^\\s+(\\d+) ${what}\\b`, 'gm'))].at(-1);
  return found && Number(found[1]);
}
