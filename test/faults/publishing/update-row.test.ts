import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import {
  createTracer,
  type Feedback,
  SendError,
  type Tracer,
  type TracerOptions,
  type UpdateOptions,
  type UpdateResult,
} from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import type { RowUpdateRequest } from '@openlayer-tracing/core/wire';
import { boundedTest } from '../../support/bounded-test.ts';
import { PIPELINE, startCollector } from '../../support/collector.ts';
import { assertConserved } from '../../support/conservation.ts';
import { startFaultyCollector } from '../../support/faulty-collector.ts';
import { schemaViolations } from '../../support/wire/validate.ts';
import { publish, quickTracer, sleep, timed, until } from './support.ts';

interface Call {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}

/** A collector that notes its calls and answers the first updates with these statuses. */
async function startNotingCollector(statuses: number[] = [], headers: Record<string, string> = {}) {
  const calls: Call[] = [];
  const collector = await startCollector((request, response, bytes) => {
    const { method = '', url = '' } = request;
    const body: unknown = JSON.parse(bytes.toString('utf8'));
    calls.push({ method, url, body });
    if (method !== 'PUT') return false;
    assert.deepEqual(schemaViolations('rows-update-request', body), []);
    const status = statuses.shift();
    if (status !== undefined) response.writeHead(status, headers).end('{"error":"not yet"}');
    return status !== undefined;
  });
  return { collector, calls, puts: () => calls.filter(({ method }) => method === 'PUT') };
}

describe('updateRow', () => {
  it('adds columns to a published row and overwrites them', async () => {
    const { collector, puts } = await startNotingCollector();
    await using _collector = collector;
    const { tracer } = quickTracer(collector.server.url);
    publish(tracer, 2);
    const first = await tracer.updateRow('row-1', { revenue: 12.5, note: 'é\u0000\ud800"\n' });
    const second = await tracer.updateRow('row-1', { revenue: 13, nested: { a: [1, null] } });
    assert.deepEqual([first, second], [{ ok: true }, { ok: true }]);
    const row = await collector.row('row-1');
    assert.equal(row.revenue, 13);
    assert.deepEqual(row.nested, { a: [1, null] });
    assert.equal(row.output, 'yes', 'the rest of the row stays');
    assert.equal((await collector.row('row-0')).revenue, undefined);
    assert.equal(puts()[0]?.url, `/v1/inference-pipelines/${PIPELINE}/rows?inferenceId=row-1`);
    assertConserved(tracer.stats());
  });

  it('waits for the row that is still queued', async () => {
    const { collector, calls } = await startNotingCollector();
    await using _collector = collector;
    const { tracer } = quickTracer(collector.server.url, { batch: { maxDelayMs: 60_000 } });
    publish(tracer, 1);
    assert.deepEqual(await tracer.updateRow('row-0', { a: 1 }), { ok: true });
    assert.deepEqual(
      calls.map(({ method }) => method),
      ['POST', 'PUT'],
    );
  });

  it('tries again until the platform knows the row', async () => {
    const { collector, puts } = await startNotingCollector([404, 503]);
    await using _collector = collector;
    const { tracer } = quickTracer(collector.server.url);
    publish(tracer, 1);
    assert.deepEqual(await tracer.updateRow('row-0', { a: 1 }), { ok: true });
    assert.equal(puts().length, 3);
  });

  it('is under way at the shutdown and reaches the platform once, on the connection that it has', async () => {
    const paths: string[] = [];
    const sockets = new Set<Socket>();
    let isBroken = false;
    await using collector = await startCollector((request, response) => {
      sockets.add(request.socket);
      if (request.method !== 'PUT') return false;
      paths.push(request.url ?? '');
      request.socket.on('close', () => {
        isBroken ||= !response.writableEnded;
      });
      setTimeout(() => response.writeHead(200).end('{"success":true}'), 200);
      return true;
    });
    const { tracer } = quickTracer(collector.server.url);
    publish(tracer, 1);
    await tracer.flush();
    const update = tracer.feedback('row-0', { humanFeedback: 'good' });
    await until('the update is under way', () => paths.length === 1);
    await tracer.shutdown();
    assert.deepEqual(await update, { ok: true });
    assert.deepEqual([paths.length, isBroken], [1, false]);
    for (const socket of sockets) {
      await until('its connection is closed', () => socket.destroyed, 1000);
    }
  });

  it('may come before its trace has ended', async () => {
    const { collector, puts } = await startNotingCollector();
    await using _collector = collector;
    const { tracer } = quickTracer(collector.server.url);
    const trace = tracer.startTrace({ name: 'ask', inferenceId: 'early' });
    const updated = tracer.feedback('early', { humanFeedback: 'thumbs_up' });
    await sleep(100);
    trace.end();
    assert.deepEqual(await updated, { ok: true });
    assert.ok(puts().length > 1);
    assert.equal((await collector.row('early')).humanFeedback, 'thumbs_up');
  });

  it('takes Retry-After as a floor', async () => {
    const { collector } = await startNotingCollector([429], { 'Retry-After': '1' });
    await using _collector = collector;
    const { tracer } = quickTracer(collector.server.url);
    publish(tracer, 1);
    let result: unknown;
    const took = await timed(tracer.updateRow('row-0', { a: 1 }).then((r) => (result = r)));
    assert.deepEqual(result, { ok: true });
    assert.ok(took > 990, `took ${took} ms`);
  });

  for (const [status, text] of [
    [400, /returned status 400: \{"error":"not yet"\}/],
    [401, /returned status 401: .*; check the API key: OPENLAYER_API_KEY, or the option apiKey$/],
    [403, /returned status 403: .*; check the API key/],
    [405, /returned status 405/],
    [413, /returned status 413/],
    [422, /returned status 422/],
  ] as const) {
    it(`says at once that the platform refused it with ${status}`, async () => {
      const { collector, puts } = await startNotingCollector([status]);
      await using _collector = collector;
      const { tracer } = quickTracer(collector.server.url);
      const result = await tracer.updateRow('row-0', { a: 1 });
      assert.ok(!result.ok);
      assert.match(result.error.message, text);
      assert.equal(puts().length, 1);
    });
  }

  it('sends what is asked for at the same time once each', async () => {
    const { collector, puts } = await startNotingCollector();
    await using _collector = collector;
    const { tracer } = quickTracer(collector.server.url);
    const ids = publish(tracer, 100);
    const results = await Promise.all(ids.map((id, i) => tracer.updateRow(id, { rank: i })));
    assert.ok(results.every(({ ok }) => ok));
    assert.equal(puts().length, 100);
    for (const row of await collector.exactly(100)) {
      assert.equal(row.rank, Number(row.inferenceId.split('-')[1]));
    }
  });

  it('percent-encodes ids', async () => {
    const { collector, puts } = await startNotingCollector();
    await using _collector = collector;
    const { tracer } = quickTracer(collector.server.url);
    const ids = ['a/../b', 'a+b', 'k=v', 'me@home:1', 'A..', '0', 'x'.repeat(128)];
    for (const inferenceId of ids) tracer.startTrace({ name: 'ask', inferenceId }).end();
    for (const id of ids)
      assert.deepEqual(await tracer.updateRow(id, { of: id }), { ok: true }, id);
    for (const id of ids) assert.equal((await collector.row(id)).of, id);
    for (const [i, { url }] of puts().entries()) {
      assert.equal(url.split('?')[1], `inferenceId=${encodeURIComponent(ids[i] ?? '')}`);
    }
  });
});

describe('updateRow of what cannot be sent', () => {
  const columns = (n: number) =>
    Object.fromEntries(Array.from({ length: n }, (_, i) => [`c${i}`, i]));
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const bad: [what: string, id: unknown, row: unknown, error: RegExp][] = [
    ['no columns', 'row-0', {}, /1 to 100 columns/],
    ['only undefined columns', 'row-0', { a: undefined }, /1 to 100 columns/],
    ['only columns that JSON leaves out', 'row-0', { a: () => {}, b: Symbol('b') }, /1 to 100/],
    ['101 columns', 'row-0', columns(101), /1 to 100 columns.*101/],
    ['a list', 'row-0', [1, 2], /object of 1 to 100 columns/],
    ['a text', 'row-0', 'columns', /object of 1 to 100 columns/],
    ['a number', 'row-0', 7, /object of 1 to 100 columns/],
    ['null', 'row-0', null, /object of 1 to 100 columns/],
    ['undefined', 'row-0', undefined, /object of 1 to 100 columns/],
    ['a BigInt', 'row-0', { tokens: 12n }, /JSON.*BigInt/],
    ['a cycle', 'row-0', cycle, /JSON.*circular/i],
    [
      'a getter that throws',
      'row-0',
      {
        get a() {
          throw new Error('no');
        },
      },
      /JSON: no/,
    ],
    [
      'a toJSON that throws',
      'row-0',
      {
        a: {
          toJSON() {
            throw 'odd';
          },
        },
      },
      /JSON: odd/,
    ],
    ['a revoked proxy', 'row-0', revoked(), /JSON.*proxy/i],
    ['an empty id', '', { a: 1 }, /^inferenceId takes/],
    ['an id of 129 characters', 'x'.repeat(129), { a: 1 }, /^inferenceId takes/],
    ['an id with a line break', 'a\nb', { a: 1 }, /^inferenceId takes/],
    ['an id with a query', 'a&row=1', { a: 1 }, /^inferenceId takes/],
    ['an id with a percent', 'a%2fb', { a: 1 }, /^inferenceId takes/],
    ['an id of dots', '..', { a: 1 }, /^inferenceId takes/],
    ['an id in markup', '<img>', { a: 1 }, /^inferenceId takes/],
    ['no id', undefined, { a: 1 }, /^inferenceId takes/],
    ['an id that is a number', 7, { a: 1 }, /^inferenceId takes/],
  ];

  for (const [what, id, row, message] of bad) {
    it(`${what} is answered with an error, and nothing is sent`, async () => {
      await using server = await startFaultyCollector();
      const { tracer } = quickTracer(server.url);
      // What the types forbid, JavaScript passes all the same.
      const result = await tracer.updateRow(id as string, row as Record<string, unknown>);
      assert.ok(!result.ok);
      assert.match(result.error.message, message);
      assert.equal(server.connections, 0);
    });
  }

  it('100 columns are let through', async () => {
    const { collector } = await startNotingCollector();
    await using _collector = collector;
    const { tracer } = quickTracer(collector.server.url);
    publish(tracer, 1);
    assert.deepEqual(await tracer.updateRow('row-0', columns(100)), { ok: true });
  });

  const UNCONFIGURED: readonly (readonly [what: string, TracerOptions, RegExp])[] = [
    [
      'there is no API key',
      { inferencePipelineId: PIPELINE },
      /^the row cannot be updated: set OPENLAYER_API_KEY \(or the option apiKey\)$/,
    ],
    [
      'there is no pipeline',
      { apiKey: 'test-key' },
      /^the row cannot be updated: set OPENLAYER_INFERENCE_PIPELINE_ID \(or the option inferencePipelineId\)$/,
    ],
    [
      'there is neither',
      {},
      /: set OPENLAYER_API_KEY \(or .*\) and OPENLAYER_INFERENCE_PIPELINE_ID \(or .*\)$/,
    ],
    [
      'publishing is off',
      { publish: false },
      /: publishing is off: remove the option publish, or OPENLAYER_DISABLE_PUBLISH$/,
    ],
    [
      'rows go to a transport of the app',
      { transport: memoryTransport() },
      /: rows go to a transport of your own: update the row there$/,
    ],
  ];
  for (const [what, options, message] of UNCONFIGURED) {
    it(`says what to do where ${what}`, async () => {
      const tracer = createTracer({ logLevel: 'off', ...options });
      for (const result of [
        await tracer.updateRow('row-0', { a: 1 }),
        await tracer.feedback('row-0', { humanFeedback: 'good' }),
      ]) {
        assert.ok(!result.ok);
        assert.match(result.error.message, message);
      }
    });
  }

  it('says what to check where the platform has no such row or pipeline', async () => {
    const { collector } = await startNotingCollector([404, 404, 404, 404, 404, 404, 404]);
    await using _collector = collector;
    const { tracer } = quickTracer(collector.server.url);
    const result = await tracer.updateRow('row-0', { a: 1 }, undefined, { deadlineMs: 300 });
    assert.ok(!result.ok);
    assert.match(
      result.error.message,
      /returned status 404: .*; check the inference ID, the pipeline: OPENLAYER_INFERENCE_PIPELINE_ID, or the option inferencePipelineId, and that the base URL ends in \/v1$/,
    );
  });

  it('neither is an update where publishing is off', async () => {
    await using server = await startFaultyCollector();
    const { tracer } = quickTracer(server.url, { publish: false });
    const result = await tracer.updateRow('row-0', { a: 1 });
    assert.ok(!result.ok);
    assert.match(result.error.message, /publishing is off/);
    assert.equal(server.connections, 0);
  });

  it('neither is an update where rows go to a transport of the user', async () => {
    await using server = await startFaultyCollector();
    const tracer = createTracer({
      apiKey: 'test-key',
      inferencePipelineId: PIPELINE,
      baseUrl: server.url,
      transport: { send: async ({ rows }) => ({ delivered: rows.length, lost: {} }), close() {} },
    });
    publish(tracer, 1);
    const result = await tracer.feedback('row-0', { humanFeedback: true });
    assert.ok(!result.ok);
    assert.match(result.error.message, /transport of your own/);
    assert.equal(server.connections, 0);
  });
});

describe('feedback', () => {
  it('names the columns that the platform gives a meaning', async () => {
    const { collector, puts } = await startNotingCollector();
    await using _collector = collector;
    const { tracer } = quickTracer(collector.server.url);
    publish(tracer, 1);
    const given: Feedback[] = [
      { humanFeedback: 'thumbs_down', comment: 'wrong city' },
      { groundTruth: 'Lisbon' },
      { humanFeedback: 4, groundTruth: { city: 'Lisbon' } },
      { humanFeedback: false },
      { converted: true },
    ];
    for (const feedback of given) {
      assert.deepEqual(await tracer.feedback('row-0', feedback), { ok: true });
    }
    const human = { humanFeedbackColumnName: 'humanFeedback' };
    const truth = { groundTruthColumnName: 'groundTruth' };
    assert.deepEqual(
      puts().map(({ body }) => body as RowUpdateRequest),
      [
        { row: { comment: 'wrong city', humanFeedback: 'thumbs_down' }, config: human },
        { row: { groundTruth: 'Lisbon' }, config: truth },
        {
          row: { humanFeedback: 4, groundTruth: { city: 'Lisbon' } },
          config: { ...human, ...truth },
        },
        { row: { humanFeedback: false }, config: human },
        { row: { converted: true }, config: {} },
      ],
    );
    const row = await collector.row('row-0');
    assert.equal(row.converted, true);
    assert.deepEqual(row.groundTruth, { city: 'Lisbon' });
  });

  it('leaves what the trace has written as it is, and says so', async () => {
    const { collector, puts } = await startNotingCollector();
    await using _collector = collector;
    const { tracer } = quickTracer(collector.server.url);
    publish(tracer, 1);
    // As where an app hands on what a client sent.
    for (const forged of [{ output: 'no' }, { steps: [] }, { latency: 1 }, { user_id: 'eve' }]) {
      const result = await tracer.feedback('row-0', { humanFeedback: 1, ...forged });
      assert.match(String(!result.ok && result.error.message), /^feedback must not set \w+, which/);
    }
    const kept = await tracer.feedback('row-0', { humanFeedback: 1, output: undefined });
    assert.deepEqual(kept, { ok: true });
    assert.equal(puts().length, 1);
    assert.equal((await collector.row('row-0')).output, 'yes');
  });

  it('of a row that never comes answers a script, which then ends by itself', async function () {
    this.timeout(40_000);
    const { collector, puts } = await startNotingCollector();
    await using _collector = collector;
    const script = `
      import { feedback } from '@openlayer-tracing/core';
      const result = await feedback('nobody', { humanFeedback: 1 });
      console.log(result.ok || result.error.message);`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', script],
      {
        cwd: import.meta.dirname,
        env: {
          ...process.env,
          OPENLAYER_BASE_URL: collector.server.url,
          OPENLAYER_API_KEY: 'a-key',
          OPENLAYER_INFERENCE_PIPELINE_ID: PIPELINE,
        },
      },
    );
    assert.match(stdout, /nobody/);
    assert.ok(puts().length > 3, `${puts().length} tries`);
  });

  for (const given of [undefined, null, {}, { humanFeedback: undefined }, { humanFeedback: 1n }]) {
    it(`of ${typeof given === 'object' ? Object.keys(given ?? { null: 0 }) : given} neither throws nor rejects`, async () => {
      const { tracer } = quickTracer('http://127.0.0.1:1/v1');
      const result = await tracer.feedback('row-0', given as Feedback);
      assert.ok(!result.ok);
      assert.ok(result.error instanceof Error);
    });
  }
});

type Update = (tracer: Tracer, options?: UpdateOptions) => Promise<UpdateResult>;

const updates: readonly (readonly [name: string, Update])[] = [
  ['feedback', (tracer, options) => tracer.feedback('row-0', { humanFeedback: 1 }, options)],
  ['updateRow', (tracer, options) => tracer.updateRow('row-0', { a: 1 }, undefined, options)],
];

for (const [name, update] of updates) {
  describe(`the deadline of ${name}`, () => {
    boundedTest(
      'ends the wait for a row that is not there yet, which is a matter of 15 seconds otherwise',
      async () => {
        const { collector, puts } = await startNotingCollector();
        await using _collector = collector;
        const { tracer } = quickTracer(collector.server.url);
        const result = await update(tracer, { deadlineMs: 800 });
        assert.equal(
          !result.ok && result.error instanceof SendError && result.error.code,
          'not_found',
        );
        assert.ok(puts().length > 0 && puts().length < 4, `${puts().length} tries`);
      },
    );

    it('ends the wait for a platform that does not answer', async () => {
      await using server = await startFaultyCollector({ connection: () => true });
      const { tracer } = quickTracer(server.url);
      const took = await timed(
        update(tracer, { deadlineMs: 100 }).then((result) => {
          assert.equal(
            !result.ok && result.error instanceof SendError && result.error.code,
            'given_up',
          );
        }),
      );
      assert.ok(took < 10_000);
    });

    it('ends the wait for traces that are to be delivered first', async () => {
      await using server = await startFaultyCollector({ connection: () => true });
      const { tracer } = quickTracer(server.url);
      publish(tracer, 1);
      const result = await update(tracer, { deadlineMs: 100 });
      assert.match(
        String(!result.ok && result.error.message),
        /the row to update was still queued after 100 ms/,
      );
      await tracer.shutdown({ deadlineMs: 0 });
    });

    for (const options of [{ deadlineMs: -1 }, { deadlineMs: Number.NaN }, { deadline: 5 }, 7]) {
      it(`is refused where the options are ${JSON.stringify(options)}, and nothing is sent`, async () => {
        await using server = await startFaultyCollector();
        const { tracer } = quickTracer(server.url);
        const result = await update(tracer, options as UpdateOptions);
        assert.match(String(!result.ok && result.error.message), /options/);
        assert.equal(server.connections, 0);
      });
    }
  });
}

describe('an update that failed, as JSON,', () => {
  it('says what the platform answered', async () => {
    const { collector } = await startNotingCollector([403]);
    await using _collector = collector;
    const { tracer } = quickTracer(collector.server.url);
    const result = await tracer.feedback('row-0', { humanFeedback: 1 });
    assert.ok(!result.ok && result.error instanceof SendError);
    const { message } = result.error;
    assert.match(message, /returned status 403/);
    const shown = { name: 'SendError', code: 'unauthorized', message, status: 403 };
    for (const json of [result, { ok: false, error: result.error }]) {
      assert.deepEqual(JSON.parse(JSON.stringify(json)), {
        ok: false,
        error: { ...shown, isRetryable: false },
      });
    }
  });

  it('says what was wrong with it', async () => {
    const { tracer } = quickTracer('http://127.0.0.1:1/v1');
    const result = await tracer.feedback('', { humanFeedback: 1 });
    const { error } = JSON.parse(JSON.stringify(result));
    assert.equal(error.name, 'TypeError');
    assert.match(error.message, /^inferenceId takes/);
  });
});

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
