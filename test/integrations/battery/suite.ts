/** What holds for a client of any provider: traced it behaves as it does bare, and its calls are steps. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { renderTrace } from '@openlayer-tracing/local';
import { type Compared, comparable, runBattery } from './compare.ts';
import { inOneWording, runtimeName } from './runtime.ts';

export interface Suite {
  readonly battery: string;
  /** The client under test, by the name that it is installed under. */
  readonly packageName: string;
  readonly atLeast: number;
  /** The file of printed trees that its steps are compared with. */
  readonly expected: string;
}

export function batterySuite(suite: Suite): void {
  const { battery, packageName, atLeast, expected } = suite;
  describe(`the battery of ${packageName}, ${runtimeName}`, function () {
    this.timeout(120_000);
    let compared: Compared;

    before(async () => {
      compared = await runBattery(battery, packageName);
    });

    it(`behaves the same in at least ${atLeast} respects`, () => {
      const { bare, traced } = compared;
      assert.ok(bare.length >= atLeast, `${bare.length} checks`);
      for (const [i, each] of bare.entries()) assert.deepEqual(traced[i], each, each.name);
      assert.equal(traced.length, bare.length);
    });

    it('asks its provider the same', () => {
      assert.deepEqual(comparable(compared.tracedAsked), comparable(compared.bareAsked));
    });

    it('records the steps that were printed and read', () => {
      const trees = treesOf(compared.rows);
      const file = fileURLToPath(new URL(`../expected/${expected}.txt`, import.meta.url));
      // `UPDATE_SNAPSHOT=1` writes what there is, to be read before it is committed.
      if (process.env.UPDATE_SNAPSHOT) writeFileSync(file, trees);
      assert.ok(existsSync(file), `no ${file} yet`);
      const printed = inOneWording(readFileSync(file, 'utf8'));
      assert.deepEqual(inOneWording(trees).split('\n\n'), printed.split('\n\n'));
    });
  });
}

/** The trees of all checks, but for what is chance. */
function treesOf(rows: readonly WireRow[]): string {
  const trees = rows
    .toSorted((a, b) => (a.inferenceId < b.inferenceId ? -1 : 1))
    .map((row) => renderTrace(row, { timings: false, metadata: true }));
  return `${trees.join('\n\n').replace(/127\.0\.0\.1:\d+/g, 'HOST')}\n`;
}
