/** What a reader opens next: it is loaded while the reader points at it, and shown though the server does not respond then. */

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { rowOf } from './rows.ts';
import { until, useViewer, type Viewer } from './support.ts';

const LIST = '/requests?name=POST+%2Fnext';
const ROW = 'main [role="row"][aria-selected]';
const STEP = '[role="treegrid"][aria-label="Steps"] [role="row"][aria-selected]';

interface Case {
  readonly title: string;
  /** Opens a page, and points at the trace there. */
  readonly path: (traces: readonly number[]) => string;
  readonly ready: string;
  readonly point: (page: Page) => Promise<void>;
  readonly open: (page: Page) => Promise<void>;
  /** The place of the trace that is opened among those that were sent. */
  readonly opened: number;
}

/** The list has the newest first: its rows are the traces 3, 2, 1 and 0. */
const CASES: readonly Case[] = [
  {
    title: 'a row under the pointer, beside the list',
    path: () => LIST,
    ready: ROW,
    point: (page) => page.locator(ROW).nth(2).hover(),
    open: (page) => page.locator(ROW).nth(2).click(),
    opened: 1,
  },
  {
    title: 'the row that j has led to',
    path: () => LIST,
    ready: ROW,
    point: async (page) => {
      for (const key of ['j', 'j']) await page.keyboard.press(key);
    },
    open: (page) => page.keyboard.press('Enter'),
    opened: 2,
  },
  {
    title: 'the row below the one beside the list, by j',
    path: ([, , second]) => `${LIST}&trace=${second}`,
    ready: STEP,
    point: async () => undefined,
    open: (page) => page.keyboard.press('j'),
    opened: 1,
  },
  {
    title: 'the next of the list, by j',
    path: ([, , second]) => `/traces/${second}?name=POST+%2Fnext`,
    ready: STEP,
    point: async () => undefined,
    open: (page) => page.keyboard.press('j'),
    opened: 1,
  },
  {
    title: 'the previous of the list, by k',
    path: ([, , second]) => `/traces/${second}?name=POST+%2Fnext`,
    ready: STEP,
    point: async () => undefined,
    open: (page) => page.keyboard.press('k'),
    opened: 3,
  },
  {
    title: 'a link of a thread under the pointer',
    path: () => '/sessions/next-session',
    ready: 'main article',
    point: (page) => page.locator('main article a').first().hover(),
    open: (page) => page.locator('main article a').first().click(),
    opened: 0,
  },
  {
    title: 'a link of a thread with the focus',
    path: () => '/sessions/next-session',
    ready: 'main article',
    point: (page) => page.locator('main article a').first().focus(),
    open: (page) => page.keyboard.press('Enter'),
    opened: 0,
  },
];

/** The addresses of what a page has loaded. */
async function loadedBy(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(
    'performance.getEntriesByType("resource").map(({ name }) => name)',
  );
}

describe('what is opened next', function () {
  this.timeout(60_000);
  const started = useViewer();
  let viewer: Viewer;
  const traces: number[] = [];

  before(async () => {
    viewer = started();
    for (let place = 0; place < 4; place++) {
      const id = `next-${place}`;
      const time = Date.now() - 20_000 + place * 1000;
      traces.push(
        await viewer.send(rowOf({ name: 'POST /next', id, time, session: 'next-session' })),
      );
    }
  });

  for (const { title, path, ready, point, open, opened } of CASES) {
    it(`is there at once: ${title}`, async () => {
      const { page, complaints } = await viewer.open(path(traces));
      const trace = `/api/traces/${traces[opened]}`;
      const isLoaded = async (part: RegExp) => (await loadedBy(page)).some((url) => part.test(url));
      await page.locator(ready).first().waitFor();
      await point(page);
      await until(() => isLoaded(new RegExp(`${trace}$`)), 'the trace is loaded');
      await until(
        () => isLoaded(/\/assets\/trace-view-.*\.js$/),
        'the code that shows it is loaded',
      );
      // The server responds to nothing about this trace from now on.
      await page.route(
        ({ pathname }) => pathname === trace || pathname.startsWith(`${trace}/`),
        () => undefined,
      );
      await open(page);
      const head = page.getByRole('article', { name: 'Trace POST /next' });
      await head.getByRole('button', { name: `next-${opened}` }).waitFor();
      await page.locator(STEP).first().waitFor();
      assert.deepEqual(complaints, []);
    });
  }

  it('is not loaded if it is large: the reader would wait for it with what is opened instead', async () => {
    const time = Date.now() - 10_000;
    await viewer.send(rowOf({ name: 'POST /large', id: 'small', time }));
    const large = await viewer.send(
      rowOf({ name: 'POST /large', id: 'large', time: time + 1, output: 'x'.repeat(1_100_000) }),
    );
    const { page } = await viewer.open('/requests?name=POST+%2Flarge');
    const rows = page.locator(ROW);
    await rows.nth(1).waitFor();
    await rows.nth(0).hover();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Previous in the list' }).waitFor();
    await until(
      async () => page.getByRole('button', { name: 'Previous in the list' }).isEnabled(),
      'its neighbours are known',
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    const ofLarge = (await loadedBy(page)).filter((url) => url.endsWith(`/api/traces/${large}`));
    assert.deepEqual(ofLarge, []);
  });
});
