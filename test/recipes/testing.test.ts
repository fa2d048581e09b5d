/** The tests that docs/testing.md shows, run by Node's own runner under the names of others. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compiledPage } from './page.ts';

const run = promisify(execFile);

/** As much of Vitest and of Jest as the page uses. */
const RUNNER = {
  'package.json': '{"type":"module","exports":{"types":"./index.d.ts","default":"./index.js"}}',
  'index.js': `
    import assert from 'node:assert/strict';
    export { afterEach, beforeEach, test } from 'node:test';
    export const expect = (value) => ({
      toBe: (expected) => assert.equal(value, expected),
      toEqual: (expected) => assert.deepEqual(value, expected),
    });`,
  'index.d.ts': `
    export { afterEach, beforeEach, test } from 'node:test';
    export declare function expect(value: unknown): {
      toBe(expected: unknown): void;
      toEqual(expected: unknown): void;
    };`,
};

const stubs = Object.fromEntries(
  ['vitest', '@jest/globals'].flatMap((name) =>
    Object.entries(RUNNER).map(([file, text]) => [`node_modules/${name}/${file}`, text]),
  ),
);

describe('the recipe for tests', function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => {
    folder = await compiledPage('docs/testing.md', 'module', stubs);
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
