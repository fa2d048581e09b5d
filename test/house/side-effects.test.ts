/** What a module does when it is loaded: a bundler leaves out what its package does not list as such. */

import assert from 'node:assert/strict';
import { dirname, join } from 'node:path/posix';
import { publishedPackages } from './repository.ts';
import { readSources } from './sources.ts';

describe('a module that is imported for what it does alone', () => {
  for (const { folder, manifest } of publishedPackages()) {
    it(`is listed as a side effect, in both builds, and no other: ${folder}`, () => {
      const source = `${folder}/src/`;
      const imported = readSources()
        .filter(({ path }) => path.startsWith(source))
        .flatMap(({ path, text }) =>
          [...text.matchAll(/^import '(\.[^']+)';$/gm)].map(([, specifier = '']) =>
            join(dirname(path), specifier).slice(source.length),
          ),
        );
      const expected = [...new Set(imported)].flatMap((file) => [
        `./dist/${file}`,
        `./dist/cjs/${file}`,
      ]);
      assert.deepEqual([...(manifest.sideEffects || [])].sort(), expected.sort());
    });
  }
});
