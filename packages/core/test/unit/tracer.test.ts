import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createTracer,
  currentTrace,
  SendError,
  type Tracer,
  type TracerOptions,
  type Transport,
} from '@openlayer-tracing/core';
import { RecordedTrace, type Recorder } from '../../src/trace/recorded-trace.ts';

const nowhere: Transport = {
  send: async ({ rows }) => ({ delivered: rows.length, lost: {} }),
  close() {},
};
/** Takes rows and never says what became of them. */
const hanging: Transport = { send: () => new Promise(() => {}), close() {} };

/** The tracer with the members of the core that are tested here. */
type Internal = Tracer &
  Recorder & {
    readonly mayOpen: boolean;
    sampleOutUnqueued(): void;
    retire(): void;
    readonly whyDisabled: string | undefined;
    reportSettingsWarning(): void;
  };

function tracerOf(options: TracerOptions = {}) {
  const all = { transport: nowhere, publish: true, logLevel: 'off', ...options } as const;
  return createTracer(all) as Internal;
}

function startSampled(tracer: Internal, name: string, sample: () => boolean): RecordedTrace {
  const trace = new RecordedTrace(tracer, name, { inferenceId: name, sample });
  tracer.addOpen(trace);
  return trace;
}

describe('functions among the options', () => {
  const CALLS: Readonly<Record<string, (tracer: ReturnType<typeof tracerOf>) => unknown>> = {
    'stats()': (tracer) => tracer.stats(),
    'metricsText()': (tracer) => tracer.metricsText(),
    'flush()': (tracer) => tracer.flush(),
    'the end of many traces': (tracer) => {
      for (let i = 0; i < 100; i++) tracer.startTrace(`other ${i}`).end();
    },
    'sampleOutUnqueued()': (tracer) => tracer.sampleOutUnqueued(),
  };
  for (const [what, call] of Object.entries(CALLS)) {
    it(`run outside the scope of a request that causes them: ${what}`, async () => {
      const tracer = tracerOf();
      const seen: unknown[] = [];
      const ended = startSampled(tracer, 'ended', () => {
        seen.push(currentTrace()?.current.name, ended.isOpen);
        return true;
      });
      ended.end();
      const request = tracer.startTrace('request');
      await request.run(() => call(tracer));
      assert.deepEqual(seen, [undefined, false]);
      request.end();
      await tracer.shutdown();
    });
  }
});

describe('the async context of a trace', () => {
  it('is that of its options, however many traces end together', async () => {
    const users = new AsyncLocalStorage<string>();
    const sampledFor: unknown[] = [];
    const tracer = tracerOf();
    const expected = Array.from({ length: 40 }, (_, i) => `user ${i}`);
    await Promise.all(
      expected.map((user) =>
        users.run(user, async () => {
          const trace = startSampled(tracer, user, () => {
            return sampledFor.push([trace.root.name, users.getStore()]) > 0;
          });
          await new Promise((resolve) => setTimeout(resolve, 5 * Math.random()));
          trace.end();
          // What ends it goes on before its options are called.
          assert.ok(!sampledFor.some((each) => (each as unknown[])[0] === user));
        }),
      ),
    );
    await tracer.flush();
    assert.deepEqual(
      sampledFor.map((each) => JSON.stringify(each)).sort(),
      expected.map((user) => JSON.stringify([user, user])).sort(),
    );
    await tracer.shutdown();
  });

  it('ends with the trace, which leaves its place to others', async () => {
    const tracer = tracerOf({ limits: { maxOpenTraces: 1 } });
    for (let i = 0; i < 3; i++) tracer.startTrace('short').end();
    assert.equal(tracer.mayOpen, true);
    assert.deepEqual([tracer.stats().open, tracer.stats().dropped], [0, {}]);
    await tracer.shutdown();
  });
});

describe('AsyncLocalStorage that throws once, as a patched one may', () => {
  const { run } = AsyncLocalStorage.prototype;
  afterEach(() => {
    AsyncLocalStorage.prototype.run = run;
  });

  it('delays no row', async () => {
    const sent: string[] = [];
    const transport: Transport = {
      async send({ rows }) {
        sent.push(...rows.map(({ inferenceId }) => inferenceId));
        return { delivered: rows.length, lost: {} };
      },
      close() {},
    };
    const tracer = tracerOf({ transport, batch: { maxDelayMs: 10 } });
    const traces = ['a', 'b', 'c'].map((inferenceId) =>
      tracer.startTrace({ name: 'x', inferenceId }),
    );
    AsyncLocalStorage.prototype.run = () => {
      AsyncLocalStorage.prototype.run = run;
      throw new Error('broken');
    };
    for (const trace of traces) trace.end();
    assert.equal(AsyncLocalStorage.prototype.run, run);
    for (let i = 0; i < 200 && sent.length < 3; i++) await new Promise((r) => setTimeout(r, 10));
    assert.deepEqual(sent, ['a', 'b', 'c']);
    await tracer.shutdown();
  });
});

describe('a tracer without an API key', () => {
  it('says why it publishes nothing, also after it has reported it', () => {
    const reported: string[] = [];
    const tracer = createTracer({
      publish: true,
      onDiagnostic: ({ message }) => reported.push(message),
    }) as Internal;
    const before = tracer.whyDisabled;
    tracer.reportSettingsWarning();
    tracer.reportSettingsWarning();
    assert.match(before ?? '', /OPENLAYER_API_KEY/);
    assert.equal(tracer.whyDisabled, before);
    assert.deepEqual(reported, [before]);
  });
});

describe('the limit of open traces', () => {
  it('counts those that wait for promises of options', async () => {
    const tracer = tracerOf({ limits: { maxOpenTraces: 10 } });
    for (let i = 0; i < 50; i++) {
      const trace = tracer.startTrace('waits');
      if ('awaitOption' in trace) {
        (trace as RecordedTrace).awaitOption('user', new Promise(() => {}), () => {});
      }
      trace.end();
      tracer.stats();
    }
    const { open, dropped } = tracer.stats();
    assert.deepEqual([open, dropped.too_many_open], [10, 40]);
  });

  it('is not used up by the question whether there is room', () => {
    const tracer = tracerOf({ limits: { maxOpenTraces: 1 } });
    const trace = tracer.startTrace('one');
    for (let i = 0; i < 5; i++) assert.equal(tracer.mayOpen, false);
    const { started, dropped } = tracer.stats();
    assert.deepEqual([started, dropped.too_many_open], [1, undefined]);
    trace.end();
  });
});

describe('one destination of several', () => {
  const slow = { name: 'slow', address: 'http://slow', transport: hanging };

  it('delays no feedback to the platform', async () => {
    const sent: string[] = [];
    const tracer = createTracer({
      apiKey: 'key',
      inferencePipelineId: 'a3a5f0de-7d0b-4f3a-9c57-2c1d5e6f7a80',
      // Nobody listens, which the update reports at once.
      baseUrl: 'http://127.0.0.1:9/v1',
      exports: [slow],
      logLevel: 'off',
      batch: { maxDelayMs: 10 },
      retry: { maxElapsedMs: 1 },
    });
    tracer.startTrace({ name: 'x', inferenceId: 'abc' }).end();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = process.getActiveResourcesInfo().length;
    const result = await tracer.feedback('another', { humanFeedback: 'up' }, { deadlineMs: 300 });
    assert.ok(process.getActiveResourcesInfo().length <= before + 1, 'nothing keeps the process');
    assert.equal(result.ok, false);
    assert.notEqual(
      (result.error as SendError).message,
      'the row to update was still queued after 300 ms',
    );
    assert.deepEqual(sent, []);
    await tracer.shutdown({ deadlineMs: 1 });
  });

  it('keeps a replaced tracer registered while it has rows', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'openlayer-tracer-'));
    const tracer = tracerOf({
      exports: [slow],
      spool: { dir, mode: 'failure-only' },
      batch: { maxDelayMs: 10 },
    });
    tracer.startTrace('x').end();
    await new Promise((resolve) => setTimeout(resolve, 100));
    tracer.retire();
    // The check whether it is done is made each second.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    process.listeners('exit').at(-1)?.call(process, 0);
    const kept = readdirSync(dir).flatMap((name) => readdirSync(join(dir, name)));
    assert.ok(
      kept.some((name) => name.endsWith('.wal')),
      kept.join(),
    );
    await tracer.shutdown({ deadlineMs: 1 });
    rmSync(dir, { recursive: true, force: true });
  });
});

describe('shutdown', () => {
  it('ends at its deadline, also while rows are sent again by a transport that does not stop', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'openlayer-tracer-'));
    let sends = 0;
    const transport: Transport = {
      send() {
        if (sends++ === 0) throw new SendError('busy', 'busy');
        return new Promise(() => {});
      },
      close() {},
    };
    const tracer = tracerOf({
      transport,
      spool: { dir },
      retry: { baseMs: 10 },
      batch: { maxDelayMs: 10 },
    });
    tracer.startTrace('x').end();
    for (let i = 0; i < 300 && sends < 2; i++) await new Promise((r) => setTimeout(r, 10));
    assert.equal(sends, 2);
    let isDone = false;
    const shutdown = tracer.shutdown({ deadlineMs: 100 }).then(() => (isDone = true));
    const late = new Promise((resolve) => setTimeout(resolve, 3000).unref());
    await Promise.race([shutdown, late]);
    assert.equal(isDone, true);
    rmSync(dir, { recursive: true, force: true });
  });
});
