/** Koa apps with the middleware that most of them have. */

import assert from 'node:assert/strict';
import { constants } from 'node:zlib';
import { bodyParser } from '@koa/bodyparser';
import cors from '@koa/cors';
import multer from '@koa/multer';
import { step } from '@openlayer-tracing/core';
import type { Middleware } from 'koa';
import formerBodyParser from 'koa-bodyparser';
import compress from 'koa-compress';
import helmet from 'koa-helmet';
import type { Mount } from '../harness/frameworks.ts';
import { pause } from '../harness/pause.ts';
import { permutations } from '../harness/permutations.ts';
import { httpOf, printed, stageOf, stepsOf } from '../harness/stage.ts';
import {
  checkWork,
  defineWork,
  sendAll,
  sendUpload,
  sendWork,
  uploadMark,
} from '../suite/isolation-scenario.ts';
import { type KoaMount, koaVersions } from './frameworks.ts';
import { cookieOf, pooledStore, promptStore, sessions } from './sessions.ts';

const REQUESTS = 200;
/** Where the same was shown with more in another order. */
const FEWER = 60;

type Mounts = readonly (Mount | KoaMount)[];

/** Brotli's own window would take megabytes for each of these small answers. */
const SMALL_WINDOW = { params: { [constants.BROTLI_PARAM_LGWIN]: 12 } };
const compressed = (): Middleware => compress({ threshold: 0, br: SMALL_WINDOW });

for (const framework of koaVersions) {
  const withMounts = (mounts: Mounts, define = defineWork) =>
    stageOf<KoaMount>(framework, { define, mounts });
  const sendWithCookie = (url: string) => (n: number) => sendWork(url, n, { cookie: cookieOf(n) });

  describe(`${framework.name} with other middleware`, () => {
    const around: readonly (readonly [string, () => Mounts, number])[] = [
      ['@koa/bodyparser before', () => [bodyParser(), 'tracing'], REQUESTS],
      ['@koa/bodyparser after', () => ['tracing', bodyParser()], REQUESTS],
      ['koa-bodyparser before', () => [formerBodyParser(), 'tracing'], FEWER],
      ['koa-bodyparser after', () => ['tracing', formerBodyParser()], FEWER],
      ['koa-compress before', () => [compressed(), 'tracing', 'json'], FEWER],
      ['koa-compress after', () => ['tracing', compressed(), 'json'], FEWER],
      [
        'an asynchronous session store before',
        () => [sessions(promptStore()), 'tracing', 'json'],
        FEWER,
      ],
      [
        'an asynchronous session store after',
        () => ['tracing', sessions(promptStore()), 'json'],
        FEWER,
      ],
      ['a pooled session store before', () => [sessions(pooledStore()), 'tracing', 'json'], FEWER],
      ['a pooled session store after', () => ['tracing', sessions(pooledStore()), 'json'], FEWER],
    ];
    for (const [where, mounts, count] of around) {
      it(`keeps requests at once apart with ${where} the middleware`, async () => {
        await using stage = await withMounts(mounts());
        await sendAll(count, sendWithCookie(stage.url));
        await checkWork(stage, count);
      });
    }

    for (const [where, mounts] of [
      ['before', [multer().any(), 'tracing']],
      ['after', ['tracing', multer().any()]],
    ] as readonly (readonly [string, Mounts])[]) {
      it(`keeps uploads at once apart with @koa/multer ${where} the middleware`, async () => {
        await using stage = await withMounts(mounts);
        await sendAll(FEWER, (n) => sendUpload(stage.url, n));
        await checkWork(stage, FEWER, uploadMark);
      });
    }

    it('takes the output as the user saw it, in every order of compression, helmet, CORS and sessions', async () => {
      const check = async (order: Mounts) => {
        await using stage = await withMounts([...order, 'json']);
        await sendAll(5, sendWithCookie(stage.url));
        await checkWork(stage, 5);
      };
      const orders = permutations<Mount | KoaMount>([
        'tracing',
        compressed(),
        sessions(promptStore()),
        both(helmet() as Middleware, cors()),
      ]);
      for (let n = 0; n < orders.length; n += 4) {
        await Promise.all(orders.slice(n, n + 4).map(check));
      }
    });

    for (const [where, mounts] of [
      ['before', () => [compressed(), 'tracing']],
      ['after', () => ['tracing', compressed()]],
    ] as readonly (readonly [string, () => Mounts])[]) {
      it(`reads a stream that is compressed by middleware ${where} it, and keeps its steps`, async () => {
        await using stage = await withMounts(mounts(), (app) => {
          app.route('GET', '/story', () => ({
            stream: story(),
            headers: { 'content-type': 'text/event-stream' },
          }));
        });
        const response = await fetch(`${stage.url}/story`);
        assert.ok(response.headers.get('content-encoding'));
        assert.match(await response.text(), /^data: .*Once upon/);
        const row = await stage.only();
        assert.equal(
          stepsOf(row),
          printed(`
(uuid)  completed  200
└─ GET /story [user_call]  → "Once upon a time"
   ├─ think of Once upon [user_call]
   └─ think of a time [user_call]
`),
        );
        assert.equal(httpOf(row).outcome, 'completed');
      });

      it(`keeps streams at once apart that are compressed ${where} it`, async () => {
        await using stage = await withMounts(mounts(), (app) => {
          app.route('GET', '/count/:n', (call) => ({
            stream: counted(Number(call.params.n)),
            headers: { 'content-type': 'text/plain' },
          }));
        });
        await sendAll(FEWER, async (n) => {
          const headers = { 'x-request-id': `req-${n}` };
          const response = await fetch(`${stage.url}/count/${n}`, { headers });
          assert.equal((await response.text()).length, 5 * 20_000);
        });
        for (const row of await stage.rows(FEWER)) {
          const n = row.inferenceId.slice('req-'.length);
          assert.deepEqual(
            row.steps[0]?.steps.map(({ name }) => name),
            [0, 1, 2, 3, 4].map((turn) => `${n} in turn ${turn}`),
          );
        }
      });
    }
  });
}

/** Large pieces, so that they have to wait for those before them. */
async function* counted(n: number): AsyncGenerator<string> {
  for (let turn = 0; turn < 5; turn++) {
    await pause(n + turn);
    step(`${n} in turn ${turn}`, () => {});
    yield `${n} `.padEnd(20_000, String(turn));
  }
}

function both(first: Middleware, second: Middleware): Middleware {
  return (ctx, next) => first(ctx, () => second(ctx, next) as Promise<unknown>);
}

async function* story(): AsyncGenerator<string> {
  for (const content of ['Once upon', ' a time']) {
    step(`think of ${content.trim()}`, () => {});
    yield `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
    await pause(4);
  }
  yield 'data: [DONE]\n\n';
}
