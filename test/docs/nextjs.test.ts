/**
 * The route handler and the server of docs/nextjs.md. Next itself is not installed here: what the page uses of it is a
 * few lines that hand a request of Node's to the route as one of the web.
 */

import assert from 'node:assert/strict';
import { printed, stepsOf } from '../contract/harness/stage.ts';
import { builtPage } from './built-pages.ts';
import { type RunningPage, startPage } from './running-page.ts';

describe('the recipe for Next.js', () => {
  let page: RunningPage;
  before(async () => {
    page = await startPage(await builtPage('docs/nextjs.md'), 'server.js');
  });
  after(() => page?.[Symbol.asyncDispose]());

  const ask = async (id: string, body: string, path = '/ask') => {
    const headers = { 'content-type': 'application/json', 'x-request-id': id };
    const response = await fetch(`${page.url}${path}`, { method: 'POST', headers, body });
    await response.text();
    return response.status;
  };

  it('has what a route handler does below the request that a server of its own received', async () => {
    assert.equal(await ask('fine', '{"question":"Why?"}'), 200);
    const row = await page.collector.row('fine');
    assert.equal(
      stepsOf(row),
      printed(`
fine  completed  200
└─ POST /ask [user_call]  → {"answer":"You asked: Why?"}
   └─ POST /ask [user_call]  → {"status":200}
      └─ answer [chain]  → "You asked: Why?"
`),
    );
    assert.equal(row.question, 'Why?');
  });

  it('has the error that a route handler answers itself', async () => {
    assert.equal(await ask('caught', '{"question":""}'), 503);
    const { metadata } = await page.collector.row('caught');
    assert.deepEqual([metadata?.error, metadata?.errorType], ['nothing was asked', 'RangeError']);
  });

  it('has the error that a route handler throws at its step', async () => {
    assert.equal(await ask('thrown', '{'), 500);
    const row = await page.collector.row('thrown');
    assert.match(String(row.steps[0]?.steps[0]?.metadata.error), /JSON/);
  });

  it('leaves out what Next serves for its pages', async () => {
    await ask('static', '{"question":"Why?"}', '/_next/static/chunk.js');
    await ask('last', '{"question":"Why?"}');
    await page.collector.row('last');
    assert.equal(page.collector.server.row('static'), undefined);
  });
});
