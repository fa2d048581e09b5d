/** Exports on the runtime that the environment names, to a backend of OTLP over real sockets. */

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { TracerStats } from '@openlayer-tracing/core';
import {
  type JsonSpan,
  type OtlpBackend,
  type OtlpReply,
  type OtlpRequest,
  spansOfRequest,
  startBackend,
} from '../../otel/out/otlp-backend.ts';
import { startProcess } from '../../support/child.ts';
import { startCollector } from '../../support/collector.ts';
import { until } from '../harness/pause.ts';
import { bundleWorker } from './bundle-worker.ts';
import { startWorker } from './start-worker.ts';
import { COMPATIBILITY_DATE, KIND, PROGRAM, RUNTIME } from './under-test.ts';

interface Port extends AsyncDisposable {
  readonly port: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const STARTS: Readonly<Record<string, (env: Environment) => Promise<Port>>> = {
  Bun: (env) => started([here('otlp-bun.ts')], env),
  Deno: (env) => started(['run', '--allow-all', '--no-check', here('otlp-deno.ts')], env),
  workerd: async (env) => {
    const settings = { compatibilityDate: COMPATIBILITY_DATE, variables: ['SETTINGS'] };
    const module = await bundleWorker(here('otlp-worker.ts'));
    const worker = await startWorker(PROGRAM, module, settings, env);
    const end = () => worker[Symbol.asyncDispose]();
    return { port: worker.ports.app ?? 0, [Symbol.asyncDispose]: end };
  },
};

interface Report {
  readonly stats: TracerStats;
  readonly reasons: readonly string[];
}

interface App extends AsyncDisposable {
  readonly backend: OtlpBackend;
  /** Asks a question. @returns the trace id */
  ask(id: string, headers?: Readonly<Record<string, string>>): Promise<string>;
  /** The spans that a path of the backend received. */
  spans(path: string): readonly JsonSpan[];
  /** The report, when nothing is queued any more. */
  report(): Promise<Report>;
}

async function startApp(
  reply: (request: OtlpRequest, index: number) => OtlpReply = () => ({}),
): Promise<App> {
  const start = STARTS[KIND];
  if (start === undefined) throw new Error(`${KIND} is none of ${Object.keys(STARTS)}`);
  const collector = await startCollector();
  const backend = await startBackend(reply);
  const url = `http://127.0.0.1:${backend.port}`;
  const { apiKey, baseUrl, inferencePipelineId } = collector.tracer;
  const settings = { url, tracer: { apiKey, baseUrl, inferencePipelineId } };
  const env = { ...process.env, SETTINGS: JSON.stringify(settings) };
  const running = await start(env);
  const app = `http://127.0.0.1:${running.port}`;
  const reportNow = async () => (await (await fetch(`${app}/report`)).json()) as Report;
  return {
    backend,
    async ask(id, headers = {}) {
      const response = await fetch(`${app}/chat/${id}`, {
        method: 'POST',
        headers: { 'x-request-id': id, 'content-type': 'application/json', ...headers },
        body: '{"question":"how are you?"}',
      });
      assert.equal(response.status, 200);
      return ((await response.json()) as { traceId: string }).traceId;
    },
    spans: (path) =>
      backend.requests.filter((request) => request.path === path).flatMap(spansOfRequest),
    async report() {
      let last = await reportNow();
      const isDone = async () => {
        last = await reportNow();
        const { queued, exports = {} } = last.stats;
        return queued === 0 && Object.values(exports).every((each) => each.queued === 0);
      };
      await until(isDone, 'empty queues');
      return last;
    },
    async [Symbol.asyncDispose]() {
      for (const each of [running, backend, collector]) await each[Symbol.asyncDispose]();
    },
  };
}

const PATHS = ['/protobuf', '/json', '/openlayer/otel/v1/traces'];
const NAMES = ['protobuf', 'json', 'openlayer-otlp'];
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

describe(`Hono 4 on ${RUNTIME}, exports`, () => {
  it('send each trace as spans, by protobuf and by JSON, to any backend and to Openlayer', async () => {
    await using app = await startApp();
    const traceId = await app.ask('one', { traceparent: `00-${TRACE}-${CALLER}-01` });
    assert.equal(traceId, TRACE);
    const { stats, reasons } = await app.report();
    assert.deepEqual(reasons, []);
    assert.equal(stats.published, 1);
    const published = Object.entries(stats.exports ?? {}).map(([name, each]) => [
      name,
      each.published,
    ]);
    assert.deepEqual(
      published,
      NAMES.map((name) => [name, 1]),
    );
    const [protobuf = [], json = [], openlayer = []] = PATHS.map((path) => app.spans(path));
    assert.deepEqual(
      protobuf.map(({ name, parentSpanId }) => [name, parentSpanId]),
      [
        ['POST /chat/:id', CALLER],
        ['retrieval find', protobuf[0]?.spanId],
        ['chat gpt-5-mini', protobuf[0]?.spanId],
      ],
    );
    assert.ok(protobuf.every((span) => span.traceId === TRACE));
    assert.equal(protobuf[0]?.attributes['openlayer.inference_id'], 'one');
    assert.equal(protobuf[2]?.attributes['gen_ai.usage.input_tokens'], 12);
    const comparable = (spans: readonly JsonSpan[]) =>
      spans.map(({ name, spanId, attributes }) => ({ name, spanId, attributes }));
    assert.deepEqual(comparable(json), comparable(protobuf));
    assert.equal(openlayer[0]?.parentSpanId ?? '', '');
    assert.match(String(openlayer[0]?.attributes['gen_ai.output.messages']), /ça va/);
    const compressed = app.backend.requests.find(({ path }) => path === '/json');
    assert.equal(compressed?.headers['content-encoding'], 'gzip');
  });

  // Its SDK is no part of the worker.
  if (KIND !== 'workerd') {
    it('have the spans of the SDK of OpenTelemetry as steps', async () => {
      await using app = await startApp();
      await app.ask('one/spans');
      const { reasons } = await app.report();
      assert.deepEqual(reasons, []);
      for (const path of PATHS) {
        const names = app.spans(path).map(({ name }) => name);
        assert.deepEqual(names, ['POST /chat/:id/spans', 'work'], path);
      }
    });
  }

  it('deliver every trace of many at once', async () => {
    await using app = await startApp();
    const ids = Array.from({ length: 100 }, (_, i) => `id-${i}`);
    await Promise.all(ids.map((id) => app.ask(id)));
    const { stats, reasons } = await app.report();
    assert.deepEqual(reasons, []);
    for (const name of NAMES) assert.equal(stats.exports?.[name]?.published, ids.length, name);
    for (const path of PATHS) {
      const roots = app.spans(path).filter(({ name }) => name === 'POST /chat/:id');
      const found = roots.map(({ attributes }) => attributes['openlayer.inference_id']);
      assert.deepEqual(found.sort(), [...ids].sort(), path);
    }
  });

  it('try again what a backend that is busy refuses', async () => {
    const tries = new Map<string, number>();
    await using app = await startApp(({ path }) => {
      const count = (tries.get(path) ?? 0) + 1;
      tries.set(path, count);
      return count < 3 ? { status: 503 } : {};
    });
    await app.ask('one');
    const { stats } = await app.report();
    for (const name of NAMES) assert.equal(stats.exports?.[name]?.published, 1, name);
    assert.deepEqual([...tries.values()], [3, 3, 3]);
  });

  it('send once what a backend refuses for good, and count it', async () => {
    await using app = await startApp(() => ({ status: 501 }));
    await app.ask('one');
    const { stats } = await app.report();
    for (const name of NAMES) {
      const { published, dropped } = stats.exports?.[name] ?? {};
      assert.deepEqual([published, dropped], [0, { refused: 1 }], name);
    }
    assert.equal(app.backend.requests.length, PATHS.length);
    assert.equal(stats.published, 1);
  });
});

async function started(args: readonly string[], env: Environment): Promise<Port> {
  const process = startProcess([PROGRAM, ...args], { env });
  const port = Number(await process.line());
  return { port, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}

function here(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
