/** The tests that docs/testing.md shows, run by Node's own runner under the names of others. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { builtPage } from './built-pages.ts';

const run = promisify(execFile);

describe('the recipe for tests', () => {
  let folder: string;
  before(async () => {
    folder = await builtPage('docs/testing.md');
  });

  for (const runner of ['vitest', 'jest']) {
    it(`shows tests that pass: ${runner}`, async () => {
      const file = join(folder, `${runner}/app.test.js`);
      const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', file]);
      assert.match(stdout, /^# pass 1$/m);
      assert.match(stdout, /^# fail 0$/m);
    });
  }
});
