/** What Cohere's client is answered, and what of it is recorded. */

import assert from 'node:assert/strict';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { CohereClient, CohereClientV2 } from 'cohere8';
import { type Reply, read, stepOfCall, stepsOfCalls } from './answering.ts';

function v1(url: string): CohereClient {
  return traceCohere(new CohereClient({ token: 'k', environment: url, maxRetries: 0 }));
}

function v2(url: string): CohereClientV2 {
  return traceCohere(new CohereClientV2({ token: 'k', environment: url, maxRetries: 0 }));
}

const ask = { model: 'command-a-03-2025', messages: [{ role: 'user' as const, content: 'hi' }] };
const usage = {
  billed_units: { input_tokens: 5, output_tokens: 2 },
  tokens: { input_tokens: 71, output_tokens: 9 },
  cached_tokens: 64,
};
const citation = { start: 0, end: 2, text: 'It', sources: [{ type: 'document', id: 'd1' }] };

async function bothWays(
  check: (step: WireStep, how: string) => void,
  whole: object,
  events: readonly object[],
): Promise<void> {
  check(await stepOfCall({ json: whole }, (url) => v2(url).chat(ask)), 'whole');
  check(
    await stepOfCall({ events }, async (url) => read(await v2(url).chatStream(ask))),
    'streamed',
  );
}

describe("Cohere's chats", () => {
  it('keep their other fields', () =>
    bothWays(
      ({ output, metadata, promptTokens, completionTokens }, how) => {
        assert.deepEqual(
          output,
          { content: 'It is noon.', parts: [{ type: 'new_part', a: 1 }] },
          how,
        );
        assert.deepEqual([promptTokens, completionTokens], [5, 2], how);
        const { reasoning, citations, modelTokens, cachedTokens, finishReason, responseId } =
          metadata;
        assert.deepEqual(
          { reasoning, citations, modelTokens, cachedTokens, finishReason, responseId },
          {
            reasoning: 'Hm.',
            citations: [citation],
            modelTokens: { input_tokens: 71, output_tokens: 9 },
            cachedTokens: 64,
            finishReason: 'COMPLETE',
            responseId: 'c1',
          },
          how,
        );
        assert.deepEqual(
          metadata.logprobs,
          [{ text: 'It', token_ids: [1], logprobs: [-0.1] }],
          how,
        );
      },
      {
        id: 'c1',
        finish_reason: 'COMPLETE',
        message: {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.' },
            { type: 'text', text: 'It is noon.' },
            { type: 'new_part', a: 1 },
          ],
          citations: [citation],
        },
        logprobs: [{ text: 'It', token_ids: [1], logprobs: [-0.1] }],
        usage,
      },
      [
        { type: 'message-start', id: 'c1', delta: { message: { role: 'assistant' } } },
        {
          type: 'content-start',
          index: 0,
          delta: { message: { content: { type: 'thinking', thinking: '' } } },
        },
        { type: 'content-delta', index: 0, delta: { message: { content: { thinking: 'Hm.' } } } },
        {
          type: 'content-start',
          index: 1,
          delta: { message: { content: { type: 'text', text: '' } } },
        },
        {
          type: 'content-delta',
          index: 1,
          delta: { message: { content: { text: 'It is ' } } },
          logprobs: [{ text: 'It', token_ids: [1], logprobs: [-0.1] }],
        },
        { type: 'content-delta', index: 1, delta: { message: { content: { text: 'noon.' } } } },
        {
          type: 'content-start',
          index: 2,
          delta: { message: { content: { type: 'new_part', a: 1 } } },
        },
        { type: 'citation-start', index: 0, delta: { message: { citations: citation } } },
        { type: 'citation-end', index: 0 },
        { type: 'message-end', delta: { finish_reason: 'COMPLETE', usage } },
      ],
    ));

  it('call several tools with the same index, and without arguments', () =>
    bothWays(
      ({ output, metadata }, how) => {
        assert.deepEqual(
          output,
          {
            tool_calls: [
              { name: 'a', arguments: { x: 1 }, id: 't1' },
              { name: 'b', arguments: {}, id: 't2' },
            ],
          },
          how,
        );
        assert.equal(metadata.reasoning, 'I will look.', how);
      },
      {
        id: 'c1',
        finish_reason: 'TOOL_CALL',
        message: {
          role: 'assistant',
          tool_plan: 'I will look.',
          tool_calls: [
            { id: 't1', type: 'function', function: { name: 'a', arguments: '{"x":1}' } },
            { id: 't2', type: 'function', function: { name: 'b' } },
          ],
        },
        usage,
      },
      [
        { type: 'message-start', id: 'c1', delta: { message: { role: 'assistant' } } },
        { type: 'tool-plan-delta', delta: { message: { tool_plan: 'I will look.' } } },
        {
          type: 'tool-call-start',
          index: 0,
          delta: {
            message: {
              tool_calls: { id: 't1', type: 'function', function: { name: 'a', arguments: '' } },
            },
          },
        },
        {
          type: 'tool-call-delta',
          index: 0,
          delta: { message: { tool_calls: { function: { arguments: '{"x":1}' } } } },
        },
        { type: 'tool-call-end', index: 0 },
        {
          type: 'tool-call-start',
          index: 0,
          delta: {
            message: {
              tool_calls: { id: 't2', type: 'function', function: { name: 'b', arguments: '' } },
            },
          },
        },
        { type: 'tool-call-end', index: 0 },
        { type: 'message-end', delta: { finish_reason: 'TOOL_CALL', usage } },
      ],
    ));

  for (const reason of ['ERROR', 'TIMEOUT']) {
    it(`fail if they end with ${reason}, with the received text`, () =>
      bothWays(
        ({ output, metadata }, how) => {
          assert.equal(output, 'So', how);
          assert.equal(metadata.error, `the model stopped: ${reason}`, how);
        },
        {
          id: 'c',
          finish_reason: reason,
          message: { role: 'assistant', content: [{ type: 'text', text: 'So' }] },
        },
        [
          { type: 'message-start', id: 'c', delta: {} },
          { type: 'content-delta', index: 0, delta: { message: { content: { text: 'So' } } } },
          { type: 'message-end', delta: { finish_reason: reason } },
        ],
      ));
  }

  it('are partial if their stream is cut off', async () => {
    const events = [
      { type: 'content-delta', index: 0, delta: { message: { content: { text: 'So' } } } },
    ];
    const { metadata } = await stepOfCall({ events }, async (url) =>
      read(await v2(url).chatStream(ask)),
    );
    assert.equal(metadata.partial, true);
  });

  it('keep the other fields of version 1', async () => {
    const said = {
      response_id: 'r1',
      generation_id: 'g1',
      text: 'It is noon.',
      finish_reason: 'COMPLETE',
      chat_history: [{ role: 'USER', message: 'hi' }],
      citations: [{ start: 0, end: 2, text: 'It', document_ids: ['d1'] }],
      documents: [{ id: 'd1', text: 'x' }],
      search_queries: [{ text: 'q', generation_id: 'g1' }],
      is_search_required: true,
      tool_calls: [{ name: 'now' }],
      meta: {
        api_version: { version: '1' },
        billed_units: { input_tokens: 5, output_tokens: 2, search_units: 1 },
        warnings: ['w'],
      },
    };
    const lines = [
      { event_type: 'stream-start', generation_id: 'g1', is_finished: false },
      {
        event_type: 'search-queries-generation',
        search_queries: said.search_queries,
        is_finished: false,
      },
      { event_type: 'search-results', documents: said.documents, is_finished: false },
      { event_type: 'text-generation', text: 'It is ', is_finished: false },
      { event_type: 'text-generation', text: 'noon.', is_finished: false },
      { event_type: 'citation-generation', citations: said.citations, is_finished: false },
      { event_type: 'stream-end', finish_reason: 'COMPLETE', response: said, is_finished: true },
    ];
    for (const [how, reply, call] of [
      ['whole', { json: said }, (c: CohereClient) => c.chat({ message: 'hi' })],
      [
        'streamed',
        { lines },
        async (c: CohereClient) => read(await c.chatStream({ message: 'hi' })),
      ],
    ] as const) {
      const { output, metadata, promptTokens } = await stepOfCall(reply as Reply, (url) =>
        call(v1(url)),
      );
      assert.deepEqual(
        output,
        { content: 'It is noon.', tool_calls: [{ name: 'now', arguments: {} }] },
        how,
      );
      assert.equal(promptTokens, 5);
      const {
        citations,
        documents,
        search_queries,
        is_search_required,
        billed,
        warnings,
        generationId,
        responseId,
      } = metadata;
      assert.deepEqual(
        {
          citations,
          documents,
          search_queries,
          is_search_required,
          billed,
          warnings,
          generationId,
          responseId,
        },
        {
          citations: said.citations,
          documents: said.documents,
          search_queries: said.search_queries,
          is_search_required: true,
          billed: { units: { search_units: 1 } },
          warnings: ['w'],
          generationId: 'g1',
          responseId: 'r1',
        },
        how,
      );
    }
  });
});

describe("Cohere's other requests", () => {
  const meta = { api_version: { version: '2' }, billed_units: { input_tokens: 4 } };

  it('continue a prompt several times, whole and streamed', async () => {
    const generations = [
      { id: 'a', index: 0, text: 'One.', likelihood: -1 },
      { id: 'b', index: 1, text: 'Two.' },
    ];
    const lines = [
      { event_type: 'text-generation', index: 1, text: 'Tw', is_finished: false },
      { event_type: 'text-generation', index: 0, text: 'One.', is_finished: false },
      { event_type: 'text-generation', index: 1, text: 'o.', is_finished: false },
      {
        event_type: 'stream-end',
        is_finished: true,
        finish_reason: 'COMPLETE',
        response: { id: 'g', generations },
      },
    ];
    const request = { prompt: 'go on', numGenerations: 2 };
    for (const [how, reply, call] of [
      ['whole', { json: { id: 'g', generations, meta } }, (c: CohereClient) => c.generate(request)],
      ['streamed', { lines }, async (c: CohereClient) => read(await c.generateStream(request))],
    ] as const) {
      const { name, output, metadata } = await stepOfCall(reply as Reply, (url) => call(v1(url)));
      assert.deepEqual([name, output], ['Cohere Completion', ['One.', 'Two.']], how);
      assert.equal((metadata.generations as { likelihood: number }[])[0]?.likelihood, -1, how);
    }
    const failed = {
      event_type: 'stream-error',
      is_finished: true,
      finish_reason: 'ERROR',
      err: 'no luck',
    };
    const { metadata } = await stepOfCall({ lines: [lines[0] as object, failed] }, async (url) =>
      read(await v1(url).generateStream(request)),
    );
    assert.equal(metadata.error, 'no luck');
  });

  for (const [name, reply, call, facts] of [
    [
      'Cohere Summary',
      { id: 's', summary: 'Short.', meta },
      (c: CohereClient) => c.summarize({ text: 'long' }),
      { type: 'chat_completion', output: 'Short.', promptTokens: 4 },
    ],
    [
      'Cohere Classification',
      {
        id: 'c',
        classifications: [{ id: 'x', prediction: 'spam', confidences: [0.9], labels: {} }],
        meta: { billed_units: { classifications: 1 } },
      },
      (c: CohereClient) => c.classify({ inputs: ['a'] }),
      {
        type: 'guardrail',
        output: [{ id: 'x', prediction: 'spam', confidences: [0.9], labels: {} }],
        billed: { units: { classifications: 1 } },
      },
    ],
    [
      'Cohere Rerank',
      {
        id: 'r',
        results: [{ index: 1, relevance_score: 0.9 }],
        meta: { billed_units: { search_units: 1 } },
      },
      (c: CohereClient) => c.rerank({ query: 'q', documents: ['a', 'b'], topN: 1 }),
      {
        type: 'retriever',
        output: [{ index: 1, relevance_score: 0.9 }],
        billed: { units: { search_units: 1 } },
      },
    ],
    [
      'Cohere Parse',
      {
        id: 'p',
        pages: [{ type: 'markdown', index: 0, markdown: { content: '# T' } }],
        meta: { billed_units: { pages: 1 } },
      },
      (c: CohereClient) =>
        c.v2.parse({
          model: 'parse-1',
          document: { type: 'image_url', imageUrl: 'https://a.example/a.png' },
        }),
      {
        type: 'chat_completion',
        output: [{ type: 'markdown', index: 0, markdown: { content: '# T' } }],
        billed: { units: { pages: 1 } },
      },
    ],
    [
      'Cohere Embedding',
      {
        id: 'e',
        embeddings: { ubinary: [[1, 2]] },
        images: [{ width: 1, height: 2, format: 'png', bit_depth: 8 }],
        meta: { billed_units: { images: 1, image_tokens: 258, input_tokens: 4 } },
      },
      (c: CohereClient) =>
        c.v2.embed({
          model: 'embed-v4.0',
          inputType: 'image',
          embeddingTypes: ['ubinary'],
          images: [`data:image/png;base64,${'A'.repeat(400)}`],
        }),
      {
        type: 'embedding',
        promptTokens: 262,
        embeddingCount: 1,
        embeddingDimensions: 16,
        billed: { units: { images: 1 }, tokens: { imageInput: 258 } },
        inputs: { input: ['[image/png, 300 bytes]'] },
      },
    ],
    [
      'Cohere Embedding',
      {
        id: 'e',
        embeddings: [
          [1, 2],
          [3, 4],
        ],
        meta,
      },
      (c: CohereClient) => c.embed({ model: 'embed-english-v3.0', texts: ['a', 'b'] }),
      { type: 'embedding', promptTokens: 4, embeddingCount: 2, embeddingDimensions: 2 },
    ],
    [
      'Cohere Transcription',
      { text: 'Hi there' },
      (c: CohereClient) =>
        c.audio.transcriptions.create(new Blob(['x'.repeat(100)], { type: 'audio/mp3' }), {
          model: 'transcribe-1',
          language: 'en',
        }),
      { type: 'chat_completion', output: 'Hi there' },
    ],
  ] as const) {
    it(`are recorded: ${name}, ${facts.type}`, async () => {
      const step = await stepOfCall({ json: reply }, (url) => call(v1(url)));
      assert.equal(step.name, name);
      const { billed, ...told } = facts as Record<string, unknown>;
      assert.deepEqual(step.metadata.billed, billed);
      for (const [key, fact] of Object.entries(told)) {
        assert.deepEqual(step[key as keyof WireStep], fact, key);
      }
    });
  }

  it('are recorded for CohereClientV2 too, and for parts that it has created', async () => {
    const { steps } = await stepsOfCalls({ json: { text: 'Hi', tokens: [1] } }, async (url) => {
      const client = v2(url);
      await client.audio.transcriptions.create(new Blob(['x']), { model: 'm', language: 'en' });
      await v1(url).tokenize({ model: 'm', text: 'hi' });
      await v1(url).detokenize({ model: 'm', tokens: [1] });
    });
    assert.deepEqual(
      steps.map(({ name }) => name),
      ['Cohere Transcription'],
    );
  });
  it('are recorded for its client for Bedrock', async () => {
    const json = { response_id: 'r', text: 'Hi', generation_id: 'g', finish_reason: 'COMPLETE' };
    const step = await stepOfCall({ json }, async (url) => {
      // As that client does, whose other parts are not installed.
      const fetcher = async ({ fetchFn, body, headers }: Record<string, unknown>) => {
        const response = await (fetchFn as typeof fetch)(
          `${url}/model/cohere.command-r-v1%3A0/invoke`,
          {
            method: 'POST',
            headers: headers as Record<string, string>,
            body: JSON.stringify(body),
          },
        );
        return { ok: true, body: await response.json(), rawResponse: response };
      };
      const options = { token: 'n/a', environment: url, fetcher };
      await traceCohere(new CohereClient(options as never)).chat({ message: 'hi' });
    });
    assert.deepEqual([step.type, step.output], ['chat_completion', 'Hi']);
    assert.match(String(step.model), /cohere\.command-r-v1/);
  });

  it('are not recorded if they only count tokens', async () => {
    const { steps, asked } = await stepsOfCalls(
      { json: { text: 'Hi', tokens: [1] } },
      async (url) => {
        await v1(url).tokenize({ model: 'm', text: 'hi' });
        await v1(url).detokenize({ model: 'm', tokens: [1] });
      },
    );
    assert.deepEqual([steps.length, asked.length], [0, 2]);
  });
});
