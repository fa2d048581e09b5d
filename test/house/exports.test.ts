/** What users can import. A change to the snapshot is a change to the public API, and is made on purpose. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { entryPointsOf, publishedPackages, ROOT, readText } from './repository.ts';
import { type EntryPointNames, exportedNames } from './sources.ts';

const SNAPSHOT = 'test/house/exports.snapshot.json';
const UPDATE = "UPDATE_SNAPSHOT=1 npx mocha 'test/house/exports.test.ts'; npm run format";

type EntryPoints = Readonly<Record<string, EntryPointNames>>;

describe('the entry points', () => {
  let entryPoints: EntryPoints;

  before(() => {
    entryPoints = exportedNames();
    if (process.env.UPDATE_SNAPSHOT) {
      writeFileSync(`${ROOT}${SNAPSHOT}`, `${JSON.stringify(entryPoints, null, 2)}\n`);
    }
  });

  it('export the names of the snapshot', () => {
    const snapshot = JSON.parse(readText(SNAPSHOT)) as EntryPoints;
    assert.deepEqual(
      entryPoints,
      snapshot,
      `the public API has changed. If that is meant, run ${UPDATE} and read the diff.\n${differences(snapshot, entryPoints).join('\n')}`,
    );
  });

  for (const entryPoint of publishedPackages().flatMap(entryPointsOf)) {
    it(`${entryPoint} has at run time what its types promise`, async () => {
      const module = (await import(entryPoint)) as object;
      assert.deepEqual(Object.keys(module).sort(), entryPoints[entryPoint]?.values);
    });
  }

  it('adapters export all that core does', () => {
    const core = entryPoints['@openlayer-tracing/core'];
    for (const adapter of ['express', 'koa', 'hono']) {
      const names = entryPoints[`@openlayer-tracing/${adapter}`];
      if (names === undefined) continue;
      assert.deepEqual(
        core?.values.filter((name) => !names.values.includes(name)),
        [],
        adapter,
      );
      assert.deepEqual(
        core?.types.filter((name) => !names.types.includes(name)),
        [],
        adapter,
      );
      assert.ok(names.values.includes('openlayerTracing'), adapter);
    }
  });
});

/** `+ entry point: name` for what is new, `- entry point: name` for what is gone. */
function differences(before: EntryPoints, after: EntryPoints): readonly string[] {
  const all = (entryPoints: EntryPoints) =>
    Object.entries(entryPoints).flatMap(([entryPoint, { values, types }]) => [
      ...values.map((name) => `${entryPoint}: ${name}`),
      ...types.map((name) => `${entryPoint}: type ${name}`),
    ]);
  const [old, current] = [new Set(all(before)), new Set(all(after))];
  return [
    ...[...old].filter((name) => !current.has(name)).map((name) => `- ${name}`),
    ...[...current].filter((name) => !old.has(name)).map((name) => `+ ${name}`),
  ];
}
