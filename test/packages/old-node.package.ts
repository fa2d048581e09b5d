/** A Node that is too old says what is needed, whatever is loaded first and however. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { entryPointsOf, publishedPackages, readManifest } from '../house/repository.ts';
import { createApp } from './apps.ts';

const run = promisify(execFile);

/** These are types alone, or nothing of core is loaded for them. */
const INDEPENDENT = ['@openlayer-tracing/core/wire', '@openlayer-tracing/local'];

describe('on Node', function () {
  this.timeout(300_000);

  for (const [version, own] of [
    ['16', '16.20.2'],
    ['18', '18.20.8'],
  ]) {
    it(`${version}, each entry point says which one is needed`, async () => {
      await using app = await createApp('old-node');
      const node = join(app.libraries, `node-${version}/bin/node`);
      const doors = publishedPackages()
        .flatMap(entryPointsOf)
        .filter((door) => !INDEPENDENT.includes(door));
      assert.ok(doors.length > 20);
      await app.write({
        'load.mjs': `
          import { createRequire } from 'node:module';
          const require = createRequire(import.meta.url);
          for (const door of ${JSON.stringify(doors)}) {
            await import(door).catch((error) => console.log(error.message));
            try { require(door); } catch (error) { console.log(error.message); }
          }
        `,
      });
      const { stdout } = await run(node, [join(app.folder, 'load.mjs')]);
      const needed = readManifest('packages/core/package.json').engines?.node?.replace('>=', '');
      const said = `@openlayer-tracing/core needs Node ${needed} or newer, but this is Node ${own}`;
      assert.deepEqual(
        stdout.trim().split('\n'),
        doors.flatMap(() => [said, said]),
      );
    });
  }
});
