/** A provider that was asked for a stream, and answers in one piece. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import OpenAI from 'openai7';

describe('a JSON response to a request for a stream', () => {
  it('passes unchanged', async () => {
    const said = '{"choices":[],"usage":null}';
    using _ = captureTraces();
    const client = traceOpenAI(
      new OpenAI({
        apiKey: 'k',
        baseURL: 'https://api.openai.com/v1',
        fetch: async () => new Response(said, { headers: { 'content-type': 'application/json' } }),
      }),
    );
    const asked = { model: 'm', messages: [], stream: true as const };
    const passed = await (await client.chat.completions.create(asked).asResponse()).text();
    assert.equal(passed, said);
  });
});
