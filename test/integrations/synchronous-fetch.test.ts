/** A fetch that returns its response at once, as mocks do. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';

describe('a fetch that returns no promise', () => {
  for (const [what, url] of [
    ['a model', 'https://api.openai.com/v1/chat/completions'],
    ['a job', 'https://fal.run/fal-ai/flux'],
  ] as const) {
    it(`works for ${what}`, async () => {
      using captured = captureTraces();
      const said = '{"choices":[],"images":[]}';
      const headers = { 'content-type': 'application/json' };
      const below = (() => new Response(said, { headers })) as unknown as typeof fetch;
      const body = JSON.stringify({ model: 'm', messages: [], prompt: 'hi' });
      const response = await tracedFetch({ fetch: below })(url, { method: 'POST', body });
      assert.equal(await response.text(), said);
      assert.equal((await captured.rows()).length, 1);
    });
  }
});
