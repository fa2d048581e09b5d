/** Which requests of OpenAI's client, and of those like it, become steps: by all that they can send. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { traceTogether } from '@openlayer-tracing/integrations/together';
import OpenAI6 from 'openai6';
import OpenAI, { AzureOpenAI, toFile } from 'openai7';
import Together from 'together-ai';
import { type Reply, type RequestContent, stepsOfCalls } from './answering.ts';
import { rowsOf } from './stage.ts';
import { forgetUnrecorded, unrecordedCalls } from './unrecorded.ts';

type Call = (client: OpenAI) => unknown;

const USAGE = { input_tokens: 21, output_tokens: 4, total_tokens: 25 };
const response = (more: object = {}) => ({
  id: `resp_${ids++}`,
  object: 'response',
  status: 'completed',
  model: 'gpt-5-2026',
  output: [
    { type: 'message', content: [{ type: 'output_text', text: 'Sunny.', annotations: [] }] },
  ],
  usage: USAGE,
  ...more,
});
let ids = 0;

async function stepsOf(
  reply: Reply | ((asked: RequestContent) => Reply),
  ...calls: Call[]
): Promise<readonly WireStep[]> {
  const { steps } = await stepsOfCalls(reply, async (url) => {
    const client = traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 0 }));
    for (const call of calls) await call(client);
  });
  return steps;
}

async function drain(stream: unknown): Promise<void> {
  for await (const _ of (await stream) as AsyncIterable<unknown>);
}

describe('a call of OpenAI that names neither a model nor an input', () => {
  const prompt = { id: 'pmpt_1', version: '2', variables: { city: 'Paris' } };
  const asked: Record<string, object> = {
    'a stored prompt': { prompt },
    'a stored prompt with an input': { prompt, input: 'What to wear?' },
    'a conversation': { conversation: 'conv_1' },
    'the response before': { previous_response_id: 'resp_0' },
  };
  for (const [what, params] of Object.entries(asked)) {
    it(`but ${what} is a step with the model and tokens of its answer`, async () => {
      const [whole] = await stepsOf({ json: response() }, (client) =>
        client.responses.create(params),
      );
      const events = [{ type: 'response.completed', response: response() }];
      const [streamed] = await stepsOf({ events }, (client) =>
        drain(client.responses.create({ ...params, stream: true })),
      );
      for (const step of [whole, streamed]) {
        assert.deepEqual(
          [step?.model, step?.promptTokens, step?.completionTokens, step?.output],
          ['gpt-5-2026', 21, 4, 'Sunny.'],
        );
        const inputs = JSON.stringify(step?.inputs);
        for (const value of ['Paris', 'wear', 'conv_1', 'resp_0']) {
          assert.equal(inputs.includes(value), JSON.stringify(params).includes(value));
        }
      }
    });
  }

  it('has the stored prompt, if the response has it', async () => {
    const json = response({ instructions: 'Be brief.', tools: [{ type: 'web_search' }] });
    const [step] = await stepsOf({ json }, (client) => client.responses.create({ prompt }));
    assert.equal(step?.metadata.instructions, 'Be brief.');
    assert.deepEqual(step?.metadata.tools, [{ type: 'web_search' }]);
    const [said] = await stepsOf({ json }, (client) =>
      client.responses.create({ instructions: 'Be brief.', tools: [], input: 'hi' }),
    );
    assert.equal(said?.metadata.instructions, undefined);
  });
});

describe('a method of OpenAI', () => {
  const file = () => toFile(Buffer.alloc(600), 'a.png', { type: 'image/png' });
  const seen = (step: WireStep | undefined) => {
    const { name, type, model, output, promptTokens, metadata } = step ?? ({} as WireStep);
    return { name, type, model: model ?? metadata?.model, output, promptTokens };
  };
  const methods: Record<string, [reply: Reply, call: Call, expected: object]> = {
    'responses.compact': [
      {
        json: {
          id: 'resp_1',
          object: 'response.compaction',
          output: [{ type: 'compaction', id: 'cmp', encrypted_content: 'x'.repeat(100) }],
          usage: USAGE,
        },
      },
      (client) => client.responses.compact({ model: 'gpt-5', input: 'hi' }),
      {
        name: 'OpenAI Response Compaction',
        type: 'chat_completion',
        model: 'gpt-5',
        output: {
          parts: [
            { type: 'compaction', id: 'cmp', encrypted_content: '[encrypted, 100 characters]' },
          ],
        },
        promptTokens: 21,
      },
    ],
    'decisions.create': [
      {
        json: {
          answers: [{ type: 'predicate', name: null, probability: 0.9 }],
          model: 'gpt-6-luna-1',
          usage: USAGE,
        },
      },
      (client) =>
        client.decisions.create({
          model: 'gpt-6-luna',
          input: 'It rains.',
          questions: [{ type: 'predicate', instructions: 'Is it wet?' }],
        }),
      {
        name: 'OpenAI Decision',
        type: 'chat_completion',
        model: 'gpt-6-luna-1',
        output: [{ type: 'predicate', name: null, probability: 0.9 }],
        promptTokens: 21,
      },
    ],
    'vectorStores.search': [
      {
        json: {
          object: 'vector_store.search_results.page',
          search_query: ['wet'],
          data: [{ file_id: 'f', filename: 'a.md', score: 0.9, content: [] }],
          has_more: false,
        },
      },
      (client) => client.vectorStores.search('vs_1', { query: 'wet' }),
      {
        name: 'OpenAI Vector Store Search',
        type: 'retriever',
        model: undefined,
        output: [{ file_id: 'f', filename: 'a.md', score: 0.9, content: [] }],
        promptTokens: undefined,
      },
    ],
    'videos.create': [
      { json: { id: 'v', object: 'video', status: 'queued', model: 'sora-2', seconds: '8' } },
      (client) => client.videos.create({ prompt: 'a cat', model: 'sora-2' }),
      {
        name: 'OpenAI Video',
        type: 'chat_completion',
        model: 'sora-2',
        output: { id: 'v', status: 'queued', seconds: '8' },
        promptTokens: null,
      },
    ],
    'images.edit': [
      { json: { data: [{ b64_json: 'AAAA' }], usage: USAGE } },
      async (client) =>
        client.images.edit({ model: 'gpt-image-2', image: await file(), prompt: 'a hat' }),
      {
        name: 'OpenAI Image',
        type: 'chat_completion',
        model: 'gpt-image-2',
        output: [{ b64_json: '[base64, 3 bytes]' }],
        promptTokens: 21,
      },
    ],
    'images.createVariation': [
      { json: { data: [{ url: 'https://pictures.example/1' }] } },
      async (client) => client.images.createVariation({ image: await file() }),
      {
        name: 'OpenAI Image',
        type: 'chat_completion',
        model: undefined,
        output: [{ url: 'https://pictures.example/1' }],
        promptTokens: null,
      },
    ],
    'audio.translations.create': [
      { json: { text: 'Hello' } },
      async (client) =>
        client.audio.translations.create({ model: 'whisper-1', file: await file() }),
      {
        name: 'OpenAI Transcription',
        type: 'chat_completion',
        model: 'whisper-1',
        output: 'Hello',
        promptTokens: null,
      },
    ],
    'beta.threads.runs.stream': [
      {
        events: [
          { object: 'thread.run', id: 'run_1', status: 'in_progress', model: 'gpt-4o' },
          {
            object: 'thread.message.delta',
            delta: { content: [{ index: 0, type: 'text', text: { value: 'Sun' } }] },
          },
          {
            object: 'thread.message.delta',
            delta: { content: [{ index: 0, type: 'text', text: { value: 'ny.' } }] },
          },
          {
            object: 'thread.run',
            id: 'run_1',
            status: 'completed',
            model: 'gpt-4o',
            usage: { prompt_tokens: 21, completion_tokens: 4, total_tokens: 25 },
          },
          '[DONE]',
        ],
      },
      (client) =>
        drain(client.beta.threads.runs.create('thread_1', { assistant_id: 'a', stream: true })),
      {
        name: 'OpenAI Assistant Run',
        type: 'chat_completion',
        model: 'gpt-4o',
        output: 'Sunny.',
        promptTokens: 21,
      },
    ],
  };
  for (const [method, [reply, call, expected]] of Object.entries(methods)) {
    it(`${method} is a step`, async () => {
      const steps = await stepsOf(reply, call);
      assert.deepEqual(steps.map(seen), [expected]);
    });
  }

  it('has what its price depends on besides the tokens', async () => {
    const speak = async (client: OpenAI) => {
      const speech = { model: 'tts-1', voice: 'alloy', input: 'Hello you' };
      await (await client.audio.speech.create(speech)).arrayBuffer();
    };
    const listen = async (client: OpenAI) =>
      client.audio.transcriptions.create({ model: 'whisper-1', file: await file() });
    const draw = (client: OpenAI) => client.images.generate({ prompt: 'two cats', n: 2 });
    const respond = (client: OpenAI) => client.responses.create({ input: 'hi' });
    const chat = (client: OpenAI) => client.chat.completions.create({ model: 'm', messages: [] });
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const bills: [Reply, Call, object][] = [
      [{ bytes: new Uint8Array(9), type: 'audio/mpeg' }, speak, { characters: 9 }],
      [{ json: { text: 'Hi', usage: { type: 'duration', seconds: 7 } } }, listen, { seconds: 7 }],
      [{ json: { text: 'Hi', duration: 7.5, language: 'en' } }, listen, { seconds: 7.5 }],
      [{ json: { data: [{ b64_json: 'AAAA' }, { b64_json: 'AAAA' }] } }, draw, { pictures: 2 }],
      [{ json: response({ service_tier: 'flex' }) }, respond, { serviceTier: 'flex' }],
      [
        {
          json: response({
            output: [
              { type: 'web_search_call', status: 'completed', action: { type: 'search' } },
              { type: 'web_search_call', status: 'completed', action: { type: 'open_page' } },
              { type: 'file_search_call', status: 'completed' },
              { type: 'code_interpreter_call', status: 'failed' },
            ],
          }),
        },
        respond,
        { toolUses: { web_search: 1, file_search: 1 } },
      ],
      [{ json: { choices: [], usage: { ...usage, cost: 0.002 } } }, chat, { statedCost: 0.002 }],
      [
        {
          json: {
            choices: [],
            usage: {
              ...usage,
              cost: 0.001,
              is_byok: true,
              cost_details: { upstream_inference_cost: 0.02 },
            },
          },
        },
        chat,
        { statedCost: 0.021 },
      ],
      [
        {
          json: {
            choices: [],
            usage: { ...usage, server_side_tool_usage_details: { web_search_calls: 3 } },
          },
        },
        chat,
        { toolUses: { web_search: 3 } },
      ],
    ];
    for (const [reply, call, billed] of bills) {
      const [step] = await stepsOf(reply, call);
      assert.deepEqual(step?.metadata.billed, billed);
    }
  });
});

describe('a response in the background', () => {
  const statuses = ['queued', 'in_progress', 'completed'];

  it('is recorded when its result is fetched, once', async () => {
    let fetched = 0;
    const id = `resp_background_${ids++}`;
    const reply = ({ method }: RequestContent): Reply => {
      const status = method === 'POST' ? 'queued' : statuses[Math.min(fetched++, 2)];
      const isThere = status === 'completed';
      return {
        json: response({
          id,
          status,
          background: true,
          temperature: 0.5,
          ...(!isThere && { output: [], usage: null }),
        }),
      };
    };
    const fetchIt = (client: OpenAI) => client.responses.retrieve(id);
    const steps = await stepsOf(
      reply,
      (client) => client.responses.create({ model: 'gpt-5', input: 'hi', background: true }),
      ...statuses.map(() => fetchIt),
      fetchIt,
      fetchIt,
    );
    assert.deepEqual(
      steps.map(({ output, promptTokens, metadata }) => [
        output,
        promptTokens,
        metadata.finishReason,
        metadata.retrieved,
      ]),
      [
        [null, null, 'queued', undefined],
        ['Sunny.', 21, 'completed', true],
      ],
    );
    assert.deepEqual(steps[1]?.modelParameters, { background: true, temperature: 0.5 });
  });

  it('is recorded when its stream is fetched', async () => {
    const background = response({ background: true });
    const events = [
      { type: 'response.output_text.delta', delta: 'Sunny.' },
      { type: 'response.completed', response: background },
    ];
    const reply = ({ path }: RequestContent): Reply =>
      path.includes('stream=true') ? { events } : { json: background };
    const steps = await stepsOf(
      reply,
      (client) => drain(client.responses.retrieve(background.id, { stream: true })),
      (client) => client.responses.retrieve(background.id),
    );
    assert.deepEqual(
      steps.map(({ output, promptTokens }) => [output, promptTokens]),
      [['Sunny.', 21]],
    );
  });

  it('is a child of the step that fetched it, and a failure if it failed', async () => {
    using captured = captureTraces();
    const { trace } = await import('@openlayer-tracing/core');
    const json = response({
      background: true,
      status: 'failed',
      error: { code: 'server_error', message: 'it broke' },
    });
    const openai = traceOpenAI(
      new OpenAI({ apiKey: 'k', fetch: async () => Response.json(json), maxRetries: 0 }),
    );
    await trace(() => openai.responses.retrieve(json.id), { name: 'poll' })();
    const [row] = await rowsOf(captured, 1);
    const [call] = row?.steps[0]?.steps ?? [];
    assert.equal(row?.steps[0]?.name, 'poll');
    assert.deepEqual([call?.name, call?.metadata.error], ['OpenAI Response', 'it broke']);
  });

  it('is not recorded if it was not created in the background', async () => {
    const made = response({ background: true });
    const plain = response();
    const steps = await stepsOf(
      ({ path }) => ({ json: path.endsWith(plain.id) ? plain : made }),
      (client) => client.responses.create({ input: 'hi', background: true }),
      (client) => client.responses.retrieve(made.id),
      (client) => client.responses.retrieve(plain.id),
    );
    assert.equal(steps.length, 1);
  });

  it('as a run of an assistant is recorded when it has ended', async () => {
    const run = (status: string) => ({
      id: 'run_poll_1',
      object: 'thread.run',
      status,
      model: 'gpt-4o',
      instructions: 'Be brief.',
      usage:
        status === 'completed'
          ? { prompt_tokens: 21, completion_tokens: 4, total_tokens: 25 }
          : null,
    });
    let asked = 0;
    const steps = await stepsOf(
      () => ({ json: run(asked++ < 2 ? 'queued' : 'completed') }),
      (client) => client.beta.threads.runs.create('t', { assistant_id: 'a' }),
      (client) => client.beta.threads.runs.retrieve('run_poll_1', { thread_id: 't' }),
      (client) => client.beta.threads.runs.retrieve('run_poll_1', { thread_id: 't' }),
      (client) => client.beta.threads.runs.retrieve('run_poll_1', { thread_id: 't' }),
    );
    assert.deepEqual(
      steps.map(({ promptTokens, metadata }) => [promptTokens, metadata.finishReason]),
      [
        [null, 'queued'],
        [21, 'completed'],
      ],
    );
  });
});

describe('the results of a batch', () => {
  const line = (n: number, more: object = {}) => ({
    id: `batch_req_${n}`,
    custom_id: `q${n}`,
    response: {
      status_code: 200,
      body: {
        model: 'gpt-5-mini-2026',
        choices: [],
        usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
      },
    },
    error: null,
    ...more,
  });
  const failed = line(3, {
    response: { status_code: 400, body: { error: { message: 'too long' } } },
  });

  it('are one step, which adds them up, however often their file is read', async () => {
    const text = [line(1), line(2), failed].map((each) => JSON.stringify(each)).join('\n');
    const reply: Reply = { bytes: Buffer.from(text), type: 'application/octet-stream' };
    const readFile: Call = async (client) =>
      assert.equal(await (await client.files.content('file-batch-1')).text(), text);
    const steps = await stepsOf(reply, readFile, readFile);
    assert.deepEqual(
      steps.map(({ name, model, promptTokens, completionTokens, output }) => [
        name,
        model,
        promptTokens,
        completionTokens,
        output,
      ]),
      [['OpenAI Batch', 'gpt-5-mini-2026', 20, 10, { answers: 2, failed: 1 }]],
    );
    assert.deepEqual(steps[0]?.metadata.billed, { isBatch: true });
    assert.deepEqual(steps[0]?.metadata.errors, [{ message: 'too long' }]);
  });

  it('are not read from other files', async () => {
    for (const text of ['{"prompt":"a"}\n{"prompt":"b"}', 'a,b\n1,2', '\u0000\u0001']) {
      const reply: Reply = { bytes: Buffer.from(text), type: 'application/octet-stream' };
      const steps = await stepsOf(reply, async (client) =>
        assert.equal(await (await client.files.content(`file-${ids++}`)).text(), text),
      );
      assert.deepEqual(steps, []);
    }
  });
});

describe('a long file without results of a batch', () => {
  const MEGABYTES = 24;
  const CHUNK = 65_536;
  const rows = (row: string) => row.repeat(Math.ceil(CHUNK / row.length)).slice(0, CHUNK);
  const pictures = Buffer.alloc(CHUNK, 0x89);

  /** How many bytes anybody decodes while the app reads the file as bytes. */
  async function decodedOf(name: string, chunk: Buffer): Promise<number> {
    const decode = TextDecoder.prototype.decode;
    let decoded = 0;
    TextDecoder.prototype.decode = function counted(
      this: InstanceType<typeof TextDecoder>,
      ...args
    ) {
      decoded += (args[0] as Uint8Array | undefined)?.byteLength ?? 0;
      return decode.apply(this, args);
    };
    let left = (MEGABYTES * 1_048_576) / CHUNK;
    const pull = (controller: ReadableStreamDefaultController) =>
      left-- > 0 ? controller.enqueue(chunk) : controller.close();
    const client = traceOpenAI(
      new OpenAI({
        apiKey: 'k',
        fetch: async () => new Response(new ReadableStream({ pull }, { highWaterMark: 0 })),
      }),
    );
    try {
      const { byteLength } = await (await client.files.content(name)).arrayBuffer();
      assert.equal(byteLength, MEGABYTES * 1_048_576);
    } finally {
      TextDecoder.prototype.decode = decode;
    }
    return decoded;
  }

  const files: Readonly<Record<string, readonly [chunk: Buffer, most: number]>> = {
    'lines of other JSON': [Buffer.from(rows('{"messages":[]}\n')), 2 * CHUNK],
    'lines of text': [Buffer.from(rows('a,b,c\n')), 2 * CHUNK],
    'bytes without a line': [pictures, 2 * CHUNK],
    'empty lines, and then a text': [Buffer.from(`\n\n${rows('a').slice(2)}`), 2 * CHUNK],
    'one line of JSON': [Buffer.from(rows('{"a":1,"b":')), 3 * 1_048_576],
  };

  for (const [what, [chunk, most]] of Object.entries(files)) {
    it(`is read only until that is known: ${what}`, async () => {
      assert.ok((await decodedOf(`file-${ids++}`, chunk)) <= most);
    });
  }
});

describe('the provider of a host', () => {
  const hosts: [baseURL: string, provider: string, region?: string][] = [
    ['https://api.openai.com/v1', 'openai'],
    ['https://eu.api.openai.com/v1', 'openai', 'eu'],
    ['https://res.openai.azure.com/openai/v1', 'azure'],
    ['https://res.services.ai.azure.com/openai/v1', 'azure'],
    ['https://res.services.ai.azure.com/models', 'azure'],
    ['https://res.services.ai.azure.com/api/projects/p/openai/v1', 'azure'],
    ['https://res.cognitiveservices.azure.com/openai/v1', 'azure'],
    ['https://gateway.example.com/openai/deployments/d', 'azure'],
    ['https://bedrock-mantle.us-east-1.api.aws/openai/v1', 'bedrock', 'us-east-1'],
    ['https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1', 'bedrock', 'eu-west-1'],
    [
      'https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/openapi',
      'google',
      'us-central1',
    ],
    [
      'https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/openai/v1',
      'google',
    ],
    ['https://api.groq.com/openai/v1', 'groq'],
  ];
  for (const [baseURL, provider, region] of hosts) {
    it(`is ${provider}: ${baseURL}`, async () => {
      using captured = captureTraces();
      const answers = { chat: { choices: [] }, responses: response() };
      const openai = traceOpenAI(
        new OpenAI({
          apiKey: 'k',
          baseURL,
          fetch: async (url) =>
            Response.json(String(url).endsWith('/responses') ? answers.responses : answers.chat),
        }),
      );
      await openai.chat.completions.create({ model: 'm', messages: [] });
      await openai.responses.create({ model: 'm', input: 'hi' });
      for (const { steps } of await rowsOf(captured, 2)) {
        const [step] = steps;
        assert.equal(step?.provider, provider);
        assert.equal((step?.metadata.billed as { region?: string })?.region, region);
      }
    });
  }

  it('is Azure for its own client, whose paths name deployments', async () => {
    using captured = captureTraces();
    const openai = traceOpenAI(
      new AzureOpenAI({
        apiKey: 'k',
        apiVersion: 'v1',
        endpoint: 'https://res.openai.azure.com',
        deployment: 'my-gpt',
        fetch: async () => Response.json({ choices: [] }),
      }),
    );
    await openai.chat.completions.create({ model: '', messages: [] });
    const [row] = await rowsOf(captured, 1);
    assert.equal(row?.steps[0]?.name, 'Azure OpenAI Chat Completion');
    assert.equal(row?.steps[0]?.model, 'my-gpt');
  });
});

describe('a call that may be billed and is not recorded', () => {
  before(forgetUnrecorded);

  function reported(...calls: Call[]): Promise<readonly string[]> {
    const openai = traceOpenAI(
      new OpenAI({ apiKey: 'k', maxRetries: 0, fetch: async () => Response.json({}) }),
    );
    return unrecordedCalls(async () => {
      for (const call of calls) await call(openai);
    });
  }

  it('is reported once a process for each kind, and others are not', async () => {
    const evaluate: Call = (client) => client.post('/evals/eval_1a/runs', { body: {} });
    const unknown: Call = (client) => client.post('/novelties/nov_2B/make', { body: {} });
    const free: Call[] = [
      (client) => client.post('/files', { body: {} }),
      (client) => client.post('/responses/resp_1/cancel'),
      (client) => client.conversations.create({}),
      (client) => client.vectorStores.update('vs_1', {}),
      (client) => client.batches.list(),
      (client) => client.models.list(),
      (client) => client.files.delete('f'),
    ];
    const kept: Call = (client) => client.vectorStores.create({});
    assert.deepEqual(await reported(evaluate, evaluate, unknown, kept, ...free), [
      'POST /v1/evals/*/runs',
      'POST /v1/novelties/*/make',
      'POST /v1/vector_stores',
    ]);
    assert.deepEqual(await reported(evaluate), []);
  });

  it('may be one of realtime sessions', async () => {
    const [said] = await reported((client) =>
      client.realtime.clientSecrets.create({ session: { type: 'realtime' } }),
    );
    assert.equal(said, 'POST /v1/realtime/client_secrets');
  });

  it('may be one that starts the turn of an agent, or a run', async () => {
    const paths = ['/agents/sessions', '/agents/sessions/s_1/events', '/agents/sessions/s_1/turns'];
    const made = ['/agents', '/agents/agent_1', '/agents/sessions/s_1', '/agents/environments'];
    const ask =
      (path: string): Call =>
      (client) =>
        client.post(path, { body: { input: 'hi' } });
    assert.deepEqual(await reported(...[...made, ...paths].map(ask)), [
      'POST /v1/agents/sessions',
      'POST /v1/agents/sessions/*/events',
      'POST /v1/agents/sessions/*/turns',
    ]);
  });

  it('may be one over a WebSocket', async () => {
    const [ResponsesWS7, ResponsesWS6, LiveWS] = [
      (await import('openai7/resources/responses/ws')).ResponsesWS,
      (await import('openai6/resources/responses/ws')).ResponsesWS,
      (await import('openai7/resources/live/ws')).LiveWS,
    ];
    const open = async (client: object, Socket: new (client: never, more: never) => object) => {
      const socket = new Socket(client as never, {} as never) as Pick<OpenAI, never> & {
        on(name: string, listener: () => void): void;
        close(): void;
      };
      const isOver = new Promise<void>((resolve) => socket.on('error', resolve));
      await isOver;
      socket.close();
    };
    const settings = { apiKey: 'k', baseURL: 'http://127.0.0.1:9/v1', maxRetries: 0 };
    const client7 = traceOpenAI(new OpenAI(settings));
    const client6 = traceOpenAI(new OpenAI6(settings));
    const bare = new OpenAI(settings);
    const sockets = [
      [client7, ResponsesWS7],
      [client6, ResponsesWS6],
      [client7, ResponsesWS7],
      [client7.withOptions({}), LiveWS],
    ] as const;
    const said = await unrecordedCalls(async () => {
      for (const [client, Socket] of sockets) await open(client, Socket as never);
      await client7.responses.create({ model: 'm', input: 'hi' }).catch(() => {});
      await client7.responses.retrieve('resp_socket').catch(() => {});
    });
    assert.deepEqual(said, ['WebSocket /responses', 'WebSocket /live/sessions']);
    const url = ['/responses', { a: 'b' }, undefined] as const;
    assert.equal(client7.buildURL(...url), bare.buildURL(...url));
  });
});

describe('a stream whose last event was read', () => {
  it('ends its call, also if nobody reads on', async () => {
    const bodies: Record<string, [events: object[], done: string | undefined, call: Call]> = {
      chat: [
        [{ choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] }],
        '[DONE]',
        (client) => client.chat.completions.create({ model: 'm', messages: [], stream: true }),
      ],
      response: [
        [{ type: 'response.completed', response: response() }],
        undefined,
        (client) => client.responses.create({ input: 'hi', stream: true }),
      ],
      completion: [
        [{ choices: [{ index: 0, text: 'Hi', finish_reason: 'stop' }] }],
        '[DONE]',
        (client) => client.completions.create({ model: 'm', prompt: 'hi', stream: true }),
      ],
    };
    for (const [kind, [events, done, call]] of Object.entries(bodies)) {
      using captured = captureTraces();
      // Its connection stays open.
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          const data = [...events.map((each) => JSON.stringify(each)), ...(done ? [done] : [])];
          controller.enqueue(
            new TextEncoder().encode(data.map((each) => `data: ${each}\n\n`).join('')),
          );
        },
      });
      const openai = traceOpenAI(
        new OpenAI({
          apiKey: 'k',
          fetch: async () =>
            new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
        }),
      );
      const stream = (await call(openai)) as AsyncIterable<unknown>;
      await stream[Symbol.asyncIterator]().next();
      const [row] = await rowsOf(captured, 1);
      assert.deepEqual(
        [row?.steps[0]?.metadata.partial, row?.steps[0]?.metadata.ended],
        [undefined, undefined],
        kind,
      );
    }
  });
});

describe("Together's client", () => {
  it('has its rerankings, videos and code executions recorded', async () => {
    const replies: Record<string, object> = {
      '/rerank': {
        id: 'r',
        model: 'rank-1',
        results: [{ index: 0, relevance_score: 0.9, document: {} }],
        usage: { prompt_tokens: 9, completion_tokens: 0, total_tokens: 9 },
      },
      '/videos': { id: 'v', status: 'in_progress', model: 'kling', seconds: '5' },
      '/tci/execute': {
        data: { outputs: [{ type: 'stdout', data: '1' }], session_id: 's' },
        errors: null,
      },
    };
    const { steps } = await stepsOfCalls(
      ({ path }) => ({ json: replies[path] }),
      async (url) => {
        const together = traceTogether(new Together({ apiKey: 'k', baseURL: url, maxRetries: 0 }));
        await together.rerank.create({ model: 'rank', query: 'q', documents: ['a'] });
        await together.videos.create({ model: 'kling', prompt: 'a cat' });
        await together.codeInterpreter.execute({ code: 'print(1)', language: 'python' });
      },
    );
    assert.deepEqual(
      steps.map(({ name, type, output }) => [name, type, output]),
      [
        ['Together Rerank', 'retriever', [{ index: 0, relevance_score: 0.9, document: {} }]],
        ['Together Video', 'chat_completion', { id: 'v', status: 'in_progress', seconds: '5' }],
        ['Together Code Execution', 'tool', [{ type: 'stdout', data: '1' }]],
      ],
    );
  });
});
