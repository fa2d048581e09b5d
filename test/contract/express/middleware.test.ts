/** Express apps with the middleware that most of them have. */

import assert from 'node:assert/strict';
import compression from 'compression';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import multer from 'multer';
import type { Mount } from '../harness/frameworks.ts';
import { pause } from '../harness/pause.ts';
import { permutations } from '../harness/permutations.ts';
import {
  cookieOf,
  detachedStore,
  pooledStore,
  promptStore,
  sessions,
} from '../harness/session-stores.ts';
import { httpOf, stageOf } from '../harness/stage.ts';
import {
  checkWork,
  defineWork,
  sendAll,
  sendUpload,
  sendWork,
  uploadMark,
} from '../suite/isolation-scenario.ts';
import { expressVersions } from './frameworks.ts';

const REQUESTS = 200;
/** Where the same was shown with more in another order. */
const FEWER = 60;

for (const framework of expressVersions) {
  const withMounts = (mounts: readonly (Mount | RequestHandler)[], define = defineWork) =>
    stageOf<RequestHandler>(framework, { define, mounts });
  const withCookie = (url: string) => (n: number) => sendWork(url, n, { cookie: cookieOf(n) });

  describe(`${framework.name} with other middleware`, () => {
    const upload: RequestHandler = multer().any();
    for (const [where, mounts] of [
      ['before', [upload, 'tracing']],
      ['after', ['tracing', upload]],
    ] as const) {
      it(`keeps uploads at once apart with multer ${where} the middleware`, async () => {
        await using stage = await withMounts(mounts);
        const count = where === 'after' ? REQUESTS : FEWER;
        await sendAll(count, (n) => sendUpload(stage.url, n));
        await checkWork(stage, count, uploadMark);
      });
    }

    for (const [where, order] of [
      ['before', (session: RequestHandler) => [session, 'tracing', 'json'] as const],
      ['after', (session: RequestHandler) => ['tracing', session, 'json'] as const],
    ] as const) {
      it(`keeps requests apart with an asynchronous session store ${where} the middleware`, async () => {
        await using stage = await withMounts(order(sessions(promptStore())));
        await sendAll(REQUESTS, withCookie(stage.url));
        await checkWork(stage, REQUESTS);
      });
    }

    it('keeps requests apart behind a pooled session store that comes before the middleware', async () => {
      await using stage = await withMounts([sessions(pooledStore()), 'tracing', 'json']);
      await sendAll(FEWER, withCookie(stage.url));
      await checkWork(stage, FEWER);
    });

    it('is led back into the right scope by a second mount behind a pooled session store', async () => {
      await using stage = await withMounts(['tracing', sessions(pooledStore()), 'tracing', 'json']);
      await sendAll(FEWER, withCookie(stage.url));
      await checkWork(stage, FEWER);
    });

    it('leads handlers back into the scope that a session store lost', async () => {
      using store = detachedStore();
      await using stage = await withMounts(['tracing', sessions(store), 'json']);
      await sendAll(FEWER, withCookie(stage.url));
      await checkWork(stage, FEWER);
    });

    it('leads handlers back where a session store calls back in the scope of another request', async () => {
      await using stage = await withMounts(['tracing', sessions(pooledStore()), 'json']);
      await sendAll(FEWER, withCookie(stage.url));
      await checkWork(stage, FEWER);
    });

    it('takes the output as the user saw it, in every order of compression, helmet and sessions', async () => {
      const mounts: readonly (RequestHandler | 'tracing')[] = [
        'tracing',
        compression({ threshold: 0 }),
        helmet(),
        sessions(promptStore()),
      ];
      const check = async (order: readonly (RequestHandler | 'tracing')[]) => {
        await using stage = await withMounts([...order, 'json']);
        await sendAll(5, withCookie(stage.url));
        await checkWork(stage, 5);
      };
      const orders = permutations(mounts);
      for (let n = 0; n < orders.length; n += 4) {
        await Promise.all(orders.slice(n, n + 4).map(check));
      }
    });

    for (const [where, mounts] of [
      ['before', [compression({ threshold: 0 }), 'tracing']],
      ['after', ['tracing', compression({ threshold: 0 })]],
    ] as const) {
      it(`reads a stream that is compressed by middleware ${where} it`, async () => {
        await using stage = await withMounts(mounts, (app) => {
          app.route('GET', '/story', () => ({
            stream: story(),
            headers: { 'content-type': 'text/event-stream' },
          }));
        });
        const response = await fetch(`${stage.url}/story`);
        assert.equal(response.headers.get('content-encoding'), 'gzip');
        assert.match(await response.text(), /^data: .*Once upon/);
        const row = await stage.only();
        assert.equal(row.output, 'Once upon a time');
        assert.equal(httpOf(row).outcome, 'completed');
      });
    }
  });
}

async function* story(): AsyncGenerator<string> {
  for (const content of ['Once upon', ' a time']) {
    yield `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
    await pause(4);
  }
  yield 'data: [DONE]\n\n';
}
