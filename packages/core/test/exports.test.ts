import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Batch,
  ConfigError,
  createTracer,
  type DestinationStats,
  type Diagnostic,
  SendError,
  type TraceExport,
  type Tracer,
  type TracerOptions,
  type TracerStats,
} from '@openlayer-tracing/core';
import type { WireRow } from '@openlayer-tracing/core/wire';

/** A place that takes rows, and fails as long as `failure` says so. */
class Place implements TraceExport {
  readonly address: string;
  readonly rows: WireRow[] = [];
  readonly name: string;
  sends = 0;
  closes = 0;
  failure: (() => unknown) | undefined;

  constructor(name: string) {
    this.name = name;
    this.address = `memory:${name}`;
  }

  readonly transport = {
    send: async ({ rows }: Batch) => {
      this.sends++;
      const failure = this.failure?.();
      if (failure !== undefined) throw failure;
      const decoder = new TextDecoder();
      this.rows.push(...rows.map(({ bytes }) => JSON.parse(decoder.decode(bytes)) as WireRow));
      return { delivered: rows.length, lost: {} };
    },
    close: () => void this.closes++,
  };

  get ids(): unknown[] {
    return this.rows.map(({ inferenceId }) => inferenceId);
  }

  /** As an option: the tracer takes an object with no other members. */
  get option(): TraceExport {
    const { name, address, transport } = this;
    return { name, address, transport };
  }
}

const busy = () => new SendError('busy', 'try again', { status: 503 });
const FAST = { retry: { baseMs: 1, capMs: 5, maxElapsedMs: 10_000 } };

function tracerOf(options: TracerOptions): { tracer: Tracer; said: Diagnostic[] } {
  const said: Diagnostic[] = [];
  const onDiagnostic = (diagnostic: Diagnostic) => said.push(diagnostic);
  return { tracer: createTracer({ publish: true, onDiagnostic, ...options }), said };
}

function traces(tracer: Tracer, ids: readonly string[]): void {
  for (const inferenceId of ids) {
    const trace = tracer.startTrace({ name: 'work', inferenceId });
    trace.step('inner', () => 1);
    trace.end();
  }
}

/** Where the traces of a destination are, which must be all of them. */
function places(stats: TracerStats, of: DestinationStats): Record<string, number> {
  const { started, sampledOut, open } = stats;
  const { published, queued, spooled, quarantined, dropped } = of;
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  assert.equal(
    published + queued + spooled + quarantined + lost + sampledOut + open,
    started,
    JSON.stringify(stats),
  );
  return { published, queued, spooled, quarantined, ...dropped };
}

describe('exports', () => {
  it('get each trace that the platform gets, as the same row but for their counts', async () => {
    const [platform, first, second] = ['platform', 'first', 'second'].map(
      (name) => new Place(name),
    ) as [Place, Place, Place];
    const { tracer, said } = tracerOf({
      transport: platform.transport,
      exports: [first.option, second.option],
    });
    traces(tracer, ['a', 'b', 'c']);
    await tracer.flush();
    assert.deepEqual(first.rows, platform.rows);
    assert.deepEqual(second.rows, platform.rows);
    assert.deepEqual(platform.ids, ['a', 'b', 'c']);
    const stats = tracer.stats();
    const { exports = {} } = stats;
    assert.deepEqual(Object.keys(exports), ['first', 'second']);
    for (const each of [stats, ...Object.values(exports)]) {
      assert.equal(places(stats, each).published, 3);
    }
    await tracer.shutdown();
    assert.deepEqual([platform.closes, first.closes, second.closes], [1, 1, 1]);
    assert.deepEqual(said, []);
  });

  it('give each row the trace id by W3C Trace Context, which other backends find it by', async () => {
    const place = new Place('otlp');
    const { tracer } = tracerOf({ exports: [place.option] });
    traces(tracer, ['a']);
    await tracer.flush();
    assert.match(String(place.rows[0]?.trace_id), /^[0-9a-f]{32}$/);
    const plain = new Place('plain');
    const { tracer: without } = tracerOf({ transport: plain.transport });
    traces(without, ['a']);
    await without.flush();
    assert.equal('trace_id' in (plain.rows[0] as WireRow), false);
    assert.equal(without.stats().exports, undefined);
  });

  it('retry on their own: one that fails delays and loses nothing elsewhere', async () => {
    const platform = new Place('platform');
    const flaky = new Place('flaky');
    const dead = new Place('dead');
    flaky.failure = () => (flaky.sends < 4 ? busy() : undefined);
    dead.failure = () => new SendError('unauthorized', 'no', { status: 401 });
    const { tracer, said } = tracerOf({
      transport: platform.transport,
      exports: [flaky.option, dead.option],
      ...FAST,
    });
    traces(tracer, ['a', 'b']);
    await tracer.flush();
    assert.deepEqual(platform.ids, ['a', 'b']);
    assert.deepEqual(flaky.ids, ['a', 'b']);
    assert.deepEqual(dead.ids, []);
    const stats = tracer.stats();
    const { exports = {} } = stats;
    assert.equal(places(stats, stats).published, 2);
    assert.equal(places(stats, exports.flaky as DestinationStats).published, 2);
    assert.equal(places(stats, exports.dead as DestinationStats).unauthorized, 2);
    assert.deepEqual(
      said.map(({ reason }) => reason),
      ['publish_retry', 'lost_unauthorized'],
    );
  });

  it('isolate a row that is refused, and cut one that is too large', async () => {
    const place = new Place('otlp');
    const refused: string[] = [];
    const transport = {
      async send({ rows }: Batch) {
        if (rows.some(({ bytes }) => bytes.byteLength > 20_000)) {
          throw new SendError('too_large', 'too large', { status: 413 });
        }
        if (rows.some(({ inferenceId }) => inferenceId === 'bad')) {
          if (rows.length === 1) refused.push('bad');
          throw new SendError('rejected', 'bad', { status: 400 });
        }
        return place.transport.send({ rows, layout: '' });
      },
      close() {},
    };
    const { tracer } = tracerOf({ exports: [{ ...place.option, transport }], logLevel: 'off' });
    traces(tracer, ['a', 'bad', 'b']);
    const large = tracer.startTrace({ name: 'large', inferenceId: 'large' });
    large.update({ output: 'x'.repeat(60_000) });
    large.end();
    await tracer.flush();
    assert.deepEqual(place.ids.sort(), ['a', 'b', 'large']);
    assert.deepEqual(refused, ['bad']);
    assert.equal(places(tracer.stats(), tracer.stats()).rejected, 1);
  });

  it('make a key optional; a platform that is half configured is warned of', async () => {
    const place = new Place('otlp');
    const { tracer, said } = tracerOf({ exports: [place.option] });
    assert.equal(tracer.isEnabled, true);
    traces(tracer, ['a']);
    await tracer.flush();
    assert.deepEqual(place.ids, ['a']);
    const stats = tracer.stats();
    assert.equal(places(stats, stats).published, 1);
    assert.equal(places(stats, stats.exports?.otlp as DestinationStats).published, 1);
    assert.deepEqual(said, []);

    const other = new Place('otlp');
    const half = tracerOf({ apiKey: 'key', exports: [other.option] });
    traces(half.tracer, ['b']);
    await half.tracer.flush();
    assert.deepEqual(other.ids, ['b']);
    const [{ reason, message } = { reason: '', message: '' }] = half.said;
    assert.equal(reason, 'not_configured');
    assert.match(message, /OPENLAYER_INFERENCE_PIPELINE_ID.*traces go to the exports alone/);
    const update = await tracer.updateRow('a', { rating: 1 });
    assert.equal(update.ok, false);
  });

  it('that are switched off get nothing, and need no key to be set', async () => {
    const place = new Place('otlp');
    const off: TraceExport = { ...place.option, isOff: true };
    const { tracer, said } = tracerOf({ exports: [off] });
    assert.equal(tracer.isEnabled, false);
    traces(tracer, ['a']);
    await tracer.flush();
    assert.deepEqual([place.ids, tracer.stats().started, said], [[], 0, []]);

    const platform = new Place('platform');
    const both = tracerOf({ transport: platform.transport, exports: [off] });
    traces(both.tracer, ['b']);
    await both.tracer.flush();
    assert.deepEqual([platform.ids, place.ids], [['b'], []]);
    assert.equal(both.tracer.stats().exports, undefined);
  });

  it('report what is wrong in their environment, once, and what a place says about rows it took', async () => {
    const place = new Place('otlp');
    const transport = {
      send: async ({ rows }: Batch) => ({
        delivered: rows.length,
        lost: {},
        warning: 'nearly full',
      }),
      close() {},
    };
    const { tracer, said } = tracerOf({
      exports: [{ ...place.option, transport, problems: ['A must be b', 'C must be d'] }],
    });
    traces(tracer, ['a', 'b']);
    await tracer.flush();
    assert.deepEqual(
      said.map(({ level, reason, message }) => [level, reason, message]),
      [
        ['warn', 'bad_environment', 'A must be b; C must be d'],
        ['warn', 'publish_warning', 'nearly full'],
      ],
    );
    assert.equal(tracer.stats().exports?.otlp?.published, 2);
  });

  it('get nothing of a trace that is sampled out, or with publishing off', async () => {
    const place = new Place('otlp');
    const { tracer } = tracerOf({ exports: [place.option], publish: false });
    assert.equal(tracer.isEnabled, false);
    traces(tracer, ['a']);
    await tracer.flush();
    assert.deepEqual([place.ids, tracer.stats().started], [[], 0]);
  });

  it('count what they were not given: too many open traces, and the shutdown', async () => {
    const platform = new Place('platform');
    const place = new Place('otlp');
    const { tracer } = tracerOf({
      transport: platform.transport,
      exports: [place.option],
      limits: { maxOpenTraces: 1 },
      logLevel: 'off',
    });
    const open = tracer.startTrace('open');
    traces(tracer, ['a']);
    open.end();
    await tracer.shutdown();
    traces(tracer, ['late']);
    const stats = tracer.stats();
    for (const each of [stats, stats.exports?.otlp as DestinationStats]) {
      const { published, too_many_open, shut_down } = places(stats, each);
      assert.deepEqual(
        { published, too_many_open, shut_down },
        { published: 1, too_many_open: 1, shut_down: 1 },
      );
    }
  });

  it('wait on disk in a folder of their own, and are sent by the next tracer', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'exports-'));
    try {
      const platform = new Place('platform');
      const away = new Place('otlp');
      away.failure = busy;
      const settings = { spool: { dir }, ...FAST, logLevel: 'off' } as const;
      const before = tracerOf({
        transport: platform.transport,
        exports: [away.option],
        ...settings,
      });
      traces(before.tracer, ['a', 'b']);
      await before.tracer.shutdown({ deadlineMs: 300 });
      const stats = before.tracer.stats();
      assert.deepEqual(platform.ids, ['a', 'b']);
      assert.equal(places(stats, stats).published, 2);
      assert.equal(places(stats, stats.exports?.otlp as DestinationStats).published, 0);
      const back = new Place('otlp');
      const next = tracerOf({ transport: platform.transport, exports: [back.option], ...settings });
      for (let tries = 0; back.ids.length < 2 && tries < 200; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.deepEqual(back.ids.sort(), ['a', 'b']);
      assert.deepEqual(platform.ids, ['a', 'b']);
      assert.match(String(back.rows[0]?.trace_id), /^[0-9a-f]{32}$/);
      await next.tracer.shutdown();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['no array', {}, /exports takes an array, such as \[otelExport\(\)\]/],
    ['no object', ['otlp'], /exports\[0\] must be an object/],
    ['no name', [{ address: 'x', transport: {} }], /exports\[0\]\.name must be/],
    ['a name with a space', [{ ...new Place('a b').option }], /exports\[0\]\.name must be/],
    ['a name twice', [new Place('a').option, new Place('a').option], /two named 'a'/],
    ['no address', [{ name: 'a', transport: new Place('a').transport }], /\[0\]\.address/],
    ['no send', [{ name: 'a', address: 'x', transport: {} }], /exports\[0\]\.transport/],
    ['no boolean', [{ ...new Place('a').option, isOff: 'yes' }], /isOff must be true or false/],
    ['another member', [{ ...new Place('a').option, url: 'x' }], /url/],
  ];
  for (const [what, exports, message] of wrong) {
    it(`are refused with ${what}`, () => {
      assert.throws(
        () => createTracer({ exports: exports as TraceExport[] }),
        (error) => error instanceof ConfigError && message.test(error.message),
      );
    });
  }
});
