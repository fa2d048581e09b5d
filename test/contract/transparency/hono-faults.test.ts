/** Our code fails, one function after another, and nobody can tell: in processes of their own, since they may crash. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('faults/hono-child.ts', import.meta.url));

interface Result {
  readonly sites: number;
  readonly harmless: number;
  readonly reached: number;
  readonly unreached: readonly string[];
  readonly failures: readonly string[];
}

/** All functions under Node's responses, and those that are for web responses alone. */
const VERSIONS = [
  { version: 'node', atLeast: 200 },
  { version: 'web', atLeast: 20 },
];

describe('an app whose tracing fails', () => {
  for (const { version, atLeast } of VERSIONS) {
    it(`answers on Hono by ${version} responses as if nothing were mounted, whichever function throws`, async function () {
      this.timeout(300_000);
      const result = await sweepOf(version);
      if (process.env.FAULTS_VERBOSE !== undefined) console.log(result);
      assert.deepEqual(result.failures, []);
      assert.ok(
        result.reached >= atLeast,
        `only ${result.reached} of ${result.sites} were reached`,
      );
    });
  }
});

async function sweepOf(version: string): Promise<Result> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, version], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.equal(code, 0, `the process ended with ${code}`);
  return JSON.parse(output) as Result;
}
