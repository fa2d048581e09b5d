/** From the call of an app to the page: what other SDKs send, large traces and sessions, and servers that end meanwhile. */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Locator, Page } from 'playwright-core';
import { agentRequest, type Json, ragRequest, rowOf, send } from './rows.ts';
import { scrollTo, until, useViewer, type Viewer } from './support.ts';

const FIXTURES = new URL('../support/wire/fixtures/', import.meta.url);

interface Fixture {
  readonly config: Json;
  readonly rows: readonly (Json & { readonly steps: readonly Json[] })[];
}

function fixturesIn(folder: string): [name: string, fixture: Fixture][] {
  return readdirSync(new URL(folder, FIXTURES))
    .map((name): [string, Fixture] => [
      name.replace('.json', ''),
      JSON.parse(readFileSync(new URL(`${folder}/${name}`, FIXTURES), 'utf8')),
    ])
    .filter(([, { rows }]) => Array.isArray(rows));
}

function rowsOf(page: Page): Locator {
  return page.getByRole('grid', { name: 'Requests' }).locator('[role="row"][aria-selected]');
}

function countSteps(steps: readonly Json[]): number {
  return steps.reduce((sum, { steps: below }) => sum + 1 + countSteps(below as Json[]), 0);
}

describe('what SDKs send', function () {
  this.timeout(240_000);
  const started = useViewer();
  let viewer: Viewer;
  before(() => {
    viewer = started();
  });

  for (const [name, { config, rows }] of [
    ...fixturesIn('valid'),
    ...fixturesIn('official-shape'),
  ]) {
    it(`is listed and opened: ${name}`, async () => {
      await send(viewer.server, rows, config);
      const { page, complaints } = await viewer.open('/requests?columns=name&columns=inferenceId');
      await until(async () => (await rowsOf(page).count()) >= rows.length, 'the rows');
      for (const row of rows) {
        const { traces } = await viewer.get<{ traces: readonly { readonly number: number }[] }>(
          `/api/traces?q=${row.inferenceId as string}`,
        );
        await page.goto(`${viewer.origin}/traces/${traces[0]?.number}`);
        const steps = page.getByRole('treegrid', { name: 'Steps' });
        const [root] = row.steps;
        await steps.getByText(String(root?.name)).first().waitFor();
        assert.equal(
          await steps.getAttribute('aria-rowcount'),
          String(countSteps(row.steps) + 1),
          'all steps and the line of names',
        );
        await page.getByRole('tabpanel').locator('article, h3').first().waitFor();
        await page.getByRole('tab', { name: 'Raw' }).click();
        await page.getByRole('treegrid', { name: 'the row' }).waitFor();
      }
      assert.deepEqual(complaints, []);
    });
  }

  it('is told apart by who wrote it', async () => {
    const { page } = await viewer.open('/health');
    for (const [dialect, id] of [
      ['openlayer-python', '20000000'],
      ['openlayer-ts', '21000000'],
    ] as const) {
      await page.goto(`${viewer.origin}/health`);
      await page.getByRole('link', { name: dialect, exact: true }).click();
      await page.waitForURL(new RegExp(`dialect=${dialect}`));
      await page.goto(`${page.url()}&columns=inferenceId`);
      await rowsOf(page).filter({ hasText: id }).click();
      const trace = page.getByRole('region', { name: 'Trace', exact: true });
      await trace.getByText(dialect, { exact: true }).waitFor();
    }
  });
});

describe('large traces and sessions', function () {
  this.timeout(240_000);
  const started = useViewer();
  let viewer: Viewer;
  before(() => {
    viewer = started();
  });

  it('may be a text of 10 MB, which is listed, searched, and read to its end', async () => {
    const text = `${'ten megabytes of words '.repeat(450_000)}and the end`;
    assert.ok(text.length > 10_000_000);
    const number = await viewer.send(
      rowOf({
        ...{ name: 'POST /long', body: { question: 'zebra' }, output: { answer: text } },
        steps: [{ name: 'write', type: 'tool', output: text }],
      }),
    );
    const { page, complaints } = await viewer.open('/requests?q=zebra');
    await until(async () => (await rowsOf(page).count()) === 1, 'the row');
    await page.goto(`${viewer.origin}/traces/${number}?step=1&view=output`);
    const panel = page.getByRole('tabpanel');
    await panel.getByText('ten megabytes of words').first().waitFor();
    assert.ok(((await panel.textContent()) ?? '').length < 200_000, 'the beginning at first');
    await page.keyboard.press('f');
    await page.keyboard.type('and the end');
    await page.getByText(/^(\d\/)?[12]$/).waitFor();
    // The whole row is more than a response may have, which is said instead of shown.
    await page.goto(`${viewer.origin}/traces/${number}?view=raw`);
    await page.getByRole('treegrid', { name: 'the step' }).waitFor();
    await page.getByRole('alert').getByText(/16 MB/).waitFor();
    assert.deepEqual(
      complaints.filter((complaint) => !/413/.test(complaint)),
      [],
    );
  });

  it('may be a session of 280 turns, whose first is shown at once, and the last on scrolling', async () => {
    const turns = 280;
    const begin = Date.now() - turns * 10_000;
    for (let from = 0; from < turns; from += 20) {
      await viewer.send(
        ...Array.from({ length: 20 }, (_, n) =>
          ragRequest(
            `Question ${from + n + 1}?`,
            `Answer ${from + n + 1}. ${'It is long. '.repeat(5000)}`,
            { session: 'long-visit', time: begin + (from + n) * 10_000 },
          ),
        ),
      );
    }
    const { page, complaints } = await viewer.open('/sessions');
    const { length } = await viewer
      .get<readonly Json[]>('/api/traces?session=long-visit')
      .then((list) => JSON.stringify(list));
    assert.ok(length < 200_000, 'turns are listed without their texts');
    await page.getByText('long-visit', { exact: true }).click();
    await page.getByText('Question 1?', { exact: true }).waitFor();
    await page.getByText('280 requests').waitFor();
    assert.ok((await page.locator('main article').count()) < 40, 'few turns are drawn');
    const thread = page.getByRole('region', { name: 'Thread' });
    await until(async () => {
      await scrollTo(thread, 1e7);
      return (await page.getByText('Question 280?', { exact: true }).count()) === 1;
    }, 'the last turn');
    assert.ok((await page.locator('main article').count()) < 40);
    const last = page.locator('main article', { hasText: 'Question 280?' });
    await last.getByRole('button', { name: 'Show the whole texts' }).click();
    await last
      .getByText(/It is long/)
      .first()
      .waitFor();
    // All turns are loaded by now, so that the sums are known.
    await page.getByText(/126\s000 tokens|128\s520 tokens/).waitFor();
    assert.deepEqual(complaints, []);
  });

  it('are opened from a file on a phone', async () => {
    const number = await viewer.send(agentRequest({ id: 'on-a-phone' }));
    const { page, complaints } = await viewer.open(`/traces/${number}`, {
      ...{ width: 390, height: 844 },
    });
    await page.getByRole('treegrid', { name: 'Steps' }).getByText('search_rooms').waitFor();
    await page.getByRole('button', { name: 'Copy, download, compare' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'Download', exact: true }).click(),
    ]);
    const file = await download.path();
    await page.goto(`${viewer.origin}/requests`);
    await page.getByRole('button', { name: 'Open a file' }).waitFor();
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Open a file' }).click(),
    ]);
    await chooser.setFiles(file);
    await page.waitForURL(/\/traces\/\d+$/);
    assert.notEqual(page.url().split('/').at(-1), String(number));
    await page.getByRole('treegrid', { name: 'Steps' }).getByText('search_rooms').waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
    assert.deepEqual(complaints, []);
  });
});

describe('a page that is open', function () {
  this.timeout(240_000);
  let folder: string;
  const workers: Worker[] = [];
  const onWorker = (worker: Worker) => workers.push(worker);
  const started = useViewer(() => {
    process.on('worker', onWorker);
    folder = mkdtempSync(join(tmpdir(), 'openlayer-open-'));
    return join(folder, 'traces.db');
  });
  let viewer: Viewer;
  before(() => {
    viewer = started();
  });
  after(() => {
    process.off('worker', onWorker);
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows each row though the thread that reads ends again and again', async () => {
    const { page, complaints } = await viewer.open('/requests');
    await page.getByText('No request has arrived yet').waitFor();
    for (let round = 1; round <= 4; round++) {
      await send(viewer.server, [ragRequest(`Before ${round}?`, 'Yes.')]);
      await new Promise((resolve) => setTimeout(resolve, 60 * round));
      await workers.at(-1)?.terminate();
      await send(viewer.server, [ragRequest(`After ${round}?`, 'Yes.')]);
      await rowsOf(page)
        .filter({ hasText: `After ${round}?` })
        .waitFor();
      await rowsOf(page)
        .filter({ hasText: `Before ${round}?` })
        .waitFor();
    }
    assert.equal(await rowsOf(page).count(), 8);
    assert.ok(workers.length > 4);
    assert.deepEqual(complaints, []);
  });

  it('asks for the new token where the server was started again, and then has all rows and new ones', async () => {
    const { page } = await viewer.open('/requests');
    await rowsOf(page).nth(7).waitFor();
    await viewer.restart(async () => {
      await page.getByRole('button', { name: 'No connection' }).waitFor();
      assert.equal(await rowsOf(page).count(), 8, 'what was read stays');
    });
    await send(viewer.server, [ragRequest('Meanwhile?', 'Yes.')]);
    await page.getByRole('heading', { name: /needs the token/ }).waitFor();
    await page.getByLabel('Address or token').fill(viewer.server.viewerUrl);
    await page.getByRole('button', { name: 'Open' }).click();
    await rowsOf(page).filter({ hasText: 'Meanwhile?' }).waitFor();
    assert.equal(await rowsOf(page).count(), 9);
    await send(viewer.server, [ragRequest('And live again?', 'Yes.')]);
    await rowsOf(page).filter({ hasText: 'And live again?' }).waitFor();
  });

  it('says on Health and Overview too that its token is unknown, instead of showing old numbers', async () => {
    const { page: health } = await viewer.open('/health');
    await health.locator('main dl').first().waitFor();
    const { page: overview } = await viewer.open('/overview');
    await overview.locator('main canvas').first().waitFor();
    await viewer.restart(async () => {});
    for (const page of [health, overview]) {
      await page.bringToFront();
      await page.getByRole('heading', { name: /needs the token/ }).waitFor();
    }
  });
});
