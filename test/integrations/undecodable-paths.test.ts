/** Requests whose path has a percent sign that encodes nothing: providers may accept them, and bill them. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { ask } from './stage.ts';

const { messages } = ask();

/** The kinds of requests whose path names the model or the store, as `50%off`. */
const REQUESTS: readonly (readonly [
  what: string,
  url: string,
  body: object,
  nameIn: (step: WireStep) => unknown,
])[] = [
  [
    'a deployment on Azure',
    'https://unit.openai.azure.com/openai/deployments/50%off/chat/completions?api-version=1',
    { messages },
    (step) => Object(step).model,
  ],
  [
    'a model on Bedrock',
    'https://bedrock-runtime.eu-west-1.amazonaws.com/model/50%off/converse',
    { messages: [{ role: 'user', content: [{ text: 'hi' }] }] },
    (step) => Object(step).model,
  ],
  [
    'a model of Anthropic on Vertex AI',
    'https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic/models/50%off:rawPredict',
    { messages, max_tokens: 9 },
    (step) => Object(step).model,
  ],
  [
    'a model of Hugging Face',
    'https://router.huggingface.co/hf-inference/models/50%off',
    { inputs: 'hi' },
    (step) => Object(step).model,
  ],
  [
    'a vector store of OpenAI',
    'https://api.openai.com/v1/vector_stores/50%off/search',
    { query: 'hi' },
    (step) => Object(step.inputs).vectorStore,
  ],
];

describe('a path that cannot be decoded', () => {
  for (const [what, url, body, nameIn] of REQUESTS) {
    it(`names ${what} as it was sent`, async () => {
      using captured = captureTraces({ logLevel: 'off' });
      const send = tracedFetch({ fetch: async () => Response.json({ ok: true }) });
      const response = await send(url, { method: 'POST', body: JSON.stringify(body) });
      await response.text();
      const [row] = await captured.rows();
      assert.ok(row?.steps[0], 'the call was not recorded');
      assert.equal(nameIn(row.steps[0]), '50%off');
    });
  }
});
