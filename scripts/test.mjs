/**
 * `npm test`: builds, lints, checks types and runs every test but the long ones. Names of files or folders as arguments
 * narrow the tests; a folder stands for the tests in all of its subfolders. `--faults` runs the long ones, which make every function of ours throw, kill processes and fill
 * disks, and `--full` gives them the numbers that take minutes. Each prints its seed; `SEED=n` repeats it. `--packages`
 * runs those that use the packed packages with tools of other people: test runners, bundlers, compilers. `--pages` runs
 * those of the local server's page, in Chromium.
 */

import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { failuresInSpec, printFailedTests } from './failed-tests.mjs';
import { npm, prepare, root } from './prepare.mjs';

const TESTS = ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'test/**/*.test.ts'];
/** They wait more than they compute, so that all of these run beside each other where there are two processors. */
const CONTRACT = 'test/contract/**/*.test.ts';
const INTEGRATIONS = 'test/integrations/**/*.test.ts';
const SHORT_FAULTS = 'test/faults/**/*.test.ts';
const FAULTS = 'test/**/*.fault.ts';
const SPOOL_FAULTS = 'test/faults/spool/*.fault.ts';
const PACKAGES = 'test/{packages,otel/in}/*.package.ts';
const TYPES = 'test/packages/typescript.package.ts';
const PAGES = 'test/viewer/**/*.test.ts';
/** What each flag runs. Each list is one run of mocha, beside the others. */
const SUITES = {
  '--faults': [[SPOOL_FAULTS], [FAULTS, '--ignore', SPOOL_FAULTS]],
  '--packages': [[PACKAGES, '--ignore', TYPES], [TYPES]],
  '--pages': [[PAGES]],
};
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
const suites = Object.entries(SUITES).flatMap(([flag, lists]) => (flags.has(flag) ? lists : []));
if (!flags.has('--full')) Object.assign(process.env, { ...SHORT, ...process.env });
if (only.length === 0 && suites.length === 0) {
  console.log('Linting ...');
  npm(['run', 'lint'], { quiet: true });
  console.log('Checking types ...');
  npm(['run', 'typecheck'], { quiet: true });
}
process.exitCode = await runTests(lanes());

/** @returns the arguments for each mocha that is to run at the same time */
function lanes() {
  if (only.length > 0) return [only.map(withSubfolders)];
  if (suites.length > 0) return suites;
  const short = [...TESTS, '--ignore', PAGES];
  if (availableParallelism() < 2) return [short];
  const folders = [CONTRACT, INTEGRATIONS, SHORT_FAULTS];
  const rest = [...short, ...folders.flatMap((folder) => ['--ignore', folder])];
  return [...folders.map((folder) => [folder]), rest];
}

/** Mocha looks into the folder itself alone, and loads files there that are no tests. */
function withSubfolders(path) {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? `${path.replace(/\/+$/, '')}/**/*.test.ts` : path;
}

/** Runs mocha and closes with what failed, and with the totals on a line of their own, as machines like to read them. */
async function runTests(all) {
  // The first is shown as it runs, and each other one as a whole behind it.
  const runs = all.map((args, lane) => runMocha(args, lane === 0));
  let passed = 0;
  let failed = 0;
  const failures = [];
  for (const [lane, run] of runs.entries()) {
    const { output, errors, code } = await run;
    if (lane > 0) process.stdout.write(output);
    const failing = totalOf(output, 'failing');
    passed += totalOf(output, 'passing');
    failed += failing;
    failures.push(...failuresInSpec(output));
    // A run that ended without its totals, or that left a rejection behind, has failed.
    if (code !== 0 && failing === 0) {
      failed += 1;
      failures.push({ title: `mocha ${all[lane].join(' ')} ended with ${code}`, error: errors });
    }
  }
  printFailedTests(failures);
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

async function runMocha(args, isShown) {
  const mocha = `${root}node_modules/mocha/bin/mocha.js`;
  const child = spawn(process.execPath, [mocha, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
  const found = [...output.matchAll(new RegExp(`^\\s+(\\d+) ${what}\\b`, 'gm'))];
  return Number(found.at(-1)?.[1] ?? 0);
}
