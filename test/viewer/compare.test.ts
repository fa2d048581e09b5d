/** Two traces that are compared: long ones, which are loaded in parts, and texts that differ much. */

import assert from 'node:assert/strict';
import type { Page, Route } from 'playwright-core';
import { rowOf } from './rows.ts';
import { until, useViewer, type Viewer } from './support.ts';

/** The first 500 steps come with the trace. */
const STEPS = 700;

describe('two traces that are compared', function () {
  this.timeout(120_000);
  const started = useViewer();
  let viewer: Viewer;
  let first: number;
  let second: number;

  before(async () => {
    viewer = started();
    const steps = Array.from({ length: STEPS }, (_, place) => ({ name: `step ${place}` }));
    first = await viewer.send(rowOf({ name: 'POST /long', id: 'compared-a', steps }));
    second = await viewer.send(rowOf({ name: 'POST /long', id: 'compared-b', steps }));
  });

  const grid = (page: Page) => page.getByRole('treegrid', { name: 'Steps of both traces' });
  const isPart = ({ pathname }: URL) => /^\/api\/traces\/\d+\/steps$/.test(pathname);

  it('have no step in one of them only, while others are loaded or cannot be loaded', async () => {
    const { page } = await viewer.open('/health');
    const waiting: Route[] = [];
    await page.route(isPart, (route) => {
      waiting.push(route);
    });
    await page.goto(`${viewer.origin}/compare?a=${first}&b=${second}`);
    await page
      .getByText(/^Loading 500 of 701 steps$/)
      .first()
      .waitFor();
    assert.equal(await page.getByText('Loading 500 of 701 steps').count(), 2);
    assert.equal(await page.getByTitle('Only in', { exact: false }).count(), 0);
    await until(async () => waiting.length === 2, 'two parts');
    await waiting[0]?.continue();
    await waiting[1]?.fulfill({ status: 404, json: { error: 'They are gone.' } });
    await page.getByText('500 of 701 steps could be loaded.').waitFor();
    assert.equal(await page.getByTitle('Only in', { exact: false }).count(), 0);
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Load the others' }).click();
    await grid(page).waitFor();
    assert.equal(await page.getByTitle('Only in', { exact: false }).count(), 0);
    assert.equal(await grid(page).getAttribute('aria-rowcount'), String(STEPS + 2));
  });

  it('are swapped without being loaded again, and the selected step stays', async () => {
    const { page } = await viewer.open(`/compare?a=${first}&b=${second}`);
    await grid(page).getByText('step 7', { exact: true }).click();
    await page.getByRole('heading', { name: 'step 7' }).waitFor();
    let parts = 0;
    page.on('request', (request) => {
      if (isPart(new URL(request.url()))) parts++;
    });
    await page.getByRole('button', { name: 'Swap' }).click();
    await page.waitForURL(new RegExp(`a=${second}&b=${first}`));
    await page.getByRole('heading', { name: 'step 7' }).waitFor();
    const selected = grid(page).locator('[aria-selected="true"]');
    assert.match((await selected.textContent()) ?? '', /step 7/);
    assert.equal(parts, 0);
  });

  it('are chosen from all requests, and the checkbox keeps the focus', async () => {
    const more = Array.from({ length: 110 }, (_, place) =>
      rowOf({ name: 'POST /many', id: `many-${place}` }),
    );
    await viewer.send(...more);
    const { page } = await viewer.open(`/compare?a=${first}`);
    const items = page.locator('main li');
    await until(async () => (await items.count()) === 1, 'the other request of the name');
    const checkbox = page.getByRole('checkbox', { name: 'Requests of all names' });
    await checkbox.focus();
    await page.keyboard.press('Space');
    await until(async () => (await items.count()) >= 99, 'requests of all names');
    assert.equal(await page.evaluate('document.activeElement.type'), 'checkbox');
    await page.getByRole('button', { name: 'Show older requests' }).click();
    await until(async () => (await items.count()) === 111, 'all requests');
    assert.equal(await page.getByRole('button', { name: 'Show older requests' }).count(), 0);
  });
});
