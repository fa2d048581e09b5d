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

describe('the recipe for a streamed answer of a route handler', () => {
  let page: RunningPage;
  before(async () => {
    page = await startPage(await builtPage('docs/nextjs.md'), 'next-start.js');
  });
  after(() => page?.[Symbol.asyncDispose]());

  const ask = (question: string) =>
    fetch(`${page.url}/stream`, { method: 'POST', body: JSON.stringify({ question }) });

  it('has the whole answer and the steps that make it', async () => {
    assert.equal(await (await ask('Why?')).text(), 'You asked: Why?');
    const [row] = await page.collector.exactly(1);
    assert.ok(row !== undefined);
    assert.deepEqual([row.question, row.output], ['Why?', { answer: 'You asked: Why?' }]);
    const [answer] = row.steps[0]?.steps ?? [];
    assert.deepEqual([answer?.name, answer?.output], ['answer', 'You asked: Why?']);
  });

  it('has the part that was sent to a client that left, and an error', async () => {
    // More than the connection holds, so that the handler waits for the client.
    const response = await ask(` ${'why'.repeat(100)}`.repeat(100_000));
    await response.body?.cancel();
    const [, row] = await page.collector.exactly(2);
    assert.match(JSON.stringify(row?.output), /^{"answer":"You asked: {2}why/);
    assert.ok('error' in (row?.metadata ?? {}));
  });
});
