/**
 * `npm run test:runtimes`: the contract suite of every framework on every runtime, and the batteries of LLM clients, as a
 * table. Names of runtimes as arguments narrow it: `npm run test:runtimes -- "Node 24" "Node 26"`.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { printFailedTests } from './failed-tests.mjs';
import { prepare, root } from './prepare.mjs';
import { compatibilityDateOf, programOf } from './runtimes.mjs';

/** By what titles of tests have in common. */
const ROWS = new Map([
  ...['Express 4', 'Express 5', 'Koa 2', 'Koa 3', 'Hono'].map((name) => [name, name]),
  ['Workers', 'Workers on '],
  ['OpenAI', 'the battery of openai'],
  ['Anthropic', 'the battery of anthropic'],
  ['AI SDK', 'the battery of ai'],
  ['other LLM clients', 'the battery of '],
  ['MCP', 'Model Context Protocol'],
]);

const CLIENTS = 'test/integrations/clients';

/** By runtime, the arguments for mocha. */
const RUNTIMES = new Map();
for (const name of ['Node 20', 'Node 22', 'Node 24', 'Node 26']) {
  const files = ['test/contract/**/*.test.ts'];
  // Every answer is compared byte by byte on the oldest and the newest: what lies between them differs in no way of its own.
  const isOuter = name === 'Node 20' || name === 'Node 26';
  if (!isOuter) files.push('--ignore', 'test/contract/transparency/**');
  if (name === 'Node 20' || name === 'Node 24') {
    files.push(`${CLIENTS}/*.test.ts`, 'test/integrations/mcp.test.ts');
  }
  RUNTIMES.set(name, { files, isNode: true });
}
// There the tests run on this Node, and the apps and batteries in processes of the runtime.
for (const name of ['Bun', 'Deno', 'workerd', 'workerd 1.20260426']) {
  const files = ['test/contract/runtimes/*.runtime.ts'];
  // What breaks a stream of HTTP/2 is told in another way there, and that is all that Bedrock's client speaks.
  const clients = [`${CLIENTS}/*.test.ts`, '--ignore', `${CLIENTS}/bedrock.test.ts`];
  if (!name.startsWith('workerd')) files.push(...clients);
  RUNTIMES.set(name, { files, isNode: false });
}

/** A test that fails may leave a server open, and then the run would never end. */
const LIMIT_MS = 30 * 60_000;

const scratch = mkdtempSync(join(tmpdir(), 'contract-'));
prepare();
const wanted = process.argv.slice(2);
const names = [...RUNTIMES.keys()].filter((name) => wanted.length === 0 || wanted.includes(name));
const results = await runAll();
rmSync(scratch, { recursive: true });

printTable();
for (const { name, pending } of results) {
  for (const test of pending) console.log(`skipped on ${name}: ${test.fullTitle}`);
}
printFailedTests(
  results.flatMap(({ name, failures }) =>
    failures.map(({ fullTitle, err }) => ({
      title: `${fullTitle} (${name})`,
      error: err.stack ?? err.message ?? '',
    })),
  ),
);
const passed = total('passes');
const failed = total('failures');
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode =
  failed > 0 || passed === 0 || results.some((each) => each.passes.length === 0) ? 1 : 0;

/** Runs the suite on each runtime, two at a time: the tests wait about as long as they compute. */
async function runAll() {
  const found = new Map();
  const waiting = [...names];
  const runWaiting = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      found.set(name, await runOn(name));
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, runWaiting));
  return names.map((name) => ({ name, ...found.get(name) }));
}

/** Runs the suite on a runtime and says at once what failed there. */
async function runOn(name) {
  const program = programOf(name);
  const { files, isNode } = RUNTIMES.get(name);
  const report = join(scratch, `${name}.json`);
  const mocha = `${root}node_modules/mocha/bin/mocha.js`;
  const options = ['--reporter', 'json', '--reporter-option', `output=${report}`];
  console.log(`${name} ...`);
  const started = performance.now();
  const child = spawn(isNode ? program : process.execPath, [mocha, ...options, ...files], {
    cwd: root,
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      CONTRACT_RUNTIME: name,
      CONTRACT_PROGRAM: program,
      CONTRACT_DATE: compatibilityDateOf(name),
    },
  });
  const [status, signal] = await once(child, 'close');
  const found = resultsIn(report);
  // A run that left no report, or a rejection behind, has failed.
  if (status !== 0 && found.failures.length === 0) {
    found.failures.push({ fullTitle: 'the run', err: { stack: `ended with ${status ?? signal}` } });
  }
  for (const { fullTitle, err } of found.failures) {
    console.log(`\nFAILED on ${name}: ${fullTitle}\n${err.stack ?? err.message}\n`);
  }
  console.log(`${name}: ${sumOf(found)} in ${Math.round((performance.now() - started) / 1000)} s`);
  return found;
}

function resultsIn(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passes: [], failures: [], pending: [] };
  }
}

function sumOf({ passes, failures, pending }) {
  const counts = [`${passes.length} passed`];
  if (failures.length > 0) counts.push(`${failures.length} failed`);
  if (pending.length > 0) counts.push(`${pending.length} skipped`);
  return counts.join(', ');
}

function total(kind) {
  return results.reduce((sum, each) => sum + each[kind].length, 0);
}

function printTable() {
  const rowOf = ({ fullTitle }) => [...ROWS].find(([, title]) => fullTitle.includes(title))?.[0];
  const rows = [...ROWS.keys()].map((row) => {
    const isOfIt = (test) => rowOf(test) === row;
    return [
      row,
      ...results.map(({ passes, failures, pending }) => {
        const own = {
          passes: passes.filter(isOfIt),
          failures: failures.filter(isOfIt),
          pending: pending.filter(isOfIt),
        };
        return own.passes.length + own.failures.length === 0 ? '-' : sumOf(own);
      }),
    ];
  });
  const lines = [['', ...names], ...rows];
  const widths = ['', ...names].map((_, column) =>
    Math.max(...lines.map((line) => line[column].length)),
  );
  console.log();
  for (const line of lines) {
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
  }
  console.log();
}
