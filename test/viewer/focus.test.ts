/** Where the focus is after the element that had it was removed, and after the list was sorted by keys. */

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { ragRequest, rowOf } from './rows.ts';
import { until, useViewer, type Viewer } from './support.ts';

describe('the focus of a reader who uses keys', function () {
  this.timeout(120_000);
  const started = useViewer();
  let viewer: Viewer;

  before(async () => {
    viewer = started();
    await viewer.send(ragRequest('First?', 'Yes.'), ragRequest('Second?', 'Yes.'));
  });

  const rows = (page: Page) => page.locator('main [role="row"][aria-selected]');
  const hasFocus = async (page: Page, what: string) => {
    await page.waitForTimeout(100);
    const code = `(() => { const { activeElement: at } = document;
      return at === document.body ? 'nothing' : at.getAttribute('aria-label') ?? at.textContent; })()`;
    assert.match(await page.evaluate<string>(code), new RegExp(what));
  };

  it('stays on the column that sorts the list, and the next key opens no request', async () => {
    const { page } = await viewer.open('/requests');
    await rows(page).first().click();
    await page.waitForURL(/trace=/);
    await page.keyboard.press('Escape');
    const column = page.getByRole('button', { name: 'Latency' });
    await column.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/sort=latency/);
    await rows(page).nth(1).waitFor();
    await hasFocus(page, '^Latency$');
    await page.keyboard.press('Enter');
    await page.waitForURL(/order=asc/);
    await rows(page).nth(1).waitFor();
    await hasFocus(page, '^Latency$');
    assert.equal(new URL(page.url()).pathname, '/requests');
  });

  it('goes to the next filter, then to the button for another', async () => {
    const { page } = await viewer.open(
      '/requests?failed=false&status=200&minLatency=1&user=nobody',
    );
    await page.getByRole('button', { name: 'Clear the filter' }).waitFor();
    const remove = page.getByRole('button', { name: /^Remove the filter/ });
    const count = await remove.count();
    assert.ok(count >= 3);
    await remove.first().focus();
    await page.keyboard.press('Enter');
    await until(async () => (await remove.count()) === count - 1, 'one filter less');
    await hasFocus(page, 'Latency|User|Status|nobody|200|1 ms');
    await page.getByRole('button', { name: 'Clear all' }).focus();
    await page.keyboard.press('Enter');
    await until(async () => (await remove.count()) === 0, 'no filter');
    await hasFocus(page, '^Filter$');
    assert.equal(new URL(page.url()).pathname, '/requests');
  });

  it('goes to the list from what is shown in place of it, or over it', async () => {
    const { page } = await viewer.open('/requests?user=nobody');
    await page.getByRole('button', { name: 'Clear the filter' }).focus();
    await page.keyboard.press('Enter');
    await rows(page).nth(1).waitFor();
    await hasFocus(page, '^(?!nothing)');
    await rows(page).first().click();
    await page.keyboard.press('Escape');
    await viewer.send(ragRequest('Third?', 'Yes.'));
    const held = page.getByRole('button', { name: '1 new', exact: true });
    await held.focus();
    await page.keyboard.press('Enter');
    await rows(page).filter({ hasText: 'Third?' }).waitFor();
    await hasFocus(page, '^Requests$');
    await page.keyboard.press('ArrowDown');
    await until(
      async () => (await rows(page).first().getAttribute('aria-selected')) === 'true',
      'the first row',
    );
  });

  it('stays within the contents of a step where a button unfolds them', async () => {
    const messages = Array.from({ length: 80 }, (_, place) => ({
      role: place % 2 === 0 ? 'user' : 'assistant',
      content: `message ${place}`,
    }));
    const number = await viewer.send(
      rowOf({
        name: 'POST /long',
        steps: [
          {
            ...{ name: 'ask', type: 'chat_completion', inputs: { messages }, output: 'Done.' },
          },
        ],
      }),
    );
    const { page } = await viewer.open(`/traces/${number}?step=1`);
    const more = page.getByRole('button', { name: /more message/ });
    await more.focus();
    await page.keyboard.press('Enter');
    await until(async () => (await more.count()) === 0, 'all messages');
    await page.waitForTimeout(100);
    const isInside = `document.activeElement.closest('[role="tabpanel"]') !== null`;
    assert.equal(await page.evaluate<boolean>(isInside), true);
    await page.getByRole('button', { name: 'Parent step' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Step POST /long' }).waitFor();
    await hasFocus(page, '^(?!nothing)');
  });
});
