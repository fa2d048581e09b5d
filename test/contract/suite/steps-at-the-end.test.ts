/** Steps that end with what the settled trace waits for, or because the client left: at their own end, a little later. */

import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createTracer, step, trace } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { play } from '../../support/raw-http.ts';
import { expressVersions } from '../express/frameworks.ts';
import { leave, requestOf } from '../harness/clients.ts';
import type { Call, Framework } from '../harness/frameworks.ts';
import { httpOf, stageOf } from '../harness/stage.ts';
import { hono } from '../hono/frameworks.ts';
import { koaVersions } from '../koa/frameworks.ts';

type Work = (call: Call) => Promise<unknown>;

/** The client's leaving, as a rejection, an event and the end of a stream. */
const STOPPED: readonly (readonly [what: string, names: readonly string[], Work])[] = [
  [
    'rejects by the signal',
    ['wait'],
    ({ trace }) => step('wait', () => delay(60_000, undefined, { signal: trace.signal })),
  ],
  [
    'contains one that rejects by the signal',
    ['agent', 'tool', 'wait'],
    ({ trace }) =>
      step('agent', () =>
        step('tool', async () => {
          try {
            await step('wait', () => delay(60_000, undefined, { signal: trace.signal }));
          } catch {
            return 'stopped';
          }
          return 'never';
        }),
      ),
  ],
  [
    'returns when the signal aborts',
    ['wait'],
    ({ trace }) =>
      step('wait', () => new Promise((resolve) => trace.signal.addEventListener('abort', resolve))),
  ],
  [
    'is an async generator that the signal ends',
    ['read', 'words'],
    ({ trace: { signal } }) => {
      const words = trace(
        async function* () {
          yield 'one';
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          yield 'two';
        },
        { name: 'words' },
      );
      return step('read', async () => {
        let text = '';
        for await (const word of words()) text += word;
        return text;
      });
    },
  ],
  [
    'pipes streams that the signal destroys',
    ['pipe'],
    ({ trace: { signal } }) =>
      step('pipe', async () => {
        const source = new Readable({ read() {} });
        await pipeline(source, new PassThrough(), { signal }).catch(() => {});
        await new Promise((resolve) => process.nextTick(resolve));
        return 'piped';
      }),
  ],
];

function namesOf(steps: readonly WireStep[]): string[] {
  return steps.flatMap((each) => [each.name, ...namesOf(each.steps)]);
}

for (const framework of [...expressVersions, ...koaVersions, hono] as Framework<never>[]) {
  describe(`steps that end with their trace, on ${framework.name}`, () => {
    for (const [what, names, work] of STOPPED) {
      it(`are complete where the client leaves and one ${what}`, async () => {
        await using stage = await stageOf(framework, {
          define: (app, { tell }) =>
            app.route('GET', '/slow', async (call) => {
              const working = work(call);
              tell('begun');
              await working;
              return { text: 'too late' };
            }),
          tracer: { logLevel: 'info' },
        });
        await play(stage.port, async (peer) => {
          peer.send(requestOf('GET /slow'));
          await stage.told('begun');
          leave(framework, peer);
        });
        const row = await stage.only();
        assert.equal(httpOf(row).outcome, 'aborted');
        assert.deepEqual(namesOf(row.steps[0]?.steps ?? []).sort(), [...names].sort());
        assert.doesNotMatch(JSON.stringify(row.steps), /unfinished/);
        assert.equal(row.metadata?.error, undefined);
      });
    }

    for (const [way, isWaiting] of [
      ['ends the connection', false],
      ['ends the connection', true],
      ['resets the connection', false],
      ['aborts its fetch', false],
      ['aborts its fetch', true],
    ] as const) {
      const wait = isWaiting ? ', and the trace waits for work' : '';
      it(`leave no error where the client ${way} in the middle of a stream${wait}`, async () => {
        await using stage = await stageOf(framework, {
          define: (app, { tell }) =>
            app.route('GET', '/words', ({ trace: { signal }, trace: request }) => {
              const left = new Promise((resolve) => signal.addEventListener('abort', resolve));
              const words = trace(
                async function* () {
                  yield 'one';
                  tell('begun');
                  await left;
                  yield 'two';
                },
                { name: 'words' },
              );
              if (isWaiting) request.waitUntil(left.then(() => delay(20)));
              return { stream: words(), headers: { 'content-type': 'text/plain' } };
            }),
          tracer: { logLevel: 'info' },
        });
        if (way === 'aborts its fetch') {
          const client = new AbortController();
          const response = await fetch(`${stage.url}/words`, { signal: client.signal });
          await stage.told('begun');
          client.abort();
          await assert.rejects(response.text());
        } else {
          await play(stage.port, async (peer) => {
            peer.send(requestOf('GET /words'));
            await stage.told('begun');
            if (way === 'resets the connection') peer.reset();
            else leave(framework, peer);
          });
        }
        const row = await stage.only();
        assert.equal(httpOf(row).outcome, 'aborted');
        assert.equal(row.metadata?.error, undefined);
        assert.match(String(row.steps[0]?.steps[0]?.output), /^one(two)?$/);
      });
    }

    it('are complete where nobody awaits them and they end with work that the trace waits for', async () => {
      await using stage = await stageOf(framework, {
        define: (app, { opened }) =>
          app.route('GET', '/', (call) => {
            const call1 = call.trace.waitUntil(opened('the model'));
            step('agent', () =>
              step('tool', async () => {
                await call1;
                await null;
                return 'done';
              }),
            );
            return { text: 'early' };
          }),
      });
      assert.equal(await (await fetch(stage.url)).text(), 'early');
      await stage.open('the model');
      const agent = (await stage.only()).steps[0]?.steps[0];
      assert.deepEqual([agent?.output, agent?.steps[0]?.output], ['done', 'done']);
      assert.deepEqual(agent?.metadata, {});
    });
  });
}

describe('a trace whose steps may still end in this turn of the event loop', () => {
  for (const method of ['flush', 'shutdown'] as const) {
    it(`is sent by ${method}()`, async () => {
      const transport = memoryTransport();
      const tracer = createTracer({ transport });
      const trace = tracer.startTrace('job');
      let finish = () => {};
      const work = new Promise<void>((resolve) => {
        finish = resolve;
      });
      trace.waitUntil(work);
      trace.step('tool', () => work.then(() => 'done'));
      trace.startStep('never ended');
      trace.end();
      finish();
      await work;
      await tracer[method]();
      const steps = transport.rows[0]?.steps[0]?.steps ?? [];
      assert.deepEqual(
        steps.map(({ name, output }) => [name, output]),
        [
          ['tool', 'done'],
          ['never ended', null],
        ],
      );
    });
  }
});
