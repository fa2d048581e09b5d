import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as here from '@openlayer-tracing/core';
import { record } from './support.ts';

const installed = dirname(
  createRequire(import.meta.url).resolve('@openlayer-tracing/core/package.json'),
);

for (const [name, build] of [
  ['two installed copies of core', 'dist/index.js'],
  ['core as ES modules, and a copy of it as CommonJS', 'dist/cjs/index.js'],
] as const) {
  describe(name, function () {
    // Copying takes its time where many tests run.
    this.timeout(120_000);
    let folder: string;
    let other: typeof here;

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'two-copies-'));
      const copy = join(folder, 'node_modules/@openlayer-tracing/core');
      mkdirSync(copy, { recursive: true });
      for (const part of ['dist', 'package.json']) {
        cpSync(join(installed, part), join(copy, part), { recursive: true });
      }
      other = (await import(pathToFileURL(join(copy, build)).href)) as typeof here;
    });

    after(() => rmSync(folder, { recursive: true }));

    it('are two', () => {
      assert.notEqual(other.step, here.step);
      assert.notEqual(other.createTracer, here.createTracer);
    });

    it('share one scope: the steps of one nest in the trace of the other', async () => {
      using traces = record();
      const search = other.trace(async () => ['passage'], { name: 'search', type: 'retriever' });
      await here.trace(
        async () => {
          assert.equal(other.currentTrace(), here.currentTrace());
          await other.step({ name: 'retrieve', type: 'chain' }, async (retrieve) => {
            assert.equal(here.currentStep(), retrieve);
            await search();
            here.step('rank', () => other.updateCurrentStep({ output: 'ranked' }));
          });
          other.updateCurrentTrace({ userId: 'ada' });
          using open = other.startStep({ name: 'open', type: 'tool' });
          open.run(() => here.addStep({ name: 'added' }));
        },
        { name: 'root' },
      )();
      assert.equal(
        await traces.tree(),
        `
└─ root [user_call]
   ├─ retrieve [chain]
   │  ├─ search [retriever]  → ["passage"]
   │  └─ rank [user_call]  → "ranked"
   └─ open [tool]
      └─ added [user_call]
`,
      );
      assert.equal((await traces.row()).user_id, 'ada');
    });

    it('share one process-wide tracer', async () => {
      using traces = record();
      assert.equal(other.getTracer(), here.getTracer());
      other.trace(() => 1, { name: 'alone' })();
      assert.equal(
        await traces.tree(),
        `
└─ alone [user_call]  → 1
`,
      );
    });

    it('respect each other’s limits', async () => {
      using traces = record({ limits: { maxSteps: 1 } });
      const work = other.trace((n: number) => n * 2, { name: 'work' });
      const results = here.trace(
        () => [
          work(1),
          work(2),
          other.step('step', () => 6),
          other.startStep('started').run(() => 8),
        ],
        { name: 'root' },
      )();
      assert.deepEqual(results, [2, 4, 6, 8]);
      assert.equal(
        await traces.tree({ metadata: true }),
        `
   {"unrecordedSteps":3}
└─ root [user_call]  → [2,4,6,8]
   │  {"unrecordedSteps":3}
   └─ work [user_call]  → 2
`,
      );
      assert.deepEqual(traces.reasons, []);
    });

    it('hand on errors of each other', async () => {
      using traces = record();
      const error = new Error('mine');
      const fails = other.trace(
        () => {
          throw error;
        },
        { name: 'fails' },
      );
      assert.throws(
        here.trace(() => fails(), { name: 'root' }),
        (reason) => reason === error,
      );
      assert.equal(
        await traces.tree(),
        `
└─ root [user_call]  ✗ mine
   └─ fails [user_call]  ✗ mine
`,
      );
    });
  });
}
