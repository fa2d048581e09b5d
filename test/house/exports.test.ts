/** What users can import. A change to the snapshot is a change to the public API, and is made on purpose. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { doorsOf, publishedPackages, ROOT, readText } from './repository.ts';
import { type DoorNames, exportedNames } from './sources.ts';

const SNAPSHOT = 'test/house/exports.snapshot.json';
const UPDATE = "UPDATE_SNAPSHOT=1 npx mocha 'test/house/exports.test.ts'; npm run format";

type Doors = Readonly<Record<string, DoorNames>>;

describe('the doors', () => {
  let doors: Doors;

  before(() => {
    doors = exportedNames();
    if (process.env.UPDATE_SNAPSHOT) {
      writeFileSync(`${ROOT}${SNAPSHOT}`, `${JSON.stringify(doors, null, 2)}\n`);
    }
  });

  it('export the names of the snapshot', () => {
    const snapshot = JSON.parse(readText(SNAPSHOT)) as Doors;
    assert.deepEqual(
      doors,
      snapshot,
      `the public API has changed. If that is meant, run ${UPDATE} and read the diff.\n${differences(snapshot, doors).join('\n')}`,
    );
  });

  for (const door of publishedPackages().flatMap(doorsOf)) {
    it(`${door} has at run time what its types promise`, async () => {
      const module = (await import(door)) as object;
      assert.deepEqual(Object.keys(module).sort(), doors[door]?.values);
    });
  }

  it('adapters export all that core does', () => {
    const core = doors['@openlayer-tracing/core'];
    for (const adapter of ['express', 'koa', 'hono']) {
      const names = doors[`@openlayer-tracing/${adapter}`];
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

/** `+ door: name` for what is new, `- door: name` for what is gone. */
function differences(before: Doors, after: Doors): readonly string[] {
  const all = (doors: Doors) =>
    Object.entries(doors).flatMap(([door, { values, types }]) => [
      ...values.map((name) => `${door}: ${name}`),
      ...types.map((name) => `${door}: type ${name}`),
    ]);
  const [old, current] = [new Set(all(before)), new Set(all(after))];
  return [
    ...[...old].filter((name) => !current.has(name)).map((name) => `- ${name}`),
    ...[...current].filter((name) => !old.has(name)).map((name) => `+ ${name}`),
  ];
}
