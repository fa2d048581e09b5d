/** One trace, in a real browser over the real server. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLocalServer } from '@openlayer-tracing/local';
import type { Locator, Page } from 'playwright-core';
import { oddRows } from './corpus.ts';
import {
  agentRequest,
  CONFIG,
  failedRequest,
  type Json,
  PIPELINE,
  ragRequest,
  rowOf,
  type Step,
  send,
} from './rows.ts';
import { scrollTo, until, useViewer, type Viewer } from './support.ts';

interface Presigned {
  readonly url: string;
  readonly storageUri: string;
  readonly fields: Readonly<Record<string, string>>;
}

function stepsOf(page: Page): Locator {
  return page.getByRole('treegrid', { name: 'Steps' });
}

function stepRow(page: Page, text: string): Locator {
  return stepsOf(page).locator('[role="row"][aria-selected]').filter({ hasText: text });
}

async function clipboard(page: Page): Promise<string> {
  return await page.evaluate<string>('navigator.clipboard.readText()');
}

async function choose(page: Page, item: string): Promise<string> {
  await page.evaluate('navigator.clipboard.writeText("")');
  await page.getByRole('button', { name: 'Copy, download, compare' }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
  await until(async () => (await clipboard(page)) !== '', `a copy of ${item}`);
  return await clipboard(page);
}

describe('a trace', function () {
  this.timeout(240_000);
  const started = useViewer();
  let viewer: Viewer;
  let agent: number;
  let failed: number;
  let odd: ReadonlyMap<string, number>;

  before(async () => {
    viewer = started();
    await viewer.send(ragRequest('First?', 'The first.', { id: 'req-first' }));
    agent = await viewer.send(agentRequest({ id: 'req-agent', time: Date.now() - 5000 }));
    failed = await viewer.send(failedRequest({ id: 'req-failed', time: Date.now() }));
    const numbers = new Map<string, number>();
    for (const [name, row] of Object.entries(oddRows())) {
      numbers.set(name, await viewer.send({ ...row, inferenceId: `odd-${name}` }));
    }
    odd = numbers;
  });

  it('is a tree of steps beside their bars, and a step is a link', async () => {
    const { page, complaints } = await viewer.open(`/traces/${agent}`);
    await stepRow(page, 'search_rooms').waitFor();
    const rows = await stepsOf(page).locator('[role="row"][aria-selected]').allTextContents();
    assert.equal(rows.length, 7);
    assert.match(rows[0] ?? '', /POST \/agent.*4\.31 s/);
    assert.equal(await stepRow(page, 'search_rooms').getAttribute('aria-level'), '3');
    await stepRow(page, 'reserve_room').click();
    await page.waitForURL(/step=5/);
    await page.getByRole('tab', { name: 'Output' }).click();
    await page.waitForURL(/view=output/);
    await page.getByText('"R-5521"').waitFor();
    const { page: other } = await viewer.open(
      new URL(page.url()).pathname + new URL(page.url()).search,
    );
    await other.getByText('"R-5521"').waitFor();
    assert.equal(await stepRow(other, 'reserve_room').getAttribute('aria-selected'), 'true');
    assert.deepEqual(complaints, []);
  });

  it('is not loaded again when its steps are selected later', async () => {
    const { page } = await viewer.open('/health');
    const loads: string[] = [];
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (pathname === `/api/traces/${agent}`) loads.push(pathname);
    });
    await page.clock.install();
    await page.goto(`${viewer.origin}/traces/${agent}`);
    await stepRow(page, 'search_rooms').waitFor();
    // The second load is compared with the first when the stream of events has opened.
    await until(async () => loads.length === 2, 'two loads');
    await page.clock.fastForward(120_000);
    await stepRow(page, 'reserve_room').click();
    await page.waitForURL(/step=5/);
    await page.getByRole('heading', { name: 'reserve_room' }).waitFor();
    assert.equal(loads.length, 2);
  });

  it('is walked through by arrow keys, which fold and unfold', async () => {
    const { page } = await viewer.open(`/traces/${agent}`);
    await stepRow(page, 'search_rooms').waitFor();
    await stepsOf(page).focus();
    for (const key of ['ArrowDown', 'ArrowLeft']) await page.keyboard.press(key);
    assert.equal(await stepRow(page, 'room_agent').getAttribute('aria-expanded'), 'false');
    assert.equal(await stepRow(page, 'search_rooms').count(), 0);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(/step=2/);
    await page.keyboard.press('ArrowLeft');
    await page.waitForURL(/step=1/);
  });

  it('has its groups of equal steps passed by arrow keys, and folded by the others', async () => {
    const number = await viewer.send(
      rowOf({
        name: 'POST /grouped',
        steps: [
          { name: 'before' },
          ...Array.from({ length: 6 }, () => ({ name: 'alike', type: 'tool' })),
          { name: 'after' },
        ],
      }),
    );
    const { page } = await viewer.open(`/traces/${number}`);
    const group = stepRow(page, '6 ×');
    await group.waitFor();
    await stepsOf(page).focus();
    const press = async (key: string, row: string, members: number) => {
      await page.keyboard.press(key);
      const active = stepsOf(page).locator('[role="row"][aria-selected="true"]');
      await until(async () => ((await active.textContent()) ?? '').includes(row), `${key}: ${row}`);
      assert.equal(await stepRow(page, 'alike').count(), 1 + members, `${key}: members`);
    };
    const step = () => new URL(page.url()).searchParams.get('step');
    await press('ArrowDown', 'before', 0);
    await press('ArrowDown', '6 ×', 0);
    // The step whose contents are shown stays.
    assert.equal(step(), '1');
    await press('ArrowDown', 'after', 0);
    await page.waitForURL(/step=8/);
    await press('ArrowUp', '6 ×', 0);
    await press('ArrowUp', 'before', 0);
    await press('ArrowDown', '6 ×', 0);
    await press('ArrowRight', '6 ×', 6);
    await press('ArrowRight', 'alike', 6);
    await page.waitForURL(/step=2/);
    await press('ArrowLeft', '6 ×', 6);
    await press('ArrowLeft', '6 ×', 0);
    await press('Enter', '6 ×', 6);
    await press('Enter', '6 ×', 0);
    await group.click();
    await press('ArrowDown', 'alike', 6);
    await press('End', 'after', 6);
  });

  it('shows a call of a model as a conversation, with each result at its call', async () => {
    const { page } = await viewer.open(`/traces/${agent}?step=6`);
    const chat = page.getByRole('tabpanel');
    await chat.getByText('You are the assistant of a library').waitFor();
    const call = chat.getByRole('region', { name: 'Call of search_rooms' });
    assert.match((await call.textContent()) ?? '', /Friday.*16:00.*Result/s);
    await chat.getByText('Room 2.14 is free on Friday').waitFor();
    assert.equal(await chat.getByText('"R-5521"').count(), 1);
  });

  it('is found in by names and contents, with a count, the next one, and the rest hidden', async () => {
    const { page } = await viewer.open(`/traces/${agent}`);
    await stepRow(page, 'search_rooms').waitFor();
    await page.keyboard.press('f');
    await page.keyboard.type('R-5521');
    await page.getByText(/^(\d\/)?2$/).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/step=5/);
    await page.getByText('1/2').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/step=6/);
    await page.getByRole('button', { name: 'Hide the rest' }).click();
    await until(async () => (await stepRow(page, 'search_rooms').count()) === 0, 'hidden rows');
    assert.equal(await stepRow(page, 'reserve_room').count(), 1);
  });

  it('goes to a match on Enter that comes before the words have been sought', async () => {
    const { page } = await viewer.open(`/traces/${agent}`);
    await stepRow(page, 'search_rooms').waitFor();
    await typeAndEnter(page.getByLabel('Find in this trace'), 'R-5521');
    await page.waitForURL(/step=5/);
    const body = { first: { second: { third: { fourth: { fifth: 'end' } } } } };
    const number = await viewer.send(rowOf({ name: 'POST /find', id: 'req-find', body }));
    await page.goto(`${viewer.origin}/traces/${number}?view=input&mode=json`);
    await typeAndEnter(page.getByPlaceholder('Find', { exact: true }), 'end');
    await page.getByRole('row', { selected: true }).getByText('"end"').waitFor();
  });

  it('is found in without accents, in any case, as the list is searched', async () => {
    const output = { answer: 'Un café à São Paulo, ΑΘΉΝΑ, 한국 and ไทย' };
    const number = await viewer.send(
      rowOf({ name: 'POST /accents', steps: [{ name: 'Épeler' }, { name: 'say', output }] }),
    );
    const { page } = await viewer.open(`/traces/${number}`);
    await stepRow(page, 'say').waitFor();
    await page.keyboard.press('f');
    const field = page.getByLabel('Find in this trace');
    for (const [words, count] of [
      ['CAFE', 1],
      ['cafe\u0301', 1],
      ['sao paulo', 1],
      ['αθηνα', 1],
      ['epeler', 1],
      ['한국', 1],
      ['한구', 0],
      ['ไทย', 1],
    ] as const) {
      await field.fill(words);
      await page
        .getByText(count === 0 ? 'no match' : /^(\d\/)?1$/)
        .first()
        .waitFor();
      await field.fill('');
    }
  });

  it('counts no matches of the words before while it searches', async () => {
    const { page } = await viewer.open(`/traces/${agent}`);
    await stepRow(page, 'search_rooms').waitFor();
    await page.keyboard.press('f');
    await page.keyboard.type('R-5521');
    await page.getByText(/^(\d\/)?2$/).waitFor();
    await page.route('**/find?*', () => undefined);
    await page.getByLabel('Find in this trace').fill('nowhere to be found');
    await page.getByText('…', { exact: true }).waitFor();
    assert.equal(await page.getByText(/^(\d\/)?2$/).count(), 0);
  });

  it('is still found in by names if the search of its contents is refused, and says so', async () => {
    const { page } = await viewer.open(`/traces/${agent}`);
    await stepRow(page, 'search_rooms').waitFor();
    await page.route('**/find?*', (route) =>
      route.fulfill({ status: 429, json: { error: 'Too many searches at once.' } }),
    );
    await page.keyboard.press('f');
    await page.keyboard.type('search_rooms');
    await page.getByText('Only names were searched. Too many searches at once.').waitFor();
    await page.getByText(/^(\d\/)?1$/).waitFor();
    await page.unroute('**/find?*');
    await page.getByRole('button', { name: 'Search again' }).click();
    await page.getByText(/^(\d\/)?4$/).waitFor();
    assert.equal(await page.getByText('Only names were searched').count(), 0);
  });

  it('says that it has no such step, if the address asks for one', async () => {
    for (const step of ['999', '1.5']) {
      const { page } = await viewer.open(`/traces/${agent}?step=${step}`);
      await page.getByText(`This trace has no step ${step}.`).waitFor();
      await page.getByRole('button', { name: 'Show the first step' }).click();
      await page.getByRole('tabpanel').getByText('Is a room for eight free').first().waitFor();
      assert.equal(new URL(page.url()).searchParams.get('step'), null);
    }
  });

  it('has only the calls of models on a key', async () => {
    const { page } = await viewer.open(`/traces/${agent}`);
    await stepRow(page, 'search_rooms').waitFor();
    await page.keyboard.press('m');
    await until(
      async () => (await stepsOf(page).locator('[role="row"][aria-selected]').count()) === 4,
      'root and three calls',
    );
  });

  it('keeps its steps on the key for calls of models if it has none', async () => {
    const number = await viewer.send(
      rowOf({ name: 'POST /other', id: 'req-plain', steps: [{ name: 'plain' }] }),
    );
    const { page } = await viewer.open(`/traces/${number}`);
    await stepRow(page, 'plain').waitFor();
    await page.keyboard.press('m');
    await page.waitForTimeout(200);
    assert.equal(await stepRow(page, 'plain').count(), 1);
  });

  it('has names in sight at any level, on a phone too', async () => {
    let deep: Step = { name: 'level-30' };
    for (let level = 29; level > 0; level--) deep = { name: `level-${level}`, steps: [deep] };
    const tree = Array.from({ length: 40 }).reduce<unknown>((inner) => ({ in: inner }), 'end');
    const number = await viewer.send(
      rowOf({ name: 'POST /deep', id: 'req-deep', steps: [deep], body: tree }),
    );
    const { page } = await viewer.open(`/traces/${number}?step=30&view=input`, {
      ...{ width: 390, height: 844 },
    });
    const name = stepRow(page, 'level-30').getByText('level-30');
    const isSeen = async (locator: Locator, cell: Locator) => {
      const [text, box] = [await locator.boundingBox(), await cell.boundingBox()];
      assert.ok(text && box);
      assert.ok(text.width > 10 && text.x + 10 < box.x + box.width, JSON.stringify([text, box]));
    };
    await name.waitFor();
    await isSeen(name, stepRow(page, 'level-30').getByRole('gridcell').first());
    await page.goto(`${viewer.origin}/traces/${number}?view=input&mode=json`);
    await page.getByPlaceholder('Find', { exact: true }).fill('end');
    await page.keyboard.press('Enter');
    const value = page.getByRole('row', { selected: true }).getByText('"end"');
    await value.waitFor();
    await isSeen(value, page.getByRole('tabpanel'));
  });

  it('is zoomed by keys and by the overview above it', async () => {
    const { page } = await viewer.open(`/traces/${agent}`);
    await stepRow(page, 'search_rooms').waitFor();
    const axis = () => stepsOf(page).getByRole('columnheader').nth(1).textContent();
    const whole = await axis();
    await page.keyboard.press('+');
    await until(async () => (await axis()) !== whole, 'another axis');
    await page.keyboard.press('0');
    await until(async () => (await axis()) === whole, 'the whole axis');
    const map = await page.getByRole('img', { name: /^All steps over/ }).boundingBox();
    assert.ok(map);
    await page.mouse.move(map.x + map.width * 0.3, map.y + 10);
    await page.mouse.down();
    await page.mouse.move(map.x + map.width * 0.5, map.y + 12);
    await page.mouse.up();
    await until(async () => (await axis()) !== whole, 'the part that was dragged over');
  });

  it('shows an error with its stack, the frames of the app first', async () => {
    const { page } = await viewer.open(`/traces/${failed}?step=2`);
    const error = page.getByRole('region', { name: 'Error' });
    await error.getByText('TypeError', { exact: true }).waitFor();
    assert.equal(await error.locator('code', { hasText: /express\/lib\/router/ }).count(), 0);
    await error.getByRole('button', { name: /2 frames of libraries and Node/ }).click();
    await error.locator('code', { hasText: /express\/lib\/router/ }).waitFor();
    await error.getByRole('button', { name: /chat\.ts:41:19/ }).click();
    await until(
      async () => (await clipboard(page)) === '/srv/library/src/chat.ts:41:19',
      'the place',
    );
  });

  it('links frames of the app to the editor of the server, if they are below its folder', async () => {
    await using server = await startLocalServer({ checks: 'lenient', editor: 'vscode' });
    const own = join(process.cwd(), 'src', 'chat.ts');
    const stack = `Error: no\n    at answer (${own}:41:19)\n    at other (/elsewhere/x.ts:1:2)`;
    await send(server, [failedRequest({ metadata: { stack } })]);
    const { page, complaints } = await viewer.open('/health');
    const { origin, hash } = new URL(server.viewerUrl);
    await page.goto(`${origin}/traces/1${hash}`);
    const error = page.getByRole('region', { name: 'Error' });
    await error.getByText('/elsewhere/x.ts').waitFor();
    const links = error.getByRole('link');
    assert.deepEqual(await links.allTextContents(), ['Open in vscode']);
    assert.equal(await links.getAttribute('href'), `vscode://file${own}:41:19`);
    assert.deepEqual(
      complaints.filter((each) => !each.startsWith(`request: ${origin}`)),
      [],
    );
    const { page: without } = await viewer.open(`/traces/${failed}?step=2`);
    await without.getByRole('region', { name: 'Error' }).getByText('chat.ts:41').first().waitFor();
    assert.equal(await without.getByRole('region', { name: 'Error' }).getByRole('link').count(), 0);
  });

  it('shows documents with their scores', async () => {
    const { page } = await viewer.open('/traces/1?step=2');
    await page.getByText('Loans and renewals', { exact: true }).waitFor();
    await page.getByText('0.912').waitFor();
  });

  it('shows very many documents, a hundred at a time', async () => {
    const documents = Array.from({ length: 150_000 }, (_, place) => ({ text: `text ${place}` }));
    const number = await viewer.send(
      rowOf({
        name: 'POST /many',
        steps: [{ name: 'find', type: 'retriever', more: { documents } }],
      }),
    );
    const { page, complaints } = await viewer.open(`/traces/${number}?step=1`);
    await page.getByText('text 99', { exact: true }).waitFor();
    assert.equal(await page.getByText('text 100', { exact: true }).count(), 0);
    await page.getByRole('button', { name: 'Show 100 more documents' }).click();
    await page.getByText('text 199', { exact: true }).waitFor();
    assert.deepEqual(complaints, []);
  });

  it('shows documents with distances: the nearest has the fullest bar', async () => {
    const found = [0.2, 0.5, 0.9].map((distance) => ({ text: `at ${distance}`, distance }));
    const number = await viewer.send(
      rowOf({
        name: 'POST /near',
        steps: [{ name: 'find', type: 'retriever', more: { documents: found } }],
      }),
    );
    const { page } = await viewer.open(`/traces/${number}?step=1`);
    const meters = page.locator('[title^="Distance"] > span > span');
    await meters.first().waitFor();
    const widths: number[] = [];
    for (const meter of await meters.all()) widths.push((await meter.boundingBox())?.width ?? 0);
    assert.ok(
      (widths[0] ?? 0) > (widths[1] ?? 0) && (widths[1] ?? 0) > (widths[2] ?? 0),
      String(widths),
    );
  });

  it('remembers how contents are shown', async () => {
    const { page } = await viewer.open(`/traces/${agent}?step=6`);
    await page.getByRole('button', { name: 'JSON', exact: true }).click();
    await page.waitForURL(/mode=json/);
    await page.getByRole('treegrid', { name: 'the input' }).waitFor();
    await page.evaluate('localStorage.length');
    await page.goto(`${viewer.origin}/traces/${agent}?step=2`);
    await page.getByRole('treegrid', { name: 'the input' }).waitFor();
  });

  it('shows an answer as text or as formatted text, as the reader chose before', async () => {
    const answer = '**Bold** and `code`\n\n| a | b |\n| - | - |\n| 1 | 2 |';
    const number = await viewer.send(ragRequest('Formatted?', answer));
    const { page } = await viewer.open(`/traces/${number}?step=4`);
    const panel = page.getByRole('tabpanel');
    await panel.getByText('**Bold** and').waitFor();
    await page.getByRole('button', { name: 'Markdown' }).click();
    await panel.locator('strong', { hasText: 'Bold' }).waitFor();
    await panel.locator('td', { hasText: '2' }).waitFor();
    await page.goto(`${viewer.origin}/traces/${number}?step=4&view=output`);
    await panel.locator('strong', { hasText: 'Bold' }).waitFor();
    await page.getByRole('button', { name: 'Plain' }).click();
    await panel.getByText('**Bold** and').waitFor();
    await page.reload();
    await panel.getByText('**Bold** and').waitFor();
    assert.equal(await panel.locator('strong').count(), 0);
  });

  it('has values as a tree that is searched, and whose paths are copied', async () => {
    const { page } = await viewer.open(`/traces/${agent}?step=6&view=input`);
    await page.getByRole('button', { name: 'JSON', exact: true }).click();
    const tree = page.getByRole('treegrid', { name: 'the input' });
    await tree.waitFor();
    await page.getByLabel('Find in the input').fill('16:00');
    await page.getByLabel('Find in the input').press('Enter');
    await page.getByText(/^1 of \d/).waitFor();
    await page.getByRole('button', { name: 'Path', exact: true }).click();
    await until(
      async () => /prompt\[\d\]\.tool_calls\[0\]\.function\.arguments/.test(await clipboard(page)),
      'a path',
    );
    await page.getByRole('button', { name: 'Value', exact: true }).click();
    await until(async () => /16:00/.test(await clipboard(page)), 'a value');
    await tree.focus();
    const rows = async () => Number(await tree.getAttribute('aria-rowcount'));
    const unfolded = await rows();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowLeft');
    await until(async () => (await rows()) === 1, 'one folded row');
    await page.keyboard.press('ArrowRight');
    await until(async () => (await rows()) === unfolded, 'all rows');
  });

  it('leads to the previous and the next of the filter that led to it', async () => {
    const { page } = await viewer.open(`/traces/${agent}?name=POST+%2Fagent&name=POST+%2Fchat`);
    await stepRow(page, 'search_rooms').waitFor();
    await page.getByRole('button', { name: 'Next in the list' }).waitFor();
    await until(
      async () => await page.getByRole('button', { name: 'Previous in the list' }).isEnabled(),
      'a previous one',
    );
    await page.keyboard.press('k');
    await page.waitForURL(/\/traces\/1\?/);
    assert.match(page.url(), /name=POST/);
  });

  it('leads to requests that came after it was opened, and past those that were deleted', async () => {
    const [first, second] = ['req-before', 'req-between'].map((id, place) =>
      rowOf({ name: 'POST /walk', id, time: Date.now() - 3000 + place }),
    );
    await viewer.send(first ?? {});
    await viewer.send(second ?? {});
    const { page } = await viewer.open('/requests?name=POST+%2Fwalk');
    await page.locator('main [role="row"][aria-selected]').first().click();
    await page.keyboard.press('Enter');
    const previous = page.getByRole('button', { name: 'Previous in the list' });
    await previous.waitFor();
    await until(
      async () => page.getByRole('button', { name: 'Next in the list' }).isEnabled(),
      'the one before',
    );
    assert.ok(await previous.isDisabled());
    const newest = await viewer.send(rowOf({ name: 'POST /walk', id: 'req-after' }));
    await page.keyboard.press('k');
    await page.waitForURL(new RegExp(`/traces/${newest}\\?`));
    await page.getByRole('button', { name: 'req-after' }).first().waitFor();
    const later = await viewer.send(rowOf({ name: 'POST /walk', id: 'req-latest' }));
    await until(async () => previous.isEnabled(), 'a button that can be pressed');
    await previous.click();
    await page.waitForURL(new RegExp(`/traces/${later}\\?`));
    const shown = (id: string) => page.getByRole('button', { name: id }).first().waitFor();
    await shown('req-latest');
    const rows = `${viewer.server.url}/inference-pipelines/${PIPELINE}/rows`;
    const headers = { authorization: 'Bearer any' };
    await fetch(`${rows}/req-after`, { method: 'DELETE', headers });
    await page.keyboard.press('j');
    await shown('req-between');
  });

  it('is copied as JSON that can be sent again, and as a curl that asks the same', async () => {
    const { page } = await viewer.open(`/traces/${agent}`);
    await stepRow(page, 'search_rooms').waitFor();
    const row = JSON.parse(await choose(page, 'Copy as JSON')) as Json;
    assert.equal(row.inferenceId, 'req-agent');
    await viewer.send({ ...row, inferenceId: 'req-agent-again' });
    const curl = await choose(page, 'Copy as curl');
    const asked = spawnSync('sh', ['-c', curl.replace(/^curl /, 'printf "%s\\n" ')], {
      encoding: 'utf8',
    });
    assert.deepEqual(asked.stdout.trim().split('\n'), [
      ...[
        '-i',
        '-X',
        'POST',
        'http://localhost:3000/agent',
        '-H',
        'content-type: application/json',
        '--data-raw',
      ],
      JSON.stringify({
        question: 'Is a room for eight free on Friday after four? If so, reserve it.',
      }),
    ]);
  });

  it('is downloaded, and opened again from its file', async () => {
    const { page, complaints } = await viewer.open(`/traces/${agent}`);
    await stepRow(page, 'search_rooms').waitFor();
    await page.getByRole('button', { name: 'Copy, download, compare' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'Download', exact: true }).click(),
    ]);
    const file = await download.path();
    await page.goto(`${viewer.origin}/requests`);
    const input = page.getByLabel('Files with traces');
    await input.setInputFiles({
      name: 'notes.json',
      mimeType: 'application/json',
      buffer: Buffer.from('{"steps": 1}'),
    });
    await page
      .getByRole('alert')
      .getByText(/has no traces/)
      .waitFor();
    await input.setInputFiles(file);
    await page.waitForURL(/\/traces\/\d+$/);
    assert.notEqual(page.url().split('/').at(-1), String(agent));
    await stepRow(page, 'search_rooms').waitFor();
    const row = { ...viewer.server.row('req-agent', 'opened-files') };
    assert.deepEqual(row, viewer.server.row('req-agent', 'library'));
    // Two at once are a list.
    await page.goto(`${viewer.origin}/requests`);
    await input.setInputFiles([file, file]);
    await page.waitForURL(/pipeline=opened-files/);
    await page.getByText('3 requests').waitFor();
    assert.deepEqual(complaints, []);
  });

  it('is copied as a test that runs as it is pasted', async () => {
    const question = `it's "quoted" \`\${here}\` </script>`;
    const number = await viewer.send(
      rowOf({
        name: 'POST /chat',
        body: { question },
        steps: [{ name: 'look up', type: 'retriever', steps: [{ name: 'inner' }] }],
      }),
    );
    const { page } = await viewer.open(`/traces/${number}`);
    await stepRow(page, 'look up').waitFor();
    const text = await choose(page, 'Copy as a test');
    const folder = mkdtempSync(join(fileURLToPath(new URL('.', import.meta.url)), '.pasted-'));
    try {
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
      writeFileSync(join(folder, 'pasted.test.js'), text);
      writeFileSync(
        join(folder, 'app.js'),
        `import { openlayerTracing, step } from '@openlayer-tracing/express';
import express from 'express';
export const app = express();
app.use(express.json());
app.use(openlayerTracing());
app.post('/chat', async (req, res) => {
  if (req.body.question !== ${JSON.stringify(question)}) return res.status(400).end();
  await step({ name: 'look up', type: 'retriever' }, () => step('inner', () => 1));
  res.json({ ok: true });
});
`,
      );
      const { status, stdout } = spawnSync(
        process.execPath,
        ['--test', join(folder, 'pasted.test.js')],
        { encoding: 'utf8' },
      );
      assert.equal(status, 0, stdout);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("takes feedback, by the platform's own call, and shows it", async () => {
    const { page } = await viewer.open('/traces/1');
    await page.getByRole('button', { name: 'Feedback' }).click();
    await page.getByRole('button', { name: 'Bad' }).click();
    await page.getByLabel('Comment').fill('It missed the point.');
    await page.getByLabel('Expected answer').fill('Twice.');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Feedback' }).filter({ hasText: 'bad' }).waitFor();
    const row = viewer.server.row('req-first');
    assert.equal(row?.humanFeedback, 'thumbs_down');
    assert.equal(row?.comment, 'It missed the point.');
    assert.equal(row?.groundTruth, 'Twice.');
  });

  it('has each step as it was sent: all of its members, and no others', async () => {
    const sent = {
      ...{ name: 'ask', id: 'step-1', type: 'chat_completion', provider: 'openai', model: 'gpt-5' },
      ...{ inputs: { prompt: [] }, output: '', tokens: null, mine: { a: [1] } },
      ...{ startTime: Date.now(), endTime: Date.now() + 5, latency: 5 },
    };
    const row = rowOf({ name: 'POST /raw', id: 'req-raw' });
    const [root] = row.steps as readonly Json[];
    const number = await viewer.send({ ...row, steps: [{ ...root, steps: [sent] }] });
    const { page } = await viewer.open(`/traces/${number}?step=1&view=raw`);
    const tree = page.getByRole('treegrid', { name: 'the step' });
    await tree.waitFor();
    await page.evaluate('navigator.clipboard.writeText("")');
    const panel = page.getByRole('tabpanel');
    await panel.getByRole('button', { name: 'Copy', exact: true }).click();
    await until(async () => (await clipboard(page)) !== '', 'a copy');
    assert.deepEqual(JSON.parse(await clipboard(page)), sent);
  });

  it('takes feedback for a request whose own inputs have the names of feedback', async () => {
    const own = { comment: 'My comment', feedback: 'Nice shop', groundTruth: 'None' };
    const row = rowOf({ name: 'POST /reviews', id: 'req-review', columns: own });
    const config = { ...CONFIG, inputVariableNames: [...Object.keys(own), 'body'] };
    await send(viewer.server, [row], config);
    const next = await viewer.send(ragRequest('Next?', 'Yes.'));
    const { page } = await viewer.open(`/traces/${next - 1}`);
    for (const comment of ['Too long.', 'Much too long.']) {
      await page.getByRole('button', { name: /^Feedback/ }).click();
      await page.getByRole('button', { name: 'Bad', exact: true }).click();
      await page.getByLabel('Comment').fill(comment);
      await page.getByLabel('Expected answer').fill('Short.');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('button', { name: 'Feedback: bad' }).waitFor();
      await until(
        async () => JSON.stringify(viewer.server.row('req-review')).includes(`"${comment}"`),
        'the comment',
      );
    }
    const stored: Json = viewer.server.row('req-review') ?? {};
    assert.deepEqual({ ...stored, ...own }, stored);
    assert.equal(stored.feedbackComment, 'Much too long.');
  });

  it('keeps long texts and values of feedback whole when a part of it is changed', async () => {
    const number = await viewer.send(ragRequest('Long?', 'Yes.', { id: 'req-long-feedback' }));
    const given = {
      ...{ human_feedback: 'up', feedback_comment: `${'long '.repeat(1000)}end` },
      groundTruth: { answer: 42, text: 'y'.repeat(2000) },
    };
    const put = async (row: Json) => {
      const { status } = await fetch(
        `${viewer.server.url}/inference-pipelines/library/rows?inferenceId=req-long-feedback`,
        {
          method: 'PUT',
          headers: {
            'content-type': 'application/json',
            authorization: 'Bearer any',
          },
          body: JSON.stringify({ row }),
        },
      );
      assert.equal(status, 200);
    };
    const stored = (): Json => viewer.server.row('req-long-feedback') ?? {};
    await put(given);
    const { page } = await viewer.open(`/traces/${number}`);
    await page.getByRole('button', { name: 'Feedback: good' }).click();
    const comment = page.getByLabel('Comment');
    await comment.waitFor();
    assert.equal(await comment.inputValue(), given.feedback_comment);
    assert.deepEqual(
      JSON.parse(await page.getByLabel('Expected answer').inputValue()),
      given.groundTruth,
    );
    // Another reader is quicker with a field that this one does not touch.
    await put({ groundTruth: 'Forty-two.' });
    await comment.fill(`${given.feedback_comment}!`);
    await page.getByRole('button', { name: 'Save' }).click();
    await until(
      async () => stored().feedback_comment === `${given.feedback_comment}!`,
      'the whole comment',
    );
    assert.equal(stored().groundTruth, 'Forty-two.');
    assert.equal(stored().human_feedback, 'up');
  });

  it('takes a rating, and shows which one was chosen', async () => {
    const number = await viewer.send(ragRequest('Rated?', 'Yes.', { id: 'req-rated' }));
    const { page } = await viewer.open(`/traces/${number}`);
    await page.getByRole('button', { name: 'Feedback' }).click();
    const four = page
      .getByRole('group', { name: 'Or a rating' })
      .getByRole('button', { name: '4' });
    const ground = () =>
      page.evaluate<string>(
        `getComputedStyle(document.querySelectorAll('fieldset button')[3]).backgroundColor`,
      );
    const before = await ground();
    await four.click();
    assert.equal(await four.getAttribute('aria-pressed'), 'true');
    assert.notEqual(await ground(), before);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Feedback: 4/5' }).waitFor();
    assert.equal(viewer.server.row('req-rated')?.humanFeedback, '4/5');
  });

  it('shows new feedback in the row that it was sent to, and a comment can be taken back', async () => {
    const number = await viewer.send(ragRequest('Second?', 'Yes.', { id: 'req-second' }));
    const { page } = await viewer.open(`/traces/${number}?view=raw`);
    const row = page.getByRole('treegrid', { name: 'the row' });
    await row.waitFor();
    const save = async () => page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Feedback' }).click();
    await save();
    await page.getByText('Nothing has changed.').waitFor();
    await page.getByLabel('Comment').fill('It is wrong.');
    await save();
    await until(
      async () => viewer.server.row('req-second')?.comment === 'It is wrong.',
      'a comment',
    );
    await row.getByText('It is wrong.').waitFor();
    await page.getByRole('button', { name: 'Feedback' }).click();
    await page.getByLabel('Comment').fill('');
    await save();
    await until(async () => viewer.server.row('req-second')?.comment === null, 'no comment');
    await page.getByRole('button', { name: 'Feedback', exact: true }).waitFor();
  });

  it('takes feedback for the row that is shown, although a later one has its inference ID, or the ID is long', async () => {
    const ids = ['req-twice', `long-${'x'.repeat(1500)}`];
    for (const id of ids) {
      const number = await viewer.send(ragRequest('Older?', 'Yes.', { id }));
      await viewer.send(ragRequest('Newer?', 'Yes.', { id }));
      const { page } = await viewer.open(`/traces/${number}`);
      await page.getByRole('button', { name: 'Feedback' }).click();
      await page.getByRole('button', { name: 'Good' }).click();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('button', { name: 'Feedback: good' }).waitFor();
      assert.deepEqual(
        viewer.server
          .rows()
          .filter(({ inferenceId }) => inferenceId === id)
          .map(({ humanFeedback }) => humanFeedback),
        ['thumbs_up', undefined],
      );
    }
  });

  it('is compared with another: facts, steps, texts', async () => {
    const { page } = await viewer.open(`/compare?a=1&b=${agent}`);
    const steps = page.getByRole('treegrid', { name: 'Steps of both traces' });
    await steps.getByText('search_rooms').waitFor();
    assert.ok((await steps.locator('[role="row"][aria-selected]').count()) > 8);
    await page.locator('ins', { hasText: /room/ }).first().waitFor();
    await page.locator('del').first().waitFor();
    const root = await steps.locator('[role="row"][aria-selected]').first().textContent();
    assert.match(root ?? '', /1\.84 s4\.31 s\s?\+2\.47 s/);
    const facts = await page.getByRole('region', { name: 'Trace B' }).textContent();
    assert.match(facts ?? '', /4\.31 s \+2\.47 s/);
    await page.goto(`${viewer.origin}/compare?a=1`);
    await page.getByRole('heading', { name: /^Compare POST \/chat with/ }).waitFor();
  });

  it('is compared only where both texts could be loaded', async () => {
    const { page } = await viewer.open('/health');
    await page.route(`**/api/traces/${agent}/steps/0*`, (route) =>
      route.fulfill({ status: 404, json: { error: 'This step is not kept any more.' } }),
    );
    await page.goto(`${viewer.origin}/compare?a=1&b=${agent}`);
    await page.getByRole('alert').getByText('This step is not kept any more.').waitFor();
    assert.equal(await page.locator('main del').count(), 0);
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('main ins').first().waitFor();
  });

  it('says why it cannot be downloaded', async () => {
    const { page } = await viewer.open(`/traces/${agent}`);
    await stepRow(page, 'search_rooms').waitFor();
    await page.route('**/row', (route) => route.abort());
    await page.getByRole('button', { name: 'Copy, download, compare' }).click();
    await page.getByRole('menuitem', { name: 'Download', exact: true }).click();
    await page.getByText('The local server does not respond. Is it still running?').waitFor();
  });

  it('folds equal siblings into one row with their number', async () => {
    const { page } = await viewer.open(`/traces/${odd.get('siblings')}`);
    await stepRow(page, 'op3').waitFor();
    await until(
      async () => /10\s000\s×.*1 ms to 9 ms/.test((await stepRow(page, 'op3').textContent()) ?? ''),
      'one row of 10,000',
    );
    await stepRow(page, 'op3').click();
    await until(async () => (await stepRow(page, 'op3').count()) > 10, 'the siblings');
    assert.equal(await stepsOf(page).getAttribute('aria-rowcount'), '10003');
  });

  for (const [name, words] of [
    ['cycle', /recorded as its own ancestor/],
    ['orphan', /never arrived/],
    ['skew', /clocks differ/],
    ['unfinished', /unfinished/],
  ] as const) {
    it(`says what is odd: ${name}`, async () => {
      const { page, complaints } = await viewer.open(`/traces/${odd.get(name)}`);
      await stepsOf(page).waitFor();
      await page.getByText(words).first().waitFor();
      assert.deepEqual(complaints, []);
    });
  }

  it('names pictures by type and size, and draws one only when asked', async () => {
    const { page, complaints } = await viewer.open(`/traces/${odd.get('pictures')}?step=1`);
    await page.getByText('image/png').waitFor();
    assert.equal(await page.locator('img').count(), 0);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.locator('img[src^="blob:"]').waitFor({ state: 'attached' });
    assert.deepEqual(complaints, []);
  });

  it('shows files that an app has uploaded, where a step names them, and never as a page', async () => {
    const upload = async (name: string, content: string | Uint8Array<ArrayBuffer>) => {
      const { url } = viewer.server;
      const signed = await fetch(`${url}/storage/presigned-url?objectName=attachments/${name}`, {
        method: 'POST',
        headers: { authorization: 'Bearer any' },
      });
      const { url: address, storageUri, fields } = (await signed.json()) as Presigned;
      const form = new FormData();
      for (const [key, value] of Object.entries(fields)) form.append(key, value);
      form.append('file', new Blob([content]), name);
      assert.equal((await fetch(address, { method: 'POST', body: form })).status, 204);
      return storageUri;
    };
    const pixel =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const page1 = '<script>alert(1)</script><p>not a page</p>';
    const files = [
      ['pixel.png', 'image/png', new Uint8Array(Buffer.from(pixel, 'base64'))],
      ['tone.wav', 'audio/wav', new Uint8Array(Buffer.from('RIFF$\0\0\0WAVEfmt '))],
      ['page.html', 'text/html', page1],
    ] as const;
    const attachments = await Promise.all(
      files.map(async ([name, mediaType, content]) => ({
        id: name,
        name,
        mediaType,
        storageUri: await upload(name, content),
        sizeBytes: content.length,
      })),
    );
    const gone = {
      name: 'gone.png',
      mediaType: 'image/png',
      storageUri: `openlayer-local://attachments/${'0'.repeat(32)}/a`,
    };
    const number = await viewer.send(
      rowOf({
        name: 'POST /receipt',
        body: { question: 'What is on it?' },
        steps: [{ name: 'read', type: 'tool', more: { attachments: [...attachments, gone] } }],
      }),
    );
    const { page, complaints } = await viewer.open(`/traces/${number}?step=1`);
    await page.getByRole('heading', { name: 'Attachments (4)' }).waitFor();
    assert.equal(await page.locator('figure img, figure audio').count(), 0, 'nothing unasked');
    const box = (name: string) => page.locator('figure', { hasText: name });
    for (const name of ['pixel.png', 'tone.wav', 'page.html']) {
      await box(name).getByRole('button', { name: 'Show', exact: true }).click();
    }
    await box('pixel.png').locator('img[src^="blob:"]').waitFor();
    assert.equal(
      await box('pixel.png')
        .locator('img')
        .evaluate((image: { naturalWidth: number }) => image.naturalWidth),
      1,
    );
    await box('tone.wav').locator('audio[src^="blob:"]').waitFor();
    await box('page.html').getByText(page1).waitFor();
    assert.equal(
      await box('page.html')
        .locator('p', { hasText: /^not a page$/ })
        .count(),
      0,
    );
    assert.deepEqual(complaints, []);
    await box('gone.png').getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByText('This file is not kept any more.').waitFor();
  });

  it('shows a value of 10 MB as a tree, with few of its members drawn', async () => {
    const items = Array.from({ length: 60_000 }, (_, n) => ({
      n,
      text: `item ${n} ${'x'.repeat(140)}`,
    }));
    assert.ok(JSON.stringify(items).length > 10_000_000);
    const number = await viewer.send(
      rowOf({ name: 'POST /items', steps: [{ name: 'list', type: 'tool', output: items }] }),
    );
    const { page, complaints } = await viewer.open(
      `/traces/${number}?step=1&view=output&mode=json`,
    );
    const tree = page.getByRole('tabpanel').getByRole('treegrid');
    await tree.getByText(/60\s000 items/).waitFor();
    await scrollTo(tree, 1e7);
    await tree
      .getByText(/^59\s?999/)
      .first()
      .waitFor();
    assert.ok((await tree.locator('[role="row"]').count()) < 150);
    assert.deepEqual(complaints, []);
  });

  it('shows the beginning of a megabyte, and the rest when asked', async () => {
    const { page, complaints } = await viewer.open(`/traces/${odd.get('megabyte')}`);
    await page
      .getByRole('button', { name: /characters more/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'Fold', exact: true }).first().waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 1440);
    assert.deepEqual(complaints, []);
  });

  it('has the same text in the list, in its contents, in its JSON and in the search', async () => {
    const texts = [
      'caf\u00e9 and cafe\u0301',
      '\\u00e9 twice escaped \\\\u00e9',
      '&lt;b&gt; &amp;amp;',
      '\u65e5\u672c\u8a9e \u05e2\u05d1\u05e8\u05d9\u05ea',
    ];
    for (const [place, text] of texts.entries()) {
      const question = `needle${place} ${text}`;
      const number = await viewer.send(ragRequest(question, text));
      const { page } = await viewer.open(`/requests?q=needle${place}`);
      const row = page.locator('main [role="row"][aria-selected]').first();
      await row.waitFor();
      assert.equal(await row.locator('bdi', { hasText: 'needle' }).textContent(), question);
      await page.goto(`${viewer.origin}/traces/${number}`);
      await page.getByRole('tabpanel').getByText(question, { exact: true }).waitFor();
      const { row: stored } = await viewer.get<{ row: Json }>(`/api/traces/${number}/row`);
      const copied = JSON.parse(await choose(page, 'Copy as JSON')) as Json;
      assert.deepEqual(copied, stored);
      assert.deepEqual(copied.body, { question });
    }
  });

  it('may have documents of any depth, and be opened from a file', async () => {
    let deep: unknown = 'bottom';
    for (let level = 0; level < 20_000; level++) deep = [deep];
    const documents = [{ text: 'A deep document', score: 1, deep }];
    const more = { documents };
    const row = rowOf({
      name: 'POST /deep-documents',
      steps: [{ name: 'find', type: 'retriever', output: documents, more }],
    });
    const number = await viewer.send(row);
    const { page, complaints } = await viewer.open(`/traces/${number}?step=1`);
    await page.getByText('A deep document', { exact: true }).waitFor();
    assert.equal(await page.getByRole('heading', { name: 'Output' }).count(), 0);
    await page.goto(`${viewer.origin}/requests`);
    const response = await viewer.text(`/api/traces/${number}/row`);
    await page.getByLabel('Files with traces').setInputFiles({
      ...{ name: 'deep.json', mimeType: 'application/json' },
      buffer: Buffer.from(response),
    });
    await page.waitForURL(/pipeline=opened-files|\/traces\/\d+/);
    assert.deepEqual(complaints, []);
  });

  it('that is not there is said to be not there', async () => {
    const { page } = await viewer.open('/traces/999999');
    await page.getByRole('alert').waitFor();
    assert.match((await page.getByRole('alert').textContent()) ?? '', /no trace/i);
  });
});

/** Fills the field, and presses Enter once React has handled the input, but nothing that it put off. */
async function typeAndEnter(field: Locator, words: string): Promise<void> {
  await field.focus();
  await field.page().evaluate(`(async () => {
    const field = document.activeElement;
    const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value');
    set.call(field, ${JSON.stringify(words)});
    field.dispatchEvent(new Event('input', { bubbles: true }));
    await Promise.resolve();
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
  })()`);
}
