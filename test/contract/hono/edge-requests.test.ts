/** What becomes of traces on Workers, where I/O belongs to a request: by a model of them whose clock the tests hold. */

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { Tracer } from '@openlayer-tracing/hono';
import { build } from 'esbuild';
import type { Hono } from 'hono';
import { type FakeRequest, FakeWorkers, type FarEnd } from '../../support/fake-workers.ts';
import { violations } from '../../support/wire/validate.ts';

const APP = `
import { Hono } from 'hono';
import { configure, flush, openlayerTracing, trace } from '@openlayer-tracing/hono';
export const reasons = [];
export const tracer = configure({
  apiKey: 'test-key',
  inferencePipelineId: 'pipeline',
  retry: { baseMs: 1000, capMs: 5000, maxElapsedMs: 120_000 },
  timeoutMs: 60_000,
  limits: { maxOpenTraces: 60 },
  onDiagnostic: ({ reason }) => reasons.push(reason),
});
export const app = new Hono()
  .use(openlayerTracing())
  .get('/', (c) => c.text('Hello!'))
  .get('/never', () => new Promise(() => {}));
export const twice = trace(async (n) => n * 2, { name: 'twice' });
export { flush };
`;

interface App {
  readonly app: Hono;
  readonly tracer: Tracer;
  /** Of diagnostics. */
  readonly reasons: readonly string[];
  readonly twice: (n: number) => Promise<number>;
  readonly flush: (options?: { readonly deadlineMs?: number }) => Promise<void>;
}

const taken = () => Response.json({ success: true });
const hung = () => undefined;
const broken = () => new Response('{}', { status: 500 });

describe('the traces of Workers', () => {
  let script = '';
  let answer: FarEnd;
  let sent: string[];
  /** What the platform's contract has against the bodies. */
  let found: string[];
  let workers: FakeWorkers;
  let app: App;

  before(async () => {
    const { outputFiles } = await build({
      stdin: { contents: APP, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
      bundle: true,
      write: false,
      format: 'cjs',
      target: 'es2022',
      external: ['node:*'],
      conditions: ['workerd', 'worker', 'browser'],
    });
    script = outputFiles[0]?.text ?? '';
  });

  beforeEach(() => {
    answer = taken;
    sent = [];
    found = [];
    workers = new FakeWorkers(script, (body) => {
      const response = answer(body);
      found.push(...violations(JSON.parse(body)));
      if (response?.ok) sent.push(...idsIn(body));
      return response;
    });
    app = workers.exports as unknown as App;
  });

  afterEach(() => {
    assert.ok(!app.reasons.includes('internal_error'), String(app.reasons));
    assert.deepEqual(found, []);
  });

  /** A request with this id. */
  const ask = (id: string, path = '/'): FakeRequest =>
    workers.request((context) => {
      const request = new Request(`http://worker${path}`, { headers: { 'x-request-id': id } });
      return Promise.resolve(app.app.fetch(request, {}, context as never));
    });

  it('are sent before their requests are over, whichever request made the tracer’s first one', async () => {
    for (const id of ['a', 'b', 'c']) await ask(id).isOver;
    assert.deepEqual(sent, ['a', 'b', 'c']);
    assert.equal(app.tracer.stats().queued, 0);
  });

  it('are whole where the clock stands still for as long as a request does not wait', async () => {
    await workers.request(() => app.twice(4)).isOver;
    await workers.request(() => app.flush()).isOver;
    assert.equal(sent.length, 1);
  });

  it('are sent once each where requests overlap', async () => {
    const requests = Array.from({ length: 50 }, (_, i) => ask(`r-${i}`));
    await Promise.all(requests.map(({ isOver }) => isOver));
    assert.equal(sent.length, 50);
    assert.equal(new Set(sent).size, 50);
    assert.equal(app.tracer.stats().queued, 0);
  });

  it('are sent by a later request where their own was cancelled in the middle of sending', async () => {
    answer = hung;
    const cancelled = ask('cancelled');
    await workers.pass(100);
    workers.cancel(cancelled);
    answer = taken;
    await workers.pass(1000);
    await ask('soon-after').isOver;
    assert.deepEqual(sent, ['soon-after'], 'it may still be under way');
    await workers.pass(10_000);
    await ask('later').isOver;
    assert.deepEqual(sent.toSorted(), ['cancelled', 'later', 'soon-after']);
    assert.equal(app.tracer.stats().queued, 0);
  });

  it('are not taken from a request that takes its time', async () => {
    answer = hung;
    const slow = ask('slow');
    await workers.pass(20_000);
    answer = taken;
    await ask('other').isOver;
    assert.deepEqual(sent, ['other']);
    await workers.pass(6000);
    await slow.isOver;
    await ask('next').isOver;
    assert.deepEqual(sent.toSorted(), ['next', 'other', 'slow']);
  });

  for (const [what, failing] of [
    ['hangs', hung],
    ['fails', broken],
  ] as const) {
    it(`wait for another request where the platform ${what}, and are dropped and counted when that took too long`, async () => {
      answer = failing;
      const first = ask('first');
      await workers.pass(26_000);
      // The platform would have cancelled it at 30 s.
      await first.isOver;
      assert.equal(app.tracer.stats().queued, 1);
      await workers.pass(100_000);
      const second = ask('second');
      await workers.pass(26_000);
      await second.isOver;
      const { queued, dropped } = app.tracer.stats();
      assert.equal(queued, 1);
      assert.deepEqual({ ...dropped }, { given_up: 1 });
      answer = taken;
      await workers.pass(60_000);
      const third = ask('third');
      await workers.pass(10_000);
      await third.isOver;
      assert.deepEqual(sent.toSorted(), ['second', 'third']);
    });
  }

  it('are sent again where the request was cancelled that tried whether the platform had recovered', async () => {
    answer = broken;
    const failed = Array.from({ length: 8 }, (_, i) => ask(`failed-${i}`));
    await workers.pass(30_000);
    await Promise.all(failed.map(({ isOver }) => isOver));
    answer = hung;
    const probing = ask('probing');
    await workers.pass(5000);
    workers.cancel(probing);
    answer = taken;
    await workers.pass(60_000);
    const next = ask('next');
    await workers.pass(10_000);
    await next.isOver;
    assert.equal(sent.length, 10);
    assert.equal(app.tracer.stats().queued, 0);
  });

  it('are recorded again where as many as may be open were never ended', async () => {
    for (let i = 0; i < 60; i++) workers.cancel(ask(`never-${i}`, '/never'));
    await workers.pass(1000);
    await ask('refused').isOver;
    assert.deepEqual({ ...app.tracer.stats().dropped }, { too_many_open: 1 });
    await workers.pass(600_000);
    await ask('next').isOver;
    await workers.pass(1000);
    await ask('last').isOver;
    assert.equal(sent.length, 62);
    assert.equal(app.tracer.stats().open, 0);
  });

  describe('outside of a request that waits for them', () => {
    it('are sent together by flush()', async () => {
      let calls = 0;
      answer = () => {
        calls++;
        return taken();
      };
      const queue = workers.request(async ({ waitUntil }) => {
        for (let i = 0; i < 30; i++) await app.twice(i);
        waitUntil(app.flush());
      });
      await queue.isOver;
      assert.equal(sent.length, 30);
      assert.equal(calls, 1);
    });

    it('are sent after maxDelayMs where their request lasts so long', async () => {
      workers.request(() => app.twice(1));
      await workers.pass(999);
      assert.equal(sent.length, 0);
      await workers.pass(1);
      assert.equal(sent.length, 1);
    });

    it('wait for another request where theirs is over before', async () => {
      const ended = workers.request(() => app.twice(1));
      await ended.isOver;
      workers.cancel(ended);
      await workers.pass(60_000);
      assert.equal(sent.length, 0);
      await ask('next').isOver;
      assert.equal(sent.length, 2);
      assert.equal(app.tracer.stats().queued, 0);
    });
  });

  describe('by flush()', () => {
    it('are waited for where another request sends them', async () => {
      answer = hung;
      const slow = ask('slow');
      await workers.pass(1000);
      let isFlushed = false;
      const flush = workers.request(() => app.flush());
      flush.isOver.then(() => {
        isFlushed = true;
      });
      await workers.pass(3000);
      assert.equal(isFlushed, false);
      workers.cancel(slow);
      answer = taken;
      await workers.pass(6000);
      assert.equal(isFlushed, true);
      assert.deepEqual(sent, ['slow']);
    });

    it('are given up waiting for at the deadline, and stay in the queue', async () => {
      answer = hung;
      ask('slow');
      await workers.pass(1000);
      const flush = workers.request(() => app.flush({ deadlineMs: 2000 }));
      await workers.pass(2000);
      await flush.isOver;
      assert.equal(app.tracer.stats().queued, 1);
    });
  });

  it('are dropped and counted by shutdown() where the platform does not take them in time', async () => {
    answer = hung;
    ask('under-way');
    await workers.pass(1000);
    const shutdown = workers.request(() => app.tracer.shutdown({ deadlineMs: 2000 }));
    await workers.pass(1000);
    ask('late');
    await workers.pass(1000);
    await shutdown.isOver;
    const { started, queued, dropped } = app.tracer.stats();
    assert.deepEqual({ started, queued }, { started: 2, queued: 0 });
    assert.deepEqual({ ...dropped }, { shut_down: 2 });
    await workers.pass(60_000);
    assert.equal(app.tracer.stats().queued, 0);
  });

  it('are none at the top level, where calls just run', async () => {
    // There is no request here, as there is none while a Worker's modules are loaded.
    assert.equal(await app.twice(21), 42);
    app.tracer.startTrace('at the top').end();
    await app.flush();
    const { started, queued } = app.tracer.stats();
    assert.deepEqual({ started, queued }, { started: 0, queued: 0 });
    assert.deepEqual([...app.reasons], ['top_level']);
  });
});

function idsIn(body: string): string[] {
  const { rows } = JSON.parse(body) as { rows: { inferenceId: string }[] };
  return rows.map(({ inferenceId }) => inferenceId);
}
