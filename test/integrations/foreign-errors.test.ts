/** Errors of another realm, which are no `instanceof Error`: in Jest, those of Node's own fetch. */

import assert from 'node:assert/strict';
import { runInNewContext, runInThisContext } from 'node:vm';
import { trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';

const THROW = `Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })`;

/** The error of the call's step, and its output. */
async function recorded(error: unknown, options: object): Promise<unknown> {
  using traces = captureTraces();
  const send = tracedFetch({ fetch: async () => Promise.reject(error), ...options });
  const request = { method: 'POST', body: '{"model":"m","messages":[]}' };
  await trace(
    async () => {
      await assert.rejects(
        async () => send('https://api.openai.com/v1/chat/completions', request),
        (thrown) => thrown === error,
      );
    },
    { name: 'request' },
  )();
  const [row] = await traces.rows();
  return row?.steps[0]?.steps[0]?.metadata.error;
}

describe('an error of another realm', () => {
  for (const options of [{}, { content: false }]) {
    it(`is recorded like one of this realm with the options ${JSON.stringify(options)}`, async () => {
      const error = await recorded(runInNewContext(THROW), options);
      assert.deepEqual(error, await recorded(runInThisContext(THROW), options));
      assert.match(JSON.stringify(error), /fetch failed: ECONNREFUSED/);
    });
  }
});
