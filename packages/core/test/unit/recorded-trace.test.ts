import assert from 'node:assert/strict';
import { type Diagnostic, Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { isInert } from '../../src/trace/inert.ts';
import type { RecordedStep } from '../../src/trace/recorded-step.ts';
import { RecordedTrace, type Recorder } from '../../src/trace/recorded-trace.ts';
import { defaultScope } from '../../src/trace/scope/scope.ts';
import type { TracedStep } from '../../src/trace/traced-step.ts';
import { CostTracker } from '../../src/trace/usage/cost-tracker.ts';
import type { Pricing } from '../../src/trace/usage/pricing.ts';
import { Redactor } from '../../src/values/redaction/redactor.ts';
import { Snapshotter } from '../../src/values/snapshot/snapshotter.ts';
import type { StepType } from '../../src/wire.ts';

const LIMITS = {
  maxSteps: 100,
  maxDepth: 10,
  maxValueChars: 1000,
  maxTraceChars: 10_000,
  maxOpenTraces: 10,
};

/** A trace of its own, with what was reported of it and how often it was handed over. */
function recorded({
  limits = {},
  type,
  pricing,
}: {
  limits?: Partial<typeof LIMITS>;
  type?: StepType;
  pricing?: Pricing;
} = {}) {
  const said: Diagnostic[] = [];
  const ended: RecordedTrace[] = [];
  const redactor = new Redactor();
  const diagnostics = new Diagnostics({ onDiagnostic: (each) => said.push(each), level: 'debug' });
  const costs = { pricing, onUsage: undefined, budget: undefined };
  const recorder: Recorder = {
    scope: defaultScope,
    snapshotter: new Snapshotter(redactor, { maxChars: 1000, maxDepth: 10, maxNodes: 100 }),
    redactor,
    limits: { ...LIMITS, ...limits },
    diagnostics,
    idSpace: 0,
    costs: pricing && new CostTracker(costs, diagnostics),
    admit: () => true,
    addOpen() {},
    endSoon: (each) => each.endUnlessWaiting(),
    takeEnded: (each) => ended.push(each),
  };
  const trace = new RecordedTrace(recorder, 'job', { inferenceId: 'id' }, type);
  return { trace, said, reasons: () => said.map(({ reason }) => reason), ended };
}

describe('a trace that is recorded', () => {
  for (const value of [null, undefined, 7, 'x']) {
    it(`takes no update that is no object: ${value}`, () => {
      const { trace, reasons, said } = recorded();
      trace.update(value as never);
      assert.match(said[0]?.message ?? '', /update takes an object/);
      trace.root.update(value as never);
      trace.addStep(value as never);
      assert.deepEqual(new Set(reasons()), new Set(['bad_input']));
      assert.equal(trace.root.children, undefined);
    });
  }

  it('ends once, with the first outcome and the first error', () => {
    const { trace, ended, reasons } = recorded();
    trace.end(new Error('first'));
    trace.end();
    trace.end(new Error('second'));
    assert.deepEqual([trace.outcome, trace.root.error?.message], ['error', 'first']);
    assert.deepEqual([ended.length, reasons()], [1, []]);
    const { trace: fine } = recorded();
    fine.end();
    assert.deepEqual([fine.outcome, fine.root.error], ['completed', undefined]);
  });

  it('keeps an error that the app reported over the one that ends it', () => {
    const { trace } = recorded();
    trace.recordError(new Error('reported'));
    trace.root.fail(new Error('thrown'));
    trace.end(new Error('ended'));
    assert.equal(trace.root.error?.message, 'reported');
  });

  it('waits for each promise that it is given, and records the first rejection', async () => {
    const { trace, ended } = recorded();
    const resolvers: (() => void)[] = [];
    const pending = () => new Promise<void>((resolve) => resolvers.push(resolve));
    trace.waitUntil(pending());
    trace.waitUntil(pending());
    trace.waitUntil(Promise.reject(new Error('in the background')));
    trace.end();
    await turn();
    assert.deepEqual([trace.isOpen, ended.length], [true, 0]);
    resolvers[0]?.();
    await turn();
    assert.equal(trace.isOpen, true);
    resolvers[1]?.();
    await turn();
    assert.deepEqual([trace.isOpen, ended.length], [false, 1]);
    assert.equal(trace.root.error?.message, 'in the background');
  });

  it('says of which option it cannot read what was promised', async () => {
    const { trace, said } = recorded();
    trace.awaitOption('input', Promise.resolve({}), () => {
      throw new Error('a trap of a proxy threw');
    });
    await trace.whenOptionsSettle();
    assert.deepEqual(
      said.map(({ reason, message }) => [reason, message]),
      [['option_input_failed', 'the result of the function given as input could not be read']],
    );
    assert.match(String(said[0]?.error), /a trap of a proxy threw/);
  });

  it('does not end before it is settled, whatever it waited for', async () => {
    const { trace, ended } = recorded();
    trace.waitUntil(Promise.resolve());
    await turn();
    assert.deepEqual([trace.isOpen, ended.length], [true, 0]);
  });

  for (const [verb, outcome] of [
    ['abandon', 'abandoned'],
    ['interrupt', 'interrupted'],
  ] as const) {
    it(`waits for nothing where it is ${outcome}, and ends once`, async () => {
      const { trace, ended } = recorded();
      let resolve = () => {};
      trace.waitUntil(
        new Promise<void>((done) => {
          resolve = done;
        }),
      );
      trace[verb]();
      assert.deepEqual([trace.outcome, trace.isOpen, ended.length], [outcome, false, 1]);
      trace[verb]();
      resolve();
      await turn();
      assert.equal(ended.length, 1);
    });
  }

  it('is too old once it is older than it may be', () => {
    const { trace } = recorded();
    assert.equal(trace.isTooOld, false);
    trace.setMaxAge(60_000);
    assert.equal(trace.isTooOld, false);
    trace.setMaxAge(-1);
    assert.equal(trace.isTooOld, true);
  });

  it('waits for the reader of its own result only so long, and not for that of a step', () => {
    const { trace } = recorded();
    const step = trace.startStep('s') as typeof trace.root;
    step.waitForReader(-1000);
    assert.equal(trace.isTooOld, false);
    trace.root.waitForReader(-1000);
    assert.equal(trace.isTooOld, true);
  });

  it('changes its revision with each change', () => {
    const { trace } = recorded();
    const step = trace.startStep('s') as RecordedStep;
    for (const change of [
      () => trace.update({ userId: 'u', output: 1 }),
      () => trace.rename('other'),
      () => trace.startStep('t'),
      () => step.update({ name: 'u' }),
      () => trace.recordError(new Error('x')),
      () => step.end(),
      () => step.moveStartBack(-5),
      () => step.reopen(),
      () => step.retype('chat_completion'),
      () => step.end(),
      () => step.setMeasuredTimes(trace.startedAt, trace.startedAt + 1),
      () => step.setRecordedUsage({ tokens: undefined, factors: {} }),
    ]) {
      const before = trace.revision;
      change();
      assert.ok(trace.revision > before, change.toString());
    }
  });

  it('has the price of the times that its call was measured to have', () => {
    const { trace } = recorded({ pricing: { price: ({ startTime }) => startTime } });
    const call = trace.startStep({ name: 'call', type: 'chat_completion' }) as TracedStep;
    call.merge({ promptTokens: 1, completionTokens: 1 } as object);
    call.end();
    assert.equal(Math.floor(trace.usage.estimatedCost ?? 0), Math.floor(trace.startedAt));
    const ended = call.endMs;
    call.setMeasuredTimes(trace.startedAt - 5000, trace.startedAt - 4000);
    assert.equal(call.startMs, Math.max(ended - 1000, 0));
    assert.equal(trace.usage.estimatedCost, trace.startedAt + call.startMs);
    call.setMeasuredTimes(trace.startedAt, trace.startedAt);
    assert.equal(trace.usage.estimatedCost, trace.startedAt + call.startMs);
  });

  it('keeps the facts of who asked where an update has none that fit', () => {
    const { trace, reasons } = recorded();
    trace.update({ userId: 'u', sessionId: 's', context: ['c'], inferenceId: 'mine' });
    const wrong = { userId: {}, sessionId: [], context: 'c', inferenceId: 'a b' };
    trace.update(wrong as never);
    const { columns, inferenceId } = trace;
    const { userId, sessionId, context } = columns;
    assert.deepEqual([userId, sessionId, context, inferenceId], ['u', 's', '["c"]', 'mine']);
    assert.deepEqual(new Set(reasons()), new Set(['bad_input']));
  });

  it('has a context of strings', () => {
    const { trace } = recorded();
    trace.update({ context: ['a', 7, { b: 1 }, null] as never });
    assert.deepEqual(JSON.parse(trace.columns.context ?? ''), ['a', '7', '{"b":1}', 'null']);
  });

  it('has at most 64 columns and 1,000 passages', () => {
    const { trace } = recorded({ limits: { maxTraceChars: 1_000_000 } });
    const of = (count: number) => Array.from({ length: count }, (_, i) => `k${i}`);
    trace.columns.setInput(Object.fromEntries(of(65).map((key) => [key, 1])));
    assert.deepEqual(trace.columns.inputs?.keys, of(64));
    assert.equal(trace.columns.inputs?.texts.length, 64);
  });

  it('has metadata of 128 keys, the values of others use up none of its room', () => {
    const { trace, said } = recorded({ limits: { maxTraceChars: 3000 } });
    const keys = Array.from({ length: 128 }, (_, i) => [`k${i}`, 1]);
    trace.update({ metadata: Object.fromEntries(keys) });
    trace.update({ metadata: { more: 'x'.repeat(900), 'and more': 'x'.repeat(900), k0: 2 } });
    trace.update({ metadata: { 'once more': 'x'.repeat(900) }, output: 'y'.repeat(900) });
    assert.equal(trace.root.metadata?.size, 128);
    assert.equal(trace.root.metadata?.get('k0'), '2');
    assert.equal(trace.root.output, `"${'y'.repeat(900)}"`);
    assert.match(said[0]?.message ?? '', /at most 128 keys/);
  });

  for (const [keys, isRead] of [
    [1000, true],
    [1001, false],
  ] as const) {
    it(`reads ${isRead ? 'the last' : 'not the last'} of ${keys} keys of one update`, () => {
      const { trace } = recorded();
      trace.update({ metadata: { known: 1 } });
      const others = Array.from({ length: keys - 1 }, (_, i) => [`k${i}`, 1]);
      trace.update({ metadata: Object.fromEntries([...others, ['known', 2]]) });
      assert.equal(trace.root.metadata?.get('known'), isRead ? '2' : '1');
    });
  }

  it('says that it is full in its metadata, once', () => {
    const { trace } = recorded({ limits: { maxTraceChars: 500 } });
    trace.update({ output: 'x'.repeat(900) });
    trace.update({ metadata: { a: 1, b: 2 } });
    assert.equal(trace.root.metadata?.toText(), '"…":"[cut: the trace is full]"');
  });
});

describe('a trace that has ended', () => {
  const USES: readonly (readonly [what: string, use: (trace: RecordedTrace) => unknown])[] = [
    ['an update of the trace', (trace) => trace.update({ output: 1 })],
    ['recordError()', (trace) => trace.recordError(new Error('x'))],
    ['waitUntil()', (trace) => trace.waitUntil(Promise.reject(new Error('x')))],
    ['an update of step "job"', (trace) => trace.root.update({ output: 1 })],
    ['an update of step "job"', (trace) => trace.root.merge({ output: 1 })],
    ['step "late"', (trace) => trace.startStep('late')],
    ['step "late"', (trace) => trace.addStep({ name: 'late' })],
  ];
  for (const [what, use] of USES) {
    it(`records nothing, and says so: ${what}`, async () => {
      const { trace, said, ended } = recorded();
      trace.end(new Error('first'));
      use(trace);
      await turn();
      const [{ reason, message } = {}] = said;
      assert.equal(reason, 'too_late');
      assert.ok(message?.startsWith(`${what} came after`), message);
      assert.match(message ?? '', /outcome error\); pass/);
      assert.doesNotMatch(message ?? '', /maxAgeMs/);
      assert.deepEqual([said.length, ended.length], [1, 1]);
      const { output, children, error } = trace.root;
      assert.deepEqual([output, children, error?.message], [undefined, undefined, 'first']);
    });
  }

  it('says of the end of a step that it came too late', () => {
    const { trace, said } = recorded();
    const step = trace.startStep('open');
    trace.end();
    step.end();
    assert.match(said[0]?.message ?? '', /^the end of step "open" came after/);
  });

  it('says that it was too old, where it was', () => {
    const { trace, said } = recorded();
    trace.setMaxAge(-1);
    trace.abandon();
    trace.update({ output: 1 });
    assert.match(said[0]?.message ?? '', /raise maxAgeMs, which is -1/);
  });

  it('says so only where that ended it', () => {
    const { trace, said } = recorded();
    trace.end();
    trace.setMaxAge(-1);
    trace.update({ output: 1 });
    assert.doesNotMatch(said[0]?.message ?? '', /maxAgeMs/);
    const other = recorded();
    other.trace.waitUntil(new Promise(() => {}));
    other.trace.end();
    other.trace.setMaxAge(-1);
    other.trace.abandon();
    other.trace.update({ output: 1 });
    assert.match(other.said[0]?.message ?? '', /raise maxAgeMs, which is -1/);
  });

  it('has steps of the type that is asked for, which keep code in its scope', () => {
    const { trace } = recorded();
    trace.end();
    const step = trace.startStep({ name: 'late', type: 'tool' });
    assert.deepEqual([step.type, step.name, isInert(step as never)], ['tool', 'late', false]);
    assert.equal(trace.startStep({ name: 'late', type: 'odd' } as never).type, 'user_call');
    assert.equal(
      step.run(() => defaultScope.get()),
      step,
    );
  });
});

describe('a step that is recorded', () => {
  it('has options that are known, and a type that there is', () => {
    const { trace, said } = recorded();
    trace.startStep('plain');
    assert.equal(said.length, 0);
    trace.startStep({ name: 'a', bogus: 1 } as never);
    assert.match(said[0]?.message ?? '', /bogus/);
    assert.equal(said[0]?.reason, 'unknown_option');
    for (const [type, shown] of [
      ['odd', '"odd"'],
      [7, 'number'],
    ] as const) {
      const { trace: other, said: messages } = recorded();
      assert.equal(other.startStep({ name: 'b', type } as never).type, 'user_call');
      assert.ok(messages[0]?.message.startsWith(`unknown step type ${shown};`));
    }
  });

  it('ignores what has no value, or is inherited', () => {
    const { trace, said } = recorded();
    trace.startStep(Object.assign(Object.create({ inherited: 1 }), { name: 'a', none: undefined }));
    assert.equal(said.length, 0);
    trace.startStep({
      name: 'a',
      get computed() {
        return 1;
      },
    } as never);
    assert.equal(said[0]?.reason, 'unknown_option');
  });

  it('is not recorded beyond the limits, and runs in the scope of the step above it', () => {
    for (const limits of [{ maxSteps: 1 }, { maxDepth: 1 }]) {
      const { trace, reasons } = recorded({ limits });
      const step = trace.startStep('a');
      const scopes: unknown[] = [];
      const look = () => scopes.push(defaultScope.get());
      step.step('from outside', look);
      step.run(() => step.step('from inside', look));
      assert.deepEqual(scopes, [step, step]);
      step.addStep({ name: 'measured' });
      assert.deepEqual([trace.unrecordedSteps, reasons()], [3, []]);
      assert.equal((step as typeof trace.root).children, undefined);
    }
  });

  it('ends with its own error, also where the app gave it another', () => {
    const { trace } = recorded();
    const fails = () =>
      trace.step('s', (step) => {
        step.update({ error: new Error('given') });
        throw new Error('thrown');
      });
    assert.throws(fails, { message: 'thrown' });
    assert.equal(trace.root.children?.[0]?.error?.message, 'thrown');
  });

  it('keeps the output that the app gave it over its result', () => {
    const { trace } = recorded();
    trace.step('s', (step) => {
      step.update({ output: 'given' });
      return 'returned';
    });
    trace.step('t', () => 'returned');
    trace.step('u', () => undefined);
    assert.deepEqual(
      trace.root.children?.map(({ output }) => output),
      ['"given"', '"returned"', undefined],
    );
  });

  it('keeps in its metadata what does not fit its fields', () => {
    const { trace, reasons } = recorded();
    trace.addStep({
      name: 'c',
      type: 'chat_completion',
      promptTokens: -1,
      model: 'm',
      usageDetails: {},
    } as never);
    const step = trace.root.children?.[0];
    assert.equal(step?.metadata?.toText(), '"promptTokens":-1');
    assert.equal(step?.fields?.[5], '"m"');
    assert.deepEqual(reasons(), ['bad_input']);
  });

  const SECRET = 'the passphrase is swordfish';
  for (const [type, field, value, takes] of [
    ['chat_completion', 'promptTokens', '12', 'a number of at least 0, but is "12"'],
    ['chat_completion', 'tokens', -1, 'a number of at least 0, but is -1'],
    ['chat_completion', 'cost', Number.NaN, 'a number of at least 0, but is NaN'],
    ['chat_completion', 'cost', SECRET, 'a number of at least 0, but is a string'],
    ['chat_completion', 'model', { name: 'm' }, 'a string, but is an object'],
    ['chat_completion', 'model', () => {}, 'a string, but is a function'],
    ['chat_completion', 'modelParameters', ['a'], 'an object, but is an array'],
    ['chat_completion', 'modelParameters', new Proxy({}, {}), 'an object, but is a proxy'],
    ['chat_completion', 'modelParameters', new ReadableStream(), 'an object'],
    ['embedding', 'embeddingCount', 1.5, 'a whole number of at least 0, but is 1.5'],
    ['retriever', 'documents', SECRET, 'an array, but is a string'],
    ['guardrail', 'blockedEntities', 'EMAIL', 'an array of strings, but is a string'],
    ['guardrail', 'blockedEntities', [7], 'an array of strings'],
  ] as const) {
    it(`says what ${field} takes: ${takes}`, () => {
      const { trace, said } = recorded();
      trace.addStep({ name: 's', type, [field]: value } as never);
      assert.deepEqual(
        said.map(({ message }) => message),
        [`${field} of a ${type} step takes ${takes}; it was kept in metadata`],
      );
    });
  }
});

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));
