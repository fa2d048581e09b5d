/**
 * `npm run test:runtimes`: the contract suite of every framework on every runtime, and the batteries of LLM clients, as a
 * table. Names of runtimes as arguments narrow it: `npm run test:runtimes -- "Node 24" "Node 26"`.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printFailedTests } from './failed-tests.mjs';
import { runBeside } from './pool.mjs';
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

const CLIENTS = 'test/integrations/clients/*.test.ts';
// What breaks a stream of HTTP/2 is told in another way elsewhere, and that is all that Bedrock's client speaks.
const CLIENTS_ELSEWHERE = [CLIENTS, '--ignore', 'test/integrations/clients/bedrock.test.ts'];
const SUITE = ['test/contract/suite/**/*.test.ts'];
const TRANSPARENCY = ['test/contract/transparency/**/*.test.ts'];
const FRAMEWORKS = ['test/contract/**/*.test.ts', ...ignoring([...SUITE, ...TRANSPARENCY])];
const ON_EVERY_NODE = [SUITE, FRAMEWORKS];
const APPS_ELSEWHERE = ['test/contract/runtimes/*.runtime.ts'];

/** By runtime, the arguments for mocha, which runs each list by itself. */
const RUNTIMES = new Map([
  // Every answer is compared byte by byte on the oldest and the newest: what lies between them differs in no way of its own.
  ['Node 20', [...ON_EVERY_NODE, TRANSPARENCY, [CLIENTS, 'test/integrations/mcp.test.ts']]],
  ['Node 22', ON_EVERY_NODE],
  ['Node 24', [...ON_EVERY_NODE, [CLIENTS, 'test/integrations/mcp.test.ts']]],
  ['Node 26', [...ON_EVERY_NODE, TRANSPARENCY]],
  // There the tests run on this Node, and the apps and batteries in processes of the runtime.
  ['Bun', [APPS_ELSEWHERE, CLIENTS_ELSEWHERE]],
  ['Deno', [APPS_ELSEWHERE, CLIENTS_ELSEWHERE]],
  ['workerd', [APPS_ELSEWHERE]],
  ['workerd 1.20260426', [APPS_ELSEWHERE]],
]);

/** A test that fails may leave a server open, and then the run would never end. */
const LIMIT_MS = 30 * 60_000;

const scratch = mkdtempSync(join(tmpdir(), 'contract-'));
prepare();
const wanted = process.argv.slice(2);
const names = [...RUNTIMES.keys()].filter((name) => wanted.length === 0 || wanted.includes(name));
const results = await runRuntimes();
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
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/** Runs the suite on each runtime, in parts beside each other. */
async function runRuntimes() {
  const parts = names.flatMap((name) => RUNTIMES.get(name).map((files) => ({ name, files })));
  const found = await runBeside(parts, runPart);
  return names.map((name) => {
    const own = found.filter((each) => each.name === name);
    const all = (kind) => own.flatMap((each) => each[kind]);
    return { name, passes: all('passes'), failures: all('failures'), pending: all('pending') };
  });
}

/** Runs a part of the suite on a runtime and says at once what failed there. */
async function runPart({ name, files }) {
  const runtime = programOf(name);
  const program = name.startsWith('Node') ? runtime : process.execPath;
  const report = join(mkdtempSync(join(scratch, 'part-')), 'report.json');
  const mocha = `${root}node_modules/mocha/bin/mocha.js`;
  const options = ['--reporter', 'json', '--reporter-option', `output=${report}`];
  const started = performance.now();
  const child = spawn(program, [mocha, ...options, ...files], {
    cwd: root,
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      CONTRACT_RUNTIME: name,
      CONTRACT_PROGRAM: runtime,
      CONTRACT_DATE: compatibilityDateOf(name),
    },
  });
  const [status, signal] = await once(child, 'close');
  const found = resultsIn(report);
  // A run that left no report, no test, or a rejection behind, has failed.
  if (found.failures.length === 0 && (status !== 0 || found.passes.length === 0)) {
    const stack = `mocha ${files.join(' ')} ended with ${status ?? signal}`;
    found.failures.push({ fullTitle: 'the run', err: { stack } });
  }
  for (const { fullTitle, err } of found.failures) {
    console.log(`\nFAILED on ${name}: ${fullTitle}\n${err.stack ?? err.message}\n`);
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${name}, ${files[0]}: ${sumOf(found)} in ${seconds} s`);
  return { name, ...found };
}

/** The options that leave files out. */
function ignoring(files) {
  return files.flatMap((each) => ['--ignore', each]);
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
