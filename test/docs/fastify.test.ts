/** The apps of docs/fastify.md. */

import assert from 'node:assert/strict';
import { httpOf, printed, stepsOf } from '../contract/harness/stage.ts';
import { builtPage } from './built-pages.ts';
import { type RunningPage, startPage } from './running-page.ts';

describe('the recipe for Fastify', () => {
  let folder: string;
  before(async () => {
    folder = await builtPage('docs/fastify.md');
  });

  for (const plugin of ['express', 'middie']) {
    describe(`by @fastify/${plugin}`, () => {
      let page: RunningPage;
      before(async () => {
        page = await startPage(folder, `src/with-${plugin}.js`);
      });
      after(() => page?.[Symbol.asyncDispose]());

      const post = async (id: string, path: string, body: string) => {
        const headers = { 'content-type': 'application/json', 'x-request-id': id };
        const response = await fetch(`${page.url}${path}`, { method: 'POST', headers, body });
        assert.equal(response.headers.get('x-request-id'), id);
        await response.text();
        return response.status;
      };

      it('has the body, the steps and the name of the route', async () => {
        assert.equal(await post('fine', '/ask/loans', '{"question":"Why?"}'), 200);
        const row = await page.collector.row('fine');
        assert.equal(
          stepsOf(row),
          printed(`
fine  completed  200
└─ POST /ask/:topic [user_call]  → {"answer":"You asked: Why?"}
   └─ answer [chain]  → "You asked: Why?"
`),
        );
        assert.deepEqual(row.body, { question: 'Why?' });
        assert.deepEqual(row.metadata?.params, { topic: 'loans' });
      });

      it('keeps concurrent requests apart', async () => {
        const ids = Array.from({ length: 30 }, (_, n) => `r${n}`);
        await Promise.all(ids.map((id) => post(id, '/ask/loans', `{"question":"${id}?"}`)));
        for (const id of ids) {
          const row = await page.collector.row(id);
          assert.deepEqual(
            row.steps[0]?.steps.map(({ output }) => output),
            [`You asked: ${id}?`],
          );
        }
      });

      for (const { what, id, path, body, status, outcome, error } of [
        {
          what: 'a handler',
          id: 'handler',
          path: '/ask/secret',
          body: '{"question":"?"}',
          status: 500,
          outcome: 'error',
          error: /the shelf is locked/,
        },
        {
          what: 'a body that is no JSON',
          id: 'parser',
          path: '/ask/loans',
          body: '{',
          status: 400,
          outcome: 'completed',
          error: /JSON/,
        },
      ]) {
        it(`has the error of ${what}, which Fastify answers itself`, async () => {
          assert.equal(await post(id, path, body), status);
          const row = await page.collector.row(id);
          assert.deepEqual([httpOf(row).status, httpOf(row).outcome], [status, outcome]);
          assert.match(String(row.metadata?.error), error);
        });
      }
    });
  }
});
