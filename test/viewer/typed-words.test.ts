/** The fields whose words are in the address. */

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { agentRequest, ragRequest } from './rows.ts';
import { until, useViewer, type Viewer } from './support.ts';

describe('the words of a field', function () {
  this.timeout(120_000);
  const started = useViewer();
  let viewer: Viewer;
  let agent: number;

  before(async () => {
    viewer = started();
    await viewer.send(ragRequest('Where is the saw?', 'In the shed.'), ragRequest('Who?', 'Ada.'));
    agent = await viewer.send(agentRequest({}));
  });

  const rows = (page: Page) => page.locator('main [role="row"][aria-selected]');
  const search = (page: Page) => page.getByRole('searchbox', { name: 'Search', exact: true });
  const find = (page: Page) => page.getByRole('searchbox', { name: 'Find in this trace' });
  const query = (page: Page) => new URL(page.url()).searchParams;

  it('are those of the list again after words were typed on a trace and not sent', async () => {
    const { page } = await viewer.open('/requests?q=saw');
    await until(async () => (await rows(page).count()) === 1, 'one row');
    for (const typed of ['other words', '']) {
      await rows(page).first().click();
      await page.waitForURL(/trace=/);
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/traces\//);
      await search(page).fill(typed);
      if (typed === '') await search(page).press('Escape');
      await page.getByRole('button', { name: 'Back to the list' }).click();
      await page.waitForURL(/\/requests/);
      await page.waitForTimeout(500);
      assert.equal(query(page).get('q'), 'saw');
      assert.equal(await search(page).inputValue(), 'saw');
      await until(async () => (await rows(page).count()) === 1, 'one row');
    }
  });

  it('lead from a trace to the list at Enter', async () => {
    const { page } = await viewer.open(`/traces/${agent}`);
    await search(page).fill('shed');
    await search(page).press('Enter');
    await page.waitForURL(/\/requests.*q=shed/);
    assert.equal(await search(page).inputValue(), 'shed');
  });

  it('are all kept while they are typed quickly', async () => {
    for (const [path, field] of [
      ['/requests', search],
      [`/traces/${agent}`, find],
    ] as const) {
      const { page } = await viewer.open(path);
      await field(page).waitFor();
      await field(page).pressSequentially('search_rooms', { delay: 15 });
      await page.waitForTimeout(600);
      assert.equal(await field(page).inputValue(), 'search_rooms');
    }
  });

  it('follow the back button, in the list and within a trace', async () => {
    const { page } = await viewer.open(`/traces/${agent}?find=search`);
    await find(page).waitFor();
    assert.equal(await find(page).inputValue(), 'search');
    await page.evaluate(`history.pushState(history.state, '', location.pathname + '?find=rooms')`);
    await page.evaluate(`dispatchEvent(new PopStateEvent('popstate', { state: history.state }))`);
    await until(async () => (await find(page).inputValue()) === 'rooms', 'the words of the link');
    await page.goBack();
    await until(async () => (await find(page).inputValue()) === 'search', 'the words before');
    const { page: list } = await viewer.open('/requests?q=saw');
    await until(async () => (await rows(list).count()) === 1, 'one row');
    await list.getByRole('link', { name: 'Overview' }).click();
    await list.waitForURL(/overview/);
    await search(list).fill('Ada');
    await list.waitForURL(/overview.*q=Ada/);
    await list.goBack();
    await list.waitForURL(/requests/);
    assert.equal(await search(list).inputValue(), 'saw');
  });
});
