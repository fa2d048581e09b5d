/** The app of docs/nestjs.md. */

import assert from 'node:assert/strict';
import { httpOf, printed, stepsOf } from '../contract/harness/stage.ts';
import { builtPage } from './built-pages.ts';
import { type RunningPage, startPage } from './running-page.ts';

describe('the recipe for NestJS', () => {
  let page: RunningPage;

  before(async () => {
    page = await startPage(await builtPage('docs/nestjs.md'), 'src/main.js');
  });
  after(() => page?.[Symbol.asyncDispose]());

  const post = async (id: string, path: string, body: string, user?: string) => {
    const headers = {
      'content-type': 'application/json',
      'x-request-id': id,
      ...(user !== undefined && { 'x-user': user }),
    };
    const response = await fetch(`${page.url}${path}`, { method: 'POST', headers, body });
    return { status: response.status, text: await response.text() };
  };

  it('has the steps of providers, what guards and interceptors say, and the name of the route', async () => {
    const { status, text } = await post('fine', '/answers/loans', '{"question":"loans"}', 'ada');
    assert.deepEqual([status, text], [201, '{"answer":"About loans: loans last three weeks."}']);
    const row = await page.collector.row('fine');
    assert.equal(
      stepsOf(row),
      printed(`
fine  completed  201
└─ POST /answers/:topic [user_call]  → {"answer":"About loans: loans last three weeks."}
   ├─ retrieve [retriever]  → ["About loans:","loans last three weeks."]
   └─ compose [chain]  → "About loans: loans last three weeks."
`),
    );
    assert.deepEqual([row.user_id, row.handler], ['ada', 'AnswersController.answer']);
    assert.deepEqual([row.body, row.params], [{ question: 'loans' }, { topic: 'loans' }]);
  });

  it('keeps concurrent requests apart', async () => {
    const users = Array.from({ length: 50 }, (_, n) => `user-${n}`);
    await Promise.all(
      users.map((user) => post(user, '/answers/loans', `{"question":"${user}"}`, user)),
    );
    for (const user of users) {
      const row = await page.collector.row(user);
      assert.equal(row.user_id, user);
      assert.deepEqual(
        row.steps[0]?.steps.map(({ output }) => JSON.stringify(output).includes(`${user}:`)),
        [true, true],
      );
    }
  });

  for (const { what, id, path, body, user, status, outcome, error, type } of [
    {
      what: 'a guard',
      id: 'guard',
      path: '/answers/loans',
      body: '{}',
      user: undefined,
      status: 401,
      outcome: 'completed',
      error: 'who are you?',
      type: 'UnauthorizedException',
    },
    {
      what: 'a provider',
      id: 'provider',
      path: '/answers/loans',
      body: '{"question":""}',
      user: 'ada',
      status: 404,
      outcome: 'completed',
      error: 'nothing was asked',
      type: 'NotFoundException',
    },
    {
      what: 'a handler',
      id: 'handler',
      path: '/answers/secret',
      body: '{}',
      user: 'ada',
      status: 500,
      outcome: 'error',
      error: 'the shelf is locked',
      type: 'Error',
    },
    {
      what: 'no route',
      id: 'nowhere',
      path: '/nowhere',
      body: '{}',
      user: 'ada',
      status: 404,
      outcome: 'completed',
      error: 'Cannot POST /nowhere',
      type: 'NotFoundException',
    },
    {
      what: 'the body parser, for what is no JSON',
      id: 'parser',
      path: '/answers/loans',
      body: '{',
      user: 'ada',
      status: 400,
      outcome: 'completed',
      error: /JSON/,
      type: 'SyntaxError|BadRequestException',
    },
    {
      what: 'the body parser, for what is too large',
      id: 'large',
      path: '/answers/loans',
      body: JSON.stringify('x'.repeat(200_000)),
      user: 'ada',
      status: 413,
      outcome: 'completed',
      error: /too large/,
      type: 'PayloadTooLargeE',
    },
  ]) {
    it(`has the error of ${what}, which Nest answers itself`, async () => {
      assert.equal((await post(id, path, body, user)).status, status);
      const row = await page.collector.row(id);
      assert.deepEqual([httpOf(row).status, httpOf(row).outcome], [status, outcome]);
      assert.match(String(row.metadata?.error), new RegExp(error));
      assert.match(String(row.metadata?.errorType), new RegExp(type));
    });
  }
});
