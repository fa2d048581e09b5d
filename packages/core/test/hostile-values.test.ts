import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { types } from 'node:util';
import { createTracer, type StartedTrace } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { violations } from '../../../test/support/wire/validate.ts';
import { HOSTILE_VALUES, type HostileValue } from './hostile-values.ts';
import { rootOf, stepOf } from './support.ts';

const MIB = 1024 * 1024;

/** Logs by `log` in a trace of its own; the row is valid, and our own failures are none. */
async function rowOf(log: (trace: StartedTrace) => void): Promise<WireRow> {
  const transport = memoryTransport();
  const errors: unknown[] = [];
  const tracer = createTracer({
    transport,
    onDiagnostic: (diagnostic) => diagnostic.level === 'error' && errors.push(diagnostic),
  });
  const trace = tracer.startTrace('job');
  log(trace);
  trace.end();
  await tracer.flush();
  assert.deepEqual(errors, []);
  const [row] = transport.rows;
  const [config] = transport.configs;
  assert.ok(row && config);
  assert.deepEqual(violations({ config, rows: [row] }), []);
  return row;
}

/** Where a user can put a value, and where it is found. */
const PLACES: readonly (readonly [
  string,
  (trace: StartedTrace, value: unknown) => void,
  ((row: WireRow) => unknown) | undefined,
])[] = [
  [
    'inputs of a step',
    (trace, value) => trace.addStep({ name: 's', inputs: value }),
    (row) => stepOf([row], 's').inputs,
  ],
  [
    'the output of a step',
    (trace, value) => trace.addStep({ name: 's', output: value }),
    (row) => stepOf([row], 's').output,
  ],
  [
    'the metadata of a step',
    (trace, value) => trace.addStep({ name: 's', metadata: { value } }),
    (row) => stepOf([row], 's').metadata.value,
  ],
  ['all the metadata', (trace, value) => trace.update({ metadata: value as never }), undefined],
  ['an input column', (trace, value) => trace.update({ input: { value } }), (row) => row.value],
  ['all the input', (trace, value) => trace.update({ input: value as never }), undefined],
  ['the output', (trace, value) => trace.update({ output: value }), (row) => row.output],
  [
    'the ground truth',
    (trace, value) => trace.update({ groundTruth: value }),
    (row) => row.groundTruth,
  ],
  [
    'a field that takes any value',
    (trace, value) => trace.addStep({ name: 's', type: 'tool', arguments: value }),
    (row) => stepOf([row], 's').arguments,
  ],
  [
    'fields of other kinds',
    (trace, value) => {
      // biome-ignore lint/suspicious/noExplicitAny: what no compiler would let pass is what is tested
      const any = value as any;
      trace.addStep({ name: 'r', type: 'retriever', documents: any });
      trace.addStep({ name: 'r', type: 'retriever', documents: [any] });
      trace.addStep({
        name: 'g',
        type: 'guardrail',
        blockedEntities: any,
        reason: any,
        confidenceThreshold: any,
      });
      trace.addStep({ name: 'g', type: 'guardrail', blockedEntities: [any] });
      trace.addStep({
        name: 'c',
        type: 'chat_completion',
        modelParameters: any,
        usageDetails: any,
        tokens: any,
      });
      trace.addStep({ name: 'e', type: 'embedding', embeddingCount: any, model: any });
      trace.addStep({ name: 'a', type: 'agent', tool: any, action: any });
      trace.addStep({ name: 'h', type: 'handoff', fromComponent: any, handoffData: any });
    },
    undefined,
  ],
  [
    'what identifies and names',
    (trace, value) => {
      // biome-ignore lint/suspicious/noExplicitAny: what no compiler would let pass is what is tested
      const any = value as any;
      trace.update({ name: any });
      trace.update({ userId: any, sessionId: any, inferenceId: any });
      trace.update({ tags: any });
      trace.update({ tags: [any] });
      trace.update({ context: any, question: any });
      trace.update({ context: [any], question: any });
      trace.addStep({ name: any, type: any });
      trace.addStep({ name: 's', startTime: any, endTime: any, latency: any });
    },
    undefined,
  ],
  [
    'an error',
    (trace, value) => {
      trace.addStep({ name: 's', error: value });
      assert.throws(
        () =>
          trace.step('throws', () => {
            throw value;
          }),
        (reason) => Object.is(reason, value),
      );
    },
    undefined,
  ],
];

/** Where a value that takes long to make is put. */
const FEW = new Set(['the output of a step', 'all the metadata', 'all the input']);

describe('a hostile value', () => {
  for (const hostile of HOSTILE_VALUES) {
    it(`harms nothing: ${hostile.name}`, async () => {
      for (const [place, put, found] of PLACES) {
        if (hostile.isBig !== true || FEW.has(place)) await check(hostile, place, put, found);
      }
    });
  }

  async function check(
    hostile: HostileValue,
    place: string,
    put: (trace: StartedTrace, value: unknown) => void,
    found: ((row: WireRow) => unknown) | undefined,
  ): Promise<void> {
    let touches = 0;
    const value = hostile.make(() => {
      touches++;
    });
    const prototypes = fingerprint();
    const before = stateOf(value);
    const row = await rowOf((trace) => put(trace, value));
    assert.equal(touches, 0, `${place}: code of the value ran`);
    assert.deepEqual(fingerprint(), prototypes, `${place}: a prototype was changed`);
    assert.deepEqual(stateOf(value), before, `${place}: the value was changed`);
    // A text of control characters is six times as long in JSON: room is counted about.
    const size = JSON.stringify(row).length;
    assert.ok(size <= 1.25 * MIB, `${place}: ${size} characters`);
    if (found === undefined) return;
    if (hostile.logged !== undefined) assert.deepEqual(found(row), hostile.logged, place);
    assert.doesNotMatch(JSON.stringify(row), /sk-(canary|source)/, place);
  }

  /** What a careless merge would change for everyone. */
  function fingerprint(): unknown {
    const polluted = {} as Record<string, unknown>;
    return [
      polluted.x,
      Reflect.ownKeys(Object.prototype),
      Reflect.ownKeys(Array.prototype).length,
      Reflect.ownKeys(Error.prototype),
      Reflect.ownKeys(Promise.prototype),
      Reflect.ownKeys(Function.prototype).length,
    ];
  }

  /** Own properties, listeners and whether it flows, where asking for them runs no code. */
  function stateOf(value: unknown): unknown {
    if (value === globalThis || typeof value !== 'object' || value === null) return undefined;
    if (types.isProxy(value) || types.isProxy(Object.getPrototypeOf(value))) return undefined;
    const names = Object.getOwnPropertyNames(value);
    if (!(value instanceof Readable)) return names.length > 1000 ? undefined : names;
    return [names, value.readableFlowing, value.eventNames()];
  }

  it('that is a stream is not started', async () => {
    const stream = new Readable({ read() {} });
    for (const [, put] of PLACES) await rowOf((trace) => put(trace, stream));
    assert.equal(stream.readableFlowing, null);
    assert.deepEqual(stream.eventNames(), new Readable({ read() {} }).eventNames());
  });

  it('leaves a visible mark where something was cut', async () => {
    const wide = Array.from({ length: 20_000 }, (_, i) => i);
    const row = await rowOf((trace) =>
      trace.update({
        output: {
          text: 'x'.repeat(70_000),
          after: 'gone',
        },
        groundTruth: wide,
        metadata: {
          set: new Set(wide),
          holes: new Array(2 ** 32 - 1),
          keys: wide
            .map(String)
            .reduce((o: Record<string, number>, k) => Object.assign(o, { [`k${k}`]: 1 }), {}),
        },
      }),
    );
    assert.match(JSON.stringify(row.output), /x… \[cut: \d+ more characters\]/);
    assert.match(JSON.stringify(row.groundTruth), /\[cut: \d+ more items\]",\d+/);
    const { set, holes, keys } = row.metadata as Record<string, unknown>;
    assert.match(JSON.stringify(set), /\[cut: \d+ more items\]",\d+/);
    assert.match(JSON.stringify(holes), /\[cut: 429\d+ more items\]"/);
    assert.match(JSON.stringify(keys), /"…":"\[cut: \d+ more keys\]"\}$/);
  });

  it('is logged as it was, whatever becomes of it', async () => {
    const value = { list: [1], map: new Map([['a', 1]]), deep: { n: 1 } };
    const row = await rowOf((trace) => {
      trace.update({ output: value, input: { value }, metadata: { value } });
      value.list.push(2);
      value.map.clear();
      value.deep.n = 2;
    });
    const then = { list: [1], map: { $map: [['a', 1]] }, deep: { n: 1 } };
    assert.deepEqual(row.output, then);
    assert.deepEqual(row.value, then);
    assert.deepEqual(row.metadata?.value, then);
  });

  it('is asked for its JSON once, in its own name', async () => {
    const calls: unknown[] = [];
    class Model {
      toJSON(...args: unknown[]) {
        calls.push(this, ...args);
        return { id: 7 };
      }
    }
    const model = new Model();
    const row = await rowOf((trace) => trace.update({ output: { model } }));
    assert.deepEqual(row.output, { model: { id: 7 } });
    assert.deepEqual(calls, [model, '']);
  });

  it('may log something itself while it is logged', async () => {
    const row = await rowOf((trace) => {
      const value = {
        toJSON() {
          trace.update({ metadata: { inner: { a: [1, 2] } } });
          return { b: [3] };
        },
      };
      trace.update({ output: [value, { c: 4 }] });
    });
    assert.deepEqual(row.output, [{ b: [3] }, { c: 4 }]);
    assert.deepEqual(row.metadata, { inner: { a: [1, 2] } });
  });
});

describe('a trace', () => {
  it('has at most 128 keys of metadata, of 256 characters each', async () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i) => [`${i}`.padEnd(1000, 'k'), i]),
    );
    const row = await rowOf((trace) => {
      trace.update({ metadata });
      trace.addStep({ name: 's', metadata });
    });
    for (const kept of [row.metadata, stepOf([row], 's').metadata]) {
      const keys = Object.keys(kept ?? {});
      assert.equal(keys.length, 128);
      assert.equal(Math.max(...keys.map((key) => key.length)), 256);
    }
  });

  it('has names of bounded length', async () => {
    const name = 'n'.repeat(MIB);
    const row = await rowOf((trace) => {
      trace.update({ name });
      trace.step(name, () => {});
      trace.addStep({ name });
    });
    for (const step of [rootOf(row), ...rootOf(row).steps]) assert.equal(step.name.length, 257);
  });

  it('has at most 1,000 steps, and says how many more ran', async () => {
    let ran = 0;
    const row = await rowOf((trace) => {
      for (let i = 0; i < 100_000; i++) trace.step('s', () => ran++);
    });
    assert.equal(ran, 100_000);
    assert.equal(rootOf(row).steps.length, 1000);
    assert.equal(row.metadata?.unrecordedSteps, 99_000);
  });

  it('keeps within its room, however much is logged in it', async () => {
    const text = '語'.repeat(65_536);
    const metadata = Object.fromEntries(
      Array.from({ length: 128 }, (_, i) => [`${i}`.padEnd(256, '鍵'), text]),
    );
    const row = await rowOf((trace) => {
      trace.update({ metadata, output: text, input: metadata, context: [text, text] });
      for (let i = 0; i < 1000; i++) {
        trace.addStep({
          name: '名'.repeat(300),
          type: 'chat_completion',
          inputs: text,
          output: text,
          metadata,
          rawOutput: text,
          error: new Error(text),
        });
      }
    });
    // Room is counted in characters, which take up to three bytes, and what belongs to the root stands in the row twice.
    const size = Buffer.byteLength(JSON.stringify(row));
    assert.ok(size <= 8 * MIB, `${size} bytes`);
    assert.match(JSON.stringify(row), /\[cut: \d+ more (?:keys|characters)\]/);
  });
});
