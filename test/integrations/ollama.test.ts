/** What Ollama's client is answered, and what of it is recorded. */

import assert from 'node:assert/strict';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { Ollama } from 'ollama0-6';
import { read, stepOfCall, stepsOfCalls } from './answering.ts';

/** The client asks Ollama's own host for what stands in the web: all goes to the test's instead. */
function ollama(url: string): Ollama {
  const here: typeof fetch = (input, init) =>
    fetch(String(input).replace('https://ollama.com', url), init);
  return traceOllama(new Ollama({ host: url, fetch: here }));
}

const model = 'llama3.2';
const ask = { model, messages: [{ role: 'user', content: 'hi' }] };
const end = {
  model,
  created_at: '2026-01-01T00:00:00Z',
  done: true,
  done_reason: 'stop',
  prompt_eval_count: 5,
  eval_count: 2,
  total_duration: 9,
  load_duration: 1,
  prompt_eval_duration: 3,
  eval_duration: 4,
};
const chunk = (message: object) => ({
  model,
  created_at: '2026-01-01T00:00:00Z',
  message,
  done: false,
});

async function bothWays(
  check: (step: WireStep, how: string) => void,
  whole: object,
  lines: readonly object[],
): Promise<void> {
  check(await stepOfCall({ json: whole }, (url) => ollama(url).chat(ask)), 'whole');
  check(
    await stepOfCall({ lines }, async (url) =>
      read(await ollama(url).chat({ ...ask, stream: true })),
    ),
    'streamed',
  );
}

describe("Ollama's responses", () => {
  it('keep their other fields', () =>
    bothWays(
      ({ output, metadata, promptTokens, completionTokens }, how) => {
        assert.deepEqual(
          output,
          {
            content: 'Hi there',
            tool_calls: [
              { name: 'a', arguments: { x: 1 }, id: 't1' },
              { name: 'now', arguments: {} },
            ],
          },
          how,
        );
        assert.deepEqual([promptTokens, completionTokens], [5, 2], how);
        const {
          reasoning,
          finishReason,
          logprobs,
          total_duration,
          eval_duration,
          new_fact,
          new_of_message,
        } = metadata;
        assert.deepEqual(
          {
            reasoning,
            finishReason,
            logprobs,
            total_duration,
            eval_duration,
            new_fact,
            new_of_message,
          },
          {
            reasoning: 'Hm.',
            finishReason: 'stop',
            logprobs: [
              { text: 'H', logprob: -0.1, top_logprobs: [{ text: 'H', logprob: -0.1 }] },
              { text: 'H', logprob: -0.1 },
            ],
            total_duration: 9,
            eval_duration: 4,
            new_fact: 'kept',
            new_of_message: 'kept too',
          },
          how,
        );
      },
      {
        ...end,
        message: {
          role: 'assistant',
          content: 'Hi there',
          thinking: 'Hm.',
          tool_calls: [
            { id: 't1', function: { index: 0, name: 'a', arguments: { x: 1 } } },
            { function: { name: 'now' } },
          ],
          new_of_message: 'kept too',
        },
        logprobs: [
          { token: 'H', logprob: -0.1, top_logprobs: [{ token: 'H', logprob: -0.1 }] },
          { token: 'H', logprob: -0.1 },
        ],
        new_fact: 'kept',
      },
      [
        chunk({ role: 'assistant', content: '', thinking: 'Hm.' }),
        {
          ...chunk({ content: 'Hi ' }),
          logprobs: [{ token: 'H', logprob: -0.1, top_logprobs: [{ token: 'H', logprob: -0.1 }] }],
        },
        {
          ...chunk({ content: 'there', new_of_message: 'kept too' }),
          logprobs: [{ token: 'H', logprob: -0.1 }],
        },
        chunk({
          content: '',
          tool_calls: [{ id: 't1', function: { index: 0, name: 'a', arguments: { x: 1 } } }],
        }),
        chunk({ content: '', tool_calls: [{ function: { name: 'now' } }] }),
        { ...end, message: { role: 'assistant', content: '' }, new_fact: 'kept' },
      ],
    ));

  it('are partial if they do not end with `done`', () =>
    bothWays(
      ({ output, metadata }, how) => {
        assert.equal(output, 'So', how);
        assert.equal(metadata.partial, true, how);
      },
      chunk({ role: 'assistant', content: 'So' }),
      [chunk({ role: 'assistant', content: 'So' })],
    ));

  it('fail with an error under a status of success', () =>
    bothWays(
      ({ metadata }, how) => assert.equal(metadata.error, 'no luck', how),
      { error: 'no luck' },
      [chunk({ content: 'So' }), { error: 'no luck' }],
    ));

  it('have names in place of images', async () => {
    const image = Buffer.alloc(30).toString('base64');
    const lines = [
      { model, done: false, completed: 1, total: 2 },
      { ...end, response: '', image },
    ];
    for (const [reply, call] of [
      [
        { json: { ...end, response: '', image } },
        (o: Ollama) => o.generate({ model, prompt: 'a cat', width: 64, images: ['AAAA'] }),
      ],
      [
        { lines },
        async (o: Ollama) =>
          read(
            await o.generate({ model, prompt: 'a cat', width: 64, stream: true, images: ['AAAA'] }),
          ),
      ],
    ] as const) {
      const { output, metadata, modelParameters } = await stepOfCall(reply, (url) =>
        call(ollama(url)),
      );
      assert.deepEqual(output, { parts: [{ image: '[image, 30 bytes]', mimeType: 'image' }] });
      assert.deepEqual(metadata.billed, { pictures: 1 });
      assert.equal((modelParameters as { width: number }).width, 64);
    }
  });
});

describe("Ollama's other requests", () => {
  for (const [name, json, call, facts] of [
    [
      'Ollama Embedding',
      {
        model,
        embeddings: [
          [1, 2],
          [3, 4],
        ],
        prompt_eval_count: 4,
        total_duration: 7,
      },
      (o: Ollama) => o.embed({ model, input: ['a', 'b'] }),
      { type: 'embedding', embeddingCount: 2, embeddingDimensions: 2, promptTokens: 4 },
    ],
    [
      'Ollama Embedding',
      { embedding: [1, 2, 3] },
      (o: Ollama) => o.embeddings({ model, prompt: 'a' }),
      { type: 'embedding', embeddingCount: 1, embeddingDimensions: 3 },
    ],
    [
      'Ollama Web Search',
      { results: [{ title: 'T', url: 'u', content: 'c' }] },
      (o: Ollama) => o.webSearch({ query: 'q', maxResults: 1 }),
      {
        type: 'retriever',
        inputs: { query: 'q' },
        output: [{ title: 'T', url: 'u', content: 'c' }],
      },
    ],
    [
      'Ollama Web Fetch',
      { title: 'T', content: 'c', links: ['l'] },
      (o: Ollama) => o.webFetch({ url: 'https://a.example' }),
      {
        type: 'retriever',
        inputs: { url: 'https://a.example' },
        output: { title: 'T', content: 'c', links: ['l'] },
      },
    ],
    [
      'Ollama System One',
      {
        model,
        answers: { q: { type: 'noul', noul: 0.5 } },
        usage: { input_tokens: 6, output_tokens: 1 },
      },
      (o: Ollama) =>
        o.systemone({ model, state: 's', questions: { q: { type: 'noul', instructions: 'i' } } }),
      {
        type: 'chat_completion',
        output: { q: { type: 'noul', noul: 0.5 } },
        promptTokens: 6,
        completionTokens: 1,
      },
    ],
  ] as const) {
    it(`are recorded: ${name}, ${JSON.stringify(json).slice(2, 12)}`, async () => {
      const step = await stepOfCall({ json }, (url) => call(ollama(url)));
      assert.equal(step.name, name);
      for (const [key, fact] of Object.entries(facts)) {
        assert.deepEqual(step[key as keyof WireStep], fact, key);
      }
    });
  }

  it('are not recorded if they pull, copy or show models', async () => {
    const { steps, asked } = await stepsOfCalls({ json: { status: 'success' } }, async (url) => {
      const client = ollama(url);
      await client.pull({ model });
      await client.copy({ source: model, destination: 'b' });
      await client.show({ model });
      await client.list();
      await client.ps();
    });
    assert.deepEqual([steps.length, asked.length], [0, 5]);
  });
});
