/** Sessions and users, and the thread of one of them. */

import assert from 'node:assert/strict';
import { dayOfRequests, PIPELINE, rowOf } from './rows.ts';
import { refuseNextPages, until, useViewer, type Viewer } from './support.ts';

const summary = rowOf({
  name: 'POST /summaries',
  session: 'summaries',
  body: { document: `${'A sentence. '.repeat(80)}The end of the document.` },
  output: `${'A word. '.repeat(120)}The end of the summary.`,
});

describe('sessions, users and their threads', function () {
  this.timeout(240_000);
  const started = useViewer();
  let viewer: Viewer;

  before(async () => {
    viewer = started();
    await viewer.send(...dayOfRequests(12), summary);
  });

  it('load from this machine while it has no network', async () => {
    const { page } = await viewer.open('/requests');
    await page.locator('[role="row"][aria-selected]').first().waitFor();
    // What a browser does when the last network is gone.
    await page.evaluate('window.dispatchEvent(new Event("offline"))');
    await page.getByRole('link', { name: 'Sessions' }).click();
    const sessions = page.getByRole('grid', { name: 'Sessions' });
    await sessions.getByText('visit-1', { exact: true }).click();
    await page.locator('main article').first().waitFor();
    await page.getByRole('link').filter({ hasText: 'POST /' }).first().click();
    await page.getByRole('button', { name: /^Feedback/ }).click();
    await page.getByRole('button', { name: 'Good' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Feedback: good' }).waitFor();
  });

  it('are moved through by arrow keys, and opened by Enter or a click', async () => {
    for (const [path, label] of [
      ['/sessions', 'Sessions'],
      ['/users', 'Users'],
    ] as const) {
      const { page } = await viewer.open(path);
      const grid = page.getByRole('grid', { name: label });
      const rows = grid.locator('[role="row"][aria-selected]');
      await rows.nth(1).waitFor();
      await grid.focus();
      for (const place of [0, 1]) {
        await page.keyboard.press('ArrowDown');
        await page.waitForTimeout(100);
        assert.equal(await rows.nth(place).getAttribute('aria-selected'), 'true');
      }
      await page.keyboard.press('Enter');
      await page.waitForURL(new RegExp(`${path}/.`));
      await page.goBack();
      await rows.first().click();
      await page.waitForURL(new RegExp(`${path}/.`));
    }
  });

  it('show requests, feedback and deletions as they come', async () => {
    for (const [path, more] of [
      ['/sessions/live', { session: 'live' }],
      ['/users/live', { user: 'live' }],
    ] as const) {
      const id = (name: string) => `${path.slice(1, 2)}-${name}`;
      const ask = (name: string) =>
        viewer.send(
          rowOf({ ...more, name: `POST /${name}`, id: id(name), body: { question: name } }),
        );
      const rows = `${viewer.server.url}/inference-pipelines/${PIPELINE}/rows`;
      const change = (method: string, place: string, body?: object) =>
        fetch(`${rows}${place}`, {
          method,
          headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
          ...(body && { body: JSON.stringify(body) }),
        });
      await ask('first');
      const { page } = await viewer.open(path);
      const turns = page.locator('main article');
      await turns.first().waitFor();
      await ask('second');
      await until(async () => (await turns.count()) === 2, 'a second request');
      assert.match((await turns.nth(1).textContent()) ?? '', /second/);
      const row = { human_feedback: 'down' };
      await change('PUT', `?inferenceId=${id('first')}`, { row });
      await turns.first().getByText('bad').waitFor();
      await change('DELETE', `/${id('first')}`);
      await until(async () => (await turns.count()) === 1, 'one request');
    }
  });

  it('show the whole texts of a request without a question', async () => {
    const { page } = await viewer.open('/sessions/summaries');
    await page.getByRole('button', { name: 'Show the whole texts' }).click();
    await page.getByText('The end of the document.').waitFor();
    await page.getByText('The end of the summary.').waitFor();
  });

  for (const [path, call] of [
    ['/sessions', '/api/sessions'],
    ['/sessions/visit-1', '/api/traces'],
  ] as const) {
    it(`do not ask again and again for a next page that is refused: ${path}`, async () => {
      const { page } = await viewer.open('/requests');
      const { refused } = await refuseNextPages(page, call);
      await page.goto(`${viewer.origin}${path}`);
      await until(async () => refused.length > 0, 'a call for the next page');
      await page.waitForTimeout(1500);
      // A thread is loaded again when its stream of events opens, and then asks once more.
      const asked = refused.length;
      assert.ok(asked <= 2, `asked ${asked} times`);
      await page.getByText('The list has no such page.').waitFor();
      await page.getByRole('button', { name: 'Try again' }).click();
      await until(async () => refused.length === asked + 1, 'one more call');
    });
  }

  it('keep the selected one while others come above it, also when more than a page is loaded', async () => {
    const ask = (session: string) =>
      rowOf({ name: 'POST /many', session, body: { question: session } });
    await viewer.send(...Array.from({ length: 120 }, (_, place) => ask(`many-${place}`)));
    const { page } = await viewer.open('/sessions');
    const grid = page.getByRole('grid', { name: 'Sessions' });
    const selected = grid.locator('[role="row"][aria-selected="true"]');
    await grid.locator('[role="row"][aria-selected]').first().waitFor();
    await grid.focus();
    await page.keyboard.press('End');
    await until(
      async () => Number(await grid.getAttribute('aria-rowcount')) > 101,
      'a second page',
    );
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    const text = (await selected.textContent()) ?? '';
    const [id] = /many-\d+/.exec(text) ?? [];
    assert.ok(id);
    await viewer.send(ask('above'));
    await grid.getByText('above', { exact: true }).first().waitFor({ timeout: 30_000 });
    assert.ok((await selected.textContent())?.includes(id));
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`/sessions/${id}$`));
  });
});
