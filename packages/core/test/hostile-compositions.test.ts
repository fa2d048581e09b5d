import assert from 'node:assert/strict';
import { createTracer, type StartedTrace, step, type Transport } from '@openlayer-tracing/core';
import { HOSTILE_VALUES } from './hostile-values.ts';

const SEEDS = 20;
const COMPOSITIONS = 200;
const MIB = 1024 * 1024;
const SMALL = HOSTILE_VALUES.filter(({ isBig }) => isBig !== true);

describe('10,000 random compositions of hostile values', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`are logged without an error, in at most 1 MB each: ${COMPOSITIONS} of seed ${seed}`, async () => {
      const random = mulberry32(seed);
      let touches = 0;
      const touch = () => {
        touches++;
      };
      const transport = checkingTransport();
      const errors: unknown[] = [];
      const tracer = createTracer({
        transport,
        onDiagnostic: (diagnostic) => diagnostic.level === 'error' && errors.push(diagnostic),
      });
      const prototype = Reflect.ownKeys(Object.prototype);
      for (let n = 0; n < COMPOSITIONS; n++) {
        const trace = tracer.startTrace('job');
        logSomething(trace, random, touch);
        trace.end();
        if (n % 50 === 49) await tracer.flush();
      }
      assert.deepEqual(transport.tooBig, []);
      assert.equal(touches, 0, 'code of the values ran');
      assert.deepEqual(errors, []);
      assert.equal(tracer.stats().published, COMPOSITIONS);
      assert.deepEqual(Reflect.ownKeys(Object.prototype), prototype);
    });
  }
});

/** Takes rows that are JSON, and notes the size of those that are longer than a megabyte. */
function checkingTransport(): Transport & { readonly tooBig: number[] } {
  const tooBig: number[] = [];
  return {
    tooBig,
    async send({ rows }) {
      for (const { bytes } of rows) {
        JSON.parse(Buffer.from(bytes).toString('utf8'));
        if (bytes.byteLength > MIB) tooBig.push(bytes.byteLength);
      }
      return { delivered: rows.length, lost: {} };
    },
    close() {},
  };
}

/** One to four places of a trace, each with a composition of its own. */
function logSomething(trace: StartedTrace, random: () => number, touch: () => void): void {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  // biome-ignore lint/suspicious/noExplicitAny: what no compiler would let pass is what is tested
  const value = (): any => compose(random, touch, 4);
  const places: readonly (() => void)[] = [
    () => trace.update({ output: value(), groundTruth: value() }),
    () => trace.update({ input: value() }),
    () => trace.update({ input: { a: value(), b: value() } }),
    () => trace.update({ metadata: value() }),
    () => trace.update({ metadata: { a: value() }, tags: value() }),
    () =>
      trace.update({ name: value(), userId: value(), sessionId: value(), inferenceId: value() }),
    () => trace.update({ context: value(), question: value() }),
    () => trace.update({ context: [value(), value()] as never }),
    () => trace.addStep({ name: value(), type: value(), inputs: value(), output: value() }),
    () => trace.addStep({ name: 's', metadata: value(), error: value(), latency: value() }),
    () => trace.addStep({ name: 's', type: 'retriever', documents: value() }),
    () =>
      trace.addStep({
        name: 's',
        type: 'chat_completion',
        modelParameters: value(),
        usageDetails: value(),
        rawOutput: value(),
      }),
    () =>
      trace.addStep({ name: 's', type: 'guardrail', blockedEntities: value(), reason: value() }),
    () => trace.step({ name: 's', inputs: value() }, (s) => s.update({ output: value() })),
    () => {
      const thrown = value();
      assert.throws(
        () =>
          trace.step('throws', () => {
            throw thrown;
          }),
        (reason) => Object.is(reason, thrown),
      );
    },
    () => {
      const returned = composeData(random, touch);
      assert.equal(
        trace.run(() => step('returns', () => returned)),
        returned,
      );
    },
  ];
  const count = 1 + Math.floor(random() * 4);
  for (let n = 0; n < count; n++) pick(places)();
}

/** A value that a function may return: no stream and no thenable, whose steps would end with their consumer. */
function composeData(random: () => number, touch: () => void): unknown {
  return [compose(random, touch, 3)];
}

function compose(random: () => number, touch: () => void, depth: number): unknown {
  const below = () => compose(random, touch, depth - 1);
  const several = () => Array.from({ length: Math.floor(random() * 4) }, below);
  if (depth === 0 || random() < 0.4) {
    return (SMALL[Math.floor(random() * SMALL.length)] as (typeof SMALL)[number]).make(touch);
  }
  switch (Math.floor(random() * 12)) {
    case 0:
      return several();
    case 1:
      return { a: below(), b: below() };
    case 2:
      return new Map(several().map((value, i) => [i % 2 ? value : `${i}`, below()]));
    case 3:
      return new Set(several());
    case 4:
      return new Error('composed', { cause: below() });
    case 5:
      return new AggregateError(several(), 'several');
    case 6:
      return { toJSON: () => below() };
    case 7:
      return Object.assign(Object.create(null), { password: below(), value: below() });
    case 8:
      return Object.freeze(Object.assign([below()], { extra: below() }));
    case 9:
      return Object.assign(new (class Composed {})(), { inner: below() });
    case 10: {
      const circle: Record<string, unknown> = { other: below() };
      circle.self = [circle];
      return circle;
    }
    default:
      return { ['k'.repeat(Math.floor(random() * 400))]: below(), ['__proto__']: below() };
  }
}

/** A small seeded generator, so that a failure can be seen again. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
