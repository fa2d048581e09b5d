/** What Workers alone have: compatibility dates and flags, an end of all I/O with its request, handlers of many kinds. */

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { TracerStats } from '@openlayer-tracing/core';
import type { Intercept } from '@openlayer-tracing/local';
import { build, type Plugin } from 'esbuild';
import { snippetsOfMarkdown } from '../../docs/snippets.ts';
import { type Collector, startCollector } from '../../support/collector.ts';
import { until } from '../harness/pause.ts';
import { startWorker } from './start-worker.ts';
import { COMPATIBILITY_DATE, KIND, PROGRAM, RUNTIME } from './under-test.ts';
import { OLDEST_DATE, type WorkerSettings } from './worker-config.ts';

interface Worker extends AsyncDisposable {
  readonly collector: Collector;
  readonly url: string;
  /** How often the collector was called. */
  calls(): number;
  /** Asks the entry point `control`. */
  control(path?: string): Promise<Told>;
}

interface Told {
  readonly stats: TracerStats;
  readonly reasons: readonly string[];
  readonly atTopLevel: readonly unknown[];
}

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** From here on, `nodejs_compat` has bindings in `process.env`. */
const ENV_DATE = '2025-04-01';

/** From here on, `nodejs_compat` need not be given. */
const NO_FLAG_DATE = '2026-08-04';

/** By the kinds of flags that there are, the dates that change what is ours to use. */
const AGES: readonly (readonly [date: string, flag: string])[] = [
  [OLDEST_DATE, 'nodejs_als'],
  // Promises of one request that another one resolves go on in their own from 2024-10-14 on.
  ['2024-09-23', 'nodejs_compat'],
  [ENV_DATE, 'nodejs_als'],
  [ENV_DATE, 'nodejs_compat'],
  ...(COMPATIBILITY_DATE >= NO_FLAG_DATE ? [[COMPATIBILITY_DATE, 'no flag'] as const] : []),
];

if (KIND === 'workerd') {
  describe(`Workers on ${RUNTIME}`, () => {
    for (const [date, flag] of AGES) {
      describe(`with ${flag} at ${date}`, () => {
        for (const [snippet, describesTracer] of [
          [0, 'with the tracer of the environment, made at the top level'],
          [1, 'with a tracer made by the first request'],
        ] as const) {
          // At the top level, there are no settings elsewhere.
          if (snippet === 0 && (flag === 'nodejs_als' || date < ENV_DATE)) continue;
          const count = date === ENV_DATE ? 600 : 60;
          it(`run the app of the guide ${describesTracer}: after ${count} requests, the queue is empty`, async () => {
            await using worker = await startSnippet(snippet, date, flag);
            const ids = await askFor(worker, snippet, count);
            await untilSent(worker, count);
            const rows = worker.collector.server.rows();
            assert.deepEqual(new Set(rows.map(({ inferenceId }) => inferenceId)), new Set(ids));
            assert.ok(JSON.stringify(rows[0]).length > 60_000);
          });
        }

        it('publish from handlers of every kind', async () => {
          await using worker = await startHandlers(date, flag);
          assert.equal((await fetch(worker.url)).status, 200);
          await worker.control('/scheduled');
          await worker.control('/queue');
          await worker.control('/room');
          await untilSent(worker, 33);
          const names = worker.collector.server.rows().map(({ steps }) => steps[0]?.name);
          assert.deepEqual(
            [...new Set(names)].map(
              (name) => `${name} ${names.filter((it) => it === name).length}`,
            ),
            ['GET / 2', 'work 31'],
          );
        });

        it('run what is called at the top level, and trace nothing of it', async () => {
          await using worker = await startHandlers(date, flag);
          const { stats, reasons, atTopLevel } = await worker.control();
          assert.deepEqual(atTopLevel, [42, 'ran', 'flushed']);
          assert.deepEqual(reasons, ['top_level']);
          assert.equal(stats.started, 0);
          assert.equal((await fetch(worker.url)).status, 200);
          await untilSent(worker, 1);
        });

        it('send what a handler did not wait for, together with the row of another request', async () => {
          await using worker = await startHandlers(date, flag);
          await worker.control('/unflushed');
          await fetch(worker.url);
          await untilSent(worker, 2);
        });
      });
    }

    it('send again what a request was still sending when it was over', async () => {
      let isHung = true;
      await using worker = await startHandlers(OLDEST_DATE, 'nodejs_als', () => isHung);
      await worker.control('/unflushed');
      const over = fetch(`${worker.url}/flush-a-little`);
      await until(() => worker.calls() > 0, 'the call that gets no answer');
      isHung = false;
      await over;
      const names = () => worker.collector.server.rows().map(({ steps }) => steps[0]?.name);
      await until(async () => {
        await (await fetch(worker.url)).text();
        return names().includes('work');
      }, 'the row that it was sending');
      assert.equal(names().filter((name) => name === 'work').length, 1);
    });
  });
}

/** What only these apps of the page have. */
const SHOWN_BY = ["app.post('/chat'", 'env.OPENLAYER_API_KEY'];

async function startSnippet(index: number, date: string, flag: string): Promise<Worker> {
  const part = SHOWN_BY[index] as string;
  const { code = '' } =
    snippetsOfMarkdown('docs/hono.md').find(
      ({ code }) => code.includes(part) && code.includes('export default'),
    ) ?? {};
  assert.notEqual(code, '', 'the page shows it');
  return start({ date, flag }, (collector) => ({
    stdin: {
      contents: `export { default } from 'snippet'; export { control } from '@openlayer-tracing/hono';`,
      resolveDir: FOLDER,
    },
    plugins: [pageApp(code, collector.server.url)],
  }));
}

/** The snippet, whose tracer publishes to the collector and can be asked how far it is. */
function pageApp(code: string, baseUrl: string): Plugin {
  const modules: Readonly<Record<string, string>> = {
    snippet: `const ask = async (question: string) => 'x'.repeat(60_000) + question;\n${code}`,
    '@openlayer-tracing/hono': `
      import { createTracer as make, getTracer } from '@openlayer-tracing/hono';
      export * from '@openlayer-tracing/hono';
      let tracer;
      export const createTracer = (options) => (tracer = make({ baseUrl: '${baseUrl}', ...options }));
      export const control = { fetch: () => Response.json({ stats: (tracer ?? getTracer()).stats() }) };`,
  };
  return {
    name: 'page-app',
    setup(bundler) {
      bundler.onResolve({ filter: /./ }, ({ path, importer, namespace }) => {
        const isOurs = modules[path] !== undefined && !(namespace === 'ours' && importer === path);
        return isOurs ? { path, namespace: 'ours' } : undefined;
      });
      bundler.onLoad({ filter: /./, namespace: 'ours' }, ({ path }) => ({
        contents: modules[path] ?? '',
        loader: 'ts',
        resolveDir: FOLDER,
      }));
    },
  };
}

function startHandlers(
  date: string,
  flag: string,
  isHung: Intercept = () => false,
): Promise<Worker> {
  const settings = { date, flag, durableObject: 'Room', isHung };
  return start(settings, ({ tracer }) => ({
    entryPoints: [`${FOLDER}handlers-worker.ts`],
    define: {
      SETTINGS: JSON.stringify({ ...tracer, batch: { maxDelayMs: 60_000 }, timeoutMs: 60_000 }),
    },
  }));
}

async function start(
  {
    date,
    flag,
    durableObject,
    isHung,
  }: { date: string; flag: string; isHung?: Intercept } & Pick<WorkerSettings, 'durableObject'>,
  bundle: (collector: Collector) => Parameters<typeof build>[0],
): Promise<Worker> {
  let calls = 0;
  const collector = await startCollector((...call) => {
    calls++;
    return isHung?.(...call) ?? false;
  });
  // As wrangler does it.
  const { outputFiles } = await build({
    ...bundle(collector),
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*'],
  });
  const variables = {
    OPENLAYER_API_KEY: 'test-key',
    OPENLAYER_INFERENCE_PIPELINE_ID: collector.tracer.inferencePipelineId,
    OPENLAYER_BASE_URL: collector.server.url,
  };
  const worker = await startWorker(
    PROGRAM,
    outputFiles?.[0]?.text ?? '',
    {
      compatibilityDate: date,
      compatibilityFlags: [
        ...(flag === 'no flag' ? [] : [flag]),
        'enable_request_signal',
        'service_binding_extra_handlers',
      ],
      variables: Object.keys(variables),
      durableObject,
      entryPoints: ['control'],
    },
    { ...process.env, ...variables },
  );
  const { app, control } = worker.ports;
  return {
    collector,
    url: `http://127.0.0.1:${app}`,
    calls: () => calls,
    async control(path = '/') {
      const response = await fetch(`http://127.0.0.1:${control}${path}`);
      return (await response.json()) as Told;
    },
    async [Symbol.asyncDispose]() {
      await worker[Symbol.asyncDispose]();
      await collector[Symbol.asyncDispose]();
    },
  };
}

/** Eight at a time, each of 60 KB in or out. @returns their ids */
async function askFor(
  { url }: Worker,
  snippet: number,
  length: number,
): Promise<readonly string[]> {
  const ids = Array.from({ length }, (_, i) => `r-${i}`);
  const waiting = [...ids];
  const client = async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const headers = { 'content-type': 'application/json', 'x-request-id': id };
      const response =
        snippet === 0
          ? await fetch(`${url}/chat`, { method: 'POST', headers, body: '{"question":"?"}' })
          : await fetch(`${url}/?q=${'x'.repeat(60_000)}`, { headers });
      assert.equal(response.status, 200);
      await response.text();
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  return ids;
}

async function untilSent(worker: Worker, count: number): Promise<void> {
  await until(async () => (await worker.control()).stats.queued === 0, 'an empty queue');
  const { published, dropped, started } = (await worker.control()).stats;
  assert.deepEqual(
    { published, dropped, started },
    { published: count, dropped: {}, started: count },
  );
  await worker.collector.exactly(count);
}
