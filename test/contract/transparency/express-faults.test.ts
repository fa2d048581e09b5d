/** Our code fails, one function after another, and nobody can tell: in a process of its own, since it may crash. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('faults/express-child.ts', import.meta.url));

interface Result {
  readonly sites: number;
  readonly harmless: number;
  readonly reached: number;
  readonly unreached: readonly string[];
  readonly failures: readonly string[];
}

for (const version of ['5', '4']) {
  describe(`an app on Express ${version} whose tracing fails`, () => {
    it('answers as if nothing were mounted, whichever function of ours throws', async function () {
      this.timeout(300_000);
      const child = spawn(process.execPath, ['--import', 'tsx', CHILD, version], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
      assert.equal(code, 0);
      const result = JSON.parse(output) as Result;
      if (process.env.FAULTS_VERBOSE !== undefined) console.log(result);
      assert.deepEqual(result.failures, []);
      assert.ok(result.reached > 200, `only ${result.reached} of ${result.sites} were reached`);
    });
  });
}
