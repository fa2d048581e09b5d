/** A trace that a reader deletes on the page. */

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { faultsOf } from './axe.ts';
import { rowOf } from './rows.ts';
import { until, useViewer, type Viewer } from './support.ts';

const LIST = '/requests?name=POST+%2Fgone';
const ROW = 'main [role="row"][aria-selected]';

describe('a trace that is deleted on the page', function () {
  this.timeout(120_000);
  const started = useViewer();
  let viewer: Viewer;
  /** Numbers of three traces, the oldest first. */
  let traces: number[];

  before(() => {
    viewer = started();
  });

  beforeEach(async () => {
    traces = [];
    viewer.server.clear();
    for (const id of ['oldest', 'between', 'newest']) {
      const time = Date.now() - 20_000 + traces.length * 1000;
      const row = rowOf({ name: 'POST /gone', id, time, body: { question: `about ${id}` } });
      traces.push(await viewer.send(row));
    }
  });

  const dialogOf = (page: Page) => page.getByRole('alertdialog', { name: 'Delete this trace?' });
  const ids = () => viewer.server.rows().map(({ inferenceId }) => inferenceId);

  /** Opens the dialog by keys alone. */
  async function ask(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Copy, download, compare, delete' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Delete' }).waitFor();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await dialogOf(page).waitFor();
  }

  for (const theme of ['light', 'dark'] as const) {
    it(`is asked about by a dialog that says what it deletes, in the ${theme} theme`, async () => {
      const { page, complaints } = await viewer.open(`/traces/${traces[1]}`, { theme });
      await ask(page);
      const dialog = dialogOf(page);
      const text = await dialog.innerText();
      for (const part of ['POST /gone', 'between', '1 step', 'cannot be undone']) {
        assert.ok(text.includes(part), `${part} in ${text}`);
      }
      assert.deepEqual(await faultsOf(page), []);
      // The first key that a reader presses deletes nothing.
      await page.keyboard.press('Enter');
      await dialog.waitFor({ state: 'detached' });
      await ask(page);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      const focused = () => page.evaluate<string>('document.activeElement?.textContent ?? ""');
      await until(async () => (await focused()).includes('delete'), 'the focus is back');
      assert.deepEqual(ids(), ['oldest', 'between', 'newest']);
      assert.deepEqual(complaints, []);
    });
  }

  it('is followed by the next of its list, then by the one before, then by the list', async () => {
    const { page, complaints } = await viewer.open(LIST);
    await page.locator(ROW).nth(1).waitFor();
    for (const key of ['j', 'j', 'Enter']) await page.keyboard.press(key);
    const left = ['oldest', 'between', 'newest'];
    for (const [id, next] of [
      ['between', 'oldest'],
      ['oldest', 'newest'],
      ['newest', undefined],
    ] as const) {
      await page.getByRole('button', { name: id }).first().waitFor();
      const isEnabled = (name: string) => page.getByRole('button', { name }).isEnabled();
      await until(
        async () =>
          left.length === 1 ||
          (await isEnabled('Next in the list')) ||
          (await isEnabled('Previous in the list')),
        'its neighbours are known',
      );
      await ask(page);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      left.splice(left.indexOf(id), 1);
      if (next === undefined) await page.getByText('No request matches the filter').waitFor();
      else await page.getByRole('button', { name: next }).first().waitFor();
      assert.deepEqual(ids(), left);
    }
    assert.deepEqual(complaints, []);
  });

  it('leaves the list beside it, where the next row is selected', async () => {
    const { page, complaints } = await viewer.open(`${LIST}&trace=${traces[1]}`);
    await page.getByRole('button', { name: 'between' }).first().waitFor();
    await ask(page);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await until(async () => (await page.locator(ROW).count()) > 0, 'the list');
    await page.getByRole('button', { name: 'oldest' }).first().waitFor();
    const rows = page.getByRole('grid', { name: 'Requests' }).locator('[aria-selected]');
    await until(async () => (await rows.count()) === 2, 'two rows');
    assert.equal(await rows.nth(1).getAttribute('aria-selected'), 'true');
    assert.deepEqual(ids(), ['oldest', 'newest']);
    assert.deepEqual(complaints, []);
  });

  it('is not there any more after the back button', async () => {
    const { page } = await viewer.open(LIST);
    await page.locator(ROW).first().waitFor();
    for (const key of ['j', 'Enter']) await page.keyboard.press(key);
    await page.getByRole('button', { name: 'newest' }).first().waitFor();
    await ask(page);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'between' }).first().waitFor();
    await page.goto(`${viewer.origin}/traces/${traces[2]}`);
    await page.getByText('there is no trace').waitFor();
  });

  it('is alone deleted if another request has its inference ID', async () => {
    await viewer.send(rowOf({ name: 'POST /gone', id: 'between', time: Date.now() }));
    const { page } = await viewer.open(`/traces/${traces[1]}`);
    await page.getByRole('button', { name: 'between' }).first().waitFor();
    await ask(page);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await until(async () => ids().length === 3, 'three rows');
    assert.deepEqual(ids(), ['oldest', 'newest', 'between']);
  });

  it('stays, and the dialog says why, where the server refuses', async () => {
    const { page } = await viewer.open(`/traces/${traces[1]}`);
    await page.route('**/rows?openlayer_row_id=*', (route) =>
      route.fulfill({ status: 503, json: { error: 'The disk cannot be written.' } }),
    );
    await ask(page);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await dialogOf(page).getByRole('alert').waitFor();
    assert.match(await dialogOf(page).innerText(), /The disk cannot be written/);
    assert.equal(ids().length, 3);
  });
});
