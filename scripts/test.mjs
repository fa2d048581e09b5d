/**
 * `npm test`: builds, lints, checks types and runs every test. Names of files or folders as arguments narrow the tests.
 * `--with-faults` adds the long ones, which kill processes and fill disks; `--faults` runs those alone, and `--full` gives
 * them the numbers that take minutes. Each prints its seed; `SEED=n` repeats it.
 */

import { spawn } from 'node:child_process';
import { npm, prepare, root } from './prepare.mjs';

const TESTS = ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'test/**/*.test.ts'];
const FAULTS = 'test/faults/spool/*.fault.ts';
/** What shows the same in a few minutes. */
const SHORT = { REQUESTS: '3000', FRAMES: '8000', FLIPS: '2000', TRACES: '5000' };

prepare();
const flags = new Set(process.argv.slice(2).filter((argument) => argument.startsWith('--')));
const only = process.argv.slice(2).filter((argument) => !flags.has(argument));
if (flags.has('--faults')) only.push(FAULTS);
if (!flags.has('--full')) Object.assign(process.env, { ...SHORT, ...process.env });
if (only.length === 0) {
  console.log('Linting ...');
  npm(['run', 'lint'], { quiet: true });
  console.log('Checking types ...');
  npm(['run', 'typecheck'], { quiet: true });
}
const all = flags.has('--with-faults') ? [...TESTS, FAULTS] : TESTS;
process.exitCode = await runTests(only.length > 0 ? only : all);

/** Runs mocha and closes with the totals on a line of their own, as machines like to read them. */
async function runTests(files) {
  const mocha = `${root}node_modules/mocha/bin/mocha.js`;
  const child = spawn(process.execPath, [mocha, ...files], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk);
    output += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', (status) => resolve(status ?? 1)));
  const passed = totalOf(output, 'passing');
  const failed = totalOf(output, 'failing');
  // A run that ended without its totals, or that left a rejection behind, has failed.
  const failures = failed + (code !== 0 && failed === 0 ? 1 : 0);
  console.log(`${passed} passed, ${failures} failed`);
  return failures > 0 || passed === 0 ? 1 : 0;
}

/** Mocha's closing lines: `  123 passing (4s)`. */
function totalOf(output, what) {
  const found = [...output.matchAll(new RegExp(`^\\s+(\\d+) ${what}\\b`, 'gm'))];
  return Number(found.at(-1)?.[1] ?? 0);
}
