/** The other pages, and what holds for all: both themes, phones, no fault that axe finds, nothing on the console. */

import assert from 'node:assert/strict';
import { faultsOf } from './axe.ts';
import { agentRequest, dayOfRequests } from './rows.ts';
import { until, useViewer, type Viewer } from './support.ts';

const PAGES = [
  ['/requests', 'main [role="row"][aria-selected]'],
  ['/requests?trace=2', '[role="tabpanel"] article'],
  ['/requests?user=nobody', 'main button'],
  ['/traces/2', '[role="tabpanel"] article'],
  ['/traces/2?step=6', '[role="tabpanel"] article'],
  ['/traces/2?step=6&view=raw', '[role="tabpanel"] [role="treegrid"]'],
  ['/traces/1?step=2', '[role="tabpanel"] li'],
  ['/sessions', 'main [role="row"][aria-selected]'],
  ['/users', 'main [role="row"][aria-selected]'],
  ['/users/ada', 'main article'],
  ['/overview', 'main canvas'],
  ['/health', 'main dl'],
  ['/compare?a=1&b=2', 'main ins'],
] as const;

/** Texts that end at the edge of their element, and times that are cut at all. Elements of one pixel are for screen readers. */
const CUT_TEXTS = `[...document.querySelectorAll('main *')]
  .filter((element) => {
    const { overflowX, textOverflow } = getComputedStyle(element);
    const isCut = element.scrollWidth > element.clientWidth && element.clientWidth > 1;
    const isHidden = overflowX === 'hidden' || overflowX === 'clip';
    const mayBeCut = textOverflow === 'ellipsis' && element.querySelector('time') === null;
    return isCut && isHidden && !mayBeCut;
  })
  .map((element) => element.textContent)`;

describe('all pages', function () {
  this.timeout(300_000);
  const started = useViewer();
  let viewer: Viewer;

  before(async () => {
    viewer = started();
    const [first, ...others] = dayOfRequests(60);
    await viewer.send(
      first ?? {},
      agentRequest({ time: Date.now() - 8_000_000, user: 'ada' }),
      ...others,
    );
  });

  for (const theme of ['light', 'dark'] as const) {
    it(`have no fault that axe finds, in the ${theme} theme, and say nothing on the console`, async () => {
      const { page, complaints } = await viewer.open('/requests', { theme });
      const faults: string[] = [];
      for (const [path, ready] of PAGES) {
        await page.goto(`${viewer.origin}${path}`);
        await page.locator(ready).first().waitFor();
        faults.push(...(await faultsOf(page)).map((fault) => `${path} ${fault}`));
      }
      assert.deepEqual(faults, []);
      assert.deepEqual(complaints, []);
    });
  }

  it('fit on a phone, without scrolling sideways', async () => {
    const { page } = await viewer.open('/requests', { width: 390, height: 844 });
    const wide: string[] = [];
    for (const [path, ready] of PAGES) {
      await page.goto(`${viewer.origin}${path}`);
      await page.locator(ready).first().waitFor();
      const width = await page.evaluate<number>(
        'Math.max(document.documentElement.scrollWidth, document.querySelector("main").scrollWidth)',
      );
      if (width > 390) wide.push(`${path}: ${width}`);
    }
    assert.deepEqual(wide, []);
  });

  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ] as const) {
    it(`cut no text without an ellipsis, and no time, at ${width} pixels`, async () => {
      const { page } = await viewer.open('/requests', { width, height });
      const cut: string[] = [];
      for (const [path, ready] of PAGES) {
        await page.goto(`${viewer.origin}${path}`);
        await page.locator(ready).first().waitFor();
        const texts = await page.evaluate<string[]>(CUT_TEXTS);
        cut.push(...texts.map((text) => `${path}: ${text}`));
      }
      assert.deepEqual(cut, []);
    });
  }

  it('show something useful, whatever their address says', async () => {
    const { page, complaints } = await viewer.open('/requests');
    const names = [
      ...['pipeline', 'q', 'from', 'to', 'last', 'name', 'route', 'outcome', 'status', 'model'],
      ...['user', 'session', 'dialect', 'mark', 'failed', 'feedback', 'minLatency', 'maxLatency'],
      ...['minCost', 'minTokens', 'sort', 'order', 'columns', 'lines', 'trace', 'step', 'view'],
      ...['steps', 'mode', 'find', 'zone', 'clock', 'a', 'b', 'by'],
    ];
    const blank: string[] = [];
    for (const value of ['99999999999999999', '-1', 'NaN', 'toString', '[]', '%00', '']) {
      const search = names.map((name) => `${name}=${value}`).join('&');
      for (const path of ['/requests', '/traces/2', '/overview', '/users/ada', '/compare']) {
        await page.goto(`${viewer.origin}${path}?${search}`);
        await page.locator('main h1, main h2, main [role="alert"]').first().waitFor();
        if ((await page.getByRole('navigation', { name: 'Pages' }).count()) === 0) {
          blank.push(`${path}?${search}`);
        }
      }
    }
    assert.deepEqual(blank, []);
    assert.deepEqual(
      complaints.filter((each) => !each.includes('Failed to load resource')),
      [],
    );
  });

  it('stay in their frame where one of them cannot be shown', async () => {
    const { page } = await viewer.open('/requests');
    await page.locator('main [role="row"][aria-selected]').first().waitFor();
    await page.route('**/assets/health-page*.js', (route) => route.abort());
    await page.getByRole('link', { name: 'Health' }).click();
    await page.locator('main').getByRole('alert').waitFor();
    await page.getByRole('link', { name: 'Requests' }).click();
    await page.locator('main [role="row"][aria-selected]').first().waitFor();
  });

  it('lead from a session to its thread, and from a chart to the requests behind it', async () => {
    const { page } = await viewer.open('/sessions');
    await page.getByText('visit-3', { exact: true }).click();
    await page.waitForURL(/\/sessions\/visit-3/);
    await page.getByRole('heading', { name: 'Session visit-3' }).waitFor();
    assert.equal(await page.locator('main article').count(), 4);
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.locator('main canvas').first().waitFor();
    await page.getByText('The charts as a table').click();
    const table = page.getByRole('region', { name: 'The charts as a table' });
    await table.getByRole('button').last().click();
    await page.waitForURL(/\/requests\?from=\d+&to=\d+/);
    await page.goBack();
    await page.getByRole('button', { name: '/agent' }).click();
    await page.waitForURL(/route=%2Fagent/);
    await page.locator('[role="row"][aria-selected]').first().waitFor();
    assert.equal(
      await page.locator('[role="row"][aria-selected]', { hasText: 'POST /chat' }).count(),
      0,
    );
  });

  it('have charts that arrow keys walk through, and from which Enter leads to the requests', async () => {
    const { page, complaints } = await viewer.open('/overview');
    await page.locator('main canvas').first().waitFor();
    const chart = page.getByRole('slider', { name: /^Requests over time/ });
    await chart.focus();
    assert.match((await chart.getAttribute('aria-valuetext')) ?? '', /no time/);
    await page.keyboard.press('End');
    const last = await chart.getAttribute('aria-valuetext');
    assert.match(last ?? '', /\d\d:\d\d:\d\d, completed \d/);
    await page.keyboard.press('ArrowLeft');
    await until(async () => (await chart.getAttribute('aria-valuetext')) !== last, 'another time');
    await page.keyboard.press('Home');
    await until(async () => (await chart.getAttribute('aria-valuenow')) === '0', 'the first time');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/requests\?from=\d+&to=\d+/);
    assert.deepEqual(complaints, []);
  });

  it('have charts on which a click leads to the requests of that time', async () => {
    const { page } = await viewer.open('/overview');
    const plot = page.locator('figure', { hasText: 'Latency' }).locator('.u-over');
    await plot.waitFor();
    const box = await plot.boundingBox();
    assert.ok(box);
    await page.mouse.click(box.x + box.width - 4, box.y + 40);
    await page.waitForURL(/\/requests\?from=\d+&to=\d+/);
    await page.locator('main [role="row"][aria-selected]').first().waitFor();
  });

  it('tell of calls that were refused, and why', async () => {
    await fetch(`${viewer.server.url}/inference-pipelines/dev/data-stream`, {
      method: 'POST',
      headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
      body: '{"rows": 3}',
    });
    const { page } = await viewer.open('/health');
    await page
      .getByText(/400 POST .*data-stream/)
      .first()
      .waitFor();
  });

  it('have a sheet of their keys', async () => {
    const { page } = await viewer.open('/requests');
    await page.locator('[role="row"][aria-selected]').first().waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    assert.deepEqual(await faultsOf(page), []);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'detached' });
  });
});
