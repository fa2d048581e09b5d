/** With either scope, the process reports each unhandled error unchanged and once. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compiled } from '../../../test/support/compiled.ts';

const run = promisify(execFile);
const APP = fileURLToPath(new URL('failing-app.ts', import.meta.url));

describe('unhandled errors', () => {
  for (const scope of ['cls-hooked', 'async-local-storage']) {
    for (const [way, what] of [
      ['reject', 'rejections'],
      ['throw', 'exceptions'],
    ] as const) {
      it(`are reported unchanged, and not in the scope of another request: ${what} with ${scope}`, async () => {
        const { stdout } = await run(process.execPath, [compiled(APP), scope, way]);
        assert.deepEqual(JSON.parse(stdout), {
          reported: ['a', 'b', 'c'],
          after: 'none',
          trees: ['a > fails > goes on', 'b > fails > goes on', 'c > fails > goes on'],
        });
      });
    }
  }
});
