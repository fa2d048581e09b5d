/** The overview, in a real browser over the real server. */

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { failedRequest, type Json, ragRequest } from './rows.ts';
import { until, useViewer, type Viewer } from './support.ts';

async function totalsOf(page: Page): Promise<Record<string, string>> {
  await page.locator('main dl').first().waitFor();
  const facts = await page.locator('main dl').first().locator('> div').all();
  const totals: Record<string, string> = {};
  for (const fact of facts) {
    const [name = ''] = await fact.locator('dt').allTextContents();
    const [value = ''] = await fact.locator('dd').allTextContents();
    totals[name] = value;
  }
  return totals;
}

describe('the overview', function () {
  this.timeout(240_000);
  const started = useViewer();
  let viewer: Viewer;

  before(async () => {
    viewer = started();
    const time = Math.floor(Date.now() / 60_000) * 60_000;
    const completed = Array.from({ length: 8 }, () => ragRequest('Open?', 'Yes.', { time }));
    const aborted = failedRequest({ time, outcome: 'aborted', status: null });
    await viewer.send(...completed, aborted, { ...aborted, inferenceId: 'req-other' });
  });

  it('counts a request once that was aborted and failed', async () => {
    const { page } = await viewer.open('/overview');
    const totals = await totalsOf(page);
    assert.deepEqual(
      [totals.Requests, totals.Failed, totals.Aborted],
      ['10', '2 (20.0 %)', '2 (20.0 %)'],
    );
    const chart = page.getByRole('slider', { name: /^Requests over time/ });
    await chart.focus();
    await page.keyboard.press('End');
    assert.match(
      (await chart.getAttribute('aria-valuetext')) ?? '',
      /completed 8, aborted 0, failed 2$/,
    );
  });

  it('keeps the time that was chosen by keys while it is loaded again', async () => {
    const ask = (minutes: number) =>
      ragRequest('When?', 'Now.', { name: 'POST /spread', time: Date.now() - minutes * 60_000 });
    await viewer.send(ask(4), ask(0));
    const { page } = await viewer.open('/overview?name=POST+%2Fspread');
    const chart = page.getByRole('slider', { name: /^Requests over time/ });
    await chart.focus();
    for (const key of ['End', 'ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
    const chosen = async () => (await chart.getAttribute('aria-valuetext')) ?? '';
    const before = await chosen();
    assert.match(before, /^2.*completed 0,/);
    await viewer.send(ask(0));
    await page.waitForResponse(/\/api\/overview/);
    await page.waitForTimeout(500);
    assert.equal(await chosen(), before);
    await page.keyboard.press('ArrowRight');
    assert.ok((await chosen()) > before, `${await chosen()} is not after ${before}`);
  });

  it('leads from a bar, and from a row of the table, to as many requests as they count', async () => {
    const minute = Math.floor(Date.now() / 60_000) * 60_000 - 10 * 60_000;
    const times = [1, 30_000, 60_001].map((after) => minute + after);
    await viewer.send(
      ...times.map((time) => ragRequest('Which bar?', 'This.', { time, user: 'counted' })),
    );
    const { page } = await viewer.open('/health');
    const inTable = async (requests: string) => {
      await page.getByText('The charts as a table').click();
      const table = page.getByRole('region', { name: 'The charts as a table' });
      await table
        .locator('tbody tr')
        .filter({ has: page.locator('td:first-of-type', { hasText: requests }) })
        .first()
        .getByRole('button')
        .click();
    };
    const byKeys = async () => {
      await page.getByRole('slider', { name: /^Requests over time/ }).focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('Enter');
    };
    const middle = `from=${minute + 20_000}&to=${minute + 120_000}`;
    for (const { search, open, count } of [
      { search: middle, open: byKeys, count: '1 request' },
      { search: middle, open: () => inTable('1'), count: '1 request' },
      { search: 'last=15m', open: () => inTable('2'), count: '2 requests' },
    ]) {
      await page.goto(`${viewer.origin}/overview?user=counted&${search}`);
      await page.locator('main canvas').first().waitFor();
      await open();
      await page.waitForURL(/\/requests\?.*to=/);
      assert.doesNotMatch(page.url(), /last=/);
      await page.getByText(count, { exact: true }).waitFor();
    }
  });

  it('shows a dash for tokens and costs that no request has', async () => {
    const { page } = await viewer.open('/requests');
    await page.route('**/api/overview*', async (route) => {
      const response = await route.fetch();
      const overview = (await response.json()) as { readonly buckets: readonly Json[] };
      const unknown = { promptTokens: null, completionTokens: null, cost: null };
      const buckets = overview.buckets.map((bucket) => ({ ...bucket, ...unknown }));
      await route.fulfill({ response, json: { ...overview, buckets } });
    });
    await page.goto(`${viewer.origin}/overview`);
    const totals = await totalsOf(page);
    assert.deepEqual([totals['Tokens in, out'], totals.Cost], ['–, –', '–']);
  });

  it('has each whole number once at the axis of a chart of counts', async () => {
    await viewer.send(ragRequest('Alone?', 'Yes.', { user: 'alone' }));
    const { page } = await viewer.open('/health');
    await page.addInitScript(`
      window.drawn = new Map();
      const fillText = CanvasRenderingContext2D.prototype.fillText;
      CanvasRenderingContext2D.prototype.fillText = function (text, ...others) {
        drawn.set(this.canvas, [...(drawn.get(this.canvas) ?? []), text]);
        return fillText.call(this, text, ...others);
      };
    `);
    await page.goto(`${viewer.origin}/overview?user=alone`);
    const canvas = page.locator('figure', { hasText: 'Requests' }).locator('canvas').first();
    await canvas.waitFor();
    const labels = async () =>
      (
        await canvas.evaluate<string[], unknown>(
          (element) =>
            (globalThis as unknown as { drawn: Map<unknown, string[]> }).drawn.get(element) ?? [],
        )
      ).filter((text) => /^\d+$/.test(text));
    await until(async () => (await labels()).length > 0, 'labels');
    assert.deepEqual(await labels(), ['0', '1']);
  });

  it('is drawn in the colours of the system when they change', async () => {
    const { page } = await viewer.open('/overview');
    const canvas = page.locator('main canvas').first();
    await canvas.waitFor();
    const image = () => canvas.evaluate((element: { toDataURL(): string }) => element.toDataURL());
    await page.waitForTimeout(500);
    const light = await image();
    await page.emulateMedia({ colorScheme: 'dark' });
    await until(async () => (await image()) !== light, 'other colours');
  });
});
