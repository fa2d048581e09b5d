/** The app and the browser's code of docs/feedback.md. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtPage } from './built-pages.ts';
import { type RunningPage, startPage } from './running-page.ts';

interface Browser {
  ask(server: string, question: string): Promise<{ answer: string; inferenceId: string | null }>;
  rate(server: string, inferenceId: string, isHelpful: boolean): Promise<void>;
}

describe('the recipe for feedback from a front end', () => {
  let page: RunningPage;
  let browser: Browser;

  before(async () => {
    const folder = await builtPage('docs/feedback.md');
    page = await startPage(folder, 'src/app.js');
    browser = await import(pathToFileURL(join(folder, 'src/browser.js')).href);
  });
  after(() => page?.[Symbol.asyncDispose]());

  it('brings the verdict to the row of the answer', async () => {
    const { answer, inferenceId } = await browser.ask(page.url, 'Why?');
    assert.equal(answer, 'You asked: Why?');
    assert.ok(inferenceId);
    await browser.rate(page.url, inferenceId, true);
    const row = await page.collector.row(inferenceId);
    assert.equal(row.humanFeedback, 'thumbs_up');
    assert.equal(page.collector.server.rows().length, 1);
  });

  it('lets pages of another origin read the id', async () => {
    const origin = 'https://app.example.com';
    const response = await fetch(`${page.url}/health`, { headers: { origin } });
    assert.equal(response.headers.get('access-control-allow-origin'), origin);
    assert.equal(response.headers.get('access-control-expose-headers'), 'X-Request-Id');
    assert.equal((await fetch(`${page.url}/ask`, { method: 'OPTIONS' })).status, 204);
  });

  it('gives the browser no id of a request that is not traced', async () => {
    const response = await fetch(`${page.url}/health`);
    assert.equal(response.headers.get('x-request-id'), null);
    await assert.rejects(browser.rate(page.url, null as never, true), /^Error: send \{/);
  });

  it('tells the browser why a verdict was not taken', async () => {
    await assert.rejects(browser.rate(page.url, 'no id at all', true), /^Error: inferenceId takes/);
    await assert.rejects(browser.rate(page.url, 7 as never, true), /^Error: send \{/);
    await assert.rejects(browser.rate(page.url, 'nobody', true), /404/);
  });
});
