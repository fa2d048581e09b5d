/**
 * Runs of Anthropic's agent SDK are recorded once, with their tools and tokens once, beside OpenInference's instrumentation of it:
 * with the real packages, and a program in place of the agent that speaks its protocol.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { folderOf, programOf, stepsBelow, tree } from './lab.ts';

const run = promisify(execFile);

type SetupName = 'ours' | 'theirs' | 'ours around theirs' | 'theirs around ours';

interface Ran {
  /** By the name of the request: the messages that the app received. */
  readonly seen: Readonly<Record<string, unknown>>;
  readonly spans: readonly string[];
  readonly rows: readonly WireRow[];
}

async function runSetup(setup: SetupName, node: 'Node 20' | 'Node 24'): Promise<Ran> {
  const folder = await folderOf('otel-claude');
  const { NODE_OPTIONS: _options, ...inherited } = process.env;
  const { stdout } = await run(await programOf(node), [join(folder, 'claude-agent/app.mjs')], {
    cwd: folder,
    timeout: 100_000,
    env: { ...inherited, SETUP: setup },
  });
  return JSON.parse(stdout) as Ran;
}

/** By the name of the request: its tokens, and its steps without ids. */
function tracesOf({ rows }: Ran): Readonly<Record<string, string>> {
  return Object.fromEntries(
    rows.map((row) => {
      const [, ...lines] = tree(row).split('\n');
      return [row.steps[0]?.name ?? '', `${row.tokens} tokens, ${row.cost}\n${lines.join('\n')}`];
    }),
  );
}

for (const node of ['Node 20', 'Node 24'] as const) {
  describe(`the agent SDK beside OpenInference, ${node}`, function () {
    this.timeout(200_000);
    let ours: Ran;

    before(async () => {
      ours = await runSetup('ours', node);
      assert.equal(ours.rows.length, 5);
      assert.match(tracesOf(ours)['one run'] ?? '', /^30 tokens/);
    });

    for (const setup of ['ours around theirs', 'theirs around ours'] as const) {
      it(`records each run once, as without it: ${setup}`, async () => {
        const both = await runSetup(setup, node);
        assert.deepEqual(both.seen, ours.seen);
        assert.deepEqual(tracesOf(both), tracesOf(ours));
        assert.equal(both.spans.filter((name) => name === 'ClaudeAgent.query').length, 7);
        assert.equal(both.spans.filter((name) => name === 'Bash').length, 7);
      });
    }

    it('records what its spans say without our integration', async () => {
      const theirs = await runSetup('theirs', node);
      for (const row of theirs.rows) {
        const types = stepsBelow(row).map(({ type }) => type);
        const runs = /two at once|one after the other/.test(row.steps[0]?.name ?? '') ? 2 : 1;
        assert.deepEqual(types, Array(runs).fill(['agent', 'tool']).flat(), tree(row));
      }
    });
  });
}
