import assert from 'node:assert/strict';
import { trace } from '@openlayer-tracing/core';
import { startCall } from '@openlayer-tracing/core/integration';
import { record } from '../support.ts';

describe('a recorded call', () => {
  for (const [what, end] of [
    ['fail()', (call) => call.fail(null)],
    ['failAttempt()', (call) => call.failAttempt(null, undefined)],
  ] as readonly [string, (call: NonNullable<ReturnType<typeof startCall>>) => void][]) {
    it(`has the error null where a client threw it: ${what}`, async () => {
      using traces = record();
      trace(
        () => {
          const call = startCall({ name: 'tool', type: 'tool' });
          assert.ok(call !== undefined);
          end(call as never);
        },
        { name: 'root' },
      )();
      assert.equal((await traces.step('tool')).metadata.error, 'null');
    });
  }
});
