/** The contexts that cls-hooked never frees keep no trace in memory. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createTracer, type Transport } from '@openlayer-tracing/core';
import { boundedTest } from '../../../test/support/bounded-test.ts';
import { compiled } from '../../../test/support/compiled.ts';
import { testNamespace } from '../../../test/support/namespaces.ts';

const run = promisify(execFile);
const APP = fileURLToPath(new URL('leaking-app.ts', import.meta.url));

describe('the memory of a cls-hooked namespace', () => {
  boundedTest(
    'has no trace that has ended, although contexts with promises are never freed',
    async () => {
      const { stdout } = await run(process.execPath, ['--expose-gc', compiled(APP)]);
      const { traces, contexts, alive } = JSON.parse(stdout) as Record<string, number>;
      assert.equal(traces, 500);
      // Without the app's own leak this test would prove nothing.
      assert.ok((contexts ?? 0) >= 500, `${contexts} contexts are kept`);
      // The last traces may still be referenced from the stack.
      assert.ok((alive ?? 500) <= 5, `${alive} traces are alive`);
    },
  );

  it('does not grow by publishing, which runs outside the contexts of requests', async () => {
    using own = testNamespace();
    const { namespace, scope } = own;
    const seen: unknown[] = [];
    const depths: number[] = [];
    const transport: Transport = {
      send: async (batch) => {
        seen.push(namespace.get('user'));
        depths.push(depthOf(namespace.active));
        await new Promise(setImmediate);
        return { delivered: batch.rows.length, lost: {} };
      },
      close() {},
    };
    const tracer = createTracer({ transport, scope, batch: { maxDelayMs: 0, maxBatchRows: 1 } });
    for (let n = 0; n < 50; n++) {
      await namespace.runAndReturn(async () => {
        namespace.set('user', `user ${n}`);
        const job = tracer.startTrace('job');
        await job.run(async () => {
          await null;
          job.end();
        });
        await new Promise(setImmediate);
      });
    }
    await tracer.shutdown();
    assert.equal(seen.length, 50);
    assert.deepEqual([...new Set(seen)], [undefined]);
    assert.equal(Math.max(...depths), Math.min(...depths));
  });
});

/** How many objects a context inherits from. */
function depthOf(context: unknown): number {
  let depth = 0;
  for (let each = context; each !== null; depth++) each = Object.getPrototypeOf(each);
  return depth;
}
