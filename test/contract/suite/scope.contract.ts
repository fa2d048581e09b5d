import assert from 'node:assert/strict';
import {
  currentStep,
  currentTrace,
  getTrace,
  startStep,
  step,
  trace,
  updateCurrentStep,
  updateCurrentTrace,
} from '@openlayer-tracing/core';
import type { Framework } from '../harness/frameworks.ts';
import { pause, until } from '../harness/pause.ts';
import { printed, stageOf, stepsOf, treeOf } from '../harness/stage.ts';
import { scopeAtOnce } from './scope-at-once.contract.ts';

export function scope(framework: Framework): void {
  describe('the scope', () => {
    it('is that of no trace outside requests, where steps just run', async () => {
      await using stage = await stageOf(framework, {
        define: (_app, { tell }) => {
          tell('current', [currentTrace() === undefined, currentStep() === undefined]);
          tell(
            'returned',
            step('nothing', () => 42),
          );
          updateCurrentTrace({ userId: 'nobody' });
          updateCurrentStep({ output: 'nothing' });
        },
      });
      assert.deepEqual(await stage.told('current'), [[true, true]]);
      assert.deepEqual(await stage.told('returned'), [42]);
      await stage.rows(0);
      assert.equal((await stage.stats()).started, 0);
    });

    it('is found again where it was lost, by getTrace, run and bind', async () => {
      await using stage = await stageOf(framework, {
        define: (app, { tell }) => {
          // As a database driver calls back: out of whatever request it happens to be in.
          const waiting: (() => void)[] = [];
          const called = async (callback: () => void) => {
            let isDone = false;
            waiting.push(() => {
              callback();
              isDone = true;
            });
            tell('waiting');
            await until(() => isDone, 'the call');
          };
          app.route('GET', '/', async (call) => {
            const found = getTrace(call.raw);
            tell('found', found === call.trace);
            await called(() => {
              tell('lost', currentTrace() !== call.trace);
              found?.run(() => step('run', () => {}));
            });
            await call.trace.step('outer', () => {
              const bound = call.trace.bind((name: string) => step(name, () => {}));
              return called(() => bound('bound'));
            });
            return { text: 'found' };
          });
          app.route('GET', '/turn', () => {
            for (const callback of waiting.splice(0)) callback();
            return { text: 'turned' };
          });
        },
        options: { skip: ({ path }) => path === '/turn' },
      });
      const response = fetch(stage.url);
      for (const turn of [1, 2]) {
        await stage.told('waiting', turn);
        await (await fetch(`${stage.url}/turn`)).text();
      }
      assert.equal(await (await response).text(), 'found');
      assert.deepEqual(await stage.told('found'), [true]);
      assert.deepEqual(await stage.told('lost'), [true]);
      assert.equal(
        stepsOf(await stage.only()),
        printed(`
(uuid)  completed  200
└─ GET / [user_call]  → "found"
   ├─ run [user_call]
   └─ outer [user_call]
      └─ bound [user_call]
`),
      );
    });

    it('stays that of the request where another request calls back, if the callback was bound', async () => {
      await using stage = await stageOf(framework, {
        define: (app, { tell }) => {
          const waiting: (() => void)[] = [];
          app.route('GET', '/wait', async (call) => {
            let isDone = false;
            const callback = call.trace.bind(() => {
              step('bound', () => {});
              isDone = true;
            });
            waiting.push(callback, () => step('not mine', () => {}));
            tell('waiting');
            await until(() => isDone, 'the call');
            await step('after', () => pause(1));
            return { text: 'waited' };
          });
          app.route('GET', '/call', () => {
            for (const callback of waiting.splice(0, 1)) callback();
            return { text: 'called' };
          });
        },
      });
      const waited = fetch(`${stage.url}/wait`);
      await stage.told('waiting');
      await (await fetch(`${stage.url}/call`)).text();
      await (await waited).text();
      const trees = (await stage.rows(2)).map(stepsOf).sort();
      assert.deepEqual(trees, [
        printed(`
(uuid)  completed  200
└─ GET /call [user_call]  → "called"
`),
        printed(`
(uuid)  completed  200
└─ GET /wait [user_call]  → "waited"
   ├─ bound [user_call]
   └─ after [user_call]
`),
      ]);
    });

    it('ends with the trace: what comes later runs, and changes nothing', async () => {
      await using stage = await stageOf(framework, {
        define: (app, { tell, opened }) =>
          app.route('GET', '/', (call) => {
            opened('the late work').then(() => {
              const isOutside = currentTrace() === undefined;
              call.trace.update({ userId: 'late' });
              updateCurrentTrace({ userId: 'late' });
              tell('late', [isOutside, step('late', () => 42), call.trace.step('late', () => 43)]);
            });
            return { text: 'early' };
          }),
        diagnostics: ['too_late'],
      });
      assert.equal(await (await fetch(stage.url)).text(), 'early');
      await stage.only();
      await stage.open('the late work');
      assert.deepEqual(await stage.told('late'), [[true, 42, 43]]);
      const row = await stage.only();
      assert.equal(row.user_id, undefined);
      assert.equal(stepsOf(row).includes('late'), false);
    });

    it('is that of the request in a stream that is read when the handler is done', async () => {
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('GET', '/:n', (call) => ({
            stream: turns(Number(call.params.n)),
            headers: { 'content-type': 'text/plain' },
          })),
      });
      const count = 20;
      await Promise.all(
        Array.from({ length: count }, async (_, n) => {
          const headers = { 'x-request-id': `req-${n}` };
          const text = await (await fetch(`${stage.url}/${n}`, { headers })).text();
          assert.equal(text.length, 4 * 50_000);
        }),
      );
      for (const row of await stage.rows(count)) {
        const n = row.inferenceId.slice('req-'.length);
        assert.deepEqual(
          row.steps[0]?.steps.map(({ name }) => name),
          [0, 1, 2, 3].map((turn) => `${n} in turn ${turn}`),
        );
      }
    });

    it('is followed by every kind of step', async () => {
      const shout = trace((text: string) => text.toUpperCase(), { name: 'shout' });
      async function* words(count: number) {
        for (let n = 0; n < count; n++) {
          await pause(n);
          step(`word ${n}`, () => {});
          yield `w${n}`;
        }
      }
      const spoken = trace(words, { name: 'speak', type: 'agent' });
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('GET', '/', async (call) => {
            shout('hello');
            const said: string[] = [];
            for await (const word of spoken(2)) said.push(word);
            {
              using open = startStep({ name: 'open', type: 'guardrail', action: 'allow' });
              open.step('inside', () => updateCurrentStep({ output: 'seen' }));
            }
            await call.trace
              .step('fails', () => Promise.reject(new TypeError('not today')))
              .catch(() => {});
            call.trace.startStep('left open');
            return { json: said };
          }),
      });
      await (await fetch(stage.url)).text();
      const row = await stage.only();
      assert.equal(
        stepsOf(row),
        printed(`
(uuid)  completed  200
└─ GET / [user_call]  → ["w0","w1"]
   ├─ shout [user_call]  → "HELLO"
   ├─ speak [agent]  → "w0w1"
   │  ├─ word 0 [user_call]
   │  └─ word 1 [user_call]
   ├─ open [guardrail]
   │  └─ inside [user_call]  → "seen"
   ├─ fails [user_call]  ✗ not today
   └─ left open [user_call]
`),
      );
      assert.match(treeOf(row), /left open \[user_call\]\n +\{"unfinished":true\}/);
    });

    it('knows the tokens and the cost so far, and what to tell a service that is called', async () => {
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('GET', '/', async (call) => {
            const before = call.trace.usage.tokens;
            for (const tokens of [10, 32]) {
              call.trace.addStep({ name: 'llm', type: 'chat_completion', tokens, cost: 0.5 });
            }
            const { tokens, cost } = call.trace.usage;
            return { json: { before: before ?? 'unknown', tokens, cost, ...call.trace.headers() } };
          }),
      });
      const response = await fetch(stage.url, { headers: { 'x-request-id': 'mine' } });
      const { traceparent, ...others } = (await response.json()) as Record<string, unknown>;
      assert.deepEqual(others, {
        before: 'unknown',
        tokens: 42,
        cost: 1,
        'x-request-id': 'mine',
      });
      const row = await stage.only();
      assert.match(String(traceparent), new RegExp(`^00-${row.trace_id}-`));
      assert.deepEqual([row.tokens, row.cost], [42, 1]);
    });
  });

  scopeAtOnce(framework);
}

/** Large pieces, so that each has to wait for the one before. */
async function* turns(n: number): AsyncGenerator<string> {
  for (let turn = 0; turn < 4; turn++) {
    await pause(n + turn);
    step(`${n} in turn ${turn}`, () => {});
    yield `${n} `.padEnd(50_000, String(turn));
  }
}
