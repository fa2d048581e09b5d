/** The list of requests, in a real browser over the real server. */

import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { agentRequest, dayOfRequests, failedRequest, ragRequest, send } from './rows.ts';
import { refuseNextPages, scrollTo, scrollTop, until, useViewer, type Viewer } from './support.ts';

function rowsOf(page: Page): Locator {
  return page.getByRole('grid', { name: 'Requests' }).locator('[role="row"][aria-selected]');
}

function rowWith(page: Page, text: string): Locator {
  return rowsOf(page).filter({ hasText: text });
}

async function topOf(locator: Locator): Promise<number | undefined> {
  return (await locator.boundingBox())?.y;
}

describe('the list of requests', function () {
  this.timeout(240_000);
  const viewer = useViewer();
  let rows: Viewer;

  before(async () => {
    rows = viewer();
    await rows.send(...dayOfRequests(120));
  });

  it('shows what has arrived, and takes the token out of the address', async () => {
    const { page, complaints } = await rows.open('/');
    await rowsOf(page).first().waitFor();
    assert.equal(new URL(page.url()).hash, '');
    assert.equal(new URL(page.url()).pathname, '/requests');
    assert.match((await rowsOf(page).first().textContent()) ?? '', /POST \/(chat|agent)/);
    assert.equal(await page.getByText(/^120 requests$/).count(), 1);
    assert.deepEqual(complaints, []);
  });

  it('loads pages without contents: at most 25 KB for 50 requests', async () => {
    const words = Array.from({ length: 400 }, (_, n) => (n * 2654435761).toString(36).slice(-7));
    const rowsWithTexts = Array.from({ length: 100 }, (_, place) => {
      const text = (from: number) =>
        Array.from({ length: 2000 }, (_, n) => words[(from + n * (place + 3)) % 400]).join(' ');
      return ragRequest(text(place), text(place + 77), {
        user: `user-${words[place]}`,
        session: 'long-texts',
        // Below the rows of the other tests.
        time: Date.now() - 30 * 3_600_000,
      });
    });
    await rows.send(...rowsWithTexts);
    const { page } = await rows.open('/health');
    const [response] = await Promise.all([
      page.waitForResponse((each) => each.url().includes('/api/traces?')),
      page.goto(`${rows.origin}/requests?session=long-texts`),
    ]);
    const { traces } = (await response.json()) as { traces: readonly unknown[] };
    assert.equal(traces.length, 100);
    const { responseBodySize } = await response.request().sizes();
    assert.ok(responseBodySize <= 50_000, `${responseBodySize} bytes`);
    await rowsOf(page).first().waitFor();
  });

  it('shows 200 characters of the question and of the answer, also in two lines', async () => {
    const question = `Where is the ${'very '.repeat(80)}end?`;
    const answer = `It is ${'rather '.repeat(80)}far.`;
    await rows.send(ragRequest(question, answer, { user: 'previewed' }));
    const { page } = await rows.open('/requests?user=previewed');
    const preview = rowsOf(page).first().locator('[title^="Where is"]');
    await preview.waitFor();
    const texts = await preview.locator('bdi').allTextContents();
    assert.deepEqual(
      texts.map((text) => text.length),
      [200, 200],
    );
    const [asked, answered] = [preview.locator('bdi').first(), preview.locator('bdi').last()];
    const [left, right] = [await asked.boundingBox(), await answered.boundingBox()];
    assert.ok(left && right && left.width > 80 && right.width > 80, 'both have room');
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Two lines' }).click();
    await page.waitForURL(/lines=2/);
    await until(async () => {
      const [top, below] = [await topOf(asked), await topOf(answered)];
      return top !== undefined && below !== undefined && below > top;
    }, 'the answer below the question');
    await page.getByRole('menuitemcheckbox', { name: 'Model' }).click();
    await page.waitForURL(/columns=models/);
    await page.keyboard.press('Escape');
    await page.getByRole('columnheader', { name: 'Model' }).waitFor();
    await page.goBack();
  });

  it('asks for the token where it has none, and shows nothing', async () => {
    const { page } = await rows.open('/requests');
    await rowsOf(page).first().waitFor();
    await page.evaluate('sessionStorage.clear()');
    await page.reload();
    await page.getByRole('heading', { name: /needs the token/ }).waitFor();
    assert.equal(await rowsOf(page).count(), 0);
    await page.getByLabel('Address or token').fill(rows.server.viewerUrl);
    await page.getByRole('button', { name: 'Open' }).click();
    await rowsOf(page).first().waitFor();
  });

  it('shows a request without a reload when it arrives', async () => {
    const { page } = await rows.open('/requests');
    await rowsOf(page).first().waitFor();
    await page.getByRole('button', { name: /^Live/ }).waitFor();
    await send(rows.server, [ragRequest('Does live work?', 'Yes, without a reload.')]);
    await rowWith(page, 'Does live work?').waitFor({ timeout: 60_000 });
    assert.match((await rowsOf(page).first().textContent()) ?? '', /Does live work/);
  });

  it('shows new requests every few seconds if the server refuses a stream of events', async () => {
    const { page } = await rows.open('/traces/1');
    await page.route('**/api/events*', (route) =>
      route.fulfill({ status: 429, json: { error: 'Too many pages are open.' } }),
    );
    await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
    await page.keyboard.press('Escape');
    await rowsOf(page).first().waitFor();
    await page.getByRole('button', { name: /^Not live/ }).waitFor();
    await send(rows.server, [ragRequest('Is it shown without a stream?', 'Yes.')]);
    await rowWith(page, 'Is it shown without a stream?').waitFor({ timeout: 20_000 });
  });

  it('moves nothing while one reads: new requests wait behind a count', async () => {
    const { page } = await rows.open('/requests');
    await rowsOf(page).first().waitFor();
    const grid = page.getByRole('grid', { name: 'Requests' });
    await scrollTo(grid, 640);
    const read = rowsOf(page).nth(20);
    await read.waitFor();
    const text = await read.textContent();
    const place = rowWith(
      page,
      (await read.locator('[role="gridcell"]').nth(3).textContent()) ?? '',
    ).first();
    const before = await topOf(place);
    await send(rows.server, [agentRequest(), failedRequest(), agentRequest()]);
    await page.getByRole('button', { name: /^3 new$/ }).waitFor({ timeout: 60_000 });
    assert.equal(await topOf(place), before);
    assert.equal(await scrollTop(grid), 640);
    assert.ok(text !== null);
    await page.getByRole('button', { name: /^3 new$/ }).click();
    await until(async () => (await scrollTop(grid)) === 0, 'the top');
    assert.match((await rowsOf(page).first().textContent()) ?? '', /agent|chat/);
    assert.equal(await page.getByRole('button', { name: /new$/ }).count(), 0);
  });

  it('keeps new requests behind their count while j walks through the requests beside the list', async () => {
    const { page } = await rows.open('/requests');
    const streams: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/api/events')) streams.push(request.url());
    });
    await rowsOf(page).nth(1).click();
    await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
    const first = new URL(page.url()).searchParams.get('trace');
    await send(
      rows.server,
      [1, 2, 3].map((place) => ragRequest(`Held ${place}?`, 'Yes.')),
    );
    const held = page.getByRole('button', { name: /^3 new$/ });
    await held.waitFor({ timeout: 60_000 });
    const before = streams.length;
    await page.getByRole('grid', { name: 'Requests' }).focus();
    await page.keyboard.press('j');
    await page.waitForURL((url) => url.searchParams.get('trace') !== first);
    await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
    assert.equal(await held.count(), 1);
    assert.equal(streams.length, before);
    await held.click();
    await rowWith(page, 'Held 3?').waitFor();
    assert.equal(await rowWith(page, 'Held').count(), 3);
  });

  it('lets rows leave a range that ends now, and moves nothing', async () => {
    const minute = 60_000;
    await rows.send(
      ragRequest('Almost too old?', 'Yes.', { time: Date.now() - 14 * minute }),
      ragRequest('Still young?', 'Yes.', { time: Date.now() - 5 * minute }),
    );
    const { page } = await rows.open('/health');
    await page.clock.install();
    await page.goto(`${rows.origin}/requests?last=15m`);
    await rowWith(page, 'Almost too old?').waitFor();
    const young = await topOf(rowWith(page, 'Still young?'));
    await page.clock.fastForward(3 * minute);
    await rowWith(page, 'Almost too old?').waitFor({ state: 'detached' });
    assert.equal(await topOf(rowWith(page, 'Still young?')), young);
  });

  it('shows the feedback that was given on the page of a trace', async () => {
    const { page } = await rows.open('/requests');
    await rowsOf(page).first().waitFor();
    for (const key of ['j', 'j', 'Enter']) await page.keyboard.press(key);
    await page.waitForURL(/\/traces\/\d+/);
    await page.getByRole('button', { name: /^Feedback/ }).click();
    await page.getByRole('button', { name: 'Bad' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Feedback: bad' }).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForURL(/\/requests/);
    await page.locator('[aria-selected="true"]').filter({ hasText: 'bad' }).waitFor();
  });

  it('can be paused, and goes on where it was', async () => {
    const { page } = await rows.open('/requests');
    await rowsOf(page).first().waitFor();
    await page.getByRole('button', { name: /^Live/ }).click();
    const first = await rowsOf(page).first().textContent();
    await send(rows.server, [ragRequest('Was I paused?', 'Yes.')]);
    await page.getByRole('button', { name: 'Paused, 1 new' }).waitFor({ timeout: 60_000 });
    assert.equal(await rowsOf(page).first().textContent(), first);
    await page.keyboard.press('p');
    await rowWith(page, 'Was I paused?').waitFor();
  });

  it('has its filters in the address, and the back button removes them one by one', async () => {
    const { page } = await rows.open('/requests');
    await rowsOf(page).first().waitFor();
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.getByRole('checkbox', { name: 'error' }).check();
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.waitForURL(/outcome=error/);
    await rowWith(page, 'parking').first().waitFor();
    await until(async () => (await rowWith(page, 'renew a loan').count()) === 0, 'no other rows');
    await page.getByRole('button', { name: 'Tokens' }).click();
    await page.waitForURL(/sort=tokens/);
    await page.goBack();
    await page.waitForURL(
      (url) => !url.search.includes('sort') && url.search.includes('outcome=error'),
    );
    await page.goBack();
    await page.waitForURL((url) => !url.search.includes('outcome'));
    await rowWith(page, 'renew a loan').first().waitFor();
  });

  it('keeps the values of a filter that is applied again unchanged', async () => {
    const values = ['Lovelace, Ada', ' ada ', '"ada"', 'grace'];
    const query = values.map((each) => `user=${encodeURIComponent(each)}`).join('&');
    const { page } = await rows.open(`/requests?${query}`);
    await page.getByRole('button', { name: 'User Lovelace, Ada or' }).click();
    await page.getByRole('button', { name: 'Apply' }).click();
    const users = () => new URL(page.url()).searchParams.getAll('user');
    await page.getByRole('button', { name: 'Apply' }).waitFor({ state: 'detached' });
    assert.deepEqual(users(), values);
  });

  it('keeps the milliseconds of a range of time that is applied again, and its other end', async () => {
    // The field of the second has no seconds.
    const [from, to] = [
      Math.floor(Date.now() / 60_000) * 60_000 - 86_377_123,
      Math.ceil(Date.now() / 60_000) * 60_000 + 456,
    ];
    const { page } = await rows.open(`/requests?from=${from}&to=${to}`);
    const times = () => {
      const { searchParams } = new URL(page.url());
      return [Number(searchParams.get('from')), Number(searchParams.get('to'))];
    };
    const apply = async (change: () => Promise<void> = async () => undefined) => {
      await page.getByTitle('Range of time', { exact: true }).click();
      await change();
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.getByRole('button', { name: 'Apply' }).waitFor({ state: 'detached' });
    };
    await apply();
    assert.deepEqual(times(), [from, to]);
    await apply(() => page.getByRole('textbox', { name: 'From' }).fill('2026-01-02T03:04:05'));
    assert.deepEqual(times(), [Date.UTC(2026, 0, 2, 3, 4, 5), to]);
    await page.goto(`${rows.origin}/requests?last=6h`);
    await apply();
    assert.equal(new URL(page.url()).searchParams.get('last'), '6h');
  });

  it('opens with the filter, order and columns of an address', async () => {
    const { page } = await rows.open(
      '/requests?sort=latency&order=desc&columns=name&columns=latency&status=200',
    );
    await rowsOf(page).first().waitFor();
    const headers = await page.getByRole('columnheader').allTextContents();
    assert.deepEqual(headers, ['Name', 'Latency']);
    const shown = await rowsOf(page).locator('[role="gridcell"]:last-child').allTextContents();
    const seconds = shown.map(
      (text) => Number.parseFloat(text) * (text.endsWith('ms') ? 0.001 : 1),
    );
    assert.deepEqual(
      seconds,
      [...seconds].sort((a, b) => b - a),
    );
  });

  it('searches all texts while one types', async () => {
    const { page } = await rows.open('/requests');
    await rowsOf(page).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('Lovelace');
    await page.waitForURL(/q=Lovelace/);
    await rowWith(page, 'Lovelace').nth(3).waitFor();
    await until(
      async () => (await rowsOf(page).filter({ hasNotText: 'Lovelace' }).count()) === 0,
      'rows with the word alone',
    );
    assert.ok((await rowsOf(page).count()) > 3);
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.search.includes('q='));
  });

  it('is used by keys alone: j, k, Enter, Escape back to the same row', async () => {
    const { page } = await rows.open('/requests');
    await rowsOf(page).first().waitFor();
    for (const key of ['j', 'j', 'j', 'k']) await page.keyboard.press(key);
    const chosen = page.locator('[role="row"][aria-selected="true"]');
    assert.equal(await chosen.getAttribute('aria-rowindex'), '3');
    const text = (await chosen.locator('[role="gridcell"]').nth(3).textContent()) ?? '';
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/traces\/\d+/);
    await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForURL(/\/requests/);
    await chosen.waitFor();
    assert.equal(await chosen.locator('[role="gridcell"]').nth(3).textContent(), text);
  });

  it('keeps its columns and lines after the visit of a request, by keys and by links', async () => {
    const { page } = await rows.open('/requests?columns=name&columns=user&lines=2');
    const heads = page.getByRole('columnheader');
    await rowsOf(page).first().waitFor();
    assert.deepEqual(await heads.allTextContents(), ['Name', 'User']);
    for (const back of [
      () => page.keyboard.press('Escape'),
      () => page.getByRole('link', { name: 'Requests' }).click(),
    ]) {
      await rowsOf(page).first().click();
      await page.waitForURL(/trace=\d+/);
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/traces\/\d+/);
      await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
      await back();
      await page.waitForURL(/\/requests/);
      await rowsOf(page).first().waitFor();
      assert.deepEqual(await heads.allTextContents(), ['Name', 'User']);
      assert.match(page.url(), /lines=2/);
    }
  });

  it('is where it was after ten minutes in a request', async () => {
    const { page } = await rows.open('/health');
    await page.clock.install();
    await page.goto(`${rows.origin}/requests`);
    await rowsOf(page).first().waitFor();
    const grid = page.getByRole('grid', { name: 'Requests' });
    await grid.focus();
    await page.keyboard.press('End');
    await until(
      async () => Number(await grid.getAttribute('aria-rowcount')) > 101,
      'a second page',
    );
    await page.keyboard.press('End');
    const chosen = page.locator('[role="grid"] [role="row"][aria-selected="true"]');
    const place = Number(await chosen.getAttribute('aria-rowindex'));
    assert.ok(place > 101);
    await page.keyboard.press('Enter');
    await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
    await page.clock.fastForward(10 * 60_000);
    await page.keyboard.press('Escape');
    await chosen.waitFor();
    assert.equal(Number(await chosen.getAttribute('aria-rowindex')), place);
    assert.ok((await scrollTop(grid)) > 1000);
  });

  it('has its head above its columns when it is scrolled sideways', async () => {
    const { page } = await rows.open('/sessions', { width: 760, height: 600 });
    const grid = page.getByRole('grid', { name: 'Sessions' });
    await grid.locator('[role="row"][aria-selected]').first().waitFor();
    await grid.evaluate((element: { scrollLeft: number }) => {
      element.scrollLeft = 10_000;
    });
    const head = await grid.getByRole('columnheader').last().boundingBox();
    const cell = await grid
      .locator('[role="row"][aria-selected]')
      .first()
      .getByRole('gridcell')
      .last()
      .boundingBox();
    assert.ok(head && cell);
    assert.ok(Math.abs(head.x - cell.x) < 1, JSON.stringify([head, cell]));
    const group = await grid.getByRole('rowgroup').first().boundingBox();
    assert.ok(group && group.x + group.width >= head.x + head.width, JSON.stringify([group, head]));
  });

  it('leaves the focus where one types after the return from a request', async () => {
    const { page } = await rows.open('/requests');
    await rowsOf(page).first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('[role="row"][aria-selected="true"]').waitFor();
    await page.keyboard.press('/');
    const isOld = page.locator('[aria-busy="true"]');
    await page.keyboard.type('Lovelace');
    await page.waitForURL(/q=Lovelace/);
    await until(async () => (await isOld.count()) === 0, 'the rows with the word');
    for (let length = 8; length > 0; length--) await page.keyboard.press('Backspace');
    await page.waitForURL((url) => !url.search.includes('q='));
    await until(async () => (await isOld.count()) === 0, 'all rows');
    await page.keyboard.type('jm');
    await page.waitForURL(/q=jm/);
  });

  it('opens a request beside the list, which follows j and k', async () => {
    const { page } = await rows.open('/requests');
    await rowsOf(page).nth(1).click();
    await page.waitForURL(/trace=\d+/);
    await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
    const first = new URL(page.url()).searchParams.get('trace');
    await page.getByRole('grid', { name: 'Requests' }).focus();
    await page.keyboard.press('j');
    await page.waitForURL((url) => url.searchParams.get('trace') !== first);
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => url.searchParams.get('trace') === null);
  });

  it('opens a request on its own page at a double click, wherever the row was clicked', async () => {
    for (const x of [40, 500, 1200]) {
      const { page } = await rows.open('/requests');
      const row = rowsOf(page).nth(2);
      await row.waitFor();
      const box = await row.boundingBox();
      assert.ok(box);
      // The first click opens the request beside the list, so that the second one is not on the row any more.
      await page.mouse.dblclick(box.x + x, box.y + 10, { delay: 100 });
      await page.waitForURL(/\/traces\/\d+/);
    }
  });

  it('leaves Enter and Space to what has the focus beside the list', async () => {
    const { page } = await rows.open('/requests');
    await rowsOf(page).nth(1).click();
    const panel = page.getByRole('tabpanel').first();
    await panel.waitFor();
    const address = page.url();
    const dividers = await page.getByRole('separator').all();
    assert.ok(dividers.length > 0);
    for (const element of [panel, ...dividers, page.getByRole('treegrid', { name: 'Steps' })]) {
      await element.focus();
      for (const key of ['Space', 'Enter']) {
        await page.keyboard.press(key);
        await page.waitForTimeout(200);
        assert.equal(page.url(), address, key);
      }
    }
    await page.getByRole('grid', { name: 'Requests' }).focus();
    await page.keyboard.press('Space');
    await page.waitForURL((url) => url.searchParams.get('trace') === null);
  });

  it('marks the request that the back and forward buttons show', async () => {
    const { page } = await rows.open('/requests');
    const chosen = page.locator('[role="grid"] [role="row"][aria-selected="true"]');
    await rowsOf(page).nth(1).click();
    await page.waitForURL(/trace=\d+/);
    const text = await chosen.textContent();
    await page.getByRole('grid', { name: 'Requests' }).focus();
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => url.searchParams.get('trace') === null);
    for (const key of ['j', 'j']) await page.keyboard.press(key);
    await until(async () => (await chosen.textContent()) !== text, 'another row');
    await page.goBack();
    await page.waitForURL(/trace=\d+/);
    await until(async () => (await chosen.textContent()) === text, 'the row of the trace');
  });

  it('has all of its columns in sight beside a request', async () => {
    const { page } = await rows.open('/requests');
    await rowsOf(page).nth(1).click();
    await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
    const list = await page.getByRole('grid', { name: 'Requests' }).boundingBox();
    const latency = await rowsOf(page).nth(1).locator('[role="gridcell"]').last().boundingBox();
    assert.ok(list && latency);
    assert.ok(latency.x + latency.width <= list.x + list.width);
  });

  it('shows each request beside the list from the start: whole, unfolded, without matches of another', async () => {
    const { page } = await rows.open('/requests?outcome=completed');
    await rowWith(page, 'agent').first().click();
    await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
    const zoomed = page.locator('[role="img"][aria-label^="All steps"] > div');
    await page.keyboard.press('+');
    await zoomed.first().waitFor();
    await page.getByRole('button', { name: 'Fold all', exact: true }).click();
    await page.getByRole('button', { name: 'Unfold all', exact: true }).waitFor();
    const first = new URL(page.url()).searchParams.get('trace');
    await page.getByRole('grid', { name: 'Requests' }).focus();
    await page.keyboard.press('j');
    await page.waitForURL((url) => url.searchParams.get('trace') !== first);
    await page.getByRole('button', { name: 'Fold all', exact: true }).waitFor();
    assert.equal(await zoomed.count(), 0);
  });

  it('goes on loading while one scrolls to the end', async () => {
    const { page } = await rows.open('/requests');
    await rowsOf(page).first().waitFor();
    const grid = page.getByRole('grid', { name: 'Requests' });
    const total = Number(await grid.getAttribute('aria-rowcount'));
    assert.ok(total <= 101);
    await scrollTo(grid, 1e7);
    await until(async () => Number(await grid.getAttribute('aria-rowcount')) > 110, 'more rows');
    assert.ok((await rowsOf(page).count()) < 80);
  });

  it('asks once for a next page that is refused, and again when it is told to', async () => {
    const { page } = await rows.open('/requests');
    await rowsOf(page).first().waitFor();
    const { refused, allow } = await refuseNextPages(page, '/api/traces');
    const grid = page.getByRole('grid', { name: 'Requests' });
    await scrollTo(grid, 1e7);
    await until(async () => refused.length > 0, 'a call for the next page');
    await page.waitForTimeout(1500);
    assert.equal(refused.length, 1);
    await page.getByText('The list has no such page.').waitFor();
    await allow();
    await page.getByRole('button', { name: 'Try again' }).click();
    await until(async () => Number(await grid.getAttribute('aria-rowcount')) > 110, 'more rows');
    assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0);
  });

  it('shows times in UTC or in the zone of the reader, as the address says', async () => {
    const { page } = await rows.open('/requests?clock=absolute&zone=utc&columns=time', {
      timezone: 'Asia/Tokyo',
    });
    await rowsOf(page).first().waitFor();
    const utc = await rowsOf(page).first().textContent();
    await page.getByRole('button', { name: 'Times and theme' }).click();
    await page.getByRole('menuitemradio', { name: 'Local time' }).click();
    await page.waitForURL(/zone=local/);
    await until(async () => (await rowsOf(page).first().textContent()) !== utc, 'another time');
    const local = await rowsOf(page).first().textContent();
    const hour = (text: string | null) => Number(/(\d\d):\d\d:\d\d/.exec(text ?? '')?.[1]);
    assert.equal((hour(utc) + 9) % 24, hour(local));
  });

  it('says what to do where nothing has arrived', async () => {
    const { page } = await rows.open('/requests?user=nobody');
    await page.getByText('No request matches the filter').waitFor();
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await rowsOf(page).first().waitFor();
  });

  it('is moved through by arrow keys, on a phone too, and opened by a click', async () => {
    for (const [width, opened] of [
      [390, /\/traces\/\d/],
      [1440, /trace=\d/],
    ] as const) {
      const { page } = await rows.open('/requests', { width, height: 844 });
      await rowsOf(page).nth(2).waitFor();
      await page.getByRole('grid', { name: 'Requests' }).focus();
      for (const place of [0, 1]) {
        await page.keyboard.press('ArrowDown');
        await page.waitForTimeout(100);
        assert.equal(await rowsOf(page).nth(place).getAttribute('aria-selected'), 'true');
      }
      assert.match(page.url(), /requests$/);
      await rowsOf(page).nth(1).click();
      await page.waitForURL(opened);
    }
  });

  it('is left by the back button on a phone, where a link leads to a request beside it', async () => {
    const { page } = await rows.open('/health', { width: 390, height: 844 });
    await page.getByRole('heading', { name: 'Stored' }).waitFor();
    await page.goto(`${rows.origin}/requests?trace=5`);
    await page.waitForURL(/\/traces\/5/);
    await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Stored' }).waitFor();
    assert.match(page.url(), /\/health/);
  });

  it('has cards on a phone, where a tap opens the request', async () => {
    const { page } = await rows.open('/requests', { width: 390, height: 844 });
    await rowsOf(page).first().waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
    await rowsOf(page).nth(2).click();
    await page.waitForURL(/\/traces\/\d+/);
    await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
  });
});
