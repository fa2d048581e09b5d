import assert from 'node:assert/strict';
import {
  createTracer,
  type FinishedStep,
  type StartedTrace,
  type StartTraceOptions,
  type StepType,
  type TracerOptions,
  type TraceUpdate,
} from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { boundedTest } from '../../../../test/support/bounded-test.ts';
import { assertValid } from '../support.ts';

/** The row and the `config` of a trace in which this was done; undefined where it was not published. */
async function published(
  work: (trace: StartedTrace) => void,
  start: StartTraceOptions | string = 'job',
  options: TracerOptions = {},
) {
  const transport = memoryTransport();
  const reasons: string[] = [];
  const tracer = createTracer({
    ...options,
    transport,
    onDiagnostic: ({ reason }) => reasons.push(reason),
  });
  const trace = tracer.startTrace(start as StartTraceOptions);
  work(trace);
  trace.end();
  await tracer.shutdown();
  const [row] = transport.rows;
  if (row !== undefined) assertValid(row);
  return { row, config: transport.configs[0], reasons, root: row?.steps[0] };
}

describe('values over a limit', () => {
  const CASES: Readonly<Record<string, TraceUpdate>> = {
    'columns of an input': {
      input: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i, i])),
    },
    'members of an instance': {
      input: new (class {
        constructor() {
          for (let i = 0; i < 65; i++) Object.assign(this, { [`m${i}`]: i });
        }
      })() as object as Record<string, unknown>,
    },
    'strings of a context': { context: Array.from({ length: 1001 }, () => 'c') },
    'keys of metadata': {
      metadata: Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`k${i}`, i])),
    },
  };
  for (const [what, update] of Object.entries(CASES)) {
    it(`are reported, and none of what is below it: ${what}`, async () => {
      assert.deepEqual((await published((t) => t.update(update))).reasons, ['bad_input']);
      const below = await published((t) =>
        t.update({ input: { a: 1 }, context: ['c'], metadata: { k: 1 } }),
      );
      assert.deepEqual(below.reasons, []);
    });
  }
});

describe('the columns of a row', () => {
  const ALWAYS = {
    outputColumnName: 'output',
    latencyColumnName: 'latency',
    costColumnName: 'cost',
    timestampColumnName: 'inferenceTimestamp',
    inferenceIdColumnName: 'inferenceId',
    numOfTokenColumnName: 'tokens',
  };
  const OPTIONAL: readonly (readonly [update: object, column: string, config: object])[] = [
    [{ userId: 'u' }, 'user_id', { userIdColumnName: 'user_id' }],
    [{ sessionId: 's' }, 'session_id', { sessionIdColumnName: 'session_id' }],
    [{ groundTruth: 'g' }, 'groundTruth', { groundTruthColumnName: 'groundTruth' }],
    [{ context: ['c'] }, 'context', { contextColumnName: 'context' }],
    [{ question: 'q' }, '_question', { questionColumnName: '_question' }],
  ];

  it('are named by its config, none of them twice and none that is missing', async () => {
    for (let chosen = 0; chosen < 2 ** OPTIONAL.length; chosen++) {
      const parts = OPTIONAL.filter((_, i) => (chosen & (1 << i)) !== 0);
      const update = Object.assign({}, ...parts.map(([each]) => each));
      const { row, config } = await published((t) => t.update({ ...update, input: { a: 1 } }));
      assert.deepEqual(config, {
        ...ALWAYS,
        inputVariableNames: ['a'],
        ...Object.assign({}, ...parts.map(([, , each]) => each)),
      });
      for (const [, column] of OPTIONAL) {
        const isChosen = parts.some(([, each]) => each === column);
        assert.equal(Object.hasOwn(row ?? {}, column), isChosen, column);
      }
    }
  });

  it('have other names where an input would stand in one of ours', async () => {
    const { row, config, root } = await published((t) =>
      t.update({ input: { a: 1, output: 2, input_output: 3, input_tokens: 4, tokens: 5 } }),
    );
    assert.deepEqual(config?.inputVariableNames, [
      'a',
      'input_output_',
      'input_output',
      'input_tokens',
      'input_tokens_',
    ]);
    assert.deepEqual([row?.a, row?.input_output_, row?.input_output], [1, 2, 3]);
    assert.deepEqual([row?.input_tokens, row?.input_tokens_], [4, 5]);
    assert.deepEqual(root?.inputs, {
      a: 1,
      output: 2,
      input_output: 3,
      input_tokens: 4,
      tokens: 5,
    });
  });

  it('hold metadata that is a text, a number or a flag, where its name is free', async () => {
    const { row } = await published((t) =>
      t.update({
        input: { taken: 'input' },
        metadata: {
          text: 'x',
          number: -1,
          flag: false,
          none: null,
          list: [1],
          object: { a: 1 },
          taken: 'metadata',
          output: 'metadata',
        },
      }),
    );
    assert.deepEqual([row?.text, row?.number, row?.flag], ['x', -1, false]);
    for (const name of ['none', 'list', 'object']) assert.ok(!Object.hasOwn(row ?? {}, name), name);
    assert.deepEqual([row?.taken, row?.output], ['input', null]);
    const metadata = row?.metadata as Record<string, unknown>;
    assert.deepEqual([metadata.taken, metadata.none, metadata.list], ['metadata', null, [1]]);
  });

  it('are those of who asked, as texts; null says that nobody did', async () => {
    const known = await published((t) => t.update({ userId: 7 as never, sessionId: 's' }));
    assert.deepEqual([known.row?.user_id, known.row?.session_id, known.reasons], ['7', 's', []]);
    const nobody = await published((t) => t.update({ userId: null as never, sessionId: '' }));
    assert.ok(!Object.hasOwn(nobody.row ?? {}, 'user_id'));
    assert.deepEqual(nobody.reasons, []);
    const odd = await published((t) => t.update({ userId: {} as never }));
    assert.deepEqual(odd.reasons, ['bad_input']);
  });

  for (const [input, inputs, names] of [
    [{ a: 1 }, { a: 1 }, ['a']],
    [{}, {}, []],
    ['text', { input: 'text' }, ['input']],
    [[1], { input: [1] }, ['input']],
    [null, { input: null }, ['input']],
    [undefined, null, []],
  ] as const) {
    it(`show the inputs: ${JSON.stringify(input)}`, async () => {
      const { root, config } = await published((t) => t.update({ input } as TraceUpdate));
      assert.deepEqual(config?.inputVariableNames, names);
      assert.deepEqual(root?.inputs, inputs);
    });
  }
});

describe('names of columns that clients choose', () => {
  const NAMES: readonly (readonly string[])[] = [
    [],
    [''],
    ['a\nb'],
    ['a', 'b'],
    ['a","b'],
    ['a', '', 'b'],
    ['0'],
    ['1\na'],
    ['\n'],
    ['', 'a'],
  ];
  it('never name the columns of other rows', async () => {
    for (const before of NAMES) {
      for (const names of NAMES) {
        const inputOf = (keys: readonly string[]) => Object.fromEntries(keys.map((k) => [k, 1]));
        await published((t) => t.update({ input: inputOf(before) }));
        const { config } = await published((t) => t.update({ input: inputOf(names) }));
        assert.deepEqual(config?.inputVariableNames, names);
      }
    }
  });
});

/** A value for each kind of place of a step or trace, by the name that users know the place by. */
describe('a key that the app masks', () => {
  const STEPS: readonly (readonly [type: string, fields: Readonly<Record<string, unknown>>])[] = [
    ['retriever', { documents: ['canary'] }],
    ['tool', { arguments: { a: 'canary' } }],
    ['tool', { functionName: 'canary' }],
    ['agent', { tool: 'canary' }],
    ['agent', { action: 'canary' }],
    ['chat_completion', { model: 'canary' }],
    ['chat_completion', { provider: 'canary' }],
    ['chat_completion', { modelParameters: { a: 'canary' } }],
    ['chat_completion', { rawOutput: 'canary' }],
    ['user_call', { inputs: { a: 'canary' } }],
    ['user_call', { output: 'canary' }],
    ['user_call', { groundTruth: 'canary' }],
  ];
  for (const [type, fields] of STEPS) {
    const [key = ''] = Object.keys(fields);
    it(`is masked as a field of a step: ${key} of ${type}`, async () => {
      const { row } = await published(
        (t) => t.addStep({ name: 'step', type, ...fields } as FinishedStep<StepType>),
        'job',
        { redact: { keys: [key] } },
      );
      assert.ok(row !== undefined);
      assert.doesNotMatch(JSON.stringify(row), /canary/);
    });
  }
  for (const update of [
    { context: ['canary'] },
    { question: 'canary' },
    { context: [{ a: 'canary' }] },
  ]) {
    const [key = ''] = Object.keys(update);
    it(`is masked as a value of the trace: ${JSON.stringify(update)}`, async () => {
      const { row } = await published((t) => t.update(update as TraceUpdate), 'job', {
        redact: { keys: [key] },
      });
      assert.ok(row !== undefined);
      assert.doesNotMatch(JSON.stringify(row), /canary/);
    });
  }
  it('masks no number that the platform counts by', async () => {
    const { root } = await published(
      (t) => t.addStep({ name: 's', type: 'chat_completion', promptTokens: 3, tokens: 5 }),
      'job',
      { redact: { keys: ['promptTokens', 'tokens'] } },
    );
    const [step] = root?.steps ?? [];
    assert.deepEqual(
      [
        step?.type === 'chat_completion' && step.promptTokens,
        step?.type === 'chat_completion' && step.tokens,
      ],
      [3, 5],
    );
  });
});

describe('a step of a row', () => {
  it('has the stack of its error, masked, unless a step below it has the same one', async () => {
    const failing = () => {
      const error = new RangeError('x');
      error.stack =
        'RangeError: x\n    at ask (https://ada:hush@host/app.js:1:2)\n    at top (app.js:3:4)';
      throw error;
    };
    const { root } = await published((t) => {
      assert.throws(() => t.step('outer', (outer) => outer.step('inner', failing)));
      t.step('own', (own) => own.update({ error: new Error('own', { cause: 'x' }) }));
    });
    const [outer, own] = root?.steps ?? [];
    const [inner] = outer?.steps ?? [];
    assert.deepEqual(outer?.metadata, { error: 'x', errorType: 'RangeError', Exceptions: 'x' });
    assert.equal(
      inner?.metadata.errorStack,
      'at ask (https://[redacted]@host/app.js:1:2)\n    at top (app.js:3:4)',
    );
    assert.match(String(own?.metadata.errorStack), /^at .*rows\.test\.ts/);
  });

  it('says what went wrong in it, unless the app says something else there', async () => {
    const { root } = await published((t) => {
      t.addStep({ name: 'own', error: new RangeError('x'), metadata: { error: 'mine' } });
      t.addStep({ name: 'failed', error: new RangeError('x') });
      t.addStep({ name: 'fine' });
    });
    assert.deepEqual(
      root?.steps.map(({ metadata: { errorStack: _, ...others } }) => others),
      [
        { error: 'mine', errorType: 'RangeError', Exceptions: 'x' },
        { error: 'x', errorType: 'RangeError', Exceptions: 'x' },
        {},
      ],
    );
  });

  it('says that it had not ended, and lasts until its trace did', async () => {
    const { root } = await published((t) => {
      t.startStep('open');
      for (const begin = performance.now(); performance.now() - begin < 3; );
    });
    const [open] = root?.steps ?? [];
    assert.deepEqual(open?.metadata, { unfinished: true });
    assert.ok((open?.latency ?? -1) >= 2.9, String(open?.latency));
    assert.ok((open?.endTime ?? 0) >= (open?.startTime ?? 1));
  });

  boundedTest('lasts no longer than its trace, however late the row is made', async () => {
    const transport = memoryTransport();
    const tracer = createTracer({ transport });
    const trace = tracer.startTrace('job');
    trace.startStep('open');
    trace.end();
    for (const begin = performance.now(); performance.now() - begin < 50; );
    await tracer.shutdown();
    const [root] = transport.rows[0]?.steps ?? [];
    const latencyMs = root?.steps[0]?.latency ?? -1;
    assert.ok(latencyMs >= 0 && latencyMs < 40, String(latencyMs));
  });

  boundedTest('lasts as long as its work, and no longer', async () => {
    const { root } = await published((t) => {
      const step = t.startStep('slow');
      for (const begin = performance.now(); performance.now() - begin < 5; );
      step.end();
      t.startStep('quick').end();
    });
    const [slow, quick] = root?.steps ?? [];
    assert.ok((slow?.latency ?? 0) >= 4.9, String(slow?.latency));
    assert.ok((quick?.latency ?? 99) < 4.9, String(quick?.latency));
  });

  /** In the year 5138. */
  const LAST_MS = 99_999_999_999_999;

  it('has the times that were measured elsewhere', async () => {
    const at = Date.now();
    const { root } = await published((t) => {
      t.addStep({ name: 'all', startTime: at, endTime: at + 5, latency: 4.25 });
      t.addStep({ name: 'no latency', startTime: at, endTime: at + 5 });
      t.addStep({ name: 'backwards', startTime: at, endTime: at - 5 });
      t.addStep({ name: 'no start', endTime: at, latency: 7 });
      t.addStep({ name: 'no end', startTime: at - 5000, latency: 120 });
      t.addStep({ name: 'a later end', startTime: at, latency: 60_000 });
      t.addStep({ name: 'the last end', startTime: LAST_MS - 1, latency: 9 });
    });
    assert.deepEqual(
      root?.steps.map(({ startTime, endTime, latency }) => [startTime - at, endTime - at, latency]),
      [
        [0, 5, 4.25],
        [0, 5, 5],
        [0, 0, 0],
        [-7, 0, 7],
        [-5000, -4880, 120],
        [0, 60_000, 60_000],
        [LAST_MS - 1 - at, LAST_MS - at, 9],
      ],
    );
  });

  for (const times of [
    { startTime: 946_684_799_999 },
    { endTime: LAST_MS + 1 },
    { startTime: 1_800_000_000_000_000 },
    { endTime: 1_800_000_000_000_000_000 },
    { startTime: Number.NaN },
    { startTime: '1' as unknown as number },
    { latency: -1 },
    { latency: 1e12 + 1 },
  ]) {
    it(`takes no time in another unit: ${JSON.stringify(times)}`, async () => {
      const before = Date.now();
      const { root, reasons } = await published((t) => t.addStep({ name: 's', ...times }));
      assert.deepEqual(reasons, ['bad_input']);
      assert.ok((root?.steps[0]?.startTime ?? 0) >= before - 1);
    });
  }

  it('takes the first and the last time that there is, and begins at no earlier one', async () => {
    const first = 946_684_800_000;
    const { reasons, root } = await published((t) => {
      t.addStep({ name: 's', startTime: first, endTime: first + 9 });
      t.addStep({ name: 's', endTime: first, latency: 5 });
      t.addStep({ name: 's', latency: 1e12 });
      t.addStep({ name: 's', latency: 0 });
      t.addStep({ name: 's', endTime: LAST_MS, latency: 0 });
    });
    assert.deepEqual(reasons, []);
    assert.deepEqual(
      root?.steps.slice(0, 3).map(({ startTime, latency }) => [startTime, latency]),
      [
        [first, 9],
        [first, 5],
        [first, 1e12],
      ],
    );
  });
});

describe('an update that comes too late', () => {
  it('has no effect, and is one diagnostic', async () => {
    let late: StartedTrace | undefined;
    const { row, reasons } = await published((t) => {
      late = t;
      t.update({ output: 'in time' });
    });
    const before = reasons.length;
    late?.update({ output: 'too late', userId: 'u' });
    assert.equal(row?.output, 'in time');
    assert.equal(reasons.length, before + 1);
    late?.update(7 as never);
    assert.equal(reasons.length, before + 1);
  });
});

describe('metadata', () => {
  it('names an accessor, and calls none', async () => {
    const hostile = {
      get a(): string {
        throw new Error('called');
      },
      set b(_: string) {},
      c: undefined,
      d: 1,
    };
    const { row, reasons } = await published((t) => t.update({ metadata: hostile }));
    assert.deepEqual(row?.metadata, { a: '[Getter]', b: '[Getter]', d: 1 });
    assert.deepEqual(reasons, []);
  });
});

describe('the sums of a row', () => {
  const chat = (fields: object) => ({ name: 'c', type: 'chat_completion', ...fields }) as const;

  for (const [what, steps, sums] of [
    ['nothing known', [chat({})], [null, null]],
    [
      'tokens and cost',
      [chat({ tokens: 5, cost: 0.5 }), chat({ tokens: 2, cost: 0.25 })],
      [7, 0.75],
    ],
    ['both parts', [chat({ promptTokens: 3, completionTokens: 4 })], [7, null]],
    ['one part', [chat({ promptTokens: 3 })], [null, null]],
    [
      'a total beside parts',
      [chat({ promptTokens: 3, completionTokens: 4, tokens: 9 })],
      [9, null],
    ],
    ['zero', [chat({ tokens: 0, cost: 0 })], [0, 0]],
  ] as const) {
    it(`are those of its calls of models: ${what}`, async () => {
      const { row } = await published((t) => {
        for (const each of steps) t.addStep(each);
      });
      assert.deepEqual([row?.tokens, row?.cost], sums);
    });
  }

  it('are known while the trace goes on', async () => {
    await published((t) => {
      assert.equal(t.usage.tokens, undefined);
      t.addStep(chat({ promptTokens: 3, completionTokens: 4, cost: 1 }));
      t.run(() =>
        t.startStep({ name: 'agent', type: 'agent' }).run(() => t.addStep(chat({ tokens: 2 }))),
      );
      const { promptTokens, completionTokens, tokens, cost } = t.usage;
      assert.deepEqual([promptTokens, completionTokens, tokens, cost], [3, 4, 9, 1]);
    });
  });
});
