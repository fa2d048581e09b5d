import assert from 'node:assert/strict';
import { step } from '@openlayer-tracing/core';
import { play } from '../../support/raw-http.ts';
import { requestOf } from '../harness/clients.ts';
import type { App, Framework } from '../harness/frameworks.ts';
import { later, pause, until } from '../harness/pause.ts';
import { httpOf, printed, stageOf, stepsOf } from '../harness/stage.ts';

export function outcomes(framework: Framework): void {
  describe('the outcome', () => {
    it('is completed where the answer went out', async () => {
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('GET', '/hello/:name', async () => {
            // On Workers the clock stands still while code runs.
            await later(2);
            return { text: 'Hello!' };
          }),
      });
      const response = await fetch(`${stage.url}/hello/ann?loud=no`);
      assert.equal(await response.text(), 'Hello!');
      const row = await stage.only();
      const { timeToFirstByteMs, ...http } = httpOf(row);
      assert.deepEqual(http, {
        method: 'GET',
        route: '/hello/:name',
        path: '/hello/ann',
        status: 200,
        outcome: 'completed',
        bytes: 6,
      });
      assert.ok(Number(timeToFirstByteMs) > 0);
      assert.ok(row.latency >= Number(timeToFirstByteMs));
      assert.ok(Math.abs(row.inferenceTimestamp - Date.now() / 1000) < 10);
    });

    for (const [how, fail] of failures) {
      it(`is error where a handler ${how}, and names the error`, async () => {
        await using stage = await stageOf(framework, { define: (app) => failing(app, fail) });
        const response = await fetch(`${stage.url}/fail`);
        assert.equal(response.status, 500);
        await response.text();
        const row = await stage.only();
        assert.match(stepsOf(row), failedTree('error  500'));
        const { error, errorType } = row.metadata ?? {};
        assert.deepEqual({ error, errorType }, { error: 'no such shelf', errorType: 'RangeError' });
      });

      it(`keeps the error that the app answers itself where a handler ${how}`, async () => {
        await using stage = await stageOf(framework, {
          define: (app) => {
            failing(app, fail);
            app.onError((error) => ({ json: { sorry: String(error) }, status: 418 }));
          },
        });
        const response = await fetch(`${stage.url}/fail`);
        assert.equal(response.status, 418);
        assert.deepEqual(await response.json(), { sorry: 'RangeError: no such shelf' });
        const row = await stage.only();
        assert.equal(
          stepsOf(row).replace(row.inferenceId, 'ID'),
          printed(`
(uuid)  completed  418
└─ GET /fail [user_call]  ✗ no such shelf  → {"sorry":"RangeError: no such shelf"}
   └─ search [tool]  ✗ no such shelf
`),
        );
        assert.equal(row.metadata?.errorType, 'RangeError');
      });
    }

    it('is error where the app answers 500 without an error', async () => {
      await using stage = await stageOf(framework, {
        define: (app) => app.route('GET', '/', () => ({ json: { sorry: true }, status: 500 })),
      });
      await (await fetch(stage.url)).text();
      assert.equal(httpOf(await stage.only()).outcome, 'error');
    });

    for (const thrown of ['a text', 42, null, Object.freeze(new Error('frozen'))]) {
      it(`is error where a handler throws ${thrown}, which goes on unchanged`, async () => {
        await using stage = await stageOf(framework, {
          define: (app, { tell }) => {
            app.route('GET', '/', async () => {
              await pause(1);
              throw thrown;
            });
            app.onError((error) => {
              tell(error === thrown ? 'the same' : 'another');
              return { text: 'sorry', status: 500 };
            });
          },
        });
        const response = await fetch(stage.url);
        await response.text();
        const row = await stage.only();
        const same = await stage.told('the same', 0);
        // Where nothing was thrown, as `null` says to some frameworks, nothing has failed.
        if (thrown === null && same.length === 0 && !framework.answersErrorsAlone) return;
        const isAnswered = thrown instanceof Error || !framework.answersErrorsAlone;
        assert.equal(same.length, isAnswered ? 1 : 0);
        assert.deepEqual(await stage.told('another', 0), []);
        assert.equal(httpOf(row).outcome, 'error');
        assert.equal(row.metadata?.error, thrown instanceof Error ? 'frozen' : String(thrown));
      });
    }

    it('is error where the stream of the answer fails in the middle', async () => {
      await using stage = await stageOf(framework, {
        define: (app, { opened, tell }) =>
          app.route('GET', '/story', () => ({
            stream: brokenStory(opened('its end'), () => tell('broken')),
            headers: { 'content-type': 'text/plain' },
          })),
      });
      const answer = await play(stage.port, async (peer) => {
        peer.send(requestOf('GET /story', ['Connection: close']));
        await peer.until('Once upon');
        await stage.open('its end');
        if (!framework.leavesBrokenAnswersOpen) return;
        await stage.told('broken');
        setTimeout(peer.leave, 20);
      });
      assert.match(answer, /Once upon/);
      const row = await stage.only();
      const outcome = framework.leavesBrokenAnswersOpen ? 'aborted' : 'error';
      assert.equal(
        stepsOf(row),
        printed(`
(uuid)  ${outcome}  200
└─ GET /story [user_call]  ✗ the pen broke  → "Once upon"
`),
      );
    });

    it('is abandoned where a request is never answered, and a late answer changes nothing', async () => {
      await using stage = await stageOf(framework, {
        options: { maxAgeMs: 50 },
        define: (app, { opened }) =>
          app.route('GET', '/', async (call) => {
            await call.trace.step('ponder', () => opened('the answer'));
            return { text: 'at last' };
          }),
        diagnostics: ['too_late'],
      });
      const response = fetch(stage.url);
      const row = await stage.only();
      assert.equal(
        stepsOf(row),
        printed(`
(uuid)  abandoned
└─ GET / [user_call]
   └─ ponder [user_call]
`),
      );
      assert.equal(row.steps[0]?.steps[0]?.metadata.unfinished, true);
      await stage.open('the answer');
      assert.equal(await (await response).text(), 'at last');
      await stage.rows(1);
    });

    for (const [what, path, method, status] of [
      ['HEAD', '/text', 'HEAD', 200],
      ['204', '/nothing', 'GET', 204],
      ['304', '/same', 'GET', 304],
    ] as const) {
      it(`is completed for ${what}, which has no output`, async () => {
        await using stage = await stageOf(framework, {
          define: (app) => {
            app.route('GET', '/text', () => ({ text: 'not for HEAD' }));
            app.route('GET', '/nothing', () => ({ status: 204 }));
            app.route('GET', '/same', () => ({ status: 304, headers: { etag: '"1"' } }));
          },
        });
        const response = await fetch(`${stage.url}${path}`, { method });
        assert.equal(response.status, status);
        assert.equal(await response.text(), '');
        const row = await stage.only();
        assert.equal(row.output, null);
        assert.equal(httpOf(row).outcome, 'completed');
        assert.equal(httpOf(row).status, status);
      });
    }

    it('is completed for a route that is not there', async () => {
      await using stage = await stageOf(framework, { define: () => {} });
      const response = await fetch(`${stage.url}/nowhere/42`);
      assert.equal(response.status, 404);
      await response.text();
      const row = await stage.only();
      assert.equal(row.steps[0]?.name, 'GET /nowhere/*');
      assert.equal(httpOf(row).route, null);
      assert.equal(httpOf(row).outcome, 'completed');
    });
  });

  describe('waitUntil', () => {
    it('keeps the trace open for work after the answer, which is no part of its latency', async () => {
      await using stage = await stageOf(framework, {
        define: (app, { opened }) =>
          app.route('GET', '/', (call) => {
            call.trace.waitUntil(
              call.trace.run(async () => {
                await opened('the work');
                await step('tidy up', () => pause(1));
                call.trace.update({ metadata: { tidy: true } });
              }),
            );
            return { text: 'done' };
          }),
      });
      const started = performance.now();
      assert.equal(await (await fetch(stage.url)).text(), 'done');
      await later(100);
      await stage.rows(0);
      assert.equal((await stage.stats()).open, 1);
      const waited = performance.now() - started;
      await stage.open('the work');
      const row = await stage.only();
      assert.equal(
        stepsOf(row),
        printed(`
(uuid)  completed  200
└─ GET / [user_call]  → "done"
   └─ tidy up [user_call]
`),
      );
      assert.equal(row.tidy, true);
      assert.ok(row.latency < waited);
    });

    it('records a rejection, and ends the trace', async () => {
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('GET', '/', (call) => {
            call.trace.waitUntil(pause(1).then(() => Promise.reject(new Error('too tired'))));
            return { text: 'done' };
          }),
      });
      assert.equal(await (await fetch(stage.url)).text(), 'done');
      const row = await stage.only();
      assert.equal(row.metadata?.error, 'too tired');
      await until(async () => (await stage.stats()).open === 0, 'the trace to end');
    });
  });
}

type Fail = () => never | Promise<never>;

const failures: readonly (readonly [string, Fail])[] = [
  [
    'throws',
    () => {
      throw new RangeError('no such shelf');
    },
  ],
  [
    'rejects',
    async () => {
      await pause(1);
      throw new RangeError('no such shelf');
    },
  ],
];

function failing(app: App, fail: Fail): void {
  app.route('GET', '/fail', (call) => call.trace.step({ name: 'search', type: 'tool' }, fail));
}

/** What a framework answers by itself is its own matter. */
function failedTree(head: string): RegExp {
  return new RegExp(
    `^\\(uuid\\)  ${head}\n└─ GET /fail \\[user_call\\]  ✗ no such shelf  → .*\n   └─ search \\[tool\\]  ✗ no such shelf$`,
  );
}

async function* brokenStory(end: Promise<void>, onBreak: () => void): AsyncGenerator<string> {
  yield 'Once upon';
  await end;
  onBreak();
  throw new Error('the pen broke');
}
