/** The code of all texts compiles, and that of the pages runs and leaves the traces that they show. */

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type BuiltPages, builtPages } from './built-pages.ts';
import type { SnippetRun } from './run-snippets.ts';
import type { Snippet } from './snippets.ts';

const RUNNER = fileURLToPath(new URL('run-snippets.ts', import.meta.url));

describe('the code that our texts show', function () {
  this.timeout(120_000);
  let built: BuiltPages;
  before(async () => {
    built = await builtPages();
  });

  it('compiles', () => {
    assert.ok(built.snippets.length > 40 && built.examples > 20, 'the snippets are found');
    assert.deepEqual(built.complaints, []);
  });

  it('runs, and leaves the traces that the pages show', async () => {
    const { snippets } = built;
    const { results, problem } = await runAll(snippets);
    const faults = snippets.flatMap((snippet, i) =>
      faultsOf(snippet, results[i] as SnippetRun).map(
        (fault) => `${snippet.file}:${snippet.line + 1}: ${fault}`,
      ),
    );
    const found = problem === undefined ? faults : [...faults, problem];
    if (found.length > 0) assert.fail(`\n${found.join('\n\n')}`);
  });
});

interface Results {
  readonly results: readonly SnippetRun[];
  /** What of the rows breaks the platform's contract. */
  readonly problem?: string | undefined;
}

async function runAll(snippets: BuiltPages['snippets']): Promise<Results> {
  const child = fork(RUNNER, {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  child.send(snippets.map(({ module, helpers, requests }) => ({ module, helpers, requests })));
  const ended = once(child, 'exit').then(() => {
    throw new Error(`the snippets ended early: ${printed}`);
  });
  const [results] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  return results as Results;
}

function faultsOf(snippet: Snippet, run: SnippetRun): readonly string[] {
  const faults: string[] = [];
  if (run.error !== undefined) faults.push(run.error);
  if (run.stderr !== '') faults.push(`it wrote to stderr: ${run.stderr}`);
  if (run.rows.length < run.requests) {
    faults.push(`${run.rows.length} of ${run.requests} requests left a trace`);
  }
  const expected = (text: string) => text.trim().split('\n').map(withoutRun).join('\n');
  if (snippet.trees !== undefined) {
    const left = run.trees.join('\n\n').split('\n').map(withoutRun).join('\n');
    if (left !== expected(snippet.trees)) {
      faults.push(`its traces are not those of the page, but\n${run.trees.join('\n\n')}`);
    }
  }
  if (snippet.row !== undefined) {
    const [whole] = run.rows as Readonly<Record<string, unknown>>[];
    const columns = snippet.columns ?? Object.keys(whole ?? {});
    const row = Object.fromEntries(columns.map((column) => [column, whole?.[column]]));
    try {
      assert.deepEqual(ofAnyRun(row), ofAnyRun(JSON.parse(snippet.row)));
    } catch {
      faults.push(`its row is not that of the page, but\n${JSON.stringify(row, null, 2)}`);
    }
  }
  return faults;
}

/** A line of a tree without its latency; the first one without the id. */
function withoutRun(line: string): string {
  const isHead = /^\S+ {2}(completed|aborted|error|abandoned|interrupted)\b/.test(line);
  const text = isHead ? line.replace(/^\S+/, 'id') : line;
  return text.replace(/ {2}\d+(\.\d+)? m?s\b/, '').trimEnd();
}

/** Keys whose values differ from run to run. */
const OF_RUN = /^(inferenceTimestamp|inferenceId|latency|startTime|endTime|id|.*Ms|.*_ms)$/;

/** The value with the types of what differs from run to run. */
function ofAnyRun(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ofAnyRun);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      OF_RUN.test(key) ? typeof each : ofAnyRun(each),
    ]),
  );
}
