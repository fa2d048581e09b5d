/** Large traces and lists. That nothing breaks is tested here; how long it takes is shown, and is the bench's to judge. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { deepRow, wideRow } from './corpus.ts';
import { dayOfRequests } from './rows.ts';
import { scrollTo, scrollTop, until, useViewer, type Viewer } from './support.ts';

/** The longest time between two frames while a grid is scrolled through, in milliseconds. */
async function longestFrame(page: Page, label: string): Promise<number> {
  return await page.evaluate<number>(`new Promise((resolve) => {
    const grid = document.querySelector('[aria-rowcount][aria-label="${label}"]');
    let longest = 0, frames = 0, last = performance.now();
    const step = (now) => {
      longest = Math.max(longest, now - last);
      last = now;
      grid.scrollTop += 400;
      if (++frames < 120) requestAnimationFrame(step);
      else resolve(longest);
    };
    requestAnimationFrame((now) => { last = now; requestAnimationFrame(step); });
  })`);
}

describe('a large trace', function () {
  this.timeout(400_000);
  const started = useViewer();
  let viewer: Viewer;
  const figures: string[] = [];

  before(() => {
    viewer = started();
  });
  after(() => {
    for (const figure of figures) console.log(`      ${figure}`);
  });

  async function openSteps(number: number, rows: number): Promise<Page> {
    const { page } = await viewer.open('/health');
    await page.locator('main dl').waitFor();
    const begin = performance.now();
    await page.goto(`${viewer.origin}/traces/${number}`);
    const grid = page.getByRole('treegrid', { name: 'Steps' });
    await grid.locator('[role="row"][aria-selected]').nth(10).waitFor();
    figures.push(
      `${rows} steps: the first are shown after ${Math.round(performance.now() - begin)} ms`,
    );
    await until(async () => Number(await grid.getAttribute('aria-rowcount')) >= rows, 'all steps');
    return page;
  }

  it('of 10,000 steps scrolls and folds', async () => {
    const number = await viewer.send(wideRow(10_000));
    const page = await openSteps(number, 10_001);
    figures.push(
      `10,000 steps: the longest frame took ${Math.round(await longestFrame(page, 'Steps'))} ms`,
    );
    const grid = page.getByRole('treegrid', { name: 'Steps' });
    assert.ok((await grid.locator('[role="row"]').count()) < 100);
    await page.getByRole('button', { name: 'Fold all' }).click();
    await until(async () => Number(await grid.getAttribute('aria-rowcount')) < 100, 'folded rows');
  });

  it('of 10,000 steps stays where it is when one of its rows is clicked, also while others are folded', async () => {
    const number = await viewer.send(wideRow(10_000));
    const page = await openSteps(number, 10_001);
    const grid = page.getByRole('treegrid', { name: 'Steps' });
    const clickAt = async (top: number, row: number) => {
      await scrollTo(grid, top);
      const aimed = grid.locator(`[role="row"][aria-rowindex="${row}"]`);
      await aimed.click();
      await until(async () => (await aimed.getAttribute('aria-selected')) === 'true', 'a step');
      // The address follows the click, and the grid must not follow the address.
      await page.evaluate(
        'new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 100))',
      );
      assert.equal(await scrollTop(grid), top);
    };
    await clickAt(2600, 103);
    await page.getByRole('button', { name: 'Fold all' }).click();
    await until(async () => Number(await grid.getAttribute('aria-rowcount')) < 100, 'folded rows');
    await clickAt(200, 20);
  });

  it('of 80,000 steps opens, and folds', async () => {
    const number = await viewer.send(wideRow(80_000));
    const page = await openSteps(number, 80_001);
    const grid = page.getByRole('treegrid', { name: 'Steps' });
    await scrollTo(grid, 1e7);
    await until(
      async () => (await grid.locator('[role="row"][aria-rowindex="80001"]').count()) === 1,
      'the last step',
    );
    await page.getByRole('button', { name: 'Fold all' }).click();
    await until(async () => Number(await grid.getAttribute('aria-rowcount')) < 500, 'folded rows');
  });

  it('of 20,000 levels opens, and its last step is a link that leads there', async () => {
    const number = await viewer.send(deepRow(20_000));
    await openSteps(number, 20_001);
    const { page, complaints } = await viewer.open(`/traces/${number}?step=20000`);
    await page.getByRole('heading', { name: 'bottom' }).waitFor();
    await page.locator('[role="row"][aria-selected="true"]', { hasText: 'bottom' }).waitFor();
    assert.equal(
      await page.locator('[role="row"][aria-selected="true"]').getAttribute('aria-level'),
      '20001',
    );
    assert.deepEqual(complaints, []);
  });

  it('of 20,000 levels is copied and downloaded as JSON', async () => {
    const number = await viewer.send(deepRow(20_000));
    const { page, complaints } = await viewer.open(`/traces/${number}`);
    await page.getByRole('treegrid', { name: 'Steps' }).getByText('level 1').first().waitFor();
    const choose = async (item: string) => {
      await page.getByRole('button', { name: 'Copy, download, compare' }).click();
      await page.getByRole('menuitem', { name: item, exact: true }).click();
    };
    await choose('Copy as JSON');
    await page.getByText('JSON copied').waitFor();
    const copied = await page.evaluate<string>('navigator.clipboard.readText()');
    assert.equal(copied.match(/"name":\s?"level \d+"/g)?.length, 19_999);
    const [download] = await Promise.all([page.waitForEvent('download'), choose('Download')]);
    assert.match(readFileSync(await download.path(), 'utf8'), /"bottom"/);
    assert.deepEqual(complaints, []);
  });

  it('list of 2,000 requests is scrolled through with few rows in the page', async () => {
    await viewer.send(...dayOfRequests(1000));
    await viewer.send(...dayOfRequests(1000));
    const { page } = await viewer.open('/requests');
    const grid = page.getByRole('grid', { name: 'Requests' });
    await grid.locator('[role="row"][aria-selected]').first().waitFor();
    await until(async () => {
      await scrollTo(grid, 1e7);
      return Number(await grid.getAttribute('aria-rowcount')) > 2000;
    }, 'all requests');
    await scrollTo(grid, 0);
    figures.push(
      `2,000 requests: the longest frame took ${Math.round(await longestFrame(page, 'Requests'))} ms`,
    );
    assert.ok((await page.locator('[role="row"]').count()) < 100);
  });
});
