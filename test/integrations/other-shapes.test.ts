/** What `tracedFetch` recognises beside the clients that have an entry point: rankings, Voyage, Hugging Face's tasks. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { type LlmServer, startLlmServer } from '../support/llm-server/index.ts';
import { rowsOf } from './stage.ts';

type Facts = Partial<Record<keyof WireStep, unknown>> & { readonly metadata?: object };

/** What an exchange is recorded as: those of its step's facts that are named. */
const EXCHANGES: readonly (readonly [what: string, path: string, body: object, expected: Facts])[] =
  [
    [
      'embeddings that tell the total of their tokens alone',
      '/v1/embeddings',
      { model: 'voyage-3.5', input: ['a', 'b'], input_type: 'document' },
      { name: 'LLM Embedding', type: 'embedding', model: 'voyage-3.5', promptTokens: 2, tokens: 2 },
    ],
    [
      "Voyage's embeddings of images",
      '/v1/multimodalembeddings',
      { model: 'voyage-multimodal-3', inputs: [{ content: [{ type: 'text', text: 'a' }] }] },
      {
        name: 'LLM Embedding',
        type: 'embedding',
        model: 'voyage-multimodal-3',
        inputs: { input: [{ content: [{ type: 'text', text: 'a' }] }] },
        promptTokens: 9,
        tokens: 9,
        embeddingCount: 1,
        embeddingDimensions: 3,
        metadata: { usage: { text_tokens: 3, image_pixels: 2000 } },
      },
    ],
    [
      "Voyage's embeddings of chunks",
      '/v1/contextualizedembeddings',
      { model: 'voyage-context-3', inputs: [['a', 'b'], ['c']], output_dimension: 3 },
      {
        model: 'voyage-context-3',
        tokens: 9,
        embeddingCount: 3,
        embeddingDimensions: 3,
        modelParameters: { output_dimension: 3 },
      },
    ],
    [
      "Voyage's rankings",
      '/voyage/v1/rerank',
      { model: 'rerank-2.5', query: 'q', documents: ['a', 'b'], top_k: 1 },
      {
        name: 'LLM Rerank',
        type: 'retriever',
        inputs: { query: 'q', documents: ['a', 'b'] },
        output: [{ index: 0, relevance_score: 0.9, document: 'a' }],
        metadata: { model: 'rerank-2.5', parameters: { top_k: 1 }, usage: { total_tokens: 11 } },
      },
    ],
    [
      "Jina's and OpenRouter's rankings",
      '/v1/rerank',
      { model: 'jina-reranker-v2', query: 'q', documents: ['a'], top_n: 1 },
      {
        output: [{ index: 0, relevance_score: 0.9, document: 'a' }],
        metadata: { responseId: 'rr_1', parameters: { top_n: 1 }, usage: { total_tokens: 11 } },
      },
    ],
    [
      "Cohere's rankings",
      '/v2/rerank',
      { model: 'rerank-v3.5', query: 'q', documents: ['a'] },
      { type: 'retriever', metadata: { billedUnits: { search_units: 1 } } },
    ],
    [
      "the rankings of Hugging Face's own server",
      '/rerank',
      { query: 'q', texts: ['a', 'b'] },
      {
        type: 'retriever',
        inputs: { query: 'q', documents: ['a', 'b'] },
        output: [
          { index: 0, score: 0.9 },
          { index: 1, score: 0.9 },
        ],
      },
    ],
    [
      'texts that a model of Hugging Face writes',
      '/hf-inference/models/org/text-model',
      { inputs: 'hi', parameters: { max_new_tokens: 9 }, options: { use_cache: false } },
      {
        name: 'LLM Inference',
        type: 'chat_completion',
        model: 'org/text-model',
        inputs: { prompt: [{ role: 'user', content: 'hi' }] },
        output: 'You said: hi',
        modelParameters: { max_new_tokens: 9, use_cache: false },
      },
    ],
    [
      'what else it answers',
      '/hf-inference/models/org/summary-model',
      { inputs: 'a long text' },
      { output: [{ summary_text: 'short' }] },
    ],
    [
      'pictures that it draws',
      '/hf-inference/models/org/image-model',
      { inputs: 'a cat' },
      { output: '[image/jpeg, 300 bytes]' },
    ],
    [
      'its vectors',
      '/hf-inference/models/org/model/pipeline/feature-extraction',
      { inputs: ['a', 'b'] },
      {
        type: 'embedding',
        model: 'org/model',
        inputs: { input: ['a', 'b'] },
        embeddingCount: 2,
        embeddingDimensions: 3,
      },
    ],
    [
      'the texts of its own server',
      '/generate',
      { inputs: 'hi', parameters: { details: true } },
      {
        output: 'You said: hi',
        promptTokens: 2,
        completionTokens: 4,
        tokens: 6,
        metadata: { finishReason: 'length' },
      },
    ],
    [
      'the same, token by token',
      '/generate_stream',
      { inputs: 'hi' },
      { output: 'You said: hi', tokens: 6, metadata: { finishReason: 'length' } },
    ],
  ];

describe('tracedFetch records', () => {
  let llm: LlmServer;
  before(async () => {
    llm = await startLlmServer();
  });
  after(() => llm[Symbol.asyncDispose]());

  async function stepOf(path: string, body: object, options = {}): Promise<WireStep> {
    using captured = captureTraces();
    const response = await tracedFetch(options)(`${llm.url}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(response.status, 200);
    await response.arrayBuffer();
    const [row] = await rowsOf(captured, 1);
    assert.ok(row?.steps[0]);
    return row.steps[0];
  }

  for (const [what, path, body, expected] of EXCHANGES) {
    it(what, async () => {
      const step = await stepOf(path, body);
      const { metadata = {}, ...facts } = expected;
      const seen = Object.keys(facts).map((key) => [key, step[key as keyof WireStep]]);
      assert.deepEqual(Object.fromEntries(seen), facts);
      const told = Object.keys(metadata).map((key) => [key, step.metadata?.[key]]);
      assert.deepEqual(Object.fromEntries(told), metadata);
      const hidden = JSON.stringify(await stepOf(path, body, { content: false }));
      for (const content of ['You said', 'hi"', '"query"', '"input"', 'short']) {
        assert.ok(!hidden.includes(content), `${content} is in ${hidden}`);
      }
    });
  }

  async function stepOfBody(path: string, sent: object, body: object): Promise<WireStep> {
    using captured = captureTraces();
    const answer = async () => Response.json(body);
    const send = tracedFetch({ fetch: answer });
    const request = { method: 'POST', body: JSON.stringify(sent) };
    await (await send(`https://gateway.example${path}`, request)).text();
    const [row] = await rowsOf(captured, 1);
    assert.ok(row?.steps[0]);
    return row.steps[0];
  }

  const chat = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
  const bytes = new TextEncoder().encode(`  ${JSON.stringify(chat)}`);
  const json = bytes.subarray(2);
  const bodies: Readonly<Record<string, NonNullable<RequestInit['body']>>> = {
    bytes: json,
    'a buffer': json.slice().buffer,
    'a view of a part of a buffer': new DataView(bytes.buffer, 2),
    'bytes that begin with white space': bytes,
    'a string that begins with white space': `\n\t${JSON.stringify(chat)}`,
  };
  for (const [kind, body] of Object.entries(bodies)) {
    it(`a request whose body is ${kind}`, async () => {
      using captured = captureTraces();
      const answer = async () => Response.json({ choices: [{ message: { content: 'So.' } }] });
      const request = { method: 'POST', body };
      const send = tracedFetch({ fetch: answer });
      await (await send('https://gateway.example/v1/chat/completions', request)).text();
      const step = (await rowsOf(captured, 1))[0]?.steps[0];
      assert.deepEqual(step?.inputs, { prompt: chat.messages });
    });
  }

  const asForm = () => {
    const form = new FormData();
    form.set('prompt', 'a cat');
    for (const name of ['a.png', 'b.png']) form.append('image', new Blob(['x']), name);
    form.append('sizes[]', 'small');
    for (const style of ['oil', 'ink']) form.append('styles[]', style);
    return form;
  };
  for (const kind of ['a form', 'a Request with a form'] as const) {
    it(`the fields of ${kind}, with all values of each`, async () => {
      using captured = captureTraces();
      const send = tracedFetch({ fetch: async () => Response.json({ data: [{ url: 'u' }] }) });
      const url = 'https://gateway.example/v1/images/edits';
      const init = { method: 'POST', body: asForm() };
      const sent = kind === 'a form' ? send(url, init) : send(new Request(url, init));
      await (await sent).json();
      const [step] = (await rowsOf(captured, 1)).flatMap(({ steps }) => steps);
      assert.ok(step);
      const { prompt, image } = step.inputs as { prompt: string; image: readonly string[] };
      assert.equal(prompt, 'a cat');
      assert.deepEqual(
        image.map((each) => /[ab]\.png/.exec(each)?.[0]),
        ['a.png', 'b.png'],
      );
      const { sizes, styles } = step.modelParameters as Record<string, unknown>;
      assert.deepEqual([sizes, styles], [['small'], ['oil', 'ink']]);
    });
  }

  it('a stream of which no event states an error, with the field for it', async () => {
    using captured = captureTraces();
    const events = [
      { token: { text: 'So' }, error: null },
      { token: { text: '.' }, error: null, generated_text: 'So.' },
    ];
    const body = events.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('');
    const headers = { 'content-type': 'text/event-stream' };
    const send = tracedFetch({ fetch: async () => new Response(body, { headers }) });
    const request = { method: 'POST', body: JSON.stringify({ inputs: 'hi' }) };
    await (await send('https://tgi.example/generate_stream', request)).text();
    const step = (await rowsOf(captured, 1))[0]?.steps[0];
    assert.deepEqual([step?.output, step?.metadata.error], ['So.', undefined]);
  });

  it('what a gateway says that a ranking costs', async () => {
    const ranking = { query: 'q', documents: ['a'], model: 'm' };
    const results = [{ index: 0, relevance_score: 0.9 }];
    const usage = { total_tokens: 11, cost: 0.002 };
    const step = await stepOfBody('/v1/rerank', ranking, { results, usage });
    assert.deepEqual([step.output, step.metadata?.billed], [results, { statedCost: 0.002 }]);
    const meta = { billed_units: { search_units: 2 } };
    const units = await stepOfBody('/v2/rerank', ranking, { results, meta });
    assert.deepEqual(units.metadata?.billed, { units: { search_units: 2 } });
  });

  it("the dimensions of Voyage's vectors in base64, and of many", async () => {
    const sent = { model: 'm', inputs: [['a']] };
    const vector = Buffer.from(new Float32Array(1024).buffer).toString('base64');
    for (const embedding of [vector, Array.from({ length: 1024 }, (_, i) => i / 7)]) {
      const data = Array.from({ length: 100 }, () => ({ data: [{ embedding }] }));
      const step = await stepOfBody('/v1/contextualizedembeddings', sent, { data });
      assert.deepEqual([step.embeddingCount, step.embeddingDimensions], [100, 1024]);
    }
  });

  it('no request that OpenRouter saves as a preset', async () => {
    using captured = captureTraces();
    for (const path of ['chat/completions', 'messages', 'responses']) {
      const body = { model: 'm', messages: [], input: 'hi', max_tokens: 9 };
      const response = await tracedFetch()(`${llm.url}/presets/mine/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      await response.text();
    }
    assert.deepEqual(await captured.rows(), []);
  });
});
