/** A trace that changes while its page is open, or while the reader is elsewhere. */

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { PIPELINE, rowOf } from './rows.ts';
import { until, useViewer, type Viewer } from './support.ts';

describe('a trace that changes', function () {
  this.timeout(120_000);
  const started = useViewer();
  let viewer: Viewer;
  let requests = 0;

  /** Stores a request. @returns its number, and what gives it feedback */
  const newTrace = async () => {
    const id = `changes-${++requests}`;
    const number = await viewer.send(rowOf({ name: 'POST /changes', id }));
    const change = async () => {
      const rows = `${viewer.server.url}/inference-pipelines/${PIPELINE}/rows`;
      const response = await fetch(`${rows}?inferenceId=${id}`, {
        method: 'PUT',
        headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
        body: JSON.stringify({ row: { human_feedback: 'down' } }),
      });
      assert.ok(response.ok, await response.text());
      await until(
        async () => (await viewer.text(`/api/traces/${number}`)).includes('down'),
        'a change in the API',
      );
    };
    return { number, change };
  };
  const steps = (page: Page) => page.getByRole('treegrid', { name: 'Steps' });
  const isUpToDate = (page: Page) => page.getByRole('button', { name: 'Feedback: bad' }).waitFor();
  const refuseStreams = (page: Page) =>
    page.route('**/api/events*', (route) =>
      route.fulfill({ status: 429, json: { error: 'Too many pages are open.' } }),
    );

  before(() => {
    viewer = started();
  });

  for (const isRefused of [false, true]) {
    it(`is up to date after a visit elsewhere${isRefused ? ', without a stream' : ''}`, async () => {
      const { number, change } = await newTrace();
      const { page } = await viewer.open('/health');
      if (isRefused) await refuseStreams(page);
      await page.goto(`${viewer.origin}/traces/${number}`);
      await steps(page).waitFor();
      await page.getByRole('link', { name: 'Health' }).click();
      await page.getByRole('heading', { name: 'Stored' }).waitFor();
      await change();
      await page.goBack();
      await isUpToDate(page);
    });
  }

  it('is up to date beside the list after a visit elsewhere', async () => {
    const { number, change } = await newTrace();
    const { page } = await viewer.open(`/requests?trace=${number}`);
    await steps(page).waitFor();
    await page.getByRole('link', { name: 'Health' }).click();
    await page.getByRole('heading', { name: 'Stored' }).waitFor();
    await change();
    await page.goBack();
    await isUpToDate(page);
  });

  it('is loaded again every few seconds while the server refuses a stream of events', async () => {
    const { number, change } = await newTrace();
    const { page } = await viewer.open('/health');
    await refuseStreams(page);
    await page.goto(`${viewer.origin}/traces/${number}`);
    await steps(page).waitFor();
    await change();
    await isUpToDate(page);
  });

  describe('whose steps get other places', () => {
    const texts = (names: readonly string[]) =>
      names.map((name, place) => ({
        ...{ name, type: 'tool', at: 10 * (place + 1), ms: 5 },
        output: `the text of ${name}`,
      }));
    /** Stores a request with two steps. @returns its number, and what puts a third one before them */
    const newSteps = async () => {
      const id = `moves-${++requests}`;
      const time = Date.now() - 60_000;
      const row = (names: readonly string[]) =>
        rowOf({ name: 'POST /moves', id, time, steps: texts(names) });
      const number = await viewer.send(row(['alpha', 'beta']));
      const update = async (changed: object) => {
        const rows = `${viewer.server.url}/inference-pipelines/${PIPELINE}/rows`;
        const response = await fetch(`${rows}?inferenceId=${id}`, {
          method: 'PUT',
          headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
          body: JSON.stringify({ row: changed }),
        });
        assert.ok(response.ok, await response.text());
      };
      const later = texts(['alpha', 'beta']);
      const steps = [{ ...later[0], name: 'late', at: 5, output: 'the text of late' }, ...later];
      const moved = rowOf({ name: 'POST /moves', id, time, steps });
      return {
        number,
        move: () => update({ steps: moved.steps }),
        /** Puts a step before all others, so that the trace begins a second earlier. */
        begin: () => {
          const first = { name: 'first', at: 0, output: 'the text of first' };
          const earlier = later.map((each) => ({ ...each, at: each.at + 1000 }));
          const began = rowOf({
            ...{ name: 'POST /moves', id, time: time - 1000, ms: 1100 },
            steps: [first, ...earlier],
          });
          return update({ steps: began.steps, inferenceTimestamp: time / 1000 - 1 });
        },
        praise: () => update({ human_feedback: 'up' }),
      };
    };
    const stepRow = (page: Page, name: string) =>
      steps(page).locator('[role="row"][aria-selected]').filter({ hasText: name });
    const pane = (page: Page, name: string) => page.getByRole('region', { name: `Step ${name}` });
    const textIn = (page: Page, name: string) =>
      pane(page, name)
        .getByText(/the text of \w+/)
        .first();
    /** Holds the reads of contents back. @returns what lets them go on */
    const hold = async (page: Page) => {
      let release: (() => void) | undefined;
      const isHeld = new Promise<void>((resolve) => {
        release = resolve;
      });
      await page.route(/\/steps\/\d/, async (route) => {
        await isHeld;
        await route.continue();
      });
      return () => release?.();
    };

    it('shows contents of a step at no other step', async () => {
      const { number, move } = await newSteps();
      const { page } = await viewer.open(`/traces/${number}`);
      for (const name of ['alpha', 'beta']) {
        await stepRow(page, name).click();
        await textIn(page, name).waitFor();
      }
      const release = await hold(page);
      await move();
      await stepRow(page, 'late').waitFor();
      await page.waitForURL(/step=3/);
      for (const name of ['beta', 'alpha', 'late']) {
        await stepRow(page, name).click();
        await pane(page, name).waitFor();
        assert.equal(await textIn(page, name).count(), 0, `${name} has no contents yet`);
      }
      release();
      for (const name of ['beta', 'alpha', 'late']) {
        await stepRow(page, name).click();
        await textIn(page, name).waitFor();
        assert.equal(await textIn(page, name).textContent(), `the text of ${name}`);
      }
    });

    it('shows the right contents also where the page has not heard of the change', async () => {
      const { number, move } = await newSteps();
      const { page } = await viewer.open('/health');
      await page.route('**/api/events*', (route) => route.abort());
      await page.goto(`${viewer.origin}/traces/${number}`);
      await stepRow(page, 'alpha').click();
      // Contents that are loaded later would show the change at once.
      await textIn(page, 'alpha').waitFor();
      await move();
      await stepRow(page, 'beta').click();
      await stepRow(page, 'late').waitFor();
      await textIn(page, 'beta').waitFor();
      assert.equal(await textIn(page, 'beta').textContent(), 'the text of beta');
      assert.equal(await stepRow(page, 'beta').getAttribute('aria-selected'), 'true');
    });

    it('keeps the contents that are read while the trace is loaded again for feedback', async () => {
      const { number, praise } = await newSteps();
      const { page } = await viewer.open(`/traces/${number}`);
      await stepRow(page, 'alpha').click();
      await textIn(page, 'alpha').waitFor();
      const release = await hold(page);
      await praise();
      await page.getByRole('button', { name: 'Feedback: good' }).waitFor();
      assert.equal(await textIn(page, 'alpha').textContent(), 'the text of alpha');
      release();
    });

    it('keeps the part of the axis that is shown, also if the trace began earlier than it was known', async () => {
      const { number, begin } = await newSteps();
      const { page } = await viewer.open(`/traces/${number}`);
      const bar = stepRow(page, 'alpha').locator('[role="gridcell"]').nth(1).locator('div').first();
      await bar.waitFor();
      await page.keyboard.press('+');
      await page.keyboard.press('+');
      await page.keyboard.press('Shift+ArrowLeft');
      await page.keyboard.press('Shift+ArrowLeft');
      const placeOf = async () => {
        const { x, width } = (await bar.boundingBox()) ?? { x: 0, width: 0 };
        return [Math.round(x), Math.round(width)];
      };
      const before = await placeOf();
      await begin();
      await stepRow(page, 'first').waitFor();
      assert.deepEqual(await placeOf(), before);
    });
  });
});
