/** What the page says of a trace in numbers, bars and badges, in a real browser over the real server. */

import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { agentRequest, failedRequest, ragRequest, rowOf } from './rows.ts';
import { until, useViewer, type Viewer } from './support.ts';

function stepRow(page: Page, text: string): Locator {
  return page
    .getByRole('treegrid', { name: 'Steps' })
    .locator('[role="row"][aria-selected]')
    .filter({ hasText: text });
}

/** The facts above the steps, by their names. */
async function factsOf(page: Page): Promise<Record<string, string>> {
  const read = `Object.fromEntries([...document.querySelectorAll('header dl > div')].map((each) =>
    [each.querySelector('dt').textContent, each.querySelector('dd').textContent]))`;
  return await page.evaluate<Record<string, string>>(read);
}

/** The text without the thin spaces within numbers. */
function plain(text: string | null | undefined): string {
  return (text ?? '').replace(/\s/g, ' ');
}

describe('the figures of a trace', function () {
  this.timeout(240_000);
  const started = useViewer();
  let viewer: Viewer;
  let rag: number;
  let agent: number;
  let aborted: number;
  let marked: number;

  before(async () => {
    viewer = started();
    const time = Date.now() - 60_000;
    rag = await viewer.send(
      ragRequest('How long?', 'Three weeks.', { ms: 2000, firstByte: 650, time }),
    );
    agent = await viewer.send(agentRequest({ time }));
    await viewer.send(failedRequest({ time }));
    aborted = await viewer.send(
      ragRequest('Who left?', 'Nobody kn', {
        ...{ outcome: 'aborted', time },
        columns: {
          metadata: {
            http: { method: 'POST', route: '/chat', status: 200, outcome: 'aborted', bytes: 1234 },
          },
        },
      }),
    );
    marked = await viewer.send(
      rowOf({
        name: 'POST /marked',
        body: { question: '[redacted]' },
        output: 'so… [cut: 900000 bytes in all]',
        metadata: { unrecordedSteps: 4, unfinished: true, sampleRate: 0.1 },
      }),
    );
  });

  it('are tokens, cost and model, of the trace and of each step', async () => {
    const { page } = await viewer.open(`/traces/${rag}`);
    await stepRow(page, 'OpenAI Chat Completion').waitFor();
    const facts = await factsOf(page);
    assert.equal(plain(facts.Tokens), '421 in, 38 out');
    assert.equal(plain(facts.Cost), '$0.00008478');
    assert.equal(facts.Latency, '2.00 s');
    await stepRow(page, 'OpenAI Chat Completion').click();
    const step = page.getByRole('region', { name: 'Step OpenAI Chat Completion' });
    await step.getByText('openai gpt-4o-mini').waitFor();
    await step.getByText('412 tokens in, 38 out').waitFor();
    await step.getByText('$0.0000846').waitFor();
    await stepRow(page, 'OpenAI Embeddings').click();
    await page.getByText('openai text-embedding-3-small').waitFor();
  });

  it('are the first byte and first token, and a tick in the bar for each chunk', async () => {
    const { page } = await viewer.open(`/traces/${rag}`);
    const bar = stepRow(page, 'OpenAI Chat Completion').locator('[role="gridcell"]').nth(1);
    await bar.locator('svg path').waitFor({ state: 'attached' });
    const ticks = await bar.locator('svg path').getAttribute('d');
    assert.equal(ticks?.match(/M/g)?.length, 36);
    // The part before the first token is drawn apart: 240 of 1388 ms.
    const wait = await bar.locator('div > div > div, div > div').last().getAttribute('style');
    assert.match(wait ?? '', /width: 17\.\d+%/);
    const facts = await factsOf(page);
    assert.equal(facts['First byte'], '650 ms');
    // 600 ms until the call, and 240 ms in it.
    assert.equal(facts['First token'], '840 ms');
    await stepRow(page, 'OpenAI Chat Completion').click();
    await page.getByText('first token after 240 ms').waitFor();
    await page.getByText('36 chunks').waitFor();
  });

  it('stand at their times on the axis, however the bar is cut by the zoom', async () => {
    const { page } = await viewer.open(`/traces/${rag}`);
    const call = stepRow(page, 'OpenAI Chat Completion').locator('[role="gridcell"]').nth(1);
    await call.locator('svg path').waitFor({ state: 'attached' });
    const root = stepRow(page, 'POST /chat').first().locator('[role="gridcell"]').nth(1);
    const mark = root.getByTitle('First byte after 650 ms');
    const wait = call.locator('div > div').last();
    let [from, to] = [0, 2000];
    for (const zooms of [0, 1, 2]) {
      if (zooms > 0) {
        await page.keyboard.press('+');
        [from, to] = [from + (to - from) * 0.2, to - (to - from) * 0.2];
      }
      const track = await call.boundingBox();
      assert.ok(track);
      const timeAt = (x: number) => from + ((x - track.x) / track.width) * (to - from);
      const isNear = (time: number, wanted: number) =>
        Math.abs(time - wanted) < ((to - from) / track.width) * 3;
      await until(async () => {
        const box = await wait.boundingBox();
        return box !== null && isNear(timeAt(box.x + box.width), 840);
      }, `the first token at 840 ms after ${zooms} zooms`);
      const box = await mark.boundingBox();
      assert.ok(box && isNear(timeAt(box.x + 1), 650), `first byte after ${zooms} zooms`);
    }
  });

  it('have an arrow for a group of steps beyond the zoom', async () => {
    const number = await viewer.send(
      rowOf({
        name: 'POST /group',
        ms: 1000,
        steps: Array.from({ length: 6 }, (_, place) => ({ name: 'early', at: place, ms: 1 })),
      }),
    );
    const { page } = await viewer.open(`/traces/${number}`);
    const group = stepRow(page, 'early').locator('[role="gridcell"]').nth(1);
    await group.waitFor();
    assert.equal(await group.locator('[data-side]').count(), 0);
    await page.keyboard.press('+');
    await group.locator('[data-side="left"]').waitFor();
  });

  it('are the critical path, which a key turns off, and the own time of a step', async () => {
    const number = await viewer.send(
      rowOf({
        name: 'POST /both',
        ms: 1000,
        body: { question: 'Which of them?' },
        steps: [
          { name: 'slow', at: 10, ms: 900, steps: [{ name: 'inner', at: 20, ms: 600 }] },
          { name: 'quick', at: 10, ms: 200 },
          { name: 'last', at: 915, ms: 80 },
        ],
      }),
    );
    const { page } = await viewer.open(`/traces/${number}`);
    const heavy = page.locator('[aria-label="Steps"] [data-critical="true"]');
    await until(async () => (await heavy.count()) === 4, 'heavier bars');
    assert.equal(await stepRow(page, 'quick').locator('[data-critical="true"]').count(), 0);
    await stepRow(page, 'slow').click();
    await page.getByText('900 ms, self time 300 ms').waitFor();
    await page.keyboard.press('c');
    await until(async () => (await heavy.count()) === 0, 'equal bars');
  });

  it('are added up by name, on a key and in the address, and lead to the longest step', async () => {
    const { page, complaints } = await viewer.open(`/traces/${agent}`);
    await stepRow(page, 'search_rooms').waitFor();
    await page.keyboard.press('s');
    await page.waitForURL(/steps=names/);
    const table = page.getByRole('region', { name: 'Steps by name' });
    const calls = table.getByRole('row').filter({ hasText: 'OpenAI' }).first();
    await calls.waitFor();
    assert.match(plain((await calls.locator('td').allTextContents()).join(' | ')), /^3 \| /);
    await calls.getByRole('button').click();
    await page.waitForURL(/step=6/);
    const { page: other } = await viewer.open(`/traces/${agent}?steps=names`);
    await other.getByRole('region', { name: 'Steps by name' }).getByRole('row').nth(3).waitFor();
    await other.getByRole('button', { name: 'By name' }).click();
    await stepRow(other, 'search_rooms').waitFor();
    assert.deepEqual(complaints, []);
  });

  it('are how many calls of models it has, on the button that shows them alone', async () => {
    const { page } = await viewer.open(`/traces/${agent}`);
    await page.getByRole('button', { name: 'Models only (3)' }).waitFor();
    const { page: other } = await viewer.open(`/traces/${rag}`);
    await other.getByRole('button', { name: 'Models only (2)' }).waitFor();
  });

  it('are how it ended: in the list, as a filter, with the bytes sent, and the tokens wasted', async () => {
    const { page } = await viewer.open('/requests?outcome=aborted');
    const rows = page
      .getByRole('grid', { name: 'Requests' })
      .locator('[role="row"][aria-selected]');
    await rows.first().waitFor();
    assert.equal(await rows.count(), 1);
    await rows.first().getByRole('img', { name: 'aborted' }).waitFor();
    await page.goto(`${viewer.origin}/traces/${aborted}`);
    await stepRow(page, 'OpenAI Chat Completion').waitFor();
    assert.equal(plain((await factsOf(page)).Outcome), 'aborted after 1.23 KB');
    await page.goto(`${viewer.origin}/overview`);
    await page.locator('main canvas').first().waitFor();
    const wasted = page.locator('figure', { hasText: 'Tokens wasted after the client left' });
    await wasted.locator('canvas').waitFor();
    const total = page.locator('main dl > div', { hasText: 'Tokens wasted' }).locator('dd');
    assert.equal(await total.textContent(), '38');
  });

  it('are a badge for a trace that came late, as one that waited in a spool', async () => {
    const late = await viewer.send(
      ragRequest('When?', 'An hour ago.', { time: Date.now() - 3_600_000 }),
    );
    const { page } = await viewer.open(`/traces/${late}`);
    const badge = page.locator('header li').getByText('late', { exact: true });
    await badge.waitFor();
    assert.match((await badge.getAttribute('title')) ?? '', /spool/);
    const { page: other } = await viewer.open(`/traces/${rag}`);
    await stepRow(other, 'OpenAI Chat Completion').waitFor();
    assert.equal(await other.locator('header li').getByText('late', { exact: true }).count(), 0);
    await page.goto(`${viewer.origin}/health`);
    await page.getByRole('link', { name: 'late' }).click();
    await page.waitForURL(/mark=late/);
    const rows = page.locator('main [role="row"][aria-selected]');
    await until(async () => (await rows.count()) === 1, 'the late row alone');
  });

  it('are badges for what the tracer did, each with its meaning, and each a filter', async () => {
    const { page } = await viewer.open(`/traces/${marked}`);
    for (const [mark, meaning] of [
      ['masked', /masked before it left/],
      ['truncated', /was cut/],
      ['limited', /limit of the tracer/],
      ['unfinished', /no end/],
    ] as const) {
      const badge = page.locator('header li').getByText(mark, { exact: true });
      await badge.waitFor();
      assert.match((await badge.getAttribute('title')) ?? '', meaning);
    }
    await page.goto(`${viewer.origin}/health`);
    await page.getByRole('link', { name: 'truncated' }).click();
    await page.waitForURL(/mark=truncated/);
    const rows = page
      .getByRole('grid', { name: 'Requests' })
      .locator('[role="row"][aria-selected]');
    await until(async () => (await rows.count()) === 1, 'the marked row alone');
  });
});
