/** What is read or pointed at stays where it is while a list changes around it. */

import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { PIPELINE, rowOf } from './rows.ts';
import { scrollTo, until, useViewer, type Viewer } from './support.ts';

const ROWS = 60;

describe('the place of a reader in a list', function () {
  this.timeout(120_000);
  const started = useViewer();
  let viewer: Viewer;

  const call = async (method: string, place: string, body?: object) => {
    const response = await fetch(
      `${viewer.server.url}/inference-pipelines/${PIPELINE}/rows${place}`,
      {
        method,
        headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      },
    );
    assert.ok(response.ok, await response.text());
  };
  const praise = (id: string, word: string) =>
    call('PUT', `?inferenceId=${id}`, { row: { human_feedback: word } });

  before(async () => {
    viewer = started();
    const time = Date.now() - 3_600_000;
    const row = (place: number) =>
      rowOf({
        ...{ name: `POST /n${place}`, id: `place-${place}`, time: time + place * 1000 },
        ...{ body: { question: `Question ${place}?` }, session: `place-${place}` },
      });
    await viewer.send(...Array.from({ length: ROWS }, (_, place) => row(place)));
    for (let place = 0; place < ROWS; place += 2) await praise(`place-${place}`, 'up');
  });

  const rowWith = (page: Page, label: string, text: string) =>
    page
      .getByRole('grid', { name: label })
      .locator('[role="row"][aria-selected]')
      .filter({ hasText: text });
  const topOf = async (row: Locator) => Math.round((await row.boundingBox())?.y ?? -1);

  it('is the request that was read last, after keys have led to it', async () => {
    const { page } = await viewer.open('/requests?q=Question');
    const first = rowWith(page, 'Requests', 'POST /n59');
    await first.click();
    await page.waitForURL(/trace=/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/traces\//);
    // Further down than the list was scrolled.
    for (let place = 58; place >= 25; place--) {
      await page
        .getByRole('button', { name: 'Next in the list' })
        .and(page.locator(':enabled'))
        .waitFor();
      await page.keyboard.press('j');
      await page
        .getByRole('heading', { name: `POST /n${place}`, exact: true })
        .first()
        .waitFor();
    }
    await page.keyboard.press('Escape');
    await page.waitForURL(/\/requests/);
    const read = rowWith(page, 'Requests', 'POST /n25');
    await read.waitFor();
    assert.equal(await read.getAttribute('aria-selected'), 'true');
    const box = await read.boundingBox();
    assert.ok(box && box.y > 100 && box.y < 870, 'it is in sight');
  });

  it('stays while requests above it begin and cease to match the filter, and are deleted', async () => {
    const { page } = await viewer.open('/requests?feedback=positive');
    const grid = page.getByRole('grid', { name: 'Requests' });
    const read = rowWith(page, 'Requests', 'POST /n20');
    await rowWith(page, 'Requests', 'POST /n58').waitFor();
    await scrollTo(grid, 15 * 32);
    await read.waitFor();
    const total = (count: number) => page.getByText(`${count} requests`, { exact: true }).waitFor();
    await total(30);
    for (const isSelected of [false, true]) {
      if (isSelected) {
        await read.click();
        await page.waitForURL(/trace=/);
        await page.keyboard.press('Escape');
        await page.waitForURL((url) => !url.searchParams.has('trace'));
      }
      const top = await topOf(read);
      const begins = isSelected ? 'place-51' : 'place-53';
      await praise(begins, 'up');
      await total(31);
      assert.equal(await topOf(read), top, 'one begins to match');
      await praise(begins, 'down');
      await total(30);
      assert.equal(await topOf(read), top, 'one ceases to match');
    }
    const top = await topOf(read);
    await call('DELETE', '/place-56');
    await total(29);
    assert.equal(await topOf(read), top, 'one is deleted');
  });

  it('is the same session under the pointer while others are busier, and a click opens it', async () => {
    const { page } = await viewer.open('/sessions');
    const grid = page.getByRole('grid', { name: 'Sessions' });
    const third = grid.locator('[role="row"][aria-selected]').nth(2);
    await third.waitFor();
    const [id] = /place-\d+/.exec((await third.textContent()) ?? '') ?? [];
    assert.ok(id);
    const box = await third.boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + 40, box.y + box.height / 2);
    const ask = (session: string) =>
      rowOf({ name: 'POST /more', session, body: { question: 'Once more?' } });
    await viewer.send(ask('place-1'), ask('new-session'));
    const held = page.getByRole('button', { name: '1 new', exact: true });
    await held.waitFor({ timeout: 20_000 });
    assert.match((await third.textContent()) ?? '', new RegExp(id));
    await page.mouse.click(box.x + 40, box.y + box.height / 2);
    await page.waitForURL(new RegExp(`/sessions/${id}$`));
    await page.goBack();
    await page.mouse.move(0, 0);
    await until(
      async () =>
        ((await grid.locator('[role="row"][aria-selected]').first().textContent()) ?? '').includes(
          'new-session',
        ),
      'the newest session at the top',
    );
  });
});
