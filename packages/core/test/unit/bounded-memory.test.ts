import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { boundedTest } from '../../../../test/support/bounded-test.ts';
import { layoutOf } from '../../src/publish/row/layout.ts';
import { idSpaceOf, registerId } from '../../src/trace/ids/inference-id.ts';
import type { EndedTrace } from '../../src/trace/model/ended-trace.ts';
import { quoteName } from '../../src/values/json/json-text.ts';
import { Redactor } from '../../src/values/redaction/redactor.ts';
import { Snapshotter } from '../../src/values/snapshot/snapshotter.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** By how many MB the memory in use is larger after the work. */
function growthMb(work: () => void): number {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  work();
  collectGarbage();
  return (process.memoryUsage().heapUsed - before) / 1_000_000;
}

describe('memory', function () {
  // Collecting garbage takes seconds on a busy machine.
  this.timeout(120_000);

  const redactor = new Redactor();
  const trace = { root: {}, columns: {} } as EndedTrace;
  const space = idSpaceOf({});
  const USES: readonly (readonly [what: string, use: (name: string) => unknown])[] = [
    ['columns', quoteName],
    ['steps', (name) => redactor.quotedLabel(name)],
    ['keys', (name) => redactor.isSecret(name)],
    ['inputs', (name) => layoutOf(trace, [name])],
    ['requests that come again', (name) => [registerId(name, space), registerId(name, space)]],
  ];
  for (const [what, use] of USES) {
    boundedTest(`does not grow with the number of names of ${what}`, () => {
      const growth = growthMb(() => {
        for (let i = 0; i < 30_000; i++) use(`${i}`.padStart(60, '-'));
      });
      assert.ok(growth < 3, `${growth} MB`);
    });
  }

  for (const [what, use] of USES.slice(0, 3)) {
    boundedTest(`does not grow with long names of ${what}`, () => {
      const growth = growthMb(() => {
        for (let i = 0; i < 300; i++) use(`${i}`.padStart(20_000, '-'));
      });
      assert.ok(growth < 3, `${growth} MB`);
    });
  }

  boundedTest('holds no value whose text is made, at any depth', async () => {
    const snapshotter = new Snapshotter(redactor, { maxChars: 1000, maxDepth: 9, maxNodes: 99 });
    const values: WeakRef<object>[] = [];
    (() => {
      let value = {};
      for (let depth = 0; depth < 5; depth++) {
        values.push(new WeakRef(value));
        value = { value };
      }
      snapshotter.text(value);
    })();
    // A reference that was made in this turn keeps its value until the next.
    await new Promise((resolve) => setTimeout(resolve, 1));
    collectGarbage();
    assert.deepEqual(
      values.map((each) => each.deref()),
      values.map(() => undefined),
    );
  });
});
