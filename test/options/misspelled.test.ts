/** A key that no option has: refused where options are given, and named in a diagnostic where nothing may throw. */

import assert from 'node:assert/strict';
import * as clsHooked from '@openlayer-tracing/cls-hooked';
import type {
  Diagnostic,
  FinishedStep,
  RowUpdateConfig,
  StartTraceOptions,
  StepOptions,
  StepUpdate,
  TraceOptions,
  TracerOptions,
  TraceUpdate,
  TracingOptions,
} from '@openlayer-tracing/core';
import * as core from '@openlayer-tracing/core';
import * as testing from '@openlayer-tracing/core/testing';
import type { WireRow } from '@openlayer-tracing/core/wire';
import * as express from '@openlayer-tracing/express';
import * as hono from '@openlayer-tracing/hono';
import * as aiSdk from '@openlayer-tracing/integrations/ai-sdk';
import * as anthropic from '@openlayer-tracing/integrations/anthropic';
import * as bedrock from '@openlayer-tracing/integrations/bedrock';
import * as claudeAgent from '@openlayer-tracing/integrations/claude-agent-sdk';
import * as cohere from '@openlayer-tracing/integrations/cohere';
import * as anyFetch from '@openlayer-tracing/integrations/fetch';
import * as genai from '@openlayer-tracing/integrations/google-genai';
import * as groq from '@openlayer-tracing/integrations/groq';
import * as langchain from '@openlayer-tracing/integrations/langchain';
import * as mastra from '@openlayer-tracing/integrations/mastra';
import * as mcp from '@openlayer-tracing/integrations/mcp';
import * as mistral from '@openlayer-tracing/integrations/mistral';
import * as ollama from '@openlayer-tracing/integrations/ollama';
import * as openai from '@openlayer-tracing/integrations/openai';
import * as agents from '@openlayer-tracing/integrations/openai-agents';
import * as pricing from '@openlayer-tracing/integrations/pricing';
import * as together from '@openlayer-tracing/integrations/together';
import * as koa from '@openlayer-tracing/koa';
import * as local from '@openlayer-tracing/local';
import * as otel from '@openlayer-tracing/otel';

/** Every key of the options, which the compiler holds to be complete. */
type Keys<Options> = Readonly<Record<keyof Options, true>>;

/** Takes options where an app is set up. */
interface SetUp {
  readonly keys: Readonly<Record<string, true>>;
  readonly give: (options: object) => unknown;
}

const tracer: Keys<TracerOptions> = {
  apiKey: true,
  inferencePipelineId: true,
  baseUrl: true,
  dangerouslyAllowHttp: true,
  publish: true,
  scope: true,
  redact: true,
  limits: true,
  batch: true,
  retry: true,
  spool: true,
  handleSignals: true,
  timeoutMs: true,
  logLevel: true,
  onDiagnostic: true,
  pricing: true,
  onUsage: true,
  budget: true,
  exports: true,
  transport: true,
};
const exported: Keys<Omit<otel.OtelExportOptions, keyof otel.OpenlayerOtlpOptions>> = {
  exporter: true,
  url: true,
  headers: true,
  protocol: true,
  profile: true,
};
const spans: Keys<Omit<otel.OtelExportOptions, keyof typeof exported>> = {
  name: true,
  resource: true,
  content: true,
  foreign: true,
  maxAttributeBytes: true,
  timeoutMs: true,
  compression: true,
};
const toPlatform: Keys<otel.OpenlayerOtlpOptions> = {
  ...spans,
  apiKey: true,
  inferencePipelineId: true,
  baseUrl: true,
  dangerouslyAllowHttp: true,
};
const { transport: _transport, ...captured } = tracer;
const tracing: Keys<TracingOptions> = {
  ...tracer,
  tracer: true,
  inferenceId: true,
  traceContext: true,
  name: true,
  skip: true,
  capture: true,
  input: true,
  output: true,
  user: true,
  session: true,
  metadata: true,
  sample: true,
  maxAgeMs: true,
};
const annotated: Keys<TraceOptions> = {
  name: true,
  type: true,
  params: true,
  inputs: true,
  output: true,
  metadata: true,
};
const call: Keys<anthropic.AnthropicOptions> = { provider: true, content: true, redact: true };
const streams: Keys<groq.GroqOptions> = { ...call, streamUsage: true };
const likeOpenAI: Keys<openai.OpenAIOptions> = { ...streams, client: true };
const { provider: _provider, ...tools } = call;
const globally: Keys<anyFetch.InstrumentFetchOptions> = { ...tools, streamUsage: true };
const fetches: Keys<anyFetch.FetchOptions> = { ...streams, fetch: true, client: true };
const tierPrice: Keys<pricing.TierPrice> = {
  input: true,
  output: true,
  cached: true,
  cacheCreation: true,
  cacheCreationHour: true,
  audioInput: true,
  audioOutput: true,
  imageInput: true,
  imageOutput: true,
  perCall: true,
  perPicture: true,
  perSecond: true,
  characters: true,
  uses: true,
};
const settings = (group: string, keys: Readonly<Record<string, true>>): SetUp => ({
  keys,
  give: (given) => core.createTracer({ [group]: given }),
});
const perRequest = (group: string, keys: Readonly<Record<string, true>>): SetUp => ({
  keys,
  give: (given) => express.openlayerTracing({ tracer: OWN, [group]: given }),
});
const mount = (openlayerTracing: (options: object) => unknown): SetUp => ({
  keys: tracing,
  // One of the process would take part in what other tests do.
  give: (options) => openlayerTracing({ tracer: OWN, ...options }),
});
const client = (
  trace: (client: never, options: never) => unknown,
  keys: Readonly<Record<string, true>> = call,
): SetUp => ({ keys, give: (options) => trace({} as never, options as never) });

const OWN = core.createTracer({ transport: testing.memoryTransport() });
const row = { steps: [] } as unknown as WireRow;

/** By the name under which the function is exported; with a dot, what is below one of its options. */
const SET_UP: Readonly<Record<string, SetUp>> = {
  'express openlayerTracing': mount(express.openlayerTracing),
  'koa openlayerTracing': mount(koa.openlayerTracing),
  'hono openlayerTracing': mount(hono.openlayerTracing),
  createTracer: { keys: tracer, give: core.createTracer },
  configure: { keys: tracer, give: core.configure },
  captureTraces: { keys: captured, give: testing.captureTraces },
  memoryTransport: { keys: {}, give: testing.memoryTransport as (options: object) => unknown },
  trace: { keys: annotated, give: (options) => core.trace(() => 1, options) },
  traced: { keys: annotated, give: core.traced },
  limits: settings('limits', {
    maxSteps: true,
    maxDepth: true,
    maxValueChars: true,
    maxTraceChars: true,
    maxOpenTraces: true,
  } satisfies Keys<core.TraceLimits>),
  batch: settings('batch', {
    maxBatchRows: true,
    maxBatchBytes: true,
    maxDelayMs: true,
    maxQueueBytes: true,
  } satisfies Keys<core.PublisherLimits>),
  retry: settings('retry', {
    baseMs: true,
    capMs: true,
    maxElapsedMs: true,
  } satisfies Keys<core.RetryPolicy>),
  spool: settings('spool', {
    dir: true,
    maxBytes: true,
    maxAgeMs: true,
    mode: true,
    durability: true,
  } satisfies Keys<core.SpoolOptions>),
  redact: settings('redact', {
    keys: true,
    defaults: true,
    text: true,
  } satisfies Keys<core.RedactOptions>),
  budget: settings('budget', { usd: true, onExceeded: true } satisfies Keys<core.BudgetOptions>),
  inferenceId: perRequest('inferenceId', {
    header: true,
    from: true,
    trust: true,
    echo: true,
  } satisfies Keys<core.InferenceIdOptions<unknown>>),
  traceContext: perRequest('traceContext', {
    trust: true,
    restart: true,
    baggage: true,
  } satisfies Keys<core.TraceContextOptions<unknown>>),
  capture: perRequest('capture', {
    request: true,
    response: true,
    maxBytes: true,
    headers: true,
  } satisfies Keys<core.CaptureOptions>),
  clsHookedScope: {
    keys: {},
    give: (options) => (clsHooked.clsHookedScope as (...all: unknown[]) => unknown)({}, options),
  },
  traceOpenAI: client(openai.traceOpenAI, likeOpenAI),
  traceAnthropic: client(anthropic.traceAnthropic),
  traceClaudeAgent: client(
    claudeAgent.traceClaudeAgent,
    call satisfies Keys<claudeAgent.ClaudeAgentOptions>,
  ),
  traceGroq: client(groq.traceGroq, streams),
  traceTogether: client(together.traceTogether, streams satisfies Keys<together.TogetherOptions>),
  traceGoogleGenAI: client(genai.traceGoogleGenAI, call satisfies Keys<genai.GoogleGenAIOptions>),
  traceMistral: client(mistral.traceMistral, call satisfies Keys<mistral.MistralOptions>),
  traceCohere: client(cohere.traceCohere, call satisfies Keys<cohere.CohereOptions>),
  traceOllama: client(ollama.traceOllama, call satisfies Keys<ollama.OllamaOptions>),
  traceBedrock: client(bedrock.traceBedrock, call satisfies Keys<bedrock.BedrockOptions>),
  traceModel: client(aiSdk.traceModel, call satisfies Keys<aiSdk.AISDKOptions>),
  traceTools: client(aiSdk.traceTools, call satisfies Keys<aiSdk.AISDKOptions>),
  traceAISDK: { keys: call, give: aiSdk.traceAISDK },
  traceLangChain: client(langchain.traceLangChain, call satisfies Keys<langchain.LangChainOptions>),
  traceMCPServer: client(mcp.traceMCPServer, tools satisfies Keys<mcp.MCPOptions>),
  traceMCPClient: client(mcp.traceMCPClient, tools satisfies Keys<mcp.MCPOptions>),
  mastraBridge: {
    keys: call satisfies Keys<mastra.MastraOptions>,
    give: mastra.mastraBridge,
  },
  agentsTraceProcessor: {
    keys: call satisfies Keys<agents.AgentsOptions>,
    give: agents.agentsTraceProcessor,
  },
  tracedFetch: { keys: fetches, give: anyFetch.tracedFetch },
  instrumentFetch: { keys: globally, give: (given) => anyFetch.instrumentFetch(given)() },
  prices: {
    keys: { models: true } satisfies Keys<pricing.PricesOptions>,
    give: pricing.prices,
  },
  'prices.models': {
    keys: { ...tierPrice, tiers: true, regions: true } satisfies Keys<pricing.ModelPrice>,
    give: (price) => pricing.prices({ models: { m: { input: 1, ...price } } }),
  },
  'prices.models.tiers': {
    keys: tierPrice,
    give: (price) =>
      pricing.prices({ models: { m: { input: 1, tiers: { t: { input: 1, ...price } } } } }),
  },
  'prices.models.regions': {
    keys: { ...tierPrice, tiers: true } satisfies Keys<Omit<pricing.ModelPrice, 'regions'>>,
    give: (price) =>
      pricing.prices({ models: { m: { input: 1, regions: { r: { input: 1, ...price } } } } }),
  },
  renderTrace: {
    keys: {
      timings: true,
      metadata: true,
      details: true,
      width: true,
      color: true,
    } satisfies Keys<local.RenderOptions>,
    give: (options) => local.renderTrace(row, options),
  },
  otelExport: { keys: { ...spans, ...exported }, give: otel.otelExport },
  openlayerOtlp: { keys: toPlatform, give: otel.openlayerOtlp },
  openlayerSpanProcessor: {
    keys: { filter: true, orphans: true } satisfies Keys<otel.SpanProcessorOptions>,
    give: otel.openlayerSpanProcessor,
  },
};

/** Set up as well, and only known by a promise. */
const waitForRows: Keys<local.WaitOptions> = { timeoutMs: true, pipelineId: true };
const startLocalServer: Keys<local.LocalServerOptions> = {
  port: true,
  host: true,
  allowedHosts: true,
  file: true,
  maxAgeMs: true,
  maxBytes: true,
  apiKey: true,
  checks: true,
  maxBodyBytes: true,
  otlpQuietMs: true,
  maxConnections: true,
  editor: true,
  intercept: true,
};

/** Takes options while the app runs. */
interface AtRunTime {
  readonly keys: Readonly<Record<string, true>>;
  /** @returns what it says of them itself */
  readonly give: (options: object) => unknown;
}

const stepOptions: Keys<StepOptions<'retriever'>> = {
  name: true,
  type: true,
  inputs: true,
  metadata: true,
  documents: true,
};
const stepUpdate: Keys<StepUpdate<'user_call'>> = {
  name: true,
  inputs: true,
  output: true,
  metadata: true,
  groundTruth: true,
  error: true,
};
const finished: Keys<FinishedStep<'user_call'>> = {
  ...stepUpdate,
  type: true,
  startTime: true,
  endTime: true,
  latency: true,
};
const deadline = { deadlineMs: true } as const;
const traceUpdate: Keys<TraceUpdate> = {
  inferenceId: true,
  name: true,
  userId: true,
  sessionId: true,
  tags: true,
  metadata: true,
  input: true,
  output: true,
  groundTruth: true,
  context: true,
  question: true,
  error: true,
};
const typed = (options: object) => ({ name: 'search', type: 'retriever', ...options }) as never;
const named = (options: object) => ({ name: 'search', ...options }) as never;
const here = () => {
  const trace = core.currentTrace();
  assert.ok(trace);
  return trace;
};

const AT_RUN_TIME: Readonly<Record<string, AtRunTime>> = {
  step: { keys: stepOptions, give: (options) => core.step(typed(options), () => {}) },
  startStep: { keys: stepOptions, give: (options) => core.startStep(typed(options)).end() },
  addStep: { keys: finished, give: (options) => core.addStep(named(options)) },
  updateCurrentStep: {
    keys: stepUpdate,
    give: (options) => core.step('inner', () => core.updateCurrentStep(options)),
  },
  updateCurrentTrace: { keys: traceUpdate, give: core.updateCurrentTrace },
  'trace.update': { keys: traceUpdate, give: (options) => here().update(options) },
  'trace.step': { keys: stepOptions, give: (options) => here().step(typed(options), () => {}) },
  'trace.updateStep': {
    keys: stepUpdate,
    give: (options) => here().step('inner', () => here().updateStep(options)),
  },
  'step.update': {
    keys: stepUpdate,
    give: (options) => here().step('inner', (step) => step.update(options)),
  },
  startTrace: {
    keys: {
      name: true,
      inferenceId: true,
      input: true,
      metadata: true,
    } satisfies Keys<StartTraceOptions>,
    give: (options) => core.getTracer().startTrace(named(options)).end(),
  },
  flush: { keys: deadline, give: core.flush },
  shutdown: { keys: deadline, give: core.shutdown },
};

const rowConfig: Keys<RowUpdateConfig> = {
  groundTruthColumnName: true,
  humanFeedbackColumnName: true,
  inferenceIdColumnName: true,
  latencyColumnName: true,
  timestampColumnName: true,
};

/** Take no options, or any, as `feedback` does: each of its keys is a column. */
const OTHERS = [
  'currentStep',
  'currentTrace',
  'logFields',
  'feedback',
  'getTrace',
  'getTracer',
  'metricsText',
  'BudgetError',
  'ConfigError',
  'SendError',
];

/** As fingers misspell a key. */
function misspelled(key: string): readonly string[] {
  return [
    key.slice(0, -1),
    `${key}s`,
    `${key.slice(0, 2)}${key.slice(1)}`,
    `${key.slice(1, 2)}${key.slice(0, 1)}${key.slice(2)}`,
    key.toUpperCase(),
    key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ];
}

function wrongKeys(keys: Readonly<Record<string, true>>): readonly string[] {
  const wrong = Object.keys(keys)
    .flatMap(misspelled)
    .filter((key) => !Object.hasOwn(keys, key));
  return [...new Set([...wrong, 'contents', 'zzzzzzzzzzzz'])];
}

describe('a misspelled option', () => {
  it('is looked for in every function that an entry point exports', () => {
    const entryPoints = [core, testing, clsHooked, local, otel, express, hono, koa];
    const clients = [aiSdk, anthropic, bedrock, cohere, anyFetch, genai, groq, langchain, mcp];
    const others = [claudeAgent, mastra, mistral, ollama, openai, agents, pricing, together];
    const exported = [...entryPoints, ...clients, ...others].flatMap((entryPoint) =>
      Object.keys(entryPoint),
    );
    const covered = [...Object.keys(SET_UP), ...Object.keys(AT_RUN_TIME), ...OTHERS];
    const known = new Set(covered.map((name) => name.split(' ').at(-1)));
    for (const name of ['startLocalServer', 'updateRow']) known.add(name);
    assert.deepEqual(
      [...new Set(exported)].filter((name) => !known.has(name)),
      [],
    );
  });

  for (const [name, { keys, give }] of Object.entries(SET_UP)) {
    it(`of ${name} throws where it is given`, () => {
      for (const key of wrongKeys(keys)) {
        assert.throws(
          () => give({ [key]: false }),
          (error: Error) => {
            if (Object.keys(keys).length === 0) return /takes .*no options/.test(error.message);
            assert.match(
              error.message,
              new RegExp(`\\b${key} is not known; (did you mean|known keys:|.*takes) `),
            );
            return true;
          },
          key,
        );
      }
      for (const key of Object.keys(keys)) {
        try {
          give({ [key]: undefined });
        } catch (error) {
          assert.doesNotMatch((error as Error).message, /is not known/);
        }
      }
    });
  }

  it('of startLocalServer rejects', async () => {
    for (const key of wrongKeys(startLocalServer)) {
      await assert.rejects(local.startLocalServer({ [key]: false }), /is not known; known keys:/);
    }
  });

  it('of waitForRows rejects', async () => {
    await using server = await local.startLocalServer();
    for (const key of wrongKeys(waitForRows)) {
      const wait = server.waitForRows(0, { [key]: undefined });
      await assert.rejects(wait, /is not known; known keys:/);
    }
  });

  it('of updateRow is what it answers', async () => {
    using _traces = testing.captureTraces();
    for (const key of wrongKeys(rowConfig)) {
      const result = await core.updateRow('req-42', { a: 1 }, { [key]: 'a' } as never);
      assert.ok(!result.ok);
      assert.match(result.error.message, new RegExp(`^config\\.${key} is not known; `));
    }
  });

  for (const [name, { keys, give }] of Object.entries(AT_RUN_TIME)) {
    it(`of ${name} is named in a diagnostic, and everything else works`, async () => {
      for (const key of wrongKeys(keys)) {
        const diagnostics = await told(() => give({ [key]: false }));
        assert.equal(diagnostics.length, 1, `${key}: ${diagnostics.join()}`);
        assert.match(
          diagnostics[0] ?? '',
          new RegExp(
            `^warn unknown_option .*: ${key} is not known; (did you mean|.*takes) .*no effect$`,
          ),
        );
      }
      for (const key of Object.keys(keys)) {
        assert.deepEqual(await told(() => give({ [key]: undefined })), [], key);
      }
    });
  }

  it('of a step costs nothing else of it', async () => {
    using traces = testing.captureTraces({ logLevel: 'off' });
    using trace = core.getTracer().startTrace('request');
    const result = trace.step(
      { name: 'search', typ: 'tool', metadata: { k: 1 } } as never,
      (step) => {
        step.update({ output: 'found', metdata: { k: 2 } } as never);
        return 7;
      },
    );
    assert.equal(result, 7);
    trace.update({ userId: 'ann', usr: 'bob' } as never);
    trace.end();
    const [found] = await traces.rows();
    const step = found?.steps[0]?.steps[0];
    assert.deepEqual([step?.name, step?.output, step?.metadata], ['search', 'found', { k: 1 }]);
    assert.equal(found?.user_id, 'ann');
  });

  it('is none where a library puts enumerable properties on every object', async () => {
    Object.defineProperty(Object.prototype, 'polluted', {
      value: 1,
      enumerable: true,
      configurable: true,
    });
    try {
      assert.deepEqual(await told(() => core.step({ name: 'search' }, () => {})), []);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted');
    }
  });
});

/** What is said, as text, of work within a trace of a process-wide tracer of its own. */
async function told(work: () => unknown): Promise<readonly string[]> {
  const diagnostics: Diagnostic[] = [];
  using _traces = testing.captureTraces({ onDiagnostic: (each) => diagnostics.push(each) });
  const trace = core.getTracer().startTrace('request');
  await trace.run(work);
  trace.end();
  return diagnostics.map(({ level, reason, message }) => `${level} ${reason} ${message}`);
}
