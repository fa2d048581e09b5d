/**
 * A process may hold core more than once: installed in two versions, or loaded as ES modules by one part of an app and as
 * CommonJS by another. Users must not notice.
 */

import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ChatOpenAI } from '@langchain/openai';
import { setTraceProcessors, withFunctionSpan, withTrace } from '@openai/agents';
import { renderTrace } from '@openlayer-tracing/local';
import * as ai7 from 'ai7';
import { CohereClientV2 } from 'cohere8';
import express, { type ErrorRequestHandler } from 'express';
import { HTTPClient, Mistral } from 'mistral2';
import { Ollama } from 'ollama0-6';
import OpenAI from 'openai7';
import request from 'supertest';
import { ROOT } from './repository.ts';

interface Copy {
  readonly core: typeof import('@openlayer-tracing/core');
  readonly testing: typeof import('@openlayer-tracing/core/testing');
  readonly express: typeof import('@openlayer-tracing/express');
  readonly fetch: typeof import('@openlayer-tracing/integrations/fetch');
  readonly aiSDK: typeof import('@openlayer-tracing/integrations/ai-sdk');
  readonly agents: typeof import('@openlayer-tracing/integrations/openai-agents');
  readonly claude: typeof import('@openlayer-tracing/integrations/claude-agent-sdk');
  readonly cohere: typeof import('@openlayer-tracing/integrations/cohere');
  readonly langchain: typeof import('@openlayer-tracing/integrations/langchain');
  readonly mcp: typeof import('@openlayer-tracing/integrations/mcp');
  readonly mistral: typeof import('@openlayer-tracing/integrations/mistral');
  readonly ollama: typeof import('@openlayer-tracing/integrations/ollama');
  readonly openai: typeof import('@openlayer-tracing/integrations/openai');
}

type Build = 'ES modules' | 'CommonJS';

/** Where a copy is installed, and which of its builds is loaded. */
interface Origin {
  readonly folder: string;
  readonly build: Build;
}

const PAIRS: Readonly<Record<string, readonly [Origin, Origin]>> = {
  'two installed copies of core': [
    { folder: 'a', build: 'ES modules' },
    { folder: 'b', build: 'ES modules' },
  ],
  'the two builds of one copy': [
    { folder: 'c', build: 'ES modules' },
    { folder: 'c', build: 'CommonJS' },
  ],
  'the two builds, the CommonJS one first': [
    { folder: 'd', build: 'CommonJS' },
    { folder: 'd', build: 'ES modules' },
  ],
  'the CommonJS builds of two copies': [
    { folder: 'e', build: 'CommonJS' },
    { folder: 'f', build: 'CommonJS' },
  ],
};

/** Installs core, the Express adapter and the integrations once more, as dependencies of something. */
async function install(at: string): Promise<void> {
  const modules = join(at, 'node_modules', '@openlayer-tracing');
  for (const each of ['core', 'express', 'integrations']) {
    for (const part of ['package.json', 'dist']) {
      const from = join(ROOT, 'packages', each, part);
      await cp(from, join(modules, each, part), { recursive: true });
    }
  }
}

async function load(at: string, build: Build): Promise<Copy> {
  const require = createRequire(join(at, 'index.js'));
  const from = async (specifier: string): Promise<never> => {
    if (build === 'CommonJS') return require(`@openlayer-tracing/${specifier}`) as never;
    // What require() finds stands beside what import finds.
    const path = require.resolve(`@openlayer-tracing/${specifier}`).replace(/dist.cjs/, 'dist');
    return (await import(pathToFileURL(path).href)) as never;
  };
  return {
    core: await from('core'),
    testing: await from('core/testing'),
    express: await from('express'),
    fetch: await from('integrations/fetch'),
    aiSDK: await from('integrations/ai-sdk'),
    agents: await from('integrations/openai-agents'),
    claude: await from('integrations/claude-agent-sdk'),
    cohere: await from('integrations/cohere'),
    langchain: await from('integrations/langchain'),
    mcp: await from('integrations/mcp'),
    mistral: await from('integrations/mistral'),
    ollama: await from('integrations/ollama'),
    openai: await from('integrations/openai'),
  };
}

const ANSWER = {
  ...{ id: 'c', object: 'chat.completion', created: 1, model: 'm', done: true },
  choices: [{ index: 0, message: { role: 'assistant', content: 'So.' }, finish_reason: 'stop' }],
  message: { role: 'assistant', content: [{ type: 'text', text: 'So.' }] },
  usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
};
const ASKED = { model: 'm', messages: [{ role: 'user' as const, content: 'Why?' }] };
const respond = async () => Response.json(ANSWER);

/** A client, how a copy traces it, and a call that is one step. */
interface Client<T> {
  readonly make: () => T;
  readonly trace: (copy: Copy, client: T) => unknown;
  readonly ask: (client: T) => unknown;
}

const clientOf = <T>(client: Client<T>): Client<unknown> => client as Client<unknown>;

const CLIENTS: Readonly<Record<string, Client<unknown>>> = {
  OpenAI: clientOf({
    make: () => new OpenAI({ apiKey: 'k', fetch: respond }),
    trace: (copy, client) => copy.openai.traceOpenAI(client),
    ask: (client) => client.chat.completions.create(ASKED),
  }),
  'a copy of OpenAI with other options': clientOf({
    make: () => new OpenAI({ apiKey: 'k', fetch: respond }),
    trace: (copy, client) => copy.openai.traceOpenAI(client),
    ask: (client) => client.withOptions({ timeout: 9 }).chat.completions.create(ASKED),
  }),
  Mistral: clientOf({
    make: () => {
      const httpClient = new HTTPClient({ fetcher: respond as never });
      return new Mistral({ apiKey: 'k', httpClient });
    },
    trace: (copy, client) => copy.mistral.traceMistral(client),
    ask: (client) => client.chat.complete(ASKED).catch(() => {}),
  }),
  Cohere: clientOf({
    make: () => new CohereClientV2({ token: 'k', fetch: respond as never }),
    trace: (copy, client) => copy.cohere.traceCohere(client),
    ask: (client) => client.chat(ASKED),
  }),
  Ollama: clientOf({
    make: () => new Ollama({ fetch: respond }),
    trace: (copy, client) => copy.ollama.traceOllama(client),
    ask: (client) => client.chat(ASKED),
  }),
  LangChain: clientOf({
    make: () =>
      new ChatOpenAI({ model: 'm', apiKey: 'k', maxRetries: 0, configuration: { fetch: respond } }),
    trace: (copy) => copy.langchain.traceLangChain(CallbackManager),
    ask: (client) => client.invoke('Why?'),
  }),
  'an MCP client': clientOf({
    make: () => ({
      setRequestHandler() {},
      callTool: async (_request: object) => ({ content: [] }),
    }),
    trace: (copy, client) => copy.mcp.traceMCPClient(client),
    ask: (client) => client.callTool({ name: 'weather', arguments: {} }),
  }),
};

for (const [name, origins] of Object.entries(PAIRS)) {
  describe(name, function () {
    // Copying takes its time where many tests run.
    this.timeout(120_000);
    let folder: string;
    let a: Copy;
    let b: Copy;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'openlayer-copies-'));
      for (const each of new Set(origins.map((origin) => origin.folder))) {
        await install(join(folder, each));
      }
      a = await load(join(folder, origins[0].folder), origins[0].build);
      b = await load(join(folder, origins[1].folder), origins[1].build);
    });

    after(() => rm(folder, { recursive: true, force: true }));

    /** What `act` has published, as trees. */
    async function tracesOf(act: () => Promise<unknown> | unknown): Promise<readonly string[]> {
      using traces = a.testing.captureTraces();
      await act();
      const rows = await traces.rows();
      return rows.map((row) => `\n${renderTrace(row, { timings: false })}`);
    }

    it('are two', () => {
      assert.notEqual(a.core.step, b.core.step);
      assert.notEqual(a.core.SendError, b.core.SendError);
      assert.notEqual(a.express.openlayerTracing, b.express.openlayerTracing);
    });

    it('share one process-wide tracer, whoever made it', () => {
      using _traces = b.testing.captureTraces();
      assert.equal(a.core.getTracer(), b.core.getTracer());
    });

    it('replace the tracer of each other, which gives up its listeners', async () => {
      const transport = a.testing.memoryTransport();
      const listeners = () => process.listenerCount('SIGTERM');
      const before = listeners();
      a.core.configure({ transport, handleSignals: true });
      assert.equal(listeners(), before + 1);
      b.core.configure({ publish: false });
      assert.equal(a.core.getTracer(), b.core.getTracer());
      for (let waited = 0; listeners() > before; waited += 50) {
        assert.ok(waited < 3000, 'it still listens');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });

    it('put the steps of one into the trace of the other', async () => {
      const outer = async () => {
        a.core.updateCurrentTrace({ inferenceId: 'outer' });
        await b.core.step({ name: 'of b', type: 'tool' }, async () => {
          await null;
          await a.core.step('of a in b', async () => b.core.updateCurrentStep({ output: 'by b' }));
        });
        b.core.addStep({ name: 'finished, of b', output: 1 });
        using started = b.core.startStep('started, of b');
        started.run(() => a.core.updateCurrentStep({ output: 'by a' }));
      };
      assert.deepEqual(await tracesOf(a.core.trace(outer, { name: 'outer, of a' })), [
        `
outer
└─ outer, of a [user_call]
   ├─ of b [tool]
   │  └─ of a in b [user_call]  → "by b"
   ├─ finished, of b [user_call]  → 1
   └─ started, of b [user_call]  → "by a"`,
      ]);
    });

    it('know the same current trace and step, and update them', async () => {
      using traces = a.testing.captureTraces();
      await a.core.trace(() => {
        assert.ok(a.core.currentTrace());
        assert.equal(b.core.currentTrace(), a.core.currentTrace());
        assert.equal(b.core.currentStep(), a.core.currentStep());
        b.core.updateCurrentTrace({ userId: 'ada', metadata: { by: 'b' } });
      })();
      const [row] = await traces.rows();
      assert.equal(row?.user_id, 'ada');
      assert.deepEqual(row?.metadata, { by: 'b' });
    });

    it('keep to themselves outside of a trace', () => {
      assert.equal(a.core.currentTrace(), undefined);
      assert.equal(b.core.currentTrace(), undefined);
    });

    it('find the trace of a request that the other opened', async () => {
      const published = await tracesOf(async () => {
        const app = express();
        app.use(a.express.openlayerTracing());
        app.get('/', async (req, res) => {
          assert.ok(req.trace);
          assert.equal(b.core.getTrace(req), req.trace);
          assert.equal(b.core.currentTrace(), req.trace);
          await b.core.getTrace(req)?.step('through b', () => b.core.step('deeper', () => null));
          res.json('done');
        });
        await request(app).get('/').set('X-Request-Id', 'req-1').expect(200);
      });
      assert.deepEqual(published, [
        `
req-1  completed  200
└─ GET / [user_call]  → "done"
   └─ through b [user_call]
      └─ deeper [user_call]`,
      ]);
    });

    it('take a tracer that the other made', async () => {
      const transport = a.testing.memoryTransport();
      const tracer = a.core.createTracer({ transport, apiKey: 'key', inferencePipelineId: 'id' });
      const app = express();
      app.use(b.express.openlayerTracing({ tracer }));
      app.get('/', async (_req, res) => {
        await a.core.step('of a', () => null);
        res.json('done');
      });
      await request(app).get('/').expect(200);
      await tracer.shutdown();
      assert.deepEqual(
        transport.rows.map(({ steps }) => steps[0]?.steps.map(({ name }) => name)),
        [['of a']],
      );
    });

    it('keep ids apart that come twice to one transport', async () => {
      const transport = a.testing.memoryTransport();
      for (const { core, express: adapter } of [a, b]) {
        const tracer = core.createTracer({ transport });
        const app = express();
        app.use(adapter.openlayerTracing({ tracer }));
        app.get('/', (_req, res) => void res.json('done'));
        await request(app).get('/').set('X-Request-Id', 'same').expect(200);
        await tracer.shutdown();
      }
      assert.deepEqual(
        transport.rows.map(({ inferenceId }) => inferenceId),
        ['same', 'same:2'],
      );
    });

    it('make one trace of a request where both are mounted', async () => {
      const published = await tracesOf(async () => {
        const app = express();
        app.use(a.express.openlayerTracing());
        app.use(b.express.openlayerTracing());
        app.get('/both', async (req, res) => {
          assert.equal(req.trace, a.core.getTrace(req));
          await b.core.step('of b', () => a.core.step('of a', () => null));
          res.json({ answer: 42 });
        });
        app.get('/fails', () => {
          throw new Error('no answer');
        });
        app.use(((error, _req, res, _next) => {
          res.status(500).json(String(error));
        }) satisfies ErrorRequestHandler);
        await request(app).get('/both').set('X-Request-Id', 'both').expect(200, { answer: 42 });
        await request(app).get('/fails').set('X-Request-Id', 'fails').expect(500);
      });
      assert.deepEqual(published, [
        `
both  completed  200
└─ GET /both [user_call]  → {"answer":42}
   └─ of b [user_call]
      └─ of a [user_call]`,
        `
fails  error  500
└─ GET /fails [user_call]  ✗ no answer  → "Error: no answer"`,
      ]);
    });

    it('know the errors of each other', () => {
      class Special extends a.core.ConfigError {}
      for (const [own, other] of [
        [a.core, b.core],
        [b.core, a.core],
      ] as const) {
        assert.ok(new own.ConfigError('wrong') instanceof other.ConfigError);
        assert.ok(new own.SendError('busy', 'later') instanceof other.SendError);
        assert.ok(new own.BudgetError('too much') instanceof other.BudgetError);
        assert.ok(!(new own.ConfigError('wrong') instanceof other.SendError));
        assert.ok(!(new Error('wrong') instanceof other.ConfigError));
      }
      assert.ok(new Special('wrong') instanceof b.core.ConfigError);
      assert.ok(!(new a.core.ConfigError('wrong') instanceof Special));
      assert.throws(() => a.express.openlayerTracing({ maxAgeMs: -1 }), b.core.ConfigError);
    });

    it('understand why a transport of the other failed', async () => {
      const tracer = a.core.createTracer({
        logLevel: 'off',
        transport: {
          async send() {
            throw new b.core.SendError('refused', 'not these');
          },
          close() {},
        },
      });
      tracer.startTrace('job').end();
      await tracer.shutdown();
      assert.deepEqual(tracer.stats().dropped, { refused: 1 });
    });

    it('record a call of a model once, when both were told to', async () => {
      const answer = { id: 'c', object: 'chat.completion', model: 'm', choices: [], usage: null };
      const model = async () => Response.json(answer);
      const twice = a.fetch.tracedFetch({ fetch: b.fetch.tracedFetch({ fetch: model }) });
      const [tree = ''] = await tracesOf(
        a.core.trace(
          () =>
            twice('https://api.openai.com/v1/chat/completions', {
              method: 'POST',
              body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Why?' }] }),
            }),
          { name: 'job', output: () => 'done' },
        ),
      );
      assert.equal(tree.match(/chat_completion/g)?.length, 1, tree);
    });

    it('record a job as one step when one creates it and the other fetches its result', async () => {
      const replicate = async (url: unknown) =>
        Response.json(
          String(url).endsWith('/predictions')
            ? { id: 'p1', status: 'starting', urls: {} }
            : { id: 'p1', status: 'succeeded', output: ['So', '.'] },
        );
      const prediction = 'https://api.replicate.com/v1/predictions';
      const [tree = ''] = await tracesOf(
        a.core.trace(
          async () => {
            const create = a.fetch.tracedFetch({ fetch: replicate });
            const poll = b.fetch.tracedFetch({ fetch: replicate });
            const body = JSON.stringify({ version: 'v', input: { prompt: 'Why?' } });
            await (await create(prediction, { method: 'POST', body })).json();
            await (await poll(`${prediction}/p1`)).json();
          },
          { name: 'job', output: () => 'done' },
        ),
      );
      assert.match(tree, /LLM Prediction \[chat_completion\].*→ "So\."/);
      assert.equal(tree.match(/chat_completion/g)?.length, 1, tree);
    });

    it('record what a framework asks a client for once, where each is traced by another', async () => {
      const answer = { id: 'c', object: 'chat.completion', model: 'm', choices: [], usage: null };
      const fetchOfClient = b.fetch.tracedFetch({ fetch: async () => Response.json(answer) });
      const model = {
        provider: 'openai',
        modelId: 'm',
        async doGenerate() {
          await fetchOfClient('https://api.openai.com/v1/chat/completions', {
            method: 'POST',
            body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Why?' }] }),
          });
          return { content: [{ type: 'text', text: 'So.' }], usage: {}, finishReason: 'stop' };
        },
      };
      // Both were told to, and one does.
      a.aiSDK.traceModel(model);
      b.aiSDK.traceModel(model);
      const ask = model.doGenerate as (options: object) => Promise<unknown>;
      const [tree = ''] = await tracesOf(
        a.core.trace(() => ask.call(model, { prompt: [] }), { name: 'job', output: () => 'done' }),
      );
      assert.equal(tree.match(/chat_completion/g)?.length, 1, tree);
    });

    for (const [client, { make, trace, ask }] of Object.entries(CLIENTS)) {
      it(`record a call of one client once, which both have traced: ${client}`, async () => {
        const traced = make();
        trace(a, traced);
        trace(b, traced);
        const trees = await tracesOf(
          a.core.trace(() => ask(traced), { name: 'job', output: () => 'done' }),
        );
        assert.equal(trees.join('').match(/chat_completion|\[tool\]/g)?.length, 1, trees.join(''));
      });
    }

    it('record the attempts of a call as one step, where one traces the client and one its fetch', async () => {
      let attempts = 0;
      const fetch = async () =>
        ++attempts === 1 ? new Response('busy', { status: 503 }) : Response.json(ANSWER);
      const send = b.fetch.tracedFetch({ fetch });
      const cohere = a.cohere.traceCohere(new CohereClientV2({ token: 'k', fetch: send as never }));
      const [tree = ''] = await tracesOf(
        a.core.trace(() => cohere.chat(ASKED), { name: 'job', output: () => 'done' }),
      );
      assert.equal(attempts, 2);
      assert.equal(tree.match(/chat_completion/g)?.length, 1, tree);
    });

    it('record a tool once, where one records the telemetry and one has traced the tool', async () => {
      a.aiSDK.traceAISDK();
      const execute = async () => 'sunny';
      const tools = b.aiSDK.traceTools({
        weather: { description: 'w', inputSchema: ai7.jsonSchema({ type: 'object' }), execute },
      });
      const call = { type: 'tool-call', toolCallId: 'c1', toolName: 'weather', input: '{}' };
      const usage = { inputTokens: { total: 5 }, outputTokens: { total: 3 } };
      const model = {
        ...{ specificationVersion: 'v4', provider: 'acme', modelId: 'm', supportedUrls: {} },
        doGenerate: async () => ({
          ...{ content: [call], usage, warnings: [] },
          finishReason: { unified: 'tool-calls', raw: 'tool-calls' },
        }),
      };
      const [tree = ''] = await tracesOf(
        a.core.trace(
          () => ai7.generateText({ model: model as never, prompt: 'hi', tools } as never),
          { name: 'job', output: () => 'done' },
        ),
      );
      assert.equal(tree.match(/weather \[tool\]/g)?.length, 1, tree);
    });

    it('record a workflow of agents once, where both were told to', async () => {
      setTraceProcessors([a.agents.agentsTraceProcessor(), b.agents.agentsTraceProcessor()]);
      const trees = await tracesOf(
        a.core.trace(
          () =>
            withTrace('workflow', () =>
              withFunctionSpan(async () => b.core.step('look out', () => 'sunny'), {
                data: { name: 'weather', input: '', output: '' },
              }),
            ),
          { name: 'job', output: () => 'done' },
        ),
      );
      setTraceProcessors([]);
      assert.equal(trees.join('').match(/weather \[tool\]/g)?.length, 1, trees.join(''));
      assert.match(trees.join(''), /weather \[tool\].*\n.*look out/);
    });
  });
}
