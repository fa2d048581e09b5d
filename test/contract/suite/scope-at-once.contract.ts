/** The scopes of many requests at once: what handlers find is told by their answers and their traces alone. */

import assert from 'node:assert/strict';
import { currentStep, currentTrace, getTrace, step } from '@openlayer-tracing/core';
import type { App, Framework } from '../harness/frameworks.ts';
import { later, pause, until } from '../harness/pause.ts';
import { printed, type Stage, stageOf, stepsOf } from '../harness/stage.ts';
import { sendAll } from './isolation-scenario.ts';

const REQUESTS = 200;
/** Where each of them does more. */
const FEWER = 50;

export function scopeAtOnce(framework: Framework): void {
  describe('the scopes of requests at once', () => {
    it('are found again in the callbacks of a pool that they share, by bind, run and getTrace', async () => {
      await using stage = await stageOf(framework, { define: definePool });
      await sendEach(stage, REQUESTS, (n) => `/pooled/${n}`);
      await checkEach(
        stage,
        REQUESTS,
        (n) => `
req-${n}  completed  200
└─ GET /pooled/:n [user_call]  → {"n":${n},"own":[true,true,true]}
   ├─ query ${n} [user_call]
   │  ├─ bound ${n} [user_call]
   │  ├─ run ${n} [user_call]  → 3
   │  └─ awaited ${n} [user_call]
   └─ after ${n} [user_call]
`,
      );
    });

    it('have steps in parallel, each with its own, also where some of them fail', async () => {
      await using stage = await stageOf(framework, { define: defineBranches });
      await sendEach(stage, FEWER, (n) => `/branches/${n}`);
      await checkEach(
        stage,
        FEWER,
        (n) => `
req-${n}  completed  200
└─ GET /branches/:n [user_call]  → {"n":${n}}
   ├─ ${n} [user_call]
   │  ├─ ${n}l [user_call]
   │  │  ├─ ${n}ll [user_call]
   │  │  └─ ${n}lr [user_call]  ✗ ${n}lr failed
   │  ├─ ${n}r [user_call]  ✗ ${n}r failed
   │  │  ├─ ${n}rl [user_call]
   │  │  └─ ${n}rr [user_call]  ✗ ${n}rr failed
   │  └─ joined [user_call]
   └─ after all [user_call]
`,
      );
    });

    it('are no other request’s where one begins, nor where one is not traced', async () => {
      await using stage = await stageOf(framework, {
        define: (app) => {
          app.route('GET', '/traced/:n', async ({ trace, params }) => {
            await step(`work ${params.n}`, () => pause(Number(params.n)));
            return { json: { n: Number(params.n), own: currentTrace() === trace } };
          });
          app.route('GET', '/skipped/:n', async ({ params }) => {
            const before = currentTrace() === undefined;
            step('stray', () => {});
            await pause(Number(params.n));
            return { json: { n: Number(params.n), own: before && currentTrace() === undefined } };
          });
        },
        options: {
          // What an option throws becomes a diagnostic, and that fails the test.
          skip: ({ path }) => {
            if (currentTrace() !== undefined) throw new Error('in the scope of another request');
            return path.startsWith('/skipped/');
          },
        },
      });
      const send = (n: number) =>
        fetch(`${stage.url}/${n % 2 === 0 ? 'traced' : 'skipped'}/${n}`, {
          headers: { 'x-request-id': `req-${n}` },
        });
      for (let round = 0; round < 3; round++) {
        const answers = await Promise.all(
          Array.from({ length: 60 }, async (_, n) => (await send(round * 60 + n)).json()),
        );
        answers.forEach((answer, n) => {
          assert.deepEqual(answer, { n: round * 60 + n, own: true });
        });
      }
      const rows = await stage.rows(90);
      for (const row of rows) {
        const n = row.inferenceId.slice('req-'.length);
        assert.equal(
          stepsOf(row),
          printed(`
req-${n}  completed  200
└─ GET /traced/:n [user_call]  → {"n":${n},"own":true}
   └─ work ${n} [user_call]
`),
        );
      }
    });

    it('are entered by run and bind with everything as it was given', async () => {
      await using stage = await stageOf(framework, { define: defineEntering });
      await sendEach(stage, FEWER, (n) => `/enter/${n}`);
      await checkEach(
        stage,
        FEWER,
        (n) => `
req-${n}  completed  200
└─ GET /enter/:n [user_call]  → {"n":${n},"result":[${n},"this",1,2],"thrown":[true,true,true],"back":true}
   └─ fails [user_call]  ✗ of ${n}
`,
      );
    });
  });
}

/** Callbacks wait for others, and all are called in the scope of whichever request looks first. */
function definePool(app: App): void {
  const waiting: (() => void)[] = [];
  const pooled = async (callback: () => void) => {
    let wasCalled = false;
    waiting.push(() => {
      callback();
      wasCalled = true;
    });
    await later(2);
    // Requests look again and again, since not every runtime lets one wait for what only another one does.
    await until(() => {
      for (const each of waiting.splice(0)) each();
      return wasCalled;
    }, 'the pool');
  };
  app.route('GET', '/pooled/:n', async ({ trace, params, raw }) => {
    const { n } = params;
    const own: boolean[] = [];
    await step(`query ${n}`, async (query) => {
      await pooled(
        trace.bind(() => {
          own.push(currentTrace() === trace && currentStep() === query);
          step(`bound ${n}`, () => {});
        }),
      );
      await pooled(() => {
        own.push(getTrace(raw) === trace);
        // Which step it was is lost, and found again by its own `run`.
        query.run(() => step(`run ${n}`, () => own.push(currentTrace() === trace)));
      });
      await step(`awaited ${n}`, () => pause(Number(n)));
    });
    step(`after ${n}`, () => {});
    return { json: { n: Number(n), own } };
  });
}

function defineBranches(app: App): void {
  const branch = (name: string, depth: number): Promise<void> =>
    step(name, async () => {
      await pause(depth + name.length);
      if (depth > 0) {
        await Promise.allSettled([branch(`${name}l`, depth - 1), branch(`${name}r`, depth - 1)]);
      }
      if (depth === 2) step('joined', () => {});
      if (name.endsWith('r')) throw new Error(`${name} failed`);
    });
  app.route('GET', '/branches/:n', async ({ params }) => {
    await branch(String(params.n), 2);
    await pause(Number(params.n));
    step('after all', () => {});
    return { json: { n: Number(params.n) } };
  });
}

function defineEntering(app: App): void {
  app.route('GET', '/enter/:n', async ({ trace, params }) => {
    const n = Number(params.n);
    const bound = trace.bind(function (this: string, ...args: number[]) {
      return [n, this, ...args];
    });
    await pause(n);
    const result = trace.run(() => bound.call('this', 1, 2));
    const thrown = [Object.freeze(new Error(`of ${n}`)), `a text of ${n}`, undefined].map(
      (error) => {
        const fail = () => {
          throw error;
        };
        return [() => trace.run(fail), trace.bind(fail)].every((act) => {
          try {
            act();
          } catch (caught) {
            return caught === error;
          }
          return false;
        });
      },
    );
    const before = currentStep();
    await step('fails', () => Promise.reject(new Error(`of ${n}`))).catch(() => {});
    return { json: { n, result, thrown, back: currentStep() === before } };
  });
}

async function sendEach(stage: Stage, count: number, path: (n: number) => string): Promise<void> {
  await sendAll(count, async (n) => {
    const headers = { 'x-request-id': `req-${n}` };
    const response = await fetch(stage.url + path(n), { headers });
    assert.equal(((await response.json()) as { readonly n: number }).n, n);
  });
}

/** Each of the first `count` requests has one trace, which is exactly its own. */
async function checkEach(stage: Stage, count: number, tree: (n: number) => string): Promise<void> {
  const rows = await stage.rows(count);
  const trees = new Map(rows.map((row) => [row.inferenceId, stepsOf(row)]));
  for (let n = 0; n < count; n++) assert.equal(trees.get(`req-${n}`), printed(tree(n)));
}
