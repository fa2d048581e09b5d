/** Calls that are billed and that a framework tells no tracer of: recorded where they can be, and else reported once. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { Embeddings } from '@langchain/core/embeddings';
import { OpenAI as Completions, OpenAIEmbeddings } from '@langchain/openai';
import { RealtimeAgent, RealtimeSession } from '@openai/agents/realtime';
import { createTracer, getTracer } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAISDK, traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import { generateText as generateText5 } from 'ai5';
import { createOpenAI as createOpenAI5 } from 'ai5-openai';
import { generateText as generateText6 } from 'ai6';
import { createOpenAI as createOpenAI6 } from 'ai6-openai';
import { embed, generateImage, generateText } from 'ai7';
import { createOpenAI } from 'ai7-openai';
import OpenAI4 from 'openai4';
import OpenAI5 from 'openai5';
import OpenAI6 from 'openai6';
import OpenAI7 from 'openai7';
import { WebSocketServer } from 'ws';
import { rowsOf } from './stage.ts';
import { forgetUnrecorded, unrecordedCalls } from './unrecorded.ts';

const USAGE = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
const ANSWERS: Readonly<Record<string, object>> = {
  '/v1/embeddings': {
    ...{ object: 'list', model: 'text-embedding-3-small' },
    data: [{ object: 'embedding', index: 0, embedding: [1, 2, 3] }],
    usage: { prompt_tokens: 3, total_tokens: 3 },
  },
  '/v1/completions': {
    ...{ id: 'c', object: 'text_completion', created: 1, model: 'm', usage: USAGE },
    choices: [{ index: 0, text: 'hi', finish_reason: 'stop' }],
  },
  '/v1/chat/completions': {
    ...{ id: 'c', object: 'chat.completion', created: 1, model: 'm', usage: USAGE },
    choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  },
  '/v1/images/generations': { created: 1, data: [{ b64_json: 'AA==' }] },
};

interface Provider extends AsyncDisposable {
  /** `http://127.0.0.1:1234/v1` */
  readonly url: string;
  /** The paths of its sockets. */
  readonly sockets: readonly string[];
}

async function provider(): Promise<Provider> {
  const server = createServer((req, res) => {
    const answer = ANSWERS[String(req.url)];
    res.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    req.resume().on('end', () => res.end(JSON.stringify(answer ?? {})));
  });
  const sockets: string[] = [];
  const far = new WebSocketServer({ server });
  far.on('connection', (_socket, { url }) => sockets.push(String(url)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const client of far.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const flat = (step: WireStep): WireStep[] => [step, ...step.steps.flatMap(flat)];

async function stepsOf(run: () => Promise<unknown>): Promise<readonly WireStep[]> {
  using captured = captureTraces();
  const trace = getTracer().startTrace('request');
  await trace.run(run);
  trace.end();
  const [row] = await rowsOf(captured, 1);
  return (row?.steps[0]?.steps ?? []).flatMap(flat);
}

const configured = (baseURL: string, fetch?: typeof globalThis.fetch) => ({
  ...{ apiKey: 'k', maxRetries: 0, model: 'text-embedding-3-small' },
  configuration: { baseURL, ...(fetch && { fetch }) },
});

describe("LangChain's embeddings", () => {
  class Traced extends OpenAIEmbeddings {}
  class Bare extends OpenAIEmbeddings {}
  class Local extends Embeddings {
    model = 'local-1';
    override async embedQuery(_query: string): Promise<number[]> {
      return [1, 2];
    }
    override async embedDocuments(documents: string[]): Promise<number[][]> {
      if (documents.length === 0) throw new TypeError('nothing to embed');
      return documents.map(() => [1, 2]);
    }
  }
  before(() => {
    traceLangChain(CallbackManager);
    traceLangChain(Traced, { provider: 'openai' });
    traceLangChain(Traced, { provider: 'azure' });
    traceLangChain(Local);
  });
  beforeEach(forgetUnrecorded);

  it('are steps with their tokens, one for each request', async () => {
    await using far = await provider();
    const vectors: unknown[] = [];
    const [query, ...documents] = await stepsOf(async () => {
      vectors.push(await new Traced(configured(far.url)).embedQuery('late fees'));
      const twice = new Traced({ ...configured(far.url), batchSize: 1 });
      vectors.push(await twice.embedDocuments(['a', 'b']));
    });
    assert.deepEqual(vectors, [
      [1, 2, 3],
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
    ]);
    assert.ok(query);
    const { type, name, inputs, provider: vendor, model, promptTokens, tokens } = query;
    assert.deepEqual(
      { type, name, inputs, vendor, model, promptTokens, tokens },
      {
        ...{ type: 'embedding', name: 'LangChain Embedding', inputs: { input: 'late fees' } },
        ...{ vendor: 'openai', model: 'text-embedding-3-small', promptTokens: 3, tokens: 3 },
      },
    );
    assert.deepEqual([query.embeddingCount, query.embeddingDimensions], [1, 3]);
    assert.deepEqual(
      documents.map(({ inputs }) => inputs),
      [{ input: ['a'] }, { input: ['b'] }],
    );
  });

  it('are recorded once where their client is traced as well, and leave no report', async () => {
    await using far = await provider();
    const fetch = tracedFetch({ provider: 'openai' });
    const embed = () => new Traced(configured(far.url, fetch)).embedQuery('hi');
    const steps = await stepsOf(embed);
    assert.deepEqual(
      steps.map(({ name }) => name),
      ['LangChain Embedding'],
    );
    assert.deepEqual(await unrecordedCalls(embed), []);
  });

  it('are steps of each call where a class does not show its answers', async () => {
    const embeddings = new Local({});
    const [query, documents, failed] = await stepsOf(async () => {
      await embeddings.embedQuery('a');
      await embeddings.embedDocuments(['a', 'b']);
      await assert.rejects(embeddings.embedDocuments([]), new TypeError('nothing to embed'));
    });
    for (const [step, count] of [
      [query, 1],
      [documents, 2],
    ] as const) {
      assert.ok(step);
      const { model, embeddingCount, embeddingDimensions, tokens } = step;
      assert.deepEqual(
        [model, embeddingCount, embeddingDimensions, tokens],
        ['local-1', count, 2, null],
      );
    }
    assert.match(JSON.stringify(failed?.metadata), /nothing to embed/);
  });

  it('of a class that is not given are reported, once', async () => {
    await using far = await provider();
    const said = await unrecordedCalls(async () => {
      await new Bare(configured(far.url)).embedQuery('a');
      await new Bare(configured(far.url)).embedDocuments(['a']);
    });
    assert.deepEqual(said, ['POST /v1/embeddings']);
  });

  it('of a class that is not given are no report where a traced fetch records them', async () => {
    await using far = await provider();
    const fetch = tracedFetch({ provider: 'openai' });
    const said = await unrecordedCalls(() => new Bare(configured(far.url, fetch)).embedQuery('a'));
    assert.deepEqual(said, []);
  });

  it('are no report where nothing is recorded', async () => {
    await using far = await provider();
    const said: string[] = [];
    const onDiagnostic = ({ reason }: { reason: string }) => said.push(reason);
    const embed = () => new Bare(configured(far.url)).embedQuery('a');
    const options = { logLevel: 'warn', onDiagnostic } as const;
    {
      using _ = captureTraces({ ...options, publish: false });
      await embed();
    }
    using _ = captureTraces(options);
    const silent = createTracer({ publish: false }).startTrace('request');
    await silent.run(embed);
    silent.end();
    assert.deepEqual(said, []);
    await embed();
    assert.deepEqual(said, ['unrecorded_call']);
  });
});

describe("LangChain's completions past its callbacks", () => {
  before(() => traceLangChain(CallbackManager));
  beforeEach(forgetUnrecorded);

  it('are reported, and those within a run are not', async () => {
    await using far = await provider();
    const model = () => new Completions({ ...configured(far.url), model: 'm' });
    assert.deepEqual(await unrecordedCalls(() => model().invoke('hi')), []);
    const said = await unrecordedCalls(() =>
      model().completionWithRetry({ model: 'm', prompt: 'hi' }),
    );
    assert.deepEqual(said, ['POST /v1/completions']);
  });
});

describe('what the AI SDK does not tell its telemetry', () => {
  before(() => {
    Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
    traceAISDK();
  });
  beforeEach(forgetUnrecorded);

  it('is reported, and what it tells is not', async () => {
    await using far = await provider();
    const openai = createOpenAI({ apiKey: 'k', baseURL: far.url });
    const image = () => generateImage({ model: openai.image('gpt-image-1'), prompt: 'a cat' });
    const told = await unrecordedCalls(async () => {
      await generateText({ model: openai.chat('m'), prompt: 'hi' });
      await embed({ model: openai.embedding('m'), value: 'hi' });
    });
    assert.deepEqual(told, []);
    const integrations: object[] = [{}];
    const byChannel = await unrecordedCalls(async () => {
      await generateText({ model: openai.chat('m'), prompt: 'hi', telemetry: { integrations } });
      await embed({ model: openai.embedding('m'), value: 'hi', telemetry: { integrations } });
    });
    assert.deepEqual(byChannel, []);
    const said = await unrecordedCalls(async () => {
      await image();
      await image();
    });
    assert.deepEqual(said, ['POST /v1/images/generations']);
  });

  it('is reported with what to do, if the version is older than 7', async () => {
    await using far = await provider();
    const settings = { apiKey: 'k', baseURL: far.url };
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      '5': () => generateText5({ model: createOpenAI5(settings).chat('m'), prompt: 'hi' }),
      '6': () => generateText6({ model: createOpenAI6(settings).chat('m'), prompt: 'hi' }),
      '7': () =>
        generateImage({ model: createOpenAI(settings).image('gpt-image-1'), prompt: 'a cat' }),
    };
    for (const [major, call] of Object.entries(calls)) {
      forgetUnrecorded();
      const said: string[] = [];
      using _ = captureTraces({ onDiagnostic: ({ message }) => said.push(message) });
      await call();
      assert.equal(said.length, 1, major);
      assert.equal(
        / from 7 on, and this is \d.*traceModel\(\)/.test(said[0] ?? ''),
        major !== '7',
        said[0],
      );
    }
  });

  it('is no report where its model, or the fetch of its provider, is traced', async () => {
    await using far = await provider();
    const settings = { apiKey: 'k', baseURL: far.url };
    const model = traceModel(createOpenAI(settings).image('gpt-image-1'));
    const fetch = tracedFetch({ provider: 'openai' });
    const fetched = createOpenAI({ ...settings, fetch }).image('gpt-image-1');
    const said = await unrecordedCalls(async () => {
      await generateImage({ model, prompt: 'a cat' });
      await generateImage({ model: fetched, prompt: 'a cat' });
    });
    assert.deepEqual(said, []);
  });
});

describe("the classes of OpenAI's realtime sockets", () => {
  interface Socket {
    on(name: string, listener: (error?: Error) => void): void;
    close(): void;
  }
  type SocketClass = new (props: { model: string }, client: never) => Socket;
  const versions = [
    ['4', OpenAI4, () => import('openai4/beta/realtime/ws')],
    ['5', OpenAI5, () => import('openai5/realtime/ws')],
    ['6', OpenAI6, () => import('openai6/realtime/ws')],
    ['7', OpenAI7, () => import('openai7/realtime/ws')],
    ['7, beta', OpenAI7, () => import('openai7/beta/realtime/ws')],
  ] as const;
  beforeEach(forgetUnrecorded);

  it('are reported also after a thousand clients of other hosts', async () => {
    const { OpenAIRealtimeWS } = (await import('openai7/realtime/ws')) as unknown as {
      OpenAIRealtimeWS: SocketClass;
    };
    const clientOf = (baseURL: string) =>
      traceOpenAI(new OpenAI7({ apiKey: 'k', maxRetries: 0, baseURL }));
    for (let port = 1; port <= 1100; port++) clientOf(`https://127.0.0.3:${port}/v1`);
    const said = await unrecordedCalls(async () => {
      const client = clientOf('https://127.0.0.4:9/v1');
      const socket = new OpenAIRealtimeWS({ model: 'm' }, client as never);
      await new Promise<void>((resolve) => socket.on('error', () => resolve()));
      socket.close();
    });
    assert.deepEqual(said, ['WebSocket /realtime']);
  });

  for (const [version, Client, load] of versions) {
    it(`are reported for a client that is traced, and for no other: openai ${version}`, async () => {
      const { OpenAIRealtimeWS } = (await load()) as unknown as { OpenAIRealtimeWS: SocketClass };
      const settings = { apiKey: 'k', maxRetries: 0 };
      const open = async (client: object) => {
        // It speaks TLS alone, which nobody answers here: what it sends is announced before.
        const socket = new OpenAIRealtimeWS({ model: 'm' }, client as never);
        await new Promise<void>((resolve) => socket.on('error', () => resolve()));
        socket.close();
      };
      const bare = new Client({ ...settings, baseURL: 'https://127.0.0.2:9/v1' });
      assert.deepEqual(await unrecordedCalls(() => open(bare)), []);
      const client = new Client({ ...settings, baseURL: 'https://127.0.0.1:9/v1' });
      traceOpenAI(client);
      const said = await unrecordedCalls(async () => {
        await open(client);
        await open(client);
      });
      assert.deepEqual(said, ['WebSocket /realtime']);
    });
  }
});

describe("a realtime session of OpenAI's Agents SDK", () => {
  it('is reported', async () => {
    await using far = await provider();
    agentsTraceProcessor();
    forgetUnrecorded();
    const said = await unrecordedCalls(async () => {
      const session = new RealtimeSession(new RealtimeAgent({ name: 'a' }), {
        transport: 'websocket',
      });
      session.on('error', () => {});
      await session.connect({
        apiKey: 'k',
        url: `${far.url.replace('http', 'ws')}/realtime?model=m`,
      });
      session.close();
    });
    assert.deepEqual(said, ['WebSocket /realtime']);
    assert.equal(far.sockets.length, 1);
  });
});
