/**
 * `npm run bench -- viewer`: what a reader of the page waits for, in Chromium, beside the goal. Besides the clock it prints the
 * processor time of the page's main thread and of the server, since other work on the machine hardly changes that.
 * `--parts traces,list,json,stream` narrows it; `--seconds 60` sends rows to an open list for longer.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { deepRow, wideRow } from '../../viewer/corpus.ts';
import { dayOfRequests, type Json, ragRequest, rowOf, send } from '../../viewer/rows.ts';
import { chromiumPath } from '../../viewer/support.ts';
import { BrowserPage } from './browser-page.ts';
import { printValue, Table } from './table.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    parts: { type: 'string', default: 'traces,list,json,stream' },
    rounds: { type: 'string', default: '3' },
    rows: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '10' },
    steps: { type: 'string', default: '80000' },
  },
});
const rounds = Number(values.rounds);
const steps = Number(values.steps);
/** Rows a second in the part `stream`. */
const STREAM_RATE = 3000;
/** Goals, in milliseconds. */
const OPEN_MS = 1000;
const FRAME_MS = 50;
const ARRIVAL_MS = 500;
const INPUT_MS = 100;

const executablePath = chromiumPath();
if (executablePath === undefined) {
  console.error('There is no Chromium; apt-get install chromium');
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'openlayer-bench-'));
const server = spawn(
  process.execPath,
  [
    '--import',
    'tsx',
    fileURLToPath(new URL('../local/server.ts', import.meta.url)),
    join(folder, 'traces.db'),
  ],
  { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
);
process.once('exit', () => {
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
const { url, viewerUrl } = await messageOf<{ url: string; viewerUrl: string }>(server);
const { origin, hash } = new URL(viewerUrl);
const args = process.geteuid?.() === 0 ? ['--no-sandbox'] : [];
const browser = await chromium.launch({ executablePath, args });
const table = new Table(serverCpu);
/** Rows that were sent to see them arrive. */
let arrived = 0;
/** Rows that were sent. */
let sent = 0;
await store(dayOfRequests(500));
console.log(
  `Chromium ${browser.version()}, ${rounds} rounds; load average ${loadavg()[0]?.toFixed(1)}`,
);
table.printHead();
const parts: Readonly<Record<string, () => Promise<void>>> = { traces, list, json, stream };
for (const part of values.parts.split(',')) {
  const run = parts[part];
  if (run === undefined) throw new Error(`unknown part ${part}: ${Object.keys(parts).join(', ')}`);
  await run();
}
console.log(`load average ${loadavg()[0]?.toFixed(1)}`);
await browser.close();
process.exit(0);

/** Traces of very many steps: opening, scrolling, folding. */
async function traces(): Promise<void> {
  const medium = await store([wideRow(10_000)]);
  const large = await store([wideRow(steps)]);
  const deep = await store([deepRow(20_000)]);
  for (const [number, count, limitMs] of [
    [medium, 10_000, OPEN_MS],
    [large, steps, OPEN_MS],
    [deep, 20_001, OPEN_MS],
  ] as const) {
    const all = { rounds, limitMs };
    await table.measure(`${count} steps: the first are shown`, all, () => openTrace(number, 10));
    await table.measure(`${count} steps: all are there`, all, () => openTrace(number, count));
  }
  const limits = { rounds, limitMs: FRAME_MS };
  for (const [number, count] of [
    [medium, 10_000],
    [large, steps],
  ] as const) {
    const opened = await BrowserPage.open(browser);
    await opened.page.goto(`${origin}/traces/${number}${hash}`);
    await opened.hasRows('Steps', count);
    const name = `${count} steps`;
    await table.measure(`${name}: slowest frame of a scroll`, limits, () => opened.scroll('Steps'));
    await table.measure(`${name}: fold all`, limits, async () => {
      const sample = await opened.press('Fold all');
      await opened.press('Unfold all');
      return sample;
    });
    await table.measure(`${name}: unfold all`, limits, async () => {
      await opened.press('Fold all');
      return await opened.press('Unfold all');
    });
    await table.measure(`${name}: fold one`, limits, async () => {
      const sample = await opened.key('Steps', 'ArrowLeft');
      await opened.key('Steps', 'ArrowRight');
      return sample;
    });
    await table.measure(`${name}: select the next`, limits, async () => {
      const sample = await opened.key('Steps', 'ArrowDown');
      await opened.key('Steps', 'ArrowDown');
      return sample;
    });
    await opened.close();
  }
}

/** The list: its first page, rows that arrive, and so many rows that were scrolled to. */
async function list(): Promise<void> {
  await table.measure('first page of the list, nothing cached', { rounds }, async () => {
    const opened = await BrowserPage.open(browser);
    const begin = performance.now();
    await opened.page.goto(`${origin}/requests${hash}`);
    await opened.shown('Requests');
    const ms = performance.now() - begin;
    return { ms, cpu: await opened.cpu(), close: () => opened.close() };
  });
  const opened = await openList();
  await table.measure(
    'a row that arrives: from the call to the list',
    { rounds: 20, limitMs: ARRIVAL_MS },
    () => arrival(opened),
  );
  const rows = Number(values.rows);
  await storeShort(rows);
  await opened.page.reload();
  const begin = performance.now();
  await opened.shown('Requests');
  const refusals = await opened.page.evaluate<string[]>(`new Promise((resolve) => {
    const refusals = [];
    const look = () => {
      const grid = document.querySelector('[aria-rowcount][aria-label="Requests"]');
      if (Number(grid.getAttribute('aria-rowcount')) > ${rows}) return resolve(refusals);
      const alert = document.querySelector('main [role="alert"]');
      if (alert !== null) {
        refusals.push(alert.textContent);
        alert.querySelector('button').click();
      }
      grid.scrollTop = 1e9;
      requestAnimationFrame(look);
    };
    look();
  })`);
  if (refusals.length > 0)
    printValue(`pages that were refused: ${refusals[0]}`, `${refusals.length}`);
  printValue(`${rows} rows: scrolled to the last`, `${seconds(performance.now() - begin)} s`);
  printValue(`${rows} rows: heap of the page`, megabytes(await opened.heapBytes()));
  const limits = { rounds, limitMs: FRAME_MS };
  await table.measure(`${rows} rows: slowest frame of a scroll`, limits, () =>
    opened.scroll('Requests', 'here'),
  );
  await table.measure(`${rows} rows: the next row by a key`, limits, () =>
    opened.key('Requests', 'ArrowUp'),
  );
  await opened.close();
}

/** A value of 10 MB as a tree. */
async function json(): Promise<void> {
  const items = Array.from({ length: 60_000 }, (_, n) => ({
    n,
    text: `item ${n} ${'x'.repeat(140)}`,
  }));
  const number = await store([
    rowOf({ name: 'POST /items', steps: [{ name: 'list', type: 'tool', output: items }] }),
  ]);
  const opened = await BrowserPage.open(browser);
  await opened.page.goto(`${origin}/traces/${number}?step=1&view=metadata&mode=json${hash}`);
  await opened.page.getByRole('tabpanel').getByRole('treegrid').waitFor();
  const limits = { rounds, limitMs: INPUT_MS };
  await table.measure('10 MB of JSON: first paint', limits, async () => {
    const sample = await opened.press('Output');
    await opened.page.getByText(/60\s000 items/).waitFor();
    await opened.press('Metadata');
    return sample;
  });
  await opened.press('Output');
  const frames = { rounds, limitMs: FRAME_MS };
  await table.measure('10 MB of JSON: slowest frame of a scroll', frames, () =>
    opened.scroll('the output'),
  );
  let round = 0;
  await table.measure('10 MB of JSON: find', { rounds }, () =>
    opened.type(
      '[role="tabpanel"] input',
      `item 5999${round++}`,
      '[role="tabpanel"] [aria-live]',
      /^1$/,
    ),
  );
  await opened.close();
}

/** Very many rows that arrive while the list is open. */
async function stream(): Promise<void> {
  const opened = await openList();
  const before = await opened.heapBytes();
  const batches = Array.from({ length: Number(values.seconds) * 10 }, (_, place) => place);
  const begin = performance.now();
  let isDone = false;
  const sending = (async () => {
    for (const place of batches) {
      const wait = begin + place * 100 - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      await storeShort(STREAM_RATE / 10, { isAwaited: false });
    }
    isDone = true;
  })();
  const inputs: number[] = [];
  while (!isDone) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    inputs.push((await opened.key('Requests', inputs.length % 2 === 0 ? 'ArrowDown' : 'Home')).ms);
  }
  await sending;
  const took = performance.now() - begin;
  printValue(
    'rows that arrived in a second',
    String(Math.round((batches.length * 300) / (took / 1000))),
  );
  await table.measure('a key while they arrive', { rounds: inputs.length, limitMs: INPUT_MS }, () =>
    Promise.resolve({ ms: inputs.pop() ?? 0 }),
  );
  printValue('heap of the page before', megabytes(before));
  printValue('heap of the page after', megabytes(await opened.heapBytes()));
  await opened.close();
}

async function openList(): Promise<BrowserPage> {
  const opened = await BrowserPage.open(browser);
  await opened.page.goto(`${origin}/requests${hash}`);
  await opened.shown('Requests');
  return opened;
}

/** From the click in the app until so many steps are known to the grid. The server has not read the trace for a while. */
async function openTrace(number: number, count: number) {
  // The server keeps the last two traces parsed; these take their places.
  for (const other of [1, 2]) await api(`traces/${other}`);
  const opened = await BrowserPage.open(browser);
  await opened.page.goto(`${origin}/health${hash}`);
  await opened.page.locator('main dl').first().waitFor();
  await opened.cpu();
  const begin = performance.now();
  await opened.page.goto(`${origin}/traces/${number}`);
  await opened.hasRows('Steps', count);
  const ms = performance.now() - begin;
  return { ms, cpu: await opened.cpu(), close: () => opened.close() };
}

async function arrival(opened: BrowserPage) {
  await new Promise((resolve) => setTimeout(resolve, 300 + 37 * (arrived % 10)));
  await opened.cpu();
  const id = `arrival-${++arrived}-${Date.now()}`;
  const name = `/arrival-${arrived}`;
  const seen = opened.page.evaluate<number>(`new Promise((resolve) => {
    const list = document.querySelector('[aria-rowcount][aria-label="Requests"]');
    const look = () => {
      if (list.textContent.includes('${name}')) resolve(Date.now());
      else requestAnimationFrame(look);
    };
    look();
  })`);
  const begin = Date.now();
  await send({ url }, [
    ragRequest('Is it there?', 'It is.', { id, name: `POST ${name}`, time: Date.now() }),
  ]);
  sent++;
  return { ms: (await seen) - begin, cpu: await opened.cpu() };
}

/** Sends rows, and waits until the list has them. @returns the number of the last */
async function store(rows: readonly Json[]): Promise<number> {
  for (let from = 0; from < rows.length; from += 100)
    await send({ url }, rows.slice(from, from + 100));
  sent += rows.length;
  await indexed();
  return sent;
}

/** Stores many short rows, which are made once. */
async function storeShort(count: number, { isAwaited = true } = {}): Promise<void> {
  const [row = {}] = dayOfRequests(1);
  const { steps: _steps, ...short } = row;
  const [root = {}] = row.steps as readonly Json[];
  for (let left = count; left > 0; left -= 300) {
    const rows = Array.from({ length: Math.min(300, left) }, (_, place) => ({
      ...short,
      inferenceId: `short-${sent + place}`,
      inferenceTimestamp: Date.now() / 1000,
      steps: [{ ...root, startTime: Date.now(), endTime: Date.now() + 100, steps: [] }],
    }));
    await send({ url }, rows);
    sent += rows.length;
  }
  if (isAwaited) await indexed();
}

async function indexed(): Promise<void> {
  while ((await api<{ newest: number }>('traces?limit=1')).newest < sent) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function serverCpu(): Promise<number> {
  const answer = messageOf<number>(server);
  server.send('cpu');
  return await answer;
}

async function api<T>(path: string): Promise<T> {
  const response = await fetch(`${origin}/api/${path}`, {
    headers: { authorization: `Bearer ${hash.replace('#token=', '')}` },
  });
  if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
  return (await response.json()) as T;
}

async function messageOf<T>(child: ChildProcess): Promise<T> {
  return ((await once(child, 'message')) as [T])[0];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
