/** What nobody catches is heard of by the process as it is, once, with either scope. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const APP = fileURLToPath(new URL('failing-app.ts', import.meta.url));

describe('failures that nobody catches', () => {
  for (const scope of ['cls-hooked', 'async-local-storage']) {
    for (const [way, what] of [
      ['reject', 'rejections'],
      ['throw', 'exceptions'],
    ] as const) {
      it(`are heard of as they are, and as nobody else's: ${what} with ${scope}`, async () => {
        const { stdout } = await run(process.execPath, ['--import', 'tsx', APP, scope, way]);
        assert.deepEqual(JSON.parse(stdout), {
          heard: ['a', 'b', 'c'],
          after: 'none',
          trees: ['a > fails > goes on', 'b > fails > goes on', 'c > fails > goes on'],
        });
      });
    }
  }
});
