import assert from 'node:assert/strict';
import {
  createTracer,
  currentStep,
  currentTrace,
  getTracer,
  type SettledTrace,
  type StartedTrace,
  step,
  type Tracer,
  type TraceUpdate,
} from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import type { WireConfig, WireRow } from '@openlayer-tracing/core/wire';
import { violations } from '../../../test/support/wire/validate.ts';
import { useLaterClock } from './later-clock.ts';
import { record, rootOf, sleep, treeOf } from './support.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A tracer whose rows and layouts can be looked at. */
function tracing() {
  const transport = memoryTransport();
  const reasons: string[] = [];
  const tracer: Tracer = createTracer({
    transport,
    logLevel: 'debug',
    onDiagnostic: ({ reason }) => reasons.push(reason),
  });
  return {
    tracer,
    reasons,
    /** The only row and the config that it came with, both valid. */
    async sent(): Promise<{ row: WireRow; config: WireConfig }> {
      await tracer.flush();
      const [row] = transport.rows;
      const [config] = transport.configs;
      assert.ok(transport.rows.length === 1 && row && config);
      assert.deepEqual(violations({ config, rows: [row] }), []);
      return { row, config };
    },
  };
}

describe('what an app holds of a trace', () => {
  it('is short as JSON, so that a logger which is given a request can write it', () => {
    const { tracer } = tracing();
    const off = createTracer({ publish: false });
    for (const each of [tracer, off]) {
      const trace = each.startTrace({ name: 'nightly', inferenceId: 'night-1' });
      const started = trace.startStep({ name: 'import', type: 'tool' });
      const { id, name, type } = started;
      assert.deepEqual(JSON.parse(JSON.stringify({ trace, started })), {
        trace: { inferenceId: trace.inferenceId },
        started: { id, name, type },
      });
      trace.end();
    }
  });
});

describe('startTrace', () => {
  it('starts a trace that ends with its block', async () => {
    const { tracer, sent } = tracing();
    {
      using trace = tracer.startTrace('nightly');
      assert.equal(trace.root.name, 'nightly');
      trace.step('import', () => trace.update({ output: 'done' }));
      assert.equal(tracer.stats().open, 1);
    }
    assert.equal(tracer.stats().open, 0);
    const { row } = await sent();
    assert.equal(
      treeOf(row),
      `
└─ nightly [user_call]  → "done"
   └─ import [user_call]
`,
    );
    assert.match(row.inferenceId, UUID);
  });

  it('takes an id, inputs and metadata', async () => {
    const { tracer, sent } = tracing();
    tracer
      .startTrace({
        name: 'job',
        inferenceId: 'job-7',
        input: { file: 'a.csv' },
        metadata: { attempt: 2 },
      })
      .end();
    const { row, config } = await sent();
    assert.equal(row.inferenceId, 'job-7');
    assert.equal(row.file, 'a.csv');
    assert.equal(row.attempt, 2);
    assert.deepEqual(config.inputVariableNames, ['file']);
  });

  it('ends with an error where one is given, and only once', async () => {
    const { tracer, sent } = tracing();
    const trace = tracer.startTrace('job');
    trace.end(new RangeError('too far'));
    trace.end();
    trace.end(new Error('again'));
    trace[Symbol.dispose]();
    const { row } = await sent();
    assert.equal(row.metadata?.error, 'too far');
    assert.equal(row.metadata?.errorType, 'RangeError');
    assert.equal(tracer.stats().started, 1);
  });

  it('takes null for no error, as callbacks of Node pass it', async () => {
    using traces = record();
    for (const error of [null, undefined]) {
      const trace = getTracer().startTrace('work');
      trace.end(error);
      assert.equal((trace as unknown as SettledTrace).outcome, 'completed');
    }
    const failed = getTracer().startTrace('work');
    failed.waitUntil(Promise.reject(null)).catch(() => {});
    failed.end();
    for (const row of await traces.rows()) {
      const thrown = row.inferenceId === failed.inferenceId;
      assert.equal(rootOf(row).metadata.error, thrown ? 'null' : undefined);
    }
  });

  it('takes whatever it is named', async () => {
    const { tracer, sent } = tracing();
    const names = [undefined, null, 7, {}, Object.create(null), Symbol('s'), 'x'.repeat(1e6)];
    for (const name of names) tracer.startTrace({ name: name as string }).update({});
    tracer.startTrace(undefined as never).end();
    const { row } = await sent();
    assert.equal(rootOf(row).type, 'user_call');
  });

  it('enters its scope by run and bind only', async () => {
    const { tracer, sent } = tracing();
    const trace = tracer.startTrace('job');
    assert.equal(currentTrace(), undefined);
    assert.equal(
      trace.run(() => currentTrace()),
      trace,
    );
    const bound = trace.run(() =>
      step('bound in', () =>
        trace.bind(function (this: { x: number }, n: number) {
          return [this.x + n, currentStep()?.name];
        }),
      ),
    );
    assert.deepEqual(bound.call({ x: 1 }, 2), [3, 'bound in']);
    await new Promise<void>((resolve) =>
      setTimeout(
        trace.bind(() => {
          step('in a timer', () => {});
          resolve();
        }),
      ),
    );
    trace.end();
    const { row } = await sent();
    assert.deepEqual(
      rootOf(row).steps.map(({ name }) => name),
      ['bound in', 'in a timer'],
    );
  });

  it('stays apart from another trace that is open in the same scope', async () => {
    const { tracer } = tracing();
    const a = tracer.startTrace('a');
    const b = tracer.startTrace('b');
    a.run(() => {
      assert.equal(currentTrace(), a);
      assert.equal(b.current, b.root);
      b.step('of b', () => assert.equal(currentTrace(), b));
      assert.equal(currentTrace(), a);
    });
    a.end();
    b.end();
    assert.equal(tracer.stats().open, 0);
  });
});

describe('trace.update', () => {
  const EVERYTHING: TraceUpdate = {
    inferenceId: 'req:1',
    name: 'a chat',
    userId: 7,
    sessionId: 's-1',
    tags: ['a', 'b'],
    metadata: { plan: 'pro', retries: 2, trial: false, nested: { deep: 1 }, list: [1], none: null },
    input: { question: 'Why?', history: [{ role: 'user' }] },
    output: { answer: 'Because' },
    groundTruth: 'Because of that',
    context: ['one passage', 'another'],
    question: 'Why?',
  };

  async function check(update: (trace: StartedTrace) => void): Promise<void> {
    const { tracer, sent } = tracing();
    const trace = tracer.startTrace('job');
    update(trace);
    trace.end();
    const { row, config } = await sent();
    const { inferenceTimestamp, latency, steps, ...columns } = row;
    assert.ok(Math.abs(inferenceTimestamp - Date.now() / 1000) < 60);
    assert.ok(latency >= 0);
    const metadata = { ...EVERYTHING.metadata, tags: ['a', 'b'] };
    assert.deepEqual(columns, {
      inferenceId: 'req:1',
      output: { answer: 'Because' },
      cost: null,
      tokens: null,
      groundTruth: 'Because of that',
      user_id: '7',
      session_id: 's-1',
      context: ['one passage', 'another'],
      _question: 'Why?',
      question: 'Why?',
      history: [{ role: 'user' }],
      plan: 'pro',
      retries: 2,
      trial: false,
      metadata,
    });
    assert.deepEqual(config, {
      outputColumnName: 'output',
      inputVariableNames: ['question', 'history'],
      latencyColumnName: 'latency',
      costColumnName: 'cost',
      timestampColumnName: 'inferenceTimestamp',
      inferenceIdColumnName: 'inferenceId',
      numOfTokenColumnName: 'tokens',
      groundTruthColumnName: 'groundTruth',
      userIdColumnName: 'user_id',
      sessionIdColumnName: 'session_id',
      contextColumnName: 'context',
      questionColumnName: '_question',
    });
    const [root] = steps;
    assert.equal(root?.name, 'a chat');
    assert.deepEqual(root?.inputs, EVERYTHING.input);
    assert.deepEqual(root?.output, { answer: 'Because' });
    assert.deepEqual(root?.groundTruth, 'Because of that');
    assert.deepEqual(root?.metadata, metadata);
  }

  it('puts each field into its column', () => check((trace) => trace.update(EVERYTHING)));

  it('drops nothing where each field comes by itself, and undefined changes nothing', () =>
    check((trace) => {
      for (const [key, value] of Object.entries(EVERYTHING)) trace.update({ [key]: value });
      for (const key of Object.keys(EVERYTHING)) trace.update({ [key]: undefined });
      trace.update({});
    }));

  it('merges metadata key by key, the later winning', () =>
    check((trace) => {
      trace.update({ metadata: { plan: 'free', retries: 2, trial: false } });
      trace.update({ ...EVERYTHING, metadata: { plan: 'pro', nested: { old: 1 } } });
      trace.update({ metadata: { nested: { deep: 1 }, list: [1], none: null } });
      // The order of the keys is that of their first appearance.
    }));

  it('leaves out the columns of what was never set', async () => {
    const { tracer, sent } = tracing();
    tracer.startTrace('job').end();
    const { row, config } = await sent();
    assert.deepEqual(Object.keys(row).sort(), [
      'cost',
      'inferenceId',
      'inferenceTimestamp',
      'latency',
      'metadata',
      'output',
      'steps',
      'tokens',
    ]);
    assert.deepEqual(config.inputVariableNames, []);
    assert.equal(rootOf(row).inputs, null);
  });

  it('lets no input and no metadata stand in a reserved column', async () => {
    const { tracer, sent } = tracing();
    const reserved = [
      'inferenceTimestamp',
      'inferenceId',
      'output',
      'groundTruth',
      'latency',
      'cost',
      'tokens',
      'steps',
      'metadata',
      'user_id',
      'session_id',
      'context',
      '_question',
    ];
    const mine = Object.fromEntries(reserved.map((name) => [name, `my ${name}`]));
    const trace = tracer.startTrace({
      name: 'job',
      inferenceId: 'the-id',
      input: { ...mine, input_output: 'taken already' },
      metadata: mine,
    });
    trace.update({ output: 'the output' });
    trace.end();
    const { row, config } = await sent();
    assert.equal(row.inferenceId, 'the-id');
    assert.equal(row.output, 'the output');
    assert.equal(row.input_latency, 'my latency');
    assert.equal(row.input_output, 'taken already');
    assert.equal(row.input_output_, 'my output');
    assert.equal(row.user_id, undefined);
    assert.equal(new Set(config.inputVariableNames).size, reserved.length + 1);
    assert.deepEqual(rootOf(row).inputs, { ...mine, input_output: 'taken already' });
    assert.deepEqual(row.metadata, mine);
  });

  it('keeps what stood there where a value cannot be taken, and takes the others', async () => {
    const { tracer, sent, reasons } = tracing();
    const trace = tracer.startTrace('job');
    trace.update({ inferenceId: 'good', userId: 'ada', sessionId: 's', context: ['c'], name: 'n' });
    const bad = {
      inferenceId: 'no spaces allowed',
      userId: { id: 7 },
      sessionId: '',
      context: 'no list',
      name: 7,
      question: Object.create(null),
      metadata: 'none',
      output: 'taken',
    };
    trace.update(bad as unknown as TraceUpdate);
    trace.end();
    const { row } = await sent();
    assert.equal(row.inferenceId, 'good');
    assert.equal(row.user_id, 'ada');
    assert.equal(row.session_id, 's');
    assert.deepEqual(row.context, ['c']);
    assert.equal(row._question, '{}');
    assert.equal(row.output, 'taken');
    assert.equal(rootOf(row).name, 'n');
    assert.deepEqual([...new Set(reasons)], ['bad_input']);
  });

  const IDS: readonly (readonly [string, boolean])[] = [
    ['a', true],
    ['0123456789abcdef', true],
    ['A._:=@+/-', true],
    [`a${'b'.repeat(127)}`, true],
    [`a${'b'.repeat(128)}`, false],
    ['', false],
    ['-a', false],
    ['a b', false],
    ['a\n', false],
    ['ä', false],
    ['a"', false],
    ['a,b', false],
  ];
  for (const [id, isTaken] of IDS) {
    it(`${isTaken ? 'takes' : 'refuses'} the inference ID ${JSON.stringify(id.slice(0, 20))} of length ${id.length}`, async () => {
      const { tracer, sent } = tracing();
      const trace = tracer.startTrace('job');
      const before = trace.inferenceId;
      trace.update({ inferenceId: id });
      assert.equal(trace.inferenceId, isTaken ? id : before);
      trace.end();
      assert.equal((await sent()).row.inferenceId, isTaken ? id : before);
    });
  }

  it('takes inputs of the root step as the columns of the row', async () => {
    const { tracer, sent } = tracing();
    const trace = tracer.startTrace('job');
    trace.root.update({ inputs: 'a text' });
    trace.end();
    const { row, config } = await sent();
    assert.equal(row.input, 'a text');
    assert.deepEqual(config.inputVariableNames, ['input']);
  });

  it('has no effect after publication, and says so', async () => {
    const { tracer, sent, reasons } = tracing();
    const trace = tracer.startTrace('job');
    trace.end();
    const before = JSON.stringify((await sent()).row);
    trace.update(EVERYTHING);
    trace.step('late', () => {});
    trace.addStep({ name: 'late' });
    trace.updateStep({ output: 1 });
    trace.root.update({ output: 1 });
    assert.equal(JSON.stringify((await sent()).row), before);
    assert.deepEqual(reasons, ['too_late']);
  });
});

describe('a trace', () => {
  it('sums the usage of its steps where known', async () => {
    const { tracer, sent } = tracing();
    const trace = tracer.startTrace('job');
    assert.deepEqual(trace.usage, {
      promptTokens: undefined,
      completionTokens: undefined,
      tokens: undefined,
      cost: undefined,
      estimatedCost: undefined,
      unpricedCalls: 0,
      unpriced: {},
    });
    trace.step({ name: 'a', type: 'chat_completion', promptTokens: 1, tokens: 3, cost: 0.5 }, (a) =>
      a.addStep({ name: 'b', type: 'embedding', promptTokens: 10, tokens: 20 }),
    );
    trace.addStep({ name: 'c', type: 'chat_completion', tokens: null, cost: 0.25 });
    assert.deepEqual(trace.usage, {
      promptTokens: 11,
      completionTokens: undefined,
      tokens: 23,
      cost: 0.75,
      // What was given is no less than an estimate; of the embedding neither is known.
      estimatedCost: 0.75,
      unpricedCalls: 1,
      unpriced: { pricing: 1 },
    });
    trace.end();
    const { row } = await sent();
    assert.equal(row.tokens, 23);
    assert.equal(row.cost, 0.75);
  });

  it('has numbers in its sums whatever the steps say', async () => {
    const { tracer, sent } = tracing();
    const trace = tracer.startTrace('job');
    for (const tokens of [Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER]) {
      trace.addStep({ name: 'a', type: 'chat_completion', tokens });
    }
    trace.end();
    assert.equal((await sent()).row.tokens, Number.MAX_SAFE_INTEGER);
  });

  it('has no ids for other services that its row does not have', async () => {
    const { tracer, sent, reasons } = tracing();
    const trace = tracer.startTrace({ name: 'job', inferenceId: 'req-8' });
    trace.end();
    assert.equal(trace.traceId, '');
    assert.deepEqual(trace.headers(), { 'x-request-id': 'req-8' });
    assert.equal((await sent()).row.trace_id, undefined);
    assert.deepEqual(reasons, ['too_late']);
  });

  it('tells a downstream service which request this is', () => {
    const { tracer } = tracing();
    const trace = tracer.startTrace({ name: 'job', inferenceId: 'req-7' });
    const { traceparent, ...others } = trace.headers();
    assert.match(traceparent ?? '', new RegExp(`^00-${trace.traceId}-[0-9a-f]{16}-03$`));
    assert.deepEqual(others, { 'x-request-id': 'req-7' });
    trace.end();
  });

  it('waits for work after its end, and takes what that adds', async () => {
    const { tracer, sent } = tracing();
    const trace = tracer.startTrace('job');
    const work = sleep(5).then(() => trace.update({ metadata: { stored: true } }));
    assert.equal(trace.waitUntil(work), work);
    trace.end();
    await tracer.flush();
    assert.equal(tracer.stats().open, 1);
    await work;
    await sleep(1);
    assert.equal((await sent()).row.stored, true);
  });

  it('records the failure of what it waited for, and hears it', async () => {
    const { tracer, sent } = tracing();
    const trace = tracer.startTrace('job');
    trace.waitUntil(sleep(1).then(() => Promise.reject(new Error('not stored'))));
    trace.end();
    await sleep(10);
    assert.equal((await sent()).row.metadata?.error, 'not stored');
  });

  const NO_PROMISES: readonly (readonly [string, () => unknown])[] = [
    ['nothing', () => undefined],
    ['a value', () => 7],
    [
      'a thenable that throws',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
        then() {
          throw new Error('no');
        },
      }),
    ],
    [
      'a thenable that answers twice',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
        then(onValue: () => void, onError: (error: unknown) => void) {
          onValue();
          onValue();
          onError(new Error('no'));
        },
      }),
    ],
  ];
  for (const [what, make] of NO_PROMISES) {
    it(`is published although it waits until ${what}`, async () => {
      const { tracer, sent } = tracing();
      const trace = tracer.startTrace('job');
      const given = make();
      assert.equal(trace.waitUntil(given as Promise<unknown>), given);
      trace.end();
      await sleep(5);
      await sent();
      assert.equal(tracer.stats().open, 0);
    });
  }

  it('waits for all that it was given', async () => {
    const { tracer, sent } = tracing();
    const trace = tracer.startTrace('job');
    for (const ms of [1, 10, 5]) {
      trace.waitUntil(sleep(ms).then(() => trace.update({ metadata: { [`after ${ms}`]: true } })));
    }
    trace.end();
    await sleep(30);
    assert.deepEqual((await sent()).row.metadata, {
      'after 1': true,
      'after 5': true,
      'after 10': true,
    });
  });

  it('counts in the stats from start to publication', async () => {
    const { tracer } = tracing();
    const traces = ['a', 'b', 'c'].map((name) => tracer.startTrace(name));
    const sum = () => {
      const { started, published, queued, spooled, quarantined, sampledOut, dropped, open } =
        tracer.stats();
      const lost = Object.values(dropped).reduce((total, n) => total + n, 0);
      assert.equal(started, published + queued + spooled + quarantined + sampledOut + lost + open);
      return { open, queued, published };
    };
    assert.deepEqual(sum(), { open: 3, queued: 0, published: 0 });
    traces[0]?.end();
    assert.deepEqual(sum(), { open: 2, queued: 1, published: 0 });
    await tracer.flush();
    assert.deepEqual(sum(), { open: 2, queued: 0, published: 1 });
    traces[1]?.end();
    traces[2]?.end();
    await tracer.shutdown();
    assert.deepEqual(sum(), { open: 0, queued: 0, published: 3 });
    tracer.startTrace('late').end();
    assert.deepEqual(tracer.stats().dropped, { shut_down: 1 });
    sum();
  });

  it('is not recorded while too many are open, which is counted', () => {
    const transport = memoryTransport();
    const tracer = createTracer({ transport, limits: { maxOpenTraces: 2 }, logLevel: 'off' });
    const [a, b, c] = ['a', 'b', 'c'].map((name) => tracer.startTrace(name));
    assert.equal(c?.root.id, '');
    assert.deepEqual(tracer.stats().dropped, { too_many_open: 1 });
    a?.end();
    assert.notEqual(tracer.startTrace('d').root.id, '');
    assert.equal(tracer.stats().open, 2);
    b?.end();
  });
});

describe('traces that are never ended', () => {
  const clock = useLaterClock();

  const MINUTE = 60_000;

  function full() {
    const transport = memoryTransport();
    const messages: string[] = [];
    const tracer = createTracer({
      transport,
      limits: { maxOpenTraces: 3 },
      logLevel: 'debug',
      onDiagnostic: ({ reason, message }) => messages.push(`${reason}: ${message}`),
    });
    const traces = ['a', 'b', 'c'].map((name) => tracer.startTrace(name));
    return { transport, tracer, messages, traces };
  }

  it('make room for others when they have made no progress for ten minutes', async () => {
    const { transport, tracer, messages, traces } = full();
    traces[1]?.startStep('so far');
    const isTracedAfter = (ms: number) => {
      clock.laterMs += ms;
      return tracer.startTrace('other').root.id !== '';
    };
    // Old, but perhaps at work: no progress is known to be missing before it was looked for.
    assert.equal(isTracedAfter(60 * MINUTE), false);
    assert.equal(isTracedAfter(9 * MINUTE), false);
    assert.equal(isTracedAfter(2 * MINUTE), true);
    await tracer.flush();
    assert.deepEqual(
      transport.rows.map(({ steps }) => [steps[0]?.name, steps[0]?.steps[0]?.name]),
      [
        ['a', undefined],
        ['b', 'so far'],
        ['c', undefined],
      ],
    );
    const { started, published, dropped, open } = tracer.stats();
    assert.deepEqual(
      { started, published, dropped, open },
      {
        started: 6,
        published: 3,
        dropped: { too_many_open: 2 },
        open: 1,
      },
    );
    assert.match(messages.join('\n'), /3 traces .* were published as they were.*end each trace/);
    traces[0]?.update({ output: 'at last' });
    assert.match(messages.at(-1) ?? '', /^too_late: .*limits\.maxOpenTraces/);
  });

  it('stay open however old they are as long as they make progress', () => {
    const { tracer, traces } = full();
    for (let i = 0; i < 10; i++) {
      clock.laterMs += 9 * MINUTE;
      for (const [number, trace] of traces.entries()) {
        if (number === 0) trace.update({ metadata: { round: i } });
        else if (number === 1) trace.startStep('round').end();
        else trace.step('round', () => i);
      }
      assert.equal(tracer.startTrace('other').root.id, '');
    }
    assert.equal(tracer.stats().open, 3);
    for (const trace of traces) trace.end();
  });

  it('stay open below the limit, however long nothing happens in them', async () => {
    const { transport, tracer, traces } = full();
    traces[2]?.end();
    for (let i = 0; i < 10; i++) {
      clock.laterMs += 60 * MINUTE;
      tracer.startTrace('other').end();
    }
    await tracer.flush();
    assert.equal(tracer.stats().open, 2);
    assert.equal(transport.rows.length, 11);
    for (const trace of traces) trace.end();
  });
});

describe('an inert trace', () => {
  it('runs what it is given and records nothing', async () => {
    const transport = memoryTransport();
    const tracer = createTracer({ publish: false, transport });
    assert.equal(tracer.isEnabled, false);
    using trace = tracer.startTrace({ name: 'job', inferenceId: 'req-7', input: { a: 1 } });
    assert.equal(trace.inferenceId, 'req-7');
    assert.match(tracer.startTrace('other').inferenceId, UUID);
    for (const invalid of ['bad id', '', 7, {}] as string[]) {
      const trace = tracer.startTrace({ name: 'job', inferenceId: invalid });
      assert.match(trace.inferenceId, UUID);
    }
    const other = tracer.startTrace('other');
    assert.equal(other.inferenceId, other.inferenceId);
    trace.update({ inferenceId: 'changed', metadata: { a: 1 } });
    assert.equal(
      trace.step({ name: 's', type: 'tool', functionName: 'f' }, (s) => {
        s.update({ arguments: 1 });
        return s.step('below', () => 1);
      }),
      1,
    );
    using started = trace.startStep('s');
    assert.equal(
      started.run(() => 2),
      2,
    );
    started.end();
    trace.addStep({ name: 's' });
    trace.updateStep({ output: 1 });
    assert.equal(
      trace.run(() => currentTrace()),
      undefined,
    );
    const fn = (n: number) => n;
    assert.equal(trace.bind(fn)(3), 3);
    const promise = Promise.resolve();
    assert.equal(trace.waitUntil(promise), promise);
    assert.deepEqual(trace.headers(), {});
    assert.deepEqual(trace.usage, {
      promptTokens: undefined,
      completionTokens: undefined,
      tokens: undefined,
      cost: undefined,
      estimatedCost: undefined,
      unpricedCalls: 0,
      unpriced: {},
    });
    assert.equal(trace.root.name, '');
    assert.equal(trace.current.id, '');
    trace.end(new Error('ignored'));
    await tracer.flush();
    assert.deepEqual(transport.rows, []);
    assert.equal(tracer.stats().started, 0);
  });

  it('leaves an unhandled rejection to whoever made it', async () => {
    const trace = createTracer({ publish: false }).startTrace('job');
    const error = new Error('mine');
    await assert.rejects(trace.waitUntil(Promise.reject(error)), (reason) => reason === error);
    await assert.rejects(
      trace.step('s', async () => {
        throw error;
      }),
      (reason) => reason === error,
    );
  });
});
