/**
 * Apps of ES modules whose `--import` registers OpenTelemetry with the hook of import-in-the-middle, which puts a wrapper in the
 * place of every module.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { PIPELINE, startCollector } from '../../support/collector.ts';
import { startLlmServer } from '../../support/llm-server/index.ts';
import { folderOf, programOf, stepsBelow, tree } from './lab.ts';

const run = promisify(execFile);

interface Hooked {
  readonly app: 'otel-2' | 'otel-3' | 'otel-auto';
  readonly node: 'Node 20' | 'Node 24' | 'Node 26';
  /** By its name in `register.mjs`: the way in which the hook is registered. */
  readonly hook: 'hook' | 'named' | 'synchronous';
  readonly instrumentations: string;
  /** The modules of clients in `programs/esm`. */
  readonly clients: string;
  /** What the names of the instrumentations contain of which spans are expected, beside those of HTTP and Express. */
  readonly spansBy: readonly string[];
  /** Whether the instrumentations get the clients before or after our integrations. @default 'before' */
  readonly handed?: 'before' | 'after';
}

const WEB = 'http,express,undici';
const CLIENTS_2 = 'openai,anthropic,langchain,ai-sdk';
const OF_CLIENTS_2 = `${WEB},openinference-openai,openinference-anthropic`;
const OPENINFERENCE = [
  'openinference-instrumentation-openai',
  'openinference-instrumentation-anthropic',
];
const OPENLLMETRY = ['@traceloop/instrumentation-openai', '@traceloop/instrumentation-anthropic'];

const MATRIX: readonly Hooked[] = [
  {
    app: 'otel-2',
    node: 'Node 20',
    hook: 'hook',
    instrumentations: OF_CLIENTS_2,
    clients: CLIENTS_2,
    spansBy: OPENINFERENCE,
  },
  {
    app: 'otel-2',
    node: 'Node 20',
    hook: 'named',
    instrumentations: `${WEB},traceloop-openai,traceloop-anthropic`,
    clients: CLIENTS_2,
    spansBy: OPENLLMETRY,
  },
  {
    app: 'otel-2',
    node: 'Node 24',
    hook: 'synchronous',
    instrumentations: `${WEB},traceloop-openai,traceloop-anthropic`,
    clients: CLIENTS_2,
    spansBy: OPENLLMETRY,
    handed: 'after',
  },
  {
    app: 'otel-2',
    node: 'Node 20',
    hook: 'hook',
    instrumentations: OF_CLIENTS_2,
    clients: CLIENTS_2,
    spansBy: OPENINFERENCE,
    handed: 'after',
  },
  {
    app: 'otel-2',
    node: 'Node 20',
    hook: 'hook',
    instrumentations: `${OF_CLIENTS_2},traceloop-openai,traceloop-anthropic`,
    clients: CLIENTS_2,
    // OpenTelemetry's `_wrap` unwraps a method that is wrapped already: of Anthropic's client the last instrumentation has spans.
    spansBy: ['openinference-instrumentation-openai', ...OPENLLMETRY],
  },
  {
    app: 'otel-2',
    node: 'Node 24',
    hook: 'synchronous',
    instrumentations: OF_CLIENTS_2,
    clients: CLIENTS_2,
    spansBy: OPENINFERENCE,
  },
  {
    app: 'otel-3',
    node: 'Node 24',
    hook: 'hook',
    instrumentations: `${WEB},otel-openai`,
    clients: 'openai',
    spansBy: [],
  },
  {
    app: 'otel-3',
    node: 'Node 26',
    hook: 'synchronous',
    instrumentations: `${WEB},openinference-openai`,
    clients: 'openai',
    spansBy: ['openinference-instrumentation-openai'],
  },
  {
    app: 'otel-auto',
    node: 'Node 20',
    hook: 'hook',
    instrumentations: 'auto',
    clients: 'openai',
    spansBy: ['@opentelemetry/instrumentation-openai'],
  },
];

/** The command line that the documentation of `@opentelemetry/auto-instrumentations-node` gives for ES modules. */
const PRESET = [
  '--import',
  '@opentelemetry/auto-instrumentations-node/register',
  '--experimental-loader=@opentelemetry/instrumentation/hook.mjs',
];

interface Ran {
  readonly seen: Readonly<Record<string, unknown>>;
  readonly rows: readonly WireRow[];
  /** The names of the instrumentations that made spans. */
  readonly scopes: readonly string[];
}

async function runApp(
  { app, node, hook, instrumentations, clients, handed = 'before' }: Hooked,
  flags: (folder: string) => readonly string[],
): Promise<Ran> {
  const folder = await folderOf(app);
  await using llm = await startLlmServer();
  await using collector = await startCollector();
  const { NODE_OPTIONS: _options, ...inherited } = process.env;
  const args = [...flags(folder), join(folder, 'esm/app.mjs')];
  const { stdout, stderr } = await run(await programOf(node), args, {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
    timeout: 100_000,
    env: {
      ...inherited,
      SDK: app === 'otel-3' ? '3' : '2',
      HOOK: hook,
      INSTRUMENTATIONS: instrumentations,
      CLIENTS: clients,
      HANDED: handed,
      LLM_URL: llm.url,
      COLLECTOR_URL: collector.server.url,
      PIPELINE,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
    },
  });
  const { seen, diagnostics, unhandled, started, published, scopes } = JSON.parse(
    stdout.slice(stdout.lastIndexOf('{"seen"')),
  );
  assert.deepEqual([diagnostics, unhandled], [[], []], stderr);
  assert.equal(published, started);
  return { seen, scopes, rows: collector.server.rows() };
}

/** By the name of the request: its model calls, and its tokens. */
function callsOf({ rows }: Ran): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    rows.map((row) => {
      const calls = stepsBelow(row)
        .filter(({ type }) => type === 'chat_completion' || type === 'embedding')
        .map(({ name, type, model, promptTokens, completionTokens, output, metadata }) => {
          const error = (metadata as { error?: unknown }).error;
          return { name, type, model, promptTokens, completionTokens, output, error };
        });
      return [(row.body as { name: string }).name, { tokens: row.tokens, calls }];
    }),
  );
}

describe('failure 20: apps of ES modules beside the hook of import-in-the-middle', function () {
  this.timeout(300_000);
  const alone = new Map<string, Promise<Ran>>();

  function withoutHook(hooked: Hooked): Promise<Ran> {
    const key = `${hooked.app} ${hooked.node} ${hooked.clients}`;
    const known = alone.get(key) ?? runApp(hooked, () => []);
    alone.set(key, known);
    return known;
  }

  for (const hooked of MATRIX) {
    const { app, node, hook, instrumentations, spansBy, handed = 'before' } = hooked;
    it(`records each call once: ${app}, ${node}, ${hook} hook, ${handed} ours, ${instrumentations}`, async () => {
      const bare = await withoutHook(hooked);
      const ran = await runApp(hooked, (folder) => ['--import', join(folder, 'esm/register.mjs')]);
      assert.deepEqual(ran.seen, bare.seen);
      assert.deepEqual(callsOf(ran), callsOf(bare));
      for (const name of ['http', 'express', ...spansBy]) {
        assert.ok(
          ran.scopes.some((scope) => scope.endsWith(name)),
          `no spans by ${name}, but by ${ran.scopes.join()}`,
        );
      }
      for (const row of ran.rows) {
        const calls = stepsBelow(row).filter(({ type }) => /chat_completion|embedding/.test(type));
        assert.equal(calls.length, 1, tree(row));
        // The spans of the app's own requests arrive, those of the request and of its model calls do not.
        assert.ok(!stepsBelow(row).some(({ name }) => /^(POST|GET)$/.test(name)), tree(row));
      }
    });
  }

  it('records each call once: the preset of @opentelemetry/auto-instrumentations-node', async () => {
    const hooked = MATRIX.find(({ app }) => app === 'otel-auto');
    assert.ok(hooked !== undefined);
    const bare = await withoutHook(hooked);
    const ran = await runApp(hooked, () => PRESET);
    assert.deepEqual(ran.seen, bare.seen);
    assert.deepEqual(callsOf(ran), callsOf(bare));
  });
});
