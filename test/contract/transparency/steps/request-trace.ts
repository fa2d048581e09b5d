/** The methods of the request's trace and of its steps. */

import { setTimeout as pause } from 'node:timers/promises';
import { get, postJson } from '../../../support/raw-http.ts';
import type { StepsCase } from './case.ts';
import { HOSTILE_VALUES } from './hostile-values.ts';

const QUESTION = [postJson({ question: 'Why?', apiKey: 'sk-secret' }, '/ask?lang=de&token=t')];

export const requestTrace: readonly StepsCase[] = [
  {
    name: 'steps in steps, sync and async',
    clients: QUESTION,
    status: 200,
    faults: true,
    handle: async ({ trace, body }) => {
      const sum = trace.step('sum', () => 1 + 2);
      const found = await trace.step({ name: 'search', type: 'retriever' }, async (step) => {
        step.update({ documents: ['a', 'b'], metadata: { topK: 2 } });
        await pause(1);
        const inner = step.step('rank', (rank) => rank.step({ name: 'deep' }, () => ['b', 'a']));
        trace.updateStep({ metadata: { ranked: true } });
        return inner;
      });
      const both = await Promise.all([
        trace.step('left', async () => pause(1, 'left')),
        trace.step('right', async () => pause(1, 'right')),
      ]);
      return { sum, found, both, body };
    },
  },
  {
    name: 'steps that the caller ends',
    clients: QUESTION,
    status: 200,
    faults: true,
    handle: async ({ trace, note }) => {
      const outer = trace.startStep({ name: 'outer', type: 'agent', inputs: { goal: 'x' } });
      const ran = outer.run(() => {
        const inner = trace.startStep('inner');
        inner.update({ output: 'done', groundTruth: 'done', name: 'renamed' });
        inner.end();
        inner.end();
        return 'ran';
      });
      const child = outer.startStep({ name: 'child', metadata: { a: 1 } });
      child[Symbol.dispose]();
      outer.addStep({ name: 'measured', type: 'tool', startTime: Date.now(), latency: 1 });
      trace.addStep({ name: 'elsewhere', latency: 5, output: 'x' });
      outer.end();
      note(`${typeof outer.id} ${typeof outer.name} ${typeof outer.type}`);
      note(String(outer.step('after its end', () => 'still runs')));
      return ran;
    },
  },
  {
    name: 'what a trace can be told and asked',
    clients: QUESTION,
    status: 200,
    faults: true,
    handle: async ({ trace, note, tools }) => {
      trace.update({
        name: 'ask',
        userId: 'u1',
        sessionId: 7,
        tags: ['a'],
        metadata: { plan: 'pro', nested: { password: 'x' } },
        input: { question: 'Why?', output: 'a name that is taken', token: 'a secret' },
        output: 'because',
        groundTruth: 'therefore',
        context: ['a passage'],
        question: 'Why?',
      });
      trace.step({ name: 'llm', type: 'chat_completion', provider: 'openai', model: 'm' }, (step) =>
        step.update({ promptTokens: 3, completionTokens: 4, tokens: 7, cost: 0.1 }),
      );
      trace.updateStep({ metadata: { told: true } });
      note(`${typeof trace.inferenceId} ${typeof trace.headers()} ${typeof trace.usage}`);
      note(`${typeof trace.traceId} ${typeof tools.logFields()}`);
      note(`${typeof trace.root.id} ${typeof trace.current.name}`);
      note(`aborted: ${trace.signal.aborted}`);
      return 'told';
    },
  },
  {
    name: 'every type of step',
    clients: [get()],
    status: 200,
    faults: true,
    handle: ({ trace }) => {
      trace.step({ name: 'chat', type: 'chat_completion', modelParameters: { t: 1 } }, (step) =>
        step.update({ rawOutput: { a: 1 }, usageDetails: { input_tokens: 1, bad: -1 } }),
      );
      trace.step({ name: 'embed', type: 'embedding', embeddingCount: 1 }, () => [0.1]);
      trace.step({ name: 'tool', type: 'tool', functionName: 'f', arguments: { a: 1 } }, () => 1);
      trace.step({ name: 'hand', type: 'handoff', fromComponent: 'a' }, () => undefined);
      trace.step({ name: 'guard', type: 'guardrail', blockedEntities: ['x'] }, () => false);
      trace.step({ name: 'agent', type: 'agent', action: { a: 1 } }, () => null);
      trace.step({ name: 'chain', type: 'chain' }, () => ({ deep: { list: [1] } }));
      return trace.step({ name: 'call', type: 'function_call' }, () => 'of all types');
    },
  },
  {
    name: 'code that is led back into the scope',
    clients: [get()],
    status: 200,
    faults: true,
    handle: async ({ trace, tools, outside }) => {
      const bound = trace.bind(function add(this: unknown, a: number, b: number) {
        tools.updateCurrentStep({ metadata: { bound: true } });
        return [a + b, this];
      });
      const ran = outside(() => trace.run(() => tools.step('within', () => 'ran')));
      return { bound: outside(() => bound.call('this', 1, 2)), ran };
    },
  },
  {
    name: 'work after the answer',
    clients: [get()],
    status: 200,
    lingersMs: 20,
    lastNote: 'worked',
    faults: true,
    handle: ({ trace, note }) => {
      const work = trace.waitUntil(
        pause(3, 'worked').then((done) => trace.step('late', () => done)),
      );
      work.then(note);
      trace.waitUntil(Promise.reject(new Error('fails quietly'))).catch(() => note('rejected'));
      return 'answered at once';
    },
  },
  {
    name: 'errors of steps, which stay what they are',
    clients: [get()],
    status: 200,
    faults: true,
    handle: async ({ trace, note }) => {
      const thrown = Object.freeze(new TypeError('frozen', { cause: new Error('the cause') }));
      for (const error of [thrown, 'a text', null, undefined, Symbol.iterator]) {
        trace.recordError(error);
        try {
          trace.step('throws', () => {
            throw error;
          });
        } catch (met) {
          note(`thrown: ${met === error}`);
        }
        const met = await trace
          .step('rejects', () => Promise.reject(error))
          .catch((e: unknown) => e);
        note(`rejected: ${met === error}`);
      }
      return 'survived';
    },
  },
  {
    name: 'an error of a step that nobody catches',
    clients: [get()],
    status: 500,
    faults: true,
    handle: ({ trace }) =>
      trace.step('fails', async () => {
        await pause(1);
        throw new RangeError('out of the step');
      }),
  },
  {
    name: 'hostile values, everywhere',
    clients: [postJson({ ok: 1 })],
    status: 200,
    faults: true,
    handle: ({ trace, tools }) => {
      for (const [name, make] of Object.entries(HOSTILE_VALUES)) {
        trace.step({ name, inputs: make(), metadata: { [name]: make() } }, (step) => {
          step.update({ output: make(), groundTruth: make() });
          return make();
        });
        tools.updateCurrentTrace({ metadata: { value: make() } });
      }
      return Object.keys(HOSTILE_VALUES).length;
    },
  },
  {
    name: 'arguments that make no sense',
    provokes: true,
    clients: [get()],
    status: 200,
    faults: true,
    handle: ({ trace, tools, note }) => {
      const nonsense: unknown[] = [null, 17, 'text', { name: 9 }, { type: 'unknown' }, []];
      for (const value of nonsense) {
        // What JavaScript callers may do, types or not.
        Reflect.apply(trace.update, trace, [value]);
        Reflect.apply(trace.updateStep, trace, [value]);
        Reflect.apply(trace.addStep, trace, [value]);
        Reflect.apply(tools.updateCurrentStep, undefined, [value]);
        Reflect.apply(tools.updateCurrentTrace, undefined, [value]);
        Reflect.apply(tools.addStep, undefined, [value]);
        note(String(Reflect.apply(trace.step, trace, [value, () => 'ran'])));
        note(typeof Reflect.apply(tools.startStep, undefined, [value]));
      }
      trace.update({ metadata: 'none' as never, userId: {} as never, inferenceId: 'no good id' });
      trace.update({ context: 'none' as never, input: 'one column' as never });
      trace.updateStep({ metadata: Object.fromEntries(Array(200).entries()) });
      trace.waitUntil('no promise' as never);
      for (const make of Object.values(HOSTILE_VALUES)) trace.recordError(make());
      return 'unimpressed';
    },
  },
  {
    name: 'a signal that aborts when the client leaves',
    clients: [
      async (peer) => {
        peer.send(get());
        await pause(20);
        peer.leave();
      },
    ],
    status: 0,
    faults: true,
    // The bare app has no such signal: only that nothing else happens can be compared.
    handle: ({ trace }) => {
      trace.signal.addEventListener('abort', () => trace.update({ metadata: { left: true } }));
      return new Promise(() => {});
    },
  },
];
